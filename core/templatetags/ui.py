"""Template tags of the interface. Small marks are built here, larger ones in components/."""

from collections.abc import Iterable, Mapping
from datetime import date
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from functools import lru_cache
from typing import Any

from django import template
from django.core.paginator import Page
from django.forms import BoundField, Form, NullBooleanSelect
from django.templatetags.static import static
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core import operations
from core.context import area_columns, area_trail

register = template.Library()

TRAIL_SHOWN = 4  # city, county, township, village
QUERY_FIELDS_SHOWN = 7  # seven fields and the buttons fill two rows of four

# status -> class, shape, word. Four verdicts; WARN is for terms and risks, with its own word.
LIGHTS = {
    "MET": ("met", '<circle cx="6" cy="6" r="5" fill="currentColor"/>', gettext_lazy("达标")),
    "NOT_MET": (
        "not",
        '<rect x="1" y="1" width="10" height="10" fill="currentColor"/>',
        gettext_lazy("未达标"),
    ),
    "INSUFFICIENT_DATA": (
        "unk",
        '<circle cx="6" cy="6" r="4.4" fill="none" stroke="currentColor" stroke-width="1.8"/>',
        gettext_lazy("数据不足"),
    ),
    "NOT_APPLICABLE": (
        "na",
        '<rect x="1" y="5.1" width="10" height="1.8" fill="currentColor"/>',
        gettext_lazy("不适用"),
    ),
    "WARN": ("warn", '<path d="M6 .6 11.7 11H.3z" fill="currentColor"/>', gettext_lazy("预警")),
}


_NO_CONDITION = {"---------", "", "未知", "Unknown", "unknown"}

# ---------- marks ----------


@lru_cache(maxsize=1)
def _sprite() -> str:
    return static("vendor/bootstrap-icons-1.13.2/icons.svg")


@register.simple_tag
def icon(name: str, size: str = "", label: str = "") -> SafeString:
    """An icon: `{% icon "search" %}`; size "", "lg" or "xl"; label when it stands alone."""
    css = f"ql-ico ql-ico-{size}" if size else "ql-ico"
    if label:
        return format_html(
            '<svg class="{}" role="img" aria-label="{}"><use href="{}#i-{}"></use></svg>',
            css,
            label,
            _sprite(),
            name,
        )
    return format_html(
        '<svg class="{}" aria-hidden="true" focusable="false"><use href="{}#i-{}"></use></svg>',
        css,
        _sprite(),
        name,
    )


@register.simple_tag
def light(status: Any, word: Any = "", size: str = "", title: Any = "") -> SafeString:
    """A verdict as shape and word: `{% light result.status %}`; nothing for an empty status."""
    key = str(status or "").upper()
    if key not in LIGHTS:
        return mark_safe("")
    css, shape, usual = LIGHTS[key]
    return format_html(
        '<span class="ql-light is-{}{}"{}>'
        '<svg viewBox="0 0 12 12" aria-hidden="true" focusable="false">{}</svg>'
        "{}</span>",
        css,
        " ql-light-lg" if size == "lg" else "",
        format_html(' title="{}"', title) if title else "",
        mark_safe(shape),
        word or usual,
    )


@register.simple_tag
def legend(note: Any = "") -> SafeString:
    """The four verdicts in one line; on every page that shows lights."""
    lights = mark_safe("".join(light(key) for key in LIGHTS if key != "WARN"))
    return format_html(
        '<span class="ql-legend">{}{}</span>', lights, format_html("<span>{}</span>", note or "")
    )


@register.simple_tag
def tag(word: Any, tone: str = "") -> SafeString:
    """A state of work, never a verdict: `{% tag "整改中" "blue" %}`; blue, met, not, warn, line."""
    if not word:
        return mark_safe("")
    return format_html('<span class="ql-tag{}">{}</span>', f" is-{tone}" if tone else "", word)


@register.simple_tag
def count(number: Any, urgent: bool = False) -> SafeString:
    """A count beside a word; red only when overdue or due within three days."""
    if not number:
        return mark_safe("")
    return format_html(
        '<span class="ql-count{}">{}</span>', "" if urgent else " ql-count-quiet", num(number)
    )


