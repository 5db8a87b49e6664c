from collections import Counter, defaultdict
from datetime import date
from typing import Any, Self

from django.db.models import (
    BooleanField,
    Case,
    Count,
    Exists,
    F,
    Max,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Value,
    When,
)
from django.db.models.functions import Coalesce

from accounts.enums import Level, Line, RoleCode
from accounts.models import Area, Grant
from accounts.querysets import (
    CodeRange,
    ScopedQuerySet,
    ancestors_of_range,
    in_ranges,
    merge_ranges,
)
from accounts.roles import Permission, roles_with
from core.facts import FactQuerySet
from core.fields import keyed_hash
from households.enums import DROPOUT_ENDED, DropoutState
from households.search import Sought
from households.transitions import ACTORS, NOTICE_STEPS


class HouseholdQuerySet(ScopedQuerySet):
    HOUSEHOLD = "pk"

    def with_status(self, on: date) -> Self:
        """Adds `status_now`, the status code on a date ("" when unknown)."""
        status = self.model.status_model().objects.as_of(on).filter(household_id=OuterRef("pk"))
        return self.annotate(status_now=Subquery(status.values("status")[:1]))

    def find(self, sought: Sought) -> Self:
        """Households that a text of the search box can mean; all of them for an empty one."""
        if len(sought.name) == 1:  # a family name: members of others would be half the register
            return self.filter(head_name__startswith=sought.name)
        if sought.code and not sought.is_personal:
            return self.filter(code__startswith=sought.code)
        # a union of keys, each found by its own index: an OR across members would read them all
        found = self._meant_by(sought)
        return self.filter(pk__in=found[0].union(*found[1:])) if found else self

    def _meant_by(self, sought: Sought) -> list[QuerySet]:
        everyone, members = self.model._default_manager.order_by(), self.model.member_model()
        people = members.objects.order_by()
        found = []
        if sought.code:
            found.append(everyone.filter(code__startswith=sought.code).values("pk"))
        if sought.name:
            found.append(everyone.filter(head_name__startswith=sought.name).values("pk"))
            found.append(people.filter(name__startswith=sought.name).values("household_id"))
        if sought.stem:
            villages = everyone.filter(village__area__name__startswith=sought.stem)
            found.append(villages.values("pk"))
        if sought.id_number:
            found.append(people.by_id_number(sought.id_number).values("household_id"))
        if sought.phone:
            for theme in self.model.phone_models():
                found.append(theme.objects.with_phone(sought.phone).values("household_id"))
        return found

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


class PairingQuerySet(QuerySet):
    def current(self, on: date) -> Self:
        """Pairings in force on a date."""
        return self.unfinished(on).filter(valid_from__lte=on)

    def unfinished(self, on: date) -> Self:
        """In force or still to come."""
        return self.filter(Q(valid_to=None) | Q(valid_to__gt=on))


class OwnQuerySet(QuerySet):
    """Rows a person keeps for themselves."""

    def for_user(self, user: Any) -> Self:
        return self.filter(user=user)


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

    def held(self, on: date) -> QuerySet[Any, Any]:
        """For counting: `as_of` as open versions and those that will end, each by an index alone."""
        begun = self.filter(superseded_at=None, valid_from__lte=on).order_by().values("village_id")
        return begun.filter(valid_to=None).union(begun.filter(valid_to__gt=on), all=True)

    def count_held(self, on: date, *, per: int) -> dict[int, int]:
        """How many versions hold on a date, by areas of `per` village codes; open ones and those that
        will end apart, so that indexes alone can tell. Two queries."""
        begun = self.filter(superseded_at=None, valid_from__lte=on).order_by()
        counts: Counter[int] = Counter()
        for rows in (begun.filter(valid_to=None), begun.filter(valid_to__gt=on)):
            places = rows.values_list(F("village_id") / per * per)
            counts.update(dict(places.annotate(n=Count("village_id"))))
        return dict(counts)

    def with_phone(self, phone: str) -> Self:
        """Open versions whose telephone number is this one, for themes that have one."""
        return self.latest_known().filter(phone_digest=keyed_hash(phone)).order_by()


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

    def chain(self, check: Any) -> list[Any]:
        """A check with those it follows and those that follow it, the first one first; one query."""
        told = self.submitted().filter(household_id=check.household_id, author_id=check.author_id)
        rows = {row.pk: row for row in told.select_related("author", "returned_by", "accepted_by")}
        after = {row.follows_id: row.pk for row in rows.values() if row.follows_id}
        pks = [check.pk]
        while earlier := rows[pks[0]].follows_id:
            pks.insert(0, earlier)
        while later := after.get(pks[-1]):
            pks.append(later)
        return [rows[pk] for pk in pks]

    def to_correct(self, user: Any) -> Self:
        """This user's checks that were returned and not handed in again."""
        return self.filter(author=user, state="RETURNED", successors=None)


