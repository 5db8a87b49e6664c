"""The registers and the changes of status for programs: scope, conditions, and what is veiled."""

from datetime import date
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.enums import Line, RoleCode
from households.models import DropoutCase, MonitoringCase, StatusProcess
from households.services import dropouts
from tests.accounts.factories import UserFactory, person
from tests.households.factories import HouseholdFactory, MemberFactory
from tests.households.registers.conftest import TODAY, act

pytestmark = pytest.mark.django_db


def watch(household: Any, **more: Any) -> MonitoringCase:
    return MonitoringCase.objects.create(
        household=household, clue_kind="CADRE", reported_on=date(2019, 10, 20),
        since_on=date(2019, 10, 20), due_on=date(2019, 11, 1), risks=["ILLNESS"], **more,
    )  # fmt: skip


def change(household: Any, day: date, **more: Any) -> StatusProcess:
    return StatusProcess.objects.create(
        kind="STOP_POLICY", household=household, village=household.village, name="赵有财",
        from_status="LIFTED_POLICY", to_status="LIFTED_NO_POLICY", step="REVIEW", opened_on=day,
        changed_on=day, opened_by=UserFactory(), **more,
    )  # fmt: skip


def items(client: Any, name: str, **asked: Any) -> list[dict[str, Any]]:
    response = client.get(f"/api/v1/{name}/", asked)
    assert response.status_code == 200, response.content
    found: list[dict[str, Any]] = response.json()["results"]
    return found


def test_dropouts_show_pupils_to_those_who_work_with_them(
    api_for: Any, dropout: DropoutCase, clerk: Any, inspector: Any, places: Any
) -> None:
    dropouts.verify_dropout(
        case=dropout, act=act(clerk, dropout, on=date(2019, 10, 2)), reason="WEARY"
    )
    [case] = items(api_for(clerk), "dropouts")
    assert (case["pupil"], case["reason"]) == ("赵小军", "WEARY")
    assert (case["state"], case["overdue"]) == ("VERIFIED", True)
    assert case["village"] == str(dropout.member.village_id)

    [case] = items(api_for(inspector), "dropouts")
    assert (case["pupil"], case["reason"], case["exemption"]) == ("赵**", None, None)
    housing = person(RoleCode.AGENCY, places.county, line=Line.HOUSING)
    assert items(api_for(housing), "dropouts") == []
    one = api_for(inspector).get(f"/api/v1/dropouts/{dropout.pk}/").json()
    assert one["pupil"] == "赵**"


def test_expired_exception_stands_open(api_for: Any, clerk: Any, dropout: DropoutCase) -> None:
    DropoutCase.objects.filter(pk=dropout.pk).update(
        state="EXEMPTED", due_on=date(2019, 11, 1), exempted_until=date(2019, 11, 1)
    )

    assert items(api_for(clerk), "dropouts", state="EXEMPTED") == []
    assert [c["state"] for c in items(api_for(clerk), "dropouts", state="VERIFIED")] == ["VERIFIED"]


def test_monitoring_masks_numbers_and_risks(
    api_for: Any, clerk: Any, inspector: Any, family: Any, villages: Any
) -> None:
    watch(family)
    number = "150222196804020015"
    MonitoringCase.objects.create(
        village=villages.own, head_name="钱守田", id_number=number, id_mask="150*************15",
        clue_kind="CADRE", reported_on=TODAY, since_on=TODAY, due_on=date(2019, 11, 10),
    )  # fmt: skip

    registered, stranger = items(api_for(clerk), "monitoring")

    assert (registered["risks"], registered["overdue"]) == (["ILLNESS"], True)
    assert (stranger["household"], stranger["name"]) == (None, "钱守田")
    assert stranger["id_number"] == "150*************15"
    assert number not in str(stranger)
    assert [c["risks"] for c in items(api_for(inspector), "monitoring")] == [[], []]
    assert len(items(api_for(clerk), "monitoring", overdue="True")) == 1
    assert items(api_for(clerk), "monitoring", village=villages.other.pk) == []


def test_changes_of_status_by_condition_and_area(
    api_for: Any, clerk: Any, city_user: Any, family: Any, villages: Any
) -> None:
    far = HouseholdFactory(village=villages.other)
    old = change(family, date(2019, 10, 1), applicant='{"members": []}')
    new = change(far, date(2019, 11, 1))

    found = items(api_for(city_user), "status-processes")

    assert [each["id"] for each in found] == [new.pk, old.pk]
    assert "applicant" not in found[0]
    assert [each["id"] for each in items(api_for(clerk), "status-processes")] == [old.pk]
    in_area = items(api_for(city_user), "status-processes", area=villages.own.pk)
    assert [each["id"] for each in in_area] == [old.pk]
    assert items(api_for(clerk), "status-processes", kind="EXIT") == []
    assert api_for(clerk).get("/api/v1/status-processes/?kind=x").status_code == 400


def test_nobody_writes_by_these(api_for: Any, county_user: Any, dropout: DropoutCase) -> None:
    for name in ("dropouts", "monitoring", "status-processes"):
        assert api_for(county_user).post(f"/api/v1/{name}/", {}).status_code == 405


@pytest.mark.parametrize("name", ["dropouts", "monitoring", "status-processes"])
def test_number_of_queries_does_not_grow(
    api_for: Any, clerk: Any, villages: Any, name: str
) -> None:
    client, counts = api_for(clerk), []
    client.get(f"/api/v1/{name}/")
    for _ in range(2):
        for household in HouseholdFactory.create_batch(3, village=villages.own):
            member = MemberFactory(household=household)
            DropoutCase.objects.create(
                member=member, source="VISIT", opened_on=TODAY, opened_by=clerk, since_on=TODAY,
                pursued_since=TODAY, due_on=TODAY,
            )  # fmt: skip
            watch(household)
            change(household, TODAY)
        with CaptureQueriesContext(connection) as seen:
            assert items(client, name)
        counts.append(len(seen))
    assert counts[0] == counts[1]
