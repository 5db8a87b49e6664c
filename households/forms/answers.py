"""Answers of a household check: fields that take 不清楚, and widgets that cost little.

A form asks some three hundred things of a household of four, so the widgets write their own HTML
instead of rendering a template for every input, and keep the words of their choices.
"""

import re
from collections.abc import Mapping
from functools import cached_property
from html import escape
from typing import Any

from django import forms
from django.http import QueryDict
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from core.forms import (
    DateField,
    DateInput,
    MoneyField,
    SegmentSelect,
    date_parts,
    plain,
    style_class,
)
from households.identity import InvalidPhone, parse_phone

UNKNOWN = "UNKNOWN"
NOTHING = "NOTHING"  # 无: what was held no longer holds
NOT_ANSWERS = {"csrfmiddlewaretoken", "operation_key", "act", "base_version", "income_year"}
UNKNOWN_TEXTS = (UNKNOWN, "?", _("不清楚"), _("未知"), _("不详"))


def typed_answers(posted: QueryDict) -> dict[str, str | list[str]]:
    """What a browser sent, without blanks and what is no answer; a list where several were ticked."""
    typed: dict[str, str | list[str]] = {}
    for name, values in posted.lists():
        given = [str(value) for value in values if value != ""]
        if given and name not in NOT_ANSWERS:
            typed[name] = given[0] if len(given) == 1 else given
    return typed


def _attributes(attrs: Mapping[str, Any]) -> str:
    return "".join(
        f" {name}" if value is True else f' {name}="{escape(str(value))}"'
        for name, value in attrs.items()
        if value is not False and value is not None
    )


class LeanMixin:
    """A widget that writes its own HTML. Its choices do not change once it has been shown."""

    @cached_property
    def usual_attrs(self) -> dict[str, Any]:
        """What a field without errors hands to `render`, beside its id."""
        widget: Any = self
        own = widget.attrs.get("class")
        style = " ".join(part for part in (style_class(widget), own) if part)
        return {"class": style} if style else {}

    @cached_property
    def choice_texts(self) -> list[tuple[str, str]]:
        """Codes and labels, resolved once for all pages."""
        widget: Any = self
        return [(str(code), escape(str(label))) for code, label in widget.choices]


class Input(LeanMixin, forms.TextInput):
    """A line of text."""

    def render(self, name: str, value: Any, attrs: Any = None, renderer: Any = None) -> SafeString:
        text = self.format_value(value)
        own = {"value": text} if text not in (None, "") else {}
        shown = _attributes(own | self.build_attrs(self.attrs, attrs))
        return SafeString(f'<input type="{self.input_type}" name="{name}"{shown}>')


class DateLine(Input, DateInput):
    """A date, typed in any usual way."""


class DropDown(LeanMixin, forms.Select):
    """One of many."""

    def render(self, name: str, value: Any, attrs: Any = None, renderer: Any = None) -> SafeString:
        chosen = set(self.format_value(value))
        options = "".join(
            f'<option value="{code}"{" selected" if code in chosen else ""}>{label}</option>'
            for code, label in self.choice_texts
        )
        shown = _attributes(self.build_attrs(self.attrs, attrs))
        return SafeString(f'<select name="{name}"{shown}>{options}</select>')


class Segments(LeanMixin, SegmentSelect):
    """One of a few, always visible."""

    def render(self, name: str, value: Any, attrs: Any = None, renderer: Any = None) -> SafeString:
        chosen = set(self.format_value(value))
        final = self.build_attrs(self.attrs, attrs)
        key, style = final.get("id", name), final.pop("class", "")
        described = _attributes({k: v for k, v in final.items() if k.startswith("aria-")})
        options = "".join(
            f'<input type="radio" name="{name}" value="{code}" id="{key}_{i}"'
            f"{' checked' if code in chosen else ''}{described}>"
            f'<label for="{key}_{i}"><i></i>{label}</label>'
            for i, (code, label) in enumerate(self.choice_texts)
        )
        style = " ".join(["ql-seg", *(["ql-seg-sm"] if self.small else []), style]).strip()
        return SafeString(
            f'<div class="{style}" role="radiogroup" id="{key}" aria-labelledby="{key}_label" data-seg>'
            f"{options}</div>"
        )


class Ticks(LeanMixin, forms.CheckboxSelectMultiple):
    """Several of a few."""

    def render(self, name: str, value: Any, attrs: Any = None, renderer: Any = None) -> SafeString:
        chosen = set(self.format_value(value))
        final = self.build_attrs(self.attrs, attrs)
        key = final.get("id", name)
        described = _attributes({k: v for k, v in final.items() if k.startswith("aria-")})
        options = "".join(
            '<div class="form-check"><input type="checkbox" class="form-check-input"'
            f' name="{name}" value="{code}" id="{key}_{i}"'
            f"{' checked' if code in chosen else ''}{described}>"
            f'<label class="form-check-label" for="{key}_{i}">{label}</label></div>'
            for i, (code, label) in enumerate(self.choice_texts)
        )
        return SafeString(
            f'<div class="ql-checks" role="group" id="{key}" aria-labelledby="{key}_label">{options}</div>'
        )


