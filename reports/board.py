"""The dashboard's figures: areas × indicators, households that pass or fail, trends. Reads only.

Every number is a count over the same rows as the list it links to. A date is a night on record, or
None for the newest figures, today's provisional ones included. Querysets come scoped from the view.
"""

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet, Subquery, Sum

from accounts.enums import Level
from accounts.models import Area
from core.facts import as_of_q
from indicators import figures
from indicators.definitions import CATALOGUE, CORE
from indicators.enums import Verdict
from indicators.figures import Figure
from tasks.enums import EventKind
from tasks.querysets import RAISING, CaseQuerySet, Turns

COLUMNS = [CATALOGUE[code] for code in CORE]
UNIT_CODES = [column.code for column in COLUMNS if column.lists_gaps]  # those with lists of units
HOUSEHOLD_CODES = [column.code for column in COLUMNS if column.subject in ("household", "member")]
REGISTER_CODE = "HOU-01"  # applies to every household of the register: its units are the households
PERSON_CODE = "MED-01"
BY_VILLAGE_LEVELS = (Level.COUNTY, Level.TOWNSHIP, Level.VILLAGE)
TREND_POINTS = 12


@dataclass
class Tally:
    """Households of an area: all, failing, with facts missing only; the rest pass. And its villages that have any."""

    households: int = 0
    not_met: int = 0
    insufficient: int = 0
    villages: int = 0
    villages_met: int = 0

    @property
    def met(self) -> int:
        return self.households - self.not_met - self.insufficient

    def add(self, other: "Tally") -> None:
        for name in ("households", "not_met", "insufficient", "villages", "villages_met"):
            setattr(self, name, getattr(self, name) + getattr(other, name))


@dataclass
class Row:
    """One area of the table."""

    area: Area
    figures: dict[str, Figure]
    tally: Tally = field(default_factory=Tally)

    @property
    def failing(self) -> int:
        """Failing units over all indicators that have a list."""
        return sum(self.figures[code].failing for code in UNIT_CODES)

    @property
    def unknown(self) -> int:
        return sum(self.figures[code].unknown for code in UNIT_CODES)

    @property
    def fails(self) -> bool:
        return any(figure.status == Verdict.NOT_MET for figure in self.figures.values())

    @property
    def worst(self) -> str:
        """The worst status of any indicator."""
        held = {figure.status for figure in self.figures.values()}
        order = (Verdict.NOT_MET, Verdict.INSUFFICIENT_DATA, Verdict.MET)
        return next((status for status in order if status in held), Verdict.NOT_APPLICABLE)

    @property
    def sort_key(self) -> tuple[Any, ...]:
        """Worst first, then by code."""
        applies = any(figure.denominator for figure in self.figures.values())
        return (-self.failing, not self.fails, -self.unknown, not applies, self.area.code)


@dataclass
class Board:
    """Everything the table shows: the total and its rows, and the areas compared below it."""

    area: Area
    total: Row
    rows: list[Row]
    compared: list[Row]
    by_village: bool


def at_date(rows: Any, on: date | None) -> Any:
    """Results or gaps of a night, or the newest."""
    return rows.latest_known() if on is None else rows.as_of(on)


def children_of(area: Area, areas: Any, on: date) -> list[Area]:
    """The areas next below that are still in force."""
    return list(areas.filter(parent=area).active(on).select_related("parent").order_by("code"))


def villages_of(area: Area, areas: Any) -> list[Area]:
    """Villages of the area that keep a register."""
    return list(
        areas.under(area).filter(village__isnull=False).select_related("parent").order_by("code")
    )


def build(
    area: Area,
    *,
    areas: QuerySet,
    results: QuerySet,
    gaps: QuerySet,
    on: date | None,
    by_village: bool,
    today: date,
) -> Board:
    """The board of an area: a fixed number of queries, whatever the number of rows."""
    below = [] if area.is_village else children_of(area, areas, today)
    if area.is_village:
        shown = []
    elif by_village:
        shown = villages_of(area, areas)
    else:
        shown = below
    every = {each.code: each for each in [area, *below, *shown]}
    known = figures.area_figures(every.values(), CORE, on=on)
    tallies = village_tallies(at_date(results, on).in_area(area), at_date(gaps, on).in_area(area))

    def row(each: Area) -> Row:
        return Row(each, {code: known[each.code, code] for code in CORE})

    total = row(area)
    rows = [row(each) for each in shown]
    compared = [] if not below or below[0].is_village else [row(each) for each in below]
    for group in ([total], rows, compared):
        share_out(group, tallies)
    return Board(
        area,
        total,
        sorted(rows, key=lambda r: r.sort_key),
        sorted((r for r in compared if r.tally.villages), key=lambda r: r.sort_key),
        by_village,
    )


def village_tallies(results: QuerySet, gaps: QuerySet) -> dict[int, Tally]:
    """Households and standing of every village, by its code. Two queries, grouped in the database."""
    tallies: dict[int, Tally] = {}
    bad = Q(status__in=(Verdict.NOT_MET, Verdict.INSUFFICIENT_DATA))
    register = Q(indicator=REGISTER_CODE)
    standing = (
        results.filter(indicator__in=CORE)
        .values("village_id")
        .annotate(
            households=Sum(F("denominator") + F("exempt"), filter=register),
            bad_count=Count("pk", filter=bad),
        )
    )
    for row in standing:
        households = row["households"] or 0
        tallies[row["village_id"]] = Tally(
            households=households,
            villages=int(households > 0),
            villages_met=int(households > 0 and not row["bad_count"]),
        )
    failing = (
        gaps.filter(indicator__in=HOUSEHOLD_CODES, household__isnull=False)
        .values("village_id")
        .annotate(
            any_count=Count("household_id", distinct=True),
            bad_count=Count("household_id", distinct=True, filter=Q(verdict=Verdict.NOT_MET)),
        )
    )
    for row in failing:
        tally = tallies.setdefault(row["village_id"], Tally(villages=1))
        tally.not_met = row["bad_count"]
        tally.insufficient = row["any_count"] - row["bad_count"]
    return tallies


