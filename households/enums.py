"""Code lists of the register. Labels are what must match in workbooks (domain §3.4)."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Status(models.TextChoices):
    NOT_LIFTED = "NOT_LIFTED", _("未脱贫")
    PRE_LIFTED = "PRE_LIFTED", _("预脱贫")
    LIFTED_POLICY = "LIFTED_POLICY", _("已脱贫（享受政策）")
    LIFTED_NO_POLICY = "LIFTED_NO_POLICY", _("已脱贫（不再享受政策）")
    RETURNED = "RETURNED", _("返贫")
    REMOVED = "REMOVED", _("清退")
    EXTINCT = "EXTINCT", _("自然消亡")


POOR_NOW = (Status.NOT_LIFTED, Status.PRE_LIFTED, Status.RETURNED)
REGISTERED_POLICY = (*POOR_NOW, Status.LIFTED_POLICY)
REGISTERED_ALL = (*REGISTERED_POLICY, Status.LIFTED_NO_POLICY)


class IdentifyStandard(models.TextChoices):
    NATIONAL = "NATIONAL", _("国家标准")
    PROVINCIAL = "PROVINCIAL", _("省定标准")
    CITY = "CITY", _("市定标准")


class HouseholdKind(models.TextChoices):
    GENERAL = "GENERAL", _("一般贫困户")
    DIBAO = "DIBAO", _("低保贫困户")
    TEKUN = "TEKUN", _("特困供养贫困户")
    DIBAO_TEKUN = "DIBAO_TEKUN", _("低保特困供养贫困户")


class Cause(models.TextChoices):
    ILLNESS = "ILLNESS", _("因病")
    DISABILITY = "DISABILITY", _("因残")
    SCHOOLING = "SCHOOLING", _("因学")
    DISASTER = "DISASTER", _("因灾")
    LAND = "LAND", _("缺土地")
    WATER = "WATER", _("缺水")
    SKILL = "SKILL", _("缺技术")
    LABOUR = "LABOUR", _("缺劳力")
    CAPITAL = "CAPITAL", _("缺资金")
    TRANSPORT = "TRANSPORT", _("交通条件落后")
    MOTIVATION = "MOTIVATION", _("自身发展动力不足")
    MARRIAGE = "MARRIAGE", _("因婚")
    BEREAVEMENT = "BEREAVEMENT", _("因丧")
    OTHER = "OTHER", _("其他")


class ReturnReason(models.TextChoices):
    """Why a lifted household is poor again: the causes of L3 and the failure of an enterprise."""

    ILLNESS = "ILLNESS", _("因病")
    DISABILITY = "DISABILITY", _("因残")
    SCHOOLING = "SCHOOLING", _("因学")
    DISASTER = "DISASTER", _("因灾")
    LAND = "LAND", _("缺土地")
    WATER = "WATER", _("缺水")
    SKILL = "SKILL", _("缺技术")
    LABOUR = "LABOUR", _("缺劳力")
    CAPITAL = "CAPITAL", _("缺资金")
    TRANSPORT = "TRANSPORT", _("交通条件落后")
    MOTIVATION = "MOTIVATION", _("自身发展动力不足")
    MARRIAGE = "MARRIAGE", _("因婚")
    BEREAVEMENT = "BEREAVEMENT", _("因丧")
    INDUSTRY_FAILED = "INDUSTRY_FAILED", _("产业扶贫失败")
    OTHER = "OTHER", _("其他")


class MonitorType(models.TextChoices):
    UNSTABLE = "UNSTABLE", _("脱贫不稳定户")
    BORDERLINE = "BORDERLINE", _("边缘易致贫户")
    SUDDEN = "SUDDEN", _("突发严重困难户")


class Risk(models.TextChoices):
    ILLNESS = "ILLNESS", _("因病")
    SCHOOLING = "SCHOOLING", _("因学")
    DISABILITY = "DISABILITY", _("因残")
    DISASTER = "DISASTER", _("因自然灾害")
    ACCIDENT = "ACCIDENT", _("因意外事故")
    INDUSTRY = "INDUSTRY", _("因产业项目失败")
    JOB = "JOB", _("因务工就业不稳")
    LABOUR = "LABOUR", _("缺劳动力")
    WATER = "WATER", _("因安全饮水")
    HOUSING = "HOUSING", _("因安全住房")
    OTHER = "OTHER", _("其他")


class RemovedWay(models.TextChoices):
    HELPED = "HELPED", _("帮扶消除")
    NATURAL = "NATURAL", _("自然消除")


class HouseGrade(models.TextChoices):
    A = "A", _("A级")
    B = "B", _("B级")
    C = "C", _("C级")
    D = "D", _("D级")


class DwellingSolution(models.TextChoices):
    """How a household without a safe house of its own came to one (domain §2.2)."""

    RENOVATION = "RENOVATION", _("危房改造")
    RELOCATION_CONCENTRATED = "RELOCATION_CONCENTRATED", _("易地搬迁（集中安置）")
    RELOCATION_SCATTERED = "RELOCATION_SCATTERED", _("易地搬迁（分散安置）")
    OTHER_SAFE = "OTHER_SAFE", _("其他安全住处")
    NONE = "NONE", _("无住处")


class WaterMode(models.TextChoices):
    PIPED = "PIPED", _("自来水入户")
    WELL = "WELL", _("机井")
    CISTERN = "CISTERN", _("水窖")
    HAULED = "HAULED", _("拉水")
    OTHER = "OTHER", _("其他")


class WaterQuality(models.TextChoices):
    MET = "MET", _("达标")
    BASICALLY_MET = "BASICALLY_MET", _("基本达标")
    NOT_MET = "NOT_MET", _("未达标")


class PowerSource(models.TextChoices):
    MAINS = "MAINS", _("大电网")
    STAND_ALONE = "STAND_ALONE", _("单户供电（风光互补）")
    NONE = "NONE", _("未通电")


class Sex(models.TextChoices):
    MALE = "MALE", _("男")
    FEMALE = "FEMALE", _("女")


class IdType(models.TextChoices):
    CITIZEN = "CITIZEN", _("居民身份证")
    OFFICER = "OFFICER", _("军官证")
    DISABILITY = "DISABILITY", _("残疾人证")


class Relation(models.TextChoices):
    HEAD = "HEAD", _("户主")
    SPOUSE = "SPOUSE", _("配偶")
    SON = "SON", _("之子")
    DAUGHTER = "DAUGHTER", _("之女")
    DAUGHTER_IN_LAW = "DAUGHTER_IN_LAW", _("之儿媳")
    SON_IN_LAW = "SON_IN_LAW", _("之女婿")
    GRANDSON = "GRANDSON", _("之孙子")
    GRANDDAUGHTER = "GRANDDAUGHTER", _("之孙女")
    DAUGHTERS_SON = "DAUGHTERS_SON", _("之外孙子")
    DAUGHTERS_DAUGHTER = "DAUGHTERS_DAUGHTER", _("之外孙女")
    FATHER = "FATHER", _("之父")
    MOTHER = "MOTHER", _("之母")
    WIFES_FATHER = "WIFES_FATHER", _("之岳父")
    WIFES_MOTHER = "WIFES_MOTHER", _("之岳母")
    HUSBANDS_FATHER = "HUSBANDS_FATHER", _("之公公")
    HUSBANDS_MOTHER = "HUSBANDS_MOTHER", _("之婆婆")
    GRANDFATHER = "GRANDFATHER", _("之祖父")
    GRANDMOTHER = "GRANDMOTHER", _("之祖母")
    MOTHERS_FATHER = "MOTHERS_FATHER", _("之外祖父")
    MOTHERS_MOTHER = "MOTHERS_MOTHER", _("之外祖母")
    SIBLING = "SIBLING", _("之兄弟姐妹")
    GREAT_GRANDSON = "GREAT_GRANDSON", _("之曾孙子")
    GREAT_GRANDDAUGHTER = "GREAT_GRANDDAUGHTER", _("之曾孙女")
    NEPHEW = "NEPHEW", _("之侄儿")
    NIECE = "NIECE", _("之侄女")
    BROTHERS_WIFE = "BROTHERS_WIFE", _("之兄弟媳妇")
    UNCLE = "UNCLE", _("之叔伯")
    OTHER = "OTHER", _("其他")


MALE_RELATIONS = frozenset(
    {
        Relation.SON,
        Relation.SON_IN_LAW,
        Relation.GRANDSON,
        Relation.DAUGHTERS_SON,
        Relation.FATHER,
        Relation.WIFES_FATHER,
        Relation.HUSBANDS_FATHER,
        Relation.GRANDFATHER,
        Relation.MOTHERS_FATHER,
        Relation.GREAT_GRANDSON,
        Relation.NEPHEW,
        Relation.UNCLE,
    }
)
FEMALE_RELATIONS = frozenset(
    {
        Relation.DAUGHTER,
        Relation.DAUGHTER_IN_LAW,
        Relation.GRANDDAUGHTER,
        Relation.DAUGHTERS_DAUGHTER,
        Relation.MOTHER,
        Relation.WIFES_MOTHER,
        Relation.HUSBANDS_MOTHER,
        Relation.GRANDMOTHER,
        Relation.MOTHERS_MOTHER,
        Relation.GREAT_GRANDDAUGHTER,
        Relation.NIECE,
        Relation.BROTHERS_WIFE,
    }
)


class Education(models.TextChoices):
    ILLITERATE = "ILLITERATE", _("文盲或半文盲")
    PRIMARY = "PRIMARY", _("小学")
    JUNIOR = "JUNIOR", _("初中")
    SENIOR = "SENIOR", _("高中")
    COLLEGE = "COLLEGE", _("大专")
    BACHELOR = "BACHELOR", _("本科及以上")


FINISHED_COMPULSORY = (Education.JUNIOR, Education.SENIOR, Education.COLLEGE, Education.BACHELOR)


class StudentStatus(models.TextChoices):
    """L19, with special school and home teaching as two values of our own (domain §2.20)."""

    NOT_STUDENT = "NOT_STUDENT", _("非在校生")
    PRESCHOOL_AGE = "PRESCHOOL_AGE", _("学龄前儿童")
    PRESCHOOL = "PRESCHOOL", _("学前教育")
    PRIMARY = "PRIMARY", _("小学")
    GRADE_7 = "GRADE_7", _("七年级")
    GRADE_8 = "GRADE_8", _("八年级")
    GRADE_9 = "GRADE_9", _("九年级")
    SPECIAL_SCHOOL = "SPECIAL_SCHOOL", _("特殊教育学校")
    HOME_TEACHING = "HOME_TEACHING", _("送教上门")
    SENIOR_1 = "SENIOR_1", _("普通高中一年级")
    SENIOR_2 = "SENIOR_2", _("普通高中二年级")
    SENIOR_3 = "SENIOR_3", _("普通高中三年级")
    VOCATIONAL_1 = "VOCATIONAL_1", _("中职一年级")
    VOCATIONAL_2 = "VOCATIONAL_2", _("中职二年级")
    VOCATIONAL_3 = "VOCATIONAL_3", _("中职三年级")
    COLLEGE_1 = "COLLEGE_1", _("高职高专一年级")
    COLLEGE_2 = "COLLEGE_2", _("高职高专二年级")
    COLLEGE_3 = "COLLEGE_3", _("高职高专三年级")
    BACHELOR = "BACHELOR", _("本科")
    POSTGRADUATE = "POSTGRADUATE", _("硕士研究生及以上")


COMPULSORY_GRADES = (
    StudentStatus.PRIMARY,
    StudentStatus.GRADE_7,
    StudentStatus.GRADE_8,
    StudentStatus.GRADE_9,
)
ABOVE_GRADE_9 = (
    StudentStatus.SENIOR_1,
    StudentStatus.SENIOR_2,
    StudentStatus.SENIOR_3,
    StudentStatus.VOCATIONAL_1,
    StudentStatus.VOCATIONAL_2,
    StudentStatus.VOCATIONAL_3,
    StudentStatus.COLLEGE_1,
    StudentStatus.COLLEGE_2,
    StudentStatus.COLLEGE_3,
    StudentStatus.BACHELOR,
    StudentStatus.POSTGRADUATE,
)


class SchoolExemption(models.TextChoices):
    PHYSICALLY_UNABLE = "PHYSICALLY_UNABLE", _("身体原因不能入学")
    SUSPENSION = "SUSPENSION", _("休学")
    DEFERRED_ENTRY = "DEFERRED_ENTRY", _("延缓入学")


class InsuranceExemption(models.TextChoices):
    IN_ARMY = "IN_ARMY", _("现役军人")
    IN_PRISON = "IN_PRISON", _("服刑")
    LOST_CONTACT = "LOST_CONTACT", _("失联")


class Health(models.TextChoices):
    HEALTHY = "HEALTHY", _("健康")
    CHRONIC = "CHRONIC", _("长期慢性病")
    SERIOUS = "SERIOUS", _("患有大病")
    DISABLED = "DISABLED", _("残疾")


class LabourCapacity(models.TextChoices):
    ORDINARY = "ORDINARY", _("普通劳动力")
    SKILLED = "SKILLED", _("技能劳动力")
    WEAK = "WEAK", _("弱劳动力或半劳动力")
    LOST = "LOST", _("丧失劳动力")
    NONE = "NONE", _("无劳动力")


class ChangeReason(models.TextChoices):
    REGISTERED = "REGISTERED", _("识别登记")
    MARRIED_IN = "MARRIED_IN", _("嫁入")
    NEWBORN = "NEWBORN", _("新生儿")
    REGISTERED_LATE = "REGISTERED_LATE", _("户籍迁入或补录")
    RELEASED = "RELEASED", _("刑满释放")
    OTHER_IN = "OTHER_IN", _("其他转入")
    DIED = "DIED", _("死亡")
    MARRIED_OUT = "MARRIED_OUT", _("嫁出")
    EMIGRATED = "EMIGRATED", _("出国定居")
    IMPRISONED = "IMPRISONED", _("判刑收监")
    MISSING = "MISSING", _("失踪")
    URBAN = "URBAN", _("农转非或录用")
    OTHER_OUT = "OTHER_OUT", _("其他转出")
    SPLIT = "SPLIT", _("分户")
    MERGED = "MERGED", _("并户")


JOIN_REASONS = (
    ChangeReason.MARRIED_IN,
    ChangeReason.NEWBORN,
    ChangeReason.REGISTERED_LATE,
    ChangeReason.RELEASED,
    ChangeReason.OTHER_IN,
)
LEAVE_REASONS = (
    ChangeReason.DIED,
    ChangeReason.MARRIED_OUT,
    ChangeReason.EMIGRATED,
    ChangeReason.IMPRISONED,
    ChangeReason.MISSING,
    ChangeReason.URBAN,
    ChangeReason.OTHER_OUT,
)


class CheckState(models.TextChoices):
    DRAFT = "DRAFT", _("草稿")
    SUBMITTED = "SUBMITTED", _("已提交")
    ACCEPTED = "ACCEPTED", _("已通过")
    RETURNED = "RETURNED", _("已退回")


class ProcessKind(models.TextChoices):
    """What a status process is about; each leads to one status (`households.transitions`)."""

    IDENTIFY = "IDENTIFY", _("识别")
    PRE_EXIT = "PRE_EXIT", _("预脱贫")
    EXIT = "EXIT", _("脱贫退出")
    BACK = "BACK", _("取消预脱贫")
    STOP_POLICY = "STOP_POLICY", _("不再享受政策")
    RE_ENTRY = "RE_ENTRY", _("返贫")
    REMOVE = "REMOVE", _("清退（错评）")
    EXTINCT = "EXTINCT", _("自然消亡")


class ProcessState(models.TextChoices):
    OPEN = "OPEN", _("办理中")
    OBJECTED = "OBJECTED", _("有异议，待调查")
    APPROVED = "APPROVED", _("已审定")
    DROPPED = "DROPPED", _("已终止")
    REVOKED = "REVOKED", _("已撤销")


class StepKind(models.TextChoices):
    """Steps of a process, then the turns that are no step of their own."""

    APPLICATION = "APPLICATION", _("农户申请")
    PROPOSAL = "PROPOSAL", _("村级提出")
    VILLAGE_CHECK = "VILLAGE_CHECK", _("村级核实")
    REVIEW = "REVIEW", _("民主评议")
    AGREEMENT = "AGREEMENT", _("入户核算、户主签字")
    TOWNSHIP_CHECK = "TOWNSHIP_CHECK", _("乡镇核查")
    COMPARISON = "COMPARISON", _("数据比对")
    SECOND_REVIEW = "SECOND_REVIEW", _("村民代表再评议")
    VILLAGE_NOTICE = "VILLAGE_NOTICE", _("村级公示")
    TOWNSHIP_NOTICE = "TOWNSHIP_NOTICE", _("乡镇公示")
    APPROVAL = "APPROVAL", _("旗县审定公告")
    NOTICE_END = "NOTICE_END", _("公示期满")
    OBJECTION = "OBJECTION", _("收到异议")
    ANSWER = "ANSWER", _("异议调查答复")
    DROP = "DROP", _("终止")
    REVOKE = "REVOKE", _("撤销审定")


class ReEntryTrigger(models.TextChoices):
    WARNING = "WARNING", _("监测预警")
    APPLICATION = "APPLICATION", _("农户申请")
    LOOK_BACK = "LOOK_BACK", _("回头看排查")


class DropoutState(models.TextChoices):
    SUSPECTED = "SUSPECTED", _("疑似辍学")
    VERIFIED = "VERIFIED", _("已核实未入学")
    PERSUADING = "PERSUADING", _("劝返中")
    RETURNED = "RETURNED", _("已返校")
    EXEMPTED = "EXEMPTED", _("准予例外")
    HOME_TEACHING = "HOME_TEACHING", _("送教上门")
    STILL_OUT = "STILL_OUT", _("仍未返校")
    CLOSED = "CLOSED", _("已结案")


class DropoutAct(models.TextChoices):
    OPEN = "OPEN", _("立案")
    VERIFY = "VERIFY", _("核实未入学")
    VISIT = "VISIT", _("登记劝返")
    RETURN = "RETURN", _("登记返校")
    EXEMPT = "EXEMPT", _("准予例外")
    TEACH = "TEACH", _("安排送教上门")
    SESSION = "SESSION", _("登记送教")
    RESUME = "RESUME", _("恢复劝返")
    STILL_OUT = "STILL_OUT", _("认定仍未返校")
    CLOSE = "CLOSE", _("结案")


DROPOUT_ENDED = (DropoutState.RETURNED, DropoutState.CLOSED)
_PURSUED = frozenset({DropoutState.VERIFIED, DropoutState.PERSUADING, DropoutState.STILL_OUT})
_OUT_OR_TAUGHT = _PURSUED | {DropoutState.EXEMPTED, DropoutState.HOME_TEACHING}
# What may be done in which states, and where it leads. An expired exception counts as VERIFIED.
DROPOUT_TRANSITIONS: dict[DropoutAct, tuple[frozenset[DropoutState], DropoutState]] = {
    DropoutAct.VERIFY: (frozenset({DropoutState.SUSPECTED}), DropoutState.VERIFIED),
    DropoutAct.VISIT: (_PURSUED, DropoutState.PERSUADING),
    DropoutAct.SESSION: (frozenset({DropoutState.HOME_TEACHING}), DropoutState.HOME_TEACHING),
    DropoutAct.RETURN: (_OUT_OR_TAUGHT, DropoutState.RETURNED),
    DropoutAct.TEACH: (_PURSUED | {DropoutState.EXEMPTED}, DropoutState.HOME_TEACHING),
    DropoutAct.EXEMPT: (_OUT_OR_TAUGHT, DropoutState.EXEMPTED),
    DropoutAct.STILL_OUT: (frozenset({DropoutState.PERSUADING}), DropoutState.STILL_OUT),
    DropoutAct.RESUME: (
        frozenset({DropoutState.EXEMPTED, DropoutState.HOME_TEACHING}),
        DropoutState.VERIFIED,
    ),
    DropoutAct.CLOSE: (_OUT_OR_TAUGHT | {DropoutState.SUSPECTED}, DropoutState.CLOSED),
}


class DropoutSource(models.TextChoices):
    FACTS = "FACTS", _("在校情况比对")
    VISIT = "VISIT", _("入户走访")
    SCHOOL = "SCHOOL", _("学校报告")
    OTHER = "OTHER", _("群众反映")


class VisitKind(models.TextChoices):
    """Whose persuasion it was (the columns of the paper form)."""

    PARENT = "PARENT", _("家长")
    SCHOOL = "SCHOOL", _("学校")
    HELPER = "HELPER", _("帮扶干部")


class MonitoringState(models.TextChoices):
    CLUE = "CLUE", _("线索待核查")
    CHECKED = "CHECKED", _("待乡镇审核")
    REVIEWED = "REVIEWED", _("待旗县认定")
    MONITORED = "MONITORED", _("监测帮扶中")
    REMOVAL_PROPOSED = "REMOVAL_PROPOSED", _("拟消除风险")
    REMOVED = "REMOVED", _("风险已消除")
    DISMISSED = "DISMISSED", _("不予纳入")


class MonitoringAct(models.TextChoices):
    REPORT = "REPORT", _("登记线索")
    CHECK = "CHECK", _("村级核查")
    REVIEW = "REVIEW", _("乡镇审核通过")
    CONFIRM = "CONFIRM", _("认定监测对象")
    SEND_BACK = "SEND_BACK", _("退回重新核查")
    DISMISS = "DISMISS", _("不予纳入")
    MEASURE = "MEASURE", _("制定帮扶措施")
    FINISH = "FINISH", _("登记措施成效")
    FOLLOW_UP = "FOLLOW_UP", _("跟踪走访")
    PROPOSE_REMOVAL = "PROPOSE_REMOVAL", _("提出消除风险")
    APPROVE_REMOVAL = "APPROVE_REMOVAL", _("批准消除风险")
    REFUSE_REMOVAL = "REFUSE_REMOVAL", _("不同意消除")
    RELAPSE = "RELAPSE", _("再次出现风险")


_WATCHED = frozenset(
    {MonitoringState.MONITORED, MonitoringState.REMOVAL_PROPOSED, MonitoringState.REMOVED}
)
# What may be done in which states, and where it leads; None: the state stays.
MONITORING_TRANSITIONS: dict[
    MonitoringAct, tuple[frozenset[MonitoringState], MonitoringState | None]
] = {
    MonitoringAct.CHECK: (frozenset({MonitoringState.CLUE}), MonitoringState.CHECKED),
    MonitoringAct.REVIEW: (frozenset({MonitoringState.CHECKED}), MonitoringState.REVIEWED),
    MonitoringAct.CONFIRM: (frozenset({MonitoringState.REVIEWED}), MonitoringState.MONITORED),
    MonitoringAct.SEND_BACK: (
        frozenset({MonitoringState.CHECKED, MonitoringState.REVIEWED}),
        MonitoringState.CLUE,
    ),
    MonitoringAct.DISMISS: (
        frozenset({MonitoringState.CLUE, MonitoringState.CHECKED, MonitoringState.REVIEWED}),
        MonitoringState.DISMISSED,
    ),
    MonitoringAct.FOLLOW_UP: (_WATCHED, None),
    MonitoringAct.MEASURE: (frozenset({MonitoringState.MONITORED}), None),
    MonitoringAct.FINISH: (frozenset({MonitoringState.MONITORED}), None),
    MonitoringAct.PROPOSE_REMOVAL: (
        frozenset({MonitoringState.MONITORED}),
        MonitoringState.REMOVAL_PROPOSED,
    ),
    MonitoringAct.APPROVE_REMOVAL: (
        frozenset({MonitoringState.REMOVAL_PROPOSED}),
        MonitoringState.REMOVED,
    ),
    MonitoringAct.REFUSE_REMOVAL: (
        frozenset({MonitoringState.REMOVAL_PROPOSED}),
        MonitoringState.MONITORED,
    ),
    MonitoringAct.RELAPSE: (frozenset({MonitoringState.REMOVED}), MonitoringState.CLUE),
}


class ClueKind(models.TextChoices):
    HOUSEHOLD = "HOUSEHOLD", _("农户申报")
    CADRE = "CADRE", _("干部走访")
    DEPARTMENT = "DEPARTMENT", _("部门预警")


class Pace(models.TextChoices):
    """How often a monitored household is followed up."""

    MONTHLY = "MONTHLY", _("每月")
    QUARTERLY = "QUARTERLY", _("每季度")
