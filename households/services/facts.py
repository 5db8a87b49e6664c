"""Recording what was learnt of households that are registered already."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.db.models import F, Q

from core.facts import Place, Provenance, place_facts, record_fact, supersede_source
from households.models import (
    HOUSEHOLD_THEMES,
    MEMBER_THEMES,
    Household,
    HouseholdFact,
    MemberFact,
    Membership,
    Residence,
)
from households.services.register import raise_versions
from villages.services import mark_changed

FactChanges = Mapping[type[HouseholdFact], Sequence[tuple[Mapping[str, Any], Mapping[str, Any]]]]


class StaleHousehold(Exception):
    """The household changed since the form was opened."""


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
    household: Household,
    theme: type[HouseholdFact],
    keys: Mapping[str, Any],
    values: Mapping[str, Any],
    told: Provenance,
) -> list[dict[str, Any]]:
    member_theme = issubclass(theme, MemberFact)
    subject = dict(keys) if member_theme else {"household_id": household.pk, **keys}
    context = {"village_id": household.village_id} | (
        {"household_id": household.pk} if member_theme else {}
    )
    held = theme._default_manager.as_of(told.valid_from).filter(**subject).first()
    before = held.values() if held else {}
    version, changed = record_fact(
        theme, subject=subject, context=context, values=values, told=told
    )
    if not changed:
        return []
    if held is None and told.valid_from < told.at.date():
        _place(household, theme, subject, told)
    after = version.values()
    return [
        {
            "theme": theme._meta.model_name,
            "field": name,
            "keys": dict(keys),
            "old": _plain(before.get(name)),
            "new": _plain(new),
        }
        for name, new in after.items()
        if _plain(before.get(name)) != _plain(new)
    ]


def _place(
    household: Household, theme: type[HouseholdFact], subject: Mapping[str, Any], told: Provenance
) -> None:
    """Let what was told for the past first lie where the subject was then."""
    source: type[HouseholdFact] = Membership if issubclass(theme, MemberFact) else Residence
    key = source.SUBJECT[0]
    where = source._default_manager.filter(superseded_at=None, **{key: subject[key]})
    since = where.filter(Q(valid_to=None) | Q(valid_to__gt=told.valid_from)).order_by("valid_from")
    places = [Place(max(row.valid_from, told.valid_from), row.context()) for row in since]
    ends = [row.valid_to for row in since]
    if ends and ends[-1] is not None:
        places.append(Place(ends[-1], None))  # the household was merged into another
    if places and any(place.context != places[-1].context for place in places):
        place_facts(theme._default_manager.filter(**subject), places=places, at=told.at)


def _plain(value: Any) -> Any:
    return value if isinstance(value, (bool, int, str, list)) or value is None else str(value)


def touch_household(household: Household, *, since: date, at: datetime) -> None:
    """Raise the household's version and leave word that its village's figures are stale."""
    Household.objects.filter(pk=household.pk).update(version=F("version") + 1)
    mark_changed({household.village_id}, since=since, at=at)


@transaction.atomic
def take_back_check(
    *, ref: str, village_id: int, since: date, at: datetime, gone: Collection[str] = ()
) -> int:
    """Supersede every fact that one check told; what held before holds again. How many were taken.

    Households that took copies of them along, by a split or a move, are touched as well. `gone` are
    checks returned earlier, whose answers stay taken back.
    """
    taken: list[Any] = [
        version
        for theme in (*HOUSEHOLD_THEMES, *MEMBER_THEMES)
        for version in supersede_source(theme, source="CHECK", source_ref=ref, at=at, gone=gone)
    ]
    if taken:
        raise_versions({version.household_id for version in taken})
        mark_changed({village_id, *(version.village_id for version in taken)}, since=since, at=at)
    return len(taken)
