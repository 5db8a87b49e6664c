"""A worker is killed in the middle of a run: another one ends it, and nobody can tell afterwards."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from io import StringIO

import pytest
from django.conf import settings
from django.core.management import call_command
from django.db import connection

from core import clock, work
from core.models import Job, JobState
from indicators import services
from indicators.enums import RunKind, RunState
from indicators.models import Gap, Result, Run, RunBatch, RunNight
from tests.indicators.factories import load_standards
from tests.villages.factories import VillageFactory

ON = date(2019, 10, 31)
TOWNSHIP = 150222105200
WORKER = """
import django
django.setup()
from core import work
work.work()
"""
Worker = Callable[[], "subprocess.Popen[bytes]"]


@pytest.fixture
def worker() -> Iterator[Worker]:
    """Starts real worker processes on the test database; gone at the end of the test."""
    db = connection.settings_dict
    address = f"postgres://{db['USER']}:{db['PASSWORD']}@{db['HOST']}:{db['PORT']}/{db['NAME']}"
    started: list[subprocess.Popen[bytes]] = []

    def start() -> "subprocess.Popen[bytes]":
        environment = {
            **os.environ,
            "DATABASE_URL": address,
            "DJANGO_SETTINGS_MODULE": "config.settings.test",
        }
        started.append(
            subprocess.Popen(
                [sys.executable, "-W", "ignore", "-c", WORKER],
                cwd=settings.BASE_DIR,
                env=environment,
            )
        )
        return started[-1]

    yield start
    for process in started:
        process.kill()
        process.wait()


def wait_for(condition: Callable[[], object], seconds: float = 30) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.005)


def exported() -> tuple[str, str]:
    texts = []
    for command in ("export_results", "export_gaps"):
        out = StringIO()
        call_command(command, "--on", ON.isoformat(), stdout=out)
        texts.append(out.getvalue())
    return texts[0], texts[1]


@pytest.mark.django_db(transaction=True)
def test_a_run_survives_the_death_of_its_worker(
    worker: Worker, monkeypatch: pytest.MonkeyPatch
) -> None:
    load_standards()
    for serial in range(40):
        VillageFactory(code=TOWNSHIP + serial)
    call_command("generate_register", "--households", "200", "--seed", "3", stdout=StringIO())
    undisturbed = exported()  # computed and thrown away: what a run without any trouble must say
    assert undisturbed[1].count("\n") > 20
    for days in (0, 1):  # the processes live today, and no night is due for them
        today = clock.now()
        night = {
            "on": (today - timedelta(days=days)).date(),
            "kind": RunKind.NIGHT,
            "state": RunState.DONE,
        }
        Run.objects.create(**night, watermark=today, started_at=today)
    monkeypatch.setattr(services, "BATCH_HOUSEHOLDS", 1)
    run = services.start_run(on=ON, kind=RunKind.MANUAL, at=clock.now())
    assert run.batches.count() == 40
    services.queue_run(run, at=clock.now())

    # Killed with some batches committed and one in hand.
    others = sessions()
    first = worker()
    wait_for(lambda: RunBatch.objects.exclude(done_at=None).count() >= 3)
    os.kill(first.pid, signal.SIGKILL)
    first.wait()
    done = RunBatch.objects.exclude(done_at=None).count()
    assert 3 <= done < 40, "the worker was too fast to be killed in the middle"
    wait_for(lambda: sessions() <= others)
    orphans = Job.objects.filter(state=JobState.RUNNING).count()

    # The sweeper finds the orphan, a second worker does the rest.
    assert work.sweep(at=clock.now()) >= 40 - done
    assert not Job.objects.filter(state=JobState.RUNNING).exists()
    assert worker().wait(timeout=60) == 0

    run.refresh_from_db()
    assert run.state == RunState.DONE
    assert Run.objects.filter(on=ON).count() == 1
    assert not RunBatch.objects.filter(done_at=None).exists()
    assert Job.objects.filter(kind="indicators.finish", state=JobState.DONE).count() == 1
    assert Job.objects.filter(kind="indicators.batch", attempt=2).count() == orphans <= 1
    assert (
        not Job.objects.filter(kind__startswith="indicators.").exclude(state=JobState.DONE).exists()
    )
    assert exported() == undisturbed
    assert not Result.objects.exclude(superseded_at=None).exists()
    assert not Gap.objects.exclude(superseded_at=None).exists()
    assert RunNight.objects.filter(on=ON, revision=1, provisional=False).count() == 40


def sessions() -> set[int]:
    """Sessions of this database beside ours: a killed worker's ends a moment after it."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
            " AND backend_type = 'client backend'"
        )
        return {pid for (pid,) in cursor.fetchall()}
