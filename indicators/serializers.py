from typing import Any

from django.utils.translation import gettext as _
from rest_framework import serializers

from indicators.definitions import CATALOGUE
from indicators.enums import ProposalState, Verdict
from indicators.standard_values import Reading, UnknownStandard, indicators_reading, standard_of


class IndicatorSerializer(serializers.Serializer):
    """One definition of the catalogue."""

    id = serializers.CharField(source="code")
    code = serializers.CharField()
    name = serializers.CharField()
    subject = serializers.CharField()
    unit = serializers.CharField()
    line = serializers.CharField()
    description = serializers.CharField()
    document = serializers.CharField(source="clause.document")
    section = serializers.CharField(source="clause.section")


class ResultSerializer(serializers.Serializer):
    """Four integers of one area and indicator on a date."""

    id = serializers.CharField()
    on = serializers.DateField(allow_null=True)
    area = serializers.CharField()
    indicator = serializers.CharField()
    denominator = serializers.IntegerField()
    numerator = serializers.IntegerField()
    unknown = serializers.IntegerField()
    exempt = serializers.IntegerField()
    reported_only = serializers.IntegerField()
    value = serializers.DecimalField(max_digits=12, decimal_places=2, allow_null=True)
    status = serializers.ChoiceField(choices=Verdict.choices)


class TrendSerializer(ResultSerializer):
    """Four integers of one area and indicator at the end of a night, month or year."""

    id = None  # type: ignore[assignment]


class GapSerializer(serializers.Serializer):
    """One unit that fails, or whose facts do not suffice."""

    id = serializers.CharField()
    on = serializers.DateField(allow_null=True)
    village = serializers.CharField()
    indicator = serializers.CharField()
    subject = serializers.CharField()
    subject_id = serializers.IntegerField()
    household = serializers.IntegerField(allow_null=True)
    verdict = serializers.ChoiceField(choices=Verdict.choices)


class FigureQuery(serializers.Serializer):
    """`area=CODE&indicator=CODE&on=DATE`; area defaults to the user's own, on to the newest figures."""

    area = serializers.RegexField(r"^\d{12}$", required=False)
    indicator = serializers.CharField(required=False)
    on = serializers.DateField(required=False)
    verdict = serializers.ChoiceField(
        choices=[Verdict.NOT_MET, Verdict.INSUFFICIENT_DATA], required=False
    )

    def validate_indicator(self, code: str) -> Any:
        if code not in CATALOGUE:
            raise serializers.ValidationError(_("没有这个指标：%(code)s") % {"code": code})
        return code


class TrendQuery(serializers.Serializer):
    """`by=night|month|year`, by default nights; `known_at`: as it was known at a moment."""

    by = serializers.ChoiceField(choices=["night", "month", "year"], default="night")
    known_at = serializers.DateTimeField(required=False)


class StandardSerializer(serializers.Serializer):
    """One value of a standard: where and when it holds, what it rests on, and since when it is known."""

    id = serializers.IntegerField(source="pk")
    code = serializers.CharField()
    name = serializers.CharField()
    unit = serializers.CharField()
    direction = serializers.CharField()
    by_year = serializers.BooleanField()
    region = serializers.CharField()
    valid_from = serializers.DateField()
    valid_to = serializers.DateField(allow_null=True)
    value = serializers.CharField()
    document = serializers.CharField()
    section = serializers.CharField()
    note = serializers.CharField()
    proposal = serializers.IntegerField(source="proposal_id", allow_null=True)
    recorded_at = serializers.DateTimeField()
    superseded_at = serializers.DateTimeField(allow_null=True)
    indicators = serializers.SerializerMethodField()

    def get_indicators(self, row: Any) -> list[str]:
        return [definition.code for definition in indicators_reading(row.code)]


class StandardAsked(serializers.Serializer):
    """`code=&on=DATE&history=true`: values of one standard, on a day, or all that ever stood."""

    code = serializers.CharField(required=False)
    on = serializers.DateField(required=False)
    history = serializers.BooleanField(required=False, default=False)


class ProposalSerializer(serializers.Serializer):
    """A proposal of a value; written by who proposes it, decided by another person."""

    id = serializers.IntegerField(source="pk", read_only=True)
    code = serializers.CharField(max_length=64)
    region = serializers.RegexField(r"^(\d{2}|\d{4}|\d{6}|\d{9}|\d{12})$")
    valid_from = serializers.DateField()
    valid_to = serializers.DateField(allow_null=True, default=None)
    value = serializers.CharField(max_length=128)
    document = serializers.CharField(max_length=64, allow_blank=True, default="")
    new_title = serializers.CharField(max_length=128, allow_blank=True, default="")
    new_number = serializers.CharField(max_length=64, allow_blank=True, default="")
    new_note = serializers.CharField(max_length=200, allow_blank=True, default="")
    section = serializers.CharField(max_length=64)
    note = serializers.CharField(max_length=200, allow_blank=True, default="")
    reason = serializers.CharField(max_length=500)
    base_version = serializers.IntegerField(write_only=True)
    state = serializers.ChoiceField(choices=ProposalState.choices, read_only=True)
    version = serializers.IntegerField(read_only=True)
    proposed_by = serializers.CharField(read_only=True)
    proposed_at = serializers.DateTimeField(read_only=True)
    decided_by = serializers.CharField(read_only=True, allow_null=True)
    decided_at = serializers.DateTimeField(read_only=True, allow_null=True)
    decision_note = serializers.CharField(read_only=True)

    def validate_code(self, code: str) -> str:
        try:
            return standard_of(code).code
        except UnknownStandard as error:
            raise serializers.ValidationError(str(error)) from None

    def validate(self, said: dict[str, Any]) -> dict[str, Any]:
        if said["valid_to"] is not None and said["valid_to"] <= said["valid_from"]:
            raise serializers.ValidationError({"valid_to": [_("失效日期须晚于生效日期。")]})
        if not said["document"] and not said["new_title"]:
            raise serializers.ValidationError({"document": [_("请选依据文件或录入新文件。")]})
        return said

    def reading(self) -> Reading:
        said = dict(self.validated_data)
        del said["base_version"]
        return Reading(**said)


class DecisionInput(serializers.Serializer):
    base_version = serializers.IntegerField()
    note = serializers.CharField(max_length=500, allow_blank=True, default="")
