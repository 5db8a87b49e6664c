"""控辍保学: every transition, the two-visit rule, exceptions that run out, home teaching, facts."""

from datetime import date, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from core.models import AuditEvent
from households.enums import (
    DROPOUT_ENDED,
    DROPOUT_TRANSITIONS,
    DropoutAct,
    DropoutSource,
    DropoutState,
    SchoolExemption,
    StudentStatus,
)
from households.models import DropoutCase, Household, Member, Schooling
from households.permissions import DROPOUT_RIGHTS
from households.services import dropouts, registers
from indicators import services as indicators
from indicators.models import Gap
from tests.households.registers.conftest import AT, TODAY, act

pytestmark = pytest.mark.django_db
D = date
# What each act is asked with, beside the act itself.
ASKED: dict[DropoutAct, dict[str, Any]] = {
    DropoutAct.VERIFY: {"reason": "WEARY"},
    DropoutAct.VISIT: {
        "kind": "PARENT",
        "at_home": True,
        "persons": "王校长",
        "result": "不愿返校",
    },
    DropoutAct.RETURN: {"grade": "GRADE_7", "school": "银号中学"},
    DropoutAct.EXEMPT: {
        "exemption": SchoolExemption.SUSPENSION,
        "exemption_document": "固教休〔2019〕3号",
        "exemption_authority": "固阳县教育局",
        "valid_until": D(2020, 1, 31),
    },
    DropoutAct.TEACH: {"school": "固阳县特校"},
    DropoutAct.SESSION: {"teacher": "刘老师", "content": "语文", "minutes": 60},
    DropoutAct.STILL_OUT: {"signed_on": TODAY},
    DropoutAct.RESUME: {},
    DropoutAct.CLOSE: {},
}
# The table of the register once more, by state, as a clerk would say it.
ALLOWED: dict[str, str] = {
    "SUSPECTED": "VERIFY CLOSE",
    "VERIFIED": "VISIT RETURN EXEMPT TEACH CLOSE",
    "PERSUADING": "VISIT RETURN EXEMPT TEACH STILL_OUT CLOSE",
    "STILL_OUT": "VISIT RETURN EXEMPT TEACH CLOSE",
    "EXEMPTED": "RETURN EXEMPT TEACH RESUME CLOSE",
    "HOME_TEACHING": "SESSION RETURN EXEMPT RESUME CLOSE",
    "RETURNED": "",
    "CLOSED": "",
}
LEADS = {
    "VERIFY": "VERIFIED",
    "VISIT": "PERSUADING",
    "RETURN": "RETURNED",
    "EXEMPT": "EXEMPTED",
    "TEACH": "HOME_TEACHING",
    "SESSION": "HOME_TEACHING",
    "STILL_OUT": "STILL_OUT",
    "RESUME": "VERIFIED",
    "CLOSE": "CLOSED",
}


def do(case: DropoutCase, kind: str, by: Any, on: date = TODAY, **changes: Any) -> DropoutCase:
    kind = DropoutAct(kind)
    case = DropoutCase.objects.get(pk=case.pk)
    asked = act(by, case, on, "说明")
    done: DropoutCase = dropouts.DROPOUT_SERVICES[kind](
        case=case, act=asked, **{**ASKED[kind], **changes}
    )
    return done


def put(case: DropoutCase, state: str) -> None:
    """Set the case into a state, with all that any act could ask for."""
    ended = state in DROPOUT_ENDED
    DropoutCase.objects.filter(pk=case.pk).update(
        state=state,
        due_on=None if ended else TODAY + timedelta(days=30),
        closed_on=TODAY if ended else None,
    )
    for on in (D(2019, 10, 2), D(2019, 10, 3)):
        case.visits.create(on=on, at=AT, by=case.opened_by, kind="PARENT", at_home=True)


@pytest.mark.parametrize("state", DropoutState.values)
def test_every_pair_of_state_and_act(dropout: DropoutCase, county_user: Any, state: str) -> None:
    put(dropout, state)
    allowed = set()

    for kind in (k.value for k in DROPOUT_TRANSITIONS):
        with transaction.atomic():
            try:
                done = do(dropout, kind, county_user)
            except registers.WrongState:
                continue
            allowed.add(kind)
            turn = done.turns.latest("pk")
            assert (done.state, done.version) == (LEADS[kind], dropout.version + 1)
            assert (turn.from_state, turn.to_state, turn.by) == (state, LEADS[kind], county_user)
            trail = AuditEvent.objects.get(action=f"dropout.{kind.lower()}")
            assert (trail.target_id, trail.village_id) == (str(dropout.pk), dropout.place.pk)
            transaction.set_rollback(True)

    assert allowed == set(ALLOWED[state].split())


def test_every_act_has_service_and_right() -> None:
    assert set(dropouts.DROPOUT_SERVICES) == set(DROPOUT_RIGHTS) == set(DROPOUT_TRANSITIONS)


# --- Opening -------------------------------------------------------------------------------------


