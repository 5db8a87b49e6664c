"""Registered households and their members: identity here, everything that can change in facts.

Identity never changes its key: a correction of a name is an audited edit; what is true of a
household, status, residence and membership included, is a two-time fact version.
"""

from typing import Any

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from accounts.enums import Line
from accounts.models import Area
from core.facts import fact_constraints, fact_indexes
from core.fields import EncryptedTextField
from core.masking import mask_id_number
from households.enums import (
    REGISTERED_POLICY,
    Cause,
    ChangeReason,
    CheckState,
    DwellingSolution,
    Education,
    Health,
    HouseGrade,
    HouseholdKind,
    IdentifyStandard,
    IdType,
    InsuranceExemption,
    LabourCapacity,
    PowerSource,
    Relation,
    SchoolExemption,
    Sex,
    Status,
    StudentStatus,
    WaterMode,
    WaterQuality,
)
from households.querysets import (
    CheckQuerySet,
    HouseholdFactQuerySet,
    HouseholdQuerySet,
    MemberQuerySet,
    RoundQuerySet,
)
from villages.models import LocalFact, Village


def registered_policy() -> list[str]:
    """The usual scope of a round."""
    return [status.value for status in REGISTERED_POLICY]


class Household(models.Model):
    """One registered household. `village` and `head_name` are caches of what holds today."""

    code = models.CharField(_("户编号"), max_length=32, unique=True)
    village = models.ForeignKey(
        Village, models.PROTECT, related_name="households", verbose_name=_("嘎查村")
    )
    head_name = models.CharField(_("户主姓名"), max_length=64, blank=True)
    version = models.PositiveIntegerField(_("版本"), default=1)

    objects = HouseholdQuerySet.as_manager()

    class Meta:
        verbose_name = _("建档立卡户")
        verbose_name_plural = _("建档立卡户")
        indexes = [
            models.Index(fields=["village", "code"], name="households_village_code"),
            models.Index(
                fields=["head_name"], name="households_head", opclasses=["varchar_pattern_ops"]
            ),
        ]

    def __str__(self) -> str:
        return f"{self.head_name or self.code}"

    def get_absolute_url(self) -> str:
        return reverse("households:household_detail", args=[self.pk])

    @classmethod
    def status_model(cls) -> Any:
        return HouseholdStatus

    @classmethod
    def member_model(cls) -> Any:
        return Member


