"""Who belongs to which household, and where a household is registered: joining and leaving, another
head, splitting, merging, moving, and putting right who somebody is.

Each act is one audit row; its facts carry that row as their source (`act:<id>`), so that a wrongly
recorded leaving can be taken back. Figures follow the dated memberships and residences: whoever is
moved takes every fact along from the day on, as copies that cite their origin.
"""

from households.services.people.family import check_family
from households.services.people.households import merge_households, move_household, split_household
from households.services.people.identity import NewPerson, correct_member
from households.services.people.membership import (
    add_member,
    change_relations,
    remove_member,
    restore_member,
)
from households.services.people.refusals import (
    CodeTaken,
    HeadOfWrongSex,
    LastMember,
    NameDiffers,
    NoHead,
    NotMember,
    NotRestorable,
    PeopleRefusal,
    PersonKnown,
    SameHousehold,
    SameVillage,
    SecondHead,
    SecondSpouse,
    TooEarly,
    WrongSex,
)

__all__ = [
    "CodeTaken",
    "HeadOfWrongSex",
    "LastMember",
    "NameDiffers",
    "NewPerson",
    "NoHead",
    "NotMember",
    "NotRestorable",
    "PeopleRefusal",
    "PersonKnown",
    "SameHousehold",
    "SameVillage",
    "SecondHead",
    "SecondSpouse",
    "TooEarly",
    "WrongSex",
    "add_member",
    "change_relations",
    "check_family",
    "correct_member",
    "merge_households",
    "move_household",
    "remove_member",
    "restore_member",
    "split_household",
]
