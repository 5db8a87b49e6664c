"""Since when somebody belongs to a household, where it was registered, and taking facts along."""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from django.db.models import Q

from core.facts import Place, Provenance, place_facts, record_fact
from households.models import MEMBER_THEMES, Household, Member, Membership, Residence
from households.services.evidence import hand_over_evidence
from households.services.people.refusals import TooEarly


def not_before(member_ids: Iterable[int], on: date) -> None:
    """Raises TooEarly when a membership changed after the day; a move of the village is no change."""
    rows: dict[int, list[Membership]] = {}
    standing = Membership.objects.filter(member_id__in=list(member_ids), superseded_at=None)
    for row in standing.order_by("-valid_from"):
        rows.setdefault(row.member_id, []).append(row)
    for held, *earlier in rows.values():
        start = held
        for before in earlier:
            if before.valid_to != start.valid_from or (before.values(), before.household_id) != (
                held.values(), held.household_id,
            ):  # fmt: skip
                break
            start = before
        if on < start.valid_from:
            raise TooEarly(start.valid_from)


def was_there(household: Household, on: date) -> None:
    """Raises TooEarly for a day on which the household was not registered yet."""
    lived = Residence.objects.filter(household=household, superseded_at=None)
    first = lived.order_by("valid_from").values_list("valid_from", flat=True).first()
    if first and on < first:
        raise TooEarly(first)


def places_since(household: Household, since: date) -> list[Place]:
    """Where the household was registered from a day on."""
    lived = Residence.objects.filter(household=household, superseded_at=None)
    rows = list(
        lived.filter(Q(valid_to=None) | Q(valid_to__gt=since))
        .order_by("valid_from")
        .values_list("valid_from", "village_id")
    )
    first = rows[0][1] if rows else household.village_id
    places = [Place(since, {"household_id": household.pk, "village_id": first})]
    for start, village_id in rows[1:]:
        if village_id != (places[-1].context or {})["village_id"]:
            places.append(Place(start, {"household_id": household.pk, "village_id": village_id}))
    return places


def tell_membership(member_id: int, values: Mapping[str, Any], told: Provenance) -> None:
    record_fact(Membership, subject={"member_id": member_id}, context={}, values=values, told=told)


def transfer(
    people: Mapping[int, Mapping[str, Any]], household: Household, told: Provenance
) -> None:
    """Make members of a household from a day on: their facts come along."""
    places = places_since(household, told.valid_from)
    hand_over_evidence(
        members=Member.objects.filter(pk__in=list(people)), to=household, by=told.by, at=told.at
    )
    for member_id, values in people.items():
        record_fact(
            Membership,
            subject={"member_id": member_id},
            context=places[0].context or {},
            values=values,
            told=told,
            moving=True,
        )
    for theme in MEMBER_THEMES:
        held = theme._default_manager.filter(member_id__in=list(people))
        place_facts(held, places=places, at=told.at)
    Member.objects.filter(pk__in=list(people)).update(
        household=household, village_id=household.village_id
    )
