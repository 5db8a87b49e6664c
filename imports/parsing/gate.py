"""The gate every uploaded file passes before a spreadsheet library sees it.

A 1.7 KB workbook can kill a fast reader and hang a slow one, so size, container and cell range are
judged here on the bytes alone: format by magic number and never by file name, entries counted while
they inflate, parts with programs or outside connections refused by name. What a fast reader cannot
tell (formulas saved without a result, error cells, hidden rows) is noted on the way.
"""

from __future__ import annotations

import codecs
import io
import re
import stat
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal
from xml.etree.ElementTree import Element

from defusedxml.ElementTree import fromstring
from django.utils.translation import gettext as _

Format = Literal["xlsx", "ods", "ole", "csv", "html"]

MEGABYTE = 1024 * 1024
_ZIP, _OLE = b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_CHUNK = MEGABYTE
_ODS = b"application/vnd.oasis.opendocument.spreadsheet"
_MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"

_END_OF_DIRECTORY = b"PK\x05\x06"
_HTML = re.compile(
    r"\A\s*(?:<\?xml[^>]*>\s*)?(?:<!--.*?-->\s*)*<(?:!doctype\s+html|html|table|meta|head|style)\b",
    re.I | re.S,
)
# Cells beyond column 200 (GR) or row 200,000; empty formatted cells (self-closed) do no harm and
# are common.
_FAR = (
    rb"""\br\s*=\s*["']"""
    rb"""(?:[A-Z]{3,}[0-9]+|G[S-Z][0-9]+|[H-Z][A-Z][0-9]+"""
    rb"""|[A-Z]+(?:[0-9]{7,}|[3-9][0-9]{5}|2(?!00000["'])[0-9]{5}))["']"""
)
_FAR_REFERENCE = re.compile(_FAR)  # Quick look first; the exact pattern is slow.
_FAR_CELL = re.compile(rb"<(?:\w+:)?c\b[^>]*?" + _FAR + rb"(?:[^>]*[^/>])?>")
_LONG_TEXT = re.compile(rb">([^<]{32768,})")
_FORMULA = re.compile(rb"<(?:\w+:)?f[\s>/]")
_FORMULA_WITHOUT_RESULT = re.compile(
    rb"""<(?:\w+:)?c\b[^>]*?\br=["']([A-Z]+)([0-9]+)["'][^>]*>\s*"""
    rb"""<(?:\w+:)?f\b(?:[^>]*/>|[^>]*>[^<]*</(?:\w+:)?f>)\s*"""
    rb"""(?:<(?:\w+:)?v\s*/>|<(?:\w+:)?v>\s*</(?:\w+:)?v>)?\s*</(?:\w+:)?c>"""
)
_ERROR_CELL = re.compile(
    rb"""<(?:\w+:)?c\b(?=[^>]*?\bt=["']e["'])[^>]*?\br=["']([A-Z]+)([0-9]+)["'][^>]*[^/]>"""
)
_HIDDEN_ROW = re.compile(rb"""<(?:\w+:)?row\b[^>]*?\bhidden=["'](?:1|true)["']""")
_HIDDEN_COLUMN = re.compile(rb"""<(?:\w+:)?col\b[^>]*?\bhidden=["'](?:1|true)["']""")


@dataclass(frozen=True)
class Limits:
    """What one file may hold."""

    bytes: int = 20 * MEGABYTE
    entries: int = 200
    inflated_bytes: int = 300 * MEGABYTE
    inflated_entry_bytes: int = 200 * MEGABYTE
    ratio: int = 200
    ratio_from_bytes: int = 5 * MEGABYTE
    rows: int = 200_000
    columns: int = 200
    cells: int = 12_000_000
    text_characters: int = 32_767
    sheets: int = 50
    directory_bytes: int = 256 * 1024


LIMITS = Limits()


