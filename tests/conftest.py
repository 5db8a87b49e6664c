"""The cast, the places, the date, and what no test may do.

Places: Gùyáng county with two townships of two villages each, and one township of the neighbouring
banner. People: one per role; the "own" township is Yínhào, the "other" one lies in the same county.
"""

import socket
from collections.abc import Callable, Iterator
from datetime import date, datetime
from types import SimpleNamespace
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.db import connection
from django.test import Client
from django.utils import timezone

from accounts.enums import Level, Line, RoleCode
from accounts.models import Area, User
from config.middleware import SessionLifetimeMiddleware
from core import clock

BUSINESS_DATE = date(2019, 11, 5)

PLACES = [
    ("province", 150000000000, "内蒙古自治区", Level.PROVINCE, None),
    ("city", 150200000000, "包头市", Level.CITY, "province"),
    ("county", 150222000000, "固阳县", Level.COUNTY, "city"),
    ("other_county", 150223000000, "达尔罕茂明安联合旗", Level.COUNTY, "city"),
    ("township", 150222105000, "银号镇", Level.TOWNSHIP, "county"),
    ("other_township", 150222100000, "金山镇", Level.TOWNSHIP, "county"),
    ("far_township", 150223100000, "百灵庙镇", Level.TOWNSHIP, "other_county"),
    ("village", 150222105203, "德成永村委会", Level.VILLAGE, "township"),
    ("next_village", 150222105205, "大营子村委会", Level.VILLAGE, "township"),
    ("other_village", 150222100201, "金山村委会", Level.VILLAGE, "other_township"),
    ("far_village", 150223100201, "百灵庙嘎查委员会", Level.VILLAGE, "far_township"),
]


@pytest.fixture(autouse=True)
def business_date(monkeypatch: pytest.MonkeyPatch) -> date:
    """Every test runs on 2019-11-05, unless it turns DEMO on and pins another date itself."""
    real = clock.business_now

    def frozen() -> datetime:
        if django_settings.DEMO:
            return real()
        return datetime.combine(BUSINESS_DATE, real().time(), tzinfo=clock.SHANGHAI)

    monkeypatch.setattr(clock, "business_now", frozen)
    return BUSINESS_DATE


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    """The test database; at the end it waits for nobody.

    Processes that tests kill leave a database session behind for a moment, and a database that is
    in use cannot be dropped.
    """
    yield
    with django_db_blocker.unblock(), connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )


@pytest.fixture(autouse=True, scope="session")
def no_foreign_network() -> Iterator[None]:
    """Sockets reach this machine only."""
    real = socket.socket.connect

    def connect(self: socket.socket, address: Any) -> None:
        if self.family != socket.AF_UNIX and str(address[0]) not in {
            "127.0.0.1",
            "::1",
            "localhost",
        }:
            raise AssertionError(f"a test tried to reach {address}")
        real(self, address)

    patch = pytest.MonkeyPatch()
    patch.setattr(socket.socket, "connect", connect)
    yield
    patch.undo()


# --- Places --------------------------------------------------------------------------------------


@pytest.fixture
def places(db: None) -> SimpleNamespace:
    """All areas by name: places.village, places.township, places.other_township …"""
    made: dict[str, Area] = {}
    for name, code, title, level, parent in PLACES:
        made[name] = Area.objects.create(
            code=code, name=title, level=level, parent=made.get(parent or "")
        )
    return SimpleNamespace(**made)


@pytest.fixture
def villages(places: SimpleNamespace) -> SimpleNamespace:
    """The four villages as `Village` rows: own, next, other (same county), far (other county)."""
    from villages.models import Village

    names = {
        "own": "village",
        "next": "next_village",
        "other": "other_village",
        "far": "far_village",
    }
    return SimpleNamespace(
        **{k: Village.objects.create(area=getattr(places, v)) for k, v in names.items()}
    )


# --- The cast ------------------------------------------------------------------------------------


