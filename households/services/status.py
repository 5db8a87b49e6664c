"""Changes of a household's status: opened by villages, checked by townships, decided by counties.

The only writer of `HouseholdStatus.status` beside imports. A turn that does not pass ends its
process; a new one may be opened.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.db.models import Max
from django.db.models.functions import Length
from django.utils.translation import gettext as _

from accounts.roles import roles_with
from core import audit, slots
from core.facts import Provenance, Source, supersede_source
from core.fields import keyed_hash
from households import transitions
from households.documents import missing_of_process
from households.enums import (
    ChangeReason,
    DropoutState,
    ProcessKind,
    ProcessState,
    Status,
    StepKind,
)
from households.models import (
    DropoutCase,
    Evidence,
    Household,
    HouseholdProfile,
    HouseholdStatus,
    Member,
    Membership,
    ProcessStep,
    Residence,
    StatusProcess,
)
from households.services.evidence import enter_evidence
from households.services.facts import record_household_facts, touch_household
from households.services.monitoring import link_registered
from households.services.register import seal_identity
from villages.models import Village

GUARD_SLOT = "exit_guards"
NOTICE_SLOT = "notice_days"


class StatusRefused(Exception):
    """A turn that the rules do not allow."""


class NotAllowed(StatusRefused):
    """The household's status does not lead there."""


class ProcessOpen(StatusRefused):
    """Another change of the household's status is under way; its argument is that process."""


class StaleProcess(StatusRefused):
    """The process was changed since the form was opened."""


class WrongTurn(StatusRefused):
    """It is not this step's turn."""


class OwnProcess(StatusRefused):
    """Nobody checks what they proposed, or approves what they proposed or checked."""


class OutOfOrder(StatusRefused):
    """The day lies before the turn before it, or in the future."""


class NoticeTooShort(StatusRefused):
    """The notice does not stand for the asked full days; its argument is the earliest last day."""


class NoticeRuns(StatusRefused):
    """The notice still stands; its argument is its last day."""


class OutsideNotice(StatusRefused):
    """An objection counts only from the day the notice was put up to its last day."""


class NoQuorum(StatusRefused):
    """Fewer than two thirds of the representatives were present."""


class GuardsStand(StatusRefused):
    """An exit is not approved while something stands against it; its argument lists what."""


class PersonRegistered(StatusRefused):
    """A member of the applying family is on the register; its argument is the masked number."""


class NotRevocable(StatusRefused):
    """Something newer rests on the change, or it made a household."""


@dataclass(frozen=True)
class Guard:
    """One thing that stands against an exit, with the page that shows it."""

    label: str
    url: str = ""


@dataclass(frozen=True, kw_only=True)
class Turn:
    """Who takes a turn, on which day, on which version of the process; `today` bounds the day."""

    by: Any
    at: datetime
    on: date
    today: date
    base_version: int = 1
    note: str = ""


# --- Opening -------------------------------------------------------------------------------------


@transaction.atomic
def open_process(
    *,
    household: Household,
    kind: str,
    turn: Turn,
    values: Mapping[str, Any] | None = None,
    data: Mapping[str, Any] | None = None,
) -> StatusProcess:
    """Propose a change of status. `values` are further fields of the new status, `data` is kept of
    the proposal itself.

    Raises NotAllowed, ProcessOpen and OutOfOrder.
    """
    household = Household.objects.select_for_update().get(pk=household.pk)
    status = status_of(household, turn.on)
    to_status = transitions.status_after(kind, status or None)
    if not status or to_status is None:
        raise NotAllowed(status)
    standing = StatusProcess.objects.live().filter(household=household).first()
    if standing:
        raise ProcessOpen(standing)
    return _begin(
        StatusProcess(
            kind=kind,
            household=household,
            village_id=household.village_id,
            name=household.head_name or household.code,
            from_status=status,
            to_status=to_status,
            values={k: v for k, v in (values or {}).items() if v not in (None, "")},
        ),
        StepKind.PROPOSAL,
        turn,
        data,
    )


@transaction.atomic
def open_identification(
    *, village: Village, family: Mapping[str, Any], turn: Turn
) -> StatusProcess:
    """Take a family's application. `family` has `members` (name, id_number, relation, the head
    first) and what is known of the household. Raises PersonRegistered and OutOfOrder.
    """
    _need_unregistered(family["members"])
    return _begin(
        StatusProcess(
            kind=ProcessKind.IDENTIFY,
            village=village,
            name=family["members"][0]["name"],
            applicant=json.dumps(family, ensure_ascii=False),
            to_status=Status.NOT_LIFTED,
        ),
        StepKind.APPLICATION,
        turn,
    )


