"""Water, power, road and broadcast of a registered household (domain §2.3, §2.4, §2.15, §2.20)."""

from accounts.enums import Line
from households.enums import PowerSource, WaterMode, WaterQuality
from indicators.definitions.base import Clause, Indicator, NoLine
from indicators.definitions.scopes import REGISTERED
from indicators.expressions import Calculation, Parameter, Part, all_of, any_of, none_known
from indicators.facts import household, living, power, water

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

WAT_02 = Indicator(
    code="WAT-02",
    name="饮水验收鉴定书入档",
    short_name="饮水验收",
    subject="household",
    unit="户",
    line=Line.WATER,
    clause=Clause("baotou-2019", "二(九)"),
    description="饮水安全工程有验收鉴定书，编号和验收日期在档，集中、分散供水都要。",
    applies=REGISTERED,
    met=all_of(
        Part("验收鉴定书编号", water.certificate_no.on_paper(), "有编号"),
        Part("验收日期", water.accepted_on.happened(), "判定日以前"),
    ),
    exempt=WAT_01.exempt,
    remarks=("鉴定书没有登记的，按没有出具计。", "全年外出且户籍地无住房的，豁免。"),
)

WAT_03 = Indicator(
    code="WAT-03",
    name="自来水普及",
    short_name="自来水",
    subject="household",
    unit="户",
    line=Line.WATER,
    clause=Clause("kaizhou-2019", "饮水 一"),
    description="自来水入户的户数。",
    applies=REGISTERED,
    met=Part("供水方式", water.mode.equals(WaterMode.PIPED), "自来水入户"),
    threshold=NoLine(),
    counts_only=True,
    remarks=("方案要求提高自来水普及率，没有规定数值，只计数。",),
)

WAT_04 = Indicator(
    code="WAT-04",
    name="饮水达标（高一级）",
    short_name="饮水达标",
    subject="household",
    unit="户",
    line=Line.WATER,
    clause=Clause("tches-18-2018", "水量、水质、方便程度、供水保证率"),
    description="水量、水质、方便程度、供水保证率四项都为“达标”，高于“基本达标”的户数。",
    applies=all_of(REGISTERED, Parameter("water_l_full").in_force()),
    met=all_of(
        Part(
            "水量",
            water.litres.at_least(Parameter("water_l_full")),
            "不少于 {water_l_full} 升/人·天",
        ),
        Part("水质", water.quality.equals(WaterQuality.MET), "达标"),
        Part(
            "方便程度",
            any_of(
                water.mode.equals(WaterMode.PIPED),
                water.minutes.at_most(Parameter("water_fetch_minutes_full")),
                all_of(
                    water.metres.at_most(Parameter("water_distance_metres_full")),
                    water.height.at_most(Parameter("water_height_metres_full")),
                ),
            ),
            "自来水入户；或往返不超过 {water_fetch_minutes_full} 分钟；"
            "或水平不超过 {water_distance_metres_full} 米且垂直不超过 {water_height_metres_full} 米",
        ),
        Part(
            "供水保证率",
            water.short_days.at_most(Parameter("water_short_days_full")),
            "一年缺水不超过 {water_short_days_full} 天",
        ),
    ),
    exempt=WAT_01.exempt,
    threshold=NoLine(),
    counts_only=True,
    remarks=(
        "脱贫只要求基本达标（饮水安全），达标只计数。",
        "评价准则的文本未入库，各项数值见标准。",
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

PWR_03 = Indicator(
    code="PWR-03",
    name="生产用电",
    short_name="生产用电",
    subject="household",
    unit="户",
    line=Line.POWER,
    clause=Clause("baotou-2019", "二(五)2"),
    description="通生产用电的户数。",
    applies=REGISTERED,
    met=Part("生产用电", power.for_production.is_yes(), "已通"),
    threshold=NoLine(),
    counts_only=True,
    remarks=("方案只要求生活用电清零；生产用电只计数。",),
)

DOUBLE_CHECK = Parameter("double_check_applies").is_on()

TV_01 = Indicator(
    code="TV-01",
    name="有电视看",
    short_name="电视",
    subject="household",
    unit="户",
    line=Line.GENERAL,
    clause=Clause("guangxi-double-check-2017", "有电视看"),
    description="通广播电视。",
    applies=all_of(REGISTERED, DOUBLE_CHECK),
    met=Part("广播电视", living.broadcast.is_yes(), "已通"),
    remarks=(
        "只在按“八有一超”判定的地方判定。",
        "验收表也认可能上网收看的电脑或智能手机，登记表没有这一项，以是否通广播电视为准。",
    ),
)

ROAD_01 = Indicator(
    code="ROAD-01",
    name="通路到户",
    short_name="通路",
    subject="household",
    unit="户",
    line=Line.GENERAL,
    clause=Clause("guangxi-double-check-2017", "有路通村屯"),
    description="入户路为砂石路或更好的路。",
    applies=all_of(REGISTERED, DOUBLE_CHECK),
    met=Part(
        "入户路",
        Calculation(
            "CASE WHEN {} THEN TRUE WHEN {} THEN FALSE END",
            (
                living.road_type.is_in("GRAVEL", "CEMENT", "ASPHALT"),
                living.road_type.equals("EARTH"),
            ),
        ),
        "砂石路、水泥路或沥青路",
    ),
    remarks=(
        "只在按“八有一超”判定的地方判定。",
        "验收表要求20户以上的屯通砂石路、宽3.5米以上；登记表没有屯的户数和路宽，以入户路类型为准。",
        "入户路类型填“其他”的，计为数据不足。",
    ),
)

UTILITIES = (PWR_02, PWR_03, ROAD_01, TV_01, WAT_01, WAT_02, WAT_03, WAT_04)
