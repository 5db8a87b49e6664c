from typing import Any

from rest_framework import serializers

from tasks.models import Case, CaseEvent, Target, Task


class TargetSerializer(serializers.ModelSerializer[Target]):
    class Meta:
        model = Target
        fields = ("metric", "operator", "value", "unit", "scope", "indicator", "deadline")


class TaskSerializer(serializers.ModelSerializer[Task]):
    """One task of a campaign; `lead` and `support` hold codes and names of agencies."""

    campaign = serializers.CharField(source="campaign.code")
    parent: Any = serializers.CharField(source="parent.code", default=None)  # not DRF's attribute
    targets = TargetSerializer(many=True)
    lead = serializers.SerializerMethodField()
    support = serializers.SerializerMethodField()

    class Meta:
        model = Task
        fields = (
            "id",
            "campaign",
            "code",
            "parent",
            "title",
            "category",
            "is_leaf",
            "section",
            "indicators",
            "evidence",
            "lead",
            "support",
            "targets",
        )

    def get_lead(self, task: Task) -> list[dict[str, str]]:
        return self._agencies(task, "LEAD")

    def get_support(self, task: Task) -> list[dict[str, str]]:
        return self._agencies(task, "SUPPORT")

    def _agencies(self, task: Task, role: str) -> list[dict[str, str]]:
        parts = sorted(task.agencies.all(), key=lambda part: part.order)
        return [{"code": p.agency.code, "name": p.agency.name} for p in parts if p.role == role]


class CaseEventSerializer(serializers.ModelSerializer[CaseEvent]):
    by: Any = serializers.StringRelatedField()

    class Meta:
        model = CaseEvent
        fields = ("kind", "from_state", "to_state", "on", "at", "by", "note")


class CaseSerializer(serializers.ModelSerializer[Case]):
    """A case; codes are strings, `version` goes back as `base_version` with every act."""

    village_code = serializers.CharField(source="village_id")
    village: Any = serializers.StringRelatedField()
    township: Any = serializers.StringRelatedField()
    household = serializers.CharField(source="household.code", default=None)
    member = serializers.CharField(source="member.code", default=None)
    task = serializers.CharField(source="task.code", default=None)
    agencies: Any = serializers.SlugRelatedField(slug_field="name", many=True, read_only=True)

    class Meta:
        model = Case
        fields: tuple[str, ...] = (
            "id",
            "number",
            "indicator",
            "subject_kind",
            "subject_id",
            "village_code",
            "village",
            "township",
            "household",
            "member",
            "task",
            "agencies",
            "state",
            "opened_on",
            "due_on",
            "asked_due_on",
            "closed_on",
            "reopened_count",
            "version",
        )


class CaseDetailSerializer(CaseSerializer):
    """With what happened, and the acts that the caller may do now."""

    events = serializers.SerializerMethodField()
    acts = serializers.SerializerMethodField()

    class Meta(CaseSerializer.Meta):
        fields: tuple[str, ...] = (*CaseSerializer.Meta.fields, "events", "acts")

    def get_events(self, case: Case) -> list[dict[str, Any]]:
        rows = case.events.select_related("by").order_by("on", "pk")
        return list(CaseEventSerializer(rows, many=True).data)

    def get_acts(self, case: Case) -> list[str]:
        acts: list[str] = self.context.get("acts", lambda _case: [])(case)
        return acts


class ActInput(serializers.Serializer[Any]):
    """What every act takes; `due_on` only for assign and extension."""

    base_version = serializers.IntegerField()
    note = serializers.CharField(required=False, allow_blank=True, max_length=500)
    due_on = serializers.DateField(required=False)
