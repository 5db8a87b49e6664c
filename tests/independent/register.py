"""A random register that is as untidy as a real one: unknowns everywhere, values at every border and
just beside it, papers that expired, corrections, things learnt late, moves, joins and leaves.

The same rows are handed to the database and, as plain dictionaries, to the checker. `pivot` is the
date that borders are drawn around.
"""

import csv
import io
import random
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from django.db import connection

from accounts.enums import Level
from accounts.models import Area
from households import enums
from households.codelists import code_list
from households.models import HOUSEHOLD_THEMES, MEMBER_THEMES, Household, Member
from villages.models import VILLAGE_THEMES, Village

Values = dict[str, Any]
Draw = Callable[[random.Random, "Hand"], Values]
THEMES = {theme.__name__: theme for theme in (*HOUSEHOLD_THEMES, *MEMBER_THEMES, *VILLAGE_THEMES)}
FIRST, LAST = date(2014, 1, 1), date(2021, 1, 31)
YEARS = (2017, 2018, 2019, 2020)
# 固阳 (two townships), 土默特右旗, 融安泗顶 and another township, 开州, 延安, 凌源, 长沙
TOWNSHIPS = (
    150222105, 150222100, 150221100, 450224102, 450224103, 500154100, 610602101, 211381100, 430181100,
)  # fmt: skip
Z = Decimal(0)


def midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)


END = midnight(LAST) + timedelta(days=200)


@dataclass
class Hand:
    """How one household's rows are drawn: how often nothing is known, around which date.

    `heads`: of how many persons, so that what is counted per head comes close to its borders.
    """

    rng: random.Random
    pivot: date
    blank: float
    heads: int = 1

    def maybe(self, draw: Callable[[], Any]) -> Any:
        """A value, or nothing."""
        return None if self.rng.random() < self.blank else draw()

    def flag(self, yes: float = 0.5) -> bool | None:
        return None if self.rng.random() < self.blank else self.rng.random() < yes

    def of(self, *among: Any) -> Any:
        return self.maybe(lambda: self.rng.choice(among))

    def text(self, *among: str) -> str:
        return self.of(*among) or ""

    def number(self, *among: Any) -> Decimal | None:
        found = self.of(*among)
        return None if found is None else Decimal(str(found))

    def day(self) -> date | None:
        """A date at or beside the borders of rules that ask since when, or within how many days."""
        rng, pivot = self.rng, self.pivot
        year = pivot.year
        among = (
            *(pivot + timedelta(days=d) for d in (-400, -90, -32, -31, -30, -1, 0, 0, 1, 30)),
            date(year, 1, 1), date(year - 1, 12, 31), date(year, 7, 31), date(year, 8, 1), date(2019, 7, 31),
            date(2019, 8, 1), date(2019, 1, 1), date(2018, 12, 31), date(2016, 5, 5),
        )  # fmt: skip
        return self.maybe(lambda: rng.choice(among))

    def around(self) -> int:
        return max(1, self.heads + self.rng.choice([0, 0, 0, -1, 1]))

    def paper(self, name: str) -> str:
        return self.text(f"{name}2019-{self.rng.randint(1, 99)}号")


# --- what each theme may say ------------------------------------------------------------------------


def residence(rng: random.Random, h: Hand) -> Values:
    return {
        "hamlet": "",
        "away_all_year": h.flag(0.3),
        "has_registered_dwelling": h.flag(0.7),
    }


def household_status(rng: random.Random, h: Hand) -> Values:
    usual = rng.random() < 0.75
    among = (
        ["LIFTED_POLICY", "NOT_LIFTED", "PRE_LIFTED", "RETURNED"]
        if usual
        else list(enums.Status.values)
    )
    return {
        "status": "" if rng.random() < 0.06 else rng.choice(among),
        "exit_year": h.of(2017, 2018),
    }


def food(rng: random.Random, h: Hand) -> Values:
    return {"enough_food": h.flag(0.9), "enough_clothing": h.flag(0.9)}


