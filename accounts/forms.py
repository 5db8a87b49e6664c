from typing import Any

from axes.handlers.proxy import AxesProxyHandler
from axes.helpers import get_failure_limit
from django import forms
from django.contrib.auth.forms import AuthenticationForm
from django.utils.translation import gettext_lazy as _


class SignInForm(AuthenticationForm):
    """Says how many tries are left, the same for known and unknown names."""

    error_messages = {
        "invalid_login": _("用户名或密码不对，还可以试 %(left)s 次。"),
        "inactive": _("该账号已停用。"),
    }

    def get_invalid_login_error(self) -> forms.ValidationError:
        return forms.ValidationError(
            self.error_messages["invalid_login"],
            code="invalid_login",
            params={"left": self._tries_left()},
        )

    def _tries_left(self) -> int:
        credentials: dict[str, Any] = {"username": self.cleaned_data.get("username")}
        limit = get_failure_limit(self.request, credentials)
        return max(0, limit - int(AxesProxyHandler.get_failures(self.request, credentials)))


class PasswordChangeForm(forms.Form):
    """The present password and, twice, the new one. Rules are checked by the service."""

    old = forms.CharField(
        label=_("当前密码"),
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )
    new = forms.CharField(
        label=_("新密码"),
        strip=False,
        max_length=128,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text=_("至少 10 位，不能全是数字，不能是常用密码。"),
    )
    again = forms.CharField(
        label=_("再输一次"),
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if cleaned.get("new") and cleaned.get("again") and cleaned["new"] != cleaned["again"]:
            self.add_error("again", _("两次输入的新密码不一致。"))
        return cleaned
