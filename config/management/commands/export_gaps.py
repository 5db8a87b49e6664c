import csv
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from config.management.arguments import add_scope, an_area
from indicators import exports


class Command(BaseCommand):
    help = "CSV on stdout: every unit that fails, or whose facts do not suffice, on a date."

    def add_arguments(self, parser: CommandParser) -> None:
        add_scope(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        writer = csv.writer(self.stdout, lineterminator="\n")
        writer.writerow(exports.GAP_COLUMNS)
        writer.writerows(exports.gap_rows(on=options["on"], area=an_area(options["area"])))
