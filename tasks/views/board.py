"""The campaign: the task board with its arithmetic, one task, the board as a workbook."""

from datetime import date, timedelta
from typing import Any
from urllib.parse import urlencode

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.views.generic import TemplateView, View

from accounts.roles import Permission
from accounts.scope import page_area
from core import clock
from core.access import Access, AccessMixin
from core.xlsx import workbook_response
from indicators import figures
from indicators.definitions import CATALOGUE
from indicators.enums import Verdict
from tasks import board
from tasks.enums import EventKind
from tasks.filters import NO_TASK
from tasks.models import Campaign, Case, Task
from tasks.querysets import Stock, month_end
from tasks.views.words import dress, list_url


def asked_month(request: HttpRequest, today: date) -> date:
    """`?month=2019-10`; this month where none is asked or it cannot be read."""
    try:
        first = date.fromisoformat(f"{request.GET.get('month', '')}-01")
    except ValueError:
        return today.replace(day=1)
    return min(first, today.replace(day=1))


def months_to(today: date, campaign: Campaign) -> list[date]:
    """Months of the campaign up to this one, newest first."""
    first, months = date(campaign.year, 1, 1), []
    month = today.replace(day=1)
    while month >= first:
        months.append(month)
        month = (month - timedelta(days=1)).replace(day=1)
    return months[:24] or [today.replace(day=1)]


class BoardMixin(AccessMixin):
    """Area, month, figures and cases of the task pages."""

    access = Access(permission=Permission.VIEW_FIGURES, scoped=True)
    request: HttpRequest

    @cached_property
    def area(self) -> Any:
        return page_area(self.request, Permission.VIEW_FIGURES)

    @cached_property
    def today(self) -> date:
        return clock.today()

    @cached_property
    def month(self) -> date:
        return asked_month(self.request, self.today)

    @cached_property
    def last_day(self) -> date:
        return min(month_end(self.month), self.today)

    @cached_property
    def cases(self) -> Any:
        return Case.objects.for_user(self.request.user, permission=Permission.VIEW_FIGURES).in_area(
            self.area
        )

    @cached_property
    def is_past(self) -> bool:
        """A month that is over and whose last night is on record is shown as it stood then."""
        return self.last_day < self.today and figures.is_on_record(self.area, self.last_day)

    @cached_property
    def figures_on(self) -> date | None:
        return self.last_day if self.is_past else figures.freshness(self.area).on

    @cached_property
    def figures(self) -> dict[str, Any]:
        if self.figures_on is None:
            return {}
        found = figures.area_figures([self.area], on=self.last_day if self.is_past else None)
        return {code: figure for (_area, code), figure in found.items()}

    def links(self, stock: Stock, **conditions: Any) -> dict[str, str]:
        """The list behind each number; nothing for those who may not read cases, nor behind a zero."""
        if not self.request.user.has_perm(Permission.VIEW_REGISTER):
            return {}
        before, month = self.month - timedelta(days=1), f"{self.month:%Y-%m}"
        asked = {
            "opening": {"standing": before.isoformat()},
            "new": {"turn": EventKind.OPENED, "month": month},
            "reopened": {"turn": EventKind.REOPENED, "month": month},
            "closed": {"turn": EventKind.CLOSED, "month": month},
            "closing": {"standing": self.last_day.isoformat()},
        }
        return {
            name: list_url(self.area, **conditions, **query)
            for name, query in asked.items()
            if getattr(stock, name)
        }

    def built(self, campaign: Campaign) -> board.Board:
        return board.build(
            campaign,
            cases=self.cases,
            date_from=self.month,
            date_to=self.last_day,
            figures=self.figures,
        )

    def shown(self, row: board.Row) -> board.Row:
        """A row with its links."""
        row.urls = self.links(row.stock, task=row.task.pk)
        row.url = f"{row.task.get_absolute_url()}?{urlencode({'area': self.area.pk, 'month': f'{self.month:%Y-%m}'})}"
        return row


