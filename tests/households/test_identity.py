import contextlib
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from households import identity

ON = date(2019, 11, 5)


def code_of(text, on=ON):
    with pytest.raises(identity.InvalidIdentity) as caught:
        identity.parse(text, on=on)
    assert caught.value.message
    assert caught.value.cure
    assert caught.value.rule.startswith("DQ-ID-")
    return caught.value.code


@pytest.mark.parametrize(
    ("text", "sex"),
    [
        ("150222190001010019", "MALE"),
        ("150222190001010027", "FEMALE"),
        ("15022219000101006X", "FEMALE"),
        ("15022219000101006x", "FEMALE"),
        ("50023419000101001X", "MALE"),
    ],
)
def test_parse_valid_numbers(text, sex):
    found = identity.parse(text, on=ON)

    assert found.number == text.upper()
    assert found.sex == sex
    assert found.birth_date == date(1900, 1, 1)
    assert not found.is_certificate


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("150222190002290016", "id_birth_date"),
        ("150222190001010018", "id_check_digit"),
        ("999999190001010015", "id_placeholder"),
        ("150222000101001", "id_fifteen_digits"),
        ("", "id_missing"),
        ("   ", "id_missing"),
        ("1599225609131", "id_length"),
        ("1502221900010100199", "id_length"),
        ("15022219000101001A", "id_characters"),
        ("1502221900O1010019", "id_characters"),
        ("１５０２２２１９０００１０１００１٩", "id_characters"),
        ("990222190001010018", "id_province"),
        ("1.50222E+17", "precision_lost"),
        ("15022219000101001984", "certificate_type"),
        ("15022219000101001940", "certificate_grade"),
        ("1502221900010100194300", "certificate_reissue"),
        ("15022219000101001943C1", "certificate_reissue"),
    ],
)
def test_parse_refuses(text, code):
    assert code_of(text) == code


def test_parse_birth_before_1900_is_refused():
    number = "15022218991231001"

    assert code_of(number + identity.check_digit(number)) == "id_birth_date"


def test_parse_birth_on_the_date_itself_is_allowed_and_the_day_after_is_not():
    number = "15022220191105001"
    number += identity.check_digit(number)

    assert identity.parse(number, on=ON).birth_date == ON
    assert code_of(number, on=ON - timedelta(days=1)) == "id_birth_future"


def test_parse_number_that_lost_its_last_digits_gets_the_hint():
    with pytest.raises(identity.InvalidIdentity) as caught:
        identity.parse("150222198001010000", on=ON)

    assert "末三位为 000" in caught.value.message


@pytest.mark.parametrize(
    "text", ["15022219000101001943", "15022219000101001943B1", "15022219000101006x11"]
)
def test_parse_disability_certificate_is_split(text):
    found = identity.parse(text, on=ON)

    assert found.is_certificate
    assert found.person_key == text[:18].upper()
    assert (found.disability_type, found.disability_grade) == (int(text[18]), int(text[19]))
    assert found.reissue == text[20:]
    assert found.text == text.upper()


@pytest.mark.parametrize(
    "dirty",
    [
        " 150222 19000101 006X ",
        "１５０２２２１９０００１０１００６Ｘ",
        "15022219000101006Х",  # Cyrillic
        "15022219000101006χ",  # Greek
        "15022219000101006×",
        "'15022219000101006X",
        "’15022219000101006X",
        '="15022219000101006X"',
        "＝＂15022219000101006X＂",
        "\u200b15022219000101006X\ufeff",
        "15022219000101006X\u00a0\t\r\n",
        "G15022219000101006X",
        "15022219000101006Ⅹ",
    ],
)
def test_normalise_dirt(dirty):
    assert identity.parse(dirty, on=ON).number == "15022219000101006X"


def test_person_key_is_the_same_for_number_and_certificate():
    assert identity.person_key("15022219000101001943", on=ON) == identity.person_key(
        "150222190001010019", on=ON
    )


def test_synthetic_county_prefixes_are_accepted():
    for prefix in ("159922", "459901", "509934"):
        digits = f"{prefix}19880725002"
        assert identity.parse(digits + identity.check_digit(digits), on=ON).sex == "FEMALE"


@pytest.mark.parametrize("digits", ["", "1" * 16, "1" * 18, "1" * 16 + "٣"])
def test_check_digit_needs_seventeen_digits(digits):
    with pytest.raises(ValueError, match="17"):
        identity.check_digit(digits)


numbers = st.builds(
    lambda province, county, born, serial: f"{province}{county:04d}{born:%Y%m%d}{serial:03d}",
    st.sampled_from(sorted(identity.PROVINCES)),
    st.integers(0, 9999),
    st.dates(date(1900, 1, 1), ON),
    st.integers(0, 999),
)


@given(numbers)
def test_every_number_with_its_check_digit_is_read_back(digits):
    number = digits + identity.check_digit(digits)

    found = identity.parse(number, on=ON)

    assert found.text == number
    assert f"{found.birth_date:%Y%m%d}" == number[6:14]


@given(numbers, st.integers(0, 16), st.integers(1, 9))
def test_one_wrong_digit_never_passes(digits, position, shift):
    number = digits + identity.check_digit(digits)
    wrong = number[:position] + str((int(number[position]) + shift) % 10) + number[position + 1 :]

    with pytest.raises(identity.InvalidIdentity):
        identity.parse(wrong, on=ON)


@given(st.text(max_size=30))
def test_any_text_is_either_an_identity_or_a_named_refusal(text):
    with contextlib.suppress(identity.InvalidIdentity):
        found = identity.parse(text, on=ON)
        assert identity.normalise(text) == found.text


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("13947212345", "13947212345"),
        (" 139 4721 2345 ", "13947212345"),
        ("139-4721-2345", "13947212345"),
        ("+8613947212345", "13947212345"),
        ("１３９４７２１２３４５", "13947212345"),
        ("0472-8112345", "0472-8112345"),
        ("（0472）8112345", "04728112345"),
    ],
)
def test_parse_phone(text, expected):
    assert identity.parse_phone(text) == expected


@pytest.mark.parametrize(
    "text", ["", "12947212345", "1394721234", "139472123456", "无", "13947212345/13947212346"]
)
def test_parse_phone_refuses(text):
    with pytest.raises(identity.InvalidPhone) as caught:
        identity.parse_phone(text)

    assert caught.value.cure


def test_is_mobile_tells_landlines_apart():
    assert identity.is_mobile("13947212345")
    assert not identity.is_mobile("04728112345")


@given(st.text("0123456789", min_size=11, max_size=18))
def test_exactly_one_last_digit_passes(digits):
    assert sum(identity.passes_luhn(f"{digits}{last}") for last in range(10)) == 1


@pytest.mark.parametrize(
    ("card", "passes"), [("4111111111111111", True), ("4111111111111112", False)]
)
def test_passes_luhn(card, passes):
    assert identity.passes_luhn(card) is passes
