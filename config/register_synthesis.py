"""A synthetic, reproducible register of any size.

Who exists (households, members, names, identity numbers) is drawn in Python from a generator seeded
per household and streamed with COPY; what is true of them is made inside the database, one
INSERT … SELECT per theme, from draws that are digests of seed and code. So the same seed gives the
same content in any order and on any machine, and a household that exists already is left alone.

Identity numbers use county prefixes that were never assigned (`PP99xx`), the member's own birth date
and a valid check digit: they belong to nobody. Phones begin with 154, which no operator was given.
"""

from __future__ import annotations

import csv
import hashlib
import io
import itertools
import random
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from django.db import connection, transaction
from django.db.models import Q

from accounts.models import Area
from accounts.querysets import code_range
from config.demo import names
from core.fields import encrypt, keyed_hash
from core.masking import mask_id_number
from households import models as hh
from households.identity import CHECK_CHARACTERS, WEIGHTS
from villages import models as vv
from villages.models import VILLAGE_THEMES, FactChange, Village

BASE = date(2018, 12, 31)  # ages and first facts are as of this day
CHUNK = 5000
MAX_PER_VILLAGE = 9999
_NOT_RURAL = ("社区", "居委会", "居民委员会")


class NoVillages(Exception):
    """The area has no villages to put households into."""


@dataclass(frozen=True, kw_only=True, slots=True)
class HouseholdPlan:
    """One household to be made; what is None is drawn."""

    village_id: int
    code: str
    size: int | None = None
    status: str | None = None
    exit_year: int | None = None


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """How to draw. `gaps` multiplies the usual shares of failures and unknowns; `at` is when all of
    it became known (None: each fact on the day it began, as in the demonstration); `populations`
    fixes base populations; villages in `unlisted` stay off the list of poor villages (unknown)."""

    seed: str = "1"
    gaps: float = 1.0
    at: datetime | None = None
    source_ref: str = "synthetic"
    populations: dict[int, int] = field(default_factory=dict)
    unlisted: frozenset[int] = frozenset()
    persons: float = names.USUAL_PERSONS  # of a household, on average


def rural_villages(area: Area | None) -> list[int]:
    """Codes of the villages a register is kept in; town communities only where there is nothing else."""
    villages = Village.objects.all()
    if area:
        low, high = code_range(area.code, area.level)
        villages = villages.filter(area_id__gte=low, area_id__lte=high)
    town = Q(*(("area__name__contains", word) for word in _NOT_RURAL), _connector=Q.OR)
    rural = list(villages.exclude(town).order_by("area_id").values_list("area_id", flat=True))
    codes = rural or list(villages.order_by("area_id").values_list("area_id", flat=True))
    if not codes:
        raise NoVillages
    return codes


def plan(villages: list[int], households: int, seed: str) -> Iterator[HouseholdPlan]:
    """Households spread unevenly over the villages, the same for the same seed and villages."""
    weights = [random.Random(f"{seed}:{code}").lognormvariate(0, 0.45) for code in villages]
    total, given, running = sum(weights), 0, 0.0
    for code, weight in zip(villages, weights, strict=True):
        running += weight
        upto = round(households * running / total)
        for serial in range(1, min(upto - given, MAX_PER_VILLAGE) + 1):
            yield HouseholdPlan(village_id=code, code=f"{code}{serial:04d}")
        given = upto


def write_register(plans: Iterable[HouseholdPlan], recipe: Recipe) -> dict[str, int]:
    """Make what is planned and does not exist yet, a few thousand households per transaction."""
    counts = {"households": 0, "members": 0, "villages": 0}
    plans = iter(plans)
    seen: set[int] = set()
    while chunk := list(itertools.islice(plans, CHUNK)):
        with transaction.atomic():
            made = _write_chunk(
                chunk, recipe, chunk_villages := {p.village_id for p in chunk} - seen
            )
        seen |= chunk_villages
        for key, value in made.items():
            counts[key] += value
    return counts


def take_statistics() -> None:
    """Tell the planner what was written: without, it takes a register for the empty one it began as."""
    themes = (*hh.HOUSEHOLD_THEMES, *hh.MEMBER_THEMES, *VILLAGE_THEMES)
    written: tuple[Any, ...] = (hh.Household, hh.Member, *themes)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE " + ", ".join(model._meta.db_table for model in written))


def _write_chunk(plans: list[HouseholdPlan], recipe: Recipe, villages: set[int]) -> dict[str, int]:
    known = set(
        hh.Household.objects.filter(code__in=[p.code for p in plans]).values_list("code", flat=True)
    )
    plans = [p for p in plans if p.code not in known]
    if not plans:
        return {"households": 0, "members": 0, "villages": 0}
    with connection.cursor() as cursor:
        cursor.execute(_SCRATCH)
        trusted = _trust_our_keys(cursor)
        members = _stream_people(cursor, plans, recipe)
        _stream_villages(cursor, sorted(villages), recipe)
        cursor.execute("ANALYZE new_household; ANALYZE new_member")
        for statement in _THEMES:
            cursor.execute(statement, {"at": recipe.at, "ref": recipe.source_ref, "g": recipe.gaps})
        cursor.execute("DROP TABLE new_household, new_member, new_village")
        if trusted:
            cursor.execute("SET LOCAL session_replication_role = origin")
    if recipe.at:
        since = BASE.replace(day=1)
        changed = sorted({p.village_id for p in plans})
        FactChange.objects.bulk_create(
            FactChange(village_id=v, since=since, recorded_at=recipe.at) for v in changed
        )
    return {"households": len(plans), "members": members, "villages": len(villages)}


def _trust_our_keys(cursor: Any) -> bool:
    """Spare the look-up behind each foreign key: every key written here was made or read here. Half the time.

    Only a database superuser may; for others the keys are looked up as ever.
    """
    cursor.execute("SELECT current_setting('is_superuser')")
    is_superuser = cursor.fetchone()[0] == "on"
    if is_superuser:
        cursor.execute("SET LOCAL session_replication_role = replica")
    return bool(is_superuser)


