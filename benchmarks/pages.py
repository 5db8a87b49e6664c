"""How long the pages take that people live in, for users of a township, a county and a city.

    .venv/bin/python -m benchmarks.pages --households 50000 --json

Server time of the Django test client in one process, warm, thirty requests of each page, different
households and names where the page is about one. The floor is a signed-in page that reads almost
nothing (the profile), measured in the same run. Beside it the processor time of a request, here and in
the database, which says more than the clock on a machine that others use; the load stands with it.
Uses a scratch database on servers of its own, or on BENCH_DATABASE_URL. With --json one JSON line,
otherwise a table.
"""

import argparse
import io
import json
import os
import sys
import time
from collections.abc import Iterator
from datetime import timedelta
from itertools import cycle, islice
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from benchmarks.scratch import ON, fill, prepare

VARIANTS = 30  # different households, names and villages a page is asked for
NOBODY = "查无此人"
LIMITS_MS = {"check": 120, "dashboard": 500}
LIST_LIMIT_MS = 200

Page = tuple[str, list[str]]  # name, addresses to ask for in turn


def recompute_once() -> None:
    """One night, and the cases that follow from it; not again when the night is on record."""
    from django.core.management import call_command
    from django.db import connection

    from core import clock, work
    from indicators import services
    from indicators.enums import RunKind
    from indicators.models import Run

    if not Run.objects.filter(on=ON, state="DONE").exists():
        call_command("load_campaign", stdout=io.StringIO())
        run = services.start_run(on=ON, kind=RunKind.MANUAL, at=clock.now())
        services.queue_run(run, at=clock.now())
        work.work()
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")


def plan_as_deployed() -> None:
    """What the project's own server is told about its disk, for a server that is somebody else's."""
    from django.db import connection

    with connection.cursor() as cursor:
        for setting in ("random_page_cost = 1.1", "jit = off", "work_mem = '32MB'"):
            cursor.execute(f"SET {setting}")


def users() -> dict[str, tuple[Any, Any]]:
    """A clerk of the largest township, an officer of its county and one of its city, with their areas."""
    from django.db.models import Count, F

    from accounts.enums import RoleCode
    from accounts.models import Area, Grant, User
    from households.models import Household

    largest = (
        Household.objects.values(township=F("village_id") / 1000 * 1000)
        .annotate(n=Count("pk"))
        .order_by("-n", "township")
    )
    township = Area.objects.get(pk=largest[0]["township"])
    county = township.parent
    assert county is not None
    assert county.parent is not None
    places = {
        "township": (RoleCode.TOWNSHIP_CLERK, township),
        "county": (RoleCode.COUNTY_OFFICE, county),
        "city": (RoleCode.CITY_OFFICE, county.parent),
    }
    found = {}
    for name, (role, area) in places.items():
        user, _made = User.objects.get_or_create(
            username=f"bench_{name}", defaults={"display_name": name, "must_change_password": False}
        )
        Grant.objects.get_or_create(
            user=user, role=role, area=area, defaults={"valid_from": ON - timedelta(days=300)}
        )
        found[name] = (user, area)
    return found


