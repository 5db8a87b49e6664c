from datetime import UTC, date, datetime
from typing import Any

import pytest

from core.facts import Provenance
from core.models import AuditEvent
from households import services
from households.models import Household, HouseholdCheck, Housing
from tests.households.factories import HouseholdFactory, HousingFactory

pytestmark = pytest.mark.django_db
URL = "/api/v1/checks/"


def body(household: Household, **more: Any) -> dict[str, Any]:
    return {
        "household": household.pk,
        "visited_on": "2019-11-04",
        "base_version": household.version,
        "confirmed": True,
        "unchanged": list(range(1, 10)),
        "answers": {"housing-grade": "C"},
        **more,
    }


def test_list_and_file_are_scoped_and_masked(
    api_for: Any, clerk: Any, household: Household, villages: Any
) -> None:
    HouseholdFactory(village=villages.other)

    listed = api_for(clerk).get("/api/v1/households/").json()
    file = api_for(clerk).get(f"/api/v1/households/{household.pk}/").json()

    assert listed["count"] == 1
    assert listed["results"][0]["village"] == str(villages.own.pk)
    assert listed["results"][0]["status"] == "LIFTED_POLICY"
    assert file["facts"]["housing"]["grade"] == "B"
    assert file["facts"]["householdprofile"]["phone"] == "138****6127"
    assert {m["name"] for m in file["members"]} == {"李占元", "李浩然"}
    assert "*" in file["members"][0]["id_number"]


def test_past_date_shows_what_held_then(api_for: Any, clerk: Any, household: Household) -> None:
    file = api_for(clerk).get(f"/api/v1/households/{household.pk}/?on=2018-12-31").json()

    assert file["on"] == "2018-12-31"
    assert file["facts"] == {"incomeyear": {}, "industrylink": {}}


def test_sector_officer_sees_only_the_own_line(
    api_for: Any, agency_user: Any, household: Household
) -> None:
    facts = api_for(agency_user).get(f"/api/v1/households/{household.pk}/").json()["facts"]

    assert "housing" in facts
    assert "householdstatus" in facts
    assert not {"water", "householdprofile", "foodclothing"} & set(facts)


def test_submitting_a_check_once_per_key(api_for: Any, clerk: Any, household: Household) -> None:
    api = api_for(clerk)

    first = api.post(URL, body(household), format="json", headers={"Idempotency-Key": "a"})
    second = api.post(URL, body(household), format="json", headers={"Idempotency-Key": "a"})
    stale = api.post(URL, body(household), format="json", headers={"Idempotency-Key": "b"})

    assert first.status_code == second.status_code == 201
    assert first.json() == second.json()
    assert first.json()["changes"][0]["new"] == "C"
    assert stale.status_code == 409
    assert stale.json()["fields"] == []  # what was sent is what is recorded
    assert HouseholdCheck.objects.count() == 1
    assert Housing.objects.as_of(date(2019, 11, 4)).get().grade == "C"


def test_stale_version_lists_where_the_other_differs(
    api_for: Any, clerk: Any, informant: Any, household: Household
) -> None:
    api_for(informant).post(URL, body(household), format="json", headers={"Idempotency-Key": "a"})
    mine = body(household, answers={"housing-grade": "D"})

    stale = api_for(clerk).post(URL, mine, format="json", headers={"Idempotency-Key": "b"})

    (field,) = stale.json()["fields"]
    assert stale.json()["base_version"] == str(household.version + 1)
    assert (field["field"], field["yours"], field["theirs"]) == ("housing-grade", "D级", "C级")
    assert (field["author"], field["since"]) == (str(informant), "2019-11-04")


def test_errors_name_the_field(api_for: Any, clerk: Any, household: Household) -> None:
    api = api_for(clerk)

    wrong = api.post(
        URL,
        body(household, visited_on="2019-12-01"),
        format="json",
        headers={"Idempotency-Key": "a"},
    )
    odd = api.post(
        URL,
        body(household, answers={"shoes": "2"}),
        format="json",
        headers={"Idempotency-Key": "b"},
    )
    keyless = api.post(URL, body(household), format="json")

    assert wrong.status_code == 400
    assert "visited_on" in wrong.json()
    assert odd.status_code == 400
    assert "shoes" in odd.json()
    assert keyless.status_code == 400


