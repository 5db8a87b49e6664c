"""Figures to read: of any area, at any date, from the nights on record or computed without storing.

Areas add integers up; percentages are never averaged. A date that was run is read from its
results and gaps; one that never was is computed by the same engine and thrown away.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.apps import apps
from django.db import connection, transaction
from django.db.models import Count, Exists, F, Max, OuterRef, Q, QuerySet, Sum
from django.db.models.expressions import NegatedExpression
from django.utils.translation import gettext as _

from accounts.enums import Line
from accounts.models import Area
from core.facts import first_said
from households.enums import REGISTERED_POLICY
from households.models import HouseholdStatus, Member, Residence
from indicators import engine, services
from indicators.definitions import (
    CATALOGUE,
    CORE,
    Composite,
    Indicator,
    Item,
    PersonsOverBase,
    percent,
)
from indicators.enums import Verdict
from indicators.expressions import Fact, Tally, asked_in, facts_in, parts_in
from indicators.facts import MEMBERS, MEMBERSHIP, PERSON, STATUS
from indicators.models import Gap, Parameter, Result, RunNight
from indicators.standard_values import cited_documents, standard_of
from indicators.standards import documents, in_words
from villages.models import FactChange, Village

# The safeguards of a household and its members: those that lists and lights show.
HOUSEHOLD_CORE = tuple(c for c in CORE if CATALOGUE[c].subject in ("household", "member"))
COLUMNS = ("denominator", "numerator", "unknown", "exempt", "reported_only")


@dataclass(frozen=True)
class Figure:
    """Four integers of one area and indicator, the share of bare reports, and what they come to."""

    indicator: str
    denominator: int = 0
    numerator: int = 0
    unknown: int = 0
    exempt: int = 0
    reported_only: int = 0
    status: str = Verdict.NOT_APPLICABLE

    @property
    def value(self) -> Decimal | None:
        """Percent with two decimals, half up; None at a denominator of zero."""
        return percent(self.numerator, self.denominator)

    @property
    def percent_text(self) -> str:
        return "" if self.value is None else f"{self.value}%"

    @property
    def failing(self) -> int:
        """Units that are not met, the unknown apart; a rate of bad things has none."""
        if not CATALOGUE[self.indicator].lists_gaps:
            return 0
        return self.denominator - self.numerator - self.unknown

    @property
    def listed(self) -> int:
        """How many units the list behind the figure holds."""
        return self.denominator - self.numerator if CATALOGUE[self.indicator].lists_gaps else 0


@dataclass(frozen=True)
class Freshness:
    """How new an area's figures are: the newest confirmed night, today's provisional villages, and
    how many villages have facts that no figure knows yet."""

    confirmed_on: date | None
    provisional_on: date | None
    provisional_villages: tuple[int, ...]
    watermark: datetime | None
    waiting_count: int = 0

    @property
    def provisional_count(self) -> int:
        return len(self.provisional_villages)

    @property
    def on(self) -> date | None:
        return self.provisional_on or self.confirmed_on


def freshness(area: Area | None = None) -> Freshness:
    """Three queries."""
    low, high = area.range if area else services.EVERYWHERE
    nights = RunNight.objects.filter(low__lte=high, high__gte=low)
    confirmed = nights.filter(provisional=False).order_by("-on", "-watermark")
    confirmed_on, known_at = confirmed.values_list("on", "watermark").first() or (None, None)
    today = nights.filter(provisional=True)
    if confirmed_on:
        later = Q(on__gt=confirmed_on) | Q(on=confirmed_on, watermark__gt=known_at)
        today = today.filter(later)
    villages = list(today.values_list("on", "low"))
    waiting = FactChange.objects.filter(village_id__gte=low, village_id__lte=high)
    return Freshness(
        confirmed_on,
        max((on for on, _ in villages), default=None),
        tuple(sorted({low for _, low in villages})),
        known_at,
        waiting.aggregate(n=Count("village_id", distinct=True))["n"],
    )


def newest_on() -> date | None:
    """The newest night that is confirmed anywhere, or else the day on record; one query where there is one."""
    nights = RunNight.objects.order_by("-on").values_list("on", flat=True)
    return nights.filter(provisional=False).first() or nights.first()


NIGHTS = """
SELECT "on" FROM (
  SELECT "on", low, high, max(high) OVER (PARTITION BY "on" ORDER BY low, high
         ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS reached
  FROM indicators_runnight
  WHERE NOT provisional AND low <= %(high)s AND high >= %(low)s
    AND watermark <= COALESCE(%(known_at)s::timestamptz, 'infinity')
) spans
GROUP BY "on"
HAVING min(low) <= %(low)s AND max(high) >= %(high)s AND bool_and(reached IS NULL OR low <= reached + 1)
ORDER BY "on" DESC
"""


def nights_on_record(area: Area | None = None, known_at: datetime | None = None) -> list[date]:
    """Dates that were run for every village of the area (by a moment), newest first; one query."""
    low, high = area.range if area else services.EVERYWHERE
    with connection.cursor() as cursor:
        cursor.execute(NIGHTS, {"low": low, "high": high, "known_at": known_at})
        return [on for (on,) in cursor.fetchall()]


def covers(spans: Iterable[tuple[int, int]], low: int, high: int) -> bool:
    """Whether ranges of village codes together leave no gap between two codes."""
    reached = low
    for first, last in sorted(spans):
        if first > reached:
            return False
        reached = max(reached, last + 1)
    return reached > high


def is_on_record(area: Area, on: date, known_at: datetime | None = None) -> bool:
    """Whether every village of the area was computed for a date (by a moment). One query."""
    low, high = area.range
    spans = RunNight.objects.filter(provisional=False, on=on, low__lte=high, high__gte=low)
    if known_at is not None:
        spans = spans.filter(watermark__lte=known_at)
    return covers(spans.values_list("low", "high"), low, high)


def area_figures(
    areas: Iterable[Area],
    codes: Iterable[str] | None = None,
    on: date | None = None,
    known_at: datetime | None = None,
) -> dict[tuple[int, str], Figure]:
    """Figures by (area code, indicator code); every pair is there, zero denominators too.

    `on=None` reads the newest figures, today's provisional ones included. A date that was run is
    read as the runs left it (`known_at`: as it was known then); one that was not is computed.
    At most four queries for any number of areas of one date.
    """
    areas = list(areas)
    codes = list(codes) if codes is not None else list(CATALOGUE)
    if on is None:
        sums = _stored(areas, codes, Result.objects.latest_known())
    elif all(is_on_record(area, on, known_at) for area in _tops(areas)):
        sums = _stored(areas, codes, Result.objects.as_of(on, known_at))
    else:
        sums = _add_up(areas, codes, _computed(areas, codes, on, known_at))
    return _judge(areas, codes, sums, on)


def village_figures(
    area: Area, on: date | None = None, codes: Iterable[str] | None = None
) -> dict[tuple[int, str], Figure]:
    """`area_figures` of every village that keeps a register in the area."""
    villages = Area.objects.under(area).filter(village__isnull=False)
    return area_figures(villages, codes, on)


Row = tuple[Any, ...]
Sums = dict[tuple[int, str], list[int]]
TOWNSHIP = 1000  # village codes of one township are one such block


def _stored(areas: Sequence[Area], codes: Sequence[str], results: QuerySet) -> Sums:
    """Integers of each area from the results on record: villages read, wider areas summed by township first."""
    results = results.filter(indicator__in=codes).order_by()
    single = [area for area in areas if area.range[0] == area.range[1]]
    wide = [area for area in areas if area.range[0] != area.range[1]]
    sums: Sums = {(area.code, code): [0] * len(COLUMNS) for area in single for code in codes}
    if single:
        rows = results.filter(village_id__in=[area.code for area in single])
        for village, code, *integers in rows.values_list("village_id", "indicator", *COLUMNS):
            sums[village, code] = integers
    if wide:
        low, high = _span(wide)
        rows = results.filter(village_id__gte=low, village_id__lte=high)
        rows = rows.annotate(township=F("village_id") / TOWNSHIP * TOWNSHIP)
        totals = rows.values_list("township", "indicator").annotate(*map(Sum, COLUMNS))
        sums |= _add_up(wide, codes, totals)
    return sums


@transaction.atomic
def _computed(
    areas: Sequence[Area], codes: Sequence[str], on: date, known_at: datetime | None
) -> list[Row]:
    low, high = _span(areas)
    rows: list[Row] = []
    with connection.cursor() as cursor:
        for first, last in services.split_villages(low, high):
            engine.evaluate(
                cursor, services.moment(on, known_at), engine.Units(low=first, high=last), codes
            )
            cursor.execute(f"SELECT village_id, indicator, {', '.join(COLUMNS)} FROM t_result")
            rows += cursor.fetchall()
    return rows


def _span(areas: Sequence[Area]) -> tuple[int, int]:
    return min((a.range[0] for a in areas), default=0), max((a.range[1] for a in areas), default=0)


def _tops(areas: Sequence[Area]) -> list[Area]:
    """The areas that no other of them contains."""
    tops: list[Area] = []
    for area in sorted(areas, key=lambda a: (a.range[0], -a.range[1])):
        if not tops or area.range[1] > tops[-1].range[1]:
            tops.append(area)
    return tops


def _add_up(areas: Sequence[Area], codes: Sequence[str], rows: Iterable[Row]) -> Sums:
    """Integers of each area: the sum over its villages."""
    holders: dict[int, list[int]] = {}
    spans = [(area.code, *area.range) for area in areas]
    single = {code: code for code, low, high in spans if low == high}
    wide = [span for span in spans if span[1] != span[2]]
    sums = {(area.code, code): [0] * len(COLUMNS) for area in areas for code in codes}
    for village, indicator, *integers in rows:
        if village not in holders:
            holders[village] = [code for code, low, high in wide if low <= village <= high]
            if village in single:
                holders[village].append(village)
        for holder in holders[village]:
            total = sums[holder, indicator]
            for place, integer in enumerate(integers):
                total[place] += integer
    return sums


def _judge(
    areas: Sequence[Area],
    codes: Sequence[str],
    sums: Mapping[tuple[int, str], list[int]],
    on: date | None,
) -> dict[tuple[int, str], Figure]:
    marks = [CATALOGUE[code].threshold for code in codes]
    limits = _limits({mark.parameter for mark in marks} - {""}, on)
    if any(mark.parameter and not mark.optional for mark in marks) and not any(limits.values()):
        raise services.NoStandards
    figures = {}
    spans = {area.code: area.range for area in areas}
    for (area, code), integers in sums.items():
        denominator, numerator, unknown, exempt, reported_only = integers
        figure = Figure(code, denominator, numerator, unknown, exempt, reported_only)
        threshold = CATALOGUE[code].threshold
        limit = _limit(limits.get(threshold.parameter, ()), *spans[area])
        status = threshold.status(
            denominator=figure.denominator,
            numerator=figure.numerator,
            unknown=figure.unknown,
            percent=limit,
        )
        figures[area, code] = replace(figure, status=status)
    return figures


def _limits(names: set[str], on: date | None) -> dict[str, list[tuple[int, int, Decimal]]]:
    """Pass marks in force on a date (or on the newest date on record), the narrowest region first."""
    day = on or RunNight.objects.aggregate(on=Max("on"))["on"] or date.max
    rows = Parameter.objects.valid_on(day).filter(code__in=names)
    found: dict[str, list[tuple[int, int, Decimal]]] = {name: [] for name in names}
    for code, low, high, value in rows.values_list("code", "low", "high", "value"):
        found[code].append((low, high, Decimal(value)))
    for ranges in found.values():
        ranges.sort(key=lambda r: r[1] - r[0])
    return found


def _limit(ranges: Sequence[tuple[int, int, Decimal]], low: int, high: int) -> Decimal | None:
    """The pass mark of the longest region prefix that holds the whole area; None before any began."""
    return next((value for first, last, value in ranges if first <= low and high <= last), None)


# --- the units behind a figure -------------------------------------------------------------------


@dataclass(frozen=True)
class Unit:
    """One unit of a list behind a figure."""

    village_id: int
    subject_kind: str
    subject_id: int
    household_id: int | None
    verdict: str


UNIT_COLUMNS = ("village_id", "subject_kind", "subject_id", "household_id", "verdict")


def gap_rows(area: Area, code: str, on: date | None = None) -> QuerySet | None:
    """Rows of the nights on record behind `gap_units`, in its order; None for a date never run.

    For lists that show one page of very many.
    """
    if on is not None and not is_on_record(area, on):
        return None
    rows = Gap.objects.latest_known() if on is None else Gap.objects.as_of(on)
    return rows.in_area(area).filter(indicator=code).order_by("village_id", "subject_id")


def gap_units(area: Area, code: str, on: date | None = None) -> list[Unit]:
    """Units that fail or whose facts do not suffice; as many as denominator − numerator.

    Ordered by village and unit. Read from the nights on record, else computed.
    """
    rows = gap_rows(area, code, on)
    if rows is not None:
        return [Unit(*row) for row in rows.values_list(*UNIT_COLUMNS)]
    if on is None or not CATALOGUE[code].lists_gaps:
        return []
    sql = f"SELECT {', '.join(UNIT_COLUMNS)} FROM t_gap ORDER BY 1, 3"
    return _computed_units(area, code, sql, on)


def open_gap(code: str, subject_id: int, user: Any) -> Gap | None:
    """The open gap of one unit, if the user may see the unit."""
    gaps = Gap.objects.for_user(user).latest_known().filter(indicator=code, subject_id=subject_id)
    return gaps.select_related("village__area").first()


def met_units(area: Area, code: str, on: date | None = None) -> list[Unit]:
    """Units that meet the standard; as many as the numerator of the same date's figure.

    Judged again with what the run of the date knew, since only the units that fail are on record.
    """
    if isinstance(CATALOGUE[code], PersonsOverBase):
        return []
    grain, slug = CATALOGUE[code].subject, CATALOGUE[code].slug
    sql = (
        f"SELECT village_id, '{grain.upper()}', subject_id, household_id, 'MET' FROM t_{grain}"
        f' WHERE "{slug}" IN ({engine.MET}, {engine.MET_REPORTED}) ORDER BY 1, 3'
    )
    if on is not None:
        return _units_known_then(area, code, sql, on)
    fresh = freshness(area)
    units: list[Unit] = []
    if fresh.confirmed_on:
        units = _units_known_then(area, code, sql, fresh.confirmed_on)
    if fresh.provisional_on:
        today = set(fresh.provisional_villages)
        again = _computed_units(
            area, code, sql, fresh.provisional_on, None, villages=fresh.provisional_villages
        )
        units = [unit for unit in units if unit.village_id not in today] + again
    return sorted(units, key=lambda unit: (unit.village_id, unit.subject_id))


def registered_households(
    area: Area,
    code: str,
    on: date | None = None,
    *,
    most: int,
    where: Callable[[list[int]], Iterable[Exists | NegatedExpression]] = lambda villages: (),
) -> list[tuple[int, int]]:
    """(village, household) of what a night on record counted under `code`, an indicator of every
    household; no more than `most`, in order. Read, not judged again: those that lived there and are
    not known to be outside the policies. One whose status is unknown has a gap.

    `where`: further conditions on the residence for some villages. Villages are read until there are
    enough, more of them each time, so that the cost goes with `most`, not with the area.
    """
    fresh = freshness(area) if on is None else None
    night = fresh.confirmed_on if fresh else on
    known_at = _known_by_the_run_of(area, night) if night else None
    provisional = set(fresh.provisional_villages) if fresh else set()
    found: list[tuple[int, int]] = []
    for villages in _groups_of_villages(area, code, on, most):
        new = [village for village in villages if village in provisional]
        old = [village for village in villages if village not in provisional]
        rows: list[tuple[int, int]] = []
        if fresh and fresh.provisional_on and new:
            rows += _counted(new, fresh.provisional_on, None).filter(*where(new))
        if night and old:
            rows += _counted(old, night, known_at).filter(*where(old))
        found += sorted(rows)
        if len(found) >= most:
            break
    return found[:most]


def _groups_of_villages(area: Area, code: str, on: date | None, most: int) -> Iterator[list[int]]:
    """Villages that have the indicator, in order: first as many as hold `most` units, then twice that."""
    results = Result.objects.latest_known() if on is None else Result.objects.as_of(on)
    sizes = results.in_area(area).filter(indicator=code).order_by("village_id")
    group: list[int] = []
    held = 0
    for village, size in sizes.values_list("village_id", F("denominator") + F("exempt")):
        group.append(village)
        held += size
        if held > most:
            yield group
            group, held, most = [], 0, most * 2
    if group:
        yield group


def _counted(villages: list[int], on: date, known_at: datetime | None) -> QuerySet:
    statuses = HouseholdStatus.objects.as_of(on, known_at).filter(village_id__in=villages)
    outside = statuses.exclude(status__in=["", *REGISTERED_POLICY])
    held = Residence.objects.as_of(on, known_at).filter(
        ~Exists(outside.filter(household_id=OuterRef("household_id"))), village_id__in=villages
    )
    return held.values_list("village_id", "household_id")


def _units_known_then(area: Area, code: str, sql: str, on: date) -> list[Unit]:
    """Units judged with what the newest run of the date knew in each village; now, if it was never run.

    A part of an area may have been run again, or refreshed since, and know more than the rest.
    """
    if not is_on_record(area, on):
        return _computed_units(area, code, sql, on)
    low, high = area.range
    spans = RunNight.objects.filter(on=on, low__lte=high, high__gte=low)
    known = list(spans.values_list("low", "high", "watermark"))
    last = max(at for _first, _last, at in known)
    if covers([(first, end) for first, end, at in known if at == last], low, high):
        return _computed_units(area, code, sql, on, last)
    by_moment: dict[datetime, list[int]] = {}
    codes = Village.objects.filter(area_id__gte=low, area_id__lte=high).values_list(
        "area_id", flat=True
    )
    for village in codes:
        newest = max(at for first, end, at in known if first <= village <= end)
        by_moment.setdefault(newest, []).append(village)
    units: list[Unit] = []
    for at, villages in by_moment.items():
        units += _computed_units(area, code, sql, on, at, villages=villages)
    return sorted(units, key=lambda unit: (unit.village_id, unit.subject_id))


def _known_by_the_run_of(area: Area, on: date) -> datetime | None:
    """The watermark of the newest run of a date for the area; None where it was never run."""
    low, high = area.range
    nights = RunNight.objects.filter(provisional=False, on=on, low__lte=high, high__gte=low)
    return nights.aggregate(at=Max("watermark"))["at"]


@transaction.atomic
def _computed_units(
    area: Area,
    code: str,
    sql: str,
    on: date,
    known_at: datetime | None = None,
    villages: Sequence[int] | None = None,
) -> list[Unit]:
    if villages is not None:
        batches = [engine.Units(villages=villages)]
    else:
        batches = [
            engine.Units(low=low, high=high) for low, high in services.split_villages(*area.range)
        ]
    units: list[Unit] = []
    with connection.cursor() as cursor:
        for batch in batches:
            engine.evaluate(cursor, services.moment(on, known_at), batch, [code])
            cursor.execute(sql)
            units += [Unit(*row) for row in cursor.fetchall()]
    return units


VERDICTS = {
    engine.OUT: Verdict.NOT_APPLICABLE,
    engine.MET: Verdict.MET,
    engine.NOT_MET: Verdict.NOT_MET,
    engine.UNKNOWN: Verdict.INSUFFICIENT_DATA,
    engine.EXEMPT: Verdict.NOT_APPLICABLE,
    engine.MET_REPORTED: Verdict.MET,
    engine.NOT_MET_REPORTED: Verdict.NOT_MET,
}
WORST = (Verdict.NOT_MET, Verdict.INSUFFICIENT_DATA, Verdict.MET, Verdict.NOT_APPLICABLE)


def household_verdicts(
    household_id: int, on: date, codes: Sequence[str]
) -> tuple[dict[str, str], dict[int, dict[str, str]]]:
    """One household by many indicators: code -> verdict, and member -> code -> verdict. Two queries."""
    when, units = services.moment(on), engine.Units(households=[household_id])
    own: dict[str, str] = {}
    members: dict[int, dict[str, str]] = {}
    with connection.cursor() as cursor:
        for grain in ("household", "member"):
            definitions, rows = engine.judge(cursor, grain, when, units, codes)
            for _village, subject, _household, *verdicts in rows:
                told = own if grain == "household" else members.setdefault(subject, {})
                for definition, number in zip(definitions, verdicts, strict=True):
                    told[definition.code] = VERDICTS[number]
    return own, members


def unit_verdicts(
    household_ids: Sequence[int], on: date, codes: Sequence[str] = HOUSEHOLD_CORE
) -> dict[int, dict[str, str]]:
    """Lights of some households on a date: household -> indicator code -> verdict.

    An indicator of members shows the worst of the household's members. Judged from the facts as
    they stand now, at a cost that does not grow with the register.
    """
    lights: dict[int, dict[str, str]] = {pk: {} for pk in household_ids}
    if not household_ids:
        return lights
    when, units = services.moment(on), engine.Units(households=list(household_ids))
    with connection.cursor() as cursor:
        for grain in ("household", "member"):
            definitions, rows = engine.judge(cursor, grain, when, units, codes)
            for _village, _subject, household, *verdicts in rows:
                for definition, number in zip(definitions, verdicts, strict=True):
                    held = lights[household].get(definition.code, Verdict.NOT_APPLICABLE)
                    lights[household][definition.code] = min(
                        held, VERDICTS[number], key=WORST.index
                    )
    for light in lights.values():
        for code in codes:
            light.setdefault(code, Verdict.NOT_APPLICABLE)
    return lights


@dataclass(frozen=True)
class PartShown:
    """One condition of a rule, or one item of a composite (`code`: its own standard), as a person reads it."""

    label: str
    standard: str
    verdict: str
    facts: tuple["FactShown", ...] = ()
    code: str = ""

    @property
    def subject(self) -> str:
        """What the item's own standard judges."""
        return CATALOGUE[self.code].subject if self.code else ""


@dataclass(frozen=True)
class FactShown:
    """One fact that the rule used: its value in words, since when, who said so first, and when that was;
    of an unknown one, who can tell it."""

    label: str
    value: Any
    text: str
    since: date | None = None
    source: str = ""
    author: str = ""
    recorded_at: datetime | None = None
    supplier: str = ""
    # of a count of members: each member of the household, and whether it counts (None: unknown)
    members: tuple[tuple[int, bool | None], ...] = ()
    unknown_of: str = ""  # names of those of whom it is unknown

    @property
    def missing_label(self) -> str:
        if not self.unknown_of:
            return self.label
        return _("%(fact)s（%(names)s不明）") % {"fact": self.label, "names": self.unknown_of}


@dataclass(frozen=True)
class Explanation:
    """Why one unit got its verdict: each part, each fact, each standard with its clause."""

    definition: Indicator | Composite
    on: date
    verdict: str
    exempt: bool
    reported: bool
    parts: list[PartShown]
    facts: list[FactShown]
    parameters: list[Parameter]
    subject_id: int = 0
    missing: tuple[FactShown, ...] = ()  # that would have to be known, where the verdict is not

    @property
    def missing_by_supplier(self) -> dict[str, str]:
        """Who can tell: what, in words."""
        found: dict[str, list[str]] = {}
        for fact in self.missing:
            found.setdefault(fact.supplier, []).append(fact.missing_label)
        return {who: "、".join(dict.fromkeys(labels)) for who, labels in found.items()}

    @property
    def standards(self) -> list[tuple[Parameter, str, str]]:
        """Each value used of a standard, in words, and the document and section it rests on."""
        on_file = all(row.document in documents() for row in self.parameters)
        cited = documents() if on_file else cited_documents()
        return [
            (
                row,
                in_words(standard_of(row.code), row.value),
                f"{cited[row.document]} {row.section}",
            )
            for row in self.parameters
        ]

    @property
    def clause(self) -> str:
        return f"{documents()[self.definition.clause.document]} {self.definition.clause.section}"


def explain(code: str, subject_id: int, on: date) -> Explanation | None:
    """Each part of the rule with the value used and the standard it rests on; None off the register."""
    definition = CATALOGUE[code]
    if isinstance(definition, PersonsOverBase):
        return None
    units = {
        "household": engine.Units(households=[subject_id]),
        "member": engine.Units(members=[subject_id]),
        "village": engine.Units(villages=[subject_id]),
    }[definition.subject]
    if isinstance(definition, Composite):
        return _explain_composite(definition, on, units, subject_id)
    with connection.cursor() as cursor:
        found = engine.explain(cursor, definition, services.moment(on), units)
        if found is None:
            return None
        counted = {}
        if definition.subject == "household":
            counted = engine.tallied(cursor, definition, services.moment(on), subject_id)
    values = {name: _tidy(value) for name, (value, _pk) in found.parameters.items()}
    used = [pk for _value, pk in found.parameters.values() if pk]
    shown = _with_provenance(found.facts, counted)
    return Explanation(
        definition=definition,
        on=on,
        verdict=VERDICTS[found.verdict],
        exempt=found.verdict == engine.EXEMPT,
        reported=found.verdict in (engine.MET_REPORTED, engine.NOT_MET_REPORTED),
        parts=_parts(definition, found, shown, values),
        facts=list(shown.values()),
        parameters=list(Parameter.objects.filter(pk__in=used).order_by("code")),
        subject_id=subject_id,
        missing=_missing(definition, found, shown),
    )


def _missing(
    definition: Indicator, found: engine.Explained, shown: Mapping[Fact, FactShown]
) -> tuple[FactShown, ...]:
    """The blank answers that leave the verdict open: of whether the rule applies, else of its open parts."""
    if found.verdict != engine.UNKNOWN:
        return ()
    open_rules = [definition.applies] if found.applies is None else []
    if found.applies:
        open_rules = [part for part, value in found.parts if value is None]
    facts = dict.fromkeys(fact for rule in open_rules for fact in asked_in(rule))
    return tuple(shown[fact] for fact in facts if shown[fact].value in (None, "", []))


@transaction.atomic
def _explain_composite(
    definition: Composite, on: date, units: engine.Units, subject_id: int
) -> Explanation | None:
    """Its items with their verdicts; each item has an explanation of its own under its code."""
    with connection.cursor() as cursor:
        found = engine.explain_composite(cursor, definition, services.moment(on), units)
    if found is None:
        return None
    values = {name: _tidy(value) for name, (value, _pk) in found.parameters.items()}
    used = [pk for _value, pk in found.parameters.values() if pk]
    return Explanation(
        definition=definition,
        on=on,
        verdict=VERDICTS[found.verdict],
        exempt=False,
        reported=False,
        parts=[
            PartShown(
                item.label,
                _item_standard(definition, item).format(**values),
                _item_verdict(verdict),
                code=item.code,
            )
            for item, verdict in found.items
        ],
        facts=[],
        parameters=list(Parameter.objects.filter(pk__in=used).order_by("code")),
        subject_id=subject_id,
    )


def _item_verdict(verdict: int | str | None) -> str:
    if verdict is None:
        return Verdict.INSUFFICIENT_DATA
    return VERDICTS[verdict] if isinstance(verdict, int) else Verdict(verdict)


def _item_standard(definition: Composite, item: Item) -> str:
    """What an item asks, with its parameter's name in braces where a share must be reached."""
    if not item.code:
        return item.missing
    found = CATALOGUE[item.code]
    if definition.subject != "village" or (
        found.subject == "village" and not isinstance(found, PersonsOverBase)
    ):
        return found.name
    limit = f"{{{item.threshold.parameter}}}%"
    words = _("%(name)s低于 %(limit)s") if item.threshold.below else _("%(name)s不低于 %(limit)s")
    return words % {"name": found.name, "limit": limit}


def _parts(
    definition: Indicator,
    found: engine.Explained,
    shown: Mapping[Fact, FactShown],
    values: Mapping[str, str],
) -> list[PartShown]:
    """The rule step by step, before it what keeps it from being asked; where only a bare report decided,
    that report alone."""
    if (
        found.verdict in (engine.MET_REPORTED, engine.NOT_MET_REPORTED)
        and definition.reported is not None
    ):
        reports = tuple(shown[fact] for fact in facts_in(definition.reported))
        return [
            PartShown(
                _("仅填报"), _("逐项都未填，以填报的结果为准"), VERDICTS[found.verdict], reports
            )
        ]
    parts = [
        PartShown(
            part.label,
            part.standard.format(**values),
            _truth(value),
            tuple(shown[f] for f in facts_in(part)),
        )
        for part, value in found.parts
    ]
    if found.verdict == engine.EXEMPT:
        told = tuple(shown[f] for f in facts_in(definition.exempt) if shown[f].text)
        return [PartShown(_("豁免"), _("符合豁免条件"), Verdict.NOT_APPLICABLE, told), *parts]
    if not found.applies:
        is_known = found.applies is not None
        scope = Verdict.NOT_APPLICABLE if is_known else Verdict.INSUFFICIENT_DATA
        told = tuple(shown[f] for f in facts_in(definition.applies))
        return [PartShown(_("适用范围"), _("在范围内才判定"), scope, told), *parts]
    return parts


def _with_provenance(
    facts: Sequence[tuple[Fact, Any, int | None]],
    counted: Mapping[str, list[tuple[int, bool | None]]],
) -> dict[Fact, FactShown]:
    """Facts in words with the version that first said each; one query per theme."""
    wanted: dict[str, set[int]] = {}
    for fact, _value, pk in facts:
        if pk and fact.theme.model and fact.theme.model != PERSON.model:
            wanted.setdefault(fact.theme.model, set()).add(pk)
    versions = {model: _histories(apps.get_model(model), pks) for model, pks in wanted.items()}
    names = _names(counted)
    shown: dict[Fact, FactShown] = {}
    for fact, value, pk in facts:
        supplier = _supplier(fact)
        if isinstance(fact, Tally) and fact.column in counted:
            members = tuple(counted[fact.column])
            whose = "、".join(names[member] for member, answer in members if answer is None)
            text = _count_text(fact, value, members)
            shown[fact] = FactShown(
                fact.label, value, text, members=members, supplier=supplier, unknown_of=whose
            )
            continue
        history = versions.get(fact.theme.model, {}).get(pk or 0)
        first = first_said(history[0], history, fact.column) if history else None
        shown[fact] = FactShown(
            fact.label,
            value,
            _text(fact, value),
            since=first.valid_from if first else None,
            source=first.get_source_display() if first else "",
            author=str(first.author) if first and first.author else "",
            recorded_at=first.recorded_at if first else None,
            supplier=supplier,
        )
    return shown


def _histories(model: Any, pks: set[int]) -> dict[int, list[Any]]:
    """Each version with the standing ones of its subject, itself first."""
    same = {name: OuterRef(name) for name in model.SUBJECT}
    beside = model._default_manager.filter(pk__in=pks, **same)
    rows = model._default_manager.filter(Q(superseded_at=None) | Q(pk__in=pks), Exists(beside))
    of_subject: dict[tuple[Any, ...], list[Any]] = {}
    for row in rows.select_related("author"):
        of_subject.setdefault(tuple(row.subject().values()), []).append(row)
    return {
        row.pk: [row, *history]
        for history in of_subject.values()
        for row in history
        if row.pk in pks
    }


def _names(counted: Mapping[str, list[tuple[int, bool | None]]]) -> dict[int, str]:
    """Names of the members that a count does not know about; no query where it knows all."""
    unknown = {pk for rows in counted.values() for pk, answer in rows if answer is None}
    if not unknown:
        return {}
    return dict(Member.objects.filter(pk__in=unknown).values_list("pk", "name"))


def _supplier(fact: Fact) -> str:
    """Who can tell a fact that is not known."""
    if fact.theme is STATUS:
        return _("旗县扶贫办按识别、退出程序认定，或随名单导入")
    if fact.theme.grain == "village":
        return _("嘎查村或乡镇在村情况中填报")
    if fact.theme in (PERSON, MEMBERSHIP):
        return _("乡镇核对证件后更正人员信息")
    line = Line.GENERAL if fact.theme is MEMBERS else apps.get_model(fact.theme.model).LINE
    if line in ("", Line.GENERAL):
        return _("乡镇在入户核查中补填")
    return _("乡镇在入户核查中补填，或由%(line)s主管部门的名单补充") % {"line": Line(line).label}


def standards_of(definition: Any) -> list[Any]:
    """The parameters a definition reads, the pass mark included."""
    return engine.parameters_of(definition)


def standards_in_force(names: Sequence[str], area: Area, on: date | None = None) -> list[Parameter]:
    """The value of each standard that holds for a whole area; the longest region prefix wins."""
    low, high = area.range
    rows = (
        Parameter.objects.standing().filter(valid_to=None)
        if on is None
        else Parameter.objects.valid_on(on)
    )
    found: dict[str, Parameter] = {}
    for parameter in rows.covering(low, high).filter(code__in=names):
        held = found.get(parameter.code)
        if held is None or parameter.high - parameter.low < held.high - held.low:
            found[parameter.code] = parameter
    return list(found.values())


def parts_of(definition: Any) -> list[PartShown]:
    """The named steps of a rule in words, with the parameters' names in place of their values."""
    if isinstance(definition, Composite):
        return [
            PartShown(item.label, _item_standard(definition, item), "", code=item.code)
            for item in definition.items
        ]
    if not isinstance(definition, Indicator):
        return []
    return [PartShown(part.label, part.standard, "") for part in parts_in(definition.met)]


def _truth(value: bool | None) -> str:
    return Verdict.INSUFFICIENT_DATA if value is None else Verdict.MET if value else Verdict.NOT_MET


def _tidy(value: Any) -> str:
    if value is None:
        return _("（没有规定）")
    return f"{value.normalize():f}" if isinstance(value, Decimal) else str(value)


def _count_text(fact: Fact, value: Any, members: Sequence[tuple[int, bool | None]]) -> str:
    """How many members count, and of how many it is unknown."""
    if value is not None:
        return _text(fact, value)
    answers = [answer for _member, answer in members]
    return _("%(count)s 人，另有 %(unknown)s 人不明") % {
        "count": answers.count(True),
        "unknown": answers.count(None),
    }


def _text(fact: Any, value: Any) -> str:
    """A fact's value in the words of its code list, with its unit."""
    if value in (None, "", []):
        return ""
    if fact.kind == "bool":
        return _("是") if value else _("否")
    if fact.kind in ("text", "list") and fact.theme.model:
        field = apps.get_model(fact.theme.model)._meta.get_field(fact.column)
        if fact.kind == "list":
            choices = dict(field.base_field.flatchoices)
            return "、".join(str(choices.get(code, code)) for code in value)
        return str(dict(field.flatchoices).get(value, value))
    return f"{_tidy(value)} {fact.unit}".strip()
