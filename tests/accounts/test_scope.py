import pytest
from django.contrib.sessions.backends.signed_cookies import SessionStore
from django.http import Http404
from django.test import RequestFactory

from accounts.enums import RoleCode
from accounts.roles import Permission
from accounts.scope import area_choices, asked_area, own_area, page_area, trail
from tests.accounts.factories import GrantFactory


@pytest.fixture
def page():
    """Opens a page as someone; requests of one `page` share a session."""
    session = SessionStore()

    def ask(user, area=""):
        request = RequestFactory().get("/", {"area": area} if area else {})
        request.user, request.session = user, session
        return request

    return ask


def test_page_area_is_the_grants_own_at_first(page, clerk, places):
    assert page_area(page(clerk)) == places.township


def test_page_area_follows_the_query_and_is_remembered(page, clerk, places):
    assert page_area(page(clerk, "150222105203")) == places.village

    assert page_area(page(clerk)) == places.village


@pytest.mark.parametrize(
    "code",
    [
        "150222000000",
        "150222100000",
        "150222100201",
        "150222105999",
        "abc",
        "１５０２２２１０５２０３",
        "1" * 40,
    ],
)
def test_page_area_outside_or_unknown_does_not_exist(page, clerk, code):
    with pytest.raises(Http404):
        page_area(page(clerk, code))


def test_a_remembered_area_that_was_lost_is_forgotten(page, city_user, clerk, places):
    page_area(page(city_user, str(places.other_township.code)))

    assert page_area(page(clerk)) == places.township


def test_permission_decides_which_grant_counts(page, clerk, places):
    GrantFactory(user=clerk, role=RoleCode.LEADER, area=places.county)

    assert page_area(page(clerk, "150222000000"), Permission.VIEW_FIGURES) == places.county
    with pytest.raises(Http404):
        page_area(page(clerk, "150222000000"), Permission.VIEW_REGISTER)


def test_helper_has_the_area_of_the_grant(page, helper, places):
    assert page_area(page(helper)) == places.township


def test_who_has_no_area_has_no_page_area(page, system_admin):
    assert own_area(system_admin) is None
    with pytest.raises(Http404):
        page_area(page(system_admin))


def test_asked_area_is_none_unless_asked(page, clerk, places):
    assert asked_area(page(clerk)) is None
    assert asked_area(page(clerk, "150222105000")) == places.township
    with pytest.raises(Http404):
        asked_area(page(clerk, "150222100000"))


def test_trail_runs_from_the_province_down(places, django_assert_num_queries):
    with django_assert_num_queries(1):
        steps = trail(places.village)

    assert steps == [places.province, places.city, places.county, places.township, places.village]


def test_trail_for_a_user_begins_where_they_may_look(places, clerk):
    assert trail(places.village, clerk) == [places.township, places.village]


def test_area_choices_list_what_lies_under_each_step(
    page, places, county_user, django_assert_max_num_queries
):
    county_user.has_perm(Permission.VIEW_FIGURES)

    with django_assert_max_num_queries(2):
        columns = area_choices(page(county_user), places.township)

    assert columns == [
        [places.county],
        [places.other_township, places.township],
        [places.village, places.next_village],
    ]
