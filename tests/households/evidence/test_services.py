"""Papers: kept once, described, withdrawn, never lost, never left behind."""

import hashlib
import os
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from PIL import Image

from core import clock, files, uploads
from core.models import AuditEvent
from households import services
from households.models import Evidence, Household
from households.services import Description
from tests.households.factories import (
    EvidenceFactory,
    HouseholdCheckFactory,
    HouseholdFactory,
    MemberFactory,
    photograph,
)

pytestmark = pytest.mark.django_db
AT = datetime(2019, 11, 5, 2, tzinfo=UTC)


@pytest.fixture(autouse=True)
def folder(settings: Any, tmp_path: Path) -> Path:
    settings.EVIDENCE_DIR = tmp_path / "evidence"
    return settings.EVIDENCE_DIR


@pytest.fixture
def add(household: Household, informant: Any) -> Any:
    def keep(data: bytes = b"", *, kind: str = "HOUSE_APPRAISAL", **more: Any) -> Evidence:
        return services.add_evidence(
            household=more.pop("household", household),
            data=data or photograph(),
            file_name=more.pop("file_name", "鉴定书.jpg"),
            description=Description(kind=kind, **more),
            by=informant,
            at=AT,
        )

    return keep


def stored(folder: Path) -> list[str]:
    return sorted(p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file())


def test_paper_is_kept_with_what_was_written_about_it(
    add: Any, household: Household, informant: Any, folder: Path
) -> None:
    paper = add(document_no="固住鉴〔2018〕0317号", document_date=date(2018, 6, 1))

    assert (paper.theme, paper.line) == ("housing", "HOUSING")
    assert paper.sha256 == hashlib.sha256(photograph()).hexdigest()
    assert paper.content_type == "image/jpeg"
    assert paper.uploaded_by == informant
    assert stored(folder) == sorted([paper.file_key, paper.preview_key])
    assert paper.file_key.startswith(f"{household.village_id}/")
    assert paper.size == (folder / paper.file_key).stat().st_size
    event = AuditEvent.objects.get(action="evidence.upload")
    assert event.village_id == household.village_id
    assert event.target_id == str(paper.pk)


def test_uploading_makes_no_open_form_stale(add: Any, household: Household) -> None:
    before = household.version

    add()

    household.refresh_from_db()
    assert household.version == before


def test_same_file_for_the_same_kind_is_the_paper_on_file(add: Any, folder: Path) -> None:
    first, again = add(), add(file_name="另一个名字.jpg")
    other_kind, other_file = add(kind="MOVE_IN"), add(photograph("blue"))

    assert first == again
    assert len({first, other_kind, other_file}) == 3
    assert len(stored(folder)) == 6
    assert AuditEvent.objects.filter(action="evidence.upload").count() == 3


def test_same_file_again_after_withdrawal_is_a_new_paper(add: Any, informant: Any) -> None:
    first = add()
    services.withdraw_evidence(paper=first, reason="传错户", by=informant, at=AT)

    assert add() != first


def test_database_refuses_a_second_standing_copy(household: Household) -> None:
    EvidenceFactory(household=household, sha256="a" * 64)

    with pytest.raises(IntegrityError), transaction.atomic():
        EvidenceFactory(household=household, sha256="a" * 64)


def test_refused_file_leaves_nothing(add: Any, folder: Path) -> None:
    with pytest.raises(uploads.Refused):
        add(b"<html>")

    assert not Evidence.objects.exists()
    assert stored(folder) == []
    assert not AuditEvent.objects.filter(action="evidence.upload").exists()


def test_household_has_a_limit_of_papers(add: Any, settings: Any) -> None:
    settings.EVIDENCE_MAX_COUNT = 1
    first = add()

    with pytest.raises(services.TooManyPapers):
        add(photograph("blue"))

    assert add() == first


def test_disk_that_takes_nothing_leaves_no_row(add: Any, folder: Path) -> None:
    folder.write_text("a file where the folder should be")

    with pytest.raises(files.NoRoom):
        add()

    assert not Evidence.objects.exists()


@pytest.mark.parametrize("keep", [False, True])
def test_place_is_kept_by_setting_only(add: Any, settings: Any, folder: Path, keep: bool) -> None:
    settings.EVIDENCE_KEEP_LOCATION = keep
    exif = Image.Exif()
    exif[0x8825] = {1: "N", 2: (41.0, 2.0, 3.0)}
    sent = folder.parent / "sent.jpg"
    Image.new("RGB", (30, 20)).save(sent, exif=exif)

    paper = add(sent.read_bytes())

    with Image.open(folder / paper.file_key) as kept:
        assert bool(kept.getexif().get_ifd(0x8825)) is keep


def test_description_is_corrected_with_its_theme(add: Any, informant: Any) -> None:
    paper = add(kind="CHECK_PHOTO", theme="water")
    assert paper.line == "WATER"

    told = Description(kind="HOUSE_APPRAISAL", theme="water", document_no="1号")
    services.describe_evidence(paper=paper, description=told, by=informant, at=AT)

    paper.refresh_from_db()
    assert (paper.theme, paper.line, paper.document_no) == ("housing", "HOUSING", "1号")
    assert AuditEvent.objects.filter(action="evidence.describe").count() == 1


