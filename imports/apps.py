from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ImportsConfig(AppConfig):
    name = "imports"
    verbose_name = _("数据导入")

    def ready(self) -> None:
        from accounts.roles import Permission
        from core import menu, work
        from imports import jobs

        work.on_failure(jobs.READ, jobs.give_up)
        work.on_failure(jobs.CONFIRM, jobs.give_up)
        menu.register(
            _("数据"), _("数据导入"), "imports:batch_list", "upload", Permission.IMPORT, 10
        )
