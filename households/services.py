"""Every write to the register. Permission was checked by the caller."""

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.db.models import F

from accounts.models import Area
from accounts.querysets import ancestors_of_range
from core import audit
from core.facts import FactRow, Provenance, Source, record_fact, record_facts, supersede_source
from core.fields import EncryptedTextField, keyed_hash
from core.masking import mask_account, mask_id_number, mask_phone
from households.enums import REGISTERED_POLICY, CheckState
from households.models import (
    HOUSEHOLD_THEMES,
    MEMBER_THEMES,
    CheckRound,
    Household,
    HouseholdCheck,
    HouseholdFact,
    Member,
    MemberFact,
)
from villages.services import mark_changed

FactChanges = Mapping[type[HouseholdFact], Sequence[tuple[Mapping[str, Any], Mapping[str, Any]]]]


class StaleHousehold(Exception):
    """The household changed since the form was opened."""


class OwnCheck(Exception):
    """A reviewer may neither return nor accept a check of their own."""


class NotReturnable(Exception):
    """Only a submitted check can be returned."""


class NotAcceptable(Exception):
    """Only a submitted check can be accepted."""


class RoundOverlaps(Exception):
    """A round is open in this area, or in one above or below it."""


class RoundClosed(Exception):
    """The round was closed before."""


@transaction.atomic
def record_household_facts(
    *,
    household: Household,
    changes: FactChanges,
    told: Provenance,
    base_version: int | None = None,
) -> list[dict[str, Any]]:
    """Record what was learnt of one household and its members; what really changed, field by field.

    `changes` maps a theme to (extra subject keys, values); the keys are `{}` for a theme of the
    household, `{"year": 2019}` for income, `{"member_id": 7}` for a theme of a member. Values equal
    to what is held write nothing. Raises StaleHousehold when `base_version` is out of date.
    """
    household = Household.objects.select_for_update().get(pk=household.pk)
    if base_version is not None and base_version != household.version:
        raise StaleHousehold(household.pk)
    written = []
    for theme, entries in changes.items():
        for keys, values in entries:
            written += _record_one(household, theme, keys, values, told)
    if written:
        touch_household(household, since=told.valid_from, at=told.at)
    return written


def _record_one(
    household: Household,
    theme: type[HouseholdFact],
    keys: Mapping[str, Any],
    values: Mapping[str, Any],
    told: Provenance,
) -> list[dict[str, Any]]:
    member_theme = issubclass(theme, MemberFact)
    subject = dict(keys) if member_theme else {"household_id": household.pk, **keys}
    context = {"village_id": household.village_id} | (
        {"household_id": household.pk} if member_theme else {}
    )
    held = theme._default_manager.as_of(told.valid_from).filter(**subject).first()
    before = held.values() if held else {}
    version, changed = record_fact(
        theme, subject=subject, context=context, values=values, told=told
    )
    if not changed:
        return []
    after = version.values()
    return [
        {
            "theme": theme._meta.model_name,
            "field": name,
            "keys": dict(keys),
            "old": _plain(before.get(name)),
            "new": _plain(new),
        }
        for name, new in after.items()
        if _plain(before.get(name)) != _plain(new)
    ]


def _plain(value: Any) -> Any:
    return value if isinstance(value, (bool, int, str, list)) or value is None else str(value)


def touch_household(household: Household, *, since: date, at: datetime) -> None:
    """Raise the household's version and leave word that its village's figures are stale."""
    Household.objects.filter(pk=household.pk).update(version=F("version") + 1)
    mark_changed({household.village_id}, since=since, at=at)


@transaction.atomic
def take_back_check(*, ref: str, village_id: int, since: date, at: datetime) -> int:
    """Supersede every fact that one check told; what held before holds again. How many were taken."""
    taken = 0
    for theme in (*HOUSEHOLD_THEMES, *MEMBER_THEMES):
        taken += len(supersede_source(theme, source="CHECK", source_ref=ref, at=at))
    if taken:
        mark_changed({village_id}, since=since, at=at)
    return taken


