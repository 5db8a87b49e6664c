import csv
import itertools
import json
from collections.abc import Iterator
from datetime import date
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import transaction

from accounts.models import Area, Grant, User
from accounts.roles import ROLE_PERMISSIONS
from config import register_export
from config.demo import registers, story
from core import clock
from core.models import AuditEvent
from households.models import Household, HouseholdCheck
from indicators.definitions import CORE
from indicators.enums import Verdict
from indicators.figures import area_figures
from indicators.models import Gap, Run
from reports.models import Filing, Obligation
from tasks.models import Case, CaseEvent
from villages.models import VillageListing

pytestmark = pytest.mark.slow

START, END = date(2018, 12, 31), date(2019, 11, 4)


@pytest.fixture(scope="module")
def demo(django_db_setup: None, django_db_blocker: Any) -> Iterator[dict[str, Any]]:
    """The whole demonstration, told once for this module and rolled back."""
    with django_db_blocker.unblock(), transaction.atomic():
        yield story.tell(at=clock.now(), say=lambda text: None)
        transaction.set_rollback(True)


@pytest.fixture
def demo_mode(settings: Any) -> None:
    settings.DEMO, settings.DEMO_DATE = True, date(2019, 11, 5)


def _siding_table() -> list[dict[str, str]]:
    with registers.SIDING_FILE.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


@pytest.mark.django_db
def test_siding_figures_equal_the_printed_table(demo: dict[str, Any]) -> None:
    for row in _siding_table():
        area = Area.objects.get(code=int(row["village_code_2023"]))
        start = area_figures([area], ["POV-01"], on=START)[area.code, "POV-01"]
        end = area_figures([area], ["POV-01"], on=END)[area.code, "POV-01"]

        base = int(row["rural_population_end_2014"])
        assert (start.numerator, start.denominator) == (int(row["poor_persons_start_2019"]), base)
        assert (end.numerator, end.denominator) == (int(row["poor_persons_end_2019_calc"]), base)
        assert start.percent_text == f"{row['incidence_start_pct_printed']}%"
        assert end.percent_text == f"{row['incidence_end_pct_printed']}%"


@pytest.mark.django_db
def test_only_shanbei_stays_above_three_per_cent(demo: dict[str, Any]) -> None:
    rows = [row for row in _siding_table() if row["row_type"] == "village"]
    areas = {row["village"]: Area.objects.get(code=int(row["village_code_2023"])) for row in rows}
    figures = area_figures(list(areas.values()), ["POV-01"], on=END)

    failing = [
        name for name, area in areas.items() if figures[area.code, "POV-01"].status != Verdict.MET
    ]

    assert failing == ["山贝村"]


@pytest.mark.django_db
def test_siding_households_equal_the_printed_table(demo: dict[str, Any]) -> None:
    for row in registers.siding_rows():
        homes = Household.objects.filter(village_id=int(row["village_code_2023"])).with_status(
            START
        )
        assert homes.filter(status_now="NOT_LIFTED").count() == int(
            row["poor_households_start_2019"]
        )


@pytest.mark.django_db
def test_siding_villages_are_not_said_to_be_poor_or_not(demo: dict[str, Any]) -> None:
    codes = [int(row["village_code_2023"]) for row in registers.siding_rows()]

    assert not VillageListing.objects.filter(
        village_id__in=codes, is_poor_village__isnull=False
    ).exists()


@pytest.mark.django_db
def test_guyang_gets_better_from_spring_to_autumn(demo: dict[str, Any]) -> None:
    guyang = Area.objects.get(code=150222000000)
    days = [date(2019, 3, 31), date(2019, 6, 30), date(2019, 9, 30), END]
    failing = [
        Gap.objects.as_of(on)
        .in_area(guyang)
        .filter(verdict=Verdict.NOT_MET, indicator__in=CORE)
        .values("household")
        .distinct()
        .count()
        for on in days
    ]

    assert failing == sorted(failing, reverse=True)
    assert Household.objects.in_area(guyang).count() == 2016
    assert 120 <= failing[-1] <= 220


