"""Two-time facts against the plainest model there is: a table of days, and a film of that table."""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.db import InternalError, connection, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.facts import (
    FactRow,
    Place,
    Provenance,
    Source,
    copy_version,
    place_facts,
    record_fact,
    record_facts,
    supersede_source,
)
from households.models import HouseholdProfile, Housing
from tests.households.factories import HouseholdFactory
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


# --- Subjects that lie somewhere -----------------------------------------------------------------
class House:
    """One household's housing, told and moved between villages A, B and C."""

    def __init__(self) -> None:
        codes = (150222105201, 150222105202, 150222105203)
        self.villages = {n: VillageFactory(code=c) for n, c in zip("ABC", codes, strict=True)}
        self.names = {village.pk: name for name, village in self.villages.items()}
        self.home = HouseholdFactory(village=self.villages["A"])

    def tell(self, day: int, step: int, grade: str, ref: str = "") -> Housing:
        version, _changed = record_fact(
            Housing,
            subject={"household_id": self.home.pk},
            context={"village_id": self.villages["A"].pk},
            values={"grade": grade},
            told=told(day, step, ref),
        )
        return version

    def lie(self, step: int, **days: int | None) -> list[Any]:
        """`B=3`: in B from day 3 on; `none=5`: nowhere from day 5 on."""
        places = [
            Place(
                DAY_ONE + timedelta(days=day or 0),
                {"village_id": self.villages[name].pk} if name in self.villages else None,
            )
            for name, day in days.items()
        ]
        return place_facts(
            Housing.objects.filter(household=self.home), places=places, at=moment(step)
        )

    def take_back(self, step: int) -> None:
        supersede_source(Housing, source="CHECK", source_ref="check:1", at=moment(step))

    def days(self, step: int | None = None, of: Any = None) -> str:
        """Grade and village of days 0 to 7, "." for a day without: "dA dA cB …"."""
        known_at = None if step is None else moment(step)
        shown = []
        for day in range(8):
            held = list(
                Housing.objects.as_of(DAY_ONE + timedelta(days=day), known_at).filter(
                    household=of or self.home
                )
            )
            assert len(held) <= 1
            shown += [f"{v.grade}{self.names[v.village_id]}" for v in held] or ["."]
        return " ".join(shown)


@pytest.fixture
def house(db: None) -> House:
    return House()


def test_an_open_version_is_closed_where_it_lay_and_copied_where_it_lies(house: House) -> None:
    version = house.tell(0, 0, "B")
    (copy,) = house.lie(1, B=3)

    version.refresh_from_db()
    assert (version.valid_to, version.superseded_at) == (DAY_ONE + timedelta(days=3), None)
    assert copy.origin_id == version.pk
    assert house.days() == "BA BA BA BB BB BB BB BB"
    assert house.days(0) == "BA BA BA BA BA BA BA BA"


def test_a_version_closed_before_is_superseded_and_cut(house: House) -> None:
    house.tell(0, 0, "B")
    house.tell(5, 1, "C")
    house.lie(2, B=3)

    assert house.days() == "BA BA BA BB BB CB CB CB"
    assert house.days(1) == "BA BA BA BA BA CA CA CA"


def test_facts_follow_several_places_and_end_with_the_last(house: House) -> None:
    house.tell(1, 0, "B")
    house.lie(1, B=3, C=4, none=6)

    assert house.days() == ". BA BA BB BC BC . ."
    assert house.days(0) == ". BA BA BA BA BA BA BA"


def test_what_lies_rightly_is_left_alone(house: House) -> None:
    house.tell(0, 0, "B")

    assert house.lie(1, A=3) == []
    assert Housing.objects.count() == 1


def test_a_correction_for_the_past_replaces_the_copies_a_move_made(house: House) -> None:
    house.tell(0, 0, "B")
    house.lie(1, B=3)
    house.tell(2, 2, "D")

    assert house.days() == "BA BA DA DB DB DB DB DB"


