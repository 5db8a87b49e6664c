"""Who belongs to which household, and where a household is registered: joining and leaving, another
head, splitting, merging, moving, and putting right who somebody is.

Each act is one audit row; its facts carry that row as their source (`act:<id>`), so that a wrongly
recorded leaving can be taken back. Figures follow the dated memberships and residences: whoever is
moved takes every fact along from the day on, as copies that cite their origin.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.apps import apps
from django.db import IntegrityError, transaction
from django.db.models import F, Q

from accounts.models import User
from core import audit
from core.facts import Place, Provenance, Source, copy_version, place_facts, record_fact
from core.facts import supersede_source as take_back
from core.fields import keyed_hash
from core.masking import mask_id_number
from core.models import AuditEvent
from households.codelists import code_list
from households.enums import (
    FEMALE_RELATIONS,
    MALE_RELATIONS,
    ChangeReason,
    Relation,
    Sex,
)
from households.identity import Identity
from households.models import (
    HOUSEHOLD_THEMES,
    MEMBER_THEMES,
    Household,
    HouseholdFact,
    HouseholdProfile,
    Member,
    MemberProfile,
    Membership,
    Pairing,
    Residence,
)
from households.services.evidence import hand_over_evidence
from households.services.facts import StaleHousehold
from households.services.register import seal_identity
from villages.models import Village
from villages.services import mark_changed

# Relations that say which sex the head is of.
HEAD_IS_MALE = frozenset({Relation.WIFES_FATHER, Relation.WIFES_MOTHER})
HEAD_IS_FEMALE = frozenset({Relation.HUSBANDS_FATHER, Relation.HUSBANDS_MOTHER})
IDENTITY = ("name", "sex", "birth_date", "id_number", "ethnic")
NOT_SHARED = {"phone": "", "phone_digest": None, "bank_name": "", "bank_account": ""}


class PeopleRefusal(Exception):
    """An act on members or households that the register does not allow."""


class PersonKnown(PeopleRefusal):
    """The person is registered already; `.member` says who."""

    def __init__(self, member: Member) -> None:
        super().__init__(member.pk)
        self.member = member


class NameDiffers(PeopleRefusal):
    """The identity number is on file under another name."""


class NoHead(PeopleRefusal):
    """A household needs a head."""


class SecondHead(PeopleRefusal):
    """A household has one head only."""


class SecondSpouse(PeopleRefusal):
    """A head has one spouse only."""


class WrongSex(PeopleRefusal):
    """A relation contradicts a sex; `.relation` says which."""

    def __init__(self, relation: str) -> None:
        super().__init__(relation)
        self.relation = relation


class HeadOfWrongSex(WrongSex):
    """A relation contradicts the head's sex."""


class TooEarly(PeopleRefusal):
    """The day lies before what it would follow; `.on` is the first day possible."""

    def __init__(self, on: date) -> None:
        super().__init__(on)
        self.on = on


class LastMember(PeopleRefusal):
    """Without its last member a household ends: a change of status, not of people."""


class NotMember(PeopleRefusal):
    """The person does not belong to the household."""


class SameVillage(PeopleRefusal):
    """The household is registered in that village already."""


class SameHousehold(PeopleRefusal):
    """A household cannot be merged into itself."""


class CodeTaken(PeopleRefusal):
    """Another household has this code."""


class NotRestorable(PeopleRefusal):
    """A leaving that was not recorded here, or that something later builds on."""


@dataclass(frozen=True, kw_only=True)
class NewPerson:
    """Who joins. Without a paper (a newborn) sex and date of birth are told."""

    name: str
    paper: Identity | None = None
    sex: str = ""
    birth_date: date | None = None
    ethnic: str = ""


def check_family(people: Iterable[tuple[str, str]]) -> None:
    """Whether (sex, relation) of all members fit together (domain §3.2, DQ-HH-01 to 05).

    Raises NoHead, SecondHead, SecondSpouse, WrongSex, HeadOfWrongSex. An unknown sex contradicts
    nothing.
    """
    people = list(people)
    heads = [sex for sex, relation in people if relation == Relation.HEAD]
    if not heads:
        raise NoHead
    if len(heads) > 1:
        raise SecondHead
    spouses = [sex for sex, relation in people if relation == Relation.SPOUSE]
    if len(spouses) > 1:
        raise SecondSpouse
    for sex, relation in people:
        if (relation in MALE_RELATIONS and sex == Sex.FEMALE) or (
            relation in FEMALE_RELATIONS and sex == Sex.MALE
        ):
            raise WrongSex(relation)
        if (relation in HEAD_IS_MALE and heads[0] == Sex.FEMALE) or (
            relation in HEAD_IS_FEMALE and heads[0] == Sex.MALE
        ):
            raise HeadOfWrongSex(relation)
    if spouses and spouses[0] and spouses[0] == heads[0]:
        raise HeadOfWrongSex(Relation.SPOUSE)


