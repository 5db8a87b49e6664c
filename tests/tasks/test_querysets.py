from datetime import date, timedelta
from typing import Any

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.roles import Permission
from tasks.enums import TRANSITIONS, CaseState
from tasks.models import Campaign, Case, Task
from tasks.querysets import Stock, codes_below, stock, total
from tests.households.factories import PairingFactory
from tests.tasks.factories import CampaignFactory, CaseFactory, TaskFactory, happen, verifying

pytestmark = pytest.mark.django_db
ON = date(2019, 11, 5)

# Histories: for each case, days between turns and which of the possible turns is taken.
histories = st.lists(
    st.lists(st.tuples(st.integers(0, 40), st.integers(0, 9)), max_size=14), min_size=1, max_size=4
)


def play(history: list[tuple[int, int]], opened_on: date) -> Case:
    case = CaseFactory(opened_on=opened_on, changed_on=opened_on, due_on=opened_on)
    for days, choice in history:
        possible = [
            kind
            for kind, (before, after) in TRANSITIONS.items()
            if case.state in before and after != "EXTENSION"
        ]
        if not possible:
            break
        happen(case, possible[choice % len(possible)], on=case.changed_on + timedelta(days=days))
    return case


@settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
@given(histories=histories, start=st.integers(0, 60), length=st.integers(0, 60))
def test_closing_is_opening_plus_turns_and_what_stands_open(
    histories: list[list[tuple[int, int]]], start: int, length: int
) -> None:
    date_from = date(2019, 1, 1) + timedelta(days=start)
    date_to = date_from + timedelta(days=length)
    with transaction.atomic():
        for number, history in enumerate(histories):
            play(history, date(2019, 1, 1) + timedelta(days=number * 20))
        found = stock(Case.objects.all(), date_from, date_to)

        assert found.closing == Case.objects.open_at(date_to).count()
        assert found.opening == Case.objects.open_at(date_from - timedelta(days=1)).count()
        assert (
            stock(Case.objects.all(), date_from, date(2030, 1, 1)).closing
            == Case.objects.live().count()
        )
        transaction.set_rollback(True)


def test_stock_of_nothing() -> None:
    assert stock(Case.objects.all(), ON, ON) == Stock()


def test_total_takes_each_indicator_once() -> None:
    assert total({"A": Stock(1, 2, 3, 4), "B": Stock(new=1)}, ["A", "A"]) == Stock(1, 2, 3, 4)


def test_reopened_case_counts_as_reopened() -> None:
    case = verifying()
    happen(case, "CLOSED", on=date(2019, 10, 20))
    happen(case, "REOPENED", on=date(2019, 11, 2))

    assert stock(Case.objects.all(), date(2019, 11, 1), date(2019, 11, 30)) == Stock(0, 0, 1, 0)
    assert stock(Case.objects.all(), date(2019, 10, 1), date(2019, 10, 31)) == Stock(0, 1, 0, 1)


def test_codes_below_reach_every_level() -> None:
    top = TaskFactory(indicators=["A"], is_leaf=False)
    middle = TaskFactory(campaign=top.campaign, parent=top, indicators=["B"], is_leaf=False)
    leaf = TaskFactory(campaign=top.campaign, parent=middle, indicators=["C"])

    assert codes_below([top, middle, leaf]) == {
        top.pk: {"A", "B", "C"},
        middle.pk: {"B", "C"},
        leaf.pk: {"C"},
    }
    assert Task.objects.codes_of(middle) == {"B", "C"}


class TestScope:
    def test_by_area(self, villages: Any, clerk: Any, county_user: Any, city_user: Any) -> None:
        for village in vars(villages).values():
            CaseFactory(household__village=village)

        assert [
            Case.objects.for_user(user).count() for user in (clerk, county_user, city_user)
        ] == [2, 3, 4]

    def test_helper_sees_paired_households(self, villages: Any, helper: Any) -> None:
        CaseFactory(household__village=villages.own)
        mine = CaseFactory(household__village=villages.own)
        PairingFactory(household=mine.household, helper=helper)

        assert list(Case.objects.for_user(helper)) == [mine]

    def test_agency_sees_what_it_leads_or_supports(
        self, villages: Any, agency_user: Any, agency: Any
    ) -> None:
        CaseFactory(household__village=villages.own)
        answered = CaseFactory(household__village=villages.own, lead=[agency])
        CaseFactory(household__village=villages.far, lead=[agency])
        named = CaseFactory(household__village=villages.next, indicator="HOU-01")
        TaskFactory(indicators=["HOU-01"], lead=[agency])

        assert set(Case.objects.for_user(agency_user)) == {answered, named}
        assert set(Case.objects.for_user(agency_user, permission=Permission.WORK_CASE)) == {
            answered,
            named,
        }

    def test_without_the_right_there_is_nothing(
        self, villages: Any, leader: Any, inspector: Any
    ) -> None:
        CaseFactory(household__village=villages.own)

        assert not Case.objects.for_user(leader).exists()
        assert Case.objects.for_user(leader, permission=Permission.VIEW_FIGURES).exists()
        assert not Case.objects.for_user(inspector, permission=Permission.WORK_CASE).exists()

    def test_campaigns_and_tasks_of_ones_own_area(self, places: Any, clerk: Any) -> None:
        mine = TaskFactory(campaign=CampaignFactory(area=places.city))
        TaskFactory(campaign=CampaignFactory(area=places.far_township))

        assert list(Task.objects.for_user(clerk)) == [mine]
        assert Campaign.objects.covering(places.village) == mine.campaign


def test_waiting_for(villages: Any, clerk: Any, county_user: Any) -> None:
    CaseFactory(household__village=villages.own)
    CaseFactory(household__village=villages.own, after=["ASSIGNED"])
    CaseFactory(household__village=villages.own, after=["ASSIGNED"], due_on=date(2019, 11, 10))
    verifying(household__village=villages.own)

    assert Case.objects.waiting_for(clerk, ON) == {
        "work": 2,
        "late": 1,
        "soon": 1,
        "assign": 0,
        "extension": 0,
        "verify": 0,
    }
    assert Case.objects.waiting_for(county_user, ON)["assign"] == 1
    assert Case.objects.waiting_for(county_user, ON)["verify"] == 1


def test_open_at_knows_the_order_within_a_day() -> None:
    case = verifying()
    happen(case, "CLOSED", on=ON)
    assert not Case.objects.open_at(ON).exists()
    happen(case, "REOPENED", on=ON)

    assert Case.objects.open_at(ON).get().state == CaseState.REGISTERED
