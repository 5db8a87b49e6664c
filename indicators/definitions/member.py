"""Schooling, medical care, work, assistance and pension of a member (domain §2.5, §2.6, §2.8–2.11, §2.16)."""

from accounts.enums import Line
from households.enums import (
    ABOVE_GRADE_9,
    COMPULSORY_GRADES,
    FINISHED_COMPULSORY,
    POOR_NOW,
    Health,
    SchoolExemption,
    Status,
    StudentStatus,
)
from indicators.definitions.base import Clause, Indicator, NoLine, Threshold
from indicators.definitions.scopes import ABLE, ABLE_REMARK, REGISTERED, REGISTERED_EVER
from indicators.expressions import (
    Calculation,
    Compare,
    InParameter,
    Number,
    Parameter,
    Part,
    Surely,
    all_of,
    any_of,
)
from indicators.facts import (
    aid,
    assistance,
    employment,
    household,
    industry,
    insurance,
    member,
    monitoring,
    pension,
    schooling,
)

AGE_FROM, AGE_TO = Parameter("school_age_from", type="int"), Parameter("school_age_to", type="int")
CUTOFF = Parameter("school_cutoff", type="text")
ENTRY_DATE = Calculation(
    "to_date((EXTRACT(YEAR FROM {0}) + {1} + CASE WHEN to_char({0}, 'MM-DD') > {2} THEN 1 ELSE 0 END)::int"
    " || '-' || {2}, 'YYYY-MM-DD') + 1",
    (member.birth_date, AGE_FROM, CUTOFF),
    "应入学日期",
)
HOME_TAUGHT = Calculation(
    "COALESCE(%(on)s::date - {0} BETWEEN 0 AND {1}, FALSE)",
    (schooling.home_taught_on, Parameter("home_teaching_days_max", type="int")),
)

EDU_01 = Indicator(
    code="EDU-01",
    name="义务教育在校",
    short_name="教育",
    subject="member",
    unit="人",
    line=Line.EDUCATION,
    clause=Clause("baotou-2019", "二(十)1"),
    description="6至15周岁及更大而仍在一至九年级的成员，在校，或在特殊教育学校，或31天内有送教上门。",
    applies=all_of(
        REGISTERED,
        any_of(
            all_of(member.age.at_least(AGE_FROM), member.age.at_most(AGE_TO)),
            all_of(member.age.above(AGE_TO), Surely(schooling.status.is_in(*COMPULSORY_GRADES))),
        ),
    ),
    met=any_of(
        Part(
            "在校",
            schooling.status.is_in(*COMPULSORY_GRADES, StudentStatus.SPECIAL_SCHOOL),
            "一至九年级或特殊教育学校",
        ),
        Part(
            "送教上门",
            all_of(schooling.status.equals(StudentStatus.HOME_TEACHING), HOME_TAUGHT),
            "{home_teaching_days_max} 天内有一次送教",
        ),
    ),
    exempt=any_of(
        member.education.is_in(*FINISHED_COMPULSORY),
        schooling.status.is_in(*ABOVE_GRADE_9),
        all_of(
            schooling.exemption.is_in(*SchoolExemption.values),
            schooling.exemption_document.on_paper(),
            schooling.exemption_authority.on_paper(),
            Calculation("COALESCE({} >= %(on)s::date, FALSE)", (schooling.exemption_valid_until,)),
        ),
        Calculation("%(on)s::date < {}", (ENTRY_DATE,)),
    ),
    remarks=(
        "已读完九年级的、持有效批准文件（身体原因、休学、延缓入学）的，豁免。",
        "8月31日后满6周岁的，次年9月1日前豁免。",
        "在校生状况未填为数据不足。",
    ),
)

MED_01 = Indicator(
    code="MED-01",
    name="参加基本医疗保险",
    short_name="医保",
    subject="member",
    unit="人",
    line=Line.HEALTH,
    clause=Clause("baotou-2019", "二(二)3"),
    description="判定日所在年度参加城乡居民或城镇职工基本医疗保险。",
    applies=REGISTERED,
    met=Part(
        "参保",
        any_of(insurance.resident.is_yes(), insurance.employee.is_yes()),
        "居民或职工基本医保任一",
    ),
    exempt=any_of(
        InParameter(insurance.exemption, Parameter("insurance_exempt_kinds", type="text")),
        member.days_old.at_most(Parameter("newborn_grace_days", type="int")),
    ),
    remarks=("现役军人、服刑、失联、出生90天内的，豁免。", "两项都参加按达标计，并列入疑点数据。"),
)