def pages(name: str, user: Any, area: Any) -> Iterator[Page]:
    """Every page of one user, with what is asked of it."""
    from django.urls import reverse

    from households.enums import Cause, HouseholdKind, Status
    from households.filters import VISITED
    from households.models import Household, HouseholdProfile, Member, Pairing
    from indicators.filters import gap_choices
    from villages.models import Village

    def listed(view: str, **query: Any) -> str:
        return f"{reverse(view)}?{urlencode({'area': area.pk, **query})}"

    mine = Household.objects.for_user(user).in_area(area).order_by("pk")
    step = max(mine.count() // VARIANTS, 1)
    some = list(mine[::step][:VARIANTS])
    heads = list(
        Member.objects.filter(household__in=some, name__in=[h.head_name for h in some]).exclude(
            id_number=""
        )
    )
    phones = [p.phone for p in HouseholdProfile.objects.filter(household__in=some) if p.phone]
    pairings = Pairing.objects.filter(household__in=some).select_related("helper")
    helpers = [str(pairing.helper) for pairing in pairings] or [NOBODY]
    villages = [pk for pk, n in village_sizes(Village.objects.for_user(user).in_area(area)) if n]
    households = "households:household_list"

    def search(words: list[str]) -> list[str]:
        return [listed(households, q=word) for word in words]

    yield "floor", [reverse("accounts:profile")]
    yield "list", [listed(households)]
    yield "list_last_page", [listed(households, page=500)]
    if len(villages) <= 300:
        yield "list_village", [listed(households, village=pk) for pk in villages[:VARIANTS]]
    for status in Status.values:
        yield f"list_status_{status}", [listed(households, status=status)]
    for cause in Cause.values:
        yield f"list_cause_{cause}", [listed(households, cause=cause)]
    for kind in HouseholdKind.values:
        yield f"list_kind_{kind}", [listed(households, kind=kind)]
    for visited, _label in VISITED:
        yield f"list_visited_{visited}", [listed(households, visited=visited)]
    for paired in ("no", "yes"):
        yield f"list_paired_{paired}", [listed(households, paired=paired)]
    yield "list_helper", [listed(households, helper=name) for name in helpers]
    yield "list_helper_surname", [listed(households, helper=name[:1]) for name in helpers]
    yield "list_monitored", [listed(households, monitor="any")]
    for gap, _label in gap_choices():
        yield f"list_gap_{gap}", [listed(households, gap=gap)]
    yield "search_surname", search([h.head_name[:1] for h in some])
    yield "search_name", search([h.head_name for h in some])
    yield "search_nobody", search([NOBODY])
    yield "search_code", search([h.code for h in some])
    yield "search_code_prefix", search([h.code[:12] for h in some])
    yield "search_id_number", search([m.id_number for m in heads])
    yield "search_id_number_unknown", search(["150222190001010000"])
    yield "search_phone", search(phones)
    yield "search_village", search([str(h.village) for h in some])
    yield "household", [reverse("households:household_detail", args=[h.pk]) for h in some]
    if name != "city":  # a city's office checks nobody
        yield "check", [reverse("households:check_edit", args=[h.pk]) for h in some]
        yield "check_list", [listed("households:check_list")]
        for state in ("todo", "done"):
            yield f"check_list_{state}", [listed("households:check_list", state=state)]
    yield "workbench", [listed("reports:workbench")]
    yield "dashboard", [listed("reports:dashboard")]
    for kind in ("NOT_MET", "MET"):
        yield f"dashboard_households_{kind}", [listed("reports:gap_household_list", verdict=kind)]
    for code in ("HOU-01", "INC-01", "MED-01"):
        yield f"gap_list_{code}", [listed("indicators:gap_list", indicator=code)]
    yield "case_list", [listed("tasks:case_list")]
    yield "task_board", [listed("tasks:task_board")]


def village_sizes(villages: Any) -> Any:
    from django.db.models import Count

    return villages.annotate(n=Count("households")).order_by("pk").values_list("pk", "n")


def measure(client: Any, addresses: list[str], requests: int) -> dict[str, float]:
    """Milliseconds and number of queries of one page."""
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    for address in islice(cycle(addresses), 2):
        ask(client, address)
    times = []
    busy = processor_seconds()
    for address in islice(cycle(addresses), requests):
        began = time.perf_counter()
        ask(client, address)
        times.append((time.perf_counter() - began) * 1000)
    busy = processor_seconds() - busy
    with CaptureQueriesContext(connection) as captured:
        ask(client, addresses[0])
    times.sort()
    return {
        "p50_ms": round(times[requests // 2], 1),
        "p95_ms": round(times[-(-requests * 95 // 100) - 1], 1),
        "cpu_ms": round(busy / requests * 1000, 1),
        "load": round(os.getloadavg()[0], 1),
        "queries": len(captured),
    }


def processor_seconds() -> float:
    """Of this process and of the one that serves its connection, where that runs on this machine."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid(), current_setting('data_directory')")
        pid, folder = cursor.fetchone()
    spent = Path(f"/proc/{pid}/schedstat")
    is_here = Path(folder).exists() and spent.exists()
    return time.process_time() + (int(spent.read_text().split()[0]) / 1e9 if is_here else 0)


def ask(client: Any, address: str) -> None:
    response = client.get(address)
    assert response.status_code == 200, (address, response.status_code)


def limit_of(page: str) -> int:
    return LIMITS_MS.get(page, LIST_LIMIT_MS)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--households", type=int, default=50_000)
    parser.add_argument("--requests", type=int, default=30)
    parser.add_argument("--only", default="", help="pages whose name begins so")
    parser.add_argument("--json", action="store_true", help="one JSON line instead of a table")
    asked = parser.parse_args()
    prepare()
    from django.test import Client, override_settings

    counts = fill(asked.households)
    figures: dict[str, dict[str, dict[str, float]]] = {}
    with override_settings(DEMO=True, DEMO_DATE=ON + timedelta(days=1)):
        recompute_once()
        plan_as_deployed()
        for name, (user, area) in users().items():
            client = Client()
            client.force_login(user, backend="accounts.backends.GrantBackend")
            figures[name] = {}
            for page, addresses in pages(name, user, area):
                if page == "floor" or page.startswith(asked.only):
                    figures[name][page] = measure(client, addresses, asked.requests)
                    print(name, page, figures[name][page], file=sys.stderr, flush=True)
    for measured in figures.values():
        floor = measured["floor"]["p50_ms"]
        for page, figure in measured.items():
            figure["ratio"] = round(figure["p50_ms"] / floor, 2)
            figure["limit_ms"] = limit_of(page)
    late = [
        f"{name}/{page}"
        for name, measured in figures.items()
        for page, figure in measured.items()
        if figure["p95_ms"] > figure["limit_ms"]
    ]
    if asked.json:
        print(json.dumps({**counts, "requests": asked.requests, "pages": figures, "late": late}))
        return
    print(counts)
    for name, measured in figures.items():
        for page, figure in measured.items():
            mark = "  LATE" if f"{name}/{page}" in late else ""
            print(
                f"{name:9} {page:32} p50 {figure['p50_ms']:8.1f}  p95 {figure['p95_ms']:8.1f}"
                f"  cpu {figure['cpu_ms']:8.1f}  load {figure['load']:4.1f}"
                f"  x{figure['ratio']:6.2f}  {figure['queries']:4.0f} queries{mark}"
            )


if __name__ == "__main__":
    main()
    sys.exit(0)
