"""A figure through time: one row per recorded night, month or year, and what revisions changed.

A month or a year is worth what its last night on record says. Read from the intervals of nights, so
the cost goes with the changes, not with the nights; the number of queries is constant.
"""

from bisect import bisect_right
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db import connection
from django.db.models import Q

from accounts.models import Area
from indicators import figures
from indicators.definitions import CATALOGUE
from indicators.figures import COLUMNS, Figure
from indicators.models import Parameter, RunNight

PERIODS: dict[str, Callable[[date], Any]] = {
    "night": lambda night: night,
    "month": lambda night: (night.year, night.month),
    "year": lambda night: night.year,
}

# Every interval adds its integers when it begins and takes them away when it ends.
SUMS = f"""
WITH known AS (SELECT COALESCE(%(known_at)s::timestamptz, 'infinity') AS at), held AS (
  SELECT valid_from, CASE WHEN closed_at > at THEN NULL ELSE valid_to END AS valid_to, {", ".join(COLUMNS)}
  FROM indicators_result, known
  WHERE village_id BETWEEN %(low)s AND %(high)s AND indicator = %(code)s AND recorded_at <= at
    AND (superseded_at IS NULL OR superseded_at > at)
), steps AS (
  SELECT valid_from AS day, {", ".join(COLUMNS)} FROM held
  UNION ALL SELECT valid_to, {", ".join(f"-{name}" for name in COLUMNS)} FROM held WHERE valid_to IS NOT NULL
)
SELECT day, {", ".join(f"sum(sum({name})) OVER w" for name in COLUMNS)}
FROM steps GROUP BY day WINDOW w AS (ORDER BY day) ORDER BY day
"""
MOMENTS = f"""
SELECT q.at, q.day, {", ".join(f"COALESCE(sum(r.{name}), 0)" for name in COLUMNS)}
FROM unnest(%(days)s::date[], %(moments)s::timestamptz[]) q(day, at)
LEFT JOIN indicators_result r ON r.village_id BETWEEN %(low)s AND %(high)s AND r.indicator = %(code)s
  AND r.valid_from <= q.day AND (r.valid_to IS NULL OR r.valid_to > q.day OR r.closed_at > q.at)
  AND r.recorded_at <= q.at AND (r.superseded_at IS NULL OR r.superseded_at > q.at)
GROUP BY 1, 2 ORDER BY 2, 1
"""


@dataclass(frozen=True)
class Point:
    """What an area's figure was at the end of a night, month or year."""

    on: date
    figure: Figure
    earlier: tuple["Earlier", ...] = ()  # as it was known before, oldest first


@dataclass(frozen=True)
class Earlier:
    """A figure as a former revision had it, known until the next one replaced it."""

    known_at: datetime
    figure: Figure


def trend(
    area: Area,
    code: str,
    by: str = "night",
    *,
    known_at: datetime | None = None,
    last: int | None = None,
) -> list[Point]:
    """The `last` points of an area's figure, oldest first: as known now, or at a moment. Three queries."""
    ends: dict[Any, date] = {}
    for night in sorted(figures.nights_on_record(area, known_at)):
        ends[PERIODS[by](night)] = night
    nights = list(ends.values())[-last:] if last else list(ends.values())
    if not nights:
        return []
    with connection.cursor() as cursor:
        cursor.execute(SUMS, _bound(area, code) | {"known_at": known_at})
        steps = cursor.fetchall()
    days = [day for day, *_ in steps]
    found = {}
    for night in nights:
        place = bisect_right(days, night)
        found[night] = (
            [int(value) for value in steps[place - 1][1:]] if place else [0] * len(COLUMNS)
        )
    judge = _judge(area, code, known_at)
    return [Point(night, judge(night, found[night])) for night in nights]


def with_earlier(points: Sequence[Point], area: Area) -> list[Point]:
    """The points with what former revisions said, where it differs from what is known now. Three queries."""
    if not points:
        return []
    code = points[0].figure.indicator
    moments = _moments(area, [point.on for point in points])
    if not moments:
        return list(points)
    judge = _judge(area, code, None)
    bound = _bound(area, code) | {
        "days": [day for day, _at in moments],
        "moments": [at for _day, at in moments],
    }
    told: dict[date, list[Earlier]] = {}
    with connection.cursor() as cursor:
        cursor.execute(MOMENTS, bound)
        for at, day, *integers in cursor.fetchall():
            told.setdefault(day, []).append(Earlier(at, judge(day, [int(n) for n in integers])))
    return [
        replace(point, earlier=_changed(told.get(point.on, []), point.figure)) for point in points
    ]


def _changed(told: Iterable[Earlier], now: Figure) -> tuple[Earlier, ...]:
    """Those that say something else than the one after them; of equal ones the first."""
    kept: list[Earlier] = []
    for each in told:
        if not kept or kept[-1].figure != each.figure:
            kept.append(each)
    return tuple(kept[:-1] if kept and kept[-1].figure == now else kept)


def _moments(area: Area, days: Sequence[date]) -> list[tuple[date, datetime]]:
    """(date, watermark) of each revision of dates that have more than one; one query.

    Revisions of a part count from when the whole area had been computed.
    """
    low, high = area.range
    rows = RunNight.objects.filter(provisional=False, on__in=days, low__lte=high, high__gte=low)
    spans: dict[date, list[tuple[datetime, int, int]]] = {}
    for on, at, first, end in rows.values_list("on", "watermark", "low", "high"):
        spans.setdefault(on, []).append((at, first, end))
    found = []
    for on, parts in sorted(spans.items()):
        moments = sorted({at for at, _first, _end in parts})
        if len(moments) > 1:
            found += [
                (on, at)
                for at in moments
                if figures.covers([(a, b) for known, a, b in parts if known <= at], low, high)
            ]
    return found


def _bound(area: Area, code: str) -> dict[str, Any]:
    low, high = area.range
    return {"low": low, "high": high, "code": code}


def _judge(
    area: Area, code: str, known_at: datetime | None
) -> Callable[[date, Sequence[int]], Figure]:
    """Judges integers by the pass mark that held on their date for the whole area; one query."""
    threshold = CATALOGUE[code].threshold
    low, high = area.range
    rows = Parameter.objects.filter(code=threshold.parameter, low__lte=low, high__gte=high)
    if known_at is None:
        rows = rows.standing()
    else:
        stood = Q(superseded_at=None) | Q(superseded_at__gt=known_at)
        rows = rows.filter(stood, recorded_at__lte=known_at)
    marks = sorted(
        ((q.high - q.low, q.valid_from, q.valid_to, Decimal(q.value)) for q in rows),
        key=lambda mark: mark[0],
    )

    def judge(on: date, integers: Sequence[int]) -> Figure:
        valid = (
            value
            for _width, since, until, value in marks
            if since <= on and (until is None or on < until)
        )
        denominator, numerator, unknown, exempt, reported_only = integers
        figure = Figure(code, denominator, numerator, unknown, exempt, reported_only)
        status = threshold.status(
            denominator=figure.denominator,
            numerator=figure.numerator,
            unknown=figure.unknown,
            percent=next(valid, None),
        )
        return replace(figure, status=status)

    return judge
