from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from accounts.enums import Line
from households.dossier import Dossier, accounting_year, age_on
from households.forms.check import CheckForm
from households.models import Household, IncomeYear, Insurance
from tests.households.factories import IncomeYearFactory

pytestmark = pytest.mark.django_db


def form(
    household: Household, data: dict[str, Any], *, today: date, lines: Any = Line.values
) -> CheckForm:
    return CheckForm(data, dossier=Dossier(household, on=today, lines=lines), today=today)


@pytest.mark.parametrize(
    ("on", "year"),
    [
        (date(2019, 11, 5), 2018),
        (date(2019, 12, 30), 2018),
        (date(2019, 12, 31), 2019),
        (date(2020, 1, 1), 2019),
    ],
)
def test_accounting_year_turns_on_the_last_day(on: date, year: int) -> None:
    assert accounting_year(on) == year


def test_visit_before_the_turn_of_the_year_asks_for_the_other_accounting_year(
    household: Household, all_same: dict[str, Any]
) -> None:
    today = date(2020, 1, 10)
    data = {
        **all_same,
        "visited_on": "2019-12-20",
        "base_version": "1",
        "income_year": "2019",
        "incomeyear-wage_yuan": "1000",
    }

    wrong = form(household, data, today=today)
    right = form(household, {**data, "income_year": "2018"}, today=today)

    assert "2018 年度" in wrong.errors["visited_on"][0]
    assert right.is_valid(), right.errors
    assert right.answers()[IncomeYear] == [({"year": 2018}, {"wage_yuan": Decimal("1000.00")})]


def test_insurance_belongs_to_the_year_of_the_visit(
    household: Household, all_same: dict[str, Any]
) -> None:
    head = household.members.get(name="李占元")
    data = {
        **all_same,
        "visited_on": "2019-12-20",
        "base_version": "1",
        f"insurance-{head.pk}-kind": "NONE",
    }

    answers = form(household, data, today=date(2020, 1, 10))

    assert answers.is_valid(), answers.errors
    assert answers.answers()[Insurance] == [
        ({"member_id": head.pk, "year": 2019}, {"resident": False, "employee": False})
    ]


def test_pupils_are_of_school_age_or_recorded_in_school(household: Household) -> None:
    assert [p.member.name for p in form(household, {}, today=date(2019, 11, 5)).pupils] == [
        "李浩然"
    ]


def test_other_lines_sections_are_not_asked(household: Household) -> None:
    asked = form(household, {}, today=date(2019, 11, 5), lines={Line.HOUSING})

    assert asked.numbers == [1, 3, 10]
    assert "water-mode" not in asked.fields


def test_income_sum_is_the_printed_arithmetic(household: Household) -> None:
    IncomeYearFactory(household=household, year=2017, wage_yuan=None)
    dossier = Dossier(household, on=date(2019, 11, 5), lines=Line.values)

    assert dossier.income_sum is not None
    assert dossier.income_sum.text == "（18,000＋9,400＋600＋8,260−3,100）÷ 5"
    assert dossier.income_sum.net_per_person == Decimal("6632.00")


def test_age_counts_full_years() -> None:
    assert age_on(date(2004, 2, 29), date(2019, 2, 28)) == 14
    assert age_on(date(2004, 2, 29), date(2019, 3, 1)) == 15
    assert age_on(None, date(2019, 3, 1)) is None
