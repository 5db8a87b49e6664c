"""Plans of the lists of villages and of collective income."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from django.utils.translation import gettext as _

from core.facts import FactRow, FactVersion, Provenance, Source
from imports.columns import CellError
from imports.enums import Outcome
from imports.parsing import Row
from imports.services.facts import VILLAGE_FACTS, is_yearly
from imports.services.plans import Key, Plan, differing, fact_row, held_values
from villages import services as villages


class VillagesPlan(Plan):
    """One row per village."""

    kind = "villages"

    def make(self) -> None:
        self.row_subjects: dict[int, set[tuple[date, type[FactVersion], Key]]] = {}
        seen: dict[Key, Row] = {}
        for row in self.good_rows:
            place = self.find_place(row)
            if place is None:
                continue
            other = seen.setdefault(self.identity(row, place.id), row)
            if other is not row:
                twice = CellError(
                    "duplicate_row",
                    _("与第 %(row)d 行是同一个村") % {"row": other.number},
                    _("保留一行"),
                )
                self.reject(row, "village", twice, place.name)
                continue
            self.take(row, place.id)
        self._settle()

    def identity(self, row: Row, village_id: int) -> Key:
        return (village_id,)

    def take(self, row: Row, village_id: int) -> None:
        on, year = self.valid_from(row), row.values.get("year")
        subjects = self.row_subjects.setdefault(row.number, set())
        for code, (theme, name) in VILLAGE_FACTS.items():
            value = row.values.get(code)
            if value is None:
                continue
            if is_yearly(theme) and year is None:
                missing = CellError("year_missing", _("有集体经济收入，但没有年度"), _("补填年度"))
                self.reject(row, code, missing)
                return
            key = (village_id, year) if is_yearly(theme) else (village_id,)
            self.tell(theme, on, key, name, value)
            subjects.add((on, theme, key))

    def _settle(self) -> None:
        states: dict[tuple[date, type[FactVersion], Key], Outcome] = {}
        for (on, theme), told in self.facts.items():
            held = held_values(theme, on, "village_id", {key[0] for key in told.subjects})
            for key in list(told.subjects):
                told.subjects[key] = differing(theme, held.get(key), told.subjects[key])
                if key not in held:
                    state = Outcome.CREATED
                else:
                    state = Outcome.UPDATED if told.subjects[key] else Outcome.UNCHANGED
                states[on, theme, key] = state
                if not told.subjects[key]:
                    del told.subjects[key]
        for row in self.good_rows:
            found = {states[subject] for subject in self.row_subjects.get(row.number, ())}
            if found == {Outcome.CREATED}:
                self.outcomes[row.number] = Outcome.CREATED
            elif found - {Outcome.UNCHANGED}:
                self.outcomes[row.number] = Outcome.UPDATED
            else:
                self.outcomes[row.number] = Outcome.UNCHANGED

    def apply(self, *, at: datetime, source_ref: str) -> None:
        by_date: dict[date, dict[Any, list[FactRow]]] = {}
        for (on, theme), told in sorted(self.facts.items(), key=lambda item: item[0][0]):
            rows = [fact_row(theme, key, {}, values) for key, values in told.subjects.items()]
            if rows:
                by_date.setdefault(on, {})[theme] = rows
        for on, facts in by_date.items():
            told_on = Provenance(
                valid_from=on, at=at, by=self.by, source=Source.IMPORT, source_ref=source_ref
            )
            villages.record_facts_of_villages(facts=facts, told=told_on)


class CollectiveIncomePlan(VillagesPlan):
    """One row per village and year."""

    kind = "collective-income"

    def identity(self, row: Row, village_id: int) -> Key:
        return (village_id, row.values.get("year"))
