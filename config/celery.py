"""The Celery app. Background work is a job and lives in `<app>/jobs.py`."""

from typing import Any

from celery import Celery, signals

from config import env
from config.supervisor.process import die_with_parent

env.choose_settings("config.settings.production")

app = Celery("qingling")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.set_default()  # also for threads that did not import this module
app.autodiscover_tasks(related_name="jobs")


@signals.worker_process_init.connect
def _never_outlive_the_worker(**_kwargs: Any) -> None:
    """A pool process left alone would work on, holding its jobs' locks; so it dies with the worker."""
    die_with_parent()
