"""Members joining and leaving, another head, splitting, merging, moving: one page per act."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.generic import View

from accounts.roles import Permission
from core import clock, files, operations, uploads
from core.access import Access, AccessMixin
from core.web import WritePage, operation_key, perform_once
from households import services
from households.dossier import age_on
from households.enums import Relation
from households.forms.people import (
    ActForm,
    CorrectForm,
    FindHouseholdForm,
    JoinForm,
    LeaveForm,
    MergeForm,
    MoveForm,
    ProofForm,
    RelationsForm,
    RestoreForm,
    SplitForm,
    propose,
    refusal,
)
from households.models import Household, Member, Membership
from villages.models import Village


class PeoplePage(AccessMixin):
    """A household whose people the user may change; others, and merged ones, do not exist."""

    access = Access(permission=Permission.EDIT_REGISTER, scoped=True)
    request: HttpRequest
    kwargs: dict[str, Any]

    @property
    def households(self) -> Any:
        mine = Household.objects.for_user(self.request.user, permission=Permission.EDIT_REGISTER)
        return mine.filter(merged_into=None).select_related("village__area")

    @cached_property
    def household(self) -> Household:
        return get_object_or_404(self.households, pk=self.kwargs["pk"])

    def memberships(self, household: Household) -> Any:
        """Who belongs to a household, or left it, until further notice."""
        mine = Membership.objects.for_user(self.request.user, permission=Permission.EDIT_REGISTER)
        return mine.latest_known().filter(household=household)

    @cached_property
    def people(self) -> list[Membership]:
        """The members until further notice, the head first."""
        held = self.memberships(self.household).filter(is_member=True)
        rows = held.select_related("member").defer("member__id_number").order_by("member__code")
        return sorted(rows, key=lambda row: row.relation != Relation.HEAD)

    def base(self) -> dict[str, Any]:
        household = self.household
        return {
            "area": household.village.area,
            "household": household,
            "crumb": _("%(head)s户") % {"head": household.head_name or household.code},
        }


class MemberPage(PeoplePage):
    """One member of such a household."""

    @cached_property
    def member(self) -> Member:
        mine = Member.objects.for_user(self.request.user, permission=Permission.EDIT_REGISTER)
        return get_object_or_404(mine, pk=self.kwargs["pk"])

    @cached_property
    def household(self) -> Household:
        return get_object_or_404(self.households, pk=self.member.household_id)

    @cached_property
    def membership(self) -> Membership | None:
        return next((row for row in self.people if row.member_id == self.member.pk), None)

    def base(self) -> dict[str, Any]:
        return super().base() | {"member": self.member, "membership": self.membership}


class PeopleView(PeoplePage, View):
    """Who belongs to the household, who left it, and what can be done about it."""

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        gone = self.memberships(self.household).filter(is_member=False)
        today = clock.today()
        context = {
            **self.base(),
            "people": [(row, age_on(row.member.birth_date, today)) for row in self.people],
            "gone": gone.select_related("member", "author").defer("member__id_number"),
        }
        return render(request, "households/people_list.html", context)


class PeopleAct(PeoplePage, WritePage, View, ABC):
    """One act: its form, and the service behind it."""

    title: Any = ""
    note: Any = ""
    done: Any = ""
    button: Any = gettext_lazy("提交")
    form_class: type[ActForm] = ActForm

    def form_options(self) -> dict[str, Any]:
        """What the form is made with besides household and day."""
        return {}

    def form(self, data: Any = None, files: Any = None) -> ActForm:
        more = self.form_options()
        return self.form_class(
            data,
            files,
            household=self.household,
            today=clock.today(),
            user=self.request.user,
            **more,
        )

    @abstractmethod
    def act(self, form: Any, common: Mapping[str, Any]) -> Household | None:
        """Call the service; the household to show afterwards."""

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        return self.page(self.form())

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        form = self.form(request.POST, request.FILES)
        if not form.is_valid():
            return self.page(form, status=422)
        household = self.household

        def act() -> dict[str, Any]:
            common = {
                "by": request.user,
                "at": clock.now(),
                "on": form.cleaned_data.get("on", clock.today()),
                "base_version": form.cleaned_data["base_version"],
            }
            shown = self.act(form, common) or household
            self.keep_proofs(form)
            return {"household": shown.pk}

        try:
            outcome = perform_once(request, act)
        except services.StaleHousehold:
            fresh = request.POST.copy()
            for name in ("household", "people", "other"):
                self.__dict__.pop(name, None)
            fresh["base_version"] = str(self.household.version)
            return self.page(self.form(fresh), status=409, stale=True)
        except services.PeopleRefusal as error:
            form.refuse(error)
            return self.page(form, status=422)
        except (uploads.Refused, services.TooManyPapers, files.NoRoom) as error:
            words = error.text if isinstance(error, uploads.Refused) else _("没有地方存放照片")
            form.add_error("proof", words)
            return self.page(form, status=422)
        except (operations.KeyReused, operations.MissingKey) as error:
            self.refuse(request, error)
            return self.page(form, status=409, operation_key=operations.new_key())
        messages.success(request, self.done)
        return redirect("households:household_detail", outcome["household"])

    def keep_proofs(self, form: ActForm) -> None:
        """Put what proves the change on the file of the household it was entered for."""
        for file in form.proofs if isinstance(form, ProofForm) else []:
            services.add_evidence(
                household=self.household,
                data=file.read(settings.EVIDENCE_MAX_BYTES + 1),
                file_name=file.name,
                description=services.Description(kind="CHANGE_PROOF"),
                by=self.request.user,
                at=clock.now(),
            )

    def page(self, form: ActForm, *, status: int = 200, **more: Any) -> HttpResponse:
        context = {
            **self.base(),
            "title": self.title,
            "note": self.note,
            "button": self.button,
            "form": form,
            "back": reverse("households:people", args=[self.household.pk]),
            "operation_key": operation_key(self.request) or operations.new_key(),
            **more,
        }
        return render(self.request, "households/people_form.html", context, status=status)


class NewHead:
    """Acts that may name another head: `?head=` proposes everybody's relation to them."""

    request: HttpRequest

    def new_head(self, people: list[Membership]) -> int | None:
        asked = self.request.GET.get("head", "")
        own = {str(row.member_id): row.member_id for row in people}
        return own.get(asked)


