"""The one clock of the business.

Business time (deadlines, facts, ages, the age of the last run) comes from `today` and
`business_now`; sessions, tokens, locks and `recorded_at` use `now`. Only interfaces (views, API,
jobs, commands) read a clock; services are handed `on=` and `at=`.
"""

from datetime import date, datetime
from zoneinfo import ZoneInfo

from django.conf import settings
from django.utils import timezone

SHANGHAI = ZoneInfo("Asia/Shanghai")


def now() -> datetime:
    """The real moment, aware, for anything that records when a thing was done."""
    return timezone.now()


def today() -> date:
    """The business date in Asia/Shanghai; the demonstration pins it to DEMO_DATE."""
    return business_now().date()


def business_now() -> datetime:
    """The moment that deadlines are judged by: the real time of day on the business date."""
    real = timezone.now().astimezone(SHANGHAI)
    if settings.DEMO and settings.DEMO_DATE:
        return datetime.combine(settings.DEMO_DATE, real.time(), tzinfo=SHANGHAI)
    return real
