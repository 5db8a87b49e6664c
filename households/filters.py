"""Conditions of the household list, shared by page and API.

Upper apps add conditions through the slot "household_list_filters": a function of the request that
returns a dict of django-filter filters (design §2).
"""

from typing import Any

import django_filters
from django import forms
from django.db.models import Exists, OuterRef, QuerySet
from django.utils.translation import gettext_lazy as _

from accounts.scope import asked_area
from core import clock, slots
from households.enums import Cause, Status
from households.models import Household, HouseholdCheck, HouseholdProfile, HouseholdStatus, Member
from households.rounds import Term
from villages.models import Village

FILTER_SLOT = "household_list_filters"
MOST_VILLAGES = 300  # more than this are not offered one by one; the area does it


def village_choices(request: Any) -> list[tuple[int, str]]:
    """Villages under the page's area that the user may see; none above a county."""
    if request is None or not request.user.is_authenticated:
        return []
    villages = Village.objects.for_user(request.user).select_related("area").order_by("pk")
    area = getattr(request, "page_area", None)
    if area is not None:
        villages = villages.in_area(area)
    found = list(villages[: MOST_VILLAGES + 1])
    return [(v.pk, str(v)) for v in found] if len(found) <= MOST_VILLAGES else []


class HouseholdFilterSet(django_filters.FilterSet):
    q = django_filters.CharFilter(
        label=_("户主/成员"),
        method="filter_text",
        widget=forms.TextInput(attrs={"placeholder": _("姓名、编号、证件号"), "type": "search"}),
    )
    village = django_filters.ChoiceFilter(
        label=_("行政村"), field_name="village_id", empty_label=_("全部"), choices=()
    )
    status = django_filters.ChoiceFilter(
        label=_("脱贫状态"), method="filter_status", choices=Status.choices, empty_label=_("全部")
    )
    cause = django_filters.ChoiceFilter(
        label=_("致贫原因"), method="filter_cause", choices=Cause.choices, empty_label=_("全部")
    )

    class Meta:
        model = Household
        fields = ["q", "village", "status", "cause"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.on = clock.today()
        choices = village_choices(self.request)
        if choices:
            self.filters["village"].extra["choices"] = choices
        else:
            del self.filters["village"]
        for filler in slots.fillers(FILTER_SLOT):
            for name, each in filler(self.request).items():
                each.field_name, each.parent, each.model = each.field_name or name, self, Household
                self.filters[name] = each

    def filter_text(self, rows: QuerySet, _name: str, text: str) -> QuerySet:
        return rows.find(text)  # type: ignore[attr-defined]

    def filter_status(self, rows: QuerySet, _name: str, status: str) -> QuerySet:
        held = HouseholdStatus.objects.as_of(self.on).filter(
            household_id=OuterRef("pk"), status=status
        )
        return rows.filter(Exists(held))

    def filter_cause(self, rows: QuerySet, _name: str, cause: str) -> QuerySet:
        held = HouseholdProfile.objects.as_of(self.on).filter(
            household_id=OuterRef("pk"), cause_main=cause
        )
        return rows.filter(Exists(held))


class ApiHouseholdFilterSet(HouseholdFilterSet):
    """The same with the area and the village as numbers."""

    village = django_filters.NumberFilter(label=_("村代码"), field_name="village_id")
    area = django_filters.NumberFilter(label=_("区划代码"), method="filter_area")

    class Meta(HouseholdFilterSet.Meta):
        fields = ["q", "village", "status", "cause", "area"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        django_filters.FilterSet.__init__(self, *args, **kwargs)
        self.on = clock.today()

    def filter_area(self, rows: QuerySet, _name: str, _code: Any) -> QuerySet:
        area = asked_area(self.request)
        return rows.in_area(area) if area else rows  # type: ignore[attr-defined]


class CheckListFilterSet(django_filters.FilterSet):
    """Conditions of the list of households to visit."""

    q = django_filters.CharFilter(
        label=_("户主/成员"),
        method="filter_text",
        widget=forms.TextInput(attrs={"placeholder": _("姓名、编号、证件号"), "type": "search"}),
    )
    village = django_filters.ChoiceFilter(
        label=_("行政村"), field_name="village_id", empty_label=_("全部"), choices=()
    )
    state = django_filters.ChoiceFilter(
        label=_("核查情况"),
        method="filter_state",
        empty_label=_("全部"),
        choices=[
            ("todo", _("待核查")),
            ("done", _("已核查")),
            ("draft", _("我的草稿")),
            ("returned", _("退回修改")),
        ],
    )

    class Meta:
        model = Household
        fields = ["q", "village", "state"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.term = getattr(self.request, "page_term", None) or Term(None, clock.today())
        choices = village_choices(self.request)
        if choices:
            self.filters["village"].extra["choices"] = choices
        else:
            del self.filters["village"]

    def filter_text(self, rows: QuerySet, _name: str, text: str) -> QuerySet:
        return rows.find(text)  # type: ignore[attr-defined]

    def filter_state(self, rows: QuerySet, _name: str, state: str) -> QuerySet:
        if state == "draft":
            return rows.filter(checks__state="DRAFT", checks__author=self.request.user)
        if state == "returned":
            mine = HouseholdCheck.objects.to_correct(self.request.user)
            return rows.filter(pk__in=mine.values("household_id"))
        return self.term.done(rows) if state == "done" else self.term.left(rows)


class CheckFilterSet(django_filters.FilterSet):
    """For the API: checks of a household or of a time."""

    household = django_filters.NumberFilter(label=_("户"), field_name="household_id")
    state = django_filters.CharFilter(label=_("状态"))
    visited_from = django_filters.DateFilter(
        label=_("入户日期起"), field_name="visited_on", lookup_expr="gte"
    )
    visited_to = django_filters.DateFilter(
        label=_("入户日期止"), field_name="visited_on", lookup_expr="lte"
    )
    area = django_filters.NumberFilter(label=_("区划代码"), method="filter_area")

    class Meta:
        model = HouseholdCheck
        fields = ["household", "state"]

    def filter_area(self, rows: QuerySet, _name: str, _code: Any) -> QuerySet:
        area = asked_area(self.request)
        return rows.in_area(area) if area else rows  # type: ignore[attr-defined]


class MemberFilterSet(django_filters.FilterSet):
    """For the API."""

    household = django_filters.NumberFilter(label=_("户"), field_name="household_id")
    name = django_filters.CharFilter(label=_("姓名"), lookup_expr="startswith")
    area = django_filters.NumberFilter(label=_("区划代码"), method="filter_area")

    class Meta:
        model = Member
        fields = ["household", "name"]

    def filter_area(self, rows: QuerySet, _name: str, _code: Any) -> QuerySet:
        area = asked_area(self.request)
        return rows.in_area(area) if area else rows  # type: ignore[attr-defined]
