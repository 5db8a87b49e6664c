"""Pages and API of papers: upload, look, correct, withdraw; scope, lines, refusals, trail."""

from datetime import UTC, date, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.enums import Line, RoleCode
from core.models import AuditEvent
from households.dossier import Dossier
from households.models import Evidence, Household
from households.views.evidence_cards import print_titles, section_panels
from tests.accounts.factories import person
from tests.households.factories import (
    EvidenceFactory,
    HouseholdFactory,
    PairingFactory,
    photograph,
)

pytestmark = pytest.mark.django_db
JSON = {"Accept": "application/json"}


@pytest.fixture(autouse=True)
def folder(settings: Any, tmp_path: Path) -> Path:
    settings.EVIDENCE_DIR = tmp_path / "evidence"
    return settings.EVIDENCE_DIR


def sent(
    *files: bytes, name: str = "鉴定书.jpg", told: str = "image/jpeg", **more: Any
) -> dict[str, Any]:
    return {
        "files": [
            SimpleUploadedFile(name, data, content_type=told) for data in files or [photograph()]
        ],
        "kind": "HOUSE_APPRAISAL",
        "operation_key": "k1",
        **more,
    }


def page(household: Household) -> str:
    return reverse("households:evidence_list", args=[household.pk])


def test_upload_by_page(client_for: Any, informant: Any, household: Household) -> None:
    client = client_for(informant)

    response = client.post(
        page(household),
        sent(
            photograph(),
            photograph("blue"),
            document_no="固住鉴〔２０１８〕0317号",
            document_date="2018年6月1日",
        ),
        follow=True,
    )

    assert "已上传 2 份材料" in response.content.decode()
    papers = Evidence.objects.filter(household=household)
    assert {paper.document_no for paper in papers} == {"固住鉴〔2018〕0317号"}
    assert {paper.document_date for paper in papers} == {date(2018, 6, 1)}


@pytest.mark.parametrize("who", ["informant", "clerk", "county_user", "helper"])
def test_who_enters_checks_may_upload(
    who: str, client_for: Any, household: Household, request: pytest.FixtureRequest
) -> None:
    user = request.getfixturevalue(who)
    if who == "helper":
        PairingFactory(household=household, helper=user)

    response = client_for(user).post(page(household), sent())

    assert response.status_code == 302
    assert Evidence.objects.get().uploaded_by == user


@pytest.mark.parametrize("who", ["agency_user", "inspector", "city_user", "leader"])
def test_others_may_not(
    who: str, client_for: Any, household: Household, request: pytest.FixtureRequest
) -> None:
    response = client_for(request.getfixturevalue(who)).post(page(household), sent())

    assert response.status_code == 403
    assert not Evidence.objects.exists()


def test_upload_by_script_answers_with_the_paper(
    client_for: Any, informant: Any, household: Household
) -> None:
    response = client_for(informant).post(page(household), sent(), headers=JSON)

    paper = Evidence.objects.get()
    assert response.status_code == 201
    assert response.json()["items"] == [
        {
            "id": paper.pk,
            "title": "住房鉴定书",
            "url": paper.get_absolute_url(),
            "thumb": reverse("households:evidence_preview", args=[paper.pk]),
        }
    ]


def test_same_key_sent_twice_counts_once(
    client_for: Any, informant: Any, household: Household
) -> None:
    client = client_for(informant)

    answers = [client.post(page(household), sent(), headers=JSON) for _n in range(2)]

    assert answers[0].json() == answers[1].json()
    assert Evidence.objects.count() == 1


def test_same_key_with_another_file_is_refused(
    client_for: Any, informant: Any, household: Household
) -> None:
    client = client_for(informant)
    client.post(page(household), sent())

    response = client.post(page(household), sent(photograph("blue")))

    assert response.status_code == 422
    assert "已提交过另一内容" in response.content.decode()
    assert Evidence.objects.count() == 1


def test_same_file_with_a_new_key_shows_the_paper_on_file(
    client_for: Any, informant: Any, household: Household
) -> None:
    client = client_for(informant)
    client.post(page(household), sent())

    assert client.post(page(household), sent(operation_key="k2")).status_code == 302
    assert Evidence.objects.count() == 1


