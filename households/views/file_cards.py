"""What a household's file shows of its themes: compact cards of what is on file, and what is not."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _

from core.display import verbose
from households.dossier import Dossier, Known, display
from households.models import (
    Employment,
    FoodClothing,
    HouseholdFact,
    HouseholdPower,
    HouseholdProfile,
    HouseholdStatus,
    Housing,
    IndustryLink,
    LivingConditions,
    Member,
    MemberProfile,
    Monitoring,
    Pension,
    Relocation,
    Residence,
    SocialAssistance,
    StudentAid,
    Water,
)

Theme = type[HouseholdFact]

# Cards of the file and their columns; () for all of a theme's.
SAFEGUARDS: tuple[Theme, ...] = (Housing, Water, HouseholdPower, FoodClothing)
OTHERS: tuple[Theme, ...] = (LivingConditions, Relocation, IndustryLink, Monitoring)
BASICS: dict[Theme, tuple[str, ...]] = {
    HouseholdProfile: (
        "kind",
        "cause_note",
        "is_martyr_family",
        "is_one_child",
        "is_two_daughters",
        "bank_name",
        "bank_account",
    ),
    HouseholdStatus: (
        "plan_exit_year",
        "exit_way",
        "not_exit_reason",
        "return_year",
        "return_reason",
    ),
    Residence: ("away_all_year", "has_registered_dwelling"),
}
# What the table of members shows beside the people's table, theme by theme.
MEMBER_COLUMNS: tuple[tuple[Theme, tuple[str, ...]], ...] = (
    (
        MemberProfile,
        (
            "education",
            "political",
            "disease",
            "disability_type",
            "disability_grade",
            "disability_cert_year",
            "in_army",
            "mandarin",
        ),
    ),
    (Employment, ()),
    (Pension, ()),
    (SocialAssistance, ()),
    (StudentAid, ()),
)


@dataclass(frozen=True)
class Row:
    """A value with its source; `other` is what the other view of the past says, where it differs."""

    label: str
    known: Known
    other: str | None = None


@dataclass
class Card:
    title: str
    rows: list[Row] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Cell:
    """What is known of a member in one theme: what applies, and the questions answered 否."""

    told: list[str]
    denied: list[str]
    source: str


def basics_card(dossier: Dossier, other: Dossier | None) -> Card:
    card = Card(_("登记情况"))
    for theme, names in BASICS.items():
        if dossier.shows(theme):
            _fill(card, dossier, other, theme, names, ())
    return card


def theme_cards(
    dossier: Dossier, other: Dossier | None, themes: tuple[Theme, ...]
) -> Iterator[Card]:
    """One card a theme, one a year where the theme has years: the latest on file."""
    for theme in themes:
        if not dossier.shows(theme):
            continue
        title, keys = str(theme._meta.verbose_name), ()
        if "year" in theme.SUBJECT:
            year = latest_year(dossier, theme)
            if year is None:
                continue
            title, keys = _("%(title)s（%(year)s 年度）") % {"title": title, "year": year}, (year,)  # type: ignore[assignment]
        card = Card(title)
        _fill(card, dossier, other, theme, theme.VALUES, keys)
        if card.rows or theme in SAFEGUARDS:
            yield card


def _fill(
    card: Card,
    dossier: Dossier,
    other: Dossier | None,
    theme: Theme,
    names: tuple[str, ...],
    keys: tuple[Any, ...],
) -> None:
    for name in names:
        label, known = verbose(theme, name), dossier.known(theme, name, *keys)
        otherwise = None
        if other is not None:
            text = display(other.current(theme, *keys), name)
            otherwise = text if text != known.text else None
        if known.is_unknown and not otherwise:
            card.unknown.append(label)
        else:
            card.rows.append(Row(label, known, otherwise))


def latest_year(dossier: Dossier, theme: Theme, member: Member | None = None) -> int | None:
    years = [
        key[-1]
        for key in dossier.history[theme]
        if (member is None or key[0] == member.pk)
        and dossier.current(theme, *(key if member else key[1:]))
    ]
    return max(years, default=None)


def member_columns(dossier: Dossier) -> list[str]:
    """Titles of the shown columns of `member_rows`."""
    return [str(t._meta.verbose_name) for t, _names in MEMBER_COLUMNS if dossier.shows(t)]


def member_rows(dossier: Dossier) -> list[tuple[Member, list[Cell]]]:
    """What is known of each member beside the people's table; nobody of whom nothing is."""
    rows = []
    for person in dossier.people:
        cells = [
            _cell(dossier, person.member, theme, names)
            for theme, names in MEMBER_COLUMNS
            if dossier.shows(theme)
        ]
        if any(cell.told or cell.denied for cell in cells):
            rows.append((person.member, cells))
    return rows


def _cell(dossier: Dossier, member: Member, theme: Theme, names: tuple[str, ...]) -> Cell:
    keys: tuple[Any, ...] = (member.pk,)
    told, denied = [], []
    if "year" in theme.SUBJECT:
        year = latest_year(dossier, theme, member)
        if year is None:
            return Cell([], [], "")
        keys += (year,)
        told.append(_("%(year)s 学年") % {"year": year})
    version = dossier.current(theme, *keys)
    for name in names or theme.VALUES:
        value, label = getattr(version, name, None), verbose(theme, name)
        if value is True:
            told.append(label.removeprefix(str(_("是否"))))
        elif value is False:
            denied.append(label.removeprefix(str(_("是否"))))
        elif text := display(version, name):
            told.append(f"{label}：{text}")
    source = f"{version.valid_from} {version.get_source_display()}" if version else ""
    return Cell(told, denied, source)
