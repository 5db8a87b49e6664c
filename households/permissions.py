from datetime import date
from typing import Any

from accounts.enums import Level, Line, RoleCode
from accounts.roles import Permission
from households.enums import CheckState, ProcessKind, ProcessState, StepKind
from households.models import Household, HouseholdCheck, StatusProcess
from households.transitions import NOTICE_STEPS, RIGHTS, actor


def visible_lines(user: Any, household: Household) -> set[str]:
    """Lines of work whose facts of a household the user may see; a paired helper sees all."""
    lines = user.lines_in(household.village_id, Permission.VIEW_REGISTER)
    if not lines and user.has_role(RoleCode.HELPER, Permission.VIEW_REGISTER):
        return set(Line.values)
    return lines


def sees_general(user: Any) -> bool:
    """Whether the user's lines of work include 综合, to which cause and telephone belong."""
    return any(grant.line == Line.GENERAL for grant in user.current_grants)


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


def holds_level(user: Any, process: StatusProcess, level: Level) -> bool:
    """Whether the user acts for the village, its township or its county in a status process."""
    right = RIGHTS[level]
    if any(low <= process.village_id <= high for low, high in user.village_ranges(right)):
        return True
    return user.has_role(RoleCode.HELPER, right) and (
        user.paired_household_ids().filter(household_id=process.household_id).exists()
    )


def process_turns(user: Any, process: StatusProcess, on: date) -> list[str]:
    """What the user may do with a status process today, the main thing first."""
    held = {level for level in RIGHTS if holds_level(user, process, level)}
    if process.state == ProcessState.APPROVED:
        revocable = process.kind != ProcessKind.IDENTIFY and Level.COUNTY in held
        return ["revoke"] if revocable and process.is_newest() else []
    if not held or not process.is_live:
        return []
    turns = []
    if process.state == ProcessState.OBJECTED:
        if Level.TOWNSHIP in held and not process.bars(user, StepKind.ANSWER):
            turns.append("answer")
    elif actor(process.step) in held and not process.bars(user, process.step):
        turns += _step_turn(process, on)
    if process.has_notice_up and process.state == ProcessState.OPEN:
        turns.append("object")
    if process.opened_by_id == user.pk or held & {Level.TOWNSHIP, Level.COUNTY}:
        turns.append("drop")
    return turns


def _step_turn(process: StatusProcess, on: date) -> list[str]:
    if process.step == StepKind.APPROVAL:
        return ["approve"]
    if process.step not in NOTICE_STEPS:
        return ["step"]
    if not process.has_notice_up:
        return ["put_up"]
    return [] if process.notice_runs(on) else ["end_notice"]
