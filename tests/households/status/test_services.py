"""Status processes from opening to decision, and everything that stops them."""

from datetime import date
from typing import Any

import pytest
from django.db import DatabaseError, transaction

from core import slots
from core.models import AuditEvent
from households import rounds, services, transitions
from households.enums import ProcessKind, Status
from households.models import (
    Household,
    HouseholdProfile,
    HouseholdStatus,
    Member,
    Membership,
    ProcessStep,
    StatusProcess,
)
from tests.households.factories import HouseholdStatusFactory, PairingFactory
from tests.households.status.conftest import AT, TODAY, Story, turn
from villages.models import FactChange

pytestmark = pytest.mark.django_db
EARLIER, LATER = date(2019, 10, 1), date(2019, 10, 20)


def status_now(household: Household) -> HouseholdStatus:
    return HouseholdStatus.objects.filter(household=household).as_of(TODAY).get()


# --- Every change of the table, and no other -----------------------------------------------------


@pytest.mark.parametrize(
    ("start", "kind"),
    [(s, k) for s in Status for k in ProcessKind if k != "IDENTIFY"],
    ids=lambda each: each.value,
)
def test_opens_only_what_the_table_allows(
    registered: Any, story: Story, start: Status, kind: ProcessKind
) -> None:
    household = registered(start)
    goal = transitions.status_after(kind, start)
    if goal is None:
        with pytest.raises(services.NotAllowed):
            story.open(household, kind)
        return

    process = story.through(story.open(household, kind))

    held = status_now(household)
    assert (held.status, held.valid_from, held.source) == (goal, TODAY, "OFFICE")
    assert held.source_ref == f"process:{process.pk}"
    assert (process.state, process.step, process.closed_on) == ("APPROVED", "", TODAY)
    turns = list(process.turns.order_by("pk").values_list("kind", flat=True))
    assert [t for t in turns if t != "NOTICE_END"] == list(transitions.STEPS[kind])


def test_unknown_status_opens_nothing(registered: Any, story: Story) -> None:
    household = registered("")
    for kind in ProcessKind:
        with pytest.raises(services.NotAllowed):
            story.open(household, kind)


def test_one_process_at_a_time(registered: Any, story: Story) -> None:
    household = registered()
    first = story.open(household, "PRE_EXIT")
    with pytest.raises(services.ProcessOpen) as refused:
        story.open(household, "REMOVE")
    assert refused.value.args[0] == first

    services.drop_process(process=first, turn=turn(story.village, note="填错"))
    assert story.open(household, "REMOVE", TODAY).is_live


def test_every_turn_is_kept_and_on_the_trail(registered: Any, story: Story, villages: Any) -> None:
    household = registered("PRE_LIFTED")
    process = story.through(story.open(household, "EXIT", exit_year=2019, exit_way="JOB"))

    turns = list(process.turns.order_by("pk"))
    assert turns[1].data == {**Story.VOTE, "passed": True}
    assert turns[1].office == "德成永村委会 村级信息员"
    assert turns[-1].office == "固阳县 旗县扶贫办"
    trail = AuditEvent.objects.filter(target_id=str(process.pk), action__startswith="status.")
    assert trail.count() == len(turns)
    assert {e.village_id for e in trail} == {villages.own.pk}
    assert set(trail.values_list("action", flat=True)) == {
        "status.open", "status.step", "status.approve",
    }  # fmt: skip
    with pytest.raises(DatabaseError), transaction.atomic():
        ProcessStep.objects.filter(process=process).update(note="改")


def test_values_of_the_change_stand_beside_the_status(registered: Any, story: Story) -> None:
    household = registered("PRE_LIFTED")
    before = household.version
    story.through(story.open(household, "EXIT", exit_year=2019, exit_way="JOB"))

    held = status_now(household)
    household.refresh_from_db()
    assert (held.exit_year, held.exit_way) == (2019, "JOB")
    assert household.version == before + 1
    assert FactChange.objects.filter(village=household.village, since=TODAY).exists()


# --- Order, people, versions ---------------------------------------------------------------------


