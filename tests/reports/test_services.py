"""Opening months, drafting, submitting and correcting."""

from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest
from django.db import IntegrityError, transaction

from core.clock import SHANGHAI
from core.models import AuditEvent
from indicators import figures
from indicators import services as indicator_services
from reports import deadlines, services
from reports.enums import ObligationState, Timeliness
from reports.models import Filing, Obligation
from tests.accounts.factories import AgencyFactory, UserFactory
from tests.indicators.factories import standards
from tests.reports.conftest import KNOWN_AT
from tests.reports.factories import OCTOBER, FilingFactory, ObligationFactory, line
from tests.tasks.factories import CampaignFactory, TaskFactory

pytestmark = pytest.mark.django_db

IN_TIME = datetime(2019, 11, 8, 23, 59, 59, tzinfo=SHANGHAI)
TOO_LATE = datetime(2019, 11, 9, 0, 0, 0, tzinfo=SHANGHAI)
FULL = services.FilingInput(progress="本月完成 84 户", signed_by="哈斯巴根")


def confirmed(filing):
    answers = {each["key"]: {"answer": "CONFIRM"} for each in filing.lines}
    return services.FilingInput(answers=answers, progress="本月完成 84 户", signed_by="哈斯巴根")


def submit(obligation, content=FULL, revision=0, arrived_at=IN_TIME, by=None):
    return services.submit_filing(
        obligation=obligation,
        content=content,
        revision=revision,
        by=by or UserFactory(),
        at=KNOWN_AT,
        arrived_at=arrived_at,
    )


@pytest.mark.parametrize(("region", "day"), [("", 8), ("1502", 5)])
def test_the_due_day_is_a_standard_of_the_area(region, day):
    values = [v for v in standards() if v.code != "report_due_day" or region]
    shipped = next(v for v in standards() if v.code == "report_due_day")
    local = replace(shipped, region=region, value=str(day))
    indicator_services.load_standards(at=KNOWN_AT, values=[*values, local])
    task = TaskFactory(lead=[AgencyFactory()])

    opened = services.open_month(campaign=task.campaign, month=OCTOBER, at=KNOWN_AT)

    assert {o.due_at.astimezone(SHANGHAI).date() for o in opened} == {date(2019, 11, day)}


class TestOpenMonth:
    def test_each_lead_agency_of_a_leaf_owes_one_report_and_the_receiving_office_none(self):
        campaign = CampaignFactory()
        bureau, other = AgencyFactory(), AgencyFactory()
        office = AgencyFactory(kind="leading_group_office")
        TaskFactory(campaign=campaign, lead=[bureau, office])
        TaskFactory(campaign=campaign, lead=[bureau])
        TaskFactory(campaign=campaign, lead=[other], is_leaf=False)
        TaskFactory(lead=[other])

        opened = services.open_month(campaign=campaign, month=date(2019, 10, 15), at=KNOWN_AT)

        assert [each.agency for each in opened] == [bureau]
        assert opened[0].month == OCTOBER
        assert opened[0].due_at == datetime(2019, 11, 8, 23, 59, 59, tzinfo=SHANGHAI)
        assert AuditEvent.objects.filter(action="reports.open_month").count() == 1

    def test_again_opens_nothing(self):
        campaign = CampaignFactory()
        TaskFactory(campaign=campaign, lead=[AgencyFactory()])
        services.open_month(campaign=campaign, month=OCTOBER, at=KNOWN_AT)

        assert services.open_month(campaign=campaign, month=OCTOBER, at=KNOWN_AT) == []
        assert Obligation.objects.count() == 1

    def test_due_months_are_the_one_just_over_then_every_one_missed(self):
        campaign = CampaignFactory()
        TaskFactory(campaign=campaign, lead=[AgencyFactory()])

        first = services.open_due_months(on=date(2019, 8, 1), at=KNOWN_AT)
        later = services.open_due_months(on=date(2019, 11, 5), at=KNOWN_AT)

        assert [each.month for each in first] == [date(2019, 7, 1)]
        assert [each.month.month for each in later] == [8, 9, 10]
        assert services.open_due_months(on=date(2019, 11, 30), at=KNOWN_AT) == []

    @pytest.mark.parametrize(
        ("on", "months"),
        [
            (date(2018, 12, 31), []),
            (date(2019, 1, 31), []),
            (date(2019, 2, 1), [1]),
            (date(2020, 1, 1), [12]),
            (date(2020, 6, 1), [12]),
        ],
    )
    def test_a_campaign_reports_on_the_months_of_its_year(self, on, months):
        TaskFactory(campaign=CampaignFactory(year=2019), lead=[AgencyFactory()])

        opened = services.open_due_months(on=on, at=KNOWN_AT)

        assert [each.month.month for each in opened] == months


