from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from core.facts import Provenance
from core.models import AuditEvent
from tests.villages.factories import (
    CollectiveIncomeFactory,
    VillageFactory,
    VillageListingFactory,
    VillagePowerFactory,
)
from villages import services
from villages.forms import PARTS
from villages.models import (
    CollectiveIncome,
    FactChange,
    VillageListing,
    VillagePower,
    VillageStatistics,
)

pytestmark = pytest.mark.django_db
TODAY = date(2019, 11, 5)


def edit(village: Any) -> str:
    return reverse("villages:village_edit", args=[village.pk])


def form(**more: Any) -> dict[str, Any]:
    return {
        "base_version": 1,
        "valid_from": "2019-11-01",
        "source_ref": "供电公司名单",
        "operation_key": "k1",
        **more,
    }


def test_list_shows_own_villages_with_facts(client_for: Any, clerk: Any, villages: Any) -> None:
    VillageListingFactory(village=villages.own)
    CollectiveIncomeFactory(village=villages.own)

    html = client_for(clerk).get("/villages/").content.decode()

    assert "德成永村" in html
    assert "金山村" not in html
    assert "50,000.00" in html
    assert (
        "德成永村"
        not in client_for(clerk)
        .get("/villages/", {"listed": "no", "q": "德成永"})
        .content.decode()
        .split("</form>")[-1]
    )


def test_list_asks_a_constant_number_of_queries(client_for: Any, clerk: Any, villages: Any) -> None:
    browser = client_for(clerk)
    browser.get("/villages/?size=50")
    with CaptureQueriesContext(connection) as few:
        browser.get("/villages/?size=50")
    for n in range(27):
        VillagePowerFactory(village=VillageFactory(code=150222105300 + n))
    with CaptureQueriesContext(connection) as many:
        browser.get("/villages/?size=50")
    assert len(many) == len(few)


def test_saving_writes_only_what_was_filled_in(client_for: Any, clerk: Any, villages: Any) -> None:
    VillagePowerFactory(village=villages.own, three_phase_power=False)

    response = client_for(clerk).post(
        edit(villages.own),
        form(three_phase_power="YES", income_2018="1.2万", three_phase_since="2019年11月1日"),
    )

    assert response.status_code == 302
    power = VillagePower.objects.as_of(TODAY).get()
    assert (power.three_phase_power, power.three_phase_since, power.valid_from) == (
        True,
        date(2019, 11, 1),
        date(2019, 11, 1),
    )
    assert (power.source, power.source_ref, power.author) == ("OFFICE", "供电公司名单", clerk)
    assert CollectiveIncome.objects.as_of(TODAY).get().income_yuan == Decimal("12000.00")
    assert not VillageListing.objects.exists()
    assert FactChange.objects.get().village == villages.own
    assert AuditEvent.objects.filter(action="village.facts").count() == 1
    html = (
        client_for(clerk)
        .get(reverse("villages:village_detail", args=[villages.own.pk]))
        .content.decode()
    )
    assert "供电公司名单" in html
    assert "12,000.00" in html


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ({"valid_from": "2019-11-06", "is_poor_village": "YES"}, "不能晚于今天"),
        ({"valid_from": "2017-11-06", "is_poor_village": "YES"}, "一年前"),
        ({"source_ref": "", "is_poor_village": "YES"}, "依据"),
        ({"off_grid": "YES"}, "证明文件"),
        ({}, "没有填写任何内容"),
        ({"income_2018": "很多"}, "金额写法不对"),
    ],
)
def test_wrong_entries_are_named(
    client_for: Any, clerk: Any, villages: Any, more: dict[str, Any], message: str
) -> None:
    response = client_for(clerk).post(edit(villages.own), form(**more))

    assert response.status_code == 422
    assert message in response.content.decode()
    assert not FactChange.objects.exists()


def test_stale_form_keeps_what_was_typed(
    client_for: Any, clerk: Any, informant: Any, villages: Any
) -> None:
    client_for(informant).post(edit(villages.own), form(is_poor_village="YES"))

    response = client_for(clerk).post(
        edit(villages.own), form(rural_population_end_2014="１，２０４")
    )

    html = response.content.decode()
    assert response.status_code == 409
    assert "有更新" in html
    assert "１，２０４" in html
    assert 'name="base_version" value="2"' in html


