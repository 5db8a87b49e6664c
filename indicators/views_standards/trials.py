"""What would change under a value: asked for, and shown by indicator, area and unit."""

from collections.abc import Iterable, Sequence
from functools import cached_property
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from accounts.models import Area
from accounts.roles import Permission
from accounts.scope import page_area
from core import clock
from core.access import Access, AccessMixin, guarded
from core.listing import ListPage
from core.web import WritePage, perform_once
from households.models import Household, Member
from indicators import standard_values as standing
from indicators import what_if
from indicators.definitions import CATALOGUE
from indicators.enums import SubjectKind, TrialState, Verdict
from indicators.forms import (
    ReadingForm,
)
from indicators.models import StandardProposal, StandardTrial
from indicators.permissions import can_list_units, covers
from indicators.standard_values import Reading, StandardRefused
from indicators.standards import in_words
from indicators.views_standards.common import (
    KEY_REFUSALS,
    StandardFormPage,
)
from villages.models import Village

TURNS = ("failing", "unknown", "clear")


class TrialCreateView(StandardFormPage):
    """See who would flip before anybody proposes anything."""

    permission = Permission.TRY_STANDARD
    access = Access(permission=Permission.TRY_STANDARD, scoped=True)
    template_name = "indicators/standards/trial_form.html"
    form_class = ReadingForm

    def form_valid(self, form: ReadingForm) -> HttpResponse:
        reading, user = form.reading(), self.request.user
        on = form.cleaned_data["on"] or what_if.day_to_judge(reading, clock.today())

        def act() -> dict[str, int]:
            return {"trial": what_if.try_out(reading=reading, on=on, by=user, at=clock.now()).pk}

        try:
            outcome = perform_once(self.request, act)
        except StandardRefused as error:
            return self.refused(form, error)
        except KEY_REFUSALS as error:
            self.refuse(self.request, error)
            return redirect(self.request.get_full_path())
        return redirect("indicators:trial_detail", outcome["trial"])


@guarded(Access(permission=Permission.TRY_STANDARD, scoped=True))
@require_POST
def proposal_try(request: HttpRequest, pk: int) -> HttpResponse:
    """Try what a proposal proposes; the result hangs on it for whoever decides."""
    user: Any = request.user
    proposal = get_object_or_404(StandardProposal.objects.for_user(user), pk=pk)
    if not covers(user, Permission.TRY_STANDARD, proposal.low, proposal.high):
        raise PermissionDenied
    reading = Reading.of(proposal)
    on = what_if.day_to_judge(reading, clock.today())

    def act() -> dict[str, int]:
        trial = what_if.try_out(reading=reading, on=on, by=user, at=clock.now(), proposal=proposal)
        return {"trial": trial.pk}

    try:
        outcome = perform_once(request, act)
    except StandardRefused as error:
        messages.error(request, str(error))
        return redirect(proposal.get_absolute_url())
    except KEY_REFUSALS as error:
        WritePage().refuse(request, error)
        return redirect(proposal.get_absolute_url())
    return redirect("indicators:trial_detail", outcome["trial"])


