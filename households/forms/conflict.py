"""Two people at one household: what the other recorded meets what this person typed.

The page says which versions of facts it showed (`seen_text`); what was recorded since is laid
beside the answers fact by fact, and the person chooses. A fact that this person answered must be
chosen for; one left as it was stays as the other recorded it unless the person says otherwise.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import cached_property
from typing import Any

from django.utils.translation import gettext as _

from core.display import display_value, verbose
from core.facts import FactVersion
from households.dossier import COMMON_THEMES, Dossier, Known
from households.models import HOUSEHOLD_THEMES, MEMBER_THEMES, HouseholdFact
from households.services import FactChanges

MINE, THEIRS = "mine", "theirs"
Key = tuple[Any, ...]


class Unsettled(Exception):
    """Facts that both people answered have not been chosen for."""


def checked_themes(dossier: Dossier) -> list[type[HouseholdFact]]:
    """Themes that a check may tell and the reader may see."""
    themes = (*HOUSEHOLD_THEMES, *MEMBER_THEMES)
    return [theme for theme in themes if theme not in COMMON_THEMES and dossier.shows(theme)]


def seen_text(dossier: Dossier) -> str:
    """The versions a page shows, to travel with its form: `water:12;insurance:3.4`."""
    shown = []
    for theme in checked_themes(dossier):
        numbers = [
            str(version.pk)
            for versions in dossier.history[theme].values()
            for version in versions
            if version.valid_to is None or version.valid_to > dossier.on
        ]
        if numbers:
            shown.append(f"{theme._meta.model_name}:{'.'.join(numbers)}")
    return ";".join(shown) or "-"


def _numbers(seen: str) -> dict[str, list[int]]:
    """Theme names and row numbers of a page's text; what is no such text says nothing."""
    found = {}
    for part in seen.split(";"):
        name, _sep, numbers = part.partition(":")
        found[name] = [int(n) for n in numbers.split(".") if n.isdecimal() and len(n) < 19]
    return found


@dataclass(frozen=True)
class Difference:
    """One fact that someone else recorded since, unlike what this person says or saw."""

    theme: type[HouseholdFact]
    key: Key
    name: str
    subject: str
    label: str
    mine: Any
    seen: Any
    is_answered: bool  # else this person left it as they saw it
    theirs: Known
    visited_on: date
    choice: str = ""

    @property
    def fact(self) -> str:
        """`housing-grade`, `insurance-31-2019-resident`."""
        return "-".join([str(self.theme._meta.model_name), *map(str, self.key), self.name])

    @property
    def field(self) -> str:
        """Name of the choice in the form."""
        return f"choice-{self.fact}"

    @property
    def mine_text(self) -> str:
        return self._text(self.mine)

    @property
    def seen_text(self) -> str:
        return self._text(self.seen)

    @property
    def theirs_text(self) -> str:
        return self.theirs.text

    @property
    def recorded_at(self) -> datetime | None:
        return self.theirs.version.recorded_at if self.theirs.version else None

    @property
    def holds_until(self) -> date | None:
        """The day the other's later visit begins: this person's value would hold only until then."""
        since = self.theirs.since
        return since if since and since > self.visited_on else None

    @property
    def is_open(self) -> bool:
        return self.is_answered and not self.choice

    @property
    def keeps_mine(self) -> bool:
        return self.choice == MINE

    @property
    def keeps_theirs(self) -> bool:
        return self.choice == THEIRS or not (self.choice or self.is_answered)

    def _text(self, value: Any) -> str:
        return display_value(self.theme, self.name, value)


