"""The scratch register that benchmarks measure on, on servers of its own or on BENCH_DATABASE_URL."""

import io
import os
from datetime import date

ON = date(2019, 11, 4)
PERSONS = (
    3.4  # of a household on average: the country's 29.5 million households, 99 million members
)


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
    """Divisions, standards and a synthetic register; nothing is made twice."""
    from django.core.management import call_command
    from django.db import connection

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
    if Household.objects.count() < households:
        call_command(
            "generate_register", households=households, persons=PERSONS, stdout=io.StringIO()
        )
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM villages_factchange")
        cursor.execute("VACUUM ANALYZE")
    return {"households": Household.objects.count(), "members": Member.objects.count()}
