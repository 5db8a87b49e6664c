"""Pages of the standards: what holds where, proposing, deciding and trying."""

from datetime import date
from types import SimpleNamespace
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from core.models import AuditEvent
from core.operations import new_key
from households.models import Water
from indicators import standard_values as standing
from indicators.models import Parameter, StandardProposal, StandardTrial
from indicators.services import recompute
from tests.accounts.factories import person
from tests.indicators.factories import Teller

LIST = reverse("indicators:standard_list")
CODE = "water_l_basic"
DETAIL = reverse("indicators:standard_detail", args=[CODE])
PROPOSE = reverse("indicators:proposal_create", args=[CODE])
TRY = reverse("indicators:trial_create", args=[CODE])
PROPOSALS = reverse("indicators:proposal_list")


@pytest.fixture
def second(places: SimpleNamespace) -> Any:
    """A colleague in the city's office."""
    return person("city_office", places.city, username="second")


@pytest.fixture
def houses(teller: Teller, villages: SimpleNamespace) -> SimpleNamespace:
    """In the own village 18 and 40 litres, in the other town 18."""
    made = SimpleNamespace(teller=teller)
    facts = {"mode": "PIPED", "quality": "MET", "short_days_per_year": 5}
    for name, village, litres in (
        ("low", villages.own, 18),
        ("high", villages.own, 40),
        ("other", villages.other, 18),
    ):
        house = teller.household(village)
        teller.sound(house)
        teller.tell(house, Water, facts | {"litres_per_person_day": litres}, since=date(2019, 1, 1))
        setattr(made, name, house)
    return made


def filled(**more: Any) -> dict[str, Any]:
    said: dict[str, Any] = {
        "operation_key": new_key(), "region": "150222", "value": "15", "valid_from": "2019-06-01",
        "valid_until": "", "document": "kaizhou-2019", "section": "一", "note": "", "reason": "核实后调整",
        "base_version": standing.newest(CODE),
    }  # fmt: skip
    return said | more


def made(client: Any, **more: Any) -> StandardProposal:
    client.post(f"{PROPOSE}?area=150222000000", filled(**more))
    return StandardProposal.objects.latest("pk")


def act(client: Any, proposal: StandardProposal, name: str, **more: Any) -> Any:
    said = {"operation_key": new_key(), "base_version": proposal.version, "note": "同意"} | more
    return client.post(
        reverse("indicators:proposal_act", args=[proposal.pk, name]), said, follow=True
    )


def text(response: Any) -> str:
    return str(response.content.decode())


# --- the list -------------------------------------------------------------------------------------


def test_the_list_shows_what_holds_in_the_area(client_for, clerk, teller, places):
    page = client_for(clerk).get(LIST, {"size": 100})
    row = next(r for r in page.context["rows"] if r["held"].standard.code == CODE)

    assert page.context["area"] == places.township
    assert (row["shown"].text, row["shown"].place) == ("20 升/人·天", "内蒙古自治区")
    assert "WAT-01" in {d.code for d in row["indicators"]}
    assert "《农村饮水安全评价准则》" in text(page)
    assert "标准文本未入库" in text(page)


def test_the_list_is_as_of_a_day(client_for, clerk, teller):
    def value(on: str) -> str:
        page = client_for(clerk).get(LIST, {"on": on, "q": "识别收入"})
        return str(page.context["rows"][0]["shown"].text)

    assert value("2019-12-30") == "2995 元/人·年"
    assert value("2016-12-31") == "2952 元/人·年"
    assert value("2014-12-31") == "2800 元/人·年"


@pytest.mark.parametrize(
    ("query", "among", "not_among"),
    [
        ({"q": "供水量"}, CODE, "pass_pct"),
        ({"topic": "water"}, CODE, "pass_pct"),
        ({"show": "held"}, CODE, "house_works_due"),
        ({"show": "competing"}, "missed_rate_max_pct", CODE),
        ({"show": "unsure"}, "pension_age_from", "pass_pct"),
    ],
)
def test_conditions_narrow_the_list(client_for, clerk, teller, query, among, not_among):
    page = client_for(clerk).get(LIST, {**query, "size": 100})
    codes = {row["held"].standard.code for row in page.context["rows"]}

    assert among in codes
    assert not_among not in codes


