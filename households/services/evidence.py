"""Papers and photographs of households: taken in, described, looked at, withdrawn.

None of these raises the household's version or marks its village changed: no verdict rests on a
file, and a photograph taken while a check form is open must not make the form stale.
"""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction

from core import audit, files, uploads
from core.clock import SHANGHAI
from households.documents import line_of, theme_of
from households.models import Evidence, Household, HouseholdCheck, Member, StatusProcess

ORPHAN_AGE = timedelta(days=1)


class TooManyPapers(Exception):
    """The household has as many standing papers as it may have."""


class NotStanding(Exception):
    """The paper was withdrawn before."""


class AlreadyOnFile(Exception):
    """The same file stands as a paper of that kind already."""


@dataclass(frozen=True, kw_only=True)
class Description:
    """What is written about a paper."""

    kind: str
    theme: str = ""
    member: Member | None = None
    document_no: str = ""
    document_date: date | None = None
    valid_until: date | None = None
    note: str = ""


@transaction.atomic
def add_evidence(
    *,
    household: Household | None,
    data: bytes,
    file_name: str,
    description: Description,
    by: Any,
    at: datetime,
    process: StatusProcess | None = None,
    step: str = "",
) -> Evidence:
    """Keep a file with its description, as a paper of a household or of a step of a status process
    (then `household` is the process's, None before a family is registered). The same file again for
    the same kind is the paper on file.

    The file is on the disk before its row is committed: a crash leaves at worst a file without a
    row, which `sweep_orphans` removes. Raises uploads.Refused, files.NoRoom and TooManyPapers.
    """
    digest = hashlib.sha256(data).hexdigest()
    standing = Evidence.objects.standing().filter(household=household)
    if household is None:
        standing = standing.filter(process=process)
    same = standing.filter(kind=description.kind, sha256=digest, process=process, step=step)
    if known := same.first():
        return known
    accepted = uploads.accept(
        data,
        max_bytes=settings.EVIDENCE_MAX_BYTES,
        keep_location=settings.EVIDENCE_KEEP_LOCATION,
    )
    holder: Any = household or process
    holder = type(holder).objects.select_for_update().get(pk=holder.pk)
    if known := same.first():  # sent twice at the same moment
        return known
    if standing.count() >= settings.EVIDENCE_MAX_COUNT:
        raise TooManyPapers
    paper = Evidence(
        household=holder if household else None,
        process=process,
        step=step,
        file_name=uploads.clean_name(file_name),
        content_type=accepted.content_type,
        size=len(accepted.data),
        sha256=digest,
        file_key=files.new_key(str(holder.village_id), accepted.suffix),
        has_preview=bool(accepted.preview),
        uploaded_by=by,
        uploaded_at=at,
    )
    _describe(paper, description)
    files.write(settings.EVIDENCE_DIR, paper.file_key, accepted.data)
    if accepted.preview:
        files.write(settings.EVIDENCE_DIR, paper.preview_key, accepted.preview)
    paper.save()
    _record("evidence.upload", paper, by, at, sha256=digest)
    return paper


@transaction.atomic
def describe_evidence(
    *, paper: Evidence, description: Description, by: Any, at: datetime
) -> Evidence:
    """Correct what is written about a paper. Raises NotStanding and AlreadyOnFile."""
    paper = _standing(paper)
    twins = Evidence.objects.standing().filter(
        household=paper.household, process=paper.process, step=paper.step, sha256=paper.sha256
    )
    if twins.filter(kind=description.kind).exclude(pk=paper.pk).exists():
        raise AlreadyOnFile
    _describe(paper, description)
    paper.save()
    _record("evidence.describe", paper, by, at)
    return paper


@transaction.atomic
def withdraw_evidence(*, paper: Evidence, reason: str, by: Any, at: datetime) -> Evidence:
    """Take a wrong paper out of the file; it stays readable as withdrawn. Raises NotStanding."""
    paper = _standing(paper)
    paper.withdrawn_at, paper.withdrawn_by, paper.withdrawn_reason = at, by, reason
    paper.save(update_fields=["withdrawn_at", "withdrawn_by", "withdrawn_reason"])
    _record("evidence.withdraw", paper, by, at, reason=reason)
    return paper


def view_evidence(*, paper: Evidence, by: Any, at: datetime) -> bytes:
    """The file's bytes, after the act is on the audit trail. Raises FileNotFoundError."""
    data: bytes = (settings.EVIDENCE_DIR / paper.file_key).read_bytes()
    _record("evidence.view", paper, by, at)
    return data


def attach_evidence(check: HouseholdCheck) -> int:
    """Tie to a submitted check what its author uploaded since the day of the visit; one UPDATE."""
    day = check.visited_on
    since = datetime(day.year, day.month, day.day, tzinfo=SHANGHAI)
    papers = Evidence.objects.standing().filter(
        household=check.household_id, process=None, uploaded_by=check.author_id, visit=None
    )
    return papers.filter(uploaded_at__gte=since).update(visit=check)


@transaction.atomic
def hand_over_evidence(
    *, members: Iterable[Member], to: Household, by: Any, at: datetime
) -> list[Evidence]:
    """Let the papers of members who left for another household follow them there."""
    papers = Evidence.objects.select_for_update(of=("self",)).filter(member__in=list(members))
    moved = []
    for paper in papers.exclude(household=to).select_related("household", "process").order_by("pk"):
        twin = Evidence.objects.standing().filter(
            household=to, kind=paper.kind, sha256=paper.sha256, process=None
        )
        if paper.withdrawn_at is None and twin.exists():
            continue
        paper.household = to
        paper.save(update_fields=["household"])
        _record("evidence.hand_over", paper, by, at)
        moved.append(paper)
    return moved


def enter_evidence(process: StatusProcess) -> int:
    """Put the papers of an approved application on the file of the household it became."""
    return Evidence.objects.filter(process=process).update(household=process.household_id)


def sweep_orphans(*, at: datetime) -> int:
    """Delete files older than a day that no row names; how many there were."""
    old = list(files.older_than(settings.EVIDENCE_DIR, at - ORPHAN_AGE))
    kept = {
        key
        for paper in Evidence.objects.only("file_key").iterator()
        for key in (paper.file_key, paper.preview_key)
    }
    return files.delete(settings.EVIDENCE_DIR, (key for key in old if key not in kept))


def _describe(paper: Evidence, told: Description) -> None:
    paper.kind, paper.member = told.kind, told.member
    paper.theme = theme_of(told.kind) or told.theme
    paper.line = line_of(paper.theme)
    paper.document_no, paper.document_date = told.document_no, told.document_date
    paper.valid_until, paper.note = told.valid_until, told.note


def _standing(paper: Evidence) -> Evidence:
    held = Evidence.objects.select_for_update(of=("self",)).select_related("household", "process")
    held_paper: Evidence = held.get(pk=paper.pk)
    if held_paper.withdrawn_at is not None:
        raise NotStanding
    return held_paper


def _record(action: str, paper: Evidence, by: Any, at: datetime, **detail: str) -> None:
    audit.record(
        action=action,
        by=by,
        at=at,
        target=paper,
        village_id=paper.village_code,
        detail={"household": paper.household_id, "kind": paper.kind, **detail},
    )
