"""The household check at a real browser: by keys alone, by taps, without scripts, without a network."""

import re
import time
from dataclasses import dataclass
from datetime import date
from typing import Any

import pytest
from django.contrib.sessions.models import Session
from django.urls import reverse
from playwright.sync_api import Page, Route, expect

from households.models import Household, HouseholdCheck, Housing, Water
from households.services import draft_answers
from tests.accounts.factories import PASSWORD
from tests.households.factories import (
    HouseholdFactory,
    InsuranceFactory,
    MemberFactory,
    MemberProfileFactory,
    SchoolingFactory,
)
from tests.journeys.conftest import PHONE, Person, System, wait_for

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
HEAVIEST_PAGE = 150 * 1024  # bytes transferred on first load
MOST_SECONDS = 20
WELL_TO_PIPED = "input[name=water-mode][value=PIPED] + label"
GRADE_C = "input[name=housing-grade][value=C] + label"


@dataclass
class Hands:
    """Presses keys and taps, and counts: each key of a chord is a press, as is each letter typed."""

    page: Page
    count: int = 0

    def press(self, *chords: str) -> None:
        for chord in chords:
            self.count += len(chord.split("+"))
            self.page.keyboard.press(chord)

    def tap(self, selector: str) -> None:
        self.count += 1
        self.page.locator(selector).first.click()


@pytest.fixture
def family(system: System, villages: Any) -> Household:
    """Four people, one of them a pupil; everything known and good."""
    made = HouseholdFactory(
        village=villages.own, code="1502221052030001", head_name="李占元", complete=True
    )
    for name, born in (("王秀英", date(1962, 3, 1)), ("李建军", date(1985, 7, 9))):
        InsuranceFactory(member=MemberFactory(household=made, name=name, birth_date=born))
    child = MemberFactory(household=made, name="李浩然", birth_date=date(2009, 5, 1))
    SchoolingFactory(member=child)
    InsuranceFactory(member=child)
    MemberProfileFactory(member=made.members.get(name="李占元"))
    return made


@pytest.fixture
def check_page(family: Household) -> str:
    return reverse("households:check_edit", args=[family.pk])


def arrive(page: Page) -> None:
    """Wait for the page of the result."""
    page.wait_for_url(re.compile(r"/checks/\d+/$"))
    expect(page.locator("main")).to_contain_text("已提交")


def unchanged_sections(page: Page) -> int:
    return page.locator("input[name^=same-]").count()


def say_unchanged(page: Page) -> None:
    """Every section confirmed, and the head's word."""
    for box in page.locator("input[name^=same-]").all():
        if not box.is_checked():
            # The label, as a finger does: a click that is forced at the box may land on the bar.
            page.locator(f"label[for={box.get_attribute('id')}]").click()
            expect(box).to_be_checked()
    page.check("input[name=confirmed]")


def submit(page: Page) -> None:
    page.locator("button[value=submit]").click()


def keeps(page: Page, text: str) -> None:
    """Wait until the browser's copy holds a text."""
    wait_for(lambda: text in page.evaluate("JSON.stringify(localStorage)"), f"a copy with {text}")


def facts_written() -> int:
    return sum(len(check.changes) for check in HouseholdCheck.objects.all())


# --- Few keys, few taps --------------------------------------------------------------------------


def test_nothing_changed_by_keys(visit: Any, clerk: Any, check_page: str) -> None:
    person = visit(clerk)
    person.open(check_page)
    hands, begun = Hands(person.page), time.monotonic()

    hands.press(*["0"] * unchanged_sections(person.page), "Space", "Control+Enter")
    arrive(person.page)

    assert time.monotonic() - begun <= MOST_SECONDS
    assert hands.count <= 12
    assert (HouseholdCheck.objects.get().state, facts_written()) == ("SUBMITTED", 0)
    assert Housing.objects.count() == Water.objects.count() == 1


def test_nothing_changed_by_taps(visit: Any, clerk: Any, check_page: str) -> None:
    person = visit(clerk)
    person.page.set_viewport_size(PHONE)
    person.page.goto(person.address + check_page)
    hands = Hands(person.page)

    for number in range(1, unchanged_sections(person.page) + 1):
        hands.tap(f"label[for=id_same-{number}]")
    hands.tap("label[for=id_confirmed]")
    hands.tap("button[value=submit]")
    arrive(person.page)

    assert hands.count <= 12
    assert facts_written() == 0


