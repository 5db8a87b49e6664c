"""Columns that say where a row belongs, in the spellings of one export day."""

from __future__ import annotations

from imports.columns import cleaning as c
from imports.columns.base import Column, Level

PLACE_COLUMNS = (
    Column(
        "province",
        ("省", "省(自治区、直辖市)", "省份", "自治区", "省(区、市)"),
        c.text(64),
        level=Level.PLACE,
    ),
    Column("city", ("市", "市(盟、州)", "地市", "盟市", "市(州)"), c.text(64), level=Level.PLACE),
    Column(
        "county",
        ("县", "县(市、区、旗)", "旗区", "区县", "县区", "旗县", "旗县区", "县(市、区)", "所在县"),
        c.text(64),
        level=Level.PLACE,
    ),
    Column(
        "township",
        (
            "乡",
            "乡(镇)",
            "乡镇",
            "苏木乡",
            "镇",
            "苏木乡镇",
            "苏木(乡镇)",
            "乡镇(街道)",
            "所在乡镇",
        ),
        c.text(64),
        level=Level.PLACE,
    ),
    Column(
        "village",
        (
            "行政村",
            "村",
            "噶查村",
            "嘎查村",
            "村名",
            "嘎查(村)",
            "村(嘎查)",
            "行政村名称",
            "所在村",
            "嘎查",
            "村(社区)",
            "行政村(嘎查)",
        ),
        c.text(64),
        level=Level.PLACE,
    ),
    Column(
        "village_code",
        (
            "村代码",
            "行政村代码",
            "村编码",
            "区划代码",
            "行政区划代码",
            "统计用区划代码",
            "嘎查村代码",
        ),
        c.area_code,
        level=Level.PLACE,
    ),
)