class AnswerMixin:
    """An answer may be left out, and may be 不清楚."""

    def clean(self, value: Any) -> Any:
        if isinstance(value, str) and plain(value) in UNKNOWN_TEXTS:
            return UNKNOWN
        return super().clean(value)  # type: ignore[misc]


class NumberAnswer(AnswerMixin, forms.DecimalField):
    """A number, perhaps with the unit it is asked in."""

    widget = Input
    default_error_messages = {"invalid": _("请填数字，例如 25；不清楚可填“不清楚”")}

    def __init__(self, *, unit: Any = "", **options: Any) -> None:
        super().__init__(**options)
        self.unit = unit

    def to_python(self, value: Any) -> Any:
        if isinstance(value, str):
            value = plain(value).replace(",", "").removesuffix(str(self.unit))
        return super().to_python(value)

    def widget_attrs(self, widget: forms.Widget) -> dict[str, Any]:
        return {"inputmode": "decimal", "class": "num w-num", "autocomplete": "off"}


class MoneyAnswer(AnswerMixin, MoneyField):
    widget = Input

    def widget_attrs(self, widget: forms.Widget) -> dict[str, Any]:
        return super().widget_attrs(widget) | {"class": "num w-num", "data-money": ""}


class DateAnswer(AnswerMixin, DateField):
    widget = DateLine


class TextAnswer(AnswerMixin, forms.CharField):
    widget = Input


class PhoneAnswer(TextAnswer):
    def to_python(self, value: Any) -> Any:
        text = super().to_python(value)
        if not text:
            return text
        try:
            return parse_phone(text)
        except InvalidPhone as error:
            raise forms.ValidationError(f"{error.message}。{error.cure}") from error


class AccountAnswer(TextAnswer):
    """A bank account: 12 to 19 digits."""

    def to_python(self, value: Any) -> Any:
        digits = re.sub(r"[\s-]", "", plain(super().to_python(value) or ""))
        if digits and not re.fullmatch(r"[0-9]{12,19}", digits):
            raise forms.ValidationError(_("银行卡号应为 12—19 位数字，请对照银行卡"))
        return digits


class PartialDateAnswer(TextAnswer):
    """A year, a month or a day, as precise as known: 2014, 2014-05 or 2014-05-12."""

    def to_python(self, value: Any) -> Any:
        text = plain(super().to_python(value) or "")
        if not text:
            return text
        digits = re.findall(r"[0-9]+", text)
        count = {4: 1, 6: 2, 8: 3}.get(len(digits[0])) if len(digits) == 1 else len(digits)
        year = text.removesuffix(str(_("年")))
        parts = (
            (int(year),)
            if count == 1 and re.fullmatch(r"[0-9]{4}", year)
            else date_parts(text, count)
            if count in (2, 3)
            else None
        )
        if parts is None or not 2013 <= parts[0] <= 2100:
            raise forms.ValidationError(_("请填年或年月，例如 2014 或 2014-05，不早于 2013 年"))
        return "-".join([f"{parts[0]:04d}", *(f"{part:02d}" for part in parts[1:])])


class ChoiceAnswer(AnswerMixin, forms.ChoiceField):
    pass


class SeveralAnswer(forms.MultipleChoiceField):
    """Several codes, as a list or joined by commas. `alone` and 不清楚 exclude the others; at most `most` of them."""

    default_error_messages = {
        "alone": _("“%(label)s”不能与其他选项同时选"),
        "most": _("最多选 %(most)s 项"),
    }

    def __init__(self, *, alone: str = "", most: int = 0, **options: Any) -> None:
        super().__init__(**options)
        self.alone, self.most = alone, most

    def clean(self, value: Any) -> Any:
        if isinstance(value, str):
            value = value.split(",") if value else []
        chosen: list[str] = super().clean(value)
        labels = dict(self.choices)  # type: ignore[arg-type]
        for single in (UNKNOWN, self.alone):
            if single in chosen and len(chosen) > 1:
                raise forms.ValidationError(
                    self.error_messages["alone"], "alone", {"label": labels[single]}
                )
        if self.most and len(chosen) > self.most:
            raise forms.ValidationError(self.error_messages["most"], "most", {"most": self.most})
        return UNKNOWN if chosen == [UNKNOWN] else chosen


def is_answered(value: Any) -> bool:
    """Whether a cleaned value says anything."""
    return value not in (None, "", [])
