"""Changes of a household's status (domain §4.7): which are allowed, and the way each goes.

Pure: no models, no clock.
"""

from datetime import date, timedelta

from accounts.enums import Level
from accounts.roles import Permission
from households.enums import REGISTERED_ALL, ProcessKind, Status, StepKind

K, S, Step = ProcessKind, Status, StepKind

# The allowed changes and no others. None: not registered. "Any" status is any of a household on
# the register; who was removed or is extinct has left it.
TRANSITIONS: dict[tuple[Status | None, Status], ProcessKind] = {
    (None, S.NOT_LIFTED): K.IDENTIFY,
    (S.NOT_LIFTED, S.PRE_LIFTED): K.PRE_EXIT,
    (S.RETURNED, S.PRE_LIFTED): K.PRE_EXIT,
    (S.PRE_LIFTED, S.LIFTED_POLICY): K.EXIT,
    (S.PRE_LIFTED, S.NOT_LIFTED): K.BACK,
    (S.LIFTED_POLICY, S.LIFTED_NO_POLICY): K.STOP_POLICY,
    (S.LIFTED_POLICY, S.RETURNED): K.RE_ENTRY,
    (S.LIFTED_NO_POLICY, S.RETURNED): K.RE_ENTRY,
    **{(status, S.REMOVED): K.REMOVE for status in REGISTERED_ALL},
    **{(status, S.EXTINCT): K.EXTINCT for status in REGISTERED_ALL},
}

# The steps of each kind, in order. Marking a household as 预脱贫 is a plan and takes the short way;
# the exit itself takes the whole one, so that villages hold one notice and not two.
STEPS: dict[ProcessKind, tuple[StepKind, ...]] = {
    K.IDENTIFY: (
        Step.APPLICATION,
        Step.REVIEW,
        Step.TOWNSHIP_CHECK,
        Step.COMPARISON,
        Step.SECOND_REVIEW,
        Step.VILLAGE_NOTICE,
        Step.TOWNSHIP_NOTICE,
        Step.APPROVAL,
    ),
    K.PRE_EXIT: (Step.PROPOSAL, Step.REVIEW, Step.TOWNSHIP_CHECK, Step.APPROVAL),
    K.EXIT: (
        Step.PROPOSAL,
        Step.REVIEW,
        Step.AGREEMENT,
        Step.VILLAGE_NOTICE,
        Step.TOWNSHIP_CHECK,
        Step.APPROVAL,
    ),
    K.BACK: (Step.PROPOSAL, Step.TOWNSHIP_CHECK, Step.APPROVAL),
    K.STOP_POLICY: (Step.PROPOSAL, Step.REVIEW, Step.TOWNSHIP_CHECK, Step.APPROVAL),
    K.RE_ENTRY: (
        Step.PROPOSAL,
        Step.VILLAGE_CHECK,
        Step.REVIEW,
        Step.VILLAGE_NOTICE,
        Step.APPROVAL,
    ),
    K.REMOVE: (Step.PROPOSAL, Step.TOWNSHIP_CHECK, Step.APPROVAL),
    K.EXTINCT: (Step.PROPOSAL, Step.TOWNSHIP_CHECK, Step.APPROVAL),
}

NOTICE_STEPS = (Step.VILLAGE_NOTICE, Step.TOWNSHIP_NOTICE)

# Whose turn a step is; all others are the village's.
ACTORS: dict[StepKind, Level] = {
    Step.TOWNSHIP_CHECK: Level.TOWNSHIP,
    Step.TOWNSHIP_NOTICE: Level.TOWNSHIP,
    Step.ANSWER: Level.TOWNSHIP,
    Step.COMPARISON: Level.COUNTY,
    Step.APPROVAL: Level.COUNTY,
    Step.REVOKE: Level.COUNTY,
}
RIGHTS: dict[Level, Permission] = {
    Level.VILLAGE: Permission.ENTER_CHECK,
    Level.TOWNSHIP: Permission.REVIEW_CHECK,
    Level.COUNTY: Permission.APPROVE_STATUS,
}

# Turns in which somebody judges what another one proposed.
JUDGED = (Step.TOWNSHIP_CHECK, Step.COMPARISON, Step.APPROVAL, Step.ANSWER)

# Notices of identification and exit stand at least seven full days (domain §4.7, §5.2; the leaflets
# of Inner Mongolia). The day on which one is put up is no full day.
NOTICE_DAYS = 7


def kinds_from(status: str) -> list[ProcessKind]:
    """Processes that a household of this status may begin; none for an unknown status."""
    return [kind for (start, _end), kind in TRANSITIONS.items() if start and start == status]


def status_after(kind: str, status: str | None) -> Status | None:
    """Where a process leads from a status; None where it is not allowed."""
    ends = (end for (start, end), each in TRANSITIONS.items() if each == kind and start == status)
    return next(ends, None)


def actor(step: str) -> Level:
    return ACTORS.get(StepKind(step), Level.VILLAGE)


def next_step(kind: str, step: str) -> str:
    """The step after this one; "" behind the last."""
    steps = STEPS[ProcessKind(kind)]
    place = steps.index(StepKind(step)) + 1
    return steps[place] if place < len(steps) else ""


def last_notice_day(put_up: date, days: int = NOTICE_DAYS) -> date:
    """The earliest day that may be the last one of a notice put up on a day."""
    return put_up + timedelta(days=days)


def notice_is_long_enough(first: date, last: date, days: int = NOTICE_DAYS) -> bool:
    return last >= last_notice_day(first, days)


def has_quorum(present: int, total: int) -> bool:
    """At least two thirds of the villagers' representatives."""
    return 3 * present >= 2 * total


def is_agreed(agree: int, present: int) -> bool:
    """More than half of those present."""
    return 2 * agree > present
