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
from core import clock
from core.access import Access, AccessMixin
from core.forms import DateField
from households import services
from households.dossier import Dossier
from households.forms.questions import QUESTIONS, SECTION_THEMES, TITLES
from households.models import Household, HouseholdProfile, Member
from households.permissions import can_check_household, visible_lines
from households.views.evidence_cards import evidence_card

TIMELINE_SHOWN = 15


def register_area(request: HttpRequest) -> Area | None:
    """The page's area; None for a helper, whose households need not lie in one area."""
    user: Any = request.user
    if own_area(user, Permission.VIEW_REGISTER) is None:
        return None
    return page_area(request, Permission.VIEW_REGISTER)


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
            "evidence": evidence_card(user, dossier),
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
