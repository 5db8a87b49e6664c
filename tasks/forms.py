from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from core.forms import DateField
from core.operations import KeyReused, MissingKey
from tasks import services

REASONS: dict[type[Exception], Any] = {
    services.WrongState: _("问题当前状态不能做此操作，请刷新后再看。"),
    services.StaleCase: _("问题已被他人更新，请看过最新情况后再办。"),
    services.GapStands: _("最新数据尚未显示该对象达标，不能销号。"),
    services.OwnRectification: _("您参与过本问题的整改，不能由您销号。"),
    services.OwnUnit: _("您所在单位是整改责任单位，须由其他单位核验销号。"),
    services.MissingReason: _("请填写说明。"),
    services.BadDueDate: _("新的时限须晚于今天和原时限。"),
    services.BackDated: _("问题在更晚的日期已有变动，不能倒填日期。"),
    KeyReused: _("这份表单已提交过另一内容，请刷新页面后再办。"),
    MissingKey: _("提交缺少操作键，请刷新页面后再办。"),
}

LABELS = {
    "assign": _("交办"),
    "start": _("开始整改"),
    "progress": _("登记进展"),
    "apply": _("申请销号"),
    "extension": _("申请延期"),
    "grant": _("同意延期"),
    "refuse": _("不同意延期"),
    "close": _("核验销号"),
    "return": _("退回整改"),
    "suspend": _("挂起"),
    "resume": _("恢复整改"),
}

# Acts that carry a date, and those whose note may be left out.
DATED = {"assign": _("整改时限"), "extension": _("申请延期至")}
NOTE_OPTIONAL = {"assign", "start", "grant", "resume", "close"}


def reason(error: Exception) -> str:
    """Why an act was refused, for the person who tried it."""
    return str(REASONS.get(type(error), _("操作没有完成。")))


class ActForm(forms.Form):
    """One act on a case: what the person says, the version they read, and a date where the act has one."""

    base_version = forms.IntegerField(widget=forms.HiddenInput)
    note = forms.CharField(
        label=_("说明"),
        max_length=500,
        required=False,
        widget=forms.Textarea({"rows": 3}),
        strip=True,
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
