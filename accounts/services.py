"""What happens to accounts: sign-in and what goes wrong with it, passwords, tokens, roles. All audited.

Also the loading of administrative divisions.
"""

import secrets
import string
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.contrib.auth import SESSION_KEY, password_validation
from django.contrib.sessions.models import Session
from django.db import transaction
from django.utils.translation import gettext as _
from knox.models import AuthToken

from accounts.enums import ADMINISTRATORS, Level, Line, RoleCode
from accounts.models import Agency, Area, Grant, User
from accounts.permissions import can_keep_account
from accounts.querysets import code_range
from accounts.roles import Permission
from core import audit

# Letters that nobody mistakes for another when reading a password from paper.
PASSWORD_LETTERS = "".join(sorted(set(string.ascii_letters + string.digits) - set("0O1lI")))
INITIAL_LENGTH = 14


class WrongPassword(Exception):
    """The present password was not the one given."""


class SamePassword(Exception):
    """The new password is the present one."""


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where a sign-in came from."""

    address: str = ""
    agent: str = ""

    def detail(self) -> dict[str, str]:
        return {"address": self.address, "agent": self.agent[:200]}


def place_of(request: Any) -> Place:
    """The place of an HTTP request; an empty one for commands and tests without a request."""
    meta = getattr(request, "META", {})
    return Place(
        address=str(meta.get("REMOTE_ADDR", "")), agent=str(meta.get("HTTP_USER_AGENT", ""))
    )


def record_sign_in(*, user: User, at: datetime, place: Place) -> None:
    audit.record(action="account.sign_in", by=user, at=at, target=user, detail=place.detail())


def record_sign_out(*, user: User, at: datetime, place: Place) -> None:
    audit.record(action="account.sign_out", by=user, at=at, target=user, detail=place.detail())


def record_failure(*, username: str, at: datetime, place: Place) -> None:
    """A wrong password, a closed account or an unknown name; the name typed is kept."""
    detail = {"username": username[:150], **place.detail()}
    audit.record(action="account.sign_in_failed", by=None, at=at, detail=detail)


def record_lock(*, username: str, at: datetime, place: Place) -> None:
    """An account was locked for this address after too many wrong passwords."""
    audit.record(
        action="account.locked",
        by=None,
        at=at,
        detail={"username": username[:150], **place.detail()},
    )


@transaction.atomic
def change_password(*, user: User, old: str, new: str, at: datetime) -> User:
    """Give the user a new password; every other session and all API tokens of theirs end.

    Raises WrongPassword, SamePassword, and ValidationError when the new one breaks the rules.
    """
    user = User.objects.select_for_update().get(pk=user.pk)
    if not user.check_password(old):
        raise WrongPassword
    if old == new:
        raise SamePassword
    password_validation.validate_password(new, user)
    user.set_password(new)
    user.must_change_password = False
    user.save(update_fields=["password", "must_change_password"])
    AuthToken.objects.filter(user=user).delete()
    audit.record(action="account.password_changed", by=user, at=at, target=user)
    return user


@transaction.atomic
def issue_token(*, user: User, at: datetime, place: Place) -> tuple[AuthToken, str]:
    """A new API token: its row, and the only time its text is known."""
    row, text = AuthToken.objects.create(user=user)
    audit.record(
        action="account.token_issued",
        by=user,
        at=at,
        target=user,
        detail={"token": row.token_key, **place.detail()},
    )
    return row, text


class BadDivisions(Exception):
    """Rows of a divisions file that cannot be taken; nothing was written. `problems` lists (row, message)."""

    def __init__(self, problems: list[tuple[int, str]]) -> None:
        super().__init__("; ".join(f"{row}: {message}" for row, message in problems[:20]))
        self.problems = problems


@transaction.atomic
def load_divisions(*, rows: Iterable[Mapping[str, str]], by: Any, at: datetime) -> dict[str, int]:
    """Create and update areas from rows of `code,name,level,parent_code`: how many of each.

    Rows are numbered from 2, as below a header. Parents may stand anywhere in the file or be known
    already; any higher level may be the parent. Areas that the file does not name stay as they are.
    Raises BadDivisions with every refused row.
    """
    known = {area.code: area for area in Area.objects.all()}
    wanted, problems = _read_divisions(rows)
    levels = {code: area.level for code, area in known.items()} | {
        a.code: a.level for a, _row in wanted.values()
    }
    problems += [(row, why) for a, row in wanted.values() if (why := _misplaced(a, levels))]
    if problems:
        raise BadDivisions(sorted(problems))
    new = [a for a, _row in wanted.values() if a.code not in known]
    changed = [a for a, _row in wanted.values() if a.code in known and _differs(a, known[a.code])]
    Area.objects.bulk_create(new, batch_size=5000)
    Area.objects.bulk_update(changed, ["name", "level", "parent"], batch_size=2000)
    counts = {
        "rows": len(wanted),
        "created": len(new),
        "updated": len(changed),
        "unchanged": len(wanted) - len(new) - len(changed),
    }
    if new or changed:
        audit.record(action="accounts.divisions_loaded", by=by, at=at, detail=counts)
    return counts


def _read_divisions(
    rows: Iterable[Mapping[str, str]],
) -> tuple[dict[int, tuple[Area, int]], list[tuple[int, str]]]:
    wanted: dict[int, tuple[Area, int]] = {}
    problems: list[tuple[int, str]] = []
    for number, row in enumerate(rows, start=2):
        code, name, level, parent = (
            (row.get(key) or "").strip() for key in ("code", "name", "level", "parent_code")
        )
        if not (_is_code(code) and (_is_code(parent) or not parent)):
            problems.append(
                (
                    number,
                    _("区划代码应为 12 位数字：%(code)s") % {"code": f"{code} {parent}".strip()},
                )
            )
        elif not name or len(name) > 64:
            problems.append((number, _("名称为空或超过 64 字")))
        elif level not in Level.values:
            problems.append((number, _("级别无法识别：%(level)s") % {"level": level}))
        elif int(code) in wanted:
            problems.append((number, _("区划代码重复：%(code)s") % {"code": code}))
        else:
            area = Area(
                code=int(code), name=name, level=level, parent_id=int(parent) if parent else None
            )
            wanted[area.code] = (area, number)
    return wanted, problems


def _is_code(text: str) -> bool:
    return len(text) == 12 and text.isascii() and text.isdigit() and text[0] != "0"


def _misplaced(area: Area, levels: Mapping[int, str]) -> str:
    """Why the area cannot hang under its parent; empty when it can."""
    if area.parent_id is None:
        return "" if area.level == Level.PROVINCE else _("缺少上级代码")
    if area.parent_id not in levels:
        return _("上级 %(code)s 不在文件中，也未登记") % {"code": area.parent_id}
    order = list(Level.values)
    if order.index(levels[area.parent_id]) >= order.index(area.level):
        return _("上级 %(code)s 的级别不高于本级") % {"code": area.parent_id}
    low, high = code_range(area.parent_id, levels[area.parent_id])
    return (
        ""
        if low <= area.code <= high
        else _("代码不在上级 %(code)s 之内") % {"code": area.parent_id}
    )


def _differs(area: Area, known: Area) -> bool:
    return (area.name, area.level, area.parent_id) != (known.name, known.level, known.parent_id)


class NameTaken(Exception):
    """Another account has this user name."""


class BadGrant(Exception):
    """A grant that cannot be; the text says why, in Chinese."""


class OwnRoles(BadGrant):
    """Nobody decides on roles of their own."""


class OutsideArea(BadGrant):
    """The area of the grant does not lie inside the granter's."""


