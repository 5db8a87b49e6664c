"""The household check as a form: nine sections, each question beside what is known.

Nothing is pre-selected. An empty answer leaves what is known as it is, which the section's
"no change" confirms; 不清楚 is an answer and makes the value unknown.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from core.forms import DateField, SegmentSelect
from households.dossier import (
    Dossier,
    IncomeSum,
    Known,
    Person,
    accounting_year,
    display,
)
from households.enums import (
    COMPULSORY_GRADES,
    InsuranceExemption,
    SchoolExemption,
    StudentStatus,
)
from households.forms.questions import (
    GRADES,
    IN_SCHOOL,
    INSURED,
    INSURED_FACTS,
    MORE_TITLES,
    OLDEST_VISIT,
    QUESTIONS,
    SCHOOL_AGES,
    SCHOOL_EXTRA,
    SECTION_THEMES,
    TITLES,
    UNKNOWN,
    DateAnswer,
    Question,
    TextAnswer,
    small_select,
)
from households.models import (
    HouseholdFact,
    IncomeYear,
    Insurance,
    Schooling,
)


@dataclass
class Row:
    """A question as the page shows it: what is known, and the field for this time."""

    number: str
    question: Question
    field: Any
    known: Known

    @property
    def known_text(self) -> str:
        return (
            f"{self.known.text} {self.question.unit}".strip() if not self.known.is_unknown else ""
        )


@dataclass
class MemberRow:
    """A member in a quick table: what is known in a word, and the fields."""

    person: Person
    known_text: str
    known: Known
    fields: dict[str, Any]

    @property
    def extra_fields(self) -> list[tuple[str, Any]]:
        """Schooling's rarely used fields with their short labels."""
        return [
            (str(label), self.fields[name]) for name, label in SCHOOL_EXTRA if name in self.fields
        ]


@dataclass
class Section:
    number: int
    title: Any
    state: str  # "", "same", "changed"
    summary: str
    same: Any
    rows: list[Row]
    more_rows: list[Row]
    members: list[MemberRow]
    more_title: Any = ""
    unknown_count: int = 0

    @property
    def is_more_open(self) -> bool:
        return any(row.field.value() for row in self.more_rows) or any(
            row.field.errors for row in self.more_rows
        )


