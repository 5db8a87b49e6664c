"""How one cell becomes a value. Each cleaner returns the value, or None when the cell says nothing;
or raises CellError.

Empty means unknown: no cleaner turns an empty cell into "no" or zero. Nothing is guessed: what
could mean two things is refused with the way to write it.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from functools import lru_cache
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import override

from households import identity
from imports.columns.base import Cell, CellError, Clean, Reading

EXACT_DIGITS = 15  # A spreadsheet number keeps no more significant digits.
_BIDI = set("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200f\u061c")
_INVISIBLE = set("\u200b\u200c\u200d\u2060\ufeff\u00ad\u180e")
_DELETED = dict.fromkeys(map(ord, _BIDI | _INVISIBLE))
_DOTS = str.maketrans(dict.fromkeys("•・‧∙●⋅．･", "·"))
_NOTHING = {"", "-", "--", "/", "\\", "—", "——", "–", "N/A", "n/a", "NULL", "null", "#N/A"}
_WRAPPED = re.compile(r'^=\s*"(.*)"$', re.S)
_SCIENTIFIC = re.compile(r"^[0-9](?:\.[0-9]+)?[Ee]\+?[0-9]{2,}$")

YES = {"是", "有", "1", "√", "✓", "✔", "☑", "y", "yes", "true", "对", "t"}
NO = {"否", "无", "0", "×", "✗", "✘", "x", "☒", "n", "no", "false", "不是", "没有", "非", "f"}


def is_nothing(cell: Cell) -> bool:
    """An empty cell, or one of the signs people write for one."""
    return cell is None or (
        isinstance(cell, str) and len(cell) < 40 and half_width(cell) in _NOTHING
    )


@lru_cache(maxsize=65_536)
def half_width(text: str) -> str:
    """Half width, trimmed, without invisible characters, wrappers and our exports' guard."""
    if not text.isascii():
        text = unicodedata.normalize("NFKC", text).translate(_DELETED)
    text = text.strip()
    if wrapped := _WRAPPED.match(text):
        text = wrapped.group(1).strip()
    return text.lstrip("'’‘`").strip() if text[:1] in "'’‘`" else text


def text_of(cell: Cell) -> str:
    """Any cell as the text a person would read in it."""
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return "是" if cell else "否"
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() and abs(cell) < 10**EXACT_DIGITS else repr(cell)
    if isinstance(cell, datetime):
        return (
            cell.date().isoformat() if cell.time() == datetime.min.time() else cell.isoformat(" ")
        )
    if isinstance(cell, date):
        return cell.isoformat()
    return str(cell)


@lru_cache(maxsize=65_536)
def label_key(text: str) -> str:
    """The form in which two labels are the same: half width, lower case, without spaces."""
    return re.sub(r"\s+", "", half_width(text)).lower()


def chinese(label: Any) -> str:
    """A label as the files have it, whatever language the user reads."""
    with override(None):
        return str(label)


def label_map(
    choices: Iterable[tuple[str, Any]], aliases: Mapping[str, str] | None = None
) -> dict[str, str]:
    """Label and known other spellings → stored code; the labels win."""
    table = {label_key(label): code for label, code in (aliases or {}).items()}
    table.update({label_key(chinese(label)): code for code, label in choices})
    return table


def text(max_length: int = 200) -> Clean:
    """Free text without control characters."""

    def clean(cell: Cell, reading: Reading) -> str | None:
        if is_nothing(cell):
            return None
        raw = text_of(cell)
        _refuse_control(raw)
        value = "".join(c for c in raw if c not in _INVISIBLE)
        value = re.sub(r"\s+", " ", value).strip()
        if value[:1] == "'" and value[1:2] in set("=+-@＝＋－＠"):
            value = value[1:]
        if len(value) > max_length:
            raise CellError(
                "too_long", _("超过 %(limit)d 个字") % {"limit": max_length}, _("缩短后再填")
            )
        return value or None

    return clean