def test_what_cannot_be_read_is_told_above_an_empty_list(client_for, clerk, teller):
    page = client_for(clerk).get(LIST, {"on": "someday"})

    assert list(page.context["rows"]) == []
    assert "日期写法不对" in text(page)


def test_the_list_as_fragment(htmx_client, clerk, teller):
    page = htmx_client(clerk).get(LIST, {"q": "供水"}, HTTP_HX_TARGET="standard-table")

    assert "<h1" not in text(page)
    assert 'id="standard-table"' in text(page)


def test_pages_ask_the_same_number_of_queries_however_much_there_is(
    client_for, city_user, second, houses
):
    client = client_for(city_user)

    def asked(address: str, **query: Any) -> int:
        client.get(address, query)
        with CaptureQueriesContext(
            connection,
        ) as seen:
            assert client.get(address, query).status_code == 200
        return len(seen)

    first = made(client)
    few = [asked(LIST), asked(DETAIL), asked(PROPOSALS), asked(first.get_absolute_url())]
    for n in range(12):
        proposal = made(client, region="150222105", value=str(n), valid_from=f"2019-07-{n + 1:02}",
                        valid_until=f"2019-07-{n + 1:02}")  # fmt: skip
        act(client_for(second), proposal, "approve")
        made(client, region="150222105", value=str(n), valid_from=f"2019-08-{n + 1:02}",
             valid_until=f"2019-08-{n + 1:02}")  # fmt: skip
    many = [
        asked(LIST, size=100),
        asked(DETAIL),
        asked(PROPOSALS, size=100),
        asked(first.get_absolute_url()),
    ]

    assert StandardProposal.objects.count() == 25
    assert many == few


# --- one standard ---------------------------------------------------------------------------------


def test_one_standard_with_the_value_above_and_its_versions(
    client_for, city_user, second, teller, places
):
    proposal = made(client_for(city_user))
    act(client_for(second), proposal, "approve")

    page = client_for(city_user).get(DETAIL, {"area": places.township.code})

    assert (page.context["value"].text, page.context["value"].place) == ("15 升/人·天", "固阳县")
    assert (page.context["above"].text, page.context["above"].place) == (
        "20 升/人·天",
        "内蒙古自治区",
    )
    assert [used for _each, used in page.context["values"]].count(True) == 1
    assert f"{city_user} 提出，{second} 批准" in text(page)
    assert "WAT-01" in text(page)
    assert CODE not in text(page).replace(f"/{CODE}/", "")  # addresses aside, no code of ours


def test_competing_values_stand_side_by_side(client_for, inspector, teller):
    page = client_for(inspector).get(
        reverse("indicators:standard_detail", args=["missed_rate_max_pct"])
    )

    assert page.context["value"].text == "2 %"
    assert [each.text for each in page.context["competing_here"]] == ["1 %"]
    assert "不参与判定" in text(page)


def test_superseded_values_stay_readable(client_for, city_user, second, teller, places):
    for value in ("15", "16"):
        act(client_for(second), made(client_for(city_user), value=value), "approve")

    page = client_for(city_user).get(DETAIL, {"area": places.county.code})

    assert page.context["value"].text == "16 升/人·天"
    assert [each.text for each in page.context["history"]] == ["15 升/人·天"]


def test_an_unknown_standard_does_not_exist(client_for, city_user, teller):
    for name in ("standard_detail", "proposal_create", "trial_create"):
        assert (
            client_for(city_user).get(reverse(f"indicators:{name}", args=["none"])).status_code
            == 404
        )


# --- proposing ------------------------------------------------------------------------------------


