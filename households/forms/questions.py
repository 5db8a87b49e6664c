"""What a household check asks: the questions of its sections, as data.

A question names the column it fills; its label is the column's own unless it needs another. Its
field is made once per year and shared by all forms, because a field keeps nothing of a form.
"""

import dataclasses
import functools
from collections.abc import Mapping
from copy import copy
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from households.codelists import code_list
from households.enums import HouseGrade, WaterMode
from households.forms.answers import (
    UNKNOWN,
    AccountAnswer,
    ChoiceAnswer,
    DateAnswer,
    DropDown,
    MoneyAnswer,
    NumberAnswer,
    PartialDateAnswer,
    PhoneAnswer,
    Segments,
    SeveralAnswer,
    TextAnswer,
    Ticks,
)
from households.models import (
    FoodClothing,
    HouseholdFact,
    HouseholdPower,
    HouseholdProfile,
    Housing,
    IncomeYear,
    IndustryLink,
    Insurance,
    LivingConditions,
    Relocation,
    Residence,
    Schooling,
    Water,
)

SCHOOL_AGES = range(6, 16)
OLDEST_VISIT = timedelta(days=31)
CONFIRM = 10  # the section of the head's confirmation
MANY = 6  # more choices than these are a drop-down
NOT_KNOWN = (UNKNOWN, _("不清楚"))
YES_NO = [("YES", _("是")), ("NO", _("否")), NOT_KNOWN]
TEXTS: dict[str, type[TextAnswer]] = {
    "text": TextAnswer,
    "phone": PhoneAnswer,
    "account": AccountAnswer,
    "partial": PartialDateAnswer,
}


