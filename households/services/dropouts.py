"""控辍保学: pupils out of school, from suspicion to return (domain §4.6, §2.5).

What an act says about the pupil becomes a fact of the day it happened, so the figures follow.
"""

from datetime import date, timedelta
from typing import Any

from django.db import transaction

from core.facts import Provenance, Source
from households.enums import DROPOUT_TRANSITIONS, DropoutAct, StudentStatus
from households.models import (
    DropoutCase,
    DropoutTurn,
    HomeTeachingSession,
    Member,
    PersuasionVisit,
    Schooling,
)
from households.services.facts import record_household_facts
from households.services.registers import (
    Act,
    AlreadyThere,
    OwnProposal,
    Register,
    RegisterRefused,
    later,
)

DROPOUTS = Register("dropout", DropoutTurn, DROPOUT_TRANSITIONS)

# Home teaching at least monthly (Kaizhou 2019, domain §1.4): the days of EDU-01's parameter.
HOME_TEACHING_DAYS = 31
# At least two home visits before a pupil is said to be still out (Guangxi form, domain §4.6).
HOME_VISITS = 2
# No document says how soon: our own reminders, which decide nothing.
VERIFY_DAYS = 5
PERSUADE_DAYS = 31


class TooFewVisits(RegisterRefused):
    """Fewer home visits than the register asks for."""


class NotSigned(RegisterRefused):
    """The signature of the three parties is dated outside this round of persuasion."""


class EndsBeforeItBegins(RegisterRefused):
    """The exception ends before the day it is granted on."""


@transaction.atomic
def open_dropout(*, member: Member, source: str, act: Act, reason: str = "") -> DropoutCase:
    """立案. Raises AlreadyThere while a case of the pupil lives."""
    member = Member.objects.select_for_update().get(pk=member.pk)
    if DropoutCase.objects.live().filter(member=member).exists():
        raise AlreadyThere
    case = DropoutCase.objects.create(
        member=member,
        source=source,
        reason=reason,
        opened_on=act.on,
        opened_by=act.by,
        since_on=act.on,
        pursued_since=act.on,
        due_on=act.on + timedelta(days=VERIFY_DAYS),
    )
    DROPOUTS.record(case, DropoutAct.OPEN, act, detail={"source": source})
    return case


@transaction.atomic
def verify_dropout(*, case: DropoutCase, act: Act, reason: str) -> DropoutCase:
    """核实未入学: the pupil is out of school, and why."""
    case = DROPOUTS.hold(case, DropoutAct.VERIFY, act)
    case.reason = reason
    case.due_on = act.on + timedelta(days=PERSUADE_DAYS)
    _tell(case, act, student_status=StudentStatus.NOT_STUDENT, dropout_reason=reason)
    return _turned(case, DropoutAct.VERIFY, act)


@transaction.atomic
def log_visit(
    *,
    case: DropoutCase,
    act: Act,
    kind: str,
    at_home: bool,
    persons: str,
    result: str,
    phone: str = "",
    next_step: str = "",
) -> DropoutCase:
    """One persuasion. The first one after an exception ran out begins a new round."""
    case = DROPOUTS.hold(case, DropoutAct.VISIT, act)
    if case.is_expired(act.on):
        case.pursued_since = act.on
    PersuasionVisit.objects.create(
        case=case,
        on=act.on,
        at=act.at,
        by=act.by,
        kind=kind,
        at_home=at_home,
        persons=persons,
        phone=phone,
        result=result,
        next_step=next_step,
    )
    case.due_on = later(case.due_on, act.on + timedelta(days=PERSUADE_DAYS))
    return _turned(case, DropoutAct.VISIT, act)


@transaction.atomic
def record_return(*, case: DropoutCase, act: Act, grade: str, school: str) -> DropoutCase:
    """返校: in school from that day, nothing excuses any more."""
    case = DROPOUTS.hold(case, DropoutAct.RETURN, act)
    case.closed_on, case.due_on = act.on, None
    _tell(case, act, student_status=grade, school=school, dropout_reason="", **_NO_EXEMPTION)
    return _turned(case, DropoutAct.RETURN, act)


@transaction.atomic
def grant_exemption(
    *,
    case: DropoutCase,
    act: Act,
    exemption: str,
    exemption_document: str,
    exemption_authority: str,
    valid_until: date,
) -> DropoutCase:
    """准予例外 on a paper, until a day. Raises OwnProposal for whoever opened the case."""
    case = DROPOUTS.hold(case, DropoutAct.EXEMPT, act)
    if case.opened_by == act.by:
        raise OwnProposal
    if valid_until < act.on:
        raise EndsBeforeItBegins
    paper = {
        "exemption": exemption,
        "exemption_document": exemption_document,
        "exemption_authority": exemption_authority,
    }
    for name, value in paper.items():
        setattr(case, name, value)
    case.exempted_until = case.due_on = valid_until
    _tell(case, act, **paper, exemption_valid_until=valid_until)
    return _turned(case, DropoutAct.EXEMPT, act, valid_until=valid_until.isoformat())


