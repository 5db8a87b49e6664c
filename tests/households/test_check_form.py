"""The whole form: what it asks, what it takes as an answer, and the reasons it wants."""

import re
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.http import QueryDict
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st

from accounts.enums import Line
from households import services
from households.dossier import Dossier
from households.forms.answers import (
    UNKNOWN,
    DateAnswer,
    MoneyAnswer,
    NumberAnswer,
    PartialDateAnswer,
    SeveralAnswer,
    TextAnswer,
    typed_answers,
)
from households.forms.changes import reason_rows
from households.forms.check import CheckForm
from households.forms.member_tables import MEMBER_TABLES, Grade
from households.forms.questions import CONFIRM, LEFT_OUT, QUESTIONS, TITLES, Question
from households.models import (
    HOUSEHOLD_THEMES,
    MEMBER_THEMES,
    Employment,
    Household,
    HouseholdCheck,
    HouseholdStatus,
    Housing,
    IncomeYear,
    IndustryLink,
    LivingConditions,
    MemberProfile,
    Membership,
    Monitoring,
    Pension,
    SocialAssistance,
    StudentAid,
    Water,
)
from tests.households.factories import HouseholdFactory, HousingFactory, MemberFactory
from tests.villages.factories import KNOWN

ON = date(2019, 11, 5)
OWN_PAGES = {HouseholdStatus, Membership, Monitoring}
EVERY_QUESTION: list[Question] = [q for questions in QUESTIONS.values() for q in questions] + [
    q for tables in MEMBER_TABLES.values() for table in tables for q in table.questions
]


def blank(household: Household, *, lines: Any = Line.values, **options: Any) -> CheckForm:
    return CheckForm(dossier=Dossier(household, on=ON, lines=lines), today=ON, **options)


@pytest.fixture
def fill(household: Household, all_same: dict[str, Any]) -> Any:
    """The form with some answers, everything else unchanged: `fill({"housing-grade": "C"})`."""

    def send(answers: dict[str, Any], **options: Any) -> CheckForm:
        dossier = Dossier(household, on=ON, lines=Line.values)
        data = {**all_same, "base_version": household.version, **answers}
        return CheckForm(data, dossier=dossier, today=ON, **options)

    return send


@pytest.fixture
def head(household: Household) -> int:
    return household.members.get(name="李占元").pk


# --- what is asked ------------------------------------------------------------------------------


def test_every_column_of_the_paper_form_is_asked_once_or_left_out_for_a_reason() -> None:
    asked = {(q.theme, q.column) for q in EVERY_QUESTION}
    asked |= {
        (q.theme, name) for q in EVERY_QUESTION for _l, facts in q.facts.values() for name in facts
    }
    columns = {
        (theme, name)
        for theme in (*HOUSEHOLD_THEMES, *MEMBER_THEMES)
        if theme not in OWN_PAGES
        for name in theme.VALUES
    }

    assert asked | set(LEFT_OUT) == columns
    assert not asked & set(LEFT_OUT)


@pytest.mark.django_db
def test_ten_sections_in_the_order_of_the_paper(household: Household) -> None:
    form = blank(household)

    assert form.numbers == list(TITLES) == list(range(1, 11))
    assert [section.number for section in form.sections] == form.numbers
    assert form.sections[-1].same is None
    assert not any(section.is_more_open for section in form.sections)
    assert not any(table.is_open for section in form.sections for table in section.tables)


@pytest.mark.django_db
def test_nothing_is_preselected_and_known_values_stand_beside(household: Household) -> None:
    sections = {section.number: section for section in blank(household).sections}

    values = [
        field.value()
        for section in sections.values()
        for field in (
            *(row.field for row in (*section.rows, *section.more_rows)),
            *(f for table in section.tables for r in table.rows for f in r.fields.values() if f),
        )
    ]
    assert len(values) > 100
    assert not any(values)
    health = sections[1].tables[0].rows[0].cells[0]
    assert (health.known_text, health.known.source) == ("健康", "扶贫办登记")
    assert sections[1].tables[0].rows[0].known_text == "健康 · 小学"
    assert sections[7].tables[0].rows[0].cells[0].known_text == "居民医保"
    assert sections[3].rows[0].known_text == "B级"


@pytest.mark.django_db
def test_saying_that_nothing_changed_takes_one_key_a_section(fill: Any) -> None:
    form = fill({})

    assert form.is_valid(), form.errors
    assert form.answers() == {}


