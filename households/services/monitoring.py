"""返贫监测: from a clue to the risk removed, in the hands of village, township and county (domain §4.8)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db import transaction

from core import audit, slots
from core.facts import Provenance, Source
from core.fields import keyed_hash
from core.masking import mask_id_number
from households.enums import (
    MONITORING_TRANSITIONS,
    MonitoringAct,
    MonitoringState,
    MonitorType,
    Pace,
    Risk,
    Status,
)
from households.models import (
    Household,
    HouseholdStatus,
    Member,
    Monitoring,
    MonitoringCase,
    MonitoringMeasure,
    MonitoringTurn,
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
from villages.models import Village

MONITORINGS = Register("monitoring", MonitoringTurn, MONITORING_TRANSITIONS)

# The village checks a clue within five days (domain §4.8, "default 5 days"), or the fewer days of
# the standard that upper apps know for its area and date.
CLUE_DAYS = 5
CLUE_SLOT = "clue_days"
# Followed up monthly or quarterly (domain §4.8): the longest month, the longest quarter.
PACE_DAYS = {Pace.MONTHLY: 31, Pace.QUARTERLY: 92}
MOST_RISKS = 5
# The class is in the lists of 2021 and later only (domain L7).
SUDDEN_SINCE = date(2021, 1, 1)
LIFTED = (Status.LIFTED_POLICY, Status.LIFTED_NO_POLICY)


class IsRegistered(RegisterRefused):
    """The person belongs to a registered household: the clue belongs to that household."""


class WrongType(RegisterRefused):
    """The class does not fit: 不稳定 is a lifted household, 边缘 no registered one, 突发 since 2021."""


class BadRisks(RegisterRefused):
    """No risk, more than five, or the same twice."""


class MissingRiskNote(RegisterRefused):
    """其他 needs words."""


class RemovedTooEarly(RegisterRefused):
    """The risk was removed before the household was monitored."""


class RemovedInFuture(RegisterRefused):
    """The risk was removed after the day somebody said so."""


class NotOpen(RegisterRefused):
    """The measure is not this case's, or was finished before."""


@dataclass(frozen=True, kw_only=True)
class Borderline:
    """Who a household outside the register is."""

    village: Village
    head_name: str
    id_number: str = ""
    persons: int | None = None


# --- Clue to confirmation ------------------------------------------------------------------------


@transaction.atomic
def report_clue(*, subject: Household | Borderline, clue_kind: str, act: Act) -> MonitoringCase:
    """A clue about a registered household, or about one outside the register.

    Raises AlreadyThere where the subject stands in the register, IsRegistered for a stranger whose
    identity number is a registered person's.
    """
    act.needs_note()
    case = MonitoringCase(
        clue_kind=clue_kind,
        reported_on=act.on,
        since_on=act.on,
    )
    if isinstance(subject, Borderline):
        _name_stranger(case, subject)
    else:
        case.household = Household.objects.select_for_update().get(pk=subject.pk)
        if standing().filter(household=subject).exists():
            raise AlreadyThere
    case.due_on = clue_due(case, act.on)
    case.save()
    MONITORINGS.record(case, MonitoringAct.REPORT, act, detail={"source": clue_kind})
    return case


def clue_due(case: MonitoringCase, on: date) -> date:
    """The day by which the village has checked a clue of that day."""
    asked = (filler(case.village_code, on) for filler in slots.fillers(CLUE_SLOT))
    return on + timedelta(days=min((days for days in asked if days), default=CLUE_DAYS))


def _name_stranger(case: MonitoringCase, subject: Borderline) -> None:
    number = subject.id_number
    list(Village.objects.select_for_update().filter(pk=subject.village.pk))
    if number and Member.objects.by_id_number(number).exists():
        raise IsRegistered
    same: dict[str, Any] = {"village": subject.village, "head_name": subject.head_name}
    if number:
        same = {"id_hash": keyed_hash(number)}
    if standing().filter(**same).exists():
        raise AlreadyThere
    case.village, case.head_name, case.persons = subject.village, subject.head_name, subject.persons
    case.id_number, case.id_hash = number, keyed_hash(number)
    case.id_mask = mask_id_number(number) if number else ""


def standing() -> Any:
    """Cases that name their subject in the register: all but the dismissed."""
    return MonitoringCase.objects.exclude(state=MonitoringState.DISMISSED)


@transaction.atomic
def check_clue(*, case: MonitoringCase, act: Act) -> MonitoringCase:
    """村级核查: what the village found."""
    act.needs_note()
    case = MONITORINGS.hold(case, MonitoringAct.CHECK, act)
    case.due_on = None
    return _turned(case, MonitoringAct.CHECK, act)


