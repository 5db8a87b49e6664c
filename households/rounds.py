"""What a round of checks asks for and how far it is, counted from the register itself."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet

from accounts.enums import Level
from accounts.models import Area
from core.facts import as_of_q
from households.enums import CheckState, Status
from households.models import CheckRound, Household, HouseholdCheck, HouseholdStatus

GONE = (Status.REMOVED, Status.EXTINCT)
VISITED = ("", *(status for status in Status if status not in GONE))
SAFEGUARDS = (2, 3, 4, 5, 6, 7, 8)  # sections of the form: 一超、两不愁、三保障、饮水、用电

# From an area's level to the size of the areas its progress is shown by.
STEPS: dict[str, int] = {
    Level.PROVINCE: 10**8,
    Level.CITY: 10**6,
    Level.COUNTY: 10**3,
    Level.TOWNSHIP: 1,
    Level.VILLAGE: 1,
}


@dataclass
class Progress:
    """Households of one area in a round. Accepted ones are among the done, returned among the left."""

    area: Area | None
    asked: int = 0
    done: int = 0
    accepted: int = 0
    returned: int = 0

    @property
    def left(self) -> int:
        return self.asked - self.done

    @property
    def waiting(self) -> int:
        """Submitted and not yet reviewed."""
        return self.done - self.accepted


def done_checks(check_round: CheckRound) -> QuerySet[HouseholdCheck]:
    """Checks of the round that make their household done."""
    return check_round.checks.counted().filter(visited_on__gte=check_round.opened_on)


def asked_of(check_round: CheckRound, statuses: Any) -> Any:
    """Of these rows of `HouseholdStatus`, one for each household that the round asks for: what it
    was when the round opened, or what it is now where the household is on the round's list."""
    named = Q(household_id__in=check_round.listed.values("household_id"))
    in_scope = as_of_q(check_round.opened_on) & Q(status__in=check_round.statuses)
    if check_round.villages:
        in_scope &= Q(village_id__in=check_round.villages)
    rows = statuses.in_area(check_round.area)
    return rows.filter((in_scope & ~named) | (named & Q(superseded_at=None, valid_to=None)))


def asked_count(check_round: CheckRound) -> int:
    """How many households the round asks for."""
    return asked_of(check_round, HouseholdStatus.objects.all()).count()


def sections_asked(household: Household, on: date) -> frozenset[int] | None:
    """Numbers of the form's sections that a visit on a day is to answer; None for the whole form."""
    open_rounds = CheckRound.objects.open().over_village(household.village_id)
    found = open_rounds.filter(opened_on__lte=on).order_by("-opened_on", "-pk")
    check_round = found.select_related("area").first()
    if check_round is None or not check_round.sections:
        return None
    statuses = HouseholdStatus.objects.filter(household_id=household.pk)
    asked = asked_of(check_round, statuses).exists()
    return frozenset(check_round.sections) if asked else None


@dataclass(frozen=True)
class Term:
    """What is to be visited: in an open round, or without one in the month of `today`."""

    check_round: CheckRound | None
    today: date

    @property
    def month(self) -> date:
        return self.today.replace(day=1)

    @property
    def is_done(self) -> Q:
        """The condition that a household has been visited."""
        if self.check_round:
            return Q(Exists(done_checks(self.check_round).filter(household_id=OuterRef("pk"))))
        return Q(last_visited_on__gte=self.month)

    def asked(self, households: Any) -> Any:
        """Of these households, those to be visited."""
        statuses: Any = HouseholdStatus.objects.all()
        if self.check_round:
            statuses = asked_of(self.check_round, statuses)
        else:
            statuses = statuses.as_of(self.today).exclude(status__in=GONE)
        return households.filter(pk__in=statuses.values("household_id"))

    def done(self, households: Any) -> Any:
        return households.filter(self.is_done)

    def left(self, households: Any) -> Any:
        return self.asked(households).filter(~self.is_done)

    def counts(self, households: Any) -> tuple[int, int]:
        """How many of these households are still to be visited, and how many have been; one query."""
        asked = self.asked(households).order_by()
        found = asked.aggregate(all=Count("pk"), done=Count("pk", filter=self.is_done))
        return found["all"] - found["done"], found["done"]


def progress_by_place(check_round: CheckRound, statuses: Any, area: Area | None) -> list[Progress]:
    """One line per area below `area`, per village without one; two queries.

    `statuses`: what the reader may see."""
    done = done_checks(check_round)
    accepted = done.filter(state=CheckState.ACCEPTED)
    returned = check_round.checks.filter(state=CheckState.RETURNED)

    def among(checks: Any) -> Q:
        return Q(household_id__in=checks.values("household_id"))

    step = STEPS[area.level] if area else 1
    asked = asked_of(check_round, statuses)
    counted = (
        (asked.in_area(area) if area else asked)
        .values(place=F("village_id") / step * step)
        .annotate(
            asked=Count("pk"),
            done=Count("pk", filter=among(done)),
            accepted=Count("pk", filter=among(accepted)),
            returned=Count("pk", filter=among(returned) & ~among(done)),
        )
        .order_by("place")
    )
    rows = list(counted)
    areas = Area.objects.in_bulk([row["place"] for row in rows])
    return [Progress(area=areas[row.pop("place")], **row) for row in rows if row["place"] in areas]


def total(rows: list[Progress]) -> Progress:
    whole = Progress(area=None)
    for row in rows:
        whole.asked += row.asked
        whole.done += row.done
        whole.accepted += row.accepted
        whole.returned += row.returned
    return whole
