"""WSGI entry point for any web server; `python -m config.web` serves it with waitress."""

from django.core.wsgi import get_wsgi_application

from config import env

env.choose_settings("config.settings.production")

application = get_wsgi_application()
