"""What every definition and every standard must carry, and the one rule written twice."""

from collections import Counter
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from django.db import connection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.enums import Line
from households.models import FoodClothing
from indicators import engine, figures
from indicators.definitions import (
    CATALOGUE,
    CORE,
    NAMED,
    READING_ORDER,
    Clause,
    Composite,
    Indicator,
    NoLine,
    Threshold,
    percent,
)
from indicators.definitions.household import REGISTERED
from indicators.definitions.topics import TOPICS, topic_of
from indicators.expressions import Derived, Fact, Part, parts_in
from indicators.facts import FOOD
from indicators.services import recompute
from indicators.standards import BadStandard, documents, read_standards
from tests.indicators.factories import standards
from tests.indicators.test_cases import read_cases

CASES = read_cases()


# Standards on file that no rule reads: services do, or the register holds nothing to measure by them.
READ_BY_SERVICES = {
    "year_turns_on",
    "report_due_day",
    "public_notice_days_village",
    "clue_check_days",
}
ON_FILE_ONLY = {
    "approval_min_pct",
    "missed_rate_max_pct",
    "wrong_exit_max_pct",  # no samples of inspections
    "collective_operating_share_min_pct",  # of collective income only the sum is known
    "county_exit_notice_days",
    "fund_notice_days",
    "report_due_inclusive",
    "dropout_rule",
    "home_teaching_min_per_month",  # only the last session is known: home_teaching_days_max
    "school_start_age_alternative",
    "incidence_strict",
    "income_excluded_items",
    "income_line_exit_yuan",
    "house_move_in_due",
    "rebuild_area_min_m2_one",
    "rebuild_area_min_m2_two",
    "rebuild_area_min_m2_three",
    "rebuild_area_min_m2_per_person",
    "relocation_cost_cap_yuan_per_m2",
    "relocation_subsidy_min_pct",  # of buildings neither cost nor subsidy is on the register
    "water_reliability_basic_pct",
    "water_reliability_full_pct",  # asked in days: water_short_days_max
    "monitor_income_factor_pct",
    "monitor_share_max_deep_pct",  # which areas are deeply poor is not on file
}


def test_catalogue_reads_the_core_first_and_holds_each_code_once():
    assert READING_ORDER[: len(CORE)] == CORE
    assert sorted(READING_ORDER) == list(CATALOGUE)
    assert all(code == definition.code for code, definition in CATALOGUE.items())
    codes = [*CATALOGUE, *(named.code for named in NAMED)]
    assert [code for code, n in Counter(codes).items() if n > 1] == []


@pytest.mark.parametrize("named", NAMED, ids=[named.code for named in NAMED])
def test_what_is_only_named_cites_its_clause_and_says_why(named):
    assert named.clause.document in documents()
    assert named.clause.section
    assert named.name
    assert named.why


def test_every_standard_belongs_to_one_topic():
    codes = [*CATALOGUE, *(named.code for named in NAMED)]
    assert {topic_of(code) for code in codes} == set(range(len(TOPICS)))
    prefixes = [prefix for _label, held in TOPICS for prefix in held]
    assert len(prefixes) == len(set(prefixes))
    with pytest.raises(ValueError, match="XYZ-01"):
        topic_of("XYZ-01")


def _expected(definition):
    """The verdicts that cases must show: what no register answers keeps a composite from being met."""
    verdicts = {"MET", "NOT_MET", "INSUFFICIENT_DATA", "NOT_APPLICABLE"}
    if isinstance(definition, Composite) and any(not item.code for item in definition.items):
        verdicts.discard("MET")
    return verdicts


@pytest.mark.parametrize("definition", CATALOGUE.values(), ids=list(CATALOGUE))
def test_every_definition_cites_its_clause_and_has_cases(definition):
    assert definition.clause.document in documents()
    assert definition.clause.section
    assert definition.unit in {"户", "人", "村"}
    assert definition.subject in engine.GRAINS
    assert definition.line in Line.values
    assert definition.name
    assert 0 < len(definition.short_name) <= 5
    assert definition.description.endswith("。")
    cases = [case for case in CASES if case.indicator == definition.code]
    assert len(cases) >= 6
    assert _expected(definition) <= {case.expect["verdict"] for case in cases}


@pytest.mark.parametrize(
    "definition", [d for d in CATALOGUE.values() if isinstance(d, Composite)], ids=lambda d: d.code
)
def test_every_item_of_a_composite_is_in_the_catalogue_or_says_what_is_missing(definition):
    assert len({item.label for item in definition.items}) == len(definition.items)
    for item in definition.items:
        assert bool(item.code) != bool(item.missing)
        if item.code:
            found = CATALOGUE[item.code]
            assert not found.lists_gaps or not found.counts_only
            assert not isinstance(found, Composite)
            assert found.subject != "village" or definition.subject == "village"