def housing(rng: random.Random, h: Hand) -> Values:
    persons = h.around()
    area = rng.choice(
        [persons * 13, persons * 18, persons * 25, 60, 80, 72, 90, 100, 50, rng.randint(5, 180)]
    ) + rng.choice([Z, Z, Decimal("0.01"), Decimal("-0.01")])
    return {
        "grade": rng.choice(["", "", "A", "B", "C", "D", "D"]),
        "certificate_no": h.paper("住鉴"),
        "appraised_on": h.day(),
        "dangerous_reported": h.flag(0.3),
        "solution": rng.choice(
            ["", "", *enums.DwellingSolution.values, "RENOVATION", "OTHER_SAFE"]
        ),
        "accepted_on": h.day(),
        "key_delivered_on": h.day(),
        "moved_in_on": h.day(),
        "safe_dwelling_proof": h.paper("居住证明"),
        "area_m2": h.number(area),
        "renovation_year": h.of(2018, 2019),
    }


def water(rng: random.Random, h: Hand) -> Values:
    if rng.random() < 0.25:  # nothing but what was reported, or one answer beside it
        alone: Values = {"safe_reported": h.flag(), "certificate_no": h.paper("水验")}
        if rng.random() < 0.3:
            alone |= rng.choice(
                [{"mode": "WELL"}, {"height_metres": 10}, {"fetch_minutes": 30}, {"quality": "MET"}]
            )
        return alone
    return {
        "mode": rng.choice(["", "PIPED", "PIPED", *enums.WaterMode.values]),
        "litres_per_person_day": h.number("19.9", 20, "34.9", 35, "39.9", 40, "59.9", 60, 80),
        "quality": h.text("MET", "MET", "BASICALLY_MET", "NOT_MET"),
        "fetch_minutes": h.of(5, 10, 11, 20, 21),
        "distance_metres": h.of(100, 400, 401, 800, 801),
        "height_metres": h.of(5, 40, 41, 80, 81),
        "short_days_per_year": h.of(0, 18, 19, 36, 37),
        "certificate_no": h.paper("水验"),
        "accepted_on": h.day(),
        "difficult_reported": h.flag(),
        "safe_reported": h.flag(),
    }


def power(rng: random.Random, h: Hand) -> Values:
    return {
        "source_kind": rng.choice(["", *enums.PowerSource.values]),
        "is_stable": h.flag(),
        "connected_reported": h.flag(),
        "production_connected": h.flag(),
    }


def income_year(rng: random.Random, h: Hand) -> Values:
    persons = rng.randint(1, 5)
    line = rng.choice([2952, 2995, 3218, 3500, 3600, 4000, rng.randint(0, 9000)])
    near = Decimal(line) + rng.choice([Z, Z, Decimal("0.01"), Decimal("-0.01"), Decimal(1)])
    if rng.random() < 0.25:
        return {"net_per_person_reported_yuan": h.number(near), "persons_in_year": h.of(persons)}
    expense = Decimal(rng.choice([0, 0, 500]))
    transfer = Decimal(rng.choice([0, 480, 1000]))
    other = Decimal(rng.choice([0, 120]))
    wage = near * persons + expense - transfer - other
    missing = h.blank / 4
    told: Values = {
        "wage_yuan": wage + rng.choice([Z, Decimal("0.01"), Decimal("-0.01")]),
        "operating_yuan": other,
        "property_yuan": Z,
        "transfer_yuan": transfer,
        "operating_expense_yuan": expense,
        "persons_in_year": persons,
        "pension_yuan": h.number(0, 300),
        "dibao_yuan": h.number(0, 180),
        "net_per_person_reported_yuan": h.number(near),
    }
    return {k: None if rng.random() < missing else v for k, v in told.items()}


def living(rng: random.Random, h: Hand) -> Values:
    n = h.around()
    return {
        "cultivated_mu": h.number(0, n, f"{n - 1}.99"),
        "fruit_mu": h.number(0, n * 1.5, n * 1.5 + 0.01),
        "forest_mu": h.number(0, n * 5, f"{n * 5 - 1}.99"),
        "in_cooperative": h.flag(0.3),
        "by_enterprise": h.flag(0.3),
        "by_leader": h.flag(0.3),
        "broadcast": h.flag(0.8),
        "road_type": h.text(*(code for code, _ in code_list("road_type").choices)),
    }


def relocation(rng: random.Random, h: Hand) -> Values:
    return {
        "is_relocated": h.flag(0.6),
        "resettlement_way": h.text("CONCENTRATED", "SCATTERED"),
        "debt_yuan": h.number(0, 10000, "10000.01", "9999.99", 30000),
        "old_house_removed": h.flag(),
    }


