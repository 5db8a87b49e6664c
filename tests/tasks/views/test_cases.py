"""Case list, export, case page and acts."""

from datetime import date
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from core.models import AuditEvent
from core.operations import new_key
from tasks.models import Case
from tests.households.factories import MemberFactory
from tests.tasks.factories import CaseFactory, GapFactory, happen, verifying

pytestmark = pytest.mark.django_db
LIST = "/cases/"


@pytest.fixture
def case(villages: Any) -> Case:
    return CaseFactory(household__village=villages.own)


def send(client: Any, case: Case, act: str, key: str = "", **fields: Any) -> Any:
    case.refresh_from_db()
    data = {
        "operation_key": key or new_key(),
        "base_version": case.version,
        "note": "已办",
        **fields,
    }
    return client.post(reverse("tasks:case_act", args=[case.number, act]), data)


class TestList:
    def test_shows_the_cases_of_the_area(
        self, client_for: Any, clerk: Any, case: Case, villages: Any
    ) -> None:
        far = CaseFactory(household__village=villages.other)

        page = client_for(clerk).get(LIST).content.decode()

        assert case.number in page
        assert far.number not in page

    def test_anonymous(self, client_for: Any) -> None:
        assert client_for(None).get(LIST).status_code == 302

    def test_wrong_role(self, client_for: Any, leader: Any) -> None:
        assert client_for(leader).get(LIST).status_code == 403

    def test_other_area(self, client_for: Any, clerk: Any, places: Any) -> None:
        assert client_for(clerk).get(LIST, {"area": places.other_township.pk}).status_code == 404

    @pytest.mark.parametrize(
        ("query", "count"),
        [
            ({}, 3),
            ({"state": "LIVE"}, 2),
            ({"state": "CLOSED"}, 1),
            ({"overdue": "true"}, 1),
            ({"indicator": "WAT-01"}, 3),
            ({"indicator": "HOU-01"}, 0),
            ({"month": "2019-10", "turn": "CLOSED"}, 1),
            ({"month": "2019-11", "turn": "CLOSED"}, 0),
            ({"standing": "2019-10-05"}, 3),
            ({"standing": "2019-11-05"}, 2),
            ({"number": "1999"}, 0),
            ({"month": "2019-10"}, 3),
            ({"turn": "CLOSED"}, 1),
            ({"task": "none"}, 3),
            ({"state": "NOSUCH"}, 0),
        ],
    )
    def test_conditions(
        self,
        client_for: Any,
        clerk: Any,
        case: Case,
        villages: Any,
        query: dict[str, str],
        count: int,
    ) -> None:
        CaseFactory(household__village=villages.own, due_on=date(2019, 12, 1))
        closed = verifying(household__village=villages.own)
        happen(closed, "CLOSED", on=date(2019, 10, 20))

        response = client_for(clerk).get(LIST, query)

        assert len(response.context["rows"]) == count

    def test_twice_closed_in_a_month_is_said(
        self, client_for: Any, clerk: Any, villages: Any
    ) -> None:
        twice = verifying(household__village=villages.own)
        for kind in ("CLOSED", "REOPENED", "ASSIGNED", "STARTED", "APPLIED", "MET", "CLOSED"):
            happen(twice, kind)

        page = client_for(clerk).get(LIST, {"month": "2019-10", "turn": "CLOSED"}).content.decode()

        assert "2 件次，涉及 1 件" in page

    def test_queries_do_not_grow(self, client_for: Any, clerk: Any, villages: Any) -> None:
        def count() -> int:
            with CaptureQueriesContext(connection) as seen:
                assert client_for(clerk).get(LIST).status_code == 200
            return len(seen)

        CaseFactory.create_batch(3, household__village=villages.own)
        few = count()
        CaseFactory.create_batch(15, household__village=villages.next)
        assert count() == few

    def test_fragment(self, htmx_client: Any, clerk: Any, case: Case) -> None:
        page = htmx_client(clerk).get(LIST, headers={"HX-Target": "case-table"}).content.decode()

        assert case.number in page
        assert "<html" not in page

    def test_export(self, client_for: Any, clerk: Any, inspector: Any, case: Case) -> None:
        response = client_for(clerk).get("/cases/export/")

        assert response.status_code == 200
        assert response.content[:2] == b"PK"
        assert client_for(inspector).get("/cases/export/").status_code == 403


