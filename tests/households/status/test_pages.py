"""Pages of status processes: opening, every step as a person takes it, refusals, the notice."""

from datetime import date
from typing import Any

import pytest
from django.db import connection
from django.test import RequestFactory
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from core import slots
from core.models import AuditEvent
from households import services
from households.forms.status import PROPOSALS
from households.models import HouseholdStatus, StatusProcess
from households.permissions import process_turns
from households.views.status import listing as pages
from tests.households.factories import HouseholdFactory, MemberFactory, PairingFactory, id_number
from tests.households.status.conftest import TODAY, Story, turn

pytestmark = pytest.mark.django_db
EARLIER = date(2019, 10, 1)


def text(response: Any) -> str:
    return response.content.decode()


def act(browser: Any, process: StatusProcess, name: str, key: str = "k", **data: Any) -> Any:
    process.refresh_from_db()
    url = reverse("households:process_act", args=[process.pk, name])
    sent = {
        "base_version": process.version,
        "operation_key": f"{key}{name}{process.pk}-{process.version}",
    }
    return browser.post(url, {**sent, "on": "2019-11-05", **data})


def ask(user: Any) -> Any:
    request = RequestFactory().get("/")
    request.user, request.session = user, {}  # type: ignore[assignment]
    return request


# --- Opening -------------------------------------------------------------------------------------


def test_file_offers_only_what_is_allowed(
    client_for: Any, registered: Any, story: Story, informant: Any, leader: Any
) -> None:
    slots.register("household_processes", pages.household_processes)
    household = registered("PRE_LIFTED")
    browser = client_for(informant)

    def offered() -> set[str]:
        page = text(browser.get(household.get_absolute_url()))
        return {k for k in PROPOSALS if f"/status/{k}/" in page}

    assert offered() == {"EXIT", "BACK", "REMOVE", "EXTINCT"}
    process = story.open(household, "EXIT")
    assert offered() == set()
    assert process.get_absolute_url() in text(browser.get(household.get_absolute_url()))


def test_village_proposes_once(client_for: Any, registered: Any, informant: Any) -> None:
    household = registered("PRE_LIFTED")
    url = reverse("households:process_open", args=[household.pk, "EXIT"])
    browser = client_for(informant)
    data = {"on": "2019.11.4", "exit_year": "2019", "exit_way": "JOB", "operation_key": "k"}

    assert "预脱贫" in text(browser.get(url))
    answers = [browser.post(url, data) for _n in range(2)]

    process = StatusProcess.objects.get()
    assert {a.url for a in answers} == {process.get_absolute_url()}
    assert process.values == {"exit_year": 2019, "exit_way": "JOB"}
    assert (process.step, process.opened_by) == ("REVIEW", informant)
    assert AuditEvent.objects.filter(action="status.open").count() == 1


@pytest.mark.parametrize(
    ("kind", "data", "said"),
    [
        ("EXIT", {"on": "2019-11-06", "exit_way": "JOB"}, "不能晚于今天"),
        ("EXIT", {"exit_way": ""}, "还没有选择"),
        ("REMOVE", {"note": ""}, "还没有填写"),
        ("EXTINCT", {"on": "2019-13-40", "note": "x"}, "日期写法不对"),
        ("RE_ENTRY", {"note": "x", "trigger": "WARNING", "return_reason": "ILLNESS",
                      "return_year": "2019"}, "不能办理这项变更"),
    ],
)  # fmt: skip
def test_proposal_says_what_is_wrong(
    client_for: Any, registered: Any, informant: Any, kind: str, data: Any, said: str
) -> None:
    url = reverse("households:process_open", args=[registered("PRE_LIFTED").pk, kind])
    sent = {"on": "2019-11-05", "exit_year": "2019", "operation_key": "k", **data}

    assert said in text(client_for(informant).post(url, sent))
    assert not StatusProcess.objects.exists()
    assert client_for(informant).get(url.replace(kind, "IDENTIFY")).status_code == 404


