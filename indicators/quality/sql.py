"""Data-quality rules as set-based SQL, by the indicators' own compiler.

The relations of a batch, in the order in which each needs those before it:

    t_parameter   a row per village: values of the standards that rules read
    t_member      a row per member: what each rule saw that is wrong (NULL: nothing), and tallies
    t_members     a row per household: its members counted
    t_household   a row per household: what each rule saw, and what villages add up
    t_sums        a row per village: sums over its registered households
    t_village     a row per village: what each rule saw
    t_finding     a row per unit and rule that found something: the night's rows for the ledger
"""

from collections.abc import Iterable, Sequence
from functools import lru_cache

from django.db.backends.utils import CursorWrapper

from indicators.compiler import (
    Frame,
    Moment,
    Plan,
    Units,
    bindings,
    members_query,
    parameter_query,
    select,
)
from indicators.definitions.scopes import REGISTERED_EVER
from indicators.expressions import (
    Calculation,
    Fact,
    Node,
    Surely,
    Tally,
    facts_in,
    literal,
    parameters_in,
)
from indicators.facts import household, housing, living, water
from indicators.quality.declare import QualityRule
from indicators.quality.rules import RULES

TABLES = (
    "t_parameter",
    "t_member",
    "t_members",
    "t_household",
    "t_sums",
    "t_village",
    "t_finding",
)
# What the households of a village add up to; only those on the register count.
SUMMED: dict[str, Node] = {
    "households": Calculation("1", ()),
    "persons": Calculation("COALESCE({}, 0)", (household.member_count,)),
    "cultivated": living.cultivated,
    "dangerous": Calculation("({})::int", (Surely(housing.grade.is_in("C", "D")),)),
    "unsafe_water": Calculation("({})::int", (Surely(water.safe_reported.is_no()),)),
}


def seen(rule: QualityRule) -> str:
    """SQL: the values a rule rests on where it finds something wrong, else NULL."""
    values = ", ".join(f"{literal(fact.key)}, {_value(fact)}" for fact in rule.shown)
    found = f"{rule.wrong.sql()}"
    if rule.applies is not None:
        found = f"{rule.applies.sql()} AND {found}"
    return f"(CASE WHEN {found} THEN jsonb_build_object({values}) END)"


def _value(fact: Fact) -> str:
    return f'f."{fact.key}"' if isinstance(fact, Tally) else fact.sql()


def _rules_of(rule: QualityRule) -> list[Node]:
    return [rule.wrong, *([rule.applies] if rule.applies is not None else [])]


def facts_of(rule: QualityRule) -> list[Fact]:
    """Every fact a rule reads, those of the members it counts included."""
    facts = facts_in(*_rules_of(rule))
    counted = [f.condition for f in facts if isinstance(f, Tally) and f.condition is not None]
    return list(dict.fromkeys([*facts, *facts_in(*counted)]))


def relations(rules: Sequence[QualityRule], frame: Frame) -> list[tuple[str, str]]:
    """Names and queries of a batch; those of no use to the rules asked for are small."""
    by_grain = {
        grain: [rule for rule in rules if rule.subject == grain]
        for grain in ("member", "household", "village")
    }
    plan = Plan(())
    of_households = [n for rule in by_grain["household"] for n in _rules_of(rule)]
    facts = facts_in(*of_households)
    plan.tallies = [f for f in facts if isinstance(f, Tally) and f.condition is not None]
    conditions = [t.condition for t in plan.tallies if t.condition is not None]
    every = [*conditions, *(n for rule in rules for n in _rules_of(rule))]
    plan.parameters = list({p.code: p for p in parameters_in(*every)}.values())
    member_nodes = [*conditions, *(n for rule in by_grain["member"] for n in _rules_of(rule))]
    member_columns = _columns(by_grain["member"])
    member_columns += [
        f'({t.condition.sql()}) AS "{t.column}"' for t in plan.tallies if t.condition
    ]
    sums = [REGISTERED_EVER, *SUMMED.values()]
    household_columns = _columns(by_grain["household"])
    household_columns += [
        f'(CASE WHEN {REGISTERED_EVER.sql()} THEN {node.sql()} END) AS "sum_{name}"'
        for name, node in SUMMED.items()
    ]
    return [
        ("t_parameter", parameter_query(plan, frame)),
        ("t_member", select("member", member_columns, member_nodes, frame)),
        ("t_members", members_query(plan)),
        (
            "t_household",
            select(
                "household",
                household_columns,
                [*of_households, *sums],
                frame,
                with_members=True,
            ),
        ),
        ("t_sums", _sums_query()),
        (
            "t_village",
            select(
                "village",
                _columns(by_grain["village"]),
                [n for rule in by_grain["village"] for n in _rules_of(rule)],
                frame,
            ),
        ),
        ("t_finding", _finding_query(by_grain, frame)),
    ]