def total_tally(results: QuerySet, gaps: QuerySet) -> Tally:
    total = Tally()
    for tally in village_tallies(results, gaps).values():
        total.add(tally)
    return total


def share_out(rows: Sequence[Row], tallies: Mapping[int, Tally]) -> None:
    """Give each row the sum of its villages; rows do not overlap."""
    ordered = sorted(rows, key=lambda r: r.area.range)
    starts = [row.area.range[0] for row in ordered]
    for village, tally in tallies.items():
        place = bisect_right(starts, village) - 1
        if place >= 0 and village <= ordered[place].area.range[1]:
            ordered[place].tally.add(tally)


def failing_households(gaps: QuerySet) -> QuerySet:
    """One row a household that has a gap: village, household, number of failing indicators."""
    rows = gaps.filter(indicator__in=HOUSEHOLD_CODES, household__isnull=False).values(
        "village_id", "household_id"
    )
    return rows.annotate(
        bad_count=Count("pk", filter=Q(verdict=Verdict.NOT_MET)),
        unknown_count=Count("pk", filter=Q(verdict=Verdict.INSUFFICIENT_DATA)),
    )


# ---------- over time ----------


def trend_nights(nights: Iterable[date], on: date | None) -> list[date]:
    """The last night of each month up to a date, and the newest one; oldest first."""
    chosen: dict[tuple[int, int], date] = {}
    for night in sorted(n for n in nights if on is None or n <= on):
        chosen[night.year, night.month] = night
    return list(chosen.values())[-TREND_POINTS:]


def trend(results: QuerySet, nights: Sequence[date]) -> list[tuple[date, int, int]]:
    """Failing and unknown units on each night. One query for all nights."""
    if not nights:
        return []
    failing = F("denominator") - F("numerator") - F("unknown")
    sums: dict[str, Any] = {}
    for place, night in enumerate(nights):
        sums[f"failing_{place}"] = Sum(failing, filter=as_of_q(night))
        sums[f"unknown_{place}"] = Sum("unknown", filter=as_of_q(night))
    found = results.filter(indicator__in=UNIT_CODES).aggregate(**sums)
    return [
        (night, found[f"failing_{place}"] or 0, found[f"unknown_{place}"] or 0)
        for place, night in enumerate(nights)
    ]


def burn_down(cases: CaseQuerySet, days: Sequence[date]) -> list[tuple[date, int]]:
    """Cases that stood open when each day ended. Queries of `count_turns`, for all days at once."""
    asked: dict[str, Turns] = {}
    for place, day in enumerate(days):
        asked[f"raised_{place}"] = Turns(RAISING, None, day)
        asked[f"closed_{place}"] = Turns((EventKind.CLOSED,), None, day)
    found: Counter[str] = Counter()
    for counts in cases.count_turns(asked).values() if days else ():
        found.update(counts)
    return [
        (day, found[f"raised_{place}"] - found[f"closed_{place}"]) for place, day in enumerate(days)
    ]


def previous_night(nights: Iterable[date], on: date) -> date | None:
    """The newest night before a date."""
    return max((night for night in nights if night < on), default=None)


def last_month_night(nights: Iterable[date], on: date) -> date | None:
    """The newest night of the months before."""
    return previous_night(nights, on.replace(day=1))


def changes(gaps: QuerySet, before: date, on: date) -> list[tuple[str, str, str, int]]:
    """How units moved between two nights: (was, is now, indicator, how many), worst first. Two queries.

    MET stands for every unit without a gap, those that left the register included.
    """
    known = gaps.model._default_manager.filter(
        superseded_at=None,
        indicator=OuterRef("indicator"),
        subject_kind=OuterRef("subject_kind"),
        subject_id=OuterRef("subject_id"),
    )
    standing = gaps.filter(superseded_at=None, indicator__in=UNIT_CODES)
    ended = (
        standing.filter(valid_to__gt=before, valid_to__lte=on)
        .annotate(now=Subquery(known.filter(valid_from=OuterRef("valid_to")).values("verdict")[:1]))
        .values("verdict", "now", "indicator")
        .annotate(count=Count("pk"))
    )
    began = (
        standing.filter(valid_from__gt=before, valid_from__lte=on)
        .exclude(Exists(known.filter(valid_to=OuterRef("valid_from"))))
        .values("verdict", "indicator")
        .annotate(count=Count("pk"))
    )
    moves = [
        (row["verdict"], row["now"] or Verdict.MET, row["indicator"], row["count"]) for row in ended
    ]
    moves += [(Verdict.MET, row["verdict"], row["indicator"], row["count"]) for row in began]
    order = (Verdict.NOT_MET, Verdict.MET, Verdict.INSUFFICIENT_DATA)
    return sorted(moves, key=lambda move: (order.index(move[0]), order.index(move[1]), move[2]))


def month_ends(first: date, last: date) -> list[date]:
    """The last day of each month from one date to another, then that date itself."""
    days, day = [], first
    while day < last:
        following = (day.replace(day=1) + timedelta(days=32)).replace(day=1)
        days.append(min(following - timedelta(days=1), last))
        day = following
    return days if days and days[-1] == last else [*days, last]
