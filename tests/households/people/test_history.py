"""Random histories of changes, corrections, returned checks, moves, splits and leavings against the
plainest model there is: tables of days, and a film of what was shown after every step."""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.db import transaction
from hypothesis import HealthCheck, Phase, given, note, settings
from hypothesis import strategies as st

from core.facts import Provenance, Source
from households import services
from households.enums import ChangeReason, Relation
from households.identity import Identity
from households.models import (
    Household,
    HouseholdCheck,
    Housing,
    Insurance,
    Member,
    MemberProfile,
    Membership,
    Residence,
)
from tests.accounts.factories import UserFactory
from tests.households.factories import (
    HouseholdFactory,
    InsuranceFactory,
    MemberFactory,
    ResidenceFactory,
)
from tests.villages.factories import START, VillageFactory

pytestmark = [pytest.mark.django_db, pytest.mark.slow]
DAY_ONE = START + timedelta(days=1)
HORIZON = 6
FIRST_MOMENT = datetime(2019, 11, 20, 4, tzinfo=UTC)
CODES = (150222105201, 150222105202, 150222105203)
Days = list[Any]


def day(number: int) -> date:
    return DAY_ONE + timedelta(days=number)


def shown(known_at: datetime | None = None) -> dict[Any, Days]:
    """What pages and figures read: per household, member and village, day by day."""
    seen: dict[Any, Days] = {}

    def put(key: Any, number: int, value: Any) -> None:
        held = seen.setdefault(key, [None] * HORIZON)
        assert held[number] is None, f"{key}: two versions hold on day {number}"
        held[number] = value

    for number in range(HORIZON):
        on = day(number)
        residents: dict[int, list[int]] = {}
        for row in Residence.objects.as_of(on, known_at):
            put(("residence", row.household_id), number, row.village_id)
            residents.setdefault(row.village_id, []).append(row.household_id)
        for village_id, households in residents.items():
            put(("village", village_id), number, sorted(households))
        for house in Housing.objects.as_of(on, known_at):
            put(("housing", house.household_id), number, (house.grade, house.village_id))
        for held in Membership.objects.as_of(on, known_at):
            home = (held.household_id, held.village_id, held.relation) if held.is_member else ()
            put(("member", held.member_id), number, home)
        for profile in MemberProfile.objects.as_of(on, known_at):
            where = (profile.household_id, profile.village_id)
            put(("profile", profile.member_id), number, (profile.education, *where))
        for insured in Insurance.objects.as_of(on, known_at):
            where = (insured.household_id, insured.village_id)
            put(("insured", insured.member_id), number, (insured.resident, *where))
    return seen


@dataclass
class Told:
    """Values by day: what is told for a day holds until the next day something was told for."""

    values: Days
    starts: set[int] = field(default_factory=lambda: {-1})

    def tell(self, on: int, value: Any) -> None:
        if self.values[on] != value:
            end = min((start for start in self.starts if start > on), default=HORIZON)
            self.values[on:end] = [value] * (end - on)
            self.starts.add(on)

    def copy(self) -> "Told":
        return Told(list(self.values), set(self.starts))

    def since(self, on: int) -> "Told":
        """What a household knows that was split off on a day."""
        past: Days = [None] * on
        starts = {on} | {start for start in self.starts if start > on}
        return Told(past + self.values[on:], starts)


@dataclass
class Person:
    education: Told
    resident: bool
    lies: Told  # the household last joined, where the facts of who is gone stay
    home: Told  # household, or None when gone
    relation: Told


