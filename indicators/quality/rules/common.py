"""Conditions that several rules share."""

from households.enums import (
    ABOVE_GRADE_9,
    COMPULSORY_GRADES,
    Cause,
    Health,
    LabourCapacity,
    Status,
    StudentStatus,
)
from indicators.definitions import CATALOGUE, Indicator
from indicators.expressions import (
    Calculation,
    Compare,
    Condition,
    Fact,
    Known,
    Node,
    NotOnRegister,
    Number,
    Surely,
    Tally,
    all_of,
    any_of,
)
from indicators.facts import MEMBERS, employment, house_profile, household, member, schooling

ABLE = (LabourCapacity.ORDINARY, LabourCapacity.SKILLED)
UNABLE = (LabourCapacity.LOST, LabourCapacity.NONE)
LIFTED = household.status.is_in(Status.LIFTED_POLICY, Status.LIFTED_NO_POLICY)


def below(fact: Node, limit: int) -> Condition:
    return Compare(fact, "<", Number(limit))


def empty(*facts: Fact) -> Condition:
    """Two-valued: none of these is answered."""
    return Known(facts, none=True)


def lacks(amount: Fact) -> Condition:
    """Two-valued: an amount that is zero or not told."""
    return Surely(amount.above(0), negative=True)


def surely_not(condition: Condition) -> Condition:
    """Two-valued: it is not true, or not known to be."""
    return Surely(condition, negative=True)


def denied(condition: Condition) -> Condition:
    """Two-valued: it is certain not to be so."""
    return Calculation("{} IS FALSE", (condition,))


def fails(code: str) -> Condition:
    """Two-valued: the unit does not meet the standard, by the very condition of the indicator."""
    definition = CATALOGUE[code]
    assert isinstance(definition, Indicator)
    wrong = denied(definition.met)
    if definition.reported is not None and definition.reported_when is not None:
        wrong = any_of(wrong, all_of(definition.reported_when, denied(definition.reported)))
    if definition.exempt is not None:
        wrong = all_of(surely_not(definition.exempt), wrong)
    return wrong


def counted(column: str, label: str, condition: Condition) -> Tally:
    return Tally(MEMBERS, f"dq_{column}", label, "number", "人", condition=condition)


IN_SCHOOL = schooling.status.is_in(
    StudentStatus.PRESCHOOL,
    *COMPULSORY_GRADES,
    StudentStatus.SPECIAL_SCHOOL,
    StudentStatus.HOME_TEACHING,
    *ABOVE_GRADE_9,
)
UP_TO_GRADE_9 = schooling.status.is_in(StudentStatus.PRESCHOOL, *COMPULSORY_GRADES)
STUDENT_AGE_TO = 25
UNDER_16 = below(member.age, 16)
FROM_16 = member.age.at_least(16)
WORKS = employment.work_months.above(0)

# Of a young person without any answer it is not known whether he or she is a pupil.
PUPIL = any_of(
    Surely(IN_SCHOOL),
    all_of(
        member.age.at_most(STUDENT_AGE_TO),
        empty(schooling.status, member.education),
        NotOnRegister(),
    ),
)
pupils = counted("pupils", "在校成员", PUPIL)
sick = counted("sick", "患病成员", member.health.has_any(Health.CHRONIC, Health.SERIOUS))
disabled = counted(
    "disabled",
    "残疾成员",
    any_of(member.disability_type.known(), member.health.has_any(Health.DISABLED)),
)
able = counted("able", "普通或技能劳动力", Surely(member.labour.is_in(*ABLE)))
workforce = counted(
    "workforce",
    "16周岁以上有劳动能力的成员",
    all_of(FROM_16, member.labour.is_in(*ABLE, LabourCapacity.WEAK)),
)
workers = counted(
    "workers",
    "务工或有公益性岗位的成员",
    any_of(
        Surely(any_of(WORKS, employment.public_post.known())),
        all_of(FROM_16, any_of(WORKS, employment.public_post.known())),
    ),
)


def cause(code: Cause) -> Condition:
    return any_of(
        house_profile.cause_main.is_exactly(code), Surely(house_profile.cause_other.has_any(code))
    )
