"""`http://{service}:80` → the address of one service."""

import re
from dataclasses import dataclass

from postroad.calls.discovery.resolver import Endpoint
from postroad.errors import ServiceUnknown

_LABEL = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?", re.IGNORECASE)  # RFC 1123, 2.1


@dataclass(frozen=True, slots=True)
class AddressTemplate:
    """The form of the platform's service names; `{service}` is replaced by the name, with a hyphen for each underscore."""

    text: str

    def endpoint(self, service: str) -> Endpoint:
        """Return a service's address.

        Raises:
            ServiceUnknown: Its name cannot be part of a host name.
        """
        label = service.replace("_", "-")
        if not _LABEL.fullmatch(label):
            raise ServiceUnknown(
                f"the service name {service!r} cannot be used in POSTROAD['DNS_TEMPLATE'] ({self.text!r}):"
                " a host name has letters, digits and hyphens, at most 63."
            )
        return Endpoint.at(self.text.replace("{service}", label))
