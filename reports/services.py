"""Every write of the monthly report: opening a month, drafting, submitting, correcting.

Permission is checked by the interfaces. `at` is the real moment a thing was done; `arrived_at` is
the business moment that decides whether a report came in time.
"""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import Agency, User
from core import audit
from indicators import figures
from indicators.definitions import CATALOGUE
from indicators.services import NoStandards
from reports import deadlines
from reports.enums import Answer, FilingState, Measure
from reports.models import Filing, Obligation
from tasks.enums import AgencyRole
from tasks.models import Campaign, Case, Task
from tasks.querysets import stock

RECEIVER = "leading_group_office"  # kind of the office the reports go to; it owes none itself
TEXTS = ("progress", "problems", "next_steps", "signed_by")


class Refused(Exception):
    """A filing that cannot be accepted as it stands; `problems` says each reason in Chinese."""

    def __init__(self, problems: Iterable[str]) -> None:
        self.problems = [str(problem) for problem in problems]
        super().__init__("；".join(self.problems))


class AlreadySubmitted(Exception):
    """The filing was submitted before; a correction is a new version."""


class StaleFiling(Exception):
    """Someone else saved the draft after this form was opened."""


@dataclass(frozen=True, kw_only=True)
class FilingInput:
    """What a person put into the form. `answers` maps a line's key to answer, own number, explanation."""

    answers: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    progress: str = ""
    problems: str = ""
    next_steps: str = ""
    signed_by: str = ""
    is_nil: bool = False


DUE_DAY_STANDARD = "report_due_day"


# ---------- obligations ----------


def lead_agencies(campaign: Campaign) -> list[Agency]:
    """Agencies that lead a leaf task and so owe reports: all but the office that receives them."""
    leads = Agency.objects.filter(
        task_roles__role=AgencyRole.LEAD,
        task_roles__task__campaign=campaign,
        task_roles__task__is_leaf=True,
    )
    return list(leads.exclude(kind=RECEIVER).distinct().order_by("pk"))


@transaction.atomic
def open_month(*, campaign: Campaign, month: date, at: datetime) -> list[Obligation]:
    """The obligations of one month that did not exist yet, now opened; none when run again."""
    month = deadlines.month_of(month)
    due = deadlines.due_at(month, due_day(campaign, month))
    held = set(
        Obligation.objects.filter(campaign=campaign, month=month).values_list(
            "agency_id", flat=True
        )
    )
    wanted = [
        Obligation(campaign=campaign, agency=agency, month=month, due_at=due)
        for agency in lead_agencies(campaign)
        if agency.pk not in held
    ]
    if not wanted:
        return []
    Obligation.objects.bulk_create(wanted, ignore_conflicts=True)
    audit.record(
        action="reports.open_month",
        by=None,
        at=at,
        target=campaign,
        detail={"month": month.isoformat(), "agencies": len(wanted)},
    )
    opened = [obligation.agency_id for obligation in wanted]
    return list(
        Obligation.objects.filter(campaign=campaign, month=month, agency__in=opened).order_by("pk")
    )


def due_day(campaign: Campaign, month: date) -> int:
    """The day of the following month by which a month's report is due: the standard in force then.

    Source: 包头市2019年脱贫攻坚“清零达标”专项行动实施方案, 四(二). Without a standard on file, the 8th.
    """
    then = deadlines.due_on(month)
    found = figures.standards_in_force([DUE_DAY_STANDARD], campaign.area, then)
    return int(found[0].value) if found else deadlines.DUE_DAY


def open_due_months(*, on: date, at: datetime) -> list[Obligation]:
    """Open, for every campaign, each month that is over and not open yet.

    A campaign reports on the months of its year. The first time only the month just over is opened;
    later, months missed while the system was off are opened too.
    """
    opened: list[Obligation] = []
    for campaign in Campaign.objects.order_by("pk"):
        over = min(deadlines.previous_month(on), date(campaign.year, 12, 1))
        if over < date(campaign.year, 1, 1):
            continue
        latest = (
            Obligation.objects.filter(campaign=campaign)
            .order_by("-month")
            .values_list("month", flat=True)
            .first()
        )
        for month in deadlines.months_between(latest or over, over):
            opened += open_month(campaign=campaign, month=month, at=at)
    return opened


