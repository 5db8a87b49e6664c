import pytest

from tests.indicators.factories import Teller, load_standards


@pytest.fixture
def teller(db: None) -> Teller:
    """Standards on record, and somebody to tell facts."""
    load_standards()
    return Teller()
