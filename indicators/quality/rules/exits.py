"""Lifted households that do not meet what lifting asks for (DQ-EXIT-01), by the indicators' own conditions."""

from accounts.enums import Line
from households.enums import DwellingSolution, Health
from indicators.definitions import CATALOGUE, Indicator
from indicators.enums import Severity
from indicators.expressions import Condition, Surely, all_of
from indicators.facts import housing, insurance, member
from indicators.quality.declare import QualityRule
from indicators.quality.rules.common import LIFTED, fails, lacks, surely_not


def _lifted(
    code: str,
    name: str,
    wrong: Condition,
    fix: str,
    *,
    line: str,
    place: str,
    subject: str = "household",
    applies: Condition | None = None,
    is_private: bool = False,
) -> QualityRule:
    return QualityRule(
        code=code,
        name=name,
        subject=subject,
        severity=Severity.BLOCKING,
        line=line,
        applies=all_of(LIFTED, applies) if applies else LIFTED,
        wrong=wrong,
        why="已脱贫的户不符合脱贫标准，或登记的情况没有更新，影响退出的真实性。",
        fix=fix,
        place=place,
        is_private=is_private,
    )


def _scope(code: str) -> Condition:
    definition = CATALOGUE[code]
    assert isinstance(definition, Indicator)
    return Surely(definition.applies)


EXIT_01A = _lifted(
    "DQ-EXIT-01A",
    "已脱贫，人均纯收入不高于标准",
    fails("INC-01"),
    "核对收入测算表，在第八节更正；确实不达标的按返贫监测办理。",
    line=Line.INCOME,
    place="s8",
)
EXIT_01B = _lifted(
    "DQ-EXIT-01B",
    "已脱贫，有适龄成员失学辍学",
    fails("EDU-01"),
    "核对学籍，在第六节更正；确已辍学的转控辍保学台账。",
    line=Line.EDUCATION,
    place="s6",
    subject="member",
    applies=_scope("EDU-01"),
)
EXIT_01C = _lifted(
    "DQ-EXIT-01C",
    "已脱贫，住房不安全",
    fails("HOU-01"),
    "核对鉴定书、验收和入住，在第三节更正；确未解决的纳入危房改造。",
    line=Line.HOUSING,
    place="s3",
)
EXIT_01D = _lifted(
    "DQ-EXIT-01D",
    "已脱贫，饮水不安全",
    fails("WAT-01"),
    "核对水量、水质、方便程度、保证率，在第四节更正；确未解决的报水利部门。",
    line=Line.WATER,
    place="s4",
)
EXIT_01E = _lifted(
    "DQ-EXIT-01E",
    "已脱贫，没有住房面积",
    all_of(
        lacks(housing.area_m2),
        surely_not(housing.solution.equals(DwellingSolution.NONE)),
        surely_not(housing.solution.equals(DwellingSolution.OTHER_SAFE)),
    ),
    "入户核查时在第三节填写住房面积。",
    line=Line.HOUSING,
    place="s3",
)
EXIT_01F = _lifted(
    "DQ-EXIT-01F",
    "已脱贫，患病成员没有参加大病保险",
    all_of(
        member.health.has_any(Health.CHRONIC, Health.SERIOUS), insurance.serious_illness.is_no()
    ),
    "与医保部门核对，在第七节更正；确未参加的及时参保。",
    line=Line.HEALTH,
    place="s7",
    subject="member",
    is_private=True,
)

EXITS = (EXIT_01A, EXIT_01B, EXIT_01C, EXIT_01D, EXIT_01E, EXIT_01F)
