"""The list behind a figure: as long as the figure says, and only for those it concerns."""

from datetime import date
from types import SimpleNamespace
from typing import Any

import pytest
from django.urls import reverse

from households.models import Housing
from indicators import figures
from indicators.services import recompute
from tests.indicators.factories import Teller

ON = date(2019, 10, 31)
URL = reverse("indicators:gap_list")


@pytest.fixture
def three(teller: Teller, villages: SimpleNamespace) -> SimpleNamespace:
    """In the own village one household in a D house, one of which nothing is known, one in order."""
    bad, blank, good = (teller.household(villages.own, members=2) for _ in range(3))
    teller.tell(bad, Housing, {"grade": "D"})
    teller.tell(good, Housing, {"grade": "A"})
    teller.household(villages.other)
    recompute(on=ON, at=teller.tick())
    return SimpleNamespace(bad=bad, blank=blank, good=good, teller=teller)


def listed(response: Any) -> list[int]:
    return [row["unit"].subject_id for row in response.context["rows"]]


def test_list_holds_whom_the_figure_counts(client_for, clerk, three, places):
    page = client_for(clerk).get(URL, {"indicator": "HOU-01"})

    assert page.status_code == 200
    figure = page.context["figure"]
    assert listed(page) == [three.bad.pk, three.blank.pk]
    assert (figure.denominator, figure.numerator, figure.unknown, figure.listed) == (3, 1, 1, 2)
    assert page.context["area"] == places.township
    assert three.bad.head_name in page.content.decode()
    assert three.good.head_name not in page.content.decode()


@pytest.mark.parametrize("code", ["HOU-01", "MED-01", "PWR-01", "EDU-01"])
@pytest.mark.parametrize("on", ["", "2019-10-31", "2019-09-12"])
def test_tabs_count_what_they_open(client_for, clerk, three, code, on):
    client = client_for(clerk)
    page = client.get(URL, {"indicator": code, "on": on})
    for _label, verdict, count in page.context["tabs"]:
        tab = client.get(URL, {"indicator": code, "on": on, "verdict": verdict})
        assert tab.context["page_obj"].paginator.count == count, (code, verdict)


def test_a_past_date_is_shown_as_it_was(client_for, clerk, three):
    teller = three.teller
    teller.tell(three.bad, Housing, {"grade": "B"}, since=date(2019, 11, 2))
    recompute(on=date(2019, 11, 4), at=teller.tick())
    client = client_for(clerk)

    assert listed(client.get(URL, {"indicator": "HOU-01"})) == [three.blank.pk]
    assert three.bad.pk in listed(client.get(URL, {"indicator": "HOU-01", "on": "2019-10-31"}))
    assert three.bad.pk in listed(client.get(URL, {"indicator": "HOU-01", "on": "2019-11-01"}))
    assert three.bad.pk not in listed(client.get(URL, {"indicator": "HOU-01", "on": "2019-11-03"}))


def test_why_leads_to_the_reasons_of_the_unit_on_that_day(client_for, clerk, three):
    for code, unit in (("HOU-02", three.bad.pk), ("MED-01", three.bad.people[0].pk)):
        page = client_for(clerk).get(URL, {"indicator": code, "on": "2019-10-31"})
        address = reverse("indicators:reasons", args=[code, unit]) + "?on=2019-10-31"

        assert f'href="{address}"' in page.content.decode()
        assert client_for(clerk).get(address).context["told"]


def test_members_are_named_with_their_household(client_for, clerk, three):
    page = client_for(clerk).get(URL, {"indicator": "MED-01"})
    assert page.context["figure"].listed == 6
    assert three.bad.people[1].name in page.content.decode()


def test_villages_are_listed_themselves(client_for, clerk, three, villages):
    page = client_for(clerk).get(URL, {"indicator": "PWR-01"})
    assert listed(page) == [villages.own.pk, villages.next.pk]


def test_a_rate_of_bad_things_has_no_list(client_for, clerk, three):
    page = client_for(clerk).get(URL, {"indicator": "POV-01"})
    assert page.status_code == 200
    assert list(page.context["rows"]) == []
    assert page.context["tabs"] == []
    assert "没有差距名单" in page.content.decode()