def _begin(
    process: StatusProcess, first: str, turn: Turn, data: Mapping[str, Any] | None = None
) -> StatusProcess:
    if turn.on > turn.today:
        raise OutOfOrder(turn.on)
    process.opened_on = process.changed_on = turn.on
    process.opened_by = turn.by
    process.step = transitions.next_step(process.kind, first)
    process.save()
    _write(process, first, turn, data, action="status.open")
    return process


def status_of(household: Household, on: date) -> str:
    """The status on a day, "" when unknown or when a later one is on file already."""
    versions = HouseholdStatus.objects.filter(household=household)
    held, newest = versions.as_of(on).first(), versions.latest_known().first()
    return held.status if held and newest and held.pk == newest.pk else ""


# --- Steps ---------------------------------------------------------------------------------------


@transaction.atomic
def record_step(
    *, process: StatusProcess, turn: Turn, data: Mapping[str, Any], passed: bool = True
) -> StatusProcess:
    """Take the current step of any kind but notice and approval; what does not pass ends the
    process. Raises StaleProcess, WrongTurn, OwnProcess, OutOfOrder and NoQuorum.
    """
    process = _locked(process, turn, ProcessState.OPEN)
    step = process.step
    if step in (*transitions.NOTICE_STEPS, StepKind.APPROVAL):
        raise WrongTurn(step)
    _need_other_person(process, step, turn.by)
    if step == StepKind.SECOND_REVIEW and not transitions.has_quorum(
        data["present"], data["total"]
    ):
        raise NoQuorum
    if step == StepKind.TOWNSHIP_CHECK:
        process.checked_by = turn.by
    if passed:
        process.step = transitions.next_step(process.kind, step)
    else:
        outcome = _("%(step)s未通过") % {"step": StepKind(step).label}
        _close(process, ProcessState.DROPPED, turn, outcome)
    return _turned(process, step, turn, {**data, "passed": passed})


@transaction.atomic
def put_up_notice(*, process: StatusProcess, turn: Turn, until: date, phone: str) -> StatusProcess:
    """Put the notice up on `turn.on`; `until` is its last day. Raises NoticeTooShort and WrongTurn."""
    process = _locked(process, turn, ProcessState.OPEN)
    if process.step not in transitions.NOTICE_STEPS or process.notice_to:
        raise WrongTurn(process.step)
    days = notice_days(process.village_id, turn.on)
    if not transitions.notice_is_long_enough(turn.on, until, days):
        raise NoticeTooShort(transitions.last_notice_day(turn.on, days))
    process.notice_from, process.notice_to, process.notice_phone = turn.on, until, phone
    return _turned(process, process.step, turn, {"until": until.isoformat(), "phone": phone})


@transaction.atomic
def end_notice(*, process: StatusProcess, turn: Turn) -> StatusProcess:
    """Take the notice down after its last day; the process goes on. Raises NoticeRuns and WrongTurn."""
    process = _locked(process, turn, ProcessState.OPEN)
    if not process.has_notice_up:
        raise WrongTurn(process.step)
    if process.notice_runs(turn.on):
        raise NoticeRuns(process.notice_to)
    data = {"step": process.step}
    process.step = transitions.next_step(process.kind, process.step)
    process.notice_from = process.notice_to = None
    return _turned(process, StepKind.NOTICE_END, turn, data)


def notice_days(village_id: int, on: date) -> int:
    """Full days a notice must stand: the longest that a cited standard asks for, else the usual."""
    asked = (filler(village_id=village_id, on=on) for filler in slots.fillers(NOTICE_SLOT))
    return max((days for days in asked if days), default=transitions.NOTICE_DAYS)


@transaction.atomic
def object_to_notice(*, process: StatusProcess, turn: Turn) -> StatusProcess:
    """Stop the process for an objection made on `turn.on`. Raises OutsideNotice and WrongTurn."""
    process = _locked(process, turn, ProcessState.OPEN)
    if not (process.has_notice_up and process.notice_from and process.notice_to):
        raise WrongTurn(process.step)
    if not process.notice_from <= turn.on <= process.notice_to:
        raise OutsideNotice(process.notice_to)
    process.state = ProcessState.OBJECTED
    return _turned(process, StepKind.OBJECTION, turn, {}, action="status.object")


@transaction.atomic
def answer_objection(*, process: StatusProcess, turn: Turn, upheld: bool) -> StatusProcess:
    """Tell what the investigation found: an upheld objection ends the process, any other lets it go
    on. Raises OwnProcess and WrongTurn.
    """
    process = _locked(process, turn, ProcessState.OBJECTED)
    _need_other_person(process, StepKind.ANSWER, turn.by)
    process.state = ProcessState.OPEN
    if upheld:
        _close(process, ProcessState.DROPPED, turn, _("异议属实"))
    return _turned(process, StepKind.ANSWER, turn, {"upheld": upheld}, action="status.answer")


