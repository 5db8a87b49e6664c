"""Which papers a household, a status process or a drop-out case should have on file, which are
missing, and which have expired.

The requirements are data, see `required_documents.yaml`.
"""

from __future__ import annotations

import functools
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml
from django.utils.translation import gettext as _

from accounts.enums import Line
from households.codelists import code_list
from households.enums import StepKind
from households.models import (
    HOUSEHOLD_THEMES,
    MEMBER_THEMES,
    Evidence,
    HouseholdFact,
    StatusProcess,
)

if TYPE_CHECKING:
    from households.dossier import Dossier

FILE = Path(__file__).parent / "required_documents.yaml"
THEMES: dict[str, type[HouseholdFact]] = {
    str(theme._meta.model_name): theme for theme in (*HOUSEHOLD_THEMES, *MEMBER_THEMES)
}


@dataclass(frozen=True)
class Requirement:
    """One entry of the file; `number`, `date` and `until` name columns of the theme, or are ""."""

    indicator: str
    theme: str
    when: Mapping[str, Any]
    kinds: tuple[str, ...]
    number: str = ""
    date: str = ""
    until: str = ""
    source: str = ""

    def applies(self, fact: Any) -> bool:
        return all(
            getattr(fact, name) not in (None, "", [])
            if isinstance(wanted, dict)
            else getattr(fact, name) in wanted
            for name, wanted in self.when.items()
        )


@dataclass(frozen=True)
class StepPaper:
    """What a step that was taken should leave on file: one paper of the kinds `one_of`."""

    step: str
    one_of: tuple[str, ...]
    of: tuple[str, ...] = ()
    hard: bool = False
    source: str = ""

    @property
    def step_label(self) -> str:
        return str(StepKind(self.step).label)

    @property
    def text(self) -> str:
        labels = kind_labels()
        return str(_("或")).join(labels[kind] for kind in self.one_of)


@dataclass(frozen=True)
class Missing:
    """What is wrong with one required paper; `text` is the sentence for people."""

    text: str
    indicator: str
    theme: str
    kind: str
    member_id: int | None


@functools.cache
def _told() -> dict[str, Any]:
    told: dict[str, Any] = yaml.safe_load(FILE.read_text("utf-8"))
    return told


@functools.cache
def requirements() -> tuple[Requirement, ...]:
    return tuple(
        Requirement(**{**row, "kinds": tuple(row["kinds"])}) for row in _told()["required"]
    )


@functools.cache
def _step_papers(section: str) -> tuple[StepPaper, ...]:
    return tuple(
        StepPaper(**{**row, "one_of": tuple(row["one_of"]), "of": tuple(row.get("of", ()))})
        for row in _told()[section]
    )


def process_papers(process: StatusProcess) -> list[StepPaper]:
    """What the steps of a status process should leave on file, in their order."""
    return [
        asked
        for step in process.steps
        for asked in _step_papers("steps")
        if asked.step == step and (not asked.of or process.kind in asked.of)
    ]


def missing_of_process(
    process: StatusProcess, taken: Collection[str], papers: Iterable[Evidence]
) -> list[StepPaper]:
    """Papers of the steps taken so far that are not among those of the process."""
    held = {(paper.step, paper.kind) for paper in papers}
    return [
        asked
        for asked in process_papers(process)
        if asked.step in taken and not any((asked.step, kind) in held for kind in asked.one_of)
    ]


def dropout_kinds() -> list[str]:
    """Kinds of papers that belong to a drop-out case."""
    return [kind for asked in _step_papers("dropouts") for kind in asked.one_of]


def missing_of_dropout(acts: Collection[str], papers: Iterable[Evidence]) -> list[StepPaper]:
    """Papers of the acts on a drop-out case that are not among those of its pupil."""
    held = {paper.kind for paper in papers}
    return [
        asked
        for asked in _step_papers("dropouts")
        if asked.step in acts and not held.intersection(asked.one_of)
    ]


