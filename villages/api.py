from typing import Any

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.viewsets import ReadOnlyModelViewSet

from accounts.roles import Permission
from core import clock
from core.access import Access
from villages.filters import ApiVillageFilterSet
from villages.models import VILLAGE_THEMES, Village
from villages.permissions import visible_themes
from villages.serializers import VillageSerializer


@extend_schema(parameters=[OpenApiParameter("id", str, OpenApiParameter.PATH)])
class VillageViewSet(ReadOnlyModelViewSet):
    """Villages with their facts of today; only the user's lines of work."""

    access = Access(permission=Permission.VIEW_FIGURES, scoped=True)
    serializer_class = VillageSerializer
    filterset_class = ApiVillageFilterSet
    lookup_value_regex = r"\d{12}"
    queryset = Village.objects.none()

    def get_queryset(self) -> Any:
        villages = Village.objects.for_user(self.request.user, permission=Permission.VIEW_FIGURES)
        return villages.select_related("area").order_by("pk")

    def paginate_queryset(self, queryset: Any) -> Any:
        return self.with_facts(super().paginate_queryset(queryset) or [])

    def get_object(self) -> Village:
        return self.with_facts([super().get_object()])[0]

    def with_facts(self, villages: list[Village]) -> list[Village]:
        """Read one page's facts: one query per theme."""
        on, user = clock.today(), self.request.user
        shown = {v.pk: set(visible_themes(user, v.pk, VILLAGE_THEMES)) for v in villages}
        held: dict[int, list[Any]] = {v.pk: [] for v in villages}
        for theme in VILLAGE_THEMES:
            for fact in theme._default_manager.as_of(on).filter(village__in=list(held)):
                if theme in shown[fact.village_id]:
                    held[fact.village_id].append(fact)
        for village in villages:
            village.held_facts = held[village.pk]  # type: ignore[attr-defined]
        return villages


ROUTES = {"villages": VillageViewSet}
