"""Batches of one run side by side; two runs never."""

import threading
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from django.db import OperationalError, connection, transaction

from households.models import Housing
from indicators import services
from indicators.enums import RunState
from indicators.models import Result, Run, RunBatch
from tests.indicators.factories import Teller, load_standards
from tests.villages.factories import VillageFactory

ON = date(2019, 10, 31)
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def teller() -> Teller:
    """Two villages with a household each, computed in two batches."""
    load_standards()
    teller = Teller()
    for code in (150222105203, 150222105205):
        teller.tell(teller.household(VillageFactory(code=code)), Housing, {"grade": "D"})
    return teller


def elsewhere(act: Callable[[], Any], patience: str = "5s") -> Any:
    """What an act returns or raises in another database session that waits no longer than this for a lock."""
    outcome: list[Any] = []

    def run() -> None:
        try:
            with transaction.atomic(), connection.cursor() as cursor:
                cursor.execute(f"SET LOCAL lock_timeout = '{patience}'")
                outcome.append(act())
        except OperationalError as error:
            outcome.append(error)
        finally:
            connection.close()

    thread = threading.Thread(target=run)
    thread.start()
    thread.join(30)
    return outcome[0]


def test_batches_of_one_run_do_not_wait_for_each_other(teller, monkeypatch):
    monkeypatch.setattr(services, "BATCH_HOUSEHOLDS", 1)
    run = services.start_run(on=ON, kind="NIGHT", at=teller.tick())
    first, second = run.batches.order_by("low")

    with transaction.atomic():
        services.compute_batch(batch=first, at=teller.tick())
        done = elsewhere(lambda: services.compute_batch(batch=second, at=teller.at))
        assert isinstance(done, RunBatch), done
        assert done.done_at

    assert services.finish_run(run=run, at=teller.tick())


def test_a_run_cannot_end_and_another_begin_while_a_batch_of_it_is_written(teller):
    run = services.start_run(on=ON, kind="NIGHT", at=teller.tick())

    with transaction.atomic():
        services.compute_batch(batch=run.batches.get(), at=teller.tick())
        end = lambda: services.fail_run(run=run, at=teller.at, error="stopped")  # noqa: E731
        assert "lock timeout" in str(elsewhere(end, "300ms"))
        with pytest.raises(services.RunInProgress), transaction.atomic():
            services.start_run(on=ON, kind="NIGHT", at=teller.tick())

    end()
    assert Run.objects.get().state == RunState.FAILED


def test_a_late_batch_of_an_ended_run_takes_nothing_back(teller):
    """Its worker was held up; meanwhile the run was ended and another one knows more."""
    late = services.start_run(on=ON, kind="NIGHT", at=teller.tick()).batches.get()
    services.fail_run(run=late.run, at=teller.tick(), error="作业进程多次中断")
    house = teller.household(150222105203)
    teller.tell(house, Housing, {"grade": "A"})
    services.recompute(on=ON, at=teller.tick())
    known = list(Result.objects.order_by("pk").values())

    services.compute_batch(batch=late, at=teller.tick())

    assert list(Result.objects.order_by("pk").values()) == known
    assert RunBatch.objects.get(pk=late.pk).done_at is None


def test_a_run_that_others_ended_is_not_reported_as_done(teller, monkeypatch):
    real = services.compute_batch

    def ended_meanwhile(**options: Any) -> RunBatch:
        services.fail_run(run=options["batch"].run, at=teller.tick(), error="磁盘已满")
        return real(**options)

    monkeypatch.setattr(services, "compute_batch", ended_meanwhile)
    with pytest.raises(services.RunFailed, match="磁盘已满"):
        services.recompute(on=ON, at=teller.tick())
    assert not Result.objects.exists()
