"""What the pages of standards share: finding a standard, the areas one may choose, a form page."""

from datetime import date
from functools import cached_property
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.views.generic import FormView

from accounts.models import Area
from accounts.scope import page_area, trail
from core import clock, operations
from core.access import AccessMixin
from core.web import WritePage
from indicators import standard_values as standing
from indicators.enums import Direction
from indicators.permissions import covers
from indicators.standard_values import Showing, StandardRefused
from indicators.standards import Standard

KEY_REFUSALS = (operations.KeyReused, operations.MissingKey)


def standard_or_404(code: str) -> Standard:
    try:
        return standing.standard_of(code)
    except standing.UnknownStandard:
        raise Http404("standard") from None


def areas_to_choose(request: HttpRequest, area: Area, permission: str) -> list[Area]:
    """Areas a value may be proposed or tried for: the page's, those above and those right below it,
    as far as the person holds the right for the whole of them."""
    user: Any = request.user
    below = Area.objects.for_user(user, permission).filter(parent=area, valid_to=None)
    each = [*trail(area), *below.order_by("code")]
    return [a for a in each if covers(user, permission, *a.range)]


class StandardFormPage(AccessMixin, WritePage, FormView):
    """A form about one standard, opened in the page's area."""

    permission: str

    @cached_property
    def standard(self) -> Standard:
        return standard_or_404(self.kwargs["code"])

    @cached_property
    def area(self) -> Area:
        return page_area(self.request, self.permission)

    def get_form_kwargs(self) -> dict[str, Any]:
        return super().get_form_kwargs() | {
            "standard": self.standard,
            "areas": areas_to_choose(self.request, self.area, self.permission),
        }

    def get_initial(self) -> dict[str, Any]:
        today = clock.today()
        held = standing.in_force(*self.area.range, today, [self.standard.code])
        value = held[self.standard.code].value
        told_value: Any = value.value if value else ""
        return {
            "region": standing.region_of(self.area),
            "value": told_value.split(",") if self.standard.kind == "LIST" else told_value,
            "valid_from": date(today.year, 1, 1) if self.standard.by_year else today,
        }

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        held = standing.in_force(*self.area.range, clock.today(), [self.standard.code])
        now = held[self.standard.code]
        show = Showing([row for row in (now.value, now.above) if row])
        return super().get_context_data(**kwargs) | {
            "area": self.area,
            "crumb": self.standard.name,
            "standard": self.standard,
            "direction": Direction(self.standard.direction).label,
            "value": show(now.value, self.standard) if now.value else None,
            "above": show(now.above, self.standard) if now.above else None,
            "indicators": standing.indicators_reading(self.standard.code),
        }

    def refused(self, form: Any, error: StandardRefused) -> HttpResponse:
        form.add_error(error.field if error.field in form.fields else None, str(error))
        return self.form_invalid(form)
