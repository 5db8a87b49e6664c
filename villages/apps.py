from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class VillagesConfig(AppConfig):
    name = "villages"
    verbose_name = _("嘎查村")

    def ready(self) -> None:
        from accounts.roles import Permission
        from core import menu

        menu.register(
            _("扶贫对象"),
            _("嘎查村"),
            "villages:village_list",
            "geo-alt",
            Permission.VIEW_FIGURES,
            30,
        )
