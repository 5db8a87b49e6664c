"""Filling, keeping and submitting a household check through its page."""

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.urls import reverse

from core.models import AuditEvent
from households.models import (
    Household,
    HouseholdCheck,
    HouseholdPower,
    HouseholdProfile,
    Housing,
    IncomeYear,
    Insurance,
    Schooling,
    Water,
)
from tests.households.factories import HouseholdFactory, MemberFactory
from villages.models import FactChange

pytestmark = pytest.mark.django_db
ON = date(2019, 11, 4)


def page(household: Household) -> str:
    return reverse("households:check_edit", args=[household.pk])


def test_page_shows_last_known_values_and_selects_nothing(
    client_for: Any, clerk: Any, household: Household
) -> None:
    response = client_for(clerk).get(page(household))

    html = response.content.decode()
    assert response.status_code == 200
    assert "固住鉴〔2018〕0317号" in html
    assert " checked" not in html
    assert "138****6127" in html
    assert "13800006127" not in html


def test_nothing_changed_writes_no_fact(send: Any, clerk: Any, household: Household) -> None:
    response = send(clerk)

    check = HouseholdCheck.objects.get()
    assert response.status_code == 302
    assert response.url == reverse("households:check_detail", args=[check.pk])
    assert (check.state, check.visited_on, check.changes) == ("SUBMITTED", ON, [])
    assert Housing.objects.count() == Water.objects.count() == 1
    assert Household.objects.get().version == household.version
    assert not FactChange.objects.exists()


def test_one_change_writes_one_version(send: Any, clerk: Any, household: Household) -> None:
    send(clerk, {"housing-grade": "C"})

    check = HouseholdCheck.objects.get()
    new = Housing.objects.as_of(ON).get()
    assert (new.grade, new.valid_from, new.source, new.source_ref) == (
        "C",
        ON,
        "CHECK",
        f"check:{check.pk}",
    )
    assert new.certificate_no == "固住鉴〔2018〕0317号"
    assert Housing.objects.count() == 2
    assert Water.objects.count() == 1
    assert Household.objects.get().version == household.version + 1
    assert FactChange.objects.get().since == ON
    assert [(c["field"], c["old"], c["new"]) for c in check.changes] == [("grade", "B", "C")]
    assert AuditEvent.objects.filter(action="check.submit", target_id=str(check.pk)).exists()


WATER = {
    "same-4": "",
    "water-litres_per_person_day": "40",
    "water-quality": "MET",
    "water-short_days_per_year": "0",
}


@pytest.mark.parametrize(("mode", "status"), [("PIPED", 302), ("WELL", 422)])
def test_time_to_fetch_water_is_asked_only_of_those_who_fetch_it(
    send: Any, clerk: Any, mode: str, status: int
) -> None:
    assert send(clerk, WATER | {"water-mode": mode}).status_code == status


def test_every_kind_of_answer_becomes_its_fact(send: Any, clerk: Any, household: Household) -> None:
    child = household.members.get(name="李浩然")
    response = send(
        clerk,
        {
            "householdprofile-phone": "１３９ ０００１ ２３４５",
            "water-mode": "PIPED",
            "water-fetch_minutes": "２",
            "water-litres_per_person_day": "不清楚",
            "housing-moved_in_on": "2018年12月1日",
            "householdpower-is_stable": "UNKNOWN",
            "incomeyear-wage_yuan": "2.16万",
            f"schooling-{child.pk}-state": "IN",
            f"schooling-{child.pk}-grade": "GRADE_7",
            f"reason-EDU-01-{child.pk}": "跳级两年",
            f"insurance-{child.pk}-kind": "NONE",
        },
    )

    assert response.status_code == 302
    water = Water.objects.as_of(ON).get()
    assert (water.mode, water.fetch_minutes, water.litres_per_person_day) == ("PIPED", 2, None)
    assert HouseholdProfile.objects.as_of(ON).get().phone == "13900012345"
    assert HouseholdPower.objects.as_of(ON).get().is_stable is None
    assert Housing.objects.as_of(ON).get().moved_in_on == date(2018, 12, 1)
    income = IncomeYear.objects.as_of(ON).get()
    assert (income.year, income.wage_yuan, income.operating_yuan) == (
        2018,
        Decimal("21600.00"),
        Decimal("9400.00"),
    )
    assert Schooling.objects.as_of(ON).get(member=child).student_status == "GRADE_7"
    insured = Insurance.objects.as_of(ON).get(member=child)
    assert (insured.year, insured.resident, insured.employee) == (2019, False, False)
    assert "13900012345" not in str(HouseholdCheck.objects.get().changes)


