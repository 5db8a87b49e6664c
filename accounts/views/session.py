from typing import Any

from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.contrib.auth import views as auth_views
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.urls import reverse_lazy
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.views.generic import FormView, TemplateView

from accounts import services
from accounts.forms import PasswordChangeForm, SignInForm
from core import clock
from core.access import Access, AccessMixin


@method_decorator(login_not_required, name="dispatch")
class SignInView(AccessMixin, auth_views.LoginView):
    access = Access(public=True)
    template_name = "registration/login.html"
    form_class = SignInForm
    authentication_form = SignInForm
    redirect_authenticated_user = True


class SignOutView(AccessMixin, auth_views.LogoutView):
    """POST only; afterwards the browser drops what it kept of our pages."""

    access = Access()
    http_method_names = ["post", "options"]

    def post(self, request: Any, *args: Any, **kwargs: Any) -> HttpResponse:
        response = super().post(request, *args, **kwargs)
        response.headers["Clear-Site-Data"] = '"cache"'
        return response


class PasswordChangeView(AccessMixin, FormView):
    access = Access()
    template_name = "registration/password_change_form.html"
    form_class = PasswordChangeForm
    success_url = reverse_lazy("accounts:profile")

    def form_valid(self, form: PasswordChangeForm) -> HttpResponse:
        old, new = form.cleaned_data["old"], form.cleaned_data["new"]
        person: Any = self.request.user
        try:
            user = services.change_password(user=person, old=old, new=new, at=clock.now())
        except services.WrongPassword:
            form.add_error("old", _("当前密码不对。"))
        except services.SamePassword:
            form.add_error("new", _("新密码不能与当前密码相同。"))
        except ValidationError as error:
            form.add_error("new", error)
        else:
            update_session_auth_hash(self.request, user)
            messages.success(self.request, _("密码已修改，其他设备上的登录和接口令牌已失效。"))
            return super().form_valid(form)
        return self.form_invalid(form)


class ProfileView(AccessMixin, TemplateView):
    """The signed-in person: name, account, roles with their areas."""

    access = Access()
    template_name = "registration/profile.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        person: Any = self.request.user
        return super().get_context_data(grants=person.current_grants, **kwargs)
