"""The catalogue: every indicator, declared once, by code."""

from indicators.definitions.base import Clause, Indicator, PersonsOverBase, Threshold, percent
from indicators.definitions.household import HOU_01, INC_01, PWR_02, WAT_01
from indicators.definitions.member import EDU_01, MED_01
from indicators.definitions.village import COL_01, COL_02, POV_01, PWR_01

CATALOGUE: dict[str, Indicator | PersonsOverBase] = {
    indicator.code: indicator
    for indicator in (
        COL_01,
        COL_02,
        EDU_01,
        HOU_01,
        INC_01,
        MED_01,
        POV_01,
        PWR_01,
        PWR_02,
        WAT_01,
    )
}

# The order in which people read them: the household's safeguards, then its members', then the village's.
READING_ORDER = (
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

__all__ = [
    "CATALOGUE",
    "READING_ORDER",
    "Clause",
    "Indicator",
    "PersonsOverBase",
    "Threshold",
    "percent",
]
