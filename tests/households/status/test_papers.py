"""Papers of status processes: attached to their step, missing ones told, the signature insisted on."""

from datetime import date
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from core import slots
from core.models import AuditEvent
from households import services
from households.documents import missing_of_process, process_papers
from households.enums import ProcessKind
from households.models import Evidence, StatusProcess
from tests.households.factories import EvidenceFactory, photograph
from tests.households.status.conftest import TODAY, Story, turn

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def folder(settings: Any, tmp_path: Path) -> Path:
    settings.EVIDENCE_DIR = tmp_path / "evidence"
    return settings.EVIDENCE_DIR


@pytest.fixture
def leaving(registered: Any, story: Story) -> StatusProcess:
    """An exit whose household has agreed."""
    return story.until(story.open(registered("PRE_LIFTED"), "EXIT"), "VILLAGE_NOTICE")


def sent(paper: str = "REVIEW:REVIEW_MINUTES", data: bytes = b"", **more: Any) -> dict[str, Any]:
    file = SimpleUploadedFile("会议记录.jpg", data or photograph(), content_type="image/jpeg")
    return {"files": [file], "paper": paper, "operation_key": "k1", **more}


def address(process: StatusProcess) -> str:
    return reverse("households:process_papers", args=[process.pk])


def asked_of(kind: str) -> list[tuple[str, str]]:
    return [(each.step, each.text) for each in process_papers(StatusProcess(kind=kind))]


def test_every_kind_of_process_asks_for_the_papers_of_its_steps() -> None:
    assert asked_of("EXIT") == [
        ("REVIEW", "民主评议会议记录"),
        ("AGREEMENT", "收入测算表"),
        ("AGREEMENT", "户主签字（指印）或脱贫确认书"),
        ("VILLAGE_NOTICE", "公示照片"),
        ("APPROVAL", "公告"),
    ]
    assert [step for step, _ in asked_of("IDENTIFY")] == [
        "APPLICATION",
        "REVIEW",
        "SECOND_REVIEW",
        "VILLAGE_NOTICE",
        "TOWNSHIP_NOTICE",
        "APPROVAL",
    ]
    assert asked_of("BACK") == []
    assert all(step in StatusProcess(kind=k).steps for k in ProcessKind for step, _ in asked_of(k))


def test_steps_not_yet_taken_miss_nothing(leaving: StatusProcess) -> None:
    held = [EvidenceFactory(household=leaving.household, process=leaving, step="REVIEW", kind=kind)
            for kind in ("REVIEW_MINUTES", "INCOME_SHEET")]  # fmt: skip

    missing = missing_of_process(leaving, {"PROPOSAL", "REVIEW", "AGREEMENT"}, held)

    assert [(each.step, each.one_of) for each in missing] == [
        ("AGREEMENT", ("INCOME_SHEET",)),  # the one at hand lies with another step
        ("AGREEMENT", ("SIGNATURE", "EXIT_CONFIRMATION")),
    ]


def test_page_tells_what_is_missing_until_it_is_uploaded(
    leaving: StatusProcess, client_for: Any, informant: Any
) -> None:
    client = client_for(informant)
    page = client.get(leaving.get_absolute_url()).content.decode()
    assert "民主评议缺：民主评议会议记录" in page
    assert "村级公示缺" not in page

    response = client.post(
        address(leaving), sent(document_no="纪要3号", document_date="2019.10.2"), follow=True
    )

    page = response.content.decode()
    assert "已上传 1 份材料" in page
    assert "民主评议缺" not in page
    paper = Evidence.objects.get()
    assert (paper.process, paper.step, paper.kind) == (leaving, "REVIEW", "REVIEW_MINUTES")
    assert (paper.household, paper.document_date) == (leaving.household, date(2019, 10, 2))
    assert paper.get_absolute_url() in page
    assert AuditEvent.objects.get(action="evidence.upload").target_id == str(paper.pk)
    detail = client.get(paper.get_absolute_url()).content.decode()
    assert leaving.get_absolute_url() in detail
    assert "民主评议" in detail


def test_sent_twice_counts_once(leaving: StatusProcess, client_for: Any, informant: Any) -> None:
    for _ in range(2):
        assert client_for(informant).post(address(leaving), sent()).status_code == 302

    assert Evidence.objects.count() == 1


