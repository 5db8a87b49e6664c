from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class HouseholdsConfig(AppConfig):
    name = "households"
    verbose_name = _("建档立卡户")

    def ready(self) -> None:
        from accounts.roles import Permission
        from core import menu, slots
        from households.services import own_guards
        from households.views import dropouts, monitoring
        from households.views import round as check_rounds
        from households.views.status import listing as processes

        slots.register("workbench_todo", check_rounds.workbench_todo, order=10)
        slots.register("workbench_todo", dropouts.workbench_todo, order=12)
        slots.register("workbench_todo", monitoring.workbench_todo, order=14)
        slots.register("household_cases", dropouts.household_card, order=50)
        slots.register("household_cases", monitoring.household_card, order=51)
        slots.register("workbench_todo", processes.workbench_todo, order=15)
        slots.register("exit_guards", own_guards, order=30)
        slots.register("household_processes", processes.household_processes)
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
        menu.register(
            group,
            _("状态变更"),
            "households:process_list",
            "arrow-repeat",
            Permission.VIEW_REGISTER,
            30,
            count=processes.menu_count,
        )
        menu.register(
            group,
            _("控辍保学"),
            "households:dropout_list",
            "mortarboard",
            Permission.VIEW_REGISTER,
            40,
        )
        menu.register(
            group,
            _("返贫监测"),
            "households:monitoring_list",
            "activity",
            Permission.VIEW_REGISTER,
            50,
        )