def industry_link(rng: random.Random, h: Hand) -> Values:
    kinds = [code for code, _ in code_list("industry_link").choices]
    count = rng.choice([0, 0, 1, 1, 1, 2])
    return {
        "kinds": ["OTHER"] if rng.random() < 0.12 else rng.sample(kinds, count),
        "income_yuan": h.number(0, 0, 500, 2000, "1999.99"),
        "photovoltaic_yuan": h.number(0, 100, 3000, "2999.99"),
    }


def monitoring(rng: random.Random, h: Hand) -> Values:
    kind = rng.choice(["", *enums.MonitorType.values])
    return {"monitor_type": kind, "risk_removed": h.flag() if kind else None}


def membership(rng: random.Random, h: Hand) -> Values:
    return {"relation": rng.choice(enums.Relation.values), "is_member": True}


def member_profile(rng: random.Random, h: Hand) -> Values:
    return {
        "education": h.text(*enums.Education.values),
        "health": rng.choice(
            [[], [], ["HEALTHY"], ["CHRONIC"], ["DISABLED"], ["CHRONIC", "DISABLED"]]
        ),
        "disability_grade": rng.choice(["", "", "", "1", "2", "3", "4"]),
        "labour_capacity": h.text(*enums.LabourCapacity.values, "ORDINARY"),
        "in_army": rng.choice([None, False, False, True]),
    }


def schooling(rng: random.Random, h: Hand) -> Values:
    paper = rng.random() < 0.4
    return {
        "student_status": h.text(
            *enums.StudentStatus.values, "PRIMARY", "HOME_TEACHING", "HOME_TEACHING"
        ),
        "dropout_reason": "",
        "home_taught_on": h.day(),
        "exemption": rng.choice(enums.SchoolExemption.values) if paper else "",
        "exemption_document": "" if rng.random() < 0.15 else "固教〔2019〕7号",
        "exemption_authority": "" if rng.random() < 0.15 else "县教育局",
        "exemption_valid_until": h.day(),
    }


def insurance(rng: random.Random, h: Hand) -> Values:
    return {
        "resident": h.flag(0.7),
        "employee": h.flag(0.15),
        "serious_illness": h.flag(0.7),
        "family_doctor": h.flag(0.7),
        "exemption": rng.choice(["", "", "", "", "", *enums.InsuranceExemption.values]),
    }


def employment(rng: random.Random, h: Hand) -> Values:
    posts = [code for code, _ in code_list("public_post").choices]
    return {
        "work_area": h.text(*(code for code, _ in code_list("work_area").choices), "OUTSIDE"),
        "work_months": h.of(0, 1, 5, 6, 6, 12),
        "works_abroad": h.flag(0.1),
        "channel": h.text(*(code for code, _ in code_list("job_channel").choices), "ORGANISED"),
        "public_post": rng.choice(["", "", "", "RANGER", *posts]),
        "post_months": h.of(3, 12),
        "training_wanted": h.flag(),
        "trained_on": h.day(),
    }


def pension(rng: random.Random, h: Hand) -> Values:
    return {
        "resident": h.flag(0.7),
        "employee": h.flag(0.15),
        "receiving": h.flag(0.4),
        "paid_by_government": h.flag(),
    }


def assistance(rng: random.Random, h: Hand) -> Values:
    return {
        "dibao": h.flag(0.3),
        "dibao_class": h.text("A", "B", "C"),
        "tekun": h.flag(0.15),
        "living_subsidy": h.flag(),
        "care_subsidy": h.flag(),
    }


def student_aid(rng: random.Random, h: Hand) -> Values:
    return {"entitled": h.flag(), "paid": h.flag(), "amount_yuan": h.number(500)}


def listing(rng: random.Random, h: Hand) -> Values:
    return {"is_poor_village": h.flag(0.8), "out_year": rng.choice([None, None, None, 2018])}


def population(rng: random.Random, h: Hand) -> Values:
    return {
        "rural_population_end_2014": rng.choice([None, 0, 100, 500, 1000, 3000, 3000, 9000, 9000])
    }


def village_power(rng: random.Random, h: Hand) -> Values:
    return {
        "three_phase_power": h.flag(),
        "off_grid": h.flag(0.3),
        "off_grid_document": h.paper("固供电"),
    }


def clinic(rng: random.Random, h: Hand) -> Values:
    return {
        "has_clinic": h.flag(0.8),
        "clinic_area_m2": h.number(60, "59.99", 80),
        "has_qualified_doctor": h.flag(0.8),
        "served_by_mobile": h.flag(0.3),
    }


