"""The trail of acts: who did what to which object, when. Written inside the act's transaction."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from core.models import AuditEvent


def record(
    *,
    action: str,
    by: Any,
    at: datetime,
    target: Any = None,
    village_id: int | None = None,
    detail: Mapping[str, Any] | None = None,
) -> AuditEvent:
    """Append one act. `by=None` means the system itself; `detail` holds no personal data unmasked."""
    return AuditEvent.objects.create(
        action=action,
        actor_id=by.pk if by else None,
        actor_name=str(by) if by else "",
        at=at,
        target_type=target._meta.label_lower if target is not None else "",
        target_id=str(target.pk) if target is not None else "",
        village_id=village_id,
        detail=dict(detail or {}),
    )
