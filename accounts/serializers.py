from rest_framework import serializers

from accounts.models import Area


class AreaSerializer(serializers.ModelSerializer):
    """An area; codes are text, as everywhere outside the database."""

    id = serializers.CharField(source="code")
    code = serializers.CharField()
    parent = serializers.CharField(source="parent_id", allow_null=True)  # type: ignore[assignment]

    class Meta:
        model = Area
        fields = ["id", "code", "name", "short_name", "level", "parent", "valid_to"]


class TokenInput(serializers.Serializer):
    username = serializers.CharField(max_length=150)
    password = serializers.CharField(
        max_length=128, trim_whitespace=False, style={"input_type": "password"}
    )


class TokenSerializer(serializers.Serializer):
    token = serializers.CharField()
    expiry = serializers.DateTimeField()
