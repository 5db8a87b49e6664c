"""The living style page: every component in all its states, on one page."""

from dataclasses import dataclass
from datetime import date
from types import SimpleNamespace
from typing import Any

from django import forms
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from core.access import Access, guarded
from core.forms import DateField, MoneyField, MonthField, SegmentSelect, with_unit

TODAY = date(2019, 11, 5)
YES_NO = [("YES", "是"), ("NO", "否"), ("UNKNOWN", "不清楚")]
SWATCHES = [
    ("blue-900", "#0f2a52 顶栏底线"),
    ("blue-800", "#173f7a 顶栏"),
    ("blue-700", "#1e50a2 主按钮"),
    ("blue-600", "#2f66bf 进度、焦点"),
    ("blue-100", "#e0eaf6 选中"),
    ("ink", "#1c2633 正文"),
    ("ink-3", "#5c6978 次要"),
    ("line", "#d3dae3 表线"),
    ("bg", "#f2f4f7 页底"),
    ("met", "#1f8a4c 达标"),
    ("not", "#c9302c 未达标"),
    ("warn", "#c27a00 预警"),
    ("unk", "#6b7785 数据不足"),
]


class SampleForm(forms.Form):
    """Every kind of field."""

    identity = forms.CharField(label="证件号码")
    months = with_unit(forms.IntegerField(label="务工时间", max_value=12, required=False), "月")
    water = forms.ChoiceField(label="饮水是否安全", choices=YES_NO, widget=SegmentSelect)
    cause = forms.ChoiceField(
        label="主要致贫原因",
        choices=[("", "请选择"), ("A", "因病"), ("B", "缺资金")],
        required=False,
    )
    checked_on = DateField(
        label="核查日期", help_text="可写 2019年11月5日、2019.11.5、20191105", required=False
    )
    month = MonthField(label="月份", required=False)
    income = MoneyField(label="工资性收入", help_text="可写 12,000 或 1.2万", required=False)
    papers = forms.MultipleChoiceField(
        label="佐证材料",
        choices=[("A", "鉴定书"), ("B", "照片")],
        widget=forms.CheckboxSelectMultiple,
        required=False,
    )
    note = forms.CharField(label="说明", widget=forms.Textarea(attrs={"rows": 2}), required=False)
    confirmed = forms.BooleanField(label="户主已确认", required=False)


class SampleQuery(forms.Form):
    """Nine conditions, so that two fold away."""

    q = forms.CharField(
        label="户主/成员",
        required=False,
        widget=forms.TextInput(attrs={"placeholder": "姓名、编号、证件号"}),
    )
    village = forms.ChoiceField(label="行政村", choices=[("", "全部 10 个村")], required=False)
    verdict = forms.ChoiceField(
        label="达标情况", choices=[("", "全部"), ("NOT_MET", "未达标")], required=False
    )
    round = forms.ChoiceField(
        label="核查轮次", choices=[("", "2019年11月入户核查")], required=False
    )
    status = forms.ChoiceField(label="脱贫状态", choices=[("", "全部")], required=False)
    cause = forms.ChoiceField(label="致贫原因", choices=[("", "全部")], required=False)
    helper = forms.CharField(label="帮扶责任人", required=False)
    since = DateField(label="核查起", required=False)
    until = DateField(label="核查止", required=False)


@dataclass
class Place:
    """Stands in for an area; the style page asks no database."""

    pk: int
    name: str

    def __str__(self) -> str:
        return self.name


