"""Joining, leaving, splitting, merging, moving: who is counted where before and after."""

from collections.abc import Callable
from datetime import date, timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from core.models import AuditEvent
from households import services
from households.enums import ChangeReason, Relation
from households.identity import parse
from households.models import (
    HOUSEHOLD_THEMES,
    MEMBER_THEMES,
    Household,
    HouseholdCheck,
    HouseholdProfile,
    HouseholdStatus,
    Housing,
    Insurance,
    LivingConditions,
    Member,
    MemberProfile,
    Membership,
    Residence,
)
from households.services import NewPerson
from tests.households.factories import (
    HouseholdCheckFactory,
    HouseholdFactory,
    MemberFactory,
    PairingFactory,
    id_number,
)
from tests.households.people.conftest import AT, BEFORE, DAY, version_of
from villages.models import FactChange

pytestmark = pytest.mark.django_db
Figures = Callable[..., tuple[int, int, int]]
BRIDE = NewPerson(
    name="赵敏", paper=parse(id_number(901, date(1987, 2, 3), male=False), on=DAY), ethnic="汉族"
)


def join(home: Household, by: Any, person: NewPerson = BRIDE, **more: Any) -> Member:
    options: dict[str, Any] = {
        "relation": Relation.DAUGHTER_IN_LAW,
        "reason": ChangeReason.MARRIED_IN,
        "on": DAY,
        "at": AT,
        "base_version": version_of(home),
    }
    return services.add_member(household=home, person=person, by=by, **options | more)


def leave(home: Household, member: Member, by: Any, **more: Any) -> None:
    options: dict[str, Any] = {
        "reason": ChangeReason.DIED, "on": DAY, "at": AT, "base_version": version_of(home),
    }  # fmt: skip
    services.remove_member(household=home, member=member, by=by, **options | more)


def split(home: Household, relations: dict[int, str], by: Any, **more: Any) -> Household:
    options: dict[str, Any] = {
        "staying": {}, "on": DAY, "reason": "儿子成家", "at": AT, "base_version": version_of(home),
    }  # fmt: skip
    return services.split_household(household=home, relations=relations, by=by, **options | more)


def move(home: Household, village: Any, by: Any, **more: Any) -> None:
    options: dict[str, Any] = {
        "on": DAY, "reason": "随子女居住", "at": AT, "base_version": version_of(home),
    }  # fmt: skip
    services.move_household(household=home, village=village, by=by, **options | more)


def names(household: Household, on: date) -> set[str]:
    held = Membership.objects.as_of(on).filter(household=household, is_member=True)
    return set(held.values_list("member__name", flat=True))


# --- Joining -------------------------------------------------------------------------------------


def test_who_joins_is_counted_from_the_day_on(
    home: Household, clerk: Any, villages: SimpleNamespace, figures: Figures
) -> None:
    before = version_of(home)
    made = join(home, clerk)

    assert "赵敏" not in names(home, BEFORE)
    assert "赵敏" in names(home, DAY)
    assert (made.sex, made.birth_date, made.village_id) == (
        "FEMALE", date(1987, 2, 3), villages.own.pk,
    )  # fmt: skip
    assert made.code.startswith(home.code)
    assert figures(villages.own, "MED-01", BEFORE)[0] == 4
    assert figures(villages.own, "MED-01", DAY)[0] == 5
    assert version_of(home) == before + 1
    assert FactChange.objects.get().village_id == villages.own.pk
    event = AuditEvent.objects.get(action="member.join")
    assert event.target_id == str(home.pk)
    assert event.detail["reason"] == ChangeReason.MARRIED_IN


def test_certificate_says_kind_and_grade(home: Household, clerk: Any) -> None:
    text = id_number(902, date(1987, 2, 3), male=False) + "43B1"
    made = join(home, clerk, NewPerson(name="赵敏", paper=parse(text, on=DAY)))

    profile = MemberProfile.objects.get(member=made)
    assert (profile.disability_type, profile.disability_grade) == ("LIMB", "3")
    assert made.id_number == text[:18]


