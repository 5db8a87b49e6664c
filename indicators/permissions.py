from typing import Any

from accounts.enums import Line, RoleCode
from accounts.models import Area
from accounts.roles import Permission, roles_with
from indicators.enums import ExceptionState, ProposalState


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


def covers(user: Any, permission: str, low: int, high: int) -> bool:
    """Whether a whole range of codes lies where the user holds a permission."""
    return any(a <= low and high <= b for a, b in user.village_ranges(permission))


def may_decide(user: Any, proposal: Any) -> bool:
    """A second person decides: with the right for the whole region, and not who proposed."""
    return (
        proposal.state == ProposalState.OPEN
        and proposal.proposed_by_id != user.pk
        and covers(user, Permission.APPROVE_STANDARD, proposal.low, proposal.high)
    )


def may_withdraw(user: Any, proposal: Any) -> bool:
    return bool(proposal.state == ProposalState.OPEN and proposal.proposed_by_id == user.pk)


def may_act(user: Any, proposal: Any, act: str) -> bool:
    """The right to an act, whatever the state: who comes late is told so, not turned away."""
    if act == "withdraw":
        return bool(proposal.proposed_by_id == user.pk)
    return covers(user, Permission.APPROVE_STANDARD, proposal.low, proposal.high)


def may_explain(user: Any, village_id: int) -> bool:
    """Who keeps the register of the village may ask that a finding stand as explained."""
    return covers(user, Permission.EDIT_REGISTER, village_id, village_id)


def may_turn_exception(user: Any, exception: Any, act: str) -> bool:
    """The right to an act, whatever the state: the county office decides, who asked withdraws."""
    if act == "withdraw":
        return bool(exception.requested_by_id == user.pk)
    village = exception.village_id
    return covers(user, Permission.APPROVE_STATUS, village, village)


def exception_turns(user: Any, exception: Any) -> list[str]:
    """What the user may do about a request now; nobody decides on what they asked themselves."""
    if exception.state != ExceptionState.OPEN:
        return []
    if exception.requested_by_id == user.pk:
        return ["withdraw"]
    return ["approve", "reject"] if may_turn_exception(user, exception, "approve") else []


def place_for(user: Any, village: Any) -> Area | None:
    """The village as an area of the user's register; None for a helper, whose right is to a household."""
    held = covers(user, Permission.VIEW_REGISTER, village.pk, village.pk)
    area: Area = village.area
    return area if held else None
