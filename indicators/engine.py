"""Compiles declarations to set-based SQL. Knows no theme and no threshold.

Every condition is evaluated once per unit into a temporary verdict table (one row per unit, one
small integer per indicator); figures and gaps are derived from it, and so cannot disagree. The same
compiled conditions, for one unit and with each part as its own column, are the explanation.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.apps import apps
from django.db.backends.utils import CursorWrapper

from indicators.definitions import CATALOGUE, Indicator, PersonsOverBase
from indicators.expressions import Fact, Node, Parameter, Theme, facts_in, parameters_in, parts_in
from indicators.facts import MEMBERS, PERSON, STATUS

# Verdict numbers of the temporary tables.
OUT, MET, NOT_MET, UNKNOWN, EXEMPT, MET_REPORTED, NOT_MET_REPORTED = range(7)

GRAINS = ("household", "member", "village")
VILLAGES = (
    "(SELECT v.area_id AS village_id FROM villages_village v JOIN accounts_area a ON a.code = v.area_id"
    " WHERE a.valid_to IS NULL OR a.valid_to > %(on)s) unit"
)


@dataclass(frozen=True, kw_only=True)
class Moment:
    """Which date is judged, with what was known when (None: everything known now)."""

    on: date
    accounting_year: int
    known_at: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class Units:
    """Which units are judged: a range of village codes, or some villages, or some subjects."""

    low: int | None = None
    high: int | None = None
    villages: Sequence[int] | None = None
    households: Sequence[int] | None = None
    members: Sequence[int] | None = None

    def sql(self, village: str, household: str = "", member: str = "") -> str:
        conditions = []
        if self.low is not None:
            conditions.append(f"{village} BETWEEN %(low)s AND %(high)s")
        if self.villages is not None:
            conditions.append(f"{village} = ANY(%(villages)s)")
        if self.households is not None and household:
            conditions.append(f"{household} = ANY(%(households)s)")
        if self.members is not None and member:
            conditions.append(f"{member} = ANY(%(members)s)")
        return " AND ".join(conditions) or "TRUE"


def bindings(moment: Moment, units: Units) -> dict[str, Any]:
    """Values of every placeholder that compiled statements may hold."""
    return {
        "on": moment.on,
        "known_at": moment.known_at,
        "accounting_year": moment.accounting_year,
        "year": moment.on.year,
        "year_end": date(moment.accounting_year, 12, 31),
        "low": units.low,
        "high": units.high,
        "villages": list(units.villages or []),
        "households": list(units.households or []),
        "members": list(units.members or []),
    }


def holds(alias: str, moment: Moment) -> str:
    """SQL: this version held on the date, as known (`core.facts.as_of_q` in SQL)."""
    a = alias
    if moment.known_at is None:
        return (
            f"{a}.superseded_at IS NULL AND {a}.valid_from <= %(on)s "
            f"AND ({a}.valid_to IS NULL OR {a}.valid_to > %(on)s)"
        )
    return (
        f"{a}.recorded_at <= %(known_at)s AND ({a}.superseded_at IS NULL OR {a}.superseded_at > %(known_at)s) "
        f"AND {a}.valid_from <= %(on)s "
        f"AND ({a}.valid_to IS NULL OR {a}.valid_to > %(on)s OR {a}.closed_at > %(known_at)s)"
    )


def parameter_columns(parameters: Iterable[Parameter], moment: Moment) -> str:
    """SQL columns of the per-village table of standards: the value and the version of each.

    The longest region prefix among the rows valid on the date wins; income lines go by the
    accounting year.
    """
    columns = []
    known = "TRUE" if moment.known_at is None else "q.recorded_at <= %(known_at)s"
    standing = "q.superseded_at IS NULL"
    if moment.known_at is not None:
        standing = f"({standing} OR q.superseded_at > %(known_at)s)"
    for parameter in dict.fromkeys(parameters):
        day = "%(year_end)s::date" if parameter.by_year else "%(on)s::date"
        found = (
            f"FROM indicators_parameter q WHERE q.code = '{parameter.code}' AND {known} AND {standing} "
            f"AND q.valid_from <= {day} AND (q.valid_to IS NULL OR q.valid_to > {day}) "
            f"AND v.area_id BETWEEN q.low AND q.high ORDER BY q.high - q.low LIMIT 1"
        )
        columns.append(f'(SELECT q.value::{parameter.type} {found}) AS "{parameter.code}"')
        columns.append(f'(SELECT q.id {found}) AS "{parameter.code}#"')
    return ",\n  ".join(columns)


def all_parameters(codes: Iterable[str] | None = None) -> list[Parameter]:
    found: dict[Parameter, None] = {}
    for definition in _definitions(codes):
        found |= dict.fromkeys(parameters_of(definition))
    return list(found)


def parameters_of(definition: Indicator | PersonsOverBase) -> list[Parameter]:
    """The standards a definition reads, the pass mark included."""
    return [
        *dict.fromkeys(
            [*parameters_in(*_rules(definition)), Parameter(definition.threshold.parameter)]
        )
    ]


def source(grain: str, themes: Iterable[Theme], moment: Moment, units: Units) -> str:
    """FROM and WHERE of one row per unit of a grain, with the themes that rules read joined on.

    Units are those that exist on the date: households by residence, members by membership of a
    resident household, villages that keep a register.
    """
    household = "" if grain == "village" else "unit.household_id"
    where = units.sql("unit.village_id", household, "unit.member_id" if grain == "member" else "")
    if grain == "village":
        joins = [f"FROM {VILLAGES}"]
    elif grain == "household":
        joins = ["FROM households_residence unit"]
        where += f" AND {holds('unit', moment)}"
    else:
        joins = [
            "FROM households_membership unit",
            "JOIN households_member person ON person.id = unit.member_id",
        ]
        where += f" AND {holds('unit', moment)} AND unit.is_member"
    joins.append("JOIN t_parameter p ON p.village_id = unit.village_id")
    for theme in dict.fromkeys(themes):
        joins.append(_join(theme, grain, moment, units))
    return "\n".join(filter(None, joins)) + f"\nWHERE {where}"


def verdict(definition: Indicator) -> str:
    """SQL CASE that judges one unit by one indicator: evidence first, a bare report only without it."""
    cases = [f"WHEN ({definition.applies.sql()}) IS FALSE THEN {OUT}"]
    if definition.exempt is not None:
        cases.append(f"WHEN ({definition.exempt.sql()}) IS TRUE THEN {EXEMPT}")
    cases.append(f"WHEN ({definition.applies.sql()}) IS NULL THEN {UNKNOWN}")
    cases.append(f"WHEN ({definition.met.sql()}) IS TRUE THEN {MET}")
    cases.append(f"WHEN ({definition.met.sql()}) IS FALSE THEN {NOT_MET}")
    if definition.reported is not None and definition.reported_when is not None:
        when, reported = definition.reported_when.sql(), definition.reported.sql()
        cases.append(f"WHEN {when} AND ({reported}) IS TRUE THEN {MET_REPORTED}")
        cases.append(f"WHEN {when} AND ({reported}) IS FALSE THEN {NOT_MET_REPORTED}")
    return "(CASE " + " ".join(cases) + f" ELSE {UNKNOWN} END)::smallint"


def evaluate(
    cursor: CursorWrapper, moment: Moment, units: Units, codes: Iterable[str] | None = None
) -> dict[str, int]:
    """Fill t_parameter, t_household, t_member, t_village, t_result and t_gap for these units.

    The tables live until the transaction ends. Returns the number of units per grain. A batch costs
    one pass over each fact table that its rules read.
    """
    codes = list(codes) if codes is not None else None
    bound = bindings(moment, units)
    run = lambda sql: cursor.execute(sql, bound)  # noqa: E731
    if units.low is not None or units.villages is not None:
        run(
            "SET LOCAL enable_nestloop = off"
        )  # without fresh statistics a nested loop over a batch never ends
    run("SET LOCAL jit = off")
    for table in ("t_parameter", "t_household", "t_member", "t_village", "t_result", "t_gap"):
        run(f"DROP TABLE IF EXISTS {table}")
    run(f"CREATE TEMP TABLE t_parameter ON COMMIT DROP AS {parameter_query(moment, units, codes)}")
    run("CREATE UNIQUE INDEX ON t_parameter (village_id)")
    counts = {}
    for grain in GRAINS:
        counts[grain] = 0
        if definitions := _of_grain(grain, codes):
            query = unit_query(grain, definitions, moment, units)
            run(f"CREATE TEMP TABLE t_{grain} ON COMMIT DROP AS\n{query}")
            counts[grain] = cursor.rowcount
    _derive(cursor, moment, units, codes)
    return counts


def judge(
    cursor: CursorWrapper,
    grain: str,
    moment: Moment,
    units: Units,
    codes: Iterable[str] | None = None,
) -> tuple[list[Indicator], list[tuple[Any, ...]]]:
    """Verdict numbers of a few units of one grain in one statement, without temporary tables.

    The definitions judged, in order, and rows of (village, subject, household, a verdict for each).
    """
    codes = list(codes) if codes is not None else None
    definitions = _of_grain(grain, codes)
    if not definitions:
        return [], []
    asked = [d.code for d in definitions]
    cursor.execute(
        f"WITH t_parameter AS MATERIALIZED ({parameter_query(moment, units, asked)})\n"
        f"{unit_query(grain, definitions, moment, units)}",
        bindings(moment, units),
    )
    return definitions, cursor.fetchall()


def unit_query(grain: str, definitions: Sequence[Indicator], moment: Moment, units: Units) -> str:
    """One row per unit of a grain: where it lies, which it is, and its verdict by each definition."""
    themes = [fact.theme for d in definitions for fact in facts_in(*_rules(d))]
    household = "NULL::bigint" if grain == "village" else "unit.household_id"
    columns = "".join(f',\n  {verdict(d)} AS "{d.slug}"' for d in definitions)
    return (
        f"SELECT unit.village_id, unit.{grain}_id AS subject_id, {household} AS household_id{columns}\n"
        f"{source(grain, themes, moment, units)}"
    )


def parameter_query(moment: Moment, units: Units, codes: list[str] | None) -> str:
    """One row per village: the value and the version of every standard that the rules read."""
    by_village = units.low is not None or units.villages is not None
    where = units.sql("v.area_id") if by_village else _villages_of(units)
    columns = parameter_columns(all_parameters(codes), moment)
    return f"SELECT v.area_id AS village_id,\n  {columns}\nFROM villages_village v WHERE {where}"


def _villages_of(units: Units) -> str:
    if units.households is not None:
        return "v.area_id IN (SELECT village_id FROM households_residence WHERE household_id = ANY(%(households)s))"
    return "v.area_id IN (SELECT village_id FROM households_membership WHERE member_id = ANY(%(members)s))"


def _derive(cursor: CursorWrapper, moment: Moment, units: Units, codes: list[str] | None) -> None:
    """Figures and gaps from the verdict tables."""
    bound = bindings(moment, units)
    counted, failing = [], []
    for grain in GRAINS:
        definitions = _of_grain(grain, codes)
        if not definitions:
            continue
        unpivot = ", ".join(f"('{d.code}', u.\"{d.slug}\")" for d in definitions)
        lateral = f"FROM t_{grain} u CROSS JOIN LATERAL (VALUES {unpivot}) x(indicator, v)"
        counted.append(
            f"SELECT u.village_id, x.indicator,"
            f" count(*) FILTER (WHERE v <> {EXEMPT})::int AS denominator,"
            f" count(*) FILTER (WHERE v IN ({MET}, {MET_REPORTED}))::int AS numerator,"
            f" count(*) FILTER (WHERE v = {UNKNOWN})::int AS unknown,"
            f" count(*) FILTER (WHERE v = {EXEMPT})::int AS exempt,"
            f" count(*) FILTER (WHERE v IN ({MET_REPORTED}, {NOT_MET_REPORTED}))::int AS reported_only"
            f" {lateral} WHERE v <> {OUT} GROUP BY 1, 2"
        )
        failing.append(
            f"SELECT u.village_id, x.indicator, '{grain.upper()}'::varchar AS subject_kind,"
            f" u.subject_id, u.household_id,"
            f" (CASE WHEN v = {UNKNOWN} THEN 'INSUFFICIENT_DATA' ELSE 'NOT_MET' END)::varchar AS verdict"
            f" {lateral} WHERE v IN ({NOT_MET}, {NOT_MET_REPORTED}, {UNKNOWN})"
        )
    counted += [
        _persons_over_base(d, moment, units)
        for d in _definitions(codes)
        if isinstance(d, PersonsOverBase)
    ]
    status = (
        "CASE r.indicator "
        + " ".join(f"WHEN '{d.code}' THEN {d.threshold.sql()}" for d in _definitions(codes))
        + " END"
    )
    versions = (
        "CASE r.indicator "
        + " ".join(f"WHEN '{d.code}' THEN " + _versions(d) for d in _definitions(codes))
        + " END"
    )
    cursor.execute(
        f"CREATE TEMP TABLE t_result ON COMMIT DROP AS SELECT r.*, ({status})::varchar AS status,"
        f" ({versions}) AS parameters FROM ({' UNION ALL '.join(counted)}) r"
        f" JOIN t_parameter p ON p.village_id = r.village_id",
        bound,
    )
    if not failing:
        failing = [
            "SELECT NULL::bigint AS village_id, NULL::varchar AS indicator, NULL::varchar AS subject_kind,"
            " NULL::bigint AS subject_id, NULL::bigint AS household_id, NULL::varchar AS verdict WHERE FALSE"
        ]
    cursor.execute(
        f"CREATE TEMP TABLE t_gap ON COMMIT DROP AS {' UNION ALL '.join(failing)}", bound
    )
    for table in ("t_result", "t_gap"):
        cursor.execute(f"ANALYZE {table}")


def _versions(definition: Indicator | PersonsOverBase) -> str:
    ids = ", ".join(f'p."{parameter.code}#"' for parameter in parameters_of(definition))
    return f"array_remove(ARRAY[{ids}]::bigint[], NULL)"


def _persons_over_base(definition: PersonsOverBase, moment: Moment, units: Units) -> str:
    """Persons counted over a base of the village; a village without a base has no row."""
    base_join = _join(definition.base.theme, "village", moment, units)
    status_join = _join(STATUS, "member", moment, units)
    base, counts = definition.base.sql(), definition.counts.sql()
    return (
        f"SELECT unit.village_id, '{definition.code}' AS indicator, {base} AS denominator,"
        f" COALESCE(n.counted, 0)::int AS numerator, COALESCE(n.unknown, 0)::int AS unknown, 0 AS exempt,"
        f" 0 AS reported_only FROM {VILLAGES} {base_join}"
        f" LEFT JOIN (SELECT unit.village_id, count(*) FILTER (WHERE {counts}) AS counted,"
        f"  count(*) FILTER (WHERE ({counts}) IS NULL) AS unknown FROM households_membership unit {status_join}"
        f"  WHERE {units.sql('unit.village_id')} AND {holds('unit', moment)} AND unit.is_member GROUP BY 1"
        f" ) n ON n.village_id = unit.village_id"
        f" WHERE {units.sql('unit.village_id')} AND {base} > 0"
    )


def _join(theme: Theme, grain: str, moment: Moment, units: Units) -> str:
    """LEFT JOIN of a theme's version on the date, by the unit's own key or its household's."""
    a = theme.alias
    if theme is PERSON:
        return ""  # joined by `source`
    if theme is MEMBERS:
        return (
            "LEFT JOIN (SELECT m.household_id, count(*) AS member_count FROM households_membership m"
            f" WHERE {units.sql('m.village_id', 'm.household_id')} AND {holds('m', moment)} AND m.is_member"
            f" GROUP BY 1) {a} ON {a}.household_id = unit.household_id"
        )
    table = apps.get_model(theme.model)._meta.db_table
    key = f"{theme.grain}_id"
    on = [f"{a}.{key} = unit.{key}", holds(a, moment)]
    if theme.grain != "village":
        scope = units.sql(f"{a}.village_id", f"{a}.household_id")
        on.append(scope)
    if theme.year:
        on.append(f"{a}.year = {theme.year}")
    return f"LEFT JOIN {table} {a} ON " + " AND ".join(on)


