"""People at real browsers, in front of real processes: the web server and a Celery worker as they are
started in production, on the test's database and a broker's own number of it.

Each person's pages are watched while the story is told: nothing may reach outside, log an error,
break the content policy, spill over a phone's width, or speak another language than Chinese.
"""

import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from celery import Celery
from django.conf import settings
from django.contrib.auth.hashers import PBKDF2PasswordHasher
from django.db import connection
from django.test import Client
from playwright.sync_api import Browser, Page, Response, sync_playwright

from accounts.models import User
from config import env
from config.web import listen
from core import clock
from core.models import Job, JobState
from households.models import Household, Water
from indicators import services as indicators
from tasks import services as tasks
from tests.accounts.factories import PASSWORD
from tests.conftest import BUSINESS_DATE
from tests.households.factories import HouseholdFactory, WaterFactory
from tests.tasks.factories import CampaignFactory, TaskFactory

KNOWN_AT = datetime(2019, 11, 5, 1, tzinfo=clock.SHANGHAI)
LAST_NIGHT = date(2019, 11, 4)
PATIENCE = 30  # seconds for what a worker does
DESK, PHONE = {"width": 1366, "height": 768}, {"width": 390, "height": 844}

# Latin that belongs in Chinese pages: codes, keys, units and names of programs.
LATIN = re.compile(r"[A-Za-z]{3,}")
ALLOWED_LATIN = re.compile(
    r"\bDBL-[HV]\b|T/CHES 18-2018|\bDQ-[A-Z]{2,4}-\d{2}[A-H]?\b|"
    r"\b[A-Z]{3}-\d{6}-[0-9A-F]{6}\b|\b[A-Z]{2,4}-\d{2,}\b|回执号\s*\S+|\b[\w-]+\.xlsx\b|\b(Ctrl|Enter|PgUp|PgDn|Esc|Tab|Excel|Chrome|WPS|JPG|PNG|HEIC|PDF)\b|xlsx?|csv|ods|et",
    re.IGNORECASE,
)


def wait_for(condition: Callable[[], Any], what: str) -> Any:
    end = time.monotonic() + PATIENCE
    while not (found := condition()):
        assert time.monotonic() < end, f"waited in vain for {what}"
        time.sleep(0.1)
    return found


# --- The system ----------------------------------------------------------------------------------


@dataclass(frozen=True)
class System:
    """The running processes; `ring` wakes the worker, as a page does after a write."""

    address: str
    broker: str

    def ring(self) -> None:
        app = Celery(
            set_as_current=False
        )  # named line: CELERY_BROKER_URL would override a broker of its own
        with app.connection_for_write(self.broker) as line:
            app.send_task("core.work", connection=line, ignore_result=True)

    def rest(self) -> None:
        """Wait until no job is left."""
        living = Job.objects.filter(state__in=[JobState.QUEUED, JobState.RUNNING])
        wait_for(lambda: not living.exists(), "the end of the jobs")


