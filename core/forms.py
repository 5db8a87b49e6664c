"""How every form looks and what its fields accept: one renderer, one bound field, few fields.

`FORM_RENDERER = "core.forms.QinglingRenderer"` in settings; the templates are in
templates/django/forms/.
"""

import calendar
import re
import unicodedata
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from django import forms
from django.forms.renderers import TemplatesSetting
from django.http import HttpRequest
from django.utils.formats import localize
from django.utils.html import conditional_escape
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext_lazy as _

# Said shortly, after the field's name: 证件号码：还没有填写.
forms.Field.default_error_messages |= {
    "required": _("还没有填写"),
    "min_value": _("不能小于 %(limit_value)s"),
    "max_value": _("不能大于 %(limit_value)s"),
    "max_length": _("最多 %(limit_value)s 个字，现有 %(show_value)s 个"),
    "max_decimal_places": _("最多 %(max)s 位小数"),
    "max_digits": _("最多 %(max)s 位数字"),
    "max_whole_digits": _("整数部分最多 %(max)s 位"),
}
forms.ChoiceField.default_error_messages["required"] = _("还没有选择")


class QinglingBoundField(forms.BoundField):
    """A field that knows its style class, its unit and whether a fieldset holds it."""

    def build_widget_attrs(
        self, attrs: dict[str, Any], widget: forms.Widget | None = None
    ) -> dict[str, Any]:
        widget = widget or self.field.widget
        attrs = super().build_widget_attrs(attrs, widget)
        style = style_class(widget)
        if style:
            own = str(attrs.get("class") or widget.attrs.get("class") or "")
            invalid = "is-invalid" if self.errors else ""
            attrs["class"] = " ".join(part for part in (style, own, invalid) if part)
        return attrs

    @property
    def unit(self) -> str:
        """The unit printed behind the field; set with `with_unit`."""
        return str(getattr(self.field, "unit", ""))

    @property
    def is_check(self) -> bool:
        """A lone tick box: its label stands behind it."""
        return isinstance(self.field.widget, forms.CheckboxInput)

    @property
    def is_filled(self) -> bool:
        """Whether the user has asked for something here (a query bar stays open then)."""
        return self.value() not in (None, "", [])


class QinglingRenderer(TemplatesSetting):
    """Django's own renderer over our templates.

    A select is written without them: a query bar has a hundred options, and two templates for each
    were a tenth of a list's time.
    """

    bound_field_class = QinglingBoundField

    def render(
        self, template_name: str, context: dict[str, Any], request: HttpRequest | None = None
    ) -> str:
        if template_name == forms.Select.template_name:
            return _select(context["widget"])
        return super().render(template_name, context, request)


def _select(widget: dict[str, Any]) -> SafeString:
    """What Django's templates make of a select and its options, to the letter."""
    parts = [f'<select name="{conditional_escape(widget["name"])}"{_attributes(widget["attrs"])}>']
    for group, options, _index in widget["optgroups"]:
        if group:
            parts.append(f'\n  <optgroup label="{conditional_escape(group)}">')
        parts += [
            f'\n  <option value="{conditional_escape(str(option["value"]))}"'
            f"{_attributes(option['attrs'])}>{conditional_escape(localize(option['label']))}</option>\n"
            for option in options
        ]
        if group:
            parts.append("\n  </optgroup>")
    return mark_safe("".join(parts) + "\n</select>")


def _attributes(attrs: dict[str, Any]) -> str:
    return "".join(
        f" {conditional_escape(name)}"
        + ("" if value is True else f'="{conditional_escape(str(value))}"')
        for name, value in attrs.items()
        if value is not False
    )


def style_class(widget: forms.Widget) -> str:
    """Bootstrap's class for a kind of widget."""
    match widget:
        case forms.CheckboxInput():
            return "form-check-input"
        case (
            forms.RadioSelect()
            | forms.CheckboxSelectMultiple()
            | forms.HiddenInput()
            | forms.MultipleHiddenInput()
        ):
            return ""
        case forms.Select():
            return "form-select"
        case forms.NumberInput():
            return "form-control num"
        case _:
            return "form-control"


