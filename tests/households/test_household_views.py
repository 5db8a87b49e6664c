"""The household list, its export, a household's file and the numbers shown on request."""

import hashlib
import io
from datetime import UTC, date, datetime
from typing import Any

import pytest
from django.db import connection
from django.http import HttpRequest
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from openpyxl import load_workbook

from core import clock, slots
from core.facts import Provenance
from core.models import AuditEvent
from households import services
from households.models import Household, Housing, Membership, Water
from households.views.household import TIMELINE_SHOWN
from tests.households.factories import (
    HouseholdFactory,
    MemberFactory,
    PairingFactory,
    SchoolingFactory,
)

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


def test_export_is_masked_marked_and_on_the_audit_trail(
    client_for: Any, clerk: Any, informant: Any, inspector: Any, household: Household, villages: Any
) -> None:
    HouseholdFactory(village=villages.next, status="RETURNED")
    url = reverse("households:household_export")
    here = f"{url}?status=LIFTED_POLICY"
    browser = client_for(clerk)

    assert "1 行" in get(browser, here)
    for purpose in ("", "核对", "　核对　"):
        refused = browser.post(here, {"purpose": purpose})
        assert refused.status_code == 422
        assert refused.context["form"].errors.keys() == {"purpose"}
    assert not AuditEvent.objects.filter(action="household.export").exists()
    response = browser.post(here, {"purpose": "核对十一月名单"})

    rows = list(load_workbook(io.BytesIO(response.content)).active.values)
    head = household.members.get(name="李占元")
    listed = [dict(zip(rows[2], row, strict=True)) for row in rows[3:-1]]
    assert [(row["户主"], row["证件号码"]) for row in listed] == [("李占元", head.id_mask)]
    assert rows[0] == rows[-1]
    for words in (str(clerk), "2019-11-05", "用途：核对十一月名单", "共 1 行"):
        assert words in rows[0][0]
    event = AuditEvent.objects.get(action="household.export")
    assert (event.actor_id, event.detail["rows"]) == (clerk.pk, 1)
    assert event.detail["purpose"] == "核对十一月名单"
    assert event.detail["sha256"] == hashlib.sha256(response.content).hexdigest()
    for other in (informant, inspector):
        assert client_for(other).get(url).status_code == 403
        assert client_for(other).post(url, {"purpose": "核对十一月名单"}).status_code == 403


@pytest.mark.parametrize(
    ("who", "reads"),
    [
        ("informant", True), ("clerk", True), ("county_user", True),
        ("city_user", False), ("inspector", False), ("helper", False), ("agency_user", False),
    ],
)  # fmt: skip
def test_who_reads_causes_in_lists(
    request: Any, client_for: Any, household: Household, who: str, reads: bool
) -> None:
    """Domain §5.2: V, T, C, and S of the general line; an agency of another line does not."""
    user = request.getfixturevalue(who)
    if who == "helper":
        PairingFactory(household=household, helper=user)

    html = get(client_for(user))

    assert "李占元" in html
    assert ("因病" in html) is reads
    assert ('name="cause"' in html) is reads


def test_leaders_read_no_lists_of_households(client_for: Any, leader: Any) -> None:
    assert client_for(leader).get(LIST).status_code == 403


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


def test_long_timeline_folds_and_opens_without_scripts(
    client_for: Any, clerk: Any, household: Household
) -> None:
    for month in range(1, 11):
        told = Provenance(
            valid_from=date(2019, month, 1), at=clock.now(), by=clerk, source="OFFICE"
        )
        changes = {Housing: [({}, {"grade": "AB"[month % 2]})]}
        services.record_household_facts(household=household, changes=changes, told=told)
    browser, address = client_for(clerk), household.get_absolute_url()
    folded = browser.get(address)
    left = folded.context["timeline_left"]

    assert len(folded.context["timeline"]) == TIMELINE_SHOWN
    assert left > 0
    assert f"显示全部（更早还有 {left} 条）" in folded.content.decode()
    opened = browser.get(address, {"all": "1"})
    assert len(opened.context["timeline"]) == TIMELINE_SHOWN + left
    assert opened.context["timeline"][:TIMELINE_SHOWN] == folded.context["timeline"]
    assert "只看最近的" in opened.content.decode()
    assert "另 3 项</summary>" in opened.content.decode()  # six facts told at once


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


