"""Relocation of a registered household (domain §2.12)."""

from accounts.enums import Line
from households.enums import DwellingSolution, Status
from indicators.definitions.base import Clause, Indicator, NoLine, Threshold
from indicators.definitions.housing import AREA_PER_PERSON
from indicators.definitions.livelihood import LINKED, LINKED_REMARK, LINKED_TEXT
from indicators.definitions.scopes import (
    ABLE_REMARK,
    IN_RELOCATION_HOUSE,
    REGISTERED,
    REGISTERED_EVER,
    RELOCATED,
    RELOCATED_REMARK,
    able,
    steady,
)
from indicators.expressions import Calculation, Parameter, Part, Surely, all_of, any_of
from indicators.facts import household, housing, relocation

# The form of the household says it, or else the dwelling it got.
CONCENTRATED = Calculation(
    "COALESCE({}, CASE WHEN {} THEN {} END)",
    (
        relocation.way.equals("CONCENTRATED"),
        IN_RELOCATION_HOUSE,
        housing.solution.equals(DwellingSolution.RELOCATION_CONCENTRATED),
    ),
    "集中安置",
)
AREA_CAP = Parameter("relocation_area_cap_per_person_m2")
HAS_NEW_HOUSE = any_of(
    housing.accepted_on.happened(),
    housing.key_delivered_on.happened(),
    housing.moved_in_on.happened(),
)

REL_01 = Indicator(
    code="REL-01",
    name="搬迁入住",
    short_name="搬迁入住",
    subject="household",
    unit="户",
    line=Line.RELOCATION,
    clause=Clause("siding-2019", "四(四)2(1)"),
    description="搬迁户已经入住；集中安置的，交钥匙即可。",
    applies=all_of(REGISTERED, RELOCATED),
    met=any_of(
        Part("入住", housing.moved_in_on.happened(), "判定日以前入住"),
        Part(
            "集中安置",
            all_of(Surely(CONCENTRATED), housing.key_delivered_on.happened()),
            "判定日以前交钥匙",
        ),
    ),
    remarks=(RELOCATED_REMARK, "没有登记入住或交钥匙日期的，按没有入住计。"),
)

REL_02 = Indicator(
    code="REL-02",
    name="搬迁住房面积不超标",
    short_name="搬迁面积",
    subject="household",
    unit="户",
    line=Line.RELOCATION,
    clause=Clause("baotou-2019", "二(六)"),
    description="搬迁户的新房，人均面积不超过规定。",
    applies=all_of(REGISTERED, AREA_CAP.in_force(), RELOCATED, HAS_NEW_HOUSE),
    met=Part(
        "人均面积",
        AREA_PER_PERSON.at_most(AREA_CAP),
        "不超过 {relocation_area_cap_per_person_m2} ㎡/人",
    ),
    remarks=(
        RELOCATED_REMARK,
        "新房验收、交钥匙或入住以前，登记的是旧房面积，不判定。",
        "人数取判定日的家庭人口数；搬迁以后有人迁出或去世的，核实后说明。",
    ),
)

DEBT_CAP = Parameter("relocation_debt_cap_yuan")

REL_03 = Indicator(
    code="REL-03",
    name="搬迁负债不超标",
    short_name="搬迁负债",
    subject="household",
    unit="户",
    line=Line.RELOCATION,
    clause=Clause("baotou-2019", "二(六)"),
    description="搬迁户因搬迁的负债不超过规定数额。",
    applies=all_of(REGISTERED, DEBT_CAP.in_force(), RELOCATED),
    met=Part(
        "因搬迁负债", relocation.debt.at_most(DEBT_CAP), "不超过 {relocation_debt_cap_yuan} 元"
    ),
    exempt=all_of(HAS_NEW_HOUSE, AREA_PER_PERSON.above(AREA_CAP)),
    remarks=(
        RELOCATED_REMARK,
        "方案只说搬迁不举债的底线，数额取自公开页，待确认；只在有数额的地方判定。",
        "超面积户按公开页除外，予以豁免，另在搬迁面积中判定。",
    ),
)

