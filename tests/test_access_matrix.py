"""Every address × every role × every place: who gets in, who gets 403, for whom it does not exist.

What is expected comes from the address's own `access` declaration and from two small tables here,
written apart from `accounts.roles`: who holds which right, and which places each person covers. An
address without a declaration, or with an object in its path and no entry in OBJECTS, fails.
"""

import io
import logging
import zipfile
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.db import transaction
from django.db.models import Q
from django.test import Client
from django.urls import reverse

from accounts import querysets
from accounts.models import User
from accounts.roles import Permission
from indicators.models import Parameter
from tests.support.routes import Route, routes
from tests.support.world import POSITIONS, World, build_world

ROUTES = routes()

# Who holds which right (domain §5.1), in the words of the cast.
HOLDERS = {
    "view_figures": "informant clerk county_user city_user agency_user leader inspector "
    "import_admin",
    "view_register": "informant helper clerk county_user city_user agency_user inspector "
    "import_admin",
    "unmask": "informant clerk county_user city_user",
    "enter_check": "informant helper clerk county_user",
    "review_check": "clerk county_user",
    "manage_rounds": "county_user city_user",
    "edit_register": "clerk county_user",
    "pair_helpers": "clerk county_user",
    "approve_status": "county_user",
    "edit_village": "informant clerk county_user",
    "work_case": "informant clerk agency_user",
    "verify_case": "county_user city_user",
    "assign_case": "county_user city_user",
    "file_report": "agency_user",
    "view_reports": "county_user city_user agency_user leader inspector",
    "import": "import_admin",
    "run_recompute": "city_user",
    "view_runs": "clerk county_user city_user inspector import_admin system_admin",
    "view_standards": "informant clerk county_user city_user agency_user leader inspector "
    "import_admin system_admin",
    "propose_standard": "city_user system_admin",
    "approve_standard": "city_user",
    "try_standard": "county_user city_user",
    "export": "clerk county_user city_user",
    "view_accounts": "system_admin security_admin",
    "manage_accounts": "system_admin",
    "manage_grants": "security_admin",
    "view_audit": "audit_admin",
}

# Which of the places each person's own areas hold.
COVERS = {
    "informant": {"own"},
    "helper": {"own"},  # the household there is paired with them
    "clerk": {"own"},
    "county_user": {"own", "sibling"},
    "city_user": {"own", "sibling"},
    "agency_user": {"own", "sibling"},
    "leader": {"own", "sibling"},
    "inspector": {"own", "sibling"},
    "import_admin": {"own", "sibling"},
    "system_admin": {"own", "sibling"},
    "security_admin": {"own", "sibling"},
    "audit_admin": {"own", "sibling"},
}

# Who keeps accounts, roles and the trail sees no household anywhere.
ADMINISTRATORS = {"system_admin", "security_admin", "audit_admin"}

CAST = [None, *COVERS]


def holds(who: str | None, permission: str | None) -> bool:
    if who is None:
        return False
    return permission is None or who in HOLDERS[str(permission).removeprefix("accounts.")].split()


# Objects named in addresses: from a world and a position to the values of the path ("?": the query).
ObjectMaker = Callable[[World, str], dict[str, Any]]


def key(name: str) -> ObjectMaker:
    return lambda world, at: {"pk": getattr(world[at], name).pk}


def case_act(world: World, at: str) -> dict[str, Any]:
    return {"number": world[at].case.number, "act": "progress"}


