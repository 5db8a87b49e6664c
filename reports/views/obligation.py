"""报送情况: who has reported on a month, and how they did in the months before."""

from collections import Counter
from datetime import date, datetime
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.generic import TemplateView, View

from accounts.roles import Permission
from accounts.scope import page_area
from core import clock
from core.access import Access, AccessMixin
from core.forms import date_parts
from core.xlsx import workbook_response
from reports import deadlines
from reports.enums import FILED_STATES, PENDING_STATES, ObligationState
from reports.models import Obligation
from reports.views.filing import with_standing
from tasks.enums import AgencyRole

STRIP = 6  # months of history beside each agency


class ObligationListView(AccessMixin, TemplateView):
    access = Access(permission=Permission.VIEW_REPORTS)
    template_name = "reports/obligation_list.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        moment = clock.business_now()
        months = list(seen_months(self.request))
        month = chosen_month(self.request, months, moment.date())
        rows = month_rows(self.request, month, moment)
        asked = self.request.GET.get("state", "")
        return super().get_context_data(**kwargs) | {
            "area": page_area(self.request),
            "month": month,
            "months": months if month in months else [month, *months],
            "strip": strip_months(month),
            "due_on": rows[0].due_on if rows else deadlines.due_on(month),
            "today": moment.date(),
            "figures": summary(rows),
            "states": state_links(rows, asked),
            "rows": [row for row in rows if not asked or row.standing == asked],
            "can_export": self.request.user.has_perm(Permission.EXPORT),
        }


class ObligationExportView(AccessMixin, View):
    """The month's table as a workbook."""

    access = Access(permission=Permission.EXPORT)

    def get(self, request: HttpRequest) -> HttpResponse:
        moment = clock.business_now()
        month = chosen_month(request, list(seen_months(request)), moment.date())
        title = _("%(year)s年%(month)s月月报报送情况") % {"year": month.year, "month": month.month}
        headers = [
            _("牵头单位"),
            _("任务数"),
            _("状态"),
            _("首次报送"),
            _("回执号"),
            _("零报告"),
            _("版次"),
        ]
        lines = [
            [
                str(row.agency),
                row.task_count,
                str(row.standing.label),
                local(row.first_submitted_at),
                row.receipt or "",
                _("是") if row.is_nil else "",
                row.submitted_count,
            ]
            for row in month_rows(request, month, moment)
        ]
        return workbook_response(
            headers, lines, filename=f"{title}_{moment:%Y%m%d}.xlsx", title=title
        )


def seen_months(request: HttpRequest) -> Any:
    seen = Obligation.objects.for_user(request.user)
    return seen.order_by("-month").values_list("month", flat=True).distinct()


def chosen_month(request: HttpRequest, months: list[date], today: date) -> date:
    """The month asked for, else the month just over, else the newest there is."""
    parts = date_parts(request.GET.get("month", ""), 2)
    if parts:
        return date(parts[0], parts[1], 1)
    over = deadlines.previous_month(today)
    return over if over in months or not months else months[0]


def strip_months(month: date) -> list[date]:
    start = month
    for _step in range(STRIP - 1):
        start = deadlines.previous_month(start)
    return deadlines.months_between(start, month)


def month_rows(request: HttpRequest, month: date, moment: datetime) -> list[Any]:
    """The month's obligations with state, number of led tasks and the months before. Three queries."""
    months = strip_months(month)
    seen = Obligation.objects.for_user(request.user).filter(month__in=months).with_progress()
    found = [
        with_standing(row, moment)
        for row in seen.select_related("agency", "campaign").order_by("agency__pk", "pk")
    ]
    earlier = {(row.campaign_id, row.agency_id, row.month): row for row in found}
    rows = [row for row in found if row.month == month]
    counts = led_counts(rows)
    for row in rows:
        row.task_count = counts[row.campaign_id, row.agency_id]
        row.strip = [earlier.get((row.campaign_id, row.agency_id, each)) for each in months]
        row.filed_url = (
            reverse("reports:filing_detail", args=[row.filing_id]) if row.filing_id else ""
        )
    rank = [*reversed(ObligationState.values)]
    return sorted(rows, key=lambda row: (rank.index(row.standing), row.agency_id))


def led_counts(rows: list[Any]) -> Counter[tuple[int, int]]:
    """Leaf tasks each agency leads in each campaign."""
    if not rows:
        return Counter()
    parts = rows[0].agency.task_roles.model._default_manager.filter(
        role=AgencyRole.LEAD, task__is_leaf=True, agency__in={row.agency_id for row in rows}
    )
    return Counter(parts.values_list("task__campaign_id", "agency_id"))


def tally(rows: list[Any]) -> dict[str, int]:
    """应报, 按时, 迟报, 待报, 逾期未报, 零报告: the first is the sum of the next four."""
    states = Counter(row.standing for row in rows)
    return {
        "due": len(rows),
        "on_time": states[ObligationState.FILED],
        "late": states[ObligationState.LATE],
        "pending": sum(states[state] for state in PENDING_STATES),
        "overdue": states[ObligationState.OVERDUE],
        "nil": sum(bool(row.is_nil) for row in rows),
        "filed": sum(states[state] for state in FILED_STATES),
    }


def summary(rows: list[Any]) -> list[dict[str, Any]]:
    counts = tally(rows)
    words = [
        ("due", _("应报"), ""),
        ("on_time", _("按时"), ""),
        ("late", _("迟报"), ""),
        ("pending", _("待报"), ""),
        ("overdue", _("逾期未报"), ""),
        ("nil", _("零报告"), ""),
    ]
    figures = [
        {"label": label, "value": counts[name], "unit": _("家")} for name, label, _status in words
    ]
    figures.append(
        {"label": _("报送率"), "value": percent(counts["filed"], counts["due"]), "unit": ""}
    )
    return figures


def percent(part: int, whole: int) -> str:
    return f"{part * 100 / whole:.2f}%" if whole else "—"


def state_links(rows: list[Any], asked: str) -> list[dict[str, Any]]:
    states = Counter(row.standing for row in rows)
    return [
        {
            "value": state.value,
            "label": state.label,
            "count": states[state],
            "active": asked == state.value,
        }
        for state in ObligationState
        if states[state]
    ]


def local(moment: datetime | None) -> str:
    return f"{moment.astimezone(deadlines.SHANGHAI):%Y-%m-%d %H:%M}" if moment else ""
