"""The same knowledge gives the same exports, byte for byte, however it was come by.

One story of a small register (facts, corrections, checks that are returned, moves, a death) is told
three times: with day refreshes, nights and corrected nights as they come in the office; with nothing
but one full recompute at its end; and with runs that break off and are resumed. Ids differ, bytes not.
"""

import contextlib
import random
from collections.abc import Callable
from datetime import date, timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command
from django.db import transaction

from core import work
from households import services as households
from households.enums import ChangeReason
from households.models import Household, HouseholdCheck, Housing, Insurance, Schooling, Water
from indicators import services
from indicators.models import Gap, Result, Run, RunNight
from tests.indicators.factories import GOOD, SINCE, Teller, load_standards
from tests.villages.factories import VillageFactory, VillageListingFactory, make_user
from villages.models import FactChange, VillagePower

DAYS = [date(2019, 10, 29) + timedelta(days=n) for n in range(4)]
VILLAGES = (150222105203, 150222105205, 150222106201)
AREAS = ("", "150222000000", "150222105000", "150222106201")
BIRTHS = (date(2013, 10, 31), date(1960, 1, 1), date(2019, 8, 2), date(2003, 10, 30))


class Story:
    """What happens day by day, the same for the same seed; `tell` returns after each act."""

    def __init__(self, seed: int) -> None:
        self.chance, self.teller = random.Random(seed), Teller()
        load_standards()
        self.clerk, self.reviewer = make_user(username="clerk"), make_user(username="reviewer")
        self.villages = [VillageFactory(code=code) for code in VILLAGES]
        for village in self.villages:
            VillageListingFactory(village=village)
        self.homes = [
            self.teller.household(self.villages[n % 3], members=2, born=BIRTHS[n % 4])
            for n in range(6)
        ]
        for home in self.homes[::2]:
            self.teller.sound(home)

    def act(self, today: date) -> None:
        home = self.chance.choice(self.homes)
        since = self.chance.choice(
            [SINCE, today, today, today - timedelta(days=self.chance.randrange(4))]
        )
        grade = self.chance.choice(["A", "C", "D", ""])
        what = self.chance.choice(
            ["house", "water", "pupil", "power", "check", "return", "move", "death"]
        )
        member = home.people[self.chance.randrange(2)]
        village = self.chance.choice(self.villages)
        if what == "house":
            self.teller.tell(home, Housing, {"grade": grade}, since=since)
        elif what == "water":
            self.teller.tell(home, Water, GOOD[Water] | {"short_days_per_year": 90}, since=since)
        elif what == "pupil":
            status = "PRIMARY" if grade else "NOT_STUDENT"
            self.teller.tell(member, Schooling, {"student_status": status}, since=since)
            self.teller.tell(member, Insurance, {"resident": bool(grade)}, since=since, year=2019)
        elif what == "power":
            self.teller.tell(village, VillagePower, {"three_phase_power": bool(grade)}, since=since)
        elif what == "check":
            households.submit_check(
                household=home, answers={Housing: [({}, {"grade": grade})]}, visited_on=today,
                by=self.clerk, at=self.teller.tick(), base_version=self.version(home),
            )  # fmt: skip
        elif what == "return":
            check = HouseholdCheck.objects.filter(state="SUBMITTED").order_by("pk").last()
            if check:
                households.return_check(
                    check=check, by=self.reviewer, at=self.teller.tick(), reason="补照片"
                )
        elif what == "move":
            with contextlib.suppress(households.SameVillage, households.TooEarly):
                households.move_household(
                    household=home, village=village, on=today, reason="随子女居住", by=self.reviewer,
                    at=self.teller.tick(), base_version=self.version(home),
                )  # fmt: skip
        else:
            with contextlib.suppress(households.NotMember, households.TooEarly):
                households.remove_member(
                    household=home, member=home.people[1], reason=ChangeReason.DIED, on=today,
                    by=self.reviewer, at=self.teller.tick(), base_version=self.version(home),
                )  # fmt: skip

    @staticmethod
    def version(home: Household) -> int:
        return Household.objects.get(pk=home.pk).version