def test_anonymous_signs_in_first(client_for, three):
    assert client_for(None).get(URL).status_code == 302


@pytest.mark.parametrize("who", ["leader", "system_admin", "security_admin", "audit_admin"])
def test_wrong_role_is_refused(client_for, three, request, who):
    assert (
        client_for(request.getfixturevalue(who)).get(URL, {"indicator": "HOU-01"}).status_code
        == 403
    )


def test_a_helper_sees_no_list_of_an_area(client_for, helper, three, places):
    for query in (
        {},
        {"area": places.township.code},
        {"area": places.village.code, "indicator": "MED-01"},
    ):
        page = client_for(helper).get(URL, query)
        assert page.status_code in (403, 404)
        assert three.bad.head_name not in page.content.decode()


def test_other_areas_do_not_exist(client_for, clerk, informant, three, places):
    for user, area in (
        (clerk, places.other_village),
        (clerk, places.county),
        (informant, places.next_village),
    ):
        assert client_for(user).get(URL, {"area": area.code}).status_code == 404
    for nonsense in ("1", "abc", "999999999999"):
        assert client_for(clerk).get(URL, {"area": nonsense}).status_code == 404


def test_a_sector_officer_sees_the_lists_of_their_line_only(client_for, agency_user, three):
    client = client_for(agency_user)
    assert client.get(URL, {"indicator": "HOU-01"}).status_code == 200
    for code in ("WAT-01", "MED-01", "PWR-01", "INC-01"):
        assert client.get(URL, {"indicator": code}).status_code == 403


@pytest.mark.parametrize(
    "query",
    [{"on": "yesterday"}, {"on": "2019-02-30"}, {"on": "2019-13-01"}, {"indicator": "XYZ-99"}],
)
def test_what_is_no_date_and_no_indicator_does_not_exist(client_for, clerk, three, query):
    assert client_for(clerk).get(URL, query).status_code == 404


def test_a_date_before_all_standards_is_refused_in_words(client_for, clerk, three):
    page = client_for(clerk).get(URL, {"on": "1999-01-01"})
    assert page.status_code == 409
    assert "标准" in page.content.decode()


def test_an_unknown_verdict_is_the_whole_list(client_for, clerk, three):
    page = client_for(clerk).get(URL, {"indicator": "HOU-01", "verdict": "NOT_APPLICABLE"})
    assert len(listed(page)) == 2


def test_posting_is_not_allowed(client_for, clerk, three):
    assert client_for(clerk).post(URL).status_code == 405


def test_fragment_is_the_table_of_the_page(client_for, htmx_client, clerk, three):
    page = client_for(clerk).get(URL, {"indicator": "HOU-01"})
    fragment = htmx_client(clerk).get(
        URL, {"indicator": "HOU-01"}, headers={"HX-Target": page.context["table_id"]}
    )
    assert three.bad.head_name in fragment.content.decode()
    assert "<html" not in fragment.content.decode()
    assert fragment.content.decode().strip() in page.content.decode()


def test_queries_do_not_grow_with_the_list(
    client_for, clerk, three, villages, django_assert_max_num_queries
):
    client = client_for(clerk)
    client.get(URL, {"indicator": "HOU-01"})
    with django_assert_max_num_queries(60) as few:
        client.get(URL, {"indicator": "HOU-01"})
    for _ in range(15):
        three.teller.household(villages.next)
    recompute(on=ON, at=three.teller.tick())
    with django_assert_max_num_queries(len(few)):
        page = client.get(URL, {"indicator": "HOU-01"})
    assert len(listed(page)) == 17


def test_the_list_and_the_figure_of_the_county_agree(client_for, county_user, three, places):
    page = client_for(county_user).get(URL, {"indicator": "HOU-01", "area": places.county.code})
    figure = figures.area_figures([places.county], ["HOU-01"])[places.county.code, "HOU-01"]
    assert page.context["page_obj"].paginator.count == figure.denominator - figure.numerator == 3
