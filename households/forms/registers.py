"""Forms of the two registers: opening a case, and one form per act."""

from datetime import date
from typing import Any, ClassVar

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.roles import Permission
from core.forms import DateField, SegmentSelect, plain, with_unit
from core.operations import KeyReused, MissingKey
from households.codelists import code_list
from households.enums import (
    COMPULSORY_GRADES,
    ClueKind,
    DropoutAct,
    DropoutSource,
    MonitoringAct,
    MonitorType,
    Pace,
    RemovedWay,
    Risk,
    SchoolExemption,
    StudentStatus,
    VisitKind,
)
from households.identity import InvalidIdentity, InvalidPhone, parse, parse_phone
from households.models import DropoutCase, Household, Member, MonitoringCase, MonitoringMeasure
from households.services import dropouts, monitoring, registers
from villages.models import Village

# Why an act was refused, and the field it is said at ("" stands above the form).
REASONS: dict[type[Exception], tuple[str, Any]] = {
    registers.WrongState: ("on", _("当天的状态不能做此操作，请核对日期和办理情况。")),
    registers.StaleCase: ("", _("已被他人更新，请看过最新情况后再办。")),
    registers.BackDated: ("on", _("不能早于当前状态开始的日期。")),
    registers.MissingNote: ("note", _("还没有填写")),
    registers.OwnProposal: ("", _("您经办过前面的环节，须由其他人审批。")),
    registers.AlreadyThere: ("", _("已在册，请在原有记录上办理。")),
    dropouts.TooFewVisits: ("", _("本轮入户劝返不满两次，不能认定仍未返校。")),
    dropouts.NotSigned: ("signed_on", _("须在本轮劝返期间、认定日期以前。")),
    dropouts.EndsBeforeItBegins: ("valid_until", _("不能早于办理日期。")),
    monitoring.IsRegistered: ("id_number", _("此人在建档立卡户内，请按户编号登记线索。")),
    monitoring.WrongType: (
        "monitor_type",
        _("类别与该户不符：脱贫不稳定户须已脱贫，边缘易致贫户须未建档，突发严重困难户自2021年起。"),
    ),
    monitoring.BadRisks: ("risks", _("请勾选一至五项。")),
    monitoring.MissingRiskNote: ("risk_note", _("勾选“其他”的，请写明。")),
    monitoring.RemovedTooEarly: ("removed_on", _("不能早于识别监测时间。")),
    monitoring.RemovedInFuture: ("removed_on", _("不能晚于办理日期。")),
    monitoring.NotOpen: ("measure", _("这项措施已登记成效。")),
    KeyReused: ("", _("这份表单已提交过另一内容，请刷新页面后再办。")),
    MissingKey: ("", _("提交缺少操作键，请刷新页面后再办。")),
}
REFUSALS = (registers.RegisterRefused, KeyReused, MissingKey)


def say_refusal(form: forms.Form, error: Exception) -> None:
    """Put the refusal of a service at the field it is about."""
    name, words = REASONS[type(error)]
    form.add_error(name if name in form.fields else None, words)


def clean_phone(text: str) -> str:
    try:
        return parse_phone(text) if text else ""
    except InvalidPhone as error:
        raise forms.ValidationError(str(error)) from error


class ActForm(forms.Form):
    """One act on a case: the version that was read, the day it happened, and what is said of it."""

    note_label: ClassVar[Any] = _("说明")
    note_required: ClassVar[bool] = False

    base_version = forms.IntegerField(widget=forms.HiddenInput)
    on = DateField(label=_("日期"))
    note = forms.CharField(
        label=_("说明"), max_length=500, required=False, widget=forms.Textarea({"rows": 2})
    )

    def __init__(self, *args: Any, case: Any, today: date, **kwargs: Any) -> None:
        kwargs.setdefault("initial", {"base_version": case.version, "on": today})
        super().__init__(*args, **kwargs)
        self.case, self.today = case, today
        self.fields["note"].label = self.note_label
        self.fields["note"].required = self.note_required
        self.order_fields([name for name in self.fields if name != "note"])

    def clean_on(self) -> date:
        on: date = self.cleaned_data["on"]
        if on > self.today:
            raise forms.ValidationError(_("不能晚于今天"))
        return on

    def asked(self) -> dict[str, Any]:
        """What the act's service takes beside the act itself."""
        common = {"base_version", "on", "note"}
        return {name: value for name, value in self.cleaned_data.items() if name not in common}


class ReasonForm(ActForm):
    """An act that only needs its reason."""

    note_label = _("原因")
    note_required = True


class FindingForm(ActForm):
    """An act that reports what was found."""

    note_label = _("情况")
    note_required = True


# --- 控辍保学 ------------------------------------------------------------------------------------


