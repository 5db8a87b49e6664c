"""The scratch register that benchmarks measure on, on servers of its own or on BENCH_DATABASE_URL."""

import io
import os
import sys
import time
from datetime import date
from itertools import groupby
from multiprocessing import get_context
from typing import Any

from benchmarks import copies

ON = date(2019, 11, 4)
# The country's 29.5 million households, 99 million members and 128,000 villages:
PERSONS = 3.4  # of a household on average
PER_VILLAGE = 230  # households
SEED = "1"


def prepare() -> None:
    """Point Django at the scratch database before its settings are read."""
    from config import env

    os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings.test"
    url = os.environ.get("BENCH_DATABASE_URL")
    if url:
        os.environ["DATABASE_URL"] = url
    else:
        from config.supervisor.servers import start_ephemeral_services

        env.hand_down(start_ephemeral_services())
    import django

    django.setup()


def fill(households: int) -> dict[str, int]:
    """Divisions, standards and a synthetic register; nothing is made twice.

    More households than the villages have in reality are copies of the register in made-up cities.
    """
    from django.core.management import call_command
    from django.db import connection

    from config import register_synthesis
    from config.env import BASE_DIR
    from core import clock
    from households.models import Household, Member
    from indicators import services

    call_command("migrate", verbosity=0)
    call_command(
        "load_divisions",
        str(BASE_DIR / "config/data/divisions_2023.csv"),
        stdout=io.StringIO(),
    )
    services.load_standards(at=clock.now())
    began, there = time.monotonic(), Household.objects.count()
    if not copies.is_multiplied():
        if there < households:
            villages = register_synthesis.rural_villages(None)
            times = -(-households // (len(villages) * PER_VILLAGE))
            generate(villages, -(-households // times))
        live()
    base = Household.objects.filter(pk__lt=copies.KEYS).count()
    copies.multiply(-(-households // base))
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM villages_factchange")
        cursor.execute("VACUUM ANALYZE")
        cursor.execute("SELECT pg_database_size(current_database())")
        size = cursor.fetchone()[0]
    counts = {"households": Household.objects.count(), "members": Member.objects.count()}
    made, seconds = counts["households"] - there, time.monotonic() - began
    print(
        f"{made} households made in {seconds:.0f} s ({made / seconds:.0f} a second),"
        f" {size / max(counts['households'], 1):.0f} bytes a household",
        file=sys.stderr,
    )
    return counts


def generate(villages: list[int], households: int) -> None:
    """The generator, in two processes over the counties: identity numbers are given by county."""
    from django.db import connections

    from config import register_synthesis
    from core import clock

    plans = list(register_synthesis.plan(villages, households, SEED))
    halves: tuple[list[Any], list[Any]] = ([], [])
    counties = [list(g) for _county, g in groupby(plans, key=lambda plan: plan.village_id // 10**6)]
    for county in sorted(counties, key=len, reverse=True):
        min(halves, key=len).extend(county)
    recipe = register_synthesis.Recipe(seed=SEED, at=clock.now(), persons=PERSONS)
    connections.close_all()
    with get_context("fork").Pool(2) as pool:
        pool.starmap(register_synthesis.write_register, [(half, recipe) for half in halves])


def live() -> None:
    """Let people have done something with the register."""
    from django.db import connection, transaction

    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("ANALYZE households_household")
        for statement in LIFE:
            cursor.execute(statement, {"on": ON, "helped": HOUSEHOLDS_OF_A_HELPER})


# What people did with the register: a helper for 98 households of a hundred (three have had two, one
# no longer has any), a visit to 86 of them this year, an earlier one to half; the latest visits still
# wait for their review and one in a hundred came back. Only households without any are given some.
_DRAWN = """
CREATE TEMP TABLE drawn ON COMMIT DROP AS
SELECT id, village_id, head_name, hashint8(id) & 1023 AS one, hashint8(id + 7919) & 1023 AS two,
       hashint8(id + 104729) & 1023 AS three
FROM households_household h
WHERE NOT EXISTS (SELECT FROM households_pairing p WHERE p.household_id = h.id)
  AND NOT EXISTS (SELECT FROM households_householdcheck c WHERE c.household_id = h.id)
"""
_HELPERS = """
INSERT INTO accounts_user (password, is_superuser, username, first_name, last_name, email, is_staff,
                           is_active, date_joined, display_name, must_change_password, is_demo)
SELECT '!', false, 'helper_' || id / %(helped)s, '', '', '', false, true, now(), head_name, false, false
FROM drawn WHERE id %% %(helped)s = 0
ON CONFLICT (username) DO NOTHING
"""
_PAIRINGS = """
INSERT INTO households_pairing (household_id, helper_id, valid_from, valid_to)
SELECT d.id, u.id, t.valid_from, t.valid_to
FROM drawn d
JOIN accounts_user u ON u.username = 'helper_' || d.id / %(helped)s
CROSS JOIN LATERAL (VALUES
    (%(on)s::date - 900, CASE WHEN d.one < 41 THEN %(on)s::date - 300 END),
    (%(on)s::date - 300, NULL)) AS t (valid_from, valid_to)
WHERE d.one < 1003 AND (t.valid_from < %(on)s::date - 300 OR d.one BETWEEN 10 AND 40)
"""
_CHECKS = """
INSERT INTO households_householdcheck (household_id, village_id, author_id, visited_on, state, answers,
    changes, reasons, base_version, note, return_reason, saved_at, submitted_at, accepted_at)
SELECT d.id, d.village_id, u.id, v.day, v.state, '', '[]', '[]', 1, '', '', v.day + time '10:00',
       v.day + time '10:00', CASE v.state WHEN 'ACCEPTED' THEN v.day + 7 + time '10:00' END
FROM drawn d
JOIN accounts_user u ON u.username = 'helper_' || d.id / %(helped)s
CROSS JOIN LATERAL (VALUES (%(on)s::date - d.three * 300 / 1024, d.two < 881),
                           (%(on)s::date - 300 - d.three / 16, d.two < 512)) AS t (day, is_made)
CROSS JOIN LATERAL (SELECT t.day, CASE WHEN d.one > 1013 THEN 'RETURNED' WHEN t.day > %(on)s::date - 20
    THEN 'SUBMITTED' ELSE 'ACCEPTED' END AS state) AS v
WHERE t.is_made
"""
LIFE = (_DRAWN, _HELPERS, _PAIRINGS, _CHECKS)
HOUSEHOLDS_OF_A_HELPER = 20
