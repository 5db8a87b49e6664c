"""What is true of a member of a household: one fact table per theme."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.enums import Line
from core.facts import fact_constraints, fact_indexes
from core.fields import DigestField, EncryptedTextField
from households.codelists import CodeField
from households.enums import (
    ChangeReason,
    Education,
    Health,
    InsuranceExemption,
    LabourCapacity,
    Relation,
    SchoolExemption,
    StudentStatus,
)
from households.identity import phone_key
from households.models.household_themes import HouseholdFact
from households.models.identity import Member


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

    VALUES = (
        "political",
        "education",
        "health",
        "disease",
        "disability_type",
        "disability_grade",
        "disability_cert_year",
        "labour_capacity",
        "in_army",
        "mandarin",
        "phone",
    )
    LINE = Line.GENERAL

    political = CodeField(_("政治面貌"), list_key="political")
    education = models.CharField(
        _("文化程度"), max_length=16, choices=Education.choices, blank=True
    )
    health = ArrayField(
        models.CharField(max_length=16, choices=Health.choices),
        verbose_name=_("健康状况"),
        default=list,
        blank=True,
    )
    disease = models.CharField(_("患病名称"), max_length=64, blank=True)
    disability_type = CodeField(_("残疾类别"), list_key="disability_type")
    disability_grade = CodeField(_("残疾等级"), list_key="disability_grade")
    disability_cert_year = models.PositiveSmallIntegerField(
        _("残疾证办证年度"), null=True, blank=True
    )
    labour_capacity = models.CharField(
        _("劳动技能"), max_length=16, choices=LabourCapacity.choices, blank=True
    )
    in_army = models.BooleanField(_("是否现役军人"), null=True, blank=True)
    mandarin = models.BooleanField(_("是否会讲普通话"), null=True, blank=True)
    phone = EncryptedTextField(_("成员联系电话"), blank=True)
    phone_digest = DigestField(_("成员联系电话摘要"), of="phone", key=phone_key)

    class Meta:
        verbose_name = _("成员情况")
        verbose_name_plural = _("成员情况")
        constraints = fact_constraints("households_member_profile", "member_id")
        indexes = [
            *fact_indexes("households_mprofile", "member"),
            models.Index(fields=["household", "valid_from"], name="households_mprofile_house"),
            models.Index(
                fields=["phone_digest"],
                include=["household"],
                condition=models.Q(superseded_at=None, phone_digest__isnull=False),
                name="households_mprofile_phone",
            ),
        ]


class Schooling(MemberFact):
    """School attendance and the papers that excuse it."""

    VALUES = (
        "student_status",
        "school",
        "dropout_reason",
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
    school = models.CharField(_("就读学校"), max_length=64, blank=True)
    dropout_reason = CodeField(_("失学或辍学原因"), list_key="dropout_reason")
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
    VALUES = (
        "resident",
        "employee",
        "serious_illness",
        "commercial",
        "accident_subsidy",
        "medical_aid",
        "other_health_aid",
        "family_doctor",
        "exemption",
    )
    LINE = Line.HEALTH

    year = models.PositiveSmallIntegerField(_("参保年度"))
    resident = models.BooleanField(_("是否参加城乡居民基本医疗保险"), null=True, blank=True)
    employee = models.BooleanField(_("是否参加城镇职工基本医疗保险"), null=True, blank=True)
    serious_illness = models.BooleanField(_("是否参加大病保险"), null=True, blank=True)
    commercial = models.BooleanField(_("是否参加商业补充医疗保险"), null=True, blank=True)
    accident_subsidy = models.BooleanField(_("是否享受人身意外保险补贴"), null=True, blank=True)
    medical_aid = models.BooleanField(_("是否接受医疗救助"), null=True, blank=True)
    other_health_aid = models.BooleanField(_("是否接受其他健康扶贫"), null=True, blank=True)
    family_doctor = models.BooleanField(_("是否签约家庭医生"), null=True, blank=True)
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


class Employment(MemberFact):
    """Work away from the farm, and posts paid by the public."""

    VALUES = (
        "work_area",
        "work_place",
        "work_months",
        "employer",
        "works_abroad",
        "channel",
        "public_post",
        "post_months",
        "training_wanted",
        "trained_on",
    )
    LINE = Line.EMPLOYMENT

    work_area = CodeField(_("务工区域"), list_key="work_area")
    work_place = models.CharField(_("务工所在地"), max_length=64, blank=True)
    work_months = models.PositiveSmallIntegerField(_("务工时间（月）"), null=True, blank=True)
    employer = models.CharField(_("务工企业名称"), max_length=64, blank=True)
    works_abroad = models.BooleanField(_("是否国外务工"), null=True, blank=True)
    channel = CodeField(_("就业渠道"), list_key="job_channel")
    public_post = CodeField(_("公益性岗位类型"), list_key="public_post")
    post_months = models.PositiveSmallIntegerField(_("公益性岗位（月数）"), null=True, blank=True)
    training_wanted = models.BooleanField(_("是否愿意参加培训"), null=True, blank=True)
    trained_on = models.DateField(_("最近培训日期"), null=True, blank=True)

    class Meta:
        verbose_name = _("务工就业")
        verbose_name_plural = _("务工就业")
        constraints = fact_constraints("households_employment", "member_id")
        indexes = [
            *fact_indexes("households_employment", "member"),
            models.Index(fields=["household", "valid_from"], name="households_employment_house"),
        ]


class Pension(MemberFact):
    """Whether the member is in a basic pension, and is paid one."""

    VALUES = (
        "resident",
        "employee",
        "receiving",
        "paid_by_government",
    )
    LINE = Line.SOCIAL

    resident = models.BooleanField(_("是否参加城乡居民基本养老保险"), null=True, blank=True)
    employee = models.BooleanField(_("是否参加城镇职工基本养老保险"), null=True, blank=True)
    receiving = models.BooleanField(_("是否领取养老金"), null=True, blank=True)
    paid_by_government = models.BooleanField(_("是否由政府代缴"), null=True, blank=True)

    class Meta:
        verbose_name = _("养老保险")
        verbose_name_plural = _("养老保险")
        constraints = fact_constraints("households_pension", "member_id")
        indexes = [
            *fact_indexes("households_pension", "member"),
            models.Index(fields=["household", "valid_from"], name="households_pension_house"),
        ]


class SocialAssistance(MemberFact):
    """Subsistence allowance, support of the destitute, and the two disability subsidies."""

    VALUES = (
        "dibao",
        "dibao_class",
        "tekun",
        "living_subsidy",
        "care_subsidy",
    )
    LINE = Line.SOCIAL

    dibao = models.BooleanField(_("是否享受低保"), null=True, blank=True)
    dibao_class = CodeField(_("低保类别"), list_key="dibao_class")
    tekun = models.BooleanField(_("是否特困供养人员"), null=True, blank=True)
    living_subsidy = models.BooleanField(_("是否享受困难残疾人生活补贴"), null=True, blank=True)
    care_subsidy = models.BooleanField(_("是否享受重度残疾人护理补贴"), null=True, blank=True)

    class Meta:
        verbose_name = _("社会救助")
        verbose_name_plural = _("社会救助")
        constraints = fact_constraints("households_assistance", "member_id")
        indexes = [
            *fact_indexes("households_assistance", "member"),
            models.Index(fields=["household", "valid_from"], name="households_assistance_house"),
        ]


class StudentAid(MemberFact):
    """Aid a pupil was due and was paid in one school year (named by its first calendar year)."""

    SUBJECT = ("member_id", "year")
    VALUES = (
        "entitled",
        "paid",
        "amount_yuan",
    )
    LINE = Line.EDUCATION

    year = models.PositiveSmallIntegerField(_("学年"))
    entitled = models.BooleanField(_("是否应享受资助"), null=True, blank=True)
    paid = models.BooleanField(_("资助是否发放"), null=True, blank=True)
    amount_yuan = models.DecimalField(
        _("资助金额（元）"), max_digits=10, decimal_places=2, null=True, blank=True
    )

    class Meta:
        verbose_name = _("教育资助")
        verbose_name_plural = _("教育资助")
        constraints = fact_constraints("households_student_aid", "member_id", "year")
        indexes = [
            *fact_indexes("households_student_aid", "member", "year"),
            models.Index(fields=["household", "valid_from"], name="households_student_aid_house"),
        ]


MEMBER_THEMES: tuple[type[MemberFact], ...] = (
    Membership,
    MemberProfile,
    Schooling,
    Insurance,
    Employment,
    Pension,
    SocialAssistance,
    StudentAid,
)
