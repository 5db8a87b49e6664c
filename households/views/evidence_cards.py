"""Papers beside other things: on a household's file, in the sections of the check form, on paper."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.utils.translation import gettext as _

from households.documents import (
    Missing,
    asked_themes,
    is_personal,
    kind_labels,
    kinds_of,
    missing_documents,
)
from households.dossier import Dossier, read_dossiers
from households.forms.questions import CONFIRM, SECTION_THEMES
from households.models import Evidence, Household
from households.permissions import can_check_household, visible_lines

SHOWN_ON_CARD = 12


@dataclass(frozen=True)
class Card:
    """The papers of a household as one reader sees them."""

    household: Household
    papers: list[Evidence]
    missing: list[Missing]
    may_upload: bool
    on: date

    @property
    def shown(self) -> list[Evidence]:
        return self.papers[:SHOWN_ON_CARD]

    @property
    def expired(self) -> set[int]:
        return {paper.pk for paper in self.papers if paper.is_expired(self.on)}


@dataclass(frozen=True)
class Panel:
    """One section of the check form: what may be photographed here, what is there, what is missing."""

    household: Household
    theme: str
    kinds: list[tuple[str, str]]
    members: list[tuple[int, str]]
    papers: list[Evidence]
    missing: list[Missing]

    @property
    def asked(self) -> str:
        """The kind to begin with: the first that is missing."""
        return self.missing[0].kind if self.missing else self.kinds[0][0]

    @property
    def asked_member(self) -> int | None:
        return self.missing[0].member_id if self.missing else None


def papers_of(user: Any, household: Household) -> list[Evidence]:
    """Standing papers that the reader may see, the newest first; one query."""
    papers = Evidence.objects.for_user(user).standing().filter(household=household)
    return list(papers.for_show())


def evidence_card(user: Any, dossier: Dossier) -> Card:
    papers = papers_of(user, dossier.household)
    return Card(
        household=dossier.household,
        papers=papers,
        missing=missing_documents(dossier, papers),
        may_upload=can_check_household(user, dossier.household),
        on=dossier.on,
    )


def missing_of(user: Any, households: Iterable[Household], on: date) -> dict[int, list[Missing]]:
    """What the papers of many households lack, as far as the reader sees them; a constant number
    of queries."""
    held: dict[int, list[Evidence]] = defaultdict(list)
    papers = Evidence.objects.for_user(user).standing().filter(household__in=list(households))
    for paper in papers:
        held[paper.household_id].append(paper)
    dossiers = read_dossiers(
        households, on=on, lines_of=lambda each: visible_lines(user, each), themes=asked_themes()
    )
    return {
        each.household.pk: missing_documents(each, held[each.household.pk]) for each in dossiers
    }


def section_panels(user: Any, dossier: Dossier) -> dict[int, Panel]:
    """The panels of the sections whose theme the reader sees, by section; one query."""
    papers = papers_of(user, dossier.household)
    missing = missing_documents(dossier, papers)
    people = [(person.member.pk, person.member.name) for person in dossier.people]
    panels = {}
    for number, theme in SECTION_THEMES.items():
        name = str(theme._meta.model_name)
        if not dossier.shows(theme):
            continue
        panels[number] = Panel(
            household=dossier.household,
            theme=name,
            kinds=[*kinds_of(name), ("CHECK_PHOTO", kind_labels()["CHECK_PHOTO"])],
            members=people if is_personal(name) else [],
            papers=[paper for paper in papers if paper.theme == name],
            missing=[each for each in missing if each.theme == name],
        )
    signed = [paper for paper in papers if paper.kind == "SIGNATURE"]
    kinds = [("SIGNATURE", kind_labels()["SIGNATURE"])]
    return panels | {CONFIRM: Panel(dossier.household, "", kinds, [], signed, [])}


def print_titles(user: Any, households: Iterable[Household], on: date) -> dict[int, list[str]]:
    """Per household the titles of its standing papers of that date, the oldest first; one query."""
    papers = Evidence.objects.for_user(user).standing().filter(household__in=list(households))
    titles: dict[int, list[str]] = defaultdict(list)
    for paper in papers.select_related("member").order_by("household_id", "uploaded_at", "pk"):
        if paper.uploaded_at.date() > on:
            continue
        parts = [paper.member.name if paper.member else "", str(paper)]
        parts += [paper.document_date.isoformat() if paper.document_date else ""]
        if paper.valid_until:
            word = _("%(day)s 到期") if paper.is_expired(on) else _("有效期至 %(day)s")
            parts.append(word % {"day": paper.valid_until.isoformat()})
        titles[paper.household_id].append(" ".join(part for part in parts if part))
    return titles
