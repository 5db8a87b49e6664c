"""The household check as a form: ten sections, each question beside what is known.

Nothing is pre-selected. An empty answer leaves what is known as it is, which the section's
"no change" confirms; 不清楚 is an answer and makes the value unknown. What cannot be is refused;
what is unlikely wants a reason.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from functools import cached_property
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.enums import Line
from core.forms import DateField
from households.dossier import (
    COMMON_THEMES,
    Dossier,
    IncomeSum,
    Known,
    Person,
    accounting_year,
    display,
    insured_text,
)
from households.forms.answers import Input, is_answered
from households.forms.member_tables import MEMBER_TABLES, Grade, MemberTable, is_pupil
from households.forms.questions import (
    CONFIRM,
    MORE_TITLES,
    OLDEST_VISIT,
    QUESTIONS,
    TITLES,
    Question,
)
from households.forms.refusals import REFUSALS, school_year
from households.forms.rules import Finding, House, findings
from households.forms.sections import Cell, MemberRow, Notice, Row, Section, Table
from households.forms.warnings import WARNINGS
from households.models import (
    HouseholdFact,
    IncomeYear,
    IndustryLink,
    Insurance,
    Schooling,
    StudentAid,
)

REASON = "reason-"
SHORTEST_REASON = 4
SUMS = (
    ("property_yuan", IncomeYear.PROPERTY_PARTS),
    ("transfer_yuan", IncomeYear.TRANSFER_PARTS),
)
Told = dict[type[HouseholdFact], list[tuple[dict[str, Any], dict[str, Any]]]]


@dataclass(frozen=True)
class Asked:
    """A question of this form: to the household, or to one member."""

    name: str
    question: Question
    person: Person | None = None

    @property
    def member(self) -> int | None:
        return self.person.member.pk if self.person else None


class CheckForm(forms.Form):
    """One visit. `dossier` is what is known on the business date; fields follow its members.

    `asked` are the sections that a round asks for, None for all: the others may be left out.
    """

    use_required_attribute = False

    visited_on = DateField(label=_("入户日期"))
    note = forms.CharField(label=_("帮扶需求"), max_length=500, required=False)
    confirmed = forms.BooleanField(
        label=_("户主已当面确认以上内容"),
        required=False,
        error_messages={"required": _("须户主确认")},
    )
    base_version = forms.IntegerField(widget=forms.HiddenInput)
    income_year = forms.IntegerField(widget=forms.HiddenInput, required=False)

    def __init__(
        self,
        data: Any = None,
        *,
        dossier: Dossier,
        today: date,
        initial: Mapping[str, Any] | None = None,
        asked: Collection[int] | None = None,
    ) -> None:
        self.dossier = dossier
        self.today = today
        self.only = asked
        super().__init__(data, initial=dict(initial or {}))
        self.on = self._visit_date()
        self.year = accounting_year(self.on)
        self.initial.setdefault("visited_on", today)
        self.initial["base_version"] = dossier.household.version
        self.initial["income_year"] = self.year
        self.notices_at: dict[str, list[Notice]] = {}
        self.told: Told = {}
        for number in self.numbers:
            for each in self._asked_in(number):
                self.fields[each.name] = (
                    each.question.member_field(self.on.year, each.person.member.name)
                    if each.person
                    else each.question.field(self.on.year)
                )
            if number != CONFIRM and self.is_wanted(number):
                self.fields[f"same-{number}"] = forms.BooleanField(
                    label=str(TITLES[number]), required=False
                )
        if not self.is_bound and any(name.startswith(REASON) for name in self.initial):
            self._show_reasons_of_draft()

    def _visit_date(self) -> date:
        text = self.data.get("visited_on") if self.is_bound else self.initial.get("visited_on")
        try:
            found = DateField().clean(text)
        except forms.ValidationError:
            return self.today
        return found if found and self.today - OLDEST_VISIT <= found <= self.today else self.today

    # --- what is asked --------------------------------------------------------------------------

    def asks(self, theme: type[HouseholdFact]) -> bool:
        """Whether the user may answer for a theme."""
        if theme in COMMON_THEMES:
            return Line.GENERAL in self.dossier.lines
        return self.dossier.shows(theme)

    @cached_property
    def numbers(self) -> list[int]:
        """Sections the user may fill; the others belong to other lines of work."""
        return [
            number
            for number in TITLES
            if number in (1, CONFIRM) or any(self.asks(theme) for theme in _themes(number))
        ]

    def is_wanted(self, number: int) -> bool:
        """Whether a section has to be done; the round may not ask for it."""
        return self.only is None or number == CONFIRM or number in self.only

    @property
    def pupils(self) -> list[Person]:
        """Members of school age, and older ones still recorded in grades 1 to 9."""
        return [person for person in self.dossier.people if is_pupil(person)]

    def _questions(self, number: int) -> list[Asked]:
        return [
            Asked(question.field_name, question)
            for question in QUESTIONS.get(number, [])
            if self.asks(question.theme) and question.is_asked(self.on.year)
        ]

    def _tables(self, number: int) -> list[MemberTable]:
        return [
            table for table in MEMBER_TABLES.get(number, ()) if any(map(self.asks, table.themes))
        ]

    def _of_member(self, table: MemberTable, person: Person) -> list[Asked]:
        """The table's questions to one member, as far as they apply."""
        return [
            Asked(question.member_field_name(person.member.pk), question, person)
            for question in table.questions
            if self.asks(question.theme) and _applies(question, person)
        ]

    def _asked_in(self, number: int) -> list[Asked]:
        members = [
            each
            for table in self._tables(number)
            for person in self.dossier.people
            if table.asks(person)
            for each in self._of_member(table, person)
        ]
        return [*self._questions(number), *members]

    @cached_property
    def asked(self) -> dict[str, Asked]:
        """Every question by the name of its field."""
        return {each.name: each for number in self.numbers for each in self._asked_in(number)}

    def _keys(self, theme: type[HouseholdFact], member: int | None = None) -> dict[str, Any]:
        """What a theme's facts are about beside the household."""
        keys: dict[str, Any] = {} if member is None else {"member_id": member}
        if theme in (IncomeYear, IndustryLink):
            keys["year"] = self.year
        elif theme is Insurance:
            keys["year"] = self.on.year
        elif theme is StudentAid:
            keys["year"] = school_year(self.on)
        return keys

    # --- cleaning -------------------------------------------------------------------------------

    def clean_visited_on(self) -> date:
        day: date = self.cleaned_data["visited_on"]
        if day > self.today:
            raise forms.ValidationError(
                _("入户日期不能晚于今天（%(day)s）") % {"day": self.today.isoformat()}
            )
        if day < self.today - OLDEST_VISIT:
            raise forms.ValidationError(
                _("入户日期不能早于 31 天前（%(day)s）")
                % {"day": (self.today - OLDEST_VISIT).isoformat()}
            )
        return day

    def clean_confirmed(self) -> bool:
        if not self.cleaned_data["confirmed"]:
            raise forms.ValidationError(_("提交前须户主当面确认；没有确认可先暂存"))
        return True

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        for name, each in self.asked.items():
            if self._is_late(each.question, cleaned.get(name)):
                self.add_error(name, _("日期不能晚于入户日期"))
        asked_year = cleaned.get("income_year")
        if asked_year and asked_year != self.year:
            self.data = (
                {**self.data.dict(), "income_year": str(self.year)}
                if hasattr(self.data, "dict")
                else self.data
            )
            self.add_error(
                "visited_on",
                _("按入户日期，收入应填 %(year)s 年度，请核对第八节后再提交") % {"year": self.year},
            )
        for person in self.dossier.people:
            self._clean_schooling(f"{Schooling._meta.model_name}-{person.member.pk}")
        self.told = self._collect()
        house = House(self.dossier, self.told, on=self.on, year=self.year)
        for finding in findings(REFUSALS, house):
            if name := self._field_of(finding):
                self.add_error(name, finding.rule.text)
        for finding in findings(WARNINGS, house):
            self._ask_reason(finding)
        for number in self.numbers:
            if number != CONFIRM and self.is_wanted(number):
                self._clean_section(number)
        return cleaned

    def _is_late(self, question: Question, answer: Any) -> bool:
        """Whether an answer speaks of a day after the visit."""
        if question.may_be_later or not is_answered(answer):
            return False
        match question.kind:
            case "date":
                return isinstance(answer, date) and answer > self.on
            case "number":
                return question.is_year and isinstance(answer, Decimal) and answer > self.on.year
            case "partial":
                return bool(answer[:1].isdigit() and answer > self.on.isoformat()[: len(answer)])
        return False

    def _clean_schooling(self, key: str) -> None:
        state, grade = (self.cleaned_data.get(f"{key}-{name}") for name in ("state", "grade"))
        if state == "IN" and not grade:
            self.add_error(f"{key}-grade", _("在校须选年级"))
        if grade and not state:
            self.add_error(f"{key}-state", _("选了年级，请同时选是否在校"))

    def _clean_section(self, number: int) -> None:
        """A section is done when 无变化 stands for what was left out, or nothing was left out."""
        same = self.cleaned_data.get(f"same-{number}")
        left = [
            each
            for each in self._needed(number)
            if not is_answered(self.cleaned_data.get(each.name)) and each.name not in self.errors
        ]
        if same:
            for each in left:
                if self._was_never_known(each):
                    self.add_error(each.name, _("以前没有记录，须填一次；不知道可选“不清楚”"))
        elif left:
            begun = any(
                is_answered(self.cleaned_data.get(each.name)) for each in self._asked_in(number)
            )
            offer = _("其余无变化") if begun else _("本节无变化")
            self.add_error(
                f"same-{number}",
                _("还有 %(n)s 题没填：逐题填写，或选“%(offer)s”")
                % {"n": len(left), "offer": offer},
            )

    def _needed(self, number: int) -> list[Asked]:
        """Questions of a section that need an answer or 无变化."""
        return [
            each
            for each in self._asked_in(number)
            if (each.person is None and not each.question.is_more and not self._is_free(each))
            or (each.person is not None and _must_answer(number, each))
        ]

    def _is_free(self, each: Asked) -> bool:
        if each.question.free_when is None:
            return False
        name, answer = each.question.free_when
        return self.cleaned_data.get(name) == answer

    def _was_never_known(self, each: Asked) -> bool:
        if each.question.theme is Insurance:
            return not insured_text(self._held(each))
        needs = each.question.is_key or each.person is not None
        return needs and self._known(each).is_unknown

    def _held(self, each: Asked) -> Any:
        theme = each.question.theme
        return self.dossier.current(theme, *self._keys(theme, each.member).values())

    def _known(self, each: Asked) -> Known:
        """What is known of a question's column, in the words of its answers."""
        question = each.question
        keys = self._keys(question.theme, each.member).values()
        known = self.dossier.known(question.theme, question.column, *keys)
        if question.facts and not question.codes and known.version:
            text = next(
                (
                    str(label)
                    for label, facts in question.facts.values()
                    if facts and all(getattr(known.version, n) == v for n, v in facts.items())
                ),
                known.text,
            )
            return replace(known, text="" if known.is_unknown else text)
        return known

    def _collect(self) -> Told:
        """What was answered, theme by theme."""
        cleaned = self.cleaned_data
        stated: dict[tuple[Any, ...], dict[str, Any]] = {}
        for name, each in self.asked.items():
            answer, question = cleaned.get(name), each.question
            if not is_answered(answer):
                continue
            if isinstance(question, Grade) and cleaned.get(f"{name[:-5]}state") != "IN":
                continue
            if facts := question.stated(answer):
                keys = self._keys(question.theme, each.member)
                stated.setdefault((question.theme, *keys.items()), {}).update(facts)
        told: Told = {}
        for (theme, *subject), facts in stated.items():
            if theme is IncomeYear:
                self._take_sums(facts)
            told.setdefault(theme, []).append((dict(subject), facts))
        return told

    def _take_sums(self, facts: dict[str, Any]) -> None:
        """Where the parts of an income are told and its total is not, the total is their sum."""
        held = self.dossier.current(IncomeYear, self.year)
        for total, names in SUMS:
            told = [facts[name] for name in names if facts.get(name) is not None]
            if total in facts or not told:
                continue
            parts = [facts.get(name, getattr(held, name, None)) for name in names]
            if len(told) == len(names) or getattr(held, total, None) is None:
                facts[total] = sum((part for part in parts if part is not None), Decimal())

    def answers(self) -> Told:
        """What was answered, as `services.submit_check` takes it."""
        return self.told

    # --- warnings and their reasons -------------------------------------------------------------

    def _field_of(self, finding: Finding) -> str:
        """Where a finding stands: at its column, or else at one it concerns that was answered."""
        for theme, column in (finding.column, *finding.rule.columns):
            fits = [
                each
                for each in self.asked.values()
                if each.question.theme is theme
                and each.question.column == column
                and (finding.member is None or each.member in (None, finding.member))
            ]
            said = [each for each in fits if is_answered(self.cleaned_data.get(each.name))]
            if found := next(iter(said or fits), None):
                return found.name
        return ""

    def _ask_reason(self, finding: Finding) -> None:
        place = self._field_of(finding)
        if not place:
            return
        notice = self._add_notice(finding, place)
        reason = str(self.data.get(notice.field.name) or "").strip()
        self.cleaned_data[notice.field.name] = reason
        if len(reason) < SHORTEST_REASON:
            self.add_error(notice.field.name, _("请核对；确实如此，请说明原因（至少 4 个字）"))

    def _add_notice(self, finding: Finding, place: str) -> Notice:
        name = f"{REASON}{finding.rule.code}-{finding.member or 'household'}"
        who = f"{finding.person.member.name} " if finding.person else ""
        self.fields[name] = forms.CharField(
            label=f"{who}{finding.rule.text}", max_length=200, required=False, widget=Input
        )
        notice = Notice(finding.rule.code, str(finding.rule.text), self[name])
        self.notices_at.setdefault(place, []).append(notice)
        self.reasons_of[name] = finding
        return notice

    @cached_property
    def reasons_of(self) -> dict[str, Finding]:
        """The warnings by the names of the boxes for their reasons."""
        return {}

    @property
    def notices(self) -> list[Notice]:
        return [notice for found in self.notices_at.values() for notice in found]

    def _show_reasons_of_draft(self) -> None:
        """A draft with reasons shows its warnings again, so that no reason is lost."""
        same = CheckForm(self.initial, dossier=self.dossier, today=self.today, asked=self.only)
        same.is_valid()
        for finding in same.reasons_of.values():
            self._add_notice(finding, same._field_of(finding))

    def reasons(self) -> list[dict[str, Any]]:
        """The warnings that stand with their reasons, as the check keeps them."""
        return [
            {
                "code": finding.rule.code,
                "theme": finding.column[0]._meta.model_name,
                "field": finding.column[1],
                "member": finding.member,
                "text": str(finding.rule.text),
                "reason": self.cleaned_data[name],
            }
            for name, finding in self.reasons_of.items()
        ]

    # --- the page -------------------------------------------------------------------------------

    @cached_property
    def sections(self) -> list[Section]:
        return [self._section(number) for number in self.numbers]

    def _section(self, number: int) -> Section:
        rows = [
            Row(f"{number}.{i}", each.question, self[each.name], self._known(each), notices)
            for i, each in enumerate(self._questions(number), 1)
            for notices in [self.notices_at.get(each.name, [])]
        ]
        tables = [self._table(table) for table in self._tables(number)]
        same = self[f"same-{number}"] if f"same-{number}" in self.fields else None
        changed = any(self[each.name].value() for each in self._asked_in(number))
        state = "changed" if changed else "same" if same and same.value() else ""
        if number == CONFIRM:
            state = "changed" if self["confirmed"].value() else ""
        return Section(
            number=number,
            title=TITLES[number],
            state=state,
            summary=self._summary(number, rows, tables),
            same=same,
            rows=[row for row in rows if not row.question.is_more],
            more_rows=[row for row in rows if row.question.is_more],
            tables=tables,
            more_title=MORE_TITLES.get(number, ""),
            is_wanted=self.is_wanted(number),
            unknown_count=sum(row.question.is_key and row.known.is_unknown for row in rows)
            + sum(row.must_answer and not row.known_text for table in tables for row in table.rows),
        )

    def _table(self, table: MemberTable) -> Table:
        shown = [q for q in table.questions if self.asks(q.theme)]
        return Table(
            key=table.key,
            title=table.title,
            heads=[question.label for question in shown if not question.is_more],
            rows=[
                self._member_row(table, shown, person)
                for person in self.dossier.people
                if table.asks(person)
            ],
            is_more=table.is_more,
            must_answer=bool(table.must_answer),
        )

    def _member_row(self, table: MemberTable, shown: list[Question], person: Person) -> MemberRow:
        cells = [self._cell(question, person) for question in shown]
        visible = [cell for cell in cells if not cell.question.is_more]
        return MemberRow(
            person=person,
            known_text=_known_text(table, person, visible),
            known=next((cell.known for cell in visible if cell.known.text), visible[0].known),
            cells=visible,
            more_cells=[cell for cell in cells if cell.question.is_more and cell.field],
            must_answer=bool(table.must_answer),
        )

    def _cell(self, question: Question, person: Person) -> Cell:
        each = Asked(question.member_field_name(person.member.pk), question, person)
        field = self[each.name] if each.name in self.fields else None
        return Cell(question, field, self._known(each), self.notices_at.get(each.name, []))

    def _summary(self, number: int, rows: list[Row], tables: list[Table]) -> str:
        asked = len(tables[0].rows) if tables else 0
        if number == 1:
            parts = [_("%(n)s 人") % {"n": len(self.dossier.people)}]
            parts += [
                _("电话 %(phone)s") % {"phone": row.known_text}
                for row in rows
                if row.known_text and row.question.name == "phone"
            ]
            return "，".join(parts)
        if number == 6:
            return str(_("%(n)s 名适龄子女") % {"n": asked} if asked else _("没有适龄子女"))
        if number == 7:
            return _("%(n)s 名成员，%(year)s 年度") % {"n": asked, "year": self.on.year}
        if number == 8:
            return _("%(year)s 年度") % {"year": self.year}
        known = [
            f"{row.question.brief} {row.known_text}".strip()
            for row in rows
            if row.known_text and not row.question.is_more
        ]
        return "，".join(known[:3])

    @cached_property
    def income_sum(self) -> IncomeSum | None:
        """What is known of the accounting year, added up."""
        version = self.dossier.current(IncomeYear, self.year)
        return IncomeSum(version) if version else None

    @property
    def known_income(self) -> dict[str, str]:
        """The parts on file, for the sum that follows typing."""
        held = self.income_sum.version if self.income_sum else None
        names = [q.name for q in QUESTIONS[8] if q.theme is IncomeYear]
        values = {name: getattr(held, name) if held else None for name in names}
        return {name: "" if value is None else str(value) for name, value in values.items()}

    @property
    def wanted(self) -> list[Section]:
        """The sections that have to be done."""
        return [section for section in self.sections if section.is_wanted]

    @property
    def done_count(self) -> int:
        return sum(bool(section.state) for section in self.wanted)


def _themes(number: int) -> set[type[HouseholdFact]]:
    """Every theme that a section asks about."""
    of_tables = [table.themes for table in MEMBER_TABLES.get(number, ())]
    return {question.theme for question in QUESTIONS.get(number, [])}.union(*of_tables)


def _applies(question: Question, person: Person) -> bool:
    return question.ages is None or person.age is None or person.age in question.ages


def _must_answer(number: int, each: Asked) -> bool:
    """Whether a question to a member is the one its table needs."""
    return any(
        each.question.name == table.must_answer
        and each.question in table.questions
        and each.person is not None
        and table.asks(each.person)
        for table in MEMBER_TABLES[number]
    )


def _known_text(table: MemberTable, person: Person, cells: list[Cell]) -> str:
    """What is known of a member in a word."""
    if table.key == "insurance":
        return person.insured_text
    if table.key in ("schooling", "students"):
        held = person.schooling
        parts = [display(held, "student_status"), display(held, "exemption")] if held else []
    else:
        parts = [cell.known_text for cell in cells]
    return " · ".join(part for part in parts if part)
