"""Findings as nights go by, the day between them, and exceptions with their calendar."""

from datetime import date, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from accounts.enums import RoleCode
from core import clock, work
from core.models import AuditEvent, Job
from households.models import Housing, LivingConditions, Membership
from indicators import services
from indicators.enums import ExceptionState, RunKind
from indicators.models import Finding, FindingBatch, FindingException
from indicators.quality import lists
from indicators.quality import services as quality
from indicators.quality.services import ExceptionRefused
from tests.accounts.factories import person
from tests.indicators.factories import VILLAGE, Teller

FIRST, SECOND, THIRD = date(2019, 10, 29), date(2019, 10, 30), date(2019, 10, 31)
YESTERDAY = date(2019, 11, 4)
RULE = "DQ-LND-01A"


@pytest.fixture
def household(places: Any, teller: Teller) -> Any:
    made = teller.household()
    teller.tell(made, LivingConditions, {"cultivated_mu": 60})
    return made


def night(teller: Teller, on: date) -> int:
    run = services.recompute(on=on, at=teller.tick())
    return quality.find_all(run=run, at=teller.tick())


def rows(rule: str = RULE) -> list[tuple[date, date | None]]:
    found = Finding.objects.filter(rule=rule, superseded_at=None).order_by("valid_from")
    return list(found.values_list("valid_from", "valid_to"))


# --- nights --------------------------------------------------------------------------------------


def test_a_night_writes_only_what_changed(teller: Teller, household: Any) -> None:
    assert night(teller, FIRST) > 0
    assert night(teller, SECOND) == 0

    teller.tell(household, LivingConditions, {"cultivated_mu": 50}, since=THIRD)
    assert night(teller, THIRD) == 2  # this one ends, and 未填项 shows the other area

    assert rows() == [(FIRST, THIRD)]
    assert Finding.objects.as_of(SECOND).filter(rule=RULE).exists()
    assert not Finding.objects.as_of(THIRD).filter(rule=RULE).exists()


def test_a_batch_done_twice_changes_nothing(teller: Teller, household: Any) -> None:
    run = services.recompute(on=FIRST, at=teller.tick())
    (batch,) = quality.plan_batches(run=run)
    done = quality.find_batch(batch=batch, at=teller.tick())
    count = Finding.objects.count()

    again = quality.find_batch(batch=done, at=teller.tick())

    assert again.done_at == done.done_at
    assert Finding.objects.count() == count
    assert quality.plan_batches(run=run) == []


def test_other_values_are_told_anew_and_first_seen_stays(teller: Teller, household: Any) -> None:
    night(teller, FIRST)
    teller.tell(household, LivingConditions, {"cultivated_mu": 70}, since=SECOND)
    night(teller, SECOND)

    finding = Finding.objects.latest_known().get(rule=RULE)

    assert rows() == [(FIRST, SECOND), (SECOND, None)]
    assert finding.since == FIRST
    assert finding.seen["living.cultivated_mu"] == 70


def test_found_again_after_it_was_right_counts_from_then(teller: Teller, household: Any) -> None:
    night(teller, FIRST)
    teller.tell(household, LivingConditions, {"cultivated_mu": 5}, since=SECOND)
    night(teller, SECOND)
    teller.tell(household, LivingConditions, {"cultivated_mu": 90}, since=THIRD)
    night(teller, THIRD)

    assert Finding.objects.latest_known().get(rule=RULE).since == THIRD


def test_a_night_computed_late_leaves_the_newer_one(teller: Teller, household: Any) -> None:
    teller.tell(household, LivingConditions, {"cultivated_mu": 5}, since=THIRD)
    late = services.recompute(on=SECOND, at=teller.tick())
    quality.find_in_villages([VILLAGE], on=THIRD, at=teller.tick())

    quality.find_all(run=late, at=teller.tick())

    assert rows() == [(SECOND, THIRD)]


def test_a_household_that_moved_is_found_where_it_lives(teller: Teller, household: Any) -> None:
    finding_of = Finding.objects.latest_known().filter(rule=RULE)
    night(teller, FIRST)

    assert [f.village_id for f in finding_of] == [VILLAGE]
    assert [f.household_id for f in finding_of] == [household.pk]


def test_workers_follow_a_run_with_its_findings(teller: Teller, household: Any) -> None:
    at = clock.now()
    run = services.start_run(on=YESTERDAY, kind=RunKind.NIGHT, at=at)
    services.queue_run(run, at=at)

    work.work()

    assert run.finding_batches.exclude(done_at=None).count() == run.batches.count() == 1
    assert Finding.objects.as_of(YESTERDAY).filter(rule=RULE).exists()


