"""From a verdict to its reasons: all standards of one household, and any single one of a unit."""

from datetime import date
from types import SimpleNamespace

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from core.facts import Provenance
from households.models import Housing, MemberProfile, Water
from households.services import record_household_facts
from indicators.definitions import CATALOGUE
from indicators.models import Parameter
from indicators.standards import documents
from tests.indicators.factories import Teller, load_standards


@pytest.fixture
def home(teller: Teller, villages: SimpleNamespace) -> SimpleNamespace:
    load_standards()
    made = teller.household(villages.own, members=2, born=date(2010, 5, 1))
    teller.tell(made, Housing, {"grade": "D"})
    teller.tell(made.people[0], MemberProfile, {"labour_capacity": "ORDINARY"})
    return SimpleNamespace(row=made, teller=teller, village=villages.own)


def standards(home: SimpleNamespace) -> str:
    return reverse("indicators:household_standards", args=[home.row.pk])


def reasons(code: str, pk: int) -> str:
    return reverse("indicators:reasons", args=[code, pk])


def test_every_standard_of_a_household_and_its_members_is_listed(client_for, clerk, home):
    page = client_for(clerk).get(standards(home))

    rows = {
        d.code: (verdict, members)
        for _t, found in [*page.context["topics"], *page.context["apart"]]
        for d, verdict, members in found
    }
    assert set(rows) == {c for c, d in CATALOGUE.items() if d.subject in ("household", "member")}
    assert rows["HOU-01"][0] == "NOT_MET"
    assert [verdict for _member, verdict in rows["EDU-01"][1]] == ["INSUFFICIENT_DATA"] * 2
    assert reasons("HOU-01", home.row.pk) in page.content.decode()
    assert reasons("EDU-01", home.row.people[1].pk) in page.content.decode()


def test_list_costs_the_same_for_any_number_of_members(
    client_for, clerk, home, teller, django_assert_num_queries
):

    client = client_for(clerk)
    client.get(standards(home))
    with CaptureQueriesContext(connection) as first:
        client.get(standards(home))
    larger = teller.household(home.village, members=7)
    with django_assert_num_queries(len(first)):
        client.get(reverse("indicators:household_standards", args=[larger.pk]))


@pytest.mark.parametrize("code", [c for c, d in CATALOGUE.items() if d.code != "POV-01"])
def test_every_verdict_has_its_reasons(client_for, city_user, home, code):
    units = {"household": home.row, "member": home.row.people[0], "village": home.village}

    page = client_for(city_user).get(reasons(code, units[CATALOGUE[code].subject].pk))

    assert page.status_code == 200
    ((why, _member),) = page.context["told"]
    assert CATALOGUE[code].description in page.content.decode()
    assert len(why.parts) >= 1


def test_unknown_says_what_is_missing_and_who_can_tell(client_for, clerk, home):
    text = client_for(clerk).get(reasons("EDU-01", home.row.people[0].pk)).content.decode()

    assert "义务教育在校为什么数据不足" in text
    assert "缺少：在校生状况" in text
    assert "义务教育主管部门" in text or "教育主管部门" in text


def test_each_value_says_who_entered_it_when_and_by_which_standard_it_is_judged(
    client_for, clerk, home
):
    """The reader needs no other page: value, source, day, author, entry; standard, version, section."""
    told = Provenance(
        valid_from=date(2019, 3, 1), at=home.teller.tick(), by=clerk, source="DEPARTMENT"
    )
    litres = {Water: [({}, {"litres_per_person_day": 18})]}
    record_household_facts(household=home.row, changes=litres, told=told)

    text = client_for(clerk).get(reasons("WAT-01", home.row.pk)).content.decode()

    entered = timezone.localtime(told.at).strftime("%Y-%m-%d %H:%M")
    for said in ("18 升", "部门名单 2019-03-01", str(clerk), entered, "20 升/人·天", "至今"):
        assert said in text, said
    value = Parameter.objects.get(code="water_l_basic", region="15", superseded_at=None)
    assert f"{documents()[value.document]} {value.section}" in text


def test_a_day_before_the_household_was_registered_has_no_verdict(client_for, clerk, home):
    page = client_for(clerk).get(reasons("HOU-01", home.row.pk), {"on": "2013-06-01"})

    assert page.context["told"] == []
    assert "没有判定" in page.content.decode()


def test_other_villages_households_do_not_exist(client_for, clerk, teller, villages):
    load_standards()
    other = teller.household(villages.other)

    assert client_for(clerk).get(reasons("HOU-01", other.pk)).status_code == 404
    assert client_for(clerk).get(reasons("EDU-01", other.people[0].pk)).status_code == 404
    assert client_for(clerk).get(reasons("PWR-01", villages.other.pk)).status_code == 404
    assert (
        client_for(clerk)
        .get(reverse("indicators:household_standards", args=[other.pk]))
        .status_code
        == 404
    )


def test_a_rate_over_a_base_has_no_reasons_of_a_unit(client_for, clerk, home):
    assert client_for(clerk).get(reasons("POV-01", home.village.pk)).status_code == 404
    assert client_for(clerk).get(reasons("XXX-01", home.village.pk)).status_code == 404