def test_as_known_then_is_what_was_shown_that_day(
    client_for: Any, clerk: Any, household: Household, monkeypatch: Any
) -> None:
    browser, url = client_for(clerk), household.get_absolute_url()
    child = household.members.get(name="李浩然")

    def tell(day: date, at: datetime, changes: dict[Any, Any]) -> None:
        told = Provenance(valid_from=day, at=at, by=clerk, source="OFFICE")
        services.record_household_facts(household=household, changes=changes, told=told)

    def values() -> dict[str, Any]:
        asked = browser.get(url, {"on": "2019-11-05", "known": "then"}).context
        dossier = asked["dossier"]
        return {
            f"{theme.__name__} {key}": [(v.values(), v.valid_from) for v in versions if v]
            for theme, subjects in dossier.history.items()
            for key, versions in subjects.items()
        } | {"people": [(p.member.name, p.relation) for p in dossier.people]}

    tell(date(2019, 11, 1), datetime(2019, 11, 2, tzinfo=UTC), {Water: [({}, {"mode": "PIPED"})]})
    that_day = values()
    shown = get(browser, url)
    # later: a correction for the past, a change, and a member who turns out to have left before
    later = datetime(2019, 11, 20, tzinfo=UTC)
    monkeypatch.setattr(clock, "business_now", lambda: later.astimezone(clock.SHANGHAI))
    tell(date(2019, 11, 1), later, {Water: [({}, {"mode": "WELL"})]})
    tell(date(2019, 10, 10), later, {Housing: [({}, {"grade": "C"})]})
    gone = [({"member_id": child.pk}, {"is_member": False, "left_reason": "OTHER_OUT"})]
    tell(date(2019, 10, 1), later, {Membership: gone})

    assert values() == that_day
    then = browser.get(url, {"on": "2019-11-05", "known": "then"})
    now = browser.get(url, {"on": "2019-11-05"})
    assert [p.member.name for p in then.context["dossier"].people] == ["李占元", "李浩然"]
    assert [p.member.name for p in now.context["dossier"].people] == ["李占元"]
    assert [left.member for left in now.context["dossier"].left] == [child]
    found = {(d.label, d.now, d.then) for d in now.context["differences"]}
    assert ("住房鉴定等级", "C级", "B级") in found
    assert ("是否在户", "否", "是") in found
    assert then.context["differences"] == now.context["differences"]
    assert "按现在掌握与当时所知有" in now.content.decode()
    assert "B级" in shown


def test_what_was_taken_back_stays_in_the_timeline(
    client_for: Any, clerk: Any, household: Household
) -> None:
    for grade, hour in (("C", 1), ("D", 2)):
        told = Provenance(
            valid_from=date(2019, 10, 1), at=datetime(2019, 10, 2, hour, tzinfo=UTC), by=clerk,
            source="OFFICE",
        )  # fmt: skip
        services.record_household_facts(
            household=household, changes={Housing: [({}, {"grade": grade})]}, told=told
        )

    page = client_for(clerk).get(household.get_absolute_url(), {"theme": "housing"})

    corrected = [e for e in page.context["timeline"] if e.corrected_at]
    assert [[(c.old, c.new) for c in e.changes] for e in corrected] == [[("C级", "D级")]]
    assert "已更正或撤销" in page.content.decode()


