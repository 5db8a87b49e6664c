"""What a household check asks: the questions of its sections and the fields that take the answers.

An answer may be left out, and may be 不清楚, which makes the value unknown.
"""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django import forms
from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _

from core.forms import DateField, MoneyField, SegmentSelect, plain
from households.enums import (
    COMPULSORY_GRADES,
    DwellingSolution,
    HouseGrade,
    PowerSource,
    StudentStatus,
    WaterMode,
    WaterQuality,
)
from households.identity import InvalidPhone, parse_phone
from households.models import (
    FoodClothing,
    HouseholdFact,
    HouseholdPower,
    HouseholdProfile,
    Housing,
    IncomeYear,
    Insurance,
    Schooling,
    Water,
)

UNKNOWN = "UNKNOWN"
OLDEST_VISIT = timedelta(days=31)
SCHOOL_AGES = range(6, 16)
YES_NO = [("YES", _("是")), ("NO", _("否")), (UNKNOWN, _("不清楚"))]
IN_SCHOOL = [
    ("IN", _("在校")),
    ("HOME", _("送教上门")),
    ("OUT", _("不在校")),
    (UNKNOWN, _("不清楚")),
]
INSURED = [
    ("RESIDENT", _("居民医保")),
    ("EMPLOYEE", _("职工医保")),
    ("NONE", _("未参保")),
    (UNKNOWN, _("不清楚")),
]
SCHOOL_EXTRA = [
    ("home_taught_on", _("最近送教日期")),
    ("exemption", _("不入学原因")),
    ("exemption_document", _("批准文件")),
    ("exemption_valid_until", _("批准有效期至")),
]
INSURED_FACTS: dict[str, dict[str, Any]] = {
    "RESIDENT": {"resident": True, "employee": False},
    "EMPLOYEE": {"resident": False, "employee": True},
    "NONE": {"resident": False, "employee": False},
    UNKNOWN: {"resident": None, "employee": None},
}
GRADES = [
    StudentStatus.PRESCHOOL,
    *COMPULSORY_GRADES,
    StudentStatus.SPECIAL_SCHOOL,
    StudentStatus.SENIOR_1,
    StudentStatus.SENIOR_2,
    StudentStatus.SENIOR_3,
    StudentStatus.VOCATIONAL_1,
    StudentStatus.VOCATIONAL_2,
    StudentStatus.VOCATIONAL_3,
]


class AnswerMixin:
    """An answer may be left out, and may be 不清楚."""

    def clean(self, value: Any) -> Any:
        if isinstance(value, str) and plain(value) in (
            UNKNOWN,
            "?",
            str(_("不清楚")),
            str(_("未知")),
        ):
            return UNKNOWN
        return super().clean(value)  # type: ignore[misc]


class NumberAnswer(AnswerMixin, forms.DecimalField):
    widget = forms.TextInput
    default_error_messages = {"invalid": _("请填数字，例如 25；不清楚可填“不清楚”")}

    def to_python(self, value: Any) -> Any:
        return super().to_python(plain(value).replace(",", "") if isinstance(value, str) else value)

    def widget_attrs(self, widget: forms.Widget) -> dict[str, Any]:
        return {"inputmode": "decimal", "class": "num w-num", "autocomplete": "off"}


class MoneyAnswer(AnswerMixin, MoneyField):
    def widget_attrs(self, widget: forms.Widget) -> dict[str, Any]:
        return super().widget_attrs(widget) | {"class": "num w-num", "data-money": ""}


class DateAnswer(AnswerMixin, DateField):
    pass


class TextAnswer(AnswerMixin, forms.CharField):
    pass


class PhoneAnswer(TextAnswer):
    def to_python(self, value: Any) -> Any:
        text = super().to_python(value)
        if not text:
            return text
        try:
            return parse_phone(text)
        except InvalidPhone as error:
            raise forms.ValidationError(f"{error.message}。{error.cure}") from error


def small_select(label: str) -> forms.Select:
    """A drop-down for a table's cell, named for those who do not see the head."""
    return forms.Select(attrs={"class": "form-select-sm", "aria-label": label})


@dataclass(frozen=True, kw_only=True)
class Question:
    """One question of the form and the column it fills."""

    theme: type[HouseholdFact]
    name: str
    label: Any
    kind: str = "yes_no"
    choices: type[TextChoices] | None = None
    unit: Any = ""
    highest: int = 0
    whole: bool = False
    is_key: bool = False  # must be answered where nothing is known; 不清楚 will do
    free_when: tuple[str, str] | None = None  # may be left out when this field has this answer
    is_more: bool = False  # asked only of some households; folded away
    hint: Any = ""
    brief: Any = ""  # how the folded section names a yes or no

    @property
    def field_name(self) -> str:
        return f"{self.theme._meta.model_name}-{self.name}"

    def field(self) -> forms.Field:
        options: dict[str, Any] = {"label": self.label, "required": False}
        match self.kind:
            case "yes_no":
                return forms.ChoiceField(choices=YES_NO, widget=SegmentSelect, **options)
            case "choice":
                assert self.choices is not None
                widget = SegmentSelect(
                    attrs={"class": "ql-seg-many"} if len(self.choices) > 3 else None
                )
                return forms.ChoiceField(
                    choices=[*self.choices.choices, (UNKNOWN, _("不清楚"))],
                    widget=widget,
                    **options,
                )
            case "number":
                decimals = 0 if self.whole else 2
                return NumberAnswer(
                    min_value=0, max_value=self.highest, decimal_places=decimals, **options
                )
            case "money":
                return MoneyAnswer(min_value=0, max_digits=12, **options)
            case "date":
                return DateAnswer(**options)
            case "phone":
                return PhoneAnswer(max_length=32, **options)
        return TextAnswer(max_length=64, **options)

    def value(self, answer: Any) -> Any:
        """The fact that an answer states."""
        if answer == UNKNOWN:
            return None
        if self.kind == "yes_no":
            return answer == "YES"
        return int(answer) if self.whole else answer


