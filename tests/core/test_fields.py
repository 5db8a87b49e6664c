"""Encrypted text: nobody reads it in the database, in another column, or with another key."""

import pytest
from cryptography.exceptions import InvalidTag
from hypothesis import given
from hypothesis import strategies as st

from core.fields import decrypt, encrypt, keyed_hash
from core.masking import mask_account, mask_id_number, mask_phone

NUMBER = "15020019600101001X"


def test_same_text_never_looks_the_same():
    assert encrypt(NUMBER, bound_to="t.c") != encrypt(NUMBER, bound_to="t.c")


@given(st.text())
def test_what_is_sealed_opens(text):
    assert decrypt(encrypt(text, bound_to="t.c"), bound_to="t.c") == text


def test_a_ciphertext_copied_to_another_column_does_not_open():
    with pytest.raises(InvalidTag):
        decrypt(encrypt(NUMBER, bound_to="t.phone"), bound_to="t.account")


def test_altered_text_does_not_open():
    sealed = encrypt(NUMBER, bound_to="t.c")
    altered = sealed[:-6] + ("A" if sealed[-6] != "A" else "B") + sealed[-5:]

    with pytest.raises(InvalidTag):
        decrypt(altered, bound_to="t.c")


def test_another_key_does_not_open(settings):
    sealed = encrypt(NUMBER, bound_to="t.c")
    settings.FIELD_KEY = "another"

    with pytest.raises(InvalidTag):
        decrypt(sealed, bound_to="t.c")


def test_unknown_version_is_refused():
    with pytest.raises(ValueError, match="v9"):
        decrypt("v9:AAAA", bound_to="t.c")


def test_search_hash_needs_the_key_and_the_whole_number(settings):
    ours = keyed_hash(NUMBER)
    settings.FIELD_KEY = "another"

    assert len(ours) == 16
    assert keyed_hash(NUMBER) != ours
    assert keyed_hash("") == b""


@pytest.mark.parametrize(
    ("mask", "number", "shown"),
    [
        (mask_id_number, NUMBER, "150" + "*" * 13 + "1X"),
        (mask_id_number, "1234567", "*******"),
        (mask_phone, "13812341234", "138****1234"),
        (mask_phone, "12345", "*****"),
        (mask_account, "6228480000001234", "************1234"),
        (mask_account, "123", "***"),
        (mask_account, "", ""),
    ],
)
def test_masks(mask, number, shown):
    assert mask(number) == shown


def test_member_numbers_lie_encrypted_in_the_database(db):
    from django.db import connection

    from households.models import Member
    from tests.households.factories import MemberFactory

    member = MemberFactory()

    with connection.cursor() as cursor:
        cursor.execute("SELECT id_number FROM households_member WHERE id = %s", [member.pk])
        stored = cursor.fetchone()[0]
    assert stored.startswith("v1:")
    assert member.id_number not in stored
    assert Member.objects.by_id_number(member.id_number).get().id_number == member.id_number
