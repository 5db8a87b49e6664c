"""Celery entry points of the background work. They ring and listen; `core.work` does."""

import logging
import threading

from celery import shared_task
from django.db import transaction

from core import clock, work

logger = logging.getLogger(__name__)


@shared_task(name="core.work")
def do_work() -> None:
    """Do whatever is queued."""
    work.work()


@shared_task(name="core.sweep")
def sweep() -> None:
    """Revive orphans and ring again for whatever still waits."""
    if work.sweep(at=clock.now()):
        work.work()


def ring_on_commit(bells: int = 1) -> None:
    """Wake `bells` workers once the current transaction has committed.

    Never fails and never blocks: the rows are in PostgreSQL, and the sweeper rings again within
    thirty seconds, so a broker that is away or hangs costs the user nothing.
    """
    transaction.on_commit(
        lambda: threading.Thread(target=_ring, args=(bells,), daemon=True).start()
    )


def _ring(bells: int) -> None:
    try:
        for _ in range(bells):
            do_work.delay()
    except Exception:
        logger.warning("The bell could not be rung; the sweeper will", exc_info=True)
