"""Rounds of household checks, and the checks."""

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from accounts.models import Area
from core.fields import EncryptedTextField
from households.enums import REGISTERED_POLICY, CheckState, Status
from households.models.identity import Household
from households.querysets import CheckQuerySet, RoundQuerySet
from villages.models import Village


def registered_policy() -> list[str]:
    """The usual scope of a round."""
    return [status.value for status in REGISTERED_POLICY]


class CheckRound(models.Model):
    """A campaign of visits: every household of an area that had one of `statuses` when it opened,
    and those put on its list one by one.

    Which households it asks for and which are done is computed, see `households.rounds`. Without
    `villages` it asks in the whole area, without `sections` for the whole form.
    """

    name = models.CharField(_("名称"), max_length=64)
    area = models.ForeignKey(Area, models.PROTECT, related_name="+", verbose_name=_("区划"))
    statuses = ArrayField(
        models.CharField(max_length=20, choices=Status.choices),
        verbose_name=_("核查范围"),
        default=registered_policy,
        blank=True,
    )
    villages = ArrayField(
        models.BigIntegerField(), verbose_name=_("核查村"), default=list, blank=True
    )
    sections = ArrayField(
        models.PositiveSmallIntegerField(), verbose_name=_("核查内容"), default=list, blank=True
    )
    opened_on = models.DateField(_("开始日期"))
    due_on = models.DateField(_("截止日期"))
    opened_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        related_name="+",
        verbose_name=_("开启人"),
    )
    closed_at = models.DateTimeField(_("结束时间"), null=True, blank=True)
    closed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("结束人"),
    )

    objects = RoundQuerySet.as_manager()

    class Meta:
        verbose_name = _("核查轮次")
        verbose_name_plural = _("核查轮次")
        constraints = [
            models.CheckConstraint(
                condition=models.Q(due_on__gte=models.F("opened_on")),
                name="households_round_due_after_start",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("households:round_detail", args=[self.pk])

    @property
    def is_open(self) -> bool:
        return self.closed_at is None


class RoundHousehold(models.Model):
    """A household that a round asks for by name, whatever its status."""

    round = models.ForeignKey(
        CheckRound, models.PROTECT, related_name="listed", verbose_name=_("核查轮次")
    )
    household = models.ForeignKey(Household, models.PROTECT, related_name="+", verbose_name=_("户"))
    added_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("列入人")
    )
    added_at = models.DateTimeField(_("列入时间"))

    class Meta:
        verbose_name = _("指定核查户")
        verbose_name_plural = _("指定核查户")
        constraints = [
            models.UniqueConstraint(
                fields=["round", "household"], name="households_round_household_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.round} {self.household}"


class HouseholdCheck(models.Model):
    """One visit to a household. It counts from its submission, valid from the day of the visit."""

    household = models.ForeignKey(
        Household, models.PROTECT, related_name="checks", verbose_name=_("户")
    )
    village = models.ForeignKey(Village, models.PROTECT, related_name="+", verbose_name=_("嘎查村"))
    visited_on = models.DateField(_("入户日期"))
    state = models.CharField(
        _("状态"), max_length=16, choices=CheckState.choices, default=CheckState.DRAFT
    )
    answers = EncryptedTextField(_("填写内容"), blank=True)
    changes = models.JSONField(_("变化"), default=list, blank=True)
    reasons = models.JSONField(_("说明"), default=list, blank=True)
    base_version = models.PositiveIntegerField(_("依据版本"), default=1)
    note = models.CharField(_("备注"), max_length=500, blank=True)
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("核查人")
    )
    saved_at = models.DateTimeField(_("保存时间"))
    submitted_at = models.DateTimeField(_("提交时间"), null=True, blank=True)
    return_reason = models.CharField(_("退回原因"), max_length=500, blank=True)
    returned_at = models.DateTimeField(_("退回时间"), null=True, blank=True)
    returned_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("退回人"),
    )
    accepted_at = models.DateTimeField(_("通过时间"), null=True, blank=True)
    accepted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("审核人"),
    )
    round = models.ForeignKey(
        CheckRound,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="checks",
        verbose_name=_("核查轮次"),
    )
    follows = models.ForeignKey(
        "self",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="successors",
        verbose_name=_("退回前的核查"),
    )

    objects = CheckQuerySet.as_manager()

    class Meta:
        verbose_name = _("入户核查")
        verbose_name_plural = _("入户核查")
        constraints = [
            models.UniqueConstraint(
                fields=["household", "author"],
                condition=models.Q(state="DRAFT"),
                name="households_check_one_draft",
            ),
            models.CheckConstraint(
                condition=models.Q(state="DRAFT", submitted_at=None)
                | models.Q(~models.Q(state="DRAFT"), submitted_at__isnull=False),
                name="households_check_submitted_pair",
            ),
        ]
        indexes = [
            models.Index(fields=["village", "-submitted_at"], name="households_check_village"),
            models.Index(
                fields=["village", "-submitted_at"],
                condition=models.Q(state="SUBMITTED"),
                name="households_check_waiting",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.household} {self.visited_on}"

    def get_absolute_url(self) -> str:
        return reverse("households:check_detail", args=[self.pk])
