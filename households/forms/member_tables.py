"""What a household check asks of each member: quick tables, as data."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.utils.translation import gettext_lazy as _

from households.dossier import Person
from households.enums import COMPULSORY_GRADES, StudentStatus
from households.forms.answers import NOTHING, UNKNOWN
from households.forms.questions import SCHOOL_AGES, Question
from households.models import (
    Employment,
    Insurance,
    MemberProfile,
    Pension,
    Schooling,
    SocialAssistance,
    StudentAid,
)

STUDENT_AGES = range(3, 26)
WORKING_AGES = range(14, 150)
PENSION_AGES = range(16, 150)
NOT_IN_SCHOOL = ("", StudentStatus.NOT_STUDENT, StudentStatus.PRESCHOOL_AGE)

IN_SCHOOL: dict[str, tuple[Any, dict[str, Any]]] = {
    "IN": (_("在校"), {}),
    "HOME": (_("送教上门"), {"student_status": StudentStatus.HOME_TEACHING.value}),
    "OUT": (_("不在校"), {"student_status": StudentStatus.NOT_STUDENT.value}),
    UNKNOWN: (_("不清楚"), {"student_status": ""}),
}
# 在校 is told by its grade; these are no grades.
NOT_GRADES = {
    StudentStatus.NOT_STUDENT,
    StudentStatus.PRESCHOOL_AGE,
    StudentStatus.HOME_TEACHING,
}
INSURED: dict[str, tuple[Any, dict[str, Any]]] = {
    "RESIDENT": (_("居民医保"), {"resident": True, "employee": False}),
    "EMPLOYEE": (_("职工医保"), {"resident": False, "employee": True}),
    "NONE": (_("未参保"), {"resident": False, "employee": False}),
    UNKNOWN: (_("不清楚"), {"resident": None, "employee": None}),
}
PENSIONED: dict[str, tuple[Any, dict[str, Any]]] = {
    "RESIDENT": (_("居民养老"), {"resident": True, "employee": False}),
    "EMPLOYEE": (_("职工养老"), {"resident": False, "employee": True}),
    "NONE": (_("未参加"), {"resident": False, "employee": False}),
    UNKNOWN: (_("不清楚"), {"resident": None, "employee": None}),
}
ASSISTED: dict[str, tuple[Any, dict[str, Any]]] = {
    "DIBAO": (_("低保"), {"dibao": True, "tekun": False}),
    "TEKUN": (_("特困供养"), {"dibao": False, "tekun": True, "dibao_class": ""}),
    "NONE": (_("都没有"), {"dibao": False, "tekun": False, "dibao_class": ""}),
    UNKNOWN: (_("不清楚"), {"dibao": None, "tekun": None}),
}


class Grade(Question):
    """The grade of who is in school."""

    @cached_property
    def column(self) -> str:
        return "student_status"

    def stated(self, answer: Any) -> dict[str, Any]:
        return {"student_status": answer}

    def choices(self, year: int) -> list[tuple[str, Any]]:
        offered = super().choices(year)
        return [row for row in offered if row[0] not in NOT_GRADES and row[0] != UNKNOWN]


@dataclass(frozen=True, kw_only=True, eq=False)
class MemberTable:
    """One table: its columns, and the members who are asked."""

    key: str
    title: Any
    questions: tuple[Question, ...]
    asks: Callable[[Person], bool] = lambda person: True
    must_answer: str = ""  # the column that has to be known of everybody in the table
    is_more: bool = False

    @property
    def themes(self) -> set[Any]:
        return {question.theme for question in self.questions}


def is_pupil(person: Person) -> bool:
    """A member of school age, or an older one still recorded in grades 1 to 9."""
    return person.age in SCHOOL_AGES or bool(
        person.schooling and person.schooling.student_status in COMPULSORY_GRADES
    )


def is_other_student(person: Person) -> bool:
    """A member who may be in kindergarten or beyond grade 9, or is recorded there."""
    return not is_pupil(person) and (
        person.age in STUDENT_AGES
        or bool(person.schooling and person.schooling.student_status not in NOT_IN_SCHOOL)
    )


_state = Question(
    theme=Schooling, name="state", kind="choice", label=_("是否在校"), facts=IN_SCHOOL
)
_grade = Grade(
    theme=Schooling, name="grade", kind="choice", label=_("年级"), codes="student_status"
)
_school = Question(theme=Schooling, name="school", kind="text", is_more=True)
_aid = (
    Question(theme=StudentAid, name="entitled", is_more=True),
    Question(theme=StudentAid, name="paid", is_more=True),
    Question(
        theme=StudentAid,
        name="amount_yuan",
        label=_("资助金额"),
        kind="money",
        unit=_("元"),
        is_more=True,
    ),
)

MEMBER_TABLES: dict[int, tuple[MemberTable, ...]] = {
    1: (
        MemberTable(
            key="memberprofile",
            title=_("成员情况"),
            questions=(
                Question(
                    theme=MemberProfile,
                    name="health",
                    kind="several",
                    codes="health",
                    alone="HEALTHY",
                ),
                Question(
                    theme=MemberProfile,
                    name="labour_capacity",
                    kind="choice",
                    codes="labour_capacity",
                ),
                Question(
                    theme=MemberProfile,
                    name="education",
                    kind="choice",
                    codes="education",
                    facts={NOTHING: (_("在校，不填"), {"education": ""})},
                ),
                Question(theme=MemberProfile, name="disease", kind="text", is_more=True),
                Question(
                    theme=MemberProfile,
                    name="disability_type",
                    kind="choice",
                    codes="disability_type",
                    facts={
                        NOTHING: (
                            _("没有残疾"),
                            {
                                "disability_type": "",
                                "disability_grade": "",
                                "disability_cert_year": None,
                            },
                        )
                    },
                    is_more=True,
                ),
                Question(
                    theme=MemberProfile,
                    name="disability_grade",
                    kind="choice",
                    codes="disability_grade",
                    is_more=True,
                ),
                Question(
                    theme=MemberProfile,
                    name="disability_cert_year",
                    kind="number",
                    is_year=True,
                    whole=True,
                    lowest=1990,
                    highest=2100,
                    is_more=True,
                ),
                Question(
                    theme=MemberProfile,
                    name="political",
                    kind="choice",
                    codes="political",
                    is_more=True,
                ),
                Question(theme=MemberProfile, name="in_army", is_more=True),
                Question(theme=MemberProfile, name="mandarin", is_more=True),
                Question(theme=MemberProfile, name="phone", kind="phone", is_more=True),
            ),
        ),
    ),
    6: (
        MemberTable(
            key="schooling",
            title=_("义务教育阶段子女"),
            asks=is_pupil,
            must_answer="state",
            questions=(
                _state,
                _grade,
                Question(theme=Schooling, name="home_taught_on", kind="date", is_more=True),
                Question(
                    theme=Schooling,
                    name="exemption",
                    kind="choice",
                    codes="school_exemption",
                    facts={
                        NOTHING: (
                            _("无"),
                            {
                                "exemption": "",
                                "exemption_document": "",
                                "exemption_authority": "",
                                "exemption_valid_until": None,
                            },
                        )
                    },
                    is_more=True,
                ),
                Question(theme=Schooling, name="exemption_document", kind="text", is_more=True),
                Question(theme=Schooling, name="exemption_authority", kind="text", is_more=True),
                Question(
                    theme=Schooling,
                    name="exemption_valid_until",
                    kind="date",
                    may_be_later=True,
                    is_more=True,
                ),
                Question(
                    theme=Schooling,
                    name="dropout_reason",
                    kind="choice",
                    codes="dropout_reason",
                    facts={NOTHING: (_("没有失学辍学"), {"dropout_reason": ""})},
                    is_more=True,
                ),
                _school,
                *_aid,
            ),
        ),
        MemberTable(
            key="students",
            title=_("其他成员上学的填写（幼儿园、高中、中职、大学）"),
            asks=is_other_student,
            is_more=True,
            questions=(_state, _grade, _school, *_aid),
        ),
    ),
    7: (
        MemberTable(
            key="insurance",
            title=_("家庭成员参保"),
            must_answer="kind",
            questions=(
                Question(
                    theme=Insurance,
                    name="kind",
                    kind="choice",
                    label=_("基本医保"),
                    facts=INSURED,
                ),
                Question(
                    theme=Insurance,
                    name="exemption",
                    kind="choice",
                    codes="insurance_exemption",
                    facts={NOTHING: (_("无"), {"exemption": ""})},
                ),
                Question(theme=Insurance, name="serious_illness", is_more=True),
                Question(theme=Insurance, name="commercial", is_more=True),
                Question(theme=Insurance, name="accident_subsidy", is_more=True),
                Question(theme=Insurance, name="medical_aid", is_more=True),
                Question(theme=Insurance, name="other_health_aid", is_more=True),
                Question(theme=Insurance, name="family_doctor", is_more=True),
            ),
        ),
    ),
    9: (
        MemberTable(
            key="employment",
            title=_("务工就业"),
            asks=lambda person: person.age is None or person.age in WORKING_AGES,
            questions=(
                Question(
                    theme=Employment,
                    name="work_area",
                    kind="choice",
                    codes="work_area",
                    facts={
                        NOTHING: (
                            _("没有务工"),
                            {
                                "work_area": "",
                                "work_place": "",
                                "work_months": 0,
                                "employer": "",
                                "works_abroad": False,
                            },
                        )
                    },
                ),
                Question(
                    theme=Employment,
                    name="work_months",
                    label=_("务工月数"),
                    kind="number",
                    unit=_("个月"),
                    highest=12,
                    whole=True,
                ),
                Question(
                    theme=Employment,
                    name="public_post",
                    label=_("公益性岗位"),
                    kind="choice",
                    codes="public_post",
                    facts={NOTHING: (_("没有岗位"), {"public_post": "", "post_months": 0})},
                ),
                Question(
                    theme=Employment,
                    name="post_months",
                    label=_("公益性岗位月数"),
                    kind="number",
                    unit=_("个月"),
                    highest=12,
                    whole=True,
                    is_more=True,
                ),
                Question(theme=Employment, name="work_place", kind="text", is_more=True),
                Question(theme=Employment, name="employer", kind="text", is_more=True),
                Question(theme=Employment, name="works_abroad", is_more=True),
                Question(
                    theme=Employment,
                    name="channel",
                    kind="choice",
                    codes="job_channel",
                    is_more=True,
                ),
                Question(theme=Employment, name="training_wanted", is_more=True),
                Question(theme=Employment, name="trained_on", kind="date", is_more=True),
            ),
        ),
        MemberTable(
            key="socialassistance",
            title=_("社会救助与养老保险"),
            questions=(
                Question(
                    theme=SocialAssistance,
                    name="kind",
                    kind="choice",
                    label=_("低保或特困供养"),
                    facts=ASSISTED,
                ),
                Question(
                    theme=Pension,
                    name="kind",
                    kind="choice",
                    label=_("基本养老保险"),
                    facts=PENSIONED,
                    ages=PENSION_AGES,
                ),
                Question(
                    theme=SocialAssistance,
                    name="dibao_class",
                    kind="choice",
                    codes="dibao_class",
                    is_more=True,
                ),
                Question(theme=SocialAssistance, name="living_subsidy", is_more=True),
                Question(theme=SocialAssistance, name="care_subsidy", is_more=True),
                Question(theme=Pension, name="receiving", is_more=True, ages=PENSION_AGES),
                Question(theme=Pension, name="paid_by_government", is_more=True, ages=PENSION_AGES),
            ),
        ),
    ),
}
