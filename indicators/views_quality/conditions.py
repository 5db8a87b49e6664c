"""Conditions of the list of findings, shared by page, file and API."""

from typing import Any

import django_filters
from django import forms
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from core import clock
from households.filters import village_choices
from indicators.enums import Severity, SubjectKind
from indicators.models import Finding
from indicators.quality.lists import overdue_before

OVERDUE, ASKED, EXPLAINED, ALL = "OVERDUE", "ASKED", "EXPLAINED", "ALL"
STATES = [
    (OVERDUE, _("逾期")),
    (ASKED, _("说明待审批")),
    (EXPLAINED, _("已说明（不等于通过）")),
    (ALL, _("全部")),
]


class FindingFilterSet(django_filters.FilterSet):
    """Without a state: what is to be put right, explained findings left out."""

    village = django_filters.ChoiceFilter(
        label=_("行政村"), field_name="village_id", empty_label=_("全部"), choices=()
    )
    rule = django_filters.ChoiceFilter(label=_("规则"), empty_label=_("全部"), choices=())
    severity = django_filters.ChoiceFilter(
        label=_("程度"), empty_label=_("全部"), choices=Severity.choices
    )
    subject = django_filters.ChoiceFilter(
        label=_("对象"),
        field_name="subject_kind",
        empty_label=_("全部"),
        choices=SubjectKind.choices,
    )
    state = django_filters.ChoiceFilter(
        label=_("状态"),
        method="filter_state",
        empty_label=_("待处理"),
        choices=STATES,
        widget=forms.Select,
    )

    class Meta:
        model = Finding
        fields = ["village", "rule", "severity", "subject", "state"]

    def __init__(self, *args: Any, rules: Any = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.filters["rule"].extra["choices"] = [(r.code, r.name) for r in rules]
        self.offer_villages()

    def offer_villages(self) -> None:
        choices = village_choices(self.request)
        if choices:
            self.filters["village"].extra["choices"] = choices
        else:
            del self.filters["village"]

    def filter_queryset(self, queryset: QuerySet) -> QuerySet:
        rows = super().filter_queryset(queryset)
        return rows if self.form.cleaned_data.get("state") else rows.filter(is_waived=False)

    @property
    def qs(self) -> QuerySet:
        if not self.is_bound:
            return self.queryset.filter(is_waived=False)
        return super().qs

    def filter_state(self, rows: QuerySet, _name: str, state: str) -> QuerySet:
        if state == OVERDUE:
            return rows.filter(is_waived=False, since__lte=overdue_before(clock.today()))
        if state == ASKED:
            return rows.filter(is_waived=False, is_asked=True)
        return rows.filter(is_waived=True) if state == EXPLAINED else rows


class ApiFindingFilterSet(FindingFilterSet):
    """The same with the village as a number."""

    village = django_filters.NumberFilter(label=_("村代码"), field_name="village_id")

    def offer_villages(self) -> None:
        """Any village; what is not the user's is not found."""
