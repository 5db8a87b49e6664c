"""Housing, water, power and income of a registered household (domain §2.1, §2.2, §2.3, §2.4, §2.20)."""

from accounts.enums import Line
from households.enums import (
    REGISTERED_POLICY,
    DwellingSolution,
    HouseGrade,
    PowerSource,
    WaterMode,
    WaterQuality,
)
from indicators.definitions.base import Clause, Indicator
from indicators.expressions import Calculation, Parameter, Part, all_of, any_of, none_known
from indicators.facts import household, housing, income, power, water

REGISTERED = household.status.is_in(*REGISTERED_POLICY)

AREA_PER_PERSON = Calculation(
    "{} / NULLIF({}, 0)", (housing.area_m2, household.member_count), "人均住房面积"
)
MIN_AREA = Parameter("house_min_area_per_person_m2")
NO_AREA_RULE = Calculation("{} <= 0", (MIN_AREA,))

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
            Part(
                "危房改造",
                all_of(
                    housing.grade.is_in(HouseGrade.C, HouseGrade.D),
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
                all_of(
                    housing.solution.equals(DwellingSolution.OTHER_SAFE), housing.proof.on_paper()
                ),
                "有证明材料",
            ),
        ),
        Part(
            "人均面积",
            any_of(NO_AREA_RULE, AREA_PER_PERSON.at_least(MIN_AREA)),
            "不少于 {house_min_area_per_person_m2} ㎡（0 为不作要求）",
        ),
    ),
    reported=housing.dangerous_reported.is_no(),
    reported_when=none_known(housing.grade),
    remarks=("未鉴定而填报非危房的，按达标计，另记“仅填报”。", "面积只在有地方规定处判定。"),
)

WAT_01 = Indicator(
    code="WAT-01",
    name="饮水安全",
    short_name="饮水",
    subject="household",
    unit="户",
    line=Line.WATER,
    clause=Clause("baotou-2019", "二(九)"),
    description="水量、水质、方便程度、供水保证率四项都不低于基本达标；有一项不明即数据不足。",
    applies=REGISTERED,
    met=all_of(
        Part(
            "水量",
            water.litres.at_least(Parameter("water_l_basic")),
            "不少于 {water_l_basic} 升/人·天",
        ),
        Part(
            "水质",
            water.quality.is_in(WaterQuality.MET, WaterQuality.BASICALLY_MET),
            "达标或基本达标",
        ),
        Part(
            "方便程度",
            any_of(
                water.mode.equals(WaterMode.PIPED),
                water.minutes.at_most(Parameter("water_fetch_minutes_max")),
                all_of(
                    water.metres.at_most(Parameter("water_distance_metres_max")),
                    water.height.at_most(Parameter("water_height_metres_max")),
                ),
            ),
            "自来水入户；或往返不超过 {water_fetch_minutes_max} 分钟；"
            "或水平不超过 {water_distance_metres_max} 米且垂直不超过 {water_height_metres_max} 米",
        ),
        Part(
            "供水保证率",
            water.short_days.at_most(Parameter("water_short_days_max")),
            "一年缺水不超过 {water_short_days_max} 天",
        ),
    ),
    exempt=all_of(household.away_all_year.is_yes(), household.has_registered_dwelling.is_no()),
    reported=water.safe_reported.is_yes(),
    reported_when=none_known(
        water.litres,
        water.quality,
        water.mode,
        water.minutes,
        water.metres,
        water.height,
        water.short_days,
    ),
    remarks=(
        "四项都未填时，以填报的“是否解决安全饮用水”为准，另记“仅填报”。",
        "全年外出且户籍地无住房的，豁免。",
    ),
)

PWR_02 = Indicator(
    code="PWR-02",
    name="生活用电",
    short_name="用电",
    subject="household",
    unit="户",
    line=Line.POWER,
    clause=Clause("baotou-2019", "二(五)2"),
    description="大电网供电，或单户供电且稳定。",
    applies=REGISTERED,
    met=Part(
        "供电",
        any_of(
            power.source_kind.equals(PowerSource.MAINS),
            all_of(power.source_kind.equals(PowerSource.STAND_ALONE), power.is_stable.is_yes()),
        ),
        "大电网，或单户供电且稳定",
    ),
    reported=power.connected_reported.is_yes(),
    reported_when=none_known(power.source_kind),
    remarks=("供电方式未填时，以填报的“是否通生活用电”为准，另记“仅填报”。",),
)

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
