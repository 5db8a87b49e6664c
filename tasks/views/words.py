"""What several pages say about a case: addresses, names, tones."""

from datetime import date
from typing import Any
from urllib.parse import urlencode

from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext as _

from indicators.definitions import CATALOGUE
from tasks.enums import CaseState
from tasks.models import Case

TONES = {
    CaseState.REGISTERED: "line",
    CaseState.ASSIGNED: "blue",
    CaseState.RECTIFYING: "blue",
    CaseState.APPLIED: "warn",
    CaseState.VERIFYING: "warn",
    CaseState.CLOSED: "met",
    CaseState.RETURNED: "not",
    CaseState.EXTENSION: "warn",
    CaseState.SUSPENDED: "",
}


def url_or_blank(name: str, *args: Any) -> str:
    """An address of another app, or nothing where that page is not installed."""
    try:
        return reverse(name, args=args)
    except NoReverseMatch:
        return ""


def list_url(area: Any = None, **conditions: Any) -> str:
    """The case list under some conditions."""
    query = {"area": area.pk if area else None, **conditions}
    return f"{reverse('tasks:case_list')}?{urlencode({k: v for k, v in query.items() if v not in (None, '')})}"


def dress(cases: list[Any], on: date) -> list[Any]:
    """What the pages say about each case beside its columns."""
    for case in cases:
        indicator = CATALOGUE.get(case.indicator)
        case.problem = _("%(name)s未达标") % {
            "name": indicator.short_name if indicator else case.indicator
        }
        case.late = case.is_overdue(on)
        case.days = (case.due_on - on).days
        case.tone = TONES[CaseState(case.state)]
        case.unit = "、".join(agency.name for agency in case.agencies.all())
    return cases


def subject_name(case: Case) -> str:
    if case.member:
        return f"{case.member.name}（{case.household}）"
    return str(case.household or case.village)


# --- The plan ------------------------------------------------------------------------------------
