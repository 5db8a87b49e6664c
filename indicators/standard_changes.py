"""Standards put on record: loaded from the reviewed files, or proposed and approved by two people.

A value is never altered. What a new one overlaps, in its own region, is superseded, and what is left
of it before and after is recorded anew, so that every figure can be had as it was known at a moment.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import date, datetime
from typing import Any

from django.db import connection, transaction
from django.utils.translation import gettext as _

from core import audit
from indicators.enums import ProposalState
from indicators.models import (
    CitedDocument,
    CompetingValue,
    Parameter,
    StandardProposal,
)
from indicators.standard_values import (
    ENTERED,
    Reading,
    StandardRefused,
    cited_documents,
    during,
    impact_of,
    indicators_reading,
    known_regions,
    newest,
    overlapped,
    region_names,
    standard_of,
    values_above,
)
from indicators.standards import (
    HOUSE_DEFAULT,
    BadValue,
    Standard,
    StandardValue,
    carved,
    read_standards,
    region_range,
)

LOCK = 7301  # advisory: one change of standards at a time


class NotAValue(StandardRefused):
    """The value is of another kind than the standard."""

    field = "value"

    def __str__(self) -> str:
        return _("数值与这项标准的类型不符。")


class UnknownRegion(StandardRefused):
    """No area on record has this prefix."""

    field = "region"

    def __str__(self) -> str:
        return _("没有这个区划。")


class UnknownDocument(StandardRefused):
    """A value must cite a document on file or a new one."""

    field = "document"

    def __str__(self) -> str:
        return _("请选依据文件或录入新文件。")


class StaleStandard(StandardRefused):
    """Somebody else changed this standard since the form was opened."""

    def __str__(self) -> str:
        return _("填写期间这项标准已被改动，请核对现行数值后重新提交。")


class AlreadyProposed(StandardRefused):
    """Another open proposal for the same region overlaps this one; `.proposal` says which."""

    field = "valid_from"

    def __init__(self, proposal: StandardProposal) -> None:
        super().__init__(str(proposal))
        self.proposal = proposal

    def __str__(self) -> str:
        return _("同一范围、同一时段已有待审批的建议（%(who)s 提出），请等审批或撤回后再提。") % {
            "who": self.proposal.proposed_by
        }


class TooStrict(StandardRefused):
    """Stricter than the value above, without a document of its own; `.above` is that value."""

    field = "document"

    def __init__(self, above: Parameter) -> None:
        super().__init__(str(above))
        self.above = above

    def __str__(self) -> str:
        return _(
            "比上级标准（%(value)s）更严，须引用本级自己的文件，不能用系统默认口径或上级标准的文件。"
        ) % {"value": f"{self.above.value} {self.above.unit}"}


class SamePerson(StandardRefused):
    """Who proposed a value does not decide on it."""

    def __str__(self) -> str:
        return _("提出人不能审批自己的建议，请由另一人审批。")


class NotTheProposer(StandardRefused):
    """Only who proposed a value takes the proposal back."""

    def __str__(self) -> str:
        return _("只有提出人可以撤回建议。")


class StaleProposal(StandardRefused):
    """The proposal was decided or changed since the page was opened."""

    def __str__(self) -> str:
        return _("这条建议已被他人办理，请看最新状态。")


@dataclass(frozen=True)
class Loaded:
    """What loading the standards changed: values by count."""

    created: int
    superseded: int
    unchanged: int


# --- the files ------------------------------------------------------------------------------------


@transaction.atomic
def load_standards(
    *, at: datetime, by: Any = None, values: Sequence[StandardValue] | None = None
) -> Loaded:
    """Put the reviewed files on record. Idempotent; a changed value supersedes the one before.

    A value adopted in the application stays: the files fill in only around it. With the whole files
    (`values` left out), a value that is no longer in them is superseded too.
    """
    _lock()
    whole = values is None
    values = read_standards() if values is None else values
    standing = list(Parameter.objects.standing())
    held = {(p.code, p.region, p.valid_from): p for p in standing if p.proposal_id is None}
    adopted: dict[tuple[str, str], list[tuple[date, date | None]]] = {}
    for p in standing:
        if p.proposal_id is not None:
            adopted.setdefault((p.code, p.region), []).append((p.valid_from, p.valid_to))
    wanted = {
        (value.code, value.region, first): _parameter(value, at, first, last)
        for value in values
        for first, last in carved(
            (value.valid_from, value.valid_to), adopted.get((value.code, value.region), [])
        )
    }
    same = {key for key, fresh in wanted.items() if key in held and _same(held[key], fresh)}
    create = [fresh for key, fresh in wanted.items() if key not in same]
    gone = [
        p.pk
        for key, p in held.items()
        if key not in same and (key in wanted or whole or _crossed(p, create))
    ]
    Parameter.objects.filter(pk__in=gone).update(superseded_at=at)
    Parameter.objects.bulk_create(create)
    competing = _load_competing(values, at, whole)
    if create or gone or competing:
        audit.record(
            action="standards.load",
            by=by,
            at=at,
            detail={
                "created": [str(p) for p in create],
                "superseded": gone,
                "competing": competing,
                "indicators": sorted({d.code for p in create for d in indicators_reading(p.code)}),
                "regions": sorted({p.region for p in create}),
                "from": min((p.valid_from.isoformat() for p in create), default=None),
            },
        )
    return Loaded(len(create), len(gone), len(same))


def _crossed(held: Parameter, fresh: Iterable[Parameter]) -> bool:
    """Whether one of the fresh values holds at some time of this one's validity, in its region."""
    span = (held.valid_from, held.valid_to)
    same = (f for f in fresh if (f.code, f.region) == (held.code, held.region))
    return any(carved(span, [(f.valid_from, f.valid_to)]) != [span] for f in same)


