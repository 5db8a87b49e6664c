"""What the text of the search box can mean. Pure: no models."""

import re
import unicodedata
from dataclasses import dataclass

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from core.masking import mask_id_number, mask_phone
from households.identity import normalise, phone_key

SHORTEST_NUMBER = 4
LONGEST = 64

_ID_NUMBER = re.compile(r"^[0-9]{17}[0-9X]([1-7][1-4](B[0-9])?)?$")
_PHONE = re.compile(r"^(1[3-9][0-9]{9}|0[0-9]{9,11}|[2-9][0-9]{6,7})$")
_PUNCTUATION_OF_PHONES = re.compile(r"[-()+]")
_MIDDLE_DOTS = str.maketrans(dict.fromkeys("•‧∙⋅・●.", "·"))
_VILLAGE_TAIL = re.compile(
    r"(村民委员会|村委会|村委|(嘎查|噶查)(村委会|委员会|村)?|社区(居民委员会|居委会)?|居民委员会|居委会|村)$"
)


@dataclass(frozen=True)
class Sought:
    """A text without spaces, half width, and what it can be: "" for what it cannot."""

    text: str
    code: str = ""  # beginning of a household's code
    name: str = ""  # beginning of a person's name
    stem: str = ""  # beginning of a village's name, without 村 or 嘎查
    id_number: str = ""  # a person's 18 characters
    phone: str = ""  # digits

    @property
    def is_personal(self) -> bool:
        """Whether it looks for one person by a number: an act for the trail."""
        return bool(self.id_number or self.phone)

    @property
    def masked(self) -> str:
        return mask_id_number(self.id_number) if self.id_number else mask_phone(self.phone)


def read(text: str) -> Sought:
    """Read a text as people type it: full-width digits, spaces and dots of any kind."""
    plain = normalise(text.replace("\0", ""))[:LONGEST]
    if not plain:
        return Sought("")
    if not plain.isascii():
        name = unicodedata.normalize("NFC", plain.translate(_MIDDLE_DOTS))
        return Sought(name, name=name, stem=_stem(name))
    digits = phone_key(_PUNCTUATION_OF_PHONES.sub("", plain))
    return Sought(
        plain,
        code=plain,
        id_number=plain[:18] if _ID_NUMBER.match(plain) else "",
        phone=digits if _PHONE.match(digits) and len(digits) >= len(plain) - 6 else "",
    )


def _stem(name: str) -> str:
    """德成永 of 德成永村; nothing of a text too short to tell a village from a family."""
    stem = _VILLAGE_TAIL.sub("", name)
    return stem if len(stem) > 1 else name if len(name) > 1 else ""


def check_long_enough(text: str) -> None:
    """Validator of the search box: a few digits fit half the register."""
    sought = read(text)
    if sought.code and len(sought.text) < SHORTEST_NUMBER:
        raise ValidationError(_("太短：编号、证件号、电话请至少输入 4 位"), code="short")
