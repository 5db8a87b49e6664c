"""A standard is proposed, tried and approved by somebody else, and the next figures follow it."""

from datetime import date
from typing import Any

import pytest
from django.urls import reverse

from accounts.enums import RoleCode
from core import clock
from households.models import Household, Water
from indicators import services as indicators
from indicators.models import Parameter, Result, StandardProposal
from tests.accounts.factories import person as account
from tests.indicators.factories import Teller
from tests.journeys.conftest import KNOWN_AT, LAST_NIGHT, System

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def dry(system: System, villages: Any) -> Household:
    """18 litres a head and day, below the 20 of the dry region, as last night's figures know."""
    indicators.load_standards(at=KNOWN_AT)
    teller = Teller(KNOWN_AT)
    household = teller.household(villages.own)
    facts = {"mode": "PIPED", "quality": "MET", "short_days_per_year": 5}
    teller.tell(household, Water, facts | {"litres_per_person_day": 18}, since=date(2019, 1, 1))
    indicators.recompute(on=LAST_NIGHT, at=teller.tick())
    return household


def test_a_standard_from_proposal_to_figure(
    visit: Any, dry: Household, city_user: Any, places: Any
) -> None:
    one = visit(city_user)
    one.open(reverse("indicators:standard_list") + f"?area={places.county.code}")
    one.open(reverse("indicators:standard_detail", args=["water_l_basic"]))
    assert one.says("20 升/人·天")
    one.press("提出改动")
    page = one.page
    page.fill("[name=value]", "15")
    page.fill("[name=valid_from]", "2019-06-01")
    page.select_option("[name=document]", "new")
    page.fill("[name=section]", "第六条")
    page.fill("[name=reason]", "按旗县实施细则执行")
    one.press("提出")
    assert one.says("录入新文件须填名称")
    page.fill("[name=new_title]", "固阳县农村饮水安全实施细则")
    one.press("提出")
    assert one.says("须由另一人审批")
    proposal = StandardProposal.objects.get()

    other = visit(account(RoleCode.CITY_OFFICE, places.city, username="colleague"))
    other.open(reverse("indicators:proposal_list"))
    other.press("基本供水量")
    other.press("试算影响")
    assert other.says(dry.head_name)
    assert other.says("不再有差距")
    assert Parameter.objects.filter(proposal=proposal).count() == 0
    other.press("看建议")
    other.act("批准", note="同意")
    assert other.says("已批准")

    indicators.recompute(on=LAST_NIGHT, at=clock.now())
    assert Result.objects.as_of(LAST_NIGHT).get(indicator="WAT-01").status == "MET"
    one.open(reverse("indicators:standard_detail", args=["water_l_basic"]))
    assert one.says("15 升/人·天")
    assert one.says(f"{city_user} 提出")
