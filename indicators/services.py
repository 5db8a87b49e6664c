"""Runs started, batches computed, the day kept fresh."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from django.db import IntegrityError, connection, transaction
from django.db.backends.utils import CursorWrapper
from django.db.models import Count, Max, Q, Sum

from accounts.models import Area
from core import audit, work
from core.models import Job
from indicators import engine, nights, parity
from indicators.enums import RunKind, RunState
from indicators.models import Run, RunBatch, RunNight
from indicators.standard_changes import load_standards
from indicators.standard_values import NoStandards, accounting_year, standard_days
from villages.models import FactChange, Village

BATCH_HOUSEHOLDS = 20_000  # about so many households a batch; a batch is one transaction
EVERYWHERE = (10**11, 10**12 - 1)
CATCH_UP_NIGHTS = 40
ORPHANED_AFTER = timedelta(minutes=1)

__all__ = ["NoStandards", "load_standards", "standard_days"]  # of standard_changes, for upper apps


class RunInProgress(Exception):
    """Another recomputation is running; `.run` says which."""

    def __init__(self, run: Run | None) -> None:
        super().__init__(str(run))
        self.run = run


class RunFailed(Exception):
    """The run was ended before all its batches were done; the text says why."""


def moment(on: date, known_at: datetime | None = None) -> engine.Moment:
    """The date judged, with its accounting year: last year's until the day the year turns."""
    return engine.Moment(on=on, accounting_year=accounting_year(on), known_at=known_at)


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
    elif work.may_retry("indicators.finish", str(run.pk), at=at):
        queue_finish(run, at=at)


def queue_finish(run: Run, *, at: datetime) -> None:
    """Have the end of a run done by a job, so that upper apps may follow it."""
    low, high = run.area.range if run.area else EVERYWHERE
    payload = {"run": run.pk, "on": run.on.isoformat(), "low": low, "high": high}
    work.enqueue("indicators.finish", str(run.pk), at=at, payload=payload)


@transaction.atomic
def compute_batch(*, batch: RunBatch, at: datetime, job: Job | None = None) -> RunBatch:
    """Compute one batch as of its run's date and watermark; again, it changes nothing.

    Writes only differences, known since the watermark: so a figure can be asked for as any revision
    had it. The batch's villages are locked, so that runs and day refreshes of one village follow one
    another. A batch of a run that was ended is left: the run is locked so that it cannot end, nor
    another begin, while a batch of it is being written. Batches of one run do not wait for each other.
    """
    if job is not None:
        work.still_mine(job)
    batch = RunBatch.objects.select_for_update(of=("self",)).select_related("run").get(pk=batch.pk)
    run = batch.run
    if batch.done_at or not _still_running(run):
        return batch
    when = moment(run.on, run.watermark)
    units = engine.Units(low=batch.low, high=batch.high)
    with connection.cursor() as cursor:
        counts = _judge(cursor, when, units)
        parity.keep(batch, parity.compare(cursor, when, units))
        results, gaps = _store(cursor, when, units, run.watermark)
    batch.done_at, batch.village_count = at, counts["village"]
    batch.household_count, batch.member_count = counts["household"], counts["member"]
    batch.changed_count, batch.opened_count, batch.closed_count = (
        results.total,
        gaps.begun,
        gaps.ended,
    )
    batch.save()
    _mark_night(run, batch, changed=bool(results.total or gaps.total))
    _ask_for_the_day_again(run, batch)
    return batch


