"""Contracts of the commands that others build on (design §5): names, columns, order, exit codes."""

import csv
import json
from collections.abc import Iterator
from io import StringIO
from types import SimpleNamespace

import pytest
from django.core.management import CommandError, call_command

from households.models import HouseholdPower, Housing, Schooling
from indicators import figures
from indicators.definitions import CATALOGUE
from indicators.models import Run
from tests.conftest import BUSINESS_DATE
from tests.indicators.factories import Teller
from tests.villages.factories import VillageListingFactory, VillagePopulationFactory

RESULTS = "on,area_code,level,indicator,denominator,numerator,unknown,exempt,value,status"
GAPS = "on,village_code,subject,subject_code,indicator,verdict"
ON = "2019-10-31"


@pytest.fixture
def register(teller: Teller, villages: SimpleNamespace) -> SimpleNamespace:
    """Three households with houses in the own village, one pupil out of school, a poor village."""
    good, also, bad = (teller.household(villages.own, members=2) for _ in range(3))
    for house, grade in ((good, "A"), (also, "B"), (bad, "D")):
        teller.tell(house, Housing, {"grade": grade})
    teller.tell(good, HouseholdPower, {"source_kind": "NONE"})
    pupil = teller.household(
        villages.other, born=Schooling._meta.get_field("home_taught_on").to_python("2009-05-01")
    )
    teller.tell(pupil.people[0], Schooling, {"student_status": "NOT_STUDENT"})
    VillageListingFactory(village=villages.own)
    VillagePopulationFactory(village=villages.own, rural_population_end_2014=1000)
    return SimpleNamespace(good=good, also=also, bad=bad, pupil=pupil)


def run(*arguments: str) -> str:
    out = StringIO()
    call_command(*arguments, stdout=out)
    return out.getvalue()


def table(*arguments: str) -> Iterator[dict[str, str]]:
    return csv.DictReader(StringIO(run(*arguments)))


# --- recompute ------------------------------------------------------------------------------------


@pytest.mark.parametrize("how", [["--inline"], []], ids=["inline", "with workers"])
def test_recompute_tells_what_it_did_in_one_json_line(register, how):
    lines = run("recompute", "--on", ON, "--json", *how).splitlines()

    told = json.loads(lines[-1])
    assert len(lines) == 1
    assert list(told) == [
        "on", "villages", "households", "members", "results_changed", "gaps_opened", "gaps_closed", "seconds",
    ]  # fmt: skip
    assert (told["on"], told["villages"], told["households"], told["members"]) == (ON, 4, 4, 7)
    assert told["gaps_opened"] > 0
    assert told["seconds"] >= 0
    again = json.loads(run("recompute", "--on", ON, "--json", *how))
    assert (again["results_changed"], again["gaps_opened"], again["gaps_closed"]) == (0, 0, 0)


def test_recompute_is_of_yesterday_and_everything_unless_told(register, villages):
    assert "2019-11-04 重算完成：4 村" in run("recompute", "--inline")
    told = json.loads(run("recompute", "--area", "150222105000", "--on", ON, "--json"))
    assert (told["villages"], told["households"]) == (2, 3)


def test_recompute_stops_where_it_cannot_go_on(register):
    Run.objects.create(
        on=BUSINESS_DATE,
        kind="NIGHT",
        watermark="2019-11-05T00:00Z",
        started_at="2019-11-05T00:00Z",
    )
    with pytest.raises(CommandError, match="另一次重算正在进行"):
        run("recompute", "--inline")


def test_recompute_needs_standards(villages):
    with pytest.raises(CommandError, match="load_standards"):
        run("recompute")


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["export_results", "--on", "yesterday"], "2019-11-04"),
        (["export_results", "--on", "2019-02-30"], "2019-11-04"),
        (["export_results"], "--on"),
        (["export_gaps"], "--on"),
        (["export_results", "--on", ON, "--area", "150299000000"], "没有这个区划：150299000000"),
        (["export_gaps", "--on", ON, "--area", "baotou"], "没有这个区划：baotou"),
        (["recompute", "--area", "1"], "没有这个区划：1"),
    ],
)
def test_bad_arguments_fail_and_say_why(teller, arguments, says):
    with pytest.raises(CommandError, match=says):
        run(*arguments)


# --- export_results -------------------------------------------------------------------------------


