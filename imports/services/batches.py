"""One batch per file: read it, show what it would do, and do it when a person says so."""

from __future__ import annotations

import base64
import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from pathlib import PurePosixPath
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from accounts.models import Area
from accounts.roles import Permission
from core import audit
from core.xlsx import workbook_bytes
from households import services as households
from imports.columns import KINDS
from imports.enums import GOOD_OUTCOMES, BatchState, ImportKind, Outcome, reason_of
from imports.models import ImportBatch, ImportFile, ImportRow
from imports.parsing import ParsedSheet, Problem, Row, UnreadableFile, parse_file
from imports.parsing.gate import inspect
from imports.parsing.rows import printable
from imports.services import payload
from imports.services.plans import Plan
from imports.services.register import HouseholdsPlan, PersonsPlan
from imports.services.village_lists import CollectiveIncomePlan, VillagesPlan

PLANS: dict[str, type[Plan]] = {
    ImportKind.PERSONS: PersonsPlan,
    ImportKind.HOUSEHOLDS: HouseholdsPlan,
    ImportKind.VILLAGES: VillagesPlan,
    ImportKind.COLLECTIVE_INCOME: CollectiveIncomePlan,
}
ROWS_AT_ONCE = 2_000


class ImportRefused(Exception):
    """Why a batch cannot be confirmed; the text is for the user."""

    @property
    def message(self) -> str:
        return str(self)


class OutOfScope(ImportRefused):
    """The user may not import anywhere."""


class ImportClosed(ImportRefused):
    """The batch was dropped before."""


class RowsRejected(ImportRefused):
    """Some rows are rejected and nobody agreed to leave them out."""


class NothingToImport(ImportRefused):
    """No row of the batch is good."""


class StaleImport(ImportRefused):
    """The register changed since the file was read, so that the shown figures no longer hold."""


@transaction.atomic
def stage_import(
    *, data: bytes, file_name: str, kind: str, by: Any, at: datetime, on: date, sheet: str = ""
) -> ImportBatch:
    """Read a file and keep what it would do, row by row; nothing of the register is touched.

    Raises `parsing.UnreadableFile` when the file as a whole cannot be read, OutOfScope when the
    user may import nowhere.
    """
    batch = _new_batch(data, file_name, kind, by, at, on, sheet)
    _read(batch, data, at)
    return batch


@transaction.atomic
def receive_file(
    *, data: bytes, file_name: str, kind: str, by: Any, at: datetime, on: date, sheet: str = ""
) -> ImportBatch:
    """Keep a large file to be read by a job (`read_file`). Raises OutOfScope, UnreadableFile.

    What can be refused by its first bytes is refused at once.
    """
    inspect(data)
    batch = _new_batch(data, file_name, kind, by, at, on, sheet)
    batch.state = BatchState.READING
    batch.save()
    ImportFile.objects.create(batch=batch, content=base64.b64encode(data).decode())
    return batch


@transaction.atomic
def read_file(*, batch: ImportBatch, at: datetime) -> ImportBatch:
    """Read what `receive_file` kept. A file that cannot be read ends its batch with the reason."""
    batch = ImportBatch.objects.select_for_update().get(pk=batch.pk)
    if batch.state != BatchState.READING:
        return batch
    data = base64.b64decode(batch.file.content)
    try:
        _read(batch, data, at)
    except UnreadableFile as refused:
        _end(batch, at, Problem(0, "", refused.code, refused.message, refused.cure))
    ImportFile.objects.filter(batch=batch).delete()
    return batch


@transaction.atomic
def fail_batch(*, batch: ImportBatch, at: datetime) -> None:
    """A job gave up on the batch: what was read can be confirmed again, what was not is over."""
    batch = ImportBatch.objects.select_for_update().get(pk=batch.pk)
    if batch.state == BatchState.CONFIRMING:
        _back_to_staged(batch, _("导入没有完成，登记数据没有变化，请再试一次"))
    elif batch.state == BatchState.READING:
        text = _("文件没有读完，请重新上传")
        _end(batch, at, Problem(0, "", "reading_failed", text, text))
        ImportFile.objects.filter(batch=batch).delete()


