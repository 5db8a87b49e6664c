from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from accounts.enums import RoleCode
from accounts.models import Agency
from core.models import AuditEvent
from indicators.models import RunNight
from tasks import services
from tasks.enums import TRANSITIONS, CaseState, EventKind
from tasks.models import Case, CaseEvent, Target, Task
from tests.accounts.factories import AgencyFactory, person
from tests.tasks.factories import (
    CampaignFactory,
    CaseFactory,
    GapFactory,
    TaskFactory,
    end_gap,
    happen,
    plan,
    verifying,
)

pytestmark = pytest.mark.django_db
ON = date(2019, 11, 4)
TODAY = date(2019, 11, 5)
AT = datetime(2019, 11, 5, 2, tzinfo=UTC)
CITY = (150200000000, 150299999999)


def sync(on: date = ON) -> services.Synced:
    return services.sync_cases(low=CITY[0], high=CITY[1], on=on, at=AT)


def act(case: Case, user: Any, note: str = "已办", on: date = TODAY) -> services.Act:
    return services.Act(by=user, at=AT, on=on, base_version=case.version, note=note)


class TestLoadCampaign:
    def test_shipped_plan(self, places: Any) -> None:
        done = services.load_campaign(plan=plan(), at=AT)

        counts = plan()["counts"]
        assert (done.tasks, done.leaf_tasks) == (counts["tasks_total"], counts["leaf_tasks"])
        assert (done.agencies, done.targets) == (
            counts["agency_codes"],
            counts["numeric_targets"] + 1,
        )
        assert Target.objects.filter(value=None).count() == 1
        leads = Agency.objects.filter(
            task_roles__role="LEAD", task_roles__task__is_leaf=True
        ).distinct()
        assert leads.count() == counts["agencies_that_lead"]
        assert Task.objects.get(code="BT-02-1a").parent.parent.code == "BT-02"

    def test_brackets_of_the_document(self, places: Any) -> None:
        """Eighteen brackets name lead and supporting agencies; three leaves share the last one."""
        services.load_campaign(plan=plan(), at=AT)

        brackets = {
            item["responsibility_bracket_no"]
            for item in plan()["tasks"]
            if item.get("responsibility_bracket_no")
        }
        assert len(brackets) == plan()["counts"]["responsibility_brackets"] == 18
        assert all(
            task.agencies.filter(role="LEAD").exists() for task in Task.objects.filter(is_leaf=True)
        )

    def test_second_run_changes_nothing(self, places: Any) -> None:
        services.load_campaign(plan=plan(), at=AT)

        assert services.load_campaign(plan=plan(), at=AT).changed == 0

    def test_changed_plan_is_followed(self, places: Any) -> None:
        services.load_campaign(plan=plan(), at=AT)
        changed = plan()
        changed["tasks"][0] |= {"supporting_agencies": [], "targets": []}

        done = services.load_campaign(plan=changed, at=AT)

        task = Task.objects.get(code="BT-01")
        assert done.changed == 2
        assert (task.agencies.count(), task.targets.count()) == (1, 0)