class CheckForm(forms.Form):
    """One visit. `dossier` is what is known on the business date; fields follow its members."""

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
    ) -> None:
        self.dossier = dossier
        self.today = today
        super().__init__(data, initial=dict(initial or {}))
        self.on = self._visit_date()
        self.year = accounting_year(self.on)
        self.initial.setdefault("visited_on", today)
        self.initial["base_version"] = dossier.household.version
        self.initial["income_year"] = self.year
        for questions in QUESTIONS.values():
            for question in questions:
                if self.shows(question.theme):
                    self.fields[question.field_name] = question.field()
        for person in self.pupils:
            self._add_schooling(person)
        if self.shows(Insurance):
            for person in dossier.people:
                self._add_insurance(person)
        for number in self.numbers:
            if number != 9:
                self.fields[f"same-{number}"] = forms.BooleanField(
                    label=str(TITLES[number]), required=False
                )

    def shows(self, theme: type[HouseholdFact]) -> bool:
        return self.dossier.shows(theme)

    @property
    def numbers(self) -> list[int]:
        """Sections the user may fill; the others belong to other lines of work."""
        return [n for n in TITLES if n not in SECTION_THEMES or self.shows(SECTION_THEMES[n])]

    @cached_property
    def pupils(self) -> list[Person]:
        """Members of school age, and older ones still recorded in grades 1 to 9."""
        if not self.shows(Schooling):
            return []
        return [
            person
            for person in self.dossier.people
            if person.age in SCHOOL_AGES
            or (person.schooling and person.schooling.student_status in COMPULSORY_GRADES)
        ]

    def _visit_date(self) -> date:
        text = self.data.get("visited_on") if self.is_bound else self.initial.get("visited_on")
        try:
            found = DateField().clean(text)
        except forms.ValidationError:
            return self.today
        return found if found and self.today - OLDEST_VISIT <= found <= self.today else self.today

    def _add_schooling(self, person: Person) -> None:
        key = f"schooling-{person.member.pk}"
        name = person.member.name
        small = SegmentSelect(small=True)
        self.fields[f"{key}-state"] = forms.ChoiceField(
            label=_("%(name)s 是否在校") % {"name": name},
            choices=IN_SCHOOL,
            widget=small,
            required=False,
        )
        self.fields[f"{key}-grade"] = forms.ChoiceField(
            label=_("%(name)s 年级") % {"name": name},
            choices=[("", _("请选择")), *((g.value, g.label) for g in GRADES)],
            required=False,
            widget=small_select(_("%(name)s 年级") % {"name": name}),
        )
        self.fields[f"{key}-home_taught_on"] = DateAnswer(
            label=_("%(name)s 最近送教日期") % {"name": name}, required=False
        )
        self.fields[f"{key}-exemption"] = forms.ChoiceField(
            label=_("%(name)s 不入学原因") % {"name": name},
            choices=[("", _("无")), *SchoolExemption.choices],
            required=False,
        )
        self.fields[f"{key}-exemption_document"] = TextAnswer(
            label=_("%(name)s 批准文件") % {"name": name}, max_length=128, required=False
        )
        self.fields[f"{key}-exemption_valid_until"] = DateAnswer(
            label=_("%(name)s 批准有效期至") % {"name": name}, required=False
        )

    def _add_insurance(self, person: Person) -> None:
        key = f"insurance-{person.member.pk}"
        name = person.member.name
        self.fields[f"{key}-kind"] = forms.ChoiceField(
            label=_("%(name)s 基本医保") % {"name": name},
            choices=INSURED,
            widget=SegmentSelect(small=True),
            required=False,
        )
        self.fields[f"{key}-exemption"] = forms.ChoiceField(
            label=_("%(name)s 免参保原因") % {"name": name},
            choices=[("", _("无")), *InsuranceExemption.choices],
            required=False,
            widget=small_select(_("%(name)s 免参保原因") % {"name": name}),
        )

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
        for person in self.pupils:
            self._clean_schooling(f"schooling-{person.member.pk}")
        for questions in QUESTIONS.values():
            for question in questions:
                day = cleaned.get(question.field_name)
                if question.kind == "date" and isinstance(day, date) and day > self.on:
                    self.add_error(question.field_name, _("日期不能晚于入户日期"))
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
        for number in self.numbers:
            if number != 9:
                self._clean_section(number)
        return cleaned

    def _clean_schooling(self, key: str) -> None:
        cleaned = self.cleaned_data
        state = cleaned.get(f"{key}-state")
        if state == "IN" and not cleaned.get(f"{key}-grade"):
            self.add_error(f"{key}-grade", _("在校须选年级"))
        if not state and cleaned.get(f"{key}-grade"):
            self.add_error(f"{key}-state", _("选了年级，请同时选是否在校"))
        taught = cleaned.get(f"{key}-home_taught_on")
        if isinstance(taught, date) and taught > self.on:
            self.add_error(f"{key}-home_taught_on", _("日期不能晚于入户日期"))
        if cleaned.get(f"{key}-exemption") and not cleaned.get(f"{key}-exemption_document"):
            self.add_error(f"{key}-exemption_document", _("不入学须填批准文件"))

    def _clean_section(self, number: int) -> None:
        """A section is done when 无变化 stands for what was left out, or nothing was left out."""
        same = self.cleaned_data.get(f"same-{number}")
        left = [
            name
            for name in self._asked(number)
            if not self._answered(name) and name not in self.errors
        ]
        if same:
            left = [name for name in left if self._never_known(name)]
            for name in left:
                self.add_error(name, _("以前没有记录，须填一次；不知道可选“不清楚”"))
        elif left:
            self.add_error(
                f"same-{number}",
                _("还有 %(n)s 题没填：逐题填写，或选“本节无变化”") % {"n": len(left)},
            )

    def _asked(self, number: int) -> list[str]:
        """Fields of a section that need an answer or 无变化."""
        if number == 6:
            return [f"schooling-{p.member.pk}-state" for p in self.pupils]
        if number == 7:
            return [f"insurance-{p.member.pk}-kind" for p in self.dossier.people]
        return [
            q.field_name
            for q in QUESTIONS[number]
            if not q.is_more and q.field_name in self.fields and not self._is_free(q)
        ]

    def _is_free(self, question: Question) -> bool:
        if question.free_when is None:
            return False
        name, answer = question.free_when
        return self.cleaned_data.get(name) == answer

    def _answered(self, name: str) -> bool:
        return self.cleaned_data.get(name) not in (None, "")

    def _never_known(self, name: str) -> bool:
        model, _sep, rest = name.partition("-")
        if model == "schooling":
            held = self.dossier.current(Schooling, int(rest.partition("-")[0]))
            return not held or not held.student_status
        if model == "insurance":
            held = self.dossier.current(Insurance, int(rest.partition("-")[0]), self.on.year)
            return not held or (
                held.resident is None and held.employee is None and not held.exemption
            )
        question = next(q for qs in QUESTIONS.values() for q in qs if q.field_name == name)
        return question.is_key and self._known(question).is_unknown

    def _known(self, question: Question) -> Known:
        keys = (self.year,) if question.theme is IncomeYear else ()
        return self.dossier.known(question.theme, question.name, *keys)

    def answers(self) -> dict[type[HouseholdFact], list[tuple[dict[str, Any], dict[str, Any]]]]:
        """What was answered, theme by theme, as `services.submit_check` takes it."""
        cleaned = self.cleaned_data
        told: dict[type[HouseholdFact], list[tuple[dict[str, Any], dict[str, Any]]]] = {}
        for questions in QUESTIONS.values():
            for question in questions:
                if not self._answered(question.field_name):
                    continue
                keys = {"year": self.year} if question.theme is IncomeYear else {}
                entries = told.setdefault(question.theme, [(keys, {})])
                entries[0][1][question.name] = question.value(cleaned[question.field_name])
        for person in self.pupils:
            if values := self._schooling_facts(f"schooling-{person.member.pk}"):
                told.setdefault(Schooling, []).append(({"member_id": person.member.pk}, values))
        for person in self.dossier.people if self.shows(Insurance) else []:
            if values := self._insurance_facts(f"insurance-{person.member.pk}"):
                told.setdefault(Insurance, []).append(
                    ({"member_id": person.member.pk, "year": self.on.year}, values)
                )
        return told

    def _schooling_facts(self, key: str) -> dict[str, Any]:
        cleaned = self.cleaned_data
        values: dict[str, Any] = {}
        match cleaned.get(f"{key}-state"):
            case "IN":
                values["student_status"] = cleaned[f"{key}-grade"]
            case "HOME":
                values["student_status"] = StudentStatus.HOME_TEACHING.value
            case "OUT":
                values["student_status"] = StudentStatus.NOT_STUDENT.value
            case "UNKNOWN":
                values["student_status"] = ""
        for name in ("home_taught_on", "exemption", "exemption_document", "exemption_valid_until"):
            if self._answered(f"{key}-{name}"):
                answer = cleaned[f"{key}-{name}"]
                values[name] = None if answer == UNKNOWN else answer
        return values

    def _insurance_facts(self, key: str) -> dict[str, Any]:
        values = dict(INSURED_FACTS.get(self.cleaned_data.get(f"{key}-kind") or "", {}))
        if self._answered(f"{key}-exemption"):
            values["exemption"] = self.cleaned_data[f"{key}-exemption"]
        return values

    # --- the page -------------------------------------------------------------------------------

    @cached_property
    def sections(self) -> list[Section]:
        return [self._section(number) for number in self.numbers]

    def _section(self, number: int) -> Section:
        rows = [
            Row(f"{number}.{i}", question, self[question.field_name], self._known(question))
            for i, question in enumerate(QUESTIONS.get(number, []), 1)
            if question.field_name in self.fields
        ]
        members = self._member_rows(number)
        fields = [row.field for row in rows] + [f for m in members for f in m.fields.values()]
        same = self[f"same-{number}"] if f"same-{number}" in self.fields else None
        changed = any(field.value() for field in fields)
        state = "changed" if changed else "same" if same and same.value() else ""
        if number == 9:
            state = "changed" if self["confirmed"].value() else ""
        return Section(
            number=number,
            title=TITLES[number],
            state=state,
            summary=self._summary(number, rows, members),
            same=same,
            rows=[row for row in rows if not row.question.is_more],
            more_rows=[row for row in rows if row.question.is_more],
            members=members,
            more_title=MORE_TITLES.get(number, ""),
            unknown_count=sum(row.question.is_key and row.known.is_unknown for row in rows)
            + sum(not member.known_text for member in members),
        )

    def _member_rows(self, number: int) -> list[MemberRow]:
        if number == 6:
            return [
                MemberRow(
                    p,
                    self._schooling_text(p),
                    self.dossier.known(Schooling, "student_status", p.member.pk),
                    self._fields(f"schooling-{p.member.pk}"),
                )
                for p in self.pupils
            ]
        if number == 7:
            return [
                MemberRow(
                    p,
                    p.insured_text,
                    self.dossier.known(Insurance, "resident", p.member.pk, self.on.year),
                    self._fields(f"insurance-{p.member.pk}"),
                )
                for p in self.dossier.people
            ]
        return []

    def _schooling_text(self, person: Person) -> str:
        held = person.schooling
        parts = [display(held, "student_status"), display(held, "exemption")] if held else []
        return " · ".join(part for part in parts if part)

    def _fields(self, key: str) -> dict[str, Any]:
        return {
            name.removeprefix(f"{key}-"): self[name]
            for name in self.fields
            if name.startswith(f"{key}-")
        }

    def _summary(self, number: int, rows: list[Row], members: list[MemberRow]) -> str:
        if number == 1:
            parts = [_("%(n)s 人") % {"n": len(self.dossier.people)}]
            parts += [
                _("电话 %(phone)s") % {"phone": row.known_text} for row in rows if row.known_text
            ]
            return "，".join(parts)
        if number == 6:
            return str(
                _("%(n)s 名适龄子女") % {"n": len(members)} if members else _("没有适龄子女")
            )
        if number == 7:
            return _("%(n)s 名成员，%(year)s 年度") % {"n": len(members), "year": self.on.year}
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
        version = self.income_sum.version if self.income_sum else None
        return {
            q.name: str(
                getattr(version, q.name) if version and getattr(version, q.name) is not None else ""
            )
            for q in QUESTIONS[8]
        }

    @property
    def done_count(self) -> int:
        return sum(bool(section.state) for section in self.sections)
