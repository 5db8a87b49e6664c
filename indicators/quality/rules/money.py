"""Income, land and help (DQ-INC, DQ-LND, DQ-HLP)."""

from accounts.enums import Line
from indicators.definitions.scopes import REGISTERED, REGISTERED_EVER
from indicators.enums import Severity
from indicators.expressions import Calculation, Condition, Fact, all_of, any_of
from indicators.facts import household, income, living
from indicators.quality.declare import OURS, Limit, QualityRule
from indicators.quality.rules.common import below, lacks

TOLERANCE = Limit("容许误差", "1元")

INC_01 = QualityRule(
    code="DQ-INC-01",
    name="有生产经营性收入，但没有生产经营性支出",
    subject="household",
    severity=Severity.WARNING,
    line=Line.INCOME,
    applies=REGISTERED_EVER,
    wrong=all_of(income.operating.above(0), lacks(income.expense)),
    why="生产经营总有成本，没有支出会使纯收入虚高。",
    fix="在第八节补填生产经营性支出。",
    place="s8",
)
PER_HEAD = Calculation(
    "COALESCE({} / NULLIF({}, 0), {})", (income.net, income.persons, income.reported)
)
INC_02 = QualityRule(
    code="DQ-INC-02",
    name="人均纯收入为空、不大于零或超过10万元",
    subject="household",
    severity=Severity.BLOCKING,
    line=Line.INCOME,
    applies=REGISTERED_EVER,
    wrong=any_of(
        Calculation("{} IS NULL", (PER_HEAD,)),
        Calculation("{} <= 0", (PER_HEAD,)),
        Calculation("{} > 100000", (PER_HEAD,)),
    ),
    why="人均纯收入是识别和退出的主要依据，空缺、负数或明显过大都不能用。",
    fix="对照收入测算表，在第八节核对各项收支和年度家庭人口数，注意单位是元。",
    place="s8",
    limits=(Limit("人均纯收入", "大于0元、不超过100,000元"),),
    remark="按判定年度；五项收支或人口有一项不明而有填报数的，用填报数。",
)


def _parts(total: Fact, *parts: Fact) -> Condition:
    """Known parts exceed their total, or all of them do not make it up (tolerance one yuan)."""
    known = " + ".join("COALESCE({}, 0)" for _ in parts)
    every = " + ".join("{}" for _ in parts)
    some = ", ".join("{}" for _ in parts)
    return any_of(
        Calculation(
            f"COALESCE({some}) IS NOT NULL AND {known} > {{}} + 1", (*parts, *parts, total)
        ),
        Calculation(f"{every} < {{}} - 1", (*parts, total)),
    )


def _sum(code: str, name: str, fix: str, wrong: Condition) -> QualityRule:
    return QualityRule(
        code=code,
        name=name,
        subject="household",
        severity=Severity.BLOCKING,
        line=Line.INCOME,
        applies=REGISTERED_EVER,
        wrong=wrong,
        why="合计与明细不符，至少有一项填错，人均纯收入不可靠。",
        fix=fix,
        place="s8",
        limits=(TOLERANCE,),
    )


INC_03A = _sum(
    "DQ-INC-03A",
    "财产性收入与明细之和不符",
    "在第八节核对财产性收入和资产收益扶贫分红、其他财产性收入。",
    _parts(income.property, income.dividend, income.other_property),
)
INC_03B = _sum(
    "DQ-INC-03B",
    "转移性收入与明细之和不符",
    "在第八节核对转移性收入和各项明细。",
    _parts(
        income.transfer,
        income.family_planning,
        income.dibao,
        income.tekun,
        income.pension,
        income.eco_compensation,
        income.other_transfer,
    ),
)
INC_03C = _sum(
    "DQ-INC-03C",
    "填报的人均纯收入与算出的不符",
    "在第八节核对各项收支和年度家庭人口数；导入的人均纯收入以原表为准核对。",
    Calculation("abs({} / NULLIF({}, 0) - {}) > 1", (income.net, income.persons, income.reported)),
)
INC_04 = QualityRule(
    code="DQ-INC-04",
    name="有生态补偿金，但没有退耕还林面积",
    subject="household",
    severity=Severity.WARNING,
    line=Line.INCOME,
    applies=REGISTERED_EVER,
    wrong=all_of(income.eco_compensation.above(0), lacks(living.returned)),
    why="生态补偿金多来自退耕还林，面积可能漏填，或收入归错了类。",
    fix="在第九节补填退耕还林面积，或在第八节更正生态补偿金。",
    place="s9",
    remark="来自草原奖补、公益林的，可说明。",
)


