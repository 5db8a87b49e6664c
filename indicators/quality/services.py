"""Findings of a night and of the day; exceptions asked for and decided."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any

from django.db import IntegrityError, connection, transaction
from django.db.backends.utils import CursorWrapper
from django.utils.translation import gettext as _

from core import audit, work
from core.models import Job
from households.models import Evidence
from indicators import engine, nights, services
from indicators.enums import ExceptionState, RunState
from indicators.models import Finding, FindingBatch, FindingException, Run
from indicators.quality import sql

JOB = "indicators.findings"
DAY_JOB = "indicators.findings_day"
LONGEST_DAYS = 366  # an exception holds for a year at most


class ExceptionRefused(Exception):
    """An exception that cannot be asked for or decided; the text says why, `field` where."""

    def __init__(self, message: str, field: str = "") -> None:
        super().__init__(message)
        self.field = field


# --- nights --------------------------------------------------------------------------------------


def plan_batches(*, run: Run) -> list[FindingBatch]:
    """The run's ranges as batches of this night; again, it makes none twice."""
    FindingBatch.objects.bulk_create(
        [
            FindingBatch(run=run, on=run.on, low=low, high=high, watermark=run.watermark)
            for low, high in run.batches.order_by("low").values_list("low", "high")
        ],
        ignore_conflicts=True,
    )
    return list(run.finding_batches.filter(done_at=None).order_by("low"))


def queue_run(run: Run, *, at: datetime) -> None:
    """Hand a finished run's night to whoever works."""
    for batch in plan_batches(run=run):
        _queue(batch.pk, at)


def queue_batches(at: datetime) -> None:
    """Jobs for what is left of nights whose runs are done; a source of `core.work`.

    The newest run of the whole register is planned here where nothing followed its end: one that was
    computed without jobs, or before data quality was looked at. Figures go first: nothing is queued
    while a run is under way.
    """
    if Run.objects.filter(state=RunState.RUNNING).exists():
        return
    newest = Run.objects.filter(state=RunState.DONE, area=None).order_by("-on", "-pk").first()
    if newest is not None and not newest.finding_batches.exists():
        plan_batches(run=newest)
    for pk in FindingBatch.objects.filter(done_at=None).values_list("pk", flat=True):
        if work.may_retry(JOB, str(pk), at=at):
            _queue(pk, at)


def _queue(pk: int, at: datetime) -> None:
    work.enqueue(JOB, str(pk), at=at, payload={"batch": pk})


@transaction.atomic
def find_batch(*, batch: FindingBatch, at: datetime, job: Job | None = None) -> FindingBatch:
    """Look at one batch as of its night and watermark; again, it changes nothing.

    The villages are locked, so that night and day of one village follow one another.
    """
    if job is not None:
        work.still_mine(job)
    batch = FindingBatch.objects.select_for_update().get(pk=batch.pk)
    if batch.done_at:
        return batch
    units = engine.Units(low=batch.low, high=batch.high)
    written = _find(services.moment(batch.on, batch.watermark), units, batch.watermark)
    batch.begun_count, batch.ended_count = written.begun, written.ended
    batch.altered_count, batch.done_at = written.altered, at
    batch.save()
    return batch


def find_all(*, run: Run, at: datetime) -> int:
    """The whole night in this process; how many rows were written."""
    batches = [find_batch(batch=batch, at=at) for batch in plan_batches(run=run)]
    return sum(b.begun_count + b.ended_count + b.altered_count for b in batches)


@transaction.atomic
def find_in_villages(villages: Sequence[int], *, on: date, at: datetime) -> nights.Written:
    """Look at these villages as of the day that lasts, with everything known now.

    The night of this date confirms or corrects it. Costs about what one village's figures cost.
    """
    written = _find(services.moment(on), engine.Units(villages=villages), at)
    FindingBatch.objects.bulk_create(
        [
            FindingBatch(on=on, low=pk, high=pk, watermark=at, done_at=at)
            for pk in sorted(set(villages))
        ],
        ignore_conflicts=True,
    )
    return written


def queue_day(job: Job, at: datetime) -> None:
    """After a day's refresh of figures: the same villages' data quality, as a job of its own."""
    if job.payload.get("villages"):
        work.enqueue(DAY_JOB, str(job.pk), at=at, payload=job.payload)


def _find(when: engine.Moment, units: engine.Units, known_since: datetime) -> nights.Written:
    with connection.cursor() as cursor:
        _lock(cursor, when, units)
        sql.evaluate(cursor, when, units)
        nights.later_nights(cursor, when, units, nights.FOUND)
        return nights.write(cursor, nights.FINDINGS, when, units, known_since)


def _lock(cursor: CursorWrapper, when: engine.Moment, units: engine.Units) -> None:
    cursor.execute(
        f"SELECT area_id FROM villages_village v WHERE {units.sql('v.area_id')} ORDER BY 1 FOR NO KEY UPDATE",
        engine.bindings(when, units),
    )


