"""Columns of the register's lists: one row per person, and one row per household (domain notes 3.1,
3.2, 3.6).
"""

from __future__ import annotations

from decimal import Decimal

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from core.masking import mask_account, mask_id_number, mask_phone
from households.codelists import code_list
from imports.columns import cleaning as c
from imports.columns.base import Cell, CellError, Clean, Column, Kind, Level, Reading
from imports.columns.places import PLACE_COLUMNS


def _code(key: str) -> Clean:
    """One code of a list, by its label or another spelling of it."""
    codes = code_list(key)
    return c.choice(codes.choices, codes.spellings, doubtful=codes.doubtful)


def _codes(key: str, *, alone: str = "", most: int = 0) -> Clean:
    """Several codes of a list."""
    codes = code_list(key)
    return c.choices_set(codes.choices, codes.spellings, alone=alone, most=most)


_water_yes_no = c.yes_no(
    yes=["已解决", "解决", "安全", "已通", "达标", "已实现"],
    no=["未解决", "没解决", "不安全", "未通", "未达标", "未实现"],
)
_house_yes_no = c.yes_no(
    yes=["危房", "是危房", "危房户"], no=["非危房", "不是危房", "安全住房", "非危房户"]
)
_joined = c.yes_no(
    yes=["已参加", "参加", "已参保", "参保", "已加入", "加入", "已缴费"],
    no=["未参加", "没参加", "没有参加", "未参保", "不参加", "未加入", "没加入", "未缴费"],
)
_enjoys = c.yes_no(yes=["享受", "已享受"], no=["未享受", "不享受", "没享受"])
_connected = c.yes_no(yes=["通", "已通", "已通电", "通电"], no=["不通", "未通", "未通电", "没通"])
_any = c.text()
_area = c.number(unit="亩", most=100_000)


def _listed(key: str) -> Clean:
    """A value of a code list, by any of its spellings.

    What no list knows is left unknown with a warning: no standard rests on these, and one odd word
    must not hold up a whole file.
    """
    clean = _code(key)

    def read(cell: Cell, reading: Reading) -> object:
        try:
            return clean(cell, reading)
        except CellError as error:
            reading.warn(error.code, error.message, gettext("不改也可导入，此项按未知记"))
            return None

    return read


def _household(code: str, *headers: str, clean: Clean, **options: object) -> Column:
    return Column(code, headers, clean, level=Level.HOUSEHOLD, **options)  # type: ignore[arg-type]


def _member(code: str, *headers: str, clean: Clean, **options: object) -> Column:
    return Column(code, headers, clean, level=Level.MEMBER, **options)  # type: ignore[arg-type]


def _checked_only(code: str, *headers: str, clean: Clean = _any) -> Column:
    """Read so that nobody wonders about it; the register keeps no such fact."""
    return Column(code, headers, clean, is_stored=False)


ROW_COLUMNS = (
    _checked_only("row_number", "序号", "编号"),
    Column("data_date", ("数据日期", "数据时间", "导出日期"), c.full_date()),
    Column("year", ("年度", "年份", "数据年度"), c.year(least=2013)),
    _checked_only("remark", "备注", "说明"),
)

HOUSEHOLD_KEY = Column(
    "hh_code",
    ("户编号", "家庭编号", "户编码", "贫困户编号"),
    c.code_text,
    level=Level.HOUSEHOLD,
    is_filled=True,
)

