"""What a value would change: the same as adopting it, told before, and nothing is left behind."""

from datetime import date, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from django.apps import apps
from django.db import connection

from core import work
from core.models import AuditEvent, Job, JobState
from households.models import HouseholdStatus, IncomeYear, Water
from indicators import jobs, services, what_if
from indicators import standard_changes as changes
from indicators import standard_values as standing
from indicators.enums import TrialState
from indicators.models import Gap, Parameter, Result, StandardTrial
from indicators.services import recompute
from indicators.standard_values import Reading
from tests.accounts.factories import UserFactory
from tests.indicators.factories import GOOD_INCOME, Teller

ON = date(2019, 10, 31)
TODAY = date(2019, 11, 5)
COUNTY = "150222"


def reading(**more: Any) -> Reading:
    said: dict[str, Any] = {
        "code": "water_l_basic", "region": COUNTY, "valid_from": date(2019, 6, 1), "valid_to": None, "value": "30",
        "document": "kaizhou-2019", "section": "一", "reason": "试算",
    }  # fmt: skip
    return Reading(**said | more)


@pytest.fixture
def houses(teller: Teller, villages: SimpleNamespace) -> SimpleNamespace:
    """Three households with 18, 25 and 40 litres in the own village, one with 25 in another town,
    one with 25 in another county, and one of whose water nothing is told."""
    made = SimpleNamespace(teller=teller, by=UserFactory())
    for name, village, litres in (
        ("low", villages.own, 18),
        ("middle", villages.own, 25),
        ("high", villages.own, 40),
        ("other", villages.other, 25),
        ("far", villages.far, 25),
    ):
        house = teller.household(village)
        teller.sound(house)
        facts = {"mode": "PIPED", "quality": "MET", "short_days_per_year": 5}
        teller.tell(
            house, Water, {**facts, "litres_per_person_day": litres}, since=date(2019, 1, 1)
        )
        setattr(made, name, house)
    made.blank = teller.household(villages.own)
    return made


def attempt(houses: SimpleNamespace, said: Reading, **more: Any) -> StandardTrial:
    return what_if.try_out(reading=said, by=houses.by, at=houses.teller.tick(), **{"on": ON} | more)


def turned(trial: StandardTrial) -> dict[tuple[str, int], tuple[str | None, str | None]]:
    return {(u["indicator"], u["subject"]): (u["before"], u["after"]) for u in trial.units}


def entry(trial: StandardTrial, village: int, code: str = "WAT-01") -> dict[str, Any]:
    return next(v for v in trial.villages if (v["village"], v["indicator"]) == (village, code))


def test_a_stricter_value_fails_whom_it_concerns(houses, villages):
    trial = attempt(houses, reading(value="30"))

    assert (trial.state, trial.on) == (TrialState.DONE, ON)
    of_water = {k: v for k, v in turned(trial).items() if k[0] == "WAT-01"}
    assert of_water == {
        ("WAT-01", houses.middle.pk): (None, "NOT_MET"),
        ("WAT-01", houses.other.pk): (None, "NOT_MET"),
    }
    own, other = entry(trial, villages.own.pk), entry(trial, villages.other.pk)
    assert (own["before"], own["after"], own["was"], own["will"]) == (
        "NOT_MET",
        "NOT_MET",
        [2, 4],
        [1, 4],
    )
    assert (own["failing"], own["unknown"], own["clear"]) == (1, 0, 0)
    assert (other["before"], other["after"]) == ("MET", "NOT_MET")
    assert not any(v["village"] == villages.far.pk for v in trial.villages)
    assert (trial.village_count, trial.household_count) == (3, 5)


def test_a_milder_value_clears_whom_it_concerns(houses, villages):
    trial = attempt(houses, reading(value="15"))

    assert turned(trial)[("WAT-01", houses.low.pk)] == ("NOT_MET", None)
    own = entry(trial, villages.own.pk)
    assert (own["before"], own["after"], own["clear"]) == ("NOT_MET", "INSUFFICIENT_DATA", 1)


def test_a_pass_mark_turns_villages_and_no_household(houses, villages):
    trial = attempt(houses, reading(code="pass_pct", value="50"))

    own = entry(trial, villages.own.pk)
    assert (own["before"], own["after"], own["was"], own["will"]) == (
        "NOT_MET",
        "MET",
        [2, 4],
        [2, 4],
    )
    assert ("WAT-01", houses.low.pk) not in turned(trial)


def test_a_value_by_year_is_tried_in_its_year(houses):
    poor = houses.low
    houses.teller.tell(poor, HouseholdStatus, {"status": "NOT_LIFTED"}, since=date(2019, 1, 2))
    houses.teller.tell(poor, IncomeYear, {**GOOD_INCOME, "wage_yuan": 3300}, year=2019)
    said = reading(
        code="income_line_identify_yuan", value="3400", valid_from=date(2019, 1, 1),
        valid_to=date(2020, 1, 1),
    )  # fmt: skip
    day = what_if.day_to_judge(said, TODAY)

    assert day == date(2019, 12, 31)
    assert turned(attempt(houses, said, on=day))[("INC-01", poor.pk)] == (None, "NOT_MET")
    with pytest.raises(what_if.WrongDay):
        attempt(houses, said, on=TODAY)


@pytest.mark.parametrize(
    ("valid_from", "valid_to", "day"),
    [
        (date(2019, 6, 1), None, TODAY),
        (date(2020, 1, 1), None, date(2020, 1, 1)),
        (date(2019, 1, 1), date(2019, 7, 1), date(2019, 6, 30)),
    ],
)
def test_the_day_judged_is_the_nearest_on_which_the_value_counts(teller, valid_from, valid_to, day):
    assert what_if.day_to_judge(reading(valid_from=valid_from, valid_to=valid_to), TODAY) == day