def _columns(rules: Iterable[QualityRule]) -> list[str]:
    return [f'{seen(rule)} AS "{rule.slug}"' for rule in rules]


def _sums_query() -> str:
    added = ", ".join(f'COALESCE(sum("sum_{name}"), 0) AS "{name}"' for name in SUMMED)
    return f"SELECT village_id AS id, village_id, {added} FROM t_household GROUP BY 1, 2"


def _finding_query(by_grain: dict[str, list[QualityRule]], frame: Frame) -> str:
    """Each thing seen as a row; `since` goes on from the row that held on the date before this writing."""
    selects = []
    for grain, rules in by_grain.items():
        if not rules:
            continue
        values = ", ".join(
            f'({literal(rule.code)}::varchar, {literal(rule.severity)}::varchar, u."{rule.slug}",'
            f" {_keys(rule.passing)})"
            for rule in rules
        )
        selects.append(
            f"SELECT u.village_id, x.rule, x.severity, {literal(grain.upper())}::varchar AS subject_kind,"
            " u.subject_id, u.household_id, x.seen, md5((x.seen - x.passing)::text) AS digest"
            f" FROM t_{grain} u CROSS JOIN LATERAL (VALUES {values}) x(rule, severity, seen, passing)"
            " WHERE x.seen IS NOT NULL"
        )
    return (
        "SELECT n.*, COALESCE(o.since, %(on)s::date) AS since"
        f" FROM ({' UNION ALL '.join(selects)}) n LEFT JOIN indicators_finding o"
        " ON o.rule = n.rule AND o.subject_id = n.subject_id AND o.superseded_at IS NULL"
        " AND o.valid_from <= %(on)s AND (o.valid_to IS NULL OR o.valid_to > %(on)s)"
        f" AND o.village_id = n.village_id AND {frame.within('o.village_id')}"
    )


def _keys(keys: Iterable[str]) -> str:
    listed = ", ".join(literal(key) for key in keys)
    return f"ARRAY[{listed}]::text[]"


@lru_cache(maxsize=64)
def compiled(codes: tuple[str, ...], frame: Frame) -> tuple[tuple[str, str], ...]:
    """The relations of some rules as text; made once per process."""
    return tuple(relations([RULES[code] for code in codes], frame))


def evaluate(
    cursor: CursorWrapper, moment: Moment, units: Units, codes: Iterable[str] | None = None
) -> None:
    """Fill t_finding (and what it rests on) for a batch; the tables live until the transaction ends."""
    bound = bindings(moment, units)
    cursor.execute("SET LOCAL enable_nestloop = off")  # as the indicators' batches
    cursor.execute("SET LOCAL max_parallel_workers_per_gather = 0")
    cursor.execute("SET LOCAL jit = off")
    cursor.execute(f"DROP TABLE IF EXISTS {', '.join(TABLES)}")
    asked = tuple(RULES) if codes is None else tuple(codes)
    for name, query in compiled(asked, Frame.of(moment, units)):
        cursor.execute(f"CREATE TEMP TABLE {name} ON COMMIT DROP AS {query}", bound)
