"""Identity, relations and what is empty of people (DQ-ID-05, DQ-HH, DQ-NUL, DQ-DIS)."""

from accounts.enums import Line
from households.enums import FEMALE_RELATIONS, MALE_RELATIONS, Health, Relation, Sex
from indicators.definitions.member import EDU_01, MED_01
from indicators.definitions.scopes import REGISTERED_EVER
from indicators.enums import Severity
from indicators.expressions import Calculation, Parameter, Surely, all_of, any_of
from indicators.facts import (
    house_profile,
    household,
    housing,
    insurance,
    insurance_before,
    living,
    member,
    pension,
    power,
    schooling,
    water,
)
from indicators.quality.declare import OURS, Limit, QualityRule
from indicators.quality.rules.common import (
    FROM_16,
    IN_SCHOOL,
    counted,
    empty,
    surely_not,
)

NEWBORN = member.days_old.at_most(Parameter("newborn_grace_days", type="int"))

ID_05 = QualityRule(
    code="DQ-ID-05",
    name="没有证件号码",
    subject="member",
    severity=Severity.BLOCKING,
    line=Line.GENERAL,
    applies=REGISTERED_EVER,
    wrong=all_of(Calculation("length({}) = 0", (member.id_digest,)), surely_not(NEWBORN)),
    why="没有证件号码就无法与部门数据比对，也无法查出重复登记。",
    fix="核对户口簿或身份证，在“家庭成员”中更正证件号码。",
    place="correct",
    remark="只有新生儿可以暂无证件号码，免列天数按参保宽限天数参数。",
)

heads = counted("heads", "户主", member.relation.equals(Relation.HEAD))
spouses = counted("spouses", "配偶", member.relation.equals(Relation.SPOUSE))


head_m = counted(
    "head_m", "男户主", all_of(member.relation.equals(Relation.HEAD), member.sex.equals(Sex.MALE))
)
head_f = counted(
    "head_f", "女户主", all_of(member.relation.equals(Relation.HEAD), member.sex.equals(Sex.FEMALE))
)
spouse_m = counted(
    "spouse_m",
    "男配偶",
    all_of(member.relation.equals(Relation.SPOUSE), member.sex.equals(Sex.MALE)),
)
spouse_f = counted(
    "spouse_f",
    "女配偶",
    all_of(member.relation.equals(Relation.SPOUSE), member.sex.equals(Sex.FEMALE)),
)

HH_01 = QualityRule(
    code="DQ-HH-01",
    name="没有户主",
    subject="household",
    severity=Severity.BLOCKING,
    line=Line.GENERAL,
    applies=all_of(REGISTERED_EVER, household.member_count.known()),
    wrong=heads.nobody(),
    why="每户须有且只有一名户主，户的证件号码、签字确认都以户主为准。",
    fix="在“家庭成员”中指定一名在户成员为户主。",
    place="people",
)
HH_02 = QualityRule(
    code="DQ-HH-02",
    name="户主多于一人",
    subject="household",
    severity=Severity.BLOCKING,
    line=Line.GENERAL,
    applies=REGISTERED_EVER,
    wrong=Surely(heads.above(1)),
    why="每户须有且只有一名户主。",
    fix="在“家庭成员”中只保留一名户主，其余改为实际关系。",
    place="people",
)
HH_03 = QualityRule(
    code="DQ-HH-03",
    name="配偶多于一人",
    subject="household",
    severity=Severity.BLOCKING,
    line=Line.GENERAL,
    applies=REGISTERED_EVER,
    wrong=Surely(spouses.above(1)),
    why="户主的配偶至多一人，多出的多为关系填错或应分户。",
    fix="在“家庭成员”中更正与户主关系；确应分户的办理分户。",
    place="people",
)
HH_04 = QualityRule(
    code="DQ-HH-04",
    name="户主与配偶性别相同",
    subject="household",
    severity=Severity.BLOCKING,
    line=Line.GENERAL,
    applies=REGISTERED_EVER,
    wrong=any_of(all_of(head_m.some(), spouse_m.some()), all_of(head_f.some(), spouse_f.some())),
    why="关系或性别至少有一项填错。",
    fix="对照户口簿，在“家庭成员”中更正关系或性别。",
    place="people",
)
HH_05 = QualityRule(
    code="DQ-HH-05",
    name="与户主关系和性别矛盾",
    subject="member",
    severity=Severity.BLOCKING,
    line=Line.GENERAL,
    applies=REGISTERED_EVER,
    wrong=any_of(
        all_of(member.relation.is_in(*sorted(MALE_RELATIONS)), member.sex.equals(Sex.FEMALE)),
        all_of(member.relation.is_in(*sorted(FEMALE_RELATIONS)), member.sex.equals(Sex.MALE)),
    ),
    why="关系或性别至少有一项填错，例如“之子”登记为女。",
    fix="对照户口簿，在“家庭成员”中更正关系或性别。",
    place="people",
)
HH_06 = QualityRule(
    code="DQ-HH-06",
    name="空挂户（没有成员）",
    subject="household",
    severity=Severity.BLOCKING,
    line=Line.GENERAL,
    applies=REGISTERED_EVER,
    wrong=empty(household.member_count),
    why="没有成员的户仍计入户数，使户数、人数对不上。",
    fix="补录成员；整户已消亡的，办理自然消亡。",
    place="people",
    remark="家庭人口数由在户成员算出，不另存；导入表中的家庭人口数与成员数不符，在导入时提示。",
)

