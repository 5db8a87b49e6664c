"""Results and gaps as intervals of nights: only differences, nothing altered, everything readable."""

from datetime import date, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from django.db import InternalError, connection, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.models import Area
from households.models import Household, Housing
from indicators import engine, figures, services
from indicators.enums import Verdict
from indicators.models import Gap, Result, RunNight
from indicators.services import recompute, refresh_villages
from tests.indicators.factories import SINCE, VILLAGE, Teller
from tests.villages.factories import VillageListingFactory
from villages.models import CollectiveIncome, VillagePower

FIRST, SECOND, THIRD = date(2019, 10, 10), date(2019, 10, 20), date(2019, 10, 30)
INTEGERS = ("denominator", "numerator", "unknown", "exempt", "reported_only", "status")


@pytest.fixture
def house(teller: Teller, villages: SimpleNamespace) -> Household:
    """A household of the own village graded D."""
    made = teller.household(villages.own)
    teller.tell(made, Housing, {"grade": "D"})
    return made


def verdict(on: date | None, known_at: Any = None) -> str | None:
    """What the gap list says of the one household's house; None while it is not listed."""
    gaps = Gap.objects.filter(indicator="HOU-01")
    gaps = gaps.latest_known() if on is None else gaps.as_of(on, known_at)
    return gaps.values_list("verdict", flat=True).first()


def rows() -> set[tuple[Any, ...]]:
    """Every row of both ledgers, to the last column."""
    return {("result", *map(str, r)) for r in Result.objects.values_list()} | {
        ("gap", *map(str, r)) for r in Gap.objects.values_list()
    }


def intervals() -> list[tuple[str, date, date | None]]:
    found = Gap.objects.filter(indicator="HOU-01", superseded_at=None).order_by("valid_from")
    return list(found.values_list("verdict", "valid_from", "valid_to"))


def test_recompute_twice_writes_nothing(teller, house):
    first = recompute(on=FIRST, at=teller.tick())
    before, nights = rows(), RunNight.objects.count()

    second = recompute(on=FIRST, at=teller.tick())

    assert (rows(), RunNight.objects.count()) == (before, nights)
    told = services.totals(second)
    assert (told["results_changed"], told["gaps_opened"], told["gaps_closed"]) == (0, 0, 0)
    assert told["households"] == services.totals(first)["households"] == 1


def test_a_quiet_night_writes_nothing_but_that_it_was_run(teller, house):
    recompute(on=FIRST, at=teller.tick())
    before = rows()

    recompute(on=SECOND, at=teller.tick())

    assert rows() == before
    assert set(RunNight.objects.values_list("on", "revision")) == {(FIRST, 1), (SECOND, 1)}


def test_a_new_night_closes_and_opens_intervals(teller, house):
    recompute(on=FIRST, at=teller.tick())
    teller.tell(house, Housing, {"grade": "", "solution": ""}, since=date(2019, 10, 15))
    run = recompute(on=SECOND, at=teller.tick())
    assert (run.batches.get().opened_count, run.batches.get().closed_count) == (
        0,
        0,
    )  # another verdict, same gap
    teller.tell(house, Housing, {"grade": "A"}, since=date(2019, 10, 25))
    run = recompute(on=THIRD, at=teller.tick())
    closed = Gap.objects.filter(superseded_at=None, valid_to=THIRD)
    assert run.batches.get().closed_count == closed.count()
    assert closed.filter(indicator="HOU-01").exists()

    assert intervals() == [
        (Verdict.NOT_MET, FIRST, SECOND),
        (Verdict.INSUFFICIENT_DATA, SECOND, THIRD),
    ]
    assert [verdict(day) for day in (FIRST, SECOND, THIRD, None)] == [
        "NOT_MET",
        "INSUFFICIENT_DATA",
        None,
        None,
    ]


def test_a_corrected_past_night_gets_a_revision_and_keeps_the_old(teller, house):
    for night in (FIRST, SECOND, THIRD):
        recompute(on=night, at=teller.tick())
    before = teller.tick()
    teller.tell(house, Housing, {"grade": "B"}, since=date(2019, 10, 15))
    teller.tell(house, Housing, {"grade": "D"}, since=date(2019, 10, 25))

    recompute(on=SECOND, at=teller.tick())

    assert [verdict(day) for day in (FIRST, SECOND, THIRD)] == ["NOT_MET", None, "NOT_MET"]
    assert [verdict(day, before) for day in (FIRST, SECOND, THIRD)] == ["NOT_MET"] * 3
    assert list(
        RunNight.objects.filter(on=SECOND).order_by("revision").values_list("revision", flat=True)
    ) == [1, 2]
    assert RunNight.objects.filter(on__in=(FIRST, THIRD)).count() == 2
    now = Result.objects.filter(indicator="HOU-01").as_of(SECOND).get()
    then = Result.objects.filter(indicator="HOU-01").as_of(SECOND, before).get()
    assert ((now.numerator, now.denominator), (then.numerator, then.denominator)) == (
        (1, 1),
        (0, 1),
    )


