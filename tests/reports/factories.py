"""Obligations and filings of October 2019, due on 2019-11-08."""

from datetime import UTC, date, datetime
from typing import Any

import factory

from reports import deadlines
from reports.enums import FilingState
from reports.models import Filing, Obligation
from tests.accounts.factories import AgencyFactory, UserFactory
from tests.tasks.factories import CampaignFactory, TaskFactory

OCTOBER = date(2019, 10, 1)
IN_TIME = datetime(2019, 11, 5, 2, tzinfo=UTC)


class ObligationFactory(factory.django.DjangoModelFactory):
    """An agency of the campaign's area that owes October; it leads one task on drinking water."""

    class Meta:
        model = Obligation
        skip_postgeneration_save = True

    campaign = factory.SubFactory(CampaignFactory)
    agency = factory.LazyAttribute(lambda o: AgencyFactory(area=o.campaign.area))
    month = OCTOBER
    due_at = factory.LazyAttribute(lambda o: deadlines.due_at(o.month))

    @factory.post_generation
    def task(self, create: bool, extracted: Any, **_: Any) -> None:
        if create and extracted is not False:
            TaskFactory(campaign=self.campaign, lead=[self.agency])


class FilingFactory(factory.django.DjangoModelFactory):
    """An empty draft; `submitted=True` hands it in in time."""

    class Meta:
        model = Filing

    class Params:
        submitted = factory.Trait(
            state=FilingState.SUBMITTED,
            submitted_at=IN_TIME,
            receipt=factory.Sequence(lambda n: f"R-{n}"),
            progress="本月完成 84 户",
            signed_by="局长",
        )

    obligation = factory.SubFactory(ObligationFactory)
    author = factory.SubFactory(UserFactory)
    saved_at = IN_TIME


def line(key: str = "WAT-01-numerator", **more: Any) -> dict[str, Any]:
    """One computed figure as a filing keeps it."""
    code, _, measure = key.rpartition("-")
    return {
        "key": key,
        "tasks": ["BT-09"],
        "indicator": code,
        "name": "饮水安全",
        "measure": measure,
        "label": "饮水达标",
        "unit": "户",
        "denominator": 10,
        "status": "NOT_MET",
        "computed": 8,
        "before": 7,
        "answer": "",
        "own": None,
        "explanation": "",
        **more,
    }
