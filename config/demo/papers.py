"""Papers on file: sheets drawn here, with the word for "specimen" across them and no person on them."""

from __future__ import annotations

import io
from datetime import date
from typing import Any

from PIL import Image, ImageDraw

from accounts.models import User
from config.demo.accounts import YINHAO_VILLAGE
from config.demo.year import author_of, moment
from households import services
from households.models import Household, HouseholdCheck, Housing, StatusProcess, Water
from households.services import Description

SIZE = (620, 877)  # A4 at 75 dpi
INK, GREY, RED, WHITE = "#1c2633", "#c3ccd6", "#c62828", "#ffffff"
# 示 and 例 as strokes in a square of 100: no font is needed to write them.
_SPECIMEN = (
    [(28, 20), (72, 20)], [(10, 45), (90, 45)], [(50, 45), (50, 90), (40, 82)],
    [(30, 60), (16, 80)], [(70, 60), (84, 80)],
), (
    [(28, 10), (10, 45)], [(20, 32), (20, 92)], [(32, 22), (66, 22)], [(48, 22), (32, 56)],
    [(43, 38), (62, 38), (54, 66), (34, 92)], [(42, 52), (51, 62)], [(74, 24), (74, 66)],
    [(92, 12), (92, 90), (84, 84)],
)  # fmt: skip


def _sheet(lines: int) -> Image.Image:
    """A form with a heading, some lines of writing and a seal."""
    sheet = Image.new("RGB", SIZE, WHITE)
    draw = ImageDraw.Draw(sheet)
    draw.rectangle((210, 70, 410, 88), fill=INK)
    for row in range(lines):
        top = 150 + row * 44
        draw.line((70, top + 26, 550, top + 26), fill=GREY)
        draw.rectangle((70, top, 130, top + 10), fill=GREY)
        draw.rectangle((160, top, 160 + (row * 97 + 120) % 340, top + 10), fill=GREY)
    draw.ellipse((390, 640, 530, 780), outline=RED, width=5)
    _write(draw, (190, 380), RED)
    return sheet


def _photograph() -> Image.Image:
    """A house before hills, as a child would draw it."""
    picture = Image.new("RGB", (800, 600), "#cfe3f5")
    draw = ImageDraw.Draw(picture)
    draw.polygon([(0, 420), (220, 230), (430, 400), (620, 250), (800, 420)], fill="#9db58a")
    draw.rectangle((0, 410, 800, 600), fill="#c9b98d")
    draw.rectangle((240, 320, 560, 500), fill="#d9845f")
    draw.polygon([(210, 330), (400, 220), (590, 330)], fill="#8c4a35")
    draw.rectangle((370, 400, 430, 500), fill="#5b3a29")
    for left in (275, 470):
        draw.rectangle((left, 370, left + 60, 430), fill="#f4f1d0", outline="#5b3a29", width=4)
    _write(draw, (540, 470), RED)
    return picture


def _write(draw: ImageDraw.ImageDraw, corner: tuple[int, int], ink: str) -> None:
    for place, strokes in enumerate(_SPECIMEN):
        left, top = corner[0] + place * 120, corner[1]
        for stroke in strokes:
            draw.line([(left + x, top + y) for x, y in stroke], fill=ink, width=8, joint="curve")


def _bytes(picture: Image.Image, kind: str) -> bytes:
    out = io.BytesIO()
    picture.save(out, kind)
    return out.getvalue()


class _Cabinet:
    """Where the papers of one village are filed, by whoever visits it."""

    def __init__(self) -> None:
        users = User.objects.filter(is_demo=True).in_bulk(field_name="username")
        self.by = author_of(YINHAO_VILLAGE, users)
        self.form, self.minutes = _bytes(_sheet(10), "PNG"), _bytes(_sheet(6), "PDF")
        self.photograph = _bytes(_photograph(), "JPEG")

    def file(
        self,
        household: Household | None,
        kind: str,
        data: bytes,
        name: str,
        on: date,
        number: str = "",
        **where: Any,
    ) -> None:
        services.add_evidence(
            household=household,
            data=data,
            file_name=name,
            description=Description(kind=kind, document_date=on, document_no=number),
            by=self.by,
            at=moment(on, 17),
            **where,
        )


def file_papers() -> None:
    """Papers of one village: certificates of houses and wells, photographs of visits, and what the
    changes of status ask for. Every fourth household has none yet."""
    cabinet = _Cabinet()
    homes = Household.objects.filter(village_id=YINHAO_VILLAGE).order_by("code")
    for number, home in enumerate(homes):
        if number % 4 != 3:
            _certificates(cabinet, home, with_water=number % 4 == 0)
    visits = HouseholdCheck.objects.submitted().filter(village_id=YINHAO_VILLAGE, author=cabinet.by)
    for visit in visits.select_related("household").order_by("-visited_on", "pk")[:8]:
        cabinet.file(
            visit.household, "CHECK_PHOTO", cabinet.photograph, "入户照片.jpg", visit.visited_on
        )
    for process in StatusProcess.objects.live().filter(village_id=YINHAO_VILLAGE):
        _of_process(cabinet, process)


def _certificates(cabinet: _Cabinet, home: Household, *, with_water: bool) -> None:
    house = Housing.objects.latest_known().filter(household=home).first()
    if house and house.appraised_on:
        cabinet.file(
            home, "HOUSE_APPRAISAL", cabinet.form, "住房鉴定书.png", house.appraised_on,
            number=house.certificate_no,
        )  # fmt: skip
    water = Water.objects.latest_known().filter(household=home).first()
    if with_water and water and water.accepted_on:
        cabinet.file(
            home, "WATER_ACCEPTANCE", cabinet.form, "饮水验收鉴定书.png", water.accepted_on,
            number=water.certificate_no,
        )  # fmt: skip


def _of_process(cabinet: _Cabinet, process: StatusProcess) -> None:
    taken = set(process.turns.values_list("kind", flat=True))
    for step, kind, data, name, on in (
        ("REVIEW", "REVIEW_MINUTES", cabinet.minutes, "评议会议记录.pdf", date(2019, 10, 25)),
        ("AGREEMENT", "EXIT_CONFIRMATION", cabinet.form, "脱贫确认书.png", date(2019, 10, 30)),
        ("VILLAGE_NOTICE", "NOTICE_PHOTO", cabinet.photograph, "公示照片.jpg", date(2019, 10, 31)),
    ):
        if step in taken:
            cabinet.file(process.household, kind, data, name, on, process=process, step=step)