def test_a_revised_night_does_not_touch_the_newest_figures(teller, house):
    recompute(on=FIRST, at=teller.tick())
    teller.tell(house, Housing, {"grade": "A"}, since=date(2019, 10, 15))
    recompute(on=SECOND, at=teller.tick())
    teller.tell(house, Housing, {"grade": "B"}, since=SINCE)

    recompute(on=FIRST, at=teller.tick())

    assert verdict(None) is None
    assert [verdict(day) for day in (FIRST, SECOND)] == [None, None]


def test_a_night_before_all_others_ends_where_they_begin(teller, house):
    recompute(on=SECOND, at=teller.tick())
    recompute(on=FIRST, at=teller.tick())

    assert intervals() == [(Verdict.NOT_MET, FIRST, SECOND), (Verdict.NOT_MET, SECOND, None)]


def test_a_date_between_two_nights_is_computed_not_guessed(teller, house, places):
    recompute(on=FIRST, at=teller.tick())
    teller.tell(house, Housing, {"grade": "A"}, since=date(2019, 10, 12))
    teller.tell(house, Housing, {"grade": "C"}, since=date(2019, 10, 18))
    recompute(on=SECOND, at=teller.tick())

    def numerator(on: date) -> int:
        return figures.area_figures([places.village], ["HOU-01"], on)[VILLAGE, "HOU-01"].numerator

    assert [numerator(on) for on in (FIRST, date(2019, 10, 15), SECOND)] == [0, 1, 0]
    assert len(figures.gap_units(places.village, "HOU-01", date(2019, 10, 15))) == 0


def test_a_date_never_run_shows_what_a_run_then_stores(teller, house, places):
    recompute(on=FIRST, at=teller.tick())
    teller.tell(house, Housing, {"grade": "A"}, since=date(2019, 10, 12))
    areas = [places.village, places.county]
    asked = figures.area_figures(areas, on=SECOND)
    units = figures.gap_units(places.county, "WAT-01", SECOND)
    assert not RunNight.objects.filter(on=SECOND).exists()

    recompute(on=SECOND, at=teller.tick())

    assert figures.area_figures(areas, on=SECOND) == asked
    assert figures.gap_units(places.county, "WAT-01", SECOND) == units
    assert asked[VILLAGE, "HOU-01"].numerator == 1


def test_the_night_confirms_the_provisional_day_without_a_change(teller, house, villages):
    recompute(on=FIRST, at=teller.tick())
    teller.tell(house, Housing, {"grade": "A"}, since=SECOND)
    refresh_villages([villages.own.pk], on=SECOND, at=teller.tick())
    assert verdict(None) is None
    before = rows()

    run = recompute(on=SECOND, at=teller.tick())

    assert rows() == before
    assert run.batches.get().changed_count == 0
    assert set(RunNight.objects.filter(on=SECOND).values_list("provisional", "low")) == {
        (True, villages.own.pk), (False, 10**11),
    }  # fmt: skip


def test_provisional_days_do_not_disturb_the_night_before_them(teller, house, villages):
    """The day after midnight is refreshed before the night of the day before has run."""
    recompute(on=FIRST, at=teller.tick())
    teller.tell(house, Housing, {"grade": "A"}, since=FIRST + timedelta(days=2))
    refresh_villages([villages.own.pk], on=FIRST + timedelta(days=2), at=teller.tick())

    recompute(on=FIRST + timedelta(days=1), at=teller.tick())

    days = [FIRST + timedelta(days=n) for n in range(3)]
    assert [verdict(day) for day in days] == ["NOT_MET", "NOT_MET", None]


def test_what_is_learnt_during_a_run_waits_for_the_next(teller, house):
    """The watermark: a run sees what was known when it began."""
    watermark = teller.tick()
    teller.tell(house, Housing, {"grade": "A"})

    recompute(on=FIRST, at=watermark)
    assert verdict(FIRST) == Verdict.NOT_MET
    recompute(on=FIRST, at=teller.tick())
    assert verdict(FIRST) is None


def test_a_new_reading_of_a_standard_revises_and_names_its_version(teller, house):
    from dataclasses import replace

    from tests.indicators.factories import standards

    recompute(on=FIRST, at=teller.tick())
    before = Result.objects.filter(indicator="HOU-01").as_of(FIRST).get()
    stricter = [
        replace(v, value="0.5") if (v.code, v.region) == ("house_min_area_per_person_m2", "") else v
        for v in standards()
    ]
    services.load_standards(at=teller.tick(), values=stricter)

    recompute(on=FIRST, at=teller.tick())

    after = Result.objects.filter(indicator="HOU-01").as_of(FIRST).get()
    assert after.parameters != before.parameters
    before.refresh_from_db()
    assert before.superseded_at is not None