def name(cell: Cell, reading: Reading) -> str | None:
    """A person's name: spaces inside removed, every middle dot as ·, rare characters untouched."""
    value = text(64)(cell, reading)
    if value is None:
        return None
    value = value.replace("\u3000", " ").translate(_DOTS).strip("'’‘`*")
    if not re.search(r"[A-Za-z]", value):
        value = value.replace(" ", "")
    if not value:
        return None
    if len(value) < 2:
        reading.warn("name_short", _("姓名只有一个字"), _("核对姓名是否完整"))
    if re.search(r"[0-9?？*�]", value):
        raise CellError("name_characters", _("姓名里有数字或符号"), _("按身份证填写姓名"))
    return value


def code_text(cell: Cell, reading: Reading) -> str | None:
    """A code that must stay as written; refuses a number that a spreadsheet has already rounded."""
    if is_nothing(cell):
        return None
    refuse_lost_digits(cell)
    value = re.sub(r"\s+", "", half_width(text_of(cell))).strip("'\"’‘“”")
    _refuse_control(value)
    if _SCIENTIFIC.match(value):
        raise _lost_digits()
    if len(value) > 32:
        raise CellError("too_long", _("编号超过 32 位"), _("核对编号"))
    return value or None


def refuse_lost_digits(cell: Cell) -> None:
    if (
        isinstance(cell, (int, float))
        and not isinstance(cell, bool)
        and abs(cell) >= 10**EXACT_DIGITS
    ):
        raise _lost_digits()


def _lost_digits() -> CellError:
    return CellError(
        "precision_lost",
        _("精度丢失：号码被表格存成数字，末几位已丢失"),
        _("在原表把该列改为文本，重填号码"),
    )


def identity_number(cell: Cell, reading: Reading) -> identity.Identity | None:
    """A citizen number or disability certificate."""
    if is_nothing(cell):
        return None
    refuse_lost_digits(cell)
    try:
        found = identity.parse(text_of(cell), on=reading.on)
    except identity.InvalidIdentity as error:
        raise CellError(error.code, error.message, error.cure) from None
    if found.is_certificate:
        reading.warn(
            "id_certificate", _("这是残疾人证号，已拆出身份证号、残疾类别和等级"), _("核对即可")
        )
    return found


def phone(cell: Cell, reading: Reading) -> str | None:
    if is_nothing(cell):
        return None
    refuse_lost_digits(cell)
    raw = text_of(cell)
    if label_key(raw) in ("无", "没有", "无电话"):
        return None
    try:
        value = identity.parse_phone(raw)
    except identity.InvalidPhone as error:
        # A wrong telephone is a finding (DQ-TEL-01): the row is good without it.
        reading.warn(
            error.code, _("%(reason)s，未导入此号码") % {"reason": error.message}, error.cure
        )
        return None
    if not identity.is_mobile(value):
        reading.warn("phone_landline", _("这是固定电话"), _("有手机的改填手机"))
    return value


def bank_account(cell: Cell, reading: Reading) -> str | None:
    value = code_text(cell, reading)
    if value is None:
        return None
    value = value.replace("-", "")
    if not (value.isascii() and value.isdigit() and 12 <= len(value) <= 19):
        raise CellError("bank_account", _("银行卡号应为 12—19 位数字"), _("对照银行卡改正"))
    if not identity.passes_luhn(value):
        reading.warn(
            "bank_account_check", _("银行卡号校验位不符"), _("对照银行卡核对；存折账号可忽略")
        )
    return value


def area_code(cell: Cell, reading: Reading) -> int | None:
    """A 12-digit statistical code."""
    value = code_text(cell, reading)
    if value is None:
        return None
    if not re.fullmatch(r"[1-9][0-9]{11}", value):
        raise CellError("area_code", _("村代码应为 12 位统计用区划代码"), _("核对代码，按文本填写"))
    return int(value)


def yes_no(*, yes: Iterable[str] = (), no: Iterable[str] = ()) -> Clean:
    """Truth in any of its spellings; an empty cell is unknown, never no."""
    yes_keys = YES | {label_key(word) for word in yes}
    no_keys = NO | {label_key(word) for word in no}

    def clean(cell: Cell, reading: Reading) -> bool | None:
        if isinstance(cell, bool):
            return cell
        if is_nothing(cell):
            return None
        key = label_key(text_of(cell))
        if key in yes_keys:
            return True
        if key in no_keys:
            return False
        if key in ("不清楚", "不详", "未知", "不知道"):
            return None
        raise CellError("yes_no", _("应填“是”或“否”"), _("改为是或否；不清楚就留空"))

    return clean


