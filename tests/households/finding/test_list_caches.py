"""What the list asks of the household's row is true after every act, whoever wrote."""

from datetime import date, timedelta
from typing import Any

import pytest
from django.db.models import F, Max, Q
from django.db.models.functions import Coalesce
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from accounts.enums import RoleCode
from accounts.models import User
from core import clock
from core.models import AuditEvent
from households import services
from households.enums import Relation
from households.jobs import check_list_caches
from households.models import Household, HouseholdCheck, Member, Pairing
from imports import services as imports
from tests.accounts.factories import GrantFactory, UserFactory
from tests.households.factories import (
    HouseholdCheckFactory,
    HouseholdFactory,
    MemberFactory,
    PairingFactory,
)
from tests.support import workbooks

pytestmark = pytest.mark.django_db
TODAY = date(2019, 11, 5)
FAR = date.max


def truth(household: Any) -> tuple[date | None, date | None]:
    """The two days by the checks and pairings themselves."""
    checks = HouseholdCheck.objects.filter(household=household).counted()
    pairings = Pairing.objects.filter(household=household)
    pairings = pairings.filter(Q(valid_to=None) | Q(valid_to__gt=F("valid_from")))
    return (
        checks.aggregate(day=Max("visited_on"))["day"],
        pairings.aggregate(day=Max(Coalesce("valid_to", FAR)))["day"],
    )


def kept(household: Any) -> tuple[date | None, date | None]:
    household.refresh_from_db()
    return household.last_visited_on, household.helped_until


@pytest.fixture
def household(villages: Any) -> Any:
    return HouseholdFactory(village=villages.own, head_name="李占元")


def submit(household: Any, by: User, day: date) -> HouseholdCheck:
    household.refresh_from_db()
    return services.submit_check(
        household=household, answers={}, visited_on=day, by=by, at=clock.now(),
        base_version=household.version,
    )  # fmt: skip


def test_a_household_nobody_saw_or_helps(household: Any) -> None:
    assert kept(household) == truth(household) == (None, None)


def test_a_submitted_check_counts_until_it_is_returned(
    household: Any, clerk: User, informant: User
) -> None:
    first = submit(household, informant, TODAY - timedelta(days=9))
    later = submit(household, informant, TODAY)
    assert kept(household) == truth(household) == (TODAY, None)

    services.accept_check(check=first, by=clerk, at=clock.now())
    assert kept(household)[0] == TODAY
    services.return_check(check=later, by=clerk, at=clock.now(), reason="不清")
    assert kept(household) == truth(household) == (first.visited_on, None)


def test_a_draft_does_not_count(household: Any, informant: User) -> None:
    services.save_draft(
        household=household, raw={}, visited_on=TODAY, by=informant, at=clock.now(), base_version=1
    )
    assert kept(household) == (None, None)
    services.discard_draft(household=household, by=informant, at=clock.now())
    assert kept(household) == (None, None)


def test_rows_written_at_once_by_a_loader(villages: Any, clerk: User, helper: User) -> None:
    several: list[Any] = [HouseholdFactory(village=villages.own) for _ in range(3)]
    HouseholdCheck.objects.bulk_create(
        HouseholdCheckFactory.build(
            household=each, village=each.village, author=clerk, submitted=True, visited_on=day
        )
        for each in several[:2]
        for day in (TODAY, TODAY - timedelta(days=40))
    )
    Pairing.objects.bulk_create(
        PairingFactory.build(household=each, helper=helper) for each in several[1:]
    )
    assert [kept(each) for each in several] == [(TODAY, None), (TODAY, FAR), (None, FAR)]
    Pairing.objects.filter(household__in=several).update(valid_to=TODAY)
    assert [kept(each)[1] for each in several] == [None, TODAY, TODAY]
    Pairing.objects.all().delete()
    HouseholdCheck.objects.all().delete()
    assert [kept(each) for each in several] == [(None, None)] * 3


