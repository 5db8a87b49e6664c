from datetime import date, datetime, time, timedelta
from typing import Any

import django_filters
from django.apps import apps
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.enums import ACTION_LABELS, AUDITED, Level, RoleCode
from accounts.models import Area, Grant, User
from core import clock
from core.forms import DateField
from core.models import AuditEvent


class AreaFilterSet(django_filters.FilterSet):
    level = django_filters.ChoiceFilter(label=_("级别"), choices=Level.choices)
    parent = django_filters.NumberFilter(label=_("上级代码"), field_name="parent_id")
    name = django_filters.CharFilter(label=_("名称"), lookup_expr="contains")

    class Meta:
        model = Area
        fields = ["level", "parent", "name"]


class UserState(models.TextChoices):
    """What an administrator looks for among accounts."""

    ACTIVE = "ACTIVE", _("在用")
    CLOSED = "CLOSED", _("已停用")
    NEW = "NEW", _("未改初始密码")
    ROLELESS = "ROLELESS", _("没有岗位")


class UserFilterSet(django_filters.FilterSet):
    name = django_filters.CharFilter(label=_("姓名或用户名"), method="filter_name")
    role = django_filters.ChoiceFilter(
        label=_("岗位"), choices=RoleCode.choices, method="filter_role"
    )
    state = django_filters.ChoiceFilter(
        label=_("状态"), choices=UserState.choices, method="filter_state"
    )

    class Meta:
        model = User
        fields: list[str] = []

    def filter_name(self, rows: Any, name: str, value: str) -> Any:
        return rows.filter(Q(display_name__contains=value) | Q(username__icontains=value))

    def filter_role(self, rows: Any, name: str, value: str) -> Any:
        return rows.filter(pk__in=self._present().filter(role=value).values("user_id"))

    def filter_state(self, rows: Any, name: str, value: str) -> Any:
        match value:
            case UserState.CLOSED:
                return rows.filter(is_active=False)
            case UserState.NEW:
                return rows.filter(is_active=True, must_change_password=True)
            case UserState.ROLELESS:
                return rows.exclude(pk__in=self._present().values("user_id"))
            case _:
                return rows.filter(is_active=True)

    @staticmethod
    def _present() -> Any:
        return Grant.objects.active(clock.today())


def audited_kinds() -> list[tuple[str, Any]]:
    """Kinds of objects by their names; asked for when all apps are there."""
    return [(kind, apps.get_model(kind)._meta.verbose_name) for kind in AUDITED]


class DayFilter(django_filters.DateFilter):
    """A day, written in any usual way."""

    field_class = DateField


class AuditFilterSet(django_filters.FilterSet):
    actor = django_filters.CharFilter(
        label=_("操作人"), field_name="actor_name", lookup_expr="contains"
    )
    action = django_filters.ChoiceFilter(label=_("操作"), choices=tuple(ACTION_LABELS.items()))
    target_type = django_filters.ChoiceFilter(label=_("对象"), choices=audited_kinds)
    target_id = django_filters.CharFilter(label=_("对象编号"))
    since = DayFilter(label=_("开始日期"), method="filter_since")
    until = DayFilter(label=_("结束日期"), method="filter_until")

    class Meta:
        model = AuditEvent
        fields: list[str] = []  # the order of the conditions is the one above

    def filter_since(self, rows: Any, name: str, value: date) -> Any:
        return rows.filter(at__gte=datetime.combine(value, time.min, tzinfo=clock.SHANGHAI))

    def filter_until(self, rows: Any, name: str, value: date) -> Any:
        """The day itself included."""
        after = datetime.combine(value, time.min, tzinfo=clock.SHANGHAI) + timedelta(days=1)
        return rows.filter(at__lt=after)
