"""How long a night takes, as a ratio to the least it could take on the same machine, in the same run.

    .venv/bin/python -m benchmarks.recompute --households 100000 --processes 2

The floor is the same data path without the rules: per batch one statement that reads household and
member facts as of the date, reduces members to one row per household, joins them and counts by
village with one trivial filter per indicator; same batches, same number of processes. Uses a
scratch database on servers of its own, or on BENCH_DATABASE_URL. Prints one JSON line.
"""

import argparse
import json
import multiprocessing
import resource
import sys
import time
from collections.abc import Callable
from datetime import timedelta
from multiprocessing.synchronize import Barrier
from typing import Any

from benchmarks.scratch import ON, fill, prepare


def floor_statement() -> str:
    """The data path of a batch with a trivial count per indicator."""
    from indicators import compiler
    from indicators.definitions import CATALOGUE
    from indicators.expressions import Node, Tally, facts_in
    from indicators.facts import MEMBERS

    plan = compiler.plan_of(tuple(CATALOGUE))
    frame = compiler.Frame(as_known=True, by=("range",))

    def themes(grain: str, *rules: Node | None) -> list[Any]:
        found = dict.fromkeys(f.theme for f in facts_in(*rules))
        return [theme for theme in found if theme is not MEMBERS and theme.grain == grain]

    tallied = [fact.condition for fact in plan.tallies if isinstance(fact, Tally)]
    rules = [rule for d in CATALOGUE.values() for rule in compiler.rules_of(d)]
    of_members, of_households = themes("member", *rules, *tallied), themes("household", *rules)

    def joins(themes: list[Any]) -> str:
        return " ".join(compiler.join(theme, frame) for theme in themes)

    def seen(themes: list[Any]) -> str:
        return " AND ".join(f"{theme.alias}.id IS NOT NULL" for theme in themes)

    where = f"{frame.within('unit.village_id')} AND {frame.holds('unit')}"
    filters = ", ".join(
        f"count(*) FILTER (WHERE h.household_id %% {n + 2} = 0)" for n in range(len(CATALOGUE))
    )
    return (
        f"WITH m AS (SELECT unit.household_id, count(*) AS people,"
        f" count(*) FILTER (WHERE {seen(of_members)}) AS known"
        f" FROM households_membership unit {joins(of_members)}"
        f" WHERE {where} AND unit.is_member GROUP BY 1),"
        f" h AS (SELECT unit.village_id, unit.household_id, ({seen(of_households)}) AS known"
        f" FROM households_residence unit {joins(of_households)} WHERE {where})"
        f" SELECT h.village_id, count(*) FILTER (WHERE h.known), sum(m.people), {filters}"
        f" FROM h LEFT JOIN m USING (household_id) GROUP BY 1"
    )


def floor_worker(number: int, processes: int, start: Barrier, peaks: Any) -> None:
    from django.db import connection, transaction

    from core import clock
    from indicators import engine, services

    statement, when = floor_statement(), services.moment(ON, clock.now())
    batches = services.split_villages(*services.EVERYWHERE)[number::processes]
    start.wait()
    for low, high in batches:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SET LOCAL enable_nestloop = off")
            cursor.execute("SET LOCAL jit = off")
            cursor.execute("SET LOCAL max_parallel_workers_per_gather = 0")
            cursor.execute(statement, engine.bindings(when, engine.Units(low=low, high=high)))
            cursor.fetchall()


def run_worker(number: int, processes: int, start: Barrier, peaks: Any) -> None:
    """Work on the run until it is done; what follows a run (cases, findings) is not measured."""
    from core import work
    from indicators.enums import RunState
    from indicators.models import Run

    start.wait()
    while Run.objects.filter(state=RunState.RUNNING).exists():
        work.work(limit=1)
    peaks[number] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


def timed(worker: Callable[..., None], processes: int) -> tuple[float, int]:
    """Seconds from the common start to the end of the last process, and the largest of them in MB."""
    from django.db import connections

    connections.close_all()
    fork = multiprocessing.get_context("fork")
    start, peaks = fork.Barrier(processes + 1), fork.Array("i", processes)
    workers = [
        fork.Process(target=worker, args=(n, processes, start, peaks)) for n in range(processes)
    ]
    for each in workers:
        each.start()
    start.wait()
    began = time.monotonic()
    for each in workers:
        each.join()
    return time.monotonic() - began, max(peaks[:])


def night(processes: int) -> tuple[float, int, dict[str, Any]]:
    """Seconds from start to finish of a run, the largest worker in MB, what the run changed."""
    from core import clock
    from core.models import Job
    from indicators import services
    from indicators.enums import RunKind
    from indicators.models import FindingBatch

    Job.objects.all().delete()
    FindingBatch.objects.all().delete()  # the sweeper would queue them again, beside the run
    run = services.start_run(on=ON, kind=RunKind.MANUAL, at=clock.now())
    services.queue_run(run, at=clock.now())
    seconds, peak = timed(run_worker, processes)
    run.refresh_from_db()
    assert run.state == "DONE", run.state
    return seconds, peak, services.totals(run)


def forget() -> None:
    """As before the first night."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE indicators_run, indicators_result, indicators_gap CASCADE")
        cursor.execute("VACUUM ANALYZE indicators_result, indicators_gap, core_job")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--households", type=int, default=100_000)
    parser.add_argument("--processes", type=int, default=2)
    asked = parser.parse_args()
    prepare()
    from django.conf import settings

    from indicators.definitions import CATALOGUE

    settings.DEMO, settings.DEMO_DATE = True, ON + timedelta(days=1)  # no later night is due

    counts = fill(asked.households)
    forget()
    floors = [timed(floor_worker, asked.processes)[0] for _ in range(2)]
    first, peak_first, changed = night(asked.processes)
    unchanged_nights = [night(asked.processes) for _ in range(2)]
    second, peak_second, unchanged = min(unchanged_nights, key=lambda each: each[0])
    floors.append(timed(floor_worker, asked.processes)[0])
    floor = min(floors)
    print(
        json.dumps(
            counts
            | {
                "indicators": len(CATALOGUE),
                "processes": asked.processes,
                "floor_seconds": round(floor, 2),
                "first_seconds": round(first, 2),
                "first_ratio": round(first / floor, 2),
                "seconds": round(second, 2),
                "ratio": round(second / floor, 2),
                "us_per_household": round(second / counts["households"] * 1e6, 1),
                "peak_rss_mb": max(peak_first, peak_second),
                "rows_first": changed["results_changed"] + changed["gaps_opened"],
                "rows_second": unchanged["results_changed"]
                + unchanged["gaps_opened"]
                + unchanged["gaps_closed"],
            }
        )
    )


if __name__ == "__main__":
    main()
    sys.exit(0)
