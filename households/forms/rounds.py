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
from households.forms.questions import CONFIRM, TITLES
from households.rounds import SAFEGUARDS
from villages.models import Village

MOST_VILLAGES = 300  # more than this are not offered one by one; a smaller area does it
SCOPES = {
    "policy": (_("未脱贫户和享受政策户"), REGISTERED_POLICY),
    "poor": (_("未脱贫户"), POOR_NOW),
    "all": (_("全部在册户"), REGISTERED_ALL),
    "listed": (_("只查指定户"), ()),
}
CONTENTS = [
    ("all", _("全部内容")),
    ("safeguards", _("只查收入和保障")),
    ("chosen", _("自选")),
]


class AreaChoice(forms.ModelChoiceField):
    """Areas by their names, with their codes."""

    def label_from_instance(self, area: Any) -> str:
        return f"{area.code} {area.short_name}"


class RoundForm(forms.Form):
    """Where, under which name, for which households, for which sections of the form, until when."""

    area = AreaChoice(label=_("区划"), queryset=Area.objects.none(), empty_label=None)
    name = forms.CharField(label=_("名称"), max_length=64)
    scope = forms.ChoiceField(
        label=_("核查范围"),
        choices=[(key, words) for key, (words, _statuses) in SCOPES.items()],
        widget=SegmentSelect(attrs={"class": "ql-seg-many"}),
        initial="policy",
        help_text=_("只查指定户：开启后，在户档案列表中勾选列入"),
    )
    due_on = DateField(label=_("截止日期"), help_text=_("可写 2019.11.15"))
    content = forms.ChoiceField(
        label=_("核查内容"),
        choices=CONTENTS,
        widget=SegmentSelect(attrs={"class": "ql-seg-many"}),
        initial="all",
        help_text=_("收入和保障：收入、两不愁、三保障、饮水、用电"),
    )
    sections = forms.TypedMultipleChoiceField(
        label=_("自选的各节"),
        coerce=int,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("核查内容选“自选”时勾选；没有勾选的各节可以不填"),
    )
    villages = forms.TypedMultipleChoiceField(
        label=_("只查这些村"),
        coerce=int,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("都不勾选，就是整个区划"),
    )

    def __init__(self, *args: Any, user: Any, area: Area | None, today: Any, **kwargs: Any) -> None:
        """`area`: whose villages are offered one by one."""
        super().__init__(*args, **kwargs)
        self.today = today
        fields: dict[str, Any] = self.fields
        ranges = user.village_ranges(Permission.MANAGE_ROUNDS)
        places: Any = Area.objects.filter(
            in_ranges("code", ranges), level__in=[Level.CITY, Level.COUNTY, Level.TOWNSHIP]
        )
        fields["area"].queryset = places.active(today).order_by("code")
        fields["sections"].choices = [
            (number, title) for number, title in TITLES.items() if number != CONFIRM
        ]
        villages = list(offered_villages(user, area)) if area else []
        if villages and len(villages) <= MOST_VILLAGES:
            fields["villages"].choices = [(village.pk, str(village)) for village in villages]
        else:
            del fields["villages"]

    def clean_due_on(self) -> Any:
        due_on = self.cleaned_data["due_on"]
        if due_on < self.today:
            raise forms.ValidationError(_("截止日期不能早于今天"))
        return due_on

    def clean(self) -> None:
        data = self.cleaned_data
        if data.get("content") == "chosen" and not data.get("sections"):
            self.add_error("sections", _("选了“自选”，请勾选要核查的各节"))
        area, villages = data.get("area"), data.get("villages")
        if area and villages:
            low, high = area.range
            if any(not low <= code <= high for code in villages):
                self.add_error("villages", _("勾选的村不都在所选区划内"))

    @property
    def statuses(self) -> list[str]:
        return [str(status) for status in SCOPES[self.cleaned_data["scope"]][1]]

    @property
    def asked_sections(self) -> list[int]:
        """Numbers of the sections asked for; empty for the whole form."""
        match self.cleaned_data["content"]:
            case "safeguards":
                return list(SAFEGUARDS)
            case "chosen":
                chosen: list[int] = self.cleaned_data["sections"]
                return [] if set(chosen) == set(TITLES) - {CONFIRM} else chosen
        return []


def offered_villages(user: Any, area: Area) -> Any:
    villages = Village.objects.for_user(user, permission=Permission.MANAGE_ROUNDS).in_area(area)
    return villages.select_related("area").order_by("pk")[: MOST_VILLAGES + 1]