# --- Joining and leaving -------------------------------------------------------------------------


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
    known = _known_person(household, person)
    household = _lock(base_version, household, *([known.household] if known else []))
    family = _family(household)
    check_family([*_sexes(family.values()), (_sex_of(person, known), relation)])
    _was_there(household, on)
    event = _record("member.join", household, by, at, on=on, reason=reason, relation=relation)
    told = _told(event, on, by)
    member = known or _create_member(household, person)
    if known:
        _not_before([known.pk], on)
    values = {
        "is_member": True, "relation": relation, "joined_reason": reason, "left_reason": "",
    }  # fmt: skip
    former = (known.household_id, known.village_id) if known else None
    _transfer({member.pk: values}, household, told)
    if person.paper and (certified := certificate_facts(person.paper)):
        record_fact(
            MemberProfile,
            subject={"member_id": member.pk},
            context=_places(household, on)[0].context or {},
            values=certified,
            told=told,
        )
    _finish(household, told, villages={former[1]} if former else set())
    if former and former[0] != household.pk:
        Household.objects.filter(pk=former[0]).update(version=F("version") + 1)
    return member


def certificate_facts(paper: Identity) -> dict[str, str]:
    """Kind and grade of the disability that a 20 or 22-character certificate says; {} for a card."""
    if not paper.is_certificate:
        return {}
    kinds = code_list("disability_type").values
    return {
        "disability_type": kinds[(paper.disability_type or 1) - 1].code,
        "disability_grade": str(paper.disability_grade),
    }


def _known_person(household: Household, person: NewPerson) -> Member | None:
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


