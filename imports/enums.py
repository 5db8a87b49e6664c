from django.db import models
from django.utils.translation import gettext_lazy as _


class ImportKind(models.TextChoices):
    """Shapes of list; codes as in the `import_file` command."""

    PERSONS = "persons", _("人员信息（一行一人）")
    HOUSEHOLDS = "households", _("贫困户信息（一行一户）")
    VILLAGES = "villages", _("嘎查村信息（一行一村）")
    COLLECTIVE_INCOME = "collective-income", _("嘎查村集体经济收入")


class BatchState(models.TextChoices):
    READING = "READING", _("正在校验")
    STAGED = "STAGED", _("待确认")
    CONFIRMING = "CONFIRMING", _("正在导入")
    CONFIRMED = "CONFIRMED", _("已导入")
    REFUSED = "REFUSED", _("未导入")


BUSY_STATES = (BatchState.READING, BatchState.CONFIRMING)
CLOSED_STATES = (BatchState.CONFIRMED, BatchState.REFUSED)


class Outcome(models.TextChoices):
    """What becomes of one row of the file."""

    CREATED = "CREATED", _("新增")
    UPDATED = "UPDATED", _("更新")
    UNCHANGED = "UNCHANGED", _("无变化")
    REJECTED = "REJECTED", _("拒收")
    IGNORED = "IGNORED", _("忽略")


GOOD_OUTCOMES = (Outcome.CREATED, Outcome.UPDATED, Outcome.UNCHANGED)


class Reason(models.TextChoices):
    """Why rows are rejected, in the few groups that a person works off one by one."""

    IDENTITY = "IDENTITY", _("证件号码不合规")
    PRECISION = "PRECISION", _("号码精度丢失")
    VILLAGE = "VILLAGE", _("村名无法唯一匹配")
    MISSING = "MISSING", _("必填项为空")
    REPEATED = "REPEATED", _("表内重复或前后矛盾")
    REGISTERED = "REGISTERED", _("与已登记数据冲突")
    LABEL = "LABEL", _("选项不认识")
    NUMBER = "NUMBER", _("数值不合规")
    DATE = "DATE", _("日期不合规")
    CELL = "CELL", _("单元格内容有误")


_REASONS = {
    Reason.PRECISION: "precision_lost",
    Reason.REPEATED: "duplicate_person duplicate_person_code duplicate_row household_two_villages "
    "household_answers_differ columns_disagree sex_contradicts_id birth_contradicts_id",
    Reason.REGISTERED: "household_not_available household_in_other_village person_not_available "
    "person_in_other_household person_code_taken member_left",
    Reason.LABEL: "unknown_label bare_number yes_no excludes_others too_many_labels",
    Reason.NUMBER: "not_a_number out_of_range negative not_whole unit_missing unit_unknown "
    "bank_account",
    Reason.DATE: "not_a_date no_such_date lunar_date two_digit_year doubtful_month "
    "date_incomplete future_date",
}
_REASON_OF = {code: reason for reason, codes in _REASONS.items() for code in codes.split()}


def reason_of(code: str) -> Reason:
    """The group of one error code."""
    if code in _REASON_OF:
        return _REASON_OF[code]
    if code.startswith(("id_", "certificate_")) and code != "id_no_missing":
        return Reason.IDENTITY
    if code.endswith("_missing"):
        return Reason.MISSING
    if code.startswith(("village_", "area_code")):
        return Reason.VILLAGE
    return Reason.CELL
