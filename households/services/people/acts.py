"""How every act on people begins and ends: the lock, the audit row that is its source, the version."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from django.db.models import F

from accounts.models import User
from core import audit
from core.facts import Provenance, Source
from core.models import AuditEvent
from households.enums import Relation
from households.models import Household, Member
from households.services.facts import StaleHousehold
from households.services.people.family import family_of
from households.services.people.places import places_since
from villages.services import mark_changed


def lock(base_version: int, household: Household, *others: Household) -> Household:
    """The household, locked with the others in one order for everybody. Raises StaleHousehold."""
    keys = {household.pk, *(other.pk for other in others)}
    locked = {
        held.pk: held
        for held in Household.objects.select_for_update().filter(pk__in=keys).order_by("pk")
    }
    if locked[household.pk].version != base_version:
        raise StaleHousehold(household.pk)
    return locked[household.pk]


def record_act(
    action: str, household: Household, by: User, at: datetime, *, on: date, **detail: Any
) -> AuditEvent:
    told = {name: value for name, value in detail.items() if value not in ("", {}, None)}
    if "relations" in told:
        told["relations"] = {str(pk): str(each) for pk, each in told["relations"].items()}
    return audit.record(
        action=action,
        by=by,
        at=at,
        target=household,
        village_id=household.village_id,
        detail={"on": on.isoformat(), **told},
    )


def told_by(event: AuditEvent, on: date, by: User) -> Provenance:
    return Provenance(
        valid_from=on,
        at=event.at,
        by=by,
        source=Source.OFFICE,
        source_ref=f"act:{event.pk}",
    )


def finish(household: Household, told: Provenance, villages: Sequence[int] | set[int] = ()) -> None:
    """Raise the version, renew the name of the head, leave word of every village touched."""
    head = next((r for r in family_of(household).values() if r.relation == Relation.HEAD), None)
    Household.objects.filter(pk=household.pk).update(
        version=F("version") + 1, head_name=head.member.name if head else ""
    )
    since = {
        place.context["village_id"]
        for place in places_since(household, told.valid_from)
        if place.context
    }
    mark_changed({household.village_id, *since, *villages}, since=told.valid_from, at=told.at)


def next_code(model: type[Household] | type[Member], prefix: str, *, digits: int) -> str:
    """The code after the highest of this prefix that ends in as many digits or more."""
    codes = model._default_manager.filter(code__startswith=prefix).values_list("code", flat=True)
    tails = (code[len(prefix) :] for code in codes)
    highest = max((int(tail) for tail in tails if tail.isdecimal() and len(tail) <= 6), default=0)
    return f"{prefix}{highest + 1:0{digits}d}"
