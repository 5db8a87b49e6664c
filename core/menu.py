"""The left menu and the phone's bottom tabs, put together by the apps.

Apps register their entries in AppConfig.ready(); `core` knows none of them. An entry whose
permission the user lacks, or whose address does not exist, is left out.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

# Groups in the order of the menu; others follow in the order they were registered.
GROUPS = ["", _("扶贫对象"), _("清零达标"), _("报送"), _("数据"), _("系统")]


class Count(NamedTuple):
    """A number beside a menu entry; red only when something is overdue or due within three days."""

    number: int
    urgent: bool = False


Counter = Callable[[HttpRequest], "Count | int | None"]


@dataclass(frozen=True)
class Entry:
    """What an app registers: words, address and the permission that shows it."""

    group: Any
    label: Any
    url_name: str
    icon: str
    permissions: tuple[str, ...]
    order: int
    count: Counter | None = None
    tab: int | None = None  # place among the five tabs of the phone
    tab_label: Any = ""


@dataclass
class Item:
    """One entry as the current user sees it."""

    entry: Entry
    url: str
    request: HttpRequest
    active: bool = False

    @property
    def label(self) -> Any:
        return self.entry.label

    @property
    def tab_label(self) -> Any:
        return self.entry.tab_label or self.entry.label

    @property
    def icon(self) -> str:
        return self.entry.icon

    @cached_property
    def count(self) -> Count | None:
        """Asked only when a template shows the entry."""
        if self.entry.count is None:
            return None
        value = self.entry.count(self.request)
        if value is None:
            return None
        counted = value if isinstance(value, Count) else Count(value)
        return counted if counted.number else None


@dataclass
class Group:
    """A titled part of the menu."""

    title: Any
    items: list[Item] = field(default_factory=list)


_entries: list[Entry] = []


def register(
    group: Any,
    label: Any,
    url_name: str,
    icon: str = "",
    permission: str | Iterable[str] | None = None,
    order: int = 100,
    *,
    count: Counter | None = None,
    tab: int | None = None,
    tab_label: Any = "",
) -> None:
    """Add an entry. With several permissions, any one of them shows it."""
    if permission is None:
        permissions: tuple[str, ...] = ()
    else:
        permissions = (
            (str(permission),) if isinstance(permission, str) else tuple(str(p) for p in permission)
        )
    entry = Entry(group, label, url_name, icon, permissions, order, count, tab, tab_label)
    if all((e.url_name, str(e.group)) != (entry.url_name, str(entry.group)) for e in _entries):
        _entries.append(entry)


def groups_for(request: HttpRequest) -> list[Group]:
    """The menu of the current user, with the entry of the current page marked."""
    items = _items_for(request)
    longest = max((len(i.url) for i in items if _holds(i.url, request.path)), default=-1)
    for item in items:
        item.active = len(item.url) == longest and _holds(item.url, request.path)
    groups: dict[str, Group] = {str(title): Group(title) for title in GROUPS}
    for item in sorted(items, key=lambda i: i.entry.order):
        groups.setdefault(str(item.entry.group), Group(item.entry.group)).items.append(item)
    return [group for group in groups.values() if group.items]


def tabs_for(groups: list[Group]) -> list[Item]:
    """At most four tabs of the phone; the fifth is the user's own."""
    tabs = [i for group in groups for i in group.items if i.entry.tab is not None]
    return sorted(tabs, key=lambda i: i.entry.tab or 0)[:4]


def _items_for(request: HttpRequest) -> list[Item]:
    user = getattr(request, "user", None)
    if user is None or not user.is_authenticated:
        return []
    items = []
    for entry in _entries:
        if entry.permissions and not any(
            user.has_perm(permission) for permission in entry.permissions
        ):
            continue
        try:
            items.append(Item(entry, reverse(entry.url_name), request))
        except NoReverseMatch:
            continue
    return items


def _holds(url: str, path: str) -> bool:
    """The entry's page or one below it; the start page holds only itself."""
    return path == url or (url != "/" and path.startswith(url))
