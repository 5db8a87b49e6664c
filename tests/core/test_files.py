"""Private files: whole or not at all, under names of our making."""

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from core import files


def test_file_is_whole_and_only_ours(tmp_path: Path) -> None:
    key = files.new_key("150222105203", ".jpg")

    files.write(tmp_path, key, b"paper")

    place = tmp_path / key
    assert place.read_bytes() == b"paper"
    assert place.stat().st_mode & 0o777 == 0o600
    assert place.parent.stat().st_mode & 0o777 == 0o700
    assert [p for p in tmp_path.rglob("*") if p.is_file()] == [place]


def test_names_never_repeat_and_lie_in_their_folder() -> None:
    keys = {files.new_key("150222105203", ".pdf") for _ in range(200)}

    assert len(keys) == 200
    assert all(key.startswith("150222105203/") and key.endswith(".pdf") for key in keys)


def test_where_nothing_can_be_written_nothing_is_left(tmp_path: Path) -> None:
    (tmp_path / "150222105203").write_text("a file where a folder should be")

    with pytest.raises(files.NoRoom):
        files.write(tmp_path, files.new_key("150222105203", ".jpg"), b"paper")

    assert [p.name for p in tmp_path.rglob("*")] == ["150222105203"]


def test_old_files_are_told_and_deleted(tmp_path: Path) -> None:
    now = datetime(2019, 11, 5, tzinfo=UTC)
    for name, age in (("a/old.jpg", 3), ("a/new.jpg", 0)):
        files.write(tmp_path, name, b"x")
        moment = (now - timedelta(days=age)).timestamp()
        os.utime(tmp_path / name, (moment, moment))

    old = list(files.older_than(tmp_path, now - timedelta(days=1)))

    assert old == ["a/old.jpg"]
    assert files.delete(tmp_path, [*old, "a/gone.jpg"]) == 1
    assert list(files.older_than(tmp_path / "nowhere", now)) == []


def test_answer_can_run_nothing() -> None:
    answer = files.response(
        b"x", content_type="application/pdf", name="鉴定书\r\n.pdf", attach=True
    )

    assert answer["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in answer["Content-Security-Policy"]
    assert answer["Content-Disposition"].startswith("attachment")
    assert "\n" not in answer["Content-Disposition"]
