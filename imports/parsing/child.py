"""Runs as a script in a process of its own: reads one table file from stdin, writes its rows as
JSON lines.

Only the standard library and the fast reader are imported, the environment is empty and memory,
time and file sizes are capped, so that a file which breaks the reader breaks nothing else. Numbers,
texts and truth values are written as they are; a date is {"d": …}, a date with time {"t": …}; an
empty cell is null.
"""

from __future__ import annotations

import contextlib
import csv
import io
import json
import resource
import sys
from datetime import date, datetime, time, timedelta
from html.parser import HTMLParser
from typing import Any


def main() -> int:
    options = json.loads(sys.argv[1])
    _confine(options)
    data = sys.stdin.buffer.read()
    try:
        if options["format"] == "csv":
            _read_csv(data.decode("utf-8"), options)
        elif options["format"] == "html":
            _read_html(data.decode("utf-8"), options)
        else:
            _read_workbook(data, options)
    except MemoryError:
        return _stop("too_large")
    except _TooLarge as error:
        return _stop("too_many", rows=error.rows, columns=error.columns)
    _write({"end": True})
    sys.stdout.flush()
    return 0


class _TooLarge(Exception):
    def __init__(self, rows: int, columns: int) -> None:
        super().__init__(rows, columns)
        self.rows, self.columns = rows, columns


def _confine(options: dict[str, Any]) -> None:
    limits = {
        resource.RLIMIT_AS: options["memory"],
        resource.RLIMIT_CPU: options["seconds"],
        resource.RLIMIT_FSIZE: 0,
        resource.RLIMIT_CORE: 0,
    }
    for name, value in limits.items():
        with contextlib.suppress(ValueError, OSError):  # A lower limit set from outside stays.
            resource.setrlimit(name, (value, value))


def _write(item: Any) -> None:
    sys.stdout.write(json.dumps(item, ensure_ascii=True, separators=(",", ":")))
    sys.stdout.write("\n")


def _stop(code: str, **detail: int) -> int:
    _write({"error": code, **detail})
    sys.stdout.flush()
    return 0


def _check_size(options: dict[str, Any], rows: int, columns: int) -> None:
    if rows > options["rows"] or columns > options["columns"]:
        raise _TooLarge(rows, columns)


def _read_workbook(data: bytes, options: dict[str, Any]) -> None:
    import python_calamine as calamine  # after the limits are set

    try:
        workbook = calamine.CalamineWorkbook.from_object(io.BytesIO(data))
        metadata = workbook.sheets_metadata
    except calamine.PasswordError:
        _write({"error": "password"})
        return
    except calamine.CalamineError:
        _write({"error": "damaged"})
        return
    for place, sheet in enumerate(metadata):
        if sheet.typ != calamine.SheetTypeEnum.WorkSheet:
            continue
        try:
            rows = workbook.get_sheet_by_index(place)
        except calamine.CalamineError:
            _write({"error": "damaged"})
            return
        hidden = sheet.visible != calamine.SheetVisibleEnum.Visible
        _write({"sheet": place, "name": sheet.name, "hidden": hidden, "merged": _merged(rows)})
        top, left = rows.start or (0, 0)
        bottom, right = rows.end or (-1, -1)
        _check_size(options, bottom + 1, right + 1)
        for number, row in enumerate(rows.to_python(skip_empty_area=True), top):
            _write([number, [None] * left + [_plain(cell) for cell in row]])


def _merged(sheet: Any) -> list[list[int]]:
    ranges = sheet.merged_cell_ranges or []
    return [[top, left, bottom, right] for (top, left), (bottom, right) in ranges]


def _plain(cell: Any) -> Any:
    if cell == "" or cell is None:
        return None
    if isinstance(cell, (str, bool, int)):
        return cell
    if isinstance(cell, float):
        return cell if cell == cell and abs(cell) != float("inf") else str(cell)
    if isinstance(cell, datetime):
        return {"t": cell.isoformat()}
    if isinstance(cell, date):
        return {"d": cell.isoformat()}
    if isinstance(cell, (time, timedelta)):
        return str(cell)
    return str(cell)