def test_a_helper_from_a_later_day_is_none_today(
    villages: Any, clerk: User, helper: User, client_for: Any
) -> None:
    later, between = (
        HouseholdFactory(village=villages.own, head_name=n) for n in ("以后户", "间断户")
    )
    PairingFactory(household=later, helper=helper, valid_from=TODAY + timedelta(days=3))
    PairingFactory(household=between, helper=helper, valid_to=TODAY)
    PairingFactory(household=between, helper=helper, valid_from=TODAY + timedelta(days=1))
    held = HouseholdFactory(village=villages.own, head_name="现有户")
    PairingFactory(household=held, helper=helper, valid_to=TODAY + timedelta(days=1))
    PairingFactory(household=held, helper=helper, valid_from=TODAY + timedelta(days=1))
    client = client_for(clerk)

    def heads(**query: str) -> set[str]:
        lines = client.get("/households/", query).context["rows"]
        return {line.household.head_name for line in lines}

    assert heads(paired="no") == {"以后户", "间断户"}
    assert heads(paired="yes") == {"现有户"}


# --- After whole acts ----------------------------------------------------------------------------


@pytest.fixture
def seen(household: Any, clerk: User, informant: User, helper: User) -> Any:
    """Visited nine days ago and helped until further notice; two members."""
    MemberFactory(household=household, name="李强", sex="MALE", relation=Relation.SON)
    submit(household, informant, TODAY - timedelta(days=9))
    pair(household, helper, clerk, TODAY - timedelta(days=9))
    assert kept(household) == truth(household) == (TODAY - timedelta(days=9), FAR)
    return household


def pair(household: Any, helper: User, by: User, since: date = TODAY) -> None:
    services.assign_helper(
        households=[household], helper=helper, valid_from=since, by=by, at=clock.now()
    )


def test_another_helper_and_one_who_is_refused(
    seen: Any, clerk: User, helper: User, villages: Any
) -> None:
    pair(seen, helper, clerk)  # the same
    assert kept(seen) == truth(seen)
    GrantFactory(user=(second := UserFactory()), role=RoleCode.HELPER, area=villages.own.area)
    pair(seen, second, clerk)
    assert Pairing.objects.filter(household=seen, helper=second, valid_to=None).exists()
    assert kept(seen) == truth(seen) == (TODAY - timedelta(days=9), FAR)

    far: Any = HouseholdFactory(village=villages.far)
    pair(far, helper, clerk)
    assert kept(far) == truth(far) == (None, None)


@pytest.mark.parametrize(("where", "helped"), [("next", FAR), ("far", TODAY)])
def test_a_move_takes_the_visit_along_and_ends_the_help_of_who_stays(
    seen: Any, villages: Any, county_user: User, where: str, helped: date
) -> None:
    services.move_household(
        household=seen, village=getattr(villages, where), on=TODAY, reason="随子女居住",
        by=county_user, at=clock.now(), base_version=seen.version,
    )  # fmt: skip
    assert kept(seen) == truth(seen) == (TODAY - timedelta(days=9), helped)


def test_a_split_leaves_visit_and_help_with_the_old_household(seen: Any, clerk: User) -> None:
    son = Member.objects.get(name="李强")
    made = services.split_household(
        household=seen, relations={son.pk: Relation.HEAD}, staying={}, on=TODAY, reason="成家",
        by=clerk, at=clock.now(), base_version=seen.version,
    )  # fmt: skip
    assert kept(made) == truth(made) == (None, None)
    assert kept(seen) == truth(seen) == (TODAY - timedelta(days=9), FAR)


def test_a_merge_ends_the_help_of_the_household_that_goes(
    seen: Any, clerk: User, villages: Any
) -> None:
    stays: Any = HouseholdFactory(village=villages.own)
    people = {m.pk: Relation.OTHER for m in Member.objects.filter(household=seen)}
    services.merge_households(
        household=stays, other=seen, relations=people, on=TODAY, reason="并户",
        by=clerk, at=clock.now(), base_version=stays.version,
    )  # fmt: skip
    assert kept(seen) == truth(seen)
    assert kept(stays) == truth(stays) == (None, None)
    assert Pairing.objects.get(household=seen).valid_to == TODAY


