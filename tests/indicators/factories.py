"""Places with standards, and households whose facts are told through the services that tell them in
earnest. `Teller` keeps the moment of telling, so that histories can be built step by step."""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import Any

from core.facts import Provenance
from households.enums import Relation, Status
from households.models import (
    HOUSEHOLD_THEMES,
    MEMBER_THEMES,
    Household,
    HouseholdPower,
    HouseholdStatus,
    Housing,
    IncomeYear,
    Insurance,
    Member,
    Membership,
    Residence,
    Schooling,
    Water,
)
from households.services import record_household_facts
from indicators import services
from indicators.models import Parameter
from indicators.standards import StandardValue, read_standards
from tests.households.factories import id_number
from tests.villages.factories import VillageFactory
from villages.models import VILLAGE_THEMES, Village
from villages.services import record_village_facts

SINCE = date(2014, 1, 1)
START = datetime(2019, 1, 2, tzinfo=UTC)  # later than what other factories know
VILLAGE = 150222105203


@lru_cache(maxsize=1)
def standards() -> list[StandardValue]:
    return read_standards()


def load_standards() -> None:
    if not Parameter.objects.exists():
        services.load_standards(at=START, values=standards())


class Teller:
    """Tells facts one moment after another; `at` is the last moment used."""

    def __init__(self, at: datetime = START) -> None:
        self.at = at
        self.serial = 0

    def tick(self) -> datetime:
        self.at += timedelta(minutes=1)
        return self.at

    def told(self, since: date) -> Provenance:
        return Provenance(valid_from=since, at=self.tick(), by=None, source="OFFICE")

    def household(
        self,
        village: Village | int = VILLAGE,
        *,
        status: str | None = Status.LIFTED_POLICY,
        members: int = 1,
        since: date = SINCE,
        born: date | Sequence[date | None] | None = date(1960, 1, 1),
    ) -> Household:
        """A household that resides in the village, with that many members; nothing else is known.

        `status=None`: no status was ever told. The first member is `household.people[0]`. `born`: of
        all of them, or of each.
        """
        village = village if isinstance(village, Village) else VillageFactory(code=village)
        self.serial += 1
        code = f"{village.pk}{self.serial:04d}"
        household = Household.objects.create(
            village=village, code=code, head_name=f"户主{self.serial}"
        )
        people = []
        births = list(born) if isinstance(born, Sequence) else [born] * members
        for n, birth in enumerate(births):
            number = id_number(self.serial * 20 + n, birth or date(1960, 1, 1))
            people.append(
                Member(
                    household=household, village=village, code=f"{code}{n:02d}", name=f"成员{self.serial}-{n}",
                    sex="MALE", birth_date=birth, id_number=number, id_hash=f"{self.serial:08d}{n:08d}".encode(),
                )
            )  # fmt: skip
        Member.objects.bulk_create(people)
        changes: dict[Any, Any] = {Residence: [({}, {"hamlet": "三组"})]}
        if status is not None:
            changes[HouseholdStatus] = [({}, {"status": status})]
        changes[Membership] = [
            (
                {"member_id": m.pk},
                {"relation": Relation.SON if n else Relation.HEAD, "is_member": True},
            )
            for n, m in enumerate(people)
        ]
        record_household_facts(household=household, changes=changes, told=self.told(since))
        household.people = people  # type: ignore[attr-defined]
        return household

    def tell(
        self, subject: Household | Member | Village, theme: Any, values: Mapping[str, Any], *,
        since: date = SINCE, **keys: Any,
    ) -> None:  # fmt: skip
        """`values` of one theme became true of the subject on a day, and are learnt now."""
        told = self.told(since)
        if isinstance(subject, Village):
            record_village_facts(village=subject, changes={theme: [(keys, values)]}, told=told)
            return
        household = subject.household if isinstance(subject, Member) else subject
        if isinstance(subject, Member):
            keys["member_id"] = subject.pk
        record_household_facts(household=household, changes={theme: [(keys, values)]}, told=told)

    def sound(self, household: Household, *, since: date = SINCE) -> None:
        """Everything the indicators ask of a household, all of it good, of 2018 and 2019."""
        for theme, values in GOOD.items():
            self.tell(household, theme, values, since=since)
        self.tell(household, IncomeYear, GOOD_INCOME, since=since, year=2018)
        for member in household.members.all():
            for year in (2018, 2019):
                self.tell(
                    member, Insurance, {"resident": True, "employee": False}, since=since, year=year
                )


GOOD: dict[Any, dict[str, Any]] = {
    Housing: {"grade": "B"},
    Water: {
        "mode": "PIPED",
        "litres_per_person_day": 40,
        "quality": "MET",
        "short_days_per_year": 5,
    },
    HouseholdPower: {"source_kind": "MAINS"},
}
GOOD_INCOME = {
    "wage_yuan": 20000, "operating_yuan": 0, "property_yuan": 0, "transfer_yuan": 0, "operating_expense_yuan": 0,
    "persons_in_year": 1,
}  # fmt: skip
THEMES = {theme.__name__: theme for theme in (*HOUSEHOLD_THEMES, *MEMBER_THEMES, *VILLAGE_THEMES)}

__all__ = [
    "GOOD",
    "SINCE",
    "START",
    "THEMES",
    "VILLAGE",
    "Schooling",
    "Teller",
    "load_standards",
    "standards",
]
