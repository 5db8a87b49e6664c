"""A household outside the register: its number shown on the trail, its way into the register."""

from datetime import date
from typing import Any

import pytest
from django.urls import reverse

from core import slots
from core.models import AuditEvent
from households import services
from households.enums import ClueKind
from households.models import MonitoringCase, StatusProcess
from households.services import monitoring
from households.services.monitoring import Borderline
from tests.households.factories import HouseholdFactory, id_number
from tests.households.registers.conftest import act
from tests.households.status.conftest import Story

pytestmark = pytest.mark.django_db
NUMBER = id_number(9101, date(1968, 4, 2))


@pytest.fixture
def stranger(villages: Any, informant: Any) -> MonitoringCase:
    return monitoring.report_clue(
        subject=Borderline(village=villages.own, head_name="钱守田", id_number=NUMBER, persons=2),
        clue_kind=ClueKind.HOUSEHOLD,
        act=act(informant, on=date(2019, 9, 2), note="玉米受灾"),
    )


@pytest.fixture
def story(informant: Any, clerk: Any, county_user: Any) -> Story:
    return Story(informant, clerk, county_user)


def reveal(case: MonitoringCase) -> str:
    return reverse("households:monitoring_reveal", args=[case.pk])


def apply(case: MonitoringCase) -> str:
    return f"{reverse('households:process_identify')}?case={case.pk}"


def application(case: MonitoringCase, **more: str) -> dict[str, Any]:
    """The form as the page offers it, filled in."""
    return {
        "village": case.village_id,
        "on": "2019-09-20",
        "identify_standard": "NATIONAL",
        "cause_main": "DISASTER",
        "m-TOTAL_FORMS": "1",
        "m-INITIAL_FORMS": "1",
        "m-0-name": "钱守田",
        "m-0-id_number": case.id_mask,
        "m-0-relation": "HEAD",
        "operation_key": "k",
        **more,
    }


def test_number_is_shown_for_a_purpose_and_on_the_trail(
    client_for: Any, informant: Any, other_clerk: Any, inspector: Any, stranger: MonitoringCase
) -> None:
    client = client_for(informant)
    page = client.get(stranger.get_absolute_url()).content.decode()
    assert reveal(stranger) in page
    assert NUMBER not in page

    assert client.post(reveal(stranger), {"purpose": "x"}).status_code == 422
    assert not AuditEvent.objects.filter(action="monitoring.reveal_id").exists()
    shown = client.post(reveal(stranger), {"purpose": "VISIT"})

    assert NUMBER in shown.content.decode()
    assert stranger.get_absolute_url() in shown.content.decode()
    event = AuditEvent.objects.get(action="monitoring.reveal_id")
    assert (event.detail, event.target_id) == ({"purpose": "VISIT"}, str(stranger.pk))
    assert client_for(inspector).post(reveal(stranger), {"purpose": "VISIT"}).status_code == 403
    assert client_for(other_clerk).get(reveal(stranger)).status_code == 404


def test_registered_household_has_its_own_page_for_that(
    client_for: Any, informant: Any, family: Any
) -> None:
    case = monitoring.report_clue(
        subject=family, clue_kind=ClueKind.CADRE, act=act(informant, note="大病自付较高")
    )

    assert client_for(informant).get(reveal(case)).status_code == 404


def test_application_begins_with_what_the_case_knows(
    client_for: Any, informant: Any, stranger: MonitoringCase
) -> None:
    client = client_for(informant)
    assert apply(stranger) in client.get(stranger.get_absolute_url()).content.decode()

    page = client.get(apply(stranger)).content.decode()

    assert 'value="钱守田"' in page
    assert f'value="{stranger.id_mask}"' in page
    assert NUMBER not in page
    wrong = client.post(apply(stranger), application(stranger, cause_main=""))
    assert wrong.status_code == 200
    assert NUMBER not in wrong.content.decode()


@pytest.mark.parametrize("asked", ["", "0", "x", "9" * 30])
def test_unknown_case_begins_an_empty_application(
    client_for: Any, informant: Any, asked: str
) -> None:
    url = f"{reverse('households:process_identify')}?case={asked}"

    assert client_for(informant).get(url).status_code == 200


def test_case_of_another_township_tells_nothing(
    client_for: Any, other_clerk: Any, stranger: MonitoringCase
) -> None:
    assert "钱守田" not in client_for(other_clerk).get(apply(stranger)).content.decode()


def test_case_goes_on_with_the_household_it_became(
    client_for: Any, informant: Any, stranger: MonitoringCase, story: Story
) -> None:
    answer = client_for(informant).post(apply(stranger), application(stranger))
    assert answer.status_code == 302, answer.content.decode()
    process = StatusProcess.objects.get()
    assert process.family["members"][0]["id_number"] == NUMBER

    process = story.through(process)

    stranger = MonitoringCase.objects.get(pk=stranger.pk)
    assert stranger.household == process.household
    assert (stranger.village, stranger.head_name, stranger.name) == (None, "", "钱守田")
    event = AuditEvent.objects.get(action="monitoring.link")
    assert event.detail == {"household": process.household_id}
    page = client_for(informant).get(stranger.get_absolute_url()).content.decode()
    assert "发起识别" not in page


def test_case_that_has_a_household_keeps_it(
    family: Any, informant: Any, villages: Any, stranger: MonitoringCase
) -> None:
    first, second = (HouseholdFactory(village=villages.own) for _ in range(2))
    at = act(informant).at
    for household in (first, second):
        monitoring.link_registered(case_id=stranger.pk, household=household, by=informant, at=at)

    assert MonitoringCase.objects.get(pk=stranger.pk).household == first


def test_village_has_the_days_of_the_standard(villages: Any, informant: Any) -> None:
    slots.register("clue_days", lambda village_id, on: 3)
    slots.register("clue_days", lambda village_id, on: None)

    case = monitoring.report_clue(
        subject=Borderline(village=villages.own, head_name="钱守田"),
        clue_kind=ClueKind.HOUSEHOLD,
        act=act(informant, on=date(2019, 10, 1), note="玉米受灾"),
    )

    assert case.due_on == date(2019, 10, 4)
    assert services.notice_days(villages.own.pk, date(2019, 10, 1)) == 7
