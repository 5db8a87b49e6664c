from datetime import date
from typing import Any, Self

from django.db.models import Count, Exists, Max, OuterRef, Q, QuerySet, Subquery

from accounts.enums import RoleCode
from accounts.models import Area, Grant
from accounts.querysets import ScopedQuerySet, ancestors_of_range, in_ranges, merge_ranges
from accounts.roles import Permission
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
        # a union of keys, each found by its own index: an OR across members would read them all
        members = self.model.member_model().objects.order_by()
        everyone = self.model._default_manager.order_by()
        found = [
            everyone.filter(code__startswith=text).values("pk"),
            everyone.filter(head_name__startswith=text).values("pk"),
            members.filter(name__startswith=text).values("household_id"),
        ]
        if len(text) >= 15:
            found.append(members.by_id_number(text).values("household_id"))
        return self.filter(pk__in=found[0].union(*found[1:]))

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
class OwnQuerySet(QuerySet):
    """Rows a person keeps for themselves."""

    def for_user(self, user: Any) -> Self:
        return self.filter(user=user)


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

    def awaiting_review(self, user: Any) -> Self:
        """Submitted checks whose review is this user's: what villages and helpers found is reviewed
        by the township's clerk, what an office found by the county; never one's own."""

        def ranges(role: str) -> Q:
            held = (g.area.range for g in user.current_grants if g.role == role and g.area)
            return in_ranges(self.VILLAGE, merge_ranges(held))

        lasting = Q(valid_to=None) | Q(valid_to__gt=OuterRef("visited_on"))
        by_office = Exists(
            Grant.objects.filter(
                lasting,
                user_id=OuterRef("author_id"),
                role__in=[RoleCode.TOWNSHIP_CLERK, RoleCode.COUNTY_OFFICE],
            )
        )
        mine = (ranges(RoleCode.TOWNSHIP_CLERK) & ~by_office) | (
            ranges(RoleCode.COUNTY_OFFICE) & by_office
        )
        return self.filter(mine, state="SUBMITTED").exclude(author=user)

    def to_correct(self, user: Any) -> Self:
        """This user's checks that were returned and not handed in again."""
        return self.filter(author=user, state="RETURNED", successors=None)


class RoundQuerySet(QuerySet):
    def for_user(self, user: Any, permission: str = Permission.VIEW_FIGURES) -> Self:
        """Rounds that touch the user's areas: inside them, or of an area above them."""
        return self.filter(area__in=Area.objects.for_user(user, permission=permission))

    def managed_by(self, user: Any) -> Self:
        """Rounds that lie wholly where the user may open and close them."""
        return self.filter(in_ranges("area_id", user.village_ranges(Permission.MANAGE_ROUNDS)))

    def open(self) -> Self:
        return self.filter(closed_at=None)

    def over(self, area: Any) -> Self:
        """Rounds that ask for the whole of an area."""
        return self.filter(area_id__in=ancestors_of_range(*area.range))

    def over_village(self, village_id: int) -> Self:
        return self.filter(area_id__in=ancestors_of_range(village_id, village_id))

    def touching(self, area: Any) -> Self:
        """Rounds of an area, of areas above it and of areas inside it."""
        return self.filter(
            in_ranges("area_id", [area.range]) | Q(area_id__in=ancestors_of_range(*area.range))
        )
