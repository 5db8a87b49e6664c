from typing import Any

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ReportsConfig(AppConfig):
    name = "reports"
    verbose_name = _("月报与看板")

    def ready(self) -> None:
        from accounts.roles import Permission
        from core import menu

        menu.register("", _("工作台"), "reports:workbench", "house", None, 0, tab=1)
        menu.register(
            _("清零达标"),
            _("达标看板"),
            "reports:dashboard",
            "grid-3x3-gap",
            Permission.VIEW_FIGURES,
            10,
        )
        menu.register(
            _("报送"),
            _("月报"),
            "reports:filing_list",
            "file-earmark-text",
            Permission.FILE_REPORT,
            10,
            count=_owed,
        )
        menu.register(
            _("报送"),
            _("报送情况"),
            "reports:obligation_list",
            "bar-chart",
            Permission.VIEW_REPORTS,
            20,
        )


def _owed(request: Any) -> Any:
    """Reports the user's agency still owes; red within three days of the deadline."""
    from accounts.roles import Permission
    from core import clock
    from core.menu import Count
    from reports import deadlines
    from reports.models import Obligation

    owed = Obligation.objects.for_user(request.user, permission=Permission.FILE_REPORT).unfiled()
    dues = list(owed.values_list("due_at", flat=True))
    return Count(len(dues), any(deadlines.days_left(clock.today(), due) <= 3 for due in dues))
