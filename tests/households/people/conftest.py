from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from django.db import connection

from households.enums import Relation
from households.models import Household, Member
from indicators import engine
from indicators.services import load_standards, moment
from tests.households.factories import (
    HouseholdFactory,
    InsuranceFactory,
    MemberFactory,
    MemberProfileFactory,
)

AT = datetime(2019, 11, 5, 2, tzinfo=UTC)
DAY = date(2019, 11, 1)
BEFORE = DAY - timedelta(days=1)


@pytest.fixture
def home(villages: SimpleNamespace) -> Household:
    """A complete household of four in the own village: head, wife, son, daughter."""
    made = HouseholdFactory(
        village=villages.own, code="1502221052030001", head_name="李占元", complete=True
    )
    for name, sex, relation, born in (
        ("王桂兰", "FEMALE", Relation.SPOUSE, date(1962, 3, 4)),
        ("李强", "MALE", Relation.SON, date(1985, 6, 7)),
        ("李梅", "FEMALE", Relation.DAUGHTER, date(2009, 5, 1)),
    ):
        person = MemberFactory(
            household=made, name=name, sex=sex, relation=relation, birth_date=born
        )
        InsuranceFactory(member=person)
        MemberProfileFactory(member=person)
    return made


@pytest.fixture
def neighbour(villages: SimpleNamespace) -> Household:
    """A complete household of one in the same village."""
    return HouseholdFactory(
        village=villages.own, code="1502221052030002", head_name="张有才", complete=True
    )


@pytest.fixture
def who() -> Callable[[str], Member]:
    return lambda name: Member.objects.get(name=name)


@pytest.fixture
def figures(db: None) -> Callable[..., tuple[int, int, int]]:
    """(denominator, numerator, unknown) of a village by an indicator on a date, computed now."""
    load_standards(at=AT - timedelta(days=300))

    def read(village: Any, code: str, on: date) -> tuple[int, int, int]:
        with connection.cursor() as cursor:
            engine.evaluate(cursor, moment(on), engine.Units(villages=[village.pk]), [code])
            cursor.execute("SELECT denominator, numerator, unknown FROM t_result")
            return cursor.fetchone() or (0, 0, 0)

    return read


def version_of(household: Household) -> int:
    return Household.objects.get(pk=household.pk).version


__all__ = ["AT", "BEFORE", "DAY", "version_of"]
