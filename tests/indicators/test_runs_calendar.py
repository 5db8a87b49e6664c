"""What the calendar changes is picked up by the night, without anybody touching a fact."""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

import pytest

from core import clock, work
from households.models import Household, IncomeYear, Insurance, Relocation, Schooling
from indicators import jobs
from indicators.enums import RunKind, RunState
from indicators.models import Result, Run, RunNight
from indicators.services import moment, recompute
from tests.indicators.factories import GOOD_INCOME, Teller
from villages.models import FactChange

INTEGERS = ("denominator", "numerator", "unknown", "exempt")
Tell = Callable[[Teller, Household], None]


def of_one(**values: Any) -> Tell:
    """Schooling of the household's only member."""
    return lambda teller, house: teller.tell(
        house.people[0], Schooling, values, since=date(2019, 1, 1)
    )


def insured_in_2018(teller: Teller, house: Household) -> None:
    teller.tell(house.people[0], Insurance, {"resident": True}, year=2018)


def earned_in_2018(teller: Teller, house: Household) -> None:
    teller.tell(house, IncomeYear, GOOD_INCOME, year=2018)


def owes(teller: Teller, house: Household) -> None:
    teller.tell(house, Relocation, {"is_relocated": True, "debt_yuan": 30000})


def nothing(_teller: Teller, _house: Household) -> None:
    return


EXEMPT = {
    "exemption": "DEFERRED_ENTRY", "exemption_document": "教基〔2019〕3号", "exemption_authority": "固阳县教育局",
    "exemption_valid_until": date(2019, 10, 15),
}  # fmt: skip
TAUGHT = {"student_status": "HOME_TEACHING", "home_taught_on": date(2019, 9, 1)}
# what · born · told · indicator · {night: (denominator, numerator, unknown, exempt)}
CASES = {
    "sixth birthday, then the first of September": (
        date(2013, 8, 20), nothing, "EDU-01",
        {date(2019, 8, 19): None, date(2019, 8, 20): (0, 0, 0, 1), date(2019, 8, 31): (0, 0, 0, 1),
         date(2019, 9, 1): (1, 0, 1, 0)},
    ),
    "sixteenth birthday": (
        date(2003, 9, 10), of_one(student_status="NOT_STUDENT"), "EDU-01",
        {date(2019, 9, 9): (1, 0, 0, 0), date(2019, 9, 10): None},
    ),
    "an exemption expires": (
        date(2010, 5, 1), of_one(student_status="NOT_STUDENT", **EXEMPT), "EDU-01",
        {date(2019, 10, 15): (0, 0, 0, 1), date(2019, 10, 16): (1, 0, 0, 0)},
    ),
    "home teaching grows old": (
        date(2010, 5, 1), of_one(**TAUGHT), "EDU-01",
        {date(2019, 10, 2): (1, 1, 0, 0), date(2019, 10, 3): (1, 0, 0, 0)},
    ),
    "the newborn's grace ends": (
        date(2019, 7, 1), nothing, "MED-01",
        {date(2019, 9, 29): (0, 0, 0, 1), date(2019, 9, 30): (1, 0, 1, 0)},
    ),
    "a new insurance year": (
        date(1980, 1, 1), insured_in_2018, "MED-01",
        {date(2018, 12, 31): (1, 1, 0, 0), date(2019, 1, 1): (1, 0, 1, 0)},
    ),
    "a standard comes into force": (
        date(1980, 1, 1), owes, "REL-03",
        {date(2018, 12, 31): None, date(2019, 1, 1): (1, 0, 0, 0)},
    ),
    "a new accounting year": (
        date(1980, 1, 1), earned_in_2018, "INC-01",
        {date(2019, 12, 30): (1, 1, 0, 0), date(2019, 12, 31): (1, 0, 1, 0)},
    ),
}  # fmt: skip


def figure(village: Any, code: str, on: date) -> tuple[int, ...] | None:
    return (
        Result.objects.as_of(on)
        .filter(village=village, indicator=code)
        .values_list(*INTEGERS)
        .first()
    )


@pytest.mark.parametrize("case", list(CASES))
def test_a_night_sees_what_the_calendar_has_changed(teller, villages, case):
    born, tell, code, nights = CASES[case]
    house = teller.household(villages.own, born=born)
    tell(teller, house)
    FactChange.objects.all().delete()

    for night in nights:
        recompute(on=night, at=teller.tick(), kind=RunKind.NIGHT)

    assert {night: figure(villages.own, code, night) for night in nights} == nights
    assert not FactChange.objects.exists()
    assert not RunNight.objects.filter(provisional=True).exists()


def test_the_accounting_year_turns_on_the_cited_day(teller):
    assert [moment(on).accounting_year for on in (date(2019, 12, 30), date(2019, 12, 31))] == [
        2018,
        2019,
    ]


def test_nights_that_were_missed_show_each_change_on_its_own_night(teller, villages, monkeypatch):
    """The machine was off for three nights; on one of them a child came of school age."""
    house = teller.household(villages.own, born=date(2003, 9, 10))
    of_one(student_status="NOT_STUDENT")(teller, house)
    FactChange.objects.all().delete()
    days = [date(2019, 9, 8) + timedelta(days=n) for n in range(4)]
    recompute(on=days[0], at=teller.tick(), kind=RunKind.NIGHT)

    def business_now() -> datetime:
        return datetime(2019, 9, 12, 9, tzinfo=clock.SHANGHAI)

    monkeypatch.setattr(clock, "business_now", business_now)
    jobs.nightly()
    work.work()

    runs = Run.objects.filter(kind=RunKind.NIGHT, state=RunState.DONE).order_by("pk")
    assert list(runs.values_list("on", flat=True)) == days
    found = [figure(villages.own, "EDU-01", day) for day in days]
    assert found == [(1, 0, 0, 0), (1, 0, 0, 0), None, None]
    jobs.nightly()
    assert not Run.objects.filter(state=RunState.RUNNING).exists()


def test_two_bells_at_once_start_one_night(teller, villages):
    teller.household(villages.own)
    FactChange.objects.all().delete()

    jobs.nightly()
    jobs.nightly()

    assert Run.objects.count() == 1
    work.work()
    jobs.nightly()
    assert [(run.on, run.state) for run in Run.objects.all()] == [
        (date(2019, 11, 4), RunState.DONE)
    ]
