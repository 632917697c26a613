"""Everything Postroad can raise, split by what the caller can do.  Not: refusals, which are replies.

PostroadError
├── RetryableError              the same call may succeed later
│   ├── BrokerUnavailable           nobody answers at BROKER_URL
│   └── ServiceUnavailable          no instance of it is there, or it could not answer
├── PermanentError              the same input fails again; a message with it is parked at once
│   ├── InvalidMessage              a body or header does not fit its type
│   ├── UnknownMessageType          no handler, or no class, of that wire name
│   ├── UnknownContentType          no codec of that content type
│   ├── UnknownSaga                 a reply for a saga that is not stored here
│   └── InvalidInstance             what is to be registered cannot be read
└── MisconfiguredError          code or settings must change
    ├── OutsideTransaction          a send without a transaction around it
    ├── InvalidSetting              a key or value of POSTROAD that cannot be used
    ├── InvalidDeclaration          a message, handler table or saga that contradicts itself
    ├── UnknownBroker               a BROKER_URL scheme without adapter
    └── ServiceUnknown              no address is configured for a service
"""


class PostroadError(Exception):
    """Root of the tree."""


class RetryableError(PostroadError):
    """The same call may succeed later."""


class BrokerUnavailable(RetryableError):
    """Nobody answers at the broker's address, or the connection broke."""


class ServiceUnavailable(RetryableError):
    """No instance of the service is there, the connection broke, or the service could not answer (429, 5xx)."""


class PermanentError(PostroadError):
    """The same input fails again: retrying is useless."""


class InvalidMessage(PermanentError):
    """A body or header does not fit the message type."""


class UnknownMessageType(PermanentError):
    """No handler is known for the wire name."""


class UnknownContentType(PermanentError):
    """No codec is known for the content type."""


class UnknownSaga(PermanentError):
    """A reply names a saga that is not stored here."""


class InvalidInstance(PermanentError):
    """A document of the service registry cannot be read, or misses what every instance has."""


class MisconfiguredError(PostroadError):
    """Code or settings must change before this can work."""


class OutsideTransaction(MisconfiguredError):
    """A message was sent without a database transaction around it."""


class InvalidSetting(MisconfiguredError):
    """A key or a value of the POSTROAD settings cannot be used."""


class InvalidDeclaration(MisconfiguredError):
    """A message, a handler table or a saga contradicts itself."""


class UnknownBroker(MisconfiguredError):
    """No adapter speaks the scheme of BROKER_URL."""


class ServiceUnknown(MisconfiguredError):
    """No address is configured for the service."""
