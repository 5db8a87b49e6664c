from typing import Any

from django.utils.translation import gettext as _
from rest_framework import serializers

from imports.enums import ImportKind, Outcome
from imports.models import ImportBatch
from imports.parsing.gate import LIMITS


class BatchSerializer(serializers.ModelSerializer[ImportBatch]):
    """A batch with its counts: rows below the header, which the five others add up to."""

    rows = serializers.IntegerField(source="row_count")
    created = serializers.IntegerField(source="created_count")
    updated = serializers.IntegerField(source="updated_count")
    unchanged = serializers.IntegerField(source="unchanged_count")
    rejected = serializers.IntegerField(source="rejected_count")
    ignored = serializers.IntegerField(source="ignored_count")
    uploaded_by = serializers.CharField(source="uploaded_by.username")
    area = serializers.CharField(source="area_id")

    class Meta:
        model = ImportBatch
        fields = (
            "id",
            "kind",
            "file_name",
            "sheet",
            "sha256",
            "area",
            "state",
            "header_row",
            "rows",
            "created",
            "updated",
            "unchanged",
            "rejected",
            "ignored",
            "told_on",
            "uploaded_by",
            "uploaded_at",
            "closed_at",
        )


class BatchDetailSerializer(BatchSerializer):
    """The batch with every reason for rejection; warnings and ignored rows stand apart."""

    errors = serializers.SerializerMethodField()  # type: ignore[assignment]
    warnings = serializers.SerializerMethodField()
    ignored_rows = serializers.SerializerMethodField()

    class Meta(BatchSerializer.Meta):
        fields = (*BatchSerializer.Meta.fields, "errors", "warnings", "ignored_rows")  # type: ignore[assignment]

    def get_errors(self, batch: ImportBatch) -> list[dict[str, Any]]:
        return self._told(batch, Outcome.REJECTED)

    def get_ignored_rows(self, batch: ImportBatch) -> list[dict[str, Any]]:
        return self._told(batch, Outcome.IGNORED)

    def get_warnings(self, batch: ImportBatch) -> list[dict[str, Any]]:
        rows = batch.rows.with_warnings().order_by("number").values_list("warnings", flat=True)
        return [*batch.notes, *(problem for problems in rows for problem in problems)]

    def _told(self, batch: ImportBatch, outcome: Outcome) -> list[dict[str, Any]]:
        rows = batch.rows.filter(outcome=outcome).order_by("number")
        return [p for problems in rows.values_list("errors", flat=True) for p in problems]


class UploadInput(serializers.Serializer[Any]):
    kind = serializers.ChoiceField(choices=ImportKind.choices)
    file = serializers.FileField(max_length=200)
    sheet = serializers.CharField(required=False, allow_blank=True, max_length=64, default="")

    def validate_file(self, file: Any) -> Any:
        if file.size > LIMITS.bytes:
            raise serializers.ValidationError(_("文件超过 20 MB，按乡镇拆成几个文件后再上传。"))
        return file
