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


class ValueKind(models.TextChoices):
    """What the values of a standard are."""

    NUMBER = "NUMBER", _("数值")
    FLAG = "FLAG", _("是否")
    CHOICE = "CHOICE", _("口径")
    DAY = "DAY", _("月日")
    LIST = "LIST", _("清单")
    TEXT = "TEXT", _("文字")


class ProposalState(models.TextChoices):
    OPEN = "OPEN", _("待审批")
    APPROVED = "APPROVED", _("已批准")
    REJECTED = "REJECTED", _("未批准")
    WITHDRAWN = "WITHDRAWN", _("已撤回")


class TrialState(models.TextChoices):
    WAITING = "WAITING", _("试算中")
    DONE = "DONE", _("完成")
    FAILED = "FAILED", _("失败")


class Severity(models.TextChoices):
    """How much a finding of data quality stands in the way (domain §3.7)."""

    BLOCKING = "BLOCKING", _("必须更正")
    WARNING = "WARNING", _("须核实")


class ExceptionState(models.TextChoices):
    """Of the request to let a finding stand as explained."""

    OPEN = "OPEN", _("待审批")
    APPROVED = "APPROVED", _("已批准")
    REFUSED = "REFUSED", _("未批准")
    WITHDRAWN = "WITHDRAWN", _("已撤回")
