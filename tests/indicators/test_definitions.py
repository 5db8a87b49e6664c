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
from indicators.definitions import CATALOGUE, READING_ORDER, Clause, Indicator, Threshold, percent
from indicators.definitions.household import REGISTERED
from indicators.expressions import Fact, Part
from indicators.facts import FOOD
from indicators.services import recompute
from indicators.standards import BadStandard, documents, read_standards
from tests.indicators.factories import standards
from tests.indicators.test_cases import read_cases

CASES = read_cases()


def test_catalogue_holds_the_first_ten_in_order():
    assert list(CATALOGUE) == [
        "COL-01", "COL-02", "EDU-01", "HOU-01", "INC-01", "MED-01", "POV-01", "PWR-01", "PWR-02", "WAT-01",
    ]  # fmt: skip
    assert sorted(READING_ORDER) == list(CATALOGUE)
    assert all(code == definition.code for code, definition in CATALOGUE.items())


@pytest.mark.parametrize("definition", CATALOGUE.values(), ids=list(CATALOGUE))
def test_every_definition_cites_its_clause_and_has_cases(definition):
    assert definition.clause.document in documents()
    assert definition.clause.section
    assert definition.unit in {"户", "人", "村"}
    assert definition.subject in engine.GRAINS
    assert definition.line in Line.values
    assert definition.name
    assert definition.short_name
    assert definition.description.endswith("。")
    cases = [case for case in CASES if case.indicator == definition.code]
    assert len(cases) >= 6
    assert {"MET", "NOT_MET", "INSUFFICIENT_DATA", "NOT_APPLICABLE"} == {
        case.expect["verdict"] for case in cases
    }


def test_no_two_cases_of_an_indicator_share_a_name():
    assert [key for key, n in Counter((c.indicator, c.name) for c in CASES).items() if n > 1] == []


@pytest.mark.parametrize("definition", CATALOGUE.values(), ids=list(CATALOGUE))
def test_every_fact_a_rule_reads_is_a_column(definition):
    from django.apps import apps

    facts = [n for rule in engine._rules(definition) for n in rule.walk() if isinstance(n, Fact)]
    assert facts
    for fact in facts:
        assert fact.label
        if fact.theme.model:
            apps.get_model(fact.theme.model)._meta.get_field(fact.column)


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
    services_read = {
        "year_turns_on",
        "report_due_day",
        "public_notice_days_village",
        "clue_check_days",
    }
    assert known - read == services_read


def test_every_standard_holds_everywhere_or_is_cited_for_its_region():
    """The value without a region comes first, so that no village is left without one."""
    anywhere = {v.code for v in standards() if not v.region} | {"incidence_max_pct"}
    assert {v.code for v in standards()} == anywhere


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
        code="FOOD-01", name="不愁吃", short_name="吃", subject="household", unit="户", line=Line.GENERAL,
        clause=Clause("baotou-2019", "一"), description="入户核查为不愁吃。", applies=REGISTERED,
        met=Part("不愁吃", enough.is_yes(), "是"),
    )  # fmt: skip
    monkeypatch.setitem(CATALOGUE, "FOOD-01", food)
    hungry, fed = teller.household(villages.own), teller.household(villages.own)
    teller.tell(hungry, FoodClothing, {"enough_food": False})
    teller.tell(fed, FoodClothing, {"enough_food": True})
    on = date(2019, 10, 31)

    recompute(on=on, at=teller.tick())

    figure = figures.area_figures([places.county], ["FOOD-01"], on)[places.county.code, "FOOD-01"]
    assert (figure.denominator, figure.numerator, figure.percent_text, figure.status) == (
        2,
        1,
        "50.00%",
        "NOT_MET",
    )
    assert [unit.subject_id for unit in figures.gap_units(places.county, "FOOD-01", on)] == [
        hungry.pk
    ]
    assert figures.explain("FOOD-01", hungry.pk, on).parts[0].verdict == "NOT_MET"
    assert figures.unit_verdicts([fed.pk], on)[fed.pk]["FOOD-01"] == "MET"


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
        f"SELECT {threshold.sql()} FROM (SELECT %s::int AS denominator, %s::int AS numerator, %s::int AS unknown) f"
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
