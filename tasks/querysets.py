from calendar import monthrange
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Self

from django.db import models
from django.db.models import Count, Exists, OuterRef, Prefetch, Q, Subquery

from accounts.enums import RoleCode
from accounts.querysets import ScopedQuerySet, in_ranges, merge_ranges
from accounts.roles import Permission, roles_with
from tasks.enums import CaseState, EventKind

LIVE = Q(state__in=[state for state in CaseState.values if state != CaseState.CLOSED])
RAISING = (EventKind.OPENED, EventKind.REOPENED)
COUNTED = (*RAISING, EventKind.CLOSED)


class CampaignQuerySet(models.QuerySet):
    def for_user(self, user: Any, permission: str = Permission.VIEW_FIGURES) -> Self:
        """Campaigns whose area overlaps the user's; there are only ever a few."""
        ranges = user.village_ranges(permission)
        areas = ((c.pk, *c.area.range) for c in self.select_related("area"))
        return self.filter(
            pk__in=[
                pk for pk, first, last in areas if any(a <= last and first <= b for a, b in ranges)
            ]
        )

    def covering(self, area: Any) -> Any:
        """The campaign an area works under: the nearest above it, the newest of those; or None."""
        low, high = area.range
        found = [
            c
            for c in self.select_related("area", "office")
            if c.area.range[0] <= low and high <= c.area.range[1]
        ]
        return min(found, key=lambda c: (c.area.range[1] - c.area.range[0], -c.year), default=None)

    def touching(self, area: Any) -> Any:
        """`covering`, or else the first campaign inside the area."""
        low, high = area.range
        inside = [c for c in self.select_related("area", "office") if low <= c.area.code <= high]
        return self.covering(area) or min(inside, key=lambda c: (c.area_id, -c.year), default=None)


LABELS = ("village__area", "township", "member", "task", "campaign")


class TaskQuerySet(models.QuerySet):
    """Tasks are plans, not local data: whoever may see figures of the campaign's area may read them."""

    def for_user(self, user: Any, permission: str = Permission.VIEW_FIGURES) -> Self:
        """Tasks of the campaigns whose area overlaps the user's."""
        campaigns = self.model.campaign.field.related_model.objects.for_user(user, permission)
        return self.filter(campaign__in=campaigns)

    def with_parts(self) -> Self:
        """Agencies and targets, in two more queries."""
        parts = self.model.agencies.rel.related_model._default_manager.select_related(
            "agency"
        ).order_by("order")
        return self.prefetch_related(Prefetch("agencies", parts), "targets")

    def all_codes(self) -> set[str]:
        """Indicators that any of these tasks names."""
        return {code for codes in self.values_list("indicators", flat=True) for code in codes}

    def codes_of(self, task: Any) -> set[str]:
        """Indicators of a task and of all tasks below it, in one query."""
        return codes_below(list(self.model.objects.filter(campaign=task.campaign_id))).get(
            task.pk, set()
        )


def codes_below(tasks: list[Any]) -> dict[int, set[str]]:
    """For each task of a campaign, the indicators of it and of all tasks below it."""
    codes: dict[int, set[str]] = {task.pk: set(task.indicators) for task in tasks}
    for task in sorted(
        tasks, key=lambda t: t.order, reverse=True
    ):  # children stand after their parent
        if task.parent_id in codes:
            codes[task.parent_id] |= codes[task.pk]
    return codes


def month_end(first: date) -> date:
    """The last day of the month that begins on `first`."""
    return first.replace(day=monthrange(first.year, first.month)[1])


