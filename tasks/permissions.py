"""Who may do what to a case: a right, in the case's area, in a state that allows it."""

from typing import Any

from accounts.roles import Permission
from tasks.enums import TRANSITIONS, EventKind
from tasks.models import Case

# Acts of people, in the order of their buttons: event and right.
ACTS: dict[str, tuple[EventKind, Permission]] = {
    "assign": (EventKind.ASSIGNED, Permission.ASSIGN_CASE),
    "start": (EventKind.STARTED, Permission.WORK_CASE),
    "progress": (EventKind.PROGRESS, Permission.WORK_CASE),
    "apply": (EventKind.APPLIED, Permission.WORK_CASE),
    "extension": (EventKind.EXTENSION_ASKED, Permission.WORK_CASE),
    "grant": (EventKind.EXTENSION_GRANTED, Permission.ASSIGN_CASE),
    "refuse": (EventKind.EXTENSION_REFUSED, Permission.ASSIGN_CASE),
    "close": (EventKind.CLOSED, Permission.VERIFY_CASE),
    "return": (EventKind.RETURNED, Permission.VERIFY_CASE),
    "suspend": (EventKind.SUSPENDED, Permission.ASSIGN_CASE),
    "resume": (EventKind.RESUMED, Permission.ASSIGN_CASE),
}


def may_do(user: Any, case: Case, act: str) -> bool:
    """Whether the user holds the act's right for this very case, whatever its state."""
    right = ACTS[act][1]
    return (
        user.has_perm(right)
        and Case.objects.for_user(user, permission=right).filter(pk=case.pk).exists()
    )


def acts_for(user: Any, case: Case) -> list[str]:
    """Acts that the case's state allows and the user may do, in order; one query per right."""
    open_now = [act for act, (kind, _right) in ACTS.items() if case.state in TRANSITIONS[kind][0]]
    held = {right: may_do(user, case, act) for act, right in ((a, ACTS[a][1]) for a in open_now)}
    return [act for act in open_now if held[ACTS[act][1]]]
