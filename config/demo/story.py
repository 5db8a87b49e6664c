"""The demonstration, told in order: places, plan, people, registers, the year, its nights and its work."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

import yaml
from django.db import connection, transaction

from config.demo import (
    accounts,
    families,
    papers,
    processes,
    registers,
    surveys,
    watch,
    work,
    year,
)
from config.demo.year import moment
from config.management.commands.load_divisions import load_file
from core import audit
from core.models import AuditEvent
from indicators import services as indicators
from indicators.enums import RunKind
from indicators.quality import services as quality
from tasks import services as tasks
from tasks.management.commands.load_campaign import SHIPPED as PLAN
from villages.models import FactChange

NIGHTS = (
    date(2018, 12, 31),
    *(date(2019, m + 1, 1) - timedelta(days=1) for m in range(1, 11)),
    date(2019, 11, 4),
)
FIRST_CASES = date(
    2019, 3, 31
)  # the plan's work phase began in March; before it figures opened no case
FIRST_FINDINGS = date(2019, 9, 30)  # data quality was looked at from autumn on
EVERY_VILLAGE = (0, 10**12)
DONE = "demo.loaded"


@transaction.atomic
def tell(*, at: datetime, say: Callable[[str], None]) -> dict[str, Any]:
    """Load everything, or what is missing of places, standards and accounts when it was told before."""
    clock = _Clock(say)
    load_file(registers.DIVISIONS)
    indicators.load_standards(at=_early(at))
    tasks.load_campaign(plan=yaml.safe_load(PLAN.read_text(encoding="utf-8")), at=at)
    accounts.make_accounts()
    clock.lap("divisions, standards, plan, accounts")
    if AuditEvent.objects.filter(action=DONE).exists():
        return {"households": 0, "members": 0}
    made = registers.write()
    _analyze()
    clock.lap("registers")
    accounts.pair_helpers()
    told = year.live_through()
    work.hold_check_rounds()
    work.give_reasons()
    work.keep_filters()
    families.change_families()
    surveys.fill_village_forms()
    processes.open_processes()
    papers.file_papers()
    _analyze()
    clock.lap("the year's checks and changes")
    _nights(told, clock)
    watch.keep_registers()
    FactChange.objects.all().delete()  # the last night has read them
    clock.lap("nights, cases and the two registers")
    filed = work.file_reports()
    clock.lap("reports")
    summary = {
        "households": made["households"],
        "members": made["members"],
        "nights": len(NIGHTS),
        "filings": filed,
    }
    audit.record(action=DONE, by=None, at=at, detail=summary)
    return summary


def _early(at: datetime) -> datetime:
    """Standards must be on record before the first night that reads them."""
    return min(at, moment(date(2018, 1, 2)))


def _nights(told: year.Year, clock: _Clock) -> None:
    before: date | None = None
    for night in NIGHTS:
        if before and before >= FIRST_CASES:
            work.work_on_cases(told, since=before + timedelta(days=1), until=night)
        after_midnight = moment(night + timedelta(days=1), 0)
        run = indicators.recompute(on=night, at=after_midnight, kind=RunKind.NIGHT)
        if night >= FIRST_FINDINGS:
            quality.find_all(run=run, at=after_midnight)
        if night >= FIRST_CASES:
            tasks.sync_cases(
                low=EVERY_VILLAGE[0], high=EVERY_VILLAGE[1], on=night, at=after_midnight
            )
        before = night
        clock.lap(f"night {night}")


def _analyze() -> None:
    """Fresh statistics: the planner has not seen the rows of this transaction yet."""
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


class _Clock:
    def __init__(self, say: Callable[[str], None]) -> None:
        self.say, self.last = say, time.monotonic()

    def lap(self, what: str) -> None:
        now = time.monotonic()
        self.say(f"{now - self.last:6.2f} s  {what}")
        self.last = now
