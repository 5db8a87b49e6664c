"""Jobs of the campaign: cases follow the figures."""

from datetime import date

from core import clock, work
from core.models import Job
from indicators.models import RunNight
from tasks import services


@work.handler("tasks.sync")
def sync(job: Job) -> None:
    """Bring the cases of some villages in line with the gaps of a date."""
    on = date.fromisoformat(job.payload["on"])
    for low, high in job.payload["ranges"]:
        if not _is_past(low, high, on):
            services.sync_cases(low=low, high=high, on=on, at=clock.now())


def after_run(job: Job) -> None:
    """A run has finished: its range follows."""
    low, high = int(job.payload["low"]), int(job.payload["high"])
    _enqueue(job, [[low, high]])


def after_refresh(job: Job) -> None:
    """Some villages were recomputed by day: they follow."""
    _enqueue(job, [[int(code), int(code)] for code in job.payload["villages"]])


def _enqueue(job: Job, ranges: list[list[int]]) -> None:
    payload = {"on": job.payload["on"], "ranges": ranges}
    work.enqueue("tasks.sync", f"{job.kind}:{job.pk}", at=clock.now(), payload=payload, total=len(ranges))


def _is_past(low: int, high: int, on: date) -> bool:
    """Whether a later night is on record: then these figures say nothing about the cases of now."""
    return RunNight.objects.filter(on__gt=on, low__lte=high, high__gte=low).exists()
