"""What is true of a household once a visit's answers are added to what is known, and rules about it.

A rule speaks only when the visit answered one of the columns it names: what was on file before is
the business of the data quality pages, not of who visits.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cached_property
from types import SimpleNamespace
from typing import Any

from households.dossier import Dossier, Person
from households.models import (
    Employment,
    HouseholdFact,
    HouseholdProfile,
    Housing,
    IncomeYear,
    Insurance,
    LivingConditions,
    MemberProfile,
    Pension,
    Schooling,
    SocialAssistance,
    StudentAid,
)

Column = tuple[type[HouseholdFact], str]
Told = Mapping[type[HouseholdFact], Iterable[tuple[Mapping[str, Any], Mapping[str, Any]]]]


class Someone:
    """One member as of the visit."""

    def __init__(self, house: "House", person: Person) -> None:
        self.house = house
        self.person = person
        self.pk = person.member.pk
        self.age = person.age

    @cached_property
    def profile(self) -> Any:
        return self.house.facts(MemberProfile, self.pk)

    @cached_property
    def schooling(self) -> Any:
        return self.house.facts(Schooling, self.pk)

    @cached_property
    def insurance(self) -> Any:
        return self.house.facts(Insurance, self.pk, self.house.on.year)

    @cached_property
    def job(self) -> Any:
        return self.house.facts(Employment, self.pk)

    @cached_property
    def pension(self) -> Any:
        return self.house.facts(Pension, self.pk)

    @cached_property
    def assistance(self) -> Any:
        return self.house.facts(SocialAssistance, self.pk)

    def aid(self, year: int) -> Any:
        return self.house.facts(StudentAid, self.pk, year)


class House:
    """What is known of a household with this visit's answers; unknown is None, "" or []."""

    def __init__(self, dossier: Dossier, told: Told, *, on: date, year: int) -> None:
        self.dossier = dossier
        self.on = on
        self.year = year
        self.told: dict[tuple[Any, ...], dict[str, Any]] = {}
        for theme, entries in told.items():
            for keys, values in entries:
                key = (theme, *keys.values())
                self.told[key] = self.told.get(key, {}) | dict(values)

    def facts(self, theme: type[HouseholdFact], *keys: Any) -> Any:
        """Every value of one theme; `keys` are the member and the year, as the theme has them."""
        held = self.dossier.current(theme, *keys)
        values = held.values() if held else dict.fromkeys(theme.VALUES)
        return SimpleNamespace(**(values | self.told.get((theme, *keys), {})))

    def answered(self, theme: type[HouseholdFact], name: str, member: int | None = None) -> bool:
        """Whether the visit said something about a column, of one member or of anybody."""
        return any(
            key[0] is theme and (member is None or key[1] == member) and name in values
            for key, values in self.told.items()
        )

    @cached_property
    def people(self) -> list[Someone]:
        return [Someone(self, person) for person in self.dossier.people]

    @cached_property
    def profile(self) -> Any:
        return self.facts(HouseholdProfile)

    @cached_property
    def housing(self) -> Any:
        return self.facts(Housing)

    @cached_property
    def land(self) -> Any:
        return self.facts(LivingConditions)

    @cached_property
    def income(self) -> Any:
        return self.facts(IncomeYear, self.year)

    @property
    def net_per_person(self) -> Decimal | None:
        """Yuan per head; None while a part is unknown."""
        income = self.income
        parts = [
            income.wage_yuan,
            income.operating_yuan,
            income.property_yuan,
            income.transfer_yuan,
        ]
        if None in (*parts, income.operating_expense_yuan) or not income.persons_in_year:
            return None
        net: Decimal = sum(parts, Decimal()) - income.operating_expense_yuan
        return net / int(income.persons_in_year)


@dataclass(frozen=True, kw_only=True, eq=False)
class Rule:
    """One sentence about answers that cannot be, or hardly can be.

    `columns`: the answers it concerns, the one it stands at first. Exactly one of `house` and
    `member` says when it speaks.
    """

    code: str
    columns: tuple[Column, ...]
    text: Any
    house: Callable[[House], bool] | None = None
    member: Callable[[Someone], bool] | None = None
    always_at_first: bool = False  # else at the first column that was answered


@dataclass(frozen=True)
class Finding:
    """A rule that speaks of one household or one member."""

    rule: Rule
    column: Column
    person: Person | None

    @property
    def member(self) -> int | None:
        return self.person.member.pk if self.person else None


def findings(rules: Iterable[Rule], house: House) -> Iterator[Finding]:
    """What the rules say about a visit, in their order."""
    for rule in rules:
        if rule.house:
            if (column := _concerned(rule, house)) and rule.house(house):
                yield Finding(rule, column, None)
            continue
        assert rule.member is not None
        for someone in house.people:
            if (column := _concerned(rule, house, someone.pk)) and rule.member(someone):
                yield Finding(rule, column, someone.person)


def _concerned(rule: Rule, house: House, member: int | None = None) -> Column | None:
    """The column to speak at: the first that was answered; None when none was."""
    for theme, name in rule.columns:
        of = member if "member_id" in theme.SUBJECT else None
        if house.answered(theme, name, of):
            return rule.columns[0] if rule.always_at_first else (theme, name)
    return None
