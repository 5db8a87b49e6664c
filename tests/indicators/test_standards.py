"""The files of standards, and values proposed, approved, superseded and resolved."""

from dataclasses import replace
from datetime import date, timedelta
from threading import Thread
from types import SimpleNamespace
from typing import Any

import pytest
from django.db import IntegrityError, close_old_connections, connection, transaction

from core.models import AuditEvent
from households.models import Water
from indicators import figures, services
from indicators import standard_changes as changes
from indicators import standard_values as standing
from indicators.enums import Direction, ProposalState, ValueKind
from indicators.models import CitedDocument, CompetingValue, Parameter, Result, StandardProposal
from indicators.services import recompute
from indicators.standard_changes import (
    AlreadyProposed,
    NotAValue,
    NotTheProposer,
    SamePerson,
    StaleProposal,
    StaleStandard,
    TooStrict,
    UnknownDocument,
    UnknownRegion,
)
from indicators.standard_values import Reading, UnknownStandard
from indicators.standards import (
    TOPICS,
    BadStandard,
    BadValue,
    Standard,
    carved,
    catalogue,
    documents,
    read_standards,
    told,
)
from tests.accounts.factories import UserFactory
from tests.indicators.factories import START, Teller, standards

ON = date(2019, 10, 31)
TOWN = "150222105"
WATER = "water_l_basic"


def reading(**more: Any) -> Reading:
    """20 litres in a town of the dry region become 15, on a document of the town's own."""
    said: dict[str, Any] = {
        "code": WATER, "region": TOWN, "valid_from": date(2019, 6, 1), "valid_to": None,
        "value": "15", "document": "kaizhou-2019", "section": "一", "reason": "核实后调整",
    }  # fmt: skip
    return Reading(**said | more)


def held_in(village: int, on: date, code: str = WATER) -> str:
    rows = Parameter.objects.valid_on(on).covering(village, village).filter(code=code)
    return str(rows.values_list("value", flat=True).first())


# --- the files ------------------------------------------------------------------------------------


def test_every_file_is_a_topic_and_every_code_is_named_once():
    codes = [v.code for v in standards()]

    assert set(catalogue()) == set(codes)
    assert {s.topic for s in catalogue().values()} == set(TOPICS)
    for standard in catalogue().values():
        assert standard.kind in ValueKind.values
        assert standard.direction in Direction.values
        assert len(standard.name) <= 64
        assert bool(standard.words) == (standard.kind in (ValueKind.CHOICE, ValueKind.LIST))


def test_values_fit_their_columns():
    for value in standards():
        for cited in (value, *value.competing):
            assert len(cited.value) <= 128
            assert len(cited.section) <= 64
            assert len(cited.note) <= 200


UNCONFIRMED = {
    "water_fetch_minutes_full", "water_distance_metres_full", "water_height_metres_full", "water_short_days_full",
    "water_reliability_full_pct", "pension_age_from", "pension_age_to", "industry_counts_weak_labour",
    "newborn_grace_days", "insurance_exempt_kinds", "report_due_inclusive",
}  # fmt: skip


def test_what_no_document_says_is_marked():
    """Background knowledge of ours waits to be confirmed by the customer, and says so."""
    ours = [v for v in standards() if v.code in UNCONFIRMED]
    years = [v for v in standards() if v.code.startswith("income_line") and not v.region]

    assert {v.code for v in ours} == UNCONFIRMED
    assert all("待确认" in v.note and v.document == "house-default" for v in ours)
    unsure = {v.valid_from.year for v in years if v.document == "house-default"}
    assert unsure == {2017, 2019}
    assert all("待确认" in v.note for v in years if v.valid_from.year in unsure)


