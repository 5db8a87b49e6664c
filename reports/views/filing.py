"""The monthly report's form, its receipts and its corrections."""

from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import NoReverseMatch, reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.views.generic import DetailView, ListView, View

from accounts.roles import Permission
from core import clock, operations
from core.access import Access, AccessMixin
from core.web import WritePage, perform_once
from indicators.definitions import CATALOGUE
from reports import deadlines, services
from reports.enums import Answer, ObligationState
from reports.forms import FilingForm
from reports.models import Filing, Obligation, line_change
from tasks.enums import AgencyRole

RECORDS = 6  # months in the side list
TONES = {
    ObligationState.NOT_STARTED: "",
    ObligationState.DRAFTING: "blue",
    ObligationState.FILED: "met",
    ObligationState.LATE: "warn",
    ObligationState.OVERDUE: "not",
}


class FilingListView(AccessMixin, ListView):
    """The months the user's agency owes, newest first."""

    access = Access(permission=Permission.FILE_REPORT)
    template_name = "reports/filing_list.html"
    context_object_name = "obligations"
    paginate_by = 24

    def get_queryset(self) -> Any:
        mine = Obligation.objects.for_user(self.request.user, permission=Permission.FILE_REPORT)
        return mine.with_progress().select_related("campaign", "agency").order_by("-month", "pk")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(**kwargs)
        moment = clock.business_now()
        rows = [with_standing(obligation, moment) for obligation in context["obligations"]]
        return context | {"rows": rows, "today": moment.date()}


class FilingEditView(AccessMixin, WritePage, View):
    """Fill in one month: 暂存 keeps, 提交 hands in. Only for the agency that owes it."""

    access = Access(permission=Permission.FILE_REPORT, scoped=True)

    @cached_property
    def obligation(self) -> Obligation:
        mine = Obligation.objects.for_user(self.request.user, permission=Permission.FILE_REPORT)
        rows = mine.with_progress().select_related("campaign__area", "agency")
        return get_object_or_404(rows, pk=self.kwargs["pk"])

    @cached_property
    def filing(self) -> Filing:
        """The draft, or what a first draft would hold."""
        draft = self.obligation.filings.drafts().select_related("author").first()
        if draft:
            draft.obligation = self.obligation
            return draft
        user: Any = self.request.user
        return services.prefilled(obligation=self.obligation, by=user, at=clock.now())

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        if self.obligation.submitted_count and not self.obligation.draft_count:
            return redirect(newest_url(self.obligation))
        return self.page(FilingForm(self.filing))

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        act = request.POST.get("act", "save")
        form = FilingForm(self.filing, request.POST)
        if act != "refresh" and not form.is_valid():
            return self.page(form)
        try:
            outcome = perform_once(request, lambda: self.write(act, form))
        except services.Refused as refused:
            for problem in refused.problems:
                form.add_error(None, problem)
            return self.page(form)
        except services.AlreadySubmitted as error:
            messages.info(request, str(error))
            return redirect(newest_url(self.obligation))
        except (services.StaleFiling, operations.KeyReused, operations.MissingKey) as error:
            self.refuse(request, error)
            return self.page(form)
        return self.done(outcome)

    def write(self, act: str, form: FilingForm) -> dict[str, Any]:
        user: Any = self.request.user
        now = clock.now()
        if act == "refresh":
            revision = self.request.POST.get("base_version", "")
            filing = services.refresh_draft(
                obligation=self.obligation,
                revision=int(revision) if revision.isdigit() else -1,
                by=user,
                at=now,
            )
            return {"filing": filing.pk}
        told: dict[str, Any] = {
            "obligation": self.obligation,
            "content": form.content,
            "by": user,
            "at": now,
        }
        told |= {"revision": form.cleaned_data["base_version"], "mark": form.cleaned_data["mark"]}
        if act == "submit":
            filing = services.submit_filing(**told, arrived_at=clock.business_now())
            return {"filing": filing.pk, "receipt": filing.receipt}
        return {"filing": services.save_draft(**told).pk}

    def done(self, outcome: dict[str, Any]) -> HttpResponse:
        receipt = outcome.get("receipt")
        if receipt:
            messages.success(self.request, _("已报送，回执号 %(receipt)s") % {"receipt": receipt})
            return redirect("reports:filing_detail", pk=outcome["filing"])
        messages.success(self.request, _("已暂存"))
        return redirect("reports:filing_edit", pk=self.obligation.pk)

    def page(self, form: FilingForm) -> HttpResponse:
        today = clock.today()
        context = filing_context(self.request, self.obligation, self.filing) | {
            "form": form,
            "rows": [(row, drill_url(self.filing, row.line)) for row in form.line_rows()],
            "checks": checks(self.filing, form),
            "days": deadlines.days_left(today, self.obligation.due_at),
        }
        return render(self.request, "reports/filing_edit.html", self.get_context_data(**context))

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        kwargs.setdefault(
            "operation_key", self.request.POST.get("operation_key") or operations.new_key()
        )
        return kwargs


