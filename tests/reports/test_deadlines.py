"""The 8th, to the second, in every zone a server may think in."""

from datetime import UTC, date, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest

from reports import deadlines
from reports.enums import ObligationState, Timeliness

SH = ZoneInfo("Asia/Shanghai")
NY = ZoneInfo("America/New_York")
LONDON = ZoneInfo("Europe/London")
TOKYO = ZoneInfo("Asia/Tokyo")
AUCKLAND = ZoneInfo("Pacific/Auckland")
WEST = timezone(timedelta(hours=-12))
ON, LATE = Timeliness.ON_TIME, Timeliness.LATE


def at(zone, *parts):
    return datetime(*parts, tzinfo=zone)


# month reported, moment of arrival, judgement
ARRIVALS = [
    # The evening of the 8th in Shanghai, second by second.
    ((2019, 10), at(SH, 2019, 11, 1, 0, 0, 0), ON),
    ((2019, 10), at(SH, 2019, 11, 7, 23, 59, 58), ON),
    ((2019, 10), at(SH, 2019, 11, 8, 0, 0, 0), ON),
    ((2019, 10), at(SH, 2019, 11, 8, 23, 59, 58), ON),
    ((2019, 10), at(SH, 2019, 11, 8, 23, 59, 59), ON),
    ((2019, 10), at(SH, 2019, 11, 8, 23, 59, 59, 999999), ON),
    ((2019, 10), at(SH, 2019, 11, 9, 0, 0, 0), LATE),
    ((2019, 10), at(SH, 2019, 11, 9, 0, 0, 0, 1), LATE),
    ((2019, 10), at(SH, 2019, 11, 9, 23, 59, 59), LATE),
    ((2019, 10), at(SH, 2019, 12, 8, 12, 0, 0), LATE),
    # Before the month is over: early is in time.
    ((2019, 10), at(SH, 2019, 10, 31, 12, 0, 0), ON),
    # The same midnight told in UTC (16:00 of the 8th).
    ((2019, 10), at(UTC, 2019, 11, 8, 15, 59, 59), ON),
    ((2019, 10), at(UTC, 2019, 11, 8, 15, 59, 59, 999999), ON),
    ((2019, 10), at(UTC, 2019, 11, 8, 16, 0, 0), LATE),
    ((2019, 10), at(UTC, 2019, 11, 8, 23, 59, 59), LATE),
    ((2019, 10), at(UTC, 2019, 11, 7, 16, 0, 0), ON),
    # In New York, winter (−5) and summer (−4): its daylight saving moves nothing here.
    ((2019, 10), at(NY, 2019, 11, 8, 10, 59, 59), ON),
    ((2019, 10), at(NY, 2019, 11, 8, 11, 0, 0), LATE),
    ((2019, 6), at(NY, 2019, 7, 8, 11, 59, 59), ON),
    ((2019, 6), at(NY, 2019, 7, 8, 12, 0, 0), LATE),
    ((2019, 2), at(NY, 2019, 3, 8, 10, 59, 59), ON),
    ((2019, 2), at(NY, 2019, 3, 8, 11, 0, 0), LATE),
    # London, either side of its change; Tokyo and Auckland are ahead; twelve hours west is behind.
    ((2019, 9), at(LONDON, 2019, 10, 8, 16, 59, 59), ON),
    ((2019, 9), at(LONDON, 2019, 10, 8, 17, 0, 0), LATE),
    ((2019, 10), at(LONDON, 2019, 11, 8, 15, 59, 59), ON),
    ((2019, 10), at(LONDON, 2019, 11, 8, 16, 0, 0), LATE),
    ((2019, 10), at(TOKYO, 2019, 11, 9, 0, 59, 59), ON),
    ((2019, 10), at(TOKYO, 2019, 11, 9, 1, 0, 0), LATE),
    ((2019, 10), at(AUCKLAND, 2019, 11, 9, 4, 59, 59), ON),
    ((2019, 10), at(AUCKLAND, 2019, 11, 9, 5, 0, 0), LATE),
    ((2019, 10), at(WEST, 2019, 11, 8, 3, 59, 59), ON),
    ((2019, 10), at(WEST, 2019, 11, 8, 4, 0, 0), LATE),
    # Year end: December is due in January.
    ((2019, 12), at(SH, 2020, 1, 8, 23, 59, 59), ON),
    ((2019, 12), at(SH, 2020, 1, 9, 0, 0, 0), LATE),
    ((2019, 12), at(UTC, 2020, 1, 8, 16, 0, 0), LATE),
    ((2019, 12), at(SH, 2019, 12, 31, 23, 59, 59), ON),
    ((2018, 12), at(SH, 2019, 1, 8, 23, 59, 59), ON),
    ((2018, 12), at(SH, 2019, 1, 9, 0, 0, 0), LATE),
    # Around February, leap year and not.
    ((2020, 1), at(SH, 2020, 2, 8, 23, 59, 59), ON),
    ((2020, 1), at(SH, 2020, 2, 9, 0, 0, 0), LATE),
    ((2020, 1), at(SH, 2020, 2, 29, 0, 0, 0), LATE),
    ((2020, 2), at(SH, 2020, 2, 29, 23, 59, 59), ON),
    ((2020, 2), at(SH, 2020, 3, 8, 23, 59, 59), ON),
    ((2020, 2), at(SH, 2020, 3, 9, 0, 0, 0), LATE),
    ((2019, 2), at(SH, 2019, 3, 8, 23, 59, 59), ON),
    ((2019, 2), at(SH, 2019, 3, 9, 0, 0, 0), LATE),
    # A due day on a Sunday or in the spring festival is not moved.
    ((2019, 8), at(SH, 2019, 9, 8, 23, 59, 59), ON),
    ((2019, 8), at(SH, 2019, 9, 9, 0, 0, 0), LATE),
    ((2019, 1), at(SH, 2019, 2, 8, 23, 59, 59), ON),
    ((2019, 1), at(SH, 2019, 2, 9, 0, 0, 0), LATE),
    # China kept summer time in 1991: the midnight is still Shanghai's own.
    ((1991, 6), at(SH, 1991, 7, 8, 23, 59, 59), ON),
    ((1991, 6), at(SH, 1991, 7, 9, 0, 0, 0), LATE),
]


