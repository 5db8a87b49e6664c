"""Children that cannot outlive their parent, and the patience with which they are restarted."""

import contextlib
import ctypes
import os
import signal
import subprocess
import sys
import time
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from pwd import struct_passwd

PR_SET_PDEATHSIG = 1
LOG_LIMIT_BYTES = 20_000_000

# Loaded here and not in the child: after a fork only what is already there may be used.
_libc = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None


def die_with_parent(number: int = signal.SIGKILL) -> None:
    """Have the kernel send us this signal when our parent dies."""
    if _libc:
        _libc.prctl(PR_SET_PDEATHSIG, int(number))


class GaveUp(Exception):
    """A child failed too often; the message ends with its last words."""


@dataclass
class Child:
    """One process of the system, how it is started and how it is asked to stop."""

    name: str
    argv: Sequence[str | Path]
    environment: Mapping[str, str]
    log: Path | None  # None: it speaks where we speak
    stop_signal: signal.Signals = signal.SIGTERM
    death_signal: signal.Signals = signal.SIGTERM  # sent by the kernel when we die
    user: struct_passwd | None = None
    folder: Path = Path("/")
    inherited: Sequence[int] = ()
    process: subprocess.Popen[bytes] | None = None
    failures: deque[float] = field(default_factory=deque)
    start_after: float = 0.0

    def start(self) -> None:
        """Start it. Only from the main thread: the kernel watches the thread, not the process."""
        parent, death_signal = os.getpid(), int(self.death_signal)

        def in_child() -> None:
            die_with_parent(death_signal)  # only now: a change of user would clear it
            if os.getppid() != parent:
                os._exit(1)

        account = self.user
        log = open_log(self.log) if self.log else None
        try:
            self.process = subprocess.Popen(
                [str(part) for part in self.argv],
                env=dict(self.environment),
                cwd=self.folder,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT if log is not None else None,
                pass_fds=tuple(self.inherited),
                start_new_session=True,  # Ctrl-C reaches us alone, and we stop the others in order
                preexec_fn=in_child,
                user=account.pw_uid if account else None,
                group=account.pw_gid if account else None,
                extra_groups=[] if account else None,
            )
        finally:
            if log is not None:
                os.close(log)

    @property
    def alive(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def mind(self) -> None:
        """Restart it if it has died: then ever later; five deaths a minute are too many."""
        if self.alive or time.monotonic() < self.start_after:
            return
        now = time.monotonic()
        if self.start_after == 0.0:
            self._end_orphans()
            self.failures.append(now)
            while self.failures and self.failures[0] < now - 60:
                self.failures.popleft()
            if len(self.failures) >= 5:
                complaint = f"{self.name} 一分钟内五次异常退出 (failed five times in a minute)"
                raise GaveUp(f"{complaint}\n{last_words(self.log)}")
            self.start_after = now + 0.1 * 4 ** (len(self.failures) - 1)
            return
        self.start_after = 0.0
        self.start()

    def _end_orphans(self) -> None:
        """A worker killed alone leaves its pool behind; the database must see it end."""
        if self.process:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGKILL)

    def ask_to_stop(self) -> None:
        if self.alive and self.process:
            self.process.send_signal(self.stop_signal)

    def end(self, seconds: float) -> None:
        """Wait for it; what has not stopped by then is killed with its whole session."""
        if not self.process:
            return
        try:
            self.process.wait(max(seconds, 0.1))
        except subprocess.TimeoutExpired:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()

    def stop(self, seconds: float = 20) -> None:
        self.ask_to_stop()
        self.end(seconds)


def open_log(path: Path) -> int:
    """Append to a log; one that grew large becomes `.1` and a new one begins."""
    if path.exists() and path.stat().st_size > LOG_LIMIT_BYTES:
        path.rename(path.with_suffix(path.suffix + ".1"))
    return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)


def last_words(log: Path | None, lines: int = 15) -> str:
    """The end of a log, to be shown to whoever started us."""
    if log is None or not log.exists():
        return ""
    text = log.read_bytes()[-8000:].decode(errors="replace")
    return "\n".join([f"--- {log} ---", *text.splitlines()[-lines:]])
