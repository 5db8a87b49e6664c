"""Acts on many households of the list at once: counted before, counted after."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.views.generic import View

from accounts.roles import Permission
from core import clock, operations
from core.access import Access
from core.web import WritePage, operation_key, perform_once
from households import services
from households.filters import HouseholdFilterSet
from households.forms.finding import PairingForm, RoundChoiceForm
from households.models import CheckRound, Household, HouseholdStatus
from households.rounds import GONE, asked_count, asked_of
from households.views.household import RegisterPage

MOST_PICKED = 5000
NAMES_SHOWN = 12
NOT_CONDITIONS = ("pick", "all", "page", "size", "helper_id", "valid_from", "check_round")


class BulkPage(WritePage, RegisterPage, View):
    """Households named by `?pick=` or, with `?all=1`, by the list's conditions.

    A GET with a complete form shows what would happen; the POST does it.
    """

    http_method_names = ["get", "head", "post", "options"]
    template_name = ""

    @cached_property
    def households(self) -> list[Household]:
        user, asked = self.request.user, self.request.GET
        rows = Household.objects.for_user(user, permission=str(self.access.permission))
        rows = rows.in_area(self.area) if self.area else rows
        if asked.get("all"):
            found = HouseholdFilterSet(asked, queryset=rows, request=self.request)
            if not found.form.is_valid():
                raise Http404("conditions")
            rows = found.qs
        else:
            picked = [int(p) for p in asked.getlist("pick") if p.isdecimal() and len(p) < 19]
            rows = rows.filter(pk__in=picked)
        rows = rows.select_related("village__area").order_by("village_id", "code")
        return list(rows[: MOST_PICKED + 1])

    @property
    def kept(self) -> list[tuple[str, str]]:
        """What names the households, for the page's own forms."""
        asked = self.request.GET
        names = [name for name in asked if name not in ("helper_id", "valid_from", "check_round")]
        return [(name, value) for name in names for value in asked.getlist(name)]

    @property
    def back(self) -> str:
        conditions = {k: v for k, v in self.request.GET.items() if k not in NOT_CONDITIONS}
        return f"{reverse('households:household_list')}?{urlencode(conditions)}"

    def nothing_to_do(self) -> HttpResponse | None:
        """Back to the list when no household was chosen, or too many.

        Sent twice, the conditions may name nobody any more: the first answer is given again.
        """
        if operations.was_spent(user=self.request.user, key=operation_key(self.request)):
            return None
        if not self.households:
            messages.error(self.request, _("还没有勾选户。"))
        elif len(self.households) > MOST_PICKED:
            limit = {"limit": f"{MOST_PICKED:,}"}
            messages.error(self.request, _("一次最多 %(limit)s 户，请加条件缩小范围。") % limit)
        else:
            return None
        return redirect(self.back)

    def page(self, context: Mapping[str, Any], *, status: int = 200) -> HttpResponse:
        count = len(self.households)
        shared = {
            "area": self.area,
            "count": count,
            "names": [h.head_name or h.code for h in self.households[:NAMES_SHOWN]],
            "more_names": max(count - NAMES_SHOWN, 0),
            "kept": self.kept,
            "back": self.back,
            "operation_key": operation_key(self.request) or operations.new_key(),
        }
        return render(self.request, self.template_name, {**shared, **context}, status=status)

    def once(self, act: Any) -> dict[str, Any] | None:
        """The outcome of the act, or None after a refusal was told."""
        asked = {"conditions": self.request.GET.urlencode(), **self.request.POST.dict()}
        try:
            return perform_once(self.request, act, data=asked)
        except (operations.KeyReused, operations.MissingKey) as error:
            self.refuse(self.request, error)
        return None