@pytest.mark.parametrize(
    ("more", "field", "text"),
    [
        ({"files": []}, "files", "请拍照或选择文件"),
        ({"kind": ""}, "kind", "还没有选择"),
        ({"kind": "NONSENSE"}, "kind", ""),
        ({"kind": "SUSPENSION"}, "member", "这类材料须选是哪位成员的"),
        ({"document_date": "二月三十"}, "document_date", "日期写法不对"),
        (
            {"document_date": "2019-05-01", "valid_until": "2019-04-01"},
            "valid_until",
            "有效期不能早于材料日期",
        ),
        ({"theme": "nonsense"}, "theme", ""),
        ({"operation_key": ""}, "__all__", "缺少操作键"),
    ],
)
def test_refusals_stand_at_their_field(
    more: dict[str, Any],
    field: str,
    text: str,
    client_for: Any,
    informant: Any,
    household: Household,
) -> None:
    response = client_for(informant).post(page(household), sent(**more), headers=JSON)

    assert response.status_code == 422
    assert text in "".join(response.json()["errors"][field])
    assert not Evidence.objects.exists()


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (b"<html><script>alert(1)</script>", "只收 JPG、PNG、HEIC 照片和 PDF 文件"),
        (b"", "文件是空的"),
        (photograph()[:200], "打不开或不完整"),
        (photograph(size=(2000, 2000)) + bytes(1024 * 1024), "超过 1 MB"),
    ],
)
def test_spoofed_and_damaged_files_are_refused_in_chinese(
    data: bytes, text: str, client_for: Any, informant: Any, household: Household, settings: Any
) -> None:
    settings.EVIDENCE_MAX_BYTES = 1024 * 1024

    response = client_for(informant).post(page(household), sent(data))

    assert response.status_code == 422
    assert text in response.content.decode()
    assert not Evidence.objects.exists()


def test_one_bad_file_of_several_is_named_and_none_is_kept(
    client_for: Any, informant: Any, household: Household
) -> None:
    response = client_for(informant).post(page(household), sent(photograph(), b"<svg>"))

    assert "鉴定书.jpg：只收" in response.content.decode()
    assert not Evidence.objects.exists()


def test_too_many_files_at_once(client_for: Any, informant: Any, household: Household) -> None:
    files = [photograph(size=(10 + n, 10)) for n in range(21)]

    response = client_for(informant).post(page(household), sent(*files), headers=JSON)

    assert response.json()["errors"]["files"] == ["一次最多上传 20 个文件，请分几次上传"]


def test_limit_of_papers_is_told(
    client_for: Any, informant: Any, household: Household, settings: Any
) -> None:
    settings.EVIDENCE_MAX_COUNT = 0

    response = client_for(informant).post(page(household), sent())

    assert "本户已有 0 份材料" in response.content.decode()


def test_full_disk_is_told(
    client_for: Any, informant: Any, household: Household, folder: Path
) -> None:
    folder.write_text("a file where the folder should be")

    response = client_for(informant).post(page(household), sent())

    assert response.status_code == 422
    assert "服务器存不下这个文件" in response.content.decode()


def test_upload_to_another_township_does_not_exist(
    client_for: Any, informant: Any, villages: SimpleNamespace
) -> None:
    foreign = HouseholdFactory(village=villages.other)

    assert client_for(informant).post(page(foreign), sent()).status_code == 404


def test_member_of_another_household_is_refused(
    client_for: Any, informant: Any, household: Household, villages: SimpleNamespace
) -> None:
    stranger = HouseholdFactory(village=villages.own, with_members=0).members.get()

    response = client_for(informant).post(page(household), sent(member=stranger.pk), headers=JSON)

    assert "member" in response.json()["errors"]


# --- Looking --------------------------------------------------------------------------------------


