from datetime import UTC, date, datetime
from typing import Any

import pytest

from core.facts import Provenance
from households import services
from households.models import Household, HouseholdCheck, Housing, Water
from households.permissions import can_review_check
from villages.models import FactChange

pytestmark = pytest.mark.django_db
VISIT = date(2019, 11, 4)
AT = datetime(2019, 11, 5, 2, tzinfo=UTC)
LATER = datetime(2019, 11, 5, 3, tzinfo=UTC)


def submit(
    household: Household, by: Any, answers: Any = None, *, on: date = VISIT, at: datetime = AT
) -> HouseholdCheck:
    version = Household.objects.get(pk=household.pk).version
    return services.submit_check(
        household=household,
        answers=answers or {},
        visited_on=on,
        by=by,
        at=at,
        base_version=version,
        raw={"a": "b"},
    )


def test_stale_version_is_refused_and_nothing_written(household: Household, clerk: Any) -> None:
    with pytest.raises(services.StaleHousehold):
        services.submit_check(
            household=household,
            answers={Housing: [({}, {"grade": "C"})]},
            visited_on=VISIT,
            by=clerk,
            at=AT,
            base_version=9,
        )

    assert not HouseholdCheck.objects.exists()
    assert Housing.objects.count() == 1


def test_check_counts_from_submission_and_is_valid_from_the_visit(
    household: Household, clerk: Any
) -> None:
    submit(household, clerk, {Housing: [({}, {"grade": "C"})]})

    assert Housing.objects.as_of(date(2019, 11, 3)).get().grade == "B"
    assert Housing.objects.as_of(VISIT).get().grade == "C"
    assert (
        Housing.objects.as_of(VISIT, known_at=datetime(2019, 11, 5, 1, tzinfo=UTC)).get().grade
        == "B"
    )


def test_returned_check_restores_what_held_even_on_the_same_day(
    household: Household, informant: Any, clerk: Any
) -> None:
    told = Provenance(valid_from=VISIT, at=AT, by=clerk, source="IMPORT")
    services.record_household_facts(
        household=household, changes={Housing: [({}, {"grade": "A"})]}, told=told
    )
    check = submit(
        household,
        informant,
        {Housing: [({}, {"grade": "D"})], Water: [({}, {"fetch_minutes": 40})]},
        at=LATER,
    )
    FactChange.objects.all().delete()

    services.return_check(
        check=check, by=clerk, at=datetime(2019, 11, 5, 4, tzinfo=UTC), reason="照片不清"
    )

    assert Housing.objects.as_of(VISIT).get().grade == "A"
    assert Water.objects.as_of(VISIT).get().fetch_minutes == 10
    assert FactChange.objects.get().since == VISIT
    assert services.draft_answers(HouseholdCheck.objects.get(state="DRAFT")) == {"a": "b"}
    with pytest.raises(services.NotReturnable):
        services.return_check(check=check, by=clerk, at=LATER, reason="再退")


def test_nobody_returns_the_own_check(
    household: Household, clerk: Any, county_user: Any, informant: Any
) -> None:
    check = submit(household, clerk)

    with pytest.raises(services.OwnCheck):
        services.return_check(check=check, by=clerk, at=LATER, reason="自己退")
    assert not can_review_check(clerk, check)
    assert not can_review_check(informant, check)
    assert can_review_check(county_user, check)


def test_draft_is_one_per_person_and_can_be_discarded(
    household: Household, clerk: Any, informant: Any
) -> None:
    for by in (clerk, clerk, informant):
        services.save_draft(
            household=household, raw={"x": "王某"}, visited_on=VISIT, by=by, at=AT, base_version=1
        )

    assert HouseholdCheck.objects.count() == 2
    stored = HouseholdCheck.objects.filter(author=clerk).values_list("answers", flat=True)
    assert services.draft_answers(HouseholdCheck.objects.get(author=clerk)) == {"x": "王某"}
    assert stored
    assert services.discard_draft(household=household, by=clerk, at=AT)
    assert not services.discard_draft(household=household, by=clerk, at=AT)


def test_draft_is_unreadable_in_the_database(household: Household, clerk: Any) -> None:
    from django.db import connection

    services.save_draft(
        household=household, raw={"x": "王某"}, visited_on=VISIT, by=clerk, at=AT, base_version=1
    )

    with connection.cursor() as cursor:
        cursor.execute("SELECT answers FROM households_householdcheck")
        assert "王某" not in cursor.fetchone()[0]
