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
from django.db.models import Exists, F, Max, Min, OuterRef, QuerySet
from django.db.models.expressions import NegatedExpression
from django.utils.translation import gettext as _

from accounts.models import Area
from households.enums import REGISTERED_POLICY
from households.models import HouseholdStatus, Residence
from indicators import engine, services
from indicators.definitions import CATALOGUE, Indicator, percent
from indicators.enums import Verdict
from indicators.expressions import Fact, facts_in, parts_in
from indicators.facts import PERSON
from indicators.models import Gap, Parameter, Result, RunNight
from indicators.standards import documents

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
        if CATALOGUE[self.indicator].is_bad_count:
            return 0
        return self.denominator - self.numerator - self.unknown

    @property
    def listed(self) -> int:
        """How many units the list behind the figure holds."""
        return 0 if CATALOGUE[self.indicator].is_bad_count else self.denominator - self.numerator


@dataclass(frozen=True)
class Freshness:
    """How new an area's figures are: the newest confirmed night, and today's provisional villages."""

    confirmed_on: date | None
    provisional_on: date | None
    provisional_villages: tuple[int, ...]
    watermark: datetime | None

    @property
    def provisional_count(self) -> int:
        return len(self.provisional_villages)

    @property
    def on(self) -> date | None:
        return self.provisional_on or self.confirmed_on


def freshness(area: Area | None = None) -> Freshness:
    """Two queries."""
    low, high = area.range if area else services.EVERYWHERE
    nights = RunNight.objects.filter(low__lte=high, high__gte=low)
    confirmed = nights.filter(provisional=False).aggregate(on=Max("on"), at=Max("watermark"))
    today = nights.filter(provisional=True)
    if confirmed["on"]:
        today = today.filter(on__gt=confirmed["on"])
    villages = list(today.values_list("on", "low"))
    return Freshness(
        confirmed["on"],
        max((on for on, _ in villages), default=None),
        tuple(sorted({low for _, low in villages})),
        confirmed["at"],
    )


def nights_on_record(area: Area | None = None) -> list[date]:
    """Dates that were run for the whole area, newest first; one query."""
    low, high = area.range if area else services.EVERYWHERE
    rows = RunNight.objects.filter(provisional=False, low__lte=high, high__gte=low).values("on")
    rows = rows.annotate(first=Min("low"), last=Max("high")).order_by("-on")
    return [row["on"] for row in rows if row["first"] <= low and row["last"] >= high]


def is_on_record(area: Area, on: date, known_at: datetime | None = None) -> bool:
    """Whether every village of the area was computed for a date (by a moment). One query."""
    low, high = area.range
    reached = low
    spans = RunNight.objects.filter(provisional=False, on=on, low__lte=high, high__gte=low)
    if known_at is not None:
        spans = spans.filter(watermark__lte=known_at)
    spans = spans.order_by("low")
    for first, last in spans.values_list("low", "high"):
        if first > reached:
            return False
        reached = max(reached, last + 1)
    return reached > high


def area_figures(
    areas: Iterable[Area],
    codes: Iterable[str] | None = None,
    on: date | None = None,
    known_at: datetime | None = None,
) -> dict[tuple[int, str], Figure]:
    """Figures by (area code, indicator code); every pair is there, zero denominators too.

    `on=None` reads the newest figures, today's provisional ones included. A date that was run is
    read as the runs left it (`known_at`: as it was known then); one that was not is computed.
    Three queries for any number of areas of one date.
    """
    areas = list(areas)
    codes = list(codes) if codes is not None else list(CATALOGUE)
    if on is None:
        rows = _stored(areas, codes, Result.objects.latest_known())
    elif all(is_on_record(area, on, known_at) for area in _tops(areas)):
        rows = _stored(areas, codes, Result.objects.as_of(on, known_at))
    else:
        rows = _computed(areas, codes, on, known_at)
    return _judge(areas, codes, _add_up(areas, codes, rows), on)