@pytest.mark.django_db
def test_a_section_half_filled_offers_what_its_button_says(fill: Any) -> None:
    begun = fill({"same-3": "", "housing-area_m2": "80"})
    untouched = fill({"same-4": ""})

    assert "其余无变化" in str(begun.errors["same-3"])
    assert "本节无变化" in str(untouched.errors["same-4"])


@pytest.mark.django_db
def test_a_round_may_ask_for_some_sections(fill: Any, household: Household) -> None:
    unchanged = dict.fromkeys((f"same-{n}" for n in (1, 2, 4, 5, 6, 7, 9)), "")

    form = fill({**unchanged, "housing-grade": "D", "water-quality": "MET"}, asked={3, 8})

    assert form.is_valid(), form.errors
    assert form.answers() == {
        Housing: [({}, {"grade": "D"})],
        Water: [({}, {"quality": "MET"})],
    }
    assert [section.number for section in form.wanted] == [3, 8, CONFIRM]
    assert [section.number for section in form.sections if section.same] == [3, 8]
    assert [section.number for section in form.sections if not section.is_folded] == [3, 4]


@pytest.mark.django_db
def test_what_a_round_asks_must_still_be_answered(fill: Any) -> None:
    form = fill({"same-3": "", "same-4": ""}, asked={3})

    assert not form.is_valid()
    assert list(form.errors) == ["same-3"]


@pytest.mark.django_db
def test_page_folds_what_the_round_does_not_ask_for(
    client_for: Any, send: Any, clerk: Any, household: Household, places: Any
) -> None:
    services.open_round(
        area=places.township, name="收入专项", opened_on=ON, due_on=ON, by=clerk, at=KNOWN,
        sections=[8],
    )  # fmt: skip
    page = reverse("households:check_edit", args=[household.pk])
    unchanged = dict.fromkeys((f"same-{n}" for n in (1, 2, 3, 4, 5, 6, 7, 9)), "")

    html = client_for(clerk).get(page).content.decode()

    assert html.count("data-optional") == 8
    assert html.count("有变化的填写</summary>") >= 8
    assert 'name="same-8"' in html
    assert 'name="same-3"' not in html
    assert 'name="housing-grade"' in html
    refused = send(clerk, {**unchanged, "visited_on": "2019-11-05", "housing-area_m2": "大"})
    assert refused.status_code == 422
    assert '<details class="ql-more-q" open><summary class="ql-card-b t13">有变化' in (
        refused.content.decode()
    )
    assert send(clerk, {**unchanged, "visited_on": "2019-11-05"}).status_code == 302


@pytest.mark.django_db
def test_other_lines_are_not_asked(household: Household) -> None:
    form = blank(household, lines={Line.EMPLOYMENT})

    assert form.numbers == [1, 9, CONFIRM]
    assert [table.key for table in form.sections[1].tables] == ["employment"]
    assert form.sections[0].rows == form.sections[0].tables == form.sections[1].rows == []
    assert not any(name.startswith(("residence", "livingconditions")) for name in form.fields)


def test_form_of_2018_asks_what_2018_asked() -> None:
    one_child = next(q for q in EVERY_QUESTION if q.name == "is_one_child")
    labour = next(q for q in EVERY_QUESTION if q.name == "labour_capacity")

    assert (one_child.is_asked(2018), one_child.is_asked(2019)) == (True, False)
    assert "WEAK" not in dict(labour.field(2018).choices)  # type: ignore[attr-defined]
    assert "WEAK" in dict(labour.field(2019).choices)  # type: ignore[attr-defined]


@pytest.mark.django_db
def test_held_value_that_the_form_no_longer_offers_stays_readable(household: Household) -> None:
    home = HouseholdFactory(village=household.village)
    HousingFactory(household=home, structure="OLD_WORD")

    row = next(row for row in blank(home).sections[2].more_rows if row.question.name == "structure")

    assert row.known_text == "OLD_WORD"
    assert "OLD_WORD" not in str(row.field)


@pytest.mark.django_db
def test_pension_does_not_apply_under_sixteen(household: Household) -> None:
    rows = {row.person.member.name: row for row in blank(household).sections[8].tables[1].rows}

    assert rows["李占元"].cells[1].field
    assert rows["李浩然"].cells[1].field is None


# --- answers ------------------------------------------------------------------------------------


