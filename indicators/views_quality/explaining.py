"""Asking that a finding stand as explained, and deciding on what somebody else asked."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.generic import FormView, View

from accounts.roles import Permission
from core import clock, operations
from core.access import Access, AccessMixin
from core.listing import ListPage
from core.web import WritePage, perform_once
from households.models import Evidence
from households.views.household import RegisterPage
from indicators.enums import ExceptionState
from indicators.forms import DecisionForm, ExceptionForm, ExceptionQuery
from indicators.models import Finding, FindingException
from indicators.permissions import (
    exception_turns,
    may_explain,
    may_turn_exception,
    place_for,
)
from indicators.quality import lists
from indicators.quality.rules import RULES
from indicators.quality.services import DECISIONS, ExceptionRefused, request_exception
from indicators.views import name_units
from indicators.views_quality.listing import dress

KEY_REFUSALS = (operations.KeyReused, operations.MissingKey)


class ExceptionCreateView(AccessMixin, WritePage, FormView):
    """The form: why it is true on the ground, what shows it, until when."""

    access = Access(permission=Permission.EDIT_REGISTER, scoped=True)
    template_name = "indicators/quality/exception_form.html"
    form_class = ExceptionForm

    @cached_property
    def finding(self) -> Finding:
        user: Any = self.request.user
        mine = Finding.objects.for_user(user, permission=Permission.EDIT_REGISTER)
        finding = get_object_or_404(mine.latest_known(), pk=self.kwargs["pk"])
        if finding.rule not in RULES:
            raise Http404("rule")
        if not may_explain(user, finding.village_id):
            raise PermissionDenied
        return finding

    @cached_property
    def papers(self) -> list[Evidence]:
        """Standing papers of the household that the user may see."""
        seen = Evidence.objects.for_user(self.request.user)
        found = seen.filter(household=self.finding.household_id, withdrawn_at=None)
        return list(found.order_by("-pk")) if self.finding.household_id else []

    def get_form_kwargs(self) -> dict[str, Any]:
        self.finding  # noqa: B018 - somebody else's does not exist
        return super().get_form_kwargs() | {"papers": self.papers, "today": clock.today()}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        (row,) = dress(self.request.user, [self.finding])
        return super().get_context_data(**kwargs) | {
            "row": row,
            "area": row["village"].area,
            "crumb": _("申请说明"),
        }

    def form_valid(self, form: ExceptionForm) -> HttpResponse:
        said = form.cleaned_data

        def act() -> dict[str, int]:
            made = request_exception(
                finding=self.finding,
                reason=said["reason"],
                expires_on=said["expires_on"],
                evidence=said["evidence"],
                by=self.request.user,
                on=clock.today(),
                at=clock.now(),
            )
            return {"exception": made.pk}

        try:
            outcome = perform_once(self.request, act)
        except ExceptionRefused as error:
            form.add_error(error.field or None, str(error))
            return self.form_invalid(form)
        except KEY_REFUSALS as error:
            self.refuse(self.request, error)
            return redirect(self.request.get_full_path())
        messages.success(self.request, _("已提出，等旗县扶贫办审批。批准前仍是待处理。"))
        return redirect("indicators:exception_detail", outcome["exception"])


class ExceptionListView(RegisterPage, ListPage):
    """Requests in the area, those that wait first."""

    template_name = "indicators/quality/exception_list.html"
    table_template_name = "indicators/quality/_exception_table.html"

    @cached_property
    def state(self) -> str:
        query = ExceptionQuery(self.request.GET)
        return str(query.cleaned_data["state"]) if query.is_valid() else ""

    def rows(self) -> Any:
        rows: Any = visible_exceptions(self.request.user, self.area)
        rows = rows.filter(state=self.state) if self.state else rows
        return rows.select_related("requested_by", "decided_by").order_by("-requested_at", "-pk")

    def finish(self, rows: list[Any]) -> list[Any]:
        return [told(each, row) for each, row in zip(rows, name_units(rows), strict=True)]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(**kwargs) | {
            "state": self.state,
            "today": clock.today(),
            "tabs": [("", _("全部")), *ExceptionState.choices],
        }


def visible_exceptions(user: Any, area: Any) -> Any:
    """Of the rules whose findings the user may list."""
    rows: Any = FindingException.objects.for_user(user)
    rows = rows.in_area(area) if area else rows
    return rows.filter(rule__in=[rule.code for rule in lists.visible_rules(user, area)])


def told(exception: FindingException, row: dict[str, Any]) -> dict[str, Any]:
    """A request as a row shows it; `state_word` knows that a granted one runs out."""
    rule = RULES[exception.rule]
    values, missing = lists.words(rule, exception.seen)
    ran_out = exception.state == ExceptionState.APPROVED and exception.expires_on < clock.today()
    tones = {
        ExceptionState.OPEN: "warn",
        ExceptionState.APPROVED: "blue",
        ExceptionState.REFUSED: "not",
        ExceptionState.WITHDRAWN: "line",
    }
    return {
        **row,
        "exception": exception,
        "rule": rule,
        "values": values,
        "missing": missing,
        "state_word": _("已过期") if ran_out else exception.get_state_display(),
        "tone": "line" if ran_out else tones[ExceptionState(exception.state)],
        "ran_out": ran_out,
    }


class ExceptionDetailView(AccessMixin, View):
    """A request: the values it speaks of, the reason, and the decision."""

    access = Access(permission=Permission.VIEW_REGISTER, scoped=True)

    def exception(self, pk: int) -> FindingException:
        user: Any = self.request.user
        found: FindingException = get_object_or_404(
            FindingException.objects.for_user(user).select_related(
                "requested_by", "decided_by", "evidence", "village__area"
            ),
            pk=pk,
        )
        visible = {rule.code for rule in lists.visible_rules(user, place_for(user, found.village))}
        if found.rule not in visible:
            raise Http404("rule")
        return found

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        return self.page(self.exception(pk))

    def page(
        self,
        exception: FindingException,
        refused: DecisionForm | None = None,
        act: str = "",
    ) -> HttpResponse:
        (named,) = name_units([exception])  # type: ignore[list-item]
        row = told(exception, named)
        seen: Any = Finding.objects.for_user(self.request.user)
        current = seen.latest_known().filter(rule=exception.rule, subject_id=exception.subject_id)
        standing = current.first()
        initial = {"base_version": exception.version}
        context = {
            "row": row,
            "exception": exception,
            "area": exception.village.area,
            "crumb": row["rule"].name,
            "operation_key": operations.new_key(),
            "is_gone": standing is None,
            "has_changed": standing is not None and standing.digest != exception.digest,
            "waits_for_other": exception.state == ExceptionState.OPEN
            and exception.requested_by_id == self.request.user.pk,
            "acts": [
                {
                    "name": name,
                    "label": LABELS[name],
                    "form": refused
                    if name == act and refused
                    else DecisionForm(initial=initial, act=name, auto_id=f"{name}_%s"),
                    "open": name == act,
                }
                for name in exception_turns(self.request.user, exception)
            ],
        }
        return render(self.request, "indicators/quality/exception_detail.html", context)


class ExceptionActView(ExceptionDetailView):
    """Approve, refuse or withdraw; a refusal is told on the request's page."""

    access = Access(permission=Permission.EDIT_REGISTER, scoped=True)
    http_method_names = ["post", "options"]

    def post(self, request: HttpRequest, pk: int, act: str) -> HttpResponse:
        exception = self.exception(pk)
        if act not in DECISIONS:
            raise Http404("act")
        if not may_turn_exception(request.user, exception, act):
            raise PermissionDenied
        form = DecisionForm(request.POST, act=act, auto_id=f"{act}_%s")
        if not form.is_valid():
            return self.page(exception, form, act)

        def run() -> dict[str, int]:
            done = DECISIONS[act](
                exception=exception,
                base_version=form.cleaned_data["base_version"],
                note=form.cleaned_data["note"],
                by=request.user,
                at=clock.now(),
            )
            return {"exception": done.pk}

        try:
            perform_once(request, run)
        except ExceptionRefused as error:
            messages.error(request, str(error))
        except KEY_REFUSALS as error:
            WritePage().refuse(request, error)
        else:
            messages.success(request, DONE[act])
        return redirect(exception.get_absolute_url())


LABELS = {
    "approve": gettext_lazy("批准"),
    "reject": gettext_lazy("不批准"),
    "withdraw": gettext_lazy("撤回"),
}
DONE = {
    "approve": gettext_lazy("已批准，到期或数值变化后自动恢复为待处理。"),
    "reject": gettext_lazy("已记为未批准，仍须更正。"),
    "withdraw": gettext_lazy("已撤回。"),
}
