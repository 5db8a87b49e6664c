import hashlib
from typing import Any

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import exceptions, status
from rest_framework.decorators import action
from rest_framework.parsers import FormParser, JSONParser, MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import ReadOnlyModelViewSet

from accounts.roles import Permission
from accounts.scope import asked_area
from core import clock
from core.access import Access
from core.web import perform_once
from imports import services
from imports.filters import BatchFilterSet
from imports.models import ImportBatch
from imports.parsing import UnreadableFile
from imports.serializers import BatchDetailSerializer, BatchSerializer, UploadInput


class Conflict(exceptions.APIException):
    """The batch does not allow the act."""

    status_code = status.HTTP_409_CONFLICT


@extend_schema(
    parameters=[OpenApiParameter("area", str, description="only batches of this area and below")]
)
class ImportViewSet(ReadOnlyModelViewSet):
    """Imported lists. POST a file to have it read; `confirm` writes it, `drop` gives it up."""

    access = Access(permission=Permission.IMPORT, scoped=True)
    serializer_class = BatchSerializer
    filterset_class = BatchFilterSet
    parser_classes = (MultiPartParser, FormParser, JSONParser)
    lookup_value_regex = r"\d{1,18}"
    queryset = ImportBatch.objects.none()

    def get_queryset(self) -> Any:
        batches = ImportBatch.objects.for_user(self.request.user).order_by("-pk")
        area = asked_area(self.request, Permission.IMPORT)
        batches = batches.in_area(area) if area else batches
        return batches.select_related("uploaded_by")

    def get_serializer_class(self) -> Any:
        return BatchSerializer if self.action == "list" else BatchDetailSerializer

    @extend_schema(
        request={"multipart/form-data": UploadInput}, responses={201: BatchDetailSerializer}
    )
    def create(self, request: Request) -> Response:
        asked = UploadInput(data=request.data)
        asked.is_valid(raise_exception=True)
        kind, sheet = asked.validated_data["kind"], asked.validated_data["sheet"]
        file = asked.validated_data["file"]
        data = file.read()
        digest = {"kind": kind, "sheet": sheet, "sha256": hashlib.sha256(data).hexdigest()}

        def act() -> dict[str, Any]:
            batch = services.stage_import(
                data=data,
                file_name=file.name,
                kind=kind,
                sheet=sheet,
                by=request.user,
                at=clock.now(),
                on=clock.today(),
            )
            return {"batch": batch.pk}

        try:
            outcome = perform_once(request, act, data=digest)
        except UnreadableFile as refused:
            text = f"{refused.message}。{refused.cure}。"
            raise exceptions.ValidationError({"file": [text], "code": [refused.code]}) from refused
        except services.OutOfScope as refused:
            raise exceptions.PermissionDenied(refused.message) from refused
        return self._answer(outcome["batch"], status.HTTP_201_CREATED)

    @extend_schema(request=None, responses=BatchDetailSerializer)
    @action(detail=True, methods=["post"])
    def confirm(self, request: Request, pk: str) -> Response:
        batch = self.get_object()

        def act() -> dict[str, Any]:
            done = services.confirm_import(batch=batch, by=request.user, at=clock.now())
            return {"batch": done.pk}

        return self._decide(request, act, {"confirm": batch.pk})

    @extend_schema(request=None, responses=BatchDetailSerializer)
    @action(detail=True, methods=["post"])
    def drop(self, request: Request, pk: str) -> Response:
        batch = self.get_object()

        def act() -> dict[str, Any]:
            done = services.drop_import(batch=batch, by=request.user, at=clock.now())
            return {"batch": done.pk}

        return self._decide(request, act, {"drop": batch.pk})

    def _decide(self, request: Request, act: Any, data: dict[str, Any]) -> Response:
        try:
            outcome = perform_once(request, act, data=data)
        except services.ImportRefused as refused:
            detail = {"detail": refused.message, "code": type(refused).__name__}
            raise Conflict(detail) from refused
        return self._answer(outcome["batch"], status.HTTP_200_OK)

    def _answer(self, pk: int, code: int) -> Response:
        return Response(BatchDetailSerializer(self.get_queryset().get(pk=pk)).data, status=code)


ROUTES = {"imports": ImportViewSet}
