"""TLS of the gRPC server: reads the credentials from the files that the settings name."""

from pathlib import Path

from postroad.calls.grpc.conf import GrpcSettings
from postroad.errors import InvalidSetting
from postroad.extras import needs_extra

with needs_extra("grpc"):
    import grpc


def server_credentials(conf: GrpcSettings) -> grpc.ServerCredentials | None:
    """Return the server's credentials; None: it uses clear text.  Files are read once, at the start.

    Raises:
        InvalidSetting: Only one of the two files is named, or one cannot be read.
    """
    files = {"GRPC_TLS_KEY": conf.grpc_tls_key, "GRPC_TLS_CERTIFICATE": conf.grpc_tls_certificate}
    if not any(files.values()):
        return None
    if missing := [key for key, path in files.items() if not path]:
        raise InvalidSetting(f"POSTROAD['{missing[0]}'] is empty; gRPC over TLS needs a certificate and its key.")
    key, certificate = (_read(name, path) for name, path in files.items())
    return grpc.ssl_server_credentials([(key, certificate)])


def _read(name: str, path: str) -> bytes:
    try:
        return Path(path).read_bytes()
    except OSError as error:
        raise InvalidSetting(f"POSTROAD['{name}'] is {path!r}, which cannot be read: {error.strerror}.") from error
