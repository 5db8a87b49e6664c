"""控辍保学: the register, pupils not yet in it, one case and its acts."""

from typing import Any

from django.contrib import messages
from django.db.models import Count, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy
from django.views.generic import View

from accounts.roles import Permission
from accounts.scope import own_area
from core import clock, operations, slots
from core.access import Access, AccessMixin
from core.listing import ListPage
from core.web import WritePage, perform_once
from households.documents import dropout_kinds, missing_of_dropout
from households.enums import DropoutSource, DropoutState
from households.filters import DropoutFilterSet
from households.forms.registers import REASONS, REFUSALS, DropoutForm, say_refusal
from households.models import DropoutCase, Evidence, Member, Schooling
from households.permissions import may_turn, pupil_name, sees_pupils
from households.services.dropouts import (
    DROPOUT_SERVICES,
    DROPOUTS,
    HOME_VISITS,
    home_visits,
    open_dropout,
)
from households.services.registers import Act
from households.views.household import RegisterPage
from households.views.registers import (
    RegisterAct,
    RegisterCase,
    RegisterExport,
    RegisterList,
    RegisterMixin,
    due_words,
)

# Upper apps say which members the newest figures find out of school.
OUT_OF_SCHOOL = "out_of_school"
TONES = {
    DropoutState.SUSPECTED: "warn",
    DropoutState.VERIFIED: "not",
    DropoutState.PERSUADING: "blue",
    DropoutState.STILL_OUT: "not",
    DropoutState.RETURNED: "met",
    DropoutState.CLOSED: "line",
}


class Dropouts(RegisterMixin):
    model = DropoutCase
    register = DROPOUTS
    filterset_class = DropoutFilterSet
    services = DROPOUT_SERVICES

    def dress(self, rows: list[Any]) -> list[Any]:
        return dress(rows, self.request.user)


def dress(rows: list[Any], user: Any) -> list[Any]:
    """Names as the user may see them, the state of today, and how late it is."""
    today = clock.today()
    for case in rows:
        state = DropoutState(case.state_on(today))
        case.pupil = pupil_name(user, case.member.name)
        case.home = case.member.household
        case.age = age_on(case.member.birth_date, today)
        case.shown_state, case.tone = state.label, TONES.get(state, "")
        case.expired = case.is_expired(today)
        case.due_word, case.due_tone = due_words(case, today)
    return rows


def age_on(born: Any, on: Any) -> int | None:
    if born is None:
        return None
    years: int = on.year - born.year - ((on.month, on.day) < (born.month, born.day))
    return years


class DropoutListView(Dropouts, RegisterList):
    template_name = "households/dropout_list.html"
    table_template_name = "households/_dropout_table.html"
    sort_fields = {
        "village": ("member__village_id", "pk"),
        "state": ("state_now", "due_on"),
        "due": ("due_on",),
        "opened": ("opened_on",),
    }

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(**kwargs)
        waiting = 0
        if context["may_open"]:
            waiting = without_case(self.request, self.area).count()
        return context | {"waiting": waiting}


class DropoutExportView(Dropouts, RegisterExport):
    title = _lazy("控辍保学台账")
    headers = [
        _lazy("行政村"),
        _lazy("户主"),
        _lazy("户编号"),
        _lazy("学生"),
        _lazy("年龄"),
        _lazy("状态"),
        _lazy("原因"),
        _lazy("立案日期"),
        _lazy("下一步期限"),
        _lazy("是否逾期"),
    ]

    @property
    def list_url(self) -> str:
        return reverse("households:dropout_list")

    def line(self, case: Any) -> list[Any]:
        return [
            str(case.place),
            case.home.head_name,
            case.home.code,
            case.pupil,
            case.age,
            str(case.shown_state),
            case.get_reason_display() if sees_pupils(self.request.user) else "",
            case.opened_on,
            case.due_on,
            _("是") if case.is_overdue(clock.today()) else _("否"),
        ]


