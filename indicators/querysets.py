from datetime import date, datetime
from typing import Any, Self

from django.db import models
from django.db.models import Exists, OuterRef, Q

from accounts.querysets import ScopedQuerySet
from accounts.roles import Permission
from core.facts import as_of_q
from indicators.enums import RunKind, RunState


class NightQuerySet(ScopedQuerySet):
    """Rows that hold over an interval of nights, each known since a moment."""

    def as_of(self, on: date, known_at: datetime | None = None) -> Self:
        """What a night shows, as known now or as it was known at a moment."""
        return self.filter(as_of_q(on, known_at))

    def latest_known(self) -> Self:
        """The newest figures, today's provisional ones included."""
        return self.filter(superseded_at=None, valid_to=None)


class ResultQuerySet(NightQuerySet):
    def for_user(self, user: Any, permission: str = Permission.VIEW_FIGURES) -> Self:
        return super().for_user(user, permission)


class GapQuerySet(NightQuerySet):
    HOUSEHOLD = "household_id"


class ParameterQuerySet(models.QuerySet):
    def standing(self) -> Self:
        return self.filter(superseded_at=None)

    def holding(self, on: date) -> Self:
        """Values whose validity holds the day, superseded ones too."""
        return self.filter(valid_from__lte=on).filter(Q(valid_to=None) | Q(valid_to__gt=on))

    def valid_on(self, on: date) -> Self:
        return self.standing().holding(on)

    def for_user(self, user: Any) -> Self:
        """Standards are public: whoever may see them sees all."""
        return self.all() if user.has_perm(Permission.VIEW_STANDARDS) else self.none()

    def covering(self, code_low: int, code_high: int) -> Self:
        """Values whose region holds the whole range, the most specific first."""
        return self.filter(low__lte=code_low, high__gte=code_high).order_by("-low", "high")


class RegionQuerySet(models.QuerySet):
    """Rows about a region prefix, kept as the range of its codes."""

    def for_user(self, user: Any, permission: str = Permission.VIEW_STANDARDS) -> Self:
        """Rows whose region holds a part of the user's areas, or lies in them."""
        visible = Q(pk__in=[])
        for low, high in user.village_ranges(permission):
            visible |= Q(low__lte=high, high__gte=low)
        return self.filter(visible)


class ProposalQuerySet(RegionQuerySet):
    def touching(self, low: int, high: int) -> Self:
        return self.filter(low__lte=high, high__gte=low)


class TrialQuerySet(RegionQuerySet):
    def for_user(self, user: Any, permission: str = Permission.TRY_STANDARD) -> Self:
        """Trials of regions that lie wholly where the user may try standards."""
        visible = Q(pk__in=[])
        for low, high in user.village_ranges(permission):
            visible |= Q(low__gte=low, high__lte=high)
        return self.filter(visible)


class RunQuerySet(models.QuerySet):
    def for_user(self, user: Any, permission: str = Permission.VIEW_RUNS) -> Self:
        """Runs are the system's, not an area's: whoever may see runs sees all of them."""
        return self if user.has_perm(permission) else self.none()

    def newest_night(self) -> Any:
        """How the newest night stands, or None: a later run by hand of the whole register makes a failed one good."""
        done_by_hand = Q(area=None, state=RunState.DONE)
        return self.filter(Q(kind=RunKind.NIGHT) | done_by_hand).order_by("-on", "-pk").first()


class FindingQuerySet(NightQuerySet):
    """Doubts about the data, as intervals of nights; a paired helper sees those of the household."""

    HOUSEHOLD = "household_id"

    def explained(self, on: date, exceptions: Any) -> Self:
        """Annotate `is_waived`: an approved exception for just these values has not run out."""
        holding = exceptions.filter(
            rule=OuterRef("rule"),
            subject_id=OuterRef("subject_id"),
            digest=OuterRef("digest"),
            state="APPROVED",
            expires_on__gte=on,
        )
        return self.annotate(is_waived=Exists(holding))


class FindingExceptionQuerySet(ScopedQuerySet):
    HOUSEHOLD = "household_id"
