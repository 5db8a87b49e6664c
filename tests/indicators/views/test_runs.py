"""Recomputations: the list, one run's progress, starting one by hand."""

from datetime import date

import pytest
from django.urls import reverse

from core.models import AuditEvent, Job
from indicators import services
from indicators.enums import RunKind, RunState
from indicators.models import Run

LIST, START = reverse("indicators:run_list"), reverse("indicators:run_start")
ON = date(2019, 10, 31)


@pytest.fixture
def run(teller, villages) -> Run:
    teller.household(villages.own)
    return services.recompute(on=ON, at=teller.tick())


def detail(run: Run) -> str:
    return reverse("indicators:run_detail", args=[run.pk])


def test_runs_are_seen_by_those_who_may(
    client_for, clerk, inspector, system_admin, leader, helper, run
):
    for user in (clerk, inspector, system_admin):
        assert "2019-10-31" in client_for(user).get(LIST).content.decode()
        assert client_for(user).get(detail(run)).status_code == 200
    for user in (leader, helper):
        assert client_for(user).get(LIST).status_code == 403
        assert client_for(user).get(detail(run)).status_code == 403
    assert client_for(None).get(LIST).status_code == 302
    assert (
        client_for(clerk).get(reverse("indicators:run_detail", args=[run.pk + 1])).status_code
        == 404
    )


def test_detail_tells_what_the_run_found(client_for, clerk, run):
    page = client_for(clerk).get(detail(run))
    assert page.context["totals"]["households"] == 1
    assert (page.context["done"], page.context["total"]) == (1, 1)


def test_progress_is_asked_for_until_the_run_has_ended(htmx_client, clerk, run):
    going = services.start_run(on=ON, kind=RunKind.MANUAL, at=run.watermark)
    client = htmx_client(clerk)

    assert client.get(detail(going), headers={"HX-Target": "run-progress"}).status_code == 200
    response = client.get(detail(run), headers={"HX-Target": "run-progress"})
    assert response.status_code == 286
    assert "<html" not in response.content.decode()


def test_city_office_starts_a_run_once(client_for, city_user, run):
    client = client_for(city_user)
    form = {"on": "2019-11-01", "operation_key": "k1"}

    first, second = client.post(START, form), client.post(START, form)

    made = Run.objects.get(on=date(2019, 11, 1))
    assert first.status_code == second.status_code == 302
    assert first["Location"] == second["Location"] == detail(made)
    assert (made.kind, made.started_by) == (RunKind.MANUAL, city_user)
    assert Job.objects.filter(kind="indicators.batch").count() == 1
    assert AuditEvent.objects.filter(action="run.start", actor_id=city_user.pk).count() == 1


@pytest.mark.parametrize("who", ["clerk", "county_user", "inspector", "leader", "system_admin"])
def test_nobody_else_starts_one(client_for, run, request, who):
    client = client_for(request.getfixturevalue(who))
    assert client.get(START).status_code == 403
    assert client.post(START, {"on": "2019-11-01", "operation_key": "k"}).status_code == 403
    assert Run.objects.count() == 1


@pytest.mark.parametrize("on", ["2019-11-05", "2019-12-01", "soon", ""])
def test_only_days_that_have_ended_can_be_run(client_for, city_user, run, on):
    page = client_for(city_user).post(START, {"on": on, "operation_key": "k"})
    assert page.status_code in (200, 422)
    assert page.context["form"].errors["on"]
    assert Run.objects.count() == 1


def test_a_second_run_is_refused_while_one_goes_on(client_for, city_user, run):
    services.start_run(on=ON, kind=RunKind.NIGHT, at=run.watermark)
    page = client_for(city_user).post(START, {"on": "2019-11-01", "operation_key": "k"})
    assert "另一次重算正在进行" in page.content.decode()
    assert Run.objects.filter(state=RunState.RUNNING).count() == 1


def test_without_an_operation_key_nothing_starts(client_for, city_user, run):
    client_for(city_user).post(START, {"on": "2019-11-01"})
    assert Run.objects.count() == 1


def test_without_standards_the_page_says_what_to_load(client_for, city_user, villages):
    page = client_for(city_user).post(START, {"on": "2019-11-01", "operation_key": "k"})
    assert page.status_code < 500
    assert not Run.objects.exists()
    if page.status_code == 200:
        assert "标准" in page.content.decode()


def test_list_asks_a_constant_number_of_questions(
    client_for, clerk, run, teller, django_assert_max_num_queries
):
    client = client_for(clerk)
    client.get(LIST)
    with django_assert_max_num_queries(60) as few:
        client.get(LIST)
    for day in range(1, 5):
        services.recompute(on=date(2019, 11, day), at=teller.tick())
    with django_assert_max_num_queries(len(few)):
        client.get(LIST)
