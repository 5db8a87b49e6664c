from typing import Any

from accounts.enums import Line, RoleCode
from accounts.models import Area
from accounts.roles import Permission, roles_with


def can_list_units(user: Any, area: Area, line: str) -> bool:
    """Whether the user's line of work in the area includes the indicator's.

    A sector officer sees the households behind the figures of their own line only; a helper sees
    the paired households' own pages, never the list of an area.
    """
    roles = set(roles_with(Permission.VIEW_REGISTER)) - {RoleCode.HELPER}
    low, high = area.range
    return any(
        g.line in (Line.GENERAL, line)
        for g in user.current_grants
        if g.role in roles and g.area and g.area.range[0] <= low and high <= g.area.range[1]
    )
