import json
import time
from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction

from config.management.arguments import add_scope, an_area
from core import clock, work
from core.jobs import ring_on_commit
from indicators import services
from indicators.enums import RunKind, RunState
from indicators.models import Run


class Command(BaseCommand):
    help = (
        "The nightly run now: every indicator of every village as of a date (default: yesterday)."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        add_scope(parser, on_required=False)
        parser.add_argument(
            "--inline", action="store_true", help="in this process alone, without the workers' help"
        )
        parser.add_argument("--json", action="store_true")

    def handle(self, *args: Any, **options: Any) -> None:
        on = options["on"] or clock.today() - timedelta(days=1)
        area = an_area(options["area"])
        began = time.monotonic()
        try:
            if options["inline"]:
                run = services.recompute(on=on, area=area, at=clock.now())
                self._follow(run)
            else:
                run = self._with_workers(on, area)
        except services.RunInProgress as busy:
            raise CommandError(f"另一次重算正在进行：{busy}") from busy
        except services.NoStandards as none:
            raise CommandError("没有标准，请先运行 load_standards") from none
        totals = services.totals(run) | {"seconds": round(time.monotonic() - began, 2)}
        if options["json"]:
            self.stdout.write(json.dumps(totals))
        else:
            self.stdout.write(
                f"{on} 重算完成：{totals['villages']} 村 {totals['households']} 户 {totals['members']} 人，"
                f"结果变化 {totals['results_changed']}，新增差距 {totals['gaps_opened']}，"
                f"消除差距 {totals['gaps_closed']}，用时 {totals['seconds']} 秒"
            )

    def _follow(self, run: Run) -> None:
        """What upper apps do at the end of a run, done here too."""
        services.queue_finish(run, at=clock.now())
        work.work()

    def _with_workers(self, on: Any, area: Any) -> Run:
        """Queue the batches, ring the workers, lend a hand, and wait for the last one."""
        with transaction.atomic():
            run = services.start_run(on=on, kind=RunKind.MANUAL, area=area, at=clock.now())
            services.queue_run(run, at=clock.now())
            ring_on_commit(bells=2)
        while run.state == RunState.RUNNING:
            if not work.work(limit=1):
                time.sleep(0.2)
            run.refresh_from_db()
        if run.state == RunState.FAILED:
            raise CommandError(f"重算失败：{run.error}")
        work.work()
        return run
