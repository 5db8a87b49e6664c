"""Showing and exporting personal data: each an act on the audit trail."""

import hashlib
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from core import audit
from households.models import Household, Member
from households.search import Sought


def record_search(*, sought: Sought, by: Any, at: datetime) -> None:
    """Put a look-up of one person by identity or telephone number on the audit trail."""
    kind = "id" if sought.id_number else "phone"
    audit.record(action=f"household.search_{kind}", by=by, at=at, detail={"number": sought.masked})


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
    *,
    action: str = "household.export",
    by: Any,
    at: datetime,
    area_code: int | None,
    rows: int,
    conditions: Mapping[str, Any],
    purpose: str,
    content: bytes,
) -> None:
    """Put a file of personal data, masked, on the audit trail: what for, how much, and its digest."""
    audit.record(
        action=action,
        by=by,
        at=at,
        village_id=area_code,
        detail={
            "purpose": purpose,
            "rows": rows,
            "conditions": dict(conditions),
            "masked": True,
            "sha256": hashlib.sha256(content).hexdigest(),
        },
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
