"""Every write to villages. Permission was checked by the caller."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.db.models import F

from accounts.enums import Level
from accounts.models import Area
from core import audit
from core.facts import FactRow, Provenance, record_fact, record_facts
from villages.models import FactChange, LocalFact, Village


class StaleVillage(Exception):
    """The village changed since the form was opened."""


def mark_changed(village_ids: set[int], *, since: date, at: datetime) -> None:
    """Leave word that the figures of these villages are older than their facts. One statement."""
    FactChange.objects.bulk_create(
        FactChange(village_id=pk, since=since, recorded_at=at) for pk in sorted(village_ids)
    )


@transaction.atomic
def record_village_facts(
    *,
    village: Village,
    changes: Mapping[type[LocalFact], Sequence[tuple[Mapping[str, Any], Mapping[str, Any]]]],
    told: Provenance,
    base_version: int | None = None,
) -> list[dict[str, Any]]:
    """Record what was learnt of one village; the changed values, theme by theme.

    `changes` maps a theme to (extra subject keys such as the year, values). Raises StaleVillage
    when `base_version` is not the village's current one.
    """
    village = Village.objects.select_for_update().get(pk=village.pk)
    if base_version is not None and base_version != village.version:
        raise StaleVillage(village.pk)
    written = []
    for theme, entries in changes.items():
        for keys, values in entries:
            subject = {"village_id": village.pk, **keys}
            version, changed = record_fact(
                theme, subject=subject, context={}, values=values, told=told
            )
            if changed:
                written.append({"theme": theme._meta.model_name, **keys, "version": version.pk})
    if written:
        Village.objects.filter(pk=village.pk).update(version=F("version") + 1)
        mark_changed({village.pk}, since=told.valid_from, at=told.at)
        audit.record(
            action="village.facts",
            by=told.by,
            at=told.at,
            target=village,
            village_id=village.pk,
            detail={"written": written, "source": told.source, "ref": told.source_ref},
        )
    return written


@transaction.atomic
def open_villages() -> int:
    """A register row for every area of village level that has none yet; how many were made. One statement."""
    missing = Area.objects.filter(level=Level.VILLAGE, village=None).order_by("code")
    return len(
        Village.objects.bulk_create([Village(area=area) for area in missing], batch_size=5000)
    )


@transaction.atomic
def record_facts_of_villages(
    *, facts: Mapping[type[LocalFact], list[FactRow]], told: Provenance
) -> int:
    """Record what a list tells of many villages; the number of changed versions.

    Runs a constant number of statements. The caller writes the audit event of the list.
    """
    ids = {row.subject["village_id"] for rows in facts.values() for row in rows}
    list(Village.objects.select_for_update().filter(pk__in=ids).order_by("pk").values_list("pk"))
    changed = sum(record_facts(theme, rows, told=told) for theme, rows in facts.items())
    if changed:
        Village.objects.filter(pk__in=ids).update(version=F("version") + 1)
        mark_changed(ids, since=told.valid_from, at=told.at)
    return changed
