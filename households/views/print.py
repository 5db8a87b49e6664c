"""一户一档 on paper: one household's file, or those of a whole village, as numbered A4 sheets."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from itertools import groupby
from typing import Any

from django.db.models import QuerySet
from django.http import Http404, HttpRequest
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.views.generic import TemplateView

from accounts.models import Area
from accounts.roles import Permission
from core import clock, slots
from core.access import Access, AccessMixin
from core.display import verbose
from core.web import DatedPage
from households.dossier import Dossier, Person, display, pairings_of, read_dossiers
from households.enums import COMPULSORY_GRADES
from households.forms.questions import QUESTIONS, SCHOOL_AGES, SECTION_THEMES, TITLES
from households.models import (
    Household,
    HouseholdCheck,
    HouseholdFact,
    HouseholdPower,
    HouseholdProfile,
    Housing,
    IncomeYear,
    IndustryLink,
    LivingConditions,
    Monitoring,
    Relocation,
    Residence,
    Water,
)
from households.permissions import visible_lines
from households.views.evidence_cards import print_titles
from households.views.file_cards import BASICS, latest_year, member_columns, member_rows
from villages.models import Village

LIGHTS_SLOT, CASES_SLOT = "household_print_lights", "household_print_cases"
MOST_HOUSEHOLDS = 200  # in one document; a larger village is printed in parts
# Rows that fit on a sheet beside what else stands there.
PEOPLE_BESIDE, PEOPLE_ALONE = 7, 16
CASES_BESIDE, CASES_ALONE = 3, 14
MEMBERS_ON_SHEET = 8
PAIRS_IN_ROW = 3
# What the paper form asks beside the first sheet and the check sheet; () for a whole theme.
FORM: tuple[tuple[type[HouseholdFact], tuple[str, ...]], ...] = (
    *((theme, names) for theme, names in BASICS.items() if theme is not Residence),
    (Residence, ("hamlet", *BASICS[Residence])),
    (IncomeYear, (*IncomeYear.PROPERTY_PARTS, *IncomeYear.TRANSFER_PARTS)),
    (Housing, ("structure", "renovation_year", "dangerous_reported")),
    (Water, ("difficult_reported", "safe_reported")),
    (HouseholdPower, ("connected_reported", "production_connected")),
    (LivingConditions, ()),
    (Relocation, ()),
    (IndustryLink, ()),
    (Monitoring, ()),
)
PAIRINGS, CHECKS, DOCUMENTS = 2, 3, 8
SECTIONS = (8, 2, 3, 4, 5, 6, 7)  # of the check form: income, food, housing, water, power, …
NO_WORRIES, SCHOOL, INSURED, INCOME = 2, 6, 7, 8


@dataclass(frozen=True)
class Finding:
    """One line of the check sheet: what is known, and its verdict ("" where nobody judges it)."""

    title: str
    text: str
    verdict: str


@dataclass(frozen=True)
class Block:
    """A part of the paper form: rows of pairs of label and value ("" where unknown)."""

    title: str
    rows: list[list[tuple[str, str]]]


@dataclass(frozen=True)
class Sheet:
    """One A4 sheet of a household's file; `rows` are the people, blocks or cases it has room for."""

    kind: str
    number: int
    rows: list[Any]
    start: int = 0


@dataclass
class Paper:
    """One household's file on paper."""

    dossier: Dossier
    findings: list[Finding] = field(default_factory=list)
    pairings: list[Any] = field(default_factory=list)
    checks: list[HouseholdCheck] = field(default_factory=list)
    cases: list[dict[str, Any]] = field(default_factory=list)
    documents: list[str] = field(default_factory=list)

    @property
    def household(self) -> Household:
        return self.dossier.household

    @cached_property
    def members(self) -> list[Any]:
        return member_rows(self.dossier)

    @property
    def member_columns(self) -> list[str]:
        return member_columns(self.dossier)

    @property
    def signers(self) -> list[str]:
        return [
            _("户主签字"),
            _("帮扶责任人签字"),
            _("核查人签字"),
            _("苏木乡镇审核（盖章）"),
        ]

    @property
    def housing(self) -> Any:
        return self.dossier.current(Housing)

    @property
    def shows_profile(self) -> bool:
        return self.dossier.shows(HouseholdProfile)

    @property
    def shows_income(self) -> bool:
        return self.dossier.shows(IncomeYear)

    @property
    def documents_text(self) -> str:
        """Titles of the newest papers in one line, and how many there are when not all fit."""
        if not self.documents:
            return _("没有佐证材料")
        shown = "；".join(self.documents[-DOCUMENTS:])
        if len(self.documents) <= DOCUMENTS:
            return shown
        return _("%(shown)s 等 %(n)d 份") % {"shown": shown, "n": len(self.documents)}

    @property
    def helpers(self) -> list[Any]:
        """Pairings in force on the date."""
        on = self.dossier.on
        return [p for p in self.pairings if p.valid_to is None or p.valid_to > on]

    @cached_property
    def sheets(self) -> list[Sheet]:
        people, cases = self.dossier.people, self.cases
        parts: list[tuple[str, list[Any], int]] = [
            ("cover", [], 0),
            ("basic", people[:PEOPLE_BESIDE], 0),
            *(("people", rows, at) for at, rows in _parts(people, PEOPLE_BESIDE, PEOPLE_ALONE)),
            ("form", list(blocks(self.dossier)), 0),
            *(("members", rows, at) for at, rows in _parts(self.members, 0, MEMBERS_ON_SHEET)),
            ("check", cases[:CASES_BESIDE], 0),
            *(("cases", rows, at) for at, rows in _parts(cases, CASES_BESIDE, CASES_ALONE)),
        ]
        return [Sheet(kind, n, rows, at) for n, (kind, rows, at) in enumerate(parts, 1)]


