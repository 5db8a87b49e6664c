"""The pages of the two registers: lists, one case, acts, export, cards, the workbench."""

import hashlib
import io
from collections import defaultdict
from datetime import date
from typing import Any

import pytest
from django.db import connection
from django.test import RequestFactory
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from openpyxl import load_workbook

from accounts.enums import Line, RoleCode
from core import slots
from core.models import AuditEvent
from households.enums import ClueKind, DropoutSource
from households.models import DropoutCase, Household, Member, MonitoringCase
from households.services import dropouts, monitoring
from households.views import dropouts as dropout_pages
from households.views import monitoring as monitoring_pages
from indicators import filters as indicator_slots
from indicators import services as indicators
from tests.accounts.factories import person
from tests.households.factories import (
    HouseholdFactory,
    MemberFactory,
    PairingFactory,
    SchoolingFactory,
    id_number,
)
from tests.households.registers.conftest import AT, TODAY, act

pytestmark = pytest.mark.django_db
VISIT = {
    "on": "2019-11-04",
    "kind": "PARENT",
    "at_home": "on",
    "persons": "王校长、张干部",
    "result": "家长同意下周返校",
    "phone": "",
    "note": "",
}


@pytest.fixture
def watched(family: Household, informant: Any) -> MonitoringCase:
    return monitoring.report_clue(
        subject=family,
        clue_kind=ClueKind.CADRE,
        act=act(informant, on=date(2019, 10, 28), note="大病自付较高"),
    )


@pytest.fixture
def verified(dropout: DropoutCase, clerk: Any) -> DropoutCase:
    return dropouts.verify_dropout(
        case=dropout, act=act(clerk, dropout, on=date(2019, 10, 2)), reason="WEARY"
    )


def ask(user: Any) -> Any:
    request = RequestFactory().get("/")
    request.user, request.session = user, {}  # type: ignore[assignment]
    return request


def url(case: Any, name: str = "") -> str:
    address: str = case.get_absolute_url()
    return f"{address}{name}/" if name else address


def sent(case: Any, key: str = "k1", **fields: Any) -> dict[str, Any]:
    case.refresh_from_db()
    return {"base_version": case.version, "operation_key": key} | fields


# --- 控辍保学 ------------------------------------------------------------------------------------


def test_list_shows_pupils_and_what_is_late(
    client_for: Any, clerk: Any, verified: DropoutCase
) -> None:
    browser, address = client_for(clerk), reverse("households:dropout_list")

    page = browser.get(address).content.decode()

    for word in ("赵小军", "赵有财", "已核实未入学", "逾期 3 天"):
        assert word in page
    assert "赵小军" in browser.get(address, {"state": "VERIFIED"}).content.decode()
    assert "赵小军" not in browser.get(address, {"state": "SUSPECTED"}).content.decode()
    assert "赵小军" in browser.get(address, {"overdue": "True"}).content.decode()
    assert "赵小军" not in browser.get(address, {"overdue": "False"}).content.decode()
    assert "赵小军" in browser.get(address, {"q": "赵有"}).content.decode()


def test_names_of_minors_only_for_those_who_work_with_them(
    client_for: Any, places: Any, city_user: Any, inspector: Any, agency_user: Any, agency: Any, verified: DropoutCase
) -> None:  # fmt: skip
    school = person(RoleCode.AGENCY, places.county, agency=agency, line=Line.EDUCATION)
    shown = {
        "education": client_for(school),
        "city": client_for(city_user),
        "inspector": client_for(inspector),
    }

    pages = {
        who: browser.get(reverse("households:dropout_list")).content.decode()
        + browser.get(verified.get_absolute_url()).content.decode()
        for who, browser in shown.items()
    }

    assert "赵小军" in pages["education"]
    for who in ("city", "inspector"):
        assert "赵小军" not in pages[who]
        assert "赵**" in pages[who]
        assert "厌学" not in pages[who]
    assert client_for(agency_user).get(verified.get_absolute_url()).status_code == 404


