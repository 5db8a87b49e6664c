"""A generated register of 300 households: areas add up, lists are as long as figures say, and every
reading of one date says the same."""

from collections import Counter
from collections.abc import Iterator
from datetime import date
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command
from django.db import transaction

from accounts.models import Area
from core import clock
from households.models import Member
from indicators import figures, services
from indicators.definitions import CATALOGUE
from indicators.enums import Verdict
from indicators.models import Gap, Result
from tests.indicators.factories import load_standards
from tests.villages.factories import VillageFactory

CODES = [150222105203, 150222105205, 150222100201, 150222100202, 150223100201, 150223100202]
STORED, NEVER_RUN = date(2019, 10, 31), date(2019, 6, 15)
LISTED = [code for code, definition in CATALOGUE.items() if definition.lists_gaps]


@pytest.fixture(scope="module")
def register(django_db_setup: Any, django_db_blocker: Any) -> Iterator[None]:
    """300 synthetic households in six villages, and one night; rolled back after the module."""
    with django_db_blocker.unblock(), transaction.atomic():
        load_standards()
        for code in CODES:
            VillageFactory(code=code)
        call_command("generate_register", "--households", "300", "--seed", "7", stdout=StringIO())
        services.recompute(on=STORED, at=clock.now())
        yield
        transaction.set_rollback(True)


@pytest.fixture
def generated(register: None, db: None) -> list[Area]:
    return list(Area.objects.order_by("code"))


@pytest.mark.parametrize("on", [STORED, NEVER_RUN, None], ids=["stored", "computed", "newest"])
def test_every_area_is_the_sum_of_its_villages(generated, on):
    found = figures.area_figures(generated, on=on)
    villages = [area for area in generated if area.code in CODES]

    assert len(found) == len(generated) * len(CATALOGUE)
    for area in generated:
        low, high = area.range
        inside = [v.code for v in villages if low <= v.code <= high]
        assert inside
        for code in CATALOGUE:
            for name in figures.COLUMNS:
                total = sum(getattr(found[village, code], name) for village in inside)
                assert getattr(found[area.code, code], name) == total, (area, code, name)


@pytest.mark.parametrize("on", [STORED, NEVER_RUN], ids=["stored", "computed"])
def test_every_list_is_as_long_as_its_figure_says(generated, on):
    found = figures.area_figures(generated, on=on)
    seen = Counter()
    for area in (a for a in generated if a.code in CODES):
        for code in LISTED:
            figure = found[area.code, code]
            units = figures.gap_units(area, code, on)
            verdicts = Counter(unit.verdict for unit in units)
            assert len(units) == figure.denominator - figure.numerator == figure.listed, (
                area,
                code,
            )
            assert verdicts[Verdict.INSUFFICIENT_DATA] == figure.unknown, (area, code)
            assert verdicts[Verdict.NOT_MET] == figure.failing, (area, code)
            assert len({unit.subject_id for unit in units}) == len(units)
            assert {unit.village_id for unit in units} <= {area.code}
            seen.update(verdicts)
    assert min(seen.values()) > 10, "the register is too good to prove anything"


def test_list_of_a_county_is_the_lists_of_its_villages(generated):
    county = Area.objects.get(code=150222000000)
    for code in LISTED:
        whole = figures.gap_units(county, code, STORED)
        parts = [
            u for v in CODES[:4] for u in figures.gap_units(Area.objects.get(code=v), code, STORED)
        ]
        assert sorted(whole, key=lambda u: u.subject_id) == sorted(
            parts, key=lambda u: u.subject_id
        )
        assert [(u.village_id, u.subject_id) for u in whole] == sorted(
            (u.village_id, u.subject_id) for u in whole
        )


def test_met_units_are_as_many_as_the_numerator(generated):
    province = Area.objects.get(code=150000000000)
    found = figures.area_figures([province], on=STORED)
    for code in LISTED:
        assert (
            len(figures.met_units(province, code, STORED)) == found[province.code, code].numerator
        )
    assert figures.met_units(province, "POV-01", STORED) == []
    assert figures.gap_units(province, "POV-01", STORED) == []


def test_lights_of_households_agree_with_the_lists(generated):
    province = Area.objects.get(code=150000000000)
    households = list(Member.objects.values_list("household_id", flat=True).distinct())
    codes = [c for c in LISTED if CATALOGUE[c].subject != "village"]
    lights = figures.unit_verdicts(households, STORED, codes)
    rank = {Verdict.INSUFFICIENT_DATA: 1, Verdict.NOT_MET: 2}
    for code in codes:
        worst: dict[int, str] = {}
        for unit in figures.gap_units(province, code, STORED):
            held = worst.get(unit.household_id)
            worst[unit.household_id] = max(
                filter(None, (held, unit.verdict)), key=lambda v: rank[v]
            )
        shown = {pk: light[code] for pk, light in lights.items() if light[code] in rank}
        assert shown == worst, code


def test_explanations_agree_with_the_lists(generated):
    province = Area.objects.get(code=150000000000)
    for code in LISTED:
        units = (
            figures.gap_units(province, code, STORED)[:4]
            + figures.met_units(province, code, STORED)[:2]
        )
        for unit in units:
            told = figures.explain(code, unit.subject_id, STORED)
            assert told.verdict == unit.verdict, (code, unit)
            assert told.parameters
            assert all(parameter.document and parameter.section for parameter in told.parameters)


def test_figures_of_any_number_of_areas_cost_the_same(generated, django_assert_num_queries):
    villages = [area for area in generated if area.is_village]
    few = [*[area for area in generated if not area.is_village][:1], villages[0]]
    assert len(generated) > len(few)
    with django_assert_num_queries(4):
        figures.area_figures(few, on=STORED)
    with django_assert_num_queries(4):
        figures.area_figures(generated, on=STORED)
    with django_assert_num_queries(4):
        figures.area_figures(generated)


def test_asking_for_a_date_that_was_never_run_stores_nothing(generated):
    before = (Result.objects.count(), Gap.objects.count())
    figures.area_figures(generated, on=NEVER_RUN)
    figures.gap_units(generated[0], "HOU-01", NEVER_RUN)
    assert (Result.objects.count(), Gap.objects.count()) == before
