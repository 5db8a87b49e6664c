"""Sign-in by page and by token: what works, what is refused, what is remembered of it."""

from datetime import datetime, timedelta

import pytest
from django.contrib.auth import get_user_model
from django.contrib.sessions.models import Session
from django.test import Client
from django.utils import timezone

from core.models import AuditEvent
from tests.accounts.factories import PASSWORD, UserFactory

LOGIN = "/accounts/login/"
TOKEN = "/api/v1/auth/token/"


def sign_in(client, username, password, **more):
    return client.post(LOGIN, {"username": username, "password": password, **more})


def actions():
    return list(AuditEvent.objects.order_by("pk").values_list("action", flat=True))


def test_sign_in_opens_a_session_with_a_new_key(clerk, client):
    client.get(LOGIN)
    before = client.session.session_key

    response = sign_in(client, "clerk", PASSWORD)

    assert response.status_code == 302
    assert response["Location"] == "/"
    assert client.session.session_key != before
    event = AuditEvent.objects.get()
    assert (event.action, event.actor_id, event.detail["address"]) == (
        "account.sign_in",
        clerk.pk,
        "127.0.0.1",
    )


@pytest.mark.parametrize(
    "elsewhere",
    ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:alert(1)"],
)
def test_sign_in_never_leads_to_another_site(clerk, client, elsewhere):
    response = sign_in(client, "clerk", PASSWORD, next=elsewhere)

    assert response["Location"] == "/"


def test_sign_in_needs_the_csrf_token(clerk):
    client = Client(enforce_csrf_checks=True)

    assert sign_in(client, "clerk", PASSWORD).status_code == 403


@pytest.mark.parametrize("username", ["clerk", "nobody"])
def test_wrong_password_tells_tries_left_but_not_whether_the_account_exists(
    clerk, client, username
):
    response = sign_in(client, username, "wrong")

    assert "用户名或密码不对，还可以试 4 次" in response.content.decode()
    event = AuditEvent.objects.get()
    assert (event.action, event.detail["username"]) == ("account.sign_in_failed", username)
    assert "wrong" not in str(event.detail)


def test_fifth_failure_locks_this_account_from_this_address_only(clerk, other_clerk, client):
    for _ in range(5):
        last = sign_in(client, "clerk", "wrong")

    assert last.status_code == 429
    assert "30 分钟" in last.content.decode()
    assert sign_in(client, "clerk", PASSWORD).status_code == 429
    assert sign_in(client, "other_clerk", PASSWORD).status_code == 302
    elsewhere = Client(REMOTE_ADDR="10.0.0.9")
    assert sign_in(elsewhere, "clerk", PASSWORD).status_code == 302
    assert "account.locked" in actions()


def test_a_made_up_address_does_not_help(clerk, client):
    for n in range(5):
        client.post(
            LOGIN,
            {"username": "clerk", "password": "wrong"},
            headers={"X-Forwarded-For": f"10.0.0.{n}"},
        )

    assert sign_in(client, "clerk", PASSWORD).status_code == 429


def test_success_forgets_earlier_failures(clerk, client):
    for _ in range(2):
        for _ in range(4):
            sign_in(client, "clerk", "wrong")
        assert sign_in(client, "clerk", PASSWORD).status_code == 302
        client.logout()


@pytest.mark.parametrize("closed", [{"is_active": False}, {"is_demo": True}])
def test_closed_and_demonstration_accounts_stay_out(db, client, closed):
    UserFactory(username="gone", **closed)

    assert sign_in(client, "gone", PASSWORD).status_code == 200
    assert client.post(TOKEN, {"username": "gone", "password": PASSWORD}).status_code == 401


def test_demonstration_accounts_open_in_the_demonstration(db, client, settings, business_date):
    settings.DEMO, settings.DEMO_DATE = True, business_date
    UserFactory(username="demo", is_demo=True)

    assert sign_in(client, "demo", PASSWORD).status_code == 302


def test_sign_out_is_a_post_and_ends_the_session(clerk, client_for):
    client = client_for(clerk)

    assert client.get("/accounts/logout/").status_code == 405
    response = client.post("/accounts/logout/")

    assert response.status_code == 302
    assert response["Location"] == LOGIN
    assert response["Clear-Site-Data"] == '"cache"'
    assert client.get("/accounts/profile/").status_code == 302
    assert actions()[-1] == "account.sign_out"


def test_session_ends_after_its_longest_life(clerk, client_for, settings):
    client = client_for(clerk)
    client.get("/accounts/profile/")
    session = client.session
    session["session_started_at"] -= settings.SESSION_LIFETIME.total_seconds() + 1
    session.save()

    assert client.get("/accounts/profile/").status_code == 302


def test_the_idle_time_is_counted_anew_once_a_minute(clerk, client_for, settings):
    client = client_for(clerk)
    key = client.session.session_key

    def ends_after_a_request(last_kept_before: float) -> datetime:
        session = client.session
        session["session_kept_at"] = timezone.now().timestamp() - last_kept_before
        session.save()
        Session.objects.filter(pk=key).update(expire_date=soon)
        assert client.get("/accounts/profile/").status_code == 200
        return Session.objects.get(pk=key).expire_date

    soon = timezone.now() + timedelta(minutes=1)
    assert ends_after_a_request(last_kept_before=30) == soon
    idle = timedelta(seconds=settings.SESSION_COOKIE_AGE)
    assert ends_after_a_request(last_kept_before=61) > timezone.now() + idle - timedelta(minutes=1)
    assert ends_after_a_request(last_kept_before=-5) > soon  # the clock was set back


