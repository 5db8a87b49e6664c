from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from accounts.models import Area, User
from indicators.models import Parameter
from tasks.models import Campaign


class Command(BaseCommand):
    help = "What a new, empty system still needs before people can work, with the command for each step."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--if-missing", action="store_true", help="say nothing when all is there"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        steps = [
            (
                Area.objects.exists(),
                "区划 (areas)",
                "scripts/manage load_divisions config/data/divisions_2023.csv",
            ),
            (Parameter.objects.exists(), "标准 (standards)", "scripts/manage load_standards"),
            (
                User.objects.filter(is_demo=False).exists(),
                "首个账号 (first account)",
                "scripts/manage create_account admin --name 姓名 --role system_admin --area 区划代码",
            ),
            (
                Campaign.objects.exists(),
                "专项行动 (campaign)",
                "scripts/manage load_campaign 文件.yaml",
            ),
        ]
        if options["if_missing"] and all(done for done, _title, _command in steps):
            return
        self.stdout.write("新系统的准备步骤 (first steps of a new system)：")
        for number, (done, title, command) in enumerate(steps, start=1):
            self.stdout.write(
                f"  {number}. {'已完成' if done else '待办'}  {title}"
                + ("" if done else f"\n       {command}")
            )
