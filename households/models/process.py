"""Status changes on their way: what was asked for, and every step that was taken."""

import json
from datetime import date
from typing import Any

from django.conf import settings
from django.db import models
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from core.fields import EncryptedTextField
from households.enums import ProcessKind, ProcessState, Status, StepKind
from households.models.household_themes import HouseholdStatus
from households.models.identity import Household
from households.querysets import ProcessQuerySet
from households.transitions import JUDGED, NOTICE_STEPS, STEPS
from villages.models import Village


class StatusProcess(models.Model):
    """One change of one household's status, or the identification of a new one.

    `step` is the step to be taken next, "" when none is left. The current notice stands from
    `notice_from` to `notice_to`, both inclusive; both are empty while none is up.
    """

    kind = models.CharField(_("类别"), max_length=16, choices=ProcessKind.choices)
    household = models.ForeignKey(
        Household,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="processes",
        verbose_name=_("户"),
    )
    village = models.ForeignKey(Village, models.PROTECT, related_name="+", verbose_name=_("嘎查村"))
    name = models.CharField(_("户主姓名"), max_length=64)
    applicant = EncryptedTextField(_("申请家庭"), blank=True)
    from_status = models.CharField(_("原状态"), max_length=20, choices=Status.choices, blank=True)
    to_status = models.CharField(_("拟变更为"), max_length=20, choices=Status.choices)
    values = models.JSONField(_("变更内容"), default=dict, blank=True)
    state = models.CharField(
        _("办理状态"), max_length=16, choices=ProcessState.choices, default=ProcessState.OPEN
    )
    step = models.CharField(_("当前步骤"), max_length=16, choices=StepKind.choices, blank=True)
    opened_on = models.DateField(_("提出日期"))
    opened_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("提出人")
    )
    checked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("乡镇核查人"),
    )
    changed_on = models.DateField(_("最近办理日期"))
    notice_from = models.DateField(_("公示开始"), null=True, blank=True)
    notice_to = models.DateField(_("公示截止"), null=True, blank=True)
    notice_phone = models.CharField(_("异议电话"), max_length=20, blank=True)
    closed_on = models.DateField(_("办结日期"), null=True, blank=True)
    outcome = models.CharField(_("结果"), max_length=500, blank=True)
    version = models.PositiveIntegerField(_("版本"), default=1)

    objects = ProcessQuerySet.as_manager()

    class Meta:
        verbose_name = _("状态变更")
        verbose_name_plural = _("状态变更")
        constraints = [
            models.UniqueConstraint(
                fields=["household"],
                condition=models.Q(state__in=["OPEN", "OBJECTED"]),
                name="households_process_one_open",
            ),
            models.CheckConstraint(
                condition=models.Q(notice_from=None, notice_to=None)
                | models.Q(notice_to__gte=models.F("notice_from")),
                name="households_process_notice_range",
            ),
        ]
        indexes = [
            models.Index(fields=["village", "-changed_on"], name="households_process_village"),
            models.Index(
                fields=["village", "step"],
                condition=models.Q(state__in=["OPEN", "OBJECTED"]),
                name="households_process_waiting",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} {self.get_kind_display()}"

    def get_absolute_url(self) -> str:
        return reverse("households:process_detail", args=[self.pk])

    @property
    def ref(self) -> str:
        """How the facts it wrote cite it."""
        return f"process:{self.pk}"

    @property
    def is_live(self) -> bool:
        return self.state in (ProcessState.OPEN, ProcessState.OBJECTED)

    @property
    def steps(self) -> tuple[StepKind, ...]:
        return STEPS[ProcessKind(self.kind)]

    @property
    def has_notice_up(self) -> bool:
        """Put up and not yet taken down."""
        return self.is_live and self.step in NOTICE_STEPS and self.notice_to is not None

    def notice_runs(self, on: date) -> bool:
        """Whether the period of the notice is not over on a day."""
        return self.has_notice_up and self.notice_to is not None and on <= self.notice_to

    @property
    def notice_days(self) -> int:
        """Full days that the current notice stands; 0 while none is up."""
        if self.notice_from is None or self.notice_to is None:
            return 0
        return (self.notice_to - self.notice_from).days

    def bars(self, user: Any, step: str) -> bool:
        """Whether somebody else has to take a step: nobody checks what they proposed, or approves
        what they proposed or checked."""
        if step == StepKind.APPROVAL and self.checked_by_id == user.pk:
            return True
        return step in JUDGED and self.opened_by_id == user.pk

    def is_newest(self) -> bool:
        """Whether the status that it wrote is the one that stands."""
        versions = HouseholdStatus.objects.filter(household_id=self.household_id)
        return versions.latest_known().filter(source_ref=self.ref).exists()

    @cached_property
    def family(self) -> dict[str, Any]:
        """What an identification asks for; {} for a household on the register."""
        return json.loads(self.applicant) if self.applicant else {}


class ProcessStep(models.Model):
    """One turn of a process: who did what when, in which office. Append-only by trigger."""

    process = models.ForeignKey(
        StatusProcess, models.PROTECT, related_name="turns", verbose_name=_("状态变更")
    )
    kind = models.CharField(_("步骤"), max_length=16, choices=StepKind.choices)
    on = models.DateField(_("日期"))
    at = models.DateTimeField(_("录入时间"))
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("经办人")
    )
    office = models.CharField(_("经办岗位"), max_length=150, blank=True)
    data = models.JSONField(_("内容"), default=dict, blank=True)
    note = models.CharField(_("说明"), max_length=500, blank=True)

    class Meta:
        verbose_name = _("状态变更步骤")
        verbose_name_plural = _("状态变更步骤")

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.on}"
