from typing import Any

import django_filters as filters
from django.utils.translation import gettext_lazy as _

from accounts.models import Agency
from core import clock
from core.forms import DateField, MonthField
from indicators.definitions import CATALOGUE
from tasks.enums import AgencyRole, CaseState, EventKind
from tasks.models import Case, Task
from tasks.querysets import LIVE, month_end

TURNS = [
    (kind.value, kind.label) for kind in (EventKind.OPENED, EventKind.REOPENED, EventKind.CLOSED)
]
STATES = [("LIVE", _("在办（未销号）")), *CaseState.choices]
NO_TASK = "none"


def indicator_choices() -> list[tuple[str, str]]:
    return [(code, f"{code} {item.short_name}") for code, item in CATALOGUE.items()]


def tasks_of(request: Any) -> Any:
    """Tasks that the user may choose."""
    return (
        Task.objects.for_user(request.user).order_by("campaign", "order")
        if request
        else Task.objects.none()
    )


class MonthFilter(filters.Filter):
    field_class = MonthField


class DayFilter(filters.Filter):
    field_class = DateField


class CaseFilterSet(filters.FilterSet):
    """Conditions of the case list, shared by page, export and API.

    `turn` with `month`: cases that were opened, reopened or closed in the month. `standing`: cases
    that stood open at the end of a day. These make the lists behind the task board's figures.
    """

    number = filters.CharFilter(label=_("编号"), lookup_expr="startswith")
    state = filters.ChoiceFilter(label=_("状态"), choices=STATES, method="by_state")
    overdue = filters.BooleanFilter(label=_("是否超期"), method="by_overdue")
    indicator = filters.ChoiceFilter(label=_("指标"), choices=indicator_choices)
    task = filters.ModelChoiceFilter(
        label=_("任务"),
        queryset=tasks_of,
        method="by_task",
        null_label=_("未列入任务清单"),
        null_value=NO_TASK,
    )
    agency = filters.ModelChoiceFilter(
        label=_("责任单位"),
        field_name="agencies",
        queryset=Agency.objects.filter(task_roles__role=AgencyRole.LEAD)
        .distinct()
        .order_by("code"),
    )
    month = MonthFilter(label=_("月份"), method="by_month")
    turn = filters.ChoiceFilter(label=_("月内变动"), choices=TURNS, method="by_turn")
    standing = DayFilter(label=_("某日在办"), method="by_standing")

    class Meta:
        model = Case
        fields: tuple[str, ...] = ()

    def by_state(self, rows: Any, _name: str, value: str) -> Any:
        return rows.filter(LIVE) if value == "LIVE" else rows.filter(state=value)

    def by_overdue(self, rows: Any, _name: str, value: bool) -> Any:
        late = Case.objects.overdue(clock.today()).values("pk")
        return rows.filter(pk__in=late) if value else rows.exclude(pk__in=late)

    def by_task(self, rows: Any, _name: str, value: Any) -> Any:
        if value == NO_TASK:
            return rows.exclude(indicator__in=Task.objects.for_user(self.request.user).all_codes())
        return rows.filter(indicator__in=Task.objects.codes_of(value))

    def by_month(self, rows: Any, _name: str, value: Any) -> Any:
        """Alone it means opened in that month; with `turn`, see there."""
        turn = self.form.cleaned_data.get("turn") or EventKind.OPENED
        return rows.with_turn(turn, value, month_end(value))

    def by_turn(self, rows: Any, _name: str, value: str) -> Any:
        """A turn without a month: ever."""
        return (
            rows
            if self.form.cleaned_data.get("month")
            else rows.filter(events__kind=value).distinct()
        )

    def by_standing(self, rows: Any, _name: str, value: Any) -> Any:
        return rows.open_at(value)
