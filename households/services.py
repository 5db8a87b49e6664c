"""Every write to the register. Permission was checked by the caller."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.db.models import F

from core import audit
from core.facts import FactRow, Provenance, record_fact, record_facts, supersede_source
from core.fields import keyed_hash
from core.masking import mask_id_number
from households.models import (
    HOUSEHOLD_THEMES,
    MEMBER_THEMES,
    Household,
    HouseholdFact,
    Member,
    MemberFact,
)
from villages.services import mark_changed

FactChanges = Mapping[type[HouseholdFact], list[tuple[Mapping[str, Any], Mapping[str, Any]]]]


class StaleHousehold(Exception):
    """The household changed since the form was opened."""


class DuplicatePerson(Exception):
    """Someone else already has this identity number."""


@transaction.atomic
def record_household_facts(
    *,
    household: Household,
    changes: FactChanges,
    told: Provenance,
    base_version: int | None = None,
) -> list[dict[str, Any]]:
    """Record what was learnt of one household and its members; what really changed, field by field.

    `changes` maps a theme to (extra subject keys, values); the keys are `{}` for a theme of the
    household, `{"year": 2019}` for income, `{"member_id": 7}` for a theme of a member. Values equal
    to what is held write nothing. Raises StaleHousehold when `base_version` is out of date.
    """
    household = Household.objects.select_for_update().get(pk=household.pk)
    if base_version is not None and base_version != household.version:
        raise StaleHousehold(household.pk)
    written = []
    for theme, entries in changes.items():
        for keys, values in entries:
            written += _record_one(household, theme, keys, values, told)
    if written:
        touch_household(household, since=told.valid_from, at=told.at)
    return written


def _record_one(
    household: Household, theme: type[HouseholdFact], keys: Mapping[str, Any], values: Mapping[str, Any], told: Provenance
) -> list[dict[str, Any]]:
    member_theme = issubclass(theme, MemberFact)
    subject = dict(keys) if member_theme else {"household_id": household.pk, **keys}
    context = {"village_id": household.village_id} | ({"household_id": household.pk} if member_theme else {})
    held = theme._default_manager.as_of(told.valid_from).filter(**subject).first()
    before = held.values() if held else {}
    version, changed = record_fact(theme, subject=subject, context=context, values=values, told=told)
    if not changed:
        return []
    after = version.values()
    return [
        {"theme": theme._meta.model_name, "field": name, "keys": dict(keys), "old": _plain(before.get(name)), "new": _plain(new)}
        for name, new in after.items()
        if _plain(before.get(name)) != _plain(new)
    ]


def _plain(value: Any) -> Any:
    return value if isinstance(value, (bool, int, str, list)) or value is None else str(value)


def touch_household(household: Household, *, since: date, at: datetime) -> None:
    """Raise the household's version and leave word that its village's figures are stale."""
    Household.objects.filter(pk=household.pk).update(version=F("version") + 1)
    mark_changed({household.village_id}, since=since, at=at)


@transaction.atomic
def take_back_check(*, ref: str, village_id: int, since: date, at: datetime) -> int:
    """Supersede every fact that one check told; what held before holds again. How many were taken."""
    taken = 0
    for theme in (*HOUSEHOLD_THEMES, *MEMBER_THEMES):
        taken += len(supersede_source(theme, source="CHECK", source_ref=ref, at=at))
    if taken:
        mark_changed({village_id}, since=since, at=at)
    return taken


@transaction.atomic
def register_households(
    *, households: Iterable[Household], members: Iterable[Member], facts: Mapping[type[HouseholdFact], list[FactRow]], told: Provenance
) -> None:
    """Write new households and members with their first facts, and new facts of known ones, in bulk.

    Rows with a primary key already exist and only receive facts. Identity numbers must be unique
    (the database refuses the second). Facts name households and members by the instances' keys, so
    callers save identities through this function first by passing `facts={}`.
    """
    Household.objects.bulk_create([h for h in households if h.pk is None], batch_size=2000)
    Member.objects.bulk_create([seal_identity(m) for m in members if m.pk is None], batch_size=2000)
    changed: set[int] = set()
    for theme, rows in facts.items():
        if record_facts(theme, rows, told=told):
            changed |= {row.context["village_id"] for row in rows}
    if changed:
        mark_changed(changed, since=told.valid_from, at=told.at)


def seal_identity(member: Member) -> Member:
    """Set the search hash and the mask that belong to the member's identity number."""
    member.id_number = member.id_number.strip().upper()
    member.id_hash = keyed_hash(member.id_number)
    member.id_mask = mask_id_number(member.id_number) if member.id_number else ""
    return member


def reveal_id_number(*, member: Member, by: Any, at: datetime, purpose: str) -> str:
    """The full identity number, after the act is on the audit trail."""
    audit.record(
        action="member.reveal_id", by=by, at=at, target=member, village_id=member.village_id, detail={"purpose": purpose}
    )
    return member.id_number

