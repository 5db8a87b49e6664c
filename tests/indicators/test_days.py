"""Periods of the office's procedures are standards with a place, a validity and a citation."""

from datetime import date
from typing import Any

import pytest

from core import clock, slots
from households import services as households
from indicators import views
from indicators.models import Parameter
from indicators.services import load_standards
from indicators.standards import StandardValue, read_standards

pytestmark = pytest.mark.django_db
DAY = date(2019, 11, 5)


def standard(code: str, value: str, region: str = "", valid_from: date = date(2013, 1, 1)) -> Any:
    return StandardValue(
        code=code, name="x", unit="天", direction="HIGHER", by_year=False, region=region,
        valid_from=valid_from, valid_to=None, value=value, document="house-default", section="一",
        note="",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("code", "ask", "days", "document"),
    [
        ("public_notice_days_village", views.notice_days, 7, "nm-leaflet-2018"),
        ("clue_check_days", views.clue_days, 5, "house-default"),
    ],
)
def test_days_are_those_of_the_cited_standard(
    villages: Any, code: str, ask: Any, days: int, document: str
) -> None:
    assert ask(villages.own.pk, DAY) is None
    load_standards(at=clock.now())

    assert ask(villages.own.pk, DAY) == days
    assert Parameter.objects.get(code=code).document == document


def test_notice_stands_as_long_as_its_area_and_date_ask(villages: Any) -> None:
    code = "public_notice_days_village"
    region = str(villages.own.pk)[:9]
    load_standards(
        at=clock.now(),
        values=[
            *(each for each in read_standards() if each.code != code),
            standard(code, "7"),
            standard(code, "10", region=region, valid_from=date(2019, 10, 1)),
        ],
    )
    slots.register("notice_days", views.notice_days)

    assert households.notice_days(villages.own.pk, DAY) == 10
    assert households.notice_days(villages.own.pk, date(2019, 9, 30)) == 7
    assert households.notice_days(villages.other.pk, DAY) == 7
