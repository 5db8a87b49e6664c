"""The small language that definitions are written in.

Conditions are three-valued as SQL's are: true, false or unknown (NULL), so the rule's logic is the
database's. A definition is a tree of these nodes; the engine asks each node for its SQL and for
the facts and parameters it reads. There is no general `not`: negating an unknown is where rules go
wrong, so each node that may be negated has its own negative.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any


class Node:
    """A piece of a rule: it can be written as SQL and names its parts."""

    def sql(self) -> str:
        raise NotImplementedError

    def children(self) -> tuple["Node", ...]:
        return ()

    def walk(self) -> Iterator["Node"]:
        """This node and everything below it, in reading order."""
        yield self
        for child in self.children():
            yield from child.walk()


class Condition(Node):
    """A node that is true, false or unknown."""


def literal(value: str) -> str:
    """A text as an SQL literal. Only codes of our own enums come here."""
    return "'" + value.replace("'", "''") + "'"


@dataclass(frozen=True)
class Theme:
    """One fact table as a definition sees it: its alias and how it hangs on the unit."""

    alias: str
    model: str  # app_label.Model
    grain: str  # household | member | village
    year: str = ""  # SQL of the year to join by, for facts kept by year
    table: str = ""  # of identity, not of versions: where a row lies is only where it lies now


@dataclass(frozen=True)
class Fact(Node):
    """One column of a theme. Empty text is unknown, like NULL."""

    theme: Theme
    column: str
    label: str
    kind: str  # bool | text | number | date | list
    unit: str = ""

    @property
    def key(self) -> str:
        """Its name in the row of facts that rules are evaluated on."""
        return f"{self.theme.alias}.{self.column}"

    def sql(self) -> str:
        column = f'f."{self.key}"'
        if self.kind == "text":
            return f"NULLIF({column}, '')"
        if self.kind == "list":
            return f"(CASE WHEN cardinality({column}) > 0 THEN {column} END)"
        return column

    def reads(self) -> dict[str, str]:
        """Columns of the row of facts that this one needs: their names, and SQL over the joined tables."""
        column = f'{self.theme.alias}."{self.column}"'
        if self.theme.table:
            # joined by where the person lives now, so that a batch reads its own part of the table;
            # whoever has moved away since is looked up
            moved = f'SELECT x."{self.column}" FROM {self.theme.table} x WHERE x.id = unit.{self.theme.grain}_id'
            column = f"COALESCE({column}, ({moved}))"
        return {self.key: column}

    def is_in(self, *codes: str) -> Condition:
        return Compare(self, "IN", Codes(tuple(str(code) for code in codes)))

    def has_any(self, *codes: str) -> Condition:
        """A list that holds one of these codes; an empty list is unknown."""
        return HasAny(self, tuple(str(code) for code in codes))

    def equals(self, code: str) -> Condition:
        return Compare(self, "=", Codes((str(code),)))

    def at_least(self, other: "Node | int") -> Condition:
        return Compare(self, ">=", number(other))

    def at_most(self, other: "Node | int") -> Condition:
        return Compare(self, "<=", number(other))

    def above(self, other: "Node | int") -> Condition:
        return Compare(self, ">", number(other))

    def is_yes(self) -> Condition:
        return Truth(self)

    def is_no(self) -> Condition:
        return Truth(self, negative=True)

    def known(self) -> Condition:
        """Two-valued: there is an answer."""
        return Known((self,))

    def is_exactly(self, code: str) -> Condition:
        """Two-valued: answered, and with this code."""
        return Surely(self.equals(code))

    def is_not_exactly(self, code: str) -> Condition:
        return Surely(self.equals(code), negative=True)

    def happened(self) -> Condition:
        """Two-valued: the event's date is on record and not after the date judged.

        The absence of an event or paper means that it has not happened (design §3.3).
        """
        return Happened(self)

    def on_paper(self) -> Condition:
        """Two-valued: the paper is on record."""
        return Known((self,))


@dataclass(frozen=True)
class Tally(Fact):
    """How many members of a household a condition over members holds for.

    Counts true and unknown apart, so that what is said of the household stays three-valued.
    """

    condition: "Condition | None" = None

    def sql(self) -> str:
        """The number; unknown as long as it is unknown of one member."""
        return f"(CASE WHEN {self._unknown} = 0 THEN {self._true} END)"

    def some(self) -> "Condition":
        """At least one member."""
        return Quantified(self)

    def nobody(self) -> "Condition":
        return Quantified(self, negative=True)

    @property
    def _true(self) -> str:
        return f'f."{self.key}"'

    @property
    def _unknown(self) -> str:
        return f'f."{self.key}?"'

    def reads(self) -> dict[str, str]:
        if self.condition is None:
            return super().reads()
        counted = {self.key: self.column, f"{self.key}?": f"{self.column}?"}
        return {key: f'COALESCE({self.theme.alias}."{name}", 0)' for key, name in counted.items()}


@dataclass(frozen=True)
class Derived(Fact):
    """A value worked out of other facts, once per unit however many rules ask for it: an age."""

    source: "Calculation | None" = None

    def children(self) -> tuple[Node, ...]:
        return (self.source,) if self.source else ()

    def reads(self) -> dict[str, str]:
        assert self.source is not None
        return {self.key: joined(self.source)}


@dataclass(frozen=True)
class Parameter(Node):
    """A cited standard, resolved per village. `by_year` looks it up for the accounting year."""

    code: str
    type: str = "numeric"
    by_year: bool = False

    def sql(self) -> str:
        return f'p."{self.code}"'

    def in_force(self) -> "Condition":
        """Two-valued: a value holds in this place and on this date; elsewhere the rule is not asked."""
        return InForce(self)

    def is_on(self) -> "Condition":
        """Two-valued: a yes/no standard says yes here; where none is in force it does not."""
        return Surely(Compare(self, "=", Number(1)))


@dataclass(frozen=True)
class Number(Node):
    value: int

    def sql(self) -> str:
        return str(self.value)


@dataclass(frozen=True)
class Codes(Node):
    """A fixed list of our own codes."""

    codes: tuple[str, ...]

    def sql(self) -> str:
        listed = ", ".join(literal(code) for code in self.codes)
        return listed if len(self.codes) == 1 else f"({listed})"


@dataclass(frozen=True)
class Calculation(Condition):
    """A value computed from facts and parameters; `template` holds one `{}` per operand."""

    template: str
    operands: tuple[Node, ...]
    label: str = ""

    def sql(self) -> str:
        return "(" + self.template.format(*(operand.sql() for operand in self.operands)) + ")"

    def children(self) -> tuple[Node, ...]:
        return self.operands

    def above(self, other: Node) -> Condition:
        return Compare(self, ">", other)

    def at_least(self, other: Node) -> Condition:
        return Compare(self, ">=", other)

    def at_most(self, other: Node) -> Condition:
        return Compare(self, "<=", other)


@dataclass(frozen=True)
class Compare(Condition):
    left: Node
    operator: str
    right: Node

    def sql(self) -> str:
        right = self.right.sql()
        if self.operator == "IN" and not right.startswith("("):
            right = f"({right})"
        return f"({self.left.sql()} {self.operator} {right})"

    def children(self) -> tuple[Node, ...]:
        return (self.left, self.right)


@dataclass(frozen=True)
class Quantified(Condition):
    """Some member, or nobody: true or false as soon as it is certain, else unknown."""

    tally: Tally
    negative: bool = False

    def sql(self) -> str:
        some, none = ("FALSE", "TRUE") if self.negative else ("TRUE", "FALSE")
        true, unknown = self.tally._true, self.tally._unknown
        return f"(CASE WHEN {true} > 0 THEN {some} WHEN {unknown} = 0 THEN {none} END)"

    def children(self) -> tuple[Node, ...]:
        return (self.tally,)


@dataclass(frozen=True)
class HasAny(Condition):
    """A list of codes that shares one with another list."""

    fact: Fact
    codes: tuple[str, ...]

    def sql(self) -> str:
        listed = ", ".join(literal(code) for code in self.codes)
        return f"({self.fact.sql()} && ARRAY[{listed}]::varchar[])"

    def children(self) -> tuple[Node, ...]:
        return (self.fact,)


@dataclass(frozen=True)
class Shared(Condition):
    """A condition over one theme that many rules ask: evaluated once per unit, not per rule."""

    name: str
    condition: Condition

    @property
    def theme(self) -> Theme:
        return facts_in(self.condition)[0].theme

    def sql(self) -> str:
        return f'f."{self.key}"'

    @property
    def key(self) -> str:
        return f"{self.theme.alias}!{self.name}"

    def reads(self) -> dict[str, str]:
        return {self.key: joined(self.condition)}

    def children(self) -> tuple[Node, ...]:
        return (self.condition,)


@dataclass(frozen=True)
class InParameter(Condition):
    """The fact's code is one of those a parameter lists."""

    fact: Fact
    parameter: Parameter

    def sql(self) -> str:
        fact = self.fact.sql()  # the list is taken apart only for those of whom there is an answer
        listed = f"string_to_array({self.parameter.sql()}, ',')"
        return f"(CASE WHEN {fact} IS NOT NULL THEN {fact} = ANY({listed}) END)"

    def children(self) -> tuple[Node, ...]:
        return (self.fact, self.parameter)


