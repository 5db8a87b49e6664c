"""config/env.py: where a variable comes from, and what is said when it comes from nowhere."""

from datetime import date

import pytest

from config import env
from config.supervisor.places import Running


@pytest.fixture
def folder(monkeypatch, tmp_path):
    """An environment of its own: an empty DATA_DIR and none of our variables."""
    for name in ("DATABASE_URL", "SECRET_KEY", "FIELD_KEY", "DEMO", "DEMO_DATE", "PORT", "DEBUG"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("DATA_DIR", str(tmp_path / "数 据"))
    monkeypatch.setattr(env, "_isolated", None)
    made = env.data_folder()
    made.make()
    return made


@pytest.mark.parametrize("name", ["DATABASE_URL", "CELERY_BROKER_URL", "SECRET_KEY", "FIELD_KEY"])
def test_missing_variable_is_named_with_its_cure(folder, monkeypatch, name):
    monkeypatch.delenv(name, raising=False)

    with pytest.raises(env.ConfigurationError, match=f"{name}=.+"):
        env.text(name)


def test_given_variable_wins_over_running_system(folder, monkeypatch):
    with folder.take_lock():
        folder.tell(Running(pid=1, address="", environment={"DATABASE_URL": "postgres://running"}))
        assert env.text("DATABASE_URL") == "postgres://running"

        monkeypatch.setenv("DATABASE_URL", "postgres://given")
        assert env.text("DATABASE_URL") == "postgres://given"


def test_dead_system_is_not_found(folder):
    with folder.take_lock():
        folder.tell(Running(pid=1, address="", environment={"DATABASE_URL": "postgres://dead"}))

    with pytest.raises(env.ConfigurationError):
        env.text("DATABASE_URL")


def test_secret_is_made_once_for_its_owner_only(folder):
    made = folder.make_secret("field_key")

    assert folder.make_secret("field_key") == made == env.text("FIELD_KEY")
    assert (folder.secrets / "field_key").stat().st_mode & 0o777 == 0o600
    assert len(made) >= 50


def test_secrets_of_the_embedded_system_are_not_used_with_a_given_database(folder, monkeypatch):
    folder.make_secret("field_key")
    monkeypatch.setenv("DATABASE_URL", "postgres://given")

    with pytest.raises(env.ConfigurationError, match="FIELD_KEY"):
        env.text("FIELD_KEY")


@pytest.mark.parametrize(
    ("word", "value"), [("1", True), ("yes", True), ("0", False), ("OFF", False)]
)
def test_flag_reads_words(folder, monkeypatch, word, value):
    monkeypatch.setenv("DEBUG", word)

    assert env.flag("DEBUG", not value) is value


def test_flag_refuses_what_it_does_not_know(folder, monkeypatch):
    monkeypatch.setenv("DEBUG", "maybe")

    with pytest.raises(env.ConfigurationError, match="DEBUG=maybe"):
        env.flag("DEBUG", False)


def test_integer_refuses_words(folder, monkeypatch):
    monkeypatch.setenv("PORT", "http")

    with pytest.raises(env.ConfigurationError, match="PORT=http"):
        env.integer("PORT", 8000)


def test_demo_date_is_pinned_only_in_the_demonstration(folder, monkeypatch):
    assert env.demo_date(demo=True) == date(2019, 11, 5)
    assert env.demo_date(demo=False) is None

    monkeypatch.setenv("DEMO_DATE", "2019-12-01")
    assert env.demo_date(demo=True) == date(2019, 12, 1)
    with pytest.raises(env.ConfigurationError, match="DEMO=1"):
        env.demo_date(demo=False)


def test_demo_date_must_be_a_date(folder, monkeypatch):
    monkeypatch.setenv("DEMO_DATE", "2019年11月")

    with pytest.raises(env.ConfigurationError, match="DEMO_DATE"):
        env.demo_date(demo=True)