def test_newborn_needs_no_number_but_is_one_person(home: Household, clerk: Any) -> None:
    baby = NewPerson(name="李娃", sex="MALE", birth_date=DAY)
    join(home, clerk, baby, relation=Relation.GRANDSON, reason=ChangeReason.NEWBORN)

    with pytest.raises(services.PersonKnown):
        join(home, clerk, baby, relation=Relation.GRANDSON, reason=ChangeReason.NEWBORN)


def test_who_is_on_file_elsewhere_cannot_join(
    home: Household, villages: SimpleNamespace, clerk: Any
) -> None:
    far = HouseholdFactory(village=villages.far)
    known = MemberFactory(household=far, name="赵敏", sex="FEMALE", birth_date=date(1987, 2, 3))

    with pytest.raises(services.PersonKnown) as refused:
        join(home, clerk, NewPerson(name="赵敏", paper=parse(known.id_number, on=DAY)))
    assert refused.value.member == known


def test_who_left_comes_back_as_the_same_person_with_her_facts(
    home: Household, neighbour: Household, clerk: Any, who: Any
) -> None:
    plum = who("李梅")
    leave(home, plum, clerk, reason=ChangeReason.OTHER_OUT, on=DAY)
    returned = NewPerson(name="李梅", paper=parse(plum.id_number, on=DAY))
    joined = DAY + timedelta(days=2)

    with pytest.raises(services.TooEarly):
        join(neighbour, clerk, returned, relation=Relation.OTHER, on=BEFORE)
    with pytest.raises(services.NameDiffers):
        join(neighbour, clerk, NewPerson(name="李美", paper=returned.paper))
    made = join(neighbour, clerk, returned, relation=Relation.OTHER, on=joined)

    assert made == plum
    assert Member.objects.get(pk=plum.pk).household == neighbour
    assert names(home, BEFORE) == {"李占元", "王桂兰", "李强", "李梅"}
    assert "李梅" not in names(home, DAY) | names(neighbour, DAY)
    assert "李梅" in names(neighbour, joined)
    insured = Insurance.objects.as_of(joined).get(member=plum)
    assert insured.household == neighbour
    assert insured.origin
    assert insured.origin.household == home


@pytest.mark.parametrize(
    ("relation", "refusal"),
    [
        (Relation.HEAD, services.SecondHead),
        (Relation.SPOUSE, services.SecondSpouse),
        (Relation.SON, services.WrongSex),
        (Relation.HUSBANDS_MOTHER, services.HeadOfWrongSex),
    ],
)
def test_relations_must_fit(
    home: Household, clerk: Any, relation: str, refusal: type[Exception]
) -> None:
    with pytest.raises(refusal):
        join(home, clerk, relation=relation)
    assert not AuditEvent.objects.filter(action="member.join").exists()


@pytest.mark.parametrize(
    ("family", "refusal"),
    [
        ([("MALE", "SON")], services.NoHead),
        ([("MALE", "HEAD"), ("FEMALE", "HEAD")], services.SecondHead),
        ([("MALE", "HEAD"), ("MALE", "SPOUSE")], services.HeadOfWrongSex),
        ([("FEMALE", "HEAD"), ("MALE", "WIFES_FATHER")], services.HeadOfWrongSex),
        ([("MALE", "HEAD"), ("MALE", "MOTHER")], services.WrongSex),
        ([("", "HEAD"), ("", "SPOUSE"), ("FEMALE", "DAUGHTER")], None),
    ],
)
def test_family(family: list[tuple[str, str]], refusal: type[Exception] | None) -> None:
    if refusal is None:
        services.check_family(family)
    else:
        with pytest.raises(refusal):
            services.check_family(family)


# --- Leaving -------------------------------------------------------------------------------------


def test_the_dead_are_not_counted_from_the_day_on(
    home: Household, clerk: Any, who: Any, villages: SimpleNamespace, figures: Figures
) -> None:
    leave(home, who("李强"), clerk)

    assert "李强" in names(home, BEFORE)
    assert "李强" not in names(home, DAY)
    assert figures(villages.own, "MED-01", BEFORE)[0] == 4
    assert figures(villages.own, "MED-01", DAY)[0] == 3
    assert AuditEvent.objects.get(action="member.leave").detail["member"] == who("李强").pk


