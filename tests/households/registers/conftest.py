from datetime import UTC, date, datetime
from typing import Any

import pytest

from households.enums import DropoutSource, StudentStatus
from households.models import DropoutCase, Household, Member
from households.services import dropouts
from households.services.registers import Act
from tests.households.factories import HouseholdFactory, MemberFactory, SchoolingFactory

AT = datetime(2019, 11, 5, 2, tzinfo=UTC)
TODAY = date(2019, 11, 5)


def act(by: Any, case: Any = None, on: date = TODAY, note: str = "") -> Act:
    """An act on the version of the case that is in the database now."""
    version = type(case).objects.get(pk=case.pk).version if case else 0
    return Act(by=by, at=AT, on=on, base_version=version, note=note)


@pytest.fixture
def family(villages: Any) -> Household:
    return HouseholdFactory(
        village=villages.own, code="1502221052030009", head_name="赵有财", with_members=1
    )


@pytest.fixture
def pupil(family: Household) -> Member:
    """Twelve years old and recorded out of school."""
    child = MemberFactory(household=family, name="赵小军", birth_date=date(2007, 3, 1))
    SchoolingFactory(member=child, student_status=StudentStatus.NOT_STUDENT)
    return child


@pytest.fixture
def dropout(pupil: Member, informant: Any) -> DropoutCase:
    """Suspected since the first of October, found by the village's informant."""
    return dropouts.open_dropout(
        member=pupil, source=DropoutSource.VISIT, act=act(informant, on=date(2019, 10, 1))
    )
