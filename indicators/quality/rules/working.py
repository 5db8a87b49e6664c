"""Labour, work, schooling by age (DQ-LAB, DQ-WRK, DQ-EDU)."""

from accounts.enums import Line
from households.enums import Health, LabourCapacity, StudentStatus
from indicators.definitions.scopes import REGISTERED_EVER
from indicators.enums import Severity
from indicators.expressions import Calculation, Condition, Surely, all_of, any_of
from indicators.facts import employment, income, member, schooling
from indicators.quality.declare import Limit, QualityRule
from indicators.quality.rules.common import (
    ABLE,
    IN_SCHOOL,
    UNABLE,
    UNDER_16,
    UP_TO_GRADE_9,
    WORKS,
    below,
    empty,
    lacks,
    surely_not,
    workers,
)

LAB_01 = QualityRule(
    code="DQ-LAB-01",
    name="身体健康、16至59周岁、不在校，但没有或只有弱劳动力",
    subject="member",
    severity=Severity.WARNING,
    line=Line.EMPLOYMENT,
    applies=REGISTERED_EVER,
    wrong=all_of(
        member.health.has_any(Health.HEALTHY),
        member.age.at_least(16),
        member.age.at_most(59),
        surely_not(IN_SCHOOL),
        member.labour.is_in(*UNABLE, LabourCapacity.WEAK),
    ),
    why="健康的劳动年龄人口一般有劳动能力，健康状况或劳动技能可能填错。",
    fix="核实后在第一节更正劳动技能或健康状况。",
    place="s1",
    limits=(Limit("年龄", "16至59周岁"),),
)
LAB_02 = QualityRule(
    code="DQ-LAB-02",
    name="不满16周岁或在校，但有劳动力",
    subject="member",
    severity=Severity.WARNING,
    line=Line.EMPLOYMENT,
    applies=REGISTERED_EVER,
    wrong=all_of(
        any_of(UNDER_16, Surely(IN_SCHOOL)), member.labour.is_in(*ABLE, LabourCapacity.WEAK)
    ),
    why="未成年人和在校生不算劳动力，会使劳动力人数偏多。",
    fix="在第一节把劳动技能改为无劳动力；已离校的在第六节更正在校生状况。",
    place="s1",
    limits=(Limit("年龄", "不满16周岁"),),
)
LAB_03 = QualityRule(
    code="DQ-LAB-03",
    name="肢体残疾一、二级，但是普通劳动力",
    subject="member",
    severity=Severity.WARNING,
    line=Line.EMPLOYMENT,
    applies=REGISTERED_EVER,
    wrong=all_of(
        member.disability_type.equals("LIMB"),
        member.disability_grade.is_in("1", "2"),
        member.labour.equals(LabourCapacity.ORDINARY),
    ),
    why="重度肢体残疾一般没有普通劳动能力，残疾等级或劳动技能可能填错。",
    fix="对照残疾证，在第一节更正残疾等级或劳动技能。",
    place="s1",
    limits=(Limit("肢体残疾", "一、二级"),),
    is_private=True,
)

