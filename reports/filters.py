"""Conditions of the reporting lists, shared by page and API."""

from typing import Any

import django_filters
from django.utils.translation import gettext_lazy as _

from core.forms import MonthField
from reports.models import Filing, Obligation


class MonthFilter(django_filters.Filter):
    field_class = MonthField


class ObligationFilterSet(django_filters.FilterSet):
    month = MonthFilter(label=_("报告月份"))
    agency = django_filters.CharFilter(field_name="agency__code", label=_("单位代码"))
    campaign = django_filters.CharFilter(field_name="campaign__code", label=_("专项行动代码"))
    is_filed = django_filters.BooleanFilter(label=_("是否已报"), method="filter_filed")

    class Meta:
        model = Obligation
        fields = ("month", "agency", "campaign", "is_filed")

    def filter_filed(self, rows: Any, name: str, value: bool) -> Any:
        return rows.exclude(pk__in=rows.unfiled()) if value else rows.unfiled()


class FilingFilterSet(django_filters.FilterSet):
    month = MonthFilter(field_name="obligation__month", label=_("报告月份"))
    agency = django_filters.CharFilter(field_name="obligation__agency__code", label=_("单位代码"))

    class Meta:
        model = Filing
        fields = ("month", "agency", "state", "is_nil")
