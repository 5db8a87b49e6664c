from django.db import models
from django.utils.translation import gettext_lazy as _


class Category(models.TextChoices):
    """What a task asks for; labels as the plan writes them."""

    ZERO = "ZERO", _("清零")
    ZERO_AND_GROW = "ZERO_AND_GROW", _("清零递增")
    STANDARD = "STANDARD", _("达标")


class AgencyRole(models.TextChoices):
    LEAD = "LEAD", _("牵头")
    SUPPORT = "SUPPORT", _("配合")


class Operator(models.TextChoices):
    """How a target compares what is reached with its value."""

    EQUAL = "==", _("等于")
    AT_LEAST = ">=", _("不少于")
    AT_MOST = "<=", _("不多于")


class CaseState(models.TextChoices):
    """States of domain §4.4; 反弹 is an event and a count, not a state."""

    REGISTERED = "REGISTERED", _("登记")
    ASSIGNED = "ASSIGNED", _("交办")
    RECTIFYING = "RECTIFYING", _("整改中")
    APPLIED = "APPLIED", _("申请销号")
    VERIFYING = "VERIFYING", _("核验")
    CLOSED = "CLOSED", _("销号")
    RETURNED = "RETURNED", _("退回")
    EXTENSION = "EXTENSION", _("延期申请")
    SUSPENDED = "SUSPENDED", _("挂起")


class EventKind(models.TextChoices):
    """What happened to a case. The first two and MET, UNMET come from the figures."""

    OPENED = "OPENED", _("登记")
    REOPENED = "REOPENED", _("反弹")
    ASSIGNED = "ASSIGNED", _("交办")
    STARTED = "STARTED", _("开始整改")
    PROGRESS = "PROGRESS", _("整改进展")
    APPLIED = "APPLIED", _("申请销号")
    MET = "MET", _("重算达标，转核验")
    UNMET = "UNMET", _("重算又未达标，退回整改")
    RETURNED = "RETURNED", _("退回")
    EXTENSION_ASKED = "EXTENSION_ASKED", _("申请延期")
    EXTENSION_GRANTED = "EXTENSION_GRANTED", _("同意延期")
    EXTENSION_REFUSED = "EXTENSION_REFUSED", _("不同意延期")
    SUSPENDED = "SUSPENDED", _("挂起")
    RESUMED = "RESUMED", _("恢复整改")
    CLOSED = "CLOSED", _("销号")


S = CaseState

# What may happen in which state, and where it leads.
TRANSITIONS: dict[str, tuple[frozenset[str], str]] = {
    EventKind.REOPENED: (frozenset({S.CLOSED}), S.REGISTERED),
    EventKind.ASSIGNED: (frozenset({S.REGISTERED}), S.ASSIGNED),
    EventKind.STARTED: (frozenset({S.ASSIGNED, S.RETURNED}), S.RECTIFYING),
    EventKind.PROGRESS: (frozenset({S.RECTIFYING}), S.RECTIFYING),
    EventKind.APPLIED: (frozenset({S.RECTIFYING}), S.APPLIED),
    EventKind.MET: (frozenset({S.APPLIED}), S.VERIFYING),
    EventKind.UNMET: (frozenset({S.VERIFYING}), S.RECTIFYING),
    EventKind.RETURNED: (frozenset({S.APPLIED, S.VERIFYING}), S.RETURNED),
    EventKind.EXTENSION_ASKED: (frozenset({S.ASSIGNED, S.RECTIFYING, S.RETURNED}), S.EXTENSION),
    EventKind.EXTENSION_GRANTED: (frozenset({S.EXTENSION}), S.RECTIFYING),
    EventKind.EXTENSION_REFUSED: (frozenset({S.EXTENSION}), S.RECTIFYING),
    EventKind.SUSPENDED: (frozenset({S.ASSIGNED, S.RECTIFYING, S.RETURNED}), S.SUSPENDED),
    EventKind.RESUMED: (frozenset({S.SUSPENDED}), S.RECTIFYING),
    EventKind.CLOSED: (frozenset({S.VERIFYING}), S.CLOSED),
}