@dataclass(frozen=True)
class InForce(Condition):
    parameter: Parameter

    def sql(self) -> str:
        return f"({self.parameter.sql()} IS NOT NULL)"

    def children(self) -> tuple[Node, ...]:
        return (self.parameter,)


@dataclass(frozen=True)
class NotOnRegister(Condition):
    """What a document also accepts and no register holds: unknown, so that nobody fails for it."""

    def sql(self) -> str:
        return "(NULL::boolean)"


@dataclass(frozen=True)
class Truth(Condition):
    """A yes/no answer as it stands."""

    fact: Fact
    negative: bool = False

    def sql(self) -> str:
        return f"(NOT {self.fact.sql()})" if self.negative else f"({self.fact.sql()})"

    def children(self) -> tuple[Node, ...]:
        return (self.fact,)


@dataclass(frozen=True)
class Known(Condition):
    """Two-valued: every one of these facts has an answer (`none`: none of them has)."""

    facts: tuple[Fact, ...]
    none: bool = False

    def sql(self) -> str:
        test = "IS NULL" if self.none else "IS NOT NULL"
        return "(" + " AND ".join(f"{fact.sql()} {test}" for fact in self.facts) + ")"

    def children(self) -> tuple[Node, ...]:
        return self.facts


@dataclass(frozen=True)
class Surely(Condition):
    """Two-valued reading of a condition: unknown counts as false, then possibly negated."""

    condition: Condition
    negative: bool = False

    def sql(self) -> str:
        sure = f"COALESCE({self.condition.sql()}, FALSE)"
        return f"(NOT {sure})" if self.negative else f"({sure})"

    def children(self) -> tuple[Node, ...]:
        return (self.condition,)