@transaction.atomic
def begin_home_teaching(*, case: DropoutCase, act: Act, school: str) -> DropoutCase:
    """送教上门 by a school; it counts from the first session on."""
    case = DROPOUTS.hold(case, DropoutAct.TEACH, act)
    case.due_on = act.on + timedelta(days=HOME_TEACHING_DAYS)
    taught = StudentStatus.HOME_TEACHING
    _tell(case, act, student_status=taught, school=school, dropout_reason="", **_NO_EXEMPTION)
    return _turned(case, DropoutAct.TEACH, act)


@transaction.atomic
def log_session(
    *, case: DropoutCase, act: Act, teacher: str, content: str, minutes: int
) -> DropoutCase:
    """One lesson at home; the next is due within HOME_TEACHING_DAYS of the latest."""
    case = DROPOUTS.hold(case, DropoutAct.SESSION, act)
    HomeTeachingSession.objects.create(
        case=case,
        on=act.on,
        at=act.at,
        by=act.by,
        teacher=teacher,
        content=content,
        minutes=minutes,
    )
    case.due_on = later(case.due_on, act.on + timedelta(days=HOME_TEACHING_DAYS))
    _tell(case, act, home_taught_on=act.on)
    return _turned(case, DropoutAct.SESSION, act)


@transaction.atomic
def set_still_out(*, case: DropoutCase, act: Act, signed_on: date) -> DropoutCase:
    """仍未返校, after two home visits and the signature of the three parties in this round."""
    case = DROPOUTS.hold(case, DropoutAct.STILL_OUT, act)
    if home_visits(case) < HOME_VISITS:
        raise TooFewVisits
    if not case.pursued_since <= signed_on <= act.on:
        raise NotSigned
    case.signed_on = signed_on
    case.due_on = later(case.due_on, act.on + timedelta(days=PERSUADE_DAYS))
    return _turned(case, DropoutAct.STILL_OUT, act)


@transaction.atomic
def resume_persuasion(*, case: DropoutCase, act: Act) -> DropoutCase:
    """An exception is withdrawn or home teaching stopped: out of school again, a new round begins."""
    act.needs_note()
    case = DROPOUTS.hold(case, DropoutAct.RESUME, act)
    case.pursued_since, case.due_on = act.on, act.on + timedelta(days=PERSUADE_DAYS)
    case.exempted_until = None
    _tell(
        case,
        act,
        student_status=StudentStatus.NOT_STUDENT,
        dropout_reason=case.reason,
        **_NO_EXEMPTION,
    )
    return _turned(case, DropoutAct.RESUME, act)


@transaction.atomic
def close_dropout(*, case: DropoutCase, act: Act) -> DropoutCase:
    """结案 of what was no drop-out or is none any more. Raises OwnProposal for whoever opened it."""
    act.needs_note()
    case = DROPOUTS.hold(case, DropoutAct.CLOSE, act)
    if case.opened_by == act.by:
        raise OwnProposal
    case.closed_on, case.due_on = act.on, None
    return _turned(case, DropoutAct.CLOSE, act)


DROPOUT_SERVICES: dict[DropoutAct, Any] = {
    DropoutAct.VERIFY: verify_dropout,
    DropoutAct.VISIT: log_visit,
    DropoutAct.RETURN: record_return,
    DropoutAct.EXEMPT: grant_exemption,
    DropoutAct.TEACH: begin_home_teaching,
    DropoutAct.SESSION: log_session,
    DropoutAct.STILL_OUT: set_still_out,
    DropoutAct.RESUME: resume_persuasion,
    DropoutAct.CLOSE: close_dropout,
}


def home_visits(case: DropoutCase) -> int:
    """Home visits of the present round of persuasion."""
    return case.visits.filter(at_home=True, on__gte=case.pursued_since).count()


_NO_EXEMPTION = {
    "exemption": "",
    "exemption_document": "",
    "exemption_authority": "",
    "exemption_valid_until": None,
}


def _turned(case: DropoutCase, kind: DropoutAct, act: Act, **detail: Any) -> DropoutCase:
    turned: DropoutCase = DROPOUTS.turn(case, kind, act, detail)
    return turned


def _tell(case: DropoutCase, act: Act, **schooling: Any) -> None:
    """The pupil's schooling from the day of the act on."""
    record_household_facts(
        household=case.member.household,
        changes={Schooling: [({"member_id": case.member_id}, schooling)]},
        told=Provenance(
            valid_from=act.on,
            at=act.at,
            by=act.by,
            source=Source.OFFICE,
            source_ref=f"dropout:{case.pk}",
        ),
    )
