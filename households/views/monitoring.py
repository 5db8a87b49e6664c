"""返贫监测: the register, a new clue, one case and its acts."""

from typing import Any

from django.contrib import messages
from django.db.models import Count, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy
from django.views.generic import View

from accounts.roles import Permission
from accounts.scope import own_area
from core import clock, operations
from core.access import Access, AccessMixin
from core.web import WritePage, perform_once
from households.enums import MonitoringState, Risk
from households.filters import MonitoringFilterSet
from households.forms.registers import REFUSALS, ClueForm, say_refusal
from households.models import MonitoringCase
from households.permissions import may_identify, may_turn, sees_risks
from households.services.monitoring import (
    MONITORING_SERVICES,
    MONITORINGS,
    report_clue,
    reveal_borderline,
)
from households.services.registers import Act
from households.views.disclosure import RevealView
from households.views.registers import (
    RegisterAct,
    RegisterCase,
    RegisterExport,
    RegisterList,
    RegisterMixin,
    due_words,
)

TONES = {
    MonitoringState.CLUE: "warn",
    MonitoringState.CHECKED: "blue",
    MonitoringState.REVIEWED: "blue",
    MonitoringState.MONITORED: "not",
    MonitoringState.REMOVAL_PROPOSED: "warn",
    MonitoringState.REMOVED: "met",
    MonitoringState.DISMISSED: "line",
}


class Monitorings(RegisterMixin):
    model = MonitoringCase
    register = MONITORINGS
    filterset_class = MonitoringFilterSet
    services = MONITORING_SERVICES

    def dress(self, rows: list[Any]) -> list[Any]:
        return dress(rows, self.request.user)


def dress(rows: list[Any], user: Any) -> list[Any]:
    """Risks in words for who may see them, and how late the next step is."""
    today, clear = clock.today(), sees_risks(user)
    for case in rows:
        case.risk_words = "、".join(str(Risk(risk).label) for risk in case.risks) if clear else ""
        case.tone = TONES[MonitoringState(case.state)]
        case.due_word, case.due_tone = due_words(case, today)
    return rows


class MonitoringListView(Monitorings, RegisterList):
    template_name = "households/monitoring_list.html"
    table_template_name = "households/_monitoring_table.html"
    sort_fields = {
        "village": ("at_village", "pk"),
        "state": ("state", "due_on"),
        "due": ("due_on",),
        "monitored": ("monitored_on",),
    }

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        clear = sees_risks(self.request.user)
        return super().get_context_data(**kwargs) | {"clear": clear}


class MonitoringExportView(Monitorings, RegisterExport):
    title = _lazy("返贫监测台账")
    headers = [
        _lazy("行政村"),
        _lazy("户主"),
        _lazy("户编号"),
        _lazy("证件号码"),
        _lazy("状态"),
        _lazy("监测对象类别"),
        _lazy("风险"),
        _lazy("识别监测时间"),
        _lazy("风险消除时间"),
        _lazy("消除方式"),
        _lazy("下一步期限"),
        _lazy("是否逾期"),
    ]

    @property
    def list_url(self) -> str:
        return reverse("households:monitoring_list")

    def line(self, case: Any) -> list[Any]:
        return [
            str(case.place),
            case.name,
            case.household.code if case.household else _("未建档"),
            case.id_mask,
            case.get_state_display(),
            case.get_monitor_type_display(),
            case.risk_words,
            case.monitored_on,
            case.removed_on,
            case.get_removed_way_display(),
            case.due_on,
            _("是") if case.is_overdue(clock.today()) else _("否"),
        ]


class MonitoringDetailView(Monitorings, RegisterCase):
    template_name = "households/monitoring_detail.html"

    @property
    def list_url(self) -> str:
        return reverse("households:monitoring_list")

    def more(self, case: Any) -> dict[str, Any]:
        return {
            "crumb": case.name,
            "clear": sees_risks(self.request.user),
            "may_unmask": self.request.user.has_perm(Permission.UNMASK),
            "may_apply": can_apply(self.request.user, case),
            "measures": case.measures.order_by("deadline", "pk"),
        }


class MonitoringActView(RegisterAct, MonitoringDetailView):
    """POST /monitoring/7/check/ and so on."""


def can_apply(user: Any, case: MonitoringCase) -> bool:
    """Whether the user may take the application of a household that is not on the register."""
    return (
        case.household is None
        and may_identify(user)
        and may_turn(user, case, Permission.ENTER_CHECK)
    )


