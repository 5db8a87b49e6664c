"""Every write of the campaign: loading its plan, opening cases from gaps, and the acts of people.

The caller has checked the right (`tasks.permissions`); services check what must hold whoever asks.
A case changes state only in `_turn`, along `enums.TRANSITIONS`.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import connection, transaction

from accounts.enums import Line
from accounts.models import Agency, Area, User
from core import audit
from indicators.definitions import CATALOGUE
from indicators.enums import Verdict
from indicators.models import Gap
from tasks.enums import TRANSITIONS, AgencyRole, CaseState, Category, EventKind
from tasks.models import Campaign, Case, CaseEvent, Phase, Target, Task, TaskAgency

# Whoever did one of these has rectified and may not close.
RECTIFYING_ACTS = (
    EventKind.STARTED,
    EventKind.PROGRESS,
    EventKind.APPLIED,
    EventKind.EXTENSION_ASKED,
)

SYNC_LOCK = 7301  # one synchronisation at a time: it numbers the cases


class CaseRefused(Exception):
    """An act that the case does not allow; the subclasses say why."""


class WrongState(CaseRefused):
    """The case is not in a state in which this may be done."""


class StaleCase(CaseRefused):
    """The case has changed since the person read it."""


class GapStands(CaseRefused):
    """The newest figures do not say that the unit meets the standard."""


class OwnRectification(CaseRefused):
    """Whoever closes took part in the rectification."""


class OwnUnit(CaseRefused):
    """Whoever closes belongs to a unit that rectified or answers for the case."""


class MissingReason(CaseRefused):
    """The act needs a reason."""


class BadDueDate(CaseRefused):
    """The new due date does not lie after the old one."""


class BackDated(CaseRefused):
    """The act is dated before the case's last turn."""


@dataclass(frozen=True, kw_only=True)
class Act:
    """Who does something to a case, when, on which version of it, and what they say."""

    by: User
    at: datetime
    on: date
    base_version: int
    note: str = ""


# --- Acts of people ------------------------------------------------------------------------------


@transaction.atomic
def assign_case(*, case: Case, act: Act, due_on: date | None = None) -> Case:
    """交办: hand the case to its responsible units, with a due date."""
    case = _held(case, act)
    if due_on is not None:
        if due_on < act.on:
            raise BadDueDate
        case.due_on = due_on
    return _turn(case, EventKind.ASSIGNED, act)


@transaction.atomic
def start_rectifying(*, case: Case, act: Act) -> Case:
    """The responsible unit takes the work up."""
    return _turn(_held(case, act), EventKind.STARTED, act)


@transaction.atomic
def log_progress(*, case: Case, act: Act) -> Case:
    """What was done so far."""
    return _turn(_held(case, act), EventKind.PROGRESS, _with_reason(act))


@transaction.atomic
def apply_for_closing(*, case: Case, act: Act) -> Case:
    """申请销号; where the newest figures already agree the case goes on to verification at once."""
    case = _turn(_held(case, act), EventKind.APPLIED, _with_reason(act))
    return case if verdict_now(case) else _system_turn(case, EventKind.MET, act)


@transaction.atomic
def return_case(*, case: Case, act: Act) -> Case:
    """退回 to the rectifying unit, with a reason."""
    return _turn(_held(case, act), EventKind.RETURNED, _with_reason(act))


@transaction.atomic
def ask_extension(*, case: Case, act: Act, due_on: date) -> Case:
    """Ask for a later due date, with a reason."""
    case = _held(case, act)
    if due_on <= max(case.due_on, act.on):
        raise BadDueDate
    case.asked_due_on = due_on
    return _turn(
        case, EventKind.EXTENSION_ASKED, _with_reason(act), detail={"due_on": due_on.isoformat()}
    )


@transaction.atomic
def grant_extension(*, case: Case, act: Act) -> Case:
    """The asked due date becomes the due date."""
    case = _held(case, act)
    if case.state == CaseState.EXTENSION and case.asked_due_on:
        case.due_on = case.asked_due_on
    case.asked_due_on = None
    return _turn(case, EventKind.EXTENSION_GRANTED, act, detail={"due_on": case.due_on.isoformat()})


