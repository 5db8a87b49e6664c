"""What the register does not allow of people and households."""

from datetime import date

from households.models import Member


class PeopleRefusal(Exception):
    """An act on members or households that the register does not allow."""


class PersonKnown(PeopleRefusal):
    """The person is registered already; `.member` says who."""

    def __init__(self, member: Member) -> None:
        super().__init__(member.pk)
        self.member = member


class NameDiffers(PeopleRefusal):
    """The identity number is on file under another name."""


class NoHead(PeopleRefusal):
    """A household needs a head."""


class SecondHead(PeopleRefusal):
    """A household has one head only."""


class SecondSpouse(PeopleRefusal):
    """A head has one spouse only."""


class WrongSex(PeopleRefusal):
    """A relation contradicts a sex; `.relation` says which."""

    def __init__(self, relation: str) -> None:
        super().__init__(relation)
        self.relation = relation


class HeadOfWrongSex(WrongSex):
    """A relation contradicts the head's sex."""


class TooEarly(PeopleRefusal):
    """The day lies before what it would follow; `.on` is the first day possible."""

    def __init__(self, on: date) -> None:
        super().__init__(on)
        self.on = on


class LastMember(PeopleRefusal):
    """Without its last member a household ends: a change of status, not of people."""


class NotMember(PeopleRefusal):
    """The person does not belong to the household."""


class SameVillage(PeopleRefusal):
    """The household is registered in that village already."""


class SameHousehold(PeopleRefusal):
    """A household cannot be merged into itself."""


class CodeTaken(PeopleRefusal):
    """Another household has this code."""


class NotRestorable(PeopleRefusal):
    """A leaving that was not recorded here, or that something later builds on."""