def people(**more: str) -> dict[str, str]:
    rows = [
        ("高有福", id_number(9001, date(1970, 3, 2)), "HEAD"),
        ("高小军", id_number(9003, date(2010, 8, 9)), "SON"),
    ]
    data = {"m-TOTAL_FORMS": "10", "m-INITIAL_FORMS": "0"}
    for number, row in enumerate(rows):
        for name, value in zip(("name", "id_number", "relation"), row, strict=True):
            data[f"m-{number}-{name}"] = value
    return data | more


def application(place: Any, **more: str) -> dict[str, str]:
    return {
        "village": str(place.pk), "on": "2019-11-05", "hamlet": "二组", "identify_standard": "NATIONAL",
        "cause_main": "ILLNESS", "phone": "", "operation_key": "k", **people(), **more,
    }  # fmt: skip


def test_family_applies(client_for: Any, villages: Any, informant: Any) -> None:
    url = reverse("households:process_identify")
    browser = client_for(informant)
    assert browser.get(url).status_code == 200
    for _n in range(2):
        answer = browser.post(url, application(villages.own))

    process = StatusProcess.objects.get()
    assert answer.url == process.get_absolute_url()
    assert [m["name"] for m in process.family["members"]] == ["高有福", "高小军"]
    assert process.family["members"][1]["birth_date"] == "2010-08-09"
    page = text(browser.get(answer.url))
    assert "高小军" in page
    assert process.family["members"][0]["id_number"] not in page


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"m-1-relation": "HEAD"}, "有且只有一人"),
        ({"m-1-id_number": "150222"}, "位"),
        ({"m-1-id_number": id_number(9001, date(1970, 3, 2))}, "填了两次"),
        ({"m-0-name": ""}, "还没有填写"),
        ({"phone": "123"}, "电话不合规"),
        ({"village": "1"}, "嘎查村"),
    ],
)
def test_application_says_what_is_wrong(
    client_for: Any, villages: Any, informant: Any, change: dict[str, str], said: str
) -> None:
    data = application(villages.own, **change)

    answer = client_for(informant).post(reverse("households:process_identify"), data)

    assert answer.status_code == 200
    assert said in text(answer)
    assert not StatusProcess.objects.exists()


@pytest.mark.parametrize(
    ("row", "is_open"),
    [({}, False), ({"m-7-name": "高小梅"}, True), ({"m-4-name": "高小梅"}, False)],
)
def test_rows_beyond_five_are_folded_until_one_is_filled(
    client_for: Any, villages: Any, informant: Any, row: dict[str, str], is_open: bool
) -> None:
    browser, url = client_for(informant), reverse("households:process_identify")
    page = (
        browser.post(url, application(villages.own, village="1", **row))
        if row
        else browser.get(url)
    )

    assert [number for number, _row in page.context["family_rows"]] == [1, 2, 3, 4, 5]
    assert "第 6 至 10 人" in text(page)
    assert ('<details class="ql-more-q" open>' in text(page)) is is_open
    assert all(f'name="m-{number}-name"' in text(page) for number in range(10))


# --- Steps ---------------------------------------------------------------------------------------


def test_exit_from_proposal_to_announcement(
    client_for: Any, registered: Any, story: Story, informant: Any, clerk: Any, county_user: Any
) -> None:
    household = registered("PRE_LIFTED")
    process = story.open(household, "EXIT", date(2019, 10, 20), exit_year=2019, exit_way="JOB")
    village, township, county = (client_for(u) for u in (informant, clerk, county_user))
    vote = {"total": "40", "present": "32", "agree": "30", "against": "2"}

    assert act(village, process, "step", on="2019-10-21", **vote).status_code == 302
    signed = {"income": "4,800", "passed": "yes"}
    assert act(village, process, "step", on="2019-10-22", **signed).status_code == 302
    notice = {"on": "2019-10-23", "until": "2019-10-30", "phone": "0472-8112233"}
    assert act(village, process, "put_up", **notice).status_code == 302
    assert act(village, process, "end_notice", on="2019-10-31").status_code == 302
    assert act(township, process, "step", passed="yes").status_code == 302
    assert "固阳" in text(county.get(process.get_absolute_url()))
    assert act(county, process, "approve", document_no="固扶发〔2019〕12号").status_code == 302

    process.refresh_from_db()
    assert process.state == "APPROVED"
    held = HouseholdStatus.objects.filter(household=household).as_of(TODAY).get()
    assert (held.status, held.exit_year, held.author) == ("LIFTED_POLICY", 2019, county_user)
    page = text(county.get(process.get_absolute_url()))
    assert "人均纯收入 4800 元" in page
    assert "固扶发〔2019〕12号" in page


