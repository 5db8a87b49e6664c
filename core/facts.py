"""Facts that know two times: when a thing was true, and when we knew it.

A row is one *version*: true from `valid_from` (inclusive) to `valid_to` (exclusive, open while
NULL), known since `recorded_at`. A change closes the old version (`valid_to`, and `closed_at` says
when that was learnt); a correction, or a second value for the same day, supersedes it. Nothing else
is ever updated or deleted: a trigger refuses it (`guard_fact_table`).

Figures on a date D use the rows that are not superseded and whose range holds D. What was known at
a moment T adds: recorded by T, not superseded by T, and `valid_to` ignored if it was set after T.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Self, TypeVar, cast

from django.conf import settings
from django.db import models, transaction
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class Source(models.TextChoices):
    CHECK = "CHECK", _("入户核查")
    IMPORT = "IMPORT", _("表格导入")
    DEPARTMENT = "DEPARTMENT", _("部门名单")
    OFFICE = "OFFICE", _("扶贫办登记")


class FactQuerySet(models.QuerySet):
    def as_of(self, on: date, known_at: datetime | None = None) -> Self:
        """The one version per subject that held on a date, as known now or at a moment."""
        return self.filter(as_of_q(on, known_at))

    def latest_known(self) -> Self:
        """Open versions: what is held to be true until further notice."""
        return self.filter(superseded_at=None, valid_to=None)


def as_of_q(on: date, known_at: datetime | None = None, prefix: str = "") -> Q:
    """The two-time condition as a Q, to be used across a relation with `prefix="housing__"`."""
    p = prefix
    started = Q(**{f"{p}valid_from__lte": on})
    ends_later = Q(**{f"{p}valid_to": None}) | Q(**{f"{p}valid_to__gt": on})
    if known_at is None:
        return Q(**{f"{p}superseded_at": None}) & started & ends_later
    known = Q(**{f"{p}recorded_at__lte": known_at})
    standing = Q(**{f"{p}superseded_at": None}) | Q(**{f"{p}superseded_at__gt": known_at})
    return known & standing & started & (ends_later | Q(**{f"{p}closed_at__gt": known_at}))


class FactVersion(models.Model):
    """One version of one theme's facts about one subject.

    Subclasses name `SUBJECT` (the columns that identify what the fact is about), `VALUES` (the
    columns that say what is true; all nullable or blank, because empty means unknown) and `LINE`
    (the line of work whose officers may see it).
    """

    SUBJECT: tuple[str, ...] = ()
    VALUES: tuple[str, ...] = ()
    LINE: str = ""

    valid_from = models.DateField(_("生效日期"))
    valid_to = models.DateField(_("失效日期"), null=True, blank=True)
    recorded_at = models.DateTimeField(_("录入时间"))
    closed_at = models.DateTimeField(_("关闭时间"), null=True, blank=True)
    superseded_at = models.DateTimeField(_("被替换时间"), null=True, blank=True)
    source = models.CharField(_("来源"), max_length=16, choices=Source.choices)
    source_ref = models.CharField(_("来源编号"), max_length=64, blank=True)
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("录入人"),
    )
    origin = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("原记录")
    )

    objects = FactQuerySet.as_manager()

    class Meta:
        abstract = True

    def values(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in self.VALUES}


F = TypeVar("F", bound=FactVersion)


def fact_constraints(label: str, *subject: str) -> list[Any]:
    """Constraints every fact table carries: a sound range, one start per day, one open version."""
    standing = Q(superseded_at=None)
    names = [name.removesuffix("_id") for name in subject]
    return [
        models.CheckConstraint(
            condition=Q(valid_to=None) | Q(valid_to__gt=models.F("valid_from")),
            name=f"{label}_range",
        ),
        models.CheckConstraint(
            condition=Q(valid_to=None, closed_at=None)
            | Q(valid_to__isnull=False, closed_at__isnull=False),
            name=f"{label}_closed_pair",
        ),
        models.UniqueConstraint(
            fields=[*names, "valid_from"], condition=standing, name=f"{label}_start"
        ),
        models.UniqueConstraint(
            fields=names, condition=standing & Q(valid_to=None), name=f"{label}_open"
        ),
    ]


def fact_indexes(label: str, *subject: str) -> list[models.Index]:
    """The engine's path (a contiguous range of villages) and, per subject, the page's timeline.

    `subject` names the columns beside the village; a fact about the village itself needs one index.
    Superseded rows are in it too: a run reads what was known at its watermark.
    """
    village = models.Index(fields=["village", *subject], name=f"{label}_village")
    history = models.Index(fields=[*subject, "valid_from"], name=f"{label}_subject")
    return [village, history] if subject else [village]


@dataclass(frozen=True, kw_only=True)
class Provenance:
    """Who says so, since when it is true, and when we learnt it."""

    valid_from: date
    at: datetime
    by: Any
    source: str
    source_ref: str = ""


@transaction.atomic
def record_fact(
    model: type[F],
    *,
    subject: Mapping[str, Any],
    context: Mapping[str, Any],
    values: Mapping[str, Any],
    told: Provenance,
) -> tuple[F, bool]:
    """Make `values` the truth about `subject` from a day on; (version, changed).

    `context` is what a row carries beside subject and values (`village_id`, `household_id`).
    Values not named keep what held that day. Nothing is written when nothing differs. A value told
    for a day before a later version holds only until that version begins. The caller holds the
    subject's row lock.
    """
    standing = model._default_manager.filter(**subject, superseded_at=None)
    held = (
        standing.filter(valid_from__lte=told.valid_from)
        .filter(Q(valid_to=None) | Q(valid_to__gt=told.valid_from))
        .first()
    )
    new_values = {**(held.values() if held else dict.fromkeys(model.VALUES)), **values}
    new_values = {name: _blank(model, name, value) for name, value in new_values.items()}
    if held and held.values() == new_values:
        return cast(F, held), False
    later = (
        standing.filter(valid_from__gt=told.valid_from)
        .order_by("valid_from")
        .values_list("valid_from", flat=True)
        .first()
    )
    valid_to = held.valid_to if held else later
    if held:
        _give_way(held, told)
    version = model._default_manager.create(
        **subject,
        **context,
        **new_values,
        valid_from=told.valid_from,
        valid_to=valid_to,
        recorded_at=told.at,
        closed_at=told.at if valid_to else None,
        source=told.source,
        source_ref=told.source_ref,
        author=told.by,
    )
    return cast(F, version), True


def _give_way(held: FactVersion, told: Provenance) -> None:
    """Close an open version, or supersede it where closing would rewrite what was closed before."""
    if held.valid_to is None and held.valid_from < told.valid_from:
        type(held)._default_manager.filter(pk=held.pk).update(
            valid_to=told.valid_from, closed_at=told.at
        )
        return
    type(held)._default_manager.filter(pk=held.pk).update(superseded_at=told.at)
    if held.valid_from < told.valid_from:
        copy_version(held, valid_to=told.valid_from, at=told.at)


def copy_version(held: FactVersion, *, at: datetime, **changes: Any) -> FactVersion:
    """A new version with the old one's values and provenance that cites it as `origin`."""
    kept = {
        f.attname: getattr(held, f.attname) for f in held._meta.concrete_fields if not f.primary_key
    }
    kept |= {"origin_id": held.pk, "recorded_at": at, "superseded_at": None} | changes
    kept["closed_at"] = at if kept["valid_to"] else None
    return type(held)._default_manager.create(**kept)


