"""A persons list with a mistake is explained row by row; mended and confirmed, its people are on file."""

import pytest
from django.urls import reverse

from households.models import Member
from imports.models import ImportBatch
from tests.journeys.conftest import wait_for
from tests.support import workbooks

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
FIRST_ROW = 4  # below two title rows and the header
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def upload(person, rows):
    person.open(reverse("imports:batch_create"))
    person.page.set_input_files(
        "input[type=file]",
        {"name": "人员信息表.xlsx", "mimeType": XLSX, "buffer": workbooks.persons_xlsx(rows)},
    )
    person.press("上传并校验")
    settle(person, "一行不漏")  # a large file is read by a job


def settle(person, word):
    """Wait until the batch's page, asked again and again, says so."""

    def arrived():
        if not person.says(word):
            person.page.reload()
        return person.says(word)

    wait_for(arrived, word)
    person.look()


def test_a_workbook_is_mended_and_imported(visit, story, import_admin, clerk):
    good = [workbooks.person(n, 姓名=name) for n, name in ((901, "孙来福"), (902, "钱满仓"))]
    bad = workbooks.person(903, 姓名="周三宝", 证件号码="15990119600101")
    admin = visit(import_admin)
    admin.open("/imports/")

    upload(admin, [*good, bad])
    row = admin.page.locator("#problems tbody tr").filter(has_text="拒收").first
    assert row.locator("th").inner_text().strip() == str(FIRST_ROW + 2)
    assert admin.says("有 1 行拒收，整批不能导入")
    assert not Member.objects.filter(name="孙来福").exists()

    upload(admin, [*good, workbooks.person(903, 姓名="周三宝")])
    assert admin.says("没有问题")
    admin.press("确认导入 3 行", confirm="导入 3 行")
    settle(admin, "已导入")
    assert ImportBatch.objects.count() == 2

    keeper = visit(clerk)
    keeper.open("/households/?q=周三宝")
    keeper.press("周三宝")
    assert "/households/" in keeper.page.url
    assert keeper.says("周三宝")
