from typing import Any

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class AccountsConfig(AppConfig):
    name = "accounts"
    verbose_name = _("账号与区划")

    def ready(self) -> None:
        from axes.signals import user_locked_out
        from django.contrib.auth.signals import user_logged_in, user_logged_out, user_login_failed

        from accounts.roles import Permission
        from accounts.scope import area_choices, page_trail
        from core import context, menu

        context.provide_area_choices(area_choices)
        context.provide_area_trail(page_trail)
        group = _("系统")
        menu.register(
            group,
            _("账号与授权"),
            "accounts:user_list",
            "person-badge",
            Permission.VIEW_ACCOUNTS,
            10,
            tab=2,
            tab_label=_("账号"),
        )
        menu.register(
            group,
            _("操作记录"),
            "accounts:audit_list",
            "shield-check",
            Permission.VIEW_AUDIT,
            20,
            tab=2,
            tab_label=_("记录"),
        )
        user_logged_in.connect(_signed_in, dispatch_uid="accounts.sign_in")
        user_logged_out.connect(_signed_out, dispatch_uid="accounts.sign_out")
        user_login_failed.connect(_failed, dispatch_uid="accounts.failed")
        user_locked_out.connect(_locked, dispatch_uid="accounts.locked")


# What Django and axes tell goes to the audit trail. Only this place knows their signals.


def _signed_in(sender: Any, request: Any, user: Any, **_more: Any) -> None:
    from accounts import services
    from core import clock

    services.record_sign_in(user=user, at=clock.now(), place=services.place_of(request))


def _signed_out(sender: Any, request: Any, user: Any, **_more: Any) -> None:
    from accounts import services
    from core import clock

    if user is not None:
        services.record_sign_out(user=user, at=clock.now(), place=services.place_of(request))


def _failed(sender: Any, credentials: Any, request: Any = None, **_more: Any) -> None:
    from accounts import services
    from core import clock

    username = str(credentials.get("username") or "")
    services.record_failure(username=username, at=clock.now(), place=services.place_of(request))


def _locked(sender: Any, request: Any = None, username: Any = None, **_more: Any) -> None:
    from accounts import services
    from core import clock

    services.record_lock(
        username=str(username or ""), at=clock.now(), place=services.place_of(request)
    )
