"""The embedded servers and the supervisor: whatever is killed comes back, and nothing is lost."""

import contextlib
import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from urllib.request import urlopen

import psycopg2
import pytest
from django.conf import settings

from config.supervisor import process
from config.supervisor.binaries import can_reach
from config.supervisor.places import DataFolder
from config.supervisor.process import Child, GaveUp
from config.supervisor.servers import CannotStart, ServerPlace, embedded_services, free_port

AS_ROOT = os.geteuid() == 0
MISSING_LOCALE = {"LANG": "zh_CN.UTF-8", "LC_ALL": "zh_CN.UTF-8", "PGHOST": "nowhere"}


@pytest.fixture
def folder():
    """A data folder in a path with Chinese and blanks, which everyone can pass."""
    with tempfile.TemporaryDirectory(prefix="qingling-") as place:
        Path(place).chmod(0o755)
        yield DataFolder(Path(place) / "数据 目录")


class Started:
    """A system started with scripts/start, and the ways to ask after it."""

    def __init__(self, folder: DataFolder):
        self.folder, self.port = folder, free_port(0)
        names = ("DATABASE_URL", "CELERY_BROKER_URL", "DEMO_DATE", "DJANGO_SETTINGS_MODULE")
        self.environment = {name: value for name, value in os.environ.items() if name not in names}
        self.environment |= MISSING_LOCALE
        self.environment |= {"DATA_DIR": str(folder.path), "DEMO": "0", "PORT": str(self.port)}
        self.parent: subprocess.Popen[str] | None = None

    def start(self) -> None:
        self.parent = subprocess.Popen(
            ["scripts/start"], cwd=settings.BASE_DIR, env=self.environment, start_new_session=True
        )
        wait_until(lambda: self.parent.poll() is not None or self.address(), 90)
        assert self.address(), "it has stopped, see above"

    def address(self) -> str:
        running = self.folder.running()
        return running.address if running else ""

    def script(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            arguments,
            cwd=settings.BASE_DIR,
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
        )

    def children(self) -> dict[int, str]:
        """Process number and command line of everything the supervisor started directly."""
        return {
            pid: Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode()
            for pid in children_of(self.parent.pid)
        }

    def kill(self, word: str) -> None:
        [pid] = [pid for pid, line in self.children().items() if word in line][:1]
        os.kill(pid, signal.SIGKILL)
        wait_until(lambda: not Path(f"/proc/{pid}").exists(), 5)

    def row(self, statement: str):
        url = self.folder.running().environment["DATABASE_URL"]
        with connected(url) as cursor:
            cursor.execute(statement)
            return cursor.fetchone() if cursor.description else None

    def page(self) -> int:
        with urlopen(f"http://127.0.0.1:{self.port}/healthz", timeout=5) as answer:
            return answer.status


@contextlib.contextmanager
def connected(url: str):
    with contextlib.closing(psycopg2.connect(url)) as db, db, db.cursor() as cursor:
        yield cursor


def children_of(parent: int) -> list[int]:
    listing = Path(f"/proc/{parent}/task/{parent}/children").read_text()
    return [int(pid) for pid in listing.split()]


def descendants_of(parent: int) -> list[int]:
    direct = children_of(parent)
    return direct + [pid for child in direct for pid in descendants_of(child)]


def wait_until(true, seconds: float) -> None:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        with contextlib.suppress(psycopg2.OperationalError, OSError):
            if true():
                return
        time.sleep(0.05)
    pytest.fail(f"not within {seconds} seconds")


@pytest.fixture
def started(folder):
    system = Started(folder)
    yield system
    if system.parent and system.parent.poll() is None:
        system.parent.terminate()
        system.parent.wait(30)


@pytest.mark.slow
def test_system_survives_the_death_of_every_part(started):
    started.start()
    assert started.page() == 200
    started.row("CREATE TABLE kept (word text)")
    started.row("INSERT INTO kept VALUES ('留存')")

    again = started.script("scripts/start")
    assert again.returncode != 0
    assert f"http://localhost:{started.port}/" in again.stderr
    assert "WARNINGS" not in started.script("scripts/manage", "check").stderr

    for word in ("bin/postgres", "valkey", "worker", "config.web"):
        started.kill(word)
    wait_until(lambda: started.row("SELECT word FROM kept") == ("留存",), 15)
    wait_until(lambda: started.page() == 200, 15)
    wait_until(lambda: len(started.children()) == 6, 15)

    family = descendants_of(started.parent.pid)
    started.parent.kill()
    started.parent.wait()
    wait_until(lambda: not any(map(alive, family)), 10)  # 1 second on a quiet machine
    assert started.folder.running() is None

    began = time.monotonic()
    started.start()
    assert time.monotonic() - began < 60  # 4 seconds on a quiet machine
    assert started.row("SELECT word FROM kept") == ("留存",)

    family = descendants_of(started.parent.pid)
    began = time.monotonic()
    started.parent.send_signal(signal.SIGINT)
    started.parent.wait(20)
    assert time.monotonic() - began < 15
    assert not [pid for pid in family if alive(pid)]


