"""An agency confirms the computed figures, submits by the 8th and holds a receipt; the office sees who is late."""

from datetime import date

import pytest
from django.urls import reverse

from accounts.models import Agency
from indicators import services as indicators
from reports.models import Filing
from tests.journeys.conftest import KNOWN_AT
from tests.reports.factories import ObligationFactory

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def owed(story, agency, places):
    """October of the cast's agency; September of another, which nobody has filed."""
    indicators.recompute(on=date(2019, 10, 31), at=KNOWN_AT)
    other = Agency.objects.create(code="JYJ", name="固阳县教育局", kind="局", area=places.county)
    ObligationFactory(campaign=story.campaign, agency=other, month=date(2019, 9, 1), task=False)
    return ObligationFactory(campaign=story.campaign, agency=agency, task=False)


def test_an_agency_files_in_time(visit, owed, agency_user, city_user):
    officer = visit(agency_user)
    officer.open("/")
    officer.open(reverse("reports:filing_edit", args=[owed.pk]))
    page = officer.page
    assert officer.says("2019年10月工作进展情况月报")
    assert page.locator("tr[data-line='WAT-01-numerator']").inner_text().count("1 户") >= 1

    page.get_by_role("button", name="确认全部系统数").click()
    page.fill("[name=progress]", "十月完成饮水改造一户，其余正在施工。")
    page.fill("[name=signed_by]", "张建国")
    officer.press("提交", confirm="提交")

    filing = Filing.objects.get()
    assert officer.page.url.endswith(reverse("reports:filing_detail", args=[filing.pk]))
    assert officer.says(filing.receipt)
    assert officer.says("已报")
    assert not officer.says("迟报")

    office = visit(city_user)
    office.open(f"{reverse('reports:obligation_list')}?month=2019-10")
    assert office.says("按时")
    office.open(f"{reverse('reports:obligation_list')}?month=2019-09")
    assert office.says("逾期")
