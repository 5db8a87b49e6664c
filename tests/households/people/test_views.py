"""The pages of these acts: each works, answers bad input at its field, and is done once."""

from datetime import date
from types import SimpleNamespace
from typing import Any

import pytest
from django.urls import reverse

from core.models import AuditEvent
from households.enums import Relation
from households.models import Household, Member, Membership
from tests.households.factories import HouseholdFactory, MemberFactory, id_number
from tests.households.people.conftest import DAY, version_of

pytestmark = pytest.mark.django_db
BORN = date(1987, 2, 3)
NUMBER = id_number(901, BORN, male=False)


def url(name: str, pk: int) -> str:
    return reverse(f"households:{name}", args=[pk])


@pytest.fixture
def send(client_for: Any) -> Any:
    """Post a form as someone: `send(clerk, "people_join", home, name="赵敏")`."""

    def post(user: Any, page: str, target: Any, **data: Any) -> Any:
        home = getattr(target, "household", target)
        base = {"base_version": version_of(home), "operation_key": "k1", "on": DAY.isoformat()}
        address = url(page, target.pk) + data.pop("query", "")
        return client_for(user).post(address, {**base, **data})

    return post


@pytest.fixture
def bride() -> dict[str, str]:
    return {
        "name": "赵敏", "id_number": NUMBER, "relation": "DAUGHTER_IN_LAW", "reason": "MARRIED_IN",
        "ethnic": "汉族",
    }  # fmt: skip


def errors(response: Any) -> dict[str, str]:
    """What stands at each field; "" for what stands above the form."""
    form = response.context["form"]
    return {
        field.replace("__all__", ""): " ".join(map(str, said))
        for field, said in form.errors.items()
    }


def test_the_file_leads_to_every_act(client_for: Any, clerk: Any, home: Household) -> None:
    file = client_for(clerk).get(home.get_absolute_url()).content.decode()
    assert url("people", home.pk) in file

    page = client_for(clerk).get(url("people", home.pk)).content.decode()
    for act in ("join", "relations", "split", "merge", "move"):
        address = url(f"people_{act}", home.pk)
        assert address in page
        assert client_for(clerk).get(address).status_code == 200
    for member in home.members.all():
        for act in ("leave", "correct"):
            address = url(f"people_{act}", member.pk)
            assert address in page
            assert client_for(clerk).get(address).status_code == 200


def test_pages_cost_the_same_for_two_members_and_for_ten(
    client_for: Any, clerk: Any, home: Household, neighbour: Household,
) -> None:  # fmt: skip
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    client = client_for(clerk)
    costs = []
    for household in (neighbour, home):
        if household == home:
            for _more in range(8):
                MemberFactory(household=home)
        for page in ("people", "people_split", "people_relations"):
            client.get(url(page, household.pk))
            with CaptureQueriesContext(
                connection,
            ) as queries:
                client.get(url(page, household.pk))
            costs.append((page, len(queries)))
    assert costs[:3] == costs[3:]