@dataclass(frozen=True)
class Happened(Condition):
    fact: Fact

    def sql(self) -> str:
        return f"(COALESCE({self.fact.sql()} <= %(on)s::date, FALSE))"

    def children(self) -> tuple[Node, ...]:
        return (self.fact,)


@dataclass(frozen=True)
class AllOf(Condition):
    """Kleene AND: false if one is false, else unknown if one is unknown."""

    conditions: tuple[Condition, ...]

    def sql(self) -> str:
        return "(" + " AND ".join(c.sql() for c in self.conditions) + ")"

    def children(self) -> tuple[Node, ...]:
        return self.conditions


@dataclass(frozen=True)
class AnyOf(Condition):
    """Kleene OR: true if one is true, else unknown if one is unknown."""

    conditions: tuple[Condition, ...]

    def sql(self) -> str:
        return "(" + " OR ".join(c.sql() for c in self.conditions) + ")"

    def children(self) -> tuple[Node, ...]:
        return self.conditions


@dataclass(frozen=True)
class Part(Condition):
    """A named step of a rule, shown as one line of its explanation."""

    label: str
    condition: Condition
    standard: str = field(
        default=""
    )  # the rule in words; {code} is replaced by the parameter's value

    def sql(self) -> str:
        return self.condition.sql()

    def children(self) -> tuple[Node, ...]:
        return (self.condition,)


def number(value: Any) -> Node:
    return value if isinstance(value, Node) else Number(int(value))


def all_of(*conditions: Condition) -> Condition:
    return AllOf(conditions)


def any_of(*conditions: Condition) -> Condition:
    return AnyOf(conditions)


def none_known(*facts: Fact) -> Condition:
    """Two-valued: not one of these facts has an answer."""
    return Known(facts, none=True)


def facts_in(*nodes: Node | None) -> list[Fact]:
    """Every fact that these rules read, once each, in reading order."""
    return list(
        dict.fromkeys(n for root in nodes if root for n in root.walk() if isinstance(n, Fact))
    )


def asked_in(node: Node) -> list[Fact]:
    """Facts whose absence leaves a rule open: not those of which only the presence, or certainty, is asked."""
    if isinstance(node, (Known, Surely, Happened)):
        return []
    if isinstance(node, Fact) and not isinstance(node, Derived):
        return [node]
    return list(dict.fromkeys(fact for child in node.children() for fact in asked_in(child)))


def reads_of(*nodes: Node | None) -> dict[str, str]:
    """The row of facts that these rules are evaluated on: names, and SQL over the joined tables."""
    columns: dict[str, str] = {}
    for node in (n for root in nodes if root for n in root.walk()):
        if isinstance(node, (Fact, Shared)):
            columns |= node.reads()
    return columns


def joined(node: Node) -> str:
    """SQL of a node over the joined tables, instead of over the row of facts. Reads no standard."""
    columns: dict[str, str] = {}
    for fact in facts_in(node):
        columns |= fact.reads()
    return re.sub(r'f\."([^"]+)"', lambda found: columns[found[1]], node.sql())


def parameters_in(*nodes: Node | None) -> list[Parameter]:
    return list(
        dict.fromkeys(n for root in nodes if root for n in root.walk() if isinstance(n, Parameter))
    )


def parts_in(node: Node) -> list[Part]:
    return [n for n in node.walk() if isinstance(n, Part)]
