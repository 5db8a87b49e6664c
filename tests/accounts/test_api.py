import pytest

from accounts.enums import RoleCode

AREAS = "/api/v1/areas/"


def codes(response):
    assert response.status_code == 200, response.content
    return [row["code"] for row in response.json()["results"]]


def test_areas_are_the_users_and_those_above(api_for, clerk):
    found = codes(api_for(clerk).get(AREAS))

    assert found == [
        "150000000000",
        "150200000000",
        "150222000000",
        "150222105000",
        "150222105203",
        "150222105205",
    ]


def test_area_under_its_code(api_for, clerk):
    response = api_for(clerk).get(f"{AREAS}150222105203/")

    assert response.json() == {
        "id": "150222105203",
        "code": "150222105203",
        "name": "德成永村委会",
        "short_name": "德成永村",
        "level": "village",
        "parent": "150222105000",
        "valid_to": None,
    }


@pytest.mark.parametrize("code", ["150222100201", "150222999999"])
def test_area_of_others_looks_like_none(api_for, clerk, code):
    response = api_for(clerk).get(f"{AREAS}{code}/")

    assert response.status_code == 404
    assert "管辖范围" in response.json()["detail"]


def test_areas_filter(api_for, county_user):
    client = api_for(county_user)

    assert codes(client.get(AREAS, {"area": "150222100000"})) == ["150222100000", "150222100201"]
    assert codes(client.get(AREAS, {"level": "township"})) == ["150222100000", "150222105000"]
    assert client.get(AREAS, {"area": "150223000000"}).status_code == 404
    bad = client.get(AREAS, {"level": "planet"})
    assert bad.status_code == 400
    assert "level" in bad.json()


def test_areas_need_sign_in_and_a_role_with_figures(api_for, audit_admin):
    assert api_for(None).get(AREAS).status_code == 401
    assert api_for(audit_admin).get(AREAS).status_code == 403


def test_areas_cost_the_same_queries_for_few_and_many(
    api_for, city_user, clerk, django_assert_num_queries
):
    few, many = api_for(clerk), api_for(city_user)

    with django_assert_num_queries(6):  # session, user, grants, count, keys, page
        few.get(AREAS)
    with django_assert_num_queries(6):
        many.get(AREAS)


def test_root_lists_the_resources(api_for, clerk):
    assert "areas" in api_for(clerk).get("/api/v1/").json()
    assert api_for(None).get("/api/v1/").status_code == 401


def test_grants_end(api_for, clerk, business_date):
    clerk.grants.update(valid_to=business_date)

    assert api_for(clerk).get(AREAS).status_code == 403
    assert clerk.grants.get().role == RoleCode.TOWNSHIP_CLERK
