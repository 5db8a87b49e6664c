"""The catalogue with its standards, and what other apps' pages show of the indicators."""

from datetime import date
from types import SimpleNamespace

import pytest
from django.urls import reverse

from households.models import Housing
from indicators import figures
from indicators.definitions import CATALOGUE, NAMED
from indicators.models import Parameter
from indicators.services import recompute
from tests.indicators.factories import Teller

ON = date(2019, 11, 4)
LIST = reverse("indicators:indicator_list")


def detail(code: str) -> str:
    return reverse("indicators:indicator_detail", args=[code])


@pytest.fixture
def house(teller: Teller, villages: SimpleNamespace) -> SimpleNamespace:
    made = teller.household(villages.own, members=2)
    teller.tell(made, Housing, {"grade": "D"})
    recompute(on=ON, at=teller.tick())
    return SimpleNamespace(row=made, teller=teller, village=villages.own)


def test_list_shows_every_indicator_with_the_areas_figure(client_for, leader, house, places):
    page = client_for(leader).get(LIST)

    assert page.status_code == 200
    topics = page.context["topics"]
    figures = {d.code: figure for _label, rows, _named in topics for d, figure, *_ in rows}
    assert set(figures) == set(CATALOGUE)
    assert (figures["HOU-01"].denominator, figures["HOU-01"].numerator) == (1, 0)
    text = page.content.decode()
    for definition in CATALOGUE.values():
        assert definition.name in text
    listed = {each.code for _label, _rows, named in topics for each, _document in named}
    assert listed == {each.code for each in NAMED}
    for each in NAMED:
        assert each.why in text
    assert [str(label) for label, rows, named in topics if not rows and not named] == []


def test_list_says_what_is_only_counted_and_of_what_a_composite_consists(client_for, leader, house):
    text = client_for(leader).get(LIST).content.decode()

    counted = sum(getattr(definition, "counts_only", False) for definition in CATALOGUE.values())
    assert text.count(">只计数<") == counted > 0
    for item in CATALOGUE["DBL-V"].items:
        assert item.label in text
        assert item.missing in text


def test_detail_of_a_composite_lists_its_items(client_for, clerk, house):
    page = client_for(clerk).get(detail("DBL-V"))

    assert [item.label for item in page.context["items"]] == [
        item.label for item in CATALOGUE["DBL-V"].items
    ]
    text = page.content.decode()
    assert f"{detail('COL-03')}?area=" in text
    assert "登记表不采集，由组织部门认定" in text
    assert "住房安全不低于规定的比例" in text
    assert "贫困发生率低于规定的比例" in text
    assert client_for(clerk).get(detail("HOU-01")).context["items"] == []


@pytest.mark.parametrize("code", list(CATALOGUE))
def test_detail_shows_rule_clause_and_cited_standards(client_for, clerk, house, code):
    page = client_for(clerk).get(detail(code))

    text = page.content.decode()
    assert page.status_code == 200
    assert CATALOGUE[code].name in text
    assert page.context["document"].title in text.replace("&quot;", '"')
    reads = {p.code for p in figures.standards_of(CATALOGUE[code])}
    shown = [*page.context["standards_here"], *page.context["standards_elsewhere"]]
    assert {each.row.code for each in shown} == reads
    for each in shown:
        assert each.document is not None
        assert each.row.section in text


def test_detail_marks_the_standard_that_holds_here(client_for, clerk, house):
    standards = client_for(clerk).get(detail("WAT-01")).context["standards_here"]
    used = {
        (each.row.region, each.row.value) for each in standards if each.row.code == "water_l_basic"
    }
    assert used == {("15", "20")}


def test_figures_are_for_those_who_may_see_them(
    client_for, house, helper, system_admin, clerk, places
):
    for user in (helper, system_admin):
        assert client_for(user).get(LIST).status_code == 403
        assert client_for(user).get(detail("HOU-01")).status_code == 403
    assert client_for(None).get(LIST).status_code == 302
    assert client_for(clerk).get(LIST, {"area": places.other_township.code}).status_code == 404
    assert (
        client_for(clerk).get(detail("HOU-01"), {"area": places.other_township.code}).status_code
        == 404
    )
    assert client_for(clerk).get(detail("HOU-99")).status_code == 404


def test_detail_links_to_the_list_only_whom_it_concerns(
    client_for, house, leader, clerk, agency_user
):
    def may(user: object, code: str) -> bool:
        return client_for(user).get(detail(code)).context["may_list"]

    assert (may(clerk, "HOU-01"), may(clerk, "POV-01"), may(leader, "HOU-01")) == (
        True,
        False,
        False,
    )
    assert (may(agency_user, "HOU-01"), may(agency_user, "WAT-01")) == (True, False)


def test_an_empty_system_still_shows_the_catalogue(client_for, clerk):
    assert not Parameter.objects.exists()
    for url in (LIST, detail("HOU-01")):
        assert client_for(clerk).get(url).status_code < 500


def test_catalogue_asks_a_constant_number_of_questions(
    client_for, clerk, house, villages, django_assert_max_num_queries
):
    client = client_for(clerk)
    client.get(LIST)
    with django_assert_max_num_queries(60) as few:
        client.get(LIST)
    for _ in range(8):
        house.teller.household(villages.next)
    recompute(on=ON, at=house.teller.tick())
    with django_assert_max_num_queries(len(few)):
        client.get(LIST)


# --- slots of lower apps' pages -------------------------------------------------------------------


def test_household_page_shows_lights_and_why(client_for, clerk, house):
    text = client_for(clerk).get(house.row.get_absolute_url()).content.decode()

    assert "住房安全为什么未达标" in text
    assert 'id="why-HOU-01"' in text
    assert "饮水安全为什么数据不足" in text
    for person in house.row.people:
        assert f"参加基本医疗保险为什么数据不足 · {person.name}" in text.replace("</h2>", "")
    assert "清零达标" in text


def test_household_page_shows_a_sector_officer_their_line(client_for, agency_user, house):
    text = client_for(agency_user).get(house.row.get_absolute_url()).content.decode()
    assert 'id="why-HOU-01"' in text
    assert 'id="why-WAT-01"' not in text
    assert 'id="why-MED-01"' not in text


def test_household_list_shows_lights_and_filters_by_gaps(client_for, clerk, house, villages):
    sound = house.teller.household(villages.own)
    house.teller.sound(sound)
    recompute(on=ON, at=house.teller.tick())
    client, url = client_for(clerk), reverse("households:household_list")

    def found(gap: str) -> set[str]:
        text = client.get(url, {"gap": gap}).content.decode()
        return {h.head_name for h in (house.row, sound) if h.code in text}

    assert found("") == {house.row.head_name, sound.head_name}
    assert found("NOT_MET") == {house.row.head_name}
    assert found("HOU-01") == {house.row.head_name}
    assert found("NONE") == {sound.head_name}
    assert found("WAT-01") == found("INSUFFICIENT_DATA") == set()


def test_village_page_shows_the_villages_lights(client_for, clerk, house):
    text = (
        client_for(clerk)
        .get(reverse("villages:village_detail", args=[house.village.pk]))
        .content.decode()
    )
    assert f"{reverse('indicators:gap_list')}?area={house.village.pk}" in text
    assert CATALOGUE["HOU-01"].short_name in text