def village_figures(
    area: Area, on: date | None = None, codes: Iterable[str] | None = None
) -> dict[tuple[int, str], Figure]:
    """`area_figures` of every village that keeps a register in the area."""
    villages = Area.objects.under(area).filter(village__isnull=False)
    return area_figures(villages, codes, on)


Row = tuple[Any, ...]


def _stored(areas: Sequence[Area], codes: Sequence[str], results: QuerySet) -> list[Row]:
    low, high = _span(areas)
    rows = results.filter(village_id__gte=low, village_id__lte=high, indicator__in=codes)
    return list(rows.values_list("village_id", "indicator", *COLUMNS))


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


def _add_up(
    areas: Sequence[Area], codes: Sequence[str], rows: Iterable[Row]
) -> dict[tuple[int, str], list[int]]:
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
    limits = _limits({CATALOGUE[code].threshold.parameter for code in codes}, on)
    figures = {}
    spans = {area.code: area.range for area in areas}
    for (area, code), integers in sums.items():
        denominator, numerator, unknown, exempt, reported_only = integers
        figure = Figure(code, denominator, numerator, unknown, exempt, reported_only)
        threshold = CATALOGUE[code].threshold
        limit = _limit(limits[threshold.parameter], *spans[area])
        status = threshold.status(
            denominator=figure.denominator,
            numerator=figure.numerator,
            unknown=figure.unknown,
            percent=limit,
        )
        figures[area, code] = replace(figure, status=status)
    return figures


def _limits(names: set[str], on: date | None) -> dict[str, list[tuple[int, int, Decimal]]]:
    """Pass marks in force on a date (or on the newest date on record), the narrowest region first.

    Raises NoStandards when none of them is on file.
    """
    day = on or RunNight.objects.aggregate(on=Max("on"))["on"] or date.max
    rows = Parameter.objects.valid_on(day).filter(code__in=names)
    found: dict[str, list[tuple[int, int, Decimal]]] = {name: [] for name in names}
    for code, low, high, value in rows.values_list("code", "low", "high", "value"):
        found[code].append((low, high, Decimal(value)))
    if not any(found.values()):
        raise services.NoStandards
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
    if on is None or CATALOGUE[code].is_bad_count:
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
    if CATALOGUE[code].is_bad_count:
        return []
    grain, slug = CATALOGUE[code].subject, CATALOGUE[code].slug
    sql = (
        f"SELECT village_id, '{grain.upper()}', subject_id, household_id, 'MET' FROM t_{grain}"
        f' WHERE "{slug}" IN ({engine.MET}, {engine.MET_REPORTED}) ORDER BY 1, 3'
    )
    if on is not None:
        return _computed_units(area, code, sql, on, _known_by_the_run_of(area, on))
    fresh = freshness(area)
    units: list[Unit] = []
    if fresh.confirmed_on:
        units = _computed_units(
            area, code, sql, fresh.confirmed_on, _known_by_the_run_of(area, fresh.confirmed_on)
        )
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


def unit_verdicts(household_ids: Sequence[int], on: date) -> dict[int, dict[str, str]]:
    """Lights of some households on a date: household -> indicator code -> verdict.

    An indicator of members shows the worst of the household's members. Judged from the facts as
    they stand now, at a cost that does not grow with the register.
    """
    lights: dict[int, dict[str, str]] = {pk: {} for pk in household_ids}
    if not household_ids:
        return lights
    codes = [
        c
        for c, d in CATALOGUE.items()
        if isinstance(d, Indicator) and d.subject in ("household", "member")
    ]
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
    """One condition of a rule as a person reads it."""

    label: str
    standard: str
    verdict: str
    facts: tuple["FactShown", ...] = ()


@dataclass(frozen=True)
class FactShown:
    """One fact that the rule used: its value in words, since when, and who says so."""

    label: str
    value: Any
    text: str
    since: date | None = None
    source: str = ""
    author: str = ""