def test_helper_sees_the_paired_family(
    client_for: Any, helper: Any, verified: DropoutCase, family: Household
) -> None:
    assert client_for(helper).get(verified.get_absolute_url()).status_code == 404
    PairingFactory(household=family, helper=helper)

    assert client_for(helper).get(verified.get_absolute_url()).status_code == 200


def test_a_visit_is_logged_once(client_for: Any, informant: Any, verified: DropoutCase) -> None:
    browser, data = client_for(informant), sent(verified, **VISIT)

    answers = [browser.post(url(verified, "visit"), data) for _again in range(2)]

    assert [a.url for a in answers] == [verified.get_absolute_url()] * 2
    visit = verified.visits.get()
    assert (visit.on, visit.at_home, visit.result) == (date(2019, 11, 4), True, "家长同意下周返校")
    assert AuditEvent.objects.filter(action="dropout.visit").count() == 1
    page = browser.get(verified.get_absolute_url()).content.decode()
    assert "家长同意下周返校" in page
    assert "劝返中" in page


@pytest.mark.parametrize(
    ("act_name", "wrong", "field"),
    [
        ("visit", {"on": "2019-11-06"}, "on"),
        ("visit", {"on": "2019-13-01"}, "on"),
        ("visit", {"on": "2019-10-01"}, "on"),
        ("visit", {"phone": "12345"}, "phone"),
        ("visit", {"persons": ""}, "persons"),
        ("visit", {"kind": "AUNT"}, "kind"),
        ("return", {"grade": "BACHELOR", "school": "某校"}, "grade"),
        ("teach", {"school": ""}, "school"),
    ],
)
def test_wrong_input_is_said_at_the_field(
    client_for: Any, clerk: Any, verified: DropoutCase, act_name: str, wrong: dict[str, str], field: str
) -> None:  # fmt: skip
    page = client_for(clerk).post(url(verified, act_name), sent(verified, **(VISIT | wrong)))

    assert page.status_code == 200
    bound = next(each["form"] for each in page.context["acts"] if each["name"] == act_name)
    assert list(bound.errors) == [field]
    assert not verified.visits.exists()


def test_exemption_is_the_countys(
    client_for: Any, clerk: Any, county_user: Any, verified: DropoutCase
) -> None:
    data = sent(
        verified, on="2019-11-05", exemption="SUSPENSION", exemption_document="固教〔2019〕1号",
        exemption_authority="教育局", valid_until="2019-11-04", note="",
    )  # fmt: skip

    assert client_for(clerk).post(url(verified, "exempt"), data).status_code == 403
    refused = client_for(county_user).post(url(verified, "exempt"), data)
    assert "不能早于办理日期" in refused.content.decode()
    data |= {"valid_until": "2019年11月30日", "operation_key": "k2"}
    assert client_for(county_user).post(url(verified, "exempt"), data).status_code == 302
    assert DropoutCase.objects.get().exempted_until == date(2019, 11, 30)


def test_stale_act_and_unknown_act(client_for: Any, clerk: Any, verified: DropoutCase) -> None:
    data = sent(verified, **VISIT) | {"base_version": 1}

    page = client_for(clerk).post(url(verified, "visit"), data)

    assert "已被他人更新" in page.content.decode()
    assert client_for(clerk).post(url(verified, "abolish"), data).status_code == 404


@pytest.fixture
def figures(monkeypatch: pytest.MonkeyPatch) -> Any:
    """The slot as the upper app fills it, and a night's recomputation."""
    fillers = defaultdict(list, {dropout_pages.OUT_OF_SCHOOL: [(1, indicator_slots.out_of_school)]})
    monkeypatch.setattr(slots, "_fillers", fillers)
    indicators.load_standards(at=AT)
    return lambda: indicators.recompute(on=TODAY, at=AT)


