"""Pages and API of 疑点数据: who sees which, what a row says, exceptions, cards, the same number of queries."""

import io
from datetime import date
from types import SimpleNamespace
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from openpyxl import load_workbook

from accounts.enums import RoleCode
from core.models import AuditEvent
from core.operations import new_key
from households.models import HouseholdProfile, Housing, LivingConditions, MemberProfile
from indicators import services
from indicators.models import Finding, FindingException
from indicators.quality import services as quality
from indicators.views_quality import exit_guards
from tests.accounts.factories import person
from tests.households.factories import EvidenceFactory, PairingFactory
from tests.indicators.factories import Teller

LIST = reverse("indicators:finding_list")
EXPORT = reverse("indicators:finding_export")
EXCEPTIONS = reverse("indicators:exception_list")
NIGHT = date(2019, 10, 31)  # a Thursday
RULE = "DQ-LND-01A"


@pytest.fixture
def told(teller: Teller, villages: SimpleNamespace) -> SimpleNamespace:
    """Two households of the own township with too much land, one of another township; one night."""
    made = SimpleNamespace(teller=teller)
    for name, village in (
        ("own", villages.own),
        ("next", villages.next),
        ("other", villages.other),
    ):
        house = teller.household(village)
        teller.tell(house, LivingConditions, {"cultivated_mu": 61})
        setattr(made, name, house)
    teller.tell(made.own, HouseholdProfile, {"cause_main": "ILLNESS"})
    teller.tell(made.own.people[0], MemberProfile, {"health": ["HEALTHY"]})
    teller.tell(made.own, Housing, {"grade": "D"})
    look(teller, NIGHT)
    return made


def look(teller: Teller, on: date) -> None:
    quality.find_all(run=services.recompute(on=on, at=teller.tick()), at=teller.tick())


def finding(household: Any, rule: str = RULE) -> Finding:
    return Finding.objects.latest_known().get(household=household, rule=rule)


def rules_listed(response: Any) -> set[str]:
    return {row["told"].rule.code for row in response.context["rows"]}


# --- the list ------------------------------------------------------------------------------------


def test_a_row_says_who_what_why_how_and_until_when(
    client_for: Any, clerk: Any, told: SimpleNamespace
) -> None:
    response = client_for(clerk).get(LIST, {"rule": RULE})

    page = response.content.decode()
    assert [row["household"] for row in response.context["rows"]] == [told.own, told.next]
    assert "人均耕地超过50亩" in page
    assert "耕地面积 61 亩" in page
    assert "多为单位填错" in page
    assert f"{reverse('households:check_edit', args=[told.own.pk])}#s9" in page
    assert "2019-11-07" in page  # five working days after the night of 10-31
    assert told.other.head_name not in page


def test_the_state_of_a_day_decides_what_is_overdue(
    client_for: Any, clerk: Any, teller: Teller, villages: SimpleNamespace
) -> None:
    early, late = teller.household(villages.own), teller.household(villages.own)
    teller.tell(early, LivingConditions, {"cultivated_mu": 61})
    teller.tell(late, LivingConditions, {"cultivated_mu": 61}, since=date(2019, 10, 29))
    look(teller, date(2019, 10, 28))  # due on 11-04, today is 11-05
    look(teller, date(2019, 10, 29))  # due today

    client = client_for(clerk)

    (row,) = client.get(LIST, {"state": "OVERDUE", "rule": RULE}).context["rows"]
    assert row["household"] == early
    assert row["told"].is_overdue
    both = client.get(LIST, {"rule": RULE}).context["rows"]
    assert [each["told"].is_overdue for each in both] == [True, False]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({"severity": "WARNING", "subject": "VILLAGE"}, {"DQ-VIL-01A"}),
        ({"rule": "DQ-EXIT-01C"}, {"DQ-EXIT-01C"}),
        ({"state": "EXPLAINED"}, set()),
        ({"state": "ASKED"}, set()),
    ],
)
def test_conditions(
    query: dict[str, str], expected: set[str], client_for: Any, clerk: Any, told: SimpleNamespace
) -> None:
    assert rules_listed(client_for(clerk).get(LIST, query)) == expected


def test_conditions_by_village(client_for: Any, clerk: Any, told: SimpleNamespace) -> None:
    response = client_for(clerk).get(LIST, {"village": told.next.village_id})

    assert {row["village"].pk for row in response.context["rows"]} == {told.next.village_id}


