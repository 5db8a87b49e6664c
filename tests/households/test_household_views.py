"""The household list, its export, a household's file and the numbers shown on request."""

import io
from datetime import UTC, date, datetime
from typing import Any

import pytest
from django.db import connection
from django.http import HttpRequest
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from openpyxl import load_workbook

from core import slots
from core.facts import Provenance
from core.models import AuditEvent
from households import services
from households.models import Household, Housing
from tests.households.factories import HouseholdFactory, PairingFactory

pytestmark = pytest.mark.django_db
LIST = "/households/"


def get(client: Any, url: str = LIST, **query: Any) -> str:
    response = client.get(url, query)
    assert response.status_code == 200
    return response.content.decode()


def test_list_shows_own_households_with_masked_numbers(
    client_for: Any, clerk: Any, household: Household, villages: Any
) -> None:
    HouseholdFactory(village=villages.other, head_name="外乡人")

    html = get(client_for(clerk))

    head = household.members.get(name="李占元")
    assert "李占元" in html
    assert "外乡人" not in html
    assert head.id_mask in html
    assert head.id_number not in html
    assert "已脱贫（享受政策）" in html
    assert "因病" in html


def test_conditions_narrow_the_list(
    client_for: Any, clerk: Any, household: Household, villages: Any
) -> None:
    HouseholdFactory(village=villages.next, head_name="韩四喜", status="RETURNED")
    browser = client_for(clerk)

    assert "韩四喜" in get(browser, status="RETURNED")
    assert "李占元" not in get(browser, status="RETURNED")
    assert "韩四喜" not in get(browser, village=villages.own.pk)
    assert "李占元" in get(browser, q="李浩")
    assert "韩四喜" not in get(browser, cause="ILLNESS")
    assert "没有符合条件" in get(browser, q="无此人")
    assert "李占元" in get(browser, area=villages.own.pk)
    assert "李占元" not in get(browser, area=villages.next.pk)


def test_fragment_is_what_the_page_holds(
    htmx_client: Any, client_for: Any, clerk: Any, household: Household
) -> None:
    fragment = (
        htmx_client(clerk).get(LIST, headers={"HX-Target": "household-table"}).content.decode()
    )

    assert fragment.strip().startswith('<div id="household-table">')
    assert "<html" not in fragment
    assert "李占元" in fragment
    assert "<html" in get(client_for(clerk))


def test_lights_come_from_the_slot(
    client_for: Any, clerk: Any, household: Household, monkeypatch: Any
) -> None:
    def lights(request: HttpRequest, households: list[Household], on: date) -> dict[str, Any]:
        return {
            "columns": [("X-01", "某项")],
            "cells": {h.pk: {"X-01": "NOT_MET"} for h in households},
        }

    monkeypatch.setitem(slots._fillers, "household_list_lights", [(100, lights)])

    html = get(client_for(clerk))
    assert "某项" in html
    assert "未达标" in html


def test_list_asks_a_constant_number_of_queries(client_for: Any, clerk: Any, villages: Any) -> None:
    browser = client_for(clerk)
    HouseholdFactory.create_batch(3, village=villages.own, complete=True)
    browser.get(LIST, {"size": 50})
    with CaptureQueriesContext(connection) as few:
        browser.get(LIST, {"size": 50})
    HouseholdFactory.create_batch(27, village=villages.own, complete=True)
    with CaptureQueriesContext(connection) as many:
        browser.get(LIST, {"size": 50})
    assert len(many) == len(few)


def test_who_may_see_the_list(
    client_for: Any, leader: Any, helper: Any, household: Household
) -> None:
    assert client_for(None).get(LIST).status_code == 302
    assert client_for(leader).get(LIST).status_code == 403
    assert "李占元" not in get(client_for(helper))
    PairingFactory(household=household, helper=helper)
    assert "李占元" in get(client_for(helper))


