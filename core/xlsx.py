"""Workbooks out: lists as .xlsx whose cells a spreadsheet never evaluates or reformats."""

import io
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from urllib.parse import quote

from django.http import HttpResponse
from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Alignment, Font, PatternFill

CONTENT_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def workbook_bytes(
    headers: Sequence[str],
    rows: Iterable[Sequence[Any]],
    *,
    title: str = "",
    note: str = "",
    mark: str = "",
    sheet: str = "Sheet1",
) -> bytes:
    """One sheet: an optional title and note row, a bold header, then the rows. `mark`, which says
    whose copy it is, stands in the first row, the last one and at the foot of printed pages.

    Text is written as string cells, so that nothing is taken for a formula or a number.
    """
    book = Workbook(write_only=True)
    page = book.create_sheet(sheet)
    page.oddFooter.center.text = mark.replace("&", "&&") or None
    for line in filter(None, (mark, title, note)):
        page.append([_cell(page, line, bold=line == title)])
    page.append([_cell(page, head, bold=True) for head in headers])
    for row in rows:
        page.append([_cell(page, value) for value in row])
    if mark:
        page.append([_cell(page, mark)])
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def workbook_response(
    headers: Sequence[str],
    rows: Iterable[Sequence[Any]],
    *,
    filename: str,
    title: str = "",
    note: str = "",
) -> HttpResponse:
    """A download of `workbook_bytes`."""
    return file_response(workbook_bytes(headers, rows, title=title, note=note), filename)


def file_response(content: bytes, filename: str) -> HttpResponse:
    """A download of a workbook, named in Chinese for every browser."""
    response = HttpResponse(content, content_type=CONTENT_TYPE)
    response["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(filename)}"
    response["X-Content-Type-Options"] = "nosniff"
    return response


def _cell(page: Any, value: Any, *, bold: bool = False) -> Any:
    if isinstance(value, (int, float, Decimal)) and not isinstance(value, bool):
        return value
    if isinstance(value, (date, datetime)):
        value = value.isoformat()[:10]
    cell = WriteOnlyCell(page, value="" if value is None else str(value))
    cell.data_type = "s"
    cell.number_format = "@"
    if bold:
        cell.font = Font(bold=True)
        cell.alignment = Alignment(vertical="center")
        cell.fill = PatternFill("solid", fgColor="EAF0F8")
    return cell
