"""Income, food and clothing of a registered household (domain §2.1, §2.15, §2.20)."""

from accounts.enums import Line
from indicators.definitions.base import Clause, Indicator, NoLine
from indicators.definitions.livelihood import LINKED, LINKED_TEXT
from indicators.definitions.scopes import ABLE_REMARK, REGISTERED, able, on_full_dibao, steady
from indicators.expressions import (
    Calculation,
    Fact,
    NotOnRegister,
    Parameter,
    Part,
    all_of,
    any_of,
    none_known,
)
from indicators.facts import food, household, income, income_before, living

LINE = Parameter("income_line_identify_yuan", by_year=True)

INC_01 = Indicator(
    code="INC-01",
    name="收入超过识别标准",
    short_name="收入",
    subject="household",
    unit="户",
    line=Line.INCOME,
    clause=Clause("baotou-2019", "一"),
    description="判定年度人均纯收入超过当年识别标准；五项收支有一项不明即数据不足。",
    applies=REGISTERED,
    met=Part(
        "人均纯收入",
        income.net.above(Calculation("{} * {}", (LINE, income.persons))),
        "超过 {income_line_identify_yuan} 元/人",
    ),
    reported=income.reported.above(LINE),
    reported_when=none_known(
        income.wage, income.operating, income.property, income.transfer, income.expense
    ),
    remarks=(
        "纯收入＝工资性＋生产经营性＋财产性＋转移性－生产经营性支出，除以年度家庭人口数。",
        "五项都未填而有填报的人均纯收入时，以其为准，另记“仅填报”。",
    ),
)

NOW = (income.wage, income.operating, income.property, income.transfer, income.expense)
BEFORE = (
    income_before.wage,
    income_before.operating,
    income_before.property,
    income_before.transfer,
    income_before.expense,
)

INC_02 = Indicator(
    code="INC-02",
    name="人均纯收入增长",
    short_name="收入增长",
    subject="household",
    unit="户",
    line=Line.INCOME,
    clause=Clause("liaoning-2018", "一(二)"),
    description="判定年度人均纯收入高于上一年度的户数。",
    applies=REGISTERED,
    met=Part(
        "人均纯收入",
        Calculation("({}) * {}", (income.net, income_before.persons)).above(
            Calculation("({}) * {}", (income_before.net, income.persons))
        ),
        "高于上一年度",
    ),
    reported=income.reported.above(income_before.reported),
    reported_when=none_known(*NOW, *BEFORE),
    threshold=NoLine(),
    counts_only=True,
    remarks=(
        "方案比的是全县平均增幅，登记表只有建档立卡户，只计增收的户数。",
        "两个年度有一项收支不明的，计为数据不足；都没有分项时以填报的人均纯收入为准，另记“仅填报”。",
    ),
)

SCREEN = Parameter("income_screen_yuan", by_year=True)

INC_03 = Indicator(
    code="INC-03",
    name="收入低于排查线",
    short_name="低收入",
    subject="household",
    unit="户",
    line=Line.INCOME,
    clause=Clause("kaizhou-2019", "兜底 二(二)"),
    description="判定年度人均纯收入低于排查线、须排查是否符合低保或特困条件的户数。",
    applies=all_of(REGISTERED, SCREEN.in_force()),
    met=Part(
        "人均纯收入",
        Calculation("{} * {}", (SCREEN, income.persons)).above(income.net),
        "低于 {income_screen_yuan} 元",
    ),
    reported=Calculation("{}", (SCREEN,)).above(income.reported),
    reported_when=none_known(*NOW),
    threshold=NoLine(),
    counts_only=True,
    remarks=(
        "只在规定了排查线的地方、排查线所指的年度计数；正好等于排查线的不算。",
        "数的是须排查的户，不是达标户。",
    ),
)


def per_person(area: Fact, standard: str) -> Part:
    """Land per head against a standard."""
    least = Parameter(standard)
    share = Calculation("{} / NULLIF({}, 0)", (area, household.member_count))
    return Part(f"人均{area.label}", share.at_least(least), f"不少于 {{{standard}}} 亩")


INC_04 = Indicator(
    code="INC-04",
    name="有稳定收入来源",
    short_name="收入来源",
    subject="household",
    unit="户",
    line=Line.INCOME,
    clause=Clause("guangxi-double-check-2017", "有稳定收入来源"),
    description="有劳动能力的户有耕地、林果、林地、稳定就业、产业带动中的一项；全部或部分丧失劳动能力的户享受A类或B类低保。",
    applies=all_of(REGISTERED, Parameter("double_check_applies").is_on()),
    met=any_of(
        all_of(
            Part("有劳动能力", able.some(), "至少一人"),
            any_of(
                per_person(living.cultivated, "stable_income_cultivated_mu"),
                per_person(living.fruit, "stable_income_fruit_mu"),
                per_person(living.forest, "stable_income_forest_mu"),
                Part(
                    "稳定就业", steady.some(), "一人务工满 {stable_job_months} 个月或有公益性岗位"
                ),
                Part("产业带动", LINKED, LINKED_TEXT),
                Part("其他稳定来源", NotOnRegister(), "经营门面、规模养殖、自主创业等，登记表没有"),
            ),
        ),
        Part("低保", on_full_dibao.some(), "一人享受A类或B类低保"),
    ),
    remarks=(
        "只在按“八有一超”判定的地方判定。",
        "验收表还认可经营门面、规模养殖、自主创业和其他稳定收入，登记表没有；"
        "有劳动能力而登记的各项都不够的户，计为数据不足，须入户核实，不直接判为未达标。",
        "耕地按旱地标准：登记表不分水田、旱地。",
        "享受A、B类低保的户，视为全部或部分丧失劳动能力。",
        ABLE_REMARK,
    ),
)

FOOD_01 = Indicator(
    code="FOOD-01",
    name="不愁吃",
    short_name="不愁吃",
    subject="household",
    unit="户",
    line=Line.GENERAL,
    clause=Clause("baotou-2019", "一"),
    description="入户核查为不愁吃。",
    applies=REGISTERED,
    met=Part("不愁吃", food.enough_food.is_yes(), "最近一次核查为是"),
    remarks=(
        "方案没有规定怎样衡量，以入户核查的结论为准。",
        "饮水是不愁吃的一部分，另按饮水安全判定。",
    ),
)

CLO_01 = Indicator(
    code="CLO-01",
    name="不愁穿",
    short_name="不愁穿",
    subject="household",
    unit="户",
    line=Line.GENERAL,
    clause=Clause("baotou-2019", "一"),
    description="入户核查为不愁穿。",
    applies=REGISTERED,
    met=Part("不愁穿", food.enough_clothing.is_yes(), "最近一次核查为是"),
    remarks=("方案没有规定怎样衡量，以入户核查的结论为准。",),
)

INCOMES = (CLO_01, FOOD_01, INC_01, INC_02, INC_03, INC_04)
