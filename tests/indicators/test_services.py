"""Standards on record, runs in batches, nights that are due, the day kept fresh."""

from dataclasses import replace
from datetime import date, timedelta
from itertools import pairwise
from types import SimpleNamespace
from typing import Any

import pytest
from django.db import DataError

from core import clock, work
from core.models import AuditEvent, Job, JobState
from households.models import Housing
from indicators import jobs, services
from indicators.enums import RunKind, RunState
from indicators.models import Gap, Parameter, Result, Run, RunBatch, RunNight
from indicators.services import NoStandards, RunInProgress
from indicators.standard_changes import Loaded
from indicators.standard_values import TURN
from tests.indicators.factories import START, Teller, standards
from villages.models import FactChange

ON = date(2019, 10, 31)
TODAY = date(2019, 11, 5)


# --- standards ------------------------------------------------------------------------------------


def test_loading_standards_twice_changes_nothing(db):
    first = services.load_standards(at=START, values=standards())
    second = services.load_standards(at=START + timedelta(days=1), values=standards())

    assert first == Loaded(len(standards()), 0, 0)
    assert second == Loaded(0, 0, len(standards()))
    assert Parameter.objects.count() == len(standards())
    assert AuditEvent.objects.filter(action="standards.load").count() == 1


def test_a_changed_standard_supersedes_the_one_before(teller):
    changed = [
        replace(v, value="21") if (v.code, v.region) == ("water_l_basic", "15") else v
        for v in standards()
    ]
    at = teller.tick()

    loaded = services.load_standards(at=at, values=changed)

    assert loaded == Loaded(1, 1, len(standards()) - 1)
    held = Parameter.objects.filter(code="water_l_basic", region="15").order_by("pk")
    assert [(p.value, p.superseded_at) for p in held] == [("20", at), ("21", None)]


def test_the_files_of_standards_can_be_put_on_record(db):
    assert services.load_standards(at=START).created == len(standards())


def test_nothing_is_computed_without_standards(db, villages):
    for act in (
        lambda: services.start_run(on=ON, kind=RunKind.NIGHT, at=START),
        lambda: services.moment(ON),
    ):
        with pytest.raises(NoStandards):
            act()
    assert not Run.objects.exists()


@pytest.mark.parametrize(
    ("on", "year"),
    [(date(2019, 12, 30), 2018), (date(2019, 12, 31), 2019), (date(2020, 1, 1), 2019)],
)
def test_the_accounting_year_turns_on_the_day_the_standard_names(teller, on, year):
    assert services.moment(on).accounting_year == year


# --- runs -----------------------------------------------------------------------------------------


@pytest.fixture
def houses(teller: Teller, villages: SimpleNamespace) -> SimpleNamespace:
    """One household in each of the four villages, graded D."""
    made = SimpleNamespace(
        **{name: teller.household(getattr(villages, name)) for name in vars(villages)}
    )
    for house in vars(made).values():
        teller.tell(house, Housing, {"grade": "D"})
    FactChange.objects.all().delete()
    return made


def test_batches_cover_every_code_once(houses, monkeypatch):
    monkeypatch.setattr(services, "BATCH_HOUSEHOLDS", 2)

    spans = services.split_villages(*services.EVERYWHERE)

    assert len(spans) == 4
    assert (spans[0][0], spans[-1][1]) == services.EVERYWHERE
    assert all(a[1] + 1 == b[0] for a, b in pairwise(spans))


def test_an_area_without_villages_is_one_batch(db):
    assert services.split_villages(11, 12) == [(11, 12)]


def test_one_run_at_a_time(teller, houses, places):
    run = services.start_run(on=ON, kind=RunKind.MANUAL, at=teller.tick())

    with pytest.raises(RunInProgress) as busy:
        services.recompute(on=TODAY - timedelta(days=1), at=teller.tick(), area=places.township)

    assert busy.value.run == run
    assert Run.objects.count() == 1


def test_a_run_is_finished_only_when_every_batch_is_done(teller, houses, monkeypatch):
    monkeypatch.setattr(services, "BATCH_HOUSEHOLDS", 2)
    run = services.start_run(on=ON, kind=RunKind.NIGHT, at=teller.tick())
    for batch in list(run.batches.all()):
        assert services.finish_run(run=run, at=teller.tick()) is False
        services.compute_batch(batch=batch, at=teller.tick())

    assert services.progress_of([run]) == {run.pk: (4, 4)}
    assert services.finish_run(run=run, at=teller.tick()) is True
    assert services.finish_run(run=run, at=teller.tick()) is False
    run.refresh_from_db()
    assert run.state == RunState.DONE
    told = services.totals(run)
    assert (told["villages"], told["households"], told["members"]) == (4, 4, 4)
    assert (told["gaps_opened"], told["gaps_closed"]) == (Gap.objects.count(), 0)
    assert told["results_changed"] == Result.objects.count() > 4
    actions = AuditEvent.objects.filter(action__startswith="run.").values_list("action", flat=True)
    assert sorted(actions) == ["run.finish", "run.start"]