def test_somebody_joins_once(send: Any, clerk: Any, home: Household, bride: dict[str, str]) -> None:
    version = version_of(home)
    first = send(clerk, "people_join", home, **bride, base_version=version)
    again = send(clerk, "people_join", home, **bride, base_version=version)

    assert first.status_code == again.status_code == 302
    assert first.url == again.url == home.get_absolute_url()
    assert Member.objects.filter(name="赵敏").count() == 1
    assert AuditEvent.objects.filter(action="member.join").count() == 1


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("name", "赵", "姓名至少两个字"),
        ("name", "·赵敏", "“·”应写在姓名中间"),
        ("name", "赵敏2", "不该有的字符"),
        ("id_number", "150222870203123", "15 位旧号码"),
        ("id_number", "", "只有新生儿可以暂无证件号码"),
        ("id_number", "999999198702031234", "占位号码"),
        ("id_number", NUMBER[:10] + "1332" + NUMBER[14:], "不存在"),
        ("id_number", NUMBER + "9" + "1", "残疾类别"),
        ("id_number", NUMBER + "4" + "9", "残疾等级"),
        ("id_number", NUMBER + "43X1", "补换证"),
        ("id_number", NUMBER[:17] + ("0" if NUMBER[17] != "0" else "1"), "校验码"),
        ("sex", "MALE", "与证件号码不符"),
        ("birth_date", "1988-02-03", "与证件号码里的出生日期"),
        ("birth_date", "2019-02-30", "日期写法不对"),
        ("on", "2019-11-06", "日期不能晚于今天"),
        ("on", "1980-01-01", "不能早于出生日期"),
        ("on", "2019-13-01", "日期写法不对"),
        ("relation", "HEAD", "一户只能有一个户主"),
        ("relation", "SPOUSE", "已有配偶"),
        ("relation", "SON", "与本人性别不符"),
        ("relation", "HUSBANDS_MOTHER", "与户主的性别不符"),
        ("relation", "", "还没有选择"),
        ("reason", "DIED", ""),
    ],
)
def test_bad_input_is_answered_at_its_field(
    send: Any, clerk: Any, home: Household, bride: dict[str, str], field: str, value: str, said: str
) -> None:
    response = send(clerk, "people_join", home, **bride | {field: value})

    assert response.status_code == 422
    assert said in errors(response)[field]
    assert not Member.objects.filter(name="赵敏").exists()


@pytest.mark.parametrize(
    "written", ["　".join(NUMBER), "".join(chr(ord(c) + 0xFEE0) for c in NUMBER)]
)
def test_full_width_digits_are_read(
    send: Any, clerk: Any, home: Household, bride: dict[str, str], written: str
) -> None:
    send(clerk, "people_join", home, **bride | {"id_number": written, "on": "２０１９．１１．１"})

    assert Member.objects.by_id_number(NUMBER).get().birth_date == BORN


@pytest.mark.parametrize("suffix", ["43", "43B1"])
def test_certificates_are_split(
    send: Any, clerk: Any, home: Household, bride: dict[str, str], suffix: str
) -> None:
    from households.models import MemberProfile

    send(clerk, "people_join", home, **bride | {"id_number": NUMBER + suffix})

    profile = MemberProfile.objects.get(member__name="赵敏")
    assert (profile.get_disability_type_display(), profile.disability_grade) == ("肢体", "3")


def test_a_person_on_file_is_named_only_to_who_may_see_them(
    send: Any, clerk: Any, county_user: Any, home: Household, neighbour: Household,
    villages: SimpleNamespace, bride: dict[str, str],
) -> None:  # fmt: skip
    def said(number: str, user: Any = clerk) -> str:
        response = send(user, "people_join", home, **bride | {"id_number": number})
        assert response.status_code == 422
        return errors(response)["id_number"]

    def elsewhere(village: Any, serial: int) -> str:
        there = HouseholdFactory(village=village, head_name="暗号户主")
        return MemberFactory(
            household=there, name="暗号成员", sex="FEMALE", birth_date=BORN,
            id_number=id_number(serial, BORN, male=False),
        ).id_number  # fmt: skip

    wife = home.members.get(name="王桂兰")
    assert "本户已有此人：王桂兰" in said(wife.id_number)
    same_village = said(neighbour.members.get().id_number)
    assert "张有才户" in same_village
    assert neighbour.code in same_village
    other = elsewhere(villages.other, 911)
    assert "已在本旗县其他户登记（县内）" in said(other)
    assert "暗号" not in said(other)
    assert "暗号户主户" in said(other, county_user)
    far = elsewhere(villages.far, 912)
    for user in (clerk, county_user):
        assert "已在其他旗县登记（市内县外）" in said(far, user)
        assert "暗号" not in said(far, user)


