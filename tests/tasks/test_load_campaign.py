import json
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
import yaml
from django.core.management import CommandError, call_command

from tasks.models import Target
from tests.tasks.factories import PLAN

pytestmark = pytest.mark.django_db


def run(*args: str) -> str:
    out = StringIO()
    call_command("load_campaign", *args, stdout=out)
    return out.getvalue()


def test_shipped_file_is_the_default(places: Any) -> None:
    assert json.loads(run("--json"))["campaign"] == "BT-2019"
    assert json.loads(run(str(PLAN), "--json"))["changed"] == 0
    assert "20 leaf" in run()


def test_without_the_area() -> None:
    with pytest.raises(CommandError, match="load_divisions"):
        run()


def test_unreadable_files(places: Any, tmp_path: Path) -> None:
    with pytest.raises(CommandError):
        run(str(tmp_path / "none.yaml"))
    other = tmp_path / "other.yaml"
    other.write_text("a: 1", encoding="utf-8")
    with pytest.raises(CommandError, match="not a campaign plan"):
        run(str(other))


def test_the_plan_without_our_labels_makes_the_same_campaign(places: Any, tmp_path: Path) -> None:
    plain = yaml.safe_load(PLAN.read_text(encoding="utf-8"))
    for item in plain["agencies"]:
        item.pop("line", None)
    for name in ("campaign", "name", "office"):
        plain["source"].pop(name, None)
    for target in (target for task in plain["tasks"] for target in task["targets"]):
        target.pop("metric_zh", None)
        target.pop("scope_zh", None)
    file = tmp_path / "plan.yaml"
    file.write_text(yaml.safe_dump(plain, allow_unicode=True), encoding="utf-8")
    run(str(file))

    again = run("--json")

    assert json.loads(again)["changed"] == 0
    assert not any(target.metric.isascii() for target in Target.objects.all())
