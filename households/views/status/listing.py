"""Changes of status by place and state, what waits for the user, and the card on a household's file."""

from datetime import date
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.roles import Permission
from core import clock
from core.listing import COUNT_LIMIT, ListPage
from core.menu import Count as MenuCount
from households import services, transitions
from households.filters import ProcessFilterSet
from households.models import (
    Household,
    StatusProcess,
)
from households.permissions import (
    can_check_household,
    may_identify,
)
from households.views.household import RegisterPage
from households.views.status.words import dress


class ProcessListView(RegisterPage, ListPage):
    """Processes of the area, those that move first."""

    model = StatusProcess
    filterset_class = ProcessFilterSet
    template_name = "households/process_list.html"
    sort_fields = {
        "changed": ("changed_on",),
        "name": ("name",),
        "village": ("village_id", "kind"),
        "kind": ("kind", "step"),
    }
    default_sort = "-changed"

    def rows(self) -> QuerySet[StatusProcess]:
        rows = StatusProcess.objects.for_user(self.request.user)
        rows = rows.in_area(self.area) if self.area else rows
        return rows.select_related("village__area__parent", "household").defer("applicant")

    def finish(self, rows: list[Any]) -> list[Any]:
        today = clock.today()
        for row in rows:
            dress(row, today)
        return rows

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(**kwargs) | {
            "may_identify": may_identify(self.request.user),
            "waiting": waiting_count(self.request),
        }


def waiting_count(request: HttpRequest) -> int:
    """How many processes wait for the user's turn; asked once per page."""
    if not hasattr(request, "_processes_waiting"):
        user: Any = request.user
        mine = StatusProcess.objects.for_user(user).waiting_for(user, clock.today())
        request._processes_waiting = mine[:COUNT_LIMIT].count()  # type: ignore[attr-defined]
    return int(request._processes_waiting)  # type: ignore[attr-defined]


def menu_count(request: HttpRequest) -> MenuCount:
    return MenuCount(waiting_count(request))


def workbench_todo(request: HttpRequest) -> list[dict[str, Any]]:
    """A row of the workbench: status changes that wait for the user."""
    user: Any = request.user
    if not user.has_perm(Permission.VIEW_REGISTER) or not waiting_count(request):
        return []
    return [
        {
            "label": _("状态变更待办理"),
            "icon": "arrow-left-right",
            "count": waiting_count(request),
            "note": _("识别、脱贫退出、返贫等，按步骤办理"),
            "due_tag": "",
            "due_tone": "",
            "url": f"{reverse('households:process_list')}?mine=true",
            "action": _("办理"),
        }
    ]


def household_processes(request: HttpRequest, household: Household, on: date) -> str:
    """Slot on a household's page: its changes of status, and what may be begun."""
    today = clock.today()
    rows = StatusProcess.objects.for_user(request.user).filter(household=household)
    found = [
        dress(row, today) for row in rows.defer("applicant").order_by("-changed_on", "-pk")[:6]
    ]
    may = on >= today and can_check_household(request.user, household)
    free = may and not any(row.is_live for row in found)
    kinds = transitions.kinds_from(services.status_of(household, today)) if free else []
    return render_to_string(
        "households/_process_card.html",
        {"processes": found, "kinds": kinds, "household": household},
        request,
    )
