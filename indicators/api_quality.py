"""Findings over HTTP, read-only, and exceptions through their services."""

from collections.abc import Callable
from typing import Any

from django.shortcuts import get_object_or_404
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import exceptions, serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import ReadOnlyModelViewSet

from accounts.models import Area
from accounts.roles import Permission
from accounts.scope import asked_area, own_area
from core import clock
from core.access import Access
from core.web import perform_once
from households.models import Evidence
from indicators.models import Finding, FindingException
from indicators.permissions import may_explain, may_turn_exception, place_for
from indicators.quality import lists
from indicators.quality.rules import RULES
from indicators.quality.services import DECISIONS, ExceptionRefused, request_exception
from indicators.serializers import DecisionInput
from indicators.views_quality.conditions import ApiFindingFilterSet

AREA = OpenApiParameter(
    "area", str, description="12-digit division code; the user's own area when left out"
)


class FindingSerializer(serializers.ModelSerializer):
    """One finding: the rule, whom it is about, the values it rests on, its deadline and state."""

    name = serializers.SerializerMethodField()
    village = serializers.CharField(source="village_id")
    subject = serializers.SerializerMethodField()
    household = serializers.IntegerField(source="household_id", allow_null=True)
    due_on = serializers.SerializerMethodField()
    explained = serializers.BooleanField(source="is_waived", read_only=True)
    asked = serializers.BooleanField(source="is_asked", read_only=True)

    class Meta:
        model = Finding
        fields = [
            "id", "rule", "name", "severity", "village", "subject", "subject_id", "household", "seen", "since",
            "due_on", "explained", "asked",
        ]  # fmt: skip

    def get_name(self, row: Finding) -> str:
        return RULES[row.rule].name

    def get_subject(self, row: Finding) -> str:
        return row.subject_kind.lower()

    def get_due_on(self, row: Finding) -> str:
        return lists.due_on(row.since).isoformat()


class ExceptionSerializer(serializers.ModelSerializer):
    """A request that a finding stand as explained; written by naming the finding."""

    finding = serializers.IntegerField(write_only=True)
    village = serializers.CharField(source="village_id", read_only=True)
    subject = serializers.SerializerMethodField()
    household = serializers.IntegerField(source="household_id", read_only=True)
    requested_by = serializers.CharField(read_only=True)
    decided_by = serializers.CharField(read_only=True, allow_null=True)
    evidence = serializers.IntegerField(source="evidence_id", required=False, allow_null=True)

    class Meta:
        model = FindingException
        fields = [
            "id", "finding", "rule", "village", "subject", "subject_id", "household", "seen", "reason", "evidence",
            "expires_on", "state", "version", "requested_by", "requested_at", "decided_by", "decided_at",
            "decision_note",
        ]  # fmt: skip
        read_only_fields = [
            "rule", "subject_id", "seen", "state", "version", "requested_at", "decided_at", "decision_note",
        ]  # fmt: skip

    def get_subject(self, row: FindingException) -> str:
        return row.subject_kind.lower()


class ExceptionConflict(exceptions.APIException):
    """The finding or the request is not any more what this was based on."""

    status_code = 409


class QualityAPI(ReadOnlyModelViewSet):
    """What both share: the area, and the rules that the user may list there."""

    filter_backends = ()
    lookup_value_regex = r"\d+"

    model: type[Finding] | type[FindingException]

    @cached_property
    def area(self) -> Area | None:
        """Of a list: asked for, or the user's own; of one row: its village."""
        user, right = self.request.user, Permission.VIEW_REGISTER
        if "pk" in self.kwargs:
            rows: Any = self.model.objects.for_user(user).select_related("village__area")
            return place_for(user, get_object_or_404(rows, pk=self.kwargs["pk"]).village)
        return asked_area(self.request, right) or own_area(user, right)


