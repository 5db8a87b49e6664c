"""Power, clinic, collective income, industry and incidence of a village (domain §2.4, §2.6–2.8, §2.14)."""

from accounts.enums import Line
from households.enums import POOR_NOW
from indicators.definitions.base import Clause, Indicator, PersonsOverBase, Threshold
from indicators.expressions import Compare, Parameter, Part, all_of, any_of, none_known
from indicators.facts import household, village

POOR_VILLAGE = any_of(village.is_poor_village.is_yes(), village.out_year.known())
OTHER_VILLAGE = all_of(village.is_poor_village.is_no(), none_known(village.out_year))
POOR_VILLAGE_REMARK = "贫困村出列后仍按贫困村判定；名单未入库的，计为数据不足。"

PWR_01 = Indicator(
    code="PWR-01",
    name="贫困村通动力电",
    short_name="动力电",
    subject="village",
    unit="村",
    line=Line.POWER,
    clause=Clause("baotou-2019", "二(五)1"),
    description="贫困嘎查村通动力电。",
    applies=POOR_VILLAGE,
    met=Part("通动力电", village.three_phase_power.is_yes(), "已通"),
    exempt=all_of(village.off_grid.is_yes(), village.off_grid_document.on_paper()),
    remarks=(POOR_VILLAGE_REMARK, "大电网覆盖范围外且有证明文件的，豁免。"),
)

COL_01 = Indicator(
    code="COL-01",
    name="集体经济收入清零",
    short_name="集体收入",
    subject="village",
    unit="村",
    line=Line.COLLECTIVE,
    clause=Clause("baotou-2019", "二(三)"),
    description="贫困嘎查村判定年度集体经济收入大于零。",
    applies=POOR_VILLAGE,
    met=Part("集体经济收入", village.collective_income.above(0), "大于 0 元"),
    remarks=(POOR_VILLAGE_REMARK, "判定年度：12月30日以前为上一完整年度，12月31日起为当年。"),
)

COL_02 = Indicator(
    code="COL-02",
    name="集体经济收入递增",
    short_name="集体递增",
    subject="village",
    unit="村",
    line=Line.COLLECTIVE,
    clause=Clause("baotou-2019", "二(三)"),
    description="贫困嘎查村判定年度集体经济收入高于上一年度。",
    applies=POOR_VILLAGE,
    met=Part(
        "逐年增长",
        Compare(village.collective_income, ">", village.collective_income_before),
        "高于上一年度",
    ),
    remarks=(POOR_VILLAGE_REMARK, "两个年度有一个未填即数据不足。"),
)

POV_01 = PersonsOverBase(
    code="POV-01",
    name="贫困发生率",
    short_name="发生率",
    unit="人",
    line=Line.GENERAL,
    clause=Clause("siding-2019", "附件1"),
    description="未脱贫、预脱贫、返贫人口占2014年末乡村人口数的百分比，须低于上限。",
    base=village.rural_population,
    counts=household.status.is_in(*POOR_NOW),
    threshold=Threshold("incidence_max_pct", below=True),
    remarks=(
        "分母固定为2014年末乡村人口数；没有基数的村不适用，不计入上级。",
        "脱贫状态不明的人计为数据不足。",
    ),
)

CLINIC_AREA, CLINIC_POPULATION = Parameter("clinic_min_area_m2"), Parameter("clinic_min_population")

