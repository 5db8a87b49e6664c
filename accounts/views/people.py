"""账号与授权: the system administrator opens and closes accounts, the security administrator grants roles."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.views.generic import FormView, TemplateView, View

from accounts import services
from accounts.filters import UserFilterSet
from accounts.forms import GrantForm, OpenAccountForm
from accounts.models import Area, Grant, User
from accounts.permissions import can_end_grant, can_keep_account
from accounts.querysets import ancestors_of_range
from accounts.roles import Permission
from accounts.scope import area_choices, area_within, own_area
from core import clock, operations
from core.access import Access, AccessMixin
from core.listing import ListPage
from core.web import WritePage, perform_once

COLUMNS_SHOWN = 3
REFUSALS = (
    operations.KeyReused,
    operations.MissingKey,
    services.BadGrant,
    services.AccountKeptElsewhere,
)


class UserListView(AccessMixin, ListPage):
    access = Access(permission=Permission.VIEW_ACCOUNTS)
    model = User
    template_name = "accounts/user_list.html"
    filterset_class = UserFilterSet
    sort_fields = {"name": "display_name", "username": "username", "seen": "last_login"}
    default_sort = "username"

    def rows(self) -> Any:
        return User.objects.for_user(self.request.user).with_grants()

    def finish(self, rows: list[Any]) -> list[Any]:
        today = clock.today()
        for account in rows:
            account.held = [g for g in account.grants.all() if g.holds(today)]
        return rows


class UserCreateView(AccessMixin, WritePage, FormView):
    """A user name and a person's name; the initial password is shown once."""

    access = Access(permission=Permission.MANAGE_ACCOUNTS)
    form_class = OpenAccountForm
    template_name = "accounts/user_form.html"

    def form_valid(self, form: OpenAccountForm) -> HttpResponse:
        opened: list[tuple[User, str]] = []

        def act() -> dict[str, Any]:
            opened.append(
                services.open_account(**form.cleaned_data, by=self.request.user, at=clock.now())
            )
            return {"account": opened[0][0].pk}

        try:
            outcome = perform_once(self.request, act)
        except services.NameTaken:
            form.add_error("username", _("用户名已被使用，请换一个。"))
            return self.form_invalid(form)
        except ValidationError as refused:
            form.add_error(None, refused)
            return self.form_invalid(form)
        except (operations.KeyReused, operations.MissingKey) as error:
            self.refuse(self.request, error)
            return redirect("accounts:user_create")
        if not opened:
            return told_already(self.request, outcome["account"])
        return show_password(self.request, *opened[0], is_new=True)


def show_password(
    request: HttpRequest, account: User, password: str, *, is_new: bool
) -> HttpResponse:
    """The answer to the act itself: the password is stored nowhere it could be read again."""
    context = {"account": account, "password": password, "is_new": is_new, "crumb": str(account)}
    response = render(request, "accounts/initial_password.html", context)
    response.headers["Cache-Control"] = "no-store"
    return response


def told_already(request: HttpRequest, account_id: int) -> HttpResponse:
    messages.warning(request, _("已办理过。初始密码只显示一次，如未记下请再重置。"))
    return redirect("accounts:user_detail", account_id)


class UserPage(AccessMixin, WritePage):
    """One account of the administrator's areas, or one that has no role yet; others do not exist."""

    access = Access(permission=Permission.VIEW_ACCOUNTS, scoped=True)
    request: HttpRequest
    kwargs: dict[str, Any]

    @cached_property
    def account(self) -> User:
        accounts = User.objects.for_user(self.request.user).with_grants()
        found: User = get_object_or_404(accounts, pk=self.kwargs["pk"])
        return found

    def once(self, act: Callable[[], Any]) -> bool:
        """Whether it was done, now or before; a refusal is told on the next page."""

        def outcome() -> dict[str, Any]:
            act()
            return {"account": self.account.pk}

        try:
            perform_once(self.request, outcome)
        except REFUSALS as error:
            self.refuse(self.request, error)
            return False
        return True


