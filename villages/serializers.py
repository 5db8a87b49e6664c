from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from villages.models import CollectiveIncome, Village


class VillageSerializer(serializers.ModelSerializer):
    """A village with what holds of it today; `facts` by theme, `collective_income_yuan` by year."""

    id = serializers.CharField(source="pk")
    code = serializers.CharField(source="pk")
    name = serializers.CharField(source="area.name")
    township = serializers.CharField(source="area.parent_id")
    facts = serializers.SerializerMethodField()
    collective_income_yuan = serializers.SerializerMethodField()

    class Meta:
        model = Village
        fields = ["id", "code", "name", "township", "version", "facts", "collective_income_yuan"]

    @extend_schema_field(dict[str, Any])
    def get_facts(self, village: Village) -> dict[str, Any]:
        held = getattr(village, "held_facts", [])
        return {
            str(fact._meta.model_name): {
                **fact.values(),
                "valid_from": fact.valid_from,
                "source": fact.source,
            }
            for fact in held
            if not isinstance(fact, CollectiveIncome)
        }

    @extend_schema_field(dict[str, str])
    def get_collective_income_yuan(self, village: Village) -> dict[str, Any]:
        held = getattr(village, "held_facts", [])
        return {
            str(fact.year): fact.income_yuan for fact in held if isinstance(fact, CollectiveIncome)
        }
