"""操作记录: what the audit administrator reads, who did what to which object, and when."""

import re
from collections.abc import Iterable, Iterator
from typing import Any

from django.apps import apps
from django.contrib import messages
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.views.generic import View

from accounts import services
from accounts.enums import ACTION_LABELS, DETAIL_LABELS, VALUE_LABELS, Line, RoleCode
from accounts.filters import AuditFilterSet
from accounts.forms import ReasonForm
from accounts.roles import Permission
from accounts.scope import events_for, names_of
from core import clock
from core.access import Access, AccessMixin
from core.listing import ListPage
from core.models import AuditEvent
from core.xlsx import workbook_response

EXPORT_LIMIT = 50_000
CHUNK = 1_000
# A browser that pretends to be another stands before it.
BROWSERS = {"Edg": "Edge", "Firefox": "Firefox", "Chrome": "Chrome", "Version": "Safari"}
SHOWN = 120  # letters of one written-down value


class AuditListView(AccessMixin, ListPage):
    """Acts in the administrator's areas and those of no place, the newest first."""

    access = Access(permission=Permission.VIEW_AUDIT)
    model = AuditEvent
    template_name = "accounts/audit_list.html"
    filterset_class = AuditFilterSet
    sort_fields = {"at": "at"}
    default_sort = "-at"

    def rows(self) -> QuerySet[AuditEvent]:
        return events_for(self.request.user)

    def finish(self, rows: list[Any]) -> list[Any]:
        return in_words(rows)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(query=self.request.GET.urlencode(), **kwargs)


class AuditExportView(AccessMixin, View):
    """The same conditions as a workbook; the export and its reason go on the trail."""

    access = Access(permission=Permission.VIEW_AUDIT)
    http_method_names = ["post", "options"]

    def post(self, request: HttpRequest) -> HttpResponse:
        form, user = ReasonForm(request.POST), request.user
        if not form.is_valid():
            messages.error(request, _("导出须写明原因。"))
            return redirect("accounts:audit_list")
        conditions = AuditFilterSet(request.GET or None, queryset=events_for(user), request=request)
        if conditions.is_bound and not conditions.form.is_valid():
            raise Http404("conditions")
        events = list(conditions.qs.order_by("-at", "-pk")[:EXPORT_LIMIT])
        asked = {k: v for k, v in request.GET.items() if k in conditions.filters and v}
        services.record_trail_export(
            by=user,
            at=clock.now(),
            reason=form.cleaned_data["reason"],
            rows=len(events),
            conditions=asked,
        )
        today = clock.today()
        return workbook_response(
            [_("时间"), _("操作人"), _("操作"), _("对象"), _("对象编号"), _("所在村"), _("内容")],
            sheet_lines(events),
            filename=_("操作记录_%(day)s.xlsx") % {"day": f"{today:%Y%m%d}"},
            title=_("操作记录"),
            note=_("导出日期：%(day)s　导出人：%(by)s　导出原因：%(reason)s")
            % {"day": today, "by": user, "reason": form.cleaned_data["reason"]},
        )


def sheet_lines(events: list[AuditEvent]) -> Iterator[list[Any]]:
    for start in range(0, len(events), CHUNK):
        for event in in_words(events[start : start + CHUNK]):
            at = localtime(event.at, clock.SHANGHAI)
            yield [
                f"{at:%Y-%m-%d %H:%M:%S}",
                event.actor_words,
                event.action_words,
                event.target_words,
                event.target_id,
                event.place_words,
                "；".join(f"{label} {value}" for label, value in event.details),
            ]


def in_words(events: list[Any]) -> list[Any]:
    """Add to each event what the page says of it. One query for the names of places."""
    names = names_of(event.village_id for event in events if event.village_id)
    for event in events:
        event.actor_words = event.actor_name or _("系统")
        event.action_words = str(ACTION_LABELS.get(event.action, event.action))
        event.target_words = target_words(event.target_type)
        event.place_words = names.get(event.village_id, event.village_id or "")
        event.details = list(detail_words(event.detail.items()))
    return events


def target_words(kind: str) -> str:
    """The name of a kind of object; unknown kinds as they are."""
    try:
        return str(apps.get_model(kind)._meta.verbose_name) if kind else ""
    except (LookupError, ValueError):
        return kind


def detail_words(items: Iterable[tuple[str, Any]]) -> Iterator[tuple[str, str]]:
    """What the act wrote down as pairs of words; what is empty is left out."""
    for key, value in items:
        if value in ("", None, [], {}):
            continue
        label = str(DETAIL_LABELS.get(key, key))
        if key == "role" and value in RoleCode.values:
            value = RoleCode(value).label
        elif key == "line" and value in Line.values:
            value = Line(value).label
        elif key == "agent":
            value = browser_name(str(value))
        elif isinstance(value, str):
            value = VALUE_LABELS.get(value, value)
        yield label, _value_words(value)[:SHOWN]


def browser_name(agent: str) -> str:
    """Name and version of the browser, the way people say it; what is not known stays as it is."""
    for token, name in BROWSERS.items():
        if found := re.search(rf"{token}/(\d+)", agent):
            return f"{name} {found[1]}"
    return agent


def _value_words(value: Any) -> str:
    match value:
        case bool():
            return _("是") if value else _("否")
        case dict():
            return "，".join(f"{label} {text}" for label, text in detail_words(value.items()))
        case list():
            return "、".join(_value_words(each) for each in value)
        case _:
            return str(value)
