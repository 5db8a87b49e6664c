"""What is known of one household on a date: its values, since when, from whom, and how they came.

Read only. Every theme is read in one statement, however many members there are: a constant number
of queries. A file can be read as known now, or as it was known at a moment.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal
from functools import cached_property
from typing import Any

from django.db import models
from django.utils.translation import gettext as _

from accounts.enums import Line
from core.display import display_value, verbose
from core.facts import FactVersion, first_said
from households.enums import Relation
from households.history import read_versions
from households.models import (
    HOUSEHOLD_THEMES,
    MEMBER_THEMES,
    Household,
    HouseholdCheck,
    HouseholdFact,
    HouseholdProfile,
    HouseholdStatus,
    Housing,
    IncomeYear,
    Insurance,
    Member,
    MemberProfile,
    Membership,
    Pairing,
    Residence,
    Schooling,
)

# What identifies the household at all; seen by every line of work.
COMMON_THEMES: tuple[type[HouseholdFact], ...] = (Residence, HouseholdStatus, Membership)
INCOME_PARTS = ("wage_yuan", "operating_yuan", "property_yuan", "transfer_yuan")

Key = tuple[Any, ...]


@dataclass(frozen=True)
class Known:
    """One value: as text, and the version that first said it in an unbroken run."""

    value: Any
    text: str
    version: FactVersion | None

    @property
    def is_unknown(self) -> bool:
        return self.version is None or self.value in (None, "", [])

    @property
    def since(self) -> date | None:
        return self.version.valid_from if self.version else None

    @property
    def source(self) -> str:
        return str(self.version.get_source_display()) if self.version else ""

    @property
    def author(self) -> str:
        return str(self.version.author) if self.version and self.version.author else ""


@dataclass(frozen=True)
class Change:
    """One field that a version changed."""

    label: str
    old: str
    new: str


@dataclass(frozen=True)
class Event:
    """One entry of the timeline: what a version changed about the household or one of its members.

    With `corrected_at` the version was taken back then, and `changes` say what holds instead.
    """

    on: date
    recorded_at: datetime
    title: str
    source: str
    author: str
    source_ref: str
    changes: list[Change]
    theme: type[HouseholdFact]
    member_id: int | None = None
    corrected_at: datetime | None = None

    @property
    def check_id(self) -> str:
        """The check that told it, "" when something else did."""
        kind, _sep, number = self.source_ref.partition(":")
        return number if kind == "check" else ""


@dataclass
class Person:
    """A member as of a date."""

    member: Member
    relation: str
    relation_text: str
    age: int | None
    facts: dict[type[HouseholdFact], FactVersion | None] = field(default_factory=dict)

    @property
    def is_head(self) -> bool:
        return self.relation == Relation.HEAD

    @property
    def profile(self) -> Any:
        return self.facts.get(MemberProfile)

    @property
    def schooling(self) -> Any:
        return self.facts.get(Schooling)

    @property
    def insurance(self) -> Any:
        return self.facts.get(Insurance)

    @property
    def insured_text(self) -> str:
        return insured_text(self.insurance)

    @property
    def health_text(self) -> str:
        return display(self.profile, "health") if self.profile else ""


@dataclass(frozen=True)
class Left:
    """Someone who belonged to the household before, since when not, and why."""

    member: Member
    relation_text: str
    on: date
    reason_text: str


@dataclass(frozen=True)
class Difference:
    """A value that was not known then as it is now."""

    subject: str
    label: str
    now: str
    then: str


def age_on(born: date | None, on: date) -> int | None:
    """Full years on a date; None when the date of birth is not known."""
    if born is None:
        return None
    return on.year - born.year - ((on.month, on.day) < (born.month, born.day))


def accounting_year(on: date) -> int:
    """The last complete year, which on 31 December is the year itself (domain §2.20, INC-01)."""
    return on.year if (on.month, on.day) == (12, 31) else on.year - 1


def display(version: FactVersion | None, name: str) -> str:
    """A value as people read it; personal numbers masked; "" when unknown."""
    return display_value(type(version), name, getattr(version, name)) if version else ""


def insured_text(insurance: Any) -> str:
    """Which basic insurance a member has, in a word; "" when unknown."""
    if insurance is None:
        return ""
    if insurance.exemption:
        return str(insurance.get_exemption_display())
    if insurance.resident:
        return _("居民医保")
    if insurance.employee:
        return _("职工医保")
    if insurance.resident is False and insurance.employee is False:
        return _("未参保")
    return ""


History = dict[type[HouseholdFact], dict[Key, list[FactVersion]]]


class Dossier:
    """Facts of one household as of a date, limited to the lines of work the reader may see; with
    `known_at` as they were known at that moment."""

    def __init__(
        self,
        household: Household,
        *,
        on: date,
        lines: Iterable[str],
        known_at: datetime | None = None,
    ) -> None:
        self.household = household
        self.on = on
        self.lines = set(lines)
        self.known_at = known_at

    def shows(self, theme: type[HouseholdFact]) -> bool:
        """Whether the reader may see a theme."""
        if theme in COMMON_THEMES or Line.GENERAL in self.lines:
            return True
        return theme.LINE != Line.GENERAL and theme.LINE in self.lines

    @cached_property
    def recorded(self) -> list[tuple[type[HouseholdFact], FactVersion]]:
        """Everything ever said for a day up to the date, what was taken back included."""
        shown = [theme for theme in THEMES if self.shows(theme)]
        return read_versions([self.household.pk], shown, on=self.on, known_at=self.known_at)

    @cached_property
    def history(self) -> History:
        """Standing versions begun by the date, per theme and subject, oldest first."""
        return by_subject(pair for pair in self.recorded if pair[1].superseded_at is None)

    def versions(self, theme: type[HouseholdFact], *keys: Any) -> list[FactVersion]:
        """All versions of one subject; `keys` are the member and the year, as the theme has them."""
        subject = keys if "household_id" not in theme.SUBJECT else (self.household.pk, *keys)
        return self.history[theme].get(tuple(subject), [])

    def current(self, theme: type[HouseholdFact], *keys: Any) -> Any:
        """The version that holds on the date."""
        held = [
            v for v in self.versions(theme, *keys) if v.valid_to is None or v.valid_to > self.on
        ]
        return held[-1] if held else None

    def known(self, theme: type[HouseholdFact], name: str, *keys: Any) -> Known:
        """One value with the version that first said it."""
        version = self.current(theme, *keys)
        if version is None:
            return Known(None, "", None)
        first = first_said(version, self.versions(theme, *keys), name)
        return Known(getattr(version, name), display(version, name), first)

    @cached_property
    def members(self) -> list[Member]:
        """Everyone who belonged to the household by the date, by code."""
        ever = [key[0] for key in self.history[Membership]]
        return list(Member.objects.filter(pk__in=ever).order_by("code"))

    @cached_property
    def people(self) -> list[Person]:
        """Members on the date, the head first."""
        held: Iterable[Any] = (v[-1] for v in self.history[Membership].values())
        rows = {
            v.member_id: v
            for v in held
            if v.is_member and (v.valid_to is None or v.valid_to > self.on)
        }
        people = [
            Person(
                member=member,
                relation=rows[member.pk].relation,
                relation_text=display(rows[member.pk], "relation"),
                age=age_on(member.birth_date, self.on),
                facts={
                    MemberProfile: self.current(MemberProfile, member.pk),
                    Schooling: self.current(Schooling, member.pk),
                    Insurance: self.current(Insurance, member.pk, self.on.year),
                },
            )
            for member in self.members
            if member.pk in rows
        ]
        return sorted(people, key=lambda person: not person.is_head)

    @cached_property
    def left(self) -> list[Left]:
        """Those who left the household by the date, the last one first."""
        gone = []
        for member in self.members:
            said: Any = self.current(Membership, member.pk)
            if said and not said.is_member:
                why = display(said, "left_reason")
                gone.append(Left(member, display(said, "relation"), said.valid_from, why))
        return sorted(gone, key=lambda each: each.on, reverse=True)

    @cached_property
    def names(self) -> dict[int, str]:
        """Names of all whom any fact here is about."""
        names = {member.pk: member.name for member in self.members}
        missing = {v.member_id for t, v in self.recorded if t in MEMBER_THEMES} - set(names)  # type: ignore[attr-defined]
        if missing:
            names |= dict(Member.objects.filter(pk__in=missing).values_list("pk", "name"))
        return names

    @property
    def status(self) -> Any:
        return self.current(HouseholdStatus)

    @property
    def residence(self) -> Any:
        return self.current(Residence)

    @property
    def shown(self) -> set[str]:
        """Names of the themes that the reader may see, so that a page leaves out what it would not fill."""
        return {str(theme._meta.model_name) for theme in THEMES if self.shows(theme)}

    @cached_property
    def profile_texts(self) -> dict[str, str]:
        """Columns of the household's profile as people read them; the phone masked."""
        profile = self.current(HouseholdProfile)
        return {name: display(profile, name) for name in HouseholdProfile.VALUES} if profile else {}

    @property
    def head(self) -> Person | None:
        return next((person for person in self.people if person.is_head), None)

    @cached_property
    def income(self) -> Any:
        """The accounting year's income on the date, or the latest year on file."""
        wanted = self.current(IncomeYear, accounting_year(self.on))
        if wanted:
            return wanted
        years = sorted((key[1] for key in self.history[IncomeYear]), reverse=True)
        return next(filter(None, (self.current(IncomeYear, year) for year in years)), None)

    @property
    def income_sum(self) -> "IncomeSum | None":
        return IncomeSum(self.income) if self.income else None

    @cached_property
    def timeline(self) -> list[Event]:
        """Every change of a value and every value taken back, latest first. Copies that change
        nothing are left out."""
        events = [
            event
            for theme, subjects in self.history.items()
            for key, versions in subjects.items()
            for event in _events(theme, key, versions, self.names)
        ]
        events += [
            event
            for theme, version in self.recorded
            if version.superseded_at and not version.origin_id  # type: ignore[attr-defined]
            for event in self._taken_back(theme, version)
        ]
        return sorted(events, key=lambda event: (event.on, event.recorded_at), reverse=True)

    def _taken_back(self, theme: type[HouseholdFact], version: Any) -> Iterator[Event]:
        key = subject_of(theme, version)
        instead = next(
            (
                v
                for v in self.history[theme].get(key, [])
                if v.valid_from <= version.valid_from
                and (v.valid_to is None or v.valid_to > version.valid_from)
            ),
            None,
        )
        event = _event(theme, key, instead, version, self.names)
        if event:
            turned = [Change(c.label, c.new, c.old) for c in event.changes]
            yield replace(event, changes=turned, corrected_at=version.superseded_at)

    def differences(self, then: "Dossier") -> list[Difference]:
        """Values on the date that `then`, the same file as known earlier, says otherwise."""
        found = []
        for theme in THEMES:
            for key in {**self.history[theme], **then.history[theme]}:
                keys = key if "household_id" not in theme.SUBJECT else key[1:]
                now_held, then_held = self.current(theme, *keys), then.current(theme, *keys)
                found += [
                    Difference(
                        _title(theme, key, self.names | then.names),
                        verbose(theme, name),
                        display(now_held, name),
                        display(then_held, name),
                    )
                    for name in theme.VALUES
                    if _differs(now_held, then_held, name)
                ]
        return found


