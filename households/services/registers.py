"""What the two registers have in common: one act, its refusals, and the one place where a case turns.

The caller has checked the right (`households.permissions`); services check what must hold whoever
asks. An act is judged by the state of the day it happened on, not of the day it is entered.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from core import audit


def later(due_on: date | None, other: date) -> date:
    """A deadline moves forward only, whatever is entered late."""
    return max(due_on, other) if due_on else other


class RegisterRefused(Exception):
    """An act that a case of a register does not allow; the subclasses say why."""


class WrongState(RegisterRefused):
    """The case was not in a state in which this may be done."""


class StaleCase(RegisterRefused):
    """The case has changed since the person read it."""


class BackDated(RegisterRefused):
    """The act is dated before the case's present state began."""


class MissingNote(RegisterRefused):
    """The act needs an explanation."""


class OwnProposal(RegisterRefused):
    """Whoever approves has proposed this, or a step that led to it."""


class AlreadyThere(RegisterRefused):
    """The person or household has a case in this register."""


@dataclass(frozen=True, kw_only=True)
class Act:
    """Who does something to a case, on which day, on which version of it, and what they say."""

    by: Any
    at: datetime
    on: date
    base_version: int
    note: str = ""

    def needs_note(self) -> None:
        if not self.note.strip():
            raise MissingNote


@dataclass(frozen=True)
class Register:
    """A register's name on the audit trail, its turns, and its table of transitions."""

    name: str
    turns: Any
    transitions: Mapping[Any, tuple[frozenset[Any], Any]]

    def hold(self, case: Any, kind: Any, act: Act) -> Any:
        """The case under its lock, if it is as the person read it and allows the act that day."""
        held = type(case).objects.select_for_update(of=("self",)).get(pk=case.pk)
        if held.version != act.base_version:
            raise StaleCase
        held.acted_from = held.state_on(act.on)
        if held.acted_from not in self.transitions[kind][0]:
            raise WrongState
        if act.on < held.since_on:
            raise BackDated
        return held

    def turn(self, case: Any, kind: Any, act: Act, detail: Mapping[str, Any] | None = None) -> Any:
        """Move a held case along the table: turn, case and audit row together."""
        before, after = case.acted_from, self.transitions[kind][1] or case.state
        if before != after:
            case.since_on = act.on
        case.state, case.version = after, case.version + 1
        case.save()
        self.record(case, kind, act, before=before, detail=detail)
        return case

    def record(
        self,
        case: Any,
        kind: Any,
        act: Act,
        *,
        before: str = "",
        detail: Mapping[str, Any] | None = None,
    ) -> None:
        self.turns.objects.create(
            case=case,
            kind=kind,
            from_state=before,
            to_state=case.state,
            on=act.on,
            at=act.at,
            by=act.by,
            note=act.note.strip()[:500],
        )
        audit.record(
            action=f"{self.name}.{kind.lower()}",
            by=act.by,
            at=act.at,
            target=case,
            village_id=case.village_code,
            detail={"on": act.on.isoformat(), **(detail or {})},
        )