def test_steps_come_in_their_order(registered: Any, story: Story) -> None:
    process = story.open(registered("PRE_LIFTED"), "EXIT")
    for act in (
        lambda t: services.put_up_notice(process=process, turn=t, until=TODAY, phone="1"),
        lambda t: services.end_notice(process=process, turn=t),
        lambda t: services.object_to_notice(process=process, turn=t),
        lambda t: services.answer_objection(process=process, turn=t, upheld=False),
        lambda t: services.approve_process(process=process, turn=t),
        lambda t: services.revoke_process(process=process, turn=t),
    ):
        with pytest.raises(services.WrongTurn):
            act(turn(story.county))
    process = story.until(process, "VILLAGE_NOTICE")
    with pytest.raises(services.WrongTurn):
        services.record_step(
            process=process, turn=turn(story.village, version=process.version), data={}
        )


def test_days_go_forward_and_not_into_the_future(registered: Any, story: Story) -> None:
    with pytest.raises(services.OutOfOrder):
        story.open(registered(), "PRE_EXIT", date(2019, 11, 6))
    process = story.open(registered(), "PRE_EXIT", LATER)
    for day in (EARLIER, date(2019, 11, 6)):
        with pytest.raises(services.OutOfOrder):
            story.step(process, day)


def test_a_turn_carries_the_version_it_saw(registered: Any, story: Story) -> None:
    process = story.open(registered(), "PRE_EXIT")
    story.step(process, LATER)
    with pytest.raises(services.StaleProcess):
        services.record_step(process=process, turn=turn(story.township, version=1), data={})


def test_nobody_judges_their_own(registered: Any, story: Story, second_county: Any) -> None:
    own = Story(story.township, story.township, story.county)
    process = own.until(own.open(registered(), "PRE_EXIT"), "TOWNSHIP_CHECK")
    with pytest.raises(services.OwnProcess):
        own.step(process, LATER)

    process = story.until(story.open(registered(), "PRE_EXIT"), "TOWNSHIP_CHECK")
    both = Story(story.village, story.county, story.county)
    process = both.step(process, LATER)
    with pytest.raises(services.OwnProcess):
        both.step(process, LATER)
    assert process.bars(story.county, "APPROVAL")
    assert (
        Story(story.village, story.county, second_county).step(process, LATER).state == "APPROVED"
    )


@pytest.mark.parametrize("step", ["REVIEW", "AGREEMENT", "TOWNSHIP_CHECK"])
def test_what_does_not_pass_ends_the_process(registered: Any, story: Story, step: str) -> None:
    household = registered("PRE_LIFTED")
    process = story.until(story.open(household, "EXIT"), step)
    process = story.step(process, LATER, passed=False, data={})

    assert (process.state, process.is_live) == ("DROPPED", False)
    assert "未通过" in process.outcome
    assert status_now(household).status == "PRE_LIFTED"
    with pytest.raises(services.WrongTurn):
        story.step(process, LATER)


# --- Notices -------------------------------------------------------------------------------------


def noticed(registered: Any, story: Story, on: date = EARLIER) -> StatusProcess:
    process = story.until(story.open(registered("PRE_LIFTED"), "EXIT"), "VILLAGE_NOTICE", EARLIER)
    return services.put_up_notice(
        process=process,
        turn=turn(story.village, on, process.version),
        until=transitions.last_notice_day(on),
        phone="0472-8112233",
    )


def test_notice_stands_seven_full_days(registered: Any, story: Story) -> None:
    process = story.until(story.open(registered("PRE_LIFTED"), "EXIT"), "VILLAGE_NOTICE", EARLIER)
    at = turn(story.village, EARLIER, process.version)
    with pytest.raises(services.NoticeTooShort) as refused:
        services.put_up_notice(process=process, turn=at, until=date(2019, 10, 7), phone="1")
    assert refused.value.args[0] == date(2019, 10, 8)

    process = services.put_up_notice(process=process, turn=at, until=date(2019, 10, 8), phone="1")

    assert process.notice_runs(date(2019, 10, 8))
    with pytest.raises(services.WrongTurn):
        services.put_up_notice(
            process=process,
            turn=turn(story.village, version=process.version),
            until=date(2019, 12, 1),
            phone="1",
        )
    with pytest.raises(services.NoticeRuns):
        services.end_notice(
            process=process, turn=turn(story.village, date(2019, 10, 8), process.version)
        )
    process = services.end_notice(
        process=process, turn=turn(story.village, date(2019, 10, 9), process.version)
    )
    assert (process.step, process.notice_to) == ("TOWNSHIP_CHECK", None)


def test_a_standard_may_ask_for_a_longer_notice(registered: Any, story: Story) -> None:
    slots.register("notice_days", lambda village_id, on: 10)
    slots.register("notice_days", lambda village_id, on: None)

    with pytest.raises(services.NoticeTooShort):
        noticed(registered, story)


