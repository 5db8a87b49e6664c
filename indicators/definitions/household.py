"""The standards of households, by subject."""

from indicators.definitions.housing import HOUSING
from indicators.definitions.income import INCOMES
from indicators.definitions.livelihood import LIVELIHOOD
from indicators.definitions.relocation import RELOCATIONS
from indicators.definitions.scopes import REGISTERED
from indicators.definitions.utilities import UTILITIES

HOUSEHOLD = (*HOUSING, *INCOMES, *LIVELIHOOD, *RELOCATIONS, *UTILITIES)

__all__ = ["HOUSEHOLD", "REGISTERED"]
