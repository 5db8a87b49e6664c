"""The audit trail, background jobs and operation keys: rows that name no domain noun."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _


class AuditEvent(models.Model):
    """One act of one person or of the system. Append-only by trigger; holds no foreign keys."""

    at = models.DateTimeField(_("时间"))
    actor_id = models.BigIntegerField(_("操作人编号"), null=True, blank=True)
    actor_name = models.CharField(_("操作人"), max_length=150, blank=True)
    action = models.CharField(_("操作"), max_length=64)
    target_type = models.CharField(_("对象类型"), max_length=64, blank=True)
    target_id = models.CharField(_("对象编号"), max_length=64, blank=True)
    village_id = models.BigIntegerField(_("村代码"), null=True, blank=True)
    detail = models.JSONField(_("内容"), default=dict, blank=True)

    class Meta:
        verbose_name = _("操作记录")
        verbose_name_plural = _("操作记录")
        indexes = [
            models.Index(fields=["target_type", "target_id", "at"], name="core_audit_target"),
            models.Index(fields=["at"], name="core_audit_at"),
        ]

    def __str__(self) -> str:
        return f"{self.action} {self.target_type}:{self.target_id}"


class JobState(models.TextChoices):
    QUEUED = "QUEUED", _("排队")
    RUNNING = "RUNNING", _("运行中")
    DONE = "DONE", _("完成")
    FAILED = "FAILED", _("失败")


class Job(models.Model):
    """One piece of background work. The truth about it is this row; Celery only rings the bell."""

    kind = models.CharField(_("类别"), max_length=64)
    key = models.CharField(_("标识"), max_length=128)
    payload = models.JSONField(_("参数"), default=dict, blank=True)
    state = models.CharField(
        _("状态"), max_length=16, choices=JobState.choices, default=JobState.QUEUED
    )
    attempt = models.PositiveSmallIntegerField(_("次数"), default=0)
    fence = models.PositiveIntegerField(_("令牌"), default=0)
    done_count = models.PositiveIntegerField(_("已完成"), default=0)
    total_count = models.PositiveIntegerField(_("总数"), default=0)
    error = models.TextField(_("错误"), blank=True)
    queued_at = models.DateTimeField(_("排队时间"))
    started_at = models.DateTimeField(_("开始时间"), null=True, blank=True)
    finished_at = models.DateTimeField(_("结束时间"), null=True, blank=True)

    class Meta:
        verbose_name = _("后台作业")
        verbose_name_plural = _("后台作业")
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "key"],
                condition=models.Q(state__in=["QUEUED", "RUNNING"]),
                name="core_job_one_alive",
            ),
        ]
        indexes = [
            models.Index(fields=["state", "queued_at"], name="core_job_state"),
            models.Index(fields=["kind", "key"], name="core_job_key"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.key}"


class Operation(models.Model):
    """One write that a person sent: its key, so that sending it twice does it once."""

    key = models.CharField(_("操作键"), max_length=64)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("操作人")
    )
    request_hash = models.CharField(_("请求摘要"), max_length=64)
    outcome = models.JSONField(_("结果"), default=dict)
    at = models.DateTimeField(_("时间"))

    class Meta:
        verbose_name = _("操作键")
        verbose_name_plural = _("操作键")
        constraints = [models.UniqueConstraint(fields=["user", "key"], name="core_operation_key")]

    def __str__(self) -> str:
        return self.key