class TestPrefill:
    def test_lines_are_the_figures_of_the_last_night_of_the_month(
        self, obligation, register, run_night
    ):
        run_night(date(2019, 10, 31))

        filing = services.prefilled(obligation=obligation, by=UserFactory(), at=KNOWN_AT)

        area = obligation.campaign.area
        figure = figures.area_figures([area], ["WAT-01"], on=date(2019, 10, 31))[
            area.code, "WAT-01"
        ]
        found = {each["measure"]: each["computed"] for each in filing.lines}
        assert found == {
            "numerator": figure.numerator,
            "failing": figure.failing,
            "unknown": figure.unknown,
        }
        assert found == {"numerator": 2, "failing": 1, "unknown": 1}
        assert {each["denominator"] for each in filing.lines} == {4}
        assert filing.pk is None
        assert filing.cases == {"opening": 0, "new": 0, "reopened": 0, "closed": 0, "closing": 0}

    def test_an_indicator_named_by_two_tasks_is_asked_once(self, obligation, register, run_night):
        run_night(date(2019, 10, 31))
        task = TaskFactory(campaign=obligation.campaign, lead=[obligation.agency])

        filing = services.prefilled(obligation=obligation, by=UserFactory(), at=KNOWN_AT)

        assert len(filing.lines) == 3
        assert task.code in filing.lines[0]["tasks"]
        assert len(filing.lines[0]["tasks"]) == 2

    def test_without_standards_there_are_lines_and_no_figures(self, obligation):
        filing = services.prefilled(obligation=obligation, by=UserFactory(), at=KNOWN_AT)

        assert [each["computed"] for each in filing.lines] == [None, None, None]

    def test_an_agency_without_computed_indicators_gets_only_texts(self):
        owed = ObligationFactory(task=False)
        TaskFactory(campaign=owed.campaign, lead=[owed.agency], indicators=["IND-07"])

        assert services.prefilled(obligation=owed, by=UserFactory(), at=KNOWN_AT).lines == []


class TestSubmit:
    @pytest.fixture
    def owed(self):
        """An agency with nothing but words to report."""
        return ObligationFactory(task=False)

    @pytest.mark.parametrize(
        ("arrived_at", "expected", "state"),
        [
            (IN_TIME, Timeliness.ON_TIME, ObligationState.FILED),
            (TOO_LATE, Timeliness.LATE, ObligationState.LATE),
        ],
    )
    def test_the_moment_of_arrival_decides(self, owed, arrived_at, expected, state):
        filing = submit(owed, arrived_at=arrived_at)

        assert filing.timeliness(owed.due_at) == expected
        assert Obligation.objects.with_progress().get().state(TOO_LATE + timedelta(days=1)) == state
        event = AuditEvent.objects.get(action="reports.submit")
        assert event.detail["timeliness"] == expected
        assert event.detail["receipt"] == filing.receipt
        assert filing.receipt.startswith(f"{owed.agency.code}-201910-")

    def test_a_second_submission_is_refused(self, owed):
        submit(owed)

        with pytest.raises(services.AlreadySubmitted):
            submit(owed, revision=0)
        with pytest.raises(services.AlreadySubmitted):
            submit(owed, revision=1)
        assert Filing.objects.count() == 1

    def test_every_line_must_be_answered(self, obligation, register, run_night):
        run_night(date(2019, 10, 31))

        with pytest.raises(services.Refused) as refused:
            submit(obligation)

        assert [text for text in refused.value.problems if "未答" in text] == [
            "饮水达标：未答，请确认系统数或另报数",
            "饮水未达标：未答，请确认系统数或另报数",
            "饮水数据不足：未答，请确认系统数或另报数",
        ]
        assert not Filing.objects.exists()

    @pytest.mark.parametrize(
        ("answer", "reason"),
        [
            ({"answer": "OWN"}, "另报数未填"),
            ({"answer": "OWN", "own": 9}, "另报数须说明原因"),
            ({"answer": "OWN", "own": 9, "explanation": " "}, "另报数须说明原因"),
            ({"answer": "NONSENSE"}, "未答"),
            ({"answer": "CONFIRM"}, "系统尚无数字"),
        ],
    )
    def test_another_number_needs_a_number_and_a_reason(self, obligation, answer, reason):
        told = services.FilingInput(
            answers={f"WAT-01-{name}": answer for name in ("numerator", "failing", "unknown")},
            progress="有",
            signed_by="有",
        )

        with pytest.raises(services.Refused) as refused:
            submit(obligation, told)

        assert len(refused.value.problems) == 3
        assert all(reason in text for text in refused.value.problems)

    def test_confirmed_figures_and_explained_numbers_are_kept(
        self, obligation, register, run_night
    ):
        run_night(date(2019, 10, 31))
        draft = services.prefilled(obligation=obligation, by=UserFactory(), at=KNOWN_AT)
        told = confirmed(draft)
        told.answers["WAT-01-numerator"] = {
            "answer": "OWN",
            "own": 0,
            "explanation": "鉴定书编号尚未录入",
        }

        filing = submit(obligation, told)

        numerator, failing, _unknown = Filing.objects.get(pk=filing.pk).lines
        assert (numerator["answer"], numerator["own"], numerator["computed"]) == ("OWN", 0, 2)
        assert numerator["explanation"] == "鉴定书编号尚未录入"
        assert (failing["answer"], failing["own"]) == ("CONFIRM", None)

    @pytest.mark.parametrize(
        ("content", "reason"),
        [
            (services.FilingInput(signed_by="有"), "工作进展未填"),
            (services.FilingInput(progress="有"), "第一责任人未填"),
        ],
    )
    def test_progress_and_the_signature_are_required(self, owed, content, reason):
        with pytest.raises(services.Refused, match=reason):
            submit(owed, content)

    def test_a_nil_report_needs_only_the_signature_when_nothing_moved(self, owed):
        filing = submit(owed, services.FilingInput(is_nil=True, signed_by="有"))

        assert filing.is_nil

    @pytest.mark.parametrize(
        ("lines", "cases"),
        [
            ([line()], {}),
            ([line(before=None)], {}),
            ([line(before=8)], {"new": 1}),
            ([], {"closed": 2}),
        ],
    )
    def test_a_nil_report_is_refused_when_figures_moved(self, owed, lines, cases):
        FilingFactory(obligation=owed, lines=lines, cases=cases)

        with pytest.raises(services.Refused, match="本月数字有变化，不能作零报告"):
            submit(owed, services.FilingInput(is_nil=True, signed_by="有"), revision=1)

    def test_a_draft_saved_elsewhere_is_not_overwritten(self, owed):
        services.save_draft(
            obligation=owed, content=FULL, revision=0, by=UserFactory(), at=KNOWN_AT
        )

        with pytest.raises(services.StaleFiling):
            services.save_draft(
                obligation=owed, content=FULL, revision=0, by=UserFactory(), at=KNOWN_AT
            )
        with pytest.raises(services.StaleFiling):
            submit(owed, revision=7)

    def test_figures_that_changed_since_the_form_was_opened_are_not_saved_unseen(self, owed):
        with pytest.raises(services.StaleFiling):
            services.save_draft(
                obligation=owed,
                content=FULL,
                revision=0,
                by=UserFactory(),
                at=KNOWN_AT,
                mark="other",
            )

    def test_an_incomplete_draft_is_always_kept(self, obligation):
        told = services.FilingInput(answers={"WAT-01-failing": {"answer": "OWN"}})

        filing = services.save_draft(
            obligation=obligation, content=told, revision=0, by=UserFactory(), at=KNOWN_AT
        )

        assert filing.revision == 1
        assert Filing.objects.get().lines[1]["answer"] == "OWN"

    def test_what_was_submitted_cannot_be_changed_or_deleted(self, owed):
        filing = submit(owed)

        for change in (
            lambda: Filing.objects.filter(pk=filing.pk).update(progress="改"),
            filing.delete,
        ):
            with pytest.raises(IntegrityError), transaction.atomic():
                change()