def _read_csv(text: str, options: dict[str, Any]) -> None:
    csv.field_size_limit(options["text"] + 1)
    _write({"sheet": 0, "name": "CSV", "hidden": False, "merged": []})
    try:
        for number, row in enumerate(
            csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(text))
        ):
            while row and not row[-1].strip():
                row.pop()
            _check_size(options, number + 1, len(row))
            if row:
                _write([number, [cell or None for cell in row]])
    except csv.Error:
        _write({"error": "damaged"})


def _delimiter(text: str) -> str:
    """The separator that splits the first lines into most columns; quoted parts are not counted."""
    lines = [line for line in text[:20_000].splitlines()[:20] if line.strip()]

    def score(mark: str) -> int:
        return max(
            (sum(part.count(mark) for part in line.split('"')[::2]) for line in lines), default=0
        )

    return max(",\t;|", key=score)


class _Tables(HTMLParser):
    """Tables of an HTML page that calls itself a workbook; spans become merged ranges."""

    def __init__(self, options: dict[str, Any]) -> None:
        super().__init__(convert_charrefs=True)
        self.options = options
        self.tables: list[tuple[dict[tuple[int, int], str], list[list[int]]]] = []
        self.depth = 0
        self.row = -1
        self.span = (1, 1)
        self.text: list[str] | None = None
        self.silent = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in ("script", "style"):
            self.silent += 1
        elif tag == "table":
            self.depth += 1
            if self.depth == 1:
                self.tables.append(({}, []))
                self.row = -1
        elif tag == "tr" and self.depth == 1:
            self._close_cell()
            self.row += 1
            _check_size(self.options, self.row + 1, 0)
        elif tag in ("td", "th") and self.depth == 1:
            self._close_cell()
            self.row = max(self.row, 0)
            found = dict(attrs)
            self.span = (_span(found.get("rowspan")), _span(found.get("colspan")))
            self.text = []
        elif tag == "br" and self.text is not None:
            self.text.append("\n")

    def handle_endtag(self, tag: str) -> None:
        if tag in ("script", "style"):
            self.silent = max(0, self.silent - 1)
        elif tag in ("td", "th", "tr") and self.depth == 1:
            self._close_cell()
        elif tag == "table" and self.depth:
            if self.depth == 1:
                self._close_cell()
            self.depth -= 1

    def handle_data(self, data: str) -> None:
        if self.text is not None and not self.silent:
            self.text.append(data)

    def _close_cell(self) -> None:
        if self.text is None:
            return
        cells, merged = self.tables[-1]
        column = 0
        while (self.row, column) in cells:
            column += 1
        high, wide = self.span
        _check_size(self.options, self.row + high, column + wide)
        for down in range(high):
            for right in range(wide):
                cells[self.row + down, column + right] = ""
        cells[self.row, column] = "".join(self.text).strip()
        if high > 1 or wide > 1:
            merged.append([self.row, column, self.row + high - 1, column + wide - 1])
        self.text = None


def _span(value: str | None) -> int:
    return (
        int(value) if value and value.isascii() and value.isdigit() and 0 < int(value) <= 200 else 1
    )


def _read_html(text: str, options: dict[str, Any]) -> None:
    parser = _Tables(options)
    parser.feed(text)
    parser.close()
    for place, (cells, merged) in enumerate(parser.tables):
        _write({"sheet": place, "name": f"HTML {place + 1}", "hidden": False, "merged": merged})
        rows: dict[int, dict[int, str]] = {}
        for (row, column), value in cells.items():
            rows.setdefault(row, {})[column] = value
        for row in sorted(rows):
            width = max(rows[row]) + 1
            _write([row, [rows[row].get(column) or None for column in range(width)]])


if __name__ == "__main__":
    sys.exit(main())