def test_counts_agree_with_the_list(client_for: Any, clerk: Any, told: SimpleNamespace) -> None:
    response = client_for(clerk).get(LIST, {"size": "100"})

    context = response.context
    assert sum(row["standing"] for row in context["by_rule"]) == len(context["rows"])
    total = context["total"]
    assert total.blocking + total.warnings == len(context["rows"])
    assert sum(share.blocking for share in context["below"]) == total.blocking
    assert context["night"] == NIGHT


def test_illness_is_listed_only_for_who_works_with_the_family(
    client_for: Any, clerk: Any, city_user: Any, told: SimpleNamespace
) -> None:
    query = {"size": "100", "area": str(told.own.village_id)}

    assert "DQ-CAU-01" in rules_listed(client_for(clerk).get(LIST, query))
    response = client_for(city_user).get(LIST, query)
    assert "DQ-CAU-01" not in rules_listed(response)
    assert RULE in rules_listed(response)
    assert "只对村、乡镇和旗县扶贫办列出" in response.content.decode()


def test_an_officer_sees_the_own_line(
    client_for: Any, agency_user: Any, told: SimpleNamespace
) -> None:
    response = client_for(agency_user).get(LIST, {"size": "100", "area": str(told.own.village_id)})

    assert rules_listed(response) == {"DQ-EXIT-01C", "DQ-EXIT-01E"}


def test_a_helper_sees_the_paired_household(
    client_for: Any, helper: Any, told: SimpleNamespace
) -> None:
    PairingFactory(household=told.own, helper=helper)

    response = client_for(helper).get(LIST, {"size": "100"})

    assert {row["household"] for row in response.context["rows"]} == {told.own}
    assert "DQ-CAU-01" not in rules_listed(response)


def count_queries(client: Any, address: str) -> int:
    client.get(address)
    with CaptureQueriesContext(
        connection,
    ) as captured:
        assert client.get(address).status_code == 200
    return len(captured)


def test_as_many_queries_for_many_as_for_few(
    client_for: Any, clerk: Any, teller: Teller, told: SimpleNamespace, villages: SimpleNamespace
) -> None:
    client = client_for(clerk)
    few = count_queries(client, f"{LIST}?size=100&rule={RULE}")
    for _ in range(12):
        teller.tell(teller.household(villages.own), LivingConditions, {"cultivated_mu": 99})
    look(teller, date(2019, 11, 1))

    assert count_queries(client, f"{LIST}?size=100&rule={RULE}") == few
    assert len(client.get(f"{LIST}?size=100&rule={RULE}").context["rows"]) == 14


def test_the_file_holds_what_the_list_shows_and_is_on_the_trail(
    client_for: Any, clerk: Any, told: SimpleNamespace
) -> None:
    client = client_for(clerk)

    assert "2 行" in client.get(EXPORT, {"rule": RULE}).content.decode()
    response = client.post(f"{EXPORT}?rule={RULE}", {"purpose": "下发更正"})

    sheet = load_workbook(io.BytesIO(response.content)).active
    lines = [row for row in sheet.iter_rows(values_only=True) if RULE in row]
    assert [line[2] for line in lines] == [told.own.head_name, told.next.head_name]
    assert "耕地面积 61 亩" in str(lines[0])
    trail = AuditEvent.objects.get(action="finding.export")
    assert trail.detail["rows"] == 2
    assert trail.detail["conditions"] == {"rule": RULE}


def test_the_catalogue_says_whose_numbers_they_are(client_for: Any, leader: Any) -> None:
    page = client_for(leader).get(reverse("indicators:rule_list")).content.decode()

    assert "系统默认口径" in page
    assert "数据清洗通行口径" in page
    assert "录入时即拒绝" in page
    assert "证件号码校验位错" in page


# --- exceptions ----------------------------------------------------------------------------------


def form(**more: Any) -> dict[str, Any]:
    said = {"operation_key": new_key(), "reason": "确权证为 61 亩", "expires_on": "2020-03-31"}
    return said | more


