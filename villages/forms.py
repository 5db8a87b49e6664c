"""The facts of one village as a form. An empty field leaves what is known; 不清楚 makes it unknown."""

from collections.abc import Iterable
from datetime import date, timedelta
from typing import Any

from django import forms
from django.db import models
from django.utils.translation import gettext_lazy as _

from core.fields import EncryptedTextField
from core.forms import DateField, MoneyField, SegmentSelect, plain, with_unit
from villages.models import (
    CollectiveIncome,
    LocalFact,
    Village,
    VillageClinic,
    VillageListing,
    VillagePopulation,
    VillagePower,
    VillageProfile,
    VillageStatistics,
    VillageTeam,
)

Key = tuple[Any, ...]
FactChanges = dict[type[LocalFact], list[tuple[dict[str, Any], dict[str, Any]]]]

UNKNOWN = "UNKNOWN"
YES_NO = [("YES", _("是")), ("NO", _("否")), (UNKNOWN, _("不清楚"))]
HAS = [("YES", _("有")), ("NO", _("无")), (UNKNOWN, _("不清楚"))]
OLDEST = timedelta(days=366)

# Field -> theme; the field's name is the column's.
THEMES: dict[str, type[LocalFact]] = {
    "is_poor_village": VillageListing,
    "out_year": VillageListing,
    "rural_population_end_2014": VillagePopulation,
    "three_phase_power": VillagePower,
    "three_phase_since": VillagePower,
    "off_grid": VillagePower,
    "off_grid_document": VillagePower,
    "has_clinic": VillageClinic,
    "clinic_area_m2": VillageClinic,
    "has_qualified_doctor": VillageClinic,
    "served_by_mobile": VillageClinic,
}


class WholeField(forms.IntegerField):
    """Accepts full-width digits and thousands separators."""

    widget = forms.TextInput

    def to_python(self, value: Any) -> Any:
        return super().to_python(plain(value).replace(",", "") if isinstance(value, str) else value)

    def widget_attrs(self, widget: forms.Widget) -> dict[str, Any]:
        return {"inputmode": "numeric", "class": "num", "autocomplete": "off"}


class AreaField(forms.DecimalField):
    """Accepts full-width digits and thousands separators."""

    widget = forms.TextInput

    def to_python(self, value: Any) -> Any:
        return super().to_python(plain(value).replace(",", "") if isinstance(value, str) else value)

    def widget_attrs(self, widget: forms.Widget) -> dict[str, Any]:
        return {"inputmode": "decimal", "class": "num", "autocomplete": "off"}


class RecordForm(forms.Form):
    """What is to be recorded of a village: since when, and on which paper.

    Its two hooks raise: the metaclass of forms leaves no room for abstract methods.
    """

    use_required_attribute = False

    base_version = forms.IntegerField(widget=forms.HiddenInput)
    valid_from = DateField(label=_("生效日期"), help_text=_("从哪一天起是这样"))
    source_ref = forms.CharField(
        label=_("依据"), max_length=64, help_text=_("文件名或名单，例如 供电公司2019年10月名单")
    )

    def __init__(self, data: Any = None, *, village: Village, today: date) -> None:
        super().__init__(data, initial={"base_version": village.version, "valid_from": today})
        self.today = today

    def clean_valid_from(self) -> date:
        day: date = self.cleaned_data["valid_from"]
        if day > self.today:
            raise forms.ValidationError(
                _("生效日期不能晚于今天（%(day)s）") % {"day": self.today.isoformat()}
            )
        if day < self.today - OLDEST:
            raise forms.ValidationError(_("生效日期不能早于一年前；更早的情况请用表格导入"))
        return day

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if not self.errors and not self.changes():
            raise forms.ValidationError(_("没有填写任何内容；填写有变化的项目后再保存"))
        return cleaned

    def changes(self) -> FactChanges:
        """What was filled in, theme by theme, as `services.record_village_facts` takes it."""
        raise NotImplementedError

    def fact_of(self, name: str) -> tuple[type[LocalFact], Key, str]:
        """Theme, further keys and column that a field fills."""
        raise NotImplementedError

    def section_of(self, name: str) -> Any:
        """The heading under which a field stands; fields of one heading follow each other."""
        return self.fact_of(name)[0]._meta.verbose_name

    def _value(self, name: str) -> Any:
        answer = self.cleaned_data[name]
        if isinstance(self.fields[name], forms.ChoiceField):
            return {"YES": True, "NO": False, UNKNOWN: None}.get(answer, answer)
        return answer

    def _filled(self, names: Iterable[str]) -> list[str]:
        return [name for name in names if self.cleaned_data.get(name) not in (None, "")]


