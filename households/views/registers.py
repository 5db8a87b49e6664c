"""What the pages of the two registers have in common: rows, one case with its acts, an act, the export."""

from abc import ABC, abstractmethod
from collections.abc import Iterable
from datetime import date
from typing import Any, ClassVar

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.views.generic import View

from accounts.roles import Permission
from core import clock
from core.access import Access
from core.listing import ListPage
from core.web import WritePage, perform_once
from households.forms.registers import REFUSALS, ActForm, register_form, say_refusal
from households.permissions import may_turn, register_rights, sees_risks, turns_for
from households.services.registers import Act, Register
from households.views.disclosure import ExportPage, Sheet
from households.views.household import RegisterPage


class RegisterMixin(RegisterPage):
    """Subclasses name the register: its model, its conditions, its services."""

    model: ClassVar[Any]
    register: ClassVar[Register]
    filterset_class: ClassVar[Any]
    services: ClassVar[Any]

    def rows(self, permission: str = Permission.VIEW_REGISTER) -> Any:
        cases = self.model.objects.for_user(self.request.user, permission=permission)
        cases = cases.with_labels().on(clock.today())
        return cases.in_area(self.area) if self.area else cases

    def dress(self, rows: list[Any]) -> list[Any]:
        """Hook: words for the rows of one page."""
        return rows


class RegisterList(RegisterMixin, ListPage):
    default_sort = "due"

    def finish(self, rows: list[Any]) -> list[Any]:
        return self.dress(rows)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        user: Any = self.request.user
        return super().get_context_data(**kwargs) | {
            "may_export": user.has_perm(Permission.EXPORT),
            "may_open": user.has_perm(Permission.ENTER_CHECK),
            "query": self.request.GET.urlencode(),
        }


class RegisterExport(RegisterMixin, ExportPage, ABC):
    """The list under its conditions as a workbook, masked as on the page."""

    headers: ClassVar[Iterable[Any]]

    @property
    def action(self) -> str:  # type: ignore[override]
        return f"{self.register.name}.export"

    @abstractmethod
    def line(self, case: Any) -> list[Any]:
        """One case under `headers`."""

    @cached_property
    def conditions(self) -> Any:
        found = self.filterset_class(
            self.request.GET or None, queryset=self.rows(Permission.EXPORT), request=self.request
        )
        if found.is_bound and not found.form.is_valid():
            raise Http404("conditions")
        return found

    def count(self) -> int:
        return self.conditions.qs.count()

    def sheet(self) -> Sheet:
        found = self.conditions
        cases = self.dress(list(found.qs.order_by("due_on", "pk")[: self.most_rows]))
        asked = self.request.GET.items()
        return Sheet(
            [str(head) for head in self.headers],
            [self.line(case) for case in cases],
            {k: v for k, v in asked if k in found.filters and k != "q" and v},
        )


class RegisterCase(RegisterMixin, WritePage, View, ABC):
    """One case: what is known, the acts that are open to this person, and its way so far."""

    access = Access(permission=Permission.VIEW_REGISTER, scoped=True)
    template_name: ClassVar[str]

    def case(self, pk: int) -> Any:
        cases = self.model.objects.for_user(self.request.user).with_labels()
        return get_object_or_404(cases.on(clock.today()), pk=pk)

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        return self.page(self.case(pk))

    def page(self, case: Any, bound: tuple[Any, ActForm] | None = None) -> HttpResponse:
        today, user = clock.today(), self.request.user
        self.dress([case])
        context = {
            "case": case,
            "area": case.place.area,
            "area_path": self.list_url,
            "today": today,
            "events": timeline(case, notes=self.sees_notes),
            "acts": [act_form(case, act, today, bound) for act in turns_for(user, case, today)],
            **self.more(case),
        }
        return render(self.request, self.template_name, context)

    @property
    @abstractmethod
    def list_url(self) -> str:
        """The register that the case stands in."""

    @property
    def sees_notes(self) -> bool:
        """Whether the user may read what was said of the family."""
        return sees_risks(self.request.user)

    def more(self, case: Any) -> dict[str, Any]:
        """Hook: what this register's page shows beside."""
        return {}


class RegisterAct(RegisterCase):
    """One act on a case, by its name in the address."""

    http_method_names = ["post", "options"]

    def post(self, request: HttpRequest, pk: int, act: str) -> HttpResponse:
        case = self.case(pk)
        kind = next((k for k in register_rights(case) if k.lower() == act), None)
        if kind is None:
            raise Http404("act")
        if not may_turn(request.user, case, register_rights(case)[kind]):
            raise PermissionDenied
        form = register_form(case, kind)(
            request.POST, case=case, today=clock.today(), auto_id=f"{act}_%s"
        )
        if form.is_valid():
            data = form.cleaned_data
            asked = Act(
                by=request.user,
                at=clock.now(),
                on=data["on"],
                base_version=data["base_version"],
                note=data["note"],
            )
            service = self.services[kind]
            try:
                perform_once(
                    request, lambda: {"case": service(case=case, act=asked, **form.asked()).pk}
                )
            except REFUSALS as error:
                say_refusal(form, error)
            else:
                messages.success(request, _("%(act)s：已登记。") % {"act": kind.label})
                return redirect(case)
        return self.page(self.case(pk), bound=(kind, form))


def act_form(case: Any, act: Any, today: date, bound: tuple[Any, ActForm] | None) -> dict[str, Any]:
    """One act's button and form; the refused one as it was sent."""
    name = act.lower()
    refused = bound[1] if bound and bound[0] == act else None
    return {
        "name": name,
        "label": act.label,
        "form": refused or register_form(case, act)(case=case, today=today, auto_id=f"{name}_%s"),
        "open": refused is not None,
    }


def timeline(case: Any, *, notes: bool) -> list[dict[str, Any]]:
    """What happened, oldest first."""
    rows = []
    for turn in case.turns.select_related("by").order_by("on", "pk"):
        moved = turn.from_state != turn.to_state
        rows.append(
            {
                "when": turn.on,
                "title": turn.get_kind_display(),
                "now": turn.get_to_state_display() if moved else "",
                "detail": "：".join(
                    part for part in (str(turn.by), turn.note if notes else "") if part
                ),
            }
        )
    return rows


def due_words(case: Any, today: date) -> tuple[str, str]:
    """How far off the next step is, and how urgent."""
    if case.due_on is None:
        return "", ""
    left = (case.due_on - today).days
    if left < 0:
        return _("逾期 %(days)s 天") % {"days": -left}, "not"
    return (_("剩 %(days)s 天") % {"days": left}, "warn") if left <= 7 else ("", "")
