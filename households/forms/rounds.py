"""The form that opens a round of checks."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.enums import Level
from accounts.models import Area
from accounts.querysets import in_ranges
from accounts.roles import Permission
from core.forms import DateField, SegmentSelect
from households.enums import POOR_NOW, REGISTERED_ALL, REGISTERED_POLICY

SCOPES = {
    "policy": (_("未脱贫户和享受政策户"), REGISTERED_POLICY),
    "poor": (_("未脱贫户"), POOR_NOW),
    "all": (_("全部在册户"), REGISTERED_ALL),
}


class AreaChoice(forms.ModelChoiceField):
    """Areas by their names, with their codes."""

    def label_from_instance(self, area: Any) -> str:
        return f"{area.code} {area.short_name}"


class RoundForm(forms.Form):
    """Where, under which name, for which households and until when."""

    area = AreaChoice(label=_("区划"), queryset=Area.objects.none(), empty_label=None)
    name = forms.CharField(label=_("名称"), max_length=64)
    scope = forms.ChoiceField(
        label=_("核查范围"),
        choices=[(key, words) for key, (words, _statuses) in SCOPES.items()],
        widget=SegmentSelect,
        initial="policy",
    )
    due_on = DateField(label=_("截止日期"), help_text=_("可写 2019.11.15"))

    def __init__(self, *args: Any, user: Any, today: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.today = today
        ranges = user.village_ranges(Permission.MANAGE_ROUNDS)
        places = Area.objects.filter(
            in_ranges("code", ranges), level__in=[Level.CITY, Level.COUNTY, Level.TOWNSHIP]
        )
        self.fields["area"].queryset = places.active(today).order_by("code")  # type: ignore[attr-defined]

    def clean_due_on(self) -> Any:
        due_on = self.cleaned_data["due_on"]
        if due_on < self.today:
            raise forms.ValidationError(_("截止日期不能早于今天"))
        return due_on

    @property
    def statuses(self) -> list[str]:
        return [str(status) for status in SCOPES[self.cleaned_data["scope"]][1]]
