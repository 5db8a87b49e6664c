from datetime import date
from typing import Any, Self

from django.db.models import Count, Max, OuterRef, Q, Subquery

from accounts.querysets import ScopedQuerySet
from core.facts import FactQuerySet
from core.fields import keyed_hash


class HouseholdQuerySet(ScopedQuerySet):
    HOUSEHOLD = "pk"

    def with_status(self, on: date) -> Self:
        """Adds `status_now`, the status code on a date ("" when unknown)."""
        status = self.model.status_model().objects.as_of(on).filter(household_id=OuterRef("pk"))
        return self.annotate(status_now=Subquery(status.values("status")[:1]))

    def find(self, text: str) -> Self:
        """One search box: household code, head or member name, or an exact identity number."""
        text = text.strip()
        if not text:
            return self
        exact = Q(members__id_hash=keyed_hash(text.upper())) if len(text) >= 15 else Q()
        return self.filter(
            Q(code__startswith=text)
            | Q(head_name__startswith=text)
            | Q(members__name__startswith=text)
            | exact
        ).distinct()

    def neighbours(self, household: Any) -> tuple[Any, Any, int, int]:
        """Household before and after in the village by code, its place and the number of all."""
        village = self.filter(village_id=household.village_id)
        earlier, later = (
            village.filter(code__lt=household.code),
            village.filter(code__gt=household.code),
        )
        counts = village.aggregate(
            all=Count("pk"), place=Count("pk", filter=Q(code__lte=household.code))
        )
        return (
            earlier.order_by("-code").first(),
            later.order_by("code").first(),
            counts["place"],
            counts["all"],
        )


class MemberQuerySet(ScopedQuerySet):
    HOUSEHOLD = "household_id"

    def heads(self, household: Any, on: date) -> Self:
        """Members who are the household's head on a date."""
        held = self.model.membership_model().objects.as_of(on)
        return self.filter(
            pk__in=held.filter(household=household, is_member=True, relation="HEAD").values(
                "member_id"
            )
        )

    def by_id_number(self, number: str) -> Self:
        return self.filter(id_hash=keyed_hash(number.strip().upper()))


class HouseholdFactQuerySet(FactQuerySet, ScopedQuerySet):
    """Fact versions of a household or its members."""

    HOUSEHOLD = "household_id"


class CheckQuerySet(ScopedQuerySet):
    HOUSEHOLD = "household_id"

    def submitted(self) -> Self:
        return self.exclude(state="DRAFT")

    def counted(self) -> Self:
        """Checks whose facts stand: submitted and not sent back."""
        return self.filter(state__in=["SUBMITTED", "ACCEPTED"])

    def latest_visits(self, household_ids: Any) -> dict[int, date]:
        """Date of the latest counted visit per household; one query."""
        rows = self.counted().filter(household_id__in=household_ids).values_list("household_id")
        return dict(rows.annotate(latest=Max("visited_on")))

    def open_draft(self, household: Any, user: Any) -> Any:
        """The draft this user keeps for a household, if any."""
        return self.filter(household=household, author=user, state="DRAFT").first()
