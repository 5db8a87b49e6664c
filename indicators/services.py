"""Standards put on record, runs started, batches computed, the day kept fresh."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db import IntegrityError, connection, transaction
from django.db.models import Count, Max, Q, Sum
from django.utils.translation import gettext as _

from accounts.models import Area
from core import audit, work
from core.models import Job
from core.operations import NotReady
from indicators import engine, nights
from indicators.enums import RunKind, RunState
from indicators.models import Parameter, Run, RunBatch, RunNight
from indicators.standards import StandardValue, read_standards
from villages.models import FactChange, Village

BATCH_HOUSEHOLDS = 20_000  # about so many households a batch; a batch is one transaction
EVERYWHERE = (10**11, 10**12 - 1)
CATCH_UP_NIGHTS = 40
ORPHANED_AFTER = timedelta(minutes=1)
TURN = "year_turns_on"


class RunInProgress(Exception):
    """Another recomputation is running; `.run` says which."""

    def __init__(self, run: Run | None) -> None:
        super().__init__(str(run))
        self.run = run


class NoStandards(NotReady):
    """No standards are on record; `load_standards` puts them there."""

    def __str__(self) -> str:
        return _("标准尚未入库，无法计算，请管理员先装入标准。")


@dataclass(frozen=True)
class Loaded:
    """What loading the standards changed: values by count."""

    created: int
    superseded: int
    unchanged: int


@transaction.atomic
def load_standards(
    *, at: datetime, by: Any = None, values: Sequence[StandardValue] | None = None
) -> Loaded:
    """Put the reviewed files on record. Idempotent; a changed value supersedes the one before."""
    standing = {(p.code, p.region, p.valid_from): p for p in Parameter.objects.standing()}
    create, superseded, unchanged = [], [], 0
    for value in values if values is not None else read_standards():
        fresh = _parameter(value, at)
        held = standing.get((value.code, value.region, value.valid_from))
        if held and _same(held, fresh):
            unchanged += 1
            continue
        if held:
            superseded.append(held.pk)
        create.append(fresh)
    Parameter.objects.filter(pk__in=superseded).update(superseded_at=at)
    Parameter.objects.bulk_create(create)
    if create:
        audit.record(
            action="standards.load",
            by=by,
            at=at,
            detail={"created": [str(p) for p in create], "superseded": superseded},
        )
    return Loaded(len(create), len(superseded), unchanged)


def _parameter(value: StandardValue, at: datetime) -> Parameter:
    low, high = value.code_range
    return Parameter(
        code=value.code,
        name=value.name,
        unit=value.unit,
        direction=value.direction,
        by_year=value.by_year,
        region=value.region,
        low=low,
        high=high,
        valid_from=value.valid_from,
        valid_to=value.valid_to,
        value=value.value,
        document=value.document,
        section=value.section,
        note=value.note,
        recorded_at=at,
    )


def _same(held: Parameter, fresh: Parameter) -> bool:
    names = (
        "name",
        "unit",
        "direction",
        "by_year",
        "valid_to",
        "value",
        "document",
        "section",
        "note",
    )
    return all(getattr(held, name) == getattr(fresh, name) for name in names)


def moment(on: date, known_at: datetime | None = None) -> engine.Moment:
    """The date judged, with its accounting year: last year's until the day the year turns."""
    turn = (
        Parameter.objects.valid_on(on)
        .filter(code=TURN, region="")
        .values_list("value", flat=True)
        .first()
    )
    if turn is None:
        raise NoStandards
    year = on.year if on.strftime("%m-%d") >= turn else on.year - 1
    return engine.Moment(on=on, accounting_year=year, known_at=known_at)


def standard_days(code: str, village_id: int, on: date) -> int | None:
    """A number of days that is valid in a village on a date; None while no standards are loaded."""
    held = Parameter.objects.valid_on(on).covering(village_id, village_id).filter(code=code)
    value = held.values_list("value", flat=True).first()
    return int(value) if value else None


# --- runs ----------------------------------------------------------------------------------------


@transaction.atomic
def start_run(
    *, on: date, kind: str, at: datetime, by: Any = None, area: Area | None = None
) -> Run:
    """A new run with its batches. Raises RunInProgress while another is running, NoStandards without any."""
    moment(on)
    low, high = area.range if area else EVERYWHERE
    try:
        with transaction.atomic():
            run = Run.objects.create(
                on=on, kind=kind, area=area, watermark=at, started_at=at, started_by=by
            )
    except IntegrityError:
        raise RunInProgress(Run.objects.filter(state=RunState.RUNNING).first()) from None
    RunBatch.objects.bulk_create(
        RunBatch(run=run, low=a, high=b) for a, b in split_villages(low, high)
    )
    audit.record(
        action="run.start", by=by, at=at, target=run, detail={"on": on.isoformat(), "kind": kind}
    )
    return run


