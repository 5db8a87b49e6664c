"""Tests. Never the running system's servers: those that DATABASE_URL and CELERY_BROKER_URL name or,
without them, embedded ones that live as long as the test session."""

from pathlib import Path
from tempfile import TemporaryDirectory

from config import env

env.isolate(
    {
        "SECRET_KEY": "only-for-tests-only-for-tests-only-for-tests-only",
        "FIELD_KEY": "only-for-tests-only-for-tests-only-for-tests-only",
        "DATABASE_URL": "postgres://nobody@127.0.0.1:1/none",  # for checks that need no database
        "CELERY_BROKER_URL": "memory://",
    }
)
if env.under_pytest() and not env.given("DATABASE_URL"):
    from config.supervisor.servers import start_ephemeral_services

    env.hand_down(start_ephemeral_services())  # the processes of xdist inherit them

from config.settings.base import *  # noqa: E402, F403  (the environment first)
from config.settings.base import DATABASES  # noqa: E402

DEMO = False
DEMO_DATE = None
ALLOWED_HOSTS = ["*"]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]  # sign-in takes milliseconds
DATABASES["default"]["CONN_MAX_AGE"] = 0
WHITENOISE_AUTOREFRESH = True  # spares every test client the scan of all files
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "socket_timeout": 1,
    "socket_connect_timeout": 1,
    "max_retries": 0,
}
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.InMemoryStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
_evidence = TemporaryDirectory(prefix="qingling-evidence-")  # gone when the process ends
EVIDENCE_DIR = Path(_evidence.name)
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "loggers": {"axes": {"level": "ERROR"}},
}