def test_head_leaves_only_when_another_is_named(home: Household, clerk: Any, who: Any) -> None:
    head, wife = who("李占元"), who("王桂兰")
    with pytest.raises(services.NoHead):
        leave(home, head, clerk)

    leave(home, head, clerk, relations={wife.pk: Relation.HEAD})

    assert Household.objects.get(pk=home.pk).head_name == "王桂兰"
    assert Membership.objects.as_of(BEFORE).get(member=wife).relation == Relation.SPOUSE
    assert Membership.objects.as_of(DAY).get(member=wife).relation == Relation.HEAD


def test_a_leaving_can_be_taken_back(home: Household, clerk: Any, who: Any) -> None:
    head, wife = who("李占元"), who("王桂兰")
    leave(home, head, clerk, relations={wife.pk: Relation.HEAD})
    options: dict[str, Any] = {
        "household": home, "member": head, "reason": "登记错人", "by": clerk,
        "at": AT + timedelta(hours=1),
    }  # fmt: skip

    services.restore_member(**options, base_version=version_of(home))

    assert names(home, DAY) == {"李占元", "王桂兰", "李强", "李梅"}
    assert Membership.objects.as_of(DAY).get(member=wife).relation == Relation.SPOUSE
    assert Membership.objects.as_of(DAY, known_at=AT).get(member=head).is_member is False
    assert Household.objects.get(pk=home.pk).head_name == "李占元"
    with pytest.raises(services.NotRestorable):
        services.restore_member(**options, base_version=version_of(home))


def test_a_leaving_that_something_builds_on_stays(
    home: Household, neighbour: Household, clerk: Any, who: Any
) -> None:
    girl = who("李梅")
    leave(home, girl, clerk, reason=ChangeReason.OTHER_OUT)
    paper = parse(girl.id_number, on=DAY)
    join(neighbour, clerk, NewPerson(name="李梅", paper=paper), relation=Relation.OTHER)

    with pytest.raises(services.NotRestorable):
        services.restore_member(
            household=home, member=girl, reason="错", by=clerk, at=AT, base_version=version_of(home)
        )


def test_last_member_stranger_and_too_early_a_day_are_refused(
    home: Household, neighbour: Household, clerk: Any, who: Any
) -> None:
    with pytest.raises(services.LastMember):
        leave(neighbour, who("张有才"), clerk)
    with pytest.raises(services.NotMember):
        leave(home, who("张有才"), clerk)
    with pytest.raises(services.TooEarly) as early:
        leave(home, who("李强"), clerk, on=date(2018, 1, 1))
    assert early.value.on == Membership.objects.get(member=who("李强")).valid_from
    with pytest.raises(services.StaleHousehold):
        leave(home, who("李强"), clerk, base_version=99)


def test_another_head(home: Household, clerk: Any, who: Any) -> None:
    head, wife, son, girl = who("李占元"), who("王桂兰"), who("李强"), who("李梅")
    options: dict[str, Any] = {
        "household": home, "on": DAY, "reason": "原户主年迈", "by": clerk, "at": AT,
        "base_version": version_of(home),
    }  # fmt: skip
    with pytest.raises(services.SecondHead):
        services.change_relations(**options, relations={son.pk: Relation.HEAD})
    services.change_relations(
        **options,
        relations={
            son.pk: Relation.HEAD, head.pk: Relation.FATHER, wife.pk: Relation.MOTHER,
            girl.pk: Relation.SIBLING,
        },
    )  # fmt: skip

    assert Household.objects.get(pk=home.pk).head_name == "李强"
    heads = Membership.objects.as_of(DAY).filter(household=home, relation=Relation.HEAD)
    assert heads.get().member == son


# --- Households ----------------------------------------------------------------------------------


