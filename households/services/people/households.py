"""Splitting, merging and moving households."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any

from django.apps import apps
from django.db import transaction
from django.db.models import F, Q

from accounts.models import User
from core.facts import Place, copy_version, place_facts, record_fact
from households.enums import ChangeReason
from households.models import (
    HOUSEHOLD_THEMES,
    MEMBER_THEMES,
    Household,
    HouseholdFact,
    Membership,
    Pairing,
    Residence,
)
from households.services.facts import StaleHousehold
from households.services.pairing import end_pairings, end_pairings_outside
from households.services.people.acts import finish, lock, next_code, record_act, told_by
from households.services.people.family import (
    changed_relations,
    check_family,
    check_relations,
    family_of,
    sexes,
)
from households.services.people.places import not_before, tell_membership, transfer, was_there
from households.services.people.refusals import (
    CodeTaken,
    LastMember,
    NotMember,
    SameHousehold,
    SameVillage,
    TooEarly,
)
from villages.models import Village


@transaction.atomic
def split_household(
    *,
    household: Household,
    relations: Mapping[int, str],
    staying: Mapping[int, str],
    on: date,
    reason: str,
    by: User,
    at: datetime,
    base_version: int,
    code: str = "",
) -> Household:
    """Some members make a household of their own (分户) in the same village; the new household.

    `relations` are those of who goes, to the new head; `staying` those of who stays where they
    change. What is known of the old household is known of the new one from the day on, copies that
    cite their origin; telephone and bank account stay with the old. Raises NotMember, LastMember,
    TooEarly, CodeTaken, the refusals of `check_family`, StaleHousehold.
    """
    household = lock(base_version, household)
    family = family_of(household)
    if not relations or set(relations) - set(family):
        raise NotMember(*set(relations) - set(family))
    rest = {pk: held for pk, held in family.items() if pk not in relations}
    if not rest:
        raise LastMember(household.pk)
    changed = changed_relations(rest, staying)
    check_relations(rest, changed)
    going = {pk: family[pk] for pk in relations}
    check_relations(going, relations)
    not_before([*relations, *changed], on)
    made = _create_household(household, code)
    event = record_act(
        "household.split", household, by, at, on=on, reason=reason, new_household=made.pk,
        members=sorted(relations), relations=changed,
    )  # fmt: skip
    told = told_by(event, on, by)
    for theme in HOUSEHOLD_THEMES:
        _copy_to(theme, household, made, on, at)
    values = {
        pk: {"is_member": True, "relation": relation, "joined_reason": ChangeReason.SPLIT}
        for pk, relation in relations.items()
    }
    transfer(values, made, told)
    for pk, relation in changed.items():
        tell_membership(pk, {"relation": relation}, told)
    finish(made, told)
    finish(household, told)
    made.refresh_from_db()
    return made


def _create_household(beside: Household, code: str) -> Household:
    village = Village.objects.select_for_update().get(pk=beside.village_id)
    code = code or next_code(Household, str(village.pk), digits=4)
    if Household.objects.filter(code=code).exists():
        raise CodeTaken(code)
    return Household.objects.create(code=code, village=village)


def _copy_to(
    theme: type[HouseholdFact], old: Household, new: Household, on: date, at: datetime
) -> None:
    standing = theme._default_manager.filter(household=old, superseded_at=None)
    for version in standing.filter(Q(valid_to=None) | Q(valid_to__gt=on)).order_by("valid_from"):
        start = max(on, version.valid_from)
        copy_version(version, at=at, household_id=new.pk, valid_from=start)


@transaction.atomic
def merge_households(
    *,
    household: Household,
    other: Household,
    relations: Mapping[int, str],
    on: date,
    reason: str,
    by: User,
    at: datetime,
    base_version: int,
    other_version: int | None = None,
) -> None:
    """The members of `other` join the household (并户); `other` ends and counts nowhere from the day on.

    `relations` are those of who joins, to the household's head. Raises SameHousehold, NotMember,
    TooEarly, the refusals of `check_family`, StaleHousehold.
    """
    if household.pk == other.pk:
        raise SameHousehold(other.pk)
    household = lock(base_version, household, other)
    if other_version is not None and not Household.objects.filter(
        pk=other.pk, version=other_version
    ):
        raise StaleHousehold(other.pk)
    family, joining = family_of(household), family_of(other)
    if not joining or set(relations) != set(joining):
        raise NotMember(*set(relations) ^ set(joining))
    check_family(
        [
            *sexes(family.values()),
            *((held.member.sex, relations[pk]) for pk, held in joining.items()),
        ]
    )
    not_before([*joining, *_leaving_later(other, on)], on)
    was_there(household, on)
    other.refresh_from_db()
    event = record_act(
        "household.merge", household, by, at, on=on, reason=reason, other_household=other.pk,
        members=sorted(relations),
    )  # fmt: skip
    told = told_by(event, on, by)
    values = {
        pk: {"is_member": True, "relation": relation, "joined_reason": ChangeReason.MERGED}
        for pk, relation in relations.items()
    }
    transfer(values, household, told)
    for theme in HOUSEHOLD_THEMES:
        held = theme._default_manager.filter(household=other)
        place_facts(held, places=[Place(on, None)], at=at)
    end_pairings(Pairing.objects.filter(household=other), on)
    Household.objects.filter(pk=other.pk).update(
        merged_into=household, merged_on=on, version=F("version") + 1
    )
    finish(household, told, villages={other.village_id})


def _leaving_later(household: Household, on: date) -> Iterable[int]:
    """Who still belonged to the household on a day and has left it since."""
    held = Membership.objects.filter(household=household, is_member=True, superseded_at=None)
    return held.filter(valid_to__gt=on).values_list("member_id", flat=True)


@transaction.atomic
def move_household(
    *,
    household: Household,
    village: Village,
    on: date,
    reason: str,
    by: User,
    at: datetime,
    base_version: int,
) -> None:
    """Register the household in another village from a day on, with everything known of it.

    What its former office may still see of it is the audit row; a helper who is not responsible for
    the new village is no longer paired. Raises SameVillage, TooEarly,
    StaleHousehold.
    """
    household = lock(base_version, household)
    if village.pk == household.village_id:
        raise SameVillage(village.pk)
    lived = Residence.objects.filter(household=household, superseded_at=None)
    here = lived.filter(village_id=household.village_id).exists()
    if here and (last := _last_arrival(lived, household.village_id)) >= on:
        raise TooEarly(last)
    old = household.village_id
    event = record_act(
        "household.move",
        household,
        by,
        at,
        on=on,
        reason=reason,
        before=str(old),
        after=str(village.pk),
    )
    told = told_by(event, on, by)
    places = [Place(on, {"village_id": village.pk})]
    for theme in (*HOUSEHOLD_THEMES, *MEMBER_THEMES):
        place_facts(theme._default_manager.filter(household=household), places=places, at=at)
    if not lived.exists():
        record_fact(
            Residence,
            subject={"household_id": household.pk},
            context={"village_id": village.pk},
            values={},
            told=told,
        )
    for model in _following():
        model._default_manager.filter(household=household).update(village=village)
    Household.objects.filter(pk=household.pk).update(village=village)
    household.village_id = village.pk
    end_pairings_outside(household=household, on=on, by=by, at=at)
    finish(household, told, villages={old})


def _last_arrival(lived: Any, village_id: int) -> date:
    """Since when the household has been in its present village without a break."""
    arrival = date.max
    for start, where in lived.order_by("-valid_from").values_list("valid_from", "village_id"):
        if where != village_id:
            break
        arrival = start
    return arrival


def _following() -> list[Any]:
    """What lies in a household's village beside its facts: members, checks and whatever else is kept
    of it moves along."""
    return [
        model
        for model in apps.get_app_config("households").get_models()
        if not issubclass(model, HouseholdFact)
        and {"household", "village"} <= {field.name for field in model._meta.get_fields()}
    ]