OBJECTS: dict[str, ObjectMaker] = {
    "api-areas-detail": key("area"),
    "accounts:user_detail": key("account"),
    "accounts:user_password": key("account"),
    "accounts:user_close": key("account"),
    "accounts:user_reopen": key("account"),
    "accounts:grant_create": key("account"),
    "accounts:grant_end": key("grant"),
    "villages:village_detail": key("village"),
    "villages:village_edit": key("village"),
    "villages:village_survey": key("village"),
    "households:household_detail": key("household"),
    "households:household_print": key("household"),
    "indicators:household_standards": key("household"),
    "indicators:reasons": lambda world, position: {
        "code": "HOU-01",
        **key("household")(world, position),
    },
    "households:village_print": key("village"),
    "households:household_reveal": key("household"),
    "households:evidence_list": key("household"),
    "households:evidence_detail": key("paper"),
    "households:evidence_file": key("paper"),
    "households:evidence_preview": key("paper"),
    "households:saved_filter": key("saved_filter"),
    "households:check_edit": key("household"),
    "households:check_around": key("household"),
    "households:check_draft": key("household"),
    "households:member_reveal": key("member"),
    "households:people": key("household"),
    "households:people_join": key("household"),
    "households:people_relations": key("household"),
    "households:people_split": key("household"),
    "households:people_merge": key("household"),
    "households:people_move": key("household"),
    "households:people_leave": key("member"),
    "households:people_restore": key("member"),
    "households:people_correct": key("member"),
    "households:check_detail": key("check"),
    "households:check_return": key("check"),
    "households:check_accept": key("check"),
    "households:process_detail": key("process"),
    "households:process_notice": key("process"),
    "households:process_papers": key("process"),
    "households:process_act": lambda world, at: {"pk": world[at].process.pk, "act": "step"},
    "households:process_open": lambda world, at: {
        "pk": world[at].household.pk,
        "kind": "RE_ENTRY",
    },
    "households:round_detail": key("round"),
    "households:round_close": key("round"),
    "households:dropout_open": key("member"),
    "households:dropout_detail": key("dropout"),
    "households:dropout_act": lambda world, at: {"pk": world[at].dropout.pk, "act": "verify"},
    "households:monitoring_detail": key("watched"),
    "households:monitoring_reveal": key("borderline"),
    "households:monitoring_act": lambda world, at: {"pk": world[at].watched.pk, "act": "check"},
    "tasks:task_detail": key("task"),
    "tasks:case_detail": lambda world, at: {"number": world[at].case.number},
    "tasks:case_act": case_act,
    "api-tasks-detail": key("task"),
    "api-cases-detail": lambda world, at: {"number": world[at].case.number},
    "api-cases-act": case_act,
    "reports:filing_edit": key("obligation"),
    "reports:filing_correct": key("filing"),
    "reports:filing_detail": key("filing"),
    "api-reports-detail": key("obligation"),
    "api-reports-draft": key("obligation"),
    "api-reports-submit": key("obligation"),
    "api-filings-detail": key("filing"),
    "imports:batch_detail": key("batch"),
    "imports:batch_confirm": key("batch"),
    "imports:batch_drop": key("batch"),
    "imports:batch_marked": key("batch"),
    "api-imports-detail": key("batch"),
    "api-imports-confirm": key("batch"),
    "api-imports-drop": key("batch"),
    "indicators:indicator_detail": lambda world, at: {
        "code": "HOU-01",
        "?": {"area": world[at].area.code},
    },
    "indicators:run_detail": key("run"),
    "indicators:exception_create": key("finding"),
    "indicators:exception_detail": key("exception"),
    "indicators:exception_act": lambda world, at: {
        "pk": world[at].exception.pk,
        "act": "approve",
    },
    "api-findings-detail": key("finding"),
    "api-finding-exceptions-detail": key("exception"),
    "api-finding-exceptions-act": lambda world, at: {
        "pk": world[at].exception.pk,
        "act": "approve",
    },
    "indicators:standard_detail": lambda world, at: {
        "code": "water_l_basic",
        "?": {"area": world[at].area.code},
    },
    "indicators:proposal_create": lambda world, at: {
        "code": "water_l_basic",
        "?": {"area": world[at].area.code},
    },
    "indicators:trial_create": lambda world, at: {
        "code": "water_l_basic",
        "?": {"area": world[at].area.code},
    },
    "indicators:proposal_detail": key("proposal"),
    "indicators:proposal_act": lambda world, at: {"pk": world[at].proposal.pk, "act": "approve"},
    "indicators:proposal_try": key("proposal"),
    "indicators:trial_detail": key("trial"),
    "api-standards-detail": lambda world, at: {"pk": Parameter.objects.earliest("pk").pk},
    "api-standard-proposals-detail": key("proposal"),
    "api-standard-proposals-act": lambda world, at: {
        "pk": world[at].proposal.pk,
        "act": "approve",
    },
    "api-indicators-detail": lambda world, at: {"pk": "HOU-01"},
    "api-results-detail": lambda world, at: {"pk": f"{world[at].area.code}:HOU-01"},
    "api-gaps-detail": lambda world, at: {"pk": f"HOU-01:{world[at].gap.subject_id}"},
    "api-villages-detail": key("village"),
    "api-households-detail": key("household"),
    "api-members-detail": key("member"),
    "api-checks-detail": key("check"),
    "api-checks-accept": key("check"),
    "api-checks-return": key("check"),
    "api-rounds-detail": key("round"),
    "api-evidence-detail": key("paper"),
    "api-evidence-file": key("paper"),
    "api-status-processes-detail": key("process"),
    "api-dropouts-detail": key("dropout"),
    "api-monitoring-detail": key("watched"),
}

