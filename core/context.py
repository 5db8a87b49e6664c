"""Context processor `frame`: what every page's frame shows around its content.

Everything is read only when a template asks for it. Upper apps give what `core` cannot know
through the registered providers.
"""

from collections.abc import Callable, Iterable
from datetime import date
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils.functional import cached_property

from core import clock
from core.menu import Count, Group, Item, groups_for, tabs_for

VERSION = "0.1"

# Providers: name -> function(request) -> value. Names: "figures_as_of" (date of newest figures),
# "todo" (Count or int), "todo_url" (str), "demo_accounts" (dicts for the sign-in page), "notices".
Provider = Callable[[HttpRequest], Any]
AreaChoices = Callable[[HttpRequest, Any], Iterable[Iterable[Any]]]
AreaTrail = Callable[[HttpRequest, Any], Iterable[Any]]
_providers: dict[str, Provider] = {}
_area_choices: list[AreaChoices] = []
_area_trails: list[AreaTrail] = []


def provide(name: str, provider: Provider) -> None:
    """Let an app give one value of the frame."""
    _providers[name] = provider


def provide_area_choices(choices: AreaChoices) -> None:
    """Let `accounts` list areas for the picker: function(request, area) -> columns of areas."""
    _area_choices[:] = [choices]


def provide_area_trail(trail: AreaTrail) -> None:
    """Let `accounts` say how an area lies: function(request, area) -> areas from the top down."""
    _area_trails[:] = [trail]


def area_trail(request: HttpRequest, area: Any) -> list[Any]:
    """The areas above this one and itself, from the top down."""
    if not area:
        return []
    if _area_trails:
        return list(_area_trails[0](request, area))
    return list(area.trail()) if hasattr(area, "trail") else [area]


def area_columns(request: HttpRequest, area: Any) -> list[list[Any]]:
    """Columns of the area picker (county, township, village) within the user's scope."""
    if not _area_choices or request is None:
        return []
    return [list(column) for column in _area_choices[0](request, area)]


class Frame:
    """Lazy values of one page's frame."""

    def __init__(self, request: HttpRequest) -> None:
        self.request = request

    def _provided(self, name: str) -> Any:
        provider = _providers.get(name)
        return provider(self.request) if provider else None

    @cached_property
    def menu(self) -> list[Group]:
        return groups_for(self.request)

    @cached_property
    def tabs(self) -> list[Item]:
        return tabs_for(self.menu)

    @cached_property
    def business_date(self) -> date:
        return clock.today()

    @cached_property
    def figures_as_of(self) -> date | None:
        return self._provided("figures_as_of")

    @cached_property
    def todo(self) -> Count | None:
        value = self._provided("todo")
        return Count(value) if isinstance(value, int) else value

    @cached_property
    def todo_url(self) -> str:
        return self._provided("todo_url") or self.home_url

    @cached_property
    def demo_accounts(self) -> list[Any]:
        """Accounts for the sign-in page; never outside the demonstration."""
        return list(self._provided("demo_accounts") or []) if self.demo else []

    @cached_property
    def notices(self) -> list[Any]:
        return list(self._provided("notices") or [])

    @property
    def demo(self) -> bool:
        return bool(getattr(settings, "DEMO", False))

    @property
    def version(self) -> str:
        return str(getattr(settings, "VERSION", VERSION))

    @property
    def idle_seconds(self) -> int:
        """After so long without a request the sign-in ends; the page warns two minutes before."""
        return settings.SESSION_COOKIE_AGE if self.request.user.is_authenticated else 0

    @cached_property
    def home_url(self) -> str:
        return self.url_or("home", "/")

    @cached_property
    def search_url(self) -> str:
        """The household list, when the user has it in the menu."""
        url = self.url_or("households:household_list", "")
        shown = {item.url for group in self.menu for item in group.items}
        return url if url in shown else ""

    @cached_property
    def account_url(self) -> str:
        return self.url_or("accounts:profile", "") or self.url_or("password_change", "")

    @cached_property
    def sign_out_url(self) -> str:
        return self.url_or("logout", "")

    @cached_property
    def grant(self) -> Any:
        """The first role of the signed-in user, whose place the top bar names."""
        grants = getattr(self.request.user, "current_grants", [])
        return grants[0] if grants else None

    @cached_property
    def place(self) -> str:
        """Area and unit of the user, as the top bar says it."""
        if self.grant is None:
            return ""
        return " ".join(str(part) for part in (self.grant.area, self.grant.agency) if part)

    @cached_property
    def role(self) -> str:
        return str(self.grant.get_role_display()) if self.grant else ""

    @staticmethod
    def url_or(name: str, fallback: str) -> str:
        try:
            return reverse(name)
        except NoReverseMatch:
            return fallback


def frame(request: HttpRequest) -> dict[str, Any]:
    """The processor named in settings."""
    return {"frame": Frame(request)}