def test_trial_and_adoption_agree(houses, villages):
    """What the trial tells of the night is, to the integer, what the night becomes."""
    recompute(on=ON, at=houses.teller.tick())
    trial = attempt(houses, reading())
    before = {(r.village_id, r.indicator): r for r in Result.objects.as_of(ON)}
    proposal = changes.propose(
        reading=reading(), seen=standing.newest("water_l_basic"), by=houses.by,
        at=houses.teller.tick(),
    )  # fmt: skip
    changes.approve(
        proposal=proposal, base_version=1, note="", by=UserFactory(), at=houses.teller.tick()
    )
    recompute(on=ON, at=houses.teller.tick())

    told = {(v["village"], v["indicator"]): v for v in trial.villages}
    assert told
    for key, row in {(r.village_id, r.indicator): r for r in Result.objects.as_of(ON)}.items():
        was = before[key]
        numbers = [was.numerator, was.denominator], [row.numerator, row.denominator]
        if key in told:
            assert (told[key]["was"], told[key]["will"]) == numbers
            assert (told[key]["before"], told[key]["after"]) == (was.status, row.status)
        else:
            assert (was.status, numbers[0]) == (row.status, numbers[1])
    failing = {(g.indicator, g.subject_id) for g in Gap.objects.as_of(ON).filter(verdict="NOT_MET")}
    assert {k for k, (_b, after) in turned(trial).items() if after == "NOT_MET"} <= failing


def everything() -> dict[str, list[Any]]:
    """Every row of every table of ours, the trail and the trials themselves aside."""
    left_out = {"core.AuditEvent", "indicators.StandardTrial"}
    ours = [m for m in apps.get_models() if m._meta.label not in left_out and m._meta.managed]
    return {m._meta.label: list(m._default_manager.order_by("pk").values_list()) for m in ours}


def test_nothing_is_left_behind(houses):
    recompute(on=ON, at=houses.teller.tick())
    before = everything()
    newest = AuditEvent.objects.latest("pk").pk

    attempt(houses, reading())

    assert everything() == before
    assert [e.action for e in AuditEvent.objects.filter(pk__gt=newest)] == ["standards.try"]
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_class WHERE relname IN ('w_gap', 'w_result', 'w_turned')"
        )
        assert cursor.fetchone() == (0,)
    assert Parameter.objects.standing().filter(region=COUNTY, code="water_l_basic").count() == 0


def test_a_trial_that_breaks_leaves_nothing_behind(houses, monkeypatch):
    before = everything()

    def broken(*_args: Any) -> None:
        raise RuntimeError("in the middle")

    monkeypatch.setattr(what_if, "_compare", broken)
    with pytest.raises(RuntimeError):
        attempt(houses, reading())

    assert everything() == before
    assert not StandardTrial.objects.exists()


def test_what_nobody_reads_is_not_tried(houses):
    with pytest.raises(what_if.NothingToTry):
        attempt(houses, reading(code="report_due_day", value="9"))


def test_counts_are_complete_where_names_are_not(houses, monkeypatch):
    monkeypatch.setattr(what_if, "MOST_UNITS", 1)
    trial = attempt(houses, reading())

    assert len(trial.units) == 1
    assert trial.unit_count == sum(v["failing"] + v["unknown"] + v["clear"] for v in trial.villages)
    assert trial.unit_count > 1


def test_batches_together_tell_what_one_tells(houses, monkeypatch):
    whole = attempt(houses, reading())
    monkeypatch.setattr(services, "BATCH_HOUSEHOLDS", 1)
    parts = attempt(houses, reading())

    assert (parts.villages, parts.units, parts.unit_count) == (
        whole.villages,
        whole.units,
        whole.unit_count,
    )
    assert (parts.village_count, parts.household_count) == (
        whole.village_count,
        whole.household_count,
    )


def test_a_large_region_is_tried_by_a_worker(houses, monkeypatch):
    monkeypatch.setattr(what_if, "MOST_INLINE", 2)
    trial = attempt(houses, reading())
    assert (trial.state, trial.villages) == (TrialState.WAITING, [])
    job = Job.objects.get(kind=what_if.JOB)

    work.work()

    trial.refresh_from_db()
    job.refresh_from_db()
    assert (trial.state, job.state) == (TrialState.DONE, JobState.DONE)
    assert trial.unit_count > 0
    assert trial.done_at is not None


def test_a_worker_that_fails_for_good_says_so(houses, monkeypatch):
    monkeypatch.setattr(what_if, "MOST_INLINE", 2)
    trial = attempt(houses, reading())

    jobs.fail_trial(Job.objects.get(kind=what_if.JOB))
    trial.refresh_from_db()
    assert trial.state == TrialState.FAILED
    jobs.fail_trial(Job(payload={"trial": 0}))


def test_the_last_trials_of_a_person_are_kept(houses, monkeypatch):
    monkeypatch.setattr(what_if, "KEPT", 2)
    made = [attempt(houses, reading(value=str(n))) for n in (21, 22, 23)]
    theirs = what_if.try_out(
        reading=reading(), on=ON, by=UserFactory(), at=houses.teller.at + timedelta(hours=1)
    )

    assert set(StandardTrial.objects.values_list("pk", flat=True)) == {
        made[1].pk,
        made[2].pk,
        theirs.pk,
    }
