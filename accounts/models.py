from datetime import date
from typing import Any

from django.contrib.auth.models import AbstractUser, UserManager
from django.db import models
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from accounts.enums import Level, Line, RoleCode
from accounts.querysets import (
    AreaQuerySet,
    CodeRange,
    GrantQuerySet,
    UserQuerySet,
    code_range,
    merge_ranges,
    visible_lines,
)
from accounts.roles import ROLE_PERMISSIONS, roles_with
from core import clock

SHORT_TAILS = (  # how an official name ends, and what people say instead
    ("村民委员会", "村"),
    ("村委会", "村"),
    ("村委", "村"),
    ("嘎查委员会", "嘎查"),
    ("居民委员会", "社区"),
    ("居委会", "社区"),
)


class Area(models.Model):
    """An administrative division of any level under its 12-digit statistical code.

    Codes never change: a merger makes a new row and sets `valid_to` and `replaced_by` on the old.
    """

    code = models.BigIntegerField(_("区划代码"), primary_key=True)
    name = models.CharField(_("名称"), max_length=64)
    level = models.CharField(_("级别"), max_length=16, choices=Level.choices)
    parent = models.ForeignKey(
        "self",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="children",
        verbose_name=_("上级"),
    )
    valid_to = models.DateField(_("撤并日期"), null=True, blank=True)
    replaced_by = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("并入")
    )

    objects = AreaQuerySet.as_manager()

    class Meta:
        verbose_name = _("行政区划")
        verbose_name_plural = _("行政区划")
        constraints = [
            models.CheckConstraint(
                condition=models.Q(code__range=(10**11, 10**12 - 1)),
                name="accounts_area_code_12_digits",
            ),
        ]
        indexes = [models.Index(fields=["level", "code"], name="accounts_area_level")]

    def __str__(self) -> str:
        return self.name

    @property
    def range(self) -> CodeRange:
        return code_range(self.code, self.level)

    @property
    def is_village(self) -> bool:
        return self.level == Level.VILLAGE

    @property
    def short_name(self) -> str:
        """The name as people say it: 马田村 for 马田村委会."""
        for tail, kept in SHORT_TAILS:
            if self.name.endswith(tail):
                stem = self.name.removesuffix(tail)
                return stem if stem.endswith(kept) else stem + kept
        return self.name


class Agency(models.Model):
    """A unit that leads or supports tasks: a bureau, a party department, a county government."""

    code = models.CharField(_("代码"), max_length=16)
    name = models.CharField(_("名称"), max_length=64)
    kind = models.CharField(_("类型"), max_length=32)
    area = models.ForeignKey(
        Area, models.PROTECT, related_name="agencies", verbose_name=_("所属区划")
    )
    line = models.CharField(
        _("业务条线"), max_length=16, choices=Line.choices, default=Line.GENERAL
    )

    class Meta:
        verbose_name = _("单位")
        verbose_name_plural = _("单位")
        constraints = [
            models.UniqueConstraint(fields=["area", "code"], name="accounts_agency_code")
        ]

    def __str__(self) -> str:
        return self.name


class AccountManager(UserManager.from_queryset(UserQuerySet)):
    """Django's own manager, knowing who may see an account."""

    use_in_migrations = False


class User(AbstractUser):
    """A person. What they may see and do follows from their grants alone."""

    display_name = models.CharField(_("姓名"), max_length=64)
    must_change_password = models.BooleanField(_("须改密码"), default=True)
    is_demo = models.BooleanField(_("演示账号"), default=False)

    objects = AccountManager()

    class Meta:
        verbose_name = _("用户")
        verbose_name_plural = _("用户")

    def __str__(self) -> str:
        return self.display_name or self.username

    def get_absolute_url(self) -> str:
        return reverse("accounts:user_detail", args=[self.pk])

    # Rights are read once per request object; `on` is the business date of that reading.
    _grants: list["Grant"] | None = None

    def load_grants(self, on: date) -> list["Grant"]:
        """Grants in force on a business date, kept on this instance; one query the first time."""
        if self._grants is None:
            self._grants = list(self.grants.active(on).select_related("area", "agency"))
        return self._grants

    @property
    def current_grants(self) -> list["Grant"]:
        return self.load_grants(clock.today())

    def village_ranges(self, permission: str) -> list[CodeRange]:
        """Merged ranges of village codes where the user holds a permission by area."""
        roles = set(roles_with(permission)) - {RoleCode.HELPER}
        return merge_ranges(g.area.range for g in self.current_grants if g.role in roles and g.area)

    def covers(self, area: Area, permission: str) -> bool:
        """Whether the whole area lies where the user holds a permission."""
        low, high = area.range
        return any(a <= low and high <= b for a, b in self.village_ranges(permission))

    def has_role(self, role: str, permission: str) -> bool:
        return role in roles_with(permission) and any(g.role == role for g in self.current_grants)

    def paired_household_ids(self) -> Any:
        """Households this helper is paired with; filled by `households` through its relation."""
        on = clock.today()
        current = models.Q(valid_to=None) | models.Q(valid_to__gt=on)
        return self.pairings.filter(current, valid_from__lte=on).values("household_id")

    def permissions(self) -> set[str]:
        return {str(p) for g in self.current_grants for p in ROLE_PERMISSIONS[RoleCode(g.role)]}

    def lines_in(self, village_id: int, permission: str) -> set[str]:
        """Lines of work whose facts the user may see in one village."""
        roles = roles_with(permission)
        held = ((g.line, g.area.range) for g in self.current_grants if g.role in roles and g.area)
        return visible_lines(line for line, (low, high) in held if low <= village_id <= high)


class Grant(models.Model):
    """One role of one user in one area (and, for agencies, one unit and line), for a time.

    `valid_to` is the first day without it; ended on its first day it was never in force.
    """

    user = models.ForeignKey(User, models.PROTECT, related_name="grants", verbose_name=_("用户"))
    role = models.CharField(_("角色"), max_length=32, choices=RoleCode.choices)
    area = models.ForeignKey(
        Area, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("区划")
    )
    agency = models.ForeignKey(
        Agency, models.PROTECT, null=True, blank=True, related_name="grants", verbose_name=_("单位")
    )
    line = models.CharField(
        _("业务条线"), max_length=16, choices=Line.choices, default=Line.GENERAL
    )
    valid_from = models.DateField(_("开始日期"))
    valid_to = models.DateField(_("结束日期"), null=True, blank=True)

    objects = GrantQuerySet.as_manager()

    class Meta:
        verbose_name = _("授权")
        verbose_name_plural = _("授权")
        constraints = [
            models.CheckConstraint(
                condition=models.Q(valid_to=None) | models.Q(valid_to__gte=models.F("valid_from")),
                name="accounts_grant_range",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user} {self.get_role_display()} {self.area or ''}"

    def is_over(self, on: date) -> bool:
        return self.valid_to is not None and self.valid_to <= on

    def holds(self, on: date) -> bool:
        """In force on that day."""
        return self.valid_from <= on and not self.is_over(on)

    @property
    def words(self) -> str:
        """What the role is and where: 固阳县 行业部门（固阳县住建局，住房）."""
        more = [str(self.agency)] if self.agency else []
        if self.line != Line.GENERAL:
            more.append(str(self.get_line_display()))
        place = f"{self.area} " if self.area else ""
        return f"{place}{self.get_role_display()}" + (_("（%s）") % "，".join(more) if more else "")