class SeparateDuties(BadGrant):
    """The three administrators are three people (三员分立)."""


class AccountKeptElsewhere(Exception):
    """The account is one's own, or holds a role outside the keeper's areas."""


@transaction.atomic
def open_account(*, username: str, display_name: str, by: Any, at: datetime) -> tuple[User, str]:
    """A new account and its initial password, shown only now and to be changed at first sign-in."""
    if User.objects.filter(username=username).exists():
        raise NameTaken(username)
    password = _initial_password()
    user = User(username=username, display_name=display_name, must_change_password=True)
    user.set_password(password)
    user.full_clean()
    user.save()
    audit.record(action="account.opened", by=by, at=at, target=user, detail={"username": username})
    return user, password


@transaction.atomic
def reset_password(*, user: User, by: Any, at: datetime, on: date) -> tuple[User, str]:
    """A new initial password, shown only now; sessions and tokens end. Raises AccountKeptElsewhere."""
    user = _account_to_keep(user, by, on)
    password = _initial_password()
    user.set_password(password)
    user.must_change_password = True
    user.save(update_fields=["password", "must_change_password"])
    _end_sessions(user, at)
    detail = {"username": user.username}
    audit.record(action="account.password_reset", by=by, at=at, target=user, detail=detail)
    return user, password


@transaction.atomic
def close_account(*, user: User, by: Any, at: datetime, on: date) -> User:
    """Nobody signs in with it any more; sessions and tokens end. Raises AccountKeptElsewhere."""
    user = _account_to_keep(user, by, on)
    if user.is_active:
        user.is_active = False
        user.save(update_fields=["is_active"])
        _end_sessions(user, at)
        detail = {"username": user.username}
        audit.record(action="account.closed", by=by, at=at, target=user, detail=detail)
    return user


