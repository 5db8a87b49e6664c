"""What stands against an exit, as indicators and tasks really see it."""

from datetime import date
from typing import Any

import pytest
from django.db import transaction

from core import clock, slots
from core.facts import Provenance
from households import services
from households.models import (
    DropoutCase,
    Household,
    HouseholdPower,
    Housing,
    IncomeYear,
    Insurance,
    Member,
    Schooling,
    Water,
)
from indicators import views as indicators
from indicators.services import load_standards
from tasks.views import slots as tasks
from tests.households.factories import (
    HouseholdFactory,
    InsuranceFactory,
    MemberFactory,
    SchoolingFactory,
)
from tests.households.status.conftest import AT, TODAY, Story
from tests.tasks.factories import CaseFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def safe(villages: Any) -> Household:
    """A household that meets every standard, on its way out of poverty."""
    load_standards(at=clock.now())
    slots.register("exit_guards", indicators.exit_guards, order=10)
    slots.register("exit_guards", tasks.exit_guards, order=20)
    household = HouseholdFactory(village=villages.own, status="PRE_LIFTED", complete=True)
    child = MemberFactory(household=household, name="李浩然", birth_date=date(2009, 5, 1))
    SchoolingFactory(member=child)
    InsuranceFactory(member=child)
    return household


def stands(household: Household) -> list[str]:
    return [guard.label for guard in services.exit_guards(household, TODAY)]


def tell(household: Household, theme: Any, values: dict[str, Any], **keys: Any) -> None:
    told = Provenance(valid_from=date(2019, 10, 1), at=AT, by=None, source="OFFICE")
    services.record_household_facts(
        household=household, changes={theme: [(keys, values)]}, told=told
    )


def test_a_household_that_meets_everything_is_lifted(safe: Household, story: Story) -> None:
    assert stands(safe) == []
    assert story.through(story.open(safe, "EXIT")).state == "APPROVED"


FAILS = [
    (Housing, {"grade": "D"}, "住房", "未达标"),
    (Housing, {"grade": ""}, "住房", "数据不足"),
    (Water, {"quality": "NOT_MET"}, "饮水", "未达标"),
    (HouseholdPower, {"source_kind": "NONE"}, "用电", "未达标"),
    (IncomeYear, {"wage_yuan": 0, "operating_yuan": 0, "transfer_yuan": 0}, "收入", "未达标"),
    (Schooling, {"student_status": "NOT_STUDENT"}, "教育", "未达标"),
    (Insurance, {"resident": False, "employee": False}, "医", "未达标"),
]


@pytest.mark.parametrize(("theme", "values", "name", "verdict"), FAILS)
def test_each_standard_stands_against_the_exit(
    safe: Household, story: Story, theme: Any, values: Any, name: str, verdict: str
) -> None:
    process = story.until(story.open(safe, "EXIT"), "APPROVAL")
    child = safe.members.get(name="李浩然")
    keys = {
        IncomeYear: {"year": 2018},
        Schooling: {"member_id": child.pk},
        Insurance: {"member_id": child.pk, "year": 2019},
    }
    tell(safe, theme, values, **keys.get(theme, {}))

    with pytest.raises(services.GuardsStand) as refused, transaction.atomic():
        story.step(process, TODAY)

    [guard] = refused.value.args[0]
    assert name in guard.label
    assert verdict in guard.label
    assert guard.url == safe.get_absolute_url()


def test_an_open_case_stands_against_the_exit(safe: Household, story: Story) -> None:
    process = story.until(story.open(safe, "EXIT"), "APPROVAL")
    case = CaseFactory(household=safe)

    with pytest.raises(services.GuardsStand) as refused, transaction.atomic():
        story.step(process, TODAY)
    [guard] = refused.value.args[0]
    assert (case.number in guard.label, guard.url) == (True, case.get_absolute_url())

    type(case).objects.filter(pk=case.pk).update(state="CLOSED", closed_on=TODAY)
    assert story.step(process, TODAY).state == "APPROVED"


def test_an_exempt_child_is_no_hindrance(safe: Household) -> None:
    child = safe.members.get(name="李浩然")
    values = {"student_status": "NOT_STUDENT", "exemption": "PHYSICALLY_UNABLE"}
    tell(safe, Schooling, values, member_id=child.pk)
    assert len(stands(safe)) == 1

    papers = {
        "exemption_document": "固教字〔2019〕3号",
        "exemption_authority": "固阳县教育局",
        "exemption_valid_until": date(2020, 8, 31),
    }
    tell(safe, Schooling, papers, member_id=child.pk)
    assert stands(safe) == []


def test_pupil_out_of_school_stands_against_the_exit_until_excused(
    safe: Household, clerk: Any
) -> None:
    slots.register("exit_guards", services.own_guards, order=30)
    pupil = Member.objects.get(name="李浩然")
    case = DropoutCase.objects.create(
        member=pupil, source="VISIT", opened_on=TODAY, opened_by=clerk, since_on=TODAY,
        pursued_since=TODAY, due_on=TODAY,
    )  # fmt: skip

    [guard] = services.exit_guards(safe, TODAY)

    assert (guard.label, guard.url) == ("控辍保学未结：李浩然 疑似辍学", case.get_absolute_url())
    for state, due_on, label in (
        ("EXEMPTED", TODAY, None),
        ("EXEMPTED", date(2019, 11, 4), "控辍保学未结：李浩然 已核实未入学"),
        ("HOME_TEACHING", TODAY, None),
    ):
        DropoutCase.objects.filter(pk=case.pk).update(state=state, due_on=due_on)
        assert stands(safe) == ([label] if label else [])
    DropoutCase.objects.filter(pk=case.pk).update(state="RETURNED", due_on=None, closed_on=TODAY)
    assert stands(safe) == []
