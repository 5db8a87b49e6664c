"""Household checks: drafts, submission, review."""

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any

from django.db import transaction

from core import audit
from core.facts import Provenance, Source
from core.fields import EncryptedTextField
from core.masking import mask_account, mask_phone
from households.enums import CheckState
from households.models import HOUSEHOLD_THEMES, MEMBER_THEMES, Household, HouseholdCheck
from households.services.evidence import attach_evidence
from households.services.facts import (
    FactChanges,
    StaleHousehold,
    record_household_facts,
    take_back_check,
)
from households.services.rounds import open_round_of


class OwnCheck(Exception):
    """A reviewer may neither return nor accept a check of their own."""


class NotReturnable(Exception):
    """Only a submitted check can be returned."""


class NotAcceptable(Exception):
    """Only a submitted check can be accepted."""


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
    reasons: Sequence[Mapping[str, Any]] = (),
) -> HouseholdCheck:
    """Record a visit to one household: its answers count from now, valid from the day of the visit.

    `answers` are as for `record_household_facts`; only what differs from what is known is written.
    `reasons` justify unlikely answers: code, theme, field, member, the text shown and the reason.
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
    check.reasons = [dict(reason) for reason in reasons]
    check.round = open_round_of(household.village_id, on=visited_on)
    check.follows = (
        HouseholdCheck.objects.to_correct(by)
        .filter(household=household)
        .order_by("-returned_at")
        .first()
    )
    check.answers = json.dumps(dict(raw or {}), ensure_ascii=False) if raw else ""
    check.save()
    attach_evidence(check)
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
            "reasons": len(check.reasons),
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
    returned = HouseholdCheck.objects.filter(household=household, state=CheckState.RETURNED)
    taken = take_back_check(
        ref=f"check:{check.pk}",
        village_id=check.village_id,
        since=check.visited_on,
        at=at,
        gone=[f"check:{pk}" for pk in returned.values_list("pk", flat=True)],
    )
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