class TestCorrection:
    def test_a_correction_is_a_new_version_and_keeps_the_first_timeliness(self):
        owed = ObligationFactory(task=False)
        first = submit(owed)

        draft = services.open_correction(obligation=owed, by=UserFactory(), at=KNOWN_AT)
        second = submit(owed, revision=draft.revision, arrived_at=TOO_LATE + timedelta(days=3))

        assert (second.version, second.base_id) == (2, first.pk)
        assert second.progress == first.progress
        assert second.receipt != first.receipt
        assert Obligation.objects.with_progress().get().state(TOO_LATE) == ObligationState.FILED

    def test_asking_twice_gives_the_same_draft(self):
        owed = ObligationFactory(task=False)
        submit(owed)

        drafts = {
            services.open_correction(obligation=owed, by=UserFactory(), at=KNOWN_AT).pk
            for _ in range(2)
        }

        assert len(drafts) == 1

    def test_answers_stay_where_the_figure_did_not_move(self):
        old = [
            line(answer="CONFIRM"),
            line("WAT-01-failing", answer="OWN", own=3, explanation="有"),
        ]
        new = [line(), line("WAT-01-failing", computed=4)]

        kept = services.keep_answers(new, old)

        assert [each["answer"] for each in kept] == ["CONFIRM", ""]


def test_fetching_figures_again_updates_the_draft(obligation, register, run_night):
    draft = services.save_draft(
        obligation=obligation, content=FULL, revision=0, by=UserFactory(), at=KNOWN_AT
    )
    run_night(date(2019, 10, 31))

    fresh = services.refresh_draft(
        obligation=obligation, revision=draft.revision, by=UserFactory(), at=KNOWN_AT
    )

    assert [each["computed"] for each in fresh.lines] == [2, 1, 1]
    assert fresh.progress == FULL.progress


def test_a_moved_deadline_is_audited_and_decides():
    owed = ObligationFactory(task=False)
    moved = deadlines.due_at(OCTOBER) + timedelta(days=3)

    services.move_deadline(
        obligation=owed, due_at=moved, reason="节假日", by=UserFactory(), at=KNOWN_AT
    )

    assert submit(owed, arrived_at=TOO_LATE).timeliness(owed.due_at) == Timeliness.ON_TIME
    assert AuditEvent.objects.get(action="reports.move_deadline").detail["reason"] == "节假日"
