from typing import Any

from django.utils.translation import gettext as _
from rest_framework import serializers

from indicators.definitions import CATALOGUE
from indicators.enums import Verdict


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
