"""From declarations to SQL text. Knows no theme and no threshold, touches no database.

Every condition is evaluated once per unit into a relation of verdicts (one row per unit, one small
integer per indicator). The relations of a batch, in the order in which each needs those before it:

    t_parameter   a row per village: value and version of every standard
    t_member      a row per member: verdicts, and the conditions that households are tallied by
    t_members     a row per household: its members counted
    t_household   a row per household: verdicts, composites last
    t_count_*     a row per village: its units counted, a few integers per indicator
    t_village     a row per village: verdicts, composites last
    t_result      a row per village and indicator: the integers, the status, the standards used
    t_gap         a row per unit that fails or whose facts do not suffice

`engine` makes them temporary tables for a batch, and subqueries for a few units.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from typing import Any

from django.apps import apps

from indicators.definitions import (
    CATALOGUE,
    Composite,
    Definition,
    Indicator,
    Item,
    PersonsOverBase,
)
from indicators.expressions import (
    Node,
    Parameter,
    Tally,
    Theme,
    facts_in,
    parameters_in,
    reads_of,
)
from indicators.facts import MEMBERS

# Verdict numbers of the relations, in such an order that what is a gap begins at one of them.
OUT, EXEMPT, MET, MET_REPORTED, NOT_MET_REPORTED, NOT_MET, UNKNOWN = range(7)
PASSED = (MET, MET_REPORTED)
FAILED = (NOT_MET_REPORTED, NOT_MET)
FIRST_GAP = NOT_MET_REPORTED

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

    @property
    def is_batch(self) -> bool:
        return self.low is not None or self.villages is not None

    @property
    def by(self) -> tuple[str, ...]:
        """Which of the ways of naming units is used."""
        ways = {
            "range": self.low,
            "villages": self.villages,
            "households": self.households,
            "members": self.members,
        }
        return tuple(way for way, value in ways.items() if value is not None)

    def sql(self, village: str) -> str:
        """SQL: a row of this village column belongs to the units."""
        return Frame(False, self.by).within(village)


def bindings(moment: Moment, units: Units) -> dict[str, Any]:
    """Values of every placeholder that compiled statements may hold."""
    return {
        "on": moment.on,
        "known_at": moment.known_at,
        "accounting_year": moment.accounting_year,
        "year": moment.on.year,
        "school_year": moment.on.year - (moment.on.month < 9),
        "year_end": date(moment.accounting_year, 12, 31),
        "low": units.low,
        "high": units.high,
        "villages": list(units.villages or []),
        "households": list(units.households or []),
        "members": list(units.members or []),
    }


@dataclass(frozen=True)
class Frame:
    """What of a moment and of units decides the text of a statement, apart from the values."""

    as_known: bool  # as known at a moment, not now
    by: tuple[str, ...]  # which of the ways of naming units is used

    @classmethod
    def of(cls, moment: Moment, units: Units) -> "Frame":
        return cls(moment.known_at is not None, units.by)

    def within(self, village: str, household: str = "", member: str = "") -> str:
        """SQL: the row belongs to the units."""
        tests = {
            "range": f"{village} BETWEEN %(low)s AND %(high)s",
            "villages": f"{village} = ANY(%(villages)s)",
            "households": household and f"{household} = ANY(%(households)s)",
            "members": member and f"{member} = ANY(%(members)s)",
        }
        return " AND ".join(tests[way] for way in self.by if tests[way]) or "TRUE"

    def holds(self, alias: str) -> str:
        """SQL: this version held on the date, as known (`core.facts.as_of_q` in SQL)."""
        a = alias
        if not self.as_known:
            return (
                f"{a}.superseded_at IS NULL AND {a}.valid_from <= %(on)s "
                f"AND ({a}.valid_to IS NULL OR {a}.valid_to > %(on)s)"
            )
        return (
            f"{a}.recorded_at <= %(known_at)s AND ({a}.superseded_at IS NULL OR {a}.superseded_at > %(known_at)s) "
            f"AND {a}.valid_from <= %(on)s "
            f"AND ({a}.valid_to IS NULL OR {a}.valid_to > %(on)s OR {a}.closed_at > %(known_at)s)"
        )


# --- what has to be evaluated ----------------------------------------------------------------------


class Plan:
    """Everything that some indicators rest on, by grain; the items of composites included."""

    def __init__(self, codes: tuple[str, ...]) -> None:
        self.asked: list[Definition] = [CATALOGUE[code] for code in codes]
        every = list(dict.fromkeys(_with_items(self.asked)))
        plain = [d for d in every if isinstance(d, Indicator)]
        self.members, self.households, self.villages = (
            [d for d in plain if d.subject == grain] for grain in ("member", "household", "village")
        )
        self.persons = [d for d in every if isinstance(d, PersonsOverBase)]
        composites = [d for d in every if isinstance(d, Composite)]
        self.of_households = [d for d in composites if d.subject == "household"]
        self.of_villages = [d for d in composites if d.subject == "village"]
        rules = [rule for d in self.households for rule in rules_of(d)]
        facts = facts_in(*rules, *(d.applies for d in self.of_households))
        self.tallies = [f for f in facts if isinstance(f, Tally) and f.condition is not None]
        self.member_items = list(
            dict.fromkeys(
                CATALOGUE[item.code].slug
                for d in self.of_households
                for item in d.items
                if item.code and CATALOGUE[item.code].subject == "member"
            )
        )
        self.counts_members = any(fact.theme is MEMBERS for fact in facts) or bool(
            self.member_items
        )
        self.parameters = list(dict.fromkeys(p for d in every for p in parameters_of(d)))
        names = [parameter.code for parameter in self.parameters]
        if twice := {name for name in names if names.count(name) > 1}:
            raise ValueError(f"standards declared in two ways: {sorted(twice)}")

    @property
    def reads_members(self) -> bool:
        return bool(self.members or self.persons or self.counts_members)

    @property
    def reads_households(self) -> bool:
        return bool(self.households or self.of_households)

    @property
    def reads_villages(self) -> bool:
        return bool(self.villages or self.of_villages or self.persons)


def _with_items(definitions: Iterable[Definition]) -> Iterator[Definition]:
    for definition in definitions:
        if isinstance(definition, Composite):
            yield from _with_items(CATALOGUE[item.code] for item in definition.items if item.code)
        yield definition


@lru_cache(maxsize=256)
def plan_of(codes: tuple[str, ...]) -> Plan:
    """The plan of some indicators; made once per process."""
    return Plan(codes)


def rules_of(definition: Definition) -> list[Node]:
    """Every condition and value that a definition declares."""
    if isinstance(definition, PersonsOverBase):
        return [definition.base, definition.counts]
    if isinstance(definition, Composite):
        return [definition.applies]
    optional = (definition.exempt, definition.reported, definition.reported_when)
    return [definition.applies, definition.met, *(rule for rule in optional if rule is not None)]


def parameters_of(definition: Definition) -> list[Parameter]:
    """The standards a definition reads, pass marks included."""
    rules = rules_of(definition)
    tallied = [fact.condition for fact in facts_in(*rules) if isinstance(fact, Tally)]
    marks = [definition.threshold.parameter]
    below: list[Parameter] = []
    if isinstance(definition, Composite):
        items = [item for item in definition.items if item.code]
        marks += [item.threshold.parameter for item in items]
        below = [p for item in items for p in parameters_of(CATALOGUE[item.code])]
    read = [*parameters_in(*rules, *tallied), *(Parameter(mark) for mark in marks if mark), *below]
    return list(dict.fromkeys(read))


# --- relations -----------------------------------------------------------------------------------


def parameter_query(plan: Plan, frame: Frame) -> str:
    """One row per village: the value and the version of every standard that the rules read.

    The longest region prefix among the rows valid on the date wins; income lines go by the
    accounting year.
    """
    if {"range", "villages"} & set(frame.by) or not frame.by:
        where = frame.within("v.area_id")
    elif "households" in frame.by:
        where = "v.area_id IN (SELECT village_id FROM households_residence WHERE household_id = ANY(%(households)s))"
    else:
        where = "v.area_id IN (SELECT village_id FROM households_membership WHERE member_id = ANY(%(members)s))"
    by_year = ", ".join(f"'{p.code}'" for p in plan.parameters if p.by_year)
    day = (
        f"(CASE WHEN q.code IN ({by_year}) THEN %(year_end)s::date ELSE %(on)s::date END)"
        if by_year
        else "%(on)s::date"
    )
    known = "q.superseded_at IS NULL"
    if frame.as_known:
        known = (
            "q.recorded_at <= %(known_at)s"
            " AND (q.superseded_at IS NULL OR q.superseded_at > %(known_at)s)"
        )
    codes = ", ".join(f"'{p.code}'" for p in plan.parameters) or "''"
    columns = "".join(
        f",\n  (max(r.value) FILTER (WHERE r.code = '{p.code}'))::{p.type} AS \"{p.code}\","
        f" max(r.id) FILTER (WHERE r.code = '{p.code}') AS \"{p.code}#\""
        for p in plan.parameters
    )
    return (
        f"SELECT r.village_id{columns}\nFROM (SELECT DISTINCT ON (v.area_id, q.code)"
        f" v.area_id AS village_id, q.code, q.value, q.id FROM villages_village v"
        f" LEFT JOIN indicators_parameter q ON v.area_id BETWEEN q.low AND q.high AND q.code IN ({codes})"
        f" AND {known} AND q.valid_from <= {day} AND (q.valid_to IS NULL OR q.valid_to > {day})"
        f" WHERE {where} ORDER BY v.area_id, q.code, q.high - q.low) r GROUP BY 1"
    )


def member_query(plan: Plan, frame: Frame) -> str:
    """One row per member of a household: verdicts, then what households and villages count."""
    columns = [f'{verdict(d)} AS "{d.slug}"' for d in plan.members]
    columns += [f'({d.counts.sql()}) AS "{d.slug}"' for d in plan.persons]
    columns += [f'({counted_by(t).sql()}) AS "{t.column}"' for t in plan.tallies]
    rules: list[Node] = [rule for d in plan.members for rule in rules_of(d)]
    rules += [*(d.counts for d in plan.persons), *(counted_by(t) for t in plan.tallies)]
    return select("member", columns, rules, frame)


def members_query(plan: Plan) -> str:
    """One row per household: its members, those each tally counts, and the worst of their verdicts."""
    columns = ["count(*) AS member_count"]
    for tally in plan.tallies:
        columns.append(f'count(*) FILTER (WHERE "{tally.column}") AS "{tally.column}"')
        columns.append(f'count(*) FILTER (WHERE "{tally.column}" IS NULL) AS "{tally.column}?"')
    for slug in plan.member_items:
        columns.append(f'count(*) FILTER (WHERE "{slug}" IN {FAILED}) AS "{slug}!"')
        columns.append(f'count(*) FILTER (WHERE "{slug}" = {UNKNOWN}) AS "{slug}?"')
        columns.append(f'count(*) FILTER (WHERE "{slug}" IN {PASSED}) AS "{slug}+"')
    return f"SELECT household_id, {', '.join(columns)} FROM t_member GROUP BY 1"


def household_query(plan: Plan, frame: Frame) -> str:
    """One row per household: verdicts, composites from those verdicts."""
    columns = [f'{verdict(d)} AS "{d.slug}"' for d in plan.households]
    columns += [f'({d.applies.sql()}) AS "{d.slug}@"' for d in plan.of_households]
    columns += [f'f."{slug}"' for slug in plan.member_items]  # read by the composites alone
    read: list[Definition] = [*plan.households, *plan.of_households]
    rules = [rule for d in read for rule in rules_of(d)]
    worst = {slug: _worst(slug) for slug in plan.member_items}
    inner = select("household", columns, rules, frame, more=worst, with_members=plan.counts_members)
    return _with_composites(inner, plan.of_households, _household_item)


def village_query(plan: Plan, frame: Frame) -> str:
    """One row per village: verdicts, bases of rates, composites from these and the counts below."""
    columns = [f'{verdict(d)} AS "{d.slug}"' for d in plan.villages]
    columns += [f'({d.base.sql()}) AS "{d.slug}#"' for d in plan.persons]
    columns += [f'({d.applies.sql()}) AS "{d.slug}@"' for d in plan.of_villages]
    read: list[Definition] = [*plan.villages, *plan.of_villages]
    rules = [rule for d in read for rule in rules_of(d)]
    rules += [d.base for d in plan.persons]
    joins = []
    if plan.of_villages:
        for grain in ("household", "member"):
            counted = _counted(plan, grain)
            joins.append(
                f"LEFT JOIN t_count_{grain} c_{grain} ON c_{grain}.village_id = f.village_id"
            )
            columns += [
                f'COALESCE(c_{grain}."{d.slug}_{part}", 0) AS "{d.slug}_{part}"'
                for d in counted
                for part in ("n", "x", "u")
            ]
        columns += [
            f'COALESCE(c_member."{d.slug}_{part}", 0) AS "{d.slug}_{part}"'
            for d in plan.persons
            for part in ("n", "u")
        ]
    inner = select("village", columns, rules, frame, joins=joins)
    return _with_composites(inner, plan.of_villages, _village_item)


def count_query(plan: Plan, grain: str) -> str:
    """One row per village: its units counted by verdict, the columns `_n` met, `_x` not met, `_u`
    unknown, `_e` exempt, `_r` only reported, of each indicator."""
    columns = []
    for d in _counted(plan, grain):
        has_report = isinstance(d, Indicator) and d.reported is not None
        tests = {
            "n": f"IN {PASSED}" if has_report else f"= {MET}",
            "x": f"IN {FAILED}" if has_report else f"= {NOT_MET}",
            "u": f"= {UNKNOWN}",
        }
        if isinstance(d, Indicator) and d.exempt is not None:
            tests["e"] = f"= {EXEMPT}"
        if has_report:
            tests["r"] = f"IN {(MET_REPORTED, NOT_MET_REPORTED)}"
        columns += [
            f'count(*) FILTER (WHERE "{d.slug}" {test}) AS "{d.slug}_{part}"'
            for part, test in tests.items()
        ]
    if grain == "member":
        for p in plan.persons:
            columns.append(f'count(*) FILTER (WHERE "{p.slug}") AS "{p.slug}_n"')
            columns.append(f'count(*) FILTER (WHERE "{p.slug}" IS NULL) AS "{p.slug}_u"')
    return f"SELECT village_id, {', '.join(columns) or '0 AS nothing'} FROM t_{grain} GROUP BY 1"


def result_query(plan: Plan) -> str:
    """One row per village and indicator asked for; none where no unit is concerned."""
    selects = []
    for grain in GRAINS:
        rows = [
            _result_row(d, _parts(d), _status(d))
            for d in plan.asked
            if not isinstance(d, PersonsOverBase) and d.subject == grain
        ]
        if rows:
            selects.append(_unpivot(rows, f"t_count_{grain} c"))
    rates = [
        _result_row(
            p, (f'c."{p.slug}#"', f'm."{p.slug}_n"', f'm."{p.slug}_u"', "0", "0"), _status(p)
        )
        for p in plan.asked
        if isinstance(p, PersonsOverBase)
    ]
    if rates:
        source = "t_village c LEFT JOIN t_count_member m ON m.village_id = c.village_id"
        selects.append(_unpivot(rates, source))
    return " UNION ALL ".join(selects)


def gap_query(plan: Plan) -> str:
    """One row per unit and indicator that is not met, or whose facts do not suffice."""
    selects = []
    for grain in GRAINS:
        listed = [
            d
            for d in plan.asked
            if not isinstance(d, PersonsOverBase) and d.subject == grain and d.lists_gaps
        ]
        if listed:
            values = ", ".join(f"('{d.code}'::varchar, u.\"{d.slug}\")" for d in listed)
            worst = ", ".join(f'u."{d.slug}"' for d in listed)
            selects.append(
                f"SELECT u.village_id, x.indicator, '{grain.upper()}'::varchar AS subject_kind, u.subject_id,"
                f" u.household_id, (CASE x.v WHEN {UNKNOWN} THEN 'INSUFFICIENT_DATA' ELSE 'NOT_MET' END)::varchar"
                f" AS verdict FROM t_{grain} u CROSS JOIN LATERAL (VALUES {values}) x(indicator, v)"
                f" WHERE GREATEST({worst}) >= {FIRST_GAP} AND x.v >= {FIRST_GAP}"
            )
    return " UNION ALL ".join(selects) or (
        "SELECT NULL::bigint AS village_id, NULL::varchar AS indicator, NULL::varchar AS subject_kind,"
        " NULL::bigint AS subject_id, NULL::bigint AS household_id, NULL::varchar AS verdict WHERE FALSE"
    )


def relations(plan: Plan, frame: Frame, upto: str = "t_gap") -> list[tuple[str, str]]:
    """Names and queries in the order in which each needs those before it, the last one `upto`."""
    queries = [("t_parameter", parameter_query(plan, frame))]
    if plan.reads_members:
        queries.append(("t_member", member_query(plan, frame)))
    if plan.counts_members:
        queries.append(("t_members", members_query(plan)))
    if plan.reads_households:
        queries.append(("t_household", household_query(plan, frame)))
    if upto in ("t_household", "t_member"):
        return [query for query in queries if query[0] in _needed(plan, upto)]
    if plan.reads_households or plan.of_villages:
        if not plan.reads_households:
            queries.append(("t_household", select("household", [], [], frame)))
        queries.append(("t_count_household", count_query(plan, "household")))
    if plan.reads_members or plan.of_villages:
        if not plan.reads_members:
            queries.append(("t_member", select("member", [], [], frame)))
        queries.append(("t_count_member", count_query(plan, "member")))
    if plan.reads_villages:
        queries.append(("t_village", village_query(plan, frame)))
    if upto == "t_village":
        return queries
    if plan.reads_villages:
        queries.append(("t_count_village", count_query(plan, "village")))
    queries += [("t_result", result_query(plan)), ("t_gap", gap_query(plan))]
    return queries


def _needed(plan: Plan, name: str) -> set[str]:
    if name == "t_member":
        return {"t_parameter", "t_member"}
    needed = {"t_parameter", "t_household"}
    return needed | {"t_member", "t_members"} if plan.counts_members else needed


def verdict(definition: Indicator) -> str:
    """SQL CASE that judges one unit by one indicator: evidence first, a bare report only without it."""
    met = f"CASE {definition.met.sql()} WHEN TRUE THEN {MET} WHEN FALSE THEN {NOT_MET}"
    if definition.reported is not None and definition.reported_when is not None:
        met += (
            f" ELSE CASE WHEN {definition.reported_when.sql()} THEN CASE {definition.reported.sql()}"
            f" WHEN TRUE THEN {MET_REPORTED} WHEN FALSE THEN {NOT_MET_REPORTED} ELSE {UNKNOWN} END"
            f" ELSE {UNKNOWN} END END"
        )
    else:
        met += f" ELSE {UNKNOWN} END"
    unknown = str(UNKNOWN)
    if definition.exempt is not None:
        exempt = definition.exempt.sql()
        met = f"CASE WHEN {exempt} THEN {EXEMPT} ELSE {met} END"
        unknown = f"CASE WHEN {exempt} THEN {EXEMPT} ELSE {UNKNOWN} END"
    return f"(CASE {definition.applies.sql()} WHEN FALSE THEN {OUT} WHEN TRUE THEN {met} ELSE {unknown} END)::smallint"


def facts_query(
    grain: str,
    rules: Iterable[Node],
    frame: Frame,
    *,
    more: Mapping[str, str] | None = None,
    with_members: bool = False,
) -> str:
    """One row of facts per unit of a grain, with the themes that rules read joined on.

    Units are those that exist on the date: households by residence, members by membership of a
    resident household, villages that keep a register. `more`: further columns over the joined tables.
    """
    rules = list(rules)
    themes = dict.fromkeys(fact.theme for fact in facts_in(*rules))
    household = "" if grain == "village" else "unit.household_id"
    where = frame.within(
        "unit.village_id", household, "unit.member_id" if grain == "member" else ""
    )
    if grain == "village":
        tables = [f"FROM {VILLAGES}"]
    else:
        table = "households_residence" if grain == "household" else "households_membership"
        tables = [f"FROM {table} unit"]
        where += f" AND {frame.holds('unit')}"
        if grain == "member":
            where += " AND unit.is_member"
    if with_members or MEMBERS in themes:
        a = MEMBERS.alias
        tables.append(f"LEFT JOIN t_members {a} ON {a}.household_id = unit.household_id")
    tables += [join(theme, frame) for theme in themes if theme is not MEMBERS]
    columns = "".join(
        f',\n    {sql} AS "{name}"' for name, sql in (reads_of(*rules) | dict(more or {})).items()
    )
    own = "NULL::bigint" if grain == "village" else "unit.household_id"
    return (
        f"SELECT unit.village_id, unit.{grain}_id AS subject_id, {own} AS household_id{columns}\n  "
        + "\n  ".join(tables)
        + f"\n  WHERE {where} OFFSET 0"  # a fence: each fact is worked out once, not in every rule
    )


def join(theme: Theme, frame: Frame) -> str:
    """LEFT JOIN of a theme's version on the date, by the unit's own key or its household's."""
    a = theme.alias
    if theme.table:
        near = frame.within(f"{a}.village_id")
        return f"LEFT JOIN {theme.table} {a} ON {a}.id = unit.{theme.grain}_id AND {near}"
    key = f"{theme.grain}_id"
    tests = [f"{a}.{key} = unit.{key}", frame.holds(a)]
    if theme.grain != "village":
        member = f"{a}.member_id" if theme.grain == "member" else ""
        tests.append(frame.within(f"{a}.village_id", f"{a}.household_id", member))
    if theme.year:
        tests.append(f"{a}.year = {theme.year}")
    return f"LEFT JOIN {apps.get_model(theme.model)._meta.db_table} {a} ON " + " AND ".join(tests)


