"""一户一档 on paper: one household's file, and all of a village in one document."""

import re
from datetime import UTC, date, datetime
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from core import clock, slots
from core.facts import Provenance
from households import services
from households.enums import Relation
from households.models import Household, IndustryLink, LivingConditions
from households.views import print as paper
from indicators.enums import SubjectKind
from indicators.services import load_standards
from indicators.views import household_print_lights
from tasks.models import Case, CaseEvent
from tasks.views.slots import household_print_cases
from tests.households.factories import (
    HouseholdCheckFactory,
    HouseholdFactory,
    HousingFactory,
    MemberFactory,
    PairingFactory,
    ResidenceFactory,
    WaterFactory,
)

pytestmark = pytest.mark.django_db


def url_of(household: Household) -> str:
    return f"/households/{household.pk}/print/"


def get(client: Any, url: str, **query: Any) -> str:
    response = client.get(url, query)
    assert response.status_code == 200
    return str(response.content.decode())


def sheets(html: str) -> list[str]:
    return html.split('<section class="pp')[1:]


@pytest.fixture
def upper_apps() -> None:
    """Lights and cases, as the apps above put them into the document."""
    load_standards(at=clock.now())
    slots.register("household_print_lights", household_print_lights)
    slots.register("household_print_cases", household_print_cases)


def make_case(household: Household, serial: int) -> Case:
    case = Case.objects.create(
        number=f"2019-{serial:04d}",
        year=2019,
        serial=serial,
        indicator="HOU-01",
        subject_kind=SubjectKind.HOUSEHOLD,
        subject_id=serial,
        village=household.village,
        household=household,
        opened_on=date(2019, 10, 1),
        due_on=date(2019, 11, 20),
        changed_on=date(2019, 10, 1),
    )
    CaseEvent.objects.create(
        case=case,
        kind="OPENED",
        to_state="REGISTERED",
        on=date(2019, 10, 1),
        at=clock.now(),
        note=f"更换管道{serial}",
    )
    return case


def test_file_has_numbered_sheets_that_say_whose_copy_they_are(
    client_for: Any, clerk: Any, helper: Any, household: Household
) -> None:
    PairingFactory(household=household, helper=helper)
    HouseholdCheckFactory(
        household=household,
        author=clerk,
        visited_on=date(2019, 10, 21),
        submitted=True,
    )

    told = Provenance(
        valid_from=date(2019, 10, 1),
        at=datetime(2019, 10, 2, tzinfo=UTC),
        by=clerk,
        source="OFFICE",
    )
    services.record_household_facts(
        household=household,
        changes={
            IndustryLink: [({"year": 2019}, {"kinds": ["ORDER"], "project": "肉羊养殖"})],
            LivingConditions: [({}, {"cultivated_mu": "32.50"})],
        },
        told=told,
    )

    html = get(client_for(clerk), url_of(household))

    cover, basic, form, members, check = sheets(html)
    for number, sheet in enumerate((cover, basic, form, members, check), 1):
        assert f"第 {number} 页　共 5 页" in sheet
        assert re.search(rf"打印人 {clerk}　2019-11-05 \d\d:\d\d", sheet)
        assert "1502221052030001" in sheet
    assert "银号镇" in cover
    assert str(helper) in cover
    assert "李浩然" in basic
    assert "36,260.00" not in basic
    assert "6,632.00" in basic
    assert "32.5" in form
    assert "肉羊养殖" in form
    for asked in ("入户路类型", "主要燃料类型", "是否搬迁户", "监测对象类别", "低保金（元）"):
        assert asked in form
    assert "李占元" in members
    assert "机井" in check
    assert "2019年10月21日" in check
    assert "户主签字" in check


def test_numbers_are_masked(client_for: Any, clerk: Any, household: Household) -> None:
    html = get(client_for(clerk), url_of(household))

    for member in household.members.all():
        assert member.id_mask in html
        assert member.id_number not in html
    assert "138****6127" in html
    assert "13800006127" not in html


def test_lights_say_the_verdict_and_its_grounds(
    client_for: Any, clerk: Any, villages: Any, upper_apps: None
) -> None:
    household = HouseholdFactory(village=villages.own, with_members=0)
    ResidenceFactory(household=household)
    HousingFactory(household=household, grade="D")
    WaterFactory(household=household, mode="", quality="", safe_reported=True)

    check = sheets(get(client_for(clerk), url_of(household)))[-1]
    rows = {
        found[1]: found[2]
        for found in re.finditer(r'<td class="nw">(.+?)</td><td>(.*?)</tr>', check, re.S)
    }

    assert "D级" in rows["住房安全"]
    assert "未达标" in rows["住房安全"]
    assert "安全饮用水（填报）：是" in rows["饮水安全"]
    assert "未知：" in rows["饮水安全"]
    assert "数据不足" in rows["基本医疗保险"]


