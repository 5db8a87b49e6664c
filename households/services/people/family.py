"""Whether the members of a household fit together."""

from collections.abc import Iterable, Mapping

from households.enums import FEMALE_RELATIONS, MALE_RELATIONS, Relation, Sex
from households.models import Household, Membership
from households.services.people.refusals import (
    HeadOfWrongSex,
    NoHead,
    SecondHead,
    SecondSpouse,
    WrongSex,
)

# Relations that say which sex the head is of.
HEAD_IS_MALE = frozenset({Relation.WIFES_FATHER, Relation.WIFES_MOTHER})
HEAD_IS_FEMALE = frozenset({Relation.HUSBANDS_FATHER, Relation.HUSBANDS_MOTHER})


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


def family_of(household: Household) -> dict[int, Membership]:
    """The members until further notice, by key."""
    held = Membership.objects.latest_known().filter(household=household, is_member=True)
    return {row.member_id: row for row in held.select_related("member").order_by("member__code")}


def sexes(held: Iterable[Membership]) -> list[tuple[str, str]]:
    return [(row.member.sex, row.relation) for row in held]


def changed_relations(
    family: Mapping[int, Membership], relations: Mapping[int, str]
) -> dict[int, str]:
    return {
        pk: relation
        for pk, relation in relations.items()
        if pk in family and family[pk].relation != relation
    }


def check_relations(family: Mapping[int, Membership], relations: Mapping[int, str]) -> None:
    check_family((held.member.sex, relations.get(pk, held.relation)) for pk, held in family.items())
