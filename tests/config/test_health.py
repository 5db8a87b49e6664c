"""/healthz, /readyz and the headers and error pages that every answer has."""

import pytest
from django.test import override_settings


def test_healthz_asks_nothing(client):
    response = client.get("/healthz")

    assert response.status_code == 200
    assert response.json() == {"status": "ok"}


@pytest.mark.django_db
def test_readyz_names_every_part(client):
    response = client.get("/readyz")

    checks = response.json()["checks"]
    assert response.status_code == 200, checks
    assert checks["database"]["ok"]
    assert checks["migrations"] == {"ok": True, "waiting": 0}
    assert checks["broker"]["ok"]
    assert set(checks) == {
        "database", "migrations", "broker", "last_full_run", "night", "parity", "worker",
    }  # fmt: skip


@pytest.mark.django_db
def test_readyz_is_503_without_a_broker(client, monkeypatch):
    from config.celery import app

    monkeypatch.setattr(app.conf, "broker_write_url", "redis://127.0.0.1:1/0")

    response = client.get("/readyz")

    assert response.status_code == 503
    assert not response.json()["checks"]["broker"]["ok"]


def test_answers_carry_the_security_headers(client):
    headers = client.get("/healthz").headers

    policy = headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "same-origin"
    assert "no-store" in headers["Cache-Control"]
    assert "microphone=()" in headers["Permissions-Policy"]


@pytest.mark.django_db
def test_unknown_api_address_answers_in_json(client):
    response = client.get("/api/v1/no-such-thing/")

    assert response.status_code == 404
    assert response["Content-Type"] == "application/json"
    assert response.json()["detail"]


@override_settings(DEBUG=False)
def test_server_error_shows_a_number_and_no_trace(rf):
    from config import errors

    response = errors.server_error(rf.get("/api/v1/households/"))

    assert response.status_code == 500
    assert b"Traceback" not in response.content
    assert b"reference" in response.content
