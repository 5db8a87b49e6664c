"""Conditions of the village list, shared by page and API."""

from typing import Any

import django_filters
from django import forms
from django.db.models import Exists, OuterRef, QuerySet
from django.utils.translation import gettext_lazy as _

from accounts.scope import asked_area
from core import clock
from villages.models import Village, VillageListing


class VillageFilterSet(django_filters.FilterSet):
    q = django_filters.CharFilter(
        label=_("名称"),
        field_name="area__name",
        lookup_expr="contains",
        widget=forms.TextInput(attrs={"placeholder": _("嘎查村名称"), "type": "search"}),
    )
    listed = django_filters.ChoiceFilter(
        label=_("是否贫困村"),
        method="filter_listed",
        empty_label=_("全部"),
        choices=[("yes", _("是")), ("no", _("否")), ("unknown", _("未知"))],
    )

    class Meta:
        model = Village
        fields = ["q", "listed"]

    def filter_listed(self, rows: QuerySet, _name: str, value: str) -> QuerySet:
        held = VillageListing.objects.as_of(clock.today()).filter(village_id=OuterRef("pk"))
        if value == "unknown":
            return rows.exclude(Exists(held.filter(is_poor_village__isnull=False)))
        return rows.filter(Exists(held.filter(is_poor_village=value == "yes")))


class ApiVillageFilterSet(VillageFilterSet):
    """The same with the area."""

    area = django_filters.NumberFilter(label=_("区划代码"), method="filter_area")

    class Meta(VillageFilterSet.Meta):
        fields = ["q", "listed", "area"]

    def filter_area(self, rows: QuerySet, _name: str, _code: Any) -> QuerySet:
        area = asked_area(self.request)
        return rows.in_area(area) if area else rows  # type: ignore[attr-defined]
