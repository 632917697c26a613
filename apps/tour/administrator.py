"""The user `admin` of the one-process mode.  Not: users of a deployment."""

import os
from pathlib import Path

from django.contrib.auth import get_user_model

from config.secrets import kept_secret


def make_administrator(path: Path) -> str:
    """Make sure that `admin` can log in; return the password if this call made the user, else nothing.

    Args:
        path: Where a generated password is kept, mode 600; ADMIN_PASSWORD in the environment wins.
    """
    given = os.environ.get("ADMIN_PASSWORD", "")
    users = get_user_model().objects
    user = users.filter(username="admin").first()
    if user is not None and not given:
        return ""
    password = given or kept_secret(path, length=12)
    if user is None:
        users.create_superuser("admin", password=password)
        return "" if given else password
    if not user.check_password(given):
        user.set_password(given)
        user.save(update_fields=["password"])
    return ""
