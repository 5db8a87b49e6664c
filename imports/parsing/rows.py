"""Turns the rows below the header into typed rows and all their problems at once. Pure: no
database, no clock.

Every row below the header, down to the last one that holds anything, ends in exactly one outcome,
so that the counts always add up: good, rejected, or ignored with the reason (blank, total, footer,
header printed again).
"""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from core.masking import mask_id_number, mask_phone
from households.identity import Identity
from imports.columns import CellError, Column, Kind, Level, Reading
from imports.columns.cleaning import half_width, is_nothing, refuse_lost_digits, text_of
from imports.columns.headers import header_key
from imports.parsing.headers import Binding, Header
from imports.parsing.reader import RawCell, RawSheet

_TOTAL = re.compile(
    r"^(本页|全[县旗区市镇乡村]|本[县旗区市镇乡村])?(合计|总计|小计|共计|累计)[::]?\S{0,6}$"
)
_FOOTER = re.compile(
    r"^(填表人|制表人|填报人|审核人|复核人|负责人|单位负责人|联系人|联系电话|填报时间|填表时间|填表日期|填报日期|制表日期|制表时间|"
    r"填报单位|填表单位|报送单位|报送时间|导出时间|打印时间|统计时间|注|备注|说明|填表说明|分管领导|主要领导|签字|盖章|村委会\(盖章\))"
    r"\s*(\(.{0,10}\))?\s*([::].*|\d.*)?$",
    re.S,
)
_NOT_TELLING = {"row_number", "remark"}  # A row that holds only these says nothing.
_SUBJECTS = {"id_no", "hh_code", "village_code", "head_id_no", "person_code"}
_MAX_SHOWN = 60
_ID_SHAPE = re.compile(r"(?<![0-9])[1-9][0-9]{5}(?:19|20)[0-9]{9}[0-9Xx](?![0-9])")
_PHONE_SHAPE = re.compile(r"(?<![0-9])1[3-9][0-9]{9}(?![0-9])")


@dataclass(frozen=True)
class Problem:
    """One thing to be told about one row. `column` is the header as the file has it; `value` is
    masked.
    """

    row: int
    column: str
    code: str
    message: str
    cure: str
    value: str = ""

    def as_dict(self) -> dict[str, Any]:
        """Plain texts that any store and any page can hold."""
        texts = {
            name: _hide_personal(printable(getattr(self, name)))
            for name in ("column", "code", "message", "cure", "value")
        }
        return {"row": self.row, **texts}


def _hide_personal(text: str) -> str:
    """Numbers that look like a person's are masked wherever a shifted column puts them."""
    text = _ID_SHAPE.sub(lambda found: mask_id_number(found.group()), text)
    return _PHONE_SHAPE.sub(lambda found: mask_phone(found.group()), text)


def printable(text: str) -> str:
    """The text without control characters and halves of characters."""
    return "".join(c if unicodedata.category(c) not in ("Cc", "Cs") else " " for c in str(text))


@dataclass
class Row:
    """One row as typed values. A value of None (or a missing key) is unknown."""

    number: int  # as the spreadsheet shows it
    cells: list[str] = field(default_factory=list)  # as written
    values: dict[str, Any] = field(default_factory=dict)
    errors: list[Problem] = field(default_factory=list)
    warnings: list[Problem] = field(default_factory=list)
    ignored: Problem | None = None

    @property
    def is_good(self) -> bool:
        return self.ignored is None and not self.errors


@dataclass
class ParsedSheet:
    """Everything one sheet says, row by row in order."""

    kind: Kind
    header: Header
    rows: list[Row]
    notes: list[Problem] = field(default_factory=list)  # about the file as a whole

    @property
    def header_row(self) -> int:
        """The header's last row, as the spreadsheet shows it."""
        return self.header.last_row + 1

    def header_of(self, code: str) -> str:
        """The file's own name of a column, or ours when the file has none."""
        for binding in self.header.bindings:
            if binding.column.code == code:
                return binding.header
        return self.kind.column(code).name