def select(
    grain: str,
    columns: Sequence[str],
    rules: Iterable[Node],
    frame: Frame,
    *,
    more: Mapping[str, str] | None = None,
    with_members: bool = False,
    joins: Sequence[str] = (),
) -> str:
    told = "".join(f",\n  {column}" for column in columns)
    facts = facts_query(grain, rules, frame, more=more, with_members=with_members)
    return (
        f"SELECT f.village_id, f.subject_id, f.household_id{told}\nFROM ({facts}) f\n"
        + "\n".join(["JOIN t_parameter p ON p.village_id = f.village_id", *joins])
    )


def counted_by(tally: Tally) -> Node:
    assert tally.condition is not None
    return tally.condition


def _worst(slug: str) -> str:
    """The worst verdict of a household's members; not concerned when it concerns none of them."""
    m = MEMBERS.alias
    return (
        f'(CASE WHEN {m}."{slug}!" > 0 THEN {NOT_MET} WHEN {m}."{slug}?" > 0 THEN {UNKNOWN}'
        f' WHEN {m}."{slug}+" > 0 THEN {MET} ELSE {OUT} END)::smallint'
    )


def _with_composites(inner: str, composites: Sequence[Composite], item_sql: Any) -> str:
    if not composites:
        return inner
    columns = ",\n  ".join(f'{_composite(d, item_sql)} AS "{d.slug}"' for d in composites)
    return f"SELECT u.*,\n  {columns}\nFROM ({inner} OFFSET 0) u" + (
        " JOIN t_parameter p ON p.village_id = u.village_id" if item_sql is _village_item else ""
    )