def test_result_page_says_what_changed(client_for: Any, send: Any, clerk: Any) -> None:
    response = client_for(clerk).get(send(clerk, {"housing-grade": "C"}).url)

    html = response.content.decode()
    assert "B级" in html
    assert "C级" in html
    assert "几秒内" in html


def test_sent_twice_is_done_once(send: Any, clerk: Any) -> None:
    first = send(clerk, {"housing-grade": "C"}, base_version=1)
    second = send(clerk, {"housing-grade": "C"}, base_version=1)

    assert first.url == second.url
    assert HouseholdCheck.objects.count() == 1
    assert Housing.objects.count() == 2


@pytest.mark.parametrize(
    ("changes", "field", "message"),
    [
        ({"visited_on": "2019-11-06"}, "visited_on", "不能晚于今天"),
        ({"visited_on": "2019-10-04"}, "visited_on", "31 天前"),
        ({"visited_on": "昨天"}, "visited_on", "日期写法不对"),
        ({"same-4": None}, "same-4", "没填"),
        ({"confirmed": None}, "confirmed", "户主当面确认"),
        ({"incomeyear-wage_yuan": "很多"}, "incomeyear-wage_yuan", "金额写法不对"),
        ({"water-fetch_minutes": "二十"}, "water-fetch_minutes", "请填数字"),
        ({"householdprofile-phone": "12345"}, "householdprofile-phone", "电话不合规"),
        ({"housing-accepted_on": "2019-11-05"}, "housing-accepted_on", "晚于入户日期"),
    ],
)
def test_wrong_answer_is_named_at_its_field_and_kept(
    send: Any, clerk: Any, changes: dict[str, Any], field: str, message: str
) -> None:
    response = send(clerk, {"housing-grade": "C", **changes})

    html = response.content.decode()
    assert response.status_code == 422
    assert message in html
    assert f'href="#id_{field}"' in html
    assert 'value="C" id="id_housing-grade_2" checked' in html or 'value="C"' in html
    assert not HouseholdCheck.objects.exists()
    assert Housing.objects.count() == 1


def test_never_known_key_question_must_be_answered(
    send: Any, clerk: Any, household: Household
) -> None:
    MemberFactory(household=household, name="新人")
    new = household.members.get(name="新人")

    response = send(clerk)
    assert response.status_code == 422
    assert "以前没有记录" in response.content.decode()

    assert send(clerk, {f"insurance-{new.pk}-kind": "UNKNOWN"}).status_code == 302


@pytest.fixture
def opened(client_for: Any, clerk: Any, household: Household) -> dict[str, Any]:
    """What the clerk's page carried when it was opened: version and versions shown."""
    html = client_for(clerk).get(page(household)).content.decode()
    return {"base_version": household.version, "seen": hidden(html, "seen")}


def hidden(html: str, name: str) -> str:
    found = re.search(f'name="{name}" value="([^"]*)"', html)
    assert found is not None
    return found[1]


def test_second_editor_sees_both_values_and_nothing_is_written(
    send: Any, clerk: Any, informant: Any, opened: dict[str, Any]
) -> None:
    send(informant, {"housing-grade": "C"}, operation_key="other")

    response = send(clerk, {"housing-grade": "D", "water-mode": "PIPED"}, **opened)

    html = response.content.decode()
    assert response.status_code == 409
    for text in ("鉴定等级", "D级", "C级", "您打开时：B级", str(informant), "入户核查"):
        assert text in html
    assert 'name="choice-housing-grade" value="mine" id="choice-housing-grade-mine">' in html
    assert Water.objects.count() == 1
    assert "PIPED" in HouseholdCheck.objects.get(state="DRAFT").answers


