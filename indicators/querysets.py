from datetime import date, datetime
from typing import Any, Self

from django.db import models
from django.db.models import Q

from accounts.querysets import ScopedQuerySet
from accounts.roles import Permission
from core.facts import as_of_q


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

    def valid_on(self, on: date) -> Self:
        return (
            self.standing().filter(valid_from__lte=on).filter(Q(valid_to=None) | Q(valid_to__gt=on))
        )

    def covering(self, code_low: int, code_high: int) -> Self:
        """Values whose region holds the whole range, the most specific first."""
        return self.filter(low__lte=code_low, high__gte=code_high).order_by("-low", "high")


class RunQuerySet(models.QuerySet):
    def for_user(self, user: Any, permission: str = Permission.VIEW_RUNS) -> Self:
        """Runs are the system's, not an area's: whoever may see runs sees all of them."""
        return self if user.has_perm(permission) else self.none()
