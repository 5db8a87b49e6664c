"""A worker is killed in the middle of a run: another one ends it, and nobody can tell afterwards."""

from collections.abc import Callable, Iterator
from datetime import date

import pytest

from core import clock, work
from core.models import Job, JobState
from indicators import services
from indicators.enums import RunKind, RunState
from indicators.models import Gap, Result, Run, RunBatch, RunNight
from tests.indicators.processes import Worker, exported, make_register, sessions, wait_for

ON = date(2019, 10, 31)
BATCHES = 40


@pytest.fixture
def worker() -> Iterator[Callable[[], Worker]]:
    """Starts real worker processes on the test database; gone at the end of the test."""
    started: list[Worker] = []

    def start() -> Worker:
        started.append(Worker())
        return started[-1]

    yield start
    for each in started:
        each.kill()


@pytest.mark.django_db(transaction=True)
def test_a_run_survives_the_death_of_its_worker(
    worker: Callable[[], Worker], monkeypatch: pytest.MonkeyPatch
) -> None:
    make_register(ON, villages=BATCHES)
    undisturbed = exported(ON)  # computed and thrown away: what a run without any trouble must say
    assert undisturbed[1].count("\n") > 20
    monkeypatch.setattr(services, "BATCH_HOUSEHOLDS", 1)
    run = services.start_run(on=ON, kind=RunKind.MANUAL, at=clock.now())
    assert run.batches.count() == BATCHES
    services.queue_run(run, at=clock.now())

    # Killed with some batches committed and one in hand.
    others = sessions()
    first = worker()
    first.await_ready()
    first.go()
    wait_for(lambda: RunBatch.objects.exclude(done_at=None).count() >= 3)
    first.kill()
    done = RunBatch.objects.exclude(done_at=None).count()
    assert 3 <= done < BATCHES, "the worker was too fast to be killed in the middle"
    wait_for(lambda: sessions() <= others)
    orphans = Job.objects.filter(state=JobState.RUNNING).count()

    # The sweeper finds the orphan, a second worker does the rest.
    assert work.sweep(at=clock.now()) >= BATCHES - done
    assert not Job.objects.filter(state=JobState.RUNNING).exists()
    second = worker()
    second.await_ready()
    second.go()
    assert second.finish() > BATCHES - done

    run.refresh_from_db()
    assert run.state == RunState.DONE
    assert Run.objects.filter(on=ON).count() == 1
    assert not RunBatch.objects.filter(done_at=None).exists()
    assert Job.objects.filter(kind="indicators.finish", state=JobState.DONE).count() == 1
    assert Job.objects.filter(kind="indicators.batch", attempt=2).count() == orphans <= 1
    assert (
        not Job.objects.filter(kind__startswith="indicators.").exclude(state=JobState.DONE).exists()
    )
    assert exported(ON) == undisturbed
    assert not Result.objects.exclude(superseded_at=None).exists()
    assert not Gap.objects.exclude(superseded_at=None).exists()
    assert RunNight.objects.filter(on=ON, revision=1, provisional=False).count() == BATCHES


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("processes", [2, 4, 8])
def test_processes_share_one_run(
    worker: Callable[[], Worker], monkeypatch: pytest.MonkeyPatch, processes: int
) -> None:
    make_register(ON, villages=BATCHES)
    undisturbed = exported(ON)
    monkeypatch.setattr(services, "BATCH_HOUSEHOLDS", 1)
    run = services.start_run(on=ON, kind=RunKind.MANUAL, at=clock.now())
    services.queue_run(run, at=clock.now())

    workers = [worker() for _ in range(processes)]
    for each in workers:
        each.await_ready()
    for each in workers:
        each.go()
    counts = [each.finish() for each in workers]

    run.refresh_from_db()
    assert run.state == RunState.DONE
    assert sum(1 for count in counts if count) > 1, counts
    jobs = Job.objects.filter(kind__in=["indicators.batch", "indicators.finish"])
    assert jobs.count() == BATCHES + 1  # every batch once, and the end once
    assert not jobs.exclude(state=JobState.DONE, attempt=1).exists()
    assert sum(counts) == Job.objects.count()
    assert exported(ON) == undisturbed
    assert RunNight.objects.filter(on=ON, revision=1, provisional=False).count() == BATCHES
    assert not Result.objects.exclude(superseded_at=None).exists()