def test_pupils_without_a_case_are_offered_and_opened_with_one_click(
    client_for: Any, informant: Any, pupil: Member, family: Household, villages: Any, figures: Any
) -> None:
    at_school = MemberFactory(household=family, name="赵在校", birth_date=date(2008, 1, 1))
    SchoolingFactory(member=at_school)
    elsewhere = MemberFactory(
        household=HouseholdFactory(village=villages.other), birth_date=date(2008, 1, 1)
    )
    SchoolingFactory(member=elsewhere, student_status="NOT_STUDENT")
    figures()
    browser, waiting = client_for(informant), reverse("households:dropout_waiting")

    page = browser.get(waiting)
    assert [row.name for row in page.context["rows"]] == ["赵小军"]
    todo = dropout_pages.workbench_todo(ask(informant))
    assert [(row["label"], row["count"]) for row in todo] == [("失学学生尚未立案", 1)]
    for _again in range(2):
        answer = browser.post(
            reverse("households:dropout_open", args=[pupil.pk]), {"operation_key": "k"}
        )

    case = DropoutCase.objects.get()
    assert answer.url == case.get_absolute_url()
    assert (case.source, case.opened_on, case.opened_by) == (DropoutSource.FACTS, TODAY, informant)
    assert not browser.get(waiting).context["rows"]
    opened_again = browser.post(
        reverse("households:dropout_open", args=[pupil.pk]), {"operation_key": "other"}, follow=True
    )
    assert "已在册" in opened_again.content.decode()
    foreign = reverse("households:dropout_open", args=[elsewhere.pk])
    assert browser.post(foreign, {"operation_key": "k3"}).status_code == 404


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"code": "150222000000"}, "code"),
        ({"name": "无此人"}, "name"),
        ({"on": "2019-11-06"}, "on"),
        ({"source": "FACTS"}, "source"),
    ],
)
def test_opening_by_hand(
    client_for: Any, informant: Any, pupil: Member, wrong: dict[str, str], field: str
) -> None:
    browser, address = client_for(informant), reverse("households:dropout_create")
    data = {
        "code": "１５０２２２１０５２０３０００９", "name": "赵小军", "source": "SCHOOL", "on": "2019.11.4",
        "note": "", "operation_key": "k",
    }  # fmt: skip

    assert list(browser.post(address, data | wrong).context["form"].errors) == [field]
    assert not DropoutCase.objects.exists()
    assert browser.post(address, data).status_code == 302
    assert DropoutCase.objects.get().opened_on == date(2019, 11, 4)


def test_opening_twice_by_hand_is_said(
    client_for: Any, clerk: Any, dropout: DropoutCase, family: Household
) -> None:
    data = {
        "code": family.code, "name": "赵小军", "source": "SCHOOL", "on": "2019-11-05", "note": "",
        "operation_key": "k",
    }  # fmt: skip

    assert (
        "已在册"
        in client_for(clerk).post(reverse("households:dropout_create"), data).content.decode()
    )


# --- 返贫监测 ------------------------------------------------------------------------------------


CLUE = {
    "code": "", "village": "", "head_name": "", "id_number": "", "persons": "",
    "clue_kind": "CADRE", "on": "2019-11-04", "note": "收入骤减", "operation_key": "k",
}  # fmt: skip


@pytest.mark.parametrize(
    ("wrong", "fields"),
    [
        ({}, {"village", "head_name"}),
        ({"code": "9" * 16}, {"code"}),
        ({"head_name": "钱进宝", "id_number": "150222199001011"}, {"village", "id_number"}),
        ({"code": "1502221052030009", "note": ""}, {"note"}),
        ({"code": "1502221052030009", "on": "2020-01-01"}, {"on"}),
        ({"code": "1502221052030009", "persons": "-1"}, {"persons"}),
    ],
)
def test_wrong_clue_is_said_at_the_field(
    client_for: Any, informant: Any, family: Household, wrong: dict[str, str], fields: set[str]
) -> None:
    page = client_for(informant).post(reverse("households:monitoring_create"), CLUE | wrong)

    assert set(page.context["form"].errors) == fields
    assert not MonitoringCase.objects.exists()