@pytest.mark.parametrize(
    "definition", [d for d in CATALOGUE.values() if isinstance(d, Indicator)], ids=lambda d: d.code
)
def test_a_share_without_a_line_everywhere_is_only_counted(definition):
    if isinstance(definition.threshold, NoLine) or definition.threshold.optional:
        assert definition.counts_only
    for part in parts_in(definition.met):
        part.standard.format(**{p.code: "1" for p in engine.parameters_of(definition)})


def test_no_two_cases_of_an_indicator_share_a_name():
    assert [key for key, n in Counter((c.indicator, c.name) for c in CASES).items() if n > 1] == []


@pytest.mark.parametrize("definition", CATALOGUE.values(), ids=list(CATALOGUE))
def test_every_fact_a_rule_reads_is_a_column(definition):
    from django.apps import apps

    facts = [n for rule in engine.rules_of(definition) for n in rule.walk() if isinstance(n, Fact)]
    assert facts
    for fact in facts:
        assert fact.label
        if fact.theme.model and not isinstance(fact, Derived):
            apps.get_model(fact.theme.model)._meta.get_field(fact.column)


# Only some documents set a line; elsewhere the rule does not apply, or the share has no verdict.
ONLY_SOME_PLACES = {
    "collective_income_min_poor_yuan", "collective_income_min_other_yuan", "organised_share_min_pct",
    "village_entities_min", "village_cover_pct", "relocation_debt_cap_yuan", "income_screen_yuan",
    "relocation_concentrated_min_pct", "rebuild_area_cap_m2_grade_d", "house_works_due",
    "photovoltaic_income_min_yuan", "stable_income_cultivated_mu", "stable_income_forest_mu",
    "stable_income_fruit_mu", "stable_job_household_min_pct", "training_min_pct",
}  # fmt: skip


def test_every_standard_rests_on_a_document_and_every_rule_on_a_standard():
    known = {value.code for value in standards()}
    for value in standards():
        assert value.document in documents()
        assert value.section
        assert value.name
        assert value.unit
        assert value.direction in {"HIGHER", "LOWER", "NONE"}
        assert value.region.isdigit() or value.region == ""
    read = {p.code for definition in CATALOGUE.values() for p in engine.parameters_of(definition)}
    assert read <= known
    assert known - read == READ_BY_SERVICES | ON_FILE_ONLY


def test_every_standard_that_a_rule_reads_holds_everywhere_or_only_where_the_rule_does():
    """The value without a region comes first, so that no village is left without one."""
    read = {p.code for definition in CATALOGUE.values() for p in engine.parameters_of(definition)}
    anywhere = {v.code for v in standards() if not v.region}
    assert read - anywhere == ONLY_SOME_PLACES
    for definition in CATALOGUE.values():
        if definition.threshold.parameter in ONLY_SOME_PLACES:
            assert definition.threshold.optional, definition.code


def test_region_prefixes_become_contiguous_ranges():
    ranges = {v.region: v.code_range for v in standards()}
    assert ranges[""] == (0, 10**12 - 1)
    assert ranges["15"] == (150000000000, 159999999999)
    assert ranges["500154"] == (500154000000, 500154999999)


GOOD = """
- code: x
  name: 甲
  unit: 天
  direction: LOWER
  values:
    - {region: "", valid_from: 2018-01-01, valid_to: 2019-01-01, value: "1", document: baotou-2019, section: 一}
    - {region: "", valid_from: 2019-01-01, valid_to: null, value: "2", document: baotou-2019, section: 一}
    - {region: "15", valid_from: 2018-06-01, valid_to: null, value: "3", document: baotou-2019, section: 一}
"""


def read(folder: Path, text: str) -> list[str]:
    (folder / "x.yaml").write_text(text, encoding="utf-8")
    return [value.value for value in read_standards(folder)]


