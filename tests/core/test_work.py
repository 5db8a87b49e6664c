"""Background work survives whatever happens to the process that does it."""

import os
import signal
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from unittest.mock import Mock

import pytest
from django.conf import settings
from django.db import IntegrityError, connection, transaction

from core import clock, jobs, work
from core.models import Job, JobState

KIND = "test.job"


@pytest.fixture(autouse=True)
def registry(monkeypatch: pytest.MonkeyPatch) -> None:
    """No handlers, followers and sources but the test's own."""
    monkeypatch.setattr(work, "_handlers", {})
    monkeypatch.setattr(work, "_followers", defaultdict(list))
    monkeypatch.setattr(work, "_mourners", defaultdict(list), raising=False)
    monkeypatch.setattr(work, "_sources", [])


def enqueue(key: str = "a", **more: Any) -> Job:
    return work.enqueue(KIND, key, at=clock.now(), **more)


def done(seen: list[Any]) -> None:
    """Register a handler that remembers the keys it did."""
    work.handler(KIND)(lambda job: seen.append(job.key))


def test_jobs_are_done_oldest_first_and_marked(db):
    seen: list[str] = []
    done(seen)
    late = work.enqueue(KIND, "late", at=clock.now())
    early = work.enqueue(KIND, "early", at=clock.now() - timedelta(hours=1))

    assert work.work() == 2

    assert seen == ["early", "late"]
    for job in (early, late):
        job.refresh_from_db()
        assert (job.state, job.attempt, job.fence) == (JobState.DONE, 1, 1)
        assert job.finished_at is not None


def test_urgent_kinds_go_first(db, monkeypatch):
    monkeypatch.setattr(work, "_urgent", {"test.urgent"})
    seen: list[str] = []
    done(seen)
    work.handler("test.urgent")(lambda job: seen.append(job.key))
    work.enqueue(KIND, "early", at=clock.now() - timedelta(hours=1))
    work.enqueue("test.urgent", "somebody waits", at=clock.now())

    work.work()

    assert seen == ["somebody waits", "early"]


def test_a_job_that_somebody_still_holds_is_passed_over(db, monkeypatch):
    """Put back by the sweeper while the lock is not yet free: the jobs behind it go on."""
    seen: list[str] = []
    done(seen)
    held = enqueue("held")
    enqueue("free")
    real = work._try_lock
    monkeypatch.setattr(work, "_try_lock", lambda pk: pk != held.pk and real(pk))

    assert work.work() == 1

    assert seen == ["free"]
    held.refresh_from_db()
    assert (held.state, held.attempt) == (JobState.QUEUED, 0)


def test_a_race_for_one_key_is_tried_again(db, monkeypatch):
    """Another made the job and it has ended before we could read it."""
    real, tries = Job.objects.get_or_create, []

    def lose_once(**options: Any) -> Any:
        tries.append(options)
        if len(tries) == 1:
            raise IntegrityError
        return real(**options)

    monkeypatch.setattr(Job.objects, "get_or_create", lose_once)

    assert enqueue().state == JobState.QUEUED
    assert len(tries) == 2

    monkeypatch.setattr(Job.objects, "get_or_create", Mock(side_effect=IntegrityError))
    with pytest.raises(IntegrityError):
        enqueue("other")


def test_limit_stops_early(db):
    done([])
    enqueue("a")
    enqueue("b")

    assert work.work(limit=1) == 1
    assert Job.objects.filter(state=JobState.QUEUED).count() == 1


def test_one_living_job_per_key(db):
    done([])
    first = enqueue(payload={"n": 1}, total=9)

    assert enqueue(payload={"n": 2}) == first
    work.work()
    assert enqueue() != first


def test_a_failing_job_is_tried_three_times_and_says_why(db):
    @work.handler(KIND)
    def fail(job: Job) -> None:
        raise ValueError("broken sheet")

    job = enqueue()

    assert work.work() == 3
    job.refresh_from_db()
    assert (job.state, job.attempt) == (JobState.FAILED, 3)
    assert job.error == "ValueError: broken sheet"


def test_a_job_nobody_can_do_fails_and_does_not_block(db):
    seen: list[str] = []
    done(seen)
    work.enqueue("test.unknown", "x", at=clock.now() - timedelta(hours=1))
    enqueue()

    work.work()

    assert seen == ["a"]
    assert Job.objects.get(kind="test.unknown").error.startswith("UnknownKind")


def test_followers_act_with_the_mark_of_done_or_not_at_all(db):
    done([])
    followed: list[int] = []

    def stumble(job: Job) -> None:
        Job.objects.create(kind="test.next", key="n", queued_at=clock.now(), state=JobState.DONE)
        followed.append(job.attempt)
        if job.attempt == 1:
            raise ValueError("follower")

    work.follow(KIND, stumble)
    work.follow(KIND, stumble)
    job = enqueue()

    work.work()

    job.refresh_from_db()
    assert (job.state, followed) == (JobState.DONE, [1, 2])
    assert Job.objects.filter(kind="test.next").count() == 1


def test_sources_turn_waiting_rows_into_jobs(db):
    seen: list[str] = []
    done(seen)
    waiting = ["row"]
    work.source(lambda at: work.enqueue(KIND, waiting.pop(), at=at) if waiting else None)

    work.work()

    assert seen == ["row"]


