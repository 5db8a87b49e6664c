"""Joining and leaving a household, and another head."""

from collections.abc import Mapping
from datetime import date, datetime

from django.db import transaction
from django.db.models import F

from accounts.models import User
from core.facts import Source, record_fact, supersede_source
from households.models import Household, Member, MemberProfile, Membership
from households.services.people.acts import finish, lock, record_act, told_by
from households.services.people.family import (
    changed_relations,
    check_family,
    check_relations,
    family_of,
    sexes,
)
from households.services.people.identity import NewPerson, create_member, known_person, sex_of
from households.services.people.places import (
    not_before,
    places_since,
    tell_membership,
    transfer,
    was_there,
)
from households.services.people.refusals import LastMember, NotMember, NotRestorable
from households.services.register import certificate_facts


@transaction.atomic
def add_member(
    *,
    household: Household,
    person: NewPerson,
    relation: str,
    reason: str,
    on: date,
    by: User,
    at: datetime,
    base_version: int,
) -> Member:
    """Take somebody into the household from a day on; who left another household comes back as the
    same person, with the facts known of them.

    Raises PersonKnown, NameDiffers, TooEarly, the refusals of `check_family`, StaleHousehold.
    """
    known = known_person(household, person)
    household = lock(base_version, household, *([known.household] if known else []))
    family = family_of(household)
    check_family([*sexes(family.values()), (sex_of(person, known), relation)])
    was_there(household, on)
    event = record_act("member.join", household, by, at, on=on, reason=reason, relation=relation)
    told = told_by(event, on, by)
    member = known or create_member(household, person)
    if known:
        not_before([known.pk], on)
    values = {
        "is_member": True, "relation": relation, "joined_reason": reason, "left_reason": "",
    }  # fmt: skip
    former = (known.household_id, known.village_id) if known else None
    transfer({member.pk: values}, household, told)
    if person.paper and (certified := certificate_facts(person.paper)):
        record_fact(
            MemberProfile,
            subject={"member_id": member.pk},
            context=places_since(household, on)[0].context or {},
            values=certified,
            told=told,
        )
    finish(household, told, villages={former[1]} if former else set())
    if former and former[0] != household.pk:
        Household.objects.filter(pk=former[0]).update(version=F("version") + 1)
    return member


@transaction.atomic
def remove_member(
    *,
    household: Household,
    member: Member,
    reason: str,
    on: date,
    by: User,
    at: datetime,
    base_version: int,
    relations: Mapping[int, str] | None = None,
) -> None:
    """Somebody leaves on a day and is not counted from that day on.

    `relations` of those who stay are needed when the head leaves. Raises NotMember, LastMember,
    TooEarly, the refusals of `check_family`, StaleHousehold.
    """
    household = lock(base_version, household)
    family = family_of(household)
    if member.pk not in family:
        raise NotMember(member.pk)
    staying = {pk: held for pk, held in family.items() if pk != member.pk}
    if not staying:
        raise LastMember(household.pk)
    changed = changed_relations(staying, relations or {})
    check_relations(staying, changed)
    not_before([member.pk, *changed], on)
    event = record_act(
        "member.leave", household, by, at, on=on, reason=reason, member=member.pk, relations=changed
    )
    told = told_by(event, on, by)
    tell_membership(member.pk, {"is_member": False, "left_reason": reason}, told)
    for pk, relation in changed.items():
        tell_membership(pk, {"relation": relation}, told)
    finish(household, told)


@transaction.atomic
def restore_member(
    *,
    household: Household,
    member: Member,
    reason: str,
    by: User,
    at: datetime,
    base_version: int,
) -> None:
    """Take back a leaving that was recorded wrongly, with the relations it changed.

    Raises NotRestorable where it came by an import or something later builds on it, StaleHousehold.
    """
    household = lock(base_version, household)
    gone = Membership.objects.latest_known().filter(member=member, household=household).first()
    if gone is None or gone.is_member or not gone.source_ref.startswith("act:"):
        raise NotRestorable(member.pk)
    told = Membership.objects.filter(source_ref=gone.source_ref, superseded_at=None)
    people = set(told.values_list("member_id", flat=True))
    later = Membership.objects.filter(
        member_id__in=people, superseded_at=None, valid_from__gte=gone.valid_from
    )
    if later.exclude(source_ref=gone.source_ref).exists():
        raise NotRestorable(member.pk)
    start = told.order_by("valid_from").values_list("valid_from", flat=True)[0]
    supersede_source(Membership, source=Source.OFFICE, source_ref=gone.source_ref, at=at)
    check_family(sexes(family_of(household).values()))
    event = record_act(
        "member.restore", household, by, at, on=start, reason=reason, member=member.pk
    )
    finish(household, told_by(event, start, by))


@transaction.atomic
def change_relations(
    *,
    household: Household,
    relations: Mapping[int, str],
    on: date,
    reason: str,
    by: User,
    at: datetime,
    base_version: int,
) -> None:
    """Another head, or another relation to the same head, from a day on.

    Raises NotMember, TooEarly, the refusals of `check_family`, StaleHousehold.
    """
    household = lock(base_version, household)
    family = family_of(household)
    if unknown := set(relations) - set(family):
        raise NotMember(*unknown)
    changed = changed_relations(family, relations)
    check_relations(family, changed)
    not_before(changed, on)
    event = record_act(
        "household.relations", household, by, at, on=on, reason=reason, relations=changed
    )
    told = told_by(event, on, by)
    for pk, relation in changed.items():
        tell_membership(pk, {"relation": relation}, told)
    finish(household, told)