@dataclass(frozen=True, kw_only=True)
class FactRow:
    """One subject's new values for `record_facts`."""

    subject: Mapping[str, Any]
    context: Mapping[str, Any]
    values: Mapping[str, Any]


@transaction.atomic
def record_facts(model: type[FactVersion], rows: Iterable[FactRow], *, told: Provenance) -> int:
    """`record_fact` for many subjects of one theme: the number of changed versions.

    Runs four statements for all subjects that have an open version begun before the day, or none;
    the few others (told for the past, or twice in one day) go one by one. Subjects must be distinct.
    """
    rows = list(rows)
    first = model.SUBJECT[0]
    wanted = {row.subject[first] for row in rows}
    versions: dict[tuple[Any, ...], list[FactVersion]] = {}
    for version in model._default_manager.filter(superseded_at=None, **{f"{first}__in": wanted}):
        versions.setdefault(tuple(getattr(version, name) for name in model.SUBJECT), []).append(
            version
        )
    close: list[int] = []
    create: list[FactVersion] = []
    changed = 0
    for row in rows:
        known = versions.get(tuple(row.subject[name] for name in model.SUBJECT), [])
        held = next((v for v in known if v.valid_to is None), None)
        if (
            len(known) > (held is not None)
            and any(v.valid_to and v.valid_to > told.valid_from for v in known)
        ) or (held and held.valid_from >= told.valid_from):
            changed += record_fact(
                model, subject=row.subject, context=row.context, values=row.values, told=told
            )[1]
            continue
        old = held.values() if held else dict.fromkeys(model.VALUES)
        values = {name: _blank(model, name, value) for name, value in {**old, **row.values}.items()}
        if held and held.values() == values:
            continue
        if held:
            close.append(held.pk)
        create.append(
            model(
                **row.subject,
                **row.context,
                **values,
                valid_from=told.valid_from,
                recorded_at=told.at,
                source=told.source,
                source_ref=told.source_ref,
                author=told.by,
            )
        )
    model._default_manager.filter(pk__in=close).update(valid_to=told.valid_from, closed_at=told.at)
    model._default_manager.bulk_create(create, batch_size=2000)
    return changed + len(create)


