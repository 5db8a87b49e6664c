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
            plan = _read(options["file"])
            if options["file"] != SHIPPED and "source" in plan:
                plan = completed(plan, _read(SHIPPED))
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


def completed(plan: dict[str, Any], shipped: dict[str, Any]) -> dict[str, Any]:
    """The same plan with what only the shipped copy of it has: Chinese labels, lines of work, its code.

    Another region's or year's plan stays as it is.
    """
    if any(
        str(plan["source"][key]) != str(shipped["source"][key]) for key in ("region_code", "year")
    ):
        return plan
    agencies = {item["code"]: item for item in shipped["agencies"]}
    tasks = {item["code"]: item for item in shipped["tasks"]}
    plan["source"] = shipped["source"] | plan["source"]
    plan["agencies"] = [agencies.get(item["code"], {}) | item for item in plan["agencies"]]
    for item in plan["tasks"]:
        known = {t["metric"]: t for t in tasks.get(item["code"], {}).get("targets", [])}
        item["targets"] = [known.get(target["metric"], {}) | target for target in item["targets"]]
    return plan


def _read(path: Path) -> Any:
    return yaml.safe_load(path.read_text(encoding="utf-8"))
