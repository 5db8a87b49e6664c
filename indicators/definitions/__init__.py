"""The catalogue: every indicator, declared once, by code."""

from indicators.definitions.base import (
    Clause,
    Composite,
    Definition,
    Indicator,
    Item,
    Named,
    NoLine,
    PersonsOverBase,
    Threshold,
    percent,
)
from indicators.definitions.composites import COMPOSITES
from indicators.definitions.household import HOUSEHOLD
from indicators.definitions.member import MEMBER
from indicators.definitions.named import NAMED
from indicators.definitions.village import VILLAGE

_EVERY: tuple[Definition, ...] = (*HOUSEHOLD, *MEMBER, *VILLAGE, *COMPOSITES)
CATALOGUE: dict[str, Definition] = {
    each.code: each for each in sorted(_EVERY, key=lambda each: each.code)
}

# What the campaign is about, in the order in which people read it: the household's safeguards, then
# its members', then the village's. Lights and dashboards show these; the rest has its own pages.
CORE = (
    "INC-01",
    "HOU-01",
    "WAT-01",
    "PWR-02",
    "EDU-01",
    "MED-01",
    "PWR-01",
    "COL-01",
    "COL-02",
    "POV-01",
)
# What the exit of a household asks for (domain §4.7): income, no worry about food and clothing, the three
# guarantees with water, and power.
EXIT_STANDARDS = (
    "INC-01",
    "FOOD-01",
    "CLO-01",
    "HOU-01",
    "WAT-01",
    "EDU-01",
    "MED-01",
    "PWR-02",
)
READING_ORDER = (*CORE, *(code for code in CATALOGUE if code not in CORE))

__all__ = [
    "CATALOGUE",
    "CORE",
    "EXIT_STANDARDS",
    "NAMED",
    "READING_ORDER",
    "Clause",
    "Composite",
    "Definition",
    "Indicator",
    "Item",
    "Named",
    "NoLine",
    "PersonsOverBase",
    "Threshold",
    "percent",
]