def test_clues_about_both_kinds_of_household(
    client_for: Any, informant: Any, family: Household, villages: Any
) -> None:
    browser, address = client_for(informant), reverse("households:monitoring_create")

    for _again in range(2):
        browser.post(address, CLUE | {"code": family.code})
    other = {
        "village": villages.own.pk, "head_name": "钱进宝", "id_number": id_number(4242), "persons": "3",
        "operation_key": "k2",
    }  # fmt: skip
    browser.post(address, CLUE | other)

    assert [case.name for case in MonitoringCase.objects.order_by("pk")] == ["赵有财", "钱进宝"]
    page = browser.get(reverse("households:monitoring_list")).content.decode()
    assert "未建档" in page
    assert id_number(4242) not in page
    registered = family.members.first().id_number
    taken = browser.post(address, CLUE | other | {"id_number": registered, "operation_key": "k3"})
    assert "此人在建档立卡户内" in taken.content.decode()


def test_from_clue_to_removal_through_the_pages(
    client_for: Any, informant: Any, clerk: Any, county_user: Any, watched: MonitoringCase
) -> None:
    def step(user: Any, name: str, **fields: Any) -> Any:
        data = {"on": "2019-11-05", "note": "情况属实", **fields}
        return client_for(user).post(url(watched, name), sent(watched, key=name, **data))

    assert step(clerk, "check").status_code == 302
    assert step(informant, "review").status_code == 403
    assert "须由其他人审批" in step(clerk, "review").content.decode()
    assert step(county_user, "send_back").status_code == 302
    assert step(informant, "check", on="2019-11-05").status_code == 302
    MonitoringCase.objects.filter(pk=watched.pk).update(state="REVIEWED")
    confirm = {"monitor_type": "UNSTABLE", "risks": ["OTHER"], "pace": "MONTHLY"}
    assert "请写明" in step(county_user, "confirm", **confirm).content.decode()
    confirm |= {"risk_note": "家中失火", "operation_key": "again"}
    assert step(county_user, "confirm", **confirm).status_code == 302
    early = step(clerk, "propose_removal", removed_on="2019-11-04", removed_way="HELPED")
    bound = next(e["form"] for e in early.context["acts"] if e["name"] == "propose_removal")
    assert list(bound.errors) == ["removed_on"]
    measure = {"measure": "公益岗", "responsible": "张干部"}
    backwards = step(clerk, "measure", deadline="2019-11-01", **measure)
    bound = next(e["form"] for e in backwards.context["acts"] if e["name"] == "measure")
    assert list(bound.errors) == ["deadline"]
    measure |= {"deadline": "2019-12-01", "operation_key": "measure2"}
    assert step(clerk, "measure", **measure).status_code == 302
    removal = {"removed_on": "2019-11-05", "removed_way": "HELPED", "operation_key": "removal2"}
    assert step(clerk, "propose_removal", **removal).status_code == 302
    assert step(county_user, "approve_removal").status_code == 302
    assert "每季度（持续关注）" in client_for(clerk).get(url(watched)).content.decode()


def test_risks_are_shown_to_those_who_work_with_the_household(
    client_for: Any, clerk: Any, inspector: Any, watched: MonitoringCase
) -> None:
    MonitoringCase.objects.update(
        state="MONITORED", risks=["ILLNESS"], monitor_type="UNSTABLE", monitored_on=TODAY
    )
    address = reverse("households:monitoring_list")

    assert "因病" in client_for(clerk).get(address, {"risk": "ILLNESS"}).content.decode()
    assert "赵有财" not in client_for(clerk).get(address, {"risk": "JOB"}).content.decode()
    for place in (address, watched.get_absolute_url()):
        page = client_for(inspector).get(place).content.decode()
        assert "赵有财" in page
        assert "因病" not in page
        assert "大病自付较高" not in page