def test_a_lapsed_session_sends_the_whole_page_to_sign_in(htmx_client, db):
    response = htmx_client().get(
        "/accounts/profile/", headers={"HX-Current-URL": "http://testserver/households/?page=2"}
    )

    assert response.status_code == 401
    assert response["HX-Redirect"] == "/accounts/login/?next=/households/%3Fpage%3D2"


def test_cookies_are_closed_to_scripts_and_other_sites(clerk, client):
    sign_in(client, "clerk", PASSWORD)

    cookie = client.cookies["sessionid"]
    assert cookie["httponly"]
    assert cookie["samesite"] == "Lax"
    assert cookie["expires"] == "" or cookie["max-age"]


# --- Handed-out passwords ------------------------------------------------------------------------


@pytest.fixture
def newcomer(clerk):
    clerk.must_change_password = True
    clerk.save()
    return clerk


@pytest.mark.parametrize("address", ["/", "/accounts/profile/", "/nowhere/"])
def test_no_page_is_reachable_before_the_password_is_changed(newcomer, client_for, address):
    response = client_for(newcomer).get(address)

    assert response.status_code == 302
    assert response["Location"] == "/accounts/password/"


def test_nor_the_api_by_session_or_token(newcomer, client_for):
    assert client_for(newcomer).get("/api/v1/areas/").status_code == 403
    assert client_for().post(TOKEN, {"username": "clerk", "password": PASSWORD}).status_code == 403


def change(client, old=PASSWORD, new="steppe-eagle-77", again=None):
    return client.post("/accounts/password/", {"old": old, "new": new, "again": again or new})


def test_changing_the_password_opens_the_system_and_ends_other_sessions(newcomer, client_for):
    here, there = client_for(newcomer), client_for(newcomer)

    assert change(here).status_code == 302

    assert here.get("/accounts/profile/").status_code == 200
    assert there.get("/accounts/profile/").status_code == 302
    assert actions()[-1] == "account.password_changed"


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"old": "wrong"}, "当前密码不对"),
        ({"new": PASSWORD}, "不能与当前密码相同"),
        ({"new": "short-1"}, "10"),
        ({"new": "password123"}, "常见"),
        ({"new": "12345678901234"}, "数字"),
        ({"new": "only-letters-here"}, "数字"),
        ({"again": "other-eagle-77"}, "不一致"),
    ],
)
def test_password_change_refuses(newcomer, client_for, fields, said):
    client = client_for(newcomer)

    response = change(client, **fields)

    assert response.status_code == 200
    assert said in response.content.decode()
    assert get_user_model().objects.get(pk=newcomer.pk).check_password(PASSWORD)


# --- Tokens --------------------------------------------------------------------------------------


def token_for(client, username="clerk", password=PASSWORD):
    return client.post(
        TOKEN, {"username": username, "password": password}, content_type="application/json"
    )


def test_token_opens_the_api_and_is_stored_hashed(clerk, client):
    answer = token_for(client).json()

    assert set(answer) == {"token", "expiry"}
    headers = {"Authorization": f"Token {answer['token']}"}
    assert Client().get("/api/v1/areas/", headers=headers).status_code == 200
    stored = clerk.auth_token_set.get()
    assert answer["token"] not in (stored.digest, stored.token_key)
    assert actions() == ["account.sign_in", "account.token_issued"]


def test_token_refuses_wrong_password_and_locks_like_the_page(clerk, client):
    first = token_for(client, password="wrong")
    for _ in range(4):
        last = token_for(client, password="wrong")

    assert first.status_code == 401
    assert "不对" in first.json()["detail"]
    assert last.status_code == 429
    assert "锁定" in last.json()["detail"]
    assert token_for(client).status_code == 429
    assert sign_in(client, "clerk", PASSWORD).status_code == 429


def test_token_names_missing_fields(db, client):
    response = client.post(TOKEN, {}, content_type="application/json")

    assert response.status_code == 400
    assert set(response.json()) == {"username", "password"}


def test_token_ends_with_the_password_and_with_the_account(clerk, client, client_for):
    headers = {"Authorization": f"Token {token_for(client).json()['token']}"}
    change(client_for(clerk))
    assert Client().get("/api/v1/areas/", headers=headers).status_code == 401

    headers = {
        "Authorization": f"Token {token_for(client, password='steppe-eagle-77').json()['token']}"
    }
    get_user_model().objects.filter(pk=clerk.pk).update(is_active=False)
    assert Client().get("/api/v1/areas/", headers=headers).status_code == 401


def test_token_expires(clerk, client):
    token = token_for(client).json()["token"]
    clerk.auth_token_set.update(expiry="2019-01-01T00:00:00Z")

    assert (
        Client().get("/api/v1/areas/", headers={"Authorization": f"Token {token}"}).status_code
        == 401
    )
