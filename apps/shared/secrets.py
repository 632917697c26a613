"""Secrets that are generated once and kept in a file only its owner can read."""

import os
import secrets
from pathlib import Path


def kept_secret(path: Path, *, length: int = 48) -> str:
    """Return the secret in `path`; make it first if there is none.

    Args:
        path: File, created with mode 600, which it gets again if it has been copied with another.
        length: Bytes of randomness.

    Concurrency: two processes that start together agree on one secret.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    candidate = path.with_name(f".{path.name}.{os.getpid()}")
    if not path.exists():
        with os.fdopen(os.open(candidate, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(secrets.token_urlsafe(length))
        try:
            os.link(candidate, path)  # unlike a rename this fails when another process was first
        except FileExistsError:
            pass
        finally:
            candidate.unlink()
    if path.stat().st_mode & 0o077:
        path.chmod(0o600)
    return path.read_text().strip()
