"""Large files are read and written by jobs; nothing is lost when one fails."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from core import work
from core.models import Job
from households.models import Member
from imports import jobs, services, views
from imports.models import ImportBatch, ImportFile
from tests.support import workbooks as w

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def browser(client_for, import_admin, villages, monkeypatch):
    monkeypatch.setattr(views, "WAIT_ABOVE_BYTES", 0)
    monkeypatch.setattr(views, "WAIT_ABOVE_ROWS", 0)
    return client_for(import_admin)


def send(browser, data):
    file = SimpleUploadedFile("人员.xlsx", data)
    address = reverse("imports:batch_create")
    return browser.post(address, {"kind": "persons", "file": file, "operation_key": "k"})


def test_large_file_is_read_and_confirmed_by_jobs(browser):
    data = w.persons_xlsx([w.person(1)])
    send(browser, data)
    batch = ImportBatch.objects.get()
    address = batch.get_absolute_url()

    assert batch.state == "READING"
    assert "正在校验" in browser.get(address).content.decode()
    poll = {"HTTP_HX_REQUEST": "true"}
    assert browser.get(address, {"job": 1}, **poll).status_code == 200
    work.work(limit=1)
    assert browser.get(address, {"job": 1}, **poll).status_code == 286
    batch.refresh_from_db()
    assert (batch.state, batch.created_count, batch.rejected_count) == ("STAGED", 1, 0)
    assert ImportFile.objects.count() == 0

    confirm = reverse("imports:batch_confirm", args=[batch.pk])
    browser.post(confirm, {"operation_key": "b"})
    batch.refresh_from_db()
    assert batch.state == "CONFIRMING"
    browser.post(confirm, {"operation_key": "c"})
    assert Job.objects.filter(kind=jobs.CONFIRM).count() == 1
    work.work(limit=1)
    batch.refresh_from_db()
    assert batch.state == "CONFIRMED"
    assert Member.objects.count() == 1


def test_unreadable_large_file_ends_with_the_reason(browser):
    send(browser, w.xlsx([["甲", "乙"], ["1", "2"]]))
    work.work(limit=1)
    batch = ImportBatch.objects.get()

    assert batch.state == "REFUSED"
    assert "没有找到表头" in browser.get(batch.get_absolute_url()).content.decode()


def test_format_is_refused_before_it_is_kept(browser):
    response = send(browser, b"%PDF-1.4")

    assert "不是可以读取的表格文件" in response.content.decode()
    assert ImportBatch.objects.count() == 0


def test_stale_confirmation_goes_back_to_the_user(browser, monkeypatch):
    send(browser, w.persons_xlsx([w.person(1)]))
    work.work(limit=1)
    batch = ImportBatch.objects.get()
    browser.post(reverse("imports:batch_confirm", args=[batch.pk]), {"operation_key": "b"})
    from imports.services import batches

    def stale(batch, plan):
        raise services.StaleImport("登记数据有了变化")

    monkeypatch.setattr(batches, "_check_fresh", stale)
    work.work(limit=1)
    batch.refresh_from_db()

    assert batch.state == "STAGED"
    assert "登记数据有了变化" in str(batch.notes)
    assert Member.objects.count() == 0


def test_failing_jobs_leave_the_batch_decidable(browser, monkeypatch):
    def broken(**options):
        raise RuntimeError("broken")

    monkeypatch.setattr(services, "read_file", broken)
    send(browser, w.persons_xlsx([w.person(1)]))
    work.work(limit=work.MAX_ATTEMPTS)
    batch = ImportBatch.objects.get()

    assert batch.state == "REFUSED"
    assert ImportFile.objects.count() == 0