def with_unit(field: forms.Field, unit: Any) -> forms.Field:
    """Print a unit (元, 平方米) behind a field: `area = with_unit(DecimalField(), "亩")`."""
    field.unit = unit  # type: ignore[attr-defined]
    return field


def plain(text: str) -> str:
    """Full-width digits, letters and signs as half-width ones, without surrounding space."""
    return unicodedata.normalize("NFKC", text).strip()


class SegmentSelect(forms.RadioSelect):
    """One of a few, always visible, each with its number key. `small` for table cells."""

    template_name = "django/forms/widgets/radio.html"

    def __init__(
        self, attrs: dict[str, Any] | None = None, choices: Any = (), *, small: bool = False
    ) -> None:
        super().__init__(attrs, choices)
        self.small = small

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        context = super().get_context(name, value, attrs)
        context["widget"]["small"] = self.small
        return context


class DateInput(forms.DateInput):
    """Typed in any usual way; a phone gets its own picker."""

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        super().__init__(
            {"data-date": "", "autocomplete": "off", **(attrs or {})}, format="%Y-%m-%d"
        )


class DateField(forms.DateField):
    """Accepts 2019-03-08, 2019年3月8日, 2019.3.8, 2019/3/8 and 20190308."""

    widget = DateInput
    default_error_messages = {
        "invalid": _("日期写法不对，可写 2019年11月5日、2019.11.5 或 20191105")
    }

    def to_python(self, value: Any) -> date | None:
        if isinstance(value, str):
            parts = date_parts(plain(value), 3)
            if parts:
                value = "{:04d}-{:02d}-{:02d}".format(*parts)
        return super().to_python(value)


class MonthInput(forms.DateInput):
    """A month, typed or picked."""

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        super().__init__({"data-month": "", "autocomplete": "off", **(attrs or {})}, format="%Y-%m")


class MonthField(forms.DateField):
    """A month as its first day. Accepts 2019-10, 2019年10月, 2019.10 and 201910."""

    widget = MonthInput
    default_error_messages = {"invalid": _("月份写法不对，可写 2019年10月、2019.10 或 201910")}

    def to_python(self, value: Any) -> date | None:
        if isinstance(value, str):
            parts = date_parts(plain(value), 2)
            if parts:
                value = "{:04d}-{:02d}-01".format(*parts)
        day = super().to_python(value)
        return day.replace(day=1) if day else None


class MoneyField(forms.DecimalField):
    """Yuan with two decimals. Accepts 12,000, full-width digits and 1.2万."""

    widget = forms.TextInput
    default_error_messages = {"invalid": _("金额写法不对，可写 12000、12,000.50 或 1.2万")}

    def __init__(self, *, max_digits: int = 14, unit: Any = None, **options: Any) -> None:
        super().__init__(max_digits=max_digits, decimal_places=2, **options)
        self.unit = _("元") if unit is None else unit

    def widget_attrs(self, widget: forms.Widget) -> dict[str, Any]:
        return {"inputmode": "decimal", "class": "num", "autocomplete": "off"}

    def to_python(self, value: Any) -> Any:
        if isinstance(value, str):
            value = plain(value).replace(",", "").removesuffix("元")
            if value.endswith("万"):
                try:
                    value = Decimal(value[:-1].strip()) * 10_000
                except InvalidOperation:
                    raise forms.ValidationError(
                        self.error_messages["invalid"], code="invalid"
                    ) from None
        return super().to_python(value)


def date_parts(text: str, count: int) -> tuple[int, ...] | None:
    """Year, month (and day) out of the ways people write them; None when it is no date."""
    digits = re.fullmatch(r"\d{8}" if count == 3 else r"\d{6}", text)
    if digits:
        found = [text[:4], text[4:6], text[6:8]][:count]
    else:
        found = [part for part in re.split(r"[-./年月日\s]+", text) if part]
        if len(found) < count or not all(part.isdigit() for part in found):
            return None
        found = found[:count]
    numbers = tuple(int(part) for part in found)
    year, month = numbers[:2]
    if not (1000 <= year <= 9999 and 1 <= month <= 12):
        return None
    if count == 3 and not 1 <= numbers[2] <= calendar.monthrange(year, month)[1]:
        return None
    return numbers