@pytest.mark.parametrize(
    ("code", "village", "on", "value"),
    [
        ("income_line_identify_yuan", 450224102208, date(2013, 12, 31), "2736"),
        ("income_line_identify_yuan", 450224102208, date(2018, 12, 31), "2995"),
        ("income_line_exit_yuan", 150222105203, date(2019, 12, 31), "3600"),
        ("income_line_exit_yuan", 450224102208, date(2019, 12, 31), "3218"),
        ("income_line_exit_yuan", 150222105203, date(2020, 12, 31), "4000"),
        ("income_screen_yuan", 500154100201, date(2018, 12, 31), "3500"),
        ("water_l_full", 150222105203, ON, "40"),
        ("water_l_full", 450224102208, ON, "60"),
        ("water_short_days_full", 450224102208, ON, "18"),
        ("dropout_rule", 450224102208, date(2018, 6, 1), "poverty_only"),
        ("dropout_rule", 450224102208, ON, "strict"),
        ("village_cover_pct", 450224102208, date(2016, 6, 1), "95"),
        ("village_cover_pct", 450224102208, ON, "98"),
        ("collective_income_min_poor_yuan", 450224102208, date(2019, 12, 31), "40000"),
        ("collective_income_min_other_yuan", 450224102208, date(2019, 12, 31), "30000"),
        ("collective_income_min_other_yuan", 450224101201, date(2019, 12, 31), "None"),
        ("industry_pass_pct", 450224102208, ON, "90"),
        ("industry_pass_pct", 450224101201, ON, "60"),
        ("industry_pass_pct", 150222105203, ON, "100"),
        ("pension_pass_pct", 450224102208, ON, "90"),
        ("pension_pass_pct", 610600100201, ON, "100"),
        ("photovoltaic_income_min_yuan", 150222105203, ON, "3000"),
        ("photovoltaic_income_min_yuan", 150223100201, ON, "None"),
        ("double_check_applies", 450224102208, ON, "1"),
        ("double_check_applies", 150222105203, ON, "0"),
        ("monitor_income_factor_pct", 150222105203, date(2020, 2, 29), "None"),
        ("monitor_income_factor_pct", 150222105203, date(2020, 3, 1), "150"),
        ("house_works_due", 450224102208, ON, "07-31"),
        ("house_works_due", 450224102208, date(2020, 1, 1), "None"),
    ],
)
def test_the_nearest_region_wins_on_the_day(teller, code, village, on, value):
    assert held_in(village, on, code) == value


def test_competing_values_are_on_record_and_never_resolved(teller):
    siding = standing.in_force(450224102208, 450224102208, ON, ["industry_pass_pct"])
    held = siding["industry_pass_pct"]

    assert held.value is not None
    assert (held.value.value, held.value.section) == ("90", "四(六)1")
    assert [(c.value, c.document) for c in held.competing] == [
        ("100", "siding-2019"),
        ("60", "guangxi-double-check-2017"),
    ]
    assert held.above is not None
    assert (held.above.region, held.above.value) == ("45", "60")
    missed = standing.in_force(10**11, 10**12 - 1, ON, ["missed_rate_max_pct"])
    assert [c.value for c in missed["missed_rate_max_pct"].competing] == ["1"]
    assert not CompetingValue.objects.exclude(superseded_at=None).exists()


def test_competing_values_follow_the_files(db):
    services.load_standards(at=START, values=standards())
    count = CompetingValue.objects.count()
    changed = [
        replace(v, competing=tuple(replace(c, note="改") for c in v.competing)) for v in standards()
    ]

    services.load_standards(at=START + timedelta(days=1), values=changed)

    assert CompetingValue.objects.standing().count() == count
    assert CompetingValue.objects.filter(note="改").count() == count
    assert CompetingValue.objects.exclude(superseded_at=None).count() == count


BAD = """
- code: x
  name: 甲
  unit: 天
  direction: LOWER
  {more}
  values:
    - {{region: "", valid_from: 2018-01-01, valid_to: null, value: "{value}", document: baotou-2019, section: 一{row}}}
"""


@pytest.mark.parametrize(
    ("said", "match"),
    [
        ({"value": "many"}, "is no NUMBER"),
        ({"value": "-1"}, "is no NUMBER"),
        ({"value": "1.50"}, "write 1.5"),
        ({"value": "2", "more": "kind: FLAG"}, "is no FLAG"),
        ({"value": "02-30", "more": "kind: DAY"}, "is no DAY"),
        ({"value": "c", "more": "kind: LIST\n  words: {a: 甲, b: 乙}"}, "is no LIST"),
        ({"value": "b,a", "more": "kind: LIST\n  words: {a: 甲, b: 乙}"}, "write a,b"),
        ({"value": "1", "row": ', competing: [{value: "2", document: none, section: 二}]'}, "not listed"),
        ({"value": "1", "row": ', competing: [{value: "2", section: 二}]'}, "is missing"),
    ],
)  # fmt: skip
def test_files_that_cannot_be_are_refused(tmp_path, said, match):
    text = BAD.format(**{"more": "by_year: false", "row": ""} | said)
    (tmp_path / "x.yaml").write_text(text, encoding="utf-8")

    with pytest.raises(BadStandard, match=match):
        read_standards(tmp_path)