def choice(
    choices: Iterable[tuple[str, Any]],
    aliases: Mapping[str, str] | None = None,
    *,
    doubtful: Mapping[str, str | None] | None = None,
) -> Clean:
    """A code by its label. Bare numbers are refused: sources disagree on them.

    `doubtful` are labels of other years without an exact counterpart: taken with a warning, or left
    unknown (None).
    """
    table = label_map(choices, aliases)
    loose = {label_key(label): code for label, code in (doubtful or {}).items()}
    labels = {code: chinese(label) for code, label in choices}

    def clean(cell: Cell, reading: Reading) -> str | None:
        if is_nothing(cell):
            return None
        raw = text_of(cell)
        key = label_key(raw)
        if key in table:
            return table[key]
        stripped = re.sub(r"^[0-9]{1,2}[.、\-_:)]*", "", key)
        if stripped and stripped != key and stripped in table:
            return table[stripped]  # "01 因病": the label decides.
        if key in loose:
            code = loose[key]
            meaning = labels[code] if code is not None else _("未知")
            reading.warn(
                "label_mapped",
                _("“%(raw)s”按“%(meaning)s”记") % {"raw": key, "meaning": meaning},
                _("核对即可"),
            )
            return code
        raise _unknown_label(key, labels.values())

    return clean


def choices_set(
    choices: Iterable[tuple[str, Any]],
    aliases: Mapping[str, str] | None = None,
    *,
    alone: str = "",
    most: int = 0,
) -> Clean:
    """Several labels in any order between any separators; `alone` excludes the others."""
    one = choice(choices, aliases)
    order = [code for code, _label in choices]
    names = {code: chinese(label) for code, label in choices}

    def clean(cell: Cell, reading: Reading) -> list[str] | None:
        if is_nothing(cell):
            return None
        parts = [part for part in re.split(r"[,，、;；/|+\s]+", half_width(text_of(cell))) if part]
        found = {code for part in parts if (code := one(part, reading)) is not None}
        if alone in found and len(found) > 1:
            raise CellError(
                "excludes_others",
                _("“%(label)s”不能与其他并列") % {"label": names[alone]},
                _("选一类"),
            )
        if most and len(found) > most:
            raise CellError(
                "too_many_labels", _("最多填 %(most)d 项") % {"most": most}, _("保留主要的")
            )
        return sorted(found, key=order.index) or None

    return clean


def _unknown_label(key: str, labels: Iterable[str]) -> CellError:
    if re.fullmatch(r"[0-9]+(\.0)?", key):
        return CellError(
            "bare_number",
            _("只有数字代码，各系统编号不一致，不能判断含义"),
            _("从原系统按文字导出，或注明代码版本后改为文字"),
        )
    shown = list(labels)
    sample = "、".join(shown[:8]) + ("…" if len(shown) > 8 else "")
    return CellError(
        "unknown_label",
        _("不认识的选项“%(key)s”") % {"key": key[:20]},
        _("改为：%(labels)s") % {"labels": sample},
    )


# --- Numbers -------------------------------------------------------------------------------------
_GROUPED = re.compile(r"^[0-9]{1,3}(,[0-9]{3})+(\.[0-9]+)?$")
_PLAIN = re.compile(r"^[0-9]+(\.[0-9]*)?$|^\.[0-9]+$")
_FACTORS: dict[tuple[str, str], Decimal] = {
    ("万元", "元"): Decimal(10_000),
    ("千元", "元"): Decimal(1_000),
    ("公顷", "亩"): Decimal(15),
    ("米", "公里"): Decimal("0.001"),
}
_UNIT_WORDS = {
    "平方米": "㎡",
    "m2": "㎡",
    "m²": "㎡",
    "km": "公里",
    "千米": "公里",
    "m": "米",
    "万": "万元",
    "人民币": "元",
}


