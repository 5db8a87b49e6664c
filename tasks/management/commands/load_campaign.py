import json
from pathlib import Path
from typing import Any

import yaml
from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts.models import Area
from core import clock
from tasks import services

SHIPPED = Path(services.__file__).parent / "data" / "baotou_tasks_2019.yaml"


class Command(BaseCommand):
    help = "Load a campaign with its agencies, phases, tasks and targets; idempotent."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "file", nargs="?", default=SHIPPED, type=Path, help="plan (YAML); default: Baotou 2019"
        )
        parser.add_argument("--json", action="store_true", help="end with one JSON line")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            plan = yaml.safe_load(options["file"].read_text(encoding="utf-8"))
            done = services.load_campaign(plan=plan, at=clock.now())
        except OSError as error:
            raise CommandError(f"{options['file']}: {error.strerror}") from error
        except Area.DoesNotExist as error:
            raise CommandError(
                "The campaign's area is not on file; run load_divisions first."
            ) from error
        except (KeyError, TypeError, yaml.YAMLError) as error:
            raise CommandError(f"{options['file']} is not a campaign plan: {error}") from error
        if options["json"]:
            self.stdout.write(json.dumps(done.__dict__, ensure_ascii=False))
        else:
            self.stdout.write(
                f"{done.campaign}: {done.tasks} tasks ({done.leaf_tasks} leaf), {done.targets} targets, "
                f"{done.agencies} agencies, {done.changed} changed"
            )
