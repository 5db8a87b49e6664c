"""Who helps which household: one helper at a time, from a day on."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from django.db import models, transaction
from django.db.models import Q, Value
from django.db.models.functions import Greatest
from django.utils.translation import gettext_lazy as _

from accounts.enums import RoleCode
from accounts.models import Grant, User
from accounts.querysets import CodeRange, ancestors_of_range, in_ranges
from core import audit
from households.models import Household, HouseholdStatus, Pairing
from households.querysets import PairingQuerySet
from households.rounds import GONE
from households.services.register import raise_versions
from villages.services import mark_changed


class Refusal(models.TextChoices):
    """Why a household cannot be given to a helper."""

    GONE = "GONE", _("已清退或自然消亡")
    OUTSIDE = "OUTSIDE", _("不在该责任人负责的区划内")
    LATER = "LATER", _("已有开始更晚的结对")


@dataclass
class PairingPlan:
    """What an assignment would do to each of the chosen households."""

    change: list[Household] = field(default_factory=list)
    same: list[Household] = field(default_factory=list)
    refused: list[tuple[Household, Refusal]] = field(default_factory=list)
    gaps: list[Household] = field(default_factory=list)  # changed, and without a helper before

    @property
    def chosen(self) -> int:
        return len(self.change) + len(self.same) + len(self.refused)


def helpers_within(ranges: Iterable[CodeRange], *, on: date) -> models.QuerySet[Grant]:
    """Grants of helpers whose area touches these ranges and that are in force on a day or later."""
    ranges = list(ranges)
    above = {code for low, high in ranges for code in ancestors_of_range(low, high)}
    here = in_ranges("area_id", ranges) | Q(area_id__in=above)
    grants = Grant.objects.filter(here, role=RoleCode.HELPER, user__is_active=True).unfinished(on)
    return grants.select_related("user", "area").order_by("user__display_name", "user_id")


def plan_pairing(*, households: Iterable[Household], helper: User, valid_from: date) -> PairingPlan:
    """Dry run of `assign_helper`; three queries."""
    households = list(households)
    ranges = _ranges(helper, valid_from)
    gone = set(
        HouseholdStatus.objects.as_of(valid_from)
        .filter(household__in=households, status__in=GONE)
        .values_list("household_id", flat=True)
    )
    known = _pairings(households)
    plan = PairingPlan()
    for household in households:
        held = known.get(household.pk, [])
        current = [p for p in held if p.valid_to is None or p.valid_to > valid_from]
        if household.pk in gone:
            plan.refused.append((household, Refusal.GONE))
        elif not any(low <= household.village_id <= high for low, high in ranges):
            plan.refused.append((household, Refusal.OUTSIDE))
        elif any(p.valid_from > valid_from for p in held):
            plan.refused.append((household, Refusal.LATER))
        elif [(p.helper_id, p.valid_to) for p in current] == [(helper.pk, None)]:
            plan.same.append(household)
        else:
            plan.change.append(household)
            touching = [p for p in held if p.valid_to is None or p.valid_to >= valid_from]
            if held and not touching:
                plan.gaps.append(household)
    return plan


@transaction.atomic
def assign_helper(
    *, households: Iterable[Household], helper: User, valid_from: date, by: Any, at: datetime
) -> PairingPlan:
    """Pair households with a helper from a day on; a pairing before it ends that day.

    What cannot be done is passed over and told in the plan that was carried out.
    """
    wanted = [household.pk for household in households]
    held = Household.objects.select_for_update(no_key=True).filter(pk__in=wanted).order_by("pk")
    plan = plan_pairing(households=held, helper=helper, valid_from=valid_from)
    ids = [household.pk for household in plan.change]
    Pairing.objects.filter(household__in=ids).filter(
        Q(valid_to=None) | Q(valid_to__gt=valid_from)
    ).update(valid_to=valid_from)
    Pairing.objects.bulk_create(
        Pairing(household=household, helper=helper, valid_from=valid_from)
        for household in plan.change
    )
    if ids:
        raise_versions(ids)
        mark_changed({h.village_id for h in plan.change}, since=valid_from, at=at)
    for household in plan.change:
        audit.record(
            action="pairing.assign",
            by=by,
            at=at,
            target=household,
            village_id=household.village_id,
            detail={"helper": str(helper), "on": valid_from.isoformat()},
        )
    return plan


@transaction.atomic
def end_pairings_outside(*, household: Household, on: date, by: Any, at: datetime) -> None:
    """End on a day the pairings with helpers who are not responsible for the household's village."""
    for pairing in Pairing.objects.filter(household=household).unfinished(on):
        ranges = _ranges(pairing.helper, on)
        if any(low <= household.village_id <= high for low, high in ranges):
            continue
        end_pairings(Pairing.objects.filter(pk=pairing.pk), on)
        audit.record(
            action="pairing.end",
            by=by,
            at=at,
            target=household,
            village_id=household.village_id,
            detail={"helper": str(pairing.helper), "on": on.isoformat()},
        )


def end_pairings(pairings: PairingQuerySet, on: date) -> None:
    """Let pairings end on a day; one that begins later never was in force."""
    pairings.unfinished(on).update(valid_to=Greatest("valid_from", Value(on, models.DateField())))


def _ranges(helper: User, on: date) -> list[CodeRange]:
    """The codes a helper is responsible for on a day or later."""
    grants = helper.grants.filter(role=RoleCode.HELPER).unfinished(on).select_related("area")
    return [grant.area.range for grant in grants if grant.area]


def _pairings(households: list[Household]) -> dict[int, list[Pairing]]:
    """Pairings that were ever in force; one that ended on its first day never was."""
    found: dict[int, list[Pairing]] = {}
    rows = Pairing.objects.filter(household__in=households)
    for pairing in rows.filter(Q(valid_to=None) | Q(valid_to__gt=models.F("valid_from"))):
        found.setdefault(pairing.household_id, []).append(pairing)
    return found
