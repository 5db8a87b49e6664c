import hashlib
import json
from argparse import ArgumentParser
from datetime import date
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from accounts.models import Area, User
from config import register_export
from core import audit, clock


class Command(BaseCommand):
    help = "导出某日所知的户档案（未脱敏，JSON 行）；须有导出和显示权限，留审计记录。"

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--on", type=date.fromisoformat, required=True)
        parser.add_argument("--area", default="")
        parser.add_argument("--by", required=True, help="用户名")

    def handle(self, *, on: date, area: str, by: str, **options: Any) -> None:
        user = User.objects.filter(username=by, is_active=True).first()
        if user is None:
            raise CommandError(f"没有这个用户：{by}")
        place = (
            Area.objects.filter(code=int(area)).first()
            if area.isascii() and area.isdigit()
            else None
        )
        if area and place is None:
            raise CommandError(f"没有这个区划：{area}")
        try:
            homes = register_export.visible(user, place)
        except register_export.NotAllowed:
            raise CommandError(f"{by} 没有导出未脱敏数据的权限") from None
        asked = {"on": on.isoformat(), "area": area}
        audit.record(action="register.export", by=user, at=clock.now(), target=place, detail=asked)
        rows, digest = 0, hashlib.sha256()
        for record in register_export.records(homes, on):
            line = json.dumps(record, ensure_ascii=False)
            self.stdout.write(line)
            rows += 1
            digest.update(line.encode())
        done = {**asked, "rows": rows, "sha256": digest.hexdigest()}
        audit.record(action="register.exported", by=user, at=clock.now(), target=place, detail=done)
