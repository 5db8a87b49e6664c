from collections import defaultdict
from datetime import date, datetime
from itertools import groupby
from typing import Any

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.views.generic import DetailView, View

from accounts.models import Area
from accounts.roles import Permission
from accounts.scope import page_area
from core import clock, operations
from core.access import Access, AccessMixin
from core.display import display_value, verbose
from core.facts import Provenance, Source, forget_later
from core.listing import ListPage
from core.web import DatedPage, WritePage, operation_key, perform_once
from villages import services
from villages.filters import VillageFilterSet
from villages.forms import (
    SECTIONS,
    RecordForm,
    VillageForm,
    VillageSurveyForm,
    columns_from,
)
from villages.models import (
    VILLAGE_THEMES,
    CollectiveIncome,
    LocalFact,
    Village,
    VillageClinic,
    VillageListing,
    VillagePopulation,
    VillagePower,
    VillageStatistics,
)
from villages.permissions import can_edit_village, visible_themes


def judged_year(on: date) -> int:
    """The last complete year, which on 31 December is the year itself (domain §2.20, COL-01)."""
    return on.year if (on.month, on.day) == (12, 31) else on.year - 1


class VillageListView(AccessMixin, ListPage):
    access = Access(permission=Permission.VIEW_FIGURES, scoped=True)
    model = Village
    filterset_class = VillageFilterSet
    sort_fields = {"code": "pk", "name": "area__name"}
    default_sort = "code"

    @cached_property
    def area(self) -> Area:
        return page_area(self.request, Permission.VIEW_FIGURES)

    def rows(self) -> QuerySet[Village]:
        villages = Village.objects.for_user(self.request.user, permission=Permission.VIEW_FIGURES)
        return villages.in_area(self.area).select_related("area__parent")

    def finish(self, rows: list[Any]) -> list[Any]:
        """Adds what holds today of each theme; one query per theme."""
        on = clock.today()
        years = (judged_year(on), judged_year(on) - 1)
        by_pk = {village.pk: village for village in rows}
        for village in rows:
            village.held, village.incomes = {}, dict.fromkeys(reversed(years))
        for theme in (VillageListing, VillagePopulation, VillagePower, VillageClinic):
            for fact in theme.objects.as_of(on).filter(village__in=rows):
                by_pk[fact.village_id].held[str(theme._meta.model_name).removeprefix("village")] = (
                    fact
                )
        for income in CollectiveIncome.objects.as_of(on).filter(village__in=rows, year__in=years):
            by_pk[income.village_id].incomes[income.year] = income.income_yuan
        return rows

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        year = judged_year(clock.today())
        return super().get_context_data(**kwargs) | {
            "area": self.area,
            "year": year,
            "year_before": year - 1,
        }


class VillageDetailView(DatedPage, AccessMixin, DetailView):
    """A village's file as of a date, of a past one as known now or as known then: facts with their
    sources, income by year, how they came."""

    access = Access(permission=Permission.VIEW_FIGURES, scoped=True)
    model = Village
    context_object_name = "village"

    def get_queryset(self) -> QuerySet[Village]:
        return Village.objects.for_user(
            self.request.user, permission=Permission.VIEW_FIGURES
        ).select_related("area")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        village, on = self.object, self.on
        themes = visible_themes(self.request.user, village.pk, VILLAGE_THEMES)
        history = other = read_history(village, themes, on)
        if self.is_past:
            then = read_history(village, themes, on, known_at=self.end_of_day)
            history, other = (then, history) if self.shows_then else (history, then)
        incomes = [
            (key[0], versions[-1])
            for key, versions in sorted(history[CollectiveIncome].items(), reverse=True)
            if holds(versions[-1], on)
        ]
        return super().get_context_data(**kwargs) | {
            "area": village.area,
            "on": on,
            "is_past": self.is_past,
            "shows_then": self.shows_then,
            "differences": differences(history, other, on),
            "cards": [
                (
                    theme._meta.verbose_name,
                    [row for row in rows if row[1]],
                    [label for label, text, _held in rows if not text],
                )
                for theme in themes
                if "year" not in theme.SUBJECT
                for rows in [card(theme, history[theme].get((), []), on)]
            ],
            "survey": survey(history[VillageStatistics], on),
            "incomes": incomes,
            "shows_income": CollectiveIncome in themes,
            "timeline": timeline(history)[:20],
            "may_edit": can_edit_village(self.request.user, village),
            "may_see_households": self.request.user.has_perm(Permission.VIEW_REGISTER),
        }