def _load_competing(values: Iterable[StandardValue], at: datetime, whole: bool) -> int:
    """Bring the competing values on record to what the files say; how many rows changed."""
    says = ("valid_to", "value", "note")
    held = {
        (c.code, c.region, c.valid_from, c.document, c.section): c
        for c in CompetingValue.objects.standing()
    }
    create, kept = [], set()
    for value in values:
        low, high = value.code_range
        for other in value.competing:
            key = (value.code, value.region, value.valid_from, other.document, other.section)
            fresh = CompetingValue(
                code=value.code, region=value.region, low=low, high=high,
                valid_from=value.valid_from, valid_to=value.valid_to, value=other.value,
                document=other.document, section=other.section, note=other.note, recorded_at=at,
            )  # fmt: skip
            if key in held and all(getattr(held[key], n) == getattr(fresh, n) for n in says):
                kept.add(key)
                continue
            create.append((key, fresh))
    anew = {key for key, _fresh in create}
    gone = [c.pk for key, c in held.items() if key in anew or (whole and key not in kept)]
    CompetingValue.objects.filter(pk__in=gone).update(superseded_at=at)
    CompetingValue.objects.bulk_create(fresh for _key, fresh in create)
    return len(create) + len(gone)


def _parameter(
    value: StandardValue, at: datetime, valid_from: date, valid_to: date | None
) -> Parameter:
    low, high = value.code_range
    return Parameter(
        code=value.code,
        name=value.name,
        unit=value.unit,
        direction=value.direction,
        by_year=value.by_year,
        region=value.region,
        low=low,
        high=high,
        valid_from=valid_from,
        valid_to=valid_to,
        value=value.value,
        document=value.document,
        section=value.section,
        note=value.note,
        recorded_at=at,
    )


def _same(held: Parameter, fresh: Parameter) -> bool:
    names = (
        "name",
        "unit",
        "direction",
        "by_year",
        "valid_to",
        "value",
        "document",
        "section",
        "note",
    )
    return all(getattr(held, name) == getattr(fresh, name) for name in names)


