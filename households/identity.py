"""Identity numbers of people, read from a text and never guessed.

Citizen number: GB 11643-1999 (17 digits and a check character). Only its first two digits are
compared with GB/T 2260, because the county part stays as it was when the number was given.
Disability certificate: the citizen number, a type digit, a grade digit, and "B" with a digit when
it was issued again (domain notes 3.5). Pure: no models, no clock; the date of judgement is passed
in.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from datetime import date

from django.utils.translation import gettext as _

WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
CHECK_CHARACTERS = "10X98765432"
EARLIEST_BIRTH = date(1900, 1, 1)
PLACEHOLDER_PREFIX = "999999"

# GB/T 2260, the two digits of provinces, autonomous regions, municipalities and special
# administrative regions.
PROVINCES = frozenset(
    [
        "11",
        "12",
        "13",
        "14",
        "15",
        "21",
        "22",
        "23",
        "31",
        "32",
        "33",
        "34",
        "35",
        "36",
        "37",
        "41",
        "42",
        "43",
        "44",
        "45",
        "46",
        "50",
        "51",
        "52",
        "53",
        "54",
        "61",
        "62",
        "63",
        "64",
        "65",
        "71",
        "81",
        "82",
    ]
)

MALE = "MALE"
FEMALE = "FEMALE"

# Letters and signs that people and input methods put where X belongs (Cyrillic, Greek,
# multiplication, ballot marks).
_LOOK_ALIKE_X = str.maketrans(dict.fromkeys("хХχΧ×✕✖✗✘╳", "X"))
_WRAPPED = re.compile(r'^=\s*"(.*)"$')
_QUOTES = "'\"`´‘’“”"
_CITIZEN_SHAPE = re.compile(r"^[0-9]{17}[0-9X]$")
_SCIENTIFIC = re.compile(r"^[0-9]\.?[0-9]*E\+?[0-9]+$")
_MOBILE = re.compile(r"^1[3-9][0-9]{9}$")
_LANDLINE = re.compile(r"^(0[0-9]{2,3}-?)?[2-9][0-9]{6,7}(-[0-9]{1,6})?$")


class InvalidIdentity(ValueError):
    """A number that cannot be a person's, with a stable code, the data-quality rule and a sentence
    for the user.
    """

    def __init__(self, code: str, rule: str, message: str, cure: str) -> None:
        super().__init__(message)
        self.code = code
        self.rule = rule
        self.message = message
        self.cure = cure


class InvalidPhone(ValueError):
    """A telephone number that is neither a mobile number nor a landline."""

    code = "phone_format"
    rule = "DQ-TEL-01"

    def __init__(self, message: str, cure: str) -> None:
        super().__init__(message)
        self.message = message
        self.cure = cure


@dataclass(frozen=True)
class Identity:
    """A valid number: the citizen number and, for a disability certificate, what its last
    characters say.
    """

    number: str
    disability_type: int | None = None
    disability_grade: int | None = None
    reissue: str = ""

    @property
    def is_certificate(self) -> bool:
        return self.disability_type is not None

    @property
    def text(self) -> str:
        if not self.is_certificate:
            return self.number
        return f"{self.number}{self.disability_type}{self.disability_grade}{self.reissue}"

    @property
    def person_key(self) -> str:
        """The first 18 characters: the same person with either paper has the same key."""
        return self.number

    @property
    def birth_date(self) -> date:
        return birth_date(self.number)

    @property
    def sex(self) -> str:
        return sex(self.number)


def normalise(text: str) -> str:
    """The number as meant: half width, no spaces or invisible characters, no wrapper, X for its
    look-alikes.
    """
    text = unicodedata.normalize("NFKC", text)
    text = "".join(
        c for c in text if not c.isspace() and unicodedata.category(c) not in ("Cf", "Cc")
    )
    if wrapped := _WRAPPED.match(text):
        text = wrapped.group(1)
    text = text.strip(_QUOTES).translate(_LOOK_ALIKE_X).upper()
    if len(text) == 19 and text.startswith("G") and _CITIZEN_SHAPE.match(text[1:]):
        return text[1:]  # The education system writes G before the citizen number.
    return text


def check_digit(digits: str) -> str:
    """The check character that belongs to 17 digits."""
    if len(digits) != 17 or not _is_digits(digits):
        raise ValueError("check_digit needs exactly 17 ASCII digits")
    return CHECK_CHARACTERS[sum(int(d) * w for d, w in zip(digits, WEIGHTS, strict=True)) % 11]


def birth_date(number: str) -> date:
    """The date in characters 7 to 14. Raises ValueError when it is not in the calendar."""
    return date(int(number[6:10]), int(number[10:12]), int(number[12:14]))


def sex(number: str) -> str:
    """MALE when the seventeenth digit is odd, FEMALE when it is even."""
    return MALE if int(number[16]) % 2 else FEMALE


def person_key(text: str, *, on: date) -> str:
    """The 18 characters that tell one person from another. Raises InvalidIdentity."""
    return parse(text, on=on).person_key


def parse(text: str, *, on: date) -> Identity:
    """The identity written in a text, judged as of a date. Raises InvalidIdentity."""
    number = normalise(text)
    _check_length(number)
    citizen, rest = number[:18], number[18:]
    if not _CITIZEN_SHAPE.match(citizen):
        raise _invalid(
            "id_characters",
            "DQ-ID-01",
            _("号码里有不该有的字符：前 17 位应为数字，第 18 位为数字或 X"),
            _("对照证件重新填写"),
        )
    _check_province(citizen)
    _check_birth_date(citizen, on)
    if check_digit(citizen[:17]) != citizen[17]:
        lost = citizen.endswith("000")
        raise _invalid(
            "id_check_digit",
            "DQ-ID-02",
            _("校验码不对：末三位为 000，号码可能被表格存成数字后丢失末几位")
            if lost
            else _("校验码不对：号码中至少有一位填错"),
            _("在原表把该列改为文本，重填号码") if lost else _("对照证件逐位核对"),
        )
    if not rest:
        return Identity(citizen)
    return _certificate(citizen, rest)


def is_mobile(phone: str) -> bool:
    return bool(_MOBILE.match(phone))


def parse_phone(text: str) -> str:
    """A mobile or landline number in plain digits. Raises InvalidPhone; `is_mobile` tells the two
    apart.
    """
    phone = "".join(c for c in normalise(text) if c not in "()")
    for dash in "‐‑‒–—−":
        phone = phone.replace(dash, "-")
    mobile = re.sub(r"^(?:\+|00)?86-?(?=1)", "", phone).replace("-", "")
    if _MOBILE.match(mobile):
        return mobile
    if _LANDLINE.match(phone):
        return phone
    raise InvalidPhone(_("电话不合规：手机应为 1 开头的 11 位数字"), _("核对电话；不清楚就留空"))


def phone_key(text: str) -> str:
    """The digits by which a telephone number is found, however it was written."""
    digits = "".join(c for c in normalise(text) if _is_digits(c))
    return re.sub(r"^(?:00)?86(?=1[3-9][0-9]{9}$)", "", digits)


def passes_luhn(digits: str) -> bool:
    """Whether the last digit of a bank card's number fits the others (ISO/IEC 7812-1)."""
    doubled = [int(d) * (1 + i % 2) for i, d in enumerate(reversed(digits))]
    return sum(d - 9 if d > 9 else d for d in doubled) % 10 == 0