def test_asked_granted_and_explained(
    client_for: Any, clerk: Any, county_user: Any, told: SimpleNamespace
) -> None:
    own = finding(told.own)
    paper = EvidenceFactory(household=told.own)
    client = client_for(clerk)
    assert client.get(reverse("indicators:exception_create", args=[own.pk])).status_code == 200

    response = client.post(
        reverse("indicators:exception_create", args=[own.pk]), form(evidence=paper.pk)
    )

    made = FindingException.objects.get()
    assert response["Location"] == made.get_absolute_url()
    assert made.evidence == paper
    assert "须由旗县扶贫办另一人审批" in client.get(made.get_absolute_url()).content.decode()
    assert rules_listed(client.get(LIST, {"state": "ASKED"})) == {RULE}

    boss = client_for(county_user)
    assert boss.get(made.get_absolute_url()).context["acts"][0]["name"] == "approve"
    boss.post(
        reverse("indicators:exception_act", args=[made.pk, "approve"]),
        {"operation_key": new_key(), "base_version": made.version, "note": ""},
    )

    (row,) = client.get(LIST, {"state": "EXPLAINED"}).context["rows"]
    assert row["told"].is_waived
    assert [r["household"] for r in client.get(LIST, {"rule": RULE}).context["rows"]] == [told.next]
    assert "已说明（不等于通过）" in client.get(LIST, {"state": "EXPLAINED"}).content.decode()
    assert client.get(LIST).context["total"].waived == 1
    assert "已批准" in client.get(EXCEPTIONS).content.decode()


def test_sent_twice_it_is_asked_once(client_for: Any, clerk: Any, told: SimpleNamespace) -> None:
    address = reverse("indicators:exception_create", args=[finding(told.own).pk])
    client, said = client_for(clerk), form()

    first, second = client.post(address, said), client.post(address, said)

    assert first["Location"] == second["Location"]
    assert FindingException.objects.count() == 1


@pytest.mark.parametrize(
    ("more", "text"),
    [
        ({"expires_on": "2019-11-05"}, "最长一年"),
        ({"reason": ""}, "必填"),
        ({"expires_on": "2020-11-07"}, "最长一年"),
    ],
)
def test_a_bad_request_is_told(
    more: dict[str, str], text: str, client_for: Any, clerk: Any, told: SimpleNamespace
) -> None:
    address = reverse("indicators:exception_create", args=[finding(told.own).pk])

    page = client_for(clerk).post(address, form(**more)).content.decode()

    assert text in page or "invalid-feedback" in page
    assert not FindingException.objects.exists()


def test_a_paper_of_another_household_is_no_choice(
    client_for: Any, clerk: Any, told: SimpleNamespace
) -> None:
    paper = EvidenceFactory(household=told.next)
    address = reverse("indicators:exception_create", args=[finding(told.own).pk])

    client_for(clerk).post(address, form(evidence=paper.pk))

    assert not FindingException.objects.exists()


def test_one_person_cannot_ask_and_decide(
    client_for: Any, county_user: Any, places: Any, told: SimpleNamespace
) -> None:
    client = client_for(county_user)
    client.post(reverse("indicators:exception_create", args=[finding(told.own).pk]), form())
    made = FindingException.objects.get()

    client.post(
        reverse("indicators:exception_act", args=[made.pk, "approve"]),
        {"operation_key": new_key(), "base_version": 1, "note": ""},
    )

    made.refresh_from_db()
    assert made.state == "OPEN"
    colleague = person(RoleCode.COUNTY_OFFICE, places.county, username="second")
    client_for(colleague).post(
        reverse("indicators:exception_act", args=[made.pk, "approve"]),
        {"operation_key": new_key(), "base_version": 1, "note": ""},
    )
    made.refresh_from_db()
    assert made.state == "APPROVED"


def test_a_clerk_does_not_decide_and_a_neighbour_does_not_see(
    client_for: Any, clerk: Any, county_user: Any, other_clerk: Any, told: SimpleNamespace
) -> None:
    own = finding(told.own)
    made = quality.request_exception(
        finding=own, reason="属实", expires_on=date(2020, 1, 1), by=county_user,
        on=date(2019, 11, 5), at=told.teller.tick(),
    )  # fmt: skip
    address = reverse("indicators:exception_act", args=[made.pk, "approve"])
    said = {"operation_key": new_key(), "base_version": 1}

    assert client_for(clerk).post(address, said).status_code == 403
    assert client_for(other_clerk).post(address, said).status_code == 404
    assert client_for(other_clerk).get(made.get_absolute_url()).status_code == 404
    asked = reverse("indicators:exception_create", args=[own.pk])
    assert client_for(other_clerk).get(asked).status_code == 404