class DropoutForm(forms.Form):
    """Who is thought to be out of school, and from whom that is known."""

    code = forms.CharField(label=_("户编号"), max_length=32)
    name = forms.CharField(label=_("学生姓名"), max_length=64)
    source = forms.ChoiceField(
        label=_("线索来源"),
        choices=[c for c in DropoutSource.choices if c[0] != DropoutSource.FACTS],
        widget=SegmentSelect,
        initial=DropoutSource.VISIT,
    )
    on = DateField(label=_("发现日期"))
    note = forms.CharField(
        label=_("说明"), max_length=500, required=False, widget=forms.Textarea({"rows": 2})
    )

    def __init__(self, *args: Any, user: Any, today: date, **kwargs: Any) -> None:
        kwargs.setdefault("initial", {"on": today})
        super().__init__(*args, **kwargs)
        self.user, self.today = user, today
        self.member: Member | None = None

    clean_on = ActForm.clean_on

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or {}
        code, name = plain(data.get("code", "")), data.get("name", "").strip()
        homes = Household.objects.for_user(self.user, permission=Permission.ENTER_CHECK)
        household = homes.filter(code=code).first() if code else None
        if code and household is None:
            self.add_error("code", _("没有这个户编号，或不在您的范围内"))
        elif household and name:
            self.member = Member.objects.filter(household=household, name=name).first()
            if self.member is None:
                self.add_error("name", _("该户没有这个成员"))
        return data


class VerifyForm(ActForm):
    reason = forms.ChoiceField(
        label=_("失学或辍学原因"), choices=code_list("dropout_reason").choices, widget=SegmentSelect
    )


class VisitForm(ActForm):
    kind = forms.ChoiceField(label=_("劝返类型"), choices=VisitKind.choices, widget=SegmentSelect)
    at_home = forms.BooleanField(label=_("入户劝返"), required=False)
    persons = forms.CharField(label=_("劝返人员"), max_length=128)
    phone = forms.CharField(label=_("联系电话"), max_length=24, required=False)
    result = forms.CharField(
        label=_("劝返结果"), max_length=500, widget=forms.Textarea({"rows": 2})
    )
    next_step = forms.CharField(label=_("下一步打算"), max_length=255, required=False)

    def clean_phone(self) -> str:
        return clean_phone(self.cleaned_data["phone"])


class ReturnForm(ActForm):
    grade = forms.ChoiceField(
        label=_("年级"),
        choices=[
            (grade.value, grade.label)
            for grade in (*COMPULSORY_GRADES, StudentStatus.SPECIAL_SCHOOL)
        ],
    )
    school = forms.CharField(label=_("就读学校"), max_length=64)


class ExemptForm(ActForm):
    exemption = forms.ChoiceField(
        label=_("例外情形"), choices=SchoolExemption.choices, widget=SegmentSelect
    )
    exemption_document = forms.CharField(label=_("批准文件"), max_length=128)
    exemption_authority = forms.CharField(label=_("批准单位"), max_length=64)
    valid_until = DateField(label=_("有效期至"), help_text=_("到期次日自动恢复劝返"))


class TeachForm(ActForm):
    school = forms.CharField(label=_("送教学校"), max_length=64)


class SessionForm(ActForm):
    teacher = forms.CharField(label=_("送教教师"), max_length=64)
    content = forms.CharField(label=_("送教内容"), max_length=255)
    minutes = with_unit(forms.IntegerField(label=_("时长"), min_value=1, max_value=600), _("分钟"))


class StillOutForm(ActForm):
    signed_on = DateField(
        label=_("三方签字日期"), help_text=_("家长、学校、帮扶干部三方签字；此前须入户劝返两次")
    )


DROPOUT_FORMS: dict[DropoutAct, type[ActForm]] = {
    DropoutAct.VERIFY: VerifyForm,
    DropoutAct.VISIT: VisitForm,
    DropoutAct.RETURN: ReturnForm,
    DropoutAct.EXEMPT: ExemptForm,
    DropoutAct.TEACH: TeachForm,
    DropoutAct.SESSION: SessionForm,
    DropoutAct.STILL_OUT: StillOutForm,
    DropoutAct.RESUME: ReasonForm,
    DropoutAct.CLOSE: ReasonForm,
}


# --- 返贫监测 ------------------------------------------------------------------------------------