def _composite(definition: Composite, item_sql: Any) -> str:
    failed, unknown = [], []
    for item in definition.items:
        bad, doubtful = item_sql(item)
        failed.append(bad)
        unknown.append(doubtful)
    applies = f'u."{definition.slug}@"'
    return (
        f"(CASE WHEN {applies} IS FALSE THEN {OUT} WHEN {applies} IS NULL THEN {UNKNOWN}"
        f" WHEN {' OR '.join(failed)} THEN {NOT_MET} WHEN {' OR '.join(unknown)} THEN {UNKNOWN}"
        f" ELSE {MET} END)::smallint"
    )


def _household_item(item: Item) -> tuple[str, str]:
    """SQL: the item fails, the item is unknown."""
    if not item.code:
        return "FALSE", "TRUE"
    column = f'u."{CATALOGUE[item.code].slug}"'
    return f"{column} IN {FAILED}", f"{column} = {UNKNOWN}"


def _village_item(item: Item) -> tuple[str, str]:
    if not item.code:
        return "FALSE", "TRUE"
    definition = CATALOGUE[item.code]
    if definition.subject == "village" and not isinstance(definition, PersonsOverBase):
        return _household_item(item)
    status = item_status(item)
    return f"({status}) = 'NOT_MET'", f"({status}) = 'INSUFFICIENT_DATA'"