# Facts of a household that stand in both lists.
HOUSEHOLD_COLUMNS = (
    _household("hamlet", "自然村", "村民小组", "自然村(村民小组)", "组", "社", clean=c.text(64)),
    _household(
        "household_phone", "户联系电话", "联系电话", "户主联系电话", clean=c.phone, mask=mask_phone
    ),
    _household(
        "identify_standard",
        "识别标准",
        clean=_code("identify_standard"),
    ),
    _household("kind", "贫困户属性", "户类型", "贫困户类型", clean=_code("household_kind")),
    _household("cause_main", "主要致贫原因", "致贫原因1", "致贫原因", clean=_code("cause")),
    _household(
        "cause_other",
        "次要致贫原因",
        "其他致贫原因",
        "致贫原因2",
        "其它致贫原因",
        clean=_codes("cause", most=2),
    ),
    _household("first_identified", "首次识别时间", "识别时间", "户识别时间", clean=c.partial_date),
    _household("status", "脱贫状态", "脱贫属性", "脱贫情况", clean=_code("status")),
    _household("exit_year", "脱贫年度", "脱贫年份", "脱贫时间", clean=c.year(least=2014)),
    _household("return_year", "返贫年度", clean=c.year(least=2014)),
    _household("dangerous_house", "是否危房户", "危房户", "是否危房", clean=_house_yes_no),
    _household(
        "house_grade",
        "危房级别",
        "住房等级",
        "住房鉴定等级",
        "危房等级",
        clean=_code("house_grade"),
    ),
    _household("house_area_m2", "住房面积", clean=c.number(unit="㎡", most=5_000), unit="㎡"),
    _household(
        "water_safe",
        "是否解决安全饮用水",
        "饮水安全",
        "饮水是否安全",
        "是否饮水安全",
        "安全饮水",
        clean=_water_yes_no,
    ),
    _household("power_living", "是否通生活用电", "生活用电", "通电情况", clean=_connected),
    _household(
        "net_per_person",
        "人均纯收入",
        "家庭人均纯收入",
        "年人均纯收入",
        clean=c.money(most=10**7, warn_if=lambda value: value > 100_000),
        unit="元",
    ),
    _household(
        "persons",
        "家庭人口数",
        "人数",
        "家庭人口",
        "年度家庭人口数",
        clean=c.integer(least=1, most=99, warn_if=lambda value: value > 30),
    ),
    _household(
        "water_difficult",
        "饮水困难",
        "饮水是否困难",
        "是否饮水困难",
        clean=c.yes_no(yes=["困难"], no=["不困难"]),
    ),
)