# --- proposal and decision ------------------------------------------------------------------------


@transaction.atomic
def propose(*, reading: Reading, seen: int, by: Any, at: datetime) -> StandardProposal:
    """Put a value before another person. `seen` is the version (`newest`) the form was opened on.

    Raises UnknownStandard, UnknownRegion, UnknownDocument, NotAValue, StaleStandard, AlreadyProposed and
    TooStrict.
    """
    _lock()
    standard = standard_of(reading.code)
    if seen != newest(reading.code):
        raise StaleStandard
    values = {field.name: getattr(reading, field.name) for field in fields(Reading)}
    try:
        values["value"] = standard.clean(reading.value)
    except BadValue:
        raise NotAValue from None
    values["document"] = reading.document or _on_file(reading.new_title, reading.new_number)
    if values["document"]:
        values |= {"new_title": "", "new_number": "", "new_note": ""}
    if (values["document"] or not reading.new_title) and (
        values["document"] not in cited_documents()
    ):
        raise UnknownDocument
    if reading.region and reading.region not in known_regions([reading.region]):
        raise UnknownRegion
    reading = Reading(**values)
    waiting = StandardProposal.objects.filter(
        code=reading.code, region=reading.region, state=ProposalState.OPEN
    ).filter(during(reading))
    if other := waiting.select_related("proposed_by").first():
        raise AlreadyProposed(other)
    _refuse_stricter(standard, reading)
    low, high = region_range(reading.region)
    proposal = StandardProposal.objects.create(
        **values, low=low, high=high, proposed_by=by, proposed_at=at
    )
    audit.record(
        action="standards.propose", by=by, at=at, target=proposal, detail=_touched(reading)
    )
    return proposal


@transaction.atomic
def approve(
    *, proposal: StandardProposal, base_version: int, note: str, by: Any, at: datetime
) -> StandardProposal:
    """Adopt the proposed value; what it overlaps in its region is superseded and stays readable.

    Nights computed before keep their figures until they are recomputed. Raises StaleProposal,
    SamePerson and TooStrict (the value above may have changed since).
    """
    _lock()
    proposal = _undecided(proposal, base_version)
    if proposal.proposed_by_id == by.pk:
        raise SamePerson
    standard, reading = standard_of(proposal.code), Reading.of(proposal)
    _refuse_stricter(standard, reading)
    detail = _touched(reading)
    detail["replaced"] = [
        {"id": row.pk, "value": row.value, "from": row.valid_from.isoformat()}
        for row in adopt(standard, reading, at=at, proposal=proposal)
    ]
    return _decide(proposal, ProposalState.APPROVED, note, by, at, detail)


@transaction.atomic
def reject(
    *, proposal: StandardProposal, base_version: int, note: str, by: Any, at: datetime
) -> StandardProposal:
    """Leave the standard as it is. Raises StaleProposal and SamePerson."""
    proposal = _undecided(proposal, base_version)
    if proposal.proposed_by_id == by.pk:
        raise SamePerson
    return _decide(proposal, ProposalState.REJECTED, note, by, at, _touched(Reading.of(proposal)))


@transaction.atomic
def withdraw(
    *, proposal: StandardProposal, base_version: int, note: str, by: Any, at: datetime
) -> StandardProposal:
    """Take one's own proposal back. Raises StaleProposal and NotTheProposer."""
    proposal = _undecided(proposal, base_version)
    if proposal.proposed_by_id != by.pk:
        raise NotTheProposer
    return _decide(proposal, ProposalState.WITHDRAWN, note, by, at, _touched(Reading.of(proposal)))


DECISIONS = {"approve": approve, "reject": reject, "withdraw": withdraw}