def item_status(item: Item) -> str:
    """SQL: the status that an item's share comes to in a village, by the composite's own pass mark."""
    definition = CATALOGUE[item.code]
    slug = definition.slug
    n, u = f'u."{slug}_n"', f'u."{slug}_u"'
    if isinstance(definition, PersonsOverBase):
        return item.threshold.sql(f'COALESCE(u."{slug}#", 0)', n, u)
    return item.threshold.sql(f'({n} + u."{slug}_x" + {u})', n, u)


def _counted(plan: Plan, grain: str) -> list[Indicator | Composite]:
    by_grain: dict[str, list[Indicator | Composite]] = {
        "household": [*plan.households, *plan.of_households],
        "member": [*plan.members],
        "village": [*plan.villages, *plan.of_villages],
    }
    return by_grain[grain]


Integers = tuple[str, str, str, str, str]


def _parts(d: Indicator | Composite) -> Integers:
    """SQL of denominator, numerator, unknown, exempt, reported only."""
    n, x, u = (f'c."{d.slug}_{part}"' for part in "nxu")
    exempt = f'c."{d.slug}_e"' if isinstance(d, Indicator) and d.exempt is not None else "0"
    reported = f'c."{d.slug}_r"' if isinstance(d, Indicator) and d.reported is not None else "0"
    return (f"{n} + {x} + {u}", n, u, exempt, reported)