@pytest.mark.parametrize("question", EVERY_QUESTION, ids=lambda q: f"{q.theme.__name__}-{q.name}")
def test_every_question_takes_not_known(question: Question) -> None:
    field = question.field(2019)
    answer = ["UNKNOWN"] if question.kind == "several" else "UNKNOWN"
    if isinstance(question, Grade):  # told by 是否在校
        assert "UNKNOWN" not in dict(field.choices)  # type: ignore[attr-defined]
        return
    assert field.clean(answer) == UNKNOWN
    assert all(value in (None, "") for value in question.stated(UNKNOWN).values())
    assert field.clean([] if question.kind == "several" else "") in (None, "", [])


@pytest.mark.django_db
def test_one_answer_may_state_several_columns(fill: Any, head: int) -> None:
    form = fill(
        {
            f"socialassistance-{head}-kind": "DIBAO",
            f"socialassistance-{head}-dibao_class": "A",
            f"pension-{head}-kind": "RESIDENT",
            f"employment-{head}-work_area": "NOTHING",
            f"memberprofile-{head}-health": ["CHRONIC", "SERIOUS"],
            f"memberprofile-{head}-disability_type": "NOTHING",
        }
    )

    assert form.is_valid(), form.errors
    keys = {"member_id": head}
    assert form.answers() == {
        MemberProfile: [
            (
                keys,
                {
                    "health": ["CHRONIC", "SERIOUS"],
                    "disability_type": "",
                    "disability_grade": "",
                    "disability_cert_year": None,
                },
            )
        ],
        Employment: [
            (
                keys,
                {
                    "work_area": "",
                    "work_place": "",
                    "work_months": 0,
                    "employer": "",
                    "works_abroad": False,
                },
            )
        ],
        SocialAssistance: [(keys, {"dibao": True, "tekun": False, "dibao_class": "A"})],
        Pension: [(keys, {"resident": True, "employee": False})],
    }


@pytest.mark.django_db
def test_yearly_answers_belong_to_their_years(fill: Any, household: Household) -> None:
    child = household.members.get(name="李浩然").pk
    form = fill({"industrylink-kinds": ["SHARE"], f"studentaid-{child}-paid": "YES"})

    assert form.is_valid(), form.errors
    assert form.answers() == {
        IndustryLink: [({"year": 2018}, {"kinds": ["SHARE"]})],
        StudentAid: [({"member_id": child, "year": 2019}, {"paid": True})],
    }


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("answers", "total"),
    [
        ({"asset_dividend": "400", "other_property": "250"}, Decimal("650.00")),
        ({"asset_dividend": "400", "other_property": "250", "property": "650.9"}, Decimal("650.9")),
        ({"asset_dividend": "400"}, None),  # the rest of the known 600 is not told
        ({"asset_dividend": "不清楚", "other_property": "不清楚"}, None),
    ],
)
def test_parts_make_up_a_total_that_was_not_told(
    fill: Any, answers: dict[str, str], total: Decimal | None
) -> None:
    form = fill({f"incomeyear-{name}_yuan": value for name, value in answers.items()})

    assert form.is_valid(), form.errors
    [(_keys, facts)] = form.answers()[IncomeYear]
    assert facts.get("property_yuan") == total


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("answers", "field", "message"),
    [
        ({"incomeyear-wage_yuan": "-1"}, "incomeyear-wage_yuan", "0"),
        ({"livingconditions-road_distance_km": "50.1"}, "livingconditions-road_distance_km", "50"),
        ({"housing-appraised_on": "2019-02-30"}, "housing-appraised_on", "日期写法不对"),
        ({"housing-appraised_on": "2019-11-05"}, "housing-appraised_on", "不能晚于入户日期"),
        ({"housing-renovation_year": "2020"}, "housing-renovation_year", "不能晚于入户日期"),
        (
            {"householdprofile-first_identified": "2019-12"},
            "householdprofile-first_identified",
            "不能晚于入户日期",
        ),
        (
            {"householdprofile-first_identified": "2012"},
            "householdprofile-first_identified",
            "2013",
        ),
        ({"householdprofile-bank_account": "123"}, "householdprofile-bank_account", "12—19"),
        (
            {"householdprofile-cause_other": ["SKILL", "LAND", "CAPITAL"]},
            "householdprofile-cause_other",
            "最多选 2 项",
        ),
        (
            {"memberprofile-{head}-health": ["HEALTHY", "CHRONIC"]},
            "memberprofile-{head}-health",
            "“健康”不能与其他",
        ),
        (
            {"memberprofile-{head}-health": ["UNKNOWN", "CHRONIC"]},
            "memberprofile-{head}-health",
            "“不清楚”不能与其他",
        ),
        ({"employment-{head}-work_months": "13"}, "employment-{head}-work_months", "12"),
        (
            {"employment-{head}-work_area": "COUNTY"},
            "employment-{head}-work_months",
            "须填务工 1—12 个月",
        ),
        (
            {"memberprofile-{head}-disability_grade": "2"},
            "memberprofile-{head}-disability_type",
            "须选残疾类别",
        ),
        (
            {"livingconditions-irrigated_mu": "9", "livingconditions-cultivated_mu": "8"},
            "livingconditions-irrigated_mu",
            "不能大于耕地",
        ),
        ({"incomeyear-dibao_yuan": "9000"}, "incomeyear-transfer_yuan", "之和不符"),
        ({"incomeyear-persons_in_year": "0"}, "incomeyear-persons_in_year", "1"),
    ],
)
def test_what_cannot_be_is_named_at_its_field(
    fill: Any, head: int, answers: dict[str, Any], field: str, message: str
) -> None:
    form = fill({name.format(head=head): value for name, value in answers.items()})

    assert not form.is_valid()
    assert message in " ".join(form.errors[field.format(head=head)])


