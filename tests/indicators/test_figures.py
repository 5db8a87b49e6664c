"""Figures of small places: scope, status of sums, rounding, reasons, freshness."""

from datetime import date, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from django.db.models import Sum

from accounts.models import Area
from core.facts import Provenance
from households.enums import Status
from households.models import Housing, MemberProfile, Residence, Water
from households.services import record_household_facts
from indicators import figures, services
from indicators.definitions import CATALOGUE
from indicators.enums import Verdict
from indicators.models import Gap, Result
from tests.accounts.factories import person
from tests.households.factories import PairingFactory
from tests.indicators.factories import Teller
from tests.villages.factories import VillageListingFactory, VillagePopulationFactory

STORED = date(2019, 10, 31)


@pytest.fixture
def two(teller: Teller, villages: SimpleNamespace) -> SimpleNamespace:
    """A failing and an unknown household in the own village, a good one in the other township."""
    bad, blank, good = (teller.household(v) for v in (villages.own, villages.own, villages.other))
    teller.tell(bad, Housing, {"grade": "D"})
    teller.tell(good, Housing, {"grade": "A"})
    services.recompute(on=STORED, at=teller.tick())
    return SimpleNamespace(bad=bad, blank=blank, good=good)


def test_results_and_gaps_are_seen_through_the_users_areas(
    two, clerk, other_clerk, county_user, leader, helper
):
    def gaps(user: Any) -> set[int]:
        return set(
            Gap.objects.for_user(user)
            .filter(indicator="HOU-01")
            .values_list("subject_id", flat=True)
        )

    def denominators(user: Any) -> int | None:
        found = Result.objects.for_user(user).filter(indicator="HOU-01")
        return found.aggregate(n=Sum("denominator"))["n"]

    both = {two.bad.pk, two.blank.pk}
    assert (gaps(clerk), denominators(clerk)) == (both, 2)
    assert (gaps(other_clerk), denominators(other_clerk)) == (set(), 1)
    assert (gaps(county_user), denominators(county_user)) == (both, 3)
    assert (gaps(leader), denominators(leader)) == (set(), 3)
    assert (gaps(helper), denominators(helper)) == (set(), None)
    PairingFactory(household=two.bad, helper=helper)
    assert gaps(helper) == {two.bad.pk}
    assert gaps(person("agency", None, username="nobody")) == set()


def test_status_of_an_area_is_judged_from_its_sums(teller, villages, places):
    for village, poor, base in ((villages.own, 4, 100), (villages.next, 1, 100)):
        VillagePopulationFactory(village=village, rural_population_end_2014=base)
        teller.household(village, status=Status.NOT_LIFTED, members=poor)
    services.recompute(on=STORED, at=teller.tick())

    found = figures.area_figures(
        [places.village, places.next_village, places.township], ["POV-01"], STORED
    )

    assert [found[a.code, "POV-01"].status for a in (places.village, places.next_village, places.township)] == [
        Verdict.NOT_MET, Verdict.MET, Verdict.MET,
    ]  # fmt: skip
    figure = found[places.township.code, "POV-01"]
    assert (figure.numerator, figure.denominator, str(figure.value), figure.percent_text) == (
        5,
        200,
        "2.50",
        "2.50%",
    )
    assert (figure.listed, figure.failing) == (0, 0)


def test_a_village_without_base_adds_nothing_to_its_township(teller, villages, places):
    VillagePopulationFactory(village=villages.own, rural_population_end_2014=100)
    teller.household(villages.next, status=Status.NOT_LIFTED, members=9)
    services.recompute(on=STORED, at=teller.tick())

    found = figures.area_figures([places.township, places.next_village], ["POV-01"], STORED)

    assert (
        found[places.township.code, "POV-01"].numerator,
        found[places.township.code, "POV-01"].denominator,
    ) == (0, 100)
    assert found[places.next_village.code, "POV-01"].status == Verdict.NOT_APPLICABLE


def test_value_is_rounded_half_up_and_empty_at_zero():
    def text(numerator: int, denominator: int) -> str:
        return figures.Figure("HOU-01", denominator, numerator).percent_text

    assert [text(1, 800), text(1, 8), text(2, 3), text(5, 5), text(0, 0)] == [
        "0.13%",
        "12.50%",
        "66.67%",
        "100.00%",
        "",
    ]