@transaction.atomic
def review_clue(*, case: MonitoringCase, act: Act) -> MonitoringCase:
    """乡镇审核, by somebody who neither brought nor checked the clue."""
    case = MONITORINGS.hold(case, MonitoringAct.REVIEW, act)
    _need_other(case, act, MonitoringAct.REPORT, MonitoringAct.RELAPSE, MonitoringAct.CHECK)
    return _turned(case, MonitoringAct.REVIEW, act)


@transaction.atomic
def send_back_clue(*, case: MonitoringCase, act: Act) -> MonitoringCase:
    """退回 to the village, which has its days again."""
    act.needs_note()
    case = MONITORINGS.hold(case, MonitoringAct.SEND_BACK, act)
    case.due_on = clue_due(case, act.on)
    return _turned(case, MonitoringAct.SEND_BACK, act)


@transaction.atomic
def dismiss_clue(*, case: MonitoringCase, act: Act) -> MonitoringCase:
    """不予纳入, with the reason."""
    act.needs_note()
    case = MONITORINGS.hold(case, MonitoringAct.DISMISS, act)
    case.due_on = None
    return _turned(case, MonitoringAct.DISMISS, act)


@transaction.atomic
def confirm_monitoring(
    *,
    case: MonitoringCase,
    act: Act,
    monitor_type: str,
    risks: Sequence[str],
    pace: str,
    risk_note: str = "",
) -> MonitoringCase:
    """旗县认定: the class, one to five risks, how often to follow up. Monitored from that day."""
    case = MONITORINGS.hold(case, MonitoringAct.CONFIRM, act)
    _need_other(
        case,
        act,
        MonitoringAct.REPORT,
        MonitoringAct.RELAPSE,
        MonitoringAct.CHECK,
        MonitoringAct.REVIEW,
    )
    if not type_fits(case, monitor_type, act.on):
        raise WrongType
    if not 1 <= len(risks) <= MOST_RISKS or len(set(risks)) != len(risks):
        raise BadRisks
    if Risk.OTHER in risks and not risk_note.strip():
        raise MissingRiskNote
    case.monitor_type, case.risks, case.risk_note = monitor_type, list(risks), risk_note.strip()
    case.pace, case.monitored_on = pace, act.on
    case.removed_on, case.removed_way = None, ""
    case.due_on = act.on + timedelta(days=PACE_DAYS[Pace(pace)])
    _tell(
        case,
        act,
        monitor_type=monitor_type,
        risks=list(risks),
        risk_note=case.risk_note,
        monitored_on=act.on,
        risk_removed=False,
        removed_on=None,
        removed_way="",
    )
    return _turned(case, MonitoringAct.CONFIRM, act)


def type_fits(case: MonitoringCase, monitor_type: str, on: date) -> bool:
    """Whether a class may be given to this household on a day."""
    if monitor_type == MonitorType.SUDDEN:
        return on >= SUDDEN_SINCE
    if monitor_type == MonitorType.BORDERLINE:
        return case.household is None
    held = HouseholdStatus.objects.as_of(on).filter(household=case.household, status__in=LIFTED)
    return case.household is not None and held.exists()


# --- Help, follow-up, removal --------------------------------------------------------------------


@transaction.atomic
def add_measure(
    *, case: MonitoringCase, act: Act, measure: str, responsible: str, deadline: date
) -> MonitoringCase:
    """帮扶措施: who does what until when."""
    case = MONITORINGS.hold(case, MonitoringAct.MEASURE, act)
    MonitoringMeasure.objects.create(
        case=case,
        on=act.on,
        at=act.at,
        by=act.by,
        measure=measure,
        responsible=responsible,
        deadline=deadline,
    )
    return _turned(case, MonitoringAct.MEASURE, act)


@transaction.atomic
def finish_measure(
    *, case: MonitoringCase, act: Act, measure: MonitoringMeasure, result: str
) -> MonitoringCase:
    """What came of a measure. Raises NotOpen."""
    case = MONITORINGS.hold(case, MonitoringAct.FINISH, act)
    done = case.measures.filter(pk=measure.pk, finished_on=None)
    if not done.update(result=result, finished_on=act.on):
        raise NotOpen
    return _turned(case, MonitoringAct.FINISH, act)


@transaction.atomic
def follow_up(*, case: MonitoringCase, act: Act) -> MonitoringCase:
    """跟踪走访; after the risk was removed the household is still observed, by the quarter."""
    act.needs_note()
    case = MONITORINGS.hold(case, MonitoringAct.FOLLOW_UP, act)
    case.due_on = later(case.due_on, act.on + timedelta(days=_pace_days(case)))
    return _turned(case, MonitoringAct.FOLLOW_UP, act)


def _pace_days(case: MonitoringCase) -> int:
    observed = case.state == MonitoringState.REMOVED
    return PACE_DAYS[Pace.QUARTERLY if observed else Pace(case.pace)]


