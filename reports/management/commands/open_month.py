import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from core import clock
from reports import services


class Command(BaseCommand):
    help = "Open the monthly reports that are due: one obligation for each lead agency and month that is over."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--json", action="store_true", help="end with one JSON line")

    def handle(self, *args: Any, **options: Any) -> None:
        opened = services.open_due_months(on=clock.today(), at=clock.now())
        months = sorted({f"{each.month:%Y-%m}" for each in opened})
        if options["json"]:
            self.stdout.write(json.dumps({"opened": len(opened), "months": months}))
        else:
            self.stdout.write(
                f"{len(opened)} obligations opened, months: {', '.join(months) or 'none'}"
            )
