from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ProjectConfig(AppConfig):
    """Holds the commands that span apps, and makes our Celery app the one that jobs belong to."""

    name = "config"
    verbose_name = _("系统")

    def ready(self) -> None:
        import config.celery  # noqa: F401  (importing it is what binds the jobs)
        from config.demo import accounts
        from core import context

        context.provide("demo_accounts", accounts.for_sign_in_page)