def test_many_people_and_cases_go_on_further_sheets(
    client_for: Any, clerk: Any, household: Household, upper_apps: None
) -> None:
    for number in range(10):
        MemberFactory(household=household, name=f"家人{number}", relation=Relation.SON)
    for serial in range(1, 6):
        make_case(household, serial)

    html = get(client_for(clerk), url_of(household))

    kinds = [re.search('aria-label="(.+?)"', sheet)[1] for sheet in sheets(html)]  # type: ignore[index]
    assert kinds == [
        "封面", "基本信息表", "家庭成员（续）", "信息采集表", "成员情况表", "入户核查表", "问题及整改（续）",
    ]  # fmt: skip
    for number in range(10):
        assert html.count(f">家人{number}<") == 1
    for serial in range(1, 6):
        assert html.count(f"更换管道{serial}") == 1
    assert "第 7 页　共 7 页" in html


def test_past_date_prints_what_held_then(client_for: Any, clerk: Any, household: Household) -> None:
    html = get(client_for(clerk), url_of(household), on="2018-06-30")

    assert "数据截至：2018年6月30日" in html
    assert "机井" not in html
    assert "没有在册成员" in html


def test_sector_officer_prints_the_own_line_only(
    client_for: Any, agency_user: Any, household: Household
) -> None:
    html = get(client_for(agency_user), url_of(household))

    assert "固住鉴〔2018〕0317号" in html
    assert "机井" not in html
    assert "6,632.00" not in html
    assert "因病" not in html
    assert "138****6127" not in html


def test_who_may_print(
    client_for: Any, clerk: Any, other_clerk: Any, leader: Any, helper: Any, household: Household
) -> None:
    village = f"/villages/{household.village_id}/print/"

    for url in (url_of(household), village):
        assert client_for(clerk).get(url).status_code == 200
        assert client_for(other_clerk).get(url).status_code == 404
        assert client_for(leader).get(url).status_code == 403
        assert client_for(clerk).post(url).status_code == 405
    assert client_for(helper).get(url_of(household)).status_code == 404
    PairingFactory(household=household, helper=helper)
    assert client_for(helper).get(url_of(household)).status_code == 200
    assert client_for(helper).get(village).status_code == 404


def test_village_document_holds_every_household_once(
    client_for: Any, clerk: Any, villages: Any, household: Household
) -> None:
    HouseholdFactory.create_batch(4, village=villages.own, with_members=1)
    HouseholdFactory(village=villages.next, head_name="邻村人")

    html = get(client_for(clerk), f"/villages/{villages.own.pk}/print/")

    for each in Household.objects.filter(village=villages.own):
        assert html.count(f"户编号：{each.code}") == 1
    assert html.count('class="pp pp-cover"') == 5
    assert "邻村人" not in html
    assert "5 户，本份 21 页" in html


def test_large_village_is_printed_in_parts(
    client_for: Any, clerk: Any, villages: Any, monkeypatch: Any
) -> None:
    monkeypatch.setattr(paper, "MOST_HOUSEHOLDS", 2)
    made = HouseholdFactory.create_batch(3, village=villages.own)
    browser, url = client_for(clerk), f"/villages/{villages.own.pk}/print/"

    first, second = get(browser, url), get(browser, url, part=2)

    assert "分份打印" in first
    assert "第 3–3 户" in second
    assert [each.code in first for each in made] == [True, True, False]
    assert [each.code in second for each in made] == [False, False, True]
    assert browser.get(url, {"part": "3"}).status_code == 404
    assert browser.get(url, {"part": "x"}).status_code == 404


def test_village_without_households_says_so(client_for: Any, clerk: Any, villages: Any) -> None:
    assert "没有建档户" in get(client_for(clerk), f"/villages/{villages.own.pk}/print/")


def test_queries_do_not_grow_with_the_village(
    client_for: Any, clerk: Any, villages: Any, helper: Any, upper_apps: None
) -> None:
    browser, url = client_for(clerk), f"/villages/{villages.own.pk}/print/"

    def fill(count: int, first: int) -> None:
        for number in range(first, first + count):
            made = HouseholdFactory(village=villages.own, with_members=2, complete=True)
            PairingFactory(household=made, helper=helper)
            HouseholdCheckFactory(household=made, author=clerk, submitted=True)
            make_case(made, number)

    fill(3, 1)
    get(browser, url)
    with CaptureQueriesContext(connection) as few:
        get(browser, url)
    fill(27, 4)
    with CaptureQueriesContext(connection) as many:
        html = get(browser, url)

    assert html.count('class="pp pp-cover"') == 30
    assert len(many) == len(few)


def test_buttons_lead_to_the_documents(
    client_for: Any, clerk: Any, villages: Any, household: Household
) -> None:
    browser = client_for(clerk)
    village = f"/villages/{villages.own.pk}/print/"

    assert url_of(household) in get(browser, household.get_absolute_url())
    assert f"{url_of(household)}?on=2019-09-30" in get(
        browser, household.get_absolute_url(), on="2019-09-30"
    )
    assert village in get(browser, "/households/", village=villages.own.pk)
    assert village in get(browser, "/households/", area=villages.own.pk)
    assert village not in get(browser, "/households/", area=villages.own.area.parent_id)
