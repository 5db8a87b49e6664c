"""Proposing a value, and deciding on what somebody else proposed."""

from functools import cached_property
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.generic import DetailView, View

from accounts.models import Area
from accounts.roles import Permission
from accounts.scope import page_area
from core import clock
from core.access import Access, AccessMixin
from core.listing import ListPage
from core.web import WritePage, perform_once
from indicators import standard_changes as changes
from indicators import standard_values as standing
from indicators.enums import ProposalState
from indicators.forms import (
    DecisionForm,
    ProposalForm,
    ProposalQuery,
)
from indicators.models import StandardProposal, StandardTrial
from indicators.permissions import covers, may_act, may_decide, may_withdraw
from indicators.standard_values import Reading, Showing, StandardRefused
from indicators.views_standards.common import KEY_REFUSALS, StandardFormPage


class ProposalListView(AccessMixin, ListPage):
    """Proposals that touch the area, those that wait first."""

    access = Access(permission=Permission.VIEW_STANDARDS, scoped=True)
    template_name = "indicators/standards/proposal_list.html"
    table_template_name = "indicators/standards/_proposal_table.html"
    default_sort = ""

    @cached_property
    def area(self) -> Area:
        return page_area(self.request, Permission.VIEW_STANDARDS)

    @cached_property
    def state(self) -> str:
        query = ProposalQuery(self.request.GET)
        return str(query.cleaned_data["state"]) if query.is_valid() else ""

    def rows(self) -> Any:
        touching = StandardProposal.objects.for_user(self.request.user).touching(*self.area.range)
        rows = touching.filter(state=self.state) if self.state else touching
        return rows.select_related("proposed_by", "decided_by").order_by("-proposed_at", "-pk")

    def finish(self, rows: list[Any]) -> list[Any]:
        show = Showing(rows)
        standards = [standing.standard_of(row.code) for row in rows]
        return [
            {"standard": standard, "shown": show(row, standard), "proposal": row}
            for row, standard in zip(rows, standards, strict=True)
        ]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(**kwargs) | {
            "area": self.area,
            "state": self.state,
            "tabs": [("", _("全部")), *ProposalState.choices],
        }


class ProposalCreateView(StandardFormPage):
    """Propose a value for one's own area; another person decides."""

    permission = Permission.PROPOSE_STANDARD
    access = Access(permission=Permission.PROPOSE_STANDARD, scoped=True)
    template_name = "indicators/standards/proposal_form.html"
    form_class = ProposalForm

    def get_form_kwargs(self) -> dict[str, Any]:
        documents = sorted(standing.cited_documents().values(), key=lambda d: d.title)
        return super().get_form_kwargs() | {"documents": documents}

    def get_initial(self) -> dict[str, Any]:
        return super().get_initial() | {"base_version": standing.newest(self.standard.code)}

    def form_valid(self, form: ProposalForm) -> HttpResponse:
        def act() -> dict[str, int]:
            made = changes.propose(
                reading=form.reading(),
                seen=form.cleaned_data["base_version"],
                by=self.request.user,
                at=clock.now(),
            )
            return {"proposal": made.pk}

        try:
            outcome = perform_once(self.request, act)
        except StandardRefused as error:
            return self.refused(form, error)
        except KEY_REFUSALS as error:
            self.refuse(self.request, error)
            return redirect(self.request.get_full_path())
        messages.success(self.request, _("已提出，等另一人审批。"))
        return redirect("indicators:proposal_detail", outcome["proposal"])


class ProposalDetailView(AccessMixin, WritePage, DetailView):
    """A proposal with all it touches, what a trial of it shows, and the decision."""

    access = Access(permission=Permission.VIEW_STANDARDS, scoped=True)
    template_name = "indicators/standards/proposal_detail.html"
    context_object_name = "proposal"

    def get_queryset(self) -> Any:
        seen = StandardProposal.objects.for_user(self.request.user)
        return seen.select_related("proposed_by", "decided_by")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = proposal_context(self.request, self.object)
        return super().get_context_data(**kwargs) | context


def proposal_context(
    request: HttpRequest,
    proposal: StandardProposal,
    refused: DecisionForm | None = None,
    act: str = "",
) -> dict[str, Any]:
    """What the page shows; `refused` is the form of the act that was not accepted."""
    user: Any = request.user
    standard = standing.standard_of(proposal.code)
    impact = standing.impact_of(Reading.of(proposal))
    show = Showing([proposal, *impact.replaced, *impact.above])
    offered = [
        ("approve", _("批准"), may_decide(user, proposal)),
        ("reject", _("不批准"), may_decide(user, proposal)),
        ("withdraw", _("撤回"), may_withdraw(user, proposal)),
    ]
    initial = {"base_version": proposal.version}
    trials = StandardTrial.objects.for_user(user).filter(proposal=proposal).order_by("-pk")
    return {
        "standard": standard,
        "crumb": standard.name,
        "shown": show(proposal, standard),
        "above": [show(row, standard) for row in impact.above],
        "replaced": [show(row, standard) for row in impact.replaced]
        if proposal.state == ProposalState.OPEN
        else [],
        "impact": impact,
        "is_past": proposal.valid_from < clock.today(),
        "acts": [
            {
                "name": name,
                "label": label,
                "form": refused
                if name == act and refused
                else DecisionForm(initial=initial, act=name, auto_id=f"{name}_%s"),
                "open": name == act,
            }
            for name, label, allowed in offered
            if allowed
        ],
        "waits_for_other": proposal.state == ProposalState.OPEN
        and proposal.proposed_by_id == user.pk,
        "trials": list(trials[:5]),
        "may_try": covers(user, Permission.TRY_STANDARD, proposal.low, proposal.high)
        and bool(impact.indicators),
    }


class ProposalActView(AccessMixin, View):
    """Approve, reject or withdraw; a refusal is told on the proposal's page."""

    access = Access(permission=Permission.PROPOSE_STANDARD, scoped=True)
    http_method_names = ["post"]

    def post(self, request: HttpRequest, pk: int, act: str) -> HttpResponse:
        proposal = get_object_or_404(StandardProposal.objects.for_user(request.user), pk=pk)
        if act not in changes.DECISIONS:
            raise Http404("act")
        if not may_act(request.user, proposal, act):
            raise PermissionDenied
        form = DecisionForm(request.POST, act=act, auto_id=f"{act}_%s")
        if not form.is_valid():
            return self.page(request, proposal, form, act)

        def run() -> dict[str, int]:
            done = changes.DECISIONS[act](
                proposal=proposal,
                base_version=form.cleaned_data["base_version"],
                note=form.cleaned_data["note"],
                by=request.user,
                at=clock.now(),
            )
            return {"proposal": done.pk}

        try:
            perform_once(request, run)
        except StandardRefused as error:
            messages.error(request, str(error))
        except KEY_REFUSALS as error:
            WritePage().refuse(request, error)
        else:
            messages.success(request, DONE[act])
        return redirect(proposal.get_absolute_url())

    def page(
        self, request: HttpRequest, proposal: StandardProposal, form: DecisionForm, act: str
    ) -> HttpResponse:
        context = proposal_context(request, proposal, form, act) | {"proposal": proposal}
        return render(request, ProposalDetailView.template_name, context)


DONE = {
    "approve": gettext_lazy("已批准，从下一次重算起按新标准判定。"),
    "reject": gettext_lazy("已记为未批准，标准不变。"),
    "withdraw": gettext_lazy("已撤回。"),
}