def test_export_is_masked_and_on_the_audit_trail(
    client_for: Any, clerk: Any, informant: Any, inspector: Any, household: Household, villages: Any
) -> None:
    HouseholdFactory(village=villages.next, status="RETURNED")
    url = reverse("households:household_export")

    response = client_for(clerk).post(f"{url}?status=LIFTED_POLICY")

    rows = list(load_workbook(io.BytesIO(response.content)).active.values)
    head = household.members.get(name="李占元")
    assert [row[1] for row in rows[3:]] == ["李占元"]
    assert rows[3][4] == head.id_mask
    event = AuditEvent.objects.get(action="household.export")
    assert (event.actor_id, event.detail["rows"]) == (clerk.pk, 1)
    assert client_for(informant).post(url).status_code == 403
    assert client_for(inspector).post(url).status_code == 403
    assert client_for(clerk).get(url).status_code == 405


def test_file_shows_facts_and_timeline(client_for: Any, clerk: Any, household: Household) -> None:
    html = get(client_for(clerk), household.get_absolute_url())

    assert "固住鉴〔2018〕0317号" in html
    assert "自来水" not in html
    assert "机井" in html
    assert "36,260.00" in html
    assert "6,632.00" in html
    assert "长期慢性病" not in html
    assert "健康" in html
    assert "13800006127" not in html


def test_past_date_shows_what_held_then(client_for: Any, clerk: Any, household: Household) -> None:
    told = Provenance(
        valid_from=date(2019, 10, 1),
        at=datetime(2019, 10, 2, 4, tzinfo=UTC),
        by=clerk,
        source="OFFICE",
    )
    services.record_household_facts(
        household=household, changes={Housing: [({}, {"grade": "D"})]}, told=told
    )
    browser = client_for(clerk)

    assert "D级" in get(browser, household.get_absolute_url())
    then = get(browser, household.get_absolute_url(), on="2019年9月30日")
    assert "D级" not in then
    assert "B级" in then
    assert "2019-09-30 当天" in then
    assert "B级" not in get(browser, household.get_absolute_url(), on="2018-06-30")


def test_sector_officer_sees_the_own_line_only(
    client_for: Any, agency_user: Any, household: Household
) -> None:
    html = get(client_for(agency_user), household.get_absolute_url())

    assert "固住鉴〔2018〕0317号" in html
    assert "机井" not in html
    assert "因病" not in html
    assert "138****6127" not in html


def test_number_is_shown_on_request_and_logged(
    client_for: Any, clerk: Any, inspector: Any, other_clerk: Any, household: Household
) -> None:
    head = household.members.get(name="李占元")
    urls = [
        reverse("households:household_reveal", args=[household.pk]),
        reverse("households:member_reveal", args=[head.pk]),
    ]

    for url in urls:
        response = client_for(clerk).post(url)
        assert head.id_number in response.content.decode()
        assert "no-store" in response["Cache-Control"]
        assert client_for(inspector).post(url).status_code == 403
        assert client_for(other_clerk).post(url).status_code == 404
        assert client_for(clerk).get(url).status_code == 405
    assert AuditEvent.objects.filter(action="member.reveal_id", actor_id=clerk.pk).count() == 2
    phone = client_for(clerk).post(urls[0], {"what": "phone"})
    assert "13800006127" in phone.content.decode()
    assert AuditEvent.objects.filter(action="household.reveal_phone").count() == 1


def test_check_list_shows_progress_and_drafts(
    client_for: Any, clerk: Any, household: Household, send: Any, villages: Any
) -> None:
    todo = HouseholdFactory(village=villages.own, head_name="待查户")
    send(clerk)
    browser = client_for(clerk)

    html = get(browser, reverse("households:check_list"))
    assert "已核查 1 户，共 2 户" in html
    assert "待查户" not in get(browser, reverse("households:check_list"), state="done")
    assert "李占元" not in get(browser, reverse("households:check_list"), state="todo")
    browser.post(
        reverse("households:check_edit", args=[todo.pk]), {"act": "save", "housing-grade": "A"}
    )
    assert "我的草稿" in get(browser, reverse("households:check_list"))
    assert "待查户" in get(browser, reverse("households:check_list"), state="draft")