@transaction.atomic
def refuse_extension(*, case: Case, act: Act) -> Case:
    """The due date stays."""
    case = _held(case, act)
    case.asked_due_on = None
    return _turn(case, EventKind.EXTENSION_REFUSED, _with_reason(act))


@transaction.atomic
def suspend_case(*, case: Case, act: Act) -> Case:
    """挂起: nothing can be done for now; the case is not overdue while it rests."""
    return _turn(_held(case, act), EventKind.SUSPENDED, _with_reason(act))


@transaction.atomic
def resume_case(*, case: Case, act: Act) -> Case:
    return _turn(_held(case, act), EventKind.RESUMED, act)


@transaction.atomic
def close_case(*, case: Case, act: Act) -> Case:
    """销号: by a person outside the rectifying units, and only while the figures agree.

    Raises GapStands, OwnRectification or OwnUnit.
    """
    case = _held(case, act)
    _need_state(case, EventKind.CLOSED)
    need_closable(case=case, by=act.by, on=act.on, standing=verdict_now(case))
    case.closed_on = act.on
    return _turn(case, EventKind.CLOSED, act)


PLAIN_ACTS: dict[str, Callable[..., Case]] = {
    "start": start_rectifying,
    "progress": log_progress,
    "apply": apply_for_closing,
    "grant": grant_extension,
    "refuse": refuse_extension,
    "close": close_case,
    "return": return_case,
    "suspend": suspend_case,
    "resume": resume_case,
}


def perform(name: str, *, case: Case, act: Act, due_on: date | None = None) -> Case:
    """The service of an act by its name in addresses (`permissions.ACTS`)."""
    if name == "assign":
        return assign_case(case=case, act=act, due_on=due_on)
    if name == "extension":
        if due_on is None:
            raise BadDueDate
        return ask_extension(case=case, act=act, due_on=due_on)
    return PLAIN_ACTS[name](case=case, act=act)


def _held(case: Case, act: Act) -> Case:
    """The case under its row lock, if it is still as the person read it."""
    held = Case.objects.select_for_update().get(pk=case.pk)
    if held.version != act.base_version:
        raise StaleCase
    return held


def _with_reason(act: Act) -> Act:
    if not act.note.strip():
        raise MissingReason
    return act


def _need_state(case: Case, kind: str) -> str:
    """The state the event leads to; WrongState where the table knows no such turn."""
    before, after = TRANSITIONS[kind]
    if case.state not in before:
        raise WrongState
    return after


def _turn(case: Case, kind: str, act: Act, *, detail: Mapping[str, Any] | None = None) -> Case:
    """The one place where a person changes a case's state: event, cache and audit row together."""
    after = _need_state(case, kind)
    if act.on < case.changed_on:
        raise BackDated
    unit = acting_grant(act.by, case, act.on)
    CaseEvent.objects.create(
        case=case,
        kind=kind,
        from_state=case.state,
        to_state=after,
        on=act.on,
        at=act.at,
        by=act.by,
        agency=unit.agency if unit else None,
        area=unit.area if unit else None,
        note=act.note.strip()[:500],
    )
    case.state, case.changed_on, case.version = after, act.on, case.version + 1
    case.full_clean(validate_unique=False, validate_constraints=False)
    case.save()
    audit.record(
        action=f"case.{kind.lower()}",
        by=act.by,
        at=act.at,
        target=case,
        village_id=case.village_id,
        detail={"number": case.number, **(detail or {})},
    )
    return case


def _system_turn(case: Case, kind: str, act: Act) -> Case:
    """A turn that the figures make within a person's act."""
    after = _need_state(case, kind)
    CaseEvent.objects.create(
        case=case, kind=kind, from_state=case.state, to_state=after, on=act.on, at=act.at
    )
    case.state, case.version = after, case.version + 1
    case.save(update_fields=["state", "version"])
    return case


def acting_grant(user: User, case: Case, on: date) -> Any:
    """The grant a person acts through: the narrowest area of theirs that holds the case's village."""
    spans = [(grant, *grant.area.range) for grant in user.load_grants(on) if grant.area]
    held = [
        (high - low, grant.pk, grant)
        for grant, low, high in spans
        if low <= case.village_id <= high
    ]
    return min(held)[2] if held else None


