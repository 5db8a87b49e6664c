"""Operation keys: a write that a person sends twice is done once.

After a cut, one client error in five hides a write that was committed (reliability §1.2), so every
form and every unsafe API call carries a key made when it was opened. Key, request and outcome
commit together with the business rows.
"""

import hashlib
import json
import uuid
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from django.db import connection, transaction

from core.models import Operation


class KeyReused(Exception):
    """The key was used before for another request."""


class MissingKey(Exception):
    """A write came without an operation key."""


class NotReady(Exception):
    """What an administrator loads first is not there yet; the text says what, in Chinese."""


def new_key() -> str:
    return uuid.uuid4().hex


def request_hash(data: Mapping[str, Any]) -> str:
    """Digest of what was asked, blind to order and to the key itself."""
    plain = {k: v for k, v in data.items() if k not in {"operation_key", "csrfmiddlewaretoken"}}
    return hashlib.sha256(
        json.dumps(plain, sort_keys=True, default=str, ensure_ascii=False).encode()
    ).hexdigest()


def perform(
    *, key: str, user: Any, digest: str, at: datetime, act: Callable[[], Mapping[str, Any]]
) -> tuple[dict[str, Any], bool]:
    """Run `act` once for this user and key; (its outcome, whether it ran now).

    `act` returns a small JSON-able outcome (usually the id of what it made). A refusal raised by
    `act` stores nothing, so a corrected form may use the key again. Raises KeyReused when the key
    was spent on a different request, MissingKey when it is empty.
    """
    if not key:
        raise MissingKey
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT pg_advisory_xact_lock(hashtextextended(%s, 7))", [f"{user.pk}:{key}"]
            )
        spent = Operation.objects.filter(user=user, key=key).first()
        if spent:
            if spent.request_hash != digest:
                raise KeyReused
            return spent.outcome, False
        outcome = dict(act())
        Operation.objects.create(key=key, user=user, request_hash=digest, outcome=outcome, at=at)
        return outcome, True


def outcome_of(*, user: Any, key: str) -> dict[str, Any] | None:
    """What this user's key has done already; None while it is unspent."""
    spent = Operation.objects.filter(user=user, key=key).first() if key else None
    return spent.outcome if spent else None


def was_spent(*, user: Any, key: str) -> bool:
    """Whether this user's key has already done its act."""
    return bool(key) and Operation.objects.filter(user=user, key=key).exists()