THEMES: tuple[type[HouseholdFact], ...] = (*HOUSEHOLD_THEMES, *MEMBER_THEMES)


def subject_of(theme: type[HouseholdFact], version: Any) -> Key:
    return tuple(getattr(version, name) for name in theme.SUBJECT)


def by_subject(versions: Iterable[tuple[type[HouseholdFact], Any]]) -> History:
    found: History = {theme: defaultdict(list) for theme in THEMES}
    for theme, version in versions:
        found[theme][subject_of(theme, version)].append(version)
    return found


def read_dossiers(
    households: Iterable[Household],
    *,
    on: date,
    lines_of: Callable[[Household], Iterable[str]],
    themes: Iterable[type[HouseholdFact]] | None = None,
) -> list[Dossier]:
    """Files of many households, in as few queries as one; with `themes` of those alone and of who
    belongs to them. They know what held on the date, not the past: no timeline, and every value
    known since the version that holds."""
    found = {each.pk: Dossier(each, on=on, lines=lines_of(each)) for each in households}
    held: dict[int, list[tuple[type[HouseholdFact], Any]]] = defaultdict(list)
    for theme, version in read_versions(
        found, {*themes, Membership} if themes else THEMES, on=on, standing_only=True
    ):
        if found[version.household_id].shows(theme):
            held[version.household_id].append((theme, version))
    for pk, dossier in found.items():
        dossier.recorded = held[pk]
    ever = {key[0] for dossier in found.values() for key in dossier.history[Membership]}
    members = Member.objects.in_bulk(ever)
    for dossier in found.values():
        own = (members[key[0]] for key in dossier.history[Membership])
        dossier.members = sorted(own, key=lambda member: member.code)
    return list(found.values())


