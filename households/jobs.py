"""Background work of the register."""

from celery import shared_task

from core import clock
from households import services


@shared_task(name="households.sweep_evidence")
def sweep_evidence() -> None:
    """Delete what crashes left without a row; daily, and idempotent."""
    services.sweep_orphans(at=clock.now())