@transaction.atomic
def supersede_source(
    model: type[FactVersion], *, source: str, source_ref: str, at: datetime
) -> list[FactVersion]:
    """Take back what one source said: its versions are superseded and what held before holds again.

    Takes copies too, which a later move or a value told for the past has made of its versions.
    """
    standing = model._default_manager.filter(superseded_at=None)
    taken = list(
        standing.filter(source=source, source_ref=source_ref)
        .select_related("origin")
        .order_by("valid_from")
    )
    for version in taken:
        model._default_manager.filter(pk=version.pk).update(superseded_at=at)
        before = _displaced(version)
        if before:
            model._default_manager.filter(pk=before.pk, superseded_at=None).update(superseded_at=at)
            copy_version(before, at=at, valid_to=version.valid_to)
    return taken


def _displaced(version: FactVersion) -> FactVersion | None:
    """What held before a version: the value of the same day it corrected, or the one that ends where it begins."""
    model = type(version)
    first = version
    while first.origin is not None:
        first = first.origin
    rows = model._default_manager.filter(**{name: getattr(version, name) for name in model.SUBJECT})
    corrected = rows.filter(valid_from=version.valid_from, superseded_at=first.recorded_at).exclude(
        pk=first.pk
    )
    return (
        corrected.order_by("-pk").first()
        or rows.filter(superseded_at=None, valid_to=version.valid_from).first()
    )


def _blank(model: type[FactVersion], name: str, value: Any) -> Any:
    """Unknown is NULL for numbers, dates and yes/no, and the empty string for text and codes."""
    field: Any = model._meta.get_field(name)
    if value is None and not field.null:
        return [] if field.get_internal_type() == "ArrayField" else ""
    return field.to_python(value) if value is not None else None


def guard_fact_table(table: str) -> str:
    """SQL of the trigger that lets a version only be closed once or superseded once."""
    return (
        f"CREATE TRIGGER {table}_guard BEFORE UPDATE OR DELETE ON {table} "
        f"FOR EACH ROW EXECUTE FUNCTION core_guard_version();"
    )


def unguard_fact_table(table: str) -> str:
    return f"DROP TRIGGER {table}_guard ON {table};"
