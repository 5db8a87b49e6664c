"""Files that people send: recognised by their content, never by their name, and made harmless.

Pictures are decoded and written again, so that nothing but their pixels is kept: no place, no hidden
second file. PDF files are kept as they are when they hold no script, no attachment and no lock.
"""

import io
import re
import threading
import unicodedata
import warnings
import zlib
from collections.abc import Iterator
from dataclasses import dataclass

import pillow_heif
from django.utils.translation import gettext as _
from PIL import Image, ImageOps

pillow_heif.register_heif_opener()
# By declared size a picture is refused below, before any of its pixels is decoded.
MAX_PIXELS = 50_000_000
LONGEST_EDGE = 4096  # pixels; an A4 page at 300 dpi has 3508
PREVIEW_EDGE = 320
QUALITY = 85
SHORTEST_FILE = 32  # bytes

JPEG, PNG, PDF = "image/jpeg", "image/png", "application/pdf"
SUFFIXES = {JPEG: ".jpg", PNG: ".png", PDF: ".pdf"}
HEIF_BRANDS = {b"heic", b"heix", b"hevc", b"heim", b"heis", b"mif1", b"msf1"}
GPS, TAKEN = 0x8825, 0x0132  # of EXIF: the place, the time

_one_picture_at_a_time = threading.Lock()  # a decoded picture takes up to 200 MB


class Refused(Exception):
    """The file is not taken; `text` says why and what to do, `code` is for programs."""

    def __init__(self, code: str, text: str) -> None:
        super().__init__(text)
        self.code, self.text = code, text


@dataclass(frozen=True)
class Accepted:
    """What is kept of a file. `preview` is a small JPEG, empty for a PDF file."""

    data: bytes
    content_type: str
    preview: bytes

    @property
    def suffix(self) -> str:
        return SUFFIXES[self.content_type]


def accept(data: bytes, *, max_bytes: int, keep_location: bool = False) -> Accepted:
    """A picture (JPEG, PNG, HEIC) or PDF file in the form in which it may be kept.

    HEIC becomes JPEG; pictures are turned upright and made no larger than LONGEST_EDGE. With
    `keep_location` a picture keeps the place and time of its taking. Raises Refused.
    """
    if not data:
        raise Refused("empty", _("文件是空的，请重新拍照或选择。"))
    if len(data) > max_bytes:
        limit = max_bytes // 1024 // 1024
        raise Refused("too_large", _("文件超过 %(n)d MB，请压缩后再上传。") % {"n": limit})
    kind = recognise(data)
    if kind == "PDF":
        return Accepted(_harmless_pdf(data), PDF, b"")
    if kind:
        with _one_picture_at_a_time:
            return _redrawn(data, kind, keep_location)
    raise Refused("unknown_kind", _("只收 JPG、PNG、HEIC 照片和 PDF 文件，这个文件不是。"))


def recognise(data: bytes) -> str:
    """JPEG, PNG, HEIF or PDF by the first bytes; "" for anything else."""
    if data[:3] == b"\xff\xd8\xff":
        return "JPEG"
    if data[:8] == b"\x89PNG\r\n\x1a\n":
        return "PNG"
    if data[4:8] == b"ftyp" and data[8:12] in HEIF_BRANDS:
        return "HEIF"
    return "PDF" if data[:5] == b"%PDF-" else ""


def clean_name(name: str, *, longest: int = 120) -> str:
    """A file's name as it may be shown: no folders, no control or direction signs, not too long."""
    name = unicodedata.normalize("NFC", name).replace("\\", "/").rpartition("/")[2]
    name = "".join(sign for sign in name if unicodedata.category(sign)[0] != "C").strip(" .")
    stem, dot, suffix = name.rpartition(".")
    if len(name) > longest and dot and len(suffix) < 8:
        return f"{stem[: longest - len(suffix) - 1]}.{suffix}"
    return name[:longest]


def _redrawn(data: bytes, kind: str, keep_location: bool) -> Accepted:
    damaged = Refused("damaged", _("照片打不开或不完整，请重新拍照或重新导出后上传。"))
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # oddities of cameras; what matters raises
            formats = ["JPEG", "MPO"] if kind == "JPEG" else [kind]
            with Image.open(io.BytesIO(data), formats=formats) as picture:
                if picture.width * picture.height > MAX_PIXELS:
                    raise _too_many_pixels()
                picture.draft("RGB", (LONGEST_EDGE, LONGEST_EDGE))
                exif = _place_and_time(picture) if keep_location else None
                upright = ImageOps.exif_transpose(picture)
                upright.thumbnail((LONGEST_EDGE, LONGEST_EDGE))
                drawn = _on_white(upright)
    except Refused:
        raise
    except Image.DecompressionBombError:
        raise _too_many_pixels() from None
    except Exception as error:  # decoders of foreign bytes raise whatever they like
        raise damaged from error
    content_type = PNG if kind == "PNG" else JPEG
    kept = _written(drawn, content_type, exif)
    drawn.thumbnail((PREVIEW_EDGE, PREVIEW_EDGE))
    return Accepted(kept, content_type, _written(drawn, JPEG, None))