def nothing(_story: Story, _today: date) -> None:
    return


def history(seed: int, after_act: Any = nothing, after_day: Any = nothing) -> Story:
    story = Story(seed)
    FactChange.objects.all().delete()
    for today in DAYS:
        for _ in range(5):
            story.act(today)
            after_act(story, today)
        after_day(story, today)
    return story


def in_the_office(seed: int) -> None:
    """Every act is refreshed by day, every day has its night; at the end the past is put right."""

    def refresh(story: Story, today: date) -> None:
        services.refresh_changed(on=today, at=story.teller.tick())

    def night(story: Story, today: date) -> None:
        services.recompute(on=today, at=story.teller.tick(), kind="NIGHT")

    story = history(seed, refresh, night)
    assert RunNight.objects.filter(provisional=True).exists()
    for past in random.Random(seed).sample(DAYS[:-1], len(DAYS) - 1):
        services.recompute(on=past, at=story.teller.tick())
    assert Result.objects.exclude(superseded_at=None).exists(), "no correction of the past was told"
    assert Gap.objects.exclude(valid_to=None).exists()


def at_once(seed: int) -> None:
    """A fresh copy of the register, and every date computed once, the newest first."""
    story = history(seed)
    for day in reversed(DAYS):
        services.recompute(on=day, at=story.teller.tick())
    assert not Result.objects.exclude(superseded_at=None).exists()


def broken_off_and_resumed(seed: int) -> None:
    """Each run loses the batch it has in hand, some are begun again, and the jobs do the rest."""

    class Killed(Exception):
        pass

    story = history(seed)
    for number, day in enumerate(DAYS):
        run = services.start_run(on=day, kind="MANUAL", at=story.teller.tick())
        first, second = run.batches.order_by("-low")[:2]
        services.compute_batch(batch=first, at=story.teller.tick())
        with contextlib.suppress(Killed), transaction.atomic():
            services.compute_batch(batch=second, at=story.teller.tick())
            raise Killed
        if number % 2:
            services.fail_run(run=run, at=story.teller.tick(), error="作业进程多次中断")
            run = services.start_run(on=day, kind="MANUAL", at=story.teller.tick())
        assert run.batches.filter(done_at=None).count() >= 2
        Run.objects.exclude(pk=run.pk).filter(state="RUNNING").update(state="FAILED")
        FactChange.objects.all().delete()
        services.resume_runs(run.started_at + timedelta(hours=1))
        work.work()
        run.refresh_from_db()
        assert run.state == "DONE"


def exports_of(way: Callable[[int], None], seed: int) -> dict[tuple[str, str, str], str]:
    with transaction.atomic():
        way(seed)
        found = {}
        for day in DAYS:
            for area in AREAS if day == DAYS[1] else ("",):
                for command in ("export_results", "export_gaps"):
                    out = StringIO()
                    place = ["--area", area] if area else []
                    call_command(command, "--on", day.isoformat(), *place, stdout=out)
                    found[command, day.isoformat(), area] = out.getvalue()
        transaction.set_rollback(True)
    return found


@pytest.mark.slow
@pytest.mark.django_db
@pytest.mark.parametrize("seed", [1, 3])
def test_exports_are_the_same_bytes_whatever_the_way(
    seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(services, "BATCH_HOUSEHOLDS", 1)

    whole = exports_of(at_once, seed)

    assert exports_of(in_the_office, seed) == whole
    assert exports_of(broken_off_and_resumed, seed) == whole
    days = {
        whole["export_results", day.isoformat(), ""].replace(day.isoformat(), "") for day in DAYS
    }
    assert len(days) > 1, "nothing happened"
    assert all(whole["export_gaps", day.isoformat(), ""].count("\n") > 10 for day in DAYS)
