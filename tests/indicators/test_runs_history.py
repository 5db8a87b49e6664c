"""Any date, any night: what it had then, what it is known to have been now, and the way between."""

import json
from datetime import date, timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command

from households import services as households
from households.models import Household, HouseholdStatus, Housing
from indicators import figures, services, trends
from indicators.models import Gap, Result, RunNight
from indicators.services import recompute, refresh_villages
from tests.indicators.factories import SINCE, START, Teller
from villages.models import FactChange, VillagePower

NIGHTS = [
    date(2018, 12, 31),
    date(2019, 9, 29),
    date(2019, 10, 30),
    date(2019, 10, 31),
    date(2019, 11, 3),
]
CODE = "HOU-01"


@pytest.fixture
def house(teller: Teller, villages: Any) -> Household:
    """A household graded A, one graded D, both of the own township."""
    made = teller.household(villages.own)
    teller.tell(made, Housing, {"grade": "A"})
    teller.tell(teller.household(villages.next), Housing, {"grade": "D"})
    return made


def integers(points: list[trends.Point]) -> list[tuple[date, int, int]]:
    return [(p.on, p.figure.numerator, p.figure.denominator) for p in points]


def live(teller: Teller, house: Household) -> None:
    """Every night is run on its day; in October the house is damaged, in November repaired."""
    for night in NIGHTS:
        if night == date(2019, 10, 31):
            teller.tell(house, Housing, {"grade": "C"}, since=night)
        if night == date(2019, 11, 3):
            teller.tell(house, Housing, {"grade": "B"}, since=night)
        recompute(on=night, at=teller.tick())


def test_trend_by_night_month_and_year(teller, house, places):
    live(teller, house)
    by_night = [(night, 0 if night == date(2019, 10, 31) else 1, 2) for night in NIGHTS]

    assert integers(trends.trend(places.township, CODE)) == by_night
    months = [by_night[0], by_night[1], by_night[3], by_night[4]]
    assert integers(trends.trend(places.county, CODE, "month")) == months
    assert integers(trends.trend(places.village, CODE, "year")) == [
        (NIGHTS[0], 1, 1), (NIGHTS[4], 1, 1),
    ]  # fmt: skip
    assert integers(trends.trend(places.township, CODE, last=2)) == by_night[3:]
    assert trends.trend(places.township, "EDU-01")[0].figure.status == "NOT_APPLICABLE"


def test_each_point_is_the_figure_of_its_night(teller, house, places):
    live(teller, house)

    for area in (places.village, places.township, places.other_county):
        for point in trends.trend(area, CODE):
            assert figures.area_figures([area], [CODE], point.on)[area.code, CODE] == point.figure


def test_a_trend_costs_the_same_for_any_length(teller, house, places, django_assert_num_queries):
    live(teller, house)
    with django_assert_num_queries(3):
        trends.trend(places.county, CODE)
    with django_assert_num_queries(3):
        trends.trend(places.county, CODE, "year")
    with django_assert_num_queries(1):
        assert trends.trend(places.county, CODE, known_at=START) == []


def test_a_past_date_is_recomputed_as_it_was_in_spite_of_later_facts(teller, house, places):
    live(teller, house)
    before = list(Result.objects.order_by("pk").values())

    for night in reversed(NIGHTS):
        run = recompute(on=night, at=teller.tick())
        assert services.totals(run)["results_changed"] == 0

    assert list(Result.objects.order_by("pk").values()) == before
    assert set(RunNight.objects.values_list("revision", flat=True)) == {1}


def exported(on: date) -> list[str]:
    found = []
    for command in ("export_results", "export_gaps"):
        out = StringIO()
        call_command(command, "--on", on.isoformat(), stdout=out)
        found.append(out.getvalue())
    return found


