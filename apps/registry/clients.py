"""Who may use the registry: whoever sends its password, as Eureka's clients do who find it in their URL.

One password for all, which registers and reads: it keeps strangers out, not one service from another's name.
"""

import base64
import binascii
import hashlib
import hmac

from django.http import HttpRequest

from postroad.calls.discovery.conf import DiscoverySettings

ASKED = "Send the registry's password: http://registry:password@host:8761/eureka, or POSTROAD_REGISTRY_PASSWORD."


def is_known(request: HttpRequest) -> bool:
    """Whether a request has the password, if there is one; the name before it counts for nothing."""
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
    """Return something of one length, whose comparison takes one time."""
    return hashlib.sha256(text).digest()
