"""Which standards hold in an area, and one standard with all its values."""

from datetime import date
from functools import cached_property
from types import SimpleNamespace
from typing import Any

from django.views.generic import TemplateView

from accounts.models import Area
from accounts.roles import Permission
from accounts.scope import page_area
from core import clock
from core.access import Access, AccessMixin
from core.listing import ListPage
from indicators import standard_values as standing
from indicators.enums import Direction, ProposalState
from indicators.forms import (
    TOPIC_WORDS,
    StandardQuery,
)
from indicators.models import CompetingValue, Parameter, StandardProposal
from indicators.standard_values import Showing
from indicators.standards import documents, is_unsure
from indicators.views_standards.common import standard_or_404


class StandardListView(AccessMixin, ListPage):
    """Every standard with the value that holds for the whole area on a day."""

    access = Access(permission=Permission.VIEW_STANDARDS, scoped=True)
    template_name = "indicators/standards/standard_list.html"
    table_template_name = "indicators/standards/_standard_table.html"
    default_sort = ""

    @cached_property
    def area(self) -> Area:
        return page_area(self.request, Permission.VIEW_STANDARDS)

    @cached_property
    def query(self) -> StandardQuery:
        return StandardQuery(self.request.GET)

    @cached_property
    def on(self) -> date:
        asked = self.query.cleaned_data.get("on") if self.query.is_valid() else None
        return asked or clock.today()

    def rows(self) -> Any:
        if not self.query.is_valid():
            return []
        data = self.query.cleaned_data
        found = standing.in_force(*self.area.range, self.on).values()
        return [
            held
            for held in found
            if data["q"] in held.standard.name
            and data["topic"] in ("", held.standard.topic)
            and is_shown(held, data["show"])
        ]

    def finish(self, rows: list[Any]) -> list[Any]:
        show = Showing([held.value for held in rows if held.value])
        return [
            {
                "held": held,
                "topic": TOPIC_WORDS.get(held.standard.topic, ""),
                "shown": show(held.value, held.standard) if held.value else None,
                "indicators": standing.indicators_reading(held.standard.code),
            }
            for held in rows
        ]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        user: Any = self.request.user
        waiting = StandardProposal.objects.for_user(user).filter(state=ProposalState.OPEN)
        return super().get_context_data(**kwargs) | {
            "area": self.area,
            "on": self.on,
            "filter": SimpleNamespace(form=self.query),
            "waiting_count": waiting.touching(*self.area.range).count(),
        }


def is_shown(held: standing.InForce, show: str) -> bool:
    """Whether a standard passes the condition 本区."""
    match show:
        case "held":
            return held.value is not None
        case "competing":
            return bool(held.competing)
        case "unsure":
            value = held.value
            return value is not None and is_unsure(value, documents().get(value.document))
    return True


class StandardDetailView(AccessMixin, TemplateView):
    """One standard: what holds here, what stands beside and above it, and every value ever held."""

    access = Access(permission=Permission.VIEW_STANDARDS, scoped=True)
    template_name = "indicators/standards/standard_detail.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        user: Any = self.request.user
        standard = standard_or_404(self.kwargs["code"])
        area = page_area(self.request, Permission.VIEW_STANDARDS)
        query = StandardQuery(self.request.GET)
        on = (query.cleaned_data["on"] if query.is_valid() else None) or clock.today()
        held = standing.in_force(*area.range, on, [standard.code])[standard.code]
        rows = list(
            Parameter.objects.for_user(user)
            .filter(code=standard.code)
            .select_related("proposal__proposed_by", "proposal__decided_by")
            .order_by("region", "-valid_from", "-recorded_at")
        )
        competing = list(
            CompetingValue.objects.for_user(user)
            .standing()
            .filter(code=standard.code)
            .order_by("region", "-valid_from", "pk")
        )
        proposals = StandardProposal.objects.for_user(user).filter(
            code=standard.code, state=ProposalState.OPEN
        )
        show = Showing([*rows, *competing])
        shown = [show(row, standard) for row in rows]
        used = held.value.pk if held.value else None
        return super().get_context_data(**kwargs) | {
            "area": area,
            "crumb": standard.name,
            "standard": standard,
            "topic": TOPIC_WORDS.get(standard.topic, ""),
            "direction": Direction(standard.direction).label,
            "on": on,
            "value": show(held.value, standard) if held.value else None,
            "above": show(held.above, standard) if held.above else None,
            "below_count": held.below_count,
            "competing_here": [show(row, standard) for row in held.competing],
            "values": [(each, each.row.pk == used) for each in shown if not each.row.superseded_at],
            "history": [each for each in shown if each.row.superseded_at],
            "competing": [show(row, standard) for row in competing],
            "indicators": standing.indicators_reading(standard.code),
            "proposals": list(proposals.select_related("proposed_by").order_by("pk")),
            "may_propose": user.has_perm(Permission.PROPOSE_STANDARD),
            "may_try": user.has_perm(Permission.TRY_STANDARD),
            "may_see_figures": user.has_perm(Permission.VIEW_FIGURES),
        }