@pytest.mark.parametrize(("month", "arrived", "expected"), ARRIVALS)
def test_timeliness_is_judged_by_the_midnight_of_shanghai(month, arrived, expected):
    due = deadlines.due_at(date(*month, 1))

    assert deadlines.timeliness(arrived, due) == expected


@pytest.mark.parametrize(("month", "arrived", "expected"), ARRIVALS[:20])
def test_timeliness_does_not_depend_on_the_zone_the_due_moment_is_told_in(month, arrived, expected):
    due = deadlines.due_at(date(*month, 1)).astimezone(UTC)

    assert deadlines.timeliness(arrived, due) == expected


@pytest.mark.parametrize(
    ("month", "due_day", "expected"),
    [
        (date(2019, 10, 1), 8, date(2019, 11, 8)),
        (date(2019, 10, 31), 8, date(2019, 11, 8)),
        (date(2019, 12, 1), 8, date(2020, 1, 8)),
        (date(2019, 1, 1), 8, date(2019, 2, 8)),
        (date(2019, 1, 1), 5, date(2019, 2, 5)),
        (date(2019, 1, 1), 31, date(2019, 2, 28)),
        (date(2020, 1, 1), 31, date(2020, 2, 29)),
        (date(2019, 3, 1), 31, date(2019, 4, 30)),
        (date(9998, 12, 1), 8, date(9999, 1, 8)),
    ],
)
def test_the_due_day_lies_in_the_month_after(month, due_day, expected):
    assert deadlines.due_on(month, due_day) == expected


