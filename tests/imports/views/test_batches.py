"""Uploading, reading the report, deciding: works, who may, and that repeating is safe."""

import io
from datetime import UTC, date, datetime

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from openpyxl import load_workbook

from core.models import AuditEvent
from households.models import Member
from imports import services
from imports.models import ImportBatch
from tests.households.factories import HouseholdFactory, MemberFactory, id_number
from tests.support import workbooks as w

AT = datetime(2019, 11, 5, 4, tzinfo=UTC)
ON = date(2019, 11, 5)

pytestmark = pytest.mark.django_db


def upload(data, name="人员.xlsx"):
    return SimpleUploadedFile(name, data, content_type="application/octet-stream")


@pytest.fixture
def browser(client_for, import_admin, villages):
    return client_for(import_admin)


@pytest.fixture
def stage(villages, import_admin):
    def run(data, kind="persons", by=import_admin):
        return services.stage_import(
            data=data, file_name="人员.xlsx", kind=kind, by=by, at=AT, on=ON
        )

    return run


@pytest.fixture
def far_batch(places, villages, stage):
    """A batch of the neighbouring county's importer."""
    from tests.accounts.factories import person

    by = person("import_admin", places.other_county)
    row = w.person(1, **{"县(市、区、旗)": "达茂", "乡(镇)": "百灵庙镇", "行政村": "百灵庙嘎查"})
    return stage(w.persons_xlsx([row]), by=by)


def post_upload(browser, data, key="k1", **more):
    return browser.post(
        reverse("imports:batch_create"),
        {"kind": "persons", "file": upload(data), "operation_key": key, **more},
    )


def text(response):
    return response.content.decode()


def test_upload_shows_the_report_and_writes_nothing(browser):
    response = post_upload(browser, w.persons_xlsx([w.person(1), w.person(2, 证件号码="12")]))

    batch = ImportBatch.objects.get()
    assert response.status_code == 302
    assert response["Location"] == batch.get_absolute_url()
    page = text(browser.get(response["Location"]))
    assert "一行不漏" in page
    assert "位数不对" in page
    assert "证件号码不合规" in page
    assert "确认导入 1 行" not in page
    assert "有 1 行拒收，整批不能导入" in page
    assert id_number(1) not in page
    assert Member.objects.count() == 0


def test_upload_sent_twice_is_one_batch(browser):
    data = w.persons_xlsx([w.person(1)])

    first, second = post_upload(browser, data), post_upload(browser, data)

    assert first["Location"] == second["Location"]
    assert ImportBatch.objects.count() == 1


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"%PDF-1.4", "不是可以读取的表格文件"),
        (w.xlsx([["甲", "乙"], ["1", "2"]]), "前 10 行里没有找到表头"),
        (w.xlsx([["姓名", "户编号", "行政村"], ["张三", "1", "德成永"]]), "证件号码"),
        (b"", "文件是空的"),
    ],
)
def test_bad_file_is_explained_and_keeps_nothing(browser, data, said):
    response = post_upload(browser, data)

    assert response.status_code == 200
    assert said in text(response)
    assert ImportBatch.objects.count() == 0


def test_upload_without_a_key_is_refused(browser):
    response = browser.post(
        reverse("imports:batch_create"),
        {"kind": "persons", "file": upload(w.persons_xlsx([w.person()]))},
    )

    assert response.status_code == 302
    assert ImportBatch.objects.count() == 0


def test_template_has_the_columns_that_are_needed(browser):
    for kind in ("persons", "households", "villages", "collective-income"):
        response = browser.get(reverse("imports:template"), {"kind": kind})
        book = load_workbook(io.BytesIO(response.content))
        headers = [cell.value for cell in book.active[1]]
        assert "行政村" in headers
    assert "集体经济收入（元）" in headers


def test_confirming_imports_once(browser, stage):
    batch = stage(w.persons_xlsx([w.person(1)]))
    address = reverse("imports:batch_confirm", args=[batch.pk])

    for key in ("a", "a", "b"):
        response = browser.post(address, {"operation_key": key}, follow=True)

    assert response.status_code == 200
    assert Member.objects.count() == 1
    assert AuditEvent.objects.filter(action="import.confirm").count() == 1
    assert "已导入" in text(response)


