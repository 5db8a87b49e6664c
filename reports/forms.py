"""The monthly report's form: one answer for each computed figure, and the words."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from core.forms import SegmentSelect, plain
from reports.enums import Answer
from reports.models import Filing, line_change
from reports.services import FilingInput


class CountField(forms.IntegerField):
    """A count. Accepts 4,126 and full-width digits."""

    widget = forms.TextInput
    default_error_messages = {"invalid": _("请填整数，如 4126")}

    def widget_attrs(self, widget: forms.Widget) -> dict[str, Any]:
        return {"inputmode": "numeric", "class": "num", "autocomplete": "off"}

    def to_python(self, value: Any) -> int | None:
        if isinstance(value, str):
            value = plain(value).replace(",", "")
        return super().to_python(value)


@dataclass(frozen=True)
class LineRow:
    """One line with its three bound fields, as the template shows it."""

    line: dict[str, Any]
    answer: forms.BoundField
    own: forms.BoundField
    explanation: forms.BoundField

    @property
    def change(self) -> int | None:
        return line_change(self.line)


class FilingForm(forms.Form):
    """Nothing is required here: 暂存 takes everything; what 提交 asks for is the service's."""

    base_version = forms.IntegerField(widget=forms.HiddenInput, min_value=0)
    mark = forms.CharField(widget=forms.HiddenInput, required=False)
    progress = forms.CharField(
        label=_("工作进展"), required=False, max_length=5000, widget=forms.Textarea({"rows": 3})
    )
    problems = forms.CharField(
        label=_("存在问题"), required=False, max_length=5000, widget=forms.Textarea({"rows": 2})
    )
    next_steps = forms.CharField(
        label=_("下步打算"), required=False, max_length=5000, widget=forms.Textarea({"rows": 2})
    )
    signed_by = forms.CharField(label=_("第一责任人"), required=False, max_length=32)
    is_nil = forms.BooleanField(label=_("本月无进展，作零报告"), required=False)

    def __init__(self, filing: Filing, *args: Any, **kwargs: Any) -> None:
        self.filing = filing
        names = ("progress", "problems", "next_steps", "signed_by", "is_nil")
        initial = {name: getattr(filing, name) for name in names}
        initial |= {"base_version": filing.revision, "mark": filing.mark}
        for line in filing.lines:
            initial |= {
                f"{name}_{line['key']}": line[name] for name in ("answer", "own", "explanation")
            }
        super().__init__(*args, initial=initial, **kwargs)
        for line in filing.lines:
            self._add_line(line)

    def _add_line(self, line: dict[str, Any]) -> None:
        key, label = line["key"], line["label"]
        self.fields[f"answer_{key}"] = forms.ChoiceField(
            label=_("%(label)s：本单位意见") % {"label": label},
            choices=Answer.choices,
            required=False,
            widget=SegmentSelect(small=True),
        )
        self.fields[f"own_{key}"] = CountField(
            label=_("%(label)s：本单位数") % {"label": label},
            required=False,
            min_value=0,
            max_value=10**9,
        )
        self.fields[f"explanation_{key}"] = forms.CharField(
            label=_("%(label)s：说明") % {"label": label},
            required=False,
            max_length=500,
            widget=forms.Textarea({"rows": 2}),
        )

    def line_rows(self) -> Iterator[LineRow]:
        for line in self.filing.lines:
            key = line["key"]
            yield LineRow(
                line, self[f"answer_{key}"], self[f"own_{key}"], self[f"explanation_{key}"]
            )

    @property
    def content(self) -> FilingInput:
        data = self.cleaned_data
        answers = {
            line["key"]: {
                name: data[f"{name}_{line['key']}"] for name in ("answer", "own", "explanation")
            }
            for line in self.filing.lines
        }
        names = ("progress", "problems", "next_steps", "signed_by", "is_nil")
        return FilingInput(answers=answers, **{name: data[name] for name in names})
