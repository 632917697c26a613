"""Authentication of the registry's clients by password, which Eureka's clients take from their URL.

All clients share one password: it keeps strangers out, but does not stop a service from registering under another name.
"""

import base64
import binascii
import hashlib
import hmac

from django.http import HttpRequest

from postroad.calls.discovery.conf import DiscoverySettings

ASKED = "Send the registry's password: http://registry:password@host:8761/eureka, or POSTROAD_REGISTRY_PASSWORD."


def is_known(request: HttpRequest) -> bool:
    """Whether a request has the password, if one is set; the user name is ignored."""
    password = DiscoverySettings.current().registry_password
    return not password or hmac.compare_digest(_digest(_sent(request)), _digest(password.encode()))


def _sent(request: HttpRequest) -> bytes:
    scheme, _, text = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "basic":
        return b""
    try:
        return base64.b64decode(text.strip(), validate=True).partition(b":")[2]
    except (binascii.Error, ValueError):
        return b""


def _digest(text: bytes) -> bytes:
    """Return a digest of fixed length, so that the comparison takes constant time."""
    return hashlib.sha256(text).digest()
