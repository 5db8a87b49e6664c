"""Conditions of the household list, shared by page and API.

Upper apps add conditions through the slot "household_list_filters": a function of the request that
returns a dict of django-filter filters (design §2).
"""

from datetime import timedelta
from typing import Any, ClassVar

import django_filters
from django import forms
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils.translation import gettext_lazy as _

from accounts.enums import Line
from accounts.models import Area
from accounts.scope import asked_area
from core import clock, slots
from core.forms import plain
from households import search, services
from households.enums import (
    DROPOUT_ENDED,
    Cause,
    DropoutState,
    HouseholdKind,
    MonitoringState,
    MonitorType,
    ProcessKind,
    ProcessState,
    Risk,
    Status,
    StepKind,
)
from households.models import (
    DropoutCase,
    Evidence,
    Household,
    HouseholdCheck,
    HouseholdFact,
    HouseholdProfile,
    HouseholdStatus,
    Member,
    Monitoring,
    MonitoringCase,
    Pairing,
    StatusProcess,
)
from households.permissions import sees_causes, sees_line, sees_risks
from households.rounds import Term
from households.search import check_long_enough
from households.transitions import STEPS
from villages.models import Village

FILTER_SLOT = "household_list_filters"
VISITED = [
    ("month", _("本月已查")),
    ("30", _("30 天未查")),
    ("90", _("90 天未查")),
    ("180", _("180 天未查")),
    ("never", _("从未核查")),
]
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


def search_box() -> django_filters.CharFilter:
    """The one box that finds people; its field says when the text is too short."""
    return django_filters.CharFilter(
        label=_("户主/成员"),
        method="filter_text",
        max_length=search.LONGEST,
        validators=[check_long_enough],
        widget=forms.TextInput(attrs={"placeholder": _("姓名、村、编号、电话"), "type": "search"}),
    )


class SearchMixin:
    """The search box: a look-up of one person by a number is an act for the trail."""

    request: Any

    def filter_text(self, rows: Any, _name: str, text: str) -> Any:
        sought = search.read(text)
        if sought.is_personal and self.request is not None:
            services.record_search(sought=sought, by=self.request.user, at=clock.now())
        return rows.find(sought)