def test_objection_stops_until_it_is_answered(registered: Any, story: Story) -> None:
    process = noticed(registered, story)
    with pytest.raises(services.OutsideNotice):
        services.object_to_notice(
            process=process, turn=turn(story.village, date(2019, 10, 9), process.version)
        )
    process = services.object_to_notice(
        process=process,
        turn=turn(story.village, date(2019, 10, 8), process.version, "反映有楼房"),
    )
    assert process.state == "OBJECTED"
    for act in (services.end_notice, services.approve_process, services.object_to_notice):
        with pytest.raises(services.WrongTurn):
            act(process=process, turn=turn(story.village, version=process.version))
    with pytest.raises(services.OwnProcess):
        services.answer_objection(
            process=process, turn=turn(story.village, version=process.version), upheld=False
        )

    answered = services.answer_objection(
        process=process,
        turn=turn(story.township, LATER, process.version, "经查不属实"),
        upheld=False,
    )
    assert answered.state == "OPEN"
    ended = services.end_notice(process=answered, turn=turn(story.village, LATER, answered.version))
    assert ended.step == "TOWNSHIP_CHECK"
    actions = set(AuditEvent.objects.values_list("action", flat=True))
    assert {"status.object", "status.answer"} <= actions


def test_upheld_objection_ends_the_process(registered: Any, story: Story) -> None:
    process = noticed(registered, story)
    process = services.object_to_notice(
        process=process, turn=turn(story.township, EARLIER, process.version, "x")
    )
    process = services.answer_objection(
        process=process, turn=turn(story.township, LATER, process.version, "属实"), upheld=True
    )

    assert (process.state, process.outcome, process.notice_to) == ("DROPPED", "异议属实", None)


# --- Guards --------------------------------------------------------------------------------------


def test_exit_is_refused_while_something_stands_against_it(registered: Any, story: Story) -> None:
    household = registered("PRE_LIFTED")
    process = story.until(story.open(household, "EXIT"), "APPROVAL")
    stands = [services.Guard("住房：未达标", "/x/")]
    slots.register("exit_guards", lambda household, on: stands)
    slots.register("exit_guards", lambda household, on: [services.Guard("第 1 号问题")])

    with pytest.raises(services.GuardsStand) as refused, transaction.atomic():
        story.step(process, TODAY)

    assert [g.label for g in refused.value.args[0]] == ["住房：未达标", "第 1 号问题"]
    process.refresh_from_db()
    assert (process.state, process.step) == ("OPEN", "APPROVAL")
    assert status_now(household).status == "PRE_LIFTED"


def test_guards_ask_nothing_of_other_changes(registered: Any, story: Story) -> None:
    slots.register("exit_guards", lambda household, on: [services.Guard("x")])
    household = registered("LIFTED_POLICY")

    story.through(story.open(household, "RE_ENTRY", return_year=2019, return_reason="ILLNESS"))

    assert status_now(household).status == "RETURNED"


def test_status_that_changed_meanwhile_is_not_overwritten(registered: Any, story: Story) -> None:
    household = registered("PRE_LIFTED")
    process = story.until(story.open(household, "EXIT"), "APPROVAL")
    HouseholdStatus.objects.filter(household=household).update(superseded_at=AT)
    HouseholdStatusFactory(household=household, status="REMOVED")

    with pytest.raises(services.NotAllowed):
        story.step(process, TODAY)


# --- After the decision --------------------------------------------------------------------------


def test_lifting_ends_neither_pairing_nor_checks(
    registered: Any, story: Story, helper: Any, places: Any, county_user: Any
) -> None:
    household = registered("PRE_LIFTED")
    pairing = PairingFactory(household=household, helper=helper)
    story.through(story.open(household, "EXIT", exit_year=2019))

    pairing.refresh_from_db()
    assert pairing.valid_to is None
    check_round = services.open_round(
        area=places.county, name="x", opened_on=TODAY, due_on=TODAY, by=county_user, at=AT
    )
    asked = rounds.progress_by_place(check_round, HouseholdStatus.objects.all(), places.township)
    assert rounds.total(asked).asked == 1