def _new_batch(
    data: bytes, file_name: str, kind: str, by: Any, at: datetime, on: date, sheet: str
) -> ImportBatch:
    return ImportBatch(
        kind=kind,
        file_name=clean_file_name(file_name),
        sheet=printable(sheet)[:64],
        sha256=hashlib.sha256(data).hexdigest(),
        area=_area_of(by),
        told_on=on,
        uploaded_by=by,
        uploaded_at=at,
    )


def _read(batch: ImportBatch, data: bytes, at: datetime) -> None:
    """Fill a batch from its file: rows, problems, counts."""
    by = batch.uploaded_by
    parsed = parse_file(data, KINDS[batch.kind], on=batch.told_on, sheet=batch.sheet)
    headers = {binding.column.code: binding.header for binding in parsed.header.bindings}
    plan: Plan = PLANS[batch.kind](parsed.rows, headers=headers, by=by, on=batch.told_on)
    plan.make()
    batch.state = BatchState.STAGED
    batch.header_row = parsed.header_row
    batch.columns = _columns(parsed, headers)
    batch.notes = [note.as_dict() for note in (*parsed.notes, *_batch_notes(batch, parsed))]
    _count(batch, plan)
    batch.full_clean()
    batch.save()
    ImportRow.objects.bulk_create(
        [_import_row(batch, row, plan) for row in parsed.rows], batch_size=ROWS_AT_ONCE
    )
    audit.record(
        action="import.stage",
        by=by,
        at=at,
        target=batch,
        detail={
            "kind": batch.kind,
            "sha256": batch.sha256,
            "rows": batch.row_count,
            **batch.counts(),
        },
    )


def _end(batch: ImportBatch, at: datetime, why: Problem) -> None:
    batch.state, batch.closed_by, batch.closed_at = BatchState.REFUSED, batch.uploaded_by, at
    batch.notes = [why.as_dict()]
    batch.save()


def _back_to_staged(batch: ImportBatch, why: str) -> None:
    batch.state = BatchState.STAGED
    batch.notes = [*batch.notes, Problem(0, "", "not_imported", why, why).as_dict()]
    batch.save(update_fields=["state", "notes"])


@transaction.atomic
def confirm_import(*, batch: ImportBatch, by: Any, at: datetime) -> ImportBatch:
    """Write a staged batch to the register in one transaction: all of its rows, or nothing.

    A batch with rejected rows is refused. Confirmed before: nothing happens.
    Raises ImportClosed, RowsRejected, NothingToImport, StaleImport.
    """
    batch = ImportBatch.objects.select_for_update().get(pk=batch.pk)
    if batch.state == BatchState.CONFIRMED:
        return batch
    _check_confirmable(batch)
    rows = [
        Row(stored.number, values=payload.load(stored.payload)[0])
        for stored in batch.rows.filter(outcome__in=GOOD_OUTCOMES).order_by("number")
    ]
    households.lock_households({row.values["hh_code"] for row in rows if "hh_code" in row.values})
    plan: Plan = PLANS[batch.kind](
        rows, headers=batch.columns.get("headers", {}), by=by, on=batch.told_on
    )
    plan.make()
    _check_fresh(batch, plan)
    try:
        with transaction.atomic():
            plan.apply(at=at, source_ref=batch.source_ref)
    except IntegrityError as error:
        raise _stale() from error
    batch.state, batch.closed_by, batch.closed_at = BatchState.CONFIRMED, by, at
    batch.save(update_fields=["state", "closed_by", "closed_at"])
    audit.record(
        action="import.confirm",
        by=by,
        at=at,
        target=batch,
        detail={"kind": batch.kind, "sha256": batch.sha256, **batch.counts()},
    )
    return batch