QUESTIONS: dict[int, list[Question]] = {
    1: [Question(theme=HouseholdProfile, name="phone", label=_("户联系电话"), kind="phone")],
    2: [
        Question(
            theme=FoodClothing,
            name="enough_food",
            label=_("是否不愁吃"),
            brief=_("不愁吃"),
            is_key=True,
        ),
        Question(
            theme=FoodClothing,
            name="enough_clothing",
            label=_("是否不愁穿"),
            brief=_("不愁穿"),
            is_key=True,
        ),
    ],
    3: [
        Question(
            theme=Housing,
            name="grade",
            label=_("住房鉴定等级"),
            kind="choice",
            choices=HouseGrade,
            is_key=True,
        ),
        Question(theme=Housing, name="certificate_no", label=_("鉴定书编号"), kind="text"),
        Question(
            theme=Housing,
            name="area_m2",
            label=_("住房面积"),
            kind="number",
            unit=_("平方米"),
            highest=2000,
        ),
        Question(theme=Housing, name="dangerous_reported", label=_("是否危房户"), is_more=True),
        Question(
            theme=Housing,
            name="solution",
            label=_("解决方式"),
            kind="choice",
            choices=DwellingSolution,
            is_more=True,
        ),
        Question(
            theme=Housing, name="accepted_on", label=_("竣工验收日期"), kind="date", is_more=True
        ),
        Question(
            theme=Housing, name="key_delivered_on", label=_("交钥匙日期"), kind="date", is_more=True
        ),
        Question(theme=Housing, name="moved_in_on", label=_("入住日期"), kind="date", is_more=True),
        Question(
            theme=Housing,
            name="safe_dwelling_proof",
            label=_("安全住处证明"),
            kind="text",
            is_more=True,
        ),
    ],
    4: [
        Question(
            theme=Water,
            name="mode",
            label=_("供水方式"),
            kind="choice",
            choices=WaterMode,
            is_key=True,
        ),
        Question(
            theme=Water,
            name="fetch_minutes",
            label=_("往返取水时间"),
            kind="number",
            unit=_("分钟"),
            highest=1440,
            whole=True,
            hint=_("自来水入户可不填"),
            free_when=("water-mode", WaterMode.PIPED),
        ),
        Question(
            theme=Water,
            name="litres_per_person_day",
            label=_("每人每天水量"),
            kind="number",
            unit=_("升"),
            highest=1000,
        ),
        Question(
            theme=Water,
            name="quality",
            label=_("水质"),
            kind="choice",
            choices=WaterQuality,
            is_key=True,
        ),
        Question(
            theme=Water,
            name="short_days_per_year",
            label=_("一年缺水天数"),
            kind="number",
            unit=_("天"),
            highest=366,
            whole=True,
        ),
        Question(
            theme=Water,
            name="distance_metres",
            label=_("取水水平距离"),
            kind="number",
            unit=_("米"),
            highest=100000,
            whole=True,
            is_more=True,
        ),
        Question(
            theme=Water,
            name="height_metres",
            label=_("取水垂直高差"),
            kind="number",
            unit=_("米"),
            highest=3000,
            whole=True,
            is_more=True,
        ),
        Question(
            theme=Water, name="certificate_no", label=_("验收鉴定书编号"), kind="text", is_more=True
        ),
    ],
    5: [
        Question(
            theme=HouseholdPower,
            name="source_kind",
            label=_("供电方式"),
            kind="choice",
            choices=PowerSource,
            is_key=True,
        ),
        Question(
            theme=HouseholdPower, name="is_stable", label=_("供电是否稳定"), brief=_("供电稳定")
        ),
    ],
    8: [
        Question(
            theme=IncomeYear, name="wage_yuan", label=_("工资性收入"), kind="money", unit=_("元/年")
        ),
        Question(
            theme=IncomeYear,
            name="operating_yuan",
            label=_("生产经营性收入"),
            kind="money",
            unit=_("元/年"),
        ),
        Question(
            theme=IncomeYear,
            name="property_yuan",
            label=_("财产性收入"),
            kind="money",
            unit=_("元/年"),
        ),
        Question(
            theme=IncomeYear,
            name="transfer_yuan",
            label=_("转移性收入"),
            kind="money",
            unit=_("元/年"),
        ),
        Question(
            theme=IncomeYear,
            name="operating_expense_yuan",
            label=_("生产经营性支出"),
            kind="money",
            unit=_("元/年"),
        ),
        Question(
            theme=IncomeYear,
            name="persons_in_year",
            label=_("年度家庭人口数"),
            kind="number",
            unit=_("人"),
            highest=30,
            whole=True,
        ),
    ],
}
TITLES = {
    1: _("一、家庭成员与联系方式"),
    2: _("二、不愁吃、不愁穿"),
    3: _("三、住房安全"),
    4: _("四、饮水安全"),
    5: _("五、生活用电"),
    6: _("六、义务教育"),
    7: _("七、基本医疗保险"),
    8: _("八、收入"),
    9: _("九、帮扶需求与户主确认"),
}
MORE_TITLES = {3: _("C、D 级和搬迁、改造户填写"), 4: _("集中取水和有验收鉴定书的填写")}
SECTION_THEMES: dict[int, type[HouseholdFact]] = {
    2: FoodClothing,
    3: Housing,
    4: Water,
    5: HouseholdPower,
    6: Schooling,
    7: Insurance,
    8: IncomeYear,
}
