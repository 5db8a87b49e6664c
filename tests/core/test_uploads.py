"""Files from outside: recognised by content, kept without anything but their pixels, bounded."""

import contextlib
import io
import zipfile
import zlib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from core import uploads
from core.uploads import JPEG, PDF, PNG, Refused, accept, clean_name

MAX = 10 * 1024 * 1024
PLACE = {1: "N", 2: (41.0, 2.0, 3.0), 3: "E", 4: (110.0, 3.0, 2.0)}
XMP = b"<x:xmpmeta><rdf:Description exif:GPSLatitude='41,2.05N'/></x:xmpmeta>"


def picture(
    kind: str = "JPEG", size: tuple[int, int] = (60, 40), mode: str = "RGB", **more: Any
) -> bytes:
    out = io.BytesIO()
    Image.new(mode, size, "red").save(out, kind, **more)
    return out.getvalue()


def located(kind: str, **more: Any) -> bytes:
    """A picture that says where it was taken, in EXIF and XMP, lying on its side."""
    exif = Image.Exif()
    exif[0x0112], exif[0x8825], exif[0x0132] = 6, PLACE, "2019:11:05 10:32:00"
    exif[0x010F] = "SECRETCAM"
    return picture(kind, exif=exif.tobytes(), **more)


def pdf(body: bytes = b"", tail: bytes = b"") -> bytes:
    return (
        b"%PDF-1.4\n1 0 obj\n<< /Type /Catalog >>\nendobj\n"
        + body
        + b"\nxref\n0 1\ntrailer\n<< /Root 1 0 R >>\nstartxref\n9\n%%EOF\n"
        + tail
    )


def opened(data: bytes) -> Image.Image:
    return Image.open(io.BytesIO(data))


def code_of(data: bytes, *, max_bytes: int = MAX) -> str:
    with pytest.raises(Refused) as refused:
        accept(data, max_bytes=max_bytes)
    assert refused.value.text
    return refused.value.code


@pytest.mark.parametrize(("kind", "becomes"), [("JPEG", JPEG), ("PNG", PNG), ("HEIF", JPEG)])
def test_pictures_are_kept_with_a_preview(kind: str, becomes: str) -> None:
    kept = accept(picture(kind, (800, 600)), max_bytes=MAX)

    assert kept.content_type == becomes
    assert opened(kept.data).size == (800, 600)
    assert opened(kept.preview).size == (320, 240)


def test_pdf_is_kept_as_it_is() -> None:
    kept = accept(pdf(), max_bytes=MAX)

    assert (kept.content_type, kept.data, kept.preview) == (PDF, pdf(), b"")


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "HEIF"])
def test_place_and_everything_else_beside_the_pixels_is_gone(kind: str) -> None:
    sent = located(kind, **({"xmp": XMP} if kind != "PNG" else {}))
    assert b"SECRETCAM" in sent

    kept = accept(sent, max_bytes=MAX)

    for data in (kept.data, kept.preview):
        assert not opened(data).getexif()
        for word in (b"Exif", b"SECRETCAM", b"GPS", b"xmpmeta", b"2019:11:05", b"ICC_PROFILE"):
            assert word not in data


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "HEIF"])
def test_place_is_kept_by_parameter_and_nothing_else(kind: str) -> None:
    kept = accept(located(kind), max_bytes=MAX, keep_location=True)

    exif = opened(kept.data).getexif()
    assert dict(exif.get_ifd(0x8825)) == PLACE
    assert exif[0x0132] == "2019:11:05 10:32:00"
    assert b"SECRETCAM" not in kept.data
    assert not opened(kept.preview).getexif()


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "HEIF"])
def test_pictures_are_turned_upright_before_their_marks_go(kind: str) -> None:
    assert opened(accept(located(kind), max_bytes=MAX).data).size == (40, 60)


@pytest.mark.parametrize("mode", ["RGBA", "LA", "L", "P", "1", "I;16"])
def test_every_sort_of_png_becomes_plain(mode: str) -> None:
    out = io.BytesIO()
    Image.new(mode, (30, 20)).save(out, "PNG")

    assert opened(accept(out.getvalue(), max_bytes=MAX).data).mode == "RGB"


def test_large_photographs_are_made_smaller() -> None:
    kept = accept(picture("JPEG", (6000, 4500)), max_bytes=MAX)

    assert max(opened(kept.data).size) == uploads.LONGEST_EDGE


def test_more_pixels_than_allowed_are_refused_before_they_are_decoded() -> None:
    """50,000 × 50,000 pixels said by a header of a few bytes."""

    def chunk(name: bytes, body: bytes) -> bytes:
        return (
            len(body).to_bytes(4, "big") + name + body + zlib.crc32(name + body).to_bytes(4, "big")
        )

    size = (50_000).to_bytes(4, "big")
    header = chunk(b"IHDR", size + size + b"\x08\x02\x00\x00\x00")
    bomb = (
        b"\x89PNG\r\n\x1a\n"
        + header
        + chunk(b"IDAT", zlib.compress(bytes(1000)))
        + chunk(b"IEND", b"")
    )

    assert code_of(bomb) == "too_many_pixels"


def test_too_many_pixels_in_a_real_picture() -> None:
    assert code_of(picture("PNG", (9000, 6000), mode="1")) == "too_many_pixels"


def test_animations_keep_their_first_picture() -> None:
    out = io.BytesIO()
    frames = [Image.new("RGB", (20, 20), colour) for colour in ("red", "blue", "green")]
    frames[0].save(out, "PNG", save_all=True, append_images=frames[1:])

    assert getattr(opened(accept(out.getvalue(), max_bytes=MAX).data), "n_frames", 1) == 1


