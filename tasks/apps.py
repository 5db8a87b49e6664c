from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class TasksConfig(AppConfig):
    name = "tasks"
    verbose_name = _("专项行动")

    def ready(self) -> None:
        """Follow the figures, fill the slots of lower and upper pages, enter the menu."""
        from accounts.roles import Permission
        from core import menu, slots, work
        from tasks import jobs
        from tasks.views import slots as pages

        work.follow("indicators.finish", jobs.after_run)
        work.follow("indicators.refresh", jobs.after_refresh)
        work.source(jobs.queue_newest_run)
        slots.register("household_cases", pages.household_cases)
        slots.register("household_print_cases", pages.household_print_cases)
        slots.register("exit_guards", pages.exit_guards, order=20)
        slots.register("village_cases", pages.village_cases)
        slots.register("workbench_todo", pages.workbench_todo, order=20)
        group = _("清零达标")
        menu.register(
            group, _("清零任务"), "tasks:task_board", "bullseye", Permission.VIEW_FIGURES, 20
        )
        menu.register(
            group,
            _("问题整改台账"),
            "tasks:case_list",
            "exclamation-square",
            Permission.VIEW_REGISTER,
            30,
            count=pages.menu_count,
            tab=4,
            tab_label=_("问题"),
        )