def test_corrections_of_later_facts_leave_a_past_date_as_it_was_to_the_byte(
    teller, house, places, villages, clerk
):
    """What is corrected of October, or happens from then on, is nothing to the last night of September."""
    live(teller, house)
    past, later = NIGHTS[1], NIGHTS[4]
    before = exported(past)
    teller.tell(house, Housing, {"grade": "D"}, since=date(2019, 10, 31))
    teller.tell(house, Housing, {"grade": "C"}, since=later)
    teller.tell(house, HouseholdStatus, {"status": "NOT_LIFTED"}, since=date(2019, 9, 30))
    teller.tell(villages.own, VillagePower, {"three_phase_power": False}, since=date(2019, 9, 30))
    teller.household(villages.own, since=date(2019, 9, 30))
    households.move_household(
        household=house, village=villages.other, on=date(2019, 11, 1), reason="随子女居住", by=clerk,
        at=teller.tick(), base_version=Household.objects.get(pk=house.pk).version,
    )  # fmt: skip

    told = {}
    for night in (past, later):
        out = StringIO()
        call_command("recompute", "--on", night.isoformat(), "--inline", "--json", stdout=out)
        told[night] = json.loads(out.getvalue())

    assert [told[past][n] for n in ("results_changed", "gaps_opened", "gaps_closed")] == [0, 0, 0]
    assert exported(past) == before
    assert not RunNight.objects.filter(on=past, revision=2).exists()
    assert told[later]["results_changed"] > 0


def test_a_correction_is_a_revision_and_both_can_be_read(teller, house, places):
    live(teller, house)
    before = teller.tick()
    then = trends.trend(places.township, CODE)
    teller.tell(house, Housing, {"grade": "D"}, since=SINCE)  # it never was sound before October
    teller.tell(house, Housing, {"grade": "C"}, since=date(2019, 10, 31))
    recompute(on=NIGHTS[1], at=teller.tick())

    now = trends.with_earlier(trends.trend(places.township, CODE), places.township)

    assert [p.figure.numerator for p in now] == [1, 0, 1, 0, 1]
    assert trends.trend(places.township, CODE, known_at=before) == then
    assert [[e.figure.numerator for e in p.earlier] for p in now] == [[], [1], [], [], []]
    assert now[1].earlier[0].known_at < before
    assert RunNight.objects.get(on=NIGHTS[1], revision=2).watermark == teller.at
    # Another area of the same run has no second story to tell.
    elsewhere = trends.trend(places.other_township, CODE)
    assert trends.with_earlier(elsewhere, places.other_township) == elsewhere


def test_results_are_known_since_the_watermark_of_their_run(teller, house, places):
    """A run takes a while; what it says is what was known when it began."""
    run = services.start_run(on=NIGHTS[0], kind="NIGHT", at=teller.tick())
    later = run.watermark + timedelta(minutes=7)
    services.compute_batch(batch=run.batches.get(), at=later)

    assert set(Result.objects.values_list("recorded_at", flat=True)) == {run.watermark}
    known = figures.area_figures([places.township], [CODE], NIGHTS[0], run.watermark)
    assert known[places.township.code, CODE].denominator == 2


def test_a_date_that_only_some_villages_were_run_for_is_not_on_record(teller, house, places):
    """The first and the last village of a county do not make the county."""
    county = places.county
    recompute(on=NIGHTS[0], at=teller.tick(), area=places.other_township)
    recompute(on=NIGHTS[0], at=teller.tick(), area=places.township)
    assert figures.nights_on_record(places.township) == [NIGHTS[0]]
    assert figures.nights_on_record(county) == []
    assert figures.nights_on_record(county) == [
        night for night in NIGHTS if figures.is_on_record(county, night)
    ]

    recompute(on=NIGHTS[0], at=teller.tick())
    assert figures.nights_on_record(county) == [NIGHTS[0]]
    assert figures.nights_on_record(county, teller.at - timedelta(seconds=1)) == []


def test_the_list_of_a_night_that_was_partly_run_again_is_as_long_as_its_figure(
    teller, house, places, villages
):
    """Each village is judged with what its own newest run knew."""
    night = NIGHTS[3]
    recompute(on=night, at=teller.tick())
    for village in (villages.own, villages.other):
        teller.tell(teller.household(village), Housing, {"grade": "A"}, since=SINCE)
    recompute(on=night, at=teller.tick(), area=places.other_township)

    found = figures.area_figures([places.county], [CODE], night)[places.county.code, CODE]

    assert (found.numerator, found.denominator) == (2, 3)
    listed = figures.met_units(places.county, CODE, night)
    assert len(listed) == found.numerator
    assert [unit.village_id for unit in listed] == sorted([villages.own.pk, villages.other.pk])