PUPIL = schooling.status.is_in(
    *COMPULSORY_GRADES,
    *ABOVE_GRADE_9,
    StudentStatus.PRESCHOOL,
    StudentStatus.SPECIAL_SCHOOL,
    StudentStatus.HOME_TEACHING,
)

EDU_02 = Indicator(
    code="EDU-02",
    name="教育资助发放",
    short_name="教育资助",
    subject="member",
    unit="人",
    line=Line.EDUCATION,
    clause=Clause("baotou-2019", "二(十)2"),
    description="本学年应享受教育资助的学生，资助已经发放。",
    applies=all_of(
        REGISTERED, any_of(Surely(PUPIL), Surely(aid.entitled.is_yes())), aid.entitled.is_yes()
    ),
    met=Part("资助发放", aid.paid.is_yes(), "本学年已发放"),
    remarks=(
        "学年自9月1日起，以起始年度为名。",
        "登记为在校生而未填是否应享受资助的，计为数据不足；未登记为在校生又未填的，不计。",
    ),
)

EDU_03 = Indicator(
    code="EDU-03",
    name="送教上门按月进行",
    short_name="送教",
    subject="member",
    unit="人",
    line=Line.EDUCATION,
    clause=Clause("kaizhou-2019", "教育 二(二)"),
    description="登记为送教上门的学生，最近一次送教不超过规定天数。",
    applies=all_of(REGISTERED, schooling.status.is_exactly(StudentStatus.HOME_TEACHING)),
    met=Part("最近送教", HOME_TAUGHT, "{home_teaching_days_max} 天内有一次送教"),
    remarks=("没有送教记录的，按没有送教计。", "原文为每月至少一次，按最长间隔天数判定。"),
)

MED_02 = Indicator(
    code="MED-02",
    name="参加大病保险",
    short_name="大病保险",
    subject="member",
    unit="人",
    line=Line.HEALTH,
    clause=Clause("baotou-2019", "二(二)3"),
    description="判定日所在年度参加大病保险。",
    applies=REGISTERED,
    met=Part("大病保险", insurance.serious_illness.is_yes(), "已参加"),
    exempt=MED_01.exempt,
    remarks=(
        "豁免同基本医疗保险。",
        "是否在医疗救助保障范围内，登记表只采集是否接受过救助，不据此判定。",
    ),
)

MED_03 = Indicator(
    code="MED-03",
    name="家庭医生签约",
    short_name="签约",
    subject="member",
    unit="人",
    line=Line.HEALTH,
    clause=Clause("baotou-2019", "二(八)"),
    description="判定日所在年度与家庭医生签约。",
    applies=REGISTERED,
    met=Part("签约", insurance.family_doctor.is_yes(), "已签约"),
    exempt=any_of(
        InParameter(insurance.exemption, Parameter("insurance_exempt_kinds", type="text")),
        all_of(
            Parameter("family_doctor_at_home_only").is_on(),
            household.away_all_year.is_yes(),
        ),
    ),
    remarks=(
        "现役军人、服刑、失联的，豁免；只要求在家贫困户签约的地方，全年外出户豁免。",
        "是否有签约意愿没有采集，不据此豁免。",
    ),
)

IND_02 = Indicator(
    code="IND-02",
    name="农牧业产业带动增收人口",
    short_name="产业增收",
    subject="member",
    unit="人",
    line=Line.INCOME,
    clause=Clause("baotou-2019", "二(二)1"),
    description="所在户有农牧业产业带动，判定年度产业带动收入大于零且不低于上一年度的人数。",
    applies=REGISTERED,
    met=all_of(
        Part(
            "带动方式",
            industry.kinds.has_any("OWN_PROJECT", "ASSET_INCOME", "ENTRUSTED", "ORDER", "SHARE"),
            "自主发展、资产收益、托管代养、订单收购、入股分红任一",
        ),
        Part("有带动收入", industry.income.above(0), "判定年度大于 0 元"),
        Part(
            "没有减少", industry.income.at_least(industry.income_before), "判定年度不低于上一年度"
        ),
    ),
    threshold=NoLine(),
    counts_only=True,
    remarks=(
        "方案没有定义增收，按产业带动收入大于零且不低于上一年度计；任一年度未填的不计入，另列未知。",
        "产业带动收入按户采集，户内成员都计入。",
    ),
)

TRAINED_THIS_YEAR = Calculation(
    "COALESCE(EXTRACT(YEAR FROM {0}) = %(year)s AND {0} <= %(on)s::date, FALSE)",
    (employment.trained_on,),
)

