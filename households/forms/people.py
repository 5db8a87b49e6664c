"""Forms of what happens to people and households, and the sentences for what is refused."""

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.enums import Level
from accounts.querysets import code_range
from core.forms import DateField, SegmentSelect
from core.masking import mask_id_number
from households import services
from households.codelists import code_list
from households.dossier import age_on
from households.enums import JOIN_REASONS, LEAVE_REASONS, ChangeReason, Relation, Sex
from households.forms.evidence import ACCEPTED, ManyFilesField
from households.identity import Identity, InvalidIdentity, parse
from households.models import Household, Member, Membership
from villages.models import Village

# What input methods put where the dot of a name belongs.
_DOTS = str.maketrans(dict.fromkeys("•・‧∙⋅･．.", "·"))
RELATIONS = [("", gettext_lazy("请选择")), *Relation.choices]


class NameField(forms.CharField):
    """A person's name: two letters or more of any script; `·` between its parts."""

    def to_python(self, value: Any) -> str:
        text = unicodedata.normalize("NFC", super().to_python(value) or "").translate(_DOTS)
        text = re.sub(r"\s*·\s*", "·", " ".join(text.split()))
        if re.search(r"[\u3400-\u9fff]", text):
            text = text.replace(" ", "")
        return text

    def validate(self, value: str) -> None:
        super().validate(value)
        if not value:
            return
        if len(value) < 2:
            raise forms.ValidationError(_("姓名至少两个字"))
        if any(not part for part in value.split("·")):
            raise forms.ValidationError(_("“·”应写在姓名中间，前后都有字"))
        if not all(c in "· " or unicodedata.category(c)[0] in "LM" or c == "\u180e" for c in value):
            raise forms.ValidationError(_("姓名里有不该有的字符，不写称呼、数字和标点"))


class IdNumberField(forms.CharField):
    """A citizen number or the number of a disability certificate, however it was typed."""

    def __init__(self, *, today: date, **options: Any) -> None:
        self.today = today
        super().__init__(max_length=64, **options)
        self.widget.attrs |= {"autocomplete": "off", "inputmode": "text"}

    def clean(self, value: Any) -> Identity | None:
        text = super().clean(value)
        if not text:
            return None
        try:
            return parse(text, on=self.today)
        except InvalidIdentity as error:
            raise forms.ValidationError(
                f"{error.message}。{error.cure}", code=error.code
            ) from error


@dataclass(frozen=True)
class Row:
    """A member in the table of a form, with the fields asked of them."""

    member: Member
    relation: str
    age: int | None
    fields: list[Any]


class ActForm(forms.Form):
    """What every act asks: the version it was opened on, and the day."""

    base_version = forms.IntegerField(widget=forms.HiddenInput)
    on = DateField(label=gettext_lazy("日期"), help_text=gettext_lazy("可写 2019.11.5"))

    def __init__(
        self, *args: Any, household: Household, today: date, user: Any = None, **kwargs: Any
    ) -> None:
        self.household, self.today, self.user = household, today, user
        own = kwargs.pop("initial", None) or {}
        kwargs["initial"] = {"base_version": household.version, "on": today, **own}
        super().__init__(*args, **kwargs)

    def clean_on(self) -> date:
        on = self.cleaned_data["on"]
        if on > self.today:
            raise forms.ValidationError(_("日期不能晚于今天"))
        return on

    @property
    def plain_fields(self) -> list[Any]:
        """Fields outside the table of members."""
        return [field for field in self.visible_fields() if "-" not in field.name]

    @property
    def rows(self) -> list[Row]:
        return []

    def refuse(self, error: services.PeopleRefusal) -> None:
        """Say at its field why the register refused."""
        field, sentence = refusal(error, self.household, self.user)
        if field == "relation" and field not in self.fields:
            field = "sex"
        self.add_error(field if field in self.fields else None, sentence)