@transaction.atomic
def submit_check(
    *,
    household: Household,
    answers: FactChanges,
    visited_on: date,
    by: Any,
    at: datetime,
    base_version: int,
    note: str = "",
    raw: Mapping[str, Any] | None = None,
) -> HouseholdCheck:
    """Record a visit to one household: its answers count from now, valid from the day of the visit.

    `answers` are as for `record_household_facts`; only what differs from what is known is written.
    The author's draft of this household becomes the check; it belongs to the open round of its
    area and follows the author's returned check, if there is one. Raises StaleHousehold.
    """
    household = Household.objects.select_for_update().get(pk=household.pk)
    if base_version != household.version:
        raise StaleHousehold(household.pk)
    check = HouseholdCheck.objects.open_draft(household, by) or HouseholdCheck(
        household=household, author=by
    )
    check.village_id, check.visited_on, check.note = household.village_id, visited_on, note
    check.base_version, check.saved_at, check.submitted_at = base_version, at, at
    check.state = CheckState.SUBMITTED
    check.round = open_round_of(household.village_id, on=visited_on)
    check.follows = (
        HouseholdCheck.objects.to_correct(by)
        .filter(household=household)
        .order_by("-returned_at")
        .first()
    )
    check.answers = json.dumps(dict(raw or {}), ensure_ascii=False) if raw else ""
    check.save()
    told = Provenance(
        valid_from=visited_on, at=at, by=by, source=Source.CHECK, source_ref=f"check:{check.pk}"
    )
    written = record_household_facts(
        household=household, changes=answers, told=told, base_version=base_version
    )
    check.changes = [_masked(change) for change in written]
    check.save(update_fields=["changes"])
    audit.record(
        action="check.submit",
        by=by,
        at=at,
        target=check,
        village_id=household.village_id,
        detail={
            "household": household.pk,
            "visited_on": visited_on.isoformat(),
            "changes": len(written),
        },
    )
    return check


def _masked(change: dict[str, Any]) -> dict[str, Any]:
    """The change without readable phones and accounts, to be kept beside the check."""
    theme = next(
        t for t in (*HOUSEHOLD_THEMES, *MEMBER_THEMES) if t._meta.model_name == change["theme"]
    )
    if not isinstance(theme._meta.get_field(change["field"]), EncryptedTextField):
        return change
    hide = mask_account if "account" in change["field"] else mask_phone
    return change | {
        key: hide(change[key]) if change[key] else change[key] for key in ("old", "new")
    }


@transaction.atomic
def save_draft(
    *,
    household: Household,
    raw: Mapping[str, Any],
    visited_on: date,
    by: Any,
    at: datetime,
    base_version: int,
) -> HouseholdCheck:
    """Keep what was typed so far, whatever it is; one draft per person and household."""
    household = Household.objects.select_for_update().get(pk=household.pk)
    draft = HouseholdCheck.objects.open_draft(household, by) or HouseholdCheck(
        household=household, author=by
    )
    draft.village_id, draft.visited_on, draft.base_version = (
        household.village_id,
        visited_on,
        base_version,
    )
    draft.state, draft.saved_at = CheckState.DRAFT, at
    draft.answers = json.dumps(dict(raw), ensure_ascii=False)
    draft.save()
    return draft


@transaction.atomic
def discard_draft(*, household: Household, by: Any, at: datetime) -> bool:
    """Throw away the person's draft of a household; whether there was one."""
    draft = HouseholdCheck.objects.select_for_update().open_draft(household, by)
    if draft is None:
        return False
    audit.record(action="check.discard", by=by, at=at, target=draft, village_id=draft.village_id)
    draft.delete()
    return True


def draft_answers(draft: HouseholdCheck) -> dict[str, Any]:
    """What a draft holds, field by field as it was typed."""
    return json.loads(draft.answers) if draft.answers else {}


@transaction.atomic
def return_check(*, check: HouseholdCheck, by: Any, at: datetime, reason: str) -> HouseholdCheck:
    """Send a check back: its facts are superseded and what held before holds again.

    The author gets their answers back as a draft. Raises OwnCheck for the author, NotReturnable
    unless it is submitted.
    """
    household = Household.objects.select_for_update().get(pk=check.household_id)
    check = HouseholdCheck.objects.select_for_update().get(pk=check.pk)
    if check.author_id == by.pk:
        raise OwnCheck(check.pk)
    if check.state != CheckState.SUBMITTED:
        raise NotReturnable(check.pk)
    taken = take_back_check(
        ref=f"check:{check.pk}", village_id=check.village_id, since=check.visited_on, at=at
    )
    if taken:
        Household.objects.filter(pk=household.pk).update(version=F("version") + 1)
    check.state, check.return_reason, check.returned_at, check.returned_by = (
        CheckState.RETURNED,
        reason,
        at,
        by,
    )
    check.save(update_fields=["state", "return_reason", "returned_at", "returned_by"])
    if check.answers and not HouseholdCheck.objects.open_draft(household, check.author):
        # The author corrects what they typed instead of typing it again.
        HouseholdCheck.objects.create(
            household=household,
            village_id=check.village_id,
            author=check.author,
            visited_on=check.visited_on,
            answers=check.answers,
            base_version=household.version,
            saved_at=at,
        )
    audit.record(
        action="check.return",
        by=by,
        at=at,
        target=check,
        village_id=check.village_id,
        detail={"household": household.pk, "reason": reason, "facts": taken},
    )
    return check


