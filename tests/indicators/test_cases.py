"""Every policy case: told through the services, judged by a run, and the same in every reading.

A case (cases/*.yaml) names facts as the register names them. A block under a year holds what is kept
by year. `since` is the day the facts became true, 2014-01-01 unless said. Of what is only counted
`expect` says whether the unit is among those counted, and `status` what the share comes to where a
document sets a line for it. Where a rule counts members, `members` is a list, each with `birth_date`
(1980-01-01 unless said) and `facts`; else it is their number. A case of a composite gives the facts
of each item under its code, `same_as` takes over everything from a case before, and `because` lists
the items that decide.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml
from django.apps import apps
from django.db import connection, transaction

from households.enums import Status
from households.models import HOUSEHOLD_THEMES, MEMBER_THEMES, Member
from indicators import engine, figures, services
from indicators.definitions import CATALOGUE, Composite, PersonsOverBase
from indicators.enums import ValueKind, Verdict
from indicators.expressions import (
    Derived,
    Fact,
    Known,
    Node,
    Tally,
    facts_in,
    parameters_in,
)
from indicators.models import Gap, Result
from indicators.standards import catalogue
from tests.indicators.factories import SINCE, VILLAGE, Teller, load_standards
from tests.villages.factories import VillageFactory
from villages.models import VillagePopulation

CASES = Path(__file__).parent / "cases"
ON = date(2019, 10, 31)
ADULT = date(1980, 1, 1)
KEYS = {
    "name",
    "on",
    "region",
    "since",
    "status",
    "birth_date",
    "members",
    "people",
    "facts",
    "items",
    "same_as",
    "because",
    "expect",
}
# An answer of 其他, or what no register holds, leaves these open though every question is answered.
OPEN_ANSWERS = {"INC-04", "IND-01", "REL-04", "ROAD-01"}
INTEGERS = {
    Verdict.MET: (1, 1, 0, 0),
    Verdict.NOT_MET: (1, 0, 0, 0),
    Verdict.INSUFFICIENT_DATA: (1, 0, 1, 0),
    Verdict.NOT_APPLICABLE: (0, 0, 0, 0),
}


@dataclass(frozen=True)
class Case:
    indicator: str
    name: str
    told: dict[str, Any]

    @property
    def on(self) -> date:
        return self.told.get("on", ON)

    @property
    def expect(self) -> dict[str, Any]:
        expect = self.told["expect"]
        return {"verdict": expect} if isinstance(expect, str) else expect


def read_cases() -> list[Case]:
    cases = []
    for path in sorted(CASES.glob("*.yaml")):
        read: dict[str, dict[str, Any]] = {}
        for row in yaml.safe_load(path.read_text(encoding="utf-8")):
            told = {
                "on" if key is True else key: value for key, value in row.items()
            }  # YAML 1.1 reads `on` as true
            if "same_as" in told:
                like = read[told["same_as"]]
                items = like["items"] | told.get("items", {})
                told = {k: v for k, v in like.items() if k != "because"} | told | {"items": items}
            read[told["name"]] = told
            assert set(told) <= KEYS, f"{path.name}: {told['name']}: unknown {set(told) - KEYS}"
            cases.append(Case(path.stem.upper().replace("_", "-"), told["name"], told))
    return cases


def told_of(case: Case, number: int, teller: Teller) -> tuple[int, int]:
    """The case's rows in a village of its own; (the unit's id, the village's code)."""
    definition = CATALOGUE[case.indicator]
    region = str(case.told.get("region", VILLAGE))
    village = VillageFactory(code=int(region[:9]) * 1000 + 200 + number)
    since = case.told.get("since", SINCE)
    subject: Any = village
    if isinstance(definition, PersonsOverBase):
        for status, count in case.told.get("people", {}).items():
            teller.household(village, status=None if status == "unknown" else status, members=count)
        if case.told["facts"]:
            teller.tell(village, VillagePopulation, case.told["facts"], since=since)
        return village.pk, village.pk
    if isinstance(definition, Composite):
        return _told_of_composite(case, definition, village, teller), village.pk
    if definition.subject != "village":
        status = case.told.get("status", Status.LIFTED_POLICY)
        born = case.told.get("birth_date")
        people = case.told.get("members", 1)
        if isinstance(people, list):
            born = [person.get("birth_date", ADULT) for person in people]
        subject = teller.household(
            village,
            status=status,
            members=len(people) if isinstance(people, list) else people,
            born=born,
        )
        if isinstance(people, list):
            counted = facts_in(*_tallied(definition))
            for person, one in zip(people, subject.people, strict=True):
                _tell(teller, one, person.get("facts", {}), counted, since)
        if definition.subject == "member":
            subject = subject.people[0]
    _tell(teller, subject, case.told["facts"], facts_in(*engine.rules_of(definition)), since)
    return subject.pk, village.pk


