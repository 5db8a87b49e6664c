"""Code lists of the register, kept as reviewed data files with their validity (domain §3.4).

One file per list in `code_lists/`: its number and name in the field's documents, where it was found,
and its values: the code we store, the label that workbooks print, other spellings (`also`), and
the years from and until which forms offer it. Values are matched by label, never by the numbers of
some export, which disagree. `doubtful` are labels of other years without an exact counterpart: the
code they are taken for, with a warning, or null for unknown. A list whose codes the rules name is an
enum as well; a test holds the two together.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml
from django.db import models
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy

FOLDER = Path(__file__).parent / "code_lists"


@dataclass(frozen=True)
class Code:
    """One value of a list; `first` and `last` are the years whose forms offer it."""

    code: str
    label: str
    also: tuple[str, ...] = ()
    first: int | None = None
    last: int | None = None

    def is_offered(self, year: int) -> bool:
        return (self.first is None or self.first <= year) and (
            self.last is None or year <= self.last
        )


@dataclass(frozen=True)
class CodeList:
    """One list of the register's documents."""

    key: str
    number: str
    name: str
    source: str
    values: tuple[Code, ...]
    doubtful: dict[str, str | None] = field(default_factory=dict)

    @property
    def choices(self) -> list[tuple[str, str | Promise]]:
        return [(value.code, gettext_lazy(value.label)) for value in self.values]

    def offered(self, year: int) -> list[tuple[str, str | Promise]]:
        """What a form of that year offers."""
        return [
            (value.code, gettext_lazy(value.label))
            for value in self.values
            if value.is_offered(year)
        ]

    @functools.cached_property
    def spellings(self) -> dict[str, str]:
        """Every label and other spelling with its code."""
        return {text: value.code for value in self.values for text in (value.label, *value.also)}


@functools.cache
def code_lists() -> dict[str, CodeList]:
    """Every list by its key, which is its file's name."""
    return {path.stem: _read(path) for path in sorted(FOLDER.glob("*.yaml"))}


def code_list(key: str) -> CodeList:
    """Raises KeyError for a list that has no file."""
    return code_lists()[key]


def _read(path: Path) -> CodeList:
    told: dict[str, Any] = yaml.safe_load(path.read_text("utf-8"))
    values = tuple(
        Code(
            code=row["code"],
            label=row["label"],
            also=tuple(row.get("also", ())),
            first=row.get("first"),
            last=row.get("last"),
        )
        for row in told["values"]
    )
    return CodeList(
        path.stem, told["number"], told["name"], told["source"], values, told.get("doubtful", {})
    )


class CodeField(models.CharField):
    """A code of one list; "" is unknown. Editing the list needs no migration."""

    def __init__(self, *args: Any, list_key: str = "", **kwargs: Any) -> None:
        self.list_key = list_key
        kwargs.setdefault("max_length", 24)
        kwargs.setdefault("blank", True)
        if list_key:
            kwargs["choices"] = code_list(list_key).choices
        super().__init__(*args, **kwargs)

    def deconstruct(self) -> Any:
        name, _path, args, kwargs = super().deconstruct()
        kwargs.pop("choices", None)
        return name, "django.db.models.CharField", args, kwargs
