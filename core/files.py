"""Private files on this machine's disk, outside everything a web server would hand out."""

import contextlib
import os
import uuid
from collections.abc import Iterable, Iterator
from datetime import datetime
from pathlib import Path

from django.http import HttpResponse
from django.utils.http import content_disposition_header

SANDBOX = "default-src 'none'; sandbox"
NEW_SUFFIX = ".new"  # of a file that is still being written


class NoRoom(Exception):
    """The disk did not take the file; nothing is left of it."""


def new_key(folder: str, suffix: str) -> str:
    """A name of our own making inside a folder, spread over 256 folders below it."""
    name = uuid.uuid4().hex
    return f"{folder}/{name[:2]}/{name}{suffix}"


def write(root: Path, key: str, data: bytes) -> None:
    """Put a file in its place, whole or not at all, and safe against a power cut. Raises NoRoom."""
    place = root / key
    half = place.with_name(place.name + NEW_SUFFIX)
    try:
        place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with os.fdopen(os.open(half, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        half.replace(place)
        _sync_folder(place.parent)
    except OSError as error:
        with contextlib.suppress(OSError):
            half.unlink(missing_ok=True)
        raise NoRoom from error


def _sync_folder(folder: Path) -> None:
    held = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(held)
    finally:
        os.close(held)


def older_than(root: Path, before: datetime) -> Iterator[str]:
    """Keys of all files last written before a moment."""
    for place in root.rglob("*"):
        with contextlib.suppress(FileNotFoundError):
            if place.is_file() and place.stat().st_mtime < before.timestamp():
                yield place.relative_to(root).as_posix()


def delete(root: Path, keys: Iterable[str]) -> int:
    """Remove files; how many there were."""
    count = 0
    for key in keys:
        with contextlib.suppress(FileNotFoundError):
            (root / key).unlink()
            count += 1
    return count


def response(data: bytes, *, content_type: str, name: str, attach: bool) -> HttpResponse:
    """An answer that can run nothing, wherever the browser opens it."""
    headers = {
        "Content-Disposition": content_disposition_header(attach, name) or "",
        "Content-Security-Policy": SANDBOX,
        "X-Content-Type-Options": "nosniff",
    }
    return HttpResponse(data, content_type=content_type, headers=headers)