@pytest.mark.parametrize(("choice", "grade"), [("mine", "D"), ("theirs", "C")])
def test_the_choice_holds_and_nothing_typed_is_lost(
    send: Any, clerk: Any, informant: Any, opened: dict[str, Any], choice: str, grade: str
) -> None:
    send(informant, {"housing-grade": "C"}, operation_key="other")
    typed = {"housing-grade": "D", "water-mode": "PIPED", "note": "修路"}
    send(clerk, typed, **opened)

    now = Household.objects.get().version
    chosen = opened | {"base_version": now, "resolving": "1", "choice-housing-grade": choice}
    response = send(clerk, typed, **chosen)

    assert response.status_code == 302
    assert Housing.objects.as_of(ON).get().grade == grade
    assert Water.objects.as_of(ON).get().mode == "PIPED"
    assert HouseholdCheck.objects.get(author=clerk, state="SUBMITTED").note == "修路"
    assert not HouseholdCheck.objects.filter(state="DRAFT").exists()


def test_what_both_answered_must_be_chosen(
    send: Any, clerk: Any, informant: Any, opened: dict[str, Any]
) -> None:
    send(informant, {"housing-grade": "C"}, operation_key="other")
    now = Household.objects.get().version

    response = send(clerk, {"housing-grade": "D"}, **opened | {"base_version": now, "resolving": 1})

    assert response.status_code == 422
    assert "还有没选的" in response.content.decode()
    assert 'href="#choice-housing-grade"' in response.content.decode()
    assert Housing.objects.as_of(ON).get().grade == "C"


@pytest.mark.parametrize(("choice", "grade"), [("", "C"), ("theirs", "C"), ("mine", "B")])
def test_what_only_the_other_changed_stays_unless_taken_back(
    send: Any, clerk: Any, informant: Any, opened: dict[str, Any], choice: str, grade: str
) -> None:
    send(informant, {"housing-grade": "C"}, operation_key="other")
    first = send(clerk, {"water-mode": "PIPED"}, **opened)
    assert "没有冲突" in first.content.decode()

    now = Household.objects.get().version
    chosen = opened | {"base_version": now, "resolving": "1", "choice-housing-grade": choice}
    send(clerk, {"water-mode": "PIPED"}, **chosen)

    assert Housing.objects.as_of(ON).get().grade == grade
    assert Water.objects.as_of(ON).get().mode == "PIPED"


def test_a_third_change_during_the_choice_is_shown_again(
    send: Any, clerk: Any, informant: Any, opened: dict[str, Any]
) -> None:
    send(informant, {"housing-grade": "C"}, operation_key="other")
    chosen = opened | {
        "base_version": Household.objects.get().version,
        "resolving": "1",
        "choice-housing-grade": "theirs",
    }
    send(informant, {"water-quality": "NOT_MET"}, operation_key="third")

    response = send(clerk, {"housing-grade": "D"}, **chosen)

    assert response.status_code == 409
    assert "choice-water-quality" in response.content.decode()
    assert Housing.objects.as_of(ON).get().grade == "C"


def test_same_change_by_two_people_is_no_conflict(
    send: Any, clerk: Any, informant: Any, opened: dict[str, Any]
) -> None:
    send(informant, {"housing-grade": "C"}, operation_key="other")

    html = send(clerk, {"housing-grade": "C"}, **opened).content.decode()

    assert "没有冲突" in html
    assert "choice-" not in html


def test_back_from_the_choice_the_form_holds_everything_typed(
    send: Any, clerk: Any, informant: Any, opened: dict[str, Any]
) -> None:
    send(informant, {"housing-grade": "C"}, operation_key="other")

    response = send(clerk, {"incomeyear-wage_yuan": "2.5万"}, act="recheck", **opened)

    html = response.content.decode()
    assert "2.5万" in html
    assert hidden(html, "base_version") == str(Household.objects.get().version)
    assert hidden(html, "seen") != opened["seen"]


def test_a_stale_draft_is_submitted_against_what_it_was_typed_against(
    client_for: Any, send: Any, clerk: Any, informant: Any, household: Household, opened: Any
) -> None:
    send(clerk, {"housing-grade": "D"}, act="save", **opened)
    send(informant, {"housing-grade": "C"}, operation_key="other")

    html = client_for(clerk).get(page(household)).content.decode()

    assert "本户档案有更新" in html
    assert hidden(html, "base_version") == str(opened["base_version"])
    assert hidden(html, "seen") == opened["seen"]