def pairings_of(households: Iterable[Household], *, on: date) -> dict[int, list[Pairing]]:
    """Helpers of many households up to a date, the latest first; one query."""
    found: dict[int, list[Pairing]] = defaultdict(list)
    pairings = Pairing.objects.filter(household__in=households, valid_from__lte=on)
    for pairing in pairings.select_related("helper").order_by("-valid_from", "-pk"):
        found[pairing.household_id].append(pairing)
    return found


class IncomeSum:
    """The printed arithmetic of one year's income."""

    def __init__(self, version: IncomeYear) -> None:
        self.version = version
        self.year = version.year
        self.persons = version.persons_in_year
        self.expense = version.operating_expense_yuan
        self.parts = [getattr(version, name) for name in INCOME_PARTS]

    @property
    def total(self) -> Decimal | None:
        return None if None in self.parts else sum(self.parts, Decimal())

    @property
    def net(self) -> Decimal | None:
        return None if self.total is None or self.expense is None else self.total - self.expense

    @property
    def net_per_person(self) -> Decimal | None:
        """Yuan per head, rounded half up; None while a part is unknown."""
        if self.net is None or not self.persons:
            return None
        return (self.net / self.persons).quantize(Decimal("0.01"), ROUND_HALF_UP)

    @property
    def details(self) -> list[tuple[str, Decimal]]:
        """What the property and transfer income consist of, as far as on file."""
        parts = (*IncomeYear.PROPERTY_PARTS, *IncomeYear.TRANSFER_PARTS)
        told = [(verbose(IncomeYear, name), getattr(self.version, name)) for name in parts]
        return [
            (label.replace(str(_("（元）")), ""), amount)
            for label, amount in told
            if amount is not None
        ]

    @property
    def text(self) -> str:
        """（18,000＋9,400＋600＋8,260−3,100）÷ 5."""
        if self.net_per_person is None:
            return ""
        return f"（{'＋'.join(_yuan(part) for part in self.parts)}−{_yuan(self.expense)}）÷ {self.persons}"


