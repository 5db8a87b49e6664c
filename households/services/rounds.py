"""Rounds of household checks."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Any

from django.db import transaction

from accounts.models import Area
from accounts.querysets import ancestors_of_range
from core import audit
from households.enums import REGISTERED_POLICY
from households.models import CheckRound, HouseholdStatus, RoundHousehold
from households.rounds import GONE, asked_of


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
    villages: Sequence[int] = (),
    sections: Sequence[int] = (),
    household_ids: Iterable[int] = (),
) -> CheckRound:
    """Ask for a visit to the households of an area: those of `statuses` in its `villages` (none
    named: all), and `household_ids`. Raises RoundOverlaps: one round at a time in a place."""
    trail = Area.objects.filter(pk__in=ancestors_of_range(*area.range)).order_by("pk")
    list(trail.select_for_update(no_key=True))  # two offices of one trail open after each other
    if CheckRound.objects.open().touching(area).exists():
        raise RoundOverlaps(area.pk)
    made = CheckRound.objects.create(
        name=name,
        area=area,
        statuses=[str(status) for status in statuses],
        villages=sorted(villages),
        sections=sorted(sections),
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
        detail={
            "on": opened_on.isoformat(),
            "due_on": due_on.isoformat(),
            "villages": len(villages),
            "sections": sorted(sections),
        },
    )
    if household_ids:
        add_households_to_round(check_round=made, household_ids=household_ids, by=by, at=at)
    return made


@transaction.atomic
def add_households_to_round(
    *, check_round: CheckRound, household_ids: Iterable[int], by: Any, at: datetime
) -> int:
    """Put households on a round's list; how many it asks for that it did not ask for before.

    Those outside its area, gone from the register or asked for already are passed over.
    Raises RoundClosed.
    """
    check_round = CheckRound.objects.select_for_update(of=("self",)).get(pk=check_round.pk)
    if not check_round.is_open:
        raise RoundClosed(check_round.pk)
    statuses = HouseholdStatus.objects.filter(household_id__in=list(household_ids))
    here = statuses.latest_known().in_area(check_round.area).exclude(status__in=GONE)
    asked = asked_of(check_round, statuses).values_list("household_id", flat=True)
    wanted = set(here.values_list("household_id", flat=True)) - set(asked)
    RoundHousehold.objects.bulk_create(
        RoundHousehold(round=check_round, household_id=pk, added_by=by, added_at=at)
        for pk in sorted(wanted)
    )
    audit.record(
        action="round.add",
        by=by,
        at=at,
        target=check_round,
        village_id=check_round.area_id,
        detail={"households": len(wanted)},
    )
    return len(wanted)


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