class FilingCorrectView(AccessMixin, WritePage, View):
    """Begin a correction of what was submitted."""

    access = Access(permission=Permission.FILE_REPORT, scoped=True)
    http_method_names = ["post", "options"]

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        mine = Filing.objects.for_user(request.user, permission=Permission.FILE_REPORT).submitted()
        filing = get_object_or_404(
            mine.select_related("obligation__campaign__area", "obligation__agency"), pk=pk
        )
        obligation = filing.obligation
        try:
            perform_once(request, lambda: self.write(obligation))
        except (operations.KeyReused, operations.MissingKey) as error:
            self.refuse(request, error)
            return redirect(filing)
        return redirect("reports:filing_edit", pk=obligation.pk)

    def write(self, obligation: Obligation) -> dict[str, Any]:
        user: Any = self.request.user
        filing = services.open_correction(obligation=obligation, by=user, at=clock.now())
        return {"filing": filing.pk}


class FilingDetailView(AccessMixin, DetailView):
    """What was handed in, word for word, with its receipt and earlier versions."""

    access = Access(permission=Permission.VIEW_REPORTS, scoped=True)
    template_name = "reports/filing_detail.html"

    def get_queryset(self) -> Any:
        return (
            Filing.objects.for_user(self.request.user)
            .submitted()
            .select_related("author", "base", "obligation__campaign__area", "obligation__agency")
        )

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        filing = self.object
        seen = Obligation.objects.for_user(self.request.user).with_progress()
        obligation = seen.select_related("campaign__area", "agency").get(pk=filing.obligation_id)
        mine = Obligation.objects.for_user(self.request.user, permission=Permission.FILE_REPORT)
        return (
            super().get_context_data(**kwargs)
            | filing_context(self.request, obligation, filing)
            | {
                "rows": [
                    (line, line_change(line), drill_url(filing, line)) for line in filing.lines
                ],
                "versions": obligation.filings.submitted().order_by("-version"),
                "can_correct": mine.filter(pk=obligation.pk).exists(),
                "operation_key": operations.new_key(),
            }
        )


# ---------- shared by form and read-only page ----------


def with_standing(obligation: Any, moment: Any) -> Any:
    """The obligation with its state, tone and address for a row of a list."""
    obligation.standing = obligation.state(moment)
    obligation.tone = TONES[obligation.standing]
    obligation.days_left = deadlines.days_left(moment.date(), obligation.due_at)
    return obligation