class World:
    """Three households in two villages, and the same in plain lists."""

    def __init__(self) -> None:
        self.villages = [VillageFactory(code=code) for code in CODES]
        self.by = UserFactory()
        self.reviewer = UserFactory()
        self.step = 0
        self.places: dict[int, Told] = {}
        self.grades: dict[int, Told] = {}
        self.ended: dict[int, int] = {}
        self.people: dict[int, Person] = {}
        self.check: tuple[HouseholdCheck, dict[int, Told]] | None = None
        self.film: list[dict[Any, Days]] = []
        for number in range(3):
            self._settle(number)

    def _settle(self, number: int) -> None:
        village = self.villages[number % 2]
        home = HouseholdFactory(village=village, code=f"{village.pk}000{number}")
        ResidenceFactory(household=home)
        for _more in range(2):
            MemberFactory(household=home, relation=Relation.SON)
        self.places[home.pk] = Told([village.pk] * HORIZON)
        self.grades[home.pk] = Told([None] * HORIZON)
        for member in Member.objects.filter(household=home):
            InsuranceFactory(member=member)
            relation = Membership.objects.get(member=member).relation
            self.people[member.pk] = Person(
                Told([None] * HORIZON),
                True,
                Told([home.pk] * HORIZON),
                Told([home.pk] * HORIZON),
                Told([relation] * HORIZON),
            )

    @property
    def at(self) -> datetime:
        return FIRST_MOMENT + timedelta(hours=self.step)

    def act(self, kind: str, on: int, a: int, b: int) -> None:
        """One step; what the register refuses changes nothing in either."""
        try:
            with transaction.atomic():
                getattr(self, kind)(on, a, b)
        except (services.PeopleRefusal, Impossible) as refused:
            note(f"{self.step}: {kind} {on} {a} {b} refused: {refused!r}")
        else:
            note(f"{self.step}: {kind} {on} {a} {b}")
        self.film.append(shown())
        assert self.film[-1] == self.expected()
        self.step += 1

    def stands(self, home: int, on: int) -> bool:
        """Whether a household is there on a day: split off by then, and not yet merged."""
        return self.places[home].values[on] is not None and on < self.ended.get(home, HORIZON)

    def household(self, number: int) -> Household:
        return Household.objects.get(pk=sorted(self.places)[number % len(self.places)])

    def member(self, number: int) -> Member:
        return Member.objects.get(pk=sorted(self.people)[number % len(self.people)])

    # --- Acts ------------------------------------------------------------------------------------
    def change(self, on: int, a: int, b: int) -> None:
        """Housing, told by the office for any day; the second for one day corrects the first."""
        home = self.household(a)
        if not self.stands(home.pk, on):
            raise Impossible
        self._record(home, on, {Housing: [({}, {"grade": "ABCD"[b % 4]})]}, Source.OFFICE)
        self.grades[home.pk].tell(on, "ABCD"[b % 4])
        self.check = None if self.check and home.pk in self.check[1] else self.check

    def learn(self, on: int, a: int, b: int) -> None:
        member = self.member(a)
        home = Membership.objects.latest_known().get(member=member)
        if not home.is_member:
            raise Impossible
        value = ("PRIMARY", "JUNIOR", "SENIOR")[b % 3]
        keys = {"member_id": member.pk}
        changes = {MemberProfile: [(keys, {"education": value})]}
        self._record(home.household, on, changes, Source.OFFICE)
        self.people[member.pk].education.tell(on, value)

    def _record(self, home: Household, on: int, changes: Any, source: str) -> None:
        told = Provenance(valid_from=day(on), at=self.at, by=self.by, source=source)
        services.record_household_facts(household=home, changes=changes, told=told)

    def visit(self, on: int, a: int, b: int) -> None:
        home = self.household(a)
        if not self.stands(home.pk, on):
            raise Impossible
        before = {home.pk: self.grades[home.pk].copy()}
        check = services.submit_check(
            household=home, answers={Housing: [({}, {"grade": "ABCD"[b % 4]})]}, visited_on=day(on),
            by=self.by, at=self.at, base_version=home.version,
        )  # fmt: skip
        self.grades[home.pk].tell(on, "ABCD"[b % 4])
        self.check = (check, before)

    def send_back(self, on: int, a: int, b: int) -> None:
        """The latest visit, while nothing was told since of its household or of one split from it."""
        if self.check is None:
            raise Impossible
        check, before = self.check
        services.return_check(check=check, by=self.reviewer, at=self.at, reason="重填")
        self.grades |= before
        self.check = None

    def move(self, on: int, a: int, b: int) -> None:
        home, village = self.household(a), self.villages[b % 3]
        if home.merged_into_id:
            raise Impossible
        services.move_household(
            household=home, village=village, on=day(on), reason="x", by=self.by, at=self.at,
            base_version=home.version,
        )  # fmt: skip
        self.places[home.pk].tell(on, village.pk)

    def leave(self, on: int, a: int, b: int) -> None:
        member = self.member(a)
        home = member.household
        services.remove_member(
            household=home, member=member, reason=ChangeReason.OTHER_OUT, on=day(on), by=self.by,
            at=self.at, base_version=home.version,
        )  # fmt: skip
        self.people[member.pk].home.tell(on, None)

    def come(self, on: int, a: int, b: int) -> None:
        member, home = self.member(a), self.household(b)
        person = services.NewPerson(name=member.name, paper=Identity(member.id_number))
        if home.merged_into_id:
            raise Impossible
        services.add_member(
            household=home, person=person, relation=Relation.OTHER, reason=ChangeReason.OTHER_IN,
            on=day(on), by=self.by, at=self.at, base_version=home.version,
        )  # fmt: skip
        self.people[member.pk].home.tell(on, home.pk)
        self.people[member.pk].lies.tell(on, home.pk)
        self.people[member.pk].relation.tell(on, Relation.OTHER)

    def split(self, on: int, a: int, b: int) -> None:
        member = self.member(a)
        home = member.household
        made = services.split_household(
            household=home, relations={member.pk: Relation.HEAD}, staying={}, on=day(on),
            reason="x", by=self.by, at=self.at, base_version=home.version,
        )  # fmt: skip
        self.places[made.pk] = self.places[home.pk].since(on)
        self.grades[made.pk] = self.grades[home.pk].since(on)
        if self.check and home.pk in self.check[1]:
            before = self.check[1]
            before[made.pk] = before[home.pk].since(on)
        self.people[member.pk].home.tell(on, made.pk)
        self.people[member.pk].lies.tell(on, made.pk)
        self.people[member.pk].relation.tell(on, Relation.HEAD)

    def merge(self, on: int, a: int, b: int) -> None:
        home, other = self.household(a), self.household(b)
        held = Membership.objects.latest_known().filter(household=other, is_member=True)
        joining = dict.fromkeys(held.values_list("member_id", flat=True), Relation.OTHER)
        if home.merged_into_id:
            raise Impossible
        services.merge_households(
            household=home, other=other, relations=joining, on=day(on), reason="x", by=self.by,
            at=self.at, base_version=home.version,
        )  # fmt: skip
        self.ended[other.pk] = on
        for pk in joining:
            self.people[pk].home.tell(on, home.pk)
            self.people[pk].lies.tell(on, home.pk)
            self.people[pk].relation.tell(on, Relation.OTHER)
        self.check = None if self.check and other.pk in self.check[1] else self.check

    # --- What it should show ---------------------------------------------------------------------
    def expected(self) -> dict[Any, Days]:
        seen: dict[Any, Days] = {}

        def put(key: Any, number: int, value: Any) -> None:
            seen.setdefault(key, [None] * HORIZON)[number] = value

        for number in range(HORIZON):
            place = {pk: told.values[number] for pk, told in self.places.items()}
            for pk in sorted(place):
                if not self.stands(pk, number):
                    continue
                put(("residence", pk), number, place[pk])
                key = ("village", place[pk])
                put(key, number, [*(seen.get(key, [None] * HORIZON)[number] or []), pk])
                if self.grades[pk].values[number] is not None:
                    put(("housing", pk), number, (self.grades[pk].values[number], place[pk]))
            for pk, person in self.people.items():
                home = person.home.values[number]
                lies = person.lies.values[number]
                where = (lies, place[lies])
                own = (home, place[home], person.relation.values[number]) if home else ()
                put(("member", pk), number, own)
                put(("insured", pk), number, (person.resident, *where))
                if person.education.values[number] is not None:
                    put(("profile", pk), number, (person.education.values[number], *where))
        return seen


class Impossible(Exception):
    """An act that the pages do not offer."""


ACTS = ("change", "learn", "visit", "send_back", "move", "leave", "come", "split", "merge")
histories = st.lists(
    st.tuples(
        st.sampled_from(ACTS), st.integers(0, HORIZON - 1), st.integers(0, 8), st.integers(0, 5)
    ),
    min_size=2,
    max_size=8,
)


@settings(
    max_examples=20,
    deadline=None,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(histories)
def test_every_day_now_and_as_known_at_every_moment_equals_the_model(
    history: list[tuple[str, int, int, int]],
) -> None:
    with transaction.atomic():
        world = World()
        for kind, on, a, b in history:
            world.act(kind, on, a, b)
        for step, seen in enumerate(world.film):
            moment = FIRST_MOMENT + timedelta(hours=step)
            assert shown(moment) == seen, f"as known after step {step}"
        transaction.set_rollback(True)