class MonitoringRevealView(RevealView):
    """The identity number of a household outside the register."""

    @cached_property
    def subject(self) -> MonitoringCase:
        mine = MonitoringCase.objects.for_user(self.request.user, permission=Permission.UNMASK)
        return get_object_or_404(mine, pk=self.kwargs["pk"], household=None)

    @property
    def back(self) -> str:
        return self.subject.get_absolute_url()

    def reveal(self, subject: MonitoringCase, purpose: str) -> str:
        return reveal_borderline(
            case=subject, by=self.request.user, at=clock.now(), purpose=purpose
        )


class MonitoringCreateView(AccessMixin, WritePage, View):
    """登记线索."""

    access = Access(permission=Permission.ENTER_CHECK)

    def get(self, request: HttpRequest) -> HttpResponse:
        form = ClueForm(user=request.user, today=clock.today())
        form.initial["code"] = request.GET.get("code", "")
        return self.page(form)

    def post(self, request: HttpRequest) -> HttpResponse:
        form = ClueForm(request.POST, user=request.user, today=clock.today())
        if not form.is_valid() or form.subject is None:
            return self.page(form)
        data, subject = form.cleaned_data, form.subject
        asked = Act(
            by=request.user, at=clock.now(), on=data["on"], base_version=0, note=data["note"]
        )

        def act() -> dict[str, Any]:
            case = report_clue(subject=subject, clue_kind=data["clue_kind"], act=asked)
            return {"case": case.pk}

        try:
            made = perform_once(request, act)
        except REFUSALS as error:
            say_refusal(form, error)
            return self.page(form)
        messages.success(request, _("已登记线索，请按下一步期限完成村级核查。"))
        return redirect("households:monitoring_detail", made["case"])

    def page(self, form: ClueForm) -> HttpResponse:
        context = {
            "form": form,
            "area": own_area(self.request.user, Permission.ENTER_CHECK),
            "area_path": reverse("households:monitoring_list"),
            "crumb": _("登记线索"),
            "operation_key": operations.new_key(),
        }
        return render(self.request, "households/monitoring_form.html", context)


# --- What other pages show -----------------------------------------------------------------------


def household_card(request: HttpRequest, household: Any, **_more: Any) -> str:
    """Slot on a household's page; nothing where it was never watched."""
    cases = MonitoringCase.objects.for_user(request.user).with_labels()
    rows = dress(list(cases.filter(household=household).order_by("-pk")), request.user)
    return render_to_string("households/_monitoring_card.html", {"cases": rows}) if rows else ""


def workbench_todo(request: HttpRequest) -> list[dict[str, Any]]:
    """Rows of the workbench: what waits for the village, the township, the county, and follow-ups."""
    user: Any = request.user
    today = clock.today()
    state = MonitoringState
    waiting = {
        Permission.ENTER_CHECK: [
            (
                _("返贫线索待核查"),
                "state=CLUE",
                Q(state=state.CLUE),
                _("按期限完成村级核查"),
                _("核查"),
            ),
            (
                _("返贫监测跟踪逾期"),
                "overdue=True",
                Q(due_on__lt=today) & ~Q(state=state.CLUE),
                _("按月或按季走访"),
                _("走访"),
            ),
        ],
        Permission.REVIEW_CHECK: [
            (
                _("返贫线索待审核"),
                "state=CHECKED",
                Q(state=state.CHECKED),
                _("审核，或写明原因退回"),
                _("审核"),
            ),
        ],
        Permission.APPROVE_STATUS: [
            (
                _("监测对象待认定"),
                "state=REVIEWED",
                Q(state=state.REVIEWED),
                _("认定类别和风险"),
                _("认定"),
            ),
            (
                _("风险消除待批准"),
                "state=REMOVAL_PROPOSED",
                Q(state=state.REMOVAL_PROPOSED),
                _("批准，或写明原因退回"),
                _("批准"),
            ),
        ],
    }
    rows = []
    for right, lines in waiting.items():
        if not user.has_perm(right):
            continue
        cases = MonitoringCase.objects.for_user(user, permission=right)
        late = Q(due_on__lt=today)
        counts = cases.aggregate(
            **{f"n{i}": Count("pk", filter=line[2]) for i, line in enumerate(lines)},
            **{f"late{i}": Count("pk", filter=line[2] & late) for i, line in enumerate(lines)},
        )
        for i, (label, query, _which, note, action) in enumerate(lines):
            rows.append(
                {
                    "label": label,
                    "icon": "activity",
                    "count": counts[f"n{i}"],
                    "note": note,
                    "due_tag": _("有逾期") if counts[f"late{i}"] else "",
                    "due_tone": "not",
                    "url": f"{reverse('households:monitoring_list')}?{query}",
                    "action": action,
                }
            )
    return [row for row in rows if row["count"]]
