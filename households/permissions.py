from typing import Any

from accounts.enums import Line, RoleCode
from accounts.roles import Permission
from households.enums import CheckState
from households.models import Household, HouseholdCheck

# Who reviews the checks of an area: not the village that made them.
REVIEWERS = (RoleCode.TOWNSHIP_CLERK, RoleCode.COUNTY_OFFICE)


def visible_lines(user: Any, household: Household) -> set[str]:
    """Lines of work whose facts of a household the user may see; a paired helper sees all."""
    lines = user.lines_in(household.village_id, Permission.VIEW_REGISTER)
    if not lines and user.has_role(RoleCode.HELPER, Permission.VIEW_REGISTER):
        return set(Line.values)
    return lines


def can_check_household(user: Any, household: Household) -> bool:
    return user.has_perm(Permission.ENTER_CHECK) and (
        Household.objects.for_user(user, permission=Permission.ENTER_CHECK)
        .filter(pk=household.pk)
        .exists()
    )


def can_return_check(user: Any, check: HouseholdCheck) -> bool:
    """A reviewer of the area, never of a check of their own."""
    if check.state != CheckState.SUBMITTED or check.author_id == user.pk:
        return False
    held = (g for g in user.current_grants if g.role in REVIEWERS and g.area)
    return any(g.area.range[0] <= check.village_id <= g.area.range[1] for g in held)
