"""Rounds of checks, and the review of what was found in them."""

from datetime import UTC, date, datetime
from typing import Any

import pytest
from django.db import connection
from django.test import RequestFactory
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.enums import RoleCode
from core.models import AuditEvent
from households import rounds, services
from households.models import CheckRound, Household, HouseholdCheck, HouseholdStatus
from households.permissions import can_review_check
from households.views import round as pages
from tests.accounts.factories import person
from tests.households.factories import (
    HouseholdCheckFactory,
    HouseholdFactory,
    HouseholdStatusFactory,
    PairingFactory,
)

pytestmark = pytest.mark.django_db
OPENED, DUE = date(2019, 11, 1), date(2019, 11, 15)
AT = datetime(2019, 11, 1, 1, tzinfo=UTC)


def opened(area: Any, by: Any, **more: Any) -> CheckRound:
    given = {"name": "2019年11月入户核查", "opened_on": OPENED, "due_on": DUE, "at": AT, **more}
    return services.open_round(area=area, by=by, **given)


@pytest.fixture
def county_round(places: Any, county_user: Any) -> CheckRound:
    return opened(places.county, county_user)


def registered(village: Any, status: str = "LIFTED_POLICY") -> Household:
    return HouseholdFactory(village=village, status=status)


def visit(household: Household, by: Any, day: int = 4, **more: Any) -> HouseholdCheck:
    return services.submit_check(
        household=household, answers={}, visited_on=date(2019, 11, day), by=by,
        at=datetime(2019, 11, day, 4, tzinfo=UTC), base_version=household.version, raw={"a": "b"}, **more,
    )  # fmt: skip


def ask(user: Any, path: str = "/") -> Any:
    request = RequestFactory().get(path)
    request.user, request.session = user, {}  # type: ignore[assignment]
    return request


# --- Services ------------------------------------------------------------------------------------


def test_one_round_at_a_time_in_a_place(
    places: Any, county_round: CheckRound, city_user: Any, clerk: Any
) -> None:
    for area in (places.county, places.township, places.city):
        with pytest.raises(services.RoundOverlaps):
            opened(area, city_user)
    assert opened(places.other_county, city_user).is_open

    services.close_round(check_round=county_round, by=city_user, at=AT)

    with pytest.raises(services.RoundClosed):
        services.close_round(check_round=county_round, by=city_user, at=AT)
    assert opened(places.township, city_user).is_open
    trail = AuditEvent.objects.filter(target_id=str(county_round.pk), action__startswith="round.")
    assert sorted(trail.values_list("action", flat=True)) == ["round.close", "round.open"]


def test_round_counts_the_households_that_were_in_scope_when_it_opened(
    villages: Any, places: Any, county_round: CheckRound, informant: Any
) -> None:
    done, _left = registered(villages.own), registered(villages.own, "NOT_LIFTED")
    registered(villages.own, "LIFTED_NO_POLICY")
    registered(villages.own, "REMOVED")
    registered(villages.far)
    elsewhere = registered(villages.other)
    visit(done, informant)
    HouseholdCheckFactory(
        household=elsewhere, author=informant, submitted=True, visited_on=date(2019, 10, 30)
    )

    rows = rounds.progress_by_place(county_round, HouseholdStatus.objects.all(), places.county)

    assert [(row.area.pk, row.asked, row.done, row.left) for row in rows if row.area] == [
        (places.other_township.pk, 1, 0, 1),
        (places.township.pk, 2, 1, 1),
    ]
    assert (rounds.total(rows).asked, rounds.total(rows).waiting) == (3, 1)


def test_a_check_belongs_to_the_round_that_was_open(
    villages: Any, county_round: CheckRound, informant: Any, county_user: Any
) -> None:
    household = registered(villages.own)

    assert visit(household, informant).round == county_round
    services.close_round(check_round=county_round, by=county_user, at=AT)
    assert visit(household, informant, 5).round is None


