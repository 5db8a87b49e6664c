"""Background work of the register."""

from celery import shared_task

from core import clock
from households import services


@shared_task(name="households.sweep_evidence")
def sweep_evidence() -> None:
    """Delete what crashes left without a row; daily, and idempotent."""
    services.sweep_orphans(at=clock.now())


@shared_task(name="households.check_list_caches")
def check_list_caches() -> None:
    """Hold the list's days against checks and pairings, and set right what differs; daily."""
    services.repair_list_caches(at=clock.now())
