"""Typed values as text and back, to keep a row between reading and confirmation."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from households.identity import Identity


def dump(values: dict[str, Any], cells: Sequence[str]) -> str:
    return json.dumps({"values": values, "cells": list(cells)}, default=_plain)


def load(text: str) -> tuple[dict[str, Any], list[str]]:
    """Values and cells of `dump`."""
    if not text:
        return {}, []
    found = json.loads(text, object_hook=_typed)
    return found["values"], found["cells"]


def _plain(value: Any) -> dict[str, str | list[Any]]:
    if isinstance(value, Identity):
        return {"$id": [value.number, value.disability_type, value.disability_grade, value.reissue]}
    if isinstance(value, date):
        return {"$date": value.isoformat()}
    if isinstance(value, Decimal):
        return {"$number": str(value)}
    raise TypeError(type(value))


def _typed(item: dict[str, Any]) -> Any:
    if "$id" in item:
        return Identity(*item["$id"])
    if "$date" in item:
        return date.fromisoformat(item["$date"])
    if "$number" in item:
        return Decimal(item["$number"])
    return item
