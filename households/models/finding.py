"""What a person keeps for their lists: conditions under a name, and the columns they look at."""

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from households.querysets import OwnQuerySet


class SavedFilter(models.Model):
    """Conditions of a list under a name. `query` holds only what the list's filter set knows."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("用户")
    )
    page = models.CharField(_("页面"), max_length=32)
    name = models.CharField(_("名称"), max_length=20)
    query = models.TextField(_("条件"))

    objects = OwnQuerySet.as_manager()

    class Meta:
        verbose_name = _("已存查询")
        verbose_name_plural = _("已存查询")
        constraints = [
            models.UniqueConstraint(
                fields=["user", "page", "name"], name="households_saved_filter_name"
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return f"{reverse(self.page)}?{self.query}"


class ColumnChoice(models.Model):
    """The columns a person wants to see in a list, in its order; without a row, the usual ones."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("用户")
    )
    page = models.CharField(_("页面"), max_length=32)
    columns = ArrayField(models.CharField(max_length=24), verbose_name=_("列"))

    objects = OwnQuerySet.as_manager()

    class Meta:
        verbose_name = _("列设置")
        verbose_name_plural = _("列设置")
        constraints = [
            models.UniqueConstraint(fields=["user", "page"], name="households_column_choice_one"),
        ]

    def __str__(self) -> str:
        return f"{self.user} {self.page}"