def test_sound_standards_are_read_in_order(tmp_path):
    assert read(tmp_path, GOOD) == ["1", "2", "3"]
    assert read_standards(tmp_path)[0].valid_to == date(2019, 1, 1)


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        (', section: 一}\n    - {region: "15"', '}\n    - {region: "15"', "'section' is missing"),
        ("document: baotou-2019", "document: hearsay", "document hearsay is not listed"),
        ("valid_to: 2019-01-01", "valid_to: 2018-01-01", "ends before it begins"),
        ("valid_to: 2019-01-01", "valid_to: 2019-01-02", "overlaps the value before"),
        ("valid_to: 2019-01-01", "valid_to: null", "overlaps the value before"),
        ("  unit: 天\n", "", "'unit' is missing"),
        ("  direction: LOWER\n", "", "'direction' is missing"),
        ('value: "2", ', "", "'value' is missing"),
    ],
)
def test_unsound_standards_are_refused(tmp_path, old, new, says):
    with pytest.raises(BadStandard, match=says):
        read(tmp_path, GOOD.replace(old, new))


def test_a_new_indicator_needs_nothing_but_its_declaration(teller, villages, places, monkeypatch):
    """docs/adding-an-indicator.md: figures, lists, reasons and lights follow from one declaration."""
    enough = Fact(FOOD, "enough_food", "是否不愁吃", "bool")
    food = Indicator(
        code="NEW-01", name="不愁吃", short_name="吃", subject="household", unit="户", line=Line.GENERAL,
        clause=Clause("baotou-2019", "一"), description="入户核查为不愁吃。", applies=REGISTERED,
        met=Part("不愁吃", enough.is_yes(), "是"),
    )  # fmt: skip
    monkeypatch.setitem(CATALOGUE, "NEW-01", food)
    hungry, fed = teller.household(villages.own), teller.household(villages.own)
    teller.tell(hungry, FoodClothing, {"enough_food": False})
    teller.tell(fed, FoodClothing, {"enough_food": True})
    on = date(2019, 10, 31)

    recompute(on=on, at=teller.tick())

    figure = figures.area_figures([places.county], ["NEW-01"], on)[places.county.code, "NEW-01"]
    assert (figure.denominator, figure.numerator, figure.percent_text, figure.status) == (
        2,
        1,
        "50.00%",
        "NOT_MET",
    )
    assert [unit.subject_id for unit in figures.gap_units(places.county, "NEW-01", on)] == [
        hungry.pk
    ]
    assert figures.explain("NEW-01", hungry.pk, on).parts[0].verdict == "NOT_MET"
    assert figures.unit_verdicts([fed.pk], on, ["NEW-01"])[fed.pk]["NEW-01"] == "MET"


# --- the status of a share ------------------------------------------------------------------------

counts = st.integers(0, 400)
limits = st.sampled_from([Decimal(n) for n in ("0", "2", "3", "12.5", "50", "98", "99.99", "100")])


@settings(
    max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(met=counts, unknown=counts, failing=counts, limit=limits, below=st.booleans())
def test_the_database_and_python_give_the_same_status(db, met, unknown, failing, limit, below):
    threshold = Threshold("limit", below=below)
    denominator = met + unknown + failing
    sql = (
        f"SELECT {threshold.sql('denominator', 'numerator', 'unknown')}"
        " FROM (SELECT %s::int AS denominator, %s::int AS numerator, %s::int AS unknown) f"
        ', (SELECT %s::numeric AS "limit") p'
    )
    with connection.cursor() as cursor:
        cursor.execute(sql, [denominator, met, unknown, limit])
        (status,) = cursor.fetchone()

    assert status == threshold.status(
        denominator=denominator, numerator=met, unknown=unknown, percent=limit
    )


@pytest.mark.parametrize(
    ("integers", "limit", "below", "status"),
    [
        ((0, 0, 0), 100, False, "NOT_APPLICABLE"),
        ((0, 0, 0), 3, True, "NOT_APPLICABLE"),
        ((10, 10, 0), 100, False, "MET"),
        ((10, 9, 1), 100, False, "INSUFFICIENT_DATA"),
        ((10, 8, 1), 100, False, "NOT_MET"),
        ((1000, 980, 0), 98, False, "MET"),
        ((1000, 979, 0), 98, False, "NOT_MET"),
        ((100, 3, 0), 3, True, "NOT_MET"),
        ((10000, 299, 0), 3, True, "MET"),
        ((100, 2, 1), 3, True, "INSUFFICIENT_DATA"),
    ],
)
def test_status_compares_integers(integers, limit, below, status):
    names = dict(zip(("denominator", "numerator", "unknown"), integers, strict=True))
    assert Threshold(below=below).status(**names, percent=Decimal(limit)) == status


@given(st.integers(0, 10**6), st.integers(1, 10**6))
def test_percent_is_rounded_half_up_once(numerator, denominator):
    exact = Decimal(numerator * 100) / denominator
    shown = percent(numerator, denominator)
    assert abs(shown - exact) <= Decimal("0.005")
    assert -shown.as_tuple().exponent == 2
