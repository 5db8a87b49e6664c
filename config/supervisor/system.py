"""The whole system under one parent: servers, migrations, web, worker and beat."""

import contextlib
import os
import signal
import socket
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from types import FrameType
from typing import NoReturn

from config import env
from config.supervisor.places import DataFolder, Running
from config.supervisor.process import Child
from config.supervisor.servers import CannotStart, embedded_parts
from config.web import listen

ADDRESSES = ("DATABASE_URL", "CELERY_BROKER_URL")
STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGALRM)
WEB_PROCESSES = 2
WORKER_PROCESSES = 2
WEB_STATEMENT_TIMEOUT_MS = 30_000
OPENING_SECONDS = 60


class Stopped(BaseException):
    """Ctrl-C, SIGTERM or a closed terminal; not an Exception, so nothing on the way swallows it."""


class System:
    """Started once for a DATA_DIR; dies with all its children."""

    def __init__(self, data: DataFolder, demo: bool):
        self.data, self.demo = data, demo
        self.host = env.text("HOST", "127.0.0.1")
        self.port = env.integer("PORT", 8000)
        self.servers: list[Child] = []
        self.processes: list[Child] = []

    @property
    def address(self) -> str:
        shown = "localhost" if self.host in ("127.0.0.1", "0.0.0.0", "::") else self.host
        return f"http://{shown}:{self.port}/"

    def run(self) -> None:
        """Start, then restart what dies, until stopped."""
        for number in STOP_SIGNALS:
            signal.signal(number, _raise_stopped)
        try:
            with self._listener() as listener:
                self._open(listener)
                while True:
                    for child in [*self.servers, *self.processes]:
                        child.mind()
                    time.sleep(0.2)
        finally:
            for number in STOP_SIGNALS:
                signal.signal(number, signal.SIG_IGN)
            self._stop()

    def _open(self, listener: socket.socket) -> None:
        variables = connect(self.data, self.demo, self.servers)
        self.data.tell(Running(pid=os.getpid(), address="", environment=variables))
        say("数据库与队列已就绪 (database and broker are up)")
        self._prepare(variables)
        self.processes = self._processes(variables, listener)
        for process in self.processes:
            process.start()
        self._await_first_answer()
        self.data.remember_demo(self.demo)
        self.data.tell(Running(pid=os.getpid(), address=self.address, environment=variables))
        mode = "演示 (demonstration)" if self.demo else "正式 (real)"
        say(f"\n清零达标已启动，{mode}：{self.address}")
        say(f"日志 (logs): {self.data.logs}\n按 Ctrl-C 停止 (Ctrl-C stops)\n")

    def _listener(self) -> socket.socket:
        try:
            return listen(self.host, self.port)
        except OSError as error:
            raise CannotStart(
                f"端口 {self.port} 不可用，请换一个：PORT={self.port + 1} scripts/start "
                f"(port {self.port}: {error.strerror}; choose another)"
            ) from None

    def _prepare(self, variables: Mapping[str, str]) -> None:
        child = _python("migrate", ["-m", "config.supervisor.prepare"], variables, log=None)
        self.processes = [child]
        child.start()
        assert child.process
        if child.process.wait():
            raise CannotStart("数据库升级失败，见上 (the migrations failed, see above)")

    def _processes(self, variables: Mapping[str, str], listener: socket.socket) -> list[Child]:
        descriptor = listener.fileno()
        web = [
            _python(
                f"web-{number}",
                ["-m", "config.web", "--fd", str(descriptor)],
                {**variables, "WEB_STATEMENT_TIMEOUT": str(WEB_STATEMENT_TIMEOUT_MS)},
                self._log("web"),
            )
            for number in range(1, WEB_PROCESSES + 1)
        ]
        for process in web:
            process.inherited = [descriptor]
        celery = ["-m", "celery", "-A", "config.celery"]
        work = ["worker", f"--concurrency={WORKER_PROCESSES}", "--loglevel=INFO"]
        quiet = ["--without-gossip", "--without-mingle"]
        worker = _python("worker", [*celery, *work, *quiet], variables, self._log("worker"))
        worker.death_signal = signal.SIGKILL  # at once: its work is taken up from the database
        schedule = ["beat", "--loglevel=WARNING", "--pidfile="]
        beat = _python("beat", [*celery, *schedule], variables, self._log("beat"))
        return [*web, worker, beat]

    def _log(self, name: str) -> Path:
        return self.data.logs / f"{name}.log"

    def _await_first_answer(self) -> None:
        until = time.monotonic() + OPENING_SECONDS
        host = "127.0.0.1" if self.host == "0.0.0.0" else self.host
        while time.monotonic() < until:
            for child in [*self.servers, *self.processes]:
                child.mind()
            with (
                contextlib.suppress(OSError),
                socket.create_connection((host, self.port), timeout=2) as line,
            ):
                line.settimeout(5)
                line.sendall(b"GET /healthz HTTP/1.0\r\nHost: localhost\r\n\r\n")
                if line.recv(12):
                    return
            time.sleep(0.05)
        raise CannotStart(
            f"网页服务没有应答，见 {self._log('web')} (the web server does not answer)"
        )

    def _stop(self) -> None:
        """Beat, worker and web together; then the queue; the database last."""
        for process in reversed(self.processes):
            process.ask_to_stop()
        until = time.monotonic() + 8
        for process in reversed(self.processes):
            process.end(until - time.monotonic())
        for server in reversed(self.servers):
            server.stop()


def connect(data: DataFolder, demo: bool, servers: list[Child]) -> dict[str, str]:
    """The variables that lead to servers and secrets; starts the embedded servers not named.

    What was started is appended to `servers`, also when a later step fails.
    """
    variables = {"DEMO": "1" if demo else "0"}
    if day := env.demo_date(demo):
        variables["DEMO_DATE"] = day.isoformat()
    embedded = not env.given("DATABASE_URL")
    for name in ("SECRET_KEY", "FIELD_KEY"):
        generated = (embedded or demo) and not env.given(name)
        variables[name] = data.make_secret(name.lower()) if generated else env.text(name)
    for part in embedded_parts(data, demo, skip=[name for name in ADDRESSES if env.given(name)]):
        servers.append(part.child)
        part.start()
        variables[part.variable] = part.url
    for name in ADDRESSES:
        if env.given(name):
            variables[name] = env.text(name)
    return variables


def _python(
    name: str, arguments: list[str], variables: Mapping[str, str], log: Path | None
) -> Child:
    """One of the project's own processes."""
    command = [sys.executable, *arguments]
    return Child(name, command, child_environment(variables), log, folder=env.BASE_DIR)


def child_environment(variables: Mapping[str, str]) -> dict[str, str]:
    """Ours, with the addresses and secrets, for the project's own processes."""
    return {
        "DJANGO_SETTINGS_MODULE": "config.settings.production",
        "PYTHONUTF8": "1",  # Chinese output whatever the machine's locale is
        "PYTHONUNBUFFERED": "1",
        **env.everything(),
        **variables,
        "DATA_DIR": str(env.data_folder().path),
    }


def say(text: str) -> None:
    print(text, flush=True)


def _raise_stopped(_number: int, _frame: FrameType | None) -> NoReturn:
    signal.alarm(1)  # again, should some callback swallow this one
    raise Stopped
