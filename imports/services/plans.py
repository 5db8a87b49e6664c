"""What a list would do to the register: the same plan is made when a file is read and again, under locks, when it is
confirmed. Lookups are loaded once; no query runs per row."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from django.utils.translation import gettext as _

from accounts.roles import Permission
from core.facts import FactRow, FactVersion
from imports.columns import KINDS, CellError
from imports.enums import Outcome
from imports.parsing import Problem, Row
from imports.parsing.rows import printable
from imports.parsing.villages import Place, Villages
from villages.models import Village

Key = tuple[Any, ...]


@dataclass
class Told:
    """New values for one theme on one date, by subject."""

    theme: type[FactVersion]
    valid_from: date
    subjects: dict[Key, dict[str, Any]] = field(default_factory=lambda: defaultdict(dict))


class Plan(ABC):
    """Goes through the good rows once. Subclasses decide what a row means.

    Afterwards each row has its problems, `outcomes` and `village_ids` speak by row number, and
    `facts` holds what is to be recorded.
    """

    kind: str

    def __init__(
        self, rows: Sequence[Row], *, headers: Mapping[str, str], by: Any, on: date
    ) -> None:
        self.rows, self.headers, self.by, self.on = rows, headers, by, on
        self.outcomes: dict[int, Outcome] = {}
        self.village_ids: dict[int, int] = {}
        self.facts: dict[tuple[date, type[FactVersion]], Told] = {}
        self.villages = Villages(load_places(by))
        self._places: dict[Key, tuple[Place, bool] | CellError] = {}

    @abstractmethod
    def make(self) -> None:
        """Look up everything, judge every good row, and keep what differs from the register."""

    @abstractmethod
    def apply(self, *, at: datetime, source_ref: str) -> None:
        """Write the plan through the services of the app concerned. The caller holds the locks."""

    @property
    def good_rows(self) -> Iterable[Row]:
        return (row for row in self.rows if row.is_good)

    def valid_from(self, row: Row) -> date:
        """The data date where the file has one, else the business date."""
        return row.values.get("data_date") or self.on

    def find_place(self, row: Row) -> Place | None:
        """The row's village; a row without one is rejected."""
        values = row.values
        key = tuple(values.get(c) for c in ("village_code", "county", "township", "village"))
        if key not in self._places:
            try:
                self._places[key] = self.villages.find(values)
            except CellError as error:
                self._places[key] = error
        found = self._places[key]
        if isinstance(found, CellError):
            code = "village_code" if values.get("village_code") is not None else "village"
            shown = values.get("village") or values.get("village_code") or ""
            self.reject(row, code, found, str(shown))
            return None
        place, interpreted = found
        self.village_ids[row.number] = place.id
        if interpreted:
            warning = CellError(
                "village_interpreted",
                _("已按“%(place)s”匹配（“噶”按“嘎”识别）") % {"place": place.path},
                _("核对即可"),
            )
            row.warnings.append(self.problem(row, "village", warning, values["village"]))
        return place

    def reject(self, row: Row, column: str, error: CellError, value: str = "") -> None:
        row.errors.append(self.problem(row, column, error, value))
        self.village_ids.pop(row.number, None)

    def warn(self, row: Row, column: str, error: CellError, value: str = "") -> None:
        row.warnings.append(self.problem(row, column, error, value))

    def problem(self, row: Row, column: str, error: CellError, value: str) -> Problem:
        found = KINDS[self.kind].column(column)
        value = printable(value)[:60]
        shown = found.mask(value) if found.mask and value else value
        header = self.headers.get(column, found.name)
        return Problem(row.number, header, error.code, error.message, error.cure, shown)

    def tell(
        self, theme: type[FactVersion], on: date, subject: Key, field_name: str, value: Any
    ) -> None:
        told = self.facts.setdefault((on, theme), Told(theme, on))
        told.subjects[subject].setdefault(field_name, value)

    def rejected(self) -> list[Row]:
        return [row for row in self.rows if row.errors]


def load_places(by: Any) -> Iterable[Place]:
    """Every village the importer may touch, with the names above it. Two queries."""
    villages = Village.objects.for_user(by, permission=Permission.IMPORT)
    rows = villages.filter(area__valid_to=None).values_list(
        "area_id",
        "area__name",
        "area__parent__level",
        "area__parent__name",
        "area__parent__parent__name",
        "area__parent__parent__parent__name",
    )
    for code, name, level, parent, above, top in rows.order_by("area_id"):
        if level == "township":
            yield Place(code, name, parent or "", above or "", top or "")
        else:
            yield Place(code, name, "", parent or "", above or "")


def held_values(
    theme: type[FactVersion], on: date, path: str, ids: Iterable[Any]
) -> dict[Key, dict[str, Any]]:
    """What holds on a date, by subject. One query."""
    versions = theme._default_manager.as_of(on).filter(**{f"{path}__in": list(ids)})
    return {
        tuple(getattr(version, name) for name in theme.SUBJECT): version.values()
        for version in versions
    }


def differing(
    theme: type[FactVersion], held: Mapping[str, Any] | None, told: Mapping[str, Any]
) -> dict[str, Any]:
    """The told values that are not yet held."""
    if held is None:
        return dict(told)
    fields: Any = {name: theme._meta.get_field(name) for name in told}
    return {
        name: value
        for name, value in told.items()
        if fields[name].to_python(value) != held.get(name)
    }


def fact_row(
    theme: type[FactVersion], key: Key, context: Mapping[str, Any], values: Mapping[str, Any]
) -> FactRow:
    return FactRow(
        subject=dict(zip(theme.SUBJECT, key, strict=True)),
        context=dict(context),
        values=dict(values),
    )
