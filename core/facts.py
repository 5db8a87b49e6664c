"""Facts that know two times: when a thing was true, and when we knew it.

A row is one *version*: true from `valid_from` (inclusive) to `valid_to` (exclusive, open while
NULL), known since `recorded_at`. A change closes the old version (`valid_to`, and `closed_at` says
when that was learnt); a correction, or a second value for the same day, supersedes it. Nothing else
is ever updated or deleted: a trigger refuses it (`guard_fact_table`).

Figures on a date D use the rows that are not superseded and whose range holds D. What was known at
a moment T adds: recorded by T, not superseded by T, and `valid_to` ignored if it was set after T.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
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

    def begun(self, on: date, known_at: datetime | None = None) -> Self:
        """Versions begun by a date that stand, or stood at a moment (see `forget_later`)."""
        if known_at is None:
            return self.filter(superseded_at=None, valid_from__lte=on)
        stood = Q(superseded_at=None) | Q(superseded_at__gt=known_at)
        return self.filter(stood, recorded_at__lte=known_at, valid_from__lte=on)

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
    columns that say what is true; all nullable or blank, because empty means unknown), `PRIVATE`
    (the values that a copy about another subject does not carry) and `LINE` (the line of work whose
    officers may see it).
    """

    SUBJECT: tuple[str, ...] = ()
    VALUES: tuple[str, ...] = ()
    PRIVATE: tuple[str, ...] = ()
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

    def subject(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in self.SUBJECT}

    def context(self) -> dict[str, Any]:
        """Where the subject lies: the columns that are neither subject, values nor provenance."""
        own = {*self.SUBJECT, *self.VALUES, "author_id", "origin_id"}
        columns = (f.attname for f in self._meta.concrete_fields if f.is_relation)
        return {name: getattr(self, name) for name in columns if name not in own}


def forget_later(version: FactVersion, known_at: datetime) -> None:
    """Take from a version in hand what was learnt about it after a moment."""
    if version.closed_at and version.closed_at > known_at:
        version.valid_to = version.closed_at = None
    if version.superseded_at and version.superseded_at > known_at:
        version.superseded_at = None


F = TypeVar("F", bound=FactVersion)


def first_said(held: F, standing: Iterable[F], name: str) -> F:
    """The version that first said a value in an unbroken run up to the one that holds: who told it, and when.

    `standing` are the subject's versions that stand; the order does not matter.
    """
    by_end = {version.valid_to: version for version in standing}
    first = held
    while (before := by_end.get(first.valid_from)) and getattr(before, name) == getattr(held, name):
        first = before
    return first


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
    moving: bool = False,
) -> tuple[F, bool]:
    """Make `values` the truth about `subject` from a day on; (version, changed).

    `context` is where a subject lies (`village_id`, `household_id`) of which nothing is held yet;
    a version takes its place from what it follows, unless it is `moving` the subject itself.
    Values not named keep what held that day. Nothing is written when nothing differs. A value told
    for a day before a later version holds only until that version begins; a copy that a move made
    is no later version. The caller holds the subject's row lock.
    """
    standing = model._default_manager.filter(**subject, superseded_at=None)
    held = (
        standing.filter(valid_from__lte=told.valid_from)
        .filter(Q(valid_to=None) | Q(valid_to__gt=told.valid_from))
        .first()
    )
    new_values = {**(held.values() if held else dict.fromkeys(model.VALUES)), **values}
    new_values = {name: _blank(model, name, value) for name, value in new_values.items()}
    if held and held.values() == new_values and not (moving and held.context() != context):
        return cast(F, held), False
    run = _run(held) if held else []
    for each in run:
        _give_way(each, told)
    stays = [(max(each.valid_from, told.valid_from), each.valid_to, each.context()) for each in run]
    if moving and run:
        stays = [(told.valid_from, run[-1].valid_to, dict(context))]
    elif not run:
        later = standing.filter(valid_from__gt=told.valid_from).order_by("valid_from").first()
        stays = [(told.valid_from, later.valid_from if later else None, dict(context))]
    first: F | None = None
    for start, end, place in stays:
        cites: dict[str, Any] = {"origin": first}
        version = model._default_manager.create(
            **subject,
            **place,
            **new_values,
            valid_from=start,
            valid_to=end,
            recorded_at=told.at,
            closed_at=told.at if end else None,
            source=told.source,
            source_ref=told.source_ref,
            author=told.by,
            **cites,
        )
        first = first or cast(F, version)
    return cast(F, first), True


def _run(held: FactVersion) -> list[FactVersion]:
    """The version and what moves made of it: copies elsewhere, each beginning where one ends."""
    rows: Any = type(held)._default_manager
    copies = rows.filter(superseded_at=None, **held.subject()).exclude(origin=None)
    run = [held]
    while run[-1].valid_to is not None:
        last = run[-1]
        after = copies.filter(valid_from=last.valid_to).first()
        if after is None or not _continues(after, last):
            break
        run.append(after)
    return run


