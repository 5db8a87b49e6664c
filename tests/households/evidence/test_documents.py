"""Which papers are missing: every requirement of the file, from both sides."""

from datetime import date
from typing import Any

import pytest

from accounts.enums import Line
from households.codelists import code_list
from households.documents import (
    THEMES,
    kinds_of,
    line_of,
    missing_documents,
    requirements,
    theme_of,
)
from households.dossier import Dossier
from households.models import Evidence, Household
from tests.households.factories import (
    EvidenceFactory,
    HouseholdFactory,
    HousingFactory,
    InsuranceFactory,
    MemberFactory,
    SchoolingFactory,
    WaterFactory,
)

pytestmark = pytest.mark.django_db
TODAY = date(2019, 11, 5)


@pytest.fixture
def bare() -> Household:
    """No housing, water, pupils: nothing to prove."""
    return HouseholdFactory(with_members=0)


def told(household: Household, *, on: date = TODAY, lines: Any = (Line.GENERAL,)) -> list[str]:
    papers = Evidence.objects.standing().filter(household=household)
    return [each.text for each in missing_documents(Dossier(household, on=on, lines=lines), papers)]


def test_file_names_only_what_exists() -> None:
    kinds = dict(code_list("document_kind").choices)
    for each in requirements():
        columns = {*each.when, each.number, each.date, each.until} - {""}
        assert columns <= set(THEMES[each.theme].VALUES), each
        assert set(each.kinds) <= set(kinds), each
        assert all(theme_of(kind) == each.theme for kind in each.kinds), each
        assert each.source


def test_conditions_name_values_that_exist() -> None:
    for each in requirements():
        for column, wanted in each.when.items():
            choices = dict(THEMES[each.theme]._meta.get_field(column).choices)
            assert wanted == {"filled": True} or set(wanted) <= set(choices), each


def test_household_without_facts_needs_no_paper(bare: Household) -> None:
    assert told(bare) == []


@pytest.mark.parametrize(
    ("facts", "missing"),
    [
        ({"grade": "B"}, ["缺：住房鉴定书"]),
        (
            {"grade": "D", "solution": "RENOVATION"},
            ["缺：住房鉴定书", "缺：危房改造竣工验收表", "缺：搬迁协议或入住确认书"],
        ),
        ({"grade": "", "solution": "RELOCATION_CONCENTRATED"}, ["缺：搬迁协议或入住确认书"]),
        ({"grade": "", "solution": "RELOCATION_SCATTERED"}, ["缺：搬迁协议或入住确认书"]),
        ({"grade": "", "solution": "OTHER_SAFE"}, ["缺：安全住处证明"]),
        ({"grade": "", "solution": "NONE"}, []),
        ({"grade": ""}, []),
    ],
)
def test_housing(bare: Household, facts: dict[str, str], missing: list[str]) -> None:
    HousingFactory(household=bare, certificate_no="", **facts)

    assert told(bare) == missing


def test_appraisal_needs_number_and_date_on_the_paper_or_in_the_fact(bare: Household) -> None:
    HousingFactory(household=bare, certificate_no="", appraised_on=None)
    paper = EvidenceFactory(household=bare)
    assert told(bare) == ["住房鉴定书未填编号、日期"]

    paper.document_no = "固住鉴〔2018〕0317号"
    paper.save()
    assert told(bare) == ["住房鉴定书未填日期"]

    paper.document_date = date(2018, 6, 1)
    paper.save()
    assert told(bare) == []


def test_number_and_date_in_the_fact_are_enough(bare: Household) -> None:
    HousingFactory(household=bare, certificate_no="1号", appraised_on=date(2018, 6, 1))
    EvidenceFactory(household=bare)

    assert told(bare) == []


def test_water(bare: Household) -> None:
    WaterFactory(household=bare)
    assert told(bare) == ["缺：饮水验收鉴定书"]

    EvidenceFactory(
        household=bare,
        kind="WATER_ACCEPTANCE",
        document_no="1号",
        document_date=date(2019, 1, 1),
    )
    assert told(bare) == []


@pytest.mark.parametrize(
    ("exemption", "kind", "label"),
    [
        ("SUSPENSION", "SUSPENSION", "休学或延缓入学批准书"),
        ("DEFERRED_ENTRY", "SUSPENSION", "休学或延缓入学批准书"),
        ("PHYSICALLY_UNABLE", "DISABILITY_FINDING", "不能入学鉴定意见"),
    ],
)
def test_school_exemption_of_each_child(
    bare: Household, exemption: str, kind: str, label: str
) -> None:
    child = MemberFactory(household=bare, name="李浩然", birth_date=date(2009, 5, 1))
    other = MemberFactory(household=bare, name="李欣怡", birth_date=date(2009, 5, 1))
    for pupil in (child, other):
        SchoolingFactory(member=pupil, exemption=exemption)
    assert told(bare) == [f"李浩然 缺：{label}", f"李欣怡 缺：{label}"]

    paper = EvidenceFactory(household=bare, kind=kind, member=child)
    assert told(bare) == [f"李浩然 {label}未填有效期", f"李欣怡 缺：{label}"]

    paper.valid_until = TODAY
    paper.save()
    assert told(bare) == [f"李欣怡 缺：{label}"]


def test_expired_papers_are_told_the_day_after(bare: Household) -> None:
    child = MemberFactory(household=bare, name="李浩然", birth_date=date(2009, 5, 1))
    SchoolingFactory(member=child, exemption="SUSPENSION")
    EvidenceFactory(household=bare, kind="SUSPENSION", member=child, valid_until=date(2019, 11, 4))
    sentence = "李浩然 休学或延缓入学批准书已于 2019-11-04 到期"

    assert told(bare, on=date(2019, 11, 4)) == []
    assert told(bare) == [sentence]

    EvidenceFactory(household=bare, kind="SUSPENSION", member=child, valid_until=date(2020, 7, 1))
    assert told(bare) == []


def test_insurance_exemption(bare: Household) -> None:
    soldier = MemberFactory(household=bare, name="李强")
    InsuranceFactory(member=soldier, resident=None, employee=None, exemption="IN_ARMY")
    assert told(bare) == ["李强 缺：免参保证明"]

    EvidenceFactory(household=bare, kind="EXEMPT_INSURANCE", member=soldier)
    assert told(bare) == []


def test_withdrawn_papers_prove_nothing(bare: Household) -> None:
    HousingFactory(household=bare, appraised_on=TODAY)
    paper = EvidenceFactory(household=bare)
    assert told(bare) == []

    paper.withdrawn_at, paper.withdrawn_by = paper.uploaded_at, paper.uploaded_by
    paper.withdrawn_reason = "传错户"
    paper.save()
    assert told(bare) == ["缺：住房鉴定书"]


def test_a_line_is_asked_only_for_its_own_papers(bare: Household) -> None:
    HousingFactory(household=bare, certificate_no="")
    WaterFactory(household=bare)

    assert told(bare, lines=[Line.WATER]) == ["缺：饮水验收鉴定书"]
    assert told(bare, lines=[Line.EDUCATION]) == []


def test_lines_and_kinds_of_themes() -> None:
    assert line_of("insurance") == Line.HEALTH
    assert line_of("") == Line.GENERAL
    assert [kind for kind, _label in kinds_of("housing")][:2] == [
        "HOUSE_APPRAISAL",
        "HOUSE_ACCEPTANCE",
    ]
    assert "PERSUASION" in dict(kinds_of("schooling"))
