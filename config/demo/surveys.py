"""The village form of Gu'yang's villages: invented counts that fit each other."""

from __future__ import annotations

import random
from datetime import date
from typing import Any

from accounts.enums import Level
from accounts.models import Area, User
from config.demo.accounts import GUYANG
from config.demo.names import full_name, surname
from config.demo.registers import SYNTHETIC
from config.demo.year import moment
from core.facts import FactRow, Provenance, Source
from villages.enums import Affiliation, Terrain
from villages.models import (
    VillagePopulation,
    VillageProfile,
    VillageStatistics,
    VillageTeam,
)
from villages.services import record_facts_of_villages

YEAR = 2018
LEARNT = date(2019, 1, 15)
UNITS = (
    ("固阳县水务局", Affiliation.COUNTY),
    ("固阳县农牧局", Affiliation.COUNTY),
    ("包头市住建局", Affiliation.CITY),
    ("固阳县教育局", Affiliation.COUNTY),
)
WAYS = ("马铃薯种植", "肉羊养殖", "燕麦订单种植", "光伏发电", "文旅融合")
# Share of households or of persons for each count of the yearly table.
OF_HOUSEHOLDS = {
    "dibao_households": 0.09, "tekun_households": 0.02, "unsafe_water_households": 0.03,
    "water_difficult_households": 0.02, "dangerous_house_households": 0.02, "tourism_households": 0.01,
    "broadband_households": 0.62, "mobile_internet_households": 0.74,
}  # fmt: skip
OF_PERSONS = {
    "dibao_persons": 0.08, "tekun_persons": 0.01, "minority_persons": 0.06, "women": 0.48,
    "disabled_persons": 0.05, "labourers": 0.53, "workers_away": 0.31, "insured_persons": 0.96,
    "resident_pension_persons": 0.58, "employee_pension_persons": 0.04,
}  # fmt: skip
OF_LAND = {  # mu for each person
    "cultivated_mu": 5.4, "irrigated_mu": 1.1, "forest_mu": 2.3, "returned_mu": 0.9, "pasture_mu": 9.5,
    "water_mu": 0.05, "fruit_mu": 0.02,
}  # fmt: skip


def fill_village_forms() -> int:
    """The form of 2018 for every village of the county that has a base population; changed versions."""
    county = Area.objects.get(pk=GUYANG, level=Level.COUNTY)
    bases = VillagePopulation.objects.latest_known().in_area(county).order_by("village_id")
    people = {row.village_id: row.rural_population_end_2014 or 0 for row in bases}
    facts: Any = {VillageProfile: [], VillageTeam: [], VillageStatistics: []}
    for village, persons in people.items():
        rng = random.Random(f"survey:{village}")
        subject = {"village_id": village}
        facts[VillageProfile].append(FactRow(subject=subject, context={}, values=_profile(rng)))
        facts[VillageTeam].append(FactRow(subject=subject, context={}, values=_team(rng, village)))
        facts[VillageStatistics].append(
            FactRow(subject={**subject, "year": YEAR}, context={}, values=_statistics(rng, persons))
        )
    told = Provenance(
        valid_from=date(YEAR, 12, 31),
        at=moment(LEARNT),
        by=User.objects.get(username="by_county"),
        source=Source.OFFICE,
        source_ref=SYNTHETIC,
    )
    return record_facts_of_villages(facts=facts, told=told)


def _profile(rng: random.Random) -> dict[str, Any]:
    return {
        "terrain": rng.choice((Terrain.HILL, Terrain.HILL, Terrain.MOUNTAIN, Terrain.PLATEAU)),
        "development": rng.choice(WAYS),
        "head_name": _official(rng),
        "head_post": "村党支部书记、村委会主任",
    }


def _team(rng: random.Random, village: int) -> dict[str, Any]:
    unit, affiliation = UNITS[village % len(UNITS)]
    return {
        "helping_unit": unit,
        "unit_affiliation": affiliation,
        "unit_contact": _official(rng),
        "team_leader": _official(rng),
        "first_secretary": _official(rng),
        "team_members": "、".join(_official(rng) for _ in range(2)),
    }


def _official(rng: random.Random) -> str:
    return full_name(rng, rng.choice(("MALE", "FEMALE")), 45, "汉族", surname(rng))


def _statistics(rng: random.Random, persons: int) -> dict[str, Any]:
    households, hamlets = max(1, round(persons / 2.3)), rng.randint(4, 9)
    counts = {name: round(households * share) for name, share in OF_HOUSEHOLDS.items()}
    counts |= {name: round(persons * share) for name, share in OF_PERSONS.items()}
    land = {name: round(persons * share, 2) for name, share in OF_LAND.items()}
    return {
        **counts, **land, "households": households, "population": persons, "hamlets": hamlets,
        "powered_hamlets": hamlets, "party_members": rng.randint(18, 46), "graduate_officials": 0,
        "cooperatives": rng.randint(1, 6), "tourism_workers": rng.randint(0, 9), "farm_stays": 0,
        "clinics": 1, "public_toilets": rng.randint(1, 5), "doctors": 1, "refuse_points": rng.randint(2, 9),
        "culture_rooms": 1, "broadband_schools": 0, "information_officers": 1,
        "income_per_person_yuan": rng.randint(9200, 14800), "has_bus": True, "paved_to_township": True,
    }  # fmt: skip
