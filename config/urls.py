"""Addresses of the whole site. Each app brings its own `urls.py`; the API is in config/api.py."""

from importlib.util import find_spec

from django.urls import URLPattern, URLResolver, include, path

from config import health
from config.api import SchemaView

urlpatterns: list[URLPattern | URLResolver] = [
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
    path("api/schema/", SchemaView.as_view(), name="schema"),
    path("api/v1/", include("config.api")),
]
urlpatterns += [
    path("", include(f"{app}.urls"))
    for app in (
        "core",
        "accounts",
        "reports",
        "villages",
        "households",
        "indicators",
        "tasks",
        "imports",
    )
    if find_spec(f"{app}.urls")
]

handler400 = "config.errors.bad_request"
handler403 = "config.errors.permission_denied"
handler404 = "config.errors.page_not_found"
handler500 = "config.errors.server_error"
