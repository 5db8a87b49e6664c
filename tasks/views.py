from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.template.loader import render_to_string
from django.urls import NoReverseMatch, reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.views.generic import TemplateView, View

from accounts.roles import Permission
from accounts.scope import page_area
from core import clock
from core.access import Access, AccessMixin
from core.listing import ListPage
from core.menu import Count
from core.operations import KeyReused, MissingKey
from core.web import WritePage, perform_once
from core.xlsx import workbook_response
from households.models import Household
from indicators import figures
from indicators.definitions import CATALOGUE
from indicators.enums import Verdict
from tasks import board, permissions, services
from tasks.enums import CaseState, EventKind
from tasks.filters import NO_TASK, CaseFilterSet
from tasks.forms import LABELS, ActForm, reason
from tasks.models import Campaign, Case, Task
from tasks.querysets import Stock, month_end

PRIMARY = {"assign", "start", "apply", "close", "grant"}
TONES = {
    CaseState.REGISTERED: "line",
    CaseState.ASSIGNED: "blue",
    CaseState.RECTIFYING: "blue",
    CaseState.APPLIED: "warn",
    CaseState.VERIFYING: "warn",
    CaseState.CLOSED: "met",
    CaseState.RETURNED: "not",
    CaseState.EXTENSION: "warn",
    CaseState.SUSPENDED: "",
}
BOX_STEPS = 8  # newest turns on a household's page; the case's own page has all
STEPS = (
    CaseState.REGISTERED,
    CaseState.ASSIGNED,
    CaseState.RECTIFYING,
    CaseState.APPLIED,
    CaseState.CLOSED,
)


def url_or_blank(name: str, *args: Any) -> str:
    """An address of another app, or nothing where that page is not installed."""
    try:
        return reverse(name, args=args)
    except NoReverseMatch:
        return ""


def list_url(area: Any = None, **conditions: Any) -> str:
    """The case list under some conditions."""
    query = {"area": area.pk if area else None, **conditions}
    return f"{reverse('tasks:case_list')}?{urlencode({k: v for k, v in query.items() if v not in (None, '')})}"


def dress(cases: list[Any], on: date) -> list[Any]:
    """What the pages say about each case beside its columns."""
    for case in cases:
        indicator = CATALOGUE.get(case.indicator)
        case.problem = _("%(name)s未达标") % {
            "name": indicator.short_name if indicator else case.indicator
        }
        case.late = case.is_overdue(on)
        case.days = (case.due_on - on).days
        case.tone = TONES[CaseState(case.state)]
        case.unit = "、".join(agency.name for agency in case.agencies.all())
    return cases


def subject_name(case: Case) -> str:
    if case.member:
        return f"{case.member.name}（{case.household}）"
    return str(case.household or case.village)


# --- The plan ------------------------------------------------------------------------------------


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


class CaseListMixin(AccessMixin):
    """Rows and area of the case list, its export included."""

    request: HttpRequest

    @cached_property
    def area(self) -> Any:
        """The page's area; a helper without one has their households instead."""
        try:
            return page_area(self.request, Permission.VIEW_REGISTER)
        except Http404:
            if self.request.GET.get("area"):
                raise
            return None

    def rows(self) -> Any:
        cases = Case.objects.for_user(self.request.user)
        return (cases.in_area(self.area) if self.area else cases).with_labels()


class CaseList(CaseListMixin, ListPage):
    access = Access(permission=Permission.VIEW_REGISTER, scoped=True)
    model = Case
    filterset_class = CaseFilterSet
    template_name = "tasks/case_list.html"
    table_template_name = "tasks/_case_table.html"
    sort_fields = {
        "number": ("year", "serial"),
        "village": ("village_id", "indicator"),
        "state": ("state", "due_on"),
        "due": ("-closed_on", "due_on"),
        "opened": ("opened_on",),
    }
    default_sort = "due"

    def finish(self, rows: list[Any]) -> list[Any]:
        return dress(rows, clock.today())

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(**kwargs)
        return context | {
            "area": self.area,
            "subject_name": subject_name,
            "turns": self.turn_count(),
        }

    def turn_count(self) -> int | None:
        """How often the asked turn happened; a case may turn twice in a month."""
        form = self.filterset.form
        if not (self.filterset.is_bound and form.is_valid()):
            return None
        month, turn = form.cleaned_data.get("month"), form.cleaned_data.get("turn")
        if not (month and turn):
            return None
        count: int = self.filterset.qs.turn_count(turn, month, month_end(month))
        return count