HAS_PLACE = any_of(employment.work_area.known(), employment.work_place.known())
WRK_01 = QualityRule(
    code="DQ-WRK-01",
    name="务工月数与务工地点不一致，或月数超过12",
    subject="member",
    severity=Severity.BLOCKING,
    line=Line.EMPLOYMENT,
    applies=REGISTERED_EVER,
    wrong=any_of(
        employment.work_months.above(12),
        all_of(HAS_PLACE, surely_not(WORKS)),
        all_of(Surely(WORKS), empty(employment.work_area, employment.work_place)),
    ),
    why="有地点没有月数，或有月数没有地点，就分不清是否在外务工。",
    fix="入户核查时在第九节把务工区域和务工月数填全；没有务工的两项都不填。",
    place="s9",
    limits=(Limit("月数", "0至12个月"),),
)
WRK_02 = QualityRule(
    code="DQ-WRK-02",
    name="无劳动力或丧失劳动力，但在务工",
    subject="member",
    severity=Severity.WARNING,
    line=Line.EMPLOYMENT,
    applies=REGISTERED_EVER,
    wrong=all_of(member.labour.is_in(*UNABLE), WORKS),
    why="劳动技能或务工情况至少有一项填错。",
    fix="核实后在第一节更正劳动技能，或在第九节更正务工情况。",
    place="s9",
)
WRK_03 = QualityRule(
    code="DQ-WRK-03",
    name="不满16周岁或在幼儿园至九年级，但在务工",
    subject="member",
    severity=Severity.BLOCKING,
    line=Line.EMPLOYMENT,
    applies=REGISTERED_EVER,
    wrong=all_of(WORKS, any_of(UNDER_16, Surely(UP_TO_GRADE_9))),
    why="义务教育阶段不得务工，涉及控辍保学和童工，须查明。",
    fix="核实后在第九节更正务工情况；确已辍学的转控辍保学台账。",
    place="s9",
    limits=(Limit("年龄", "不满16周岁"),),
)
WRK_04A = QualityRule(
    code="DQ-WRK-04A",
    name="有工资性收入，但没有人务工或有公益性岗位",
    subject="household",
    severity=Severity.WARNING,
    line=Line.INCOME,
    applies=REGISTERED_EVER,
    wrong=all_of(income.wage.above(0), workers.nobody()),
    why="收入没有来源，收入或务工情况至少有一项填错。",
    fix="核实后在第九节补填务工情况，或在第八节更正工资性收入。",
    place="s9",
    remark="收入按判定年度，务工按目前情况；已不再务工的可说明。",
)
WRK_04B = QualityRule(
    code="DQ-WRK-04B",
    name="有人务工或有公益性岗位，但工资性收入为零",
    subject="household",
    severity=Severity.WARNING,
    line=Line.INCOME,
    applies=REGISTERED_EVER,
    wrong=all_of(Calculation("{} = 0", (income.wage,)), workers.some()),
    why="务工应有工资性收入，人均纯收入可能少算。",
    fix="核实后在第八节更正工资性收入，或在第九节更正务工情况。",
    place="s8",
    remark="收入按判定年度，务工按目前情况；当年开始务工的可说明。",
)
WRK_05A = QualityRule(
    code="DQ-WRK-05A",
    name="公益性岗位人员不满16周岁或满70周岁",
    subject="member",
    severity=Severity.WARNING,
    line=Line.EMPLOYMENT,
    applies=REGISTERED_EVER,
    wrong=all_of(employment.public_post.known(), any_of(UNDER_16, member.age.at_least(70))),
    why="公益性岗位须由有劳动能力、年龄合适的人承担。",
    fix="核实在岗情况，在第九节更正；确由他人顶岗的移交核查。",
    place="s9",
    limits=(Limit("年龄", "16至69周岁"),),
)
WRK_05B = QualityRule(
    code="DQ-WRK-05B",
    name="有公益性岗位，但没有岗位月数",
    subject="member",
    severity=Severity.WARNING,
    line=Line.EMPLOYMENT,
    applies=REGISTERED_EVER,
    wrong=all_of(employment.public_post.known(), lacks(employment.post_months)),
    why="没有月数无法核对岗位补贴。",
    fix="入户核查时在第九节填写公益性岗位月数。",
    place="s9",
)

JUNIOR = (StudentStatus.GRADE_7, StudentStatus.GRADE_8, StudentStatus.GRADE_9)
SENIOR = (
    StudentStatus.SENIOR_1,
    StudentStatus.SENIOR_2,
    StudentStatus.SENIOR_3,
    StudentStatus.VOCATIONAL_1,
    StudentStatus.VOCATIONAL_2,
    StudentStatus.VOCATIONAL_3,
)
ONE_YEAR_GRADES = (
    *JUNIOR,
    *SENIOR,
    StudentStatus.COLLEGE_1,
    StudentStatus.COLLEGE_2,
    StudentStatus.COLLEGE_3,
)


def _outside(*grades: str, least: int, most: int) -> Condition:
    return all_of(
        schooling.status.is_in(*grades),
        any_of(below(member.age, least), member.age.above(most)),
    )


EDU_01 = QualityRule(
    code="DQ-EDU-01",
    name="年龄与所在年级不相称",
    subject="member",
    severity=Severity.WARNING,
    line=Line.EDUCATION,
    applies=REGISTERED_EVER,
    wrong=any_of(
        all_of(schooling.status.equals(StudentStatus.PRIMARY), member.age.at_least(20)),
        _outside(*JUNIOR, least=12, most=17),
        _outside(*SENIOR, least=15, most=20),
        all_of(schooling.status.equals(StudentStatus.POSTGRADUATE), below(member.age, 20)),
    ),
    why="年级没有逐年更新，或出生日期填错。",
    fix="与学籍核对，在第六节更正年级；已毕业的改为不在校并填文化程度。",
    place="s6",
    limits=(
        Limit("小学", "不满20周岁"),
        Limit("七至九年级", "12至17周岁"),
        Limit("高中、中职", "15至20周岁"),
        Limit("硕士研究生及以上", "满20周岁"),
    ),
)
EDU_02 = QualityRule(
    code="DQ-EDU-02",
    name="在校生状况三年没有变化",
    subject="member",
    severity=Severity.WARNING,
    line=Line.EDUCATION,
    applies=REGISTERED_EVER,
    wrong=all_of(
        schooling.status.is_in(*ONE_YEAR_GRADES),
        Calculation("{} <= (%(on)s::date - interval '3 years')::date", (schooling.since,)),
    ),
    why="同一年级不会连读三年，学籍信息没有逐年更新。",
    fix="与学籍核对，在第六节更正年级或是否在校。",
    place="s6",
    limits=(Limit("未变", "满三年"),),
    remark="按现有在校情况记录的起始日期算；小学、学前教育、本科不分年级，不列。",
)

WORKING = (
    LAB_01, LAB_02, LAB_03, WRK_01, WRK_02, WRK_03, WRK_04A, WRK_04B, WRK_05A, WRK_05B, EDU_01, EDU_02,
)  # fmt: skip