@transaction.atomic
def move_deadline(
    *, obligation: Obligation, due_at: datetime, reason: str, by: User, at: datetime
) -> Obligation:
    """Give one obligation another due moment, for example over a holiday; kept on its row."""
    before = obligation.due_at
    obligation.due_at = due_at
    obligation.full_clean()
    obligation.save(update_fields=["due_at"])
    audit.record(
        action="reports.move_deadline",
        by=by,
        at=at,
        target=obligation,
        detail={"before": before.isoformat(), "after": due_at.isoformat(), "reason": reason},
    )
    return obligation


# ---------- what the form is filled with ----------


def led_tasks(obligation: Obligation) -> list[Task]:
    """Leaf tasks of the campaign that the agency leads, in the plan's order."""
    tasks = Task.objects.filter(
        campaign_id=obligation.campaign_id,
        is_leaf=True,
        agencies__agency_id=obligation.agency_id,
        agencies__role=AgencyRole.LEAD,
    )
    return list(
        tasks.distinct().prefetch_related("targets", "agencies__agency").order_by("order", "pk")
    )


def reported_indicators(tasks: Iterable[Task]) -> dict[str, list[str]]:
    """Indicators that can be computed and that the tasks or their targets name, with the tasks' codes."""
    named: dict[str, list[str]] = {}
    for task in tasks:
        for code in [*task.indicators, *(target.indicator for target in task.targets.all())]:
            if code in CATALOGUE and task.code not in named.setdefault(code, []):
                named[code].append(task.code)
    return {code: named[code] for code in CATALOGUE if code in named}


def computed_lines(obligation: Obligation, tasks: Iterable[Task]) -> list[dict[str, Any]]:
    """The figures asked about, as of the last day of the month and of the month before. Two queries."""
    area = obligation.campaign.area
    codes = reported_indicators(tasks)
    if not codes:
        return []
    now = month_figures(area, list(codes), obligation.figures_on)
    before_on = deadlines.month_end(deadlines.previous_month(obligation.month))
    before = month_figures(area, list(codes), before_on)
    return [
        line
        for code, task_codes in codes.items()
        for line in indicator_lines(
            code, task_codes, now.get((area.code, code)), before.get((area.code, code))
        )
    ]


def month_figures(area: Any, codes: list[str], on: date) -> dict[tuple[int, str], Any]:
    """Figures of a night; none at all while no standards are on file."""
    try:
        return figures.area_figures([area], codes, on=on)
    except NoStandards:
        return {}


def indicator_lines(
    code: str, task_codes: list[str], now: Any, before: Any
) -> list[dict[str, Any]]:
    """One line a measure; an indicator that counts something bad has only its count."""
    indicator = CATALOGUE[code]
    measures = [Measure.NUMERATOR] if not indicator.lists_gaps else list(Measure)
    return [
        {
            "key": f"{code}-{measure.value}",
            "tasks": task_codes,
            "indicator": code,
            "name": str(indicator.name),
            "measure": measure.value,
            "label": line_label(indicator, measure),
            "unit": str(indicator.unit),
            "denominator": figure_value(now, "denominator"),
            "status": str(now.status) if now else "",
            "computed": figure_value(now, measure.value),
            "before": figure_value(before, measure.value),
            "answer": "",
            "own": None,
            "explanation": "",
        }
        for measure in measures
    ]


def line_label(indicator: Any, measure: Measure) -> str:
    if not indicator.lists_gaps:
        return str(indicator.short_name)
    return f"{indicator.short_name}{measure.label}"


def figure_value(figure: Any, name: str) -> int | None:
    return None if figure is None else getattr(figure, name)


def month_arithmetic(obligation: Obligation) -> dict[str, int]:
    """Opening, new, reopened, closed and closing stock of the agency's cases in the month. One query."""
    cases = Case.objects.filter(campaign_id=obligation.campaign_id, agencies=obligation.agency_id)
    found = stock(cases, obligation.month, obligation.figures_on)
    return {
        name: getattr(found, name) for name in ("opening", "new", "reopened", "closed", "closing")
    }