class DropoutDetailView(Dropouts, RegisterCase):
    template_name = "households/dropout_detail.html"

    @property
    def list_url(self) -> str:
        return reverse("households:dropout_list")

    @property
    def sees_notes(self) -> bool:
        return sees_pupils(self.request.user)

    def more(self, case: Any) -> dict[str, Any]:
        clear = self.sees_notes
        return {
            "crumb": case.pupil,
            "clear": clear,
            "visits": case.visits.order_by("-on", "-pk"),
            "sessions": case.sessions.order_by("-on", "-pk"),
            **self.papers(case, clear),
            "home_visits": home_visits(case),
            "home_visits_needed": HOME_VISITS,
            "schooling": Schooling.objects.for_user(self.request.user)
            .as_of(clock.today())
            .filter(member=case.member)
            .first(),
        }

    def papers(self, case: Any, clear: bool) -> dict[str, Any]:
        """The pupil's papers of this case, and what its acts should have left on file."""
        if not clear:
            return {}
        user, since = self.request.user, case.opened_on
        held = Evidence.objects.for_user(user).standing().filter(member=case.member)
        papers = list(
            held.filter(kind__in=dropout_kinds(), uploaded_at__date__gte=since).for_show()
        )
        acts = set(case.turns.values_list("kind", flat=True))
        may_file = may_turn(user, case, Permission.ENTER_CHECK)
        return {
            "papers": papers,
            "missing_papers": missing_of_dropout(acts, papers),
            "may_file": may_file,
        }


class DropoutActView(RegisterAct, DropoutDetailView):
    """POST /dropouts/7/visit/ and so on."""


# --- Opening -------------------------------------------------------------------------------------


def without_case(request: HttpRequest, area: Any) -> Any:
    """Members whom the newest figures find out of school and for whom no case lives."""
    members = Member.objects.for_user(request.user, permission=Permission.ENTER_CHECK)
    members = members.in_area(area) if area else members
    found = members.none()
    for filler in slots.fillers(OUT_OF_SCHOOL):
        found = members.filter(pk__in=filler(request))
    return found.exclude(pk__in=DropoutCase.objects.for_user(request.user).live().values("member"))


class DropoutWaitingView(RegisterPage, WritePage, ListPage):
    """尚未立案: pupils out of school by the figures, each opened with one click."""

    access = Access(permission=Permission.ENTER_CHECK, scoped=True)
    model = Member
    template_name = "households/dropout_waiting.html"
    table_template_name = "households/_dropout_waiting_table.html"

    def rows(self) -> Any:
        found = without_case(self.request, self.area)
        return found.select_related("household", "village__area").order_by("village_id", "pk")

    def finish(self, rows: list[Any]) -> list[Any]:
        today = clock.today()
        held = Schooling.objects.for_user(self.request.user).as_of(today)
        known = {each.member_id: each for each in held.filter(member__in=rows)}
        for row in rows:
            row.schooling, row.age = known.get(row.pk), age_on(row.birth_date, today)
        return rows


class DropoutOpenView(AccessMixin, WritePage, View):
    """立案 of a pupil of the list above."""

    access = Access(permission=Permission.ENTER_CHECK, scoped=True)
    http_method_names = ["post", "options"]

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        members = Member.objects.for_user(request.user, permission=Permission.ENTER_CHECK)
        member = get_object_or_404(members, pk=pk)
        try:
            opened = perform_once(
                request, lambda: opened_case(request, member, DropoutSource.FACTS)
            )
        except REFUSALS as error:
            messages.error(request, str(REASONS[type(error)][1]))
            return redirect("households:dropout_waiting")
        messages.success(request, _("已立案。"))
        return redirect("households:dropout_detail", opened["case"])