# Where an address's objects are not everybody's who covers the place: an agency's own cases and
# reports, and a campaign's tasks, which belong to its whole city.
UNITS_OWN = {"agency_user": {"own"}}
NOT_THEIR_LINE: dict[str, set[str]] = {"agency_user": set()}  # an officer of housing
COVERS_AT: dict[str, dict[str, set[str]]] = {
    "households:saved_filter": {who: set() for who in COVERS},  # somebody's own
    "households:dropout_detail": NOT_THEIR_LINE,
    "households:dropout_act": NOT_THEIR_LINE,
    "households:monitoring_detail": NOT_THEIR_LINE,
    "households:monitoring_act": NOT_THEIR_LINE,
    "households:monitoring_reveal": NOT_THEIR_LINE,
    "api-dropouts-detail": NOT_THEIR_LINE,
    "api-monitoring-detail": NOT_THEIR_LINE,
    "tasks:case_detail": UNITS_OWN,
    "tasks:case_act": UNITS_OWN,
    "api-cases-detail": UNITS_OWN,
    "api-cases-act": UNITS_OWN,
    "reports:filing_edit": UNITS_OWN,
    "reports:filing_correct": UNITS_OWN,
    "reports:filing_detail": UNITS_OWN,
    "api-reports-detail": UNITS_OWN,
    "api-reports-draft": UNITS_OWN,
    "api-reports-submit": UNITS_OWN,
    "api-filings-detail": UNITS_OWN,
    "api-tasks-detail": {who: {"own", "sibling"} for who in COVERS},
    "tasks:task_detail": {who: {"own", "sibling"} for who in COVERS},
}

# Acts that ask, beyond the right to the object, for a duty that depends on its state: also 403.
BY_DUTY = {
    "households:dropout_act", "households:monitoring_act",
    "households:evidence_detail",  # who uploaded it, and who keeps the register
    "tasks:case_act", "api-cases-act", "households:check_return", "households:check_accept",
    "households:process_act",
    "reports:filing_correct", "api-checks-accept", "api-checks-return",
    "indicators:exception_act", "api-finding-exceptions-act",  # the county office decides
    "indicators:proposal_act", "api-standard-proposals-act",  # decided by holders of another right
}  # fmt: skip

# Lists of what belongs to a campaign, not to a village: they know no `?area=`.
UNPLACED = {"api-tasks-list", "api-reports-list", "api-filings-list"}

# Answers that differ for a reason said here.
LINES = {403, 404}  # shows all lines of work at once: not for a sector officer
ALSO: dict[tuple[str, str], set[int]] = {
    ("readyz", ""): {503},  # the tests' broker does not answer
    ("reports:gap_household_list", "agency_user"): LINES,
    ("reports:gap_household_list", "helper"): {403, 404},  # hangs below figures, which helpers lack
    ("indicators:gap_list", "helper"): {403, 404},  # an area's list is not for who has no area
    ("households:village_print", "helper"): {403, 404},
    ("api-gaps-detail", "helper"): {403, 404},
    ("api-reports-draft", ""): {401, 403, 404},  # readers of reports do not read drafts
}

ANSWERED = {200, 204, 301, 302, 400, 405, 409, 415, 422}  # got past the guards


def covers(who: str, route: Route, position: str) -> bool:
    return position in COVERS_AT.get(route.name, {}).get(who, COVERS[who])


def expected(route: Route, who: str | None, position: str, method: str) -> set[int]:
    access = route.access
    assert access is not None
    also = ALSO.get((route.name, ""), set()) | ALSO.get((route.name, who or ""), set())
    if also:
        return also | ANSWERED
    if access.public:
        return ANSWERED | {401}  # 401: the token's own refusal of no name and password
    if who is None:
        return {401} if route.is_api else {302}
    if not holds(who, access.needed(method)):
        return {403}
    if access.scoped and not covers(who, route, position):
        return {404, 405}  # 405: an address that knows only the other method
    return ANSWERED | ({403} if route.name in BY_DUTY else set())


def ask(client: Client, method: str, address: str, query: dict[str, Any]) -> Any:
    """One request whose effects are undone."""
    with transaction.atomic():
        response = client.get(address, query) if method == "GET" else client.post(address)
        if hasattr(response, "streaming_content"):
            response.content = b"".join(response.streaming_content)
        transaction.set_rollback(True)
    return response


def cells(world: World) -> Iterator[tuple[Route, str, str, dict[str, Any]]]:
    """Each address at each position; an address without objects is placed by `?area=`."""
    for route in ROUTES:
        if route.access is None:
            continue
        if not route.parameters:
            placed = route.access.scoped and route.name not in UNPLACED
            for position in POSITIONS if placed else ["own"]:
                query = {"area": world[position].area.code} if placed else {}
                yield route, position, route.address({}), query
        elif route.name in OBJECTS:
            for position in POSITIONS if route.access.scoped else ["own"]:
                values = OBJECTS[route.name](world, position)
                query = values.pop("?", {})
                yield route, position, route.address(values), query


