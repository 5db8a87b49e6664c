"""What lists, cards and dashboards show of findings: counts, shares, and each finding in words."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.apps import apps
from django.db.models import Count, Exists, F, Max, OuterRef, Q, QuerySet
from django.db.models.functions import Mod
from django.utils.translation import gettext as _

from accounts.enums import Level
from accounts.models import Area
from accounts.roles import Permission
from core.display import display_value
from households.enums import REGISTERED_ALL
from households.models import HouseholdStatus
from households.permissions import sees_causes
from indicators.definitions import percent
from indicators.enums import ExceptionState, Severity
from indicators.expressions import Fact
from indicators.models import Finding, FindingBatch, FindingException
from indicators.permissions import can_list_units
from indicators.quality.declare import QualityRule
from indicators.quality.rules import RULES

DUE_WORKDAYS = 5  # domain §4.3, our default; weekends are left out, public holidays are not known
SHOWN_VALUES = 12
STEPS = {Level.CITY: 10**6, Level.COUNTY: 10**3, Level.TOWNSHIP: 1, Level.VILLAGE: 1}
PROVINCE_STEP = 10**8


# --- deadlines -----------------------------------------------------------------------------------


def due_on(since: date) -> date:
    """The last day to put a finding right: five working days after the night that first saw it."""
    day, left = since, DUE_WORKDAYS
    while left:
        day += timedelta(days=1)
        left -= day.weekday() < 5
    return day


def overdue_before(today: date) -> date:
    """Findings first seen on this day or earlier are overdue."""
    day = today - timedelta(days=1)
    while due_on(day) >= today:
        day -= timedelta(days=1)
    return day


# --- who sees which ------------------------------------------------------------------------------


def visible_rules(user: Any, area: Area | None) -> list[QualityRule]:
    """Rules whose findings a list shows the user: of the line of work, causes only to who may read them.

    A helper, who covers no area, sees all lines of the paired households.
    """
    causes = sees_causes(user)
    if area is not None and not user.covers(area, Permission.VIEW_REGISTER):
        area = None
    return [
        rule
        for rule in RULES.values()
        if (causes or not rule.is_private)
        and (area is None or can_list_units(user, area, rule.line))
    ]


def findings_for(user: Any, area: Area | None, on: date) -> QuerySet[Finding]:
    """What stands, as the newest nights have it, in the area and of the rules the user may list.

    Rows know `is_waived` and `is_asked`.
    """
    rows: Any = Finding.objects.for_user(user).latest_known()
    rows = rows.in_area(area) if area else rows
    codes = [rule.code for rule in visible_rules(user, area)]
    return with_states(rows.filter(rule__in=codes), on)


def with_states(rows: Any, on: date) -> Any:
    asked = FindingException.objects.filter(
        rule=OuterRef("rule"),
        subject_id=OuterRef("subject_id"),
        digest=OuterRef("digest"),
        state=ExceptionState.OPEN,
    )
    return rows.explained(on, FindingException.objects.all()).annotate(is_asked=Exists(asked))


# --- in words ------------------------------------------------------------------------------------


@dataclass
class Told:
    """A finding as a row shows it."""

    finding: Finding
    rule: QualityRule
    values: list[tuple[str, str]]
    missing: list[str]
    due: date
    is_overdue: bool
    is_waived: bool
    is_asked: bool

    @property
    def text(self) -> str:
        """The values in one line."""
        known = "；".join(f"{label} {value}" for label, value in self.values)
        empty = _("未填：%(names)s") % {"names": "、".join(self.missing)} if self.missing else ""
        return "；".join(part for part in (known, empty) if part)


def tell(findings: Iterable[Finding], today: date) -> list[Told]:
    """Findings whose rule still stands in the catalogue, in words; no query.

    A finding that is explained is not overdue.
    """
    told = []
    for finding in findings:
        rule = RULES.get(finding.rule)
        if rule is None:
            continue
        values, missing = words(rule, finding.seen)
        due = due_on(finding.since)
        is_waived = bool(getattr(finding, "is_waived", False))
        told.append(
            Told(
                finding=finding,
                rule=rule,
                values=values,
                missing=missing,
                due=due,
                is_overdue=due < today and not is_waived,
                is_waived=is_waived,
                is_asked=bool(getattr(finding, "is_asked", False)),
            )
        )
    return told


def words(rule: QualityRule, seen: dict[str, Any]) -> tuple[list[tuple[str, str]], list[str]]:
    """Values that were known, with their labels, and labels of what is missing."""
    known, empty = [], []
    for fact in rule.shown:
        text = said(fact, seen.get(fact.key))
        if text:
            known.append((fact.label, text))
        elif fact.key in rule.asked_for:
            empty.append(fact.label)
    return known[:SHOWN_VALUES], empty[:SHOWN_VALUES]


def said(fact: Fact, value: Any) -> str:
    """A stored value as people read it; "" when it was not known."""
    if value is None or value in ("", []):
        return ""
    if fact.kind == "date":
        return str(value)
    if isinstance(value, bool):
        return _("是") if value else _("否")
    if isinstance(value, (int, float)):
        number = Decimal(str(value))
        text = f"{number.normalize():,f}" if number else "0"
        return f"{text} {fact.unit}".strip()
    if fact.theme.model:
        model = apps.get_model(fact.theme.model)
        return display_value(model, fact.column, value)
    return str(value)


# --- counts and shares ---------------------------------------------------------------------------


@dataclass
class Share:
    """DQ-01 and DQ-02 of one area: households without a blocking finding, and how many findings there are.

    An explained finding is counted apart and its household has not passed.
    """

    area: Area | None
    households: int = 0
    failing: int = 0
    blocking: int = 0
    warnings: int = 0
    waived: int = 0

    @property
    def clean(self) -> int:
        return max(self.households - self.failing, 0)

    @property
    def percent(self) -> Decimal | None:
        return percent(self.clean, self.households)

    def add(self, other: "Share") -> None:
        for name in ("households", "failing", "blocking", "warnings", "waived"):
            setattr(self, name, getattr(self, name) + getattr(other, name))


def shares(area: Area, on: date) -> tuple[Share, list[Share]]:
    """Of the area and of each area right below it (a village: itself), as the newest nights have it.

    Four queries over the area's open findings and statuses, whatever its size.
    """
    step = STEPS.get(Level(area.level), PROVINCE_STEP)
    below = (
        [area]
        if area.level == Level.VILLAGE
        else list(Area.objects.filter(parent=area).order_by("code"))
    )
    by_code = {each.pk: Share(each) for each in below}
    registered = HouseholdStatus.objects.latest_known().filter(status__in=REGISTERED_ALL)
    for code, found in _grouped(registered.in_area(area), step, n=Count("pk")):
        _share(by_code, code).households = found["n"]
    rows: Any = Finding.objects.latest_known()
    rows = rows.in_area(area).explained(on, FindingException.objects.all())
    hard, soft = Q(severity=Severity.BLOCKING), Q(severity=Severity.WARNING)
    standing = Q(is_waived=False)
    counts = {
        "failing": Count("household_id", filter=hard, distinct=True),
        "blocking": Count("pk", filter=hard & standing),
        "warnings": Count("pk", filter=soft & standing),
        "waived": Count("pk", filter=~standing),
    }
    for code, found in _grouped(rows, step, **counts):
        share = _share(by_code, code)
        for name, count in found.items():
            setattr(share, name, count)
    total = Share(area)
    for share in by_code.values():
        total.add(share)
    return total, [share for share in by_code.values() if share.area]


def _share(by_code: dict[int, Share], code: int) -> Share:
    """Of a code without an area of its own: counted in the whole, shown nowhere."""
    return by_code.setdefault(code, Share(None))


def _grouped(rows: Any, step: int, **counts: Any) -> list[tuple[int, dict[str, int]]]:
    place = F("village_id") - Mod(F("village_id"), step)
    found = rows.order_by().annotate(place=place).values("place").annotate(**counts)
    return [(int(row.pop("place")), row) for row in found]


def by_rule(rows: Any) -> list[dict[str, Any]]:
    """How many findings of each rule stand and are explained, blocking rules first; one query."""
    counts = (
        rows.order_by()
        .values("rule")
        .annotate(
            standing=Count("pk", filter=Q(is_waived=False)),
            explained=Count("pk", filter=Q(is_waived=True)),
        )
    )
    told = [{**row, "rule": RULES[row["rule"]]} for row in counts if row["rule"] in RULES]
    return sorted(
        told, key=lambda row: (not row["rule"].is_blocking, -row["standing"], row["rule"].code)
    )


def newest_night(area: Area | None = None) -> date | None:
    """The date that the newest finished look at this area, or at any, was of."""
    done = FindingBatch.objects.exclude(done_at=None)
    if area is not None:
        low, high = area.range
        done = done.filter(low__lte=high, high__gte=low)
    newest: date | None = done.aggregate(on=Max("on"))["on"]
    return newest


def blocking_of(household_ids: Sequence[int], on: date) -> QuerySet[Finding]:
    """Blocking findings of households and their members that nobody has explained."""
    rows: Any = Finding.objects.latest_known().filter(
        household__in=household_ids, severity=Severity.BLOCKING
    )
    return rows.explained(on, FindingException.objects.all()).filter(is_waived=False)
