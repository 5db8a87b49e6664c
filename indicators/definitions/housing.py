"""Safe housing of a registered household (domain §2.2, §2.20)."""

from accounts.enums import Line
from households.enums import DwellingSolution, HouseGrade
from indicators.definitions.base import Clause, Indicator
from indicators.definitions.scopes import REGISTERED
from indicators.expressions import Calculation, Parameter, Part, Surely, all_of, any_of, none_known
from indicators.facts import household, housing

AREA_PER_PERSON = Calculation(
    "{} / NULLIF({}, 0)", (housing.area_m2, household.member_count), "人均住房面积"
)
MIN_AREA = Parameter("house_min_area_per_person_m2")
NO_AREA_RULE = Calculation("{} <= 0", (MIN_AREA,))
AREA = any_of(NO_AREA_RULE, AREA_PER_PERSON.at_least(MIN_AREA))

# Ways out of a dangerous house, or of none.
SOLVED = any_of(
    Part(
        "危房改造",
        all_of(
            # not by the grade: of a house accepted after renovation it no longer matters
            *(
                housing.solution.is_not_exactly(way)
                for way in (
                    DwellingSolution.RELOCATION_CONCENTRATED,
                    DwellingSolution.OTHER_SAFE,
                    DwellingSolution.NONE,
                )
            ),
            housing.accepted_on.happened(),
            housing.moved_in_on.happened(),
        ),
        "C、D级已改造，验收并入住",
    ),
    Part(
        "集中安置",
        all_of(
            housing.solution.equals(DwellingSolution.RELOCATION_CONCENTRATED),
            housing.accepted_on.happened(),
            housing.key_delivered_on.happened(),
        ),
        "验收并交钥匙",
    ),
    Part(
        "分散安置",
        all_of(
            housing.solution.equals(DwellingSolution.RELOCATION_SCATTERED),
            housing.accepted_on.happened(),
            housing.moved_in_on.happened(),
        ),
        "验收并入住",
    ),
    Part(
        "其他安全住处",
        all_of(housing.solution.equals(DwellingSolution.OTHER_SAFE), housing.proof.on_paper()),
        "有证明材料",
    ),
)

HOU_01 = Indicator(
    code="HOU-01",
    name="住房安全",
    short_name="住房",
    subject="household",
    unit="户",
    line=Line.HOUSING,
    clause=Clause("baotou-2019", "二(四)"),
    description="住房鉴定为A、B级；或C、D级已改造、验收并入住；或易地搬迁已验收并交钥匙（集中）或入住（分散）；或另有安全住处并有证明。",
    applies=REGISTERED,
    met=all_of(
        Part(
            "有住处", housing.solution.is_not_exactly(DwellingSolution.NONE), "有住房或其他安全住处"
        ),
        any_of(
            Part("鉴定等级", housing.grade.is_in(HouseGrade.A, HouseGrade.B), "A级或B级"),
            SOLVED,
        ),
        Part(
            "人均面积",
            AREA,
            "不少于 {house_min_area_per_person_m2} ㎡（0 为不作要求）",
        ),
    ),
    reported=all_of(housing.dangerous_reported.is_no(), AREA),
    reported_when=all_of(none_known(housing.grade), Surely(SOLVED, negative=True)),
    remarks=("未鉴定而填报非危房的，按达标计，另记“仅填报”。", "面积只在有地方规定处判定。"),
)

HOU_02 = Indicator(
    code="HOU-02",
    name="住房鉴定书入档",
    short_name="鉴定书",
    subject="household",
    unit="户",
    line=Line.HOUSING,
    clause=Clause("baotou-2019", "二(四)"),
    description="住房安全等级有鉴定书，编号和鉴定日期在档。",
    applies=REGISTERED,
    met=all_of(
        Part("鉴定书编号", housing.certificate_no.on_paper(), "有编号"),
        Part("鉴定日期", housing.appraised_on.happened(), "判定日以前"),
    ),
    exempt=any_of(
        housing.solution.is_exactly(DwellingSolution.NONE),
        household.has_registered_dwelling.is_no(),
    ),
    remarks=("鉴定书没有登记的，按没有出具计。", "没有住房可鉴定的，豁免；住处另按住房安全判定。"),
)

DANGEROUS = housing.grade.is_in(HouseGrade.C, HouseGrade.D)

