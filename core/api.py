"""What every API answer has in common: who may ask, how lists are paged, how refusals read."""

from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.core.paginator import Page, Paginator
from django.db.models import QuerySet
from django.http import Http404
from django.utils.translation import gettext as _
from rest_framework import exceptions, status
from rest_framework.pagination import PageNumberPagination
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import as_serializer_error

from core import operations
from core.access import Access


class KeysFirst(Paginator):
    """Finds the keys of a page before its rows, so that a late page reads no row it does not show."""

    def page(self, number: int | str) -> Page:
        number = self.validate_number(number)
        rows = self.object_list
        if not isinstance(rows, QuerySet):
            return super().page(number)
        first = (number - 1) * self.per_page
        keys = list(rows.values_list("pk", flat=True)[first : first + self.per_page])
        return Page(rows.filter(pk__in=keys), number, self)


class Pagination(PageNumberPagination):
    """`count, next, previous, results`; a page never holds more than 200 rows."""

    django_paginator_class = KeysFirst
    page_size = 50
    page_size_query_param = "page_size"
    max_page_size = 200


class AccessPermission(BasePermission):
    """Reads the same `access` declaration as the pages; a view without one is closed to all."""

    def has_permission(self, request: Request, view: Any) -> bool:
        access: Access | None = getattr(view, "access", None)
        if access is None:
            return False
        if access.public:
            return True
        if not request.user.is_authenticated:
            return False
        if getattr(request.user, "must_change_password", False):
            raise exceptions.PermissionDenied(_("首次登录须先在网页上修改密码。"))
        needed = access.needed(request.method or "GET")
        return needed is None or request.user.has_perm(needed)


def explain(error: Exception, context: dict[str, Any]) -> Response | None:
    """JSON for what went wrong: `{"detail": text}`, or `{"field": [texts]}` for a wrong request.

    None for what nobody foresaw, which becomes the 500 with a number to quote.
    """
    from rest_framework.views import exception_handler  # which itself loads this module

    if isinstance(error, operations.KeyReused):
        return Response(
            {"detail": _("该操作键已用于另一项内容，请换一个。")}, status=status.HTTP_409_CONFLICT
        )
    if isinstance(error, operations.MissingKey):
        return Response(
            {"Idempotency-Key": [_("写操作须带 Idempotency-Key 请求头。")]},
            status=status.HTTP_400_BAD_REQUEST,
        )
    if isinstance(error, operations.NotReady):
        return Response({"detail": str(error)}, status=status.HTTP_409_CONFLICT)
    if isinstance(error, ValidationError):
        error = exceptions.ValidationError(as_serializer_error(error))
    elif isinstance(error, Http404):
        error = exceptions.NotFound(_("没有找到，或不在您的管辖范围内。"))
    elif isinstance(error, PermissionDenied):
        error = exceptions.PermissionDenied(_("您的岗位没有此项权限。"))
    return exception_handler(error, context)
