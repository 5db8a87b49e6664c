"""Forms of status processes: what opens one, and one form for each turn."""

from collections.abc import Mapping
from datetime import date
from typing import Any, ClassVar

from django import forms
from django.utils.translation import gettext_lazy as _

from core.fields import keyed_hash
from core.forms import DateField, MoneyField, SegmentSelect
from households import identity, transitions
from households.codelists import code_list
from households.enums import (
    Cause,
    IdentifyStandard,
    ProcessKind,
    ReEntryTrigger,
    Relation,
    ReturnReason,
    StepKind,
)
from households.models import StatusProcess
from villages.models import Village

FAMILY_ROWS = 10


class DayForm(forms.Form):
    """A day that is neither in the future nor before `earliest`, and a note."""

    on = DateField(label=_("日期"))
    note = forms.CharField(
        label=_("说明"), required=False, max_length=500, widget=forms.Textarea(attrs={"rows": 2})
    )
    ON: ClassVar[Any] = None  # what the day is called
    NOTE: ClassVar[Any] = None  # what the note is called; it must be filled in then

    def __init__(self, *args: Any, today: date, earliest: date | None = None, **kwargs: Any):
        kwargs["initial"] = {"on": today, **(kwargs.get("initial") or {})}
        super().__init__(*args, **kwargs)
        self.today, self.earliest = today, earliest
        if self.ON:
            self.fields["on"].label = self.ON
        if self.NOTE:
            self.fields["note"].label, self.fields["note"].required = self.NOTE, True
        self.order_fields([name for name in self.fields if name != "note"] + ["note"])

    def clean_on(self) -> date:
        on: date = self.cleaned_data["on"]
        if on > self.today:
            raise forms.ValidationError(_("不能晚于今天"))
        if self.earliest and on < self.earliest:
            day = self.earliest.isoformat()
            raise forms.ValidationError(_("不能早于上一步的日期 %(day)s"), params={"day": day})
        return on


# --- Opening -------------------------------------------------------------------------------------


class ProposalForm(DayForm):
    """Proposes a change of status; `VALUES` are fields of the new status."""

    VALUES: ClassVar[tuple[str, ...]] = ()
    ON = _("提出日期")

    def values(self) -> dict[str, Any]:
        return {name: self.cleaned_data[name] for name in self.VALUES}

    def kept(self) -> dict[str, Any]:
        """What is kept of the proposal itself."""
        return {}


def year_field(label: Any) -> forms.TypedChoiceField:
    return forms.TypedChoiceField(label=label, coerce=int)


def years_to(last: int) -> list[tuple[int, str]]:
    """A year and the four before it, as choices."""
    return [(year, str(year)) for year in range(last, last - 5, -1)]


class PreExitForm(ProposalForm):
    VALUES = ("plan_exit_year",)

    plan_exit_year = year_field(_("计划脱贫年度"))

    def __init__(self, *args: Any, today: date, **kwargs: Any):
        super().__init__(*args, today=today, **kwargs)
        self.fields["plan_exit_year"].choices = years_to(today.year + 1)[:2]  # type: ignore[attr-defined]
        self.initial["plan_exit_year"] = today.year


class ExitForm(ProposalForm):
    VALUES = ("exit_year", "exit_way")

    exit_year = year_field(_("脱贫年度"))
    exit_way = forms.ChoiceField(
        label=_("脱贫方式"), choices=[("", "—"), *code_list("exit_way").choices]
    )

    def __init__(self, *args: Any, today: date, **kwargs: Any):
        super().__init__(*args, today=today, **kwargs)
        self.fields["exit_year"].choices = years_to(today.year)  # type: ignore[attr-defined]


class BackForm(ProposalForm):
    VALUES = ("not_exit_reason",)

    not_exit_reason = forms.ChoiceField(
        label=_("不脱贫原因"), choices=[("", "—"), *code_list("not_exit_reason").choices]
    )


class ReEntryForm(ProposalForm):
    VALUES = ("return_year", "return_reason")
    NOTE = _("情况说明")

    trigger = forms.ChoiceField(
        label=_("线索来源"), choices=ReEntryTrigger.choices, widget=SegmentSelect
    )
    return_year = year_field(_("返贫年度"))
    return_reason = forms.ChoiceField(
        label=_("返贫原因"), choices=[("", "—"), *ReturnReason.choices]
    )

    def __init__(self, *args: Any, today: date, **kwargs: Any):
        super().__init__(*args, today=today, **kwargs)
        self.fields["return_year"].choices = years_to(today.year)  # type: ignore[attr-defined]

    def kept(self) -> dict[str, Any]:
        return {"trigger": self.cleaned_data["trigger"]}