def number(
    *,
    unit: str = "",
    most: Decimal | int = 10**10,
    least: Decimal | int = 0,
    places: int = 2,
    warn_if: Callable[[Decimal], bool] | None = None,
    plain_from: Decimal | int | None = None,
) -> Clean:
    """A quantity in the column's unit, converted from the unit in the header or in the cell.

    `plain_from`: without any unit, smaller values (zero aside) are refused because they could be in
    the larger unit.
    """

    def clean(cell: Cell, reading: Reading) -> Decimal | None:
        if is_nothing(cell):
            return None
        value, said = _decimal(cell)
        factor = _factor(said or reading.unit, unit)
        if not said and not reading.unit and plain_from is not None and 0 < value < plain_from:
            raise CellError(
                "unit_missing",
                _("没有写单位，%(value)s 是%(unit)s还是万%(unit)s无法判断")
                % {"value": value, "unit": unit},
                _("在表头写明单位，如“（万元）”"),
            )
        value = _rounded(value * factor, places, reading)
        if value < 0:
            raise CellError("negative", _("不能是负数"), _("核对后改正"))
        if not least <= value <= most:
            raise CellError(
                "out_of_range",
                _("应为 %(least)s—%(most)s") % {"least": least, "most": most},
                _("核对数值和单位"),
            )
        if warn_if is not None and warn_if(value):
            reading.warn(
                "unusual_value",
                _("数值 %(value)s%(unit)s 不常见") % {"value": value, "unit": unit},
                _("属实可保留，核对单位"),
            )
        return value

    return clean


def money(
    *,
    most: Decimal | int = 10**9,
    warn_if: Callable[[Decimal], bool] | None = None,
    plain_from: int | None = None,
) -> Clean:
    """An amount in yuan."""
    return number(unit="元", most=most, warn_if=warn_if, plain_from=plain_from)


def integer(
    *,
    least: int = 0,
    most: int = 10**9,
    suffixes: str = "人户个口月年天",
    warn_if: Callable[[int], bool] | None = None,
) -> Clean:
    """A whole number, with or without a counting word."""

    def clean(cell: Cell, reading: Reading) -> int | None:
        if is_nothing(cell):
            return None
        if isinstance(cell, str):
            cell = re.sub(rf"个?[{suffixes}]$", "", half_width(cell))
        value, _said = _decimal(cell)
        if value != value.to_integral_value():
            raise CellError("not_whole", _("应为整数"), _("改为整数"))
        if not least <= value <= most:
            raise CellError(
                "out_of_range",
                _("应为 %(least)s—%(most)s") % {"least": least, "most": most},
                _("改为 %(least)s—%(most)s") % {"least": least, "most": most},
            )
        if warn_if is not None and warn_if(int(value)):
            reading.warn(
                "unusual_value", _("数值 %(value)s 不常见") % {"value": value}, _("属实可保留")
            )
        return int(value)

    return clean


def _decimal(cell: Cell) -> tuple[Decimal, str]:
    """The number in a cell and the unit written behind it."""
    if isinstance(cell, (bool, date, datetime)):
        raise _not_a_number(text_of(cell))
    if isinstance(cell, (int, float)):
        return _finite(Decimal(repr(cell)), text_of(cell)), ""
    raw = re.sub(r"\s+", "", half_width(str(cell)))
    body = raw.lstrip("¥￥")
    found = re.match(r"^(\(?-?[0-9.][0-9.,]*)((?!e[0-9+-])[^0-9].*)?$", body, re.I)
    digits, unit = (found.group(1), found.group(2) or "") if found else (body, "")
    unit = _UNIT_WORDS.get(unit.lower(), unit)
    if re.match(r"^\([0-9.,]+$", digits) and unit == ")":
        raise CellError("negative", _("括号表示负数，不能是负数"), _("核对后改正"))
    if digits.startswith("-") and _PLAIN.match(digits[1:].replace(",", "")):
        if Decimal(digits[1:].replace(",", "")) == 0:
            return Decimal(0), unit
        raise CellError("negative", _("不能是负数"), _("核对后改正"))
    if _GROUPED.match(digits):
        digits = digits.replace(",", "")
    if not _PLAIN.match(digits) or len(digits) > 30:
        raise _not_a_number(raw)
    try:
        return _finite(Decimal(digits), raw), unit
    except InvalidOperation:
        raise _not_a_number(raw) from None


