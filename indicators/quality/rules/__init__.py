"""The catalogue of data-quality rules (domain §3.7), by topic."""

from indicators.quality.declare import QualityRule
from indicators.quality.rules.at_entry import AT_ENTRY, NOT_HELD
from indicators.quality.rules.causes import CAUSES
from indicators.quality.rules.exits import EXITS
from indicators.quality.rules.family import FAMILY
from indicators.quality.rules.money import MONEY
from indicators.quality.rules.village import VILLAGE
from indicators.quality.rules.working import WORKING

RULES: dict[str, QualityRule] = {
    rule.code: rule
    for rule in sorted(
        (*FAMILY, *CAUSES, *WORKING, *MONEY, *EXITS, *VILLAGE), key=lambda rule: rule.code
    )
}

__all__ = ["AT_ENTRY", "NOT_HELD", "RULES"]