def test_one_live_case_per_pupil(dropout: DropoutCase, pupil: Member, clerk: Any) -> None:
    with pytest.raises(registers.AlreadyThere):
        dropouts.open_dropout(member=pupil, source=DropoutSource.FACTS, act=act(clerk))
    with pytest.raises(IntegrityError), transaction.atomic():
        DropoutCase.objects.create(
            member=pupil, source="FACTS", opened_on=TODAY, opened_by=clerk, since_on=TODAY,
            pursued_since=TODAY, due_on=TODAY,
        )  # fmt: skip

    do(dropout, "CLOSE", clerk)

    again = dropouts.open_dropout(member=pupil, source=DropoutSource.FACTS, act=act(clerk))
    assert again.pk != dropout.pk
    assert AuditEvent.objects.filter(action="dropout.open").count() == 2


def test_stale_and_backdated_acts_are_refused(dropout: DropoutCase, clerk: Any) -> None:
    stale = registers.Act(by=clerk, at=AT, on=TODAY, base_version=7)
    with pytest.raises(registers.StaleCase):
        dropouts.verify_dropout(case=dropout, act=stale, reason="WEARY")
    with pytest.raises(registers.BackDated):
        do(dropout, "VERIFY", clerk, on=D(2019, 9, 30))


@pytest.mark.parametrize("kind", ["RESUME", "CLOSE"])
def test_reasons_are_asked_for(dropout: DropoutCase, county_user: Any, kind: str) -> None:
    put(dropout, "HOME_TEACHING")

    with pytest.raises(registers.MissingNote):
        dropouts.DROPOUT_SERVICES[DropoutAct(kind)](
            case=dropout, act=act(county_user, dropout, note=" ")
        )


@pytest.mark.parametrize("kind", ["EXEMPT", "CLOSE"])
def test_nobody_approves_a_case_of_their_own(
    dropout: DropoutCase, informant: Any, county_user: Any, kind: str
) -> None:
    put(dropout, "PERSUADING")

    with pytest.raises(registers.OwnProposal):
        do(dropout, kind, informant)
    assert do(dropout, kind, county_user).state == LEADS[kind]


# --- Two home visits -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("at_home", "enough"), [([True], False), ([True, False], False), ([True, True], True)]
)
def test_still_out_needs_two_home_visits(
    dropout: DropoutCase, clerk: Any, at_home: list[bool], enough: bool
) -> None:
    do(dropout, "VERIFY", clerk, on=D(2019, 10, 2))
    for day, home in enumerate(at_home, 3):
        do(dropout, "VISIT", clerk, on=D(2019, 10, day), at_home=home)

    if enough:
        done = do(dropout, "STILL_OUT", clerk, signed_on=D(2019, 11, 1))
        assert (done.state, done.signed_on) == ("STILL_OUT", D(2019, 11, 1))
    else:
        with pytest.raises(dropouts.TooFewVisits):
            do(dropout, "STILL_OUT", clerk)


@pytest.mark.parametrize("signed", [D(2019, 9, 30), D(2019, 11, 6)])
def test_signature_belongs_to_the_round(dropout: DropoutCase, clerk: Any, signed: date) -> None:
    put(dropout, "PERSUADING")

    with pytest.raises(dropouts.NotSigned):
        do(dropout, "STILL_OUT", clerk, signed_on=signed)


def test_visits_before_a_new_round_do_not_count(dropout: DropoutCase, county_user: Any) -> None:
    put(dropout, "HOME_TEACHING")
    resumed = do(dropout, "RESUME", county_user)
    assert dropouts.home_visits(resumed) == 0

    do(dropout, "VISIT", county_user)
    with pytest.raises(dropouts.TooFewVisits):
        do(dropout, "STILL_OUT", county_user)
    do(dropout, "VISIT", county_user)
    assert do(dropout, "STILL_OUT", county_user).state == "STILL_OUT"


# --- Exceptions run out by themselves ------------------------------------------------------------


@pytest.fixture
def excused(dropout: DropoutCase, clerk: Any, county_user: Any) -> DropoutCase:
    """Until the last day of October."""
    do(dropout, "VERIFY", clerk, on=D(2019, 10, 2))
    return do(dropout, "EXEMPT", county_user, on=D(2019, 10, 3), valid_until=D(2019, 10, 31))


@pytest.mark.parametrize(
    ("on", "state", "overdue"),
    [
        (D(2019, 10, 30), "EXEMPTED", False),
        (D(2019, 10, 31), "EXEMPTED", False),
        (D(2019, 11, 1), "VERIFIED", True),
        (D(2020, 6, 1), "VERIFIED", True),
    ],
)
def test_case_reopens_the_day_after_its_exception(
    excused: DropoutCase, on: date, state: str, overdue: bool
) -> None:
    row = DropoutCase.objects.on(on).get(pk=excused.pk)

    assert (row.state_now, row.overdue) == (state, overdue)
    assert (row.state_on(on), row.is_overdue(on)) == (state, overdue)
    assert DropoutCase.objects.live().filter(pk=excused.pk).exists()