def test_one_changed_safeguard_by_keys(visit: Any, clerk: Any, check_page: str) -> None:
    person = visit(clerk)
    person.open(check_page)
    hands, begun = Hands(person.page), time.monotonic()

    hands.press("0", "0", "1")  # on to housing: its grade is A now
    hands.press(*["0"] * (unchanged_sections(person.page) - 2), "Space", "Control+Enter")
    arrive(person.page)

    assert time.monotonic() - begun <= MOST_SECONDS
    assert hands.count <= 20
    assert [version.grade for version in Housing.objects.order_by("pk")] == ["B", "A"]
    assert facts_written() == 1


def test_keys_lead_to_the_next_household(
    visit: Any, clerk: Any, family: Household, check_page: str
) -> None:
    after = HouseholdFactory(village=family.village, code="1502221052030002", with_members=0)
    person = visit(clerk)
    person.open(check_page)
    there = reverse("households:check_edit", args=[after.pk])

    person.page.keyboard.press("PageDown")
    person.page.wait_for_url(f"**{there}")
    person.page.keyboard.press("PageUp")
    person.page.wait_for_url(f"**{check_page}")


# --- Weight, and no scripts ----------------------------------------------------------------------


def test_first_load_is_light(visit: Any, clerk: Any, check_page: str) -> None:
    person = visit(clerk)
    line = person.page.context.new_cdp_session(person.page)
    line.send("Network.enable")
    line.send("Network.setCacheDisabled", {"cacheDisabled": True})
    sizes: list[int] = []
    line.on("Network.loadingFinished", lambda event: sizes.append(event["encodedDataLength"]))

    person.open(check_page)

    assert len(sizes) > 4  # the page, its styles, its scripts
    assert sum(sizes) <= HEAVIEST_PAGE


def test_without_scripts(visit: Any, clerk: Any, check_page: str) -> None:
    person = visit(clerk, java_script_enabled=False)
    page = person.page
    page.goto(person.address + check_page)

    page.fill("input[name=visited_on]", "2019-12-01")
    page.locator(GRADE_C).click()
    say_unchanged(page)
    submit(page)
    expect(page.locator("#id_visited_on_error")).to_contain_text("不能晚于今天")
    expect(page.locator("input[name=housing-grade][value=C]")).to_be_checked()

    page.fill("input[name=visited_on]", "2019-11-04")
    submit(page)
    arrive(page)
    assert Housing.objects.as_of(date(2019, 11, 5)).get().grade == "C"


# --- Nothing lost, nothing doubled ---------------------------------------------------------------


def forgive_network(person: Person) -> None:
    """The browser itself logs the requests that this story cut off."""
    person.faults[:] = [fault for fault in person.faults if "net::ERR_" not in fault]


def test_network_gone_while_typing_and_sending(visit: Any, clerk: Any, check_page: str) -> None:
    person = visit(clerk)
    page = person.page
    person.open(check_page)
    page.locator(GRADE_C).click()
    wait_for(HouseholdCheck.objects.filter(state="DRAFT").exists, "the draft on the server")

    page.context.set_offline(True)
    page.locator(WELL_TO_PIPED).click()
    say_unchanged(page)
    submit(page)
    expect(page.locator("[data-saved]")).to_contain_text("已存在本机，恢复后自动提交")
    page.context.set_offline(False)
    arrive(page)

    check = HouseholdCheck.objects.get()
    assert {change["field"] for change in check.changes} == {"grade", "mode"}
    forgive_network(person)


def test_browser_closed_without_network_offers_what_was_typed(
    visit: Any, clerk: Any, check_page: str
) -> None:
    person = visit(clerk)
    page = person.page
    person.open(check_page)
    page.locator(GRADE_C).click()
    wait_for(HouseholdCheck.objects.filter(state="DRAFT").exists, "the draft on the server")
    page.context.set_offline(True)
    page.locator(WELL_TO_PIPED).click()
    keeps(page, "PIPED")
    page.close(run_before_unload=False)

    page = person.page.context.new_page()
    page.context.set_offline(False)
    page.goto(person.address + check_page)
    expect(page.locator("input[name=water-mode][value=PIPED]")).not_to_be_checked()
    page.get_by_role("button", name="恢复填写内容").click()

    expect(page.locator("input[name=water-mode][value=PIPED]")).to_be_checked()
    expect(page.locator("input[name=housing-grade][value=C]")).to_be_checked()
    say_unchanged(page)
    submit(page)
    arrive(page)
    assert facts_written() == 2
    assert page.evaluate("localStorage.length") == 0
    forgive_network(person)


