"""Rounds of household checks."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from django.db import transaction

from accounts.models import Area
from accounts.querysets import ancestors_of_range
from core import audit
from households.enums import REGISTERED_POLICY
from households.models import CheckRound


class RoundOverlaps(Exception):
    """A round is open in this area, or in one above or below it."""


class RoundClosed(Exception):
    """The round was closed before."""


def open_round_of(village_id: int, *, on: date) -> CheckRound | None:
    """The open round that a visit to the village on a day belongs to."""
    rounds = CheckRound.objects.open().over_village(village_id)
    return rounds.filter(opened_on__lte=on).order_by("-opened_on", "-pk").first()


@transaction.atomic
def open_round(
    *,
    area: Area,
    name: str,
    opened_on: date,
    due_on: date,
    by: Any,
    at: datetime,
    statuses: Sequence[str] = REGISTERED_POLICY,
) -> CheckRound:
    """Ask for a visit to every household of an area. Raises RoundOverlaps: one round at a time."""
    trail = Area.objects.filter(pk__in=ancestors_of_range(*area.range)).order_by("pk")
    list(trail.select_for_update(no_key=True))  # two offices of one trail open after each other
    if CheckRound.objects.open().touching(area).exists():
        raise RoundOverlaps(area.pk)
    made = CheckRound.objects.create(
        name=name,
        area=area,
        statuses=[str(status) for status in statuses],
        opened_on=opened_on,
        due_on=due_on,
        opened_by=by,
    )
    audit.record(
        action="round.open",
        by=by,
        at=at,
        target=made,
        village_id=area.pk,
        detail={"on": opened_on.isoformat(), "due_on": due_on.isoformat()},
    )
    return made


@transaction.atomic
def close_round(*, check_round: CheckRound, by: Any, at: datetime) -> CheckRound:
    """End a round; visits made from now on no longer belong to it. Raises RoundClosed."""
    check_round = CheckRound.objects.select_for_update().get(pk=check_round.pk)
    if not check_round.is_open:
        raise RoundClosed(check_round.pk)
    check_round.closed_at, check_round.closed_by = at, by
    check_round.save(update_fields=["closed_at", "closed_by"])
    audit.record(
        action="round.close", by=by, at=at, target=check_round, village_id=check_round.area_id
    )
    return check_round