def adopt(
    standard: Standard, reading: Reading, *, at: datetime, proposal: StandardProposal | None = None
) -> list[Parameter]:
    """Write a reading over what stands in its region; the rows it superseded.

    The one way a value gets on record one by one: approving keeps it, a trial rolls it back.
    """
    low, high = region_range(reading.region)
    held = list(overlapped(reading).select_for_update())
    left = [
        _copied(row, first, last, at)
        for row in held
        for first, last in carved(
            (row.valid_from, row.valid_to), [(reading.valid_from, reading.valid_to)]
        )
    ]
    Parameter.objects.filter(pk__in=[row.pk for row in held]).update(superseded_at=at)
    Parameter.objects.bulk_create(
        [
            Parameter(
                code=standard.code,
                name=standard.name,
                unit=standard.unit,
                direction=standard.direction,
                by_year=standard.by_year,
                region=reading.region,
                low=low,
                high=high,
                valid_from=reading.valid_from,
                valid_to=reading.valid_to,
                value=standard.clean(reading.value),
                document=reading.document or (_entered(reading, at) if reading.new_title else ""),
                section=reading.section,
                note=reading.note,
                recorded_at=at,
                proposal=proposal,
            ),
            *left,
        ]
    )
    return held


def _copied(row: Parameter, first: date, last: date | None, at: datetime) -> Parameter:
    values = {f.attname: getattr(row, f.attname) for f in Parameter._meta.concrete_fields}
    values |= {"id": None, "valid_from": first, "valid_to": last, "recorded_at": at}
    values["superseded_at"] = None
    return Parameter(**values)


def _refuse_stricter(standard: Standard, reading: Reading) -> None:
    """The plan forbids raising standards on one's own: stricter needs a document of one's own."""
    for above in values_above(reading):
        borrowed = reading.document in (HOUSE_DEFAULT, above.document)
        if borrowed and standard.stricter(standard.clean(reading.value), above.value):
            raise TooStrict(above)


def _on_file(title: str, number: str) -> str:
    """The id of a document with this title and number, so that one entered twice is one; or ""."""
    said = (title.strip("《》 "), number.strip())
    same = (d.id for d in cited_documents().values() if (d.title, d.number) == said)
    return next(same, "")


def _entered(reading: Reading, at: datetime) -> str:
    """Put the document that came with a proposal on file; its id."""
    title = reading.new_title.strip("《》 ")
    document, _new = CitedDocument.objects.get_or_create(
        title=title,
        number=reading.new_number.strip(),
        defaults={"note": reading.new_note, "recorded_at": at},
    )
    return f"{ENTERED}{document.pk}"


def _undecided(proposal: StandardProposal, base_version: int) -> StandardProposal:
    held = StandardProposal.objects.select_for_update().get(pk=proposal.pk)
    if held.state != ProposalState.OPEN or held.version != base_version:
        raise StaleProposal
    return held


def _decide(
    proposal: StandardProposal,
    state: ProposalState,
    note: str,
    by: Any,
    at: datetime,
    detail: Mapping[str, Any],
) -> StandardProposal:
    proposal.state, proposal.decision_note = state, note
    proposal.decided_by, proposal.decided_at = by, at
    proposal.version += 1
    proposal.save()
    act = {"APPROVED": "approve", "REJECTED": "reject", "WITHDRAWN": "withdraw"}[state]
    audit.record(
        action=f"standards.{act}", by=by, at=at, target=proposal, detail={**detail, "note": note}
    )
    return proposal


def _touched(reading: Reading) -> dict[str, Any]:
    """For the trail: the value, and the indicators, areas and dates it touches."""
    impact = impact_of(reading)
    nights = [night.isoformat() for night in impact.nights]
    return {
        "code": reading.code,
        "value": reading.value,
        "document": reading.document or reading.new_title,
        "section": reading.section,
        "indicators": [definition.code for definition in impact.indicators],
        "region": reading.region,
        "area": region_names([reading.region])[reading.region],
        "villages": impact.village_count,
        "from": reading.valid_from.isoformat(),
        "to": reading.valid_to.isoformat() if reading.valid_to else None,
        "nights": {"count": len(nights), "first": nights[:1], "last": nights[-1:]},
    }


def _lock() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])
