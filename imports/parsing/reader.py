"""Reads the cells of a file in a child process; a child that dies is a message for the user, never
a dead worker.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any

from django.utils.translation import gettext as _

from imports.parsing.gate import (
    LIMITS,
    MEGABYTE,
    Container,
    Limits,
    SheetNotes,
    UnreadableFile,
    inspect,
)

CHILD = Path(__file__).with_name("child.py")
MEMORY_BYTES = 1024 * MEGABYTE
CPU_SECONDS = 60
WALL_SECONDS = 120

RawCell = str | int | float | bool | date | datetime | None
_one_at_a_time = threading.BoundedSemaphore(1)


@dataclass
class RawSheet:
    """One sheet as stored: rows that hold anything, keyed by row number from zero, and merged
    ranges (all inclusive).
    """

    name: str
    is_hidden: bool
    merged: list[tuple[int, int, int, int]]
    notes: SheetNotes
    rows: dict[int, list[RawCell]] = field(default_factory=dict)


@dataclass
class RawWorkbook:
    """All sheets of one file that hold anything."""

    format: str
    encoding: str
    is_1904: bool
    sheets: list[RawSheet]


def read_workbook(data: bytes, *, limits: Limits = LIMITS) -> RawWorkbook:
    """Every cell of a file. Raises UnreadableFile."""
    container = inspect(data, limits=limits)
    payload = container.text.encode("utf-8") if container.text else data
    with _one_at_a_time:
        sheets = list(_read(payload, container, limits))
    filled = [sheet for sheet in sheets if sheet.rows]
    if not filled:
        raise UnreadableFile("empty_file", _("文件里没有任何内容"), _("确认数据已保存后重新上传"))
    return RawWorkbook(container.format, container.encoding, container.is_1904, filled)


def _read(payload: bytes, container: Container, limits: Limits) -> Iterator[RawSheet]:
    sheet: RawSheet | None = None
    for item in _run_child(payload, container.format, limits):
        if isinstance(item, list):
            number, cells = item
            if sheet is not None and any(cell is not None for cell in cells):
                sheet.rows[number] = cells
        elif "sheet" in item:
            if sheet is not None:
                yield sheet
            merged = [tuple(box) for box in item["merged"]]
            notes = container.sheets.get(item["sheet"]) or SheetNotes()
            sheet = RawSheet(item["name"], item["hidden"], merged, notes)
        elif "error" in item:
            raise _refusal(item, limits)
    if sheet is not None:
        yield sheet


def _run_child(payload: bytes, file_format: str, limits: Limits) -> Iterator[Any]:
    options = {
        "format": file_format,
        "memory": MEMORY_BYTES,
        "seconds": CPU_SECONDS,
        "rows": limits.rows,
        "columns": limits.columns,
        "text": limits.text_characters,
    }
    with tempfile.TemporaryFile() as upload:
        upload.write(payload)
        upload.seek(0)
        child = subprocess.Popen(
            [sys.executable, "-I", "-X", "utf8", str(CHILD), json.dumps(options)],
            stdin=upload,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={"LC_ALL": "C.UTF-8"},
            close_fds=True,
        )
        timer = threading.Timer(WALL_SECONDS, child.kill)
        timer.start()
        ended = False
        try:
            assert child.stdout is not None
            for line in child.stdout:
                try:
                    item = json.loads(line, object_hook=_with_dates)
                except ValueError:
                    break  # A child killed in the middle of a line.
                if isinstance(item, dict) and ("end" in item or "error" in item):
                    ended = True
                yield item
        finally:
            timer.cancel()
            child.kill()
            child.wait()
            if child.stdout is not None:
                child.stdout.close()
        if not ended:
            raise UnreadableFile(
                "reader_died",
                _("文件无法读取：内容过大或结构异常"),
                _("把数据复制到新建的 .xlsx，或按乡镇拆成几个文件后上传"),
            )


def _with_dates(item: dict[str, Any]) -> Any:
    if "d" in item:
        return date.fromisoformat(item["d"])
    if "t" in item:
        return datetime.fromisoformat(item["t"])
    return item


def _refusal(item: dict[str, Any], limits: Limits) -> UnreadableFile:
    if item["error"] == "password":
        return UnreadableFile(
            "password", _("文件有打开密码，无法读取"), _("请先取消文件密码，再上传")
        )
    if item["error"] == "too_many":
        return UnreadableFile(
            "range_too_large",
            _("表格有 %(rows)d 行、%(columns)d 列，超过上限 %(most_rows)d 行、%(most_columns)d 列")
            % {
                "rows": item["rows"],
                "columns": item["columns"],
                "most_rows": limits.rows,
                "most_columns": limits.columns,
            },
            _("按乡镇拆成几个文件后上传"),
        )
    if item["error"] == "too_large":
        return UnreadableFile(
            "reader_died", _("文件内容过大，无法读取"), _("按乡镇拆成几个文件后上传")
        )
    return UnreadableFile(
        "damaged", _("文件已损坏，无法打开"), _("用表格软件打开后另存为 .xlsx，再上传")
    )
