"""What scripts/start and scripts/manage run.

python -m config.supervisor start
python -m config.supervisor manage ARGS…
"""

import os
import subprocess
import sys

from config import env
from config.supervisor.binaries import MissingServer
from config.supervisor.places import DataFolder
from config.supervisor.process import Child, GaveUp
from config.supervisor.servers import CannotStart
from config.supervisor.system import Stopped, System, child_environment, connect, say


def start() -> None:
    """Run the system until it is stopped."""
    data = env.data_folder()
    data.make()
    lock = data.take_lock()
    if lock is None:
        running = data.running()
        where = (
            f"{running.address or '正在启动 (starting)'}，进程 {running.pid}"
            if running
            else str(data.path)
        )
        sys.exit(f"系统已在运行 (already running): {where}")
    # Without any configuration it is the demonstration; whoever names a database means it.
    demo = env.flag("DEMO", default=not env.given("DATABASE_URL"))
    with lock:
        System(data, demo).run()


def manage(arguments: list[str]) -> int:
    """A management command on the started system, or on its servers started for this long."""
    data = env.data_folder()
    running = data.running()
    if running:
        if env.given("DEMO") and env.flag("DEMO", False) != (running.environment["DEMO"] == "1"):
            sys.exit(
                "正在运行的系统的 DEMO 值不同，请先停止它 (the running system has another DEMO)"
            )
        return _run(arguments, running.environment | _given())
    if env.given("DATABASE_URL"):
        return _run(arguments, {})
    return _with_own_servers(data, arguments)


def _with_own_servers(data: DataFolder, arguments: list[str]) -> int:
    data.make()
    lock = data.take_lock()
    if lock is None:
        sys.exit("系统正在启动或停止，请稍候再试 (just starting or stopping: try again)")
    servers: list[Child] = []
    with lock:
        try:
            demo = env.flag("DEMO", default=data.was_demo())
            return _run(arguments, connect(data, demo, servers))
        finally:
            for server in reversed(servers):
                server.stop()


def _run(arguments: list[str], variables: dict[str, str]) -> int:
    command = [sys.executable, str(env.BASE_DIR / "manage.py"), *arguments]
    return subprocess.call(command, env=child_environment(variables))


def _given() -> dict[str, str]:
    return {
        name: env.text(name) for name in ("DATABASE_URL", "CELERY_BROKER_URL") if env.given(name)
    }


def main() -> None:
    command, *arguments = sys.argv[1:] or ["start"]
    try:
        if command == "manage":
            sys.exit(manage(arguments))
        start()
    except (Stopped, KeyboardInterrupt):
        say("已停止 (stopped)")
    except (CannotStart, GaveUp, MissingServer, env.ConfigurationError) as error:
        sys.exit(str(error))


if __name__ == "__main__":
    os.umask(0o022)
    main()
