"""A pupil out of school is found, visited and brought back."""

from datetime import date
from typing import Any

import pytest
from django.urls import reverse

from households.enums import DropoutState, StudentStatus
from households.models import DropoutCase, Member, Schooling
from indicators import services as indicators
from tests.households.factories import (
    HouseholdFactory,
    InsuranceFactory,
    MemberFactory,
    SchoolingFactory,
)
from tests.journeys.conftest import KNOWN_AT, LAST_NIGHT, System

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def pupil(system: System, villages: Any) -> Member:
    """Twelve years old and out of school, as last night's figures know."""
    indicators.load_standards(at=KNOWN_AT)
    household = HouseholdFactory(village=villages.own, head_name="赵有财", complete=True)
    child = MemberFactory(household=household, name="赵小军", birth_date=date(2007, 3, 1))
    SchoolingFactory(member=child, student_status=StudentStatus.NOT_STUDENT)
    InsuranceFactory(member=child)
    indicators.recompute(on=LAST_NIGHT, at=KNOWN_AT)
    return child


def test_a_pupil_out_of_school_returns(visit: Any, pupil: Member, clerk: Any) -> None:
    person = visit(clerk)
    person.open(reverse("households:dropout_list"))
    person.press("去立案")
    assert person.says("赵小军")
    person.press("立案")

    person.act("核实未入学", reason="WEARY", note="入户核实，在家帮工")
    person.act(
        "登记劝返", kind="PARENT", persons="云海峰、驻村工作队", result="家长答应送回学校",
        next_step="下周一送到学校",
    )  # fmt: skip
    assert person.says("家长答应送回学校")
    person.act("登记返校", grade="GRADE_7", school="固阳县第三中学")

    assert DropoutCase.objects.get().state == DropoutState.RETURNED
    held = Schooling.objects.latest_known().get(member=pupil)
    assert (held.student_status, held.school) == ("GRADE_7", "固阳县第三中学")
    person.open(pupil.household.get_absolute_url())
    assert person.says("七年级")
