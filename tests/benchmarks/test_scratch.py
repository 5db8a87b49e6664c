"""The register that benchmarks measure on: copies that are registers of their own."""

from collections import Counter
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from django.db import connection

from accounts.models import Area, User
from benchmarks import copies, scratch
from config import register_synthesis
from config.management.commands import load_divisions
from core import clock
from households.models import (
    HOUSEHOLD_THEMES,
    MEMBER_THEMES,
    Household,
    HouseholdCheck,
    Member,
    Membership,
    Pairing,
)
from indicators import services
from indicators.models import Gap, Result
from villages.models import VILLAGE_THEMES, FactChange, Village

COPIES = 3
# No city or county that has standards of its own: copies lie under those of the province.
DIVISIONS = (
    "code,name,level,parent_code\n"
    "150000000000,内蒙古自治区,province,\n"
    "150400000000,赤峰市,city,150000000000\n"
    "150422000000,某县,county,150400000000\n"
    "150422105000,某镇,township,150422000000\n"
    "150422105203,甲村委会,village,150422105000\n"
    "150422105236,乙村委,village,150422105000\n"
    "500000000000,重庆市,province,\n"
    "500100000000,市辖区,city,500000000000\n"
    "500155000000,某区,county,500100000000\n"
    "500155001000,某街道,township,500155000000\n"
    "500155001201,丙村村民委员会,village,500155001000\n"
)


@pytest.fixture
def from_one(db: None) -> Iterator[None]:
    """Keys from 1 on in tables that are empty: a sequence forgets nothing at the end of a test."""
    _restart_sequences()
    yield
    _restart_sequences()


def _restart_sequences() -> None:
    with connection.cursor() as cursor:
        for model in copies.copied_models():
            sequence = "pg_get_serial_sequence(%s, %s)"
            cursor.execute(
                f"SELECT setval({sequence}, 1, false) WHERE {sequence} IS NOT NULL",
                [model._meta.db_table, model._meta.pk.column] * 2,
            )


@pytest.fixture
def register(from_one: None, tmp_path: Path) -> None:
    """Forty households with helpers and checks, three times."""
    file = tmp_path / "divisions.csv"
    file.write_text(DIVISIONS, encoding="utf-8")
    load_divisions.load_file(file)
    plans = register_synthesis.plan(register_synthesis.rural_villages(None), 40, "1")
    recipe = register_synthesis.Recipe(at=clock.now(), persons=scratch.PERSONS)
    register_synthesis.write_register(plans, recipe)
    FactChange.objects.all().delete()
    scratch.live()
    copies.multiply(COPIES, processes=1)


def _copy_of(village: int) -> int:
    """The first of the provinces has its city 04 copied, the second its city 01."""
    return village // copies.CITY % 100 - (4 if village < 5 * 10**11 else 1)


def _by_copy(rows: Any) -> dict[int, Counter[Any]]:
    """What follows a village in each row, per copy of the register, by the village it was copied from."""
    found: dict[int, Counter[Any]] = {}
    for village, *rest in rows:
        number = _copy_of(village)
        found.setdefault(number, Counter())[(village - number * copies.CITY, *rest)] += 1
    return found


def _are_equal(found: dict[int, Counter[Any]]) -> bool:
    return set(found) == set(range(COPIES)) and found[0] == found[1] == found[2] != Counter()


def test_copies_hold_what_was_generated(register: None) -> None:
    for theme in (*HOUSEHOLD_THEMES, *MEMBER_THEMES, *VILLAGE_THEMES):
        own = [n for n in theme.VALUES if not n.endswith("_digest")]
        rows = list(theme.objects.values_list("village", "valid_from", "valid_to", *own))
        hashable = [tuple(tuple(v) if isinstance(v, list) else v for v in row) for row in rows]
        assert not rows or _are_equal(_by_copy(hashable)), theme
    people = Member.objects.values_list(
        "village", "name", "birth_date", "id_mask", "household__head_name"
    )
    assert _are_equal(_by_copy(people))
    checks = HouseholdCheck.objects.values_list("village", "visited_on", "state")
    assert _are_equal(_by_copy(checks))
    lists = Household.objects.values_list("village", "head_name", "last_visited_on", "helped_until")
    assert _are_equal(_by_copy(lists))


def test_copies_are_registers_of_their_own(register: None) -> None:
    households, members = Household.objects.all(), Member.objects.all()
    assert len({h.code for h in households}) == len(households) == 40 * COPIES
    assert len({bytes(m.id_hash) for m in members}) == len(members)
    assert all(h.code.startswith(str(h.village_id)) for h in households)
    for membership in Membership.objects.select_related("member", "household"):
        assert membership.village_id == membership.household.village_id
        assert membership.member.household_id == membership.household_id
    helpers = Pairing.objects.values_list("helper", "household__village")
    cities: dict[int, set[int]] = {}
    for helper, village in helpers:
        cities.setdefault(helper, set()).add(_copy_of(village))
    assert sorted(map(len, cities.values())) == [1] * len(cities) != []
    assert Village.objects.count() == 3 * COPIES
    assert Area.objects.filter(level="province").count() == 2
    assert all(
        area.parent is None or area.code - area.parent.code >= 0 for area in Area.objects.all()
    )


def test_a_night_finds_the_same_in_every_copy(register: None) -> None:
    services.load_standards(at=clock.now())
    services.recompute(on=date(2019, 11, 4), at=clock.now())

    figures = Result.objects.values_list(
        "village", "indicator", "denominator", "numerator", "unknown", "exempt", "status"
    )
    assert _are_equal(_by_copy(figures))
    gaps = Gap.objects.values_list("village", "indicator", "verdict", "household__head_name")
    assert _are_equal(_by_copy(gaps))


def test_nothing_is_made_twice_and_more_copies_follow(register: None) -> None:
    before = {m: m._default_manager.count() for m in copies.copied_models()}

    assert copies.multiply(COPIES, processes=1) == 0
    assert {m: m._default_manager.count() for m in copies.copied_models()} == before

    copies.multiply(COPIES + 1, processes=1)
    assert Household.objects.count() == 40 * (COPIES + 1)
    assert User.objects.filter(username__startswith="helper_").count() == before[User] // COPIES * (
        COPIES + 1
    )


def test_indexes_and_sequences_are_as_before(register: None) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT indexdef FROM pg_indexes WHERE tablename = 'households_member' ORDER BY 1"
        )
        present = {row[0].split(" ON ")[0].split()[-1] for row in cursor.fetchall()}
        cursor.execute("SELECT current_setting('session_replication_role')")
        assert cursor.fetchone() == ("origin",)
    named = {index.name for index in Member._meta.indexes}
    assert named | {"households_member_code_key", "households_member_one_person"} <= present
    village = Village.objects.order_by("-pk")[0]
    made = Household.objects.create(village=village, code="x", head_name="新")
    assert made.pk > (COPIES - 1) * copies.KEYS
