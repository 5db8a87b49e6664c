"""Every refusal and every warning, from both sides: what it speaks of and what it lets pass."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from accounts.enums import Line
from households.dossier import Dossier
from households.forms.check import CheckForm
from households.forms.refusals import REFUSALS
from households.forms.rules import House, findings
from households.forms.warnings import WARNINGS
from households.models import (
    Employment,
    Household,
    HouseholdProfile,
    Housing,
    IncomeYear,
    LivingConditions,
    MemberProfile,
    Schooling,
    SocialAssistance,
    StudentAid,
)

pytestmark = pytest.mark.django_db
ON = date(2019, 11, 5)
YEAR = 2018  # the accounting year of the visit
SCHOOL_YEAR = 2019

PROFILE, LAND, INCOME = HouseholdProfile, LivingConditions, IncomeYear
# In the tables below an answer is (theme, values) of the household, or (theme, values, who):
# "head" is 59, "child" is 10 and in primary school, "both" are the two members of the household.
Answer = tuple[Any, ...]


def yuan(**values: int) -> Answer:
    return (INCOME, {f"{name}_yuan": Decimal(value) for name, value in values.items()})


def mu(**values: int) -> Answer:
    return (LAND, {f"{name}_mu": Decimal(value) for name, value in values.items()})


def head(theme: Any, **values: Any) -> Answer:
    return (theme, values, "head")


def child(theme: Any, **values: Any) -> Answer:
    return (theme, values, "child")


def both(theme: Any, **values: Any) -> Answer:
    return (theme, values, "both")


HEALTHY = both(MemberProfile, health=["HEALTHY"])
NO_AID = both(SocialAssistance, dibao=False, tekun=False)

REFUSED: dict[str, tuple[list[Answer], list[Answer]]] = {
    "LND-IRRIGATED": ([mu(irrigated=9, cultivated=8)], [mu(irrigated=8, cultivated=8)]),
    "LND-RETURNED": (
        [mu(returned=9, forest=4, pasture=4)],
        [mu(returned=8, forest=4, pasture=4)],
    ),
    "HSE-GRADE": (
        [(Housing, {"grade": "C", "dangerous_reported": False})],
        [(Housing, {"grade": "C", "dangerous_reported": True})],
    ),
    "INC-PROPERTY": (
        [yuan(property=600, asset_dividend=300, other_property=298)],
        [yuan(property=600, asset_dividend=300, other_property=299)],
    ),
    "INC-TRANSFER": (
        [yuan(transfer=8260, dibao=8262)],
        [yuan(transfer=8260, dibao=4000)],
    ),
    "EDU-BOTH": (
        [child(MemberProfile, education="PRIMARY")],
        [head(MemberProfile, education="PRIMARY")],
    ),
    "EDU-DROPOUT": (
        [child(Schooling, dropout_reason="WEARY")],
        [child(Schooling, dropout_reason="WEARY", student_status="NOT_STUDENT")],
    ),
    "EDU-PAPER": (
        [child(Schooling, exemption="SUSPENSION")],
        [child(Schooling, exemption="SUSPENSION", exemption_document="固教〔2019〕3号")],
    ),
    "AID-AMOUNT": (
        [child(StudentAid, paid=False, amount_yuan=Decimal(500))],
        [child(StudentAid, paid=True, amount_yuan=Decimal(500))],
    ),
    "DIS-TYPE": (
        [head(MemberProfile, disability_grade="3")],
        [head(MemberProfile, disability_grade="3", disability_type="LIMB")],
    ),
    "WRK-MONTHS": (
        [head(Employment, work_area="COUNTY")],
        [head(Employment, work_area="COUNTY", work_months=3)],
    ),
    "WRK-PLACE": (
        [head(Employment, work_months=3)],
        [head(Employment, work_months=3, work_place="包头市区")],
    ),
    "SOC-CLASS": (
        [head(SocialAssistance, dibao=False, dibao_class="A")],
        [head(SocialAssistance, dibao=True, dibao_class="A")],
    ),
    "SOC-BOTH": (
        [head(SocialAssistance, dibao=True, tekun=True)],
        [head(SocialAssistance, dibao=True, tekun=False)],
    ),
}

WARNED: dict[str, tuple[list[Answer], list[Answer]]] = {
    "TEL-01": ([(PROFILE, {"phone": "0472-2345678"})], [(PROFILE, {"phone": "13900012345"})]),
    "TEL-02": ([head(MemberProfile, phone="0472-2345678")], [head(MemberProfile, phone="")]),
    "ACC-01": (
        [(PROFILE, {"bank_account": "6222020000000000001"})],
        [(PROFILE, {"bank_account": "6222020000000000000"})],
    ),
    "CAU-01": ([HEALTHY], [head(MemberProfile, health=["CHRONIC"])]),
    "CAU-02": (
        [
            (PROFILE, {"cause_main": "SCHOOLING"}),
            child(Schooling, student_status="NOT_STUDENT"),
        ],
        [(PROFILE, {"cause_main": "SCHOOLING"})],
    ),
    "CAU-03": (
        [HEALTHY, (PROFILE, {"cause_other": ["DISABILITY"]})],
        [both(MemberProfile, health=["DISABLED"]), (PROFILE, {"cause_other": ["DISABILITY"]})],
    ),
    "CAU-04": (
        [(PROFILE, {"cause_other": ["ILLNESS"]})],
        [(PROFILE, {"cause_other": ["SKILL"]})],
    ),
    "CAU-05": (
        [(PROFILE, {"cause_main": "LABOUR"}), head(MemberProfile, labour_capacity="ORDINARY")],
        [(PROFILE, {"cause_main": "LABOUR"}), head(MemberProfile, labour_capacity="WEAK")],
    ),
    "HSE-AREA": ([(Housing, {"area_m2": None})], [(Housing, {"area_m2": Decimal(60)})]),
    "INC-05-WAGE": ([yuan(wage=299)], [yuan(wage=300)]),
    "INC-05-DIBAO": ([yuan(dibao=199)], [yuan(dibao=200)]),
    "INC-05-PENSION": ([yuan(pension=87)], [yuan(pension=88)]),
    "INC-05-FAMILY": ([yuan(family_planning=99)], [yuan(family_planning=0)]),
    "INC-01": ([yuan(operating_expense=0)], [yuan(operating=0, operating_expense=0)]),
    "INC-02": ([yuan(operating_expense=36_260)], [yuan(operating_expense=36_255)]),
    "INC-04": (
        [yuan(eco_compensation=500)],
        [yuan(eco_compensation=500), mu(returned=2)],
    ),
    "INC-PERSONS": ([(INCOME, {"persons_in_year": 31})], [(INCOME, {"persons_in_year": 30})]),
    "LND-01-CULTIVATED": ([mu(cultivated=101)], [mu(cultivated=100)]),
    "LND-01-FOREST": ([mu(forest=141)], [mu(forest=140)]),
    "ROAD-DISTANCE": (
        [(LAND, {"road_distance_km": Decimal("5.1")})],
        [(LAND, {"road_distance_km": Decimal(5)})],
    ),
    "SOC-01": (
        [(PROFILE, {"kind": "DIBAO"}), NO_AID],
        [(PROFILE, {"kind": "GENERAL"}), NO_AID],
    ),
    "SOC-02": (
        [(PROFILE, {"kind": "GENERAL"}), yuan(dibao=3000)],
        [(PROFILE, {"kind": "DIBAO"}), yuan(dibao=3000)],
    ),
    "SOC-03": (
        [(PROFILE, {"kind": "TEKUN"})],
        [(PROFILE, {"kind": "TEKUN"}), yuan(tekun=6000)],
    ),
    "SOC-04": (
        [(PROFILE, {"kind": "TEKUN"}), head(MemberProfile, labour_capacity="SKILLED")],
        [(PROFILE, {"kind": "TEKUN"}), head(MemberProfile, labour_capacity="NONE")],
    ),
    "SOC-05": (
        [NO_AID, head(MemberProfile, labour_capacity="LOST")],
        [NO_AID, head(MemberProfile, labour_capacity="ORDINARY")],
    ),
    "WRK-04-WORKER": (
        [yuan(wage=9000), both(Employment, work_months=0)],
        [yuan(wage=9000), both(Employment, work_months=0, public_post="RANGER")],
    ),
    "WRK-04-WAGE": (
        [yuan(wage=0), head(Employment, work_months=3)],
        [yuan(wage=9000), head(Employment, work_months=3)],
    ),
    "LAB-01": (
        [head(MemberProfile, labour_capacity="WEAK")],
        [head(MemberProfile, labour_capacity="WEAK", health=["CHRONIC"])],
    ),
    "LAB-02": (
        [child(MemberProfile, labour_capacity="WEAK")],
        [child(MemberProfile, labour_capacity="NONE")],
    ),
    "LAB-03": (
        [
            head(
                MemberProfile,
                labour_capacity="ORDINARY",
                disability_type="LIMB",
                disability_grade="2",
            )
        ],
        [
            head(
                MemberProfile,
                labour_capacity="ORDINARY",
                disability_type="LIMB",
                disability_grade="3",
            )
        ],
    ),
    "DIS-01-TYPE": (
        [head(MemberProfile, health=["DISABLED"])],
        [head(MemberProfile, health=["DISABLED"], disability_type="LIMB")],
    ),
    "DIS-01-HEALTH": (
        [head(MemberProfile, disability_type="LIMB")],
        [head(MemberProfile, disability_type="LIMB", health=["DISABLED", "CHRONIC"])],
    ),
    "EDU-01": (
        [head(Schooling, student_status="PRIMARY")],
        [child(Schooling, student_status="PRIMARY")],
    ),
    "EDU-LEVEL": (
        [child(MemberProfile, education="SENIOR")],
        [head(MemberProfile, education="SENIOR")],
    ),
    "WRK-02": (
        [head(Employment, work_months=3), head(MemberProfile, labour_capacity="LOST")],
        [head(Employment, work_months=0), head(MemberProfile, labour_capacity="LOST")],
    ),
    "WRK-03": ([child(Employment, work_months=1)], [head(Employment, work_months=1)]),
    "WRK-05-AGE": (
        [child(Employment, public_post="RANGER")],
        [head(Employment, public_post="RANGER")],
    ),
    "WRK-05-MONTHS": (
        [head(Employment, public_post="RANGER")],
        [head(Employment, public_post="RANGER", post_months=6)],
    ),
}


@pytest.fixture
def told(household: Household) -> Any:
    """Answers as a form collects them."""
    who = {
        "head": [household.members.get(name="李占元").pk],
        "child": [household.members.get(name="李浩然").pk],
    }
    who["both"] = who["head"] + who["child"]

    def collect(answers: list[Answer]) -> dict[Any, list[Any]]:
        found: dict[Any, list[Any]] = {}
        for theme, values, *of in answers:
            year = {INCOME: YEAR, StudentAid: SCHOOL_YEAR}.get(theme)
            more = {"year": year} if year else {}
            for pk in who[of[0]] if of else [None]:
                keys = ({"member_id": pk} if pk else {}) | more
                found.setdefault(theme, []).append((keys, values))
        return found

    return collect


def spoken(household: Household, told: Any, rules: Any) -> list[str]:
    dossier = Dossier(household, on=ON, lines=Line.values)
    house = House(dossier, told, on=ON, year=YEAR)
    return [finding.rule.code for finding in findings(rules, house)]


@pytest.mark.parametrize("code", REFUSED)
def test_what_cannot_be_is_refused(household: Household, told: Any, code: str) -> None:
    wrong, right = REFUSED[code]

    assert code in spoken(household, told(wrong), REFUSALS)
    assert code not in spoken(household, told(right), REFUSALS)


@pytest.mark.parametrize("code", WARNED)
def test_what_is_unlikely_is_warned_of(household: Household, told: Any, code: str) -> None:
    wrong, right = WARNED[code]

    assert code in spoken(household, told(wrong), WARNINGS)
    assert code not in spoken(household, told(right), WARNINGS)


def test_every_rule_is_tested() -> None:
    assert list(REFUSED) == [rule.code for rule in REFUSALS]
    assert list(WARNED) == [rule.code for rule in WARNINGS]


@pytest.mark.parametrize("rule", [*REFUSALS, *WARNINGS], ids=lambda rule: rule.code)
def test_a_rule_has_a_place_on_the_form(household: Household, rule: Any) -> None:
    form = CheckForm(dossier=Dossier(household, on=ON, lines=Line.values), today=ON)
    asked = {(each.question.theme, each.question.column) for each in form.asked.values()}

    assert (rule.house is None) != (rule.member is None)
    assert rule.columns[0] in asked or set(rule.columns) & asked


@pytest.mark.parametrize(
    ("status", "age", "is_warned"),
    [
        ("SENIOR_1", 14, True),
        ("SENIOR_1", 15, False),
        ("SENIOR_1", 21, True),
        ("GRADE_7", 11, True),
        ("GRADE_7", 12, False),
        ("GRADE_9", 18, True),
        ("PRIMARY", 20, True),
        ("PRIMARY", 19, False),
        ("POSTGRADUATE", 19, True),
        ("BACHELOR", 30, True),
        ("BACHELOR", 29, False),
        ("NOT_STUDENT", 30, False),
        ("", 30, False),
    ],
)
def test_usual_ages_in_school(
    household: Household, told: Any, status: str, age: int, is_warned: bool
) -> None:
    member = household.members.get(name="李浩然")
    member.birth_date = date(ON.year - age, 1, 1)
    member.save()

    codes = spoken(household, told([child(Schooling, student_status=status)]), WARNINGS)

    assert ("EDU-01" in codes) is is_warned


def test_what_was_on_file_before_is_nobodys_answer(household: Household) -> None:
    assert spoken(household, {}, [*REFUSALS, *WARNINGS]) == []
