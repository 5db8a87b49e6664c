"""What pages of other apps show of the cases."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import date
from typing import Any

from django.http import HttpRequest
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import gettext as _

from core import clock
from core.menu import Count
from households.models import Household
from households.services import Guard
from indicators.definitions import EXIT_STANDARDS
from tasks.enums import CaseState
from tasks.models import Case
from tasks.views.case import BOX_STEPS, timeline
from tasks.views.words import dress, list_url

BOX_ORDER = ("closed_on", "due_on", "pk")


def household_cases(request: HttpRequest, household: Any, **_more: Any) -> str:
    """Slot on a household's page: its cases with their way so far."""
    mine = Case.objects.for_user(request.user).filter(household=household)
    cases = mine.order_by(*BOX_ORDER)[:20].labelled(household)
    return _cases_box(request, cases, count=len(cases))


def household_print_cases(
    request: HttpRequest, households: Sequence[Household], on: date
) -> dict[int, list[dict[str, Any]]]:
    """For the paper files of many households: cases opened by a date, the live ones first."""
    cases = Case.objects.for_user(request.user).filter(household__in=households, opened_on__lte=on)
    rows: dict[int, list[dict[str, Any]]] = defaultdict(list)
    found = dress(list(cases.with_labels().prefetch_related("events")), clock.today())
    for case in sorted(found, key=lambda case: (not case.is_live, case.due_on, case.pk)):
        last = max(case.events.all(), key=lambda event: (event.on, event.pk), default=None)
        rows[case.household_id].append(
            {
                "number": case.number,
                "problem": f"{case.problem}（{case.member.name}）" if case.member else case.problem,
                "opened_on": case.opened_on,
                "due_on": case.due_on,
                "units": "、".join(filter(None, [case.unit, str(case.township or "")])),
                "state": case.get_state_display(),
                "last_on": last.on if last else None,
                "last": (last.note or last.get_kind_display()) if last else "",
            }
        )
    return rows


def exit_guards(household: Household, on: date) -> list[Guard]:
    """Open cases of a household that stand against its being lifted: of the standards of an exit."""
    live = Case.objects.filter(household=household).live()
    cases = live.filter(indicator__in=EXIT_STANDARDS).with_labels().order_by("pk")
    return [
        Guard(
            _("第 %(number)s 号问题未销号：%(problem)s")
            % {"number": case.number, "problem": case.problem},
            case.get_absolute_url(),
        )
        for case in dress(list(cases), on)
    ]


def village_cases(request: HttpRequest, village: Any, **_more: Any) -> str:
    """Slot on a village's page: its open cases, and the village's own."""
    cases = Case.objects.for_user(request.user).filter(village=village).live()
    found = list(cases.with_labels().order_by(*BOX_ORDER)[:6])
    more = f"{reverse('tasks:case_list')}?area={village.pk}"
    return _cases_box(request, found, count=cases.count(), more=more, short=True)


def _cases_box(
    request: HttpRequest, found: list[Any], *, count: int, more: str = "", short: bool = False
) -> str:
    found.sort(key=lambda case: not case.is_live)
    dress(found, clock.today())
    for case in found:
        case.steps = [] if short or not case.is_live else timeline(case)[-BOX_STEPS:]
    context = {"cases": found, "count": count, "more": more, "short": short}
    return render_to_string("tasks/_case_box.html", context, request=request)


def todo_counts(request: Any) -> dict[str, int]:
    """What waits for this user, in one query per page: by right, overdue and due within a week."""
    if not hasattr(request, "_case_todo"):
        request._case_todo = Case.objects.for_user(request.user).waiting_for(
            request.user, on=clock.today()
        )
    found: dict[str, int] = request._case_todo
    return found


def menu_count(request: HttpRequest) -> Count:
    found = todo_counts(request)
    return Count(
        found["work"] + found["assign"] + found["verify"] + found["extension"],
        urgent=bool(found["late"]),
    )


def workbench_todo(request: HttpRequest) -> list[dict[str, Any]]:
    """Rows of the workbench: work, assign, verify, extensions; none without a count."""
    found = todo_counts(request)
    late = _("超期 %(count)s 件") % {"count": found["late"]} if found["late"] else ""
    soon = _("7 日内到期 %(count)s 件") % {"count": found["soon"]} if found["soon"] else ""
    rows = [
        (
            "work",
            _("整改问题需处理"),
            "exclamation-square",
            soon or _("按时限整改"),
            late,
            list_url(state="LIVE"),
            _("处理"),
        ),
        (
            "assign",
            _("问题待交办"),
            "send",
            _("新登记和反弹的问题，请交责任单位"),
            "",
            list_url(state=CaseState.REGISTERED),
            _("交办"),
        ),
        (
            "verify",
            _("问题待核验销号"),
            "check2-square",
            _("重算已达标，请实地核验后销号"),
            "",
            list_url(state=CaseState.VERIFYING),
            _("核验"),
        ),
        (
            "extension",
            _("延期申请待审批"),
            "hourglass-split",
            _("责任单位申请延长整改时限"),
            "",
            list_url(state=CaseState.EXTENSION),
            _("审批"),
        ),
    ]
    return [
        {
            "label": label,
            "icon": icon,
            "count": found[name],
            "note": note,
            "due_tag": tag,
            "due_tone": "not" if tag else "",
            "url": url,
            "action": action,
        }
        for name, label, icon, note, tag, url, action in rows
        if found[name]
    ]
