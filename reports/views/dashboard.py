"""达标看板: an area's figures, each a link to the rows that make it."""

from datetime import date, timedelta
from typing import Any
from urllib.parse import urlencode

from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db.models import Exists, OuterRef
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import NoReverseMatch, reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.views.generic import TemplateView, View

from accounts.enums import Level, Line
from accounts.models import Area
from accounts.roles import Permission
from accounts.scope import page_area
from core import clock
from core.access import Access, AccessMixin
from core.forms import date_parts
from core.listing import COUNT_LIMIT, CappedPaginator
from core.xlsx import workbook_response
from households.enums import CheckState
from households.models import Household, HouseholdCheck
from indicators import figures
from indicators.definitions import CATALOGUE
from indicators.enums import Verdict
from indicators.models import Gap, Result
from indicators.permissions import can_list_units
from indicators.services import NoStandards
from reports import board, deadlines
from reports.board import COLUMNS, Row, Tally
from reports.enums import HouseholdList
from reports.views.obligation import month_rows, percent, tally
from tasks.models import Case
from tasks.querysets import Stock, stock

PAGE_SIZE = 20
DONE_CHECKS = (CheckState.SUBMITTED, CheckState.ACCEPTED)
MARKED = ("NOT_MET", "INSUFFICIENT_DATA")


class Scope:
    """What one request looks at: area, night, level of the rows; and the scoped rows to count."""

    def __init__(self, request: HttpRequest) -> None:
        self.request = request
        self.user: Any = request.user
        self.today = clock.today()
        self.area = page_area(request, Permission.VIEW_FIGURES)

    @cached_property
    def nights(self) -> list[date]:
        return figures.nights_on_record(self.area)

    @cached_property
    def freshness(self) -> Any:
        return figures.freshness(self.area)

    @cached_property
    def on(self) -> date | None:
        """The night asked for; None for the newest figures. A date that was not run is not found."""
        parts = date_parts(self.request.GET.get("on", ""), 3)
        if not parts:
            return None
        asked = date(*parts)
        if asked not in self.nights:
            raise Http404("night")
        return asked

    @property
    def shown_on(self) -> date | None:
        """The date the figures are as of."""
        return self.on or self.freshness.on

    @property
    def is_provisional(self) -> bool:
        return self.on is None and self.freshness.provisional_on is not None

    @cached_property
    def by_village(self) -> bool:
        if self.area.level not in board.BY_VILLAGE_LEVELS:
            return False
        return (
            self.area.level == Level.TOWNSHIP or self.request.GET.get("by", "village") == "village"
        )

    @cached_property
    def opens_lists(self) -> bool:
        """Whether the numbers are links: leaders see figures only."""
        return bool(self.user.has_perm(Permission.VIEW_REGISTER))

    @cached_property
    def opens_households(self) -> bool:
        """Lists over all lines of work; a sector officer sees only those of their line."""
        lines = self.user.lines_in(self.area.range[0], Permission.VIEW_REGISTER)
        return self.opens_lists and Line.GENERAL in lines

    @property
    def results(self) -> Any:
        return Result.objects.for_user(self.user, permission=Permission.VIEW_FIGURES)

    @property
    def gaps(self) -> Any:
        return Gap.objects.for_user(self.user, permission=Permission.VIEW_FIGURES)

    @property
    def cases(self) -> Any:
        return Case.objects.for_user(self.user, permission=Permission.VIEW_FIGURES).in_area(
            self.area
        )

    def month_checks(self) -> Any:
        """Checks of this month that were handed in."""
        checks = (
            HouseholdCheck.objects.for_user(self.user)
            .in_area(self.area)
            .filter(state__in=DONE_CHECKS)
        )
        return checks.filter(visited_on__gte=self.today.replace(day=1), visited_on__lte=self.today)

    def build(self) -> board.Board:
        return board.build(
            self.area,
            areas=Area.objects.for_user(self.user, permission=Permission.VIEW_FIGURES),
            results=self.results,
            gaps=self.gaps,
            on=self.on,
            by_village=self.by_village,
            today=self.today,
        )

    # Addresses

    def at(self) -> dict[str, str]:
        return {"on": self.on.isoformat()} if self.on else {}

    def list_url(self, area: Area, code: str, verdict: str = "", on: date | None = None) -> str:
        """The list behind a cell: the units of an area that fail an indicator, for those who may open it."""
        column = CATALOGUE[code]
        if not column.lists_gaps or not can_list_units(self.user, area, column.line):
            return ""
        at = {"on": on.isoformat()} if on else self.at()
        query = {"area": area.code, "indicator": code, **at}
        return address(
            "indicators:gap_list", query | ({"verdict": str(verdict)} if verdict else {})
        )

    def households_url(self, area: Area, verdict: str) -> str:
        if not self.opens_households:
            return ""
        return address(
            "reports:gap_household_list", {"area": area.code, **self.at(), "verdict": verdict}
        )

    def area_url(self, area: Area) -> str:
        return address("reports:dashboard", {"area": area.code, **self.at()})

    def case_url(self, **query: Any) -> str:
        return (
            address("tasks:case_list", {"area": self.area.code, **query})
            if self.opens_lists
            else ""
        )