@register.simple_tag
def heat_cell(
    status: Any,
    numerator: Any = None,
    denominator: Any = None,
    unknown: Any = 0,
    url: str = "",
    name: Any = "",
    column: Any = "",
) -> SafeString:
    """One `<td>` of the village × indicator table: light, met/should, unknown, link to its list.

    `name` (village) and `column` (indicator) begin the title; a phone shows `column`.
    """
    key = str(status or "").upper()
    if key not in LIGHTS:
        return format_html(
            '<td class="is-blank" data-t="{}"><span class="ql-cell"></span></td>', column
        )
    css, _shape, word = LIGHTS[key]
    name = f"{name} {column}".strip()
    if denominator:
        unknowns = format_html(" <em>{}{}</em>", _("未知"), unknown) if unknown else ""
        figures = format_html(
            '<span class="n">{}/{}{}</span>', num(numerator), num(denominator), unknowns
        )
        title = _("%(name)s：%(word)s，应达标 %(all)s，达标 %(met)s，未知 %(unknown)s") % {
            "name": name,
            "word": word,
            "all": num(denominator),
            "met": num(numerator),
            "unknown": num(unknown or 0),
        }
    else:
        figures = mark_safe('<span class="n">—</span>')
        title = f"{name}：{word}"
    content = format_html("{}{}", light(key), figures)
    if url:
        content = format_html('<a class="ql-cell" href="{}" title="{}">{}</a>', url, title, content)
    else:
        content = format_html('<span class="ql-cell" title="{}">{}</span>', title, content)
    return format_html('<td class="is-{}" data-t="{}">{}</td>', css, column, content)


@register.simple_tag
def progress_bar(done: Any, total: Any, label: Any = "") -> SafeString:
    """A bar, green when complete: `{% progress_bar done total "入户核查" %}`."""
    complete = bool(total) and done >= total
    return format_html(
        '<progress class="ql-progress{}" max="{}" value="{}" aria-label="{}"></progress>',
        " is-met" if complete else "",
        total or 1,
        done or 0,
        label or _("进度"),
    )


# ---------- figures and dates ----------


@register.filter
def num(value: Any) -> str:
    """1,234; empty for no data, so that blank and 0 stay apart."""
    if value is None or value == "":
        return ""
    try:
        return f"{value:,}"
    except (TypeError, ValueError):
        return str(value)


@register.filter
def money(value: Any) -> str:
    """126,400.00; empty for no data."""
    if value is None or value == "":
        return ""
    try:
        return f"{Decimal(value).quantize(Decimal('0.01'), ROUND_HALF_UP):,}"
    except InvalidOperation:
        return str(value)


@register.filter
def rate(numerator: Any, denominator: Any) -> str:
    """96.83% with two decimals, half up; empty when there is nothing to divide by."""
    if numerator is None or not denominator:
        return ""
    share = Decimal(numerator) * 100 / Decimal(denominator)
    return f"{share.quantize(Decimal('0.01'), ROUND_HALF_UP)}%"


@register.filter
def signed(value: Any) -> str:
    """+84, −6 or 0, for differences."""
    if value is None or value == "":
        return ""
    return f"＋{value:,}" if value > 0 else f"−{-value:,}" if value < 0 else "0"


@register.filter
def dash(value: Any) -> Any:
    """— for what does not apply. Not for missing data, which stays blank."""
    return "—" if value in (None, "") else value


@register.filter(expects_localtime=True)
def iso(value: Any) -> str:
    """2019-11-05, or 2019-11-05 10:32 for a moment."""
    if not value:
        return ""
    return date_format(value, "Y-m-d H:i" if hasattr(value, "hour") else "Y-m-d")


@register.filter
def paper_date(value: date | None) -> str:
    """2019年11月5日, for paper and sentences."""
    return f"{value.year}年{value.month}月{value.day}日" if value else ""


@register.filter
def paper_month(value: date | None) -> str:
    """2019年10月."""
    return f"{value.year}年{value.month}月" if value else ""


@register.filter
def weekday(value: date | None) -> str:
    """星期二."""
    return f"星期{'一二三四五六日'[value.weekday()]}" if value else ""


# ---------- lists ----------


