"""Plans of the lists of persons and households."""

from __future__ import annotations

from abc import abstractmethod
from collections import defaultdict
from datetime import date, datetime
from typing import Any

from django.utils.translation import gettext as _

from core.facts import FactRow, FactVersion, Provenance, Source
from core.fields import keyed_hash
from households import services as households
from households.enums import ChangeReason, IdType
from households.identity import Identity
from households.models import Household, Member, Membership
from imports.columns import CellError
from imports.enums import Outcome
from imports.parsing import Row
from imports.parsing.villages import Place
from imports.services.facts import HOUSEHOLD_FACTS, MEMBER_FACTS, is_yearly
from imports.services.plans import Key, Plan, differing, fact_row, held_values


class RegisterPlan(Plan):
    """What both lists share: finding the household, and telling its facts."""

    def make(self) -> None:
        self.known = self._load_households()
        self.new_households: dict[str, Household] = {}
        self.row_subjects: dict[int, list[tuple[date, type[FactVersion], Key, str, Any]]] = {}
        for row in self.good_rows:
            self.row_subjects[row.number] = []
            place = self.find_place(row)
            household = self.find_household(row, place) if place else None
            if household is not None:
                self.take(row, household, place)
        self._settle()

    @abstractmethod
    def take(self, row: Row, household: Household, place: Place | None) -> None:
        """Judge one row of this household."""

    def _load_households(self) -> dict[str, Household]:
        codes = {row.values["hh_code"] for row in self.good_rows if row.values.get("hh_code")}
        return {found.code: found for found in Household.objects.filter(code__in=codes)}

    def find_household(self, row: Row, place: Place) -> Household | None:
        """The row's household, made when it is new; a household elsewhere rejects the row."""
        code = row.values["hh_code"]
        known = self.known.get(code)
        if known is None:
            return self.new_households.setdefault(code, Household(code=code, village_id=place.id))
        if known.village_id == place.id:
            return known
        here = self.villages.by_id.get(known.village_id)
        if here is None:
            error = CellError(
                "household_not_available",
                _("此户编号不能在本辖区登记"),
                _("核对户编号；确属本辖区的，报上级扶贫办处理"),
            )
        else:
            error = CellError(
                "household_in_other_village",
                _("此户登记在 %(place)s") % {"place": here.path},
                _("核对村名；若已搬迁，先办户迁移"),
            )
        self.reject(row, "hh_code", error, code)
        return None

    def tell_household(
        self, row: Row, household: Household, skip: frozenset[str] = frozenset()
    ) -> None:
        on = self.valid_from(row)
        for code, (theme, name) in HOUSEHOLD_FACTS.items():
            value = row.values.get(code)
            if value is None or code in skip:
                continue
            year = (self.income_year(row),) if is_yearly(theme) else ()
            key = (household.code, *year)
            self.tell(theme, on, key, name, value)
            self.row_subjects[row.number].append((on, theme, key, name, value))

    def income_year(self, row: Row) -> int:
        """The year of the file, else the last complete year before the data date."""
        return row.values.get("year") or self.valid_from(row).year - 1

    # --- Differences ---------------------------------------------------------------------------
    def subject_id(self, theme: type[FactVersion], key: Key) -> Any:
        """The database key of a subject named by the file's keys, or None while it is new."""
        found = self.known.get(key[0])
        return found.pk if found else None

    def _settle(self) -> None:
        """Drop what already holds; decide each row's outcome."""
        changed: set[tuple[date, type[FactVersion], Key, str]] = set()
        for (on, theme), told in self.facts.items():
            ids = {self.subject_id(theme, key): key for key in told.subjects}
            path = theme.SUBJECT[0]
            held = held_values(theme, on, path, [pk for pk in ids if pk is not None])
            for key in list(told.subjects):
                pk = self.subject_id(theme, key)
                now = held.get((pk, *key[1:])) if pk is not None else None
                told.subjects[key] = differing(theme, now, told.subjects[key])
                changed |= {(on, theme, key, name) for name in told.subjects[key]}
                if not told.subjects[key]:
                    del told.subjects[key]
        for row in self.good_rows:
            if row.number in self.outcomes:
                continue
            touched = self.row_subjects.get(row.number, [])
            if any((on, theme, key, name) in changed for on, theme, key, name, _v in touched):
                self.outcomes[row.number] = Outcome.UPDATED
            else:
                self.outcomes[row.number] = Outcome.UNCHANGED

    # --- Writing -------------------------------------------------------------------------------
    def apply(self, *, at: datetime, source_ref: str) -> None:
        told = Provenance(
            valid_from=self.on, at=at, by=self.by, source=Source.IMPORT, source_ref=source_ref
        )
        households.register_households(
            households=self.new_households.values(), members=[], facts={}, told=told
        )
        self._write_members(told)
        touched: set[int] = set()
        for on, rows_by_theme in self._fact_rows().items():
            told = Provenance(
                valid_from=on, at=at, by=self.by, source=Source.IMPORT, source_ref=source_ref
            )
            households.register_households(
                households=[], members=[], facts=rows_by_theme, told=told
            )
            for rows in rows_by_theme.values():
                touched |= {
                    r.context.get("household_id") or r.subject["household_id"] for r in rows
                }
        new = {household.pk for household in self.new_households.values()}
        households.raise_versions(touched - new)

    def _write_members(self, told: Provenance) -> None:
        """Only lists of persons bring members."""

    def _fact_rows(self) -> dict[date, dict[Any, list[FactRow]]]:
        by_date: dict[date, dict[Any, list[FactRow]]] = defaultdict(dict)
        for (on, theme), told in sorted(self.facts.items(), key=lambda item: item[0][0]):
            rows = [self.as_fact_row(theme, key, values) for key, values in told.subjects.items()]
            if rows:
                by_date[on][theme] = rows
        return by_date

    def as_fact_row(self, theme: type[FactVersion], key: Key, values: dict[str, Any]) -> FactRow:
        household = self.known.get(key[0]) or self.new_households[key[0]]
        context = {"village_id": household.village_id}
        return fact_row(theme, (household.pk, *key[1:]), context, values)


