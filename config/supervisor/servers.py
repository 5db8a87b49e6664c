"""The embedded PostgreSQL and Valkey: made, started, reached, and stopped in order."""

import atexit
import contextlib
import os
import pwd
import shutil
import signal
import socket
import tempfile
import time
from collections.abc import Collection, Iterator
from pathlib import Path
from pwd import struct_passwd

import psycopg2
from psycopg2 import sql

from config.supervisor.binaries import can_reach, postgres_programs, valkey_program
from config.supervisor.places import SHARED_ROOT, DataFolder, make_shared_root
from config.supervisor.process import Child, last_words

LOOPBACK = "127.0.0.1"
START_SECONDS = 60  # crash recovery of a large database takes its time

# Nothing of the user's environment: no PG* variables, no locale that this machine may not have.
SERVER_ENVIRONMENT = {"PATH": "/usr/bin:/bin", "LC_ALL": "C", "TZ": "UTC", "HOME": "/"}


class CannotStart(Exception):
    """A server does not come up; the message says what to do or ends with its last words."""


class ServerPlace:
    """The folder that holds both servers' data, and the user they run as (None: we ourselves).

    As root the servers run as a service user. Where that user cannot pass DATA_DIR (a 0700 home)
    the folder lies under /var/lib, and a pointer file in DATA_DIR says so.
    """

    def __init__(self, data: DataFolder):
        self.user = _service_user(data) if os.geteuid() == 0 else None
        self.folder = data.path / "servers"
        if self.user and data.pointer.exists():
            self.folder = Path(data.pointer.read_text().strip())
        elif self.user and not self.folder.exists() and not can_reach(data.path, self.user):
            self.folder = data.elsewhere()

    def make(self, data: DataFolder) -> None:
        if self.folder.parent == SHARED_ROOT:
            make_shared_root()
        self.folder.mkdir(exist_ok=True)
        self.folder.chmod(0o700)
        if self.user:
            os.chown(self.folder, self.user.pw_uid, self.user.pw_gid)
        if self.folder.parent != data.path and not data.pointer.exists():
            data.pointer.write_text(f"{self.folder}\n")

    def put(self, name: str, text: str) -> Path:
        """A small file that only the servers' user can read."""
        path = self.folder / name
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
            file.write(text)
        if self.user:
            os.chown(path, self.user.pw_uid, self.user.pw_gid)
        return path


