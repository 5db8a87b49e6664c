"""A second reading of every indicator, in plain Python, one household at a time.

Written from the domain notes (§0.2, §0.3, §2 and §2.20) and the wording of each standard. It shares
no code with the engine: its own choice of versions, its own ages and years, its own three-valued
logic (True, False, None for unknown) and its own reading of the files of standards. What it is given
are plain dictionaries; it asks no database.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, NamedTuple

import yaml

OUT, MET, NOT_MET, UNKNOWN, EXEMPT = "OUT", "MET", "NOT_MET", "UNKNOWN", "EXEMPT"
MET_REPORTED, NOT_MET_REPORTED = "MET_REPORTED", "NOT_MET_REPORTED"
INSUFFICIENT_DATA, NOT_APPLICABLE = "INSUFFICIENT_DATA", "NOT_APPLICABLE"

Truth = bool | None
Row = Mapping[str, Any]

# --- three-valued logic (§0.2.1) -------------------------------------------------------------------


def both(*parts: Truth) -> Truth:
    if any(part is False for part in parts):
        return False
    return None if any(part is None for part in parts) else True


def either(*parts: Truth) -> Truth:
    if any(part is True for part in parts):
        return True
    return None if any(part is None for part in parts) else False


def no(part: Truth) -> Truth:
    return None if part is None else not part


def at_least(value: Any, floor: Any) -> Truth:
    return None if value is None or floor is None else value >= floor


def times(one: Any, other: Any) -> Any:
    return None if one is None or other is None else one * other


def at_most(value: Any, cap: Any) -> Truth:
    return None if value is None or cap is None else value <= cap


def one_of(value: Any, *among: str) -> Truth:
    return None if value is None else value in among


def happened(day: date | None, on: date) -> bool:
    """The absence of an event means that it has not happened (design §3.3)."""
    return day is not None and day <= on


# --- standards: the files themselves ---------------------------------------------------------------


class Standards:
    """The reviewed files; the longest region among the rows valid on the day (§0.2.5)."""

    def __init__(self, folder: Path) -> None:
        self.entries: dict[str, dict[str, Any]] = {}
        for path in sorted(folder.glob("*.yaml")):
            if path.name != "documents.yaml":
                for entry in yaml.safe_load(path.read_text(encoding="utf-8")):
                    self.entries[entry["code"]] = entry

    def value(self, code: str, village: int, day: date) -> Any:
        """None where no row is valid; by-year standards are asked with a day of that year."""
        entry = self.entries[code]
        best: dict[str, Any] | None = None
        for row in entry["values"]:
            if not str(village).startswith(row["region"]):
                continue
            valid = row["valid_from"] <= day and (row["valid_to"] is None or day < row["valid_to"])
            if valid and (best is None or len(row["region"]) > len(best["region"])):
                best = row
        return None if best is None else _read(entry.get("kind", "NUMBER"), best["value"])


def _read(kind: str, text: str) -> Any:
    if kind == "NUMBER":
        return Decimal(text)
    if kind == "FLAG":
        return text == "1"
    if kind == "DAY":
        month, day = text.split("-")
        return int(month), int(day)
    if kind == "LIST":
        return text.split(",")
    return text


@dataclass
class Place:
    """The standards of one village on one date, and the years that are judged there."""

    standards: Standards
    village: int
    on: date
    seen: dict[tuple[str, int | None], Any] = field(default_factory=dict)

    def standard(self, code: str, year: int | None = None) -> Any:
        key = (code, year)
        if key not in self.seen:
            day = self.on if year is None else date(year, 1, 1)
            self.seen[key] = self.standards.value(code, self.village, day)
        return self.seen[key]

    @property
    def judged_year(self) -> int:
        """The last complete year until 12-30, the current one from 12-31 (§2.20, COL-01)."""
        month, day = self.standard("year_turns_on")
        turned = (self.on.month, self.on.day) >= (month, day)
        return self.on.year if turned else self.on.year - 1

    @property
    def school_year(self) -> int:
        return self.on.year if self.on.month >= 9 else self.on.year - 1


# --- what was true on a day, as known now or at a moment (design §3.2) -------------------------------


def held(versions: Iterable[Row], on: date, known_at: datetime | None) -> Row | None:
    found = [row for row in versions if _holds(row, on, known_at)]
    assert len(found) < 2, f"two versions hold on {on}: {found}"
    return found[0] if found else None


def _holds(row: Row, on: date, known_at: datetime | None) -> bool:
    ends: date | None = row["valid_to"]
    gone: datetime | None = row["superseded_at"]
    if known_at is not None:
        if row["recorded_at"] > known_at:
            return False
        if ends is not None and row["closed_at"] > known_at:
            ends = None
        if gone is not None and gone > known_at:
            gone = None
    return gone is None and row["valid_from"] <= on and (ends is None or on < ends)


class Facts(dict[str, Any]):
    """What is known of one theme; anything empty, or never recorded, is None."""

    def __missing__(self, key: str) -> None:
        return None


def facts(row: Row | None) -> Facts:
    return Facts({k: v for k, v in (row or {}).items() if v != "" and v != [] and v is not None})


class Themes:
    """The themes of one household, member or village on a day; those kept by year under the year."""

    def __init__(
        self, versions: Mapping[str, list[Row]], on: date, known_at: datetime | None
    ) -> None:
        self.versions, self.on, self.known_at = versions, on, known_at
        self.read: dict[tuple[str, int | None], Facts] = {}

    def row(self, theme: str) -> Row | None:
        return held(self.versions.get(theme, ()), self.on, self.known_at)

    def __call__(self, theme: str, year: int | None = None) -> Facts:
        key = (theme, year)
        if key not in self.read:
            rows = self.versions.get(theme, ())
            of_year = rows if year is None else [row for row in rows if row["year"] == year]
            self.read[key] = facts(held(of_year, self.on, self.known_at))
        return self.read[key]


@dataclass
class Person:
    pk: int
    birth: date | None
    themes: Themes
    home: "Home" = field(repr=False)

    @property
    def age(self) -> int | None:
        """Full years by the birthday; of 29 February on 1 March in common years (§2.5)."""
        if self.birth is None:
            return None
        on = self.home.on
        before = (on.month, on.day) < (self.birth.month, self.birth.day)
        return on.year - self.birth.year - before


@dataclass
class Home:
    """A household on a day: where it resides, its facts, and those who belong to it."""

    pk: int
    village: int
    on: date
    place: Place
    themes: Themes
    people: list[Person] = field(default_factory=list)

    @property
    def heads(self) -> int | None:
        """Of a household with nobody on file the number of persons is not known, rather than zero."""
        return len(self.people) or None


@dataclass
class Settlement:
    """A village on a day with its households."""

    pk: int
    on: date
    place: Place
    themes: Themes
    homes: list[Home] = field(default_factory=list)


# --- populations (§0.3) and what several rules share -----------------------------------------------

POOR = ("NOT_LIFTED", "PRE_LIFTED", "RETURNED")
POLICY = (*POOR, "LIFTED_POLICY")
ALL = (*POLICY, "LIFTED_NO_POLICY")


def status(home: Home) -> str | None:
    value: str | None = home.themes("HouseholdStatus")["status"]
    return value


def in_policy(home: Home) -> Truth:
    return one_of(status(home), *POLICY)


def in_register(home: Home) -> Truth:
    return one_of(status(home), *ALL)


def able(person: Person) -> Truth:
    """Able-bodied (§2.8): of working age, ordinary or skilled, and weak where it counts."""
    place = person.home.place
    kinds = ["ORDINARY", "SKILLED"]
    if place.standard("industry_counts_weak_labour"):
        kinds.append("WEAK")
    capacity = person.themes("MemberProfile")["labour_capacity"]
    return both(at_least(person.age, place.standard("labour_age_from")), one_of(capacity, *kinds))


def has_labour(home: Home) -> Truth:
    return either(*(able(person) for person in home.people))


def stable_job(home: Home) -> Truth:
    """One able-bodied member away at work for the months that count as stable, or in a public post."""
    months = home.place.standard("stable_job_months")
    return either(*(both(able(p), _employed(p, months)) for p in home.people))


def _employed(person: Person, months: Any) -> Truth:
    job = person.themes("Employment")
    return either(at_least(job["work_months"], months), job["public_post"] is not None)


def live_link(home: Home, year: int) -> Truth:
    """A link to industry in the year (§2.8); one-off cash or goods (OTHER) is none."""
    link = home.themes("IndustryLink", year)
    if any(kind != "OTHER" for kind in link["kinds"] or ()):
        return True
    return False if link["income_yuan"] == 0 else None


def has_kind(home: Home, year: int, kind: str) -> Truth:
    kinds = home.themes("IndustryLink", year)["kinds"]
    return None if kinds is None else kind in kinds


def photovoltaic(home: Home, year: int) -> bool:
    """PV on record; what is not on record is not (remarks of IND-05, SOC-03)."""
    return bool(has_kind(home, year, "PHOTOVOLTAIC"))


def was_poor_village(village: Settlement) -> Truth:
    """On the list, or once on it (§2.20, PWR-01)."""
    listing = village.themes("VillageListing")
    return True if listing["out_year"] is not None else listing["is_poor_village"]


def in_school(person: Person) -> Truth:
    return no(one_of(_student(person), "NOT_STUDENT", "PRESCHOOL_AGE"))


def _student(person: Person) -> str | None:
    value: str | None = person.themes("Schooling")["student_status"]
    return value


# --- verdicts --------------------------------------------------------------------------------------


def judge(applies: Truth, met: Truth, exempt: Truth = False, *, reported: bool = False) -> str:
    """Exempt units leave the denominator; an unknown exemption does not exempt (design §3.3)."""
    if applies is False:
        return OUT
    if exempt is True:
        return EXEMPT
    if applies is None or met is None:
        return UNKNOWN
    if reported:
        return MET_REPORTED if met else NOT_MET_REPORTED
    return MET if met else NOT_MET


def worst(verdicts: Iterable[str]) -> str:
    """Of the items of a composite; those that do not apply or are exempt do not matter."""
    found = set(verdicts)
    if found & {NOT_MET, NOT_MET_REPORTED}:
        return NOT_MET
    return UNKNOWN if UNKNOWN in found else MET


HOUSEHOLD: dict[str, Callable[[Home], str]] = {}
MEMBER: dict[str, Callable[[Person], str]] = {}
VILLAGE: dict[str, Callable[[Settlement], str]] = {}


def rule(book: dict[str, Callable[[Any], str]], code: str) -> Callable[[Any], Any]:
    def keep(function: Callable[[Any], str]) -> Callable[[Any], str]:
        book[code] = function
        return function

    return keep


# --- §2.1 income and food --------------------------------------------------------------------------

PARTS = ("wage_yuan", "operating_yuan", "property_yuan", "transfer_yuan", "operating_expense_yuan")


class Income(NamedTuple):
    net: Decimal | None
    persons: int
    reported: bool


def income(home: Home, year: int) -> Income:
    """Net income and by how many it is divided; the reported figure where no part is known."""
    row = home.themes("IncomeYear", year)
    parts = [row[name] for name in PARTS]
    if all(part is None for part in parts):
        return Income(row["net_per_person_reported_yuan"], 1, True)
    if row["persons_in_year"] is None or any(part is None for part in parts):
        return Income(None, 1, False)
    wage, operating, property_, transfer, expense = parts
    return Income(wage + operating + property_ + transfer - expense, row["persons_in_year"], False)


@rule(HOUSEHOLD, "INC-01")
def above_the_line(home: Home) -> str:
    """§2.20: strictly above the identification line of the accounting year."""
    year = home.place.judged_year
    line = home.place.standard("income_line_identify_yuan", year)
    if line is None:
        return OUT
    earned = income(home, year)
    met = None if earned.net is None else earned.net > line * earned.persons
    return judge(in_policy(home), met, reported=earned.reported)


@rule(HOUSEHOLD, "INC-02")
def income_grew(home: Home) -> str:
    """§2.1: above the year before; reported figures only where neither year has a part."""
    year = home.place.judged_year
    now, before = income(home, year), income(home, year - 1)
    met = None
    if now.net is not None and before.net is not None and now.reported == before.reported:
        met = now.net * before.persons > before.net * now.persons
    return judge(in_policy(home), met, reported=now.reported and before.reported)


@rule(HOUSEHOLD, "INC-03")
def below_the_screen(home: Home) -> str:
    """§2.0, §2.1: strictly below the screening line, where a place has one for that year."""
    year = home.place.judged_year
    line = home.place.standard("income_screen_yuan", year)
    if line is None:
        return OUT
    earned = income(home, year)
    met = None if earned.net is None else earned.net < line * earned.persons
    return judge(in_policy(home), met, reported=earned.reported)


@rule(HOUSEHOLD, "INC-04")
def stable_income(home: Home) -> str:
    """§2.1 有收入来源: sources that the form has not got keep a household with labour from failing."""
    place, living = home.place, home.themes("LivingConditions")
    if not place.standard("double_check_applies"):
        return OUT
    floors = {
        name: place.standard(f"stable_income_{name}")
        for name in ("cultivated_mu", "fruit_mu", "forest_mu")
    }
    if None in floors.values():
        return OUT
    land = [at_least(living[name], times(floor, home.heads)) for name, floor in floors.items()]
    source = either(*land, stable_job(home), live_link(home, home.on.year))
    dibao = either(*(_class_a_or_b(person) for person in home.people))
    labour = has_labour(home)
    met = either(dibao, both(labour, True if source else None))
    return judge(in_policy(home), met)


def _class_a_or_b(person: Person) -> Truth:
    aid = person.themes("SocialAssistance")
    return both(aid["dibao"], one_of(aid["dibao_class"], "A", "B"))


@rule(HOUSEHOLD, "FOOD-01")
def enough_food(home: Home) -> str:
    return judge(in_policy(home), home.themes("FoodClothing")["enough_food"])


@rule(HOUSEHOLD, "CLO-01")
def enough_clothing(home: Home) -> str:
    return judge(in_policy(home), home.themes("FoodClothing")["enough_clothing"])


# --- §2.2 housing ----------------------------------------------------------------------------------


def solved(home: Home) -> Truth:
    """What was done about a house, with dates not after the day (§2.2 b, c, d).

    Where it is not said what was done, a house accepted and lived in was renovated; a key or a proof
    on file may be those of another way.
    """
    house, on = home.themes("Housing"), home.on
    accepted = happened(house["accepted_on"], on)
    lived_in = accepted and happened(house["moved_in_on"], on)
    key = accepted and happened(house["key_delivered_on"], on)
    proof = house["safe_dwelling_proof"] is not None
    ways = {
        "RENOVATION": lived_in,
        "RELOCATION_SCATTERED": lived_in,
        "RELOCATION_CONCENTRATED": key,
        "OTHER_SAFE": proof,
        "NONE": False,
    }
    if house["solution"] is not None:
        return ways[house["solution"]]
    return True if lived_in else None if key or proof else False


@rule(HOUSEHOLD, "HOU-01")
def safe_house(home: Home) -> str:
    """§2.20."""
    house = home.themes("Housing")
    floor = home.place.standard("house_min_area_per_person_m2")
    if floor is None:
        return OUT
    reported = False
    safe: Truth
    if house["solution"] == "NONE":
        safe = False
    elif house["grade"] in ("A", "B"):
        safe = True
    elif solved(home) or house["grade"] is not None:
        safe = solved(home)
    else:
        safe, reported = no(house["dangerous_reported"]), True
    roomy = True if floor == 0 else at_least(house["area_m2"], times(floor, home.heads))
    reported = reported and roomy is not False  # a house measured too small is evidence
    return judge(in_policy(home), both(safe, roomy), reported=reported)


@rule(HOUSEHOLD, "HOU-02")
def appraised(home: Home) -> str:
    house = home.themes("Housing")
    filed = house["certificate_no"] is not None and happened(house["appraised_on"], home.on)
    nothing = either(
        house["solution"] == "NONE", no(home.themes("Residence")["has_registered_dwelling"])
    )
    return judge(in_policy(home), filed, nothing)


@rule(HOUSEHOLD, "HOU-03")
def dangerous_stock(home: Home) -> str:
    house = home.themes("Housing")
    dangerous = one_of(house["grade"], "C", "D")
    if dangerous is None:
        dangerous = house["dangerous_reported"]
    return judge(both(in_policy(home), dangerous), solved(home))


@rule(HOUSEHOLD, "HOU-04")
def rebuilt_within_cap(home: Home) -> str:
    """§2.0: 60 m² up to three persons, 18 m² each above; Kaizhou 80 m² for grade D."""
    house, place = home.themes("Housing"), home.place
    small = place.standard("rebuild_area_cap_m2_small")
    each = place.standard("rebuild_area_cap_m2_per_person")
    if small is None or each is None:
        return OUT
    grade_d = place.standard("rebuild_area_cap_m2_grade_d")
    cap = None if home.heads is None else small if home.heads <= 3 else each * home.heads
    if grade_d is not None and house["grade"] in (None, "D"):
        cap = grade_d if house["grade"] else None
    rebuilt = house["solution"] == "RENOVATION" and happened(house["accepted_on"], home.on)
    return judge(both(in_policy(home), rebuilt), at_most(house["area_m2"], cap))


@rule(HOUSEHOLD, "HOU-05")
def works_in_time(home: Home) -> str:
    house = home.themes("Housing")
    due = home.place.standard("house_works_due")
    if due is None:
        return OUT
    done: date | None = house["accepted_on"]
    this_year = done is None or done >= date(home.on.year, 1, 1)
    applies = both(in_policy(home), house["solution"] == "RENOVATION" and this_year)
    in_time = happened(done, home.on) and happened(done, date(home.on.year, *due))
    return judge(applies, in_time)


# --- §2.3 water ------------------------------------------------------------------------------------


def water(home: Home, level: str) -> list[Truth]:
    """Quantity, quality, convenience and reliability at a level; unknown without a standard."""
    row, place = home.themes("Water"), home.place
    names = [f"water_l_{level}"]
    names += [
        f"water_{name}_{'max' if level == 'basic' else 'full'}"
        for name in ("fetch_minutes", "distance_metres", "height_metres", "short_days")
    ]
    litres, minutes, metres, height, days = (place.standard(name) for name in names)
    good = ("MET", "BASICALLY_MET") if level == "basic" else ("MET",)
    return [
        at_least(row["litres_per_person_day"], litres),
        one_of(row["quality"], *good),
        either(
            one_of(row["mode"], "PIPED"),
            at_most(row["fetch_minutes"], minutes),
            both(at_most(row["distance_metres"], metres), at_most(row["height_metres"], height)),
        ),
        at_most(row["short_days_per_year"], days),
    ]


WATER_COLUMNS = (
    "mode", "litres_per_person_day", "quality", "fetch_minutes", "distance_metres", "height_metres",
    "short_days_per_year",
)  # fmt: skip


def away_without_dwelling(home: Home) -> Truth:
    lives = home.themes("Residence")
    return both(lives["away_all_year"], no(lives["has_registered_dwelling"]))


@rule(HOUSEHOLD, "WAT-01")
def safe_water(home: Home) -> str:
    """§2.20: Kleene AND of four parts; only where all are empty the reported answer stands."""
    row = home.themes("Water")
    parts = water(home, "basic")
    nothing_known = all(row[name] is None for name in WATER_COLUMNS)
    met = row["safe_reported"] if nothing_known else both(*parts)
    return judge(in_policy(home), met, away_without_dwelling(home), reported=nothing_known)


@rule(HOUSEHOLD, "WAT-02")
def water_certificate(home: Home) -> str:
    row = home.themes("Water")
    filed = row["certificate_no"] is not None and happened(row["accepted_on"], home.on)
    return judge(in_policy(home), filed, away_without_dwelling(home))


@rule(HOUSEHOLD, "WAT-03")
def tap_water(home: Home) -> str:
    return judge(in_policy(home), one_of(home.themes("Water")["mode"], "PIPED"))


@rule(HOUSEHOLD, "WAT-04")
def full_water(home: Home) -> str:
    if home.place.standard("water_l_full") is None:
        return OUT
    return judge(in_policy(home), both(*water(home, "full")), away_without_dwelling(home))


# --- §2.4 electricity ------------------------------------------------------------------------------


@rule(VILLAGE, "PWR-01")
def three_phase(village: Settlement) -> str:
    power = village.themes("VillagePower")
    outside = both(power["off_grid"], power["off_grid_document"] is not None)
    return judge(was_poor_village(village), power["three_phase_power"], outside)


@rule(HOUSEHOLD, "PWR-02")
def household_power(home: Home) -> str:
    power = home.themes("HouseholdPower")
    source = power["source_kind"]
    if source is None:
        return judge(in_policy(home), power["connected_reported"], reported=True)
    alone = both(source == "STAND_ALONE", power["is_stable"])
    return judge(in_policy(home), either(source == "MAINS", alone))


@rule(HOUSEHOLD, "PWR-03")
def production_power(home: Home) -> str:
    return judge(in_policy(home), home.themes("HouseholdPower")["production_connected"])


# --- §2.5 education --------------------------------------------------------------------------------

GRADES = ("PRIMARY", "GRADE_7", "GRADE_8", "GRADE_9")
ABOVE = ("SENIOR_", "VOCATIONAL_", "COLLEGE_", "BACHELOR", "POSTGRADUATE")


def taught_at_home_lately(person: Person) -> bool:
    on = person.home.on
    day: date | None = person.themes("Schooling")["home_taught_on"]
    most = person.home.place.standard("home_teaching_days_max")
    return day is not None and day <= on and (on - day).days <= most


def _too_young_for_this_year(person: Person) -> bool:
    """Turned school age only after the last day on which it lets one start (31 August)."""
    place, on = person.home.place, person.home.on
    if person.birth is None:
        return False
    month, day = place.standard("school_cutoff")
    # pupils start the day after: the last cut-off day that lies before today
    last = date(on.year, month, day)
    if last >= on:
        last = date(on.year - 1, month, day)
    full = last.year - person.birth.year - ((month, day) < (person.birth.month, person.birth.day))
    return bool(full < place.standard("school_age_from"))


@rule(MEMBER, "EDU-01")
def at_school(person: Person) -> str:
    """§2.20."""
    place, school = person.home.place, person.themes("Schooling")
    first, last = place.standard("school_age_from"), place.standard("school_age_to")
    attends = _student(person)
    older = both(no(at_most(person.age, last)), attends in GRADES)
    of_age = both(at_least(person.age, first), at_most(person.age, last))
    met: Truth = None
    if attends == "HOME_TEACHING":
        met = taught_at_home_lately(person)
    elif attends is not None:
        met = attends in GRADES or attends == "SPECIAL_SCHOOL"
    until = school["exemption_valid_until"]
    paper = (
        school["exemption"] is not None
        and school["exemption_document"] is not None
        and school["exemption_authority"] is not None
        and until is not None
        and until >= person.home.on
    )
    education = person.themes("MemberProfile")["education"]
    finished = (attends or "").startswith(ABOVE) or education in (
        "JUNIOR", "SENIOR", "COLLEGE", "BACHELOR",
    )  # fmt: skip
    exempt = paper or finished or _too_young_for_this_year(person)
    return judge(both(in_policy(person.home), either(of_age, older)), met, exempt)


@rule(MEMBER, "EDU-02")
def aid_paid(person: Person) -> str:
    aid = person.themes("StudentAid", person.home.place.school_year)
    entitled = aid["entitled"]
    if entitled is None and not in_school(person):
        entitled = False
    return judge(both(in_policy(person.home), entitled), aid["paid"])


@rule(MEMBER, "EDU-03")
def home_teaching(person: Person) -> str:
    taught = _student(person) == "HOME_TEACHING"
    return judge(both(in_policy(person.home), taught), taught_at_home_lately(person))


# --- §2.6 medical ----------------------------------------------------------------------------------


def _let_off(person: Person) -> bool:
    kind = person.themes("Insurance", person.home.on.year)["exemption"]
    return kind in person.home.place.standard("insurance_exempt_kinds")


def _newborn(person: Person) -> bool:
    days = person.home.place.standard("newborn_grace_days")
    return person.birth is not None and (person.home.on - person.birth).days <= days


@rule(MEMBER, "MED-01")
def insured(person: Person) -> str:
    year = person.themes("Insurance", person.home.on.year)
    return judge(
        in_policy(person.home),
        either(year["resident"], year["employee"]),
        _let_off(person) or _newborn(person),
    )


@rule(MEMBER, "MED-02")
def serious_illness(person: Person) -> str:
    year = person.themes("Insurance", person.home.on.year)
    return judge(
        in_policy(person.home), year["serious_illness"], _let_off(person) or _newborn(person)
    )


@rule(MEMBER, "MED-03")
def family_doctor(person: Person) -> str:
    home = person.home
    away = (
        home.place.standard("family_doctor_at_home_only")
        and home.themes("Residence")["away_all_year"] is True
    )
    signed = person.themes("Insurance", home.on.year)["family_doctor"]
    return judge(in_policy(home), signed, _let_off(person) or away)


@rule(VILLAGE, "MED-04")
def village_clinic(village: Settlement) -> str:
    place, clinic = village.place, village.themes("VillageClinic")
    area = place.standard("clinic_min_area_m2")
    crowd = place.standard("clinic_min_population")
    if area is None or crowd is None:
        return OUT
    people = village.themes("VillageStatistics", place.judged_year)["population"]
    large_enough = either(no(at_least(people, crowd)), at_least(clinic["clinic_area_m2"], area))
    own = both(clinic["has_clinic"], clinic["has_qualified_doctor"], large_enough)
    return judge(was_poor_village(village), either(clinic["served_by_mobile"], own))


# --- §2.7 collective income ------------------------------------------------------------------------


def collective(village: Settlement, year: int) -> Decimal | None:
    value: Decimal | None = village.themes("CollectiveIncome", year)["income_yuan"]
    return value


@rule(VILLAGE, "COL-01")
def some_income(village: Settlement) -> str:
    earned = collective(village, village.place.judged_year)
    return judge(was_poor_village(village), None if earned is None else earned > 0)


@rule(VILLAGE, "COL-02")
def more_income(village: Settlement) -> str:
    year = village.place.judged_year
    now, before = collective(village, year), collective(village, year - 1)
    more = None if now is None or before is None else now > before
    return judge(was_poor_village(village), more)


@rule(VILLAGE, "COL-03")
def enough_income(village: Settlement) -> str:
    """§2.0: the floor of the year for poor villages, and for others where there is one."""
    place, poor = village.place, was_poor_village(village)
    year = place.judged_year
    of_poor = place.standard("collective_income_min_poor_yuan", year)
    of_others = place.standard("collective_income_min_other_yuan", year)
    if poor is None:
        return OUT if of_poor is None and of_others is None else UNKNOWN
    floor = of_poor if poor else of_others
    return judge(floor is not None, at_least(collective(village, year), floor))


# --- §2.8 industry ---------------------------------------------------------------------------------


@rule(HOUSEHOLD, "IND-01")
def industry(home: Home) -> str:
    year = home.on.year
    link = home.themes("IndustryLink", year)
    met, reported = live_link(home, year), False
    if link["kinds"] is None and link["income_yuan"] is None:
        living = home.themes("LivingConditions")
        met = either(living["in_cooperative"], living["by_enterprise"], living["by_leader"])
        reported = True
    exempt: Truth = False
    if home.place.standard("industry_away_exempt"):
        exempt = both(*(either(no(able(p)), _works_away(p)) for p in home.people))
    return judge(both(in_policy(home), has_labour(home)), met, exempt, reported=reported)


def _works_away(person: Person) -> Truth:
    """Outside the county for the months that count as stable."""
    job = person.themes("Employment")
    months = person.home.place.standard("stable_job_months")
    return both(
        one_of(job["work_area"], "PROVINCE", "OUTSIDE"), at_least(job["work_months"], months)
    )


FARMING = ("OWN_PROJECT", "ASSET_INCOME", "ENTRUSTED", "ORDER", "SHARE")


@rule(MEMBER, "IND-02")
def farming_income_grew(person: Person) -> str:
    """§2.8: attributed income above zero in the judged year and not below the year before."""
    home = person.home
    year = home.place.judged_year
    link, before = home.themes("IndustryLink", year), home.themes("IndustryLink", year - 1)
    kinds = link["kinds"]
    farming: Truth = None if kinds is None else any(kind in FARMING for kind in kinds)
    earned = link["income_yuan"]
    some = None if earned is None else earned > 0
    return judge(in_policy(home), both(farming, some, at_least(earned, before["income_yuan"])))


@rule(HOUSEHOLD, "IND-03")
def ecommerce(home: Home) -> str:
    return judge(in_policy(home), has_kind(home, home.on.year, "ECOMMERCE"))


@rule(HOUSEHOLD, "IND-04")
def tourism(home: Home) -> str:
    return judge(in_policy(home), has_kind(home, home.on.year, "TOURISM"))


@rule(HOUSEHOLD, "IND-05")
def photovoltaic_paid(home: Home) -> str:
    floor = home.place.standard("photovoltaic_income_min_yuan")
    if floor is None:
        return OUT
    year = home.place.judged_year
    paid = home.themes("IndustryLink", year)["photovoltaic_yuan"]
    linked = photovoltaic(home, year) or (paid is not None and paid > 0)
    return judge(both(in_policy(home), no(has_labour(home)), linked), at_least(paid, floor))


@rule(VILLAGE, "IND-06")
def entities(village: Settlement) -> str:
    floor = village.place.standard("village_entities_min")
    if floor is None:
        return OUT
    count = village.themes("VillageStatistics", village.place.judged_year)["cooperatives"]
    return judge(was_poor_village(village), at_least(count, floor))


# --- §2.9 employment -------------------------------------------------------------------------------


@rule(HOUSEHOLD, "EMP-01")
def one_stable_job(home: Home) -> str:
    return judge(both(in_policy(home), has_labour(home)), stable_job(home))


@rule(HOUSEHOLD, "EMP-02")
def any_job(home: Home) -> str:
    if not home.place.standard("zero_job_household_rule"):
        return OUT
    jobs = either(*(both(able(p), _employed(p, 1)) for p in home.people))
    return judge(both(in_policy(home), has_labour(home)), jobs)


@rule(MEMBER, "EMP-03")
def trained(person: Person) -> str:
    job, on = person.themes("Employment"), person.home.on
    day: date | None = job["trained_on"]
    this_year = day is not None and date(on.year, 1, 1) <= day <= on
    return judge(both(in_policy(person.home), able(person), job["training_wanted"]), this_year)


@rule(MEMBER, "EMP-04")
def ranger(person: Person) -> str:
    post = person.themes("Employment")["public_post"]
    return judge(both(in_policy(person.home), able(person)), post == "RANGER")


@rule(MEMBER, "EMP-06")
def organised(person: Person) -> str:
    job = person.themes("Employment")
    works = at_least(job["work_months"], 1)
    if works is None and able(person) is False:
        works = False
    outside = no(one_of(job["work_area"], "TOWNSHIP"))
    return judge(both(in_policy(person.home), works, outside), one_of(job["channel"], "ORGANISED"))


# --- §2.10 social assistance -----------------------------------------------------------------------


@rule(HOUSEHOLD, "SOC-03")
def safety_net(home: Home) -> str:
    aid = [person.themes("SocialAssistance") for person in home.people]
    met = either(
        *(row["dibao"] for row in aid),
        *(row["tekun"] for row in aid),
        photovoltaic(home, home.on.year),
    )
    return judge(both(in_policy(home), no(has_labour(home))), met)


@rule(MEMBER, "SOC-04")
def disability_subsidies(person: Person) -> str:
    """§2.10: living subsidy for the poor or in dibao, care subsidy for grades one and two."""
    if not person.home.place.standard("disability_subsidy_rule"):
        return OUT
    profile, aid = person.themes("MemberProfile"), person.themes("SocialAssistance")
    grade, health = profile["disability_grade"], profile["health"]
    disabled: Truth = None
    if grade is not None or "DISABLED" in (health or ()):
        disabled = True
    elif health is not None:
        disabled = False
    poor = one_of(status(person.home), *POOR)
    living = both(disabled, either(poor, aid["dibao"]))
    care = both(disabled, one_of(grade, "1", "2"))
    met = both(either(no(living), aid["living_subsidy"]), either(no(care), aid["care_subsidy"]))
    return judge(both(in_policy(person.home), either(living, care)), met)


# --- §2.11 pension ---------------------------------------------------------------------------------


def _elsewhere(person: Person) -> Truth:
    """In school, in the army, or in the pension of employees."""
    return either(
        in_school(person),
        person.themes("MemberProfile")["in_army"],
        person.themes("Pension")["employee"],
    )


@rule(MEMBER, "PEN-01")
def in_pension(person: Person) -> str:
    pension = person.themes("Pension")
    grown = at_least(person.age, person.home.place.standard("pension_age_from"))
    met = either(pension["resident"], pension["receiving"])
    return judge(both(in_policy(person.home), grown), met, _elsewhere(person))


@rule(MEMBER, "PEN-02")
def pension_paid(person: Person) -> str:
    old = at_least(person.age, person.home.place.standard("pension_age_paid"))
    return judge(both(in_policy(person.home), old), person.themes("Pension")["receiving"])


@rule(MEMBER, "PEN-03")
def contribution_paid(person: Person) -> str:
    place, pension = person.home.place, person.themes("Pension")
    paying = both(
        at_least(person.age, place.standard("pension_age_from")),
        at_most(person.age, place.standard("pension_age_to")),
    )
    lifted = both(
        not place.standard("pension_paid_for_lifted"),
        one_of(status(person.home), "LIFTED_POLICY"),
    )
    return judge(
        both(in_policy(person.home), paying, pension["resident"]),
        pension["paid_by_government"],
        either(_elsewhere(person), lifted),
    )


# --- §2.12 relocation ------------------------------------------------------------------------------


def relocated(home: Home) -> bool:
    """By the register; where it is silent, by how the dwelling was solved."""
    told = home.themes("Relocation")["is_relocated"]
    if told is not None:
        return bool(told)
    return (home.themes("Housing")["solution"] or "").startswith("RELOCATION_")


def concentrated(home: Home) -> Truth:
    way = home.themes("Relocation")["resettlement_way"]
    if way is not None:
        return bool(way == "CONCENTRATED")
    solution = home.themes("Housing")["solution"]
    if solution in ("RELOCATION_CONCENTRATED", "RELOCATION_SCATTERED"):
        return bool(solution == "RELOCATION_CONCENTRATED")
    return None


def new_house(home: Home) -> bool:
    """From the first of acceptance, key and moving in the register speaks of the new house."""
    house = home.themes("Housing")
    days = (house["accepted_on"], house["key_delivered_on"], house["moved_in_on"])
    return any(happened(day, home.on) for day in days)


@rule(HOUSEHOLD, "REL-01")
def moved_in(home: Home) -> str:
    house = home.themes("Housing")
    key = concentrated(home) is True and happened(house["key_delivered_on"], home.on)
    return judge(
        both(in_policy(home), relocated(home)), happened(house["moved_in_on"], home.on) or key
    )


AREA_CAP = "relocation_area_cap_per_person_m2"


def _area_cap(home: Home) -> Any:
    cap = home.place.standard(AREA_CAP)
    return times(cap, home.heads)


@rule(HOUSEHOLD, "REL-02")
def new_house_within_cap(home: Home) -> str:
    if home.place.standard(AREA_CAP) is None:
        return OUT
    applies = both(in_policy(home), relocated(home), new_house(home))
    return judge(applies, at_most(home.themes("Housing")["area_m2"], _area_cap(home)))


@rule(HOUSEHOLD, "REL-03")
def debt_within_cap(home: Home) -> str:
    cap = home.place.standard("relocation_debt_cap_yuan")
    if cap is None or home.place.standard(AREA_CAP) is None:
        return OUT
    over = both(new_house(home), no(at_most(home.themes("Housing")["area_m2"], _area_cap(home))))
    debt = home.themes("Relocation")["debt_yuan"]
    return judge(both(in_policy(home), relocated(home)), at_most(debt, cap), over)


@rule(HOUSEHOLD, "REL-04")
def follow_up(home: Home) -> str:
    applies = both(in_policy(home), relocated(home), new_house(home), has_labour(home))
    return judge(applies, either(live_link(home, home.on.year), stable_job(home)))


@rule(HOUSEHOLD, "REL-05")
def old_house_removed(home: Home) -> str:
    if not home.place.standard("old_house_removal_rule"):
        return OUT
    applies = both(in_policy(home), relocated(home), new_house(home))
    return judge(applies, home.themes("Relocation")["old_house_removed"])


@rule(HOUSEHOLD, "REL-06")
def construction_done(home: Home) -> str:
    done = happened(home.themes("Housing")["accepted_on"], home.on)
    return judge(both(in_policy(home), relocated(home)), done)


@rule(HOUSEHOLD, "REL-08")
def relocated_and_lifted(home: Home) -> str:
    lifted = one_of(status(home), "LIFTED_POLICY", "LIFTED_NO_POLICY")
    return judge(both(in_register(home), relocated(home)), lifted)


@rule(HOUSEHOLD, "REL-10")
def concentrated_share(home: Home) -> str:
    return judge(both(in_policy(home), relocated(home)), concentrated(home))


# --- §2.15, §2.17 roads and television -------------------------------------------------------------


@rule(HOUSEHOLD, "ROAD-01")
def road_to_the_house(home: Home) -> str:
    if not home.place.standard("double_check_applies"):
        return OUT
    road = home.themes("LivingConditions")["road_type"]
    met = None if road in (None, "OTHER") else road in ("GRAVEL", "CEMENT", "ASPHALT")
    return judge(in_policy(home), met)


@rule(VILLAGE, "ROAD-03")
def paved_road(village: Settlement) -> str:
    if not village.place.standard("village_paved_road_rule"):
        return OUT
    year = village.themes("VillageStatistics", village.place.judged_year)
    return judge(was_poor_village(village), year["paved_to_township"])


@rule(HOUSEHOLD, "TV-01")
def television(home: Home) -> str:
    if not home.place.standard("double_check_applies"):
        return OUT
    return judge(in_policy(home), home.themes("LivingConditions")["broadcast"])


# --- §2.16 monitoring ------------------------------------------------------------------------------


def watched(home: Home) -> bool:
    """On record as an object of monitoring, of whichever kind; without a record it is none."""
    return home.themes("Monitoring")["monitor_type"] is not None


@rule(MEMBER, "MON-01")
def under_watch(person: Person) -> str:
    home = person.home
    still = watched(home) and home.themes("Monitoring")["risk_removed"] is not True
    return judge(in_register(home), still)


@rule(MEMBER, "MON-02")
def risk_removed(person: Person) -> str:
    home = person.home
    return judge(both(in_register(home), watched(home)), home.themes("Monitoring")["risk_removed"])


# --- composites (§2.15, 两不愁三保障) ---------------------------------------------------------------

LBZ = ("FOOD-01", "CLO-01", "EDU-01", "MED-01", "HOU-01", "WAT-01")
EIGHT = (
    "INC-04", "FOOD-01", "CLO-01", "HOU-01", "MED-01", "EDU-01", "WAT-01", "ROAD-01", "PWR-02", "TV-01",
    "INC-01",
)  # fmt: skip
ELEVEN = {  # with the share at which each is reached
    "IND-01": "industry_pass_pct",
    "IND-06": "pass_pct",
    "HOU-01": "village_cover_pct",
    "MED-01": "village_cover_pct",
    "EDU-01": "pass_pct",
    "ROAD-03": "pass_pct",
    "WAT-01": "village_cover_pct",
    "PWR-02": "village_cover_pct",
    "MED-04": "pass_pct",
    "PEN-01": "pension_pass_pct",
    "PEN-02": "pension_paid_pass_pct",
    "TV-01": "village_cover_pct",
    "COL-03": "pass_pct",
    "POV-01": "incidence_max_pct",
}


def _of_items(home: Home, codes: Iterable[str]) -> str:
    applies = in_policy(home)
    if applies is not True:
        return OUT if applies is False else UNKNOWN
    verdicts = []
    for code in codes:
        if code in MEMBER:
            verdicts += [MEMBER[code](person) for person in home.people]
        else:
            verdicts.append(HOUSEHOLD[code](home))
    return worst(verdicts)


@rule(HOUSEHOLD, "LBZ-01")
def two_and_three(home: Home) -> str:
    return _of_items(home, LBZ)


@rule(HOUSEHOLD, "DBL-H")
def eight_and_one(home: Home) -> str:
    return _of_items(home, EIGHT) if home.place.standard("double_check_applies") else OUT


# --- figures of a village (§0.2.1-4) ---------------------------------------------------------------

# What is only counted lists no gaps; where a document sets a line its share is judged.
COUNTED = {
    "EMP-01": "stable_job_household_min_pct",
    "EMP-03": "training_min_pct",
    "EMP-04": "",
    "EMP-06": "organised_share_min_pct",
    "HOU-05": "pass_pct",
    "INC-02": "",
    "INC-03": "",
    "IND-02": "",
    "IND-03": "",
    "IND-04": "",
    "MON-01": "monitor_share_max_pct",
    "MON-02": "",
    "PWR-03": "",
    "REL-08": "",
    "REL-10": "relocation_concentrated_min_pct",
    "WAT-03": "",
    "WAT-04": "",
}
SHARES = {
    "IND-01": "industry_pass_pct",
    "PEN-01": "pension_pass_pct",
    "PEN-02": "pension_paid_pass_pct",
    "POV-01": "incidence_max_pct",
}


class Figure(NamedTuple):
    denominator: int
    numerator: int
    unknown: int
    exempt: int
    reported: int
    status: str


def share_status(code: str, place: Place, counts: tuple[int, int, int], share: str) -> str:
    denominator, numerator, unknown = counts
    line = place.standard(share) if share else None
    if denominator == 0 or line is None:
        return NOT_APPLICABLE
    limit = line * denominator
    if code in ("POV-01", "MON-01"):
        strict = code == "MON-01" or place.standard("incidence_strict")
        below = [
            n * 100 < limit if strict else n * 100 <= limit
            for n in (numerator + unknown, numerator)
        ]
        sure, possible = below
    else:
        sure, possible = numerator * 100 >= limit, (numerator + unknown) * 100 >= limit
    return MET if sure else INSUFFICIENT_DATA if possible else NOT_MET


def figure(code: str, place: Place, verdicts: Iterable[str]) -> Figure:
    found = list(verdicts)
    reported = sum(v in (MET_REPORTED, NOT_MET_REPORTED) for v in found)
    exempt = found.count(EXEMPT)
    denominator = len(found) - found.count(OUT) - exempt
    numerator = found.count(MET) + found.count(MET_REPORTED)
    unknown = found.count(UNKNOWN)
    share = COUNTED.get(code, SHARES.get(code, "pass_pct"))
    judged = share_status(code, place, (denominator, numerator, unknown), share)
    return Figure(denominator, numerator, unknown, exempt, reported, judged)


def incidence(village: Settlement) -> Figure:
    """POV-01 (§2.14, §2.20): members of poor households over the base population of 2014."""
    base = village.themes("VillagePopulation")["rural_population_end_2014"]
    if not base:
        return Figure(0, 0, 0, 0, 0, NOT_APPLICABLE)
    poor = [one_of(status(home), *POOR) for home in village.homes for _ in home.people]
    counts = (base, poor.count(True), poor.count(None))
    judged = share_status("POV-01", village.place, counts, "incidence_max_pct")
    return Figure(*counts, 0, 0, judged)


def eleven_and_one(village: Settlement, figures: Mapping[str, Figure]) -> str:
    """DBL-V (§2.15): two items are on no form, so it can at best lack data."""
    place, poor = village.place, was_poor_village(village)
    if not place.standard("double_check_applies") or poor is False:
        return OUT
    if poor is None:
        return UNKNOWN
    judged = [UNKNOWN]
    for code, share in ELEVEN.items():
        row = figures[code]
        counts = (row.denominator, row.numerator, row.unknown)
        if share_status(code, place, counts, share) == NOT_MET:
            judged.append(NOT_MET)
    return worst(judged)


# --- the whole register ----------------------------------------------------------------------------


@dataclass
class Judgement:
    """Verdicts by code and unit, figures by village and code."""

    verdicts: dict[str, dict[int, str]] = field(default_factory=dict)
    figures: dict[tuple[int, str], Figure] = field(default_factory=dict)
    gaps: set[tuple[int, str, int, str]] = field(default_factory=set)
    settlements: dict[int, Settlement] = field(default_factory=dict)


CODES = {*HOUSEHOLD, *MEMBER, *VILLAGE, "POV-01", "DBL-V"}


def check(
    register: Mapping[str, Any],
    standards: Standards,
    on: date,
    known_at: datetime | None = None,
) -> Judgement:
    """Judge everything. `register` has `villages` (code to versions), `households` (id to versions)
    and `members` (id to birth date and versions); versions are lists of rows by theme."""
    done = Judgement(verdicts={code: {} for code in sorted(CODES)})
    homes: dict[int, Home] = {}
    for code, versions in register["villages"].items():
        place = Place(standards, code, on)
        done.settlements[code] = Settlement(code, on, place, Themes(versions, on, known_at))
    for pk, versions in register["households"].items():
        themes = Themes(versions, on, known_at)
        lives = themes.row("Residence")
        if lives is not None:
            village = done.settlements[lives["village_id"]]
            homes[pk] = Home(pk, village.pk, on, village.place, themes)
            village.homes.append(homes[pk])
    for pk, (birth, versions) in register["members"].items():
        themes = Themes(versions, on, known_at)
        belongs = themes.row("Membership")
        if belongs is not None and belongs["is_member"] and belongs["household_id"] in homes:
            home = homes[belongs["household_id"]]
            home.people.append(Person(pk, birth, themes, home))
    for village in done.settlements.values():
        _judge_village(village, done)
    return done


def _judge_village(village: Settlement, done: Judgement) -> None:
    people = [person for home in village.homes for person in home.people]
    units: list[tuple[dict[str, Any], list[Any]]] = [
        (HOUSEHOLD, village.homes),
        (MEMBER, people),
        (VILLAGE, [village]),
    ]
    figures: dict[str, Figure] = {"POV-01": incidence(village)}
    for book, subjects in units:
        for code, judged in book.items():
            verdicts = {subject.pk: judged(subject) for subject in subjects}
            _keep(village, code, verdicts, figures, done)
    done.verdicts["POV-01"][village.pk] = figures["POV-01"].status
    _keep(village, "DBL-V", {village.pk: eleven_and_one(village, figures)}, figures, done)
    for code, row in figures.items():
        done.figures[village.pk, code] = row


def _keep(
    village: Settlement,
    code: str,
    verdicts: dict[int, str],
    figures: dict[str, Figure],
    done: Judgement,
) -> None:
    figures[code] = figure(code, village.place, verdicts.values())
    done.verdicts[code].update(verdicts)
    if code in COUNTED:
        return
    named = {NOT_MET: NOT_MET, NOT_MET_REPORTED: NOT_MET, UNKNOWN: INSUFFICIENT_DATA}
    done.gaps |= {
        (village.pk, code, unit, named[verdict])
        for unit, verdict in verdicts.items()
        if verdict in named
    }
