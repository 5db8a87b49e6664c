"""The subjects under which people look a standard up, and the codes that belong to each."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

TOPICS: tuple[tuple[str | Promise, frozenset[str]], ...] = (
    (_("收入与吃穿"), frozenset({"INC", "FOOD", "CLO"})),
    (_("住房"), frozenset({"HOU"})),
    (_("饮水"), frozenset({"WAT"})),
    (_("用电"), frozenset({"PWR"})),
    (_("教育"), frozenset({"EDU"})),
    (_("医疗"), frozenset({"MED"})),
    (_("集体经济"), frozenset({"COL"})),
    (_("产业"), frozenset({"IND"})),
    (_("就业"), frozenset({"EMP"})),
    (_("社会保障"), frozenset({"SOC", "PEN"})),
    (_("易地搬迁"), frozenset({"REL"})),
    (_("贫困发生率"), frozenset({"POV", "RATE"})),
    (_("监测"), frozenset({"MON"})),
    (_("综合认定"), frozenset({"LBZ", "DBL"})),
    (_("道路、电视、网络"), frozenset({"ROAD", "TV", "NET"})),
    (_("政策、数据、问题"), frozenset({"POL", "DQ", "ISS"})),
)


def topic_of(code: str) -> int:
    """The place in TOPICS of a standard's code. Raises ValueError for a code of no topic."""
    prefix = code.split("-")[0]
    for place, (_label, prefixes) in enumerate(TOPICS):
        if prefix in prefixes:
            return place
    raise ValueError(code)
