import io
import sys
import zipfile
from datetime import date

import pytest

from imports.columns import KINDS
from imports.parsing import UnreadableFile, parse_file
from imports.parsing import reader as reading
from imports.parsing.gate import Limits, inspect
from imports.parsing.reader import read_workbook
from tests.support import workbooks as w

ON = date(2019, 11, 5)
GOOD = w.persons_xlsx([w.person()])


def refusal(data, **options):
    with pytest.raises(UnreadableFile) as caught:
        read_workbook(data, **options)
    assert caught.value.message
    assert caught.value.cure
    return caught.value.code


@pytest.mark.parametrize("data", [b"", b"   \r\n", b"\x00" * 100])
def test_empty_file(data):
    assert refusal(data) == "empty_file"


def test_workbook_without_content():
    assert refusal(w.xlsx([])) == "empty_file"


def test_too_many_bytes():
    with pytest.raises(UnreadableFile) as caught:
        inspect(b"a,b\n" * 100, limits=Limits(bytes=100))
    assert caught.value.code == "file_too_large"


@pytest.mark.parametrize(
    "data",
    [
        b"%PDF-1.7 something",
        b"\x89PNG\r\n\x1a\n\x00\x00",
        b"GIF89a\x01\x00\x00",
        b'<?xml version="1.0"?><a/>',
        b"{\\rtf1 hello}",
        b"a\x01b,\x02c",
    ],
)
def test_other_formats(data):
    assert refusal(data) == "unknown_format"


def test_zip_that_is_no_workbook():
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("word/document.xml", "<a/>")
    assert refusal(out.getvalue()) == "unknown_format"


def test_far_corner_bomb_is_refused_before_any_reader():
    def far(book):
        book.active["A1"] = "a"
        book.active["XFD1048576"] = "b"

    assert refusal(w.xlsx([], change=far)) == "range_too_large"


def test_far_corner_in_disguise_kills_only_the_child():
    bomb = w.sheet_xml(
        '<row r="1"><c r="A1"><v>1</v></c></row>'
        '<row r="1048576"><c r="&#88;FD1048576"><v>1</v></c></row>'
    )
    assert refusal(w.repacked(GOOD, {w.SHEET_PART: bomb})) in (
        "damaged",
        "reader_died",
        "range_too_large",
    )
    assert read_workbook(GOOD).sheets


def test_formatted_but_empty_far_cells_are_harmless():
    def far(book):
        book.active["XFD1048576"].number_format = "@"

    assert len(read_workbook(w.persons_xlsx([w.person()], change=far)).sheets[0].rows) == 4


def test_zip_bomb_by_ratio():
    bomb = w.sheet_xml('<row r="1">' + "<c><v>1</v></c>" * 500_000 + "</row>")
    assert refusal(w.repacked(GOOD, {w.SHEET_PART: bomb})) == "inflates_too_large"


def test_inflated_bytes_are_counted():
    limits = Limits(inflated_bytes=1000)
    assert refusal(GOOD, limits=limits) == "inflates_too_large"


def test_too_many_cells_and_rows_are_refused_not_cut():
    assert refusal(GOOD, limits=Limits(cells=10)) == "too_many_cells"
    assert refusal(GOOD, limits=Limits(rows=3)) == "range_too_large"


def test_one_huge_text():
    xml = w.sheet_xml(
        f'<row r="1"><c r="A1" t="inlineStr"><is><t>{"长" * 40_000}</t></is></c></row>'
    )
    assert refusal(w.repacked(GOOD, {w.SHEET_PART: xml})) == "text_too_long"


def test_many_entries():
    assert (
        refusal(w.repacked(GOOD, {}, more={f"a/{n}.xml": b"<a/>" for n in range(300)}))
        == "too_many_entries"
    )


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("../evil.xml", "bad_entry_name"),
        ("/evil.xml", "bad_entry_name"),
        ("XL/workbook.xml", "duplicate_entry"),
        ("xl/vbaProject.bin", "macros"),
        ("xl/externalLinks/externalLink1.xml", "external_links"),
        ("xl/connections.xml", "connections"),
        ("xl/embeddings/oleObject1.bin", "embedded_files"),
        ("inner.zip", "embedded_files"),
    ],
)
def test_parts_refused_by_name(name, code):
    assert refusal(w.repacked(GOOD, {}, more={name: b"<a/>"})) == code


