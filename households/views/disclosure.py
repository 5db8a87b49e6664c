"""Personal data leaves its mask only by an act with a purpose, and the system only in a marked file."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.views.generic import View

from accounts.enums import Line
from accounts.roles import Permission
from core import clock
from core.access import Access, AccessMixin
from core.xlsx import file_response, workbook_bytes
from households import services
from households.forms.disclosure import ExportForm, RevealForm
from households.models import Household, HouseholdProfile, Member
from households.permissions import visible_lines
from households.views.household import RegisterPage


@dataclass(frozen=True)
class Sheet:
    """What a file would hold, and the conditions it was chosen by."""

    headers: Sequence[str]
    rows: Sequence[Sequence[Any]]
    conditions: Mapping[str, Any]


class ExportPage(RegisterPage, View, ABC):
    """A list as a workbook: asked for a purpose first, numbers masked, marked and on the audit trail.

    The address carries the conditions of the list; `action` is the word of the trail.
    """

    access = Access(permission=Permission.EXPORT, scoped=True)
    title: ClassVar[Any]
    action: ClassVar[str]
    most_rows: ClassVar[int] = 20_000

    @abstractmethod
    def count(self) -> int:
        """How many rows the conditions select, whatever the file may hold."""

    @abstractmethod
    def sheet(self) -> Sheet:
        """At most `most_rows` of them."""

    @property
    @abstractmethod
    def list_url(self) -> str:
        """The list that was asked for as a file."""

    def get(self, request: HttpRequest) -> HttpResponse:
        return self.page(ExportForm())

    def post(self, request: HttpRequest) -> HttpResponse:
        form = ExportForm(request.POST)
        if not form.is_valid():
            return self.page(form, status=422)
        sheet, at, purpose = self.sheet(), clock.now(), form.cleaned_data["purpose"]
        mark = _("导出人：%(by)s　时间：%(at)s　用途：%(purpose)s　共 %(rows)s 行　内部资料，请勿外传") % {
            "by": request.user,
            "at": f"{clock.business_now():%Y-%m-%d %H:%M}",
            "purpose": purpose,
            "rows": len(sheet.rows),
        }  # fmt: skip
        content = workbook_bytes(sheet.headers, sheet.rows, title=self.name, mark=mark)
        services.record_export(
            action=self.action,
            by=request.user,
            at=at,
            area_code=self.area.pk if self.area else None,
            rows=len(sheet.rows),
            conditions=sheet.conditions,
            purpose=purpose,
            content=content,
        )
        return file_response(content, f"{self.name}_{clock.today():%Y%m%d}.xlsx")

    @property
    def name(self) -> str:
        return f"{self.area.short_name if self.area else _('结对户')}{self.title}"

    def page(self, form: ExportForm, *, status: int = 200) -> HttpResponse:
        count = self.count()
        context = {
            "area": self.area,
            "crumb": _("导出"),
            "form": form,
            "name": self.name,
            "count": min(count, self.most_rows),
            "left_out": max(count - self.most_rows, 0),
            "action_url": self.request.get_full_path(),
            "back": f"{self.list_url}?{self.request.GET.urlencode()}",
        }
        return render(self.request, "households/export_form.html", context, status=status)


# A page of its own, and what takes the number's place in the page it was asked from.
REVEAL_FORM = ("households/reveal_form.html", "households/_reveal_form.html")
REVEALED = ("households/revealed.html", "households/_revealed.html")


class RevealView(AccessMixin, View, ABC):
    """Shows one full number in place, once it is said what for; every time on the audit trail."""

    access = Access(permission=Permission.UNMASK, scoped=True)

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        self.subject  # noqa: B018 - somebody else's does not exist
        return self.page(RevealForm())

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        subject = self.subject
        form = RevealForm(request.POST)
        if not form.is_valid():
            return self.page(form, status=422)
        text = self.reveal(subject, form.cleaned_data["purpose"])
        return self.answer(REVEALED, {"text": text})

    @property
    @abstractmethod
    def subject(self) -> Any:
        """Whose number it is; 404 out of scope."""

    @property
    @abstractmethod
    def back(self) -> str:
        """The page to return to."""

    @abstractmethod
    def reveal(self, subject: Any, purpose: str) -> str:
        """The number in full, through the service that puts it on the trail."""

    def page(self, form: RevealForm, *, status: int = 200) -> HttpResponse:
        what = self.request.POST.get("what") or self.request.GET.get("what", "")
        context = {"form": form, "url": self.request.path, "what": what}
        # htmx swaps only what is well answered
        htmx = getattr(self.request, "htmx", False)
        return self.answer(REVEAL_FORM, context, status=200 if htmx else status)

    def answer(
        self, templates: tuple[str, str], context: dict[str, Any], *, status: int = 200
    ) -> HttpResponse:
        page, fragment = templates
        template = fragment if getattr(self.request, "htmx", False) else page
        context |= {"back": self.back}
        response = render(self.request, template, context, status=status)
        response["Cache-Control"] = "no-store"
        return response


class HouseholdRevealView(RevealView):
    """The head's identity number, or the household's telephone number (`what=phone`)."""

    @cached_property
    def subject(self) -> Household:
        mine = Household.objects.for_user(self.request.user, permission=Permission.UNMASK)
        return get_object_or_404(mine, pk=self.kwargs["pk"])

    @property
    def back(self) -> str:
        return self.subject.get_absolute_url()

    def reveal(self, subject: Household, purpose: str) -> str:
        user, on, at = self.request.user, clock.today(), clock.now()
        if self.request.POST.get("what") == "phone":
            if Line.GENERAL not in visible_lines(user, subject):
                raise PermissionDenied
            profiles = HouseholdProfile.objects.for_user(user, permission=Permission.UNMASK)
            profile = profiles.as_of(on).filter(household=subject).first()
            phone = profile.phone if profile else ""
            return services.reveal_phone(
                household=subject, phone=phone, by=user, at=at, purpose=purpose
            )
        members = Member.objects.for_user(user, permission=Permission.UNMASK)
        head = members.heads(subject, on).first()
        if head is None:
            raise Http404("head")
        return services.reveal_id_number(member=head, by=user, at=at, purpose=purpose)


class MemberRevealView(RevealView):
    @cached_property
    def subject(self) -> Member:
        mine = Member.objects.for_user(self.request.user, permission=Permission.UNMASK)
        return get_object_or_404(mine.select_related("household"), pk=self.kwargs["pk"])

    @property
    def back(self) -> str:
        return self.subject.household.get_absolute_url()

    def reveal(self, subject: Member, purpose: str) -> str:
        return services.reveal_id_number(
            member=subject, by=self.request.user, at=clock.now(), purpose=purpose
        )