def test_explanation_names_what_is_missing_and_where_facts_come_from(two):
    told = figures.explain("HOU-01", two.blank.pk, STORED)
    assert "鉴定等级" in {fact.label for fact in told.missing}

    told = figures.explain("HOU-01", two.bad.pk, STORED)
    grade = next(fact for fact in told.facts if fact.label == "鉴定等级")
    assert (grade.text, grade.source, grade.since) == ("D级", "扶贫办登记", date(2014, 1, 1))
    assert "清零达标" in told.clause
    assert [part.label for part in told.parts][:2] == ["有住处", "鉴定等级"]


def test_a_value_is_told_by_who_first_said_it(teller, villages, clerk, county_user):
    """A later visit that only adds the area did not find out the grade."""
    house = teller.household(villages.own)
    first, later = date(2019, 3, 1), date(2019, 6, 1)
    for by, since, source, values in (
        (clerk, first, "CHECK", {"grade": "D"}),
        (county_user, later, "DEPARTMENT", {"area_m2": 60}),
    ):
        told = Provenance(valid_from=since, at=teller.tick(), by=by, source=source)
        record_household_facts(household=house, changes={Housing: [({}, values)]}, told=told)

    told = figures.explain("HOU-01", house.pk, STORED)

    facts = {fact.label: fact for fact in told.facts}
    grade, area = facts["鉴定等级"], facts["住房面积"]
    assert (grade.author, grade.source, grade.since) == (str(clerk), "入户核查", first)
    assert (area.author, area.source, area.since) == (str(county_user), "部门名单", later)
    assert grade.recorded_at == area.recorded_at - timedelta(minutes=1)
    before = figures.explain("HOU-01", house.pk, date(2019, 5, 1))
    assert [f.author for f in before.facts if f.label == "鉴定等级"] == [str(clerk)]


@pytest.mark.parametrize(
    ("code", "told", "missing", "who"),
    [
        ("EDU-01", {"born": date(2009, 5, 1)}, "在校生状况", "教育主管部门"),
        ("EDU-01", {"born": None}, "出生日期", "核对证件"),
        ("WAT-01", {"status": None}, "脱贫状态", "旗县扶贫办"),
        ("PWR-01", {}, "是否通动力电", "嘎查村或乡镇"),
        ("IND-01", {}, "有劳动能力的成员（成员1-0不明）", "入户核查"),
    ],
)
def test_unknown_says_which_fact_would_decide_and_who_can_tell(
    teller, villages, code, told, missing, who
):
    VillageListingFactory(village=villages.own, is_poor_village=True)
    house = teller.household(villages.own, **told)
    units = {"household": house, "member": house.people[0], "village": villages.own}

    why = figures.explain(code, units[CATALOGUE[code].subject].pk, STORED)

    assert why.verdict == Verdict.INSUFFICIENT_DATA
    ((supplier, facts),) = why.missing_by_supplier.items()
    assert facts == missing
    assert who in supplier


def test_what_lets_off_and_what_leaves_out_is_told(teller, villages):
    away = teller.household(villages.own)
    teller.tell(away, Residence, {"away_all_year": True, "has_registered_dwelling": False})
    gone = teller.household(villages.own, status=Status.REMOVED)

    exempt, out = (figures.explain("WAT-01", house.pk, STORED) for house in (away, gone))

    assert (exempt.exempt, exempt.parts[0].label) == (True, "豁免")
    assert {fact.label for fact in exempt.parts[0].facts} == {"是否全年外出", "户籍地有无住房"}
    assert (out.verdict, out.exempt, out.parts[0].label) == ("NOT_APPLICABLE", False, "适用范围")
    assert [fact.label for fact in out.parts[0].facts] == ["脱贫状态"]


def test_standards_used_are_told_with_their_version_and_section(teller, villages):
    house = teller.household(villages.own)
    teller.tell(house, Water, {"litres_per_person_day": 25})

    told = {row.code: (row, text, cited) for row, text, cited in
            figures.explain("WAT-01", house.pk, STORED).standards}  # fmt: skip

    row, text, cited = told["water_l_basic"]
    assert (row.region, text) == ("15", "20 升/人·天")
    assert row.section in cited
    assert "《" in cited
    assert row.valid_from <= STORED


