"""A photograph of what proves a change of members goes on file with the change, or neither does."""

from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from households.models import Evidence, Household
from tests.households.factories import photograph

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def folder(settings: Any, tmp_path: Path) -> Path:
    settings.EVIDENCE_DIR = tmp_path / "evidence"
    return settings.EVIDENCE_DIR


def leave(client: Any, household: Household, *proofs: bytes) -> Any:
    """Whoever is not the head dies."""
    member = household.members.order_by("code").last()
    files = [SimpleUploadedFile("死亡证明.jpg", data, "image/jpeg") for data in proofs]
    return client.post(
        reverse("households:people_leave", args=[member.pk]),
        {
            "reason": "DIED",
            "on": "2019-11-01",
            "base_version": household.version,
            "operation_key": "k",
            "proof": files,
        },
    )


def test_proof_is_on_the_households_file(client_for: Any, clerk: Any, home: Household) -> None:
    for _ in range(2):
        assert leave(client_for(clerk), home, photograph()).status_code == 302

    paper = Evidence.objects.get()
    assert (paper.household, paper.kind, paper.uploaded_by) == (home, "CHANGE_PROOF", clerk)


def test_change_without_proof_is_taken(client_for: Any, clerk: Any, home: Household) -> None:
    assert leave(client_for(clerk), home).status_code == 302
    assert not Evidence.objects.exists()


def test_wrong_file_is_told_at_its_field_and_nobody_leaves(
    client_for: Any, clerk: Any, home: Household
) -> None:
    version = home.version

    response = leave(client_for(clerk), home, photograph(), b"no picture")

    assert response.status_code == 422
    assert list(response.context["form"].errors) == ["proof"]
    home.refresh_from_db()
    assert home.version == version
    assert not Evidence.objects.exists()


@pytest.mark.parametrize("page", ["people_join", "people_split"])
def test_other_acts_ask_for_it_too(client_for: Any, clerk: Any, home: Household, page: str) -> None:
    html = client_for(clerk).get(reverse(f"households:{page}", args=[home.pk])).content.decode()

    assert 'name="proof"' in html
    assert "multipart/form-data" in html