@pytest.mark.parametrize("stored", [True, False], ids=["stored", "computed"])
def test_export_results_has_a_row_for_every_area_and_indicator(register, places, stored):
    if stored:
        run("recompute", "--on", ON, "--inline")
    text = run("export_results", "--on", ON)
    assert text.splitlines()[0] == RESULTS
    assert "\r" not in text
    rows = list(table("export_results", "--on", ON))

    codes = sorted(str(area.code) for area in vars(places).values())
    assert [(row["area_code"], row["indicator"]) for row in rows] == [
        (a, c) for a in codes for c in sorted(CATALOGUE)
    ]
    assert {row["on"] for row in rows} == {ON}
    levels = {row["area_code"]: row["level"] for row in rows}
    assert (levels["150000000000"], levels["150222105000"], levels["150222105203"]) == (
        "province",
        "township",
        "village",
    )
    by = {(row["area_code"], row["indicator"]): row for row in rows}

    def values(area: str, code: str) -> list[str]:
        return list(by[area, code].values())[4:]

    assert values("150222105203", "HOU-01") == ["3", "2", "0", "0", "66.67", "NOT_MET"]
    assert values("150222000000", "HOU-01") == ["4", "2", "1", "0", "50.00", "NOT_MET"]
    assert values("150222105203", "POV-01") == ["1000", "0", "0", "0", "0.00", "MET"]
    assert values("150223100201", "HOU-01") == ["0", "0", "0", "0", "", "NOT_APPLICABLE"]
    assert values("150222105203", "PWR-01") == ["1", "0", "1", "0", "0.00", "INSUFFICIENT_DATA"]


def test_export_results_of_an_area_is_the_same_rows(register):
    run("recompute", "--on", ON, "--inline")
    whole = run("export_results", "--on", ON).splitlines()
    part = run("export_results", "--on", ON, "--area", "150222105000").splitlines()
    assert part == [
        whole[0],
        *(line for line in whole if line.split(",")[1].startswith("150222105")),
    ]


# --- export_gaps ----------------------------------------------------------------------------------


@pytest.mark.parametrize("stored", [True, False], ids=["stored", "computed"])
def test_export_gaps_lists_every_unit_behind_the_figures(register, places, stored):
    if stored:
        run("recompute", "--on", ON, "--inline")
    text = run("export_gaps", "--on", ON)
    assert text.splitlines()[0] == GAPS
    rows = list(table("export_gaps", "--on", ON))

    order = [(row["village_code"], row["indicator"], row["subject_code"]) for row in rows]
    assert order == sorted(order)
    assert len(set(order)) == len(order)
    assert {row["verdict"] for row in rows} == {"NOT_MET", "INSUFFICIENT_DATA"}
    assert {row["subject"] for row in rows} == {"household", "member", "village"}
    told = {(row["indicator"], row["subject_code"]): row["verdict"] for row in rows}
    assert told["HOU-01", register.bad.code] == "NOT_MET"
    assert told["HOU-01", register.pupil.code] == "INSUFFICIENT_DATA"
    assert told["PWR-02", register.good.code] == "NOT_MET"
    assert told["EDU-01", register.pupil.people[0].code] == "NOT_MET"
    assert told["PWR-01", "150222105203"] == "INSUFFICIENT_DATA"
    assert ("HOU-01", register.good.code) not in told
    found = figures.area_figures([places.province], on=BUSINESS_DATE.replace(month=10, day=31))
    for code in CATALOGUE:
        assert (
            sum(row["indicator"] == code for row in rows)
            == found[places.province.code, code].listed
        )


def test_export_gaps_of_an_area_is_the_same_rows(register):
    run("recompute", "--on", ON, "--inline")
    whole = run("export_gaps", "--on", ON).splitlines()
    part = run("export_gaps", "--on", ON, "--area", "150222100000").splitlines()
    assert part == [
        whole[0],
        *(line for line in whole if line.split(",")[1].startswith("150222100")),
    ]
    assert len(part) > 1


def test_load_standards_tells_counts(db):
    assert json.loads(run("load_standards", "--json"))["created"] > 20
    assert json.loads(run("load_standards", "--json")).keys() == {
        "created",
        "superseded",
        "unchanged",
    }
    assert "新增 0" in run("load_standards")