def _continues(version: FactVersion, before: FactVersion) -> bool:
    return version.values() == before.values() and version.context() != before.context()


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
    model = type(held)
    kept = {
        f.attname: getattr(held, f.attname) for f in held._meta.concrete_fields if not f.primary_key
    }
    kept |= {"origin_id": held.pk, "recorded_at": at, "superseded_at": None} | changes
    kept["closed_at"] = at if kept["valid_to"] else None
    if any(kept[name] != value for name, value in held.subject().items()):
        kept |= {name: _blank(model, name, None) for name in model.PRIVATE}
    return model._default_manager.create(**kept)


@dataclass(frozen=True)
class Place:
    """Where subjects lie from a day on; no context: nothing is true of them any more."""

    start: date
    context: Mapping[str, Any] | None


@transaction.atomic
def place_facts(
    versions: models.QuerySet[Any], *, places: Sequence[Place], at: datetime
) -> list[FactVersion]:
    """Let standing versions lie where their subjects were; the copies made, which cite their origin.

    `places` are in order of their days; before the first a version stays where it lies. What lies
    rightly already is left alone. An open version is closed, one closed before is superseded.
    """
    copies: list[FactVersion] = []
    first = places[0].start
    touched = versions.filter(Q(valid_to=None) | Q(valid_to__gt=first), superseded_at=None)
    for version in touched.select_for_update(of=("self",)).order_by("valid_from"):
        stays = _stays(version, places)
        if stays == [(version.valid_from, version.valid_to, version.context())]:
            continue
        mine = type(version)._default_manager.filter(pk=version.pk)
        keeps = bool(stays) and stays[0][0] == version.valid_from
        if version.valid_to is None and keeps and stays[0][2] == version.context():
            mine.update(valid_to=stays.pop(0)[1], closed_at=at)
        else:
            mine.update(superseded_at=at)
        copies += [
            copy_version(version, at=at, valid_from=start, valid_to=end, **context)
            for start, end, context in stays
        ]
    return copies


def _stays(
    version: FactVersion, places: Sequence[Place]
) -> list[tuple[date, date | None, dict[str, Any]]]:
    """The version's range cut by places: (from, to, context), neighbours of one context joined."""
    own = version.context()
    stays: list[tuple[date, date | None, dict[str, Any]]] = []
    starts = [Place(date.min, {}), *places]
    for place, after in zip(starts, [*starts[1:], None], strict=True):
        start = max(place.start, version.valid_from)
        ends = [day for day in (version.valid_to, after.start if after else None) if day]
        end = min(ends, default=None)
        if place.context is None or (end is not None and start >= end):
            continue
        context = own | dict(place.context)
        if stays and stays[-1][1:] == (start, context):
            start = stays.pop()[0]
        stays.append((start, end, context))
    return stays


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
                **(held.context() if held else row.context),
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
    model: type[F],
    *,
    source: str,
    source_ref: str,
    at: datetime,
    gone: Collection[str] = (),
) -> list[F]:
    """Take back what one source said: its versions are superseded and what held before holds again.

    Takes copies too, which a move, a value told for the past or the split of a subject has made of
    its versions; what held before then holds again where, and of whom, the copy was. `gone` are the
    references taken back earlier, which do not come back by this.
    """
    standing = model._default_manager.filter(superseded_at=None)
    taken: list[Any] = list(
        standing.filter(source=source, source_ref=source_ref)
        .select_related("origin")
        .order_by(*model.SUBJECT, "valid_from")  # who was split off came later than their origin
    )
    for version in taken:
        model._default_manager.filter(pk=version.pk).update(superseded_at=at)
        before = _displaced(version)
        while before and before.source_ref in gone:
            before = _displaced(before)
        before = before or _displaced_at_origin(version)
        if before is None:
            continue
        start = version.valid_from
        if (before.subject(), before.context()) == (version.subject(), version.context()):
            start = before.valid_from
            model._default_manager.filter(pk=before.pk, superseded_at=None).update(superseded_at=at)
        copy_version(
            before,
            at=at,
            valid_from=start,
            valid_to=version.valid_to,
            **version.subject(),
            **version.context(),
        )
    return taken


def _displaced(version: FactVersion) -> FactVersion | None:
    """What held before a version: the value of the same day it corrected, or the one that ends where it begins."""
    *_others, first = _origins(version)
    rows = type(version)._default_manager.filter(**version.subject())
    corrected = rows.filter(valid_from=version.valid_from, superseded_at=first.recorded_at).exclude(
        pk=first.pk
    )
    return (
        corrected.order_by("-pk").first()
        or rows.filter(superseded_at=None, valid_to=version.valid_from).first()
    )


def _displaced_at_origin(version: FactVersion) -> FactVersion | None:
    """What now holds of the subject that a version was copied from, since the day it told of first."""
    others = [each for each in _origins(version) if each.subject() != version.subject()]
    if not others:
        return None
    first = [each for each in others if each.subject() == others[0].subject()][-1]
    rows = type(version)._default_manager.filter(**first.subject())
    return rows.filter(as_of_q(first.valid_from)).first()


def _origins(version: FactVersion) -> list[FactVersion]:
    """The version and what it was copied from, back to the one that somebody told."""
    chain = [version]
    while chain[-1].origin is not None:
        chain.append(chain[-1].origin)
    return chain


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
