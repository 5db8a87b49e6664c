"""Where the embedded system keeps what: DATA_DIR and, where root must, /var/lib/qingling."""

import contextlib
import fcntl
import hashlib
import json
import os
import secrets
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO

SHARED_ROOT = Path("/var/lib/qingling")


def make_shared_root() -> None:
    """For everyone to pass, whatever our umask is: the service user's own folders lie in it."""
    SHARED_ROOT.mkdir(parents=True, exist_ok=True)
    SHARED_ROOT.chmod(0o755)


@dataclass(frozen=True)
class Running:
    """What the running supervisor tells other processes (`var/run.json`)."""

    pid: int
    address: str  # empty while only the servers run, for a management command
    environment: dict[str, str]  # the variables that lead to its servers


class DataFolder:
    """DATA_DIR: `var/` (lock, run.json, logs), `secrets/` and, where possible, `servers/`."""

    def __init__(self, path: Path):
        self.path = path.absolute()
        self.var = self.path / "var"
        self.logs = self.var / "logs"
        self.run_file = self.var / "run.json"
        self.lock_file = self.var / "lock"
        self.mode_file = self.var / "demo"
        self.secrets = self.path / "secrets"
        self.pointer = self.path / "servers-are-in.txt"

    def make(self) -> None:
        """Create the folders that are missing; nothing that exists is touched."""
        if not self.path.exists():
            self.path.mkdir(parents=True)
            self.path.chmod(
                0o755
            )  # the service user must pass; secrets and logs have folders of their own
        for folder in (self.var, self.logs, self.secrets):
            folder.mkdir(mode=0o700, exist_ok=True)

    def secret(self, name: str) -> str | None:
        """A secret made earlier, or None."""
        try:
            return (self.secrets / name).read_text().strip()
        except OSError:
            return None

    def make_secret(self, name: str) -> str:
        """The secret of this name, made on first use and readable by its owner only."""
        known = self.secret(name)
        if known:
            return known
        value = secrets.token_urlsafe(48)
        new = self.secrets / f"{name}.new"
        with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
            file.write(value + "\n")
        new.rename(self.secrets / name)
        return value

    def take_lock(self) -> IO[str] | None:
        """The lock that whoever runs the servers holds for life, or None where another has it."""
        file = open(self.lock_file, "w")  # noqa: SIM115  (held open: closing it gives the lock back)
        for _ in range(10):  # whoever only asks (`running`) holds it for a moment
            with contextlib.suppress(BlockingIOError):
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                self.run_file.unlink(missing_ok=True)  # a dead system's
                return file
            time.sleep(0.05)
        file.close()
        return None

    def running(self) -> Running | None:
        """The system that runs on this folder now, if any."""
        try:
            with open(self.lock_file) as lock:
                try:
                    fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
                    return None  # nobody holds it: a run.json would be a dead system's
                except BlockingIOError:
                    return Running(**json.loads(self.run_file.read_text()))
        except (OSError, ValueError, TypeError):
            return None

    def tell(self, running: Running) -> None:
        """Write run.json, whole or not at all, for the owner only: it holds passwords."""
        new = self.run_file.with_suffix(".new")
        with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
            json.dump(asdict(running), file, ensure_ascii=False, indent=1)
        new.rename(self.run_file)

    def remember_demo(self, demo: bool) -> None:
        self.mode_file.write_text("1" if demo else "0")

    def was_demo(self) -> bool:
        """Whether the last start was the demonstration, as an unconfigured one is."""
        return not self.mode_file.exists() or self.mode_file.read_text() == "1"

    def elsewhere(self) -> Path:
        """The place under /var/lib for a DATA_DIR that the service user cannot reach."""
        digest = hashlib.sha256(os.fsencode(self.path.resolve())).hexdigest()
        return SHARED_ROOT / digest[:16]