def _status(definition: Definition) -> str:
    return definition.threshold.sql("x.denominator", "x.numerator", "x.unknown")


def _result_row(definition: Definition, parts: Integers, status: str) -> tuple[str, str, str, str]:
    integers = ", ".join(f"COALESCE({part}, 0)::int" for part in parts)
    ids = ", ".join(f'p."{parameter.code}#"' for parameter in parameters_of(definition))
    versions = f"array_remove(ARRAY[{ids}]::bigint[], NULL)" if ids else "'{}'::bigint[]"
    return definition.code, integers, status, versions


def _unpivot(rows: Sequence[tuple[str, str, str, str]], source: str) -> str:
    values = ", ".join(f"('{code}'::varchar, {integers})" for code, integers, *_ in rows)
    status = " ".join(f"WHEN '{code}' THEN {status}" for code, _, status, _ in rows)
    versions = " ".join(f"WHEN '{code}' THEN {versions}" for code, *_, versions in rows)
    return (
        f"SELECT c.village_id, x.indicator, x.denominator, x.numerator, x.unknown, x.exempt, x.reported_only,"
        f" (CASE x.indicator {status} END)::varchar AS status, (CASE x.indicator {versions} END) AS parameters"
        f" FROM {source} JOIN t_parameter p ON p.village_id = c.village_id"
        f" CROSS JOIN LATERAL (VALUES {values})"
        f" x(indicator, denominator, numerator, unknown, exempt, reported_only)"
        f" WHERE x.denominator + x.exempt > 0"
    )


@lru_cache(maxsize=256)
def compiled(
    codes: tuple[str, ...], frame: Frame, upto: str = "t_gap"
) -> tuple[tuple[str, str], ...]:
    """The relations of some indicators as text; made once per process."""
    return tuple(relations(plan_of(codes), frame, upto))
