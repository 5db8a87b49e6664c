from django.db import models
from django.utils.translation import gettext_lazy as _


class Verdict(models.TextChoices):
    """The four verdicts and the only ones."""

    MET = "MET", _("达标")
    NOT_MET = "NOT_MET", _("未达标")
    INSUFFICIENT_DATA = "INSUFFICIENT_DATA", _("数据不足")
    NOT_APPLICABLE = "NOT_APPLICABLE", _("不适用")


class SubjectKind(models.TextChoices):
    HOUSEHOLD = "HOUSEHOLD", _("户")
    MEMBER = "MEMBER", _("人")
    VILLAGE = "VILLAGE", _("村")


class RunKind(models.TextChoices):
    NIGHT = "NIGHT", _("夜间重算")
    MANUAL = "MANUAL", _("手工重算")


class RunState(models.TextChoices):
    RUNNING = "RUNNING", _("运行中")
    DONE = "DONE", _("完成")
    FAILED = "FAILED", _("失败")


class Direction(models.TextChoices):
    """Which way a standard gets stricter."""

    HIGHER = "HIGHER", _("越高越严")
    LOWER = "LOWER", _("越低越严")
    NONE = "NONE", _("无")
