"""Every rule of the domain's catalogue is carried out, refused at entry, or said to be beyond the register."""

import importlib
from datetime import date
from typing import Any

import pytest
from django.apps import apps
from django.db import IntegrityError, transaction

from accounts.enums import Line
from households.identity import InvalidIdentity, InvalidPhone, parse, parse_phone
from households.models import Member
from indicators.compiler import Frame
from indicators.enums import Severity
from indicators.expressions import Derived, Tally
from indicators.quality import sql
from indicators.quality.rules import AT_ENTRY, NOT_HELD, RULES
from indicators.views_quality.listing import PLACES
from tests.indicators.factories import Teller

# Codes and severities of the catalogue (domain §3.7).
BLOCKING = [
    *(f"ID-0{n}" for n in range(1, 8)),
    *(f"DUP-0{n}" for n in range(1, 5)),
    *(f"HH-0{n}" for n in range(1, 7)),
    "NUL-01", "NUL-02", "NUL-03", "NUL-05", "SOC-02", "WRK-01", "WRK-03", "INC-02", "INC-03", "EXIT-01", "MED-01",
]  # fmt: skip
WARNING = [
    *(f"CAU-0{n}" for n in range(1, 6)),
    "NUL-04", "SOC-01", "SOC-03", "SOC-04", "SOC-05", "LAB-01", "LAB-02", "LAB-03", "WRK-02", "WRK-04", "WRK-05",
    "INC-01", "INC-04", "INC-05", "EDU-01", "EDU-02", "HLP-01", "LND-01", "DIS-01", "TEL-01", "VIL-01",
]  # fmt: skip


@pytest.mark.parametrize("code", [*BLOCKING, *WARNING])
def test_every_code_is_a_rule_or_refused_at_entry(code: str) -> None:
    rules = [rule for rule in RULES.values() if rule.catalogue_code == f"DQ-{code}"]
    refused = [each for each in AT_ENTRY if each.code == f"DQ-{code}"]

    assert rules or refused
    severity = Severity.BLOCKING if code in BLOCKING else Severity.WARNING
    assert {rule.severity for rule in rules} <= {severity}


def test_no_rule_is_of_our_own_making() -> None:
    known = {f"DQ-{code}" for code in (*BLOCKING, *WARNING)}

    assert {rule.catalogue_code for rule in RULES.values()} <= known
    assert {each.code for each in (*AT_ENTRY, *NOT_HELD)} <= known


@pytest.mark.parametrize("each", AT_ENTRY, ids=lambda each: f"{each.code} {each.name}")
def test_who_refuses_at_entry_exists(each) -> None:
    module, _, name = each.refused_by.partition(":")

    assert hasattr(importlib.import_module(module), name)


NUMBERS = {
    "DQ-ID-01": ("1599225609131", "1502221900010100199", "15022219000101001A"),
    "DQ-ID-02": ("150222190001010018",),
    "DQ-ID-03": ("150222190002290016", "150222203001010015"),
    "DQ-ID-04": ("150222000101001",),
    "DQ-ID-05": ("999999190001010015", ""),
    "DQ-ID-06": ("15022219000101001984", "15022219000101001940"),
}
ELSEWHERE = {"DQ-ID-07"}  # test_bad_input_is_answered_at_its_field, test_parsing of imports
PEOPLE = {"DQ-DUP-01": 150222106201, "DQ-DUP-02": 150223100201, "DQ-DUP-03": 150102001001}


@pytest.mark.parametrize(("code", "numbers"), NUMBERS.items())
def test_a_wrong_number_is_refused_under_its_rule(code: str, numbers: tuple[str, ...]) -> None:
    for number in numbers:
        with pytest.raises(InvalidIdentity) as refused:
            parse(number, on=date(2019, 11, 5))
        assert refused.value.rule == code


@pytest.mark.parametrize("code", [*PEOPLE, "DQ-DUP-04"])
def test_nobody_is_on_the_register_twice(code: str, places: Any, teller: Teller) -> None:
    person = teller.household(members=2).people[0]  # type: ignore[attr-defined]
    home = teller.household(PEOPLE[code]) if code in PEOPLE else person.household
    with pytest.raises(IntegrityError, match="one_person"), transaction.atomic():
        Member.objects.create(
            household=home, village_id=home.village_id, code="x", name="甲", id_hash=person.id_hash
        )


def test_a_telephone_number_that_is_none_is_refused() -> None:
    with pytest.raises(InvalidPhone) as refused:
        parse_phone("1390000000")
    assert refused.value.rule == "DQ-TEL-01"


def test_what_entry_refuses_is_shown_above() -> None:
    shown = {*NUMBERS, *ELSEWHERE, *PEOPLE, "DQ-DUP-04", "DQ-TEL-01"}
    assert shown == {each.code for each in AT_ENTRY}


@pytest.mark.parametrize("rule", RULES.values(), ids=list(RULES))
def test_every_rule_says_why_how_and_where(rule) -> None:
    assert rule.subject in ("household", "member", "village")
    assert rule.line in Line.values
    assert rule.why.endswith("。")
    assert rule.fix.endswith("。")
    assert rule.place in PLACES or rule.place in {f"s{n}" for n in range(1, 10)}
    assert len(rule.code) <= 16
    for fact in sql.facts_of(rule):
        assert fact.label
        if fact.theme.model and not isinstance(fact, Derived):
            apps.get_model(fact.theme.model)._meta.get_field(fact.column)


def test_age_is_shown_and_does_not_end_an_exception() -> None:
    assert "person.age" in [fact.key for fact in RULES["DQ-SOC-04"].shown] or any(
        isinstance(fact, Tally) for fact in RULES["DQ-SOC-04"].shown
    )
    assert RULES["DQ-LAB-01"].passing == ["person.age"]


def test_rules_compile_alone_as_together() -> None:
    frame = Frame(False, ("villages",))

    for code in RULES:
        assert dict(sql.compiled((code,), frame))["t_finding"]
