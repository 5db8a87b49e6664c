"""Rounds of household checks: opened by offices, followed by everybody, reviewed by others."""

from datetime import date
from typing import Any

from django.contrib import messages
from django.db.models import Count, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.generic import DetailView, View

from accounts.enums import Level, RoleCode
from accounts.models import Area
from accounts.roles import Permission
from accounts.scope import names_of, own_area, page_area
from core import clock, operations
from core.access import Access, AccessMixin
from core.listing import COUNT_LIMIT, ListPage
from core.menu import Count as MenuCount
from core.web import WritePage, operation_key, perform_once
from households import rounds, services
from households.enums import Status
from households.forms.questions import TITLES
from households.forms.rounds import RoundForm
from households.models import CheckRound, Household, HouseholdCheck, HouseholdStatus

CHECKING_LEVELS = (Level.VILLAGE, Level.TOWNSHIP)
SOON_DAYS = 3


def inside(small: Area, large: Area) -> bool:
    (low, high), (first, last) = small.range, large.range
    return first <= low and high <= last


def round_over(user: Any, area: Area | None, permission: str) -> CheckRound | None:
    """The open round over the whole area; for a helper over the paired households, the one that
    ends first where there are several."""
    found = CheckRound.objects.for_user(user, permission=permission).open().select_related("area")
    if area is not None and user.village_ranges(permission):
        return found.over(area).order_by("-opened_on", "-pk").first()
    return found.order_by("due_on", "pk").first()


def scope_words(check_round: CheckRound) -> str:
    """Which households a round asks for."""
    words = "、".join(str(Status(status).label) for status in check_round.statuses)
    return words or _("只查指定户")


def content_words(check_round: CheckRound) -> str:
    """Which sections of the form a round asks for."""
    titles = (str(TITLES[n]).partition("、")[2] for n in check_round.sections if n in TITLES)
    return "、".join(titles) or _("全部内容")


def village_words(check_round: CheckRound) -> str:
    """The villages a round is limited to; "" for the whole area."""
    return "、".join(names_of(check_round.villages).values()) if check_round.villages else ""


class RoundListView(AccessMixin, ListPage):
    """Rounds that touch the area, the newest first, and how many households each has reached."""

    access = Access(permission=Permission.VIEW_FIGURES, scoped=True)
    model = CheckRound
    template_name = "households/round_list.html"

    @cached_property
    def area(self) -> Area:
        return page_area(self.request, Permission.VIEW_FIGURES)

    def rows(self) -> QuerySet[CheckRound]:
        rounds_seen = CheckRound.objects.for_user(self.request.user).touching(self.area)
        return rounds_seen.select_related("area", "opened_by").order_by("-opened_on", "-pk")

    def finish(self, rows: list[Any]) -> list[Any]:
        user = self.request.user
        checks = HouseholdCheck.objects.for_user(user, permission=Permission.VIEW_FIGURES)
        reached = checks.in_area(self.area).counted().filter(round__in=rows).values_list("round")
        done = dict(reached.annotate(n=Count("household", distinct=True)))
        for row in rows:
            row.done_count = done.get(row.pk, 0)
        return rows

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(**kwargs) | {
            "area": self.area,
            "today": clock.today(),
            "may_open": self.request.user.has_perm(Permission.MANAGE_ROUNDS),
        }


class RoundCreateView(AccessMixin, WritePage, View):
    """Opens a round for an area of one's own; the page's area says whose villages are offered."""

    access = Access(permission=Permission.MANAGE_ROUNDS)

    @cached_property
    def area(self) -> Area:
        return page_area(self.request, Permission.MANAGE_ROUNDS)

    def form(self, data: Any = None, **more: Any) -> RoundForm:
        return RoundForm(data, user=self.request.user, area=self.area, today=clock.today(), **more)

    def get(self, request: HttpRequest) -> HttpResponse:
        today = clock.today()
        name = _("%(year)s年%(month)s月入户核查") % {"year": today.year, "month": today.month}
        area = self.area.parent if self.area.is_village else self.area
        return self.page(self.form(initial={"area": area, "name": name}))

    def post(self, request: HttpRequest) -> HttpResponse:
        form = self.form(request.POST)
        if not form.is_valid():
            return self.page(form, operation_key=operation_key(request) or operations.new_key())
        data = form.cleaned_data

        def act() -> dict[str, Any]:
            made = services.open_round(
                area=data["area"],
                name=data["name"],
                statuses=form.statuses,
                villages=data.get("villages", []),
                sections=form.asked_sections,
                opened_on=clock.today(),
                due_on=data["due_on"],
                by=request.user,
                at=clock.now(),
            )
            return {"round": made.pk}

        try:
            outcome = perform_once(request, act)
        except services.RoundOverlaps:
            form.add_error("area", _("这个区划（或其上级、下级）已有进行中的核查，结束后才能再开"))
            return self.page(form)
        except (operations.KeyReused, operations.MissingKey) as error:
            self.refuse(request, error)
            return self.page(form)
        messages.success(request, _("已开启核查。"))
        return redirect("households:round_detail", outcome["round"])

    def page(self, form: RoundForm, **more: Any) -> HttpResponse:
        context = {
            "form": form,
            "area": self.area,
            "crumb": _("开启核查"),
            "operation_key": operations.new_key(),
            **more,
        }
        return render(self.request, "households/round_form.html", context)