REL_04 = Indicator(
    code="REL-04",
    name="搬迁后续扶持",
    short_name="后续扶持",
    subject="household",
    unit="户",
    line=Line.RELOCATION,
    clause=Clause("baotou-2019", "二(六)"),
    description="有劳动能力的搬迁户，入住后有产业带动或至少一人稳定就业。",
    applies=all_of(REGISTERED, RELOCATED, HAS_NEW_HOUSE, able.some()),
    met=any_of(
        Part("产业带动", LINKED, LINKED_TEXT),
        Part("稳定就业", steady.some(), "一人务工满 {stable_job_months} 个月，或有公益性岗位"),
    ),
    remarks=(
        RELOCATED_REMARK,
        "新房验收、交钥匙或入住以前不判定；没有劳动能力的搬迁户，在兜底保障中判定。",
        LINKED_REMARK,
        ABLE_REMARK,
    ),
)

REL_05 = Indicator(
    code="REL-05",
    name="旧房拆除",
    short_name="拆旧",
    subject="household",
    unit="户",
    line=Line.RELOCATION,
    clause=Clause("siding-2019", "四(四)2(2)"),
    description="搬迁户入住新房后，旧房已经拆除。",
    applies=all_of(
        REGISTERED, Parameter("old_house_removal_rule").is_on(), RELOCATED, HAS_NEW_HOUSE
    ),
    met=Part("旧房", relocation.old_house_removed.is_yes(), "已拆除"),
    remarks=(
        RELOCATED_REMARK,
        "只在方案要求拆旧复垦的地方判定；只作标识、没有拆除的，登记表没有，核实后在个案中说明。",
    ),
)

REL_06 = Indicator(
    code="REL-06",
    name="搬迁建设任务完成",
    short_name="搬迁建设",
    subject="household",
    unit="户",
    line=Line.RELOCATION,
    clause=Clause("baotou-2019", "二(六)"),
    description="搬迁户的住房已经竣工验收。",
    applies=all_of(REGISTERED, RELOCATED),
    met=Part("竣工验收", housing.accepted_on.happened(), "判定日以前验收"),
    remarks=(RELOCATED_REMARK, "没有登记验收日期的，按没有完成计。"),
)

REL_08 = Indicator(
    code="REL-08",
    name="搬迁户脱贫",
    short_name="搬迁脱贫",
    subject="household",
    unit="户",
    line=Line.RELOCATION,
    clause=Clause("kaizhou-2019", "搬迁 一"),
    description="搬迁户中已经脱贫的户数。",
    applies=all_of(REGISTERED_EVER, RELOCATED),
    met=Part(
        "脱贫状态",
        household.status.is_in(Status.LIFTED_POLICY, Status.LIFTED_NO_POLICY),
        "已脱贫",
    ),
    threshold=NoLine(),
    counts_only=True,
    remarks=(
        RELOCATED_REMARK,
        "开州要求到2020年全部脱贫，脱贫要走退出程序，此处只计数；不再享受政策的户也计入。",
    ),
)

REL_10 = Indicator(
    code="REL-10",
    name="集中安置率",
    short_name="集中安置",
    subject="household",
    unit="户",
    line=Line.RELOCATION,
    clause=Clause("kaizhou-2019", "搬迁 二(三)"),
    description="搬迁户中集中安置的户数。",
    applies=all_of(REGISTERED, RELOCATED),
    met=Part("安置方式", CONCENTRATED, "集中安置"),
    threshold=Threshold("relocation_concentrated_min_pct", optional=True),
    counts_only=True,
    remarks=(RELOCATED_REMARK, "只有开州方案对比例有要求（力争），其他地方只计数。"),
)

RELOCATIONS = (REL_01, REL_02, REL_03, REL_04, REL_05, REL_06, REL_08, REL_10)