def test_returned_check_is_followed_by_the_next_and_both_stay(
    villages: Any, places: Any, county_round: CheckRound, informant: Any, clerk: Any
) -> None:
    household = registered(villages.own)
    first = visit(household, informant)
    services.return_check(check=first, by=clerk, at=AT, reason="照片不清")
    row = rounds.progress_by_place(county_round, HouseholdStatus.objects.all(), places.township)[0]
    assert (row.done, row.returned, row.left) == (0, 1, 1)

    second = visit(household, informant, 5)
    services.return_check(check=second, by=clerk, at=AT, reason="缺签字")
    third = visit(household, informant, 5)
    services.accept_check(check=third, by=clerk, at=AT)

    assert (second.follows, third.follows) == (first, second)
    assert list(HouseholdCheck.objects.order_by("pk").values_list("state", "return_reason")) == [
        ("RETURNED", "照片不清"),
        ("RETURNED", "缺签字"),
        ("ACCEPTED", ""),
    ]
    row = rounds.progress_by_place(county_round, HouseholdStatus.objects.all(), places.township)[0]
    assert (row.done, row.accepted, row.returned, row.waiting) == (1, 1, 0, 0)


def test_listed_households_are_asked_beside_those_of_the_statuses(
    villages: Any, places: Any, county_user: Any
) -> None:
    poor, lifted = registered(villages.own, "NOT_LIFTED"), registered(villages.own, "LIFTED_POLICY")
    gone, outside = registered(villages.own, "REMOVED"), registered(villages.far)
    asked = opened(places.county, county_user, statuses=["NOT_LIFTED"])
    wanted = [each.pk for each in (poor, lifted, gone, outside)]
    assert rounds.asked_count(asked) == 1

    def add() -> int:
        return services.add_households_to_round(
            check_round=asked, household_ids=wanted, by=county_user, at=AT
        )

    assert [add(), add()] == [1, 0]
    assert rounds.asked_count(asked) == 2
    term = rounds.Term(asked, OPENED)
    assert set(term.left(Household.objects.all())) == {poor, lifted}
    trail = AuditEvent.objects.filter(action="round.add").order_by("pk")
    assert [event.detail["households"] for event in trail] == [1, 0]
    services.close_round(check_round=asked, by=county_user, at=AT)
    with pytest.raises(services.RoundClosed):
        add()


def test_round_of_a_list_asks_for_nobody_else_and_of_villages_not_elsewhere(
    villages: Any, places: Any, county_user: Any
) -> None:
    named, _other, beside = (
        registered(village) for village in (villages.own, villages.own, villages.other)
    )
    listed = opened(places.county, county_user, statuses=[], household_ids=[named.pk])
    assert rounds.asked_count(listed) == 1
    services.close_round(check_round=listed, by=county_user, at=AT)

    there = opened(places.county, county_user, villages=[villages.other.pk])

    assert list(rounds.Term(there, OPENED).asked(Household.objects.all())) == [beside]


def test_sections_are_those_of_the_round_that_asks_for_the_household(
    villages: Any, places: Any, county_user: Any
) -> None:
    asked, passed_over = registered(villages.own), registered(villages.own, "LIFTED_NO_POLICY")
    assert rounds.sections_asked(asked, OPENED) is None
    made = opened(places.county, county_user, sections=[4, 3])

    assert rounds.sections_asked(asked, OPENED) == {3, 4}
    assert rounds.sections_asked(asked, date(2019, 10, 31)) is None
    assert rounds.sections_asked(passed_over, OPENED) is None
    services.close_round(check_round=made, by=county_user, at=AT)
    assert rounds.sections_asked(asked, OPENED) is None