def test_a_batch_done_twice_is_computed_once(teller, houses):
    run = services.start_run(on=ON, kind=RunKind.NIGHT, at=teller.tick())
    batch = run.batches.get()
    first = services.compute_batch(batch=batch, at=teller.tick())

    second = services.compute_batch(batch=batch, at=teller.tick())

    assert second.done_at == first.done_at


@pytest.mark.parametrize("done", [0, 1, 4])
def test_a_run_that_nobody_works_on_is_taken_up(teller, houses, monkeypatch, done):
    monkeypatch.setattr(services, "BATCH_HOUSEHOLDS", 2)
    killed = services.start_run(on=ON, kind=RunKind.NIGHT, at=teller.tick())
    for batch in list(killed.batches.all())[:done]:
        services.compute_batch(batch=batch, at=teller.tick())

    services.resume_runs(killed.started_at)
    assert not Job.objects.exists()
    services.resume_runs(killed.started_at + services.ORPHANED_AFTER + timedelta(seconds=1))
    work.work()

    killed.refresh_from_db()
    assert killed.state == RunState.DONE
    assert not killed.batches.filter(done_at=None).exists()


def test_a_failed_run_says_why_and_makes_room(teller, houses):
    run = services.start_run(on=ON, kind=RunKind.NIGHT, at=teller.tick())

    services.fail_run(run=run, at=teller.tick(), error="disk full")

    run.refresh_from_db()
    assert (run.state, run.error) == (RunState.FAILED, "disk full")
    assert AuditEvent.objects.get(action="run.fail").detail == {"error": "disk full"}
    assert services.recompute(on=ON, at=teller.tick()).state == RunState.DONE


def test_a_finished_run_cannot_fail_afterwards(teller, houses):
    run = services.recompute(on=ON, at=teller.tick())
    services.fail_run(run=run, at=teller.tick(), error="late")
    run.refresh_from_db()
    assert (run.state, run.error) == (RunState.DONE, "")


def test_an_error_in_this_process_ends_the_run(teller, houses):
    Parameter.objects.filter(code="house_min_area_per_person_m2").update(value="无")

    with pytest.raises(DataError):
        services.recompute(on=ON, at=teller.tick())

    run = Run.objects.get()
    assert run.state == RunState.FAILED
    assert run.error.startswith("DataError")
    assert not Result.objects.exists()


def test_a_run_of_an_area_leaves_the_others_alone(teller, houses, places):
    services.recompute(on=ON, at=teller.tick(), area=places.township)

    assert set(Result.objects.values_list("village_id", flat=True)) == {150222105203, 150222105205}
    assert RunNight.objects.get().low == places.township.code


# --- nights that are due --------------------------------------------------------------------------


def ran(
    on: date, *, state: str = RunState.DONE, area: Any = None, kind: str = RunKind.NIGHT
) -> Run:
    return Run.objects.create(
        on=on, kind=kind, area=area, state=state, watermark=START, started_at=START
    )


def test_the_first_night_is_yesterday(db):
    assert services.next_night(today=TODAY) == TODAY - timedelta(days=1)


def test_missed_nights_are_caught_up_oldest_first(db):
    ran(date(2019, 11, 1))
    assert services.next_night(today=TODAY) == date(2019, 11, 2)


def test_nothing_is_due_once_yesterday_was_run(db):
    ran(TODAY - timedelta(days=1))
    assert services.next_night(today=TODAY) is None


def test_runs_of_areas_failed_runs_and_later_days_do_not_count(db, places):
    ran(date(2019, 11, 1))
    ran(date(2019, 11, 4), area=places.township)
    ran(date(2019, 11, 4), state=RunState.FAILED)
    ran(date(2019, 11, 5))
    assert services.next_night(today=TODAY) == date(2019, 11, 2)


def test_a_run_by_hand_does_not_hide_the_nights_missed_before_it(db):
    """The system was off for three nights; at its start somebody recomputed yesterday."""
    ran(date(2019, 11, 1))
    ran(date(2019, 11, 4), kind=RunKind.MANUAL)
    assert services.next_night(today=TODAY) == date(2019, 11, 2)
    ran(date(2019, 11, 2))
    ran(date(2019, 11, 3))
    assert services.next_night(today=TODAY) is None
    assert services.next_night(today=TODAY + timedelta(days=1)) == date(2019, 11, 5)


def test_without_any_night_the_last_run_by_hand_is_where_they_begin(db):
    ran(date(2019, 11, 2), kind=RunKind.MANUAL)
    assert services.next_night(today=TODAY) == date(2019, 11, 3)


def test_after_a_long_rest_only_yesterday_is_run(db):
    ran(TODAY - timedelta(days=2 + services.CATCH_UP_NIGHTS))
    assert services.next_night(today=TODAY) == TODAY - timedelta(days=1)


