"""What a front end, a container or a duty officer asks: alive, ready, and if not, why."""

import logging
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, JsonResponse
from django.views.decorators.http import require_safe

from core import clock
from core.access import Access, guarded
from indicators import parity, services
from indicators.enums import RunState
from indicators.models import Run

logger = logging.getLogger(__name__)

NIGHT_ENDS_BY_HOUR = 6
PARITY_DAYS = 7
OLDEST_FULL_RUN_DAYS = 2  # last night's run, or the one before while tonight's is under way


@login_not_required
@guarded(Access(public=True))
@require_safe
def healthz(request: HttpRequest) -> JsonResponse:
    """The process is alive; nothing else is asked."""
    return JsonResponse({"status": "ok"})


@login_not_required
@guarded(Access(public=True))
@require_safe
def readyz(request: HttpRequest) -> JsonResponse:
    """Whether it can serve. An old or failed run, a missing worker only warn: figures show their date."""
    required = {
        "database": _database(),
        "migrations": _outcome(_migrations),
        "broker": _outcome(_broker),
    }
    warnings = {
        "last_full_run": _outcome(_last_full_run),
        "night": _outcome(_night),
        "parity": _outcome(_parity),
        "worker": _outcome(_workers),
    }
    ready = all(check["ok"] for check in required.values())
    status = "ok" if ready else "unavailable"
    return JsonResponse(
        {"status": status, "checks": required | warnings}, status=200 if ready else 503
    )


def _outcome(check: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    try:
        return check()
    except Exception as error:  # a health page reports what is broken, whatever it is
        logger.warning("Health check failed", exc_info=True)
        return {"ok": False, "detail": type(error).__name__}


def _database() -> dict[str, Any]:
    def select() -> dict[str, Any]:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
        return {"ok": True}

    return _outcome(select)


def _migrations() -> dict[str, Any]:
    executor = MigrationExecutor(connection)
    waiting = executor.migration_plan(executor.loader.graph.leaf_nodes())
    return {"ok": not waiting, "waiting": len(waiting)}


def _broker() -> dict[str, Any]:
    from config.celery import app

    with app.connection_for_write(
        transport_options=settings.CELERY_BROKER_TRANSPORT_OPTIONS
    ) as broker:
        broker.ensure_connection(max_retries=1, timeout=2)
    return {"ok": True}


def _last_full_run() -> dict[str, Any]:
    """The age, in business days, of the last run that covered everything."""
    last = Run.objects.filter(state=RunState.DONE, area=None).order_by("-on").first()
    if last is None:
        return {"ok": False, "on": None}
    days = (clock.today() - last.on).days
    return {"ok": days <= OLDEST_FULL_RUN_DAYS, "on": last.on.isoformat(), "days": days}


def _night() -> dict[str, Any]:
    """How the newest night went; not well if it failed, or if last night's has not ended by the morning."""
    run = Run.objects.newest_night()
    due = services.next_night(today=clock.today())
    late = due is not None and clock.business_now().hour >= NIGHT_ENDS_BY_HOUR
    state = {"on": run.on.isoformat(), "state": run.state} if run else {"on": None, "state": None}
    failed = run is not None and run.state == RunState.FAILED
    return {"ok": not (late or failed), "due": due.isoformat() if due else None, **state}


def _parity() -> dict[str, Any]:
    """Whether a run of the last days found that the day's figures had not been what they should."""
    run = parity.newest_difference(clock.today() - timedelta(days=PARITY_DAYS))
    if run is None:
        return {"ok": True, "differences": 0}
    found = parity.report(run)
    return {"ok": False, "on": run.on.isoformat(), "differences": found.difference_count}


def _workers() -> dict[str, Any]:
    from config.celery import app

    answers = app.control.ping(timeout=0.5, limit=1)
    return {"ok": bool(answers)}
