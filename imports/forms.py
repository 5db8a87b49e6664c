from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from imports.enums import ImportKind
from imports.parsing.gate import LIMITS, MEGABYTE


class UploadForm(forms.Form):
    """A file, what kind of list it is, and which sheet when it holds several alike."""

    kind = forms.ChoiceField(label=_("类别"), choices=ImportKind.choices)
    file = forms.FileField(
        label=_("文件"),
        help_text=_(
            "可读 .xlsx .xls .et .ods .csv，不超过 20 MB；标题行、合并表头、合计行不必删除"
        ),
        widget=forms.ClearableFileInput(
            attrs={"accept": ".xlsx,.xls,.et,.ods,.csv,.txt,.htm,.html"}
        ),
        error_messages={
            "required": _("请选择文件。"),
            "empty": _("文件是空的。确认文件已保存后重新上传。"),
            "max_length": _("文件名过长，请改短后再上传。"),
        },
        max_length=200,
    )
    sheet = forms.CharField(
        label=_("工作表"),
        required=False,
        max_length=64,
        help_text=_("一般不填；文件里有几张相像的表时写明表名"),
    )

    def clean_file(self) -> Any:
        file = self.cleaned_data["file"]
        if file.size > LIMITS.bytes:
            limit = LIMITS.bytes // MEGABYTE
            raise forms.ValidationError(
                _("文件超过 %(limit)d MB。按乡镇拆成几个文件，或删去图片后再上传。"),
                params={"limit": limit},
                code="file_too_large",
            )
        return file
