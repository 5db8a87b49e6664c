"""Worker, broker or database is killed in the middle of a night: the night ends complete, and nobody can tell.

On servers of the tests' own, restarted on the same data by what restarts them in earnest
(`supervisor.process.Child`), with the worker as it is deployed. The tests ring the sweeper's bell
every half second in beat's place.
"""

import contextlib
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg2
import pytest
from celery import Celery
from django.conf import settings

from config.supervisor.places import DataFolder
from config.supervisor.process import Child
from config.supervisor.servers import Postgres, Valkey, embedded_parts

NIGHT = "2019-10-31"
VILLAGES = 30
SECONDS = 50  # for a night to end, whatever was killed

PREPARE = f"""
import io
from django.core.management import call_command
from core import clock
from indicators import services
call_command("migrate", verbosity=0)
with open("divisions.csv", "w") as file:
    file.write("code,name,level,parent_code\\n150000000000,内蒙古自治区,province,\\n"
               "150200000000,包头市,city,150000000000\\n150222000000,固阳县,county,150200000000\\n"
               "150222105000,银号镇,township,150222000000\\n")
    for serial in range({VILLAGES}):
        file.write(f"{{150222105200 + serial}},村{{serial}}村委会,village,150222105000\\n")
call_command("load_divisions", "divisions.csv", stdout=io.StringIO())
services.load_standards(at=clock.now())
call_command("generate_register", "--households", "{VILLAGES * 8}", "--seed", "3", stdout=io.StringIO())
"""
SMALL = "from indicators import services; services.BATCH_HOUSEHOLDS = 1\n"
START_NIGHT = SMALL + "from indicators import jobs; jobs.nightly()"
UNDISTURBED = (
    SMALL
    + f"""
from datetime import date
from core import clock
services.recompute(on=date.fromisoformat("{NIGHT}"), at=clock.now())
"""
)
FORGET = "TRUNCATE indicators_run, indicators_result, indicators_gap, core_job, villages_factchange CASCADE"


class Machine:
    """A database, a broker and a worker of its own; what dies is started again on the same data."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        data = DataFolder(folder)
        postgres, valkey = embedded_parts(data, demo=True, lasting=False)
        assert isinstance(postgres, Postgres)
        assert isinstance(valkey, Valkey)
        self.postgres, self.valkey = postgres, valkey
        self.children: list[Child] = []
        for part in (postgres, valkey):
            self.children.append(part.child)
            part.start()
        self.environment = {
            **os.environ,
            "DJANGO_SETTINGS_MODULE": "config.settings.production",
            "DEMO": "1",
            "DEMO_DATE": "2019-11-01",
            "SECRET_KEY": data.make_secret("secret_key"),
            "FIELD_KEY": data.make_secret("field_key"),
            "DATA_DIR": str(folder),
            "DATABASE_URL": postgres.url,
            "CELERY_BROKER_URL": valkey.url,
            "PYTHONPATH": str(settings.BASE_DIR),
        }
        self.bell = Celery()
        self.bell.conf.broker_write_url = (
            valkey.url
        )  # CELERY_BROKER_URL would win over `broker_url`
        self.bell.conf.broker_transport_options = {"socket_timeout": 1, "socket_connect_timeout": 1}
        command = [sys.executable, "-W", "ignore", "-m", "celery", "-A", "config.celery", "worker"]
        quiet = ["--concurrency=2", "--loglevel=INFO", "--without-gossip", "--without-mingle"]
        self.worker = Child(
            "worker",
            [*command, *quiet],
            self.environment,
            data.logs / "worker.log",
            death_signal=signal.SIGKILL,
            folder=folder,
        )

    def python(self, code: str) -> str:
        """What a process of the system prints that runs this code."""
        return self.run("-c", f"import django\ndjango.setup()\n{code}")

    def run(self, *arguments: str) -> str:
        done = subprocess.run(
            [sys.executable, "-W", "ignore", *arguments],
            cwd=self.folder,
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr[-3000:]
        return done.stdout

    def exports(self) -> list[str]:
        manage = str(settings.BASE_DIR / "manage.py")
        return [self.run(manage, name, "--on", NIGHT) for name in ("export_results", "export_gaps")]

    def rows(self, statement: str) -> list[tuple[Any, ...]]:
        with (
            contextlib.closing(self.postgres.connect("qingling_demo")) as db,
            db,
            db.cursor() as cursor,
        ):
            cursor.execute(statement)
            return cursor.fetchall() if cursor.description else []

    def batches_done(self) -> int:
        return int(
            self.rows("SELECT count(*) FROM indicators_runbatch WHERE done_at IS NOT NULL")[0][0]
        )

    def wait(
        self, condition: Callable[[], object], seconds: float = SECONDS, ring: bool = False
    ) -> None:
        """Until it is so, minding the children; `ring`: the sweeper's bell every half second."""
        until, next_bell = time.monotonic() + seconds, 0.0
        while True:
            with contextlib.suppress(psycopg2.OperationalError):
                if condition():
                    return
            assert time.monotonic() < until, "waited in vain\n" + self.told()
            for child in self.children:
                child.mind()
            if ring and time.monotonic() > next_bell:
                next_bell = time.monotonic() + 0.5
                with contextlib.suppress(Exception):  # the broker may be away
                    self.bell.send_task("core.sweep", expires=25, retry=False)
            time.sleep(0.01)

    def told(self) -> str:
        log = self.worker.log
        return log.read_text()[-3000:] if log and log.exists() else ""

    def start_worker(self) -> None:
        self.children.append(self.worker)
        self.worker.start()
        self.wait(lambda: "ready." in self.told(), 30)

    def kill(self, child: Child) -> None:
        assert child.process
        os.kill(child.process.pid, signal.SIGKILL)
        child.process.wait()

    def is_over(self) -> bool:
        runs = self.rows("SELECT state FROM indicators_run")
        waiting = self.rows("SELECT count(*) FROM core_job WHERE state IN ('QUEUED', 'RUNNING')")
        return runs == [("DONE",)] and waiting == [(0,)]

    def stop(self) -> None:
        for child in reversed(self.children):
            child.stop()


