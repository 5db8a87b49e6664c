"""Pages: the list behind a figure, the catalogue with its standards, and the runs."""

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.views.generic import FormView, TemplateView

from accounts.models import Area
from accounts.roles import Permission
from accounts.scope import page_area
from core import clock, operations
from core.access import Access, AccessMixin, guarded
from core.listing import ListPage, job_response
from core.web import WritePage, perform_once
from households.models import Household, Member
from households.permissions import visible_lines
from households.services import Guard
from indicators import figures, parity, services, standard_values, trends
from indicators.definitions import (
    CATALOGUE,
    CORE,
    EXIT_STANDARDS,
    NAMED,
    READING_ORDER,
    Composite,
    percent,
)
from indicators.definitions.topics import TOPICS, topic_of
from indicators.enums import RunKind, RunState, SubjectKind, Verdict
from indicators.forms import RunForm
from indicators.models import Gap, Parameter, Run
from indicators.permissions import can_list_units
from indicators.standards import documents
from villages.models import Village

LISTED = (Verdict.NOT_MET, Verdict.INSUFFICIENT_DATA, Verdict.MET)


def in_order() -> list[Any]:
    """The catalogue as people read it."""
    return [CATALOGUE[code] for code in READING_ORDER]


def items_of(definition: Any) -> list[figures.PartShown]:
    """The items of a composite, lines of shares in words; nothing of any other definition."""
    if not isinstance(definition, Composite):
        return []
    line = _("规定的比例")
    return [
        replace(part, standard=re.sub(r" \{\w+\}%", line, part.standard))
        for part in figures.parts_of(definition)
    ]


def asked_date(request: HttpRequest) -> date | None:
    """`?on=2019-10-31`; None for the newest figures. Anything else does not exist."""
    text = request.GET.get("on", "")
    if not text:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise Http404("on") from None


class GapListView(AccessMixin, ListPage):
    """The households, members or villages behind one figure; as many as the figure says."""

    access = Access(permission=Permission.VIEW_REGISTER, scoped=True)
    template_name = "indicators/gap_list.html"
    table_template_name = "indicators/_gap_table.html"
    default_sort = ""

    @cached_property
    def area(self) -> Area:
        return page_area(self.request, Permission.VIEW_REGISTER)

    @cached_property
    def definition(self) -> Any:
        code = self.request.GET.get("indicator", "HOU-01")
        if code not in CATALOGUE:
            raise Http404("indicator")
        definition = CATALOGUE[code]
        if not can_list_units(self.request.user, self.area, definition.line):
            raise PermissionDenied
        return definition

    @cached_property
    def on(self) -> date | None:
        return asked_date(self.request)

    @cached_property
    def verdict(self) -> str:
        asked = self.request.GET.get("verdict", "")
        return asked if asked in LISTED else ""

    @cached_property
    def figure(self) -> figures.Figure:
        return figures.area_figures([self.area], [self.definition.code], self.on)[
            self.area.code, self.definition.code
        ]

    def rows(self) -> Any:
        code = self.definition.code
        if self.verdict == Verdict.MET:
            return figures.met_units(self.area, code, self.on)
        stored = figures.gap_rows(self.area, code, self.on)
        if stored is not None:
            return stored.filter(verdict=self.verdict) if self.verdict else stored
        units = figures.gap_units(self.area, code, self.on)
        return [unit for unit in units if not self.verdict or unit.verdict == self.verdict]

    def finish(self, rows: list[Any]) -> list[Any]:
        return name_units(rows)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        figure = self.figure
        tabs = [
            (_("全部差距"), "", figure.listed),
            (Verdict.NOT_MET.label, Verdict.NOT_MET, figure.failing),
            (Verdict.INSUFFICIENT_DATA.label, Verdict.INSUFFICIENT_DATA, figure.unknown),
            (Verdict.MET.label, Verdict.MET, figure.numerator),
        ]
        return super().get_context_data(**kwargs) | {
            "area": self.area,
            "definition": self.definition,
            "definitions": in_order(),
            "figure": figure,
            "on": self.on,
            "fresh": figures.freshness(self.area),
            "verdict": self.verdict,
            "tabs": tabs if self.definition.lists_gaps else [],
        }


