"""What papers lack, told on the list of households to visit and on a drop-out case."""

from datetime import UTC, date, datetime
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.enums import Line, RoleCode
from households.documents import missing_documents
from households.dossier import Dossier
from households.enums import DropoutSource
from households.models import Member
from households.permissions import visible_lines
from households.services import dropouts
from households.views.evidence_cards import missing_of
from tests.accounts.factories import person
from tests.households.factories import (
    EvidenceFactory,
    HouseholdFactory,
    MemberFactory,
    SchoolingFactory,
)
from tests.households.registers.conftest import act

pytestmark = pytest.mark.django_db
TODAY = date(2019, 11, 5)


def told(found: list[Any]) -> list[str]:
    return [each.text for each in found]


def test_batch_tells_what_each_file_tells(villages: Any, clerk: Any, places: Any) -> None:
    plain, proved, pupil = (
        HouseholdFactory(village=villages.own, complete=True, with_members=1) for _ in range(3)
    )
    EvidenceFactory(household=proved, document_no="1", document_date=TODAY)
    child = MemberFactory(household=pupil, name="李浩然", birth_date=date(2009, 5, 1))
    SchoolingFactory(member=child, exemption="SUSPENSION")
    households = [plain, proved, pupil]
    housing = person(RoleCode.AGENCY, places.county, line=Line.HOUSING)

    for user in (clerk, housing):
        found = missing_of(user, households, TODAY)
        for household in households:
            dossier = Dossier(household, on=TODAY, lines=visible_lines(user, household))
            papers = list(household.evidence.all())
            assert told(found[household.pk]) == told(missing_documents(dossier, papers))
    found = missing_of(clerk, households, TODAY)
    assert "缺：住房鉴定书" in told(found[plain.pk])
    assert "缺：住房鉴定书" not in told(found[proved.pk])
    assert "李浩然 缺：休学或延缓入学批准书" in told(found[pupil.pk])


def test_check_list_says_it_in_a_constant_number_of_queries(
    villages: Any, clerk: Any, client_for: Any
) -> None:
    client, url, counts = client_for(clerk), reverse("households:check_list"), []
    client.get(url)
    for size in (1, 4):
        HouseholdFactory.create_batch(size, village=villages.own, complete=True, with_members=1)
        with CaptureQueriesContext(connection) as seen:
            page = client.get(url).content.decode()
        counts.append(len(seen))
        assert "缺：住房鉴定书" in page
    assert counts[0] == counts[1]


@pytest.fixture
def visited(villages: Any, informant: Any, clerk: Any) -> Any:
    """A pupil out of school, persuaded once."""
    family = HouseholdFactory(village=villages.own, with_members=1)
    child = MemberFactory(household=family, name="赵小军", birth_date=date(2007, 3, 1))
    case = dropouts.open_dropout(
        member=child, source=DropoutSource.VISIT, act=act(informant, on=date(2019, 10, 1))
    )
    dropouts.verify_dropout(case=case, act=act(clerk, case, on=date(2019, 10, 2)), reason="WEARY")
    dropouts.log_visit(
        case=case,
        act=act(informant, case, on=date(2019, 10, 10)),
        kind="PARENT", at_home=True, persons="王校长", phone="", result="家长同意", next_step="",
    )  # fmt: skip
    return case


def test_case_asks_for_the_form_of_persuasion_until_it_is_there(
    client_for: Any, informant: Any, inspector: Any, visited: Any
) -> None:
    child = Member.objects.get(name="赵小军")
    upload = reverse("households:evidence_list", args=[child.household_id])
    earlier = datetime(2019, 9, 1, tzinfo=UTC)
    EvidenceFactory(household=child.household, member=child, kind="PERSUASION", uploaded_at=earlier)
    page = client_for(informant).get(visited.get_absolute_url()).content.decode()
    assert "缺：劝返登记表" in page
    assert f"{upload}?kind=PERSUASION&amp;member={child.pk}#upload" in page
    assert (
        "缺：劝返登记表"
        not in client_for(inspector).get(visited.get_absolute_url()).content.decode()
    )

    paper = EvidenceFactory(
        household=child.household,
        member=child,
        kind="PERSUASION",
        uploaded_at=datetime(2019, 10, 11, tzinfo=UTC),
    )

    page = client_for(informant).get(visited.get_absolute_url()).content.decode()
    assert "缺：劝返登记表" not in page
    assert paper.get_absolute_url() in page
