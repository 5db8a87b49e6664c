"""Background work of the reports: the month's obligations."""

from celery import shared_task

from core import clock
from reports import services


@shared_task(name="reports.open_month")
def open_month() -> None:
    """Open what is due on the business date; daily, and idempotent."""
    services.open_due_months(on=clock.today(), at=clock.now())
