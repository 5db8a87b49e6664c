"""What would change if a standard had another value: judged twice, written nowhere.

The value is put on record exactly as an approval would put it, inside a savepoint that is always
rolled back; so a trial and the decision after it cannot disagree, and the trial leaves nothing.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper
from django.utils.translation import gettext as _

from core import audit, work
from core.models import Job
from households.models import Household
from indicators import engine, services
from indicators.enums import TrialState, Verdict
from indicators.models import StandardProposal, StandardTrial
from indicators.standard_changes import adopt
from indicators.standard_values import (
    Reading,
    StandardRefused,
    accounting_year,
    holds_on,
    indicators_reading,
    standard_of,
)
from indicators.standards import region_range
from villages.models import Village

JOB = "indicators.try"
MOST_INLINE = 50_000  # households that are judged while the person waits; more go to a worker
MOST_UNITS = 5_000  # units that are kept by name; counts are always complete
KEPT = 20  # trials of a person that no proposal cites


class NothingToTry(StandardRefused):
    """No indicator reads this standard, so no household or village can flip."""

    def __str__(self) -> str:
        return _("没有指标用到这项标准，改动不影响任何户和村的判定。")


class WrongDay(StandardRefused):
    """On this day the value would not hold, so nothing could differ."""

    field = "on"

    def __str__(self) -> str:
        return _("这一天不在所填的有效期内，请另选判定日期。")


@dataclass
class Differences:
    """What two judgements of the same units disagree on.

    `villages`: one entry per village and indicator. `units`: the first that turned, at most
    MOST_UNITS; `unit_count`: all that did.
    """

    villages: list[dict[str, Any]] = field(default_factory=list)
    units: list[dict[str, Any]] = field(default_factory=list)
    unit_count: int = 0
    village_count: int = 0
    household_count: int = 0


def day_to_judge(reading: Reading, today: date) -> date:
    """The day nearest to today on which the value would count; for values by year the end of one."""
    standard = standard_of(reading.code)
    if standard.by_year:
        if holds_on(reading, date(accounting_year(today), 12, 31)):
            return today
        return date(reading.valid_from.year, 12, 31)
    if reading.valid_to is not None and reading.valid_to <= today:
        return date.fromordinal(reading.valid_to.toordinal() - 1)
    return max(reading.valid_from, today)


@transaction.atomic
def try_out(
    *, reading: Reading, on: date, by: Any, at: datetime, proposal: StandardProposal | None = None
) -> StandardTrial:
    """Judge the region twice; small ones now, large ones by a worker (ring the bell after commit).

    The result is kept for the person; older ones that no proposal cites go. Raises NothingToTry,
    WrongDay and BadValue.
    """
    standard = standard_of(reading.code)
    value = standard.clean(reading.value)
    if not indicators_reading(reading.code):
        raise NothingToTry
    day = date(accounting_year(on), 12, 31) if standard.by_year else on
    if not holds_on(reading, day):
        raise WrongDay
    low, high = region_range(reading.region)
    trial = StandardTrial.objects.create(
        code=reading.code, region=reading.region, low=low, high=high, valid_from=reading.valid_from,
        valid_to=reading.valid_to, value=value, on=on, proposal=proposal, asked_by=by, asked_at=at,
    )  # fmt: skip
    audit.record(
        action="standards.try",
        by=by,
        at=at,
        target=trial,
        detail={"code": trial.code, "region": trial.region, "value": value, "on": on.isoformat()},
    )
    mine = StandardTrial.objects.filter(asked_by=by, proposal=None).order_by("-pk")
    StandardTrial.objects.filter(pk__in=list(mine.values_list("pk", flat=True)[KEPT:])).delete()
    households = Household.objects.filter(village_id__gte=low, village_id__lte=high)
    if households[: MOST_INLINE + 1].count() > MOST_INLINE:
        work.enqueue(JOB, str(trial.pk), at=at, payload={"trial": trial.pk})
        return trial
    return compute(trial=trial, at=at)


def compute(*, trial: StandardTrial, at: datetime, job: Job | None = None) -> StandardTrial:
    """Fill a trial, batch by batch; each batch is judged before and after at one moment."""
    found = Differences()
    batches = services.split_villages(trial.low or 1, trial.high)
    for number, (low, high) in enumerate(batches):
        _collect(found, trial, low, high, at)
        if job is not None:
            work.progress(job, number + 1, len(batches))
    with transaction.atomic():
        if job is not None:
            work.still_mine(job)
        trial.villages, trial.units = found.villages, found.units
        trial.unit_count, trial.village_count = found.unit_count, found.village_count
        trial.household_count = found.household_count
        trial.state, trial.done_at = TrialState.DONE, at
        trial.save()
    return trial


def fail(*, trial: StandardTrial, at: datetime) -> None:
    """Say that a trial has come to nothing."""
    StandardTrial.objects.filter(pk=trial.pk, state=TrialState.WAITING).update(
        state=TrialState.FAILED, done_at=at
    )


def _collect(found: Differences, trial: StandardTrial, low: int, high: int, at: datetime) -> None:
    """Judge one range as things are and as they would be; the savepoint takes everything back."""
    codes = [definition.code for definition in indicators_reading(trial.code)]
    units = engine.Units(low=low, high=high)
    reading = Reading(
        code=trial.code,
        region=trial.region,
        valid_from=trial.valid_from,
        valid_to=trial.valid_to,
        value=trial.value,
    )
    with transaction.atomic(), connection.cursor() as cursor:
        counts = engine.evaluate(cursor, services.moment(trial.on), units, codes)
        for name in ("result", "gap"):
            cursor.execute(f"CREATE TEMP TABLE w_{name} ON COMMIT DROP AS SELECT * FROM t_{name}")
        adopt(standard_of(trial.code), reading, at=at)
        engine.evaluate(cursor, services.moment(trial.on), units, codes)
        _compare(cursor, found, codes)
        transaction.set_rollback(True)
    found.household_count += counts["household"]
    found.village_count += Village.objects.filter(area_id__gte=low, area_id__lte=high).count()


def _compare(cursor: CursorWrapper, found: Differences, codes: Iterable[str]) -> None:
    asked: dict[str, Any] = {"codes": list(codes), "room": MOST_UNITS - len(found.units)}
    cursor.execute(
        "CREATE TEMP TABLE w_turned ON COMMIT DROP AS"
        " SELECT village_id, indicator, subject_kind, subject_id,"
        " COALESCE(b.household_id, a.household_id) AS household_id,"
        " b.verdict AS before, a.verdict AS after"
        " FROM w_gap b FULL JOIN t_gap a USING (village_id, indicator, subject_kind, subject_id)"
        " WHERE b.verdict IS DISTINCT FROM a.verdict AND indicator = ANY(%(codes)s)",
        asked,
    )
    cursor.execute(
        "SELECT village_id, indicator, b.status, a.status, b.numerator, b.denominator,"
        " a.numerator, a.denominator, COALESCE(n.failing, 0), COALESCE(n.unknown, 0),"
        " COALESCE(n.clear, 0)"
        " FROM w_result b FULL JOIN t_result a USING (village_id, indicator)"
        " LEFT JOIN (SELECT village_id, indicator,"
        "  count(*) FILTER (WHERE after = 'NOT_MET') AS failing,"
        "  count(*) FILTER (WHERE after = 'INSUFFICIENT_DATA') AS unknown,"
        "  count(*) FILTER (WHERE after IS NULL) AS clear"
        "  FROM w_turned GROUP BY 1, 2) n USING (village_id, indicator)"
        " WHERE indicator = ANY(%(codes)s)"
        " AND (n.failing IS NOT NULL OR (b.status, b.numerator, b.denominator, b.unknown, b.exempt)"
        "  IS DISTINCT FROM (a.status, a.numerator, a.denominator, a.unknown, a.exempt))"
        " ORDER BY 1, 2",
        asked,
    )
    none = Verdict.NOT_APPLICABLE
    for village, code, before, after, n0, d0, n1, d1, failing, unknown, clear in cursor.fetchall():
        found.villages.append(
            {
                "village": village,
                "indicator": code,
                "before": before or none,
                "after": after or none,
                "was": [n0 or 0, d0 or 0],
                "will": [n1 or 0, d1 or 0],
                "failing": failing,
                "unknown": unknown,
                "clear": clear,
            }
        )
        found.unit_count += failing + unknown + clear
    cursor.execute(
        "SELECT village_id, indicator, subject_kind, subject_id, household_id, before, after"
        " FROM w_turned ORDER BY village_id, indicator, subject_id LIMIT %(room)s",
        asked,
    )
    names = ("village", "indicator", "kind", "subject", "household", "before", "after")
    found.units += [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
