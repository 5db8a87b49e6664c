"""The two registers of the demonstration as they stood at the end of 2018."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path

from accounts.enums import Level
from accounts.models import Area
from config import register_synthesis as synthesis
from config.demo.accounts import BAOTOU, GUYANG
from config.register_synthesis import HouseholdPlan, Recipe
from core.clock import SHANGHAI
from core.facts import Source
from villages.models import Village, VillageListing

DATA = Path(__file__).resolve().parent.parent / "data"
DIVISIONS = DATA / "divisions_2023.csv"
SIDING_FILE = DATA / "siding_villages_2019.csv"
SYNTHETIC = "demo:synthetic"
GUYANG_HOUSEHOLDS = 2016
LIFTED_PER_SIDING_VILLAGE = 22
SEED = "2019"


def siding_rows() -> list[dict[str, str]]:
    """The nine villages of the printed table; its total row is no village."""
    with SIDING_FILE.open(encoding="utf-8", newline="") as stream:
        return [row for row in csv.DictReader(stream) if row["row_type"] == "village"]


def sizes(households: int, persons: int) -> list[int]:
    """Household sizes that add up exactly, as equal as whole numbers are, then made a little uneven."""
    small, larger = divmod(persons, households)
    drawn = [small + 1] * larger + [small] * (households - larger)
    for first in range(0, len(drawn) - 1, 3):
        if drawn[first] < 6 and drawn[first + 1] > 1:
            drawn[first], drawn[first + 1] = drawn[first] + 1, drawn[first + 1] - 1
    return drawn


def exits_of(row: dict[str, str]) -> int:
    """How many households hold the persons planned to exit, near the village's usual size."""
    persons, exiting = int(row["poor_persons_start_2019"]), int(row["planned_exit_persons_2019"])
    usual = persons / int(row["poor_households_start_2019"])
    return max(1, round(exiting / usual))


def siding_plans() -> Iterator[HouseholdPlan]:
    """Households of Siding: first those that exit in October 2019, then the poor that stay, then the lifted."""
    for row in siding_rows():
        village = int(row["village_code_2023"])
        leaving = exits_of(row)
        persons, exiting = (
            int(row["poor_persons_start_2019"]),
            int(row["planned_exit_persons_2019"]),
        )
        staying = int(row["poor_households_start_2019"]) - leaving
        serial = 0
        for size in (*sizes(leaving, exiting), *sizes(staying, persons - exiting)):
            serial += 1
            yield HouseholdPlan(
                village_id=village, code=f"{village}{serial:04d}", size=size, status="NOT_LIFTED"
            )
        for number in range(LIFTED_PER_SIDING_VILLAGE):
            serial += 1
            year = (2014, 2015, 2016, 2017, 2018, 2018)[number % 6]
            status = "LIFTED_NO_POLICY" if year < 2016 else "LIFTED_POLICY"
            yield HouseholdPlan(
                village_id=village, code=f"{village}{serial:04d}", status=status, exit_year=year
            )


def exiting_codes() -> list[str]:
    """Codes of the households whose exit is recognised in October 2019."""
    return [
        f"{row['village_code_2023']}{serial:04d}"
        for row in siding_rows()
        for serial in range(1, exits_of(row) + 1)
    ]


def write() -> dict[str, int]:
    """Both registers; households that exist already are left alone."""
    rows = siding_rows()
    siding = synthesis.write_register(
        siding_plans(),
        Recipe(
            seed=SEED, gaps=1.6, source_ref="demo:siding",
            populations={int(r["village_code_2023"]): int(r["rural_population_end_2014"]) for r in rows},
            unlisted=frozenset(int(r["village_code_2023"]) for r in rows),
        ),
    )  # fmt: skip
    villages = synthesis.rural_villages(Area.objects.get(code=GUYANG))
    plans = list(synthesis.plan(villages, GUYANG_HOUSEHOLDS, SEED))
    guyang = synthesis.write_register(plans, Recipe(seed=SEED, gaps=3.0, source_ref=SYNTHETIC))
    _list_other_villages()
    return {key: siding[key] + guyang[key] for key in siding}


def _list_other_villages() -> None:
    """Every other village of Baotou is put off the list of poor villages; synthetic, and labelled so."""
    low, high = Area(code=BAOTOU, level=Level.CITY).range
    listed = VillageListing.objects.values("village_id")
    villages = Village.objects.filter(area_id__gte=low, area_id__lte=high).exclude(
        area_id__in=listed
    )
    VillageListing.objects.bulk_create(
        VillageListing(
            village=village, is_poor_village=False, valid_from=date(2015, 1, 1), recorded_at=moment,
            source=Source.OFFICE, source_ref=SYNTHETIC,
        )
        for moment in [datetime(2015, 1, 1, 9, 30, tzinfo=SHANGHAI)]
        for village in villages.order_by("area_id")
    )  # fmt: skip