def zipped() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as book:
        book.writestr("hidden.txt", "payload")
    return out.getvalue()


@pytest.mark.parametrize("tail", [b"<script>alert(1)</script>", zipped(), b"\x00" * 100])
@pytest.mark.parametrize("kind", ["JPEG", "PNG"])
def test_what_hangs_behind_a_picture_is_dropped(kind: str, tail: bytes) -> None:
    kept = accept(picture(kind) + tail, max_bytes=MAX)

    assert b"script" not in kept.data
    assert b"hidden.txt" not in kept.data


@pytest.mark.parametrize(
    "data",
    [
        b"<html><script>alert(1)</script></html>",
        b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>',
        b"GIF89a/*" + b"\x00" * 40 + b"*/=1;alert(1)",
        b"MZ" + b"\x00" * 100,
        zipped(),
        b"BM" + b"\x00" * 100,
        b" %PDF-1.4",
    ],
)
def test_other_kinds_are_refused_whatever_they_are_called(data: bytes) -> None:
    assert code_of(data) == "unknown_kind"


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "HEIF"])
@pytest.mark.parametrize("part", [0.05, 0.5, 0.9])
def test_truncated_pictures_are_refused(kind: str, part: float) -> None:
    out = io.BytesIO()
    Image.effect_noise((300, 200), 80).convert("RGB").save(out, kind)
    sent = out.getvalue()

    assert code_of(sent[: int(len(sent) * part)]) in {"damaged", "unknown_kind"}


@pytest.mark.parametrize(
    "head", [b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"\x00\x00\x00\x18ftypheic"]
)
def test_only_the_first_bytes_of_a_picture_are_damaged(head: bytes) -> None:
    assert code_of(head + b"garbage" * 30) == "damaged"


def test_empty_and_too_large() -> None:
    assert code_of(b"") == "empty"
    assert code_of(picture(), max_bytes=100) == "too_large"


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"<< /S /JavaScript /JS (app.alert(1)) >>", "active"),
        (b"<< /S /J#61vaScript >>", "active"),
        (b"<< /S /Launch /F (cmd.exe) >>", "active"),
        (b"<< /Type /EmbeddedFile >>", "active"),
        (b"<< /EmbeddedFiles 5 0 R >>", "active"),
        (b"<< /XFA 5 0 R >>", "active"),
        (b"<< /Encrypt 4 0 R >>", "locked"),
    ],
)
def test_pdf_files_that_act_are_refused(body: bytes, code: str) -> None:
    assert code_of(pdf(body)) == code


def packed(body: bytes) -> bytes:
    return (
        b"5 0 obj\n<< /Type /ObjStm /N 1 /First 4 /Filter /FlateDecode /Length 9 >>\nstream\n"
        + zlib.compress(body)
        + b"\nendstream\nendobj"
    )


def test_acts_hidden_in_packed_objects_are_found() -> None:
    assert code_of(pdf(packed(b"7 0 << /S /JavaScript >>"))) == "active"
    assert accept(pdf(packed(b"7 0 << /S /GoTo >>")), max_bytes=MAX).content_type == PDF


def test_pdf_that_unpacks_without_end_is_refused() -> None:
    assert code_of(pdf(packed(bytes(uploads.MAX_UNPACKED + 1)))) == "too_large"


def test_pdf_with_unreadable_packed_objects_is_refused() -> None:
    broken = packed(b"x").replace(zlib.compress(b"x"), b"not deflated at all")

    assert code_of(pdf(broken)) == "damaged"


@pytest.mark.parametrize("data", [pdf()[:-30], pdf(tail=b"PK\x03\x04"), b"%PDF-1.4"])
def test_cut_or_lengthened_pdf_is_refused(data: bytes) -> None:
    assert code_of(data) == "damaged"


def test_place_of_a_photograph_inside_a_pdf_is_blanked_at_equal_length() -> None:
    photo = located("JPEG")
    sent = pdf(
        b"<< /Subtype /Image >>\nstream\n" + photo + b"\nendstream\n" + b'exif:GPSLatitude="41,2N"'
    )

    kept = accept(sent, max_bytes=MAX).data

    assert len(kept) == len(sent)
    assert b"SECRETCAM" not in kept
    assert b"41,2N" not in kept
    inside = kept[kept.index(b"\xff\xd8") : kept.index(b"\nendstream")]
    assert opened(inside).size == (60, 40)


@given(
    st.binary(max_size=400),
    st.sampled_from([b"", b"\xff\xd8\xff\xe0", b"%PDF-1.7\n", b"\x89PNG\r\n\x1a\n"]),
)
def test_any_bytes_are_kept_or_refused(body: bytes, head: bytes) -> None:
    with contextlib.suppress(Refused):
        assert accept(head + body, max_bytes=MAX).data


@pytest.mark.parametrize(
    ("sent", "shown"),
    [
        ("鉴定书.jpg", "鉴定书.jpg"),
        ("../../etc/passwd", "passwd"),
        ("C:\\照片\\房.heic", "房.heic"),
        ("a\x00b\u202egpj.exe", "abgpj.exe"),
        ("  . ", ""),
        ("长" * 300 + ".jpg", "长" * 116 + ".jpg"),
        ("无" * 300, "无" * 120),
    ],
)
def test_names_are_only_shown(sent: str, shown: str) -> None:
    assert clean_name(sent) == shown


@given(st.text())
def test_any_name_can_be_shown(name: str) -> None:
    shown = clean_name(name)

    assert len(shown) <= 120
    assert not set(shown) & set("/\\\x00\n\r")