@dataclass(frozen=True)
class Explanation:
    """Why one unit got its verdict: each part, each fact, each standard with its clause."""

    definition: Indicator
    on: date
    verdict: str
    exempt: bool
    reported: bool
    parts: list[PartShown]
    facts: list[FactShown]
    parameters: list[Parameter]

    @property
    def missing(self) -> list[FactShown]:
        return [fact for fact in self.facts if fact.value in (None, "", [])]

    @property
    def clause(self) -> str:
        return f"{documents()[self.definition.clause.document]} {self.definition.clause.section}"


def explain(code: str, subject_id: int, on: date) -> Explanation | None:
    """Each part of the rule with the value used and the standard it rests on; None off the register."""
    definition = CATALOGUE[code]
    if not isinstance(definition, Indicator):
        return None
    units = {
        "household": engine.Units(households=[subject_id]),
        "member": engine.Units(members=[subject_id]),
        "village": engine.Units(villages=[subject_id]),
    }[definition.subject]
    with connection.cursor() as cursor:
        found = engine.explain(cursor, definition, services.moment(on), units)
    if found is None:
        return None
    values = {name: _tidy(value) for name, (value, _pk) in found.parameters.items()}
    used = [pk for _value, pk in found.parameters.values() if pk]
    shown = _with_provenance(found.facts)
    return Explanation(
        definition=definition,
        on=on,
        verdict=VERDICTS[found.verdict],
        exempt=found.verdict == engine.EXEMPT,
        reported=found.verdict in (engine.MET_REPORTED, engine.NOT_MET_REPORTED),
        parts=_parts(definition, found, shown, values),
        facts=list(shown.values()),
        parameters=list(Parameter.objects.filter(pk__in=used).order_by("code")),
    )


def _parts(
    definition: Indicator,
    found: engine.Explained,
    shown: Mapping[Fact, FactShown],
    values: Mapping[str, str],
) -> list[PartShown]:
    """The rule step by step; where only a bare report decided, that report alone."""
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
    return [
        PartShown(
            part.label,
            part.standard.format(**values),
            _truth(value),
            tuple(shown[f] for f in facts_in(part)),
        )
        for part, value in found.parts
    ]


def _with_provenance(facts: Sequence[tuple[Fact, Any, int | None]]) -> dict[Fact, FactShown]:
    """Facts in words with the version each comes from; one query per theme."""
    wanted: dict[str, set[int]] = {}
    for fact, _value, pk in facts:
        if pk and fact.theme.model and fact.theme.model != PERSON.model:
            wanted.setdefault(fact.theme.model, set()).add(pk)
    versions = {
        model: apps.get_model(model)._default_manager.select_related("author").in_bulk(pks)
        for model, pks in wanted.items()
    }
    shown = {}
    for fact, value, pk in facts:
        version = versions.get(fact.theme.model, {}).get(pk)
        shown[fact] = FactShown(
            fact.label,
            value,
            _text(fact, value),
            since=version.valid_from if version else None,
            source=version.get_source_display() if version else "",
            author=str(version.author) if version and version.author else "",
        )
    return shown


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
    if not isinstance(definition, Indicator):
        return []
    return [PartShown(part.label, part.standard, "") for part in parts_in(definition.met)]


def _truth(value: bool | None) -> str:
    return Verdict.INSUFFICIENT_DATA if value is None else Verdict.MET if value else Verdict.NOT_MET


def _tidy(value: Any) -> str:
    return f"{value.normalize():f}" if isinstance(value, Decimal) else str(value)


def _text(fact: Any, value: Any) -> str:
    """A fact's value in the words of its code list, with its unit."""
    if value in (None, "", []):
        return ""
    if fact.kind == "bool":
        return _("是") if value else _("否")
    if fact.kind == "text" and fact.theme.model:
        choices = dict(apps.get_model(fact.theme.model)._meta.get_field(fact.column).flatchoices)
        return str(choices.get(value, value))
    return f"{_tidy(value)} {fact.unit}".strip()
