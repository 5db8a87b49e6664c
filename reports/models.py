"""Monthly reports: what each lead agency owes by the 8th, and what it filed."""

import hashlib
import json
from datetime import date, datetime
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from accounts.models import Agency
from reports import deadlines
from reports.enums import Answer, FilingState, ObligationState, Timeliness
from reports.querysets import FilingQuerySet, ObligationQuerySet
from tasks.models import Campaign


def line_change(line: dict[str, Any]) -> int | None:
    """Difference of a line from the month before; None when one of them is not known."""
    return None if None in (line["computed"], line["before"]) else line["computed"] - line["before"]


class Obligation(models.Model):
    """One lead agency owes one report on one month of a campaign, by a moment.

    `month` is the first day of the reported month. The due moment is kept on the row, so that a
    deadline that was moved stays moved.
    """

    campaign = models.ForeignKey(
        Campaign, models.PROTECT, related_name="obligations", verbose_name=_("专项行动")
    )
    agency = models.ForeignKey(
        Agency, models.PROTECT, related_name="obligations", verbose_name=_("牵头单位")
    )
    month = models.DateField(_("报告月份"))
    due_at = models.DateTimeField(_("截止时间"))

    # What `with_progress()` adds.
    first_submitted_at: datetime | None
    draft_count: int
    submitted_count: int

    objects = ObligationQuerySet.as_manager()

    class Meta:
        verbose_name = _("月报任务")
        verbose_name_plural = _("月报任务")
        constraints = [
            models.UniqueConstraint(
                fields=["campaign", "agency", "month"], name="reports_obligation_one_a_month"
            ),
            models.CheckConstraint(
                condition=Q(month__day=1), name="reports_obligation_month_is_first_day"
            ),
        ]
        indexes = [models.Index(fields=["month", "agency"], name="reports_obligation_month")]

    def __str__(self) -> str:
        return f"{self.agency} {self.month:%Y-%m}"

    def get_absolute_url(self) -> str:
        return reverse("reports:filing_edit", args=[self.pk])

    @property
    def due_on(self) -> date:
        return self.due_at.astimezone(deadlines.SHANGHAI).date()

    @property
    def figures_on(self) -> date:
        """The night whose figures the report carries: the last day of the reported month."""
        return deadlines.month_end(self.month)

    def state(self, at: datetime) -> ObligationState:
        """Where it stands; the row comes from `with_progress()`."""
        return deadlines.obligation_state(
            first_submitted_at=self.first_submitted_at,
            has_draft=self.draft_count > 0,
            due=self.due_at,
            at=at,
        )


class Filing(models.Model):
    """One version of a report. A draft may change; what was submitted is guarded by a trigger.

    `lines` holds one object for each computed figure asked about: `key, tasks, indicator, name,
    measure, label, unit, denominator, computed, before, answer, own, explanation`. `cases` holds the
    month's arithmetic: `opening, new, reopened, closed, closing`.
    """

    obligation = models.ForeignKey(
        Obligation, models.PROTECT, related_name="filings", verbose_name=_("月报任务")
    )
    version = models.PositiveSmallIntegerField(_("版次"), default=1)
    revision = models.PositiveIntegerField(_("保存次数"), default=1)
    state = models.CharField(
        _("状态"), max_length=16, choices=FilingState.choices, default=FilingState.DRAFT
    )
    lines = models.JSONField(_("数字"), default=list, blank=True)
    cases = models.JSONField(_("问题整改"), default=dict, blank=True)
    progress = models.TextField(_("工作进展"), blank=True)
    problems = models.TextField(_("存在问题"), blank=True)
    next_steps = models.TextField(_("下步打算"), blank=True)
    is_nil = models.BooleanField(_("零报告"), default=False)
    signed_by = models.CharField(_("第一责任人"), max_length=32, blank=True)
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("填表人")
    )
    base = models.ForeignKey(
        "self",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="corrections",
        verbose_name=_("更正自"),
    )
    saved_at = models.DateTimeField(_("保存时间"))
    submitted_at = models.DateTimeField(_("报送时间"), null=True, blank=True)
    receipt = models.CharField(_("回执号"), max_length=32, blank=True)

    objects = FilingQuerySet.as_manager()

    class Meta:
        verbose_name = _("月报")
        verbose_name_plural = _("月报")
        constraints = [
            models.UniqueConstraint(
                fields=["obligation", "version"], name="reports_filing_version"
            ),
            models.UniqueConstraint(
                fields=["obligation"],
                condition=Q(state=FilingState.DRAFT),
                name="reports_filing_one_draft",
            ),
            models.UniqueConstraint(
                fields=["receipt"], condition=~Q(receipt=""), name="reports_filing_receipt"
            ),
            models.CheckConstraint(
                condition=Q(state=FilingState.DRAFT, submitted_at=None, receipt="")
                | (Q(state=FilingState.SUBMITTED, submitted_at__isnull=False) & ~Q(receipt="")),
                name="reports_filing_submitted_has_receipt",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.obligation} v{self.version}"

    def get_absolute_url(self) -> str:
        return reverse("reports:filing_detail", args=[self.pk])

    @property
    def is_draft(self) -> bool:
        return self.state == FilingState.DRAFT

    @property
    def mark(self) -> str:
        """Digest of the computed figures, so that a form is not saved over others than it showed."""
        shown = [[line["key"], line["computed"], line["before"]] for line in self.lines]
        return hashlib.sha256(json.dumps(shown).encode()).hexdigest()[:16]

    @property
    def figures_moved(self) -> bool:
        """Whether any figure differs from the month before, or any case was opened or closed."""
        lines = any(line["computed"] != line["before"] for line in self.lines)
        return lines or any(self.cases.get(name) for name in ("new", "reopened", "closed"))

    @property
    def differing_lines(self) -> list[dict[str, Any]]:
        return [line for line in self.lines if line["answer"] == Answer.OWN]

    def timeliness(self, due: datetime) -> Timeliness | None:
        return deadlines.timeliness(self.submitted_at, due) if self.submitted_at else None