def test_accepting_needs_a_submitted_check_of_somebody_else(
    villages: Any, clerk: Any, county_user: Any
) -> None:
    check = visit(registered(villages.own), clerk)

    with pytest.raises(services.OwnCheck):
        services.accept_check(check=check, by=clerk, at=AT)
    accepted = services.accept_check(check=check, by=county_user, at=AT)
    with pytest.raises(services.NotAcceptable):
        services.accept_check(check=check, by=county_user, at=AT)
    with pytest.raises(services.NotReturnable):
        services.return_check(check=check, by=county_user, at=AT, reason="x")

    assert (accepted.state, accepted.accepted_by) == ("ACCEPTED", county_user)
    assert AuditEvent.objects.get(action="check.accept").village_id == villages.own.pk


def test_who_reviews_what(
    villages: Any, places: Any, informant: Any, helper: Any, clerk: Any, other_clerk: Any, county_user: Any
) -> None:  # fmt: skip
    colleague = person(RoleCode.TOWNSHIP_CLERK, places.township)
    second_office = person(RoleCode.COUNTY_OFFICE, places.county)
    people = {
        "informant": informant, "clerk": clerk, "colleague": colleague, "other": other_clerk,
        "county": county_user, "office": second_office, "helper": helper,
    }  # fmt: skip

    def reviewers(author: Any) -> set[str]:
        check = visit(registered(villages.own), author)
        return {name for name, user in people.items() if can_review_check(user, check)}

    assert reviewers(informant) == reviewers(helper) == {"clerk", "colleague"}
    assert reviewers(clerk) == {"county", "office"}
    assert reviewers(county_user) == {"office"}


# --- Pages ---------------------------------------------------------------------------------------


def test_county_opens_a_round_once(
    client_for: Any, county_user: Any, places: Any, villages: Any
) -> None:
    browser, url = client_for(county_user), reverse("households:round_create")
    data = {
        "area": places.county.pk, "name": "十一月核查", "scope": "poor", "due_on": "2019年11月20日",
        "content": "safeguards", "villages": [villages.own.pk], "operation_key": "k1",
    }  # fmt: skip

    first, second = browser.post(url, data), browser.post(url, data)

    made = CheckRound.objects.get()
    assert first.url == second.url == made.get_absolute_url()
    assert made.statuses == ["NOT_LIFTED", "PRE_LIFTED", "RETURNED"]
    assert (made.villages, made.sections) == ([villages.own.pk], [2, 3, 4, 5, 6, 7, 8])
    shown = browser.get(made.get_absolute_url()).content.decode()
    assert "饮水安全" in shown
    assert villages.own.area.short_name in shown
    assert (made.opened_on, made.due_on, made.opened_by) == (
        date(2019, 11, 5), date(2019, 11, 20), county_user,
    )  # fmt: skip
    assert "已有进行中" in browser.post(url, data | {"operation_key": "k2"}).content.decode()


@pytest.mark.parametrize(
    "wrong",
    [
        {"due_on": "2019-11-04"}, {"due_on": ""}, {"area": 150223000000}, {"area": "x"}, {"name": ""},
        {"scope": "x"}, {"content": "x"}, {"villages": [150221100999]}, {"sections": ["77"]},
    ],
)  # fmt: skip
def test_wrong_round_is_refused_at_the_field(
    client_for: Any, county_user: Any, places: Any, villages: Any, wrong: dict[str, Any]
) -> None:
    data = {
        "area": places.county.pk, "name": "核查", "scope": "policy", "due_on": "2019-11-20",
        "content": "all", "operation_key": "k",
    }  # fmt: skip

    page = client_for(county_user).post(reverse("households:round_create"), data | wrong)

    assert page.context["form"].errors.keys() == wrong.keys()
    assert not CheckRound.objects.exists()


def test_chosen_sections_are_named_and_chosen_villages_lie_in_the_area(
    client_for: Any, county_user: Any, places: Any, villages: Any
) -> None:
    data = {
        "area": places.other_township.pk, "name": "核查", "scope": "listed", "due_on": "2019-11-20",
        "content": "chosen", "villages": [villages.own.pk], "operation_key": "k",
    }  # fmt: skip
    browser, url = client_for(county_user), reverse("households:round_create")

    errors = browser.post(url, data).context["form"].errors
    browser.post(url, data | {"sections": ["3", "4"], "villages": []})

    assert errors == {
        "sections": ["选了“自选”，请勾选要核查的各节"],
        "villages": ["勾选的村不都在所选区划内"],
    }
    made = CheckRound.objects.get()
    assert (made.statuses, made.sections, made.villages) == ([], [3, 4], [])


