"""What a column is: its headers, and how one cell becomes a value or a named refusal."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from imports.columns.headers import header_key, split_unit

Cell = str | int | float | bool | date | datetime | None


class CellError(Exception):
    """Why one cell cannot be taken, with a stable code, the reason and what the user can do."""

    def __init__(self, code: str, message: str, cure: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.cure = cure


@dataclass
class Reading:
    """The surroundings of a cell: its column's unit in the file, the date of judgement, warnings so
    far.
    """

    on: date
    unit: str = ""
    is_1904: bool = False
    warnings: list[CellError] = field(default_factory=list)

    def warn(self, code: str, message: str, cure: str) -> None:
        self.warnings.append(CellError(code, message, cure))


Clean = Callable[[Cell, Reading], Any]


class Level(StrEnum):
    """What a column speaks of. Household columns may be filled on any one row of the household."""

    PLACE = "place"
    HOUSEHOLD = "household"
    MEMBER = "member"
    ROW = "row"


@dataclass(frozen=True)
class Column:
    """One thing a file can tell, under any of its Chinese headers."""

    code: str
    headers: tuple[str, ...]
    clean: Clean
    level: Level = Level.ROW
    is_filled: bool = False  # an empty cell rejects the row
    unit: str = ""  # what values are stored in
    mask: Callable[[str], str] | None = None  # how the raw value is shown in a report
    is_stored: bool = True  # False: checked and compared, but the register keeps no such fact

    @property
    def name(self) -> str:
        return self.headers[0]


@dataclass(frozen=True)
class Kind:
    """One shape of list: its columns, and which of them a file must have (one of each group)."""

    code: str
    label: Any
    columns: tuple[Column, ...]
    needed: tuple[tuple[str, ...], ...]

    def column(self, code: str) -> Column:
        return next(column for column in self.columns if column.code == code)

    def match(self, header: str) -> Column | None:
        """The column a header means: by the whole text first, then without a unit in brackets."""
        index = _index(self)
        return index.get(header_key(header)) or index.get(header_key(split_unit(header)[0]))

    def missing(self, codes: Sequence[str]) -> list[str]:
        """Names of what a file with these columns lacks, alternatives joined by “或”."""
        return [
            "或".join(self.column(code).name for code in group)
            for group in self.needed
            if not set(group) & set(codes)
        ]


_indexes: dict[str, dict[str, Column]] = {}


def _index(kind: Kind) -> dict[str, Column]:
    if kind.code not in _indexes:
        _indexes[kind.code] = {
            header_key(h): column for column in kind.columns for h in column.headers
        }
    return _indexes[kind.code]
