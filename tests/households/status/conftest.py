from datetime import UTC, date, datetime
from typing import Any

import pytest

from accounts.enums import RoleCode
from households import services
from households.models import Household, StatusProcess
from tests.accounts.factories import person
from tests.households.factories import HouseholdFactory, id_number

TODAY = date(2019, 11, 5)
AT = datetime(2019, 11, 5, 4, tzinfo=UTC)


def turn(by: Any, on: date = TODAY, version: int = 1, note: str = "", **more: Any) -> services.Turn:
    return services.Turn(
        by=by, at=AT, on=on, base_version=version, note=note, **{"today": TODAY, **more}
    )


@pytest.fixture
def second_county(places: Any) -> Any:
    """Another officer of the same county office."""
    return person(RoleCode.COUNTY_OFFICE, places.county, username="second_county")


@pytest.fixture
def family() -> dict[str, Any]:
    """A couple and a child that are not on the register, the head first."""
    told = [
        ("高有福", id_number(9001, date(1970, 3, 2)), "HEAD", "MALE", "1970-03-02"),
        ("赵秀兰", id_number(9002, date(1972, 6, 1), male=False), "SPOUSE", "FEMALE", "1972-06-01"),
        ("高小军", id_number(9003, date(2010, 8, 9)), "SON", "MALE", "2010-08-09"),
    ]
    names = ("name", "id_number", "relation", "sex", "birth_date")
    return {
        "members": [dict(zip(names, row, strict=True)) for row in told],
        "hamlet": "二组",
        "identify_standard": "NATIONAL",
        "cause_main": "ILLNESS",
        "phone": "13800006127",
    }


class Story:
    """Takes a process through its steps as the right people do, day by day."""

    VOTE = {"total": 40, "present": 32, "agree": 30, "against": 2}

    def __init__(self, village: Any, township: Any, county: Any) -> None:
        self.village, self.township, self.county = village, township, county

    def open(self, household: Household, kind: str, on: date = date(2019, 10, 1), **values: Any):
        return services.open_process(
            household=household, kind=kind, turn=turn(self.village, on), values=values
        )

    def step(self, process: StatusProcess, on: date, **more: Any) -> StatusProcess:
        """Take the step that is next; a notice is put up and taken down after its seven days."""
        process.refresh_from_db()
        by = self.actor(process.step)
        if process.step.endswith("NOTICE"):
            until = on.replace(day=on.day + 7)
            process = services.put_up_notice(
                process=process,
                turn=turn(by, on, process.version),
                until=until,
                phone="0472-8112233",
            )
            return services.end_notice(
                process=process, turn=turn(by, on.replace(day=on.day + 8), process.version)
            )
        if process.step == "APPROVAL":
            return services.approve_process(process=process, turn=turn(by, on, process.version))
        data = self.VOTE if "REVIEW" in process.step else {}
        return services.record_step(
            process=process,
            turn=turn(by, on, process.version),
            data=more.pop("data", data),
            **more,
        )

    def actor(self, step: str) -> Any:
        if step in ("COMPARISON", "APPROVAL"):
            return self.county
        return self.township if step.startswith("TOWNSHIP") else self.village

    def until(
        self, process: StatusProcess, step: str, on: date = date(2019, 10, 2)
    ) -> StatusProcess:
        """Go on until a step is next; each takes place on `on`, notices push it on."""
        process.refresh_from_db()
        while process.step != step:
            process = self.step(process, max(on, process.changed_on))
        return process

    def through(self, process: StatusProcess, on: date = TODAY) -> StatusProcess:
        return self.step(self.until(process, "APPROVAL"), on)


@pytest.fixture
def story(informant: Any, clerk: Any, county_user: Any) -> Story:
    return Story(informant, clerk, county_user)


@pytest.fixture
def registered(villages: Any) -> Any:
    def make(status: str = "NOT_LIFTED", **more: Any) -> Household:
        return HouseholdFactory(village=villages.own, status=status, with_members=2, **more)

    return make