class TableForm(ActForm):
    """An act with a table of members and the relation of each."""

    def __init__(
        self,
        *args: Any,
        people: Iterable[Membership] = (),
        proposals: Mapping[int, str] | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.people = {held.member_id: held for held in people}
        for pk, held in self.people.items():
            label = _("%(name)s与户主关系") % {"name": held.member.name}
            self.fields[f"relation-{pk}"] = forms.ChoiceField(
                label=label,
                choices=RELATIONS,
                initial=(proposals or {}).get(pk, held.relation),
                widget=forms.Select(attrs={"class": "form-select-sm", "aria-label": label}),
            )

    @property
    def relations(self) -> dict[int, str]:
        found = {pk: self.cleaned_data.get(f"relation-{pk}", "") for pk in self.people}
        return {pk: relation for pk, relation in found.items() if relation}

    def row_fields(self, pk: int) -> list[Any]:
        return [self[f"relation-{pk}"]]

    @property
    def rows(self) -> list[Row]:
        return [
            Row(
                held.member,
                str(held.get_relation_display()),
                age_on(held.member.birth_date, self.today),
                self.row_fields(pk),
            )
            for pk, held in self.people.items()
        ]

    def check_family(self, relations: Mapping[int, str], whose: str = "") -> None:
        """Say at the relation in question what does not fit together."""
        if not relations or any(not relation for relation in relations.values()):
            return
        try:
            services.check_family(
                (self.people[pk].member.sex, relation) for pk, relation in relations.items()
            )
        except services.PeopleRefusal as error:
            named = {
                services.NoHead: "",
                services.SecondHead: Relation.HEAD,
                services.SecondSpouse: Relation.SPOUSE,
            }
            wanted = named.get(type(error), getattr(error, "relation", ""))
            own = [pk for pk, relation in relations.items() if relation == wanted]
            field = f"relation-{(own or list(relations))[-1]}"
            self.add_error(field, whose + refusal(error, self.household, self.user)[1])


def reason_field(label: Any = "") -> forms.CharField:
    label = label or gettext_lazy("原因")
    return forms.CharField(label=label, max_length=100, min_length=2)


def code_field(label: Any, codes: Iterable[ChangeReason]) -> forms.ChoiceField:
    return forms.ChoiceField(
        label=label, choices=[("", gettext_lazy("请选择")), *((c.value, c.label) for c in codes)]
    )


class PersonFields(ActForm):
    """Who somebody is. The number says sex and date of birth; told beside it, they must agree."""

    name = NameField(label=gettext_lazy("姓名"), max_length=64)
    id_number: Any = None
    sex = forms.ChoiceField(
        label=gettext_lazy("性别"), choices=Sex.choices, widget=SegmentSelect, required=False
    )
    birth_date = DateField(label=gettext_lazy("出生日期"), required=False)
    ethnic = forms.ChoiceField(label=gettext_lazy("民族"), required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["id_number"] = IdNumberField(
            today=self.today, label=_("证件号码"), required=False
        )
        offered = code_list("ethnic").offered(self.today.year)
        self.fields["ethnic"].choices = [("", _("请选择")), *offered]  # type: ignore[attr-defined]
        self.fields["sex"].help_text = self.fields["birth_date"].help_text = _("填了证件号码可不填")

    def number_on_file(self) -> Identity | None:
        return None

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        paper = data.get("id_number") or self.number_on_file()
        sex, born = data.get("sex"), data.get("birth_date")
        if born and born > self.today:
            self.add_error("birth_date", _("出生日期不能晚于今天"))
        elif paper and born and born != paper.birth_date:
            self.add_error(
                "birth_date",
                _("与证件号码里的出生日期 %(on)s 不符") % {"on": paper.birth_date.isoformat()},
            )
        if paper and sex and sex != paper.sex:
            words = dict(Sex.choices)[paper.sex]
            self.add_error("sex", _("与证件号码不符：号码显示为%(sex)s") % {"sex": words})
        if not paper and "id_number" not in self.errors:
            self.check_without_paper(data)
        return data

    def check_without_paper(self, data: dict[str, Any]) -> None:
        for name, words in (
            ("sex", _("没有证件号码的，须填性别")),
            ("birth_date", _("没有证件号码的，须填出生日期")),
        ):
            if not data.get(name) and name not in self.errors:
                self.add_error(name, words)

    @property
    def person(self) -> services.NewPerson:
        data = self.cleaned_data
        return services.NewPerson(
            name=data["name"],
            paper=data["id_number"],
            sex=data["sex"],
            birth_date=data["birth_date"],
            ethnic=data["ethnic"],
        )


class ProofForm(forms.Form):
    """Photographs of what proves a change: they stay on the household's file."""

    proof = ManyFilesField(
        label=gettext_lazy("人口变动证明"),
        required=False,
        max_length=300,
        help_text=gettext_lazy("户口簿、结婚证、死亡证明等的照片，可不传"),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["proof"].widget.attrs |= {"accept": ACCEPTED, "multiple": True}

    @property
    def proofs(self) -> list[Any]:
        return [file for file in self.cleaned_data["proof"] if file]


class JoinForm(ProofForm, PersonFields):
    """Somebody joins the household."""

    reason = code_field(gettext_lazy("增加原因"), JOIN_REASONS)
    relation = forms.ChoiceField(label=gettext_lazy("与户主关系"), choices=RELATIONS)
    field_order = ["name", "id_number", "sex", "birth_date", "ethnic", "relation", "reason", "on"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["on"].label = _("加入日期")
        self.fields["id_number"].help_text = _(
            "18 位身份证或 20、22 位残疾人证；只有新生儿可以暂不填"
        )
        self.order_fields(self.field_order)

    def check_without_paper(self, data: dict[str, Any]) -> None:
        if data.get("reason") and data["reason"] != ChangeReason.NEWBORN:
            self.add_error("id_number", _("还没有填写。只有新生儿可以暂无证件号码"))
        else:
            super().check_without_paper(data)

    def clean(self) -> dict[str, Any]:
        data = super().clean()
        paper = data.get("id_number")
        born = paper.birth_date if paper else data.get("birth_date")
        if born and data.get("on") and data["on"] < born:
            self.add_error("on", _("不能早于出生日期 %(on)s") % {"on": born.isoformat()})
        return data


class LeaveForm(ProofForm, TableForm):
    """Somebody leaves; when it is the head, the others are asked for their relation to the new one."""

    reason = code_field(gettext_lazy("减少原因"), LEAVE_REASONS)
    field_order = ["reason", "on"]

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        self.check_family(self.relations)
        return data


class RelationsForm(TableForm):
    """Another head, or other relations to the same one."""

    reason = reason_field()

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        self.check_family(self.relations)
        return data


class SplitForm(ProofForm, TableForm):
    """Who goes, and the relations on both sides."""

    reason = reason_field(gettext_lazy("分户原因"))
    code = forms.CharField(
        label=gettext_lazy("新户编号"),
        max_length=32,
        required=False,
        help_text=gettext_lazy("留空由系统按村顺编"),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for pk, held in self.people.items():
            self.fields[f"goes-{pk}"] = forms.BooleanField(
                label=_("%(name)s分出") % {"name": held.member.name}, required=False
            )

    def clean_code(self) -> str:
        code = unicodedata.normalize("NFKC", self.cleaned_data["code"]).strip()
        if code and not re.fullmatch(r"[0-9]{12,32}", code):
            raise forms.ValidationError(_("户编号应为 12 位以上数字"))
        return code

    def row_fields(self, pk: int) -> list[Any]:
        return [self[f"goes-{pk}"], self[f"relation-{pk}"]]

    @property
    def going(self) -> dict[int, str]:
        return {pk: r for pk, r in self.relations.items() if self.cleaned_data.get(f"goes-{pk}")}

    @property
    def staying(self) -> dict[int, str]:
        return {pk: r for pk, r in self.relations.items() if pk not in self.going}

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        if not self.going:
            self.add_error(None, _("还没有选择分出的人"))
        elif not self.staying:
            self.add_error(None, _("不能全户分出；全户迁走请办理户迁移"))
        else:
            self.check_family(self.going, _("新户："))
            self.check_family(self.staying, _("原户："))
        return data


class MergeForm(TableForm):
    """The other household's members and their relations to this one's head."""

    reason = reason_field(gettext_lazy("并户原因"))
    other_version = forms.IntegerField(widget=forms.HiddenInput)


class FindHouseholdForm(forms.Form):
    """Which household is meant, by its code."""

    code = forms.CharField(label=gettext_lazy("并入本户的户编号"), max_length=32)


class VillageChoice(forms.ModelChoiceField):
    """Villages by township and name."""

    def label_from_instance(self, village: Any) -> str:
        return f"{village.area.parent.short_name} {village.area.short_name}"


class MoveForm(ActForm):
    """Where the household is registered from a day on."""

    village = VillageChoice(
        label=gettext_lazy("迁入嘎查村"),
        queryset=Village.objects.none(),
        empty_label=gettext_lazy("请选择"),
    )
    reason = reason_field(gettext_lazy("迁移原因"))
    field_order = ["village", "on", "reason"]

    def __init__(self, *args: Any, villages: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["on"].label = _("迁入日期")
        self.fields["village"].queryset = villages  # type: ignore[attr-defined]


class CorrectForm(PersonFields):
    """Who somebody is, put right."""

    reason = reason_field(gettext_lazy("更正原因"))
    field_order = ["name", "id_number", "sex", "birth_date", "ethnic", "reason"]

    def __init__(self, *args: Any, member: Member, **kwargs: Any) -> None:
        self.member = member
        names = ("name", "sex", "birth_date", "ethnic")
        kwargs["initial"] = {name: getattr(member, name) for name in names}
        super().__init__(*args, **kwargs)
        del self.fields["on"]
        number = member.id_number
        self.fields["id_number"].help_text = (
            _("现为 %(mask)s；不改就留空") % {"mask": mask_id_number(number)} if number else ""
        )
        self.order_fields(self.field_order)

    def number_on_file(self) -> Identity | None:
        return Identity(self.member.id_number) if self.member.id_number else None

    def clean(self) -> dict[str, Any]:
        typed = self.cleaned_data.get("id_number")
        if typed:  # what is not typed anew follows the new number
            for name in ("sex", "birth_date"):
                if name not in self.changed_data:
                    self.cleaned_data[name] = getattr(typed, name)
        return super().clean()


class RestoreForm(forms.Form):
    """Why a leaving is taken back."""

    base_version = forms.IntegerField(widget=forms.HiddenInput)
    reason = reason_field()


# --- What is refused -----------------------------------------------------------------------------


def refusal(
    error: services.PeopleRefusal, household: Household, user: Any
) -> tuple[str | None, str]:
    """The field a refusal belongs to, and the sentence to say there."""
    match error:
        case services.PersonKnown():
            return "id_number", known_words(error.member, household, user)
        case services.NameDiffers():
            return "name", _("此证件号码登记的是另一个姓名，请核对号码和姓名")
        case services.NoHead():
            return "relation", _("还没有户主，须有一人与户主关系为“户主”")
        case services.SecondHead():
            return "relation", _("一户只能有一个户主；更换户主请办理变更户主")
        case services.SecondSpouse():
            return "relation", _("户主已有配偶，不能再登记一人为配偶")
        case services.HeadOfWrongSex():
            words = dict(Relation.choices)[Relation(error.relation)]
            return "relation", _("“%(relation)s”与户主的性别不符") % {"relation": words}
        case services.WrongSex():
            words = dict(Relation.choices)[Relation(error.relation)]
            return "relation", _("“%(relation)s”与本人性别不符") % {"relation": words}
        case services.TooEarly():
            return "on", _("不能早于上一次变动的日期 %(on)s") % {"on": error.on.isoformat()}
        case services.LastMember():
            return None, _("这是户内最后一名成员。全户无人属于整户自然消亡，请办理状态变更")
        case services.CodeTaken():
            return "code", _("这个户编号已被使用")
        case services.SameVillage():
            return "village", _("本户已在这个村")
        case services.SameHousehold():
            return "code", _("不能并入自己")
        case services.NotRestorable():
            return None, _("此后又有变动，或不是在这里办理的，不能撤销")
    return None, _("户内成员已有变动，请刷新后再办")


def known_words(member: Member, household: Household, user: Any) -> str:
    """Where a person is registered already: by name where the user may see it, else only how far off."""
    if member.household_id == household.pk:
        return _("本户已有此人：%(name)s") % {"name": member.name}
    seen = Household.objects.for_user(user).select_related("village__area")
    for home in seen.filter(pk=member.household_id):
        return _(
            "已在%(village)s%(head)s户登记（户编号 %(code)s）；确已转来的，先在原户办理人员减少"
        ) % {"village": home.village, "head": home.head_name or "", "code": home.code}
    here, there = household.village_id, member.village_id
    for level, words in (
        (Level.COUNTY, _("已在本旗县其他户登记（县内）")),
        (Level.CITY, _("已在其他旗县登记（市内县外）")),
        (Level.PROVINCE, _("已在其他盟市登记（省内市外）")),
    ):
        step = code_range(0, level)[1] + 1
        if here // step == there // step:
            return words + _("，请报上级扶贫办核实")
    return _("已在外省区市登记，请报上级扶贫办核实")


# --- Proposals -----------------------------------------------------------------------------------

R = Relation
# By the new head's relation to the old one: what others become, (male, female) where sex decides.
_BY_SEX: dict[str, dict[str, Any]] = {
    "spouse": {
        R.HEAD: R.SPOUSE, R.FATHER: R.HUSBANDS_FATHER, R.MOTHER: R.HUSBANDS_MOTHER,
        R.WIFES_FATHER: R.FATHER, R.WIFES_MOTHER: R.MOTHER, R.HUSBANDS_FATHER: R.FATHER,
        R.HUSBANDS_MOTHER: R.MOTHER,
    },
    "child": {
        R.HEAD: (R.FATHER, R.MOTHER), R.SPOUSE: (R.FATHER, R.MOTHER), R.SON: R.SIBLING,
        R.DAUGHTER: R.SIBLING, R.DAUGHTER_IN_LAW: R.SPOUSE, R.SON_IN_LAW: R.SPOUSE,
        R.GRANDSON: R.SON, R.GRANDDAUGHTER: R.DAUGHTER, R.DAUGHTERS_SON: R.SON,
        R.DAUGHTERS_DAUGHTER: R.DAUGHTER, R.FATHER: R.GRANDFATHER, R.MOTHER: R.GRANDMOTHER,
    },
    "parent": {
        R.HEAD: (R.SON, R.DAUGHTER), R.FATHER: R.SPOUSE, R.MOTHER: R.SPOUSE,
        R.SPOUSE: (R.SON_IN_LAW, R.DAUGHTER_IN_LAW), R.SIBLING: (R.SON, R.DAUGHTER),
        R.SON: R.GRANDSON, R.DAUGHTER: R.GRANDDAUGHTER,
    },
}  # fmt: skip
_KIND = {
    R.SPOUSE: "spouse", R.SON: "child", R.DAUGHTER: "child", R.FATHER: "parent", R.MOTHER: "parent",
}  # fmt: skip
_SAME_FOR_BOTH = (
    R.SON, R.DAUGHTER, R.DAUGHTER_IN_LAW, R.SON_IN_LAW, R.GRANDSON, R.GRANDDAUGHTER,
)  # fmt: skip


def propose(people: Iterable[Membership], head_id: int) -> dict[int, str]:
    """Each member's probable relation to a new head; 其他 where nothing is probable."""
    people = list(people)
    head = next((held for held in people if held.member_id == head_id), None)
    if head is None or head.relation == R.HEAD:
        return {}
    kind = _KIND.get(Relation(head.relation) if head.relation else R.OTHER, "")
    found: dict[int, str] = {}
    for held in people:
        relation = held.relation
        probable = _BY_SEX.get(kind, {}).get(relation)
        if held.member_id == head_id:
            probable = R.HEAD
        elif probable is None and kind == "spouse" and relation in _SAME_FOR_BOTH:
            probable = relation
        if isinstance(probable, tuple):
            probable = probable[held.member.sex == Sex.FEMALE]
        found[held.member_id] = str(probable or R.OTHER)
    return found
