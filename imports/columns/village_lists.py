"""Columns of the lists with one row per village (domain notes 3.3)."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from imports.columns import cleaning as c
from imports.columns.base import Column, Kind
from imports.columns.places import PLACE_COLUMNS

_connected = c.yes_no(yes=["通", "已通", "已通电", "达标"], no=["不通", "未通", "未通电", "未达标"])
_DATA_DATE = Column("data_date", ("数据日期", "数据时间", "导出日期"), c.full_date())
_ROW_NUMBER = Column("row_number", ("序号", "编号"), c.text(), is_stored=False)
_REMARK = Column("remark", ("备注", "说明"), c.text(), is_stored=False)

# Amounts without a unit below this are refused: they could be 元 or 万元.
_PLAIN_YUAN_FROM = 1_000

VILLAGES = Kind(
    "villages",
    _("嘎查村信息（一行一村）"),
    (
        _ROW_NUMBER,
        _DATA_DATE,
        *PLACE_COLUMNS,
        Column(
            "is_poor_village",
            ("是否贫困村", "贫困村", "村属性"),
            c.yes_no(yes=["贫困村", "贫困嘎查村"], no=["非贫困村", "非贫困嘎查村", "一般村"]),
        ),
        Column("out_year", ("出列年度", "贫困村出列年度", "退出年度"), c.year(least=2014)),
        Column(
            "rural_population_end_2014",
            (
                "2014年末乡村人口数",
                "2014年末乡村人口",
                "基数人口",
                "2014年农村人口",
                "2014年末农村户籍人口",
                "农村户籍人口",
            ),
            c.integer(most=100_000),
        ),
        Column(
            "three_phase_power", ("是否通动力电", "通动力电", "是否通三相电", "动力电"), _connected
        ),
        Column("three_phase_since", ("通动力电日期", "通动力电时间"), c.full_date()),
        Column("off_grid", ("是否大电网覆盖范围外", "大电网未覆盖"), c.yes_no()),
        Column("off_grid_document", ("网外证明文件",), c.text(128)),
        Column(
            "has_clinic",
            ("有无标准化卫生室", "是否有标准化卫生室", "有无卫生室", "是否有卫生室"),
            c.yes_no(),
        ),
        Column(
            "clinic_area_m2",
            ("卫生室面积", "卫生室面积(㎡)"),
            c.number(unit="㎡", most=99_999),
            unit="㎡",
        ),
        Column("has_qualified_doctor", ("有无合格村医", "是否有合格村医", "有无村医"), c.yes_no()),
        Column("served_by_mobile", ("是否巡回医疗覆盖", "巡回医疗"), c.yes_no()),
        Column("year", ("年度", "年份", "收入年度"), c.year(least=2013)),
        Column(
            "collective_income",
            ("集体经济收入", "村集体经济收入", "村级集体经济收入", "嘎查村集体经济收入"),
            c.money(most=10**11, plain_from=_PLAIN_YUAN_FROM),
            unit="元",
        ),
        Column("households", ("总户数",), c.integer(most=100_000), is_stored=False),
        Column("population", ("总人口数", "总人口"), c.integer(most=1_000_000), is_stored=False),
        Column("is_out", ("是否出列",), c.yes_no(yes=["已出列"], no=["未出列"]), is_stored=False),
        _REMARK,
    ),
    needed=(("village", "village_code"),),
)

COLLECTIVE_INCOME = Kind(
    "collective-income",
    _("嘎查村集体经济收入"),
    (
        _ROW_NUMBER,
        *PLACE_COLUMNS,
        _DATA_DATE,
        Column("year", ("年度", "年份", "收入年度", "年"), c.year(least=2013), is_filled=True),
        Column(
            "collective_income",
            (
                "集体经济收入",
                "村集体经济收入",
                "村级集体经济收入",
                "嘎查村集体经济收入",
                "收入",
                "金额",
                "年收入",
                "集体收入",
                "集体经济收入合计",
                "收入金额",
                "村集体收入",
            ),
            c.money(most=10**11, plain_from=_PLAIN_YUAN_FROM),
            is_filled=True,
            unit="元",
        ),
        _REMARK,
    ),
    needed=(("village", "village_code"), ("year",), ("collective_income",)),
)
