from collections.abc import Callable, Sequence
from datetime import date
from typing import Any

from django.http import Http404
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import exceptions
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import GenericViewSet, ReadOnlyModelViewSet

from accounts.models import Area
from accounts.roles import Permission
from accounts.scope import asked_area, own_area
from core import clock
from core.access import Access
from core.web import perform_once
from indicators import figures, standard_changes, trends
from indicators.api_quality import FindingExceptionViewSet, FindingViewSet
from indicators.definitions import CATALOGUE
from indicators.models import Parameter, StandardProposal
from indicators.permissions import can_list_units, covers, may_act
from indicators.serializers import (
    DecisionInput,
    FigureQuery,
    GapSerializer,
    IndicatorSerializer,
    ProposalSerializer,
    ResultSerializer,
    StandardAsked,
    StandardSerializer,
    TrendQuery,
    TrendSerializer,
)
from indicators.standard_values import StandardRefused
from indicators.standards import region_range

QUERY = [
    OpenApiParameter(
        "area", str, description="12-digit division code; the user's own area when left out"
    ),
    OpenApiParameter("indicator", str, description="a code of indicators/"),
    OpenApiParameter("on", date, description="a date; the newest figures when left out"),
]


class FigureAPI(GenericViewSet):
    """What results and gaps share: the question, the area inside the user's scope, the pages."""

    permission: str
    filter_backends = ()

    def asked(self, request: Request) -> tuple[Area, dict[str, Any]]:
        query = FigureQuery(data=request.query_params)
        query.is_valid(raise_exception=True)
        area = asked_area(request, self.permission) or own_area(request.user, self.permission)
        if area is None:
            raise Http404("area")
        return area, query.validated_data

    def answer(self, rows: Sequence[Any]) -> Response:
        page = self.paginate_queryset(rows)
        return self.get_paginated_response(self.get_serializer(page, many=True).data)


class IndicatorViewSet(GenericViewSet):
    """The catalogue of indicators."""

    access = Access(permission=Permission.VIEW_FIGURES)
    serializer_class = IndicatorSerializer
    filter_backends = ()
    lookup_value_regex = r"[A-Z]+-[A-Z0-9]+"

    def list(self, request: Request) -> Response:
        page = self.paginate_queryset(list(CATALOGUE.values()))
        return self.get_paginated_response(self.get_serializer(page, many=True).data)

    def retrieve(self, request: Request, pk: str) -> Response:
        if pk not in CATALOGUE:
            raise Http404("indicator")
        return Response(self.get_serializer(CATALOGUE[pk]).data)


class ResultViewSet(FigureAPI):
    """Figures of one area: the four integers, value and status of each indicator asked for."""

    access = Access(permission=Permission.VIEW_FIGURES, scoped=True)
    serializer_class = ResultSerializer
    permission = Permission.VIEW_FIGURES
    lookup_value_regex = r"\d{12}:[A-Z]+-[A-Z0-9]+(:\d{4}-\d{2}-\d{2})?"

    @extend_schema(parameters=QUERY)
    def list(self, request: Request) -> Response:
        area, query = self.asked(request)
        codes = [query["indicator"]] if "indicator" in query else list(CATALOGUE)
        return self.answer(result_rows(area, codes, query.get("on")))

    def retrieve(self, request: Request, pk: str) -> Response:
        area_code, code, *on = pk.split(":")
        area = Area.objects.filter(code=int(area_code)).first()
        low, high = area.range if area else (0, 0)
        ranges = request.user.village_ranges(self.permission)  # type: ignore[union-attr]
        if (
            area is None
            or code not in CATALOGUE
            or not any(a <= low and high <= b for a, b in ranges)
        ):
            raise Http404("result")
        try:
            day = date.fromisoformat(on[0]) if on else None
        except ValueError:
            raise Http404("result") from None
        return Response(self.get_serializer(result_rows(area, [code], day)[0]).data)

    @extend_schema(parameters=[*QUERY[:2], TrendQuery], responses=TrendSerializer(many=True))
    @action(detail=False, serializer_class=TrendSerializer)
    def trend(self, request: Request) -> Response:
        """One indicator through the recorded nights, months or years, newest first."""
        area, query = self.asked(request)
        more = TrendQuery(data=request.query_params)
        more.is_valid(raise_exception=True)
        if "indicator" not in query:
            raise exceptions.ValidationError({"indicator": [_("请指明一个指标。")]})
        asked = more.validated_data
        points = trends.trend(area, query["indicator"], asked["by"], known_at=asked.get("known_at"))
        return self.answer([trend_row(area, point) for point in reversed(points)])