def verdict_now(case: Case) -> str:
    """What the newest figures hold against the unit; empty when nothing does."""
    gap = Gap.objects.latest_known().filter(
        indicator=case.indicator, subject_kind=case.subject_kind, subject_id=case.subject_id
    )
    return gap.order_by("-valid_from").values_list("verdict", flat=True).first() or ""


def need_closable(*, case: Case, by: User, on: date, standing: str) -> None:
    """The unit is met, and the person belongs to no unit that rectified or answers for the case.

    Raises GapStands, OwnRectification or OwnUnit.
    """
    if standing:
        raise GapStands
    acts = list(
        CaseEvent.objects.filter(case=case, kind__in=RECTIFYING_ACTS).values_list(
            "by_id", "agency_id", "area_id"
        )
    )
    if by.pk in {actor for actor, _agency, _area in acts}:
        raise OwnRectification
    grants = by.load_grants(on)
    agencies = {agency for _actor, agency, _area in acts if agency} | set(
        case.agencies.values_list("pk", flat=True)
    )
    if agencies & {g.agency_id for g in grants if g.agency_id}:
        raise OwnUnit
    low, high = case.township.range if case.township else (case.village_id, case.village_id)
    if any(g.area and low <= g.area.range[0] and g.area.range[1] <= high for g in grants):
        raise OwnUnit


# --- Cases from figures --------------------------------------------------------------------------


@dataclass(frozen=True)
class Synced:
    """What a synchronisation changed."""

    opened: int = 0
    reopened: int = 0
    verifying: int = 0
    sent_back: int = 0
    moved: int = 0


@transaction.atomic
def sync_cases(*, low: int, high: int, on: date, at: datetime) -> Synced:
    """Bring the cases of a range of villages in line with the gaps of a date; safe to repeat.

    A unit that is NOT_MET by an indicator that opens cases and has no live case gets one: its case
    closed within the campaign's 180 days reopens (反弹), otherwise a new case opens. An applied case
    whose unit has no gap goes to verification; one in verification whose unit is NOT_MET again goes
    back. Nothing is closed here, unknown opens nothing. A case whose last turn is later than `on` is
    left alone, and so is a village for which a later date was computed. A fixed number of statements
    whatever the number of gaps.
    """
    gap_sql, gap_params = (
        Gap.objects.as_of(on)
        .filter(village_id__gte=low, village_id__lte=high, verdict=Verdict.NOT_MET)
        .filter(indicator__in=[code for code, d in CATALOGUE.items() if d.opens_cases])
        .order_by()
        .values_list("village_id", "indicator", "subject_kind", "subject_id", "household_id")
        .query.sql_with_params()
    )
    any_sql, any_params = (
        Gap.objects.as_of(on)
        .order_by()
        .values_list("indicator", "subject_kind", "subject_id")
        .query.sql_with_params()
    )
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [SYNC_LOCK])
        cursor.execute("DROP TABLE IF EXISTS pg_temp.standing_gap")
        cursor.execute(
            "CREATE TEMP TABLE standing_gap ON COMMIT DROP AS SELECT village_id, indicator, subject_kind, subject_id, "
            f"household_id FROM ({gap_sql}) g WHERE NOT {_OUTDATED.format(village='g.village_id')}",
            [*gap_params, on],
        )
        cursor.execute("ANALYZE standing_gap")
        names: dict[str, Any] = {"on": on, "at": at, "low": low, "high": high}

        def run(sql: str) -> int:
            cursor.execute(sql, names)
            return int(cursor.fetchone()[0])

        moved = run(_MOVE)
        reopened = run(_REOPEN)
        opened = run(_OPEN)
        cursor.execute(
            _MET.format(gaps=any_sql, outdated=_OUTDATED.format(village="c.village_id")),
            [*any_params, low, high, on, on, on, on, at],
        )
        verifying = int(cursor.fetchone()[0])
        sent_back = run(_UNMET)
    done = Synced(opened, reopened, verifying, sent_back, moved)
    if done != Synced():
        audit.record(
            action="case.sync",
            by=None,
            at=at,
            village_id=low if low == high else None,
            detail={"low": low, "high": high, "on": on.isoformat(), **done.__dict__},
        )
    return done