class VillageForm(RecordForm):
    """The facts that standards judge: listing, base population, power, clinic, income by year."""

    is_poor_village = forms.ChoiceField(
        label=_("是否贫困村"), choices=YES_NO, widget=SegmentSelect, required=False
    )
    out_year = with_unit(
        WholeField(label=_("出列年度"), min_value=2014, max_value=2100, required=False), _("年")
    )
    rural_population_end_2014 = with_unit(
        WholeField(label=_("2014年末乡村人口数"), min_value=0, max_value=1_000_000, required=False),
        _("人"),
    )
    three_phase_power = forms.ChoiceField(
        label=_("是否通动力电"), choices=YES_NO, widget=SegmentSelect, required=False
    )
    three_phase_since = DateField(label=_("通动力电日期"), required=False)
    off_grid = forms.ChoiceField(
        label=_("是否大电网覆盖范围外"), choices=YES_NO, widget=SegmentSelect, required=False
    )
    off_grid_document = forms.CharField(label=_("网外证明文件"), max_length=128, required=False)
    has_clinic = forms.ChoiceField(
        label=_("有无标准化卫生室"), choices=HAS, widget=SegmentSelect, required=False
    )
    clinic_area_m2 = with_unit(
        forms.DecimalField(
            label=_("卫生室面积"), min_value=0, max_digits=7, decimal_places=2, required=False
        ),
        _("平方米"),
    )
    has_qualified_doctor = forms.ChoiceField(
        label=_("有无合格村医"), choices=HAS, widget=SegmentSelect, required=False
    )
    served_by_mobile = forms.ChoiceField(
        label=_("是否巡回医疗覆盖"), choices=YES_NO, widget=SegmentSelect, required=False
    )

    def __init__(
        self,
        data: Any = None,
        *,
        village: Village,
        today: date,
        years: Iterable[int],
        themes: Iterable[type[LocalFact]],
    ) -> None:
        super().__init__(data, village=village, today=today)
        self.years = list(years)
        themes = list(themes)
        for name, theme in THEMES.items():
            if theme not in themes:
                del self.fields[name]
        if CollectiveIncome in themes:
            for year in self.years:
                self.fields[f"income_{year}"] = MoneyField(
                    label=_("%(year)s 年集体经济收入") % {"year": year}, min_value=0, required=False
                )

    def clean(self) -> dict[str, Any]:
        since = self.cleaned_data.get("three_phase_since")
        if since and since > self.today:
            self.add_error("three_phase_since", _("日期不能晚于今天"))
        if self.cleaned_data.get("off_grid") == "YES" and not self.cleaned_data.get(
            "off_grid_document"
        ):
            self.add_error("off_grid_document", _("大电网覆盖范围外须填证明文件"))
        return super().clean()

    def fact_of(self, name: str) -> tuple[type[LocalFact], Key, str]:
        if name in THEMES:
            return THEMES[name], (), name
        return CollectiveIncome, (int(name.removeprefix("income_")),), "income_yuan"

    def changes(self) -> FactChanges:
        told: FactChanges = {}
        for name in self._filled(THEMES):
            told.setdefault(THEMES[name], [({}, {})])[0][1][name] = self._value(name)
        for name in self._filled(f"income_{year}" for year in self.years):
            theme, (year,), column = self.fact_of(name)
            told.setdefault(theme, []).append(({"year": year}, {column: self._value(name)}))
        return told


