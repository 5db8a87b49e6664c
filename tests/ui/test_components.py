"""What the tags write, what the fields read, and how a list answers."""

from datetime import date
from decimal import Decimal
from types import SimpleNamespace

import pytest
from django import forms
from django.core.paginator import Paginator
from django.template import engines
from django.test import RequestFactory

from core import menu
from core.forms import DateField, MoneyField, MonthField, SegmentSelect, with_unit
from core.listing import CappedPaginator, job_response
from core.views import _sample


def render(source, path="/list/?kind=A&page=2", **context):
    request = RequestFactory().get(path)
    return engines["django"].from_string("{% load ui %}" + source).render(context, request)


@pytest.mark.parametrize(
    ("status", "word", "css"),
    [
        ("MET", "达标", "is-met"),
        ("not_met", "未达标", "is-not"),
        ("INSUFFICIENT_DATA", "数据不足", "is-unk"),
        ("NOT_APPLICABLE", "不适用", "is-na"),
    ],
)
def test_light_is_shape_and_word(status, word, css):
    html = render("{% light s %}", s=status)
    assert word in html
    assert css in html
    assert "<svg" in html


def test_light_of_nothing_is_nothing():
    assert render("{% light s %}", s=None) == ""


def test_heat_cell_links_and_says_the_whole_sentence():
    html = render('{% heat_cell "NOT_MET" 1957 2016 23 "/l/" "固阳县" "收入" %}')
    assert 'href="/l/"' in html
    assert "1,957/2,016" in html
    assert "未知23" in html
    assert 'title="固阳县 收入：未达标' in html


def test_heat_cell_with_nothing_to_count_is_not_green():
    assert "—" in render('{% heat_cell "NOT_APPLICABLE" 0 0 0 "" "x" %}')


def test_blank_zero_and_dash_stay_apart():
    assert render(
        "[{{ a|num }}|{{ b|num }}|{{ a|dash }}|{{ c|money }}]", a=None, b=0, c=Decimal("126400")
    ) == ("[|0|—|126,400.00]")


def test_rate_is_half_up_with_two_decimals():
    assert render("{{ a|rate:b }}{{ a|rate:0 }}", a=1779, b=2016) == "88.24%"


def test_pager_keeps_the_conditions():
    html = render("{% pager p %}", p=Paginator(range(500), 20).get_page(2))
    assert "kind=A&amp;page=3" in html
    assert '<option value="20" selected>' in html
    assert "共" in html


def test_sort_head_turns_round():
    html = render('{% sort_head "name" "户主" %}', path="/l/?sort=name", sort="name")
    assert 'aria-sort="ascending"' in html
    assert "sort=-name" in html


def test_sum_line_prints_its_operators():
    html = render("{% sum_line opening=214 new=6 reopened=1 closed=25 closing=196 %}")
    for sign in "＋−＝":
        assert sign in html


def test_deadline_counts_days():
    assert ">3<" in render("{% deadline d t %}", d=date(2019, 11, 8), t=date(2019, 11, 5))
    assert "已逾期" in render("{% deadline d t %}", d=date(2019, 11, 8), t=date(2019, 11, 9))


class Sample(forms.Form):
    day = DateField(label="日期")
    month = MonthField(label="月份")
    pay = MoneyField(label="工资")
    area = with_unit(forms.DecimalField(label="面积"), "亩")
    water = forms.ChoiceField(
        label="饮水", choices=[("Y", "是"), ("N", "否")], widget=SegmentSelect
    )


@pytest.mark.parametrize(
    "text", ["2019-03-08", "2019年3月8日", "2019.3.8", "20190308", "２０１９．３．８"]
)
def test_dates_as_people_write_them(text):
    assert DateField().clean(text) == date(2019, 3, 8)


@pytest.mark.parametrize("text", ["2019-02-30", "20191301", "去年"])
def test_dates_that_are_none(text):
    with pytest.raises(forms.ValidationError):
        DateField().clean(text)


@pytest.mark.parametrize("text", ["2019-10", "2019年10月", "201910", "2019.10"])
def test_months_as_people_write_them(text):
    assert MonthField().clean(text) == date(2019, 10, 1)


@pytest.mark.parametrize(
    ("text", "value"), [("1.2万", "12000"), ("12,000.50", "12000.50"), ("１２００元", "1200")]
)
def test_money_as_people_write_it(text, value):
    assert MoneyField().clean(text) == Decimal(value)


def test_fields_carry_class_unit_error_and_description():
    form = Sample({"day": "x", "month": "2019-10", "pay": "1", "area": "2", "water": ""})
    assert not form.is_valid()
    html = render('{% include "components/_form.html" with form=form only %}', form=form)
    assert 'class="form-control is-invalid"' in html
    assert "亩" in html
    assert 'href="#id_day"' in html
    assert 'aria-invalid="true"' in html
    assert 'class="ql-seg"' in html
    assert "饮水：还没有选择" in html


def test_capped_paginator_stops_counting():
    pages = CappedPaginator(range(10_500), 20)
    assert pages.count == 10_000
    assert pages.count_label == "10,000+"


def test_polling_ends_with_286():
    request = RequestFactory().get("/")
    request.htmx = True
    context = {"columns": []}
    assert (
        job_response(request, "components/_area_picker.html", context, alive=False).status_code
        == 286
    )
    assert (
        job_response(request, "components/_area_picker.html", context, alive=True).status_code
        == 200
    )


def test_menu_leaves_out_what_the_user_may_not_or_cannot_open(monkeypatch):
    monkeypatch.setattr(menu, "_entries", [])
    menu.register("", "组件", "core:style", permission="a.yes")
    menu.register("", "不许", "core:style", permission="a.no")
    menu.register("甲", "没有", "nowhere:at_all")
    request = RequestFactory().get("/style/")
    request.user = SimpleNamespace(is_authenticated=True, has_perm=lambda p: p == "a.yes")
    groups = menu.groups_for(request)
    assert [(i.label, i.active) for g in groups for i in g.items] == [("组件", True)]


def test_style_page_shows_every_component(db):
    request = RequestFactory().get("/style/")
    request.user = SimpleNamespace(is_authenticated=False)
    html = engines["django"].get_template("style/style_page.html").render(_sample(), request)
    for css in (
        "ql-light",
        "ql-kpis",
        "ql-query",
        "ql-pager",
        "ql-heat",
        "ql-sum",
        "ql-tl",
        "ql-steps",
        "ql-errors",
    ):
        assert f'class="{css}' in html or f" {css}" in html