def _sample() -> dict[str, Any]:
    county, town = Place(150222000000, "固阳县"), Place(150222105000, "银号镇")
    towns = [
        Place(150222100000 + i, n)
        for i, n in enumerate(("金山镇", "下湿壕镇", "怀朔镇", "兴顺西镇"))
    ]
    villages = [
        Place(150222105200 + i, n)
        for i, n in enumerate(("大庙村", "大圐圙村", "麻池村", "银号村", "腮林村"))
    ]
    wrong = SampleForm(
        {
            "identity": "",
            "months": "13",
            "checked_on": "2019.13.5",
            "income": "1.2万",
            "papers": ["A"],
        }
    )
    job = {"done_count": 41, "total_count": 73, "error": ""}
    return {
        "swatches": SWATCHES,
        "query_form": SampleQuery(),
        "form": wrong,
        "page": Paginator(range(2016), 20).get_page(9),
        "figures": [
            {
                "label": "建档立卡户",
                "value": 2016,
                "unit": "户",
                "detail": "4,997 人 · 享受政策口径",
                "url": "#",
            },
            {
                "label": "达标",
                "status": "MET",
                "value": 1779,
                "unit": "户",
                "detail": "占 88.24%",
                "url": "#",
            },
            {
                "label": "未达标",
                "status": "NOT_MET",
                "value": 166,
                "unit": "户",
                "detail": "较上月末 −21",
                "url": "#",
            },
            {
                "label": "数据不足",
                "status": "INSUFFICIENT_DATA",
                "value": 71,
                "unit": "户",
                "detail": "须补录",
                "url": "#",
            },
            {
                "label": "在办问题",
                "value": 196,
                "unit": "件",
                "detail": "214＋6＋1−25＝196",
                "url": "#",
            },
            {
                "label": "全部达标村",
                "value": 23,
                "unit": "/ 73 个",
                "detail": "上月末 19 个",
                "url": "#",
            },
        ],
        "heat": [
            (
                "坯团忽洞村",
                "兴顺西镇",
                [
                    ("NOT_MET", 32, 41, 2, "收入"),
                    ("NOT_MET", 34, 41, 2, "住房"),
                    ("MET", 41, 41, 0, "用电"),
                    ("MET", 2, 2, 0, "教育"),
                ],
            ),
            (
                "张发地村",
                "西斗铺镇",
                [
                    ("INSUFFICIENT_DATA", 40, 42, 2, "收入"),
                    ("NOT_MET", 40, 42, 0, "住房"),
                    ("MET", 42, 42, 0, "用电"),
                    ("NOT_APPLICABLE", 0, 0, 0, "教育"),
                ],
            ),
        ],
        "columns": [
            [(county, "#", True)],
            [(place, "#", False) for place in towns[:2]]
            + [(town, "#", True)]
            + [(place, "#", False) for place in towns[2:]],
            [(place, "#", False) for place in villages],
        ],
        "jobs": [SimpleNamespace(state=state, **job) for state in ("QUEUED", "RUNNING", "DONE")]
        + [SimpleNamespace(state="FAILED", **job | {"error": "作业进程多次中断"})],
        "events": [
            {
                "when": date(2019, 10, 21),
                "title": "饮水 往返取水时间",
                "was": "5 分钟",
                "now": "35 分钟",
                "detail": "入户核查 · 村级信息员 贾存柱",
                "tone": "not",
            },
            {
                "when": date(2019, 10, 15),
                "title": "基本医疗保险",
                "was": "未知",
                "now": "参保",
                "detail": "医保局参保名单 · 导入第 52 批",
            },
            {
                "when": date(2018, 8, 14),
                "title": "住房鉴定等级",
                "now": "B 级",
                "detail": "住建局鉴定名单",
                "tone": "met",
            },
            {"when": None, "title": "核验、销号", "detail": "非整改单位", "tone": "next"},
        ],
        "details": [
            ("户编号", "1502221052360017"),
            ("户主证件", "159*************11"),
            ("联系电话", "138****6127"),
            ("家庭人口", "5 人"),
        ],
        "tabs": [
            {"label": "全部", "url": "#", "active": True},
            {"label": "待办", "url": "#", "count": 8},
            {"label": "办结", "url": "#"},
        ],
        "steps": ["上传", "列匹配", "校验报告", "试算", "确认"],
        "due": date(2019, 11, 8),
        "today": TODAY,
        "urls": dict.fromkeys(("opening", "new", "reopened", "closed", "closing"), "#"),
        "chart": {
            "xAxis": {
                "type": "category",
                "data": ["3月", "4月", "5月", "6月", "7月", "8月", "9月", "10月"],
            },
            "yAxis": {"type": "value"},
            "series": [
                {
                    "name": "未达标户",
                    "type": "line",
                    "data": [742, 655, 574, 481, 402, 333, 262, 187],
                },
                {
                    "name": "数据不足户",
                    "type": "line",
                    "lineStyle": {"type": "dashed"},
                    "data": [410, 352, 300, 255, 204, 160, 118, 84],
                },
            ],
        },
    }


@guarded(Access())
def style_page(request: HttpRequest) -> HttpResponse:
    """Show the components; asks no database."""
    return render(request, "style/style_page.html", _sample())
