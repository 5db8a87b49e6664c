"""One of everything at each of three places: one's own village, one of the neighbouring township,
and one of another city. The access matrix walks through it."""

from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

from accounts.enums import Level, RoleCode
from accounts.models import Area, User
from villages.models import Village

POSITIONS = ("own", "sibling", "foreign")


@dataclass
class World:
    """`world["own"].household` and so on; every attribute exists at all three positions."""

    at: dict[str, SimpleNamespace]
    parts: list[Any] = field(default_factory=list)

    def __getitem__(self, position: str) -> SimpleNamespace:
        return self.at[position]

    def belongs_to(self, user: User | None) -> None:
        """Pair a helper with their household at "own"."""
        from tests.households.factories import PairingFactory

        if user and user.grants.filter(role=RoleCode.HELPER).exists():
            PairingFactory(household=self["own"].household, helper=user)


def build_world(places: SimpleNamespace) -> World:
    city = Area.objects.create(code=150600000000, name="鄂尔多斯市", level=Level.CITY, parent=places.province)
    county = Area.objects.create(code=150621000000, name="达拉特旗", level=Level.COUNTY, parent=city)
    township = Area.objects.create(code=150621100000, name="树林召镇", level=Level.TOWNSHIP, parent=county)
    foreign = Area.objects.create(code=150621100201, name="树林召村委会", level=Level.VILLAGE, parent=township)
    areas = {"own": places.village, "sibling": places.other_village, "foreign": foreign}
    return World({position: _place(area, n) for n, (position, area) in enumerate(areas.items())})


def _place(area: Area, number: int) -> SimpleNamespace:
    from tests.households.factories import HouseholdFactory

    village = Village.objects.create(area=area)
    household = HouseholdFactory(village=village, code=f"{area.code}000{number}", with_members=1)
    return SimpleNamespace(area=area, village=village, household=household, member=household.members.first())