def _tiny(
    code: str, name: str, what: Fact, least: int, wrong: Condition | None = None
) -> QualityRule:
    small = all_of(what.above(0), below(what, least))
    return QualityRule(
        code=code,
        name=name,
        subject="household",
        severity=Severity.WARNING,
        line=Line.INCOME,
        applies=REGISTERED_EVER,
        wrong=any_of(small, wrong) if wrong else small,
        why="金额明显过小或过大，多为单位填错（元、万元）或少填月份。",
        fix="对照存折或发放名单，在第八节核对金额，单位为元/年。",
        place="s8",
        limits=(Limit("每年不少于", f"{least}元"),)
        + ((Limit("每年不超过", "300,000元"),) if wrong else ()),
    )


INC_05A = _tiny(
    "DQ-INC-05A",
    "工资性收入不到300元或超过30万元",
    income.wage,
    300,
    income.wage.above(300_000),
)
INC_05B = _tiny("DQ-INC-05B", "低保金一年不到200元", income.dibao, 200)
INC_05C = _tiny("DQ-INC-05C", "养老保险金一年不到88元", income.pension, 88)
INC_05D = _tiny("DQ-INC-05D", "计划生育金一年不到100元", income.family_planning, 100)


def _land(code: str, name: str, wrong: Condition, limit: Limit, fix: str) -> QualityRule:
    return QualityRule(
        code=code,
        name=name,
        subject="household",
        severity=Severity.WARNING,
        line=Line.GENERAL,
        applies=REGISTERED_EVER,
        wrong=wrong,
        why="明显偏大，多为单位填错（亩、公顷，公里、米）或多写了一位。",
        fix=fix,
        place="s9",
        limits=(limit,),
    )


LND_01A = _land(
    "DQ-LND-01A",
    "人均耕地超过50亩",
    Calculation("{} > 50 * {}", (living.cultivated, household.member_count)),
    Limit("人均耕地", "不超过50亩"),
    "对照确权证书，在第九节核对耕地面积，单位为亩。",
)
LND_01B = _land(
    "DQ-LND-01B",
    "人均林地超过70亩",
    Calculation("{} > 70 * {}", (living.forest, household.member_count)),
    Limit("人均林地", "不超过70亩"),
    "对照林权证，在第九节核对林地面积，单位为亩。",
)
LND_01C = _land(
    "DQ-LND-01C",
    "退耕还林面积大于林地与牧草地之和",
    Calculation("{} > {} + {}", (living.returned, living.forest, living.pasture)),
    Limit("退耕还林", "不大于林地与牧草地之和"),
    "在第九节核对退耕还林、林地、牧草地面积。",
)
LND_01D = _land(
    "DQ-LND-01D",
    "与村主干路距离超过50公里",
    living.road_distance.above(50),
    Limit("距离", "不超过50公里"),
    "在第九节核对距离，单位为公里。",
)
HAS_HELPER = (
    "EXISTS (SELECT 1 FROM households_pairing g WHERE g.household_id = f.subject_id"
    " AND g.valid_from <= %(on)s AND (g.valid_to IS NULL OR g.valid_to > %(on)s))"
)
HLP_01 = QualityRule(
    code="DQ-HLP-01",
    name="没有帮扶责任人",
    subject="household",
    severity=Severity.WARNING,
    line=Line.GENERAL,
    applies=REGISTERED,
    wrong=Calculation(f"NOT {HAS_HELPER}", ()),
    why="享受政策的户须有帮扶责任人，脱贫不脱帮扶。",
    fix="在“户档案”中勾选该户，指派帮扶责任人。",
    place="pairing",
    limits=(Limit("对象", "享受政策的户", OURS),),
)

MONEY = (
    INC_01, INC_02, INC_03A, INC_03B, INC_03C, INC_04, INC_05A, INC_05B, INC_05C, INC_05D,
    LND_01A, LND_01B, LND_01C, LND_01D, HLP_01,
)  # fmt: skip