@transaction.atomic
def begin_confirm(*, batch: ImportBatch, by: Any) -> ImportBatch:
    """Hand a large batch to a job (`finish_confirm`). Raises what `confirm_import` raises at once."""
    batch = ImportBatch.objects.select_for_update().get(pk=batch.pk)
    if batch.state in (BatchState.CONFIRMED, BatchState.CONFIRMING):
        return batch
    _check_confirmable(batch)
    batch.state = BatchState.CONFIRMING
    batch.save(update_fields=["state"])
    return batch


@transaction.atomic
def finish_confirm(*, batch: ImportBatch, by: Any, at: datetime) -> ImportBatch:
    """Confirm what `begin_confirm` announced; a refusal puts the batch back with the reason."""
    batch = ImportBatch.objects.select_for_update().get(pk=batch.pk)
    if batch.state != BatchState.CONFIRMING:
        return batch
    try:
        with transaction.atomic():
            return confirm_import(batch=batch, by=by, at=at)
    except ImportRefused as refused:
        _back_to_staged(batch, refused.message)
    return batch


def _check_confirmable(batch: ImportBatch) -> None:
    if batch.state not in (BatchState.STAGED, BatchState.CONFIRMING):
        raise ImportClosed(_("此批不能导入，请重新上传文件"))
    if batch.rejected_count:
        raise RowsRejected(
            _("有 %(count)d 行被拒收，整批未导入。请按问题清单改正后重新上传")
            % {"count": batch.rejected_count}
        )
    if batch.good_count == 0:
        raise NothingToImport(_("没有可以导入的行，请按问题清单改正后重新上传"))


@transaction.atomic
def drop_import(*, batch: ImportBatch, by: Any, at: datetime) -> ImportBatch:
    """Give a staged batch up; it stays on file. Raises ImportClosed when it is decided already."""
    batch = ImportBatch.objects.select_for_update().get(pk=batch.pk)
    if batch.state != BatchState.STAGED:
        raise ImportClosed(_("此批已办结，不能放弃"))
    batch.state, batch.closed_by, batch.closed_at = BatchState.REFUSED, by, at
    batch.save(update_fields=["state", "closed_by", "closed_at"])
    audit.record(action="import.drop", by=by, at=at, target=batch)
    return batch


def _area_of(by: Any) -> Area:
    """The widest area in which the user may import."""
    ranges = by.village_ranges(Permission.IMPORT)
    grants = [g.area for g in by.current_grants if g.area and g.area.range in ranges]
    if not grants:
        raise OutOfScope(_("本账号没有可导入的区划"))
    return max(grants, key=lambda area: area.range[1] - area.range[0])


def clean_file_name(name: str) -> str:
    """The last part of a path, printable and short; its suffix says nothing about its content."""
    plain = printable(PurePosixPath(name.replace("\\", "/")).name)
    return "".join(c for c in plain if c.isprintable())[:200] or "upload"


def _columns(parsed: ParsedSheet, headers: Mapping[str, str]) -> dict[str, Any]:
    bindings = parsed.header.bindings
    return {
        "headers": dict(headers),
        "file": _file_headers(parsed),
        "used": [b.header for b in bindings if b.column.is_stored],
        "checked": [b.header for b in bindings if not b.column.is_stored],
        "unused": list(parsed.header.unused),
    }


def _file_headers(parsed: ParsedSheet) -> list[str]:
    """The file's columns by position, for the marked workbook."""
    width = max((len(row.cells) for row in parsed.rows), default=0)
    bound = {b.position: b.header for b in (*parsed.header.bindings, *parsed.header.spare)}
    bound |= parsed.header.unused_at
    return [bound.get(position, "") for position in range(max(width, max(bound, default=-1) + 1))]


