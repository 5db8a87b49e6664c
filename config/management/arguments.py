"""Arguments that several commands take, read the same way."""

import argparse
from datetime import date
from typing import Any

from django.core.management.base import CommandError

from accounts.models import Area


def a_date(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text}: a date is written 2019-11-04") from None


def an_area(code: str | None) -> Area | None:
    """The area of a 12-digit code; None when none was asked for."""
    if not code:
        return None
    area = Area.objects.filter(code=int(code)).first() if code.isdecimal() else None
    if area is None:
        raise CommandError(f"没有这个区划：{code}")
    return area


def add_scope(parser: Any, *, on_required: bool = True) -> None:
    parser.add_argument("--on", type=a_date, required=on_required, help="the date, e.g. 2019-11-04")
    parser.add_argument("--area", help="12-digit division code; everything when left out")