def test_nothing_is_explained_off_the_register_or_for_counts_of_bad_things(two, villages):
    assert figures.explain("HOU-01", two.bad.pk, date(2013, 12, 31)) is None
    assert figures.explain("POV-01", villages.own.pk, STORED) is None
    assert figures.unit_verdicts([], STORED) == {}
    assert set(figures.unit_verdicts([two.bad.pk], date(2013, 12, 31))[two.bad.pk].values()) == {
        Verdict.NOT_APPLICABLE
    }


def test_lights_show_every_indicator_of_households_and_members(two):
    lights = figures.unit_verdicts([two.bad.pk, two.good.pk], STORED)

    assert set(lights) == {two.bad.pk, two.good.pk}
    assert all(set(light) == set(figures.HOUSEHOLD_CORE) for light in lights.values())
    assert lights[two.bad.pk]["HOU-01"] == Verdict.NOT_MET
    assert lights[two.good.pk]["HOU-01"] == Verdict.MET


def test_freshness_tells_the_newest_night_and_the_days_provisional_villages(
    two, teller, villages, places
):
    assert figures.freshness(places.county).on == STORED
    services.refresh_villages([villages.own.pk], on=date(2019, 11, 5), at=teller.tick())

    county, far = figures.freshness(places.county), figures.freshness(places.other_county)

    assert (county.confirmed_on, county.provisional_on, county.provisional_count) == (
        STORED,
        date(2019, 11, 5),
        1,
    )
    assert (far.on, far.provisional_count) == (STORED, 0)
    assert figures.nights_on_record(places.county) == [STORED]


def test_an_areas_night_covers_its_villages_but_not_the_province(two, teller, places):
    services.recompute(on=date(2019, 11, 1), at=teller.tick(), area=places.township)

    assert figures.is_on_record(places.village, date(2019, 11, 1))
    assert figures.is_on_record(places.township, date(2019, 11, 1))
    assert not figures.is_on_record(places.county, date(2019, 11, 1))
    assert figures.nights_on_record(places.township) == [date(2019, 11, 1), STORED]
    assert figures.nights_on_record(places.county) == [STORED]


def test_a_village_that_was_merged_away_is_not_counted_afterwards(teller, villages, places):
    for village in (villages.own, villages.next):
        VillageListingFactory(village=village)
    Area.objects.filter(pk=places.village.pk).update(valid_to=date(2019, 7, 1))

    def denominator(on: date) -> int:
        return figures.area_figures([places.township], ["PWR-01"], on)[
            places.township.code, "PWR-01"
        ].denominator

    assert (denominator(date(2019, 6, 30)), denominator(date(2019, 7, 1))) == (2, 1)


def test_standards_in_force_prefer_the_longest_region(teller, places):
    held = figures.standards_in_force(["water_l_basic", "pass_pct"], places.township)
    assert {(p.code, p.region, p.value) for p in held} == {
        ("water_l_basic", "15", "20"),
        ("pass_pct", "", "100"),
    }
    held = figures.standards_in_force(
        ["income_line_identify_yuan"], places.township, date(2016, 5, 1)
    )
    assert [(p.region, p.value) for p in held] == [("", "2952")]


def test_a_count_of_members_is_explained_by_each_of_them(teller, villages):
    house = teller.household(villages.own, born=[date(1980, 1, 1)] * 3)
    able, lost, blank = house.people
    teller.tell(able, MemberProfile, {"labour_capacity": "ORDINARY"})
    teller.tell(lost, MemberProfile, {"labour_capacity": "LOST"})

    told = figures.explain("IND-01", house.pk, STORED)

    (count,) = [fact for fact in told.facts if fact.label == "有劳动能力的成员"]
    assert dict(count.members) == {able.pk: True, lost.pk: False, blank.pk: None}
    assert (count.value, count.text) == (None, "1 人，另有 1 人不明")

    teller.tell(blank, MemberProfile, {"labour_capacity": "WEAK"})
    told = figures.explain("IND-01", house.pk, STORED)
    (count,) = [fact for fact in told.facts if fact.label == "有劳动能力的成员"]
    assert (dict(count.members)[blank.pk], count.text) == (True, "2 人")
