from typing import Any

from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import exceptions, status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import ReadOnlyModelViewSet

from accounts.roles import Permission
from accounts.scope import asked_area
from core import clock
from core.access import Access
from core.web import perform_once
from tasks import permissions, services
from tasks.filters import CaseFilterSet
from tasks.forms import reason
from tasks.models import Case, Task
from tasks.permissions import ACTS
from tasks.serializers import ActInput, CaseDetailSerializer, CaseSerializer, TaskSerializer

AREA = OpenApiParameter("area", str, description="Area code: only rows in it and below")


class Conflict(exceptions.APIException):
    """The case does not allow the act."""

    status_code = status.HTTP_409_CONFLICT


class TaskViewSet(ReadOnlyModelViewSet):
    """Tasks of the campaigns that touch the user's area."""

    access = Access(permission=Permission.VIEW_FIGURES, scoped=True)
    serializer_class = TaskSerializer
    filterset_fields = ("campaign__code", "is_leaf", "category")
    queryset = Task.objects.none()

    def get_queryset(self) -> Any:
        tasks = Task.objects.for_user(self.request.user).select_related("campaign", "parent")
        return tasks.with_parts().order_by("campaign", "order")


@extend_schema(parameters=[AREA])
class CaseViewSet(ReadOnlyModelViewSet):
    """Cases of the user; acts go through the same services as the pages' buttons."""

    access = Access(permission=Permission.VIEW_REGISTER, scoped=True)
    serializer_class = CaseSerializer
    filterset_class = CaseFilterSet
    lookup_field = "number"
    lookup_value_regex = r"\d{4}-\d{4,8}"
    queryset = Case.objects.none()

    def get_queryset(self) -> Any:
        cases = Case.objects.for_user(self.request.user).with_labels().order_by("year", "serial")
        area = asked_area(self.request, Permission.VIEW_REGISTER)
        return cases.in_area(area) if area else cases

    def get_serializer_class(self) -> Any:
        return CaseSerializer if self.action == "list" else CaseDetailSerializer

    def get_serializer_context(self) -> dict[str, Any]:
        user = self.request.user
        return {
            **super().get_serializer_context(),
            "acts": lambda case: permissions.acts_for(user, case),
        }

    @extend_schema(request=ActInput, responses=CaseDetailSerializer)
    @action(detail=True, methods=["post"], url_path=rf"(?P<act>{'|'.join(ACTS)})")
    def act(self, request: Request, number: str, act: str) -> Response:
        """assign, start, progress, apply, extension, grant, refuse, close, return, suspend or resume."""
        user: Any = request.user
        case = self.get_object()
        if not permissions.may_do(request.user, case, act):
            raise exceptions.PermissionDenied(_("您的岗位没有此项权限。"))
        asked = ActInput(data=request.data)
        asked.is_valid(raise_exception=True)
        if act == "extension" and not asked.validated_data.get("due_on"):
            raise exceptions.ValidationError({"due_on": [_("请填写申请延期至。")]})
        said = asked.validated_data
        done = services.Act(
            by=user,
            at=clock.now(),
            on=clock.today(),
            base_version=said["base_version"],
            note=said.get("note", ""),
        )
        try:
            perform_once(
                request,
                lambda: {
                    "case": services.perform(act, case=case, act=done, due_on=said.get("due_on")).pk
                },
                data=dict(asked.data),
            )
        except services.CaseRefused as error:
            raise Conflict({"detail": reason(error), "code": type(error).__name__}) from error
        return Response(
            CaseDetailSerializer(self.get_object(), context=self.get_serializer_context()).data
        )


ROUTES = {"tasks": TaskViewSet, "cases": CaseViewSet}
