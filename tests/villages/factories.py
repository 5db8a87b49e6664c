"""Areas, villages and their facts. Every fact is a first version, known since the start of 2019."""

from datetime import UTC, date, datetime
from typing import Any

import factory

from accounts.enums import Level, RoleCode
from accounts.models import Area, Grant, User
from villages.models import (
    CollectiveIncome,
    Village,
    VillageClinic,
    VillageListing,
    VillagePopulation,
    VillagePower,
)

START = date(2019, 1, 1)
KNOWN = datetime(2019, 1, 1, 4, tzinfo=UTC)
COUNTY = 150222000000
TOWNSHIP = 150222105000
OTHER_TOWNSHIP = 150222106000
NAMES = {
    150000000000: "内蒙古自治区",
    150200000000: "包头市",
    COUNTY: "固阳县",
    TOWNSHIP: "银号镇",
    OTHER_TOWNSHIP: "怀朔镇",
}
_LEVELS = (
    (10**10, Level.PROVINCE),
    (10**8, Level.CITY),
    (10**6, Level.COUNTY),
    (10**3, Level.TOWNSHIP),
)


def make_area(code: int, name: str = "") -> Area:
    """The area under a code, with the areas above it; made only where missing."""
    step, level = next(((s, lv) for s, lv in _LEVELS if code % s == 0), (1, Level.VILLAGE))
    above = {
        Level.VILLAGE: 10**3,
        Level.TOWNSHIP: 10**6,
        Level.COUNTY: 10**8,
        Level.CITY: 10**10,
    }.get(level)
    parent = make_area(code - code % above) if above else None
    name = name or NAMES.get(code, f"{level.label}{code // step % 1000}")
    return Area.objects.get_or_create(
        code=code, defaults={"name": name, "level": level, "parent": parent}
    )[0]


def make_user(
    role: str = RoleCode.TOWNSHIP_CLERK, area: int | None = TOWNSHIP, **fields: Any
) -> User:
    """A person with one grant; `area=None` gives a grant without an area (a helper)."""
    number = User.objects.count() + 1
    user = User(
        **{
            "username": f"user{number}",
            "display_name": f"用户{number}",
            "must_change_password": False,
            **fields,
        }
    )
    user.set_unusable_password()
    user.save()
    Grant.objects.create(
        user=user, role=role, area=make_area(area) if area else None, valid_from=date(2018, 1, 1)
    )
    return user


class VillageFactory(factory.django.DjangoModelFactory):
    """A village of 银号镇 unless `code` says otherwise."""

    class Meta:
        model = Village
        django_get_or_create = ("area",)

    class Params:
        code = factory.Sequence(lambda n: TOWNSHIP + 200 + n % 700)
        name = factory.LazyAttribute(lambda o: f"第{o.code % 1000}村委会")

    area = factory.LazyAttribute(lambda o: make_area(o.code, o.name))


class VillageFactFactory(factory.django.DjangoModelFactory):
    class Meta:
        abstract = True

    village = factory.SubFactory(VillageFactory)
    valid_from = START
    recorded_at = KNOWN
    source = "OFFICE"


class VillageListingFactory(VillageFactFactory):
    class Meta:
        model = VillageListing

    is_poor_village = True


class VillagePopulationFactory(VillageFactFactory):
    class Meta:
        model = VillagePopulation

    rural_population_end_2014 = 1000


class VillagePowerFactory(VillageFactFactory):
    class Meta:
        model = VillagePower

    three_phase_power = True


class VillageClinicFactory(VillageFactFactory):
    class Meta:
        model = VillageClinic

    has_clinic = True


class CollectiveIncomeFactory(VillageFactFactory):
    class Meta:
        model = CollectiveIncome

    year = 2018
    income_yuan = 50000
