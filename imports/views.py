import hashlib
from abc import ABC, abstractmethod
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.generic import DetailView, FormView, View

from accounts.models import Area
from accounts.roles import Permission
from accounts.scope import page_area
from core import clock, operations
from core.access import Access, AccessMixin
from core.listing import ListPage, job_response
from core.web import WritePage, perform_once
from core.xlsx import CONTENT_TYPE, workbook_response
from imports import jobs, services
from imports.columns import KINDS
from imports.enums import ImportKind, Outcome, Reason
from imports.filters import BatchFilterSet
from imports.forms import UploadForm
from imports.models import ImportBatch
from imports.parsing import UnreadableFile
from imports.permissions import can_decide_batch

WAIT_ABOVE_BYTES = 600_000  # larger files are read by a job, about 3,000 rows of 32 columns
WAIT_ABOVE_ROWS = 3_000  # larger batches are written by a job
LEVELS = ("", "REJECTED", "WARNING", "IGNORED")
STEPS = (gettext_lazy("上传"), gettext_lazy("校验与试算"), gettext_lazy("确认导入"))


class ImportPage(AccessMixin):
    """Framed by the area the user imports for."""

    access = Access(permission=Permission.IMPORT)
    request: HttpRequest

    @cached_property
    def area(self) -> Area:
        return page_area(self.request, Permission.IMPORT)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = {"area": self.area, "area_path": reverse("imports:batch_list"), **kwargs}
        return super().get_context_data(**context)


class BatchListView(ImportPage, ListPage):
    model = ImportBatch
    template_name = "imports/batch_list.html"
    filterset_class = BatchFilterSet
    sort_fields = {"uploaded": ("uploaded_at", "pk"), "file": "file_name", "rows": "row_count"}
    default_sort = "-uploaded"

    def rows(self) -> Any:
        batches = ImportBatch.objects.for_user(self.request.user).in_area(self.area)
        return batches.select_related("area", "uploaded_by")


class BatchCreateView(ImportPage, WritePage, FormView):
    """Upload: the file is read, checked and compared at once; nothing is imported yet."""

    form_class = UploadForm
    template_name = "imports/batch_form.html"

    def get_initial(self) -> dict[str, Any]:
        asked = self.request.GET.get("kind")
        return {"kind": asked if asked in ImportKind.values else ImportKind.PERSONS}

    def form_valid(self, form: UploadForm) -> HttpResponse:
        data = form.cleaned_data["file"].read()
        asked = {
            "kind": form.cleaned_data["kind"],
            "sheet": form.cleaned_data["sheet"],
            "sha256": hashlib.sha256(data).hexdigest(),
        }
        try:
            outcome = perform_once(self.request, lambda: {"batch": self.stage(form, data)}, asked)
        except UnreadableFile as refused:
            form.add_error("file", f"{refused.message}。{refused.cure}。")
            return self.form_invalid(form)
        except services.OutOfScope as refused:
            form.add_error(None, refused.message)
            return self.form_invalid(form)
        except (operations.KeyReused, operations.MissingKey) as error:
            self.refuse(self.request, error)
            return redirect("imports:batch_create")
        return redirect("imports:batch_detail", outcome["batch"])

    def stage(self, form: UploadForm, data: bytes) -> int:
        is_large = len(data) > WAIT_ABOVE_BYTES
        take = services.receive_file if is_large else services.stage_import
        batch = take(
            data=data,
            file_name=form.cleaned_data["file"].name,
            kind=form.cleaned_data["kind"],
            sheet=form.cleaned_data["sheet"],
            by=self.request.user,
            at=clock.now(),
            on=clock.today(),
        )
        if is_large:
            jobs.enqueue_read(batch)
        return batch.pk

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(steps=STEPS, kinds=ImportKind.choices, **kwargs)


class TemplateView(AccessMixin, View):
    """An empty list of one kind, ready to be filled: `?kind=persons`."""

    access = Access(permission=Permission.IMPORT)

    def get(self, request: HttpRequest) -> HttpResponse:
        asked = request.GET.get("kind", "")
        kind = KINDS[asked if asked in KINDS else ImportKind.PERSONS]
        headers = [_with_unit(column) for column in kind.columns if column.is_stored]
        return workbook_response(
            headers, [], filename=_("%(kind)s模板.xlsx") % {"kind": kind.label}
        )


def _with_unit(column: Any) -> str:
    return f"{column.name}（{column.unit}）" if column.unit else str(column.name)