def collective(rng: random.Random, h: Hand) -> Values:
    among = (0, "0.01", 19999.99, 20000, 29999.99, 30000, 39999.99, 40000, 50000)
    return {"income_yuan": h.number(*among)}


def statistics(rng: random.Random, h: Hand) -> Values:
    return {
        "population": h.of(799, 800, 1200),
        "cooperatives": h.of(0, 1, 2),
        "paved_to_township": h.flag(),
    }


OF_HOUSEHOLD: dict[str, tuple[Draw, bool]] = {
    "HouseholdStatus": (household_status, False),
    "FoodClothing": (food, False),
    "Housing": (housing, False),
    "Water": (water, False),
    "HouseholdPower": (power, False),
    "IncomeYear": (income_year, True),
    "LivingConditions": (living, False),
    "Relocation": (relocation, False),
    "IndustryLink": (industry_link, True),
    "Monitoring": (monitoring, False),
}
OF_MEMBER: dict[str, tuple[Draw, bool]] = {
    "MemberProfile": (member_profile, False),
    "Schooling": (schooling, False),
    "Insurance": (insurance, True),
    "Employment": (employment, False),
    "Pension": (pension, False),
    "SocialAssistance": (assistance, False),
    "StudentAid": (student_aid, True),
}
OF_VILLAGE: dict[str, tuple[Draw, bool]] = {
    "VillageListing": (listing, False),
    "VillagePopulation": (population, False),
    "VillagePower": (village_power, False),
    "VillageClinic": (clinic, False),
    "CollectiveIncome": (collective, True),
    "VillageStatistics": (statistics, True),
}

# --- histories -------------------------------------------------------------------------------------


@dataclass
class Stay:
    """Where a subject's rows lie from a day on, and when that became known."""

    since: date
    at: datetime
    keys: dict[str, int]


def version(
    keys: Mapping[str, Any], values: Values, since: date, at: datetime, until: date | None = None
) -> dict[str, Any]:
    return {
        **keys, **values, "valid_from": since, "valid_to": until, "recorded_at": at,
        "closed_at": at if until else None, "superseded_at": None, "source": "OFFICE",
    }  # fmt: skip


def history(
    draw: Draw,
    hand: Hand,
    stays: Sequence[Stay],
    blank: float,
    extra: Mapping[str, Any],
    *,
    always: bool = False,
) -> list[dict[str, Any]]:
    """The versions of one theme: begun, changed, corrected, ended, and carried along by every move.

    `always`: there from the first day of the first stay, and never without.
    """
    rng = hand.rng
    rows: list[dict[str, Any]] = []
    current: dict[str, Any] | None = None
    values: Values = {}
    for stay, following in zip(stays, [*stays[1:], None], strict=True):
        until, until_at = (following.since, following.at) if following else (LAST, END)
        keys = {**stay.keys, **extra}
        clock = stay.at

        def tick(day: date, low: datetime, high: datetime) -> datetime:
            """When it was learnt: soon, or a good deal later, but not before what we knew last."""
            late = timedelta(days=rng.choice([0, 1, 20, 20, 90, 400]), hours=rng.randint(1, 20))
            return max(low, min(midnight(day) + late, high - timedelta(minutes=1)))

        if current is not None:
            current["valid_to"], current["closed_at"] = stay.since, stay.at
            current = version(keys, values, stay.since, stay.at)
            rows.append(current)
        elif always or rng.random() >= blank:
            begun = max(stay.since, _some_day(rng, hand.pivot, until))
            begun = stay.since if always else begun
            if begun < until:
                clock = stay.at if always else tick(begun, clock, until_at)
                values = draw(rng, hand)
                current = version(keys, values, begun, clock)
                rows.append(current)
        for act in rng.choices(("nothing", "change", "correct", "end"), (70, 20, 8, 2), k=2):
            if current is None or act == "nothing" or (always and act == "end"):
                continue
            begun = current["valid_from"]
            at = tick(begun, clock, until_at) + timedelta(seconds=rng.randint(0, 50))
            if act == "correct":
                current["superseded_at"] = clock = at
                values = draw(rng, hand)
                current = version(keys, values, begun, at)
                rows.append(current)
                continue
            day = _some_day(rng, hand.pivot, until)
            if not begun < day < until:
                continue
            clock = tick(day, clock, until_at)
            current["valid_to"], current["closed_at"] = day, clock
            earlier, current = current, None
            if act == "change":
                values = draw(rng, hand)
                current = version(keys, values, day, clock)
                rows.append(current)
            if rng.random() < 0.15:  # what was true before is put right afterwards
                clock = tick(day, clock, until_at)
                earlier["superseded_at"] = clock
                rows.append(version(keys, draw(rng, hand), earlier["valid_from"], clock, day))
    return rows


