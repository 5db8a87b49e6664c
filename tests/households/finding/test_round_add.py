"""Adding chosen households to a round: counted before and after."""

from datetime import UTC, date, datetime
from typing import Any

import pytest
from django.urls import reverse

from accounts.models import User
from households import rounds, services
from households.models import CheckRound, Household
from tests.households.factories import HouseholdFactory

pytestmark = pytest.mark.django_db
AT = datetime(2019, 11, 5, 2, tzinfo=UTC)
PAGE = reverse("households:round_add")


@pytest.fixture
def check_round(places: Any, county_user: User) -> CheckRound:
    return services.open_round(
        area=places.county, name="十一月抽查", statuses=[], opened_on=date(2019, 11, 1),
        due_on=date(2019, 11, 30), by=county_user, at=AT,
    )  # fmt: skip


def test_counts_before_and_after(
    client_for: Any, county_user: User, household: Household, villages: Any, check_round: CheckRound
) -> None:
    gone = HouseholdFactory(village=villages.own, status="REMOVED")
    browser = client_for(county_user)
    address = f"{PAGE}?pick={household.pk}&pick={gone.pk}"

    dry = browser.get(address + f"&check_round={check_round.pk}").content.decode()

    assert "确认加入 1 户" in dry
    assert "不能加入" in dry
    assert rounds.asked_count(check_round) == 0
    asked = {"check_round": check_round.pk, "operation_key": "k1"}
    for _twice in range(2):
        done = browser.post(address, asked, follow=True).content.decode()
        assert "已加入 1 户，「十一月抽查」现有 1 户" in done
    assert rounds.asked_count(check_round) == 1
    again = browser.get(address + f"&check_round={check_round.pk}").content.decode()
    assert "没有可加入的户" in again


def test_closed_round_cannot_be_chosen(
    client_for: Any, county_user: User, household: Household, check_round: CheckRound
) -> None:
    services.close_round(check_round=check_round, by=county_user, at=AT)

    response = client_for(county_user).post(
        f"{PAGE}?pick={household.pk}", {"check_round": check_round.pk, "operation_key": "k1"}
    )

    assert response.status_code == 422
    assert rounds.asked_count(check_round) == 0
