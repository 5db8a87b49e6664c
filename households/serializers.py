from typing import Any, ClassVar

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from core.fields import EncryptedTextField
from core.masking import mask_account, mask_phone
from households.dossier import Dossier, Person
from households.enums import DropoutState
from households.models import (
    HOUSEHOLD_THEMES,
    CheckRound,
    DropoutCase,
    Employment,
    Evidence,
    Household,
    HouseholdCheck,
    HouseholdFact,
    Insurance,
    Member,
    MemberProfile,
    MonitoringCase,
    Pension,
    Schooling,
    SocialAssistance,
    StatusProcess,
    StudentAid,
)
from households.permissions import pupil_name, sees_pupils, sees_risks

MEMBER_FACTS: dict[str, type[HouseholdFact]] = {
    "profile": MemberProfile,
    "schooling": Schooling,
    "insurance": Insurance,
    "employment": Employment,
    "pension": Pension,
    "assistance": SocialAssistance,
    "student_aid": StudentAid,
}


def fact_values(fact: Any) -> dict[str, Any]:
    """A fact's columns with personal numbers masked, its start and its source."""
    values = fact.values()
    for name, value in values.items():
        if value and isinstance(fact._meta.get_field(name), EncryptedTextField):
            values[name] = mask_account(value) if "account" in name else mask_phone(value)
    return values | {"valid_from": fact.valid_from, "source": fact.source}


class HouseholdSerializer(serializers.ModelSerializer):
    """A household in a list."""

    village = serializers.CharField(source="village_id")
    village_name = serializers.CharField(source="village.area.name")
    status = serializers.CharField(source="status_now", default=None)

    class Meta:
        model = Household
        fields = ["id", "code", "village", "village_name", "head_name", "status", "version"]


class MemberSerializer(serializers.ModelSerializer):
    """A person; the identity number is masked."""

    village = serializers.CharField(source="village_id")
    id_number = serializers.CharField(source="masked_id")

    class Meta:
        model = Member
        fields = [
            "id",
            "code",
            "household",
            "village",
            "name",
            "sex",
            "birth_date",
            "id_type",
            "id_number",
            "ethnic",
        ]


class HouseholdDetailSerializer(HouseholdSerializer):
    """A household with its members and facts as of the asked date."""

    on = serializers.SerializerMethodField()
    facts = serializers.SerializerMethodField()
    members = serializers.SerializerMethodField()

    class Meta(HouseholdSerializer.Meta):
        fields = [*HouseholdSerializer.Meta.fields, "on", "facts", "members"]

    @property
    def dossier(self) -> Dossier:
        return self.context["dossier"]

    @extend_schema_field(str)
    def get_on(self, _household: Household) -> str:
        return self.dossier.on.isoformat()

    @extend_schema_field(dict[str, Any])
    def get_facts(self, household: Household) -> dict[str, Any]:
        facts: dict[str, Any] = {}
        for theme in HOUSEHOLD_THEMES:
            name = str(theme._meta.model_name)
            if "year" in theme.SUBJECT:
                years = [key[1] for key in self.dossier.history[theme]]
                held = {str(year): self.dossier.current(theme, year) for year in sorted(years)}
                facts[name] = {year: fact_values(fact) for year, fact in held.items() if fact}
            elif fact := self.dossier.current(theme):
                facts[name] = fact_values(fact)
        return facts

    def member_facts(self, person: Person) -> dict[str, Any]:
        """Facts of one member; those of a year: of the year of the date, or the latest before."""
        found: dict[str, Any] = {}
        for name, theme in MEMBER_FACTS.items():
            keys = [key for key in self.dossier.history[theme] if key[0] == person.member.pk]
            held = [self.dossier.current(theme, *key) for key in sorted(keys)]
            if facts := [fact for fact in held if fact]:
                found[name] = fact_values(facts[-1])
        return found

    @extend_schema_field(OpenApiTypes.OBJECT)
    def get_members(self, household: Household) -> list[dict[str, Any]]:
        return [
            {
                **MemberSerializer(person.member).data,
                "relation": person.relation,
                "age": person.age,
                **self.member_facts(person),
            }
            for person in self.dossier.people
        ]


class CheckSerializer(serializers.ModelSerializer):
    """A check and what it changed; `changes` holds field, old and new."""

    village = serializers.CharField(source="village_id")
    author = serializers.CharField(source="author.display_name")

    class Meta:
        model = HouseholdCheck
        fields = [
            "id",
            "household",
            "village",
            "visited_on",
            "state",
            "author",
            "submitted_at",
            "changes",
            "note",
            "return_reason",
            "round",
            "follows",
        ]


class RoundSerializer(serializers.ModelSerializer):
    """A round of checks: where, for which statuses, from when until when."""

    area = serializers.CharField(source="area_id")
    villages = serializers.ListField(child=serializers.CharField())

    class Meta:
        model = CheckRound
        fields = [
            "id",
            "name",
            "area",
            "statuses",
            "villages",
            "sections",
            "opened_on",
            "due_on",
            "closed_at",
        ]