def _some_day(rng: random.Random, pivot: date, until: date) -> date:
    among = (
        FIRST, FIRST, FIRST, FIRST, FIRST, FIRST, date(2018, 1, 1), date(2019, 3, 1), pivot - timedelta(days=1), pivot,
        pivot + timedelta(days=1), FIRST + timedelta(days=rng.randint(0, 2400)),
    )  # fmt: skip
    return min(rng.choice(among), until)


# --- the register ----------------------------------------------------------------------------------


def birth(rng: random.Random, pivot: date) -> date | None:
    """Around the ages that rules ask for and the last day of August, and anything else."""
    kind = rng.random()
    if kind < 0.07:
        return None
    if kind < 0.4:
        years = rng.choice([6, 6, 7, 15, 16, 16, 60, 60])
        return _years_before(pivot, years) + timedelta(days=rng.choice([-1, 0, 1]))
    if kind < 0.5:
        return date(pivot.year - rng.choice([5, 6, 7]), 8, 31) + timedelta(days=rng.choice([0, 1]))
    if kind < 0.55:
        return rng.choice([date(2012, 2, 29), date(2004, 2, 29), date(1960, 2, 29)])
    if kind < 0.6:
        return pivot - timedelta(days=rng.choice([0, 30, 89, 90, 91]))
    return date(1935, 1, 1) + timedelta(days=rng.randint(0, 30000))


def _years_before(day: date, years: int) -> date:
    with suppress(ValueError):
        return day.replace(year=day.year - years)
    return date(day.year - years, 3, 1)


