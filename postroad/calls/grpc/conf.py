"""Settings of gRPC: the server, and the certificates that a client trusts."""

from dataclasses import dataclass

from postroad.conf import Section, key
from postroad.conf_readers import read_flag


@dataclass(frozen=True, slots=True, kw_only=True)
class GrpcSettings(Section):
    """Each attribute is a key of POSTROAD in small letters."""

    grpc_host: str = key("127.0.0.1", "address on which the gRPC server listens; [::] for all of the machine")
    grpc_port: int = key(9000, "port of the gRPC server; 0: any free one", minimum=0)
    grpc_threads: int = key(16, "gRPC calls answered at once, each with a database connection", minimum=1)
    grpc_streams: int = key(64, "gRPC streams open at once, and calls that may wait for a thread", minimum=1)
    grpc_message_bytes: int = key(1_000_000, "largest gRPC message received", minimum=1)
    grpc_connection_age_seconds: float = key(
        60.0, "age at which a gRPC client is asked to reconnect, so that new instances get calls", minimum=1
    )
    grpc_connection_grace_seconds: float = key(
        60.0, "how long the calls and streams of such a connection may still take", minimum=1
    )
    grpc_reflection: bool = key(
        default=False,
        line="let gRPC clients list services and methods (reflection), strangers included",
        read=read_flag,
    )
    grpc_tls_certificate: str = key("", "file with the gRPC server's certificate chain, as PEM; empty: clear text")
    grpc_tls_key: str = key("", "file with its private key, as PEM")
    grpc_tls_ca: str = key("", "file with the certificates that gRPC callers trust, as PEM; empty: gRPC's own")
