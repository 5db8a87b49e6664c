import logging
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.views.generic import View

from accounts.roles import Permission
from core import clock, files, operations, uploads
from core.access import Access, AccessMixin
from core.web import WritePage, perform_once
from households import services
from households.dossier import Dossier
from households.forms.evidence import DescriptionForm, UploadForm, WithdrawForm
from households.models import Evidence, Household
from households.permissions import can_correct_paper, visible_lines
from households.views.evidence_cards import Card, evidence_card

logger = logging.getLogger(__name__)


class EvidenceListView(AccessMixin, WritePage, View):
    """All papers of a household, and the form that adds one or more.

    A script that uploads asks for JSON: 201 `{"items": [...]}` or 422 `{"errors": {field: [...]}}`.
    """

    access = Access(permission=Permission.VIEW_REGISTER, write=Permission.ENTER_CHECK, scoped=True)
    request: HttpRequest
    kwargs: dict[str, Any]

    @cached_property
    def household(self) -> Household:
        permission = self.access.needed(self.request.method or "GET")
        households = Household.objects.for_user(self.request.user, permission=str(permission))
        return get_object_or_404(households.select_related("village__area"), pk=self.kwargs["pk"])

    @property
    def wants_json(self) -> bool:
        return self.request.accepts("application/json") and not self.request.accepts("text/html")

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        asked = {name: request.GET.get(name, "") for name in ("kind", "theme", "member")}
        return self.page(UploadForm(household=self.household, initial=asked))

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        form = UploadForm(request.POST, request.FILES, household=self.household)
        try:
            kept = form.take_in(request) if form.is_valid() else []
        except operations.KeyReused:
            form.add_error(None, _("这份表单已提交过另一内容，请刷新页面后再传。"))
        except operations.MissingKey:
            form.add_error(None, _("提交缺少操作键，请刷新页面后再试。"))
        return self.refused(form) if form.errors else self.done(kept)

    def done(self, keys: list[int]) -> HttpResponse:
        if self.wants_json:
            papers = Evidence.objects.for_user(self.request.user).filter(pk__in=keys).for_show()
            return JsonResponse({"items": [item(paper) for paper in papers]}, status=201)
        messages.success(self.request, _("已上传 %(n)d 份材料。") % {"n": len(keys)})
        return redirect("households:evidence_list", self.household.pk)

    def refused(self, form: UploadForm) -> HttpResponse:
        if self.wants_json:
            return JsonResponse({"errors": form.errors}, status=422)
        return self.page(form, status=422)

    def card(self) -> Card:
        user = self.request.user
        lines = visible_lines(user, self.household)
        return evidence_card(user, Dossier(self.household, on=clock.today(), lines=lines))

    def page(self, form: UploadForm, *, status: int = 200) -> HttpResponse:
        household = self.household
        withdrawn = Evidence.objects.for_user(self.request.user).filter(
            household=household, withdrawn_at__isnull=False
        )
        context = {
            "area": household.village.area,
            "crumb": _("%(head)s户佐证材料") % {"head": household.head_name or household.code},
            "household": household,
            "card": self.card(),
            "withdrawn": withdrawn.for_show(),
            "form": form,
            "operation_key": operations.new_key(),
        }
        return render(self.request, "households/evidence_list.html", context, status=status)


def item(paper: Evidence) -> dict[str, Any]:
    """A paper for the script that uploaded it."""
    address = reverse("households:evidence_preview", args=[paper.pk])
    return {
        "id": paper.pk,
        "title": str(paper),
        "url": paper.get_absolute_url(),
        "thumb": address if paper.has_preview else "",
    }


class EvidenceDetailView(AccessMixin, WritePage, View):
    """One paper with what is written about it; who may, corrects or withdraws it here."""

    access = Access(permission=Permission.VIEW_REGISTER, write=Permission.ENTER_CHECK, scoped=True)
    request: HttpRequest
    kwargs: dict[str, Any]

    @cached_property
    def paper(self) -> Evidence:
        permission = self.access.needed(self.request.method or "GET")
        papers = Evidence.objects.for_user(self.request.user, permission=str(permission))
        return get_object_or_404(
            papers.for_show().select_related(
                "household__village__area", "process__village__area", "visit"
            ),
            pk=self.kwargs["pk"],
        )

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        return self.page()

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        if not can_correct_paper(request.user, self.paper):
            raise PermissionDenied
        withdraws = request.POST.get("act") == "withdraw"
        form: Any = WithdrawForm(request.POST) if withdraws else self.describe_form(request.POST)
        if not form.is_valid():
            name = "withdraw_form" if withdraws else "describe_form"
            return self.page(status=422, **{name: form})

        def act() -> dict[str, Any]:
            told: Any = {"paper": self.paper, "by": request.user, "at": clock.now()}
            if withdraws:
                services.withdraw_evidence(reason=form.cleaned_data["reason"], **told)
            else:
                services.describe_evidence(description=form.description(), **told)
            return {"paper": pk}

        try:
            perform_once(request, act)
        except (operations.KeyReused, operations.MissingKey) as error:
            self.refuse(request, error)
        except services.NotStanding:
            messages.error(request, _("这份材料已撤销。"))
        except services.AlreadyOnFile:
            messages.error(request, _("同一文件已作为这类材料上传过，没有改动。"))
        else:
            messages.success(request, _("已撤销。") if withdraws else _("已保存。"))
        return redirect("households:evidence_detail", pk)

    def describe_form(self, data: Any = None) -> DescriptionForm:
        paper = Evidence.objects.for_user(self.request.user).get(pk=self.paper.pk)
        return DescriptionForm(data, instance=paper, household=paper.household)

    def page(self, *, status: int = 200, **more: Any) -> HttpResponse:
        paper = self.paper
        context = {
            "area": paper.place.area,
            "crumb": str(paper),
            "paper": paper,
            "household": paper.household,
            "is_expired": paper.is_expired(clock.today()),
            "may_correct": can_correct_paper(self.request.user, paper),
            "describe_form": self.describe_form(),
            "withdraw_form": WithdrawForm(),
            "operation_key": operations.new_key(),
            **more,
        }
        return render(self.request, "households/evidence_detail.html", context, status=status)


class EvidenceFileView(AccessMixin, View):
    """The file itself: pictures to be looked at, PDF files and `?download=1` to be kept.

    Every time is an act on the audit trail. The answer can run no script wherever it is opened.
    """

    access = Access(permission=Permission.VIEW_REGISTER, scoped=True)

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        papers = Evidence.objects.for_user(request.user).select_related("household")
        paper = get_object_or_404(papers, pk=pk)
        try:
            data = services.view_evidence(paper=paper, by=request.user, at=clock.now())
        except FileNotFoundError:
            logger.exception("The file of a paper is gone: %s", paper.file_key)
            raise Http404("file") from None
        keep = not paper.is_picture or request.GET.get("download") == "1"
        return files.response(
            data, content_type=paper.content_type, name=paper.own_name, attach=keep
        )


class EvidencePreviewView(AccessMixin, View):
    """The small picture on cards and panels."""

    access = Access(permission=Permission.VIEW_REGISTER, scoped=True)

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        papers = Evidence.objects.for_user(request.user).filter(has_preview=True)
        paper = get_object_or_404(papers, pk=pk)
        try:
            data = (settings.EVIDENCE_DIR / paper.preview_key).read_bytes()
        except FileNotFoundError:
            raise Http404("preview") from None
        return files.response(data, content_type=uploads.JPEG, name=f"{pk}.jpg", attach=False)