def test_the_bell_runs_every_missed_night_one_after_another(teller, houses):
    services.recompute(on=date(2019, 11, 1), at=teller.tick())

    jobs.nightly()
    work.work()

    nights = Run.objects.filter(kind=RunKind.NIGHT).order_by("pk")
    assert [(run.on.day, run.state) for run in nights] == [(2, "DONE"), (3, "DONE"), (4, "DONE")]


def test_the_bell_is_silent_while_a_run_goes_on_or_without_standards(db, villages):
    jobs.nightly()
    assert not Run.objects.exists()
    services.load_standards(at=START, values=standards())
    services.start_run(on=ON, kind=RunKind.MANUAL, at=START)
    jobs.nightly()
    assert Run.objects.count() == 1


# --- by workers -----------------------------------------------------------------------------------


def test_workers_do_the_batches_and_the_last_one_ends_the_run(teller, houses, monkeypatch):
    monkeypatch.setattr(services, "BATCH_HOUSEHOLDS", 2)
    run = services.start_run(on=TODAY - timedelta(days=1), kind=RunKind.NIGHT, at=teller.tick())
    services.queue_run(run, at=teller.tick())

    work.work()

    run.refresh_from_db()
    assert run.state == RunState.DONE
    done = Job.objects.filter(state=JobState.DONE).values_list("kind", flat=True)
    kinds = [k for k in done if k in ("indicators.batch", "indicators.finish")]
    assert sorted(kinds) == ["indicators.batch"] * 4 + ["indicators.finish"]
    finish = Job.objects.get(kind="indicators.finish")
    low, high = services.EVERYWHERE
    assert finish.payload == {"run": run.pk, "on": "2019-11-04", "low": low, "high": high}


def test_a_batch_that_fails_for_good_ends_its_run(teller, houses, monkeypatch):
    run = services.start_run(on=ON, kind=RunKind.NIGHT, at=teller.tick())
    services.queue_run(run, at=teller.tick())
    Parameter.objects.filter(code=TURN).update(superseded_at=teller.tick())

    work.work()

    run.refresh_from_db()
    assert run.state == RunState.FAILED
    assert run.error.startswith("NoStandards")


def test_batches_of_an_ended_run_are_left(teller, houses):
    run = services.start_run(on=ON, kind=RunKind.NIGHT, at=teller.tick())
    services.queue_run(run, at=teller.tick())
    services.fail_run(run=run, at=teller.tick(), error="stopped")

    work.work()

    assert not RunBatch.objects.exclude(done_at=None).exists()
    assert not Result.objects.exists()


def test_a_run_whose_workers_died_three_times_is_ended_too(teller, houses):
    """Otherwise it would hold off every later night."""
    run = services.start_run(on=ON, kind=RunKind.NIGHT, at=teller.tick())
    services.queue_run(run, at=teller.tick())
    Job.objects.update(state=JobState.RUNNING, attempt=3)

    work.sweep(at=clock.now())

    run.refresh_from_db()
    assert run.state == RunState.FAILED
    assert run.error


# --- the day --------------------------------------------------------------------------------------


def test_a_fact_told_is_in_the_figures_of_the_day(teller, houses, villages):
    services.recompute(on=ON, at=teller.tick())
    teller.tell(houses.own, Housing, {"grade": "A"}, since=TODAY)

    work.work()

    row = Result.objects.latest_known().get(village=villages.own, indicator="HOU-01")
    assert (row.numerator, row.denominator, row.valid_from) == (1, 1, TODAY)
    job = Job.objects.get(kind="indicators.refresh")
    assert (job.state, job.payload) == (
        JobState.DONE,
        {"villages": [villages.own.pk], "on": "2019-11-05"},
    )
    assert not FactChange.objects.exists()
    assert list(RunNight.objects.filter(provisional=True).values_list("on", "low")) == [
        (TODAY, villages.own.pk)
    ]


def test_refresh_deletes_only_the_rows_it_has_read(teller, houses, villages):
    for house in (houses.own, houses.next, houses.other):
        teller.tell(house, Housing, {"grade": "A"}, since=TODAY)

    assert services.refresh_changed(on=TODAY, at=teller.tick(), limit=2) == [
        villages.own.pk,
        villages.next.pk,
    ]
    assert list(FactChange.objects.values_list("village_id", flat=True)) == [villages.other.pk]
    assert services.refresh_changed(on=TODAY, at=teller.tick()) == [villages.other.pk]
    assert services.refresh_changed(on=TODAY, at=teller.tick()) == []


def test_refreshing_again_only_moves_the_watermark(teller, houses, villages):
    services.refresh_villages([villages.own.pk], on=TODAY, at=teller.tick())
    at = teller.tick()

    told = services.refresh_villages([villages.own.pk], on=TODAY, at=at)

    assert (told["results"], told["gaps"], told["household"]) == (0, 0, 1)
    assert RunNight.objects.get().watermark == at


def test_no_waiting_change_no_job(db):
    services.queue_refresh(START)
    assert not Job.objects.exists()
