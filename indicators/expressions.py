"""The small language that definitions are written in.

Conditions are three-valued as SQL's are: true, false or unknown (NULL), so the rule's logic is the
database's. A definition is a tree of these nodes; the engine asks each node for its SQL and for
the facts and parameters it reads. There is no general `not`: negating an unknown is where rules go
wrong, so each node that may be negated has its own negative.
"""

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


@dataclass(frozen=True)
class Fact(Node):
    """One column of a theme. Empty text is unknown, like NULL."""

    theme: Theme
    column: str
    label: str
    kind: str  # bool | text | number | date | list
    unit: str = ""

    def sql(self) -> str:
        column = f'{self.theme.alias}."{self.column}"'
        return f"NULLIF({column}, '')" if self.kind == "text" else column

    def is_in(self, *codes: str) -> Condition:
        return Compare(self, "IN", Codes(tuple(str(code) for code in codes)))

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
class Parameter(Node):
    """A cited standard, resolved per village. `by_year` looks it up for the accounting year."""

    code: str
    type: str = "numeric"
    by_year: bool = False

    def sql(self) -> str:
        return f'p."{self.code}"'


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
class InParameter(Condition):
    """The fact's code is one of those a parameter lists."""

    fact: Fact
    parameter: Parameter

    def sql(self) -> str:
        return f"({self.fact.sql()} = ANY(string_to_array({self.parameter.sql()}, ',')))"

    def children(self) -> tuple[Node, ...]:
        return (self.fact, self.parameter)


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


def parameters_in(*nodes: Node | None) -> list[Parameter]:
    return list(
        dict.fromkeys(n for root in nodes if root for n in root.walk() if isinstance(n, Parameter))
    )


def parts_in(node: Node) -> list[Part]:
    return [n for n in node.walk() if isinstance(n, Part)]
