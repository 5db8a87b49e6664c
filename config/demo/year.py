"""What happened to the two registers in 2019: visits, repairs, new troubles, exits.

Everything is written once, as versions and checks with the days on which they were learnt; a night
that is computed afterwards reads what was known by then.
"""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any

from django.db import connection
from django.db.models import F, Q

from accounts.models import User
from config.demo.accounts import CLERKS, MATIAN_VILLAGE, SIDING, YINHAO, YINHAO_VILLAGE
from config.demo.registers import SYNTHETIC, exiting_codes
from core.clock import SHANGHAI
from core.facts import FactVersion, Source
from households import models as hh
from households.enums import CheckState, Status
from villages import models as vv

LAST_DAY = date(2019, 11, 4)
# Share of the repairs done in each month; the 4th of November is the last day told.
_MONTHS = {3: 8, 4: 11, 5: 12, 6: 13, 7: 13, 8: 12, 9: 14, 10: 15, 11: 2}

Key = tuple[str, str, int]  # indicator, subject kind, subject


@dataclass
class Story:
    """Changes of one fact: the version it starts from and what came after, in order of days."""

    held: Any  # a fact version
    turns: list[tuple[date, dict[str, Any], str, str]] = field(
        default_factory=list
    )  # day, values, source, ref


@dataclass
class Year:
    """All that happened, and when units came up to standard: for the people who work on cases."""

    stories: dict[tuple[type[FactVersion], int], Story] = field(default_factory=dict)
    visits: dict[tuple[int, date], list[dict[str, Any]]] = field(
        default_factory=lambda: defaultdict(list)
    )
    repaired: dict[Key, list[date]] = field(default_factory=lambda: defaultdict(list))


@dataclass(frozen=True, kw_only=True)
class Repair:
    """How a trouble of one theme is put right, and for what share it is not by November."""

    model: type[FactVersion]
    trouble: Q
    values: Callable[[Any, random.Random], dict[str, Any]]
    left: float
    indicators: tuple[str, ...]
    kind: str = "HOUSEHOLD"
    source: str = Source.CHECK
    months: dict[int, int] = field(default_factory=lambda: _MONTHS)


def moment(day: date, hour: int = 15) -> datetime:
    return datetime.combine(day, time(hour, 20), tzinfo=SHANGHAI)


def _water(row: Any, rng: random.Random) -> dict[str, Any]:
    dry = 150 <= row.village_id // 10**9 < 160
    values: dict[str, Any] = {
        "quality": row.quality if row.quality in ("MET", "BASICALLY_MET") else "MET"
    }
    if row.fetch_minutes and row.fetch_minutes > 20:
        values |= {
            "mode": "PIPED",
            "fetch_minutes": None,
            "distance_metres": None,
            "height_metres": None,
        }
    if (row.short_days_per_year or 0) > 36:
        values["short_days_per_year"] = rng.randint(4, 28)
    if row.litres_per_person_day is None or row.litres_per_person_day < (20 if dry else 35):
        values["litres_per_person_day"] = rng.randint(25, 50) if dry else rng.randint(40, 70)
    return values | {"safe_reported": True}


def _house(row: Any, rng: random.Random) -> dict[str, Any]:
    day = date(2019, rng.randint(3, 4), rng.randint(1, 28))
    if row.grade in ("C", "D"):
        later = {
            "accepted_on": day,
            "moved_in_on": day + timedelta(days=20),
            "dangerous_reported": False,
        }
        return {
            "solution": "RENOVATION",
            "certificate_no": row.certificate_no or "住鉴〔2019〕0117号",
            **later,
        }
    return {
        "grade": "B", "dangerous_reported": False, "appraised_on": day, "area_m2": 60,
        "certificate_no": f"住鉴〔2019〕{rng.randint(1, 9999):04d}号",
    }  # fmt: skip


def _income(row: Any, rng: random.Random) -> dict[str, Any]:
    """Re-examined: a part that was unknown is known, or a part that was forgotten is added."""
    if row.property_yuan is None:
        return {"property_yuan": 200}
    return {
        "transfer_yuan": row.transfer_yuan + (row.persons_in_year or 1) * rng.randint(1900, 3200)
    }


