"""Saved filters and columns of the household list: each person's own."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.generic import View

from accounts.roles import Permission
from core import clock, operations
from core.access import Access, AccessMixin
from core.web import WritePage, perform_once
from households import search, services
from households.filters import HouseholdFilterSet
from households.forms.finding import ColumnsForm, NameForm, columns_for
from households.models import SavedFilter

PAGE = "households:household_list"


def clean_query(request: HttpRequest, query: str) -> str:
    """Only conditions the list knows and can read; no identity or telephone number is kept."""
    asked = QueryDict(query)
    known = HouseholdFilterSet(asked, request=request)
    bad = set(known.form.errors)
    kept = QueryDict(mutable=True)
    for name in ("area", "sort", *known.filters):
        value = asked.get(name, "")
        if not value or name in bad or (name == "q" and search.read(value).is_personal):
            continue
        kept[name] = value
    return kept.urlencode()


class OwnPage(WritePage, AccessMixin, View):
    access = Access(permission=Permission.VIEW_REGISTER)

    def once(self, act: Any) -> bool:
        """Whether the act was done; else the refusal was told."""
        try:
            perform_once(self.request, act)
        except (operations.KeyReused, operations.MissingKey) as error:
            self.refuse(self.request, error)
        except services.NameTaken:
            messages.error(self.request, _("已有同名的查询，请换一个名称。"))
        except services.TooManySaved:
            most = {"most": services.MOST_SAVED}
            messages.error(self.request, _("最多保存 %(most)s 个查询，请先删去不用的。") % most)
        else:
            return True
        return False


class SavedFilterListView(OwnPage):
    """The person's saved filters of the list, to rename or delete; POST saves the conditions of `query`."""

    http_method_names = ["get", "head", "post", "options"]

    def get(self, request: HttpRequest) -> HttpResponse:
        return self.page(NameForm())

    def page(self, form: NameForm, *, status: int = 200) -> HttpResponse:
        saved = SavedFilter.objects.for_user(self.request.user).filter(page=PAGE).order_by("name")
        context = {
            "rows": saved,
            "form": form,
            "query": self.request.POST.get("query", ""),
            "back": reverse(PAGE),
        }
        return render(self.request, "households/saved_filter_list.html", context, status=status)

    def post(self, request: HttpRequest) -> HttpResponse:
        form = NameForm(request.POST)
        query = clean_query(request, request.POST.get("query", ""))
        if not form.is_valid():
            return self.page(form, status=422)
        if not query:
            messages.error(
                request, _("没有可保存的条件：请先选条件再查询。证件号、电话不作为条件保存。")
            )
            return redirect(PAGE)

        def act() -> dict[str, Any]:
            made = services.save_filter(
                page=PAGE,
                name=form.cleaned_data["name"],
                query=query,
                by=request.user,
                at=clock.now(),
            )
            return {"saved": made.pk}

        if self.once(act):
            messages.success(request, _("已保存查询「%(name)s」。") % form.cleaned_data)
        return redirect(f"{reverse(PAGE)}?{query}")


class SavedFilterView(OwnPage):
    """Renames or, with `act=delete`, deletes a saved filter of one's own."""

    access = Access(permission=Permission.VIEW_REGISTER, scoped=True)
    http_method_names = ["post", "options"]

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        saved = get_object_or_404(SavedFilter.objects.for_user(request.user), pk=pk)
        if request.POST.get("act") == "delete":
            name = saved.name

            def delete() -> dict[str, Any]:
                services.delete_filter(saved=saved, by=request.user, at=clock.now())
                return {}

            if self.once(delete):
                messages.success(request, _("已删除查询「%(name)s」。") % {"name": name})
            return redirect("households:saved_filter_list")
        form = NameForm(request.POST)
        if not form.is_valid():
            messages.error(request, _("名称：%(why)s") % {"why": form.errors["name"][0]})
            return redirect("households:saved_filter_list")

        def rename() -> dict[str, Any]:
            name = form.cleaned_data["name"]
            services.rename_filter(saved=saved, name=name, by=request.user, at=clock.now())
            return {}

        if self.once(rename):
            messages.success(request, _("已改名为「%(name)s」。") % form.cleaned_data)
        return redirect("households:saved_filter_list")


class ColumnsView(OwnPage):
    """Keeps which columns the list shows; `usual` goes back to the usual ones."""

    http_method_names = ["post", "options"]

    def post(self, request: HttpRequest) -> HttpResponse:
        form = ColumnsForm(request.POST, columns=columns_for(request.user))
        back = f"{reverse(PAGE)}?{clean_query(request, request.POST.get('query', ''))}"
        if not form.is_valid():
            messages.error(request, _("列设置：%(why)s") % {"why": form.errors["columns"][0]})
            return redirect(back)
        columns = [] if "usual" in request.POST else form.cleaned_data["columns"]

        def act() -> dict[str, Any]:
            services.choose_columns(page=PAGE, columns=columns, by=request.user, at=clock.now())
            return {}

        self.once(act)
        return redirect(back)
