from abc import ABC, abstractmethod
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import exceptions, serializers, status
from rest_framework.decorators import action
from rest_framework.mixins import ListModelMixin, RetrieveModelMixin
from rest_framework.parsers import FormParser, MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import GenericViewSet, ReadOnlyModelViewSet

from accounts.roles import Permission
from accounts.scope import asked_area
from core import clock, files, operations
from core.access import Access
from core.forms import DateField
from core.web import operation_key, perform_once
from households import services
from households.dossier import Dossier
from households.enums import CheckState
from households.filters import (
    ApiDropoutFilterSet,
    ApiHouseholdFilterSet,
    ApiMonitoringFilterSet,
    CheckFilterSet,
    EvidenceFilterSet,
    MemberFilterSet,
    ProcessFilterSet,
)
from households.forms.changes import theme_lines
from households.forms.check import REASON, CheckForm
from households.forms.conflict import Conflict, Difference
from households.forms.evidence import UploadForm
from households.models import (
    CheckRound,
    DropoutCase,
    Evidence,
    Household,
    HouseholdCheck,
    Member,
    MonitoringCase,
    StatusProcess,
)
from households.permissions import can_review_check, visible_lines
from households.serializers import (
    CheckInput,
    CheckSerializer,
    DropoutSerializer,
    EvidenceInput,
    EvidenceSerializer,
    HouseholdDetailSerializer,
    HouseholdSerializer,
    MemberSerializer,
    MonitoringSerializer,
    ProcessSerializer,
    ReturnInput,
    RoundSerializer,
)

KEY_HEADER = OpenApiParameter("Idempotency-Key", str, OpenApiParameter.HEADER, required=True)


class StaleVersion(exceptions.APIException):
    """The household changed since `base_version`: `fields` lists where what is recorded now differs
    from what was sent."""

    status_code = status.HTTP_409_CONFLICT

    def __init__(self, conflict: Conflict) -> None:
        told = _("本户档案已有更新，请对照 fields 逐项核对，再带新的 base_version 提交。")
        super().__init__(
            {
                "detail": told,
                "base_version": str(conflict.dossier.household.version),
                "fields": [_side_by_side(each) for each in conflict.differences],
            }
        )


def _side_by_side(each: Difference) -> dict[str, str]:
    return {
        "field": each.fact,
        "subject": each.subject,
        "label": each.label,
        "yours": each.mine_text,
        "theirs": each.theirs_text,
        "source": each.theirs.source,
        "author": each.theirs.author,
        "since": each.theirs.since.isoformat() if each.theirs.since else "",
        "recorded_at": each.recorded_at.isoformat() if each.recorded_at else "",
    }


class HouseholdViewSet(ReadOnlyModelViewSet):
    """Households; one of them comes with members and facts as of `?on=` (default: today), as known
    now or at the moment `?known_at=`."""

    access = Access(permission=Permission.VIEW_REGISTER, scoped=True)
    serializer_class = HouseholdSerializer
    filterset_class = ApiHouseholdFilterSet
    queryset = Household.objects.none()

    def get_queryset(self) -> Any:
        households = Household.objects.for_user(self.request.user).select_related("village__area")
        return households.with_status(clock.today()).order_by("village_id", "code", "pk")

    @extend_schema(
        responses=HouseholdDetailSerializer,
        parameters=[
            OpenApiParameter("on", str),
            OpenApiParameter("known_at", OpenApiTypes.DATETIME),
        ],
    )
    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        household = self.get_object()
        on = DateField(required=False).clean(request.query_params.get("on", "")) or clock.today()
        asked = request.query_params.get("known_at")
        known_at = serializers.DateTimeField().run_validation(asked) if asked else None
        lines = visible_lines(request.user, household)
        dossier = Dossier(household, on=on, lines=lines, known_at=known_at)
        return Response(HouseholdDetailSerializer(household, context={"dossier": dossier}).data)


class MemberViewSet(ReadOnlyModelViewSet):
    """Members of households; identity numbers masked."""

    access = Access(permission=Permission.VIEW_REGISTER, scoped=True)
    serializer_class = MemberSerializer
    filterset_class = MemberFilterSet
    queryset = Member.objects.none()

    def get_queryset(self) -> Any:
        return (
            Member.objects.for_user(self.request.user)
            .defer("id_number")
            .order_by("village_id", "code", "pk")
        )


class NotWaiting(exceptions.APIException):
    """The check was accepted or returned before."""

    status_code = status.HTTP_409_CONFLICT

    def __init__(self) -> None:
        super().__init__(_("这份核查已不在“已提交”状态。"))


REVIEWS = Access(permission=Permission.REVIEW_CHECK, scoped=True)