class Postgres:
    """The embedded PostgreSQL on the loopback address, with a password and data checksums."""

    variable = "DATABASE_URL"
    usual_port = 5442

    def __init__(self, data: DataFolder, place: ServerPlace, database: str, lasting: bool = True):
        self.place, self.database, self.lasting = place, database, lasting
        self.cluster = place.folder / "postgres"
        self.log = data.logs / "postgres.log"
        self.password = data.make_secret("postgres_password")
        self.programs = postgres_programs(place.user)
        self.port = 0
        self.child = Child(
            "PostgreSQL",
            [],
            SERVER_ENVIRONMENT,
            self.log,
            stop_signal=signal.SIGINT,  # fast shutdown: ends sessions, writes a checkpoint
            death_signal=signal.SIGINT,
            user=place.user,
        )

    @property
    def url(self) -> str:
        return f"postgres://app:{self.password}@{LOOPBACK}:{self.port}/{self.database}"

    def start(self) -> None:
        if not self.cluster.exists():
            self._make_cluster()
        self._check_version()
        _await_former(self.cluster / "postmaster.pid")
        _start_on_free_port(self)
        self._make_database()

    def use_port(self, port: int) -> None:
        self.port = port
        self.child.argv = [self.programs.postgres, "-D", self.cluster, *self._options()]

    def _options(self) -> list[str]:
        memory = memory_bytes()
        shared = min(memory // 16, 2**30) if self.lasting else 2**27
        settings = {
            "listen_addresses": LOOPBACK,
            "port": self.port,
            "unix_socket_directories": "",
            "max_connections": 100,
            "shared_buffers": f"{shared // 2**20}MB",
            "work_mem": "32MB",
            "maintenance_work_mem": f"{max(64, min(512, memory // 2**20 // 32))}MB",
            "effective_cache_size": f"{memory // 2 // 2**20}MB",
            "max_wal_size": "2GB",
            "random_page_cost": "1.1",
            "jit": "off",
            "timezone": "Asia/Shanghai",
            "log_timezone": "Asia/Shanghai",
            "synchronous_commit": "on",
            "fsync": "on" if self.lasting else "off",
        }
        return [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]

    def _make_cluster(self) -> None:
        """initdb beside the final place, so that an interrupted one leaves nothing half made."""
        new = self.cluster.with_name("postgres.new")
        shutil.rmtree(new, ignore_errors=True)
        password_file = self.place.put("password", self.password)
        locale = ["--locale=C"]
        if self.programs.major() >= 17:
            # The wheel has no ICU; this provider knows what a letter is in Chinese as well.
            locale += ["--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
        options = ["-U", "app", "-E", "UTF8", *locale, "--auth=scram-sha-256", "--data-checksums"]
        if not self.lasting:
            options.append("--no-sync")
        initdb = Child(
            "initdb",
            [self.programs.initdb, "-D", new, f"--pwfile={password_file}", *options],
            SERVER_ENVIRONMENT,
            self.log,
            user=self.place.user,
        )
        initdb.start()
        assert initdb.process
        failed = initdb.process.wait()
        password_file.unlink()
        if failed:
            raise CannotStart(f"无法建立数据库 (initdb failed)\n{last_words(self.log)}")
        new.rename(self.cluster)

    def _check_version(self) -> None:
        have, need = (self.cluster / "PG_VERSION").read_text().strip(), str(self.programs.major())
        if have != need:
            raise CannotStart(
                f"{self.cluster} 中是 PostgreSQL {have} 的数据，而现有程序为 {need}："
                f"请用版本 {have} 导出 (pg_dump)，换一个空的 DATA_DIR 启动后再恢复 "
                f"(the data is of PostgreSQL {have}, the programs are {need}: "
                "dump with the old version and restore into a new DATA_DIR)"
            )

    def connect(self, database: str = "postgres") -> "psycopg2.extensions.connection":
        return psycopg2.connect(
            host=LOOPBACK,
            port=self.port,
            user="app",
            password=self.password,
            dbname=database,
            connect_timeout=3,
        )

    def answers(self) -> bool:
        try:
            self.connect().close()
        except psycopg2.OperationalError as error:
            if "password authentication failed" in str(error):
                time.sleep(0.5)
                if self.child.alive:  # else it was another's server, which has our port
                    raise CannotStart(
                        f"{self.cluster} 不接受 secrets/postgres_password 中的口令，"
                        "请恢复该文件 (the password in that file does not fit: restore it)"
                    ) from None
            return False
        return self.child.alive

    def _make_database(self) -> None:
        connection = self.connect()
        try:
            connection.autocommit = True
            with connection.cursor() as cursor:
                cursor.execute("SELECT 1 FROM pg_database WHERE datname = %s", [self.database])
                if not cursor.fetchone():
                    cursor.execute(
                        sql.SQL("CREATE DATABASE {}").format(sql.Identifier(self.database))
                    )
        finally:
            connection.close()


class Valkey:
    """The embedded Valkey on the loopback address, with a password, keeping its queue on disk."""

    variable = "CELERY_BROKER_URL"
    usual_port = 6389

    def __init__(self, data: DataFolder, place: ServerPlace, number: int, lasting: bool = True):
        self.place, self.number, self.lasting = place, number, lasting
        self.folder = place.folder / "valkey"
        self.password = data.make_secret("valkey_password")
        self.port = 0
        self.child = Child(
            "Valkey",
            [valkey_program(place.user), place.folder / "valkey.conf"],
            SERVER_ENVIRONMENT,
            data.logs / "valkey.log",
            user=place.user,
        )

    @property
    def url(self) -> str:
        return f"redis://:{self.password}@{LOOPBACK}:{self.port}/{self.number}"

    def start(self) -> None:
        self.folder.mkdir(mode=0o700, exist_ok=True)
        if self.place.user:
            os.chown(self.folder, self.place.user.pw_uid, self.place.user.pw_gid)
        _start_on_free_port(self)

    def use_port(self, port: int) -> None:
        self.port = port
        settings = {
            "bind": LOOPBACK,
            "port": self.port,
            "requirepass": self.password,  # in a file: arguments can be read by every user
            "appendonly": "yes" if self.lasting else "no",
            "appendfsync": "everysec",
            "save": '""',
            "maxmemory-policy": "noeviction",
            "daemonize": "no",
        }
        lines = [f"{name} {value}" for name, value in settings.items()]
        escaped = str(self.folder).replace("\\", "\\\\").replace('"', '\\"')
        self.place.put("valkey.conf", "\n".join([*lines, f'dir "{escaped}"', ""]))

    def answers(self) -> bool:
        try:
            with socket.create_connection((LOOPBACK, self.port), timeout=2) as line:
                line.sendall(f"AUTH {self.password}\r\nPING\r\n".encode())
                heard = b""
                while heard.count(b"\r\n") < 2:
                    if not (more := line.recv(200)):
                        return False
                    heard += more
        except OSError:
            return False
        return heard.endswith(b"+PONG\r\n") and self.child.alive


Part = Postgres | Valkey


def embedded_parts(
    data: DataFolder, demo: bool, skip: Collection[str] = (), lasting: bool = True
) -> Iterator[Part]:
    """The embedded servers, not yet started, but for those whose variable is in `skip`.

    The demonstration and the real system have a database and a queue each, on the same servers.
    """
    data.make()
    place = ServerPlace(data)
    place.make(data)
    if "DATABASE_URL" not in skip:
        yield Postgres(data, place, "qingling_demo" if demo else "qingling", lasting)
    if "CELERY_BROKER_URL" not in skip:
        yield Valkey(data, place, 1 if demo else 0, lasting)


@contextlib.contextmanager
def embedded_services(
    data: DataFolder, demo: bool = False, lasting: bool = True
) -> Iterator[dict[str, str]]:
    """Both servers on a data folder that nobody else uses; yields what leads to them."""
    with contextlib.ExitStack() as stack:
        variables = {}
        for part in embedded_parts(data, demo, lasting=lasting):
            stack.callback(part.child.stop)
            part.start()
            variables[part.variable] = part.url
        yield variables


def start_ephemeral_services() -> dict[str, str]:
    """Servers in a temporary folder for the life of this process, as a test session wants them."""
    folder = Path(tempfile.mkdtemp(prefix="qingling-"))
    folder.chmod(0o755)
    owner = os.getpid()
    stack = contextlib.ExitStack()
    stack.callback(shutil.rmtree, folder, ignore_errors=True)
    variables = stack.enter_context(embedded_services(DataFolder(folder), lasting=False))

    def stop() -> None:
        if os.getpid() == owner:  # a forked child leaves through the same door
            stack.close()

    atexit.register(stop)
    return variables


def free_port(usual: int) -> int:
    """The usual port where it is free, else any."""
    for port in (usual, 0):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((LOOPBACK, port))
            except OSError:
                continue
            return int(probe.getsockname()[1])
    raise CannotStart("没有可用的端口 (no free port)")


def memory_bytes() -> int:
    """The machine's memory, or the container's limit where that is less."""
    whole = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    try:
        limit = Path("/sys/fs/cgroup/memory.max").read_text().strip()
    except OSError:
        return whole
    return min(whole, int(limit)) if limit.isdecimal() else whole


def _service_user(data: DataFolder) -> struct_passwd:
    """Who runs the servers when we are root, which PostgreSQL refuses."""
    for folder in (data.path / "servers", data.elsewhere()):
        if folder.exists() and folder.stat().st_uid != 0:
            return pwd.getpwuid(folder.stat().st_uid)
    for name in ("postgres", "nobody"):
        with contextlib.suppress(KeyError):
            return pwd.getpwnam(name)
    raise CannotStart("找不到系统用户 postgres 或 nobody (PostgreSQL must not run as root)")


def _start_on_free_port(part: Part) -> None:
    """On the usual port or, where another system takes it at this very moment, on any."""
    for wanted in (part.usual_port, 0, 0):
        part.use_port(free_port(wanted))
        part.child.start()
        until = time.monotonic() + START_SECONDS
        while time.monotonic() < until:
            if part.answers():
                return
            if not part.child.alive:
                break
            time.sleep(0.03)
        words = last_words(part.child.log)
        if "already in use" not in words:
            break
    raise CannotStart(f"{part.child.name} 未能启动 (did not start)\n{words}")


def _await_former(pid_file: Path) -> None:
    """After `kill -9` of the supervisor its PostgreSQL shuts down by itself; give it the time."""
    until = time.monotonic() + 20
    while time.monotonic() < until:
        try:
            pid = int(pid_file.read_text().split()[0])
            name = Path(f"/proc/{pid}/comm").read_text().strip()
        except (OSError, ValueError, IndexError):
            return
        if name != "postgres":
            return
        time.sleep(0.1)
