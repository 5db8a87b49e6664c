"""Encrypted text and its keyed hash, one type for identity numbers, phones and bank accounts.

Stored form: `v1:<base64 of nonce + AES-256-GCM ciphertext>`; the version names suite and key, so
that both can be rotated. Table and column are bound as associated data: a ciphertext copied to
another column does not decrypt. The search hash uses a second key derived from the same secret.
"""

import base64
import hashlib
import hmac
import os
from collections.abc import Callable
from functools import lru_cache
from typing import Any

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings
from django.db import models

VERSION = "v1"


@lru_cache(maxsize=4)
def _key(purpose: str, secret: str) -> bytes:
    return hmac.new(
        secret.encode(), f"qingling/{VERSION}/{purpose}".encode(), hashlib.sha256
    ).digest()


def encrypt(text: str, *, bound_to: str) -> str:
    """Ciphertext of `text`; only `decrypt` with the same `bound_to` opens it."""
    nonce = os.urandom(12)
    sealed = AESGCM(_key("encrypt", settings.FIELD_KEY)).encrypt(
        nonce, text.encode(), bound_to.encode()
    )
    return f"{VERSION}:{base64.b64encode(nonce + sealed).decode()}"


def decrypt(stored: str, *, bound_to: str) -> str:
    """Raises `cryptography.exceptions.InvalidTag` for another key, column or altered text."""
    version, _, body = stored.partition(":")
    if version != VERSION:
        raise ValueError(f"unknown encryption version {version!r}")
    raw = base64.b64decode(body)
    opened = AESGCM(_key("encrypt", settings.FIELD_KEY)).decrypt(
        raw[:12], raw[12:], bound_to.encode()
    )
    return opened.decode()


def keyed_hash(text: str) -> bytes:
    """16 bytes by which an exact value is found without being readable; empty text has none."""
    if not text:
        return b""
    return hmac.new(_key("search", settings.FIELD_KEY), text.encode(), hashlib.sha256).digest()[:16]


class EncryptedTextField(models.TextField):
    """Text that only this process can read. It cannot be filtered on; keep a `keyed_hash` beside it."""

    def _binding(self) -> str:
        return f"{self.model._meta.db_table}.{self.column}"

    def get_prep_value(self, value: Any) -> Any:
        if value in (None, "") or str(value).startswith(f"{VERSION}:"):
            return value
        return encrypt(str(value), bound_to=self._binding())

    def from_db_value(self, value: str | None, expression: Any, connection: Any) -> str | None:
        return decrypt(value, bound_to=self._binding()) if value else value


class DigestField(models.BinaryField):
    """The `keyed_hash` of another column of the row, by which its exact value is found; NULL for none.

    Filled by itself whenever a row is saved, one or many. `key` brings ways to write a value to one.
    """

    def __init__(self, *args: Any, of: str = "", key: Callable[[str], str] = str, **more: Any):
        self.of, self.key = of, key
        more |= {"max_length": 16, "null": True, "blank": True}
        super().__init__(*args, **more)

    def deconstruct(self) -> tuple[str, str, Any, Any]:
        name, path, args, more = super().deconstruct()
        return name, path, args, more | {"of": self.of, "key": self.key}

    def digest(self, text: str) -> bytes | None:
        """What rows with this value carry."""
        return keyed_hash(self.key(text)) or None

    def pre_save(self, row: models.Model, add: bool) -> bytes | None:
        value = self.digest(getattr(row, self.of) or "")
        setattr(row, self.attname, value)
        return value