def _rules(definition: Indicator | PersonsOverBase) -> list[Node]:
    if isinstance(definition, PersonsOverBase):
        return [definition.base, definition.counts]
    optional = (definition.exempt, definition.reported, definition.reported_when)
    return [definition.applies, definition.met, *(rule for rule in optional if rule is not None)]


def _of_grain(grain: str, codes: Iterable[str] | None) -> list[Indicator]:
    return [d for d in _definitions(codes) if isinstance(d, Indicator) and d.subject == grain]


def _definitions(codes: Iterable[str] | None) -> list[Indicator | PersonsOverBase]:
    return [CATALOGUE[code] for code in codes] if codes is not None else list(CATALOGUE.values())


@dataclass(frozen=True)
class Explained:
    """One unit judged by one indicator: its verdict number, each part, each fact with its version."""

    verdict: int
    applies: bool | None
    exempt: bool | None
    reported: bool
    parts: list[tuple[Any, bool | None]]  # (Part, true | false | unknown)
    facts: list[tuple[Fact, Any, int | None]]  # (fact, value, id of the version it comes from)
    parameters: dict[str, tuple[Any, int | None]]  # code -> (value, id of the Parameter row)


def explain(
    cursor: CursorWrapper, definition: Indicator, moment: Moment, units: Units
) -> Explained | None:
    """The same compiled condition for one unit, part by part; None when there is no such unit then."""
    rules = _rules(definition)
    parts, facts, parameters = parts_in(definition.met), facts_in(*rules), parameters_of(definition)
    columns = [
        verdict(definition),
        f"({definition.applies.sql()})",
        f"({definition.exempt.sql()})" if definition.exempt else "FALSE",
        f"({definition.reported_when.sql()})" if definition.reported_when else "FALSE",
        *(f"({part.sql()})" for part in parts),
        *(fact.sql() for fact in facts),
        *(f"{fact.theme.alias}.id" if fact.theme not in (MEMBERS,) else "NULL" for fact in facts),
        *(f'p."{parameter.code}"' for parameter in parameters),
        *(f'p."{parameter.code}#"' for parameter in parameters),
    ]
    themes = [fact.theme for fact in facts]
    names = source(definition.subject, themes, moment, units)
    cursor.execute(
        f"WITH t_parameter AS MATERIALIZED ({parameter_query(moment, units, [definition.code])})\n"
        f"SELECT {', '.join(columns)}\n{names}",
        bindings(moment, units),
    )
    row = cursor.fetchone()
    if row is None:
        return None
    values = list(row[4:])
    take = lambda n: [values.pop(0) for _ in range(n)]  # noqa: E731
    part_values, fact_values, fact_ids = take(len(parts)), take(len(facts)), take(len(facts))
    parameter_values, parameter_ids = take(len(parameters)), take(len(parameters))
    return Explained(
        verdict=row[0],
        applies=row[1],
        exempt=row[2],
        reported=row[3],
        parts=list(zip(parts, part_values, strict=True)),
        facts=list(zip(facts, fact_values, fact_ids, strict=True)),
        parameters={
            q.code: (value, pk)
            for q, value, pk in zip(parameters, parameter_values, parameter_ids, strict=True)
        },
    )
