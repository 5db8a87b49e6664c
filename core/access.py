"""What every address declares about itself, for the guard and for the access matrix.

A view class (page or API) sets `access = Access(...)`; a function view is wrapped in `@guarded`.
An address without a declaration fails the build (tests/test_access_matrix.py).
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any

from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse


@dataclass(frozen=True, kw_only=True)
class Access:
    """Who may come here.

    `permission`: the right asked for (None: any signed-in person). `write`: the right asked for
    unsafe methods where it differs. `public`: no sign-in needed. `scoped`: the address names an
    object of an area; outside the user's areas it answers 404.
    """

    permission: str | None = None
    write: str | None = None
    public: bool = False
    scoped: bool = False

    def needed(self, method: str) -> str | None:
        safe = method in {"GET", "HEAD", "OPTIONS"}
        return self.permission if safe or self.write is None else self.write


def check(access: Access, request: HttpRequest) -> None:
    """Raise PermissionDenied unless the signed-in user holds what the address asks for."""
    needed = access.needed(request.method or "GET")
    if not access.public and needed and not request.user.has_perm(needed):
        raise PermissionDenied


class AccessMixin:
    """Guards a class-based page by its `access` declaration; stands first among the bases."""

    access: Access

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not self.access.public and not request.user.is_authenticated:
            return redirect_to_login(request.get_full_path())
        check(self.access, request)
        return super().dispatch(request, *args, **kwargs)  # type: ignore[misc]


def guarded(access: Access) -> Callable[[Callable[..., HttpResponse]], Callable[..., HttpResponse]]:
    """The same for a function view."""

    def wrap(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
        @wraps(view)
        def inner(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            if not access.public and not request.user.is_authenticated:
                return redirect_to_login(request.get_full_path())
            check(access, request)
            return view(request, *args, **kwargs)

        inner.access = access  # type: ignore[attr-defined]
        return inner

    return wrap
