from django.db import models
from django.utils.translation import gettext_lazy as _


class FilingState(models.TextChoices):
    DRAFT = "DRAFT", _("草稿")
    SUBMITTED = "SUBMITTED", _("已报")


class Timeliness(models.TextChoices):
    ON_TIME = "ON_TIME", _("按时")
    LATE = "LATE", _("迟报")


class ObligationState(models.TextChoices):
    """Where one agency stands with one month; worked out from filings and the clock, never stored."""

    NOT_STARTED = "NOT_STARTED", _("未开始")
    DRAFTING = "DRAFTING", _("填报中")
    FILED = "FILED", _("已报")
    LATE = "LATE", _("迟报")
    OVERDUE = "OVERDUE", _("逾期未报")


FILED_STATES = (ObligationState.FILED, ObligationState.LATE)
PENDING_STATES = (ObligationState.NOT_STARTED, ObligationState.DRAFTING)


class Answer(models.TextChoices):
    """What the agency says about one computed figure."""

    CONFIRM = "CONFIRM", _("确认系统数")
    OWN = "OWN", _("另报数")


class Measure(models.TextChoices):
    """Which integer of an indicator's figure a line asks about."""

    NUMERATOR = "numerator", _("达标")
    FAILING = "failing", _("未达标")
    UNKNOWN = "unknown", _("数据不足")


class HouseholdList(models.TextChoices):
    """Kinds of households that the dashboard counts and lists."""

    ALL = "ALL", _("建档立卡户")
    MET = "MET", _("达标户")
    NOT_MET = "NOT_MET", _("未达标户")
    INSUFFICIENT_DATA = "INSUFFICIENT_DATA", _("数据不足户")
    UNCHECKED = "UNCHECKED", _("本月未核查户")