@transaction.atomic
def drop_process(*, process: StatusProcess, turn: Turn) -> StatusProcess:
    """End a process without a decision."""
    process = _locked(process, turn, ProcessState.OPEN, ProcessState.OBJECTED)
    _close(process, ProcessState.DROPPED, turn, turn.note)
    return _turned(process, StepKind.DROP, turn, {}, action="status.drop")


# --- Decision ------------------------------------------------------------------------------------


@transaction.atomic
def approve_process(
    *, process: StatusProcess, turn: Turn, data: Mapping[str, Any] | None = None
) -> StatusProcess:
    """Decide for the change: the status holds from the day of the announcement, `turn.on`.

    Raises NotAllowed when the household's status changed meanwhile, GuardsStand for an exit that
    something stands against, PersonRegistered for a family whose member was registered meanwhile.
    """
    process = _locked(process, turn, ProcessState.OPEN)
    if process.step != StepKind.APPROVAL:
        raise WrongTurn(process.step)
    _need_other_person(process, StepKind.APPROVAL, turn.by)
    told = Provenance(
        valid_from=turn.on,
        at=turn.at,
        by=turn.by,
        source=Source.OFFICE,
        source_ref=process.ref,
    )
    if process.kind == ProcessKind.IDENTIFY:
        process.household = _register(process, told)
        enter_evidence(process)
        if watched := process.family.get("monitoring_case"):
            link_registered(case_id=watched, household=process.household, by=turn.by, at=turn.at)
    else:
        _change_status(process, turn, told)
    process.step = ""
    _close(process, ProcessState.APPROVED, turn, "")
    return _turned(process, StepKind.APPROVAL, turn, data or {}, action="status.approve")


def _change_status(process: StatusProcess, turn: Turn, told: Provenance) -> None:
    household = _locked_household(process)
    status = status_of(household, turn.on)
    if status != process.from_status:
        raise NotAllowed(status)
    if process.kind == ProcessKind.EXIT:
        guards = exit_guards(household, turn.today)
        if guards:
            raise GuardsStand(guards)
    values = {"status": process.to_status, **process.values}
    if process.kind in (ProcessKind.PRE_EXIT, ProcessKind.EXIT):
        values["not_exit_reason"] = ""
    record_household_facts(
        household=household, changes={HouseholdStatus: [({}, values)]}, told=told
    )


def exit_guards(household: Household, on: date) -> list[Guard]:
    """What stands against the exit of a household on a day, as the upper apps see it."""
    return [
        guard
        for filler in slots.fillers(GUARD_SLOT)
        for guard in filler(household=household, on=on)
    ]


def own_guards(household: Household, on: date) -> list[Guard]:
    """What the register itself knows against an exit, whoever decides on it: the head's signature
    is not on file, or a pupil is out of school without a permitted exception."""
    guards = []
    process = (
        StatusProcess.objects.live().filter(household=household, kind=ProcessKind.EXIT).first()
    )
    if process:
        taken = set(process.turns.values_list("kind", flat=True))
        papers = Evidence.objects.standing().filter(process=process)
        guards += [
            Guard(
                _("缺：%(paper)s") % {"paper": asked.text}, f"{process.get_absolute_url()}#papers"
            )
            for asked in missing_of_process(process, taken, papers)
            if asked.hard
        ]
    cases = DropoutCase.objects.live().filter(member__household=household).with_labels()
    found = [(case, DropoutState(case.state_on(on))) for case in cases.order_by("pk")]
    guards += [
        Guard(
            _("控辍保学未结：%(name)s %(state)s")
            % {"name": case.member.name, "state": state.label},
            case.get_absolute_url(),
        )
        for case, state in found
        if state not in (DropoutState.EXEMPTED, DropoutState.HOME_TEACHING)
    ]
    return guards


@transaction.atomic
def revoke_process(*, process: StatusProcess, turn: Turn) -> StatusProcess:
    """Take a decision back: its status is superseded and what held before holds again.

    Raises NotRevocable when a newer status stands, or for an identification (clear the household
    out instead).
    """
    process = _locked(process, turn, ProcessState.APPROVED)
    if process.kind == ProcessKind.IDENTIFY:
        raise NotRevocable(process.pk)
    household = _locked_household(process)
    if not process.is_newest():
        raise NotRevocable(process.pk)
    taken = supersede_source(
        HouseholdStatus, source=Source.OFFICE, source_ref=process.ref, at=turn.at
    )
    touch_household(household, since=taken[0].valid_from, at=turn.at)
    _close(process, ProcessState.REVOKED, turn, turn.note)
    return _turned(process, StepKind.REVOKE, turn, {}, action="status.revoke")


# --- A new household -----------------------------------------------------------------------------


