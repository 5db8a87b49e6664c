"""Every address of the site, read from the URL configuration itself."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.urls import URLPattern, URLResolver, get_resolver

from core.access import Access

PARAMETER = re.compile(r"<(?:(?P<kind>\w+):)?(?P<name>\w+)>|\(\?P<(?P<named>\w+)>[^)]*\)")


@dataclass(frozen=True)
class Route:
    """One address: its name with namespaces, its pattern, and what answers it."""

    name: str
    pattern: str
    view: Any

    @property
    def handler(self) -> Any:
        """The class behind `as_view()`, or the function itself."""
        return (
            getattr(self.view, "view_class", None) or getattr(self.view, "cls", None) or self.view
        )

    @property
    def access(self) -> Access | None:
        return getattr(self.handler, "access", None)

    @property
    def is_api(self) -> bool:
        return self.pattern.startswith("api/")

    @property
    def parameters(self) -> list[str]:
        return [found["name"] or found["named"] for found in PARAMETER.finditer(self.pattern)]

    def address(self, values: dict[str, Any]) -> str:
        filled = PARAMETER.sub(
            lambda found: str(values[found["name"] or found["named"]]), self.pattern
        )
        return "/" + filled.replace("^", "").replace("$", "").replace("\\Z", "")

    def __str__(self) -> str:
        return f"/{self.pattern} ({self.name or 'unnamed'}, {self.handler.__module__}.{self.handler.__qualname__})"


def routes() -> list[Route]:
    return list(_walk(get_resolver().url_patterns, "", ""))


def _walk(patterns: list[Any], prefix: str, namespace: str) -> Iterator[Route]:
    for entry in patterns:
        path = prefix + str(entry.pattern).removeprefix("^")
        if isinstance(entry, URLResolver):
            inner = f"{namespace}{entry.namespace}:" if entry.namespace else namespace
            yield from _walk(entry.url_patterns, path, inner)
        elif isinstance(entry, URLPattern):
            yield Route(f"{namespace}{entry.name or ''}", path, entry.callback)