def test_description_cannot_make_a_twin(add: Any, informant: Any) -> None:
    add()
    other = add(kind="MOVE_IN")

    with pytest.raises(services.AlreadyOnFile):
        services.describe_evidence(
            paper=other, description=Description(kind="HOUSE_APPRAISAL"), by=informant, at=AT
        )


def test_withdrawn_papers_stay_with_reason_and_file(add: Any, informant: Any, folder: Path) -> None:
    paper = add()

    services.withdraw_evidence(paper=paper, reason="传错户", by=informant, at=AT)

    paper.refresh_from_db()
    assert (paper.withdrawn_reason, paper.withdrawn_by) == ("传错户", informant)
    assert (folder / paper.file_key).exists()
    assert AuditEvent.objects.get(action="evidence.withdraw").detail["reason"] == "传错户"
    for act in (
        lambda: services.withdraw_evidence(paper=paper, reason="再", by=informant, at=AT),
        lambda: services.describe_evidence(
            paper=paper, description=Description(kind="OTHER"), by=informant, at=AT
        ),
    ):
        with pytest.raises(services.NotStanding):
            act()


def test_every_view_is_on_the_trail(add: Any, clerk: Any, folder: Path) -> None:
    paper = add()

    data = services.view_evidence(paper=paper, by=clerk, at=AT)

    assert data == (folder / paper.file_key).read_bytes()
    assert AuditEvent.objects.get(action="evidence.view").actor_id == clerk.pk


def test_submitted_check_takes_its_authors_papers_since_the_visit(
    add: Any, household: Household, informant: Any, clerk: Any
) -> None:
    today = add()
    earlier = EvidenceFactory(
        household=household, uploaded_by=informant, uploaded_at=AT - timedelta(days=3)
    )
    others = EvidenceFactory(household=household, uploaded_by=clerk, uploaded_at=AT)
    check = HouseholdCheckFactory(
        household=household, author=informant, submitted=True, visited_on=date(2019, 11, 5)
    )

    assert services.attach_evidence(check) == 1

    for paper, visit in ((today, check), (earlier, None), (others, None)):
        paper.refresh_from_db()
        assert paper.visit == visit


def test_papers_of_members_follow_them_to_another_household(
    add: Any, household: Household, clerk: Any, villages: SimpleNamespace
) -> None:
    child = household.members.get(name="李浩然")
    own, common = add(kind="SUSPENSION", member=child), add(kind="MOVE_IN")
    new_home = HouseholdFactory(village=villages.own)

    moved = services.hand_over_evidence(members=[child], to=new_home, by=clerk, at=AT)

    assert moved == [own]
    own.refresh_from_db()
    common.refresh_from_db()
    assert (own.household, common.household) == (new_home, household)
    assert AuditEvent.objects.filter(action="evidence.hand_over").count() == 1
    assert services.hand_over_evidence(members=[child], to=new_home, by=clerk, at=AT) == []


def test_same_paper_already_there_is_not_handed_over(
    add: Any, household: Household, clerk: Any, villages: SimpleNamespace
) -> None:
    child = household.members.get(name="李浩然")
    new_home = HouseholdFactory(village=villages.own)
    add(kind="SUSPENSION", member=child)
    add(kind="SUSPENSION", member=MemberFactory(household=new_home), household=new_home)

    assert services.hand_over_evidence(members=[child], to=new_home, by=clerk, at=AT) == []


def test_sweep_removes_only_old_files_without_a_row(add: Any, folder: Path) -> None:
    """What a crash between the file and its row leaves."""
    paper = add()
    old = (clock.now() - timedelta(days=2)).timestamp()
    for key in ("150222105203/ab/orphan.jpg", "150222105203/ab/half.jpg.new"):
        files.write(folder, key, b"x")
        os.utime(folder / key, (old, old))
    files.write(folder, "150222105203/ab/young.jpg", b"x")
    for key in (paper.file_key, paper.preview_key):
        os.utime(folder / key, (old, old))

    assert services.sweep_orphans(at=clock.now()) == 2

    assert stored(folder) == sorted(
        ["150222105203/ab/young.jpg", paper.file_key, paper.preview_key]
    )
    assert services.sweep_orphans(at=clock.now()) == 0


def test_row_that_is_rolled_back_leaves_an_orphan_for_the_sweep(add: Any, folder: Path) -> None:
    with transaction.atomic():
        add()
        transaction.set_rollback(True)

    assert not Evidence.objects.exists()
    assert len(stored(folder)) == 2
    assert services.sweep_orphans(at=clock.now() + timedelta(days=2)) == 2


def test_the_nightly_job_sweeps(folder: Path) -> None:
    from households.jobs import sweep_evidence

    files.write(folder, "1/ab/orphan.jpg", b"x")
    os.utime(folder / "1/ab/orphan.jpg", (0, 0))

    sweep_evidence()

    assert stored(folder) == []
