"""The first day: areas and accounts are there, and nothing else. Every page still answers."""

from typing import Any

import pytest

from tests.support.routes import Route, routes

PLAIN = [route for route in routes() if not route.parameters and route.name != "readyz"]


@pytest.mark.parametrize("route", PLAIN, ids=lambda route: route.name or route.pattern)
@pytest.mark.parametrize("who", ["city_user", "import_admin", "agency_user", "system_admin"])
def test_pages_answer_before_there_is_anything_to_show(
    route: Route, who: str, client_for: Any, request: pytest.FixtureRequest, db: None
) -> None:
    client = client_for(request.getfixturevalue(who))

    assert client.get(route.address({})).status_code < 500
