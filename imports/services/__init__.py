"""Reading, confirming and dropping imported lists. Permission was checked by the caller."""

from imports.services.batches import (
    ImportClosed,
    ImportRefused,
    NothingToImport,
    OutOfScope,
    RowsRejected,
    StaleImport,
    begin_confirm,
    confirm_import,
    drop_import,
    fail_batch,
    finish_confirm,
    marked_rows,
    marked_workbook,
    read_file,
    receive_file,
    stage_import,
)

__all__ = [
    "ImportClosed",
    "ImportRefused",
    "NothingToImport",
    "OutOfScope",
    "RowsRejected",
    "StaleImport",
    "begin_confirm",
    "confirm_import",
    "drop_import",
    "fail_batch",
    "finish_confirm",
    "marked_rows",
    "marked_workbook",
    "read_file",
    "receive_file",
    "stage_import",
]
