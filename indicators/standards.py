"""The reviewed files of dated, cited standards, read and validated.

Every threshold has a code, a unit, a direction (which way is stricter) and values; every value has
a region prefix, a validity and the document and section it rests on. Nothing here touches the
database; `services.load_standards` puts the files on record.
"""

import itertools
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml

POLICY = Path(__file__).parent / "policy"
DIGITS = 12


class BadStandard(Exception):
    """A standards file says something that cannot be: where and what."""


@dataclass(frozen=True)
class Document:
    """A policy document or standard that is cited."""

    id: str
    title: str
    number: str
    note: str

    def __str__(self) -> str:
        return f"《{self.title}》{self.number}"


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

    @property
    def code_range(self) -> tuple[int, int]:
        """First and last village code under the region prefix."""
        return int(self.region.ljust(DIGITS, "0")), int(self.region.ljust(DIGITS, "9"))


@lru_cache(maxsize=1)
def documents() -> dict[str, Document]:
    return {
        row["id"]: Document(row["id"], row["title"], str(row["number"]), row.get("note", ""))
        for row in _read(POLICY / "documents.yaml")
    }


def read_standards(folder: Path = POLICY) -> list[StandardValue]:
    """Every value of every standards file, by code, region and date.

    Raises BadStandard when a field is missing, a document is not listed, or two values of one
    region overlap.
    """
    values: list[StandardValue] = []
    for path in sorted(folder.glob("*.yaml")):
        if path.name != "documents.yaml":
            values += [_value(path, entry, row) for entry in _read(path) for row in entry["values"]]
    values.sort(key=lambda v: (v.code, v.region, v.valid_from))
    for before, after in itertools.pairwise(values):
        same = (before.code, before.region) == (after.code, after.region)
        if same and (before.valid_to is None or before.valid_to > after.valid_from):
            raise BadStandard(
                f"{after.code} {after.region or '*'}: {after.valid_from} overlaps the value before"
            )
    return values


def _value(path: Path, entry: dict[str, Any], row: dict[str, Any]) -> StandardValue:
    try:
        value = StandardValue(
            code=entry["code"],
            name=entry["name"],
            unit=entry["unit"],
            direction=entry["direction"],
            by_year=entry.get("by_year", False),
            region=row["region"],
            valid_from=row["valid_from"],
            valid_to=row["valid_to"],
            value=row["value"],
            document=row["document"],
            section=row["section"],
            note=row.get("note", ""),
        )
    except KeyError as missing:
        raise BadStandard(f"{path.name}: {entry.get('code')}: {missing} is missing") from None
    if value.document not in documents():
        raise BadStandard(f"{path.name}: {value.code}: document {value.document} is not listed")
    if value.valid_to is not None and value.valid_to <= value.valid_from:
        raise BadStandard(f"{path.name}: {value.code}: ends before it begins")
    return value


def _read(path: Path) -> Any:
    return yaml.safe_load(path.read_text(encoding="utf-8"))
