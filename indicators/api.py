from collections.abc import Sequence
from datetime import date
from typing import Any

from django.http import Http404
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import exceptions
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import GenericViewSet

from accounts.models import Area
from accounts.roles import Permission
from accounts.scope import asked_area, own_area
from core.access import Access
from indicators import figures
from indicators.definitions import CATALOGUE
from indicators.permissions import can_list_units
from indicators.serializers import FigureQuery, GapSerializer, IndicatorSerializer, ResultSerializer

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
    lookup_value_regex = r"[A-Z]+-\d+"

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
    lookup_value_regex = r"\d{12}:[A-Z]+-\d+(:\d{4}-\d{2}-\d{2})?"

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
    lookup_value_regex = r"[A-Z]+-\d+:\d+"

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


ROUTES = {"indicators": IndicatorViewSet, "results": ResultViewSet, "gaps": GapViewSet}