class DashboardView(AccessMixin, TemplateView):
    access = Access(permission=Permission.VIEW_FIGURES, scoped=True)
    template_name = "reports/dashboard.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        scope = Scope(self.request)
        context = super().get_context_data(**kwargs) | {
            "area": scope.area,
            "scope": scope,
            "columns": COLUMNS,
        }
        try:
            found = scope.build()
        except NoStandards:
            return context | {"empty": _("标准尚未入库，无法计算"), "nights": []}
        only = self.request.GET.get("only_failing") == "1"
        rows = [row for row in found.rows if row.fails] if only else found.rows
        page = Paginator(rows, PAGE_SIZE).get_page(self.request.GET.get("page"))
        context |= {
            "board": found,
            "only_failing": only,
            "page_obj": page,
            "total": cells(scope, found.total),
            "rows": [cells(scope, row) for row in page.object_list],
            "rest": sum(row.failing for row in rows[page.end_index() :]),
            "compared": [comparison(scope, row) for row in found.compared],
            "figures": headline(scope, found.total),
            "nights": scope.nights,
            "levels": level_links(scope),
            "level_name": level_name(found),
            "can_export": self.request.user.has_perm(Permission.EXPORT),
            "export_query": self.request.GET.urlencode(),
        }
        return context | charts(scope) | filing_card(self.request, scope)


class DashboardExportView(AccessMixin, View):
    """The table of the page, every row of it, as a workbook."""

    access = Access(permission=Permission.EXPORT, scoped=True)

    def get(self, request: HttpRequest) -> HttpResponse:
        scope = Scope(request)
        try:
            found = scope.build()
        except NoStandards:
            raise Http404("standards") from None
        only = request.GET.get("only_failing") == "1"
        rows = [found.total, *(row for row in found.rows if row.fails or not only)]
        headers = [
            _("区划代码"),
            _("名称"),
            _("户数"),
            _("达标户"),
            _("未达标户"),
            _("数据不足户"),
            _("未达标项"),
        ]
        for column in COLUMNS:
            words = (
                (_("贫困人口"), _("基数人口")) if column.is_bad_count else (_("达标"), _("应达标"))
            )
            headers += [f"{column.short_name}{word}（{column.unit}）" for word in words]
            headers += [f"{column.short_name}{_('未知')}", f"{column.short_name}{_('状态')}"]
        title = _("%(area)s达标情况") % {"area": scope.area}
        note = _("数据截至 %(on)s；填报日期 %(today)s；单位：户、人、村") % {
            "on": scope.shown_on or _("无"),
            "today": scope.today,
        }
        return workbook_response(
            headers,
            [export_line(row) for row in rows],
            filename=f"{title}_{scope.today:%Y%m%d}.xlsx",
            title=title,
            note=note,
        )


