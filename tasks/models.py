"""The campaign's plan (phases, tasks, agencies, targets) and its cases (问题 → 整改 → 核验 → 销号)."""

from datetime import date

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from accounts.models import Agency, Area
from households.models import Household, Member
from indicators.enums import SubjectKind
from tasks.enums import AgencyRole, CaseState, Category, EventKind, Operator
from tasks.querysets import CampaignQuerySet, CaseEventQuerySet, CaseQuerySet, TaskQuerySet
from villages.models import Village


class Campaign(models.Model):
    """A year's 清零达标 campaign of one area, as its plan sets it out."""

    code = models.CharField(_("代码"), max_length=32, unique=True)
    name = models.CharField(_("名称"), max_length=128)
    area = models.ForeignKey(Area, models.PROTECT, related_name="campaigns", verbose_name=_("区划"))
    year = models.PositiveSmallIntegerField(_("年度"))
    document = models.CharField(_("方案文件"), max_length=200, blank=True)
    based_on = models.CharField(_("依据文件"), max_length=200, blank=True)
    office = models.ForeignKey(
        Agency,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("兜底责任单位"),
    )
    due_days = models.PositiveSmallIntegerField(_("整改期限（天）"), default=30)
    reopen_days = models.PositiveSmallIntegerField(_("反弹认定期（天）"), default=180)

    objects = CampaignQuerySet.as_manager()

    class Meta:
        verbose_name = _("专项行动")
        verbose_name_plural = _("专项行动")
        constraints = [
            models.UniqueConstraint(
                fields=["area", "year", "code"], name="tasks_campaign_area_year"
            ),
            models.CheckConstraint(condition=Q(due_days__gte=1), name="tasks_campaign_due_days"),
        ]

    def __str__(self) -> str:
        return self.name


