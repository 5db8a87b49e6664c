"""Standards on record, results and gaps as intervals of nights, and the runs that made them."""

from datetime import date, timedelta

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from accounts.models import Area
from households.models import Evidence, Household
from indicators.enums import (
    Direction,
    ExceptionState,
    ProposalState,
    RunKind,
    RunState,
    Severity,
    SubjectKind,
    TrialState,
    Verdict,
)
from indicators.querysets import (
    FindingExceptionQuerySet,
    FindingQuerySet,
    GapQuerySet,
    ParameterQuerySet,
    ProposalQuerySet,
    ResultQuerySet,
    RunQuerySet,
    TrialQuerySet,
)
from villages.models import Village


def last_day(valid_to: date | None) -> date | None:
    """The last day of a validity whose end is exclusive; people say it so."""
    return valid_to - timedelta(days=1) if valid_to else None


class CitedDocument(models.Model):
    """A document that was entered with a proposal; those of the files are in documents.yaml."""

    title = models.CharField(_("名称"), max_length=128)
    number = models.CharField(_("文号"), max_length=64, blank=True)
    note = models.CharField(_("说明"), max_length=200, blank=True)
    recorded_at = models.DateTimeField(_("录入时间"))

    class Meta:
        verbose_name = _("引用文件")
        verbose_name_plural = _("引用文件")
        constraints = [
            models.UniqueConstraint(fields=["title", "number"], name="indicators_document_once")
        ]

    def __str__(self) -> str:
        return f"《{self.title}》{self.number}"


class StandardProposal(models.Model):
    """A value that somebody proposes for a region and a time, and what another person decided.

    `new_title` and its fellows are the document entered with the proposal, where none on file was
    chosen; approving puts it on file.
    """

    code = models.CharField(_("标准"), max_length=64)
    region = models.CharField(_("适用区划前缀"), max_length=12, blank=True)
    low = models.BigIntegerField(_("起始村代码"))
    high = models.BigIntegerField(_("终止村代码"))
    valid_from = models.DateField(_("生效日期"))
    valid_to = models.DateField(_("失效日期"), null=True, blank=True)
    value = models.CharField(_("数值"), max_length=128)
    document = models.CharField(_("文件"), max_length=64, blank=True)
    new_title = models.CharField(_("新文件名称"), max_length=128, blank=True)
    new_number = models.CharField(_("新文件文号"), max_length=64, blank=True)
    new_note = models.CharField(_("新文件说明"), max_length=200, blank=True)
    section = models.CharField(_("条款"), max_length=64)
    note = models.CharField(_("说明"), max_length=200, blank=True)
    reason = models.CharField(_("理由"), max_length=500)
    state = models.CharField(
        _("状态"), max_length=10, choices=ProposalState.choices, default=ProposalState.OPEN
    )
    version = models.PositiveIntegerField(_("版本"), default=1)
    proposed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("提出人")
    )
    proposed_at = models.DateTimeField(_("提出时间"))
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("审批人"),
    )
    decided_at = models.DateTimeField(_("审批时间"), null=True, blank=True)
    decision_note = models.CharField(_("审批意见"), max_length=500, blank=True)

    objects = ProposalQuerySet.as_manager()

    class Meta:
        verbose_name = _("标准建议")
        verbose_name_plural = _("标准建议")
        constraints = [
            models.CheckConstraint(
                condition=Q(valid_to=None) | Q(valid_to__gt=models.F("valid_from")),
                name="indicators_proposal_range",
            ),
            models.CheckConstraint(
                condition=~Q(state="APPROVED") | ~Q(decided_by=models.F("proposed_by")),
                name="indicators_proposal_two_people",
            ),
            models.CheckConstraint(
                condition=Q(state="OPEN", decided_at=None, decided_by=None)
                | (~Q(state="OPEN") & Q(decided_at__isnull=False, decided_by__isnull=False)),
                name="indicators_proposal_decided",
            ),
            models.CheckConstraint(
                condition=~Q(document="") | ~Q(new_title=""), name="indicators_proposal_cites"
            ),
        ]
        indexes = [
            models.Index(fields=["state", "-proposed_at"], name="indicators_proposal_state"),
            models.Index(fields=["code", "region"], name="indicators_proposal_code"),
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.region or '*'} {self.value}"

    @property
    def last_day(self) -> date | None:
        return last_day(self.valid_to)

    def get_absolute_url(self) -> str:
        return reverse("indicators:proposal_detail", args=[self.pk])


