"""Why: every standard of one household and its members, and the reasons of any single verdict."""

from collections import Counter
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.generic import TemplateView

from accounts.roles import Permission
from core.access import Access, AccessMixin
from core.web import DatedPage
from households.models import Household, Member
from households.permissions import visible_lines
from indicators import figures
from indicators.definitions import CATALOGUE, Definition, PersonsOverBase
from indicators.definitions.topics import TOPICS, topic_of
from indicators.enums import Verdict
from villages.models import Village


class HouseholdStandardsView(AccessMixin, DatedPage, TemplateView):
    """Every indicator of a household and of each member on a date, with the way to its reasons."""

    access = Access(permission=Permission.VIEW_REGISTER, scoped=True)
    template_name = "indicators/household_standards.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        household = get_object_or_404(
            Household.objects.for_user(self.request.user).select_related("village__area"),
            pk=self.kwargs["pk"],
        )
        lines = visible_lines(self.request.user, household)
        codes = [
            code
            for code, d in CATALOGUE.items()
            if d.subject in ("household", "member") and d.line in lines
        ]
        of_household, of_members = figures.household_verdicts(household.pk, self.on, codes)
        members = Member.objects.filter(pk__in=of_members).order_by("code")
        topics: list[tuple[str, list[Row]]] = []
        apart: list[tuple[str, list[Row]]] = []
        for place, (label, _prefixes) in enumerate(TOPICS):
            rows = [
                (
                    CATALOGUE[code],
                    of_household.get(code),
                    [(m, of_members[m.pk][code]) for m in members if code in of_members[m.pk]],
                )
                for code in codes
                if topic_of(code) == place
            ]
            for found, kept in ((topics, True), (apart, False)):
                if some := [row for row in rows if concerns(row) is kept]:
                    found.append((str(label), some))
        duties = Counter(
            verdict for _topic, rows in topics for row in rows for verdict in judged(row)
        )
        return super().get_context_data(**kwargs) | {
            "area": household.village.area,
            "crumb": _("%(head)s户") % {"head": household.head_name or household.code},
            "household": household,
            "topics": topics,
            "apart": apart,
            "apart_count": sum(len(rows) for _topic, rows in apart),
            "counts": [(verdict, duties[verdict]) for verdict in VERDICT_ORDER],
            "on": self.on,
            "is_past": self.is_past,
        }


Row = tuple[Definition, str | None, list[tuple[Member, str]]]
VERDICT_ORDER = (Verdict.NOT_MET, Verdict.INSUFFICIENT_DATA, Verdict.MET)


def verdicts(row: Row) -> list[str | None]:
    _definition, own, of_members = row
    return [own, *(verdict for _member, verdict in of_members)]


def concerns(row: Row) -> bool:
    """Whether the rule applies to the household or to anybody in it."""
    return any(verdict not in (None, Verdict.NOT_APPLICABLE) for verdict in verdicts(row))


def judged(row: Row) -> list[str | None]:
    """The verdicts that are a duty's; what is only counted has none."""
    return verdicts(row) if row[0].lists_gaps else []


class ReasonsView(AccessMixin, DatedPage, TemplateView):
    """One unit by one indicator: the rule, part by part, whatever the verdict is."""

    access = Access(permission=Permission.VIEW_REGISTER, scoped=True)
    template_name = "indicators/reasons.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        definition = CATALOGUE.get(self.kwargs["code"])
        if definition is None or isinstance(definition, PersonsOverBase):
            raise Http404
        unit, member, village, name, back, lines = subject_of(
            self.request, definition.subject, self.kwargs["pk"]
        )
        if definition.line not in lines:
            raise PermissionDenied
        why = figures.explain(definition.code, unit.pk, self.on)
        return super().get_context_data(**kwargs) | {
            "area": village.area,
            "crumb": name,
            "definition": definition,
            "told": [(why, member)] if why else [],
            "name": name,
            "back": back,
            "on": self.on,
            "is_past": self.is_past,
        }


def subject_of(
    request: HttpRequest, grain: str, pk: int
) -> tuple[Any, Member | None, Village, str, str, frozenset[str]]:
    """The unit if the user may see it, else 404: (unit, member, its village, its name, its page, lines
    the user may read)."""
    user: Any = request.user
    if grain == "village":
        village = get_object_or_404(Village.objects.for_user(user).select_related("area"), pk=pk)
        lines = user.lines_in(village.pk, Permission.VIEW_REGISTER)
        back = reverse("villages:village_detail", args=[pk])
        return village, None, village, str(village), back, lines
    if grain == "member":
        member = get_object_or_404(
            Member.objects.filter(household__in=Household.objects.for_user(user)).select_related(
                "household__village__area"
            ),
            pk=pk,
        )
        household = member.household
        name = _("%(head)s户 · %(member)s") % {"head": household.head_name, "member": member.name}
        unit: Any = member
    else:
        member = None
        unit = household = get_object_or_404(
            Household.objects.for_user(user).select_related("village__area"), pk=pk
        )
        name = _("%(head)s户") % {"head": household.head_name}
    back = reverse("indicators:household_standards", args=[household.pk])
    lines = frozenset(visible_lines(user, household))
    return unit, member, household.village, name, back, lines