def test_a_run_that_nothing_followed_is_found_by_the_sweeper(
    teller: Teller, household: Any
) -> None:
    run = services.recompute(on=YESTERDAY, at=teller.tick())
    assert not run.finding_batches.exists()

    work.sweep(at=clock.now())
    assert Job.objects.filter(kind=quality.JOB, state="QUEUED").count() == 1
    work.work()

    assert run.finding_batches.exclude(done_at=None).exists()


def test_a_saved_fact_is_looked_at_by_day(teller: Teller, household: Any) -> None:
    night(teller, YESTERDAY)
    assert Finding.objects.latest_known().filter(rule=RULE).exists()

    teller.at = clock.now()
    teller.tell(household, LivingConditions, {"cultivated_mu": 5}, since=clock.today())
    services.queue_refresh(clock.now())
    work.work()

    assert not Finding.objects.latest_known().filter(rule=RULE).exists()
    assert FindingBatch.objects.get(run=None).low == VILLAGE


def test_findings_are_never_altered(teller: Teller, household: Any) -> None:
    night(teller, FIRST)
    with pytest.raises(Exception, match=r"version|append|only"), transaction.atomic():
        Finding.objects.filter(rule=RULE).update(seen={})


# --- deadlines -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("since", "due"),
    [
        (date(2019, 11, 4), date(2019, 11, 11)),  # Monday
        (date(2019, 11, 8), date(2019, 11, 15)),  # Friday
        (date(2019, 11, 9), date(2019, 11, 15)),  # Saturday
        (date(2019, 11, 10), date(2019, 11, 15)),  # Sunday
    ],
)
def test_due_after_five_working_days(since: date, due: date) -> None:
    assert lists.due_on(since) == due


def test_overdue_in_the_list_is_overdue_in_the_row() -> None:
    for n in range(30):
        today = date(2019, 11, 1) + timedelta(days=n)
        limit = lists.overdue_before(today)

        assert lists.due_on(limit) < today
        assert lists.due_on(limit + timedelta(days=1)) >= today


# --- exceptions ----------------------------------------------------------------------------------

TODAY = date(2019, 11, 5)


@pytest.fixture
def finding(teller: Teller, household: Any) -> Finding:
    night(teller, FIRST)
    return Finding.objects.latest_known().get(rule=RULE)


@pytest.fixture
def asker(places: Any) -> Any:
    return person(RoleCode.TOWNSHIP_CLERK, places.township)


@pytest.fixture
def decider(places: Any) -> Any:
    return person(RoleCode.COUNTY_OFFICE, places.county)


def ask(finding: Finding, by: Any, **more: Any) -> FindingException:
    said = {"reason": "确权证为 60 亩", "expires_on": date(2020, 3, 31)} | more
    return quality.request_exception(finding=finding, by=by, on=TODAY, at=clock.now(), **said)


def approve(exception: FindingException, by: Any, **more: Any) -> FindingException:
    said = {"base_version": exception.version} | more
    return quality.approve_exception(exception=exception, by=by, at=clock.now(), **said)


def is_waived(on: date) -> bool:
    rows = Finding.objects.latest_known().filter(rule=RULE)
    return bool(lists.with_states(rows, on).get().is_waived)


def test_granted_it_is_explained_until_the_day_and_stands_again_after(
    finding: Finding, asker: Any, decider: Any
) -> None:
    made = ask(finding, asker)
    assert not is_waived(TODAY)

    approve(made, decider)

    assert is_waived(TODAY)
    assert is_waived(date(2020, 3, 31))
    assert not is_waived(date(2020, 4, 1))


def test_it_ends_when_the_values_change(
    teller: Teller, household: Any, finding: Finding, asker: Any, decider: Any
) -> None:
    approve(ask(finding, asker), decider)
    teller.tell(household, LivingConditions, {"cultivated_mu": 61}, since=SECOND)
    night(teller, SECOND)

    assert not is_waived(TODAY)


def test_another_fact_of_the_household_leaves_it(
    teller: Teller, household: Any, finding: Finding, asker: Any, decider: Any
) -> None:
    approve(ask(finding, asker), decider)
    teller.tell(household, Housing, {"grade": "B"}, since=SECOND)
    night(teller, SECOND)

    assert is_waived(TODAY)


def test_a_birthday_leaves_it(places: Any, teller: Teller, asker: Any, decider: Any) -> None:
    from households.models import MemberProfile

    household = teller.household(born=date(1980, 10, 30))
    profile = {"health": ["HEALTHY"], "labour_capacity": "NONE"}
    teller.tell(household.people[0], MemberProfile, profile)  # type: ignore[attr-defined]
    night(teller, FIRST)
    before = Finding.objects.latest_known().get(rule="DQ-LAB-01")
    approve(ask(before, asker), decider)

    night(teller, SECOND)

    after = Finding.objects.latest_known().get(rule="DQ-LAB-01")
    assert (before.seen["person.age"], after.seen["person.age"]) == (38, 39)
    assert lists.with_states(Finding.objects.filter(pk=after.pk), TODAY).get().is_waived


