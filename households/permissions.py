from datetime import date
from typing import Any

from accounts.enums import Level, Line, RoleCode
from accounts.roles import Permission
from households.enums import (
    DROPOUT_TRANSITIONS,
    MONITORING_TRANSITIONS,
    CheckState,
    DropoutAct,
    MonitoringAct,
    ProcessKind,
    ProcessState,
    StepKind,
)
from households.models import (
    DropoutCase,
    Evidence,
    Household,
    HouseholdCheck,
    MonitoringCase,
    StatusProcess,
)
from households.transitions import NOTICE_STEPS, RIGHTS, actor


def visible_lines(user: Any, household: Household) -> set[str]:
    """Lines of work whose facts of a household the user may see; a paired helper sees all."""
    lines = user.lines_in(household.village_id, Permission.VIEW_REGISTER)
    if not lines and user.has_role(RoleCode.HELPER, Permission.VIEW_REGISTER):
        return set(Line.values)
    return lines


# Who reads illness, disability and causes of poverty in lists (domain §5.2: V, S, T, C).
READS_CAUSES = (
    RoleCode.VILLAGE_INFORMANT,
    RoleCode.AGENCY,
    RoleCode.TOWNSHIP_CLERK,
    RoleCode.COUNTY_OFFICE,
)


def sees_line(user: Any, line: str) -> bool:
    """Whether lists show the user what belongs to a line of work."""
    return any(grant.line in (Line.GENERAL, line) for grant in user.current_grants)


def sees_causes(user: Any) -> bool:
    """Whether lists show the user illness, disability and why a household is poor."""
    return any(g.line == Line.GENERAL and g.role in READS_CAUSES for g in user.current_grants)


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


def may_identify(user: Any) -> bool:
    """Who acts for a village; a helper knows only households on the register."""
    return user.has_perm(Permission.ENTER_CHECK) and bool(
        user.village_ranges(Permission.ENTER_CHECK)
    )


def can_correct_paper(user: Any, paper: Evidence) -> bool:
    """Describe or withdraw a standing paper: who uploaded it, and who keeps the register."""
    return (
        paper.withdrawn_at is None
        and (paper.uploaded_by_id == user.pk or user.has_perm(Permission.EDIT_REGISTER))
        and user.has_perm(Permission.ENTER_CHECK)
        and Evidence.objects.for_user(user, permission=Permission.ENTER_CHECK)
        .filter(pk=paper.pk)
        .exists()
    )


# Acts on the two registers in the order of their buttons, with the right each asks for.
DROPOUT_RIGHTS: dict[DropoutAct, Permission] = {
    DropoutAct.VERIFY: Permission.ENTER_CHECK,
    DropoutAct.VISIT: Permission.ENTER_CHECK,
    DropoutAct.SESSION: Permission.ENTER_CHECK,
    DropoutAct.RETURN: Permission.ENTER_CHECK,
    DropoutAct.TEACH: Permission.ENTER_CHECK,
    DropoutAct.EXEMPT: Permission.APPROVE_STATUS,
    DropoutAct.STILL_OUT: Permission.REVIEW_CHECK,
    DropoutAct.RESUME: Permission.ENTER_CHECK,
    DropoutAct.CLOSE: Permission.REVIEW_CHECK,
}
MONITORING_RIGHTS: dict[MonitoringAct, Permission] = {
    MonitoringAct.CHECK: Permission.ENTER_CHECK,
    MonitoringAct.REVIEW: Permission.REVIEW_CHECK,
    MonitoringAct.CONFIRM: Permission.APPROVE_STATUS,
    MonitoringAct.APPROVE_REMOVAL: Permission.APPROVE_STATUS,
    MonitoringAct.REFUSE_REMOVAL: Permission.APPROVE_STATUS,
    MonitoringAct.FOLLOW_UP: Permission.ENTER_CHECK,
    MonitoringAct.MEASURE: Permission.ENTER_CHECK,
    MonitoringAct.FINISH: Permission.ENTER_CHECK,
    MonitoringAct.PROPOSE_REMOVAL: Permission.REVIEW_CHECK,
    MonitoringAct.SEND_BACK: Permission.REVIEW_CHECK,
    MonitoringAct.DISMISS: Permission.REVIEW_CHECK,
    MonitoringAct.RELAPSE: Permission.ENTER_CHECK,
}
# Who sees what is sensitive about a person in lists (domain §5.2); education officers see pupils.
_CLOSE_ROLES = frozenset(
    {
        RoleCode.VILLAGE_INFORMANT,
        RoleCode.HELPER,
        RoleCode.TOWNSHIP_CLERK,
        RoleCode.COUNTY_OFFICE,
    }
)


def register_rights(case: DropoutCase | MonitoringCase) -> dict[Any, Permission]:
    """The acts of the case's register with their rights."""
    rights: dict[Any, Permission] = dict(
        DROPOUT_RIGHTS if isinstance(case, DropoutCase) else MONITORING_RIGHTS
    )
    return rights


def may_turn(user: Any, case: DropoutCase | MonitoringCase, right: Permission) -> bool:
    """Whether the user holds the right for this very case, whatever its state."""
    return user.has_perm(right) and (
        type(case).objects.for_user(user, permission=right).filter(pk=case.pk).exists()
    )


def turns_for(user: Any, case: DropoutCase | MonitoringCase, on: date) -> list[Any]:
    """Acts that the case's state of a day allows and the user may do; one query per right."""
    table: Any = DROPOUT_TRANSITIONS if isinstance(case, DropoutCase) else MONITORING_TRANSITIONS
    rights = register_rights(case)
    open_now = [act for act in rights if case.state_on(on) in table[act][0]]
    held = {right: may_turn(user, case, right) for right in {rights[act] for act in open_now}}
    return [act for act in open_now if held[rights[act]]]


def sees_risks(user: Any) -> bool:
    """Illness, disability and the like, in lists."""
    return any(grant.role in _CLOSE_ROLES for grant in user.current_grants)


def sees_pupils(user: Any) -> bool:
    """Names of minors, and their schools."""
    return sees_risks(user) or any(
        grant.role == RoleCode.AGENCY and grant.line == Line.EDUCATION
        for grant in user.current_grants
    )


def pupil_name(user: Any, name: str) -> str:
    """A minor's name; 李** for those who do not work with the family."""
    return name if sees_pupils(user) else f"{name[:1]}**"