def _create_member(household: Household, person: NewPerson) -> Member:
    paper = person.paper
    made = seal_identity(
        Member(
            code=_next_code(Member, household.code, digits=2),
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
    household = _lock(base_version, household)
    family = _family(household)
    if member.pk not in family:
        raise NotMember(member.pk)
    staying = {pk: held for pk, held in family.items() if pk != member.pk}
    if not staying:
        raise LastMember(household.pk)
    changed = _changed_relations(staying, relations or {})
    _check_relations(staying, changed)
    _not_before([member.pk, *changed], on)
    event = _record(
        "member.leave", household, by, at, on=on, reason=reason, member=member.pk, relations=changed
    )
    told = _told(event, on, by)
    _tell(member.pk, {"is_member": False, "left_reason": reason}, told)
    for pk, relation in changed.items():
        _tell(pk, {"relation": relation}, told)
    _finish(household, told)


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
    household = _lock(base_version, household)
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
    take_back(Membership, source=Source.OFFICE, source_ref=gone.source_ref, at=at)
    check_family(_sexes(_family(household).values()))
    event = _record("member.restore", household, by, at, on=start, reason=reason, member=member.pk)
    _finish(household, _told(event, start, by))


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
    household = _lock(base_version, household)
    family = _family(household)
    if unknown := set(relations) - set(family):
        raise NotMember(*unknown)
    changed = _changed_relations(family, relations)
    _check_relations(family, changed)
    _not_before(changed, on)
    event = _record(
        "household.relations", household, by, at, on=on, reason=reason, relations=changed
    )
    told = _told(event, on, by)
    for pk, relation in changed.items():
        _tell(pk, {"relation": relation}, told)
    _finish(household, told)


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
    household = _lock(base_version, member.household)
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
    if member.pk in (family := _family(household)):
        check_family(_sexes(family.values()))
    after = {name: getattr(member, name) for name in IDENTITY}
    changed = [name for name in IDENTITY if before[name] != after[name]]
    event = _record(
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
    told = _told(event, on, by)
    if paper and (certified := certificate_facts(paper)):
        context = {"household_id": household.pk, "village_id": household.village_id}
        subject = {"member_id": member.pk}
        record_fact(MemberProfile, subject=subject, context=context, values=certified, told=told)
    _finish(household, told)


def _masked(name: str, value: Any) -> str:
    """A part of somebody's identity as it may stand on the trail."""
    if name == "id_number":
        return mask_id_number(value) if value else ""
    if name == "name":
        return f"{value[:1]}{'*' * (len(value) - 1)}"
    return str(value or "")


# --- Households ----------------------------------------------------------------------------------


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
    household = _lock(base_version, household)
    family = _family(household)
    if not relations or set(relations) - set(family):
        raise NotMember(*set(relations) - set(family))
    rest = {pk: held for pk, held in family.items() if pk not in relations}
    if not rest:
        raise LastMember(household.pk)
    changed = _changed_relations(rest, staying)
    _check_relations(rest, changed)
    going = {pk: family[pk] for pk in relations}
    _check_relations(going, relations)
    _not_before([*relations, *changed], on)
    made = _create_household(household, code)
    event = _record(
        "household.split", household, by, at, on=on, reason=reason, new_household=made.pk,
        members=sorted(relations), relations=changed,
    )  # fmt: skip
    told = _told(event, on, by)
    for theme in HOUSEHOLD_THEMES:
        _copy_to(theme, household, made, on, at)
    values = {
        pk: {"is_member": True, "relation": relation, "joined_reason": ChangeReason.SPLIT}
        for pk, relation in relations.items()
    }
    _transfer(values, made, told)
    for pk, relation in changed.items():
        _tell(pk, {"relation": relation}, told)
    _finish(made, told)
    _finish(household, told)
    made.refresh_from_db()
    return made


def _create_household(beside: Household, code: str) -> Household:
    village = Village.objects.select_for_update().get(pk=beside.village_id)
    code = code or _next_code(Household, str(village.pk), digits=4)
    if Household.objects.filter(code=code).exists():
        raise CodeTaken(code)
    return Household.objects.create(code=code, village=village)


def _copy_to(
    theme: type[HouseholdFact], old: Household, new: Household, on: date, at: datetime
) -> None:
    standing = theme._default_manager.filter(household=old, superseded_at=None)
    for version in standing.filter(Q(valid_to=None) | Q(valid_to__gt=on)).order_by("valid_from"):
        changes: dict[str, Any] = {
            "household_id": new.pk,
            "valid_from": max(on, version.valid_from),
        }
        if theme is HouseholdProfile:
            own = {f.attname for f in theme._meta.concrete_fields}
            changes |= {name: value for name, value in NOT_SHARED.items() if name in own}
        copy_version(version, at=at, **changes)


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
    household = _lock(base_version, household, other)
    if other_version is not None and not Household.objects.filter(
        pk=other.pk, version=other_version
    ):
        raise StaleHousehold(other.pk)
    family, joining = _family(household), _family(other)
    if not joining or set(relations) != set(joining):
        raise NotMember(*set(relations) ^ set(joining))
    check_family(
        [
            *_sexes(family.values()),
            *((held.member.sex, relations[pk]) for pk, held in joining.items()),
        ]
    )
    _not_before(joining, on)
    _was_there(household, on)
    other.refresh_from_db()
    event = _record(
        "household.merge", household, by, at, on=on, reason=reason, other_household=other.pk,
        members=sorted(relations),
    )  # fmt: skip
    told = _told(event, on, by)
    values = {
        pk: {"is_member": True, "relation": relation, "joined_reason": ChangeReason.MERGED}
        for pk, relation in relations.items()
    }
    _transfer(values, household, told)
    for theme in HOUSEHOLD_THEMES:
        held = theme._default_manager.filter(household=other)
        place_facts(held, places=[Place(on, None)], at=at)
    Pairing.objects.filter(household=other, valid_to=None, valid_from__lt=on).update(valid_to=on)
    Household.objects.filter(pk=other.pk).update(
        merged_into=household, merged_on=on, version=F("version") + 1
    )
    _finish(household, told, villages={other.village_id})


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

    What its former office may still see of it is the audit row. Raises SameVillage, TooEarly,
    StaleHousehold.
    """
    household = _lock(base_version, household)
    if village.pk == household.village_id:
        raise SameVillage(village.pk)
    lived = Residence.objects.filter(household=household, superseded_at=None)
    here = lived.filter(village_id=household.village_id).exists()
    if here and (last := _last_arrival(lived, household.village_id)) >= on:
        raise TooEarly(last)
    old = household.village_id
    event = _record(
        "household.move",
        household,
        by,
        at,
        on=on,
        reason=reason,
        before=str(old),
        after=str(village.pk),
    )
    told = _told(event, on, by)
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
    _finish(household, told, villages={old})


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


# --- What the acts share -------------------------------------------------------------------------


def _lock(base_version: int, household: Household, *others: Household) -> Household:
    """The household, locked with the others in one order for everybody. Raises StaleHousehold."""
    keys = {household.pk, *(other.pk for other in others)}
    locked = {
        held.pk: held
        for held in Household.objects.select_for_update().filter(pk__in=keys).order_by("pk")
    }
    if locked[household.pk].version != base_version:
        raise StaleHousehold(household.pk)
    return locked[household.pk]


def _family(household: Household) -> dict[int, Membership]:
    """The members until further notice, by key."""
    held = Membership.objects.latest_known().filter(household=household, is_member=True)
    return {row.member_id: row for row in held.select_related("member").order_by("member__code")}


def _sexes(held: Iterable[Membership]) -> list[tuple[str, str]]:
    return [(row.member.sex, row.relation) for row in held]


def _sex_of(person: NewPerson, known: Member | None) -> str:
    if known:
        return known.sex
    return person.paper.sex if person.paper else person.sex


def _changed_relations(
    family: Mapping[int, Membership], relations: Mapping[int, str]
) -> dict[int, str]:
    return {
        pk: relation
        for pk, relation in relations.items()
        if pk in family and family[pk].relation != relation
    }


def _check_relations(family: Mapping[int, Membership], relations: Mapping[int, str]) -> None:
    check_family((held.member.sex, relations.get(pk, held.relation)) for pk, held in family.items())


def _not_before(member_ids: Iterable[int], on: date) -> None:
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


def _was_there(household: Household, on: date) -> None:
    """Raises TooEarly for a day on which the household was not registered yet."""
    lived = Residence.objects.filter(household=household, superseded_at=None)
    first = lived.order_by("valid_from").values_list("valid_from", flat=True).first()
    if first and on < first:
        raise TooEarly(first)


def _places(household: Household, since: date) -> list[Place]:
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


def _tell(member_id: int, values: Mapping[str, Any], told: Provenance) -> None:
    record_fact(Membership, subject={"member_id": member_id}, context={}, values=values, told=told)


def _transfer(
    people: Mapping[int, Mapping[str, Any]], household: Household, told: Provenance
) -> None:
    """Make members of a household from a day on: their facts come along."""
    places = _places(household, told.valid_from)
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


def _record(
    action: str, household: Household, by: User, at: datetime, *, on: date, **detail: Any
) -> AuditEvent:
    told = {name: value for name, value in detail.items() if value not in ("", {}, None)}
    if "relations" in told:
        told["relations"] = {str(pk): str(each) for pk, each in told["relations"].items()}
    return audit.record(
        action=action,
        by=by,
        at=at,
        target=household,
        village_id=household.village_id,
        detail={"on": on.isoformat(), **told},
    )


def _told(event: AuditEvent, on: date, by: User) -> Provenance:
    return Provenance(
        valid_from=on,
        at=event.at,
        by=by,
        source=Source.OFFICE,
        source_ref=f"act:{event.pk}",
    )


def _finish(
    household: Household, told: Provenance, villages: Sequence[int] | set[int] = ()
) -> None:
    """Raise the version, renew the name of the head, leave word of every village touched."""
    head = next((r for r in _family(household).values() if r.relation == Relation.HEAD), None)
    Household.objects.filter(pk=household.pk).update(
        version=F("version") + 1, head_name=head.member.name if head else ""
    )
    since = {
        place.context["village_id"]
        for place in _places(household, told.valid_from)
        if place.context
    }
    mark_changed({household.village_id, *since, *villages}, since=told.valid_from, at=told.at)


def _next_code(model: type[Household] | type[Member], prefix: str, *, digits: int) -> str:
    """The code after the highest of this prefix that ends in as many digits or more."""
    codes = model._default_manager.filter(code__startswith=prefix).values_list("code", flat=True)
    tails = (code[len(prefix) :] for code in codes)
    highest = max((int(tail) for tail in tails if tail.isdecimal() and len(tail) <= 6), default=0)
    return f"{prefix}{highest + 1:0{digits}d}"
