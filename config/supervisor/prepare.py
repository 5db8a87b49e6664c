"""Before the doors open: migrations and, in an empty demonstration, its data."""

import sys
import traceback

import django
from django.conf import settings
from django.core.management import call_command, get_commands


def main() -> None:
    django.setup()
    call_command("migrate", interactive=False, verbosity=1 if "-v" in sys.argv else 0)
    if not settings.DEMO:
        call_command("first_steps", "--if-missing")
    if settings.DEMO and "load_demo" in get_commands():
        try:
            call_command("load_demo", "--if-empty")
        except Exception:  # the system itself is sound: say it loudly and open
            traceback.print_exc()
            print(
                "演示数据未能装载，系统仍会启动 (the demonstration data could not be loaded)",
                flush=True,
            )


if __name__ == "__main__":
    main()
