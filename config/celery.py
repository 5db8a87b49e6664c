"""The Celery app. Background work is a job and lives in `<app>/jobs.py`."""

from celery import Celery

from config import env

env.choose_settings("config.settings.production")

app = Celery("qingling")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.set_default()  # also for threads that did not import this module
app.autodiscover_tasks(related_name="jobs")
