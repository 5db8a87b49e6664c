"""The list: its conditions, saved filters, columns, and how it counts."""

import io
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from openpyxl import load_workbook

from accounts.models import User
from core import listing
from core.models import AuditEvent
from households import services
from households.filters import HouseholdFilterSet
from households.models import ColumnChoice, Household, Monitoring, SavedFilter
from tests.households.factories import (
    HouseholdCheckFactory,
    HouseholdFactory,
    HouseholdProfileFactory,
    PairingFactory,
)
from tests.villages.factories import KNOWN, START

pytestmark = pytest.mark.django_db
LIST = "/households/"
SAVED = reverse("households:saved_filter_list")
COLUMNS = reverse("households:household_columns")


def heads(client: Any, **query: Any) -> set[str]:
    """Names of heads the list shows."""
    page = client.get(LIST, query)
    assert page.status_code == 200
    return {line.household.head_name for line in page.context["rows"]}


@pytest.fixture
def three(villages: Any, helper: User) -> dict[str, Household]:
    """A household of each kind of condition, and one of none."""
    paired = HouseholdFactory(village=villages.own, head_name="结对户")
    PairingFactory(household=paired, helper=helper)
    seen = HouseholdFactory(village=villages.own, head_name="已查户")
    HouseholdCheckFactory(household=seen, author=helper, submitted=True)
    poor = HouseholdFactory(village=villages.own, head_name="低保户")
    HouseholdProfileFactory(household=poor, kind="DIBAO", cause_main="LAND")
    return {"paired": paired, "seen": seen, "poor": poor}


@pytest.mark.parametrize(
    ("query", "shown"),
    [
        ({"helper": "{helper}"}, {"结对户"}),
        ({"helper": "查无此人"}, set()),
        ({"paired": "yes"}, {"结对户"}),
        ({"paired": "no"}, {"已查户", "低保户"}),
        ({"visited": "month"}, {"已查户"}),
        ({"visited": "30"}, {"结对户", "低保户"}),
        ({"visited": "never"}, {"结对户", "低保户"}),
        ({"kind": "DIBAO"}, {"低保户"}),
        ({"cause": "LAND"}, {"低保户"}),
        ({"monitor": "any"}, set()),
        ({"kind": "DIBAO", "paired": "yes"}, set()),
    ],
)
def test_conditions_on_page_and_api(
    client_for: Any, api_for: Any, clerk: User, helper: User, three: Any, query: Any, shown: Any
) -> None:
    query = {name: value.format(helper=helper) for name, value in query.items()}

    assert heads(client_for(clerk), **query) == shown
    answer = api_for(clerk).get("/api/v1/households/", query).json()
    assert {row["head_name"] for row in answer["results"]} == shown
    assert answer["count"] == len(shown)


def test_watched_households(client_for: Any, clerk: User, three: Any) -> None:
    for household, removed in ((three["paired"], None), (three["seen"], True)):
        Monitoring.objects.create(
            household=household, village=household.village, valid_from=START, recorded_at=KNOWN,
            source="OFFICE", monitor_type="UNSTABLE", risk_removed=removed,
        )  # fmt: skip

    assert heads(client_for(clerk), monitor="any") == {"结对户"}
    assert heads(client_for(clerk), monitor="UNSTABLE") == {"结对户"}
    assert heads(client_for(clerk), monitor="SUDDEN") == set()


def test_last_check_exactly_so_long_ago(client_for: Any, clerk: User, three: Any) -> None:
    check = three["seen"].checks.get()
    check.visited_on = date(2019, 10, 6)
    check.save()
    assert "已查户" in heads(client_for(clerk), visited="30")
    check.visited_on = date(2019, 10, 7)
    check.save()
    assert "已查户" not in heads(client_for(clerk), visited="30")


def test_other_lines_get_no_condition_on_what_they_do_not_see(
    client_for: Any, api_for: Any, agency_user: User, three: Any
) -> None:
    page = client_for(agency_user).get(LIST, {"cause": "LAND", "kind": "DIBAO"})

    assert not {"cause", "kind", "monitor"} & set(page.context["filter"].form.fields)
    assert len(page.context["rows"]) == 3
    answer = api_for(agency_user).get("/api/v1/households/", {"cause": "LAND"})
    assert answer.json()["count"] == 3


@pytest.mark.parametrize(
    "query", [{"status": "LIFTED_POLICY"}, {"cause": "LAND"}, {"kind": "DIBAO"}]
)
def test_facts_are_as_many_as_the_households(
    client_for: Any, clerk: User, three: Any, villages: Any, query: dict[str, str]
) -> None:
    HouseholdFactory(village=villages.other, head_name="邻镇户", complete=True)
    closing = HouseholdFactory(village=villages.own, head_name="将改户", status="")
    HouseholdProfileFactory(
        household=closing, kind="DIBAO", cause_main="LAND", valid_to=date(2019, 12, 1), closed_at=KNOWN
    )  # fmt: skip
    page = client_for(clerk).get(LIST, query)

    conditions: HouseholdFilterSet = page.context["filter"]
    countable = conditions.countable(page.context["area"])

    assert countable is not None
    assert countable[:100].count() == len(page.context["rows"]) == conditions.qs.count()
    assert conditions.countable(None) is not None


