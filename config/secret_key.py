"""SECRET_KEY from the environment, refused if it can be guessed.  See also: `apps.shared.secrets`, which generates secrets."""

import os

_MIN_CHARACTERS = 32  # 16 random bytes in hexadecimal digits: RFC 4086 asks for 128 bits of a key
_MIN_DIFFERENT = 8
_OF_STARTPROJECT = "django-insecure-"


def given_secret_key() -> str:
    """Return SECRET_KEY; empty if it is not set.

    Raises:
        SystemExit: It is short, repeats itself or is one of `startproject`; the text says what to do and not the key.
    """
    key = os.environ.get("SECRET_KEY", "")
    if key and (problem := _find_problem(key)):
        raise SystemExit(
            f"postroad: SECRET_KEY {problem}, so that sessions could be forged; set one made at random, for example"
            " SECRET_KEY=$(python -c 'import secrets; print(secrets.token_urlsafe(48))'). Whoever is logged in logs in again."
        )
    return key


def _find_problem(key: str) -> str:
    if key.startswith(_OF_STARTPROJECT):
        return f"begins with {_OF_STARTPROJECT!r}, as one that startproject wrote into a file"
    if len(key) < _MIN_CHARACTERS:
        return f"has {len(key)} characters of the {_MIN_CHARACTERS} it needs at least"
    if len(set(key)) < _MIN_DIFFERENT:
        return f"has {len(set(key))} different characters of the {_MIN_DIFFERENT} it needs at least"
    if key in (key + key)[1:-1]:
        return "is a shorter text again and again"
    return ""