def test_split_counts_everybody_once(
    home: Household, clerk: Any, who: Any, villages: SimpleNamespace, figures: Figures
) -> None:
    son = who("李强")
    before = {code: figures(villages.own, code, BEFORE) for code in ("HOU-01", "MED-01")}

    made = split(home, {son.pk: Relation.HEAD}, clerk)

    assert (made.code, made.head_name, made.village) == ("1502221052030002", "李强", villages.own)
    assert names(home, DAY) == {"李占元", "王桂兰", "李梅"}
    assert names(made, DAY) == {"李强"}
    assert names(made, BEFORE) == set()
    for code in before:
        assert figures(villages.own, code, BEFORE) == before[code]
    assert figures(villages.own, "HOU-01", DAY) == (2, 2, 0)
    assert figures(villages.own, "MED-01", DAY) == before["MED-01"]
    copied = Housing.objects.get(household=made)
    assert (copied.valid_from, copied.grade) == (DAY, "B")
    assert copied.origin
    assert copied.origin.household == home
    assert HouseholdStatus.objects.get(household=made).status == "LIFTED_POLICY"
    assert Insurance.objects.as_of(DAY).get(member=son).household == made


def test_split_needs_a_head_on_both_sides(
    home: Household, neighbour: Household, clerk: Any, who: Any
) -> None:
    head, wife, son = who("李占元"), who("王桂兰"), who("李强")
    with pytest.raises(services.NoHead):
        split(home, {head.pk: Relation.HEAD}, clerk)
    with pytest.raises(services.NoHead):
        split(home, {son.pk: Relation.SON}, clerk)
    with pytest.raises(services.CodeTaken):
        split(home, {son.pk: Relation.HEAD}, clerk, code=neighbour.code)
    with pytest.raises(services.LastMember):
        split(neighbour, {who("张有才").pk: Relation.HEAD}, clerk)
    made = split(
        home, {head.pk: Relation.HEAD, wife.pk: Relation.SPOUSE}, clerk,
        staying={son.pk: Relation.HEAD, who("李梅").pk: Relation.SIBLING}, code="15022210520388",
    )  # fmt: skip
    assert (made.code, made.head_name) == ("15022210520388", "李占元")
    assert Household.objects.get(pk=home.pk).head_name == "李强"


def test_merged_household_counts_nowhere_from_the_day_on(
    home: Household, neighbour: Household, clerk: Any, who: Any, villages: SimpleNamespace,
    figures: Figures, helper: Any,
) -> None:  # fmt: skip
    pairing = PairingFactory(household=neighbour, helper=helper)
    services.merge_households(
        household=home, other=neighbour, relations={who("张有才").pk: Relation.SIBLING}, on=DAY,
        reason="共同生活", by=clerk, at=AT, base_version=version_of(home),
    )  # fmt: skip

    assert names(home, DAY) == {"李占元", "王桂兰", "李强", "李梅", "张有才"}
    assert names(neighbour, DAY) == set()
    assert names(neighbour, BEFORE) == {"张有才"}
    for theme in HOUSEHOLD_THEMES:
        assert not theme._default_manager.as_of(DAY).filter(household=neighbour).exists()
    for theme in MEMBER_THEMES:
        assert not theme._default_manager.as_of(DAY).filter(household=neighbour).exists()
    assert figures(villages.own, "HOU-01", BEFORE)[0] == 2
    assert figures(villages.own, "HOU-01", DAY)[0] == 1
    assert figures(villages.own, "MED-01", BEFORE) == figures(villages.own, "MED-01", DAY)
    neighbour.refresh_from_db()
    assert (neighbour.merged_into, neighbour.merged_on) == (home, DAY)
    pairing.refresh_from_db()
    assert pairing.valid_to == DAY


def test_merge_before_somebody_left_is_refused(
    home: Household, neighbour: Household, clerk: Any, who: Any
) -> None:
    """Else a person would have belonged for days to a household that had ended."""
    leave(home, who("李强"), clerk, reason=ChangeReason.OTHER_OUT)
    relations = dict.fromkeys(
        (who(name).pk for name in ("李占元", "王桂兰", "李梅")), Relation.OTHER
    )
    options: dict[str, Any] = {
        "household": neighbour, "other": home, "relations": relations, "reason": "共同生活",
        "by": clerk, "at": AT + timedelta(hours=1), "base_version": version_of(neighbour),
    }  # fmt: skip
    with pytest.raises(services.TooEarly) as refused:
        services.merge_households(**options, on=BEFORE)
    assert refused.value.on == DAY

    services.merge_households(**options, on=DAY)
    assert names(home, DAY) == set()


