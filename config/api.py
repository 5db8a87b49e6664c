"""The HTTP API under /api/v1/: every app's viewsets under one root that lists them.

An app's `api.py` ends with `ROUTES = {"prefix": ViewSet}`; here stands the order of the apps.
"""

from importlib import import_module
from importlib.util import find_spec

from django.urls import include, path
from drf_spectacular.utils import extend_schema
from drf_spectacular.views import SpectacularAPIView
from rest_framework.routers import APIRootView, DefaultRouter

from accounts.api import TokenView
from core.access import Access

APPS = ("accounts", "villages", "households", "indicators", "tasks", "reports", "imports")


@extend_schema(exclude=True)
class RootView(APIRootView):
    """The addresses of all lists."""

    access = Access()


class SchemaView(SpectacularAPIView):
    """The OpenAPI description; holds no data."""

    access = Access(public=True)


class Router(DefaultRouter):
    APIRootView = RootView
    include_format_suffixes = False


router = Router()
for app in APPS:
    if find_spec(f"{app}.api"):
        for prefix, viewset in import_module(f"{app}.api").ROUTES.items():
            router.register(prefix, viewset, basename=f"api-{prefix}")

urlpatterns = [
    path("auth/token/", TokenView.as_view(), name="api-token"),
    path("", include(router.urls)),
]