def parse_sheet(
    sheet: RawSheet, kind: Kind, header: Header, *, on: date, is_1904: bool = False
) -> ParsedSheet:
    """Typed rows and all problems of one sheet."""
    reader = _RowReader(sheet, header, on, is_1904)
    rows = [
        reader.read(number) for number in range(header.last_row + 1, max(sheet.rows, default=0) + 1)
    ]
    parsed = ParsedSheet(kind, header, rows)
    if kind.code == "persons":
        _check_persons(parsed)
    elif kind.code == "households":
        _check_repeats(parsed, ("hh_code", "year"), "hh_code", _("户编号"))
        _check_repeats(parsed, ("head_id_no", "year"), "head_id_no", _("户主证件号码"))
    parsed.notes += _file_notes(sheet, header)
    return parsed


class _RowReader:
    """Reads one row after another; keeps sums for the total rows."""

    def __init__(self, sheet: RawSheet, header: Header, on: date, is_1904: bool) -> None:
        self.sheet, self.header, self.on, self.is_1904 = sheet, header, on, is_1904
        self.filled = _filled_down(sheet, header.last_row)
        self.header_keys = {header_key(b.header) for b in header.bindings}
        self.sums: defaultdict[str, Decimal] = defaultdict(Decimal)
        self.part_sums: defaultdict[str, Decimal] = defaultdict(Decimal)

    def read(self, number: int) -> Row:
        cells = self.sheet.rows.get(number, [])
        row = Row(number + 1, [printable(text_of(cell)) for cell in cells])
        row.ignored = self._ignored(number, cells)
        if row.ignored:
            if row.ignored.code == "total_row":
                self._compare_sums(row, cells)
            return row
        for binding in self.header.bindings:
            self._read_cell(row, number, cells, binding)
        for binding in self.header.spare:
            self._compare_spare(row, cells, binding)
        if not row.errors:
            self._add_up(row)
        return row

    def _cell(self, number: int, cells: list[RawCell], position: int) -> RawCell:
        cell = cells[position] if position < len(cells) else None
        return self.filled.get((number, position)) if cell is None else cell

    def _ignored(self, number: int, cells: list[RawCell]) -> Problem | None:
        said = [cell for cell in cells if not is_nothing(cell)]
        if not said:
            return self._ignore(number, "empty_row", _("空行，未导入"), "")
        texts = [half_width(text_of(cell)) for cell in said[:3]]
        telling = {
            b.column.code
            for b in self.header.bindings
            if b.column.code not in _NOT_TELLING
            and not is_nothing(self._cell(number, cells, b.position))
        }
        has_subject = any(
            binding.column.code in _SUBJECTS
            and not _FOOTER.match(re.sub(r"\s+", "", half_width(text_of(cell))))
            for binding in self.header.bindings
            if not is_nothing(cell := self._cell(number, cells, binding.position))
        )
        first = re.sub(r"\s+", "", texts[0])
        if not has_subject and any(_TOTAL.match(re.sub(r"\s+", "", text)) for text in texts[:3]):
            return self._ignore(number, "total_row", _("合计行，未导入"), first)
        if not has_subject and _FOOTER.match(first) and len(said) <= 8:
            return self._ignore(number, "footer_row", _("表尾行，未导入"), texts[0])
        if self._is_header_again(said):
            return self._ignore(number, "repeated_header", _("重复的表头，未导入"), first)
        if not telling:
            return self._ignore(number, "empty_row", _("只有序号或备注，未导入"), first)
        return None

    def _is_header_again(self, said: list[RawCell]) -> bool:
        if (
            header_key(text_of(said[0])) not in self.header_keys
            and len(said) > 1
            and header_key(text_of(said[1])) not in self.header_keys
        ):
            return False
        repeated = sum(header_key(text_of(cell)) in self.header_keys for cell in said)
        return repeated >= 2 and repeated * 2 > len(said)

    def _ignore(self, number: int, code: str, message: str, value: str) -> Problem:
        return Problem(number + 1, "", code, message, _("无需处理"), value[:_MAX_SHOWN])

    def _read_cell(self, row: Row, number: int, cells: list[RawCell], binding: Binding) -> None:
        column = binding.column
        cell = self._cell(number, cells, binding.position)
        reading = Reading(self.on, binding.unit, self.is_1904)
        try:
            self._refuse_broken(number, binding.position, cell)
            value = column.clean(cell, reading)
            if value is None and column.is_filled:
                raise CellError(
                    f"{column.code}_missing",
                    _("%(name)s为空") % {"name": binding.header},
                    _("补填后再导入"),
                )
            row.values[column.code] = value
        except CellError as error:
            if column.is_stored or column.is_filled:
                row.errors.append(_problem(row.number, binding, error, cell))
            else:
                row.warnings.append(_problem(row.number, binding, error, cell))
        row.warnings += [
            _problem(row.number, binding, warning, cell) for warning in reading.warnings
        ]

    def _refuse_broken(self, number: int, position: int, cell: RawCell) -> None:
        if (number, position) in self.sheet.notes.error_cells:
            raise CellError(
                "error_value", _("单元格是公式错误值（如 #REF!）"), _("改正公式，或填入数值")
            )
        if cell is None and (number, position) in self.sheet.notes.without_result:
            raise CellError(
                "formula_without_result",
                _("公式没有保存结果，读不到值"),
                _("用表格软件打开后重新保存，或粘贴为数值"),
            )

    def _compare_spare(self, row: Row, cells: list[RawCell], binding: Binding) -> None:
        """A second column of the same meaning may fill a gap but not contradict."""
        cell = cells[binding.position] if binding.position < len(cells) else None
        reading = Reading(self.on, binding.unit, self.is_1904)
        try:
            value = binding.column.clean(cell, reading)
        except CellError as error:
            row.warnings.append(_problem(row.number, binding, error, cell))
            return
        held = row.values.get(binding.column.code)
        if value is None or value == held:
            return
        if held is None and not any(each.column == binding.header for each in row.errors):
            row.values[binding.column.code] = value
            return
        disagree = CellError(
            "columns_disagree",
            _("文件里有两列都是“%(name)s”，内容不一致") % {"name": binding.column.name},
            _("删去其中一列，或改为一致"),
        )
        row.errors.append(_problem(row.number, binding, disagree, cell))

    def _add_up(self, row: Row) -> None:
        for code, value in row.values.items():
            if isinstance(value, (int, Decimal)) and not isinstance(value, bool):
                self.sums[code] += value
                self.part_sums[code] += value

    def _compare_sums(self, row: Row, cells: list[RawCell]) -> None:
        """A printed total is compared with the rows above it: 小计 since the last one, else all."""
        is_part = "小计" in half_width(" ".join(text_of(cell) for cell in cells[:3]))
        sums = self.part_sums if is_part else self.sums
        for binding in self.header.bindings:
            code = binding.column.code
            cell = cells[binding.position] if binding.position < len(cells) else None
            if (
                code not in sums
                or code
                in {"year", "exit_year", "return_year", "village_code", "out_year", "persons"}
                or is_nothing(cell)
            ):
                continue
            try:
                printed = binding.column.clean(cell, Reading(self.on, binding.unit, self.is_1904))
            except CellError:
                continue
            if isinstance(printed, (int, Decimal)) and abs(printed - sums[code]) > 1:
                error = CellError(
                    "total_differs",
                    _("合计 %(printed)s 与明细之和 %(sum)s 不一致")
                    % {"printed": printed, "sum": sums[code]},
                    _("核对是否漏行，或合计未更新"),
                )
                row.warnings.append(_problem(row.number, binding, error, cell))
        if is_part:
            self.part_sums.clear()


