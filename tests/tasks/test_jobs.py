from datetime import date
from typing import Any

import pytest
from django.test import RequestFactory

from core import clock, slots, work
from core.models import Job
from indicators.models import Run
from tasks import jobs
from tasks.models import Case
from tasks.views import slots as pages
from tests.tasks.factories import AT, CaseFactory, GapFactory, verifying

pytestmark = pytest.mark.django_db
ON = date(2019, 11, 4)


def ask(user: Any) -> Any:
    request = RequestFactory().get("/")
    request.user = user
    return request


def test_a_finished_run_is_followed() -> None:
    gap = GapFactory()
    done = Job(
        kind="indicators.finish",
        payload={"run": 7, "on": ON.isoformat(), "low": gap.village_id, "high": gap.village_id},
    )

    jobs.after_run(done)
    jobs.after_run(done)

    job = Job.objects.get(kind="tasks.sync")
    jobs.sync(job)
    assert Case.objects.get().opened_on == ON


def test_a_day_refresh_is_followed() -> None:
    gap = GapFactory()

    jobs.after_refresh(
        Job(
            pk=9,
            kind="indicators.refresh",
            payload={"villages": [gap.village_id], "on": ON.isoformat()},
        )
    )
    jobs.after_refresh(
        Job(pk=10, kind="indicators.refresh", payload={"villages": [], "on": ON.isoformat()})
    )

    jobs.sync(Job.objects.get(kind="tasks.sync"))
    assert Case.objects.count() == 1


def test_a_run_without_jobs_is_followed_once(places: Any) -> None:
    Run.objects.create(
        on=ON,
        kind="MANUAL",
        area=places.county,
        state="DONE",
        watermark=AT,
        started_at=AT,
        finished_at=AT,
    )

    for _n in range(2):
        jobs.queue_newest_run(clock.now())

    job = Job.objects.get(kind="tasks.sync")
    assert job.payload == {"on": ON.isoformat(), "ranges": [list(places.county.range)]}


def test_no_run_no_job() -> None:
    jobs.queue_newest_run(clock.now())

    assert not Job.objects.exists()


def test_followers_and_slots_are_registered() -> None:
    assert jobs.after_run in work._followers["indicators.finish"]
    assert jobs.after_refresh in work._followers["indicators.refresh"]
    assert pages.household_cases in slots.fillers("household_cases")
    assert pages.workbench_todo in slots.fillers("workbench_todo")


def test_household_slot_shows_only_what_the_user_may_see(
    villages: Any, clerk: Any, other_clerk: Any
) -> None:
    case = CaseFactory(household__village=villages.own)

    assert case.number in pages.household_cases(ask(clerk), household=case.household)
    assert case.number not in pages.household_cases(ask(other_clerk), household=case.household)


def test_village_slot(villages: Any, clerk: Any) -> None:
    case = CaseFactory(household__village=villages.own)

    assert case.number in pages.village_cases(ask(clerk), village=villages.own)


def test_workbench_rows(villages: Any, clerk: Any, county_user: Any, inspector: Any) -> None:
    CaseFactory(household__village=villages.own, after=["ASSIGNED"])
    verifying(household__village=villages.own)

    assert [(row["count"], row["due_tag"]) for row in pages.workbench_todo(ask(clerk))] == [
        (1, "超期 1 件")
    ]
    assert [row["label"] for row in pages.workbench_todo(ask(county_user))] == ["问题待核验销号"]
    assert pages.workbench_todo(ask(inspector)) == []
    assert pages.menu_count(ask(clerk)) == (1, True)
