"""Answers that are unlikely and need a reason (domain §3.1, and the W rules of §3.7 about answers)."""

from decimal import Decimal
from typing import Any

from django.utils.translation import gettext_lazy as _

from households.enums import (
    Cause,
    DwellingSolution,
    Education,
    Health,
    HouseholdKind,
    LabourCapacity,
    StudentStatus,
)
from households.forms.refusals import is_in_school, works_away
from households.forms.rules import Column, House, Rule, Someone
from households.identity import is_mobile, passes_luhn
from households.models import (
    Employment,
    HouseholdProfile,
    Housing,
    IncomeYear,
    LivingConditions,
    MemberProfile,
    Schooling,
    SocialAssistance,
)

ABLE = (LabourCapacity.ORDINARY, LabourCapacity.SKILLED)
UNABLE = (LabourCapacity.LOST, LabourCapacity.NONE)
LIMB = "LIMB"
HEAVIEST = ("1", "2")
UP_TO_GRADE_9 = (
    StudentStatus.PRESCHOOL,
    StudentStatus.PRIMARY,
    StudentStatus.GRADE_7,
    StudentStatus.GRADE_8,
    StudentStatus.GRADE_9,
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
# Usual ages in school, inclusive; those of senior school are wider than the junior's.
USUAL_AGES: dict[str, tuple[int, int]] = {
    StudentStatus.PRESCHOOL: (2, 8),
    StudentStatus.PRIMARY: (5, 19),
    **dict.fromkeys(JUNIOR, (12, 17)),
    **dict.fromkeys(SENIOR, (15, 20)),
    StudentStatus.POSTGRADUATE: (20, 60),
}

LABOUR: Column = (MemberProfile, "labour_capacity")
HEALTH: Column = (MemberProfile, "health")
STUDENT: Column = (Schooling, "student_status")
MONTHS: Column = (Employment, "work_months")
CAUSES: tuple[Column, ...] = ((HouseholdProfile, "cause_main"), (HouseholdProfile, "cause_other"))
KIND: Column = (HouseholdProfile, "kind")
HELD_DIBAO: Column = (SocialAssistance, "dibao")
HELD_TEKUN: Column = (SocialAssistance, "tekun")


def _income(name: str) -> Column:
    return (IncomeYear, name)


def _tiny(value: Any, least: int) -> bool:
    return value is not None and 0 < value < least


def _per_head(house: House, value: Any, most: int) -> bool:
    return value is not None and bool(house.people) and value > most * len(house.people)


def _has_cause(house: House, cause: str) -> bool:
    return cause == house.profile.cause_main or cause in (house.profile.cause_other or [])


def _nobody(house: House, health: tuple[str, ...]) -> bool:
    """Whether everybody's health is known, and nobody has one of these."""
    known = [someone.profile.health or [] for someone in house.people]
    return all(known) and not any(code in held for held in known for code in health)


def _all_known(house: House, is_known: Any) -> bool:
    return bool(house.people) and all(is_known(someone) for someone in house.people)


def _no_pupil(house: House) -> bool:
    return not any(is_in_school(someone) for someone in house.people)


def _mostly_able(house: House) -> bool:
    able = sum(someone.profile.labour_capacity in ABLE for someone in house.people)
    return able * 4 > len(house.people)


def _dibao_kind_differs(house: House) -> bool:
    """A household of a kind that its members' allowances contradict, both known."""
    kind = house.profile.kind
    if not kind or not _all_known(house, lambda one: one.assistance.dibao is not None):
        return False
    says = kind in (HouseholdKind.DIBAO, HouseholdKind.DIBAO_TEKUN)
    return bool(says != any(someone.assistance.dibao for someone in house.people))


def _aid_without_money(house: House) -> bool:
    kind, income = house.profile.kind, house.income
    told = {
        HouseholdKind.DIBAO: [income.dibao_yuan],
        HouseholdKind.TEKUN: [income.tekun_yuan],
        HouseholdKind.DIBAO_TEKUN: [income.dibao_yuan, income.tekun_yuan],
    }
    return any(not value for value in told.get(kind, []))


def _money_without_aid(house: House) -> bool:
    income = house.income
    return house.profile.kind == HouseholdKind.GENERAL and bool(
        income.dibao_yuan or income.tekun_yuan
    )


def _able_in_tekun(house: House) -> bool:
    return house.profile.kind == HouseholdKind.TEKUN and any(
        someone.profile.labour_capacity in ABLE and someone.age in range(16, 66)
        for someone in house.people
    )


def _no_labour_no_aid(house: House) -> bool:
    """Everybody's labour and allowances are known: none has any."""
    return _all_known(
        house,
        lambda one: (
            (one.profile.labour_capacity in UNABLE or (one.age is not None and one.age < 16))
            and one.assistance.dibao is False
            and one.assistance.tekun is False
        ),
    )


def _wage_without_worker(house: House) -> bool:
    return bool(house.income.wage_yuan) and _all_known(
        house, lambda one: one.job.work_months == 0 and not one.job.public_post
    )


def _worker_without_wage(house: House) -> bool:
    return house.income.wage_yuan == 0 and any(works_away(someone) for someone in house.people)


def _weak_though_healthy(one: Someone) -> bool:
    return (
        one.profile.health == [Health.HEALTHY]
        and one.age in range(16, 60)
        and not is_in_school(one)
        and one.profile.labour_capacity in (*UNABLE, LabourCapacity.WEAK)
    )


def _labour_too_young(one: Someone) -> bool:
    is_young = one.age is not None and one.age < 16
    return (is_young or is_in_school(one)) and one.profile.labour_capacity in (
        *ABLE,
        LabourCapacity.WEAK,
    )


def _ordinary_though_disabled(one: Someone) -> bool:
    profile = one.profile
    return (
        profile.disability_type == LIMB
        and profile.disability_grade in HEAVIEST
        and profile.labour_capacity == LabourCapacity.ORDINARY
    )


def _works_too_young(one: Someone) -> bool:
    is_young = one.age is not None and one.age < 16
    return works_away(one) and (is_young or one.schooling.student_status in UP_TO_GRADE_9)


def _unusual_age(one: Someone) -> bool:
    ages = USUAL_AGES.get(one.schooling.student_status or "")
    if one.age is None or not is_in_school(one):
        return False
    least, most = ages or (0, 29)
    return not least <= one.age <= most


def _post_at_odd_age(one: Someone) -> bool:
    return bool(one.job.public_post) and one.age is not None and one.age not in range(16, 70)


def _well_read_child(one: Someone) -> bool:
    finished = (Education.SENIOR, Education.COLLEGE, Education.BACHELOR)
    return one.age is not None and one.age < 15 and one.profile.education in finished


WARNINGS: tuple[Rule, ...] = (
    Rule(
        code="TEL-01",
        columns=((HouseholdProfile, "phone"),),
        text=_("这是固定电话，有手机的请填手机"),
        house=lambda house: bool(house.profile.phone) and not is_mobile(house.profile.phone),
    ),
    Rule(
        code="TEL-02",
        columns=((MemberProfile, "phone"),),
        text=_("这是固定电话，有手机的请填手机"),
        member=lambda one: bool(one.profile.phone) and not is_mobile(one.profile.phone),
    ),
    Rule(
        code="ACC-01",
        columns=((HouseholdProfile, "bank_account"),),
        text=_("银行卡号校验位不符，请对照银行卡核对；是存折账号的请说明"),
        house=lambda house: (
            bool(house.profile.bank_account) and not passes_luhn(house.profile.bank_account)
        ),
    ),
    Rule(
        code="CAU-01",
        columns=(*CAUSES, HEALTH),
        text=_("致贫原因有“因病”，但没有成员患病"),
        house=lambda house: (
            _has_cause(house, Cause.ILLNESS) and _nobody(house, (Health.CHRONIC, Health.SERIOUS))
        ),
    ),
    Rule(
        code="CAU-02",
        columns=(*CAUSES, STUDENT),
        text=_("致贫原因有“因学”，但没有在校生"),
        house=lambda house: _has_cause(house, Cause.SCHOOLING) and _no_pupil(house),
    ),
    Rule(
        code="CAU-03",
        columns=(*CAUSES, HEALTH),
        text=_("致贫原因有“因残”，但没有残疾成员"),
        house=lambda house: (
            _has_cause(house, Cause.DISABILITY) and _nobody(house, (Health.DISABLED,))
        ),
    ),
    Rule(
        code="CAU-04",
        columns=tuple(reversed(CAUSES)),
        text=_("其他致贫原因与主要致贫原因相同"),
        house=lambda house: (
            bool(house.profile.cause_main)
            and house.profile.cause_main in (house.profile.cause_other or [])
        ),
    ),
    Rule(
        code="CAU-05",
        columns=(*CAUSES, LABOUR),
        text=_("致贫原因有“缺劳力”，但超过四分之一的成员有普通或技能劳动力"),
        house=lambda house: _has_cause(house, Cause.LABOUR) and _mostly_able(house),
    ),
    Rule(
        code="HSE-AREA",
        columns=((Housing, "area_m2"),),
        text=_("住房面积为 0 或不清楚"),
        house=lambda house: (
            not house.housing.area_m2 and house.housing.solution != DwellingSolution.NONE
        ),
    ),
    Rule(
        code="INC-05-WAGE",
        columns=(_income("wage_yuan"),),
        text=_("工资性收入不到 300 元或超过 30 万元，请核对单位是不是元"),
        house=lambda house: (
            _tiny(house.income.wage_yuan, 300) or (house.income.wage_yuan or 0) > 300_000
        ),
    ),
    Rule(
        code="INC-05-DIBAO",
        columns=(_income("dibao_yuan"),),
        text=_("低保金一年不到 200 元"),
        house=lambda house: _tiny(house.income.dibao_yuan, 200),
    ),
    Rule(
        code="INC-05-PENSION",
        columns=(_income("pension_yuan"),),
        text=_("养老保险金一年不到 88 元"),
        house=lambda house: _tiny(house.income.pension_yuan, 88),
    ),
    Rule(
        code="INC-05-FAMILY",
        columns=(_income("family_planning_yuan"),),
        text=_("计划生育金一年不到 100 元"),
        house=lambda house: _tiny(house.income.family_planning_yuan, 100),
    ),
    Rule(
        code="INC-01",
        columns=(_income("operating_yuan"), _income("operating_expense_yuan")),
        text=_("有生产经营性收入，但没有生产经营性支出"),
        house=lambda house: (
            bool(house.income.operating_yuan) and not house.income.operating_expense_yuan
        ),
    ),
    Rule(
        code="INC-02",
        columns=(
            _income("persons_in_year"),
            _income("wage_yuan"),
            _income("operating_yuan"),
            _income("property_yuan"),
            _income("transfer_yuan"),
            _income("operating_expense_yuan"),
        ),
        text=_("人均纯收入不大于 0 元或超过 10 万元，请核对各项收支和人口"),
        house=lambda house: (
            (net := house.net_per_person) is not None and not 0 < net <= Decimal(100_000)
        ),
    ),
    Rule(
        code="INC-04",
        columns=(_income("eco_compensation_yuan"), (LivingConditions, "returned_mu")),
        text=_("有生态补偿金，但没有退耕还林面积"),
        house=lambda house: bool(house.income.eco_compensation_yuan) and not house.land.returned_mu,
    ),
    Rule(
        code="INC-PERSONS",
        columns=(_income("persons_in_year"),),
        text=_("年度家庭人口数超过 30 人"),
        house=lambda house: (house.income.persons_in_year or 0) > 30,
    ),
    Rule(
        code="LND-01-CULTIVATED",
        columns=((LivingConditions, "cultivated_mu"),),
        text=_("人均耕地超过 50 亩"),
        house=lambda house: _per_head(house, house.land.cultivated_mu, 50),
    ),
    Rule(
        code="LND-01-FOREST",
        columns=((LivingConditions, "forest_mu"),),
        text=_("人均林地超过 70 亩"),
        house=lambda house: _per_head(house, house.land.forest_mu, 70),
    ),
    Rule(
        code="ROAD-DISTANCE",
        columns=((LivingConditions, "road_distance_km"),),
        text=_("离村主干路超过 5 公里"),
        house=lambda house: (house.land.road_distance_km or 0) > 5,
    ),
    Rule(
        code="SOC-01",
        columns=(KIND, HELD_DIBAO),
        text=_("贫困户属性与成员是否享受低保不一致"),
        house=_dibao_kind_differs,
    ),
    Rule(
        code="SOC-02",
        columns=(KIND, _income("dibao_yuan"), _income("tekun_yuan")),
        text=_("一般贫困户有低保金或特困供养金"),
        house=_money_without_aid,
    ),
    Rule(
        code="SOC-03",
        columns=(KIND, _income("dibao_yuan"), _income("tekun_yuan")),
        text=_("低保户（特困供养户）没有低保金（特困供养金）"),
        house=_aid_without_money,
    ),
    Rule(
        code="SOC-04",
        columns=(KIND, LABOUR),
        text=_("特困供养户有 16—65 岁的劳动力"),
        house=_able_in_tekun,
    ),
    Rule(
        code="SOC-05",
        columns=(LABOUR, HELD_DIBAO, HELD_TEKUN),
        text=_("全户没有劳动力，也没有人享受低保或特困供养"),
        house=_no_labour_no_aid,
    ),
    Rule(
        code="WRK-04-WORKER",
        columns=(_income("wage_yuan"), MONTHS),
        text=_("有工资性收入，但没有人务工或有公益性岗位"),
        house=_wage_without_worker,
    ),
    Rule(
        code="WRK-04-WAGE",
        columns=(_income("wage_yuan"), MONTHS),
        text=_("有人务工，但工资性收入为 0"),
        house=_worker_without_wage,
    ),
    Rule(
        code="LAB-01",
        columns=(LABOUR, HEALTH),
        text=_("身体健康、16—59 岁、不在校，但没有或只有弱劳动力"),
        member=_weak_though_healthy,
    ),
    Rule(
        code="LAB-02",
        columns=(LABOUR, STUDENT),
        text=_("不满 16 岁或在校，但有劳动力"),
        member=_labour_too_young,
    ),
    Rule(
        code="LAB-03",
        columns=(
            LABOUR,
            (MemberProfile, "disability_type"),
            (MemberProfile, "disability_grade"),
        ),
        text=_("肢体残疾一、二级，但是普通劳动力"),
        member=_ordinary_though_disabled,
    ),
    Rule(
        code="DIS-01-TYPE",
        columns=(HEALTH, (MemberProfile, "disability_type")),
        text=_("健康状况是残疾，但没有残疾类别（残疾证）"),
        member=lambda one: (
            Health.DISABLED in (one.profile.health or []) and not one.profile.disability_type
        ),
    ),
    Rule(
        code="DIS-01-HEALTH",
        columns=((MemberProfile, "disability_type"), HEALTH),
        text=_("有残疾类别，但健康状况里没有“残疾”"),
        member=lambda one: (
            bool(one.profile.disability_type)
            and bool(one.profile.health)
            and Health.DISABLED not in one.profile.health
        ),
    ),
    Rule(
        code="EDU-01",
        columns=(STUDENT,),
        text=_("年龄与所在年级不相称"),
        member=_unusual_age,
    ),
    Rule(
        code="EDU-LEVEL",
        columns=((MemberProfile, "education"),),
        text=_("不满 15 岁，文化程度是高中以上"),
        member=_well_read_child,
    ),
    Rule(
        code="WRK-02",
        columns=(MONTHS, LABOUR),
        text=_("没有或丧失劳动力，但在外务工"),
        member=lambda one: works_away(one) and one.profile.labour_capacity in UNABLE,
    ),
    Rule(
        code="WRK-03",
        columns=(MONTHS, STUDENT),
        text=_("不满 16 岁或在幼儿园到九年级上学，但在务工"),
        member=_works_too_young,
    ),
    Rule(
        code="WRK-05-AGE",
        columns=((Employment, "public_post"),),
        text=_("公益性岗位人员不满 16 岁或满 70 岁"),
        member=_post_at_odd_age,
    ),
    Rule(
        code="WRK-05-MONTHS",
        columns=((Employment, "public_post"), (Employment, "post_months")),
        text=_("有公益性岗位，但没有岗位月数"),
        member=lambda one: bool(one.job.public_post) and not one.job.post_months,
    ),
)
