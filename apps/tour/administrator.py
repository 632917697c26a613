"""Creates the user that can log in to the admin, in the one-process mode and in a deployment."""

from pathlib import Path

from django.contrib.auth import get_user_model
from django.db import transaction

from apps.shared.secrets import kept_secret


def set_administrator(name: str, password: str) -> bool:
    """Make sure that a user can log in with this password; return whether this call created the user, as a superuser.

    An existing user keeps their rights.  Concurrency: safe in several processes at once.
    """
    rights = {"is_staff": True, "is_superuser": True}
    with transaction.atomic():
        user, is_new = get_user_model().objects.get_or_create(username=name, defaults=rights)
        if is_new or not user.check_password(password):  # a check costs as much as a new password
            user.set_password(password)
            user.save(update_fields=["password"])
    return is_new


def make_administrator(path: Path, *, given: str = "") -> str:
    """Make sure that `admin` can log in; return the password if this call generated it, else an empty text.

    Args:
        path: Where a generated password is kept, mode 600.
        given: The password wanted; empty: generate one if there is no user yet.
    """
    if given:
        set_administrator("admin", given)
        return ""
    if get_user_model().objects.filter(username="admin").exists():
        return ""
    password = kept_secret(path, length=12)
    set_administrator("admin", password)
    return password
