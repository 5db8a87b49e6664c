from collections import defaultdict

import pytest

from core import slots


@pytest.fixture(autouse=True)
def bare_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pages as this app makes them, without what upper apps put into their slots."""
    monkeypatch.setattr(slots, "_fillers", defaultdict(list))