@pytest.mark.parametrize("change", ["UPDATE indicators_{0} SET {1}", "DELETE FROM indicators_{0}"])
@pytest.mark.parametrize(
    ("table", "column"), [("result", "numerator = 7"), ("gap", "verdict = 'MET'")]
)
def test_no_row_is_altered_or_deleted(teller, house, change, table, column):
    recompute(on=FIRST, at=teller.tick())

    with pytest.raises(InternalError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(change.format(table, column))


# --- any history ----------------------------------------------------------------------------------

DAYS = [FIRST + timedelta(days=n) for n in range(5)]
day = st.sampled_from(DAYS)
grades = st.sampled_from(["A", "C", ""])
step = st.one_of(
    st.tuples(st.just("house"), st.integers(0, 1), day, grades),
    st.tuples(st.just("power"), st.integers(0, 1), day, st.sampled_from([True, False, None])),
    st.tuples(st.just("income"), st.integers(0, 1), day, st.sampled_from([0, 5, None])),
    st.tuples(
        st.just("night"), st.just(0), day, st.sampled_from(["all", "all", "township", "village"])
    ),
    st.tuples(st.just("refresh"), st.integers(0, 1), day, st.none()),
)
AREAS = {"all": None, "township": 150222105000, "village": 150222105203}


def fresh(on: date, village: int, known_at: Any) -> tuple[set[Any], set[Any]]:
    """Figures and gaps of a village by a computation of its own; nothing is stored."""
    with transaction.atomic(), connection.cursor() as cursor:
        engine.evaluate(
            cursor, services.moment(on, known_at), engine.Units(low=village, high=village)
        )
        cursor.execute(f"SELECT indicator, {', '.join(INTEGERS)} FROM t_result")
        figures_ = set(cursor.fetchall())
        cursor.execute("SELECT indicator, subject_id, verdict FROM t_gap")
        return figures_, set(cursor.fetchall())


def stored(on: date, village: int) -> tuple[set[Any], set[Any]]:
    results = (
        Result.objects.as_of(on).filter(village_id=village).values_list("indicator", *INTEGERS)
    )
    gaps = (
        Gap.objects.as_of(on)
        .filter(village_id=village)
        .values_list("indicator", "subject_id", "verdict")
    )
    return set(results), set(gaps)


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(steps=st.lists(step, min_size=4, max_size=14))
def test_whatever_happened_each_night_shows_what_was_known_at_its_last_watermark(
    villages, teller, steps
):
    """Facts told and corrected for any day, nights of any area run in any order, days refreshed."""
    known: dict[tuple[date, int], Any] = {}
    with transaction.atomic():
        towns = [villages.own, villages.other]
        houses = [teller.household(village) for village in towns]
        for village in towns:
            VillageListingFactory(village=village)
        for what, which, on, value in steps:
            if what == "house":
                teller.tell(houses[which], Housing, {"grade": value}, since=on)
            elif what == "power":
                teller.tell(towns[which], VillagePower, {"three_phase_power": value}, since=on)
            elif what == "income":
                teller.tell(
                    towns[which], CollectiveIncome, {"income_yuan": value}, since=on, year=2018
                )
            elif what == "refresh":
                at = teller.tick()
                refresh_villages([towns[which].pk], on=on, at=at)
                known[on, towns[which].pk] = at
            else:
                area = Area.objects.get(code=AREAS[value]) if AREAS[value] else None
                run = recompute(on=on, at=teller.tick(), area=area)
                low, high = area.range if area else services.EVERYWHERE
                known |= {(on, v.pk): run.watermark for v in towns if low <= v.pk <= high}
        for (on, village), watermark in known.items():
            assert stored(on, village) == fresh(on, village, watermark), (on, village)
        check_ledgers()
        newest = {village: max(on for on, v in known if v == village) for _, village in known}
        for village, on in newest.items():
            open_rows = Result.objects.latest_known().filter(village_id=village)
            assert set(open_rows.values_list("indicator", *INTEGERS)) == stored(on, village)[0]
        transaction.set_rollback(True)


def check_ledgers() -> None:
    """Standing intervals of one subject never overlap, and begin and end at nights that were run."""
    nights = set(RunNight.objects.values_list("on", flat=True))
    for model, keys in ((Result, ("village_id", "indicator")), (Gap, ("indicator", "subject_id"))):
        reached: dict[Any, date] = {}
        for row in model.objects.filter(superseded_at=None).order_by("valid_from"):
            key = tuple(getattr(row, name) for name in keys)
            assert reached.get(key, date.min) <= row.valid_from
            assert {row.valid_from, row.valid_to or row.valid_from} <= nights
            assert (row.valid_to is None) == (row.closed_at is None)
            reached[key] = row.valid_to or date.max
