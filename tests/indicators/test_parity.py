"""The night checks the day: a provisional figure that was wrong is reported, a corrected one is not."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from django.db import connection
from django.urls import reverse

from core import clock
from households.models import Household, Housing
from indicators import parity, services
from indicators.models import Result, Run
from indicators.services import recompute, refresh_changed, refresh_villages
from tests.indicators.factories import Teller, standards
from villages.models import FactChange

BEFORE, DAY, NEXT = date(2019, 11, 3), date(2019, 11, 4), date(2019, 11, 5)


@pytest.fixture
def house(teller: Teller, villages: Any) -> Household:
    """A household graded D; the night before is run, the queue empty."""
    made = teller.household(villages.own)
    teller.tell(made, Housing, {"grade": "D"})
    teller.household(villages.next)
    recompute(on=BEFORE, at=teller.tick())
    FactChange.objects.all().delete()
    return made


def spoil(teller: Teller, village: int, **values: Any) -> None:
    """Plant a wrong provisional row, as a broken refresh would have left it."""
    refresh_villages([village], on=DAY, at=teller.tick())
    held = Result.objects.latest_known().get(village_id=village, indicator="HOU-01")
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")  # past the guard
        for name, value in values.items():
            cursor.execute(
                f"UPDATE indicators_result SET {name} = %s WHERE id = %s", [value, held.pk]
            )
        cursor.execute("SET LOCAL session_replication_role = origin")


def night(teller: Teller) -> parity.Report:
    return parity.report(recompute(on=DAY, at=teller.tick(), kind="NIGHT"))


def test_days_that_were_right_are_confirmed(teller, house, villages):
    teller.tell(house, Housing, {"grade": "A"}, since=DAY)
    assert refresh_changed(on=DAY, at=teller.tick()) == [villages.own.pk]

    found = night(teller)

    assert (found.village_count, found.difference_count, found.first) == (1, 0, [])
    assert parity.newest_difference(BEFORE) is None


def test_a_wrong_provisional_figure_is_reported_with_both_values(teller, house, villages):
    spoil(teller, villages.own.pk, numerator=1)

    found = night(teller)

    assert (found.village_count, found.difference_count) == (1, 1)
    row = found.first[0]
    assert (row["village"], row["indicator"]) == (str(villages.own.pk), "HOU-01")
    assert (row["day"], row["night"]) == ([1, 1, 0, 0, 0, "NOT_MET"], [1, 0, 0, 0, 0, "NOT_MET"])
    assert (row["area"].code, row["definition"].code, row["units"]) == (
        villages.own.pk,
        "HOU-01",
        0,
    )
    run = parity.newest_difference(DAY)
    assert run is not None
    assert run.on == DAY
    assert parity.newest_difference(NEXT) is None
    # The night is the truth, and a second run has nothing left to compare.
    assert (
        Result.objects.latest_known().get(village=villages.own, indicator="HOU-01").numerator == 0
    )
    assert night(teller).village_count == 0


def test_a_list_that_differs_under_equal_figures_is_reported(teller, house, villages):
    refresh_villages([villages.own.pk], on=DAY, at=teller.tick())
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute("UPDATE indicators_gap SET verdict = 'INSUFFICIENT_DATA' WHERE indicator = 'HOU-01'"
                       " AND village_id = %s", [villages.own.pk])  # fmt: skip
        cursor.execute("SET LOCAL session_replication_role = origin")

    found = night(teller)

    assert [(row["indicator"], row["units"], row["day"]) for row in found.first] == [
        ("HOU-01", 1, None)
    ]


def test_facts_told_without_a_word_are_found(teller, house, villages):
    """The incremental bug this is for: a write that leaves no queue row."""
    refresh_villages([villages.own.pk], on=DAY, at=teller.tick())
    teller.tell(house, Housing, {"grade": "A"}, since=DAY)
    FactChange.objects.all().delete()

    assert "HOU-01" in [row["indicator"] for row in night(teller).first]


@pytest.mark.parametrize("known", ["waits", "refreshed after midnight", "standard", "confirmed"])
def test_a_difference_with_a_reason_is_none(teller, house, villages, known):
    spoil(teller, villages.own.pk, numerator=1)
    if known == "standard":
        changed = [
            replace(v, note="复核") if v.code == "house_min_area_per_person_m2" else v
            for v in standards()
        ]
        services.load_standards(at=teller.tick(), values=changed)
    elif known == "confirmed":
        area = villages.own.area
        recompute(on=DAY, at=teller.tick(), area=area)
        spoil(teller, villages.own.pk, numerator=1)
    else:
        teller.tell(house, Housing, {"grade": "B"}, since=DAY)
        if known == "refreshed after midnight":
            refresh_changed(on=NEXT, at=teller.tick())

    assert night(teller).village_count == 0


def test_what_is_told_after_the_watermark_excuses_nothing(teller, house, villages):
    spoil(teller, villages.own.pk, numerator=1)
    run = services.start_run(on=DAY, kind="NIGHT", at=teller.tick())
    teller.tell(house, Housing, {"grade": "B"}, since=DAY)
    services.compute_batch(batch=run.batches.get(), at=teller.tick())

    assert parity.report(run).difference_count == 1


def test_only_a_hundred_are_kept_and_all_are_counted(teller, house, villages, monkeypatch):
    monkeypatch.setattr(parity, "SHOWN", 1)
    spoil(teller, villages.own.pk, numerator=1)
    spoil(teller, villages.next.pk, exempt=3)

    found = night(teller)

    assert (found.difference_count, len(found.first)) == (2, 1)


# --- where it is seen -----------------------------------------------------------------------------


def test_the_runs_page_the_workbench_and_readyz_tell_of_it(
    client, client_for, system_admin, county_user, teller, house, villages
):
    ready = client.get("/readyz").json()["checks"]["parity"]
    assert ready == {"ok": True, "differences": 0}
    spoil(teller, villages.own.pk, numerator=1)
    night(teller)
    run = Run.objects.order_by("-pk")[0]
    page = reverse("indicators:run_detail", args=[run.pk])

    text = client_for(system_admin).get(page).content.decode()

    assert "有 1 项结果在数据没有变动时不一致" in text
    assert "1/1" in text
    assert str(villages.own.area) in text
    assert client.get("/readyz").json()["checks"]["parity"] == {
        "ok": False, "on": DAY.isoformat(), "differences": 1,
    }  # fmt: skip
    workbench = client_for(county_user).get(reverse("reports:workbench")).content.decode()
    assert "1 项不一致" in workbench
    assert page in workbench


def test_a_clean_check_is_told_too(client_for, system_admin, teller, house, villages):
    refresh_villages([villages.own.pk], on=DAY, at=teller.tick())
    night(teller)
    run = Run.objects.order_by("-pk")[0]

    text = (
        client_for(system_admin)
        .get(reverse("indicators:run_detail", args=[run.pk]))
        .content.decode()
    )

    assert "核对 1 个当日暂算过的村，全部一致" in text


def test_a_failed_and_a_late_night_are_seen_on_the_workbench(
    client_for, county_user, teller, house
):
    def told() -> tuple[bool, bool, str]:
        page = client_for(county_user).get(reverse("reports:workbench"))
        night = page.context
        return night["is_late"], night.get("run_failed", False), page.content.decode()

    late, failed, text = told()
    assert (late, failed) == (True, False)
    assert "晚 1 天" in text
    run = services.start_run(on=DAY, kind="NIGHT", at=teller.tick())
    services.fail_run(run=run, at=teller.tick(), error="stopped")
    late, failed, text = told()
    assert (late, failed) == (True, True)
    assert "失败" in text
    assert reverse("indicators:run_list") in text
    recompute(on=DAY, at=teller.tick(), kind="NIGHT")
    late, failed, text = told()
    assert (late, failed) == (False, False)
    assert "失败" not in text


def test_last_nights_failure_or_delay_is_seen_in_readyz(client, teller, house, monkeypatch):
    def ready(hour: int) -> dict[str, Any]:
        real = clock.business_now()
        monkeypatch.setattr(clock, "business_now", lambda: real.replace(hour=hour))
        return client.get("/readyz").json()["checks"]["night"]

    assert ready(5)["ok"]  # the night may still run
    assert ready(7) == {"ok": False, "due": "2019-11-04", "on": "2019-11-03", "state": "DONE"}
    run = services.start_run(on=DAY, kind="NIGHT", at=teller.tick())
    services.fail_run(run=run, at=teller.tick(), error="stopped")
    assert ready(1) == {"ok": False, "due": "2019-11-04", "on": "2019-11-04", "state": "FAILED"}
    recompute(on=DAY, at=teller.tick())  # by hand
    assert ready(7)["ok"]
    recompute(on=DAY, at=teller.tick(), kind="NIGHT")
    assert ready(7) == {"ok": True, "due": None, "on": "2019-11-04", "state": "DONE"}
    assert DAY + timedelta(days=1) == clock.today()
