"""Births, weddings, deaths and a move in one township of Gu'yang, as its clerk recorded them."""

from __future__ import annotations

from datetime import date
from typing import Any

from accounts.models import User
from config.demo.accounts import YINHAO, YINHAO_VILLAGE
from config.demo.year import moment
from households import services
from households.enums import ChangeReason, Relation, Sex
from households.identity import check_digit, parse
from households.models import Household, Member
from villages.models import Village


def change_families() -> None:
    """Seven acts on members and households; who counts as poor stays the same."""
    clerk = User.objects.get(username="by_township")
    _deaths(clerk)
    _weddings(clerk)
    _birth(clerk)
    _misspelt(clerk)
    _move(clerk)


def _home(serial: int) -> Household:
    return Household.objects.get(code=f"{YINHAO_VILLAGE}{serial:04d}")


def _one(household: Household, **which: Any) -> Member:
    held = household.members.filter(**which).order_by("code").first()
    if held is None:
        raise LookupError(f"{household.code}: {which}")
    return held


def _act(by: User, on: date, household: Household) -> dict[str, Any]:
    return {"by": by, "at": moment(on, 16), "on": on, "base_version": household.version}


def _deaths(clerk: User) -> None:
    """A grandfather, and a head whose wife is the head from then on."""
    home = _home(17)
    services.remove_member(
        household=home,
        member=_one(home, birth_date__year=1939),
        reason=ChangeReason.DIED,
        **_act(clerk, date(2019, 7, 12), home),
    )
    home = _home(22)
    services.remove_member(
        household=home,
        member=_one(home, sex=Sex.MALE),
        reason=ChangeReason.DIED,
        relations={_one(home, sex=Sex.FEMALE).pk: Relation.HEAD},
        **_act(clerk, date(2019, 8, 20), home),
    )


def _weddings(clerk: User) -> None:
    """A bride comes into one household, a daughter leaves another."""
    home, on = _home(18), date(2019, 5, 4)
    digits = "15990019911108126"  # a county never assigned
    bride = services.NewPerson(name="赵雅楠", paper=parse(digits + check_digit(digits), on=on))
    services.add_member(
        household=home,
        person=bride,
        relation=Relation.DAUGHTER_IN_LAW,
        reason=ChangeReason.MARRIED_IN,
        **_act(clerk, on, home),
    )
    home = _home(16)
    services.remove_member(
        household=home,
        member=_one(home, birth_date__year=1991, name__startswith=home.head_name[0]),
        reason=ChangeReason.MARRIED_OUT,
        **_act(clerk, date(2019, 10, 8), home),
    )


def _birth(clerk: User) -> None:
    home = _home(19)
    child = services.NewPerson(
        name=f"{home.head_name[0]}子瑞", sex=Sex.MALE, birth_date=date(2019, 9, 18)
    )
    services.add_member(
        household=home,
        person=child,
        relation=Relation.SON,
        reason=ChangeReason.NEWBORN,
        **_act(clerk, date(2019, 9, 18), home),
    )


def _misspelt(clerk: User) -> None:
    home = _home(21)
    son = _one(home, birth_date__year=1994)
    services.correct_member(
        member=son,
        person=services.NewPerson(
            name=f"{son.name[0]}垒", sex=son.sex, birth_date=son.birth_date, ethnic=son.ethnic
        ),
        reason="姓名录错，按户口簿更正",
        **_act(clerk, date(2019, 9, 3), home),
    )


def _move(clerk: User) -> None:
    """A household of a neighbouring village is registered here from November on."""
    homes: Any = Household.objects.filter(village__area__parent_id=YINHAO)
    home = homes.exclude(village_id=YINHAO_VILLAGE).order_by("code")[30]
    services.move_household(
        household=home,
        village=Village.objects.get(pk=YINHAO_VILLAGE),
        reason="投靠子女，户口迁入",
        **_act(clerk, date(2019, 11, 1), home),
    )