class PairingAssignView(BulkPage):
    """Gives chosen households to a helper."""

    access = Access(permission=Permission.PAIR_HELPERS, scoped=True)
    template_name = "households/pairing_form.html"

    def form(self, data: Any) -> PairingForm:
        user: Any = self.request.user
        ranges = user.village_ranges(Permission.PAIR_HELPERS)
        today = clock.today()
        grants = list(services.helpers_within(ranges, on=today))
        return PairingForm(data, grants=grants, today=today)

    def get(self, request: HttpRequest) -> HttpResponse:
        if turned_back := self.nothing_to_do():
            return turned_back
        form = self.form(request.GET if "helper_id" in request.GET else None)
        if not form.is_bound or not form.is_valid():
            return self.page({"form": form})
        helper, valid_from = form.cleaned_data["helper_id"], form.cleaned_data["valid_from"]
        plan = services.plan_pairing(
            households=self.households, helper=helper, valid_from=valid_from
        )
        return self.page(
            {"form": form, "plan": plan, "helper": helper, "refusals": by_reason(plan)}
        )

    def post(self, request: HttpRequest) -> HttpResponse:
        if turned_back := self.nothing_to_do():
            return turned_back
        form = self.form(request.POST)
        if not form.is_valid():
            return self.page({"form": form}, status=422)
        helper, valid_from = form.cleaned_data["helper_id"], form.cleaned_data["valid_from"]

        def act() -> dict[str, Any]:
            done = services.assign_helper(
                households=self.households,
                helper=helper,
                valid_from=valid_from,
                by=request.user,
                at=clock.now(),
            )
            return {
                "changed": len(done.change),
                "same": len(done.same),
                "refused": len(done.refused),
            }

        outcome = self.once(act)
        if outcome:
            words = {"helper": helper, **outcome}
            text = _(
                "已把 %(changed)s 户指派给%(helper)s；原已是 %(same)s 户，不能指派 %(refused)s 户。"
            )
            messages.success(request, text % words)
        return redirect(self.back)


def by_reason(plan: services.PairingPlan) -> list[tuple[str, list[Household]]]:
    """Refused households under the words of their reason."""
    return [
        (str(reason.label), found)
        for reason in services.Refusal
        if (found := [household for household, why in plan.refused if why == reason])
    ]


class RoundAddView(BulkPage):
    """Adds chosen households to an open round of checks."""

    access = Access(permission=Permission.MANAGE_ROUNDS, scoped=True)
    template_name = "households/round_add_form.html"

    def form(self, data: Any) -> RoundChoiceForm:
        user = self.request.user
        rounds = CheckRound.objects.for_user(user, permission=Permission.MANAGE_ROUNDS)
        return RoundChoiceForm(
            data, rounds=rounds.managed_by(user).open().order_by("-opened_on", "-pk")
        )

    def get(self, request: HttpRequest) -> HttpResponse:
        if turned_back := self.nothing_to_do():
            return turned_back
        form = self.form(request.GET if "check_round" in request.GET else None)
        if not form.is_bound or not form.is_valid():
            return self.page({"form": form})
        check_round = form.cleaned_data["check_round"]
        return self.page({"form": form, "check_round": check_round, "plan": self.plan(check_round)})

    def plan(self, check_round: CheckRound) -> dict[str, int]:
        """How many would be added, are asked for already, and cannot be; three queries."""
        user, permission = self.request.user, Permission.MANAGE_ROUNDS
        statuses: Any = HouseholdStatus.objects.for_user(user, permission=permission)
        chosen = statuses.filter(household__in=[h.pk for h in self.households])
        here = chosen.latest_known().in_area(check_round.area).exclude(status__in=GONE)
        asked = set(asked_of(check_round, chosen).values_list("household_id", flat=True))
        possible = set(here.values_list("household_id", flat=True))
        return {
            "add": len(possible - asked),
            "same": len(asked),
            "refused": len(self.households) - len(possible | asked),
            "before": asked_count(check_round),
        }

    def post(self, request: HttpRequest) -> HttpResponse:
        if turned_back := self.nothing_to_do():
            return turned_back
        form = self.form(request.POST)
        if not form.is_valid():
            return self.page({"form": form}, status=422)
        check_round = form.cleaned_data["check_round"]

        def act() -> dict[str, Any]:
            added = services.add_households_to_round(
                check_round=check_round,
                household_ids=[household.pk for household in self.households],
                by=request.user,
                at=clock.now(),
            )
            return {"added": added, "count": asked_count(check_round)}

        try:
            outcome = self.once(act)
        except services.RoundClosed:
            messages.error(request, _("这一轮核查已经结束。"))
            return redirect(self.back)
        if outcome:
            text = _("已加入 %(added)s 户，「%(round)s」现有 %(count)s 户。")
            messages.success(request, text % {"round": check_round, **outcome})
        return redirect(self.back)
