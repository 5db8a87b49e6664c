"""Background work of the indicators: batches of a run, its end, the day's refresh, the nightly bell."""

from celery import shared_task
from django.db import transaction

from core import clock, work
from core.jobs import ring_on_commit
from core.models import Job
from indicators import services
from indicators.enums import RunKind, RunState
from indicators.models import Run, RunBatch


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
