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
