from datetime import timedelta
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from core import clock
from core.forms import DateField


class RunForm(forms.Form):
    """Which date to recompute by hand."""

    on = DateField(label=_("截至日期"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["on"].initial = clock.today() - timedelta(days=1)

    def clean_on(self) -> Any:
        on = self.cleaned_data["on"]
        if on >= clock.today():
            raise forms.ValidationError(_("只能重算已结束的日期，最晚到昨天。"))
        return on