def _filled_down(sheet: RawSheet, header_row: int) -> dict[tuple[int, int], RawCell]:
    """Values of vertically merged cells, given to each row of the range."""
    filled: dict[tuple[int, int], RawCell] = {}
    for first, left, last, _right in sheet.merged:
        cells = sheet.rows.get(first, [])
        if last > first > header_row and left < len(cells) and cells[left] is not None:
            filled.update({(row, left): cells[left] for row in range(first + 1, last + 1)})
    return filled


def _problem(number: int, binding: Binding, error: CellError, cell: RawCell) -> Problem:
    return Problem(
        number, binding.header, error.code, error.message, error.cure, shown(binding.column, cell)
    )


def shown(column: Column, cell: RawCell) -> str:
    """The raw value as a report may show it: as the spreadsheet would, masked where personal."""
    if cell is None:
        return ""
    try:
        refuse_lost_digits(cell)
    except CellError:
        return f"{float(str(cell)):.5E}"
    text = half_width(text_of(cell))[:_MAX_SHOWN]
    return column.mask(text) if column.mask else text


# --- Rows against one another --------------------------------------------------------------------
def _check_persons(parsed: ParsedSheet) -> None:
    """One person once; one household in one village with one answer to each question."""
    people: dict[str, Row] = {}
    codes: dict[str, Row] = {}
    homes: dict[str, Row] = {}
    answers: dict[tuple[str, str], tuple[Any, Row]] = {}
    heads: dict[str, Row] = {}
    household_columns = [
        b.column for b in parsed.header.bindings if b.column.level == Level.HOUSEHOLD
    ]
    for row in parsed.rows:
        if not row.is_good:
            continue
        found = row.values.get("id_no")
        _one_person(parsed, row, people, codes, found)
        _contradictions(parsed, row, found)
        code = row.values.get("hh_code")
        if code is None or row.errors:
            continue
        first = homes.setdefault(code, row)
        if _place(first) != _place(row):
            _reject(
                parsed,
                row,
                "hh_code",
                "household_two_villages",
                _("此户在第 %(row)d 行属于另一个村") % {"row": first.number},
                _("核对户编号和村名"),
                code,
            )
            continue
        _one_answer(parsed, row, code, household_columns, answers)
        if row.values.get("relation") == "HEAD" and not row.errors:
            other = heads.setdefault(code, row)
            if other is not row:
                _warn(
                    parsed,
                    row,
                    "relation",
                    "two_heads",
                    _("该户第 %(row)d 行已有户主，一户只能一个") % {"row": other.number},
                    _("改正其中一行"),
                    "户主",
                )