class HouseholdFilterSet(SearchMixin, django_filters.FilterSet):
    """Conditions on households; those of the general line are not offered to other lines."""

    FACTS: ClassVar[dict[str, tuple[type[HouseholdFact], str]]] = {
        "status": (HouseholdStatus, "status"),
        "cause": (HouseholdProfile, "cause_main"),
        "kind": (HouseholdProfile, "kind"),
    }

    q = search_box()
    village = django_filters.ChoiceFilter(
        label=_("行政村"), field_name="village_id", empty_label=_("全部"), choices=()
    )
    status = django_filters.ChoiceFilter(
        label=_("脱贫状态"), method="filter_fact", choices=Status.choices, empty_label=_("全部")
    )
    cause = django_filters.ChoiceFilter(
        label=_("致贫原因"), method="filter_fact", choices=Cause.choices, empty_label=_("全部")
    )
    helper = django_filters.CharFilter(
        label=_("帮扶责任人"),
        method="filter_helper",
        widget=forms.TextInput(attrs={"placeholder": _("姓名")}),
    )
    visited = django_filters.ChoiceFilter(
        label=_("最近核查"), method="filter_visited", choices=VISITED, empty_label=_("全部")
    )
    kind = django_filters.ChoiceFilter(
        label=_("户属性"),
        method="filter_fact",
        choices=HouseholdKind.choices,
        empty_label=_("全部"),
    )
    paired = django_filters.ChoiceFilter(
        label=_("结对情况"),
        method="filter_paired",
        choices=[("no", _("无帮扶责任人")), ("yes", _("有帮扶责任人"))],
        empty_label=_("全部"),
    )
    monitor = django_filters.ChoiceFilter(
        label=_("监测对象"),
        method="filter_monitor",
        choices=[("any", _("全部监测对象")), *MonitorType.choices],
        empty_label=_("不限"),
    )

    class Meta:
        model = Household
        fields = ["q", "village", "status", "cause"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.on = clock.today()
        self.offer_villages()
        self.hide_what_is_not_seen()
        for filler in slots.fillers(FILTER_SLOT):
            for name, each in filler(self.request).items():
                each.field_name, each.parent, each.model = each.field_name or name, self, Household
                self.filters[name] = each

    def hide_what_is_not_seen(self) -> None:
        """A condition would tell what the lists of this user leave out."""
        if self.request is None:
            return
        user = self.request.user
        seen = {
            "cause": sees_causes(user),
            "kind": sees_line(user, Line.GENERAL),
            "monitor": sees_risks(user),
        }
        for name, is_seen in seen.items():
            if not is_seen:
                del self.filters[name]

    def offer_villages(self) -> None:
        choices = village_choices(self.request)
        if choices:
            self.filters["village"].extra["choices"] = choices
        else:
            del self.filters["village"]

    def countable(self, area: Area | None) -> QuerySet | None:
        """Facts that are as many as the households: where one fact is the only condition, an index
        counts them without the register."""
        if not self.is_bound or not self.form.is_valid():
            return None
        asked = {name: value for name, value in self.form.cleaned_data.items() if value}
        if len(asked) != 1:
            return None
        [(name, value)] = asked.items()
        if counted := getattr(self.filters[name], "countable", None):
            return counted(self.request.user, area, value)
        if name not in self.FACTS:
            return None
        theme, column = self.FACTS[name]
        versions: Any = theme._default_manager.for_user(self.request.user)
        versions = versions.in_area(area) if area else versions
        return versions.filter(**{column: value}).held(self.on)

    def filter_fact(self, rows: QuerySet, name: str, value: str) -> QuerySet:
        theme, column = self.FACTS[name]
        held: Any = theme._default_manager.as_of(self.on)
        return rows.filter(Exists(held.filter(household_id=OuterRef("pk"), **{column: value})))

    def filter_monitor(self, rows: QuerySet, _name: str, kind: str) -> QuerySet:
        watched = Monitoring.objects.exclude(risk_removed=True).exclude(monitor_type="")
        watched = watched if kind == "any" else watched.filter(monitor_type=kind)
        return rows.filter(pk__in=watched.as_of(self.on).values("household_id"))

    def filter_helper(self, rows: QuerySet, _name: str, name: str) -> QuerySet:
        helpers = Pairing.objects.current(self.on).filter(
            helper__display_name__startswith=plain(name).replace(" ", "")
        )
        return rows.filter(pk__in=helpers.values("household_id"))

    def filter_paired(self, rows: QuerySet, _name: str, asked: str) -> QuerySet:
        later = Pairing.objects.filter(valid_from__gt=self.on).order_by().values("household_id")
        held = Pairing.objects.current(self.on).filter(household_id=OuterRef("household_id"))
        waiting = Q(pk__in=list(later.filter(~Exists(held)).values_list("household_id", flat=True)))
        if asked == "yes":
            return rows.filter(~waiting, helped_until__gt=self.on)
        return rows.filter(Q(helped_until=None) | Q(helped_until__lte=self.on) | waiting)

    def filter_visited(self, rows: QuerySet, _name: str, asked: str) -> QuerySet:
        if asked == "month":
            return rows.filter(last_visited_on__gte=self.on.replace(day=1))
        never = Q(last_visited_on=None)
        if asked == "never":
            return rows.filter(never)
        since = self.on - timedelta(days=int(asked))
        return rows.filter(never | Q(last_visited_on__lte=since))


class ApiHouseholdFilterSet(HouseholdFilterSet):
    """The same with the area and the village as numbers."""

    village = django_filters.NumberFilter(label=_("村代码"), field_name="village_id")
    area = django_filters.NumberFilter(label=_("区划代码"), method="filter_area")

    class Meta(HouseholdFilterSet.Meta):
        fields = ["q", "village", "status", "cause", "area"]

    def offer_villages(self) -> None:
        """Any village; what is not the user's is not found."""

    def filter_area(self, rows: QuerySet, _name: str, _code: Any) -> QuerySet:
        area = asked_area(self.request)
        return rows.in_area(area) if area else rows  # type: ignore[attr-defined]


class CheckListFilterSet(SearchMixin, django_filters.FilterSet):
    """Conditions of the list of households to visit."""

    q = search_box()
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


class EvidenceFilterSet(django_filters.FilterSet):
    """For the API."""

    household = django_filters.NumberFilter(label=_("户"), field_name="household_id")
    area = django_filters.NumberFilter(label=_("区划代码"), method="filter_area")

    class Meta:
        model = Evidence
        fields = ["household", "kind", "theme"]

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


# Steps that a process can wait for; the first ones are taken by opening it.
WAITING_STEPS = [
    (step.value, step.label)
    for step in dict.fromkeys(s for steps in STEPS.values() for s in steps)
    if step not in (StepKind.APPLICATION, StepKind.PROPOSAL)
]


class ProcessFilterSet(django_filters.FilterSet):
    """Conditions of the list of status changes."""

    q = django_filters.CharFilter(
        label=_("户主"),
        field_name="name",
        lookup_expr="startswith",
        widget=forms.TextInput(attrs={"placeholder": _("户主姓名"), "type": "search"}),
    )
    kind = django_filters.ChoiceFilter(
        label=_("类别"), choices=ProcessKind.choices, empty_label=_("全部")
    )
    state = django_filters.ChoiceFilter(
        label=_("办理状态"), choices=ProcessState.choices, empty_label=_("全部")
    )
    step = django_filters.ChoiceFilter(
        label=_("当前步骤"),
        choices=WAITING_STEPS,
        empty_label=_("全部"),
    )
    mine = django_filters.BooleanFilter(
        label=_("待我办理"),
        method="filter_mine",
        widget=forms.Select(choices=[("", _("全部")), ("true", _("是"))]),
    )

    class Meta:
        model = StatusProcess
        fields = ["q", "kind", "state", "step", "mine"]

    def filter_mine(self, rows: QuerySet, _name: str, mine: bool) -> QuerySet:
        return rows.waiting_for(self.request.user, clock.today()) if mine else rows  # type: ignore[attr-defined]


class RegisterFilterSet(django_filters.FilterSet):
    """What the lists of the two registers have in common; rows know `overdue`."""

    village = django_filters.ChoiceFilter(
        label=_("行政村"), method="filter_village", empty_label=_("全部"), choices=()
    )
    overdue = django_filters.ChoiceFilter(
        label=_("是否逾期"),
        field_name="overdue",
        empty_label=_("全部"),
        choices=[("True", _("已逾期")), ("False", _("未逾期"))],
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.offer_villages()

    def offer_villages(self) -> None:
        choices = village_choices(self.request)
        if choices:
            self.filters["village"].extra["choices"] = choices
        else:
            del self.filters["village"]

    def filter_village(self, rows: QuerySet, _name: str, village: Any) -> QuerySet:
        return rows.filter(**{rows.VILLAGE: int(village)})  # type: ignore[attr-defined]


class DropoutFilterSet(RegisterFilterSet):
    """Conditions of the drop-out register; the state is that of the day, see `DropoutQuerySet.on`."""

    q = django_filters.CharFilter(label=_("户主"), method="filter_text")
    state = django_filters.ChoiceFilter(
        label=_("状态"),
        method="filter_state",
        empty_label=_("全部"),
        choices=[("LIVE", _("在办")), *DropoutState.choices],
    )

    class Meta:
        model = DropoutCase
        fields = ["q", "village", "state", "overdue"]

    def filter_text(self, rows: QuerySet, _name: str, text: str) -> QuerySet:
        text = text.strip()
        named = Q(member__household__head_name__startswith=text)
        return rows.filter(named | Q(member__household__code=text))

    def filter_state(self, rows: QuerySet, _name: str, state: str) -> QuerySet:
        if state == "LIVE":
            return rows.exclude(state__in=DROPOUT_ENDED)
        return rows.filter(state_now=state)


class MonitoringFilterSet(RegisterFilterSet):
    """Conditions of the monitoring register; the risk only for who may see risks."""

    q = django_filters.CharFilter(label=_("户主"), method="filter_text")
    state = django_filters.ChoiceFilter(
        label=_("状态"), empty_label=_("全部"), choices=MonitoringState.choices
    )
    monitor_type = django_filters.ChoiceFilter(
        label=_("类别"), empty_label=_("全部"), choices=MonitorType.choices
    )
    risk = django_filters.ChoiceFilter(
        label=_("风险"),
        method="filter_risk",
        empty_label=_("全部"),
        choices=Risk.choices,
    )

    class Meta:
        model = MonitoringCase
        fields = ["q", "village", "state", "monitor_type", "risk", "overdue"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.request is None or not sees_risks(self.request.user):
            del self.filters["risk"]

    def filter_text(self, rows: QuerySet, _name: str, text: str) -> QuerySet:
        text = text.strip()
        named = Q(household__head_name__startswith=text) | Q(head_name__startswith=text)
        return rows.filter(named | Q(household__code=text))

    def filter_risk(self, rows: QuerySet, _name: str, risk: str) -> QuerySet:
        return rows.filter(risks__contains=[risk])


class ApiDropoutFilterSet(DropoutFilterSet):
    """The same with the village as a number."""

    village = django_filters.NumberFilter(label=_("村代码"), method="filter_village")

    def offer_villages(self) -> None:
        """Any village; what is not the user's is not found."""


class ApiMonitoringFilterSet(MonitoringFilterSet):
    """The same with the village as a number."""

    village = django_filters.NumberFilter(label=_("村代码"), method="filter_village")

    def offer_villages(self) -> None:
        """Any village; what is not the user's is not found."""
