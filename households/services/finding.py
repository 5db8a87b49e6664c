"""What a person keeps for their lists: conditions under a name, and columns."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db import transaction

from accounts.models import User
from core import audit
from households.models import ColumnChoice, SavedFilter

MOST_SAVED = 20


class TooManySaved(Exception):
    """The person keeps as many filters of this list as there may be."""


class NameTaken(Exception):
    """The person has a filter of that name on this list."""


@transaction.atomic
def save_filter(*, page: str, name: str, query: str, by: Any, at: datetime) -> SavedFilter:
    """Keep conditions under a name. Raises NameTaken and TooManySaved."""
    User.objects.select_for_update(no_key=True).get(pk=by.pk)  # two tabs: one after the other
    mine = SavedFilter.objects.for_user(by).filter(page=page)
    if mine.filter(name=name).exists():
        raise NameTaken(name)
    if mine.count() >= MOST_SAVED:
        raise TooManySaved(MOST_SAVED)
    saved = SavedFilter.objects.create(user=by, page=page, name=name, query=query)
    audit.record(action="filter.save", by=by, at=at, target=saved)
    return saved


@transaction.atomic
def rename_filter(*, saved: SavedFilter, name: str, by: Any, at: datetime) -> SavedFilter:
    """Give a saved filter another name. Raises NameTaken."""
    User.objects.select_for_update(no_key=True).get(pk=by.pk)
    mine = SavedFilter.objects.for_user(by).filter(page=saved.page)
    if mine.filter(name=name).exclude(pk=saved.pk).exists():
        raise NameTaken(name)
    saved.name = name
    saved.save(update_fields=["name"])
    audit.record(action="filter.rename", by=by, at=at, target=saved)
    return saved


@transaction.atomic
def delete_filter(*, saved: SavedFilter, by: Any, at: datetime) -> None:
    audit.record(action="filter.delete", by=by, at=at, target=saved)
    saved.delete()


@transaction.atomic
def choose_columns(
    *, page: str, columns: Sequence[str], by: Any, at: datetime
) -> ColumnChoice | None:
    """Keep the columns a person wants to see; none at all goes back to the usual ones."""
    if not columns:
        ColumnChoice.objects.for_user(by).filter(page=page).delete()
        chosen = None
    else:
        chosen, _made = ColumnChoice.objects.update_or_create(
            user=by, page=page, defaults={"columns": list(columns)}
        )
    audit.record(action="list.columns", by=by, at=at, detail={"columns": list(columns)})
    return chosen
