"""Facts of a village that are empty, or smaller than what its households add up to (DQ-VIL-01)."""

from accounts.enums import Line
from indicators.enums import Severity
from indicators.expressions import Calculation, Condition, Fact, Surely, Theme, any_of
from indicators.facts import village
from indicators.quality.declare import OURS, Limit, QualityRule
from indicators.quality.rules.common import empty

# Sums over the village's registered households, made by the evaluation beside the verdicts.
SUMS = Theme("sums", "", "village", table="t_sums")


class sums:  # noqa: N801 - read like the vocabulary of facts
    households = Fact(SUMS, "households", "建档户数", "number", "户")
    persons = Fact(SUMS, "persons", "建档人数", "number", "人")
    cultivated = Fact(SUMS, "cultivated", "建档户耕地合计", "number", "亩")
    dangerous = Fact(SUMS, "dangerous", "建档户中危房户", "number", "户")
    unsafe_water = Fact(SUMS, "unsafe_water", "建档户中饮水未解决户", "number", "户")


def _smaller(told: Fact, added: Fact) -> Condition:
    return Calculation("{} < {}", (told, added))


VIL_01A = QualityRule(
    code="DQ-VIL-01A",
    name="村基本情况未填",
    subject="village",
    severity=Severity.WARNING,
    line=Line.GENERAL,
    applies=Surely(sums.households.above(0)),
    wrong=any_of(empty(village.households), empty(village.population), empty(village.cultivated)),
    why="村的总户数、总人口数、耕地是核对户数据的底数。",
    fix="在“村情”中补填判定年度的总户数、总人口数、耕地面积。",
    place="village",
    limits=(Limit("必填", "总户数、总人口数、耕地面积", OURS),),
    remark="按判定年度；没有建档户的村不列。",
)
VIL_01B = QualityRule(
    code="DQ-VIL-01B",
    name="村的数小于建档户合计",
    subject="village",
    severity=Severity.WARNING,
    line=Line.GENERAL,
    applies=None,
    wrong=any_of(
        _smaller(village.households, sums.households),
        _smaller(village.population, sums.persons),
        _smaller(village.cultivated, sums.cultivated),
        _smaller(village.dangerous_houses, sums.dangerous),
        _smaller(village.unsafe_water, sums.unsafe_water),
    ),
    why="全村的数不会小于建档户之和，村或户的数至少有一边填错。",
    fix="在“村情”中核对所列各项；户的数有错的到户档案更正。",
    place="village",
    remark="村的数按判定年度，户的数按判定日。",
)

VILLAGE = (VIL_01A, VIL_01B)
