"""What a person sets up for their household list, and the bulk acts on chosen rows."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.enums import Line
from accounts.models import Grant
from core.forms import DateField, plain
from households.models import CheckRound
from households.permissions import sees_causes, sees_line

AHEAD_DAYS = 31
BACK_DAYS = 366


@dataclass(frozen=True)
class Column:
    """A column of the household list."""

    key: str
    label: Any
    line: str = ""  # the line of work it belongs to; "" for every line
    is_usual: bool = True
    is_fixed: bool = False  # always there
    is_number: bool = False


COLUMNS = (
    Column("village", _("行政村")),
    Column("head", _("户主"), is_fixed=True),
    Column("persons", _("人口"), is_number=True),
    Column("code", _("户编号")),
    Column("id", _("证件号码")),
    Column("status", _("脱贫状态")),
    Column("lights", _("达标情况")),
    Column("cause", _("主要致贫原因"), Line.GENERAL, is_usual=False),
    Column("visited", _("最近核查"), is_usual=False),
    Column("kind", _("户属性"), Line.GENERAL, is_usual=False),
    Column("helper", _("帮扶责任人"), is_usual=False),
    Column("phone", _("联系电话"), Line.GENERAL, is_usual=False),
    Column("income", _("人均纯收入（元）"), Line.INCOME, is_usual=False, is_number=True),
    Column("grade", _("房屋等级"), Line.HOUSING, is_usual=False),
)


def columns_for(user: Any) -> list[Column]:
    """Columns the user's lines of work may see."""
    return [
        column
        for column in COLUMNS
        if (not column.line or sees_line(user, column.line))
        and (column.key != "cause" or sees_causes(user))
    ]


class ColumnsForm(forms.Form):
    columns = forms.MultipleChoiceField(
        label=_("显示的列"), required=False, widget=forms.CheckboxSelectMultiple
    )

    def __init__(self, *args: Any, columns: list[Column], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["columns"].choices = [(c.key, c.label) for c in columns if not c.is_fixed]  # type: ignore[attr-defined]


class NameForm(forms.Form):
    """The name of a saved filter."""

    name = forms.CharField(label=_("名称"), max_length=20)

    def clean_name(self) -> str:
        return plain(self.cleaned_data["name"])


class PairingForm(forms.Form):
    """Who helps from when."""

    # not "helper", which is a condition of the list
    helper_id = forms.ChoiceField(label=_("帮扶责任人"))
    valid_from = DateField(label=_("开始日期"), help_text=_("原结对到这一天为止，中间不留空档"))

    def __init__(self, *args: Any, grants: list[Grant], today: date, **kwargs: Any) -> None:
        kwargs.setdefault("initial", {"valid_from": today})
        super().__init__(*args, **kwargs)
        self.today = today
        self.helpers = {str(grant.user_id): grant.user for grant in grants}
        places: dict[str, list[str]] = {}
        for grant in grants:
            places.setdefault(str(grant.user_id), []).append(
                grant.area.short_name if grant.area else ""
            )
        self.fields["helper_id"].choices = [("", _("请选择"))] + [  # type: ignore[attr-defined]
            (pk, f"{user}（{'、'.join(places[pk])}）") for pk, user in self.helpers.items()
        ]

    def clean_helper_id(self) -> Any:
        return self.helpers[self.cleaned_data["helper_id"]]

    def clean_valid_from(self) -> date:
        day: date = self.cleaned_data["valid_from"]
        if day > self.today + timedelta(days=AHEAD_DAYS):
            raise forms.ValidationError(_("最多提前一个月指派"))
        if day < self.today - timedelta(days=BACK_DAYS):
            raise forms.ValidationError(_("最多补记一年以内的结对"))
        return day


class RoundChoiceForm(forms.Form):
    """Which open round the chosen households are added to."""

    check_round = forms.ModelChoiceField(
        label=_("核查轮次"), queryset=CheckRound.objects.none(), empty_label=_("请选择")
    )

    def __init__(self, *args: Any, rounds: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["check_round"].queryset = rounds  # type: ignore[attr-defined]