def _grade(row: Any, rng: random.Random) -> dict[str, Any]:
    born = row.member.birth_date
    years = 2019 - born.year - ((born.month, born.day) > (8, 31))
    return {"student_status": {12: "GRADE_7", 13: "GRADE_8", 14: "GRADE_9"}.get(years, "PRIMARY")}


_POOR = Q(
    village_id__in=vv.VillageListing.objects.filter(is_poor_village=True).values("village_id")
)
_SPRING = {3: 20, 4: 40, 5: 40}
REPAIRS = (
    Repair(
        model=hh.Water, values=_water, left=0.2, indicators=("WAT-01",),
        trouble=Q(fetch_minutes__gt=20) | Q(short_days_per_year__gt=36) | Q(quality="NOT_MET")
        | Q(litres_per_person_day__lt=20) | Q(litres_per_person_day__lt=35, village_id__gt=160 * 10**9)
        | Q(safe_reported=None),
    ),
    Repair(
        model=hh.Housing, values=_house, left=0.14, indicators=("HOU-01",),
        months={5: 10, 6: 20, 7: 25, 8: 15, 9: 20, 10: 10},
        trouble=Q(grade__in=("C", "D"), solution__in=("", "RENOVATION"), moved_in_on=None)
        | Q(grade="", solution="", dangerous_reported=None),
    ),
    Repair(
        model=hh.IncomeYear, values=_income, left=0.3, indicators=("INC-01",),
        trouble=Q(net_per_person_reported_yuan=None)
        | Q(net_per_person_reported_yuan__lte=2995, property_yuan__isnull=False),
    ),
    Repair(
        model=hh.HouseholdPower, left=0.1, indicators=("PWR-02",), months={4: 30, 5: 40, 6: 30},
        trouble=Q(source_kind="NONE") | Q(source_kind="", connected_reported=None),
        values=lambda row, rng: {"source_kind": "MAINS", "is_stable": True, "connected_reported": True},
    ),
    Repair(
        model=hh.Insurance, left=0.08, indicators=("MED-01",), kind="MEMBER", source=Source.DEPARTMENT,
        trouble=Q(year=2019, exemption="") & (Q(resident=False, employee=False) | Q(resident=None)),
        values=lambda row, rng: {"resident": True, "employee": False, "serious_illness": True},
    ),
    Repair(
        model=hh.Schooling, left=0.1, indicators=("EDU-01",), kind="MEMBER", source=Source.DEPARTMENT, months={9: 1},
        trouble=Q(exemption="", member__birth_date__gt=date(2004, 8, 31), member__birth_date__lte=date(2013, 8, 31))
        & Q(student_status__in=("", "NOT_STUDENT")),
        values=_grade,
    ),
    Repair(
        model=vv.VillagePower, left=0.3, indicators=("PWR-01",), kind="VILLAGE", source=Source.DEPARTMENT,
        trouble=_POOR & (Q(three_phase_power=False, off_grid=False) | Q(three_phase_power=None)),
        values=lambda row, rng: {"three_phase_power": True, "three_phase_since": date(2019, 4, 28)},
    ),
    Repair(
        model=vv.CollectiveIncome, left=0.3, indicators=("COL-01", "COL-02"), kind="VILLAGE", months=_SPRING,
        trouble=_POOR & Q(year=2018, income_yuan__lt=15000),
        values=lambda row, rng: {"income_yuan": 72000 + rng.randint(1, 9000)},
    ),
)  # fmt: skip


def live_through() -> Year:
    """Draw the year and write it."""
    year = Year()
    for repair in REPAIRS:
        _repair(year, repair)
    _new_troubles(year)
    _exits(year)
    _plain_visits(year)
    authors = {u.username: u for u in User.objects.filter(is_demo=True)}
    refs = _write_visits(year, authors)
    _write_stories(year, refs, authors)
    return year


def _standing(model: type[FactVersion]) -> Any:
    ours = Q(source_ref=SYNTHETIC) | Q(source_ref="demo:siding")
    return model._default_manager.filter(ours, valid_to=None, superseded_at=None).order_by("pk")


