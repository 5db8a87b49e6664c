"""返贫监测: every transition, nobody approves their own, classes and risks, removal, facts."""

from datetime import date, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from core.models import AuditEvent
from households.enums import (
    MONITORING_TRANSITIONS,
    ClueKind,
    MonitoringAct,
    MonitoringState,
    MonitorType,
    RemovedWay,
)
from households.models import Household, HouseholdStatus, Monitoring, MonitoringCase
from households.permissions import MONITORING_RIGHTS
from households.services import monitoring, registers
from households.services.monitoring import Borderline
from indicators import services as indicators
from tests.households.factories import HouseholdFactory, id_number
from tests.households.registers.conftest import AT, TODAY, act

pytestmark = pytest.mark.django_db
D = date
ALLOWED: dict[str, str] = {
    "CLUE": "CHECK DISMISS",
    "CHECKED": "REVIEW SEND_BACK DISMISS",
    "REVIEWED": "CONFIRM SEND_BACK DISMISS",
    "MONITORED": "MEASURE FINISH FOLLOW_UP PROPOSE_REMOVAL",
    "REMOVAL_PROPOSED": "FOLLOW_UP APPROVE_REMOVAL REFUSE_REMOVAL",
    "REMOVED": "FOLLOW_UP RELAPSE",
    "DISMISSED": "",
}
LEADS = {
    "CHECK": "CHECKED",
    "REVIEW": "REVIEWED",
    "CONFIRM": "MONITORED",
    "SEND_BACK": "CLUE",
    "DISMISS": "DISMISSED",
    "PROPOSE_REMOVAL": "REMOVAL_PROPOSED",
    "APPROVE_REMOVAL": "REMOVED",
    "REFUSE_REMOVAL": "MONITORED",
    "RELAPSE": "CLUE",
}  # the others stay


@pytest.fixture
def watched(family: Household, informant: Any) -> MonitoringCase:
    """A clue of the first of October about a lifted household."""
    return monitoring.report_clue(
        subject=family,
        clue_kind=ClueKind.CADRE,
        act=act(informant, on=D(2019, 10, 1), note="大病自付较高"),
    )


def asked(case: MonitoringCase, kind: str) -> dict[str, Any]:
    if kind == "FINISH":
        open_one = case.measures.filter(finished_on=None).first()
        return {"measure": open_one or measure_of(case), "result": "已增收 2000 元"}
    return {
        "CONFIRM": {"monitor_type": "UNSTABLE", "risks": ["ILLNESS"], "pace": "MONTHLY"},
        "MEASURE": {
            "measure": "安排公益岗",
            "responsible": "张干部",
            "deadline": D(2019, 12, 31),
        },
        "PROPOSE_REMOVAL": {"removed_on": TODAY, "removed_way": RemovedWay.HELPED},
    }.get(kind, {})


def measure_of(case: MonitoringCase) -> Any:
    clue = case.turns.earliest("pk")
    return case.measures.create(
        on=TODAY, at=AT, by=clue.by, measure="临时救助", responsible="民政", deadline=TODAY
    )


def do(case: MonitoringCase, kind: str, by: Any, on: date = TODAY, **changes: Any) -> Any:
    service = monitoring.MONITORING_SERVICES[MonitoringAct(kind)]
    case = MonitoringCase.objects.get(pk=case.pk)
    return service(case=case, act=act(by, case, on, "情况说明"), **{**asked(case, kind), **changes})


def put(case: MonitoringCase, state: str) -> None:
    watched_on = D(2019, 10, 8) if state in ("MONITORED", "REMOVAL_PROPOSED", "REMOVED") else None
    MonitoringCase.objects.filter(pk=case.pk).update(
        state=state, monitored_on=watched_on, due_on=TODAY, pace="MONTHLY"
    )


def walk(case: MonitoringCase, informant: Any, clerk: Any, county_user: Any) -> MonitoringCase:
    """To the county's confirmation on the eighth of October."""
    do(case, "CHECK", informant, on=D(2019, 10, 4))
    do(case, "REVIEW", clerk, on=D(2019, 10, 6))
    done: MonitoringCase = do(case, "CONFIRM", county_user, on=D(2019, 10, 8))
    return done


