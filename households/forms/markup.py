"""The questions of a check as HTML.

A household of four has some two hundred and fifty questions. Rendered by templates they are most of
the page's time, so they are written here, in one place, and the template puts the sections around.
"""

import functools
from collections.abc import Iterable
from html import escape
from types import SimpleNamespace
from typing import Any

from django.forms import BoundField
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from core.templatetags.ui import icon


@functools.cache
def _words() -> SimpleNamespace:
    """What is said at every question, looked up once."""
    return SimpleNamespace(
        explain=_("请说明"),
        last=_("上次"),
        last_known=_("上次已知"),
        member=_("成员"),
        must=_("以前没有记录，须填"),
        no_record=_("没有记录"),
        not_asked=_("不适用"),
        other=_("%(name)s 其他情况"),
        unknown=_("未知"),
        years=_("%(n)s岁"),
    )


def field_html(field: BoundField) -> str:
    """The input itself; the usual one, without errors, by the short way."""
    if field.name in field.form.errors:
        return str(field)
    widget: Any = field.field.widget
    attrs = {**widget.usual_attrs, "id": field.auto_id}
    return str(widget.render(field.html_name, field.value(), attrs))


def errors_html(field: BoundField) -> str:
    if field.name not in field.form.errors:
        return ""
    mark = icon("exclamation-triangle")
    lines = "".join(f"<div>{mark}{escape(str(error))}</div>" for error in field.errors)
    return f'<div class="invalid-feedback d-block" id="{field.auto_id}_error">{lines}</div>'


def notices_html(notices: Iterable[Any]) -> str:
    """Warnings, each with the box for its reason."""
    return "".join(
        f'<div class="ql-note is-warn ql-notice">{icon("exclamation-triangle")}<div class="grow">'
        f'<label for="{notice.field.auto_id}"><b>{_words().explain}</b> {escape(notice.text)}</label>'
        f"{field_html(notice.field)}{errors_html(notice.field)}</div></div>"
        for notice in notices
    )


def _with_unit(field: BoundField, unit: str) -> str:
    html = field_html(field)
    return f'<div class="ql-unit">{html}<span>{unit}</span></div>' if unit else html


def questions_html(rows: Iterable[Any]) -> SafeString:
    """Questions to the household, each beside what is known."""
    return SafeString("".join(_question(row) for row in rows))


def _question(row: Any) -> str:
    field, question = row.field, row.question
    key, label = field.auto_id, question.label_text
    if not field.use_fieldset:
        label = f'<label for="{key}">{label}</label>'
    must = hint = ""
    if question.is_key and row.known.is_unknown:
        must = f'<span class="ql-req" title="{_words().must}">*</span>'
    if question.hint:
        hint = f'<span class="t13 mute">{question.hint}</span>'
    return (
        f'<div class="ql-q{" is-changed" if field.value() else ""}" data-question>'
        f'<div class="ql-q-t" id="{key}_label"><b>{row.number}</b>{label}{must}</div>'
        f'<div class="ql-q-last">{_last_known(row)}</div>'
        f'<div class="ql-q-now">{_with_unit(field, question.unit_text)}{hint}{errors_html(field)}</div>'
        f"{notices_html(row.notices)}</div>\n"
    )


def _last_known(row: Any) -> str:
    known = row.known
    if known.is_unknown:
        return _nothing(must_answer=row.question.is_key)
    author = f" · {escape(known.author)}" if known.author else ""
    return f"{escape(row.known_text)}<span>{known.since} {known.source}{author}</span>"


def _nothing(*, must_answer: bool) -> str:
    if must_answer:
        return f'<b class="txt-warn">{_words().unknown}</b>'
    return f'<span class="mute">{_words().no_record}</span>'


def table_html(table: Any) -> SafeString:
    """One quick table: a line for each member, and under it what rarely changes, folded."""
    if not table.rows:
        return SafeString()
    heads = (_words().member, _words().last_known, *table.heads)
    columns = "".join(f'<th scope="col">{head}</th>' for head in heads)
    hidden = ' class="visually-hidden"' if table.is_more else ""
    html = (
        '<table class="ql-table ql-rows ql-mem">'
        f"<caption{hidden}>{table.title}</caption><thead><tr>{columns}</tr></thead>"
        f"<tbody>\n{''.join(_member(row, len(heads)) for row in table.rows)}</tbody></table>\n"
    )
    if table.is_more:
        html = (
            f'<details class="ql-more-q"{" open" if table.is_open else ""}>'
            f'<summary class="ql-card-b t13">{table.title}</summary>\n{html}</details>\n'
        )
    return SafeString(html)


def _member(row: Any, columns: int) -> str:
    words, person = _words(), row.person
    age = "" if person.age is None else f" {words.years % {'n': person.age}}"
    html = (
        f'<tr data-question><th scope="row" class="nw">{escape(person.member.name)} '
        f'<span class="mute small">{escape(person.relation_text)}{age}</span></th>'
        f'<td data-t="{words.last}" class="t13 is-line">{_member_known(row)}</td>'
        f"{''.join(_cell(cell) for cell in row.cells)}</tr>\n"
    )
    if not row.more_cells:
        return html
    return (
        f'{html}<tr class="ql-mem-more"><td colspan="{columns}">'
        f"<details{' open' if row.is_more_open else ''}>"
        f'<summary class="t13">{escape(words.other % {"name": person.member.name})}</summary>'
        f'<div class="ql-mem-grid">{"".join(_folded_cell(cell) for cell in row.more_cells)}</div>'
        "</details></td></tr>\n"
    )


def _member_known(row: Any) -> str:
    if not row.known_text:
        return _nothing(must_answer=row.must_answer)
    text, known = escape(row.known_text), row.known
    if not known.since:
        return text
    return (
        f'{text}<br class="only-desk"> <span class="mute small">{known.since} {known.source}</span>'
    )


def _cell(cell: Any) -> str:
    wide = ' class="is-wide"' if cell.is_wide else ""
    return f'<td data-t="{cell.label}"{wide}>{_answer(cell)}</td>'


def _folded_cell(cell: Any) -> str:
    label, known = cell.label, ""
    if not cell.field.use_fieldset:
        label = f'<label for="{cell.field.auto_id}">{label}</label>'
    if cell.known_text:
        known = f' <span class="mute small">{_words().last} {escape(cell.known_text)}</span>'
    return f'<div class="ql-mem-field"><div class="t13">{label}{known}</div>{_answer(cell)}</div>'


def _answer(cell: Any) -> str:
    field = cell.field
    if field is None:
        return f'<span class="mute t13">{_words().not_asked}</span>'
    name = ""
    if field.use_fieldset:
        name = (
            f'<span class="visually-hidden" id="{field.auto_id}_label">{escape(field.label)}</span>'
        )
    return f"{name}{_with_unit(field, cell.unit)}{errors_html(field)}{notices_html(cell.notices)}"
