"""The register as known on a date, household by household, under the field names of the survey forms."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from itertools import islice
from typing import Any

from accounts.models import Area, User
from accounts.roles import Permission
from core.clock import SHANGHAI
from core.facts import FactVersion
from households import models as hh
from households.models import Household

BATCH = 500

# Where the forms' name differs from ours (domain notes §3.1, §3.2).
_NAMES: dict[type[FactVersion], dict[str, str]] = {
    hh.HouseholdProfile: {"kind": "hh_attr", "first_identified": "first_identified_on"},
    hh.Housing: {
        "grade": "house_grade",
        "dangerous_reported": "dangerous_house",
        "area_m2": "house_area_m2",
        "structure": "house_structure",
        "certificate_no": "house_certificate_no",
        "appraised_on": "house_appraised_on",
        "solution": "house_solution",
    },
    hh.Water: {
        "mode": "water_mode",
        "litres_per_person_day": "water_litres_per_person_day",
        "quality": "water_quality",
        "fetch_minutes": "water_fetch_minutes",
        "distance_metres": "water_distance_metres",
        "height_metres": "water_height_metres",
        "short_days_per_year": "water_short_days_per_year",
        "certificate_no": "water_certificate_no",
        "accepted_on": "water_accepted_on",
        "difficult_reported": "water_difficult",
        "safe_reported": "water_safe_reported",
    },
    hh.HouseholdPower: {
        "source_kind": "power_source",
        "is_stable": "power_is_stable",
        "connected_reported": "power_living",
        "production_connected": "power_prod",
    },
    hh.IncomeYear: {
        "wage_yuan": "wage_income",
        "operating_yuan": "operating_income",
        "property_yuan": "property_income",
        "transfer_yuan": "transfer_income",
        "operating_expense_yuan": "operating_expense",
        "net_per_person_reported_yuan": "income_net_pc",
        "asset_dividend_yuan": "asset_dividend",
        "other_property_yuan": "other_property",
        "family_planning_yuan": "ti_family",
        "dibao_yuan": "ti_dibao",
        "tekun_yuan": "ti_tekun",
        "pension_yuan": "ti_pension",
        "eco_compensation_yuan": "ti_eco",
        "other_transfer_yuan": "ti_other",
    },
    hh.LivingConditions: {
        **{
            f"{name}_mu": f"land_{name}"
            for name in (
                "cultivated",
                "irrigated",
                "forest",
                "returned",
                "fruit",
                "pasture",
                "water",
            )
        },
        "in_cooperative": "in_coop",
    },
    hh.Relocation: {"debt_yuan": "relocation_debt"},
    hh.IndustryLink: {"kinds": "industry_links", "project": "industry_project"},
    hh.MemberProfile: {"labour_capacity": "labor_capacity", "disability_cert_year": "cert_year"},
    hh.Employment: {"works_abroad": "abroad", "channel": "job_channel"},
    hh.Pension: {
        "resident": "pension_resident",
        "employee": "pension_employee",
        "receiving": "pension_received",
        "paid_by_government": "pension_paid_by_government",
    },
    hh.Schooling: {
        "exemption": "school_exemption",
        "exemption_document": "school_exemption_document",
        "exemption_authority": "school_exemption_authority",
        "exemption_valid_until": "school_exemption_valid_until",
    },
    hh.Insurance: {
        "resident": "med_resident",
        "employee": "med_employee",
        "serious_illness": "med_serious",
        "commercial": "med_commercial",
        "accident_subsidy": "accident_ins",
        "medical_aid": "med_aid",
        "other_health_aid": "health_aid",
        "exemption": "med_exemption",
    },
    hh.Membership: {"joined_reason": "change_in", "left_reason": "change_out"},
}
_YEARLY = {
    hh.IncomeYear: "incomes",
    hh.IndustryLink: "industries",
    hh.Insurance: "insurances",
    hh.StudentAid: "student_aids",
}


class NotAllowed(Exception):
    """The person may not export unmasked data."""


def visible(user: User, area: Area | None) -> Any:
    """Households the person may export unmasked. Raises NotAllowed without both rights."""
    if not (user.has_perm(Permission.EXPORT) and user.has_perm(Permission.UNMASK)):
        raise NotAllowed
    homes = Household.objects.for_user(user, permission=Permission.EXPORT)
    homes = homes.for_user(user, permission=Permission.UNMASK)
    return (homes.in_area(area) if area else homes).order_by("village_id", "code")


def records(homes: Any, on: date) -> Iterator[dict[str, Any]]:
    """One record per household that lived in the register on the date; a dozen queries per 500."""
    known_at = datetime.combine(on + timedelta(days=1), time.min, tzinfo=SHANGHAI)
    for chunk in _chunks(homes.values_list("pk", "code")):
        yield from _records(dict(chunk), on, known_at)


def _chunks(rows: Any) -> Iterator[list[tuple[int, str]]]:
    found = rows.iterator(chunk_size=BATCH)
    while chunk := list(islice(found, BATCH)):
        yield chunk


def _records(codes: dict[int, str], on: date, known_at: datetime) -> Iterator[dict[str, Any]]:
    def held(theme: Any) -> Any:
        return (
            theme._default_manager.as_of(on, known_at).filter(household_id__in=codes).order_by("pk")
        )

    homes: dict[int, dict[str, Any]] = {}
    for residence in held(hh.Residence):
        homes[residence.household_id] = {
            "hh_code": codes[residence.household_id],
            "village_code": str(residence.village_id),
            "head": "",
            "incomes": [],
            "industries": [],
            "members": [],
        }
    for theme in hh.HOUSEHOLD_THEMES:
        for row in held(theme):
            if row.household_id in homes:
                _put(homes[row.household_id], row)
    members = _members(held, homes)
    for theme in hh.MEMBER_THEMES:
        for row in held(theme):
            if row.member_id in members and theme is not hh.Membership:
                _put(members[row.member_id], row)
    yield from (homes[pk] for pk in codes if pk in homes)


def _members(held: Any, homes: dict[int, dict[str, Any]]) -> dict[int, dict[str, Any]]:
    """Members in their households on the date, by key, the head first."""
    members: dict[int, dict[str, Any]] = {}
    by_home: dict[int, list[dict[str, Any]]] = defaultdict(list)
    for row in held(hh.Membership).filter(is_member=True).select_related("member"):
        if row.household_id not in homes:
            continue
        person = row.member
        record = {
            "person_code": person.code,
            "name": person.name,
            "sex": person.sex,
            "id_type": person.id_type,
            "id_no": person.id_number,
            "birth_date": _plain(person.birth_date),
            "ethnic": person.ethnic,
            "insurances": [],
            "student_aids": [],
        }
        _put(record, row)
        members[row.member_id] = record
        by_home[row.household_id].append(record)
    for pk, people in by_home.items():
        people.sort(key=lambda record: (record["relation"] != "HEAD", record["person_code"]))
        homes[pk]["members"] = people
        homes[pk]["head"] = people[0]["name"] if people[0]["relation"] == "HEAD" else ""
    return members


def _put(record: dict[str, Any], row: Any) -> None:
    """The version's values into the record; yearly themes as a list by year."""
    theme = type(row)
    names = _NAMES.get(theme, {})
    values = {
        names.get(name, name): _plain(value)
        for name, value in row.values().items()
        if name != "is_member"
    }
    if theme in _YEARLY:
        record[_YEARLY[theme]].append({"year": row.year, **values})
        record[_YEARLY[theme]].sort(key=lambda item: item["year"])
    else:
        record.update(values)


def _plain(value: Any) -> Any:
    """Unknown is null; codes, dates and amounts are text."""
    if value is None or value == "":
        return None
    return value if isinstance(value, (bool, int, list)) else str(value)
