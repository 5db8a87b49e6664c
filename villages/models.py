"""Villages: who they are, and what is true of them.

Every fact table is two-time (`core.facts`); its rows carry `village_id`, so that scope, roll-ups
and job batches are one contiguous range of codes without a join.
"""

from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.enums import Line
from accounts.models import Area
from core.facts import FactVersion, fact_constraints, fact_indexes
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


VILLAGE_THEMES: tuple[type[LocalFact], ...] = (
    VillageListing,
    VillagePopulation,
    VillagePower,
    VillageClinic,
    CollectiveIncome,
)
