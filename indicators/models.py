"""Standards on record, results and gaps as intervals of nights, and the runs that made them."""

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models import Area
from households.models import Household
from indicators.enums import Direction, RunKind, RunState, SubjectKind, Verdict
from indicators.querysets import GapQuerySet, ParameterQuerySet, ResultQuerySet, RunQuerySet
from villages.models import Village


class Parameter(models.Model):
    """One value of a cited standard: for a region prefix, from a date. A new reading supersedes it."""

    code = models.CharField(_("代码"), max_length=64)
    name = models.CharField(_("名称"), max_length=64)
    unit = models.CharField(_("单位"), max_length=16)
    direction = models.CharField(_("严格方向"), max_length=8, choices=Direction.choices)
    by_year = models.BooleanField(_("按年度"), default=False)
    region = models.CharField(_("适用区划前缀"), max_length=12, blank=True)
    low = models.BigIntegerField(_("起始村代码"))
    high = models.BigIntegerField(_("终止村代码"))
    valid_from = models.DateField(_("生效日期"))
    valid_to = models.DateField(_("失效日期"), null=True, blank=True)
    value = models.CharField(_("数值"), max_length=128)
    document = models.CharField(_("文件"), max_length=64)
    section = models.CharField(_("条款"), max_length=64)
    note = models.CharField(_("说明"), max_length=200, blank=True)
    recorded_at = models.DateTimeField(_("录入时间"))
    superseded_at = models.DateTimeField(_("被替换时间"), null=True, blank=True)

    objects = ParameterQuerySet.as_manager()

    class Meta:
        verbose_name = _("标准参数")
        verbose_name_plural = _("标准参数")
        constraints = [
            models.UniqueConstraint(
                fields=["code", "region", "valid_from"],
                condition=Q(superseded_at=None),
                name="indicators_parameter_one_standing",
            ),
            models.CheckConstraint(
                condition=Q(valid_to=None) | Q(valid_to__gt=models.F("valid_from")),
                name="indicators_parameter_range",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.region or '*'} {self.value}"


class Run(models.Model):
    """One recomputation of one date: a night's, or one asked for by hand."""

    on = models.DateField(_("截至日期"))
    kind = models.CharField(_("类别"), max_length=8, choices=RunKind.choices)
    area = models.ForeignKey(
        Area, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("范围")
    )
    state = models.CharField(
        _("状态"), max_length=8, choices=RunState.choices, default=RunState.RUNNING
    )
    watermark = models.DateTimeField(_("数据时点"))
    started_at = models.DateTimeField(_("开始时间"))
    finished_at = models.DateTimeField(_("结束时间"), null=True, blank=True)
    started_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("发起人"),
    )
    error = models.TextField(_("错误"), blank=True)

    objects = RunQuerySet.as_manager()

    class Meta:
        verbose_name = _("重算")
        verbose_name_plural = _("重算")
        constraints = [
            models.UniqueConstraint(
                fields=["state"], condition=Q(state="RUNNING"), name="indicators_run_one_at_a_time"
            ),
        ]
        indexes = [models.Index(fields=["-on", "-id"], name="indicators_run_on")]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.on}"


class RunBatch(models.Model):
    """One range of villages of a run, and what it found and changed."""

    run = models.ForeignKey(
        Run, models.CASCADE, related_name="batches", verbose_name=_("重算")
    )  # part of its run
    low = models.BigIntegerField(_("起始村代码"))
    high = models.BigIntegerField(_("终止村代码"))
    done_at = models.DateTimeField(_("完成时间"), null=True, blank=True)
    village_count = models.PositiveIntegerField(_("村数"), default=0)
    household_count = models.PositiveIntegerField(_("户数"), default=0)
    member_count = models.PositiveIntegerField(_("人数"), default=0)
    changed_count = models.PositiveIntegerField(_("结果变化数"), default=0)
    opened_count = models.PositiveIntegerField(_("新增差距数"), default=0)
    closed_count = models.PositiveIntegerField(_("消除差距数"), default=0)

    class Meta:
        verbose_name = _("重算批次")
        verbose_name_plural = _("重算批次")
        constraints = [
            models.UniqueConstraint(fields=["run", "low"], name="indicators_batch_range")
        ]

    def __str__(self) -> str:
        return f"{self.run_id}: {self.low}–{self.high}"


