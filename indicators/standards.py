"""The reviewed files of dated, cited standards, read and validated; what a standard's values may be.

Every threshold has a code, a unit, a direction (which way is stricter), a kind and values; every
value has a region prefix, a validity and the document and section it rests on. Nothing here touches
the database; `standard_changes` puts files and decisions on record.
"""

import itertools
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml

from indicators.enums import Direction, ValueKind

POLICY = Path(__file__).parent / "policy"
DIGITS = 12
HOUSE_DEFAULT = "house-default"
TOPICS = (  # the files, in the order in which people read them
    "income",
    "housing",
    "water",
    "education",
    "health",
    "industry",
    "security",
    "poverty",
    "general",
)

# First two digits of division codes (GB/T 2260), for regions whose areas are not on record here.
PROVINCES = {
    "11": "北京市", "12": "天津市", "13": "河北省", "14": "山西省", "15": "内蒙古自治区", "21": "辽宁省",
    "22": "吉林省", "23": "黑龙江省", "31": "上海市", "32": "江苏省", "33": "浙江省", "34": "安徽省", "35": "福建省",
    "36": "江西省", "37": "山东省", "41": "河南省", "42": "湖北省", "43": "湖南省", "44": "广东省",
    "45": "广西壮族自治区", "46": "海南省", "50": "重庆市", "51": "四川省", "52": "贵州省", "53": "云南省",
    "54": "西藏自治区", "61": "陕西省", "62": "甘肃省", "63": "青海省", "64": "宁夏回族自治区",
    "65": "新疆维吾尔自治区",
}  # fmt: skip


class BadStandard(Exception):
    """A standards file says something that cannot be: where and what."""


class BadValue(ValueError):
    """A text is no value of this standard; the message names the kind that was expected."""


@dataclass(frozen=True)
class Document:
    """A policy document or standard that is cited."""

    id: str
    title: str
    number: str
    note: str

    def __str__(self) -> str:
        return f"《{self.title}》{self.number}"

    @property
    def is_on_file(self) -> bool:
        """Whether its text is on file; of some only the figures are known, second-hand."""
        return "未入库" not in self.note


def region_word(region: str) -> str:
    """A region that is no area on record: its province, and its number where it is a part of one."""
    province = PROVINCES.get(region[:2], "")
    return province if len(region) == 2 and province else f"{province}{region}"


def is_unsure(row: Any, document: Document | None) -> bool:
    """Whether a value waits to be confirmed by the customer, by its own note or its document's."""
    return "待确认" in row.note or bool(document and "待确认" in document.note)


@dataclass(frozen=True)
class Standard:
    """What all values of one code share. `words` say a code of a list or a choice in Chinese."""

    code: str
    name: str
    unit: str
    direction: str
    kind: str = ValueKind.NUMBER
    by_year: bool = False
    topic: str = "general"
    words: Mapping[str, str] = field(default_factory=dict, compare=False)

    def clean(self, text: str) -> str:
        """The one way to write a value of this standard. Raises BadValue."""
        text = text.strip()
        match self.kind:
            case ValueKind.NUMBER:
                return _number(text)
            case ValueKind.FLAG if text in ("0", "1"):
                return text
            case ValueKind.CHOICE if text in self.words:
                return text
            case ValueKind.DAY if re.fullmatch(r"\d\d-\d\d", text) and _is_day(text):
                return text
            case ValueKind.LIST:
                asked = {part.strip() for part in text.split(",") if part.strip()}
                if asked <= set(self.words):
                    return ",".join(word for word in self.words if word in asked)
            case ValueKind.TEXT if text:
                return text
        raise BadValue(self.kind)

    def stricter(self, value: str, than: str) -> bool:
        """Whether a value asks more than another one of the same standard.

        Numbers and days by the direction; choices in the order of `words`, which goes from lenient
        to strict; of lists, LOWER says that leaving something out is stricter, HIGHER that adding is.
        """
        if self.direction == Direction.NONE:
            return False
        if self.kind == ValueKind.LIST:
            ours, theirs = set(value.split(",")), set(than.split(","))
            return bool(theirs - ours if self.direction == Direction.LOWER else ours - theirs)
        left, right = self._rank(value), self._rank(than)
        return bool(left > right if self.direction == Direction.HIGHER else left < right)

    def _rank(self, value: str) -> Any:
        if self.kind == ValueKind.CHOICE:
            return list(self.words).index(value)
        return Decimal(value) if self.kind in (ValueKind.NUMBER, ValueKind.FLAG) else value


@dataclass(frozen=True)
class Competing:
    """Another document's value for the same place and time, kept on record and never resolved."""

    value: str
    document: str
    section: str
    note: str


@dataclass(frozen=True)
class StandardValue:
    """One value of a standard: where and when it holds, and what it rests on.

    `valid_to` is exclusive; `region` is a prefix of division codes, "" for everywhere.
    """

    code: str
    name: str
    unit: str
    direction: str
    by_year: bool
    region: str
    valid_from: date
    valid_to: date | None
    value: str
    document: str
    section: str
    note: str
    competing: tuple[Competing, ...] = ()

    @property
    def code_range(self) -> tuple[int, int]:
        """First and last village code under the region prefix."""
        return region_range(self.region)


def region_range(region: str) -> tuple[int, int]:
    """First and last 12-digit code under a prefix; everything for ""."""
    return int(region.ljust(DIGITS, "0")), int(region.ljust(DIGITS, "9"))


