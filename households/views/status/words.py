"""What pages say of changes of status: tones, who acts, why a turn was refused."""

from datetime import date
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from accounts.enums import Level
from core import operations
from households import services, transitions
from households.enums import (
    ProcessState,
    Status,
)
from households.models import (
    StatusProcess,
)

STATE_TONES = {
    ProcessState.OPEN: "blue",
    ProcessState.OBJECTED: "not",
    ProcessState.APPROVED: "met",
    ProcessState.DROPPED: "line",
    ProcessState.REVOKED: "warn",
}


def actor_words(level: Level) -> str:
    return {
        Level.VILLAGE: _("嘎查村"),
        Level.TOWNSHIP: _("苏木乡镇"),
        Level.COUNTY: _("旗县扶贫办"),
    }[level]


def reason(error: Exception) -> str:
    """Why a turn was refused, for the person who took it."""
    match error:
        case services.NotAllowed():
            status = str(error.args[0] or "")
            now = Status(status).label if status else _("未知")
            return _("该户现在的脱贫状态是“%(now)s”，不能办理这项变更") % {"now": now}
        case services.ProcessOpen():
            return _("该户已有办理中的状态变更：%(process)s") % {"process": error.args[0]}
        case services.StaleProcess():
            return _("这项变更刚由他人办理过，请核对最新情况后再办")
        case services.OwnProcess():
            return _("提出人、核查人不能审核自己经办的变更，须由他人办理")
        case services.OutOfOrder():
            return _("日期不能早于上一步，也不能晚于今天")
        case services.NoticeTooShort():
            return _("公示天数不足，最早截止到 %(day)s") % {"day": error.args[0].isoformat()}
        case services.NoticeRuns():
            return _("公示到 %(day)s 为止，次日方可继续") % {"day": error.args[0].isoformat()}
        case services.OutsideNotice():
            return _("异议日期不在公示期内")
        case services.NoQuorum():
            return _("到会代表不足三分之二，评议无效")
        case services.GuardsStand():
            return _("还有 %(count)s 项不符合退出条件，不能审定") % {"count": len(error.args[0])}
        case services.PersonRegistered():
            return _("证件号码 %(number)s 已在建档立卡户中，请先核对") % {"number": error.args[0]}
        case services.NotRevocable():
            return _("之后又有新的状态，或属于新识别户，不能撤销；请按清退办理")
        case operations.KeyReused():
            return _("这份表单已提交过另一内容，请刷新页面后再填")
        case operations.MissingKey():
            return _("提交缺少操作键，请刷新页面后再试")
    return _("现在还不到这一步，请刷新页面")


REFUSALS = (services.StatusRefused, operations.KeyReused, operations.MissingKey)


def dress(process: Any, today: date) -> Any:
    """Adds what lists and pages say of a process: its tone, who acts next and until when it rests."""
    process.tone = STATE_TONES[ProcessState(process.state)]
    process.next_words = ""
    if process.state == ProcessState.OBJECTED:
        process.next_words = _("苏木乡镇调查答复异议")
    elif process.notice_runs(today):
        words = {"step": process.get_step_display(), "day": process.notice_to.isoformat()}
        process.next_words = _("%(step)s中，到 %(day)s") % words
    elif process.is_live:
        actor = actor_words(transitions.actor(process.step))
        process.next_words = f"{process.get_step_display()}（{actor}）"
    return process


def process_rows(user: Any) -> QuerySet[StatusProcess]:
    rows = StatusProcess.objects.for_user(user)
    return rows.select_related("village__area__parent", "household", "opened_by", "checked_by")