class TaskBoard(BoardMixin, TemplateView):
    template_name = "tasks/task_board.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(**kwargs) | {
            "area": self.area,
            "month": self.month,
            "campaign": None,
        }
        campaign = Campaign.objects.for_user(self.request.user).touching(self.area)
        if campaign is None:
            return context
        built = self.built(campaign)
        rows = [self.shown(row) for row in built.rows]
        agency, show = self.request.GET.get("agency", ""), self.request.GET.get("show", "")
        leads = {unit.pk: unit for row in rows if row.task.is_leaf for unit in row.leads}
        if agency:
            rows = [row for row in rows if any(str(unit.pk) == agency for unit in row.leads)]
        if show == "open":
            rows = [row for row in rows if row.verdict != Verdict.MET]
        return context | {
            "campaign": campaign,
            "board": built,
            "rows": rows,
            "phases": self.phases(campaign),
            "total_urls": self.links(built.total),
            "other_urls": self.links(built.other, task=NO_TASK),
            "months": months_to(self.today, campaign),
            "lead_agencies": sorted(leads.values(), key=lambda unit: unit.code),
            "agency": agency,
            "show": show,
            "last_day": self.last_day,
            "opening_label": _("期初在办（%(month)s月末）")
            % {"month": (self.month - timedelta(days=1)).month},
            "closing_label": _("期末在办（%(month)s月%(day)s日）")
            % {"month": self.month.month, "day": self.last_day.day},
            "figures_on": self.figures_on,
            "deadline": max(
                (t.deadline for r in built.rows for t in r.task.targets.all()), default=None
            ),
        }

    def phases(self, campaign: Campaign) -> list[dict[str, Any]]:
        """The calendar strip: over, running with the days left, or still to come."""
        strip = []
        for phase in sorted(campaign.phases.all(), key=lambda p: p.starts_on):
            is_on = phase.starts_on <= self.today <= phase.ends_on
            left = (phase.ends_on - self.today).days
            state = (
                _("剩 %(days)s 天") % {"days": left}
                if is_on
                else _("已结束")
                if left < 0
                else _("未开始")
            )
            strip.append({"phase": phase, "is_on": is_on, "state": state})
        return strip


class TaskBoardExport(BoardMixin, View):
    """The board as a workbook."""

    access = Access(permission=Permission.EXPORT, scoped=True)

    def get(self, request: HttpRequest) -> HttpResponse:
        campaign = Campaign.objects.for_user(self.request.user).touching(self.area)
        if campaign is None:
            raise Http404("campaign")
        built = self.built(campaign)
        headers = [
            _("编号"),
            _("任务"),
            _("类别"),
            _("牵头单位"),
            _("配合单位"),
            _("期初"),
            _("新增"),
            _("反弹"),
            _("销号"),
            _("期末"),
            _("目标与进度"),
            _("状态"),
        ]
        rows = [
            [
                row.task.code,
                row.task.title,
                row.task.get_category_display(),
                "、".join(a.name for a in row.leads),
                "、".join(a.name for a in row.supports),
                row.stock.opening,
                row.stock.new,
                row.stock.reopened,
                row.stock.closed,
                row.stock.closing,
                "；".join(f"{p.label} {p.word}" for p in row.progress),
                row.word,
            ]
            for row in built.rows
        ]
        whole = built.total
        rows.append(
            [
                "",
                _("合计"),
                "",
                "",
                "",
                whole.opening,
                whole.new,
                whole.reopened,
                whole.closed,
                whole.closing,
                "",
                "",
            ]
        )
        title = _("%(area)s%(year)s年清零任务台账") % {"area": self.area, "year": campaign.year}
        note = _("%(first)s 至 %(last)s，单位：件") % {"first": self.month, "last": self.last_day}
        return workbook_response(
            headers, rows, filename=f"{title}{self.month:%Y%m}.xlsx", title=title, note=note
        )


class TaskDetail(BoardMixin, TemplateView):
    template_name = "tasks/task_detail.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        task = get_object_or_404(
            Task.objects.for_user(self.request.user).select_related("campaign", "parent"),
            pk=kwargs["pk"],
        )
        built = self.built(task.campaign)
        rows = [self.shown(row) for row in built.rows]
        row = next(r for r in rows if r.task.pk == task.pk)
        below = [r for r in rows if r.task.parent_id == task.pk]
        recent: list[Case] = []
        if self.request.user.has_perm(Permission.VIEW_REGISTER):
            mine = (
                Case.objects.for_user(self.request.user)
                .in_area(self.area)
                .live()
                .filter(indicator__in=row.codes)
            )
            recent = dress(list(mine.with_labels().order_by("due_on", "pk")[:10]), self.today)
        return super().get_context_data(**kwargs) | {
            "area": self.area,
            "area_path": reverse("tasks:task_board"),
            "crumb": task.code,
            "task": task,
            "row": row,
            "below": below,
            "month": self.month,
            "last_day": self.last_day,
            "recent": recent,
            "named": [(code, CATALOGUE.get(code)) for code in task.indicators],
            "list_url": list_url(self.area, task=task.pk, state="LIVE"),
        }


# --- Cases ---------------------------------------------------------------------------------------
