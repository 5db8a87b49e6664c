import json
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from accounts.models import User

pytestmark = pytest.mark.django_db


def made(*arguments: str) -> str:
    out = StringIO()
    call_command(*arguments, stdout=out)
    return out.getvalue()


def test_first_account_signs_in_and_must_change_its_password(client, places):
    told = json.loads(
        made(
            "create_account",
            "zhang",
            "--name",
            "张三",
            "--role",
            "township_clerk",
            "--area",
            str(places.township.code),
            "--json",
        )
    )

    client.post("/accounts/login/", {"username": "zhang", "password": told["password"]})
    answer = client.get("/")

    assert User.objects.get(username="zhang").must_change_password
    assert answer.status_code == 302
    assert "password" in answer["Location"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--role", "township_clerk", "--area", "999999999999"], "没有这个区划"),
        (["--role", "agency", "--area", "{area}"], "行业部门须指定单位"),
    ],
)
def test_refused_account_leaves_nothing(places, arguments, message):
    arguments = [a.format(area=places.township.code) for a in arguments]

    with pytest.raises(CommandError, match=message):
        made("create_account", "li", "--name", "李四", *arguments)

    assert not User.objects.filter(username="li").exists()


def test_name_is_given_once(places):
    arguments = [
        "create_account",
        "li",
        "--name",
        "李四",
        "--role",
        "leader",
        "--area",
        str(places.township.code),
    ]
    made(*arguments)

    with pytest.raises(CommandError, match="用户名已被使用"):
        made(*arguments)


def test_first_steps_name_what_is_missing():
    told = made("first_steps")

    assert told.count("待办") == 4
    assert "create_account" in told
