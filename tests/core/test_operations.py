"""A write sent twice is done once."""

import threading
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection

from core import clock, operations
from core.models import AuditEvent, Operation
from tests.accounts.factories import UserFactory


@pytest.fixture
def act() -> Callable[[], dict[str, Any]]:
    """Leaves one audit row per real run and answers with its key."""

    def run() -> dict[str, Any]:
        event = AuditEvent.objects.create(at=clock.now(), action="test.act")
        return {"event": event.pk}

    return run


def perform(user: Any, act: Any, key: str = "k1", asked: str = "a") -> tuple[dict[str, Any], bool]:
    digest = operations.request_hash({"asked": asked})
    return operations.perform(key=key, user=user, digest=digest, at=clock.now(), act=act)


def test_second_sending_gets_the_first_answer(db, act):
    user = UserFactory()

    first, ran = perform(user, act)
    again, ran_again = perform(user, act)

    assert (ran, ran_again) == (True, False)
    assert first == again
    assert AuditEvent.objects.count() == 1


def test_keys_belong_to_their_user(db, act):
    perform(UserFactory(), act)
    perform(UserFactory(), act)

    assert AuditEvent.objects.count() == 2


def test_a_spent_key_does_nothing_else(db, act):
    user = UserFactory()
    perform(user, act, asked="a")

    with pytest.raises(operations.KeyReused):
        perform(user, act, asked="b")

    assert AuditEvent.objects.count() == 1


def test_a_write_without_a_key_is_refused(db, act):
    with pytest.raises(operations.MissingKey):
        perform(UserFactory(), act, key="")


def test_a_refused_act_leaves_the_key_free(db, act):
    user = UserFactory()

    def refuse() -> dict[str, Any]:
        act()
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        perform(user, refuse)

    assert AuditEvent.objects.count() == 0
    assert perform(user, act)[1] is True


def test_digest_is_blind_to_order_key_and_csrf_token():
    one = {"a": "1", "b": "2", "operation_key": "x", "csrfmiddlewaretoken": "y"}

    assert operations.request_hash(one) == operations.request_hash({"b": "2", "a": "1"})
    assert operations.request_hash(one) != operations.request_hash({"a": "1", "b": "3"})


@pytest.mark.django_db(transaction=True)
def test_eight_at_once_are_done_once(act):
    user = UserFactory()
    ran: list[bool] = []

    def send() -> None:
        try:
            ran.append(perform(user, act)[1])
        finally:
            connection.close()

    senders = [threading.Thread(target=send) for _ in range(8)]
    for sender in senders:
        sender.start()
    for sender in senders:
        sender.join()

    assert sorted(ran) == [False] * 7 + [True]
    assert Operation.objects.count() == 1