def _one_person(
    parsed: ParsedSheet,
    row: Row,
    people: dict[str, Row],
    codes: dict[str, Row],
    found: Identity | None,
) -> None:
    if found is not None:
        other = people.setdefault(found.person_key, row)
        if other is not row:
            same = other.values.get("hh_code") == row.values.get("hh_code")
            message = (
                _("与第 %(row)d 行是同一人（同一户）")
                if same
                else _("与第 %(row)d 行是同一人，分在两户")
            )
            _reject(
                parsed,
                row,
                "id_no",
                "duplicate_person",
                message % {"row": other.number},
                _("保留一行；若已迁户，先办人员变更"),
                found.number,
            )
    code = row.values.get("person_code")
    if code is not None and not row.errors:
        other = codes.setdefault(code, row)
        if other is not row:
            _reject(
                parsed,
                row,
                "person_code",
                "duplicate_person_code",
                _("人编号与第 %(row)d 行重复") % {"row": other.number},
                _("核对人编号"),
                code,
            )


def _contradictions(parsed: ParsedSheet, row: Row, found: Identity | None) -> None:
    """Sex and birth date must agree with the number (DQ-ID-07)."""
    if found is None:
        return
    sex, born = row.values.get("sex"), row.values.get("birth_date")
    if sex is not None and sex != found.sex:
        _reject(
            parsed,
            row,
            "sex",
            "sex_contradicts_id",
            _("性别与证件号码第 17 位不符"),
            _("核对性别和证件号码"),
            "",
        )
    if born is not None and born != found.birth_date:
        _reject(
            parsed,
            row,
            "birth_date",
            "birth_contradicts_id",
            _("出生日期与证件号码不符"),
            _("核对出生日期和证件号码"),
            born.isoformat(),
        )


