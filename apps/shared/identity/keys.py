"""Authentication by API key.  See also: `conf`, which reads the list of keys."""

import hashlib
import hmac
from functools import lru_cache

from apps.shared.identity.caller import ANYBODY, Caller, NotAdmitted
from apps.shared.identity.conf import ApiKey, api_keys


def known_by_key(secret: str, listed: str) -> Caller:
    """Return the owner of an API key.

    Args:
        secret: What the caller sent.
        listed: The setting API_KEYS.

    Raises:
        NotAdmitted: 401, the key is unknown.
    """
    found = ANYBODY
    digest = _digest(secret)
    for key_digest, key in _digests(listed):
        if hmac.compare_digest(digest, key_digest):  # every key is compared, so the time reveals nothing
            found = Caller(name=key.name, roles=key.roles, consumer_id=key.consumer_id)
    if found is ANYBODY:
        detail = "Send the key you were given in the header X-API-Key."
        raise NotAdmitted(401, "unauthorized", detail, headers={"WWW-Authenticate": 'ApiKey realm="postroad"'})
    return found


@lru_cache(maxsize=4)
def _digests(listed: str) -> tuple[tuple[bytes, ApiKey], ...]:
    return tuple((_digest(key.secret), key) for key in api_keys(listed))


def _digest(secret: str) -> bytes:
    return hashlib.sha256(secret.encode("utf-8", "surrogateescape")).digest()