@pytest.fixture(scope="session")
def running(
    django_db_setup: None,
    django_db_blocker: Any,
    worker_id: str,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[System]:
    broker = settings.CELERY_BROKER_URL
    if not broker.startswith("redis"):
        pytest.fail(
            "journeys need a broker: set CELERY_BROKER_URL beside DATABASE_URL, or set neither"
            " for embedded servers"
        )
    number = 10 + int(worker_id.removeprefix("gw") if worker_id != "master" else 0)
    broker = f"{broker.rsplit('/', 1)[0]}/{number}"
    with django_db_blocker.unblock():
        base = connection.settings_dict
    folder = tmp_path_factory.mktemp("system")
    variables = {
        **env.everything(),
        "DATABASE_URL": "postgres://{USER}:{PASSWORD}@{HOST}:{PORT}/{NAME}".format(**base),
        "CELERY_BROKER_URL": broker,
        "SECRET_KEY": settings.SECRET_KEY,
        "FIELD_KEY": settings.FIELD_KEY,
        "DATA_DIR": str(folder),
        "DEMO": "1",  # pins the date to the one that the test itself has
        "DEMO_DATE": BUSINESS_DATE.isoformat(),
        "DJANGO_SETTINGS_MODULE": "config.settings.production",
    }
    with listen("127.0.0.1", 0) as listener:
        descriptor = listener.fileno()
        worker = [
            "celery",
            "-A",
            "config.celery",
            "worker",
            "--pool=solo",
            "--without-gossip",
            "--without-mingle",
        ]
        started = [
            _start(folder, variables, ["config.web", "--fd", str(descriptor)], descriptor),
            _start(folder, variables, worker),
        ]
        yield System(f"http://127.0.0.1:{listener.getsockname()[1]}", broker)
        for process in started:
            process.kill()
            process.wait()


def _start(
    folder: Path, variables: dict[str, str], module: list[str], *inherited: int
) -> subprocess.Popen[bytes]:
    with (folder / f"{module[0]}.log").open("wb") as log:
        return subprocess.Popen(
            [sys.executable, "-W", "ignore", "-m", *module],
            cwd=settings.BASE_DIR, env=variables, stdout=log, stderr=log, pass_fds=inherited,
        )  # fmt: skip


@pytest.fixture
def system(running: System, transactional_db: None) -> Iterator[System]:
    """The processes, at rest again before the tables are emptied."""
    yield running
    running.rest()


# --- The people ----------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    env.hand_down(
        {"DJANGO_ALLOW_ASYNC_UNSAFE": "true"}
    )  # Playwright keeps an event loop in this thread
    with sync_playwright() as playwright:
        found = (
            shutil.which("chromium")
            or shutil.which("chromium-browser")
            or shutil.which("google-chrome")
        )
        browser = playwright.chromium.launch(
            executable_path=found, args=["--no-sandbox"] if os.geteuid() == 0 else []
        )
        yield browser
        browser.close()


@dataclass
class Person:
    """Somebody's browser, and what was wrong with the pages it showed."""

    page: Page
    address: str
    faults: list[str] = field(default_factory=list)

    def watch(self) -> None:
        self.page.on("request", lambda request: self._inside(request.url))
        self.page.on("pageerror", lambda error: self.faults.append(f"{self.page.url}: {error}"))
        self.page.on(
            "console",
            lambda said: (
                self.faults.append(f"{self.page.url}: {said.text}")
                if self._is_fault(said)
                else None
            ),
        )

    def _inside(self, url: str) -> None:
        if not url.startswith((f"{self.address}/", "data:", "blob:")):
            self.faults.append(f"{self.page.url} reaches outside: {url}")

    @staticmethod
    def _is_fault(said: Any) -> bool:
        """Errors of scripts and broken policies; not the answers 404, 409 and 422 that a story asks for."""
        return said.type == "error" and "the server responded with a status of 4" not in said.text

    def open(self, path: str) -> Response:
        answer = self.page.goto(self.address + path)
        assert answer is not None
        self.look()
        return answer

    def press(self, name: str, *, confirm: str = "") -> None:
        """Press a button or follow a link that leads to another page, and look at it."""
        target = self.page.get_by_role("button", name=name).or_(
            self.page.get_by_role("link", name=name)
        )
        if confirm:
            target.first.click()
            target = self.page.locator("#confirm").get_by_role("button", name=confirm)
        with self.page.expect_navigation():
            target.first.click()
        self.look()

    def act(self, label: str, *, confirm: str = "", **answers: str) -> None:
        """One act of the page's card 办理: its fold is opened, its fields filled, its button pressed.

        Choices are given as `name=VALUE` and taken where they are shown as segments or as a list.
        """
        named = re.compile(rf"^\s*{label}\s*$")  # a fold that is closed hides its button from roles
        fold = self.page.locator("details.ql-act").filter(
            has=self.page.locator("button", has_text=named)
        )
        if fold.first.get_attribute("open") is None:
            fold.first.locator("summary").click()
        for name, value in answers.items():
            field = fold.first.locator(f"[name={name}]")
            kind = field.first.evaluate("field => field.type")
            if kind == "radio":
                fold.first.locator(f"[name={name}][value={value}] + label").click()
            elif kind == "select-one":
                field.select_option(value)
            else:
                field.fill(value)
        button = fold.first.get_by_role("button", name=label, exact=True)
        if confirm:
            button.click()
            button = self.page.locator("#confirm").get_by_role("button", name=confirm)
        with self.page.expect_navigation():
            button.click()
        self.look()

    def look(self) -> None:
        """Judge the page that is open, on a phone and on a desk."""
        page = self.page
        page.wait_for_load_state("networkidle")
        for size in (PHONE, DESK):
            page.set_viewport_size(size)  # type: ignore[arg-type]
            spill = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
            if spill > 0:
                self.faults.append(f"{page.url}: {spill} px wider than {size['width']}")
            words = LATIN.findall(ALLOWED_LATIN.sub("", page.inner_text("body")))
            if words:
                self.faults.append(f"{page.url}: not Chinese: {sorted(set(words))}")

    def says(self, text: str) -> bool:
        return text in self.page.inner_text("body")