class DropoutCreateView(AccessMixin, WritePage, View):
    """立案 by household code and name, from a visit or a report."""

    access = Access(permission=Permission.ENTER_CHECK)

    def get(self, request: HttpRequest) -> HttpResponse:
        form = DropoutForm(user=request.user, today=clock.today())
        form.initial["code"] = request.GET.get("code", "")
        return self.page(form)

    def post(self, request: HttpRequest) -> HttpResponse:
        form = DropoutForm(request.POST, user=request.user, today=clock.today())
        if not form.is_valid() or form.member is None:
            return self.page(form)
        data, member = form.cleaned_data, form.member

        def act() -> dict[str, Any]:
            return opened_case(request, member, data["source"], on=data["on"], note=data["note"])

        try:
            opened = perform_once(request, act)
        except REFUSALS as error:
            say_refusal(form, error)
            return self.page(form)
        messages.success(request, _("已立案。"))
        return redirect("households:dropout_detail", opened["case"])

    def page(self, form: DropoutForm) -> HttpResponse:
        context = {
            "form": form,
            "area": own_area(self.request.user, Permission.ENTER_CHECK),
            "area_path": reverse("households:dropout_list"),
            "crumb": _("登记疑似辍学"),
            "operation_key": operations.new_key(),
        }
        return render(self.request, "households/dropout_form.html", context)


def opened_case(
    request: HttpRequest, member: Member, source: str, *, on: Any = None, note: str = ""
) -> dict[str, Any]:
    act = Act(by=request.user, at=clock.now(), on=on or clock.today(), base_version=0, note=note)
    return {"case": open_dropout(member=member, source=source, act=act).pk}


# --- What other pages show -----------------------------------------------------------------------


def household_card(request: HttpRequest, household: Any, **_more: Any) -> str:
    """Slot on a household's page; nothing where no pupil has a case."""
    cases = DropoutCase.objects.for_user(request.user).with_labels().on(clock.today())
    rows = dress(list(cases.filter(member__household=household).order_by("-pk")), request.user)
    return render_to_string("households/_dropout_card.html", {"cases": rows}) if rows else ""


def workbench_todo(request: HttpRequest) -> list[dict[str, Any]]:
    """Rows of the workbench: to open, to verify, persuasion and home teaching overdue."""
    user: Any = request.user
    if not user.has_perm(Permission.ENTER_CHECK):
        return []
    cases = DropoutCase.objects.for_user(user, permission=Permission.ENTER_CHECK).live()
    taught = Q(state_now=DropoutState.HOME_TEACHING)
    suspected = Q(state_now=DropoutState.SUSPECTED)
    found = cases.on(clock.today()).aggregate(
        suspected=Count("pk", filter=suspected),
        suspected_late=Count("pk", filter=suspected & Q(overdue=True)),
        taught=Count("pk", filter=taught & Q(overdue=True)),
        pursued=Count("pk", filter=Q(overdue=True) & ~taught & ~suspected),
    )
    register = reverse("households:dropout_list")
    late = _("有逾期")
    rows = [
        (
            _("失学学生尚未立案"),
            without_case(request, None).count(),
            _("在校情况显示失学，又没有立案"),
            "",
            reverse("households:dropout_waiting"),
            _("立案"),
        ),
        (
            _("疑似辍学待核实"),
            found["suspected"],
            _("入户核实是否在校"),
            late if found["suspected_late"] else "",
            f"{register}?state=SUSPECTED",
            _("核实"),
        ),
        (
            _("劝返逾期"),
            found["pursued"],
            _("31 天内没有劝返，或例外已到期"),
            late,
            f"{register}?state=LIVE&overdue=True",
            _("劝返"),
        ),
        (
            _("本月未送教"),
            found["taught"],
            _("送教上门每月至少一次，已满 31 天"),
            late,
            f"{register}?state=HOME_TEACHING&overdue=True",
            _("登记"),
        ),
    ]
    return [
        {
            "label": label,
            "icon": "mortarboard",
            "count": count,
            "note": note,
            "due_tag": tag,
            "due_tone": "not",
            "url": url,
            "action": action,
        }
        for label, count, note, tag, url, action in rows
        if count
    ]