PERSONS = Kind(
    "persons",
    _("人员信息（一行一人）"),
    (
        *ROW_COLUMNS,
        *PLACE_COLUMNS,
        HOUSEHOLD_KEY,
        _member("person_code", "人编号", "人口编号", "成员编号", "人(口)编号", clean=c.code_text),
        _member("name", "姓名", "成员姓名", clean=c.name, is_filled=True),
        _member(
            "id_no",
            "证件号码",
            "身份证号",
            "身份证号码",
            "公民身份号码",
            "证件号",
            "身份证",
            clean=c.identity_number,
            is_filled=True,
            mask=mask_id_number,
        ),
        _member(
            "id_type",
            "证件类型",
            clean=_code("id_type"),
        ),
        _member("sex", "性别", clean=_code("sex")),
        _member("birth_date", "出生日期", "出生年月日", clean=c.full_date()),
        _member(
            "relation",
            "与户主关系",
            "户主关系",
            "与户主的关系",
            clean=_code("relation"),
        ),
        _member("ethnic", "民族", clean=_code("ethnic")),
        _member(
            "education",
            "文化程度",
            "学历",
            clean=_code("education"),
        ),
        _member(
            "student_status",
            "在校生状况",
            "在校状况",
            "在校生情况",
            clean=_code("student_status"),
        ),
        _member(
            "health",
            "健康状况",
            clean=_codes("health", alone="HEALTHY"),
        ),
        _member(
            "labour_capacity",
            "劳动技能",
            "劳动能力",
            "劳动力类型",
            clean=_code("labour_capacity"),
        ),
        _member("work_months", "务工时间(月)", "务工时间", "务工月数", clean=c.integer(most=12)),
        _member(
            "med_resident",
            "是否参加城乡居民基本医疗保险",
            "是否参加新型农村合作医疗(城乡居民基本医疗保险)",
            "是否参加新农合",
            "参加城乡居民基本医疗保险",
            "是否参加城乡居民医疗保险",
            clean=_joined,
        ),
        _member(
            "med_employee",
            "是否参加城镇职工基本医疗保险",
            "参加城镇职工基本医疗保险",
            clean=_joined,
        ),
        _member(
            "med_serious",
            "是否参加大病保险",
            "参加大病医疗",
            "参加大病保险",
            "是否参加大病医疗",
            clean=_joined,
        ),
        _member(
            "member_phone",
            "人联系电话",
            "成员联系电话",
            "本人联系电话",
            clean=c.phone,
            mask=mask_phone,
        ),
        *HOUSEHOLD_COLUMNS,
        _checked_only("head_name", "户主姓名"),
        Column(
            "head_id_no",
            ("户主证件号码", "户主身份证号"),
            c.text(40),
            is_stored=False,
            mask=mask_id_number,
        ),
        Column("person_identified", ("人员识别时间",), c.partial_date, is_stored=False),
        _checked_only("monitor_type", "易返贫致贫户(监测对象)类型", "监测对象类别"),
        Column(
            "risk_removed",
            ("风险是否消除", "风险是否已消除"),
            c.yes_no(yes=["已消除"], no=["未消除"]),
            is_stored=False,
        ),
        Column("risk_identified", ("风险识别时间",), c.partial_date, is_stored=False),
        Column("risk_removed_on", ("风险消除时间",), c.partial_date, is_stored=False),
        _member("dibao", "是否享受低保", "是否低保", clean=_enjoys),
        _member("tekun", "是否特困供养人员", "是否特困供养", clean=_enjoys),
        _member(
            "pension_resident",
            "是否参加城乡居民基本养老保险",
            "是否参加新型养老保险",
            clean=_joined,
        ),
        _member("pension_employee", "是否参加城镇职工基本养老保险", clean=_joined),
        _member("med_commercial", "是否参加商业补充医疗保险", clean=_joined),
        _member("med_aid", "是否接受大病医疗救助", "是否接受医疗救助", clean=_enjoys),
        _member("health_aid", "是否接受其他健康扶贫", clean=_enjoys),
        _member("in_army", "是否现役军人", clean=c.yes_no()),
        _member("mandarin", "是否会讲普通话", clean=c.yes_no(yes=["会"], no=["不会"])),
        _member("abroad", "是否国外务工", clean=c.yes_no()),
        _member("political", "政治面貌", clean=_listed("political")),
        _member("work_area", "务工状况", "务工区域", clean=_listed("work_area")),
        _member("work_place", "务工所在地", clean=c.text(64)),
        _member("employer", "务工企业名称", clean=c.text(64)),
        _member("job_channel", "就业渠道", clean=_listed("job_channel")),
        _checked_only("industry", "产业分类"),
        _member("dropout_reason", "失学或辍学原因", clean=_listed("dropout_reason")),
        _member("public_post", "公益性岗位类型", "公益性岗位", clean=_listed("public_post")),
        _member("post_months", "公益性岗位(月数)", clean=c.integer(most=12)),
        _member("disability_type", "残疾类别", clean=_listed("disability_type")),
        _member("disability_grade", "残疾等级", clean=_listed("disability_grade")),
        _member("certificate_year", "残疾证办证年度", clean=c.year(least=1990)),
    ),
    needed=(("hh_code",), ("name",), ("id_no",), ("village", "village_code")),
)

