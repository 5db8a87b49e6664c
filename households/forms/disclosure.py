"""What is asked before personal data is shown in full or leaves the system in a file."""

from django import forms
from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _

SHORTEST_PURPOSE = 4


class RevealPurpose(TextChoices):
    """Why a full number is looked at."""

    VISIT = "VISIT", _("入户核对身份")
    COMPARE = "COMPARE", _("部门数据比对")
    SERVICE = "SERVICE", _("为群众办理事项")
    CASE = "CASE", _("问题整改核实")
    CONTACT = "CONTACT", _("电话联系本户")


class RevealForm(forms.Form):
    use_required_attribute = False  # the browser would say it in its own language

    purpose = forms.ChoiceField(label=_("用途"), choices=RevealPurpose.choices)


class ExportForm(forms.Form):
    use_required_attribute = False

    purpose = forms.CharField(
        label=_("用途"),
        min_length=SHORTEST_PURPOSE,
        max_length=200,
        error_messages={"min_length": _("请写明用途，至少 4 个字")},
        help_text=_("例如：报旗县扶贫办核对十一月核查名单。用途写入文件首行和操作记录"),
    )