def test_the_same_values_are_written_anew_only_for_a_subject_that_moves(house: House) -> None:
    house.tell(0, 0, "B")
    same: dict[str, Any] = {
        "subject": {"household_id": house.home.pk},
        "context": {"village_id": house.villages["B"].pk},
        "values": {"grade": "B"},
    }

    assert record_fact(Housing, **same, told=told(3, 1))[1] is False
    assert record_fact(Housing, **same, told=told(3, 1), moving=True)[1] is True
    assert house.days() == "BA BA BA BB BB BB BB BB"
    assert record_fact(Housing, **same, told=told(4, 2), moving=True)[1] is False


@pytest.mark.parametrize("visit", [1, 3, 5], ids=["before the move", "that day", "after it"])
def test_taking_back_restores_what_held_at_each_place(house: House, visit: int) -> None:
    house.tell(0, 0, "B")
    house.tell(visit, 1, "D", "check:1")
    house.lie(2, B=3, C=6)
    house.take_back(3)

    assert house.days() == "BA BA BA BB BB BB BC BC"
    assert house.days(2).count("D") == 8 - visit


@pytest.mark.parametrize("visit", [1, 3, 5], ids=["before the split", "that day", "after it"])
def test_taking_back_restores_who_was_split_off_too(house: House, visit: int) -> None:
    """What is displaced at the origin stands in the place of the copy and cites it."""
    house.tell(0, 0, "B")
    house.tell(visit, 1, "D", "check:1")
    made = HouseholdFactory(village=house.villages["A"])
    for version in Housing.objects.filter(household=house.home, superseded_at=None):
        start = max(version.valid_from, DAY_ONE + timedelta(days=3))
        if version.valid_to is None or version.valid_to > start:
            copy_version(version, at=moment(2), household_id=made.pk, valid_from=start)
    house.take_back(3)

    assert house.days() == "BA BA BA BA BA BA BA BA"
    assert house.days(of=made) == ". . . BA BA BA BA BA"
    assert house.days(2, of=made).count("D") == 8 - max(visit, 3)
    restored = Housing.objects.as_of(DAY_ONE + timedelta(days=7)).get(household=made)
    assert restored.source == Source.OFFICE
    assert restored.origin is not None


def test_what_later_stands_at_the_origin_stands_in_the_copys_place(house: House) -> None:
    """An older check that was taken back meanwhile does not come back through its copy."""
    house.tell(0, 0, "B")
    house.tell(1, 1, "C", "check:0")
    visited = house.tell(2, 2, "D", "check:1")
    made = HouseholdFactory(village=house.villages["A"])
    copy_version(
        visited, at=moment(3), household_id=made.pk, valid_from=DAY_ONE + timedelta(days=4)
    )
    supersede_source(Housing, source="CHECK", source_ref="check:0", at=moment(4))
    house.take_back(5)

    assert house.days() == "BA BA BA BA BA BA BA BA"
    assert house.days(of=made) == ". . . . BA BA BA BA"


def test_what_was_taken_back_does_not_come_back_with_what_corrected_it(house: House) -> None:
    house.tell(0, 0, "B")
    house.tell(3, 1, "C", "check:0")
    house.tell(3, 2, "D", "check:1")
    supersede_source(Housing, source="CHECK", source_ref="check:0", at=moment(3))
    assert house.days() == "BA BA BA DA DA DA DA DA"
    supersede_source(Housing, source="CHECK", source_ref="check:1", at=moment(4), gone=["check:0"])

    assert house.days() == "BA BA BA BA BA BA BA BA"


def test_private_values_stay_with_the_subject(house: House) -> None:
    version, _changed = record_fact(
        HouseholdProfile,
        subject={"household_id": house.home.pk},
        context={"village_id": house.home.village_id},
        values={"cause_main": "ILLNESS", "phone": "13800006127"},
        told=told(0, 0),
    )
    made = HouseholdFactory(village=house.villages["A"])
    elsewhere = copy_version(version, at=moment(1), household_id=made.pk)

    assert (elsewhere.values()["cause_main"], elsewhere.values()["phone"]) == ("ILLNESS", "")