@pytest.mark.parametrize("state", MonitoringState.values)
def test_every_pair_of_state_and_act(watched: MonitoringCase, county_user: Any, state: str) -> None:
    put(watched, state)
    allowed = set()

    for kind in (k.value for k in MONITORING_TRANSITIONS):
        with transaction.atomic():
            try:
                done = do(watched, kind, county_user)
            except registers.WrongState:
                continue
            allowed.add(kind)
            turn, after = done.turns.latest("pk"), LEADS.get(kind, state)
            assert (done.state, done.version) == (after, watched.version + 1)
            assert (turn.from_state, turn.to_state, turn.by) == (state, after, county_user)
            trail = AuditEvent.objects.get(action=f"monitoring.{kind.lower()}")
            assert (trail.target_id, trail.village_id) == (str(watched.pk), watched.place.pk)
            transaction.set_rollback(True)

    assert allowed == set(ALLOWED[state].split())


def test_every_act_has_service_and_right() -> None:
    assert (
        set(monitoring.MONITORING_SERVICES) == set(MONITORING_RIGHTS) == set(MONITORING_TRANSITIONS)
    )


# --- Clues ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(("on", "overdue"), [(D(2019, 10, 6), False), (D(2019, 10, 7), True)])
def test_village_has_five_days_for_a_clue(watched: MonitoringCase, on: date, overdue: bool) -> None:
    row = MonitoringCase.objects.on(on).get(pk=watched.pk)

    assert (row.overdue, row.is_overdue(on)) == (overdue, overdue)


def test_clue_sent_back_has_its_days_again(watched: MonitoringCase, clerk: Any) -> None:
    put(watched, "CHECKED")

    back = do(watched, "SEND_BACK", clerk)

    assert back.due_on == TODAY + timedelta(days=5)


def test_a_household_stands_once_in_the_register(
    watched: MonitoringCase, family: Household, clerk: Any
) -> None:
    with pytest.raises(registers.AlreadyThere):
        monitoring.report_clue(
            subject=family, clue_kind=ClueKind.HOUSEHOLD, act=act(clerk, note="申报")
        )

    do(watched, "DISMISS", clerk)

    again = monitoring.report_clue(
        subject=family, clue_kind=ClueKind.HOUSEHOLD, act=act(clerk, note="申报")
    )
    assert again.pk != watched.pk


@pytest.mark.parametrize(
    "kind", ["CHECK", "SEND_BACK", "DISMISS", "FOLLOW_UP", "PROPOSE_REMOVAL", "REFUSE_REMOVAL", "RELAPSE"]
)  # fmt: skip
def test_findings_and_reasons_are_asked_for(watched: MonitoringCase, clerk: Any, kind: str) -> None:
    with pytest.raises(registers.MissingNote):
        monitoring.MONITORING_SERVICES[MonitoringAct(kind)](
            case=watched, act=act(clerk, watched, note=" "), **asked(watched, kind)
        )


# --- Households outside the register -------------------------------------------------------------


def stranger(village: Any, by: Any, number: str = "", name: str = "钱进宝") -> MonitoringCase:
    return monitoring.report_clue(
        subject=Borderline(village=village, head_name=name, id_number=number, persons=3),
        clue_kind=ClueKind.DEPARTMENT,
        act=act(by, on=D(2019, 10, 1), note="医保局推送"),
    )


def test_borderline_household_is_no_household_of_the_register(
    villages: Any, informant: Any, clerk: Any, county_user: Any, other_clerk: Any
) -> None:
    number = id_number(7777)
    case = stranger(villages.own, informant, number)
    do(case, "CHECK", informant)
    do(case, "REVIEW", clerk)
    done = do(case, "CONFIRM", county_user, monitor_type=MonitorType.BORDERLINE)

    assert (done.state, done.name, done.place) == ("MONITORED", "钱进宝", villages.own)
    assert not Household.objects.exists()
    assert not Monitoring.objects.exists()
    assert done.id_mask != number
    assert MonitoringCase.objects.get(id_number__isnull=False).id_number == number
    assert MonitoringCase.objects.for_user(clerk).in_area(villages.own.area).get() == done
    assert not MonitoringCase.objects.for_user(other_clerk).exists()