# ---------- drafting and submitting ----------


def prefilled(*, obligation: Obligation, by: User, at: datetime) -> Filing:
    """The next version of the agency's report, filled from the figures and not yet saved.

    After a submission it is a correction and starts from what was submitted. A handful of queries.
    """
    base = obligation.filings.submitted().order_by("-version").first()
    lines = computed_lines(obligation, led_tasks(obligation))
    filing = Filing(
        obligation=obligation,
        version=base.version + 1 if base else 1,
        base=base,
        author=by,
        saved_at=at,
        lines=keep_answers(lines, base.lines) if base else lines,
        cases=month_arithmetic(obligation),
        revision=0,
    )
    if base:
        for name in (*TEXTS, "is_nil"):
            setattr(filing, name, getattr(base, name))
    return filing


@transaction.atomic
def save_draft(
    *,
    obligation: Obligation,
    content: FilingInput,
    revision: int,
    by: User,
    at: datetime,
    mark: str = "",
) -> Filing:
    """Keep what was typed; never refused for being incomplete.

    `revision` is the one the form was opened with (0: no draft yet), `mark` the figures it showed.
    Raises AlreadySubmitted when that revision was handed in, StaleFiling when it was saved elsewhere.
    """
    filing = _locked(obligation, revision, mark, by, at)
    _fill(filing, content)
    _keep(filing, by, at)
    audit.record(
        action="reports.save_draft",
        by=by,
        at=at,
        target=filing,
        detail={"version": filing.version, "revision": filing.revision},
    )
    return filing


@transaction.atomic
def refresh_draft(*, obligation: Obligation, revision: int, by: User, at: datetime) -> Filing:
    """Fetch the computed figures again; answers stay where the figure did not move."""
    filing = _locked(obligation, revision, "", by, at)
    filing.lines = keep_answers(computed_lines(obligation, led_tasks(obligation)), filing.lines)
    filing.cases = month_arithmetic(obligation)
    _keep(filing, by, at)
    audit.record(
        action="reports.refresh_draft",
        by=by,
        at=at,
        target=filing,
        detail={"revision": filing.revision},
    )
    return filing


@transaction.atomic
def submit_filing(
    *,
    obligation: Obligation,
    content: FilingInput,
    revision: int,
    by: User,
    at: datetime,
    arrived_at: datetime,
    mark: str = "",
) -> Filing:
    """Hand the report in; on time or late by the business moment it arrived.

    Raises Refused with every reason, AlreadySubmitted, StaleFiling.
    """
    filing = _locked(obligation, revision, mark, by, at)
    _fill(filing, content)
    reasons = missing(filing)
    if reasons:
        raise Refused(reasons)
    if filing.is_nil:
        filing.lines = [line | {"answer": Answer.CONFIRM.value} for line in filing.lines]
    filing.state, filing.submitted_at = FilingState.SUBMITTED, arrived_at
    filing.receipt = receipt_number(filing)
    _keep(filing, by, at)
    audit.record(
        action="reports.submit",
        by=by,
        at=at,
        target=filing,
        detail={
            "receipt": filing.receipt,
            "version": filing.version,
            "nil": filing.is_nil,
            "timeliness": deadlines.timeliness(arrived_at, obligation.due_at).value,
        },
    )
    return filing


@transaction.atomic
def open_correction(*, obligation: Obligation, by: User, at: datetime) -> Filing:
    """Begin a new version of what was submitted; the one that is already begun, if there is one.

    The first submission keeps deciding whether the agency reported in time.
    """
    Obligation.objects.select_for_update().get(pk=obligation.pk)
    draft = obligation.filings.drafts().first()
    if draft:
        return draft
    filing = prefilled(obligation=obligation, by=by, at=at)
    _keep(filing, by, at)
    audit.record(
        action="reports.open_correction",
        by=by,
        at=at,
        target=filing,
        detail={"version": filing.version},
    )
    return filing