def _need_unregistered(members: Sequence[Mapping[str, Any]]) -> None:
    hashes = [keyed_hash(member["id_number"].strip().upper()) for member in members]
    known = Member.objects.filter(id_hash__in=hashes).first()
    if known:
        raise PersonRegistered(known.masked_id)


def _register(process: StatusProcess, told: Provenance) -> Household:
    """Enter the family into the register."""
    family = process.family
    _need_unregistered(family["members"])
    village = Village.objects.select_for_update().get(pk=process.village_id)
    code = _next_code(village)
    household = Household.objects.create(code=code, village=village, head_name=process.name)
    memberships = []
    for number, told_of in enumerate(family["members"], 1):
        member = Member.objects.create(
            household=household,
            village=village,
            code=f"{code}{number:02d}",
            name=told_of["name"],
            sex=told_of["sex"],
            birth_date=date.fromisoformat(told_of["birth_date"]),
            **_sealed(told_of["id_number"]),
        )
        values = {
            "relation": told_of["relation"],
            "is_member": True,
            "joined_reason": ChangeReason.REGISTERED,
        }
        memberships.append(({"member_id": member.pk}, values))
    profile = {
        "identify_standard": family.get("identify_standard"),
        "cause_main": family.get("cause_main"),
        "phone": family.get("phone"),
        "first_identified": told.valid_from.isoformat(),
    }
    record_household_facts(
        household=household,
        changes={
            HouseholdStatus: [({}, {"status": Status.NOT_LIFTED})],
            Residence: [({}, {"hamlet": family.get("hamlet")})],
            HouseholdProfile: [({}, profile)],
            Membership: memberships,
        },
        told=told,
    )
    return household


def _sealed(id_number: str) -> dict[str, Any]:
    sealed = seal_identity(Member(id_number=id_number))
    return {name: getattr(sealed, name) for name in ("id_number", "id_hash", "id_mask")}


def _next_code(village: Village) -> str:
    """The village's code and the next of its serial numbers; the caller holds the village."""
    mine = Household.objects.annotate(length=Length("code"))
    newest = mine.filter(code__startswith=str(village.pk), length=16).aggregate(code=Max("code"))
    tail = (newest["code"] or "")[12:]
    return f"{village.pk}{int(tail or 0) + 1:04d}"


# --- What every turn does ------------------------------------------------------------------------


def _need_other_person(process: StatusProcess, step: str, by: Any) -> None:
    if process.bars(by, step):
        raise OwnProcess(process.pk)


def _locked(process: StatusProcess, turn: Turn, *states: str) -> StatusProcess:
    """The process under lock, in its household's village of today, if it is a turn's moment."""
    process = StatusProcess.objects.select_for_update().get(pk=process.pk)
    if process.version != turn.base_version:
        raise StaleProcess(process.pk)
    if process.state not in states:
        raise WrongTurn(process.state)
    if not process.changed_on <= turn.on <= turn.today:
        raise OutOfOrder(process.changed_on)
    if process.household_id:
        process.village_id = Household.objects.values_list("village_id").get(
            pk=process.household_id
        )[0]
    return process


def _locked_household(process: StatusProcess) -> Household:
    held: Any = process.household_id
    return Household.objects.select_for_update().get(pk=held)


def _close(process: StatusProcess, state: str, turn: Turn, outcome: str) -> None:
    process.state, process.closed_on, process.outcome = state, turn.on, outcome[:500]
    process.notice_from = process.notice_to = None


def _turned(
    process: StatusProcess,
    kind: str,
    turn: Turn,
    data: Mapping[str, Any],
    *,
    action: str = "status.step",
) -> StatusProcess:
    process.changed_on = turn.on
    process.version += 1
    process.save()
    _write(process, kind, turn, data, action=action)
    return process


def _write(
    process: StatusProcess,
    kind: str,
    turn: Turn,
    data: Mapping[str, Any] | None = None,
    *,
    action: str,
) -> None:
    right = transitions.RIGHTS[transitions.actor(kind)]
    held = (
        grant.words
        for grant in turn.by.current_grants
        if grant.role in roles_with(right)
        and (grant.area is None or grant.area.range[0] <= process.village_id <= grant.area.range[1])
    )
    ProcessStep.objects.create(
        process=process,
        kind=kind,
        on=turn.on,
        at=turn.at,
        by=turn.by,
        office=next(held, "")[:150],
        data=dict(data or {}),
        note=turn.note,
    )
    audit.record(
        action=action,
        by=turn.by,
        at=turn.at,
        target=process,
        village_id=process.village_id,
        detail={
            "household": process.household_id,
            "kind": process.kind,
            "step": kind,
            "on": turn.on.isoformat(),
            **({"reason": turn.note} if kind in (StepKind.DROP, StepKind.REVOKE) else {}),
        },
    )