def test_figures_do_not_count_a_borderline_household(
    villages: Any, family: Household, informant: Any
) -> None:
    from indicators.models import Result

    indicators.load_standards(at=AT)

    def integers() -> list[Any]:
        indicators.recompute(on=TODAY, at=AT)
        found = Result.objects.as_of(TODAY).order_by("village_id", "indicator")
        return list(found.values_list("indicator", "denominator", "numerator", "unknown", "exempt"))

    before = integers()
    stranger(villages.own, informant, id_number(7777))

    assert integers() == before


def test_borderline_person_is_known_by_number_or_by_name_and_village(
    villages: Any, informant: Any, family: Household
) -> None:
    stranger(villages.own, informant, id_number(7777))
    stranger(villages.own, informant, name="孙无号")

    with pytest.raises(registers.AlreadyThere):
        stranger(villages.next, informant, id_number(7777), name="另写的名字")
    with pytest.raises(registers.AlreadyThere):
        stranger(villages.own, informant, name="孙无号")
    with pytest.raises(monitoring.IsRegistered):
        stranger(villages.own, informant, family.members.first().id_number)
    assert stranger(villages.next, informant, name="孙无号").pk


def test_a_case_names_a_household_or_a_stranger_never_both(
    villages: Any, family: Household
) -> None:
    common = {"clue_kind": "CADRE", "reported_on": TODAY, "since_on": TODAY}
    for wrong in (
        {},
        {"village": villages.own},
        {"household": family, "village": villages.own},
        {"household": family, "head_name": "某"},
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            MonitoringCase.objects.create(**common, **wrong)


# --- Nobody approves their own -------------------------------------------------------------------


def test_review_and_confirmation_are_by_others(
    watched: MonitoringCase, informant: Any, clerk: Any, county_user: Any
) -> None:
    do(watched, "CHECK", clerk)
    for own in (informant, clerk):
        with pytest.raises(registers.OwnProposal):
            do(watched, "REVIEW", own)
    do(watched, "REVIEW", county_user)
    for own in (informant, clerk, county_user):
        with pytest.raises(registers.OwnProposal):
            do(watched, "CONFIRM", own)


def test_removal_is_approved_by_another(
    watched: MonitoringCase, clerk: Any, county_user: Any
) -> None:
    put(watched, "MONITORED")
    do(watched, "PROPOSE_REMOVAL", county_user)

    with pytest.raises(registers.OwnProposal):
        do(watched, "APPROVE_REMOVAL", county_user)
    assert do(watched, "APPROVE_REMOVAL", clerk).state == "REMOVED"


# --- Confirmation --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("risks", "note", "error"),
    [
        ([], "", monitoring.BadRisks),
        (["ILLNESS", "ILLNESS"], "", monitoring.BadRisks),
        (["ILLNESS", "SCHOOLING", "DISABILITY", "JOB", "WATER", "LABOUR"], "", monitoring.BadRisks),
        (["OTHER"], " ", monitoring.MissingRiskNote),
        (["OTHER"], "家中失火", None),
        (["ILLNESS", "SCHOOLING", "DISABILITY", "JOB", "WATER"], "", None),
    ],
)
def test_one_to_five_risks(
    watched: MonitoringCase, county_user: Any, risks: list[str], note: str, error: Any
) -> None:
    put(watched, "REVIEWED")

    if error:
        with pytest.raises(error):
            do(watched, "CONFIRM", county_user, risks=risks, risk_note=note)
    else:
        assert do(watched, "CONFIRM", county_user, risks=risks, risk_note=note).risks == risks


def test_class_fits_the_household(villages: Any, informant: Any) -> None:
    lifted = HouseholdFactory(village=villages.own)
    poor = HouseholdFactory(village=villages.own, status="NOT_LIFTED")

    def classes(subject: Any, on: date = TODAY) -> set[str]:
        case = MonitoringCase(household=subject) if subject else MonitoringCase()
        return {kind for kind in MonitorType.values if monitoring.type_fits(case, kind, on)}

    assert classes(lifted) == {"UNSTABLE"}
    assert classes(poor) == set()
    assert classes(None) == {"BORDERLINE"}
    assert classes(poor, D(2021, 1, 1)) == {"SUDDEN"}
    assert classes(None, D(2020, 12, 31)) == {"BORDERLINE"}