EMP_03 = Indicator(
    code="EMP-03",
    name="有培训意愿的劳动力参加培训",
    short_name="就业培训",
    subject="member",
    unit="人",
    line=Line.EMPLOYMENT,
    clause=Clause("kaizhou-2019", "就业 一"),
    description="有劳动能力、愿意参加培训的成员，判定日所在年度参加过培训。",
    applies=all_of(REGISTERED, ABLE, employment.training_wanted.is_yes()),
    met=Part("培训", TRAINED_THIS_YEAR, "本年度参加过培训"),
    threshold=Threshold("training_min_pct", optional=True),
    counts_only=True,
    remarks=(
        "只有开州方案要求有意愿的全部培训；其他地方只计数。",
        ABLE_REMARK,
        "没有培训记录的，按没有参加计；只采集最近一次培训的日期，以前年度的不算。",
    ),
)

EMP_04 = Indicator(
    code="EMP-04",
    name="生态护林员岗位",
    short_name="护林员",
    subject="member",
    unit="人",
    line=Line.EMPLOYMENT,
    clause=Clause("siding-2019", "四(五)2"),
    description="有劳动能力的成员中，担任生态护林员的人数。",
    applies=all_of(REGISTERED, ABLE),
    met=Part("公益性岗位", employment.public_post.is_exactly("RANGER"), "生态护林员"),
    threshold=NoLine(),
    counts_only=True,
    remarks=(
        ABLE_REMARK,
        "岗位是安排的结果，没有登记岗位的按没有安排计。",
        "方案要求每屯至少一个岗位；登记表不采集岗位所在的屯，只计数。",
    ),
)

WORKS_AWAY = all_of(
    any_of(Surely(employment.work_months.above(0)), ABLE),
    employment.work_months.above(0),
    employment.work_area.is_in("COUNTY", "PROVINCE", "OUTSIDE", "OTHER"),
)

EMP_06 = Indicator(
    code="EMP-06",
    name="劳务输出组织化程度",
    short_name="组织输出",
    subject="member",
    unit="人",
    line=Line.EMPLOYMENT,
    clause=Clause("shaanxi-2019-draft", "二.2"),
    description="在乡镇以外务工的成员中，有组织输出的人数。",
    applies=all_of(REGISTERED, WORKS_AWAY),
    met=Part("就业渠道", employment.channel.equals("ORGANISED"), "有组织输出"),
    threshold=Threshold("organised_share_min_pct", optional=True),
    counts_only=True,
    remarks=(
        "乡镇内务工的不算劳务输出。",
        "只有陕西征求意见稿对比例有要求；其他地方只计数。",
        "有劳动能力而未填务工时间的，计为数据不足。",
    ),
)

HAS_DISABILITY = any_of(member.disability_grade.known(), member.health.has_any(Health.DISABLED))
LIVING_DUE = any_of(assistance.dibao.is_yes(), household.status.is_in(*POOR_NOW))
LIVING_NOT_DUE = all_of(
    assistance.dibao.is_no(), household.status.is_in(Status.LIFTED_POLICY, Status.LIFTED_NO_POLICY)
)
CARE_DUE = member.disability_grade.is_in("1", "2")
CARE_NOT_DUE = member.disability_grade.is_in("3", "4")

SOC_04 = Indicator(
    code="SOC-04",
    name="残疾人两项补贴",
    short_name="两项补贴",
    subject="member",
    unit="人",
    line=Line.SOCIAL,
    clause=Clause("siding-2019", "四(五)4(1)"),
    description="困难残疾人享受生活补贴，一、二级重度残疾人享受护理补贴。",
    applies=all_of(
        Parameter("disability_subsidy_rule").is_on(),
        REGISTERED,
        HAS_DISABILITY,
        any_of(LIVING_DUE, CARE_DUE),
    ),
    met=all_of(
        Part(
            "生活补贴",
            any_of(LIVING_NOT_DUE, assistance.living_subsidy.is_yes()),
            "低保或未脱贫、预脱贫、返贫户的残疾人已享受",
        ),
        Part(
            "护理补贴",
            any_of(CARE_NOT_DUE, assistance.care_subsidy.is_yes()),
            "一、二级残疾人已享受",
        ),
    ),
    remarks=(
        "有残疾等级或健康状况含残疾的，算残疾人；等级不明的，护理补贴计为数据不足。",
        "只在方案要求落实两项补贴的地方判定。",
        "哪些人应享受，方案没有写明，按残疾人两项补贴的通行口径，待确认。",
    ),
)

PENSION_AGE_FROM, PENSION_AGE_TO = (
    Parameter("pension_age_from", type="int"),
    Parameter("pension_age_to", type="int"),
)
NOT_FOR_RESIDENT_PENSION = any_of(PUPIL, member.in_army.is_yes(), pension.employee.is_yes())
NOT_FOR_RESIDENT_PENSION_REMARK = "在校生、现役军人、参加职工养老保险的，豁免。"

