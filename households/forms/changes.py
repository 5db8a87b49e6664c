"""What a check changed, as people read it, and the form that sends a check back."""

from dataclasses import dataclass
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from core.display import display_value
from households.models import (
    HOUSEHOLD_THEMES,
    MEMBER_THEMES,
    HouseholdCheck,
    HouseholdFact,
)


def change_text(theme: type[HouseholdFact], name: str, value: Any) -> str:
    """A stored change's value as people read it. Values come back from JSON as plain text."""
    if value in (None, "", []):
        return ""
    model_field: Any = theme._meta.get_field(name)
    if model_field.get_internal_type() in {
        "DateField",
        "DecimalField",
        "BooleanField",
        "PositiveSmallIntegerField",
    }:
        value = model_field.to_python(value)
        return display_value(theme, name, value)
    if model_field.get_internal_type() == "ArrayField":
        return display_value(theme, name, value)
    choices = dict(model_field.choices or ())
    return str(choices.get(value, value))


@dataclass(frozen=True)
class ChangeRow:
    """One line of "what changed"."""

    subject: str
    label: str
    old: str
    new: str


def change_rows(check: HouseholdCheck, lines: set[str]) -> list[ChangeRow]:
    """What a check changed, limited to the lines of work the reader may see."""
    themes = {t._meta.model_name: t for t in (*HOUSEHOLD_THEMES, *MEMBER_THEMES)}
    names = dict(check.household.members.values_list("pk", "name"))
    rows = []
    for change in check.changes:
        theme = themes[change["theme"]]
        if theme.LINE not in lines:
            continue
        keys = change.get("keys", {})
        subject = str(names.get(keys.get("member_id"), "")) or str(theme._meta.verbose_name)
        model_field = theme._meta.get_field(change["field"])
        label = str(model_field.verbose_name)  # type: ignore[union-attr]
        if keys.get("year"):
            label = _("%(label)s（%(year)s 年度）") % {"label": label, "year": keys["year"]}
        old, new = (change_text(theme, change["field"], change[key]) for key in ("old", "new"))
        rows.append(ChangeRow(subject, label, old, new))
    return rows


@dataclass(frozen=True)
class ReasonRow:
    """An unlikely answer, and why it is so."""

    subject: str
    text: str
    reason: str


def reason_rows(check: HouseholdCheck, lines: set[str]) -> list[ReasonRow]:
    """Reasons of a check for its unlikely answers, limited to the lines the reader may see."""
    of_theme = theme_lines()
    names = dict(check.household.members.values_list("pk", "name")) if check.reasons else {}
    return [
        ReasonRow(str(names.get(row["member"], "")), row["text"], row["reason"])
        for row in check.reasons
        if of_theme[row["theme"]] in lines
    ]


class ReturnForm(forms.Form):
    """Why a check goes back."""

    reason = forms.CharField(
        label=_("退回原因"), max_length=500, widget=forms.Textarea(attrs={"rows": 2})
    )


def theme_lines() -> dict[str, str]:
    """Line of work of each theme by its name in stored changes."""
    return {
        str(theme._meta.model_name): theme.LINE for theme in (*HOUSEHOLD_THEMES, *MEMBER_THEMES)
    }