@transaction.atomic
def propose_removal(
    *, case: MonitoringCase, act: Act, removed_on: date, removed_way: str
) -> MonitoringCase:
    """The township checked that the risk is gone. Raises RemovedTooEarly or RemovedInFuture."""
    act.needs_note()
    case = MONITORINGS.hold(case, MonitoringAct.PROPOSE_REMOVAL, act)
    if case.monitored_on and removed_on < case.monitored_on:
        raise RemovedTooEarly
    if removed_on > act.on:
        raise RemovedInFuture
    case.removed_on, case.removed_way = removed_on, removed_way
    return _turned(case, MonitoringAct.PROPOSE_REMOVAL, act)


@transaction.atomic
def approve_removal(*, case: MonitoringCase, act: Act) -> MonitoringCase:
    """The county approves what others proposed; the household is still observed."""
    case = MONITORINGS.hold(case, MonitoringAct.APPROVE_REMOVAL, act)
    _need_other(case, act, MonitoringAct.PROPOSE_REMOVAL)
    case.due_on = act.on + timedelta(days=PACE_DAYS[Pace.QUARTERLY])
    _tell(case, act, risk_removed=True, removed_on=case.removed_on, removed_way=case.removed_way)
    return _turned(case, MonitoringAct.APPROVE_REMOVAL, act)


@transaction.atomic
def refuse_removal(*, case: MonitoringCase, act: Act) -> MonitoringCase:
    """The risk stands; help goes on."""
    act.needs_note()
    case = MONITORINGS.hold(case, MonitoringAct.REFUSE_REMOVAL, act)
    case.removed_on, case.removed_way = None, ""
    return _turned(case, MonitoringAct.REFUSE_REMOVAL, act)


@transaction.atomic
def report_relapse(*, case: MonitoringCase, act: Act) -> MonitoringCase:
    """A new clue about a household whose risk was removed: the way begins again."""
    act.needs_note()
    case = MONITORINGS.hold(case, MonitoringAct.RELAPSE, act)
    case.due_on = clue_due(case, act.on)
    return _turned(case, MonitoringAct.RELAPSE, act)


MONITORING_SERVICES: dict[MonitoringAct, Any] = {
    MonitoringAct.CHECK: check_clue,
    MonitoringAct.REVIEW: review_clue,
    MonitoringAct.CONFIRM: confirm_monitoring,
    MonitoringAct.SEND_BACK: send_back_clue,
    MonitoringAct.DISMISS: dismiss_clue,
    MonitoringAct.MEASURE: add_measure,
    MonitoringAct.FINISH: finish_measure,
    MonitoringAct.FOLLOW_UP: follow_up,
    MonitoringAct.PROPOSE_REMOVAL: propose_removal,
    MonitoringAct.APPROVE_REMOVAL: approve_removal,
    MonitoringAct.REFUSE_REMOVAL: refuse_removal,
    MonitoringAct.RELAPSE: report_relapse,
}


# --- A borderline household that applies for the register ----------------------------------------


def link_registered(*, case_id: int, household: Household, by: Any, at: datetime) -> None:
    """Let a case outside the register go on as the case of the household that it became."""
    case = MonitoringCase.objects.select_for_update(of=("self",)).get(pk=case_id)
    if case.household_id or standing().filter(household=household).exists():
        return
    case.household, case.village, case.head_name = household, None, ""
    case.version += 1
    case.save()
    audit.record(
        action="monitoring.link",
        by=by,
        at=at,
        target=case,
        village_id=case.village_code,
        detail={"household": household.pk},
    )


def reveal_borderline(*, case: MonitoringCase, by: Any, at: datetime, purpose: str) -> str:
    """The full identity number, after the act is on the audit trail."""
    audit.record(
        action="monitoring.reveal_id",
        by=by,
        at=at,
        target=case,
        village_id=case.village_code,
        detail={"purpose": purpose},
    )
    return case.id_number


def _need_other(case: MonitoringCase, act: Act, *kinds: MonitoringAct) -> None:
    """Whoever did one of these may not approve it."""
    if case.turns.filter(kind__in=kinds, by=act.by).exists():
        raise OwnProposal


def _turned(case: MonitoringCase, kind: MonitoringAct, act: Act) -> MonitoringCase:
    turned: MonitoringCase = MONITORINGS.turn(case, kind, act)
    return turned


def _tell(case: MonitoringCase, act: Act, **values: Any) -> None:
    """What the register knows of a registered household; of others there are no facts."""
    if case.household is None:
        return
    record_household_facts(
        household=case.household,
        changes={Monitoring: [({}, values)]},
        told=Provenance(
            valid_from=act.on,
            at=act.at,
            by=act.by,
            source=Source.OFFICE,
            source_ref=f"monitoring:{case.pk}",
        ),
    )
