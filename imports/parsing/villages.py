"""Matches a row's place names with villages.

The caller loads the villages that the importer may touch; the others do not exist here, so that no
answer tells about them. Names are compared by their stem: 嘎查, 村, 村委会 … are one kind,
社区 and 居委会 another; the kind is a second key: 泗顶村委会 and 泗顶社区居委会 share 泗顶.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from imports.columns import CellError
from imports.columns.headers import plain_header

_COUNTRY = (
    "嘎查村村民委员会",
    "嘎查村民委员会",
    "嘎查村委会",
    "嘎查委员会",
    "村民委员会",
    "村委会",
    "嘎查村",
    "嘎查",
    "行政村",
    "村委",
    "村",
)
_TOWN = ("社区居民委员会", "社区居委会", "居民委员会", "社区居委", "居委会", "社区", "居委")
_OFFICE = re.compile(r"(人民政府|政府|管委会|办事处|便民服务中心)$")
_LEVELS = (
    ("township", re.compile(r"(民族苏木|民族乡|蒙古族乡|苏木乡|苏木镇|苏木|街道|地区|乡|镇)$")),
    ("county", re.compile(r"(各族自治县|自治县|自治旗|特区|林区|县|区|旗|市)$")),
)
_SAME = str.maketrans({"噶": "嘎"})


@dataclass(frozen=True)
class Place:
    """One village with the names above it."""

    id: int
    name: str
    township: str
    county: str
    city: str

    @property
    def path(self) -> str:
        return f"{self.township} {self.name}".strip()


def stem(name: str) -> tuple[str, str]:
    """A village's name without its suffix, and its kind: "country", "town" or "" when it has no
    suffix.
    """
    name = plain_header(name).translate(_SAME)
    for kind, suffixes in (("town", _TOWN), ("country", _COUNTRY)):
        for suffix in suffixes:
            if name.endswith(suffix) and len(name) > len(suffix):
                return name.removesuffix(suffix), kind
    return name, ""


def upper_stem(name: str, level: str) -> str:
    """A township's or county's name without its suffix; short names keep theirs."""
    name = _OFFICE.sub("", plain_header(name).translate(_SAME))
    pattern = dict(_LEVELS)[level]
    short = pattern.sub("", name)
    return short if len(short) >= 2 else name


class Villages:
    """The villages an importer may touch, looked up by code or by names."""

    def __init__(self, places: Iterable[Place]) -> None:
        self.by_id = {place.id: place for place in places}
        self.by_stem: dict[str, list[Place]] = defaultdict(list)
        for place in self.by_id.values():
            self.by_stem[stem(place.name)[0]].append(place)

    def find(self, values: dict[str, Any]) -> tuple[Place, bool]:
        """The one village of a row, and whether its name was interpreted. Raises CellError."""
        code = values.get("village_code")
        if code is not None:
            return self._by_code(code, values), False
        return self._by_name(values)

    def _by_code(self, code: int, values: dict[str, Any]) -> Place:
        place = self.by_id.get(code)
        if place is None:
            raise CellError(
                "village_not_in_scope",
                _("村代码不在本账号可导入的区划内"),
                _("核对代码；不属本辖区的行请交所属旗县导入"),
            )
        name = values.get("village")
        if name and stem(name)[0] != stem(place.name)[0]:
            raise CellError(
                "village_code_name",
                _("村代码是“%(place)s”，与村名“%(name)s”不符")
                % {"place": place.name, "name": name},
                _("核对代码和村名"),
            )
        return place

    def _by_name(self, values: dict[str, Any]) -> tuple[Place, bool]:
        name = values.get("village")
        if not name:
            raise CellError("village_missing", _("村名为空"), _("补填村名或 12 位村代码"))
        wanted, kind = stem(name)
        found = [p for p in self.by_stem.get(wanted, []) if _fits(p, values)]
        if len(found) > 1:
            exact = [p for p in found if plain_header(p.name) == plain_header(name)]
            same_kind = [p for p in found if stem(p.name)[1] == kind] if kind else []
            found = exact or same_kind or found
        if not found:
            raise CellError(
                "village_unknown",
                _("本账号可导入的区划内没有“%(name)s”") % {"name": name[:20]},
                _("核对县、乡、村名，或改填 12 位村代码"),
            )
        if len(found) > 1:
            shown = "、".join(place.path for place in found[:4])
            raise CellError(
                "village_ambiguous",
                _("有 %(count)d 个“%(name)s”（%(shown)s）")
                % {"count": len(found), "name": name[:20], "shown": shown},
                _("补填乡镇，或改填 12 位村代码"),
            )
        place = found[0]
        other_kind = bool(kind) and bool(stem(place.name)[1]) and stem(place.name)[1] != kind
        if other_kind:
            raise CellError(
                "village_kind",
                _("“%(name)s”只找到“%(place)s”，村和社区不同")
                % {"name": name[:20], "place": place.path},
                _("核对村名，或改填 12 位村代码"),
            )
        return place, "噶" in name


def _fits(place: Place, values: dict[str, Any]) -> bool:
    township, county = values.get("township"), values.get("county")
    if township and upper_stem(township, "township") != upper_stem(place.township, "township"):
        return False
    return not county or upper_stem(county, "county") == upper_stem(place.county, "county")