def test_turn_sent_twice_is_taken_once(
    client_for: Any, registered: Any, story: Story, informant: Any
) -> None:
    process = story.open(registered("PRE_LIFTED"), "EXIT")
    url = reverse("households:process_act", args=[process.pk, "step"])
    data = {
        "base_version": 1, "operation_key": "k", "on": "2019-11-05", "total": "9", "present": "9",
        "agree": "9", "against": "0",
    }  # fmt: skip
    browser = client_for(informant)

    assert [browser.post(url, data).status_code for _n in range(2)] == [302, 302]
    assert process.turns.filter(kind="REVIEW").count() == 1


@pytest.mark.parametrize(
    ("step", "name", "data", "said"),
    [
        ("REVIEW", "step", {"total": "9", "present": "10", "agree": "9", "against": "0"}, "多于应到"),
        ("REVIEW", "step", {"total": "9", "present": "9", "agree": "9", "against": "1"}, "多于实到"),
        ("REVIEW", "step", {"total": "", "present": "9", "agree": "9", "against": "1"}, "还没有填写"),
        ("AGREEMENT", "step", {"income": "4800", "passed": "no"}, "须写明原因"),
        ("AGREEMENT", "step", {"income": "-1", "passed": "yes"}, "0"),
        ("VILLAGE_NOTICE", "put_up", {"until": "2019-11-11", "phone": "0472-8112233"}, "2019-11-12"),
        ("VILLAGE_NOTICE", "put_up", {"until": "2019-11-12", "phone": "12"}, "电话不合规"),
        ("VILLAGE_NOTICE", "put_up", {"until": "2019-11-12", "phone": "0472-8112233",
                                      "on": "2019-09-30"}, "不能早于上一步"),
        ("VILLAGE_NOTICE", "put_up", {"until": "2019-11-12", "phone": "0472-8112233",
                                      "base_version": "1"}, "刚由他人办理过"),
    ],
)  # fmt: skip
def test_turn_says_what_is_wrong(
    client_for: Any, registered: Any, story: Story, informant: Any,
    step: str, name: str, data: dict[str, str], said: str,
) -> None:  # fmt: skip
    process = story.until(story.open(registered("PRE_LIFTED"), "EXIT"), step)
    before = process.turns.count()

    answer = act(client_for(informant), process, name, **data)

    assert answer.status_code == 200
    assert said in text(answer)
    assert process.turns.count() == before


def test_lost_vote_ends_the_process(
    client_for: Any, registered: Any, story: Story, informant: Any
) -> None:
    process = story.open(registered("PRE_LIFTED"), "EXIT")
    act(client_for(informant), process, "step", total="9", present="8", agree="4", against="4")

    process.refresh_from_db()
    assert process.state == "DROPPED"
    assert "民主评议未通过" in text(client_for(informant).get(process.get_absolute_url()))


