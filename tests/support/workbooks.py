"""Workbooks with the dirt that offices send, built in memory."""

import csv
import io
import zipfile
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from openpyxl import Workbook

from tests.households.factories import id_number

TITLES = ("固阳县建档立卡人员信息表", "导出时间：2019-11-04")
PERSON_HEADERS = [
    "序号",
    "数据日期",
    "县(市、区、旗)",
    "乡(镇)",
    "行政村",
    "自然村",
    "户编号",
    "人编号",
    "姓名",
    "证件号码",
    "人数",
    "与户主关系",
    "民族",
    "文化程度",
    "在校生状况",
    "健康状况",
    "劳动技能",
    "务工时间（月）",
    "是否参加大病保险",
    "致贫原因1",
    "危房户",
    "是否解决安全饮用水",
    "人均纯收入",
    "户联系电话",
    "人联系电话",
    "首次识别时间",
    "人员识别时间",
    "户类型",
    "易返贫致贫户(监测对象)类型",
    "风险是否消除",
    "风险识别时间",
    "风险消除时间",
]
PERSON_HEADERS_2017 = [
    *PERSON_HEADERS[:19],
    "参加大病医疗",
    "脱贫属性",
    "脱贫年度",
    "贫困户属性",
    "主要致贫原因",
    "饮水安全",
    "饮水困难",
]
HOUSEHOLD_HEADERS = [
    "省",
    "市",
    "县",
    "乡",
    "村",
    "户编号",
    "户主编号",
    "户主姓名",
    "户主证件号码",
    "家庭人口数",
    "是否危房户",
    "人均纯收入",
    "年收入",
    "是否解决安全饮用水",
    "年度",
    "村办公电话",
    "开户银行名称",
    "银行卡号",
    "识别标准",
    "主要致贫原因",
    "次要致贫原因",
    "工资性收入",
    "生产经营性收入",
    "财产性收入",
    "转移性收入",
    "计划生育金",
    "低保金",
    "五保金",
    "养老保险金",
    "生态补偿金",
    "其他转移性收入",
    "生产经营性支出",
    "纯收入",
    "资产收益扶贫分红收入",
    "其他财产性收入",
    "耕地面积（亩）",
    "水面面积",
    "是否加入农民专业合作组织",
    "退耕还林面积（亩）",
    "林果面积（亩）",
    "牧草地面积",
    "林地面积（亩）",
    "是否通生产用电",
    "是否通生活用电",
    "是否通广播电视",
    "与村主干路距离",
    "入户路类型",
    "住房面积",
    "是否有卫生厕所",
    "主要燃料类型",
    "危房级别",
    "是否有龙头企业带动",
    "是否有创业致富带头人带动",
]


def person(number: int = 1, **changes: Any) -> dict[str, Any]:
    """One good row of a persons list, by header."""
    row: dict[str, Any] = {
        "序号": str(number),
        "数据日期": "20191104",
        "县(市、区、旗)": "固阳县",
        "乡(镇)": "银号镇",
        "行政村": "德成永村",
        "户编号": f"150222105203{number:05d}",
        "人编号": f"P{number:07d}",
        "姓名": "张三",
        "证件号码": id_number(number),
        "与户主关系": "户主",
        "民族": "汉族",
        "文化程度": "小学",
        "健康状况": "健康",
        "危房户": "否",
    }
    return row | changes


def household(number: int = 1, **changes: Any) -> dict[str, Any]:
    """One good row of a households list, by header."""
    row: dict[str, Any] = {
        "省": "内蒙古自治区",
        "市": "包头市",
        "县": "固阳县",
        "乡": "银号镇",
        "村": "德成永村",
        "户编号": f"150222105203{number:05d}",
        "户主姓名": "张三",
        "户主证件号码": id_number(number),
        "家庭人口数": "3",
        "年度": "2018",
        "工资性收入": "12000",
        "是否通生活用电": "是",
    }
    return row | changes


def table(headers: Sequence[str], rows: Iterable[dict[str, Any]]) -> list[list[Any]]:
    """Header and rows as plain lists; what a row does not name is an empty cell."""
    return [list(headers), *([row.get(head) for head in headers] for row in rows)]


def xlsx(
    lines: Iterable[Sequence[Any]],
    *,
    merge: Sequence[str] = (),
    change: Callable[[Any], None] | None = None,
) -> bytes:
    """A workbook with one sheet of these lines."""
    book = Workbook()
    sheet = book.active
    for number, line in enumerate(lines, 1):
        for column, value in enumerate(line, 1):
            if value is not None:
                sheet.cell(number, column, value)
    for box in merge:
        sheet.merge_cells(box)
    if change:
        change(book)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def persons_xlsx(rows: Iterable[dict[str, Any]], **options: Any) -> bytes:
    """A persons export: two title rows, the header in row 3, data from row 4."""
    return xlsx([[TITLES[0]], [TITLES[1]], *table(PERSON_HEADERS, rows)], **options)


def csv_bytes(
    lines: Iterable[Sequence[Any]],
    encoding: str = "gb18030",
    *,
    delimiter: str = ",",
    end: str = "\r\n",
) -> bytes:
    out = io.StringIO(newline="")
    csv.writer(out, delimiter=delimiter, lineterminator=end).writerows(lines)
    return out.getvalue().encode(encoding)


def html(lines: Iterable[Sequence[Any]]) -> bytes:
    body = "".join(
        "<tr>" + "".join(f"<td>{'' if cell is None else cell}</td>" for cell in line) + "</tr>"
        for line in lines
    )
    return (
        f"<html><head><meta charset='gbk'></head><body><table>{body}</table></body></html>".encode(
            "gb18030"
        )
    )


def repacked(
    data: bytes, changes: dict[str, bytes | None], *, more: dict[str, bytes] | None = None
) -> bytes:
    """The same workbook with parts replaced, removed (None) or added."""
    out = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(data)) as old,
        zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new,
    ):
        for info in old.infolist():
            content = changes.get(info.filename, old.read(info))
            if content is not None:
                new.writestr(info.filename, content)
        for name, content in (more or {}).items():
            new.writestr(name, content)
    return out.getvalue()


SHEET_PART = "xl/worksheets/sheet1.xml"


def sheet_xml(rows: str) -> bytes:
    """A worksheet part written by hand."""
    return (
        '<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">'
        f"<sheetData>{rows}</sheetData></worksheet>"
    ).encode()