class GapHouseholdListView(AccessMixin, TemplateView):
    """Households behind 建档立卡户, 达标户, 未达标户 and 数据不足户, with the indicators each fails."""

    access = Access(permission=Permission.VIEW_REGISTER, scoped=True)
    template_name = "reports/gap_household_list.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        scope = Scope(self.request)
        if not scope.opens_households:
            raise PermissionDenied
        kind = self.request.GET.get("verdict", Verdict.NOT_MET)
        titles = dict(HouseholdList.choices)
        if kind not in titles:
            raise Http404("verdict")
        gaps = board.at_date(Gap.objects.for_user(self.request.user), scope.on).in_area(scope.area)
        page = CappedPaginator(listed_households(scope, gaps, kind), PAGE_SIZE).get_page(
            self.request.GET.get("page")
        )
        return super().get_context_data(**kwargs) | {
            "area": scope.area,
            "area_path": reverse("reports:dashboard"),
            "scope": scope,
            "verdict": kind,
            "title": titles[kind],
            "tabs": [(value, label, value == kind) for value, label in HouseholdList.choices],
            "page_obj": page,
            "rows": household_rows(
                self.request.user, gaps, [pk for _village, pk in page.object_list]
            ),
        }


def listed_households(scope: Scope, gaps: Any, kind: str) -> Any:
    """Villages and keys of the households of one kind: as many as the figure says."""
    failing = board.failing_households(gaps)
    if kind in MARKED:
        rows = (
            failing.filter(bad_count__gt=0)
            if kind == Verdict.NOT_MET
            else failing.filter(bad_count=0)
        )
        return rows.order_by("village_id", "household_id").values_list("village_id", "household_id")
    own = {"household_id": OuterRef("household_id")}

    def where(villages: list[int]) -> list[Any]:
        if kind == Verdict.MET:
            here = gaps.filter(indicator__in=board.HOUSEHOLD_CODES, village_id__in=villages, **own)
            return [~Exists(here)]
        if kind == HouseholdList.UNCHECKED:
            return [~Exists(scope.month_checks().filter(**own))]
        return []

    return figures.registered_households(
        scope.area, board.REGISTER_CODE, scope.on, most=COUNT_LIMIT + 1, where=where
    )


def household_rows(user: Any, gaps: Any, ids: list[int]) -> list[dict[str, Any]]:
    """The page's households in order, each with its failing indicators. Two queries."""
    marks: dict[int, dict[str, str]] = {}
    shown = gaps.filter(household__in=ids, indicator__in=board.HOUSEHOLD_CODES).order_by(
        "indicator", "pk"
    )
    for household, code, verdict in shown.values_list("household_id", "indicator", "verdict"):
        held = marks.setdefault(household, {})
        if code not in held or verdict == Verdict.NOT_MET:
            held[code] = verdict
    households = (
        Household.objects.for_user(user).select_related("village__area__parent").in_bulk(ids)
    )
    return [
        {
            "household": households[pk],
            "village": households[pk].village.area,
            "lights": [
                (CATALOGUE[code].short_name, verdict) for code, verdict in marks.get(pk, {}).items()
            ],
        }
        for pk in ids
        if pk in households
    ]


# ---------- parts of the page ----------


def address(name: str, query: dict[str, Any]) -> str:
    """A page's address, or none where the page does not exist."""
    try:
        return f"{reverse(name)}?{urlencode(query)}"
    except NoReverseMatch:
        return ""


def cells(scope: Scope, row: Row) -> dict[str, Any]:
    """A row of the table with an address for every number."""
    return {
        "row": row,
        "url": scope.area_url(row.area),
        "cells": [
            {
                "figure": row.figures[column.code],
                "column": column,
                "url": scope.list_url(row.area, column.code),
                "name": row.area.short_name,
            }
            for column in COLUMNS
        ],
    }


def comparison(scope: Scope, row: Row) -> dict[str, Any]:
    return {
        "row": row,
        "url": scope.area_url(row.area),
        "not_met_url": scope.households_url(row.area, "NOT_MET"),
        "insufficient_url": scope.households_url(row.area, "INSUFFICIENT_DATA"),
        "rate": percent(row.tally.met, row.tally.households),
    }