def _check_length(number: str) -> None:
    length = len(number)
    if not number:
        raise _invalid("id_missing", "DQ-ID-05", _("证件号码为空"), _("填 18 位号码"))
    if _SCIENTIFIC.match(number):
        raise _invalid(
            "precision_lost",
            "DQ-ID-01",
            _("精度丢失：号码被表格存成数字，末几位已丢失"),
            _("在原表把该列改为文本，重填号码"),
        )
    if length == 15 and _is_digits(number):
        raise _invalid(
            "id_fifteen_digits",
            "DQ-ID-04",
            _("这是 15 位旧号码，不能直接换算"),
            _("按户口簿或新证件填 18 位号码"),
        )
    if length not in (18, 20, 22):
        raise _invalid(
            "id_length",
            "DQ-ID-01",
            _("位数不对：应为 18 位（残疾人证 20 或 22 位），现为 %(length)d 位")
            % {"length": length},
            _("填 18 位号码"),
        )


def _check_province(number: str) -> None:
    if number.startswith(PLACEHOLDER_PREFIX):
        raise _invalid(
            "id_placeholder",
            "DQ-ID-05",
            _("999999 开头的是占位号码，不是真实证件"),
            _("填本人证件号码"),
        )
    if number[:2] not in PROVINCES:
        raise _invalid(
            "id_province",
            "DQ-ID-01",
            _("前两位 %(digits)s 不是省级行政区代码") % {"digits": number[:2]},
            _("对照证件核对前六位"),
        )


def _check_birth_date(number: str, on: date) -> None:
    written = f"{number[6:10]}-{number[10:12]}-{number[12:14]}"
    try:
        born = birth_date(number)
    except ValueError:
        raise _invalid(
            "id_birth_date",
            "DQ-ID-03",
            _("出生日期 %(date)s 不存在") % {"date": written},
            _("核对身份证后改正"),
        ) from None
    if born < EARLIEST_BIRTH:
        raise _invalid(
            "id_birth_date",
            "DQ-ID-03",
            _("出生日期 %(date)s 早于 1900 年") % {"date": written},
            _("核对身份证后改正"),
        )
    if born > on:
        raise _invalid(
            "id_birth_future",
            "DQ-ID-03",
            _("出生日期 %(date)s 晚于 %(on)s") % {"date": written, "on": on.isoformat()},
            _("核对身份证后改正"),
        )


def _certificate(citizen: str, rest: str) -> Identity:
    kind, grade, reissue = rest[0], rest[1], rest[2:]
    if kind not in "1234567":
        raise _invalid(
            "certificate_type",
            "DQ-ID-06",
            _("残疾人证第 19 位是残疾类别，应为 1—7，现为 %(digit)s") % {"digit": kind},
            _("对照残疾人证改正"),
        )
    if grade not in "1234":
        raise _invalid(
            "certificate_grade",
            "DQ-ID-06",
            _("残疾人证第 20 位是残疾等级，应为 1—4，现为 %(digit)s") % {"digit": grade},
            _("对照残疾人证改正"),
        )
    if reissue and not re.match(r"^B[0-9]$", reissue):
        raise _invalid(
            "certificate_reissue",
            "DQ-ID-06",
            _("残疾人证末两位应为 B 加一位数字（补换证），现为 %(text)s") % {"text": reissue},
            _("对照残疾人证改正"),
        )
    return Identity(citizen, int(kind), int(grade), reissue)


def _invalid(code: str, rule: str, message: str, cure: str) -> InvalidIdentity:
    return InvalidIdentity(code, rule, message, cure)


def _is_digits(text: str) -> bool:
    return text.isascii() and text.isdigit()
