"""What an indicator declares, and how a share becomes a status."""

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from indicators.enums import Verdict
from indicators.expressions import Condition, Fact


@dataclass(frozen=True)
class Clause:
    """Where the rule is laid down: a document of policy/documents.yaml and its section."""

    document: str
    section: str


@dataclass(frozen=True)
class Threshold:
    """How four integers become a status, by comparing integers.

    A good share passes at `parameter` percent or more; a bad one (`below`) must stay under it.
    `optional`: where no value is in force the share has no verdict, instead of too little data.
    """

    parameter: str = "pass_pct"
    below: bool = False
    optional: bool = False

    def status(
        self, *, denominator: int, numerator: int, unknown: int, percent: Decimal | None
    ) -> Verdict:
        """MET, NOT_MET, or INSUFFICIENT_DATA when only the unknown stand between; 0 is NOT_APPLICABLE."""
        if denominator == 0:
            return Verdict.NOT_APPLICABLE
        if percent is None:
            return Verdict.NOT_APPLICABLE if self.optional else Verdict.INSUFFICIENT_DATA
        limit = percent * denominator
        if self.below:
            if numerator * 100 >= limit:
                return Verdict.NOT_MET
            return Verdict.MET if (numerator + unknown) * 100 < limit else Verdict.INSUFFICIENT_DATA
        if numerator * 100 >= limit:
            return Verdict.MET
        return (
            Verdict.INSUFFICIENT_DATA if (numerator + unknown) * 100 >= limit else Verdict.NOT_MET
        )

    def sql(self, denominator: str, numerator: str, unknown: str) -> str:
        """The same rule over SQL integers and the village's parameter."""
        limit = f'(p."{self.parameter}" * {denominator})'
        without = "NOT_APPLICABLE" if self.optional else "INSUFFICIENT_DATA"
        never = f"""WHEN p."{self.parameter}" IS NULL THEN '{without}'"""
        if self.below:
            return (
                f"CASE WHEN {denominator} = 0 THEN 'NOT_APPLICABLE' {never}"
                f" WHEN {numerator} * 100 >= {limit} THEN 'NOT_MET' "
                f"WHEN ({numerator} + {unknown}) * 100 < {limit} THEN 'MET' ELSE 'INSUFFICIENT_DATA' END"
            )
        return (
            f"CASE WHEN {denominator} = 0 THEN 'NOT_APPLICABLE' {never} WHEN {numerator} * 100 >= {limit} THEN 'MET' "
            f"WHEN ({numerator} + {unknown}) * 100 >= {limit} THEN 'INSUFFICIENT_DATA' ELSE 'NOT_MET' END"
        )


@dataclass(frozen=True)
class NoLine(Threshold):
    """Of what is only counted: no document sets a line, so there is no verdict on the share."""

    parameter: str = ""

    def status(
        self, *, denominator: int, numerator: int, unknown: int, percent: Decimal | None
    ) -> Verdict:
        return Verdict.NOT_APPLICABLE

    def sql(self, denominator: str, numerator: str, unknown: str) -> str:
        return "'NOT_APPLICABLE'"


@dataclass(frozen=True, kw_only=True)
class Indicator:
    """One standard, declared once: figures, lists, explanations and gaps all come from it.

    `applies`: which units count at all. `exempt`: which of them are let off (unknown does not let
    off). `met`: the rule. `reported` stands in for `met` where that is unknown and
    `reported_when` says that no evidence was recorded; such verdicts are counted apart.
    """

    code: str
    name: str
    short_name: str
    subject: str  # household | member | village
    unit: str
    line: str
    clause: Clause
    description: str
    met: Condition
    applies: Condition
    exempt: Condition | None = None
    reported: Condition | None = None
    reported_when: Condition | None = None
    threshold: Threshold = Threshold()
    remarks: tuple[str, ...] = ()
    counts_only: bool = False  # a share to know, not a duty of each unit: nobody has a gap

    is_bad_count = False

    @property
    def lists_gaps(self) -> bool:
        return not self.counts_only

    @property
    def opens_cases(self) -> bool:
        return not self.counts_only

    @property
    def slug(self) -> str:
        """The code as a column name: hou_01."""
        return self.code.lower().replace("-", "_")


@dataclass(frozen=True, kw_only=True)
class PersonsOverBase:
    """A rate that counts something bad: persons of matching households over a village's base.

    It has no list of failing units: its numerator is what it counts.
    """

    code: str
    name: str
    short_name: str
    unit: str
    line: str
    clause: Clause
    description: str
    base: Fact
    counts: Condition
    threshold: Threshold
    remarks: tuple[str, ...] = ()

    subject = "village"
    is_bad_count = True
    lists_gaps = False
    opens_cases = False

    @property
    def slug(self) -> str:
        return self.code.lower().replace("-", "_")


@dataclass(frozen=True)
class Item:
    """One item of a composite: another indicator, or what no register answers (`missing` says why).

    In a village composite an indicator of households or members counts as fulfilled at the share of
    `threshold`. An item that does not apply to a unit does not hinder it.
    """

    label: str
    code: str = ""
    threshold: Threshold = Threshold()
    missing: str = ""


@dataclass(frozen=True, kw_only=True)
class Composite:
    """A verdict from the verdicts of other indicators: met when no item fails and none is unknown."""

    code: str
    name: str
    short_name: str
    subject: str  # household | village
    unit: str
    line: str
    clause: Clause
    description: str
    applies: Condition
    items: tuple[Item, ...]
    remarks: tuple[str, ...] = ()

    threshold = Threshold()
    lists_gaps = True
    opens_cases = False  # its items open them
    counts_only = False
    is_bad_count = False

    @property
    def slug(self) -> str:
        return self.code.lower().replace("-", "_")


Definition = Indicator | PersonsOverBase | Composite


@dataclass(frozen=True, kw_only=True)
class Named:
    """What a document asks for and the register cannot answer: listed, cited, never computed."""

    code: str
    name: str
    clause: Clause
    why: str


def percent(numerator: int, denominator: int) -> Decimal | None:
    """Share in percent with two decimals, half up; None without a denominator."""
    if denominator == 0:
        return None
    return (Decimal(numerator * 100) / Decimal(denominator)).quantize(
        Decimal("0.01"), ROUND_HALF_UP
    )