class VillageSurveyForm(RecordForm):
    """The village form 贫困村信息采集表: profile, the counts of one year, who is posted there."""

    THEMES: tuple[type[LocalFact], ...] = (VillageProfile, VillageStatistics, VillageTeam)

    def __init__(self, data: Any = None, *, village: Village, today: date, year: int) -> None:
        super().__init__(data, village=village, today=today)
        self.year = year
        for theme in self.THEMES:
            for column in theme.VALUES:
                self.fields[f"{theme._meta.model_name}-{column}"] = _field_for(theme, column)

    def section_of(self, name: str) -> Any:
        theme, _key, column = self.fact_of(name)
        if theme is not VillageStatistics:
            return theme._meta.verbose_name
        return next(title for first, title in SECTIONS if column in columns_from(first))

    def clean(self) -> dict[str, Any]:
        cleaned = self.cleaned_data
        for part, whole in PARTS:
            few, many = (cleaned.get(f"villagestatistics-{name}") for name in (part, whole))
            if few is not None and many is not None and few > many:
                self.add_error(
                    f"villagestatistics-{part}",
                    _("不能大于“%(whole)s”（%(many)s）")
                    % {"whole": self.fields[f"villagestatistics-{whole}"].label, "many": many},
                )
        return super().clean()

    def fact_of(self, name: str) -> tuple[type[LocalFact], Key, str]:
        model, _sep, column = name.partition("-")
        theme = next(theme for theme in self.THEMES if theme._meta.model_name == model)
        return theme, (self.year,) if theme is VillageStatistics else (), column

    def changes(self) -> FactChanges:
        told: FactChanges = {}
        for name in self._filled(n for n in self.fields if "-" in n):
            theme, key, column = self.fact_of(name)
            keys = {"year": key[0]} if key else {}
            told.setdefault(theme, [(keys, {})])[0][1][column] = self._value(name)
        return told


# Headings of the yearly counts, each with the first of its columns.
SECTIONS = (
    ("households", _("户数和人口")),
    ("insured_persons", _("参保和住房饮水用电")),
    ("cooperatives", _("产业和公共服务")),
    ("cultivated_mu", _("土地")),
    ("income_per_person_yuan", _("收入和交通")),
)


def columns_from(first: str) -> tuple[str, ...]:
    """The yearly counts from one column up to the next heading."""
    columns, heads = VillageStatistics.VALUES, [head for head, _title in SECTIONS]
    later = heads[heads.index(first) + 1 :]
    return columns[columns.index(first) : columns.index(later[0]) if later else None]


HOUSEHOLD_COUNTS = {"households", "farm_stays"}
THING_COUNTS = {
    "broadband_schools",
    "clinics",
    "cooperatives",
    "culture_rooms",
    "hamlets",
    "powered_hamlets",
    "public_toilets",
    "refuse_points",
}


def unit_of(column: str) -> Any:
    """What a count counts: households, things, else persons."""
    if column in HOUSEHOLD_COUNTS or column.endswith("_households"):
        return _("户")
    return _("个") if column in THING_COUNTS else _("人")


# A count that cannot be greater than another of the same form.
PARTS = (
    ("dibao_households", "households"),
    ("tekun_households", "households"),
    ("unsafe_water_households", "households"),
    ("water_difficult_households", "households"),
    ("dangerous_house_households", "households"),
    ("tourism_households", "households"),
    ("broadband_households", "households"),
    ("mobile_internet_households", "households"),
    ("dibao_persons", "population"),
    ("tekun_persons", "population"),
    ("minority_persons", "population"),
    ("women", "population"),
    ("disabled_persons", "population"),
    ("labourers", "population"),
    ("workers_away", "labourers"),
    ("insured_persons", "population"),
    ("powered_hamlets", "hamlets"),
    ("irrigated_mu", "cultivated_mu"),
)


def without_unit(name: Any) -> str:
    """A column's name without its unit in brackets, which the field shows beside the box."""
    return str(name).partition("（")[0]


def _field_for(theme: type[LocalFact], column: str) -> forms.Field:
    """A form field for a column of the village form; nothing is required."""
    field: Any = theme._meta.get_field(column)
    options: dict[str, Any] = {"label": field.verbose_name, "required": False}
    match field:
        case models.BooleanField():
            return forms.ChoiceField(choices=YES_NO, widget=SegmentSelect, **options)
        case models.DecimalField() if column.endswith("_yuan"):
            options["label"] = without_unit(field.verbose_name)
            return MoneyField(min_value=0, **options)
        case models.DecimalField():
            options["label"] = without_unit(field.verbose_name)
            area = AreaField(min_value=0, max_digits=field.max_digits, decimal_places=2, **options)
            return with_unit(area, _("亩"))
        case models.PositiveIntegerField():
            count = WholeField(min_value=0, max_value=10_000_000, **options)
            return with_unit(count, unit_of(column))
        case EncryptedTextField():
            return forms.CharField(max_length=32, **options)
    if field.choices:
        return forms.ChoiceField(
            choices=[*field.choices, (UNKNOWN, _("不清楚"))], widget=SegmentSelect, **options
        )
    return forms.CharField(max_length=field.max_length, **options)
