"""What is true of a household: one fact table per theme."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.enums import Line
from core.facts import fact_constraints, fact_indexes
from core.fields import DigestField, EncryptedTextField
from households.codelists import CodeField
from households.enums import (
    Cause,
    DwellingSolution,
    HouseGrade,
    HouseholdKind,
    IdentifyStandard,
    MonitorType,
    PowerSource,
    RemovedWay,
    ReturnReason,
    Risk,
    Status,
    WaterMode,
    WaterQuality,
)
from households.identity import phone_key
from households.models.identity import Household
from households.querysets import HouseholdFactQuerySet
from villages.models import LocalFact


def held_indexes(label: str, *values: str) -> list[models.Index]:
    """For `HouseholdFactQuerySet.held`: open versions by a value and village, and those that end."""
    standing = models.Q(superseded_at=None)
    held = [
        models.Index(
            fields=[value, "village", "valid_from"],
            condition=standing & models.Q(valid_to=None),
            name=f"{label}_held_{value.partition('_')[0]}",
        )
        for value in values
    ]
    ends = models.Index(
        fields=["valid_to"],
        condition=standing & models.Q(valid_to__isnull=False),
        name=f"{label}_ends",
    )
    return [*held, ends]


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

    VALUES = (
        "status",
        "plan_exit_year",
        "exit_year",
        "exit_way",
        "not_exit_reason",
        "return_year",
        "return_reason",
    )
    LINE = Line.GENERAL

    status = models.CharField(_("脱贫状态"), max_length=20, choices=Status.choices, blank=True)
    exit_year = models.PositiveSmallIntegerField(_("脱贫年度"), null=True, blank=True)
    plan_exit_year = models.PositiveSmallIntegerField(_("计划脱贫年度"), null=True, blank=True)
    exit_way = CodeField(_("脱贫方式"), list_key="exit_way")
    not_exit_reason = CodeField(_("不脱贫原因"), list_key="not_exit_reason")
    return_year = models.PositiveSmallIntegerField(_("返贫年度"), null=True, blank=True)
    return_reason = models.CharField(
        _("返贫原因"), max_length=24, choices=ReturnReason.choices, blank=True
    )

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
            *held_indexes("households_status", "status"),
        ]


class HouseholdProfile(HouseholdFact):
    """Why the household was registered, and how to reach it."""

    VALUES = (
        "identify_standard",
        "kind",
        "cause_main",
        "cause_other",
        "cause_note",
        "is_martyr_family",
        "is_one_child",
        "is_two_daughters",
        "first_identified",
        "phone",
        "bank_name",
        "bank_account",
    )
    PRIVATE = ("phone", "bank_name", "bank_account")
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
    cause_note = models.CharField(_("致贫原因说明"), max_length=500, blank=True)
    is_martyr_family = models.BooleanField(_("是否军烈属"), null=True, blank=True)
    is_one_child = models.BooleanField(_("是否独生子女户"), null=True, blank=True)
    is_two_daughters = models.BooleanField(_("是否双女户"), null=True, blank=True)
    first_identified = models.CharField(_("首次识别时间"), max_length=10, blank=True)
    phone = EncryptedTextField(_("户联系电话"), blank=True)
    phone_digest = DigestField(_("户联系电话摘要"), of="phone", key=phone_key)
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
            models.Index(
                fields=["phone_digest"],
                include=["household"],
                condition=models.Q(superseded_at=None, phone_digest__isnull=False),
                name="households_profile_phone",
            ),
            *held_indexes("households_profile", "cause_main", "kind"),
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
        "structure",
        "renovation_year",
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
    structure = CodeField(_("住房结构"), list_key="house_structure")
    renovation_year = models.PositiveSmallIntegerField(_("危改年度"), null=True, blank=True)

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
        "accepted_on",
        "difficult_reported",
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
    accepted_on = models.DateField(_("饮水工程验收日期"), null=True, blank=True)
    difficult_reported = models.BooleanField(_("饮水是否困难（填报）"), null=True, blank=True)
    safe_reported = models.BooleanField(_("是否解决安全饮用水（填报）"), null=True, blank=True)

    class Meta:
        verbose_name = _("饮水安全")
        verbose_name_plural = _("饮水安全")
        constraints = fact_constraints("households_water", "household_id")
        indexes = fact_indexes("households_water", "household")


class HouseholdPower(HouseholdFact):
    """Electricity for living."""

    VALUES = ("source_kind", "is_stable", "connected_reported", "production_connected")
    LINE = Line.POWER

    source_kind = models.CharField(
        _("供电方式"), max_length=16, choices=PowerSource.choices, blank=True
    )
    is_stable = models.BooleanField(_("供电是否稳定"), null=True, blank=True)
    connected_reported = models.BooleanField(_("是否通生活用电（填报）"), null=True, blank=True)
    production_connected = models.BooleanField(_("是否通生产用电"), null=True, blank=True)

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
        "asset_dividend_yuan",
        "other_property_yuan",
        "family_planning_yuan",
        "dibao_yuan",
        "tekun_yuan",
        "pension_yuan",
        "eco_compensation_yuan",
        "other_transfer_yuan",
    )
    PROPERTY_PARTS = ("asset_dividend_yuan", "other_property_yuan")
    TRANSFER_PARTS = (
        "family_planning_yuan",
        "dibao_yuan",
        "tekun_yuan",
        "pension_yuan",
        "eco_compensation_yuan",
        "other_transfer_yuan",
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
    asset_dividend_yuan = models.DecimalField(
        _("资产收益扶贫分红（元）"), max_digits=12, decimal_places=2, null=True, blank=True
    )
    other_property_yuan = models.DecimalField(
        _("其他财产性收入（元）"), max_digits=12, decimal_places=2, null=True, blank=True
    )
    family_planning_yuan = models.DecimalField(
        _("计划生育金（元）"), max_digits=12, decimal_places=2, null=True, blank=True
    )
    dibao_yuan = models.DecimalField(
        _("低保金（元）"), max_digits=12, decimal_places=2, null=True, blank=True
    )
    tekun_yuan = models.DecimalField(
        _("特困供养金（元）"), max_digits=12, decimal_places=2, null=True, blank=True
    )
    pension_yuan = models.DecimalField(
        _("养老保险金（元）"), max_digits=12, decimal_places=2, null=True, blank=True
    )
    eco_compensation_yuan = models.DecimalField(
        _("生态补偿金（元）"), max_digits=12, decimal_places=2, null=True, blank=True
    )
    other_transfer_yuan = models.DecimalField(
        _("其他转移性收入（元）"), max_digits=12, decimal_places=2, null=True, blank=True
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


class LivingConditions(HouseholdFact):
    """生产生活条件 of the paper form: land, road, fuel, toilet and what the household takes part in."""

    VALUES = (
        "cultivated_mu",
        "irrigated_mu",
        "forest_mu",
        "returned_mu",
        "fruit_mu",
        "pasture_mu",
        "water_mu",
        "in_cooperative",
        "by_enterprise",
        "by_leader",
        "broadcast",
        "road_distance_km",
        "road_type",
        "sanitary_toilet",
        "fuel",
    )
    LINE = Line.GENERAL

    cultivated_mu = models.DecimalField(
        _("耕地面积（亩）"), max_digits=10, decimal_places=2, null=True, blank=True
    )
    irrigated_mu = models.DecimalField(
        _("有效灌溉面积（亩）"), max_digits=10, decimal_places=2, null=True, blank=True
    )
    forest_mu = models.DecimalField(
        _("林地面积（亩）"), max_digits=10, decimal_places=2, null=True, blank=True
    )
    returned_mu = models.DecimalField(
        _("退耕还林面积（亩）"), max_digits=10, decimal_places=2, null=True, blank=True
    )
    fruit_mu = models.DecimalField(
        _("林果面积（亩）"), max_digits=10, decimal_places=2, null=True, blank=True
    )
    pasture_mu = models.DecimalField(
        _("牧草地面积（亩）"), max_digits=10, decimal_places=2, null=True, blank=True
    )
    water_mu = models.DecimalField(
        _("水面面积（亩）"), max_digits=10, decimal_places=2, null=True, blank=True
    )
    in_cooperative = models.BooleanField(_("是否加入农民专业合作社"), null=True, blank=True)
    by_enterprise = models.BooleanField(_("是否有龙头企业带动"), null=True, blank=True)
    by_leader = models.BooleanField(_("是否有创业致富带头人带动"), null=True, blank=True)
    broadcast = models.BooleanField(_("是否通广播电视"), null=True, blank=True)
    road_distance_km = models.DecimalField(
        _("与村主干路距离（公里）"), max_digits=6, decimal_places=2, null=True, blank=True
    )
    road_type = CodeField(_("入户路类型"), list_key="road_type")
    sanitary_toilet = models.BooleanField(_("有无卫生厕所"), null=True, blank=True)
    fuel = CodeField(_("主要燃料类型"), list_key="fuel")

    class Meta:
        verbose_name = _("生产生活条件")
        verbose_name_plural = _("生产生活条件")
        constraints = fact_constraints("households_living", "household_id")
        indexes = fact_indexes("households_living", "household")


class Relocation(HouseholdFact):
    """易地扶贫搬迁: whether the household is to move, how, where to, and what it cost it."""

    VALUES = (
        "is_relocated",
        "move_way",
        "resettlement_way",
        "resettlement_place",
        "difficulty",
        "debt_yuan",
        "old_house_removed",
    )
    LINE = Line.RELOCATION

    is_relocated = models.BooleanField(_("是否搬迁户"), null=True, blank=True)
    move_way = CodeField(_("搬迁方式"), list_key="move_way")
    resettlement_way = CodeField(_("安置方式"), list_key="resettlement_way")
    resettlement_place = CodeField(_("安置地"), list_key="resettlement_place")
    difficulty = models.CharField(_("搬迁可能存在的困难"), max_length=255, blank=True)
    debt_yuan = models.DecimalField(
        _("因搬迁负债（元）"), max_digits=12, decimal_places=2, null=True, blank=True
    )
    old_house_removed = models.BooleanField(_("旧房是否拆除"), null=True, blank=True)

    class Meta:
        verbose_name = _("易地搬迁")
        verbose_name_plural = _("易地搬迁")
        constraints = fact_constraints("households_relocation", "household_id")
        indexes = fact_indexes("households_relocation", "household")


class IndustryLink(HouseholdFact):
    """What raises the household's income in one year: links to projects, shares, photovoltaics."""

    SUBJECT = ("household_id", "year")
    VALUES = ("kinds", "project", "income_yuan", "photovoltaic_yuan")
    LINE = Line.INCOME

    year = models.PositiveSmallIntegerField(_("年度"))
    kinds = ArrayField(
        CodeField(list_key="industry_link"),
        verbose_name=_("产业带动方式"),
        default=list,
        blank=True,
    )
    project = models.CharField(_("产业项目"), max_length=255, blank=True)
    income_yuan = models.DecimalField(
        _("产业带动收入（元）"), max_digits=12, decimal_places=2, null=True, blank=True
    )
    photovoltaic_yuan = models.DecimalField(
        _("光伏收益（元）"), max_digits=12, decimal_places=2, null=True, blank=True
    )

    class Meta:
        verbose_name = _("产业带动")
        verbose_name_plural = _("产业带动")
        constraints = fact_constraints("households_industry", "household_id", "year")
        indexes = fact_indexes("households_industry", "household", "year")


