"""Columns of the lists with one row per village (domain notes 3.3)."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from core.masking import mask_phone
from imports.columns import cleaning as c
from imports.columns.base import Column, Kind
from imports.columns.places import PLACE_COLUMNS
from villages.enums import Terrain

_connected = c.yes_no(yes=["通", "已通", "已通电", "达标"], no=["不通", "未通", "未通电", "未达标"])
_DATA_DATE = Column("data_date", ("数据日期", "数据时间", "导出日期"), c.full_date())
_ROW_NUMBER = Column("row_number", ("序号", "编号"), c.text(), is_stored=False)
_REMARK = Column("remark", ("备注", "说明"), c.text(), is_stored=False)

# Amounts without a unit below this are refused: they could be 元 or 万元.
_PLAIN_YUAN_FROM = 1_000

# The rest of the village form 贫困村信息采集表, year by year.
_FORM = (
    Column("households", ("总户数",), c.integer(most=1_000_000)),
    Column(
        "hamlets",
        (
            "自然村(村民小组)数",
            "自然村数",
        ),
        c.integer(most=1_000_000),
    ),
    Column("dibao_households", ("低保户数",), c.integer(most=1_000_000)),
    Column(
        "tekun_households",
        (
            "五保(特困)户数",
            "五保户数",
            "特困户数",
            "特困供养户数",
        ),
        c.integer(most=1_000_000),
    ),
    Column(
        "population",
        (
            "总人口数",
            "总人口",
        ),
        c.integer(most=1_000_000),
    ),
    Column("dibao_persons", ("低保人口数",), c.integer(most=1_000_000)),
    Column(
        "tekun_persons",
        (
            "五保人口数",
            "特困人口数",
            "特困供养人口数",
        ),
        c.integer(most=1_000_000),
    ),
    Column("minority_persons", ("少数民族人口数",), c.integer(most=1_000_000)),
    Column("women", ("妇女人口数",), c.integer(most=1_000_000)),
    Column("disabled_persons", ("残疾人口数",), c.integer(most=1_000_000)),
    Column("labourers", ("劳动力人数",), c.integer(most=1_000_000)),
    Column("workers_away", ("外出务工人数",), c.integer(most=1_000_000)),
    Column("party_members", ("中共党员人数",), c.integer(most=1_000_000)),
    Column("graduate_officials", ("大学生村官人数",), c.integer(most=1_000_000)),
    Column(
        "insured_persons",
        (
            "参加新农合(居民医保)人数",
            "参加新农合人数",
            "参加居民医保人数",
        ),
        c.integer(most=1_000_000),
    ),
    Column(
        "resident_pension_persons",
        (
            "参加居民养老人数",
            "参加居民养老保险人数",
        ),
        c.integer(most=1_000_000),
    ),
    Column(
        "employee_pension_persons",
        (
            "参加职工养老人数",
            "参加职工养老保险人数",
        ),
        c.integer(most=1_000_000),
    ),
    Column("unsafe_water_households", ("未实现饮水安全户数",), c.integer(most=1_000_000)),
    Column("water_difficult_households", ("饮水困难户数",), c.integer(most=1_000_000)),
    Column("powered_hamlets", ("已通电自然村数",), c.integer(most=1_000_000)),
    Column("dangerous_house_households", ("危房户数",), c.integer(most=1_000_000)),
    Column("cooperatives", ("农民专业合作社个数",), c.integer(most=1_000_000)),
    Column("tourism_households", ("乡村旅游户数",), c.integer(most=1_000_000)),
    Column(
        "tourism_workers",
        (
            "从业人员",
            "乡村旅游从业人员",
            "乡村旅游从业人员数",
        ),
        c.integer(most=1_000_000),
    ),
    Column("farm_stays", ("农家乐户数",), c.integer(most=1_000_000)),
    Column("clinics", ("行政村卫生室个数",), c.integer(most=1_000_000)),
    Column(
        "public_toilets",
        (
            "公共卫生厕所",
            "公共卫生厕所个数",
        ),
        c.integer(most=1_000_000),
    ),
    Column(
        "doctors",
        (
            "执业(助理)医师",
            "执业(助理)医师人数",
        ),
        c.integer(most=1_000_000),
    ),
    Column(
        "refuse_points",
        (
            "垃圾集中堆放点",
            "垃圾集中堆放点个数",
        ),
        c.integer(most=1_000_000),
    ),
    Column(
        "culture_rooms",
        (
            "文化(图书)室",
            "文化(图书)室个数",
        ),
        c.integer(most=1_000_000),
    ),
    Column("broadband_households", ("通宽带户数",), c.integer(most=1_000_000)),
    Column("broadband_schools", ("通宽带的村小学个数",), c.integer(most=1_000_000)),
    Column("mobile_internet_households", ("能用手机上网户数",), c.integer(most=1_000_000)),
    Column(
        "information_officers",
        (
            "行政村信息员",
            "行政村信息员人数",
        ),
        c.integer(most=1_000_000),
    ),
    Column("cultivated_mu", ("耕地面积",), c.number(unit="亩", most=10_000_000), unit="亩"),
    Column("irrigated_mu", ("有效灌溉面积",), c.number(unit="亩", most=10_000_000), unit="亩"),
    Column("forest_mu", ("林地面积",), c.number(unit="亩", most=10_000_000), unit="亩"),
    Column("returned_mu", ("退耕还林面积",), c.number(unit="亩", most=10_000_000), unit="亩"),
    Column("fruit_mu", ("林果面积",), c.number(unit="亩", most=10_000_000), unit="亩"),
    Column("pasture_mu", ("牧草地面积",), c.number(unit="亩", most=10_000_000), unit="亩"),
    Column(
        "water_mu",
        (
            "水域面积",
            "水面面积",
        ),
        c.number(unit="亩", most=10_000_000),
        unit="亩",
    ),
    Column(
        "income_per_person_yuan", ("农民人均纯收入(元)", "农民人均纯收入"), c.money(), unit="元"
    ),
    Column("farm_stay_income_yuan", ("农家乐户均收入",), c.money(), unit="元"),
    Column("has_bus", ("是否通客运班车",), _connected),
    Column("paved_to_township", ("到乡镇是否通沥青(水泥)路", "到乡镇是否通沥青路"), _connected),
    Column(
        "terrain",
        ("地形地貌属性", "地形地貌"),
        c.choice(Terrain.choices, {"丘陵区": "HILL", "山区": "MOUNTAIN", "平原区": "PLAIN"}),
    ),
    Column("development", ("发展方向属性", "发展方向"), c.text(64)),
    Column("head_name", ("村负责人",), c.text(64)),
    Column("head_post", ("职务", "村负责人职务"), c.text(64)),
    Column("head_phone", ("村负责人联系电话", "联系电话"), c.phone, mask=mask_phone),
)

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
        *_FORM,
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
