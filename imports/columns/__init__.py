"""The lists that can be imported, by code."""

from __future__ import annotations

from imports.columns.base import Cell, CellError, Column, Kind, Level, Reading
from imports.columns.register import HOUSEHOLDS, PERSONS
from imports.columns.village_lists import COLLECTIVE_INCOME, VILLAGES

__all__ = ["KINDS", "Cell", "CellError", "Column", "Kind", "Level", "Reading"]

KINDS: dict[str, Kind] = {
    kind.code: kind for kind in (PERSONS, HOUSEHOLDS, VILLAGES, COLLECTIVE_INCOME)
}