class CaseQuerySet(ScopedQuerySet):
    HOUSEHOLD = "household_id"

    def for_user(self, user: Any, permission: str = Permission.VIEW_REGISTER) -> Self:
        """Cases the user may see: by area; helpers by household; agencies only what they lead or support."""
        roles = set(roles_with(permission))
        by_area = [
            g
            for g in user.current_grants
            if g.role in roles - {RoleCode.HELPER, RoleCode.AGENCY} and g.area
        ]
        visible = in_ranges(self.VILLAGE, merge_ranges(g.area.range for g in by_area))
        if user.has_role(RoleCode.HELPER, permission):
            visible |= Q(household_id__in=user.paired_household_ids())
        units = [
            g
            for g in user.current_grants
            if g.role == RoleCode.AGENCY and g.role in roles and g.area and g.agency_id
        ]
        if units:
            visible |= self._of_agencies(units)
        return self.filter(visible)

    def _of_agencies(self, grants: list[Any]) -> Q:
        named = self.model.task.field.related_model.objects.filter(
            agencies__agency__in={g.agency_id for g in grants}
        ).values_list("agencies__agency_id", "indicators")
        indicators: dict[int, set[str]] = {}
        for agency, codes in named:
            indicators.setdefault(agency, set()).update(codes)
        through = self.model.agencies.through._default_manager
        visible = Q(pk__in=[])
        for grant in grants:
            mine = Q(indicator__in=indicators.get(grant.agency_id, set())) | Q(
                Exists(through.filter(case=OuterRef("pk"), agency=grant.agency_id))
            )
            visible |= in_ranges(self.VILLAGE, [grant.area.range]) & mine
        return visible

    def live(self) -> Self:
        return self.filter(LIVE)

    def overdue(self, on: date) -> Self:
        return self.live().exclude(state=CaseState.SUSPENDED).filter(due_on__lt=on)

    def open_at(self, on: date) -> Self:
        """Cases that stood open when a day ended."""
        events = self.model.events.rel.related_model._default_manager
        last = events.filter(case=OuterRef("pk"), on__lte=on, kind__in=COUNTED).order_by(
            "-on", "-pk"
        )
        return self.annotate(last_turn=Subquery(last.values("kind")[:1])).filter(
            last_turn__in=RAISING
        )

    def with_turn(self, kind: str, date_from: date, date_to: date) -> Self:
        """Cases that were opened, reopened or closed between two days, both included."""
        events = self.model.events.rel.related_model._default_manager
        return self.filter(
            Exists(
                events.filter(case=OuterRef("pk"), kind=kind, on__gte=date_from, on__lte=date_to)
            )
        )

    def turn_count(self, kind: str, date_from: date, date_to: date) -> int:
        """How often something happened to these cases between two days; more than once to some."""
        events = self.model.events.rel.related_model._default_manager
        return events.filter(
            kind=kind, on__gte=date_from, on__lte=date_to, case__in=self.order_by().values("pk")
        ).count()

    def count_turns(self, asked: Mapping[str, "Turns"]) -> dict[str, dict[str, int]]:
        """How often something happened to these cases, by indicator and by the names of `asked`.

        A case that never came back tells its two turns itself (`opened_on`, `closed_on`), so that the
        events are read only of those that did. One query, two where there are any.
        """
        once, again = Q(reopened_count=0), Q(reopened_count__gt=0)
        told = {
            name: Count(
                "pk", filter=once & turns.within("closed_on" if turns.closing else "opened_on")
            )
            for name, turns in asked.items()
            if turns.closing or EventKind.OPENED in turns.kinds
        }
        rows = self.order_by().values("indicator")
        counts: dict[str, dict[str, int]] = {}
        came_back = False
        for row in rows.annotate(again=Count("pk", filter=again), **told):
            came_back |= bool(row.pop("again"))
            counts[row.pop("indicator")] = dict.fromkeys(asked, 0) | row
        if not came_back:
            return counts
        happened = {
            name: Count(
                "events", filter=Q(events__kind__in=turns.kinds) & turns.within("events__on")
            )
            for name, turns in asked.items()
        }
        for row in rows.filter(again, events__kind__in=COUNTED).annotate(**happened):
            by_name = counts[row.pop("indicator")]
            for name, number in row.items():
                by_name[name] += number
        return counts

    def stock(self, date_from: date, date_to: date) -> dict[str, "Stock"]:
        """Arithmetic of a period by indicator: opening, new, reopened, closed. Cost of `count_turns`."""
        before = date_from - timedelta(days=1)
        counted = self.count_turns(
            {
                "raised": Turns(RAISING, None, before),
                "settled": Turns((EventKind.CLOSED,), None, before),
                "new": Turns((EventKind.OPENED,), date_from, date_to),
                "reopened": Turns((EventKind.REOPENED,), date_from, date_to),
                "closed": Turns((EventKind.CLOSED,), date_from, date_to),
            }
        )
        return {
            indicator: Stock(n["raised"] - n["settled"], n["new"], n["reopened"], n["closed"])
            for indicator, n in counted.items()
            if any(n.values())
        }

    def waiting_for(self, user: Any, on: date) -> dict[str, int]:
        """What waits for a user to work, assign, verify or grant; one query for each right they hold."""
        within_week = Q(due_on__gte=on, due_on__lte=on + timedelta(days=7))
        working = Q(state__in=[CaseState.ASSIGNED, CaseState.RECTIFYING, CaseState.RETURNED])
        asked = {
            Permission.WORK_CASE: {
                "work": working,
                "late": working & Q(due_on__lt=on),
                "soon": working & within_week,
            },
            Permission.ASSIGN_CASE: {
                "assign": Q(state=CaseState.REGISTERED),
                "extension": Q(state=CaseState.EXTENSION),
            },
            Permission.VERIFY_CASE: {"verify": Q(state=CaseState.VERIFYING)},
        }
        found = dict.fromkeys((name for names in asked.values() for name in names), 0)
        for right, names in asked.items():
            if user.has_perm(right):
                counts = {name: Count("pk", filter=condition) for name, condition in names.items()}
                waiting = Q(*names.values(), _connector=Q.OR)
                rows = self.for_user(user, permission=right).live().filter(waiting)
                found |= rows.aggregate(**counts)
        return found

    def labelled(self, household: Any) -> list[Any]:
        """These cases of one household with what `with_labels` brings. A household seldom has any, and
        planning nine joins takes longer than reading them: nothing more is asked when there is none."""
        found: list[Any] = list(self.prefetch_related(*LABELS, "agencies"))
        for case in found:
            case.household = household
        return found

    def with_labels(self) -> Self:
        return self.select_related(*LABELS, "household").prefetch_related("agencies")


