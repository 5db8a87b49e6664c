from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from core.forms import DateField

# Acts that carry a date, and those whose note may be left out.
DATED = {"assign": _("整改时限"), "extension": _("申请延期至")}
NOTE_OPTIONAL = {"assign", "start", "grant", "resume", "close"}


class ActForm(forms.Form):
    """One act on a case: what the person says, the version they read, and a date where the act has one."""

    base_version = forms.IntegerField(widget=forms.HiddenInput)
    note = forms.CharField(
        label=_("说明"), max_length=500, required=False, widget=forms.Textarea({"rows": 3}), strip=True
    )
    due_on = DateField(label=_("时限"), required=False)

    def __init__(self, *args: Any, act: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["note"].required = act not in NOTE_OPTIONAL
        if act in DATED:
            self.fields["due_on"].label = DATED[act]
            self.fields["due_on"].required = act == "extension"
        else:
            del self.fields["due_on"]
