"""What every page that writes has in common: the operation key and the bell; and the pages as of a date."""

from collections.abc import Callable, Mapping
from datetime import date, datetime, time
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext as _

from core import clock, operations
from core.forms import DateField
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


class DatedPage:
    """A page as of a date: `?on=2018-12-31` shows what held then, `&known=then` as it was known
    at the end of that day."""

    request: HttpRequest

    @cached_property
    def on(self) -> date:
        """The asked date; today when none or an unreadable or future one is asked."""
        try:
            asked = DateField(required=False).clean(self.request.GET.get("on", ""))
        except forms.ValidationError:
            asked = None
        return min(asked, clock.today()) if asked else clock.today()

    @property
    def is_past(self) -> bool:
        return self.on < clock.today()

    @property
    def shows_then(self) -> bool:
        return self.is_past and self.request.GET.get("known") == "then"

    @property
    def end_of_day(self) -> datetime:
        """The last moment of the asked date."""
        return timezone.make_aware(datetime.combine(self.on, time.max))
