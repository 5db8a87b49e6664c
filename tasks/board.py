"""The task board: the plan beside what is reached and what is still open. Reads only.

Every number of cases counts events of the cases the caller hands in, by indicator; a task's figures
are those of its indicators and of the tasks below it, each once, so that parents never count twice.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import ROUND_CEILING, Decimal
from typing import Any

from django.utils.translation import gettext as _

from indicators.definitions import CATALOGUE
from indicators.enums import Verdict
from tasks.enums import AgencyRole, Category
from tasks.models import Campaign, Task
from tasks.querysets import Stock, codes_below, total


@dataclass(frozen=True)
class Progress:
    """One target's line: what is asked, what is reached, what is missing."""

    label: str
    verdict: str = ""  # one of the four; empty: nothing to judge
    word: str = ""  # 差 3 户, 已完成, 尚不能计算 …
    done: int | None = None
    all: int | None = None
    note: str = ""
    scope: str = ""
    is_blocked: bool = False  # no such indicator yet


@dataclass
class Row:
    """One task on the board."""

    task: Task
    depth: int
    stock: Stock
    progress: list[Progress] = field(default_factory=list)
    verdict: str = ""
    word: str = ""
    leads: list[Any] = field(default_factory=list)
    supports: list[Any] = field(default_factory=list)
    children: int = 0
    codes: set[str] = field(default_factory=set)
    url: str = ""  # the page fills in its links
    urls: dict[str, str] = field(default_factory=dict)

    @property
    def shown(self) -> list[Progress]:
        """Lines that say something, for the table; the task's own page has all of them."""
        return [line for line in self.progress if not line.is_blocked]

    @property
    def blocked(self) -> list[str]:
        """Targets whose indicator is not computed yet."""
        return [line.label for line in self.progress if line.is_blocked]


@dataclass
class Board:
    """Everything the page shows."""

    campaign: Campaign
    rows: list[Row]
    total: Stock
    other: Stock  # cases whose indicator no task names
    lead_count: int

    @property
    def leaves(self) -> list[Row]:
        return [row for row in self.rows if row.task.is_leaf]

    @property
    def cleared(self) -> int:
        return sum(row.verdict == Verdict.MET for row in self.leaves)


def tasks_of(campaign: Campaign) -> list[Task]:
    """Tasks of a campaign in the plan's order, with agencies and targets; three queries."""
    return list(Task.objects.filter(campaign=campaign).order_by("order").with_parts())


def build(
    campaign: Campaign, *, cases: Any, date_from: date, date_to: date, figures: Mapping[str, Any]
) -> Board:
    """The board of a period over some cases; `figures` by indicator code. A fixed number of queries."""
    tasks = tasks_of(campaign)
    by_indicator = cases.stock(date_from, date_to)
    codes = codes_below(tasks)
    rows = {task.pk: _row(task, codes[task.pk], by_indicator, figures) for task in tasks}
    for row in rows.values():
        parent = rows.get(row.task.parent_id or 0)
        row.depth = parent.depth + 1 if parent else 0
        if parent:
            parent.children += 1
    _judge_parents(rows)
    named = {code for task in tasks for code in task.indicators}
    leads = {agency.pk for row in rows.values() if row.task.is_leaf for agency in row.leads}
    return Board(
        campaign,
        list(rows.values()),
        total(by_indicator),
        total(by_indicator, by_indicator.keys() - named),
        len(leads),
    )


def _row(
    task: Task, codes: set[str], by_indicator: dict[str, Stock], figures: Mapping[str, Any]
) -> Row:
    row = Row(task=task, depth=0, stock=total(by_indicator, codes), codes=codes)
    for part in task.agencies.all():
        (row.leads if part.role == AgencyRole.LEAD else row.supports).append(part.agency)
    targets = sorted(task.targets.all(), key=lambda target: target.order)
    row.progress = [progress(target, figures) for target in targets]
    judged = {target.indicator for target in targets}
    if task.is_leaf:
        row.progress += [
            unasked(code, figures)
            for code in task.indicators
            if code in CATALOGUE and code not in judged
        ]
    row.verdict, row.word = _status(
        task, row, valued=any(target.value is not None for target in targets)
    )
    return row