def _repair(year: Year, repair: Repair) -> None:
    rows = _standing(repair.model).filter(repair.trouble)
    if repair.kind == "MEMBER":
        rows = rows.select_related("member")
    for row in rows:
        rng = random.Random(f"{repair.model.__name__}:{_subject_code(row, repair.kind)}")
        if rng.random() < repair.left:
            continue
        day = _day(rng, repair.months, repair.source)
        _turn(year, row, day, repair.values(row, rng), repair.source)
        subject = {"HOUSEHOLD": "household_id", "MEMBER": "member_id", "VILLAGE": "village_id"}[
            repair.kind
        ]
        for indicator in repair.indicators:
            year.repaired[indicator, repair.kind, getattr(row, subject)].append(day)


def _subject_code(row: Any, kind: str) -> str:
    """What names the subject whatever keys the database gave: the village and a place within it."""
    if kind == "VILLAGE":
        return str(row.village_id)
    if kind == "MEMBER":
        return str(row.member.code)
    return f"{row.village_id}:{row.recorded_at:%Y%m%d}:{sorted(map(str, row.values().values()))}"


def _day(rng: random.Random, months: dict[int, int], source: str) -> date:
    month = rng.choices(list(months), weights=list(months.values()))[0]
    if month == LAST_DAY.month:
        return date(2019, month, rng.randint(1, LAST_DAY.day))
    return date(2019, month, 18 if source == Source.DEPARTMENT else rng.randint(2, 27))


def _turn(year: Year, row: FactVersion, day: date, values: dict[str, Any], source: str) -> None:
    """The fact changes on a day; a visit sees it where a check is the source."""
    story = year.stories.setdefault((type(row), row.pk), Story(row))
    before = row.values() if not story.turns else story.turns[-1][1]
    after = {**before, **values}
    story.turns.append((day, after, source, ""))
    if source == Source.CHECK and hasattr(row, "household_id"):
        theme = row._meta.model_name
        keys = {"year": row.year} if hasattr(row, "year") else {}
        year.visits[row.household_id, day] += [
            {
                "theme": theme,
                "field": name,
                "keys": keys,
                "old": _plain(before[name]),
                "new": _plain(after[name]),
            }
            for name in after
            if _plain(before[name]) != _plain(after[name])
        ]


def _plain(value: Any) -> Any:
    return value if isinstance(value, (bool, int, str, list)) or value is None else str(value)


