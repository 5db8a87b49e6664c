"""The work list of findings, its file, and the catalogue of rules."""

from typing import Any

from django.http import Http404
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.generic import TemplateView

from accounts.roles import Permission
from core import clock
from core.access import Access, AccessMixin
from core.listing import ListPage
from households.views.disclosure import ExportPage, Sheet
from households.views.household import RegisterPage
from indicators.permissions import may_explain
from indicators.quality import lists
from indicators.quality.declare import QualityRule
from indicators.quality.rules import AT_ENTRY, NOT_HELD, RULES
from indicators.views import name_units
from indicators.views_quality.conditions import (
    ALL,
    ASKED,
    EXPLAINED,
    OVERDUE,
    FindingFilterSet,
)


class FindingListView(RegisterPage, ListPage):
    """What is doubtful in the area: who, which values, why it matters, where it is put right."""

    template_name = "indicators/quality/finding_list.html"
    table_template_name = "indicators/quality/_finding_table.html"
    sort_fields = {
        "since": ("since",),
        "rule": ("rule", "village_id"),
        "village": ("village_id", "household_id"),
    }
    default_sort = "since"

    @cached_property
    def rules(self) -> list[QualityRule]:
        return lists.visible_rules(self.request.user, self.area)

    @cached_property
    def standing(self) -> Any:
        return lists.findings_for(self.request.user, self.area, clock.today())

    def rows(self) -> Any:
        return self.standing

    @cached_property
    def filterset(self) -> Any:
        self.area  # noqa: B018 - the offered villages are those of the page's area
        return FindingFilterSet(
            self.request.GET or None,
            queryset=self.rows(),
            request=self.request,
            rules=self.rules,
        )

    def finish(self, rows: list[Any]) -> list[Any]:
        return dress(self.request.user, rows)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        user: Any = self.request.user
        today, area = clock.today(), self.area
        context = super().get_context_data(**kwargs)
        if area is not None and user.has_perm(Permission.VIEW_FIGURES):
            total, below = lists.shares(area, today)
            context |= {"total": total, "below": below}
        state = self.request.GET.get("state", "")
        return context | {
            "by_rule": lists.by_rule(self.standing),
            "hidden_count": len(RULES) - len(self.rules),
            "night": lists.newest_night(area),
            "state": state,
            "tabs": [
                ("", _("待处理")),
                (OVERDUE, _("逾期")),
                (ASKED, _("说明待审批")),
                (EXPLAINED, _("已说明")),
                (ALL, _("全部")),
            ],
            "due_days": lists.DUE_WORKDAYS,
            "may_export": user.has_perm(Permission.EXPORT) and area is not None,
            "query": self.request.GET.urlencode(),
        }


def dress(user: Any, findings: list[Any]) -> list[dict[str, Any]]:
    """Findings with names, words, and what this user may do about each; three queries."""
    told = lists.tell(findings, clock.today())
    units: list[Any] = [one.finding for one in told]
    named = name_units(units)
    return [
        {
            **row,
            "told": one,
            "fix_url": fix_url(user, one),
            "may_explain": may_explain(user, one.finding.village_id) and not one.is_waived,
        }
        for one, row in zip(told, named, strict=True)
    ]


# Where an answer is put right: the page, and the right it asks for.
PLACES = {
    "people": ("households:people", Permission.EDIT_REGISTER),
    "correct": ("households:people_correct", Permission.EDIT_REGISTER),
    "pairing": ("households:pairing_assign", Permission.PAIR_HELPERS),
    "village": ("villages:village_survey", Permission.EDIT_VILLAGE),
}


def fix_url(user: Any, told: lists.Told) -> str:
    """The page or the section of the form that puts it right; "" for who may not."""
    finding, place = told.finding, told.rule.place
    name, right = PLACES.get(place, ("households:check_edit", Permission.ENTER_CHECK))
    if not user.has_perm(right):
        return ""
    if place == "pairing":
        return f"{reverse(name)}?pick={finding.household_id}"
    if place in ("correct", "village"):
        return reverse(name, args=[finding.subject_id])
    anchor = f"#{place}" if place not in PLACES else ""
    return reverse(name, args=[finding.household_id]) + anchor


class FindingExportView(ExportPage):
    """The list under its conditions as a workbook."""

    title = gettext_lazy("疑点数据")
    action = "finding.export"

    @cached_property
    def conditions(self) -> Any:
        user = self.request.user
        if self.area is None:
            raise Http404("area")
        found = FindingFilterSet(
            self.request.GET or None,
            queryset=lists.findings_for(user, self.area, clock.today()),
            request=self.request,
            rules=lists.visible_rules(user, self.area),
        )
        if found.is_bound and not found.form.is_valid():
            raise Http404("conditions")
        return found

    def count(self) -> int:
        return int(self.conditions.qs.count())

    def sheet(self) -> Sheet:
        found = self.conditions
        rows = list(found.qs.order_by("village_id", "household_id", "rule")[: self.most_rows])
        told = lists.tell(rows, clock.today())
        units: list[Any] = [one.finding for one in told]
        named = name_units(units)
        return Sheet(
            [str(head) for head in HEADERS],
            [line(one, row) for one, row in zip(told, named, strict=True)],
            {k: v for k, v in self.request.GET.items() if k in found.filters and v},
        )

    @property
    def list_url(self) -> str:
        return reverse("indicators:finding_list")


HEADERS = (
    gettext_lazy("苏木乡镇"),
    gettext_lazy("行政村"),
    gettext_lazy("户主"),
    gettext_lazy("户编号"),
    gettext_lazy("成员"),
    gettext_lazy("规则"),
    gettext_lazy("程度"),
    gettext_lazy("疑点"),
    gettext_lazy("所见数值"),
    gettext_lazy("怎样更正"),
    gettext_lazy("首次发现"),
    gettext_lazy("期限"),
    gettext_lazy("状态"),
)


def line(told: lists.Told, row: dict[str, Any]) -> list[Any]:
    household, member = row["household"], row["member"]
    return [
        row["village"].area.parent.name,
        str(row["village"]),
        household.head_name if household else "",
        household.code if household else "",
        member.name if member else "",
        told.rule.code,
        told.rule.severity.label,
        told.rule.name,
        told.text,
        told.rule.fix,
        told.finding.since,
        told.due,
        state_words(told),
    ]


def state_words(told: lists.Told) -> str:
    if told.is_waived:
        return _("已说明（不等于通过）")
    if told.is_overdue:
        return _("逾期")
    return _("说明待审批") if told.is_asked else _("待处理")


class RuleListView(AccessMixin, TemplateView):
    """The catalogue: each rule, its numbers and whose they are, and what entry refuses outright."""

    access = Access(permission=Permission.VIEW_STANDARDS)
    template_name = "indicators/quality/rule_list.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(**kwargs) | {
            "rules": list(RULES.values()),
            "at_entry": AT_ENTRY,
            "not_held": NOT_HELD,
        }