# --- what a value is ------------------------------------------------------------------------------


def standard(kind: str, direction: str = "HIGHER", **words: str) -> Standard:
    return Standard("x", "甲", "%", direction, kind, words=words)


@pytest.mark.parametrize(
    ("kind", "text", "clean"),
    [
        ("NUMBER", " 95.0 ", "95"), ("NUMBER", "0", "0"), ("NUMBER", "0.50", "0.5"),
        ("NUMBER", "1e2", "100"), ("FLAG", "1", "1"), ("DAY", "07-31", "07-31"),
        ("CHOICE", "b", "b"), ("LIST", "b, a", "a,b"), ("LIST", "", ""), ("TEXT", "甲", "甲"),
    ],
)  # fmt: skip
def test_a_value_is_written_in_one_way(kind, text, clean):
    assert standard(kind, a="甲", b="乙").clean(text) == clean


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("NUMBER", ""), ("NUMBER", "NaN"), ("NUMBER", "Infinity"), ("NUMBER", "1e99"), ("NUMBER", "-3"),
        ("FLAG", "是"), ("DAY", "13-01"), ("DAY", "02-29"), ("DAY", "7-31"), ("CHOICE", "c"), ("LIST", "a,c"),
        ("TEXT", " "),
    ],
)  # fmt: skip
def test_what_is_no_value_is_refused(kind, text):
    with pytest.raises(BadValue):
        standard(kind, a="甲", b="乙").clean(text)


@pytest.mark.parametrize(
    ("of", "value", "than", "stricter"),
    [
        (standard("NUMBER"), "10", "9", True),
        (standard("NUMBER"), "9", "10", False),
        (standard("NUMBER"), "9", "9", False),
        (standard("NUMBER", "LOWER"), "9", "10", True),
        (standard("NUMBER", "NONE"), "9", "10", False),
        (standard("FLAG"), "1", "0", True),
        (standard("DAY", "LOWER"), "06-30", "07-31", True),
        (standard("CHOICE", lenient="宽", strict="严"), "strict", "lenient", True),
        (standard("CHOICE", lenient="宽", strict="严"), "lenient", "strict", False),
        (standard("LIST", "LOWER", a="甲", b="乙"), "a", "a,b", True),
        (standard("LIST", "LOWER", a="甲", b="乙"), "a,b", "a", False),
        (standard("LIST", "HIGHER", a="甲", b="乙"), "a,b", "a", True),
    ],
)
def test_which_value_asks_more(of, value, than, stricter):
    assert of.stricter(value, than) is stricter


def test_values_are_told_in_words():
    rule = catalogue()["dropout_rule"]
    assert told(rule, "poverty_only") == "只计因贫失学辍学"
    assert told(catalogue()["double_check_applies"], "1") == "是"
    assert told(catalogue()["house_works_due"], "07-31") == "7月31日"
    assert told(catalogue()["insurance_exempt_kinds"], "IN_ARMY,IN_PRISON") == "现役军人、服刑"
    assert told(catalogue()[WATER], "20") == "20"


A, B, C, D = (date(2019, n, 1) for n in (1, 3, 6, 9))


@pytest.mark.parametrize(
    ("span", "taken", "left"),
    [
        ((A, None), [], [(A, None)]),
        ((A, None), [(B, C)], [(A, B), (C, None)]),
        ((A, C), [(B, None)], [(A, B)]),
        ((B, C), [(A, D)], []),
        ((A, B), [(B, C)], [(A, B)]),
        ((B, C), [(A, B)], [(B, C)]),
        ((A, D), [(A, B), (C, D)], [(B, C)]),
        ((A, None), [(A, None)], []),
    ],
)
def test_validities_are_cut_out_of_each_other(span, taken, left):
    assert carved(span, taken) == left


# --- proposal and approval ------------------------------------------------------------------------


@pytest.fixture
def people(teller: Teller, villages: SimpleNamespace) -> SimpleNamespace:
    """Two people, and a village of the town with one household that has 18 litres a day."""
    return SimpleNamespace(one=UserFactory(), two=UserFactory(), teller=teller, own=villages.own)


def propose(people: SimpleNamespace, **more: Any) -> StandardProposal:
    said = reading(**more)
    return changes.propose(
        reading=said, seen=standing.newest(said.code), by=people.one, at=people.teller.tick()
    )