def missing(filing: Filing) -> list[str]:
    """Every reason why the filing cannot be submitted, in Chinese; empty when it can."""
    reasons: list[str] = []
    if filing.is_nil and filing.figures_moved:
        reasons.append(_("本月数字有变化，不能作零报告"))
    if not filing.is_nil:
        reasons += line_reasons(filing.lines)
        if not filing.progress.strip():
            reasons.append(_("工作进展未填"))
    if not filing.signed_by.strip():
        reasons.append(_("第一责任人未填"))
    return reasons


def line_reasons(lines: Iterable[Mapping[str, Any]]) -> list[str]:
    reasons: list[str] = []
    for line in lines:
        if line["answer"] not in Answer.values:
            reasons.append(_("%(label)s：未答，请确认系统数或另报数") % {"label": line["label"]})
        elif line["answer"] == Answer.CONFIRM and line["computed"] is None:
            reasons.append(_("%(label)s：系统尚无数字，请另报数") % {"label": line["label"]})
        elif line["answer"] == Answer.OWN and line["own"] is None:
            reasons.append(_("%(label)s：另报数未填") % {"label": line["label"]})
        elif line["answer"] == Answer.OWN and not str(line["explanation"]).strip():
            reasons.append(_("%(label)s：另报数须说明原因") % {"label": line["label"]})
    return reasons


def receipt_number(filing: Filing) -> str:
    """SHW-201910-7K3D: agency, month and four signs that follow from the submission itself."""
    source = (
        f"{filing.obligation_id}:{filing.version}:{filing.submitted_at:%Y%m%d%H%M%S%f}".encode()
    )
    signs = hashlib.sha256(source).hexdigest()[:6].upper()
    return f"{filing.obligation.agency.code}-{filing.obligation.month:%Y%m}-{signs}"


def keep_answers(
    lines: list[dict[str, Any]], old: Iterable[Mapping[str, Any]]
) -> list[dict[str, Any]]:
    """New figures with the old answers, except where the figure itself has changed."""
    held = {line["key"]: line for line in old}
    kept = []
    for line in lines:
        before = held.get(line["key"])
        if before and before["computed"] == line["computed"]:
            line |= {name: before[name] for name in ("answer", "own", "explanation")}
        kept.append(line)
    return kept


def _fill(filing: Filing, content: FilingInput) -> None:
    for name in (*TEXTS, "is_nil"):
        setattr(filing, name, getattr(content, name))
    filing.lines = [line | _answer(content.answers.get(line["key"], {})) for line in filing.lines]


def _answer(told: Mapping[str, Any]) -> dict[str, Any]:
    answer = str(told.get("answer") or "")
    is_own = answer == Answer.OWN
    return {
        "answer": answer if answer in Answer.values else "",
        "own": told.get("own") if is_own else None,
        "explanation": str(told.get("explanation") or "") if is_own else "",
    }


def _locked(obligation: Obligation, revision: int, mark: str, by: User, at: datetime) -> Filing:
    """The draft the form was opened on, locked; a new pre-filled one for revision 0."""
    Obligation.objects.select_for_update().get(pk=obligation.pk)
    draft = obligation.filings.drafts().first()
    if draft is None and revision == 0 and not obligation.filings.submitted().exists():
        draft = prefilled(obligation=obligation, by=by, at=at)
        if mark and mark != draft.mark:
            raise StaleFiling(_("系统数已更新，请刷新页面后再填"))
        return draft
    if draft is None:
        receipt = (
            obligation.filings.submitted()
            .order_by("-version")
            .values_list("receipt", flat=True)
            .first()
        )
        raise AlreadySubmitted(_("这份月报已报送，回执号 %(receipt)s") % {"receipt": receipt or ""})
    if draft.revision != revision:
        raise StaleFiling(_("草稿已在别处保存过，请刷新页面后再填"))
    draft.obligation = obligation
    return draft


def _keep(filing: Filing, by: User, at: datetime) -> None:
    filing.author, filing.saved_at, filing.revision = by, at, filing.revision + 1
    filing.full_clean()
    filing.save()