def _too_many_pixels() -> Refused:
    return Refused("too_many_pixels", _("照片尺寸过大（超过 5000 万像素），请调低后再上传。"))


def _on_white(picture: Image.Image) -> Image.Image:
    """Only colours: what is transparent lies on white paper."""
    if picture.mode not in {"RGBA", "LA", "PA", "P"}:
        return _bare(picture.convert("RGB"))
    layer = picture.convert("RGBA")
    paper = Image.new("RGB", layer.size, "white")
    paper.paste(layer, mask=layer.getchannel("A"))
    return paper


def _bare(picture: Image.Image) -> Image.Image:
    """The same pixels without what Pillow would write beside them (profiles, comments)."""
    picture.info = {}
    return picture


def _written(picture: Image.Image, content_type: str, exif: Image.Exif | None) -> bytes:
    out = io.BytesIO()
    more = {"exif": exif} if exif else {}
    if content_type == PNG:
        picture.save(out, "PNG", **more)
    else:
        picture.save(out, "JPEG", quality=QUALITY, optimize=True, **more)
    return out.getvalue()


def _place_and_time(picture: Image.Image) -> Image.Exif | None:
    found, kept = picture.getexif(), Image.Exif()
    place = found.get_ifd(GPS)
    if place:
        kept[GPS] = dict(place)
    if TAKEN in found:
        kept[TAKEN] = found[TAKEN]
    return kept or None


# --- PDF -----------------------------------------------------------------------------------------

ACTS = re.compile(
    rb"/(JavaScript|JS|Launch|EmbeddedFiles?|RichMedia|SubmitForm|ImportData|GoToE|XFA)\b"
)
LOCKED = re.compile(rb"/Encrypt\b")
NAME_ESCAPE = re.compile(rb"#([0-9A-Fa-f]{2})")
OBJECT_STREAM = re.compile(
    rb"<<(?:(?!<<|stream).){0,400}?/ObjStm.{0,400}?>>\s*stream\r?\n", re.DOTALL
)
MAX_UNPACKED = 20 * 1024 * 1024


def _harmless_pdf(data: bytes) -> bytes:
    """The file itself, with the places of photographs inside it blanked at equal length."""
    end = data.rfind(b"%%EOF")
    if len(data) < SHORTEST_FILE or end < 0 or b"startxref" not in data:
        raise Refused("damaged", _("PDF 文件不完整，请重新扫描或导出后上传。"))
    if data[end + 5 :].strip(b"\r\n\t \x00"):
        raise Refused("damaged", _("PDF 文件末尾有多余内容，请重新扫描或导出后上传。"))
    for part in (data, *_object_streams(data)):
        plain = NAME_ESCAPE.sub(lambda found: bytes([int(found[1], 16)]), part)
        if LOCKED.search(plain):
            raise Refused("locked", _("PDF 文件有密码或加密，请去掉密码后再上传。"))
        if ACTS.search(plain):
            raise Refused("active", _("PDF 文件带有脚本或附件，请打印成普通 PDF 后再上传。"))
    return _without_places(data)


def _object_streams(data: bytes) -> Iterator[bytes]:
    """Packed objects of the file, unpacked within a limit; acts may hide there."""
    left = MAX_UNPACKED
    for found in OBJECT_STREAM.finditer(data):
        packed = data[found.end() :]
        if b"/Filter" not in found[0]:
            yield packed.partition(b"endstream")[0]
            continue
        try:
            unpacked = zlib.decompressobj().decompress(packed, left)
        except zlib.error:
            raise Refused("damaged", _("PDF 文件读不出，请打印成普通 PDF 后再上传。")) from None
        left -= len(unpacked)
        if left <= 0:
            raise Refused("too_large", _("PDF 文件展开后过大，请拆分后再上传。"))
        yield unpacked


EXIF_BLOCK = re.compile(rb"\xff\xe1(..)Exif\x00\x00", re.DOTALL)
XMP_PLACE = re.compile(rb"exif:GPS\w+\s*(?:=\s*\"[^\"]{0,200}\"|>[^<]{0,200}<)")


def _without_places(data: bytes) -> bytes:
    blanked = bytearray(data)
    for found in EXIF_BLOCK.finditer(data):
        length = int.from_bytes(found[1], "big")
        stop = min(found.start() + 2 + length, len(data))
        blanked[found.end() : stop] = bytes(max(stop - found.end(), 0))
    for found in XMP_PLACE.finditer(data):
        value = found[0]
        opened = min(at for sign in (b'"', b">") if (at := value.find(sign)) >= 0) + 1
        blanked[found.start() + opened : found.end() - 1] = b" " * (len(value) - opened - 1)
    return bytes(blanked)