def _address(context: template.Context, **changes: Any) -> str:
    """The current query string with changes; None or "" takes a key out."""
    request = context.get("request")
    query = request.GET.copy() if request else None
    if query is None:
        return "?"
    for key, value in changes.items():
        query.pop(key, None)
        if value not in (None, ""):
            query[key] = str(value)
    return f"?{query.urlencode()}" if query else (request.path if request else "?")


@register.simple_tag(takes_context=True)
def qs(context: template.Context, **changes: Any) -> str:
    """Address of this page with some parameters changed: `{% qs status="NOT_MET" page=None %}`."""
    return _address(context, **changes)


@register.inclusion_tag("components/_pager.html", takes_context=True)
def pager(
    context: template.Context, page_obj: Page, sizes: Iterable[int] = (20, 50, 100)
) -> dict[str, Any]:
    """Footer of a list: number of rows, page size, pages, jump. Keeps the query string."""
    paginator = page_obj.paginator
    numbers = paginator.get_elided_page_range(page_obj.number, on_each_side=1, on_ends=1)
    request = context.get("request")
    kept = [(k, v) for k, values in (request.GET.lists() if request else []) for v in values]
    return {
        "page_obj": page_obj,
        "count": getattr(paginator, "count_label", num(paginator.count)),
        "capped": getattr(paginator, "is_capped", False) and not page_obj.has_next(),
        "pages": [
            (n, _address(context, page=n)) if isinstance(n, int) else (n, "") for n in numbers
        ],
        "previous": _address(context, page=page_obj.number - 1) if page_obj.has_previous() else "",
        "next": _address(context, page=page_obj.number + 1) if page_obj.has_next() else "",
        "sizes": list(sizes),
        "size": paginator.per_page,
        "kept_for_size": [pair for pair in kept if pair[0] not in {"page", "size"}],
        "kept_for_jump": [pair for pair in kept if pair[0] != "page"],
        "target": context.get("table_id", ""),
        "path": request.path if request else "",
    }


@register.inclusion_tag("components/_sort_head.html", takes_context=True)
def sort_head(
    context: template.Context, key: str, label: Any, css: str = "", unit: Any = "", colspan: int = 1
) -> dict[str, Any]:
    """A `<th>` that sorts: `{% sort_head "name" "户主" %}`; key of the view's `sort_fields`."""
    current = str(context.get("sort") or "")
    state = {key: "ascending", f"-{key}": "descending"}.get(current, "")
    return {
        "label": label,
        "css": css,
        "unit": unit,
        "colspan": colspan,
        "state": state,
        "url": _address(context, sort=f"-{key}" if state == "ascending" else key, page=None),
        "target": context.get("table_id", ""),
    }


def _say_all(field: Any) -> None:
    """No condition reads 全部 (FILTERS_EMPTY_CHOICE_LABEL says so for the other kinds)."""
    widget = field.widget
    if isinstance(widget, NullBooleanSelect) or isinstance(getattr(widget, "choices", None), list):
        widget.choices = [
            (
                value,
                _("全部") if value in ("", "unknown") and str(label) in _NO_CONDITION else label,
            )
            for value, label in widget.choices
        ]


@register.inclusion_tag("components/_query_bar.html", takes_context=True)
def query_bar(
    context: template.Context, form: Form, target: str = "", keep: str = "area,sort,size"
) -> dict[str, Any]:
    """The conditions of a list from a FilterSet's form: 查询, 重置 and, past seven fields, 展开."""
    request = context.get("request")
    visible: list[BoundField] = form.visible_fields()
    for field in form.fields.values():
        _say_all(field)
    first = visible if len(visible) <= QUERY_FIELDS_SHOWN else visible[:QUERY_FIELDS_SHOWN]
    more = visible[len(first) :]
    kept_keys = [k for k in keep.split(",") if k and k not in form.fields]
    kept = [(k, request.GET[k]) for k in kept_keys if request and request.GET.get(k)]
    reset = [(k, v) for k, v in kept if k == "area"]
    path = request.path if request else ""
    return {
        "form": form,
        "first": first,
        "more": more,
        "folds": len(visible) > 1,
        "more_open": any(getattr(field, "is_filled", False) for field in more or first[1:]),
        "kept": kept,
        "reset_url": path + "".join(f"?area={value}" for _key, value in reset),
        "path": path,
        "target": target or context.get("table_id", ""),
    }