def _parts(rows: list[Any], first: int, each: int) -> Iterator[tuple[int, list[Any]]]:
    """What did not fit among the first rows, by sheets of its own."""
    for start in range(first, len(rows), each):
        yield start, rows[start : start + each]


def blocks(dossier: Dossier) -> Iterator[Block]:
    """The rest of the paper form, of the reader's lines of work, answered or not."""
    for theme, names in FORM:
        if not dossier.shows(theme):
            continue
        title = str(theme._meta.verbose_name)
        keys: tuple[int, ...] = ()
        if "year" in theme.SUBJECT:
            year = dossier.income.year if theme is IncomeYear and dossier.income else None
            year = year or latest_year(dossier, theme)
            keys = (year,) if year else ()
            title = f"{title}（{year}）" if year else title
        version = dossier.current(theme, *keys)
        pairs = [(verbose(theme, name), display(version, name)) for name in names or theme.VALUES]
        yield Block(
            title, [pairs[at : at + PAIRS_IN_ROW] for at in range(0, len(pairs), PAIRS_IN_ROW)]
        )


def papers(request: HttpRequest, households: list[Household], on: date) -> list[Paper]:
    """The households' files, at a number of queries that does not grow with them."""
    user: Any = request.user
    pairings = pairings_of(households, on=on)
    checks = _latest_checks(user, households, on)
    titles = print_titles(user, households, on)
    verdicts: dict[int, dict[str, str]] = {each.pk: {} for each in households}
    cases: dict[int, list[dict[str, Any]]] = {each.pk: [] for each in households}
    for filler in slots.fillers(LIGHTS_SLOT):
        for pk, found in filler(request, households=households, on=on).items():
            verdicts[pk] |= found
    for filler in slots.fillers(CASES_SLOT):
        for pk, rows in filler(request, households=households, on=on).items():
            cases[pk] += rows
    dossiers = read_dossiers(households, on=on, lines_of=lambda each: visible_lines(user, each))
    return [
        Paper(
            dossier,
            list(findings(dossier, verdicts[dossier.household.pk])),
            pairings.get(dossier.household.pk, [])[:PAIRINGS],
            checks.get(dossier.household.pk, []),
            cases[dossier.household.pk],
            titles.get(dossier.household.pk, []),
        )
        for dossier in dossiers
    ]


def _latest_checks(
    user: Any, households: list[Household], on: date
) -> dict[int, list[HouseholdCheck]]:
    checks = (
        HouseholdCheck.objects.for_user(user)
        .counted()
        .filter(household__in=households, visited_on__lte=on)
        .select_related("author")
        .defer("answers")
        .order_by("household_id", "-visited_on", "-pk")
    )
    by_household = groupby(checks, key=lambda check: check.household_id)
    return {pk: list(found)[:CHECKS] for pk, found in by_household}


def findings(dossier: Dossier, verdicts: dict[str, str]) -> Iterator[Finding]:
    """The lines of the check sheet, of the reader's lines of work."""
    for number in SECTIONS:
        theme = SECTION_THEMES[number]
        if not dossier.shows(theme):
            continue
        text = SPECIAL[number](dossier) if number in SPECIAL else _answers(dossier, number)
        verdict = "" if number == NO_WORRIES else verdicts.get(theme.LINE, "")
        title = str(TITLES[number]).partition("、")[2]
        yield Finding(title, text or _("未知"), verdict)


def _answers(dossier: Dossier, number: int) -> str:
    """Known answers of a section, then the questions nobody has answered."""
    told, open_questions = [], []
    answers: dict[str, Any] = {}
    for question in QUESTIONS[number]:
        known = dossier.known(question.theme, question.name)
        answers[question.field_name] = known.value
        label = str(question.brief or question.label)
        if not known.is_unknown:
            told.append(f"{label}：{known.text}{question.unit}")
        elif not question.is_more and not _is_free(question, answers):
            open_questions.append(label)
    theme = SECTION_THEMES[number]
    asked = {question.name for question in QUESTIONS[number]}
    for name in theme.VALUES:  # what was only reported, without the answers behind it
        if name.endswith("_reported") and name not in asked:
            reported = dossier.known(theme, name)
            if not reported.is_unknown:
                told.append(f"{verbose(theme, name)}：{reported.text}")
    if told and open_questions:
        told.append(_("未知：%(questions)s") % {"questions": "、".join(open_questions)})
    return "；".join(told)


