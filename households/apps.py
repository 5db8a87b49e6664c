from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class HouseholdsConfig(AppConfig):
    name = "households"
    verbose_name = _("建档立卡户")

    def ready(self) -> None:
        from accounts.roles import Permission
        from core import menu, slots
        from households.views import round as check_rounds

        slots.register("workbench_todo", check_rounds.workbench_todo, order=10)
        group = _("扶贫对象")
        menu.register(
            group,
            _("户档案"),
            "households:household_list",
            "people",
            Permission.VIEW_REGISTER,
            10,
            tab=3,
        )
        menu.register(
            group,
            _("入户核查"),
            "households:check_list",
            "clipboard-check",
            Permission.ENTER_CHECK,
            20,
            tab=2,
            tab_label=_("核查"),
            count=check_rounds.menu_count,
        )
