"""Which fact of the register each column tells."""

from core.facts import FactVersion
from households.models import (
    Employment,
    HouseholdFact,
    HouseholdPower,
    HouseholdProfile,
    HouseholdStatus,
    Housing,
    IncomeYear,
    Insurance,
    MemberFact,
    MemberProfile,
    Membership,
    Residence,
    Schooling,
    Water,
)
from villages.models import (
    CollectiveIncome,
    LocalFact,
    VillageClinic,
    VillageListing,
    VillagePopulation,
    VillagePower,
)

HOUSEHOLD_FACTS: dict[str, tuple[type[HouseholdFact], str]] = {
    "hamlet": (Residence, "hamlet"),
    "status": (HouseholdStatus, "status"),
    "exit_year": (HouseholdStatus, "exit_year"),
    "return_year": (HouseholdStatus, "return_year"),
    "identify_standard": (HouseholdProfile, "identify_standard"),
    "kind": (HouseholdProfile, "kind"),
    "cause_main": (HouseholdProfile, "cause_main"),
    "cause_other": (HouseholdProfile, "cause_other"),
    "first_identified": (HouseholdProfile, "first_identified"),
    "household_phone": (HouseholdProfile, "phone"),
    "bank_name": (HouseholdProfile, "bank_name"),
    "bank_account": (HouseholdProfile, "bank_account"),
    "dangerous_house": (Housing, "dangerous_reported"),
    "house_grade": (Housing, "grade"),
    "house_area_m2": (Housing, "area_m2"),
    "water_safe": (Water, "safe_reported"),
    "power_living": (HouseholdPower, "connected_reported"),
    "wage": (IncomeYear, "wage_yuan"),
    "operating": (IncomeYear, "operating_yuan"),
    "property": (IncomeYear, "property_yuan"),
    "transfer": (IncomeYear, "transfer_yuan"),
    "operating_expense": (IncomeYear, "operating_expense_yuan"),
    "net_per_person": (IncomeYear, "net_per_person_reported_yuan"),
    "persons": (IncomeYear, "persons_in_year"),
}
MEMBER_FACTS: dict[str, tuple[type[MemberFact], str]] = {
    "relation": (Membership, "relation"),
    "education": (MemberProfile, "education"),
    "health": (MemberProfile, "health"),
    "labour_capacity": (MemberProfile, "labour_capacity"),
    "work_months": (Employment, "work_months"),
    "member_phone": (MemberProfile, "phone"),
    "student_status": (Schooling, "student_status"),
    "med_resident": (Insurance, "resident"),
    "med_employee": (Insurance, "employee"),
    "med_serious": (Insurance, "serious_illness"),
}
VILLAGE_FACTS: dict[str, tuple[type[LocalFact], str]] = {
    "is_poor_village": (VillageListing, "is_poor_village"),
    "out_year": (VillageListing, "out_year"),
    "rural_population_end_2014": (VillagePopulation, "rural_population_end_2014"),
    "three_phase_power": (VillagePower, "three_phase_power"),
    "three_phase_since": (VillagePower, "three_phase_since"),
    "off_grid": (VillagePower, "off_grid"),
    "off_grid_document": (VillagePower, "off_grid_document"),
    "has_clinic": (VillageClinic, "has_clinic"),
    "clinic_area_m2": (VillageClinic, "clinic_area_m2"),
    "has_qualified_doctor": (VillageClinic, "has_qualified_doctor"),
    "served_by_mobile": (VillageClinic, "served_by_mobile"),
    "collective_income": (CollectiveIncome, "income_yuan"),
}


def is_yearly(theme: type[FactVersion]) -> bool:
    return "year" in theme.SUBJECT
