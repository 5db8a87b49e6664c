"""Background work that belongs to PostgreSQL.

A `Job` row says what is to be done and how far it is. Whoever works holds a session-level advisory
lock named by the row, so an orphan is known the moment its process dies; the sweeper re-queues it.
Every claim raises the row's fencing number, and a writer that lost its claim is refused
(`still_mine`). Celery only rings the bell, so a lost broker loses nothing.
"""

import logging
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

from django.db import IntegrityError, connection, transaction
from django.db.models import Case, Value, When
from django.utils import timezone

from core.models import Job, JobState

logger = logging.getLogger(__name__)

LOCK_CLASS = 71  # first half of the advisory lock's name; the second half is the job's id
MAX_ATTEMPTS = 3
REST = timedelta(minutes=5)
ENQUEUE_TRIES = 5

Handler = Callable[[Job], None]
_handlers: dict[str, Handler] = {}
_followers: dict[str, list[Handler]] = defaultdict(list)
_mourners: dict[str, list[Handler]] = defaultdict(list)
_sources: list[Callable[[datetime], None]] = []
_urgent: set[str] = set()


class LostClaim(Exception):
    """Another worker has taken this job; whatever was not committed is discarded."""


class UnknownKind(Exception):
    """No handler is registered for the job's kind."""


def handler(kind: str) -> Callable[[Handler], Handler]:
    """Register the one function that does jobs of a kind."""

    def register(function: Handler) -> Handler:
        _handlers[kind] = function
        return function

    return register


def follow(kind: str, function: Handler) -> None:
    """Let an upper app act in the transaction that marks a lower app's job done."""
    if function not in _followers[kind]:
        _followers[kind].append(function)


def on_failure(kind: str, function: Handler) -> None:
    """Call a function when a job of this kind has failed for good."""
    if function not in _mourners[kind]:
        _mourners[kind].append(function)


def source(function: Callable[[datetime], None]) -> None:
    """Register a function that turns waiting queue rows into jobs; asked at every bell."""
    if function not in _sources:
        _sources.append(function)


def urgent(kind: str) -> None:
    """Let jobs of a kind go before all others that wait: somebody looks at the screen for them."""
    _urgent.add(kind)


def enqueue(
    kind: str, key: str, *, at: datetime, payload: Mapping[str, Any] | None = None, total: int = 0
) -> Job:
    """The living job of this kind and key, made if there is none. Ring the bell after commit."""
    values = {
        "payload": dict(payload or {}),
        "queued_at": at,
        "total_count": total,
        "state": JobState.QUEUED,
    }
    for tries in range(ENQUEUE_TRIES):
        try:
            job, _ = Job.objects.get_or_create(
                kind=kind, key=key, state__in=[JobState.QUEUED, JobState.RUNNING], defaults=values
            )
        except (
            IntegrityError
        ):  # another made one meanwhile, and it has ended before we could read it
            if tries == ENQUEUE_TRIES - 1:
                raise
        else:
            return job
    raise AssertionError("unreachable")


def may_retry(kind: str, key: str, *, at: datetime) -> bool:
    """Whether a source may queue this job: not within REST of its having failed for good.

    A source asks at every bell, so a job that cannot succeed would otherwise be made again at once.
    """
    return not Job.objects.filter(
        kind=kind, key=key, state=JobState.FAILED, finished_at__gt=at - REST
    ).exists()


def work(limit: int | None = None) -> int:
    """Do queued jobs, oldest first, until none is left; the number done or failed.

    Only jobs nobody else holds are taken, so any number of workers may do this at once.
    """
    count = 0
    while limit is None or count < limit:
        for ask in _sources:
            ask(timezone.now())
        with _claim() as job:
            if job is None:
                return count
            _run(job)
        count += 1
    return count