# --- People -------------------------------------------------------------------------------------

_SCRATCH = """
CREATE TEMP TABLE new_household (
  id bigint, village_id bigint, code text, key text, size int, status text, exit_year int, first_year int,
  head_age int, phone text, phone_digest bytea, dry bool);
CREATE TEMP TABLE new_member (
  id bigint, household_id bigint, village_id bigint, key text, relation text, sex text, birth_date date, age int,
  ethnic text);
CREATE TEMP TABLE new_village (id bigint, key text, base_population int, listed bool);
CREATE OR REPLACE FUNCTION pg_temp.u(text, text) RETURNS float8 LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
$$ SELECT ('x' || substr(md5($1 || ':' || $2), 1, 12))::bit(48)::bigint::float8 / 281474976710656::float8 $$;
CREATE OR REPLACE FUNCTION pg_temp.day(date, date, float8) RETURNS date LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
$$ SELECT $1 + floor(($2 - $1) * $3)::int $$;
"""


class _Copy:
    """Rows on their way into one table."""

    def __init__(self, table: str, columns: str) -> None:
        self.head = f"COPY {table} ({columns}) FROM STDIN WITH (FORMAT csv, NULL '~')"
        self.buffer = io.StringIO()
        self.add = csv.writer(self.buffer, lineterminator="\n").writerow

    def send(self, cursor: Any) -> None:
        self.buffer.seek(0)
        cursor.copy_expert(self.head, self.buffer)


