"""Reading, confirming and dropping imported lists. Permission was checked by the caller."""

from imports.services.batches import (
    ImportClosed,
    ImportRefused,
    NothingToImport,
    OutOfScope,
    RowsRejected,
    StaleImport,
    confirm_import,
    drop_import,
    marked_rows,
    marked_workbook,
    stage_import,
)

__all__ = [
    "ImportClosed",
    "ImportRefused",
    "NothingToImport",
    "OutOfScope",
    "RowsRejected",
    "StaleImport",
    "confirm_import",
    "drop_import",
    "marked_rows",
    "marked_workbook",
    "stage_import",
]