def make_villages(count: int) -> list[int]:
    """Villages of several provinces, with the areas above them."""
    codes = [TOWNSHIPS[n % len(TOWNSHIPS)] * 1000 + 200 + n // len(TOWNSHIPS) for n in range(count)]
    steps = (
        (Level.PROVINCE, 10**10), (Level.CITY, 10**8), (Level.COUNTY, 10**6), (Level.TOWNSHIP, 10**3),
        (Level.VILLAGE, 1),
    )  # fmt: skip
    for n, (level, step) in enumerate(steps):
        areas = {code - code % step for code in codes}
        above = steps[n - 1][1] if n else None
        Area.objects.bulk_create(
            [
                Area(
                    code=code,
                    name=f"{level.label}{code // step % 1000}",
                    level=level,
                    parent_id=code - code % above if above else None,
                )
                for code in sorted(areas)
            ],
            ignore_conflicts=True,
        )
    Village.objects.bulk_create([Village(area_id=code) for code in codes], ignore_conflicts=True)
    return codes


def make_register(seed: int, households: int, pivot: date, villages: int = 9) -> dict[str, Any]:
    """Write the register; return it as the checker reads it."""
    rng = random.Random(seed)
    codes = make_villages(villages)
    register: dict[str, Any] = {"villages": {}, "households": {}, "members": {}}
    for code in codes:
        stay = Stay(FIRST, midnight(FIRST), {"village_id": code})
        hand = Hand(rng, pivot, rng.choice([0.02, 0.1, 0.3]))
        register["villages"][code] = _versions(OF_VILLAGE, hand, [stay], {})

    homes = Household.objects.bulk_create(
        Household(village_id=rng.choice(codes), code=f"I{n:09d}", head_name=f"户主{n}")
        for n in range(households)
    )
    stays = {home.pk: _stays(rng, codes, home, pivot) for home in homes}
    people = Member.objects.bulk_create(
        Member(
            household=home, village_id=home.village_id, code=f"I{home.code}{n}", name=f"成员{n}",
            birth_date=birth(rng, pivot),
        )
        for home in homes
        for n in range(rng.choice([0, 1, 1, 2, 3, 3, 4, 5, 6] if rng.random() < 0.3 else [1, 2, 3, 4]))
    )  # fmt: skip
    heads = Counter(one.household_id for one in people)
    hands = {
        home.pk: Hand(rng, pivot, rng.choice([0.0, 0.03, 0.1, 0.3]), heads[home.pk])
        for home in homes
    }
    for home in homes:
        hand = hands[home.pk]
        versions = _versions(OF_HOUSEHOLD, hand, stays[home.pk], {})
        versions["Residence"] = history(residence, hand, stays[home.pk], 0, {}, always=True)
        register["households"][home.pk] = versions
    for one in people:
        hand = hands[one.household_id]
        where = _moves(rng, stays, one, [home.pk for home in homes])
        versions = _versions(OF_MEMBER, hand, where, {})
        belongs = history(membership, hand, where, 0.02, {"member_id": one.pk})
        for row in belongs:  # some of what followed was that they left
            row["is_member"] = row["valid_from"] == FIRST or rng.random() < 0.7
        versions["Membership"] = belongs
        register["members"][one.pk] = (one.birth_date, versions)
    _write(register)
    return register


def _versions(
    themes: Mapping[str, tuple[Draw, bool]], hand: Hand, stays: Sequence[Stay], extra: Values
) -> dict[str, list[dict[str, Any]]]:
    told: dict[str, list[dict[str, Any]]] = {}
    for name, (draw, by_year) in themes.items():
        rows = told[name] = []
        for year in YEARS if by_year else (None,):
            blank = hand.blank * (0.7 if year else 0.4) + 0.01
            rows += history(draw, hand, stays, blank, {"year": year} if year else extra)
    return told


def _stays(rng: random.Random, codes: Sequence[int], home: Household, pivot: date) -> list[Stay]:
    """Where a household lives; one in ten came late, one in ten moves to another village."""
    keys = {"household_id": home.pk, "village_id": home.village_id}
    if rng.random() < 0.1:
        begun = pivot + timedelta(days=rng.choice([-300, -1, 0, 1]))
        return [Stay(begun, midnight(begun) + timedelta(days=rng.choice([0, 40])), keys)]
    found = [Stay(FIRST, midnight(FIRST), keys)]
    if rng.random() < 0.1:
        day = date(2018, 1, 1) + timedelta(days=rng.randint(0, 1000))
        at = midnight(day) + timedelta(days=rng.choice([0, 30, 200]))
        found.append(Stay(day, at, {**keys, "village_id": rng.choice(codes)}))
    return found


def _moves(
    rng: random.Random, stays: Mapping[int, list[Stay]], one: Member, homes: Sequence[int]
) -> list[Stay]:
    """Along with the household, and in one case of twenty into another one."""
    keys = {"member_id": one.pk}
    own = stays[one.household_id]
    found = [Stay(stay.since, stay.at, {**stay.keys, **keys}) for stay in own]
    other = stays[rng.choice(homes)]
    standing = all(len(stay) == 1 and stay[0].since == FIRST for stay in (own, other))
    if rng.random() < 0.05 and standing and other is not own:
        day = date(2018, 1, 1) + timedelta(days=rng.randint(0, 1000))
        at = midnight(day) + timedelta(days=rng.choice([0, 30, 200]))
        found.append(Stay(day, at, {**other[0].keys, **keys}))
    return found


def _write(register: Mapping[str, Any]) -> None:
    """Everything told, theme by theme, streamed."""
    for name in (*OF_HOUSEHOLD, "Residence", *OF_MEMBER, "Membership", *OF_VILLAGE):
        _copy(THEMES[name], _rows_of(register, name))


def _rows_of(register: Mapping[str, Any], name: str) -> Iterator[dict[str, Any]]:
    for kept in (register["villages"].values(), register["households"].values()):
        for versions in kept:
            yield from versions.get(name, ())
    for _, versions in register["members"].values():
        yield from versions.get(name, ())


def _copy(theme: Any, rows: Iterator[dict[str, Any]]) -> None:
    columns = [f for f in theme._meta.concrete_fields if not f.primary_key]
    empty = {f.attname: f.get_db_prep_save(f.get_default(), connection) for f in columns}
    names = ", ".join(f'"{f.column}"' for f in columns)
    lines = io.StringIO()
    writer = csv.writer(lines)
    for row in rows:
        writer.writerow([_cell(row.get(f.attname, empty[f.attname])) for f in columns])
    lines.seek(0)
    with connection.cursor() as cursor:
        head = f"COPY {theme._meta.db_table} ({names}) FROM STDIN WITH (FORMAT csv, NULL '~')"
        cursor.copy_expert(head, lines)


def _cell(value: Any) -> Any:
    if value is None:
        return "~"
    return "{" + ",".join(value) + "}" if isinstance(value, list) else value
