"""Villages: who they are, and what is true of them.

Every fact table is two-time (`core.facts`); its rows carry `village_id`, so that scope, roll-ups
and job batches are one contiguous range of codes without a join.
"""

from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.enums import Line
from accounts.models import Area
from core.facts import FactVersion, fact_constraints, fact_indexes
from core.fields import EncryptedTextField
from villages.enums import Affiliation, Terrain
from villages.querysets import LocalFactQuerySet, VillageQuerySet


class Village(models.Model):
    """A village-level division that keeps a register. Its key is its statistical code."""

    area = models.OneToOneField(
        Area, models.PROTECT, primary_key=True, related_name="village", verbose_name=_("区划")
    )
    version = models.PositiveIntegerField(_("版本"), default=1)

    objects = VillageQuerySet.as_manager()

    class Meta:
        verbose_name = _("嘎查村")
        verbose_name_plural = _("嘎查村")

    def __str__(self) -> str:
        return self.area.short_name


class FactChange(models.Model):
    """A village whose facts changed: left in the same transaction, taken by the indicators' job."""

    village = models.ForeignKey(Village, models.PROTECT, related_name="+", verbose_name=_("嘎查村"))
    since = models.DateField(_("影响起始日"))
    recorded_at = models.DateTimeField(_("录入时间"))

    class Meta:
        verbose_name = _("待重算村")
        verbose_name_plural = _("待重算村")

    def __str__(self) -> str:
        return f"{self.village_id} {self.since}"


class LocalFact(FactVersion):
    """A fact version that lies in a village."""

    village = models.ForeignKey(
        Village, models.PROTECT, related_name="+", db_index=False, verbose_name=_("嘎查村")
    )

    objects = LocalFactQuerySet.as_manager()

    class Meta:
        abstract = True


class VillageListing(LocalFact):
    """Whether the village is on the list of poor villages; leaving it keeps the year."""

    SUBJECT = ("village_id",)
    VALUES = ("is_poor_village", "out_year")
    LINE = Line.GENERAL

    is_poor_village = models.BooleanField(_("是否贫困村"), null=True, blank=True)
    out_year = models.PositiveSmallIntegerField(_("出列年度"), null=True, blank=True)

    class Meta:
        verbose_name = _("贫困村名单")
        verbose_name_plural = _("贫困村名单")
        constraints = fact_constraints("villages_listing", "village_id")
        indexes = fact_indexes("villages_listing")


class VillagePopulation(LocalFact):
    """The rural base population that the poverty incidence is measured against: end of 2014."""

    SUBJECT = ("village_id",)
    VALUES = ("rural_population_end_2014",)
    LINE = Line.GENERAL

    rural_population_end_2014 = models.PositiveIntegerField(
        _("2014年末乡村人口数"), null=True, blank=True
    )

    class Meta:
        verbose_name = _("基数人口")
        verbose_name_plural = _("基数人口")
        constraints = fact_constraints("villages_population", "village_id")
        indexes = fact_indexes("villages_population")


class VillagePower(LocalFact):
    """Three-phase power of the village, or the paper that it lies outside the grid."""

    SUBJECT = ("village_id",)
    VALUES = ("three_phase_power", "three_phase_since", "off_grid", "off_grid_document")
    LINE = Line.POWER

    three_phase_power = models.BooleanField(_("是否通动力电"), null=True, blank=True)
    three_phase_since = models.DateField(_("通动力电日期"), null=True, blank=True)
    off_grid = models.BooleanField(_("是否大电网覆盖范围外"), null=True, blank=True)
    off_grid_document = models.CharField(_("网外证明文件"), max_length=128, blank=True)

    class Meta:
        verbose_name = _("动力电")
        verbose_name_plural = _("动力电")
        constraints = fact_constraints("villages_power", "village_id")
        indexes = fact_indexes("villages_power")


class VillageClinic(LocalFact):
    """The village clinic: rooms, area and a qualified doctor."""

    SUBJECT = ("village_id",)
    VALUES = ("has_clinic", "clinic_area_m2", "has_qualified_doctor", "served_by_mobile")
    LINE = Line.HEALTH

    has_clinic = models.BooleanField(_("有无标准化卫生室"), null=True, blank=True)
    clinic_area_m2 = models.DecimalField(
        _("卫生室面积（㎡）"), max_digits=7, decimal_places=2, null=True, blank=True
    )
    has_qualified_doctor = models.BooleanField(_("有无合格村医"), null=True, blank=True)
    served_by_mobile = models.BooleanField(_("是否巡回医疗覆盖"), null=True, blank=True)

    class Meta:
        verbose_name = _("卫生室")
        verbose_name_plural = _("卫生室")
        constraints = fact_constraints("villages_clinic", "village_id")
        indexes = fact_indexes("villages_clinic")