def test_merging_with_itself_or_a_second_head_is_refused(
    home: Household, neighbour: Household, clerk: Any, who: Any
) -> None:
    options: dict[str, Any] = {
        "household": home, "on": DAY, "reason": "x", "by": clerk, "at": AT,
        "base_version": version_of(home),
    }  # fmt: skip
    with pytest.raises(services.SameHousehold):
        services.merge_households(**options, other=home, relations={})
    with pytest.raises(services.NotMember):
        services.merge_households(**options, other=neighbour, relations={})
    with pytest.raises(services.SecondHead):
        services.merge_households(
            **options, other=neighbour, relations={who("张有才").pk: Relation.HEAD}
        )


def test_move_changes_both_villages_from_the_day_on(
    home: Household, clerk: Any, county_user: Any, other_clerk: Any, villages: SimpleNamespace,
    figures: Figures,
) -> None:  # fmt: skip
    check = HouseholdCheckFactory(household=home, author=clerk, submitted=True)
    versions = {
        theme: theme._default_manager.filter(household=home).count()
        for theme in (*HOUSEHOLD_THEMES, *MEMBER_THEMES)
    }
    move(home, villages.other, county_user)

    for code in ("HOU-01", "WAT-01", "PWR-02", "INC-01", "MED-01"):
        count = 4 if code == "MED-01" else 1
        assert figures(villages.own, code, BEFORE) == (count, count, 0), code
        assert figures(villages.own, code, DAY) == (0, 0, 0), code
        assert figures(villages.other, code, BEFORE) == (0, 0, 0), code
        assert figures(villages.other, code, DAY) == (count, count, 0), code
    for theme, count in versions.items():
        moved = theme._default_manager.filter(household=home, village=villages.other)
        assert moved.count() == count
        assert all(version.origin_id for version in moved)
    assert set(FactChange.objects.values_list("village_id", flat=True)) == {
        villages.own.pk, villages.other.pk,
    }  # fmt: skip
    assert not Household.objects.for_user(clerk).filter(pk=home.pk).exists()
    assert Household.objects.for_user(other_clerk).filter(pk=home.pk).exists()
    assert not Member.objects.for_user(clerk).filter(household=home).exists()
    assert HouseholdCheck.objects.for_user(other_clerk).get() == check
    event = AuditEvent.objects.get(action="household.move")
    assert event.village_id == villages.own.pk


def test_move_takes_along_what_was_told_after_its_day(
    home: Household, clerk: Any, county_user: Any, villages: SimpleNamespace
) -> None:
    from core.facts import Provenance

    later = DAY + timedelta(days=2)
    told = Provenance(valid_from=later, at=AT, by=clerk, source="OFFICE")
    services.record_household_facts(
        household=home, changes={Housing: [({}, {"grade": "D"})]}, told=told
    )
    move(home, villages.other, county_user, at=AT + timedelta(hours=1))

    held = {on: Housing.objects.as_of(on).get(household=home) for on in (BEFORE, DAY, later)}
    assert {on: (v.grade, v.village_id) for on, v in held.items()} == {
        BEFORE: ("B", villages.own.pk),
        DAY: ("B", villages.other.pk),
        later: ("D", villages.other.pk),
    }
    assert Housing.objects.as_of(later, known_at=AT).get(household=home).village == villages.own


def test_what_is_told_late_lies_where_the_household_was(
    home: Household, clerk: Any, county_user: Any, villages: SimpleNamespace
) -> None:
    from core.facts import Provenance
    from households.models import Monitoring

    move(home, villages.other, county_user)
    told = Provenance(
        valid_from=BEFORE, at=AT + timedelta(hours=1), by=county_user, source="OFFICE"
    )
    girl = home.members.get(name="李梅")
    services.record_household_facts(
        household=Household.objects.get(pk=home.pk),
        changes={
            Housing: [({}, {"grade": "D"})],
            Monitoring: [({}, {"monitor_type": "UNSTABLE"})],
            Insurance: [({"member_id": girl.pk, "year": 2018}, {"resident": True})],
        },
        told=told,
    )

    for theme in (Housing, Monitoring):
        there = theme._default_manager.as_of(BEFORE).get(household=home)
        here = theme._default_manager.as_of(DAY).get(household=home)
        assert (there.village, here.village) == (villages.own, villages.other), theme
        assert there.values() == here.values()
    insured = Insurance.objects.filter(member=girl, year=2018)
    assert insured.as_of(BEFORE).get().village == villages.own
    assert insured.as_of(DAY).get().village == villages.other