def _batch_notes(batch: ImportBatch, parsed: ParsedSheet) -> list[Problem]:
    notes = []
    earlier = ImportBatch.objects.same_file(
        sha256=batch.sha256, kind=batch.kind, area_id=batch.area_id, sheet=batch.sheet
    ).first()
    if earlier:
        text = _("此文件已于第 %(pk)d 批导入过") % {"pk": earlier.pk}
        notes.append(Problem(0, "", "same_file", text, _("没有变化的行不会重复写入")))
    codes = {c for row in parsed.rows for c, value in row.values.items() if value is not None}
    if batch.kind in (ImportKind.PERSONS, ImportKind.HOUSEHOLDS) and "year" not in codes:
        if codes & {"net_per_person", "wage", "operating", "property", "transfer"}:
            text = _("文件没有年度列，收入按数据日期的上一年度记")
            notes.append(Problem(0, "", "income_year", text, _("不对的，加上“年度”列后重新上传")))
        if codes & {"med_resident", "med_employee", "med_serious"}:
            text = _("文件没有年度列，参保按数据日期所在年度记")
            notes.append(Problem(0, "", "insured_year", text, _("不对的，加上“年度”列后重新上传")))
    return notes


def _outcome(row: Row, plan: Plan) -> Outcome:
    if row.ignored:
        return Outcome.IGNORED
    if row.errors:
        return Outcome.REJECTED
    return plan.outcomes[row.number]


def _count(batch: ImportBatch, plan: Plan) -> None:
    outcomes = Counter(_outcome(row, plan) for row in plan.rows)
    batch.row_count = len(plan.rows)
    for outcome in Outcome:
        setattr(batch, f"{outcome.value.lower()}_count", outcomes[outcome])
    batch.warning_count = sum(1 for row in plan.rows if row.warnings and row.is_good)


def _import_row(batch: ImportBatch, row: Row, plan: Plan) -> ImportRow:
    errors = [row.ignored] if row.ignored else row.errors
    return ImportRow(
        batch=batch,
        number=row.number,
        outcome=_outcome(row, plan),
        errors=[each.as_dict() for each in errors],
        warnings=[each.as_dict() for each in row.warnings],
        error_count=len(errors),
        warning_count=len(row.warnings),
        payload=payload.dump(row.values if row.is_good else {}, row.cells),
        reason=reason_of(row.errors[0].code) if row.errors else "",
        village_id=plan.village_ids.get(row.number),
    )


def _check_fresh(batch: ImportBatch, plan: Plan) -> None:
    """What the user saw must still be what will be written."""
    stored = dict(batch.rows.filter(outcome__in=GOOD_OUTCOMES).values_list("number", "outcome"))
    if plan.rejected() or stored != {number: str(o) for number, o in plan.outcomes.items()}:
        raise _stale()


def _stale() -> StaleImport:
    return StaleImport(_("校验之后登记数据有了变化，请重新上传此文件再确认"))


@transaction.atomic
def marked_workbook(*, batch: ImportBatch, by: Any, at: datetime) -> bytes:
    """The uploaded rows with outcome, problem and cure beside them; the download is on the trail.

    Corrected in place it can be uploaded again: the added columns stand before the file's own.
    """
    audit.record(action="import.download", by=by, at=at, target=batch)
    headers, lines = marked_rows(batch)
    return workbook_bytes(headers, lines)


def marked_rows(batch: ImportBatch) -> tuple[list[str], Sequence[Sequence[Any]]]:
    """The file's rows with their outcome and problems beside them, for a workbook."""
    labels = dict(Outcome.choices)
    headers = [_("行号"), _("结果"), _("问题"), _("怎么改"), *batch.columns.get("file", [])]
    lines = []
    for row in batch.rows.order_by("number").iterator(chunk_size=ROWS_AT_ONCE):
        told = [*row.errors, *row.warnings]
        lines.append(
            [
                row.number,
                str(labels[row.outcome]),
                "；".join(
                    f"{p['column']}：{p['message']}" if p["column"] else p["message"] for p in told
                ),
                "；".join(dict.fromkeys(p["cure"] for p in told)),
                *payload.load(row.payload)[1],
            ]
        )
    return headers, lines