def _finite(value: Decimal, raw: str) -> Decimal:
    if not value.is_finite() or abs(value) > Decimal(10) ** 15:
        raise _not_a_number(raw)
    return value


def _not_a_number(raw: str) -> CellError:
    return CellError(
        "not_a_number",
        _("“%(raw)s”不是数字") % {"raw": raw[:20]},
        _("只填数字；没有填 0，不清楚就留空"),
    )


def _factor(said: str, unit: str) -> Decimal:
    if not said or said == unit:
        return Decimal(1)
    if (said, unit) in _FACTORS:
        return _FACTORS[said, unit]
    raise CellError(
        "unit_unknown",
        _("单位“%(said)s”与本列单位“%(unit)s”不符") % {"said": said[:8], "unit": unit or _("无")},
        _("换算后只填数字"),
    )


def _rounded(value: Decimal, places: int, reading: Reading) -> Decimal:
    """To the stored number of decimals, half up; a change that one can see is told."""
    rounded = value.quantize(Decimal(1).scaleb(-places), rounding=ROUND_HALF_UP)
    if abs(rounded - value) > Decimal("0.000001"):
        reading.warn(
            "rounded", _("小数过长，已四舍五入为 %(value)s") % {"value": rounded}, _("无需处理")
        )
    return rounded


# --- Dates ---------------------------------------------------------------------------------------
_SERIAL_1900, _SERIAL_1904 = date(1899, 12, 30), date(1904, 1, 1)
_FIRST_YEAR, _LAST_YEAR = 1900, 2100
_MARKED = re.compile(
    r"^(?P<y>[0-9]{4})(?:[年./\-](?:(?P<m>[0-9]{1,2})(?:[月./\-](?:(?P<d>[0-9]{1,2})[日号]?)?)?)?)?$"
)
_CLOCK = re.compile(r"[T ]?[0-9]{1,2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]+)?)?$")

Parts = tuple[int, int | None, int | None]


def date_parts(cell: Cell, reading: Reading) -> Parts | None:
    """Year, month and day as far as the cell tells them, checked against the calendar."""
    if cell is None or is_nothing(cell):
        return None
    if isinstance(cell, (datetime, date)):
        parts: Parts = (cell.year, cell.month, cell.day)
    elif isinstance(cell, bool):
        raise _not_a_date(text_of(cell))
    elif isinstance(cell, (int, float)):
        parts = _number_parts(cell, reading)
    else:
        parts = _text_parts(cell, reading)
    return _checked(parts, text_of(cell))


def _text_parts(cell: str, reading: Reading) -> Parts:
    raw = half_width(cell)
    body = re.sub(r"\s+", "", _CLOCK.sub("", raw))
    if re.search(r"[正腊冬初廿闰]|农历|阴历", body):
        raise CellError(
            "lunar_date", _("“%(raw)s”是农历，不能换算") % {"raw": raw[:20]}, _("填公历日期")
        )
    body = body.replace("年度", "年")
    if found := _MARKED.match(body):
        year, month, day = found.group("y", "m", "d")
        return int(year), int(month) if month else None, int(day) if day else None
    body = re.sub(r"\.0+$", "", body)
    if re.fullmatch(r"[0-9]{5,8}", body):
        return _number_parts(int(body), reading)
    if re.match(r"^[0-9]{1,2}[年./\-][0-9]{1,2}", body):
        raise CellError(
            "two_digit_year",
            _("“%(raw)s”的年份不足四位") % {"raw": raw[:20]},
            _("填四位年份，如 2019-03-05"),
        )
    raise _not_a_date(raw)