class Phase(models.Model):
    """One stretch of the campaign's calendar; both dates belong to it."""

    campaign = models.ForeignKey(
        Campaign, models.PROTECT, related_name="phases", verbose_name=_("专项行动")
    )
    code = models.CharField(_("代码"), max_length=16)
    name = models.CharField(_("名称"), max_length=64)
    starts_on = models.DateField(_("开始日期"))
    ends_on = models.DateField(_("结束日期"))

    class Meta:
        verbose_name = _("阶段")
        verbose_name_plural = _("阶段")
        constraints = [
            models.UniqueConstraint(fields=["campaign", "code"], name="tasks_phase_code"),
            models.CheckConstraint(
                condition=Q(ends_on__gte=models.F("starts_on")), name="tasks_phase_range"
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def days(self) -> int:
        return (self.ends_on - self.starts_on).days + 1


class Task(models.Model):
    """One task of the plan. Leaves carry the responsibility; parents group them."""

    campaign = models.ForeignKey(
        Campaign, models.PROTECT, related_name="tasks", verbose_name=_("专项行动")
    )
    code = models.CharField(_("编号"), max_length=16)
    parent = models.ForeignKey(
        "self",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="children",
        verbose_name=_("上级任务"),
    )
    title = models.CharField(_("任务"), max_length=128)
    category = models.CharField(_("类别"), max_length=16, choices=Category.choices)
    is_leaf = models.BooleanField(_("末级任务"), default=True)
    section = models.CharField(_("方案章节"), max_length=32, blank=True)
    indicators = ArrayField(
        models.CharField(max_length=16), verbose_name=_("指标"), default=list, blank=True
    )
    evidence = ArrayField(
        models.CharField(max_length=64), verbose_name=_("佐证材料"), default=list, blank=True
    )
    order = models.PositiveSmallIntegerField(_("顺序"))

    objects = TaskQuerySet.as_manager()

    class Meta:
        verbose_name = _("任务")
        verbose_name_plural = _("任务")
        constraints = [models.UniqueConstraint(fields=["campaign", "code"], name="tasks_task_code")]

    def __str__(self) -> str:
        return f"{self.code} {self.title}"

    def get_absolute_url(self) -> str:
        return reverse("tasks:task_detail", args=[self.pk])


class TaskAgency(models.Model):
    """An agency's part in a task."""

    # The plan's file may drop an agency from a task; the row has no life of its own.
    task = models.ForeignKey(Task, models.CASCADE, related_name="agencies", verbose_name=_("任务"))
    agency = models.ForeignKey(
        Agency, models.PROTECT, related_name="task_roles", verbose_name=_("单位")
    )
    role = models.CharField(_("职责"), max_length=16, choices=AgencyRole.choices)
    order = models.PositiveSmallIntegerField(_("顺序"), default=0)

    class Meta:
        verbose_name = _("任务单位")
        verbose_name_plural = _("任务单位")
        constraints = [
            models.UniqueConstraint(fields=["task", "agency"], name="tasks_taskagency_once")
        ]

    def __str__(self) -> str:
        return f"{self.get_role_display()} {self.agency}"


class Target(models.Model):
    """What a task must reach. No value: the plan asks for a standard and gives no figure."""

    task = models.ForeignKey(
        Task, models.CASCADE, related_name="targets", verbose_name=_("任务")
    )  # as TaskAgency
    metric = models.CharField(_("目标"), max_length=200)
    operator = models.CharField(_("比较"), max_length=2, choices=Operator.choices)
    value = models.DecimalField(_("目标值"), max_digits=14, decimal_places=2, null=True, blank=True)
    unit = models.CharField(_("单位"), max_length=16)
    scope = models.CharField(_("范围"), max_length=200, blank=True)
    indicator = models.CharField(_("指标"), max_length=16)
    deadline = models.DateField(_("时限"))
    order = models.PositiveSmallIntegerField(_("顺序"))

    class Meta:
        verbose_name = _("目标")
        verbose_name_plural = _("目标")
        constraints = [models.UniqueConstraint(fields=["task", "order"], name="tasks_target_order")]

    def __str__(self) -> str:
        return self.metric


class Case(models.Model):
    """One gap of one unit on one indicator, and the work to close it.

    `state`, `version`, `changed_on`, `closed_on` and `reopened_count` are caches of the events.
    """

    number = models.CharField(_("编号"), max_length=16, unique=True)
    year = models.PositiveSmallIntegerField(_("年度"))
    serial = models.PositiveIntegerField(_("序号"))
    campaign = models.ForeignKey(
        Campaign,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="cases",
        verbose_name=_("专项行动"),
    )
    task = models.ForeignKey(
        Task, models.PROTECT, null=True, blank=True, related_name="cases", verbose_name=_("任务")
    )
    indicator = models.CharField(_("指标"), max_length=16)
    subject_kind = models.CharField(_("对象类型"), max_length=16, choices=SubjectKind.choices)
    subject_id = models.BigIntegerField(_("对象编号"))
    village = models.ForeignKey(
        Village, models.PROTECT, related_name="cases", verbose_name=_("嘎查村")
    )
    township = models.ForeignKey(
        Area,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("责任苏木乡镇"),
    )
    household = models.ForeignKey(
        Household, models.PROTECT, null=True, blank=True, related_name="cases", verbose_name=_("户")
    )
    member = models.ForeignKey(
        Member, models.PROTECT, null=True, blank=True, related_name="cases", verbose_name=_("成员")
    )
    agencies = models.ManyToManyField(
        Agency, through="CaseAgency", related_name="cases", verbose_name=_("责任单位")
    )
    state = models.CharField(
        _("状态"), max_length=16, choices=CaseState.choices, default=CaseState.REGISTERED
    )
    opened_on = models.DateField(_("登记日期"))
    due_on = models.DateField(_("整改时限"))
    asked_due_on = models.DateField(_("申请延期至"), null=True, blank=True)
    changed_on = models.DateField(_("最近变动日期"))
    closed_on = models.DateField(_("销号日期"), null=True, blank=True)
    reopened_count = models.PositiveSmallIntegerField(_("反弹次数"), default=0)
    version = models.PositiveIntegerField(_("版本"), default=1)

    objects = CaseQuerySet.as_manager()

    class Meta:
        verbose_name = _("问题")
        verbose_name_plural = _("问题")
        constraints = [
            models.UniqueConstraint(fields=["year", "serial"], name="tasks_case_serial"),
            models.UniqueConstraint(
                fields=["indicator", "subject_kind", "subject_id"],
                condition=~Q(state="CLOSED"),
                name="tasks_case_one_live",
            ),
            models.CheckConstraint(
                condition=Q(state="CLOSED", closed_on__isnull=False)
                | (~Q(state="CLOSED") & Q(closed_on=None)),
                name="tasks_case_closed_pair",
            ),
            models.CheckConstraint(
                condition=Q(state="EXTENSION", asked_due_on__isnull=False)
                | (~Q(state="EXTENSION") & Q(asked_due_on=None)),
                name="tasks_case_extension_pair",
            ),
            models.CheckConstraint(
                condition=Q(due_on__gte=models.F("opened_on")), name="tasks_case_due_range"
            ),
            models.CheckConstraint(
                condition=Q(subject_kind="HOUSEHOLD", household__isnull=False, member=None)
                | Q(subject_kind="MEMBER", household__isnull=False, member__isnull=False)
                | Q(subject_kind="VILLAGE", household=None, member=None),
                name="tasks_case_subject_pair",
            ),
        ]
        indexes = [
            models.Index(fields=["village", "state"], name="tasks_case_village"),
            models.Index(fields=["-closed_on", "due_on", "id"], name="tasks_case_order"),
            models.Index(
                fields=["subject_kind", "subject_id", "indicator"], name="tasks_case_subject"
            ),
            models.Index(fields=["due_on"], name="tasks_case_due", condition=~Q(state="CLOSED")),
        ]

    def __str__(self) -> str:
        return self.number

    def get_absolute_url(self) -> str:
        return reverse("tasks:case_detail", args=[self.number])

    @property
    def is_live(self) -> bool:
        return self.state != CaseState.CLOSED

    def is_overdue(self, on: date) -> bool:
        return self.state not in {CaseState.CLOSED, CaseState.SUSPENDED} and self.due_on < on


class CaseAgency(models.Model):
    """An agency that answers for a case: the lead agencies as they stood when it was opened."""

    case = models.ForeignKey(
        Case, models.PROTECT, related_name="case_agencies", verbose_name=_("问题")
    )
    agency = models.ForeignKey(Agency, models.PROTECT, related_name="+", verbose_name=_("责任单位"))

    class Meta:
        verbose_name = _("问题责任单位")
        verbose_name_plural = _("问题责任单位")
        constraints = [
            models.UniqueConstraint(fields=["case", "agency"], name="tasks_caseagency_once")
        ]

    def __str__(self) -> str:
        return f"{self.case} {self.agency}"


class CaseEvent(models.Model):
    """One turn in a case's life. Append-only by trigger; `agency` and `area` are the actor's unit."""

    case = models.ForeignKey(
        Case, models.PROTECT, related_name="events", db_index=False, verbose_name=_("问题")
    )
    kind = models.CharField(_("事项"), max_length=24, choices=EventKind.choices)
    from_state = models.CharField(_("原状态"), max_length=16, choices=CaseState.choices, blank=True)
    to_state = models.CharField(_("新状态"), max_length=16, choices=CaseState.choices)
    on = models.DateField(_("业务日期"))
    at = models.DateTimeField(_("录入时间"))
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("经办人"),
    )
    agency = models.ForeignKey(
        Agency, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("经办单位")
    )
    area = models.ForeignKey(
        Area, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("经办人区划")
    )
    note = models.CharField(_("说明"), max_length=500, blank=True)

    objects = CaseEventQuerySet.as_manager()

    class Meta:
        verbose_name = _("问题经过")
        verbose_name_plural = _("问题经过")
        indexes = [
            models.Index(fields=["case", "on", "id"], name="tasks_caseevent_case"),
            models.Index(fields=["on", "kind"], name="tasks_caseevent_on"),
        ]

    def __str__(self) -> str:
        return f"{self.case_id} {self.kind}"