MED_04 = Indicator(
    code="MED-04",
    name="贫困村卫生室达标",
    short_name="卫生室",
    subject="village",
    unit="村",
    line=Line.HEALTH,
    clause=Clause("baotou-2019", "二(八)"),
    description="贫困嘎查村有标准化卫生室和合格村医，人口达到规定的村卫生室面积达标；或由流动医疗卫生服务覆盖。",
    applies=all_of(POOR_VILLAGE, CLINIC_AREA.in_force()),
    met=any_of(
        Part("流动医疗", village.served_by_mobile.is_yes(), "巡回医疗覆盖"),
        all_of(
            Part("卫生室", village.has_clinic.is_yes(), "有标准化卫生室"),
            Part(
                "面积",
                any_of(
                    Compare(village.population, "<", CLINIC_POPULATION),
                    village.clinic_area.at_least(CLINIC_AREA),
                ),
                "不少于 {clinic_min_area_m2} ㎡（不足 {clinic_min_population} 人的村不作要求）",
            ),
            Part("村医", village.has_qualified_doctor.is_yes(), "有合格村医"),
        ),
    ),
    remarks=(
        POOR_VILLAGE_REMARK,
        "面积标准2019年起有，此前不判定。",
        "登记表没有常住人口，以判定年度总人口代替。",
        "乡镇卫生院所在地、联合设卫生室、整村搬迁可以不设，登记表不采集，不据此豁免。",
    ),
)

COL_03 = Indicator(
    code="COL-03",
    name="集体经济收入达到下限",
    short_name="集体下限",
    subject="village",
    unit="村",
    line=Line.COLLECTIVE,
    clause=Clause("siding-2019", "四(四)4"),
    description="判定年度集体经济收入不低于当地、当年对贫困村或非贫困村规定的下限。",
    applies=any_of(
        all_of(POOR_VILLAGE, Parameter("collective_income_min_poor_yuan", by_year=True).in_force()),
        all_of(
            OTHER_VILLAGE, Parameter("collective_income_min_other_yuan", by_year=True).in_force()
        ),
    ),
    met=any_of(
        Part(
            "贫困村",
            all_of(
                POOR_VILLAGE,
                village.collective_income.at_least(
                    Parameter("collective_income_min_poor_yuan", by_year=True)
                ),
            ),
            "不低于 {collective_income_min_poor_yuan} 元",
        ),
        Part(
            "非贫困村",
            all_of(
                OTHER_VILLAGE,
                village.collective_income.at_least(
                    Parameter("collective_income_min_other_yuan", by_year=True)
                ),
            ),
            "不低于 {collective_income_min_other_yuan} 元",
        ),
    ),
    remarks=("没有规定下限的地方和年度不适用。", POOR_VILLAGE_REMARK),
)

IND_06 = Indicator(
    code="IND-06",
    name="贫困村有农牧业经营主体",
    short_name="经营主体",
    subject="village",
    unit="村",
    line=Line.INCOME,
    clause=Clause("siding-2019", "四(四)1(2)"),
    description="贫困村判定年度的农民专业合作社不少于规定个数。",
    applies=all_of(POOR_VILLAGE, Parameter("village_entities_min").in_force()),
    met=Part(
        "合作社",
        village.cooperatives.at_least(Parameter("village_entities_min")),
        "不少于 {village_entities_min} 个",
    ),
    remarks=(
        "没有规定个数的地方不适用。",
        "登记表只采集合作社个数，不采集龙头企业和产业基地。",
        POOR_VILLAGE_REMARK,
    ),
)

ROAD_03 = Indicator(
    code="ROAD-03",
    name="贫困村通硬化路",
    short_name="通村路",
    subject="village",
    unit="村",
    line=Line.GENERAL,
    clause=Clause("shaanxi-2019-draft", "一(二)"),
    description="贫困村到乡镇通沥青（水泥）路。",
    applies=all_of(Parameter("village_paved_road_rule").is_on(), POOR_VILLAGE),
    met=Part("通村路", village.paved_to_township.is_yes(), "已通沥青（水泥）路"),
    remarks=(
        "只在要求通村硬化路的地方判定。",
        "看判定年度的村年度情况；路基、路面宽度没有采集。",
        POOR_VILLAGE_REMARK,
    ),
)

VILLAGE = (COL_01, COL_02, COL_03, IND_06, MED_04, POV_01, PWR_01, ROAD_03)
