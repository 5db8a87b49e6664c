from accounts.querysets import ScopedQuerySet
from core.facts import FactQuerySet


class VillageQuerySet(ScopedQuerySet):
    VILLAGE = "area_id"


class LocalFactQuerySet(FactQuerySet, ScopedQuerySet):
    """Fact versions of one village: two times and a scope."""
