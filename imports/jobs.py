"""Background work of the imports: large files are read and written by a job while a page waits."""

from accounts.models import User
from core import clock, work
from core.models import Job
from imports import services
from imports.models import ImportBatch

READ, CONFIRM = "imports.read", "imports.confirm"


@work.handler(READ)
def read(job: Job) -> None:
    services.read_file(batch=_batch(job), at=clock.now())


@work.handler(CONFIRM)
def confirm(job: Job) -> None:
    by = User.objects.get(pk=job.payload["by"])
    services.finish_confirm(batch=_batch(job), by=by, at=clock.now())


def give_up(job: Job) -> None:
    """The last attempt failed."""
    services.fail_batch(batch=_batch(job), at=clock.now())


def enqueue_read(batch: ImportBatch) -> None:
    work.enqueue(READ, str(batch.pk), at=clock.now())


def enqueue_confirm(batch: ImportBatch, by: User) -> None:
    work.enqueue(CONFIRM, str(batch.pk), at=clock.now(), payload={"by": by.pk})


def latest_job(batch: ImportBatch) -> Job | None:
    """The newest job about a batch, for the page that waits for it."""
    return Job.objects.filter(kind__in=[READ, CONFIRM], key=str(batch.pk)).order_by("-pk").first()


def _batch(job: Job) -> ImportBatch:
    return ImportBatch.objects.get(pk=int(job.key))
