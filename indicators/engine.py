"""Runs what `compiler` makes of the declarations: for a batch, for a few units, for one with reasons.

Every condition is evaluated once per unit into temporary verdict tables; figures and gaps are
derived from them, and so cannot disagree. The same compiled conditions, for one unit and with each
part as its own column, are the explanation.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db.backends.utils import CursorWrapper

from indicators.compiler import (
    EXEMPT,
    GRAINS,
    MET,
    MET_REPORTED,
    NOT_MET,
    NOT_MET_REPORTED,
    OUT,
    UNKNOWN,
    Frame,
    Moment,
    Units,
    bindings,
    compiled,
    facts_query,
    item_status,
    parameters_of,
    plan_of,
    rules_of,
    verdict,
)
from indicators.definitions import CATALOGUE, Composite, Indicator, Item, PersonsOverBase
from indicators.expressions import Fact, Tally, facts_in, parts_in
from indicators.facts import MEMBERS

__all__ = [
    "EXEMPT", "GRAINS", "MET", "MET_REPORTED", "NOT_MET", "NOT_MET_REPORTED", "OUT", "UNKNOWN", "Explained",
    "ExplainedComposite",    "Moment", "Units", "bindings", "evaluate", "explain", "explain_composite", "judge",
    "parameters_of", "rules_of", "tallied",
]  # fmt: skip

TABLES = (
    "t_parameter",
    "t_member",
    "t_members",
    "t_household",
    "t_count_household",
    "t_count_member",
    "t_village",
    "t_count_village",
    "t_result",
    "t_gap",
)


def evaluate(
    cursor: CursorWrapper, moment: Moment, units: Units, codes: Iterable[str] | None = None
) -> dict[str, int]:
    """Fill t_parameter, t_household, t_member, t_village, t_result and t_gap for these units.

    The tables live until the transaction ends. Returns the number of units per grain. A batch costs
    one pass over each fact table that its rules read.
    """
    bound = bindings(moment, units)
    if units.is_batch:
        # without fresh statistics a nested loop over a batch never ends
        cursor.execute("SET LOCAL enable_nestloop = off")
        # the batches of a run are what runs side by side
        cursor.execute("SET LOCAL max_parallel_workers_per_gather = 0")
    cursor.execute("SET LOCAL jit = off")
    cursor.execute(f"DROP TABLE IF EXISTS {', '.join(TABLES)}")
    counts = dict.fromkeys(GRAINS, 0)
    for name, query in compiled(_tuple(codes), Frame.of(moment, units)):
        cursor.execute(f"CREATE TEMP TABLE {name} ON COMMIT DROP AS {query}", bound)
        if name[2:] in counts:
            counts[name[2:]] = cursor.rowcount
    return counts


def judge(
    cursor: CursorWrapper,
    grain: str,
    moment: Moment,
    units: Units,
    codes: Iterable[str] | None = None,
) -> tuple[list[Indicator | Composite], list[tuple[Any, ...]]]:
    """Verdict numbers of a few units of one grain in one statement, without temporary tables.

    The definitions judged, in order, and rows of (village, subject, household, a verdict for each).
    Composites of villages rest on counts and are not judged here.
    """
    plan = plan_of(_tuple(codes))
    asked = [d for d in plan.asked if not isinstance(d, PersonsOverBase) and d.subject == grain]
    if grain == "village":
        asked = [d for d in asked if isinstance(d, Indicator)]
    if not asked:
        return [], []
    columns = "".join(f', "{d.slug}"' for d in asked)
    chain = compiled(tuple(d.code for d in asked), Frame.of(moment, units), f"t_{grain}")
    cursor.execute(
        f"WITH {_chained(chain)}\nSELECT village_id, subject_id, household_id{columns} FROM t_{grain}",
        bindings(moment, units),
    )
    return asked, cursor.fetchall()


def _chained(chain: Iterable[tuple[str, str]]) -> str:
    return ",\n".join(f"{name} AS MATERIALIZED ({query})" for name, query in chain)


def _tuple(codes: Iterable[str] | None) -> tuple[str, ...]:
    return tuple(CATALOGUE if codes is None else codes)


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
    rules, frame = rules_of(definition), Frame.of(moment, units)
    parts, facts, parameters = parts_in(definition.met), facts_in(*rules), parameters_of(definition)
    columns = [
        verdict(definition),
        f"({definition.applies.sql()})",
        f"({definition.exempt.sql()})" if definition.exempt else "FALSE",
        f"({definition.reported_when.sql()})" if definition.reported_when else "FALSE",
        *(f"({part.sql()})" for part in parts),
        *(fact.sql() for fact in facts),
        *("NULL" if fact.theme is MEMBERS else f'f."{fact.theme.alias}.#"' for fact in facts),
        *(f'p."{parameter.code}"' for parameter in parameters),
        *(f'p."{parameter.code}#"' for parameter in parameters),
    ]
    grain = definition.subject
    *chain, _judged = compiled((definition.code,), frame, f"t_{grain}")
    versions = {
        f"{f.theme.alias}.#": f"{f.theme.alias}.id" for f in facts if f.theme is not MEMBERS
    }
    cursor.execute(
        f"WITH {_chained(chain)}\nSELECT {', '.join(columns)}"
        f"\nFROM ({facts_query(grain, rules, frame, more=versions)}) f"
        "\nJOIN t_parameter p ON p.village_id = f.village_id",
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


def tallied(
    cursor: CursorWrapper, definition: Indicator, moment: Moment, household_id: int
) -> dict[str, list[tuple[int, bool | None]]]:
    """By tally of a rule: (member, true | false | unknown) of each member of one household."""
    tallies = [f for f in facts_in(*rules_of(definition)) if isinstance(f, Tally)]
    tallies = [tally for tally in tallies if tally.condition is not None]
    if not tallies:
        return {}
    units = Units(households=[household_id])
    chain = compiled((definition.code,), Frame.of(moment, units), "t_member")
    columns = ", ".join(f'"{tally.column}"' for tally in tallies)
    cursor.execute(
        f"WITH {_chained(chain)}\nSELECT subject_id, {columns} FROM t_member ORDER BY 1",
        bindings(moment, units),
    )
    rows = cursor.fetchall()
    return {
        tally.column: [(row[0], row[place]) for row in rows]
        for place, tally in enumerate(tallies, start=1)
    }


@dataclass(frozen=True)
class ExplainedComposite:
    """One unit judged by a composite: its verdict number and, of each item, a number or a share's status."""

    verdict: int
    items: list[tuple[Item, int | str | None]]
    parameters: dict[str, tuple[Any, int | None]]  # code -> (value, id of the Parameter row)