class CaseExport(CaseListMixin, View):
    """The list under its conditions, as a workbook."""

    access = Access(permission=Permission.EXPORT, scoped=True)
    limit = 50_000

    def get(self, request: HttpRequest) -> HttpResponse:
        found = CaseFilterSet(request.GET, queryset=self.rows(), request=request)
        cases = found.qs.order_by("year", "serial")[: self.limit] if found.form.is_valid() else []
        headers = [
            _("编号"),
            _("问题"),
            _("指标"),
            _("对象"),
            _("嘎查村"),
            _("责任单位"),
            _("责任苏木乡镇"),
            _("状态"),
            _("登记日期"),
            _("时限"),
            _("是否超期"),
            _("销号日期"),
            _("反弹次数"),
        ]
        rows = (
            [
                case.number,
                case.problem,
                case.indicator,
                subject_name(case),
                str(case.village),
                case.unit,
                str(case.township or ""),
                case.get_state_display(),
                case.opened_on,
                case.due_on,
                _("是") if case.late else _("否"),
                case.closed_on,
                case.reopened_count,
            ]
            for case in dress(list(cases), clock.today())
        )
        title = _("%(area)s问题整改台账") % {"area": self.area or ""}
        return workbook_response(
            headers, rows, filename=f"{title}{clock.today():%Y%m%d}.xlsx", title=title
        )


class CaseDetail(AccessMixin, WritePage, TemplateView):
    access = Access(permission=Permission.VIEW_REGISTER, scoped=True)
    template_name = "tasks/case_detail.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        user = self.request.user
        case = get_object_or_404(Case.objects.for_user(user).with_labels(), number=kwargs["number"])
        return super().get_context_data(**kwargs) | detail_context(
            user, case, bound=kwargs.get("bound")
        )


def detail_context(
    user: Any, case: Case, bound: tuple[str, ActForm] | None = None
) -> dict[str, Any]:
    """Everything the case's page shows; `bound` is a form that was refused."""
    today = clock.today()
    dress([case], today)
    standing = services.verdict_now(case)
    acts = permissions.acts_for(user, case)
    hint = closing_hint(user, case, standing) if "close" in acts else ""
    return {
        "case": case,
        "refused": None,
        "subject": subject_name(case),
        "area": case.village.area,
        "area_path": reverse("tasks:case_list"),
        "crumb": _("第 %(number)s 号") % {"number": case.number},
        "indicator": CATALOGUE.get(case.indicator),
        "verdict": standing or Verdict.MET,
        "freshness": figures.freshness(case.village.area),
        "events": timeline(case),
        "acts": [act_form(case, act, bound) for act in acts if not (act == "close" and hint)],
        "closing_hint": hint,
        "subject_url": subject_url(case),
        "gap_url": gap_url(case),
    }


def act_form(case: Case, act: str, bound: tuple[str, ActForm] | None) -> dict[str, Any]:
    """One act's button and form; the refused one as it was sent."""
    fresh = ActForm(act=act, auto_id=f"{act}_%s", initial=initial(case, act))
    form = bound[1] if bound and bound[0] == act else fresh
    return {
        "act": act,
        "label": LABELS[act],
        "form": form,
        "primary": act in PRIMARY,
        "open": form.is_bound,
    }


def initial(case: Case, act: str) -> dict[str, Any]:
    return {"base_version": case.version} | ({"due_on": case.due_on} if act == "assign" else {})


