"""Two registers of people to watch: pupils who dropped out, households that may fall (back) into poverty.

A case changes state only along the tables in `households.enums`, each turn a row. `due_on` is the
day by which the next step must have been done; a case is overdue from the day after. An exception
to school duty runs out on that day too, so that a case reopens without anybody touching it.
"""

from datetime import date
from typing import Any

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from core.fields import EncryptedTextField
from core.masking import mask_phone
from households.codelists import CodeField
from households.enums import (
    DROPOUT_ENDED,
    ClueKind,
    DropoutAct,
    DropoutSource,
    DropoutState,
    MonitoringAct,
    MonitoringState,
    MonitorType,
    Pace,
    RemovedWay,
    Risk,
    SchoolExemption,
    VisitKind,
)
from households.models.identity import Household, Member
from households.querysets import DropoutQuerySet, MonitoringQuerySet
from villages.models import Village


class RegisterRow(models.Model):
    """Something that a person entered on a case: when it happened, who entered it, when."""

    on = models.DateField(_("日期"))
    at = models.DateTimeField(_("录入时间"))
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("录入人")
    )

    class Meta:
        abstract = True


# --- 控辍保学 ------------------------------------------------------------------------------------


class DropoutCase(models.Model):
    """One pupil of school age out of school, until back, excused or no longer of concern."""

    member = models.ForeignKey(
        Member, models.PROTECT, related_name="dropouts", verbose_name=_("学生")
    )
    state = models.CharField(
        _("状态"), max_length=16, choices=DropoutState.choices, default=DropoutState.SUSPECTED
    )
    source = models.CharField(_("线索来源"), max_length=16, choices=DropoutSource.choices)
    reason = CodeField(_("失学或辍学原因"), list_key="dropout_reason")
    opened_on = models.DateField(_("立案日期"))
    opened_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("立案人")
    )
    since_on = models.DateField(_("当前状态起"))
    pursued_since = models.DateField(_("本轮劝返起"))
    due_on = models.DateField(_("下一步期限"), null=True, blank=True)
    closed_on = models.DateField(_("结束日期"), null=True, blank=True)
    exemption = models.CharField(
        _("例外情形"), max_length=24, choices=SchoolExemption.choices, blank=True
    )
    exemption_document = models.CharField(_("批准文件"), max_length=128, blank=True)
    exemption_authority = models.CharField(_("批准单位"), max_length=64, blank=True)
    exempted_until = models.DateField(_("例外有效期至"), null=True, blank=True)
    signed_on = models.DateField(_("三方签字日期"), null=True, blank=True)
    version = models.PositiveIntegerField(_("版本"), default=1)

    objects = DropoutQuerySet.as_manager()

    class Meta:
        verbose_name = _("控辍保学")
        verbose_name_plural = _("控辍保学")
        constraints = [
            models.UniqueConstraint(
                fields=["member"],
                condition=~Q(state__in=DROPOUT_ENDED),
                name="households_dropout_one_live",
            ),
            models.CheckConstraint(
                condition=Q(state__in=DROPOUT_ENDED, closed_on__isnull=False, due_on=None)
                | Q(~Q(state__in=DROPOUT_ENDED), closed_on=None, due_on__isnull=False),
                name="households_dropout_ended_pair",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.member} {self.get_state_display()}"

    def get_absolute_url(self) -> str:
        return reverse("households:dropout_detail", args=[self.pk])

    def state_on(self, on: date) -> str:
        """The state on a day: an exception that ran out before it stands open again."""
        return DropoutState.VERIFIED if self.is_expired(on) else self.state

    def is_expired(self, on: date) -> bool:
        return self.state == DropoutState.EXEMPTED and self.due_on is not None and self.due_on < on

    def is_overdue(self, on: date) -> bool:
        return self.due_on is not None and self.due_on < on

    @property
    def place(self) -> Any:
        return self.member.village

    @property
    def village_code(self) -> int:
        return self.member.village_id


class DropoutTurn(RegisterRow):
    """One act on a drop-out case."""

    case = models.ForeignKey(
        DropoutCase, models.PROTECT, related_name="turns", verbose_name=_("控辍保学")
    )
    kind = models.CharField(_("办理"), max_length=16, choices=DropoutAct.choices)
    from_state = models.CharField(
        _("原状态"), max_length=16, choices=DropoutState.choices, blank=True
    )
    to_state = models.CharField(_("新状态"), max_length=16, choices=DropoutState.choices)
    note = models.CharField(_("说明"), max_length=500, blank=True)

    class Meta:
        verbose_name = _("控辍保学办理")
        verbose_name_plural = _("控辍保学办理")

    def __str__(self) -> str:
        return f"{self.on} {self.get_kind_display()}"


class PersuasionVisit(RegisterRow):
    """One attempt to persuade, as the paper form has it."""

    case = models.ForeignKey(
        DropoutCase, models.PROTECT, related_name="visits", verbose_name=_("控辍保学")
    )
    kind = models.CharField(_("劝返类型"), max_length=16, choices=VisitKind.choices)
    at_home = models.BooleanField(_("是否入户"), default=False)
    persons = models.CharField(_("劝返人员"), max_length=128)
    phone = EncryptedTextField(_("联系电话"), blank=True)
    result = models.CharField(_("劝返结果"), max_length=500)
    next_step = models.CharField(_("下一步打算"), max_length=255, blank=True)

    class Meta:
        verbose_name = _("劝返记录")
        verbose_name_plural = _("劝返记录")

    def __str__(self) -> str:
        return f"{self.on} {self.get_kind_display()}"

    @property
    def masked_phone(self) -> str:
        return mask_phone(self.phone) if self.phone else ""


class HomeTeachingSession(RegisterRow):
    """One lesson given at the pupil's home."""

    case = models.ForeignKey(
        DropoutCase, models.PROTECT, related_name="sessions", verbose_name=_("控辍保学")
    )
    teacher = models.CharField(_("送教教师"), max_length=64)
    content = models.CharField(_("送教内容"), max_length=255)
    minutes = models.PositiveSmallIntegerField(_("时长（分钟）"))

    class Meta:
        verbose_name = _("送教记录")
        verbose_name_plural = _("送教记录")

    def __str__(self) -> str:
        return f"{self.on} {self.teacher}"


# --- 返贫监测 ------------------------------------------------------------------------------------


class MonitoringManager(models.Manager.from_queryset(MonitoringQuerySet)):
    """Every row knows the village it lies in."""

    def get_queryset(self) -> MonitoringQuerySet:
        found: MonitoringQuerySet = super().get_queryset()
        return found.placed()


class MonitoringCase(models.Model):
    """One household watched against falling (back) into poverty, from the first clue on.

    A registered household is named by `household`. A borderline household (边缘易致贫户) is no
    registered poor household and stands here with an identity of its own, so that no indicator of
    the register ever counts it (ADR 0011).
    """

    household = models.ForeignKey(
        Household,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="monitorings",
        verbose_name=_("户"),
    )
    village = models.ForeignKey(
        Village, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("嘎查村")
    )
    head_name = models.CharField(_("户主姓名"), max_length=64, blank=True)
    id_number = EncryptedTextField(_("证件号码"), blank=True)
    id_hash = models.BinaryField(_("证件号码摘要"), max_length=16, blank=True, default=b"")
    id_mask = models.CharField(_("证件号码（掩码）"), max_length=24, blank=True)
    persons = models.PositiveSmallIntegerField(_("家庭人口"), null=True, blank=True)
    state = models.CharField(
        _("状态"), max_length=20, choices=MonitoringState.choices, default=MonitoringState.CLUE
    )
    clue_kind = models.CharField(_("线索来源"), max_length=16, choices=ClueKind.choices)
    reported_on = models.DateField(_("线索日期"))
    since_on = models.DateField(_("当前状态起"))
    due_on = models.DateField(_("下一步期限"), null=True, blank=True)
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
    pace = models.CharField(
        _("跟踪频次"), max_length=16, choices=Pace.choices, default=Pace.QUARTERLY
    )
    monitored_on = models.DateField(_("识别监测时间"), null=True, blank=True)
    removed_on = models.DateField(_("风险消除时间"), null=True, blank=True)
    removed_way = models.CharField(
        _("消除方式"), max_length=16, choices=RemovedWay.choices, blank=True
    )
    version = models.PositiveIntegerField(_("版本"), default=1)

    objects = MonitoringManager()

    class Meta:
        verbose_name = _("返贫监测对象")
        verbose_name_plural = _("返贫监测对象")
        constraints = [
            models.CheckConstraint(
                condition=Q(household__isnull=False, village=None, head_name="")
                | Q(Q(household=None, village__isnull=False), ~Q(head_name="")),
                name="households_watch_one_subject",
            ),
            models.UniqueConstraint(
                fields=["household"],
                condition=~Q(state=MonitoringState.DISMISSED),
                name="households_watch_household",
            ),
            models.UniqueConstraint(
                fields=["id_hash"],
                condition=~Q(state=MonitoringState.DISMISSED) & ~Q(id_hash=b""),
                name="households_watch_person",
            ),
            models.CheckConstraint(
                condition=Q(removed_on=None) | Q(removed_on__gte=models.F("monitored_on")),
                name="households_watch_removed_later",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} {self.get_state_display()}"

    def get_absolute_url(self) -> str:
        return reverse("households:monitoring_detail", args=[self.pk])

    @property
    def name(self) -> str:
        return str(self.household) if self.household else self.head_name

    @property
    def place(self) -> Any:
        return self.household.village if self.household else self.village

    @property
    def village_code(self) -> int:
        code: int = self.place.pk
        return code

    def state_on(self, _on: date) -> str:
        return self.state

    def is_overdue(self, on: date) -> bool:
        return self.due_on is not None and self.due_on < on


class MonitoringTurn(RegisterRow):
    """One act on a monitoring case; a follow-up's note is its finding."""

    case = models.ForeignKey(
        MonitoringCase, models.PROTECT, related_name="turns", verbose_name=_("返贫监测对象")
    )
    kind = models.CharField(_("办理"), max_length=20, choices=MonitoringAct.choices)
    from_state = models.CharField(
        _("原状态"), max_length=20, choices=MonitoringState.choices, blank=True
    )
    to_state = models.CharField(_("新状态"), max_length=20, choices=MonitoringState.choices)
    note = models.CharField(_("说明"), max_length=500, blank=True)

    class Meta:
        verbose_name = _("返贫监测办理")
        verbose_name_plural = _("返贫监测办理")

    def __str__(self) -> str:
        return f"{self.on} {self.get_kind_display()}"


class MonitoringMeasure(RegisterRow):
    """One measure of help: who does what until when, and what came of it."""

    case = models.ForeignKey(
        MonitoringCase, models.PROTECT, related_name="measures", verbose_name=_("返贫监测对象")
    )
    measure = models.CharField(_("帮扶措施"), max_length=255)
    responsible = models.CharField(_("责任人"), max_length=64)
    deadline = models.DateField(_("完成时限"))
    result = models.CharField(_("成效"), max_length=255, blank=True)
    finished_on = models.DateField(_("完成日期"), null=True, blank=True)

    class Meta:
        verbose_name = _("帮扶措施")
        verbose_name_plural = _("帮扶措施")
        constraints = [
            models.CheckConstraint(
                condition=Q(finished_on=None, result="")
                | Q(Q(finished_on__isnull=False), ~Q(result="")),
                name="households_measure_finished_pair",
            ),
        ]

    def __str__(self) -> str:
        return self.measure