def explain_composite(
    cursor: CursorWrapper, definition: Composite, moment: Moment, units: Units
) -> ExplainedComposite | None:
    """The verdict of one unit from its items; None off the register.

    Uses the temporary tables of a batch; call it inside a transaction.
    """
    evaluate(cursor, moment, units, [definition.code])
    parameters = parameters_of(definition)
    columns = [
        *(_item_column(definition, item) for item in definition.items),
        *(f'p."{parameter.code}"' for parameter in parameters),
        *(f'p."{parameter.code}#"' for parameter in parameters),
    ]
    cursor.execute(
        f'SELECT u."{definition.slug}", {", ".join(columns)} FROM t_{definition.subject} u'
        " JOIN t_parameter p ON p.village_id = u.village_id"
    )
    row = cursor.fetchone()
    if row is None:
        return None
    last = len(definition.items) + 1
    read = zip(parameters, row[last:], row[last + len(parameters) :], strict=False)
    return ExplainedComposite(
        verdict=row[0],
        items=list(zip(definition.items, row[1:last], strict=True)),
        parameters={parameter.code: (value, pk) for parameter, value, pk in read},
    )


def _item_column(definition: Composite, item: Item) -> str:
    if not item.code:
        return "NULL"
    found = CATALOGUE[item.code]
    is_share = isinstance(found, PersonsOverBase) or found.subject != "village"
    if definition.subject == "village" and is_share:
        return f"({item_status(item)})"
    return f'u."{found.slug}"'
