"""Development: DJANGO_SETTINGS_MODULE=config.settings.dev, on the servers of scripts/start."""

from config.settings.base import *  # noqa: F403  (settings modules override their base)

DEBUG = True
ALLOWED_HOSTS = ["*"]
WHITENOISE_AUTOREFRESH = True
WHITENOISE_MAX_AGE = 0
