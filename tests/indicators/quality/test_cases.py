"""Every data-quality rule on what it finds and what it leaves alone, told through the services."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml
from django.db import transaction

from households.enums import Status
from households.models import HOUSEHOLD_THEMES, MEMBER_THEMES, Member, Membership
from indicators.expressions import facts_in
from indicators.models import Finding
from indicators.quality import services, sql
from indicators.quality.rules import RULES
from tests.accounts.factories import UserFactory
from tests.households.factories import PairingFactory
from tests.indicators.factories import SINCE, VILLAGE, Teller, load_standards
from tests.villages.factories import VillageFactory
from villages.models import VillageStatistics

ON = date(2019, 10, 31)
ADULT = date(1980, 1, 1)
KEYS = {"name", "on", "status", "since", "people", "facts", "village", "helper", "wrong"}
PERSON = {"born", "sex", "relation", "ethnic", "id", "facts"}


def read_cases() -> list[tuple[str, dict[str, Any]]]:
    text = (Path(__file__).parent / "cases.yaml").read_text(encoding="utf-8")
    cases = []
    for code, rows in yaml.safe_load(text).items():
        for row in rows:
            told = {"on" if key is True else key: value for key, value in row.items()}
            assert set(told) <= KEYS, f"{code} {told['name']}: {set(told) - KEYS}"
            cases.append((code, told))
    return cases


CASES = read_cases()


def told_of(told: dict[str, Any], code: str, number: int, teller: Teller) -> int:
    village = VillageFactory(code=int(str(VILLAGE)[:9]) * 1000 + 200 + number)
    people = told.get("people", [{}])
    since = told.get("since", SINCE)
    household = teller.household(
        village,
        status=told.get("status", Status.LIFTED_POLICY),
        born=[one.get("born", ADULT) for one in people],
    )
    for person, one in zip(people, household.people, strict=True):  # type: ignore[attr-defined]
        assert set(person) <= PERSON
        if "relation" in person:
            relation = {"relation": person["relation"], "is_member": True}
            teller.tell(one, Membership, relation)
        Member.objects.filter(pk=one.pk).update(
            sex=person.get("sex", "MALE"), ethnic=person.get("ethnic", "HAN")
        )
        if person.get("id") is False:
            Member.objects.filter(pk=one.pk).update(id_hash=b"", id_number="")
        tell(teller, one, person.get("facts", {}), MEMBER_THEMES, code, since)
    tell(teller, household, told.get("facts", {}), HOUSEHOLD_THEMES, code, since)
    for year, values in told.get("village", {}).items():
        teller.tell(village, VillageStatistics, values, year=year)
    if "helper" in told:
        start, end = told["helper"]
        PairingFactory(household=household, helper=UserFactory(), valid_from=start, valid_to=end)
    return int(village.pk)


def tell(
    teller: Teller, subject: Any, facts: dict[Any, Any], themes: Any, code: str, since: date
) -> None:
    """Facts by the names of their columns, in the one theme that has them and keeps them so."""
    by_theme: dict[tuple[Any, int | None], dict[str, Any]] = {}
    read = {fact.theme.model.rpartition(".")[2] for fact in READ[code]}
    for name, value in facts.items():
        year = name if isinstance(name, int) else None
        for column, each in (value if year else {name: value}).items():
            theme = next(
                theme
                for theme in themes
                if column in theme.VALUES
                and ("year" in theme.SUBJECT) == bool(year)
                and theme.__name__ in read
            )
            by_theme.setdefault((theme, year), {})[column] = each
    for (theme, year), values in by_theme.items():
        teller.tell(subject, theme, values, since=since, **({"year": year} if year else {}))


SUMMED = facts_in(*sql.SUMMED.values())
READ = {code: [*sql.facts_of(rule), *SUMMED] for code, rule in RULES.items()}


@pytest.fixture(scope="module")
def villages(django_db_setup: Any, django_db_blocker: Any) -> Iterator[list[int]]:
    """Every case's village, all told first and then looked at as of each date."""
    with django_db_blocker.unblock(), transaction.atomic():
        load_standards()
        teller = Teller()
        made = [told_of(told, code, n, teller) for n, (code, told) in enumerate(CASES)]
        for on in sorted({told.get("on", ON) for _, told in CASES}):
            services.find_in_villages(made, on=on, at=teller.tick())
        yield made
        transaction.set_rollback(True)


@pytest.mark.parametrize(
    "number", range(len(CASES)), ids=[f"{code} {told['name']}" for code, told in CASES]
)
def test_case(number: int, villages: list[int], db: None) -> None:
    code, told = CASES[number]

    found = Finding.objects.as_of(told.get("on", ON)).filter(village=villages[number], rule=code)

    assert found.exists() == told["wrong"]
    for finding in found:
        assert finding.severity == RULES[code].severity
        assert set(finding.seen) == {fact.key for fact in RULES[code].shown}


@pytest.mark.parametrize("code", RULES)
def test_every_rule_has_cases_of_both_kinds(code: str) -> None:
    assert {told["wrong"] for each, told in CASES if each == code} == {True, False}
