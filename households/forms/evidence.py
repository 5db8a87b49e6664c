import hashlib
import logging
from typing import Any

from django import forms
from django.conf import settings
from django.http import HttpRequest
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from core import clock, files, uploads
from core.forms import DateField, plain
from core.web import perform_once
from households import services
from households.documents import THEMES, is_personal, kind_labels, process_papers, theme_of
from households.enums import StepKind
from households.models import Evidence, Household, Member, StatusProcess

logger = logging.getLogger(__name__)
ACCEPTED = "image/jpeg,image/png,image/heic,image/heif,application/pdf,.heic"
MOST_AT_ONCE = 20


class ManyFilesInput(forms.ClearableFileInput):
    allow_multiple_selected = True


class ManyFilesField(forms.FileField):
    """One or more files of one kind: pages of a paper, photographs of a house."""

    widget = ManyFilesInput
    default_error_messages = {
        "required": _("请拍照或选择文件"),
        "empty": _("文件是空的，请重新拍照或选择"),
        "max_length": _("文件名过长，请改短后再上传"),
        "too_many": _("一次最多上传 %(n)d 个文件，请分几次上传"),
    }

    def clean(self, data: Any, initial: Any = None) -> list[Any]:
        sent = list(data) if isinstance(data, list | tuple) else [data]
        if len(sent) > MOST_AT_ONCE:
            raise forms.ValidationError(
                self.error_messages["too_many"], "too_many", {"n": MOST_AT_ONCE}
            )
        return [super(ManyFilesField, self).clean(each, initial) for each in sent or [None]]


