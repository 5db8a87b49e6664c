from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class IndicatorsConfig(AppConfig):
    name = "indicators"
    verbose_name = _("指标")

    def ready(self) -> None:
        """Take waiting fact changes, follow the runs, fill the slots of lower pages, enter the menu."""
        from accounts.roles import Permission
        from core import context, menu, slots, work
        from indicators import filters, jobs, services, views

        work.source(services.queue_refresh)
        work.source(services.resume_runs)
        work.on_failure("indicators.batch", jobs.fail_run_of)
        work.follow("indicators.finish", jobs.start_due_night)
        slots.register("household_lights", views.household_lights)
        slots.register("household_explanations", views.household_explanations)
        slots.register("household_list_lights", views.household_list_lights)
        slots.register("household_print_lights", views.household_print_lights)
        slots.register("household_list_filters", filters.household_list_filters)
        slots.register("out_of_school", filters.out_of_school)
        slots.register("exit_guards", views.exit_guards, order=10)
        slots.register("notice_days", views.notice_days)
        slots.register("clue_days", views.clue_days)
        slots.register("village_lights", views.village_lights)
        context.provide("figures_as_of", views.figures_as_of)
        menu.register(
            _("清零达标"),
            _("指标与标准"),
            "indicators:indicator_list",
            "sliders",
            Permission.VIEW_FIGURES,
            40,
        )
        menu.register(
            _("数据"),
            _("重算记录"),
            "indicators:run_list",
            "arrow-repeat",
            Permission.VIEW_RUNS,
            30,
        )
