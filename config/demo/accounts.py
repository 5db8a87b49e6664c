"""Who may sign in to the demonstration: every role, in two places far apart."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.contrib.auth.hashers import make_password
from django.db import transaction

from accounts.enums import Line, RoleCode
from accounts.models import Agency, Area, Grant, User
from households.models import Household, Pairing

PASSWORD = "Qingling-2019"
SINCE = date(2018, 1, 1)

BAOTOU, GUYANG, YINHAO, YINHAO_VILLAGE = 150200000000, 150222000000, 150222105000, 150222105236
LIUZHOU, RONGAN, SIDING, MATIAN_VILLAGE = 450200000000, 450224000000, 450224102000, 450224102201


@dataclass(frozen=True)
class Account:
    """One person with one grant. `listed`: shown with the password; others only act in the history."""

    username: str
    name: str
    role: str
    area: int
    agency: str = ""
    line: str = Line.GENERAL
    listed: bool = True


R = RoleCode
ACCOUNTS: tuple[Account, ...] = (
    Account("by_informant", "贾存柱", R.VILLAGE_INFORMANT, YINHAO_VILLAGE),
    Account("by_helper", "郭建军", R.HELPER, YINHAO_VILLAGE, "固阳县水务局"),
    Account("by_township", "云海峰", R.TOWNSHIP_CLERK, YINHAO),
    Account("by_county", "赵志刚", R.COUNTY_OFFICE, GUYANG),
    Account("by_city", "王瑞芳", R.CITY_OFFICE, BAOTOU, "市扶贫办"),
    Account("by_agency", "李建平", R.AGENCY, BAOTOU, "市水务局", Line.WATER),
    Account("by_leader", "陈国栋", R.LEADER, BAOTOU),
    Account("by_inspector", "孟和", R.INSPECTOR, GUYANG),
    Account("by_import", "刘艳红", R.IMPORT_ADMIN, GUYANG),
    Account("by_system", "高翔宇", R.SYSTEM_ADMIN, BAOTOU),
    Account("by_security", "苏日娜", R.SECURITY_ADMIN, BAOTOU),
    Account("by_audit", "乌云·高娃", R.AUDIT_ADMIN, BAOTOU),
    Account("ra_informant", "韦秀兰", R.VILLAGE_INFORMANT, MATIAN_VILLAGE),
    Account("ra_helper", "覃志远", R.HELPER, MATIAN_VILLAGE, "融安县水利局"),
    Account("ra_township", "莫小芳", R.TOWNSHIP_CLERK, SIDING),
    Account("ra_county", "潘永强", R.COUNTY_OFFICE, RONGAN),
    Account("ra_city", "黄丽娟", R.CITY_OFFICE, LIUZHOU, "柳州市扶贫办"),
    Account("ra_agency", "龙文博", R.AGENCY, RONGAN, "融安县水利局", Line.WATER),
    Account("ra_leader", "罗建国", R.LEADER, RONGAN),
    Account("ra_inspector", "梁静", R.INSPECTOR, RONGAN),
    Account("ra_import", "卢慧敏", R.IMPORT_ADMIN, RONGAN),
    Account("ra_system", "吴凯", R.SYSTEM_ADMIN, LIUZHOU),
    Account("ra_security", "石磊", R.SECURITY_ADMIN, LIUZHOU),
    Account("ra_audit", "蒙雪梅", R.AUDIT_ADMIN, LIUZHOU),
    Account("by_housing", "张俊峰", R.AGENCY, BAOTOU, "市住建局", Line.HOUSING),
    Account("by_education", "杨晓燕", R.AGENCY, BAOTOU, "市教育局", Line.EDUCATION),
    Account("by_insurance", "马丽霞", R.AGENCY, BAOTOU, "市医保局", Line.HEALTH),
    Account("by_agriculture", "巴特尔", R.AGENCY, BAOTOU, "市农牧局", Line.INCOME),
)

# Clerks of the other townships of Guyang: they visited and rectified in the months that are told.
CLERKS: tuple[Account, ...] = tuple(
    Account(f"by_clerk_{area % 10**6 // 1000}", name, R.TOWNSHIP_CLERK, area, listed=False)
    for area, name in (
        (150222102000, "贺文斌"),
        (150222103000, "周海燕"),
        (150222104000, "吕志强"),
        (150222106000, "薛晓东"),
        (150222107000, "任艳芳"),
    )
)


@transaction.atomic
def make_accounts() -> None:
    """Make the accounts that are missing; what exists stays as it is."""
    known = set(User.objects.values_list("username", flat=True))
    areas = set(Area.objects.values_list("code", flat=True))
    wanted = [
        a
        for a in (*ACCOUNTS, *CLERKS, *_agency_officers())
        if a.username not in known and a.area in areas
    ]
    if not wanted:
        return
    secret = make_password(PASSWORD)
    users = User.objects.bulk_create(
        User(
            username=a.username, display_name=a.name, password=secret if a.listed else make_password(None),
            is_demo=True, must_change_password=False,
        )
        for a in wanted
    )  # fmt: skip
    Grant.objects.bulk_create(
        Grant(
            user=user, role=a.role, area_id=a.area, agency=_agency(a) if a.agency else None, line=a.line,
            valid_from=SINCE,
        )
        for user, a in zip(users, wanted, strict=True)
    )  # fmt: skip


def _agency(account: Account) -> Agency:
    """The unit of this name in or above the account's area, made where no campaign has named it."""
    home = (
        GUYANG
        if account.agency.startswith("固阳县")
        else RONGAN
        if account.agency.startswith("融安县")
        else account.area
    )
    found = Agency.objects.filter(name=account.agency, area_id=home).first()
    if found:
        return found
    code = f"D{Agency.objects.filter(area_id=home).count() + 1:02d}"
    return Agency.objects.create(
        code=code, name=account.agency, kind="bureau", area_id=home, line=account.line
    )