@dataclass(frozen=True, kw_only=True, eq=False)
class Question:
    """One question of the form and the column it fills.

    `facts` are answers that state more than one column, or a word instead of a value.
    """

    theme: type[HouseholdFact]
    name: str
    kind: str = "yes_no"
    label: Any = ""
    codes: str = ""  # key of the code list of a choice
    facts: Mapping[str, tuple[Any, Mapping[str, Any]]] = dataclasses.field(default_factory=dict)
    unit: Any = ""
    highest: int = 0
    lowest: int = 0
    whole: bool = False
    most: int = 0  # of several choices
    alone: str = ""  # the choice that excludes the others
    is_key: bool = False  # must be answered where nothing is known; 不清楚 will do
    free_when: tuple[str, str] | None = None  # may be left out when this field has this answer
    is_more: bool = False  # asked only of some households, or rarely changed; folded away
    until: int | None = None  # the last year whose form asks it
    ages: range | None = None  # of members who are asked
    is_year: bool = False
    may_be_later: bool = False  # a day after the visit
    hint: Any = ""
    brief: Any = ""  # how the folded section names a yes or no

    def __post_init__(self) -> None:
        if not self.label:
            column: Any = self.theme._meta.get_field(self.name)
            object.__setattr__(self, "label", column.verbose_name)

    @functools.cached_property
    def label_text(self) -> str:
        """The label, looked up once for all pages."""
        return str(self.label)

    @functools.cached_property
    def unit_text(self) -> str:
        return str(self.unit)

    @property
    def field_name(self) -> str:
        return f"{self.theme._meta.model_name}-{self.name}"

    def member_field_name(self, pk: int) -> str:
        return f"{self.theme._meta.model_name}-{pk}-{self.name}"

    @property
    def is_per_member(self) -> bool:
        return "member_id" in self.theme.SUBJECT

    @functools.cached_property
    def column(self) -> str:
        """The column that says whether the answer is known."""
        return next((name for _label, facts in self.facts.values() for name in facts), self.name)

    def is_asked(self, year: int) -> bool:
        return self.until is None or year <= self.until

    def choices(self, year: int) -> list[tuple[str, Any]]:
        """What the form of that year offers."""
        listed = code_list(self.codes).offered(year) if self.codes else []
        own = [(code, label) for code, (label, _facts) in self.facts.items()]
        return [*listed, *own, *([] if UNKNOWN in self.facts else [NOT_KNOWN])]

    @functools.cache  # noqa: B019  questions live as long as the process
    def field(self, year: int) -> forms.Field:
        """The shared field that takes the answer on a form of that year."""
        options: dict[str, Any] = {"label": self.label, "required": False}
        match self.kind:
            case "yes_no":
                return ChoiceAnswer(choices=YES_NO, widget=self._segments(YES_NO), **options)
            case "choice":
                choices = self.choices(year)
                if len(choices) <= MANY:
                    return ChoiceAnswer(choices=choices, widget=self._segments(choices), **options)
                choices = [("", _("请选择")), *choices]
                small = {"class": "form-select-sm"} if self.is_per_member else None
                return ChoiceAnswer(choices=choices, widget=DropDown(attrs=small), **options)
            case "several":
                return SeveralAnswer(
                    choices=self.choices(year),
                    widget=Ticks,
                    alone=self.alone,
                    most=self.most,
                    **options,
                )
            case "number":
                return NumberAnswer(
                    min_value=self.lowest,
                    max_value=self.highest,
                    decimal_places=0 if self.whole else 2,
                    unit=self.unit,
                    **options,
                )
            case "money":
                return MoneyAnswer(min_value=0, max_digits=12, **options)
            case "date":
                return DateAnswer(**options)
        column: Any = self.theme._meta.get_field(self.name)
        return TEXTS[self.kind](max_length=column.max_length or 32, **options)

    def member_field(self, year: int, name: str) -> forms.Field:
        """The field in one member's row, named for those who do not see the table's head."""
        own = copy(self.field(year))
        own.label = f"{name} {self.label_text}"
        return own

    def _segments(self, choices: list[tuple[str, Any]]) -> Segments:
        wide = len(choices) > 4 and not self.is_per_member
        return Segments(attrs={"class": "ql-seg-many"} if wide else None, small=self.is_per_member)

    def stated(self, answer: Any) -> dict[str, Any]:
        """The facts that an answer states."""
        if isinstance(answer, str) and answer in self.facts:
            return dict(self.facts[answer][1])
        if isinstance(answer, str) and answer == UNKNOWN:
            return {self.name: None}
        if self.kind == "yes_no":
            return {self.name: answer == "YES"}
        return {self.name: int(answer) if self.whole else answer}


def _land(name: str, label: Any) -> Question:
    return Question(
        theme=LivingConditions,
        name=name,
        label=label,
        kind="number",
        unit=_("亩"),
        highest=100_000,
        is_more=True,
    )


def _income(name: str, label: Any, **options: Any) -> Question:
    return Question(
        theme=IncomeYear, name=name, label=label, kind="money", unit=_("元/年"), **options
    )


