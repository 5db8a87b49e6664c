"""Every write to the register. Permission was checked by the caller."""

from households.services.checks import (
    NotAcceptable,
    NotReturnable,
    OwnCheck,
    accept_check,
    accept_checks,
    discard_draft,
    draft_answers,
    return_check,
    save_draft,
    submit_check,
)
from households.services.disclosure import (
    record_export,
    record_search,
    reveal_id_number,
    reveal_phone,
)
from households.services.facts import (
    FactChanges,
    StaleHousehold,
    record_household_facts,
    take_back_check,
    touch_household,
)
from households.services.register import (
    lock_households,
    raise_versions,
    register_households,
    seal_identity,
)
from households.services.rounds import (
    RoundClosed,
    RoundOverlaps,
    add_households_to_round,
    close_round,
    open_round,
    open_round_of,
)

__all__ = [
    "FactChanges",
    "NotAcceptable",
    "NotReturnable",
    "OwnCheck",
    "RoundClosed",
    "RoundOverlaps",
    "StaleHousehold",
    "accept_check",
    "accept_checks",
    "add_households_to_round",
    "close_round",
    "discard_draft",
    "draft_answers",
    "lock_households",
    "open_round",
    "open_round_of",
    "raise_versions",
    "record_export",
    "record_household_facts",
    "register_households",
    "return_check",
    "reveal_id_number",
    "reveal_phone",
    "save_draft",
    "seal_identity",
    "submit_check",
    "take_back_check",
    "touch_household",
]
    "record_search",
    "record_step",
