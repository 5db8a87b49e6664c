from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from reports.enums import Answer, ObligationState
from reports.models import Filing, Obligation
from reports.services import FilingInput


class FilingSerializer(serializers.ModelSerializer):
    """One version of a report, as handed in."""

    obligation: Any = serializers.PrimaryKeyRelatedField(read_only=True)
    author = serializers.CharField(source="author.display_name", read_only=True)

    class Meta:
        model = Filing
        fields = (
            "id",
            "obligation",
            "version",
            "state",
            "revision",
            "lines",
            "cases",
            "progress",
            "problems",
            "next_steps",
            "is_nil",
            "signed_by",
            "author",
            "base",
            "saved_at",
            "submitted_at",
            "receipt",
        )
        read_only_fields = fields


class ObligationSerializer(serializers.ModelSerializer):
    """What one agency owes for one month, and where it stands."""

    campaign = serializers.CharField(source="campaign.code", read_only=True)
    agency = serializers.CharField(source="agency.code", read_only=True)
    agency_name = serializers.CharField(source="agency.name", read_only=True)
    standing = serializers.SerializerMethodField()
    first_submitted_at = serializers.DateTimeField(read_only=True)
    receipt = serializers.CharField(read_only=True, allow_null=True)
    versions = serializers.IntegerField(source="submitted_count", read_only=True)

    class Meta:
        model = Obligation
        fields = (
            "id",
            "campaign",
            "agency",
            "agency_name",
            "month",
            "due_at",
            "standing",
            "first_submitted_at",
            "receipt",
            "versions",
        )
        read_only_fields = fields

    @extend_schema_field(serializers.ChoiceField(choices=ObligationState.choices))
    def get_standing(self, obligation: Obligation) -> str:
        return obligation.state(self.context["moment"]).value


class DraftSerializer(serializers.Serializer):
    """The agency's draft, or what a first one would hold (`id` null, `revision` 0)."""

    id = serializers.IntegerField(source="pk", allow_null=True)
    version = serializers.IntegerField()
    revision = serializers.IntegerField()
    mark = serializers.CharField()
    lines = serializers.JSONField()
    cases = serializers.JSONField()
    progress = serializers.CharField()
    problems = serializers.CharField()
    next_steps = serializers.CharField()
    is_nil = serializers.BooleanField()
    signed_by = serializers.CharField()


class AnswerInput(serializers.Serializer):
    key = serializers.CharField(max_length=64)
    answer = serializers.ChoiceField(choices=Answer.choices)
    own = serializers.IntegerField(min_value=0, max_value=10**9, required=False, allow_null=True)
    explanation = serializers.CharField(max_length=500, required=False, allow_blank=True)


class FilingContentInput(serializers.Serializer):
    """What a person fills in. `base_version` is the draft's `revision` it was filled in on."""

    base_version = serializers.IntegerField(min_value=0)
    mark = serializers.CharField(max_length=32, required=False, allow_blank=True, default="")
    answers = AnswerInput(many=True, required=False, default=list)
    progress = serializers.CharField(max_length=5000, required=False, allow_blank=True, default="")
    problems = serializers.CharField(max_length=5000, required=False, allow_blank=True, default="")
    next_steps = serializers.CharField(
        max_length=5000, required=False, allow_blank=True, default=""
    )
    signed_by = serializers.CharField(max_length=32, required=False, allow_blank=True, default="")
    is_nil = serializers.BooleanField(required=False, default=False)

    @property
    def content(self) -> FilingInput:
        data: dict[str, Any] = dict(self.validated_data)
        answers = {each["key"]: each for each in data["answers"]}
        names = ("progress", "problems", "next_steps", "signed_by", "is_nil")
        return FilingInput(answers=answers, **{name: data[name] for name in names})