def test_a_run_for_today_does_not_take_back_what_a_refresh_learnt_after_its_start(
    teller, house, places, villages
):
    today = date(2019, 11, 5)
    FactChange.objects.all().delete()
    run = services.start_run(on=today, kind="MANUAL", at=teller.tick())
    teller.tell(house, Housing, {"grade": "D"}, since=today)
    services.refresh_changed(on=today, at=teller.tick())
    services.compute_batch(batch=run.batches.get(), at=teller.tick())
    services.finish_run(run=run, at=teller.tick())

    assert figures.freshness(places.county).waiting_count == 1
    services.refresh_changed(on=today, at=teller.tick())
    newest = figures.area_figures([places.county], [CODE])[places.county.code, CODE]
    assert (newest.numerator, newest.denominator) == (0, 2)
    fresh = figures.freshness(places.county)
    assert (fresh.provisional_villages, fresh.waiting_count) == ((villages.own.pk,), 0)
    assert (
        figures.met_units(places.county, CODE)
        == figures.met_units(places.county, CODE, today)
        == []
    )


def test_facts_committed_after_the_night_mend_the_night_that_ought_to_have_known_them(
    teller, house, places, villages
):
    """An import told at noon whose transaction ends only after the night has looked."""
    from villages.models import FactChange

    told_at = teller.tick()
    recompute(on=NIGHTS[4], at=teller.tick())
    watermark = teller.at
    teller.at = told_at - timedelta(minutes=1)
    teller.tell(house, Housing, {"grade": "D"}, since=NIGHTS[4])  # recorded before the watermark
    assert FactChange.objects.filter(recorded_at__lt=watermark).exists()
    teller.at = watermark
    teller.tell(house, Housing, {"grade": "B"}, since=NIGHTS[4])  # and this after it

    services.refresh_changed(on=date(2019, 11, 5), at=teller.tick())

    night = figures.area_figures([places.village], [CODE], NIGHTS[4])[places.village.code, CODE]
    assert (night.numerator, night.denominator) == (0, 1)
    newest = figures.area_figures([places.village], [CODE])[places.village.code, CODE]
    assert (newest.numerator, newest.denominator) == (1, 1)
    assert len(figures.gap_units(places.village, CODE, NIGHTS[4])) == 1
    assert figures.met_units(places.village, CODE, NIGHTS[4]) == []
    assert (
        refresh_villages([villages.own.pk], on=date(2019, 11, 5), at=teller.tick())["results"] == 0
    )


@pytest.mark.parametrize("order", ["low", "-low"])
def test_a_household_that_moved_is_listed_where_it_lives_whichever_village_comes_first(
    teller, villages, clerk, monkeypatch, order
):
    """Two batches: the new village may be computed while the old one still lists the household."""
    monkeypatch.setattr(services, "BATCH_HOUSEHOLDS", 1)
    home = teller.household(villages.own)
    teller.tell(home, Housing, {"grade": "D"})
    recompute(on=NIGHTS[3], at=teller.tick())
    households.move_household(
        household=home, village=villages.other, on=NIGHTS[4], reason="随子女居住", by=clerk,
        at=teller.tick(), base_version=Household.objects.get(pk=home.pk).version,
    )  # fmt: skip

    run = services.start_run(on=NIGHTS[4], kind="NIGHT", at=teller.tick())
    for batch in run.batches.order_by(order):
        services.compute_batch(batch=batch, at=teller.tick())

    assert services.finish_run(run=run, at=teller.tick())
    listed = Gap.objects.filter(indicator=CODE, household=home)
    assert [gap.village_id for gap in listed.as_of(NIGHTS[4])] == [villages.other.pk]
    assert [gap.village_id for gap in listed.as_of(NIGHTS[3])] == [villages.own.pk]
