import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from accounts.models import User
from core import clock
from core.jobs import ring_on_commit
from imports import services
from imports.enums import ImportKind, Outcome
from imports.models import ImportBatch
from imports.parsing import UnreadableFile
from imports.permissions import can_import


class Command(BaseCommand):
    help = "导入一个表格文件，与页面上的导入相同：有拒收的行则整批不导入。"

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("kind", choices=ImportKind.values)
        parser.add_argument("file", type=Path)
        parser.add_argument("--by", required=True, metavar="USER", help="以哪个账号导入")
        parser.add_argument("--sheet", default="", help="工作表名（有几张相像的表时）")
        parser.add_argument("--dry-run", action="store_true", help="只校验，不导入")
        parser.add_argument("--json", action="store_true")

    def handle(self, **options: Any) -> None:
        by = self._user(options["by"])
        try:
            data = options["file"].read_bytes()
        except OSError as error:
            raise CommandError(f"读不到文件：{error.strerror}") from error
        try:
            batch = services.stage_import(
                data=data,
                file_name=options["file"].name,
                kind=options["kind"],
                by=by,
                at=clock.now(),
                on=clock.today(),
                sheet=options["sheet"],
            )
        except UnreadableFile as refused:
            self._tell_unreadable(refused, options)
            raise CommandError(f"{refused.message}。{refused.cure}") from refused
        except services.OutOfScope as refused:
            raise CommandError(refused.message) from refused
        refusal = None if options["dry_run"] else self._confirm(batch, by)
        self._tell(batch, options, refusal)
        if refusal:
            raise CommandError(refusal.message)

    def _user(self, username: str) -> User:
        try:
            by = User.objects.get(username=username, is_active=True)
        except User.DoesNotExist:
            raise CommandError(f"没有账号 {username}") from None
        if not can_import(by):
            raise CommandError(f"账号 {username} 没有导入权限")
        return by

    def _confirm(self, batch: ImportBatch, by: User) -> services.ImportRefused | None:
        try:
            services.confirm_import(batch=batch, by=by, at=clock.now())
        except services.ImportRefused as refused:
            return refused
        ring_on_commit()
        return None

    def _tell(
        self, batch: ImportBatch, options: dict[str, Any], refusal: services.ImportRefused | None
    ) -> None:
        batch.refresh_from_db()
        if not options["json"]:
            counts = "，".join(
                f"{label} {batch.counts()[code.lower()]}" for code, label in Outcome.choices
            )
            self.stdout.write(f"第 {batch.pk} 批：共 {batch.row_count} 行，{counts}")
            for problem in self._problems(batch, "errors"):
                where = f"第 {problem['row']} 行 {problem['column']}"
                self.stdout.write(f"{where}：{problem['message']}。{problem['cure']}")
            return
        answer = {
            "rows": batch.row_count,
            **batch.counts(),
            "batch": batch.pk,
            "state": batch.state,
            "header_row": batch.header_row,
            "errors": self._problems(batch, "errors"),
            "warnings": [*batch.notes, *self._problems(batch, "warnings")],
            "ignored_rows": self._problems(batch, "ignored"),
            "refused": refusal.message if refusal else "",
        }
        self.stdout.write(json.dumps(answer, ensure_ascii=False))

    def _problems(self, batch: ImportBatch, what: str) -> list[dict[str, Any]]:
        rows = batch.rows.order_by("number")
        if what == "warnings":
            return [p for row in rows.filter(warning_count__gt=0) for p in row.warnings]
        outcome = Outcome.IGNORED if what == "ignored" else Outcome.REJECTED
        return [p for row in rows.filter(outcome=outcome) for p in row.errors]

    def _tell_unreadable(self, refused: UnreadableFile, options: dict[str, Any]) -> None:
        if not options["json"]:
            return
        zeros = dict.fromkeys(ImportBatch.COUNTS, 0)
        error = {
            "row": 0,
            "column": "",
            "code": refused.code,
            "message": refused.message,
            "cure": refused.cure,
        }
        answer = {"rows": 0, **zeros, "batch": None, "errors": [error], "warnings": []}
        self.stdout.write(json.dumps(answer, ensure_ascii=False))
