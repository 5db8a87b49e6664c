"""账号与授权: opening and keeping accounts, granting and ending roles, by two different people."""

import re
from datetime import date

import pytest
from django.contrib.auth import authenticate
from django.db import connection
from django.test import RequestFactory
from django.test.utils import CaptureQueriesContext
from knox.models import AuthToken

from accounts import services
from accounts.enums import RoleCode
from accounts.models import Grant, User
from core import clock
from core.models import AuditEvent, Operation
from tests.accounts.factories import PASSWORD, AgencyFactory, GrantFactory, UserFactory, person

LIST = "/accounts/users/"
NEW = "/accounts/users/new/"
TODAY = date(2019, 11, 5)


def page(account: User, act: str = "") -> str:
    return f"/accounts/users/{account.pk}/{act}"


def terms(area, key="k1", **more):
    return {
        "operation_key": key,
        "role": RoleCode.TOWNSHIP_CLERK,
        "area": str(area.code),
        "line": "GENERAL",
        "valid_from": "2019-11-05",
        **more,
    }


def said(response) -> str:
    return response.content.decode()


def actions() -> list[str]:
    return list(AuditEvent.objects.order_by("pk").values_list("action", flat=True))


def signs_in(username: str, password: str) -> bool:
    request = RequestFactory().post("/")
    return authenticate(request=request, username=username, password=password) is not None


# --- The list ------------------------------------------------------------------------------------


def test_list_holds_accounts_of_the_area_and_those_without_roles(
    system_admin, client_for, places, clerk
):
    person(RoleCode.TOWNSHIP_CLERK, places.far_township, username="far_clerk")
    UserFactory(username="roleless")

    text = said(client_for(system_admin).get(LIST))

    assert "clerk" in text
    assert "银号镇 乡镇扶贫专干" in text
    assert "roleless" in text
    assert "far_clerk" not in text


@pytest.mark.parametrize(
    ("conditions", "found"),
    [
        ({"name": "CLER"}, {"clerk"}),
        ({"role": "leader"}, {"leader"}),
        ({"state": "CLOSED"}, {"closed"}),
        ({"state": "NEW"}, {"fresh"}),
        ({"state": "ROLELESS"}, {"closed", "fresh"}),
    ],
)
def test_list_is_searched_by_name_role_and_state(
    security_admin, client_for, clerk, leader, conditions, found
):
    UserFactory(username="closed", is_active=False)
    UserFactory(username="fresh", must_change_password=True)

    response = client_for(security_admin).get(LIST, conditions)

    assert {account.username for account in response.context["rows"]} == found


def test_list_asks_the_same_number_of_questions_for_many(
    system_admin, client_for, places, django_assert_num_queries
):
    client = client_for(system_admin)
    with CaptureQueriesContext(connection) as few:
        client.get(LIST)
    for _ in range(15):
        person(RoleCode.VILLAGE_INFORMANT, places.village)

    with django_assert_num_queries(len(few)):
        client.get(LIST)


@pytest.mark.parametrize("who", ["clerk", "city_user", "audit_admin"])
def test_accounts_are_for_two_administrators_only(who, client_for, request):
    client = client_for(request.getfixturevalue(who))

    assert client.get(LIST).status_code == 403
    assert client.get(NEW).status_code == 403


def test_accounts_need_sign_in(client, db):
    for address in (LIST, NEW, "/accounts/users/1/"):
        assert client.get(address)["Location"].startswith("/accounts/login/")


# --- Opening and keeping -------------------------------------------------------------------------


def open_one(client, key="k1", **more):
    return client.post(
        NEW, {"operation_key": key, "username": "zhangwei", "display_name": "张伟", **more}
    )


def shown_password(response) -> str:
    found = re.search(r'translate="no">([^<]+)<', said(response))
    assert found
    return found[1]


def test_opening_shows_an_initial_password_that_works_and_must_change(system_admin, client_for):
    response = open_one(client_for(system_admin))

    account = User.objects.get(username="zhangwei")
    assert account.must_change_password
    assert signs_in("zhangwei", shown_password(response))
    assert response["Cache-Control"] == "no-store"
    assert "account.opened" in actions()