def test_newborn_without_a_number_needs_sex_and_birth_date(
    send: Any, clerk: Any, home: Household
) -> None:
    baby = {"name": "李娃", "reason": "NEWBORN", "relation": "GRANDSON"}
    response = send(clerk, "people_join", home, **baby)
    assert set(errors(response)) == {"sex", "birth_date"}

    send(clerk, "people_join", home, **baby, sex="MALE", birth_date="2019.10.30")
    assert Member.objects.get(name="李娃").birth_date == date(2019, 10, 30)


def test_stale_form_keeps_what_was_typed(
    send: Any, clerk: Any, home: Household, bride: dict[str, str]
) -> None:
    response = send(clerk, "people_join", home, **bride, base_version=version_of(home) + 7)

    assert response.status_code == 409
    page = response.content.decode()
    assert "本户档案有更新" in page
    assert "赵敏" in page
    assert f'name="base_version" value="{version_of(home)}"' in page


def test_leaving_and_taking_it_back(
    send: Any, client_for: Any, clerk: Any, home: Household, who: Any
) -> None:
    son = who("李强")
    response = send(clerk, "people_leave", son, reason="DIED")
    assert response.status_code == 302
    assert not Membership.objects.latest_known().get(member=son).is_member

    page = client_for(clerk).get(url("people", home.pk)).content.decode()
    assert "死亡" in page
    send(clerk, "people_restore", son, operation_key="k2")
    assert not Membership.objects.latest_known().get(member=son).is_member
    send(clerk, "people_restore", son, operation_key="k3", reason="登记错人")
    assert Membership.objects.latest_known().get(member=son).is_member


def test_head_leaves_with_proposed_relations(
    send: Any, client_for: Any, clerk: Any, home: Household, who: Any
) -> None:
    head, wife, son, girl = (who(name) for name in ("李占元", "王桂兰", "李强", "李梅"))
    refused = send(
        clerk, "people_leave", head, reason="DIED",
        **{f"relation-{m.pk}": r for m, r in ((wife, "SPOUSE"), (son, "SON"), (girl, "DAUGHTER"))},
    )  # fmt: skip
    assert "还没有户主" in " ".join(errors(refused).values())

    page = client_for(clerk).get(url("people_leave", head.pk), {"head": son.pk})
    proposed = {row.member.name: row.fields[0].value() for row in page.context["form"].rows}
    assert proposed == {"王桂兰": "MOTHER", "李强": "HEAD", "李梅": "SIBLING"}
    send(
        clerk, "people_leave", head, reason="DIED",
        **{f"relation-{m.pk}": proposed[m.name] for m in (wife, son, girl)},
    )  # fmt: skip
    assert Household.objects.get(pk=home.pk).head_name == "李强"


def test_last_member_is_a_change_of_status(send: Any, clerk: Any, neighbour: Household) -> None:
    response = send(clerk, "people_leave", neighbour.members.get(), reason="DIED")

    assert "整户自然消亡" in errors(response)[""]


def test_two_heads_are_refused_at_the_relation(
    send: Any, clerk: Any, home: Household, who: Any
) -> None:
    son = who("李强")
    relations = {f"relation-{m.pk}": m_relation(m) for m in home.members.all()}
    response = send(
        clerk, "people_relations", home, reason="更换", **relations | {f"relation-{son.pk}": "HEAD"}
    )
    assert "一户只能有一个户主" in errors(response)[f"relation-{son.pk}"]

    response = send(
        clerk, "people_relations", home, reason="更正",
        **relations | {f"relation-{son.pk}": "GRANDSON"},
    )  # fmt: skip
    assert response.status_code == 302
    assert Membership.objects.latest_known().get(member=son).relation == Relation.GRANDSON


def m_relation(member: Member) -> str:
    return Membership.objects.latest_known().get(member=member).relation


