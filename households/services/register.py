"""Households and members entering the register in bulk, and the sealing of identities."""

from collections.abc import Iterable, Mapping

from django.db import transaction
from django.db.models import F

from core.facts import FactRow, Provenance, record_facts
from core.fields import keyed_hash
from core.masking import mask_id_number
from households.codelists import code_list
from households.identity import Identity
from households.models import Household, HouseholdFact, Member
from villages.services import mark_changed


@transaction.atomic
def register_households(
    *,
    households: Iterable[Household],
    members: Iterable[Member],
    facts: Mapping[type[HouseholdFact], list[FactRow]],
    told: Provenance,
) -> None:
    """Write new households and members with their first facts, and new facts of known ones, in bulk.

    Rows with a primary key already exist and only receive facts. Identity numbers must be unique
    (the database refuses the second). Facts name households and members by the instances' keys, so
    callers save identities through this function first by passing `facts={}`.
    """
    Household.objects.bulk_create([h for h in households if h.pk is None], batch_size=2000)
    Member.objects.bulk_create([seal_identity(m) for m in members if m.pk is None], batch_size=2000)
    changed: set[int] = set()
    for theme, rows in facts.items():
        if record_facts(theme, rows, told=told):
            changed |= {row.context["village_id"] for row in rows}
    if changed:
        mark_changed(changed, since=told.valid_from, at=told.at)


def lock_households(codes: Iterable[str]) -> None:
    """Hold the households with these codes until the transaction ends, in one order for everybody."""
    held = Household.objects.select_for_update().filter(code__in=list(codes)).order_by("pk")
    list(held.values_list("pk", flat=True))


def raise_versions(household_ids: Iterable[int]) -> None:
    """Let forms opened before a bulk write be refused as stale. One statement."""
    Household.objects.filter(pk__in=list(household_ids)).update(version=F("version") + 1)


def seal_identity(member: Member) -> Member:
    """Set the search hash and the mask that belong to the member's identity number."""
    member.id_number = member.id_number.strip().upper()
    member.id_hash = keyed_hash(member.id_number)
    member.id_mask = mask_id_number(member.id_number) if member.id_number else ""
    return member


def certificate_facts(paper: Identity) -> dict[str, str]:
    """Kind and grade of the disability that a 20 or 22-character certificate says; {} for a card."""
    if not paper.is_certificate:
        return {}
    kinds = code_list("disability_type").values
    return {
        "disability_type": kinds[(paper.disability_type or 1) - 1].code,
        "disability_grade": str(paper.disability_grade),
    }
