"""What the list asks of the household's row is true after every act, whoever wrote."""

from datetime import date, timedelta
from typing import Any

import pytest
from django.db.models import F, Max, Q
from django.db.models.functions import Coalesce
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from accounts.models import User
from core import clock
from households import services
from households.models import HouseholdCheck, Pairing
from tests.accounts.factories import UserFactory
from tests.households.factories import (
    HouseholdCheckFactory,
    HouseholdFactory,
    PairingFactory,
)

pytestmark = pytest.mark.django_db
TODAY = date(2019, 11, 5)
FAR = date.max


def truth(household: Any) -> tuple[date | None, date | None]:
    """The two days by the checks and pairings themselves."""
    checks = HouseholdCheck.objects.filter(household=household).counted()
    pairings = Pairing.objects.filter(household=household)
    pairings = pairings.filter(Q(valid_to=None) | Q(valid_to__gt=F("valid_from")))
    return (
        checks.aggregate(day=Max("visited_on"))["day"],
        pairings.aggregate(day=Max(Coalesce("valid_to", FAR)))["day"],
    )


def kept(household: Any) -> tuple[date | None, date | None]:
    household.refresh_from_db()
    return household.last_visited_on, household.helped_until


@pytest.fixture
def household(villages: Any) -> Any:
    return HouseholdFactory(village=villages.own)


def submit(household: Any, by: User, day: date) -> HouseholdCheck:
    household.refresh_from_db()
    return services.submit_check(
        household=household, answers={}, visited_on=day, by=by, at=clock.now(),
        base_version=household.version,
    )  # fmt: skip


def test_a_household_nobody_saw_or_helps(household: Any) -> None:
    assert kept(household) == truth(household) == (None, None)


def test_a_submitted_check_counts_until_it_is_returned(
    household: Any, clerk: User, informant: User
) -> None:
    first = submit(household, informant, TODAY - timedelta(days=9))
    later = submit(household, informant, TODAY)
    assert kept(household) == truth(household) == (TODAY, None)

    services.accept_check(check=first, by=clerk, at=clock.now())
    assert kept(household)[0] == TODAY
    services.return_check(check=later, by=clerk, at=clock.now(), reason="不清")
    assert kept(household) == truth(household) == (first.visited_on, None)


def test_a_draft_does_not_count(household: Any, informant: User) -> None:
    services.save_draft(
        household=household, raw={}, visited_on=TODAY, by=informant, at=clock.now(), base_version=1
    )
    assert kept(household) == (None, None)
    services.discard_draft(household=household, by=informant, at=clock.now())
    assert kept(household) == (None, None)


def test_rows_written_at_once_by_a_loader(villages: Any, clerk: User, helper: User) -> None:
    several: list[Any] = [HouseholdFactory(village=villages.own) for _ in range(3)]
    HouseholdCheck.objects.bulk_create(
        HouseholdCheckFactory.build(
            household=each, village=each.village, author=clerk, submitted=True, visited_on=day
        )
        for each in several[:2]
        for day in (TODAY, TODAY - timedelta(days=40))
    )
    Pairing.objects.bulk_create(
        PairingFactory.build(household=each, helper=helper) for each in several[1:]
    )
    assert [kept(each) for each in several] == [(TODAY, None), (TODAY, FAR), (None, FAR)]
    Pairing.objects.filter(household__in=several).update(valid_to=TODAY)
    assert [kept(each)[1] for each in several] == [None, TODAY, TODAY]
    Pairing.objects.all().delete()
    HouseholdCheck.objects.all().delete()
    assert [kept(each) for each in several] == [(None, None)] * 3


def test_a_helper_from_a_later_day_is_none_today(
    villages: Any, clerk: User, helper: User, client_for: Any
) -> None:
    later, between = (
        HouseholdFactory(village=villages.own, head_name=n) for n in ("以后户", "间断户")
    )
    PairingFactory(household=later, helper=helper, valid_from=TODAY + timedelta(days=3))
    PairingFactory(household=between, helper=helper, valid_to=TODAY)
    PairingFactory(household=between, helper=helper, valid_from=TODAY + timedelta(days=1))
    held = HouseholdFactory(village=villages.own, head_name="现有户")
    PairingFactory(household=held, helper=helper, valid_to=TODAY + timedelta(days=1))
    PairingFactory(household=held, helper=helper, valid_from=TODAY + timedelta(days=1))
    client = client_for(clerk)

    def heads(**query: str) -> set[str]:
        lines = client.get("/households/", query).context["rows"]
        return {line.household.head_name for line in lines}

    assert heads(paired="no") == {"以后户", "间断户"}
    assert heads(paired="yes") == {"现有户"}


class TestAnyHistory(TestCase):
    """Whatever is written, changed and deleted, the row says what the checks and pairings say."""

    days = st.dates(TODAY - timedelta(days=30), TODAY + timedelta(days=30))
    acts = st.one_of(
        st.tuples(st.just("check"), days, st.sampled_from(["SUBMITTED", "ACCEPTED", "RETURNED"])),
        st.tuples(st.just("pair"), days, st.none() | days),
        st.tuples(st.just("end"), days, st.none()),
        st.tuples(st.just("turn"), st.none(), st.sampled_from(["SUBMITTED", "RETURNED"])),
        st.tuples(st.just("drop"), st.none(), st.sampled_from([HouseholdCheck, Pairing])),
    )

    @settings(max_examples=40, deadline=None)
    @given(st.lists(acts, max_size=8))
    def test_equals_the_truth(self, acts: list[tuple[str, Any, Any]]) -> None:
        household: Any = HouseholdFactory()
        for act, day, more in acts:
            self.do(household, act, day, more)
            assert kept(household) == truth(household)

    def do(self, household: Any, act: str, day: Any, more: Any) -> None:
        checks = HouseholdCheck.objects.filter(household=household)
        pairings = Pairing.objects.filter(household=household)
        if act == "check":
            HouseholdCheckFactory(
                household=household,
                author=UserFactory(),
                submitted=True,
                visited_on=day,
                state=more,
            )
        elif act == "pair":
            PairingFactory(household=household, helper=UserFactory(), valid_from=day, valid_to=more)
        elif act == "end":
            pairings.filter(valid_to=None).update(valid_to=day)
        elif act == "turn":
            checks.update(state=more)
        else:
            more.objects.filter(household=household).delete()