def test_the_due_moment_is_the_last_second_in_shanghai():
    assert deadlines.due_at(date(2019, 10, 1)).isoformat() == "2019-11-08T23:59:59+08:00"


def test_a_moved_deadline_is_honoured():
    moved = datetime(2019, 11, 11, 23, 59, 59, tzinfo=SH)

    assert deadlines.timeliness(at(SH, 2019, 11, 11, 23, 0, 0), moved) == ON
    assert deadlines.timeliness(at(SH, 2019, 11, 12, 0, 0, 0), moved) == LATE


@pytest.mark.parametrize(
    ("on", "left", "reminds"),
    [
        (date(2019, 11, 1), 7, False),
        (date(2019, 11, 5), 3, True),
        (date(2019, 11, 7), 1, False),
        (date(2019, 11, 8), 0, True),
        (date(2019, 11, 9), -1, False),
        (date(2019, 10, 31), 8, False),
        (date(2020, 2, 29), -113, False),
    ],
)
def test_days_left_count_to_the_due_day(on, left, reminds):
    due = deadlines.due_at(date(2019, 10, 1))

    assert deadlines.days_left(on, due) == left
    assert deadlines.is_reminder_day(on, due) is reminds


@pytest.mark.parametrize(
    ("day", "month", "end", "before", "after"),
    [
        (
            date(2019, 10, 15),
            date(2019, 10, 1),
            date(2019, 10, 31),
            date(2019, 9, 1),
            date(2019, 11, 1),
        ),
        (
            date(2020, 2, 29),
            date(2020, 2, 1),
            date(2020, 2, 29),
            date(2020, 1, 1),
            date(2020, 3, 1),
        ),
        (
            date(2019, 2, 28),
            date(2019, 2, 1),
            date(2019, 2, 28),
            date(2019, 1, 1),
            date(2019, 3, 1),
        ),
        (
            date(2019, 12, 31),
            date(2019, 12, 1),
            date(2019, 12, 31),
            date(2019, 11, 1),
            date(2020, 1, 1),
        ),
        (
            date(2020, 1, 1),
            date(2020, 1, 1),
            date(2020, 1, 31),
            date(2019, 12, 1),
            date(2020, 2, 1),
        ),
    ],
)
def test_months_begin_end_and_follow(day, month, end, before, after):
    assert deadlines.month_of(day) == month
    assert deadlines.month_end(day) == end
    assert deadlines.previous_month(day) == before
    assert deadlines.next_month(day) == after


def test_months_between_are_inclusive_and_may_be_none():
    months = deadlines.months_between(date(2018, 12, 5), date(2019, 2, 1))

    assert months == [date(2018, 12, 1), date(2019, 1, 1), date(2019, 2, 1)]
    assert deadlines.months_between(date(2019, 3, 1), date(2019, 2, 28)) == []


BEFORE, AFTER = at(SH, 2019, 11, 5, 10, 0), at(SH, 2019, 11, 9, 0, 0)


@pytest.mark.parametrize(
    ("first", "has_draft", "moment", "expected"),
    [
        (None, False, BEFORE, ObligationState.NOT_STARTED),
        (None, True, BEFORE, ObligationState.DRAFTING),
        (None, False, AFTER, ObligationState.OVERDUE),
        (None, True, AFTER, ObligationState.OVERDUE),
        (BEFORE, False, AFTER, ObligationState.FILED),
        (BEFORE, True, AFTER, ObligationState.FILED),
        (AFTER, False, AFTER, ObligationState.LATE),
    ],
)
def test_state_of_an_obligation(first, has_draft, moment, expected):
    due = deadlines.due_at(date(2019, 10, 1))

    assert (
        deadlines.obligation_state(
            first_submitted_at=first, has_draft=has_draft, due=due, at=moment
        )
        == expected
    )