@transaction.atomic
def reopen_account(*, user: User, by: Any, at: datetime, on: date) -> User:
    """Sign-in with the password it had. Raises AccountKeptElsewhere."""
    user = _account_to_keep(user, by, on)
    if not user.is_active:
        user.is_active = True
        user.save(update_fields=["is_active"])
        detail = {"username": user.username}
        audit.record(action="account.reopened", by=by, at=at, target=user, detail=detail)
    return user


def _initial_password() -> str:
    while True:  # until it holds both classes, as every password must
        password = "".join(secrets.choice(PASSWORD_LETTERS) for _ in range(INITIAL_LENGTH))
        if any(c.isalpha() for c in password) and any(c.isdigit() for c in password):
            return password


def _account_to_keep(user: User, by: Any, on: date) -> User:
    user = User.objects.select_for_update().get(pk=user.pk)
    if by is not None and not can_keep_account(by, user, on):
        if by.pk == user.pk:
            raise AccountKeptElsewhere(_("不能停用、启用或重置自己的账号"))
        raise AccountKeptElsewhere(_("该账号在您的管理范围以外还有岗位，请由上级管理员办理"))
    return user


def _end_sessions(user: User, at: datetime) -> None:
    AuthToken.objects.filter(user=user).delete()
    alive = Session.objects.filter(expire_date__gte=at)
    theirs = [s.pk for s in alive if s.get_decoded().get(SESSION_KEY) == str(user.pk)]
    Session.objects.filter(pk__in=theirs).delete()


@transaction.atomic
def grant_role(
    *,
    user: User,
    role: str,
    area: Area | None,
    on: date,
    by: Any,
    at: datetime,
    agency: Agency | None = None,
    line: str = Line.GENERAL,
    until: date | None = None,
) -> Grant:
    """Give a user one role in one area from a day on, `until` (exclusive) if it is for a time.

    `by=None` is the command line, which stands above areas. Raises BadGrant and its kinds.
    """
    if area is None:
        raise BadGrant(_("授权须指定区划"))
    if role == RoleCode.AGENCY and agency is None:
        raise BadGrant(_("行业部门须指定单位"))
    if by is not None:
        _judge_granter(by, user, area)
    User.objects.select_for_update().get(pk=user.pk)  # two grants at once are judged in turn
    held = list(user.grants.unfinished(on))
    _keep_duties_apart(role, held)
    if any((g.role, g.area_id, g.agency) == (role, area.code, agency) for g in held):
        raise BadGrant(_("该用户已有同样的岗位"))
    grant = Grant(
        user=user, role=role, area=area, agency=agency, line=line, valid_from=on, valid_to=until
    )
    grant.full_clean()
    grant.save()
    detail = {
        "user": user.pk,
        "username": user.username,
        "role": role,
        "area": area.code,
        "line": line,
    }
    audit.record(action="account.granted", by=by, at=at, target=grant, detail=detail)
    return grant


@transaction.atomic
def end_grant(*, grant: Grant, by: Any, at: datetime, on: date) -> Grant:
    """Take a role away from a day on; one that has not begun never does. Raises BadGrant and its kinds."""
    grant = (
        Grant.objects.select_for_update(of=("self",))
        .select_related("user", "area")
        .get(pk=grant.pk)
    )
    if by is not None and grant.area is not None:
        _judge_granter(by, grant.user, grant.area)
    if grant.valid_to is not None and grant.valid_to <= on:
        raise BadGrant(_("这个岗位已经结束"))
    grant.valid_to = max(on, grant.valid_from)
    grant.save(update_fields=["valid_to"])
    detail = {
        "user": grant.user_id,
        "username": grant.user.username,
        "role": grant.role,
        "area": grant.area_id,
    }
    audit.record(action="account.grant_ended", by=by, at=at, target=grant, detail=detail)
    return grant


def _judge_granter(by: User, user: User, area: Area) -> None:
    if by.pk == user.pk:
        raise OwnRoles(_("不能给自己授权，也不能收回自己的岗位"))
    if not by.covers(area, Permission.MANAGE_GRANTS):
        raise OutsideArea(_("%(area)s不在您的授权范围内") % {"area": area})


def _keep_duties_apart(role: str, held: Iterable[Grant]) -> None:
    others = [g for g in held if g.role in ADMINISTRATORS and g.role != role]
    if role in ADMINISTRATORS and others:
        raise SeparateDuties(
            _("三员分立：该用户已是%(held)s，不能再任%(role)s")
            % {"held": others[0].get_role_display(), "role": RoleCode(role).label}
        )


def record_trail_export(
    *, by: Any, at: datetime, reason: str, rows: int, conditions: Mapping[str, Any]
) -> None:
    """Put an export of the audit trail on the trail itself."""
    detail = {"reason": reason, "rows": rows, "conditions": dict(conditions)}
    audit.record(action="audit.export", by=by, at=at, detail=detail)