class UserDetailView(UserPage, TemplateView):
    """Who it is, which roles they hold and held, and what the reader may do about it."""

    template_name = "accounts/user_detail.html"
    form: GrantForm | None = None

    @cached_property
    def chosen_area(self) -> Area | None:
        """The area picked for a new grant, else the granter's own."""
        user: Any = self.request.user
        asked = area_within(self.request.GET.get("place", ""), user, Permission.MANAGE_GRANTS)
        return asked or own_area(user, Permission.MANAGE_GRANTS)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        today, account = clock.today(), self.account
        user: Any = self.request.user
        grants = list(account.grants.all())
        may_grant = user.has_perm(Permission.MANAGE_GRANTS)
        for grant in grants:
            grant.may_end = may_grant and can_end_grant(user, grant, today)  # type: ignore[attr-defined]
        context = {
            "account": account,
            "crumb": str(account),
            "present": [g for g in grants if not g.is_over(today)],
            "past": [g for g in grants if g.is_over(today)],
            "today": today,
            "is_self": account.pk == user.pk,
            "may_manage": user.has_perm(Permission.MANAGE_ACCOUNTS),
            "may_keep": user.has_perm(Permission.MANAGE_ACCOUNTS)
            and can_keep_account(user, account, today),
            "may_end_any": any(g.may_end for g in grants),  # type: ignore[attr-defined]
        }
        if may_grant and account.pk != user.pk:
            context |= self._grant_context(user)
        return super().get_context_data(**context, **kwargs)

    def _grant_context(self, user: User) -> dict[str, Any]:
        area = self.chosen_area
        form = self.form or GrantForm(
            granter=user, on=clock.today(), initial={"area": area.code if area else ""}
        )
        steps = set(ancestors_of_range(*area.range)) if area else set()
        path = self.account.get_absolute_url()
        columns = [
            [(place, f"{path}?place={place.code}#grant", place.code in steps) for place in column]
            for column in area_choices(self.request, area, Permission.MANAGE_GRANTS)
        ]
        top = columns[0][0] if len(columns) > COLUMNS_SHOWN else None
        return {
            "form": form,
            "columns": columns[-COLUMNS_SHOWN:],
            "chosen_area": area,
            "top": top,
        }


class UserActView(UserPage, View):
    """A press of a button on the account's page."""

    access = Access(permission=Permission.MANAGE_ACCOUNTS, scoped=True)
    http_method_names = ["post", "options"]


class UserPasswordView(UserActView):
    """重置密码: a new initial password, shown once."""

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        issued: list[tuple[User, str]] = []
        account = self.account

        def act() -> None:
            issued.append(
                services.reset_password(
                    user=account, by=request.user, at=clock.now(), on=clock.today()
                )
            )

        if not self.once(act):
            return redirect(account)
        if not issued:
            return told_already(request, account.pk)
        return show_password(request, *issued[0], is_new=False)


class UserCloseView(UserActView):
    """停用: sessions and tokens end at once."""

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        account = self.account
        done = self.once(
            lambda: services.close_account(
                user=account, by=request.user, at=clock.now(), on=clock.today()
            )
        )
        if done:
            messages.success(
                request, _("已停用 %(name)s，其登录和接口令牌已失效。") % {"name": account}
            )
        return redirect(account)


class UserReopenView(UserActView):
    """启用: the password stays what it was."""

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        account = self.account
        done = self.once(
            lambda: services.reopen_account(
                user=account, by=request.user, at=clock.now(), on=clock.today()
            )
        )
        if done:
            messages.success(request, _("已启用 %(name)s。") % {"name": account})
        return redirect(account)


class GrantCreateView(UserDetailView):
    """授予岗位: answers with the account's page, where the form is."""

    access = Access(permission=Permission.MANAGE_GRANTS, scoped=True)
    http_method_names = ["post", "options"]

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        account, user = self.account, request.user
        form = GrantForm(request.POST, granter=user, on=clock.today())
        if form.is_valid():
            try:
                perform_once(
                    request,
                    lambda: {
                        "grant": services.grant_role(
                            user=account, by=user, at=clock.now(), **form.terms()
                        ).pk
                    },
                )
            except services.OwnRoles as error:
                self.refuse(request, error)
                return redirect(account)
            except services.BadGrant as refused:
                form.add_error(None, str(refused))
            except (operations.KeyReused, operations.MissingKey) as error:
                self.refuse(request, error)
                return redirect(account)
            else:
                messages.success(request, _("已授予岗位。"))
                return redirect(account)
        self.form = form
        return self.render_to_response(self.get_context_data())


class GrantEndView(AccessMixin, WritePage, View):
    """收回岗位, from today on."""

    access = Access(permission=Permission.MANAGE_GRANTS, scoped=True)
    http_method_names = ["post", "options"]

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        grant = get_object_or_404(Grant.objects.for_user(request.user), pk=pk)

        def act() -> dict[str, Any]:
            services.end_grant(grant=grant, by=request.user, at=clock.now(), on=clock.today())
            return {"grant": grant.pk}

        try:
            perform_once(request, act)
        except REFUSALS as error:
            self.refuse(request, error)
        else:
            messages.success(request, _("已收回岗位，即时生效。"))
        return redirect("accounts:user_detail", grant.user_id)