def test_file_is_sent_harmless_and_each_view_is_on_the_trail(
    client_for: Any, clerk: Any, household: Household, folder: Path
) -> None:
    paper = EvidenceFactory(household=household)
    client = client_for(clerk)
    address = reverse("households:evidence_file", args=[paper.pk])

    shown, kept = client.get(address), client.get(address, {"download": "1"})

    assert shown.content == (folder / paper.file_key).read_bytes()
    assert shown["Content-Type"] == "image/jpeg"
    assert shown["Content-Disposition"].startswith("inline")
    assert kept["Content-Disposition"].startswith("attachment")
    for answer in (shown, kept):
        assert answer["X-Content-Type-Options"] == "nosniff"
        assert answer["Content-Security-Policy"] == "default-src 'none'; sandbox"
        assert "no-store" in answer["Cache-Control"]
    assert AuditEvent.objects.filter(action="evidence.view", actor_id=clerk.pk).count() == 2


def test_pdf_is_never_opened_in_the_page(client_for: Any, clerk: Any, household: Household) -> None:
    paper = EvidenceFactory(household=household, content_type="application/pdf", has_preview=False)
    client = client_for(clerk)

    response = client.get(reverse("households:evidence_file", args=[paper.pk]))

    assert response["Content-Disposition"].startswith("attachment")
    assert "PDF 文件，请下载后查看" in client.get(paper.get_absolute_url()).content.decode()
    preview = reverse("households:evidence_preview", args=[paper.pk])
    assert client.get(preview).status_code == 404


def test_file_that_is_gone_is_404_and_no_view(
    client_for: Any, clerk: Any, household: Household, folder: Path
) -> None:
    paper = EvidenceFactory(household=household)
    for key in (paper.file_key, paper.preview_key):
        (folder / key).unlink()
    client = client_for(clerk)

    for name in ("evidence_file", "evidence_preview"):
        assert client.get(reverse(f"households:{name}", args=[paper.pk])).status_code == 404
    assert not AuditEvent.objects.filter(action="evidence.view").exists()


def test_agency_sees_papers_of_its_line_only(
    client_for: Any, agency_user: Any, household: Household
) -> None:
    housing = EvidenceFactory(household=household)
    health = EvidenceFactory(household=household, kind="EXEMPT_INSURANCE")
    general = EvidenceFactory(household=household, kind="REVIEW_MINUTES")
    client = client_for(agency_user)

    text = client.get(page(household)).content.decode()

    assert housing.get_absolute_url() in text
    assert "免参保证明" not in text
    for hidden in (health, general):
        assert hidden.get_absolute_url() not in text
        for name in ("detail", "file", "preview"):
            address = reverse(f"households:evidence_{name}", args=[hidden.pk])
            assert client.get(address).status_code == 404


def test_lines_hold_in_their_own_area_only(places: Any, villages: Any, household: Any) -> None:
    """Housing of the whole county, health of one village."""
    user = person(RoleCode.AGENCY, places.county, line=Line.HOUSING)
    user.grants.create(
        role=RoleCode.AGENCY, area=places.village, line=Line.HEALTH, valid_from=date(2019, 1, 1)
    )
    other = HouseholdFactory(village=villages.other)
    own = [EvidenceFactory(household=household, kind=k) for k in ("MOVE_IN", "EXEMPT_INSURANCE")]
    theirs = EvidenceFactory(household=other, kind="MOVE_IN")
    EvidenceFactory(household=other, kind="EXEMPT_INSURANCE")

    assert set(Evidence.objects.for_user(user)) == {*own, theirs}


def test_papers_follow_the_household_to_its_new_village(
    clerk: Any, other_clerk: Any, household: Household, villages: SimpleNamespace
) -> None:
    paper = EvidenceFactory(household=household)
    assert paper in Evidence.objects.for_user(clerk)

    household.village = villages.other
    household.save()

    assert paper in Evidence.objects.for_user(other_clerk)
    assert paper not in Evidence.objects.for_user(clerk)


def test_household_file_shows_the_card(client_for: Any, clerk: Any, household: Household) -> None:
    paper = EvidenceFactory(
        household=household,
        document_no="固住鉴〔2018〕0317号",
        document_date=date(2018, 6, 1),
        valid_until=date(2019, 10, 1),
    )

    text = client_for(clerk).get(household.get_absolute_url()).content.decode()

    assert paper.get_absolute_url() in text
    assert "固住鉴〔2018〕0317号" in text
    assert "已到期 2019-10-01" in text
    assert "住房鉴定书已于 2019-10-01 到期" in text
    assert "缺：饮水验收鉴定书" in text
    assert f"{page(household)}?kind=WATER_ACCEPTANCE" in text