# A village with a later night on record: these figures say nothing about its cases of now.
_OUTDATED = "EXISTS (SELECT 1 FROM indicators_runnight r WHERE r.on > %s AND {village} BETWEEN r.low AND r.high)"

_SAME = (
    "c.indicator = g.indicator AND c.subject_kind = g.subject_kind AND c.subject_id = g.subject_id"
)

_MOVE = f"""
WITH moved AS (
  UPDATE tasks_case c SET village_id = g.village_id, township_id = a.parent_id, household_id = CASE
      WHEN c.subject_kind = 'VILLAGE' THEN NULL ELSE g.household_id END
  FROM standing_gap g JOIN accounts_area a ON a.code = g.village_id
  WHERE {_SAME} AND c.state <> 'CLOSED' AND c.changed_on <= %(on)s
    AND (c.village_id <> g.village_id OR (c.subject_kind <> 'VILLAGE' AND c.household_id <> g.household_id))
  RETURNING 1)
SELECT count(*) FROM moved
"""

_REOPEN = f"""
WITH last AS (
  SELECT DISTINCT ON (c.indicator, c.subject_kind, c.subject_id) c.id
  FROM standing_gap g JOIN tasks_case c ON {_SAME}
  LEFT JOIN tasks_campaign p ON p.id = c.campaign_id
  WHERE c.state = 'CLOSED' AND c.changed_on <= %(on)s AND c.closed_on >= %(on)s - coalesce(p.reopen_days, 180)
    AND NOT EXISTS (SELECT 1 FROM tasks_case l WHERE l.indicator = g.indicator
      AND l.subject_kind = g.subject_kind AND l.subject_id = g.subject_id AND l.state <> 'CLOSED')
  ORDER BY c.indicator, c.subject_kind, c.subject_id, c.closed_on DESC, c.id DESC),
again AS (
  UPDATE tasks_case c SET state = 'REGISTERED', closed_on = NULL, changed_on = %(on)s,
    reopened_count = reopened_count + 1, version = version + 1,
    due_on = %(on)s + coalesce((SELECT due_days FROM tasks_campaign p WHERE p.id = c.campaign_id), 30)::int
  FROM last WHERE last.id = c.id RETURNING c.id),
told AS (
  INSERT INTO tasks_caseevent (case_id, kind, from_state, to_state, "on", at, note)
  SELECT id, 'REOPENED', 'CLOSED', 'REGISTERED', %(on)s, %(at)s, '' FROM again)
SELECT count(*) FROM again
"""