def test_nobody_decides_on_what_they_asked(finding: Finding, asker: Any, decider: Any) -> None:
    made = ask(finding, decider)

    with pytest.raises(ExceptionRefused, match="申请人"):
        approve(made, decider)
    with pytest.raises(ExceptionRefused, match="申请人"):
        quality.reject_exception(
            exception=made, base_version=1, note="不实", by=decider, at=clock.now()
        )
    with pytest.raises(IntegrityError, match="two_people"), transaction.atomic():
        FindingException.objects.filter(pk=made.pk).update(
            state="APPROVED", decided_by=decider, decided_at=clock.now()
        )


def test_it_is_decided_once(finding: Finding, asker: Any, decider: Any) -> None:
    made = ask(finding, asker)
    approve(made, decider)

    with pytest.raises(ExceptionRefused, match="处理过"):
        approve(made, decider)
    with pytest.raises(ExceptionRefused, match="有效期内"):
        ask(finding, asker)


def test_a_refusal_says_why_and_leaves_the_finding(
    finding: Finding, asker: Any, decider: Any
) -> None:
    made = ask(finding, asker)
    with pytest.raises(ExceptionRefused, match="意见"):
        quality.reject_exception(exception=made, base_version=1, by=decider, at=clock.now())

    done = quality.reject_exception(
        exception=made, base_version=1, note="证为 6 亩", by=decider, at=clock.now()
    )

    assert done.state == ExceptionState.REFUSED
    assert not is_waived(TODAY)
    assert ask(finding, asker).state == ExceptionState.OPEN


def test_only_who_asked_takes_it_back(finding: Finding, asker: Any, decider: Any) -> None:
    made = ask(finding, asker)
    with pytest.raises(ExceptionRefused, match="只有申请人"):
        quality.withdraw_exception(exception=made, base_version=1, by=decider, at=clock.now())

    done = quality.withdraw_exception(exception=made, base_version=1, by=asker, at=clock.now())

    assert done.state == ExceptionState.WITHDRAWN


@pytest.mark.parametrize(
    ("said", "text"),
    [
        ({"reason": " "}, "理由"),
        ({"expires_on": TODAY}, "最长一年"),
        ({"expires_on": TODAY + timedelta(days=367)}, "最长一年"),
    ],
)
def test_what_cannot_be_asked(
    finding: Finding, asker: Any, said: dict[str, Any], text: str
) -> None:
    with pytest.raises(ExceptionRefused, match=text):
        ask(finding, asker, **said)
    assert not FindingException.objects.exists()


def test_one_waits_at_a_time_and_a_year_is_allowed(finding: Finding, asker: Any) -> None:
    ask(finding, asker, expires_on=TODAY + timedelta(days=366))

    with pytest.raises(ExceptionRefused, match="等待审批"):
        ask(finding, asker)


def test_every_act_is_on_the_trail(finding: Finding, asker: Any, decider: Any) -> None:
    made = ask(finding, asker)
    approve(made, decider)

    acts = AuditEvent.objects.filter(action__startswith="finding_exception").order_by("pk")

    assert [(e.action, e.actor_id) for e in acts] == [
        ("finding_exception.request", asker.pk),
        ("finding_exception.approve", decider.pk),
    ]
    assert all(e.detail["rule"] == RULE and e.village_id == VILLAGE for e in acts)


# --- shares --------------------------------------------------------------------------------------


def test_explained_is_not_passed(
    teller: Teller, household: Any, places: Any, asker: Any, decider: Any
) -> None:
    teller.tell(
        household.people[0],
        Membership,
        {"relation": "SON", "is_member": True},
    )
    night(teller, FIRST)
    headless = Finding.objects.latest_known().get(rule="DQ-HH-01")
    approve(ask(headless, asker), decider)

    total, below = lists.shares(places.township, TODAY)

    assert (total.households, total.failing, total.clean) == (1, 1, 0)
    assert total.waived == 1
    standing = Finding.objects.latest_known().filter(severity="BLOCKING").count()
    assert total.blocking == standing - 1
    assert [share.area.pk for share in below if share.blocking] == [VILLAGE]
    assert total.percent == 0


@pytest.mark.parametrize("level", ["city", "county", "township", "village"])
def test_shares_are_the_same_from_every_level(
    level: str, teller: Teller, household: Any, places: Any
) -> None:
    night(teller, FIRST)

    total, _ = lists.shares(getattr(places, level), TODAY)

    assert (total.households, total.failing) == (1, 1)
    assert total.blocking == Finding.objects.latest_known().filter(severity="BLOCKING").count()