class HouseholdsPlan(RegisterPlan):
    """One row per household (and year)."""

    kind = "households"

    def take(self, row: Row, household: Household, place: Place | None) -> None:
        is_new = household.pk is None
        name = row.values.get("head_name")
        if is_new and name and not household.head_name:
            household.head_name = name
        if not is_new and name and household.head_name and household.head_name != name:
            differs = CellError(
                "head_name_differs",
                _("登记的户主是“%(name)s”，户主不随此表修改") % {"name": household.head_name},
                _("确需更换的，办理户主变更"),
            )
            self.warn(row, "head_name", differs, name)
        # Without a year, the number of persons belongs to no accounting year.
        self.tell_household(
            row, household, frozenset() if row.values.get("year") else frozenset({"persons"})
        )
        if is_new:
            self.outcomes[row.number] = Outcome.CREATED


class PersonsPlan(RegisterPlan):
    """One row per person."""

    kind = "persons"

    def make(self) -> None:
        self.members = self._load_members()
        self.new_members: dict[str, tuple[Member, str]] = {}
        super().make()

    def _load_members(self) -> dict[str, Member]:
        """Known persons of the file by citizen number, wherever they live."""
        numbers = {
            keyed_hash(found.number): found.number
            for row in self.good_rows
            if isinstance(found := row.values.get("id_no"), Identity)
        }
        members = Member.objects.filter(id_hash__in=list(numbers)).select_related("household")
        by_number = {numbers[bytes(member.id_hash)]: member for member in members}
        codes = {c for row in self.good_rows if (c := row.values.get("person_code"))}
        taken = Member.objects.filter(code__in=codes).values_list("code", "id_hash")
        self.taken_codes = {code: bytes(id_hash) for code, id_hash in taken}
        homes = Membership.objects.as_of(self.on).filter(
            member_id__in=[m.pk for m in by_number.values()]
        )
        self.left = set(homes.filter(is_member=False).values_list("member_id", flat=True))
        return by_number

    def take(self, row: Row, household: Household, place: Place | None) -> None:
        found: Identity = row.values["id_no"]
        member = self.members.get(found.number)
        refuse = self._refusal(row, household, found, member)
        if refuse is not None:
            self.reject(
                row,
                "person_code" if refuse.code == "person_code_taken" else "id_no",
                refuse,
                found.number,
            )
            self._forget_if_empty(household)
            return
        if member is None:
            self._new_member(row, household, found)
            self.outcomes[row.number] = Outcome.CREATED
        else:
            self._compare_identity(row, member)
        self.tell_household(row, household, frozenset({"persons"}))
        self._tell_member(row, found.number)

    def _refusal(
        self, row: Row, household: Household, found: Identity, member: Member | None
    ) -> CellError | None:
        code = row.values.get("person_code")
        if code and self.taken_codes.get(code, keyed_hash(found.number)) != keyed_hash(
            found.number
        ):
            return CellError("person_code_taken", _("人编号已用于另一人"), _("核对人编号"))
        if member is None:
            return None
        if member.village_id not in self.villages.by_id:
            return CellError(
                "person_not_available",
                _("此证件号码不能在本辖区登记"),
                _("核对号码；确属本辖区的，报上级扶贫办核实"),
            )
        if member.pk in self.left:
            return CellError("member_left", _("此人已登记为减少"), _("先办理人员增加，或删去此行"))
        if member.household_id != household.pk:
            here = self.villages.by_id[member.village_id]
            head = member.household.head_name or member.household.code
            return CellError(
                "person_in_other_household",
                _("本辖区他户已有此人：%(place)s %(head)s户") % {"place": here.path, "head": head},
                _("若已迁户，先办人员变更"),
            )
        return None

    def _forget_if_empty(self, household: Household) -> None:
        """A new household none of whose rows is good is not made."""
        if household.pk is None and not any(
            code == household.code for _m, code in self.new_members.values()
        ):
            self.new_households.pop(household.code, None)

    def _new_member(self, row: Row, household: Household, found: Identity) -> None:
        values = row.values
        member = Member(
            code=values.get("person_code") or keyed_hash(found.number).hex(),
            village_id=household.village_id,
            name=values["name"],
            sex=found.sex,
            birth_date=found.birth_date,
            id_type=IdType.CITIZEN,
            id_number=found.number,
            ethnic=values.get("ethnic") or "",
        )
        self.new_households.setdefault(household.code, household) if household.pk is None else None
        self.new_members[found.number] = (member, household.code)
        on = self.valid_from(row)
        self.tell(Membership, on, (found.number,), "is_member", True)
        self.tell(Membership, on, (found.number,), "joined_reason", ChangeReason.REGISTERED)
        if values.get("relation") == "HEAD" and household.pk is None and not household.head_name:
            household.head_name = values["name"]

    def _compare_identity(self, row: Row, member: Member) -> None:
        """Identity does not follow a list: what differs is told."""
        for code, held, label in (
            ("name", member.name, _("姓名")),
            ("ethnic", member.ethnic, _("民族")),
            ("person_code", member.code, _("人编号")),
        ):
            value = row.values.get(code)
            if value and held and value != held and not (code == "person_code" and len(held) == 32):
                differs = CellError(
                    f"{code}_differs",
                    _("登记的%(label)s是“%(held)s”，不随此表修改") % {"label": label, "held": held},
                    _("确需更正的，办理信息更正"),
                )
                self.warn(row, code, differs, str(value))

    def _tell_member(self, row: Row, number: str) -> None:
        on = self.valid_from(row)
        values = households.certificate_facts(row.values["id_no"]) | row.values
        for code, (theme, name) in MEMBER_FACTS.items():
            value = values.get(code)
            if value is None:
                continue
            key = (number, row.values.get("year") or on.year) if is_yearly(theme) else (number,)
            self.tell(theme, on, key, name, value)
            self.row_subjects[row.number].append((on, theme, key, name, value))

    def subject_id(self, theme: type[FactVersion], key: Key) -> Any:
        if theme.SUBJECT[0] != "member_id":
            return super().subject_id(theme, key)
        member = self.members.get(key[0])
        return member.pk if member else None

    def _write_members(self, told: Provenance) -> None:
        for member, code in self.new_members.values():
            member.household = self.known.get(code) or self.new_households[code]
        households.register_households(
            households=[],
            members=[m for m, _code in self.new_members.values()],
            facts={},
            told=told,
        )

    def as_fact_row(self, theme: type[FactVersion], key: Key, values: dict[str, Any]) -> FactRow:
        if theme.SUBJECT[0] != "member_id":
            return super().as_fact_row(theme, key, values)
        member = self.members.get(key[0]) or self.new_members[key[0]][0]
        context = {"village_id": member.village_id, "household_id": member.household_id}
        return fact_row(theme, (member.pk, *key[1:]), context, values)
