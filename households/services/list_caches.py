"""The two days that the household's row keeps for the list, held against the checks and pairings.

Triggers keep them (migration 0014). What goes round the triggers, a restored dump or two loaders
writing one household at once, would stay wrong until somebody checks; the night does.
"""

import logging
from collections.abc import Iterable
from datetime import date, datetime
from typing import NamedTuple

from django.db import connection, transaction

from core import audit
from households.models import Household

logger = logging.getLogger(__name__)
BATCH = 1000  # households that one transaction locks and one row of the trail names

_DIFFERING = """
SELECT one.id, one.code, one.last_visited_on, one.helped_until, visit.day, help.day
FROM households_household one
LEFT JOIN (SELECT household_id, max(visited_on) AS day FROM households_householdcheck
           WHERE state IN ('SUBMITTED', 'ACCEPTED') {of} GROUP BY 1) AS visit
  ON visit.household_id = one.id
LEFT JOIN (SELECT household_id, max(coalesce(valid_to, '9999-12-31')) AS day FROM households_pairing
           WHERE (valid_to IS NULL OR valid_to > valid_from) {of} GROUP BY 1) AS help
  ON help.household_id = one.id
WHERE (one.last_visited_on IS DISTINCT FROM visit.day OR one.helped_until IS DISTINCT FROM help.day)
  {of_one}
ORDER BY one.id"""


class Drift(NamedTuple):
    """A household whose row says other days than its checks and pairings."""

    household_id: int
    code: str
    kept_visit: date | None
    kept_help: date | None
    true_visit: date | None
    true_help: date | None

    def told(self) -> dict[str, list[str | None]]:
        """Before and after, for the trail; only the columns that differ."""
        pairs = {
            "last_visited_on": (self.kept_visit, self.true_visit),
            "helped_until": (self.kept_help, self.true_help),
        }
        return {
            name: [day.isoformat() if day else None for day in pair]
            for name, pair in pairs.items()
            if pair[0] != pair[1]
        }


def differing_list_caches(household_ids: Iterable[int] | None = None) -> list[Drift]:
    """Households, of all or of the given ones, whose kept days are wrong; one statement.

    Asked of all, it reads every check and every pairing once: seconds for a million households.
    """
    ids = None if household_ids is None else list(household_ids)
    within = {"of": "", "of_one": ""}
    if ids is not None:
        within = {"of": "AND household_id = ANY(%(ids)s)", "of_one": "AND one.id = ANY(%(ids)s)"}
    with connection.cursor() as cursor:
        cursor.execute(_DIFFERING.format(**within), {"ids": ids})
        return [Drift(*row) for row in cursor.fetchall()]


def repair_list_caches(*, at: datetime) -> list[Drift]:
    """Set right what differs and put it on the trail; what was repaired. Nightly, idempotent."""
    suspects = [drift.household_id for drift in differing_list_caches()]
    repaired: list[Drift] = []
    for start in range(0, len(suspects), BATCH):
        repaired += _repair(suspects[start : start + BATCH], at)
    if repaired:
        logger.error("Days kept for the list were wrong", extra={"households": len(repaired)})
    return repaired


@transaction.atomic
def _repair(household_ids: list[int], at: datetime) -> list[Drift]:
    """Judge again under locks: a check submitted since the first look has set its row right."""
    held = Household.objects.select_for_update(no_key=True).filter(pk__in=household_ids)
    households = {household.pk: household for household in held.order_by("pk")}
    wrong = differing_list_caches(households)
    for drift in wrong:
        household = households[drift.household_id]
        household.last_visited_on, household.helped_until = drift.true_visit, drift.true_help
    Household.objects.bulk_update(
        [households[drift.household_id] for drift in wrong], ["last_visited_on", "helped_until"]
    )
    if wrong:
        detail = {"households": {drift.code: drift.told() for drift in wrong}}
        audit.record(action="household.repair_list_caches", by=None, at=at, detail=detail)
    return wrong