def test_who_sees_and_who_closes_a_round(
    client_for: Any, places: Any, county_user: Any, clerk: Any, other_clerk: Any, helper: Any, leader: Any
) -> None:  # fmt: skip
    near = opened(places.township, county_user)
    close = reverse("households:round_close", args=[near.pk])

    assert client_for(clerk).get(near.get_absolute_url()).status_code == 200
    assert client_for(leader).get(near.get_absolute_url()).status_code == 200
    assert client_for(other_clerk).get(near.get_absolute_url()).status_code == 404
    assert client_for(helper).get(near.get_absolute_url()).status_code == 403
    assert client_for(clerk).post(close, {"operation_key": "a"}).status_code == 403
    assert client_for(clerk).get(reverse("households:round_create")).status_code == 403
    for _again in range(2):
        assert client_for(county_user).post(close, {"operation_key": "b"}).status_code == 302
    near.refresh_from_db()
    assert near.closed_by == county_user
    assert AuditEvent.objects.filter(action="round.close").count() == 1


def test_county_office_does_not_close_the_citys_round(
    client_for: Any, places: Any, city_user: Any, county_user: Any
) -> None:
    wide = opened(places.city, city_user)

    assert client_for(county_user).get(wide.get_absolute_url()).status_code == 200
    close = reverse("households:round_close", args=[wide.pk])
    assert client_for(county_user).post(close, {"operation_key": "a"}).status_code == 404


def test_round_page_shows_a_clerk_the_own_villages_only(
    client_for: Any, villages: Any, county_round: CheckRound, clerk: Any, county_user: Any
) -> None:
    registered(villages.own)
    registered(villages.other)

    mine = client_for(clerk).get(county_round.get_absolute_url()).context
    whole = client_for(county_user).get(county_round.get_absolute_url()).context

    assert [row.area for row in mine["progress"]] == [villages.own.area]
    assert (mine["total"].asked, whole["total"].asked) == (1, 2)


def test_lists_ask_a_constant_number_of_questions(
    client_for: Any, villages: Any, county_round: CheckRound, clerk: Any, informant: Any
) -> None:
    urls = [
        county_round.get_absolute_url(),
        reverse("households:round_list"),
        reverse("households:check_review"),
        reverse("households:check_list"),
    ]
    visit(registered(villages.own), informant)
    browser = client_for(clerk)

    def queries(url: str) -> int:
        with CaptureQueriesContext(connection) as asked:
            assert browser.get(url).status_code == 200
        return len(asked)

    few = [queries(url) for url in urls for _warm in range(2)][1::2]
    for village in (villages.own, villages.next):
        for _n in range(4):
            visit(registered(village), informant)
    assert [queries(url) for url in urls] == few


def test_progress_of_the_month_counts_those_to_visit_by_what_holds_today(
    client_for: Any, villages: Any, clerk: Any, informant: Any
) -> None:
    visit(registered(villages.own), informant)
    for village, status in [
        (villages.own, "RETURNED"),
        (villages.own, "REMOVED"),
        (villages.next, "NOT_LIFTED"),
        (villages.next, "EXTINCT"),
    ]:
        registered(village, status)
    ends = HouseholdStatus.objects.get(household=registered(villages.next, "RETURNED"))
    later = date(2019, 11, 20)
    HouseholdStatus.objects.filter(pk=ends.pk).update(valid_to=later, closed_at=AT)
    HouseholdStatusFactory(household=ends.household, status="LIFTED_POLICY", valid_from=later)
    ended = HouseholdStatus.objects.get(household=registered(villages.next, "REMOVED"))
    HouseholdStatus.objects.filter(pk=ended.pk).update(valid_to=OPENED, closed_at=AT)

    page = client_for(clerk).get(reverse("households:check_list"))

    shown = {row["area"].pk: (row["total"], row["done"]) for row in page.context["progress"]}
    assert shown == {villages.own.pk: (2, 1), villages.next.pk: (2, 0)}
    assert (page.context["total"], page.context["done"]) == (4, 1)