@pytest.mark.django_db
def test_member_is_named_in_the_error(fill: Any, head: int) -> None:
    form = fill({f"employment-{head}-work_months": "13"})

    assert not form.is_valid()
    assert form[f"employment-{head}-work_months"].label == "李占元 务工月数"


def full_width(text: str) -> str:
    return "".join(chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else c for c in text)


AMOUNTS = st.decimals(0, 10**9, places=2, allow_nan=False, allow_infinity=False)


@given(AMOUNTS, st.sampled_from(["{:f}", "{:,f}", "{:,f}元", " {:f} "]), st.booleans())
def test_money_with_dirt(amount: Decimal, written: str, is_wide: bool) -> None:
    text = written.format(amount)

    assert MoneyAnswer(min_value=0).clean(full_width(text) if is_wide else text) == amount


@given(st.integers(0, 10**6), st.sampled_from(["{}", "{:,}", "{}亩", "{} 亩"]), st.booleans())
def test_numbers_with_dirt(number: int, written: str, is_wide: bool) -> None:
    text = written.format(number)

    answer = NumberAnswer(min_value=0, unit="亩").clean(full_width(text) if is_wide else text)
    assert answer == number


@pytest.mark.parametrize(
    ("field", "typed", "said"),
    [
        (NumberAnswer(max_value=2000), "99999", "不能大于 2000"),
        (MoneyAnswer(min_value=0), "-5", "不能小于 0"),
        (NumberAnswer(decimal_places=2), "1.234", "最多 2 位小数"),
        (TextAnswer(max_length=3), "一二三四", "最多 3 个字，现有 4 个"),
    ],
)
def test_limits_are_told_in_plain_words(field: Any, typed: str, said: str) -> None:
    with pytest.raises(ValidationError) as refused:
        field.clean(typed)
    assert refused.value.messages == [said]


@given(st.text(max_size=12))
def test_whatever_is_typed_is_an_answer_or_an_error(text: str) -> None:
    for field in (
        MoneyAnswer(min_value=0, required=False),
        NumberAnswer(min_value=0, required=False),
        DateAnswer(required=False),
        PartialDateAnswer(required=False),
        SeveralAnswer(choices=[("A", "甲"), (UNKNOWN, "不清楚")], required=False),
    ):
        try:
            answer = field.clean(text)
        except ValidationError:
            continue
        assert answer in (None, "", UNKNOWN) or isinstance(answer, (Decimal, date, str, list))
        assert not isinstance(answer, Decimal) or answer >= 0


@given(
    st.dates(date(2013, 1, 1), date(2030, 12, 31)),
    st.sampled_from(["%Y-%m-%d", "%Y.%m.%d", "%Y年%m月%d日", "%Y/%m/%d"]),
    st.booleans(),
)
def test_dates_with_dirt(day: date, written: str, is_wide: bool) -> None:
    text = day.strftime(written)
    text = full_width(text) if is_wide else text

    assert DateAnswer().clean(text) == day
    assert PartialDateAnswer().clean(text) == day.isoformat()


@given(st.integers(1, 12), st.integers(29, 99))
def test_days_that_do_not_exist(month: int, day: int) -> None:
    try:
        date(2019, month, day)
    except ValueError:
        with pytest.raises(ValidationError):
            DateAnswer().clean(f"2019-{month}-{day}")
        with pytest.raises(ValidationError):
            PartialDateAnswer().clean(f"2019-{month}-{day}")