def test_a_proposal_is_made_once(client_for, city_user, teller):
    client, said = client_for(city_user), filled(valid_until="2019-12-31")
    for _ in range(2):
        response = client.post(PROPOSE, said)

    proposal = StandardProposal.objects.get()
    assert response["Location"] == proposal.get_absolute_url()
    assert (proposal.region, proposal.value, proposal.valid_to) == (
        "150222",
        "15",
        date(2020, 1, 1),
    )
    assert proposal.proposed_by == city_user
    assert AuditEvent.objects.filter(action="standards.propose").count() == 1


def test_the_form_begins_with_what_holds(client_for, city_user, teller, places):
    form = client_for(city_user).get(PROPOSE, {"area": places.county.code}).context["form"]

    assert (form["region"].value(), form["value"].value()) == ("150222", "20")
    regions = [value for value, _label in form.fields["region"].choices]
    assert regions == ["1502", "150222", "150222100", "150222105"]


@pytest.mark.parametrize(
    ("more", "field", "said"),
    [
        ({"value": "many"}, "value", "不小于零的数"),
        ({"value": ""}, "value", "还没有填写"),
        ({"region": "1506"}, "region", "1506"),
        ({"valid_from": "someday"}, "valid_from", "日期写法不对"),
        ({"valid_until": "2019-05-31"}, "valid_until", "早于生效日期"),
        ({"document": ""}, "document", "还没有选择"),
        ({"document": "new"}, "new_title", "录入新文件须填名称"),
        ({"section": ""}, "section", "还没有填写"),
        ({"reason": ""}, "reason", "还没有填写"),
        ({"value": "25", "document": "tches-18-2018"}, "document", "更严"),
        ({"base_version": "1"}, None, "已被改动"),
    ],
)
def test_what_is_wrong_is_said_at_its_field(client_for, city_user, teller, more, field, said):
    page = client_for(city_user).post(PROPOSE, filled(**more))

    errors = page.context["form"].errors.get(field or "__all__", [])
    assert said in "".join(errors)
    assert not StandardProposal.objects.exists()


@pytest.mark.parametrize(
    ("code", "more", "value"),
    [
        ("house_works_due", {"value": "6月30日"}, "06-30"),
        ("double_check_applies", {"value": "1"}, "1"),
        ("dropout_rule", {"value": "poverty_only"}, "poverty_only"),
        ("insurance_exempt_kinds", {"value": ["LOST_CONTACT", "IN_ARMY"]}, "IN_ARMY,LOST_CONTACT"),
        ("clinic_min_area_m2", {"value": "６０．０"}, "60"),
    ],
)
def test_each_kind_of_value_has_its_field(client_for, city_user, teller, code, more, value):
    address = reverse("indicators:proposal_create", args=[code])
    assert client_for(city_user).get(address).status_code == 200
    said = filled(base_version=standing.newest(code), new_title="本市文件", document="new", **more)

    client_for(city_user).post(address, said)

    assert StandardProposal.objects.get().value == value


def test_a_standard_by_year_begins_with_a_year(client_for, city_user, teller):
    address = reverse("indicators:proposal_create", args=["income_line_identify_yuan"])
    said = filled(
        value="3000", base_version=standing.newest("income_line_identify_yuan"),
        valid_until="2019-11-30",
    )  # fmt: skip
    errors = client_for(city_user).post(address, said).context["form"].errors

    assert set(errors) == {"valid_from", "valid_until"}


# --- deciding -------------------------------------------------------------------------------------


def test_the_second_person_approves(client_for, city_user, second, teller):
    proposal = made(client_for(city_user))
    mine = client_for(city_user).get(proposal.get_absolute_url())
    assert [a["name"] for a in mine.context["acts"]] == ["withdraw"]
    assert "须由另一人审批" in text(mine)
    theirs = client_for(second).get(proposal.get_absolute_url())
    assert [a["name"] for a in theirs.context["acts"]] == ["approve", "reject"]

    page = act(client_for(second), proposal, "approve")

    assert "已批准" in text(page)
    assert page.context["acts"] == []
    assert Parameter.objects.filter(proposal=proposal).count() == 1