# The campaign is the nearest above the village, then the newest; the task the first leaf that names
# the indicator. Due: the campaign's days, but never past a target's deadline that is still to come.
_OPEN = f"""
WITH campaign AS (
  SELECT p.id, p.year, p.due_days, p.office_id, a.code AS low, a.code - 1 + CASE a.level
      WHEN 'province' THEN 10000000000 WHEN 'city' THEN 100000000 WHEN 'county' THEN 1000000
      WHEN 'township' THEN 1000 ELSE 1 END AS high
  FROM tasks_campaign p JOIN accounts_area a ON a.code = p.area_id),
fresh AS (
  SELECT g.*, v.parent_id AS township_id, p.id AS campaign_id, p.office_id, t.id AS task_id,
    CASE WHEN t.deadline >= %(on)s THEN least(%(on)s + coalesce(p.due_days, 30)::int, t.deadline)
      ELSE %(on)s + coalesce(p.due_days, 30)::int END AS due_on,
    row_number() OVER (ORDER BY g.village_id, g.indicator, g.subject_id) AS n
  FROM standing_gap g JOIN accounts_area v ON v.code = g.village_id
  LEFT JOIN LATERAL (SELECT * FROM campaign p WHERE g.village_id BETWEEN p.low AND p.high
    ORDER BY p.high - p.low, p.year DESC LIMIT 1) p ON true
  LEFT JOIN LATERAL (SELECT t.id, (SELECT min(x.deadline) FROM tasks_target x
      WHERE x.task_id = t.id AND x.indicator = g.indicator) AS deadline
    FROM tasks_task t WHERE t.campaign_id = p.id AND t.is_leaf AND g.indicator = ANY (t.indicators)
    ORDER BY t."order" LIMIT 1) t ON true
  WHERE NOT EXISTS (SELECT 1 FROM tasks_case c LEFT JOIN tasks_campaign q ON q.id = c.campaign_id
    WHERE {_SAME} AND (c.state <> 'CLOSED' OR c.closed_on >= %(on)s - coalesce(q.reopen_days, 180)))),
made AS (
  INSERT INTO tasks_case (number, year, serial, campaign_id, task_id, indicator, subject_kind, subject_id,
    village_id, township_id, household_id, member_id, state, opened_on, due_on, changed_on, reopened_count, version)
  SELECT to_char(%(on)s, 'YYYY') || '-' || lpad(s::text, greatest(4, length(s::text)), '0'),
    extract(year FROM %(on)s)::int, s, campaign_id, task_id, indicator, subject_kind, subject_id, village_id,
    township_id, CASE WHEN subject_kind = 'VILLAGE' THEN NULL ELSE household_id END,
    CASE WHEN subject_kind = 'MEMBER' THEN subject_id END, 'REGISTERED', %(on)s, due_on, %(on)s, 0, 1
  FROM (SELECT fresh.*, n + coalesce((SELECT max(serial) FROM tasks_case
    WHERE year = extract(year FROM %(on)s)::int), 0) AS s FROM fresh) numbered
  RETURNING id, campaign_id, indicator),
told AS (
  INSERT INTO tasks_caseevent (case_id, kind, from_state, to_state, "on", at, note)
  SELECT id, 'OPENED', '', 'REGISTERED', %(on)s, %(at)s, '' FROM made),
led AS (
  SELECT DISTINCT m.id, ta.agency_id FROM made m
  JOIN tasks_task t ON t.campaign_id = m.campaign_id AND t.is_leaf AND m.indicator = ANY (t.indicators)
  JOIN tasks_taskagency ta ON ta.task_id = t.id AND ta.role = 'LEAD'),
routed AS (
  INSERT INTO tasks_caseagency (case_id, agency_id)
  SELECT id, agency_id FROM led
  UNION
  SELECT m.id, p.office_id FROM made m JOIN tasks_campaign p ON p.id = m.campaign_id
  WHERE p.office_id IS NOT NULL AND NOT EXISTS (SELECT 1 FROM led WHERE led.id = m.id))
SELECT count(*) FROM made
"""

_MET = """
WITH gap (indicator, subject_kind, subject_id) AS ({gaps}),
met AS (
  SELECT c.id FROM tasks_case c
  WHERE c.village_id BETWEEN %s AND %s AND c.state = 'APPLIED' AND c.changed_on <= %s
    AND NOT {outdated}
    AND NOT EXISTS (SELECT 1 FROM gap g WHERE c.indicator = g.indicator AND c.subject_kind = g.subject_kind
      AND c.subject_id = g.subject_id)),
turned AS (
  UPDATE tasks_case c SET state = 'VERIFYING', changed_on = %s, version = version + 1
  FROM met WHERE met.id = c.id AND c.state = 'APPLIED' RETURNING c.id),
told AS (
  INSERT INTO tasks_caseevent (case_id, kind, from_state, to_state, "on", at, note)
  SELECT id, 'MET', 'APPLIED', 'VERIFYING', %s, %s, '' FROM turned)
SELECT count(*) FROM turned
"""

_UNMET = f"""
WITH turned AS (
  UPDATE tasks_case c SET state = 'RECTIFYING', changed_on = %(on)s, version = version + 1
  FROM standing_gap g WHERE {_SAME} AND c.state = 'VERIFYING' AND c.changed_on <= %(on)s RETURNING c.id),
told AS (
  INSERT INTO tasks_caseevent (case_id, kind, from_state, to_state, "on", at, note)
  SELECT id, 'UNMET', 'VERIFYING', 'RECTIFYING', %(on)s, %(at)s, '' FROM turned)
SELECT count(*) FROM turned
"""


# --- The plan ------------------------------------------------------------------------------------


@dataclass
class Loaded:
    """What loading a plan found and changed."""

    campaign: str = ""
    agencies: int = 0
    phases: int = 0
    tasks: int = 0
    leaf_tasks: int = 0
    targets: int = 0
    changed: int = 0


