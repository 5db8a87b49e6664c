"""Whom rules of households are about: those on the register, those able to work, those who move (domain §0.3)."""

from households.enums import (
    REGISTERED_ALL,
    REGISTERED_POLICY,
    DwellingSolution,
    LabourCapacity,
)
from indicators.expressions import Calculation, Parameter, Shared, Surely, Tally, all_of, any_of
from indicators.facts import (
    MEMBERS,
    assistance,
    employment,
    household,
    housing,
    member,
    relocation,
)

REGISTERED = Shared("registered", household.status.is_in(*REGISTERED_POLICY))
REGISTERED_EVER = Shared("registered_ever", household.status.is_in(*REGISTERED_ALL))

# Members able to work. The paper form asks for labour from 16 years on, so a child is none.
OF_WORKING_AGE = member.age.at_least(Parameter("labour_age_from", type="int"))
ABLE = all_of(
    OF_WORKING_AGE,
    any_of(
        member.labour.is_in(LabourCapacity.ORDINARY, LabourCapacity.SKILLED),
        all_of(
            member.labour.equals(LabourCapacity.WEAK),
            Parameter("industry_counts_weak_labour").is_on(),
        ),
    ),
)
ABLE_REMARK = (
    "有劳动能力：到劳动力起始周岁，劳动技能为普通或技能劳动力；"
    "弱劳动力或半劳动力是否计入按参数。未填劳动技能的，为不明。"
)

STABLE_MONTHS = Parameter("stable_job_months", type="int")
IN_POST = employment.public_post.known()
STEADY = any_of(employment.work_months.at_least(STABLE_MONTHS), IN_POST)
AWAY = all_of(
    employment.work_area.is_in("PROVINCE", "OUTSIDE"),
    employment.work_months.at_least(STABLE_MONTHS),
)


def _members(column: str, label: str, condition: object) -> Tally:
    return Tally(MEMBERS, column, label, "number", "人", condition=condition)  # type: ignore[arg-type]


able = _members("able", "有劳动能力的成员", ABLE)
able_here = _members(
    "able_here", "未常年在县外务工的劳动力", all_of(ABLE, Surely(AWAY, negative=True))
)
steady = _members("steady", "稳定就业的劳动力", all_of(ABLE, STEADY))
at_work = _members(
    "at_work",
    "有务工或公益性岗位的劳动力",
    all_of(ABLE, any_of(employment.work_months.above(0), IN_POST)),
)
supported = _members(
    "supported",
    "享受低保或特困供养的成员",
    any_of(assistance.dibao.is_yes(), assistance.tekun.is_yes()),
)
on_full_dibao = _members(
    "on_full_dibao",
    "享受A、B类低保的成员",
    all_of(assistance.dibao.is_yes(), assistance.dibao_class.is_in("A", "B")),
)

# Who is to move is on the list of the national system: a household that nobody marked is not on it.
IN_RELOCATION_HOUSE = housing.solution.is_in(
    DwellingSolution.RELOCATION_CONCENTRATED, DwellingSolution.RELOCATION_SCATTERED
)
RELOCATED = Calculation(
    "COALESCE({}, {}, FALSE)", (relocation.is_relocated, IN_RELOCATION_HOUSE), "易地搬迁户"
)
RELOCATED_REMARK = "搬迁户以登记为准；没有登记为搬迁户的，按不是搬迁户计。"