def _told_of_composite(case: Case, definition: Composite, village: Any, teller: Teller) -> int:
    """A household of one member in the village, and every item's facts told of whom they are about."""
    house = teller.household(
        village,
        status=case.told.get("status", Status.LIFTED_POLICY),
        born=case.told.get("birth_date", ADULT),
    )
    told = _by_theme(case.told.get("facts", {}), facts_in(definition.applies))
    for code, item_facts in case.told["items"].items():
        item = CATALOGUE[code]
        read = facts_in(*engine.rules_of(item), *_tallied(item))
        for key, values in _by_theme(item_facts, read).items():
            told.setdefault(key, {}).update(values)
    for (theme, year), values in told.items():
        whom: Any = house if theme in HOUSEHOLD_THEMES else village
        if theme in MEMBER_THEMES:
            whom = house.people[0]
        teller.tell(whom, theme, values, since=case.told.get("since", SINCE), **_keys(year))
    return house.pk if definition.subject == "household" else village.pk


def _keys(year: int | None) -> dict[str, int]:
    return {"year": year} if year else {}


def _tallied(definition: Any) -> list[Any]:
    """The conditions over members that a rule counts by."""
    facts = facts_in(*engine.rules_of(definition))
    return [fact.condition for fact in facts if isinstance(fact, Tally) and fact.condition]


def _tell(
    teller: Teller, subject: Any, told_facts: dict[Any, Any], read: list[Fact], since: date
) -> None:
    """Facts by the names of the register, told of the subject or of its household."""
    for (theme, year), values in _by_theme(told_facts, read).items():
        whom = (
            subject.household
            if theme in HOUSEHOLD_THEMES and isinstance(subject, Member)
            else subject
        )
        teller.tell(whom, theme, values, since=since, **_keys(year))


def _by_theme(
    told_facts: dict[Any, Any], read: list[Fact]
) -> dict[tuple[Any, int | None], dict[str, Any]]:
    """Facts by the names of the register, under the table and year they are kept in."""
    themes: dict[Any, dict[str, Any]] = {}
    for fact in read:
        if fact.theme.model:
            themes.setdefault(apps.get_model(fact.theme.model), {})[fact.column] = fact.theme
    told: dict[tuple[Any, int | None], dict[str, Any]] = {}
    for name, value in told_facts.items():
        year = name if isinstance(name, int) else None
        for field, each in (value if year else {name: value}).items():
            theme = next(
                theme
                for theme, columns in themes.items()
                if field in columns and bool(columns[field].year) == bool(year)
            )
            told.setdefault((theme, year), {})[field] = each
    return told


CASES_READ = read_cases()


@pytest.fixture(scope="module")
def judged(django_db_setup: Any, django_db_blocker: Any) -> Iterator[list[tuple[int, int]]]:
    """Unit and village of every case, told first and then judged by one run of each date."""
    with django_db_blocker.unblock(), transaction.atomic():
        load_standards()
        teller = Teller()
        units = [told_of(case, number, teller) for number, case in enumerate(CASES_READ)]
        for on in sorted({case.on for case in CASES_READ}):
            services.recompute(on=on, at=teller.tick())
        yield units
        transaction.set_rollback(True)


@pytest.mark.parametrize(
    "number", range(len(CASES_READ)), ids=[f"{c.indicator} {c.name}" for c in CASES_READ]
)
def test_case(number: int, judged: list[tuple[int, int]], db: None) -> None:
    case = CASES_READ[number]
    definition = CATALOGUE[case.indicator]
    unit, village = judged[number]
    expect = case.expect
    verdict = Verdict(expect["verdict"])

    row = Result.objects.as_of(case.on).filter(village_id=village, indicator=case.indicator).first()
    area = VillageFactory(code=village).area
    figure = figures.area_figures([area], [case.indicator], case.on)[village, case.indicator]
    listed = figures.gap_units(area, case.indicator, case.on)
    status = verdict
    if isinstance(definition, PersonsOverBase):
        integers = (*(expect[name] for name in ("denominator", "numerator", "unknown")), 0)
        assert listed == []
    else:
        integers = (0, 0, 0, 1) if expect.get("exempt") else INTEGERS[verdict]
        gaps = Gap.objects.as_of(case.on).filter(village_id=village, indicator=case.indicator)
        listing = [(unit, str(verdict))] if integers[0] > integers[1] else []
        if definition.counts_only:
            listing = []
            status = Verdict(expect.get("status", Verdict.NOT_APPLICABLE))
        assert [(gap.subject_id, gap.verdict) for gap in gaps] == listing
        assert [(u.subject_id, u.verdict) for u in listed] == listing
        told = figures.explain(case.indicator, unit, case.on)
        assert told is not None
        assert (told.verdict, told.exempt, told.reported) == (
            verdict, expect.get("exempt", False), expect.get("reported", False),
        )  # fmt: skip
        if not isinstance(definition, Composite):
            is_open = verdict == Verdict.INSUFFICIENT_DATA
            assert bool(told.missing) == is_open or (is_open and case.indicator in OPEN_ANSWERS)
            assert all(fact.supplier for fact in told.missing)
        if "because" in case.told:
            deciding = [part.label for part in told.parts if part.verdict == told.verdict]
            assert deciding == case.told["because"]
        met = [u.subject_id for u in figures.met_units(area, case.indicator, case.on)]
        assert met == ([unit] if verdict == Verdict.MET else [])
    assert (figure.denominator, figure.numerator, figure.unknown, figure.exempt) == integers
    assert figure.reported_only == int(expect.get("reported", False))
    assert figure.status == status
    assert figure.listed == len(listed)
    assert (row is None) == (integers == (0, 0, 0, 0))
    if row:
        assert (row.denominator, row.numerator, row.unknown, row.exempt) == integers
        assert row.status == status
        assert (
            row.parameters or not engine.parameters_of(definition) or definition.threshold.optional
        )


