"""Who a household and its members are, and who helps them."""

from typing import Any

from django.conf import settings
from django.db import models
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from core.fields import EncryptedTextField
from core.masking import mask_id_number
from households.enums import IdType, Sex
from households.querysets import HouseholdQuerySet, MemberQuerySet, PairingQuerySet
from villages.models import Village


class Household(models.Model):
    """One registered household. `village` and `head_name` are caches of what holds today.

    `last_visited_on` (the latest check that counts) and `helped_until` (the last day of all its
    pairings, exclusive; date.max until further notice) are kept by triggers: nobody writes them.
    """

    code = models.CharField(_("户编号"), max_length=32, unique=True)
    village = models.ForeignKey(
        Village, models.PROTECT, related_name="households", verbose_name=_("嘎查村")
    )
    head_name = models.CharField(_("户主姓名"), max_length=64, blank=True)
    version = models.PositiveIntegerField(_("版本"), default=1)
    merged_into = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("并入户")
    )
    merged_on = models.DateField(_("并户日期"), null=True, blank=True)
    last_visited_on = models.DateField(_("最近核查日期"), null=True, blank=True, editable=False)
    helped_until = models.DateField(_("结对止期"), null=True, blank=True, editable=False)

    objects = HouseholdQuerySet.as_manager()

    class Meta:
        verbose_name = _("建档立卡户")
        verbose_name_plural = _("建档立卡户")
        indexes = [
            models.Index(fields=["village", "code"], name="households_village_code"),
            models.Index(
                fields=["head_name"], name="households_head", opclasses=["varchar_pattern_ops"]
            ),
            models.Index(
                fields=["village", "code", "id"],
                include=["last_visited_on", "helped_until"],
                condition=models.Q(merged_into=None),
                name="households_list",
            ),
            models.Index(
                fields=["last_visited_on", "village"],
                condition=models.Q(merged_into=None),
                name="households_visited",
            ),
            models.Index(
                fields=["helped_until", "village"],
                condition=models.Q(merged_into=None),
                name="households_helped",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.head_name or self.code}"

    def get_absolute_url(self) -> str:
        return reverse("households:household_detail", args=[self.pk])

    @classmethod
    def status_model(cls) -> Any:
        from households.models.household_themes import HouseholdStatus

        return HouseholdStatus

    @classmethod
    def member_model(cls) -> Any:
        return Member

    @classmethod
    def phone_models(cls) -> list[Any]:
        from households.models.household_themes import HouseholdProfile
        from households.models.member_themes import MemberProfile

        return [HouseholdProfile, MemberProfile]


class Member(models.Model):
    """One person. `household` and `village` are caches of the membership that holds today."""

    code = models.CharField(_("人编号"), max_length=32, unique=True)
    household = models.ForeignKey(
        Household, models.PROTECT, related_name="members", verbose_name=_("户")
    )
    village = models.ForeignKey(
        Village, models.PROTECT, related_name="+", db_index=False, verbose_name=_("嘎查村")
    )
    name = models.CharField(_("姓名"), max_length=64)
    sex = models.CharField(_("性别"), max_length=8, choices=Sex.choices, blank=True)
    birth_date = models.DateField(_("出生日期"), null=True, blank=True)
    id_type = models.CharField(
        _("证件类型"), max_length=16, choices=IdType.choices, default=IdType.CITIZEN
    )
    id_number = EncryptedTextField(_("证件号码"), blank=True)
    id_hash = models.BinaryField(_("证件号码摘要"), max_length=16, blank=True, default=b"")
    id_mask = models.CharField(_("证件号码（掩码）"), max_length=24, blank=True)
    ethnic = models.CharField(_("民族"), max_length=16, blank=True)

    objects = MemberQuerySet.as_manager()

    class Meta:
        verbose_name = _("家庭成员")
        verbose_name_plural = _("家庭成员")
        constraints = [
            models.UniqueConstraint(
                fields=["id_hash"],
                condition=~models.Q(id_hash=b""),
                name="households_member_one_person",
            ),
        ]
        indexes = [
            models.Index(fields=["village", "household"], name="households_member_village"),
            models.Index(
                fields=["name"],
                name="households_member_named",
                opclasses=["varchar_pattern_ops"],
                include=["household"],
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @classmethod
    def membership_model(cls) -> Any:
        from households.models.member_themes import Membership

        return Membership

    @property
    def masked_id(self) -> str:
        return self.id_mask or (mask_id_number(self.id_number) if self.id_number else "")


class Pairing(models.Model):
    """A helper (帮扶责任人) paired with a household for a time."""

    household = models.ForeignKey(
        Household, models.PROTECT, related_name="pairings", verbose_name=_("户")
    )
    helper = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        related_name="pairings",
        verbose_name=_("帮扶责任人"),
    )
    valid_from = models.DateField(_("开始日期"))
    valid_to = models.DateField(_("结束日期"), null=True, blank=True)

    objects = PairingQuerySet.as_manager()

    class Meta:
        verbose_name = _("结对帮扶")
        verbose_name_plural = _("结对帮扶")
        indexes = [
            models.Index(
                fields=["household"],
                include=["helper", "valid_from", "valid_to"],
                name="households_pairing_household",
            ),
            models.Index(fields=["valid_from"], name="households_pairing_begins"),
        ]

    def __str__(self) -> str:
        return f"{self.helper} {self.household}"