def decide(
    people: SimpleNamespace, proposal: StandardProposal, act: str = "approve", **more: Any
) -> StandardProposal:
    said = {"base_version": proposal.version, "note": "同意", "by": people.two}
    return changes.DECISIONS[act](proposal=proposal, at=people.teller.tick(), **said | more)


def test_a_value_holds_when_a_second_person_has_approved(people):
    proposal = propose(people)
    assert held_in(people.own.pk, ON) == "20"

    done = decide(people, proposal)

    assert (done.state, done.decided_by, done.version) == ("APPROVED", people.two, 2)
    assert held_in(people.own.pk, ON) == "15"
    assert held_in(people.own.pk, date(2019, 5, 31)) == "20"
    assert held_in(150222100201, ON) == "20"
    row = Parameter.objects.get(proposal=proposal)
    assert (row.low, row.high) == (150222105000, 150222105999)
    assert (row.name, row.unit, row.document) == ("基本供水量", "升/人·天", "kaizhou-2019")


def test_who_proposed_does_not_decide(people):
    proposal = propose(people)

    for act in ("approve", "reject"):
        with pytest.raises(SamePerson):
            decide(people, proposal, act, by=people.one)
    assert held_in(people.own.pk, ON) == "20"


def test_the_database_too_knows_that_it_takes_two(people):
    proposal = propose(people)
    mine = StandardProposal.objects.filter(pk=proposal.pk)

    with pytest.raises(IntegrityError), transaction.atomic():
        mine.update(state="APPROVED", decided_by=people.one, decided_at=START, version=2)


def test_a_rejected_or_withdrawn_proposal_changes_nothing(people):
    decide(people, propose(people), "reject")
    with pytest.raises(NotTheProposer):
        decide(people, propose(people, value="16"), "withdraw")
    waiting = StandardProposal.objects.get(state=ProposalState.OPEN)
    decide(people, waiting, "withdraw", by=people.one)

    assert held_in(people.own.pk, ON) == "20"
    assert not Parameter.objects.exclude(proposal=None).exists()
    assert set(StandardProposal.objects.values_list("state", flat=True)) == {
        "REJECTED",
        "WITHDRAWN",
    }


def test_a_proposal_is_decided_once_and_on_the_version_seen(people):
    proposal = propose(people)
    with pytest.raises(StaleProposal):
        decide(people, proposal, base_version=0)
    decide(people, proposal)

    for act in changes.DECISIONS:
        with pytest.raises(StaleProposal):
            decide(people, proposal, act)
    assert Parameter.objects.filter(proposal=proposal).count() == 1


@pytest.mark.django_db(transaction=True)
def test_two_people_decide_at_once_and_one_is_told(people):
    proposal = propose(people)
    three, outcomes = UserFactory(), []

    def run(act: str, by: Any) -> None:
        try:
            decide(people, proposal, act, by=by)
            outcomes.append(act)
        except StaleProposal:
            outcomes.append("late")
        finally:
            close_old_connections()
            connection.close()

    both = [
        Thread(target=run, args=("approve", people.two)),
        Thread(target=run, args=("reject", three)),
    ]
    for each in both:
        each.start()
    for each in both:
        each.join()

    assert sorted(outcomes)[1] == "late" or sorted(outcomes)[0] == "late"
    proposal.refresh_from_db()
    assert (proposal.state == "APPROVED") == (held_in(people.own.pk, ON) == "15")


def test_a_form_opened_before_a_change_is_refused(people):
    seen = standing.newest(WATER)
    decide(people, propose(people))

    with pytest.raises(StaleStandard):
        changes.propose(
            reading=reading(value="14"), seen=seen, by=people.one, at=people.teller.tick()
        )


def test_one_open_proposal_for_one_place_and_time(people):
    propose(people, valid_to=date(2019, 9, 1))

    with pytest.raises(AlreadyProposed, match="待审批"):
        propose(people, valid_from=date(2019, 8, 1))
    propose(people, valid_from=date(2019, 9, 1))
    propose(people, region="150222100")
    assert StandardProposal.objects.count() == 3


@pytest.mark.parametrize(
    ("more", "refusal"),
    [
        ({"code": "nothing"}, UnknownStandard),
        ({"value": "many"}, NotAValue),
        ({"region": "159999"}, UnknownRegion),
        ({"document": "nothing"}, UnknownDocument),
        ({"document": ""}, UnknownDocument),
    ],
)
def test_what_cannot_be_is_not_proposed(people, more, refusal):
    with pytest.raises(refusal):
        propose(people, **more)
    assert not StandardProposal.objects.exists()


