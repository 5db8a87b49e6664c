from collections.abc import Iterable
from datetime import date
from typing import Any, Self

from django.db import models
from django.db.models import Q

from accounts.enums import Line, RoleCode
from accounts.roles import Permission

CodeRange = tuple[int, int]

_STEPS = {"province": 10**10, "city": 10**8, "county": 10**6, "township": 10**3, "village": 1}


def code_range(code: int, level: str) -> CodeRange:
    """First and last village code under an area, both inclusive; one contiguous range."""
    return code, code + _STEPS[level] - 1


def merge_ranges(ranges: Iterable[CodeRange]) -> list[CodeRange]:
    """The same codes in the fewest ranges, in order."""
    merged: list[CodeRange] = []
    for low, high in sorted(ranges):
        if merged and low <= merged[-1][1] + 1:
            merged[-1] = (merged[-1][0], max(high, merged[-1][1]))
        else:
            merged.append((low, high))
    return merged


def in_ranges(field: str, ranges: Iterable[CodeRange]) -> Q:
    """Rows whose code lies in one of the ranges; no range at all matches nothing."""
    condition = Q(pk__in=[])
    for low, high in ranges:
        condition |= Q(
            **{f"{field}__gte": low, f"{field}__lte": high}
        )  # a foreign key has no __range
    return condition


class AreaQuerySet(models.QuerySet):
    def for_user(self, user: Any, permission: str = Permission.VIEW_FIGURES) -> Self:
        """Areas inside the user's areas, and the areas above them that lead there."""
        ranges = user.village_ranges(permission)
        above = {code for low, high in ranges for code in ancestors_of_range(low, high)}
        return self.filter(in_ranges("code", ranges) | Q(code__in=above))

    def under(self, area: Any) -> Self:
        low, high = code_range(area.code, area.level)
        return self.filter(code__range=(low, high))

    def active(self, on: date) -> Self:
        return self.filter(Q(valid_to=None) | Q(valid_to__gt=on))


def ancestors_of_range(low: int, high: int) -> list[int]:
    """Codes of the areas whose range holds this whole range, itself included, nearest last."""
    return [low - low % step for step in _STEPS.values() if low // step == high // step]


class UserQuerySet(models.QuerySet):
    def for_user(self, user: Any, permission: str = Permission.VIEW_ACCOUNTS) -> Self:
        """Accounts with a role, present or past, inside the user's areas, and those without any."""
        grants = self._grants().filter(user=models.OuterRef("pk"))
        here = grants.filter(in_ranges("area_id", user.village_ranges(permission)))
        return self.filter(models.Exists(here) | ~models.Exists(grants))

    def with_grants(self) -> Self:
        """Read all roles of all rows, in force or not, with one more query."""
        grants = self._grants().order_by("valid_from", "pk")
        return self.prefetch_related(
            models.Prefetch("grants", grants.select_related("area", "agency"))
        )

    def _grants(self) -> Any:
        related: Any = self.model._meta.get_field("grants").related_model
        return related.objects.all()


class GrantQuerySet(models.QuerySet):
    def for_user(self, user: Any, permission: str = Permission.MANAGE_GRANTS) -> Self:
        """Grants whose area lies inside the user's areas."""
        return self.filter(in_ranges("area_id", user.village_ranges(permission)))

    def unfinished(self, on: date) -> Self:
        """In force or still to come."""
        return self.filter(Q(valid_to=None) | Q(valid_to__gt=on))

    def active(self, on: date) -> Self:
        return self.filter(valid_from__lte=on).filter(Q(valid_to=None) | Q(valid_to__gt=on))


class ScopedQuerySet(models.QuerySet):
    """Rows that belong to a village, seen only through the user's areas.

    Subclasses name `VILLAGE`, the path to the village code, and, where helpers see paired
    households, `HOUSEHOLD`, the path to the household.
    """

    VILLAGE = "village_id"
    HOUSEHOLD = ""

    def for_user(self, user: Any, permission: str = Permission.VIEW_REGISTER) -> Self:
        """Rows the user may see by right of `permission`; others do not exist for them."""
        visible = in_ranges(self.VILLAGE, user.village_ranges(permission))
        if self.HOUSEHOLD and user.has_role(RoleCode.HELPER, permission):
            visible |= Q(**{f"{self.HOUSEHOLD}__in": user.paired_household_ids()})
        return self.filter(visible)

    def in_area(self, area: Any) -> Self:
        low, high = code_range(area.code, area.level)
        return self.filter(**{f"{self.VILLAGE}__gte": low, f"{self.VILLAGE}__lte": high})


def visible_lines(lines: Iterable[str]) -> set[str]:
    """Lines of work that a set of granted lines opens; GENERAL opens all."""
    granted = set(lines)
    return set(Line.values) if Line.GENERAL in granted else granted
