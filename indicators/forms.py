from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.models import Area
from core import clock
from core.forms import DateField, SegmentSelect, date_parts, plain, with_unit
from households.models import Evidence
from indicators.enums import ExceptionState, ProposalState, ValueKind
from indicators.quality.services import LONGEST_DAYS
from indicators.standard_values import Reading, region_of
from indicators.standards import BadValue, Document, Standard, has_unit


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


TOPIC_WORDS = {
    "income": _("收入"),
    "housing": _("住房与搬迁"),
    "water": _("饮水"),
    "education": _("教育"),
    "health": _("医疗"),
    "industry": _("产业、就业与集体经济"),
    "security": _("养老保障"),
    "poverty": _("退出与监测"),
    "general": _("通用"),
}
NEW_DOCUMENT = "new"


class StandardQuery(forms.Form):
    """Conditions of the list of standards, for page and API."""

    q = forms.CharField(label=_("标准名称"), required=False, max_length=64)
    topic = forms.ChoiceField(
        label=_("类别"), required=False, choices=[("", _("全部")), *TOPIC_WORDS.items()]
    )
    on = DateField(label=_("截至日期"), required=False)
    show = forms.ChoiceField(
        label=_("本区"),
        required=False,
        choices=[
            ("", _("全部")),
            ("held", _("有数值")),
            ("competing", _("有并存标准")),
            ("unsure", _("待确认")),
        ],
    )


class ProposalQuery(forms.Form):
    state = forms.ChoiceField(
        label=_("状态"), required=False, choices=[("", _("全部")), *ProposalState.choices]
    )