# --- no raising of the bar ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "document", "refused"),
    [
        ("25", "tches-18-2018", True),  # the document of the value above
        ("25", "house-default", True),
        ("25", "kaizhou-2019", False),
        ("20", "house-default", False),
        ("15", "house-default", False),
    ],
)
def test_stricter_than_above_needs_a_document_of_its_own(people, value, document, refused):
    if refused:
        with pytest.raises(TooStrict) as no:
            propose(people, value=value, document=document)
        assert (no.value.above.region, no.value.above.value) == ("15", "20")
        assert "20" in str(no.value)
    else:
        assert propose(people, value=value, document=document).state == ProposalState.OPEN


def test_lower_is_stricter_where_the_direction_says_so(people):
    with pytest.raises(TooStrict):
        propose(people, code="water_fetch_minutes_max", value="15", document="house-default")
    propose(people, code="water_fetch_minutes_max", value="25", document="house-default")


def test_a_stricter_value_later_in_the_validity_is_found(people):
    """The line above rises from 2995 to 3218 in 2019: 3100 is stricter for 2018 only."""
    said: dict[str, Any] = {
        "code": "income_line_identify_yuan", "value": "3100", "document": "house-default", "region": "15",
        "valid_from": date(2018, 1, 1),
    }  # fmt: skip
    city = dict(said, region="1502", valid_from=date(2020, 1, 1), value="4100")
    with pytest.raises(TooStrict):
        propose(people, **city)
    with pytest.raises(TooStrict):
        propose(people, **dict(said, region="1502"))
    propose(people, **dict(said, region="1502", valid_from=date(2020, 1, 1)))


def test_an_entered_document_is_put_on_file_with_the_approval(people):
    proposal = propose(
        people,
        value="25",
        document="",
        new_title="《银号镇供水方案》",
        new_number="银政发〔2019〕7号",
    )
    assert not CitedDocument.objects.exists()

    decide(people, proposal)

    entered = CitedDocument.objects.get()
    row = Parameter.objects.get(proposal=proposal)
    assert str(standing.cited_documents()[row.document]) == "《银号镇供水方案》银政发〔2019〕7号"
    assert row.document == f"entered-{entered.pk}"


def test_a_document_entered_again_is_the_one_on_file(people):
    above = documents()["tches-18-2018"]
    with pytest.raises(TooStrict):
        propose(people, value="25", document="", new_title=above.title, new_number=above.number)


def test_what_became_stricter_while_waiting_is_refused_at_approval(people):
    waiting = propose(people, value="20", document="house-default")
    lenient = propose(people, region="150222", value="18", document="kaizhou-2019")
    decide(people, lenient)

    with pytest.raises(TooStrict):
        decide(people, waiting)
    waiting.refresh_from_db()
    assert waiting.state == ProposalState.OPEN


# --- supersession ---------------------------------------------------------------------------------


def test_overlapped_validity_is_superseded_and_its_rest_recorded_anew(people):
    first = propose(people, valid_from=date(2019, 1, 1), valid_to=None, value="15")
    decide(people, first)
    decide(
        people, propose(people, valid_from=date(2019, 6, 1), valid_to=date(2019, 9, 1), value="16")
    )

    standing = Parameter.objects.standing().filter(code=WATER, region=TOWN).order_by("valid_from")
    assert [(p.value, p.valid_from, p.valid_to) for p in standing] == [
        ("15", date(2019, 1, 1), date(2019, 6, 1)),
        ("16", date(2019, 6, 1), date(2019, 9, 1)),
        ("15", date(2019, 9, 1), None),
    ]
    assert [p.proposal_id for p in standing].count(first.pk) == 2
    old = Parameter.objects.get(code=WATER, region=TOWN, valid_from=date(2019, 1, 1), valid_to=None)
    assert old.superseded_at is not None


