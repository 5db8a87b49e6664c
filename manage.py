#!/usr/bin/env python
"""Django's command line, in the environment of the started system (see config/env.py)."""

import sys

from config import env


def main() -> None:
    env.choose_settings("config.settings.production")
    from django.core.management import execute_from_command_line

    try:
        execute_from_command_line(sys.argv)
    except env.ConfigurationError as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
