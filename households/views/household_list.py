from collections.abc import Iterator
from typing import Any

from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.generic import View

from accounts.roles import Permission
from core import clock, slots
from core.access import Access
from core.listing import ListPage
from core.xlsx import workbook_response
from households import services
from households.dossier import Summary, summarise
from households.filters import HouseholdFilterSet
from households.models import Household
from households.permissions import sees_general
from households.views.household import RegisterPage

LIGHTS_SLOT = "household_list_lights"
EXPORT_LIMIT = 20_000


class HouseholdRows(RegisterPage):
    """Households of the area by the conditions of the query bar, for the page and its export."""

    def rows(self) -> QuerySet[Household]:
        rows = Household.objects.for_user(self.request.user).select_related("village__area")
        return rows.in_area(self.area) if self.area else rows

    def summaries(self, households: list[Household]) -> tuple[list[Summary], list[str]]:
        """Lines with their lights, and the short names of the lights' columns."""
        on = clock.today()
        lines = summarise(households, on=on)
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

    def finish(self, rows: list[Any]) -> list[Any]:
        lines, self.light_names = self.summaries(rows)
        return lines

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(**kwargs)
        user: Any = self.request.user
        return context | {
            "light_names": self.light_names,
            "sees_general": sees_general(user),
            "may_check": user.has_perm(Permission.ENTER_CHECK),
            "may_export": user.has_perm(Permission.EXPORT),
            "may_unmask": user.has_perm(Permission.UNMASK),
            "query": self.request.GET.urlencode(),
            "print_village": self.one_village(context["filter"]),
        }

    def one_village(self, conditions: Any) -> str:
        """Code of the only village the list can show; "" while it may show several."""
        if self.area and self.area.is_village:
            return str(self.area.pk)
        if self.area is None or not conditions.is_bound or not conditions.form.is_valid():
            return ""
        return str(conditions.form.cleaned_data.get("village") or "")


class HouseholdExportView(HouseholdRows, View):
    """The list as a workbook: the same conditions, numbers masked, on the audit trail."""

    access = Access(permission=Permission.EXPORT)
    http_method_names = ["post", "options"]

    def post(self, request: HttpRequest) -> HttpResponse:
        area = self.area
        rows = Household.objects.for_user(
            request.user, permission=Permission.EXPORT
        ).select_related("village__area")
        rows = rows.in_area(area) if area else rows
        conditions = HouseholdFilterSet(request.GET or None, queryset=rows, request=request)
        if not conditions.form.is_valid() and conditions.is_bound:
            raise Http404("conditions")
        households = list(conditions.qs.order_by("village_id", "code")[:EXPORT_LIMIT])
        services.record_export(
            by=request.user,
            at=clock.now(),
            area_code=area.pk if area else None,
            rows=len(households),
            conditions={
                k: v for k, v in request.GET.items() if k in conditions.filters and v and k != "q"
            },
        )
        headers, lines = self._sheet(households)
        today = clock.today()
        name = str(area.short_name) if area else _("结对户")
        return workbook_response(
            headers,
            lines,
            filename=f"{name}_{_('户档案')}_{today:%Y%m%d}.xlsx",
            title=f"{name}{_('建档立卡户名单')}",
            note=_("导出日期：%(day)s　导出人：%(by)s　单位：户、人")
            % {"day": today.isoformat(), "by": request.user},
        )

    def _sheet(self, households: list[Household]) -> tuple[list[str], list[list[Any]]]:
        general = sees_general(self.request.user)
        names: list[str] = []
        lines: list[list[Any]] = []
        for start in range(0, len(households), 1000):
            chunk, names = self.summaries(households[start : start + 1000])
            lines += [list(self._line(line, general)) for line in chunk]
        heads = [_("行政村"), _("户主"), _("人口"), _("户编号"), _("证件号码"), _("脱贫状态")]
        return heads + ([_("主要致贫原因")] if general else []) + [_("最近核查")] + names, lines

    @staticmethod
    def _line(line: Summary, general: bool) -> Iterator[Any]:
        verdicts = {
            "MET": _("达标"),
            "NOT_MET": _("未达标"),
            "INSUFFICIENT_DATA": _("数据不足"),
            "NOT_APPLICABLE": "—",
        }
        household = line.household
        yield from (str(household.village), household.head_name, line.person_count, household.code)
        yield line.head.masked_id if line.head else ""
        yield line.status_text
        if general:
            yield line.cause_text
        yield line.visited_on or ""
        yield from (verdicts.get(verdict, "") for _name, verdict in line.lights)