class RoundDetailView(AccessMixin, WritePage, DetailView):
    """Progress of one round, per township or village."""

    access = Access(permission=Permission.VIEW_FIGURES, scoped=True)
    model = CheckRound
    template_name = "households/round_detail.html"
    context_object_name = "round"

    def get_queryset(self) -> QuerySet[CheckRound]:
        seen = CheckRound.objects.for_user(self.request.user)
        return seen.select_related("area", "opened_by", "closed_by")

    def shown_area(self) -> Area:
        """The page's area where it lies in the round's, else as much of the round as the user sees."""
        user: Any = self.request.user
        permission = Permission.VIEW_FIGURES
        chosen, whole = page_area(self.request, permission), self.object.area
        if inside(chosen, whole):
            return chosen
        if user.covers(whole, permission):
            return whole
        held = [g.area for g in user.current_grants if g.area and inside(g.area, whole)]
        if not held:
            raise Http404("area")
        return held[0]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        user: Any = self.request.user
        check_round, area = self.object, self.shown_area()
        statuses = HouseholdStatus.objects.for_user(user, permission=Permission.VIEW_FIGURES)
        progress = rounds.progress_by_place(check_round, statuses, area)
        may_manage = user.has_perm(Permission.MANAGE_ROUNDS) and user.covers(
            check_round.area, Permission.MANAGE_ROUNDS
        )
        return super().get_context_data(**kwargs) | {
            "area": area,
            "crumb": check_round.name,
            "today": clock.today(),
            "progress": progress,
            "total": rounds.total(progress),
            "goes_down": area.level not in (Level.TOWNSHIP, Level.VILLAGE),
            "scope_words": scope_words(check_round),
            "content_words": content_words(check_round),
            "village_words": village_words(check_round),
            "listed_count": check_round.listed.count(),
            "may_close": may_manage and check_round.is_open,
            "list_url": reverse("households:check_list"),
            "may_check": user.has_perm(Permission.ENTER_CHECK) and check_round.is_open,
        }


class RoundCloseView(AccessMixin, WritePage, View):
    """Ends a round."""

    access = Access(permission=Permission.MANAGE_ROUNDS, scoped=True)
    http_method_names = ["post", "options"]

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        mine = CheckRound.objects.for_user(request.user, permission=Permission.MANAGE_ROUNDS)
        check_round = get_object_or_404(mine.managed_by(request.user), pk=pk)

        def act() -> dict[str, Any]:
            services.close_round(check_round=check_round, by=request.user, at=clock.now())
            return {"round": check_round.pk}

        try:
            perform_once(request, act)
        except (operations.KeyReused, operations.MissingKey) as error:
            self.refuse(request, error)
        except services.RoundClosed:
            messages.error(request, _("这一轮核查已经结束。"))
        else:
            messages.success(request, _("本轮核查已结束。"))
        return redirect(check_round)


