from typing import Any, Self

from django.db import models
from django.db.models import Q

from accounts.querysets import ScopedQuerySet
from accounts.roles import Permission
from imports.enums import BatchState, Outcome


class BatchQuerySet(ScopedQuerySet):
    """Batches lie at the area they were uploaded for; whoever may import there sees them."""

    VILLAGE = "area_id"

    def for_user(self, user: Any, permission: str = Permission.IMPORT) -> Self:
        return super().for_user(user, permission)

    def staged(self) -> Self:
        return self.filter(state=BatchState.STAGED)

    def same_file(self, *, sha256: str, kind: str, area_id: int, sheet: str) -> Self:
        """Earlier confirmed batches of the very same file, newest first."""
        return self.filter(
            sha256=sha256, kind=kind, area_id=area_id, sheet=sheet, state=BatchState.CONFIRMED
        ).order_by("-pk")


class RowQuerySet(models.QuerySet):
    def at_level(self, level: str) -> Self:
        """Rows to be told about, all or of one grade: REJECTED, WARNING or IGNORED."""
        if level == "WARNING":
            return self.good().with_warnings()
        return self.filter(outcome=level) if level else self.told()

    def good(self) -> Self:
        return self.exclude(outcome__in=[Outcome.REJECTED, Outcome.IGNORED])

    def reasons(self) -> Any:
        """How many rows each group of reasons rejects, the most first."""
        rejected = self.filter(outcome=Outcome.REJECTED).values_list("reason")
        return list(rejected.annotate(n=models.Count("pk")).order_by("-n", "reason"))

    def told(self) -> Self:
        """Rows about which something is to be said: rejected, ignored, or with a warning."""
        return self.filter(
            Q(outcome__in=[Outcome.REJECTED, Outcome.IGNORED]) | Q(warning_count__gt=0)
        )

    def with_warnings(self) -> Self:
        return self.filter(warning_count__gt=0)