def closing_hint(user: Any, case: Case, standing: str) -> str:
    """Why closing would be refused, said instead of offering the button."""
    try:
        services.need_closable(case=case, by=user, on=clock.today(), standing=standing)
    except services.CaseRefused as error:
        return reason(error)
    return ""


def subject_url(case: Case) -> str:
    if case.household_id:
        return url_or_blank("households:household_detail", case.household_id)
    return url_or_blank("villages:village_detail", case.village_id)


def gap_url(case: Case) -> str:
    base = url_or_blank("indicators:gap_list")
    return (
        f"{base}?{urlencode({'area': case.village_id, 'indicator': case.indicator})}"
        if base
        else ""
    )


def timeline(case: Case) -> list[dict[str, Any]]:
    """What happened, oldest first, and the main steps still to come."""
    turned = case.events.select_related("by", "agency", "area").order_by("on", "pk")
    tones = {
        EventKind.REOPENED: "not",
        EventKind.UNMET: "not",
        EventKind.RETURNED: "not",
        EventKind.CLOSED: "met",
    }
    tones[EventKind.MET] = "met"
    rows = []
    for event in turned:
        who = (
            _("系统自动")
            if event.by is None
            else " ".join(str(p) for p in (event.agency or event.area, event.by) if p)
        )
        detail = f"{who}：{event.note}" if event.note else who
        kind = EventKind(event.kind)
        rows.append(
            {"when": event.on, "title": kind.label, "detail": detail, "tone": tones.get(kind, "")}
        )
    here = {CaseState.VERIFYING: CaseState.APPLIED, CaseState.RETURNED: CaseState.ASSIGNED}
    main = here.get(CaseState(case.state), CaseState(case.state))
    place = STEPS.index(main) if main in STEPS else STEPS.index(CaseState.RECTIFYING)
    return rows + [
        {"when": None, "title": state.label, "tone": "next"} for state in STEPS[place + 1 :]
    ]


class CaseAct(AccessMixin, View):
    """One act on a case: assign, start, progress, apply, extension, grant, refuse, close, return, suspend, resume."""

    access = Access(permission=Permission.VIEW_REGISTER, scoped=True)
    http_method_names = ["post"]

    def post(self, request: HttpRequest, number: str, act: str) -> HttpResponse:
        case = get_object_or_404(Case.objects.for_user(request.user).with_labels(), number=number)
        if not permissions.may_do(request.user, case, act):
            raise PermissionDenied
        form = ActForm(request.POST, act=act, auto_id=f"{act}_%s")
        if form.is_valid():
            try:
                perform_once(
                    request,
                    lambda: {"case": done_by(request.user, case, act, form.cleaned_data).pk},
                )
            except (services.CaseRefused, KeyReused, MissingKey) as error:
                form.add_error(None, reason(error))
                case.refresh_from_db()
            else:
                messages.success(
                    request,
                    _("第 %(number)s 号：%(act)s") % {"number": case.number, "act": LABELS[act]},
                )
                return redirect(case)
        context = detail_context(request.user, case, bound=(act, form))
        return render(request, "tasks/case_detail.html", context | {"refused": form})


def done_by(user: Any, case: Case, name: str, asked: Mapping[str, Any]) -> Case:
    """Call the act's one service, now."""
    act = services.Act(
        by=user,
        at=clock.now(),
        on=clock.today(),
        base_version=asked["base_version"],
        note=asked.get("note") or "",
    )
    return services.perform(name, case=case, act=act, due_on=asked.get("due_on"))


# --- What other pages show -----------------------------------------------------------------------


def household_cases(request: HttpRequest, household: Any, **_more: Any) -> str:
    """Slot on a household's page: its cases with their way so far."""
    cases = Case.objects.for_user(request.user).filter(household=household)
    return _cases_box(request, cases, more="")


