from collections.abc import Iterator
from datetime import date
from typing import Any

from django import forms
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.views.generic import DetailView, View

from accounts.enums import Line
from accounts.models import Area
from accounts.roles import Permission
from accounts.scope import own_area, page_area
from core import clock, slots
from core.access import Access, AccessMixin
from core.forms import DateField
from core.listing import ListPage
from core.xlsx import workbook_response
from households import services
from households.dossier import Dossier, Summary, summarise
from households.filters import HouseholdFilterSet
from households.forms.questions import QUESTIONS, SECTION_THEMES, TITLES
from households.models import Household, HouseholdProfile, Member
from households.permissions import can_check_household, visible_lines

LIGHTS_SLOT = "household_list_lights"
EXPORT_LIMIT = 20_000
TIMELINE_SHOWN = 15


def register_area(request: HttpRequest) -> Area | None:
    """The page's area; None for a helper, whose households need not lie in one area."""
    user: Any = request.user
    if own_area(user, Permission.VIEW_REGISTER) is None:
        return None
    return page_area(request, Permission.VIEW_REGISTER)


def sees_general(user: Any) -> bool:
    """Whether the user's lines of work include 综合, to which cause and telephone belong."""
    return any(grant.line == Line.GENERAL for grant in user.current_grants)


class RegisterPage(AccessMixin):
    """What the pages of the register have in common: the area they are about."""

    access = Access(permission=Permission.VIEW_REGISTER, scoped=True)
    request: HttpRequest

    @cached_property
    def area(self) -> Area | None:
        area = register_area(self.request)
        self.request.page_area = area  # type: ignore[attr-defined]
        return area

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        kwargs.setdefault("area", self.area)
        return super().get_context_data(**kwargs)


class HouseholdRows(RegisterPage):
    """Households of the area by the conditions of the query bar, for the page and its export."""

    def rows(self) -> QuerySet[Household]:
        rows = Household.objects.for_user(self.request.user).select_related("village__area")
        return rows.in_area(self.area) if self.area else rows

    def summaries(self, households: list[Household]) -> tuple[list[Summary], list[str]]:
        """Lines with their lights, and the short names of the lights' columns."""
        on = clock.today()
        lines = summarise(households, on=on)
        names: list[str] = []
        for filler in slots.fillers(LIGHTS_SLOT):
            given = filler(self.request, households=households, on=on)
            names += [name for _code, name in given["columns"]]
            for line in lines:
                cells = given["cells"].get(line.household.pk, {})
                line.lights += [(name, str(cells.get(code, ""))) for code, name in given["columns"]]
        return lines, names


class HouseholdListView(HouseholdRows, ListPage):
    model = Household
    filterset_class = HouseholdFilterSet
    sort_fields = {"village": ("village_id", "code"), "code": "code", "head": ("head_name", "code")}
    default_sort = "village"
    light_names: list[str] = []

    def finish(self, rows: list[Any]) -> list[Any]:
        lines, self.light_names = self.summaries(rows)
        return lines

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(**kwargs)
        user: Any = self.request.user
        return context | {
            "light_names": self.light_names,
            "sees_general": sees_general(user),
            "may_check": user.has_perm(Permission.ENTER_CHECK),
            "may_export": user.has_perm(Permission.EXPORT),
            "may_unmask": user.has_perm(Permission.UNMASK),
            "query": self.request.GET.urlencode(),
            "print_village": self.one_village(context["filter"]),
        }

    def one_village(self, conditions: Any) -> str:
        """Code of the only village the list can show; "" while it may show several."""
        if self.area and self.area.is_village:
            return str(self.area.pk)
        if self.area is None or not conditions.is_bound or not conditions.form.is_valid():
            return ""
        return str(conditions.form.cleaned_data.get("village") or "")


class HouseholdExportView(HouseholdRows, View):
    """The list as a workbook: the same conditions, numbers masked, on the audit trail."""

    access = Access(permission=Permission.EXPORT)
    http_method_names = ["post", "options"]

    def post(self, request: HttpRequest) -> HttpResponse:
        area = self.area
        rows = Household.objects.for_user(
            request.user, permission=Permission.EXPORT
        ).select_related("village__area")
        rows = rows.in_area(area) if area else rows
        conditions = HouseholdFilterSet(request.GET or None, queryset=rows, request=request)
        if not conditions.form.is_valid() and conditions.is_bound:
            raise Http404("conditions")
        households = list(conditions.qs.order_by("village_id", "code")[:EXPORT_LIMIT])
        services.record_export(
            by=request.user,
            at=clock.now(),
            area_code=area.pk if area else None,
            rows=len(households),
            conditions={
                k: v for k, v in request.GET.items() if k in conditions.filters and v and k != "q"
            },
        )
        headers, lines = self._sheet(households)
        today = clock.today()
        name = str(area.short_name) if area else _("结对户")
        return workbook_response(
            headers,
            lines,
            filename=f"{name}_{_('户档案')}_{today:%Y%m%d}.xlsx",
            title=f"{name}{_('建档立卡户名单')}",
            note=_("导出日期：%(day)s　导出人：%(by)s　单位：户、人")
            % {"day": today.isoformat(), "by": request.user},
        )

    def _sheet(self, households: list[Household]) -> tuple[list[str], list[list[Any]]]:
        general = sees_general(self.request.user)
        names: list[str] = []
        lines: list[list[Any]] = []
        for start in range(0, len(households), 1000):
            chunk, names = self.summaries(households[start : start + 1000])
            lines += [list(self._line(line, general)) for line in chunk]
        heads = [_("行政村"), _("户主"), _("人口"), _("户编号"), _("证件号码"), _("脱贫状态")]
        return heads + ([_("主要致贫原因")] if general else []) + [_("最近核查")] + names, lines

    @staticmethod
    def _line(line: Summary, general: bool) -> Iterator[Any]:
        verdicts = {
            "MET": _("达标"),
            "NOT_MET": _("未达标"),
            "INSUFFICIENT_DATA": _("数据不足"),
            "NOT_APPLICABLE": "—",
        }
        household = line.household
        yield from (str(household.village), household.head_name, line.person_count, household.code)
        yield line.head.masked_id if line.head else ""
        yield line.status_text
        if general:
            yield line.cause_text
        yield line.visited_on or ""
        yield from (verdicts.get(verdict, "") for _name, verdict in line.lights)


