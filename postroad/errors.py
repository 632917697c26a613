"""All exceptions of Postroad, grouped by what the caller can do.

PostroadError
├── RetryableError              the same call may succeed later
│   ├── BrokerUnavailable           BROKER_URL cannot be reached
│   ├── ClusterUnavailable          the Kubernetes API does not answer
│   ├── RegistryFull                the service registry accepts no further instance
│   └── CallFailed                  a call to another service returned no answer
│       ├── ServiceUnavailable          it has no instance, or could not answer
│       │   └── NotReached                  there was no connection: nothing was sent
│       ├── DeadlineExceeded            the time for the call is used up
│       └── CallRefused                 refused on this side, before anything was sent
│           ├── BulkheadFull                too many calls to it are outstanding
│           └── BreakerOpen                 too many calls to it failed lately
├── PermanentError              the same input fails again; a message with it is parked at once
│   ├── InvalidMessage              a body or header does not fit its type
│   │   └── MessageTooLarge             a body or headers that no broker takes
│   ├── BodyUnread                  a parked body that is too large to be read
│   ├── ForeignMessage              it never belonged to the contract; parked alone, without its key
│   │   ├── InvalidEnvelope             what every message has is missing: its id, a reply's saga
│   │   ├── UnknownMessageType          no handler, or no class, of that wire name
│   │   ├── UnknownContentType          no codec of that content type
│   │   └── UnknownSaga                 a reply for a saga that is not stored here
│   ├── CallRejected                the called service rejected the request: the request is at fault
│   ├── InvalidAnswer               the called service's answer does not fit the declared type
│   ├── InvalidInstance             an instance to be registered cannot be read
│   │   └── InstanceTooLarge            it has more data than the registry keeps
│   └── ClusterRefused              an operator's request that the cluster cannot fulfil now
└── MisconfiguredError          code or settings must change
    ├── OutsideTransaction          a send without a transaction around it
    ├── TransactionAborted          a transaction whose error was hidden: it can only be rolled back
    ├── InvalidSetting              a key or value of POSTROAD that cannot be used
    ├── InvalidResult               a handler returned what its table does not allow
    ├── InvalidDeclaration          a message, handler table, saga or proxy that contradicts itself
    ├── UnknownBroker               a BROKER_URL scheme without adapter
    ├── MissingExtra                an optional package is not installed
    ├── ServiceUnknown              no address is configured for a service
    └── ClusterForbidden            the Kubernetes API refuses this user
"""

from collections.abc import Mapping

_MAX_CHARACTERS = 2_000
"""Maximum of a summary: the text of an error may contain its whole input."""


def summary(error: BaseException) -> str:
    """Return the class and text of an error, shortened if long; it also accepts an error whose `__str__` fails."""
    try:
        text = str(error)
    except Exception:  # noqa: BLE001 - whoever reports a failure must not fail at it
        text = "(its __str__ failed)"
    return f"{type(error).__name__}: {text[:_MAX_CHARACTERS]}".strip()


class PostroadError(Exception):
    """Root of the tree."""


class RetryableError(PostroadError):
    """The same call may succeed later."""


class BrokerUnavailable(RetryableError):
    """The broker's address cannot be reached, or the connection broke."""


class ClusterUnavailable(RetryableError):
    """The Kubernetes API does not answer, or reports an internal error."""


class RegistryFull(RetryableError):
    """The service registry has its maximum number of instances; it accepts others when some have ended."""


class CallFailed(RetryableError):
    """A call to another service returned no answer; the fallback that the call declares as `otherwise` is used."""


class ServiceUnavailable(CallFailed):
    """The service has no instance, the connection broke, or the service could not answer (429, 5xx)."""


class NotReached(ServiceUnavailable):
    """There was no connection, so nothing was sent, and any call may be repeated."""


class DeadlineExceeded(CallFailed):
    """The time for the call is used up; whether the service did the work is not known."""


class CallRefused(CallFailed):
    """Refused on this side, before anything was sent."""


class BulkheadFull(CallRefused):
    """The maximum number of calls to the service is outstanding."""


class BreakerOpen(CallRefused):
    """Too many calls to the service failed lately; it is not called for a while."""


class PermanentError(PostroadError):
    """The same input fails again: retrying is useless."""


class InvalidMessage(PermanentError):
    """A body or header does not fit the message type."""


class MessageTooLarge(InvalidMessage):
    """A message has a body, headers or a name that no broker takes; it was not sent."""


class BodyUnread(PermanentError):
    """The body of a parked message is larger than CONSUMER_MESSAGE_BYTES."""


class ForeignMessage(PermanentError):
    """The message never belonged to the contract, so it is not part of the order of its key."""


class InvalidEnvelope(ForeignMessage):
    """The message lacks what every message has: an id, or for a reply the id of its saga."""


class UnknownMessageType(ForeignMessage):
    """No handler is known for the wire name."""


class UnknownContentType(ForeignMessage):
    """No codec is known for the content type."""


class UnknownSaga(ForeignMessage):
    """A reply names a saga that is not stored here."""


class CallRejected(PermanentError):
    """The called service rejected the request (4xx): an answer, not a failure.

    Attributes:
        status: HTTP status, or the one that corresponds to a gRPC status.
        code: Stable word for programs, such as `not_found`.
        detail: One sentence for people.
        fields: Path of a field of the request → what is wrong with it.
    """

    def __init__(
        self, call: str, *, status: int, code: str = "", detail: str = "", fields: Mapping[str, list[str]] | None = None
    ) -> None:
        super().__init__(f"{call}: the service rejected the request: {status} {code} {detail}".rstrip())
        self.status, self.code, self.detail, self.fields = status, code, detail, dict(fields or {})


class InvalidAnswer(PermanentError):
    """The called service's answer cannot be read as the declared type."""


class InvalidInstance(PermanentError):
    """A document of the service registry cannot be read, or lacks a field that every instance has."""


class InstanceTooLarge(InvalidInstance):
    """An instance has more data than the service registry keeps."""


class ClusterRefused(PermanentError):
    """The object of an operator's request does not exist in the cluster, or the request cannot be fulfilled now."""


class MisconfiguredError(PostroadError):
    """Code or settings must change before this can work."""


class OutsideTransaction(MisconfiguredError):
    """A message was sent without a database transaction around it."""


class TransactionAborted(MisconfiguredError):
    """An error inside the transaction was caught, so it can only be rolled back, but the code continued."""


class MissingExtra(MisconfiguredError, ModuleNotFoundError):
    """An optional package is not installed; the text names the extra that contains it."""


class InvalidSetting(MisconfiguredError):
    """A key or a value of the POSTROAD settings cannot be used."""


class InvalidResult(MisconfiguredError):
    """A handler returned what its table does not allow: it counts as a failure, and the message is retried, then parked."""


class InvalidDeclaration(MisconfiguredError):
    """A message, a handler table, a saga or a proxy contradicts itself."""


class UnknownBroker(MisconfiguredError):
    """No adapter has the scheme of BROKER_URL."""


class ServiceUnknown(MisconfiguredError):
    """No address is configured for the service."""


class ClusterForbidden(MisconfiguredError):
    """The Kubernetes API does not know this user or refuses it; the text has the rule that the Role lacks."""
