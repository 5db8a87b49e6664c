from typing import Any

from django.contrib.auth import authenticate
from django.contrib.auth.signals import user_logged_in
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import exceptions, status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView
from rest_framework.viewsets import ReadOnlyModelViewSet

from accounts import services
from accounts.filters import AreaFilterSet
from accounts.models import Area
from accounts.roles import Permission
from accounts.scope import asked_area
from accounts.serializers import AreaSerializer, TokenInput, TokenSerializer
from core import clock
from core.access import Access


@extend_schema(
    parameters=[OpenApiParameter("area", str, description="only this area and what lies under it")]
)
class AreaViewSet(ReadOnlyModelViewSet):
    """Areas of the user, with those above that lead there."""

    access = Access(permission=Permission.VIEW_FIGURES, scoped=True)
    serializer_class = AreaSerializer
    filterset_class = AreaFilterSet
    lookup_value_regex = r"\d{12}"
    queryset = Area.objects.none()

    def get_queryset(self) -> Any:
        areas = Area.objects.for_user(self.request.user, Permission.VIEW_FIGURES).order_by("code")
        area = asked_area(self.request, Permission.VIEW_FIGURES)
        return areas.under(area) if area else areas


class TokenView(APIView):
    """Sign-in for programs. Locks, closed accounts and handed-out passwords count as on the page."""

    access = Access(public=True)
    authentication_classes = ()

    @extend_schema(request=TokenInput, responses=TokenSerializer)
    def post(self, request: Request) -> Response:
        asked = TokenInput(data=request.data)
        asked.is_valid(raise_exception=True)
        web_request = request._request  # axes keeps its verdict on it
        user: Any = authenticate(request=web_request, **asked.validated_data)
        if user is None:
            return Response(
                {"detail": _("用户名或密码不对。")},
                status=status.HTTP_401_UNAUTHORIZED,
                headers={"WWW-Authenticate": "Token"},
            )
        if user.must_change_password:
            raise exceptions.PermissionDenied(_("首次登录须先在网页上修改密码。"))
        user_logged_in.send(sender=type(user), request=web_request, user=user)
        row, text = services.issue_token(
            user=user, at=clock.now(), place=services.place_of(request)
        )
        return Response(TokenSerializer({"token": text, "expiry": row.expiry}).data)


ROUTES = {"areas": AreaViewSet}
