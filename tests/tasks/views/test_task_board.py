"""The task board, its export and a task's page."""

from datetime import UTC, date, datetime
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from indicators import services as indicator_services
from indicators.models import Result, RunNight
from tasks import services
from tasks.models import Task
from tests.tasks.factories import CaseFactory, happen, plan, verifying

pytestmark = pytest.mark.django_db
URL = "/tasks/"
AT = datetime(2019, 11, 5, 2, tzinfo=UTC)


@pytest.fixture
def campaign(villages: Any) -> None:
    services.load_campaign(plan=plan(), at=AT)


def result(village: Any, code: str, denominator: int, numerator: int, unknown: int = 0) -> None:
    indicator_services.load_standards(at=AT)
    RunNight.objects.get_or_create(
        on=date(2019, 11, 4), low=10**11, high=10**12 - 1, defaults={"watermark": AT}
    )
    Result.objects.create(
        village=village,
        indicator=code,
        denominator=denominator,
        numerator=numerator,
        unknown=unknown,
        exempt=0,
        reported_only=0,
        status="NOT_MET",
        valid_from=date(2019, 11, 4),
        recorded_at=AT,
    )


def row(response: Any, code: str) -> Any:
    return next(each for each in response.context["rows"] if each.task.code == code)


class TestBoard:
    def test_arithmetic_of_leaf_and_parents(
        self, client_for: Any, county_user: Any, villages: Any, campaign: None
    ) -> None:
        CaseFactory(
            household__village=villages.own,
            indicator="MED-01",
            opened_on=date(2019, 9, 3),
            due_on=date(2019, 10, 3),
        )
        closed = verifying(household__village=villages.own, indicator="MED-01")
        happen(closed, "CLOSED", on=date(2019, 10, 20))
        CaseFactory(household__village=villages.own, indicator="INC-01")
        CaseFactory(household__village=villages.far, indicator="MED-01")

        response = client_for(county_user).get(URL, {"month": "2019-10"})

        for code in ("BT-02-3", "BT-02"):
            stock = row(response, code).stock
            assert (stock.opening, stock.new, stock.reopened, stock.closed, stock.closing) == (
                1,
                1,
                0,
                1,
                1,
            )
        assert response.context["board"].total.closing == 2
        assert response.context["board"].other.closing == 1

    def test_every_number_opens_its_list(
        self, client_for: Any, county_user: Any, villages: Any, campaign: None
    ) -> None:
        CaseFactory(
            household__village=villages.own, opened_on=date(2019, 9, 3), due_on=date(2019, 10, 3)
        )
        closed = verifying(household__village=villages.own)
        happen(closed, "CLOSED", on=date(2019, 10, 20))
        client = client_for(county_user)

        response = client.get(URL, {"month": "2019-10"})

        total = response.context["board"].total
        for urls, stock in (
            (response.context["total_urls"], total),
            (row(response, "BT-09").urls, row(response, "BT-09").stock),
        ):
            assert set(urls) == {"opening", "new", "closed", "closing"}
            for name, url in urls.items():
                assert len(client.get(url).context["rows"]) == getattr(stock, name), url

    def test_targets(
        self, client_for: Any, county_user: Any, villages: Any, campaign: None
    ) -> None:
        result(villages.own, "WAT-01", 100, 97, 1)
        result(villages.own, "PWR-01", 4, 4)
        result(villages.own, "PWR-02", 100, 98, 2)

        response = client_for(county_user).get(URL)

        water = row(response, "BT-09").progress
        assert (water[0].verdict, water[0].word, water[0].note) == (
            "NOT_MET",
            "差 3 户",
            "含数据不足 1",
        )
        assert water[1].word == "无适用对象"
        power = [target.word for target in row(response, "BT-02-1b").progress]
        assert power[0] == power[2] == "尚不能计算"  # kilowatts and yuan; it counts households
        assert row(response, "BT-10-3").progress[0].word == "尚不能计算"
        assert (row(response, "BT-05-1").verdict, row(response, "BT-05-1").word) == (
            "MET",
            "已清零",
        )
        assert (row(response, "BT-05-2").verdict, row(response, "BT-05-2").word) == (
            "INSUFFICIENT_DATA",
            "数据不足",
        )
        assert row(response, "BT-07").progress[0].word == "标准未备案"
        assert row(response, "BT-07").word == "无标准"
        assert row(response, "BT-04").progress[0].word == "无适用对象"
        assert response.context["board"].lead_count == 15

    def test_open_cases_keep_a_task_open(
        self, client_for: Any, county_user: Any, villages: Any, campaign: None
    ) -> None:
        result(villages.own, "WAT-01", 10, 10)
        CaseFactory(household__village=villages.own)

        assert row(client_for(county_user).get(URL), "BT-09").word == "未达标"

    def test_reader_of_figures_gets_numbers_without_links(
        self, client_for: Any, leader: Any, villages: Any, campaign: None
    ) -> None:
        CaseFactory(household__village=villages.own)

        response = client_for(leader).get(URL, {"month": "2019-10"})

        assert response.context["total_urls"] == {}
        assert response.context["board"].total.closing == 1

    def test_conditions(self, client_for: Any, county_user: Any, campaign: None) -> None:
        client = client_for(county_user)
        unit = client.get(URL).context["lead_agencies"][0]

        assert len(client.get(URL, {"agency": unit.pk}).context["rows"]) < 24
        assert client.get(URL, {"show": "open", "month": "nonsense"}).status_code == 200
        assert client.get(URL, {"month": "2099-01"}).context["month"] == date(2019, 11, 1)

    def test_without_a_campaign(self, client_for: Any, clerk: Any) -> None:
        assert "本区划没有专项行动" in client_for(clerk).get(URL).content.decode()

    def test_access(self, client_for: Any, helper: Any, clerk: Any, places: Any) -> None:
        assert client_for(None).get(URL).status_code == 302
        assert client_for(helper).get(URL).status_code == 403
        assert client_for(clerk).get(URL, {"area": places.other_township.pk}).status_code == 404

    def test_queries_do_not_grow(
        self, client_for: Any, county_user: Any, villages: Any, campaign: None
    ) -> None:
        def count() -> int:
            with CaptureQueriesContext(connection) as seen:
                assert client_for(county_user).get(URL).status_code == 200
            return len(seen)

        CaseFactory.create_batch(2, household__village=villages.own)
        few = count()
        CaseFactory.create_batch(10, household__village=villages.next, indicator="HOU-01")
        assert count() == few

    def test_export(self, client_for: Any, county_user: Any, leader: Any, campaign: None) -> None:
        assert client_for(county_user).get("/tasks/export/").content[:2] == b"PK"
        assert client_for(leader).get("/tasks/export/").status_code == 403

    def test_export_without_a_campaign(self, client_for: Any, county_user: Any) -> None:
        assert client_for(county_user).get("/tasks/export/").status_code == 404


class TestTask:
    def test_leaf_and_group(
        self, client_for: Any, county_user: Any, villages: Any, campaign: None
    ) -> None:
        case = CaseFactory(household__village=villages.own)
        client = client_for(county_user)

        assert (
            case.number
            in client.get(Task.objects.get(code="BT-09").get_absolute_url()).content.decode()
        )
        assert (
            "BT-02-1a"
            in client.get(Task.objects.get(code="BT-02-1").get_absolute_url()).content.decode()
        )

    def test_reader_of_figures(
        self, client_for: Any, leader: Any, villages: Any, campaign: None
    ) -> None:
        case = CaseFactory(household__village=villages.own)

        page = client_for(leader).get(Task.objects.get(code="BT-09").get_absolute_url())

        assert page.status_code == 200
        assert case.number not in page.content.decode()

    def test_of_another_campaign(self, client_for: Any, county_user: Any) -> None:
        assert client_for(county_user).get("/tasks/999999/").status_code == 404