class BatchPage(ImportPage):
    """One batch of the user's areas; others do not exist."""

    access = Access(permission=Permission.IMPORT, scoped=True)
    kwargs: dict[str, Any]

    @cached_property
    def batch(self) -> ImportBatch:
        batches = ImportBatch.objects.for_user(self.request.user)
        found = batches.select_related("area", "uploaded_by", "closed_by")
        return get_object_or_404(found, pk=self.kwargs["pk"])


class BatchDetailView(BatchPage, WritePage, DetailView):
    """The report on one file: counts that add up, every problem with its cure, and the decision."""

    template_name = "imports/batch_detail.html"
    context_object_name = "batch"
    rows_per_page = 50

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """While a job is at the batch the page shows its progress and asks again."""
        if getattr(request, "htmx", False) and request.GET.get("job"):
            job = jobs.latest_job(self.batch)
            context = {"batch": self.batch, "job": job}
            alive = job is not None and job.state in ("QUEUED", "RUNNING")
            return job_response(request, "imports/_batch_job.html", context, alive=alive)
        return super().get(request, *args, **kwargs)

    def get_object(self, queryset: Any = None) -> ImportBatch:
        return self.batch

    @cached_property
    def level(self) -> str:
        asked = self.request.GET.get("level", "")
        return asked if asked in LEVELS else ""

    @cached_property
    def reason(self) -> str:
        asked = self.request.GET.get("reason", "")
        return asked if asked in Reason.values else ""

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        batch = self.batch
        rows = batch.rows.at_level(self.level).order_by("number")
        if self.reason:
            rows = rows.filter(outcome=Outcome.REJECTED, reason=self.reason)
        page = Paginator(rows, self.rows_per_page).get_page(self.request.GET.get("page"))
        reasons = [(code, Reason(code).label, count) for code, count in batch.rows.reasons()]
        return super().get_context_data(
            crumb=str(batch),
            steps=STEPS,
            current_step=len(STEPS) + 1 if batch.is_confirmed else 2,
            job=jobs.latest_job(batch) if batch.is_busy else None,
            can_decide=can_decide_batch(self.request.user, batch),
            page_obj=page,
            level=self.level,
            levels=self.levels(),
            reason=self.reason,
            reasons=reasons,
            page_sizes=(self.rows_per_page,),
            notes="；".join(note["message"] for note in batch.notes),
            **kwargs,
        )

    def levels(self) -> list[tuple[str, str, int]]:
        batch = self.batch
        ignored, rejected = batch.ignored_count, batch.rejected_count
        total = rejected + ignored + batch.warning_count
        return [
            ("", _("全部"), total),
            ("REJECTED", _("拒收"), rejected),
            ("WARNING", _("警告"), batch.warning_count),
            ("IGNORED", _("忽略"), ignored),
        ]


class DecideView(BatchPage, WritePage, View, ABC):
    """POST only: one decision on a batch."""

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        batch = self.batch
        try:
            perform_once(request, self.decide)
        except (services.ImportRefused, operations.KeyReused, operations.MissingKey) as error:
            self.refuse(request, error)
        return redirect("imports:batch_detail", batch.pk)

    @abstractmethod
    def decide(self) -> dict[str, Any]:
        """Call the service; the outcome kept with the operation key."""


class BatchConfirmView(DecideView):
    def decide(self) -> dict[str, Any]:
        by: Any = self.request.user
        if self.batch.good_count > WAIT_ABOVE_ROWS:
            batch = services.begin_confirm(batch=self.batch, by=by)
            if batch.is_busy:
                jobs.enqueue_confirm(batch, by)
            return {"batch": batch.pk}
        batch = services.confirm_import(batch=self.batch, by=by, at=clock.now())
        messages.success(
            self.request,
            _("已导入：新增 %(created)d 行，更新 %(updated)d 行，无变化 %(unchanged)d 行。")
            % batch.counts(),
        )
        return {"batch": batch.pk}


class BatchDropView(DecideView):
    def decide(self) -> dict[str, Any]:
        batch = services.drop_import(batch=self.batch, by=self.request.user, at=clock.now())
        messages.success(self.request, _("已放弃此批，登记数据没有变化。"))
        return {"batch": batch.pk}


class BatchMarkedView(BatchPage, View):
    """The uploaded rows with their problems beside them, as a workbook. The download is logged."""

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        content = services.marked_workbook(batch=self.batch, by=request.user, at=clock.now())
        response = HttpResponse(content, content_type=CONTENT_TYPE)
        response["Content-Disposition"] = f'attachment; filename="batch-{self.batch.pk}.xlsx"'
        response["X-Content-Type-Options"] = "nosniff"
        return response