def name_units(units: Sequence[figures.Unit | Gap]) -> list[dict[str, Any]]:
    """Units with the names and addresses a list shows; three queries."""
    villages = Village.objects.select_related("area__parent").in_bulk({u.village_id for u in units})
    households = Household.objects.in_bulk({u.household_id for u in units if u.household_id})
    wanted = {u.subject_id for u in units if u.subject_kind == SubjectKind.MEMBER}
    members = Member.objects.in_bulk(wanted) if wanted else {}
    return [
        {
            "unit": unit,
            "village": villages[unit.village_id],
            "household": households.get(unit.household_id or 0),
            "member": members.get(unit.subject_id)
            if unit.subject_kind == SubjectKind.MEMBER
            else None,
        }
        for unit in units
    ]


class IndicatorListView(AccessMixin, TemplateView):
    """The catalogue by subject with the area's newest figures, and what documents only name."""

    access = Access(permission=Permission.VIEW_FIGURES, scoped=True)
    template_name = "indicators/indicator_list.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        area = page_area(self.request, Permission.VIEW_FIGURES)
        found = figures.area_figures([area])
        topics = []
        for place, (label, _prefixes) in enumerate(TOPICS):
            rows = [
                (d, found[area.code, d.code], documents()[d.clause.document], items_of(d))
                for d in in_order()
                if topic_of(d.code) == place
            ]
            named = [
                (each, documents()[each.clause.document])
                for each in NAMED
                if topic_of(each.code) == place
            ]
            topics.append((label, rows, named))
        return super().get_context_data(**kwargs) | {"area": area, "topics": topics}


class IndicatorDetailView(AccessMixin, TemplateView):
    """One definition: the rule in words, its clause, the standards it reads, the area's figure."""

    access = Access(permission=Permission.VIEW_FIGURES, scoped=True)
    template_name = "indicators/indicator_detail.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        if self.kwargs["code"] not in CATALOGUE:
            raise Http404("indicator")
        definition = CATALOGUE[self.kwargs["code"]]
        area = page_area(self.request, Permission.VIEW_FIGURES)
        names = [p.code for p in figures.standards_of(definition)]
        standards = (
            Parameter.objects.standing()
            .filter(code__in=names)
            .order_by("code", "region", "-valid_from")
        )
        in_force = standard_values.in_force(*area.range, clock.today(), names)
        used = {held.value.pk for held in in_force.values() if held.value}
        show = standard_values.Showing(standards)
        shown = [show(p, standard_values.standard_of(p.code)) for p in standards]
        return (
            super().get_context_data(**kwargs)
            | {
                "area": area,
                "crumb": definition.name,
                "definition": definition,
                "document": documents()[definition.clause.document],
                "parts": figures.parts_of(definition),
                "items": items_of(definition),
                "figure": figures.area_figures([area], [definition.code])[
                    area.code, definition.code
                ],
                "standards_here": [each for each in shown if each.row.pk in used],
                "standards_elsewhere": [each for each in shown if each.row.pk not in used],
                "may_list": can_list_units(self.request.user, area, definition.line)
                and definition.lists_gaps,
            }
            | trend_context(self.request, area, definition)
        )


NIGHTS_SHOWN = {"night": 31, "month": 24, "year": 20}


def trend_context(request: HttpRequest, area: Area, definition: Any) -> dict[str, Any]:
    """`?by=month`: the figure at the ends of nights, months or years, and what was said of them before."""
    asked = request.GET.get("by", "")
    by = asked if asked in trends.PERIODS else "month"
    points = trends.trend(area, definition.code, by, last=NIGHTS_SHOWN[by])
    points = trends.with_earlier(points, area)
    address = reverse("indicators:indicator_detail", args=[definition.code])
    names = {"night": _("按夜"), "month": _("按月"), "year": _("按年")}
    return {
        "trend": points[::-1],
        "trend_option": trend_option(points, definition),
        "trend_tabs": [
            {
                "label": name,
                "url": f"{address}?area={area.code}&by={key}#trend",
                "active": key == by,
            }
            for key, name in names.items()
        ],
    }


