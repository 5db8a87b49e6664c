"""A turn of a process is taken, or papers are added to it."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.generic import View

from accounts.roles import Permission
from core import clock, operations
from core.access import Access, AccessMixin
from core.web import operation_key, perform_once
from households import services
from households.forms import status as forms
from households.forms.evidence import ProcessPaperForm
from households.models import (
    StatusProcess,
)
from households.permissions import (
    process_turns,
)
from households.views.status.process import detail_context, may_file, notice_options
from households.views.status.words import REFUSALS, process_rows, reason


class ProcessActView(AccessMixin, View):
    """One turn: step, put_up, end_notice, object, answer, approve, drop, revoke."""

    access = Access(permission=Permission.VIEW_REGISTER, scoped=True)
    http_method_names = ["post", "options"]

    def post(self, request: HttpRequest, pk: int, act: str) -> HttpResponse:
        process = get_object_or_404(process_rows(request.user), pk=pk)
        today = clock.today()
        key = operation_key(request)
        again = operations.was_spent(user=request.user, key=key)
        if act not in process_turns(request.user, process, today) and not again:
            raise PermissionDenied
        if again:  # sent twice: the first answer stands
            return redirect(process)
        options = notice_options(act, process, today)
        form = forms.turn_form(act, process, data=request.POST, today=today, **options)
        if form.is_valid():
            try:
                perform_once(
                    request, lambda: {"process": take_turn(request.user, process, act, form).pk}
                )
            except REFUSALS as error:
                form.add_error(None, reason(error))
                process = get_object_or_404(process_rows(request.user), pk=pk)
            else:
                messages.success(request, _("已登记：%(turn)s") % {"turn": form.label})
                return redirect(process)
        context = detail_context(request, process, bound=(act, form))
        context["operation_key"] = key or operations.new_key()
        return render(request, "households/process_detail.html", context)


def take_turn(user: Any, process: StatusProcess, name: str, form: forms.TurnForm) -> StatusProcess:
    """Call the turn's one service."""
    data = form.cleaned_data
    turn = services.Turn(
        by=user,
        at=clock.now(),
        on=data["on"],
        today=clock.today(),
        base_version=data["base_version"],
        note=data["note"],
    )
    match name:
        case "put_up":
            return services.put_up_notice(
                process=process, turn=turn, until=data["until"], phone=data["phone"]
            )
        case "end_notice":
            return services.end_notice(process=process, turn=turn)
        case "object":
            return services.object_to_notice(process=process, turn=turn)
        case "answer":
            return services.answer_objection(
                process=process, turn=turn, upheld=data["upheld"] == "yes"
            )
        case "approve":
            return services.approve_process(process=process, turn=turn, data=form.kept())
        case "drop":
            return services.drop_process(process=process, turn=turn)
        case "revoke":
            return services.revoke_process(process=process, turn=turn)
    return services.record_step(process=process, turn=turn, data=form.kept(), passed=form.is_passed)


class ProcessPaperView(AccessMixin, View):
    """Adds papers to a process."""

    access = Access(permission=Permission.ENTER_CHECK, scoped=True)
    http_method_names = ["post", "options"]

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        process = get_object_or_404(process_rows(request.user), pk=pk)
        if not may_file(request.user, process):
            raise PermissionDenied
        form = ProcessPaperForm(request.POST, request.FILES, process=process)
        kept: list[int] = []
        try:
            kept = form.take_in(request) if form.is_valid() else []
        except (operations.KeyReused, operations.MissingKey) as error:
            form.add_error(None, reason(error))
        if not form.errors:
            messages.success(request, _("已上传 %(n)d 份材料。") % {"n": len(kept)})
            return redirect(process)
        context = detail_context(request, process, paper_form=form)
        context["operation_key"] = operation_key(request) or operations.new_key()
        return render(request, "households/process_detail.html", context, status=422)