class TestSync:
    def test_opens_one_case_per_gap(self) -> None:
        gap = GapFactory()

        done = sync()

        case = Case.objects.get()
        assert done == services.Synced(opened=1)
        assert (case.number, case.state, case.household, case.village) == (
            "2019-0001",
            "REGISTERED",
            gap.household,
            gap.village,
        )
        assert case.township_id == gap.village_id - gap.village_id % 1000
        assert (case.opened_on, case.due_on) == (ON, ON + timedelta(days=30))
        assert case.events.get().kind == EventKind.OPENED

    def test_repeat_changes_nothing(self) -> None:
        GapFactory.create_batch(3)
        sync()
        events = CaseEvent.objects.count()

        assert sync() == services.Synced()
        assert (Case.objects.count(), CaseEvent.objects.count()) == (3, events)
        assert sorted(Case.objects.values_list("serial", flat=True)) == [1, 2, 3]

    def test_unknown_opens_none(self) -> None:
        GapFactory(verdict="INSUFFICIENT_DATA")

        assert sync().opened == 0

    def test_gap_of_another_date_opens_none(self) -> None:
        GapFactory(valid_from=TODAY)

        assert sync().opened == 0

    def test_other_villages_are_left_alone(self) -> None:
        gap = GapFactory()

        assert services.sync_cases(low=gap.village_id + 1, high=CITY[1], on=ON, at=AT).opened == 0

    def test_routes_to_the_lead_agencies_of_naming_leaves(self) -> None:
        campaign = CampaignFactory(office=AgencyFactory(code="FPB"))
        water, power = AgencyFactory(code="SHW"), AgencyFactory(code="GDJ")
        leaf = TaskFactory(campaign=campaign, lead=[water])
        TaskFactory(campaign=campaign, lead=[power], is_leaf=False)
        GapFactory()

        sync()

        case = Case.objects.get()
        assert (case.task, case.campaign, list(case.agencies.all())) == (leaf, campaign, [water])

    def test_routes_to_the_office_when_no_leaf_names_the_indicator(self) -> None:
        office = AgencyFactory(code="FPB")
        CampaignFactory(office=office)
        GapFactory(indicator="INC-01")

        sync()

        case = Case.objects.get()
        assert (case.task, list(case.agencies.all())) == (None, [office])

    def test_due_at_the_targets_deadline_when_that_is_sooner(self) -> None:
        leaf = TaskFactory()
        Target.objects.create(
            task=leaf,
            metric="x",
            operator="==",
            value=0,
            unit="户",
            indicator="WAT-01",
            deadline=date(2019, 11, 20),
            order=0,
        )
        GapFactory()

        sync()

        assert Case.objects.get().due_on == date(2019, 11, 20)

    def test_applied_and_met_goes_to_verification(self) -> None:
        case = CaseFactory(after=["ASSIGNED", "STARTED", "APPLIED"])

        assert sync().verifying == 1
        case.refresh_from_db()
        assert (case.state, case.events.last().kind) == ("VERIFYING", EventKind.MET)

    @pytest.mark.parametrize("verdict", ["NOT_MET", "INSUFFICIENT_DATA"])
    def test_applied_stays_while_any_gap_stands(self, verdict: str) -> None:
        case = CaseFactory(after=["ASSIGNED", "STARTED", "APPLIED"])
        GapFactory(household=case.household, verdict=verdict)

        assert sync() == services.Synced()

    def test_verifying_goes_back_when_the_gap_returns(self) -> None:
        case = verifying()
        GapFactory(household=case.household)

        assert sync().sent_back == 1
        case.refresh_from_db()
        assert (case.state, case.events.last().kind) == ("RECTIFYING", EventKind.UNMET)

    @pytest.mark.parametrize(("days", "expected"), [(180, (0, 1)), (181, (1, 0))])
    def test_closed_reopens_within_180_days(self, days: int, expected: tuple[int, int]) -> None:
        case = verifying()
        happen(case, EventKind.CLOSED, on=date(2019, 10, 2))
        GapFactory(household=case.household)

        done = sync(date(2019, 10, 2) + timedelta(days=days))

        assert (done.opened, done.reopened) == expected
        case.refresh_from_db()
        assert case.reopened_count == expected[1]
        assert Case.objects.live().count() == 1

    def test_a_later_turn_is_not_undone_by_older_figures(self) -> None:
        case = verifying()
        happen(case, EventKind.CLOSED, on=TODAY)
        GapFactory(household=case.household)

        assert sync(ON) == services.Synced()

    def test_an_outdated_date_says_nothing(self) -> None:
        gap = GapFactory()
        RunNight.objects.create(on=TODAY, low=gap.village_id, high=gap.village_id, watermark=AT)

        assert sync(ON) == services.Synced()
        assert sync(TODAY).opened == 1

    def test_a_moved_household_takes_its_case_along(self) -> None:
        case = CaseFactory()
        other = CaseFactory().village
        GapFactory(household=case.household, village=other)

        assert sync().moved == 1
        case.refresh_from_db()
        assert case.village == other

    def test_never_closes(self) -> None:
        case = CaseFactory(after=["ASSIGNED", "STARTED"])

        assert sync() == services.Synced()
        case.refresh_from_db()
        assert case.state == "RECTIFYING"

    def test_statements_do_not_grow(self) -> None:
        GapFactory.create_batch(2)
        with CaptureQueriesContext(
            connection,
        ) as few:
            sync()
        GapFactory.create_batch(12)
        with CaptureQueriesContext(connection) as many:
            sync()

        assert len(many) == len(few)

    def test_states_follow_the_table(self) -> None:
        """The set-wise statements make the turns that the table knows."""
        for kind in (EventKind.REOPENED, EventKind.MET, EventKind.UNMET):
            before, after = TRANSITIONS[kind]
            statement = {
                "REOPENED": services._REOPEN,
                "MET": services._MET,
                "UNMET": services._UNMET,
            }[kind]
            assert f"'{kind}', '{next(iter(before))}', '{after}'" in statement


