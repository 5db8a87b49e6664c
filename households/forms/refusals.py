"""Answers that cannot be true together: they block a submission, never a draft (domain §3.1–3.7)."""

from datetime import date
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext_lazy as _

from households.forms.member_tables import NOT_IN_SCHOOL
from households.forms.questions import DANGEROUS_GRADES
from households.forms.rules import House, Rule, Someone
from households.models import (
    Employment,
    Housing,
    IncomeYear,
    LivingConditions,
    MemberProfile,
    Schooling,
    SocialAssistance,
    StudentAid,
)

TOLERANCE = Decimal(1)  # yuan, domain §3.1
SCHOOL_STARTS = 9  # month
EDUCATION_ALONE_SINCE = 2019  # the form on which pupils have no education level


def is_in_school(someone: Someone) -> bool:
    return (someone.schooling.student_status or "") not in NOT_IN_SCHOOL


def works_away(someone: Someone) -> bool:
    return bool(someone.job.work_months)


def _more(value: Any, limit: Any) -> bool:
    return value is not None and limit is not None and value > limit


def _returned_too_much(house: House) -> bool:
    land = house.land
    if None in (land.returned_mu, land.forest_mu, land.pasture_mu):
        return False
    return bool(land.returned_mu > land.forest_mu + land.pasture_mu)


def _grade_contradicts(house: House) -> bool:
    grade, dangerous = house.housing.grade, house.housing.dangerous_reported
    return bool(grade) and dangerous is not None and (grade in DANGEROUS_GRADES) != dangerous


def parts_differ(house: House, total_name: str, names: tuple[str, ...]) -> bool:
    """Whether parts exceed their total, or all of them do not make it up."""
    total = getattr(house.income, total_name)
    parts = [getattr(house.income, name) for name in names]
    known = [part for part in parts if part is not None]
    if total is None or not known:
        return False
    rest = total - sum(known, Decimal())
    return bool(rest < -TOLERANCE or (len(known) == len(parts) and rest > TOLERANCE))


def _place_without_months(someone: Someone) -> bool:
    return bool(someone.job.work_area or someone.job.work_place) and not someone.job.work_months


def _months_without_place(someone: Someone) -> bool:
    return works_away(someone) and not (someone.job.work_area or someone.job.work_place)


def _graded_without_type(someone: Someone) -> bool:
    profile = someone.profile
    return bool(profile.disability_grade or profile.disability_cert_year) and not (
        profile.disability_type
    )


def _pupil_with_education(someone: Someone) -> bool:
    return (
        someone.house.on.year >= EDUCATION_ALONE_SINCE
        and is_in_school(someone)
        and bool(someone.profile.education)
    )


def school_year(on: date) -> int:
    """The school year of a day, named by its first calendar year."""
    return on.year if on.month >= SCHOOL_STARTS else on.year - 1


def _paid_nothing(someone: Someone) -> bool:
    aid = someone.aid(school_year(someone.house.on))
    return aid.paid is False and bool(aid.amount_yuan)


REFUSALS: tuple[Rule, ...] = (
    Rule(
        code="LND-IRRIGATED",
        columns=((LivingConditions, "irrigated_mu"), (LivingConditions, "cultivated_mu")),
        text=_("有效灌溉面积不能大于耕地面积"),
        house=lambda house: _more(house.land.irrigated_mu, house.land.cultivated_mu),
    ),
    Rule(
        code="LND-RETURNED",
        columns=(
            (LivingConditions, "returned_mu"),
            (LivingConditions, "forest_mu"),
            (LivingConditions, "pasture_mu"),
        ),
        text=_("退耕还林面积不能大于林地与牧草地之和"),
        house=_returned_too_much,
    ),
    Rule(
        code="HSE-GRADE",
        columns=((Housing, "dangerous_reported"), (Housing, "grade")),
        text=_("住房 C、D 级应是危房户，A、B 级不是，请改为一致"),
        house=_grade_contradicts,
        always_at_first=True,
    ),
    Rule(
        code="INC-PROPERTY",
        columns=(
            (IncomeYear, "property_yuan"),
            *((IncomeYear, name) for name in IncomeYear.PROPERTY_PARTS),
        ),
        text=_("财产性收入与各项明细之和不符，请核对"),
        house=lambda house: parts_differ(house, "property_yuan", IncomeYear.PROPERTY_PARTS),
        always_at_first=True,
    ),
    Rule(
        code="INC-TRANSFER",
        columns=(
            (IncomeYear, "transfer_yuan"),
            *((IncomeYear, name) for name in IncomeYear.TRANSFER_PARTS),
        ),
        text=_("转移性收入与各项明细之和不符，请核对"),
        house=lambda house: parts_differ(house, "transfer_yuan", IncomeYear.TRANSFER_PARTS),
        always_at_first=True,
    ),
    Rule(
        code="EDU-BOTH",
        columns=((MemberProfile, "education"), (Schooling, "student_status")),
        text=_("在校生不填文化程度，请选“在校，不填”"),
        member=_pupil_with_education,
        always_at_first=True,
    ),
    Rule(
        code="EDU-DROPOUT",
        columns=((Schooling, "dropout_reason"), (Schooling, "student_status")),
        text=_("在校就没有失学原因，请选“没有失学辍学”"),
        member=lambda one: bool(one.schooling.dropout_reason) and is_in_school(one),
        always_at_first=True,
    ),
    Rule(
        code="EDU-PAPER",
        columns=((Schooling, "exemption_document"), (Schooling, "exemption")),
        text=_("不入学须填批准文件"),
        member=lambda one: bool(one.schooling.exemption) and not one.schooling.exemption_document,
        always_at_first=True,
    ),
    Rule(
        code="AID-AMOUNT",
        columns=((StudentAid, "amount_yuan"), (StudentAid, "paid")),
        text=_("资助没有发放就没有金额"),
        member=_paid_nothing,
    ),
    Rule(
        code="DIS-TYPE",
        columns=(
            (MemberProfile, "disability_type"),
            (MemberProfile, "disability_grade"),
            (MemberProfile, "disability_cert_year"),
        ),
        text=_("填了残疾等级或办证年度，须选残疾类别"),
        member=_graded_without_type,
        always_at_first=True,
    ),
    Rule(
        code="WRK-MONTHS",
        columns=(
            (Employment, "work_months"),
            (Employment, "work_area"),
            (Employment, "work_place"),
        ),
        text=_("有务工地点，须填务工 1—12 个月"),
        member=_place_without_months,
        always_at_first=True,
    ),
    Rule(
        code="WRK-PLACE",
        columns=(
            (Employment, "work_area"),
            (Employment, "work_months"),
            (Employment, "work_place"),
        ),
        text=_("填了务工月数，须选务工区域"),
        member=_months_without_place,
        always_at_first=True,
    ),
    Rule(
        code="SOC-CLASS",
        columns=((SocialAssistance, "dibao_class"), (SocialAssistance, "dibao")),
        text=_("不享受低保就没有低保类别"),
        member=lambda one: bool(one.assistance.dibao_class) and one.assistance.dibao is False,
    ),
    Rule(
        code="SOC-BOTH",
        columns=((SocialAssistance, "dibao"), (SocialAssistance, "tekun")),
        text=_("低保和特困供养不能同时享受"),
        member=lambda one: bool(one.assistance.dibao and one.assistance.tekun),
    ),
)
