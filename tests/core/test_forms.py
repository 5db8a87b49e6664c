"""How fields are rendered."""

from typing import Any

import pytest
from django import forms
from django.forms.renderers import TemplatesSetting
from django.utils.safestring import mark_safe

from core.forms import QinglingRenderer

CHOICES: dict[str, list[Any]] = {
    "plain": [("", "全部"), ("a", "甲"), ("b", "乙")],
    "numbers": [(2018, 2018), (150222105203, "德成永村"), (1234.5, 1234.5), (None, None)],
    "escaped": [('<&">', "<b>粗</b> & 'x'"), ("safe", mark_safe("<i>斜</i>"))],
    "groups": [("一组", [("a", "甲"), ("b", "乙")]), ("c", "丙"), ("<二>", [("d", "丁")])],
    "none": [],
}
ATTRIBUTES: list[dict[str, Any]] = [
    {},
    {"class": "form-select", "required": True, "hidden": False, "data-n": 1234, "title": '<&">'},
]


@pytest.mark.parametrize("attrs", ATTRIBUTES)
@pytest.mark.parametrize("value", ["", "b", 2018, "safe"])
@pytest.mark.parametrize("choices", CHOICES.values(), ids=CHOICES)
def test_a_select_is_what_djangos_templates_make_of_it(
    choices: list[Any], value: Any, attrs: dict[str, Any]
) -> None:
    for kind in (forms.Select, forms.SelectMultiple):
        widget = kind(choices=choices)
        asked = value if kind is forms.Select else [value]

        ours = widget.render("village", asked, attrs, renderer=QinglingRenderer())

        assert ours == widget.render("village", asked, attrs, renderer=TemplatesSetting())