def trend_row(area: Area, point: trends.Point) -> dict[str, Any]:
    return {
        "on": point.on,
        "area": str(area.code),
        "indicator": point.figure.indicator,
    } | {name: getattr(point.figure, name) for name in (*figures.COLUMNS, "value", "status")}


def result_rows(area: Area, codes: Sequence[str], on: date | None) -> list[dict[str, Any]]:
    found = figures.area_figures([area], codes, on)
    day = f":{on.isoformat()}" if on else ""
    shown = on or figures.freshness(area).on
    return [
        {"id": f"{area.code}:{code}{day}", "on": shown, "area": str(area.code), "indicator": code}
        | {
            name: getattr(found[area.code, code], name)
            for name in (*figures.COLUMNS, "value", "status")
        }
        for code in codes
    ]


class GapViewSet(FigureAPI):
    """The units behind one figure: as many as denominator − numerator, not met and unknown apart."""

    access = Access(permission=Permission.VIEW_REGISTER, scoped=True)
    serializer_class = GapSerializer
    permission = Permission.VIEW_REGISTER
    lookup_value_regex = r"[A-Z]+-[A-Z0-9]+:\d+"

    @extend_schema(parameters=[*QUERY, OpenApiParameter("verdict", str)])
    def list(self, request: Request) -> Response:
        area, query = self.asked(request)
        if "indicator" not in query:
            codes = [c for c in CATALOGUE if can_list_units(request.user, area, CATALOGUE[c].line)]
        else:
            codes = [query["indicator"]]
        if not all(can_list_units(request.user, area, CATALOGUE[code].line) for code in codes):
            raise exceptions.PermissionDenied
        on, verdict = query.get("on"), query.get("verdict")
        rows = [
            gap_row(code, unit, on)
            for code in codes
            for unit in figures.gap_units(area, code, on)
            if verdict in (None, unit.verdict)
        ]
        return self.answer(rows)

    def retrieve(self, request: Request, pk: str) -> Response:
        code, subject = pk.split(":")
        gap = figures.open_gap(code, int(subject), request.user)
        if gap is None or not can_list_units(request.user, gap.village.area, CATALOGUE[code].line):
            raise Http404("gap")
        unit = figures.Unit(
            gap.village_id, gap.subject_kind, gap.subject_id, gap.household_id, gap.verdict
        )
        return Response(self.get_serializer(gap_row(code, unit, None)).data)


def gap_row(code: str, unit: figures.Unit, on: date | None) -> dict[str, Any]:
    return {
        "id": f"{code}:{unit.subject_id}",
        "on": on,
        "village": str(unit.village_id),
        "indicator": code,
        "subject": unit.subject_kind.lower(),
        "subject_id": unit.subject_id,
        "household": unit.household_id,
        "verdict": unit.verdict,
    }


class StandardViewSet(GenericViewSet):
    """Values of the cited standards, region by region, with their history; public to who may see them."""

    access = Access(permission=Permission.VIEW_STANDARDS)
    serializer_class = StandardSerializer
    filter_backends = ()
    lookup_value_regex = r"\d+"

    def get_queryset(self) -> Any:
        return Parameter.objects.for_user(self.request.user).order_by(
            "code", "region", "valid_from", "pk"
        )

    @extend_schema(
        parameters=[
            OpenApiParameter("area", str, description="only values that hold in all of this area"),
            OpenApiParameter("code", str),
            OpenApiParameter("on", date, description="only values that hold on this day"),
            OpenApiParameter("history", bool, description="superseded values too"),
        ]
    )
    def list(self, request: Request) -> Response:
        asked = StandardAsked(data=request.query_params)
        asked.is_valid(raise_exception=True)
        said, rows = asked.validated_data, self.get_queryset()
        if not said["history"]:
            rows = rows.standing()
        if "code" in said:
            rows = rows.filter(code=said["code"])
        if "on" in said:
            rows = rows.holding(said["on"])
        area = asked_area(request, Permission.VIEW_STANDARDS)
        if area is not None:
            low, high = area.range
            rows = rows.filter(low__lte=low, high__gte=high)
        page = self.paginate_queryset(rows)
        return self.get_paginated_response(self.get_serializer(page, many=True).data)

    def retrieve(self, request: Request, pk: str) -> Response:
        return Response(self.get_serializer(self.get_object()).data)