def test_same_photograph_may_prove_two_steps(
    leaving: StatusProcess, client_for: Any, informant: Any
) -> None:
    client = client_for(informant)
    client.post(address(leaving), sent("AGREEMENT:SIGNATURE"))
    client.post(address(leaving), sent("REVIEW:REVIEW_MINUTES", operation_key="k2"))
    client.post(address(leaving), sent("REVIEW:REVIEW_MINUTES", operation_key="k3"))

    assert set(Evidence.objects.values_list("step", "kind")) == {
        ("AGREEMENT", "SIGNATURE"),
        ("REVIEW", "REVIEW_MINUTES"),
    }


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"paper": ""}, "paper"),
        ({"paper": "REVIEW:SIGNATURE"}, "paper"),
        ({"files": []}, "files"),
        ({"data": b"not a picture"}, "files"),
        ({"document_date": "2019-02-30"}, "document_date"),
    ],
)
def test_bad_input_is_told_at_its_field(
    leaving: StatusProcess, client_for: Any, informant: Any, more: dict[str, Any], field: str
) -> None:
    response = client_for(informant).post(address(leaving), sent(**more))

    assert response.status_code == 422
    assert list(response.context["paper_form"].errors) == [field]
    assert not Evidence.objects.exists()


def test_key_of_another_upload_is_refused(
    leaving: StatusProcess, client_for: Any, informant: Any
) -> None:
    client = client_for(informant)
    client.post(address(leaving), sent())

    response = client.post(address(leaving), sent("AGREEMENT:SIGNATURE"))

    assert response.status_code == 422
    assert "已提交过另一内容" in response.content.decode()


def test_ended_process_takes_no_papers(
    leaving: StatusProcess, client_for: Any, informant: Any, clerk: Any
) -> None:
    services.drop_process(process=leaving, turn=turn(clerk, version=leaving.version, note="撤回"))

    assert client_for(informant).post(address(leaving), sent()).status_code == 403
    assert "上传材料" not in client_for(informant).get(leaving.get_absolute_url()).content.decode()


def test_exit_is_not_approved_without_the_heads_signature(
    leaving: StatusProcess, story: Story
) -> None:
    slots.register("exit_guards", services.own_guards)
    household = leaving.household
    process = story.until(leaving, "APPROVAL")

    with pytest.raises(services.GuardsStand) as refused:
        story.step(process, TODAY)

    assert [guard.label for guard in refused.value.args[0]] == ["缺：户主签字（指印）或脱贫确认书"]
    EvidenceFactory(
        household=household, process=process, step="AGREEMENT", kind="EXIT_CONFIRMATION"
    )
    assert story.step(process, TODAY).state == "APPROVED"


def test_papers_of_an_application_are_on_the_new_households_file(
    family: Any, villages: Any, story: Story, client_for: Any, informant: Any, other_clerk: Any
) -> None:
    process = services.open_identification(
        village=villages.own, family=family, turn=turn(informant, date(2019, 10, 1))
    )
    client = client_for(informant)
    client.post(address(process), sent("APPLICATION:APPLICATION"))
    paper = Evidence.objects.get()
    assert paper.household is None
    assert client.get(paper.get_absolute_url()).status_code == 200
    assert client.get(reverse("households:evidence_file", args=[paper.pk])).status_code == 200
    assert client_for(other_clerk).get(paper.get_absolute_url()).status_code == 404
    response = client.post(
        paper.get_absolute_url(), {"act": "withdraw", "reason": "传错", "operation_key": "w"}
    )
    assert response.status_code == 302
    client.post(address(process), sent("APPLICATION:APPLICATION", operation_key="k2"))

    process = story.through(process)

    papers = Evidence.objects.filter(household=process.household)
    assert papers.count() == 2
    assert papers.standing().get().step == "APPLICATION"
    assert (
        "申请书"
        in client.get(
            reverse("households:evidence_list", args=[process.household_id])
        ).content.decode()
    )


def test_one_line_of_work_is_not_told_what_it_cannot_see(
    leaving: StatusProcess, client_for: Any, agency_user: Any
) -> None:
    EvidenceFactory(household=leaving.household, process=leaving, step="REVIEW",
                    kind="REVIEW_MINUTES")  # fmt: skip

    page = client_for(agency_user).get(leaving.get_absolute_url()).content.decode()

    assert "缺：" not in page
    assert "民主评议会议记录" not in page


def test_number_of_queries_does_not_grow_with_papers(
    leaving: StatusProcess, client_for: Any, informant: Any
) -> None:
    client = client_for(informant)
    client.get(leaving.get_absolute_url())
    counts = []
    for _ in range(2):
        EvidenceFactory.create_batch(
            3, household=leaving.household, process=leaving, step="REVIEW", kind="REVIEW_MINUTES"
        )
        with CaptureQueriesContext(connection) as seen:
            client.get(leaving.get_absolute_url())
        counts.append(len(seen))
    assert counts[0] == counts[1]
