"""What programs may rely on: the resources, paging, errors, the description, and who may not write."""

from typing import Any

import pytest
from django.urls import reverse

from core import clock
from indicators.services import load_standards
from tests.support.routes import routes

RESOURCES = {
    "areas", "villages", "households", "members", "checks", "rounds", "evidence", "indicators", "results", "gaps",
    "status-processes", "dropouts", "monitoring", "tasks", "cases", "reports", "imports",
}  # fmt: skip
LISTS = sorted(
    (route for route in routes() if route.is_api and route.name.endswith("-list")),
    key=lambda r: r.name,
)


def test_root_lists_every_resource(api_for: Any, city_user: Any) -> None:
    assert set(api_for(city_user).get("/api/v1/").json()) >= RESOURCES


@pytest.fixture(autouse=True)
def standards(db: None) -> None:
    load_standards(at=clock.now())


@pytest.mark.parametrize("route", LISTS, ids=lambda route: route.name)
def test_lists_are_paged(
    route: Any, api_for: Any, db: None, request: pytest.FixtureRequest
) -> None:
    who = "import_admin" if "imports" in route.name else "city_user"

    response = api_for(request.getfixturevalue(who)).get(route.address({}), {"page_size": 10_000})

    assert response.status_code == 200, response.content
    assert set(response.json()) == {"count", "next", "previous", "results"}


@pytest.mark.parametrize("route", LISTS, ids=lambda route: route.name)
def test_page_size_has_a_limit(route: Any) -> None:
    view = route.handler

    assert view.pagination_class.max_page_size <= 200


@pytest.mark.parametrize("route", LISTS, ids=lambda route: route.name)
@pytest.mark.parametrize("query", ["area=15022210520", "area=abc", "area=%00", "page=0", "page=x"])
def test_nonsense_is_refused_readably(
    route: Any, query: str, api_for: Any, db: None, request: pytest.FixtureRequest
) -> None:
    who = "import_admin" if "imports" in route.name else "city_user"

    response = api_for(request.getfixturevalue(who)).get(f"{route.address({})}?{query}")

    assert response.status_code in {200, 400, 404}, response.content
    assert response.headers["Content-Type"] == "application/json"


def test_description_names_every_list_and_is_public(client: Any, db: None) -> None:
    response = client.get(reverse("schema"), headers={"Accept": "application/json"})

    assert response.status_code == 200
    described = response.content.decode()
    for name in RESOURCES | {"auth/token"}:
        assert f"/api/v1/{name}/" in described


@pytest.mark.parametrize("address", ["/api/v1/nowhere/", "/api/v1/areas/999999999999/"])
def test_what_is_not_there_is_told_in_json(address: str, api_for: Any, clerk: Any) -> None:
    response = api_for(clerk).get(address)

    assert response.status_code == 404
    assert "管辖范围" in response.json()["detail"]


def test_wrong_method_is_told_in_chinese(api_for: Any, clerk: Any) -> None:
    response = api_for(clerk).delete("/api/v1/areas/")

    assert response.status_code == 405
    assert "不" in response.json()["detail"]


def test_a_session_write_needs_the_csrf_token(clerk: Any, db: None) -> None:
    from rest_framework.test import APIClient

    client = APIClient(enforce_csrf_checks=True)
    client.force_login(clerk, backend="accounts.backends.GrantBackend")

    assert client.post("/api/v1/checks/", {}).status_code in {403, 405}


def test_a_broken_token_is_401(client: Any, db: None) -> None:
    response = client.get("/api/v1/areas/", headers={"Authorization": "Token nonsense"})

    assert response.status_code == 401
    assert response.headers["WWW-Authenticate"].startswith("Token")
