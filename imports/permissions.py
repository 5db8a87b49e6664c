from typing import Any

from accounts.roles import Permission
from imports.models import ImportBatch


def can_import(user: Any) -> bool:
    return bool(user.has_perm(Permission.IMPORT))


def can_decide_batch(user: Any, batch: ImportBatch) -> bool:
    """Confirm or drop: whoever may import in the batch's area, while it waits."""
    return batch.is_staged and ImportBatch.objects.for_user(user).filter(pk=batch.pk).exists()