def test_returning_a_check_from_before_the_move_restores_both_places(
    home: Household, informant: Any, clerk: Any, county_user: Any, villages: SimpleNamespace
) -> None:
    check = services.submit_check(
        household=home, answers={Housing: [({}, {"grade": "D"})]}, visited_on=BEFORE, by=informant,
        at=AT, base_version=version_of(home),
    )  # fmt: skip
    move(home, villages.other, county_user, at=AT + timedelta(hours=1))
    services.return_check(
        check=check, by=county_user, at=AT + timedelta(hours=2), reason="照片不清"
    )

    for on, village in ((BEFORE, villages.own), (DAY, villages.other)):
        held = Housing.objects.as_of(on).get(household=home)
        assert (held.grade, held.village) == ("B", village)


def test_returning_a_check_from_before_a_split_restores_both_households(
    home: Household, informant: Any, clerk: Any, who: Any
) -> None:
    """What the check had displaced holds again in both; the telephone stays with the old."""
    answers: dict[Any, Any] = {
        Housing: [({}, {"grade": "D"})],
        HouseholdProfile: [({}, {"cause_main": "DISABILITY", "phone": "13800000000"})],
    }
    check = services.submit_check(
        household=home, answers=answers, visited_on=BEFORE, by=informant, at=AT,
        base_version=version_of(home),
    )  # fmt: skip
    made = split(home, {who("李强").pk: Relation.HEAD}, clerk, at=AT + timedelta(hours=1))
    versions = (version_of(home), version_of(made))
    services.return_check(check=check, by=clerk, at=AT + timedelta(hours=2), reason="照片不清")

    for each, phone in ((home, "13800006127"), (made, "")):
        assert Housing.objects.as_of(DAY).get(household=each).grade == "B"
        profile = HouseholdProfile.objects.as_of(DAY).get(household=each)
        assert (profile.cause_main, profile.phone) == ("ILLNESS", phone)
    assert not Housing.objects.as_of(BEFORE).filter(household=made).exists()
    restored = Housing.objects.as_of(DAY).get(household=made)
    assert restored.origin
    assert restored.origin.household == home
    assert (version_of(home), version_of(made)) == (versions[0] + 1, versions[1] + 1)


def test_two_checks_of_one_day_that_are_both_returned_leave_nothing(
    home: Household, informant: Any, clerk: Any
) -> None:
    checks = [
        services.submit_check(
            household=home, answers={Housing: [({}, {"grade": grade})]}, visited_on=BEFORE,
            by=informant, at=AT + timedelta(hours=hour), base_version=version_of(home),
        )
        for hour, grade in enumerate("CD")
    ]  # fmt: skip
    for hour, check in enumerate(checks, 2):
        services.return_check(
            check=check, by=clerk, at=AT + timedelta(hours=hour), reason="照片不清"
        )

    assert Housing.objects.as_of(DAY).get(household=home).grade == "B"


def test_returning_a_check_on_what_nobody_knew_leaves_both_households_unknown(
    home: Household, informant: Any, clerk: Any, who: Any
) -> None:
    check = services.submit_check(
        household=home, answers={LivingConditions: [({}, {"sanitary_toilet": False})]}, visited_on=BEFORE,
        by=informant, at=AT, base_version=version_of(home),
    )  # fmt: skip
    made = split(home, {who("李强").pk: Relation.HEAD}, clerk, at=AT + timedelta(hours=1))
    assert LivingConditions.objects.as_of(DAY).count() == 2
    services.return_check(check=check, by=clerk, at=AT + timedelta(hours=2), reason="照片不清")

    assert made.pk
    assert not LivingConditions.objects.as_of(DAY).exists()