def _number_parts(cell: int | float, reading: Reading) -> Parts:
    value = Decimal(repr(cell))
    if not value.is_finite() or abs(value) >= 10**9:
        raise _not_a_date(str(cell))
    whole = int(value)
    if value != whole and _FIRST_YEAR <= whole <= _LAST_YEAR:
        month = str(value).partition(".")[2]
        if month == "1":
            raise CellError(
                "doubtful_month",
                _("数字 %(raw)s 可能是 1 月，也可能是 10 月") % {"raw": cell},
                _("把该列改为文本，写成 2019-01 或 2019-10"),
            )
        if len(month) <= 2:
            return whole, int(month), None
        raise _not_a_date(str(cell))
    if _FIRST_YEAR <= whole <= _LAST_YEAR:
        return whole, None, None
    if 10_000 <= whole <= 80_000:
        if whole == 60 and not reading.is_1904:
            raise _not_a_date(str(cell))
        found = (_SERIAL_1904 if reading.is_1904 else _SERIAL_1900) + timedelta(days=whole)
        return found.year, found.month, found.day
    digits = str(whole)
    if len(digits) == 6:
        return int(digits[:4]), int(digits[4:]), None
    if len(digits) == 8:
        return int(digits[:4]), int(digits[4:6]), int(digits[6:])
    raise _not_a_date(str(cell))


def _checked(parts: Parts, raw: str) -> Parts:
    year, month, day = parts
    try:
        date(year, month if month is not None else 1, day if day is not None else 1)
    except ValueError:
        raise CellError(
            "no_such_date", _("日期 %(raw)s 不存在") % {"raw": raw[:20]}, _("核对后改正")
        ) from None
    if not _FIRST_YEAR <= year <= _LAST_YEAR:
        raise CellError(
            "no_such_date", _("年份 %(year)d 超出范围") % {"year": year}, _("核对后改正")
        )
    return parts


def _not_a_date(raw: str) -> CellError:
    return CellError(
        "not_a_date",
        _("“%(raw)s”不是日期") % {"raw": raw[:20]},
        _("写成 2019-03-05 或 2019年3月5日"),
    )


def full_date(*, may_be_future: bool = False) -> Clean:
    """A date with its day."""

    def clean(cell: Cell, reading: Reading) -> date | None:
        parts = date_parts(cell, reading)
        if parts is None:
            return None
        year, month, day = parts
        if month is None or day is None:
            raise CellError(
                "date_incomplete",
                _("日期不完整，缺%(part)s") % {"part": _("月日") if month is None else _("日")},
                _("写成 2019-03-05"),
            )
        value = date(year, month, day)
        if value > reading.on and not may_be_future:
            raise CellError(
                "future_date",
                _("日期 %(value)s 晚于今天") % {"value": value.isoformat()},
                _("核对后改正"),
            )
        return value

    return clean


def partial_date(cell: Cell, reading: Reading) -> str | None:
    """A year, a month or a date, as precise as written: "2014", "2014-05" or "2014-05-12"."""
    parts = date_parts(cell, reading)
    if parts is None:
        return None
    year, month, day = parts
    if date(year, month or 1, day or 1) > reading.on:
        raise CellError(
            "future_date", _("时间 %(raw)s 晚于今天") % {"raw": text_of(cell)[:20]}, _("核对后改正")
        )
    return "-".join([f"{year:04d}", *(f"{part:02d}" for part in (month, day) if part is not None)])


def year(*, least: int = 2000, most: int = 2100) -> Clean:
    """A year."""

    def clean(cell: Cell, reading: Reading) -> int | None:
        parts = date_parts(cell, reading)
        if parts is None:
            return None
        if not least <= parts[0] <= most:
            raise CellError(
                "out_of_range",
                _("年度应为 %(least)d—%(most)d") % {"least": least, "most": most},
                _("核对后改正"),
            )
        return parts[0]

    return clean


def _refuse_control(value: str) -> None:
    for character in value:
        if character in _BIDI or (
            unicodedata.category(character) == "Cc" and character not in "\t\r\n"
        ):
            raise CellError("control_character", _("含有看不见的控制字符"), _("删去后重新填写"))
        if unicodedata.category(character) == "Cs":
            raise CellError("control_character", _("含有不完整的字符"), _("重新填写"))
