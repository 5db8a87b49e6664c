"""A doubtful value is found by night, explained by the clerk and the county office, and gone once put right."""

from typing import Any

import pytest
from django.urls import reverse

from core import clock
from households.models import Household, LivingConditions
from indicators import services as indicators
from indicators.models import Finding
from indicators.quality import services as quality
from tests.indicators.factories import Teller
from tests.journeys.conftest import KNOWN_AT, LAST_NIGHT, System, wait_for

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

RULE = "DQ-LND-01A"


@pytest.fixture
def wide(system: System, villages: Any) -> Household:
    """One person with 600 mu, as last night's look at the data knows."""
    indicators.load_standards(at=KNOWN_AT)
    teller = Teller(KNOWN_AT)
    household = teller.household(villages.own)
    teller.tell(household, LivingConditions, {"cultivated_mu": 600})
    run = indicators.recompute(on=LAST_NIGHT, at=teller.tick())
    quality.find_all(run=run, at=teller.tick())
    return household


def test_a_finding_from_night_to_explanation_to_correction(
    visit: Any, wide: Household, clerk: Any, county_user: Any, system: System
) -> None:
    one = visit(clerk)
    one.open(reverse("indicators:finding_list") + f"?rule={RULE}")
    assert one.says("耕地面积 600 亩")
    one.press("申请说明")
    one.page.fill("[name=reason]", "草场折算，确权证为 600 亩")
    one.page.fill("[name=expires_on]", "2020-03-31")
    one.press("提交审批")
    assert one.says("须由旗县扶贫办另一人审批")

    office = visit(county_user)
    office.open(reverse("indicators:exception_list") + "?state=OPEN")
    office.press("人均耕地超过50亩")
    office.press("批准")
    assert office.says("已说明不等于通过")
    office.open(reverse("indicators:finding_list") + "?state=EXPLAINED")
    assert office.says("已说明（不等于通过）")

    told = Teller(clock.now())
    told.tell(wide, LivingConditions, {"cultivated_mu": 6}, since=clock.today())
    system.ring()
    standing = Finding.objects.latest_known().filter(rule=RULE)
    wait_for(lambda: not standing.exists(), "the corrected village to be looked at")
    one.open(reverse("indicators:finding_list") + f"?rule={RULE}&state=ALL")
    assert not one.says("耕地面积 6")
    one.open(reverse("indicators:rule_list"))
    assert one.says("录入时即拒绝")
