"""What a data-quality rule declares."""

import re
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from indicators.enums import Severity, SubjectKind
from indicators.expressions import Calculation, Condition, Derived, Fact, Known, Surely, facts_in

CUSTOMARY = "数据清洗通行口径"  # public checkers of the national system (domain §3.1, §3.7)
OURS = "系统默认口径"
EMPTINESS = re.compile(r"IS NULL|COALESCE\(\{\}, ''\)")


@dataclass(frozen=True)
class Limit:
    """A number that a rule compares with, and whose it is: one of customary checking, or ours."""

    label: str
    value: str
    source: str = CUSTOMARY

    @property
    def is_ours(self) -> bool:
        return self.source == OURS


@dataclass(frozen=True, kw_only=True)
class QualityRule:
    """What cannot be right, or is unlikely, about one household, member or village.

    `wrong` is true: a finding; false or unknown: none, so a rule about emptiness has to ask in two
    values. `applies`: the units it is asked of at all; what it reads is no part of what was seen.
    `place` is where the answer is put right: a section of the check's form ("s3") or a page.
    `is_private`: about illness, disability or the causes of poverty (domain §5.2).
    """

    code: str
    name: str
    subject: str  # household | member | village
    severity: Severity
    line: str
    wrong: Condition
    applies: Condition | None
    why: str
    fix: str
    place: str
    limits: tuple[Limit, ...] = ()
    is_private: bool = False
    remark: str = ""

    @property
    def slug(self) -> str:
        """The code as a column name."""
        return self.code.lower().replace("-", "_")

    @property
    def catalogue_code(self) -> str:
        """The code of the catalogue it belongs to: several rules may carry out one."""
        return self.code.rstrip("ABCDEFGH")

    @property
    def is_blocking(self) -> bool:
        return self.severity == Severity.BLOCKING

    @property
    def subject_label(self) -> Any:
        return SubjectKind(self.subject.upper()).label

    @property
    def shown(self) -> list[Fact]:
        """The values that a finding tells, in reading order."""
        return [fact for fact in facts_in(self.wrong) if fact.kind != "digest"]

    @cached_property
    def asked_for(self) -> set[str]:
        """Keys of facts whose emptiness it is about; of others it is no matter for the reader."""
        about = (
            node
            for node in self.wrong.walk()
            if (isinstance(node, Known) and node.none)
            or (isinstance(node, Surely) and node.negative)
            or (isinstance(node, Calculation) and EMPTINESS.search(node.template))
        )
        return {fact.key for node in about for fact in facts_in(node)}

    @property
    def passing(self) -> list[str]:
        """Keys of values that change with the calendar alone; an exception outlives them."""
        return [fact.key for fact in self.shown if isinstance(fact, Derived)]


@dataclass(frozen=True)
class AtEntry:
    """A rule of the catalogue that no stored row can break: who refuses it is named."""

    code: str
    name: str
    how: str
    refused_by: str  # module:name of our own


@dataclass(frozen=True)
class NotHeld:
    """A part of a rule that the register cannot answer, and why."""

    code: str
    name: str
    why: str