@pytest.fixture(scope="module")
def prepared() -> Iterator[tuple[Machine, list[str]]]:
    """The machine with a register, and what an undisturbed night in one process says of it."""
    with tempfile.TemporaryDirectory(prefix="qingling-") as place:
        Path(place).chmod(0o755)
        machine = Machine(Path(place) / "data")
        try:
            machine.python(PREPARE)
            machine.python(UNDISTURBED)
            yield machine, machine.exports()
        finally:
            machine.stop()


@pytest.fixture
def machine(prepared: tuple[Machine, list[str]]) -> Iterator[Machine]:
    """Nothing computed yet, servers up, the worker not started."""
    it, _ = prepared
    it.rows(FORGET)
    with contextlib.suppress(OSError):
        (it.folder / "var/logs/worker.log").unlink()
    yield it
    if it.worker in it.children:
        it.children.remove(it.worker)
        it.kill(it.worker)
    it.wait(lambda: it.rows("SELECT 1") and it.valkey.answers(), 30)


def check(machine: Machine, undisturbed: list[str]) -> None:
    assert machine.exports() == undisturbed
    assert undisturbed[1].count("\n") > 50
    assert undisturbed[0].startswith("on,area_code")
    assert machine.rows("SELECT count(*), count(done_at) FROM indicators_runbatch") == [
        (VILLAGES, VILLAGES)
    ]
    assert machine.rows("SELECT count(*) FROM indicators_runnight") == [(VILLAGES,)]
    superseded = "SELECT (SELECT count(*) FROM indicators_{0} WHERE superseded_at IS NOT NULL)"
    assert (
        machine.rows(superseded.format("result"))
        == machine.rows(superseded.format("gap"))
        == [(0,)]
    )
    assert machine.rows("SELECT count(*) FROM core_job WHERE state = 'FAILED'") == [(0,)]


@pytest.mark.slow
def test_a_killed_worker(machine: Machine, prepared: tuple[Machine, list[str]]) -> None:
    machine.start_worker()
    machine.python(START_NIGHT)
    machine.wait(lambda: machine.batches_done() >= 3, ring=True)
    machine.kill(machine.worker)
    assert 3 <= machine.batches_done() < VILLAGES, "too fast to be killed in the middle"

    machine.wait(machine.is_over, ring=True)
    check(machine, prepared[1])


@pytest.mark.slow
def test_a_killed_broker(machine: Machine, prepared: tuple[Machine, list[str]]) -> None:
    """Dead when the night begins, so that no bell is heard; and killed again while it is worked on."""
    machine.start_worker()
    machine.kill(machine.valkey.child)
    machine.python(START_NIGHT)
    assert machine.rows("SELECT state FROM indicators_run") == [("RUNNING",)]

    machine.wait(lambda: machine.batches_done() >= 3, ring=True)
    machine.kill(machine.valkey.child)
    assert 3 <= machine.batches_done() < VILLAGES, "too fast to be killed in the middle"

    machine.wait(machine.is_over, ring=True)
    check(machine, prepared[1])


@pytest.mark.slow
def test_a_killed_database(machine: Machine, prepared: tuple[Machine, list[str]]) -> None:
    """The worker is not restarted: its processes find the database again by themselves."""
    machine.start_worker()
    machine.python(START_NIGHT)
    machine.wait(lambda: machine.batches_done() >= 3, ring=True)
    worker = machine.worker.process
    assert worker
    assert 3 <= machine.batches_done() < VILLAGES, "too fast to be killed in the middle"
    machine.kill(machine.postgres.child)

    machine.wait(machine.is_over, ring=True)
    assert machine.worker.process is worker
    assert worker.poll() is None
    check(machine, prepared[1])
