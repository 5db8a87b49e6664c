import json
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from core import clock
from indicators import services
from indicators.standards import BadStandard


class Command(BaseCommand):
    help = "Put the reviewed, cited standards of indicators/policy on record; idempotent."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            loaded = services.load_standards(at=clock.now())
        except BadStandard as error:
            raise CommandError(str(error)) from error
        if options["json"]:
            self.stdout.write(json.dumps(vars(loaded)))
        else:
            self.stdout.write(
                f"标准：新增 {loaded.created}，替换 {loaded.superseded}，未变 {loaded.unchanged}"
            )
