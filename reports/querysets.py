from datetime import date
from typing import Any, Self

from django.db import models
from django.db.models import Count, Min, OuterRef, Q, Subquery

from accounts.enums import RoleCode
from accounts.querysets import ancestors_of_range
from accounts.roles import Permission, roles_with
from reports.enums import FilingState


def visible_obligations(user: Any, permission: str, prefix: str = "") -> Q:
    """Obligations of the user's own agencies, or, for offices, of campaigns that touch their areas."""
    roles = set(roles_with(permission))
    grants = [grant for grant in user.current_grants if grant.role in roles]
    own = {grant.agency_id for grant in grants if grant.role == RoleCode.AGENCY and grant.agency_id}
    visible = Q(**{f"{prefix}agency__in": own})
    offices = [grant for grant in grants if grant.role != RoleCode.AGENCY and grant.area_id]
    for grant in offices:
        low, high = grant.area.range
        visible |= Q(**{f"{prefix}campaign__area__in": ancestors_of_range(low, high)})
        visible |= Q(**{f"{prefix}campaign__area__gte": low, f"{prefix}campaign__area__lte": high})
    return visible


class ObligationQuerySet(models.QuerySet):
    def for_user(self, user: Any, permission: str = Permission.VIEW_REPORTS) -> Self:
        """Agencies see their own; offices, leaders and inspectors those of their areas' campaigns."""
        return self.filter(visible_obligations(user, permission))

    def for_month(self, month: date) -> Self:
        return self.filter(month=month)

    def with_progress(self) -> Self:
        """Adds what the state is worked out from: first submission, newest versions, drafts."""
        submitted = Q(filings__state=FilingState.SUBMITTED)
        newest = self.model.filings.rel.related_model.objects.filter(
            obligation=OuterRef("pk"), state=FilingState.SUBMITTED
        ).order_by("-version")
        return self.annotate(
            first_submitted_at=Min("filings__submitted_at", filter=submitted),
            draft_count=Count("filings", filter=Q(filings__state=FilingState.DRAFT)),
            submitted_count=Count("filings", filter=submitted),
            is_nil=Subquery(newest.values("is_nil")[:1]),
            receipt=Subquery(newest.values("receipt")[:1]),
            filing_id=Subquery(newest.values("pk")[:1]),
            draft_saved_at=Min("filings__saved_at", filter=Q(filings__state=FilingState.DRAFT)),
        )

    def unfiled(self) -> Self:
        """Nothing submitted yet."""
        return self.exclude(filings__state=FilingState.SUBMITTED)


class FilingQuerySet(models.QuerySet):
    def for_user(self, user: Any, permission: str = Permission.VIEW_REPORTS) -> Self:
        """Filings of visible obligations; a draft is its own agency's business."""
        own = {
            grant.agency_id
            for grant in user.current_grants
            if grant.role == RoleCode.AGENCY and grant.agency_id
        }
        seen = visible_obligations(user, permission, prefix="obligation__")
        return self.filter(seen).filter(
            Q(state=FilingState.SUBMITTED) | Q(obligation__agency__in=own)
        )

    def submitted(self) -> Self:
        return self.filter(state=FilingState.SUBMITTED)

    def drafts(self) -> Self:
        return self.filter(state=FilingState.DRAFT)