def test_a_list_read_again_leaves_visit_and_help_alone(
    seen: Any, villages: Any, import_admin: User
) -> None:
    head = Member.objects.heads(seen, TODAY).get()
    known = workbooks.person(
        1,
        户编号=seen.code,
        人编号=head.code,
        姓名=head.name,
        证件号码=head.id_number,
        健康状况="残疾",
    )
    rows = workbooks.persons_xlsx([known, workbooks.person(7777)])
    batch = imports.stage_import(
        data=rows, file_name="人员.xlsx", kind="persons", by=import_admin, at=clock.now(), on=TODAY
    )
    done = imports.confirm_import(batch=batch, by=import_admin, at=clock.now())

    assert (done.updated_count, done.created_count) == (1, 1)
    assert kept(seen) == truth(seen) == (TODAY - timedelta(days=9), FAR)
    made = Household.objects.get(code=workbooks.person(7777)["户编号"])
    assert kept(made) == truth(made) == (None, None)


# --- The night's check ---------------------------------------------------------------------------


def spoil(household: Any, **days: date | None) -> None:
    Household.objects.filter(pk=household.pk).update(**days)


def test_the_night_repairs_what_went_round_the_triggers(
    seen: Any, villages: Any, client_for: Any, clerk: User
) -> None:
    right: Any = HouseholdFactory(village=villages.own)
    nobody: Any = HouseholdFactory(village=villages.own)
    spoil(seen, last_visited_on=None)
    spoil(nobody, helped_until=FAR)
    before = kept(right)

    repaired = services.repair_list_caches(at=clock.now())

    assert {drift.code for drift in repaired} == {seen.code, nobody.code}
    assert kept(seen) == truth(seen) == (TODAY - timedelta(days=9), FAR)
    assert kept(nobody) == truth(nobody) == (None, None)
    assert kept(right) == before
    told = AuditEvent.objects.get(action="household.repair_list_caches")
    assert told.actor_id is None
    assert told.detail["households"] == {
        seen.code: {"last_visited_on": [None, (TODAY - timedelta(days=9)).isoformat()]},
        nobody.code: {"helped_until": [FAR.isoformat(), None]},
    }


def test_a_night_without_drift_writes_nothing(seen: Any) -> None:
    check_list_caches()
    assert not AuditEvent.objects.filter(action="household.repair_list_caches").exists()

    spoil(seen, helped_until=TODAY)
    check_list_caches()
    check_list_caches()
    assert kept(seen) == truth(seen)
    assert AuditEvent.objects.filter(action="household.repair_list_caches").count() == 1


def test_the_check_costs_the_same_for_three_households_and_for_thirty(
    villages: Any, django_assert_num_queries: Any
) -> None:
    for _ in range(30):
        spoil(HouseholdFactory(village=villages.own), last_visited_on=TODAY)
    with django_assert_num_queries(7):  # compare; begin, lock, compare, write, trail, end
        assert len(services.repair_list_caches(at=clock.now())) == 30


class TestAnyHistory(TestCase):
    """Whatever is written, changed and deleted, the row says what the checks and pairings say."""

    days = st.dates(TODAY - timedelta(days=30), TODAY + timedelta(days=30))
    acts = st.one_of(
        st.tuples(st.just("check"), days, st.sampled_from(["SUBMITTED", "ACCEPTED", "RETURNED"])),
        st.tuples(st.just("pair"), days, st.none() | days),
        st.tuples(st.just("end"), days, st.none()),
        st.tuples(st.just("turn"), st.none(), st.sampled_from(["SUBMITTED", "RETURNED"])),
        st.tuples(st.just("drop"), st.none(), st.sampled_from([HouseholdCheck, Pairing])),
    )

    @settings(max_examples=40, deadline=None)
    @given(st.lists(acts, max_size=8))
    def test_equals_the_truth(self, acts: list[tuple[str, Any, Any]]) -> None:
        household: Any = HouseholdFactory()
        for act, day, more in acts:
            self.do(household, act, day, more)
            assert kept(household) == truth(household)

    def do(self, household: Any, act: str, day: Any, more: Any) -> None:
        checks = HouseholdCheck.objects.filter(household=household)
        pairings = Pairing.objects.filter(household=household)
        if act == "check":
            HouseholdCheckFactory(
                household=household,
                author=UserFactory(),
                submitted=True,
                visited_on=day,
                state=more,
            )
        elif act == "pair":
            PairingFactory(household=household, helper=UserFactory(), valid_from=day, valid_to=more)
        elif act == "end":
            pairings.filter(valid_to=None).update(valid_to=day)
        elif act == "turn":
            checks.update(state=more)
        else:
            more.objects.filter(household=household).delete()