def plain(response: Any) -> str:
    """All text of an answer, workbooks unzipped."""
    body = response.content
    if body[:2] == b"PK":
        with zipfile.ZipFile(io.BytesIO(body)) as book:
            body = b"".join(book.read(name) for name in book.namelist())
    return body.decode("utf-8", "replace") + str(response.headers)


def leaks(response: Any, world: World, who: str | None) -> list[str]:
    """Words of places the person does not cover, and full numbers of any."""
    text = plain(response)
    seen = COVERS[who] if who and who not in ADMINISTRATORS else set()
    words = [word for at in POSITIONS if at not in seen for word in world[at].secrets]
    words += [word for at in POSITIONS if at not in seen for word in world[at].neighbours]
    if who == "helper":  # paired with one household, not with its village
        words += world["own"].neighbours
    return [
        word for word in words + [n for at in POSITIONS for n in world[at].numbers] if word in text
    ]


def lists_nothing(response: Any) -> bool:
    """An API list or a page may answer a foreign area with an empty list instead of 404."""
    kind = response.headers.get("Content-Type", "")
    return response.status_code == 200 and "json" in kind and response.json().get("count") == 0


def test_every_address_declares_who_may_come() -> None:
    undeclared = [str(route) for route in ROUTES if route.access is None]

    assert not undeclared, "add `access = Access(...)` to:\n" + "\n".join(undeclared)


def test_every_declared_right_exists() -> None:
    asked = {p for r in ROUTES if r.access for p in (r.access.permission, r.access.write) if p}

    assert asked <= {str(p) for p in Permission}


def test_every_address_with_an_object_is_in_the_matrix() -> None:
    missing = [str(r) for r in ROUTES if r.access and r.parameters and r.name not in OBJECTS]

    assert not missing, "add a maker to OBJECTS for:\n" + "\n".join(missing)


def test_objects_name_only_addresses_that_exist() -> None:
    assert set(OBJECTS) - {route.name for route in ROUTES} == set()


def test_table_of_holders_names_every_right_and_only_the_cast() -> None:
    assert {f"accounts.{name}" for name in HOLDERS} == {str(p) for p in Permission}
    assert {who for row in HOLDERS.values() for who in row.split()} <= set(COVERS)


@pytest.fixture
def world(places: Any, agency: Any) -> World:
    return build_world(places, agency)


def walk(who: str | None, user: User | None, world: World, client: Client) -> list[str]:
    """Every address as one person; what was answered otherwise than expected."""
    client.raise_request_exception = False
    signed_in = client.cookies.output(header="").strip()
    wrong = []
    for route, position, address, query in cells(world):
        for method in ("GET",) if query and position != "own" else ("GET", "POST"):
            client.cookies.clear()
            client.cookies.load(signed_in)
            response = ask(client, method, address, query)
            allowed = expected(route, who, position, method)
            right = response.status_code in allowed or (404 in allowed and lists_nothing(response))
            if sent_to_sign_in(response) != (who is None and allowed == {302}):
                right = False
            if not right:
                cause = getattr(response, "exc_info", None)
                said = f"{response.status_code} {cause[1]!r}" if cause else response.status_code
                wrong.append(f"{method} {address} {query or ''} at {position}: {said}")
            if method == "GET" and (shown := leaks(response, world, who)):
                wrong.append(f"GET {address} {query or ''}: shows {shown}")
    return wrong


def sent_to_sign_in(response: Any) -> bool:
    return response.status_code == 302 and response["Location"].startswith(f"{reverse('login')}?")


@pytest.fixture(autouse=True)
def quiet() -> Iterator[None]:
    """Thousands of refusals are not news."""
    logging.disable(logging.CRITICAL)
    yield
    logging.disable(logging.NOTSET)


@pytest.mark.parametrize("who", CAST, ids=lambda who: who or "anonymous")
def test_access(
    who: str | None, world: World, request: pytest.FixtureRequest, client_for: Any
) -> None:
    user: User | None = request.getfixturevalue(who) if who else None
    world.belongs_to(user)

    wrong = walk(who, user, world, client_for(user))

    assert not wrong, "\n".join(wrong)


def test_the_matrix_notices_a_filter_that_was_dropped(
    world: World, clerk: User, client_for: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control: with scope switched off, the same walk must fail, by status and by content."""
    monkeypatch.setattr(querysets, "in_ranges", lambda field, ranges: Q())

    wrong = walk("clerk", clerk, world, client_for(clerk))

    assert any("household" in line and "at foreign: 200" in line for line in wrong)
    assert any("shows" in line for line in wrong)