@transaction.atomic
def accept_check(*, check: HouseholdCheck, by: Any, at: datetime) -> HouseholdCheck:
    """Find a submitted check in order. Raises OwnCheck for the author, NotAcceptable unless submitted."""
    check = HouseholdCheck.objects.select_for_update().get(pk=check.pk)
    if check.author_id == by.pk:
        raise OwnCheck(check.pk)
    if check.state != CheckState.SUBMITTED:
        raise NotAcceptable(check.pk)
    check.state, check.accepted_at, check.accepted_by = CheckState.ACCEPTED, at, by
    check.save(update_fields=["state", "accepted_at", "accepted_by"])
    audit.record(
        action="check.accept",
        by=by,
        at=at,
        target=check,
        village_id=check.village_id,
        detail={"household": check.household_id},
    )
    return check


@transaction.atomic
def accept_checks(*, checks: Iterable[HouseholdCheck], by: Any, at: datetime) -> int:
    """Accept several; those that are no longer submitted are passed over. How many were accepted."""
    done = 0
    for check in sorted(checks, key=lambda each: each.pk):
        try:
            accept_check(check=check, by=by, at=at)
        except NotAcceptable:
            continue
        done += 1
    return done


# --- Rounds --------------------------------------------------------------------------------------


def open_round_of(village_id: int, *, on: date) -> CheckRound | None:
    """The open round that a visit to the village on a day belongs to."""
    rounds = CheckRound.objects.open().over_village(village_id)
    return rounds.filter(opened_on__lte=on).order_by("-opened_on", "-pk").first()


@transaction.atomic
def open_round(
    *,
    area: Area,
    name: str,
    opened_on: date,
    due_on: date,
    by: Any,
    at: datetime,
    statuses: Sequence[str] = REGISTERED_POLICY,
) -> CheckRound:
    """Ask for a visit to every household of an area. Raises RoundOverlaps: one round at a time."""
    trail = Area.objects.filter(pk__in=ancestors_of_range(*area.range)).order_by("pk")
    list(trail.select_for_update(no_key=True))  # two offices of one trail open after each other
    if CheckRound.objects.open().touching(area).exists():
        raise RoundOverlaps(area.pk)
    made = CheckRound.objects.create(
        name=name,
        area=area,
        statuses=[str(status) for status in statuses],
        opened_on=opened_on,
        due_on=due_on,
        opened_by=by,
    )
    audit.record(
        action="round.open",
        by=by,
        at=at,
        target=made,
        village_id=area.pk,
        detail={"on": opened_on.isoformat(), "due_on": due_on.isoformat()},
    )
    return made


@transaction.atomic
def close_round(*, check_round: CheckRound, by: Any, at: datetime) -> CheckRound:
    """End a round; visits made from now on no longer belong to it. Raises RoundClosed."""
    check_round = CheckRound.objects.select_for_update().get(pk=check_round.pk)
    if not check_round.is_open:
        raise RoundClosed(check_round.pk)
    check_round.closed_at, check_round.closed_by = at, by
    check_round.save(update_fields=["closed_at", "closed_by"])
    audit.record(
        action="round.close", by=by, at=at, target=check_round, village_id=check_round.area_id
    )
    return check_round


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


def reveal_phone(*, household: Household, phone: str, by: Any, at: datetime, purpose: str) -> str:
    """The full telephone number, after the act is on the audit trail."""
    audit.record(
        action="household.reveal_phone",
        by=by,
        at=at,
        target=household,
        village_id=household.village_id,
        detail={"purpose": purpose},
    )
    return phone


def record_export(
    *, by: Any, at: datetime, area_code: int | None, rows: int, conditions: Mapping[str, Any]
) -> None:
    """Put an export of the household list on the audit trail."""
    audit.record(
        action="household.export",
        by=by,
        at=at,
        village_id=area_code,
        detail={"rows": rows, "conditions": dict(conditions), "masked": True},
    )


def reveal_id_number(*, member: Member, by: Any, at: datetime, purpose: str) -> str:
    """The full identity number, after the act is on the audit trail."""
    audit.record(
        action="member.reveal_id",
        by=by,
        at=at,
        target=member,
        village_id=member.village_id,
        detail={"purpose": purpose},
    )
    return member.id_number
