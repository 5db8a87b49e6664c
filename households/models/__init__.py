"""Registered households and their members: identity here, everything that can change in facts.

Identity never changes its key: a correction of a name is an audited edit; what is true of a
household, status, residence and membership included, is a two-time fact version.
"""

from households.models.checks import (
    CheckRound,
    HouseholdCheck,
    RoundHousehold,
    registered_policy,
)
from households.models.evidence import Evidence
from households.models.finding import ColumnChoice, SavedFilter
from households.models.household_themes import (
    HOUSEHOLD_THEMES,
    FoodClothing,
    HouseholdFact,
    HouseholdPower,
    HouseholdProfile,
    HouseholdStatus,
    Housing,
    IncomeYear,
    IndustryLink,
    LivingConditions,
    Monitoring,
    Relocation,
    Residence,
    Water,
)
from households.models.identity import (
    Household,
    Member,
    Pairing,
)
from households.models.member_themes import (
    MEMBER_THEMES,
    Employment,
    Insurance,
    MemberFact,
    MemberProfile,
    Membership,
    Pension,
    Schooling,
    SocialAssistance,
    StudentAid,
)
from households.models.process import ProcessStep, StatusProcess
from households.models.registers import (
    DropoutCase,
    DropoutTurn,
    HomeTeachingSession,
    MonitoringCase,
    MonitoringMeasure,
    MonitoringTurn,
    PersuasionVisit,
)

__all__ = [
    "HOUSEHOLD_THEMES",
    "MEMBER_THEMES",
    "CheckRound",
    "ColumnChoice",
    "DropoutCase",
    "DropoutTurn",
    "Employment",
    "Evidence",
    "FoodClothing",
    "HomeTeachingSession",
    "Household",
    "HouseholdCheck",
    "HouseholdFact",
    "HouseholdPower",
    "HouseholdProfile",
    "HouseholdStatus",
    "Housing",
    "IncomeYear",
    "IndustryLink",
    "Insurance",
    "LivingConditions",
    "Member",
    "MemberFact",
    "MemberProfile",
    "Membership",
    "Monitoring",
    "MonitoringCase",
    "MonitoringMeasure",
    "MonitoringTurn",
    "Pairing",
    "Pension",
    "PersuasionVisit",
    "ProcessStep",
    "Relocation",
    "Residence",
    "RoundHousehold",
    "SavedFilter",
    "Schooling",
    "SocialAssistance",
    "StatusProcess",
    "StudentAid",
    "Water",
    "registered_policy",
]