class CheckReviewView(AccessMixin, WritePage, ListPage):
    """Submitted checks that wait for this reviewer, the newest first; ticked ones are accepted at once."""

    access = Access(permission=Permission.REVIEW_CHECK, scoped=True)
    model = HouseholdCheck
    template_name = "households/review_list.html"

    @cached_property
    def area(self) -> Area:
        return page_area(self.request, Permission.REVIEW_CHECK)

    def rows(self) -> Any:
        user = self.request.user
        mine = HouseholdCheck.objects.for_user(user, permission=Permission.REVIEW_CHECK)
        waiting = mine.in_area(self.area).awaiting_review(user)
        waiting = waiting.select_related("household", "village__area", "author", "round")
        return waiting.defer("answers").order_by("-submitted_at", "-pk")

    def post(self, request: HttpRequest) -> HttpResponse:
        picked = [int(pk) for pk in request.POST.getlist("pick") if pk.isdecimal() and len(pk) < 19]
        here = f"{request.path}?{urlencode({'area': self.area.code})}"

        def act() -> dict[str, Any]:
            checks = list(self.rows().filter(pk__in=picked))
            done = services.accept_checks(checks=checks, by=request.user, at=clock.now())
            return {"accepted": done}

        if not picked:
            messages.error(request, _("还没有勾选核查表。"))
            return redirect(here)
        try:
            accepted = perform_once(request, act)["accepted"]
        except (operations.KeyReused, operations.MissingKey) as error:
            self.refuse(request, error)
            return redirect(here)
        messages.success(request, _("已通过 %(count)s 份核查表。") % {"count": accepted})
        if accepted < len(picked):
            others = {"count": len(picked) - accepted}
            messages.warning(request, _("另有 %(count)s 份已由他人处理，没有变动。") % others)
        return redirect(here)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(**kwargs) | {"area": self.area, "today": clock.today()}


# --- What waits for the person -------------------------------------------------------------------


def waiting_for_review(request: HttpRequest) -> int:
    user: Any = request.user
    if not user.has_perm(Permission.REVIEW_CHECK):
        return 0
    mine = HouseholdCheck.objects.for_user(user, permission=Permission.REVIEW_CHECK)
    return mine.awaiting_review(user)[:COUNT_LIMIT].count()


def to_correct(request: HttpRequest) -> int:
    user: Any = request.user
    mine = HouseholdCheck.objects.for_user(user, permission=Permission.ENTER_CHECK)
    return mine.to_correct(user).count()


def menu_count(request: HttpRequest) -> MenuCount:
    """Beside 入户核查: what came back and what waits for review."""
    return MenuCount(waiting_for_review(request) + to_correct(request))


def due_tag(due_on: date, today: date) -> tuple[str, str]:
    """How long there is, and how urgent that is."""
    left = (due_on - today).days
    if left < 0:
        return _("逾期 %(days)s 天") % {"days": -left}, "not"
    if left == 0:
        return _("今天截止"), "not"
    return _("%(days)s 天后截止") % {"days": left}, "warn" if left <= SOON_DAYS else ""


def workbench_todo(request: HttpRequest) -> list[dict[str, Any]]:
    """Rows of the workbench: households to visit, checks to review, checks that came back."""
    rows = []
    if request.user.has_perm(Permission.ENTER_CHECK):
        rows += visit_rows(request)
        rows.append(
            {
                "label": _("核查退回修改"),
                "icon": "arrow-counterclockwise",
                "count": to_correct(request),
                "note": _("审核人已写明退回原因，请重新入户或改正后再报"),
                "due_tag": "",
                "due_tone": "",
                "url": f"{reverse('households:check_list')}?state=returned",
                "action": _("修改"),
            }
        )
    rows.append(
        {
            "label": _("待审核核查表"),
            "icon": "check2-square",
            "count": waiting_for_review(request),
            "note": _("通过，或写明原因退回"),
            "due_tag": "",
            "due_tone": "",
            "url": reverse("households:check_review"),
            "action": _("审核"),
        }
    )
    return [row for row in rows if row["count"]]


def visit_rows(request: HttpRequest) -> list[dict[str, Any]]:
    """待核查户, for those who go from house to house: in the open round, else in this month."""
    user: Any = request.user
    permission = Permission.ENTER_CHECK
    area, today = own_area(user, permission), clock.today()
    if area is None or (
        area.level not in CHECKING_LEVELS and not user.has_role(RoleCode.HELPER, permission)
    ):
        return []
    households: Any = Household.objects.for_user(user, permission=permission)
    if user.village_ranges(permission):
        households = households.in_area(area)
    check_round = round_over(user, area, permission)
    term = rounds.Term(check_round, today)
    left, done = term.counts(households)
    tag, tone = due_tag(check_round.due_on, today) if check_round else ("", "")
    words = {
        "name": check_round.name
        if check_round
        else _("%(month)s月入户核查") % {"month": today.month},
        "done": done,
    }
    place = {"area": str(area.code)} if user.village_ranges(permission) else {}
    query = urlencode({**place, "state": "todo"})
    return [
        {
            "label": _("待核查户"),
            "icon": "clipboard-check",
            "count": left,
            "note": _("%(name)s：已核查 %(done)s 户") % words,
            "due_tag": tag,
            "due_tone": tone,
            "url": f"{reverse('households:check_list')}?{query}",
            "action": _("去核查"),
        }
    ]
