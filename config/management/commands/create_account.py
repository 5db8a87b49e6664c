import json
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction

from accounts import services
from accounts.enums import Line, RoleCode
from accounts.models import Agency
from config.management.arguments import an_area
from core import clock


class Command(BaseCommand):
    help = "A new account with one role; prints its initial password once."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("username")
        parser.add_argument("--name", required=True, help="the person's name")
        parser.add_argument("--role", required=True, choices=RoleCode.values)
        parser.add_argument("--area", required=True, help="12-digit division code")
        parser.add_argument("--agency", default="", help="code of the unit, for the role agency")
        parser.add_argument("--line", default=Line.GENERAL, choices=Line.values)
        parser.add_argument("--json", action="store_true")

    @transaction.atomic
    def handle(self, *args: Any, **options: Any) -> None:
        area, at = an_area(options["area"]), clock.now()
        agency = Agency.objects.filter(area=area, code=options["agency"]).first()
        try:
            user, password = services.open_account(
                username=options["username"], display_name=options["name"], by=None, at=at
            )
            services.grant_role(
                user=user,
                role=options["role"],
                area=area,
                agency=agency,
                line=options["line"],
                on=clock.today(),
                by=None,
                at=at,
            )
        except services.NameTaken as taken:
            raise CommandError(f"用户名已被使用：{taken}") from taken
        except (services.BadGrant, ValidationError) as error:
            raise CommandError(str(error)) from error
        if options["json"]:
            self.stdout.write(json.dumps({"username": user.username, "password": password}))
        else:
            self.stdout.write(
                f"账号 {user.username}，初始密码 {password}（首次登录须修改，此处只显示一次）"
            )
