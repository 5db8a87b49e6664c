"""How headers are compared: without spaces, widths, marks and units."""

from __future__ import annotations

import re
import unicodedata

_UNIT = re.compile(
    r"[(\[【]\s*(?:单位[::]?)?\s*"
    r"(万元|元/年|元|亩|公顷|㎡|m2|m²|平方米|平方公里|公里|千米|km|米|m|个月|月|年|人|户|个|天|升)\s*[)\]】]",
    re.I,
)
_SAME_UNIT = {
    "元/年": "元",
    "m2": "㎡",
    "m²": "㎡",
    "平方米": "㎡",
    "千米": "公里",
    "km": "公里",
    "m": "米",
    "个月": "月",
}
_MARKS = re.compile(r"[*※★:]|\(必填\)|\(选填\)|\[必填\]")


def plain_header(text: str) -> str:
    """Half width, without spaces, line breaks and invisible characters."""
    if text.isascii() and text.isalnum():
        return text
    text = unicodedata.normalize("NFKC", text)
    return "".join(
        c for c in text if not c.isspace() and unicodedata.category(c) not in ("Cf", "Cc")
    )


def header_key(text: str) -> str:
    """The form in which two headers are the same."""
    return _MARKS.sub("", plain_header(text)).strip("'\"").lower()


def split_unit(text: str) -> tuple[str, str]:
    """A header without its unit in brackets, and the unit."""
    text = plain_header(text)
    found = _UNIT.search(text)
    if not found:
        return text, ""
    unit = found.group(1).lower()
    return text[: found.start()] + text[found.end() :], _SAME_UNIT.get(unit, unit)