# --- Both ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("register", ["dropout", "monitoring"])
def test_export_is_masked_and_on_the_trail(
    client_for: Any, city_user: Any, verified: DropoutCase, watched: MonitoringCase, register: str
) -> None:
    MonitoringCase.objects.update(risks=["ILLNESS"])
    browser, address = client_for(city_user), reverse(f"households:{register}_export")
    assert "用途" in browser.get(address).content.decode()
    assert browser.post(address, {"purpose": "看"}).status_code == 422
    assert not AuditEvent.objects.filter(action=f"{register}.export").exists()

    answer = browser.post(address, {"purpose": "县级月度调度会使用"})

    sheet = load_workbook(io.BytesIO(answer.content)).active
    assert sheet is not None
    cells = {str(cell) for row in sheet.iter_rows(values_only=True) for cell in row}
    assert "赵有财" in cells
    assert not cells & {"赵小军", "厌学", "因病"}
    trail = AuditEvent.objects.get(action=f"{register}.export")
    assert (trail.detail["rows"], trail.detail["masked"]) == (1, True)
    assert trail.detail["purpose"] == "县级月度调度会使用"
    assert trail.detail["sha256"] == hashlib.sha256(answer.content).hexdigest()


def test_cards_only_where_there_is_something(
    client_for: Any, clerk: Any, verified: DropoutCase, watched: MonitoringCase, family: Household
) -> None:
    cards = (dropout_pages.household_card, monitoring_pages.household_card)
    other = HouseholdFactory(village=family.village)

    assert [card(ask(clerk), household=other) for card in cards] == ["", ""]
    shown = "".join(card(ask(clerk), household=family) for card in cards)
    for word in ("控辍保学", "赵小军", "返贫监测", "线索待核查"):
        assert word in shown


def test_workbench_says_what_waits(
    clerk: Any, informant: Any, county_user: Any, leader: Any, verified: DropoutCase, watched: MonitoringCase
) -> None:  # fmt: skip
    def rows(user: Any) -> dict[str, tuple[int, str]]:
        found = dropout_pages.workbench_todo(ask(user)) + monitoring_pages.workbench_todo(ask(user))
        return {row["label"]: (row["count"], row["due_tag"]) for row in found}

    assert rows(informant) == {"劝返逾期": (1, "有逾期"), "返贫线索待核查": (1, "有逾期")}
    MonitoringCase.objects.update(state="CHECKED", due_on=None)
    assert rows(clerk)["返贫线索待审核"] == (1, "")
    MonitoringCase.objects.update(state="REVIEWED")
    assert rows(county_user)["监测对象待认定"] == (1, "")
    DropoutCase.objects.update(state="HOME_TEACHING")
    assert rows(clerk)["本月未送教"] == (1, "有逾期")
    assert rows(leader) == {}


def test_lists_ask_a_constant_number_of_questions(
    client_for: Any, clerk: Any, informant: Any, villages: Any, verified: DropoutCase, watched: MonitoringCase
) -> None:  # fmt: skip
    browser = client_for(clerk)
    pages = [reverse("households:dropout_list"), reverse("households:monitoring_list")]

    def questions() -> list[int]:
        counts = []
        for page in pages:
            with CaptureQueriesContext(
                connection,
            ) as asked:
                assert browser.get(page).status_code == 200
            counts.append(len(asked))
        return counts

    questions()
    before = questions()
    for _n in range(5):
        home = HouseholdFactory(village=villages.next, with_members=1)
        dropouts.open_dropout(
            member=home.members.first(), source="VISIT", act=act(informant, note="x")
        )
        monitoring.report_clue(subject=home, clue_kind="CADRE", act=act(informant, note="x"))

    assert questions() == before
    assert max(before) < 25
