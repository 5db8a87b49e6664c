"""Giving households to a helper: one helper at a time, no gap, only where the helper works."""

from datetime import UTC, date, datetime
from typing import Any

import pytest
from django.urls import reverse

from accounts.enums import RoleCode
from accounts.models import Area, User
from core.models import AuditEvent
from households import services
from households.models import Household, Pairing
from tests.accounts.factories import person
from tests.households.factories import HouseholdFactory, PairingFactory
from villages.models import FactChange

pytestmark = pytest.mark.django_db
AT = datetime(2019, 11, 5, 2, tzinfo=UTC)
TODAY = date(2019, 11, 5)
PAGE = reverse("households:pairing_assign")


@pytest.fixture
def next_helper(places: Any) -> User:
    return named("赵新", places.township)


def named(name: str, area: Area) -> User:
    """A helper of that name."""
    user = person(RoleCode.HELPER, area)
    user.display_name = name
    user.save()
    return user


def assign(household: Household, helper: User, day: date = TODAY, **more: Any) -> Any:
    return services.assign_helper(
        households=[household], helper=helper, valid_from=day, by=more.get("by"), at=AT
    )


def pairings(household: Household) -> list[tuple[int, date, date | None]]:
    rows = household.pairings.order_by("valid_from", "pk")
    return [(row.helper_id, row.valid_from, row.valid_to) for row in rows]


def test_old_pairing_ends_the_day_the_new_begins(
    household: Household, helper: User, next_helper: User, clerk: User
) -> None:
    PairingFactory(household=household, helper=helper, valid_from=date(2019, 1, 1))

    plan = assign(household, next_helper, by=clerk)

    assert plan.change == [household]
    assert pairings(household) == [
        (helper.pk, date(2019, 1, 1), TODAY),
        (next_helper.pk, TODAY, None),
    ]
    assert [p.helper_id for p in Pairing.objects.current(date(2019, 11, 4))] == [helper.pk]
    assert [p.helper_id for p in Pairing.objects.current(TODAY)] == [next_helper.pk]
    before = household.version
    household.refresh_from_db()
    assert household.version == before + 1
    assert FactChange.objects.filter(village=household.village_id).exists()
    event = AuditEvent.objects.get(action="pairing.assign")
    assert (event.actor_id, event.target_id) == (clerk.pk, str(household.pk))
    assert event.detail == {"helper": "赵新", "on": "2019-11-05"}


def test_same_helper_changes_nothing(household: Household, helper: User) -> None:
    PairingFactory(household=household, helper=helper)

    plan = assign(household, helper)

    assert (plan.same, plan.change) == ([household], [])
    assert len(pairings(household)) == 1
    assert not AuditEvent.objects.filter(action="pairing.assign").exists()


def test_corrected_on_the_same_day_the_first_never_was(
    household: Household, helper: User, next_helper: User
) -> None:
    assign(household, helper)
    assign(household, next_helper)

    assert [p.helper_id for p in Pairing.objects.current(TODAY)] == [next_helper.pk]
    assert assign(household, helper).change == [household]


def test_sent_twice_all_without_a_helper_are_assigned_once(
    household: Household, helper: User, clerk: User, client_for: Any
) -> None:
    """The second time nobody matches the conditions any more: it says what the first time did."""
    browser = client_for(clerk)
    sent = {"helper_id": helper.pk, "valid_from": TODAY.isoformat(), "operation_key": "twice"}
    address = f"{PAGE}?all=1&paired=no"

    said = [
        [str(each) for each in browser.post(address, sent, follow=True).context["messages"]]
        for _ in range(2)
    ]

    assert "已把 1 户指派给" in said[0][0]
    assert said[1] == said[0]
    assert len(pairings(household)) == 1
    other = browser.post(f"{PAGE}?all=1", sent, follow=True)
    assert "已提交过另一内容" in str(*other.context["messages"])


@pytest.mark.parametrize("status", ["REMOVED", "EXTINCT"])
def test_household_that_is_gone_is_refused(villages: Any, helper: User, status: str) -> None:
    gone = HouseholdFactory(village=villages.own, status=status)

    assert assign(gone, helper).refused == [(gone, services.Refusal.GONE)]
    assert pairings(gone) == []


