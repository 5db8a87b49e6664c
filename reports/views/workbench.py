"""工作台: what waits for this person today, how far the villages are, what changed overnight."""

from datetime import date, timedelta
from typing import Any

from django.db.models import Count
from django.http import HttpRequest
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.views.generic import TemplateView

from accounts.enums import Level, RoleCode
from accounts.models import Area
from accounts.roles import Permission
from accounts.scope import own_area, page_area
from core import clock, slots
from core.access import Access, AccessMixin
from households.enums import CheckState
from households.models import Household, HouseholdCheck
from indicators import parity
from indicators.definitions import CATALOGUE
from indicators.enums import RunState, Verdict
from indicators.models import Gap, Run
from indicators.services import NoStandards
from indicators.services import totals as run_totals
from reports import board, deadlines
from reports.enums import FILED_STATES, ObligationState
from reports.models import Obligation
from reports.views.dashboard import Scope, address
from reports.views.filing import with_standing
from reports.views.obligation import month_rows, percent, tally
from tasks.models import Case

DRAFTS_SHOWN = 5


class WorkbenchView(AccessMixin, TemplateView):
    """The start page of every role; people without an area get a list of what they can do."""

    access = Access()
    template_name = "reports/workbench.html"

    @cached_property
    def has_area(self) -> bool:
        return own_area(self.request.user) is not None

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        request = self.request
        context = super().get_context_data(**kwargs) | {
            "today": clock.today(),
            "todo": todo_rows(request),
        }
        context |= {"drafts": drafts(request)}
        if self.has_area and request.user.has_perm(Permission.VIEW_FIGURES):
            scope = Scope(request)
            progress = village_progress(scope)
            context |= {"area": scope.area, "scope": scope} | progress
            context |= filing_side(request, scope) | night_side(request, scope)
        elif self.has_area:
            context |= {"area": page_area(request), "paired_count": paired_count(request)}
        context["todo_total"] = sum(row["count"] for row in context["todo"])
        context["todo_urgent"] = any(row.get("due_tone") == "not" for row in context["todo"])
        return context


# ---------- 待办 ----------


def todo_rows(request: HttpRequest) -> list[dict[str, Any]]:
    """Rows of this app and of every app that fills the slot: label, count, note, due, address, act."""
    rows = own_rows(request)
    for filler in slots.fillers("workbench_todo"):
        rows += filler(request)
    return [row for row in rows if row.get("count")]


def own_rows(request: HttpRequest) -> list[dict[str, Any]]:
    rows = []
    user = request.user
    if user.has_perm(Permission.FILE_REPORT):
        rows += unfiled_rows(request)
    return rows


def unfiled_rows(request: HttpRequest) -> list[dict[str, Any]]:
    """Reports the user's agency still owes, the oldest first."""
    moment = clock.business_now()
    owed: Any = (
        Obligation.objects.for_user(request.user, permission=Permission.FILE_REPORT)
        .unfiled()
        .with_progress()
    )
    rows = []
    for each in owed.select_related("agency", "campaign").order_by("month", "pk")[:6]:
        each = with_standing(each, moment)
        left = each.days_left
        late = each.standing == ObligationState.OVERDUE
        words = (
            _("逾期 %(days)s 天") % {"days": -left}
            if late
            else _("今天截止")
            if not left
            else _("%(days)s 天后截止") % {"days": left}
        )
        rows.append(
            {
                "label": _("%(month)s月月报待报") % {"month": each.month.month},
                "icon": "file-earmark-text",
                "count": 1,
                "note": _("%(agency)s，%(state)s，首次完整提交的时间算数")
                % {"agency": each.agency, "state": each.standing.label},
                "due_tag": words,
                "due_tone": "not" if late or left <= 0 else "warn" if left <= 3 else "",
                "url": reverse("reports:filing_edit", args=[each.pk]),
                "action": _("填报"),
            }
        )
    return rows


def drafts(request: HttpRequest) -> list[dict[str, Any]]:
    """What this person began and has not submitted."""
    user, rows = request.user, []
    if user.has_perm(Permission.ENTER_CHECK):
        begun = HouseholdCheck.objects.for_user(user).filter(author=user, state=CheckState.DRAFT)
        for check in begun.select_related("household", "village__area").order_by("-saved_at")[
            :DRAFTS_SHOWN
        ]:
            rows.append(
                {
                    "label": f"{check.village.area.short_name} {check.household}",
                    "saved_at": check.saved_at,
                    "url": reverse("households:check_edit", args=[check.household_id]),
                }
            )
    if user.has_perm(Permission.FILE_REPORT):
        mine: Any = (
            Obligation.objects.for_user(user, permission=Permission.FILE_REPORT)
            .with_progress()
            .filter(draft_count__gt=0)
        )
        for each in mine.select_related("agency").order_by("-month")[:DRAFTS_SHOWN]:
            rows.append(
                {
                    "label": _("%(month)s月月报") % {"month": each.month.month},
                    "saved_at": each.draft_saved_at,
                    "url": reverse("reports:filing_edit", args=[each.pk]),
                }
            )
    return rows


def paired_count(request: HttpRequest) -> int:
    return Household.objects.for_user(request.user).count()


# ---------- 各村进度 ----------


