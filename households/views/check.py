from collections.abc import Mapping
from datetime import date
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import Count, F, Q, QuerySet
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.views.generic import DetailView, View

from accounts.models import Area
from accounts.roles import Permission
from core import clock, operations
from core.access import Access, AccessMixin
from core.forms import DateField
from core.listing import ListPage
from core.web import WritePage, operation_key, perform_once
from households import rounds, services
from households.dossier import Dossier, summarise
from households.filters import CheckListFilterSet
from households.forms.answers import typed_answers
from households.forms.changes import ReturnForm, change_rows, reason_rows
from households.forms.check import CheckForm
from households.forms.conflict import Conflict, Unsettled, seen_text
from households.models import Household, HouseholdCheck, HouseholdStatus
from households.permissions import can_review_check, visible_lines
from households.querysets import HouseholdQuerySet
from households.views.evidence_cards import missing_of, section_panels
from households.views.household import RegisterPage
from households.views.round import round_over

NOT_TYPED = {"csrfmiddlewaretoken", "operation_key", "base_version", "act", "resolving"}


class CheckAccess(AccessMixin):
    """A household the user may check; others do not exist."""

    access = Access(permission=Permission.ENTER_CHECK, scoped=True)
    request: HttpRequest
    kwargs: dict[str, Any]

    @cached_property
    def households(self) -> HouseholdQuerySet:
        mine = Household.objects.for_user(self.request.user, permission=Permission.ENTER_CHECK)
        return mine.filter(merged_into=None)

    @cached_property
    def household(self) -> Household:
        return get_object_or_404(
            self.households.select_related("village__area"), pk=self.kwargs["pk"]
        )

    @cached_property
    def dossier(self) -> Dossier:
        lines = visible_lines(self.request.user, self.household)
        return Dossier(self.household, on=clock.today(), lines=lines)

    def typed(self) -> dict[str, str | list[str]]:
        """What was typed, and which versions it was typed against."""
        typed = typed_answers(self.request.POST)
        return {k: v for k, v in typed.items() if k != "resolving" and not k.startswith("choice-")}

    def save_draft(self) -> HouseholdCheck:
        posted = self.request.POST
        version = posted.get("base_version", "")
        return services.save_draft(
            household=self.household,
            raw=self.typed(),
            visited_on=visit_date(posted.get("visited_on", "")),
            by=self.request.user,
            at=clock.now(),
            base_version=int(version)
            if version.isdecimal() and len(version) < 9
            else self.household.version,
        )


def visit_date(text: str) -> date:
    """The date as typed; today when it cannot be read yet."""
    try:
        return DateField().clean(text)
    except forms.ValidationError:
        return clock.today()