class CheckViewSet(ListModelMixin, RetrieveModelMixin, GenericViewSet):
    """Submitted checks; POST submits one through the same form and service as the page."""

    access = Access(permission=Permission.VIEW_REGISTER, write=Permission.ENTER_CHECK, scoped=True)
    serializer_class = CheckSerializer
    filterset_class = CheckFilterSet
    queryset = HouseholdCheck.objects.none()

    def get_queryset(self) -> Any:
        checks = (
            HouseholdCheck.objects.for_user(self.request.user).submitted().select_related("author")
        )
        return checks.order_by("-visited_on", "-pk")

    def paginate_queryset(self, queryset: Any) -> Any:
        return [self.limited(check) for check in super().paginate_queryset(queryset) or []]

    def get_object(self) -> HouseholdCheck:
        return self.limited(super().get_object())

    def limited(self, check: HouseholdCheck) -> HouseholdCheck:
        """Leave only changes of the user's lines of work."""
        user: Any = self.request.user
        lines = user.lines_in(check.village_id, Permission.VIEW_REGISTER)
        if lines:
            check.changes = [c for c in check.changes if theme_lines()[c["theme"]] in lines]
        return check

    @extend_schema(request=CheckInput, responses={201: CheckSerializer}, parameters=[KEY_HEADER])
    def create(self, request: Request) -> Response:
        asked = CheckInput(data=request.data)
        asked.is_valid(raise_exception=True)
        data = asked.validated_data
        mine = Household.objects.for_user(request.user, permission=Permission.ENTER_CHECK)
        household = get_object_or_404(mine, pk=data["household"])
        typed = data["answers"] | {f"same-{n}": "on" for n in data["unchanged"]}
        typed |= {
            "visited_on": data["visited_on"],
            "note": data["note"],
            "base_version": str(data["base_version"]),
        }
        if data["confirmed"]:
            typed["confirmed"] = "on"
        dossier = Dossier(household, on=clock.today(), lines=visible_lines(request.user, household))
        form = CheckForm(typed, dossier=dossier, today=clock.today())
        unknown = sorted(
            name
            for name in data["answers"]
            if name not in form.fields and not name.startswith(REASON)
        )
        if unknown:
            raise exceptions.ValidationError({name: [_("没有这一项")] for name in unknown})
        if not form.is_valid():
            raise exceptions.ValidationError(
                {name: [str(t) for t in texts] for name, texts in form.errors.items()}
            )

        def act() -> dict[str, Any]:
            check = services.submit_check(
                household=household,
                answers=form.answers(),
                visited_on=form.cleaned_data["visited_on"],
                by=request.user,
                at=clock.now(),
                base_version=data["base_version"],
                note=data["note"],
                raw=typed,
                reasons=form.reasons(),
            )
            return {"check": check.pk}

        try:
            outcome = perform_once(request, act, data=dict(request.data))
        except services.StaleHousehold:
            household.refresh_from_db()
            now = Dossier(household, on=clock.today(), lines=dossier.lines)
            answers, day = form.answers(), form.cleaned_data["visited_on"]
            raise StaleVersion(Conflict(now, answers=answers, visited_on=day)) from None
        check = HouseholdCheck.objects.select_related("author").get(pk=outcome["check"])
        return Response(CheckSerializer(check).data, status=status.HTTP_201_CREATED)

    @extend_schema(request=None, responses=CheckSerializer, parameters=[KEY_HEADER])
    @action(detail=True, methods=["post"], access=REVIEWS)
    def accept(self, request: Request, pk: str) -> Response:
        """Find a submitted check in order: somebody else's, of the reviewer's own level."""
        return self.review(services.accept_check)

    @extend_schema(request=ReturnInput, responses=CheckSerializer, parameters=[KEY_HEADER])
    @action(detail=True, methods=["post"], access=REVIEWS, url_path="return", url_name="return")
    def send_back(self, request: Request, pk: str) -> Response:
        """Send a submitted check back with a reason; what held before holds again."""
        check = self.reviewed()
        asked = ReturnInput(data=request.data)
        asked.is_valid(raise_exception=True)
        return self.review(services.return_check, check=check, **asked.validated_data)

    def reviewed(self) -> HouseholdCheck:
        """The check of the address, if its review is this user's or was done by this request."""
        user = self.request.user
        mine = HouseholdCheck.objects.for_user(user, permission=Permission.REVIEW_CHECK)
        check = get_object_or_404(mine.submitted(), pk=self.kwargs["pk"])
        spent = operations.was_spent(user=user, key=operation_key(self.request._request))
        if check.state == CheckState.SUBMITTED and not can_review_check(user, check) and not spent:
            raise PermissionDenied
        return check

    def review(self, service: Any, check: HouseholdCheck | None = None, **given: Any) -> Response:
        check = check or self.reviewed()

        def act() -> dict[str, Any]:
            service(check=check, by=self.request.user, at=clock.now(), **given)
            return {"check": check.pk}

        try:
            perform_once(self.request, act, data=dict(self.request.data))
        except (services.NotAcceptable, services.NotReturnable):
            raise NotWaiting from None
        return Response(CheckSerializer(self.limited(self.get_queryset().get(pk=check.pk))).data)