class Monitoring(HouseholdFact):
    """Whether the household is watched against falling (back) into poverty, and why."""

    VALUES = (
        "monitor_type",
        "risks",
        "risk_note",
        "monitored_on",
        "risk_removed",
        "removed_on",
        "removed_way",
    )
    LINE = Line.GENERAL

    monitor_type = models.CharField(
        _("监测对象类别"), max_length=16, choices=MonitorType.choices, blank=True
    )
    risks = ArrayField(
        models.CharField(max_length=16, choices=Risk.choices),
        verbose_name=_("返贫致贫风险"),
        default=list,
        blank=True,
    )
    risk_note = models.CharField(_("风险说明"), max_length=255, blank=True)
    monitored_on = models.DateField(_("识别监测时间"), null=True, blank=True)
    risk_removed = models.BooleanField(_("风险是否已消除"), null=True, blank=True)
    removed_on = models.DateField(_("风险消除时间"), null=True, blank=True)
    removed_way = models.CharField(
        _("消除方式"), max_length=16, choices=RemovedWay.choices, blank=True
    )

    class Meta:
        verbose_name = _("返贫监测")
        verbose_name_plural = _("返贫监测")
        constraints = fact_constraints("households_monitoring", "household_id")
        indexes = fact_indexes("households_monitoring", "household")


HOUSEHOLD_THEMES: tuple[type[HouseholdFact], ...] = (
    Residence,
    HouseholdStatus,
    HouseholdProfile,
    FoodClothing,
    Housing,
    Water,
    HouseholdPower,
    IncomeYear,
    LivingConditions,
    Relocation,
    IndustryLink,
    Monitoring,
)