def test_draft_is_kept_whatever_it_holds(
    client_for: Any, send: Any, clerk: Any, household: Household
) -> None:
    response = send(clerk, {"incomeyear-wage_yuan": "约两万", "visited_on": "？"}, act="save")

    assert response.status_code == 302
    html = client_for(clerk).get(page(household)).content.decode()
    assert "约两万" in html
    assert "草稿" in html
    assert Housing.objects.count() == 1


def test_autosave_answers_with_the_time_and_stops_after_submission(
    client_for: Any, send: Any, clerk: Any, household: Household
) -> None:
    url = reverse("households:check_draft", args=[household.pk])
    browser = client_for(clerk)

    assert (
        ":"
        in browser.post(
            url, {"housing-grade": "C", "operation_key": "k1", "base_version": "1"}
        ).json()["saved"]
    )
    send(clerk, {"housing-grade": "C"})
    assert browser.post(
        url, {"housing-grade": "C", "operation_key": "k1", "base_version": "1"}
    ).json() == {
        "saved": "",
        "check": reverse("households:check_detail", args=[HouseholdCheck.objects.get().pk]),
    }
    assert not HouseholdCheck.objects.filter(state="DRAFT").exists()


def test_draft_can_be_discarded(send: Any, clerk: Any) -> None:
    send(clerk, act="save")
    send(clerk, act="discard")

    assert not HouseholdCheck.objects.exists()


def test_reviewer_returns_a_check_and_the_old_facts_hold_again(
    client_for: Any, send: Any, informant: Any, clerk: Any, household: Household
) -> None:
    url = send(informant, {"housing-grade": "D"}).url
    check = HouseholdCheck.objects.get()
    back = reverse("households:check_return", args=[check.pk])

    assert (
        client_for(informant).post(back, {"reason": "x", "operation_key": "r0"}).status_code == 403
    )
    assert client_for(clerk).post(back, {"reason": "", "operation_key": "r1"}).status_code == 302
    assert HouseholdCheck.objects.get().state == "SUBMITTED"
    client_for(clerk).post(back, {"reason": "照片不清", "operation_key": "r2"})
    client_for(clerk).post(back, {"reason": "照片不清", "operation_key": "r2"})

    check.refresh_from_db()
    assert (check.state, check.return_reason, check.returned_by) == ("RETURNED", "照片不清", clerk)
    assert Housing.objects.as_of(ON).get().grade == "B"
    assert "照片不清" in client_for(informant).get(url).content.decode()
    assert HouseholdCheck.objects.get(state="DRAFT").author == informant


def test_who_may_come(
    client_for: Any,
    leader: Any,
    inspector: Any,
    other_clerk: Any,
    helper: Any,
    household: Household,
) -> None:
    assert client_for(None).get(page(household)).status_code == 302
    assert client_for(leader).get(page(household)).status_code == 403
    assert client_for(inspector).get(page(household)).status_code == 403
    assert client_for(other_clerk).get(page(household)).status_code == 404
    assert client_for(helper).get(page(household)).status_code == 404


def test_paired_helper_fills_the_check(
    client_for: Any, helper: Any, send: Any, household: Household
) -> None:
    from tests.households.factories import PairingFactory

    PairingFactory(household=household, helper=helper)

    assert client_for(helper).get(page(household)).status_code == 200
    assert send(helper, {"housing-grade": "C"}).status_code == 302
    assert client_for(helper).get(reverse("households:check_list")).status_code == 200


def test_form_asks_a_constant_number_of_questions_of_the_database(
    client_for: Any, clerk: Any, household: Household, django_assert_num_queries: Any
) -> None:
    from django.test.utils import CaptureQueriesContext

    browser = client_for(clerk)
    browser.get(page(household))
    with CaptureQueriesContext(connection) as few:
        browser.get(page(household))
    for n in range(8):
        MemberFactory(household=household, name=f"成员{n}")
        HouseholdFactory(village=household.village)
    with CaptureQueriesContext(connection) as many:
        browser.get(page(household))
    assert len(many) == len(few)


@pytest.mark.django_db(transaction=True)
def test_two_requests_at_once_with_one_key_are_one_check(
    send: Any, clerk: Any, household: Household
) -> None:
    def press(_number: int) -> str:
        try:
            return send(clerk, {"housing-grade": "C"}, base_version=1).url
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        first, second = pool.map(press, range(2))

    assert first == second
    assert HouseholdCheck.objects.count() == 1
    assert Housing.objects.count() == 2