def test_split_page(send: Any, clerk: Any, home: Household, who: Any) -> None:
    son = who("李强")
    relations = {f"relation-{m.pk}": m_relation(m) for m in home.members.all()}
    nobody = send(clerk, "people_split", home, reason="成家", **relations)
    assert "还没有选择分出的人" in errors(nobody)[""]
    headless = send(
        clerk, "people_split", home, reason="成家", **relations, **{f"goes-{son.pk}": "on"}
    )
    assert "新户：还没有户主" in errors(headless)[f"relation-{son.pk}"]
    response = send(
        clerk, "people_split", home, reason="成家", code="１２",
        **relations | {f"relation-{son.pk}": "HEAD", f"goes-{son.pk}": "on"},
    )  # fmt: skip
    assert "12 位以上数字" in errors(response)["code"]
    response = send(
        clerk, "people_split", home, reason="成家",
        **relations | {f"relation-{son.pk}": "HEAD", f"goes-{son.pk}": "on"},
    )  # fmt: skip

    made = Household.objects.get(head_name="李强")
    assert response.url == made.get_absolute_url()


def test_merge_page(
    send: Any, client_for: Any, clerk: Any, home: Household, neighbour: Household,
    villages: SimpleNamespace,
) -> None:  # fmt: skip
    address = url("people_merge", home.pk)
    far = HouseholdFactory(village=villages.other)
    for code in ("123", far.code):
        page = client_for(clerk).get(address, {"code": code}).content.decode()
        assert "您的辖区内没有这个户编号" in page
    page = client_for(clerk).get(address, {"code": home.code}).content.decode()
    assert "不能并入自己" in page
    assert "张有才" in client_for(clerk).get(address, {"code": neighbour.code}).content.decode()

    joining = neighbour.members.get()
    data = {
        "reason": "共同生活", "query": f"?code={neighbour.code}", "other_version": neighbour.version,
    }  # fmt: skip
    response = send(clerk, "people_merge", home, **data, **{f"relation-{joining.pk}": "HEAD"})
    assert "一户只能有一个户主" in errors(response)[""]
    send(clerk, "people_merge", home, **data, **{f"relation-{joining.pk}": "SIBLING"})

    neighbour.refresh_from_db()
    assert neighbour.merged_into == home
    file = client_for(clerk).get(neighbour.get_absolute_url()).content.decode()
    assert "并入他户" in file
    assert client_for(clerk).get(url("people", neighbour.pk)).status_code == 404


def test_moving_changes_whose_household_it_is(
    send: Any, client_for: Any, clerk: Any, other_clerk: Any, county_user: Any, home: Household,
    villages: SimpleNamespace,
) -> None:  # fmt: skip
    out_of_reach = send(clerk, "people_move", home, village=villages.other.pk, reason="搬迁")
    assert "village" in errors(out_of_reach)
    far = send(county_user, "people_move", home, village=villages.far.pk, reason="搬迁")
    assert "village" in errors(far)
    early = send(
        county_user, "people_move", home, village=villages.other.pk, reason="搬迁", on="2018-01-01"
    )
    assert "不能早于" in errors(early)["on"]
    send(county_user, "people_move", home, village=villages.other.pk, reason="搬迁")

    assert client_for(clerk).get(home.get_absolute_url()).status_code == 404
    assert client_for(other_clerk).get(home.get_absolute_url()).status_code == 200


def test_identity_is_put_right(
    send: Any, client_for: Any, clerk: Any, home: Household, who: Any
) -> None:
    head = who("李占元")
    page = client_for(clerk).get(url("people_correct", head.pk)).content.decode()
    assert head.id_number not in page
    assert head.masked_id in page
    same = {"name": "李占元", "sex": "MALE", "birth_date": "1960-01-01", "reason": "户口簿为准"}
    wrong = send(clerk, "people_correct", head, **same | {"birth_date": "1961-01-01"})
    assert "与证件号码里的出生日期" in errors(wrong)["birth_date"]
    woman = id_number(960, date(1960, 1, 1), male=False)
    mixed = send(clerk, "people_correct", head, **same | {"id_number": woman, "sex": "FEMALE"})
    assert "与户主的性别不符" in errors(mixed)["sex"]

    send(clerk, "people_correct", head, **same | {"name": "乌兰 • 巴特尔", "ethnic": "蒙古族"})
    assert Household.objects.get(pk=home.pk).head_name == "乌兰·巴特尔"