def alive(pid: int) -> bool:
    """Whether it runs; one that only waits for PID 1 to take note of its end does not."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state not in "ZX"


def test_servers_keep_their_data_and_know_chinese_letters(folder, monkeypatch):
    for name, value in MISSING_LOCALE.items():
        monkeypatch.setenv(name, value)

    for expected in (None, "t"):
        with embedded_services(folder) as variables, connected(variables["DATABASE_URL"]) as cursor:
            cursor.execute("SELECT to_regclass('t')::text, '嘎查' ~ '^\\w+$'")
            assert cursor.fetchone() == (expected, True)
            cursor.execute("CREATE TABLE IF NOT EXISTS t ()")
            for setting in ("synchronous_commit", "data_checksums"):
                cursor.execute(f"SHOW {setting}")
                assert cursor.fetchone() == ("on",)


def test_demonstration_and_real_system_have_a_database_each(folder):
    with embedded_services(folder, demo=True) as demo:
        pass
    with embedded_services(folder, demo=False) as real:
        pass

    assert demo["DATABASE_URL"].endswith("/qingling_demo")
    assert real["DATABASE_URL"].endswith("/qingling")
    assert demo["CELERY_BROKER_URL"][-1] != real["CELERY_BROKER_URL"][-1]


@pytest.mark.skipif(not AS_ROOT, reason="only root can have a folder that the service user lacks")
def test_unreachable_folder_of_root_has_its_servers_in_var_lib(folder):
    home = folder.path.parent / "home"
    home.mkdir(mode=0o700)
    data = DataFolder(home / "项目" / ".data")
    try:
        for _ in range(2):
            with embedded_services(data, lasting=False) as variables:
                psycopg2.connect(variables["DATABASE_URL"]).close()

        assert data.pointer.read_text().strip() == str(data.elsewhere())
        assert (data.elsewhere() / "postgres" / "PG_VERSION").exists()
        assert home.stat().st_mode & 0o777 == 0o700
        assert not (data.path / "servers").exists()
    finally:
        shutil.rmtree(data.elsewhere(), ignore_errors=True)


# Imports first: an ordinary user may have no right to read root's Python.
AS_NOBODY = """
import encodings.idna, os, pathlib, sys
import psycopg2
from config.supervisor.places import DataFolder
from config.supervisor.servers import embedded_services
os.setgroups([]); os.setgid(int(sys.argv[2])); os.setuid(int(sys.argv[1]))
with embedded_services(DataFolder(pathlib.Path(sys.argv[3])), lasting=False) as variables:
    psycopg2.connect(variables["DATABASE_URL"]).close()
    print("connected as", os.geteuid())
"""


@pytest.mark.skipif(not AS_ROOT, reason="the other tests ran as an ordinary user")
def test_ordinary_user_runs_the_servers(folder):
    nobody = pwd.getpwnam("nobody")
    if not can_reach(Path(psycopg2.__file__).parent, nobody):
        pytest.skip("the virtual environment lies where no other user can read it")
    home = folder.path.parent / "nobody 的家"
    home.mkdir()
    os.chown(home, nobody.pw_uid, nobody.pw_gid)
    arguments = [str(nobody.pw_uid), str(nobody.pw_gid), str(home / ".data")]

    done = subprocess.run(
        [sys.executable, "-c", AS_NOBODY, *arguments],
        cwd=settings.BASE_DIR,
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.stdout == f"connected as {nobody.pw_uid}\n", done.stderr
    assert (home / ".data" / "servers" / "postgres").stat().st_uid == nobody.pw_uid


def test_data_of_another_version_is_refused_with_the_cure(folder):
    folder.make()
    place = ServerPlace(folder)
    place.make(folder)
    (place.folder / "postgres").mkdir()
    (place.folder / "postgres" / "PG_VERSION").write_text("15\n")

    with pytest.raises(CannotStart, match="pg_dump"), embedded_services(folder):
        pass


def test_child_that_keeps_dying_is_given_up_with_its_last_words(tmp_path, monkeypatch):
    now = [1000.0]
    monkeypatch.setattr(process.time, "monotonic", lambda: now[0])
    argv = ["/bin/sh", "-c", "echo 端口被占用; exit 1"]
    child = Child("示例", argv, {"PATH": "/usr/bin:/bin"}, tmp_path / "log")
    child.start()

    def mind_for_a_minute() -> None:
        for _ in range(200):
            if child.process:
                child.process.wait()
            child.mind()
            now[0] += 0.2

    with pytest.raises(GaveUp, match="端口被占用"):
        mind_for_a_minute()


def test_second_lock_is_refused(folder):
    folder.make()
    first = folder.take_lock()
    assert first
    with first:
        assert folder.take_lock() is None