@lru_cache(maxsize=1)
def documents() -> dict[str, Document]:
    """Documents that the files cite; `standard_changes.cited_documents` adds those entered later."""
    return {
        row["id"]: Document(row["id"], row["title"], str(row["number"]), row.get("note", ""))
        for row in _read(POLICY / "documents.yaml")
    }


@lru_cache(maxsize=1)
def catalogue() -> dict[str, Standard]:
    """Every standard that the files name, by code, in reading order."""
    return {
        entry["code"]: _standard(topic, entry)
        for topic in TOPICS
        for entry in _read(POLICY / f"{topic}.yaml")
    }


def read_standards(folder: Path = POLICY) -> list[StandardValue]:
    """Every value of every standards file, by code, region and date.

    Raises BadStandard when a field is missing, a value is of another kind than its standard, a
    document is not listed, or two values of one region overlap.
    """
    values: list[StandardValue] = []
    for path in sorted(folder.glob("*.yaml")):
        if path.name != "documents.yaml":
            for entry in _read(path):
                values += _values(path, entry)
    values.sort(key=lambda v: (v.code, v.region, v.valid_from))
    for before, after in itertools.pairwise(values):
        same = (before.code, before.region) == (after.code, after.region)
        if same and (before.valid_to is None or before.valid_to > after.valid_from):
            raise BadStandard(
                f"{after.code} {after.region or '*'}: {after.valid_from} overlaps the value before"
            )
    return values


def _values(path: Path, entry: dict[str, Any]) -> Iterator[StandardValue]:
    try:
        standard = _standard(path.stem, entry)
        for row in entry["values"]:
            yield _value(path, standard, row)
    except KeyError as missing:
        raise BadStandard(f"{path.name}: {entry.get('code')}: {missing} is missing") from None


def _standard(topic: str, entry: dict[str, Any]) -> Standard:
    return Standard(
        code=entry["code"],
        name=entry["name"],
        unit=entry["unit"],
        direction=entry["direction"],
        kind=entry.get("kind", ValueKind.NUMBER),
        by_year=entry.get("by_year", False),
        topic=topic,
        words=entry.get("words", {}),
    )


def _value(path: Path, standard: Standard, row: dict[str, Any]) -> StandardValue:
    competing = [
        Competing(each["value"], each["document"], each["section"], each.get("note", ""))
        for each in row.get("competing", ())
    ]
    value = StandardValue(
        code=standard.code,
        name=standard.name,
        unit=standard.unit,
        direction=standard.direction,
        by_year=standard.by_year,
        region=row["region"],
        valid_from=row["valid_from"],
        valid_to=row["valid_to"],
        value=row["value"],
        document=row["document"],
        section=row["section"],
        note=row.get("note", ""),
        competing=tuple(competing),
    )
    where = f"{path.name}: {value.code}"
    both: list[StandardValue | Competing] = [value, *competing]
    for cited in both:
        if cited.document not in documents():
            raise BadStandard(f"{where}: document {cited.document} is not listed")
        try:
            clean = standard.clean(cited.value)
        except BadValue as kind:
            raise BadStandard(f"{where}: {cited.value} is no {kind}") from None
        if clean != cited.value:
            raise BadStandard(f"{where}: write {clean} instead of {cited.value}")
    if value.valid_to is not None and value.valid_to <= value.valid_from:
        raise BadStandard(f"{where}: ends before it begins")
    return value


def told(standard: Standard, value: str) -> str:
    """A value as people read it: codes of lists and choices in words, 是 and 否 for flags."""
    match standard.kind:
        case ValueKind.FLAG:
            return "是" if value == "1" else "否"
        case ValueKind.LIST | ValueKind.CHOICE:
            return "、".join(standard.words.get(part, part) for part in value.split(",") if part)
        case ValueKind.DAY:
            month, day = value.split("-")
            return f"{int(month)}月{int(day)}日"
    return value


def has_unit(standard: Standard) -> bool:
    """Whether the unit is printed behind the value; those of words and days say it themselves."""
    return standard.kind in (ValueKind.NUMBER, ValueKind.TEXT)


def in_words(standard: Standard, value: str) -> str:
    """60 升/人·天, 7月31日, 是."""
    text = told(standard, value)
    return f"{text} {standard.unit}" if has_unit(standard) else text


def carved(
    span: tuple[date, date | None], taken: Sequence[tuple[date, date | None]]
) -> list[tuple[date, date | None]]:
    """What is left of a validity when others are cut out of it; ends are exclusive, None is open."""
    left = [span]
    for low, high in taken:
        cut: list[tuple[date, date | None]] = []
        for first, last in left:
            if (high is not None and high <= first) or (last is not None and low >= last):
                cut.append((first, last))
                continue
            if first < low:
                cut.append((first, low))
            if high is not None and (last is None or high < last):
                cut.append((high, last))
        left = cut
    return left


def _number(text: str) -> str:
    try:
        number = Decimal(text)
    except InvalidOperation:
        raise BadValue(ValueKind.NUMBER) from None
    if not number.is_finite() or number < 0 or abs(number.adjusted()) > DIGITS:
        raise BadValue(ValueKind.NUMBER)
    plain = f"{number:f}"
    plain = plain.rstrip("0").rstrip(".") if "." in plain else plain
    return plain or "0"


def _is_day(text: str) -> bool:
    try:
        date.fromisoformat(f"2019-{text}")
    except ValueError:
        return False
    return True


def _read(path: Path) -> Any:
    return yaml.safe_load(path.read_text(encoding="utf-8"))
