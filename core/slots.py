"""Named places on lower pages that upper apps fill.

`households` may not import `indicators`, yet a household's file shows its lights. The page offers
the slot "household_lights"; `indicators` registers a function for it in its AppConfig.ready().
"""

from collections import defaultdict
from collections.abc import Callable
from typing import Any

Filler = Callable[..., Any]
_fillers: dict[str, list[tuple[int, Filler]]] = defaultdict(list)


def register(name: str, filler: Filler, *, order: int = 100) -> None:
    """Fill a slot. Templates call the filler with the page's request and the tag's arguments."""
    if (order, filler) not in _fillers[name]:
        _fillers[name].append((order, filler))
        _fillers[name].sort(key=lambda pair: pair[0])


def fillers(name: str) -> list[Filler]:
    """What upper apps have put into a slot, in order; empty when none is installed."""
    return [filler for _, filler in _fillers[name]]
