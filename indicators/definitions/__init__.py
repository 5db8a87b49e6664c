"""The catalogue: every indicator, declared once, by code."""

from indicators.definitions.base import Clause, Indicator, PersonsOverBase, Threshold, percent
from indicators.definitions.household import HOU_01, INC_01, PWR_02, WAT_01
from indicators.definitions.member import EDU_01, MED_01
from indicators.definitions.village import COL_01, COL_02, POV_01, PWR_01

CATALOGUE: dict[str, Indicator | PersonsOverBase] = {
    indicator.code: indicator
    for indicator in (COL_01, COL_02, EDU_01, HOU_01, INC_01, MED_01, POV_01, PWR_01, PWR_02, WAT_01)
}

__all__ = ["CATALOGUE", "Clause", "Indicator", "PersonsOverBase", "Threshold", "percent"]