# --- cards ---------------------------------------------------------------------------------------


def test_the_household_page_shows_its_findings(
    client_for: Any, clerk: Any, told: SimpleNamespace
) -> None:
    page = client_for(clerk).get(told.own.get_absolute_url()).content.decode()

    assert 'id="findings"' in page
    assert "人均耕地超过50亩" in page
    assert reverse("indicators:exception_create", args=[finding(told.own).pk]) in page


def test_the_workbench_counts_them(
    client_for: Any, clerk: Any, county_user: Any, told: SimpleNamespace
) -> None:
    def rows(user: Any) -> dict[str, int]:
        todo = client_for(user).get(reverse("reports:workbench")).context["todo"]
        return {row["label"]: row["count"] for row in todo}

    query = {"size": "100", "severity": "BLOCKING"}
    shown = len(client_for(clerk).get(LIST, query).context["rows"])
    assert rows(clerk)["疑点数据须更正"] == shown
    client_for(clerk).post(
        reverse("indicators:exception_create", args=[finding(told.own).pk]), form()
    )
    assert rows(county_user)["疑点说明待审批"] == 1
    assert "疑点说明待审批" not in rows(clerk)


def test_what_must_be_put_right_stands_against_an_exit(
    told: SimpleNamespace, clerk: Any, county_user: Any
) -> None:
    (guard,) = exit_guards(told.own, date(2019, 11, 5))
    assert "已脱贫，住房不安全" in guard.label
    assert "人均耕地" not in guard.label

    for each in Finding.objects.latest_known().filter(household=told.own, severity="BLOCKING"):
        made = quality.request_exception(
            finding=each, reason="属实", expires_on=date(2019, 12, 31), by=clerk,
            on=date(2019, 11, 5), at=told.teller.tick(),
        )  # fmt: skip
        quality.approve_exception(
            exception=made, base_version=1, by=county_user, at=told.teller.tick()
        )

    assert exit_guards(told.own, date(2019, 12, 31)) == []
    assert len(exit_guards(told.own, date(2020, 1, 1))) == 1


# --- API -----------------------------------------------------------------------------------------


def test_findings_over_http(api_for: Any, clerk: Any, told: SimpleNamespace) -> None:
    got = api_for(clerk).get("/api/v1/findings/", {"rule": RULE}).json()

    assert got["count"] == 2
    row = got["results"][0]
    assert row["household"] == told.own.pk
    assert row["seen"]["living.cultivated_mu"] == 61
    assert row["due_on"] == "2019-11-07"
    one = api_for(clerk).get(f"/api/v1/findings/{row['id']}/")
    assert one.json() == row
    other = finding(told.other)
    assert api_for(clerk).get(f"/api/v1/findings/{other.pk}/").status_code == 404
    assert api_for(clerk).get("/api/v1/findings/", {"rule": "X"}).status_code == 400


def test_exceptions_over_http(
    api_for: Any, clerk: Any, county_user: Any, told: SimpleNamespace
) -> None:
    said = {"finding": finding(told.own).pk, "reason": "属实", "expires_on": "2020-03-31"}
    api = api_for(clerk)

    made = api.post("/api/v1/finding-exceptions/", said, headers={"Idempotency-Key": new_key()})
    assert made.status_code == 201, made.content
    again = api.post("/api/v1/finding-exceptions/", said, headers={"Idempotency-Key": new_key()})
    assert again.status_code == 409

    address = f"/api/v1/finding-exceptions/{made.json()['id']}/approve/"
    decision = {"base_version": 1, "note": ""}
    assert api.post(address, decision, headers={"Idempotency-Key": new_key()}).status_code == 403
    done = api_for(county_user).post(address, decision, headers={"Idempotency-Key": new_key()})

    assert done.json()["state"] == "APPROVED"
    assert api.get("/api/v1/findings/", {"rule": RULE}).json()["count"] == 1
    explained = api.get("/api/v1/findings/", {"rule": RULE, "state": "EXPLAINED"}).json()
    assert explained["results"][0]["explained"] is True
