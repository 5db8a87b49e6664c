import csv
import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from accounts import services as accounts
from core import clock
from villages import services as villages


class Command(BaseCommand):
    help = "装载行政区划：FILE.csv 的列为 code,name,level,parent_code；可重复执行。"

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--json", action="store_true")

    def handle(self, *, file: Path, json: bool, **options: Any) -> None:
        counts = load_file(file)
        self.stdout.write(
            _as_json(counts)
            if json
            else "区划 {rows} 行：新增 {created}，更新 {updated}，新增村 {villages}".format(
                **counts
            )
        )


def load_file(file: Path) -> dict[str, int]:
    """Areas and villages from one file, all or nothing."""
    try:
        with file.open(encoding="utf-8-sig", newline="") as stream:
            reader = csv.DictReader(stream)
            missing = {"code", "name", "level", "parent_code"} - set(reader.fieldnames or ())
            if missing:
                raise CommandError(f"缺少列：{', '.join(sorted(missing))}")
            with transaction.atomic():
                counts = accounts.load_divisions(rows=reader, by=None, at=clock.now())
                return counts | {"villages": villages.open_villages()}
    except (OSError, UnicodeDecodeError) as error:
        raise CommandError(f"无法读取 {file}：{error}") from error
    except accounts.BadDivisions as error:
        listed = "\n".join(f"第 {row} 行：{message}" for row, message in error.problems[:50])
        raise CommandError(f"{len(error.problems)} 行有误，未写入任何内容：\n{listed}") from error


def _as_json(counts: dict[str, int]) -> str:
    return json.dumps(counts, ensure_ascii=False)