class Parameter(models.Model):
    """One value of a cited standard: for a region prefix, from a date. A new reading supersedes it.

    `proposal` is the decision it came from; a value without one came from the files, and only such
    a value is superseded by loading files.
    """

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
    proposal = models.ForeignKey(
        StandardProposal,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="values",
        verbose_name=_("依据的建议"),
    )

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

    @property
    def last_day(self) -> date | None:
        return last_day(self.valid_to)


class CompetingValue(models.Model):
    """What another document says of the same standard, place and time; on record, never resolved."""

    code = models.CharField(_("代码"), max_length=64)
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
        verbose_name = _("并存标准")
        verbose_name_plural = _("并存标准")
        constraints = [
            models.UniqueConstraint(
                fields=["code", "region", "valid_from", "document", "section"],
                condition=Q(superseded_at=None),
                name="indicators_competing_one_standing",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.region or '*'} {self.value}"

    @property
    def last_day(self) -> date | None:
        return last_day(self.valid_to)


class StandardTrial(models.Model):
    """What would change if a value held: computed, shown to whoever asked, and adopted by nobody.

    `villages` holds one entry per village and indicator that would change, `units` the first of the
    units that would turn; both are written once, by `what_if`.
    """

    code = models.CharField(_("标准"), max_length=64)
    region = models.CharField(_("适用区划前缀"), max_length=12, blank=True)
    low = models.BigIntegerField(_("起始村代码"))
    high = models.BigIntegerField(_("终止村代码"))
    valid_from = models.DateField(_("生效日期"))
    valid_to = models.DateField(_("失效日期"), null=True, blank=True)
    value = models.CharField(_("数值"), max_length=128)
    on = models.DateField(_("判定日期"))
    proposal = models.ForeignKey(
        StandardProposal,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="trials",
        verbose_name=_("所属建议"),
    )
    asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("试算人")
    )
    asked_at = models.DateTimeField(_("试算时间"))
    state = models.CharField(
        _("状态"), max_length=8, choices=TrialState.choices, default=TrialState.WAITING
    )
    done_at = models.DateTimeField(_("完成时间"), null=True, blank=True)
    village_count = models.PositiveIntegerField(_("判定村数"), default=0)
    household_count = models.PositiveIntegerField(_("判定户数"), default=0)
    villages = models.JSONField(_("有变化的村"), default=list)
    units = models.JSONField(_("有变化的对象"), default=list)
    unit_count = models.PositiveIntegerField(_("变化对象数"), default=0)

    objects = TrialQuerySet.as_manager()

    class Meta:
        verbose_name = _("标准试算")
        verbose_name_plural = _("标准试算")
        indexes = [models.Index(fields=["asked_by", "-asked_at"], name="indicators_trial_asked")]

    def __str__(self) -> str:
        return f"{self.code} {self.region or '*'} {self.value}"

    @property
    def last_day(self) -> date | None:
        return last_day(self.valid_to)

    def get_absolute_url(self) -> str:
        return reverse("indicators:trial_detail", args=[self.pk])


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
    # The day's figures against the night's (see `parity`): villages compared, figures that differed.
    compared_count = models.PositiveIntegerField(_("核对村数"), default=0)
    differing_count = models.PositiveIntegerField(_("不一致数"), default=0)
    differences = models.JSONField(_("不一致明细"), default=list, blank=True)

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
    """A row that holds over an interval of nights [valid_from, valid_to). Never altered.

    Written by the million from rows whose keys were checked when they were entered; the database does
    not check them again.
    """

    village = models.ForeignKey(
        Village,
        models.PROTECT,
        related_name="+",
        db_index=False,
        db_constraint=False,
        verbose_name=_("嘎查村"),
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
    """One household, member or village that fails one indicator, or whose facts do not suffice.

    One that moved has a gap in either village until the former one is computed, which may be later.
    """

    subject_kind = models.CharField(_("对象类别"), max_length=16, choices=SubjectKind.choices)
    subject_id = models.BigIntegerField(_("对象编号"))
    household = models.ForeignKey(
        Household,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="gaps",
        db_index=False,
        db_constraint=False,
        verbose_name=_("户"),
    )
    verdict = models.CharField(_("判定"), max_length=20, choices=Verdict.choices)

    objects = GapQuerySet.as_manager()

    class Meta:
        verbose_name = _("差距")
        verbose_name_plural = _("差距")
        constraints = [
            models.UniqueConstraint(
                fields=["village", "indicator", "subject_id", "valid_from"],
                condition=Q(superseded_at=None),
                name="indicators_gap_start",
            ),
            models.UniqueConstraint(
                fields=["village", "indicator", "subject_id"],
                condition=Q(superseded_at=None, valid_to=None),
                name="indicators_gap_open",
            ),
        ]
        indexes = [
            models.Index(
                fields=["subject_id"],
                condition=Q(superseded_at=None, valid_to=None),
                name="indicators_gap_subject_open",
            ),
            models.Index(
                fields=["household", "indicator", "verdict"],
                condition=Q(superseded_at=None, valid_to=None),
                name="indicators_gap_household_open",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.indicator} {self.subject_kind} {self.subject_id}"


class FindingBatch(models.Model):
    """One range of villages whose data quality is looked at as of a night, or of the day that lasts.

    `run` is the recomputation it follows; without one it is a village's refresh by day. What a later
    date has said of a village is found from the batches that are done.
    """

    run = models.ForeignKey(
        Run,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="finding_batches",
        verbose_name=_("重算"),
    )
    on = models.DateField(_("日期"))
    low = models.BigIntegerField(_("起始村代码"))
    high = models.BigIntegerField(_("终止村代码"))
    watermark = models.DateTimeField(_("数据时点"))
    done_at = models.DateTimeField(_("完成时间"), null=True, blank=True)
    begun_count = models.PositiveIntegerField(_("新增数"), default=0)
    ended_count = models.PositiveIntegerField(_("消除数"), default=0)
    altered_count = models.PositiveIntegerField(_("变化数"), default=0)

    class Meta:
        verbose_name = _("疑点检查批次")
        verbose_name_plural = _("疑点检查批次")
        constraints = [
            models.UniqueConstraint(fields=["run", "low"], name="indicators_findingbatch_run"),
            models.UniqueConstraint(
                fields=["on", "low"],
                condition=Q(run=None),
                name="indicators_findingbatch_day",
            ),
        ]
        indexes = [
            models.Index(fields=["low", "high", "on"], name="indicators_findingbatch_range"),
            models.Index(
                fields=["run"], condition=Q(done_at=None), name="indicators_findingbatch_left"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.on} {self.low}–{self.high}"


class Finding(NightRow):
    """One household, member or village about which one data-quality rule found something wrong.

    `seen` holds the values it rests on, `digest` those among them that do not change with the
    calendar alone; `since` is the night of the first of the rows that follow one another.
    """

    indicator = None
    rule = models.CharField(_("规则"), max_length=16)
    severity = models.CharField(_("程度"), max_length=8, choices=Severity.choices)
    subject_kind = models.CharField(_("对象类别"), max_length=16, choices=SubjectKind.choices)
    subject_id = models.BigIntegerField(_("对象编号"))
    household = models.ForeignKey(
        Household,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="findings",
        db_index=False,
        db_constraint=False,
        verbose_name=_("户"),
    )
    seen = models.JSONField(_("所见数值"), default=dict)
    digest = models.CharField(_("数值摘要"), max_length=32)
    since = models.DateField(_("首次发现"))

    objects = FindingQuerySet.as_manager()

    class Meta:
        verbose_name = _("疑点")
        verbose_name_plural = _("疑点")
        constraints = [
            models.UniqueConstraint(
                fields=["village", "rule", "subject_id", "valid_from"],
                condition=Q(superseded_at=None),
                name="indicators_finding_start",
            ),
            models.UniqueConstraint(
                fields=["village", "rule", "subject_id"],
                condition=Q(superseded_at=None, valid_to=None),
                name="indicators_finding_open",
            ),
        ]
        indexes = [
            models.Index(
                fields=["household"],
                condition=Q(superseded_at=None, valid_to=None),
                name="indicators_finding_household",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.rule} {self.subject_kind} {self.subject_id}"


class FindingException(models.Model):
    """That a finding is true on the ground: asked for with a reason, granted by another person for a time.

    It speaks of the values that were seen (`digest`); when they change, or it runs out, the finding
    stands again by itself. Explained is not passed.
    """

    rule = models.CharField(_("规则"), max_length=16)
    subject_kind = models.CharField(_("对象类别"), max_length=16, choices=SubjectKind.choices)
    subject_id = models.BigIntegerField(_("对象编号"))
    household = models.ForeignKey(
        Household, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("户")
    )
    village = models.ForeignKey(
        Village, models.PROTECT, related_name="+", db_index=False, verbose_name=_("嘎查村")
    )
    seen = models.JSONField(_("所见数值"), default=dict)
    digest = models.CharField(_("数值摘要"), max_length=32)
    reason = models.CharField(_("理由"), max_length=500)
    evidence = models.ForeignKey(
        Evidence,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("佐证材料"),
    )
    expires_on = models.DateField(_("有效期至"))
    state = models.CharField(
        _("状态"), max_length=10, choices=ExceptionState.choices, default=ExceptionState.OPEN
    )
    version = models.PositiveIntegerField(_("版本"), default=1)
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("申请人")
    )
    requested_at = models.DateTimeField(_("申请时间"))
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("审批人"),
    )
    decided_at = models.DateTimeField(_("审批时间"), null=True, blank=True)
    decision_note = models.CharField(_("审批意见"), max_length=500, blank=True)

    objects = FindingExceptionQuerySet.as_manager()

    class Meta:
        verbose_name = _("疑点说明")
        verbose_name_plural = _("疑点说明")
        constraints = [
            models.CheckConstraint(
                condition=~Q(state__in=["APPROVED", "REFUSED"])
                | ~Q(decided_by=models.F("requested_by")),
                name="indicators_exception_two_people",
            ),
            models.CheckConstraint(
                condition=Q(state="OPEN", decided_at=None, decided_by=None)
                | (~Q(state="OPEN") & Q(decided_at__isnull=False, decided_by__isnull=False)),
                name="indicators_exception_decided",
            ),
            models.UniqueConstraint(
                fields=["rule", "subject_id"],
                condition=Q(state="OPEN"),
                name="indicators_exception_one_open",
            ),
        ]
        indexes = [
            models.Index(
                fields=["rule", "subject_id", "digest"],
                condition=Q(state="APPROVED"),
                name="indicators_exception_granted",
            ),
            models.Index(fields=["village", "state"], name="indicators_exception_village"),
        ]

    def __str__(self) -> str:
        return f"{self.rule} {self.subject_kind} {self.subject_id}"

    def get_absolute_url(self) -> str:
        return reverse("indicators:exception_detail", args=[self.pk])