def test_wrong_class_is_refused(watched: MonitoringCase, county_user: Any) -> None:
    put(watched, "REVIEWED")

    with pytest.raises(monitoring.WrongType):
        do(watched, "CONFIRM", county_user, monitor_type=MonitorType.BORDERLINE)


# --- Help, follow-up, removal --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("pace", "last_day"), [("MONTHLY", D(2019, 11, 8)), ("QUARTERLY", D(2020, 1, 8))]
)
def test_follow_up_by_month_or_quarter(
    watched: MonitoringCase, informant: Any, clerk: Any, county_user: Any, pace: str, last_day: date
) -> None:
    do(watched, "CHECK", informant, on=D(2019, 10, 4))
    do(watched, "REVIEW", clerk, on=D(2019, 10, 6))
    case = do(watched, "CONFIRM", county_user, on=D(2019, 10, 8), pace=pace)

    assert case.due_on == last_day
    assert not case.is_overdue(last_day)
    assert case.is_overdue(last_day + timedelta(days=1))
    seen = do(case, "FOLLOW_UP", clerk)
    assert seen.due_on - TODAY == timedelta(days=monitoring.PACE_DAYS[pace])


def test_measure_is_finished_once(watched: MonitoringCase, clerk: Any) -> None:
    put(watched, "MONITORED")
    do(watched, "MEASURE", clerk)
    measure = watched.measures.get()

    do(watched, "FINISH", clerk, measure=measure)

    measure.refresh_from_db()
    assert (measure.result, measure.finished_on) == ("已增收 2000 元", TODAY)
    with pytest.raises(monitoring.NotOpen):
        do(watched, "FINISH", clerk, measure=measure)


def test_removed_before_monitored_is_refused(
    watched: MonitoringCase, informant: Any, clerk: Any, county_user: Any
) -> None:
    case = walk(watched, informant, clerk, county_user)

    with pytest.raises(monitoring.RemovedTooEarly):
        do(case, "PROPOSE_REMOVAL", clerk, removed_on=D(2019, 10, 7))
    with pytest.raises(monitoring.RemovedInFuture):
        do(case, "PROPOSE_REMOVAL", clerk, removed_on=D(2019, 11, 6))
    with pytest.raises(IntegrityError), transaction.atomic():
        MonitoringCase.objects.filter(pk=case.pk).update(removed_on=D(2019, 10, 7))
    assert do(case, "PROPOSE_REMOVAL", clerk, removed_on=D(2019, 10, 8)).removed_on


def test_facts_are_written_and_the_household_is_observed_on(
    watched: MonitoringCase, family: Household, informant: Any, clerk: Any, county_user: Any
) -> None:
    walk(watched, informant, clerk, county_user)
    fact = Monitoring.objects.as_of(TODAY).get(household=family)
    assert (fact.monitor_type, fact.risks, fact.monitored_on) == (
        "UNSTABLE", ["ILLNESS"], D(2019, 10, 8),
    )  # fmt: skip
    assert (fact.risk_removed, fact.removed_on) == (False, None)
    assert not Monitoring.objects.as_of(D(2019, 10, 7)).exists()

    do(watched, "PROPOSE_REMOVAL", clerk, on=D(2019, 11, 2), removed_on=D(2019, 11, 1))
    assert Monitoring.objects.as_of(D(2019, 11, 2)).get().risk_removed is False
    done = do(watched, "APPROVE_REMOVAL", county_user, on=D(2019, 11, 4))

    fact = Monitoring.objects.as_of(TODAY).get(household=family)
    assert (fact.risk_removed, fact.removed_on, fact.removed_way) == (
        True, D(2019, 11, 1), "HELPED",
    )  # fmt: skip
    assert done.due_on == D(2020, 2, 4)
    assert HouseholdStatus.objects.as_of(TODAY).get(household=family).status == "LIFTED_POLICY"


def test_removal_refused_leaves_the_risk_standing(
    watched: MonitoringCase, family: Household, informant: Any, clerk: Any, county_user: Any
) -> None:
    walk(watched, informant, clerk, county_user)
    do(watched, "PROPOSE_REMOVAL", clerk)

    back = do(watched, "REFUSE_REMOVAL", county_user)

    assert (back.state, back.removed_on, back.removed_way) == ("MONITORED", None, "")
    assert Monitoring.objects.as_of(TODAY).get(household=family).risk_removed is False
