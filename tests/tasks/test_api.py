from datetime import date
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from core.operations import new_key
from tasks import services
from tests.tasks.factories import AT, CaseFactory, GapFactory, plan, verifying

pytestmark = pytest.mark.django_db
URL = "/api/v1/cases/"


def send(api: Any, case: Any, act: str, key: str = "", **data: Any) -> Any:
    case.refresh_from_db()
    body = {"base_version": case.version, "note": "已办", **data}
    return api.post(
        f"{URL}{case.number}/{act}/",
        body,
        format="json",
        headers={"Idempotency-Key": key or new_key()},
    )


class TestCases:
    def test_list_and_filters(self, api_for: Any, clerk: Any, villages: Any) -> None:
        case = CaseFactory(household__village=villages.own)
        verifying(household__village=villages.next)
        CaseFactory(household__village=villages.other)

        found = api_for(clerk).get(URL).json()

        assert found["count"] == 2
        assert found["results"][0]["village_code"] == str(case.village_id)
        assert api_for(clerk).get(URL, {"state": "VERIFYING"}).json()["count"] == 1
        assert api_for(clerk).get(URL, {"area": str(villages.own.pk)}).json()["count"] == 1
        assert api_for(clerk).get(URL, {"area": str(villages.other.pk)}).status_code == 404

    def test_access(self, api_for: Any, leader: Any, clerk: Any, villages: Any) -> None:
        other = CaseFactory(household__village=villages.other)

        assert api_for(None).get(URL).status_code == 401
        assert api_for(leader).get(URL).status_code == 403
        assert api_for(clerk).get(f"{URL}{other.number}/").status_code == 404
        assert send(api_for(clerk), other, "start").status_code == 404

    def test_detail_tells_events_and_acts(
        self, api_for: Any, county_user: Any, villages: Any
    ) -> None:
        case = CaseFactory(household__village=villages.own)

        found = api_for(county_user).get(f"{URL}{case.number}/").json()

        assert [event["kind"] for event in found["events"]] == ["OPENED"]
        assert found["acts"] == ["assign"]

    def test_act_once(self, api_for: Any, county_user: Any, villages: Any) -> None:
        case, key = CaseFactory(household__village=villages.own), new_key()

        first = send(api_for(county_user), case, "assign", key, base_version=1, due_on="2019-12-01")
        second = send(
            api_for(county_user), case, "assign", key, base_version=1, due_on="2019-12-01"
        )

        case.refresh_from_db()
        assert (first.status_code, second.status_code) == (200, 200)
        assert (case.due_on, case.events.count()) == (date(2019, 12, 1), 2)

    def test_refusals(self, api_for: Any, county_user: Any, clerk: Any, villages: Any) -> None:
        case = verifying(household__village=villages.own)
        GapFactory(household=case.household)

        refused = send(api_for(county_user), case, "close")

        assert (refused.status_code, refused.json()["code"]) == (409, "GapStands")
        assert "达标" in refused.json()["detail"]
        assert send(api_for(clerk), case, "close").status_code == 403
        assert send(api_for(county_user), case, "close", base_version="x").status_code == 400
        assert (
            api_for(county_user).post(f"{URL}{case.number}/close/", {"base_version": 1}).status_code
            == 400
        )

    def test_extension_needs_a_date(self, api_for: Any, clerk: Any, villages: Any) -> None:
        case = CaseFactory(household__village=villages.own, after=["ASSIGNED"])

        assert send(api_for(clerk), case, "extension").status_code == 400
        assert (
            send(api_for(clerk), case, "extension", due_on="2019-12-31").json()["state"]
            == "EXTENSION"
        )

    def test_queries_do_not_grow(self, api_for: Any, county_user: Any, villages: Any) -> None:
        def count() -> int:
            with CaptureQueriesContext(connection) as seen:
                api_for(county_user).get(URL)
            return len(seen)

        CaseFactory.create_batch(2, household__village=villages.own)
        few = count()
        CaseFactory.create_batch(9, household__village=villages.own)
        assert count() == few


class TestTasks:
    def test_list(self, api_for: Any, clerk: Any) -> None:
        services.load_campaign(plan=plan(), at=AT)

        found = api_for(clerk).get("/api/v1/tasks/", {"is_leaf": "true"}).json()

        assert found["count"] == 20
        water = next(task for task in found["results"] if task["code"] == "BT-09")
        assert water["lead"] == [{"code": "SHW", "name": "市水务局"}]
        assert water["targets"][0]["metric"] == "饮水安全达标"

    def test_access(self, api_for: Any, helper: Any) -> None:
        assert api_for(None).get("/api/v1/tasks/").status_code == 401
        assert api_for(helper).get("/api/v1/tasks/").status_code == 403
