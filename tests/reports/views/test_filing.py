"""The monthly report's pages, from the form to the receipt."""

from datetime import date

import pytest
from django.urls import reverse

from core.models import AuditEvent
from reports.enums import FilingState
from reports.models import Filing
from tests.accounts.factories import AgencyFactory, person
from tests.reports.factories import FilingFactory, ObligationFactory, line

pytestmark = pytest.mark.django_db


def edit_url(obligation):
    return reverse("reports:filing_edit", args=[obligation.pk])


def sent(act="submit", *, key="k1", version=0, **more):
    return {
        "act": act,
        "operation_key": key,
        "base_version": version,
        "progress": "有进展",
        "signed_by": "局长",
        **more,
    }


@pytest.fixture
def words_only(places, agency):
    """A report of the cast's agency that asks for no figures."""
    return ObligationFactory(campaign__area=places.city, agency=agency, task=False)


class TestForm:
    def test_shows_the_figures_before_anything_is_saved(
        self, signed_in, obligation, register, run_night
    ):
        run_night(date(2019, 10, 31))

        page = signed_in.get(edit_url(obligation))

        assert page.status_code == 200
        assert [row.line["computed"] for row, _url in page.context["rows"]] == [2, 1, 1]
        assert "2019年10月工作进展情况月报" in page.content.decode()
        assert not Filing.objects.exists()

    def test_saving_keeps_an_incomplete_draft(self, signed_in, obligation):
        answer = signed_in.post(
            edit_url(obligation), {**sent("save"), "progress": "", "answer_WAT-01-failing": "OWN"}
        )

        assert answer.status_code == 302
        filing = Filing.objects.get()
        assert (filing.state, filing.revision) == (FilingState.DRAFT, 1)
        assert filing.lines[1]["answer"] == "OWN"

    def test_submitting_gives_a_receipt(self, signed_in, words_only, agency_user):
        answer = signed_in.post(edit_url(words_only), sent())

        filing = Filing.objects.get()
        assert filing.state == FilingState.SUBMITTED
        assert filing.author == agency_user
        assert answer.url == reverse("reports:filing_detail", args=[filing.pk])
        page = signed_in.get(answer.url)
        assert filing.receipt in page.content.decode()
        assert (
            AuditEvent.objects.filter(action="reports.submit", actor_id=agency_user.pk).count() == 1
        )

    def test_submitting_twice_with_one_key_submits_once(self, signed_in, words_only):
        first = signed_in.post(edit_url(words_only), sent())
        second = signed_in.post(edit_url(words_only), sent())

        assert first.url == second.url
        assert Filing.objects.count() == 1
        assert AuditEvent.objects.filter(action="reports.submit").count() == 1

    def test_submitting_again_with_another_key_shows_what_was_submitted(
        self, signed_in, words_only
    ):
        first = signed_in.post(edit_url(words_only), sent())

        again = signed_in.post(edit_url(words_only), sent(key="k2"))

        assert again.url == first.url
        assert Filing.objects.count() == 1

    def test_refusals_are_listed_and_nothing_typed_is_lost(self, signed_in, obligation):
        page = signed_in.post(edit_url(obligation), sent(signed_by="", problems="地下水位下降"))

        text = page.content.decode()
        assert page.status_code == 200
        assert "饮水达标：未答，请确认系统数或另报数" in text
        assert "第一责任人未填" in text
        assert "地下水位下降" in text
        assert not Filing.objects.exists()

    def test_a_number_that_is_none_is_said_at_the_field(self, signed_in, obligation):
        page = signed_in.post(edit_url(obligation), sent(**{"own_WAT-01-numerator": "四千"}))

        assert "请填整数，如 4126" in page.content.decode()

    def test_numbers_may_be_full_width_with_separators(self, signed_in, obligation):
        signed_in.post(
            edit_url(obligation),
            sent("save", **{"answer_WAT-01-numerator": "OWN", "own_WAT-01-numerator": "４,126"}),
        )

        assert Filing.objects.get().lines[0]["own"] == 4126

    def test_a_stale_form_overwrites_nothing(self, signed_in, words_only):
        signed_in.post(edit_url(words_only), sent("save"))

        page = signed_in.post(edit_url(words_only), sent("save", key="k2", progress="另一处"))

        assert "草稿已在别处保存过" in page.content.decode()
        assert Filing.objects.get().progress == "有进展"

    def test_a_write_without_a_key_is_refused(self, signed_in, words_only):
        page = signed_in.post(edit_url(words_only), sent(key=""))

        assert "提交缺少操作键" in page.content.decode()
        assert not Filing.objects.exists()

    def test_figures_can_be_fetched_again(self, signed_in, obligation, register, run_night):
        signed_in.post(edit_url(obligation), sent("save"))
        run_night(date(2019, 10, 31))

        signed_in.post(edit_url(obligation), sent("refresh", key="k2", version=1))

        assert Filing.objects.get().lines[0]["computed"] == 2