def test_timeline_is_narrowed_to_a_theme_and_a_member(
    client_for: Any, clerk: Any, household: Household
) -> None:
    browser, url = client_for(clerk), household.get_absolute_url()
    child = household.members.get(name="李浩然")

    schooling = browser.get(url, {"theme": "schooling"}).context["timeline"]
    own = browser.get(url, {"member": child.pk, "all": "1"}).context["timeline"]
    wrong = browser.get(url, {"theme": "x"}).context["timeline"]

    assert {event.theme.__name__ for event in schooling} == {"Schooling"}
    assert {event.member_id for event in own} == {child.pk}
    assert len({event.theme for event in own}) > 1
    assert len(wrong) > len(schooling)


def test_file_asks_a_constant_number_of_queries(
    client_for: Any, clerk: Any, household: Household
) -> None:
    browser, url = client_for(clerk), household.get_absolute_url()
    browser.get(url)
    with CaptureQueriesContext(connection) as few:
        browser.get(url)
    for number in range(6):
        SchoolingFactory(member=MemberFactory(household=household, name=f"成员{number}"))
    with CaptureQueriesContext(connection) as many:
        browser.get(url)
    assert len(many) == len(few)
    assert sum("row_to_json" in query["sql"] for query in many) == 1


def test_sector_officer_sees_the_own_line_only(
    client_for: Any, agency_user: Any, household: Household
) -> None:
    html = get(client_for(agency_user), household.get_absolute_url())

    assert "固住鉴〔2018〕0317号" in html
    assert "机井" not in html
    assert "因病" not in html
    assert "138****6127" not in html


def test_what_another_line_may_not_see_is_left_out_not_shown_empty(
    client_for: Any, agency_user: Any, clerk: Any, household: Household
) -> None:
    """An empty field would read as unknown."""
    kept_back = (
        "致贫原因",
        "识别标准",
        "首次识别",
        "联系电话",
        "人均纯收入",
        "医保（2019）",
        "在校",
    )
    officer, office = (
        [
            label
            for label in kept_back
            if label in get(client_for(who), household.get_absolute_url())
        ]
        for who in (agency_user, clerk)
    )
    assert (officer, office) == ([], list(kept_back))


def test_number_is_shown_for_a_purpose_and_logged(
    client_for: Any, clerk: Any, inspector: Any, other_clerk: Any, household: Household
) -> None:
    head = household.members.get(name="李占元")
    urls = [
        reverse("households:household_reveal", args=[household.pk]),
        reverse("households:member_reveal", args=[head.pk]),
    ]
    purpose = {"purpose": "VISIT"}

    for url in urls:
        asked = client_for(clerk).get(url)
        assert "用途" in asked.content.decode()
        assert head.id_number not in asked.content.decode()
        for wrong in ({}, {"purpose": "x"}):
            refused = client_for(clerk).post(url, wrong)
            assert refused.status_code == 422
            assert head.id_number not in refused.content.decode()
        response = client_for(clerk).post(url, purpose)
        assert head.id_number in response.content.decode()
        assert "no-store" in response["Cache-Control"]
        assert client_for(inspector).post(url, purpose).status_code == 403
        assert client_for(other_clerk).post(url, purpose).status_code == 404
        assert client_for(other_clerk).get(url).status_code == 404
    told = AuditEvent.objects.filter(action="member.reveal_id", actor_id=clerk.pk)
    assert [event.detail["purpose"] for event in told] == ["VISIT", "VISIT"]
    phone = client_for(clerk).post(urls[0], {"what": "phone", "purpose": "CONTACT"})
    assert "13800006127" in phone.content.decode()
    assert AuditEvent.objects.get(action="household.reveal_phone").detail == {"purpose": "CONTACT"}


def test_number_is_asked_for_in_place(htmx_client: Any, clerk: Any, household: Household) -> None:
    url = reverse("households:household_reveal", args=[household.pk])

    asked = htmx_client(clerk).get(url, {"what": "phone"}).content.decode()
    shown = htmx_client(clerk).post(url, {"what": "phone", "purpose": "CONTACT"}).content.decode()

    assert "<html" not in asked + shown
    assert 'name="what" value="phone"' in asked
    assert "13800006127" in shown


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
