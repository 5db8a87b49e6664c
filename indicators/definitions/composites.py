"""Verdicts from other verdicts: the three guarantees, and the double check of Guangxi (domain §2.15)."""

from accounts.enums import Line
from indicators.definitions.base import Clause, Composite, Item, Threshold
from indicators.definitions.scopes import REGISTERED
from indicators.definitions.village import POOR_VILLAGE, POOR_VILLAGE_REMARK
from indicators.expressions import Parameter, all_of

DOUBLE_CHECK = Parameter("double_check_applies").is_on()
COVER = Threshold("village_cover_pct")
EDITION = "2018年版桂政办发〔2018〕51号标准文本未入库，按2017年版验收表判定。"

LBZ_01 = Composite(
    code="LBZ-01",
    name="两不愁三保障",
    short_name="两不愁",
    subject="household",
    unit="户",
    line=Line.GENERAL,
    clause=Clause("baotou-2019", "一"),
    description="不愁吃、不愁穿，义务教育、基本医疗、住房安全有保障，饮水安全，各项都达标。",
    applies=REGISTERED,
    items=(
        Item("不愁吃", "FOOD-01"),
        Item("不愁穿", "CLO-01"),
        Item("义务教育有保障", "EDU-01"),
        Item("基本医疗有保障", "MED-01"),
        Item("住房安全有保障", "HOU-01"),
        Item("饮水安全", "WAT-01"),
    ),
    remarks=(
        "有一项未达标即未达标；没有未达标的而有一项数据不足，即数据不足。",
        "成员的标准看户内每一名成员；不适用、豁免的不影响。",
    ),
)

DBL_H = Composite(
    code="DBL-H",
    name="贫困户脱贫“八有一超”",
    short_name="八有一超",
    subject="household",
    unit="户",
    line=Line.GENERAL,
    clause=Clause("guangxi-double-check-2017", "贫困户脱贫摘帽"),
    description="有稳定收入来源且吃穿不愁，有住房、医疗、教育、饮水、路、电、电视，人均纯收入超过标准，各项都达标。",
    applies=all_of(DOUBLE_CHECK, REGISTERED),
    items=(
        Item("有稳定收入来源", "INC-04"),
        Item("吃不愁", "FOOD-01"),
        Item("穿不愁", "CLO-01"),
        Item("有住房保障", "HOU-01"),
        Item("有基本医疗保障", "MED-01"),
        Item("有义务教育保障", "EDU-01"),
        Item("有安全饮水", "WAT-01"),
        Item("有路通村屯", "ROAD-01"),
        Item("有电用", "PWR-02"),
        Item("有电视看", "TV-01"),
        Item("收入超过标准", "INC-01"),
    ),
    remarks=("只在按“双认定”判定的地方判定。", EDITION),
)

DBL_V = Composite(
    code="DBL-V",
    name="贫困村出列“十一有一低于”",
    short_name="十一有",
    subject="village",
    unit="村",
    line=Line.GENERAL,
    clause=Clause("guangxi-double-check-2017", "贫困村脱贫摘帽"),
    description="贫困村的特色产业、住房、医疗、教育、路、饮水、电、公共服务、电视、集体经济、两委班子各项达标，贫困发生率低于上限。",
    applies=all_of(DOUBLE_CHECK, POOR_VILLAGE),
    items=(
        Item("有特色产业：覆盖贫困户", "IND-01", Threshold("industry_pass_pct")),
        Item("有特色产业：合作社或基地", "IND-06"),
        Item("有住房保障", "HOU-01", COVER),
        Item("有基本医疗保障", "MED-01", COVER),
        Item("有义务教育保障", "EDU-01"),
        Item("有路通村屯", "ROAD-03"),
        Item("有安全饮水", "WAT-01", COVER),
        Item("有电用", "PWR-02", COVER),
        Item("有基本公共服务：卫生室", "MED-04"),
        Item("有基本公共服务：养老参保", "PEN-01", Threshold("pension_pass_pct")),
        Item("有基本公共服务：养老金发放", "PEN-02", Threshold("pension_paid_pass_pct")),
        Item(
            "有基本公共服务：其他",
            missing="登记表不采集办公场所、宣传栏、文化室或戏台、低保应保尽保",
        ),
        Item("有电视看", "TV-01", COVER),
        Item("有村集体经济收入", "COL-03"),
        Item("有好的“两委”班子", missing="登记表不采集，由组织部门认定"),
        Item("贫困发生率低于上限", "POV-01", Threshold("incidence_max_pct", below=True)),
    ),
    remarks=(
        "只在按“双认定”判定的地方，对贫困村判定。",
        EDITION,
        "住房、医疗、饮水、用电、电视的覆盖率应看全村农户；登记册只有建档立卡户，按建档立卡户计。",
        "有登记表不采集的项目，因此系统只能判定未达标或数据不足，最后的认定须现场核验。",
        POOR_VILLAGE_REMARK,
    ),
)

COMPOSITES: tuple[Composite, ...] = (DBL_H, DBL_V, LBZ_01)
