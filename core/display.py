"""A stored value as people read it."""

from datetime import date
from decimal import Decimal
from typing import Any

from django.db import models
from django.utils.translation import gettext as _

from core.fields import EncryptedTextField
from core.masking import mask_account, mask_phone


def verbose(model: type[models.Model], name: str) -> str:
    """The label of a column."""
    column: Any = model._meta.get_field(name)
    return str(column.verbose_name)


def display_value(model: type[models.Model], name: str, value: Any) -> str:
    """A column's value in words; personal numbers masked; "" when unknown."""
    if value is None or value in ("", []):
        return ""
    column: Any = model._meta.get_field(name)
    if isinstance(column, EncryptedTextField):
        return mask_account(value) if "account" in name else mask_phone(value)
    if isinstance(value, bool):
        return _("是") if value else _("否")
    if isinstance(value, list):
        labels = dict(column.base_field.choices or ())
        return "、".join(str(labels.get(item, item)) for item in value)
    choices = dict(getattr(column, "choices", None) or ())
    if choices:
        return str(choices.get(value, value))
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return f"{value:,.2f}" if name.endswith("_yuan") else f"{value.normalize():f}"
    if isinstance(value, int) and not name.endswith("year"):
        return f"{value:,}"
    return str(value)
