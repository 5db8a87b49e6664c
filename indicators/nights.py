"""Results and gaps as intervals of nights: only differences are written, nothing is altered.

A row holds over [valid_from, valid_to). A new night closes what no longer holds and opens what
does. Recomputing an earlier date with what is known now supersedes the row that covers it and
writes up to three: the nights before unchanged, the date itself anew, the later nights unchanged;
so the old figure stays readable as it was known.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.backends.utils import CursorWrapper

from indicators.engine import Moment, Units, bindings


@dataclass(frozen=True)
class Ledger:
    """A table of intervals: what identifies a row, and what it says."""

    table: str
    fresh: str  # temporary table with the date's rows
    keys: tuple[str, ...]
    says: tuple[str, ...]
    carries: tuple[str, ...] = ()  # copied, never compared


RESULTS = Ledger(
    "indicators_result",
    "t_result",
    ("village_id", "indicator"),
    ("denominator", "numerator", "unknown", "exempt", "reported_only", "status", "parameters"),
)
GAPS = Ledger(
    "indicators_gap",
    "t_gap",
    ("village_id", "indicator", "subject_id"),
    ("verdict",),
    ("subject_kind", "household_id"),
)

FINDINGS = Ledger(
    "indicators_finding",
    "t_finding",
    ("village_id", "rule", "subject_id"),
    ("seen", "digest"),
    ("severity", "subject_kind", "household_id", "since"),
)
FOUND = "(SELECT * FROM indicators_findingbatch WHERE done_at IS NOT NULL)"


@dataclass(frozen=True)
class Written:
    """How many rows began, ended, or changed what they say."""

    begun: int
    ended: int
    altered: int

    @property
    def total(self) -> int:
        return self.begun + self.ended + self.altered


def later_nights(
    cursor: CursorWrapper, moment: Moment, units: Units, computed: str = "indicators_runnight"
) -> None:
    """Fill t_scope: each village judged, and the next date after this one that was computed for it.

    `computed`: the table of dates and ranges that says so; data quality has its own.
    """
    cursor.execute("DROP TABLE IF EXISTS t_scope")
    cursor.execute(
        "CREATE TEMP TABLE t_scope ON COMMIT DROP AS SELECT v.area_id AS village_id,"
        f" (SELECT min(n.on) FROM {computed} n WHERE n.on > %(on)s AND v.area_id BETWEEN n.low AND n.high)"
        f" AS next_night FROM villages_village v WHERE {units.sql('v.area_id')}",
        bindings(moment, units),
    )


def write(
    cursor: CursorWrapper, ledger: Ledger, moment: Moment, units: Units, at: datetime
) -> Written:
    """Bring a ledger to what the temporary tables say of the date; two statements when nothing changed.

    Every statement names the units' villages, so that a batch reads its own part of the ledger.
    """
    bound = bindings(moment, units) | {"at": at}
    keys, says = list(ledger.keys), list(ledger.says)
    every = [*keys, *says, *ledger.carries]
    cursor.execute("DROP TABLE IF EXISTS t_diff")
    same = " AND ".join(f"o.{key} = n.{key}" for key in keys)
    told = ", ".join(f"n.{name} AS new_{name}" for name in every)
    held = ", ".join(f"o.{name} AS old_{name}" for name in every)
    cursor.execute(
        f"CREATE TEMP TABLE t_diff ON COMMIT DROP AS SELECT o.id AS old_id, o.valid_from AS old_from,"
        f" o.valid_to AS old_to, n.{keys[0]} IS NOT NULL AS told, {told}, {held}, s.next_night"
        f" FROM {ledger.fresh} n FULL JOIN ("
        f"   SELECT r.* FROM {ledger.table} r WHERE {units.sql('r.village_id')} AND r.superseded_at IS NULL"
        f"   AND r.valid_from <= %(on)s AND (r.valid_to IS NULL OR r.valid_to > %(on)s)"
        f" ) o ON {same}"
        f" JOIN t_scope s ON s.village_id = COALESCE(n.village_id, o.village_id)"
        f" WHERE o.id IS NULL OR n.{keys[0]} IS NULL OR"
        f" ({', '.join('n.' + name for name in says)}) IS DISTINCT FROM ({', '.join('o.' + name for name in says)})",
        bound,
    )
    cursor.execute(
        "SELECT count(*) FILTER (WHERE old_id IS NULL), count(*) FILTER (WHERE NOT told),"
        " count(*) FILTER (WHERE old_id IS NOT NULL AND told) FROM t_diff"
    )
    begun, ended, altered = cursor.fetchone()
    if ended or altered:
        _close(cursor, ledger, units, every, bound)
    if begun or altered:
        _insert(
            cursor,
            ledger,
            every,
            "new",
            "%(on)s::date, next_night, %(at)s, CASE WHEN next_night IS NOT NULL THEN %(at)s::timestamptz END",
            "told",
            bound,
        )
    return Written(begun, ended, altered)


def _close(
    cursor: CursorWrapper, ledger: Ledger, units: Units, every: Sequence[str], bound: dict[str, Any]
) -> None:
    """End what no longer holds, or supersede it and keep the nights before and after as they were."""
    simply_ends = "old_to IS NULL AND next_night IS NULL AND old_from < %(on)s"
    for change, which in (
        ("valid_to = %(on)s, closed_at = %(at)s", simply_ends),
        ("superseded_at = %(at)s", f"NOT ({simply_ends})"),
    ):
        cursor.execute(
            f"UPDATE {ledger.table} r SET {change} FROM t_diff d"
            f" WHERE r.id = d.old_id AND {units.sql('r.village_id')} AND {which}",
            bound,
        )
    _insert(
        cursor,
        ledger,
        every,
        "old",
        "old_from, %(on)s::date, %(at)s, %(at)s",
        f"old_id IS NOT NULL AND old_from < %(on)s AND NOT ({simply_ends})",
        bound,
    )
    _insert(
        cursor,
        ledger,
        every,
        "old",
        "next_night, old_to, %(at)s, CASE WHEN old_to IS NOT NULL THEN %(at)s::timestamptz END",
        "old_id IS NOT NULL AND next_night IS NOT NULL AND (old_to IS NULL OR old_to > next_night)",
        bound,
    )


def _insert(
    cursor: CursorWrapper,
    ledger: Ledger,
    every: Sequence[str],
    which: str,
    interval: str,
    where: str,
    bound: dict[str, Any],
) -> None:
    """Rows of t_diff into the ledger: its `new_` or `old_` values, over an interval, recorded and closed when."""
    values = ", ".join(f"{which}_{name}" for name in every)
    cursor.execute(
        f"INSERT INTO {ledger.table} ({', '.join(every)}, valid_from, valid_to, recorded_at, closed_at)"
        f" SELECT {values}, {interval} FROM t_diff WHERE {where}",
        bound,
    )
