"""The engine against a second reading in plain Python: every unit, every figure, every gap."""

import random
from collections.abc import Collection, Mapping
from datetime import UTC, date, datetime, time
from typing import Any

import pytest
from django.conf import settings as conf
from django.db import connection, transaction
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from indicators import engine, services
from indicators.definitions import CATALOGUE
from indicators.models import Gap, Result
from tests.independent import checker
from tests.independent.register import FIRST, make_register, midnight
from tests.indicators.factories import standards

STANDARDS = checker.Standards(conf.BASE_DIR / "indicators" / "policy")
FIGURE = ("denominator", "numerator", "unknown", "exempt", "reported_only", "status")
BOOKS: dict[str, Collection[str]] = {
    "household": checker.HOUSEHOLD,
    "member": checker.MEMBER,
    "village": {*checker.VILLAGE, "DBL-V"},
}
NUMBERS = {
    engine.OUT: checker.OUT,
    engine.MET: checker.MET,
    engine.NOT_MET: checker.NOT_MET,
    engine.UNKNOWN: checker.UNKNOWN,
    engine.EXEMPT: checker.EXEMPT,
    engine.MET_REPORTED: checker.MET_REPORTED,
    engine.NOT_MET_REPORTED: checker.NOT_MET_REPORTED,
}
DATES = [
    date(2017, 12, 31),
    date(2018, 2, 28),
    date(2018, 12, 31),
    date(2019, 8, 31),
    date(2019, 9, 1),
    date(2019, 10, 31),
    date(2019, 12, 30),
    date(2019, 12, 31),
    date(2020, 1, 1),
    date(2020, 2, 29),
    date(2020, 3, 1),
    date(2020, 12, 31),
]


def standards_known() -> None:
    """On record since the first fact, so that any later moment knows them."""
    services.load_standards(at=midnight(FIRST), values=standards())


def test_every_indicator_has_a_second_reading():
    assert set(CATALOGUE) == checker.CODES


def unlike(
    cursor: Any, mine: checker.Judgement, grain: str, among: Collection[int] | None = None
) -> tuple[list[str], int]:
    """Units that the last evaluation and the checker see differently; `among`: of these alone."""
    codes = sorted(BOOKS[grain])
    columns = ", ".join(code.lower().replace("-", "_") for code in codes)
    cursor.execute(f"SELECT subject_id, {columns} FROM t_{grain}")
    theirs = {row[0]: row[1:] for row in cursor.fetchall()}
    found: list[str] = []
    compared = 0
    for n, code in enumerate(codes):
        own = mine.verdicts[code]
        for unit in own.keys() | theirs.keys() if among is None else among:
            compared += 1
            left = NUMBERS[theirs[unit][n]] if unit in theirs else "absent"
            right = own.get(unit, "absent")
            if left != right:
                found.append(f"{code} {grain} {unit}: engine {left}, checker {right}")
    return found, compared


def narrow_disagreements(
    register: Mapping[str, Any], on: date, known_at: datetime | None, rng: random.Random
) -> list[str]:
    """The same where only some villages, households or members are asked for, as pages do."""
    mine = checker.check(register, STANDARDS, on, known_at)
    homes = [home for village in mine.settlements.values() for home in village.homes]
    some = rng.sample(homes, min(7, len(homes)))
    places = rng.sample(list(register["villages"]), 3)
    low, high = min(places), max(places)
    members = [person.pk for home in some for person in home.people]
    asked: list[tuple[dict[str, Any], str, list[int]]] = [
        ({"households": [home.pk for home in some]}, "household", [home.pk for home in some]),
        ({"members": members}, "member", members),
        ({"villages": places}, "household", [h.pk for h in homes if h.village in places]),
        ({"villages": places}, "village", places),
        (
            {"low": low, "high": high},
            "household",
            [h.pk for h in homes if low <= h.village <= high],
        ),
    ]
    found: list[str] = []
    with connection.cursor() as cursor:
        for units, grain, among in asked:
            if among:
                engine.evaluate(cursor, services.moment(on, known_at), engine.Units(**units))
                told, _ = unlike(cursor, mine, grain, among)
                found += [f"{line} (asked by {list(units)})" for line in told]
    return found