class JoinView(PeopleAct):
    title = gettext_lazy("人员增加")
    done = gettext_lazy("已登记人员增加。")
    form_class = JoinForm

    def act(self, form: Any, common: Mapping[str, Any]) -> None:
        data = form.cleaned_data
        services.add_member(
            household=self.household,
            person=form.person,
            relation=data["relation"],
            reason=data["reason"],
            **common,
        )


class LeaveView(NewHead, MemberPage, PeopleAct):
    title = gettext_lazy("人员减少")
    note = gettext_lazy("从减少日期起，此人不再计入本户和本村的各项数字。")
    done = gettext_lazy("已登记人员减少。")
    form_class = LeaveForm

    @property
    def staying(self) -> list[Membership]:
        return [row for row in self.people if row.member_id != self.member.pk]

    @property
    def is_head(self) -> bool:
        return self.membership is not None and self.membership.relation == Relation.HEAD

    def form_options(self) -> dict[str, Any]:
        if not self.is_head:
            return {}
        head = self.new_head(self.staying)
        proposals = propose(self.people, head) if head else {}
        return {"people": self.staying, "proposals": proposals}

    def page(self, form: ActForm, **more: Any) -> HttpResponse:
        candidates = self.staying if self.is_head else []
        return super().page(form, candidates=candidates, **more)

    def act(self, form: Any, common: Mapping[str, Any]) -> None:
        services.remove_member(
            household=self.household,
            member=self.member,
            reason=form.cleaned_data["reason"],
            relations=form.relations,
            **common,
        )


class RestoreView(MemberPage, WritePage, View):
    """Takes a wrongly recorded leaving back."""

    http_method_names = ["post", "options"]

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        user: Any = request.user
        household, form = self.household, RestoreForm(request.POST)
        back = redirect("households:people", household.pk)
        if not form.is_valid():
            messages.error(request, _("撤销须写明原因。"))
            return back

        def act() -> dict[str, Any]:
            services.restore_member(
                household=household,
                member=self.member,
                by=user,
                at=clock.now(),
                **form.cleaned_data,
            )
            return {"household": household.pk}

        try:
            perform_once(request, act)
        except services.StaleHousehold:
            messages.error(request, _("本户档案刚有更新，请核对后再办。"))
        except services.PeopleRefusal as error:
            messages.error(request, refusal(error, household, request.user)[1])
        except (operations.KeyReused, operations.MissingKey) as error:
            self.refuse(request, error)
        else:
            messages.success(request, _("已撤销人员减少。"))
        return back


