from datetime import date, datetime, timedelta

import pytest
from django.http import HttpRequest
from django.template import Context, Template

from core import clock, slots


def test_demonstration_pins_the_business_date_but_not_the_real_time(settings):
    settings.DEMO, settings.DEMO_DATE = True, date(2019, 12, 31)

    assert clock.today() == date(2019, 12, 31)
    assert clock.business_now().date() == date(2019, 12, 31)
    assert abs(clock.now() - datetime.now(clock.SHANGHAI)) < timedelta(minutes=1)


def test_tests_have_their_own_date(business_date):
    assert clock.today() == business_date


@pytest.fixture
def slot(monkeypatch):
    """A page's slot, forgotten afterwards."""
    monkeypatch.setattr(slots, "_fillers", slots.defaultdict(list))

    def page():
        template = Template('{% load slots %}{% page_slot "lights" household=7 %}')
        return template.render(Context({"request": HttpRequest()}))

    return page


def test_an_empty_slot_shows_nothing(slot):
    assert slot() == ""


def test_fillers_come_in_order_and_once(slot):
    def lights(request, household):
        return f"<b>{household}</b>"

    slots.register("lights", lambda request, **_: "late", order=200)
    slots.register("lights", lights)
    slots.register("lights", lights)

    assert slot() == "<b>7</b>late"
