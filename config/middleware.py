"""What every answer of the site has in common."""

from collections.abc import Callable

from django.conf import settings
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.cache import patch_cache_control

from config import errors
from core.operations import NotReady

GetResponse = Callable[[HttpRequest], HttpResponse]

KEPT_FOR = settings.SESSION_KEPT_FOR.total_seconds()
PERMISSIONS_POLICY = "camera=(self), geolocation=(), microphone=(), payment=(), usb=()"


class PageHeadersMiddleware:
    """Headers that Django has no setting for. Pages are never stored: they hold personal data."""

    def __init__(self, get_response: GetResponse):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        response.headers.setdefault("Permissions-Policy", PERMISSIONS_POLICY)
        response.headers.setdefault("Cross-Origin-Resource-Policy", "same-origin")
        if not response.has_header("Cache-Control"):  # static files bring their own
            patch_cache_control(response, no_store=True, private=True)
        return response


class NotReadyMiddleware:
    """A page that needs what is not loaded yet says so, instead of failing."""

    def __init__(self, get_response: GetResponse):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        return errors.answer(request, 409, str(error)) if isinstance(error, NotReady) else None


class SessionLifetimeMiddleware:
    """Ends a session after its longest life, however busy; the idle time is the session's own, counted
    anew by the first request of each minute."""

    STARTED, KEPT = "session_started_at", "session_kept_at"

    def __init__(self, get_response: GetResponse):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.user.is_authenticated:
            now = timezone.now().timestamp()
            started = request.session.setdefault(self.STARTED, now)
            if not 0 <= now - started <= settings.SESSION_LIFETIME.total_seconds():
                logout(request)
            elif not 0 <= now - request.session.get(self.KEPT, 0) <= KEPT_FOR:
                request.session[self.KEPT] = now
        return self.get_response(request)
