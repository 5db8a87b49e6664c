"""Each way to name a household finds it, once, and nothing beyond the user's area."""

from typing import Any

import pytest

from households.models import Household
from tests.households.factories import HouseholdFactory
from tests.households.finding.test_search import found

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    "text", ["1502221052030001", "15022210520300", "李", "李占元", " 李占元 ", "李浩"]
)
def test_code_head_and_member_find_the_household_once(
    text: str, clerk: Any, household: Household, villages: Any
) -> None:
    HouseholdFactory(village=villages.next, head_name="韩四喜", code="1502221052050001")

    assert found(text, clerk) == ["李占元"]


def test_identity_number_is_exact_and_not_case_sensitive(clerk: Any, household: Household) -> None:
    number = household.members.get(name="李占元").id_number

    assert found(number, clerk) == ["李占元"]
    assert found(number.lower(), clerk) == ["李占元"]
    assert found(number[:-1], clerk) == []


def test_search_stays_in_the_area_and_takes_signs_as_they_are(
    clerk: Any, household: Household, villages: Any
) -> None:
    HouseholdFactory(village=villages.other, head_name="李外乡")

    assert found("李", clerk) == ["李占元"]
    assert found("%", clerk) == []
    assert found("", clerk) == ["李占元"]
