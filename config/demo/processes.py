"""Changes of status on their way in one village, each at another step."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any

from accounts.models import User
from config.demo.accounts import YINHAO_VILLAGE
from config.demo.year import moment
from households import services
from households.enums import Status
from households.identity import check_digit
from households.models import Household, StatusProcess
from villages.models import Village

TODAY = date(2019, 11, 5)
VOTE = {"total": 46, "present": 38, "agree": 35, "against": 2}
PHONE = "0472-8112236"


class _Office:
    """The three people of one village's processes; each takes the turns that are theirs."""

    def __init__(self) -> None:
        users = User.objects.in_bulk(
            ["by_informant", "by_township", "by_county"], field_name="username"
        )
        self.village, self.township, self.county = (
            users[name] for name in ("by_informant", "by_township", "by_county")
        )

    def turn(self, by: Any, on: date, version: int = 1, note: str = "") -> services.Turn:
        return services.Turn(
            by=by, at=moment(on, 10), on=on, today=TODAY, base_version=version, note=note
        )

    def propose(
        self, household: Household, kind: str, on: date, note: str = "", **values: Any
    ) -> StatusProcess:
        return services.open_process(
            household=household,
            kind=kind,
            turn=self.turn(self.village, on, note=note),
            values=values,
        )

    def step(self, process: StatusProcess, on: date, **data: Any) -> StatusProcess:
        by = {"TOWNSHIP_CHECK": self.township, "COMPARISON": self.county}.get(
            process.step, self.village
        )
        return services.record_step(
            process=process, turn=self.turn(by, on, process.version), data=data
        )

    def put_up(self, process: StatusProcess, on: date, until: date) -> StatusProcess:
        turn = self.turn(self.village, on, process.version)
        return services.put_up_notice(process=process, turn=turn, until=until, phone=PHONE)

    def take_down(self, process: StatusProcess, on: date) -> StatusProcess:
        return services.end_notice(
            process=process, turn=self.turn(self.village, on, process.version)
        )

    def plan(self, household: Household) -> None:
        """Mark a household as 预脱贫, decided by the county in September."""
        process = self.propose(household, "PRE_EXIT", date(2019, 9, 2), plan_exit_year=2019)
        process = self.step(process, date(2019, 9, 5), **VOTE)
        process = self.step(process, date(2019, 9, 12))
        services.approve_process(
            process=process, turn=self.turn(self.county, date(2019, 9, 20), process.version)
        )

    def exit(self, household: Household) -> StatusProcess:
        """An exit up to the notice."""
        self.plan(household)
        process = self.propose(
            household, "EXIT", date(2019, 10, 8), exit_year=2019, exit_way="INDUSTRY"
        )
        process = self.step(process, date(2019, 10, 11), **VOTE)
        return self.step(process, date(2019, 10, 15), income="6820.00")


def open_processes() -> int:
    """An exit on notice, two re-entries, one of them objected to, an end of support that waits for
    the county, and an identification. No decision changes who counts as poor. How many are under way."""
    office = _Office()
    for household in _households(Status.NOT_LIFTED)[:1]:
        _noticed(office, household)
    lifted = _households(Status.LIFTED_POLICY)
    for household, tell in zip(lifted, (_fell_back, _objected, _waiting_for_county), strict=False):
        tell(office, household)
    _applied(office)
    return StatusProcess.objects.live().count()


def _households(status: str) -> list[Household]:
    mine: Any = Household.objects.filter(village_id=YINHAO_VILLAGE).with_status(TODAY)
    rows: Iterable[Household] = mine.filter(status_now=status).order_by("code")
    return [row for row in rows if services.status_of(row, date(2019, 9, 20)) == status]


def _noticed(office: _Office, household: Household) -> None:
    office.put_up(office.exit(household), date(2019, 10, 31), date(2019, 11, 8))


def _fell_back(office: _Office, household: Household) -> StatusProcess:
    return office.propose(
        household,
        "RE_ENTRY",
        date(2019, 10, 21),
        "入户核查发现主要劳动力丧失劳动能力",
        return_year=2019,
        return_reason="LABOUR",
    )


def _objected(office: _Office, household: Household) -> None:
    process = office.step(_fell_back(office, household), date(2019, 10, 24))
    process = office.step(process, date(2019, 10, 28), **VOTE)
    process = office.put_up(process, date(2019, 10, 31), date(2019, 11, 8))
    turn = office.turn(
        office.village, date(2019, 11, 4), process.version, "有群众反映该户收入未计入打草收入"
    )
    services.object_to_notice(process=process, turn=turn)


def _waiting_for_county(office: _Office, household: Household) -> None:
    process = office.propose(
        household, "STOP_POLICY", date(2019, 10, 21), "子女均已就业，收入连续三年稳定"
    )
    process = office.step(process, date(2019, 10, 25), **VOTE)
    office.step(process, date(2019, 10, 30))


def _applied(office: _Office) -> None:
    people = [
        {"name": "段永胜", "relation": "HEAD", "sex": "MALE", "birth_date": "1965-04-12"},
        {"name": "冯改莲", "relation": "SPOUSE", "sex": "FEMALE", "birth_date": "1968-09-30"},
    ]
    for person, order in zip(people, ("117", "128"), strict=True):
        digits = f"159900{person['birth_date'].replace('-', '')}{order}"  # a county never assigned
        person["id_number"] = digits + check_digit(digits)
    process = services.open_identification(
        village=Village.objects.get(pk=YINHAO_VILLAGE),
        family={
            "members": people,
            "identify_standard": "NATIONAL",
            "cause_main": "DISASTER",
            "hamlet": "",
            "phone": "",
        },
        turn=office.turn(office.village, date(2019, 10, 29)),
    )
    office.step(process, date(2019, 11, 2), **VOTE)
