"""Static files whose address changes with their content, without a build step."""

import hashlib
from functools import cache

from django.conf import settings
from django.contrib.staticfiles import finders
from django.contrib.staticfiles.storage import StaticFilesStorage


class VersionedStaticFilesStorage(StaticFilesStorage):
    """Adds `?v=…`, so that browsers may keep a file for long and still see a new one at once."""

    def url(self, name: str | None) -> str:
        address = super().url(name)
        version = _version(name) if name and not settings.DEBUG else ""
        return f"{address}?v={version}" if version else address


@cache
def _version(name: str) -> str:
    found = finders.find(name)
    if not found:
        return ""
    with open(found, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()[:10]
