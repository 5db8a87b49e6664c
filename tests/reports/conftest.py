"""A campaign of the cast's city, whose housing bureau owes October; nights that were really run."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from types import SimpleNamespace
from typing import Any

import pytest

from accounts.models import User
from households.models import Water
from indicators import services as indicator_services
from reports.models import Obligation
from tests.households.factories import HouseholdFactory, ResidenceFactory, WaterFactory
from tests.reports.factories import ObligationFactory
from tests.tasks.factories import CampaignFactory

KNOWN_AT = datetime(2019, 11, 5, 1, tzinfo=UTC)


@pytest.fixture
def obligation(places: SimpleNamespace, agency: Any) -> Obligation:
    """What the cast's agency owes for October 2019."""
    return ObligationFactory(campaign=CampaignFactory(area=places.city), agency=agency)


@pytest.fixture
def run_night(db: None) -> Callable[[date], None]:
    """Run a whole night, as the nightly job does."""

    def run(on: date) -> None:
        indicator_services.load_standards(at=KNOWN_AT)
        indicator_services.recompute(on=on, at=KNOWN_AT)

    return run


@pytest.fixture
def register(villages: SimpleNamespace) -> list[Any]:
    """Three households of one's own village (one without safe water, one of unknown water) and one next door."""
    unasked = HouseholdFactory(village=villages.own)
    ResidenceFactory(household=unasked)
    return [
        HouseholdFactory(village=villages.own, complete=True),
        dry(villages.own),
        unasked,
        HouseholdFactory(village=villages.other, complete=True),
    ]


def dry(village: Any) -> Any:
    """A household that lacks safe water and nothing else."""
    household = HouseholdFactory(village=village, complete=True)
    Water.objects.filter(household=household).update(superseded_at=KNOWN_AT)
    WaterFactory(household=household, quality="NOT_MET")
    return household


@pytest.fixture
def signed_in(client_for: Any, agency_user: User) -> Any:
    return client_for(agency_user)