def test_expired_exception_is_pursued_anew(
    excused: DropoutCase, clerk: Any, county_user: Any
) -> None:
    with pytest.raises(registers.WrongState):
        do(excused, "VISIT", clerk, on=D(2019, 10, 31))

    pursued = do(excused, "VISIT", clerk, on=D(2019, 11, 1))

    assert (pursued.state, pursued.pursued_since) == ("PERSUADING", D(2019, 11, 1))
    assert pursued.turns.latest("pk").from_state == "VERIFIED"
    assert pursued.due_on == D(2019, 12, 2)
    renewed = do(excused, "EXEMPT", county_user, valid_until=D(2020, 3, 31))
    assert renewed.state_on(D(2020, 3, 31)) == "EXEMPTED"


def test_exception_cannot_end_before_it_begins(dropout: DropoutCase, county_user: Any) -> None:
    put(dropout, "VERIFIED")

    with pytest.raises(dropouts.EndsBeforeItBegins):
        do(dropout, "EXEMPT", county_user, valid_until=D(2019, 11, 4))


# --- Home teaching, at least monthly -------------------------------------------------------------


@pytest.mark.parametrize(("on", "overdue"), [(D(2019, 11, 11), False), (D(2019, 11, 12), True)])
def test_home_teaching_is_overdue_after_31_days(
    dropout: DropoutCase, clerk: Any, on: date, overdue: bool
) -> None:
    do(dropout, "VERIFY", clerk, on=D(2019, 10, 2))
    do(dropout, "TEACH", clerk, on=D(2019, 10, 3))
    do(dropout, "SESSION", clerk, on=D(2019, 10, 11))
    do(dropout, "SESSION", clerk, on=D(2019, 10, 5))  # entered late: the latest one counts

    assert DropoutCase.objects.on(on).get(pk=dropout.pk).overdue is overdue
    assert (on - D(2019, 10, 11)).days == (32 if overdue else 31)


def test_the_month_is_that_of_the_indicator() -> None:
    from indicators.models import Parameter

    indicators.load_standards(at=AT)
    held = Parameter.objects.get(code="home_teaching_days_max")

    assert int(held.value) == dropouts.HOME_TEACHING_DAYS


# --- Facts and figures ---------------------------------------------------------------------------


def held(pupil: Member, on: date = TODAY) -> Schooling:
    return Schooling.objects.as_of(on).get(member=pupil)


def test_acts_become_facts_of_their_day(
    dropout: DropoutCase, pupil: Member, clerk: Any, county_user: Any
) -> None:
    version = Household.objects.get(pk=pupil.household_id).version
    do(dropout, "VERIFY", clerk, on=D(2019, 10, 2))
    assert (held(pupil).student_status, held(pupil).dropout_reason) == ("NOT_STUDENT", "WEARY")

    do(dropout, "EXEMPT", county_user, on=D(2019, 10, 4))
    fact = held(pupil)
    assert (fact.exemption, fact.exemption_authority) == ("SUSPENSION", "固阳县教育局")
    assert (fact.exemption_valid_until, fact.source_ref) == (
        D(2020, 1, 31),
        f"dropout:{dropout.pk}",
    )

    do(dropout, "TEACH", clerk, on=D(2019, 10, 6))
    do(dropout, "SESSION", clerk, on=D(2019, 10, 8))
    fact = held(pupil)
    assert (fact.student_status, fact.school) == (StudentStatus.HOME_TEACHING, "固阳县特校")
    assert (fact.home_taught_on, fact.exemption) == (D(2019, 10, 8), "")

    do(dropout, "RETURN", clerk, on=D(2019, 11, 4))
    assert (held(pupil).student_status, held(pupil).school) == ("GRADE_7", "银号中学")
    assert held(pupil, D(2019, 11, 3)).student_status == StudentStatus.HOME_TEACHING
    assert Household.objects.get(pk=pupil.household_id).version > version


def test_figures_follow(dropout: DropoutCase, pupil: Member, clerk: Any, county_user: Any) -> None:
    """EDU-01 of the engine agrees with the register after every act."""
    indicators.load_standards(at=AT)
    do(dropout, "VERIFY", clerk, on=D(2019, 10, 2))

    def out(on: date) -> bool:
        indicators.recompute(on=on, at=AT)
        gaps = Gap.objects.as_of(on).filter(indicator="EDU-01", subject_id=pupil.pk)
        return gaps.filter(verdict="NOT_MET").exists()

    assert out(D(2019, 10, 2))
    do(dropout, "EXEMPT", county_user, on=D(2019, 10, 3), valid_until=D(2019, 10, 20))
    assert not out(D(2019, 10, 20))
    assert out(D(2019, 10, 21))
    do(dropout, "TEACH", clerk, on=D(2019, 10, 22))
    assert out(D(2019, 10, 22))
    do(dropout, "SESSION", clerk, on=D(2019, 10, 23))
    assert not out(D(2019, 10, 23))
    do(dropout, "RETURN", clerk, on=TODAY)
    assert not out(TODAY)


def test_pupil_who_moves_takes_the_case_along(
    dropout: DropoutCase, pupil: Member, villages: Any, clerk: Any, other_clerk: Any
) -> None:
    Member.objects.filter(pk=pupil.pk).update(village=villages.other)

    assert not DropoutCase.objects.for_user(clerk).exists()
    assert DropoutCase.objects.for_user(other_clerk).get() == dropout
