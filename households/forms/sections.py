"""A check's form as its page shows it: sections of questions and of members' tables."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from households.dossier import Known, Person
from households.forms.markup import questions_html, table_html
from households.forms.questions import CONFIRM, Question


@dataclass(frozen=True)
class Notice:
    """A warning that wants a reason, and the box for it."""

    code: str
    text: str
    field: Any

    @property
    def is_answered(self) -> bool:
        return bool(self.field.value()) and not self.field.errors


@dataclass
class Row:
    """A question as the page shows it: what is known, and the field for this time."""

    number: str
    question: Question
    field: Any
    known: Known
    notices: list[Notice]

    @property
    def known_text(self) -> str:
        return (
            f"{self.known.text} {self.question.unit_text}".strip()
            if not self.known.is_unknown
            else ""
        )


@dataclass
class Cell:
    """A question to one member; without a field where it does not apply (an age)."""

    question: Question
    field: Any
    known: Known
    notices: list[Notice]

    @property
    def label(self) -> str:
        return self.question.label_text

    @property
    def unit(self) -> str:
        return self.question.unit_text

    @property
    def known_text(self) -> str:
        return f"{self.known.text} {self.unit}".strip() if self.known.text else ""

    @property
    def is_wide(self) -> bool:
        return (
            self.question.kind in ("yes_no", "several")
            or bool(self.question.facts)
            or (self.field is not None and self.field.use_fieldset)
        )


@dataclass
class MemberRow:
    """A member in a quick table: what is known in a word, and the fields."""

    person: Person
    known_text: str
    known: Known
    cells: list[Cell]
    more_cells: list[Cell]
    must_answer: bool = False

    @property
    def fields(self) -> dict[str, Any]:
        """Fields by the names of their questions."""
        return {cell.question.name: cell.field for cell in (*self.cells, *self.more_cells)}

    @property
    def notices(self) -> list[Notice]:
        return [notice for cell in (*self.cells, *self.more_cells) for notice in cell.notices]

    @property
    def is_more_open(self) -> bool:
        return is_open(self.more_cells)


@dataclass
class Table:
    """One thing asked of several members."""

    key: str
    title: Any
    heads: list[Any]
    rows: list[MemberRow]
    is_more: bool
    must_answer: bool

    @property
    def html(self) -> SafeString:
        return table_html(self)

    @property
    def is_open(self) -> bool:
        return any(is_open(row.cells) or row.is_more_open for row in self.rows)


@dataclass
class Section:
    """A numbered part of the form."""

    number: int
    title: Any
    state: str  # "", "same", "changed"
    summary: str
    same: Any
    rows: list[Row]
    more_rows: list[Row]
    tables: list[Table] = field(default_factory=list)
    more_title: Any = ""
    unknown_count: int = 0
    is_wanted: bool = True  # else the round does not ask for it: folded, and may be left out

    @property
    def members(self) -> list[MemberRow]:
        """Rows of the first table."""
        return self.tables[0].rows if self.tables else []

    @property
    def html(self) -> SafeString:
        return questions_html(self.rows)

    @property
    def more_html(self) -> SafeString:
        return questions_html(self.more_rows)

    @property
    def is_more_open(self) -> bool:
        return is_open(self.more_rows)

    @property
    def state_text(self) -> str:
        words = {"same": _("无变化"), "changed": _("已填")}
        return words.get(self.state) or (_("未填") if self.is_wanted else _("本轮不查"))

    @property
    def is_last(self) -> bool:
        """The head's confirmation."""
        return self.number == CONFIRM

    @property
    def is_folded(self) -> bool:
        """Whether a section that the round does not ask for may stay closed."""
        opened = any(table.is_open for table in self.tables)
        return not (self.is_more_open or is_open(self.rows) or opened)


def is_open(rows: Iterable[Row | Cell]) -> bool:
    """Whether a folded part has to be seen: something was answered, refused or warned of."""
    return any(
        row.notices or (row.field and (row.field.value() or row.field.errors)) for row in rows
    )