QUESTIONS: dict[int, list[Question]] = {
    1: [
        Question(theme=HouseholdProfile, name="phone", kind="phone"),
        Question(theme=Residence, name="hamlet", kind="text", is_more=True),
        Question(theme=Residence, name="away_all_year", is_more=True),
        Question(theme=Residence, name="has_registered_dwelling", is_more=True),
        Question(theme=HouseholdProfile, name="bank_name", kind="text", is_more=True),
        Question(theme=HouseholdProfile, name="bank_account", kind="account", is_more=True),
        Question(
            theme=HouseholdProfile,
            name="identify_standard",
            kind="choice",
            codes="identify_standard",
            is_more=True,
        ),
        Question(
            theme=HouseholdProfile,
            name="kind",
            kind="choice",
            codes="household_kind",
            is_more=True,
        ),
        Question(
            theme=HouseholdProfile, name="cause_main", kind="choice", codes="cause", is_more=True
        ),
        Question(
            theme=HouseholdProfile,
            name="cause_other",
            kind="several",
            codes="cause",
            most=2,
            is_more=True,
        ),
        Question(theme=HouseholdProfile, name="cause_note", kind="text", is_more=True),
        Question(theme=HouseholdProfile, name="first_identified", kind="partial", is_more=True),
        Question(theme=HouseholdProfile, name="is_martyr_family", is_more=True),
        Question(theme=HouseholdProfile, name="is_one_child", is_more=True, until=2018),
        Question(theme=HouseholdProfile, name="is_two_daughters", is_more=True, until=2018),
    ],
    2: [
        Question(theme=FoodClothing, name="enough_food", brief=_("不愁吃"), is_key=True),
        Question(theme=FoodClothing, name="enough_clothing", brief=_("不愁穿"), is_key=True),
    ],
    3: [
        Question(theme=Housing, name="grade", kind="choice", codes="house_grade", is_key=True),
        Question(theme=Housing, name="certificate_no", kind="text"),
        Question(
            theme=Housing,
            name="area_m2",
            label=_("住房面积"),
            kind="number",
            unit=_("平方米"),
            highest=2000,
        ),
        Question(theme=Housing, name="dangerous_reported", label=_("是否危房户"), is_more=True),
        Question(theme=Housing, name="appraised_on", kind="date", is_more=True),
        Question(
            theme=Housing, name="structure", kind="choice", codes="house_structure", is_more=True
        ),
        Question(
            theme=Housing,
            name="solution",
            kind="choice",
            codes="dwelling_solution",
            is_more=True,
        ),
        Question(
            theme=Housing,
            name="renovation_year",
            kind="number",
            is_year=True,
            whole=True,
            lowest=1990,
            highest=2100,
            is_more=True,
        ),
        Question(theme=Housing, name="accepted_on", kind="date", is_more=True),
        Question(theme=Housing, name="key_delivered_on", kind="date", is_more=True),
        Question(theme=Housing, name="moved_in_on", kind="date", is_more=True),
        Question(theme=Housing, name="safe_dwelling_proof", kind="text", is_more=True),
        Question(theme=Relocation, name="is_relocated", is_more=True),
        Question(theme=Relocation, name="move_way", kind="choice", codes="move_way", is_more=True),
        Question(
            theme=Relocation,
            name="resettlement_way",
            kind="choice",
            codes="resettlement_way",
            is_more=True,
        ),
        Question(
            theme=Relocation,
            name="resettlement_place",
            kind="choice",
            codes="resettlement_place",
            is_more=True,
        ),
        Question(theme=Relocation, name="difficulty", kind="text", is_more=True),
        Question(
            theme=Relocation,
            name="debt_yuan",
            label=_("因搬迁负债"),
            kind="money",
            unit=_("元"),
            is_more=True,
        ),
        Question(theme=Relocation, name="old_house_removed", is_more=True),
    ],
    4: [
        Question(theme=Water, name="mode", kind="choice", codes="water_mode", is_key=True),
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
        Question(theme=Water, name="quality", kind="choice", codes="water_quality", is_key=True),
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
            highest=100_000,
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
        Question(theme=Water, name="certificate_no", kind="text", is_more=True),
        Question(theme=Water, name="accepted_on", kind="date", is_more=True),
    ],
    5: [
        Question(
            theme=HouseholdPower,
            name="source_kind",
            kind="choice",
            codes="power_source",
            is_key=True,
        ),
        Question(theme=HouseholdPower, name="is_stable", brief=_("供电稳定")),
        Question(theme=HouseholdPower, name="production_connected", is_more=True),
    ],
    8: [
        _income("wage_yuan", _("工资性收入")),
        _income("operating_yuan", _("生产经营性收入")),
        _income("property_yuan", _("财产性收入")),
        _income("transfer_yuan", _("转移性收入")),
        _income("operating_expense_yuan", _("生产经营性支出")),
        Question(
            theme=IncomeYear,
            name="persons_in_year",
            kind="number",
            unit=_("人"),
            lowest=1,
            highest=99,
            whole=True,
        ),
        _income("asset_dividend_yuan", _("财产性：资产收益扶贫分红"), is_more=True),
        _income("other_property_yuan", _("财产性：其他"), is_more=True),
        _income("family_planning_yuan", _("转移性：计划生育金"), is_more=True),
        _income("dibao_yuan", _("转移性：低保金"), is_more=True),
        _income("tekun_yuan", _("转移性：特困供养金"), is_more=True),
        _income("pension_yuan", _("转移性：养老保险金"), is_more=True),
        _income("eco_compensation_yuan", _("转移性：生态补偿金"), is_more=True),
        _income("other_transfer_yuan", _("转移性：其他"), is_more=True),
        Question(
            theme=IndustryLink, name="kinds", kind="several", codes="industry_link", is_more=True
        ),
        Question(theme=IndustryLink, name="project", kind="text", is_more=True),
        Question(
            theme=IndustryLink,
            name="income_yuan",
            label=_("产业带动收入"),
            kind="money",
            unit=_("元/年"),
            is_more=True,
        ),
        Question(
            theme=IndustryLink,
            name="photovoltaic_yuan",
            label=_("光伏收益"),
            kind="money",
            unit=_("元/年"),
            is_more=True,
        ),
    ],
    9: [
        Question(theme=LivingConditions, name="road_type", kind="choice", codes="road_type"),
        Question(theme=LivingConditions, name="sanitary_toilet", brief=_("卫生厕所")),
        Question(theme=LivingConditions, name="fuel", kind="choice", codes="fuel"),
        Question(theme=LivingConditions, name="in_cooperative", brief=_("合作社")),
        Question(theme=LivingConditions, name="by_enterprise", is_more=True),
        Question(theme=LivingConditions, name="by_leader", is_more=True),
        Question(theme=LivingConditions, name="broadcast", is_more=True),
        Question(
            theme=LivingConditions,
            name="road_distance_km",
            label=_("与村主干路距离"),
            kind="number",
            unit=_("公里"),
            highest=50,
            is_more=True,
        ),
        _land("cultivated_mu", _("耕地面积")),
        _land("irrigated_mu", _("其中有效灌溉面积")),
        _land("forest_mu", _("林地面积")),
        _land("returned_mu", _("退耕还林面积")),
        _land("fruit_mu", _("林果面积")),
        _land("pasture_mu", _("牧草地面积")),
        _land("water_mu", _("水面面积")),
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
    9: _("九、生产生活、就业与社会保障"),
    CONFIRM: _("十、帮扶需求与户主确认"),
}
# The theme that a section of the form is about.
SECTION_THEMES: dict[int, type[HouseholdFact]] = {
    2: FoodClothing,
    3: Housing,
    4: Water,
    5: HouseholdPower,
    6: Schooling,
    7: Insurance,
    8: IncomeYear,
}
MORE_TITLES = {
    1: _("居住、银行账户、识别标准和致贫原因有变化的填写"),
    3: _("房屋情况，C、D 级和搬迁、改造户填写"),
    4: _("集中取水和有验收鉴定书的填写"),
    5: _("生产用电有变化的填写"),
    8: _("财产性、转移性收入明细和产业带动"),
    9: _("土地、道路和产业带动有变化的填写"),
}

# Columns that the form leaves out, and why. Themes without a word here are kept by pages of their
# own: status, membership and monitoring.
LEFT_OUT: dict[tuple[type[HouseholdFact], str], str] = {
    (Water, "difficult_reported"): "follows from the four parts of drinking water",
    (Water, "safe_reported"): "follows from the four parts of drinking water",
    (HouseholdPower, "connected_reported"): "follows from the source of power",
    (IncomeYear, "net_per_person_reported_yuan"): "follows from the parts of the income",
}
DANGEROUS_GRADES = (HouseGrade.C, HouseGrade.D)