def test_who_may_ask(
    api_for: Any, leader: Any, inspector: Any, other_clerk: Any, household: Household
) -> None:
    assert api_for(None).get("/api/v1/households/").status_code == 401
    assert api_for(leader).get("/api/v1/households/").status_code == 403
    assert api_for(other_clerk).get(f"/api/v1/households/{household.pk}/").status_code == 404
    assert api_for(inspector).post(URL, body(household), format="json").status_code == 403
    found = api_for(other_clerk).post(
        URL, body(household), format="json", headers={"Idempotency-Key": "a"}
    )
    assert found.status_code == 404


def test_members_and_villages(
    api_for: Any, clerk: Any, household: Household, villages: Any
) -> None:
    members = api_for(clerk).get("/api/v1/members/", {"household": household.pk}).json()
    found = api_for(clerk).get("/api/v1/villages/", {"area": str(villages.own.pk)}).json()
    one = api_for(clerk).get(f"/api/v1/villages/{villages.own.pk}/")

    assert members["count"] == 2
    assert [v["code"] for v in found["results"]] == [str(villages.own.pk)]
    assert one.status_code == 200
    assert api_for(clerk).get(f"/api/v1/villages/{villages.other.pk}/").status_code == 404


def test_filters_are_those_of_the_page(
    api_for: Any, clerk: Any, household: Household, villages: Any
) -> None:
    other = HouseholdFactory(village=villages.own, status="RETURNED", head_name="韩四喜")
    HousingFactory(household=other)
    api = api_for(clerk)

    def codes(**query: Any) -> list[str]:
        return [row["code"] for row in api.get("/api/v1/households/", query).json()["results"]]

    assert codes(status="RETURNED") == codes(q="韩四") == [other.code]
    assert codes(cause="ILLNESS") == [household.code]
    assert codes(q=household.members.first().id_number) == [household.code]


def test_review_by_another_person_accepts_or_returns_once(
    api_for: Any, clerk: Any, other_clerk: Any, informant: Any, county_user: Any, household: Household
) -> None:  # fmt: skip
    api = api_for(informant)
    check = api.post(URL, body(household), headers={"Idempotency-Key": "a"}, format="json").json()
    here, back = f"{URL}{check['id']}/accept/", f"{URL}{check['id']}/return/"
    key = {"Idempotency-Key": "r"}

    assert api_for(informant).post(back, {"reason": "x"}, headers=key).status_code == 403
    assert api_for(county_user).post(here, headers=key).status_code == 403
    assert api_for(other_clerk).post(here, headers=key).status_code == 404
    assert api_for(clerk).post(here).status_code == 400
    assert api_for(clerk).post(back, {}, headers=key).json() == {"reason": ["该字段是必填项。"]}
    answers = [
        api_for(clerk).post(back, {"reason": "照片不清"}, headers=key) for _again in range(2)
    ]
    assert [answer.json()["state"] for answer in answers] == ["RETURNED", "RETURNED"]
    assert AuditEvent.objects.filter(action="check.return").count() == 1
    assert api_for(clerk).post(here, headers={"Idempotency-Key": "s"}).status_code == 409

    household.refresh_from_db()
    again = api.post(URL, body(household), headers={"Idempotency-Key": "b"}, format="json").json()
    accepted = (
        api_for(clerk).post(f"{URL}{again['id']}/accept/", headers={"Idempotency-Key": "t"}).json()
    )
    assert (accepted["state"], accepted["follows"]) == ("ACCEPTED", check["id"])


def test_state_is_read_as_known_then(api_for: Any, clerk: Any, household: Household) -> None:
    told = Provenance(
        valid_from=date(2019, 3, 1),
        at=datetime(2019, 10, 20, 4, tzinfo=UTC),
        by=clerk,
        source="OFFICE",
    )
    services.record_household_facts(
        household=household, changes={Housing: [({}, {"grade": "D"})]}, told=told
    )
    url = f"/api/v1/households/{household.pk}/?on=2019-06-30"

    def grade(more: str = "") -> str:
        return str(api_for(clerk).get(url + more).json()["facts"]["housing"]["grade"])

    assert (grade(), grade("&known_at=2019-10-19T12:00:00%2B08:00")) == ("D", "B")
    assert api_for(clerk).get(url + "&known_at=x").status_code == 400
    members = api_for(clerk).get(url).json()["members"]
    assert {"profile", "schooling", "insurance"} <= {name for m in members for name in m}