# --- reasons ------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_unlikely_answer_passes_with_a_reason(
    client_for: Any, send: Any, clerk: Any, household: Household
) -> None:
    unlikely = {"incomeyear-wage_yuan": "200"}

    first = send(clerk, unlikely)
    short = send(clerk, {**unlikely, "reason-INC-05-WAGE-household": "是的"})
    html = first.content.decode()
    assert (first.status_code, short.status_code) == (422, 422)
    assert "不到 300 元" in html
    assert not HouseholdCheck.objects.filter(state="SUBMITTED").exists()

    box = re.search(r'<div class="ql-note is-warn ql-notice">.*?</div></div></div>', html, re.S)
    assert box
    for part in (
        '<label for="id_reason-INC-05-WAGE-household"><b>请说明</b> 工资性收入不到 300 元',
        '<input type="text" name="reason-INC-05-WAGE-household"',
        'aria-invalid="true"',
        'aria-describedby="id_reason-INC-05-WAGE-household_error"',
        'id="id_reason-INC-05-WAGE-household_error"',
    ):
        assert part in box[0]
    assert 'value="是的"' in short.content.decode()

    done = send(clerk, {**unlikely, "reason-INC-05-WAGE-household": "只干了两天零工"})

    assert done.status_code == 302
    check = HouseholdCheck.objects.get()
    assert check.reasons == [
        {
            "code": "INC-05-WAGE",
            "theme": "incomeyear",
            "field": "wage_yuan",
            "member": None,
            "text": "工资性收入不到 300 元或超过 30 万元，请核对单位是不是元",
            "reason": "只干了两天零工",
        }
    ]
    assert [row.reason for row in reason_rows(check, {Line.INCOME})] == ["只干了两天零工"]
    assert reason_rows(check, {Line.HOUSING}) == []


@pytest.mark.django_db
def test_notice_stands_at_its_field(fill: Any, head: int) -> None:
    form = fill({f"memberprofile-{head}-health": ["DISABLED"]})

    assert not form.is_valid()
    cell = form.sections[0].tables[0].rows[0].cells[0]
    [notice] = [notice for notice in cell.notices if notice.code == "DIS-01-TYPE"]
    assert notice.field.name == f"reason-DIS-01-TYPE-{head}"
    assert notice.field.errors
    assert not notice.is_answered
    assert notice in form.notices


@pytest.mark.django_db
def test_fold_with_a_notice_is_open(fill: Any) -> None:
    form = fill({"livingconditions-road_distance_km": "7"})

    assert not form.is_valid()
    assert form.sections[8].is_more_open
    assert not form.sections[2].is_more_open


@pytest.mark.django_db
def test_draft_shows_its_reasons_again(household: Household) -> None:
    draft = {
        "livingconditions-road_distance_km": "7",
        "reason-ROAD-DISTANCE-household": "牧户住在草场上",
    }

    form = blank(household, initial=draft)

    [notice] = form.notices
    assert notice.field.value() == "牧户住在草场上"
    assert blank(household, initial={"livingconditions-road_distance_km": "7"}).notices == []


# --- drafts -------------------------------------------------------------------------------------


def test_typed_answers_keep_every_tick() -> None:
    posted = QueryDict("h=A&h=B&one=1&empty=&csrfmiddlewaretoken=x&operation_key=k")

    assert typed_answers(posted) == {"h": ["A", "B"], "one": "1"}


@pytest.mark.django_db
def test_draft_keeps_anything(client_for: Any, send: Any, clerk: Any, household: Household) -> None:
    head = household.members.get(name="李占元").pk
    wrong = {
        "incomeyear-wage_yuan": "-5",
        "housing-appraised_on": "去年",
        "livingconditions-irrigated_mu": "9",
        "livingconditions-cultivated_mu": "8",
        f"memberprofile-{head}-health": ["HEALTHY", "DISABLED"],
    }

    assert send(clerk, wrong, act="save").status_code == 302

    html = client_for(clerk).get(reverse("households:check_edit", args=[household.pk])).content
    assert 'value="-5"' in html.decode()
    kept = services.draft_answers(HouseholdCheck.objects.get())
    form = blank(household, initial=kept)
    assert {name: form[name].value() for name in wrong} == wrong
    assert not LivingConditions.objects.exists()


@pytest.mark.django_db
def test_building_the_form_asks_the_database_as_often_for_four_as_for_twelve(
    household: Household, django_assert_num_queries: Any
) -> None:
    with CaptureQueriesContext(connection) as few:
        assert blank(household).sections
    for n in range(8):
        MemberFactory(household=household, name=f"成员{n}")
    with django_assert_num_queries(len(few)):
        assert blank(household).sections