class RoundViewSet(ReadOnlyModelViewSet):
    """Rounds of household checks that touch the user's areas, the newest first."""

    access = Access(permission=Permission.VIEW_FIGURES, scoped=True)
    serializer_class = RoundSerializer
    queryset = CheckRound.objects.none()

    def get_queryset(self) -> Any:
        rounds = CheckRound.objects.for_user(self.request.user).order_by("-opened_on", "-pk")
        area = asked_area(self.request, Permission.VIEW_FIGURES)
        return rounds.touching(area) if area else rounds


class EvidenceViewSet(ReadOnlyModelViewSet):
    """Papers of households; POST takes in one or more files through the same form as the page."""

    access = Access(permission=Permission.VIEW_REGISTER, write=Permission.ENTER_CHECK, scoped=True)
    serializer_class = EvidenceSerializer
    filterset_class = EvidenceFilterSet
    parser_classes = (MultiPartParser, FormParser)
    lookup_value_regex = r"\d{1,18}"
    queryset = Evidence.objects.none()

    def get_queryset(self) -> Any:
        papers = Evidence.objects.for_user(self.request.user)
        return papers.for_show().select_related("household", "process")

    @extend_schema(
        request={"multipart/form-data": EvidenceInput},
        responses={201: EvidenceSerializer(many=True)},
        parameters=[KEY_HEADER],
    )
    def create(self, request: Request) -> Response:
        asked = EvidenceInput(data=request.data)
        asked.is_valid(raise_exception=True)
        mine = Household.objects.for_user(request.user, permission=Permission.ENTER_CHECK)
        household = get_object_or_404(mine, pk=asked.validated_data["household"])
        form = UploadForm(request.data, request.FILES, household=household)
        kept = form.take_in(request._request) if form.is_valid() else []
        if form.errors:
            raise exceptions.ValidationError(
                {name: [str(t) for t in texts] for name, texts in form.errors.items()}
            )
        papers = self.get_queryset().filter(pk__in=kept)
        return Response(self.get_serializer(papers, many=True).data, status.HTTP_201_CREATED)

    @extend_schema(responses={(200, "application/octet-stream"): OpenApiTypes.BINARY})
    @action(detail=True)
    def file(self, request: Request, pk: str) -> HttpResponse:
        """The bytes; every time is an act on the audit trail."""
        paper = self.get_object()
        try:
            data = services.view_evidence(paper=paper, by=request.user, at=clock.now())
        except FileNotFoundError:
            raise Http404("file") from None
        return files.response(
            data, content_type=paper.content_type, name=paper.own_name, attach=True
        )


class PlacedViewSet(ReadOnlyModelViewSet, ABC):
    """Rows of `rows()` in the area of `?area=`, under the conditions of the page."""

    access = Access(permission=Permission.VIEW_REGISTER, scoped=True)
    lookup_value_regex = r"\d{1,18}"

    @abstractmethod
    def rows(self) -> Any:
        """What the user may read, in order."""

    def get_queryset(self) -> Any:
        area = asked_area(self.request, Permission.VIEW_REGISTER)
        return self.rows().in_area(area) if area else self.rows()


class ProcessViewSet(PlacedViewSet):
    """Changes of status, those that moved last first."""

    serializer_class = ProcessSerializer
    filterset_class = ProcessFilterSet
    queryset = StatusProcess.objects.none()

    def rows(self) -> Any:
        found = StatusProcess.objects.for_user(self.request.user).defer("applicant")
        return found.order_by("-changed_on", "-pk")


class DropoutViewSet(PlacedViewSet):
    """The drop-out register; names of pupils and reasons only for who works with the family."""

    serializer_class = DropoutSerializer
    filterset_class = ApiDropoutFilterSet
    queryset = DropoutCase.objects.none()

    def rows(self) -> Any:
        found = DropoutCase.objects.for_user(self.request.user).with_labels()
        return found.on(clock.today()).order_by("due_on", "pk")


class MonitoringViewSet(PlacedViewSet):
    """The monitoring register; identity numbers masked, risks only for who works with the family."""

    serializer_class = MonitoringSerializer
    filterset_class = ApiMonitoringFilterSet
    queryset = MonitoringCase.objects.none()

    def rows(self) -> Any:
        found = MonitoringCase.objects.for_user(self.request.user).with_labels()
        return found.on(clock.today()).defer("id_number").order_by("due_on", "pk")


ROUTES = {
    "households": HouseholdViewSet,
    "members": MemberViewSet,
    "checks": CheckViewSet,
    "rounds": RoundViewSet,
    "evidence": EvidenceViewSet,
    "status-processes": ProcessViewSet,
    "dropouts": DropoutViewSet,
    "monitoring": MonitoringViewSet,
}