class TestActs:
    def test_the_straight_way(self, villages: Any, county_user: Any, clerk: Any) -> None:
        gap = GapFactory(household__village=villages.own)
        sync()
        case = Case.objects.get()
        case = services.assign_case(case=case, act=act(case, county_user), due_on=date(2019, 12, 1))
        case = services.start_rectifying(case=case, act=act(case, clerk))
        case = services.log_progress(case=case, act=act(case, clerk))
        case = services.apply_for_closing(case=case, act=act(case, clerk))
        assert case.state == CaseState.APPLIED
        end_gap(gap, TODAY)
        sync(TODAY)
        case.refresh_from_db()
        case = services.close_case(case=case, act=act(case, county_user))

        assert (case.state, case.closed_on, case.due_on) == ("CLOSED", TODAY, date(2019, 12, 1))
        assert [e.kind for e in case.events.order_by("pk")] == [
            "OPENED",
            "ASSIGNED",
            "STARTED",
            "PROGRESS",
            "APPLIED",
            "MET",
            "CLOSED",
        ]
        assert (
            AuditEvent.objects.filter(action="case.closed", village_id=case.village_id).count() == 1
        )

    def test_applying_for_a_met_unit_goes_straight_to_verification(self, clerk: Any) -> None:
        case = CaseFactory(after=["ASSIGNED", "STARTED"])

        assert (
            services.apply_for_closing(case=case, act=act(case, clerk)).state == CaseState.VERIFYING
        )

    def test_wrong_state(self, county_user: Any) -> None:
        case = CaseFactory()

        with pytest.raises(services.WrongState):
            services.close_case(case=case, act=act(case, county_user))

    def test_stale_version(self, county_user: Any) -> None:
        case = CaseFactory()
        said = act(case, county_user)
        services.assign_case(case=case, act=said)

        with pytest.raises(services.StaleCase):
            services.assign_case(case=case, act=said)

    def test_back_dated(self, county_user: Any) -> None:
        case = CaseFactory()

        with pytest.raises(services.BackDated):
            services.assign_case(case=case, act=act(case, county_user, on=date(2019, 9, 30)))

    def test_a_reason_is_asked_for(self, county_user: Any) -> None:
        case = verifying()

        with pytest.raises(services.MissingReason):
            services.return_case(case=case, act=act(case, county_user, note=" "))

    def test_return_and_again(self, county_user: Any, clerk: Any) -> None:
        case = verifying()
        case = services.return_case(case=case, act=act(case, county_user))
        case = services.start_rectifying(case=case, act=act(case, clerk))

        assert case.state == CaseState.RECTIFYING

    def test_extension(self, county_user: Any, clerk: Any) -> None:
        case = CaseFactory(after=["ASSIGNED"])
        with pytest.raises(services.BadDueDate):
            services.ask_extension(case=case, act=act(case, clerk), due_on=TODAY)
        case = services.ask_extension(case=case, act=act(case, clerk), due_on=date(2019, 12, 20))
        assert (case.state, case.due_on) == ("EXTENSION", date(2019, 10, 31))
        case = services.grant_extension(case=case, act=act(case, county_user))

        assert (case.state, case.due_on, case.asked_due_on) == (
            "RECTIFYING",
            date(2019, 12, 20),
            None,
        )

    def test_refused_extension_keeps_the_date(self, county_user: Any, clerk: Any) -> None:
        case = CaseFactory(after=["ASSIGNED"])
        case = services.ask_extension(case=case, act=act(case, clerk), due_on=date(2019, 12, 20))
        case = services.refuse_extension(case=case, act=act(case, county_user))

        assert (case.state, case.due_on, case.asked_due_on) == (
            "RECTIFYING",
            date(2019, 10, 31),
            None,
        )

    def test_suspended_is_not_overdue(self, county_user: Any) -> None:
        case = CaseFactory(after=["ASSIGNED"])
        assert case.is_overdue(TODAY)
        case = services.suspend_case(case=case, act=act(case, county_user))
        assert not case.is_overdue(TODAY)
        assert not Case.objects.overdue(TODAY).exists()

        assert (
            services.resume_case(case=case, act=act(case, county_user)).state
            == CaseState.RECTIFYING
        )


