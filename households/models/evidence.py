"""Papers and photographs that prove what the register says."""

from datetime import date
from typing import Any

from django.conf import settings
from django.db import models
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from accounts.enums import Line
from core.uploads import PDF, SUFFIXES
from households.codelists import CodeField
from households.enums import StepKind
from households.models.checks import HouseholdCheck
from households.models.identity import Household, Member
from households.models.process import StatusProcess
from households.querysets import EvidenceQuerySet


class EvidenceManager(models.Manager.from_queryset(EvidenceQuerySet)):
    """Every row knows the village it lies in."""

    def get_queryset(self) -> EvidenceQuerySet:
        found: EvidenceQuerySet = super().get_queryset()
        return found.placed()


class Evidence(models.Model):
    """One file of a household, seen where the household lives today; withdrawn, never deleted.

    A paper of a status process names the process and, where it belongs to one, the step. A family
    that is not yet on the register has such papers before it is a household.

    What is stored is our own copy (see `core.uploads`); `sha256` and `file_name` are of the file as
    it was sent. `line` is a cache of the theme's line of work.
    """

    household = models.ForeignKey(
        Household,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="evidence",
        db_index=False,
        verbose_name=_("户"),
    )
    process = models.ForeignKey(
        StatusProcess,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="papers",
        verbose_name=_("状态变更"),
    )
    step = models.CharField(_("步骤"), max_length=16, choices=StepKind.choices, blank=True)
    member = models.ForeignKey(
        Member,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="evidence",
        verbose_name=_("成员"),
    )
    kind = CodeField(_("材料类型"), list_key="document_kind")
    theme = models.CharField(_("证明事项"), max_length=32, blank=True)
    line = models.CharField(
        _("业务条线"), max_length=16, choices=Line.choices, default=Line.GENERAL
    )
    visit = models.ForeignKey(
        HouseholdCheck,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="evidence",
        verbose_name=_("入户核查"),
    )
    document_no = models.CharField(_("编号"), max_length=64, blank=True)
    document_date = models.DateField(_("日期"), null=True, blank=True)
    valid_until = models.DateField(_("有效期至"), null=True, blank=True)
    note = models.CharField(_("说明"), max_length=200, blank=True)
    file_name = models.CharField(_("原文件名"), max_length=120, blank=True)
    content_type = models.CharField(_("文件格式"), max_length=32)
    size = models.PositiveIntegerField(_("文件大小（字节）"))
    sha256 = models.CharField(_("文件摘要"), max_length=64)
    file_key = models.CharField(_("存放位置"), max_length=80, unique=True)
    has_preview = models.BooleanField(_("有缩略图"), default=False)
    uploaded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("上传人")
    )
    uploaded_at = models.DateTimeField(_("上传时间"))
    withdrawn_at = models.DateTimeField(_("撤销时间"), null=True, blank=True)
    withdrawn_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("撤销人"),
    )
    withdrawn_reason = models.CharField(_("撤销原因"), max_length=200, blank=True)

    objects = EvidenceManager()

    class Meta:
        verbose_name = _("佐证材料")
        verbose_name_plural = _("佐证材料")
        constraints = [
            models.UniqueConstraint(
                fields=["household", "kind", "sha256"],
                condition=models.Q(withdrawn_at=None, process=None),
                name="households_evidence_once",
            ),
            models.UniqueConstraint(
                fields=["process", "step", "kind", "sha256"],
                condition=models.Q(withdrawn_at=None, process__isnull=False),
                name="households_evidence_step_once",
            ),
            models.CheckConstraint(
                condition=models.Q(household__isnull=False) | models.Q(process__isnull=False),
                name="households_evidence_subject",
            ),
            models.CheckConstraint(
                condition=models.Q(withdrawn_at=None, withdrawn_by=None, withdrawn_reason="")
                | models.Q(withdrawn_at__isnull=False, withdrawn_by__isnull=False)
                & ~models.Q(withdrawn_reason=""),
                name="households_evidence_withdrawn",
            ),
        ]
        indexes = [
            models.Index(fields=["household", "-uploaded_at"], name="households_evidence_house")
        ]

    def __str__(self) -> str:
        return " ".join(part for part in (self.get_kind_display(), self.document_no) if part)

    def get_absolute_url(self) -> str:
        return reverse("households:evidence_detail", args=[self.pk])

    @property
    def place(self) -> Any:
        """The village it lies in."""
        return self.household.village if self.household else self._process.village

    @property
    def village_code(self) -> int:
        code: int = self.household.village_id if self.household else self._process.village_id
        return code

    @property
    def subject(self) -> str:
        """Whose paper it is."""
        if self.household:
            return self.household.head_name or self.household.code
        return str(self._process)

    @property
    def _process(self) -> Any:
        return self.process

    @property
    def is_picture(self) -> bool:
        return self.content_type != PDF

    @property
    def preview_key(self) -> str:
        """Where the small picture lies, beside the file."""
        return f"{self.file_key.rpartition('.')[0]}.small.jpg"

    @property
    def own_name(self) -> str:
        """A name of our making for who downloads the file."""
        suffix = SUFFIXES[self.content_type]
        code = self.household.code if self.household else self.village_code
        return f"{code}_{self.get_kind_display()}_{self.pk}{suffix}"

    def is_expired(self, on: date) -> bool:
        return self.valid_until is not None and self.valid_until < on