class ClueForm(forms.Form):
    """A clue about a registered household by its code, or about one outside the register."""

    code = forms.CharField(
        label=_("户编号"),
        max_length=32,
        required=False,
        help_text=_("建档立卡户只填户编号；未建档的农户不填，改填下面四项"),
    )
    village = forms.ModelChoiceField(
        label=_("嘎查村"), queryset=Village.objects.none(), required=False, empty_label=_("请选择")
    )
    head_name = forms.CharField(label=_("户主姓名"), max_length=64, required=False)
    id_number = forms.CharField(label=_("户主证件号码"), max_length=40, required=False)
    persons = with_unit(
        forms.IntegerField(label=_("家庭人口"), min_value=1, max_value=30, required=False), _("人")
    )
    clue_kind = forms.ChoiceField(
        label=_("线索来源"), choices=ClueKind.choices, widget=SegmentSelect
    )
    on = DateField(label=_("线索日期"))
    note = forms.CharField(label=_("线索情况"), max_length=500, widget=forms.Textarea({"rows": 2}))

    def __init__(self, *args: Any, user: Any, today: date, **kwargs: Any) -> None:
        kwargs.setdefault("initial", {"on": today})
        super().__init__(*args, **kwargs)
        self.user, self.today = user, today
        self.subject: Household | monitoring.Borderline | None = None
        villages = Village.objects.for_user(user, permission=Permission.ENTER_CHECK)
        choice: Any = self.fields["village"]
        choice.queryset = villages.select_related("area").order_by("pk")

    clean_on = ActForm.clean_on

    def clean_id_number(self) -> str:
        text = self.cleaned_data["id_number"].strip()
        try:
            return parse(text, on=self.today).number if text else ""
        except InvalidIdentity as error:
            raise forms.ValidationError(str(error)) from error

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or {}
        code = plain(data.get("code", ""))
        if code:
            homes = Household.objects.for_user(self.user, permission=Permission.ENTER_CHECK)
            self.subject = homes.filter(code=code).first()
            if self.subject is None:
                self.add_error("code", _("没有这个户编号，或不在您的范围内"))
            return data
        for name in ("village", "head_name"):
            if name not in self.errors and not data.get(name):
                self.add_error(name, _("未填户编号的，还没有填写"))
        if not self.errors:
            self.subject = monitoring.Borderline(
                village=data["village"],
                head_name=data["head_name"].strip(),
                id_number=data["id_number"],
                persons=data["persons"],
            )
        return data


class ConfirmForm(ActForm):
    monitor_type = forms.ChoiceField(
        label=_("监测对象类别"), choices=MonitorType.choices, widget=SegmentSelect
    )
    risks = forms.MultipleChoiceField(
        label=_("返贫致贫风险（一至五项）"),
        choices=Risk.choices,
        widget=forms.CheckboxSelectMultiple,
    )
    risk_note = forms.CharField(label=_("风险说明"), max_length=255, required=False)
    pace = forms.ChoiceField(
        label=_("跟踪频次"), choices=Pace.choices, widget=SegmentSelect, initial=Pace.QUARTERLY
    )

    def __init__(self, *args: Any, case: MonitoringCase, today: date, **kwargs: Any) -> None:
        super().__init__(*args, case=case, today=today, **kwargs)
        choice: Any = self.fields["monitor_type"]
        choice.choices = [
            (kind.value, kind.label)
            for kind in MonitorType
            if monitoring.type_fits(case, kind, today)
        ]


class MeasureForm(ActForm):
    measure = forms.CharField(label=_("帮扶措施"), max_length=255)
    responsible = forms.CharField(label=_("责任人"), max_length=64)
    deadline = DateField(label=_("完成时限"))

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or {}
        if data.get("on") and data.get("deadline") and data["deadline"] < data["on"]:
            self.add_error("deadline", _("不能早于制定日期"))
        return data


class FinishForm(ActForm):
    measure = forms.ModelChoiceField(
        label=_("帮扶措施"), queryset=MonitoringMeasure.objects.none(), empty_label=None
    )
    result = forms.CharField(label=_("成效"), max_length=255)

    def __init__(self, *args: Any, case: MonitoringCase, today: date, **kwargs: Any) -> None:
        super().__init__(*args, case=case, today=today, **kwargs)
        choice: Any = self.fields["measure"]
        choice.queryset = case.measures.filter(finished_on=None).order_by("deadline", "pk")


class RemovalForm(ActForm):
    note_label = _("核查情况")
    note_required = True

    removed_on = DateField(label=_("风险消除时间"))
    removed_way = forms.ChoiceField(
        label=_("消除方式"), choices=RemovedWay.choices, widget=SegmentSelect
    )


MONITORING_FORMS: dict[MonitoringAct, type[ActForm]] = {
    MonitoringAct.CHECK: FindingForm,
    MonitoringAct.REVIEW: ActForm,
    MonitoringAct.CONFIRM: ConfirmForm,
    MonitoringAct.SEND_BACK: ReasonForm,
    MonitoringAct.DISMISS: ReasonForm,
    MonitoringAct.MEASURE: MeasureForm,
    MonitoringAct.FINISH: FinishForm,
    MonitoringAct.FOLLOW_UP: FindingForm,
    MonitoringAct.PROPOSE_REMOVAL: RemovalForm,
    MonitoringAct.APPROVE_REMOVAL: ActForm,
    MonitoringAct.REFUSE_REMOVAL: ReasonForm,
    MonitoringAct.RELAPSE: FindingForm,
}


def register_form(case: DropoutCase | MonitoringCase, act: Any) -> type[ActForm]:
    """The form of an act on a case."""
    table: dict[Any, type[ActForm]] = dict(
        DROPOUT_FORMS if isinstance(case, DropoutCase) else MONITORING_FORMS
    )
    return table[act]