class ReturnInput(serializers.Serializer):
    """Why a check goes back."""

    reason = serializers.CharField(max_length=500)


class CheckInput(serializers.Serializer):
    """A visit. `answers` has the names of the form's fields, e.g. `{"housing-grade": "C"}`;
    several codes are joined by a comma, and reasons for unlikely answers go by the names that the
    refusal gives them. `unchanged` lists the sections (1 to 9) in which nothing else changed."""

    household = serializers.IntegerField()
    visited_on = serializers.CharField(max_length=20)
    base_version = serializers.IntegerField()
    answers = serializers.DictField(
        child=serializers.CharField(max_length=500, allow_blank=True), default=dict
    )
    unchanged = serializers.ListField(
        child=serializers.IntegerField(min_value=1, max_value=9), default=list
    )
    note = serializers.CharField(max_length=500, allow_blank=True, default="")
    confirmed = serializers.BooleanField(default=False)


class ProcessSerializer(serializers.ModelSerializer):
    """A change of status on its way; `step` is the one to be taken next, "" when none is left.
    `household` is null for a family that is not yet on the register."""

    village = serializers.CharField(source="village_id")

    class Meta:
        model = StatusProcess
        fields = [
            "id",
            "kind",
            "household",
            "village",
            "name",
            "from_status",
            "to_status",
            "state",
            "step",
            "opened_on",
            "changed_on",
            "notice_from",
            "notice_to",
            "closed_on",
        ]


class WatchedSerializer(serializers.ModelSerializer):
    """What cases of the two registers have in common; `CLOSE` are fields for who works with the
    family, null or empty for others."""

    village = serializers.CharField(source="village_code")
    overdue = serializers.BooleanField()
    CLOSE: ClassVar[tuple[str, ...]] = ()

    def sees_closely(self, user: Any) -> bool:
        return sees_risks(user)

    def to_representation(self, case: Any) -> dict[str, Any]:
        told: dict[str, Any] = super().to_representation(case)
        if not self.sees_closely(self.context["request"].user):
            told |= {name: [] if isinstance(told[name], list) else None for name in self.CLOSE}
        return told


class DropoutSerializer(WatchedSerializer):
    """A drop-out case; its state is that of today, when an exception that ran out stands open again."""

    household = serializers.IntegerField(source="member.household_id")
    pupil = serializers.SerializerMethodField()
    state = serializers.ChoiceField(source="state_now", choices=DropoutState.choices)
    CLOSE = ("reason", "exemption", "exempted_until")

    class Meta:
        model = DropoutCase
        fields = [
            "id",
            "household",
            "member",
            "pupil",
            "village",
            "state",
            "overdue",
            "source",
            "reason",
            "opened_on",
            "since_on",
            "due_on",
            "closed_on",
            "exemption",
            "exempted_until",
        ]

    def sees_closely(self, user: Any) -> bool:
        return sees_pupils(user)

    def get_pupil(self, case: DropoutCase) -> str:
        return pupil_name(self.context["request"].user, case.member.name)


class MonitoringSerializer(WatchedSerializer):
    """A monitoring case; `household` is null for a borderline household, `id_number` is masked."""

    name = serializers.CharField()
    id_number = serializers.CharField(source="id_mask")
    CLOSE = ("risks",)

    class Meta:
        model = MonitoringCase
        fields = [
            "id",
            "household",
            "name",
            "id_number",
            "village",
            "state",
            "overdue",
            "clue_kind",
            "monitor_type",
            "risks",
            "pace",
            "reported_on",
            "due_on",
            "monitored_on",
            "removed_on",
            "removed_way",
        ]


class EvidenceSerializer(serializers.ModelSerializer):
    """A paper of a household, or of a step of a status process; its bytes are at `file`."""

    village = serializers.CharField(source="village_code")
    uploaded_by = serializers.CharField(source="uploaded_by.display_name")
    file = serializers.HyperlinkedIdentityField(view_name="api-evidence-file")

    class Meta:
        model = Evidence
        fields = [
            "id",
            "household",
            "village",
            "member",
            "kind",
            "theme",
            "document_no",
            "document_date",
            "valid_until",
            "note",
            "file_name",
            "content_type",
            "size",
            "uploaded_by",
            "uploaded_at",
            "withdrawn_at",
            "withdrawn_reason",
            "visit",
            "process",
            "step",
            "file",
        ]


class EvidenceInput(serializers.Serializer):
    """What an upload sends; `files` may come several times."""

    household = serializers.IntegerField()
    files = serializers.FileField(max_length=300)
    kind = serializers.CharField(max_length=24)
    theme = serializers.CharField(max_length=32, required=False)
    member = serializers.IntegerField(required=False)
    document_no = serializers.CharField(max_length=64, required=False)
    document_date = serializers.CharField(max_length=20, required=False)
    valid_until = serializers.CharField(max_length=20, required=False)
    note = serializers.CharField(max_length=200, required=False)