class ReadingForm(forms.Form):
    """A value of one standard: where, from when and how much; for a trial, on which day to judge.

    `areas` are those the person may choose.
    """

    region = forms.ChoiceField(
        label=_("适用范围"), help_text=_("要选更小的区划，先在页面上方切换区划")
    )
    value = forms.CharField(label=_("数值"))
    valid_from = DateField(label=_("生效日期"))
    valid_until = DateField(label=_("最后一天"), required=False, help_text=_("不填为长期有效"))
    on = DateField(label=_("判定日期"), required=False, help_text=_("不填为离今天最近的适用日期"))

    def __init__(
        self, *args: Any, standard: Standard, areas: Sequence[Area], **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.standard = standard
        region: Any = self.fields["region"]
        region.choices = [(region_of(area), area.name) for area in areas]
        self.fields["value"] = value_field(standard)
        if standard.by_year:
            self.fields["valid_from"].help_text = _("按年度的标准，从某年1月1日起")

    def clean_value(self) -> str:
        said = self.cleaned_data["value"]
        text = ",".join(said) if isinstance(said, list) else plain(said)
        if self.standard.kind == ValueKind.DAY:
            parts = date_parts(f"2019-{text}", 3)
            text = "{1:02d}-{2:02d}".format(*parts) if parts else text
        elif self.standard.kind == ValueKind.NUMBER:
            text = text.replace(",", "").removesuffix(self.standard.unit)
        try:
            return self.standard.clean(text)
        except BadValue:
            raise forms.ValidationError(WRONG_VALUE[ValueKind(self.standard.kind)]) from None

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        first, last = data.get("valid_from"), data.get("valid_until")
        if first and last and last < first:
            self.add_error("valid_until", _("最后一天早于生效日期"))
        if self.standard.by_year and first and (first.month, first.day) != (1, 1):
            self.add_error("valid_from", _("这项标准按年度执行，须从某年1月1日起"))
        if self.standard.by_year and last and (last.month, last.day) != (12, 31):
            self.add_error("valid_until", _("这项标准按年度执行，须到某年12月31日止"))
        return data

    def reading(self) -> Reading:
        data = self.cleaned_data
        last: date | None = data.get("valid_until")
        return Reading(
            code=self.standard.code,
            region=data["region"],
            valid_from=data["valid_from"],
            valid_to=last + timedelta(days=1) if last else None,
            value=data["value"],
        )


WRONG_VALUE = {
    ValueKind.NUMBER: _("请填不小于零的数，如 95 或 2.5"),
    ValueKind.FLAG: _("请选是或否"),
    ValueKind.CHOICE: _("请选一项"),
    ValueKind.DAY: _("请填月和日，如 7月31日"),
    ValueKind.LIST: _("请从所列项目中选"),
    ValueKind.TEXT: _("请填写"),
}


def value_field(standard: Standard) -> forms.Field:
    """A field for values of one standard, by its kind."""
    label = _("数值")
    words = list(standard.words.items())
    match standard.kind:
        case ValueKind.FLAG:
            choices = [("1", _("是")), ("0", _("否"))]
            return forms.ChoiceField(label=label, choices=choices, widget=SegmentSelect)
        case ValueKind.CHOICE:
            return forms.ChoiceField(label=label, choices=words)
        case ValueKind.LIST:
            return forms.MultipleChoiceField(
                label=label, choices=words, widget=forms.CheckboxSelectMultiple
            )
        case ValueKind.DAY:
            return forms.CharField(label=label, max_length=12, help_text=_("如 7月31日"))
    field = forms.CharField(label=label, max_length=128)
    if standard.kind == ValueKind.NUMBER:
        field.widget.attrs |= {"inputmode": "decimal", "class": "num", "autocomplete": "off"}
    return with_unit(field, standard.unit) if has_unit(standard) else field


class ProposalForm(ReadingForm):
    """The same with what it rests on: a document on file, or a new one that is entered here."""

    document = forms.ChoiceField(label=_("依据文件"))
    new_title = forms.CharField(
        label=_("新文件名称"),
        required=False,
        max_length=128,
        help_text=_("依据文件选“录入新文件”时填"),
    )
    new_number = forms.CharField(label=_("新文件文号"), required=False, max_length=64)
    new_note = forms.CharField(label=_("新文件说明"), required=False, max_length=200)
    section = forms.CharField(label=_("条款"), max_length=64)
    note = forms.CharField(label=_("备注"), required=False, max_length=200)
    reason = forms.CharField(
        label=_("改动理由"), max_length=500, widget=forms.Textarea(attrs={"rows": 3})
    )
    base_version = forms.IntegerField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, documents: Sequence[Document], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        del self.fields["on"]
        choice: Any = self.fields["document"]
        choice.choices = [
            ("", _("请选择")),
            (NEW_DOCUMENT, _("录入新文件")),
            *((document.id, str(document)) for document in documents),
        ]

    def clean(self) -> dict[str, Any]:
        data = super().clean()
        if data.get("document") == NEW_DOCUMENT and not data.get("new_title"):
            self.add_error("new_title", _("录入新文件须填名称"))
        return data

    def reading(self) -> Reading:
        data = self.cleaned_data
        new = data["document"] == NEW_DOCUMENT
        read = super().reading()
        return Reading(
            code=read.code,
            region=read.region,
            valid_from=read.valid_from,
            valid_to=read.valid_to,
            value=read.value,
            document="" if new else data["document"],
            new_title=data["new_title"] if new else "",
            new_number=data["new_number"] if new else "",
            new_note=data["new_note"] if new else "",
            section=data["section"],
            note=data["note"],
            reason=data["reason"],
        )


class DecisionForm(forms.Form):
    """What the second person says; a refusal needs a reason."""

    base_version = forms.IntegerField(widget=forms.HiddenInput)
    note = forms.CharField(
        label=_("意见"), required=False, max_length=500, widget=forms.Textarea(attrs={"rows": 2})
    )

    def __init__(self, *args: Any, act: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["note"].required = act == "reject"


class ExceptionForm(forms.Form):
    """Why a finding is true on the ground, what shows it, and until when."""

    reason = forms.CharField(
        label=_("理由"),
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("写明核实的时间、方式和实际情况"),
    )
    expires_on = DateField(label=_("有效期至"))
    evidence = forms.TypedChoiceField(
        label=_("佐证材料"),
        required=False,
        help_text=_("从本户已上传的材料中选；没有的先到户档案上传"),
    )

    def __init__(self, *args: Any, papers: list[Evidence], today: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.today = today
        self.papers = {str(paper.pk): paper for paper in papers}
        field: Any = self.fields["evidence"]
        field.choices = [
            ("", _("不附")),
            *((pk, _paper_label(paper)) for pk, paper in self.papers.items()),
        ]
        latest = today + timedelta(days=LONGEST_DAYS)
        self.fields["expires_on"].help_text = _("最长一年，不晚于 %(day)s") % {
            "day": latest.isoformat()
        }

    def clean_expires_on(self) -> date:
        day: date = self.cleaned_data["expires_on"]
        if not self.today < day <= self.today + timedelta(days=LONGEST_DAYS):
            raise forms.ValidationError(_("有效期须在今天之后，最长一年。"))
        return day

    def clean_evidence(self) -> Evidence | None:
        return self.papers.get(self.cleaned_data["evidence"])


def _paper_label(paper: Evidence) -> str:
    when = paper.document_date.isoformat() if paper.document_date else ""
    return " ".join(filter(None, [str(paper.get_kind_display()), paper.document_no, when]))


class ExceptionQuery(forms.Form):
    state = forms.ChoiceField(required=False, choices=[("", ""), *ExceptionState.choices])