class CollectiveIncome(LocalFact):
    """The village collective's income of one year."""

    SUBJECT = ("village_id", "year")
    VALUES = ("income_yuan",)
    LINE = Line.COLLECTIVE

    year = models.PositiveSmallIntegerField(_("年度"))
    income_yuan = models.DecimalField(
        _("集体经济收入（元）"), max_digits=14, decimal_places=2, null=True, blank=True
    )

    class Meta:
        verbose_name = _("集体经济收入")
        verbose_name_plural = _("集体经济收入")
        constraints = [
            *fact_constraints("villages_collective", "village_id", "year"),
            models.CheckConstraint(
                condition=models.Q(income_yuan=None) | models.Q(income_yuan__gte=0),
                name="villages_collective_not_negative",
            ),
        ]
        indexes = fact_indexes("villages_collective", "year")


class VillageProfile(LocalFact):
    """Lie and leadership of the village."""

    SUBJECT = ("village_id",)
    VALUES = ("terrain", "development", "head_name", "head_post", "head_phone")
    LINE = Line.GENERAL

    terrain = models.CharField(_("地形地貌"), max_length=8, choices=Terrain.choices, blank=True)
    development = models.CharField(_("发展方向"), max_length=64, blank=True)
    head_name = models.CharField(_("村负责人"), max_length=64, blank=True)
    head_post = models.CharField(_("村负责人职务"), max_length=64, blank=True)
    head_phone = EncryptedTextField(_("村负责人电话"), blank=True)

    class Meta:
        verbose_name = _("村基本情况")
        verbose_name_plural = _("村基本情况")
        constraints = fact_constraints("villages_profile", "village_id")
        indexes = fact_indexes("villages_profile")