def _yuan(value: Decimal | None) -> str:
    return "" if value is None else f"{value:,.2f}".removesuffix(".00")


def _title(theme: type[HouseholdFact], key: Key, names: dict[int, str]) -> str:
    """What a version is about: 李浩 基本医保（2019 年度）."""
    title = str(theme._meta.verbose_name)
    if "member_id" in theme.SUBJECT:
        title = f"{names.get(key[0], '')} {title}"
    if "year" in theme.SUBJECT:
        title = _("%(title)s（%(year)s 年度）") % {"title": title, "year": key[-1]}
    return title


def _events(
    theme: type[HouseholdFact], key: Key, versions: list[FactVersion], names: dict[int, str]
) -> Iterator[Event]:
    before: FactVersion | None = None
    for version in versions:
        event = _event(theme, key, before, version, names)
        if event and not (version.origin_id and before is None):  # type: ignore[attr-defined]
            yield event
        before = version


def _event(
    theme: type[HouseholdFact],
    key: Key,
    before: FactVersion | None,
    version: FactVersion,
    names: dict[int, str],
) -> Event | None:
    """How a version differs from another; None where it says the same."""
    changes = [
        Change(verbose(theme, name), display(before, name), display(version, name))
        for name in theme.VALUES
        if _differs(before, version, name) and not (before is None and name == "is_member")
    ]
    if not changes:
        return None
    return Event(
        on=version.valid_from,
        recorded_at=version.recorded_at,
        title=_title(theme, key, names),
        source=str(version.get_source_display()),
        author=str(version.author or ""),
        source_ref=version.source_ref,
        changes=changes,
        theme=theme,
        member_id=key[0] if "member_id" in theme.SUBJECT else None,
    )


def _differs(before: FactVersion | None, version: FactVersion | None, name: str) -> bool:
    old, new = (getattr(each, name) if each else None for each in (before, version))
    return (
        (old or None) != (new or None)
        if not isinstance(new, bool) and not isinstance(old, bool)
        else old != new
    )


