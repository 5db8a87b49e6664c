"""The dashboard: figures that agree with each other and with the lists they open."""

from datetime import date

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from indicators.models import Gap
from tests.households.factories import HouseholdFactory
from tests.reports.conftest import dry
from tests.villages.factories import VillageFactory

pytestmark = pytest.mark.django_db

NIGHT = date(2019, 11, 4)
URL = "/dashboard/"


@pytest.fixture
def night(register, run_night):
    """The month's end and the last night were run."""
    run_night(date(2019, 10, 31))
    run_night(NIGHT)


def households_page(client, **query):
    return client.get(reverse("reports:gap_household_list"), query)


class TestFigures:
    def test_households_are_met_not_met_or_insufficient(
        self, client_for, county_user, night, places
    ):
        page = client_for(county_user).get(URL)

        tally = page.context["board"].total.tally
        assert page.status_code == 200
        assert tally.households == tally.met + tally.not_met + tally.insufficient == 4
        assert (tally.not_met, tally.insufficient) == (1, 1)
        strip = {figure["label"]: figure["value"] for figure in page.context["figures"]}
        assert strip["建档立卡户"] == 4
        assert strip["达标户"] == 2

    def test_townships_add_up_to_the_county(self, client_for, county_user, night):
        board = client_for(county_user).get(URL, {"by": "township"}).context["board"]

        assert board.total.failing == sum(row.failing for row in board.rows)
        for name in ("households", "not_met", "insufficient", "villages", "villages_met"):
            assert getattr(board.total.tally, name) == sum(
                getattr(row.tally, name) for row in board.rows
            )

    @pytest.mark.parametrize("verdict", ["ALL", "MET", "NOT_MET", "INSUFFICIENT_DATA"])
    def test_the_list_of_households_has_as_many_as_the_figure(
        self, client_for, county_user, places, night, verdict
    ):
        client = client_for(county_user)
        tally = client.get(URL).context["board"].total.tally
        figure = {
            "ALL": tally.households,
            "MET": tally.met,
            "NOT_MET": tally.not_met,
            "INSUFFICIENT_DATA": tally.insufficient,
        }[verdict]

        page = households_page(client, area=places.county.code, verdict=verdict)

        assert page.context["page_obj"].paginator.count == figure == len(page.context["rows"])

    def test_every_number_links_to_a_list_that_opens(self, client_for, county_user, night):
        client = client_for(county_user)
        page = client.get(URL, {"on": NIGHT.isoformat()})
        urls = {
            cell["url"] for line in page.context["rows"] for cell in line["cells"] if cell["url"]
        }
        urls |= {figure["url"] for figure in page.context["figures"] if figure.get("url")}

        assert len(urls) > 10
        for url in urls:
            assert client.get(url).status_code == 200, url

    def test_a_cells_list_has_as_many_units_as_it_lacks(self, client_for, county_user, night):
        client = client_for(county_user)
        page = client.get(URL, {"on": NIGHT.isoformat()})

        for cell in page.context["total"]["cells"]:
            if cell["url"]:
                listed = client.get(cell["url"]).context["paginator"].count
                assert listed == cell["figure"].listed, cell["name"]

    def test_every_cell_has_as_many_gaps_as_it_lacks(self, client_for, county_user, places, night):
        board = client_for(county_user).get(URL, {"on": NIGHT.isoformat()}).context["board"]

        for row in [board.total, *board.rows]:
            for code, figure in row.figures.items():
                gaps = Gap.objects.as_of(NIGHT).in_area(row.area).filter(indicator=code)
                assert gaps.count() == figure.listed, (row.area, code)

    def test_the_worst_village_comes_first(self, client_for, county_user, villages, night):
        board = client_for(county_user).get(URL).context["board"]

        assert board.rows[0].area == villages.own.area
        assert [row.failing for row in board.rows] == sorted(
            (row.failing for row in board.rows), reverse=True
        )

    def test_only_failing_hides_the_rest(self, client_for, county_user, villages, night):
        page = client_for(county_user).get(URL, {"only_failing": "1"})

        assert all(line["row"].fails for line in page.context["rows"])

    def test_a_past_night_shows_what_it_showed(
        self, client_for, county_user, villages, night, run_night
    ):
        dry(villages.own)
        run_night(date(2019, 11, 5))
        client = client_for(county_user)

        then = client.get(URL, {"on": NIGHT.isoformat()}).context["board"].total.tally
        now = client.get(URL).context["board"].total.tally

        assert (then.households, then.not_met) == (4, 1)
        assert (now.households, now.not_met) == (5, 2)

    def test_a_night_that_was_not_run_is_not_found(self, client_for, county_user, night):
        assert client_for(county_user).get(URL, {"on": "2019-11-02"}).status_code == 404

    def test_a_village_shows_its_indicators(self, client_for, county_user, places, night):
        page = client_for(county_user).get(URL, {"area": places.village.code})

        assert page.context["board"].rows == []
        assert "饮水" in page.content.decode()

    def test_without_standards_it_says_so(self, client_for, county_user):
        assert "标准尚未入库" in client_for(county_user).get(URL).content.decode()

    def test_trend_and_burn_down_are_told_as_tables_too(self, client_for, county_user, night):
        page = client_for(county_user).get(URL)

        assert [point[0] for point in page.context["trend"]] == [date(2019, 10, 31), NIGHT]
        assert page.context["trend"][-1][1] == page.context["board"].total.failing
        assert "看表格" in page.content.decode()


class TestLinks:
    def test_leaders_see_figures_and_no_lists(self, client_for, leader, night):
        page = client_for(leader).get(URL)

        assert page.status_code == 200
        assert not any(cell["url"] for line in page.context["rows"] for cell in line["cells"])
        assert households_page(client_for(leader)).status_code == 403

    def test_a_sector_officer_gets_no_list_over_all_lines(self, client_for, agency_user, night):
        client = client_for(agency_user)

        assert not any(
            figure.get("url")
            for figure in client.get(URL).context["figures"]
            if figure.get("status")
        )
        assert households_page(client).status_code == 403

    @pytest.mark.parametrize("who", ["helper", "system_admin", "security_admin", "audit_admin"])
    def test_people_without_the_right_to_figures_are_turned_away(self, request, client_for, who):
        assert client_for(request.getfixturevalue(who)).get(URL).status_code == 403

    def test_another_township_does_not_exist(self, client_for, clerk, places, night):
        assert client_for(clerk).get(URL, {"area": places.other_township.code}).status_code == 404
        assert (
            households_page(client_for(clerk), area=places.other_township.code).status_code == 404
        )

    def test_an_unknown_verdict_is_not_found(self, client_for, county_user, night):
        assert households_page(client_for(county_user), verdict="NONSENSE").status_code == 404


def test_queries_do_not_grow_with_villages(client_for, county_user, night, run_night, places):
    client = client_for(county_user)
    client.get(URL)
    with CaptureQueriesContext(connection) as few:
        client.get(URL)
    for number in range(12):
        HouseholdFactory(
            village=VillageFactory(code=places.township.code + 300 + number), complete=True
        )
    run_night(date(2019, 11, 5))

    with CaptureQueriesContext(connection) as many:
        page = client.get(URL)

    assert page.context["board"].total.tally.households == 16
    assert len(many) == len(few)


def test_the_workbook_holds_every_row_and_needs_the_right(client_for, county_user, leader, night):
    url = reverse("reports:dashboard_export")

    answer = client_for(county_user).get(url)

    assert answer.status_code == 200
    assert answer["Content-Type"].endswith("spreadsheetml.sheet")
    assert client_for(leader).get(url).status_code == 403
