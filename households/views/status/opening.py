"""A change of status is proposed, or a family's application taken."""

from collections.abc import Mapping
from typing import Any

from django.contrib import messages
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.views.generic import View

from accounts.roles import Permission
from accounts.scope import asked_area, own_area
from core import clock, operations
from core.access import Access, AccessMixin
from core.web import WritePage, operation_key, perform_once
from households import services, transitions
from households.enums import (
    ProcessKind,
    Relation,
    Status,
)
from households.forms import status as forms
from households.models import (
    Household,
    MonitoringCase,
)
from households.views.status.words import REFUSALS, reason
from villages.models import Village

MOST_DIGITS = 18  # of a key in an address
ROWS_SHOWN = 5  # of the family before the fold; most families are no larger


class OpenPage(AccessMixin, WritePage, View):
    """What both ways of opening a process have in common."""

    access = Access(permission=Permission.ENTER_CHECK, scoped=True)
    template = ""

    def page(self, context: Mapping[str, Any]) -> HttpResponse:
        key = operation_key(self.request) or operations.new_key()
        return render(self.request, self.template, {"operation_key": key, **context})

    def turn(self, data: Mapping[str, Any]) -> services.Turn:
        return services.Turn(
            by=self.request.user,
            at=clock.now(),
            on=data["on"],
            today=clock.today(),
            note=data["note"],
        )


class ProcessOpenView(OpenPage):
    """Proposes a change of a household's status; only what its status allows."""

    template = "households/process_open.html"

    @cached_property
    def household(self) -> Household:
        mine = Household.objects.for_user(self.request.user, permission=Permission.ENTER_CHECK)
        return get_object_or_404(mine.select_related("village__area"), pk=self.kwargs["pk"])

    @cached_property
    def kind(self) -> ProcessKind:
        if self.kwargs["kind"] not in forms.PROPOSALS:
            raise Http404("kind")
        return ProcessKind(self.kwargs["kind"])

    def get(self, request: HttpRequest, pk: int, kind: str) -> HttpResponse:
        return self.answer(forms.PROPOSALS[self.kind](today=clock.today()))

    def post(self, request: HttpRequest, pk: int, kind: str) -> HttpResponse:
        household = self.household
        form = forms.PROPOSALS[self.kind](request.POST, today=clock.today())
        if not form.is_valid():
            return self.answer(form)

        def act() -> dict[str, Any]:
            made = services.open_process(
                household=household,
                kind=self.kind,
                turn=self.turn(form.cleaned_data),
                values=form.values(),
                data=form.kept(),
            )
            return {"process": made.pk}

        try:
            outcome = perform_once(request, act)
        except REFUSALS as error:
            form.add_error(None, reason(error))
            return self.answer(form)
        messages.success(request, _("已提出，请按步骤办理。"))
        return redirect("households:process_detail", outcome["process"])

    def answer(self, form: forms.ProposalForm) -> HttpResponse:
        household, kind = self.household, self.kind
        status = services.status_of(household, clock.today())
        return self.page(
            {
                "form": form,
                "household": household,
                "kind": kind,
                "area": household.village.area,
                "area_path": reverse("households:process_list"),
                "crumb": kind.label,
                "from_words": Status(status).label if status else _("未知"),
                "to_status": transitions.status_after(kind, status),
                "steps": step_words(kind),
            }
        )


class IdentifyView(OpenPage):
    """Takes a family's application for the register."""

    template = "households/process_identify.html"

    @cached_property
    def villages(self) -> QuerySet[Village]:
        area = asked_area(self.request, Permission.ENTER_CHECK)
        mine = Village.objects.for_user(self.request.user, permission=Permission.ENTER_CHECK)
        mine = mine.in_area(area) if area else mine
        return mine.select_related("area").order_by("pk")

    def get(self, request: HttpRequest) -> HttpResponse:
        today = clock.today()
        villages = list(self.villages[:2])
        initial = {"village": villages[0].pk} if len(villages) == 1 else {}
        if self.watched:
            initial = {"village": self.watched.village_id}
        return self.answer(
            forms.IdentifyForm(villages=self.villages, today=today, initial=initial),
            self.family(),
        )

    @cached_property
    def watched(self) -> MonitoringCase | None:
        """The monitored household outside the register that applies, from `?case=`."""
        asked = self.request.GET.get("case", "")
        if not asked.isdecimal() or len(asked) > MOST_DIGITS:
            return None
        mine = MonitoringCase.objects.for_user(self.request.user, permission=Permission.ENTER_CHECK)
        return mine.filter(pk=asked, household=None).first()

    def family(self, data: Any = None) -> Any:
        """The rows of members; of a monitored household the head stands there, the number masked."""
        case, rows = self.watched, []
        options: dict[str, Any] = {"today": clock.today()}
        if case:
            options["known"] = {case.id_mask: case.id_number} if case.id_number else {}
            rows = [{"name": case.head_name, "id_number": case.id_mask, "relation": Relation.HEAD}]
        return forms.FamilyFormSet(data, prefix="m", form_kwargs=options, initial=rows)

    def post(self, request: HttpRequest) -> HttpResponse:
        today = clock.today()
        form = forms.IdentifyForm(request.POST, villages=self.villages, today=today)
        people = self.family(request.POST)
        if not all([form.is_valid(), people.is_valid()]):
            return self.answer(form, people)
        data = form.cleaned_data
        kept = ("hamlet", "identify_standard", "cause_main", "phone")

        def act() -> dict[str, Any]:
            made = services.open_identification(
                village=data["village"],
                family={
                    "members": people.family(),
                    "monitoring_case": self.watched.pk if self.watched else None,
                    **{name: data[name] for name in kept},
                },
                turn=self.turn(data),
            )
            return {"process": made.pk}

        try:
            outcome = perform_once(request, act)
        except REFUSALS as error:
            form.add_error(None, reason(error))
            return self.answer(form, people)
        messages.success(request, _("已登记申请，请按步骤办理。"))
        return redirect("households:process_detail", outcome["process"])

    def answer(self, form: forms.IdentifyForm, people: Any) -> HttpResponse:
        rows = list(enumerate(people.forms, 1))
        more = rows[ROWS_SHOWN:]
        return self.page(
            {
                "form": form,
                "people": people,
                "family_rows": rows[:ROWS_SHOWN],
                "more_rows": more,
                "is_more_open": any(row.has_changed() or row.errors for _n, row in more),
                "errors": [form, *(each for each in people.forms if people.is_bound)],
                "crumb": _("识别申请"),
                "area": own_area(self.request.user, Permission.ENTER_CHECK),
                "area_path": reverse("households:process_list"),
                "steps": step_words(ProcessKind.IDENTIFY),
            }
        )


def step_words(kind: str) -> list[str]:
    return [str(step.label) for step in transitions.STEPS[ProcessKind(kind)]]