def test_external_relation_is_refused_and_a_link_is_not():
    rel = (
        '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
        '<Relationship Id="rId1" Type="http://x/{kind}" Target="http://example.com/"'
        ' TargetMode="External"/></Relationships>'
    )
    name = "xl/worksheets/_rels/sheet1.xml.rels"

    assert (
        refusal(w.repacked(GOOD, {}, more={name: rel.format(kind="image").encode()}))
        == "external_links"
    )
    assert read_workbook(w.repacked(GOOD, {}, more={name: rel.format(kind="hyperlink").encode()}))


def test_doctype_is_refused():
    xml = b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "c">]><worksheet/>'
    assert refusal(w.repacked(GOOD, {w.SHEET_PART: xml})) == "doctype"


def test_utf16_part_is_refused():
    xml = '<?xml version="1.0" encoding="UTF-16"?><worksheet/>'.encode("utf-16")
    assert refusal(w.repacked(GOOD, {w.SHEET_PART: xml})) == "bad_encoding"


def test_encrypted_entry():
    data = bytearray(GOOD)
    at = data.find(b"PK\x01\x02")
    data[at + 8] |= 1
    assert refusal(bytes(data)) == "password"


def test_overlapping_entries():
    data = bytearray(GOOD)
    first = data.find(b"PK\x01\x02")
    second = data.find(b"PK\x01\x02", first + 4)
    data[second + 42 : second + 46] = data[first + 42 : first + 46]
    assert refusal(bytes(data)) in ("overlapping_entries", "damaged")


@pytest.mark.parametrize("cut", [100, 1000, -30])
def test_cut_file_is_damaged(cut):
    assert refusal(GOOD[:cut]) == "damaged"


def test_password_protected_ole():
    data = (
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\x00" * 500 + "EncryptedPackage".encode("utf-16-le")
    )
    assert refusal(data) == "password"


def test_damaged_ole():
    assert refusal(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\x00" * 2000) == "damaged"


def test_undecodable_text_names_row_and_byte():
    with pytest.raises(UnreadableFile) as caught:
        read_workbook("姓名,证件号码\n张".encode("gb18030")[:-1])

    assert caught.value.code == "undecodable"
    assert "第 2 行" in caught.value.message


def test_mojibake_is_refused():
    assert refusal("姓名,证件号码\n锟斤拷,1".encode()) == "mojibake"


def test_dead_child_is_a_finding(monkeypatch, tmp_path):
    dying = tmp_path / "child.py"
    dying.write_text("import os; print('[0,[1', flush=True); os.abort()")
    monkeypatch.setattr(reading, "CHILD", dying)

    assert refusal(GOOD) == "reader_died"


def test_slow_child_is_killed(monkeypatch, tmp_path):
    slow = tmp_path / "child.py"
    slow.write_text("import time; time.sleep(60)")
    monkeypatch.setattr(reading, "CHILD", slow)
    monkeypatch.setattr(reading, "WALL_SECONDS", 0.2)

    assert refusal(GOOD) == "reader_died"


def test_child_sees_no_environment(monkeypatch, tmp_path):
    spy = tmp_path / "child.py"
    spy.write_text(
        "import os,json\nname=','.join(sorted(os.environ))\n"
        "print(json.dumps({'sheet':0,'name':name,'hidden':False,'merged':[]}))\n"
        "print(json.dumps([0,['x']]))\nprint(json.dumps({'end':True}))"
    )
    monkeypatch.setenv("SECRET_KEY", "secret")
    monkeypatch.setattr(reading, "CHILD", spy)

    assert "SECRET_KEY" not in read_workbook(GOOD).sheets[0].name
    assert sys.executable


def test_hidden_content_is_read_and_reported():
    def hide(book):
        book.active.row_dimensions[4].hidden = True
        book.active.column_dimensions["B"].hidden = True
        book.create_sheet("另一张")["A1"] = "x"

    parsed = parse_file(w.persons_xlsx([w.person()], change=hide), KINDS["persons"], on=ON)

    assert {note.code for note in parsed.notes} == {"hidden_rows", "hidden_columns", "other_sheets"}
    assert parsed.rows[0].is_good