class StandardConflict(exceptions.APIException):
    """The standard or the proposal is not any more what the request was based on."""

    status_code = 409


@extend_schema(parameters=[OpenApiParameter("area", str), OpenApiParameter("state", str)])
class ProposalViewSet(ReadOnlyModelViewSet):
    """Proposals that touch the user's areas; proposing and deciding go through the pages' services."""

    access = Access(
        permission=Permission.VIEW_STANDARDS, write=Permission.PROPOSE_STANDARD, scoped=True
    )
    serializer_class = ProposalSerializer
    filter_backends = ()
    lookup_value_regex = r"\d+"
    queryset = StandardProposal.objects.none()

    def get_queryset(self) -> Any:
        rows = StandardProposal.objects.for_user(self.request.user)
        area = asked_area(self.request, Permission.VIEW_STANDARDS)
        rows = rows.touching(*area.range) if area else rows
        state = self.request.query_params.get("state")
        rows = rows.filter(state=state) if state else rows
        return rows.select_related("proposed_by", "decided_by").order_by("pk")

    @extend_schema(request=ProposalSerializer, responses={201: ProposalSerializer})
    def create(self, request: Request) -> Response:
        """Propose; `base_version` is the newest id of the standard's values (history included)."""
        user: Any = request.user
        asked = ProposalSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        reading = asked.reading()
        if not covers(user, Permission.PROPOSE_STANDARD, *region_range(reading.region)):
            raise exceptions.PermissionDenied(_("您的岗位没有此项权限。"))
        outcome = self._once(
            lambda: {
                "proposal": standard_changes.propose(
                    reading=reading,
                    seen=asked.validated_data["base_version"],
                    by=user,
                    at=clock.now(),
                ).pk
            }
        )
        made = self.get_queryset().get(pk=outcome["proposal"])
        return Response(self.get_serializer(made).data, status=201)

    @extend_schema(
        operation_id="v1_standard_proposals_act",
        request=DecisionInput,
        responses=ProposalSerializer,
    )
    @action(detail=True, methods=["post"], url_path=r"(?P<act>approve|reject|withdraw)")
    def act(self, request: Request, pk: str, act: str) -> Response:
        """approve or reject what another person proposed; withdraw one's own."""
        user: Any = request.user
        proposal = self.get_object()
        if not may_act(user, proposal, act):
            raise exceptions.PermissionDenied(_("您的岗位没有此项权限。"))
        asked = DecisionInput(data=request.data)
        asked.is_valid(raise_exception=True)
        said = asked.validated_data
        if act == "reject" and not said["note"]:
            raise exceptions.ValidationError({"note": [_("请填写意见。")]})
        decide = standard_changes.DECISIONS[act]
        self._once(
            lambda: {"proposal": decide(proposal=proposal, by=user, at=clock.now(), **said).pk}
        )
        return Response(self.get_serializer(self.get_object()).data)

    def _once(self, run: Callable[[], dict[str, Any]]) -> dict[str, Any]:
        try:
            return perform_once(self.request, run, data=dict(self.request.data))
        except StandardRefused as error:
            if error.field:
                raise exceptions.ValidationError({error.field: [str(error)]}) from error
            raise StandardConflict({"detail": str(error)}) from error


ROUTES = {
    "indicators": IndicatorViewSet,
    "results": ResultViewSet,
    "gaps": GapViewSet,
    "findings": FindingViewSet,
    "finding-exceptions": FindingExceptionViewSet,
    "standards": StandardViewSet,
    "standard-proposals": ProposalViewSet,
}
