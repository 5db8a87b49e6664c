"""All versions of all themes of a few households, read in one statement.

Twenty themes are twenty tables. Each is asked for its rows as JSON, so that one UNION ALL brings
them all, and the rows become instances of their themes again.
"""

import json
from collections.abc import Callable, Iterable
from datetime import date, datetime
from decimal import Decimal
from functools import cache
from typing import Any

from django.contrib.auth import get_user_model
from django.db import connection, models

from core.facts import FactVersion, forget_later
from core.fields import EncryptedTextField
from households.models import HouseholdFact

Theme = type[HouseholdFact]


def read_versions(
    household_ids: Iterable[int],
    themes: Iterable[Theme],
    *,
    on: date,
    known_at: datetime | None = None,
    standing_only: bool = False,
    with_authors: bool = True,
) -> list[tuple[Theme, Any]]:
    """Versions begun by `on` and, with `known_at`, recorded by then; oldest first. One query, and
    one for the authors.

    Superseded ones are among them unless `standing_only` asks for those that hold on the day as
    known now. What was closed or superseded after `known_at` is given as it was then.
    """
    by_name = {str(theme._meta.db_table): theme for theme in themes}
    if not by_name:
        return []
    condition = "household_id = ANY(%(ids)s) AND valid_from <= %(on)s"
    if known_at is not None:
        condition += " AND recorded_at <= %(known_at)s"
    if standing_only:
        condition += " AND superseded_at IS NULL AND (valid_to IS NULL OR valid_to > %(on)s)"
    parts = [
        f"SELECT '{table}', row_to_json(t)::text FROM {table} t WHERE {condition}"
        for table in by_name
    ]
    with connection.cursor() as cursor:
        cursor.execute(
            " UNION ALL ".join(parts), {"ids": list(household_ids), "on": on, "known_at": known_at}
        )
        rows = cursor.fetchall()
    found = [(by_name[table], _version(by_name[table], text)) for table, text in rows]
    if known_at is not None:
        for _theme, version in found:
            forget_later(version, known_at)
    if with_authors:
        _give_authors([version for _theme, version in found])
    return sorted(found, key=lambda pair: (pair[1].valid_from, pair[1].pk))


def _version(theme: Theme, text: str) -> FactVersion:
    row = json.loads(text, parse_float=Decimal)
    names, readers = _readers(theme)
    values = [
        row[name] if read is None or row[name] is None else read(row[name])
        for name, read in zip(names, readers, strict=True)
    ]
    return theme.from_db(connection.alias, names, values)


@cache
def _readers(theme: Theme) -> tuple[list[str], list[Callable[[Any], Any] | None]]:
    """Columns of a theme and what turns their JSON into values (None: it is the value)."""
    fields = theme._meta.concrete_fields
    return [field.attname for field in fields], [_reader(field) for field in fields]


def _reader(field: Any) -> Callable[[Any], Any] | None:
    match field:
        case models.DateTimeField():
            return datetime.fromisoformat
        case models.DateField():
            return date.fromisoformat
        case models.DecimalField():
            return Decimal
        case EncryptedTextField():
            return lambda stored: field.from_db_value(stored, None, connection)
    return None


def _give_authors(versions: list[Any]) -> None:
    wanted = {version.author_id for version in versions if version.author_id}
    people = get_user_model()._default_manager.in_bulk(wanted) if wanted else {}
    for version in versions:
        version.author = people.get(version.author_id)