def test_session_lost_while_typing(
    visit: Any, clerk: Any, with_password: Any, check_page: str
) -> None:
    person = visit(clerk)
    page = person.page
    person.open(check_page)
    page.locator(GRADE_C).click()
    Session.objects.all().delete()
    say_unchanged(page)
    submit(page)
    expect(page.locator("[data-local-note]")).to_contain_text("登录已过期")

    page.get_by_role("link", name="重新登录").click()
    page.fill("input[name=username]", with_password.username)
    page.fill("input[name=password]", PASSWORD)
    person.press("登录")

    assert page.url.endswith(check_page)
    assert person.says("已恢复本机")
    expect(page.locator("input[name=housing-grade][value=C]")).to_be_checked()
    submit(page)
    arrive(page)
    assert HouseholdCheck.objects.count() == facts_written() == 1


def test_lost_answer_counts_once(visit: Any, clerk: Any, check_page: str) -> None:
    person = visit(clerk)
    page = person.page
    person.open(check_page)
    page.locator(GRADE_C).click()
    say_unchanged(page)

    def lose(route: Route) -> None:
        if route.request.method == "POST":
            route.fetch(max_redirects=0)
            route.abort()
        else:
            route.continue_()

    page.route(f"**{check_page}", lose)
    with page.expect_event("requestfailed"):
        submit(page)
    assert HouseholdCheck.objects.filter(state="SUBMITTED").exists()
    page = page.context.new_page()
    page.goto(person.address + check_page)

    expect(page.locator("[data-local-note]")).to_contain_text("已经提交成功")
    page.get_by_role("link", name="看核查结果").click()
    arrive(page)
    assert HouseholdCheck.objects.count() == facts_written() == 1
    forgive_network(person)


def test_two_tabs_send_one_check(visit: Any, clerk: Any, check_page: str) -> None:
    person = visit(clerk)
    first = person.page
    person.open(check_page)
    first.locator(GRADE_C).click()
    say_unchanged(first)
    keeps(first, "confirmed")
    second = first.context.new_page()
    second.goto(person.address + check_page)
    expect(second.locator("input[name=housing-grade][value=C]")).to_be_checked()

    submit(second)
    arrive(second)
    submit(first)
    arrive(first)

    assert first.url == second.url
    assert HouseholdCheck.objects.count() == facts_written() == 1


def test_signing_out_forgets_the_copies(visit: Any, clerk: Any, check_page: str) -> None:
    person = visit(clerk)
    person.open(check_page)
    person.page.locator(GRADE_C).click()
    wait_for(HouseholdCheck.objects.filter(state="DRAFT").exists, "the draft on the server")
    assert person.page.evaluate("localStorage.length") == 1

    person.press("退出")

    assert person.page.evaluate("localStorage.length") == 0
    assert draft_answers(HouseholdCheck.objects.get())["housing-grade"] == "C"


def test_two_people_at_one_household(
    visit: Any, clerk: Any, informant: Any, check_page: str
) -> None:
    mine, theirs = visit(clerk), visit(informant)
    mine.open(check_page)
    theirs.open(check_page)
    theirs.page.locator(GRADE_C).click()
    say_unchanged(theirs.page)
    submit(theirs.page)
    arrive(theirs.page)

    mine.page.locator("input[name=housing-grade][value=D] + label").click()
    mine.page.locator(WELL_TO_PIPED).click()
    say_unchanged(mine.page)
    submit(mine.page)
    mine.page.wait_for_selector("#conflict")
    mine.look()
    for text in ("C级", "D级", str(informant)):
        assert mine.says(text)
    mine.page.locator("label[for=choice-housing-grade-theirs]").click()
    submit(mine.page)
    arrive(mine.page)

    on = date(2019, 11, 5)
    assert Housing.objects.as_of(on).get().grade == "C"
    assert Water.objects.as_of(on).get().mode == "PIPED"
    assert mine.page.evaluate("localStorage.length") == 0