def trend_option(points: Sequence[trends.Point], definition: Any) -> dict[str, Any]:
    """The share and, dashed, the share that is unknown; percent."""

    def share(part: int, whole: int) -> float | None:
        value = percent(part, whole)
        return None if value is None else float(value)

    name = _("发生率") if definition.is_bad_count else _("达标率")
    return {
        "xAxis": {"type": "category", "data": [f"{point.on:%Y-%m-%d}" for point in points]},
        "yAxis": {"type": "value", "axisLabel": {"formatter": "{value}%"}},
        "series": [
            {
                "name": name,
                "type": "line",
                "data": [share(p.figure.numerator, p.figure.denominator) for p in points],
            },
            {
                "name": _("未知占比"),
                "type": "line",
                "lineStyle": {"type": "dashed"},
                "data": [share(p.figure.unknown, p.figure.denominator) for p in points],
            },
        ],
    }


class RunListView(AccessMixin, ListPage):
    """Every recomputation, newest first."""

    access = Access(permission=Permission.VIEW_RUNS)
    model = Run
    template_name = "indicators/run_list.html"
    table_template_name = "indicators/_run_table.html"

    def rows(self) -> Any:
        runs = Run.objects.for_user(self.request.user).select_related("started_by", "area")
        return runs.order_by("-pk")

    def finish(self, rows: list[Any]) -> list[Any]:
        progress = services.progress_of(rows)
        return [(run, progress[run.pk]) for run in rows]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        user: Any = self.request.user
        return super().get_context_data(**kwargs) | {
            "may_run": user.has_perm(Permission.RUN_RECOMPUTE),
            "freshness": figures.freshness(),
        }


class RunStartView(AccessMixin, WritePage, FormView):
    """Recompute a date by hand; the workers do it, the run's page shows how far they are."""

    access = Access(permission=Permission.RUN_RECOMPUTE)
    template_name = "indicators/run_start.html"
    form_class = RunForm

    def form_valid(self, form: RunForm) -> HttpResponse:
        try:
            outcome = perform_once(self.request, lambda: self._start(form.cleaned_data["on"]))
        except services.RunInProgress as busy:
            form.add_error(
                None, _("另一次重算正在进行（%(run)s），完成后再发起。") % {"run": busy.run}
            )
            return self.form_invalid(form)
        except services.NoStandards:
            form.add_error(None, _("还没有入库的标准，请系统管理员先载入标准。"))
            return self.form_invalid(form)
        except (operations.KeyReused, operations.MissingKey) as error:
            self.refuse(self.request, error)
            return redirect("indicators:run_start")
        messages.success(self.request, _("已发起重算，可在本页看进度。"))
        return redirect("indicators:run_detail", outcome["run"])

    def _start(self, on: date) -> dict[str, int]:
        at = clock.now()
        run = services.start_run(on=on, kind=RunKind.MANUAL, at=at, by=self.request.user)
        services.queue_run(run, at=at)
        return {"run": run.pk}


@guarded(Access(permission=Permission.VIEW_RUNS))
def run_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """A run's progress and what it found; a fragment for polling, else the page."""
    run = get_object_or_404(
        Run.objects.for_user(request.user).select_related("started_by", "area"), pk=pk
    )
    done, total = services.progress_of([run])[run.pk]
    context = {
        "run": run,
        "done": done,
        "total": total,
        "totals": services.totals(run),
        "parity": parity.report(run),
        "crumb": str(run),
    }
    if request.headers.get("HX-Target") == "run-progress":
        return job_response(
            request, "indicators/_run_progress.html", context, alive=run.state == RunState.RUNNING
        )
    return render(request, "indicators/run_detail.html", context)


# --- what the pages of lower apps show of the indicators ------------------------------------------


def household_lights(request: HttpRequest, household: Household, on: date) -> str:
    lights = figures.unit_verdicts([household.pk], on)[household.pk]
    lines = visible_lines(request.user, household)
    shown = [
        (CATALOGUE[code], lights[code])
        for code in figures.HOUSEHOLD_CORE
        if CATALOGUE[code].line in lines
    ]
    return render_to_string(
        "indicators/_household_lights.html", {"lights": shown, "household": household}, request
    )