def test_confirming_with_rejected_rows_writes_nothing(browser, stage):
    batch = stage(w.persons_xlsx([w.person(1), w.person(2, 姓名=None)]))
    address = reverse("imports:batch_confirm", args=[batch.pk])

    refused = browser.post(address, {"operation_key": "a"}, follow=True)
    assert "1 行被拒收" in text(refused)
    assert Member.objects.count() == 0
    assert address not in text(browser.get(batch.get_absolute_url()))


def test_dropping_keeps_the_batch_on_file(browser, stage):
    batch = stage(w.persons_xlsx([w.person(1)]))

    response = browser.post(
        reverse("imports:batch_drop", args=[batch.pk]), {"operation_key": "a"}, follow=True
    )

    assert "已放弃" in text(response)
    batch.refresh_from_db()
    assert batch.state == "REFUSED"


def test_report_filters_by_level_and_reason(browser, stage):
    rows = [
        w.person(1, 户联系电话="123"),
        w.person(2, 证件号码="12"),
        w.person(3, 危房户="大概"),
    ]
    batch = stage(w.xlsx([*w.table(w.PERSON_HEADERS, rows), ["合计"]]))

    def rows_of(**query):
        page = browser.get(batch.get_absolute_url(), query).context["page_obj"]
        return [row.number for row in page]

    assert rows_of() == [2, 3, 4, 5]
    assert rows_of(level="REJECTED") == [3, 4]
    assert rows_of(level="WARNING") == [2]
    assert rows_of(level="IGNORED") == [5]
    assert rows_of(level="REJECTED", reason="IDENTITY") == [3]
    assert rows_of(level="nonsense", reason="nonsense", page="9") == [2, 3, 4, 5]


def test_marked_file_can_be_corrected_and_uploaded_again(browser, stage):
    batch = stage(w.persons_xlsx([w.person(1), w.person(2, 证件号码="12")]))

    response = browser.get(reverse("imports:batch_marked", args=[batch.pk]))

    sheet = load_workbook(io.BytesIO(response.content)).active
    assert [cell.value for cell in sheet[1]][:4] == ["行号", "结果", "问题", "怎么改"]
    assert "位数不对" in sheet["C3"].value
    assert AuditEvent.objects.filter(action="import.download").count() == 1
    again = stage(response.content)
    assert again.counts()["created"] == 1
    assert again.counts()["rejected"] == 1


def test_list_shows_only_batches_of_own_areas(browser, stage, far_batch):
    own = stage(w.persons_xlsx([w.person(1)]))

    page = browser.get(reverse("imports:batch_list"))

    assert [batch.pk for batch in page.context["rows"]] == [own.pk]


@pytest.mark.parametrize("name", ["batch_detail", "batch_marked", "batch_confirm", "batch_drop"])
def test_batches_of_other_areas_do_not_exist(browser, far_batch, name):
    address = reverse(f"imports:{name}", args=[far_batch.pk])
    ask = browser.post if name in ("batch_confirm", "batch_drop") else browser.get

    assert ask(address).status_code == 404
    far_batch.refresh_from_db()
    assert far_batch.is_staged


@pytest.mark.parametrize("name", ["batch_list", "batch_create", "template"])
@pytest.mark.parametrize("who", ["clerk", "county_user", "system_admin", "leader"])
def test_other_roles_are_refused(client_for, request, villages, who, name):
    user = request.getfixturevalue(who)

    assert client_for(user).get(reverse(f"imports:{name}")).status_code == 403


def test_anonymous_signs_in_first(client_for, stage):
    batch = stage(w.persons_xlsx([w.person(1)]))

    assert client_for(None).get(batch.get_absolute_url()).status_code == 302


@pytest.mark.parametrize("name", ["batch_confirm", "batch_drop"])
def test_decisions_are_posted(browser, stage, name):
    batch = stage(w.persons_xlsx([w.person(1)]))

    assert browser.get(reverse(f"imports:{name}", args=[batch.pk])).status_code == 405


def test_report_costs_the_same_for_few_and_many(browser, stage, django_assert_max_num_queries):
    counts = []
    for size in (3, 30):
        batch = stage(w.persons_xlsx([w.person(n, 证件号码="1") for n in range(size)]))
        with django_assert_max_num_queries(30) as asked:
            browser.get(batch.get_absolute_url())
        counts.append(len(asked))

    assert counts[0] == counts[1]


