"""What a session may reach before its password is its own, and how a lapsed one is told."""

from collections.abc import Callable
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, resolve_url
from django.utils.translation import gettext as _

GetResponse = Callable[[HttpRequest], HttpResponse]

OPEN = ("password_change", "logout")


class OwnPasswordMiddleware:
    """Nothing but the change of password until the handed-out one is gone."""

    def __init__(self, get_response: GetResponse):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        user = request.user
        if not user.is_authenticated or not user.must_change_password:
            return self.get_response(request)
        if request.path in {resolve_url(name) for name in OPEN}:
            return self.get_response(request)
        if request.path.startswith("/api/"):
            return JsonResponse({"detail": _("首次登录须先在网页上修改密码。")}, status=403)
        return _leave_to(request, resolve_url("password_change"))


class LapsedSessionMiddleware:
    """A fragment asked for after the session ended sends the page to sign-in, and back after."""

    def __init__(self, get_response: GetResponse):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        target = urlsplit(response.headers.get("Location", "")).path
        if target == resolve_url(settings.LOGIN_URL) and "HX-Request" in request.headers:
            page = urlsplit(request.headers.get("HX-Current-URL", "/"))
            back = f"{page.path}?{page.query}" if page.query else page.path
            return _leave_to(request, redirect_to_login(back).url)
        return response


def _leave_to(request: HttpRequest, address: str) -> HttpResponse:
    """Take the browser there, also when only a fragment was asked for."""
    if "HX-Request" not in request.headers:
        return redirect(address)
    response = HttpResponse(status=401)
    response.headers["HX-Redirect"] = address
    return response