def theme_of(kind: str) -> str:
    """The theme that a kind of paper proves by itself; "" for kinds that may prove any."""
    theme: str = _told()["proves"].get(kind, "")
    return theme


def line_of(theme: str) -> str:
    """The line of work whose officers see the papers of a theme."""
    return str(THEMES[theme].LINE if theme in THEMES else Line.GENERAL)


def is_personal(theme: str) -> bool:
    """Whether papers of a theme belong to one member."""
    return theme in THEMES and "member_id" in THEMES[theme].SUBJECT


def asked_themes() -> set[type[HouseholdFact]]:
    """Themes whose facts ask for papers."""
    return {THEMES[requirement.theme] for requirement in requirements()}


def kinds_of(theme: str) -> list[tuple[str, str]]:
    """Kinds that prove a theme, with their labels, the required ones first."""
    required = [kind for each in requirements() if each.theme == theme for kind in each.kinds]
    own = [kind for kind in _told()["proves"] if theme_of(kind) == theme]
    labels = kind_labels()
    return [(kind, labels[kind]) for kind in dict.fromkeys([*required, *own])]


@functools.cache
def kind_labels() -> dict[str, str]:
    return {code: str(label) for code, label in code_list("document_kind").choices}


def missing_documents(dossier: Dossier, papers: Iterable[Evidence]) -> list[Missing]:
    """Required papers that are not on file, incomplete or expired on the dossier's date, in the
    order of the file. Reads nothing beyond the dossier; themes it does not show ask for nothing."""
    held = list(papers)
    return [
        missing
        for requirement in requirements()
        if dossier.shows(THEMES[requirement.theme])
        for fact, member in _facts(dossier, requirement.theme)
        if requirement.applies(fact)
        for kind in requirement.kinds
        if (missing := _judged(requirement, kind, fact, member, held, dossier.on))
    ]


def _facts(dossier: Dossier, theme: str) -> Iterator[tuple[Any, Any]]:
    """The facts that hold, each with its member (None for the household's)."""
    model = THEMES[theme]
    if not is_personal(theme):
        fact = dossier.current(model)
        if fact:
            yield fact, None
        return
    for person in dossier.people:
        keys = (
            (person.member.pk, dossier.on.year) if "year" in model.SUBJECT else (person.member.pk,)
        )
        fact = dossier.current(model, *keys)
        if fact:
            yield fact, person.member


def _judged(
    asked: Requirement, kind: str, fact: Any, member: Any, papers: list[Evidence], on: date
) -> Missing | None:
    label = kind_labels()[kind]
    fitting = [
        paper
        for paper in papers
        if paper.kind == kind and (member is None or paper.member_id == member.pk)
    ]
    if not fitting:
        text = _("缺：%(paper)s") % {"paper": label}
    elif all(paper.is_expired(on) for paper in fitting):
        last = max(paper.valid_until for paper in fitting if paper.valid_until)
        text = _("%(paper)s已于 %(day)s 到期") % {"paper": label, "day": last.isoformat()}
    else:
        blank = _blank(asked, fact, [paper for paper in fitting if not paper.is_expired(on)])
        if not blank:
            return None
        text = _("%(paper)s未填%(what)s") % {"paper": label, "what": "、".join(blank)}
    if member is not None:
        text = _("%(name)s %(text)s") % {"name": member.name, "text": text}
    return Missing(text, asked.indicator, asked.theme, kind, member.pk if member else None)


def _blank(asked: Requirement, fact: Any, papers: list[Evidence]) -> list[str]:
    """What of number, date and validity stands neither on a paper nor in the fact."""
    wanted = (
        (asked.number, "document_no", _("编号")),
        (asked.date, "document_date", _("日期")),
        (asked.until, "valid_until", _("有效期")),
    )
    return [
        word
        for column, name, word in wanted
        if column and not getattr(fact, column) and not any(getattr(p, name) for p in papers)
    ]