def _is_free(question: Any, answers: dict[str, Any]) -> bool:
    """Whether an earlier answer made this one needless."""
    if not question.free_when:
        return False
    name, value = question.free_when
    return bool(answers.get(name) == value)


def _income(dossier: Dossier) -> str:
    income = dossier.income_sum
    if income is None:
        return ""
    amount, reported = income.net_per_person, income.version.net_per_person_reported_yuan
    if amount is not None:
        said = _("%(year)s 年人均纯收入 %(amount)s 元")
    elif reported is not None:
        said = _("%(year)s 年人均纯收入 %(amount)s 元（填报）")
    else:
        return _("%(year)s 年收入未填全") % {"year": income.year}
    return said % {
        "year": income.year,
        "amount": f"{reported if amount is None else amount:,.2f}",
    }


def _schooling(dossier: Dossier) -> str:
    """Those of school age or at a school of that age, each by name."""
    return "；".join(_pupil(p) for p in dossier.people if _is_pupil(p)) or _("无适龄子女")


def _is_pupil(person: Person) -> bool:
    school = person.schooling
    return person.age in SCHOOL_AGES or bool(school and school.student_status in COMPULSORY_GRADES)


def _pupil(person: Person) -> str:
    school = person.schooling
    status = school.get_student_status_display() if school and school.student_status else ""
    reason = f"（{school.get_exemption_display()}）" if school and school.exemption else ""
    return f"{person.member.name}：{status or _('未知')}{reason}"


def _insured(dossier: Dossier) -> str:
    """How many have which insurance; those without or unknown by name."""
    people = dossier.people
    told = [
        _("%(kind)s %(count)s 人") % {"kind": kind, "count": count}
        for kind, count in Counter(p.insured_text for p in people if p.insured_text).items()
    ]
    unknown = [p.member.name for p in people if not p.insured_text]
    without = [p.member.name for p in people if _is_uninsured(p)]
    if without:
        told.append(_("未参保：%(names)s") % {"names": "、".join(without)})
    if unknown:
        told.append(_("未知：%(names)s") % {"names": "、".join(unknown)})
    return "；".join(told)


def _is_uninsured(person: Person) -> bool:
    held = person.insurance
    return bool(held and not held.exemption and held.resident is False and held.employee is False)


SPECIAL = {INCOME: _income, SCHOOL: _schooling, INSURED: _insured}


class PrintPage(DatedPage, AccessMixin, TemplateView):
    """What both documents have in common."""

    access = Access(permission=Permission.VIEW_REGISTER, scoped=True)
    template_name = "households/household_print.html"

    @cached_property
    def households(self) -> QuerySet[Household]:
        return Household.objects.for_user(self.request.user).select_related(
            "village__area__parent__parent__parent"
        )

    def document(self, households: list[Household]) -> dict[str, Any]:
        made = papers(self.request, households, self.on)
        return {
            "papers": made,
            "page_count": sum(len(paper.sheets) for paper in made),
            "on": self.on,
            "printed_on": clock.today(),
            "printed_at": timezone.localtime(clock.business_now()),
        }


class HouseholdPrintView(PrintPage):
    """One household's file, for its folder."""

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        household = get_object_or_404(self.households, pk=self.kwargs["pk"])
        return super().get_context_data(**kwargs) | {
            **self.document([household]),
            "household": household,
            "village": household.village,
            "back": household.get_absolute_url(),
            "village_count": self.households.filter(village_id=household.village_id).count(),
            "may_print_village": Village.objects.for_user(self.request.user)
            .filter(pk=household.village_id)
            .exists(),
        }


class VillagePrintView(PrintPage):
    """The files of all households of a village, by code; a large village in parts (`?part=2`)."""

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        village = get_object_or_404(
            Village.objects.for_user(self.request.user).select_related("area"),
            pk=self.kwargs["pk"],
        )
        area: Area = village.area
        found = self.households.filter(village_id=village.pk).order_by("code")
        count = found.count()
        parts = max(1, -(-count // MOST_HOUSEHOLDS))
        part = self._part(parts)
        start = (part - 1) * MOST_HOUSEHOLDS
        return super().get_context_data(**kwargs) | {
            **self.document(list(found[start : start + MOST_HOUSEHOLDS])),
            "village": village,
            "count": count,
            "part": part,
            "parts": range(1, parts + 1),
            "first": start + 1,
            "last": min(start + MOST_HOUSEHOLDS, count),
            "back": f"{reverse('households:household_list')}?area={area.pk}",
        }

    def _part(self, parts: int) -> int:
        asked = self.request.GET.get("part", "1")
        part = int(asked) if asked.isascii() and asked.isdecimal() and len(asked) < 6 else 0
        if not 1 <= part <= parts:
            raise Http404("part")
        return part