# ---------- frame ----------


@register.inclusion_tag("components/_area_crumb.html", takes_context=True)
def area_crumb(context: template.Context, area: Any = None, path: str = "") -> dict[str, Any]:
    """The bar under the top bar: the area's trail, the picker, business date, date of the figures.

    Links keep the page and change `?area=`; give `area_path` where that should be another page.
    """
    frame = context.get("frame")
    request = context.get("request")
    path = path or str(context.get("area_path") or "") or (request.path if request else "")
    trail = area_trail(request, area)[-TRAIL_SHOWN:] if request is not None else []
    links = [(place, f"{path}?area={place.pk}") for place in trail]
    columns = area_columns(request, area) if request is not None else []
    reachable = {place.pk for column in columns for place in column}
    return {
        "frame": frame,
        "ancestors": [
            (place, url if place.pk in reachable or not columns else "")
            for place, url in links[:-1]
        ],
        "current": links[-1] if links else None,
        "leaf": context.get("crumb", ""),
        "columns": [
            [(place, f"{path}?area={place.pk}", place in trail) for place in column]
            for column in columns
        ],
        "info": context.get("crumb_info", ""),
    }


@register.simple_tag(takes_context=True)
def operation_key(context: template.Context) -> SafeString:
    """Hidden field that makes a form sent twice act once; the view's own key if it gave one."""
    key = context.get("operation_key") or operations.new_key()
    return format_html('<input type="hidden" name="operation_key" value="{}">', key)


# ---------- larger components ----------


@register.inclusion_tag("components/_errors.html")
def error_summary(form: Any, note: Any = "") -> dict[str, Any]:
    """Errors of a form (or a list of forms) at the top, each a link to its field."""
    forms = list(form) if isinstance(form, list | tuple) else [form]
    rows = []
    for each in forms:
        if not each.is_bound:
            continue
        rows += [("", "", message) for message in each.non_field_errors()]
        for field in each:
            rows += [
                (field.id_for_label or field.auto_id, field.label, message)
                for message in field.errors
            ]
    return {"rows": rows, "note": note}


@register.inclusion_tag("components/_sum.html")
def sum_line(
    opening: int,
    new: int,
    reopened: int,
    closed: int,
    closing: int,
    urls: Mapping[str, str] | None = None,
    opening_label: Any = "",
    closing_label: Any = "",
) -> dict[str, Any]:
    """期初 ＋ 新增 ＋ 反弹 − 销号 ＝ 期末. `urls` has the keys of the five figures, or some."""
    urls = urls or {}
    return {
        "parts": [
            ("", opening, opening_label or _("期初"), urls.get("opening", "")),
            ("＋", new, _("新增"), urls.get("new", "")),
            ("＋", reopened, _("反弹"), urls.get("reopened", "")),
            ("−", closed, _("销号"), urls.get("closed", "")),
            ("＝", closing, closing_label or _("期末"), urls.get("closing", "")),
        ]
    }


@register.inclusion_tag("components/_deadline.html")
def deadline(due: date, today: date, note: Any = "", sent: bool = False) -> dict[str, Any]:
    """Days to a due date and the strip of days 1 to it: `{% deadline due today "…" %}`."""
    left = (due - today).days

    def state(day: int) -> str:
        if day == due.day:
            return "is-due"
        at = due.replace(day=day)
        return "is-now" if at == today else "is-past" if at < today else ""

    return {
        "left": left,
        "late": -left,
        "due": due,
        "note": note,
        "sent": sent,
        "days": [
            (day, "is-now is-due" if due == today and day == due.day else state(day))
            for day in range(1, due.day + 1)
        ],
    }


@register.inclusion_tag("components/_job.html")
def job_card(
    job: Any, url: str, title: Any = "", done_url: str = "", done_label: Any = ""
) -> dict[str, Any]:
    """Progress of a job that asks `url` every 2 s; that view answers 286 once it is over.

    `url` renders the same component with `done_url`; see core.listing.job_response.
    """
    state = str(job.state)
    return {
        "job": job,
        "url": url,
        "title": title,
        "done_url": done_url,
        "done_label": done_label,
        "alive": state in {"QUEUED", "RUNNING"},
        "queued": state == "QUEUED",
        "failed": state == "FAILED",
    }