def read_history(
    village: Village,
    themes: list[type[LocalFact]],
    on: date,
    *,
    known_at: datetime | None = None,
) -> dict[Any, dict[Any, list[LocalFact]]]:
    """Standing versions per theme and year, oldest first, as known now or at a moment; one query
    per theme."""
    history: dict[Any, dict[Any, list[LocalFact]]] = {
        theme: defaultdict(list) for theme in VILLAGE_THEMES
    }
    for theme in themes:
        rows = theme.objects.filter(village=village).begun(on, known_at)
        for version in rows.select_related("author").order_by("valid_from", "pk"):
            if known_at:
                forget_later(version, known_at)
            history[theme][tuple(getattr(version, name) for name in theme.SUBJECT[1:])].append(
                version
            )
    return history


def holds(version: LocalFact, on: date) -> bool:
    return version.valid_to is None or version.valid_to > on


def card(
    theme: type[LocalFact], versions: list[LocalFact], on: date
) -> list[tuple[str, str, LocalFact | None]]:
    """(label, value as text, version) of a theme's columns."""
    held = versions[-1] if versions and holds(versions[-1], on) else None
    return [
        (
            verbose(theme, name),
            display_value(theme, name, getattr(held, name)) if held else "",
            held,
        )
        for name in theme.VALUES
    ]


def differences(
    shown: dict[Any, dict[Any, list[LocalFact]]],
    other: dict[Any, dict[Any, list[LocalFact]]],
    on: date,
) -> list[tuple[str, str, str, str]]:
    """(subject, label, value shown, value otherwise) wherever two readings of a day differ."""
    found = []
    for theme in shown:
        for key in {**shown[theme], **other[theme]}:
            pairs = zip(
                card(theme, shown[theme].get(key, []), on),
                card(theme, other[theme].get(key, []), on),
                strict=True,
            )
            title = "　".join([str(theme._meta.verbose_name), *(str(year) for year in key)])
            found += [
                (title, label, value, otherwise)
                for (label, value, _held), (_label, otherwise, _other) in pairs
                if value != otherwise
            ]
    return found


def survey(subjects: dict[Any, list[LocalFact]], on: date) -> dict[str, Any]:
    """What is known of the latest year of the village form, by sections, and how many are open."""
    for (year,), versions in sorted(subjects.items(), reverse=True):
        rows = dict(
            zip(VillageStatistics.VALUES, card(VillageStatistics, versions, on), strict=True)
        )
        known = {column: row for column, row in rows.items() if row[1]}
        if known:
            sections = [
                (title, [known[column] for column in columns_from(first) if column in known])
                for first, title in SECTIONS
            ]
            return {
                "year": year,
                "sections": [(title, found) for title, found in sections if found],
                "held": versions[-1],
                "open": len(rows) - len(known),
            }
    return {}


def timeline(history: dict[Any, dict[Any, list[LocalFact]]]) -> list[dict[str, Any]]:
    """Every change of a value, latest first."""
    events = []
    for theme, subjects in history.items():
        for key, versions in subjects.items():
            before: Any = None
            for version in versions:
                pairs = [
                    (
                        name,
                        display_value(theme, name, getattr(before, name)) if before else "",
                        display_value(theme, name, getattr(version, name)),
                    )
                    for name in theme.VALUES
                ]
                changes = [
                    (verbose(theme, name), old, new) for name, old, new in pairs if old != new
                ]
                if changes:
                    title = str(theme._meta.verbose_name)
                    title = (
                        _("%(title)s（%(year)s 年度）") % {"title": title, "year": key[0]}
                        if key
                        else title
                    )
                    events.append({"version": version, "title": title, "changes": changes})
                before = version
    return sorted(
        events, key=lambda e: (e["version"].valid_from, e["version"].recorded_at), reverse=True
    )