class FindingViewSet(QualityAPI):
    """What stands as doubtful; explained findings only with `state=EXPLAINED` or `ALL`."""

    access = Access(permission=Permission.VIEW_REGISTER, scoped=True)
    serializer_class = FindingSerializer
    queryset = Finding.objects.none()
    model = Finding

    def get_queryset(self) -> Any:
        rows = lists.findings_for(self.request.user, self.area, clock.today())
        if self.action != "list":
            return rows
        found = ApiFindingFilterSet(
            self.request.query_params or None,
            queryset=rows,
            request=self.request,
            rules=lists.visible_rules(self.request.user, self.area),
        )
        if found.is_bound and not found.form.is_valid():
            raise exceptions.ValidationError(found.form.errors)
        return found.qs.order_by("pk")

    @extend_schema(
        parameters=[
            AREA,
            *(OpenApiParameter(n, str) for n in ("rule", "severity", "subject", "state")),
            OpenApiParameter("village", int),
        ]
    )
    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return super().list(request, *args, **kwargs)


class FindingExceptionViewSet(QualityAPI):
    """Requests that findings stand as explained, and the decisions on them."""

    access = Access(
        permission=Permission.VIEW_REGISTER, write=Permission.EDIT_REGISTER, scoped=True
    )
    serializer_class = ExceptionSerializer
    queryset = FindingException.objects.none()
    model = FindingException

    def get_queryset(self) -> Any:
        user: Any = self.request.user
        rows: Any = FindingException.objects.for_user(user)
        rows = rows.in_area(self.area) if self.area else rows
        codes = [rule.code for rule in lists.visible_rules(user, self.area)]
        return (
            rows.filter(rule__in=codes).select_related("requested_by", "decided_by").order_by("pk")
        )

    @extend_schema(parameters=[AREA])
    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return super().list(request, *args, **kwargs)

    @extend_schema(request=ExceptionSerializer, responses={201: ExceptionSerializer})
    def create(self, request: Request) -> Response:
        """Ask for one, for the values that the finding shows now."""
        user: Any = request.user
        asked = ExceptionSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        said = asked.validated_data
        mine = Finding.objects.for_user(user, permission=Permission.EDIT_REGISTER).latest_known()
        finding = get_object_or_404(mine, pk=said["finding"])
        if not may_explain(user, finding.village_id):
            raise exceptions.PermissionDenied(_("您的岗位没有此项权限。"))
        paper = said.get("evidence_id")
        papers = Evidence.objects.for_user(user)
        evidence = get_object_or_404(papers, pk=paper) if paper else None
        outcome = self._once(
            lambda: {
                "exception": request_exception(
                    finding=finding,
                    reason=said["reason"],
                    expires_on=said["expires_on"],
                    evidence=evidence,
                    by=user,
                    on=clock.today(),
                    at=clock.now(),
                ).pk
            }
        )
        made = FindingException.objects.for_user(user).get(pk=outcome["exception"])
        return Response(self.get_serializer(made).data, status=201)

    @extend_schema(
        operation_id="v1_finding_exceptions_act",
        request=DecisionInput,
        responses=ExceptionSerializer,
    )
    @action(detail=True, methods=["post"], url_path=r"(?P<act>approve|reject|withdraw)")
    def act(self, request: Request, pk: str, act: str) -> Response:
        """approve or reject what another person asked; withdraw one's own."""
        user: Any = request.user
        exception = self.get_object()
        if not may_turn_exception(user, exception, act):
            raise exceptions.PermissionDenied(_("您的岗位没有此项权限。"))
        asked = DecisionInput(data=request.data)
        asked.is_valid(raise_exception=True)
        decide = DECISIONS[act]
        self._once(
            lambda: {
                "exception": decide(
                    exception=exception, by=user, at=clock.now(), **asked.validated_data
                ).pk
            }
        )
        return Response(self.get_serializer(self.get_object()).data)

    def _once(self, run: Callable[[], dict[str, Any]]) -> dict[str, Any]:
        try:
            return perform_once(self.request, run, data=dict(self.request.data))
        except ExceptionRefused as error:
            if error.field:
                raise exceptions.ValidationError({error.field: [str(error)]}) from error
            raise ExceptionConflict({"detail": str(error)}) from error