class StopPolicyForm(ProposalForm):
    NOTE = _("不再享受政策的依据")


class RemoveForm(ProposalForm):
    NOTE = _("错评或清退的原因")


class ExtinctForm(ProposalForm):
    NOTE = _("依据（如死亡证明、注销户口的文书和日期）")


PROPOSALS: dict[str, type[ProposalForm]] = {
    ProcessKind.PRE_EXIT: PreExitForm,
    ProcessKind.EXIT: ExitForm,
    ProcessKind.BACK: BackForm,
    ProcessKind.STOP_POLICY: StopPolicyForm,
    ProcessKind.RE_ENTRY: ReEntryForm,
    ProcessKind.REMOVE: RemoveForm,
    ProcessKind.EXTINCT: ExtinctForm,
}


class IdentifyForm(DayForm):
    """An application for the register; its family stands in the rows of `FamilyFormSet`."""

    ON = _("申请日期")

    village = forms.ModelChoiceField(
        label=_("嘎查村"), queryset=Village.objects.none(), empty_label="—"
    )
    hamlet = forms.CharField(label=_("自然村（村民小组）"), max_length=64, required=False)
    identify_standard = forms.ChoiceField(
        label=_("识别标准"), choices=IdentifyStandard.choices, widget=SegmentSelect
    )
    cause_main = forms.ChoiceField(label=_("主要致贫原因"), choices=[("", "—"), *Cause.choices])
    phone = forms.CharField(label=_("联系电话"), max_length=20, required=False)

    def __init__(self, *args: Any, villages: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.fields["village"].queryset = villages  # type: ignore[attr-defined]

    def clean_phone(self) -> str:
        return clean_phone(self.cleaned_data["phone"])


class PersonForm(forms.Form):
    """One member of an applying family; sex and birth date come from the number.

    `known` are numbers that the page shows masked only: typed as their mask, they are meant in full.
    """

    name = forms.CharField(label=_("姓名"), max_length=64)
    id_number = forms.CharField(
        label=_("证件号码"), max_length=32, widget=forms.TextInput(attrs={"autocomplete": "off"})
    )
    relation = forms.ChoiceField(label=_("与户主关系"), choices=[("", "—"), *Relation.choices])

    def __init__(
        self, *args: Any, today: date, known: Mapping[str, str] | None = None, **kwargs: Any
    ):
        super().__init__(*args, **kwargs)
        self.today, self.known = today, known or {}

    def clean_name(self) -> str:
        return " ".join(self.cleaned_data["name"].split())

    def clean_id_number(self) -> str:
        typed = self.cleaned_data["id_number"]
        try:
            found = identity.parse(self.known.get(typed, typed), on=self.today)
        except identity.InvalidIdentity as error:
            raise forms.ValidationError(f"{error.message}。{error.cure}") from None
        return found.number

    def told(self) -> dict[str, str]:
        data = self.cleaned_data
        number = data["id_number"]
        return {
            **{name: data[name] for name in ("name", "id_number", "relation")},
            "sex": identity.sex(number),
            "birth_date": identity.birth_date(number).isoformat(),
        }


class BaseFamilyFormSet(forms.BaseFormSet):
    def clean(self) -> None:
        if any(self.errors):
            return
        people = [form.cleaned_data for form in self.forms if form.cleaned_data]
        heads = [p for p in people if p["relation"] == Relation.HEAD]
        if len(heads) != 1:
            raise forms.ValidationError(_("须有且只有一人与户主关系为“户主”"))
        hashes = [keyed_hash(p["id_number"]) for p in people]
        if len(set(hashes)) < len(hashes):
            raise forms.ValidationError(_("同一证件号码填了两次"))

    def family(self) -> list[dict[str, str]]:
        """The members, the head first."""
        people = [form.told() for form in self.forms if form.cleaned_data]
        return sorted(people, key=lambda person: person["relation"] != Relation.HEAD)


FamilyFormSet = forms.formset_factory(
    PersonForm, formset=BaseFamilyFormSet, extra=FAMILY_ROWS, max_num=20, validate_max=True
)


# --- Turns ---------------------------------------------------------------------------------------


class TurnForm(DayForm):
    """One turn of a process; `kept()` is what is kept of it beside day and note."""

    base_version = forms.IntegerField(widget=forms.HiddenInput)
    DATA: ClassVar[tuple[str, ...]] = ()
    LABEL: ClassVar[Any] = ""
    PRIMARY: ClassVar[bool] = True
    CONFIRM: ClassVar[Any] = ""

    def __init__(self, *args: Any, process: StatusProcess, today: date, **kwargs: Any):
        initial = {"base_version": process.version, **(kwargs.pop("initial", None) or {})}
        super().__init__(*args, today=today, earliest=process.changed_on, initial=initial, **kwargs)
        self.process = process

    @property
    def label(self) -> Any:
        return self.LABEL

    @property
    def is_passed(self) -> bool:
        return self.cleaned_data.get("passed", "yes") == "yes"

    def kept(self) -> dict[str, Any]:
        told = {name: self.cleaned_data[name] for name in self.DATA}
        return {
            name: value if isinstance(value, int) else str(value)
            for name, value in told.items()
            if value not in (None, "")
        }


def verdict_field(label: Any, yes: Any, no: Any) -> forms.ChoiceField:
    return forms.ChoiceField(label=label, choices=[("yes", yes), ("no", no)], widget=SegmentSelect)


class StepForm(TurnForm):
    """A step that passes or ends the process; what is refused needs a reason."""

    passed = verdict_field(_("结论"), _("通过"), _("不通过"))

    @property
    def label(self) -> Any:
        return _("登记%(step)s") % {"step": StepKind(self.process.step).label}

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if data.get("passed") == "no" and not data.get("note"):
            self.add_error("note", _("不通过须写明原因"))
        return data


class ReviewForm(TurnForm):
    """A vote; more than half of those present must agree."""

    ON = _("评议日期")
    DATA = ("total", "present", "agree", "against")

    total = forms.IntegerField(label=_("应到人数"), min_value=1, max_value=9999)
    present = forms.IntegerField(label=_("实到人数"), min_value=1, max_value=9999)
    agree = forms.IntegerField(label=_("同意"), min_value=0, max_value=9999)
    against = forms.IntegerField(label=_("不同意"), min_value=0, max_value=9999)

    @property
    def label(self) -> Any:
        return _("登记%(step)s") % {"step": StepKind(self.process.step).label}

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if any(data.get(name) is None for name in self.DATA):
            return data
        total, present, agree, against = (data[name] for name in self.DATA)
        if present > total:
            self.add_error("present", _("实到人数多于应到人数"))
        if agree + against > present:
            self.add_error("agree", _("同意和不同意之和多于实到人数"))
        return data

    @property
    def is_passed(self) -> bool:
        return transitions.is_agreed(self.cleaned_data["agree"], self.cleaned_data["present"])


class SecondReviewForm(ReviewForm):
    """A vote of the villagers' representatives, of whom two thirds must be present."""

    def clean(self) -> dict[str, Any]:
        data = super().clean()
        present, total = data.get("present"), data.get("total")
        if present and total and not transitions.has_quorum(present, total):
            self.add_error("present", _("到会代表不足三分之二，评议无效"))
        return data


class AgreementForm(StepForm):
    """The household's calculation sheet and whether its head signed."""

    ON = _("入户日期")
    DATA = ("income",)

    income = MoneyField(label=_("核算人均纯收入"), min_value=0)
    passed = verdict_field(_("户主意见"), _("同意并签字"), _("不同意"))


class ComparisonForm(StepForm):
    ON = _("比对日期")
    passed = verdict_field(
        _("与房产、车辆、工商、财政供养等名单比对"), _("无疑点"), _("不符合条件")
    )


class CheckForm(StepForm):
    ON = _("核查日期")


class NoticeForm(TurnForm):
    """Puts the notice up; it stands for the asked number of full days."""

    ON = _("张贴日期")
    LABEL = _("张贴公示")

    until = DateField(label=_("公示截止日期"))
    phone = forms.CharField(label=_("异议电话"), max_length=20)

    def __init__(self, *args: Any, days: int = transitions.NOTICE_DAYS, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.days = days
        self.initial["until"] = transitions.last_notice_day(self.today, days)
        self.fields["until"].help_text = _("张贴当天不计，满 %(days)s 天；截止日当天仍在公示") % {
            "days": days
        }

    def clean_phone(self) -> str:
        return clean_phone(self.cleaned_data["phone"])

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        on, until = data.get("on"), data.get("until")
        if on and until and not transitions.notice_is_long_enough(on, until, self.days):
            least = transitions.last_notice_day(on, self.days).isoformat()
            self.add_error(
                "until",
                _("公示不足 %(days)s 天，最早截止到 %(day)s") % {"days": self.days, "day": least},
            )
        return data


class NoticeEndForm(TurnForm):
    ON = _("撤下日期")
    LABEL = _("公示期满，无异议")

    def clean_on(self) -> date:
        on = super().clean_on()
        if self.process.notice_runs(on):
            until = self.process.notice_to
            raise forms.ValidationError(
                _("公示到 %(day)s 为止，次日方可撤下"), params={"day": until}
            )
        return on


class ObjectionForm(TurnForm):
    ON = _("提出异议日期")
    NOTE = _("异议内容")
    LABEL = _("登记异议")
    PRIMARY = False

    def clean_on(self) -> date:
        on = super().clean_on()
        if not self.process.notice_runs(on):
            raise forms.ValidationError(_("公示期内提出的异议才登记在这里"))
        return on


class AnswerForm(TurnForm):
    ON = _("答复日期")
    NOTE = _("调查情况和答复")
    LABEL = _("答复异议")

    upheld = verdict_field(_("调查结论"), _("属实，终止办理"), _("不属实，继续办理"))


class ApprovalForm(TurnForm):
    ON = _("公告日期")
    LABEL = _("审定")
    DATA = ("document_no",)
    CONFIRM = _("审定后状态自公告日期起变更。")

    document_no = forms.CharField(label=_("公告文号"), max_length=64, required=False)


class DropForm(TurnForm):
    NOTE = _("终止原因")
    LABEL = _("终止办理")
    PRIMARY = False
    CONFIRM = _("终止后不能继续，需要时重新提出。")


class RevokeForm(TurnForm):
    NOTE = _("撤销原因")
    LABEL = _("撤销审定")
    PRIMARY = False
    CONFIRM = _("撤销后恢复原来的状态。")


STEP_FORMS: dict[str, type[TurnForm]] = {
    StepKind.REVIEW: ReviewForm,
    StepKind.SECOND_REVIEW: SecondReviewForm,
    StepKind.AGREEMENT: AgreementForm,
    StepKind.COMPARISON: ComparisonForm,
    StepKind.TOWNSHIP_CHECK: CheckForm,
    StepKind.VILLAGE_CHECK: CheckForm,
}
TURN_FORMS: dict[str, type[TurnForm]] = {
    "put_up": NoticeForm,
    "end_notice": NoticeEndForm,
    "object": ObjectionForm,
    "answer": AnswerForm,
    "approve": ApprovalForm,
    "drop": DropForm,
    "revoke": RevokeForm,
}


def turn_form(name: str, process: StatusProcess, **options: Any) -> TurnForm:
    """The form of a turn, its fields named for it; raises KeyError for a turn that has none."""
    made = STEP_FORMS[process.step] if name == "step" else TURN_FORMS[name]
    return made(process=process, auto_id=f"{name}_%s", **options)


def clean_phone(text: str) -> str:
    if not text.strip():
        return ""
    try:
        return identity.parse_phone(text)
    except identity.InvalidPhone as error:
        raise forms.ValidationError(error.message) from None


# --- What was told, in words ---------------------------------------------------------------------


def told_of(kind: str, data: Mapping[str, Any]) -> str:
    """What a turn found, in one line."""
    parts = []
    if "present" in data:
        parts.append(
            _("应到 %(total)s 人，实到 %(present)s 人，同意 %(agree)s 人，不同意 %(against)s 人")
            % dict(data)
        )
    if "income" in data:
        parts.append(_("人均纯收入 %(income)s 元") % dict(data))
    if kind == StepKind.AGREEMENT:
        parts.append(str(_("户主同意并签字")) if data["passed"] else str(_("户主不同意")))
    elif "passed" in data:
        parts.append(str(_("通过")) if data["passed"] else str(_("未通过")))
    if "until" in data:
        parts.append(_("公示到 %(until)s，异议电话 %(phone)s") % dict(data))
    if "upheld" in data:
        parts.append(str(_("异议属实")) if data["upheld"] else str(_("异议不属实")))
    if data.get("document_no"):
        parts.append(data["document_no"])
    if "trigger" in data:
        parts.append(str(ReEntryTrigger(data["trigger"]).label))
    return "；".join(parts)
