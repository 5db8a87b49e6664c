"""问题整改台账: the list of cases, one case, and every act on it."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.views.generic import TemplateView, View

from accounts.roles import Permission
from accounts.scope import page_area
from core import clock
from core.access import Access, AccessMixin
from core.listing import ListPage
from core.operations import KeyReused, MissingKey
from core.web import WritePage, perform_once
from core.xlsx import workbook_response
from indicators import figures
from indicators.definitions import CATALOGUE
from indicators.enums import Verdict
from tasks import permissions, services
from tasks.enums import CaseState, EventKind
from tasks.filters import CaseFilterSet
from tasks.forms import LABELS, ActForm, reason
from tasks.models import Case
from tasks.querysets import month_end
from tasks.views.words import dress, subject_name, url_or_blank

PRIMARY = {"assign", "start", "apply", "close", "grant"}
BOX_STEPS = 8  # newest turns on a household's page; the case's own page has all
STEPS = (
    CaseState.REGISTERED,
    CaseState.ASSIGNED,
    CaseState.RECTIFYING,
    CaseState.APPLIED,
    CaseState.CLOSED,
)


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