class TestCorrection:
    def test_begins_a_second_version(self, signed_in, words_only):
        signed_in.post(edit_url(words_only), sent())
        first = Filing.objects.get()

        answer = signed_in.post(
            reverse("reports:filing_correct", args=[first.pk]), {"operation_key": "k2"}
        )

        assert answer.url == edit_url(words_only)
        assert Filing.objects.get(state=FilingState.DRAFT).base == first
        assert signed_in.get(answer.url).status_code == 200

    def test_is_post_only(self, signed_in, words_only):
        filing = FilingFactory(obligation=words_only, submitted=True)

        assert signed_in.get(reverse("reports:filing_correct", args=[filing.pk])).status_code == 405

    def test_without_one_the_form_leads_to_what_was_submitted(self, signed_in, words_only):
        filing = FilingFactory(obligation=words_only, submitted=True)

        assert signed_in.get(edit_url(words_only)).url == reverse(
            "reports:filing_detail", args=[filing.pk]
        )


class TestAccess:
    @pytest.mark.parametrize(
        "who", ["clerk", "county_user", "city_user", "leader", "inspector", "system_admin"]
    )
    def test_only_agencies_fill_in(self, request, client_for, obligation, who):
        client = client_for(request.getfixturevalue(who))

        assert client.get(edit_url(obligation)).status_code == 403
        assert client.post(edit_url(obligation), sent()).status_code == 403
        assert not Filing.objects.exists()

    def test_another_agencys_report_does_not_exist(self, signed_in, obligation):
        other = ObligationFactory(campaign=obligation.campaign)
        filing = FilingFactory(obligation=other, submitted=True)

        assert signed_in.get(edit_url(other)).status_code == 404
        assert signed_in.post(edit_url(other), sent()).status_code == 404
        assert signed_in.get(reverse("reports:filing_detail", args=[filing.pk])).status_code == 404
        assert (
            signed_in.post(reverse("reports:filing_correct", args=[filing.pk]), {}).status_code
            == 404
        )

    def test_offices_read_what_was_submitted_but_no_drafts(self, client_for, city_user, obligation):
        done = FilingFactory(obligation=obligation, submitted=True, lines=[line()])
        draft = FilingFactory(obligation=obligation, version=2, base=done)
        client = client_for(city_user)

        assert client.get(reverse("reports:filing_detail", args=[done.pk])).status_code == 200
        assert client.get(reverse("reports:filing_detail", args=[draft.pk])).status_code == 404

    def test_an_office_of_another_city_sees_nothing(self, client_for, places, obligation):
        filing = FilingFactory(obligation=obligation, submitted=True)
        from tests.villages.factories import make_area

        stranger = person("city_office", make_area(150600000000), username="stranger")

        assert (
            client_for(stranger).get(reverse("reports:filing_detail", args=[filing.pk])).status_code
            == 404
        )

    def test_anonymous_people_sign_in_first(self, client, obligation):
        assert client.get(edit_url(obligation)).status_code == 302


class TestLists:
    def test_an_agency_sees_its_own_months(self, signed_in, obligation):
        ObligationFactory(campaign=obligation.campaign, agency=AgencyFactory())

        page = signed_in.get(reverse("reports:filing_list"))

        assert [row.pk for row in page.context["rows"]] == [obligation.pk]

    def test_months_with_states_and_the_sum_agree(
        self, client_for, city_user, obligation, django_assert_max_num_queries
    ):
        campaign = obligation.campaign
        FilingFactory(obligation=ObligationFactory(campaign=campaign), submitted=True)
        FilingFactory(obligation=ObligationFactory(campaign=campaign))
        client = client_for(city_user)

        page = client.get(reverse("reports:obligation_list"))

        states = sorted(row.standing.value for row in page.context["rows"])
        assert states == ["DRAFTING", "FILED", "NOT_STARTED"]
        values = {figure["label"]: figure["value"] for figure in page.context["figures"]}
        assert (
            values["应报"]
            == values["按时"] + values["迟报"] + values["待报"] + values["逾期未报"]
            == 3
        )
        assert values["报送率"] == "33.33%"
        filtered = client.get(reverse("reports:obligation_list"), {"state": "FILED"})
        assert len(filtered.context["rows"]) == 1

    def test_queries_do_not_grow_with_agencies(
        self, client_for, city_user, obligation, django_assert_num_queries
    ):
        client = client_for(city_user)
        url = reverse("reports:obligation_list")
        client.get(url)
        from django.db import connection
        from django.test.utils import CaptureQueriesContext

        with CaptureQueriesContext(connection) as few:
            client.get(url)
        for _n in range(12):
            FilingFactory(
                obligation=ObligationFactory(campaign=obligation.campaign), submitted=True
            )
        with django_assert_num_queries(len(few)):
            client.get(url)

    def test_the_workbook_needs_the_right_to_export(
        self, client_for, city_user, signed_in, obligation
    ):
        url = reverse("reports:obligation_export")

        assert client_for(city_user).get(url)["Content-Type"].endswith("spreadsheetml.sheet")
        assert signed_in.get(url).status_code == 403