def _agency_officers() -> list[Account]:
    """One unlisted officer for every unit of Baotou that has no account of its own."""
    named = {a.agency for a in ACCOUNTS if a.role == R.AGENCY}
    units = Agency.objects.filter(
        area_id=BAOTOU, kind__in=("bureau", "party_dept", "utility")
    ).order_by("pk")
    names = (
        "白志和",
        "郝俊英",
        "康旭东",
        "樊丽",
        "武建平",
        "侯永强",
        "乔慧敏",
        "温海军",
        "邢艳",
        "常志远",
        "段磊",
        "邬雪梅",
    )
    return [
        Account(
            f"by_unit_{unit.code.lower()}",
            names[n % len(names)],
            R.AGENCY,
            BAOTOU,
            unit.name,
            listed=False,
        )
        for n, unit in enumerate(u for u in units if u.name not in named)
    ]


def pair_helpers() -> None:
    """Give each helper a dozen households of their village."""
    for username, village in (("by_helper", YINHAO_VILLAGE), ("ra_helper", MATIAN_VILLAGE)):
        helper = User.objects.get(username=username)
        if helper.pairings.exists():
            continue
        homes = Household.objects.filter(village_id=village).order_by("code")[:12]
        Pairing.objects.bulk_create(
            Pairing(household=home, helper=helper, valid_from=SINCE) for home in homes
        )


def listing() -> dict[str, Any]:
    """What `load_demo` always prints: the shared password and who may sign in with it."""
    listed = {a.username for a in ACCOUNTS}
    grants = Grant.objects.filter(user__is_demo=True, user__username__in=listed).select_related(
        "user", "area", "agency"
    )
    by_name = {g.user.username: g for g in grants}
    return {
        "password": PASSWORD,
        "accounts": [
            {
                "username": a.username,
                "role": grant.role,
                "area": str(grant.area_id or ""),
                "area_name": grant.area.name if grant.area else "",
                "agency": grant.agency.name if grant.agency else "",
                "name": a.name,
            }
            for a in ACCOUNTS
            if (grant := by_name.get(a.username))
        ],
    }


def for_sign_in_page(request: Any) -> list[dict[str, str]]:
    """The accounts as the sign-in page of the demonstration lists them."""
    told = listing()
    return [
        {
            "username": row["username"],
            "password": told["password"],
            "role": str(RoleCode(row["role"]).label),
            "area": row["area_name"],
            "agency": row["agency"],
        }
        for row in told["accounts"]
    ]
