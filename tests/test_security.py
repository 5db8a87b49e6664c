"""Headers, cookies and pages that every answer has in common."""

from typing import Any

import pytest
from django.conf import settings
from django.test import Client

from tests.accounts.factories import PASSWORD

LOGIN = "/accounts/login/"


@pytest.fixture(params=["page", "sign-in", "api", "error"])
def answer(request: pytest.FixtureRequest, client_for: Any, clerk: Any) -> Any:
    addresses = {
        "page": "/accounts/profile/",
        "sign-in": LOGIN,
        "api": "/api/v1/areas/",
        "error": "/no/",
    }
    return client_for(None if request.param == "sign-in" else clerk).get(addresses[request.param])


def test_nothing_personal_is_kept_by_browsers_or_proxies(answer: Any) -> None:
    assert "no-store" in answer["Cache-Control"]


def test_only_our_own_scripts_and_styles_run(answer: Any) -> None:
    policy = answer["Content-Security-Policy"]

    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "base-uri 'none'" in policy
    assert "form-action 'self'" in policy
    assert "unsafe" not in policy
    assert "http:" not in policy
    assert "https:" not in policy


def test_headers_keep_pages_to_ourselves(answer: Any) -> None:
    assert answer["X-Frame-Options"] == "DENY"
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Referrer-Policy"] == "same-origin"
    assert answer["Cross-Origin-Opener-Policy"] == "same-origin"
    assert "geolocation=()" in answer["Permissions-Policy"]


def test_answers_do_not_tell_what_serves_them(answer: Any) -> None:
    assert "Server" not in answer
    assert "X-Powered-By" not in answer


def test_pages_load_nothing_from_elsewhere(client_for: Any, clerk: Any) -> None:
    page = client_for(clerk).get("/accounts/profile/").content.decode()

    assert 'src="http' not in page
    assert 'src="//' not in page
    assert 'href="http' not in page


def test_session_cookie_is_closed(clerk: Any) -> None:
    client = Client()
    client.post(LOGIN, {"username": "clerk", "password": PASSWORD})
    cookie = client.cookies[settings.SESSION_COOKIE_NAME]

    assert cookie["httponly"]
    assert cookie["samesite"] == "Lax"


@pytest.mark.parametrize("address", ["/accounts/password/", "/accounts/logout/", LOGIN])
def test_forms_need_the_csrf_token(address: str, clerk: Any) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(clerk, backend="accounts.backends.GrantBackend")

    response = client.post(address, {"old": PASSWORD})

    assert response.status_code == 403
    assert "过期" in response.content.decode()


def test_signed_out_pages_lead_to_sign_in_and_back(client: Any, db: None) -> None:
    response = client.get("/accounts/profile/?tab=2")

    assert response["Location"] == "/accounts/login/?next=/accounts/profile/%3Ftab%3D2"


def test_error_pages_show_no_trace(client_for: Any, clerk: Any) -> None:
    page = client_for(clerk).get("/no/such/page/")

    assert page.status_code == 404
    assert "Traceback" not in page.content.decode()
    assert "管辖范围" in page.content.decode()


@pytest.mark.parametrize(
    "path", ["/etc/passwd", "/static/../config/env.py", "/static/%2e%2e/manage.py"]
)
def test_files_beside_the_static_ones_are_not_served(client: Any, db: None, path: str) -> None:
    assert client.get(path).status_code in {302, 404}