def test_the_password_is_shown_once_and_kept_nowhere(system_admin, client_for):
    client = client_for(system_admin)
    password = shown_password(open_one(client))

    again = client.post(
        NEW, {"operation_key": "k1", "username": "zhangwei", "display_name": "张伟"}, follow=True
    )

    assert password not in said(again)
    assert "初始密码只显示一次" in said(again)
    assert User.objects.filter(username="zhangwei").count() == 1
    kept = [str(o.outcome) for o in Operation.objects.all()]
    kept += [str(e.detail) for e in AuditEvent.objects.all()]
    assert password not in "".join(kept)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"username": "clerk"}, "用户名已被使用"),
        ({"username": "zhang wei"}, "只能用字母"),
        ({"username": ""}, "还没有填写"),
        ({"display_name": ""}, "还没有填写"),
    ],
)
def test_opening_says_what_is_wrong(system_admin, client_for, clerk, fields, message):
    response = open_one(client_for(system_admin), **fields)

    assert response.status_code == 200
    assert message in said(response)
    assert not User.objects.filter(username="zhangwei").exists()


def test_opening_without_a_key_is_refused(system_admin, client_for):
    open_one(client_for(system_admin), key="")

    assert not User.objects.filter(username="zhangwei").exists()


def test_reset_ends_sessions_and_tokens_and_asks_for_a_change(system_admin, client_for, clerk):
    theirs = client_for(clerk)
    AuthToken.objects.create(user=clerk)

    response = client_for(system_admin).post(page(clerk, "password/"), {"operation_key": "k1"})

    clerk.refresh_from_db()
    assert clerk.must_change_password
    assert signs_in("clerk", shown_password(response))
    assert not signs_in("clerk", PASSWORD)
    assert theirs.get("/")["Location"].startswith("/accounts/login/")
    assert not AuthToken.objects.filter(user=clerk).exists()


def test_reset_twice_with_one_key_resets_once(system_admin, client_for, clerk):
    client = client_for(system_admin)
    password = shown_password(client.post(page(clerk, "password/"), {"operation_key": "k1"}))

    client.post(page(clerk, "password/"), {"operation_key": "k1"})

    assert signs_in("clerk", password)
    assert actions().count("account.password_reset") == 1


def test_closing_ends_sessions_for_good_and_reopening_lets_sign_in_again(
    system_admin, client_for, clerk
):
    theirs, admin = client_for(clerk), client_for(system_admin)

    admin.post(page(clerk, "close/"), {"operation_key": "k1"})

    assert not signs_in("clerk", PASSWORD)
    admin.post(page(clerk, "reopen/"), {"operation_key": "k2"})
    assert theirs.get("/")["Location"].startswith("/accounts/login/")
    assert signs_in("clerk", PASSWORD)
    assert [a for a in actions() if a in {"account.closed", "account.reopened"}] == [
        "account.closed",
        "account.reopened",
    ]


@pytest.mark.parametrize("act", ["password/", "close/", "reopen/"])
def test_an_account_with_a_role_elsewhere_is_kept_there(
    system_admin, client_for, clerk, places, act
):
    GrantFactory(user=clerk, role=RoleCode.LEADER, area=places.city)

    response = client_for(system_admin).post(page(clerk, act), {"operation_key": "k1"}, follow=True)

    assert "由上级管理员办理" in said(response)
    assert signs_in("clerk", PASSWORD)


@pytest.mark.parametrize("act", ["password/", "close/"])
def test_nobody_keeps_their_own_account(system_admin, client_for, act):
    response = client_for(system_admin).post(
        page(system_admin, act), {"operation_key": "k1"}, follow=True
    )

    assert "自己的账号" in said(response)
    assert signs_in("system_admin", PASSWORD)


