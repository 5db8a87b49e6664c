import json
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

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