class RelationsView(NewHead, PeopleAct):
    title = gettext_lazy("变更户主或与户主关系")
    done = gettext_lazy("已变更。")
    form_class = RelationsForm

    def form_options(self) -> dict[str, Any]:
        head = self.new_head(self.people)
        return {"people": self.people, "proposals": propose(self.people, head) if head else {}}

    def page(self, form: ActForm, **more: Any) -> HttpResponse:
        candidates = [row for row in self.people if row.relation != Relation.HEAD]
        return super().page(form, candidates=candidates, **more)

    def act(self, form: Any, common: Mapping[str, Any]) -> None:
        services.change_relations(
            household=self.household,
            relations=form.relations,
            reason=form.cleaned_data["reason"],
            **common,
        )


class SplitView(PeopleAct):
    title = gettext_lazy("分户")
    note = gettext_lazy(
        "勾选分出的人，并按各自所在的户填写与户主关系。住房、饮水等情况按原户带入新户，以后分别更新。"
    )
    done = gettext_lazy("已分户，这是新户的档案。")
    form_class = SplitForm

    def form_options(self) -> dict[str, Any]:
        return {"people": self.people}

    def act(self, form: Any, common: Mapping[str, Any]) -> Household:
        data = form.cleaned_data
        return services.split_household(
            household=self.household,
            relations=form.going,
            staying=form.staying,
            reason=data["reason"],
            code=data["code"],
            **common,
        )


class MergeView(PeopleAct):
    """First the other household's code, then its members' relations."""

    title = gettext_lazy("并户")
    note = gettext_lazy("并入的户从该日起不再单独计数，其档案保留备查。")
    done = gettext_lazy("已并户。")
    form_class = MergeForm

    @cached_property
    def finder(self) -> FindHouseholdForm:
        return FindHouseholdForm(self.request.GET or None)

    @cached_property
    def other(self) -> Household | None:
        finder = self.finder
        if not finder.is_bound or not finder.is_valid():
            return None
        found = self.households.filter(code=finder.cleaned_data["code"].strip()).first()
        if found is None:
            finder.add_error("code", _("您的辖区内没有这个户编号"))
        elif found == self.household:
            finder.add_error("code", _("不能并入自己"))
            return None
        return found

    def form_options(self) -> dict[str, Any]:
        assert self.other is not None
        held = self.memberships(self.other).filter(is_member=True)
        people = list(held.select_related("member").order_by("member__code"))
        return {
            "people": people,
            "proposals": dict.fromkeys((row.member_id for row in people), ""),
            "initial": {"other_version": self.other.version},
        }

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        if self.household and self.other is None:
            return self.page(self.finder, finding=True, button=_("下一步"))
        return super().get(request, pk)

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        if self.household and self.other is None:
            return self.page(self.finder, finding=True, button=_("下一步"))
        return super().post(request, pk)

    def page(self, form: Any, **more: Any) -> HttpResponse:
        return super().page(form, other=self.other, **more)

    def act(self, form: Any, common: Mapping[str, Any]) -> None:
        assert self.other is not None
        services.merge_households(
            household=self.household,
            other=self.other,
            relations=form.relations,
            reason=form.cleaned_data["reason"],
            other_version=form.cleaned_data["other_version"],
            **common,
        )


class MoveView(PeopleAct):
    title = gettext_lazy("户迁移")
    note = gettext_lazy("从迁入日期起，本户及成员的全部情况随户转到新村，原村不再计入。")
    done = gettext_lazy("已办理户迁移。")
    form_class = MoveForm

    def form_options(self) -> dict[str, Any]:
        mine = Village.objects.for_user(self.request.user, permission=Permission.EDIT_REGISTER)
        others = mine.exclude(pk=self.household.village_id).filter(area__valid_to=None)
        return {"villages": others.select_related("area__parent").order_by("pk")}

    def act(self, form: Any, common: Mapping[str, Any]) -> None:
        data = form.cleaned_data
        services.move_household(
            household=self.household, village=data["village"], reason=data["reason"], **common
        )


class CorrectView(MemberPage, PeopleAct):
    title = gettext_lazy("更正人员信息")
    note = gettext_lazy("只更正登记错误。情况有变化的，在入户核查中填写。")
    done = gettext_lazy("已更正。")
    form_class = CorrectForm

    def form_options(self) -> dict[str, Any]:
        return {"member": self.member}

    def act(self, form: Any, common: Mapping[str, Any]) -> None:
        services.correct_member(
            member=self.member,
            person=form.person,
            reason=form.cleaned_data["reason"],
            **common,
        )
