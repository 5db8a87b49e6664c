"""The area a page is about: the one asked for, if the user may see it, else the user's own.

The area only frames a page (title, breadcrumb, default filter). Rows still come through `for_user`.
"""

from collections.abc import Iterable
from typing import Any

from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest

from accounts.models import Area, Grant
from accounts.querysets import (
    CodeRange,
    ancestors_of_range,
    code_range,
    in_ranges,
    merge_ranges,
)
from accounts.roles import Permission, roles_with
from core.models import AuditEvent

SESSION_KEY = "area"


def page_area(request: HttpRequest, permission: str | None = None) -> Area:
    """The area of a page: `?area=CODE`, else the last one chosen, else the user's first grant's.

    An area the user has no right for does not exist (Http404), nor does a user's own area when
    none of their roles that hold `permission` has one. Without `permission` the right to figures
    or, for those who lack it, to the register is taken.
    """
    user: Any = request.user
    grants = _granting(user, permission)
    asked = request.GET.get("area", "")
    if asked:
        area = _area_in(asked, grants)
        if area is None:
            raise Http404("area")
        request.session[SESSION_KEY] = area.code
        return area
    remembered = request.session.get(SESSION_KEY)
    area = _area_in(str(remembered), grants) if remembered else None
    area = area or own_area(user, permission)
    if area is None:
        raise Http404("area")
    return area


def asked_area(request: Any, permission: str | None = None) -> Area | None:
    """For the API: the area named by `?area=CODE` or None; Http404 where the user has no right."""
    asked = request.GET.get("area", "")
    if not asked:
        return None
    area = _area_in(asked, _granting(request.user, permission))
    if area is None:
        raise Http404("area")
    return area


def area_within(code: str, user: Any, permission: str) -> Area | None:
    """The area with this code where the user holds the permission; None for any other."""
    return _area_in(code, _granting(user, permission))


def own_area(user: Any, permission: str | None = None) -> Area | None:
    """The area of the user's first grant with the permission; None for those without areas."""
    areas = [g.area for g in _granting(user, permission) if g.area]
    return areas[0] if areas else None


def trail(area: Area, user: Any = None, permission: str | None = None) -> list[Area]:
    """The areas from the province down to this one; with a user, only those they may open."""
    codes = ancestors_of_range(*area.range)
    found = Area.objects.filter(code__in=codes).order_by("code")
    steps = sorted(found, key=lambda step: step.range[0] - step.range[1])
    return steps if user is None else _open_to(user, permission, steps)


def page_trail(request: HttpRequest, area: Area) -> list[Area]:
    """`trail`, asked once per page however many of its parts show it."""
    kept: dict[int, list[Area]] = request.__dict__.setdefault("_area_trails", {})
    if area.code not in kept:
        kept[area.code] = trail(area)
    return kept[area.code]


def _open_to(user: Any, permission: str | None, steps: list[Area]) -> list[Area]:
    ranges = _ranges(_granting(user, permission))
    return [step for step in steps if _holds(ranges, step.code, step.level)]


def area_choices(
    request: HttpRequest, area: Any, permission: str | None = None
) -> list[list[Area]]:
    """Columns of the area picker: what lies under each area of the trail that the user may open."""
    if not area or not request.user.is_authenticated:
        return []
    steps = _open_to(request.user, permission, page_trail(request, area))
    children = Area.objects.filter(parent__in=steps, valid_to=None).order_by("code")
    by_parent: dict[int | None, list[Area]] = {}
    for child in children:
        by_parent.setdefault(child.parent_id, []).append(child)
    return [steps[:1], *(by_parent[step.code] for step in steps if step.code in by_parent)]


def names_of(codes: Iterable[int]) -> dict[int, str]:
    """Names of areas by their codes; one query."""
    return {area.code: area.short_name for area in Area.objects.filter(code__in=set(codes))}


def events_for(user: Any) -> QuerySet[AuditEvent]:
    """The acts a reader of the trail may see: those in their areas and those of no place."""
    here = in_ranges("village_id", user.village_ranges(Permission.VIEW_AUDIT))
    return AuditEvent.objects.filter(here | Q(village_id=None))


def _granting(user: Any, permission: str | None) -> list[Grant]:
    """The user's grants in force whose role holds the permission, the helper's own included."""
    if permission is None:
        held = (p for p in (Permission.VIEW_FIGURES, Permission.VIEW_REGISTER) if user.has_perm(p))
        permission = next(held, None)
        if permission is None:
            return []
    roles = set(roles_with(permission))
    return [g for g in user.current_grants if g.role in roles]


def _ranges(grants: Iterable[Grant]) -> list[CodeRange]:
    return merge_ranges(g.area.range for g in grants if g.area)


def _holds(ranges: Iterable[CodeRange], code: int, level: str) -> bool:
    low, high = code_range(code, level)
    return any(first <= low and high <= last for first, last in ranges)


def _area_in(code: str, grants: list[Grant]) -> Area | None:
    """The area with this code inside the grants' areas; None also for what is no code at all."""
    if not (code.isascii() and code.isdecimal() and len(code) == 12):
        return None
    area = Area.objects.filter(code=int(code)).first()
    return area if area and _holds(_ranges(grants), area.code, area.level) else None
