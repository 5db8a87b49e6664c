"""Standards on record, read: what holds where and when, what it rests on, what reads it."""

from collections.abc import Iterable
from dataclasses import dataclass, fields
from datetime import date
from functools import lru_cache
from typing import Any

from django.db.models import Max, Q
from django.utils.translation import gettext as _

from accounts.models import Area
from core.operations import NotReady
from indicators import engine
from indicators.definitions import CATALOGUE, Composite
from indicators.models import (
    CitedDocument,
    CompetingValue,
    Parameter,
    RunNight,
    StandardProposal,
)
from indicators.standards import (
    DIGITS,
    Document,
    Standard,
    catalogue,
    documents,
    in_words,
    is_unsure,
    region_range,
    region_word,
)
from villages.models import Village

TURN = "year_turns_on"
ENTERED = "entered-"  # begins the id of a document that came with a proposal
PREFIX_DIGITS = {"province": 2, "city": 4, "county": 6, "township": 9, "village": 12}


class NoStandards(NotReady):
    """No standards are on record; `load_standards` puts them there."""

    def __str__(self) -> str:
        return _("标准尚未入库，无法计算，请管理员先装入标准。")


class StandardRefused(Exception):
    """A proposal or a decision that the rules do not allow; `field` is the form field it is about."""

    field = ""


class UnknownStandard(StandardRefused):
    """No standard has this code."""

    field = "code"

    def __str__(self) -> str:
        return _("没有这项标准。")


@dataclass(frozen=True, kw_only=True)
class Reading:
    """A value somebody wants: where, from when until when (exclusive), and what it rests on.

    `document` is one on file, or "" with the `new_…` fields of one that is entered.
    """

    code: str
    region: str
    valid_from: date
    valid_to: date | None
    value: str
    section: str = ""
    document: str = ""
    new_title: str = ""
    new_number: str = ""
    new_note: str = ""
    note: str = ""
    reason: str = ""

    @classmethod
    def of(cls, proposal: StandardProposal) -> "Reading":
        return cls(**{field.name: getattr(proposal, field.name) for field in fields(cls)})


@dataclass(frozen=True)
class InForce:
    """One standard in one area on one day: the value that counts and what stands beside it."""

    standard: Standard
    value: Parameter | None
    above: Parameter | None
    competing: list[CompetingValue]
    below_count: int


@dataclass(frozen=True)
class Impact:
    """What a reading would touch: rules, places, nights computed before, values it replaces."""

    indicators: list[Any]
    village_count: int
    nights: list[date]
    replaced: list[Parameter]
    above: list[Parameter]
    stricter: bool


def accounting_year(on: date, turn: str | None = None) -> int:
    """The year that a date judges: last year until the day the year turns. Raises NoStandards."""
    turn = turn or _turn(on)
    if turn is None:
        raise NoStandards
    return on.year if on.strftime("%m-%d") >= turn else on.year - 1


def _turn(on: date) -> str | None:
    turns = Parameter.objects.valid_on(on).filter(code=TURN, region="")
    return turns.values_list("value", flat=True).first()


def standard_days(code: str, village_id: int, on: date) -> int | None:
    """A number of days that is valid in a village on a date; None while no standards are loaded."""
    held = Parameter.objects.valid_on(on).covering(village_id, village_id).filter(code=code)
    value = held.values_list("value", flat=True).first()
    return int(value) if value else None


def standard_of(code: str) -> Standard:
    """What the values of a code share; a code that left the files is told from its rows.

    Raises UnknownStandard.
    """
    if code in catalogue():
        return catalogue()[code]
    row = Parameter.objects.filter(code=code).order_by("-pk").first()
    if row is None:
        raise UnknownStandard
    return Standard(code, row.name, row.unit, row.direction, by_year=row.by_year)


def cited_documents() -> dict[str, Document]:
    """Every document that a value may cite: those of the files, and those entered with proposals."""
    entered = {
        f"{ENTERED}{row.pk}": Document(f"{ENTERED}{row.pk}", row.title, row.number, row.note)
        for row in CitedDocument.objects.order_by("pk")
    }
    return documents() | entered


def indicators_reading(code: str) -> list[Any]:
    """The definitions whose rules or pass marks read a standard, or those of their items do."""
    return _readers().get(code, [])


@lru_cache(maxsize=1)
def _readers() -> dict[str, list[Any]]:
    found: dict[str, list[Any]] = {}
    for definition in CATALOGUE.values():
        for code in _read_by(definition):
            found.setdefault(code, []).append(definition)
    return found


def _read_by(definition: Any) -> set[str]:
    read = {parameter.code for parameter in engine.parameters_of(definition)}
    if isinstance(definition, Composite):
        for item in definition.items:
            read |= _read_by(CATALOGUE[item.code]) if item.code else set()
    return read


def region_of(area: Area) -> str:
    """The prefix under which an area's standards are kept."""
    return str(area.code)[: PREFIX_DIGITS[area.level]]


def region_names(regions: Iterable[str]) -> dict[str, str]:
    """How people call some region prefixes; one query. Those not on record keep their number."""
    asked = set(regions) - {""}
    names = known_regions(asked)
    return {"": _("全国")} | {r: names.get(r) or region_word(r) for r in asked}