def household_print_cases(
    request: HttpRequest, households: Sequence[Household], on: date
) -> dict[int, list[dict[str, Any]]]:
    """For the paper files of many households: cases opened by a date, the live ones first."""
    cases = Case.objects.for_user(request.user).filter(household__in=households, opened_on__lte=on)
    rows: dict[int, list[dict[str, Any]]] = defaultdict(list)
    found = dress(list(cases.with_labels().prefetch_related("events")), clock.today())
    for case in sorted(found, key=lambda case: (not case.is_live, case.due_on, case.pk)):
        last = max(case.events.all(), key=lambda event: (event.on, event.pk), default=None)
        rows[case.household_id].append(
            {
                "number": case.number,
                "problem": f"{case.problem}（{case.member.name}）" if case.member else case.problem,
                "opened_on": case.opened_on,
                "due_on": case.due_on,
                "units": "、".join(filter(None, [case.unit, str(case.township or "")])),
                "state": case.get_state_display(),
                "last_on": last.on if last else None,
                "last": (last.note or last.get_kind_display()) if last else "",
            }
        )
    return rows


def village_cases(request: HttpRequest, village: Any, **_more: Any) -> str:
    """Slot on a village's page: its open cases, and the village's own."""
    cases = Case.objects.for_user(request.user).filter(village=village).live()
    return _cases_box(
        request, cases, more=f"{reverse('tasks:case_list')}?area={village.pk}", short=True
    )


def _cases_box(request: HttpRequest, cases: Any, more: str, *, short: bool = False) -> str:
    found = list(cases.with_labels().order_by("closed_on", "due_on", "pk")[: 6 if short else 20])
    found.sort(key=lambda case: not case.is_live)
    dress(found, clock.today())
    for case in found:
        case.steps = [] if short or not case.is_live else timeline(case)[-BOX_STEPS:]
    count = cases.count() if short else len(found)
    context = {"cases": found, "count": count, "more": more, "short": short}
    return render_to_string("tasks/_case_box.html", context, request=request)


def todo_counts(request: Any) -> dict[str, int]:
    """What waits for this user, in one query per page: by right, overdue and due within a week."""
    if not hasattr(request, "_case_todo"):
        request._case_todo = Case.objects.for_user(request.user).waiting_for(
            request.user, on=clock.today()
        )
    found: dict[str, int] = request._case_todo
    return found


def menu_count(request: HttpRequest) -> Count:
    found = todo_counts(request)
    return Count(
        found["work"] + found["assign"] + found["verify"] + found["extension"],
        urgent=bool(found["late"]),
    )


def workbench_todo(request: HttpRequest) -> list[dict[str, Any]]:
    """Rows of the workbench: work, assign, verify, extensions; none without a count."""
    found = todo_counts(request)
    late = _("超期 %(count)s 件") % {"count": found["late"]} if found["late"] else ""
    soon = _("7 日内到期 %(count)s 件") % {"count": found["soon"]} if found["soon"] else ""
    rows = [
        (
            "work",
            _("整改问题需处理"),
            "exclamation-square",
            "，".join(p for p in (late, soon) if p) or _("按时限整改"),
            late,
            list_url(state="LIVE"),
            _("处理"),
        ),
        (
            "assign",
            _("问题待交办"),
            "send",
            _("新登记和反弹的问题，请交责任单位"),
            "",
            list_url(state=CaseState.REGISTERED),
            _("交办"),
        ),
        (
            "verify",
            _("问题待核验销号"),
            "check2-square",
            _("重算已达标，请实地核验后销号"),
            "",
            list_url(state=CaseState.VERIFYING),
            _("核验"),
        ),
        (
            "extension",
            _("延期申请待审批"),
            "hourglass-split",
            _("责任单位申请延长整改时限"),
            "",
            list_url(state=CaseState.EXTENSION),
            _("审批"),
        ),
    ]
    return [
        {
            "label": label,
            "icon": icon,
            "count": found[name],
            "note": note,
            "due_tag": tag,
            "due_tone": "not" if tag else "",
            "url": url,
            "action": action,
        }
        for name, label, icon, note, tag, url, action in rows
        if found[name]
    ]