def _stream_people(cursor: Any, plans: list[HouseholdPlan], recipe: Recipe) -> int:
    households = _Copy("households_household", "id, code, village_id, head_name, version")
    members = _Copy(
        "households_member",
        "id, code, household_id, village_id, name, sex, birth_date, id_type, id_number, id_hash, id_mask, ethnic",
    )
    new_households = _Copy(
        "new_household",
        "id, village_id, code, key, size, status, exit_year, first_year, head_age, phone, phone_digest, dry",
    )
    new_members = _Copy(
        "new_member", "id, household_id, village_id, key, relation, sex, birth_date, age, ethnic"
    )
    drawn = [_draw(p, recipe) for p in plans]
    people = [person for household in drawn for person in household["people"]]
    _give_numbers(people)
    household_ids = _reserve(cursor, "households_household", len(drawn))
    member_ids = iter(_reserve(cursor, "households_member", len(people)))
    for pk, home in zip(household_ids, drawn, strict=True):
        village, code = home["village_id"], home["code"]
        households.add([pk, code, village, home["people"][0]["name"], 1])
        new_households.add(
            [pk, village, code, home["key"], len(home["people"]), home["status"], home["exit_year"] or "~",
             home["first_year"], home["people"][0]["age"], home["phone"], home["phone_digest"],
             150 <= village // 10**9 < 160]
        )  # fmt: skip
        for person in home["people"]:
            member, number = next(member_ids), person["number"]
            members.add(
                [member, person["code"], pk, village, person["name"], person["sex"], person["born"], "CITIZEN",
                 encrypt(number, bound_to="households_member.id_number"), "\\x" + person["hash"].hex(),
                 mask_id_number(number), person["ethnic"]]
            )  # fmt: skip
            new_members.add(
                [member, pk, village, f"{home['key']}/{person['code'][-2:]}", person["relation"], person["sex"],
                 person["born"], person["age"], person["ethnic"]]
            )  # fmt: skip
    for copy in (households, members, new_households, new_members):
        copy.send(cursor)
    return len(people)


def _draw(plan: HouseholdPlan, recipe: Recipe) -> dict[str, Any]:
    key = f"{recipe.seed}:{plan.code}"
    rng = random.Random(key)
    status, exit_year = plan.status, plan.exit_year
    drawn_status, drawn_year = _status(rng)
    if status is None:
        status, exit_year = drawn_status, drawn_year
    province = plan.code[:2]
    family, ethnic = names.surname(rng), names.ethnic_of(rng, province)
    size = plan.size or names.household_size(rng) + _more(key, recipe.persons)
    people: list[dict[str, Any]] = []
    for number, person in enumerate(names.family_of(rng, size), start=1):
        own_family = family if person.relation in _SAME_NAME else names.surname(rng)
        people.append(
            {
                "code": f"{plan.code}{number:02d}",
                "name": names.full_name(rng, person.sex, person.age, ethnic, own_family),
                "relation": person.relation, "sex": person.sex, "age": person.age, "ethnic": ethnic,
                "born": BASE - timedelta(days=int(person.age * 365.2425) + rng.randrange(1, 364)),
                "start": rng.randrange(500), "prefix": (int(province), int(plan.code[4:6])),
            }
        )  # fmt: skip
    for drawn in people:
        drawn["age"] = _full_years(drawn["born"])
    phone = f"154{rng.randrange(10**8):08d}" if rng.random() < 0.86 else ""
    return {
        "village_id": plan.village_id, "code": plan.code, "key": key, "status": status, "exit_year": exit_year,
        "first_year": min(rng.choice((2014, 2014, 2014, 2015, 2016)), (exit_year or 2018)), "people": people,
        "phone": encrypt(phone, bound_to="households_householdprofile.phone") if phone else "",
        "phone_digest": "\\x" + keyed_hash(phone).hex() if phone else "~",
    }  # fmt: skip


def _more(key: str, persons: float) -> int:
    """Persons added to the usual household so that the average is reached; a draw of its own."""
    more = max(persons - names.USUAL_PERSONS, 0)
    return int(more) + (random.Random(f"{key}:more").random() < more % 1)


_SAME_NAME = frozenset({"HEAD", "SON", "DAUGHTER", "GRANDSON", "GRANDDAUGHTER", "FATHER"})


def _full_years(born: date) -> int:
    return BASE.year - born.year - ((BASE.month, BASE.day) < (born.month, born.day))


def _status(rng: random.Random) -> tuple[str, int | None]:
    draw, year = rng.random(), rng.choice((2014, 2015, 2016, 2016, 2017, 2017, 2018, 2018))
    if draw < 0.055:
        return "NOT_LIFTED", None
    if draw < 0.060:
        return "RETURNED", None
    if draw < 0.085:
        return "LIFTED_NO_POLICY", min(year, 2015)
    if draw < 0.090:
        return "REMOVED", None
    return "LIFTED_POLICY", year


def _give_numbers(people: list[dict[str, Any]]) -> None:
    """A number for each person that nobody has, here or in the register."""
    taken: set[str] = set()
    waiting = people
    while waiting:
        for person in waiting:
            person["number"] = _free_number(person, taken)
            person["hash"] = keyed_hash(person["number"])
        hashes = [person["hash"] for person in waiting]
        found = hh.Member.objects.filter(id_hash__in=hashes).values_list("id_hash", flat=True)
        clashes = {bytes(value) for value in found}
        waiting = [person for person in waiting if person["hash"] in clashes]


def _free_number(person: dict[str, Any], taken: set[str]) -> str:
    province, county = person["prefix"]
    day, odd = person["born"].strftime("%Y%m%d"), person["sex"] == "MALE"
    for step in range(500 * 100):
        serial = (person["start"] + step) % 500 * 2 + odd
        digits = f"{province}99{(county + step // 500) % 100:02d}{day}{serial:03d}"
        if digits not in taken:
            taken.add(digits)
            return digits + CHECK_CHARACTERS[sum(map(_product, digits, WEIGHTS)) % 11]
    raise OverflowError("no identity number is left for one day of birth")


def _product(digit: str, weight: int) -> int:
    return int(digit) * weight


def _reserve(cursor: Any, table: str, count: int) -> list[int]:
    cursor.execute(
        "SELECT nextval(pg_get_serial_sequence(%s, 'id')) FROM generate_series(1, %s)",
        [table, count],
    )
    return [row[0] for row in cursor.fetchall()]


def _stream_villages(cursor: Any, villages: list[int], recipe: Recipe) -> None:
    rows = _Copy("new_village", "id, key, base_population, listed")
    for code in villages:
        drawn = (
            700
            + int(
                hashlib.md5(f"{recipe.seed}:{code}".encode(), usedforsecurity=False).hexdigest()[
                    :4
                ],
                16,
            )
            % 1200
        )
        rows.add(
            [
                code,
                f"{recipe.seed}:{code}",
                recipe.populations.get(code, drawn),
                code not in recipe.unlisted,
            ]
        )
    rows.send(cursor)


# --- Facts: one statement per theme ---------------------------------------------------------------
# `h`, `m`, `v`: the new household, member, village; `d.a` … `d.d`: its draws from 0 to 1 for the theme.
# Shares multiplied by the parameter `g` are gaps and unknowns; the rest is always there.


def _theme(
    model: type[Any], *, source: str, since: str, values: dict[str, str], subject: str = "h", keys: dict[str, str] | None = None,
    until: str = "NULL::date", where: str = "true", extra: str = "",
) -> str:  # fmt: skip
    """INSERT … SELECT for one theme; values not named are unknown."""
    blank = {name: _unknown(model, name) for name in model.VALUES}
    identity = {
        "h": {"household_id": "h.id"},
        "m": {"member_id": "h.id", "household_id": "h.household_id"},
        "v": {},
    }
    columns = {
        **identity[subject], "village_id": "h.id" if subject == "v" else "h.village_id", **(keys or {}), **blank, **values,
        "valid_from": "d.since", "valid_to": "d.until", "recorded_at": "d.known",
        "closed_at": "CASE WHEN d.until IS NOT NULL THEN coalesce(%(at)s, (d.until + time '09:30') AT TIME ZONE 'Asia/Shanghai') END",
        "source": f"'{source}'", "source_ref": "%(ref)s",
    }  # fmt: skip
    table = {"h": "new_household", "m": "new_member", "v": "new_village"}[subject]
    salt = model._meta.model_name
    told = " ".join((*columns.values(), since, until, where))
    used = [letter for letter in "abcd" if f"h.{letter}" in told]
    draws = "".join(f", pg_temp.u(h.key, '{salt}.{letter}') AS {letter}" for letter in used)
    return f"""
      INSERT INTO {model._meta.db_table} ({", ".join(columns)})
      SELECT {", ".join(columns.values())}
      FROM (SELECT t.* {draws} {extra} FROM {table} t, LATERAL (SELECT t.key) AS h OFFSET 0) AS h,
      LATERAL (SELECT s.*, coalesce(%(at)s::timestamptz, (s.since + time '09:30') AT TIME ZONE 'Asia/Shanghai') AS known
               FROM (SELECT ({since})::date AS since, ({until})::date AS until) s) AS d
      WHERE {where} ON CONFLICT DO NOTHING"""


def _unknown(model: type[Any], name: str) -> str:
    kind = model._meta.get_field(name)
    if kind.null:
        return "NULL"
    return "'{}'::varchar[]" if kind.get_internal_type() == "ArrayField" else "''"


def _one_of(draw: str, *items: str) -> str:
    listed = ", ".join(f"'{item}'" for item in items)
    return f"(ARRAY[{listed}])[1 + floor({draw} * {len(items)})::int]"


_IN_2018 = "pg_temp.day('2018-03-05', '2018-12-15', h.d)"
_REGISTERED = "make_date(h.first_year, 6, 30)"
_LIFTED = "h.status IN ('LIFTED_POLICY', 'LIFTED_NO_POLICY')"

# Housing: h.kind says which of the cases a household is.
_HOUSING_KIND = """, CASE
  WHEN u.a < 0.030 * %(g)s THEN 'bad' WHEN u.a < 0.038 * %(g)s THEN 'unknown' WHEN u.a > 0.97 THEN 'reported'
  WHEN u.a > 0.86 THEN 'renovated' WHEN u.a > 0.83 THEN 'moved' WHEN u.a > 0.82 THEN 'lodged' ELSE 'sound' END AS kind"""
_WATER_KIND = """, CASE
  WHEN u.a < 0.075 * %(g)s THEN 'bad' WHEN u.a < 0.085 * %(g)s THEN 'unknown' WHEN u.a > 0.955 THEN 'reported'
  ELSE 'fine' END AS kind"""
_INCOME_KIND = """, CASE
  WHEN u.a < 0.020 * %(g)s THEN 'bad' WHEN u.a < 0.030 * %(g)s THEN 'unknown' WHEN u.a > 0.97 THEN 'reported'
  ELSE 'fine' END AS kind"""


def _with_kind(kind: str, salt: str) -> str:
    """A `kind` column drawn in the inner query (its draw is the theme's `a`)."""
    return kind.replace("u.a", f"pg_temp.u(h.key, '{salt}.a')")


_WATER_MODE = """CASE WHEN h.kind = 'reported' THEN ''
  WHEN h.kind = 'bad' AND h.c < 0.5 THEN CASE WHEN h.b < 0.6 THEN 'WELL' ELSE 'HAULED' END
  WHEN h.b < 0.60 THEN 'PIPED' WHEN h.b < 0.86 THEN 'WELL' WHEN h.b < 0.94 THEN 'CISTERN' ELSE 'HAULED' END"""
_WATER_MINUTES = """CASE WHEN h.kind = 'reported' THEN NULL
  WHEN h.kind = 'bad' AND h.c < 0.5 THEN 25 + floor(h.d * 30)
  WHEN h.b < 0.60 THEN NULL ELSE 3 + floor(h.d * 16) END"""
_NET = "round((CASE h.kind WHEN 'bad' THEN 1400 + 1500 * h.b ELSE 3750 + 7500 * h.b * h.b END * h.size)::numeric)"


def _student(years: str) -> str:
    """Student status of a child with so many full years on 31 August."""
    return f"""CASE
      WHEN {years} < 4 THEN 'PRESCHOOL_AGE' WHEN {years} < 6 THEN 'PRESCHOOL'
      WHEN {years} < 15 AND h.a < 0.012 * %(g)s THEN 'NOT_STUDENT'
      WHEN {years} < 15 AND h.a < 0.016 * %(g)s THEN '' WHEN {years} < 15 AND h.a > 0.985 THEN 'NOT_STUDENT'
      WHEN {years} < 15 AND h.a > 0.975 THEN 'SPECIAL_SCHOOL'
      WHEN {years} < 12 THEN 'PRIMARY' WHEN {years} = 12 THEN 'GRADE_7' WHEN {years} = 13 THEN 'GRADE_8'
      WHEN {years} = 14 THEN 'GRADE_9'
      WHEN {years} < 18 AND h.b < 0.55 THEN 'SENIOR_' || ({years} - 14) WHEN {years} < 18 AND h.b < 0.9 THEN 'VOCATIONAL_' || ({years} - 14)
      WHEN {years} BETWEEN 18 AND 20 AND h.b < 0.35 THEN 'COLLEGE_' || ({years} - 17)
      WHEN {years} BETWEEN 18 AND 22 AND h.b < 0.6 THEN 'BACHELOR' ELSE 'NOT_STUDENT' END"""


def _schooling(years: str, since: str, until: str) -> str:
    exempt = f"h.a > 0.985 AND {years} BETWEEN 6 AND 14"
    return _theme(
        hh.Schooling, subject="m", source="DEPARTMENT", since=f"'{since}'", until=until,
        where=f"{years} BETWEEN 2 AND 23",
        values={
            "student_status": _student(years),
            "exemption": f"CASE WHEN {exempt} THEN CASE WHEN h.b < 0.7 THEN 'PHYSICALLY_UNABLE' ELSE 'SUSPENSION' END ELSE '' END",
            "exemption_document": f"CASE WHEN {exempt} THEN '教残鉴〔2018〕' || (10 + floor(h.c * 80))::int || '号' ELSE '' END",
            "exemption_authority": f"CASE WHEN {exempt} THEN '县教育局' ELSE '' END",
            "exemption_valid_until": f"CASE WHEN {exempt} THEN date '2020-08-31' END",
        },
    )  # fmt: skip


def _insurance(year: int, since: str, letter: str) -> str:
    return _theme(
        hh.Insurance, subject="m", source="DEPARTMENT", since=since, keys={"year": str(year)},
        values={
            "resident": f"""CASE WHEN h.{letter} < 0.016 * %(g)s THEN false WHEN h.{letter} < 0.020 * %(g)s THEN NULL
                            WHEN h.{letter} > 0.978 THEN false ELSE true END""",
            "employee": f"CASE WHEN h.{letter} < 0.020 * %(g)s AND h.{letter} >= 0.016 * %(g)s THEN NULL ELSE h.{letter} > 0.982 END",
            "serious_illness": f"CASE WHEN h.{letter} < 0.020 * %(g)s THEN NULL ELSE true END",
            "family_doctor": f"CASE WHEN h.{letter} < 0.010 * %(g)s THEN NULL ELSE h.{letter} < 0.985 END",
            "exemption": f"CASE WHEN h.{letter} > 0.978 AND h.{letter} <= 0.982 THEN CASE WHEN h.age BETWEEN 18 AND 24 THEN 'IN_ARMY' ELSE 'LOST_CONTACT' END ELSE '' END",
        },
    )  # fmt: skip


def _student_aid(year: int) -> str:
    """Aid of a school year, for pupils and students of it."""
    return _theme(
        hh.StudentAid, subject="m", source="DEPARTMENT", since=f"'{year}-10-10'", keys={"year": str(year)},
        where="h.age BETWEEN 3 AND 19",
        values={
            "entitled": "h.a < 0.7",
            "paid": "CASE WHEN h.a < 0.7 THEN CASE WHEN h.b < 0.006 * %(g)s THEN NULL ELSE h.b > 0.02 * %(g)s END END",
            "amount_yuan": "CASE WHEN h.a < 0.7 AND h.b > 0.02 * %(g)s THEN 500 + 250 * floor(h.c * 5) END",
        },
    )  # fmt: skip


_SCHOOL_YEARS_2018 = "extract(year FROM age(date '2018-08-31', h.birth_date))::int"
_SCHOOL_YEARS_2019 = "extract(year FROM age(date '2019-08-31', h.birth_date))::int"
_ABLE = "h.age BETWEEN 16 AND 65 AND h.a < 0.8"

_THEMES: tuple[str, ...] = (
    _theme(
        hh.Residence, source="OFFICE", since=_REGISTERED,
        values={
            "hamlet": _one_of("h.a", "一组", "二组", "三组", "四组", "五组", "六组"),
            "away_all_year": "h.b < 0.05",
            "has_registered_dwelling": "NOT (h.b < 0.008)",
        },
    ),
    _theme(
        hh.HouseholdStatus, source="OFFICE", since=_REGISTERED, until="make_date(h.exit_year, 12, 20)",
        where=f"{_LIFTED}", values={"status": "'NOT_LIFTED'"},
    ),
    _theme(
        hh.HouseholdStatus, source="OFFICE",
        since=f"CASE WHEN {_LIFTED} THEN make_date(h.exit_year, 12, 20) ELSE {_REGISTERED} END",
        values={
            "status": "h.status",
            "exit_year": "CASE WHEN h.status = 'RETURNED' THEN 2016 ELSE h.exit_year END",
            "return_year": "CASE WHEN h.status = 'RETURNED' THEN 2018 END",
        },
    ),
    _theme(
        hh.HouseholdProfile, source="OFFICE", since=_REGISTERED,
        values={
            "identify_standard": "CASE WHEN h.a < 0.9 THEN 'NATIONAL' ELSE 'CITY' END",
            "kind": "CASE WHEN h.b < 0.58 THEN 'GENERAL' WHEN h.b < 0.94 THEN 'DIBAO' ELSE 'TEKUN' END",
            "cause_main": _one_of(
                "h.c", "ILLNESS", "ILLNESS", "ILLNESS", "ILLNESS", "DISABILITY", "DISABILITY", "LABOUR", "LABOUR", "SKILL",
                "CAPITAL", "SCHOOLING", "DISASTER", "LAND", "MOTIVATION",
            ),
            "cause_other": "CASE WHEN h.d < 0.3 AND NOT (h.c >= 10/14.0 AND h.c < 11/14.0) THEN ARRAY['SCHOOLING']::varchar[] ELSE '{}'::varchar[] END",
            "first_identified": "h.first_year::text",
            "phone": "coalesce(h.phone, '')",
            "phone_digest": "h.phone_digest",
        },
    ),
    _theme(
        hh.FoodClothing, source="CHECK", since=_IN_2018,
        values={
            "enough_food": "CASE WHEN h.a < 0.004 * %(g)s THEN NULL ELSE true END",
            "enough_clothing": "CASE WHEN h.b < 0.006 * %(g)s THEN NULL ELSE true END",
        },
    ),
    _theme(
        hh.Housing, source="DEPARTMENT", since=_IN_2018, extra=_with_kind(_HOUSING_KIND, "housing"),
        values={
            "grade": """CASE h.kind WHEN 'unknown' THEN '' WHEN 'reported' THEN '' WHEN 'moved' THEN '' WHEN 'lodged' THEN 'D'
                        WHEN 'sound' THEN CASE WHEN h.b < 0.4 THEN 'A' ELSE 'B' END
                        ELSE CASE WHEN h.b < 0.5 THEN 'C' ELSE 'D' END END""",
            "certificate_no": "CASE WHEN h.kind IN ('sound', 'renovated', 'bad') THEN '住鉴〔2018〕' || lpad(floor(h.c * 9000)::text, 4, '0') || '号' ELSE '' END",
            "appraised_on": "CASE WHEN h.kind IN ('sound', 'renovated', 'bad', 'lodged') THEN d.since - 20 END",
            "dangerous_reported": "CASE h.kind WHEN 'unknown' THEN NULL WHEN 'bad' THEN true WHEN 'lodged' THEN true ELSE false END",
            "solution": """CASE h.kind WHEN 'renovated' THEN 'RENOVATION' WHEN 'moved' THEN 'RELOCATION_CONCENTRATED'
                           WHEN 'lodged' THEN 'OTHER_SAFE' WHEN 'bad' THEN CASE WHEN h.c < 0.6 THEN 'RENOVATION' ELSE '' END ELSE '' END""",
            "accepted_on": "CASE WHEN h.kind IN ('renovated', 'moved') THEN date '2016-06-01' + floor(h.c * 700)::int END",
            "key_delivered_on": "CASE WHEN h.kind = 'moved' THEN date '2016-07-01' + floor(h.c * 700)::int END",
            "moved_in_on": "CASE WHEN h.kind IN ('renovated', 'moved') THEN date '2016-08-01' + floor(h.c * 700)::int END",
            "safe_dwelling_proof": "CASE WHEN h.kind = 'lodged' THEN '幸福院入住协议' ELSE '' END",
            "area_m2": """CASE WHEN h.kind = 'unknown' THEN NULL
                WHEN h.kind = 'renovated' THEN CASE WHEN h.size <= 3 THEN 40 ELSE 13 * h.size END + floor(h.c * 21)
                WHEN h.kind = 'moved' THEN 20 * h.size + floor(h.c * 5.3 * h.size)
                ELSE 25 + 20 * h.size / 2 + floor(h.c * 30) END""",
        },
    ),
    _theme(
        hh.Water, source="DEPARTMENT", since=_IN_2018, extra=_with_kind(_WATER_KIND, "water"),
        values={
            "mode": _WATER_MODE,
            "litres_per_person_day": """CASE WHEN h.kind = 'reported' OR (h.kind = 'unknown' AND h.c < 0.5) THEN NULL
                WHEN h.kind = 'bad' AND h.c >= 0.9 THEN CASE WHEN h.dry THEN 12 ELSE 24 END
                ELSE CASE WHEN h.dry THEN 22 ELSE 38 END + floor(h.d * 30) END""",
            "quality": """CASE WHEN h.kind = 'reported' OR (h.kind = 'unknown' AND h.c >= 0.5) THEN ''
                WHEN h.kind = 'bad' AND h.c >= 0.75 AND h.c < 0.9 THEN 'NOT_MET'
                WHEN h.d < 0.7 THEN 'MET' ELSE 'BASICALLY_MET' END""",
            "fetch_minutes": _WATER_MINUTES,
            "distance_metres": f"({_WATER_MINUTES}) * 40",
            "height_metres": f"CASE WHEN ({_WATER_MINUTES}) IS NOT NULL THEN floor(h.c * 40) END",
            "short_days_per_year": """CASE WHEN h.kind = 'reported' THEN NULL
                WHEN h.kind = 'bad' AND h.c >= 0.5 AND h.c < 0.75 THEN 45 + floor(h.d * 60) ELSE floor(h.d * 30) END""",
            "safe_reported": "CASE h.kind WHEN 'unknown' THEN NULL WHEN 'bad' THEN h.d < 0.3 WHEN 'reported' THEN h.b < 0.95 ELSE true END",
            "certificate_no": "CASE WHEN h.kind = 'fine' AND h.a > 0.11 * %(g)s THEN '水验〔2018〕' || (1 + floor(h.c * 900))::int || '号' ELSE '' END",
            "accepted_on": "CASE WHEN h.kind = 'fine' AND h.a > 0.11 * %(g)s THEN d.since - 30 END",
        },
    ),
    _theme(
        hh.HouseholdPower, source="DEPARTMENT", since=_IN_2018,
        values={
            "source_kind": "CASE WHEN h.a < 0.0008 * %(g)s THEN 'NONE' WHEN h.a < 0.0018 * %(g)s THEN '' WHEN h.a > 0.985 THEN '' WHEN h.a > 0.977 THEN 'STAND_ALONE' ELSE 'MAINS' END",
            "is_stable": "CASE WHEN h.a < 0.0018 * %(g)s OR h.a > 0.985 THEN NULL ELSE true END",
            "connected_reported": "CASE WHEN h.a < 0.0008 * %(g)s THEN false WHEN h.a < 0.0018 * %(g)s THEN NULL ELSE true END",
            "production_connected": "h.b < 0.9",
        },
    ),
    _theme(
        hh.LivingConditions, source="CHECK", since=_IN_2018,
        values={
            "cultivated_mu": "round((h.size * (2 + 10 * h.a))::numeric, 1)",
            "irrigated_mu": "round((h.size * (2 + 10 * h.a) * 0.3 * h.b)::numeric, 1)",
            "forest_mu": "round((h.size * 4 * h.c)::numeric, 1)", "returned_mu": "round((h.size * h.c)::numeric, 1)",
            "fruit_mu": "0", "pasture_mu": "round((h.size * 12 * h.d)::numeric, 1)", "water_mu": "0",
            "in_cooperative": "h.a < 0.55", "by_enterprise": "h.b < 0.35", "by_leader": "h.c < 0.4", "broadcast": "h.d < 0.985",
            "road_distance_km": "round((0.1 + 3 * h.b)::numeric, 1)",
            "road_type": _one_of("h.d", "CEMENT", "CEMENT", "CEMENT", "ASPHALT", "GRAVEL", "EARTH"),
            "sanitary_toilet": "h.c < 0.6", "fuel": _one_of("h.b", "COAL", "COAL", "CLEAN", "STRAW", "DUNG"),
        },
    ),
    _theme(
        hh.Relocation, source="DEPARTMENT", since=_IN_2018,
        where="pg_temp.u(h.key, 'housing.a') > 0.83 AND pg_temp.u(h.key, 'housing.a') <= 0.86",  # the 'moved' of housing
        values={
            "is_relocated": "true", "move_way": _one_of("h.a", "VILLAGE", "HAMLET", "SINGLE"), "resettlement_way": "'CONCENTRATED'",
            "resettlement_place": _one_of("h.b", "COUNTY_TOWN", "TOWNSHIP", "SAME_VILLAGE"),
            "debt_yuan": "CASE WHEN h.c < 0.8 THEN 0 ELSE round((h.d * 12000)::numeric) END", "old_house_removed": "h.d < 0.9",
        },
    ),
    *(
        _theme(
            hh.IndustryLink, source="CHECK", since=since, keys={"year": str(year)}, where="h.a < 0.92",
            values={
                "kinds": "ARRAY[" + _one_of("h.b", "OWN_PROJECT", "OWN_PROJECT", "ASSET_INCOME", "ENTRUSTED", "ORDER", "SHARE", "PHOTOVOLTAIC") + "]::varchar[]",
                "project": _one_of("h.c", "肉羊养殖", "马铃薯种植", "光伏发电", "入股合作社", "燕麦订单"),
                "income_yuan": "round((800 + 4000 * h.d)::numeric)",
                "photovoltaic_yuan": "CASE WHEN h.b >= 6/7.0 THEN 3000 ELSE 0 END",
            },
        )
        for year, since in ((2017, "'2018-01-10'"), (2018, "'2018-12-26'"), (2019, "'2019-06-30'"))
    ),
    _theme(
        hh.IncomeYear, source="CHECK", since="'2017-12-28'", keys={"year": "2017"},
        values={
            "persons_in_year": "h.size",
            "net_per_person_reported_yuan": "CASE WHEN h.a < 0.03 * %(g)s THEN NULL ELSE 3000 + round((5000 * h.b)::numeric) END",
        },
    ),
    _theme(
        hh.IncomeYear, source="CHECK", since="'2018-12-26'", keys={"year": "2018"},
        extra=_with_kind(_INCOME_KIND, "incomeyear"),
        values={
            "wage_yuan": f"CASE WHEN h.kind <> 'reported' THEN round({_NET} * (0.15 + 0.35 * h.c)::numeric) END",
            "operating_yuan": f"""CASE WHEN h.kind <> 'reported' THEN {_NET} - round({_NET} * (0.15 + 0.35 * h.c)::numeric)
                - round({_NET} * 0.02) - round({_NET} * (0.1 + 0.3 * h.d)::numeric) + round({_NET} * 0.12) END""",
            "property_yuan": f"CASE WHEN h.kind NOT IN ('reported', 'unknown') THEN round({_NET} * 0.02) END",
            "transfer_yuan": f"CASE WHEN h.kind <> 'reported' THEN round({_NET} * (0.1 + 0.3 * h.d)::numeric) END",
            "operating_expense_yuan": f"CASE WHEN h.kind <> 'reported' THEN round({_NET} * 0.12) END",
            "asset_dividend_yuan": f"CASE WHEN h.kind NOT IN ('reported', 'unknown') THEN round({_NET} * 0.02) END",
            "other_property_yuan": "CASE WHEN h.kind NOT IN ('reported', 'unknown') THEN 0 END",
            "pension_yuan": "CASE WHEN h.kind <> 'reported' THEN 0 END",
            "other_transfer_yuan": f"CASE WHEN h.kind <> 'reported' THEN round({_NET} * (0.1 + 0.3 * h.d)::numeric) END",
            "persons_in_year": "h.size",
            "net_per_person_reported_yuan": f"CASE WHEN h.kind <> 'unknown' THEN round({_NET} / h.size, 2) END",
        },
    ),
    _theme(
        hh.Membership, subject="m", source="OFFICE", since="CASE WHEN h.birth_date > '2016-06-30' THEN h.birth_date ELSE date '2016-06-30' END",
        values={
            "is_member": "true", "relation": "h.relation",
            "joined_reason": "CASE WHEN h.birth_date > '2016-06-30' THEN 'NEWBORN' ELSE 'REGISTERED' END",
        },
    ),
    _theme(
        hh.MemberProfile, subject="m", source="CHECK", since="CASE WHEN h.birth_date > '2018-09-01' THEN h.birth_date ELSE date '2018-09-01' END",
        values={
            "education": """CASE WHEN h.age < 15 THEN '' WHEN h.age < 25 THEN CASE WHEN h.b < 0.8 THEN 'JUNIOR' ELSE 'SENIOR' END
                WHEN h.age < 50 THEN CASE WHEN h.b < 0.2 THEN 'PRIMARY' WHEN h.b < 0.85 THEN 'JUNIOR' WHEN h.b < 0.97 THEN 'SENIOR' ELSE 'COLLEGE' END
                ELSE CASE WHEN h.b < 0.25 THEN 'ILLITERATE' WHEN h.b < 0.7 THEN 'PRIMARY' ELSE 'JUNIOR' END END""",
            "political": "CASE WHEN h.age < 18 THEN '' WHEN h.d < 0.08 THEN 'PARTY' ELSE 'MASSES' END",
            "disability_type": "CASE WHEN h.c < 0.06 THEN " + _one_of("h.d", "LIMB", "LIMB", "SIGHT", "HEARING", "INTELLECT", "MENTAL") + " ELSE '' END",
            "disability_grade": "CASE WHEN h.c < 0.06 THEN (1 + floor(h.a * 4))::int::text ELSE '' END",
            "disability_cert_year": "CASE WHEN h.c < 0.06 THEN 2009 + floor(h.b * 9)::int END",
            "in_army": "false", "mandarin": "CASE WHEN h.age >= 7 THEN h.b < 0.9 END",
            "health": """CASE WHEN h.c < 0.06 THEN ARRAY['DISABLED'] WHEN h.c < 0.09 THEN ARRAY['SERIOUS']
                WHEN h.c < 0.13 + greatest(h.age - 45, 0) * 0.009 THEN ARRAY['CHRONIC'] ELSE ARRAY['HEALTHY'] END::varchar[]""",
            "labour_capacity": """CASE WHEN h.age < 16 OR h.age > 75 THEN 'NONE' WHEN h.c < 0.06 THEN 'LOST' WHEN h.age > 60 OR h.c < 0.2 THEN 'WEAK'
                WHEN h.a < 0.1 THEN 'SKILLED' ELSE 'ORDINARY' END""",
        },
    ),
    _theme(
        hh.Employment, subject="m", source="CHECK", since="CASE WHEN h.birth_date > '2018-09-01' THEN h.birth_date ELSE date '2018-09-01' END",
        where=_ABLE,
        values={
            "work_months": "CASE WHEN h.d < 0.45 THEN 1 + floor(h.d * 24) ELSE 0 END",
            "work_area": "CASE WHEN h.d < 0.45 THEN " + _one_of("h.c", "TOWNSHIP", "COUNTY", "COUNTY", "PROVINCE", "OUTSIDE") + " ELSE '' END",
            "channel": "CASE WHEN h.d < 0.45 THEN " + _one_of("h.c", "ORGANISED", "ORGANISED", "SELF", "SELF", "LEADER", "WORKSHOP") + " ELSE '' END",
            "public_post": "CASE WHEN h.d > 0.95 THEN CASE WHEN h.c < 0.5 THEN 'RANGER' ELSE 'CLEANER' END ELSE '' END",
            "post_months": "CASE WHEN h.d > 0.95 THEN 12 END",
            "training_wanted": "CASE WHEN h.b < 0.01 * %(g)s THEN NULL ELSE h.b < 0.25 END",
            "trained_on": "CASE WHEN h.b < 0.25 AND h.c < 0.95 THEN date '2019-03-01' + floor(h.c * 200)::int END",
        },
    ),
    _theme(
        hh.Pension, subject="m", source="DEPARTMENT", since="greatest(date '2018-12-28', h.birth_date)", where="h.age >= 15",
        values={
            "resident": "CASE WHEN h.a < 0.03 * %(g)s THEN false WHEN h.a < 0.035 * %(g)s THEN NULL ELSE h.a < 0.97 END",
            "employee": "CASE WHEN h.a < 0.03 * %(g)s THEN false WHEN h.a < 0.035 * %(g)s THEN NULL ELSE h.a >= 0.97 END",
            "receiving": "CASE WHEN h.age >= 60 THEN h.b < 0.985 ELSE false END",
            "paid_by_government": "CASE WHEN h.age < 60 THEN h.c > 0.02 * %(g)s END",
        },
    ),
    _theme(
        hh.SocialAssistance, subject="m", source="DEPARTMENT", since="greatest(date '2018-12-28', h.birth_date)",
        # the draw of the household's kind, so that members agree with it
        extra=", pg_temp.u(split_part(t.key, '/', 1), 'householdprofile.b') AS home, pg_temp.u(t.key, 'memberprofile.c') AS ill",
        values={
            "dibao": "h.home >= 0.58 AND h.home < 0.94", "tekun": "h.home >= 0.94",
            "dibao_class": "CASE WHEN h.home >= 0.58 AND h.home < 0.94 THEN " + _one_of("h.a", "A", "B", "B", "C") + " ELSE '' END",
            "living_subsidy": "h.ill < 0.06 AND h.b > 0.04 * %(g)s", "care_subsidy": "h.ill < 0.06 AND h.b > 0.03 * %(g)s",
        },
    ),
    _schooling(_SCHOOL_YEARS_2018, "2018-09-01", "date '2019-09-01'"),
    _schooling(_SCHOOL_YEARS_2019, "2019-09-01", "NULL"),
    *(_student_aid(year) for year in (2018, 2019)),
    _insurance(2018, "greatest(date '2018-01-05', h.birth_date)", "a"),
    _insurance(2019, "greatest(date '2018-12-28', h.birth_date)", "b"),
    _theme(
        vv.VillageListing, subject="v", source="OFFICE", since="'2015-01-01'", where="h.listed",
        values={"is_poor_village": "h.a < 0.4", "out_year": "CASE WHEN h.a < 0.36 THEN 2016 + floor(h.b * 3)::int END"},
    ),
    _theme(
        vv.VillagePopulation, subject="v", source="OFFICE", since="'2015-01-01'",
        values={"rural_population_end_2014": "h.base_population"},
    ),
    _theme(
        vv.VillagePower, subject="v", source="DEPARTMENT", since="'2018-05-10'",
        values={
            "three_phase_power": "CASE WHEN h.a < 0.03 * %(g)s THEN false WHEN h.a < 0.035 * %(g)s THEN NULL WHEN h.a > 0.985 THEN false ELSE true END",
            "three_phase_since": "CASE WHEN h.a >= 0.035 * %(g)s AND h.a <= 0.985 THEN date '2010-01-01' + floor(h.b * 2800)::int END",
            "off_grid": "CASE WHEN h.a > 0.985 THEN true ELSE false END",
            "off_grid_document": "CASE WHEN h.a > 0.985 THEN '供电局网外证明〔2018〕' || (1 + floor(h.b * 60))::int || '号' ELSE '' END",
        },
    ),
    *(
        _theme(
            vv.VillageStatistics, subject="v", source="OFFICE", since=f"'{year}-12-28'", keys={"year": str(year)},
            values={
                "population": "round(h.base_population * 0.8)", "hamlets": "3 + floor(h.b * 8)",
                "cooperatives": "floor(h.c * 4)", "clinics": "1", "doctors": "1",
                "has_bus": "h.d < 0.95",
                "paved_to_township": "CASE WHEN h.a < 0.01 * %(g)s THEN NULL ELSE h.a > 0.03 * %(g)s END",
            },
        )
        for year in (2017, 2018)
    ),
    _theme(
        vv.VillageClinic, subject="v", source="DEPARTMENT", since="'2018-05-10'",
        values={
            "has_clinic": "CASE WHEN h.a < 0.02 * %(g)s THEN false ELSE true END",
            "clinic_area_m2": "40 + floor(h.b * 60)", "has_qualified_doctor": "CASE WHEN h.c < 0.02 * %(g)s THEN NULL ELSE true END",
            "served_by_mobile": "h.d < 0.1",
        },
    ),
    *(
        _theme(
            vv.CollectiveIncome, subject="v", source="CHECK", since=f"'{since}'", keys={"year": str(year)},
            values={
                "income_yuan": f"""CASE WHEN h.a < 0.03 * %(g)s AND {year} = 2018 THEN 0 WHEN h.a > 1 - 0.01 * %(g)s THEN NULL
                ELSE round(((8000 + 60000 * h.b) * CASE {year} WHEN 2017 THEN 1 WHEN 2018 THEN CASE WHEN h.c < 0.06 * %(g)s THEN 0.9 ELSE 1.15 END ELSE 1.02 END)::numeric, 2) END"""
            },
        )
        for year, since in ((2017, "2018-01-20"), (2018, "2018-12-27"), (2019, "2019-10-10"))
    ),
)  # fmt: skip