class EvidenceQuerySet(ScopedQuerySet):
    """Papers follow the village where their household lives today; those of a family that is not
    yet on the register lie where it applied."""

    VILLAGE = "at_village"
    HOUSEHOLD = "household_id"

    def placed(self) -> Self:
        return self.annotate(at_village=Coalesce("household__village_id", "process__village_id"))

    def for_user(self, user: Any, permission: str = Permission.VIEW_REGISTER) -> Self:
        """Papers of the user's areas, and there only of their lines of work; a helper sees all of
        the paired households."""
        held: dict[str, list[CodeRange]] = defaultdict(list)
        for grant in user.current_grants:
            if (
                grant.role in roles_with(permission)
                and grant.role != RoleCode.HELPER
                and grant.area
            ):
                held[grant.line].append(grant.area.range)
        visible = Q(pk__in=[])
        for line, ranges in held.items():
            here = in_ranges(self.VILLAGE, merge_ranges(ranges))
            visible |= here if line == Line.GENERAL else here & Q(line=line)
        if user.has_role(RoleCode.HELPER, permission):
            visible |= Q(household_id__in=user.paired_household_ids())
        return self.filter(visible)

    def standing(self) -> Self:
        return self.filter(withdrawn_at=None)

    def for_show(self) -> Self:
        """With what a line about a paper needs, the newest first."""
        return self.select_related("member", "uploaded_by", "withdrawn_by").order_by(
            "-uploaded_at", "-pk"
        )


class RoundQuerySet(QuerySet):
    def for_user(self, user: Any, permission: str = Permission.VIEW_FIGURES) -> Self:
        """Rounds that touch the user's areas: inside them, or of an area above them; for a helper,
        those over a village of the paired households."""
        visible = Q(area__in=Area.objects.for_user(user, permission=permission))
        if user.has_role(RoleCode.HELPER, permission):
            paired = user.paired_household_ids().values_list("household__village_id", flat=True)
            above = {code for pk in paired.distinct() for code in ancestors_of_range(pk, pk)}
            visible |= Q(area_id__in=above)
        return self.filter(visible)

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


class ProcessQuerySet(ScopedQuerySet):
    HOUSEHOLD = "household_id"

    def live(self) -> Self:
        return self.filter(state__in=["OPEN", "OBJECTED"])

    def waiting_for(self, user: Any, on: date) -> Self:
        """Live processes whose next turn is this user's by role and place: villages and townships
        take the village's steps, clerks the township's and the answers to objections, the county
        its own; never a check or approval of what one proposed or checked oneself."""

        def ranges(*roles: str) -> Q:
            held = (g.area.range for g in user.current_grants if g.role in roles and g.area)
            return in_ranges(self.VILLAGE, merge_ranges(held))

        def taken_by(level: str) -> Q:
            return Q(step__in=[step for step, each in ACTORS.items() if each == level])

        objected = Q(state="OBJECTED")
        township, county = taken_by(Level.TOWNSHIP), taken_by(Level.COUNTY)
        clerk, office = ranges(RoleCode.TOWNSHIP_CLERK), ranges(RoleCode.COUNTY_OFFICE)
        village = ranges(RoleCode.VILLAGE_INFORMANT, RoleCode.TOWNSHIP_CLERK)
        others = ~Q(opened_by=user)
        mine = (
            (objected & clerk & others)
            | (~objected & township & clerk & (others | Q(step__in=NOTICE_STEPS)))
            | (~objected & county & office & others & ~Q(step="APPROVAL", checked_by=user))
            | (~objected & ~township & ~county & village)
        )
        running = Q(step__in=NOTICE_STEPS, notice_to__gte=on) & ~objected
        return self.live().filter(mine).exclude(running)


class LineScopedQuerySet(ScopedQuerySet):
    """Rows of one line of work: officers of another line see none of them."""

    LINE: str = Line.GENERAL

    def for_user(self, user: Any, permission: str = Permission.VIEW_REGISTER) -> Self:
        """Rows the user may see by right of `permission` and of the line it was granted for."""
        roles = set(roles_with(permission)) - {RoleCode.HELPER}
        visible = in_ranges(
            self.VILLAGE,
            merge_ranges(
                grant.area.range
                for grant in user.current_grants
                if grant.area and grant.role in roles and grant.line in (Line.GENERAL, self.LINE)
            ),
        )
        if user.has_role(RoleCode.HELPER, permission):
            visible |= Q(**{f"{self.HOUSEHOLD}__in": user.paired_household_ids()})
        return self.filter(visible)


class DropoutQuerySet(LineScopedQuerySet):
    """Drop-out cases lie where the pupil's household lies today."""

    VILLAGE = "member__village_id"
    HOUSEHOLD = "member__household_id"
    LINE = Line.EDUCATION

    def live(self) -> Self:
        return self.exclude(state__in=DROPOUT_ENDED)

    def on(self, today: date) -> Self:
        """Adds `state_now` (an expired exception stands open again) and `overdue`."""
        expired = Q(state=DropoutState.EXEMPTED, due_on__lt=today)
        return self.annotate(
            state_now=Case(
                When(expired, then=Value(DropoutState.VERIFIED.value)), default=F("state")
            ),
            overdue=Case(
                When(due_on__lt=today, then=True), default=False, output_field=BooleanField()
            ),
        )

    def with_labels(self) -> Self:
        return self.select_related("member__village__area", "member__household")


class MonitoringQuerySet(LineScopedQuerySet):
    """Monitoring cases lie where the household lies today; a borderline household has its own village."""

    VILLAGE = "at_village"
    HOUSEHOLD = "household_id"

    def placed(self) -> Self:
        return self.annotate(at_village=Coalesce("household__village_id", "village_id"))

    def on(self, today: date) -> Self:
        """Adds `overdue`: the next step or follow-up is late."""
        return self.annotate(
            overdue=Case(
                When(due_on__lt=today, then=True), default=False, output_field=BooleanField()
            )
        )

    def with_labels(self) -> Self:
        return self.select_related("household__village__area", "village__area")
