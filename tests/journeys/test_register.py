"""What happens to households and people: an exit is decided, a bride joins."""

from datetime import date
from typing import Any

import pytest
from django.urls import reverse

from core import clock
from core.facts import Provenance
from households import services
from households.enums import ProcessState, Status
from households.models import (
    Evidence,
    Household,
    Housing,
    Member,
    Membership,
    Pension,
    StatusProcess,
    Water,
)
from households.services import status_of
from indicators import services as indicators
from tests.conftest import BUSINESS_DATE
from tests.households.factories import (
    HouseholdFactory,
    MemberFactory,
    MemberProfileFactory,
    id_number,
    photograph,
)
from tests.households.status.conftest import Story
from tests.journeys.conftest import KNOWN_AT, LAST_NIGHT, System

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

PHOTOGRAPH = {"name": "照片.jpg", "mimeType": "image/jpeg", "buffer": photograph()}


@pytest.fixture
def leaving(system: System, villages: Any, informant: Any, clerk: Any, county_user: Any) -> Any:
    """A household that meets every standard; its exit hung out until last night."""
    indicators.load_standards(at=KNOWN_AT)
    household = HouseholdFactory(
        village=villages.own, head_name="李占元", status="PRE_LIFTED", complete=True
    )
    papers: Any = {
        Housing: [({}, {"appraised_on": date(2018, 5, 1)})],
        Water: [({}, {"certificate_no": "固水验〔2018〕12号", "accepted_on": date(2018, 6, 1)})],
    }
    since = Provenance(valid_from=date(2019, 2, 1), at=KNOWN_AT, by=clerk, source="OFFICE")
    services.record_household_facts(household=household, changes=papers, told=since)
    head = (
        household.members.get()
    )  # nothing of the head is left blank: a blank would stand in the way
    Member.objects.update(ethnic="HAN")
    MemberProfileFactory(member=head, labour_capacity="ORDINARY")
    Pension.objects.create(
        member=head,
        household=household,
        village=villages.own,
        resident=True,
        employee=False,
        valid_from=date(2019, 1, 1),
        recorded_at=KNOWN_AT,
        source="OFFICE",
    )
    indicators.recompute(on=LAST_NIGHT, at=KNOWN_AT)
    told = Story(informant, clerk, county_user)
    opened = told.open(household, "EXIT", exit_year=2019, exit_way="INDUSTRY")
    return told.until(opened, "VILLAGE_NOTICE")


def test_an_exit_is_hung_out_and_decided(
    visit: Any, leaving: StatusProcess, informant: Any, clerk: Any, county_user: Any
) -> None:
    address = leaving.get_absolute_url()
    village = visit(informant)
    village.open(address)
    village.act("张贴公示", on="2019-10-27", until="2019-11-05", phone="0472-8112233")
    village.press("打印公示")
    assert village.says("李占元")
    assert village.says("拟脱贫退出")

    village.open(address)
    village.page.get_by_text("上传材料").click()
    village.page.set_input_files("[name=files]", [PHOTOGRAPH])
    village.page.select_option("[name=paper]", "AGREEMENT:SIGNATURE")
    village.press("上传")
    assert Evidence.objects.get().step == "AGREEMENT"

    StatusProcess.objects.update(notice_to=LAST_NIGHT)  # a night has passed
    village.open(address)
    village.act("公示期满，无异议")
    assert village.page.get_by_role("button", name="审定").count() == 0

    township = visit(clerk)
    township.open(address)
    township.act("登记乡镇核查", passed="yes", on="2019-11-05")

    office = visit(county_user)
    office.open(reverse("households:process_list"))
    office.press("李占元")
    office.act("审定", confirm="审定", document_no="固扶办〔2019〕31号")
    assert office.says("已审定")
    leaving.refresh_from_db()
    assert leaving.state == ProcessState.APPROVED
    household = Household.objects.get()
    assert status_of(household, BUSINESS_DATE) == Status.LIFTED_POLICY

    township.open(household.get_absolute_url())
    assert township.says("已脱贫（享受政策）")


def test_a_bride_joins_with_a_photographed_paper(
    visit: Any, system: System, villages: Any, clerk: Any
) -> None:
    indicators.load_standards(at=KNOWN_AT)
    household = HouseholdFactory(village=villages.own, head_name="王二小", complete=True)
    son = MemberFactory(household=household, name="王建军", birth_date=date(1990, 7, 9))
    person = visit(clerk)
    person.open(household.get_absolute_url())
    person.press("人员变动")
    person.press("人员增加")
    page = person.page
    page.fill("[name=name]", "赵雅楠")
    page.fill("[name=id_number]", id_number(8001, date(1991, 10, 8), male=False))
    page.select_option("[name=relation]", "DAUGHTER_IN_LAW")
    page.select_option("[name=reason]", "MARRIED_IN")
    page.fill("[name=on]", "2019.11.4")
    person.press("提交")
    assert person.says("赵雅楠")
    bride = Member.objects.get(name="赵雅楠")
    assert (
        Membership.objects.latest_known().filter(household=household, is_member=True).count() == 3
    )
    assert son.village_id == bride.village_id

    person.open(reverse("households:evidence_list", args=[household.pk]))
    page.set_input_files("[name=files]", [PHOTOGRAPH])
    page.select_option("[name=kind]", "CHANGE_PROOF")
    page.select_option("[name=member]", str(bride.pk))
    person.press("上传")
    paper = Evidence.objects.get()
    assert (paper.kind, paper.member) == ("CHANGE_PROOF", bride)
    person.open(paper.get_absolute_url())
    assert person.says("人口变动证明")

    person.open(household.get_absolute_url())
    assert person.says("嫁入")
    assert paper.uploaded_at.date() <= clock.now().date()
