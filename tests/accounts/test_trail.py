"""操作记录: what the audit administrator reads and takes away."""

import io
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import openpyxl
import pytest
from django.conf import settings
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.enums import ACTION_LABELS, AUDITED
from accounts.filters import audited_kinds
from accounts.views.trail import browser_name
from core import audit
from core.models import AuditEvent

LIST = "/accounts/trail/"
EXPORT = "/accounts/trail/export/"
NOON = datetime(2019, 11, 4, 4, tzinfo=UTC)


@pytest.fixture
def acts(clerk, places):
    """Three acts: one of no place, one in the county, one in another."""

    def act(action, village, hours, **detail):
        return audit.record(
            action=action, by=clerk, at=NOON + timedelta(hours=hours), target=clerk,
            village_id=village.code if village else None, detail=detail,
        )  # fmt: skip

    return [
        act("account.sign_in", None, 0, address="10.1.1.1"),
        act("member.reveal_id", places.village, 1, purpose="核对身份"),
        act("household.export", places.far_village, 2, rows=12),
    ]


def seen(response):
    """Sign-ins of the test itself aside."""
    return [event.pk for event in response.context["rows"] if event.at.year == 2019]


def test_trail_shows_acts_in_words_the_newest_first(audit_admin, client_for, acts):
    response = client_for(audit_admin).get(LIST)

    text = response.content.decode()
    assert seen(response) == [acts[1].pk, acts[0].pk]
    for words in (
        "查看完整证件号码",
        "核对身份",
        "德成永村",
        "登录",
        "10.1.1.1",
        "2019-11-04 13:00",
    ):
        assert words in text
    assert "导出户档案" not in re.sub(r"(?s)<option.*?</option>", "", text)


def test_unknown_acts_stand_as_they_are(audit_admin, client_for):
    audit.record(action="moon.landed", by=None, at=NOON, detail={"crew": 3})

    text = client_for(audit_admin).get(LIST).content.decode()

    assert "moon.landed" in text
    assert "crew" in text


@pytest.mark.parametrize(
    ("conditions", "found"),
    [
        ({"actor": "测试员"}, [1, 0]),
        ({"actor": "没有此人"}, []),
        ({"action": "member.reveal_id"}, [1]),
        ({"target_type": "accounts.user", "since": "2019年11月4日"}, [1, 0]),
        ({"target_type": "accounts.grant"}, []),
        ({"target_id": "0"}, []),
        ({"since": "2019-11-05"}, []),
        ({"until": "2019-11-03"}, []),
        ({"since": "2019-11-04", "until": "2019-11-04"}, [1, 0]),
        ({"since": "不是日期"}, []),
    ],
)
def test_trail_is_searched(audit_admin, client_for, acts, conditions, found):
    response = client_for(audit_admin).get(LIST, conditions)

    assert seen(response) == [acts[number].pk for number in found]


def test_trail_asks_the_same_number_of_questions_for_many(
    audit_admin, client_for, places, django_assert_num_queries
):
    client = client_for(audit_admin)

    def act(hour):
        audit.record(
            action="village.facts", by=None, at=NOON + timedelta(hours=hour), target=places.village,
            village_id=places.village.code,
        )  # fmt: skip

    act(0)
    with CaptureQueriesContext(connection) as few:
        client.get(LIST)
    for hour in range(1, 30):
        act(hour)

    with django_assert_num_queries(len(few)):
        client.get(LIST)


def test_export_holds_the_same_acts_and_goes_on_the_trail(audit_admin, client_for, acts):
    response = client_for(audit_admin).post(
        f"{EXPORT}?action=member.reveal_id", {"reason": "季度检查"}
    )

    sheet = openpyxl.load_workbook(io.BytesIO(response.content)).active
    rows = [[cell.value for cell in row] for row in sheet.iter_rows()]
    assert rows[3][0] == "2019-11-04 13:00:00"
    assert rows[3][2] == "查看完整证件号码"
    assert len(rows) == 4
    event = AuditEvent.objects.get(action="audit.export")
    assert event.actor_id == audit_admin.pk
    assert event.detail == {
        "reason": "季度检查", "rows": 1, "conditions": {"action": "member.reveal_id"}
    }  # fmt: skip


def test_export_without_a_reason_is_refused(audit_admin, client_for, acts):
    response = client_for(audit_admin).post(EXPORT, {"reason": " "}, follow=True)

    assert "导出须写明原因" in response.content.decode()
    assert not AuditEvent.objects.filter(action="audit.export").exists()


@pytest.mark.parametrize("who", ["system_admin", "security_admin", "city_user", "clerk"])
def test_trail_is_for_the_audit_administrator_only(who, client_for, request):
    client = client_for(request.getfixturevalue(who))

    assert client.get(LIST).status_code == 403
    assert client.post(EXPORT, {"reason": "x"}).status_code == 403


def test_trail_needs_sign_in(client, db):
    assert client.get(LIST)["Location"].startswith("/accounts/login/")


def test_every_act_written_anywhere_has_a_label():
    root = Path(settings.BASE_DIR)
    apps = [
        "config",
        "core",
        "accounts",
        "villages",
        "households",
        "indicators",
        "tasks",
        "reports",
        "imports",
    ]
    written = {
        found
        for app in apps
        for path in (root / app).rglob("*.py")
        for found in re.findall(r'\baction="(\w+\.\w+)"', path.read_text(encoding="utf-8"))
    }

    assert len(written) > 30
    assert sorted(written - set(ACTION_LABELS)) == []


def test_every_step_of_a_case_has_a_label():
    from tasks.enums import EventKind

    assert {f"case.{kind.lower()}" for kind in EventKind.values} <= set(ACTION_LABELS)


def test_kinds_of_objects_exist():
    assert len(audited_kinds()) == len(AUDITED)


@pytest.mark.parametrize(
    ("agent", "name"),
    [
        (
            "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/109.0.0.0 Safari/537.36",
            "Chrome 109",
        ),
        (
            "Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/120.0 Safari/537.36 Edg/120.0",
            "Edge 120",
        ),
        ("curl/8.0", "curl/8.0"),
    ],
)
def test_browsers_are_named_shortly(agent, name):
    assert browser_name(agent) == name
