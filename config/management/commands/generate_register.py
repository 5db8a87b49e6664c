import json
import time
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from accounts.models import Area
from config import register_synthesis
from config.demo.names import USUAL_PERSONS
from config.register_synthesis import NoVillages, Recipe
from core import audit, clock


class Command(BaseCommand):
    help = "生成合成户档案（虚构人员，可重现）：已有的户不动，只补缺少的。"

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--households", type=int, required=True)
        parser.add_argument("--area", default="")
        parser.add_argument("--seed", default="1")
        parser.add_argument("--persons", type=float, default=USUAL_PERSONS, help="每户平均人数")
        parser.add_argument("--json", action="store_true")

    def handle(
        self, *, households: int, area: str, seed: str, persons: float, **options: Any
    ) -> None:
        began, at = time.monotonic(), clock.now()
        if households < 1:
            raise CommandError("--households 应为正整数")
        place = _area(area) if area else None
        try:
            villages = register_synthesis.rural_villages(place)
        except NoVillages:
            raise CommandError("该区划下没有村，请先用 load_divisions 装载区划") from None
        plans = register_synthesis.plan(villages, households, seed)
        counts = register_synthesis.write_register(plans, Recipe(seed=seed, at=at, persons=persons))
        register_synthesis.take_statistics()
        audit.record(
            action="register.generated",
            by=None,
            at=at,
            detail={**counts, "area": area, "seed": seed},
        )
        summary = {
            "area": area,
            "seed": seed,
            **counts,
            "seconds": round(time.monotonic() - began, 2),
        }
        if options["json"]:
            self.stdout.write(json.dumps(summary, ensure_ascii=False))
        else:
            self.stdout.write(
                "新增 {households} 户 {members} 人，{villages} 个村，用时 {seconds} 秒".format(
                    **summary
                )
            )


def _area(code: str) -> Area:
    found = (
        Area.objects.filter(code=int(code)).first() if code.isascii() and code.isdigit() else None
    )
    if found is None:
        raise CommandError(f"没有这个区划：{code}")
    return found
