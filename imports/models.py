"""Uploaded lists: each file is a batch, each row below its header a row with its outcome."""

from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from accounts.models import Area
from core.fields import EncryptedTextField
from imports.enums import BUSY_STATES, CLOSED_STATES, BatchState, ImportKind, Outcome, Reason
from imports.querysets import BatchQuerySet, RowQuerySet


class ImportBatch(models.Model):
    """One reading of one file: what it would do (staged) or did (confirmed)."""

    COUNTS = ("created", "updated", "unchanged", "rejected", "ignored")

    kind = models.CharField(_("类别"), max_length=24, choices=ImportKind.choices)
    file_name = models.CharField(_("文件名"), max_length=200)
    sheet = models.CharField(_("工作表"), max_length=64, blank=True)
    sha256 = models.CharField(_("文件摘要"), max_length=64, db_index=True)
    area = models.ForeignKey(Area, models.PROTECT, related_name="+", verbose_name=_("区划"))
    state = models.CharField(
        _("状态"), max_length=16, choices=BatchState.choices, default=BatchState.STAGED
    )
    header_row = models.PositiveIntegerField(_("表头行"), default=0)
    row_count = models.PositiveIntegerField(_("行数"), default=0)
    created_count = models.PositiveIntegerField(_("新增"), default=0)
    updated_count = models.PositiveIntegerField(_("更新"), default=0)
    unchanged_count = models.PositiveIntegerField(_("无变化"), default=0)
    rejected_count = models.PositiveIntegerField(_("拒收"), default=0)
    ignored_count = models.PositiveIntegerField(_("忽略"), default=0)
    warning_count = models.PositiveIntegerField(_("有警告的行"), default=0)
    notes = models.JSONField(_("文件说明"), default=list, blank=True)
    columns = models.JSONField(_("列匹配"), default=dict, blank=True)
    told_on = models.DateField(_("业务日期"))
    uploaded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("上传人")
    )
    uploaded_at = models.DateTimeField(_("上传时间"))
    closed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("办结人"),
    )
    closed_at = models.DateTimeField(_("办结时间"), null=True, blank=True)

    objects = BatchQuerySet.as_manager()

    class Meta:
        verbose_name = _("导入批次")
        verbose_name_plural = _("导入批次")
        constraints = [
            models.CheckConstraint(
                condition=Q(
                    row_count=F("created_count")
                    + F("updated_count")
                    + F("unchanged_count")
                    + F("rejected_count")
                    + F("ignored_count")
                ),
                name="imports_batch_counts_add_up",
            ),
            models.CheckConstraint(
                condition=Q(~Q(state__in=CLOSED_STATES), closed_at=None)
                | Q(state__in=CLOSED_STATES, closed_at__isnull=False),
                name="imports_batch_closed_pair",
            ),
        ]
        indexes = [models.Index(fields=["area", "-uploaded_at"], name="imports_batch_area")]

    def __str__(self) -> str:
        return _("第 %(pk)s 批") % {"pk": self.pk}

    def get_absolute_url(self) -> str:
        return reverse("imports:batch_detail", args=[self.pk])

    @property
    def is_staged(self) -> bool:
        return self.state == BatchState.STAGED

    @property
    def is_busy(self) -> bool:
        """A job is at it; the page asks again."""
        return self.state in BUSY_STATES

    @property
    def is_confirmed(self) -> bool:
        return self.state == BatchState.CONFIRMED

    @property
    def good_count(self) -> int:
        return self.created_count + self.updated_count + self.unchanged_count

    @property
    def source_ref(self) -> str:
        """How facts cite this batch."""
        return f"batch:{self.pk}"

    def counts(self) -> dict[str, int]:
        return {name: getattr(self, f"{name}_count") for name in self.COUNTS}


class ImportFile(models.Model):
    """The bytes of a large file between its upload and its reading; deleted once it is read."""

    batch = models.OneToOneField(
        ImportBatch, models.PROTECT, related_name="file", verbose_name=_("批次")
    )
    content = EncryptedTextField(_("内容"))

    class Meta:
        verbose_name = _("待读文件")
        verbose_name_plural = _("待读文件")

    def __str__(self) -> str:
        return str(self.batch)


class ImportRow(models.Model):
    """One row below the header. What it says is kept encrypted; reports hold masked values only."""

    batch = models.ForeignKey(
        ImportBatch, models.PROTECT, related_name="rows", verbose_name=_("批次")
    )
    number = models.PositiveIntegerField(_("行号"))
    outcome = models.CharField(_("结果"), max_length=16, choices=Outcome.choices)
    errors = models.JSONField(_("问题"), default=list, blank=True)
    warnings = models.JSONField(_("警告"), default=list, blank=True)
    error_count = models.PositiveSmallIntegerField(_("问题数"), default=0)
    warning_count = models.PositiveSmallIntegerField(_("警告数"), default=0)
    payload = EncryptedTextField(_("内容"), blank=True)
    reason = models.CharField(_("拒收原因"), max_length=16, choices=Reason.choices, blank=True)
    village_id = models.BigIntegerField(_("村代码"), null=True, blank=True)

    objects = RowQuerySet.as_manager()

    class Meta:
        verbose_name = _("导入行")
        verbose_name_plural = _("导入行")
        constraints = [
            models.UniqueConstraint(fields=["batch", "number"], name="imports_row_number"),
        ]
        indexes = [
            models.Index(fields=["batch", "outcome", "reason"], name="imports_row_outcome"),
        ]

    def __str__(self) -> str:
        return f"{self.batch_id}:{self.number}"

    @property
    def problems(self) -> list[dict[str, Any]]:
        """Errors first, then warnings, each with its grade."""
        grade = Outcome.IGNORED if self.outcome == Outcome.IGNORED else Outcome.REJECTED
        return [
            *({**each, "grade": str(grade)} for each in self.errors),
            *({**each, "grade": "WARNING"} for each in self.warnings),
        ]
