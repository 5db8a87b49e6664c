"""Names and numbers however they are typed."""

from datetime import date

import pytest
from django import forms
from hypothesis import given
from hypothesis import strategies as st

from households.enums import Relation
from households.forms.people import IdNumberField, NameField, propose
from households.models import Member, Membership
from tests.households.factories import id_number

TODAY = date(2019, 11, 5)
FULL_WIDTH = {ord(c): ord(c) + 0xFEE0 for c in "0123456789X"}
syllables = st.text(
    st.characters(min_codepoint=0x4E00, max_codepoint=0x9FA5), min_size=1, max_size=6
)


@given(syllables, syllables, st.sampled_from("·•・‧．"), st.sampled_from(["", " ", "　"]))
def test_a_name_of_two_parts_has_one_dot(one: str, two: str, dot: str, space: str) -> None:
    assert NameField().clean(f" {one}{space}{dot}{space}{two} ") == f"{one}·{two}"


@given(st.text(max_size=20))
def test_any_text_is_a_name_or_refused(text: str) -> None:
    try:
        name = NameField(required=False).clean(text)
    except forms.ValidationError:
        return
    assert not name or (len(name) >= 2 and not name.startswith("·") and not name.endswith("·"))
    assert not any(c.isdigit() for c in name)


@pytest.mark.parametrize("name", ["乌兰巴特尔", "ᠪᠠᠭᠠᠲᠤᠷ", "Бат Эрдэнэ", "阿拉坦·其其格", "㐀欧"])
def test_names_of_every_people(name: str) -> None:
    assert NameField().clean(name) == name


@pytest.mark.parametrize("name", ["李", "李·", "李··强", "李强1", "李强（户主）", "李强,王梅"])
def test_what_is_no_name(name: str) -> None:
    with pytest.raises(forms.ValidationError):
        NameField().clean(name)


@given(
    st.integers(0, 9999),
    st.dates(date(1900, 1, 1), TODAY),
    st.booleans(),
    st.sampled_from(["", "11", "43", "74B3"]),
    st.booleans(),
    st.sampled_from(["", " ", "　", "\u200b"]),
)
def test_a_valid_number_is_read_however_typed(
    serial: int, born: date, male: bool, paper: str, full_width: bool, space: str
) -> None:
    number = id_number(serial, born, male=male)
    typed = space.join([*number, paper]) if space else number + paper
    typed = typed.translate(FULL_WIDTH) if full_width else typed.lower()
    found = IdNumberField(today=TODAY).clean(typed)

    assert found is not None
    assert (found.number, found.birth_date) == (number, born)
    assert found.sex == ("MALE" if male else "FEMALE")
    assert found.is_certificate == bool(paper)


@given(st.integers(0, 9999), st.integers(0, 17), st.sampled_from("0123456789"))
def test_one_wrong_digit_is_refused(serial: int, place: int, digit: str) -> None:
    number = id_number(serial)
    typed = number[:place] + digit + number[place + 1 :]
    if typed == number:
        return
    with pytest.raises(forms.ValidationError):
        IdNumberField(today=TODAY).clean(typed)


@pytest.mark.parametrize(
    ("new_head", "expected"),
    [
        (
            "SPOUSE",
            {"HEAD": "SPOUSE", "SON": "SON", "MOTHER": "HUSBANDS_MOTHER", "SIBLING": "OTHER"},
        ),
        (
            "SON",
            {"HEAD": "FATHER", "SPOUSE": "MOTHER", "MOTHER": "GRANDMOTHER", "SIBLING": "OTHER"},
        ),
        (
            "MOTHER",
            {"HEAD": "SON", "SPOUSE": "DAUGHTER_IN_LAW", "SON": "GRANDSON", "SIBLING": "SON"},
        ),
        ("SIBLING", {"HEAD": "OTHER", "SPOUSE": "OTHER", "SON": "OTHER", "MOTHER": "OTHER"}),
        ("HEAD", {}),
    ],
)
def test_relations_to_a_new_head_are_proposed(new_head: str, expected: dict[str, str]) -> None:
    people = [
        Membership(member_id=number, member=Member(pk=number, sex=sex), relation=Relation(relation))
        for number, (relation, sex) in enumerate(
            [("HEAD", "MALE"), ("SPOUSE", "FEMALE"), ("SON", "MALE"), ("MOTHER", "FEMALE"),
             ("SIBLING", "MALE")]
        )
    ]  # fmt: skip
    head_id = next(held.member_id for held in people if held.relation == new_head)
    found = propose(people, head_id)

    named = {str(held.relation): found[held.member_id] for held in people if found}
    assert named == (expected | {new_head: "HEAD"} if expected else {})
