"""Two-time facts against the plainest model there is: a table of days, and a film of that table."""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.db import InternalError, connection, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.facts import FactRow, Provenance, Source, record_fact, record_facts, supersede_source
from tests.villages.factories import VillageFactory
from villages.models import Village, VillagePopulation, VillagePower

pytestmark = pytest.mark.django_db
DAY_ONE = date(2019, 1, 1)
HORIZON = 12
FIRST_MOMENT = datetime(2019, 2, 1, 4, tzinfo=UTC)


def told(day: int, step: int, ref: str = "") -> Provenance:
    return Provenance(
        valid_from=DAY_ONE + timedelta(days=day),
        at=FIRST_MOMENT + timedelta(hours=step),
        by=None,
        source=Source.CHECK if ref else Source.OFFICE,
        source_ref=ref,
    )


def moment(step: int) -> datetime:
    return FIRST_MOMENT + timedelta(hours=step)


@dataclass
class Days:
    """What is true on each day, as last told. A value told for a day holds until the next told day."""

    values: list[int | None] = field(default_factory=lambda: [None] * HORIZON)
    starts: set[int] = field(default_factory=set)
    film: list[list[int | None]] = field(default_factory=list)

    def tell(self, day: int, value: int | None) -> None:
        known = bool(self.starts) and min(self.starts) <= day
        if not known or self.values[day] != value:
            end = min((s for s in self.starts if s > day), default=HORIZON)
            self.values[day:end] = [value] * (end - day)
            self.starts.add(day)
        self.film.append(list(self.values))


def read(village: Village, known_at: datetime | None = None) -> list[int | None]:
    """The value of every day out of the table; more than one version on a day is an error."""
    row = []
    for day in range(HORIZON):
        held = list(
            VillagePopulation.objects.as_of(DAY_ONE + timedelta(days=day), known_at).filter(
                village=village
            )
        )
        assert len(held) <= 1, f"day {day}: {len(held)} versions hold"
        row.append(held[0].rural_population_end_2014 if held else None)
    return row


tellings = st.lists(
    st.tuples(st.integers(0, HORIZON - 1), st.integers(1, 3)), min_size=1, max_size=8
)


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(tellings)
def test_every_day_now_and_at_every_earlier_moment_equals_the_model(
    steps: list[tuple[int, int]],
) -> None:
    with transaction.atomic():
        village = VillageFactory()
        model = Days()
        for step, (day, value) in enumerate(steps):
            record_fact(
                VillagePopulation,
                subject={"village_id": village.pk},
                context={},
                values={"rural_population_end_2014": value},
                told=told(day, step),
            )
            model.tell(day, value)
            assert read(village) == model.values
        for step, values in enumerate(model.film):
            assert read(village, moment(step)) == values, f"as known after telling {step}"
        transaction.set_rollback(True)


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(tellings)
def test_recording_in_bulk_equals_recording_one_by_one(steps: list[tuple[int, int]]) -> None:
    with transaction.atomic():
        one, many = VillageFactory(code=150222105201), VillageFactory(code=150222105202)
        for step, (day, value) in enumerate(steps):
            values = {"rural_population_end_2014": value}
            record_fact(
                VillagePopulation,
                subject={"village_id": one.pk},
                context={},
                values=values,
                told=told(day, step),
            )
            row = FactRow(subject={"village_id": many.pk}, context={}, values=values)
            record_facts(VillagePopulation, [row], told=told(day, step))
        assert read(one) == read(many)
        assert (
            VillagePopulation.objects.filter(village=one).count()
            == VillagePopulation.objects.filter(village=many).count()
        )
        transaction.set_rollback(True)


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(tellings, st.integers(0, HORIZON - 1), st.integers(1, 3))
def test_taking_back_the_latest_telling_restores_every_day(
    steps: list[tuple[int, int]], day: int, value: int
) -> None:
    with transaction.atomic():
        village = VillageFactory()
        for step, (each, number) in enumerate(steps):
            values = {"rural_population_end_2014": number}
            record_fact(
                VillagePopulation,
                subject={"village_id": village.pk},
                context={},
                values=values,
                told=told(each, step),
            )
        before, last = read(village), len(steps)
        values = {"rural_population_end_2014": value}
        record_fact(
            VillagePopulation,
            subject={"village_id": village.pk},
            context={},
            values=values,
            told=told(day, last, "check:1"),
        )
        after = read(village)
        supersede_source(
            VillagePopulation, source="CHECK", source_ref="check:1", at=moment(last + 1)
        )

        assert read(village) == before
        assert read(village, moment(last)) == after
        transaction.set_rollback(True)


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(tellings, st.tuples(st.integers(0, HORIZON - 1), st.integers(4, 5)), tellings)
def test_taking_back_an_older_telling_leaves_nothing_of_it(
    before: list[tuple[int, int]], check: tuple[int, int], after: list[tuple[int, int]]
) -> None:
    """Nobody else says 4 or 5, so afterwards no day does, and no day that had a value loses it."""
    with transaction.atomic():
        village = VillageFactory()
        for step, (day, value) in enumerate([*before, check, *after]):
            record_fact(
                VillagePopulation,
                subject={"village_id": village.pk},
                context={},
                values={"rural_population_end_2014": value},
                told=told(day, step, "check:1" if value > 3 else ""),
            )
        supersede_source(VillagePopulation, source="CHECK", source_ref="check:1", at=moment(100))

        days = read(village)
        assert not {4, 5} & set(days)
        first = min(day for day, _value in [*before, *after])
        assert None not in days[first:]
        transaction.set_rollback(True)


@pytest.fixture
def village(db: None) -> Village:
    return VillageFactory()


def tell(village: Village, day: int, step: int, **values: Any) -> tuple[VillagePower, bool]:
    return record_fact(
        VillagePower,
        subject={"village_id": village.pk},
        context={},
        values=values,
        told=told(day, step),
    )


def test_same_value_writes_nothing(village: Village) -> None:
    first, _ = tell(village, 0, 0, three_phase_power=True)
    again, changed = tell(village, 5, 1, three_phase_power=True)

    assert not changed
    assert again == first
    assert VillagePower.objects.count() == 1


def test_values_not_named_stay(village: Village) -> None:
    tell(village, 0, 0, three_phase_power=True, off_grid_document="文件一")
    version, _ = tell(village, 5, 1, three_phase_power=False)

    assert (version.three_phase_power, version.off_grid_document) == (False, "文件一")


def test_a_versions_values_cannot_be_altered_nor_deleted(village: Village) -> None:
    version, _ = tell(village, 0, 0, three_phase_power=True)

    with pytest.raises(InternalError), transaction.atomic():
        VillagePower.objects.filter(pk=version.pk).update(three_phase_power=False)
    with pytest.raises(InternalError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("DELETE FROM villages_villagepower WHERE id = %s", [version.pk])