def filing_context(request: HttpRequest, obligation: Obligation, filing: Filing) -> dict[str, Any]:
    moment = clock.business_now()
    history = Obligation.objects.for_user(request.user).filter(
        agency=obligation.agency_id, campaign=obligation.campaign_id, month__lte=obligation.month
    )
    tasks = services.led_tasks(obligation)
    return {
        "obligation": with_standing(obligation, moment),
        "filing": filing,
        "tasks": tasks,
        "supporters": supporters(tasks),
        "history": [
            with_standing(each, moment)
            for each in history.with_progress().order_by("-month")[:RECORDS]
        ],
        "area": obligation.campaign.area,
        "area_path": reverse("reports:obligation_list"),
        "crumb": str(obligation.agency),
        "today": moment.date(),
        "before_on": deadlines.month_end(deadlines.previous_month(obligation.month)),
        "sum_urls": sum_urls(request, obligation),
    }


def supporters(tasks: list[Any]) -> list[tuple[str, list[str]]]:
    """Supporting agencies of the tasks, each with the codes of the tasks it supports."""
    found: dict[str, list[str]] = {}
    for task in tasks:
        for part in task.agencies.all():
            if part.role == AgencyRole.SUPPORT:
                found.setdefault(str(part.agency), []).append(task.code)
    return list(found.items())


def drill_url(filing: Filing, line: dict[str, Any]) -> str:
    """The list behind a figure; none for indicators that count something bad."""
    indicator = CATALOGUE.get(line["indicator"])
    obligation = filing.obligation
    if indicator is None or not indicator.lists_gaps or line["measure"] == "numerator":
        return ""
    verdict = {"failing": "NOT_MET", "unknown": "INSUFFICIENT_DATA"}[line["measure"]]
    query = urlencode(
        {
            "area": obligation.campaign.area_id,
            "indicator": line["indicator"],
            "on": obligation.figures_on.isoformat(),
            "verdict": verdict,
        }
    )
    try:
        return f"{reverse('indicators:gap_list')}?{query}"
    except NoReverseMatch:
        return ""


def sum_urls(request: HttpRequest, obligation: Obligation) -> dict[str, str]:
    """The case lists behind the arithmetic, for those who may open them."""
    if not request.user.has_perm(Permission.VIEW_REGISTER):
        return {}
    month, end = obligation.month, obligation.figures_on
    base = {"area": obligation.campaign.area_id, "agency": obligation.agency_id}
    queries = {
        "opening": {"standing": (month - timedelta(days=1)).isoformat()},
        "new": {"month": f"{month:%Y-%m}", "turn": "OPENED"},
        "reopened": {"month": f"{month:%Y-%m}", "turn": "REOPENED"},
        "closed": {"month": f"{month:%Y-%m}", "turn": "CLOSED"},
        "closing": {"standing": end.isoformat()},
    }
    return {
        name: f"{reverse('tasks:case_list')}?{urlencode(base | query)}"
        for name, query in queries.items()
    }


def checks(filing: Filing, form: FilingForm) -> list[tuple[str, str]]:
    """What 提交前检查 shows: a light and a sentence for each point, as saved."""
    answered = sum(line["answer"] in Answer.values for line in filing.lines)
    differing = filing.differing_lines
    explained = sum(bool(str(line["explanation"]).strip()) for line in differing)
    rows = []
    if filing.lines:
        state = "MET" if answered == len(filing.lines) else "INSUFFICIENT_DATA"
        rows.append(
            (
                state,
                _("%(all)s 项数字，已答 %(done)s 项")
                % {"all": len(filing.lines), "done": answered},
            )
        )
    if differing:
        state = "MET" if explained == len(differing) else "INSUFFICIENT_DATA"
        rows.append(
            (
                state,
                _("差异 %(all)s 项，已说明 %(done)s 项")
                % {"all": len(differing), "done": explained},
            )
        )
    rows.append(
        ("MET" if filing.progress.strip() or filing.is_nil else "INSUFFICIENT_DATA", _("工作进展"))
    )
    rows.append(("MET" if filing.signed_by.strip() else "INSUFFICIENT_DATA", _("第一责任人")))
    return rows


def newest_url(obligation: Obligation) -> str:
    newest = obligation.filings.submitted().order_by("-version").first()
    return newest.get_absolute_url() if newest else reverse("reports:filing_list")
