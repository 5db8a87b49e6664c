"""Causes of poverty, subsistence allowance and support of the destitute (DQ-CAU, DQ-SOC)."""

from accounts.enums import Line
from households.enums import Cause, HouseholdKind
from indicators.definitions.scopes import REGISTERED_EVER, supported
from indicators.enums import Severity
from indicators.expressions import Calculation, Condition, all_of, any_of
from indicators.facts import assistance, house_profile, household, income, member
from indicators.quality.declare import Limit, QualityRule
from indicators.quality.rules.common import (
    ABLE,
    able,
    cause,
    counted,
    disabled,
    lacks,
    pupils,
    sick,
    workforce,
)

WHY_CAUSE = "致贫原因与家庭情况不符，帮扶措施就会对不上。"


def _cause(code: str, name: str, wrong: Condition, fix: str, **more: object) -> QualityRule:
    return QualityRule(
        code=code,
        name=name,
        subject="household",
        severity=Severity.WARNING,
        line=Line.GENERAL,
        applies=REGISTERED_EVER,
        wrong=wrong,
        why=WHY_CAUSE,
        fix=fix,
        place="s1",
        is_private=True,
        **more,  # type: ignore[arg-type]
    )


CAU_01 = _cause(
    "DQ-CAU-01",
    "致贫原因有因病，没有成员患病",
    all_of(cause(Cause.ILLNESS), sick.nobody()),
    "核实后在第一节更正致贫原因，或更正成员的健康状况。",
)
CAU_02 = _cause(
    "DQ-CAU-02",
    "致贫原因有因学，没有在校生",
    all_of(cause(Cause.SCHOOLING), pupils.nobody()),
    "核实后在第一节更正致贫原因，或在第六节更正在校生状况。",
    remark="25周岁以下在校情况全空的，按不明，不列。",
)
CAU_03 = _cause(
    "DQ-CAU-03",
    "致贫原因有因残，没有残疾成员",
    all_of(cause(Cause.DISABILITY), disabled.nobody()),
    "核实后在第一节更正致贫原因，或更正成员的健康状况、残疾类别。",
)
CAU_04 = _cause(
    "DQ-CAU-04",
    "其他致贫原因与主要致贫原因相同",
    Calculation("{} = ANY({})", (house_profile.cause_main, house_profile.cause_other)),
    "在第一节从其他致贫原因中去掉与主要原因相同的一项。",
)
CAU_05 = _cause(
    "DQ-CAU-05",
    "致贫原因有缺劳力，劳动力超过成员的四分之一",
    all_of(
        cause(Cause.LABOUR),
        Calculation("{} * 4 > {}", (able, household.member_count)),
    ),
    "核实后在第一节更正致贫原因，或更正成员的劳动技能。",
    limits=(Limit("普通、技能劳动力占成员", "超过四分之一"),),
)

IS_DIBAO = house_profile.kind.is_in(HouseholdKind.DIBAO, HouseholdKind.DIBAO_TEKUN)
IS_TEKUN = house_profile.kind.is_in(HouseholdKind.TEKUN, HouseholdKind.DIBAO_TEKUN)
in_dibao = counted("in_dibao", "享受低保的成员", assistance.dibao.is_yes())
able_16_65 = counted(
    "able_16_65",
    "16至65周岁的普通或技能劳动力",
    all_of(member.age.at_least(16), member.age.at_most(65), member.labour.is_in(*ABLE)),
)

SOC_01 = QualityRule(
    code="DQ-SOC-01",
    name="贫困户属性与成员享受低保不一致",
    subject="household",
    severity=Severity.WARNING,
    line=Line.SOCIAL,
    applies=REGISTERED_EVER,
    wrong=any_of(
        all_of(IS_DIBAO, in_dibao.nobody()),
        all_of(
            house_profile.kind.is_in(HouseholdKind.GENERAL, HouseholdKind.TEKUN), in_dibao.some()
        ),
    ),
    why="低保户没有低保成员，或有低保成员而不是低保户，低保人数对不上。",
    fix="与民政名单核对，在第一节更正贫困户属性，或在第九节更正成员的低保。",
    place="s9",
)
SOC_02A = QualityRule(
    code="DQ-SOC-02A",
    name="同时享受低保和特困供养",
    subject="member",
    severity=Severity.BLOCKING,
    line=Line.SOCIAL,
    applies=REGISTERED_EVER,
    wrong=all_of(assistance.dibao.is_yes(), assistance.tekun.is_yes()),
    why="同一人不能同时享受低保和特困供养。",
    fix="与民政名单核对，在第九节改为实际享受的一种。",
    place="s9",
)
SOC_02B = QualityRule(
    code="DQ-SOC-02B",
    name="一般贫困户有低保金或特困供养金",
    subject="household",
    severity=Severity.BLOCKING,
    line=Line.SOCIAL,
    applies=REGISTERED_EVER,
    wrong=all_of(
        house_profile.kind.equals(HouseholdKind.GENERAL),
        any_of(income.dibao.above(0), income.tekun.above(0)),
    ),
    why="有低保金、特困供养金的户不应是一般贫困户，属性或收入至少有一项填错。",
    fix="与民政名单核对，在第一节更正贫困户属性，或在第八节更正转移性收入明细。",
    place="s8",
)
SOC_03 = QualityRule(
    code="DQ-SOC-03",
    name="低保户（特困供养户）没有低保金（特困供养金）",
    subject="household",
    severity=Severity.WARNING,
    line=Line.SOCIAL,
    applies=REGISTERED_EVER,
    wrong=any_of(all_of(IS_DIBAO, lacks(income.dibao)), all_of(IS_TEKUN, lacks(income.tekun))),
    why="享受待遇而收入中没有这笔钱，人均纯收入就算少了。",
    fix="在第八节补填低保金、特困供养金。",
    place="s8",
    remark="收入按判定年度；当年新纳入的户可说明。",
)
SOC_04 = QualityRule(
    code="DQ-SOC-04",
    name="特困供养户有16至65周岁的劳动力",
    subject="household",
    severity=Severity.WARNING,
    line=Line.SOCIAL,
    applies=REGISTERED_EVER,
    wrong=all_of(house_profile.kind.equals(HouseholdKind.TEKUN), able_16_65.some()),
    why="特困供养的对象是无劳动能力、无生活来源的人，属性或劳动技能可能填错。",
    fix="核实后更正贫困户属性或劳动技能；情况属实的申请说明。",
    place="s1",
    limits=(Limit("年龄", "16至65周岁"),),
)
SOC_05 = QualityRule(
    code="DQ-SOC-05",
    name="全户没有劳动力，也没有人享受低保或特困供养",
    subject="household",
    severity=Severity.WARNING,
    line=Line.SOCIAL,
    applies=all_of(REGISTERED_EVER, household.member_count.known()),
    wrong=all_of(workforce.nobody(), supported.nobody()),
    why="没有劳动力的户应由兜底保障覆盖，可能应保未保。",
    fix="与民政部门核实是否应纳入低保或特困供养；已享受的在第九节更正。",
    place="s9",
    limits=(Limit("劳动力", "16周岁以上，普通、技能、弱劳动力或半劳动力"),),
)

CAUSES = (
    CAU_01, CAU_02, CAU_03, CAU_04, CAU_05, SOC_01, SOC_02A, SOC_02B, SOC_03, SOC_04, SOC_05,
)  # fmt: skip