class CaseEventQuerySet(ScopedQuerySet):
    VILLAGE = "case__village_id"


@dataclass(frozen=True)
class Turns:
    """Events of some kinds between two days, both included; `first` None: since ever."""

    kinds: tuple[EventKind, ...]
    first: date | None
    last: date

    @property
    def closing(self) -> bool:
        return EventKind.CLOSED in self.kinds

    def within(self, column: str) -> Q:
        """The condition that the day in a column is one of these."""
        since = Q(**{f"{column}__gte": self.first}) if self.first else Q()
        return Q(**{f"{column}__lte": self.last}) & since


@dataclass(frozen=True)
class Stock:
    """期初 + 新增 + 反弹 − 销号 = 期末."""

    opening: int = 0
    new: int = 0
    reopened: int = 0
    closed: int = 0

    @property
    def closing(self) -> int:
        return self.opening + self.new + self.reopened - self.closed

    def __add__(self, other: "Stock") -> "Stock":
        return Stock(
            self.opening + other.opening,
            self.new + other.new,
            self.reopened + other.reopened,
            self.closed + other.closed,
        )


def total(by_indicator: dict[str, Stock], codes: Iterable[str] | None = None) -> Stock:
    """Sum over some indicators, each once; a case has one indicator, so no case is counted twice."""
    chosen = by_indicator.keys() if codes is None else by_indicator.keys() & set(codes)
    return sum((by_indicator[code] for code in chosen), Stock())


def stock(cases: CaseQuerySet, date_from: date, date_to: date, task: Any = None) -> Stock:
    """Arithmetic of a period over some cases (an area's, a user's); `task` narrows to its indicators."""
    found = cases.stock(date_from, date_to)
    return total(found, task.indicators if task is not None else None)
