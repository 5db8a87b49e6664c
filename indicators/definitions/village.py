"""Power, collective income and poverty incidence of a village (domain §2.4, §2.7, §2.14, §2.20)."""

from accounts.enums import Line
from households.enums import POOR_NOW
from indicators.definitions.base import Clause, Indicator, PersonsOverBase, Threshold
from indicators.expressions import Compare, Part, all_of, any_of
from indicators.facts import household, village

POOR_VILLAGE = any_of(village.is_poor_village.is_yes(), village.out_year.known())
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
