"""Whether the day's incremental figures were right: what a run finds when it confirms them.

A village that was refreshed by day, and of which nothing has been learnt since, must come out of
the night's full computation exactly as the refresh left it. Where it does not, the refresh was
wrong (or something changed facts without leaving word), and a person must look.

A difference is legitimate, and the village is not compared, where since the refresh
* a fact was told: its queue row still waits, or a refresh of a later day has taken it;
* a standard that covers the village was recorded or replaced;
* a run has confirmed the date already: what differs then is a correction.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.db.backends.utils import CursorWrapper
from django.db.models import Sum

from accounts.models import Area
from indicators.definitions import CATALOGUE
from indicators.engine import Moment, Units, bindings
from indicators.models import Run, RunBatch

SHOWN = 100
SAYS = ("denominator", "numerator", "unknown", "exempt", "reported_only", "status")

COMPARABLE = """
SELECT n.low FROM indicators_runnight n
WHERE n.provisional AND n.on = %(on)s AND n.watermark <= %(known_at)s AND n.low BETWEEN %(low)s AND %(high)s
  AND NOT EXISTS (SELECT FROM indicators_runnight c WHERE NOT c.provisional AND c.on = n.on
                  AND n.low BETWEEN c.low AND c.high)
  AND NOT EXISTS (SELECT FROM indicators_runnight l WHERE l.provisional AND l.low = n.low AND l.on > n.on)
  AND NOT EXISTS (SELECT FROM villages_factchange f WHERE f.village_id = n.low AND f.recorded_at <= %(known_at)s)
  AND NOT EXISTS (SELECT FROM indicators_parameter q WHERE n.low BETWEEN q.low AND q.high
                  AND (q.recorded_at > n.watermark AND q.recorded_at <= %(known_at)s
                       OR q.superseded_at > n.watermark AND q.superseded_at <= %(known_at)s))
ORDER BY 1
"""
STANDING = (
    "superseded_at IS NULL AND valid_from <= %(on)s AND (valid_to IS NULL OR valid_to > %(on)s)"
)
FIGURES = f"""
SELECT COALESCE(n.village_id, o.village_id), COALESCE(n.indicator, o.indicator),
       {", ".join(f"o.{name}" for name in SAYS)}, {", ".join(f"n.{name}" for name in SAYS)}
FROM (SELECT * FROM t_result WHERE village_id = ANY(%(villages)s)) n
FULL JOIN (SELECT * FROM indicators_result WHERE village_id = ANY(%(villages)s) AND {STANDING}) o
  ON o.village_id = n.village_id AND o.indicator = n.indicator
WHERE ({", ".join(f"n.{name}" for name in SAYS)}) IS DISTINCT FROM ({", ".join(f"o.{name}" for name in SAYS)})
ORDER BY 1, 2
"""
UNITS = f"""
SELECT COALESCE(n.village_id, o.village_id), COALESCE(n.indicator, o.indicator), count(*)
FROM (SELECT * FROM t_gap WHERE village_id = ANY(%(villages)s)) n
FULL JOIN (SELECT * FROM indicators_gap WHERE village_id = ANY(%(villages)s) AND {STANDING}) o
  ON o.village_id = n.village_id AND o.indicator = n.indicator AND o.subject_id = n.subject_id
WHERE n.verdict IS DISTINCT FROM o.verdict
GROUP BY 1, 2 ORDER BY 1, 2
"""


@dataclass(frozen=True)
class Compared:
    """Villages compared, and every (village, indicator) whose figure or list differed, by both."""

    village_count: int = 0
    differences: list[dict[str, Any]] = field(default_factory=list)


def compare(cursor: CursorWrapper, when: Moment, units: Units) -> Compared:
    """The fresh tables of `engine.evaluate` against what refreshes left; call before they are written.

    One statement where no village was refreshed on the date, else three.
    """
    bound = bindings(when, units)
    cursor.execute(COMPARABLE, bound)
    villages = [village for (village,) in cursor.fetchall()]
    if not villages:
        return Compared()
    bound["villages"] = villages
    found: dict[tuple[int, str], dict[str, Any]] = {}
    cursor.execute(FIGURES, bound)
    for village, code, *values in cursor.fetchall():
        day, night = values[: len(SAYS)], values[len(SAYS) :]
        found[village, code] = _difference(village, code) | {
            "day": day if any(value is not None for value in day) else None,
            "night": night if any(value is not None for value in night) else None,
        }
    cursor.execute(UNITS, bound)
    for village, code, count in cursor.fetchall():
        found.setdefault((village, code), _difference(village, code))["units"] = count
    return Compared(len(villages), [found[key] for key in sorted(found)])


def _difference(village: int, code: str) -> dict[str, Any]:
    return {"village": str(village), "indicator": code, "day": None, "night": None, "units": 0}


def keep(batch: RunBatch, compared: Compared) -> None:
    """Put the outcome on the batch, unsaved; of the differences the first hundred."""
    batch.compared_count = compared.village_count
    batch.differing_count = len(compared.differences)
    batch.differences = compared.differences[:SHOWN]


@dataclass(frozen=True)
class Report:
    """What a whole run found: villages compared, how many figures differed, the first hundred of them."""

    village_count: int
    difference_count: int
    first: list[dict[str, Any]]

    @property
    def is_clean(self) -> bool:
        return not self.difference_count


def report(run: Run) -> Report:
    """Two queries, four where something differed."""
    sums = run.batches.aggregate(villages=Sum("compared_count"), differences=Sum("differing_count"))
    differing = run.batches.exclude(differing_count=0).order_by("low")[:SHOWN]
    rows = [row for batch in differing for row in batch.differences][:SHOWN]
    return Report(sums["villages"] or 0, sums["differences"] or 0, _named(rows))


def _named(rows: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    areas = Area.objects.in_bulk({int(row["village"]) for row in rows}) if rows else {}
    return [
        row
        | {"area": areas.get(int(row["village"])), "definition": CATALOGUE.get(row["indicator"])}
        for row in rows
    ]


def newest_difference(since: date) -> Run | None:
    """The newest run of a date not before `since` that found a difference; None while all agreed."""
    differing = Run.objects.filter(batches__differing_count__gt=0, on__gte=since)
    return differing.order_by("-on", "-pk").first()