def known_regions(asked: Iterable[str]) -> dict[str, str]:
    found = Area.objects.filter(code__in=[int(r.ljust(DIGITS, "0")) for r in asked])
    return {region_of(area): area.name for area in found}


def in_force(
    low: int, high: int, on: date, codes: Iterable[str] | None = None
) -> dict[str, InForce]:
    """Each standard as it holds for a whole range of villages on a day; three queries.

    Standards kept by year are those of the accounting year. The longest region prefix wins; the
    next wider one is the value above.
    """
    touching = Q(low__lte=high, high__gte=low)
    rows = list(Parameter.objects.standing().filter(touching).order_by("code", "-low", "high"))
    others = list(CompetingValue.objects.standing().filter(touching).order_by("code", "pk"))
    turn = _turn(on)
    year_end = date(accounting_year(on, turn), 12, 31) if turn else on
    by_code: dict[str, list[Parameter]] = {}
    for row in rows:
        by_code.setdefault(row.code, []).append(row)
    asked = (
        list(codes)
        if codes is not None
        else [*catalogue(), *sorted(by_code.keys() - catalogue().keys())]
    )
    found = {}
    for code in asked:
        standard = catalogue().get(code) or standard_of(code)
        day = year_end if standard.by_year else on
        valid = [r for r in by_code.get(code, ()) if holds_on(r, day)]
        covering = [r for r in valid if r.low <= low and r.high >= high]
        covering.sort(key=lambda r: r.high - r.low)
        value = covering[0] if covering else None
        beside = [
            o
            for o in others
            if o.code == code and holds_on(o, day) and value and o.region == value.region
        ]
        below = len(valid) - len(covering)
        above = covering[1] if len(covering) > 1 else None
        found[code] = InForce(standard, value, above, beside, below)
    return found


@dataclass(frozen=True)
class Shown:
    """One value as a page shows it: in words, with its place and its document."""

    row: Any
    text: str
    place: str
    document: Document | None

    @property
    def is_unsure(self) -> bool:
        return is_unsure(self.row, self.document)


class Showing:
    """Turns rows into what is shown; names of places and documents are read once."""

    def __init__(self, rows: Iterable[Any]) -> None:
        self.places = region_names(row.region for row in rows)
        self.documents = cited_documents()

    def __call__(self, row: Any, standard: Standard) -> Shown:
        document = self.documents.get(row.document) if row.document else None
        if isinstance(row, StandardProposal) and row.new_title:
            document = Document("", row.new_title, row.new_number, row.new_note)
        return Shown(row, in_words(standard, row.value), self.places[row.region], document)


def holds_on(row: Any, day: date) -> bool:
    """Whether a value's validity holds a day."""
    return row.valid_from <= day and (row.valid_to is None or row.valid_to > day)


def newest(code: str) -> int:
    """The version of a standard as a whole: its newest row."""
    return Parameter.objects.filter(code=code).aggregate(pk=Max("pk"))["pk"] or 0


def values_above(reading: Reading) -> list[Parameter]:
    """What holds at some time of the reading's validity in the nearest wider region that has a value;
    where no wider region has any, what holds in its own."""
    low, high = region_range(reading.region)
    rows = Parameter.objects.standing().filter(code=reading.code).filter(during(reading))
    wider = [r for r in rows.covering(low, high) if r.region != reading.region]
    if not wider:
        return list(rows.filter(region=reading.region).order_by("valid_from"))
    starts = {max(reading.valid_from, row.valid_from) for row in wider}
    ends = {row.valid_to for row in wider if row.valid_to}
    last = reading.valid_to or date.max
    found: dict[int, Parameter] = {}
    for day in sorted(starts | {end for end in ends if reading.valid_from <= end < last}):
        held = [row for row in wider if holds_on(row, day)]
        if held:
            nearest = min(held, key=lambda row: row.high - row.low)
            found[nearest.pk] = nearest
    return list(found.values())


def impact_of(reading: Reading) -> Impact:
    """Rules, places, nights and values that a reading touches; nothing is written."""
    standard = standard_of(reading.code)
    low, high = region_range(reading.region)
    above = values_above(reading)
    return Impact(
        indicators=indicators_reading(reading.code),
        village_count=Village.objects.filter(area_id__gte=low, area_id__lte=high).count(),
        nights=nights_touched(standard, reading),
        replaced=list(overlapped(reading).order_by("valid_from")),
        above=above,
        stricter=any(standard.stricter(reading.value, row.value) for row in above),
    )


def nights_touched(standard: Standard, reading: Reading) -> list[date]:
    """Nights computed before, in the region, whose figures would be others under the reading."""
    low, high = region_range(reading.region)
    nights = RunNight.objects.filter(low__lte=high, high__gte=low, provisional=False)
    found = list(nights.order_by("on").values_list("on", flat=True).distinct())
    turn = _turn(found[-1]) if found and standard.by_year else None
    days = {on: date(accounting_year(on, turn), 12, 31) if turn else on for on in found}
    return [on for on in found if holds_on(reading, days[on])]


def during(reading: Reading) -> Q:
    overlap = Q(valid_to=None) | Q(valid_to__gt=reading.valid_from)
    return overlap & Q(valid_from__lt=reading.valid_to) if reading.valid_to else overlap


def overlapped(reading: Reading) -> Any:
    rows = Parameter.objects.standing().filter(code=reading.code, region=reading.region)
    return rows.filter(during(reading))