class Member(models.Model):
    """One person. `household` and `village` are caches of the membership that holds today."""

    code = models.CharField(_("人编号"), max_length=32, unique=True)
    household = models.ForeignKey(
        Household, models.PROTECT, related_name="members", verbose_name=_("户")
    )
    village = models.ForeignKey(
        Village, models.PROTECT, related_name="+", db_index=False, verbose_name=_("嘎查村")
    )
    name = models.CharField(_("姓名"), max_length=64)
    sex = models.CharField(_("性别"), max_length=8, choices=Sex.choices, blank=True)
    birth_date = models.DateField(_("出生日期"), null=True, blank=True)
    id_type = models.CharField(
        _("证件类型"), max_length=16, choices=IdType.choices, default=IdType.CITIZEN
    )
    id_number = EncryptedTextField(_("证件号码"), blank=True)
    id_hash = models.BinaryField(_("证件号码摘要"), max_length=16, blank=True, default=b"")
    id_mask = models.CharField(_("证件号码（掩码）"), max_length=24, blank=True)
    ethnic = models.CharField(_("民族"), max_length=16, blank=True)

    objects = MemberQuerySet.as_manager()

    class Meta:
        verbose_name = _("家庭成员")
        verbose_name_plural = _("家庭成员")
        constraints = [
            models.UniqueConstraint(
                fields=["id_hash"],
                condition=~models.Q(id_hash=b""),
                name="households_member_one_person",
            ),
        ]
        indexes = [
            models.Index(fields=["village", "household"], name="households_member_village"),
            models.Index(
                fields=["name"],
                name="households_member_named",
                opclasses=["varchar_pattern_ops"],
                include=["household"],
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @classmethod
    def membership_model(cls) -> Any:
        return Membership

    @property
    def masked_id(self) -> str:
        return self.id_mask or (mask_id_number(self.id_number) if self.id_number else "")


class Pairing(models.Model):
    """A helper (帮扶责任人) paired with a household for a time."""

    household = models.ForeignKey(
        Household, models.PROTECT, related_name="pairings", verbose_name=_("户")
    )
    helper = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        related_name="pairings",
        verbose_name=_("帮扶责任人"),
    )
    valid_from = models.DateField(_("开始日期"))
    valid_to = models.DateField(_("结束日期"), null=True, blank=True)

    class Meta:
        verbose_name = _("结对帮扶")
        verbose_name_plural = _("结对帮扶")

    def __str__(self) -> str:
        return f"{self.helper} {self.household}"


class HouseholdFact(LocalFact):
    """A fact version about one household."""

    SUBJECT = ("household_id",)

    household = models.ForeignKey(
        Household, models.PROTECT, related_name="+", db_index=False, verbose_name=_("户")
    )

    objects = HouseholdFactQuerySet.as_manager()

    class Meta:
        abstract = True


class Residence(HouseholdFact):
    """Where the household is registered to live: the village of the row."""

    VALUES = ("hamlet", "away_all_year", "has_registered_dwelling")
    LINE = Line.GENERAL

    hamlet = models.CharField(_("自然村（村民小组）"), max_length=64, blank=True)
    away_all_year = models.BooleanField(_("是否全年外出"), null=True, blank=True)
    has_registered_dwelling = models.BooleanField(_("户籍地有无住房"), null=True, blank=True)

    class Meta:
        verbose_name = _("居住")
        verbose_name_plural = _("居住")
        constraints = fact_constraints("households_residence", "household_id")
        indexes = fact_indexes("households_residence", "household")


class HouseholdStatus(HouseholdFact):
    """Whether the household is poor, lifted, returned or gone."""

    VALUES = ("status", "exit_year", "return_year")
    LINE = Line.GENERAL

    status = models.CharField(_("脱贫状态"), max_length=20, choices=Status.choices, blank=True)
    exit_year = models.PositiveSmallIntegerField(_("脱贫年度"), null=True, blank=True)
    return_year = models.PositiveSmallIntegerField(_("返贫年度"), null=True, blank=True)

    class Meta:
        verbose_name = _("脱贫状态")
        verbose_name_plural = _("脱贫状态")
        constraints = fact_constraints("households_status", "household_id")
        indexes = [
            *fact_indexes("households_status", "household"),
            models.Index(
                fields=["status", "household"],
                condition=models.Q(superseded_at=None),
                name="households_status_standing",
            ),
        ]


class HouseholdProfile(HouseholdFact):
    """Why the household was registered, and how to reach it."""

    VALUES = (
        "identify_standard",
        "kind",
        "cause_main",
        "cause_other",
        "first_identified",
        "phone",
        "bank_name",
        "bank_account",
    )
    LINE = Line.GENERAL

    identify_standard = models.CharField(
        _("识别标准"), max_length=16, choices=IdentifyStandard.choices, blank=True
    )
    kind = models.CharField(
        _("贫困户属性"), max_length=16, choices=HouseholdKind.choices, blank=True
    )
    cause_main = models.CharField(
        _("主要致贫原因"), max_length=16, choices=Cause.choices, blank=True
    )
    cause_other = ArrayField(
        models.CharField(max_length=16, choices=Cause.choices),
        verbose_name=_("其他致贫原因"),
        default=list,
        blank=True,
    )
    first_identified = models.CharField(_("首次识别时间"), max_length=10, blank=True)
    phone = EncryptedTextField(_("户联系电话"), blank=True)
    bank_name = models.CharField(_("开户银行"), max_length=64, blank=True)
    bank_account = EncryptedTextField(_("银行卡号"), blank=True)

    class Meta:
        verbose_name = _("基本情况")
        verbose_name_plural = _("基本情况")
        constraints = fact_constraints("households_profile", "household_id")
        indexes = [
            *fact_indexes("households_profile", "household"),
            models.Index(
                fields=["cause_main", "household"],
                condition=models.Q(superseded_at=None),
                name="households_profile_cause",
            ),
        ]


class FoodClothing(HouseholdFact):
    """The two no-worries, as the last check found them."""

    VALUES = ("enough_food", "enough_clothing")
    LINE = Line.GENERAL

    enough_food = models.BooleanField(_("是否不愁吃"), null=True, blank=True)
    enough_clothing = models.BooleanField(_("是否不愁穿"), null=True, blank=True)

    class Meta:
        verbose_name = _("不愁吃不愁穿")
        verbose_name_plural = _("不愁吃不愁穿")
        constraints = fact_constraints("households_food", "household_id")
        indexes = fact_indexes("households_food", "household")


class Housing(HouseholdFact):
    """The dwelling: its appraisal, and what was done about a dangerous one."""

    VALUES = (
        "grade",
        "certificate_no",
        "appraised_on",
        "dangerous_reported",
        "solution",
        "accepted_on",
        "key_delivered_on",
        "moved_in_on",
        "safe_dwelling_proof",
        "area_m2",
    )
    LINE = Line.HOUSING

    grade = models.CharField(
        _("住房鉴定等级"), max_length=1, choices=HouseGrade.choices, blank=True
    )
    certificate_no = models.CharField(_("鉴定书编号"), max_length=64, blank=True)
    appraised_on = models.DateField(_("鉴定日期"), null=True, blank=True)
    dangerous_reported = models.BooleanField(_("是否危房户（填报）"), null=True, blank=True)
    solution = models.CharField(
        _("解决方式"), max_length=32, choices=DwellingSolution.choices, blank=True
    )
    accepted_on = models.DateField(_("竣工验收日期"), null=True, blank=True)
    key_delivered_on = models.DateField(_("交钥匙日期"), null=True, blank=True)
    moved_in_on = models.DateField(_("入住日期"), null=True, blank=True)
    safe_dwelling_proof = models.CharField(_("安全住处证明"), max_length=128, blank=True)
    area_m2 = models.DecimalField(
        _("住房面积（㎡）"), max_digits=8, decimal_places=2, null=True, blank=True
    )

    class Meta:
        verbose_name = _("住房安全")
        verbose_name_plural = _("住房安全")
        constraints = fact_constraints("households_housing", "household_id")
        indexes = fact_indexes("households_housing", "household")


class Water(HouseholdFact):
    """Drinking water in its four parts, and the answer reported without them."""

    VALUES = (
        "mode",
        "litres_per_person_day",
        "quality",
        "fetch_minutes",
        "distance_metres",
        "height_metres",
        "short_days_per_year",
        "certificate_no",
        "safe_reported",
    )
    LINE = Line.WATER

    mode = models.CharField(_("供水方式"), max_length=16, choices=WaterMode.choices, blank=True)
    litres_per_person_day = models.DecimalField(
        _("每人每天水量（升）"), max_digits=7, decimal_places=1, null=True, blank=True
    )
    quality = models.CharField(_("水质"), max_length=16, choices=WaterQuality.choices, blank=True)
    fetch_minutes = models.PositiveSmallIntegerField(
        _("往返取水时间（分钟）"), null=True, blank=True
    )
    distance_metres = models.PositiveIntegerField(_("取水水平距离（米）"), null=True, blank=True)
    height_metres = models.PositiveIntegerField(_("取水垂直高差（米）"), null=True, blank=True)
    short_days_per_year = models.PositiveSmallIntegerField(
        _("一年缺水天数（天）"), null=True, blank=True
    )
    certificate_no = models.CharField(_("验收鉴定书编号"), max_length=64, blank=True)
    safe_reported = models.BooleanField(_("是否解决安全饮用水（填报）"), null=True, blank=True)

    class Meta:
        verbose_name = _("饮水安全")
        verbose_name_plural = _("饮水安全")
        constraints = fact_constraints("households_water", "household_id")
        indexes = fact_indexes("households_water", "household")


class HouseholdPower(HouseholdFact):
    """Electricity for living."""

    VALUES = ("source_kind", "is_stable", "connected_reported")
    LINE = Line.POWER

    source_kind = models.CharField(
        _("供电方式"), max_length=16, choices=PowerSource.choices, blank=True
    )
    is_stable = models.BooleanField(_("供电是否稳定"), null=True, blank=True)
    connected_reported = models.BooleanField(_("是否通生活用电（填报）"), null=True, blank=True)

    class Meta:
        verbose_name = _("生活用电")
        verbose_name_plural = _("生活用电")
        constraints = fact_constraints("households_power", "household_id")
        indexes = fact_indexes("households_power", "household")


class IncomeYear(HouseholdFact):
    """The household's income of one accounting year, in yuan."""

    SUBJECT = ("household_id", "year")
    VALUES = (
        "wage_yuan",
        "operating_yuan",
        "property_yuan",
        "transfer_yuan",
        "operating_expense_yuan",
        "persons_in_year",
        "net_per_person_reported_yuan",
    )
    LINE = Line.INCOME

    year = models.PositiveSmallIntegerField(_("年度"))
    wage_yuan = models.DecimalField(
        _("工资性收入（元）"), max_digits=12, decimal_places=2, null=True, blank=True
    )
    operating_yuan = models.DecimalField(
        _("生产经营性收入（元）"), max_digits=12, decimal_places=2, null=True, blank=True
    )
    property_yuan = models.DecimalField(
        _("财产性收入（元）"), max_digits=12, decimal_places=2, null=True, blank=True
    )
    transfer_yuan = models.DecimalField(
        _("转移性收入（元）"), max_digits=12, decimal_places=2, null=True, blank=True
    )
    operating_expense_yuan = models.DecimalField(
        _("生产经营性支出（元）"), max_digits=12, decimal_places=2, null=True, blank=True
    )
    persons_in_year = models.PositiveSmallIntegerField(_("年度家庭人口数"), null=True, blank=True)
    net_per_person_reported_yuan = models.DecimalField(
        _("人均纯收入（填报，元）"), max_digits=12, decimal_places=2, null=True, blank=True
    )

    class Meta:
        verbose_name = _("年度收入")
        verbose_name_plural = _("年度收入")
        constraints = [
            *fact_constraints("households_income", "household_id", "year"),
            models.CheckConstraint(
                condition=models.Q(persons_in_year=None) | models.Q(persons_in_year__gte=1),
                name="households_income_persons",
            ),
        ]
        indexes = fact_indexes("households_income", "household", "year")


class MemberFact(HouseholdFact):
    """A fact version about one member; carries the household for scope and grouping."""

    SUBJECT = ("member_id",)

    member = models.ForeignKey(
        Member, models.PROTECT, related_name="+", db_index=False, verbose_name=_("成员")
    )

    class Meta:
        abstract = True


class Membership(MemberFact):
    """That a person belongs to a household, in which relation to its head."""

    VALUES = ("relation", "joined_reason", "left_reason", "is_member")
    LINE = Line.GENERAL

    is_member = models.BooleanField(_("是否在户"), default=True)
    relation = models.CharField(
        _("与户主关系"), max_length=24, choices=Relation.choices, blank=True
    )
    joined_reason = models.CharField(
        _("增加原因"), max_length=16, choices=ChangeReason.choices, blank=True
    )
    left_reason = models.CharField(
        _("减少原因"), max_length=16, choices=ChangeReason.choices, blank=True
    )

    class Meta:
        verbose_name = _("户内成员")
        verbose_name_plural = _("户内成员")
        constraints = fact_constraints("households_membership", "member_id")
        indexes = [
            *fact_indexes("households_membership", "member"),
            models.Index(fields=["household", "valid_from"], name="households_membership_house"),
        ]


class MemberProfile(MemberFact):
    """Schooling reached, health and capacity for work."""

    VALUES = ("education", "health", "labour_capacity", "work_months", "phone")
    LINE = Line.GENERAL

    education = models.CharField(
        _("文化程度"), max_length=16, choices=Education.choices, blank=True
    )
    health = ArrayField(
        models.CharField(max_length=16, choices=Health.choices),
        verbose_name=_("健康状况"),
        default=list,
        blank=True,
    )
    labour_capacity = models.CharField(
        _("劳动技能"), max_length=16, choices=LabourCapacity.choices, blank=True
    )
    work_months = models.PositiveSmallIntegerField(_("务工时间（月）"), null=True, blank=True)
    phone = EncryptedTextField(_("成员联系电话"), blank=True)

    class Meta:
        verbose_name = _("成员情况")
        verbose_name_plural = _("成员情况")
        constraints = fact_constraints("households_member_profile", "member_id")
        indexes = [
            *fact_indexes("households_mprofile", "member"),
            models.Index(fields=["household", "valid_from"], name="households_mprofile_house"),
        ]


class Schooling(MemberFact):
    """School attendance and the papers that excuse it."""

    VALUES = (
        "student_status",
        "home_taught_on",
        "exemption",
        "exemption_document",
        "exemption_authority",
        "exemption_valid_until",
    )
    LINE = Line.EDUCATION

    student_status = models.CharField(
        _("在校生状况"), max_length=16, choices=StudentStatus.choices, blank=True
    )
    home_taught_on = models.DateField(_("最近送教日期"), null=True, blank=True)
    exemption = models.CharField(
        _("不入学原因"), max_length=24, choices=SchoolExemption.choices, blank=True
    )
    exemption_document = models.CharField(_("批准文件"), max_length=128, blank=True)
    exemption_authority = models.CharField(_("批准单位"), max_length=64, blank=True)
    exemption_valid_until = models.DateField(_("批准有效期至"), null=True, blank=True)

    class Meta:
        verbose_name = _("义务教育")
        verbose_name_plural = _("义务教育")
        constraints = fact_constraints("households_schooling", "member_id")
        indexes = [
            *fact_indexes("households_schooling", "member"),
            models.Index(fields=["household", "valid_from"], name="households_schooling_house"),
        ]


class Insurance(MemberFact):
    """Basic medical insurance of one insurance year, or why the person has none."""

    SUBJECT = ("member_id", "year")
    VALUES = ("resident", "employee", "serious_illness", "exemption")
    LINE = Line.HEALTH

    year = models.PositiveSmallIntegerField(_("参保年度"))
    resident = models.BooleanField(_("是否参加城乡居民基本医疗保险"), null=True, blank=True)
    employee = models.BooleanField(_("是否参加城镇职工基本医疗保险"), null=True, blank=True)
    serious_illness = models.BooleanField(_("是否参加大病保险"), null=True, blank=True)
    exemption = models.CharField(
        _("免参保原因"), max_length=16, choices=InsuranceExemption.choices, blank=True
    )

    class Meta:
        verbose_name = _("基本医保")
        verbose_name_plural = _("基本医保")
        constraints = fact_constraints("households_insurance", "member_id", "year")
        indexes = [
            *fact_indexes("households_insurance", "member", "year"),
            models.Index(fields=["household", "valid_from"], name="households_insurance_house"),
        ]


HOUSEHOLD_THEMES: tuple[type[HouseholdFact], ...] = (
    Residence,
    HouseholdStatus,
    HouseholdProfile,
    FoodClothing,
    Housing,
    Water,
    HouseholdPower,
    IncomeYear,
)
MEMBER_THEMES: tuple[type[MemberFact], ...] = (Membership, MemberProfile, Schooling, Insurance)


class CheckRound(models.Model):
    """A campaign of visits: every household of an area that had one of `statuses` when it opened.

    Which households it asks for and which are done is computed, see `households.rounds`.
    """

    name = models.CharField(_("名称"), max_length=64)
    area = models.ForeignKey(Area, models.PROTECT, related_name="+", verbose_name=_("区划"))
    statuses = ArrayField(
        models.CharField(max_length=20, choices=Status.choices),
        verbose_name=_("核查范围"),
        default=registered_policy,
    )
    opened_on = models.DateField(_("开始日期"))
    due_on = models.DateField(_("截止日期"))
    opened_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        related_name="+",
        verbose_name=_("开启人"),
    )
    closed_at = models.DateTimeField(_("结束时间"), null=True, blank=True)
    closed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("结束人"),
    )

    objects = RoundQuerySet.as_manager()

    class Meta:
        verbose_name = _("核查轮次")
        verbose_name_plural = _("核查轮次")
        constraints = [
            models.CheckConstraint(
                condition=models.Q(due_on__gte=models.F("opened_on")),
                name="households_round_due_after_start",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("households:round_detail", args=[self.pk])

    @property
    def is_open(self) -> bool:
        return self.closed_at is None


class HouseholdCheck(models.Model):
    """One visit to a household. It counts from its submission, valid from the day of the visit."""

    household = models.ForeignKey(
        Household, models.PROTECT, related_name="checks", verbose_name=_("户")
    )
    village = models.ForeignKey(Village, models.PROTECT, related_name="+", verbose_name=_("嘎查村"))
    visited_on = models.DateField(_("入户日期"))
    state = models.CharField(
        _("状态"), max_length=16, choices=CheckState.choices, default=CheckState.DRAFT
    )
    answers = EncryptedTextField(_("填写内容"), blank=True)
    changes = models.JSONField(_("变化"), default=list, blank=True)
    base_version = models.PositiveIntegerField(_("依据版本"), default=1)
    note = models.CharField(_("备注"), max_length=500, blank=True)
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("核查人")
    )
    saved_at = models.DateTimeField(_("保存时间"))
    submitted_at = models.DateTimeField(_("提交时间"), null=True, blank=True)
    return_reason = models.CharField(_("退回原因"), max_length=500, blank=True)
    returned_at = models.DateTimeField(_("退回时间"), null=True, blank=True)
    returned_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("退回人"),
    )
    accepted_at = models.DateTimeField(_("通过时间"), null=True, blank=True)
    accepted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("审核人"),
    )
    round = models.ForeignKey(
        CheckRound,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="checks",
        verbose_name=_("核查轮次"),
    )
    follows = models.ForeignKey(
        "self",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="successors",
        verbose_name=_("退回前的核查"),
    )

    objects = CheckQuerySet.as_manager()

    class Meta:
        verbose_name = _("入户核查")
        verbose_name_plural = _("入户核查")
        constraints = [
            models.UniqueConstraint(
                fields=["household", "author"],
                condition=models.Q(state="DRAFT"),
                name="households_check_one_draft",
            ),
            models.CheckConstraint(
                condition=models.Q(state="DRAFT", submitted_at=None)
                | models.Q(~models.Q(state="DRAFT"), submitted_at__isnull=False),
                name="households_check_submitted_pair",
            ),
        ]
        indexes = [
            models.Index(fields=["village", "-submitted_at"], name="households_check_village"),
            models.Index(
                fields=["village", "-submitted_at"],
                condition=models.Q(state="SUBMITTED"),
                name="households_check_waiting",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.household} {self.visited_on}"

    def get_absolute_url(self) -> str:
        return reverse("households:check_detail", args=[self.pk])