@transaction.atomic
def load_campaign(*, plan: Mapping[str, Any], at: datetime) -> Loaded:
    """Bring a campaign in line with its plan's file; a second run changes nothing.

    Agencies belong to the campaign's area. What the file no longer names among a task's agencies
    and targets goes; tasks and phases stay. Raises Area.DoesNotExist where the area is not on file.
    """
    source = plan["source"]
    done = Loaded()

    def put(manager: Any, key: Mapping[str, Any], values: Mapping[str, Any]) -> Any:
        row = manager.filter(**key).first()
        if row is None:
            done.changed += 1
            return manager.create(**key, **values)
        stale = [name for name, value in values.items() if getattr(row, name) != value]
        if stale:
            done.changed += 1
            for name in stale:
                setattr(row, name, values[name])
            row.save(update_fields=stale)
        return row

    area = Area.objects.get(code=int(str(source["region_code"]).ljust(12, "0")))
    agencies: dict[str, Agency] = {}
    for item in plan["agencies"]:
        values = {
            "name": item["name"],
            "kind": item["kind"],
            "line": item.get("line", Line.GENERAL),
        }
        agencies[item["code"]] = put(Agency.objects, {"area": area, "code": item["code"]}, values)
    campaign = put(
        Campaign.objects,
        {"code": source.get("campaign") or f"{source['region_code']}-{source['year']}"},
        {
            "name": source.get("name") or source["title"],
            "area": area,
            "year": source["year"],
            "document": source["title"],
            "based_on": source.get("based_on") or "",
            "office": agencies.get(source.get("office", "")),
        },
    )
    for item in plan["phases"]:
        values = {
            "name": item["title"],
            "starts_on": _day(item["start"]),
            "ends_on": _day(item["end"]),
        }
        put(Phase.objects, {"campaign": campaign, "code": item["code"]}, values)
    tasks: dict[str, Task] = {}
    for order, item in enumerate(plan["tasks"], start=1):
        task = tasks[item["code"]] = put(
            Task.objects,
            {"campaign": campaign, "code": item["code"]},
            {
                "parent": tasks.get(item["parent"]),
                "title": item["title"],
                "category": _category(item["category"]),
                "is_leaf": item["is_leaf"],
                "section": item.get("seed_section") or "",
                "indicators": item["indicators"],
                "evidence": item.get("evidence_documents") or [],
                "order": order,
            },
        )
        parts = [(code, AgencyRole.LEAD) for code in item["lead_agencies"]]
        parts += [(code, AgencyRole.SUPPORT) for code in item["supporting_agencies"]]
        for place, (code, role) in enumerate(parts):
            put(
                TaskAgency.objects,
                {"task": task, "agency": agencies[code]},
                {"role": role, "order": place},
            )
        named = [agencies[code].pk for code, _role in parts]
        done.changed += TaskAgency.objects.filter(task=task).exclude(agency__in=named).delete()[0]
        for place, target in enumerate(item["targets"]):
            put(Target.objects, {"task": task, "order": place}, _target(target))
        done.changed += Target.objects.filter(task=task, order__gte=len(item["targets"])).delete()[
            0
        ]
        done.targets += len(item["targets"])
    done.campaign, done.agencies, done.phases = campaign.code, len(agencies), len(plan["phases"])
    done.tasks, done.leaf_tasks = len(tasks), sum(task.is_leaf for task in tasks.values())
    if done.changed:
        audit.record(
            action="campaign.load",
            by=None,
            at=at,
            target=campaign,
            detail={"changed": done.changed},
        )
    return done


def _target(item: Mapping[str, Any]) -> dict[str, Any]:
    value = Target._meta.get_field("value").to_python(item["value"])
    return {
        "metric": item.get("metric_zh") or item["metric"],
        "operator": item["operator"],
        "value": value,
        "unit": item["unit"],
        "scope": item.get("scope_zh") or item.get("scope") or "",
        "indicator": item["indicator"],
        "deadline": _day(item["deadline"]),
    }


def _category(label: str) -> str:
    return next(code for code, name in Category.choices if str(name) == label)


def _day(value: Any) -> date:
    return value if isinstance(value, date) else date.fromisoformat(value)