@pytest.mark.parametrize(
    ("where", "begun", "ends"),
    [
        ("next", BEFORE, None),
        ("other", BEFORE, DAY),
        ("other", DAY + timedelta(days=3), DAY + timedelta(days=3)),
    ],
    ids=["same township", "another township", "not begun yet"],
)
def test_move_out_of_a_helpers_area_ends_the_pairing(
    home: Household, county_user: Any, helper: Any, villages: SimpleNamespace, where: str,
    begun: date, ends: date | None,
) -> None:  # fmt: skip
    pairing = PairingFactory(household=home, helper=helper, valid_from=begun)
    move(home, getattr(villages, where), county_user)

    pairing.refresh_from_db()
    assert pairing.valid_to == ends
    assert Household.objects.for_user(helper).filter(pk=home.pk).exists() is (ends is None)
    told = AuditEvent.objects.filter(action="pairing.end").values_list("detail", flat=True)
    assert list(told) == ([{"helper": str(helper), "on": DAY.isoformat()}] if ends else [])


def test_move_refuses_the_same_village_and_a_day_before_the_last_move(
    home: Household, county_user: Any, villages: SimpleNamespace
) -> None:
    with pytest.raises(services.SameVillage):
        move(home, villages.own, county_user)
    with pytest.raises(services.TooEarly):
        move(home, villages.next, county_user, on=date(2018, 1, 1))
    move(home, villages.next, county_user)
    with pytest.raises(services.TooEarly) as early:
        move(home, villages.other, county_user, on=DAY)
    assert early.value.on == DAY


def test_who_joins_before_a_later_move_moves_too(
    home: Household, clerk: Any, county_user: Any, villages: SimpleNamespace
) -> None:
    move(home, villages.other, county_user, on=DAY + timedelta(days=2))
    made = join(Household.objects.get(pk=home.pk), county_user)

    assert Membership.objects.as_of(DAY).get(member=made).village == villages.own
    assert Membership.objects.as_of(date(2019, 11, 3)).get(member=made).village == villages.other


def test_household_without_a_residence_gets_one_by_moving(
    villages: SimpleNamespace, county_user: Any
) -> None:
    bare = HouseholdFactory(village=villages.own)
    move(bare, villages.next, county_user)

    assert Residence.objects.get(household=bare).village == villages.next


# --- Who somebody is -----------------------------------------------------------------------------


def test_identity_is_put_right_and_masked_on_the_trail(
    home: Household, clerk: Any, who: Any
) -> None:
    head, number = who("李占元"), id_number(950, date(1961, 2, 3))
    services.correct_member(
        member=head, person=NewPerson(name="李占源", paper=parse(number, on=DAY), ethnic="蒙古族"),
        reason="户口簿为准", on=DAY, by=clerk, at=AT, base_version=version_of(home),
    )  # fmt: skip

    head.refresh_from_db()
    assert (head.name, head.birth_date, head.ethnic) == ("李占源", date(1961, 2, 3), "蒙古族")
    assert Member.objects.by_id_number(number).get() == head
    assert Household.objects.get(pk=home.pk).head_name == "李占源"
    detail = AuditEvent.objects.get(action="member.correct").detail
    assert set(detail["after"]) == {"birth_date", "id_number", "ethnic", "name"}
    assert detail["before"]["name"] == "李**"
    assert number not in str(detail)


def test_a_correction_neither_doubles_a_person_nor_breaks_the_family(
    home: Household, neighbour: Household, clerk: Any, who: Any
) -> None:
    options: dict[str, Any] = {
        "reason": "x", "on": DAY, "by": clerk, "at": AT, "base_version": version_of(home),
    }  # fmt: skip
    other = parse(who("张有才").id_number, on=DAY)
    with pytest.raises(services.PersonKnown):
        services.correct_member(
            member=who("李强"), person=NewPerson(name="李强", paper=other), **options
        )
    woman = parse(id_number(960, male=False), on=DAY)
    with pytest.raises(services.WrongSex):
        services.correct_member(
            member=who("李强"), person=NewPerson(name="李强", paper=woman), **options
        )
