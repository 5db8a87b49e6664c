"""A figure through time on the indicator's page and over HTTP; and the sign that figures are behind the facts."""

from datetime import date
from types import SimpleNamespace
from typing import Any

import pytest
from django.urls import reverse

from households.models import Housing
from indicators.services import recompute, refresh_changed
from tests.indicators.factories import SINCE, Teller
from villages.models import FactChange

PAGE = reverse("indicators:indicator_detail", args=["HOU-01"])
API = "/api/v1/results/trend/"
BEHIND = "新数据正在计算"


@pytest.fixture
def year(teller: Teller, villages: SimpleNamespace) -> SimpleNamespace:
    """One household's house: D in September, repaired in October; September was corrected later."""
    house = teller.household(villages.own)
    teller.tell(house, Housing, {"grade": "D"})
    for night in (date(2019, 9, 29), date(2019, 9, 30)):
        recompute(on=night, at=teller.tick())
    before = teller.tick()
    teller.tell(house, Housing, {"grade": "B"}, since=date(2019, 10, 20))
    recompute(on=date(2019, 10, 31), at=teller.tick())
    teller.tell(house, Housing, {"grade": "C"}, since=SINCE)
    teller.tell(house, Housing, {"grade": ""}, since=date(2019, 9, 30))
    recompute(on=date(2019, 9, 30), at=teller.tick())
    FactChange.objects.all().delete()
    return SimpleNamespace(house=house, teller=teller, before=before)


def test_page_shows_months_and_what_was_known_then(client_for, clerk, year):
    page = client_for(clerk).get(PAGE)

    points = page.context["trend"]
    assert [(p.on.isoformat(), p.figure.numerator, p.figure.unknown) for p in points] == [
        ("2019-10-31", 1, 0), ("2019-09-30", 0, 1),
    ]  # fmt: skip
    assert [(e.figure.numerator, e.figure.unknown) for e in points[1].earlier] == [(0, 0)]
    text = page.content.decode()
    assert "当时所知" in text
    assert "数据时点 2019-01-0" in text
    assert page.context["trend_option"]["series"][0]["data"] == [0.0, 100.0]


@pytest.mark.parametrize(("by", "count"), [("night", 3), ("month", 2), ("year", 1), ("x", 2)])
def test_page_by_period(client_for, clerk, year, by, count):
    page = client_for(clerk).get(PAGE, {"by": by})

    assert len(page.context["trend"]) == count
    active = [tab["label"] for tab in page.context["trend_tabs"] if tab["active"]]
    assert len(active) == 1


def test_page_without_any_night(client_for, clerk, teller, villages):
    text = client_for(clerk).get(PAGE).content.decode()
    assert "本区还没有完整的夜间记录" in text


def test_api_gives_the_four_integers_of_each_period(api_for, clerk, year):
    api = api_for(clerk)
    asked = {"indicator": "HOU-01", "by": "month"}

    rows = api.get(API, asked).json()["results"]

    assert [(r["on"], r["area"], r["denominator"], r["numerator"], r["unknown"]) for r in rows] == [
        ("2019-10-31", "150222105000", 1, 1, 0), ("2019-09-30", "150222105000", 1, 0, 1),
    ]  # fmt: skip
    assert [(r["value"], r["status"]) for r in rows] == [
        ("100.00", "MET"),
        ("0.00", "INSUFFICIENT_DATA"),
    ]
    then = api.get(API, {**asked, "known_at": year.before.isoformat()}).json()["results"]
    assert [(r["on"], r["numerator"], r["unknown"]) for r in then] == [("2019-09-30", 0, 0)]
    assert api.get(API, {"indicator": "HOU-01"}).json()["count"] == 3


def test_api_refuses_what_it_does_not_know(api_for, clerk, places, year):
    api = api_for(clerk)
    assert api.get(API).status_code == 400
    assert api.get(API, {"indicator": "HOU-01", "by": "week"}).status_code == 400
    assert api.get(API, {"indicator": "HOU-01", "known_at": "x"}).status_code == 400
    assert api.get(API, {"indicator": "XXX-01"}).status_code == 400
    elsewhere = {"indicator": "HOU-01", "area": places.other_township.code}
    assert api.get(API, elsewhere).status_code == 404
    assert api_for(None).get(API, {"indicator": "HOU-01"}).status_code == 401


def test_pages_say_when_their_figures_are_older_than_the_facts(
    client_for, clerk, other_clerk, year, places, villages
):
    def pages(user: Any) -> list[str]:
        client = client_for(user)
        addresses = [
            reverse("reports:dashboard"),
            reverse("reports:workbench"),
            reverse("indicators:gap_list") + "?indicator=HOU-01",
        ]
        if user == clerk:
            addresses.append(reverse("villages:village_detail", args=[villages.own.pk]))
        return [client.get(address).content.decode() for address in addresses]

    assert not any(BEHIND in text for text in pages(clerk))

    year.teller.tell(year.house, Housing, {"grade": "D"}, since=date(2019, 11, 5))

    assert all(BEHIND in text for text in pages(clerk))
    assert not any(BEHIND in text for text in pages(other_clerk))
    refresh_changed(on=date(2019, 11, 5), at=year.teller.tick())
    assert not any(BEHIND in text for text in pages(clerk))