class CheckEditView(CheckAccess, WritePage, View):
    """The household check: fill, keep (暂存), submit (提交). Works without scripts."""

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        draft = HouseholdCheck.objects.open_draft(self.household, request.user)
        initial = services.draft_answers(draft) if draft else {}
        form = self.form(initial=initial)
        if draft and draft.base_version != self.household.version:
            # Still on what it was typed against: submitting it shows what was recorded since.
            form.initial["base_version"] = draft.base_version
            return self.page(form, draft=draft, stale=True, seen=initial.get("seen", ""))
        return self.page(form, draft=draft, blank=not draft)

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        act = request.POST.get("act", "submit")
        if act == "discard":
            services.discard_draft(household=self.household, by=request.user, at=clock.now())
            messages.success(request, _("草稿已放弃。"))
            return redirect("households:check_edit", pk)
        if act == "save":
            self.save_draft()
            messages.success(request, _("已暂存，可以稍后继续填写。"))
            return redirect("households:check_edit", pk)
        if act == "recheck":
            return self.page(self.form(initial=self.typed()))
        form = self.form(request.POST)
        if not form.is_valid():
            return self.page(form, status=422, seen=request.POST.get("seen", ""))
        return self.submit(form)

    def form(self, data: Any = None, initial: Mapping[str, Any] | None = None) -> CheckForm:
        """The form as the round over the day of the visit asks for it."""
        day = visit_date((data or initial or {}).get("visited_on", ""))
        return CheckForm(
            data,
            dossier=self.dossier,
            today=clock.today(),
            initial=initial,
            asked=rounds.sections_asked(self.household, day),
        )

    def submit(self, form: CheckForm) -> HttpResponse:
        request, data = self.request, form.cleaned_data

        def act() -> dict[str, Any]:
            answers: services.FactChanges = form.answers()
            if "resolving" in request.POST:
                answers = self.conflict(form).settled()
            check = services.submit_check(
                household=self.household,
                answers=answers,
                visited_on=data["visited_on"],
                by=request.user,
                at=clock.now(),
                base_version=data["base_version"],
                note=data["note"],
                raw=self.typed(),
                reasons=form.reasons(),
            )
            return {"check": check.pk}

        try:
            outcome = perform_once(request, act)
        except services.StaleHousehold:
            self.save_draft()
            return self.conflict_page(form, status=409)
        except Unsettled:
            return self.conflict_page(form, status=422, unsettled=True)
        except operations.KeyReused:
            messages.error(
                request,
                _("这份核查已经提交过。之后改动的内容还在页面上，如需再交请核对后再按提交。"),
            )
            return self.page(
                form,
                status=409,
                operation_key=operations.new_key(),
                seen=request.POST.get("seen", ""),
                key_spent=True,
            )
        except operations.MissingKey as error:
            self.refuse(request, error)
            return self.page(form, status=409, operation_key=operations.new_key())
        return redirect("households:check_detail", outcome["check"])

    def conflict(self, form: CheckForm) -> Conflict:
        return Conflict(
            self.dossier,
            answers=form.answers(),
            seen=self.request.POST.get("seen", ""),
            visited_on=form.cleaned_data["visited_on"],
            choices=self.request.POST,
        )

    def conflict_page(self, form: CheckForm, *, status: int, **more: Any) -> HttpResponse:
        """What someone else recorded meanwhile beside what was typed, fact by fact, to choose from."""
        self.fresh_dossier()
        household, conflict = self.household, self.conflict(form)
        typed = [
            (name, value)
            for name, values in self.request.POST.lists()
            if name not in NOT_TYPED and not name.startswith("choice-")
            for value in values
        ]
        context = {
            "area": household.village.area,
            "crumb": _("%(head)s户") % {"head": household.head_name or household.code},
            "household": household,
            "conflict": conflict,
            "typed": typed,
            "groups": [
                (_("您和他人都填了，不一致"), conflict.both),
                (_("您没有填，他人已更新"), conflict.others),
            ],
            "operation_key": operation_key(self.request),
            **more,
        }
        return render(self.request, "households/check_conflict.html", context, status=status)

    def fresh_dossier(self) -> Dossier:
        """Read again: someone else has just changed the household."""
        self.__dict__.pop("household", None)
        self.__dict__.pop("dossier", None)
        return self.dossier

    def page(self, form: CheckForm, *, status: int = 200, **more: Any) -> HttpResponse:
        household = self.household
        before, after, place, all_count = self.households.neighbours(household)
        visits = household.checks.counted().select_related("author").defer("answers", "changes")
        panels = section_panels(self.request.user, form.dossier)
        context = {
            "area": household.village.area,
            "crumb": _("%(head)s户") % {"head": household.head_name or household.code},
            "household": household,
            "dossier": form.dossier,
            "form": form,
            "before": before,
            "after": after,
            "place": place,
            "all_count": all_count,
            "latest": visits.order_by("-visited_on", "-pk").first(),
            "sections": [(section, panels.get(section.number)) for section in form.sections],
            "round": services.open_round_of(household.village_id, on=clock.today()),
            "operation_key": operation_key(self.request) or operations.new_key(),
            "recent": form.dossier.timeline[:5] if more.get("stale") else [],
            "seen": seen_text(form.dossier),
            **more,
        }
        return render(self.request, "households/check_edit.html", context, status=status)


class CheckAroundView(CheckAccess, View):
    """What else stands about the household: cases, doubts, registers. A wide screen asks for it once
    the form is there."""

    http_method_names = ["get", "head", "options"]

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        return render(request, "households/_check_around.html", {"household": self.household})


