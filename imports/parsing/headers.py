"""Finds the header among title rows, joins headers of two levels, and binds columns by position."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from imports.columns import Column, Kind
from imports.columns.cleaning import text_of
from imports.columns.headers import header_key, plain_header, split_unit
from imports.parsing.reader import RawCell, RawSheet

SEARCH_ROWS = 10


@dataclass(frozen=True)
class Binding:
    """One column of the file that is understood. `header` is its text in the file."""

    position: int
    header: str
    column: Column
    unit: str


@dataclass
class Header:
    """The header of a sheet: its rows from zero (first and last), what is bound, and what is left
    over.
    """

    first_row: int
    last_row: int
    bindings: list[Binding] = field(default_factory=list)
    unused_at: dict[int, str] = field(default_factory=dict)
    repeated: list[str] = field(default_factory=list)
    spare: list[Binding] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)

    @property
    def unused(self) -> list[str]:
        return list(self.unused_at.values())

    @property
    def codes(self) -> list[str]:
        return [binding.column.code for binding in self.bindings]


def find_header(sheet: RawSheet, kind: Kind) -> Header | None:
    """The row (or two) among the first ten that names most columns; None when no row names two of
    them.

    A header that lacks a needed column is returned with `missing` filled when no complete one
    exists.
    """
    best: tuple[bool, int, int, Header] | None = None
    for row in range(SEARCH_ROWS):
        if row not in sheet.rows:
            continue
        for header in filter(None, (_one_level(sheet, row, kind), _two_levels(sheet, row, kind))):
            rank = (not header.missing, len(header.bindings) + len(header.spare), -row)
            if len(header.bindings) >= 2 and (best is None or rank > best[:3]):
                best = (*rank, header)
    return best[3] if best else None


def _one_level(sheet: RawSheet, row: int, kind: Kind) -> Header:
    texts = {position: [text] for position, text in _texts(sheet.rows[row]).items()}
    return _bind(texts, kind, Header(row, row))


def _two_levels(sheet: RawSheet, row: int, kind: Kind) -> Header | None:
    """The header over two rows: a group name spreads to the right only inside its merged range."""
    if row + 1 not in sheet.rows:
        return None
    top, below = _texts(sheet.rows[row]), _texts(sheet.rows[row + 1])
    if not below:
        return None
    spread = dict(top)
    for first, left, last, right in sheet.merged:
        if first <= row <= last and left in top:
            spread.update(dict.fromkeys(range(left, right + 1), top[left]))
    texts: dict[int, list[str]] = {}
    for position in sorted(set(spread) | set(below)):
        if position in below:
            group = spread.get(position, "")
            texts[position] = (
                [f"{group}{below[position]}", below[position]] if group else [below[position]]
            )
        else:
            texts[position] = [spread[position]]
    return _bind(texts, kind, Header(row, row + 1))


def _texts(cells: list[RawCell]) -> dict[int, str]:
    found = {
        position: plain_header(text_of(cell))
        for position, cell in enumerate(cells)
        if isinstance(cell, str)
    }
    found |= {
        p: text_of(cell)
        for p, cell in enumerate(cells)
        if isinstance(cell, (int, float)) and not isinstance(cell, bool)
    }
    return {position: text for position, text in found.items() if text}


def _bind(texts: Mapping[int, list[str]], kind: Kind, header: Header) -> Header:
    """The first column that answers is bound; a second one with the same meaning is kept to be
    compared.
    """
    taken: set[str] = set()
    seen: dict[str, int] = {}
    for position, candidates in sorted(texts.items()):
        text = candidates[-1]
        key = header_key(candidates[0])
        seen[key] = seen.get(key, 0) + 1
        if seen[key] == 2:
            header.repeated.append(text)
        column = next((found for each in candidates if (found := kind.match(each))), None)
        if column is None:
            header.unused_at[position] = text
            continue
        unit = split_unit(candidates[0])[1] or split_unit(text)[1]
        binding = Binding(position, text, column, unit)
        (header.spare if column.code in taken else header.bindings).append(binding)
        taken.add(column.code)
    header.missing = kind.missing(header.codes)
    return header