def _new_troubles(year: Year) -> None:
    """Wells that fail in autumn: some where the water was put right in spring, some that were good."""
    broken = {
        "mode": "WELL",
        "fetch_minutes": 35,
        "distance_metres": 1400,
        "height_metres": 30,
        "safe_reported": False,
    }
    again = [
        s
        for (model, _pk), s in year.stories.items()
        if model is hh.Water and s.turns[-1][0] < date(2019, 7, 1)
    ]
    for story in again[:: max(1, len(again) // 7)]:
        _turn(
            year,
            story.held,
            date(2019, 9, 20) + timedelta(days=story.held.village_id % 30),
            broken,
            Source.CHECK,
        )
    fine = _standing(hh.Water).filter(
        source_ref=SYNTHETIC, mode="WELL", quality="MET", fetch_minutes__lte=12
    )
    fine = fine.filter(Q(short_days_per_year__lte=36))
    for number, row in enumerate(fine[::22] if fine.count() > 22 else fine):
        if (hh.Water, row.pk) not in year.stories:
            _turn(
                year, row, date(2019, 8, 25) + timedelta(days=number * 4 % 64), broken, Source.CHECK
            )


def _exits(year: Year) -> None:
    """The exits of October: proposed on the 12th, announced, recognised on the 25th."""
    poor = (
        _standing(hh.HouseholdStatus).filter(status=Status.NOT_LIFTED).select_related("household")
    )
    planned = set(exiting_codes())
    for row in poor:
        guyang = row.source_ref == SYNTHETIC and int(row.household.code[-2:]) % 10 < 6
        if guyang or row.household.code in planned:
            _turn(year, row, date(2019, 10, 12), {"status": Status.PRE_LIFTED.value}, Source.OFFICE)
            lifted = {"status": Status.LIFTED_POLICY.value, "exit_year": 2019}
            _turn(year, row, date(2019, 10, 25), lifted, Source.OFFICE)


def _plain_visits(year: Year) -> None:
    """Visits that found nothing new: one in spring or summer for all, one more in autumn for most."""
    homes = hh.Household.objects.filter(
        Q(code__startswith="150222") | Q(code__startswith="450224102")
    )
    for pk, code in homes.order_by("code").values_list("pk", "code"):
        rng = random.Random(f"visit:{code}")
        year.visits[pk, date(2019, rng.randint(3, 8), rng.randint(2, 27))] += []
        if rng.random() < 0.6:
            year.visits[pk, date(2019, rng.choice((9, 10)), rng.randint(2, 27))] += []


def author_of(village: int, users: dict[str, User]) -> User:
    """Who visits and rectifies in a village."""
    township = village // 1000 * 1000
    names = {clerk.area: clerk.username for clerk in CLERKS} | {
        YINHAO: "by_township",
        SIDING: "ra_township",
    }
    if village in (YINHAO_VILLAGE, MATIAN_VILLAGE):
        return users["by_informant" if village == YINHAO_VILLAGE else "ra_informant"]
    return users[names[township]]


def _write_visits(year: Year, users: dict[str, User]) -> dict[tuple[int, date], tuple[str, User]]:
    """The checks, and for each visit its reference and author."""
    villages = dict(
        hh.Household.objects.filter(pk__in={pk for pk, _day in year.visits}).values_list(
            "pk", "village_id"
        )
    )
    checks = []
    for (pk, day), changes in sorted(
        year.visits.items(), key=lambda item: (item[0][1], item[0][0])
    ):
        at = moment(day, 9 + pk % 8)
        accepted = day < date(2019, 10, 15)
        checks.append(
            hh.HouseholdCheck(
                household_id=pk, village_id=villages[pk], visited_on=day, changes=changes, base_version=1,
                state=CheckState.ACCEPTED if accepted else CheckState.SUBMITTED, saved_at=at, submitted_at=at,
                author=author_of(villages[pk], users),
            )
        )  # fmt: skip
    hh.HouseholdCheck.objects.bulk_create(checks, batch_size=1000)
    touched = {c.household_id for c in checks if c.changes}
    hh.Household.objects.filter(pk__in=touched).update(version=F("version") + 1)
    return {(c.household_id, c.visited_on): (f"check:{c.pk}", c.author) for c in checks}


def _write_stories(
    year: Year, refs: dict[tuple[int, date], tuple[str, User]], users: dict[str, User]
) -> None:
    closed: dict[type[FactVersion], list[tuple[int, date, datetime]]] = defaultdict(list)
    created: dict[type[FactVersion], list[FactVersion]] = defaultdict(list)
    for (model, pk), story in year.stories.items():
        story.turns.sort(key=lambda turn: turn[0])
        closed[model].append((pk, story.turns[0][0], moment(story.turns[0][0])))
        ends = [turn[0] for turn in story.turns[1:]] + [None]
        for (day, values, source, _ref), until in zip(story.turns, ends, strict=True):
            ref, author = refs.get((getattr(story.held, "household_id", 0), day), ("", None))
            if source != Source.CHECK:
                ref, author = story.held.source_ref, None
            if source == Source.OFFICE:
                author = users["ra_county" if story.held.source_ref != SYNTHETIC else "by_county"]
            created[model].append(_version(story.held, values, day, until, source, ref, author))
    for model, rows in closed.items():
        _close(model, rows)
        model._default_manager.bulk_create(created[model], batch_size=1000)


def _version(
    held: FactVersion,
    values: dict[str, Any],
    day: date,
    until: date | None,
    source: str,
    ref: str,
    author: User | None,
) -> FactVersion:
    kept = {
        f.attname: getattr(held, f.attname) for f in held._meta.concrete_fields if not f.primary_key
    }
    told = {
        "valid_from": day, "valid_to": until, "recorded_at": moment(day), "closed_at": moment(until) if until else None,
        "superseded_at": None, "source": source, "source_ref": ref or "demo:year",
        "author_id": author.pk if author else None,
    }  # fmt: skip
    return type(held)(**kept | values | told)


def _close(model: type[FactVersion], rows: Iterable[tuple[int, date, datetime]]) -> None:
    """Close versions, each on its own day, in one statement."""
    ids, days, moments = zip(*rows, strict=True)
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE {model._meta.db_table} t SET valid_to = v.day, closed_at = v.at "
            "FROM unnest(%s::bigint[], %s::date[], %s::timestamptz[]) AS v (id, day, at) WHERE t.id = v.id",
            [list(ids), list(days), list(moments)],
        )
