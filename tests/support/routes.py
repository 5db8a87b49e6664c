"""Every address of the site, read from the URL configuration itself."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.urls import URLPattern, URLResolver, get_resolver

from core.access import Access

PARAMETER = re.compile(r"<(?:\w+:)?(\w+)>|\(\?P<(\w+)>")


def parameters_of(pattern: str) -> list[tuple[str, int, int]]:
    """(name, start, end) of each parameter, in path and in regular-expression form."""
    found, position = [], 0
    while match := PARAMETER.search(pattern, position):
        position = match.end()
        if match[2]:  # up to the bracket that closes the group
            depth = 1
            while depth:
                depth += {"(": 1, ")": -1}.get(pattern[position], 0)
                position += 1
        found.append((match[1] or match[2], match.start(), position))
    return found


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
        own = getattr(self.view, "initkwargs", {}).get("access")  # of one act of a resource
        return own or getattr(self.handler, "access", None)

    @property
    def is_api(self) -> bool:
        return self.pattern.startswith("api/")

    @property
    def parameters(self) -> list[str]:
        return [name for name, _, _ in parameters_of(self.pattern)]

    def address(self, values: dict[str, Any]) -> str:
        filled = self.pattern
        for name, start, end in reversed(parameters_of(self.pattern)):
            filled = filled[:start] + str(values[name]) + filled[end:]
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