def test_who_proposed_cannot_approve(client_for, city_user, teller):
    proposal = made(client_for(city_user))

    page = act(client_for(city_user), proposal, "approve")

    assert "不能审批自己的建议" in text(page)
    proposal.refresh_from_db()
    assert proposal.state == "OPEN"


def test_a_rejection_says_why(client_for, city_user, second, teller):
    proposal = made(client_for(city_user))

    page = act(client_for(second), proposal, "reject", note="")
    assert page.status_code == 200
    assert "还没有填写" in text(page)
    act(client_for(second), proposal, "reject", note="依据不足")

    proposal.refresh_from_db()
    assert (proposal.state, proposal.decision_note) == ("REJECTED", "依据不足")


def test_two_browsers_and_the_later_one_is_told(client_for, city_user, second, teller):
    proposal = made(client_for(city_user))
    act(client_for(city_user), proposal, "withdraw")

    page = act(client_for(second), proposal, "approve")

    assert "已被他人办理" in text(page)
    assert not Parameter.objects.filter(proposal=proposal).exists()


def test_only_the_proposer_withdraws(client_for, city_user, second, system_admin, teller):
    proposal = made(client_for(city_user), region="150222")

    assert act(client_for(second), proposal, "withdraw").status_code == 403
    assert act(client_for(system_admin), proposal, "approve").status_code == 403
    assert act(client_for(city_user), proposal, "delete").status_code == 404


def test_the_system_administrator_proposes_and_does_not_approve(
    client_for, system_admin, city_user, teller
):
    proposal = made(client_for(system_admin))
    assert proposal.proposed_by == system_admin

    assert act(client_for(system_admin), proposal, "approve").status_code == 403
    act(client_for(city_user), proposal, "approve")
    proposal.refresh_from_db()
    assert proposal.state == "APPROVED"


def test_nobody_proposes_above_their_own_area(client_for, system_admin, teller):
    """A county's administrator: the city is not theirs, nor is the neighbouring county."""
    for region in ("1502", "15", "150223"):
        page = client_for(system_admin).post(PROPOSE, filled(region=region))
        assert "region" in page.context["form"].errors


def test_a_past_value_names_the_nights_that_would_change(client_for, city_user, houses):
    recompute(on=date(2019, 10, 31), at=houses.teller.tick())
    page = client_for(city_user).get(made(client_for(city_user)).get_absolute_url())

    assert page.context["impact"].nights == [date(2019, 10, 31)]
    assert "1 个，2019-10-31 至 2019-10-31" in text(page)


def test_proposals_are_listed_by_state(client_for, city_user, second, leader, teller):
    act(client_for(second), made(client_for(city_user)), "approve")
    waiting = made(client_for(city_user), region="150222105")

    def listed(**query: str) -> list[int]:
        rows = client_for(leader).get(PROPOSALS, query).context["rows"]
        return [row["proposal"].pk for row in rows]

    assert listed(state="OPEN") == [waiting.pk]
    assert len(listed()) == 2
    assert listed(state="REJECTED") == []


# --- trying ---------------------------------------------------------------------------------------


def trial_of(client: Any, **more: Any) -> StandardTrial:
    said = filled(**more)
    client.post(
        TRY, {k: said[k] for k in ("operation_key", "region", "value", "valid_from", "valid_until")}
    )
    return StandardTrial.objects.latest("pk")


