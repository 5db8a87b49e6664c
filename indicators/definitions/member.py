"""Schooling and medical insurance of a member (domain §2.5, §2.6, §2.20)."""

from accounts.enums import Line
from households.enums import (
    ABOVE_GRADE_9,
    COMPULSORY_GRADES,
    FINISHED_COMPULSORY,
    SchoolExemption,
    StudentStatus,
)
from indicators.definitions.base import Clause, Indicator
from indicators.definitions.household import REGISTERED
from indicators.expressions import Calculation, InParameter, Parameter, Part, Surely, all_of, any_of
from indicators.facts import insurance, member, schooling

AGE_FROM, AGE_TO = Parameter("school_age_from"), Parameter("school_age_to")
CUTOFF = Parameter("school_cutoff", type="text")
ENTRY_DATE = Calculation(
    "to_date((EXTRACT(YEAR FROM {0}) + {1} + CASE WHEN to_char({0}, 'MM-DD') > {2} THEN 1 ELSE 0 END)::int"
    " || '-' || {2}, 'YYYY-MM-DD') + 1",
    (member.birth_date, AGE_FROM, CUTOFF),
    "应入学日期",
)
HOME_TAUGHT = Calculation(
    "COALESCE(%(on)s::date - {0} BETWEEN 0 AND {1}, FALSE)",
    (schooling.home_taught_on, Parameter("home_teaching_days_max")),
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
        member.days_old.at_most(Parameter("newborn_grace_days")),
    ),
    remarks=("现役军人、服刑、失联、出生90天内的，豁免。", "两项都参加按达标计，并列入疑点数据。"),
)
