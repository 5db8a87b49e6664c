"""Campaigns, tasks, gaps and cases. A case is registered on 2019-10-01; `after("ASSIGNED", …)` walks it on."""

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import factory
import yaml

from indicators.models import Gap
from tasks import services
from tasks.enums import TRANSITIONS, CaseState, Category, EventKind
from tasks.models import Campaign, Case, CaseEvent, Task, TaskAgency
from tests.households.factories import HouseholdFactory
from tests.villages.factories import make_area

OPENED = date(2019, 10, 1)
AT = datetime(2019, 10, 1, 4, tzinfo=UTC)
PLAN = Path(services.__file__).parent / "data" / "baotou_tasks_2019.yaml"


def plan() -> dict[str, Any]:
    """The shipped plan, as read."""
    return yaml.safe_load(PLAN.read_text(encoding="utf-8"))


class CampaignFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Campaign

    code = factory.Sequence(lambda n: f"C{n}")
    name = "包头市2019年专项行动"
    area = factory.LazyFunction(lambda: make_area(150200000000))
    year = 2019


class TaskFactory(factory.django.DjangoModelFactory):
    """A leaf on drinking water; `lead=[…]` gives it lead agencies."""

    class Meta:
        model = Task
        skip_postgeneration_save = True

    campaign = factory.SubFactory(CampaignFactory)
    code = factory.Sequence(lambda n: f"T-{n}")
    title = "饮水安全达标"
    category = Category.STANDARD
    indicators = ["WAT-01"]
    order = factory.Sequence(lambda n: n % 30000)

    @factory.post_generation
    def lead(self, create: bool, extracted: list[Any] | None, **_: Any) -> None:
        for agency in extracted or []:
            TaskAgency.objects.create(task=self, agency=agency, role="LEAD")


class GapFactory(factory.django.DjangoModelFactory):
    """A household that fails WAT-01 since 2019-10-01."""

    class Meta:
        model = Gap

    household = factory.SubFactory(HouseholdFactory)
    village = factory.SelfAttribute("household.village")
    indicator = "WAT-01"
    subject_kind = "HOUSEHOLD"
    subject_id = factory.SelfAttribute("household.pk")
    verdict = "NOT_MET"
    valid_from = OPENED
    recorded_at = AT


def end_gap(gap: Gap, on: date) -> None:
    """The unit meets the standard from a night on."""
    Gap.objects.filter(pk=gap.pk).update(valid_to=on, closed_at=AT)


class CaseFactory(factory.django.DjangoModelFactory):
    """A registered case of a household on WAT-01, with its first event."""

    class Meta:
        model = Case
        skip_postgeneration_save = True

    year = 2019
    serial = factory.Sequence(lambda n: n + 1)
    number = factory.LazyAttribute(lambda o: f"{o.year}-{o.serial:04d}")
    indicator = "WAT-01"
    subject_kind = "HOUSEHOLD"
    household = factory.SubFactory(HouseholdFactory)
    subject_id = factory.SelfAttribute("household.pk")
    village = factory.SelfAttribute("household.village")
    township = factory.LazyAttribute(lambda o: o.village.area.parent)
    opened_on = OPENED
    due_on = date(2019, 10, 31)
    changed_on = OPENED

    @factory.post_generation
    def first_event(self, create: bool, extracted: Any, **_: Any) -> None:
        CaseEvent.objects.create(
            case=self,
            kind=EventKind.OPENED,
            to_state=CaseState.REGISTERED,
            on=self.opened_on,
            at=AT,
        )

    @factory.post_generation
    def lead(self, create: bool, extracted: list[Any] | None, **_: Any) -> None:
        for agency in extracted or []:
            self.agencies.add(agency)

    @factory.post_generation
    def after(self, create: bool, extracted: list[str] | None, **_: Any) -> None:
        for kind in extracted or []:
            happen(self, kind)


def happen(case: Case, kind: str, on: date | None = None, by: Any = None) -> Case:
    """One event, straight into the tables."""
    before, state = TRANSITIONS[kind]
    assert case.state in before
    case.changed_on = on or case.changed_on
    CaseEvent.objects.create(
        case=case,
        kind=kind,
        from_state=case.state,
        to_state=state,
        on=case.changed_on,
        at=AT,
        by=by,
    )
    case.state, case.version = state, case.version + 1
    case.closed_on = case.changed_on if state == CaseState.CLOSED else None
    case.reopened_count += kind == EventKind.REOPENED
    case.save()
    return case


def verifying(**fields: Any) -> Case:
    """A case whose unit applied and is met."""
    return CaseFactory(after=["ASSIGNED", "STARTED", "APPLIED", "MET"], **fields)
