from typing import Any

from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import exceptions, status
from rest_framework.mixins import ListModelMixin, RetrieveModelMixin
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import GenericViewSet, ReadOnlyModelViewSet

from accounts.roles import Permission
from accounts.scope import asked_area
from core import clock
from core.access import Access
from core.forms import DateField
from core.web import perform_once
from households import services
from households.dossier import Dossier
from households.filters import ApiHouseholdFilterSet, CheckFilterSet, MemberFilterSet
from households.forms.changes import theme_lines
from households.forms.check import CheckForm
from households.models import CheckRound, Household, HouseholdCheck, Member
from households.permissions import visible_lines
from households.serializers import (
    CheckInput,
    CheckSerializer,
    HouseholdDetailSerializer,
    HouseholdSerializer,
    MemberSerializer,
    RoundSerializer,
)

KEY_HEADER = OpenApiParameter("Idempotency-Key", str, OpenApiParameter.HEADER, required=True)


class StaleVersion(exceptions.APIException):
    """The household changed since `base_version`."""

    status_code = status.HTTP_409_CONFLICT

    def __init__(self) -> None:
        super().__init__(_("本户档案已有更新，请重新读取后再提交。"))


class HouseholdViewSet(ReadOnlyModelViewSet):
    """Households; one of them comes with members and facts as of `?on=` (default: today)."""

    access = Access(permission=Permission.VIEW_REGISTER, scoped=True)
    serializer_class = HouseholdSerializer
    filterset_class = ApiHouseholdFilterSet
    queryset = Household.objects.none()

    def get_queryset(self) -> Any:
        households = Household.objects.for_user(self.request.user).select_related("village__area")
        return households.with_status(clock.today()).order_by("village_id", "code", "pk")

    @extend_schema(responses=HouseholdDetailSerializer, parameters=[OpenApiParameter("on", str)])
    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        household = self.get_object()
        on = DateField(required=False).clean(request.query_params.get("on", "")) or clock.today()
        dossier = Dossier(household, on=on, lines=visible_lines(request.user, household))
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
        unknown = sorted(set(data["answers"]) - set(form.fields))
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
            )
            return {"check": check.pk}

        try:
            outcome = perform_once(request, act, data=dict(request.data))
        except services.StaleHousehold:
            raise StaleVersion from None
        check = HouseholdCheck.objects.select_related("author").get(pk=outcome["check"])
        return Response(CheckSerializer(check).data, status=status.HTTP_201_CREATED)


class RoundViewSet(ReadOnlyModelViewSet):
    """Rounds of household checks that touch the user's areas, the newest first."""

    access = Access(permission=Permission.VIEW_FIGURES, scoped=True)
    serializer_class = RoundSerializer
    queryset = CheckRound.objects.none()

    def get_queryset(self) -> Any:
        rounds = CheckRound.objects.for_user(self.request.user).order_by("-opened_on", "-pk")
        area = asked_area(self.request, Permission.VIEW_FIGURES)
        return rounds.touching(area) if area else rounds


ROUTES = {
    "households": HouseholdViewSet,
    "members": MemberViewSet,
    "checks": CheckViewSet,
    "rounds": RoundViewSet,
}