class TrialDetailView(AccessMixin, ListPage):
    """What a trial found: by indicator, by area, and the households, persons and villages that turn."""

    access = Access(permission=Permission.TRY_STANDARD, scoped=True)
    template_name = "indicators/standards/trial_detail.html"
    table_template_name = "indicators/standards/_trial_table.html"
    default_sort = ""

    @cached_property
    def trial(self) -> StandardTrial:
        seen = StandardTrial.objects.for_user(self.request.user)
        return get_object_or_404(seen.select_related("asked_by", "proposal"), pk=self.kwargs["pk"])

    @cached_property
    def area(self) -> Area:
        """The area asked for inside the trial's region; else the region's own."""
        trial = self.trial
        if self.request.GET.get("area"):
            area = page_area(self.request, Permission.TRY_STANDARD)
            if trial.low <= area.range[0] and area.range[1] <= trial.high:
                return area
        return get_object_or_404(
            Area.objects.for_user(self.request.user, Permission.TRY_STANDARD),
            code=int(trial.region.ljust(12, "0")),
        )

    @cached_property
    def villages(self) -> list[dict[str, Any]]:
        low, high = self.area.range
        return [row for row in self.trial.villages if low <= row["village"] <= high]

    @cached_property
    def turn(self) -> str:
        asked = self.request.GET.get("turn", "")
        return asked if asked in TURNS else ""

    @cached_property
    def may_list(self) -> set[str]:
        """Codes whose units the person may see by name here."""
        user = self.request.user
        codes = {row["indicator"] for row in self.villages}
        return {
            c
            for c in codes
            if c in CATALOGUE and can_list_units(user, self.area, CATALOGUE[c].line)
        }

    def rows(self) -> Any:
        low, high = self.area.range
        code = self.request.GET.get("indicator", "")
        return [
            unit
            for unit in self.trial.units
            if low <= unit["village"] <= high
            and unit["indicator"] in self.may_list
            and code in ("", unit["indicator"])
            and self.turn in ("", turn_of(unit))
        ]

    def finish(self, rows: list[Any]) -> list[Any]:
        return named(self.request.user, rows)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        trial = self.trial
        standard = standing.standard_of(trial.code)
        by_indicator = summed(self.villages, lambda row: row["indicator"])
        places = Area.objects.for_user(self.request.user, Permission.TRY_STANDARD)
        children = list(places.filter(parent=self.area).order_by("code"))
        by_place = [
            (child, summed(within(self.villages, child), lambda row: "").get(""))
            for child in children
        ]
        here = by_indicator.values()
        return super().get_context_data(**kwargs) | {
            "area": self.area,
            "area_path": self.request.path,
            "crumb": standard.name,
            "trial": trial,
            "standard": standard,
            "text": in_words(standard, trial.value),
            "place": standing.region_names([trial.region])[trial.region],
            "is_waiting": trial.state == TrialState.WAITING,
            "by_indicator": [
                (CATALOGUE[code], total)
                for code, total in by_indicator.items()
                if code in CATALOGUE
            ],
            "by_place": [(child, total) for child, total in by_place if total],
            "flipped_count": sum(total["flipped"] for total in here),
            "turned_count": sum(total["turned"] for total in here),
            "turn": self.turn,
            "indicator": self.request.GET.get("indicator", ""),
            "turns": [("", _("全部")), *((key, TURN_WORDS[key]) for key in TURNS)],
            "is_capped": trial.unit_count > len(trial.units),
            "kept_count": len(trial.units),
            "may_propose": covers(
                self.request.user, Permission.PROPOSE_STANDARD, trial.low, trial.high
            ),
        }


TURN_WORDS = {
    "failing": gettext_lazy("转为未达标"),
    "unknown": gettext_lazy("转为数据不足"),
    "clear": gettext_lazy("不再有差距"),
}


def turn_of(unit: dict[str, Any]) -> str:
    """failing, unknown or clear: what the unit would become."""
    if unit["after"] is None:
        return "clear"
    return "failing" if unit["after"] == Verdict.NOT_MET else "unknown"


def within(rows: Iterable[dict[str, Any]], area: Area) -> list[dict[str, Any]]:
    low, high = area.range
    return [row for row in rows if low <= row["village"] <= high]


def summed(rows: Iterable[dict[str, Any]], by: Any) -> dict[str, dict[str, Any]]:
    """Counts over the entries of a trial, under a key: units that turn and villages that flip."""
    found: dict[str, dict[str, Any]] = {}
    for row in rows:
        total = found.setdefault(
            by(row),
            {"failing": 0, "unknown": 0, "clear": 0, "turned": 0, "flipped": 0, "flips": {}},
        )
        for name in TURNS:
            total[name] += row[name]
            total["turned"] += row[name]
        if row["before"] != row["after"]:
            total["flipped"] += 1
            pair = (row["before"], row["after"])
            total["flips"][pair] = total["flips"].get(pair, 0) + 1
    for total in found.values():
        total["pairs"] = sorted((*pair, n) for pair, n in total["flips"].items())
    return found


def named(user: Any, units: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Units with the names a list shows, as far as the person may see them; three queries."""
    seen = Household.objects.for_user(user)
    households = seen.in_bulk({u["household"] for u in units if u["household"]})
    people = {u["subject"] for u in units if u["kind"] == SubjectKind.MEMBER}
    members = Member.objects.for_user(user).in_bulk(people) if people else {}
    villages = Village.objects.for_user(user).select_related("area__parent")
    places = villages.in_bulk({u["village"] for u in units})
    return [
        {
            "unit": unit,
            "definition": CATALOGUE.get(unit["indicator"]),
            "turn": TURN_WORDS[turn_of(unit)],
            "before": unit["before"],
            "after": unit["after"],
            "household": households.get(unit["household"] or 0),
            "member": members.get(unit["subject"]) if unit["kind"] == SubjectKind.MEMBER else None,
            "village": places.get(unit["village"]),
        }
        for unit in units
    ]