def test_sent_twice_is_done_once(client_for: Any, clerk: Any, villages: Any) -> None:
    for _ in range(2):
        assert (
            client_for(clerk).post(edit(villages.own), form(is_poor_village="YES")).status_code
            == 302
        )
    assert VillageListing.objects.count() == 1


def test_who_may_come(client_for: Any, leader: Any, other_clerk: Any, villages: Any) -> None:
    page = reverse("villages:village_detail", args=[villages.own.pk])
    assert client_for(None).get(page).status_code == 302
    assert client_for(leader).get(page).status_code == 200
    assert client_for(leader).get(edit(villages.own)).status_code == 403
    assert client_for(other_clerk).get(page).status_code == 404
    assert client_for(other_clerk).post(edit(villages.own), form()).status_code == 404


def survey(village: Any) -> str:
    return reverse("villages:village_survey", args=[village.pk])


def test_survey_form_writes_the_years_counts(client_for: Any, clerk: Any, villages: Any) -> None:
    browser = client_for(clerk)

    response = browser.post(
        survey(villages.own),
        form(
            **{
                "villageprofile-terrain": "HILL",
                "villageprofile-head_phone": "13800138000",
                "villagestatistics-households": "３20",
                "villagestatistics-cultivated_mu": "4,500.5",
                "villagestatistics-has_bus": "YES",
                "villageteam-helping_unit": "包头市水务局",
            }
        ),
    )

    assert response.status_code == 302
    counts = VillageStatistics.objects.as_of(TODAY).get()
    assert (counts.year, counts.households, counts.has_bus) == (2018, 320, True)
    assert counts.cultivated_mu == Decimal("4500.50")
    page = browser.get(reverse("villages:village_detail", args=[villages.own.pk])).content.decode()
    assert "2018 年村情" in page
    assert "丘陵" in page
    assert "138****8000" in page
    assert "13800138000" not in page


@pytest.mark.parametrize(("part", "whole"), PARTS)
def test_a_part_is_not_greater_than_the_whole(
    client_for: Any, clerk: Any, villages: Any, part: str, whole: str
) -> None:
    told = {f"villagestatistics-{part}": "101", f"villagestatistics-{whole}": "100"}

    response = client_for(clerk).post(survey(villages.own), form(**told))

    assert response.status_code == 422
    assert "不能大于" in response.content.decode()
    assert not VillageStatistics.objects.exists()
    told[f"villagestatistics-{part}"] = "100"
    assert client_for(clerk).post(survey(villages.own), form(**told)).status_code == 302


@pytest.mark.parametrize("bad", ["-1", "一百", "1e3", "12345678901"])
def test_bad_counts_are_refused_at_their_field(
    client_for: Any, clerk: Any, villages: Any, bad: str
) -> None:
    response = client_for(clerk).post(
        survey(villages.own), form(**{"villagestatistics-population": bad})
    )

    assert response.status_code == 422
    assert "villagestatistics-population" in response.context["form"].errors


def test_past_day_is_shown_as_known_now_and_as_known_then(
    client_for: Any, clerk: Any, villages: Any
) -> None:
    def tell(valid_from: date, at: datetime, known: bool) -> None:
        told = Provenance(valid_from=valid_from, at=at, by=clerk, source="OFFICE")
        changes = {VillagePower: [({}, {"three_phase_power": known})]}
        services.record_village_facts(village=villages.own, changes=changes, told=told)

    tell(date(2019, 3, 1), datetime(2019, 3, 2, tzinfo=UTC), False)
    tell(date(2019, 5, 1), datetime(2019, 10, 1, tzinfo=UTC), True)
    browser, url = client_for(clerk), reverse("villages:village_detail", args=[villages.own.pk])

    def shown(**query: Any) -> tuple[str, int]:
        context = browser.get(url, query).context
        cards = {
            label: value
            for _title, rows, _unknown in context["cards"]
            for label, value, _held in rows
        }
        return cards["是否通动力电"], len(context["differences"])

    assert shown() == ("是", 0)
    assert shown(on="2019-06-30") == ("是", 1)
    assert shown(on="2019-06-30", known="then") == ("否", 1)
    assert shown(on="2019-04-01") == ("否", 0)
    assert "按当时所知" in browser.get(url, {"on": "2019-06-30", "known": "then"}).content.decode()