class TestDetail:
    def test_household_case(self, client_for: Any, clerk: Any, case: Case) -> None:
        GapFactory(household=case.household)

        page = client_for(clerk).get(case.get_absolute_url()).content.decode()

        assert "未达标" in page
        assert case.household.head_name in page

    def test_member_and_village_cases(self, client_for: Any, clerk: Any, villages: Any) -> None:
        member = MemberFactory(household__village=villages.own)
        of_member = CaseFactory(
            household=member.household,
            member=member,
            subject_kind="MEMBER",
            subject_id=member.pk,
            indicator="MED-01",
        )
        of_village = CaseFactory(
            household=None,
            village=villages.own,
            subject_kind="VILLAGE",
            subject_id=villages.own.pk,
            indicator="PWR-01",
        )

        for each in (of_member, of_village):
            assert client_for(clerk).get(each.get_absolute_url()).status_code == 200

    def test_other_township_does_not_find_it(
        self, client_for: Any, other_clerk: Any, case: Case
    ) -> None:
        assert client_for(other_clerk).get(case.get_absolute_url()).status_code == 404

    def test_buttons_of_the_role(
        self, client_for: Any, clerk: Any, county_user: Any, inspector: Any, case: Case
    ) -> None:
        shown = {
            user.username: [
                a["act"] for a in client_for(user).get(case.get_absolute_url()).context["acts"]
            ]
            for user in (clerk, county_user, inspector)
        }

        assert shown == {"clerk": [], "county_user": ["assign"], "inspector": []}

    def test_says_why_closing_is_not_offered(
        self, client_for: Any, county_user: Any, villages: Any
    ) -> None:
        case = verifying(household__village=villages.own)
        GapFactory(household=case.household)

        response = client_for(county_user).get(case.get_absolute_url())

        assert "不能销号" in response.content.decode()
        assert [each["act"] for each in response.context["acts"]] == ["return"]


class TestAct:
    def test_assign(self, client_for: Any, county_user: Any, case: Case) -> None:
        response = send(client_for(county_user), case, "assign", due_on="2019年11月30日")

        case.refresh_from_db()
        assert response.status_code == 302
        assert (case.state, case.due_on) == ("ASSIGNED", date(2019, 11, 30))
        assert AuditEvent.objects.filter(action="case.assigned").count() == 1

    def test_sent_twice_is_done_once(self, client_for: Any, clerk: Any, villages: Any) -> None:
        case = CaseFactory(household__village=villages.own, after=["ASSIGNED", "STARTED"])
        key, version = new_key(), case.version

        for _n in range(2):
            assert (
                send(client_for(clerk), case, "progress", key=key, base_version=version).status_code
                == 302
            )
        assert case.events.filter(kind="PROGRESS").count() == 1

    def test_wrong_role(self, client_for: Any, clerk: Any, case: Case) -> None:
        assert send(client_for(clerk), case, "assign").status_code == 403

    def test_other_township(self, client_for: Any, other_clerk: Any, case: Case) -> None:
        assert send(client_for(other_clerk), case, "start").status_code == 404

    def test_get_is_not_allowed(self, client_for: Any, county_user: Any, case: Case) -> None:
        assert (
            client_for(county_user)
            .get(reverse("tasks:case_act", args=[case.number, "assign"]))
            .status_code
            == 405
        )

    @pytest.mark.parametrize(
        ("act", "fields", "said"),
        [
            ("close", {}, "不能销号"),
            ("return", {"note": ""}, "还没有填写"),
            ("return", {"base_version": 1}, "已被他人更新"),
            ("grant", {}, "当前状态不能"),
            ("return", {"operation_key": ""}, "请刷新页面"),
        ],
    )
    def test_refusals_read_well(
        self,
        client_for: Any,
        county_user: Any,
        villages: Any,
        act: str,
        fields: dict[str, Any],
        said: str,
    ) -> None:
        case = verifying(household__village=villages.own)
        GapFactory(household=case.household)

        response = send(client_for(county_user), case, act, **fields)

        case.refresh_from_db()
        assert response.status_code == 200
        assert said in response.content.decode()
        assert case.state == "VERIFYING"

    def test_close(self, client_for: Any, county_user: Any, villages: Any) -> None:
        case = verifying(household__village=villages.own)

        assert send(client_for(county_user), case, "close").status_code == 302
        case.refresh_from_db()
        assert case.state == "CLOSED"
