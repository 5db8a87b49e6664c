"""When a monthly report is due, and whether it came in time: pure functions over Asia/Shanghai.

The Baotou plan, section 四(二), asks for the month's report by the 8th of the month after it. The
day counts whole: a report is on time if it arrives before the midnight that ends the due day. A
holiday moves nothing unless the obligation's own `due_at` is moved. A month is a first-of-month date.
"""

from calendar import monthrange
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from reports.enums import ObligationState, Timeliness

SHANGHAI = ZoneInfo("Asia/Shanghai")
DUE_DAY = 8  # where the standard report_due_day is not on file
LAST_SECOND = time(23, 59, 59)
REMINDER_DAYS = (3, 0)  # days before the due day: the 5th and the 8th


def month_of(day: date) -> date:
    """The month a day lies in."""
    return date(day.year, day.month, 1)


def next_month(month: date) -> date:
    return month_of(month_of(month) + timedelta(days=31))


def previous_month(month: date) -> date:
    return month_of(month_of(month) - timedelta(days=1))


def month_end(month: date) -> date:
    """The last day of the month, whose night the report's figures are as of."""
    return next_month(month) - timedelta(days=1)


def months_between(start: date, end: date) -> list[date]:
    """Months from one to the other, both inclusive; empty when the second comes first."""
    months, month = [], month_of(start)
    while month <= end:
        months.append(month)
        month = next_month(month)
    return months


def due_on(month: date, due_day: int = DUE_DAY) -> date:
    """The last day on which the report of `month` is in time; short months end earlier."""
    following = next_month(month)
    return following.replace(day=min(due_day, monthrange(following.year, following.month)[1]))


def due_at(month: date, due_day: int = DUE_DAY) -> datetime:
    """The last second of the due day, for display; `timeliness` judges by the midnight after it."""
    return datetime.combine(due_on(month, due_day), LAST_SECOND, tzinfo=SHANGHAI)


def closes_at(due: datetime) -> datetime:
    """The midnight that ends the due day: the first moment that is late."""
    return datetime.combine(
        due.astimezone(SHANGHAI).date() + timedelta(days=1), time.min, tzinfo=SHANGHAI
    )


def timeliness(submitted_at: datetime, due: datetime) -> Timeliness:
    """Whether a report that arrived at a moment (of any zone) came in time."""
    return Timeliness.ON_TIME if submitted_at < closes_at(due) else Timeliness.LATE


def days_left(on: date, due: datetime) -> int:
    """Days from a business date to the due day: 0 on the day itself, negative once it is past."""
    return (due.astimezone(SHANGHAI).date() - on).days


def is_reminder_day(on: date, due: datetime) -> bool:
    return days_left(on, due) in REMINDER_DAYS


def obligation_state(
    *, first_submitted_at: datetime | None, has_draft: bool, due: datetime, at: datetime
) -> ObligationState:
    """Where an obligation stands at a moment. Its first submission decides for good whether it was late."""
    if first_submitted_at is not None:
        on_time = timeliness(first_submitted_at, due) == Timeliness.ON_TIME
        return ObligationState.FILED if on_time else ObligationState.LATE
    if at >= closes_at(due):
        return ObligationState.OVERDUE
    return ObligationState.DRAFTING if has_draft else ObligationState.NOT_STARTED