class VillageEditView(AccessMixin, WritePage, View):
    """Records facts of a village, valid from a day."""

    access = Access(permission=Permission.EDIT_VILLAGE, scoped=True)

    @property
    def heading(self) -> str:
        return _("更新情况")

    @cached_property
    def village(self) -> Village:
        villages = Village.objects.for_user(self.request.user, permission=Permission.EDIT_VILLAGE)
        return get_object_or_404(villages.select_related("area"), pk=self.kwargs["pk"])

    def form(self, data: Any = None) -> RecordForm:
        today = clock.today()
        year = judged_year(today)
        themes = visible_themes(self.request.user, self.village.pk, VILLAGE_THEMES)
        return VillageForm(
            data, village=self.village, today=today, years=(year, year - 1), themes=themes
        )

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        return self.page(self.form())

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        form = self.form(request.POST)
        if not form.is_valid():
            return self.page(form, status=422)
        data = form.cleaned_data
        told = Provenance(
            valid_from=data["valid_from"],
            at=clock.now(),
            by=request.user,
            source=Source.OFFICE,
            source_ref=data["source_ref"],
        )

        def act() -> dict[str, Any]:
            written = services.record_village_facts(
                village=self.village,
                changes=form.changes(),
                told=told,
                base_version=data["base_version"],
            )
            return {"written": len(written)}

        try:
            outcome = perform_once(request, act)
        except services.StaleVillage:
            del self.village
            messages.warning(
                request, _("填写期间本村的内容有更新，请核对右侧最新内容后再保存。已填内容仍在。")
            )
            data = request.POST.copy()
            data["base_version"] = str(self.village.version)
            return self.page(self.form(data), status=409)
        except (operations.KeyReused, operations.MissingKey) as error:
            self.refuse(request, error)
            return self.page(form, status=409, operation_key=operations.new_key())
        if outcome["written"]:
            messages.success(request, _("已保存，有关指标稍后自动重算。"))
        else:
            messages.info(request, _("填写的内容与原来一致，没有变化。"))
        return redirect("villages:village_detail", pk)

    def page(self, form: RecordForm, *, status: int = 200, **more: Any) -> HttpResponse:
        on = clock.today()
        themes = visible_themes(self.request.user, self.village.pk, VILLAGE_THEMES)
        history = read_history(self.village, themes, on)
        rows = [
            (field, *self.known(form, field.name, history, on))
            for field in form.visible_fields()
            if field.name not in {"valid_from", "source_ref"}
        ]
        context = {
            "area": self.village.area,
            "village": self.village,
            "form": form,
            "heading": self.heading,
            "sections": [
                (title, group, sum(1 for _field, text, _held in group if text))
                for title, found in groupby(rows, lambda row: form.section_of(row[0].name))
                for group in [list(found)]
            ],
            "operation_key": operation_key(self.request) or operations.new_key(),
            **more,
        }
        return render(self.request, "villages/village_edit.html", context, status=status)

    @staticmethod
    def known(form: RecordForm, name: str, history: Any, on: date) -> tuple[str, LocalFact | None]:
        """What is on file for a field, and the version that says so."""
        theme, key, column = form.fact_of(name)
        versions = history[theme].get(key, [])
        held = versions[-1] if versions and holds(versions[-1], on) else None
        return display_value(theme, column, getattr(held, column)) if held else "", held


class VillageSurveyView(VillageEditView):
    """The village form: profile, the counts of the last complete year, who is posted there."""

    @property
    def heading(self) -> str:
        return _("%(year)s 年村情表") % {"year": judged_year(clock.today())}

    def form(self, data: Any = None) -> RecordForm:
        today = clock.today()
        return VillageSurveyForm(data, village=self.village, today=today, year=judged_year(today))