HOUSEHOLDS = Kind(
    "households",
    _("贫困户信息（一行一户）"),
    (
        *ROW_COLUMNS,
        *PLACE_COLUMNS,
        HOUSEHOLD_KEY,
        _household("head_name", "户主姓名", clean=c.name),
        _household("head_code", "户主编号", clean=c.code_text),
        _household(
            "head_id_no",
            "户主证件号码",
            "户主身份证号",
            "证件号码",
            clean=c.identity_number,
            mask=mask_id_number,
        ),
        *HOUSEHOLD_COLUMNS,
        _household("bank_name", "开户银行名称", "开户银行", clean=c.text(64)),
        _household("bank_account", "银行卡号", "银行账号", clean=c.bank_account, mask=mask_account),
        _household(
            "wage",
            "工资性收入",
            clean=c.money(warn_if=lambda v: 0 < v < 300 or v > 300_000),
            unit="元",
        ),
        _household("operating", "生产经营性收入", clean=c.money(), unit="元"),
        _household("property", "财产性收入", clean=c.money(), unit="元"),
        _household("transfer", "转移性收入", clean=c.money(), unit="元"),
        _household("operating_expense", "生产经营性支出", clean=c.money(), unit="元"),
        Column("income_total", ("年收入", "家庭年收入", "总收入"), c.money(), is_stored=False),
        Column("income_net", ("纯收入", "家庭纯收入"), c.money(), is_stored=False),
        _household(
            "ti_family",
            "计划生育金",
            clean=c.money(warn_if=lambda v: 0 < v < 100),
            unit="元",
        ),
        _household("ti_dibao", "低保金", clean=c.money(warn_if=lambda v: 0 < v < 200), unit="元"),
        _household(
            "ti_tekun",
            "五保金",
            "特困金",
            "特困(五保)金",
            "特困供养金",
            clean=c.money(),
            unit="元",
        ),
        _household(
            "ti_pension", "养老保险金", clean=c.money(warn_if=lambda v: 0 < v < 88), unit="元"
        ),
        _household("ti_eco", "生态补偿金", clean=c.money(), unit="元"),
        _household("ti_other", "其他转移性收入", clean=c.money(), unit="元"),
        _household(
            "asset_dividend",
            "资产收益扶贫分红收入",
            "资产收益扶贫分红",
            clean=c.money(),
            unit="元",
        ),
        _household("other_property", "其他财产性收入", clean=c.money(), unit="元"),
        _household("land_cultivated", "耕地面积(亩)", "耕地面积", clean=_area, unit="亩"),
        _household(
            "land_irrigated",
            "有效灌溉面积(亩)",
            "水浇地面积(亩)",
            "有效灌溉面积",
            "水浇地面积",
            clean=_area,
            unit="亩",
        ),
        _household("land_water", "水面面积(亩)", "水面面积", clean=_area, unit="亩"),
        _household("land_returned", "退耕还林面积(亩)", "退耕还林面积", clean=_area, unit="亩"),
        _household("land_fruit", "林果面积(亩)", "林果面积", clean=_area, unit="亩"),
        _household(
            "land_pasture", "牧草地面积(亩)", "牧草地面积", "草牧场面积", clean=_area, unit="亩"
        ),
        _household("land_forest", "林地面积(亩)", "林地面积", clean=_area, unit="亩"),
        _household("in_coop", "是否加入农民专业合作组织", "是否加入农民专业合作社", clean=_joined),
        _household("by_enterprise", "是否有龙头企业带动", "龙头企业带动", clean=c.yes_no()),
        _household("by_leader", "是否有创业致富带头人带动", "创业致富带头人带动", clean=c.yes_no()),
        _household("power_prod", "是否通生产用电", clean=_connected),
        _household("broadcast", "是否通广播电视", clean=_connected),
        _household(
            "road_distance_km",
            "与村主干路距离",
            "与主干路距离(公里)",
            "与主干路距离",
            clean=c.number(unit="公里", most=50, places=2, warn_if=lambda v: v > Decimal(5)),
            unit="公里",
        ),
        _household("road_type", "入户路类型", clean=_listed("road_type")),
        _household("sanitary_toilet", "是否有卫生厕所", "有无卫生厕所", clean=c.yes_no()),
        _household("fuel", "主要燃料类型", clean=_listed("fuel")),
        _household("house_structure", "住房结构", clean=_listed("house_structure")),
        _household("renovation_year", "危改年度", clean=c.year(least=2008)),
        _household("is_relocated", "是否纳入易地扶贫搬迁", "是否搬迁户", clean=c.yes_no()),
        Column("village_phone", ("村办公电话",), c.text(40), is_stored=False),
        _household("martyr", "是否军烈属", clean=c.yes_no()),
        _household("one_child", "是否独生子女户", clean=c.yes_no()),
        _household("two_daughters", "是否双女户", clean=c.yes_no()),
        _household("cause_note", "致贫原因说明", clean=c.text(500)),
        _household("exit_way", "脱贫方式", clean=_listed("exit_way")),
        _household("not_exit_reason", "不脱贫原因", clean=_listed("not_exit_reason")),
        _household("plan_exit_year", "计划脱贫年度", clean=c.year(least=2014)),
        _checked_only("address", "家庭住址"),
    ),
    needed=(("hh_code",), ("head_name",), ("village", "village_code")),
)
