"""The search box: what a text can mean, what it finds, and what is put on the trail."""

from importlib import import_module
from typing import Any

import pytest
from django.apps import apps
from django.db import connection
from hypothesis import given
from hypothesis import strategies as st

from core.models import AuditEvent
from households import search
from households.models import Household, HouseholdProfile, MemberProfile
from tests.households.factories import (
    HouseholdFactory,
    HouseholdProfileFactory,
    MemberProfileFactory,
)

LIST = "/households/"
NUMBER = "150222190001010019"


def found(text: str, user: Any) -> list[str]:
    rows = Household.objects.for_user(user).find(search.read(text)).order_by("village_id", "code")
    return [household.head_name for household in rows]


@pytest.mark.parametrize(
    ("text", "sought"),
    [
        ("", search.Sought("")),
        (" 李 占元 ", search.Sought("李占元", name="李占元", stem="李占元")),
        ("李", search.Sought("李", name="李")),
        ("那顺・巴雅尔", search.Sought("那顺·巴雅尔", name="那顺·巴雅尔", stem="那顺·巴雅尔")),
        ("德成永村", search.Sought("德成永村", name="德成永村", stem="德成永")),
        ("百灵庙嘎查", search.Sought("百灵庙嘎查", name="百灵庙嘎查", stem="百灵庙")),
        ("百灵庙嘎查村", search.Sought("百灵庙嘎查村", name="百灵庙嘎查村", stem="百灵庙")),
        ("马村", search.Sought("马村", name="马村", stem="马村")),
        ("１５０２２２１０５２０３", search.Sought("150222105203", code="150222105203")),
        (NUMBER, search.Sought(NUMBER, code=NUMBER, id_number=NUMBER)),
        (NUMBER + "43", search.Sought(NUMBER + "43", code=NUMBER + "43", id_number=NUMBER)),
        ("138 0000 6127", search.Sought("13800006127", code="13800006127", phone="13800006127")),
        ("+86-13800006127", search.Sought("+86-13800006127", code="+86-13800006127", phone="13800006127")),
        ("0472-7654321", search.Sought("0472-7654321", code="0472-7654321", phone="04727654321")),
    ],
)  # fmt: skip
def test_what_a_text_can_mean(text: str, sought: search.Sought) -> None:
    assert search.read(text) == sought


@pytest.mark.django_db
def test_village_is_found_by_its_stem_with_or_without_its_kind(
    clerk: Any, county_user: Any, villages: Any
) -> None:
    HouseholdFactory(village=villages.own, head_name="甲")
    HouseholdFactory(village=villages.next, head_name="乙")
    HouseholdFactory(village=villages.other, head_name="丙")

    for text in ("德成永", "德成", "德成永村", "德成永村委会", "德成永嘎查"):
        assert found(text, clerk) == ["甲"]
    assert found("金山村", clerk) == []
    assert found("金山村", county_user) == ["丙"]


@pytest.mark.django_db
def test_one_character_is_a_family_name_of_heads(clerk: Any, household: Household) -> None:
    HouseholdFactory(village=household.village, head_name="王大", with_members=0)

    assert found("李", clerk) == ["李占元"]
    assert found("李浩", clerk) == ["李占元"]


@pytest.mark.django_db
def test_telephone_of_household_or_member_is_exact(clerk: Any, household: Household) -> None:
    member = household.members.get(name="李浩然")
    MemberProfileFactory(member=member, phone="0472-7654321")
    HouseholdProfileFactory(
        household=HouseholdFactory(village=household.village, head_name="王大"), phone="13900001111"
    )

    assert found("13800006127", clerk) == ["李占元"]
    assert found("１３８ ００００ ６１２７", clerk) == ["李占元"]
    assert found("+86 138-0000-6127", clerk) == ["李占元"]
    assert found("04727654321", clerk) == ["李占元"]
    assert found("13900001111", clerk) == ["王大"]
    assert found("1380000612", clerk) == []


@pytest.mark.django_db
def test_look_up_by_number_is_on_the_trail_masked(
    client_for: Any, api_for: Any, clerk: Any, household: Household
) -> None:
    number = household.members.get(name="李占元").id_number

    assert "李占元" in client_for(clerk).get(LIST, {"q": number}).content.decode()
    assert client_for(clerk).get(LIST, {"q": "李占元"}).status_code == 200
    assert api_for(clerk).get("/api/v1/households/", {"q": "13800006127"}).json()["count"] == 1

    events = AuditEvent.objects.filter(action__startswith="household.search").order_by("pk")
    assert [(e.action, e.actor_id) for e in events] == [
        ("household.search_id", clerk.pk),
        ("household.search_phone", clerk.pk),
    ]
    assert events[0].detail["number"] == f"{number[:3]}{'*' * 13}{number[-2:]}"
    assert events[1].detail["number"] == "138****6127"


@pytest.mark.django_db
def test_a_few_digits_are_too_short(
    client_for: Any, api_for: Any, clerk: Any, household: Household
) -> None:
    html = client_for(clerk).get(LIST, {"q": "150"}).content.decode()

    assert "太短" in html
    assert "李占元" not in html
    assert api_for(clerk).get("/api/v1/households/", {"q": "１５"}).status_code == 400


@pytest.mark.django_db
def test_migration_gives_old_versions_their_digest(clerk: Any, household: Household) -> None:
    member = MemberProfileFactory(member=household.members.get(name="李浩然"), phone="15400001111")
    migration = import_module("households.migrations.0011_finding")
    tables = [HouseholdProfile._meta.db_table, MemberProfile._meta.db_table]
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        for table in tables:
            cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER {table}_guard")
            cursor.execute(f"UPDATE {table} SET phone_digest = NULL")
    assert found("15400001111", clerk) == []

    migration.fill_digests(apps, type("Editor", (), {"connection": connection}))

    assert found("15400001111", clerk) == ["李占元"]
    assert found("13800006127", clerk) == ["李占元"]
    assert MemberProfile.objects.exclude(pk=member.pk).get().phone_digest is None


@given(text=st.text(max_size=80))
def test_any_text_can_be_read(text: str) -> None:
    sought = search.read(text)

    assert len(sought.text) <= search.LONGEST
    assert not (sought.name and sought.code)
    assert sought.id_number not in sought.masked or not sought.id_number


@pytest.mark.django_db
def test_any_text_can_be_searched(clerk: Any, household: Household) -> None:
    @given(text=st.text(max_size=70) | st.from_regex(r"[0-9Xx１-９ +()-]{1,24}", fullmatch=True))
    def never_fails(text: str) -> None:
        assert len(found(text, clerk)) <= 1

    never_fails()
