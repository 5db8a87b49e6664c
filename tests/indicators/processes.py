"""A register of many small villages, its exports, and real worker processes that compute it."""

import os
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import date, timedelta
from io import StringIO

from django.conf import settings
from django.core.management import call_command
from django.db import connection

from core import clock
from indicators.enums import RunKind, RunState
from indicators.models import Run
from tests.indicators.factories import load_standards
from tests.villages.factories import VillageFactory

TOWNSHIP = 150222105200
WORKER = """
import sys
import django
django.setup()
from core import work
print("ready", flush=True)
sys.stdin.readline()
print(work.work(), flush=True)
"""


def make_register(on: date, *, villages: int = 40, households: int = 200) -> None:
    """Villages with a synthetic register; no night is due for processes that live today."""
    load_standards()
    for serial in range(villages):
        VillageFactory(code=TOWNSHIP + serial)
    call_command(
        "generate_register", "--households", str(households), "--seed", "3", stdout=StringIO()
    )
    for days in (0, 1):
        today = clock.now()
        night = {
            "on": (today - timedelta(days=days)).date(),
            "kind": RunKind.NIGHT,
            "state": RunState.DONE,
        }
        Run.objects.create(**night, watermark=today, started_at=today)


def exported(on: date) -> tuple[str, str]:
    """Results and gaps as the export commands write them."""
    texts = []
    for command in ("export_results", "export_gaps"):
        out = StringIO()
        call_command(command, "--on", on.isoformat(), stdout=out)
        texts.append(out.getvalue())
    return texts[0], texts[1]


class Worker:
    """A real process on the test database that does all the work there is once it is let go."""

    def __init__(self) -> None:
        db = connection.settings_dict
        address = f"postgres://{db['USER']}:{db['PASSWORD']}@{db['HOST']}:{db['PORT']}/{db['NAME']}"
        self.process = subprocess.Popen(
            [sys.executable, "-W", "ignore", "-c", WORKER],
            cwd=settings.BASE_DIR,
            env={
                **os.environ,
                "DATABASE_URL": address,
                "DJANGO_SETTINGS_MODULE": "config.settings.test",
            },
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def await_ready(self) -> None:
        assert self.process.stdout
        assert self.process.stdout.readline() == "ready\n"

    def go(self) -> None:
        assert self.process.stdin
        self.process.stdin.write("go\n")
        self.process.stdin.flush()

    def finish(self, seconds: float = 60) -> int:
        """How many jobs it did."""
        told, _ = self.process.communicate(timeout=seconds)
        assert self.process.returncode == 0
        return int(told)

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()


def wait_for(condition: Callable[[], object], seconds: float = 30) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.005)


def sessions() -> set[int]:
    """Sessions of this database beside ours: a killed worker's ends a moment after it."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
            " AND backend_type = 'client backend'"
        )
        return {pid for (pid,) in cursor.fetchall()}