class TestClosing:
    @pytest.mark.parametrize("verdict", ["NOT_MET", "INSUFFICIENT_DATA"])
    def test_refused_while_a_gap_stands(self, county_user: Any, verdict: str) -> None:
        case = verifying()
        GapFactory(household=case.household, verdict=verdict)

        with pytest.raises(services.GapStands):
            services.close_case(case=case, act=act(case, county_user))

    def test_refused_to_who_applied(self, places: Any, villages: Any) -> None:
        both = person(RoleCode.COUNTY_OFFICE, places.county)
        case = CaseFactory(household__village=villages.own, after=["ASSIGNED", "STARTED"])
        case = services.apply_for_closing(case=case, act=act(case, both))

        with pytest.raises(services.OwnRectification):
            services.close_case(case=case, act=act(case, both))

    def test_refused_to_the_lead_agency(self, places: Any, villages: Any) -> None:
        unit = AgencyFactory(area=places.city)
        official = person(RoleCode.CITY_OFFICE, places.city, agency=unit)
        case = verifying(household__village=villages.own, lead=[unit])

        with pytest.raises(services.OwnUnit):
            services.close_case(case=case, act=act(case, official))

    def test_refused_to_the_township(self, places: Any, villages: Any) -> None:
        townsman = person(RoleCode.COUNTY_OFFICE, places.township)
        case = verifying(household__village=villages.own)

        with pytest.raises(services.OwnUnit):
            services.close_case(case=case, act=act(case, townsman))

    def test_allowed_to_an_outsider(self, villages: Any, county_user: Any) -> None:
        case = verifying(household__village=villages.own)

        assert services.close_case(case=case, act=act(case, county_user)).state == CaseState.CLOSED


class TestTables:
    def test_one_live_case_per_unit(self) -> None:
        case = CaseFactory()

        with pytest.raises(IntegrityError), transaction.atomic():
            CaseFactory(household=case.household)

    def test_events_are_append_only(self) -> None:
        case = CaseFactory()

        for change in (lambda: case.events.update(note="x"), lambda: case.events.all().delete()):
            with pytest.raises(Exception, match="append-only"), transaction.atomic():
                change()

    @pytest.mark.parametrize(
        "fields",
        [
            {"closed_on": TODAY},
            {"asked_due_on": TODAY},
            {"due_on": date(2019, 9, 1)},
            {"household": None},
        ],
    )
    def test_impossible_rows(self, fields: dict[str, Any]) -> None:
        case = CaseFactory()

        with pytest.raises(IntegrityError), transaction.atomic():
            Case.objects.filter(pk=case.pk).update(**fields)
