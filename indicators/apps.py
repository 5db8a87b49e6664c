from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class IndicatorsConfig(AppConfig):
    name = "indicators"
    verbose_name = _("指标")

    def ready(self) -> None:
        from core import work
        from indicators import jobs, services

        work.source(services.queue_refresh)
        work.on_failure("indicators.batch", jobs.fail_run_of)
        work.follow("indicators.finish", jobs.start_due_night)
