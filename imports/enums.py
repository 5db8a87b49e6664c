from django.db import models
from django.utils.translation import gettext_lazy as _


class ImportKind(models.TextChoices):
    """Shapes of list; codes as in the `import_file` command."""

    PERSONS = "persons", _("人员信息（一行一人）")
    HOUSEHOLDS = "households", _("贫困户信息（一行一户）")
    VILLAGES = "villages", _("嘎查村信息（一行一村）")
    COLLECTIVE_INCOME = "collective-income", _("嘎查村集体经济收入")


class BatchState(models.TextChoices):
    STAGED = "STAGED", _("待确认")
    CONFIRMED = "CONFIRMED", _("已导入")
    REFUSED = "REFUSED", _("已放弃")


class Outcome(models.TextChoices):
    """What becomes of one row of the file."""

    CREATED = "CREATED", _("新增")
    UPDATED = "UPDATED", _("更新")
    UNCHANGED = "UNCHANGED", _("无变化")
    REJECTED = "REJECTED", _("拒收")
    IGNORED = "IGNORED", _("忽略")


GOOD_OUTCOMES = (Outcome.CREATED, Outcome.UPDATED, Outcome.UNCHANGED)