def _one_answer(
    parsed: ParsedSheet,
    row: Row,
    code: str,
    columns: list[Column],
    answers: dict[tuple[str, str], tuple[Any, Row]],
) -> None:
    for column in columns:
        value = row.values.get(column.code)
        if value is None or column.code == "hh_code":
            continue
        held, first = answers.setdefault((code, column.code), (value, row))
        if held != value:
            _reject(
                parsed,
                row,
                column.code,
                "household_answers_differ",
                _("同一户第 %(row)d 行填的不一样") % {"row": first.number},
                _("同户各行改为一致，或只填户主行"),
                "",
            )


def _place(row: Row) -> tuple[Any, ...]:
    return tuple(row.values.get(code) for code in ("village_code", "county", "township", "village"))


def _check_repeats(parsed: ParsedSheet, key: tuple[str, ...], column: str, label: str) -> None:
    seen: dict[tuple[Any, ...], Row] = {}
    for row in parsed.rows:
        value = row.values.get(column)
        if not row.is_good or value is None:
            continue
        subject = value.person_key if isinstance(value, Identity) else value
        other = seen.setdefault((subject, *(row.values.get(code) for code in key[1:])), row)
        if other is not row:
            _reject(
                parsed,
                row,
                column,
                "duplicate_row",
                _("%(label)s与第 %(row)d 行重复") % {"label": label, "row": other.number},
                _("保留一行"),
                subject,
            )


def _reject(
    parsed: ParsedSheet, row: Row, column: str, code: str, message: str, cure: str, value: str
) -> None:
    row.errors.append(_cross(parsed, row, column, code, message, cure, value))


def _warn(
    parsed: ParsedSheet, row: Row, column: str, code: str, message: str, cure: str, value: str
) -> None:
    row.warnings.append(_cross(parsed, row, column, code, message, cure, value))


def _cross(
    parsed: ParsedSheet, row: Row, column: str, code: str, message: str, cure: str, value: str
) -> Problem:
    found = parsed.kind.column(column)
    return Problem(
        row.number,
        parsed.header_of(column),
        code,
        message,
        cure,
        found.mask(value) if found.mask and value else value,
    )


# --- The file as a whole -------------------------------------------------------------------------
def _file_notes(sheet: RawSheet, header: Header) -> list[Problem]:
    return [Problem(0, "", code, message, cure) for code, message, cure in _notes(sheet, header)]


def _notes(sheet: RawSheet, header: Header) -> Iterator[tuple[str, str, str]]:
    notes = sheet.notes
    if sheet.is_hidden:
        yield (
            "hidden_sheet",
            _("工作表“%(name)s”是隐藏的，内容照常读取") % {"name": sheet.name},
            _("核对即可"),
        )
    if notes.hidden_row_count:
        yield (
            "hidden_rows",
            _("有 %(count)d 行被隐藏或筛选，内容照常读取") % {"count": notes.hidden_row_count},
            _("不想导入的行请删除"),
        )
    if notes.hidden_column_count:
        yield (
            "hidden_columns",
            _("有 %(count)d 列被隐藏，内容照常读取") % {"count": notes.hidden_column_count},
            _("核对即可"),
        )
    if notes.formula_count:
        yield (
            "formulas",
            _("有 %(count)d 个单元格是公式，按保存时的结果读取") % {"count": notes.formula_count},
            _("核对即可"),
        )
    for text in header.repeated:
        yield (
            "repeated_column",
            _("表头“%(text)s”出现不止一次，按位置取第一列") % {"text": text},
            _("核对列匹配"),
        )
