"""Document → instances, for server and client.

Unknown fields are ignored; missing ones have Eureka's own defaults.  InvalidInstance names the invalid field.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TypeVar

from postroad.calls.discovery.eureka.applications import Applications
from postroad.calls.discovery.eureka.fields import (
    Document,
    check_text,
    read_flag,
    read_number,
    read_object,
    read_required,
    read_table,
    read_text,
)
from postroad.calls.discovery.eureka.instance import (
    EXTRAS,
    LEASE_SECONDS,
    RENEWAL_SECONDS,
    Action,
    DataCenter,
    Instance,
    Lease,
    Port,
    Status,
)
from postroad.errors import InvalidInstance
from postroad.logs import logger

log = logger(__name__)

_DAY_SECONDS = 24 * 60 * 60

_Word = TypeVar("_Word", Status, Action)


def read_instance(document: object, *, app: str = "") -> Instance:
    """Return the instance of `{"instance": {…}}`.

    Args:
        document: The document, read from JSON or XML.
        app: The application's name in the request's path; the document may not name another one.
    """
    instance = _read_instance(_root(document, "instance"))
    if app and instance.app != app.upper():
        raise InvalidInstance(f"the path names the application {app.upper()!r}, the body {instance.app!r}.")
    return instance


def read_applications(document: object) -> Applications:
    """Return the instances of `{"applications": {…}}`; those that cannot be read are logged and left out."""
    root = _root(document, "applications")
    return Applications(
        version=read_number(root, "versions__delta", default=0),
        hashcode=read_text(root, "apps__hashcode"),
        instances=tuple(
            instance
            for application in _each(root, "application")
            for document in _each(application, "instance")
            for instance in _readable(document)
        ),
    )


def read_status(text: str) -> Status:
    """Return the status of that name."""
    return _word(Status, text, Status.UNKNOWN)


def _readable(document: Document) -> Sequence[Instance]:
    try:
        return [_read_instance(document)]
    except InvalidInstance as error:
        log.warning("an instance in the service registry cannot be read", extra={"error": str(error)})
        return []


def _read_instance(document: Document) -> Instance:
    host = read_required(document, "hostName")
    instance = Instance(
        id=read_text(document, "instanceId").strip() or host,
        app=read_required(document, "app").upper(),
        host=host,
        address=read_text(document, "ipAddr"),
        status=_word(Status, read_text(document, "status"), Status.UP),
        overridden=_word(Status, _overridden(document), Status.UNKNOWN),
        port=_read_port(document, "port", Port(number=7001, is_enabled=True)),  # Eureka's default port
        secure_port=_read_port(document, "securePort", Port(number=7002, is_enabled=False)),
        vip=read_text(document, "vipAddress"),
        secure_vip=read_text(document, "secureVipAddress"),
    )
    return replace(
        instance,
        country_id=read_number(document, "countryId", default=1),
        data_center=_read_data_center(read_object(document, "dataCenterInfo")),
        lease=_read_lease(read_object(document, "leaseInfo")),
        metadata=read_table(document, "metadata"),
        dirty_ms=read_number(document, "lastDirtyTimestamp", default=0),
        updated_ms=read_number(document, "lastUpdatedTimestamp", default=0),
        action=_word(Action, read_text(document, "actionType"), Action.ADDED),
        extras={key: text for key in EXTRAS if (text := read_text(document, key))},
    )


def _overridden(document: Document) -> str:
    return read_text(document, "overriddenstatus") or read_text(document, "overriddenStatus")  # both are in use


def _read_port(document: Document, key: str, default: Port) -> Port:
    value = document.get(key)
    port = value if isinstance(value, Mapping) else {"$": value}
    number = read_number({key: port.get("$")}, key, default=default.number, maximum=65535)
    return Port(number=number, is_enabled=read_flag(port, "@enabled", default=default.is_enabled))


def _read_data_center(document: Document) -> DataCenter:
    default = DataCenter()
    return DataCenter(
        name=read_text(document, "name", default.name),
        class_name=read_text(document, "@class", default.class_name),
        metadata=read_table(document, "metadata"),
    )


def _read_lease(document: Document) -> Lease:
    return Lease(
        renewal_seconds=read_number(
            document, "renewalIntervalInSecs", default=RENEWAL_SECONDS, minimum=1, maximum=_DAY_SECONDS
        ),
        duration_seconds=read_number(
            document, "durationInSecs", default=LEASE_SECONDS, minimum=1, maximum=_DAY_SECONDS
        ),
        registered_ms=read_number(document, "registrationTimestamp", default=0),
        renewed_ms=read_number(document, "lastRenewalTimestamp", default=0),
        evicted_ms=read_number(document, "evictionTimestamp", default=0),
        up_ms=read_number(document, "serviceUpTimestamp", default=0),
    )


def _root(document: object, name: str) -> Document:
    if not isinstance(document, Mapping) or name not in document:
        raise InvalidInstance(f"the document must be one {name!r}.")
    return read_object(document, name)


def _each(document: Document, key: str) -> Sequence[Document]:
    """Return the objects of a list; some writers send a single object without a list."""
    value = document.get(key) or []
    found = value if isinstance(value, list) else [value]
    return [read_object({key: one}, key) for one in found]


def _word(words: type[_Word], text: str, default: _Word) -> _Word:
    word = check_text(text, words.__name__).strip().upper()
    if not word:
        return default
    if word not in words.__members__:
        raise InvalidInstance(f"{word[:60]!r} is not one of {', '.join(words)}.")
    return words[word]