def sweep(*, at: datetime) -> int:
    """Put jobs whose worker died back into the queue; how many are waiting now."""
    for pk in Job.objects.filter(state=JobState.RUNNING).values_list("pk", flat=True):
        if not _try_lock(pk):
            continue
        try:
            revived = Job.objects.filter(pk=pk, state=JobState.RUNNING)
            revived.filter(attempt__lt=MAX_ATTEMPTS).update(state=JobState.QUEUED, queued_at=at)
            with transaction.atomic():
                for job in revived.select_for_update().filter(attempt__gte=MAX_ATTEMPTS):
                    job.state, job.finished_at, job.error = JobState.FAILED, at, "作业进程多次中断"
                    job.save(update_fields=["state", "finished_at", "error"])
                    _mourn(job)
        finally:
            _unlock(pk)
    for ask in _sources:
        ask(at)
    return Job.objects.filter(state=JobState.QUEUED).count()


def still_mine(job: Job) -> None:
    """Refuse to write for a job that another worker has claimed. Call inside the transaction."""
    mine = Job.objects.select_for_update().filter(
        pk=job.pk, fence=job.fence, state=JobState.RUNNING
    )
    if not mine.exists():
        raise LostClaim(job.pk)


def progress(job: Job, done: int, total: int | None = None) -> None:
    """Show how far a job is; one statement."""
    changes = {"done_count": done} | ({"total_count": total} if total is not None else {})
    Job.objects.filter(pk=job.pk, fence=job.fence).update(**changes)


@contextmanager
def _claim() -> Iterator[Job | None]:
    """The oldest free job, urgent ones first, locked to this database session while the block runs.

    A job whose lock somebody still holds (it has just been put back) is passed over, not waited for.
    """
    job: Job | None = None
    passed_over: list[int] = []
    urgency = Case(When(kind__in=_urgent, then=Value(0)), default=Value(1))
    while job is None:
        with transaction.atomic():
            found = (
                Job.objects.select_for_update(skip_locked=True)
                .filter(state=JobState.QUEUED)
                .exclude(pk__in=passed_over)
                .order_by(urgency, "queued_at", "pk")
                .first()
            )
            if found is None:
                break
            if not _try_lock(found.pk):
                passed_over.append(found.pk)
                continue
            job = found
            job.state, job.attempt, job.fence = JobState.RUNNING, job.attempt + 1, job.fence + 1
            job.started_at, job.error = timezone.now(), ""
            job.save(update_fields=["state", "attempt", "fence", "started_at", "error"])
    try:
        yield job
    finally:
        if job:
            _unlock(job.pk)


def _run(job: Job) -> None:
    try:
        if job.kind not in _handlers:
            raise UnknownKind(job.kind)
        _handlers[job.kind](job)
        with transaction.atomic():
            still_mine(job)
            Job.objects.filter(pk=job.pk).update(state=JobState.DONE, finished_at=timezone.now())
            for follower in _followers[job.kind]:
                follower(job)
    except LostClaim:
        logger.warning("A job was taken over by another worker", extra={"job": job.pk})
    except Exception as error:
        logger.exception("A job failed", extra={"job": job.pk, "kind": job.kind})
        last = job.attempt >= MAX_ATTEMPTS
        job.error = f"{type(error).__name__}: {error}"[:2000]
        with transaction.atomic():  # who waits for it learns of the end together with it
            Job.objects.filter(pk=job.pk, fence=job.fence).update(
                state=JobState.FAILED if last else JobState.QUEUED,
                finished_at=timezone.now() if last else None,
                error=job.error,
            )
            if last:
                _mourn(job)


def _mourn(job: Job) -> None:
    """Tell whoever waits for this job that it has failed for good."""
    for mourner in _mourners[job.kind]:
        mourner(job)


def _try_lock(pk: int) -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s, %s)", [LOCK_CLASS, pk])
        return bool(cursor.fetchone()[0])


def _unlock(pk: int) -> None:
    if connection.connection is None or connection.connection.closed:
        return
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_unlock(%s, %s)", [LOCK_CLASS, pk])
