from typing import Any

import django_filters
from django.db.models import Count, Exists, OuterRef, Q, QuerySet
from django.utils.translation import gettext_lazy as _

from accounts.models import Area
from indicators.definitions import CATALOGUE
from indicators.enums import Verdict
from indicators.figures import HOUSEHOLD_CORE
from indicators.models import Gap

ANY_NOT_MET, ANY_UNKNOWN, NO_GAP = "NOT_MET", "INSUFFICIENT_DATA", "NONE"


def gap_choices() -> list[tuple[str, Any]]:
    """未达标, 数据不足 and 无差距 by the safeguards, then each indicator that a household or member can miss."""
    listed = [
        (d.code, _("%(name)s未达标") % {"name": d.short_name})
        for d in CATALOGUE.values()
        if _of_household(d)
    ]
    return [
        (ANY_NOT_MET, _("未达标")),
        (ANY_UNKNOWN, _("数据不足")),
        (NO_GAP, _("无差距")),
        *listed,
    ]


def _of_household(definition: Any) -> bool:
    return definition.lists_gaps and definition.subject in ("household", "member")


class GapFilter(django_filters.ChoiceFilter):
    """达标情况: households by their open gaps, as the newest figures have them."""

    def __init__(self) -> None:
        super().__init__(label=_("达标情况"), choices=gap_choices, empty_label=_("全部"))

    def countable(self, user: Any, area: Area | None, value: str) -> QuerySet | None:
        """One row for each household the condition finds, from the gaps alone; None where none is left."""
        if value == NO_GAP:
            return None
        gaps: Any = Gap.objects.for_user(user).latest_known().exclude(household=None)
        gaps = (gaps.in_area(area) if area else gaps).order_by().values("household_id")
        if value in (ANY_NOT_MET, ANY_UNKNOWN):
            gaps = gaps.filter(indicator__in=HOUSEHOLD_CORE)
        failing = Q(verdict=Verdict.NOT_MET)
        if value == ANY_UNKNOWN:
            return gaps.annotate(bad_count=Count("pk", filter=failing)).filter(bad_count=0)
        return gaps.filter(
            failing if value == ANY_NOT_MET else failing & Q(indicator=value)
        ).distinct()

    def filter(self, rows: QuerySet, value: str) -> QuerySet:
        if not value:
            return rows
        gaps = Gap.objects.latest_known().filter(household_id=OuterRef("pk"))
        if value in (ANY_NOT_MET, ANY_UNKNOWN, NO_GAP):
            gaps = gaps.filter(indicator__in=HOUSEHOLD_CORE)
        if value == NO_GAP:
            return rows.filter(~Exists(gaps))
        if value == ANY_UNKNOWN:
            failing = gaps.filter(verdict=Verdict.NOT_MET)
            return rows.filter(
                Exists(gaps.filter(verdict=Verdict.INSUFFICIENT_DATA)), ~Exists(failing)
            )
        gaps = gaps.filter(verdict=Verdict.NOT_MET)
        return rows.filter(Exists(gaps if value == ANY_NOT_MET else gaps.filter(indicator=value)))


def household_list_filters(_request: Any) -> dict[str, django_filters.Filter]:
    return {"gap": GapFilter()}


def out_of_school(request: Any) -> QuerySet:
    """Slot of the drop-out register: members whom the newest figures find out of school."""
    gaps = Gap.objects.for_user(request.user).latest_known()
    return gaps.filter(indicator="EDU-01", verdict=Verdict.NOT_MET).values("subject_id")
