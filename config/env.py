"""The only reader of environment variables.

A variable is looked for in the environment, then in the system that is running on DATA_DIR (its
`var/run.json`), then, for the two secrets, in DATA_DIR. So a management command finds the started
system by itself. What is still missing and has no default stops the start with its name and cure.
"""

import os
import sys
from collections.abc import Mapping
from datetime import date
from pathlib import Path

from config.supervisor.places import DataFolder

BASE_DIR = Path(__file__).resolve().parent.parent

TRUE_WORDS = frozenset({"1", "true", "yes", "on"})
FALSE_WORDS = frozenset({"0", "false", "no", "off", ""})

CURES = {
    "DATABASE_URL": "postgres://用户:密码@主机:5432/库名；或先运行 scripts/start，使用自带的数据库 "
    "(or run scripts/start for the embedded database)",
    "CELERY_BROKER_URL": "redis://主机:6379/0；或先运行 scripts/start，使用自带的队列 "
    "(or run scripts/start for the embedded broker)",
    "SECRET_KEY": "50 个以上随机字符，所有进程相同；演示可设 DEMO=1 "
    "(any long random text, the same in all processes)",
    "FIELD_KEY": "32 个以上随机字符，妥善备份，丢失后加密字段不可恢复；演示可设 DEMO=1 "
    "(a long random text; without it encrypted fields cannot be read again)",
}


class ConfigurationError(Exception):
    """The environment does not allow a start; the message names the variable and the cure."""


_isolated: dict[str, str] | None = None


def isolate(defaults: Mapping[str, str]) -> None:
    """Use these defaults and never the running system: for tests."""
    global _isolated
    _isolated = dict(defaults)


def given(name: str) -> bool:
    """Whether the variable was set by whoever started this process."""
    return bool(os.environ.get(name))


def everything() -> dict[str, str]:
    """A copy of the environment, to hand to a child process."""
    return dict(os.environ)


def hand_down(values: Mapping[str, str]) -> None:
    """Set variables for this process and the ones it starts."""
    os.environ.update(values)


def choose_settings(module: str) -> None:
    """Name the settings module unless one is named already."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", module)


def under_pytest() -> bool:
    return "pytest" in sys.modules


def data_folder() -> DataFolder:
    """DATA_DIR, by default `.data` in the project."""
    return DataFolder(Path(os.environ.get("DATA_DIR") or BASE_DIR / ".data"))


def text(name: str, default: str | None = None) -> str:
    """The variable's text; without a default it is required."""
    value = os.environ.get(name) or _fallback(name)
    if value:
        return value
    if default is None:
        cure = CURES.get(name, "")
        raise ConfigurationError(
            f"缺少环境变量 {name} (missing environment variable): {name}={cure}"
        )
    return default


def _fallback(name: str) -> str:
    if _isolated is not None:
        return _isolated.get(name, "")
    running = data_folder().running()
    if running and name in running.environment:
        return running.environment[name]
    if name in ("SECRET_KEY", "FIELD_KEY") and not given("DATABASE_URL"):
        return data_folder().secret(name.lower()) or ""
    return ""


def flag(name: str, default: bool) -> bool:
    word = text(name, "1" if default else "0").strip().lower()
    if word in TRUE_WORDS | FALSE_WORDS:
        return word in TRUE_WORDS
    raise ConfigurationError(f"{name}={word} 无法识别，请用 1 或 0 (use 1 or 0)")


def integer(name: str, default: int) -> int:
    word = text(name, str(default))
    if word.strip().isdecimal():
        return int(word)
    raise ConfigurationError(f"{name}={word} 应为整数 (must be a whole number)")


def words(name: str, default: str) -> list[str]:
    return [word.strip() for word in text(name, default).split(",") if word.strip()]


def demo_date(demo: bool) -> date | None:
    """The pinned business date of the demonstration; refused when DEMO is off."""
    if not demo:
        if given("DEMO_DATE"):
            raise ConfigurationError(
                "DEMO_DATE 只能与 DEMO=1 同用，请去掉 DEMO_DATE (DEMO_DATE needs DEMO=1)"
            )
        return None
    word = text("DEMO_DATE", "2019-11-05")
    try:
        return date.fromisoformat(word)
    except ValueError:
        raise ConfigurationError(
            f"DEMO_DATE={word} 应为 2019-11-05 这样的日期 (must be an ISO date)"
        ) from None