# --- exceptions ----------------------------------------------------------------------------------


@transaction.atomic
def request_exception(
    *,
    finding: Finding,
    reason: str,
    expires_on: date,
    by: Any,
    on: date,
    at: datetime,
    evidence: Evidence | None = None,
) -> FindingException:
    """Ask that a finding stand as explained until a day. Raises ExceptionRefused."""
    held = Finding.objects.select_for_update(of=("self",)).latest_known().filter(pk=finding.pk)
    now = held.first()
    if now is None:
        raise ExceptionRefused(_("这条疑点已经变化或消除，请刷新后再看。"))
    if not reason.strip():
        raise ExceptionRefused(_("请写明理由。"), "reason")
    if not on < expires_on <= on + timedelta(days=LONGEST_DAYS):
        raise ExceptionRefused(_("有效期须在今天之后，最长一年。"), "expires_on")
    if evidence is not None and (
        evidence.household_id != now.household_id or evidence.withdrawn_at is not None
    ):
        raise ExceptionRefused(_("佐证材料不是本户的，或已撤销。"), "evidence")
    if waived(on).filter(rule=now.rule, subject_id=now.subject_id, digest=now.digest).exists():
        raise ExceptionRefused(_("这条疑点已有批准的说明，还在有效期内。"))
    try:
        with transaction.atomic():
            made = FindingException.objects.create(
                rule=now.rule,
                subject_kind=now.subject_kind,
                subject_id=now.subject_id,
                household_id=now.household_id,
                village_id=now.village_id,
                seen=now.seen,
                digest=now.digest,
                reason=reason.strip(),
                evidence=evidence,
                expires_on=expires_on,
                requested_by=by,
                requested_at=at,
            )
    except IntegrityError:
        raise ExceptionRefused(_("这条疑点已有一份说明等待审批。")) from None
    _record("finding_exception.request", made, by, at, {"expires_on": expires_on.isoformat()})
    return made


@transaction.atomic
def approve_exception(
    *, exception: FindingException, base_version: int, by: Any, at: datetime, note: str = ""
) -> FindingException:
    """Let it stand as explained. Another person than who asked. Raises ExceptionRefused."""
    held = _open(exception, base_version)
    if held.requested_by_id == by.pk:
        raise ExceptionRefused(_("申请人不能审批自己的说明。"))
    return _decide(held, ExceptionState.APPROVED, "finding_exception.approve", by, at, note)


@transaction.atomic
def reject_exception(
    *, exception: FindingException, base_version: int, by: Any, at: datetime, note: str = ""
) -> FindingException:
    """Not granted, and why. Another person than who asked. Raises ExceptionRefused."""
    held = _open(exception, base_version)
    if held.requested_by_id == by.pk:
        raise ExceptionRefused(_("申请人不能审批自己的说明。"))
    if not note.strip():
        raise ExceptionRefused(_("请填写意见。"), "note")
    return _decide(held, ExceptionState.REFUSED, "finding_exception.reject", by, at, note)


@transaction.atomic
def withdraw_exception(
    *, exception: FindingException, base_version: int, by: Any, at: datetime, note: str = ""
) -> FindingException:
    """Taken back by who asked, before it is decided. Raises ExceptionRefused."""
    held = _open(exception, base_version)
    if held.requested_by_id != by.pk:
        raise ExceptionRefused(_("只有申请人可以撤回。"))
    return _decide(held, ExceptionState.WITHDRAWN, "finding_exception.withdraw", by, at, note)


DECISIONS = {
    "approve": approve_exception,
    "reject": reject_exception,
    "withdraw": withdraw_exception,
}


def waived(on: date) -> Any:
    """Exceptions that hold on a day; each for the values it was granted for."""
    return FindingException.objects.filter(state=ExceptionState.APPROVED, expires_on__gte=on)


def _open(exception: FindingException, base_version: int) -> FindingException:
    held = FindingException.objects.select_for_update().get(pk=exception.pk)
    if held.state != ExceptionState.OPEN or held.version != base_version:
        raise ExceptionRefused(_("这份说明已经处理过，请刷新后再看。"))
    return held


def _decide(
    held: FindingException, state: ExceptionState, action: str, by: Any, at: datetime, note: str
) -> FindingException:
    held.state, held.version = state, held.version + 1
    held.decided_by, held.decided_at, held.decision_note = by, at, note.strip()
    held.save()
    _record(action, held, by, at, {})
    return held


def _record(
    action: str, held: FindingException, by: Any, at: datetime, more: dict[str, Any]
) -> None:
    audit.record(
        action=action,
        by=by,
        at=at,
        target=held,
        village_id=held.village_id,
        detail={"rule": held.rule, "subject": held.subject_kind, "subject_id": held.subject_id}
        | more,
    )