def split_villages(low: int, high: int) -> list[tuple[int, int]]:
    """Contiguous code ranges of about BATCH_HOUSEHOLDS households that together cover [low, high]."""
    counts = (
        Village.objects.filter(area_id__gte=low, area_id__lte=high)
        .annotate(size=Count("households"))
        .order_by("area_id")
        .values_list("area_id", "size")
    )
    starts, filled = [low], 0
    for code, size in counts:
        if filled and filled + size > BATCH_HOUSEHOLDS:
            starts.append(code)
            filled = 0
        filled += size + 1
    return [(a, b - 1) for a, b in zip(starts, [*starts[1:], high + 1], strict=True)]


def queue_run(run: Run, *, at: datetime) -> None:
    """Hand the run's unfinished batches to whoever works. Ring the bell after commit."""
    for batch in run.batches.filter(done_at=None):
        work.enqueue("indicators.batch", str(batch.pk), at=at, payload={"batch": batch.pk})


def resume_runs(at: datetime) -> None:
    """Queue what is left of a run that nobody works on any more; a source of `core.work`.

    A run computed in a process that was killed has no jobs. Queueing the batches of one that still
    works is harmless: each batch is computed once, and both share the rest.
    """
    run = Run.objects.filter(state=RunState.RUNNING, started_at__lt=at - ORPHANED_AFTER).first()
    if run is None:
        return
    if run.batches.filter(done_at=None).exists():
        queue_run(run, at=at)
    else:
        queue_finish(run, at=at)


def queue_finish(run: Run, *, at: datetime) -> None:
    """Have the end of a run done by a job, so that upper apps may follow it."""
    low, high = run.area.range if run.area else EVERYWHERE
    payload = {"run": run.pk, "on": run.on.isoformat(), "low": low, "high": high}
    work.enqueue("indicators.finish", str(run.pk), at=at, payload=payload)


@transaction.atomic
def compute_batch(*, batch: RunBatch, at: datetime, job: Job | None = None) -> RunBatch:
    """Compute one batch as of its run's date and watermark; again, it changes nothing.

    Writes only differences. The batch's villages are locked, so that runs and day refreshes of one
    village follow one another.
    """
    if job is not None:
        work.still_mine(job)
    batch = RunBatch.objects.select_for_update().select_related("run").get(pk=batch.pk)
    if batch.done_at:
        return batch
    run = batch.run
    units = engine.Units(low=batch.low, high=batch.high)
    counts, results, gaps = _write(moment(run.on, run.watermark), units, at)
    batch.done_at, batch.village_count = at, counts["village"]
    batch.household_count, batch.member_count = counts["household"], counts["member"]
    batch.changed_count, batch.opened_count, batch.closed_count = (
        results.total,
        gaps.begun,
        gaps.ended,
    )
    batch.save()
    _mark_night(run, batch, changed=bool(results.total or gaps.total))
    return batch


def _write(
    when: engine.Moment, units: engine.Units, at: datetime
) -> tuple[dict[str, int], nights.Written, nights.Written]:
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT area_id FROM villages_village v WHERE {units.sql('v.area_id')} ORDER BY 1 FOR NO KEY UPDATE",
            engine.bindings(when, units),
        )
        counts = engine.evaluate(cursor, when, units)
        nights.later_nights(cursor, when, units)
        results = nights.write(cursor, nights.RESULTS, when, at)
        gaps = nights.write(cursor, nights.GAPS, when, at)
    return counts, results, gaps


def _mark_night(run: Run, batch: RunBatch, *, changed: bool) -> None:
    """Record that the date was computed for these villages; a new revision where it changed."""
    earlier = RunNight.objects.filter(
        on=run.on, low__lte=batch.high, high__gte=batch.low, provisional=False
    )
    last = earlier.aggregate(last=Max("revision"))["last"] or 0
    if changed or not earlier.filter(low__lte=batch.low, high__gte=batch.high).exists():
        RunNight.objects.create(
            on=run.on,
            low=batch.low,
            high=batch.high,
            revision=last + 1,
            watermark=run.watermark,
            run=run,
        )


