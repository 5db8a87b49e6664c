"""Lists whose codes the rules name stand twice, as an enum and as a file: both say the same."""

from typing import Any

import pytest

from households import enums
from households.codelists import code_list, code_lists
from households.models import HOUSEHOLD_THEMES, MEMBER_THEMES

ENUMS: dict[str, Any] = {
    "cause": enums.Cause,
    "change_reason": enums.ChangeReason,
    "dwelling_solution": enums.DwellingSolution,
    "education": enums.Education,
    "health": enums.Health,
    "house_grade": enums.HouseGrade,
    "household_kind": enums.HouseholdKind,
    "id_type": enums.IdType,
    "identify_standard": enums.IdentifyStandard,
    "insurance_exemption": enums.InsuranceExemption,
    "labour_capacity": enums.LabourCapacity,
    "monitor_type": enums.MonitorType,
    "power_source": enums.PowerSource,
    "relation": enums.Relation,
    "removed_way": enums.RemovedWay,
    "return_reason": enums.ReturnReason,
    "risk": enums.Risk,
    "school_exemption": enums.SchoolExemption,
    "sex": enums.Sex,
    "status": enums.Status,
    "student_status": enums.StudentStatus,
    "water_mode": enums.WaterMode,
    "water_quality": enums.WaterQuality,
}


@pytest.mark.parametrize("key", ENUMS)
def test_enum_and_file_agree(key: str) -> None:
    assert [(value.code, value.label) for value in code_list(key).values] == [
        (code, str(label)) for code, label in ENUMS[key].choices
    ]


@pytest.mark.parametrize("key", code_lists())
def test_a_spelling_means_one_code(key: str) -> None:
    found = code_list(key)
    spellings = [text for value in found.values for text in (value.label, *value.also)]

    assert len(spellings) == len(set(spellings))
    assert not set(found.doubtful) & set(spellings)
    assert {code for code in found.doubtful.values() if code} <= {v.code for v in found.values}
    assert found.number
    assert found.name
    assert found.source


def test_every_choice_of_a_theme_has_a_file() -> None:
    files = {tuple(value.code for value in found.values) for found in code_lists().values()}
    for theme in (*HOUSEHOLD_THEMES, *MEMBER_THEMES):
        for name in theme.VALUES:
            column: Any = theme._meta.get_field(name)
            choices = getattr(column, "base_field", column).choices
            assert not choices or tuple(code for code, _label in choices) in files, (theme, name)


@pytest.mark.parametrize(
    ("key", "year", "code", "is_offered"),
    [
        ("labour_capacity", 2018, "WEAK", False),
        ("labour_capacity", 2019, "WEAK", True),
        ("relation", 2018, "UNCLE", False),
        ("relation", 2018, "MOTHERS_MOTHER", True),
        ("relation", 2019, "UNCLE", True),
        ("monitor_type", 2020, "SUDDEN", False),
        ("monitor_type", 2021, "SUDDEN", True),
        ("cause", 2017, "BEREAVEMENT", False),
        ("cause", 2018, "BEREAVEMENT", True),
    ],
)
def test_forms_offer_what_their_year_knew(key: str, year: int, code: str, is_offered: bool) -> None:
    offered = [value for value, _label in code_list(key).offered(year)]

    assert (code in offered) is is_offered