def _still_running(run: Run) -> bool:
    """Whether the run goes on; it cannot end before this transaction does."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT state FROM indicators_run WHERE id = %s FOR SHARE", [run.pk])
        return bool(cursor.fetchone()[0] == RunState.RUNNING)


def _judge(cursor: CursorWrapper, when: engine.Moment, units: engine.Units) -> dict[str, int]:
    """Lock the villages, then fill the temporary tables of `engine.evaluate`."""
    cursor.execute(
        f"SELECT area_id FROM villages_village v WHERE {units.sql('v.area_id')} ORDER BY 1 FOR NO KEY UPDATE",
        engine.bindings(when, units),
    )
    return engine.evaluate(cursor, when, units)


def _store(
    cursor: CursorWrapper, when: engine.Moment, units: engine.Units, known_since: datetime
) -> tuple[nights.Written, nights.Written]:
    nights.later_nights(cursor, when, units)
    results = nights.write(cursor, nights.RESULTS, when, units, known_since)
    gaps = nights.write(cursor, nights.GAPS, when, units, known_since)
    return results, gaps


def _ask_for_the_day_again(run: Run, batch: RunBatch) -> None:
    """A run for the day that still lasts knows less than a refresh after its watermark did."""
    newer = RunNight.objects.filter(
        on=run.on, provisional=True, low__gte=batch.low, low__lte=batch.high
    ).filter(watermark__gt=run.watermark)
    FactChange.objects.bulk_create(
        FactChange(village_id=night.low, since=run.on, recorded_at=night.watermark)
        for night in newer
    )


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
    found = parity.report(run)
    detail = totals(run) | {"compared": found.village_count, "differing": found.difference_count}
    audit.record(action="run.finish", by=None, at=at, target=run, detail=detail)
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
    """The whole run in this process, batch by batch; `at` is its watermark.

    Raises RunInProgress, NoStandards, and RunFailed where another process ended the run.
    """
    run = start_run(on=on, kind=kind, at=at, by=by, area=area)
    try:
        for batch in run.batches.order_by("low"):
            compute_batch(batch=batch, at=at)
    except BaseException as error:
        fail_run(run=run, at=at, error=f"{type(error).__name__}: {error}")
        raise
    finish_run(run=run, at=at)
    run.refresh_from_db()
    if run.state != RunState.DONE:
        raise RunFailed(run.error)
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
        _mend_nights(rows)
        refresh_villages(villages, on=on, at=at)
        FactChange.objects.filter(pk__in=[row.pk for row in rows]).delete()
    return villages


def _mend_nights(changes: Sequence[FactChange]) -> None:
    """Compute again the nights that ought to have known these facts and may have missed them.

    A fact counts as known since the moment of its act, but can be seen only when its transaction
    commits: a long one (an import) may outlast a night whose watermark is later. What such a night
    shows must be what was known at its watermark, and nothing that was learnt afterwards.
    """
    oldest = min(change.recorded_at for change in changes)
    if not Run.objects.filter(watermark__gte=oldest).exists():
        return
    missed: dict[tuple[date, datetime], set[int]] = {}
    for change in changes:
        nights_after = RunNight.objects.filter(
            provisional=False, on__gte=change.since, watermark__gte=change.recorded_at
        ).filter(low__lte=change.village_id, high__gte=change.village_id)
        newest = nights_after.values("on").annotate(at=Max("watermark"))
        for on, at in newest.values_list("on", "at"):
            missed.setdefault((on, at), set()).add(change.village_id)
    for (on, at), villages in sorted(missed.items()):
        when, units = moment(on, at), engine.Units(villages=sorted(villages))
        with connection.cursor() as cursor:
            _judge(cursor, when, units)
            _store(cursor, when, units, at)


@transaction.atomic
def refresh_villages(villages: Sequence[int], *, on: date, at: datetime) -> Mapping[str, int]:
    """Compute these villages as of a date with everything known now, and mark them provisional."""
    when, units = moment(on), engine.Units(villages=villages)
    with connection.cursor() as cursor:
        counts = _judge(cursor, when, units)
        results, gaps = _store(cursor, when, units, at)
    RunNight.objects.bulk_create(
        [RunNight(on=on, low=pk, high=pk, provisional=True, watermark=at) for pk in villages],
        update_conflicts=True,
        unique_fields=["on", "low", "high", "revision", "provisional"],
        update_fields=["watermark"],
    )
    return {"results": results.total, "gaps": gaps.total, **counts}