def household_explanations(request: HttpRequest, household: Household, on: date) -> str:
    """Why a standard is not met, condition by condition; only for those that are not."""
    lights = figures.unit_verdicts([household.pk], on)[household.pk]
    lines = visible_lines(request.user, household)
    told: list[tuple[figures.Explanation | None, Member | None]] = []
    for code in figures.HOUSEHOLD_CORE:
        definition = CATALOGUE[code]
        if definition.line not in lines or lights[code] not in (
            Verdict.NOT_MET,
            Verdict.INSUFFICIENT_DATA,
        ):
            continue
        if definition.subject == "household":
            told.append((figures.explain(code, household.pk, on), None))
        else:
            for member in household.members.order_by("pk"):
                reasons = figures.explain(code, member.pk, on)
                if reasons and reasons.verdict in (Verdict.NOT_MET, Verdict.INSUFFICIENT_DATA):
                    told.append((reasons, member))
    told = [(reasons, member) for reasons, member in told if reasons]
    context = {"told": told, "household": household}
    return render_to_string("indicators/_explanations.html", context, request)


def village_lights(request: HttpRequest, village: Village, on: date) -> str:
    """Every indicator of the village, as the newest figures have it (or those of a past date)."""
    newest = None if on >= clock.today() else on
    found = figures.area_figures([village.area], CORE, on=newest)
    user: Any = request.user
    lines = user.lines_in(village.area_id, Permission.VIEW_REGISTER)
    gaps = (
        reverse("indicators:gap_list")
        + f"?area={village.area_id}"
        + (f"&on={newest}" if newest else "")
    )
    shown = []
    for definition in map(CATALOGUE.__getitem__, CORE):
        listed = definition.line in lines and definition.lists_gaps
        url = f"{gaps}&indicator={definition.code}" if listed else ""
        shown.append((definition, found[village.area_id, definition.code], url))
    fresh = figures.freshness(village.area)
    context = {"lights": shown, "village": village, "freshness": fresh, "on": newest}
    return render_to_string("indicators/_village_lights.html", context, request)


def household_list_lights(
    request: HttpRequest, households: Sequence[Household], on: date
) -> dict[str, Any]:
    """Columns of lights for a page of the household list, at a cost that does not grow with it."""
    user: Any = request.user
    granted = {g.line for g in user.current_grants}
    codes = [
        c for c in figures.HOUSEHOLD_CORE if "GENERAL" in granted or CATALOGUE[c].line in granted
    ]
    return {
        "columns": [(code, CATALOGUE[code].short_name) for code in codes],
        "cells": figures.unit_verdicts([h.pk for h in households], on),
    }


def household_print_lights(
    request: HttpRequest, households: Sequence[Household], on: date
) -> dict[int, dict[str, str]]:
    """For the paper files of many households: the verdict of each line of work."""
    found = figures.unit_verdicts([h.pk for h in households], on)
    return {
        pk: {CATALOGUE[code].line: lights[code] for code in figures.HOUSEHOLD_CORE}
        for pk, lights in found.items()
    }


def exit_guards(household: Household, on: date) -> list[Guard]:
    """Standards that a household must meet to be lifted and does not, or of which too little is known."""
    lights = figures.unit_verdicts([household.pk], on, EXIT_STANDARDS)[household.pk]
    return [
        Guard(
            f"{CATALOGUE[code].short_name}：{Verdict(lights[code]).label}",
            household.get_absolute_url(),
        )
        for code in EXIT_STANDARDS
        if lights[code] in (Verdict.NOT_MET, Verdict.INSUFFICIENT_DATA)
    ]


def notice_days(village_id: int, on: date) -> int | None:
    """How long a public notice must stand."""
    return services.standard_days("public_notice_days_village", village_id, on)


def clue_days(village_id: int, on: date) -> int | None:
    """Within how many days the village checks a clue."""
    return services.standard_days("clue_check_days", village_id, on)


def figures_as_of(_request: HttpRequest) -> date | None:
    """For the frame: the newest night that is confirmed; pages tell of today's provisional villages."""
    return figures.newest_on()