def test_reader_without_the_right_gets_no_upload_links(
    client_for: Any, inspector: Any, household: Household
) -> None:
    client = client_for(inspector)

    for address in (household.get_absolute_url(), page(household)):
        text = client.get(address).content.decode()
        assert "缺：饮水验收鉴定书" in text
        assert "?kind=" not in text
        assert 'type="file"' not in text


def test_pages_ask_a_constant_number_of_queries(
    client_for: Any, clerk: Any, household: Household
) -> None:
    client = client_for(clerk)
    addresses = [household.get_absolute_url(), page(household)]
    EvidenceFactory(household=household)

    def counted() -> list[int]:
        counts = []
        for address in addresses:
            with CaptureQueriesContext(connection) as asked:
                client.get(address)
            counts.append(len(asked))
        return counts

    counted()
    few = counted()
    child = household.members.get(name="李浩然")
    EvidenceFactory.create_batch(8, household=household, member=child)
    assert counted() == few


# --- Correcting and withdrawing -------------------------------------------------------------------


def test_description_is_corrected_by_page(
    client_for: Any, clerk: Any, household: Household
) -> None:
    paper = EvidenceFactory(household=household)

    response = client_for(clerk).post(
        paper.get_absolute_url(),
        {"kind": "HOUSE_APPRAISAL", "document_no": "1号", "act": "describe", "operation_key": "k"},
        follow=True,
    )

    assert "已保存" in response.content.decode()
    paper.refresh_from_db()
    assert paper.document_no == "1号"


def test_withdrawal_needs_a_reason_and_leaves_a_record(
    client_for: Any, clerk: Any, household: Household
) -> None:
    paper = EvidenceFactory(household=household)
    client = client_for(clerk)
    data = {"act": "withdraw", "operation_key": "k"}

    assert client.post(paper.get_absolute_url(), data).status_code == 422
    for _n in range(2):
        client.post(paper.get_absolute_url(), {**data, "reason": "传错户"})

    text = client.get(page(household)).content.decode()
    assert "传错户" in text
    assert AuditEvent.objects.filter(action="evidence.withdraw").count() == 1


def test_withdrawn_paper_can_be_read_but_not_changed(
    client_for: Any, clerk: Any, household: Household
) -> None:
    paper = EvidenceFactory(
        household=household,
        withdrawn_at=datetime(2019, 11, 4, tzinfo=UTC),
        withdrawn_by=clerk,
        withdrawn_reason="传错户",
    )
    client = client_for(clerk)

    assert "传错户" in client.get(paper.get_absolute_url()).content.decode()
    answer = client.post(paper.get_absolute_url(), {"act": "withdraw", "reason": "x"})
    assert answer.status_code == 403


def test_others_papers_are_corrected_by_who_keeps_the_register(
    client_for: Any, informant: Any, household: Household
) -> None:
    data = {"act": "withdraw", "reason": "传错户", "operation_key": "k"}
    own = EvidenceFactory(household=household, uploaded_by=informant)
    others = EvidenceFactory(household=household)
    client = client_for(informant)

    assert client.post(others.get_absolute_url(), data).status_code == 403
    assert client.post(own.get_absolute_url(), data).status_code == 302


def test_a_twin_is_refused_readably(client_for: Any, clerk: Any, household: Household) -> None:
    EvidenceFactory(household=household, sha256="a" * 64)
    paper = EvidenceFactory(household=household, sha256="a" * 64, kind="MOVE_IN")

    response = client_for(clerk).post(
        paper.get_absolute_url(), {"kind": "HOUSE_APPRAISAL", "operation_key": "k"}, follow=True
    )

    assert "同一文件已作为这类材料上传过" in response.content.decode()


# --- Beside other things --------------------------------------------------------------------------


def panels(user: Any, household: Household) -> dict[str, Any]:
    dossier = Dossier(household, on=date(2019, 11, 5), lines=[Line.GENERAL])
    return {panel.theme: panel for panel in section_panels(user, dossier).values()}