@pytest.mark.parametrize("act", ["", "password/", "close/", "reopen/"])
def test_accounts_of_other_areas_do_not_exist(system_admin, client_for, places, act):
    far = person(RoleCode.TOWNSHIP_CLERK, places.far_township)
    client = client_for(system_admin)

    response = client.post(page(far, act)) if act else client.get(page(far))

    assert response.status_code == 404


@pytest.mark.parametrize("act", ["password/", "close/", "reopen/"])
def test_who_grants_roles_does_not_keep_accounts(security_admin, client_for, clerk, act):
    assert client_for(security_admin).post(page(clerk, act)).status_code == 403


# --- Roles ---------------------------------------------------------------------------------------


def test_granting_gives_the_role_from_that_day(security_admin, client_for, places):
    account = UserFactory()

    response = client_for(security_admin).post(
        page(account, "grants/"), terms(places.township, valid_to="2020-01-01")
    )

    assert response.status_code == 302
    grant = account.grants.get()
    assert (grant.area, grant.role) == (places.township, "township_clerk")
    assert (grant.valid_from, grant.valid_to) == (TODAY, date(2020, 1, 1))
    event = AuditEvent.objects.get(action="account.granted")
    assert event.actor_id == security_admin.pk


def test_granting_twice_with_one_key_grants_once(security_admin, client_for, places):
    account, client = UserFactory(), client_for(security_admin)

    for _ in range(2):
        client.post(page(account, "grants/"), terms(places.township))

    assert account.grants.count() == 1


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"role": ""}, "还没有选择"),
        ({"area": "1502"}, "应为 12 位数字"),
        ({"area": "150223000000"}, "不在您的授权范围内"),
        ({"area": "150200000000"}, "不在您的授权范围内"),
        ({"area": "150222105999"}, "不在您的授权范围内"),
        ({"role": "agency"}, "行业部门须指定单位"),
        ({"valid_from": "2019-11-04"}, "不能早于今天"),
        ({"valid_to": "2019-11-05"}, "须晚于开始日期"),
    ],
)
def test_a_grant_that_cannot_be_is_refused_with_its_reason(
    security_admin, client_for, places, fields, message
):
    account = UserFactory()

    response = client_for(security_admin).post(
        page(account, "grants/"), terms(places.township) | fields
    )

    assert response.status_code == 200
    assert message in said(response)
    assert not account.grants.exists()


def test_an_agency_role_names_its_unit_and_line(security_admin, client_for, places, agency):
    account = UserFactory()
    far = AgencyFactory(area=places.other_county)
    client = client_for(security_admin)
    asked = terms(places.county, role="agency", line="HOUSING")

    refused = client.post(page(account, "grants/"), asked | {"agency": far.pk})
    client.post(page(account, "grants/"), asked | {"agency": agency.pk})

    assert refused.status_code == 200
    assert account.grants.get().agency == agency


def test_nobody_grants_to_themselves(security_admin, client_for, places):
    response = client_for(security_admin).post(
        page(security_admin, "grants/"), terms(places.township), follow=True
    )

    assert security_admin.grants.count() == 1
    assert "不能给自己授权" in said(response)
    with pytest.raises(services.OwnRoles):
        services.grant_role(
            user=security_admin, role=RoleCode.LEADER, area=places.county, on=TODAY,
            by=security_admin, at=clock.now(),
        )  # fmt: skip


@pytest.mark.parametrize("role", ["system_admin", "audit_admin"])
def test_three_administrators_are_three_people(security_admin, client_for, places, role):
    other = person(RoleCode.SECURITY_ADMIN, places.county)

    response = client_for(security_admin).post(
        page(other, "grants/"), terms(places.county, role=role)
    )

    assert "三员分立" in said(response)
    assert other.grants.count() == 1


def test_duties_stay_apart_also_for_a_role_still_to_come_and_on_the_command_line(places, db):
    user = UserFactory()
    GrantFactory(
        user=user, role=RoleCode.AUDIT_ADMIN, area=places.county, valid_from=date(2020, 1, 1)
    )

    with pytest.raises(services.SeparateDuties, match="审计管理员"):
        services.grant_role(
            user=user, role=RoleCode.SYSTEM_ADMIN, area=places.county, on=TODAY, by=None,
            at=clock.now(),
        )  # fmt: skip


