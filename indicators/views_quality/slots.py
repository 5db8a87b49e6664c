"""What pages of other apps show of findings."""

from datetime import date
from typing import Any

from django.db.models import Count, Q
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.roles import Permission
from accounts.scope import own_area
from core import clock
from households.models import Household
from households.permissions import visible_lines
from households.services import Guard
from indicators.enums import ExceptionState, Severity
from indicators.models import Finding, FindingException
from indicators.quality import lists
from indicators.quality.rules import RULES
from indicators.views_quality.listing import dress


def household_findings(request: HttpRequest, household: Household, **_more: Any) -> str:
    """Slot on a household's page: what is doubtful about it and its members, of the reader's lines."""
    lines = visible_lines(request.user, household)
    codes = [rule.code for rule in RULES.values() if rule.line in lines]
    mine: Any = Finding.objects.for_user(request.user)
    held = mine.latest_known().filter(household=household, rule__in=codes)
    rows = lists.with_states(held, clock.today()).order_by("severity", "rule", "subject_id")
    told = dress(request.user, list(rows))
    if not told:
        return ""
    context = {"rows": told, "standing": [row for row in told if not row["told"].is_waived]}
    return render_to_string("indicators/quality/_household_findings.html", context, request)


def exit_guards(household: Household, on: date) -> list[Guard]:
    """A household is not lifted while something about it has to be put right (domain §4.7)."""
    standing = list(lists.blocking_of([household.pk], on).order_by("rule", "subject_id"))
    names = dict.fromkeys(RULES[each.rule].name for each in standing if each.rule in RULES)
    if not names:
        return []
    told = _("疑点数据必须更正 %(n)s 条：%(names)s") % {
        "n": len(standing),
        "names": "、".join(names),
    }
    return [Guard(told, f"{household.get_absolute_url()}#findings")]


def workbench_todo(request: HttpRequest) -> list[dict[str, Any]]:
    """Findings to be put right in the clerk's area; requests that wait for the county office."""
    user: Any = request.user
    rows = []
    area = own_area(user, Permission.EDIT_REGISTER)
    if area is not None:
        today = clock.today()
        rows_here: Any = lists.findings_for(user, area, today)
        found = rows_here.filter(is_waived=False, severity=Severity.BLOCKING).order_by()
        late = Q(since__lte=lists.overdue_before(today))
        counts = found.aggregate(all=Count("pk"), late=Count("pk", filter=late))
        overdue = counts["late"]
        rows.append(
            {
                "label": _("疑点数据须更正"),
                "icon": "exclamation-triangle",
                "count": counts["all"],
                "note": _("更正前不能脱贫退出；属实的申请说明"),
                "due_tag": _("逾期 %(n)s 条") % {"n": overdue} if overdue else "",
                "due_tone": "not" if overdue else "",
                "url": f"{reverse('indicators:finding_list')}?area={area.code}&severity=BLOCKING",
                "action": _("查看"),
            }
        )
    if user.has_perm(Permission.APPROVE_STATUS):
        waiting = FindingException.objects.for_user(user, permission=Permission.APPROVE_STATUS)
        count = waiting.filter(state=ExceptionState.OPEN).exclude(requested_by=user).count()
        rows.append(
            {
                "label": _("疑点说明待审批"),
                "icon": "clipboard-check",
                "count": count,
                "note": _("看理由和佐证，批准或不批准"),
                "url": f"{reverse('indicators:exception_list')}?state=OPEN",
                "action": _("审批"),
            }
        )
    return rows