@pytest.mark.django_db
def test_cases_add_up_and_never_close_on_an_open_gap(demo: dict[str, Any]) -> None:
    closed = Case.objects.filter(state="CLOSED")
    gaps = set(
        Gap.objects.as_of(END)
        .filter(verdict="NOT_MET")
        .values_list("indicator", "subject_kind", "subject_id")
    )

    assert closed.count() > 300
    assert Case.objects.filter(reopened_count__gt=0).exists()
    assert not gaps & set(
        closed.filter(closed_on=END).values_list("indicator", "subject_kind", "subject_id")
    ), "a case was closed while its unit failed"
    for case in Case.objects.order_by("pk")[:200]:
        events = list(CaseEvent.objects.filter(case=case).order_by("on", "pk"))
        assert [e.to_state for e in events][-1] == case.state
        assert all(a.to_state == b.from_state for a, b in itertools.pairwise(events))


@pytest.mark.django_db
def test_reports_of_past_months_are_in_and_october_is_under_way(demo: dict[str, Any]) -> None:
    assert Obligation.objects.values("month").distinct().count() == 8
    past = Obligation.objects.filter(month__lt=date(2019, 10, 1))
    assert not past.exclude(filings__state="SUBMITTED").exists()
    october = Filing.objects.filter(obligation__month=date(2019, 10, 1))
    assert october.filter(state="SUBMITTED").exists()
    assert october.filter(state="DRAFT").exists()
    assert Obligation.objects.filter(month=date(2019, 10, 1), filings=None).exists()


@pytest.mark.django_db
def test_nothing_was_known_after_the_demonstration_date(demo: dict[str, Any]) -> None:
    assert not HouseholdCheck.objects.filter(submitted_at__date__gt=END).exists()
    assert Run.objects.filter(on=END, state="DONE").count() == 1
    assert Run.objects.count() == len(story.NIGHTS)


@pytest.mark.django_db
@pytest.mark.usefixtures("demo_mode")
def test_load_demo_again_changes_nothing_and_lists_every_role_twice(demo: dict[str, Any]) -> None:
    before = (
        Household.objects.count(),
        User.objects.count(),
        Grant.objects.count(),
        Case.objects.count(),
    )
    out = StringIO()

    call_command("load_demo", "--json", stdout=out)

    listing = json.loads(out.getvalue())
    assert before == (
        Household.objects.count(),
        User.objects.count(),
        Grant.objects.count(),
        Case.objects.count(),
    )
    by_role: dict[str, set[str]] = {}
    for account in listing["accounts"]:
        by_role.setdefault(account["role"], set()).add(account["area"])
    assert set(by_role) == {str(role) for role in ROLE_PERMISSIONS}
    assert all(len(areas) >= 2 for areas in by_role.values())
    assert len(listing["password"]) >= 10
    for account in listing["accounts"]:
        user = User.objects.get(username=account["username"])
        assert user.check_password(listing["password"])
        assert user.is_demo
        assert not user.must_change_password


@pytest.mark.django_db
def test_load_demo_is_refused_outside_the_demonstration() -> None:
    with pytest.raises(CommandError, match="DEMO"):
        call_command("load_demo")


@pytest.mark.django_db
def test_export_register_tells_what_was_known_within_the_area(demo: dict[str, Any]) -> None:
    out = StringIO()

    call_command("export_register", "--on=2018-12-31", "--by=ra_township", stdout=out)

    records = [json.loads(line) for line in out.getvalue().splitlines()]
    codes = {int(row["village_code_2023"]) for row in registers.siding_rows()}
    assert {int(record["village_code"]) for record in records} == codes
    poor = [record for record in records if record["status"] == "NOT_LIFTED"]
    assert sum(len(record["members"]) for record in poor) == 512
    assert all(record["head"] == record["members"][0]["name"] for record in records)
    assert AuditEvent.objects.filter(action="register.export", actor_name="莫小芳").count() == 1


@pytest.mark.django_db
def test_export_register_needs_the_right_to_unmasked_data(demo: dict[str, Any]) -> None:
    with pytest.raises(CommandError, match="权限"):
        call_command("export_register", "--on=2018-12-31", "--by=by_leader")
    with pytest.raises(register_export.NotAllowed):
        register_export.visible(User.objects.get(username="by_agency"), None)