PEN_01 = Indicator(
    code="PEN-01",
    name="参加居民养老保险",
    short_name="养老参保",
    subject="member",
    unit="人",
    line=Line.SOCIAL,
    clause=Clause("baotou-2019", "二(二)4"),
    description="年满16周岁的成员参加城乡居民基本养老保险，或已领取养老金。",
    applies=all_of(REGISTERED, member.age.at_least(PENSION_AGE_FROM)),
    met=Part(
        "参保", any_of(pension.resident.is_yes(), pension.receiving.is_yes()), "已参保或已领取"
    ),
    exempt=NOT_FOR_RESIDENT_PENSION,
    threshold=Threshold("pension_pass_pct"),
    remarks=(
        NOT_FOR_RESIDENT_PENSION_REMARK,
        "包头方案只要求未标注稳定脱贫的人口；不再享受政策的户即标注稳定脱贫的户，不在范围内。",
    ),
)

PEN_02 = Indicator(
    code="PEN-02",
    name="养老金发放",
    short_name="养老金",
    subject="member",
    unit="人",
    line=Line.SOCIAL,
    clause=Clause("baotou-2019", "二(二)4"),
    description="年满60周岁的成员领取养老金。",
    applies=all_of(REGISTERED, member.age.at_least(Parameter("pension_age_paid", type="int"))),
    met=Part("领取养老金", pension.receiving.is_yes(), "正在领取"),
    threshold=Threshold("pension_paid_pass_pct"),
    remarks=("登记表只采集是否领取，不采集每月是否按时。",),
)

PEN_03 = Indicator(
    code="PEN-03",
    name="政府代缴养老保险",
    short_name="养老代缴",
    subject="member",
    unit="人",
    line=Line.SOCIAL,
    clause=Clause("baotou-2019", "二(二)4"),
    description="16至59周岁参加居民养老保险的成员，个人缴费由政府代缴。",
    applies=all_of(
        REGISTERED,
        member.age.at_least(PENSION_AGE_FROM),
        member.age.at_most(PENSION_AGE_TO),
        pension.resident.is_yes(),
    ),
    met=Part("代缴", pension.paid_by_government.is_yes(), "政府代缴"),
    exempt=any_of(
        NOT_FOR_RESIDENT_PENSION,
        all_of(
            Compare(Parameter("pension_paid_for_lifted"), "=", Number(0)),
            household.status.equals(Status.LIFTED_POLICY),
        ),
    ),
    remarks=(
        NOT_FOR_RESIDENT_PENSION_REMARK,
        "只要求为未标注脱贫人口代缴的地方，已脱贫户的成员豁免。",
    ),
)

MONITORED = all_of(monitoring.type.known(), Surely(monitoring.risk_removed.is_yes(), negative=True))

MON_01 = Indicator(
    code="MON-01",
    name="监测对象占建档立卡人口",
    short_name="监测占比",
    subject="member",
    unit="人",
    line=Line.GENERAL,
    clause=Clause("monitoring-2020", "监测规模"),
    description="建档立卡人口中，正在监测、风险未消除的人数，占比须低于上限。",
    applies=REGISTERED_EVER,
    met=Part("正在监测", MONITORED, "已列为监测对象，风险未消除"),
    threshold=Threshold("monitor_share_max_pct", below=True, optional=True),
    counts_only=True,
    remarks=(
        "2020年3月起有上限，原文为左右；此前只计数。",
        "边缘易致贫户不是建档立卡户，在监测登记中另计，不在此数内。",
        "没有监测记录的，按不是监测对象计。",
        "深度贫困地区另有上限；登记册没有深度贫困地区名单，未采用。",
    ),
)

MON_02 = Indicator(
    code="MON-02",
    name="监测对象风险消除",
    short_name="风险消除",
    subject="member",
    unit="人",
    line=Line.GENERAL,
    clause=Clause("monitoring-2020", "监测范围"),
    description="列为监测对象的人中，风险已经消除的人数。",
    applies=all_of(REGISTERED_EVER, monitoring.type.known()),
    met=Part("风险消除", monitoring.risk_removed.is_yes(), "已消除"),
    threshold=NoLine(),
    counts_only=True,
    remarks=("文件没有规定消除比例，只计数。", "边缘易致贫户在监测登记中另计。"),
)

MEMBER = (
    EDU_01,
    EDU_02,
    EDU_03,
    EMP_03,
    EMP_04,
    EMP_06,
    IND_02,
    MED_01,
    MED_02,
    MED_03,
    MON_01,
    MON_02,
    PEN_01,
    PEN_02,
    PEN_03,
    SOC_04,
)
