"""The start page of every role."""

from datetime import date

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from tests.households.factories import HouseholdCheckFactory, HouseholdFactory, PairingFactory
from tests.reports.conftest import dry
from tests.reports.factories import FilingFactory, ObligationFactory
from tests.villages.factories import VillageFactory

pytestmark = pytest.mark.django_db

EVERYBODY = [
    "informant",
    "helper",
    "clerk",
    "county_user",
    "city_user",
    "agency_user",
    "leader",
    "inspector",
    "import_admin",
    "system_admin",
    "security_admin",
    "audit_admin",
]


@pytest.mark.parametrize("who", EVERYBODY)
def test_everybody_has_a_start_page(request, client_for, who, obligation, register, run_night):
    run_night(date(2019, 11, 3))
    run_night(date(2019, 11, 4))

    page = client_for(request.getfixturevalue(who)).get("/")

    assert page.status_code == 200
    assert "工作台" in page.content.decode()


@pytest.mark.parametrize("who", EVERYBODY)
def test_an_empty_system_has_one_too(request, client_for, who):
    assert client_for(request.getfixturevalue(who)).get("/").status_code == 200


def test_anonymous_people_sign_in_first(client):
    assert client.get("/").status_code == 302


def test_an_agency_is_told_what_it_owes_and_until_when(signed_in, obligation):
    ObligationFactory(campaign=obligation.campaign)

    page = signed_in.get("/")

    row = page.context["todo"][0]
    assert (row["label"], row["count"], row["due_tag"], row["due_tone"]) == (
        "10月月报待报",
        1,
        "3 天后截止",
        "warn",
    )
    assert len([row for row in page.context["todo"] if "月报" in row["label"]]) == 1
    assert page.context["filing_own"] == obligation


def test_a_submitted_report_is_no_longer_owed(signed_in, obligation):
    FilingFactory(obligation=obligation, submitted=True)

    page = signed_in.get("/")

    assert page.context["todo"] == []
    assert page.context["filing_sent"]


def test_a_missed_report_is_red(signed_in, obligation):
    ObligationFactory(
        campaign=obligation.campaign, agency=obligation.agency, month=date(2019, 9, 1), task=False
    )

    row = signed_in.get("/").context["todo"][0]

    assert (row["due_tag"], row["due_tone"]) == ("逾期 28 天", "not")


def test_villages_show_what_is_checked_and_what_fails(
    client_for, clerk, villages, register, run_night
):
    run_night(date(2019, 11, 4))
    HouseholdCheckFactory(
        household=register[0], author=clerk, submitted=True, visited_on=date(2019, 11, 2)
    )

    context = client_for(clerk).get("/").context

    line = next(line for line in context["progress"] if line["row"].area == villages.own.area)
    assert (line["checked"], line["row"].tally.households) == (1, 3)
    assert (line["row"].tally.not_met, line["row"].tally.insufficient) == (1, 1)
    assert context["progress_total"]["checked"] == sum(
        each["checked"] for each in context["progress"]
    )


def test_changes_since_the_night_before_are_counted(
    client_for, clerk, villages, register, run_night
):
    run_night(date(2019, 11, 3))
    dry(villages.own)
    run_night(date(2019, 11, 4))

    moves = client_for(clerk).get("/").context["moves"]

    assert [(each["was"], each["now"], each["count"]) for each in moves] == [("MET", "NOT_MET", 1)]


def test_a_late_night_is_seen(client_for, clerk, register, run_night):
    run_night(date(2019, 11, 1))

    page = client_for(clerk).get("/")

    assert page.context["is_late"]
    assert "晚 3 天" in page.content.decode()


def test_drafts_are_offered_again(client_for, clerk, villages):
    household = HouseholdFactory(village=villages.own)
    HouseholdCheckFactory(household=household, author=clerk)

    drafts = client_for(clerk).get("/").context["drafts"]

    assert [draft["url"] for draft in drafts] == [
        reverse("households:check_edit", args=[household.pk])
    ]


def test_a_helper_is_told_how_many_households_are_paired(client_for, helper, villages):
    PairingFactory(household=HouseholdFactory(village=villages.own), helper=helper)

    assert client_for(helper).get("/").context["paired_count"] == 1


def test_queries_do_not_grow_with_villages(client_for, clerk, register, run_night, places):
    run_night(date(2019, 11, 3))
    run_night(date(2019, 11, 4))
    client = client_for(clerk)
    client.get("/")
    with CaptureQueriesContext(connection) as few:
        client.get("/")
    for number in range(8):
        HouseholdFactory(
            village=VillageFactory(code=places.township.code + 300 + number), complete=True
        )
    run_night(date(2019, 11, 5))

    with CaptureQueriesContext(connection) as many:
        client.get("/")

    assert len(many) == len(few)


def test_households_still_to_be_checked_are_counted_and_listed(
    client_for, clerk, villages, register, run_night
):
    run_night(date(2019, 11, 4))
    HouseholdCheckFactory(
        household=register[0], author=clerk, submitted=True, visited_on=date(2019, 11, 2)
    )
    client = client_for(clerk)

    row = client.get("/").context["todo"][0]

    assert (row["label"], row["count"]) == ("待核查户", 2)
    assert client.get(row["url"]).context["page_obj"].paginator.count == 2
