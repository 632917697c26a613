#!/usr/bin/env python
"""Django's command line for this project.  Not: the one-process mode, which is `manage.py run`."""

import os
import sys

from django.core.management import execute_from_command_line

if __name__ == "__main__":
    is_alone = bool(os.environ.get("POSTROAD_SERVICE"))
    os.environ.setdefault(
        "DJANGO_SETTINGS_MODULE", "config.settings.service" if is_alone else "config.settings.embedded"
    )
    execute_from_command_line(sys.argv)
