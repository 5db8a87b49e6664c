"""The table of transitions, pair by pair, and the arithmetic of notices and votes."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from households import transitions
from households.enums import ProcessKind, Status, StepKind

# Domain §4.7, written apart from the table of the code.
REGISTERED = [
    "NOT_LIFTED", "PRE_LIFTED", "LIFTED_POLICY", "LIFTED_NO_POLICY", "RETURNED",
]  # fmt: skip
ALLOWED = {
    ("NOT_LIFTED", "PRE_LIFTED"),
    ("PRE_LIFTED", "LIFTED_POLICY"),
    ("LIFTED_POLICY", "LIFTED_NO_POLICY"),
    ("PRE_LIFTED", "NOT_LIFTED"),
    ("LIFTED_POLICY", "RETURNED"),
    ("RETURNED", "PRE_LIFTED"),
    ("LIFTED_NO_POLICY", "RETURNED"),
    *((status, "REMOVED") for status in REGISTERED),
    *((status, "EXTINCT") for status in REGISTERED),
}


def test_exactly_the_allowed_changes() -> None:
    reached = {
        (str(start), str(transitions.status_after(kind, start)))
        for start in Status
        for kind in ProcessKind
        if transitions.status_after(kind, start)
    }

    assert reached == ALLOWED
    assert transitions.status_after("IDENTIFY", None) == "NOT_LIFTED"
    assert transitions.kinds_from("") == transitions.kinds_from("REMOVED") == []


@pytest.mark.parametrize("kind", list(ProcessKind))
def test_every_kind_ends_with_the_county(kind: ProcessKind) -> None:
    steps = transitions.STEPS[kind]

    assert steps[-1] == StepKind.APPROVAL
    assert transitions.actor(steps[-1]) == "county"
    assert transitions.next_step(kind, steps[-1]) == ""
    assert len(set(steps)) == len(steps)


def test_exit_and_identification_go_the_whole_way() -> None:
    assert [str(step) for step in transitions.STEPS[ProcessKind.EXIT]] == [
        "PROPOSAL", "REVIEW", "AGREEMENT", "VILLAGE_NOTICE", "TOWNSHIP_CHECK", "APPROVAL",
    ]  # fmt: skip
    assert [str(step) for step in transitions.STEPS[ProcessKind.IDENTIFY]] == [
        "APPLICATION", "REVIEW", "TOWNSHIP_CHECK", "COMPARISON", "SECOND_REVIEW", "VILLAGE_NOTICE",
        "TOWNSHIP_NOTICE", "APPROVAL",
    ]  # fmt: skip


@given(st.dates(min_value=date(2014, 1, 1), max_value=date(2030, 1, 1)), st.integers(0, 20))
def test_seven_full_days_beside_the_day_it_is_put_up(put_up: date, days: int) -> None:
    last = put_up + timedelta(days=days)

    assert transitions.notice_is_long_enough(put_up, last) == (days >= 7)
    assert transitions.notice_is_long_enough(put_up, transitions.last_notice_day(put_up))


@pytest.mark.parametrize(
    ("present", "total", "enough"), [(26, 40, False), (27, 40, True), (2, 3, True), (1, 2, False)]
)
def test_two_thirds_of_the_representatives(present: int, total: int, enough: bool) -> None:
    assert transitions.has_quorum(present, total) == enough


@pytest.mark.parametrize(("agree", "present", "agreed"), [(16, 32, False), (17, 32, True)])
def test_more_than_half_of_those_present(agree: int, present: int, agreed: bool) -> None:
    assert transitions.is_agreed(agree, present) == agreed
