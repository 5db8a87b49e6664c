"""Jobs of the campaign: cases follow the figures."""

from datetime import date, datetime

from core import clock, work
from core.models import Job
from indicators.enums import RunState
from indicators.models import Run
from tasks import services

EVERYWHERE = (10**11, 10**12 - 1)


@work.handler("tasks.sync")
def sync(job: Job) -> None:
    """Bring the cases of some villages in line with the gaps of a date."""
    for low, high in job.payload["ranges"]:
        services.sync_cases(
            low=low, high=high, on=date.fromisoformat(job.payload["on"]), at=clock.now()
        )


def after_run(job: Job) -> None:
    """A run has finished: its range follows."""
    _enqueue(
        f"run:{job.payload['run']}",
        job.payload["on"],
        [[int(job.payload["low"]), int(job.payload["high"])]],
    )


def after_refresh(job: Job) -> None:
    """Some villages were recomputed by day: they follow."""
    villages = [[int(code), int(code)] for code in job.payload.get("villages", [])]
    if villages:
        _enqueue(f"refresh:{job.pk}", job.payload["on"], villages)


def queue_newest_run(at: datetime) -> None:
    """The newest run that no job has followed yet: one that was computed without jobs. A source of `core.work`."""
    run = Run.objects.filter(state=RunState.DONE).select_related("area").order_by("-pk").first()
    if run and not Job.objects.filter(kind="tasks.sync", key=f"run:{run.pk}").exists():
        low, high = run.area.range if run.area else EVERYWHERE
        _enqueue(f"run:{run.pk}", run.on.isoformat(), [[low, high]])


def _enqueue(key: str, on: str, ranges: list[list[int]]) -> None:
    work.enqueue(
        "tasks.sync", key, at=clock.now(), payload={"on": on, "ranges": ranges}, total=len(ranges)
    )
