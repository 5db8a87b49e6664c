"""Figures and gaps as rows of text, the same for any history that led to the same knowledge."""

from collections.abc import Iterator
from datetime import date

from accounts.models import Area
from households.models import Household, Member
from indicators import figures
from indicators.definitions import CATALOGUE
from indicators.enums import SubjectKind

RESULT_COLUMNS = (
    "on",
    "area_code",
    "level",
    "indicator",
    "denominator",
    "numerator",
    "unknown",
    "exempt",
    "value",
    "status",
)
GAP_COLUMNS = ("on", "village_code", "subject", "subject_code", "indicator", "verdict")


def result_rows(*, on: date, area: Area | None = None) -> Iterator[tuple[object, ...]]:
    """One row for every area, village and indicator, zero denominators too; by code, then indicator.

    An area and a division of the next level that begins with it never share a code, so the code
    alone orders areas of all levels.
    """
    found_areas = Area.objects.under(area) if area else Area.objects.all()
    areas = list(found_areas.order_by("code"))
    found = figures.area_figures(areas, on=on)
    for each in areas:
        for code in sorted(CATALOGUE):
            f = found[each.code, code]
            value = "" if f.value is None else f"{f.value:.2f}"
            yield (
                on,
                each.code,
                each.level,
                code,
                f.denominator,
                f.numerator,
                f.unknown,
                f.exempt,
                value,
                f.status,
            )


def gap_rows(*, on: date, area: Area | None = None) -> Iterator[tuple[object, ...]]:
    """One row per unit that fails or whose facts do not suffice; by village, indicator, subject code."""
    tops = [area] if area else list(Area.objects.filter(parent=None).order_by("code"))
    units = [
        (code, unit)
        for top in tops
        for code in sorted(CATALOGUE)
        for unit in figures.gap_units(top, code, on)
    ]
    households = dict(
        Household.objects.filter(
            pk__in={u.subject_id for _, u in units if u.subject_kind == SubjectKind.HOUSEHOLD}
        ).values_list("pk", "code")
    )
    members = dict(
        Member.objects.filter(
            pk__in={u.subject_id for _, u in units if u.subject_kind == SubjectKind.MEMBER}
        ).values_list("pk", "code")
    )
    rows = []
    for code, unit in units:
        named = {SubjectKind.HOUSEHOLD: households, SubjectKind.MEMBER: members}.get(
            SubjectKind(unit.subject_kind), {}
        )
        subject = str(named.get(unit.subject_id, unit.subject_id))
        rows.append((on, unit.village_id, unit.subject_kind.lower(), subject, code, unit.verdict))
    yield from sorted(rows, key=lambda row: (row[1], row[4], row[3]))