def test_a_source_rests_after_its_job_failed_for_good(db):
    def fail(_job: Job) -> None:
        raise RuntimeError

    def ask(at: Any) -> None:
        if work.may_retry(KIND, "a", at=at):
            enqueue("a")

    work.handler(KIND)(fail)
    work.source(ask)

    assert work.work(limit=20) == work.MAX_ATTEMPTS

    Job.objects.update(finished_at=clock.now() - work.REST)
    assert work.work(limit=1) == 1


def test_progress_is_seen_and_a_lost_claim_writes_nothing(db):
    job = enqueue()
    work.progress(job, 3, 10)
    job.refresh_from_db()
    assert (job.done_count, job.total_count) == (3, 10)

    Job.objects.filter(pk=job.pk).update(fence=5, state=JobState.RUNNING)
    work.progress(job, 9)
    with pytest.raises(work.LostClaim), transaction.atomic():
        work.still_mine(job)

    job.refresh_from_db()
    assert job.done_count == 3


def test_a_worker_that_lost_its_claim_leaves_the_job_to_the_other(db):
    @work.handler(KIND)
    def overtaken(job: Job) -> None:
        Job.objects.filter(pk=job.pk).update(fence=job.fence + 1)

    job = enqueue()
    work.work()

    job.refresh_from_db()
    assert job.state == JobState.RUNNING


@pytest.mark.parametrize(("attempt", "state"), [(1, JobState.QUEUED), (3, JobState.FAILED)])
def test_sweep_revives_orphans_but_not_for_ever(db, attempt, state):
    job = enqueue()
    Job.objects.filter(pk=job.pk).update(state=JobState.RUNNING, attempt=attempt)

    work.sweep(at=clock.now())

    job.refresh_from_db()
    assert job.state == state


# --- Real processes ------------------------------------------------------------------------------

WORKER = """
import sys, time
import django
django.setup()
from core import work
from core.models import Job

work._handlers.clear(); work._followers.clear(); work._sources.clear()

@work.handler("test.job")
def hang(job):
    work.progress(job, 1)
    time.sleep(60)

work.work(limit=1)
"""


@pytest.fixture
def worker() -> Iterator[Any]:
    """Starts a real worker process on the test database; gone at the end of the test."""
    database = connection.settings_dict
    address = f"postgres://{database['USER']}:{database['PASSWORD']}@{database['HOST']}:{database['PORT']}/{database['NAME']}"
    started: list[subprocess.Popen[bytes]] = []

    def start() -> subprocess.Popen[bytes]:
        process = subprocess.Popen(
            [sys.executable, "-W", "ignore", "-c", WORKER],
            cwd=settings.BASE_DIR,
            env={
                **os.environ,
                "DATABASE_URL": address,
                "DJANGO_SETTINGS_MODULE": os.environ.get(
                    "DJANGO_SETTINGS_MODULE", "config.settings.test"
                ),
            },
        )
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()
        process.wait()


def wait_for(condition: Any, seconds: float = 30) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.05)


@pytest.mark.django_db(transaction=True)
def test_a_killed_worker_loses_nothing(worker):
    job = enqueue()
    process = worker()
    wait_for(lambda: Job.objects.filter(pk=job.pk, state=JobState.RUNNING, done_count=1).exists())
    seen: list[str] = []
    done(seen)

    # While it lives, nobody else touches its job.
    assert work.sweep(at=clock.now()) == 0
    assert work.work() == 0

    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    wait_for(lambda: work.sweep(at=clock.now()) == 1)

    assert work.work() == 1
    job.refresh_from_db()
    assert seen == ["a"]
    assert (job.state, job.attempt, job.fence) == (JobState.DONE, 2, 2)


@pytest.mark.django_db(transaction=True)
def test_a_job_is_never_done_by_two_at_once(worker):
    job = enqueue()
    for process in [worker(), worker(), worker()]:
        assert process.poll() is None
    wait_for(lambda: Job.objects.filter(pk=job.pk, done_count=1).exists())
    wait_for(lambda: Job.objects.get(pk=job.pk).state == JobState.RUNNING)

    assert Job.objects.get(pk=job.pk).fence == 1


# --- The bell ------------------------------------------------------------------------------------


@pytest.fixture
def rung(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Bells rung, at once instead of in a thread."""
    bells: list[int] = []
    monkeypatch.setattr(jobs.do_work, "delay", lambda: bells.append(1))
    monkeypatch.setattr(jobs.threading.Thread, "start", jobs.threading.Thread.run)
    return bells


def test_the_bell_rings_after_commit_only(db, rung, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        jobs.ring_on_commit(2)
        assert rung == []

    assert rung == [1, 1]


def test_a_dead_broker_costs_nobody_anything(
    db, rung, monkeypatch, django_capture_on_commit_callbacks
):
    def refuse() -> None:
        raise OSError("no broker")

    monkeypatch.setattr(jobs.do_work, "delay", refuse)

    with django_capture_on_commit_callbacks(execute=True):
        jobs.ring_on_commit()


def test_the_sweeper_does_what_still_waits(db):
    seen: list[str] = []
    done(seen)
    enqueue()

    jobs.sweep()

    assert seen == ["a"]
