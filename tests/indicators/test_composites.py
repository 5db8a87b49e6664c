"""A composite explained by its items, each with its verdict and the way to its own explanation."""

from datetime import date
from types import SimpleNamespace

import pytest

from households.models import FoodClothing, Housing
from indicators import figures, services
from indicators.enums import Verdict
from tests.indicators.factories import Teller
from tests.villages.factories import VillageFactory
from villages.models import CollectiveIncome, VillageListing, VillagePopulation

ON = date(2019, 10, 31)


@pytest.fixture
def guangxi(teller: Teller, villages: SimpleNamespace) -> SimpleNamespace:
    """A poor village of Guangxi with a household in a dangerous house and one in a sound house."""
    village = VillageFactory(code=450224103201)
    teller.tell(village, VillageListing, {"is_poor_village": True})
    teller.tell(village, VillagePopulation, {"rural_population_end_2014": 1000})
    teller.tell(village, CollectiveIncome, {"income_yuan": 29000}, year=2018)
    bad, good = teller.household(village), teller.household(village)
    teller.tell(bad, Housing, {"grade": "D"})
    teller.tell(good, Housing, {"grade": "A", "area_m2": 30})
    teller.tell(bad, FoodClothing, {"enough_food": True, "enough_clothing": False})
    return SimpleNamespace(village=village, bad=bad, good=good)


def shown(told: figures.Explanation) -> dict[str, tuple[str, str]]:
    return {part.label: (part.code, part.verdict) for part in told.parts}


def test_a_household_is_explained_item_by_item(guangxi):
    told = figures.explain("LBZ-01", guangxi.bad.pk, ON)

    assert told.verdict == Verdict.NOT_MET
    assert shown(told) == {
        "不愁吃": ("FOOD-01", Verdict.MET),
        "不愁穿": ("CLO-01", Verdict.NOT_MET),
        "义务教育有保障": ("EDU-01", Verdict.NOT_APPLICABLE),
        "基本医疗有保障": ("MED-01", Verdict.INSUFFICIENT_DATA),
        "住房安全有保障": ("HOU-01", Verdict.NOT_MET),
        "饮水安全": ("WAT-01", Verdict.INSUFFICIENT_DATA),
    }
    assert "清零达标" in told.clause
    for part in told.parts:
        if part.code in ("FOOD-01", "CLO-01", "HOU-01", "WAT-01"):
            assert figures.explain(part.code, guangxi.bad.pk, ON).verdict == part.verdict


def test_a_village_is_explained_by_shares_with_the_line_that_holds_there(guangxi):
    told = figures.explain("DBL-V", guangxi.village.pk, ON)

    items = shown(told)
    assert told.verdict == Verdict.NOT_MET
    assert items["有住房保障"] == ("HOU-01", Verdict.NOT_MET)
    assert items["有安全饮水"] == ("WAT-01", Verdict.INSUFFICIENT_DATA)
    assert items["有村集体经济收入"] == ("COL-03", Verdict.NOT_MET)
    assert items["贫困发生率低于上限"] == ("POV-01", Verdict.MET)
    assert items["有好的“两委”班子"] == ("", Verdict.INSUFFICIENT_DATA)
    standards = {part.label: part.standard for part in told.parts}
    assert standards["有住房保障"] == "住房安全不低于 98%"
    assert standards["贫困发生率低于上限"] == "贫困发生率低于 3%"
    assert standards["有好的“两委”班子"] == "登记表不采集，由组织部门认定"
    assert {p.code: p.value for p in told.parameters}["village_cover_pct"] == "98"


def test_lists_and_figures_of_composites_agree_with_their_explanations(guangxi, teller):
    services.recompute(on=ON, at=teller.tick())
    area = guangxi.village.area

    figure = figures.area_figures([area], ["LBZ-01"], ON)[area.code, "LBZ-01"]
    assert (figure.denominator, figure.numerator, figure.unknown) == (2, 0, 1)
    listed = {u.subject_id: u.verdict for u in figures.gap_units(area, "LBZ-01", ON)}
    assert listed == {
        guangxi.bad.pk: Verdict.NOT_MET,
        guangxi.good.pk: Verdict.INSUFFICIENT_DATA,
    }
    for pk, verdict in listed.items():
        assert figures.explain("LBZ-01", pk, ON).verdict == verdict
        assert figures.unit_verdicts([pk], ON, ["LBZ-01"])[pk]["LBZ-01"] == verdict


def test_a_composite_is_not_explained_off_the_register(guangxi):
    assert figures.explain("LBZ-01", guangxi.bad.pk, date(2013, 12, 31)) is None