class RunNight(models.Model):
    """Which date was computed for which villages, in which revision; provisional until the night."""

    on = models.DateField(_("日期"))
    low = models.BigIntegerField(_("起始村代码"))
    high = models.BigIntegerField(_("终止村代码"))
    revision = models.PositiveSmallIntegerField(_("版次"), default=1)
    provisional = models.BooleanField(_("当日暂算"), default=False)
    watermark = models.DateTimeField(_("数据时点"))
    run = models.ForeignKey(
        Run, models.PROTECT, null=True, blank=True, related_name="nights", verbose_name=_("重算")
    )

    class Meta:
        verbose_name = _("已算日期")
        verbose_name_plural = _("已算日期")
        constraints = [
            models.UniqueConstraint(
                fields=["on", "low", "high", "revision", "provisional"],
                name="indicators_night_revision",
            ),
        ]
        indexes = [models.Index(fields=["low", "high", "on"], name="indicators_night_range")]

    def __str__(self) -> str:
        return f"{self.on} {self.low}–{self.high} #{self.revision}"


class NightRow(models.Model):
    """A row that holds over an interval of nights [valid_from, valid_to). Never altered."""

    village = models.ForeignKey(
        Village, models.PROTECT, related_name="+", db_index=False, verbose_name=_("嘎查村")
    )
    indicator = models.CharField(_("指标"), max_length=16)
    valid_from = models.DateField(_("起始夜"))
    valid_to = models.DateField(_("终止夜"), null=True, blank=True)
    recorded_at = models.DateTimeField(_("记录时间"))
    closed_at = models.DateTimeField(_("关闭时间"), null=True, blank=True)
    superseded_at = models.DateTimeField(_("被替换时间"), null=True, blank=True)

    class Meta:
        abstract = True


class Result(NightRow):
    """One indicator's four integers in one village over an interval of nights."""

    denominator = models.PositiveIntegerField(_("应达标数"))
    numerator = models.PositiveIntegerField(_("达标数"))
    unknown = models.PositiveIntegerField(_("未知数"))
    exempt = models.PositiveIntegerField(_("豁免数"))
    reported_only = models.PositiveIntegerField(_("仅填报数"))
    status = models.CharField(_("状态"), max_length=20, choices=Verdict.choices)
    parameters = ArrayField(models.BigIntegerField(), verbose_name=_("所用标准"), default=list)

    objects = ResultQuerySet.as_manager()

    class Meta:
        verbose_name = _("指标结果")
        verbose_name_plural = _("指标结果")
        constraints = [
            models.UniqueConstraint(
                fields=["village", "indicator", "valid_from"],
                condition=Q(superseded_at=None),
                name="indicators_result_start",
            ),
            models.UniqueConstraint(
                fields=["village", "indicator"],
                condition=Q(superseded_at=None, valid_to=None),
                name="indicators_result_open",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.village_id} {self.indicator} {self.numerator}/{self.denominator}"


class Gap(NightRow):
    """One household, member or village that fails one indicator, or whose facts do not suffice."""

    subject_kind = models.CharField(_("对象类别"), max_length=16, choices=SubjectKind.choices)
    subject_id = models.BigIntegerField(_("对象编号"))
    household = models.ForeignKey(
        Household, models.PROTECT, null=True, blank=True, related_name="gaps", verbose_name=_("户")
    )
    verdict = models.CharField(_("判定"), max_length=20, choices=Verdict.choices)

    objects = GapQuerySet.as_manager()

    class Meta:
        verbose_name = _("差距")
        verbose_name_plural = _("差距")
        constraints = [
            models.UniqueConstraint(
                fields=["indicator", "subject_id", "valid_from"],
                condition=Q(superseded_at=None),
                name="indicators_gap_start",
            ),
            models.UniqueConstraint(
                fields=["indicator", "subject_id"],
                condition=Q(superseded_at=None, valid_to=None),
                name="indicators_gap_open",
            ),
        ]
        indexes = [
            models.Index(
                fields=["village", "indicator"],
                condition=Q(superseded_at=None, valid_to=None),
                name="indicators_gap_village_open",
            ),
            models.Index(
                fields=["village", "indicator", "valid_from"], name="indicators_gap_village"
            ),
            models.Index(
                fields=["household", "indicator", "verdict"],
                condition=Q(superseded_at=None, valid_to=None),
                name="indicators_gap_household_open",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.indicator} {self.subject_kind} {self.subject_id}"
