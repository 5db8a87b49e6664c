from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class IndicatorsConfig(AppConfig):
    name = "indicators"
    verbose_name = _("指标")

    def ready(self) -> None:
        """Take waiting fact changes, follow the runs, fill the slots of lower pages, enter the menu."""
        from accounts.roles import Permission
        from core import context, menu, slots, work
        from indicators import filters, jobs, services, views, views_quality, what_if
        from indicators.quality import services as quality

        work.source(services.queue_refresh)
        work.source(services.resume_runs)
        work.source(quality.queue_batches)
        work.urgent("indicators.refresh")
        work.urgent("indicators.finish")
        work.on_failure("indicators.batch", jobs.fail_run_of)
        work.on_failure("indicators.finish", jobs.fail_unfinished)
        work.on_failure(what_if.JOB, jobs.fail_trial)
        work.follow("indicators.finish", jobs.start_due_night)
        work.follow("indicators.finish", jobs.find_after_run)
        work.follow("indicators.refresh", jobs.find_after_refresh)
        slots.register("household_lights", views.household_lights)
        slots.register("household_explanations", views.household_explanations)
        slots.register("household_list_lights", views.household_list_lights)
        slots.register("household_print_lights", views.household_print_lights)
        slots.register("household_list_filters", filters.household_list_filters)
        slots.register("out_of_school", filters.out_of_school)
        slots.register("household_cases", views_quality.household_findings, order=40)
        slots.register("exit_guards", views_quality.exit_guards, order=15)
        slots.register("workbench_todo", views_quality.workbench_todo, order=25)
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
            _("清零达标"),
            _("标准参数"),
            "indicators:standard_list",
            "journal-text",
            Permission.VIEW_STANDARDS,
            45,
        )
        menu.register(
            _("数据"),
            _("疑点数据"),
            "indicators:finding_list",
            "exclamation-triangle",
            Permission.VIEW_REGISTER,
            25,
        )
        menu.register(
            _("数据"),
            _("重算记录"),
            "indicators:run_list",
            "arrow-repeat",
            Permission.VIEW_RUNS,
            30,
        )