class VillageStatistics(LocalFact):
    """The yearly counts of the village form 贫困村信息采集表."""

    SUBJECT = ("village_id", "year")
    VALUES = (
        "households",
        "hamlets",
        "dibao_households",
        "tekun_households",
        "population",
        "dibao_persons",
        "tekun_persons",
        "minority_persons",
        "women",
        "disabled_persons",
        "labourers",
        "workers_away",
        "party_members",
        "graduate_officials",
        "insured_persons",
        "resident_pension_persons",
        "employee_pension_persons",
        "unsafe_water_households",
        "water_difficult_households",
        "powered_hamlets",
        "dangerous_house_households",
        "cooperatives",
        "tourism_households",
        "tourism_workers",
        "farm_stays",
        "clinics",
        "public_toilets",
        "doctors",
        "refuse_points",
        "culture_rooms",
        "broadband_households",
        "broadband_schools",
        "mobile_internet_households",
        "information_officers",
        "cultivated_mu",
        "irrigated_mu",
        "forest_mu",
        "returned_mu",
        "fruit_mu",
        "pasture_mu",
        "water_mu",
        "income_per_person_yuan",
        "farm_stay_income_yuan",
        "has_bus",
        "paved_to_township",
    )
    LINE = Line.GENERAL

    year = models.PositiveSmallIntegerField(_("年度"))
    households = models.PositiveIntegerField(_("总户数"), null=True, blank=True)
    hamlets = models.PositiveIntegerField(_("自然村（村民小组）数"), null=True, blank=True)
    dibao_households = models.PositiveIntegerField(_("低保户数"), null=True, blank=True)
    tekun_households = models.PositiveIntegerField(_("特困供养户数"), null=True, blank=True)
    population = models.PositiveIntegerField(_("总人口数"), null=True, blank=True)
    dibao_persons = models.PositiveIntegerField(_("低保人口数"), null=True, blank=True)
    tekun_persons = models.PositiveIntegerField(_("特困供养人口数"), null=True, blank=True)
    minority_persons = models.PositiveIntegerField(_("少数民族人口数"), null=True, blank=True)
    women = models.PositiveIntegerField(_("妇女人口数"), null=True, blank=True)
    disabled_persons = models.PositiveIntegerField(_("残疾人口数"), null=True, blank=True)
    labourers = models.PositiveIntegerField(_("劳动力人数"), null=True, blank=True)
    workers_away = models.PositiveIntegerField(_("外出务工人数"), null=True, blank=True)
    party_members = models.PositiveIntegerField(_("中共党员人数"), null=True, blank=True)
    graduate_officials = models.PositiveIntegerField(_("大学生村官人数"), null=True, blank=True)
    insured_persons = models.PositiveIntegerField(_("参加居民医保人数"), null=True, blank=True)
    resident_pension_persons = models.PositiveIntegerField(
        _("参加居民养老保险人数"), null=True, blank=True
    )
    employee_pension_persons = models.PositiveIntegerField(
        _("参加职工养老保险人数"), null=True, blank=True
    )
    unsafe_water_households = models.PositiveIntegerField(
        _("未实现饮水安全户数"), null=True, blank=True
    )
    water_difficult_households = models.PositiveIntegerField(
        _("饮水困难户数"), null=True, blank=True
    )
    powered_hamlets = models.PositiveIntegerField(_("已通电自然村数"), null=True, blank=True)
    dangerous_house_households = models.PositiveIntegerField(_("危房户数"), null=True, blank=True)
    cooperatives = models.PositiveIntegerField(_("农民专业合作社个数"), null=True, blank=True)
    tourism_households = models.PositiveIntegerField(_("乡村旅游户数"), null=True, blank=True)
    tourism_workers = models.PositiveIntegerField(_("乡村旅游从业人员数"), null=True, blank=True)
    farm_stays = models.PositiveIntegerField(_("农家乐户数"), null=True, blank=True)
    clinics = models.PositiveIntegerField(_("行政村卫生室个数"), null=True, blank=True)
    public_toilets = models.PositiveIntegerField(_("公共卫生厕所个数"), null=True, blank=True)
    doctors = models.PositiveIntegerField(_("执业（助理）医师人数"), null=True, blank=True)
    refuse_points = models.PositiveIntegerField(_("垃圾集中堆放点个数"), null=True, blank=True)
    culture_rooms = models.PositiveIntegerField(_("文化（图书）室个数"), null=True, blank=True)
    broadband_households = models.PositiveIntegerField(_("通宽带户数"), null=True, blank=True)
    broadband_schools = models.PositiveIntegerField(_("通宽带的村小学个数"), null=True, blank=True)
    mobile_internet_households = models.PositiveIntegerField(
        _("能用手机上网户数"), null=True, blank=True
    )
    information_officers = models.PositiveIntegerField(_("行政村信息员人数"), null=True, blank=True)
    cultivated_mu = models.DecimalField(
        _("耕地面积（亩）"), max_digits=12, decimal_places=2, null=True, blank=True
    )
    irrigated_mu = models.DecimalField(
        _("有效灌溉面积（亩）"), max_digits=12, decimal_places=2, null=True, blank=True
    )
    forest_mu = models.DecimalField(
        _("林地面积（亩）"), max_digits=12, decimal_places=2, null=True, blank=True
    )
    returned_mu = models.DecimalField(
        _("退耕还林面积（亩）"), max_digits=12, decimal_places=2, null=True, blank=True
    )
    fruit_mu = models.DecimalField(
        _("林果面积（亩）"), max_digits=12, decimal_places=2, null=True, blank=True
    )
    pasture_mu = models.DecimalField(
        _("牧草地面积（亩）"), max_digits=12, decimal_places=2, null=True, blank=True
    )
    water_mu = models.DecimalField(
        _("水域面积（亩）"), max_digits=12, decimal_places=2, null=True, blank=True
    )
    income_per_person_yuan = models.DecimalField(
        _("农民人均纯收入（元）"), max_digits=12, decimal_places=2, null=True, blank=True
    )
    farm_stay_income_yuan = models.DecimalField(
        _("农家乐户均收入（元）"), max_digits=12, decimal_places=2, null=True, blank=True
    )
    has_bus = models.BooleanField(_("是否通客运班车"), null=True, blank=True)
    paved_to_township = models.BooleanField(_("到乡镇是否通沥青（水泥）路"), null=True, blank=True)

    class Meta:
        verbose_name = _("村年度情况")
        verbose_name_plural = _("村年度情况")
        constraints = fact_constraints("villages_statistics", "village_id", "year")
        indexes = fact_indexes("villages_statistics", "year")


class VillageTeam(LocalFact):
    """Who is posted to the village: the helping unit and the resident work team."""

    SUBJECT = ("village_id",)
    VALUES = (
        "helping_unit",
        "unit_affiliation",
        "unit_contact",
        "unit_phone",
        "team_leader",
        "first_secretary",
        "team_members",
    )
    LINE = Line.GENERAL

    helping_unit = models.CharField(_("帮扶单位"), max_length=128, blank=True)
    unit_affiliation = models.CharField(
        _("单位隶属关系"), max_length=12, choices=Affiliation.choices, blank=True
    )
    unit_contact = models.CharField(_("单位联系人"), max_length=64, blank=True)
    unit_phone = EncryptedTextField(_("单位联系电话"), blank=True)
    team_leader = models.CharField(_("驻村工作队队长"), max_length=64, blank=True)
    first_secretary = models.CharField(_("第一书记"), max_length=64, blank=True)
    team_members = models.CharField(_("驻村工作队队员"), max_length=255, blank=True)

    class Meta:
        verbose_name = _("帮扶力量")
        verbose_name_plural = _("帮扶力量")
        constraints = fact_constraints("villages_team", "village_id")
        indexes = fact_indexes("villages_team")


VILLAGE_THEMES: tuple[type[LocalFact], ...] = (
    VillageListing,
    VillagePopulation,
    VillagePower,
    VillageClinic,
    CollectiveIncome,
    VillageProfile,
    VillageStatistics,
    VillageTeam,
)