@dataclass
class Summary:
    """One household's line in a list."""

    household: Household
    status: str = ""
    status_text: str = ""
    cause_text: str = ""
    person_count: int = 0
    head: Member | None = None
    visited_on: date | None = None
    lights: list[tuple[str, str]] = field(default_factory=list)
    is_asked: bool = True  # to be visited in the round, or this month
    is_done: bool = False  # visited in it
    has_draft: bool = False
    returned: int | None = None  # the reader's check that came back
    missing: list[Any] = field(default_factory=list)  # papers it lacks, as sentences
    cells: dict[str, Any] = field(default_factory=dict)  # what `fill_columns` was asked for
    shown: list[tuple[str, Any]] = field(default_factory=list)  # columns in the list's order

    @property
    def tone(self) -> str:
        """Colour of the status tag; it only repeats the word."""
        return {"NOT_LIFTED": "warn", "PRE_LIFTED": "warn", "RETURNED": "not"}.get(self.status, "")

    def cell(self, column: str) -> Any:
        """What a column of text, number or date holds; "" when unknown."""
        usual = {
            "village": str(self.household.village),
            "head": self.household.head_name,
            "persons": self.person_count,
            "code": self.household.code,
            "id": self.head.masked_id if self.head else "",
            "status": self.status_text,
            "cause": self.cause_text,
            "visited": self.visited_on or "",
        }
        return usual[column] if column in usual else self.cells.get(column) or ""

    @property
    def failing(self) -> list[tuple[str, str]]:
        """Lights that are not met or lack data, each with its words: 饮水 未达标."""
        words = {"NOT_MET": _("未达标"), "INSUFFICIENT_DATA": _("数据不足")}
        return [
            (f"{name} {words[verdict]}", verdict)
            for name, verdict in self.lights
            if verdict in words
        ]

    @property
    def met_count(self) -> int:
        return sum(verdict == "MET" for _name, verdict in self.lights)


def fill_columns(lines: Iterable[Summary], columns: Collection[str], *, on: date) -> None:
    """What columns beside the usual ones show; at most four queries however many lines."""
    cells = {line.household.pk: line.cells for line in lines}
    if {"kind", "phone"} & set(columns):
        profiles = HouseholdProfile.objects.as_of(on).filter(household_id__in=cells)
        for profile in profiles.only("household_id", "kind", "phone"):
            cells[profile.household_id]["kind"] = display(profile, "kind")
            cells[profile.household_id]["phone"] = display(profile, "phone")
    if "helper" in columns:
        pairings = Pairing.objects.current(on).filter(household_id__in=cells)
        for pairing in pairings.select_related("helper").order_by("valid_from", "pk"):
            cells[pairing.household_id]["helper"] = str(pairing.helper)
    if "income" in columns:
        incomes = IncomeYear.objects.as_of(on).filter(year=accounting_year(on))
        for income in incomes.filter(household_id__in=cells):
            cells[income.household_id]["income"] = IncomeSum(income).net_per_person
    if "grade" in columns:
        for housing in Housing.objects.as_of(on).filter(household_id__in=cells):
            cells[housing.household_id]["grade"] = display(housing, "grade")


def summarise(households: Iterable[Household], *, on: date) -> list[Summary]:
    """Lines of a list in its order; five queries however many households."""
    lines = {household.pk: Summary(household) for household in households}
    for status in HouseholdStatus.objects.as_of(on).filter(household_id__in=lines):
        lines[status.household_id].status = status.status
        lines[status.household_id].status_text = display(status, "status")
    for profile in (
        HouseholdProfile.objects.as_of(on)
        .filter(household_id__in=lines)
        .only("household_id", "cause_main")
    ):
        lines[profile.household_id].cause_text = display(profile, "cause_main")
    people = Membership.objects.as_of(on).filter(household_id__in=lines, is_member=True)
    for row in people.values("household_id").annotate(count=models.Count("pk")).order_by():
        lines[row["household_id"]].person_count = row["count"]
    for head in (
        people.filter(relation=Relation.HEAD).select_related("member").defer("member__id_number")
    ):
        lines[head.household_id].head = head.member
    for pk, visited_on in HouseholdCheck.objects.latest_visits(list(lines)).items():
        lines[pk].visited_on = visited_on
    return list(lines.values())