def test_helper_sees_the_round_and_the_progress_of_paired_households(
    client_for: Any, villages: Any, county_round: CheckRound, helper: Any, informant: Any
) -> None:
    done, left, other = (registered(villages.own) for _n in range(3))
    for household in (done, left):
        PairingFactory(household=household, helper=helper)
    visit(done, informant)

    page = client_for(helper).get(reverse("households:check_list"))

    assert page.context["round"] == county_round
    assert [(row["total"], row["done"]) for row in page.context["progress"]] == [(2, 1)]
    shown = {line.household for line in page.context["rows"]}
    assert shown == {done, left}
    assert other not in shown


def test_batch_accepts_what_is_ticked_and_ones_own_to_accept(
    client_for: Any, villages: Any, informant: Any, clerk: Any, other_clerk: Any
) -> None:
    url = reverse("households:check_review")
    first, second = (visit(registered(villages.own), informant) for _n in range(2))
    own = visit(registered(villages.own), clerk)
    browser = client_for(clerk)
    page = browser.get(url)
    assert [row.pk for row in page.context["rows"]] == [second.pk, first.pk]
    assert "{n}" in page.content.decode()
    assert client_for(informant).get(url).status_code == 403
    assert not client_for(other_clerk).get(url).context["rows"]
    assert browser.get(url, {"area": villages.other.pk}).status_code == 404

    data = {"pick": [first.pk, own.pk, "x"], "operation_key": "k"}
    client_for(other_clerk).post(url, data)
    assert not HouseholdCheck.objects.filter(state="ACCEPTED").exists()
    browser.post(url, data)
    browser.post(url, data)

    assert HouseholdCheck.objects.get(state="ACCEPTED").pk == first.pk
    assert AuditEvent.objects.filter(action="check.accept").count() == 1


def test_one_check_is_accepted_once_and_its_page_says_so(
    client_for: Any, villages: Any, informant: Any, clerk: Any, other_clerk: Any, county_user: Any
) -> None:
    check = visit(registered(villages.own), informant)
    url = reverse("households:check_accept", args=[check.pk])
    key = {"operation_key": "k"}

    assert url in client_for(clerk).get(check.get_absolute_url()).content.decode()
    assert url not in client_for(informant).get(check.get_absolute_url()).content.decode()
    assert client_for(informant).post(url, key).status_code == 403
    assert client_for(county_user).post(url, key).status_code == 403
    assert client_for(other_clerk).post(url, key).status_code == 404
    for _again in range(2):
        assert client_for(clerk).post(url, key).status_code == 302

    check.refresh_from_db()
    assert (check.state, check.accepted_by) == ("ACCEPTED", clerk)
    assert url not in client_for(clerk).get(check.get_absolute_url()).content.decode()


def test_pages_of_the_chain_point_to_each_other(
    client_for: Any, villages: Any, informant: Any, clerk: Any
) -> None:
    household = registered(villages.own)
    first = visit(household, informant)
    services.return_check(check=first, by=clerk, at=AT, reason="照片不清")
    second = visit(household, informant, 5)
    browser = client_for(clerk)

    assert second.get_absolute_url() in browser.get(first.get_absolute_url()).content.decode()
    later = browser.get(second.get_absolute_url()).content.decode()
    assert first.get_absolute_url() in later
    assert "照片不清" in later