def disagreements(
    register: Mapping[str, Any], on: date, known_at: datetime | None = None
) -> tuple[list[str], int]:
    """What engine and checker see differently, in words, and how many units were compared."""
    mine = checker.check(register, STANDARDS, on, known_at)
    found: list[str] = []
    compared = 0
    with connection.cursor() as cursor:
        engine.evaluate(cursor, services.moment(on, known_at), engine.Units(low=0, high=10**12))
        for grain in BOOKS:
            told, count = unlike(cursor, mine, grain)
            found += told
            compared += count
        cursor.execute(f"SELECT village_id, indicator, {', '.join(FIGURE)} FROM t_result")
        figures = {(row[0], row[1]): checker.Figure(*row[2:]) for row in cursor.fetchall()}
        nothing = checker.Figure(0, 0, 0, 0, 0, checker.NOT_APPLICABLE)
        for key, figure in mine.figures.items():
            compared += 1
            if (left := figures.pop(key, nothing)) != figure:
                found.append(f"{key[1]} figure of {key[0]}: engine {left}, checker {figure}")
        found += [f"{key[1]} figure of {key[0]}: nobody else has it" for key in figures]
        cursor.execute("SELECT village_id, indicator, subject_id, verdict FROM t_gap")
        gaps = set(cursor.fetchall())
        found += [f"{gap[1]} gap {gap}: engine only" for gap in sorted(gaps - mine.gaps)]
        found += [f"{gap[1]} gap {gap}: checker only" for gap in sorted(mine.gaps - gaps)]
    return found, compared


def facts_behind(told: str, register: Mapping[str, Any]) -> str:
    """Everything on record about the unit of a disagreement."""
    _, grain, unit, *_ = told.split()
    if grain not in ("household", "member", "village"):
        return ""
    pk = int(unit.rstrip(":"))
    people = {
        k: v
        for k, v in register["members"].items()
        if (
            k == pk
            if grain == "member"
            else any(r.get("household_id") == pk for r in v[1]["Membership"])
        )
    }
    houses = {r["household_id"] for _, v in people.values() for r in v["Membership"]}
    about: list[Any] = [register["villages"].get(pk)]
    if grain != "village":
        about = [people, *(register["households"].get(k) for k in houses | {pk})]
    return "\n    ".join(str(part) for part in about if part)


def agree(register: Mapping[str, Any], on: date, known_at: datetime | None = None) -> int:
    found, compared = disagreements(register, on, known_at)
    shown = "\n".join(f"{told}\n    {facts_behind(told, register)}" for told in found[:3])
    rest = "\n".join(found[3:40])
    assert not found, f"{len(found)} of {compared} on {on}, known at {known_at}:\n{shown}\n{rest}"
    return compared


@pytest.mark.django_db
@settings(
    max_examples=6,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    seed=st.integers(0, 2**32),
    on=st.sampled_from(DATES),
    asked=st.sampled_from(DATES),
    known=st.none() | st.datetimes(datetime(2018, 1, 1), datetime(2021, 6, 30)),
)
@example(seed=1, on=date(2020, 2, 29), asked=date(2020, 2, 29), known=None)
@example(seed=2, on=date(2019, 8, 31), asked=date(2019, 9, 1), known=datetime(2019, 9, 10))
@example(seed=3, on=date(2019, 12, 30), asked=date(2019, 12, 31), known=datetime(2020, 1, 20))
def test_small_registers_agree_on_any_day_and_at_any_moment(seed, on, asked, known):
    with transaction.atomic():
        standards_known()
        register = make_register(seed, 60, on, villages=18)
        moment = known and known.replace(tzinfo=UTC)
        for day in {on, asked}:
            assert agree(register, day) > 2000
            assert not narrow_disagreements(register, day, moment, random.Random(seed))
            agree(register, day, moment or datetime.combine(day, time(15), UTC))
        transaction.set_rollback(True)


@pytest.mark.django_db
def test_five_thousand_households_agree_and_so_does_what_a_run_stores():
    on = date(2019, 10, 31)
    standards_known()
    register = make_register(20191031, 5000, on, villages=126)
    assert agree(register, on) > 300_000

    services.recompute(on=on, at=datetime(2022, 1, 1, tzinfo=UTC))
    mine = checker.check(register, STANDARDS, on)
    stored = {
        (row[0], row[1]): checker.Figure(*row[2:])
        for row in Result.objects.as_of(on).values_list("village_id", "indicator", *FIGURE)
    }
    nothing = checker.Figure(0, 0, 0, 0, 0, checker.NOT_APPLICABLE)
    assert stored == {key: figure for key, figure in mine.figures.items() if figure != nothing}
    gaps = Gap.objects.as_of(on).values_list("village_id", "indicator", "subject_id", "verdict")
    assert set(gaps) == mine.gaps

    # and the register says enough to try every rule both ways
    for code, verdicts in mine.verdicts.items():
        seen = {verdict.removesuffix("_REPORTED") for verdict in verdicts.values()}
        assert checker.NOT_MET in seen, code
        assert checker.MET in seen or code == "DBL-V", code
        assert checker.UNKNOWN in seen or code == "POV-01", code
        assert (checker.EXEMPT in seen) == bool(getattr(CATALOGUE[code], "exempt", None)), code