HOU_03 = Indicator(
    code="HOU-03",
    name="危房存量",
    short_name="危房",
    subject="household",
    unit="户",
    line=Line.HOUSING,
    clause=Clause("baotou-2019", "二(四)"),
    description="住房为C、D级（未鉴定的看是否危房户）的户，危房已经解决；未解决的户数即危房存量，应为零。",
    applies=all_of(
        REGISTERED,
        Calculation("COALESCE({}, {})", (DANGEROUS, housing.dangerous_reported), "危房户"),
    ),
    met=SOLVED,
    remarks=(
        "不是危房的户不计入；等级和是否危房户都没有填的，计为数据不足。",
        "改造后验收并入住、搬迁安置或另有安全住处的，为已解决，口径同住房安全。",
    ),
)

# Three persons is how the document groups households, not a limit that somebody sets.
AREA_CAP = Calculation(
    "CASE WHEN {0} IS NOT NULL AND COALESCE({1}, 'D') = 'D' THEN CASE WHEN {1} = 'D' THEN {0} END"
    " WHEN {2} <= 3 THEN {3} ELSE {4} * {2} END",
    (
        Parameter("rebuild_area_cap_m2_grade_d"),
        housing.grade,
        household.member_count,
        Parameter("rebuild_area_cap_m2_small"),
        Parameter("rebuild_area_cap_m2_per_person"),
    ),
    "改造面积上限",
)

HOU_04 = Indicator(
    code="HOU-04",
    name="危房改造面积不超标",
    short_name="改造面积",
    subject="household",
    unit="户",
    line=Line.HOUSING,
    clause=Clause("renovation-area", "1至3人户、3人以上户"),
    description="危房改造竣工验收的户，住房面积不超过当地规定的上限。",
    applies=all_of(
        REGISTERED,
        Parameter("rebuild_area_cap_m2_small").in_force(),
        housing.solution.is_exactly(DwellingSolution.RENOVATION),
        housing.accepted_on.happened(),
    ),
    met=Part(
        "住房面积",
        housing.area_m2.at_most(AREA_CAP),
        "1至3人户不超过 {rebuild_area_cap_m2_small} ㎡，更多人的户每人不超过 {rebuild_area_cap_m2_per_person} ㎡；"
        "有地方规定的，D级拆除重建不超过 {rebuild_area_cap_m2_grade_d} ㎡",
    ),
    remarks=(
        "人数取判定日的家庭人口数；登记表不记改造当时的人数。",
        "有D级上限的地方，等级没有填的，上限不明，计为数据不足。",
        "面积的下限另有规定，面积偏小不按超标计。",
    ),
)

WORKS_DUE = Calculation(
    "to_date(%(year)s::text || '-' || {}, 'YYYY-MM-DD')",
    (Parameter("house_works_due", type="text"),),
    "完工期限",
)
YEAR_BEGINS = Calculation("make_date(%(year)s, 1, 1)", (), "年初")

HOU_05 = Indicator(
    code="HOU-05",
    name="危改、修缮按期完工",
    short_name="按期完工",
    subject="household",
    unit="户",
    line=Line.HOUSING,
    clause=Clause("siding-2019", "四(三)5(4)"),
    description="当年在建或新增的危改、修缮户，工程在规定的日期以前竣工验收。",
    applies=all_of(
        REGISTERED,
        Parameter("house_works_due", type="text").in_force(),
        housing.solution.is_exactly(DwellingSolution.RENOVATION),
        any_of(
            Surely(housing.accepted_on.happened(), negative=True),
            housing.accepted_on.at_least(YEAR_BEGINS),
        ),
    ),
    met=Part(
        "竣工验收",
        all_of(housing.accepted_on.happened(), Surely(housing.accepted_on.at_most(WORKS_DUE))),
        "当年 {house_works_due} 以前",
    ),
    counts_only=True,
    remarks=(
        "只在规定了完工期限的地方判定；期限以前，数的是已经完工的户。",
        "逾期完工不能补回，所以只计比例；仍未解决的危房在危房存量中逐户列出。",
        "以前年度已经验收的户不计入；以竣工验收日期为完工日期。",
    ),
)

HOUSING = (HOU_01, HOU_02, HOU_03, HOU_04, HOU_05)
