"""Who may do what: one literal table from role to permissions, with a sentence per role."""

from enum import StrEnum

from accounts.enums import RoleCode


class Permission(StrEnum):
    """Rights that views ask for. Each holds only inside the areas of the grant that gives it."""

    VIEW_FIGURES = "accounts.view_figures"  # indicators, dashboards, task board: numbers of areas
    VIEW_REGISTER = "accounts.view_register"  # households and members, masked
    UNMASK = "accounts.unmask"  # press 显示: a logged act
    ENTER_CHECK = "accounts.enter_check"  # fill and submit household checks
    REVIEW_CHECK = "accounts.review_check"  # accept or return what others found on their visits
    MANAGE_ROUNDS = "accounts.manage_rounds"  # open and close rounds of household checks
    EDIT_REGISTER = "accounts.edit_register"  # members joining and leaving, split, merge, move
    PAIR_HELPERS = "accounts.pair_helpers"  # who helps which household
    APPROVE_STATUS = (
        "accounts.approve_status"  # identification, exit, re-entry, removal, monitoring
    )
    EDIT_VILLAGE = "accounts.edit_village"  # village facts and collective income
    WORK_CASE = "accounts.work_case"  # assign measures, log progress, apply for closing
    VERIFY_CASE = "accounts.verify_case"  # close or return what others rectified
    ASSIGN_CASE = "accounts.assign_case"  # 交办, grant extensions
    FILE_REPORT = "accounts.file_report"  # draft and submit the agency's monthly report
    VIEW_REPORTS = "accounts.view_reports"  # who has filed, and what
    IMPORT = "accounts.import"  # upload, review and confirm workbooks
    RUN_RECOMPUTE = "accounts.run_recompute"  # start a recomputation by hand
    VIEW_STANDARDS = "accounts.view_standards"  # values of the cited standards and their history
    PROPOSE_STANDARD = "accounts.propose_standard"  # propose a value for one's own area
    APPROVE_STANDARD = "accounts.approve_standard"  # decide on what somebody else proposed
    TRY_STANDARD = "accounts.try_standard"  # see who would flip before a value is adopted
    VIEW_RUNS = "accounts.view_runs"  # progress and history of recomputations
    EXPORT = "accounts.export"  # files of what the pages show
    VIEW_ACCOUNTS = "accounts.view_accounts"  # who has an account, and which roles
    MANAGE_ACCOUNTS = "accounts.manage_accounts"  # users, areas, agencies
    MANAGE_GRANTS = "accounts.manage_grants"  # roles of users
    VIEW_AUDIT = "accounts.view_audit"  # the trail of acts


P = Permission

ROLE_PERMISSIONS: dict[RoleCode, frozenset[Permission]] = {
    # Knows one village: enters its checks and proposes changes.
    RoleCode.VILLAGE_INFORMANT: frozenset(
        {
            P.VIEW_FIGURES,
            P.VIEW_REGISTER,
            P.UNMASK,
            P.ENTER_CHECK,
            P.EDIT_VILLAGE,
            P.WORK_CASE,
            P.VIEW_STANDARDS,
        }
    ),
    # Knows the households paired with them, and only those.
    RoleCode.HELPER: frozenset({P.VIEW_REGISTER, P.ENTER_CHECK}),
    # Keeps one township's register and works its cases.
    RoleCode.TOWNSHIP_CLERK: frozenset(
        {
            P.VIEW_FIGURES,
            P.VIEW_REGISTER,
            P.UNMASK,
            P.ENTER_CHECK,
            P.REVIEW_CHECK,
            P.EDIT_REGISTER,
            P.PAIR_HELPERS,
            P.EDIT_VILLAGE,
            P.WORK_CASE,
            P.EXPORT,
            P.VIEW_RUNS,
            P.VIEW_STANDARDS,
        }
    ),
    # Runs one county's campaign: assigns, verifies and closes cases.
    RoleCode.COUNTY_OFFICE: frozenset(
        {
            P.VIEW_FIGURES,
            P.VIEW_REGISTER,
            P.UNMASK,
            P.ENTER_CHECK,
            P.REVIEW_CHECK,
            P.MANAGE_ROUNDS,
            P.EDIT_REGISTER,
            P.PAIR_HELPERS,
            P.APPROVE_STATUS,
            P.EDIT_VILLAGE,
            P.ASSIGN_CASE,
            P.VERIFY_CASE,
            P.VIEW_REPORTS,
            P.EXPORT,
            P.VIEW_RUNS,
            P.VIEW_STANDARDS,
            P.TRY_STANDARD,
        }
    ),
    # Runs the city's campaign: tasks, reports, recomputation, standards.
    RoleCode.CITY_OFFICE: frozenset(
        {
            P.VIEW_FIGURES,
            P.VIEW_REGISTER,
            P.UNMASK,
            P.MANAGE_ROUNDS,
            P.ASSIGN_CASE,
            P.VERIFY_CASE,
            P.VIEW_REPORTS,
            P.RUN_RECOMPUTE,
            P.VIEW_RUNS,
            P.EXPORT,
            P.VIEW_STANDARDS,
            P.PROPOSE_STANDARD,
            P.APPROVE_STANDARD,
            P.TRY_STANDARD,
        }
    ),
    # A lead or supporting agency: its line of work, its cases, its monthly report.
    RoleCode.AGENCY: frozenset(
        {
            P.VIEW_FIGURES,
            P.VIEW_REGISTER,
            P.WORK_CASE,
            P.FILE_REPORT,
            P.VIEW_REPORTS,
            P.VIEW_STANDARDS,
        }
    ),
    # Reads figures of an area.
    RoleCode.LEADER: frozenset({P.VIEW_FIGURES, P.VIEW_REPORTS, P.VIEW_STANDARDS}),
    # Reads everything of an area for a time; changes nothing.
    RoleCode.INSPECTOR: frozenset(
        {P.VIEW_FIGURES, P.VIEW_REGISTER, P.VIEW_REPORTS, P.VIEW_RUNS, P.VIEW_STANDARDS}
    ),
    # Imports workbooks into the area of its county or city office.
    RoleCode.IMPORT_ADMIN: frozenset(
        {P.VIEW_FIGURES, P.VIEW_REGISTER, P.IMPORT, P.VIEW_RUNS, P.VIEW_STANDARDS}
    ),
    # Keeps accounts, areas and, as proposer, standards; sees no personal data.
    RoleCode.SYSTEM_ADMIN: frozenset(
        {
            P.VIEW_ACCOUNTS,
            P.MANAGE_ACCOUNTS,
            P.VIEW_RUNS,
            P.VIEW_STANDARDS,
            P.PROPOSE_STANDARD,
        }
    ),
    # Grants roles; sees no business data.
    RoleCode.SECURITY_ADMIN: frozenset({P.VIEW_ACCOUNTS, P.MANAGE_GRANTS}),
    # Reads the trail of acts and nothing else.
    RoleCode.AUDIT_ADMIN: frozenset({P.VIEW_AUDIT}),
}


def roles_with(permission: str) -> list[str]:
    """Codes of the roles that carry a permission."""
    return [role.value for role, granted in ROLE_PERMISSIONS.items() if permission in granted]
