"""From the bytes of a workbook to typed rows and all their problems. Pure: no database writes, no
clock.

`gate` judges the bytes, `reader` reads cells in a child process (`child`), `headers` binds columns,
`rows` types the rows, `villages` matches place names against villages that the caller has loaded.
"""

from __future__ import annotations

from datetime import date

from django.utils.translation import gettext as _

from imports.columns import Kind
from imports.parsing.gate import UnreadableFile
from imports.parsing.headers import Header, find_header
from imports.parsing.reader import RawSheet, RawWorkbook, read_workbook
from imports.parsing.rows import ParsedSheet, Problem, Row, parse_sheet

__all__ = ["ParsedSheet", "Problem", "Row", "UnreadableFile", "parse_file"]


def parse_file(data: bytes, kind: Kind, *, on: date, sheet: str = "") -> ParsedSheet:
    """The one sheet of a file that holds a list of this kind. Raises UnreadableFile.

    With `sheet`, the sheet of that name; otherwise several matching sheets are refused, never
    silently left out.
    """
    workbook = read_workbook(data)
    raw, header = _choose(workbook, kind, sheet.strip())
    parsed = parse_sheet(raw, kind, header, on=on, is_1904=workbook.is_1904)
    if not parsed.rows:
        raise UnreadableFile("no_rows", _("表头下面没有数据"), _("填好数据后重新上传"))
    others = [other.name.strip() for other in workbook.sheets if other is not raw]
    if others:
        parsed.notes.append(
            Problem(
                0,
                "",
                "other_sheets",
                _("未读取其他工作表：%(names)s") % {"names": "、".join(others)},
                _("需要时另行导入"),
            )
        )
    return parsed


def _choose(workbook: RawWorkbook, kind: Kind, name: str) -> tuple[RawSheet, Header]:
    sheets = [sheet for sheet in workbook.sheets if not name or sheet.name.strip() == name]
    if not sheets:
        names = "、".join(sheet.name.strip() for sheet in workbook.sheets)
        raise UnreadableFile(
            "no_such_sheet",
            _("没有名为“%(name)s”的工作表") % {"name": name},
            _("从这些里选：%(names)s") % {"names": names},
        )
    found = [(sheet, header) for sheet in sheets if (header := find_header(sheet, kind))]
    complete = [(sheet, header) for sheet, header in found if not header.missing]
    if len(complete) > 1:
        names = "、".join(sheet.name.strip() for sheet, _header in complete)
        raise UnreadableFile(
            "several_sheets",
            _("有几张工作表都像“%(kind)s”：%(names)s") % {"kind": kind.label, "names": names},
            _("写明要导入哪一张工作表"),
        )
    if complete:
        return complete[0]
    if found:
        header = max((header for _sheet, header in found), key=lambda each: len(each.bindings))
        raise UnreadableFile(
            "missing_columns",
            _("第 %(row)d 行的表头缺少：%(names)s")
            % {"row": header.last_row + 1, "names": "、".join(header.missing)},
            _("补上缺少的列，或改选导入类别"),
        )
    needed = "、".join(kind.missing([]))
    raise UnreadableFile(
        "no_header",
        _("前 10 行里没有找到表头"),
        _("表头应含：%(names)s；可下载模板对照") % {"names": needed},
    )