def test_objection_is_taken_and_answered(
    client_for: Any, registered: Any, story: Story, informant: Any, clerk: Any
) -> None:
    process = story.until(story.open(registered("PRE_LIFTED"), "EXIT"), "VILLAGE_NOTICE")
    village, township = client_for(informant), client_for(clerk)
    act(village, process, "put_up", until="2019-11-12", phone="0472-8112233")

    page = text(village.get(process.get_absolute_url()))
    assert "公示到 2019-11-12 为止" in page
    assert act(village, process, "end_notice").status_code == 403
    assert act(village, process, "object", note="").status_code == 200
    assert act(village, process, "object", note="反映有车").status_code == 302
    assert act(village, process, "answer", note="x", upheld="no").status_code == 403
    assert act(township, process, "answer", note="属实", upheld="yes").status_code == 302
    process.refresh_from_db()
    assert (process.state, process.outcome) == ("DROPPED", "异议属实")


def test_exit_page_names_what_stands_against_it(
    client_for: Any, registered: Any, story: Story, county_user: Any
) -> None:
    process = story.until(story.open(registered("PRE_LIFTED"), "EXIT"), "APPROVAL")
    browser = client_for(county_user)
    assert reverse("households:process_act", args=[process.pk, "approve"]) in text(
        browser.get(process.get_absolute_url())
    )
    slots.register("exit_guards", lambda household, on: [services.Guard("住房：未达标", "/h/")])

    page = text(browser.get(process.get_absolute_url()))
    assert '<a href="/h/">住房：未达标</a>' in page
    assert reverse("households:process_act", args=[process.pk, "approve"]) not in page
    answer = act(browser, process, "approve")
    assert "1 项不符合退出条件" in text(answer)
    process.refresh_from_db()
    assert process.state == "OPEN"


def test_nobody_is_offered_what_is_not_theirs(
    client_for: Any, registered: Any, story: Story, informant: Any, clerk: Any, other_clerk: Any,
    county_user: Any, inspector: Any, helper: Any,
) -> None:  # fmt: skip
    household = registered("PRE_LIFTED")
    process = story.open(household, "EXIT")
    PairingFactory(household=household, helper=helper)

    def turns(user: Any) -> list[str]:
        return process_turns(user, process, TODAY)

    assert turns(informant) == ["step", "drop"]
    assert turns(helper) == ["step"]
    assert turns(inspector) == turns(other_clerk) == []
    process = story.until(process, "TOWNSHIP_CHECK")
    assert turns(informant) == ["drop"]
    assert turns(clerk) == ["step", "drop"]
    process = story.until(process, "APPROVAL")
    assert turns(clerk) == ["drop"]
    assert turns(county_user) == ["approve", "drop"]
    page = text(client_for(clerk).get(process.get_absolute_url()))
    assert "下一步“旗县审定公告”由旗县扶贫办办理" in page
    process = story.step(process, TODAY)
    assert turns(county_user) == ["revoke"]
    assert turns(clerk) == []
    assert act(client_for(county_user), process, "revoke", note="有误").status_code == 302
    assert act(client_for(county_user), process, "revoke", note="有误", key="z").status_code == 403


# --- Lists ---------------------------------------------------------------------------------------


def test_list_filters_and_what_waits_for_whom(
    client_for: Any, registered: Any, story: Story, informant: Any, clerk: Any, county_user: Any,
    other_clerk: Any, inspector: Any,
) -> None:  # fmt: skip
    first = story.open(registered("PRE_LIFTED"), "EXIT")
    second = story.until(story.open(registered(), "PRE_EXIT"), "TOWNSHIP_CHECK")
    third = story.until(story.open(registered(), "REMOVE"), "APPROVAL")
    url = reverse("households:process_list")

    def shown(user: Any, **asked: str) -> set[int]:
        return {row.pk for row in client_for(user).get(url, asked).context["rows"]}

    assert shown(clerk) == {first.pk, second.pk, third.pk}
    assert shown(other_clerk) == set()
    assert shown(clerk, kind="EXIT") == {first.pk}
    assert shown(clerk, step="APPROVAL") == {third.pk}
    assert shown(clerk, q=first.name) == {first.pk}
    assert shown(informant, mine="true") == {first.pk}
    assert shown(clerk, mine="true") == {first.pk, second.pk}
    assert shown(county_user, mine="true") == {third.pk}
    todo = pages.workbench_todo(ask(clerk))
    assert [row["count"] for row in todo] == [pages.menu_count(ask(clerk)).number] == [2]
    assert pages.workbench_todo(ask(inspector)) == []


