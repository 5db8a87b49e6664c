"""A register several times over: the same households again in made-up cities of the same provinces.

Real villages have some 230 households each; more than that in the villages of one division file would
measure a country that does not exist. Copy k has every key raised by k·10⁹ and every place by k·10⁸, so
that it lies in a city of its own under the standards of the same province; those of a city itself are
not copied. What is copied, and which columns point where, comes from the models.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing import get_context
from typing import Any

KEYS = 10**9  # copy k has the keys from k·KEYS on; below KEYS is what was generated
CITY = 10**8
PROVINCE = 10**10
_NOT_COPIED = {"FactChange"}  # a queue


def copied_models() -> list[Any]:
    """The places first, then the people, then all that the register's apps keep."""
    from django.apps import apps

    from accounts.models import Area, User

    local = [m for app in ("villages", "households") for m in apps.get_app_config(app).get_models()]
    return [Area, User, *(m for m in local if m.__name__ not in _NOT_COPIED)]


def multiply(copies: int, processes: int = 2) -> int:
    """Copies 1 … `copies` - 1 of what was generated, those that are missing; the number of rows written.

    A table is one transaction, so that an interrupted run goes on with the tables that are left. A
    database superuser is spared checking foreign keys and keeping indexes row by row.
    """
    from django.db import connections

    numbers = range(1, copies)
    models = copied_models()
    if not numbers:
        return 0
    if processes == 1:
        return sum(_copy_table(model, numbers) for model in models)
    written = sum(_copy_table(model, numbers) for model in models[:2])
    largest = sorted(models[2:], key=_size, reverse=True)
    connections.close_all()
    with get_context("fork").Pool(processes) as pool:
        tasks = [(model._meta.label, numbers) for model in largest]
        return written + sum(pool.starmap(_copy_by_label, tasks, chunksize=1))


def is_multiplied() -> bool:
    from households.models import Household

    return bool(Household.objects.filter(pk__gte=KEYS).exists())


def _copy_by_label(label: str, numbers: range) -> int:
    from django.apps import apps

    return _copy_table(apps.get_model(label), numbers)


def _copy_table(model: Any, numbers: range) -> int:
    from django.db import connection, transaction

    table, key = model._meta.db_table, model._meta.pk.column
    by_code = _is_place(model)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL synchronous_commit = off")
        cursor.execute("SET LOCAL maintenance_work_mem = '1GB'")
        missing = [k for k in numbers if by_code or not _is_made(cursor, table, k)]
        cursor.execute(f"SELECT EXISTS (SELECT FROM {table})")
        if not missing or not cursor.fetchone()[0]:
            return 0
        written = 0
        with _unhindered(cursor, table, keeping_indexes=by_code):
            for k in missing:
                cursor.execute(_statement(model, k))
                written += cursor.rowcount
        if not by_code:
            cursor.execute(
                f"SELECT setval(pg_get_serial_sequence('{table}', '{key}'), max({key})) FROM {table}"
            )
    return written


def _is_made(cursor: Any, table: str, k: int) -> bool:
    cursor.execute(f"SELECT EXISTS (SELECT FROM {table} WHERE id BETWEEN %s AND %s)", _keys(k))
    return bool(cursor.fetchone()[0])


def _keys(k: int) -> list[int]:
    return [k * KEYS, (k + 1) * KEYS - 1]


def _is_place(model: Any) -> bool:
    return model._meta.model_name in ("area", "village")


def _statement(model: Any, k: int) -> str:
    """INSERT … SELECT of one table's copy. Places that exist already are left alone."""
    fields = model._meta.concrete_fields
    names = ", ".join(f.column for f in fields)
    values = ", ".join(_value(f, k) for f in fields)
    table, key = model._meta.db_table, model._meta.pk.column
    if _is_place(model):  # the first city of each province is the one that was loaded
        inside = f"{key} % {PROVINCE} > 0"
        first = (
            f"SELECT min({key} / {CITY}) FROM {table} WHERE {inside} GROUP BY {key} / {PROVINCE}"
        )
        where = f"{inside} AND {key} / {CITY} IN ({first}) ON CONFLICT DO NOTHING"
    else:
        where = f"{key} < {KEYS}"
    return f"INSERT INTO {table} ({names}) SELECT {values} FROM {table} t WHERE {where}"


def _value(field: Any, k: int) -> str:
    """What stands in a column of copy k."""
    from django.db import models

    column, target = field.column, field.related_model
    place = target if target else field.model if field.primary_key else None
    if place and _is_place(place):
        return f"CASE WHEN {column} % {PROVINCE} = 0 THEN {column} ELSE {column} + {k * CITY} END"
    if field.primary_key or target in copied_models():
        return f"{column} + {k * KEYS}"
    if isinstance(field, models.BinaryField):  # digests of numbers that nobody has twice
        return (
            f"CASE WHEN length({column}) > 0 THEN substr(sha256({column} || int4send({k})), 1, 16)"
            f" ELSE {column} END"
        )
    if field.unique and field.name == "code":  # begins with the village's
        return f"(left({column}, 12)::bigint + {k * CITY})::text || substr({column}, 13)"
    if field.unique:
        return f"{column} || '_{k}'"
    return column


@contextmanager
def _unhindered(cursor: Any, table: str, *, keeping_indexes: bool) -> Iterator[None]:
    """No triggers and no index but the primary key while a table is written; indexes are built after."""
    cursor.execute("SELECT current_setting('is_superuser')")
    if cursor.fetchone()[0] != "on":
        yield
        return
    cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
    cursor.execute("SET LOCAL session_replication_role = replica")
    rebuilt = [] if keeping_indexes else _drop_indexes(cursor, table)
    yield
    for statement in rebuilt:
        cursor.execute(statement)
    cursor.execute("SET LOCAL session_replication_role = origin")


def _drop_indexes(cursor: Any, table: str) -> list[str]:
    """Drop the secondary indexes; the statements that bring them back."""
    cursor.execute(
        "SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint"
        " WHERE conrelid = %s::regclass AND contype = 'u'",
        [table],
    )
    unique = cursor.fetchall()
    cursor.execute(
        "SELECT i.indexrelid::regclass::text, pg_get_indexdef(i.indexrelid) FROM pg_index i"
        " WHERE i.indrelid = %s::regclass AND NOT EXISTS"
        " (SELECT FROM pg_constraint c WHERE c.conindid = i.indexrelid AND c.contype IN ('p', 'u'))",
        [table],
    )
    indexes = cursor.fetchall()
    for name, _definition in unique:
        cursor.execute(f'ALTER TABLE {table} DROP CONSTRAINT "{name}"')
    for name, _definition in indexes:
        cursor.execute(f"DROP INDEX {name}")
    return [
        *(f'ALTER TABLE {table} ADD CONSTRAINT "{n}" {d}' for n, d in unique),
        *(definition for _name, definition in indexes),
    ]


def _size(model: Any) -> int:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_relation_size(%s::regclass)", [model._meta.db_table])
        return int(cursor.fetchone()[0])
