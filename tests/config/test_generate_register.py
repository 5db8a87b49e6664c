import json
from datetime import date
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from accounts.models import Area
from core.models import AuditEvent
from households.identity import parse, parse_phone
from households.models import (
    HOUSEHOLD_THEMES,
    MEMBER_THEMES,
    Household,
    HouseholdProfile,
    Member,
    Membership,
)
from villages.models import VILLAGE_THEMES, FactChange, Village

HEAD = "code,name,level,parent_code\n"
PLACES = HEAD + (
    "150000000000,内蒙古自治区,province,\n"
    "150200000000,包头市,city,150000000000\n"
    "150222000000,固阳县,county,150200000000\n"
    "150222105000,银号镇,township,150222000000\n"
    "150222105001,银号社区居委会,village,150222105000\n"
    "150222105203,德成永村委会,village,150222105000\n"
    "150222105236,银号村委,village,150222105000\n"
    "150290001000,直辖镇,township,150200000000\n"
)


@pytest.fixture
def divisions(tmp_path: Path) -> Path:
    file = tmp_path / "divisions.csv"
    file.write_text(PLACES, encoding="utf-8")
    return file


def _run(*arguments: str) -> dict[str, Any]:
    out = StringIO()
    call_command(*arguments, "--json", stdout=out)
    return json.loads(out.getvalue().splitlines()[-1])


def _content() -> list[Any]:
    """Everything that was generated, by code, without database keys and moments of writing."""
    content: list[Any] = []
    for member in Member.objects.select_related("household").order_by("code"):
        content.append(
            (
                member.code,
                member.household.code,
                member.name,
                member.sex,
                member.birth_date,
                member.id_number,
            )
        )
    for theme in (*HOUSEHOLD_THEMES, *MEMBER_THEMES, *VILLAGE_THEMES):
        rows = theme.objects.order_by("village_id")
        facts = [
            (r.village_id, r.valid_from, r.valid_to, sorted(map(str, r.values().items())))
            for r in rows
        ]
        content.append((theme.__name__, sorted(map(str, facts))))
    return content


# --- load_divisions ---


@pytest.mark.django_db
def test_load_divisions_twice_changes_nothing(divisions: Path) -> None:
    first = _run("load_divisions", str(divisions))
    second = _run("load_divisions", str(divisions))

    assert first == {"rows": 8, "created": 8, "updated": 0, "unchanged": 0, "villages": 3}
    assert second == {"rows": 8, "created": 0, "updated": 0, "unchanged": 8, "villages": 0}
    assert Village.objects.count() == 3
    assert Area.objects.get(code=150290001000).parent_id == 150200000000
    assert AuditEvent.objects.filter(action="accounts.divisions_loaded").count() == 1


@pytest.mark.django_db
def test_load_divisions_updates_a_name(divisions: Path) -> None:
    _run("load_divisions", str(divisions))
    divisions.write_text(PLACES.replace("银号村委", "银号村委会"), encoding="utf-8-sig")

    assert _run("load_divisions", str(divisions))["updated"] == 1
    assert Area.objects.get(code=150222105236).name == "银号村委会"


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("row", "words"),
    [
        ("15022210520,短,village,150222105000", "12 位"),
        ("150222105207,,village,150222105000", "名称"),
        ("150222105207,某村,hamlet,150222105000", "级别"),
        ("150222105207,某村,village,", "缺少上级"),
        ("150222105207,某村,village,150222999000", "未登记"),
        ("150223105207,某村,village,150222105000", "之内"),
        ("150222105207,某村,village,150222105203", "不高于"),
        ("150222105203,又一次,village,150222105000", "重复"),
    ],
)
def test_load_divisions_refuses_a_bad_row_with_its_number(
    divisions: Path, row: str, words: str
) -> None:
    divisions.write_text(PLACES + row + "\n", encoding="utf-8")

    with pytest.raises(CommandError, match=f"第 10 行：.*{words}"):
        call_command("load_divisions", str(divisions))

    assert not Area.objects.exists()


# --- generate_register ---


@pytest.mark.django_db
def test_same_seed_gives_the_same_register(divisions: Path) -> None:
    _run("load_divisions", str(divisions))
    counts = _run("generate_register", "--households=40", "--seed=7")
    first = _content()
    for model in (FactChange, *HOUSEHOLD_THEMES, *MEMBER_THEMES, *VILLAGE_THEMES):
        _empty(model._meta.db_table)
    _empty("households_member")
    _empty("households_household")

    _run("generate_register", "--households=40", "--seed=7")

    assert counts["households"] == 40
    assert _content() == first


def _empty(table: str) -> None:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute(f"DELETE FROM {table}")
        cursor.execute("SET LOCAL session_replication_role = origin")


@pytest.mark.django_db
def test_households_that_exist_are_left_alone(divisions: Path) -> None:
    _run("load_divisions", str(divisions))
    _run("generate_register", "--households=20")
    before = _content()

    assert _run("generate_register", "--households=20")["households"] == 0
    assert _content() == before
    assert _run("generate_register", "--households=30")["households"] == 10


@pytest.mark.django_db
def test_people_are_valid_and_nobodys(divisions: Path) -> None:
    _run("load_divisions", str(divisions))
    _run("generate_register", "--households=120", "--area=150222105000")

    numbers = [member.id_number for member in Member.objects.all()]
    assert len(numbers) == len(set(numbers)) > 200
    for member in Member.objects.all():
        identity = parse(member.id_number, on=date(2019, 1, 1))
        assert identity.birth_date == member.birth_date
        assert identity.sex == member.sex
        assert member.id_number.startswith("1599")
        assert Member.objects.by_id_number(member.id_number).get() == member
    for profile in HouseholdProfile.objects.exclude(phone=""):
        assert parse_phone(profile.phone).startswith("154")
    heads = Membership.objects.filter(relation="HEAD")
    assert heads.count() == Household.objects.count() == 120
    assert all(1 <= home.members.count() <= 6 for home in Household.objects.all())
    assert not Household.objects.filter(
        village_id=150222105001
    ).exists()  # the town community keeps no register
    assert FactChange.objects.values("village").distinct().count() == 2


@pytest.mark.django_db
def test_generate_register_needs_villages() -> None:
    with pytest.raises(CommandError, match="load_divisions"):
        call_command("generate_register", "--households=5")
