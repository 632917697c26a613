"""Wait until the database and the broker take connections.  Not: logging in, which the migrations do.

It knows no Django, so that a server that is still starting costs the migration Job none of its attempts.
"""

import os
import socket
import sys
import time
from urllib.parse import urlsplit


def place(name: str, port: int) -> tuple[str, int]:
    """Return where a server is, from <name>_URL or <name>_HOST and _PORT."""
    url = urlsplit(os.environ.get(f"{name}_URL", ""))
    return (
        url.hostname or os.environ.get(f"{name}_HOST", ""),
        url.port or int(os.environ.get(f"{name}_PORT") or port),
    )


is_tls = os.environ.get("BROKER_TLS") == "true" or os.environ.get("BROKER_URL", "").startswith("amqps:")
deadline = time.monotonic() + float(sys.argv[1])
for server in (place("DATABASE", 5432), place("BROKER", 5671 if is_tls else 5672)):
    while True:
        try:
            socket.create_connection(server, timeout=3).close()
            break
        except OSError as error:
            print(f"Waiting for {server[0]}:{server[1]}: {error}", flush=True)
            if time.monotonic() > deadline:
                sys.exit(f"{server[0]}:{server[1]} takes no connections; is it running, and may this pod reach it?")
            time.sleep(1)