def headline(scope: Scope, total: Row) -> list[dict[str, Any]]:
    """The strip of figures, compared with the end of last month."""
    counts, on = total.tally, scope.shown_on or scope.today
    before_on = board.last_month_night(scope.nights, on)
    before = earlier_tally(scope, before_on) if before_on else None
    persons = total.figures[board.PERSON_CODE]
    opened = case_stock(scope, on)
    return [
        {
            "label": _("建档立卡户"),
            "value": counts.households,
            "unit": _("户"),
            "detail": _("%(count)s 人 · 享受政策口径")
            % {"count": f"{persons.denominator + persons.exempt:,}"},
            "url": scope.households_url(scope.area, "ALL"),
        },
        {
            "label": _("达标户"),
            "status": "MET",
            "value": counts.met,
            "unit": _("户"),
            "detail": _("占 %(share)s%(change)s")
            % {
                "share": percent(counts.met, counts.households),
                "change": since(counts.met, before.met if before else None),
            },
            "url": scope.households_url(scope.area, "MET"),
        },
        {
            "label": _("未达标户"),
            "status": "NOT_MET",
            "value": counts.not_met,
            "unit": _("户"),
            "detail": since(counts.not_met, before.not_met if before else None).removeprefix("，"),
            "url": scope.households_url(scope.area, "NOT_MET"),
        },
        {
            "label": _("数据不足户"),
            "status": "INSUFFICIENT_DATA",
            "value": counts.insufficient,
            "unit": _("户"),
            "detail": since(
                counts.insufficient, before.insufficient if before else None
            ).removeprefix("，"),
            "url": scope.households_url(scope.area, "INSUFFICIENT_DATA"),
        },
        {
            "label": _("在办问题"),
            "value": opened.closing,
            "unit": _("件"),
            "detail": f"{opened.opening} ＋ {opened.new} ＋ {opened.reopened} − {opened.closed} ＝ {opened.closing}",
            "url": scope.case_url(standing=on.isoformat()),
        },
        {
            "label": _("全部达标村"),
            "value": counts.villages_met,
            "unit": f"/ {counts.villages} {_('个')}",
            "detail": _("上月末 %(count)s 个") % {"count": before.villages_met} if before else "",
        },
    ]


def earlier_tally(scope: Scope, on: date) -> Tally:
    return board.total_tally(
        scope.results.as_of(on).in_area(scope.area), scope.gaps.as_of(on).in_area(scope.area)
    )


def since(now: int, before: int | None) -> str:
    """，较上月末 −21; empty when there is nothing to compare with."""
    if before is None:
        return ""
    change = now - before
    sign = "＋" if change > 0 else "−" if change < 0 else ""
    return _("，较上月末 %(sign)s%(change)s") % {"sign": sign, "change": f"{abs(change):,}"}


def case_stock(scope: Scope, on: date) -> Stock:
    """Arithmetic of the month up to a date."""
    return stock(scope.cases, on.replace(day=1), on)


def level_links(scope: Scope) -> list[dict[str, Any]]:
    """乡镇 or 行政村, where there is a choice."""
    if scope.area.level != Level.COUNTY:
        return []
    return [
        {"by": "township", "label": _("乡镇"), "active": not scope.by_village},
        {"by": "village", "label": _("行政村"), "active": scope.by_village},
    ]


def level_name(found: board.Board) -> str:
    names: dict[str, str] = {
        Level.VILLAGE: _("行政村"),
        Level.TOWNSHIP: _("乡镇"),
        Level.COUNTY: _("旗县区"),
        Level.CITY: _("市"),
    }
    return names.get(found.rows[0].area.level, "") if found.rows else ""


def export_line(row: Row) -> list[Any]:
    counts = row.tally
    line: list[Any] = [
        str(row.area.code),
        row.area.name,
        counts.households,
        counts.met,
        counts.not_met,
        counts.insufficient,
        row.failing,
    ]
    for column in COLUMNS:
        figure = row.figures[column.code]
        line += [
            figure.numerator,
            figure.denominator,
            figure.unknown,
            str(Verdict(figure.status).label),
        ]
    return line