@transaction.atomic
def finish_run(*, run: Run, at: datetime) -> bool:
    """Close a run whose batches are all done; whether this call did so."""
    run = Run.objects.select_for_update().get(pk=run.pk)
    if run.state != RunState.RUNNING or run.batches.filter(done_at=None).exists():
        return False
    run.state, run.finished_at = RunState.DONE, at
    run.save(update_fields=["state", "finished_at"])
    audit.record(action="run.finish", by=None, at=at, target=run, detail=totals(run))
    return True


@transaction.atomic
def fail_run(*, run: Run, at: datetime, error: str) -> None:
    """End a run that cannot go on, so that it is seen and the next one may start."""
    Run.objects.filter(pk=run.pk, state=RunState.RUNNING).update(
        state=RunState.FAILED, finished_at=at, error=error
    )
    audit.record(action="run.fail", by=None, at=at, target=run, detail={"error": error[:500]})


def totals(run: Run) -> dict[str, Any]:
    """Sums over the run's batches, under the names of the `recompute --json` contract."""
    sums = run.batches.aggregate(
        villages=Sum("village_count"),
        households=Sum("household_count"),
        members=Sum("member_count"),
        results_changed=Sum("changed_count"),
        gaps_opened=Sum("opened_count"),
        gaps_closed=Sum("closed_count"),
    )
    return {"on": run.on.isoformat(), **{name: value or 0 for name, value in sums.items()}}


def progress_of(runs: Sequence[Run]) -> dict[int, tuple[int, int]]:
    """Batches done and in all, by run; one query."""
    counted = RunBatch.objects.filter(run__in=runs).values("run_id")
    counted = counted.annotate(done=Count("pk", filter=Q(done_at__isnull=False)), total=Count("pk"))
    found = {row["run_id"]: (row["done"], row["total"]) for row in counted}
    return {run.pk: found.get(run.pk, (0, 0)) for run in runs}


def recompute(
    *, on: date, at: datetime, by: Any = None, area: Area | None = None, kind: str = RunKind.MANUAL
) -> Run:
    """The whole run in this process, batch by batch; `at` is its watermark."""
    run = start_run(on=on, kind=kind, at=at, by=by, area=area)
    try:
        for batch in run.batches.order_by("low"):
            compute_batch(batch=batch, at=at)
    except BaseException as error:
        fail_run(run=run, at=at, error=f"{type(error).__name__}: {error}")
        raise
    finish_run(run=run, at=at)
    run.refresh_from_db()
    return run


def next_night(*, today: date) -> date | None:
    """The oldest night that is due and was not run: yesterday, or one that was missed before it.

    A later date that somebody ran by hand does not make up for the nights missed before it.
    """
    yesterday = today - timedelta(days=1)
    since = yesterday - timedelta(days=CATCH_UP_NIGHTS)
    runs = Run.objects.filter(area=None, state=RunState.DONE, on__gte=since, on__lte=yesterday)
    done = set(runs.values_list("on", "kind"))
    if not done:
        return yesterday
    dates = {on for on, _kind in done}
    night = max({on for on, kind in done if kind == RunKind.NIGHT} or dates)
    while night in dates:
        night += timedelta(days=1)
    return night if night <= yesterday else None


# --- the day -------------------------------------------------------------------------------------


def queue_refresh(at: datetime) -> None:
    """Turn waiting fact changes into one refresh job; a source of `core.work`."""
    if FactChange.objects.exists() and work.may_retry("indicators.refresh", "day", at=at):
        work.enqueue("indicators.refresh", "day", at=at)


@transaction.atomic
def refresh_changed(*, on: date, at: datetime, limit: int = 2000) -> list[int]:
    """Recompute villages whose facts changed, as of the business date; the villages done.

    Takes only the queue rows it has read, so a change that commits later waits for the next turn.
    The figures are provisional until the night of this date confirms them.
    """
    rows = list(FactChange.objects.select_for_update(skip_locked=True).order_by("pk")[:limit])
    villages = sorted({row.village_id for row in rows})
    if villages:
        refresh_villages(villages, on=on, at=at)
        FactChange.objects.filter(pk__in=[row.pk for row in rows]).delete()
    return villages


@transaction.atomic
def refresh_villages(villages: Sequence[int], *, on: date, at: datetime) -> Mapping[str, int]:
    """Compute these villages as of a date with everything known now, and mark them provisional."""
    counts, results, gaps = _write(moment(on), engine.Units(villages=villages), at)
    RunNight.objects.bulk_create(
        [RunNight(on=on, low=pk, high=pk, provisional=True, watermark=at) for pk in villages],
        update_conflicts=True,
        unique_fields=["on", "low", "high", "revision", "provisional"],
        update_fields=["watermark"],
    )
    return {"results": results.total, "gaps": gaps.total, **counts}
