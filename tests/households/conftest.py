from collections import defaultdict
from datetime import date
from types import SimpleNamespace
from typing import Any

import pytest

from core import slots
from households.models import Household
from tests.households.factories import (
    HouseholdFactory,
    InsuranceFactory,
    MemberFactory,
    MemberProfileFactory,
    SchoolingFactory,
)


@pytest.fixture(autouse=True)
def bare_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pages as this app makes them, without what upper apps put into their slots."""
    monkeypatch.setattr(slots, "_fillers", defaultdict(list))


@pytest.fixture
def household(villages: SimpleNamespace) -> Household:
    """A complete household of the own village: head, spouse-age member and one pupil of ten."""
    made = HouseholdFactory(
        village=villages.own, code="1502221052030001", head_name="李占元", complete=True
    )
    child = MemberFactory(household=made, name="李浩然", birth_date=date(2009, 5, 1))
    SchoolingFactory(member=child)
    InsuranceFactory(member=child)
    MemberProfileFactory(member=made.members.get(name="李占元"))
    return made


@pytest.fixture
def all_same() -> dict[str, Any]:
    """What a browser sends when nothing changed and the head confirmed."""
    return {
        **{f"same-{n}": "on" for n in range(1, 10)},
        "visited_on": "2019-11-04",
        "confirmed": "on",
    }


@pytest.fixture
def send(client_for: Any, household: Household, all_same: dict[str, Any]) -> Any:
    """Submit the check of the household as someone: `send(clerk, {"housing-grade": "C"})`."""
    from django.urls import reverse

    def post(user: Any, changes: dict[str, Any] | None = None, **more: Any) -> Any:
        version = Household.objects.get(pk=household.pk).version
        data = {
            **all_same,
            "base_version": version,
            "operation_key": "k1",
            "act": "submit",
            **(changes or {}),
            **more,
        }
        data = {name: value for name, value in data.items() if value is not None}
        return client_for(user).post(reverse("households:check_edit", args=[household.pk]), data)

    return post