class CheckDraftView(CheckAccess, View):
    """Keeps the draft while the form is being filled; answers with the time."""

    http_method_names = ["post", "options"]

    def post(self, request: HttpRequest, pk: int) -> JsonResponse:
        done = operations.outcome_of(user=request.user, key=operation_key(request))
        if done:  # the check was submitted meanwhile
            return JsonResponse(
                {"saved": "", "check": reverse("households:check_detail", args=[done["check"]])}
            )
        draft = self.save_draft()
        saved = timezone.localtime(draft.saved_at)
        return JsonResponse({"saved": f"{saved:%H:%M}"})


class CheckDetailView(AccessMixin, DetailView):
    """What one check said, and what it changed."""

    access = Access(permission=Permission.VIEW_REGISTER, scoped=True)
    model = HouseholdCheck
    template_name = "households/check_detail.html"
    context_object_name = "check"

    def get_queryset(self) -> QuerySet[HouseholdCheck]:
        checks = HouseholdCheck.objects.for_user(self.request.user).submitted()
        return checks.select_related(
            "household__village__area", "author", "returned_by", "accepted_by", "round", "follows"
        )

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        check, user = self.object, self.request.user
        lines = visible_lines(user, check.household)
        after = None
        if user.has_perm(Permission.ENTER_CHECK):
            mine = Household.objects.for_user(user, permission=Permission.ENTER_CHECK)
            after = mine.neighbours(check.household)[1]
        return super().get_context_data(**kwargs) | {
            "area": check.household.village.area,
            "crumb": _("%(head)s户") % {"head": check.household.head_name or check.household.code},
            "changes": change_rows(check, lines),
            "reasons": reason_rows(check, lines),
            "may_review": can_review_check(user, check),
            "history": HouseholdCheck.objects.defer("answers").chain(check),
            "return_form": kwargs.get("return_form") or ReturnForm(),
            "operation_key": operations.new_key(),
            "after": after,
        }


class ReviewAct(AccessMixin, WritePage, View):
    """What a reviewer does with one check: theirs to review, or refused."""

    access = Access(permission=Permission.REVIEW_CHECK, scoped=True)
    http_method_names = ["post", "options"]
    request: HttpRequest

    def asked(self, pk: int) -> HouseholdCheck:
        user = self.request.user
        checks = HouseholdCheck.objects.for_user(user, permission=Permission.REVIEW_CHECK)
        check = get_object_or_404(checks.submitted(), pk=pk)
        if not can_review_check(user, check) and not operations.was_spent(
            user=user, key=operation_key(self.request)
        ):
            raise PermissionDenied
        return check


class CheckAcceptView(ReviewAct):
    """Finds a check in order."""

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        check = self.asked(pk)

        def act() -> dict[str, Any]:
            services.accept_check(check=check, by=request.user, at=clock.now())
            return {"check": check.pk}

        try:
            perform_once(request, act)
        except (operations.KeyReused, operations.MissingKey) as error:
            self.refuse(request, error)
        except services.NotAcceptable:
            messages.error(request, _("这份核查已不在“已提交”状态，不能通过。"))
        else:
            messages.success(request, _("已通过。"))
        return redirect(check)


class CheckReturnView(ReviewAct):
    """Sends a check back with a reason; what held before holds again."""

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        check = self.asked(pk)
        form = ReturnForm(request.POST)
        if not form.is_valid():
            messages.error(request, _("退回须写明原因。"))
            return redirect(check)
        reason = form.cleaned_data["reason"]

        def act() -> dict[str, Any]:
            services.return_check(check=check, by=request.user, at=clock.now(), reason=reason)
            return {"check": check.pk}

        try:
            perform_once(request, act)
        except (operations.KeyReused, operations.MissingKey) as error:
            self.refuse(request, error)
        except services.NotReturnable:
            messages.error(request, _("这份核查已不在“已提交”状态，不能退回。"))
        else:
            messages.success(request, _("已退回。这份核查写入的内容已撤销，原来的内容恢复有效。"))
        return redirect(check)