def test_a_trial_tells_who_flips_by_area(client_for, county_user, houses, places):
    client = client_for(county_user)
    trial = trial_of(client, value="15")

    page = client.get(trial.get_absolute_url())

    assert Parameter.objects.exclude(proposal=None).count() == 0
    assert [d.code for d, _total in page.context["by_indicator"]][-1] == "WAT-01"
    towns = {child.name: total["clear"] for child, total in page.context["by_place"]}
    assert towns["银号镇"] >= 1
    assert towns["金山镇"] >= 1
    names = {row["household"] for row in page.context["rows"]}
    assert names == {houses.low, houses.other}
    town = client.get(
        trial.get_absolute_url(), {"area": places.township.code, "indicator": "WAT-01"}
    )
    assert [row["household"] for row in town.context["rows"]] == [houses.low]
    assert [child for child, _t in town.context["by_place"]] == [places.village]
    assert houses.low.head_name in text(town)
    village = client.get(trial.get_absolute_url(), {"area": places.village.code, "turn": "failing"})
    assert list(village.context["rows"]) == []


def test_a_trial_of_a_proposal_is_shown_to_who_decides(client_for, city_user, second, houses):
    proposal = made(client_for(city_user))
    response = client_for(city_user).post(
        reverse("indicators:proposal_try", args=[proposal.pk]), {"operation_key": new_key()}
    )
    trial = StandardTrial.objects.get(proposal=proposal)
    assert response["Location"] == trial.get_absolute_url()

    page = client_for(second).get(proposal.get_absolute_url())

    assert [t.pk for t in page.context["trials"]] == [trial.pk]
    assert client_for(second).get(trial.get_absolute_url()).status_code == 200


def test_a_trial_that_makes_no_sense_is_refused_at_its_field(client_for, county_user, teller):
    client = client_for(county_user)
    said = filled(valid_until="2019-06-30", on="2019-10-01")
    page = client.post(TRY, said)
    assert "不在所填的有效期内" in "".join(page.context["form"].errors["on"])
    address = reverse("indicators:trial_create", args=["report_due_day"])
    page = client.post(address, filled(value="9"))
    assert "没有指标用到" in text(page)
    assert not StandardTrial.objects.exists()


def test_a_trial_under_way_is_polled(client_for, county_user, houses):
    trial = trial_of(client_for(county_user))
    StandardTrial.objects.update(state="WAITING")

    assert "正在后台判定" in text(client_for(county_user).get(trial.get_absolute_url()))
    StandardTrial.objects.update(state="FAILED")
    assert "没有算成" in text(client_for(county_user).get(trial.get_absolute_url()))


def test_trials_of_other_places_do_not_exist(client_for, city_user, county_user, places, houses):
    trial = trial_of(client_for(city_user), region="1502")
    far = person("county_office", places.other_county, username="far")

    assert client_for(county_user).get(trial.get_absolute_url()).status_code == 404
    assert client_for(far).get(trial.get_absolute_url()).status_code == 404
    assert client_for(city_user).get(trial.get_absolute_url()).status_code == 200


@pytest.mark.parametrize("who", ["clerk", "leader", "system_admin", "inspector", "agency_user"])
def test_only_offices_try(client_for, request, teller, who):
    assert client_for(request.getfixturevalue(who)).get(TRY).status_code == 403


@pytest.mark.parametrize("who", ["clerk", "county_user", "leader", "agency_user"])
def test_only_the_city_and_the_administrator_propose(client_for, request, teller, who):
    client = client_for(request.getfixturevalue(who))
    assert client.get(PROPOSE).status_code == 403
    assert client.post(PROPOSE, filled()).status_code == 403
    assert not StandardProposal.objects.exists()


@pytest.mark.parametrize("who", ["helper", "security_admin", "audit_admin"])
def test_standards_are_not_for_who_has_no_business_with_them(client_for, request, teller, who):
    client = client_for(request.getfixturevalue(who))
    for address in (LIST, DETAIL, PROPOSALS):
        assert client.get(address).status_code == 403


# --- API ------------------------------------------------------------------------------------------

API = "/api/v1/standards/"
API_PROPOSALS = "/api/v1/standard-proposals/"


