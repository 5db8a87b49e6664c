"""The frame and a list against the database: scope, fragments, a constant number of queries."""

import pytest
from django.contrib.auth.models import AnonymousUser
from django.test import RequestFactory
from django.urls import reverse
from django_htmx.middleware import HtmxDetails

from accounts.models import Area
from core.listing import ListPage


@pytest.fixture
def page_templates(settings, tmp_path):
    folder = tmp_path / "accounts"
    folder.mkdir()
    (folder / "area_list.html").write_text(
        '{% extends "layouts/list.html" %}{% block heading %}区划{% endblock %}'
    )
    (folder / "_area_table.html").write_text(
        '{% load ui %}<div id="{{ table_id }}"><table class="ql-table"><tr>'
        '{% sort_head "code" "代码" %}'
        "</tr>{% for row in rows %}<tr><td>{{ row.code }}</td></tr>{% endfor %}</table>"
        "{% pager page_obj %}</div>"
    )
    own = settings.TEMPLATES[0]
    settings.TEMPLATES = [{**own, "DIRS": [tmp_path, *own["DIRS"]]}]


class AreaList(ListPage):
    model = Area
    sort_fields = {"code": "code", "name": ("name", "code")}
    default_sort = "code"
    page_sizes = (2, 3)


def ask(user, query="", **headers):
    request = RequestFactory().get(f"/areas/?{query}", headers=headers)
    request.user = user
    request.htmx = HtmxDetails(request)
    view = AreaList()
    view.setup(request)
    response = view.get(request)
    response.render()
    return view, response


def codes(view):
    return [row.code for row in view.object_list]


@pytest.mark.usefixtures("page_templates")
class TestListPage:
    def test_page_extends_the_layout_and_holds_the_fragment(self, clerk):
        _view, response = ask(clerk)
        html = response.content.decode()
        assert "<h1>区划</h1>" in html
        assert 'id="area-table"' in html
        assert "HX-Request" in response["Vary"]

    def test_htmx_gets_the_fragment_alone(self, clerk):
        headers = {"HX-Request": "true", "HX-Target": "area-table"}
        html = ask(clerk, **headers)[1].content.decode()
        assert html.lstrip().startswith('<div id="area-table"')

    def test_order_is_whitelisted(self, clerk):
        assert ask(clerk, "sort=-code")[0].sort == "-code"
        assert ask(clerk, "sort=parent__code")[0].sort == "code"

    def test_page_past_the_end_is_the_last(self, clerk):
        view, _response = ask(clerk, "page=999&size=3")
        page = view.paginate_queryset(view.get_queryset(), 3)[1]
        assert page.number == page.paginator.num_pages

    def test_page_size_is_one_of_the_offered(self, clerk):
        view, _ = ask(clerk, "size=5000")
        assert view.get_paginate_by(None) == 2

    def test_number_of_queries_does_not_grow_with_rows(self, clerk, django_assert_max_num_queries):
        clerk.current_grants  # noqa: B018 - read once per request, not per page
        with django_assert_max_num_queries(12):
            ask(clerk, "size=3")


@pytest.mark.django_db
def test_sign_in_page_shows_one_readable_error(client):
    assert "登录" in client.get(reverse("login")).content.decode()
    html = client.post(reverse("login"), {"username": "nobody", "password": "x"}).content.decode()
    assert html.count("invalid-feedback") == 1


def test_style_page_needs_a_sign_in(client, clerk):
    assert client.get(reverse("core:style")).status_code == 302
    client.force_login(clerk)
    html = client.get(reverse("core:style")).content.decode()
    assert "组件与状态" in html
    assert "退出" in html


def test_missing_page_is_told_in_the_plain_frame(client, clerk):
    client.force_login(clerk)
    response = client.get("/no/such/page/")
    assert response.status_code == 404
    assert "没有找到" in response.content.decode()


def test_frame_of_a_stranger_has_no_menu():
    from core import menu

    request = RequestFactory().get("/")
    request.user = AnonymousUser()
    assert menu.groups_for(request) == []