# --- every border from both sides -----------------------------------------------------------------

SINGLE = [d for d in CATALOGUE.values() if not isinstance(d, Composite)]  # those compare nothing
SHIFT = 'UPDATE {table} SET "{column}" = {value} WHERE village_id = ANY(%(villages)s) AND {which}'
# Of a source that only has an income, and no kind, the rule stays open; so it does without any.
NEVER_DECIDES = {("INC-04", "本年度产业带动收入")}
NEARBY = {
    ValueKind.NUMBER: "(value::numeric {sign} power(10, -scale(value::numeric)))::text",
    ValueKind.FLAG: "(1 - value::int)::text",
    ValueKind.DAY: "to_char(('2019-' || value)::date {sign} 1, 'MM-DD')",
}


def compared(node: Node) -> Iterator[Node]:
    """A rule with its counts of members taken apart; without facts of which only the presence is asked."""
    yield node
    if isinstance(node, Known):
        return
    below = [node.condition] if isinstance(node, Tally) and node.condition else node.children()
    for child in below:
        yield from compared(child)


def borders(definition: Any) -> Iterator[tuple[str, str]]:
    """(what, SQL that moves it one step): each number and day that a rule compares, each standard."""
    rules = engine.rules_of(definition)
    nodes = list(dict.fromkeys(each for rule in rules for each in compared(rule)))
    codes = [p.code for p in parameters_in(*nodes)]
    if isinstance(definition, PersonsOverBase):
        codes.append(definition.threshold.parameter)
    for code in codes:
        if (kind := catalogue()[code].kind) in NEARBY:
            sql = f"UPDATE indicators_parameter SET value = {NEARBY[kind]} WHERE code = '{code}'"
            yield code, sql
    for fact in nodes:
        is_told = isinstance(fact, Fact) and fact.theme.model and not isinstance(fact, Derived)
        decides = (definition.code, getattr(fact, "label", "")) not in NEVER_DECIDES
        if is_told and decides and fact.kind in ("number", "date"):
            yield fact.label, _moved(fact)


def _moved(fact: Fact) -> str:
    """One step of a fact of every case, `{sign}` to be filled in; of the year that is judged on most of them."""
    table, column = apps.get_model(fact.theme.model)._meta.db_table, fact.column
    value = f'"{column}" {{sign}} 1'
    if fact.kind == "number":
        least = int(column == "persons_in_year")  # as the constraints have it
        value = f"GREATEST({value}, {least})"
    which = f"year = {fact.theme.year}" if fact.theme.year else "true"
    return SHIFT.format(table=table, column=column, value=value, which=which)


def outcomes(code: str, judged: list[tuple[int, int]]) -> dict[int, Any]:
    """Integers and status of each case of an indicator, as things stand."""
    found = {}
    numbers = [number for number, case in enumerate(CASES_READ) if case.indicator == code]
    with connection.cursor() as cursor:
        for on in {CASES_READ[number].on for number in numbers}:
            villages = [judged[number][1] for number in numbers if CASES_READ[number].on == on]
            engine.evaluate(cursor, services.moment(on), engine.Units(villages=villages), [code])
            cursor.execute(f"SELECT village_id, {', '.join(figures.COLUMNS)}, status FROM t_result")
            found |= {row[0]: row[1:] for row in cursor.fetchall()}
    return found


@pytest.mark.parametrize("definition", SINGLE, ids=[d.code for d in SINGLE])
def test_cases_stand_on_both_sides_of_every_border(
    definition: Any, judged: list[tuple[int, int]], db: None
) -> None:
    """One step up, some case turns; one step down, some case turns: of every number, day and standard."""
    told = outcomes(definition.code, judged)
    unmoved = []
    villages = [judged[n][1] for n, c in enumerate(CASES_READ) if c.indicator == definition.code]
    bound = engine.bindings(services.moment(ON), engine.Units(villages=villages))
    for what, sql in borders(definition):
        for sign in "+-":
            with transaction.atomic(), connection.cursor() as cursor:
                cursor.execute("SET LOCAL session_replication_role = replica")  # past the guards
                cursor.execute(sql.format(sign=sign), bound)
                if outcomes(definition.code, judged) == told:
                    unmoved.append(f"{what} {sign}")
                transaction.set_rollback(True)
    assert not unmoved, unmoved


@pytest.mark.parametrize("definition", SINGLE, ids=[d.code for d in SINGLE])
def test_who_is_let_off_and_what_is_only_reported_have_cases(definition: Any) -> None:
    expects = [case.expect for case in CASES_READ if case.indicator == definition.code]
    for name in ("exempt", "reported"):
        assert bool(getattr(definition, name, None)) == any(e.get(name) for e in expects)