@pytest.fixture
def visit(system: System, chromium: Browser) -> Iterator[Callable[..., Person]]:
    """A browser of one's own: `visit(clerk)` is signed in already, `visit()` is at the door."""
    people: list[Person] = []

    def enter(user: User | None = None, **options: Any) -> Person:
        context = chromium.new_context(locale="zh-CN", viewport=DESK, **options)  # type: ignore[arg-type]
        context.set_default_timeout(15_000)
        if user is not None:
            client = Client()
            client.force_login(user, backend="accounts.backends.GrantBackend")
            name = settings.SESSION_COOKIE_NAME
            context.add_cookies(
                [{"name": name, "value": client.cookies[name].value, "url": system.address}]
            )
        person = Person(context.new_page(), system.address)
        person.watch()
        people.append(person)
        return person

    yield enter
    for person in people:
        person.page.context.close()
    assert [fault for person in people for fault in person.faults] == []


@pytest.fixture
def with_password(clerk: User) -> User:
    """The clerk with a password that the started system can read; the tests' own hasher is not in it."""
    clerk.password = PBKDF2PasswordHasher().encode(PASSWORD, "salt", iterations=1000)
    clerk.save()
    return clerk


# --- The place -----------------------------------------------------------------------------------


def dry(village: Any, name: str) -> Household:
    """A household that lacks safe water and nothing else."""
    household = HouseholdFactory(village=village, head_name=name, complete=True)
    Water.objects.filter(household=household).update(superseded_at=KNOWN_AT)
    WaterFactory(household=household, quality="NOT_MET")
    return household


@pytest.fixture
def story(
    system: System, places: SimpleNamespace, villages: SimpleNamespace, agency: Any
) -> SimpleNamespace:
    """Two households of the own village, one without safe water, one next door; the plan that asks for
    water; last night's figures and the cases they opened.
    """
    indicators.load_standards(at=KNOWN_AT)
    campaign = CampaignFactory(area=places.city, name="包头市清零达标专项行动", code="BT-2019")
    task = TaskFactory(campaign=campaign, code="BT-09", lead=[agency])
    household = dry(villages.own, "李占元")
    HouseholdFactory(village=villages.own, head_name="王二小", complete=True)
    neighbour = dry(villages.other, "赵有才")
    indicators.recompute(on=LAST_NIGHT, at=KNOWN_AT)
    tasks.sync_cases(low=10**11, high=10**12 - 1, on=LAST_NIGHT, at=KNOWN_AT)
    return SimpleNamespace(campaign=campaign, task=task, household=household, neighbour=neighbour)
