"""How soon a saved fact is in its village's figures, end to end, through the worker as it is deployed.

    .venv/bin/python -m benchmarks.freshness --households 20000 --saves 50

A visit is saved through the service of the household check; the clock runs from its commit until the
village's newest figures know it (its provisional night is newer than the save; then each stored figure
is compared with one computed on the spot). The floor is the round trip of a job that finds nothing to do, in the
same run, in turns. Uses a scratch database on servers of its own, or on BENCH_DATABASE_URL with
CELERY_BROKER_URL. Prints one JSON line; fails where the 95th percentile is above two seconds.
"""

import argparse
import json
import os
import signal
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from benchmarks.pages import recompute_once
from benchmarks.scratch import fill, prepare

LIMIT_SECONDS = 2
PATIENCE_SECONDS = 30
PROCESSES = 2


@contextmanager
def worker() -> Iterator[None]:
    """The Celery worker with the deployed settings and processes, warm."""
    from django.conf import settings

    from core import clock, work

    quiet = ["--loglevel=WARNING", "--without-gossip", "--without-mingle"]
    command = [sys.executable, "-W", "ignore", "-m", "celery", "-A", "config.celery", "worker"]
    environment = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "config.settings.production",
        "DEMO": "0",
        "SECRET_KEY": settings.SECRET_KEY,
        "FIELD_KEY": os.environ.get("FIELD_KEY", settings.SECRET_KEY),
    }
    process = subprocess.Popen(
        [*command, f"--concurrency={PROCESSES}", *quiet],
        cwd=settings.BASE_DIR,
        env=environment,
        start_new_session=True,
    )
    try:
        work.sweep(at=clock.now())  # what an interrupted benchmark left
        for _ in range(2 * PROCESSES):
            empty_job()
        yield
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def until(condition: Callable[[], object]) -> float:
    """Seconds until it is so, to the nearest five thousandths."""
    began = time.monotonic()
    while not condition():
        if time.monotonic() - began > PATIENCE_SECONDS:
            raise SystemExit("the figures never became fresh")
        time.sleep(0.005)
    return time.monotonic() - began


def empty_job() -> float:
    """A job that finds nothing to do: queued, rung for, claimed, done."""
    from core import clock, jobs, work
    from core.models import Job, JobState

    job = work.enqueue("indicators.refresh", f"bench-{time.monotonic()}", at=clock.now())
    jobs.ring_on_commit()
    return until(lambda: Job.objects.filter(pk=job.pk, state=JobState.DONE).exists())


def save(household: Any, by: Any) -> tuple[float, bool]:
    """One visit that turns the house from sound to dangerous or back; seconds, and whether a figure changed."""
    from django.db import transaction

    from core import clock, jobs
    from households import services as households
    from households.models import Household, Housing
    from indicators import figures
    from indicators.models import RunNight

    area = household.village.area

    def newest() -> Any:
        return figures.area_figures([area])

    held = Housing.objects.latest_known().filter(household=household).first()
    grade = "A" if held and held.grade in ("C", "D") else "D"
    before, at = newest(), clock.now()
    with transaction.atomic():
        households.submit_check(
            household=household,
            answers={Housing: [({}, {"grade": grade, "solution": ""})]},
            visited_on=clock.today(),
            by=by,
            at=at,
            base_version=Household.objects.get(pk=household.pk).version,
        )
        jobs.ring_on_commit()
    nights = RunNight.objects.filter(
        provisional=True, on=clock.today(), low=household.village_id, watermark__gte=at
    )
    seconds = until(nights.exists)
    after = newest()
    if after != figures.area_figures([area], on=clock.today()):
        raise SystemExit(f"the figures of village {household.village_id} do not know the visit")
    return seconds, after != before


def percentiles(seconds: list[float]) -> dict[str, float]:
    cuts = statistics.quantiles(seconds, n=20, method="inclusive")
    return {"p50": round(cuts[9], 3), "p95": round(cuts[18], 3), "max": round(max(seconds), 3)}


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--households", type=int, default=20_000)
    parser.add_argument("--saves", type=int, default=50)
    asked = parser.parse_args()
    prepare()
    counts = fill(asked.households)
    recompute_once()

    from accounts.models import User
    from households.enums import Status
    from households.models import Household, HouseholdStatus
    from villages.models import FactChange

    by, _made = User.objects.get_or_create(username="bench", defaults={"display_name": "bench"})
    FactChange.objects.all().delete()
    step = max(1, counts["households"] // asked.saves)
    held = HouseholdStatus.objects.latest_known().filter(status=Status.LIFTED_POLICY)
    registered = Household.objects.filter(pk__in=held.values("household")).order_by("pk")
    chosen = list(registered[::step][: asked.saves])
    saves, floors, changed = [], [], 0
    with worker():
        for household in chosen:
            floors.append(empty_job())
            seconds, differs = save(household, by)
            saves.append(seconds)
            changed += differs
    told = {
        "benchmark": "freshness",
        "households": counts["households"],
        "saves": len(saves),
        "saves_that_changed_a_figure": changed,
        "seconds": percentiles(saves),
        "floor_seconds": percentiles(floors),
        "ratio": round(statistics.median(saves) / statistics.median(floors), 2),
        "load": round(os.getloadavg()[0], 1),
        "limit_p95": LIMIT_SECONDS,
    }
    print(json.dumps(told))
    if told["seconds"]["p95"] > LIMIT_SECONDS:
        sys.exit(1)


if __name__ == "__main__":
    main()
