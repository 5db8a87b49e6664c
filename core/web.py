"""What every page that writes has in common: the operation key and the bell."""

from collections.abc import Callable, Mapping
from typing import Any

from django.contrib import messages
from django.http import HttpRequest
from django.utils.translation import gettext as _

from core import clock, operations
from core.jobs import ring_on_commit

HEADER = "Idempotency-Key"


def operation_key(request: HttpRequest) -> str:
    """The key the browser or the API client sent: form field first, then header."""
    return (request.POST.get("operation_key") or request.headers.get(HEADER) or "")[:64]


def perform_once(
    request: HttpRequest,
    act: Callable[[], Mapping[str, Any]],
    data: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """Do a person's write once for its operation key, and wake the workers when it is committed.

    `act` calls one service and returns a small outcome, e.g. `{"check": 12}`; sent twice, the
    second answer is the first one's. Raises `operations.KeyReused` and `operations.MissingKey`.
    """
    asked = (
        data if data is not None else {name: request.POST.getlist(name) for name in request.POST}
    )
    outcome, ran = operations.perform(
        key=operation_key(request),
        user=request.user,
        digest=operations.request_hash({"path": request.path, **asked}),
        at=clock.now(),
        act=act,
    )
    if ran:
        ring_on_commit()
    return outcome


class WritePage:
    """Mixin for pages with a form: gives the template a fresh `operation_key`, and readable refusals."""

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        request = self.request  # type: ignore[attr-defined]
        kwargs.setdefault("operation_key", operation_key(request) or operations.new_key())
        return super().get_context_data(**kwargs)  # type: ignore[misc]

    def refuse(self, request: HttpRequest, error: Exception) -> None:
        """Say in Chinese why a write was not done."""
        if isinstance(error, operations.KeyReused):
            messages.error(request, _("这份表单已提交过另一内容，请刷新页面后再填。"))
        elif isinstance(error, operations.MissingKey):
            messages.error(request, _("提交缺少操作键，请刷新页面后再试。"))
        else:
            messages.error(request, str(error))
