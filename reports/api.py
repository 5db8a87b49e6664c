from typing import Any

from django.http import Http404
from drf_spectacular.utils import extend_schema
from rest_framework import exceptions, status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import ReadOnlyModelViewSet

from accounts.roles import Permission
from core import clock
from core.access import Access
from core.web import perform_once
from reports import services
from reports.filters import FilingFilterSet, ObligationFilterSet
from reports.models import Filing, Obligation
from reports.serializers import (
    DraftSerializer,
    FilingContentInput,
    FilingSerializer,
    ObligationSerializer,
)


class Conflict(exceptions.APIException):
    """The draft is not what the client filled in, or is already handed in."""

    status_code = status.HTTP_409_CONFLICT


class ObligationViewSet(ReadOnlyModelViewSet):
    """Monthly reports owed: one a lead agency and month. `draft` and `submit` fill one in."""

    access = Access(permission=Permission.VIEW_REPORTS, write=Permission.FILE_REPORT, scoped=True)
    serializer_class = ObligationSerializer
    filterset_class = ObligationFilterSet
    lookup_value_regex = r"\d+"
    queryset = Obligation.objects.none()

    def get_queryset(self) -> Any:
        needed = self.access.needed(self.request.method or "GET")
        owed = Obligation.objects.for_user(
            self.request.user, permission=str(needed)
        ).with_progress()
        return owed.select_related("campaign__area", "agency").order_by("-month", "pk")

    def get_serializer_context(self) -> dict[str, Any]:
        return {**super().get_serializer_context(), "moment": clock.business_now()}

    @extend_schema(request=FilingContentInput, responses=DraftSerializer)
    @action(detail=True, methods=["get", "post"])
    def draft(self, request: Request, pk: str) -> Response:
        """Read the draft (pre-filled when there is none yet), or keep what was filled in."""
        if request.method == "GET":
            return Response(DraftSerializer(self._draft()).data)
        return self._write(request, submits=False)

    @extend_schema(request=FilingContentInput, responses=FilingSerializer)
    @action(detail=True, methods=["post"])
    def submit(self, request: Request, pk: str) -> Response:
        """Hand the report in; 400 with every reason when it is not complete."""
        return self._write(request, submits=True)

    def _draft(self) -> Filing:
        """Drafts are the agency's own business."""
        mine = Obligation.objects.for_user(self.request.user, permission=Permission.FILE_REPORT)
        obligation = (
            mine.select_related("campaign__area", "agency").filter(pk=self.kwargs["pk"]).first()
        )
        if obligation is None:
            raise Http404("obligation")
        user: Any = self.request.user
        held = obligation.filings.drafts().first()
        return held or services.prefilled(obligation=obligation, by=user, at=clock.now())

    def _write(self, request: Request, *, submits: bool) -> Response:
        obligation = self.get_object()
        asked = FilingContentInput(data=request.data)
        asked.is_valid(raise_exception=True)
        told: dict[str, Any] = {
            "obligation": obligation,
            "content": asked.content,
            "by": request.user,
            "at": clock.now(),
            "revision": asked.validated_data["base_version"],
            "mark": asked.validated_data["mark"],
        }

        def act() -> dict[str, Any]:
            if submits:
                return {
                    "filing": services.submit_filing(**told, arrived_at=clock.business_now()).pk
                }
            return {"filing": services.save_draft(**told).pk}

        try:
            outcome = perform_once(request, act, data=dict(asked.data))
        except services.Refused as refused:
            raise exceptions.ValidationError({"detail": refused.problems}) from refused
        except (services.AlreadySubmitted, services.StaleFiling) as error:
            raise Conflict({"detail": str(error), "code": type(error).__name__}) from error
        filing = (
            Filing.objects.for_user(request.user).select_related("author").get(pk=outcome["filing"])
        )
        return Response((FilingSerializer if submits else DraftSerializer)(filing).data)


class FilingViewSet(ReadOnlyModelViewSet):
    """Reports as handed in, every version; drafts only of the user's own agency."""

    access = Access(permission=Permission.VIEW_REPORTS, scoped=True)
    serializer_class = FilingSerializer
    filterset_class = FilingFilterSet
    queryset = Filing.objects.none()

    def get_queryset(self) -> Any:
        seen = Filing.objects.for_user(self.request.user).select_related("author", "obligation")
        return seen.order_by("-obligation__month", "obligation", "version")


ROUTES = {"reports": ObligationViewSet, "filings": FilingViewSet}