def village_progress(scope: Scope) -> dict[str, Any]:
    """Villages of a township, townships of a county, counties of a city: checked, failing, open. Few queries."""
    if not scope.opens_lists or scope.user.has_role(RoleCode.AGENCY, Permission.VIEW_FIGURES):
        return {}
    try:
        found = board.build(
            scope.area,
            areas=Area.objects.for_user(scope.user, permission=Permission.VIEW_FIGURES),
            results=scope.results,
            gaps=scope.gaps,
            on=None,
            by_village=scope.area.level == Level.TOWNSHIP,
            today=scope.today,
        )
    except NoStandards:
        return {}
    checked = dict(
        scope.month_checks().values_list("village_id").annotate(n=Count("household", distinct=True))
    )
    cases = Case.objects.for_user(scope.user).live().in_area(scope.area)
    opened = dict(cases.values_list("village_id").annotate(n=Count("pk")))
    lines = [progress_line(scope, row, checked, opened) for row in found.rows if row.tally.villages]
    lines.sort(
        key=lambda line: (line["checked"] - line["row"].tally.households, line["row"].area.code)
    )
    return {
        "progress": lines,
        "progress_total": progress_line(scope, found.total, checked, opened),
        "progress_names": {str(Level.TOWNSHIP): _("行政村"), str(Level.COUNTY): _("乡镇")}.get(
            scope.area.level, _("下级")
        ),
    }


def progress_line(
    scope: Scope, row: board.Row, checked: dict[int, int], opened: dict[int, int]
) -> dict[str, Any]:
    low, high = row.area.range
    done = sum(count for village, count in checked.items() if low <= village <= high)
    whole = row.tally.households
    return {
        "row": row,
        "checked": done,
        "share": f"{done * 100 // whole}%" if whole else "—",
        "opened": sum(count for village, count in opened.items() if low <= village <= high),
        "url": address("reports:dashboard", {"area": row.area.code}),
        "households_url": scope.households_url(row.area, "ALL"),
        "not_met_url": scope.households_url(row.area, Verdict.NOT_MET),
        "insufficient_url": scope.households_url(row.area, Verdict.INSUFFICIENT_DATA),
        "case_url": address("tasks:case_list", {"area": row.area.code, "state": "LIVE"}),
    }


# ---------- side column ----------


def filing_side(request: HttpRequest, scope: Scope) -> dict[str, Any]:
    """The month just over: the agency's own report, or how many have come in."""
    if not request.user.has_perm(Permission.VIEW_REPORTS):
        return {}
    month = deadlines.previous_month(scope.today)
    rows = month_rows(request, month, clock.business_now())
    if not rows:
        return {}
    own = rows[0] if len(rows) == 1 and request.user.has_perm(Permission.FILE_REPORT) else None
    counts = tally(rows)
    return {
        "filing_month": month,
        "filing_due": rows[0].due_on,
        "filing_own": own,
        "filing_tally": counts | {"rate": percent(counts["filed"], counts["due"])},
        "filing_sent": bool(own and own.standing in FILED_STATES),
    }


def night_side(request: HttpRequest, scope: Scope) -> dict[str, Any]:
    """The newest night, whether it is late, and what changed against the night before."""
    fresh = scope.freshness
    due = scope.today - timedelta(days=1)
    side: dict[str, Any] = {
        "fresh": fresh,
        "is_late": fresh.confirmed_on is None or fresh.confirmed_on < due,
        "late_days": (due - fresh.confirmed_on).days if fresh.confirmed_on else None,
    }
    if request.user.has_perm(Permission.VIEW_RUNS):
        run = Run.objects.for_user(request.user).newest_night()
        if run:
            run_url = address("indicators:run_list", {})
            side |= {
                "run": run,
                "run_totals": run_totals(run),
                "run_failed": run.state == RunState.FAILED,
                "run_parity": parity.report(run),
                "run_page": reverse("indicators:run_detail", args=[run.pk]),
                "run_url": run_url,
            }
    before = board.previous_night(scope.nights, fresh.confirmed_on) if fresh.confirmed_on else None
    if before:
        gaps = Gap.objects.for_user(scope.user, permission=Permission.VIEW_FIGURES).in_area(
            scope.area
        )
        side |= {
            "change_from": before,
            "change_to": fresh.confirmed_on,
            "is_since_yesterday": before + timedelta(days=1) == fresh.confirmed_on,
            "moves": moves(scope, board.changes(gaps, before, fresh.confirmed_on), before),
        }
    return side


def moves(
    scope: Scope, found: list[tuple[str, str, str, int]], before: date
) -> list[dict[str, Any]]:
    """Lines of 较昨日变化: two lights and, per indicator, a count with the list it can be looked up in."""
    lines: dict[tuple[str, str], dict[str, Any]] = {}
    for was, now, code, number in found:
        line = lines.setdefault((was, now), {"was": was, "now": now, "count": 0, "parts": []})
        line["count"] += number
        on, verdict = (scope.freshness.confirmed_on, now) if now != Verdict.MET else (before, was)
        url = scope.list_url(scope.area, code, verdict, on)
        line["parts"].append(
            {
                "name": CATALOGUE[code].short_name,
                "unit": CATALOGUE[code].unit,
                "count": number,
                "url": url,
            }
        )
    return list(lines.values())