def make(role: str, area: Area | None, username: str, **more: Any) -> User:
    from tests.accounts.factories import person

    return person(role, area, username=username, **more)


@pytest.fixture
def clerk(places: SimpleNamespace) -> User:
    return make(RoleCode.TOWNSHIP_CLERK, places.township, "clerk")


@pytest.fixture
def other_clerk(places: SimpleNamespace) -> User:
    """Clerk of the other township of the same county."""
    return make(RoleCode.TOWNSHIP_CLERK, places.other_township, "other_clerk")


@pytest.fixture
def informant(places: SimpleNamespace) -> User:
    return make(RoleCode.VILLAGE_INFORMANT, places.village, "informant")


@pytest.fixture
def helper(places: SimpleNamespace) -> User:
    """Sees only paired households; tests pair them."""
    return make(RoleCode.HELPER, places.township, "helper")


@pytest.fixture
def county_user(places: SimpleNamespace) -> User:
    return make(RoleCode.COUNTY_OFFICE, places.county, "county_user")


@pytest.fixture
def city_user(places: SimpleNamespace) -> User:
    return make(RoleCode.CITY_OFFICE, places.city, "city_user")


@pytest.fixture
def agency(places: SimpleNamespace) -> Any:
    """The county's housing bureau."""
    from tests.accounts.factories import AgencyFactory

    return AgencyFactory(code="ZJJ", name="固阳县住建局", area=places.county, line=Line.HOUSING)


@pytest.fixture
def agency_user(places: SimpleNamespace, agency: Any) -> User:
    return make(RoleCode.AGENCY, places.county, "agency_user", agency=agency, line=Line.HOUSING)


@pytest.fixture
def leader(places: SimpleNamespace) -> User:
    return make(RoleCode.LEADER, places.county, "leader")


@pytest.fixture
def inspector(places: SimpleNamespace) -> User:
    return make(RoleCode.INSPECTOR, places.county, "inspector")


@pytest.fixture
def import_admin(places: SimpleNamespace) -> User:
    return make(RoleCode.IMPORT_ADMIN, places.county, "import_admin")


@pytest.fixture
def system_admin(places: SimpleNamespace) -> User:
    return make(RoleCode.SYSTEM_ADMIN, places.county, "system_admin")


@pytest.fixture
def security_admin(places: SimpleNamespace) -> User:
    return make(RoleCode.SECURITY_ADMIN, places.county, "security_admin")


@pytest.fixture
def audit_admin(places: SimpleNamespace) -> User:
    return make(RoleCode.AUDIT_ADMIN, places.county, "audit_admin")


@pytest.fixture
def client_for() -> Callable[[User | None], Client]:
    """A browser signed in as someone; anonymous for None."""

    def sign_in(user: User | None = None) -> Client:
        client = Client()
        if user is not None:
            enter(client, user)
        return client

    return sign_in


def enter(client: Client, user: User) -> None:
    """Sign in as someone, a moment ago: no page of the test stores the session again."""
    client.force_login(user, backend="accounts.backends.GrantBackend")
    session, now = client.session, timezone.now().timestamp()
    session[SessionLifetimeMiddleware.STARTED] = session[SessionLifetimeMiddleware.KEPT] = now
    session.save()


@pytest.fixture
def htmx_client(client_for: Callable[[User | None], Client]) -> Callable[[User | None], Client]:
    """The same, sending what htmx sends."""

    def sign_in(user: User | None = None) -> Client:
        client = client_for(user)
        client.defaults["HTTP_HX_REQUEST"] = "true"
        return client

    return sign_in


@pytest.fixture
def api_for() -> Callable[[User | None], Any]:
    """An API client acting as someone; anonymous for None."""
    from rest_framework.test import APIClient

    def sign_in(user: User | None = None) -> Any:
        client = APIClient()
        if user is not None:
            enter(client, user)
        return client

    return sign_in
