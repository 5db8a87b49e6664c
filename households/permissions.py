from typing import Any

from accounts.enums import Line, RoleCode
from accounts.roles import Permission
from households.enums import CheckState
from households.models import Household, HouseholdCheck


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


def can_review_check(user: Any, check: HouseholdCheck) -> bool:
    """Whether it waits for this reviewer of its area; never one's own. One query."""
    return (
        user.has_perm(Permission.REVIEW_CHECK)
        and check.state == CheckState.SUBMITTED
        and HouseholdCheck.objects.awaiting_review(user).filter(pk=check.pk).exists()
    )