def test_text_of_the_file_is_shown_inert(browser, stage):
    batch = stage(w.persons_xlsx([w.person(1, 危房户="<script>alert(1)</script>")]))

    page = text(browser.get(batch.get_absolute_url()))

    assert "<script>alert" not in page


def test_five_hundred_bad_rows_open_in_pages(browser, stage):
    batch = stage(w.persons_xlsx([w.person(n, 证件号码="1") for n in range(500)]))

    page = browser.get(batch.get_absolute_url(), {"page": 2})

    assert page.status_code == 200
    assert len(page.context["page_obj"]) == 50
    assert page.context["page_obj"].paginator.count == 500


# --- API -----------------------------------------------------------------------------------------


@pytest.fixture
def api(api_for, import_admin, villages):
    return api_for(import_admin)


def test_api_upload_confirm_and_read(api):
    data = w.persons_xlsx([w.person(1), w.person(2, 证件号码="12")])

    made = api.post(
        "/api/v1/imports/",
        {"kind": "persons", "file": upload(data)},
        format="multipart",
        headers={"Idempotency-Key": "a"},
    )
    assert made.status_code == 201, made.content
    body = made.json()
    assert (body["rows"], body["created"], body["rejected"]) == (2, 1, 1)
    assert [(e["row"], e["code"]) for e in body["errors"]] == [(5, "id_length")]
    address = f"/api/v1/imports/{body['id']}/"

    refused = api.post(f"{address}confirm/", {}, headers={"Idempotency-Key": "b"})
    assert refused.status_code == 409
    assert refused.json()["code"] == "RowsRejected"
    assert Member.objects.count() == 0

    made = api.post(
        "/api/v1/imports/",
        {"kind": "persons", "file": upload(w.persons_xlsx([w.person(1), w.person(2)]))},
        format="multipart",
        headers={"Idempotency-Key": "c"},
    )
    address = f"/api/v1/imports/{made.json()['id']}/"
    done = api.post(f"{address}confirm/", {}, headers={"Idempotency-Key": "d"})
    assert (done.status_code, done.json()["state"]) == (200, "CONFIRMED")
    assert Member.objects.count() == 2
    assert api.get("/api/v1/imports/").json()["count"] == 2
    assert api.get(address).json()["state"] == "CONFIRMED"


def test_api_refuses_readably(api, far_batch):
    bad = api.post(
        "/api/v1/imports/",
        {"kind": "persons", "file": upload(b"%PDF")},
        format="multipart",
        headers={"Idempotency-Key": "a"},
    )
    assert bad.status_code == 400
    assert bad.json()["code"] == ["unknown_format"]
    nothing = api.post("/api/v1/imports/", {}, format="multipart", headers={"Idempotency-Key": "b"})
    assert set(nothing.json()) == {"kind", "file"}
    keyless = api.post(
        "/api/v1/imports/",
        {"kind": "persons", "file": upload(w.persons_xlsx([w.person()]))},
        format="multipart",
    )
    assert keyless.status_code == 400
    assert api.get(f"/api/v1/imports/{far_batch.pk}/").status_code == 404
    assert api.post(f"/api/v1/imports/{far_batch.pk}/confirm/").status_code == 404


def test_api_drop(api, stage):
    batch = stage(w.persons_xlsx([w.person(1)]))
    address = f"/api/v1/imports/{batch.pk}/drop/"

    assert api.post(address, headers={"Idempotency-Key": "a"}).json()["state"] == "REFUSED"
    assert api.post(address, headers={"Idempotency-Key": "b"}).status_code == 409


def test_api_is_closed_to_other_roles(api_for, clerk, villages):
    assert api_for(clerk).get("/api/v1/imports/").status_code == 403
    assert api_for(None).get("/api/v1/imports/").status_code == 401


def test_person_elsewhere_in_the_county_is_named_but_not_beyond(browser, stage, villages):
    home = HouseholdFactory(village=villages.other, head_name="郝三女")
    MemberFactory(household=home, id_number=id_number(777))

    batch = stage(w.persons_xlsx([w.person(1, 证件号码=id_number(777))]))

    assert "金山镇 金山村委会 郝三女户" in text(browser.get(batch.get_absolute_url()))
