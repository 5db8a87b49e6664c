"""A clerk's visit mends a household's water; the light turns, the night confirms, the case is closed."""

import re

import pytest
from django.urls import reverse

from core import clock
from indicators import services as indicators
from indicators.enums import RunKind, RunState
from tasks.enums import CaseState
from tasks.models import Case
from tests.accounts.factories import PASSWORD
from tests.conftest import BUSINESS_DATE
from tests.journeys.conftest import Person, wait_for

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

WATER = {"fetch_minutes": "10", "litres_per_person_day": "25", "short_days_per_year": "30"}


def sign_in(person: Person, username: str) -> None:
    person.open("/")
    person.page.fill("input[name=username]", username)
    person.page.fill("input[name=password]", PASSWORD)
    person.press("登录")


def fill_check(person: Person) -> None:
    """Safe water now, everything else as before, confirmed by the head."""
    page = person.page
    for section in page.locator("section[data-section]").all():
        same = section.locator("input[name^=same-]")
        if same.count() and section.get_attribute("data-section") != "4":
            same.check(force=True)  # the box lies under its label
    page.locator("input[name=water-mode][value=WELL] + label").click()
    page.locator("input[name=water-quality][value=MET] + label").click()
    for question, answer in WATER.items():
        page.fill(f"input[name=water-{question}]", answer)
    page.check("input[name=confirmed]")


def village_turns(person: Person, village: int, css: str) -> bool:
    person.open(f"/villages/{village}/")
    return person.page.locator(f"td[data-t=饮水].{css}").count() == 1


def act(person: Person, case: Case, label: str, note: str = "") -> None:
    """One act on the case's page: its fold is opened, the note written, the button pressed."""
    person.open(reverse("tasks:case_detail", args=[case.number]))
    fold = person.page.locator("details.ql-act").filter(has_text=label).first
    if fold.get_attribute("open") is None:
        fold.locator("summary").click()
    if note:
        fold.locator("[name=note]").fill(note)
    with person.page.expect_navigation():
        fold.get_by_role("button", name=label).click()
    person.look()
    case.refresh_from_db()


def test_a_visit_turns_the_light_and_closes_the_case(
    visit, system, story, with_password, county_user
):
    household, village = story.household, story.household.village_id
    case = Case.objects.get(indicator="WAT-01", household=household)
    office, clerk = visit(county_user), visit()
    act(office, case, "交办")
    assert case.state == CaseState.ASSIGNED

    sign_in(clerk, with_password.username)
    assert village_turns(clerk, village, "is-not")
    clerk.open("/households/")
    clerk.press("李占元")
    assert clerk.says("未达标")
    act(clerk, case, "开始整改")
    assert case.state == CaseState.RECTIFYING

    clerk.open(reverse("households:check_edit", args=[household.pk]))
    fill_check(clerk)
    clerk.press("提交")
    assert re.search(r"/checks/\d+/$", clerk.page.url), clerk.page.inner_text("main")[:400]
    assert clerk.says("水质")

    wait_for(lambda: village_turns(clerk, village, "is-met"), "the village's light")
    assert clerk.says("2019-11-05 暂算")
    clerk.open("/dashboard/")
    act(clerk, case, "申请销号", "已更换净水设备，水质复检合格")
    assert case.state == CaseState.VERIFYING

    run = indicators.start_run(on=BUSINESS_DATE, kind=RunKind.NIGHT, at=clock.now())
    indicators.queue_run(run, at=clock.now())
    system.ring()
    wait_for(lambda: type(run).objects.get(pk=run.pk).state == RunState.DONE, "the night's run")
    assert village_turns(clerk, village, "is-met")
    assert not clerk.says("暂算")

    clerk.open(reverse("tasks:case_detail", args=[case.number]))
    assert clerk.page.get_by_role("button", name="销号", exact=True).count() == 0
    refused = clerk.page.request.post(
        f"{clerk.address}{reverse('tasks:case_act', args=[case.number, 'close'])}",
        form={
            "csrfmiddlewaretoken": csrf(clerk),
            "operation_key": "k1",
            "base_version": str(case.version),
        },
        headers={"Referer": clerk.page.url},
    )
    assert refused.status == 403

    act(office, case, "销号", "现场核验合格")
    assert case.state == CaseState.CLOSED
    assert office.says("销号")


def csrf(person: Person) -> str:
    return next(c["value"] for c in person.page.context.cookies() if c["name"] == "csrftoken")


def test_another_townships_household_does_not_exist(visit, story, clerk, other_clerk):
    theirs = story.household

    stranger = visit(other_clerk)

    for path in (
        f"/households/{theirs.pk}/",
        f"/checks/households/{theirs.pk}/",
        f"/villages/{theirs.village_id}/",
    ):
        assert stranger.open(path).status == 404
        assert not stranger.says("李占元")
    stranger.open("/households/?q=李占元")
    assert stranger.page.locator("main table").filter(has_text="李占元").count() == 0
    assert visit(clerk).open(f"/households/{theirs.pk}/").status == 200
