from collections.abc import Iterator
from typing import Any

from django.db.models import QuerySet
from django.http import Http404
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from accounts.roles import Permission
from core import clock, slots
from core.listing import ListPage
from households.dossier import Summary, fill_columns, summarise
from households.filters import HouseholdFilterSet
from households.forms.finding import Column, ColumnsForm, columns_for
from households.models import ColumnChoice, Household, SavedFilter
from households.permissions import sees_causes
from households.views import finding
from households.views.bulk import NOT_CONDITIONS
from households.views.disclosure import ExportPage, Sheet
from households.views.household import RegisterPage

LIGHTS_SLOT = "household_list_lights"


class HouseholdRows(RegisterPage):
    """Households of the area by the conditions of the query bar, for the page and its export."""

    @cached_property
    def columns(self) -> list[Column]:
        """The columns the user has chosen, else the usual ones."""
        user: Any = self.request.user
        own = ColumnChoice.objects.for_user(user).filter(page=finding.PAGE).first()
        wanted = set(own.columns) if own else None
        return [
            column
            for column in columns_for(user)
            if column.is_fixed or (column.is_usual if wanted is None else column.key in wanted)
        ]

    def rows(self) -> QuerySet[Household]:
        rows = Household.objects.for_user(self.request.user).filter(merged_into=None)
        rows = rows.select_related("village__area")
        return rows.in_area(self.area) if self.area else rows

    def summaries(self, households: list[Household]) -> tuple[list[Summary], list[str]]:
        """Lines with their lights, and the short names of the lights' columns."""
        on = clock.today()
        lines = summarise(households, on=on)
        fill_columns(lines, {column.key for column in self.columns}, on=on)
        names: list[str] = []
        for filler in slots.fillers(LIGHTS_SLOT):
            given = filler(self.request, households=households, on=on)
            names += [name for _code, name in given["columns"]]
            for line in lines:
                cells = given["cells"].get(line.household.pk, {})
                line.lights += [(name, str(cells.get(code, ""))) for code, name in given["columns"]]
        return lines, names


class HouseholdListView(HouseholdRows, ListPage):
    model = Household
    filterset_class = HouseholdFilterSet
    sort_fields = {"village": ("village_id", "code"), "code": "code", "head": ("head_name", "code")}
    default_sort = "village"
    light_names: list[str] = []

    def countable(self) -> QuerySet[Any] | None:
        return self.filterset.countable(self.area) if self.filterset else None

    def fetch(self, page: Any) -> list[Any]:
        """The keys first, which an index alone can tell, however far the page is; then their rows."""
        keys = list(page.values_list("pk", flat=True))
        mine = Household.objects.for_user(self.request.user)
        found = mine.select_related("village__area").in_bulk(keys)
        return [found[key] for key in keys]

    def finish(self, rows: list[Any]) -> list[Any]:
        lines, self.light_names = self.summaries(rows)
        for line in lines:
            line.shown = [
                (column.key, "" if column.key == "lights" else line.cell(column.key))
                for column in self.columns
            ]
        return lines

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(**kwargs)
        user: Any = self.request.user
        return context | {
            "light_names": self.light_names,
            "sees_causes": sees_causes(user),
            "may_check": user.has_perm(Permission.ENTER_CHECK),
            "may_export": user.has_perm(Permission.EXPORT),
            "may_unmask": user.has_perm(Permission.UNMASK),
            "may_pair": user.has_perm(Permission.PAIR_HELPERS),
            "may_round": user.has_perm(Permission.MANAGE_ROUNDS),
            "query": self.request.GET.urlencode(),
            "kept": [(k, v) for k, v in self.request.GET.items() if k not in NOT_CONDITIONS],
            "columns": self.columns,
            "columns_form": ColumnsForm(
                columns=columns_for(user), initial={"columns": [c.key for c in self.columns]}
            ),
            "saved": list(
                SavedFilter.objects.for_user(user).filter(page=finding.PAGE).order_by("name")
            ),
            "print_village": self.one_village(context["filter"]),
        }

    def one_village(self, conditions: Any) -> str:
        """Code of the only village the list can show; "" while it may show several."""
        if self.area and self.area.is_village:
            return str(self.area.pk)
        if self.area is None or not conditions.is_bound or not conditions.form.is_valid():
            return ""
        return str(conditions.form.cleaned_data.get("village") or "")


class HouseholdExportView(HouseholdRows, ExportPage):
    """The list under its conditions as a workbook."""

    title = _lazy("建档立卡户名单")
    action = "household.export"

    @property
    def list_url(self) -> str:
        return reverse("households:household_list")

    @cached_property
    def conditions(self) -> HouseholdFilterSet:
        user = self.request.user
        rows = Household.objects.for_user(user, permission=Permission.EXPORT)
        rows = rows.filter(merged_into=None).select_related("village__area")
        rows = rows.in_area(self.area) if self.area else rows
        found = HouseholdFilterSet(self.request.GET or None, queryset=rows, request=self.request)
        if not found.form.is_valid() and found.is_bound:
            raise Http404("conditions")
        return found

    def count(self) -> int:
        return self.conditions.qs.count()

    def sheet(self) -> Sheet:
        found = self.conditions
        households = list(found.qs.order_by("village_id", "code")[: self.most_rows])
        names: list[str] = []
        lines: list[list[Any]] = []
        for start in range(0, len(households), 1000):
            chunk, names = self.summaries(households[start : start + 1000])
            lines += [list(self._line(line)) for line in chunk]
        heads: list[str] = []
        for column in self.columns:
            heads += names if column.key == "lights" else [str(column.label)]
        asked = self.request.GET.items()
        conditions = {k: v for k, v in asked if k in found.filters and v and k != "q"}
        return Sheet(heads, lines, conditions)

    def _line(self, line: Summary) -> Iterator[Any]:
        verdicts = {
            "MET": _("达标"),
            "NOT_MET": _("未达标"),
            "INSUFFICIENT_DATA": _("数据不足"),
            "NOT_APPLICABLE": "—",
        }
        for column in self.columns:
            if column.key == "lights":
                yield from (verdicts.get(verdict, "") for _name, verdict in line.lights)
            else:
                yield line.cell(column.key)