NUL_01A = QualityRule(
    code="DQ-NUL-01A",
    name="民族未填",
    subject="member",
    severity=Severity.BLOCKING,
    line=Line.GENERAL,
    applies=REGISTERED_EVER,
    wrong=Calculation("COALESCE({}, '') = ''", (member.ethnic,)),
    why="民族是户口簿项目，统计和国家系统都要求填写。",
    fix="对照户口簿，在“家庭成员”中补填民族。",
    place="correct",
)
NUL_01B = QualityRule(
    code="DQ-NUL-01B",
    name="健康状况未填",
    subject="member",
    severity=Severity.BLOCKING,
    line=Line.GENERAL,
    applies=REGISTERED_EVER,
    wrong=empty(member.health),
    why="健康状况决定医疗、残疾各项政策的对象，未填就无法判定。",
    fix="入户核查时在第一节“成员情况”填写健康状况。",
    place="s1",
)
NUL_01C = QualityRule(
    code="DQ-NUL-01C",
    name="16周岁以上劳动技能未填",
    subject="member",
    severity=Severity.BLOCKING,
    line=Line.GENERAL,
    applies=REGISTERED_EVER,
    wrong=all_of(FROM_16, empty(member.labour)),
    why="就业、产业各项指标按劳动力计算，未填就算不出来。",
    fix="入户核查时在第一节“成员情况”填写劳动技能。",
    place="s1",
    limits=(Limit("起填年龄", "16周岁"),),
)
NUL_01D = QualityRule(
    code="DQ-NUL-01D",
    name="与户主关系未填",
    subject="member",
    severity=Severity.BLOCKING,
    line=Line.GENERAL,
    applies=REGISTERED_EVER,
    wrong=empty(member.relation),
    why="关系不明就无法核对户主、配偶和赡养抚养。",
    fix="对照户口簿，在“家庭成员”中补填与户主关系。",
    place="people",
)
NUL_01E = QualityRule(
    code="DQ-NUL-01E",
    name="主要致贫原因未填",
    subject="household",
    severity=Severity.BLOCKING,
    line=Line.GENERAL,
    applies=REGISTERED_EVER,
    wrong=empty(house_profile.cause_main),
    why="帮扶措施须对着致贫原因，每户须有一个主要原因。",
    fix="入户核查时在第一节填写主要致贫原因。",
    place="s1",
)
NUL_02A = QualityRule(
    code="DQ-NUL-02A",
    name="文化程度和在校生状况都未填",
    subject="member",
    severity=Severity.BLOCKING,
    line=Line.EDUCATION,
    applies=REGISTERED_EVER,
    wrong=all_of(member.age.at_least(3), empty(member.education, schooling.status)),
    why="两项须填其一：在校的填在校生状况，不在校的填文化程度。",
    fix="入户核查时在第一节填文化程度，或在第六节填是否在校、年级。",
    place="s1",
    limits=(Limit("起填年龄", "3周岁", OURS),),
)
NUL_02B = QualityRule(
    code="DQ-NUL-02B",
    name="在校生又填了文化程度",
    subject="member",
    severity=Severity.BLOCKING,
    line=Line.EDUCATION,
    applies=all_of(REGISTERED_EVER, Calculation("%(year)s >= 2019", ())),
    wrong=all_of(Surely(IN_SCHOOL), member.education.known()),
    why="2019年起的采集表，在校生不填文化程度，两项都填说明有一项未更新。",
    fix="在校的把文化程度改为“在校，不填”；已离校的更正在校生状况。",
    place="s1",
    remark="2019年起执行。",
)
NUL_03 = QualityRule(
    code="DQ-NUL-03",
    name="6至15周岁在校生状况未填",
    subject="member",
    severity=Severity.BLOCKING,
    line=Line.EDUCATION,
    applies=REGISTERED_EVER,
    wrong=all_of(
        member.age.at_least(6),
        member.age.at_most(15),
        empty(schooling.status),
        surely_not(EDU_01.exempt),  # type: ignore[arg-type]
    ),
    why="适龄儿童是否在校不明，控辍保学无法核对。",
    fix="入户核查时在第六节填是否在校、年级；依法不入学的填批准文件。",
    place="s6",
    limits=(Limit("适龄", "6至15周岁"),),
)
LIVING = (
    living.broadcast,
    living.sanitary_toilet,
    living.fuel,
    living.road_type,
    living.road_distance,
    living.in_cooperative,
    living.cultivated,
    living.irrigated,
    living.forest,
    living.returned,
    living.fruit,
    living.pasture,
    living.water_surface,
)
NUL_04 = QualityRule(
    code="DQ-NUL-04",
    name="生产生活条件有未填项",
    subject="household",
    severity=Severity.WARNING,
    line=Line.GENERAL,
    applies=REGISTERED_EVER,
    wrong=any_of(
        empty(power.source_kind, power.connected_reported),
        empty(power.for_production),
        empty(water.mode, water.safe_reported),
        empty(housing.grade, housing.dangerous_reported),
        empty(housing.area_m2),
        *(empty(fact) for fact in LIVING),
    ),
    why="采集表的必填项，未填的不能当作“否”或零。",
    fix="入户核查时在第三、四、五、九节补填所列各项；没有的填零。",
    place="s9",
)
INSURANCE_SEASON_ENDS = Calculation("%(on)s::date >= make_date(%(year)s, 4, 1)", ())
NUL_05A = QualityRule(
    code="DQ-NUL-05A",
    name="基本医疗保险未填",
    subject="member",
    severity=Severity.BLOCKING,
    line=Line.HEALTH,
    applies=REGISTERED_EVER,
    wrong=all_of(
        empty(insurance.resident, insurance.employee, insurance.exemption),
        surely_not(NEWBORN),
        any_of(INSURANCE_SEASON_ENDS, empty(insurance_before.resident, insurance_before.employee)),
    ),
    why="本年度是否参保不明，基本医疗无法判定。",
    fix="入户核查时在第七节填写参保情况，或导入医保参保名单。",
    place="s7",
    limits=(Limit("上年度已填的，免列至", "3月31日", OURS),),
    remark="每年年初集中登记，上年度有答案的三月底前不列。新生儿按参保宽限天数参数免列。",
)
NUL_05B = QualityRule(
    code="DQ-NUL-05B",
    name="16周岁以上养老保险未填",
    subject="member",
    severity=Severity.BLOCKING,
    line=Line.SOCIAL,
    applies=REGISTERED_EVER,
    wrong=all_of(
        FROM_16,
        empty(pension.resident, pension.employee, pension.receiving),
        surely_not(IN_SCHOOL),
    ),
    why="是否参加养老保险不明，无法判定参保和领取。",
    fix="入户核查时在第九节填写养老保险。",
    place="s9",
    limits=(Limit("起填年龄", "16周岁"), Limit("在校生免列", "是", OURS)),
)
MED_01_BOTH = QualityRule(
    code="DQ-MED-01A",
    name="居民医保和职工医保都参加",
    subject="member",
    severity=Severity.BLOCKING,
    line=Line.HEALTH,
    applies=REGISTERED_EVER,
    wrong=all_of(insurance.resident.is_yes(), insurance.employee.is_yes()),
    why="两种基本医保不能同时参加，多为名单重复或一项填错。",
    fix="与医保部门核对后，在第七节改为实际参加的一种。",
    place="s7",
)
MED_01_NONE = QualityRule(
    code="DQ-MED-01B",
    name="居民医保和职工医保都没有参加",
    subject="member",
    severity=Severity.BLOCKING,
    line=Line.HEALTH,
    applies=REGISTERED_EVER,
    wrong=all_of(
        insurance.resident.is_no(),
        insurance.employee.is_no(),
        surely_not(MED_01.exempt),  # type: ignore[arg-type]
    ),
    why="应保未保，或参保情况没有更新。",
    fix="确未参保的动员参保；已参保的在第七节更正；服刑、现役、失联的填免参保原因。",
    place="s7",
)
DIS_01A = QualityRule(
    code="DQ-DIS-01A",
    name="健康状况为残疾，没有残疾证信息",
    subject="member",
    severity=Severity.WARNING,
    line=Line.GENERAL,
    applies=REGISTERED_EVER,
    wrong=all_of(Surely(member.health.has_any(Health.DISABLED)), empty(member.disability_type)),
    why="残疾以持证为准，没有类别和等级就享受不了相应补贴。",
    fix="有证的在第一节补填残疾类别、等级；无证的协助办证。",
    place="s1",
    is_private=True,
)
DIS_01B = QualityRule(
    code="DQ-DIS-01B",
    name="有残疾证信息，健康状况不含残疾",
    subject="member",
    severity=Severity.WARNING,
    line=Line.GENERAL,
    applies=REGISTERED_EVER,
    wrong=all_of(
        member.disability_type.known(),
        member.health.known(),
        surely_not(member.health.has_any(Health.DISABLED)),
    ),
    why="两处不一致，残疾人数会少计。",
    fix="在第一节“成员情况”的健康状况中加选残疾，或更正残疾类别。",
    place="s1",
    is_private=True,
)

FAMILY = (
    ID_05, HH_01, HH_02, HH_03, HH_04, HH_05, HH_06,
    NUL_01A, NUL_01B, NUL_01C, NUL_01D, NUL_01E, NUL_02A, NUL_02B, NUL_03, NUL_04, NUL_05A, NUL_05B,
    MED_01_BOTH, MED_01_NONE, DIS_01A, DIS_01B,
)  # fmt: skip