def test_list_past_the_limit_reads_so_and_stays_quick(
    client_for: Any, clerk: User, villages: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listing.CappedPaginator, "limit", 40)
    HouseholdFactory.create_batch(45, village=villages.own)

    last = client_for(clerk).get(LIST, {"page": 99}).content.decode()

    assert "共 40+ 户" in last
    assert "只列出前一万条" in last
    assert "只列出前一万条" not in client_for(clerk).get(LIST).content.decode()


def test_list_with_every_column_asks_a_constant_number_of_queries(
    client_for: Any, clerk: User, helper: User, villages: Any
) -> None:
    browser = client_for(clerk)
    keys = ["village", "id", "kind", "helper", "phone", "income", "grade", "visited", "cause"]
    ColumnChoice.objects.create(user=clerk, page="households:household_list", columns=keys)

    def asked(more: int) -> int:
        for household in HouseholdFactory.create_batch(more, village=villages.own, complete=True):
            PairingFactory(household=household, helper=helper)
        browser.get(LIST, {"size": 50})
        with CaptureQueriesContext(connection) as queries:
            browser.get(LIST, {"size": 50})
        return len(queries)

    assert asked(3) == asked(27)


def test_columns_are_kept_shown_and_exported(
    client_for: Any, clerk: User, helper: User, household: Household
) -> None:
    PairingFactory(household=household, helper=helper)
    browser = client_for(clerk)
    wanted = ["village", "helper", "phone", "income", "grade", "kind"]
    done = browser.post(COLUMNS, {"columns": wanted, "operation_key": "k1", "query": "q=李"})

    html = browser.get(LIST).content.decode()

    assert done.headers["Location"].startswith(LIST)
    assert "138****6127" in html
    assert str(helper) in html
    assert "6,632.00" in html
    assert "B级" in html
    assert household.members.get(name="李占元").id_mask not in html
    book = browser.post(reverse("households:household_export"), {"purpose": "核对名单"})
    rows = list(load_workbook(io.BytesIO(book.content)).active.values)
    flat = [cell for row in rows for cell in row]
    assert {"帮扶责任人", "联系电话", "人均纯收入（元）", "房屋等级", "户属性"} <= set(flat)
    assert Decimal("6632.00") in [Decimal(str(c)) for c in flat if isinstance(c, int | float)]
    assert "户编号" not in flat
    browser.post(COLUMNS, {"usual": "1", "operation_key": "k2"})
    assert not ColumnChoice.objects.exists()
    assert AuditEvent.objects.filter(action="list.columns").count() == 2


def test_column_nobody_offers_is_refused(client_for: Any, agency_user: User) -> None:
    browser = client_for(agency_user)

    done = browser.post(COLUMNS, {"columns": ["phone"], "operation_key": "k1"}, follow=True)

    assert "列设置：" in done.content.decode()
    assert not ColumnChoice.objects.exists()


def test_filter_is_saved_shown_renamed_and_deleted(
    client_for: Any, clerk: User, other_clerk: User, household: Household
) -> None:
    browser = client_for(clerk)
    query = "status=LIFTED_POLICY&nonsense=1&page=3&visited=9"
    for _twice in range(2):
        browser.post(SAVED, {"name": " 享受政策 ", "query": query, "operation_key": "k1"})

    saved = SavedFilter.objects.get()

    assert (saved.name, saved.query) == ("享受政策", "status=LIFTED_POLICY")
    assert f'href="{LIST}?status=LIFTED_POLICY"' in browser.get(LIST).content.decode()
    assert "享受政策" not in client_for(other_clerk).get(SAVED).content.decode()
    one = reverse("households:saved_filter", args=[saved.pk])
    assert client_for(other_clerk).post(one, {"act": "delete"}).status_code == 404
    browser.post(one, {"name": "在册户", "operation_key": "k2"})
    assert "在册户" in browser.get(SAVED).content.decode()
    browser.post(one, {"act": "delete", "operation_key": "k3"})
    assert not SavedFilter.objects.exists()
    acts = AuditEvent.objects.filter(action__startswith="filter.").order_by("pk")
    assert [act.action for act in acts] == ["filter.save", "filter.rename", "filter.delete"]


def test_numbers_of_people_are_not_kept_as_conditions(client_for: Any, clerk: User) -> None:
    browser = client_for(clerk)

    done = browser.post(
        SAVED, {"name": "某人", "query": "q=13800006127", "operation_key": "k1"}, follow=True
    )
    assert "没有可保存的条件" in done.content.decode()
    browser.post(SAVED, {"name": "李家", "query": "q=李&status=", "operation_key": "k2"})

    assert [saved.query for saved in SavedFilter.objects.all()] == ["q=%E6%9D%8E"]


def test_names_are_single_and_filters_few(client_for: Any, clerk: User) -> None:
    browser = client_for(clerk)
    for number in range(services.MOST_SAVED):
        SavedFilter.objects.create(
            user=clerk, page="households:household_list", name=f"查询{number}", query="status=RETURNED"
        )  # fmt: skip

    def save(name: str, key: str) -> str:
        data = {"name": name, "query": "status=RETURNED", "operation_key": key}
        return str(browser.post(SAVED, data, follow=True).content.decode())

    assert "已有同名的查询" in save("查询1", "k1")
    assert "最多保存 20 个查询" in save("又一个", "k2")
    assert "还没有填写" in save(" ", "k3")
    one = reverse("households:saved_filter", args=[SavedFilter.objects.get(name="查询2").pk])
    taken = browser.post(one, {"name": "查询1", "operation_key": "k4"}, follow=True)
    assert "已有同名的查询" in taken.content.decode()
    assert SavedFilter.objects.count() == services.MOST_SAVED
