"""Settings that are easily got wrong: formats, deployment checks, the schedule."""

import os
import subprocess
import sys
from datetime import date

import pytest
from django import forms
from django.conf import settings
from django.utils import formats


@pytest.mark.parametrize(
    "text", ["2019-03-08", "2019/3/8", "2019年3月8日", "2019.3.8", "20190308", "2019年03月08日"]
)
def test_dates_are_read_as_people_write_them(text):
    assert forms.DateField().clean(text) == date(2019, 3, 8)


def test_dates_are_shown_in_chinese():
    assert formats.date_format(date(2019, 3, 8)) == "2019年3月8日"


def test_numbers_are_grouped_by_thousands():
    assert formats.number_format(1234567, force_grouping=True) == "1,234,567"


def test_every_scheduled_task_has_a_stable_name():
    tasks = [entry["task"] for entry in settings.CELERY_BEAT_SCHEDULE.values()]

    assert tasks == [
        "core.sweep",
        "indicators.nightly",
        "reports.open_month",
        "households.sweep_evidence",
        "households.check_list_caches",
    ]


def test_deployment_checks_find_nothing(tmp_path):
    environment = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "config.settings.production",
        "DATA_DIR": str(tmp_path),
        "DATABASE_URL": "postgres://nobody@127.0.0.1:1/none",
        "CELERY_BROKER_URL": "redis://127.0.0.1:1/0",
        "SECRET_KEY": "Wv3" * 20 + "-long-and-varied-enough-0123456789",
        "FIELD_KEY": "Zq7" * 20,
        "HTTPS": "1",
    }
    environment.pop("DJANGO_ALLOW_ASYNC_UNSAFE", None)  # Playwright's, set for the tests alone
    command = [sys.executable, "manage.py", "check", "--deploy", "--fail-level", "WARNING"]

    done = subprocess.run(
        command, cwd=settings.BASE_DIR, env=environment, capture_output=True, text=True, check=False
    )

    assert done.returncode == 0, done.stderr