# ---------- charts ----------


def charts(scope: Scope) -> dict[str, Any]:
    """ECharts options and the same numbers as tables."""
    points = board.trend(
        scope.results.in_area(scope.area), board.trend_nights(scope.nights, scope.on)
    )
    end = scope.shown_on or scope.today
    days = [day for day in board.month_ends(date(end.year, 1, 1), end) if day <= end]
    burnt = board.burn_down(scope.cases, days)
    projected = projection(scope, end, burnt)
    return {
        "trend": points,
        "trend_option": trend_option(points),
        "burn": burnt,
        "burn_option": burn_option(burnt, projected),
        "projected": projected,
    }


def trend_option(points: list[tuple[date, int, int]]) -> dict[str, Any]:
    return {
        "xAxis": {
            "type": "category",
            "data": [f"{night:%m-%d}" for night, _failing, _unknown in points],
        },
        "yAxis": {"type": "value", "minInterval": 1},
        "series": [
            {
                "name": _("未达标项"),
                "type": "line",
                "data": [failing for _night, failing, _unknown in points],
            },
            {
                "name": _("数据不足项"),
                "type": "line",
                "lineStyle": {"type": "dashed"},
                "data": [unknown for _night, _failing, unknown in points],
            },
        ],
    }


def projection(scope: Scope, end: date, burnt: list[tuple[date, int]]) -> int | None:
    """Open cases left at the end of the year at the pace of the last thirty days; None while they do not fall."""
    if not burnt:
        return None
    pace = stock(scope.cases, end - timedelta(days=29), end)
    if pace.closing >= pace.opening:
        return None
    daily = (pace.closing - pace.opening) / 30
    return max(0, round(burnt[-1][1] + daily * (date(end.year, 12, 31) - end).days))


def burn_option(burnt: list[tuple[date, int]], projected: int | None) -> dict[str, Any]:
    """Open cases, the even way to zero at the year's end, and where the present pace leads."""
    if not burnt:
        return {}
    last = date(burnt[-1][0].year, 12, 31)
    days = [day for day, _count in burnt]
    days += (
        [day for day in board.month_ends(days[-1] + timedelta(days=1), last) if day > days[-1]]
        if days[-1] < last
        else []
    )
    peak_at = max(range(len(burnt)), key=lambda place: burnt[place][1])
    peak_day, peak = burnt[peak_at]
    span = max((last - peak_day).days, 1)
    even = [round(peak * (last - day).days / span) if day >= peak_day else None for day in days]
    series: list[dict[str, Any]] = [
        {"name": _("实际"), "type": "line", "data": [count for _day, count in burnt]},
        {
            "name": _("匀速清零线"),
            "type": "line",
            "symbol": "none",
            "lineStyle": {"type": "dashed"},
            "data": even,
        },
    ]
    if projected is not None and len(days) > len(burnt):
        ahead = (
            [None] * (len(burnt) - 1)
            + [burnt[-1][1]]
            + [None] * (len(days) - len(burnt) - 1)
            + [projected]
        )
        dotted = {
            "type": "line",
            "connectNulls": True,
            "lineStyle": {"type": "dotted"},
            "data": ahead,
        }
        series.append({"name": _("按近30日速度"), **dotted})
    return {
        "xAxis": {"type": "category", "data": [f"{day:%m-%d}" for day in days]},
        "yAxis": {"type": "value", "minInterval": 1},
        "series": series,
    }


def filing_card(request: HttpRequest, scope: Scope) -> dict[str, Any]:
    """Who has reported on the month just over, for those who may know."""
    if not scope.user.has_perm(Permission.VIEW_REPORTS):
        return {}
    month = deadlines.previous_month(scope.today)
    rows = month_rows(request, month, clock.business_now())
    if not rows:
        return {}
    counts = tally(rows)
    return {
        "filing_rows": rows[:12],
        "filing_count": len(rows),
        "filing_tally": counts | {"rate": percent(counts["filed"], counts["due"])},
        "filing_month": month,
        "filing_days": deadlines.days_left(scope.today, rows[0].due_at),
    }