def test_helper_works_only_where_the_grant_holds(villages: Any, helper: User, clerk: User) -> None:
    outside = HouseholdFactory(village=villages.other)
    inside = HouseholdFactory(village=villages.own)

    assert assign(outside, helper).refused == [(outside, services.Refusal.OUTSIDE)]
    assert assign(inside, clerk).refused == [(inside, services.Refusal.OUTSIDE)]
    helper.grants.update(valid_to=date(2019, 11, 1))
    assert assign(inside, helper).refused == [(inside, services.Refusal.OUTSIDE)]


def test_pairing_that_begins_later_stands(
    household: Household, helper: User, next_helper: User
) -> None:
    PairingFactory(household=household, helper=helper, valid_from=date(2019, 11, 20))

    assert assign(household, next_helper).refused == [(household, services.Refusal.LATER)]


def test_time_without_a_helper_is_told(
    household: Household, helper: User, next_helper: User
) -> None:
    PairingFactory(
        household=household, helper=helper, valid_from=date(2019, 1, 1), valid_to=date(2019, 6, 1)
    )

    assert assign(household, next_helper).gaps == [household]


def test_page_counts_before_and_after(
    client_for: Any, clerk: User, helper: User, household: Household, villages: Any
) -> None:
    PairingFactory(household=household, helper=helper)
    other = HouseholdFactory(village=villages.next, head_name="韩四喜")
    gone = HouseholdFactory(village=villages.next, head_name="王走了", status="REMOVED")
    browser = client_for(clerk)
    picks = {"pick": [household.pk, other.pk, gone.pk]}

    chosen = browser.get(PAGE, picks).content.decode()
    asked = {"helper_id": helper.pk, "valid_from": "2019.11.5"}
    dry = browser.get(PAGE, {**picks, **asked}).content.decode()

    assert "已选 3 户" in chosen
    assert "确认指派 1 户" in dry
    assert "不能指派：已清退或自然消亡" in dry
    assert pairings(other) == []
    address = f"{PAGE}?pick={household.pk}&pick={other.pk}&pick={gone.pk}"
    for _twice in range(2):
        done = browser.post(address, {**asked, "operation_key": "k1"}, follow=True)
        assert "已把 1 户指派给" in done.content.decode()
    assert pairings(other) == [(helper.pk, TODAY, None)]
    assert pairings(gone) == []


def test_all_that_match_the_conditions(
    client_for: Any, clerk: User, helper: User, household: Household, villages: Any
) -> None:
    HouseholdFactory(village=villages.next, status="RETURNED")
    HouseholdFactory(village=villages.other, status="RETURNED")

    html = client_for(clerk).get(PAGE, {"all": "1", "status": "RETURNED"}).content.decode()

    assert "已选 1 户" in html


@pytest.mark.parametrize(
    ("day", "said"),
    [
        ("2019-13-01", "日期写法不对"),
        ("2020-03-01", "最多提前一个月"),
        ("2017-01-01", "最多补记一年"),
        ("", "还没有填写"),
    ],
)
def test_bad_day_is_told_at_its_field(
    client_for: Any, clerk: User, helper: User, household: Household, day: str, said: str
) -> None:
    browser = client_for(clerk)
    asked = {"helper_id": helper.pk, "valid_from": day}

    assert said in browser.get(PAGE, {"pick": household.pk, **asked}).content.decode()
    response = browser.post(f"{PAGE}?pick={household.pk}", {**asked, "operation_key": "k1"})
    assert response.status_code == 422
    assert said in response.content.decode()
    assert pairings(household) == []


def test_nobody_picks_others_households_or_nothing(
    client_for: Any, clerk: User, informant: User, helper: User, villages: Any
) -> None:
    foreign = HouseholdFactory(village=villages.other)
    browser = client_for(clerk)

    for picks in ({}, {"pick": foreign.pk}, {"pick": "x"}):
        assert "还没有勾选户" in browser.get(PAGE, picks, follow=True).content.decode()
    browser.post(f"{PAGE}?pick={foreign.pk}", {"helper_id": helper.pk, "valid_from": "2019-11-05"})
    assert pairings(foreign) == []
    assert client_for(informant).get(PAGE).status_code == 403


def test_choice_holds_helpers_of_the_place_and_above(
    client_for: Any, clerk: User, helper: User, household: Household, places: Any
) -> None:
    named("旗县来人", places.county)
    named("邻镇来人", places.other_township)

    html = client_for(clerk).get(PAGE, {"pick": household.pk}).content.decode()

    assert "旗县来人" in html
    assert "邻镇来人" not in html
