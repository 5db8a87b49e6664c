"""Error pages in Chinese, as a page for people and as JSON for programs, with a number to quote."""

import logging
import secrets
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.template import TemplateDoesNotExist
from django.utils.translation import gettext as _

logger = logging.getLogger(__name__)


def answer(request: HttpRequest, status: int, message: str, reference: str = "") -> HttpResponse:
    """The page `errors/<status>.html` or `errors/error.html`, or its text without them."""
    if request.path.startswith("/api/"):
        return JsonResponse(
            {"detail": message, **({"reference": reference} if reference else {})}, status=status
        )
    context = {"status": status, "message": message, "reference": reference}
    try:
        return render(
            request, [f"errors/{status}.html", "errors/error.html"], context, status=status
        )
    except TemplateDoesNotExist:
        text = f"{message} ({reference})" if reference else message
        return HttpResponse(text, status=status, content_type="text/plain; charset=utf-8")


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    return answer(request, 400, _("请求有误，请返回后重试。"))


def permission_denied(request: HttpRequest, exception: Exception) -> HttpResponse:
    return answer(request, 403, _("您的岗位没有此项权限。如需办理，请联系本单位管理员。"))


def page_not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    return answer(request, 404, _("没有找到该页面，或它不在您的管辖范围内。"))


def server_error(request: HttpRequest) -> HttpResponse:
    """Never a trace; the number finds the trace in the log."""
    reference = secrets.token_hex(4)
    logger.error("Error %s on %s", reference, request.path)
    return answer(request, 500, _("系统出错，已记录。请稍后重试，或把编号报给管理员。"), reference)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    return answer(request, 403, _("页面已过期，请返回并刷新后重试，已填内容不会丢失。"))


def locked_out(
    request: HttpRequest, response: Any = None, credentials: Any = None, **_kwargs: Any
) -> HttpResponse:
    """After five wrong passwords; also for the right one, until the time is over."""
    return answer(
        request, 429, _("密码连续错误次数过多，账号已锁定 30 分钟，请稍后再试或联系管理员解锁。")
    )