def test_files_never_overwrite_what_was_adopted(people):
    """Also where the file's own value reaches over the adopted one's validity."""
    proposal = propose(
        people, region="15", valid_from=date(2019, 3, 1), valid_to=date(2019, 6, 1), value="18"
    )
    decide(people, proposal)
    before = list(Parameter.objects.standing().order_by("pk").values_list("pk", flat=True))

    again = services.load_standards(at=people.teller.tick(), values=standards())

    assert again.created == again.superseded == 0
    assert list(Parameter.objects.standing().order_by("pk").values_list("pk", flat=True)) == before
    changed = [
        replace(v, value="21") if (v.code, v.region) == (WATER, "15") else v for v in standards()
    ]
    services.load_standards(at=people.teller.tick(), values=changed)
    days = (date(2019, 2, 1), date(2019, 4, 1), date(2019, 7, 1))
    assert [held_in(people.own.pk, day) for day in days] == ["21", "18", "21"]


def test_a_value_that_left_the_files_is_superseded(db):
    extra = replace(standards()[0], region="99")
    services.load_standards(at=START, values=[*standards(), extra])

    loaded = services.load_standards(at=START + timedelta(days=1))

    assert (loaded.created, loaded.superseded) == (0, 1)
    assert Parameter.objects.get(region="99").superseded_at is not None


def test_an_old_night_as_known_then_keeps_the_old_value(people):
    """18 litres fail at 20; the town's 15, approved later and valid from June, is met."""
    house = people.teller.household(people.own)
    people.teller.sound(house)
    people.teller.tell(house, Water, {"litres_per_person_day": 18, "quality": "MET", "mode": "PIPED",
                                      "short_days_per_year": 5}, since=date(2019, 1, 1))  # fmt: skip
    recompute(on=ON, at=people.teller.tick())
    known = people.teller.tick()
    decide(people, propose(people))
    area = people.own.area

    stored = figures.area_figures([area], ["WAT-01"], ON)[area.code, "WAT-01"]
    assert stored.status == "NOT_MET"  # the night is what it was until it is recomputed
    recompute(on=ON, at=people.teller.tick())

    rows = Result.objects.filter(village=people.own, indicator="WAT-01")
    assert rows.as_of(ON).get().status == "MET"
    assert rows.as_of(ON, known_at=known).get().status == "NOT_MET"
    with connection.cursor() as cursor:
        units = services.engine.Units(villages=[people.own.pk])
        for moment, status in ((known, "NOT_MET"), (None, "MET")):
            services.engine.evaluate(cursor, services.moment(ON, moment), units, ["WAT-01"])
            cursor.execute("SELECT status, parameters FROM t_result")
            found, versions = cursor.fetchone()
            assert found == status
            values = dict(Parameter.objects.filter(pk__in=versions).values_list("code", "value"))
            assert values[WATER] == ("20" if moment else "15")


# --- what it touches ------------------------------------------------------------------------------


def test_the_trail_names_indicators_areas_and_dates(people):
    recompute(on=ON, at=people.teller.tick())
    recompute(on=date(2019, 5, 31), at=people.teller.tick())
    proposal = propose(people)
    decide(people, proposal)

    for act in ("standards.propose", "standards.approve"):
        event = AuditEvent.objects.get(action=act)
        assert event.target_id == str(proposal.pk)
        assert "WAT-01" in event.detail["indicators"]
        assert event.detail["area"] == "银号镇"
        assert event.detail["villages"] == 2
        assert (event.detail["from"], event.detail["to"]) == ("2019-06-01", None)
        assert event.detail["nights"] == {
            "count": 1,
            "first": ["2019-10-31"],
            "last": ["2019-10-31"],
        }
    approved = AuditEvent.objects.get(action="standards.approve")
    assert (approved.actor_id, approved.detail["replaced"]) == (people.two.pk, [])
    decide(people, propose(people, value="16"), "reject")
    assert AuditEvent.objects.filter(action="standards.reject").count() == 1


def test_nights_of_a_value_by_year_are_those_that_judge_the_year(people):
    recompute(on=ON, at=people.teller.tick())  # judges 2018
    code = "income_line_identify_yuan"

    def nights(year: int) -> list[date]:
        said = reading(code=code, valid_from=date(year, 1, 1), valid_to=date(year + 1, 1, 1))
        return standing.impact_of(said).nights

    assert nights(2018) == [ON]
    assert nights(2019) == []


def test_composites_count_as_readers_of_what_their_items_read():
    def codes(code: str) -> set[str]:
        return {definition.code for definition in standing.indicators_reading(code)}

    assert "WAT-01" in codes(WATER)
    assert codes("nothing") == set()
    for code, definition in services.engine.CATALOGUE.items():
        for item in getattr(definition, "items", ()):
            if item.code == "WAT-01":
                assert code in codes(WATER)