class DescriptionForm(forms.ModelForm):
    """What is written about a paper of a household."""

    document_date = DateField(label=_("日期"), required=False, help_text=_("材料上的日期"))
    valid_until = DateField(
        label=_("有效期至"), required=False, help_text=_("没有期限的不填；到期后自动提醒")
    )
    theme = forms.ChoiceField(
        label=_("证明事项"), required=False, help_text=_("鉴定书、批准书等不填，按材料类型归入")
    )

    class Meta:
        model = Evidence
        fields = [
            "kind",
            "member",
            "document_no",
            "document_date",
            "valid_until",
            "theme",
            "note",
        ]

    def __init__(self, *args: Any, household: Household | None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        member: Any = self.fields["member"]
        people = household.members if household else Member.objects.none()
        member.queryset = people.defer("id_number").order_by("code")
        member.empty_label = str(_("全户"))
        member.help_text = _("就学、参保类材料须选成员")
        theme: Any = self.fields["theme"]
        theme.choices = [("", _("不限")), *((k, v._meta.verbose_name) for k, v in THEMES.items())]
        kind: Any = self.fields["kind"]
        kind.required = True
        kind.choices = [("", _("请选择")), *(pair for pair in kind.choices if pair[0])]

    def clean_document_no(self) -> str:
        return plain(self.cleaned_data["document_no"])

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or self.cleaned_data
        proved = theme_of(data.get("kind", "")) or data.get("theme", "")
        if is_personal(proved) and "member" in data and data["member"] is None:
            self.add_error("member", _("这类材料须选是哪位成员的"))
        day, until = data.get("document_date"), data.get("valid_until")
        if day and until and until < day:
            self.add_error("valid_until", _("有效期不能早于材料日期"))
        return data

    def validate_unique(self) -> None:
        """The service answers a repeated file with the paper on file."""

    def validate_constraints(self) -> None:
        """Those concern what the service sets."""

    def description(self) -> services.Description:
        return services.Description(**{name: self.cleaned_data[name] for name in self.Meta.fields})


class UploadForm(DescriptionForm):
    """Files with one description."""

    files = ManyFilesField(label=_("照片或文件"), max_length=300)  # type: ignore[assignment]
    field_order = ["files"]

    def __init__(self, *args: Any, household: Household | None, **kwargs: Any) -> None:
        super().__init__(*args, household=household, **kwargs)
        self.household = household
        self.fields["files"].widget.attrs |= {"accept": ACCEPTED, "multiple": True}
        self.fields["files"].help_text = _(
            "JPG、PNG、HEIC 照片或 PDF，每个不超过 %(n)d MB，可选多个；照片里的位置信息自动去除"
        ) % {"n": settings.EVIDENCE_MAX_BYTES // 1024 // 1024}

    def take_in(self, request: HttpRequest) -> list[int]:
        """Keep the files of a valid form, once for the request's operation key; their keys.

        All or none: a file that is refused becomes an error of the form, and nothing is kept.
        Raises operations.KeyReused and operations.MissingKey.
        """
        sent = self.cleaned_data["files"]

        def act() -> dict[str, Any]:
            return {"papers": [self._add(file, request.user).pk for file in sent]}

        asked = {name: request.POST.getlist(name) for name in request.POST}
        asked |= {"of": [self.ref], "files": [_digest(f) for f in sent]}
        kept: list[int] = []
        try:
            kept = perform_once(request, act, data=asked)["papers"]
        except uploads.Refused as error:
            self.add_error("files", error.text)
        except services.TooManyPapers:
            text = gettext("本户已有 %(n)d 份材料，请先撤销不用的。")
            self.add_error("files", text % {"n": settings.EVIDENCE_MAX_COUNT})
        except files.NoRoom:
            logger.exception("A paper could not be stored")
            self.add_error("files", gettext("服务器存不下这个文件，请告诉管理员，稍后再传。"))
        return kept

    @property
    def ref(self) -> str:
        """What the papers are of, so that one operation key serves one subject."""
        return f"household:{self.household.pk}" if self.household else ""

    def place(self) -> dict[str, Any]:
        """Where the papers belong, for the service."""
        return {"household": self.household}

    def _add(self, file: Any, by: Any) -> Evidence:
        file.seek(0)
        try:
            return services.add_evidence(
                **self.place(),
                data=file.read(settings.EVIDENCE_MAX_BYTES + 1),
                file_name=file.name,
                description=self.description(),
                by=by,
                at=clock.now(),
            )
        except uploads.Refused as error:
            name = uploads.clean_name(file.name)
            raise uploads.Refused(error.code, f"{name}：{error.text}") from error


class ProcessPaperForm(UploadForm):
    """Files of one step of a status process."""

    paper = forms.ChoiceField(label=_("步骤和材料"))
    field_order = ["paper", "files"]

    def __init__(self, *args: Any, process: StatusProcess, **kwargs: Any) -> None:
        super().__init__(*args, household=process.household, **kwargs)
        self.process = process
        for name in ("kind", "member", "theme", "valid_until"):
            del self.fields[name]
        labels = kind_labels()
        asked = [(each.step, kind) for each in process_papers(process) for kind in each.one_of]
        field: Any = self.fields["paper"]
        field.choices = [
            ("", _("请选择")),
            *(
                (f"{step}:{kind}", f"{StepKind(step).label} — {labels[kind]}")
                for step, kind in asked
            ),
            (":OTHER", labels["OTHER"]),
        ]

    @property
    def ref(self) -> str:
        return self.process.ref

    def place(self) -> dict[str, Any]:
        step = self.cleaned_data["paper"].partition(":")[0]
        return {"household": self.household, "process": self.process, "step": step}

    def description(self) -> services.Description:
        data = self.cleaned_data
        return services.Description(
            kind=data["paper"].partition(":")[2],
            document_no=data["document_no"],
            document_date=data["document_date"],
            note=data["note"],
        )


def _digest(file: Any) -> str:
    """SHA-256 of an uploaded file, read in pieces."""
    told = hashlib.sha256()
    for piece in file.chunks():
        told.update(piece)
    return told.hexdigest()


class WithdrawForm(forms.Form):
    reason = forms.CharField(
        label=_("撤销原因"),
        max_length=200,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        help_text=_("撤销后不再作为佐证，记录保留"),
    )
