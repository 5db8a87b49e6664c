"""Who somebody is: a new person, one who is known already, and putting an identity right."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import IntegrityError, transaction

from accounts.models import User
from core.facts import record_fact
from core.fields import keyed_hash
from core.masking import mask_id_number
from households.identity import Identity
from households.models import Household, Member, MemberProfile, Membership
from households.services.people.acts import finish, lock, next_code, record_act, told_by
from households.services.people.family import check_family, family_of, sexes
from households.services.people.refusals import NameDiffers, PersonKnown
from households.services.register import certificate_facts, seal_identity

IDENTITY = ("name", "sex", "birth_date", "id_number", "ethnic")


@dataclass(frozen=True, kw_only=True)
class NewPerson:
    """Who joins. Without a paper (a newborn) sex and date of birth are told."""

    name: str
    paper: Identity | None = None
    sex: str = ""
    birth_date: date | None = None
    ethnic: str = ""


def known_person(household: Household, person: NewPerson) -> Member | None:
    """Who is on file with this number and left; None for a new person. Raises PersonKnown, NameDiffers."""
    if person.paper is None:
        namesakes = Membership.objects.latest_known().filter(
            household=household,
            is_member=True,
            member__name=person.name,
            member__birth_date=person.birth_date,
        )
        for namesake in namesakes.select_related("member"):
            raise PersonKnown(namesake.member)
        return None
    known = (
        Member.objects.select_related("household__village__area")
        .filter(id_hash=keyed_hash(person.paper.number))
        .first()
    )
    if known is None:
        return None
    held = Membership.objects.latest_known().filter(member=known).first()
    if held is None or held.is_member:
        raise PersonKnown(known)
    if known.name != person.name:
        raise NameDiffers
    return known


def sex_of(person: NewPerson, known: Member | None) -> str:
    if known:
        return known.sex
    return person.paper.sex if person.paper else person.sex


def create_member(household: Household, person: NewPerson) -> Member:
    paper = person.paper
    made = seal_identity(
        Member(
            code=next_code(Member, household.code, digits=2),
            household=household,
            village_id=household.village_id,
            name=person.name,
            sex=paper.sex if paper else person.sex,
            birth_date=paper.birth_date if paper else person.birth_date,
            id_number=paper.number if paper else "",
            ethnic=person.ethnic,
        )
    )
    try:
        with transaction.atomic():
            made.save()
    except IntegrityError:
        known = Member.objects.filter(id_hash=made.id_hash).exclude(id_hash=b"").first()
        if known is None:
            raise
        raise PersonKnown(known) from None
    return made


@transaction.atomic
def correct_member(
    *,
    member: Member,
    person: NewPerson,
    reason: str,
    on: date,
    by: User,
    at: datetime,
    base_version: int,
) -> None:
    """Put right who somebody is: an audited edit of identity, numbers masked on the trail.

    A certificate's kind and grade of disability become facts from `on`. Raises PersonKnown, the
    refusals of `check_family`, StaleHousehold.
    """
    household = lock(base_version, member.household)
    member = Member.objects.select_for_update().get(pk=member.pk)
    before = {name: getattr(member, name) for name in IDENTITY}
    paper = person.paper
    member.name, member.ethnic = person.name, person.ethnic
    member.sex = paper.sex if paper else person.sex
    member.birth_date = paper.birth_date if paper else person.birth_date
    if paper:
        member.id_number = paper.number
        seal_identity(member)
    others = Member.objects.exclude(pk=member.pk).exclude(id_hash=b"")
    for known in others.filter(id_hash=member.id_hash):
        raise PersonKnown(known)
    member.save()
    if member.pk in (family := family_of(household)):
        check_family(sexes(family.values()))
    after = {name: getattr(member, name) for name in IDENTITY}
    changed = [name for name in IDENTITY if before[name] != after[name]]
    event = record_act(
        "member.correct",
        household,
        by,
        at,
        on=on,
        reason=reason,
        member=member.pk,
        before={name: _masked(name, before[name]) for name in changed},
        after={name: _masked(name, after[name]) for name in changed},
    )
    told = told_by(event, on, by)
    if paper and (certified := certificate_facts(paper)):
        context = {"household_id": household.pk, "village_id": household.village_id}
        subject = {"member_id": member.pk}
        record_fact(MemberProfile, subject=subject, context=context, values=certified, told=told)
    finish(household, told)


def _masked(name: str, value: Any) -> str:
    """A part of somebody's identity as it may stand on the trail."""
    if name == "id_number":
        return mask_id_number(value) if value else ""
    if name == "name":
        return f"{value[:1]}{'*' * (len(value) - 1)}"
    return str(value or "")