def test_every_return_stays_on_the_page_of_the_last_check(
    client_for: Any, villages: Any, informant: Any, clerk: Any
) -> None:
    household = registered(villages.own)
    reasons = ["照片不清", "缺签字", "住房等级不符"]
    for reason in reasons:
        services.return_check(check=visit(household, informant), by=clerk, at=AT, reason=reason)
    last = visit(household, informant, 5)

    page = client_for(clerk).get(last.get_absolute_url())

    assert [row.return_reason for row in page.context["history"]] == [*reasons, ""]
    assert "共报 4 次" in page.content.decode()


def test_list_and_form_name_the_round(
    client_for: Any, villages: Any, county_round: CheckRound, informant: Any
) -> None:
    done, left = registered(villages.own), registered(villages.own)
    out = registered(villages.own, "LIFTED_NO_POLICY")
    visit(done, informant)
    browser, url = client_for(informant), reverse("households:check_list")

    page = browser.get(url)

    assert (page.context["round"], page.context["done"], page.context["total"]) == (
        county_round, 1, 2,
    )  # fmt: skip
    shown = {row.household.pk: (row.is_asked, row.is_done) for row in page.context["rows"]}
    assert shown == {done.pk: (True, True), left.pk: (True, False), out.pk: (False, False)}
    todo = browser.get(url, {"state": "todo"}).context["rows"]
    assert [row.household.pk for row in todo] == [left.pk]
    form = browser.get(reverse("households:check_edit", args=[left.pk])).content.decode()
    assert county_round.name in form


# --- What waits ----------------------------------------------------------------------------------


def test_workbench_says_what_waits_and_until_when(
    villages: Any, county_round: CheckRound, informant: Any, clerk: Any, inspector: Any
) -> None:
    first, second = (registered(villages.own) for _n in range(2))
    returned = visit(first, informant)
    services.return_check(check=returned, by=clerk, at=AT, reason="x")
    visit(second, informant)

    def waiting(user: Any) -> dict[str, tuple[int, str]]:
        rows = pages.workbench_todo(ask(user))
        return {row["label"]: (row["count"], row["due_tag"]) for row in rows}

    assert waiting(informant) == {"待核查户": (1, "10 天后截止"), "核查退回修改": (1, "")}
    assert waiting(clerk) == {"待核查户": (1, "10 天后截止"), "待审核核查表": (1, "")}
    assert waiting(inspector) == {}
    assert pages.menu_count(ask(informant)).number == pages.menu_count(ask(clerk)).number == 1

    visit(first, informant, 5)
    assert "核查退回修改" not in waiting(informant)


def test_returned_households_are_listed(
    client_for: Any, villages: Any, informant: Any, clerk: Any
) -> None:
    back, _other = registered(villages.own), registered(villages.own)
    services.return_check(check=visit(back, informant), by=clerk, at=AT, reason="x")

    page = client_for(informant).get(reverse("households:check_list"), {"state": "returned"})

    assert [row.household for row in page.context["rows"]] == [back]


def test_helper_is_told_of_paired_households_only(villages: Any, helper: Any) -> None:
    PairingFactory(household=registered(villages.own), helper=helper)
    registered(villages.own)

    assert [row["count"] for row in pages.workbench_todo(ask(helper))] == [1]


@pytest.mark.parametrize(
    ("day", "words", "tone"),
    [(4, "逾期 1 天", "not"), (5, "今天截止", "not"), (8, "3 天后截止", "warn"), (9, "4 天后截止", "")],
)  # fmt: skip
def test_deadline_grows_urgent(day: int, words: str, tone: str) -> None:
    assert pages.due_tag(date(2019, 11, day), date(2019, 11, 5)) == (words, tone)


def test_rounds_are_read_by_programs(
    api_for: Any, places: Any, county_round: CheckRound, clerk: Any, helper: Any
) -> None:
    answer = api_for(clerk).get("/api/v1/rounds/", {"area": places.township.pk}).json()

    assert [row["id"] for row in answer["results"]] == [county_round.pk]
    assert api_for(clerk).get(f"/api/v1/rounds/{county_round.pk}/").json()["closed_at"] is None
    assert api_for(helper).get("/api/v1/rounds/").status_code == 403