class CheckListView(RegisterPage, ListPage):
    """Households to visit: when each was last visited, what is left this month, my drafts."""

    access = Access(permission=Permission.ENTER_CHECK, scoped=True)
    model = Household
    template_name = "households/check_list.html"
    filterset_class = CheckListFilterSet
    sort_fields = {"village": ("village_id", "code"), "code": "code", "head": ("head_name", "code")}
    default_sort = "village"

    @cached_property
    def term(self) -> rounds.Term:
        """The open round that asks for the whole area, or else this month."""
        check_round = round_over(self.request.user, self.area, Permission.ENTER_CHECK)
        return rounds.Term(check_round, clock.today())

    def rows(self) -> QuerySet[Household]:
        self.request.page_term = self.term  # type: ignore[attr-defined]
        rows = Household.objects.for_user(self.request.user, permission=Permission.ENTER_CHECK)
        rows = rows.filter(merged_into=None).select_related("village__area")
        return rows.in_area(self.area) if self.area else rows

    def finish(self, rows: list[Any]) -> list[Any]:
        lines = summarise(rows, on=clock.today())
        shown = self.rows().filter(pk__in=[row.pk for row in rows])
        mine = HouseholdCheck.objects.filter(household__in=rows, author=self.request.user)
        drafted = set(mine.filter(state="DRAFT").values_list("household_id", flat=True))
        returned = dict(mine.to_correct(self.request.user).values_list("household_id", "pk"))
        done = set(self.term.done(shown).values_list("pk", flat=True))
        asked = set(self.term.asked(shown).values_list("pk", flat=True))
        missing = missing_of(self.request.user, rows, clock.today())
        for line in lines:
            line.is_done = line.household.pk in done
            line.is_asked = line.household.pk in asked
            line.has_draft = line.household.pk in drafted
            line.returned = returned.get(line.household.pk)
            line.missing = missing[line.household.pk]
        return lines

    def progress(self) -> list[dict[str, Any]]:
        """Households to visit and those visited, per area below the page's; few queries."""
        user = self.request.user
        if self.term.check_round:
            statuses = HouseholdStatus.objects.for_user(user, permission=Permission.ENTER_CHECK)
            return [
                {"area": row.area, "total": row.asked, "done": row.done, "left": row.left}
                for row in rounds.progress_by_place(self.term.check_round, statuses, self.area)
            ]
        if self.area is None:
            return []
        step = rounds.STEPS[self.area.level]
        place = F("village_id") / step * step
        held = HouseholdStatus.objects.for_user(user, permission=Permission.ENTER_CHECK).in_area(
            self.area
        )
        totals = held.filter(status__in=rounds.VISITED).count_held(clock.today(), per=step)
        checks = (
            HouseholdCheck.objects.for_user(user, permission=Permission.ENTER_CHECK)
            .in_area(self.area)
            .counted()
        )
        visited = checks.filter(visited_on__gte=self.term.month).values(place=place)
        done = dict(
            visited.annotate(n=Count("household_id", distinct=True)).values_list("place", "n")
        )
        areas = Area.objects.filter(pk__in=totals).order_by("pk")
        rows = [
            {"area": a, "total": totals[a.pk], "done": min(done.get(a.pk, 0), totals[a.pk])}
            for a in areas
        ]
        for row in rows:
            row["left"] = row["total"] - row["done"]
        return rows

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        progress = [] if self.wants_fragment else self.progress()
        drafts = HouseholdCheck.objects.for_user(
            self.request.user, permission=Permission.ENTER_CHECK
        ).filter(Q(author=self.request.user), state="DRAFT")
        return super().get_context_data(**kwargs) | {
            "month": self.term.month,
            "round": self.term.check_round,
            "today": clock.today(),
            "may_review": self.request.user.has_perm(Permission.REVIEW_CHECK),
            "sees_rounds": self.request.user.has_perm(Permission.VIEW_FIGURES),
            "progress": progress,
            "total": sum(row["total"] for row in progress),
            "done": sum(row["done"] for row in progress),
            "drafts": drafts.select_related("household__village__area").order_by("-saved_at")[:10],
            "check_list_url": reverse("households:check_list"),
        }