def test_a_role_that_is_over_does_not_stand_in_the_way(places, db):
    user = UserFactory()
    GrantFactory(user=user, role=RoleCode.AUDIT_ADMIN, area=places.county, valid_to=TODAY)

    services.grant_role(
        user=user, role=RoleCode.SYSTEM_ADMIN, area=places.county, on=TODAY, by=None, at=clock.now()
    )

    assert user.grants.count() == 2


def test_the_same_role_twice_is_refused(security_admin, client_for, clerk, places):
    response = client_for(security_admin).post(page(clerk, "grants/"), terms(places.township))

    assert "已有同样的岗位" in said(response)


def test_the_service_itself_refuses_areas_beyond_the_granters(security_admin, places):
    with pytest.raises(services.OutsideArea, match="包头市"):
        services.grant_role(
            user=UserFactory(), role=RoleCode.LEADER, area=places.city, on=TODAY,
            by=security_admin, at=clock.now(),
        )  # fmt: skip


def end(client, grant, key="k1"):
    return client.post(f"/accounts/grants/{grant.pk}/end/", {"operation_key": key})


def test_ending_takes_the_role_away_at_once(security_admin, client_for, clerk):
    theirs = client_for(clerk)
    assert theirs.get("/households/").status_code == 200

    end(client_for(security_admin), clerk.grants.get())

    assert clerk.grants.get().valid_to == TODAY
    assert theirs.get("/households/").status_code == 403
    assert "account.grant_ended" in actions()


@pytest.mark.parametrize("begun", [TODAY, date(2019, 12, 1)])
def test_a_role_ended_on_its_first_day_or_before_was_never_held(
    security_admin, client_for, places, begun
):
    account = person(RoleCode.LEADER, places.county, valid_from=begun)

    end(client_for(security_admin), account.grants.get())

    assert account.grants.get().valid_to == begun
    assert not account.grants.active(begun).exists()


def test_ending_twice_ends_once(security_admin, client_for, clerk):
    client, grant = client_for(security_admin), clerk.grants.get()

    end(client, grant)
    end(client, grant)
    end(client, grant, "k2")

    assert actions().count("account.grant_ended") == 1


def test_own_roles_and_those_of_other_areas_stay(security_admin, client_for, places):
    client = client_for(security_admin)
    far = person(RoleCode.TOWNSHIP_CLERK, places.far_township)

    end(client, security_admin.grants.get())
    response = end(client, far.grants.get())

    assert response.status_code == 404
    assert not Grant.objects.exclude(valid_to=None).exists()


@pytest.mark.parametrize("who", ["system_admin", "audit_admin", "county_user"])
def test_only_the_security_administrator_decides_on_roles(who, client_for, clerk, places, request):
    client = client_for(request.getfixturevalue(who))

    assert client.post(page(clerk, "grants/"), terms(places.township)).status_code == 403
    assert end(client, clerk.grants.get()).status_code == 403


def test_the_account_page_offers_each_administrator_their_own_acts(
    system_admin, security_admin, client_for, clerk
):
    keeper = said(client_for(system_admin).get(page(clerk)))
    granter = said(client_for(security_admin).get(page(clerk)))

    assert "重置密码" in keeper
    assert "授予岗位</button>" not in keeper
    assert "授予岗位</button>" in granter
    assert "重置密码" not in granter


def test_an_area_is_picked_below_the_granters_own(security_admin, client_for, places):
    response = client_for(security_admin).get(
        page(UserFactory()), {"place": str(places.township.code)}
    )

    assert response.context["form"].initial["area"] == places.township.code
    codes = {place.code for column in response.context["columns"] for place, _url, _on in column}
    assert places.village.code in codes
    assert places.city.code not in codes
    assert places.other_county.code not in codes