class Conflict:
    """What was recorded since the page was opened, beside the answers. `choices` is what was posted."""

    def __init__(
        self,
        dossier: Dossier,
        *,
        answers: FactChanges,
        visited_on: date,
        seen: str = "",
        choices: Mapping[str, Any] | None = None,
    ) -> None:
        self.dossier = dossier
        self.answers = answers
        self.seen = _numbers(seen)
        self.seen_any = bool(seen)  # a page says what it showed; an API client need not
        self.visited_on = visited_on
        self.choices = choices or {}

    @cached_property
    def differences(self) -> list[Difference]:
        return list(self._differences())

    @property
    def both(self) -> list[Difference]:
        """Answered here and recorded otherwise there: to be chosen."""
        return [each for each in self.differences if each.is_answered]

    @property
    def others(self) -> list[Difference]:
        """Left as it was here, recorded anew there."""
        return [each for each in self.differences if not each.is_answered]

    def settled(self) -> FactChanges:
        """The answers as chosen. Raises Unsettled."""
        if any(each.is_open for each in self.differences):
            raise Unsettled
        told = {
            theme: {self._key(theme, keys): (keys, dict(values)) for keys, values in entries}
            for theme, entries in self.answers.items()
        }
        for each in self.differences:
            entries = told.setdefault(each.theme, {})
            _keys, values = entries.setdefault(each.key, (self._keys(each.theme, each.key), {}))
            if each.keeps_mine:
                values[each.name] = each.mine
            else:
                values.pop(each.name, None)
        return {theme: list(entries.values()) for theme, entries in told.items()}

    def _differences(self) -> Iterator[Difference]:
        names = {member.pk: member.name for member in self.dossier.members}
        for theme in checked_themes(self.dossier):
            answered = {
                self._key(theme, keys): values for keys, values in self.answers.get(theme, ())
            }
            before = self._seen_versions(theme)
            for key in self._subjects(theme, before, answered):
                now = self.dossier.current(theme, *key)
                old = before.get(key)
                if now and now.pk in self.seen.get(str(theme._meta.model_name), ()):
                    continue
                values = answered.get(key, {})
                subject = names.get(key[0], "") if "member_id" in theme.SUBJECT else ""
                for name in theme.VALUES:
                    seen, theirs = getattr(old, name, None), getattr(now, name, None)
                    mine = values.get(name, seen)
                    if same(mine, theirs) or (self.seen_any and same(seen, theirs)):
                        continue
                    if not self.seen_any and name not in values:
                        continue
                    label = verbose(theme, name)
                    if "year" in theme.SUBJECT:
                        label = _("%(label)s（%(year)s 年度）") % {"label": label, "year": key[-1]}
                    each = Difference(
                        theme=theme,
                        key=key,
                        name=name,
                        subject=subject or str(theme._meta.verbose_name),
                        label=label,
                        mine=mine,
                        seen=seen,
                        is_answered=name in values,
                        theirs=self.dossier.known(theme, name, *key),
                        visited_on=self.visited_on,
                    )
                    chosen = self.choices.get(each.field)
                    yield replace(each, choice=chosen if chosen in (MINE, THEIRS) else "")

    def _subjects(
        self, theme: type[HouseholdFact], before: Mapping[Key, Any], answered: Mapping[Key, Any]
    ) -> list[Key]:
        held = [
            key if "household_id" not in theme.SUBJECT else key[1:]
            for key in self.dossier.history[theme]
        ]
        return list(dict.fromkeys([*held, *before, *answered]))

    def _seen_versions(self, theme: type[HouseholdFact]) -> dict[Key, FactVersion]:
        """The versions the page showed; only this household's."""
        numbers = self.seen.get(str(theme._meta.model_name))
        if not numbers:
            return {}
        rows = theme._default_manager.filter(pk__in=numbers, household_id=self.dossier.household.pk)
        return {self._key(theme, vars(row)): row for row in rows}

    @staticmethod
    def _columns(theme: type[HouseholdFact]) -> list[str]:
        return [name for name in theme.SUBJECT if name != "household_id"]

    def _key(self, theme: type[HouseholdFact], keys: Mapping[str, Any]) -> Key:
        return tuple(keys[name] for name in self._columns(theme))

    def _keys(self, theme: type[HouseholdFact], key: Key) -> dict[str, Any]:
        return dict(zip(self._columns(theme), key, strict=True))


def same(one: Any, other: Any) -> bool:
    """Whether two values say the same; every kind of empty is unknown."""
    blank: tuple[Any, ...] = (None, "", [])
    return one == other or (one in blank and other in blank)