def progress(target: Any, figures: Mapping[str, Any]) -> Progress:
    """What a target has reached; says so where it cannot be told."""
    label = f"{target.metric}"
    if target.value is None:
        return Progress(label, word=_("标准未备案"), scope=target.scope)
    if target.indicator not in CATALOGUE or not _is_in_units_of(target):
        return Progress(
            label, word=_("尚不能计算"), note=_asked(target), scope=target.scope, is_blocked=True
        )
    figure = figures.get(target.indicator)
    if figure is None or not figure.denominator:
        return Progress(
            label, word=_("无适用对象") if figure else _("尚无数据"), scope=target.scope
        )
    unit = CATALOGUE[target.indicator].unit
    unknown = _("含数据不足 %(count)s") % {"count": figure.unknown} if figure.unknown else ""
    if target.unit == "%":
        needed = int((target.value * figure.denominator / 100).to_integral_value(ROUND_CEILING))
    elif target.value == 0:
        needed = figure.denominator  # nobody may fail
    else:
        needed = int(target.value)
    missing = needed - figure.numerator
    if missing <= 0:
        verdict, word = Verdict.MET, _("已完成")
    else:
        verdict = Verdict.INSUFFICIENT_DATA if missing <= figure.unknown else Verdict.NOT_MET
        word = _("差 %(count)s %(unit)s") % {"count": f"{missing:,}", "unit": unit}
    whole = figure.denominator if target.unit == "%" or target.value == 0 else needed
    return Progress(label, verdict, word, figure.numerator, whole, unknown, target.scope)


def _is_in_units_of(target: Any) -> bool:
    """Whether the target speaks of what its indicator counts: not of kilowatts while it counts households."""
    return (
        target.unit == "%" or target.value == 0 or target.unit == CATALOGUE[target.indicator].unit
    )


def unasked(code: str, figures: Mapping[str, Any]) -> Progress:
    """An indicator that the task names and for which the plan gives no figure: shown, not judged."""
    label = f"{CATALOGUE[code].short_name}（{code}）"
    figure = figures.get(code)
    if figure is None or not figure.denominator:
        return Progress(label, word=_("无适用对象") if figure else _("尚无数据"))
    failing = figure.denominator - figure.numerator - figure.unknown
    word = (
        _("未达标 %(count)s %(unit)s") % {"count": f"{failing:,}", "unit": CATALOGUE[code].unit}
        if failing
        else ""
    )
    unknown = _("含数据不足 %(count)s") % {"count": figure.unknown} if figure.unknown else ""
    return Progress(label, "", word, figure.numerator, figure.denominator, unknown)


def _asked(target: Any) -> str:
    """The target as the plan asks it: 等于 0 户."""
    value = (
        f"{target.value.normalize():f}" if isinstance(target.value, Decimal) else str(target.value)
    )
    return f"{target.get_operator_display()} {value}{target.unit}"


def words(category: str) -> tuple[str, str]:
    """(reached, not reached) as the plan's kinds of task say it."""
    return (_("达标"), _("未达标")) if category == Category.STANDARD else (_("已清零"), _("未清零"))


def _status(task: Task, row: Row, *, valued: bool) -> tuple[str, str]:
    reached, missed = words(task.category)
    verdicts = {line.verdict for line in row.progress}
    if Verdict.NOT_MET in verdicts or (valued and row.stock.closing):
        return Verdict.NOT_MET, missed
    if not valued:
        return Verdict.INSUFFICIENT_DATA, _("无标准")
    if Verdict.INSUFFICIENT_DATA in verdicts:
        return Verdict.INSUFFICIENT_DATA, _("数据不足")
    if Verdict.MET not in verdicts or row.blocked:
        return Verdict.INSUFFICIENT_DATA, _("尚不能计算")
    return Verdict.MET, reached


def _judge_parents(rows: dict[int, Row]) -> None:
    """A group is as good as the worst of the tasks below it."""
    for row in reversed(list(rows.values())):
        below = [child for child in rows.values() if child.task.parent_id == row.task.pk]
        if not below:
            continue
        reached, missed = words(row.task.category)
        verdicts = {child.verdict for child in below} | {
            line.verdict for line in row.progress if line.verdict
        }
        if Verdict.NOT_MET in verdicts:
            row.verdict, row.word = Verdict.NOT_MET, missed
        elif verdicts == {Verdict.MET}:
            row.verdict, row.word = Verdict.MET, reached
        else:
            row.verdict = Verdict.INSUFFICIENT_DATA
            row.word = next(
                (child.word for child in below if child.verdict == row.verdict), _("尚不能计算")
            )
