"""The month is opened by the daily job and by hand."""

import json
from datetime import date
from io import StringIO

import pytest
from django.core.management import call_command

from reports import jobs
from reports.models import Obligation
from tests.accounts.factories import AgencyFactory
from tests.tasks.factories import TaskFactory

pytestmark = pytest.mark.django_db


def test_the_daily_job_opens_the_month_just_over_once():
    TaskFactory(lead=[AgencyFactory()])

    jobs.open_month()
    jobs.open_month()

    assert [each.month for each in Obligation.objects.all()] == [date(2019, 10, 1)]


def test_the_command_tells_what_it_opened():
    TaskFactory(lead=[AgencyFactory()])
    out = StringIO()

    call_command("open_month", json=True, stdout=out)

    assert json.loads(out.getvalue()) == {"opened": 1, "months": ["2019-10"]}
