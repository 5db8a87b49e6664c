"""Monthly reports over HTTP: the same scope and the same services as the pages."""

from datetime import date

import pytest

from reports.models import Filing
from tests.reports.factories import FilingFactory, ObligationFactory

pytestmark = pytest.mark.django_db

LIST = "/api/v1/reports/"


@pytest.fixture
def owed(places, agency):
    return ObligationFactory(campaign__area=places.city, agency=agency, task=False)


def body(**more):
    return {"base_version": 0, "progress": "有进展", "signed_by": "局长", **more}


def post(client, owed, act, content, key="k1"):
    return client.post(
        f"{LIST}{owed.pk}/{act}/", content, format="json", headers={"Idempotency-Key": key}
    )


def test_the_list_holds_what_the_user_may_see(api_for, agency_user, city_user, owed):
    ObligationFactory(campaign=owed.campaign)

    assert api_for(agency_user).get(LIST).json()["count"] == 1
    assert api_for(city_user).get(LIST, {"month": "2019-10"}).json()["count"] == 2
    assert api_for(city_user).get(LIST, {"month": "2019-09"}).json()["count"] == 0


def test_a_report_tells_where_it_stands(api_for, city_user, owed):
    FilingFactory(obligation=owed, submitted=True)

    row = api_for(city_user).get(f"{LIST}{owed.pk}/").json()

    assert (row["standing"], row["month"], row["agency"]) == (
        "FILED",
        "2019-10-01",
        owed.agency.code,
    )
    assert api_for(city_user).get(LIST, {"is_filed": "true"}).json()["count"] == 1
    assert api_for(city_user).get(LIST, {"is_filed": "false"}).json()["count"] == 0


def test_a_draft_is_read_pre_filled_then_kept(
    api_for, agency_user, obligation, register, run_night
):
    run_night(date(2019, 10, 31))
    client = api_for(agency_user)

    empty = client.get(f"{LIST}{obligation.pk}/draft/").json()
    kept = post(client, obligation, "draft", body(mark=empty["mark"])).json()

    assert (empty["id"], empty["revision"]) == (None, 0)
    assert [line["computed"] for line in empty["lines"]] == [2, 1, 1]
    assert (kept["revision"], kept["progress"]) == (1, "有进展")


def test_submitting_twice_with_one_key_submits_once(api_for, agency_user, owed):
    client = api_for(agency_user)

    first, second = (post(client, owed, "submit", body()) for _ in range(2))

    assert first.status_code == second.status_code == 200
    assert first.json()["receipt"] == second.json()["receipt"]
    assert Filing.objects.count() == 1


def test_refusals_have_every_reason(api_for, agency_user, obligation):
    answer = post(api_for(agency_user), obligation, "submit", body(signed_by=""))

    assert answer.status_code == 400
    assert "第一责任人未填" in answer.json()["detail"]
    assert len(answer.json()["detail"]) == 4


def test_a_second_submission_and_a_stale_draft_conflict(api_for, agency_user, owed):
    client = api_for(agency_user)
    assert post(client, owed, "draft", body()).status_code == 200
    assert post(client, owed, "draft", body(), key="k2").status_code == 409

    assert post(client, owed, "submit", body(base_version=1), key="k3").status_code == 200
    assert post(client, owed, "submit", body(base_version=2), key="k4").status_code == 409


def test_a_write_needs_a_key(api_for, agency_user, owed):
    assert post(api_for(agency_user), owed, "submit", body(), key="").status_code == 400


def test_only_the_agency_itself_writes_or_reads_drafts(api_for, agency_user, city_user, owed):
    other = ObligationFactory(campaign=owed.campaign)

    assert post(api_for(city_user), owed, "submit", body()).status_code == 403
    assert api_for(city_user).get(f"{LIST}{owed.pk}/draft/").status_code == 404
    assert post(api_for(agency_user), other, "submit", body()).status_code == 404
    assert api_for(agency_user).get(f"{LIST}{other.pk}/").status_code == 404


def test_filings_are_listed_with_drafts_only_of_the_own_agency(
    api_for, agency_user, city_user, owed
):
    done = FilingFactory(obligation=owed, submitted=True)
    FilingFactory(obligation=owed, version=2, base=done)

    assert api_for(city_user).get("/api/v1/filings/").json()["count"] == 1
    assert api_for(agency_user).get("/api/v1/filings/").json()["count"] == 2
    assert api_for(agency_user).get("/api/v1/filings/", {"state": "DRAFT"}).json()["count"] == 1
