"""Background work of the indicators: batches of a run, its end, the day's refresh, the nightly bell."""

from celery import shared_task
from django.db import transaction

from core import clock, work
from core.jobs import ring_on_commit
from core.models import Job
from indicators import services, what_if
from indicators.enums import RunKind, RunState, TrialState
from indicators.models import FindingBatch, Run, RunBatch, StandardTrial
from indicators.quality import services as quality


@work.handler("indicators.batch")
def batch(job: Job) -> None:
    """Compute one batch; whoever finishes the last one queues the end of the run."""
    found = RunBatch.objects.select_related("run").filter(pk=job.payload["batch"]).first()
    if found is None or found.run.state != RunState.RUNNING:
        return
    services.compute_batch(batch=found, at=clock.now(), job=job)
    if not found.run.batches.filter(done_at=None).exists():
        services.queue_finish(found.run, at=clock.now())


@work.handler("indicators.finish")
def finish(job: Job) -> None:
    services.finish_run(run=Run.objects.get(pk=job.payload["run"]), at=clock.now())


@work.handler("indicators.refresh")
def refresh(job: Job) -> None:
    on = clock.today()
    villages = services.refresh_changed(on=on, at=clock.now())
    job.payload = {"villages": villages, "on": on.isoformat()}
    Job.objects.filter(pk=job.pk).update(payload=job.payload)


def fail_run_of(job: Job) -> None:
    """A batch that failed for good ends its run, visibly."""
    found = RunBatch.objects.select_related("run").filter(pk=job.payload.get("batch")).first()
    if found is not None:
        services.fail_run(run=found.run, at=clock.now(), error=job.error)


def fail_unfinished(job: Job) -> None:
    """A run that cannot be closed is ended, or it would hold off every later one."""
    run = Run.objects.filter(pk=job.payload.get("run"), state=RunState.RUNNING).first()
    if run is not None:
        services.fail_run(run=run, at=clock.now(), error=job.error)


@work.handler(what_if.JOB)
def try_standard(job: Job) -> None:
    """Judge a large region as things are and as a standard would make them."""
    trial = StandardTrial.objects.filter(pk=job.payload["trial"]).first()
    if trial is not None and trial.state == TrialState.WAITING:
        what_if.compute(trial=trial, at=clock.now(), job=job)


def fail_trial(job: Job) -> None:
    trial = StandardTrial.objects.filter(pk=job.payload.get("trial")).first()
    if trial is not None:
        what_if.fail(trial=trial, at=clock.now())


@work.handler(quality.JOB)
def find(job: Job) -> None:
    """Look at one batch's data quality, once the night's figures are done."""
    found = FindingBatch.objects.filter(pk=job.payload["batch"]).first()
    if found is not None:
        quality.find_batch(batch=found, at=clock.now(), job=job)


@work.handler(quality.DAY_JOB)
def find_today(job: Job) -> None:
    """Look at villages whose facts changed by day; a later day leaves it to its night."""
    on = clock.today()
    if job.payload["on"] == on.isoformat():
        quality.find_in_villages(job.payload["villages"], on=on, at=clock.now())


def find_after_run(job: Job) -> None:
    run = Run.objects.filter(pk=job.payload.get("run"), state=RunState.DONE).first()
    if run is not None:
        quality.queue_run(run, at=clock.now())


def find_after_refresh(job: Job) -> None:
    quality.queue_day(job, at=clock.now())


@shared_task(name="indicators.nightly")
def nightly() -> None:
    """Start the night that is due, or the oldest one missed; the end of a run starts the next."""
    start_due_night()


def start_due_night(_job: Job | None = None) -> None:
    due = services.next_night(today=clock.today())
    if due is None:
        return
    with transaction.atomic():
        try:
            run = services.start_run(on=due, kind=RunKind.NIGHT, at=clock.now())
        except (services.RunInProgress, services.NoStandards):
            return
        services.queue_run(run, at=clock.now())
        ring_on_commit(bells=2)