def test_a_notice_that_runs_waits_for_nobody(
    client_for: Any, registered: Any, story: Story, informant: Any
) -> None:
    process = story.until(story.open(registered("PRE_LIFTED"), "EXIT"), "VILLAGE_NOTICE")
    assert pages.waiting_count(ask(informant)) == 1
    act(client_for(informant), process, "put_up", until="2019-11-12", phone="0472-8112233")
    assert pages.waiting_count(ask(informant)) == 0


def test_pages_cost_the_same_for_many(
    client_for: Any, registered: Any, story: Story, clerk: Any
) -> None:
    browser, url = client_for(clerk), reverse("households:process_list")

    def queries(address: str) -> int:
        with CaptureQueriesContext(
            connection,
        ) as seen:
            assert browser.get(address).status_code == 200
        return len(seen)

    process = story.open(registered(), "PRE_EXIT")
    queries(url)
    few = queries(url)
    short = queries(process.get_absolute_url())
    for _n in range(6):
        story.until(story.open(registered(), "PRE_EXIT"), "TOWNSHIP_CHECK")
    process = story.until(process, "TOWNSHIP_CHECK")

    assert queries(url) == few
    assert queries(process.get_absolute_url()) <= short


# --- The notice ----------------------------------------------------------------------------------


def test_notice_on_paper_names_heads_only(
    client_for: Any, villages: Any, story: Story, informant: Any
) -> None:
    browser = client_for(informant)
    processes = []
    for name, born in (("李占元", date(1960, 1, 1)), ("王小宝", date(2005, 1, 1))):
        household = HouseholdFactory(village=villages.own, status="PRE_LIFTED", head_name=name)
        head = household.members.get()
        household.members.update(birth_date=born)
        MemberFactory(household=household, name="李浩然", birth_date=date(2009, 5, 1))
        process = story.until(story.open(household, "EXIT"), "VILLAGE_NOTICE")
        act(browser, process, "put_up", until="2019-11-12", phone="0472-8112233")
        processes.append((process, head))

    page = text(browser.get(reverse("households:process_notice", args=[processes[0][0].pk])))

    assert "李占元" in page
    assert "王某" in page
    assert "2019年11月12日" in page
    assert "0472-8112233" in page
    assert "拟脱贫退出" in page
    hidden = ["王小宝", "李浩然", "因病", household.code]
    hidden += [head.id_number for _p, head in processes] + [h.masked_id for _p, h in processes]
    assert not [word for word in hidden if word in page]


def test_notice_taken_down_names_nobody(
    client_for: Any, registered: Any, story: Story, informant: Any
) -> None:
    process = story.until(story.open(registered("PRE_LIFTED"), "EXIT"), "VILLAGE_NOTICE")
    past = turn(informant, date(2019, 10, 20), process.version)
    services.put_up_notice(process=process, turn=past, until=date(2019, 11, 4), phone="1")

    page = text(client_for(informant).get(reverse("households:process_notice", args=[process.pk])))

    assert "已撤下" in page
    assert f'<td class="ctr">{process.name}' not in page


def test_identification_notice_shows_no_family(
    client_for: Any, villages: Any, story: Story, family: dict[str, Any], informant: Any
) -> None:
    process = services.open_identification(
        village=villages.own, family=family, turn=turn(informant, EARLIER)
    )
    process = story.until(process, "VILLAGE_NOTICE", EARLIER)
    act(client_for(informant), process, "put_up", until="2019-11-12", phone="0472-8112233")

    page = text(client_for(informant).get(reverse("households:process_notice", args=[process.pk])))

    assert "高有福" in page
    assert '<td class="ctr">3</td>' in page
    assert not [
        word for word in ("高小军", "赵秀兰", "因病", "1599", "13800006127") if word in page
    ]
