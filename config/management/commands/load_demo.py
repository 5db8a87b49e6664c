import json
import time
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from config.demo import accounts, story
from core import clock
from households.models import Household


class Command(BaseCommand):
    help = "装载演示数据（真实地名、虚构人员，2019 年）；可重复执行，最后总是列出演示账号。"

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--json", action="store_true")
        parser.add_argument("--if-empty", action="store_true", help="已有户档案时只列账号")
        parser.add_argument("--accounts", action="store_true", help="只列账号，不装载")

    def handle(self, **options: Any) -> None:
        if not settings.DEMO:
            raise CommandError("演示数据只能在 DEMO=1 时装载 (load_demo needs DEMO=1)")
        began = time.monotonic()
        summary: dict[str, Any] = {}
        if not options["accounts"] and not (options["if_empty"] and Household.objects.exists()):
            summary = story.tell(
                at=clock.now(), say=self._say if options["verbosity"] > 1 else lambda text: None
            )
        listing = accounts.listing()
        if options["json"]:
            self.stdout.write(
                json.dumps(
                    {**listing, **summary, "seconds": round(time.monotonic() - began, 2)},
                    ensure_ascii=False,
                )
            )
            return
        self.stdout.write(f"演示账号（共用密码 {listing['password']}）：")
        for row in listing["accounts"]:
            self.stdout.write(
                "  {username:<16}{role:<20}{area_name} {agency}".format(**row).rstrip()
            )

    def _say(self, text: str) -> None:
        self.stderr.write(text)
