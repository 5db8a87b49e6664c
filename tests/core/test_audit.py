import pytest
from django.db import DatabaseError, transaction

from core import audit, clock
from core.models import AuditEvent
from tests.accounts.factories import UserFactory


def test_record_says_who_what_when(db):
    user, at = UserFactory(display_name="王专干"), clock.now()

    event = audit.record(
        action="test.act", by=user, at=at, target=user, village_id=150222105203, detail={"a": 1}
    )

    event.refresh_from_db()
    assert (event.actor_id, event.actor_name, event.at) == (user.pk, "王专干", at)
    assert (event.target_type, event.target_id, event.detail) == (
        "accounts.user",
        str(user.pk),
        {"a": 1},
    )


def test_the_system_itself_has_no_name(db):
    event = audit.record(action="test.act", by=None, at=clock.now())

    assert (event.actor_id, event.actor_name, event.target_type) == (None, "", "")


@pytest.mark.parametrize(
    "change",
    [
        lambda: AuditEvent.objects.update(action="other"),
        lambda: AuditEvent.objects.all().delete(),
    ],
    ids=["update", "delete"],
)
def test_the_trail_is_never_altered(db, change):
    audit.record(action="test.act", by=None, at=clock.now())

    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        change()

    assert AuditEvent.objects.get().action == "test.act"


def test_an_act_that_fails_leaves_no_trace(db):
    @transaction.atomic
    def act() -> None:
        audit.record(action="test.act", by=None, at=clock.now())
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        act()

    assert not AuditEvent.objects.exists()