def test_the_api_lists_values_with_their_history(
    api_for, client_for, clerk, city_user, second, teller, places
):
    for value in ("15", "16"):
        act(client_for(second), made(client_for(city_user), value=value), "approve")
    api = api_for(clerk)

    def values(**query: Any) -> list[str]:
        return [row["value"] for row in api.get(API, {"code": CODE, **query}).json()["results"]]

    assert sorted(values(area=places.township.code, on="2019-11-05")) == ["16", "20", "35"]
    assert "15" in values(history="true")
    assert "15" not in values()
    row = api.get(API, {"code": CODE, "area": places.township.code}).json()["results"][-1]
    assert "WAT-01" in row["indicators"]
    assert api.get(f"{API}{row['id']}/").json() == row
    assert api.get(API, {"on": "someday"}).status_code == 400
    assert api.get(API, {"area": places.county.code}).status_code == 404


def api_said(**more: Any) -> dict[str, Any]:
    said = {
        "code": CODE, "region": "150222", "valid_from": "2019-06-01", "value": "15", "document": "kaizhou-2019",
        "section": "一", "reason": "核实后调整", "base_version": standing.newest(CODE),
    }  # fmt: skip
    return said | more


def test_the_api_proposes_and_decides_through_the_same_services(api_for, city_user, second, teller):
    one, two = api_for(city_user), api_for(second)
    key = {"HTTP_IDEMPOTENCY_KEY": new_key()}
    first = one.post(API_PROPOSALS, api_said(), format="json", **key)
    again = one.post(API_PROPOSALS, api_said(), format="json", **key)
    assert (first.status_code, first.json()["id"]) == (201, again.json()["id"])
    address = f"{API_PROPOSALS}{first.json()['id']}/"

    said = {"base_version": 1, "note": "同意"}
    own = one.post(f"{address}approve/", said, format="json", HTTP_IDEMPOTENCY_KEY=new_key())
    assert (own.status_code, "另一人" in own.json()["detail"]) == (409, True)
    assert two.post(f"{address}approve/", said, format="json").status_code == 400  # no key
    done = two.post(f"{address}approve/", said, format="json", HTTP_IDEMPOTENCY_KEY=new_key())
    assert (done.status_code, done.json()["state"], done.json()["version"]) == (200, "APPROVED", 2)
    late = two.post(
        f"{address}reject/",
        {**said, "base_version": 1},
        format="json",
        HTTP_IDEMPOTENCY_KEY=new_key(),
    )
    assert late.status_code == 409
    assert one.get(API_PROPOSALS, {"state": "APPROVED"}).json()["count"] == 1


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"value": "many"}, "value"),
        ({"code": "none"}, "code"),
        ({"region": "1502221"}, "region"),
        ({"document": ""}, "document"),
        ({"document": "nothing"}, "document"),
        ({"value": "25", "document": "house-default"}, "document"),
        ({"valid_to": "2019-01-01"}, "valid_to"),
    ],
)
def test_the_api_says_which_field_is_wrong(api_for, city_user, teller, more, field):
    answer = api_for(city_user).post(
        API_PROPOSALS, api_said(**more), format="json", HTTP_IDEMPOTENCY_KEY=new_key()
    )

    assert (answer.status_code, list(answer.json())) == (400, [field])


def test_the_api_knows_areas_and_rights(api_for, city_user, system_admin, clerk, second, teller):
    def post(user: Any, address: str = API_PROPOSALS, **more: Any) -> int:
        said = api_said(**more)
        return int(
            api_for(user)
            .post(address, said, format="json", HTTP_IDEMPOTENCY_KEY=new_key())
            .status_code
        )

    assert post(clerk) == 403
    assert post(system_admin, region="150223") == 403
    assert post(system_admin) == 201
    proposal = StandardProposal.objects.get()
    act_at = f"{API_PROPOSALS}{proposal.pk}/"
    assert post(system_admin, f"{act_at}reject/") == 403
    assert post(second, f"{act_at}withdraw/") == 403
    assert post(second, f"{act_at}reject/", note="") == 400
    assert post(system_admin, f"{act_at}withdraw/", base_version=1) == 200
