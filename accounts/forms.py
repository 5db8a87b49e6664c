from datetime import date
from typing import Any

from axes.handlers.proxy import AxesProxyHandler
from axes.helpers import get_failure_limit
from django import forms
from django.contrib.auth.forms import AuthenticationForm
from django.contrib.auth.validators import UnicodeUsernameValidator
from django.utils.translation import gettext_lazy as _

from accounts.enums import Line, RoleCode
from accounts.models import Agency, Area
from accounts.querysets import in_ranges
from accounts.roles import Permission
from accounts.scope import area_within
from core.forms import DateField, plain


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


class OpenAccountForm(forms.Form):
    username = forms.CharField(
        label=_("用户名"),
        max_length=150,
        validators=[UnicodeUsernameValidator(message=_("只能用字母、数字和 @ . + - _"))],
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        help_text=_("一人一号，如 dlt_zhangwei；开通后不能改。"),
    )
    display_name = forms.CharField(
        label=_("姓名"), max_length=64, widget=forms.TextInput(attrs={"autocomplete": "off"})
    )


class GrantForm(forms.Form):
    """One role in one area of the granter's, and for how long."""

    role = forms.ChoiceField(label=_("岗位"), choices=[("", _("请选择")), *RoleCode.choices])
    area = forms.CharField(
        label=_("区划代码"),
        max_length=20,
        help_text=_("12 位代码，也可在下方点选。"),
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
    )
    agency = forms.ModelChoiceField(
        label=_("单位"),
        queryset=Agency.objects.none(),
        required=False,
        empty_label=_("不适用"),
        help_text=_("岗位为行业部门时必选。"),
    )
    line = forms.ChoiceField(label=_("业务条线"), choices=Line.choices, initial=Line.GENERAL)
    valid_from = DateField(label=_("开始日期"))
    valid_to = DateField(
        label=_("停止日期"), required=False, help_text=_("从这天起不再有此岗位；不填为长期。")
    )

    def __init__(self, *args: Any, granter: Any, on: date, **kwargs: Any) -> None:
        initial = {"valid_from": on, **kwargs.pop("initial", {})}
        super().__init__(*args, initial=initial, **kwargs)
        self.granter, self.on = granter, on
        here = in_ranges("area_id", granter.village_ranges(Permission.MANAGE_GRANTS))
        field: Any = self.fields["agency"]
        field.queryset = Agency.objects.filter(here).order_by("area_id", "name")

    def clean_area(self) -> Area:
        code = plain(self.cleaned_data["area"])
        if not (code.isdecimal() and len(code) == 12):
            raise forms.ValidationError(_("应为 12 位数字"))
        area = area_within(code, self.granter, Permission.MANAGE_GRANTS)
        if area is None or (area.valid_to and area.valid_to <= self.on):
            raise forms.ValidationError(_("没有这个区划，或不在您的授权范围内"))
        return area

    def clean_valid_from(self) -> date:
        day: date = self.cleaned_data["valid_from"]
        if day < self.on:
            raise forms.ValidationError(_("不能早于今天"))
        return day

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if cleaned.get("role") == RoleCode.AGENCY:
            if not cleaned.get("agency") and "agency" not in self.errors:
                self.add_error("agency", _("行业部门须指定单位"))
        else:
            cleaned["agency"] = None
        start, end = cleaned.get("valid_from"), cleaned.get("valid_to")
        if start and end and end <= start:
            self.add_error("valid_to", _("须晚于开始日期"))
        return cleaned

    def terms(self) -> dict[str, Any]:
        """What the service asks for."""
        asked = self.cleaned_data
        return {
            "role": asked["role"],
            "area": asked["area"],
            "agency": asked["agency"],
            "line": asked["line"],
            "on": asked["valid_from"],
            "until": asked["valid_to"],
        }


class ReasonForm(forms.Form):
    """Why something is exported."""

    reason = forms.CharField(label=_("导出原因"), max_length=200)