def test_panels_begin_with_what_is_missing(clerk: Any, household: Household) -> None:
    EvidenceFactory(household=household, document_date=date(2018, 1, 1))

    found = panels(clerk, household)

    assert found["water"].asked == "WATER_ACCEPTANCE"
    assert [each.text for each in found["water"].missing] == ["缺：饮水验收鉴定书"]
    assert [paper.kind for paper in found["housing"].papers] == ["HOUSE_APPRAISAL"]
    assert found["housing"].missing == []
    assert [name for _pk, name in found["schooling"].members] == ["李占元", "李浩然"]
    assert found["housing"].members == []
    assert found[""].kinds == [("SIGNATURE", "户主签字（指印）")]


def test_panels_ask_one_query_for_papers(clerk: Any, household: Household) -> None:
    clerk.current_grants  # noqa: B018  (read once by every page)
    dossier = Dossier(household, on=date(2019, 11, 5), lines=[Line.GENERAL])
    dossier.people  # noqa: B018
    with CaptureQueriesContext(connection) as asked:
        section_panels(clerk, dossier)

    assert sum("households_evidence" in query["sql"] for query in asked) == 1


def test_titles_for_print(clerk: Any, household: Household) -> None:
    child = household.members.get(name="李浩然")
    EvidenceFactory(
        household=household, document_no="固住鉴〔2018〕0317号", document_date=date(2018, 6, 1)
    )
    EvidenceFactory(
        household=household, kind="SUSPENSION", member=child, valid_until=date(2019, 8, 31)
    )

    titles = print_titles(clerk, [household], date(2019, 11, 5))

    assert titles == {
        household.pk: [
            "住房鉴定书 固住鉴〔2018〕0317号 2018-06-01",
            "李浩然 休学或延缓入学批准书 2019-08-31 到期",
        ]
    }
    assert print_titles(clerk, [household], date(2018, 1, 1)) == {}


# --- API ------------------------------------------------------------------------------------------


def test_api_uploads_and_serves(api_for: Any, informant: Any, household: Household) -> None:
    api = api_for(informant)
    key = {"Idempotency-Key": "k1"}

    made = api.post(
        "/api/v1/evidence/",
        sent(household=household.pk, operation_key=""),
        format="multipart",
        headers=key,
    )

    assert made.status_code == 201, made.content
    paper = Evidence.objects.get()
    assert made.json()[0]["village"] == str(household.village_id)
    assert made.json()[0]["file"].endswith(f"/api/v1/evidence/{paper.pk}/file/")
    listed = api.get("/api/v1/evidence/", {"household": household.pk}).json()
    assert [row["id"] for row in listed["results"]] == [paper.pk]
    file = api.get(f"/api/v1/evidence/{paper.pk}/file/")
    assert file["Content-Disposition"].startswith("attachment")
    assert file.content[:3] == b"\xff\xd8\xff"
    assert AuditEvent.objects.filter(action="evidence.view").count() == 1


@pytest.mark.parametrize(
    ("more", "status", "field"),
    [
        ({"files": [SimpleUploadedFile("a.jpg", b"<html>")]}, 400, "files"),
        ({"files": []}, 400, "files"),
        ({"kind": "NONSENSE"}, 400, "kind"),
        ({"household": 0}, 404, "detail"),
        ({"household": "x"}, 400, "household"),
    ],
)
def test_api_refuses_readably(
    more: dict[str, Any],
    status: int,
    field: str,
    api_for: Any,
    informant: Any,
    household: Household,
) -> None:
    for file in more.get("files", []):
        file.seek(0)

    response = api_for(informant).post(
        "/api/v1/evidence/",
        {**sent(household=household.pk, operation_key=""), **more},
        format="multipart",
        headers={"Idempotency-Key": "k1"},
    )

    assert response.status_code == status, response.content
    assert field in response.json()


def test_api_shows_an_agency_its_line(api_for: Any, agency_user: Any, household: Household) -> None:
    own = EvidenceFactory(household=household)
    EvidenceFactory(household=household, kind="EXEMPT_INSURANCE")

    listed = api_for(agency_user).get("/api/v1/evidence/").json()

    assert [row["id"] for row in listed["results"]] == [own.pk]
