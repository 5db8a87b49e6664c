from typing import Any

from django import forms
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy
from django.views.generic import DetailView

from accounts.models import Area
from accounts.roles import Permission
from accounts.scope import own_area, page_area
from core.access import Access, AccessMixin
from core.web import DatedPage
from households.dossier import THEMES, Dossier, pairings_of
from households.models import Household
from households.permissions import can_check_household, visible_lines
from households.views.evidence_cards import evidence_card
from households.views.file_cards import (
    OTHERS,
    SAFEGUARDS,
    basics_card,
    member_columns,
    member_rows,
    theme_cards,
)

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


class HouseholdDetailView(DatedPage, RegisterPage, DetailView):
    """A household's file as of a date; of a past one, as known now and as known then."""

    model = Household
    context_object_name = "household"

    def get_queryset(self) -> QuerySet[Household]:
        return Household.objects.for_user(self.request.user).select_related("village__area")

    @cached_property
    def area(self) -> Area:
        return self.object.village.area

    @cached_property
    def lines(self) -> set[str]:
        return visible_lines(self.request.user, self.object)

    @cached_property
    def now(self) -> Dossier:
        return Dossier(self.object, on=self.on, lines=self.lines)

    @cached_property
    def then(self) -> Dossier | None:
        """The file as known at the end of a past day."""
        if not self.is_past:
            return None
        return Dossier(self.object, on=self.on, lines=self.lines, known_at=self.end_of_day)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        household, user, then = self.object, self.request.user, self.then
        dossier, other = (then, self.now) if then and self.shows_then else (self.now, then)
        known_at = dossier.known_at
        pairings = pairings_of([household], on=self.on).get(household.pk, [])
        checks = household.checks.submitted().filter(visited_on__lte=self.on)
        checks = checks.filter(submitted_at__lte=known_at) if known_at else checks
        return super().get_context_data(**kwargs) | {
            "crumb": _("%(head)s户") % {"head": household.head_name or household.code},
            "dossier": dossier,
            "on": self.on,
            "is_past": self.is_past,
            "shows_then": self.shows_then,
            "differences": self.now.differences(then) if then else [],
            "basics": basics_card(dossier, other),
            "safeguards": list(theme_cards(dossier, other, SAFEGUARDS)),
            "others": list(theme_cards(dossier, other, OTHERS)),
            "member_columns": member_columns(dossier),
            "member_rows": member_rows(dossier),
            "pairings": pairings,
            "helpers": [p.helper for p in pairings if p.valid_to is None or p.valid_to > self.on],
            "checks": checks.select_related("author").order_by("-visited_on", "-pk")[:6],
            "may_check": can_check_household(user, household),
            "evidence": evidence_card(user, self.now),
            "may_unmask": user.has_perm(Permission.UNMASK),
            **self.timeline(dossier),
        }

    def timeline(self, dossier: Dossier) -> dict[str, Any]:
        """The events asked for by `?theme=housing&member=12`, the latest ones unless `?all=1`."""
        asked = self.request.GET
        form = TimelineForm(asked, dossier=dossier)
        chosen = form.cleaned_data if form.is_valid() else {}
        events = [
            event
            for event in dossier.timeline
            if chosen.get("theme", "") in ("", event.theme._meta.model_name)
            and chosen.get("member", "") in ("", str(event.member_id))
        ]
        shows_all = asked.get("all") == "1" and len(events) > TIMELINE_SHOWN
        shown = events if shows_all else events[:TIMELINE_SHOWN]
        return {
            "shows_all": shows_all,
            "timeline_form": form,
            "timeline": shown,
            "timeline_left": len(events) - len(shown),
        }


class TimelineForm(forms.Form):
    """Which events of the timeline are shown."""

    theme = forms.ChoiceField(label=_lazy("事项"), required=False)
    member = forms.ChoiceField(label=_lazy("成员"), required=False)

    def __init__(self, data: Any, *, dossier: Dossier) -> None:
        super().__init__(data)
        fields: dict[str, Any] = self.fields
        themes = [(t._meta.model_name, t._meta.verbose_name) for t in THEMES if dossier.shows(t)]
        fields["theme"].choices = [("", _("全部事项")), *themes]
        names = dossier.names.items()
        fields["member"].choices = [("", _("全部成员")), *((str(pk), name) for pk, name in names)]