class UnreadableFile(Exception):
    """A file refused as a whole: a stable code, the reason and what the user can do."""

    def __init__(self, code: str, message: str, cure: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.cure = cure


@dataclass
class SheetNotes:
    """What the container says about one sheet. Cells are (row, column), both from zero."""

    formula_count: int = 0
    hidden_row_count: int = 0
    hidden_column_count: int = 0
    without_result: set[tuple[int, int]] = field(default_factory=set)
    error_cells: set[tuple[int, int]] = field(default_factory=set)


@dataclass
class Container:
    """A file that may be read: its format, the text of a text file, and notes by sheet number."""

    format: Format
    text: str = ""
    encoding: str = ""
    sheets: dict[int, SheetNotes] = field(default_factory=dict)
    is_1904: bool = False


def inspect(data: bytes, *, limits: Limits = LIMITS) -> Container:
    """The container of a file, by its bytes. Raises UnreadableFile."""
    if not data.strip(b"\x00 \t\r\n"):
        raise UnreadableFile("empty_file", _("文件是空的"), _("确认文件已保存后重新上传"))
    if len(data) > limits.bytes:
        raise UnreadableFile(
            "file_too_large",
            _("文件 %(size)d MB，超过上限 %(limit)d MB")
            % {"size": len(data) // MEGABYTE + 1, "limit": limits.bytes // MEGABYTE},
            _("按乡镇拆成几个文件，或删去图片后再上传"),
        )
    if data.startswith(_ZIP):
        return _inspect_zip(data, limits)
    if data.startswith(_OLE):
        return _inspect_ole(data)
    return _inspect_text(data)


def _inspect_ole(data: bytes) -> Container:
    for name in ("EncryptedPackage", "EncryptionInfo"):
        if name.encode("utf-16-le") in data:
            raise _password()
    if (
        "WordDocument".encode("utf-16-le") in data
        or "PowerPoint Document".encode("utf-16-le") in data
    ):
        raise _unknown_format()
    return Container("ole")


def _inspect_text(data: bytes) -> Container:
    text, encoding = _decode(data)
    if "\x00" in text:
        raise _unknown_format()
    if _HTML.match(text[:20_000]):
        return Container("html", text, encoding)
    if sum(1 for c in text[:4096] if c < " " and c not in "\t\r\n") or text.startswith(
        ("%PDF", "{\\rtf", "<?xml")
    ):
        raise _unknown_format()
    if "\ufffd" in text or "锟斤拷" in text:
        raise UnreadableFile(
            "mojibake",
            _("文件里已有乱码（锟斤拷），原来的汉字无法恢复"),
            _("回到原系统重新导出，另存为 .xlsx 后上传"),
        )
    return Container("csv", text, encoding)


def _decode(data: bytes) -> tuple[str, str]:
    """Strictly decoded text: UTF-16 only with its mark, then UTF-8, then GB 18030; never a
    replacement character.
    """
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        candidates = ["utf-16"]
    else:
        candidates = ["utf-8-sig", "gb18030"]
    for encoding in candidates:
        try:
            return data.decode(encoding), encoding
        except UnicodeDecodeError as error:
            position = error.start
    row = data[:position].count(b"\n") + 1
    raise UnreadableFile(
        "undecodable",
        _("第 %(row)d 行、第 %(byte)d 字节处的文字无法识别，文件可能不完整")
        % {"row": row, "byte": position + 1},
        _("用表格软件打开，另存为 .xlsx 后上传"),
    )


def _inspect_zip(data: bytes, limits: Limits) -> Container:
    _check_directory(data, limits)
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            return _inspect_archive(archive, len(data), limits)
    except (
        zipfile.BadZipFile,
        zlib.error,
        NotImplementedError,
        EOFError,
        OSError,
        ValueError,
    ) as error:
        raise UnreadableFile(
            "damaged", _("文件已损坏，无法打开"), _("用表格软件打开后另存为 .xlsx，再上传")
        ) from error


def _check_directory(data: bytes, limits: Limits) -> None:
    """Refuses a huge directory before `zipfile` builds an object for each entry."""
    at = data.rfind(_END_OF_DIRECTORY)
    if at < 0 or at + 22 > len(data):
        raise UnreadableFile("damaged", _("文件不完整"), _("重新下载或重新保存后上传"))
    entries = int.from_bytes(data[at + 10 : at + 12], "little")
    size = int.from_bytes(data[at + 12 : at + 16], "little")
    if entries > limits.entries or size > limits.directory_bytes:
        raise _bomb("too_many_entries", _("文件里的部件过多（%(count)d 个）") % {"count": entries})


def _inspect_archive(archive: zipfile.ZipFile, size: int, limits: Limits) -> Container:
    infos = archive.infolist()
    if len(infos) > limits.entries:
        raise _bomb(
            "too_many_entries", _("文件里的部件过多（%(count)d 个）") % {"count": len(infos)}
        )
    _check_entries(infos, size)
    names = {info.filename for info in infos}
    file_format = _zip_format(archive, names)
    container = Container(file_format)
    order = _sheet_order(archive, names, limits) if file_format == "xlsx" else {}
    if file_format == "xlsx" and len(order) > limits.sheets:
        raise _bomb("too_many_sheets", _("工作表过多（%(count)d 张）") % {"count": len(order)})
    total = cells = 0
    for info in infos:
        notes = SheetNotes()
        scan = _Scan(limits, notes, is_sheet="worksheets/" in info.filename)
        inflated = 0
        for chunk in _inflate(archive, info):
            inflated += len(chunk)
            if inflated > limits.inflated_entry_bytes or total + inflated > limits.inflated_bytes:
                raise _bomb("inflates_too_large", _("文件解压后过大"))
            if inflated > limits.ratio_from_bytes and inflated > limits.ratio * max(
                info.compress_size, 1
            ):
                raise _bomb("inflates_too_large", _("文件压缩比异常，疑似压缩炸弹"))
            if info.filename.lower().endswith((".xml", ".rels")):
                scan.feed(chunk)
        scan.finish()
        total += inflated
        cells += scan.cells
        if cells > limits.cells:
            raise _bomb(
                "too_many_cells", _("单元格过多（超过 %(limit)d 个）") % {"limit": limits.cells}
            )
        if info.filename in order:
            container.sheets[order[info.filename]] = notes
        if info.filename.endswith(".rels"):
            _check_relations(archive.read(info))
    if file_format == "xlsx":
        container.is_1904 = bool(
            re.search(rb"""date1904=["'](?:1|true)["']""", archive.read("xl/workbook.xml"))
        )
    return container


def _inflate(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> Iterator[bytes]:
    with archive.open(info) as part:
        while chunk := part.read(_CHUNK):
            yield chunk


def _check_entries(infos: list[zipfile.ZipInfo], size: int) -> None:
    seen: set[str] = set()
    end = 0
    for info in sorted(infos, key=lambda item: item.header_offset):
        name = info.filename
        if info.flag_bits & 0x1:
            raise _password()
        if ".." in name.split("/") or name.startswith("/") or "\\" in name or "\x00" in name:
            raise _bomb("bad_entry_name", _("文件结构异常（部件名越界）"))
        if name.lower() in seen:
            raise _bomb("duplicate_entry", _("文件结构异常（部件重名）"))
        if stat.S_ISLNK(info.external_attr >> 16):
            raise _bomb("linked_entry", _("文件结构异常（含链接）"))
        if info.header_offset < end or info.header_offset + info.compress_size > size:
            raise _bomb("overlapping_entries", _("文件结构异常（部件重叠）"))
        seen.add(name.lower())
        end = info.header_offset + 30 + info.compress_size
        _check_part_name(name.lower())


def _check_part_name(name: str) -> None:
    if name.endswith("vbaproject.bin") or "/macrosheets/" in name or "/activex/" in name:
        raise UnreadableFile("macros", _("文件带有宏，不予读取"), _("另存为不带宏的 .xlsx 后上传"))
    if "/externallinks/" in name:
        raise UnreadableFile(
            "external_links",
            _("文件引用了其他工作簿，不予读取"),
            _("在“数据—编辑链接”里断开链接，或复制为数值后另存"),
        )
    if name in ("xl/connections.xml",) or "/querytables/" in name:
        raise UnreadableFile(
            "connections", _("文件带有外部数据连接，不予读取"), _("复制为数值后另存为新的 .xlsx")
        )
    if "/embeddings/" in name or name.endswith(
        (".zip", ".exe", ".7z", ".rar", ".xlsm", ".js", ".vbs")
    ):
        raise UnreadableFile(
            "embedded_files", _("文件里嵌有其他文件，不予读取"), _("删去嵌入的对象后另存")
        )


def _zip_format(archive: zipfile.ZipFile, names: set[str]) -> Format:
    if "xl/workbook.xml" in names and "[Content_Types].xml" in names:
        return "xlsx"
    if "xl/workbook.bin" in names:
        raise UnreadableFile("xlsb", _("不支持 .xlsb 二进制工作簿"), _("另存为 .xlsx 后上传"))
    if {"mimetype", "content.xml"} <= names and _starts(archive, "mimetype", _ODS):
        manifest = "META-INF/manifest.xml"
        if manifest in names and b"encryption-data" in _head(archive, manifest, MEGABYTE):
            raise _password()
        return "ods"
    raise _unknown_format()


def _starts(archive: zipfile.ZipFile, name: str, start: bytes) -> bool:
    return _head(archive, name, len(start)) == start


def _head(archive: zipfile.ZipFile, name: str, length: int) -> bytes:
    with archive.open(name) as part:
        return part.read(length)


def _sheet_order(archive: zipfile.ZipFile, names: set[str], limits: Limits) -> dict[str, int]:
    """Part name of each worksheet → its place among the tabs."""
    rels_name = "xl/_rels/workbook.xml.rels"
    if rels_name not in names:
        return {}
    workbook, rels = _small_xml(archive, "xl/workbook.xml"), _small_xml(archive, rels_name)
    targets = {rel.get("Id"): rel.get("Target", "") for rel in rels}
    order: dict[str, int] = {}
    relation = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"
    for place, sheet in enumerate(workbook.iter(f"{_MAIN}sheet")):
        target = targets.get(sheet.get(relation), "")
        order[target.lstrip("/") if target.startswith("/") else f"xl/{target}"] = place
    return order


def _small_xml(archive: zipfile.ZipFile, name: str) -> Element:
    if archive.getinfo(name).file_size > MEGABYTE:
        raise _bomb("inflates_too_large", _("文件结构异常（目录部件过大）"))
    try:
        return fromstring(archive.read(name), forbid_dtd=True)
    except Exception as error:
        # defusedxml, expat and codec errors share no base class; all mean the same to the user.
        raise UnreadableFile(
            "damaged", _("文件结构无法识别"), _("用表格软件另存为 .xlsx 后上传")
        ) from error


def _check_relations(content: bytes) -> None:
    for relation in re.findall(rb"<(?:\w+:)?Relationship\b[^>]*>", content):
        if re.search(rb"""TargetMode\s*=\s*["']External["']""", relation) and not re.search(
            rb"""Type\s*=\s*["'][^"']*/hyperlink["']""", relation
        ):
            raise UnreadableFile(
                "external_links",
                _("文件引用了外部图片或其他文件，不予读取"),
                _("复制为数值，另存为新的 .xlsx 后上传"),
            )


class _Scan:
    """Reads one XML part in pieces; keeps at most one unfinished cell between pieces."""

    def __init__(self, limits: Limits, notes: SheetNotes, *, is_sheet: bool) -> None:
        self.limits, self.notes, self.is_sheet = limits, notes, is_sheet
        self.rest = b""
        self.cells = 0
        self.at_start = True

    def feed(self, chunk: bytes) -> None:
        if self.at_start:
            self._check_encoding(chunk)
            self.at_start = False
        buffer = self.rest + chunk
        cut = max(buffer.rfind(b"</c>") + 4, buffer.rfind(b"<row"), buffer.rfind(b"</si>") + 5)
        if cut < 5:
            cut = max(buffer.rfind(b"<"), 0)
        if len(buffer) - cut > 8 * self.limits.text_characters:
            self._check_text(buffer)
            cut = max(buffer.rfind(b"<"), 0)
            if len(buffer) - cut > 8 * self.limits.text_characters:
                raise self._long_text()
        self._scan(buffer[:cut])
        self.rest = buffer[cut:]

    def finish(self) -> None:
        self._scan(self.rest)
        self.rest = b""

    def _check_encoding(self, chunk: bytes) -> None:
        head = chunk[:200]
        declared = re.search(rb"""encoding\s*=\s*["']([^"']+)["']""", head)
        if b"\x00" in head or (
            declared and declared.group(1).lower() not in (b"utf-8", b"us-ascii", b"utf8")
        ):
            raise _bomb("bad_encoding", _("文件结构异常（部件编码不是 UTF-8）"))

    def _scan(self, part: bytes) -> None:
        if b"<!DOCTYPE" in part or b"<!ENTITY" in part:
            raise _bomb("doctype", _("文件结构异常（含文档类型声明）"))
        self._check_text(part)
        if self.is_sheet:
            self._scan_sheet(part)

    def _check_text(self, part: bytes) -> None:
        for match in _LONG_TEXT.finditer(part):
            if len(match.group(1).decode("utf-8", "ignore")) > self.limits.text_characters:
                raise self._long_text()

    def _long_text(self) -> UnreadableFile:
        return _bomb(
            "text_too_long",
            _("有单元格超过 %(limit)d 个字符") % {"limit": self.limits.text_characters},
        )

    def _scan_sheet(self, part: bytes) -> None:
        self.cells += part.count(b"<c ") + part.count(b"<c>")
        if _FAR_REFERENCE.search(part) and _FAR_CELL.search(part):
            raise _bomb(
                "range_too_large",
                _("有内容超出 %(rows)d 行或 %(columns)d 列")
                % {"rows": self.limits.rows, "columns": self.limits.columns},
                _("删去远处的多余单元格，或按乡镇拆成几个文件"),
            )
        notes = self.notes
        if _FORMULA.search(part):
            notes.formula_count += len(_FORMULA.findall(part))
            notes.without_result.update(map(_cell, _FORMULA_WITHOUT_RESULT.findall(part)))
        if b't="e"' in part or b"t='e'" in part:
            notes.error_cells.update(map(_cell, _ERROR_CELL.findall(part)))
        if b"hidden=" in part:
            notes.hidden_row_count += len(_HIDDEN_ROW.findall(part))
            notes.hidden_column_count += len(_HIDDEN_COLUMN.findall(part))


def _cell(reference: tuple[bytes, bytes]) -> tuple[int, int]:
    letters, digits = reference
    column = 0
    for letter in letters:
        column = column * 26 + letter - 64
    return int(digits) - 1, column - 1


def _bomb(code: str, message: str, cure: str = "") -> UnreadableFile:
    return UnreadableFile(code, message, cure or _("把数据复制到新建的 .xlsx 后上传"))


def _password() -> UnreadableFile:
    return UnreadableFile("password", _("文件有打开密码，无法读取"), _("请先取消文件密码，再上传"))


def _unknown_format() -> UnreadableFile:
    return UnreadableFile(
        "unknown_format",
        _("不是可以读取的表格文件"),
        _("用表格软件打开，另存为 .xlsx 后上传（可读 .xlsx .xls .et .ods .csv）"),
    )
