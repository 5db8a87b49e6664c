"""Results and gaps over HTTP: the same integers, the same lists, the same doors."""

from datetime import date
from types import SimpleNamespace

import pytest

from households.models import Housing, Schooling
from indicators.definitions import CATALOGUE
from indicators.services import recompute
from tests.indicators.factories import Teller

ON = date(2019, 10, 31)
INTEGERS = ("denominator", "numerator", "unknown", "exempt")


@pytest.fixture
def homes(teller: Teller, villages: SimpleNamespace) -> SimpleNamespace:
    bad, blank, good = (
        teller.household(villages.own, members=2, born=date(2009, 5, 1)) for _ in range(3)
    )
    teller.tell(bad, Housing, {"grade": "D"})
    teller.tell(good, Housing, {"grade": "A"})
    teller.tell(bad.people[0], Schooling, {"student_status": "NOT_STUDENT"})
    teller.tell(good.people[0], Schooling, {"student_status": "PRIMARY"})
    other = teller.household(villages.other)
    recompute(on=ON, at=teller.tick())
    return SimpleNamespace(bad=bad, blank=blank, good=good, other=other, teller=teller)


@pytest.mark.parametrize("on", [None, "2019-10-31", "2019-09-09"])
@pytest.mark.parametrize("code", list(CATALOGUE))
def test_gaps_are_as_many_as_denominator_minus_numerator(
    api_for, county_user, homes, places, code, on
):
    api = api_for(county_user)
    query = {"area": places.county.code, "indicator": code} | ({"on": on} if on else {})

    result = api.get("/api/v1/results/", query).json()["results"]
    gaps = api.get("/api/v1/gaps/", {**query, "page_size": 100}).json()

    assert len(result) == 1
    has_list = CATALOGUE[code].lists_gaps
    listed = result[0]["denominator"] - result[0]["numerator"] if has_list else 0
    assert gaps["count"] == listed
    verdicts = [gap["verdict"] for gap in gaps["results"]]
    if has_list:
        assert verdicts.count("INSUFFICIENT_DATA") == result[0]["unknown"]


def test_results_name_integers_value_and_status(api_for, clerk, homes, places):
    answer = (
        api_for(clerk).get("/api/v1/results/", {"indicator": "HOU-01", "on": "2019-10-31"}).json()
    )
    (row,) = answer["results"]
    assert (row["area"], row["indicator"], row["on"]) == ("150222105000", "HOU-01", "2019-10-31")
    assert [row[name] for name in INTEGERS] == [3, 1, 1, 0]
    assert (row["value"], row["status"]) == ("33.33", "NOT_MET")
    again = api_for(clerk).get(f"/api/v1/results/{row['id']}/").json()
    assert again == row


def test_gap_is_found_under_its_id(api_for, clerk, other_clerk, homes):
    rows = api_for(clerk).get("/api/v1/gaps/", {"indicator": "EDU-01"}).json()["results"]
    row = next(r for r in rows if r["verdict"] == "NOT_MET")
    assert row["subject"] == "member"
    assert row["subject_id"] == homes.bad.people[0].pk
    assert row["household"] == homes.bad.pk
    assert api_for(clerk).get(f"/api/v1/gaps/{row['id']}/").json()["verdict"] == "NOT_MET"
    assert api_for(other_clerk).get(f"/api/v1/gaps/{row['id']}/").status_code == 404
    assert api_for(clerk).get("/api/v1/gaps/EDU-01:99999999999999999999/").status_code == 404
    assert api_for(clerk).get("/api/v1/gaps/XYZ-01:1/").status_code == 404


def test_gaps_can_be_asked_for_by_verdict_and_by_line(api_for, clerk, agency_user, homes):
    def count(user: object, **query: str) -> int:
        return api_for(user).get("/api/v1/gaps/", query).json()["count"]

    assert count(clerk, indicator="HOU-01", verdict="NOT_MET") == 1
    assert count(clerk, indicator="HOU-01", verdict="INSUFFICIENT_DATA") == 1
    mine = {g["indicator"] for g in api_for(agency_user).get("/api/v1/gaps/").json()["results"]}
    assert "HOU-01" in mine
    assert {code[:3] for code in mine} == {"HOU"}
    assert api_for(agency_user).get("/api/v1/gaps/", {"indicator": "WAT-01"}).status_code == 403


@pytest.mark.parametrize("address", ["results", "gaps"])
def test_doors(api_for, address, homes, clerk, system_admin, places):
    url = f"/api/v1/{address}/"
    assert api_for(None).get(url).status_code == 401
    assert api_for(system_admin).get(url).status_code == 403
    assert api_for(clerk).get(url, {"area": places.other_township.code}).status_code == 404
    assert api_for(clerk).get(url, {"area": places.county.code}).status_code == 404
    assert api_for(clerk).post(url).status_code == 405
    for query in ({"area": "12"}, {"indicator": "NO-01"}, {"on": "soon"}, {"on": "2019-02-30"}):
        answer = api_for(clerk).get(url, query)
        assert answer.status_code == 400
        assert list(answer.json())


@pytest.mark.parametrize("address", ["results", "gaps"])
@pytest.mark.parametrize("on", ["1999-01-01", "2013-01-01", "2015-06-01"])
def test_a_date_before_the_standards_is_no_server_error(api_for, clerk, homes, address, on):
    assert api_for(clerk).get(f"/api/v1/{address}/", {"on": on}).status_code in (200, 400, 404, 409)


def test_helper_gets_no_list_of_the_township(api_for, helper, homes, places):
    answer = api_for(helper).get("/api/v1/gaps/", {"area": places.township.code})
    assert answer.status_code in (403, 404) or answer.json()["count"] == 0
    assert api_for(helper).get(f"/api/v1/gaps/HOU-01:{homes.bad.pk}/").status_code == 404


def test_results_of_foreign_or_unknown_places_do_not_exist(api_for, clerk, homes):
    for pk in (
        "150222100000:HOU-01",
        "999999999999:HOU-01",
        "150222105000:XYZ-01",
        "150222105000:HOU-01:2019-02-30",
    ):
        assert api_for(clerk).get(f"/api/v1/results/{pk}/").status_code == 404


def test_catalogue(api_for, clerk, homes):
    answer = api_for(clerk).get("/api/v1/indicators/").json()
    assert answer["count"] == len(CATALOGUE) > 50
    row = api_for(clerk).get("/api/v1/indicators/HOU-01/").json()
    assert (row["code"], row["unit"], row["document"]) == ("HOU-01", "户", "baotou-2019")
    assert api_for(clerk).get("/api/v1/indicators/XYZ-01/").status_code == 404