class DatedPage:
    """A page as of a date: `?on=2018-12-31` shows what held then."""

    request: HttpRequest

    @cached_property
    def on(self) -> date:
        """The asked date; today when none or an unreadable or future one is asked."""
        try:
            asked = DateField(required=False).clean(self.request.GET.get("on", ""))
        except forms.ValidationError:
            asked = None
        return min(asked, clock.today()) if asked else clock.today()


class HouseholdDetailView(DatedPage, RegisterPage, DetailView):
    """A household's file as of a date: `?on=2018-12-31` shows what held then."""

    model = Household
    context_object_name = "household"

    def get_queryset(self) -> QuerySet[Household]:
        return Household.objects.for_user(self.request.user).select_related("village__area")

    @cached_property
    def area(self) -> Area:
        return self.object.village.area

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        household, user = self.object, self.request.user
        dossier = Dossier(household, on=self.on, lines=visible_lines(user, household))
        timeline = dossier.timeline
        show_all = self.request.GET.get("all") == "1"
        return super().get_context_data(**kwargs) | {
            "crumb": _("%(head)s户") % {"head": household.head_name or household.code},
            "dossier": dossier,
            "on": self.on,
            "is_past": self.on < clock.today(),
            "facts": fact_cards(dossier),
            "timeline": timeline if show_all else timeline[:TIMELINE_SHOWN],
            "timeline_left": 0 if show_all else max(len(timeline) - TIMELINE_SHOWN, 0),
            "pairings": household.pairings.select_related("helper").order_by("-valid_from"),
            "checks": household.checks.submitted()
            .select_related("author")
            .order_by("-visited_on", "-pk")[:6],
            "may_check": can_check_household(user, household),
            "may_unmask": user.has_perm(Permission.UNMASK),
        }


def fact_cards(dossier: Dossier) -> list[tuple[str, list[tuple[Any, Any, Any]]]]:
    """Housing, water, power and food: title and (label, known value, unit) of what is on file."""
    cards = []
    for number in (3, 4, 5, 2):
        if not dossier.shows(SECTION_THEMES[number]):
            continue
        rows = []
        for question in QUESTIONS[number]:
            known = dossier.known(question.theme, question.name)
            if known.is_unknown and question.is_more:
                continue
            rows.append((question.label, known, question.unit))
        cards.append((str(TITLES[number]).partition("、")[2], rows))
    return cards


class RevealView(AccessMixin, View):
    """Shows one full number in place; every time is an act on the audit trail."""

    access = Access(permission=Permission.UNMASK, scoped=True)
    http_method_names = ["post", "options"]

    def shown(self, text: str, back: str) -> HttpResponse:
        htmx = getattr(self.request, "htmx", False)
        name = "households/_revealed.html" if htmx else "households/revealed.html"
        response = render(self.request, name, {"text": text, "back": back})
        response["Cache-Control"] = "no-store"
        return response


class HouseholdRevealView(RevealView):
    """The head's identity number, or the household's telephone number (`what=phone`)."""

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        user: Any = request.user
        household = get_object_or_404(
            Household.objects.for_user(user, permission=Permission.UNMASK), pk=pk
        )
        on, at = clock.today(), clock.now()
        if request.POST.get("what") == "phone":
            if Line.GENERAL not in visible_lines(user, household):
                raise PermissionDenied
            profile = HouseholdProfile.objects.as_of(on).filter(household=household).first()
            phone = profile.phone if profile else ""
            text = services.reveal_phone(
                household=household, phone=phone, by=user, at=at, purpose="page"
            )
        else:
            head = Member.objects.heads(household, on).first()
            if head is None:
                raise Http404("head")
            text = services.reveal_id_number(member=head, by=user, at=at, purpose="page")
        return self.shown(text, household.get_absolute_url())


class MemberRevealView(RevealView):
    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        member = get_object_or_404(
            Member.objects.for_user(request.user, permission=Permission.UNMASK), pk=pk
        )
        text = services.reveal_id_number(
            member=member, by=request.user, at=clock.now(), purpose="page"
        )
        return self.shown(text, member.household.get_absolute_url())