def test_re_entry_keeps_the_history_of_the_exit(registered: Any, story: Story) -> None:
    household = registered("PRE_LIFTED")
    story.through(story.open(household, "EXIT", exit_year=2018, exit_way="JOB"), date(2019, 10, 18))
    again = {"return_year": 2019, "return_reason": "ILLNESS"}
    story.through(story.open(household, "RE_ENTRY", date(2019, 10, 18), **again))

    held = status_now(household)
    assert (held.status, held.return_year, held.return_reason) == ("RETURNED", 2019, "ILLNESS")
    assert (held.exit_year, held.exit_way) == (2018, "JOB")
    before = HouseholdStatus.objects.filter(household=household).as_of(date(2019, 10, 18)).get()
    assert before.status == "LIFTED_POLICY"


def test_revoking_restores_what_held(registered: Any, story: Story, county_user: Any) -> None:
    household = registered("PRE_LIFTED")
    process = story.through(story.open(household, "EXIT", exit_year=2019))

    services.revoke_process(
        process=process, turn=turn(county_user, version=process.version, note="公告有误")
    )

    process.refresh_from_db()
    assert (process.state, process.outcome) == ("REVOKED", "公告有误")
    assert status_now(household).status == "PRE_LIFTED"
    assert HouseholdStatus.objects.filter(household=household, status="LIFTED_POLICY").exists()
    revoked = AuditEvent.objects.get(action="status.revoke")
    assert revoked.detail["reason"] == "公告有误"
    assert story.open(household, "EXIT", TODAY).is_live


def test_only_the_newest_decision_is_revoked(
    registered: Any, story: Story, county_user: Any
) -> None:
    household = registered("NOT_LIFTED")
    first = story.through(story.open(household, "PRE_EXIT"), LATER)
    story.through(story.open(household, "BACK", LATER))

    with pytest.raises(services.NotRevocable):
        services.revoke_process(process=first, turn=turn(county_user, version=first.version))


# --- Identification ------------------------------------------------------------------------------


def test_identification_makes_a_household_at_the_end(
    villages: Any, story: Story, family: dict[str, Any], registered: Any, county_user: Any
) -> None:
    registered(code=f"{villages.own.pk}0007")
    process = services.open_identification(
        village=villages.own, family=family, turn=turn(story.village, EARLIER)
    )
    assert family["members"][0]["id_number"] not in str(
        StatusProcess.objects.filter(pk=process.pk).extra(select={"raw": "applicant"}).values("raw")
    )
    process = story.until(process, "APPROVAL", EARLIER)
    assert not Household.objects.filter(head_name="高有福").exists()

    process = story.step(process, TODAY)

    household = Household.objects.get(head_name="高有福")
    assert (process.household, household.code) == (household, f"{villages.own.pk}0008")
    assert status_now(household).status == "NOT_LIFTED"
    profile = HouseholdProfile.objects.get(household=household)
    assert (profile.first_identified, profile.cause_main) == ("2019-11-05", "ILLNESS")
    assert sorted(Membership.objects.filter(household=household).values_list("relation")) == [
        ("HEAD",), ("SON",), ("SPOUSE",),
    ]  # fmt: skip
    member = Member.objects.get(name="高小军")
    assert (member.sex, member.birth_date) == ("MALE", date(2010, 8, 9))
    assert Member.objects.by_id_number(family["members"][0]["id_number"]).exists()
    with pytest.raises(services.NotRevocable):
        services.revoke_process(
            process=process, turn=turn(county_user, version=process.version, note="x")
        )


def test_who_is_on_the_register_is_not_identified_again(
    villages: Any, story: Story, family: dict[str, Any], registered: Any
) -> None:
    first, second = (
        services.open_identification(
            village=villages.own, family=family, turn=turn(story.village, EARLIER)
        )
        for _n in range(2)
    )
    story.step(story.until(first, "APPROVAL", EARLIER), TODAY)

    with pytest.raises(services.PersonRegistered) as refused:
        story.step(story.until(second, "APPROVAL", EARLIER), TODAY)
    assert "*" in refused.value.args[0]
    with pytest.raises(services.PersonRegistered):
        services.open_identification(
            village=villages.own, family=family, turn=turn(story.village, EARLIER)
        )


def test_second_review_needs_two_thirds(
    villages: Any, story: Story, family: dict[str, Any]
) -> None:
    process = services.open_identification(
        village=villages.own, family=family, turn=turn(story.village, EARLIER)
    )
    process = story.until(process, "SECOND_REVIEW", EARLIER)
    few = {"total": 40, "present": 26, "agree": 26, "against": 0}
    with pytest.raises(services.NoQuorum):
        story.step(process, LATER, data=few)
    assert story.step(process, LATER, data={**few, "present": 27}).step == "VILLAGE_NOTICE"
